//! `sfsetup plan`: what a saved plan says, for whoever reviews it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::shared::answer::Answer;
use crate::cli::shared::arguments::{Exit, org_option, shell_word};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fail_on::FailOn;
use crate::cli::shared::fleet;
use crate::cli::shared::format::Format;
use crate::cli::shared::plans::Folder;
use crate::cli::shared::road::exit;
use crate::cli::shared::saved::{read_shown, shown};
use crate::cli::shared::shown::{FORMATS, ShownPlan};
use crate::cli::shared::ui::Ui;
use crate::plan::Plan;
use crate::plan::saved::SavedPlan;
use crate::report::json::plan::{self as json, OneShown, PlanRow, PlanShown, PlansShown};
use crate::report::plan::{FileChange, sent};

/// Show a saved plan
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(subcommand)]
    command: PlanCommand,
}

#[derive(Debug, Subcommand)]
enum PlanCommand {
    Show(ShowArguments),
}

/// Show what a saved plan would change, as `sfsetup deploy` shows it; no org is asked
///
/// Ends with 2 where the plan leaves something that differs, and with 3 where the file is not as it
/// was written.
#[derive(Debug, Args)]
struct ShowArguments {
    /// The plan, as `sfsetup diff --save-plan FILE` has written it, or a folder of the plans of many
    /// orgs
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The form of the answer; without it the suffix of `--out` says it, else it is text
    #[arg(long, value_parser = Format::among(FORMATS))]
    format: Option<Format>,

    /// Write the answer to a file; nothing is printed then
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(ui: &Ui, arguments: &PlanArguments) -> Result<Exit, CommandError> {
    let PlanCommand::Show(arguments) = &arguments.command;
    let (form, out) = ("sfsetup.plan-show/1", arguments.out.as_deref());
    let answer = Answer::choose(ui, form, arguments.format, out, FORMATS)?;
    answer.spare(&arguments.file)?;
    if arguments.file.is_dir() {
        return answer.of(|body| show_all(&answer, arguments, body));
    }
    answer.of(|body| show(&answer, arguments, body))
}

/// Shows the plans of a folder.
fn show_all(
    answer: &Answer<'_>,
    arguments: &ShowArguments,
    body: &RefCell<Option<PlansShown>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let folder = Folder::read(&arguments.file)?;
    let mut orgs = Vec::with_capacity(folder.orgs.len());
    let mut exits = Vec::with_capacity(folder.orgs.len());
    for org in &folder.orgs {
        let saved = folder.plan(ui, org)?;
        let shown = saved.as_ref().map(|saved| {
            let plan = shown(saved, &folder.file(org))?;
            exits.push(exit(&plan.left, FailOn::Any));
            Ok(told(saved, &plan, &folder.file(org), &sent(&saved.package)))
        });
        let shown = shown.transpose()?;
        if shown.is_none() {
            exits.push(Exit::Error);
        }
        orgs.push(OneShown::new(&org.name, org.failure(), shown));
    }
    body.replace(Some(PlansShown { orgs }));
    let (review, _) = folder.review(ui, &folder.orgs)?;
    answer.give(&match answer.format {
        Format::Html => review.html(),
        Format::Markdown => {
            return Err(CommandError::new(
                "the plans of many orgs are shown as text, JSON or HTML",
            )
            .hint("one of them alone is shown as Markdown too: name its file")
            .usage());
        }
        _ => review.text(arguments.full),
    })?;
    ui.hint(&format!(
        "`sfsetup deploy --plan {}` carries them out, each if its org is as it was then",
        shell_word(&arguments.file.display().to_string())
    ));
    Ok(fleet::exit(exits))
}

/// A plan as programs are told.
fn told(saved: &SavedPlan, plan: &Plan<'_>, file: &Path, files: &[FileChange]) -> PlanShown {
    PlanShown {
        file: file.display().to_string(),
        digest: saved.digest.clone(),
        org: (&saved.org).into(),
        wanted: (&saved.wanted).into(),
        plan: PlanRow::of(plan, &saved.api_version, Some(saved.org.instance_url.as_str())),
        files: json::files(files),
    }
}

fn show(
    answer: &Answer<'_>,
    arguments: &ShowArguments,
    body: &RefCell<Option<PlanShown>>,
) -> Result<Exit, CommandError> {
    let (ui, format) = (answer.ui, answer.format);
    let (saved, plan) = read_shown(ui, &arguments.file)?;
    let org = &saved.org;
    let title = saved.wanted.title(&org.place());
    let files = sent(&saved.package);
    body.replace(Some(told(&saved, &plan, &arguments.file, &files)));
    let instance_url = Some(org.instance_url.as_str());
    let (plan, title, files, full) = (&plan, title.as_str(), &files[..], arguments.full);
    let mut text = ShownPlan { plan, title, instance_url, files, full }.write(format);
    if plan.is_empty() && format == Format::Text {
        text.push_str("The plan changes nothing.\n");
    }
    answer.give(&text)?;
    if !plan.is_empty() {
        ui.hint(&format!(
            "`sfsetup deploy --plan {}{}` carries it out, if the org is as it was when it was made",
            shell_word(&arguments.file.display().to_string()),
            org_option(&org.name)
        ));
    }
    Ok(exit(&plan.left, FailOn::Any))
}
