//! A diagnosis in Markdown, for a ticket or a wiki.

use std::fmt::Write as _;

use super::{Block, Told, Why, words};
use crate::report::markdown::escape::{code, link, prose, quiet};

/// Writes it.
pub fn render(why: &Why<'_>) -> String {
    let told = Told::of(why);
    let mut out = format!("### {}\n\n", prose(&told.headline));
    if !told.about.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}\n\n", prose(&words::capital(&told.about)));
    }
    for one in &told.error {
        let _ = write!(out, "{}\n\n", prose(&words::capital(one)));
    }
    list(&mut out, "What to do now", &told.next);
    blocks(&mut out, told.found_heading, &told.found);
    list(&mut out, "Of what it seldom comes", &told.rare);
    list(&mut out, "Ruled out", &told.ruled_out);
    blocks(&mut out, "In its way too", &told.in_the_way);
    blocks(&mut out, "Also wrong, and not what stopped it", &told.also);
    list(&mut out, "Steps of the template that are not so besides", &told.steps);
    if let Some(fix) = &told.fix {
        let _ = write!(out, "By package: {}\n\n", code(fix));
    }
    list(&mut out, "What could not be seen", &told.unseen);
    if !told.moments.is_empty() {
        out.push_str("#### What happened\n\n| when | | what |\n|---|---|---|\n");
        for one in &told.moments {
            let kind = words::of_kind(one.kind);
            let _ = writeln!(out, "| {} | {kind} | {} |", quiet(&one.at), prose(&one.words));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn list(out: &mut String, heading: &str, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    let _ = write!(out, "#### {heading}\n\n");
    for one in texts {
        let _ = writeln!(out, "- {}", prose(one));
    }
    out.push('\n');
}

fn blocks(out: &mut String, heading: &str, all: &[Block]) {
    if all.is_empty() {
        return;
    }
    let _ = write!(out, "#### {heading}\n\n");
    for block in all {
        let _ = writeln!(out, "- **{}**", prose(&block.title));
        let mut row = |label: &str, text: &str| {
            let _ = writeln!(out, "  - {label}: {text}");
        };
        block.rows().for_each(|(label, text)| row(label, &prose(text)));
        for way in &block.ways {
            let page = way.page.as_ref().map(|(quick_find, url)| match url {
                Some(url) => format!("; Setup: {}", link(quick_find, url)),
                None => format!("; Setup, Quick Find {}", quiet(quick_find)),
            });
            row(way.label, &format!("{}{}", prose(&way.words), page.unwrap_or_default()));
        }
    }
    out.push('\n');
}
