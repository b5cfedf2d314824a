//! A run over many orgs in parts, each on a machine of its own, and where its answers are kept.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::fleet::shard::Shard;
use crate::metadata::sha256::sha256;
use crate::report::fleet::part::{self, Answers, Part};

use super::clock;
use super::error::CommandError;
use super::fleet::{Fleet, MANY};
use super::ui::Ui;
use super::wanted;

/// Which part of the orgs.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ShardArguments {
    /// Ask only the Kth of N parts of the orgs, for a machine of each; K counts from 1, or from 0
    #[arg(long, value_name = "K/N", help_heading = MANY)]
    pub(crate) shard: Option<Shard>,
}

/// Which part of which run, and where its answers are kept.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PartArguments {
    #[command(flatten)]
    pub(crate) shard: ShardArguments,

    /// The name of the run: another each night, and the same in each of its shards
    #[arg(long, value_name = "NAME", help_heading = MANY, value_parser = run_name)]
    pub(crate) run: Option<String>,

    /// Keep the answers in a PostgreSQL (`postgres://`) or an object storage (`s3://`, `gs://`,
    /// `az://`, `file://`)
    #[arg(long, value_name = "URL", help_heading = MANY)]
    pub(crate) results: Option<String>,
}

impl ShardArguments {
    /// Leaves the orgs of the shard.
    pub(crate) fn keep(&self, ui: &Ui, fleet: &mut Fleet) {
        let Some(shard) = self.shard else { return };
        let all = fleet.orgs.len();
        fleet.orgs.retain(|org| shard.has(&org.name));
        let here = fleet.orgs.len();
        ui.note(&format!("shard {shard}: {here} of {all} orgs"));
    }
}

impl PartArguments {
    /// Says whether anything of it is given: then there are many orgs, though it may be one.
    pub(crate) fn is_given(&self) -> bool {
        self.shard.shard.is_some() || self.run.is_some() || self.results.is_some()
    }

    /// Refuses results of parts that nobody could put together again.
    ///
    /// # Errors
    /// The run has no name.
    pub(crate) fn check(&self, is_gone_on_with: bool) -> Result<(), CommandError> {
        let is_part = self.shard.shard.is_some() || is_gone_on_with;
        if self.results.is_none() || self.run.is_some() || !is_part {
            return Ok(());
        }
        Err(CommandError::new("the run has no name")
            .because("its parts are known again in the results by the run's name")
            .hint("add `--run NAME`: another for each run, and one for all that belongs to it")
            .usage())
    }

    /// What is asked, of which orgs, as the answers keep it. Results need a name of the run, so one
    /// is made where none was given.
    pub(crate) fn of(&self, asked: (&str, &str), fleet: &Fleet) -> Part {
        let begun = clock::second();
        let run = self.run.clone();
        let run = run.or_else(|| self.results.as_ref().map(|_| made_name(asked.0, begun)));
        let names = fleet.names().map(str::to_owned).collect();
        let mut part = Part::new(asked, run, self.shard.shard, begun, names);
        part.unread.clone_from(&fleet.unread);
        part
    }
}

/// Reads a file of answers; none where nothing stands in it yet.
///
/// # Errors
/// It cannot be read, or holds something else.
pub(crate) fn read(file: &Path) -> Result<Option<Answers>, CommandError> {
    let text = String::from_utf8_lossy(&wanted::read(file, "answer")?).into_owned();
    // What made the file came no further.
    if text.is_empty() {
        return Ok(None);
    }
    part::read(&text).map(Some).map_err(|error| {
        let hint = match text.starts_with('\u{1f}') {
            true => "it is packed: unpack it with `gunzip`",
            false => "name what `diff --out FILE.jsonl` of many orgs wrote, or `merge`",
        };
        CommandError::new(format!("cannot read `{}`", file.display()))
            .because(error.to_string())
            .hint(hint)
            .usage()
    })
}

/// A name for a run, by the time at which it was begun.
fn made_name(asked: &str, begun: Timestamp) -> String {
    // Two that begin in one second are told apart, where they ask something else or not.
    let salt = format!("{asked} {} {}", Timestamp::now(), std::process::id());
    format!("{}-{}", begun.strftime("%Y%m%dT%H%M%SZ"), &sha256(salt.as_bytes())[..6])
}

/// Reads the name of a run: it stands in the names of files.
fn run_name(text: &str) -> Result<String, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '+');
    let is_name =
        text.chars().all(is_fine) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if is_name && text.len() <= 100 {
        Ok(text.to_owned())
    } else {
        Err("a run's name begins with a letter or digit, has these and `-_.:+`, and 100 at most"
            .to_owned())
    }
}
