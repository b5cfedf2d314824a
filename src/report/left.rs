//! What a plan leaves, for a person: what differs and is not mended, what is by hand, what nobody
//! could see; by reason, with the page of Setup.

use owo_colors::OwoColorize as _;

use crate::diff::State;
use crate::plan::left::{Left, LeftKind};

use super::line::{clean, in_setup, line, mark, paragraph};

/// How many things that are left for one reason are listed; `full` lists all.
const LISTED: usize = 5;

/// Each kind of what is left with its heading, in the order in which they are read.
pub(super) const KINDS: [(LeftKind, &str); 4] = [
    (LeftKind::Open, "Left, though it differs"),
    (LeftKind::Manual, "To do by hand"),
    (LeftKind::NotObserved, "Not observed, and left alone"),
    (LeftKind::InSync, "In sync, for want of what it speaks of"),
];

/// What is left of a kind, by its reason.
pub(super) fn groups(left: &[Left], kind: LeftKind) -> Vec<(&str, Vec<&Left>)> {
    let mut groups: Vec<(&str, Vec<&Left>)> = Vec::new();
    for one in left.iter().filter(|one| one.kind == kind) {
        match groups.iter_mut().find(|(reason, _)| *reason == one.reason) {
            Some((_, group)) => group.push(one),
            None => groups.push((&one.reason, vec![one])),
        }
    }
    groups
}

/// Writes all that is left; nothing where nothing is. `instance_url` is where the org lives, for
/// addresses in Setup.
pub(super) fn render(left: &[Left], instance_url: Option<&str>, full: bool) -> String {
    let mut out = String::new();
    for (kind, title) in KINDS {
        let groups = groups(left, kind);
        if groups.is_empty() {
            continue;
        }
        line(&mut out, &format!("{title}:").bold().to_string());
        for (reason, group) in groups {
            group_of(&mut out, kind, reason, &group, full);
            pages(&mut out, &group, instance_url);
        }
        out.push('\n');
    }
    out
}

/// Writes all that is left below an answer that was given, after a line of its own; nothing where
/// nothing is. `instance_url` is where the org lives, for addresses in Setup.
pub fn below(left: &[Left], instance_url: &str, full: bool) -> String {
    match render(left, Some(instance_url), full).trim_end() {
        "" => String::new(),
        text => format!("\n{text}\n"),
    }
}

/// What is left for one reason. Of what is by hand the title says what it is, and the reason what
/// to do.
fn group_of(out: &mut String, kind: LeftKind, reason: &str, group: &[&Left], full: bool) {
    let mark = match kind {
        LeftKind::Open | LeftKind::Manual => mark(State::Manual),
        LeftKind::NotObserved => mark(State::NotObserved),
        LeftKind::InSync => mark(State::InSync),
    };
    let mut subjects: Vec<String> = group.iter().map(|one| subject(one)).collect();
    if kind == LeftKind::Manual {
        subjects.dedup();
        for subject in subjects {
            line(out, &format!("  {mark} {subject}"));
        }
        paragraph(out, 6, "", reason);
        return;
    }
    line(out, &format!("  {mark} {}", clean(reason)));
    let listed = if full { subjects.len() } else { LISTED };
    for subject in subjects.iter().take(listed) {
        line(out, &format!("      {subject}"));
    }
    if subjects.len() > listed {
        let more = subjects.len() - listed;
        let more = format!("      .. and {more} more (--full lists them)");
        line(out, &more.dimmed().to_string());
    }
}

/// What it is, under its step's title.
pub(super) fn subject(left: &Left) -> String {
    let title = left.step.as_ref().map(|(_, title)| title).filter(|title| **title != left.subject);
    let title = title.map(|title| format!("{title}: ")).unwrap_or_default();
    clean(&format!("{title}{}", left.subject))
}

/// Where a person sees or sets it, each page once.
fn pages(out: &mut String, group: &[&Left], instance_url: Option<&str>) {
    let mut told: Vec<&str> = Vec::new();
    for page in group.iter().filter_map(|left| left.page) {
        if told.contains(&page.id) {
            continue;
        }
        told.push(page.id);
        in_setup(out, page, instance_url);
    }
    let mut docs: Vec<&String> = group.iter().filter_map(|left| left.docs.as_ref()).collect();
    docs.dedup();
    for docs in docs {
        line(out, &format!("      {}{}", "docs: ".dimmed(), clean(docs)));
    }
}

/// What is left, counted, as parts of a summary.
pub(super) fn summary(left: &[Left]) -> Vec<String> {
    let kinds = [
        (LeftKind::Open, "left"),
        (LeftKind::Manual, "by hand"),
        (LeftKind::NotObserved, "not observed"),
        (LeftKind::InSync, "in sync for want of what it speaks of"),
    ];
    let count = |kind| left.iter().filter(|one| one.kind == kind).count();
    let counted = kinds.map(|(kind, words)| (count(kind), words));
    let counted = counted.iter().filter(|(count, _)| *count > 0);
    counted.map(|(count, words)| format!("{count} {words}")).collect()
}
