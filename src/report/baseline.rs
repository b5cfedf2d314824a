//! What differs from a baseline, for a person: a block for each component, long lists folded.

use owo_colors::OwoColorize as _;

use crate::diff::State;
use crate::diff::drift::Drift;
use crate::metadata::layout::api_full_name;
use crate::metadata::registry;
use crate::metadata::value::Value;

use super::Drifts;
use super::terminal::{clean, line};

/// So many settings of one list are listed; more are counted.
const LISTED: usize = 8;

/// Writes what changed in one file, for `git diff`.
pub fn of_file(name: &str, drifts: &[Drift]) -> String {
    let mut out = String::new();
    line(&mut out, &format!("diff {}", clean(name)).bold().to_string());
    if drifts.is_empty() {
        line(&mut out, "    no setting differs (order, spelling or layout)");
    } else {
        component(&mut out, drifts, true);
    }
    out
}

/// Writes the blocks; `full` unfolds long lists.
pub(super) fn body(out: &mut String, drifts: &Drifts, full: bool) {
    let mut rest = drifts.drifts.as_slice();
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|drift| drift.id == first.id).count();
        let (of_component, tail) = rest.split_at(length);
        component(out, of_component, full);
        rest = tail;
    }
    for note in &drifts.notes {
        line(out, &format!("{} {}", "note:".bold(), clean(note)));
    }
    if !drifts.notes.is_empty() {
        out.push('\n');
    }
}

fn component(out: &mut String, drifts: &[Drift], full: bool) {
    let first = &drifts[0];
    let name = format!("{} {}", first.id.type_name, clean(&api_full_name(&first.id)).bold());
    let changed = first
        .changed
        .as_ref()
        .map(|changed| format!("  changed by {}", clean(changed)).dimmed().to_string())
        .unwrap_or_default();
    if let Some(whole) = drifts.iter().find(|drift| drift.path.is_none()) {
        let (mark, words) = match (whole.state, whole.actual.is_some()) {
            (State::NotObserved, _) => ("?".cyan().to_string(), String::new()),
            (_, true) => ("+".green().bold().to_string(), "  is not in the baseline".to_owned()),
            (_, false) => ("-".red().bold().to_string(), "  is in the baseline alone".to_owned()),
        };
        line(out, &format!("{mark} {name}{words}{changed}"));
        if let Some(reason) = &whole.reason {
            line(out, &format!("      {}", clean(reason)));
        }
        out.push('\n');
        return;
    }
    let is_seen = drifts.iter().any(|drift| drift.state != State::NotObserved);
    let mark = if is_seen { "~".yellow().bold().to_string() } else { "?".cyan().to_string() };
    line(out, &format!("{mark} {name}{changed}"));
    let section = |drift: &Drift| {
        drift.path.as_ref().map(|path| path.segments()[0].name.clone()).unwrap_or_default()
    };
    let mut rest = drifts;
    while let Some(first) = rest.first() {
        let of = section(first);
        let length = rest
            .iter()
            .take_while(|drift| section(drift) == of && (drift.state == first.state))
            .count();
        let (group, tail) = rest.split_at(length);
        if length > LISTED && !full {
            folded(out, &of, group);
        } else {
            group.iter().for_each(|drift| setting(out, drift));
        }
        rest = tail;
    }
    out.push('\n');
}

fn folded(out: &mut String, section: &str, group: &[Drift]) {
    let count =
        |wanted: &dyn Fn(&Drift) -> bool| group.iter().filter(|drift| wanted(drift)).count();
    if group[0].state == State::NotObserved {
        line(
            out,
            &format!(
                "    {} {section}: {} not observed (--full lists them)",
                "?".cyan(),
                group.len()
            ),
        );
        return;
    }
    let parts: Vec<String> = [
        (count(&|drift| drift.baseline.is_none()), "added"),
        (count(&|drift| drift.actual.is_none()), "removed"),
        (count(&|drift| drift.actual.is_some() && drift.baseline.is_some()), "changed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    line(
        out,
        &format!(
            "    {} {}: {} (--full lists them)",
            "~".yellow().bold(),
            clean(section),
            parts.join(", ")
        ),
    );
}

fn setting(out: &mut String, drift: &Drift) {
    let Some(path) = &drift.path else { return };
    let path = clean(&path.to_string());
    if drift.state == State::NotObserved {
        line(out, &format!("    {} {path}", "?".cyan()));
        if let Some(reason) = &drift.reason {
            line(out, &format!("        {}", clean(reason)).dimmed().to_string());
        }
        return;
    }
    let (then, now) = (words(drift, drift.baseline.as_ref()), words(drift, drift.actual.as_ref()));
    let text = match (then, now) {
        (Some(then), Some(now)) => format!("{} {path}  {then} -> {now}", "~".yellow().bold()),
        (None, Some(now)) => format!("{} {path}  {now}", "+".green().bold()),
        (Some(then), None) => format!("{} {path}  {then}", "-".red().bold()),
        (None, None) => path,
    };
    line(out, &format!("    {text}"));
}

/// A value with Setup's words for it.
fn words(drift: &Drift, value: Option<&Value>) -> Option<String> {
    let value = value?;
    let row = registry::find_component(&drift.id.type_name, &drift.id.full_name);
    let resolved =
        row.zip(drift.path.as_ref()).and_then(|(row, path)| row.resolve(path).ok().flatten());
    Some(match resolved.and_then(|resolved| resolved.field.label_of(value)) {
        Some(label) => format!("{} ({})", clean(&value.to_string()), clean(&label)),
        None => clean(&value.to_string()),
    })
}
