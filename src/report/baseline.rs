//! What differs from a baseline, for a person: a block for each component, long lists folded.

use owo_colors::OwoColorize as _;

use crate::diff::{Finding, Outcome, State, Subject};
use crate::metadata::full_name::api_full_name;
use crate::metadata::value::Value;

use super::line::{at, clean, line, mark, paragraph};
use super::words::Labels;

/// So many settings of one list are listed; more are counted.
const LISTED: usize = 8;

/// Writes a component's block; `full` unfolds long lists.
pub(super) fn component(
    out: &mut String,
    changed: Option<&str>,
    findings: &[Finding<'_>],
    full: bool,
) {
    let Some(id) = findings[0].subject.component() else { return };
    let name = format!("{} {}", id.type_name, clean(&api_full_name(id)).bold());
    let changed = changed
        .map(|changed| format!("  changed by {}", clean(changed)).dimmed().to_string())
        .unwrap_or_default();
    let is_whole = |finding: &&Finding<'_>| matches!(finding.subject, Subject::Component(_));
    if let Some(finding) = findings.iter().find(is_whole) {
        whole(out, finding, &name, &changed);
        let rest: Vec<Finding<'_>> =
            findings.iter().filter(|one| !is_whole(one)).cloned().collect();
        settings(out, &rest, full);
    } else {
        let worst = [State::Differs, State::NotObserved].into_iter();
        let state = worst
            .chain([State::Waived])
            .find(|state| findings.iter().any(|finding| finding.state() == *state));
        line(out, &format!("{} {name}{changed}", mark(state.unwrap_or(State::Differs))));
        settings(out, findings, full);
    }
    out.push('\n');
}

fn settings(out: &mut String, findings: &[Finding<'_>], full: bool) {
    let is_of_one_list = |one: &Finding<'_>, other: &Finding<'_>| {
        section(one) == section(other) && one.state() == other.state()
    };
    for group in findings.chunk_by(is_of_one_list) {
        if group.len() > LISTED && !full {
            folded(out, section(&group[0]), group);
        } else {
            group.iter().for_each(|finding| setting(out, finding));
        }
    }
}

/// A component that one side alone has, or that could not be compared.
fn whole(out: &mut String, finding: &Finding<'_>, name: &str, changed: &str) {
    let (mark, words) = match (finding.state(), finding.actual.is_some()) {
        (State::NotObserved, _) => (mark(State::NotObserved), ""),
        (_, true) => ("+".green().bold().to_string(), "  is not in the baseline"),
        (_, false) => ("-".red().bold().to_string(), "  is in the baseline alone"),
    };
    line(out, &format!("{mark} {name}{words}{changed}{}", at(finding.place.as_ref())));
    waived(out, finding);
    if let Some(unseen) = finding.unseen() {
        line(out, &format!("      {}", clean(&unseen.words)));
    }
}

/// Why something may be otherwise.
fn waived(out: &mut String, finding: &Finding<'_>) {
    if let Outcome::Waived(waiver) = &finding.outcome {
        paragraph(out, 8, "waived: ", &waiver.to_string());
    }
}

/// The list that a setting is in, or its own name.
pub(super) fn section<'f>(finding: &'f Finding<'_>) -> &'f str {
    finding.subject.path().map(|path| path.segments()[0].name.as_str()).unwrap_or_default()
}

fn folded(out: &mut String, section: &str, group: &[Finding<'_>]) {
    let count =
        |is_it: &dyn Fn(&Finding<'_>) -> bool| group.iter().filter(|one| is_it(one)).count();
    if group[0].state() == State::NotObserved {
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
    let waived = if group[0].state() == State::Waived { "waived, " } else { "" };
    let parts: Vec<String> = [
        (count(&|one| one.then().is_none()), "added"),
        (count(&|one| one.actual.is_none()), "removed"),
        (count(&|one| one.actual.is_some() && one.then().is_some()), "changed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    line(
        out,
        &format!(
            "    {} {}: {waived}{} (--full lists them)",
            mark(group[0].state()),
            clean(section),
            parts.join(", ")
        ),
    );
}

pub(super) fn setting(out: &mut String, finding: &Finding<'_>) {
    let Some(path) = finding.subject.path() else { return };
    let path = clean(&path.to_string());
    let place = at(finding.place.as_ref());
    if finding.state() == State::NotObserved {
        line(out, &format!("    {} {path}{place}", mark(State::NotObserved)));
        if let Some(unseen) = finding.unseen() {
            line(out, &format!("        {}", clean(&unseen.words)).dimmed().to_string());
        }
        return;
    }
    let labels = Labels::of(finding);
    let then = finding.then().map(|value| words(value, labels.desired));
    let now = finding.actual.as_ref().map(|value| words(value, labels.actual));
    let (sign, text) = match (then, now) {
        (Some(then), Some(now)) => {
            ("~".yellow().bold().to_string(), format!("{path}  {then} -> {now}"))
        }
        (None, Some(now)) => ("+".green().bold().to_string(), format!("{path}  {now}")),
        (Some(then), None) => ("-".red().bold().to_string(), format!("{path}  {then}")),
        (None, None) => (String::new(), path),
    };
    let is_waived = finding.state() == State::Waived;
    let sign = if is_waived { mark(State::Waived) } else { sign };
    let text = if sign.is_empty() { text } else { format!("{sign} {text}") };
    line(out, &format!("    {text}{place}"));
    waived(out, finding);
}

/// A value with Setup's words for it.
fn words(value: &Value, label: Option<String>) -> String {
    match label {
        Some(label) => format!("{} ({})", clean(&value.to_string()), clean(&label)),
        None => clean(&value.to_string()),
    }
}
