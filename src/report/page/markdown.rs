//! A template's page in Markdown (CommonMark), with what a name could do as markup escaped.

use std::fmt::Write as _;

use crate::report::line::clean;
use crate::report::markdown::escape::{code, link, text};

use super::{Ask, COMMANDS, OWNED, Page, PageStep, made_with};

/// Writes a page.
pub fn render(page: &Page<'_>) -> String {
    let template = page.template;
    let mut out = String::new();
    let _ = writeln!(out, "# {}: setting up Salesforce\n", text(&template.title));
    let revision = template
        .revision
        .as_ref()
        .map_or_else(String::new, |revision| format!(", revision {}", text(revision)));
    let _ = writeln!(
        out,
        "After {}{revision}, read {}. Template `{}` {}.\n",
        link(&template.source, &template.source),
        text(&template.reviewed),
        clean(&template.name),
        text(&template.version)
    );
    if let Some(words) = page.signs_in() {
        let _ = writeln!(out, "{}\n", text(&words));
    }
    for warning in &page.warnings {
        let _ = writeln!(out, "> {}\n", text(warning));
    }
    if !page.values.is_empty() {
        out.push_str("This page is for:\n\n");
        for (name, value) in &page.values {
            let _ = writeln!(out, "- {}: {}", code(name), text(value));
        }
        out.push('\n');
    }
    if !page.parameters.is_empty() {
        out.push_str("## What to know beforehand\n\n");
        for (name, title, kind) in &page.parameters {
            let _ = writeln!(out, "- {}: {} ({})", code(name), text(title), text(kind));
        }
        out.push('\n');
    }
    out.push_str("## Steps\n\n");
    for (index, one) in page.steps.iter().enumerate() {
        step(&mut out, index + 1, one);
    }
    for dropped in &template.dropped {
        let _ = writeln!(out, "- left out: {} ({})", text(&dropped.title), text(&dropped.reason));
    }
    let by_hand = page.by_hand();
    if !by_hand.is_empty() {
        out.push_str("## What no deploy can do, in whole or in part\n\n");
        for (number, title) in by_hand {
            let _ = writeln!(out, "- step {number}: {}", text(title));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "## Check it, and set it right\n\n{COMMANDS}\n");
    for command in &page.commands {
        let _ = writeln!(out, "- {}", code(command));
    }
    if !page.owned.is_empty() {
        let _ = writeln!(out, "\n{OWNED}\n");
    }
    for (component, parts) in &page.owned {
        let _ = writeln!(out, "- {}: {}", code(component), text(parts));
    }
    out
}

fn step(out: &mut String, number: usize, one: &PageStep<'_>) {
    let level = if one.is_recommended { " (recommended)" } else { "" };
    let _ = writeln!(out, "### {number}. {}{level}\n", text(&one.step.title));
    if let Some(why) = &one.step.why {
        let _ = writeln!(out, "{}\n", text(why));
    }
    if let Some(when) = &one.when {
        let _ = writeln!(out, "Only when {}.\n", text(when));
    }
    for ask in &one.asks {
        asked(out, ask, 0);
    }
    if let Some(create) = &one.step.create {
        let from =
            create.from.as_ref().map_or_else(String::new, |from| format!(", from {}", code(from)));
        let _ =
            writeln!(out, "- where {} does not exist, it is made{from}", code(&create.component));
        for with in made_with(create) {
            let _ = writeln!(out, "  - {}", code(&with));
        }
    }
    out.push('\n');
    // A paragraph each, since a list would run into the one above.
    let pages: Vec<String> = one
        .setup
        .iter()
        .map(|page| {
            let path = page.path.map_or_else(String::new, |path| format!(" ({})", code(path)));
            format!("\"{}\"{path}", text(page.quick_find))
        })
        .collect();
    if !pages.is_empty() {
        let _ = writeln!(out, "Where: Setup, Quick Find {}\n", pages.join(" or "));
    }
    let _ = writeln!(out, "Who: {}", one.doers.join("; or "));
    if let Some(docs) = &one.step.docs {
        let name = one.step.paragraph.as_ref().unwrap_or(docs);
        let _ = writeln!(out, "\nAsked by: {}", link(name, docs));
    }
    if let Some(note) = &one.step.note {
        let _ = writeln!(out, "\nNote: {}", text(note));
    }
    // What commands call it; in the heading it would change the address of that.
    let _ = writeln!(out, "\nStep: {}\n", code(&one.step.id));
}

fn asked(out: &mut String, ask: &Ask, depth: usize) {
    let margin = "  ".repeat(depth);
    match ask {
        Ask::Setting { words, setting, wanted, label } => {
            let label =
                label.as_ref().map_or_else(String::new, |label| format!(" (\"{}\")", text(label)));
            let words =
                words.as_ref().map_or_else(String::new, |words| format!("{}: ", text(words)));
            let _ = writeln!(out, "{margin}- {words}{} {}{label}", code(setting), text(wanted));
        }
        Ask::Fact { words, wanted } => {
            let _ = writeln!(out, "{margin}- {}: {}", text(words), text(wanted));
        }
        Ask::Hand { text: words, done } => {
            let _ = writeln!(out, "{margin}- by hand: {}", text(words));
            for one in done {
                let _ = writeln!(out, "{margin}  - done once:");
                asked(out, one, depth + 2);
            }
        }
        Ask::Any(asks) => {
            let _ = writeln!(out, "{margin}- one of:");
            asks.iter().for_each(|ask| asked(out, ask, depth + 1));
        }
    }
}
