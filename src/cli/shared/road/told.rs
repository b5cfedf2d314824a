//! What a road tells programs: the plan, what the org says of it, and what became of it.

use super::Road;
use crate::apply::{ApplyError, Outcome, Stopped};
use crate::cli::shared::journal::read_journal;
use crate::journal::Entry;
use crate::plan::Plan;
use crate::report::json::deploy::{DeployRow, Outcome as Ended};
use crate::report::json::plan::{PlanRow, files, left};
use crate::report::plan::changes;

impl Road<'_> {
    /// Tells what is to change, and what is left if it does.
    pub(super) fn tell_plan(&self, plan: &Plan<'_>) {
        if !self.answer.is_json() {
            return;
        }
        let address = Some(self.org.identity().instance_url.as_str());
        let mut told = self.told.borrow_mut();
        told.plan = Some(PlanRow::of(plan, &plan.package.version.to_string(), address));
        told.files = files(&changes(&plan.targets, &plan.package));
        told.left = left(&plan.left, address);
    }

    /// Says something that the reader should know, in the answer too.
    pub(super) fn note(&self, text: &str) {
        self.answer.ui.note(text);
        self.told.borrow_mut().notes.push(text.to_owned());
    }

    /// The same as a warning.
    pub(super) fn warn(&self, text: &str) {
        self.answer.ui.warn(text);
        self.told.borrow_mut().notes.push(text.to_owned());
    }

    /// Tells how a deploy ended that was watched to its end; it is not looked at yet.
    pub(super) fn tell_ended(&self, entry: &Entry, outcome: &Outcome) {
        let mut told = self.told.borrow_mut();
        told.journal = Some(entry.id.clone());
        let id = entry.deploy_id.as_deref();
        told.deploy = id.map(|id| DeployRow::of_id(id, entry.check_only));
        told.outcome = match outcome {
            Outcome::Applied(_) | Outcome::TooLate(_) if entry.check_only => Ended::Validated,
            Outcome::Applied(_) | Outcome::TooLate(_) => Ended::Unverified,
            Outcome::Refused(_) => Ended::Refused,
            Outcome::Canceled(_) => Ended::Canceled,
        };
        match outcome {
            Outcome::Applied(Some(status)) => told.deploy = Some(DeployRow::from(&**status)),
            Outcome::Refused(status) | Outcome::Canceled(status) => {
                told.deploy = Some(DeployRow::from(status));
            }
            Outcome::Applied(None) | Outcome::TooLate(_) => {}
        }
    }

    /// Tells of a deploy that did not come to its end what the journal has of it; `before` is what
    /// it held beforehand.
    pub(super) fn tell_cut_off(&self, error: &ApplyError, before: &[Entry]) {
        // What cannot be read now is told as what went wrong first.
        let entries = read_journal(self.org).map(|now| now.entries).unwrap_or_default();
        let is_new = |entry: &&Entry| before.iter().all(|known| known.id != entry.id);
        let entry = entries.iter().rev().find(is_new);
        let mut told = self.told.borrow_mut();
        told.journal = entry.map(|entry| entry.id.clone());
        let id = match error {
            ApplyError::Unwritten { id, .. } => id.as_deref(),
            ApplyError::Unwatched { id, .. } | ApplyError::Undone { id, .. } => Some(id.as_str()),
            ApplyError::Interrupted(Stopped::Canceling { id, .. }) => Some(id.as_str()),
            _ => None,
        };
        let id = id.or(entry.and_then(|entry| entry.deploy_id.as_deref()));
        told.deploy = id.map(|id| DeployRow::of_id(id, self.manner.validate));
        told.outcome = match error {
            ApplyError::Assign { .. }
            | ApplyError::Withdraw { .. }
            | ApplyError::Interrupted(Stopped::Assigning) => Ended::InPart,
            // What the org does not take at all it refuses.
            ApplyError::Org(error) if error.kind == crate::org::OrgErrorKind::Refused => {
                Ended::Refused
            }
            ApplyError::Unwritten { stage, .. } => Ended::from(*stage),
            ApplyError::Unclear(_) | ApplyError::Blocked(_) => Ended::Unknown,
            _ => entry.map_or(Ended::NotSent, |entry| Ended::from(entry.stage)),
        };
    }
}
