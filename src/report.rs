//! Everything that a renderer may know of a run, and the formats in which it can be shown.

pub mod baseline;
pub mod json;
pub mod plan;
pub mod template;
pub mod terminal;
pub mod text;
pub mod trial;

use crate::diff::drift::Drift;
use crate::diff::{Diff, State};
use crate::template::Template;

/// What was compared, and how it turned out.
#[derive(Debug)]
pub struct Report<'t> {
    /// The templates; none where two states were compared.
    pub templates: Vec<&'t Template>,
    /// One entry an org, in the order asked for.
    pub orgs: Vec<OrgReport<'t>>,
}

/// One org's, or one folder's, part of a report.
#[derive(Debug)]
pub struct OrgReport<'t> {
    /// What the user called it: an alias, a user name, a path.
    pub name: String,
    /// The org's id; none for files.
    pub id: Option<String>,
    /// Where it lives; none for files.
    pub instance_url: Option<String>,
    /// How we came to it (`environment`, `sf CLI alias`); none for files.
    pub source: Option<String>,
    /// What was found, or why there is nothing.
    pub outcome: Result<Findings<'t>, Failure>,
}

/// What was found of one org.
#[derive(Debug)]
pub enum Findings<'t> {
    /// A template held against it.
    Template(Diff<'t>),
    /// A baseline held against it.
    Baseline(Drifts),
}

/// What differs from a baseline; only that is listed.
#[derive(Debug, Default)]
pub struct Drifts {
    /// What the user called the baseline.
    pub baseline: String,
    /// What differs or could not be seen, in order of component and path.
    pub drifts: Vec<Drift>,
    /// How many components are the same on both sides.
    pub in_sync: usize,
    /// What the reader should know of the sides.
    pub notes: Vec<String>,
}

impl Drifts {
    /// Counts what has a state.
    pub fn count(&self, state: State) -> usize {
        self.drifts.iter().filter(|drift| drift.state == state).count()
    }
}

impl Findings<'_> {
    /// Counts the findings of a state.
    pub fn count(&self, state: State) -> usize {
        match self {
            Self::Template(diff) => diff.count(state),
            Self::Baseline(drifts) if state == State::InSync => drifts.in_sync,
            Self::Baseline(drifts) => drifts.count(state),
        }
    }

    /// Says whether something differs or is missing.
    pub fn has_drift(&self) -> bool {
        self.count(State::Differs) + self.count(State::Missing) > 0
    }

    /// Says whether something is left that nobody could see or that a person must do.
    pub fn has_open_ends(&self) -> bool {
        self.count(State::NotObserved) + self.count(State::Manual) > 0
    }
}

/// Why an org has no diff.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The org's own code, or this program's.
    pub code: String,
    /// What happened, and why.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Report<'_> {
    /// Counts the findings of a state over all orgs.
    pub fn count(&self, state: State) -> usize {
        self.findings().map(|findings| findings.count(state)).sum()
    }

    /// Returns what was found of the orgs that did not fail.
    pub fn findings(&self) -> impl Iterator<Item = &Findings<'_>> {
        self.orgs.iter().filter_map(|org| org.outcome.as_ref().ok())
    }
}

/// Says the counts in one line, as every format that a person reads ends: `3 settings differ, 41 in
/// sync, ..`.
pub fn summary(findings: &Findings<'_>) -> String {
    let mut parts = vec![match findings.count(State::Differs) {
        1 => "1 setting differs".to_owned(),
        count => format!("{count} settings differ"),
    }];
    for (state, words) in [
        (State::InSync, "in sync"),
        (State::Missing, "missing"),
        (State::NotObserved, "not observed"),
        (State::Manual, "to do by hand"),
        (State::Waived, "waived"),
    ] {
        let count = findings.count(state);
        if count > 0 || state != State::Waived {
            parts.push(format!("{count} {words}"));
        }
    }
    parts.join(", ")
}
