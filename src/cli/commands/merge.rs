//! `sfsetup merge`: the shards of a run put together, as one process would have told them.

use std::path::PathBuf;

use clap::Args;

use crate::cli::shared::answer::{check_writable, spare};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::note_same;
use crate::cli::shared::format::Format;
use crate::cli::shared::outlet::{self, FORMATS, Manner, Outlet};
use crate::cli::shared::results;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;
use crate::report::fleet::merge::{Merged, Named, merge};
use crate::report::fleet::part;
use crate::report::fleet::{Ended, Kept};
use crate::report::plan::count;

/// Put the shards of a run over many orgs together
///
/// Reads what `diff --shard K/N` wrote as JSON Lines, or kept with `--results`, and tells it as one
/// run over all orgs would have, in every form. An org that no shard answers is told as failed, and
/// of an org that several tell of an answer counts before a failure, and the later one.
#[derive(Debug, Args)]
#[command(override_usage = "sfsetup merge [OPTIONS] <FILE..|--results <URL>>")]
pub(crate) struct MergeArguments {
    /// The files of the shards, as `diff --out FILE.jsonl` or `--resume FILE` writes them
    #[arg(value_name = "FILE", required_unless_present = "results", conflicts_with = "results")]
    files: Vec<PathBuf>,

    /// Where `diff --results URL` kept them
    #[arg(long, value_name = "URL")]
    results: Option<String>,

    /// Which run; without it the last one
    #[arg(long, value_name = "NAME", requires = "results")]
    run: Option<String>,

    /// The form of the answer; without it the suffix of `--out` says it, else it is text
    #[arg(long, value_parser = Format::among(FORMATS))]
    format: Option<Format>,

    /// Write the answer to a file; nothing is printed then. May be repeated: each file has the form
    /// that its suffix says
    #[arg(long, value_name = "FILE")]
    out: Vec<PathBuf>,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    full: bool,

    /// In CSV a row an org and a column a step, in place of a row a finding
    #[arg(long)]
    matrix: bool,
}

pub(crate) fn run(ui: &Ui, arguments: &MergeArguments) -> Result<Exit, CommandError> {
    let outlets = Outlet::of(arguments.format, &arguments.out, Format::Text, FORMATS)?;
    outlet::owe(ui, &outlets, "sfsetup.diff/1");
    outlet::ended(ui, merged(ui, arguments, &outlets))
}

fn merged(
    ui: &Ui,
    arguments: &MergeArguments,
    outlets: &[Outlet<'_>],
) -> Result<Exit, CommandError> {
    let MergeArguments { files, results, run, full, matrix, .. } = arguments;
    let manner = Manner { full: *full, matrix: *matrix };
    manner.check(outlets)?;
    for outlet in outlets.iter().filter_map(|outlet| outlet.file) {
        files.iter().try_for_each(|file| spare(outlet, file))?;
        check_writable(outlet)?;
    }
    let parts = match results {
        Some(address) => results::parts(ui, address, run.as_deref())?,
        None => read(ui, files)?,
    };
    let Merged { part, orgs, missing, notes } = merge(parts).map_err(|error| {
        CommandError::new("these are no parts of one run")
            .because(error.to_string())
            .hint("name the files of the shards of one run, and no others")
            .usage()
    })?;
    notes.iter().for_each(|note| ui.note(note));
    let mut texts = Vec::with_capacity(outlets.len());
    for outlet in outlets {
        texts.push((outlet, outlet::of_many(outlet.format, &part, &orgs, manner)?));
    }
    outlet::give(ui, &texts)?;
    note_same(ui, orgs.iter().map(|org| (org.name(), org.id())));
    tell_missing(ui, &missing);
    let is_failed = |org: &Kept| org.ended() == Ended::Failed;
    Ok(if orgs.iter().any(is_failed) { Exit::Partial } else { Exit::Done })
}

/// Reads files of answers. One in which nothing stands yet has no answers.
fn read(ui: &Ui, files: &[PathBuf]) -> Result<Vec<Named>, CommandError> {
    let mut parts = Vec::with_capacity(files.len());
    for file in files {
        let name = file.display().to_string();
        let text = String::from_utf8_lossy(&wanted::read(file, "answer")?).into_owned();
        if text.is_empty() {
            ui.note(&format!("`{name}` is empty: its shard came to no answer"));
            continue;
        }
        let (part, kept) = part::read(&text).map_err(|error| {
            CommandError::new(format!("cannot read `{name}`"))
                .because(error.to_string())
                .hint("name what `diff --out FILE.jsonl` of many orgs wrote")
                .usage()
        })?;
        parts.push(Named { name, part, kept });
    }
    Ok(parts)
}

/// So many names are told.
const NAMED: usize = 10;

/// Says which orgs no part answers.
fn tell_missing(ui: &Ui, missing: &[String]) {
    let shown = missing.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if !missing.is_empty() {
        ui.warn(&format!("{} not answered: {shown}{more}", count(missing.len(), "org")));
    }
}
