//! A plan, deploy or rollback that did not come to its end: what became of it, and what to do.

use super::{CommandError, PLAN_ANEW, PUT_BACK};
use crate::apply::queue::in_the_way;
use crate::apply::{ApplyError, Stopped};
use crate::cli::shared::arguments::org_option;
use crate::journal::{JournalError, Stage};
use crate::org::deploy::DeployRow;
use crate::org::{OrgError, OrgErrorKind};
use crate::plan::PlanError;
use crate::plan::assignment::Assignment;
use crate::report::code;

impl CommandError {
    /// A plan that cannot be made or is not proved: a mistake of this program.
    pub(crate) fn plan(error: &PlanError) -> Self {
        if let PlanError::Contradictory(conflicts) = error {
            return Self::conflicts(conflicts);
        }
        if let PlanError::Moved(moved) = error {
            let mut all = Self::new(
                "what the plan rests on has changed while it was looked at, so nothing was sent",
            )
            .refused();
            all.causes.clone_from(moved);
            return all.hint(PLAN_ANEW);
        }
        Self::internal(
            "there is no safe package for this plan, so nothing was written or sent",
            error.to_string(),
        )
        .hint(
            "please report it with the output of a diff of the same org or folder; \
                  `--only` leaves the setting out meanwhile",
        )
    }

    /// A deploy or rollback that did not come to its end.
    pub(crate) fn apply(name: &str, error: &ApplyError) -> Self {
        match error {
            ApplyError::Org(error) => {
                let mut all = Self::org(name, error);
                all.what = format!("the org `{name}` cannot be changed");
                // What the org refuses outright is its word, not a failure on the way.
                if error.kind == OrgErrorKind::Refused { all.refused() } else { all }
            }
            ApplyError::Journal(JournalError::Locked) => Self::new(format!(
                "nothing was sent to \
                `{name}`"
            ))
            .because(error.to_string())
            .code(code::BUSY)
            .hint("wait until it is over, then run this again"),
            ApplyError::Journal(error) => {
                let all =
                    Self::new(format!("nothing was sent to `{name}`")).because(error.to_string());
                match error {
                    JournalError::Unreadable { .. } => all.hint(PUT_BACK),
                    _ => all,
                }
            }
            ApplyError::Unwritten { id, stage, error } => {
                let id = id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
                let is = match stage {
                    Stage::Accepted => "is under way",
                    Stage::Failed => "was refused by the org, and changed nothing",
                    Stage::Canceled => "was canceled, and changed nothing",
                    Stage::Undone => "is over, and nothing of it is there",
                    Stage::Forgotten => "is over, and not all of it is there",
                    Stage::Prepared | Stage::Sent | Stage::NotSent => "has not been carried out",
                    Stage::Applied | Stage::Done => "has been carried out",
                };
                Self::new(format!(
                    "the deploy{id} to `{name}` {is}; that could not be written down"
                ))
                .because(error.to_string())
                .hint(
                    "put the journal's folder right (a full disk, a folder that is not yours), then \
                     run the same command again: it finds out what became of the deploy before it \
                     does anything else",
                )
            }
            ApplyError::Unclear(why) => Self::new(format!(
                "what became of the deploy to `{name}` \
                is not known, so nothing more was sent"
            ))
            .code(code::UNKNOWN_OUTCOME)
            .because(why.as_str())
            .hint(
                "look in Setup > Deployment Status what has arrived, then run the same \
                       command again: it looks first",
            )
            .hint(format!(
                "if it stays unclear, `sfsetup rollback{} --prune` forgets it, and the next deploy \
                 plans on what the org holds",
                org_option(name)
            )),
            ApplyError::Blocked(row) => Self::new(format!(
                "what became of the deploy to `{name}` cannot be told as long as another is under \
                 way, so nothing more was sent"
            ))
            .code(code::UNKNOWN_OUTCOME)
            .waits_for(name, row),
            ApplyError::Interrupted(stopped) => Self::stopped(name, stopped),
            ApplyError::Halted => Self::halted(),
            ApplyError::Overtaken { .. } => Self::new(format!("nothing was changed in `{name}`"))
                .because(error.to_string())
                .hint(PLAN_ANEW),
            ApplyError::Undone { .. } => {
                Self::new(format!("`{name}` does not hold what was to be deployed"))
                    .because(error.to_string())
                    .hint(PLAN_ANEW)
            }
            ApplyError::Unwatched { id, since, error } => {
                let mut all = Self::org(name, error);
                all.what = format!(
                    "the org `{name}` goes on with the deploy {id} (begun {since}), but how it ends \
                     could not be seen"
                );
                if error.kind == OrgErrorKind::TimedOut {
                    all.hints.clear();
                    all = all.hint(Self::way_out(name, id));
                }
                all.hint(format!(
                    "the journal knows it (`sfsetup rollback{} --list`), and the next deploy \
                     or rollback to this org finds out how it ended before it does anything else",
                    org_option(name)
                ))
            }
            ApplyError::Assign { error: cause, .. } | ApplyError::Withdraw { error: cause, .. }
                if error.is_refused_after() =>
            {
                let all = Self::new(error.to_string());
                let all = all.code(cause.code.as_deref().unwrap_or(code::REFUSED));
                match deploy_hint(&cause.message) {
                    Some(hint) => all.hint(hint),
                    None => all,
                }
                .hint("run the same command again: it does what is left")
                .refused()
            }
            // An answer that was lost is no refusal, and the org may have done it.
            ApplyError::Assign { of, error } => Self::unconfirmed(name, "given to", of, error),
            ApplyError::Withdraw { of, error } => Self::unconfirmed(name, "taken from", of, error),
        }
    }

    /// Whether something is given, or taken back, is not known.
    fn unconfirmed(name: &str, done: &str, of: &Assignment, error: &OrgError) -> Self {
        let mut all = Self::org(name, error);
        let Assignment { user, what } = of;
        all.what = format!("`{name}` has not confirmed that the {what} was {done} `{user}`");
        all.hint("run the same command again: it looks first, and does what is left")
    }

    /// A deploy is under way that must be over first.
    pub(crate) fn in_the_way(name: &str, row: &DeployRow) -> Self {
        Self::new(format!("another deploy to `{name}` is under way, so nothing was sent"))
            .waits_for(name, row)
    }

    /// Says which deploy is to be waited for, and how it is ended.
    fn waits_for(self, name: &str, row: &DeployRow) -> Self {
        self.because(in_the_way(row))
            .hint("wait until it is over (Setup > Deployment Status), then run this again")
            .hint(Self::way_out(name, &row.id))
    }

    /// How a deploy is canceled that the org does not end.
    pub(crate) fn way_out(name: &str, id: &str) -> String {
        format!(
            "if it is stuck, `sfsetup rollback{} --cancel {id}` asks the org to cancel it, as does \
             Cancel in Setup > Deployment Status",
            org_option(name)
        )
    }

    fn stopped(name: &str, stopped: &Stopped) -> Self {
        let finds_out = "run the same command again: it finds out what became of it before it does \
                         anything else";
        match stopped {
            Stopped::Before => Self::interrupted().because("nothing was sent"),
            Stopped::Sending => Self::interrupted()
                .because(format!(
                    "the deploy was on its way to `{name}`, and whether it has arrived is not known"
                ))
                .hint(finds_out),
            Stopped::Canceling { id, refusal: None } => Self::interrupted()
                .because(format!(
                    "`{name}` was asked to cancel the deploy {id}, and has not said how it ended"
                ))
                .hint(finds_out),
            Stopped::Canceling { id, refusal: Some(refusal) } => Self::interrupted()
                .because(format!("`{name}` did not cancel the deploy {id}, and goes on with it"))
                .because(refusal.as_str())
                .hint(finds_out)
                .hint(Self::way_out(name, id)),
            Stopped::Assigning => Self::interrupted()
                .because(format!(
                    "what `{name}` was to be changed by a package is done; what is given \
                     to users or taken back after it is not all"
                ))
                .hint(finds_out),
        }
    }
}

/// What to do about the org's words in a refused deploy (S 3.5, 1.6).
pub(crate) fn deploy_hint(problem: &str) -> Option<&'static str> {
    const HINTS: &[(&str, &str)] = &[
        (
            "depends on permission(s)",
            "the org wants another permission with it: add it to the template (or in Setup), then \
             run this again",
        ),
        (
            "Unknown user permission",
            "the org's edition or licences do not have it: leave it out with `--only`, or ask the \
             vendor whether it is needed",
        ),
        (
            "The user license doesn't allow",
            "the profile or permission set stands on a licence that does not carry it: use another \
             licence",
        ),
        (
            "The user licence doesn't allow",
            "the profile or permission set stands on a licence that does not carry it: use another \
             licence",
        ),
        (
            "You cannot deploy to a required field",
            "a required field is visible to everyone: leave it out of the template",
        ),
        (
            "You can't remove the only default app",
            "make another app the default of the profile first",
        ),
        (
            "consumer key",
            "a consumer key was sent, which this program never does: please report it",
        ),
        (
            "Consumer Key",
            "a consumer key was sent, which this program never does: please report it",
        ),
        (
            "can't create a connected app",
            "connected apps cannot be created since Spring '26: install the vendor's package, or \
             use an external client app",
        ),
        (
            "Not available for deploy for this organization",
            "the feature is off in this org, or this user may not change it",
        ),
        (
            "named in package.xml, but was not found",
            "the package does not fit its manifest, which is a mistake of this program: please \
             report it",
        ),
        (
            "Load of metadata from db failed",
            "the org stumbled: run this again; if it stays so, Salesforce Support can see why",
        ),
        (
            "duplicates value on record",
            "something of that name exists already, perhaps under another API name",
        ),
        (
            "You can't edit",
            "a standard profile cannot be changed so: clone it, or grant it in a permission set",
        ),
        (
            "couldn't find permission sets",
            "permission sets go by their API names there: check the names",
        ),
        (
            "invalid at this location",
            "the org's API version does not know the element: is the org on an older release?",
        ),
        (
            "no CustomObject named",
            "the object is not in this org: install what brings it, or leave it out",
        ),
        (
            "no CustomField named",
            "the field is not in this org: install what brings it, or leave it out",
        ),
        ("named", "what the setting refers to is not in this org"),
    ];
    HINTS.iter().find(|(part, _)| problem.contains(part)).map(|(_, hint)| *hint)
}
