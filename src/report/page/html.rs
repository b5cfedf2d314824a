//! A template's page as one HTML file: no script, nothing that is loaded from elsewhere, every name
//! escaped.

use std::fmt::Write as _;

use super::super::line::clean;
use super::{Ask, Page, PageStep, is_page};

/// How it looks: on paper, in the dark, and on a screen of 360 pixels.
const STYLE: &str = include_str!("page.css");

/// Writes a page.
pub fn render(page: &Page<'_>) -> String {
    let template = page.template;
    let title = text(&template.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}: setting up Salesforce</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <main>\n<h1>{title}: setting up Salesforce</h1>\n"
    );
    let revision = template
        .revision
        .as_ref()
        .map_or_else(String::new, |revision| format!(", revision {}", text(revision)));
    let _ = writeln!(
        out,
        "<p class=\"source\">After {}{revision}, read {}. Template <code>{}</code> {}.</p>",
        link(&template.source, &template.source),
        text(&template.reviewed),
        text(&template.name),
        text(&template.version)
    );
    for warning in &page.warnings {
        let _ = writeln!(out, "<p class=\"warning\">{}</p>", text(warning));
    }
    if !page.values.is_empty() {
        out.push_str("<h2>This page is for</h2>\n<dl>\n");
        for (name, value) in &page.values {
            let _ = writeln!(out, "<dt><code>{}</code></dt><dd>{}</dd>", text(name), text(value));
        }
        out.push_str("</dl>\n");
    }
    if !page.parameters.is_empty() {
        out.push_str("<h2>What to know beforehand</h2>\n<dl>\n");
        for (name, title, kind) in &page.parameters {
            let _ = writeln!(
                out,
                "<dt><code>{}</code></dt><dd>{} <small>{}</small></dd>",
                text(name),
                text(title),
                text(kind)
            );
        }
        out.push_str("</dl>\n");
    }
    out.push_str("<h2>Steps</h2>\n");
    for (index, one) in page.steps.iter().enumerate() {
        step(&mut out, index + 1, one);
    }
    for dropped in &template.dropped {
        let _ =
            writeln!(out, "<p>Left out: {} ({})</p>", text(&dropped.title), text(&dropped.reason));
    }
    let by_hand = page.by_hand();
    if !by_hand.is_empty() {
        out.push_str("<h2>What no deploy can do, in whole or in part</h2>\n<ul>\n");
        for (number, title) in by_hand {
            let _ =
                writeln!(out, "<li><a href=\"#step-{number}\">{number}. {}</a></li>", text(title));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn step(out: &mut String, number: usize, one: &PageStep<'_>) {
    let level = if one.is_recommended { " <em>recommended</em>" } else { "" };
    let _ = writeln!(
        out,
        "<section id=\"step-{number}\">\n<h3>{number}. {}{level}</h3>",
        text(&one.step.title)
    );
    if let Some(why) = &one.step.why {
        let _ = writeln!(out, "<p>{}</p>", text(why));
    }
    if let Some(when) = &one.when {
        let _ = writeln!(out, "<p class=\"when\">Only when {}.</p>", text(when));
    }
    out.push_str("<ul>\n");
    one.asks.iter().for_each(|ask| asked(out, ask));
    if let Some(create) = &one.step.create {
        let from = create
            .from
            .as_ref()
            .map_or_else(String::new, |from| format!(", from <code>{}</code>", text(from)));
        let _ = writeln!(
            out,
            "<li>where <code>{}</code> does not exist, it is made{from}</li>",
            text(&create.component)
        );
    }
    out.push_str("</ul>\n<dl>\n");
    let pages: Vec<String> = one
        .setup
        .iter()
        .map(|page| {
            let path = page.path.map_or_else(String::new, |path| format!(" <code>{path}</code>"));
            format!("“{}”{path}", text(page.quick_find))
        })
        .collect();
    if !pages.is_empty() {
        let _ = writeln!(out, "<dt>Where</dt><dd>Setup, Quick Find {}</dd>", pages.join(" or "));
    }
    let _ = writeln!(out, "<dt>Who</dt><dd>{}</dd>", text(&one.doers.join("; or ")));
    if let Some(docs) = &one.step.docs {
        let name = one.step.paragraph.as_ref().unwrap_or(docs);
        let _ = writeln!(out, "<dt>Asked by</dt><dd>{}</dd>", link(name, docs));
    }
    if let Some(note) = &one.step.note {
        let _ = writeln!(out, "<dt>Note</dt><dd>{}</dd>", text(note));
    }
    out.push_str("</dl>\n</section>\n");
}

fn asked(out: &mut String, ask: &Ask) {
    match ask {
        Ask::Setting { words, setting, wanted, label } => {
            let label =
                label.as_ref().map_or_else(String::new, |label| format!(" (“{}”)", text(label)));
            let words =
                words.as_ref().map_or_else(String::new, |words| format!("{}: ", text(words)));
            let _ = writeln!(
                out,
                "<li>{words}<code>{}</code> <strong>{}</strong>{label}</li>",
                text(setting),
                text(wanted)
            );
        }
        Ask::Fact { words, wanted } => {
            let _ = writeln!(out, "<li>{}: <strong>{}</strong></li>", text(words), text(wanted));
        }
        Ask::Hand { text: words, done } => {
            let _ = write!(out, "<li class=\"hand\">By hand: {}", text(words));
            nested(out, "done once:", done);
            out.push_str("</li>\n");
        }
        Ask::Any(asks) => {
            out.push_str("<li>one of:");
            nested(out, "", asks);
            out.push_str("</li>\n");
        }
    }
}

fn nested(out: &mut String, head: &str, asks: &[Ask]) {
    if asks.is_empty() {
        return;
    }
    if !head.is_empty() {
        let _ = write!(out, " <small>{head}</small>");
    }
    out.push_str("\n<ul>\n");
    asks.iter().for_each(|ask| asked(out, ask));
    out.push_str("</ul>\n");
}

/// Text in which nothing is markup, in an attribute either.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for character in clean(raw).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A link where the address is a page's, else text.
fn link(name: &str, address: &str) -> String {
    if is_page(address) {
        format!("<a href=\"{}\" rel=\"noopener noreferrer\">{}</a>", text(address), text(name))
    } else {
        text(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_stands_in_a_name_is_markup() {
        assert_eq!(
            text("<img src=x onerror='a'>\"&\u{202e}"),
            "&lt;img src=x onerror=&#39;a&#39;&gt;&quot;&amp;\u{fffd}"
        );
        assert_eq!(link("a", "javascript:alert(1)"), "a");
        assert_eq!(
            link("a", "https://x.example/\"><script>"),
            "<a href=\"https://x.example/&quot;&gt;&lt;script&gt;\" rel=\"noopener noreferrer\">a</a>"
        );
    }
}
