//! What was found of a template's steps, for a person: a line for each step that is well, a block
//! for each that is not.

use std::collections::BTreeMap;

use owo_colors::OwoColorize as _;

use crate::diff::{Finding, Outcome, State, Subject};
use crate::template::{Level, Test};

use super::line::{Look, at, clean, in_setup, line, mark, paragraph};
use super::unseen;
use super::words::{Labels, Rule, in_words, told_plainly};

/// How many paths of one kind a step lists before it says how many more there are; `full` lists
/// all.
const LISTED: usize = 12;

/// The state that a step's line shows: the one that asks most of the reader.
pub(super) fn worst(findings: &[Finding<'_>]) -> State {
    [State::Missing, State::Differs, State::Manual, State::NotObserved, State::Waived]
        .into_iter()
        .find(|state| findings.iter().any(|finding| finding.state() == *state))
        .unwrap_or(State::InSync)
}

/// Writes the blocks of steps; of more than one, each of which could not be seen for the same
/// reason, that is said once.
pub(super) fn together(out: &mut String, blocks: &[&[Finding<'_>]], look: &Look<'_>) {
    if let [findings] = blocks {
        step(out, findings, look);
        return;
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    for findings in blocks {
        head(out, findings, State::NotObserved, look);
    }
    for group in unseen::groups(blocks.iter().copied().flatten()) {
        group.write(out, false, look);
    }
    out.push('\n');
}

/// Writes the line of a step, and what is to be known however it turned out.
fn head(out: &mut String, findings: &[Finding<'_>], state: State, look: &Look<'_>) {
    let Some(step) = findings[0].step() else { return };
    let in_sync = findings.iter().filter(|finding| finding.state() == State::InSync).count();
    let mut tail = String::new();
    if findings.len() > 1 {
        tail = format!("  {in_sync} of {} in sync", findings.len()).dimmed().to_string();
    }
    if step.level == Level::Recommended && state != State::InSync {
        tail.push_str(&"  (recommended)".dimmed().to_string());
    }
    // What `explain` and `waive` take.
    if state != State::InSync {
        tail.push_str(&format!("  {}", clean(&Rule::of(&findings[0]).id)).dimmed().to_string());
    }
    let title = clean(&step.title);
    let title = if state == State::InSync { title } else { title.bold().to_string() };
    line(out, &format!("{} {title}{tail}", mark(state)));
    for source in sources(findings) {
        line(out, &format!("    {}", clean(&source).dimmed()));
    }
    for remark in remarks(findings).iter().filter(|remark| look.is_first(remark)) {
        paragraph(out, 4, "note: ", remark);
    }
}

/// Writes a step's block.
fn step(out: &mut String, findings: &[Finding<'_>], look: &Look<'_>) {
    let Some(step) = findings[0].step() else { return };
    let state = worst(findings);
    if state != State::InSync && !out.ends_with("\n\n") {
        out.push('\n');
    }
    head(out, findings, state, look);
    if state == State::InSync {
        return;
    }
    missing(out, findings, look.full);
    lacking(out, findings, look.full);
    differing(out, findings, look.full);
    for group in unseen::groups(findings) {
        group.write(out, false, look);
    }
    waived(out, findings, look.full);
    for finding in findings.iter().filter(|finding| finding.state() == State::Manual) {
        paragraph(out, 6, "", finding.manual().unwrap_or_default());
    }
    // What nobody could see asks nothing of the reader yet, and what is waived nothing any more.
    if !matches!(state, State::NotObserved | State::Waived) {
        if let Some(why) = &step.why {
            paragraph(out, 6, "why: ", why);
        }
        if let Some(note) = step.note.as_ref().filter(|note| look.is_first(note)) {
            paragraph(out, 6, "note: ", note);
        }
        // Where the step names no page it is that of what is not so.
        let open = || findings.iter().filter(|finding| finding.state() != State::InSync);
        if let Some(page) = step.setup.or_else(|| open().find_map(|one| one.pages().next())) {
            in_setup(out, page, look.instance_url);
        }
        let source = findings[0].wanted().map(|wanted| &wanted.template.source);
        if let Some(docs) = step.docs.as_ref().filter(|docs| Some(*docs) != source) {
            line(out, &format!("      {}{}", "docs: ".dimmed(), clean(docs)));
        }
    }
    out.push('\n');
}

/// Where the user has from what is in sync, each once; with how much of it where that is not all.
pub(super) fn sources(findings: &[Finding<'_>]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for source in findings.iter().filter_map(|one| one.wanted()?.access_from.as_deref()) {
        *counts.entry(source).or_default() += 1;
    }
    let words = |(source, count): (&str, usize)| match count == findings.len() {
        true => format!("from the {source}"),
        false => format!("{count} of them from the {source}"),
    };
    counts.into_iter().map(words).collect()
}

/// What there is to know of names, each once: that something is so only because the org does not
/// have what it speaks of, that nobody could see whether it has, that it is written otherwise.
pub(super) fn remarks(findings: &[Finding<'_>]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for remark in findings.iter().filter_map(Finding::remark) {
        if !notes.contains(&remark) {
            notes.push(remark);
        }
    }
    notes
}

/// A component that does not exist is said once a step, however many settings are wanted on it.
fn missing(out: &mut String, findings: &[Finding<'_>], full: bool) {
    let is_own =
        |finding: &&Finding<'_>| finding.state() == State::Missing && finding.in_vain().is_none();
    for (component, wanted) in grouped(findings, is_own) {
        line(
            out,
            &format!(
                "    {} {} does not exist; wanted on it:",
                mark(State::Missing),
                clean(&component)
            ),
        );
        if let Some(lacked) = wanted.iter().find_map(|finding| finding.lacks.as_ref())
            && let Some(nearest) = &lacked.nearest
        {
            let given = match lacked.parameters.as_slice() {
                [] => String::new(),
                parameters => format!("given by `{}`; ", parameters.join("`, `")),
            };
            paragraph(out, 8, "", &format!("{given}did you mean `{nearest}`?"));
        }
        let listed = if full { wanted.len() } else { wanted.len().min(LISTED) };
        for finding in &wanted[..listed] {
            let path = finding.subject.path().map(ToString::to_string).unwrap_or_default();
            line(
                out,
                &format!(
                    "        {}  {} {}{}",
                    clean(&path),
                    "+".green(),
                    compared(finding),
                    clean(&desired_in_words(finding))
                ),
            );
        }
        if listed < wanted.len() {
            line(out, &format!("      and {} more; --full lists them", wanted.len() - listed));
        }
    }
}

/// The comparison as it stands before a value.
fn compared(finding: &Finding<'_>) -> String {
    match comparison(finding) {
        words if words.is_empty() => words,
        words => format!("{words} "),
    }
}

/// What would satisfy a want; of several values either one of them or all.
pub(super) fn desired_in_words(finding: &Finding<'_>) -> String {
    let desired = finding.desired();
    if desired.is_empty() {
        return "(not set)".to_owned();
    }
    let between = if matches!(finding.test(), Some(Test::OneOf(_))) { " | " } else { ", " };
    desired.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// How what is there is held against what is wanted; nothing where one value is meant, which the
/// sign before it says.
pub(super) fn comparison(finding: &Finding<'_>) -> String {
    match finding.test() {
        Some(Test::Equals(_) | Test::OneOf(_) | Test::Absent) | None => String::new(),
        Some(test) => test.name().replace('-', " "),
    }
}

fn differing(out: &mut String, findings: &[Finding<'_>], full: bool) {
    for (component, wanted) in grouped(findings, |finding| finding.state() == State::Differs) {
        if !component.is_empty() {
            line(out, &format!("    {}", clean(&component)));
        }
        let listed = if full { wanted.len() } else { wanted.len().min(LISTED) };
        for finding in &wanted[..listed] {
            one_differing(out, finding);
        }
        if listed < wanted.len() {
            line(out, &format!("      and {} more; --full lists them", wanted.len() - listed));
        }
    }
}

fn one_differing(out: &mut String, finding: &Finding<'_>) {
    let subject = match &finding.subject {
        Subject::Setting { path, .. } => path.to_string(),
        Subject::Fact { fact, .. } => format!("{} ({})", fact.title(), finding.subject),
        Subject::Component(_) | Subject::ByHand => String::new(),
    };
    let nothing = || "(not set)".to_owned();
    let actual = finding.actual.as_ref().map_or_else(nothing, ToString::to_string);
    let desired = desired_in_words(finding);
    let comparison = compared(finding);
    let (minus, plus) = ("-".red().to_string(), "+".green().to_string());
    let head = format!("    {} {}", mark(State::Differs), clean(&subject));
    let place = at(finding.place.as_ref());
    let Labels { actual: actual_label, .. } = Labels::of(finding);
    let desired_label = Labels::of_all_desired(finding);
    if actual_label.is_none() && desired_label.is_none() && actual.len() + desired.len() < 24 {
        let (actual, desired) = (clean(&actual), clean(&desired));
        line(out, &format!("{head}  {minus} {actual}  {plus} {comparison}{desired}{place}"));
    } else {
        line(out, &format!("{head}{place}"));
        value_line(out, &minus, "", &actual, actual_label.as_deref());
        value_line(out, &plus, &comparison, &desired, desired_label.as_deref());
    }
    for alternative in finding.wanted().iter().flat_map(|wanted| &wanted.alternatives) {
        line(out, &format!("          or {}", clean(&in_words(alternative))));
    }
}

fn value_line(out: &mut String, sign: &str, comparison: &str, value: &str, label: Option<&str>) {
    let label = label
        .filter(|label| *label != value)
        .map_or_else(String::new, |label| format!("  \"{}\"", clean(label)));
    line(out, &format!("        {sign} {comparison}{}{label}", clean(value)));
}

/// What may be otherwise is shown with what it is, and why it may.
fn waived(out: &mut String, findings: &[Finding<'_>], full: bool) {
    let waived = findings.iter().filter_map(|finding| {
        let Outcome::Waived(waiver) = &finding.outcome else { return None };
        Some((finding, waiver.to_string()))
    });
    by_reason(out, State::Waived, waived, full);
}

/// What speaks of a name that the org does not have, by the name.
fn lacking(out: &mut String, findings: &[Finding<'_>], full: bool) {
    let missing = findings.iter().filter(|finding| finding.state() == State::Missing);
    let reasons = missing.filter_map(|finding| finding.in_vain().map(|lacked| (finding, lacked)));
    by_reason(out, State::Missing, reasons, full);
}

fn by_reason<'f, 't: 'f>(
    out: &mut String,
    state: State,
    findings: impl Iterator<Item = (&'f Finding<'t>, String)>,
    full: bool,
) {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for (finding, reason) in findings {
        let subject = match (&finding.subject, finding.manual()) {
            _ if state == State::Waived => told_plainly(finding),
            (Subject::ByHand, manual) => manual.unwrap_or_default().to_owned(),
            (subject, _) => subject.to_string(),
        };
        let place = format!("{}{}", clean(&subject), at(finding.place.as_ref()));
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, places)) => places.push(place),
            None => reasons.push((reason, vec![place])),
        }
    }
    let label = format!("{}: ", state.name().replace('-', " "));
    for (reason, places) in reasons {
        let listed = if full { places.len() } else { places.len().min(LISTED) };
        for place in &places[..listed] {
            line(out, &format!("    {} {}", mark(state), place));
        }
        if listed < places.len() {
            line(out, &format!("      and {} more; --full lists them", places.len() - listed));
        }
        paragraph(out, 8, &label, &reason);
    }
}

/// The findings that are chosen by component, in the order in which the template names them; facts
/// come under no component.
fn grouped<'f, 't>(
    findings: &'f [Finding<'t>],
    chosen: impl Fn(&&Finding<'t>) -> bool,
) -> Vec<(String, Vec<&'f Finding<'t>>)> {
    let mut groups: Vec<(String, Vec<&Finding<'_>>)> = Vec::new();
    for finding in findings.iter().filter(chosen) {
        let component = finding.subject.component().map(ToString::to_string).unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == component) {
            Some((_, members)) => members.push(finding),
            None => groups.push((component, vec![finding])),
        }
    }
    groups
}
