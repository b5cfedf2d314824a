//! `sfsetup merge`: the shards of a run put together, as one process would have told them.

use std::path::PathBuf;

use clap::Args;

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::note_same;
use crate::cli::shared::format::Format;
use crate::cli::shared::outlet::{self, FORMATS, Manner, Outlet};
use crate::cli::shared::part;
use crate::cli::shared::results;
use crate::cli::shared::ui::Ui;
use crate::metadata::lasting::Period;
use crate::report::fleet::Ended;
use crate::report::fleet::merge::{Merged, Named, merge, some_of};
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

    /// Which run. Of results it is the last one without it; of files those of another are refused
    #[arg(long, value_name = "NAME")]
    run: Option<String>,

    /// Wait until each org has an answer, so long at most, for a run that was begun no longer ago:
    /// 2h
    #[arg(long, value_name = "TIME", requires = "results")]
    wait: Option<Period>,

    /// End with 2 where an org is not as wanted
    #[arg(long)]
    fail_on_drift: bool,

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
    let MergeArguments { files, results, run, wait, fail_on_drift, full, matrix, .. } = arguments;
    let manner = Manner { full: *full, matrix: *matrix };
    manner.check(outlets)?;
    Outlet::check(outlets, files)?;
    let (parts, is_damaged) = match results {
        Some(address) => results::parts(ui, address, run.as_deref(), wait.map(Period::duration))?,
        None => (read(ui, files, run.as_deref())?, false),
    };
    let Merged { part, orgs, missing, notes } = merge(parts).map_err(|error| {
        CommandError::new("these are no parts of one run")
            .because(error.to_string())
            .hint("name the files of the shards of one run, and no others")
            .usage()
    })?;
    notes.iter().for_each(|note| ui.warn(note));
    let of = |format| outlet::of_many(format, &part, &orgs, manner);
    outlet::give_each(ui, outlets.iter(), of)?;
    note_same(ui, orgs.iter().map(|org| (org.name(), org.id())));
    tell_missing(ui, &missing);
    for why in &part.unread {
        ui.error(&CommandError::new("not all orgs are known").because(why.clone()));
    }
    let has = |ended: Ended| orgs.iter().any(|org| org.ended() == ended);
    Ok(match () {
        () if has(Ended::Failed) || is_damaged || !part.unread.is_empty() => Exit::Partial,
        () if *fail_on_drift && has(Ended::Drift) => Exit::Drift,
        () => Exit::Done,
    })
}

/// Reads files of answers, of one run where it is named. One in which nothing stands yet has no
/// answers.
fn read(ui: &Ui, files: &[PathBuf], run: Option<&str>) -> Result<Vec<Named>, CommandError> {
    let mut parts = Vec::with_capacity(files.len());
    for file in files {
        let name = file.display().to_string();
        let Some((part, kept)) = part::read(file)? else {
            ui.warn(&format!("`{name}` is empty: its shard came to no answer"));
            continue;
        };
        if run.is_some() && part.run.as_deref() != run {
            let there = part.run.map_or("no run".to_owned(), |run| format!("run `{run}`"));
            return Err(CommandError::new(format!("`{name}` is of {there}"))
                .hint("name the files of the run that `--run` names, and no others")
                .usage());
        }
        parts.push(Named { name, part, kept });
    }
    Ok(parts)
}

/// So many names are told.
const NAMED: usize = 10;

/// Says which orgs no part answers.
fn tell_missing(ui: &Ui, missing: &[String]) {
    if !missing.is_empty() {
        ui.warn(&format!(
            "{} not answered: {}; repeat the shards that lack, and merge again",
            count(missing.len(), "org"),
            some_of(missing, NAMED)
        ));
    }
}
