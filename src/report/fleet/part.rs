//! A file of answers: at its head what was asked, and of which orgs; then the lines of each org.
//! Where a run has shards, each file is a part of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fleet::shard::Shard;
use crate::metadata::sha256::sha256;
use crate::report::json::{FindingRow, Org};
use crate::report::jsonl::{self, Answer};

use super::Kept;

/// The form of the line at the head.
const FORMAT: &str = "sfsetup.fleet/1";

/// The line at the head: what was asked, and of which orgs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Part {
    format: String,
    /// Tells one question from another: templates and their values, what was chosen, which rules.
    pub asked: String,
    /// Tells what is looked at from anything else: values, what was chosen, which baseline; not
    /// which release of a template or of the program looks, so that it stays the same over years.
    pub question: String,
    /// The run that it is a part of, where it was given a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Which part, where it is not the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// When it was begun, or gone on with.
    pub begun: Timestamp,
    /// How many orgs are asked in it.
    pub orgs: usize,
    /// All orgs of the run, in the order in which they were named; those of other shards too.
    pub names: Vec<String>,
    /// Why not all orgs are known, where they are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
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
    /// It is of other orgs, or of another run.
    #[error("it is of {there}, and this is {here}")]
    Elsewhere {
        /// Which part of which run the file has.
        there: String,
        /// Which part of which run is meant.
        here: String,
    },
}

impl Part {
    /// What is asked of these orgs; `asked` is a text that differs where something else is asked,
    /// `question` one that differs where something else is looked at, `names` are all orgs of the
    /// run.
    pub fn new(
        (asked, question): (&str, &str),
        run: Option<String>,
        shard: Option<Shard>,
        begun: Timestamp,
        names: Vec<String>,
    ) -> Self {
        let (asked, question) = (sha256(asked.as_bytes()), sha256(question.as_bytes()));
        let (format, unread) = (FORMAT.to_owned(), Vec::new());
        let mut part = Self { format, asked, question, run, shard, begun, orgs: 0, names, unread };
        part.orgs = part.members().count();
        part
    }

    /// The whole of which this is a part, begun when the first of its parts was.
    pub fn whole(self, begun: Timestamp, names: Vec<String>) -> Self {
        Self { shard: None, begun, orgs: names.len(), names, ..self }
    }

    /// The names of the orgs that are asked in it.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        let is_in = |name: &&str| self.shard.is_none_or(|shard| shard.has(name));
        self.names.iter().map(String::as_str).filter(is_in)
    }

    /// Refuses to go on with answers that are none to what is asked now.
    ///
    /// # Errors
    /// They are of another question, another part or another run.
    pub fn go_on_with(&self, there: &Self) -> Result<(), Unreadable> {
        if self.asked != there.asked {
            return Err(Unreadable::Another);
        }
        if (&self.run, self.shard) != (&there.run, there.shard) {
            return Err(Unreadable::Elsewhere { there: there.place(), here: self.place() });
        }
        Ok(())
    }

    /// Which part of which run it is, in words.
    fn place(&self) -> String {
        let shard = self.shard.map_or_else(|| "all orgs".to_owned(), |one| format!("shard {one}"));
        match &self.run {
            Some(run) => format!("{shard} of run `{run}`"),
            None => shard,
        }
    }

    /// The line, with its end.
    ///
    /// # Errors
    /// What `serde_json` says; none is known to be possible.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

/// Reads a head.
///
/// # Errors
/// It is none.
pub fn head(line: &str) -> Result<Part, Unreadable> {
    let part: Part = serde_json::from_str(line).map_err(|_| Unreadable::NoHead)?;
    if part.format == FORMAT { Ok(part) } else { Err(Unreadable::NoHead) }
}

/// A file of answers: its head, and by the org's name what was kept.
pub type Answers = (Part, BTreeMap<String, Kept>);

/// Reads a file of answers: its head, and by the org's name what was kept, of several of one org
/// the last. What was cut off is left out.
///
/// # Errors
/// It is no such file.
pub fn read(text: &str) -> Result<Answers, Unreadable> {
    let mut kept = BTreeMap::new();
    let mut findings: BTreeMap<String, Vec<FindingRow<'static>>> = BTreeMap::new();
    let mut lines = text.split_inclusive('\n').enumerate();
    let wrong = |line: usize| move |why: String| Unreadable::Line { line: line + 1, why };
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let part = head(first)?;
    for (number, line) in lines {
        // What is written by lines is cut off in the last one.
        let Some(line) = line.strip_suffix('\n') else { break };
        let answer = jsonl::read(line).map_err(wrong(number))?;
        match answer {
            Answer::Finding { org, finding } => {
                findings.entry(org.name).or_default().push(*finding);
            }
            Answer::Org { org, kept: of_org } => {
                let findings = findings.remove(&org.name).unwrap_or_default();
                let jsonl::OfOrg { templates, error, summary, notes, since, tail } = *of_org;
                let jsonl::Tail { exit, asked, looked_at } = tail;
                let exit = exit.ok_or_else(|| wrong(number)("it has no `exit`".to_owned()))?;
                let name = org.name.clone();
                let org = Org { org, error, summary, since, notes, findings };
                kept.insert(name, Kept { org, templates, exit, asked, looked_at });
            }
        }
    }
    Ok((part, kept))
}

/// Writes a file of answers.
///
/// # Errors
/// What `serde_json` says; none is known to be possible.
pub fn write<'k>(
    part: &Part,
    orgs: impl IntoIterator<Item = &'k Kept>,
) -> Result<String, serde_json::Error> {
    let mut out = part.line()?;
    for org in orgs {
        out.push_str(&org.lines()?);
    }
    Ok(out)
}
