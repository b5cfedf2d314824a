//! `sfsetup diff`: what a template wants, against what is there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::apply::{Examined, examine};
use crate::diff::{Diff, State, diff};
use crate::org::{ConnectOptions, Org};
use crate::plan::saved::SavedPlan;
use crate::plan::{Basis, plan};
use crate::report::{Drifts, Failure, Findings, OrgReport, Report, json, text};
use crate::template::ExpandedStep;

use super::baseline;
use super::connect::{self, Choice};
use super::error::CommandError;
use super::package::{OfFiles, of_files};
use super::ui::Ui;
use super::wanted::{self, Only, Wanted};
use super::{Exit, Format, SourceArguments, WantedArguments};

/// Show what differs between a template and an org, or metadata in files
///
/// Every setting that the template wants ends in one state: in sync (=), differs (~), missing (+),
/// to do by hand (!) or not observed (?). Nothing is changed, in an org or on disk.
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

    /// Write the plan that mends what differs, for `sfsetup deploy --plan`
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    save_plan: Option<PathBuf>,

    /// Fail with 2 also when something is only to do by hand or was not observed
    #[arg(long)]
    strict: bool,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    full: bool,
}

pub(super) fn run(ui: &Ui, arguments: &DiffArguments) -> Result<Exit, CommandError> {
    let (config, choice) = wanted::source(&arguments.source)?;
    if baseline::is_named(&arguments.wanted) {
        return against_baseline(ui, arguments, choice.as_ref());
    }
    let wanted = Wanted::load(ui, &arguments.wanted, &config, choice.as_ref())?;
    let only = Only::parse(&arguments.wanted.only)?;
    let steps =
        if arguments.save_plan.is_some() { wanted.steps()? } else { wanted.steps_to_look_at()? };
    let asked = Asked { ui, arguments, wanted: &wanted, steps: &steps, only: &only };
    let (org, failed) = match &arguments.source.from {
        Some(from) => (asked.of_files(from)?, None),
        None => asked.of_org(choice.as_ref())?,
    };
    let report = Report { templates: wanted.templates().collect(), orgs: vec![org] };
    let exit = answer(ui, arguments, &report, failed)?;
    if arguments.format == Format::Text && arguments.out.is_none() {
        next(ui, arguments, &wanted, choice.as_ref(), &report);
    }
    Ok(exit)
}

/// Gives the answer, and where the org failed the error too.
fn answer(
    ui: &Ui,
    arguments: &DiffArguments,
    report: &Report<'_>,
    failed: Option<CommandError>,
) -> Result<Exit, CommandError> {
    let exit = match &report.orgs[0].outcome {
        Ok(findings) => exit(findings, arguments.strict),
        Err(_) => Exit::Error,
    };
    // A person reads of the failure on stderr alone; a program gets its answer whatever happened.
    if arguments.format == Format::Text
        && let Some(error) = failed
    {
        return Err(error);
    }
    let text = match arguments.format {
        Format::Text => text::render(report, arguments.full),
        Format::Json => json::render(report).map_err(|error| {
            CommandError::new("internal error: the report cannot be written as JSON")
                .because(error.to_string())
        })?,
    };
    match &arguments.out {
        Some(path) => ui.answer_to(path, &text)?,
        None => ui.answer(&text)?,
    }
    failed.map_or(Ok(exit), Err)
}

/// The diff against a baseline instead of a template.
fn against_baseline(
    ui: &Ui,
    arguments: &DiffArguments,
    choice: Option<&Choice>,
) -> Result<Exit, CommandError> {
    if arguments.save_plan.is_some() {
        return Err(CommandError::new("a plan is saved for a template alone")
            .hint("`sfsetup deploy --baseline ..` shows its plan and asks")
            .usage());
    }
    let only = Only::parse(&arguments.wanted.only)?;
    let name = baseline::name(&arguments.wanted);
    let timeout = Duration::from_secs(arguments.source.timeout);
    if let (Some(from), Some(_)) = (&arguments.source.from, &arguments.wanted.baseline) {
        let then = baseline::open(arguments.wanted.baseline.as_deref().unwrap_or(from))?;
        let now = baseline::open(from)?;
        let drifts = baseline::compare(&now, &then, name, &only, arguments.wanted.sparse);
        let org = OrgReport {
            name: from.display().to_string(),
            id: None,
            instance_url: None,
            source: None,
            outcome: Ok(Findings::Baseline(drifts)),
        };
        return answer(ui, arguments, &Report { templates: Vec::new(), orgs: vec![org] }, None);
    }
    connect::block_on(async {
        let then = baseline::baseline(ui, &arguments.wanted, timeout).await?;
        if let Some(from) = &arguments.source.from {
            let drifts = baseline::compare(
                &baseline::open(from)?,
                &then,
                name,
                &only,
                arguments.wanted.sparse,
            );
            let org = OrgReport {
                name: from.display().to_string(),
                id: None,
                instance_url: None,
                source: None,
                outcome: Ok(Findings::Baseline(drifts)),
            };
            return answer(ui, arguments, &Report { templates: Vec::new(), orgs: vec![org] }, None);
        }
        let choice = choice.ok_or_else(wanted::nothing_named)?;
        let mut report = OrgReport {
            name: choice.name().to_owned(),
            id: None,
            instance_url: None,
            source: None,
            outcome: Ok(Findings::Baseline(Drifts::default())),
        };
        let options = ConnectOptions { job_timeout: timeout, ..connect::options(ui) };
        let outcome = async {
            let connected = connect::connect(choice, options).await?;
            let identity = connected.org.identity();
            let now = baseline::of_org(&connected.org, choice.name(), &then).await?;
            Ok((
                identity.clone(),
                baseline::compare(&now, &then, name, &only, arguments.wanted.sparse),
            ))
        };
        let failed = match outcome.await {
            Ok((identity, drifts)) => {
                report.id = Some(identity.id);
                report.instance_url = Some(identity.instance_url);
                report.source = Some(identity.source);
                let has_drift = drifts.count(State::Differs) > 0;
                report.outcome = Ok(Findings::Baseline(drifts));
                if has_drift && arguments.format == Format::Text {
                    ui.hint(
                        "`sfsetup deploy` with the same `--baseline` brings the org back to it; \
                         `--only TYPE:NAME[:PATH]` a part of it",
                    );
                }
                None
            }
            Err(error) => {
                report.outcome = Err(Failure::from(&error));
                Some(error)
            }
        };
        answer(ui, arguments, &Report { templates: Vec::new(), orgs: vec![report] }, failed)
    })
}

/// What is asked, and how.
struct Asked<'a, 't> {
    ui: &'a Ui,
    arguments: &'a DiffArguments,
    wanted: &'a Wanted,
    steps: &'a [ExpandedStep<'t>],
    only: &'a Only,
}

impl<'t> Asked<'_, 't> {
    fn of_files(&self, from: &Path) -> Result<OrgReport<'t>, CommandError> {
        let OfFiles { components, facts, .. } = of_files(self.ui, self.steps, from)?;
        Ok(OrgReport {
            name: from.display().to_string(),
            id: None,
            instance_url: None,
            source: None,
            outcome: Ok(Findings::Template(self.chosen(diff(self.steps, &components, &facts)))),
        })
    }

    /// The org's part of the report, and where the org failed the same as an error for people.
    fn of_org(
        &self,
        choice: Option<&Choice>,
    ) -> Result<(OrgReport<'t>, Option<CommandError>), CommandError> {
        let choice = choice.ok_or_else(wanted::nothing_named)?;
        let options = ConnectOptions {
            job_timeout: Duration::from_secs(self.arguments.source.timeout),
            ..connect::options(self.ui)
        };
        connect::block_on(async {
            let mut report = OrgReport {
                name: choice.name().to_owned(),
                id: None,
                instance_url: None,
                source: None,
                outcome: Ok(Findings::Template(Diff::default())),
            };
            let connected = match connect::connect(choice, options).await {
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
            match examine(org, self.steps, self.arguments.save_plan.is_some()).await {
                Ok(examined) => {
                    for message in &examined.messages {
                        self.ui.detail(&format!("the org says: {message}"));
                    }
                    self.ui.detail(&format!(
                        "{} requests, API version {}",
                        org.requests(),
                        org.api_version()
                    ));
                    if let Some(file) = &self.arguments.save_plan {
                        self.save_plan(org, &examined, file)?;
                    }
                    report.outcome = Ok(Findings::Template(self.chosen(diff(
                        self.steps,
                        &examined.components,
                        &examined.facts,
                    ))));
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

    fn chosen(&self, mut diff: Diff<'t>) -> Diff<'t> {
        self.only.warn_of_idle(self.ui, &diff.findings);
        diff.findings.retain(|finding| self.only.finding(finding));
        diff
    }

    fn save_plan(&self, org: &Org, examined: &Examined, file: &Path) -> Result<(), CommandError> {
        let basis = Basis {
            components: &examined.components,
            facts: &examined.facts,
            graph: &examined.graph,
            version: org.api_version(),
            is_online: true,
            same_org: true,
        };
        let plan = plan(self.steps, &basis, &|finding| self.only.finding(finding))
            .map_err(|error| CommandError::plan(&error))?;
        let mut templates = self.wanted.saved();
        let first = templates.remove(0);
        let saved = SavedPlan::new(
            &plan,
            wanted::saved_org(org),
            first,
            templates,
            self.arguments.wanted.only.clone(),
        );
        let mut text = serde_json::to_vec_pretty(&saved).map_err(|error| {
            CommandError::new("internal error: the plan cannot be written as JSON")
                .because(error.to_string())
        })?;
        text.push(b'\n');
        self.ui.write_file(file, &text)?;
        let words = if plan.is_empty() {
            "it has no changes".to_owned()
        } else {
            format!("{} changes", plan.mend.changes.len())
        };
        self.ui.hint(&format!(
            "the plan is in {} ({words}); `sfsetup deploy --plan {0} --org {}` carries it out",
            file.display(),
            org.identity().name
        ));
        Ok(())
    }
}

/// What an admin would do now.
fn next(
    ui: &Ui,
    arguments: &DiffArguments,
    wanted: &Wanted,
    choice: Option<&Choice>,
    report: &Report<'_>,
) {
    let named = wanted.named(&arguments.wanted.set);
    if report.findings().any(Findings::has_drift) {
        match (choice, &arguments.source.from) {
            (Some(choice), _) => ui.hint(&format!(
                "`sfsetup deploy {named} --org {}` shows the plan that mends this, asks, and \
                 carries it out",
                choice.name()
            )),
            (None, Some(from)) => ui.hint(&format!(
                "`sfsetup package {named} --from {} --out DIR` writes the files that mend this; \
                 `--in-place` edits these",
                from.display()
            )),
            (None, None) => {}
        }
    }
    if report.count(State::NotObserved) > 0 {
        ui.hint("what is not observed counts neither way; --strict makes it fail");
    }
}

fn exit(findings: &Findings<'_>, strict: bool) -> Exit {
    if findings.has_drift() || (strict && findings.has_open_ends()) {
        Exit::Drift
    } else {
        Exit::Done
    }
}
