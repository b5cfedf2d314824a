//! Answers of many orgs: kept a line at a time as each org ends, and told together in the end.
//!
//! An org's answer is kept in its published form, so that one read back from a file and one given
//! a moment ago are the same, and nothing of what was read of an org stays in memory with it.

mod csv;
mod html;
mod junit;
mod markdown;
mod matrix;
pub mod plans;
pub mod rollout;
mod sarif;
mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use textwrap::core::display_width;

use crate::diff::State;
use crate::metadata::sha256::sha256;

use super::json::parts::{Error, Identity};
use super::json::{self, FindingRow, OneTemplate, Org};
use super::jsonl::{self, Answer};
use super::line::clean;
use super::plan::count;
use super::since::Since;
use super::words::told;
use super::{Failure, Report};
use matrix::Matrix;

pub use self::csv::render as csv;
pub use self::csv::table;
pub use html::render as html;
pub use junit::render as junit;
pub use markdown::render as markdown;
pub use sarif::render as sarif;
pub use text::render as text;

/// The form of the line at the head.
const HEAD: &str = "sfsetup.fleet/1";

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
}

/// The line at the head: what was asked.
#[derive(Debug, Deserialize, Serialize)]
struct Head {
    format: String,
    /// Tells one question from another: templates and their values, what was chosen, which rules.
    asked: String,
    /// How many orgs it is asked of.
    orgs: usize,
}

/// Why a file holds no answers to be gone on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not what this program writes.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The line at the head is not there.
    #[error("it does not begin with what was asked: it is not an answer of many orgs")]
    NoHead,
    /// Something else was asked.
    #[error(
        "it answers another question: other templates, values of parameters, options, or another \
         configuration"
    )]
    Another,
}

impl Kept {
    /// Keeps the answer of a report on one org; `asked` is what was asked of it alone, `since` what
    /// has become of an earlier answer.
    ///
    /// # Errors
    /// What `serde_json` says; none is known to be possible.
    pub fn of(
        report: &Report<'_>,
        exit: u8,
        asked: &str,
        since: Option<&Since>,
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
        Ok(Self { org: serde_json::from_str(&org)?, templates, exit, asked })
    }

    /// An org that gave no answer.
    pub fn failed(name: &str, failure: Failure) -> Self {
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
        Self { org, templates: Vec::new(), exit: 1, asked: None }
    }

    /// What the user calls the org.
    pub fn name(&self) -> &str {
        &self.org.org.name
    }

    /// The org's id, where it was reached.
    pub fn id(&self) -> Option<&str> {
        self.org.org.id.as_deref()
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
        let asked = self.asked.as_deref();
        jsonl::org(&mut out, &self.org, &self.templates, Some(self.exit), asked)?;
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
fn name_column<'n>(names: impl Iterator<Item = &'n str>) -> (usize, Vec<String>) {
    let mut names: Vec<String> = names.map(clean).collect();
    let width = names.iter().map(|name| display_width(name)).max().unwrap_or(0).min(WIDEST);
    for name in &mut names {
        let pad = width.saturating_sub(display_width(name));
        name.extend(std::iter::repeat_n(' ', pad));
    }
    (width, names)
}

/// The line at the head of a file of answers.
///
/// # Errors
/// What `serde_json` says; none is known to be possible.
pub fn head(asked: &str, orgs: usize) -> Result<String, serde_json::Error> {
    let head = Head { format: HEAD.to_owned(), asked: sha256(asked.as_bytes()), orgs };
    Ok(serde_json::to_string(&head)? + "\n")
}

/// Reads answers that were kept: by the org's name, of several of one org the last. What was cut
/// off is left out.
///
/// # Errors
/// It is no such file, or something else was asked.
pub fn read(text: &str, asked: &str) -> Result<BTreeMap<String, Kept>, Unreadable> {
    let mut kept = BTreeMap::new();
    let mut findings: BTreeMap<String, Vec<FindingRow<'static>>> = BTreeMap::new();
    // What made the file came no further.
    if text.is_empty() {
        return Ok(kept);
    }
    let mut lines = text.split_inclusive('\n').enumerate();
    let wrong = |line: usize| move |why: String| Unreadable::Line { line: line + 1, why };
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let head: Head = serde_json::from_str(first).map_err(|_| Unreadable::NoHead)?;
    if head.format != HEAD {
        return Err(Unreadable::NoHead);
    }
    if head.asked != sha256(asked.as_bytes()) {
        return Err(Unreadable::Another);
    }
    for (number, line) in lines {
        // What is written by lines is cut off in the last one.
        let Some(line) = line.strip_suffix('\n') else { break };
        let answer = jsonl::read(line).map_err(wrong(number))?;
        match answer {
            Answer::Finding { org, finding } => {
                findings.entry(org.name).or_default().push(*finding);
            }
            Answer::Org { org, templates, error, summary, notes, since, exit, asked } => {
                let findings = findings.remove(&org.name).unwrap_or_default();
                let name = org.name.clone();
                let since = since.map(|since| *since);
                let org = Org { org, error, summary, since, notes, findings };
                let exit = exit.ok_or_else(|| wrong(number)("it has no `exit`".to_owned()))?;
                kept.insert(name, Kept { org, templates, exit, asked });
            }
        }
    }
    Ok(kept)
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

/// Writes the document of all orgs.
///
/// # Errors
/// What `serde_json` says; none is known to be possible.
pub fn json(orgs: &[Kept]) -> Result<String, serde_json::Error> {
    // What is said of a finding for those who read no values is of the lines alone.
    let bare = |kept: &Kept| {
        let mut org = kept.org.clone();
        org.findings.iter_mut().for_each(|row| row.told = None);
        org
    };
    json::write(&json::of_orgs(templates(orgs).to_vec(), orgs.iter().map(bare).collect()))
}

/// Writes the lines of all orgs, behind what was asked.
///
/// # Errors
/// What `serde_json` says; none is known to be possible.
pub fn jsonl(asked: &str, orgs: &[Kept]) -> Result<String, serde_json::Error> {
    let mut out = head(asked, orgs.len())?;
    for org in orgs {
        out.push_str(&org.lines()?);
    }
    Ok(out)
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

fn state(name: &str) -> State {
    State::ALL.into_iter().find(|state| state.name() == name).unwrap_or(State::NotObserved)
}
