//! A report as a comment.

use std::fmt::Write as _;

use crate::diff::State;
use crate::report::guide::{Checklist, Group, Guide, Item, OrgGuide, Page, Part, Row, Shown};
use crate::report::words::{mark, word};

use super::comment::{Comment, short};
use super::escape::{code, link, prose, quiet};

/// Writes the comment.
pub(super) fn render(guide: &Guide) -> String {
    let mut out = Comment::default();
    out.push(&format!("### {}\n\n", quiet(&short(&guide.title))));
    for age in guide.sources.iter().filter_map(|source| source.age.as_ref()) {
        out.push(&format!("Note: {}\n\n", prose(&short(age))));
    }
    // What is wrong stands before any detail, be there many orgs.
    guide.orgs.iter().for_each(|org| head(&mut out, org));
    for org in &guide.orgs {
        if guide.orgs.len() > 1 {
            out.push(&format!("#### {}\n\n", code(&short(&org.name))));
        }
        if let Ok(found) = &org.outcome {
            details(&mut out, found);
        }
    }
    out.push(&sources(guide));
    out.end()
}

/// What one org comes to, and what to do.
fn head(out: &mut Comment, org: &OrgGuide) {
    let name = code(&short(&org.name));
    let text = match &org.outcome {
        Ok(found) => {
            let mut text = format!("**{}**: {name}\n\n", quiet(&found.verdict));
            let _ = writeln!(text, "{}.\n", found.summary);
            found.next.iter().for_each(|one| {
                let _ = writeln!(text, "- {}", prose(one));
            });
            if !found.next.is_empty() {
                text.push('\n');
            }
            text
        }
        Err(failure) => {
            let message = prose(&short(&failure.message));
            let mut text = format!("**It could not be asked**: {name}\n\n");
            let _ = writeln!(text, "{message} ({})\n", code(&failure.code));
            if let Some(hint) = &failure.hint {
                let _ = writeln!(text, "- {}\n", prose(&short(hint)));
            }
            text
        }
    };
    out.push(&text);
}

fn details(out: &mut Comment, found: &Checklist) {
    for part in Part::ALL.into_iter().filter(|part| *part != Part::Well) {
        found.part(part).for_each(|one| item(out, one, found.is_baseline));
    }
    let well: Vec<(usize, String)> = found
        .part(Part::Well)
        .map(|item| (item.in_sync.1, format!("- {}\n", quiet(&item.title))))
        .collect();
    if !well.is_empty() {
        let settings: usize = well.iter().map(|(count, _)| count).sum();
        out.fold(&format!("{} {} {}", mark(State::InSync), settings, word(State::InSync)), &well);
    }
    let notes = found.notes.iter().map(|note| (0, format!("- {}\n", prose(note))));
    let notes: Vec<(usize, String)> = notes.collect();
    if !notes.is_empty() {
        out.fold("To be known", &notes);
    }
}

fn item(out: &mut Comment, item: &Item, is_baseline: bool) {
    let mut summary = format!("{} {}: {}", mark(item.state), word(item.state), item.title);
    let (in_sync, all) = item.in_sync;
    if let Some(template) = &item.template {
        let _ = write!(summary, " ({template})");
    }
    if item.is_recommended {
        summary.push_str(" (recommended)");
    }
    if all > 1 && !is_baseline {
        let _ = write!(summary, " ({in_sync} of {all} in sync)");
    }
    // What is in sync beside what is not is counted above.
    let groups = item.groups.iter().filter(|group| group.state != State::InSync);
    let mut parts: Vec<(usize, String)> =
        groups.flat_map(|one| group(one, item, is_baseline)).collect();
    parts.push((0, about(item)));
    out.fold(&summary, &parts);
}

/// A group's findings, the first with what stands above all of them.
fn group(group: &Group, item: &Item, is_baseline: bool) -> Vec<(usize, String)> {
    let mut head = String::new();
    // A baseline's component is the title already.
    if let Some(component) = group.component.as_ref().filter(|_| !is_baseline) {
        let _ = write!(head, "{}", code(component));
    }
    if let Some(reason) = &group.reason {
        let state = match group.state == item.state {
            true => String::new(),
            false => format!("{}, ", word(group.state)),
        };
        let glue = if head.is_empty() { "" } else { ": " };
        let _ = write!(head, "{glue}{state}{}", prose(reason));
    }
    if !head.is_empty() {
        head.push_str("\n\n");
    }
    let last = group.rows.len().saturating_sub(1);
    let part = |(index, one): (usize, &Row)| {
        let before = if index == 0 { head.as_str() } else { "" };
        let after = if index == last { "\n" } else { "" };
        (1, format!("{before}{}{after}", row(one, is_baseline)))
    };
    group.rows.iter().enumerate().map(part).collect()
}

fn row(row: &Row, is_baseline: bool) -> String {
    if row.is_bare() {
        return String::new();
    }
    let mut text = String::from("-");
    if let Some(hand) = &row.hand {
        // A box that whoever reads the comment can tick.
        let _ = write!(text, " [ ] {}", prose(hand));
    }
    if !row.setting.is_empty() {
        if let Some(words) = &row.words {
            let _ = write!(text, " {}", quiet(words));
        }
        let _ = write!(text, " {}", code(&row.setting));
    }
    let wanted = if is_baseline { "the baseline has" } else { "should be" };
    if let Some(value) = &row.now {
        let _ = write!(text, " is {}", shown(value));
    }
    if let Some(value) = &row.wanted {
        let comma = if row.now.is_some() { "," } else { "" };
        let comparison = match row.comparison.as_str() {
            "" => String::new(),
            words => format!(" ({})", quiet(words)),
        };
        let _ = write!(text, "{comma} {wanted}{comparison} {}", shown(value));
    }
    for or in &row.or {
        let _ = write!(text, "; or {}", code(or));
    }
    if let Some(place) = &row.place {
        let _ = write!(text, " ({})", code(place));
    }
    text.push('\n');
    text
}

fn shown(shown: &Shown) -> String {
    match &shown.label {
        Some(label) => format!("{} ({})", code(&shown.value), quiet(label)),
        None => code(&shown.value),
    }
}

/// Where and why, below the findings.
fn about(item: &Item) -> String {
    let mut text = String::new();
    if let Some(name) = &item.name {
        let _ = writeln!(text, "Step: {}\n", code(name));
    }
    // What nobody could see asks nothing of the reader yet.
    if item.part != Part::NotSeen {
        item.pages.iter().for_each(|one| text.push_str(&page(one)));
    }
    for remark in &item.remarks {
        let _ = writeln!(text, "Note: {}\n", prose(remark));
    }
    for (label, words) in [("Why", &item.why), ("Note", &item.note)] {
        if let Some(words) = words {
            let _ = writeln!(text, "{label}: {}\n", prose(words));
        }
    }
    for cost in &item.costs {
        let _ = writeln!(text, "Security: {}\n", prose(cost));
    }
    if let Some(docs) = &item.docs {
        let _ = writeln!(text, "Asked by: {}\n", link(docs, docs));
    }
    text
}

/// A page of Setup, with a link where the org's address is known.
pub(super) fn page(page: &Page) -> String {
    let open = match page.address.as_deref() {
        Some(address) => match link("open it", address) {
            plain if !plain.starts_with('[') => format!(" ({})", code(address)),
            link => format!(" ({link})"),
        },
        None => String::new(),
    };
    format!("In Setup: Quick Find {}{open}\n\n", code(&page.quick_find))
}

fn sources(guide: &Guide) -> String {
    let mut text = String::new();
    for source in &guide.sources {
        let reading = source.reading.as_ref().map_or_else(String::new, |one| format!("; {one}"));
        let _ = writeln!(
            text,
            "Template {}, after {}, read {}{}.\n",
            code(&short(&source.template)),
            link(&short(&source.address), &source.address),
            quiet(&source.reviewed),
            quiet(&reading)
        );
    }
    for dropped in &guide.dropped {
        let _ = writeln!(text, "Left out: {}\n", quiet(&short(dropped)));
    }
    for org in guide.orgs.iter().filter(|org| !org.about.is_empty()) {
        let about: Vec<String> = org.about.iter().map(|one| code(&short(one))).collect();
        let _ = writeln!(text, "{}: {}\n", code(&short(&org.name)), about.join(", "));
    }
    text
}
