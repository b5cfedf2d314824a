//! `sfsetup diff`: what a template wants, against what is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::diff::{Diff, State, diff};
use crate::metadata::fact::FactValues;
use crate::org::retrieve::RetrieveRequest;
use crate::org::{ConnectOptions, Org, OrgError};
use crate::report::{Failure, OrgReport, Report, TemplateRef, json, text};
use crate::snapshot;
use crate::template::needs::needs;
use crate::template::{self, ExpandedStep, ExpandedWant, Template};

use super::config::Config;
use super::connect::{self, Choice};
use super::error::CommandError;
use super::template::{fill_in, load};
use super::ui::Ui;
use super::{Exit, Format, SourceArguments, WantedArguments};

/// Show what differs between a template and an org, or metadata in files
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
    let config = Config::find(arguments.source.from.as_deref())?;
    let choice = match &arguments.source.from {
        Some(_) => None,
        None => connect::choose(arguments.source.org.as_deref(), &config),
    };
    let values = fill_in(ui, &template, &arguments.wanted.set, &config, choice.as_ref())?;
    let steps = template::expand(&template, &values).map_err(|error| CommandError::expansion(&error))?;
    let (org, failed) = match &arguments.source.from {
        Some(from) => (of_files(ui, &steps, from)?, None),
        None => of_org(ui, &steps, choice.as_ref(), Duration::from_secs(arguments.source.timeout))?,
    };
    let report = report(&template, org);
    let exit = match &report.orgs[0].outcome {
        Ok(diff) => exit(diff, arguments.strict),
        Err(_) => Exit::Error,
    };
    // A person reads of the failure on stderr alone; a program gets its answer whatever happened.
    if arguments.format == Format::Text
        && let Some(error) = failed
    {
        return Err(error);
    }
    let answer = match arguments.format {
        Format::Text => text::render(&report, arguments.full),
        Format::Json => json::render(&report)
            .map_err(|error| CommandError::new("internal error: the report cannot be written as JSON").because(error.to_string()))?,
    };
    match &arguments.out {
        Some(path) => ui.answer_to(path, &answer)?,
        None => ui.answer(&answer)?,
    }
    if let Some(error) = failed {
        return Err(error);
    }
    if arguments.format == Format::Text && arguments.out.is_none() {
        next(ui, arguments, &report);
    }
    Ok(exit)
}

fn of_files<'t>(ui: &Ui, steps: &[ExpandedStep<'t>], from: &Path) -> Result<OrgReport<'t>, CommandError> {
    let types: BTreeSet<String> = steps.iter().flat_map(|step| &step.wants).flat_map(ExpandedWant::types).map(str::to_owned).collect();
    let reading = snapshot::read(from, &types).map_err(|error| CommandError::read(from, &error))?;
    for note in &reading.notes {
        ui.warn(note);
    }
    ui.detail(&format!("read {} components from {}", reading.components.components.len(), from.display()));
    let facts = FactValues::new("offline: only an org can answer this, a folder of files cannot");
    Ok(OrgReport {
        name: from.display().to_string(),
        id: None,
        instance_url: None,
        source: None,
        outcome: Ok(diff(steps, &reading.components, &facts)),
    })
}

/// The org's part of the report, and where the org failed the same as an error for people.
fn of_org<'t>(
    ui: &Ui,
    steps: &[ExpandedStep<'t>],
    choice: Option<&Choice>,
    job_timeout: Duration,
) -> Result<(OrgReport<'t>, Option<CommandError>), CommandError> {
    let Some(choice) = choice else {
        return Err(CommandError::new("neither an org nor a folder is named")
            .hint("name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in sfsetup.toml)")
            .hint("or a folder, project or zip with `--from PATH`")
            .usage());
    };
    connect::block_on(async {
        let mut report =
            OrgReport { name: choice.name().to_owned(), id: None, instance_url: None, source: None, outcome: Ok(Diff::default()) };
        let connected = match connect::connect(choice, ConnectOptions { job_timeout, ..connect::options(ui) }).await {
            Ok(connected) => connected,
            Err(error) => {
                report.outcome = Err(Failure::from(&error));
                return Ok((report, Some(error)));
            }
        };
        let org = &connected.org;
        let identity = org.identity();
        report.id = Some(identity.id.clone());
        report.instance_url = Some(identity.instance_url.clone());
        report.source = Some(identity.source.clone());
        match ask(ui, org, steps).await {
            Ok(diff) => {
                report.outcome = Ok(diff);
                Ok((report, None))
            }
            Err(error) => {
                let error = CommandError::org(choice.name(), &error);
                report.outcome = Err(Failure::from(&error));
                Ok((report, Some(error)))
            }
        }
    })
}

async fn ask<'t>(ui: &Ui, org: &Org, steps: &[ExpandedStep<'t>]) -> Result<Diff<'t>, OrgError> {
    let needs = needs(steps);
    let request = RetrieveRequest { components: needs.components, companions: needs.companions };
    // Neither waits for the other: the org puts the retrieve together while it answers for the facts.
    let (retrieved, facts) = futures::try_join!(org.retrieve(&request), org.facts(&needs.facts))?;
    for message in &retrieved.messages {
        ui.detail(&format!("the org says: {message}"));
    }
    ui.detail(&format!("{} requests, API version {}", org.requests(), org.api_version()));
    Ok(diff(steps, &retrieved.components, &facts))
}

/// What an admin would do now.
fn next(ui: &Ui, arguments: &DiffArguments, report: &Report<'_>) {
    let name = &arguments.wanted.template;
    if report.diffs().any(Diff::has_drift) {
        ui.hint(&format!(
            "mend each `~` and `+` in Setup (the `in:` lines name the page), then run this again; `sfsetup template show {name}` shows every step"
        ));
    }
    if report.count(State::NotObserved) > 0 {
        ui.hint("what is not observed counts neither way; --strict makes it fail");
    }
}

fn report<'t>(template: &Template, org: OrgReport<'t>) -> Report<'t> {
    Report {
        template: Some(TemplateRef {
            name: template.name.clone(),
            title: template.title.clone(),
            version: template.version.clone(),
            source: template.source.clone(),
        }),
        orgs: vec![org],
    }
}

fn exit(diff: &Diff<'_>, strict: bool) -> Exit {
    if diff.has_drift() || (strict && diff.has_open_ends()) { Exit::Drift } else { Exit::Done }
}
