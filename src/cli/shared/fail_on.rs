//! What makes a run end with 2.

use serde::Deserialize;

use crate::diff::Finding;
use crate::plan::left::{Left, LeftKind};
use crate::template::Level;

/// What makes a run end with 2; each has more than the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailOn {
    /// What is required, and differs or is missing.
    Required,
    /// Whatever differs or is missing.
    #[default]
    Any,
    /// What is by hand or was not observed too.
    Observed,
}

impl FailOn {
    /// Returns its name in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Any => "any",
            Self::Observed => "observed",
        }
    }

    fn counts(self, level: Level) -> bool {
        self != Self::Required || level == Level::Required
    }

    /// Says whether a finding that differs or is missing counts.
    pub(crate) fn is_drift(self, finding: &Finding<'_>) -> bool {
        finding.is_drift() && self.counts(finding.level())
    }

    /// Says whether something that a plan leaves counts.
    pub(crate) fn is_left(self, left: &Left) -> bool {
        self == Self::Observed || left.kind == LeftKind::Open && self.counts(left.level)
    }
}
