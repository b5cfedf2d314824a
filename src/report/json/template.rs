//! Templates written, tried and held against their signatures: `sfsetup.template-new/1`, `-test/1`
//! and `-verify/1`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::parts::Error;
use crate::diff::State;
use crate::plan::trial::{Failure, Trial};
use crate::report;

/// `sfsetup.template-new/1`.
#[derive(Debug, Serialize)]
pub struct Made {
    /// The file that was written.
    pub file: String,
    /// The template's name.
    pub name: String,
    /// How many steps it has.
    pub steps: usize,
    /// The org that it was read from.
    pub org: Option<String>,
    /// How many settings it wants, where it was read from an org.
    pub settings: Option<usize>,
    /// How many of these are as they are in the org.
    pub in_sync: Option<usize>,
    /// Which of its texts are placeholders.
    pub placeholders: Vec<&'static str>,
}

/// `sfsetup.template-test/1`.
#[derive(Debug, Default, Serialize)]
pub struct Tested {
    /// The template's file.
    pub template: String,
    /// The cases, in order of name.
    pub cases: Vec<Case>,
}

/// How a case went.
#[derive(Debug, Serialize)]
pub struct Case {
    name: String,
    /// Whether all is as expected.
    pub ok: bool,
    error: Option<Error>,
    summary: BTreeMap<String, usize>,
    changes: usize,
    left: Vec<String>,
    failures: Vec<FailureRow>,
}

#[derive(Debug, Serialize)]
struct FailureRow {
    kind: &'static str,
    step: Option<String>,
    expected: Option<String>,
    found: Option<&'static str>,
    reason: Option<String>,
}

impl Case {
    /// A case that was tried.
    pub fn of(name: &str, trial: &Trial<'_>) -> Self {
        let count = |state: State| (state.name().replace('-', "_"), trial.diff.count(state));
        Self {
            name: name.to_owned(),
            ok: trial.failures.is_empty(),
            error: None,
            summary: State::ALL.into_iter().map(count).collect(),
            changes: trial.changes,
            left: trial.left.clone(),
            failures: trial.failures.iter().map(FailureRow::from).collect(),
        }
    }

    /// A case that could not be tried.
    pub fn unreadable(name: String, failure: report::Failure) -> Self {
        let count = |state: State| (state.name().replace('-', "_"), 0);
        Self {
            name,
            ok: false,
            error: Some(failure.into()),
            summary: State::ALL.into_iter().map(count).collect(),
            changes: 0,
            left: Vec::new(),
            failures: Vec::new(),
        }
    }
}

impl From<&Failure> for FailureRow {
    fn from(failure: &Failure) -> Self {
        let row = Self { kind: "", step: None, expected: None, found: None, reason: None };
        match failure {
            Failure::State { step, expected, found } => Self {
                kind: "state",
                step: Some(step.clone()),
                expected: Some((*expected).to_owned()),
                found: found.map(State::name),
                ..row
            },
            Failure::Left { step, reason } => {
                Self { kind: "left", step: Some(step.clone()), reason: Some(reason.clone()), ..row }
            }
            Failure::NotLeft { step } => Self { kind: "not-left", step: Some(step.clone()), ..row },
            Failure::NotProved(why) => Self { kind: "no-fix", reason: Some(why.clone()), ..row },
        }
    }
}

/// `sfsetup.template-verify/1`.
#[derive(Debug, Default, Serialize)]
pub struct Verified {
    /// Each template that was named.
    pub templates: Vec<Signature>,
}

/// Who has signed a template.
#[derive(Debug, Default, Serialize)]
pub struct Signature {
    /// What was named.
    pub name: String,
    /// Its file; none where none was found, or it is not verified.
    pub file: Option<String>,
    /// The key that has signed it.
    pub key: Option<String>,
    /// What the signer says.
    pub comment: Option<String>,
    /// Why it is not verified.
    pub error: Option<Error>,
}
