//! The look at an org once a deploy is over: whether it holds, what came in between, what is left.

use super::{Road, exit};
use crate::apply::close;
use crate::apply::look::last_changed;
use crate::apply::queue::{Known, Meanwhile, in_the_way, meanwhile};
use crate::apply::since::settled;
use crate::cli::shared::arguments::{Exit, org_option};
use crate::cli::shared::error::{CommandError, PLAN_ANEW};
use crate::cli::shared::goal::Goal;
use crate::journal::Entry;
use crate::package::{Cause, Change};
use crate::plan::left::Left;
use crate::plan::{Look, Plan};
use crate::report::json::deploy::Outcome as Ended;
use crate::report::json::plan::left as rows;
use crate::report::left;

impl<'r> Road<'r> {
    /// Looks again: "succeeded" is the org's word, "in sync" is ours.
    pub(super) async fn verify(
        &self,
        mut entry: Entry,
        plan: &Plan<'r>,
        known: &Known,
        is_anothers: bool,
    ) -> Result<Exit, CommandError> {
        let Self { answer, org, name, goal, .. } = self;
        let ui = answer.ui;
        let id = entry.deploy_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        ui.interrupt().note_ended(format!("the deploy{id} has gone through"));
        let looking = async {
            let others = match &entry.deploy_id {
                Some(_) => meanwhile(org, known, &entry, plan)
                    .await
                    .map_err(|error| CommandError::org(name, &error))?,
                None => Meanwhile { is_shown: true, ..Meanwhile::default() },
            };
            Ok((others, goal.verify(ui, org, name, plan).await?))
        };
        let (others, look) = looking.await.map_err(|error: CommandError| {
            CommandError {
                what: format!(
                    "the org `{name}` has carried out the deploy{id}, and could not be looked at \
                     afterwards"
                ),
                causes: [vec![error.what], error.causes].concat(),
                ..error
            }
            .hint("run the same command again: it looks at the org, and finishes what is open")
        })?;
        entry.settled = settled(org, &look.settled).await;
        close(self.journal, goal.taken_back(), &mut entry)
            .map_err(|error| CommandError::apply(name, &error))?;
        // What was left may follow from what was carried out.
        let is_mended = |left: &&Left| left.finding.is_some_and(|at| look.mended.contains(&at));
        let left = plan.left.iter().filter(|left| !is_mended(left));
        let left: Vec<Left> = left.chain(&look.unseen).cloned().collect();
        let disturbed = match self.refuse_disturbed(&look, others).await {
            Ok(()) if is_anothers && !look.moved.is_empty() => {
                let mut error = CommandError::new(
                    "the org took what was validated elsewhere, and it holds more than the plan shows",
                );
                error.causes.clone_from(&look.moved);
                error.exit = Exit::Drift;
                Err(error)
            }
            other => other,
        };
        let instance_url = &org.identity().instance_url;
        {
            let mut told = self.told.borrow_mut();
            let verified = told.verified.get_or_insert_default();
            verified.in_sync = look.undone.is_empty();
            verified.settings = look.undone.is_empty().then(|| Self::settings(plan, &look));
            verified.undone.clone_from(&look.undone);
            verified.moved.clone_from(&look.moved);
            told.outcome = if disturbed.is_ok() { Ended::Done } else { Ended::NotInSync };
            told.left = rows(&left, Some(instance_url));
        }
        if disturbed.is_ok() {
            answer.say(&self.verified(&entry, plan, &look))?;
        }
        let shown = left::below(&left, instance_url, self.manner.full);
        if !shown.is_empty() {
            answer.say(&shown)?;
        }
        ui.hint(&match goal {
            Goal::Steps { .. } | Goal::Baseline { .. } => {
                format!(
                    "`sfsetup rollback{}` takes it back (journal {})",
                    org_option(name),
                    entry.id
                )
            }
            Goal::BeforeImage { .. } => {
                format!(
                    "`sfsetup rollback{} {}` takes the rollback back",
                    org_option(name),
                    entry.id
                )
            }
        });
        disturbed.map(|()| exit(&left, self.manner.fail_on))
    }

    /// How many settings were seen to be as the plan has them, where nothing is undone.
    fn settings(plan: &Plan<'r>, look: &Look) -> usize {
        let is_wanted =
            |change: &&Change| change.path.is_some() && !matches!(change.cause, Cause::Copied(_));
        let set = plan.changes.iter().filter(is_wanted).count();
        set.saturating_sub(look.unseen.len())
    }

    /// What was done, once it was seen to hold.
    fn verified(&self, entry: &Entry, plan: &Plan<'r>, look: &Look) -> String {
        let id = entry.deploy_id.as_ref().map(|id| format!(" (deploy {id})")).unwrap_or_default();
        match self.goal {
            Goal::Steps { .. } => {
                let settings = match Self::settings(plan, look) {
                    0 if !plan.assignments.is_empty() => None,
                    1 => Some("1 setting is as the template wants it".to_owned()),
                    count => Some(format!("{count} settings are as the template wants them")),
                };
                let assignments = match plan.assignments.len() {
                    0 => None,
                    1 => Some("1 assignment is made".to_owned()),
                    count => Some(format!("{count} assignments are made")),
                };
                let are: Vec<String> = settings.into_iter().chain(assignments).collect();
                format!("Deployed and verified: {}{id}.\n", are.join(", "))
            }
            Goal::Baseline { .. } => {
                format!("Deployed and verified: what was to change is as in the baseline{id}.\n")
            }
            Goal::BeforeImage { entry, .. } if !plan.is_open() => {
                format!("Taken back and verified: the org is as it was before {}.\n", entry.id)
            }
            Goal::BeforeImage { entry, .. } => format!(
                "Taken back in part and verified: of {} what is left above stays as it is.\n",
                entry.id
            ),
        }
    }

    /// Tells what has moved beside the plan. What did not hold, or may have undone what another has
    /// deployed, is an error.
    async fn refuse_disturbed(&self, look: &Look, others: Meanwhile) -> Result<(), CommandError> {
        let Self { org, goal, .. } = self;
        for line in &look.moved {
            self.note(&format!("beside the plan something has moved meanwhile: {line}"));
        }
        if !others.is_shown {
            self.note(
                "the org does not show its deploys: whether another came in between is not known",
            );
        }
        for line in &others.unread {
            self.note(line);
        }
        for row in &others.running {
            self.warn(&format!(
                "{}: it was sent before this one was over, and may undo it; a diff of the same \
                 shows how the org stands when it is over",
                in_the_way(row)
            ));
        }
        let who = last_changed(org, look.components.iter()).await;
        let of_others = [others.overtook.clone(), others.overwritten.clone()].concat();
        self.told.borrow_mut().verified.get_or_insert_default().others = of_others;
        if look.undone.is_empty() {
            for line in who.iter().chain(&others.overtook) {
                self.note(line);
            }
            if others.overwritten.is_empty() {
                return Ok(());
            }
            let mut error = CommandError::new(
                "the org took the deploy, and it may have undone what another has deployed",
            );
            error.causes = others.overwritten;
            error.exit = Exit::Drift;
            return Err(error.hint(
                "whoever has sent the other runs it again: it finds what is not as it should be",
            ));
        }
        let mut error = CommandError::new(match goal {
            Goal::Steps { .. } => "the org took the deploy, and yet is not as it should be",
            Goal::Baseline { .. } => "the org took the deploy, and yet is not as the baseline",
            Goal::BeforeImage { .. } => "the org took the rollback, and yet is not as it was",
        });
        error.causes.clone_from(&look.undone);
        error.causes.extend([who, others.overtook.clone(), others.overwritten].concat());
        error.exit = Exit::Drift;
        if !others.overtook.is_empty() {
            return Err(error.hint(PLAN_ANEW));
        }
        Err(error.hint(
            "somebody or something else changes it, or the org ignores it: a diff of the same \
             shows how it stands",
        ))
    }
}
