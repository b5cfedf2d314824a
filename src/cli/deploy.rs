//! `sfsetup deploy`: a plan shown, confirmed, carried out, and looked at afterwards.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::apply::preflight::preflight;
use crate::apply::settle::settle;
use crate::apply::{
    Ended, Examined, Order, carry_out, carry_out_validated, close, examine, grouped, is_validated,
    rollback,
};
use crate::diff::State;
use crate::journal::{Entry, Journal, JournalError, Stage, entries};
use crate::org::deploy::DeployStatus;
use crate::org::{ConnectOptions, Org};
use crate::package::Change;
use crate::plan::saved::SavedPlan;
use crate::plan::{Basis, Plan, plan};
use crate::template::ExpandedStep;

use super::connect::{self, Choice};
use super::error::{CommandError, deploy_hint};
use super::package::{exit, read_plan, show};
use super::restore;
use super::ui::Ui;
use super::wanted::{self, Only, Wanted};
use super::{Exit, SourceArguments, WantedArguments};

/// Mend an org: show the plan, ask, deploy, and look again
///
/// What is deployed is written down first, with what was there before, so that `sfsetup rollback`
/// can take it back and an interrupted run is finished by the next.
#[derive(Debug, Args)]
pub(super) struct DeployArguments {
    #[command(flatten)]
    pub(super) wanted: WantedArguments,

    /// Carry out a saved plan; refused if the org or the template has moved since
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "baseline", "baseline_org", "set", "only"])]
    plan: Option<PathBuf>,

    /// The org: a login of sfsetup's, an alias or username of the sf command line, or `demo`
    #[arg(long, value_name = "ORG")]
    org: Option<String>,

    /// Let the org try the package without changing anything
    #[arg(long, conflicts_with = "validated")]
    pub(super) validate: bool,

    /// Deploy what `--validate` has tried, by its id (0Af..)
    #[arg(long, value_name = "ID")]
    pub(super) validated: Option<String>,

    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,

    /// Go on although much is taken away
    #[arg(long)]
    allow_removals: bool,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    pub(super) full: bool,

    /// How long the org may take for one job, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(super) timeout: u64,
}

/// A deploy that takes away more than this many settings, and more than this share of those that
/// are there, must be allowed.
const REMOVALS: (usize, f64) = (5, 0.2);

pub(super) fn run(ui: &Ui, arguments: &DeployArguments) -> Result<Exit, CommandError> {
    let source =
        SourceArguments { org: arguments.org.clone(), from: None, timeout: arguments.timeout };
    let (config, choice) = wanted::source(&source)?;
    let choice = choice.ok_or_else(wanted::no_org)?;
    if super::baseline::is_named(&arguments.wanted) {
        return restore::deploy(ui, arguments, &choice);
    }
    let saved = arguments.plan.as_deref().map(read_plan).transpose()?;
    let wanted = match &saved {
        Some(saved) => Wanted::of_plan(ui, saved, &config, &choice)?,
        None => Wanted::load(ui, &arguments.wanted, &config, Some(&choice))?,
    };
    let only = Only::parse(saved.as_ref().map_or(&arguments.wanted.only, |saved| &saved.only))?;
    let steps = wanted.steps()?;
    let options = ConnectOptions {
        job_timeout: Duration::from_secs(arguments.timeout),
        ..connect::options(ui)
    };
    connect::block_on(async {
        let connected = connect::connect(&choice, options).await?;
        let run = Run {
            ui,
            arguments,
            org: &connected.org,
            choice: &choice,
            wanted: &wanted,
            steps: &steps,
            only: &only,
            saved: saved.as_ref(),
        };
        run.go().await
    })
}

struct Run<'r> {
    ui: &'r Ui,
    arguments: &'r DeployArguments,
    org: &'r Org,
    choice: &'r Choice,
    wanted: &'r Wanted,
    steps: &'r [ExpandedStep<'r>],
    only: &'r Only,
    saved: Option<&'r SavedPlan>,
}

impl Run<'_> {
    async fn go(&self) -> Result<Exit, CommandError> {
        let (ui, org, name) = (self.ui, self.org, self.choice.name());
        if let Some(saved) = self.saved
            && saved.org.id != org.identity().id
        {
            return Err(CommandError::new(format!(
                "the plan is for another org: it was made for `{}` ({}), and `{name}` is {}",
                saved.org.name,
                saved.org.id,
                org.identity().id
            ))
            .hint("make a plan for this org with `sfsetup diff .. --save-plan FILE`"));
        }
        let journal = open_journal(org, name)?;
        finish_open(ui, org, name, &journal).await?;
        let examined = self.examine().await?;
        let plan = self.plan(&examined)?;
        if let Some(saved) = self.saved {
            refuse_if_stale(saved, &plan)?;
        }
        self.only.warn_of_idle(ui, &plan.diff.findings);
        let identity = org.identity();
        let title = format!(
            "Plan for {name} ({} at {}) after {}",
            identity.id,
            identity.instance_url,
            self.wanted.words()
        );
        ui.answer(&show(&plan, &title, Some(&identity.instance_url), self.arguments.full))?;
        if plan.is_empty() {
            ui.answer("Nothing to deploy.\n")?;
            return Ok(exit(&plan, self.only));
        }
        let order = Order {
            what: self.wanted.words(),
            org: wanted::saved_org(org),
            package: plan.package.clone(),
            changes: plan.mend.changes.clone(),
            targets: plan.targets.clone(),
            assign: plan.mend.assignments.clone(),
            unassign: Vec::new(),
            rolls_back: None,
        };
        let validated = match &self.arguments.validated {
            Some(id) if is_validation_of(ui, org, id, &order)? => Some(id),
            _ => None,
        };
        refuse_removals(self.arguments, plan.removals())?;
        check(ui, org, name, &order).await?;
        for door in plan.mend.made.keys().filter_map(rollback::one_way_door) {
            ui.warn(&format!("one way: {door}"));
        }
        let question =
            if self.arguments.validate { "Let the org try this?" } else { "Deploy this?" };
        // A validation changes nothing, so nobody is asked.
        if !self.arguments.validate {
            confirm(ui, org, self.arguments.yes, question)?;
        }
        let outcome = match validated {
            Some(id) => carry_out_validated(org, &journal, &order, id).await,
            None => carry_out(org, &journal, &order, self.arguments.validate).await,
        };
        let (mut entry, ended) = outcome.map_err(|error| CommandError::apply(name, &error))?;
        match ended {
            Ended::Refused(status) => Err(refused(name, &plan, &status)),
            Ended::Canceled(status) => Err(canceled(name, &status)),
            Ended::Applied(status) if self.arguments.validate => {
                ui.answer(&format!("Valid: the org would accept all of it ({}).\n", status.id))?;
                ui.hint(&format!(
                    "deploy it with the same command and `--validated {}` in place of `--validate`",
                    status.id
                ));
                Ok(exit(&plan, self.only))
            }
            Ended::Applied(_) => self.verify(&journal, &mut entry, &plan).await,
        }
    }

    async fn examine(&self) -> Result<Examined, CommandError> {
        let examined = examine(self.org, self.steps, true)
            .await
            .map_err(|error| CommandError::org(self.choice.name(), &error))?;
        for message in &examined.messages {
            self.ui.detail(&format!("the org says: {message}"));
        }
        Ok(examined)
    }

    fn plan(&self, examined: &Examined) -> Result<Plan<'_>, CommandError> {
        let basis = Basis {
            components: &examined.components,
            facts: &examined.facts,
            graph: &examined.graph,
            version: self.org.api_version(),
            is_online: true,
            same_org: true,
        };
        plan(self.steps, &basis, &|finding| self.only.finding(finding))
            .map_err(|error| CommandError::plan(&error))
    }

    /// Looks again: "succeeded" is the org's word, "in sync" is ours.
    async fn verify(
        &self,
        journal: &Journal,
        entry: &mut Entry,
        plan: &Plan<'_>,
    ) -> Result<Exit, CommandError> {
        let (ui, name) = (self.ui, self.choice.name());
        let examined = self.examine().await.map_err(|error| {
            let id = entry.deploy_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
            error.hint(format!(
                "the org has carried out the deploy{id}; only the look at it \
                                afterwards failed: run the same command again"
            ))
        })?;
        let now = self.plan(&examined)?;
        let all = list_entries(self.org)?;
        close(journal, &all, entry).map_err(|error| CommandError::apply(name, &error.into()))?;
        let not_mended: Vec<String> = plan
            .mend
            .mended
            .iter()
            .filter_map(|index| now.diff.findings.get(*index))
            .filter(|finding| finding.state != State::InSync)
            .map(|finding| {
                let subject = match (&finding.component, &finding.path, &finding.fact) {
                    (Some(id), Some(path), _) => format!("{id} {path}"),
                    (_, _, Some(fact)) => fact.to_string(),
                    _ => finding.step.title.clone(),
                };
                let is = finding
                    .actual
                    .as_ref()
                    .map_or_else(|| finding.state.name().to_owned(), ToString::to_string);
                format!("{subject} is {is}")
            })
            .collect();
        if !not_mended.is_empty() {
            let mut error =
                CommandError::new("the org took the deploy, and yet is not as it should be");
            error.causes = not_mended;
            error.exit = Exit::Drift;
            return Err(error.hint(
                "somebody or something else changes it, or the org ignores it: \
                                   `sfsetup diff` shows how it stands",
            ));
        }
        let settings = plan.mend.changes.iter().filter(|change| change.path.is_some()).count();
        ui.answer(&format!(
            "Deployed and verified: {}{}.\n",
            if settings == 1 {
                "1 setting is as the template wants it".to_owned()
            } else {
                format!("{settings} settings are as the template wants them")
            },
            entry.deploy_id.as_ref().map(|id| format!(" (deploy {id})")).unwrap_or_default()
        ))?;
        ui.hint(&format!("`sfsetup rollback --org {name}` takes it back (journal {})", entry.id));
        Ok(exit(plan, self.only))
    }
}

/// What was validated must be what the plan above shows, on an org that has not moved since. A
/// validation that the journal does not know cannot be held against the plan: `false`, and the plan
/// is deployed without it (the fallback of S 6.4).
pub(super) fn is_validation_of(
    ui: &Ui,
    org: &Org,
    id: &str,
    order: &Order,
) -> Result<bool, CommandError> {
    let all = list_entries(org)?;
    let known = all.iter().find(|entry| {
        entry.deploy_id.as_deref().is_some_and(|one| crate::org::deploy::same_id(one, id))
    });
    match known {
        Some(entry) if is_validated(entry, order) => Ok(true),
        Some(_) => Err(CommandError::new(format!(
            "what was validated as {id} is not what the plan shows: it was another package, or the \
             org has moved since, so nothing was sent"
        ))
        .hint("validate again with `--validate`, or deploy the plan without `--validated`")
        .refused()),
        None => {
            ui.note(&format!(
                "this machine's journal knows no validation {id} of the org, so the \
                              plan is deployed anew"
            ));
            Ok(false)
        }
    }
}

/// Much that is taken away must be allowed.
pub(super) fn refuse_removals(
    arguments: &DeployArguments,
    (taken, held): (usize, usize),
) -> Result<(), CommandError> {
    #[expect(clippy::cast_precision_loss, reason = "a share of some thousands")]
    let share = taken as f64 / held.max(1) as f64;
    if arguments.allow_removals || taken <= REMOVALS.0 || share <= REMOVALS.1 {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "the plan takes away {taken} of {held} settings in the \
                                   components that it touches, so nothing was sent"
    ))
    .hint(
        "look at the plan above; if that is what you mean, run it again with \
               `--allow-removals`",
    ))
}

fn refuse_if_stale(saved: &SavedPlan, plan: &Plan<'_>) -> Result<(), CommandError> {
    let moved = saved.moved(&plan.diff);
    if moved.is_empty() {
        return Ok(());
    }
    let mut error = CommandError::new(
        "the plan is stale: the org has moved since it was made, so nothing was sent",
    )
    .refused();
    error.causes = moved;
    Err(error.hint(
        "make the plan anew with `sfsetup diff .. --save-plan FILE`, and have it looked at again",
    ))
}

/// Opens the org's journal, so that no other run deploys to it.
pub(super) fn open_journal(org: &Org, name: &str) -> Result<Journal, CommandError> {
    Journal::open(&wanted::journals()?, &org.identity().id)
        .map_err(|error| CommandError::apply(name, &error.into()))
}

/// Reads the org's journal.
pub(super) fn list_entries(org: &Org) -> Result<Vec<Entry>, CommandError> {
    entries(&wanted::journals()?, &org.identity().id).map_err(|error: JournalError| {
        CommandError::new("the journal cannot be read").because(error.to_string())
    })
}

/// Finishes runs that were cut off, before anything new begins.
pub(super) async fn finish_open(
    ui: &Ui,
    org: &Org,
    name: &str,
    journal: &Journal,
) -> Result<(), CommandError> {
    let all = list_entries(org)?;
    for entry in all.iter().filter(|entry| entry.stage.is_open()) {
        ui.note(&format!(
            "an earlier run was cut off ({}, {}: {}); finding out what became of it",
            entry.id,
            entry.what,
            entry.words()
        ));
        let (mut entry, ended) = settle(org, journal, entry.clone())
            .await
            .map_err(|error| CommandError::apply(name, &error))?;
        let words = match &ended {
            None => "it never reached the org",
            Some(Ended::Applied(_)) if entry.check_only => {
                "it was a validation, and the org would accept it"
            }
            Some(Ended::Applied(_)) => "the org has carried it out",
            Some(Ended::Refused(_)) => "the org refused it and changed nothing",
            Some(Ended::Canceled(_)) => "it was cancelled and changed nothing",
        };
        if entry.stage == Stage::Applied {
            close(journal, &all, &mut entry)
                .map_err(|error| CommandError::apply(name, &error.into()))?;
        }
        ui.note(&format!("{}: {words}", entry.id));
    }
    Ok(())
}

/// Says all that is in the way at once.
pub(super) async fn check(
    ui: &Ui,
    org: &Org,
    name: &str,
    order: &Order,
) -> Result<(), CommandError> {
    let found = preflight(org, order).await.map_err(|error| CommandError::org(name, &error))?;
    for note in &found.notes {
        ui.note(note);
    }
    if found.failures.is_empty() {
        return Ok(());
    }
    let mut error = CommandError::new(format!(
        "the deploy to `{name}` cannot be carried out, so nothing was sent"
    ));
    error.causes = found.failures;
    Err(error)
}

/// Asks for a yes; in production for the org's name.
pub(super) fn confirm(ui: &Ui, org: &Org, yes: bool, question: &str) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    let name = org.organization_name();
    let answer = if org.is_production() && !name.is_empty() {
        ui.confirm(
            &format!("This is a production org. {question} Type its name, {name}:"),
            Some(name),
        )
    } else {
        ui.confirm(&format!("{question} [y/N]"), None)
    };
    match answer {
        Some(true) => Ok(()),
        Some(false) => Err(CommandError::new("not confirmed, so nothing was sent")),
        None => Err(CommandError::new("there is no terminal to ask at, so nothing was sent")
            .hint("`--yes` goes on without asking")),
    }
}

/// The org's refusal: its words once each, the steps that they concern, and what to do.
fn refused(name: &str, plan: &Plan<'_>, status: &DeployStatus) -> CommandError {
    let mut error = refusal(name, status);
    let mut steps: Vec<String> = Vec::new();
    for failure in &status.failures {
        let key = |change: &Change| {
            change.path.as_ref().and_then(|path| path.segments()[0].key.clone()).unwrap_or_default()
        };
        let of_component = || {
            plan.mend.changes.iter().filter(|change| failure.component.as_ref() == Some(&change.id))
        };
        // The problem names a field, and with it the field's object: what is named most exactly is
        // meant.
        let named = of_component()
            .map(key)
            .filter(|key| failure.problem.contains(key.as_str()))
            .max_by_key(String::len);
        for change in of_component().filter(|change| {
            named.as_ref().is_some_and(|named| !named.is_empty() && key(change) == *named)
        }) {
            if let crate::package::Cause::Step(step) = &change.cause {
                let line = format!(
                    "that concerns the step `{step}` ({} {})",
                    change.id,
                    change.path.as_ref().map(ToString::to_string).unwrap_or_default()
                );
                if !steps.contains(&line) {
                    steps.push(line);
                }
            }
        }
    }
    error.causes.extend(steps);
    error
}

/// The org's refusal in its own words, grouped, with what to do.
pub(super) fn refusal(name: &str, status: &DeployStatus) -> CommandError {
    let mut error = CommandError::new(format!(
        "the org `{name}` refused the deploy {}, and changed nothing ({})",
        status.id, status.status
    ))
    .refused();
    for (problem, places) in grouped(status) {
        error.causes.push(format!("{problem} [{}]", places.join(", ")));
        if let Some(hint) = deploy_hint(&problem)
            && !error.hints.iter().any(|known| known == hint)
        {
            error.hints.push(hint.to_owned());
        }
    }
    error.causes.extend(status.message.clone());
    error.causes.extend(
        status
            .warnings
            .iter()
            .map(|warning| format!("warning: {} [{}]", warning.problem, warning.file)),
    );
    error
}

pub(super) fn canceled(name: &str, status: &DeployStatus) -> CommandError {
    let by = status.canceled_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let mut error = CommandError::new(format!(
        "the deploy {} to `{name}` was cancelled{by} before it changed anything",
        status.id
    ))
    .refused();
    if status.canceled_here {
        error.exit = Exit::Interrupted;
    }
    error
}
