//! Answers of many orgs: kept a line at a time as each org ends, and told together in the end.
//!
//! An org's answer is kept in its published form, so that one read back from a file and one given
//! a moment ago are the same, and nothing of what was read of an org stays in memory with it.

mod csv;
mod html;
mod junit;
pub mod looks;
mod markdown;
mod matrix;
pub mod merge;
pub mod part;
pub mod plans;
pub mod rollout;
mod sarif;
mod text;

use jiff::Timestamp;
use textwrap::core::display_width;

use crate::diff::State;
use crate::metadata::sha256::sha256;

use super::json::parts::{Error, Identity};
use super::json::{self, FindingRow, OneTemplate, Org};
use super::jsonl::{self, Tail};
use super::line::clean;
use super::plan::count;
use super::since::Since;
use super::words::told;
use super::{Failure, Report};
use matrix::Matrix;
use part::Part;

pub use self::csv::render as csv;
pub use self::csv::table;
pub use html::render as html;
pub use junit::render as junit;
pub use markdown::render as markdown;
pub use sarif::render as sarif;
pub use text::render as text;

/// How an org came out, as exit codes have it: nothing, something went wrong, something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// As it should be.
    Well,
    /// Something differs, or is missing.
    Drift,
    /// There is no answer, or no whole one.
    Failed,
}

/// One org's answer, as it is kept.
pub struct Kept {
    org: Org<'static>,
    templates: Vec<OneTemplate<'static>>,
    /// The exit code that the org alone would have.
    exit: u8,
    /// Tells what was asked of it alone from anything else; none where it gave no answer.
    asked: Option<String>,
    /// When it was looked at; none where it was not.
    looked_at: Option<Timestamp>,
}

impl Kept {
    /// Keeps the answer of a report on one org at a time; `asked` is what was asked of it alone,
    /// `since` what has become of an earlier answer.
    ///
    /// # Errors
    /// What `serde_json` says; none is known to be possible.
    pub fn of(
        report: &Report<'_>,
        exit: u8,
        asked: &str,
        since: Option<&Since>,
        now: Timestamp,
    ) -> Result<Self, serde_json::Error> {
        let document = json::document(report);
        let templates = serde_json::from_str(&serde_json::to_string(&document.templates)?)?;
        let mut orgs: Vec<Org<'_>> = document.orgs;
        let findings = report.diffs().flat_map(|diff| &diff.findings);
        let rows = orgs.iter_mut().flat_map(|org| &mut org.findings);
        rows.zip(findings).for_each(|(row, finding)| row.told = Some(told(finding)));
        if let (Some(since), Some(org)) = (since, orgs.first_mut()) {
            since.mark(org);
        }
        let org = orgs.first().map(serde_json::to_string).transpose()?.unwrap_or_default();
        let asked = Some(sha256(asked.as_bytes()));
        let looked_at = Some(now);
        Ok(Self { org: serde_json::from_str(&org)?, templates, exit, asked, looked_at })
    }

    /// An org that gave no answer when it was looked at, or that was not looked at.
    pub fn failed(name: &str, failure: Failure, looked_at: Option<Timestamp>) -> Self {
        let org = Identity { name: name.to_owned(), id: None, instance_url: None, source: None };
        let error = Some(Error::from(failure));
        let org = Org {
            org,
            error,
            summary: json::Summary::default(),
            since: None,
            notes: Vec::new(),
            findings: Vec::new(),
        };
        Self { org, templates: Vec::new(), exit: 1, asked: None, looked_at }
    }

    /// What the user calls the org.
    pub fn name(&self) -> &str {
        &self.org.org.name
    }

    /// The org's id, where it was reached.
    pub fn id(&self) -> Option<&str> {
        self.org.org.id.as_deref()
    }

    /// The exit code that the org alone would have.
    pub fn exit(&self) -> u8 {
        self.exit
    }

    /// When it was looked at; none where it was not.
    pub fn looked_at(&self) -> Option<Timestamp> {
        self.looked_at
    }

    /// Why it failed, where it did.
    pub fn failure(&self) -> Option<Failure> {
        self.org.error.clone().map(Failure::from)
    }

    /// Gives it back where it answers what is asked of the org now.
    pub fn answering(self, asked: &str) -> Option<Self> {
        let is_it = self.asked == Some(sha256(asked.as_bytes()));
        (is_it && self.ended() != Ended::Failed).then_some(self)
    }

    /// How it came out.
    pub fn ended(&self) -> Ended {
        match (self.exit, &self.org.error) {
            (0, None) => Ended::Well,
            (2, None) => Ended::Drift,
            _ => Ended::Failed,
        }
    }

    /// What it comes to, in one line.
    fn verdict(&self) -> String {
        match &self.org.error {
            Some(error) => format!("{} ({})", error.message, error.code),
            None => self.org.summary.words(),
        }
    }

    /// Writes it as lines: one a finding, the last for the org.
    ///
    /// # Errors
    /// What `serde_json` says; none is known to be possible.
    pub fn lines(&self) -> Result<String, serde_json::Error> {
        let mut out = String::new();
        let Self { org, templates, exit, asked, looked_at } = self;
        let tail = Tail { exit: Some(*exit), asked: asked.clone(), looked_at: *looked_at };
        jsonl::org(&mut out, org, templates, &tail)?;
        Ok(out)
    }

    fn findings(&self) -> impl Iterator<Item = &FindingRow<'static>> {
        self.org.findings.iter()
    }

    /// Its findings, those of a step together.
    fn blocks(&self) -> impl Iterator<Item = &[FindingRow<'static>]> {
        self.org.findings.chunk_by(|one, other| one.rule() == other.rule())
    }
}

/// An org's name takes so many columns at most.
const WIDEST: usize = 40;

/// The names of orgs as a column of a terminal: how wide it is, and each with blanks behind it.
pub(super) fn name_column<'n>(names: impl Iterator<Item = &'n str>) -> (usize, Vec<String>) {
    let mut names: Vec<String> = names.map(clean).collect();
    let width = names.iter().map(|name| display_width(name)).max().unwrap_or(0).min(WIDEST);
    for name in &mut names {
        let pad = width.saturating_sub(display_width(name));
        name.extend(std::iter::repeat_n(' ', pad));
    }
    (width, names)
}

/// How many orgs came out how, in one line without its end.
pub fn counts(orgs: &[Kept]) -> String {
    let of = |ended: Ended| orgs.iter().filter(|org| org.ended() == ended).count();
    // Beside an earlier answer only what is new counts.
    let (well, not) = match orgs.iter().any(|org| org.org.since.is_some()) {
        true => ("with nothing new", "with something new"),
        false => ("as wanted", "not"),
    };
    format!(
        "{}: {} {well}, {} {not}, {} failed",
        count(orgs.len(), "org"),
        of(Ended::Well),
        of(Ended::Drift),
        of(Ended::Failed)
    )
}

/// The days on which orgs were looked at: answers may be those of an earlier run, or of shards; where
/// no org says it, it was this `day`.
fn looked_on(orgs: &[Kept], day: &str) -> String {
    let on = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let days = || orgs.iter().filter_map(Kept::looked_at).map(on);
    match (days().min(), days().max()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        (Some(day), _) => day,
        _ => day.to_owned(),
    }
}

/// The run that has a name, and when orgs were looked at; none where it has none.
fn run_words(part: &Part, orgs: &[Kept], day: &str) -> Option<String> {
    let run = part.run.as_ref()?;
    Some(format!("Run {run}, looked at on {}", looked_on(orgs, day)))
}

/// Writes the document of all orgs.
///
/// # Errors
/// What `serde_json` says; none is known to be possible.
pub fn json(part: &Part, orgs: &[Kept]) -> Result<String, serde_json::Error> {
    // What is said of a finding for those who read no values is of the lines alone.
    let bare = |kept: &Kept| {
        let mut org = kept.org.clone();
        org.findings.iter_mut().for_each(|row| row.told = None);
        org
    };
    let document = json::of_orgs(templates(orgs).to_vec(), orgs.iter().map(bare).collect());
    json::write(&json::Document { run: part.run.clone(), ..document })
}

/// The templates: all orgs have the same, where one has an answer.
fn templates(orgs: &[Kept]) -> &[OneTemplate<'static>] {
    orgs.iter().map(|org| &*org.templates).find(|all| !all.is_empty()).unwrap_or_default()
}

/// What was compared with what, for a heading.
fn title(orgs: &[Kept]) -> String {
    let names: Vec<String> =
        templates(orgs).iter().map(|one| format!("{} {}", one.name, one.version)).collect();
    let orgs_of = count(orgs.len(), "org");
    match names.is_empty() {
        false => format!("{orgs_of} against {}", names.join(", ")),
        // Where none has an answer nobody knows what it would have been held against.
        true if orgs.iter().all(|org| org.ended() == Ended::Failed) => orgs_of,
        true => format!("{orgs_of} against the baseline"),
    }
}

/// A state by its name in documents.
pub fn state(name: &str) -> State {
    State::ALL.into_iter().find(|state| state.name() == name).unwrap_or(State::NotObserved)
}
