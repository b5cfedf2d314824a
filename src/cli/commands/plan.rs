//! `sfsetup plan`: what a saved plan says, for whoever reviews it.

use std::cell::RefCell;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::shared::answer::Answer;
use crate::cli::shared::arguments::{Exit, org_option, shell_word};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fail_on::FailOn;
use crate::cli::shared::format::Format;
use crate::cli::shared::road::exit;
use crate::cli::shared::saved::read_shown;
use crate::cli::shared::shown::{FORMATS, ShownPlan};
use crate::cli::shared::ui::Ui;
use crate::report::json::plan::{self as json, PlanRow, PlanShown};
use crate::report::plan::sent;

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
    /// The plan, as `sfsetup diff --save-plan FILE` has written it
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
    answer.of(|body| show(&answer, arguments, body))
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
    let instance_url = Some(org.instance_url.as_str());
    let (plan, title, files, full) = (&plan, title.as_str(), &files[..], arguments.full);
    let mut text = ShownPlan { plan, title, instance_url, files, full }.write(format);
    if plan.is_empty() && format == Format::Text {
        text.push_str("The plan changes nothing.\n");
    }
    body.replace(Some(PlanShown {
        file: arguments.file.display().to_string(),
        digest: saved.digest.clone(),
        org: org.into(),
        wanted: (&saved.wanted).into(),
        plan: PlanRow::of(plan, &saved.api_version, instance_url),
        files: json::files(files),
    }));
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
