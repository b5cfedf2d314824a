//! `package` and `deploy` with a baseline: an org, or a folder, brought back to what was, or to
//! part of it.

use std::time::Duration;

use crate::apply::rollback::verify;
use crate::apply::{Ended, Order, carry_out, carry_out_validated, close};
use crate::diff::State;
use crate::metadata::ComponentSet;
use crate::metadata::registry::ApiVersion;
use crate::org::ConnectOptions;
use crate::plan::removals;
use crate::plan::restore::{Restore, Way, restore};
use crate::report::{Drifts, plan as render};
use crate::snapshot::side::Side;

use super::baseline;
use super::connect::{self, Choice};
use super::deploy::{
    DeployArguments, canceled, check, confirm, finish_open, is_validation_of, list_entries,
    open_journal, refusal, refuse_removals,
};
use super::error::CommandError;
use super::package::{PackageArguments, Place, put};
use super::ui::Ui;
use super::wanted::{self, Only};
use super::{Exit, WantedArguments};

/// The plan back, and what is there now.
struct Back {
    restore: Restore,
    components: ComponentSet,
    model: Option<String>,
    text: String,
}

fn plan_back(
    arguments: &WantedArguments,
    now: &Side,
    then: &Side,
    version: ApiVersion,
    is_in_place: bool,
    name: &str,
    full: bool,
) -> Result<Back, CommandError> {
    let only = Only::parse(&arguments.only)?;
    let drifts: Drifts =
        baseline::compare(now, then, baseline::name(arguments), &only, arguments.sparse);
    let touched =
        |id: &crate::metadata::ComponentId| drifts.drifts.iter().any(|drift| drift.id == *id);
    let components = now.read(&touched);
    let way = Way { version, is_same_org: !now.is_of_another_org(then), is_in_place };
    let mut restore = restore(&drifts.drifts, &components, &|id| then.document(id), &way)
        .map_err(|error| CommandError::plan(&error))?;
    for drift in drifts.drifts.iter().filter(|drift| drift.state == State::NotObserved) {
        let path = drift.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        let reason = drift.reason.as_deref().unwrap_or("it was not observed");
        if drift.is_unreadable {
            restore
                .left
                .push((format!("{}{path}", drift.id), format!("it cannot be read: {reason}")));
        } else {
            restore
                .notes
                .push(format!("left alone, as it was not observed: {}{path} ({reason})", drift.id));
        }
    }
    restore.notes.extend(drifts.notes.iter().cloned());
    let view = render::PlanView {
        title: format!("Back to the baseline {}, on {name}", drifts.baseline),
        changes: &restore.changes,
        assign: &[],
        unassign: Vec::new(),
        left: restore
            .left
            .iter()
            .map(|(subject, reason)| (subject.clone(), reason.clone(), None))
            .collect(),
        notes: &restore.notes,
    };
    let text = render::render(&view, full);
    Ok(Back { restore, components, model: now.files.values().next().cloned(), text })
}

fn exit(restore: &Restore) -> Exit {
    if restore.left.is_empty() { Exit::Done } else { Exit::Drift }
}

pub(super) fn package(
    ui: &Ui,
    arguments: &PackageArguments,
    choice: Option<&Choice>,
) -> Result<Exit, CommandError> {
    let timeout = Duration::from_secs(arguments.source.timeout);
    let (back, name) = connect::block_on(async {
        let then = baseline::baseline(ui, &arguments.wanted, timeout).await?;
        if let Some(from) = &arguments.source.from {
            let now = baseline::open(from)?;
            let version = now.api_version().unwrap_or(ApiVersion::NEWEST);
            let name = from.display().to_string();
            return Ok((
                plan_back(
                    &arguments.wanted,
                    &now,
                    &then,
                    version,
                    arguments.in_place,
                    &name,
                    arguments.full,
                )?,
                name,
            ));
        }
        let choice = choice.ok_or_else(wanted::nothing_named)?;
        let connected = connect::connect(
            choice,
            ConnectOptions { job_timeout: timeout, ..connect::options(ui) },
        )
        .await?;
        let now = baseline::of_org(&connected.org, choice.name(), &then).await?;
        let version = connected.org.api_version();
        Ok((
            plan_back(
                &arguments.wanted,
                &now,
                &then,
                version,
                false,
                choice.name(),
                arguments.full,
            )?,
            choice.name().to_owned(),
        ))
    })?;
    let mut text = back.text;
    if arguments.show {
        text.push('\n');
        text.push_str(&render::files(&back.restore.targets, &back.restore.package));
    }
    ui.detail(&format!("the package is for {name}"));
    let place = Place { components: &back.components, model: back.model.as_deref() };
    put(ui, arguments, &back.restore.package, &back.restore.targets, &place, &text)?;
    Ok(exit(&back.restore))
}

pub(super) fn deploy(
    ui: &Ui,
    arguments: &DeployArguments,
    choice: &Choice,
) -> Result<Exit, CommandError> {
    let timeout = Duration::from_secs(arguments.timeout);
    let name = choice.name();
    connect::block_on(async {
        let then = baseline::baseline(ui, &arguments.wanted, timeout).await?;
        let connected = connect::connect(
            choice,
            ConnectOptions { job_timeout: timeout, ..connect::options(ui) },
        )
        .await?;
        let org = &connected.org;
        let journal = open_journal(org, name)?;
        finish_open(ui, org, name, &journal).await?;
        let now = baseline::of_org(org, name, &then).await?;
        let back = plan_back(
            &arguments.wanted,
            &now,
            &then,
            org.api_version(),
            false,
            name,
            arguments.full,
        )?;
        ui.answer(&back.text)?;
        let restore = back.restore;
        if restore.changes.is_empty() {
            ui.answer("Nothing to deploy.\n")?;
            return Ok(exit(&restore));
        }
        let order = Order {
            what: format!("baseline {}", baseline::name(&arguments.wanted)),
            org: wanted::saved_org(org),
            package: restore.package.clone(),
            changes: restore.changes.clone(),
            targets: restore.targets.clone(),
            assign: Vec::new(),
            unassign: Vec::new(),
            rolls_back: None,
        };
        refuse_removals(arguments, removals(&restore.changes, &restore.targets))?;
        check(ui, org, name, &order).await?;
        if !arguments.validate {
            confirm(ui, org, arguments.yes, "Deploy this?")?;
        }
        let validated = match &arguments.validated {
            Some(id) if is_validation_of(ui, org, id, &order)? => Some(id),
            _ => None,
        };
        let outcome = match validated {
            Some(id) => carry_out_validated(org, &journal, &order, id).await,
            None => carry_out(org, &journal, &order, arguments.validate).await,
        };
        let (mut entry, ended) = outcome.map_err(|error| CommandError::apply(name, &error))?;
        match ended {
            Ended::Refused(status) => Err(refusal(name, &status)),
            Ended::Canceled(status) => Err(canceled(name, &status)),
            Ended::Applied(status) if arguments.validate => {
                ui.answer(&format!("Valid: the org would accept all of it ({}).\n", status.id))?;
                Ok(exit(&restore))
            }
            Ended::Applied(_) => {
                let wrong =
                    verify(org, &entry).await.map_err(|error| CommandError::apply(name, &error))?;
                let all = list_entries(org)?;
                close(&journal, &all, &mut entry)
                    .map_err(|error| CommandError::apply(name, &error.into()))?;
                if !wrong.is_empty() {
                    let mut error = CommandError::new(
                        "the org took the deploy, and yet is not as the baseline",
                    );
                    error.causes = wrong;
                    error.exit = Exit::Drift;
                    return Err(error);
                }
                ui.answer("Deployed and verified: what was to change is as in the baseline.\n")?;
                ui.hint(&format!(
                    "`sfsetup rollback --org {name}` takes it back (journal {})",
                    entry.id
                ));
                Ok(exit(&restore))
            }
        }
    })
}
