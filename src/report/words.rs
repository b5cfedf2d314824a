//! Findings in words: what all formats say alike.

use std::borrow::Cow;

use crate::diff::{Diff, Finding, Origin, Outcome, State, StepWant, Subject};
use crate::metadata::value::Value;
use crate::template::Test;

/// Setup's words for the values of a finding, where they are known.
pub(super) struct Labels {
    /// For what was seen.
    pub(super) actual: Option<String>,
    /// For what is wanted; of several the first.
    pub(super) desired: Option<String>,
}

impl Labels {
    pub(super) fn of(finding: &Finding<'_>) -> Self {
        let field = finding.subject.field();
        let label = |value: Option<&Value>| field?.label_of(value?);
        Self { actual: label(finding.actual.as_ref()), desired: label(finding.desired().first()) }
    }

    /// For what is wanted; of several that will do for each, in their order.
    pub(super) fn of_all_desired(finding: &Finding<'_>) -> Option<String> {
        let field = finding.subject.field();
        let labels = |value: &Value| field?.label_of(value);
        let is_one_of = matches!(finding.test(), Some(Test::OneOf(_)));
        let mut desired = finding.desired();
        if !is_one_of {
            desired.truncate(1);
        }
        each_label(&desired, &labels)
    }
}

/// Setup's words for values, each as it is where it has none; nothing where none has any.
pub(super) fn each_label(
    values: &[Value],
    label: &dyn Fn(&Value) -> Option<String>,
) -> Option<String> {
    let labels: Vec<Option<String>> = values.iter().map(label).collect();
    let is_any = labels.iter().any(Option::is_some);
    let words = values.iter().zip(labels);
    let words = words.map(|(value, label)| label.unwrap_or_else(|| value.to_string()));
    is_any.then(|| words.collect::<Vec<_>>().join(" | "))
}

/// What is wanted, in one line: one of several that suffice.
pub(super) fn in_words(finding: &Finding<'_>) -> String {
    if let Some(text) = finding.manual() {
        return text.to_owned();
    }
    let values: Vec<String> = finding.desired().iter().map(Value::to_string).collect();
    let comparison = finding.test().map(|test| test.name()).unwrap_or_default();
    format!("{} {comparison} {}", finding.subject, values.join(", ")).trim().to_owned()
}

/// Why it could not be seen, what the org does not have, or why it may be otherwise.
pub(super) fn reason<'r>(finding: &'r Finding<'_>) -> Option<Cow<'r, str>> {
    let unseen = finding.unseen().map(|unseen| Cow::from(unseen.words.as_str()));
    let waived = || match &finding.outcome {
        Outcome::Waived(waiver) => Some(waiver.to_string().into()),
        _ => None,
    };
    let lacked = || finding.lacks.as_ref().map(|lacked| lacked.to_string().into());
    let aside = || finding.aside.as_ref().map(|aside| aside.words.as_str().into());
    unseen.or_else(waived).or_else(lacked).or_else(aside)
}

/// The findings of a step together, and those of a component that a baseline has otherwise.
pub(super) fn blocks<'r, 's>(diff: &'r Diff<'s>) -> impl Iterator<Item = &'r [Finding<'s>]> {
    diff.findings.chunk_by(is_of_one_block)
}

fn is_of_one_block(one: &Finding<'_>, other: &Finding<'_>) -> bool {
    match (&one.origin, &other.origin) {
        (Origin::Step(one), Origin::Step(other)) => {
            (&one.template.name, &one.step.id) == (&other.template.name, &other.step.id)
        }
        (Origin::Baseline { .. }, Origin::Baseline { .. }) => {
            one.subject.component() == other.subject.component()
        }
        _ => false,
    }
}

/// By what rule something is wanted: a template's step, or for a baseline the component's type.
pub(super) struct Rule {
    /// Its name, which stays: `acme/ip`, `baseline/ConnectedApp`.
    pub(super) id: String,
    /// What it says, in words.
    pub(super) title: String,
}

impl Rule {
    pub(super) fn of(finding: &Finding<'_>) -> Self {
        match &finding.origin {
            Origin::Step(StepWant { template, step, .. }) => {
                Self { id: format!("{}/{}", template.name, step.id), title: step.title.clone() }
            }
            Origin::Baseline { .. } => {
                let component = finding.subject.component();
                Self::of_baseline(component.map(|id| id.type_name.as_str()))
            }
        }
    }

    /// That all of a type is as it is in the baseline.
    pub(super) fn of_baseline(type_name: Option<&str>) -> Self {
        let name = type_name.unwrap_or("metadata");
        Self {
            id: format!("baseline/{name}"),
            title: format!("{name} is as it is in the baseline"),
        }
    }

    /// Its name and what it says.
    pub(super) fn named(self) -> (String, String) {
        (self.id, self.title)
    }
}

/// A finding in one sentence without its end. Names and values stand in it as they are.
pub(super) fn told(finding: &Finding<'_>) -> String {
    let name = finding.name();
    let because =
        |words: &str| reason(finding).map_or_else(String::new, |reason| format!("{words}{reason}"));
    match finding.state() {
        State::InSync => format!("{name} is {}{}", actual(finding), because("; ")),
        State::NotObserved => format!("{name} was not observed{}", because(": ")),
        State::Manual => {
            let text = finding.manual().unwrap_or_default();
            format!("to do by hand: {text}{}", because("; it was not seen: "))
        }
        State::Missing => format!("{name} is missing{}; {}", because(": "), wanted(finding)),
        State::Waived => format!("{}; waived{}", told_plainly(finding), because(": ")),
        State::Differs => otherwise(finding, &name),
    }
}

/// The same of what is waived, as if nobody had waived it.
pub(super) fn told_plainly(finding: &Finding<'_>) -> String {
    let outcome = finding.outcome.unwaived().clone();
    told(&Finding { outcome, ..finding.clone() })
}

/// That something is not so.
fn otherwise(finding: &Finding<'_>, name: &str) -> String {
    let Origin::Step(wants) = &finding.origin else { return changed(finding, name) };
    let others = wants.alternatives.iter().map(|other| format!("; or {}", in_words(other)));
    let others: String = others.collect();
    format!("{name} is {}; {}{others}", actual(finding), wanted(finding))
}

/// That something is not as a baseline has it.
fn changed(finding: &Finding<'_>, name: &str) -> String {
    let is_whole = matches!(finding.subject, Subject::Component(_));
    let then = finding.then().map(|then| with_label(then, Labels::of(finding).desired));
    match (then, finding.actual.is_some()) {
        (Some(_), false) if is_whole => format!("{name} is in the baseline alone"),
        (None, true) if is_whole => format!("{name} is not in the baseline"),
        (Some(then), true) => {
            format!("{name} is {}; in the baseline it is {then}", actual(finding))
        }
        (Some(then), false) => format!("{name} is not set; in the baseline it is {then}"),
        (None, _) => format!("{name} is {}; in the baseline it is not set", actual(finding)),
    }
}

/// What was seen, with Setup's words for it.
fn actual(finding: &Finding<'_>) -> String {
    let label = Labels::of(finding).actual;
    let seen = finding.actual.as_ref();
    seen.map_or_else(|| "not set".to_owned(), |value| with_label(value, label))
}

/// What is wanted, with Setup's words for it.
fn wanted(finding: &Finding<'_>) -> String {
    let desired = finding.desired();
    let words = match desired.as_slice() {
        [] => "not set".to_owned(),
        [one] => with_label(one, Labels::of(finding).desired),
        several => {
            let between =
                if matches!(finding.test(), Some(Test::OneOf(_))) { " or " } else { ", " };
            several.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
        }
    };
    match finding.test() {
        Some(Test::Equals(_) | Test::OneOf(_) | Test::Absent) | None => format!("wanted: {words}"),
        Some(test) => format!("wanted: {} {words}", test.name().replace('-', " ")),
    }
}

fn with_label(value: &Value, label: Option<String>) -> String {
    match label {
        Some(label) => format!("{value} ({label})"),
        None => value.to_string(),
    }
}

/// The mark of a state, the same in every format that a person reads.
pub(super) fn mark(state: State) -> &'static str {
    match state {
        State::InSync => "=",
        State::Differs => "~",
        State::Missing => "+",
        State::NotObserved => "?",
        State::Manual => "!",
        State::Waived => "w",
    }
}

/// A state in a person's words.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::InSync => "in sync",
        State::Differs => "differs",
        State::Missing => "missing",
        State::NotObserved => "not observed",
        State::Manual => "by hand",
        State::Waived => "waived",
    }
}

/// The pieces of a text, every second of which stood between back quotes; the whole where one of
/// these has no other.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len() % 2 == 1 { pieces } else { vec![text] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_back_quotes_is_told_apart() {
        assert_eq!(quoted("run `a b`, or `c`"), ["run ", "a b", ", or ", "c", ""]);
        assert_eq!(quoted("it`s"), ["it`s"]);
    }
}
