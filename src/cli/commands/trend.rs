//! `sfsetup trend`: which orgs drifted, since when, and how long it took until they were as wanted.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::clock;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::format::Format;
use crate::cli::shared::outlet::{self, Outlet};
use crate::cli::shared::part;
use crate::cli::shared::results;
use crate::cli::shared::ui::Ui;
use crate::metadata::lasting::Period;
use crate::report::fleet::looks::{Batch, history};
use crate::report::json::parts;
use crate::report::plan::count;
use crate::report::trend as told;
use crate::trend::Trend;

/// The forms of the answer.
const FORMATS: &[Format] = &[Format::Text, Format::Json, Format::Csv, Format::Html];

/// Tell how orgs drifted over time
///
/// Reads the answers of earlier runs over many orgs: which step of which org was not as wanted,
/// since when, how long it took until it was again, and which step drifts most. Times are those of
/// the looks. What was not observed, and an org that gave no answer, neither begins nor ends a
/// drift.
#[derive(Debug, Args)]
#[command(override_usage = "sfsetup trend [OPTIONS] <FILE..|--results <URL>>")]
pub(crate) struct TrendArguments {
    /// The answers of runs over many orgs, as `diff --out FILE.jsonl` or `merge` writes them
    #[arg(value_name = "FILE", required_unless_present = "results", conflicts_with = "results")]
    files: Vec<PathBuf>,

    /// Where `diff --results URL` kept them
    #[arg(long, value_name = "URL")]
    results: Option<String>,

    /// How far back to look: 30d, 12w
    #[arg(long, value_name = "TIME", default_value = "90d")]
    since: Period,

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
}

pub(crate) fn run(ui: &Ui, arguments: &TrendArguments) -> Result<Exit, CommandError> {
    let outlets = Outlet::of(arguments.format, &arguments.out, Format::Text, FORMATS)?;
    outlet::owe(ui, &outlets, "sfsetup.trend/1");
    outlet::ended(ui, told_of(ui, arguments, &outlets))
}

fn told_of(
    ui: &Ui,
    arguments: &TrendArguments,
    outlets: &[Outlet<'_>],
) -> Result<Exit, CommandError> {
    let TrendArguments { files, results, since, full, .. } = arguments;
    Outlet::check(outlets, files)?;
    let begin = clock::second().checked_sub(since.duration()).unwrap_or(Timestamp::UNIX_EPOCH);
    let (batches, is_damaged) = match results {
        Some(address) => results::batches(ui, address, begin)?,
        None => (read(ui, files)?, false),
    };
    let (looks, runs) = history(batches);
    let (looks, earlier): (Vec<_>, Vec<_>) = looks.into_iter().partition(|look| look.at >= begin);
    if !earlier.is_empty() {
        ui.note(&format!(
            "{} from before {} left out; `--since` looks further back",
            count(earlier.len(), "look"),
            begin.strftime("%Y-%m-%d")
        ));
    }
    let trend = Trend::of(looks, &runs);
    if trend.orgs.is_empty() {
        return Err(CommandError::new(format!("no org was looked at within {since}"))
            .hint("`--since` looks further back"));
    }
    outlet::give_each(ui, outlets.iter(), |format| {
        let text = match format {
            Format::Json => parts::write("sfsetup.trend/1", None, Some(told::json(&trend)))
                .map_err(|error| error.to_string()),
            Format::Csv => told::csv(&trend).map_err(|error| error.to_string()),
            Format::Html => Ok(told::html(&trend)),
            _ => Ok(told::text(&trend, *full)),
        };
        text.map_err(|error| CommandError::internal("the report cannot be written", error))
    })?;
    let is_silent = trend.silent().next().is_some();
    Ok(if is_silent || is_damaged { Exit::Partial } else { Exit::Done })
}

fn read(ui: &Ui, files: &[PathBuf]) -> Result<Vec<Batch>, CommandError> {
    let mut batches = Vec::with_capacity(files.len());
    for file in files {
        match part::read(file)? {
            Some((part, kept)) => batches.push(Batch::of(part, kept.values())),
            None => ui.warn(&format!("`{}` is empty", file.display())),
        }
    }
    Ok(batches)
}
