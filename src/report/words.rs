//! Findings in words: what all formats say alike.

use crate::diff::{Finding, State};
use crate::metadata::value::Value;

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
