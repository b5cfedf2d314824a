//! Everything that a renderer may know of a run, and the formats in which it can be shown.

pub mod asks;
pub mod baseline;
pub mod code;
pub mod csv;
pub mod doctor;
pub mod explain;
pub mod fit;
pub mod fleet;
pub mod gallery;
pub mod git;
mod guide;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod left;
pub mod line;
pub mod markdown;
pub mod page;
pub mod plan;
pub mod revision;
pub mod sarif;
mod sheet;
pub mod since;
mod steps;
pub mod template;
pub mod text;
pub mod trend;
pub mod trial;
mod unseen;
mod wants;
pub mod why;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::diff::{Diff, State};
use crate::template::Template;

use plan::FileChange;

/// What was compared, and how it turned out.
#[derive(Debug)]
pub struct Report<'t> {
    /// The templates; none where two states were compared.
    pub templates: Vec<&'t Template>,
    /// One entry an org, in the order asked for.
    pub orgs: Vec<OrgReport<'t>>,
    /// The day on which it is told, such as `2026-11-26`: a template may be old by then.
    pub today: String,
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
    pub outcome: Result<Diff<'t>, Failure>,
    /// What a fix would change in each file; empty where nobody asked for one.
    pub files: Vec<FileChange>,
}

/// Why an org has no diff.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The org's own code, or one of this program's (see [`code`]).
    pub code: String,
    /// What happened, and why.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl OrgReport<'_> {
    /// Returns why there is no answer, or no whole one: the org failed, files are no metadata, or
    /// nothing could be seen. What was found all the same stands in the outcome.
    pub fn error(&self) -> Option<Failure> {
        let diff = match &self.outcome {
            Ok(diff) => diff,
            Err(failure) => return Some(failure.clone()),
        };
        let of =
            |code: &str, message: String| Failure { code: code.to_owned(), message, hint: None };
        if !diff.broken.is_empty() {
            let files = diff.broken.join("; ");
            let message = format!("not all of the metadata can be read: {files}");
            return Some(of(code::ERROR, message));
        }
        diff.silence().map(|silence| of(code::NOTHING_OBSERVED, silence.words().to_owned()))
    }

    /// The part of a folder, or a zip, that the user called `name`.
    pub fn of_files(name: String, found: Diff<'_>) -> OrgReport<'_> {
        let outcome = Ok(found);
        OrgReport { name, id: None, instance_url: None, source: None, outcome, files: Vec::new() }
    }

    /// The part of an org that could not be asked.
    pub fn failed(name: &str, failure: impl Into<Failure>) -> Self {
        let (name, outcome) = (name.to_owned(), Err(failure.into()));
        Self { name, id: None, instance_url: None, source: None, outcome, files: Vec::new() }
    }
}

impl<'t> Report<'t> {
    /// A report on one org, told on a day.
    pub fn of(templates: Vec<&'t Template>, org: OrgReport<'t>, today: String) -> Self {
        Self { templates, orgs: vec![org], today }
    }
}

impl Report<'_> {
    /// Counts the findings of a state over all orgs.
    pub fn count(&self, state: State) -> usize {
        self.diffs().map(|diff| diff.count(state)).sum()
    }

    /// Returns what was found of the orgs that did not fail.
    pub fn diffs(&self) -> impl Iterator<Item = &Diff<'_>> {
        self.orgs.iter().filter_map(|org| org.outcome.as_ref().ok())
    }
}

/// Says the counts in one line, as every format that a person reads ends: `3 settings differ, 41 in
/// sync, ..`.
pub fn summary(diff: &Diff<'_>) -> String {
    match &diff.baseline {
        Some(_) => of_baseline(diff),
        None => counted(|state| diff.count(state)),
    }
}

/// The same of what was held against a baseline: what is in sync there are components, what differs
/// are settings in components, or components that one side alone has.
fn of_baseline(diff: &Diff<'_>) -> String {
    let differs = || diff.findings.iter().filter(|finding| finding.state() == State::Differs);
    let settings = differs().filter(|finding| finding.subject.path().is_some());
    let within: BTreeSet<_> = settings.clone().filter_map(|one| one.subject.component()).collect();
    let whole = differs().filter(|finding| finding.subject.path().is_none());
    let (new, gone): (Vec<_>, Vec<_>) = whole.partition(|finding| finding.actual.is_some());
    let settings = settings.count();
    let mut parts = Vec::new();
    if settings > 0 || new.len() + gone.len() == 0 {
        let within = match within.len() {
            0 => String::new(),
            count => format!(" in {}", plan::count(count, "component")),
        };
        let verb = if settings == 1 { "differs" } else { "differ" };
        parts.push(format!("{}{within} {verb}", plan::count(settings, "setting")));
    }
    for (count, words) in
        [(new.len(), "not in the baseline"), (gone.len(), "in the baseline alone")]
    {
        let verb = if count == 1 { "is" } else { "are" };
        if count > 0 {
            parts.push(format!("{} {verb} {words}", plan::count(count, "component")));
        }
    }
    parts.push(format!("{} in sync", plan::count(diff.count(State::InSync), "component")));
    parts.push(format!("{} not observed", diff.count(State::NotObserved)));
    let waived = diff.count(State::Waived);
    parts.extend((waived > 0).then(|| format!("{waived} waived")));
    parts.join(", ")
}

/// The same of counts.
fn counted(count: impl Fn(State) -> usize) -> String {
    let mut parts = vec![match count(State::Differs) {
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
        let count = count(state);
        if count > 0 || state != State::Waived {
            parts.push(format!("{count} {words}"));
        }
    }
    parts.join(", ")
}
