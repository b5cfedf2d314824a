//! `sfsetup diff`: what a template wants, against what is there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use crate::diff::{Diff, State, diff};
use crate::metadata::fact::FactValues;
use crate::report::{OrgReport, Report, TemplateRef, json, text};
use crate::snapshot;
use crate::template::{self, ExpandedWant, Template};

use super::error::CommandError;
use super::template::{fill_in, load};
use super::ui::Ui;
use super::{Exit, Format, SourceArguments, WantedArguments};

/// Show what differs between a template and an org's metadata
///
/// Every setting that the template wants ends in one state: in sync (=), differs (~), missing (+), to do by hand (!) or not observed (?).
/// Nothing is changed, in an org or on disk.
#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    #[command(flatten)]
    wanted: WantedArguments,

    #[command(flatten)]
    source: SourceArguments,

    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Write the answer to a file; nothing is printed then
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Fail with 2 also when something is only to do by hand or was not observed
    #[arg(long)]
    strict: bool,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    full: bool,
}

pub(super) fn run(ui: &Ui, arguments: &DiffArguments) -> Result<Exit, CommandError> {
    let template = load(&arguments.wanted.template)?;
    let from = &arguments.source.from;
    let values = fill_in(ui, &template, &arguments.wanted.set, from)?;
    let steps = template::expand(&template, &values).map_err(|error| CommandError::expansion(&error))?;
    let types: BTreeSet<String> = steps.iter().flat_map(|step| &step.wants).flat_map(ExpandedWant::types).map(str::to_owned).collect();
    let reading = snapshot::read(from, &types).map_err(|error| CommandError::read(from, &error))?;
    for note in &reading.notes {
        ui.warn(note);
    }
    ui.detail(&format!("read {} components from {}", reading.components.components.len(), from.display()));
    let facts = FactValues::new("offline: only an org can answer this, a folder of files cannot");
    let diff = diff(&steps, &reading.components, &facts);
    let exit = exit(&diff, arguments.strict);
    let has_drift = diff.has_drift();
    let unseen = diff.count(State::NotObserved);
    let report = report(&template, from.display().to_string(), diff);
    let answer = match arguments.format {
        Format::Text => text::render(&report, arguments.full),
        Format::Json => json::render(&report)
            .map_err(|error| CommandError::new("internal error: the report cannot be written as JSON").because(error.to_string()))?,
    };
    match &arguments.out {
        Some(path) => ui.answer_to(path, &answer)?,
        None => ui.answer(&answer)?,
    }
    if arguments.format == Format::Text && arguments.out.is_none() {
        next(ui, arguments, has_drift, unseen);
    }
    Ok(exit)
}

/// What an admin would do now.
fn next(ui: &Ui, arguments: &DiffArguments, has_drift: bool, unseen: usize) {
    let name = &arguments.wanted.template;
    if has_drift {
        ui.hint(&format!("mend each `~` and `+` in Setup (the `in:` lines name the page), then run this again; `sfsetup template show {name}` shows every step"));
    }
    if unseen > 0 {
        ui.hint("what is not observed counts neither way; --strict makes it fail");
    }
}

fn report<'t>(template: &Template, name: String, diff: Diff<'t>) -> Report<'t> {
    Report {
        template: Some(TemplateRef {
            name: template.name.clone(),
            title: template.title.clone(),
            version: template.version.clone(),
            source: template.source.clone(),
        }),
        orgs: vec![OrgReport { name, id: None, instance_url: None, outcome: Ok(diff) }],
    }
}

fn exit(diff: &Diff<'_>, strict: bool) -> Exit {
    if diff.has_drift() || (strict && diff.has_open_ends()) { Exit::Drift } else { Exit::Done }
}
