//! Findings in words: what all formats say alike.

use crate::diff::Finding;
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
