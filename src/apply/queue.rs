//! What else an org deploys: waited for before a package is sent, since what was looked at may be
//! no more once it is over, and told of afterwards.

use std::time::{Duration, Instant};

use crate::journal::Entry;
use crate::metadata::lasting::org_time;
use crate::org::deploy::{DeployRow, DeployStatus, same_id};
use crate::org::{Org, OrgError};
use crate::package::Target;
use crate::plan::Plan;

use super::PATIENCE;
use super::validation::is_one_of;

/// How long those that were sent meanwhile are waited for, once ours is over.
const AFTER: Duration = Duration::from_secs(300);

/// How long apart the org's list is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Which deploys the org knew when none was under way; nothing where it does not show them.
#[derive(Clone, Debug, Default)]
pub struct Known(Option<Vec<DeployRow>>);

/// What an org has deployed between the last look beforehand and the look afterwards.
#[derive(Clone, Debug, Default)]
pub struct Meanwhile {
    /// Whether the org shows its deploys.
    pub is_shown: bool,
    /// Still under way.
    pub running: Vec<DeployRow>,
    /// Carried out before ours, of components that ours changes too: what they changed there may be
    /// lost. One line each.
    pub overwritten: Vec<String>,
    /// Carried out after ours, of components that ours changes too. One line each.
    pub overtook: Vec<String>,
    /// Those of which the org does not say what they hold. One line each.
    pub unread: Vec<String>,
}

/// Says which deploy is under way, and since when.
pub fn in_the_way(row: &DeployRow) -> String {
    let since =
        if row.created.is_empty() { String::new() } else { format!(" since {}", row.created) };
    format!("the deploy {} is running in the org ({}){since}", row.id, row.status)
}

/// Waits a little until no deploy is under way in an org; the one that still is, where it takes
/// longer.
///
/// # Errors
/// The org cannot be asked.
pub async fn free(org: &Org) -> Result<Result<Known, DeployRow>, OrgError> {
    let what = "waiting for another deploy";
    let Some(rows) = once_over(org, what, PATIENCE, DeployRow::is_running).await? else {
        return Ok(Ok(Known(None)));
    };
    Ok(match rows.iter().find(|row| row.is_running()) {
        Some(row) => Err(row.clone()),
        None => Ok(Known(Some(rows))),
    })
}

/// The org's deploys once those that are waited for are over, or `limit` is; nothing where the org
/// does not show them.
async fn once_over(
    org: &Org,
    what: &str,
    limit: Duration,
    is_waited_for: impl Fn(&DeployRow) -> bool,
) -> Result<Option<Vec<DeployRow>>, OrgError> {
    let began = Instant::now();
    let mut is_told = false;
    let found = loop {
        let found = org.recent_deploys().await;
        let goes_on = matches!(&found, Ok(Some(rows)) if rows.iter().any(&is_waited_for));
        if !goes_on || began.elapsed() > limit {
            break found;
        }
        if !is_told {
            org.begin(what);
            is_told = true;
        }
        tokio::time::sleep(LOOK).await;
    };
    if is_told {
        org.end();
    }
    found
}

impl Known {
    /// The deploys; nothing where the org does not show them.
    pub(super) fn rows(self) -> Option<Vec<DeployRow>> {
        self.0
    }

    /// Says whether the org knows no other deploys by now: what was read since is still so.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub async fn is_up_to_date(&self, org: &Org) -> Result<bool, OrgError> {
        let Some(rows) = org.recent_deploys().await? else { return Ok(self.0.is_none()) };
        Ok(rows.iter().all(|row| row.check_only || self.has(row)))
    }

    fn has(&self, row: &DeployRow) -> bool {
        self.0.as_ref().is_none_or(|known| known.iter().any(|one| same_id(&one.id, &row.id)))
    }
}

/// Finds out what else the org has deployed since, when ours is over. Those that were sent
/// meanwhile are waited for: they may rest on what was there before ours, and undo it.
///
/// # Errors
/// The org cannot be asked.
pub async fn meanwhile(
    org: &Org,
    known: &Known,
    entry: &Entry,
    plan: &Plan<'_>,
) -> Result<Meanwhile, OrgError> {
    let ours = entry.deploy_id.as_deref().unwrap_or_default();
    let is_other = |row: &DeployRow| !row.check_only && !same_id(&row.id, ours) && !known.has(row);
    let what = "waiting for a deploy that was sent meanwhile";
    let waited_for = |row: &DeployRow| is_other(row) && row.is_running();
    let mut found = Meanwhile::default();
    let Some(rows) = once_over(org, what, AFTER, waited_for).await? else { return Ok(found) };
    let (running, others) = rows.into_iter().filter(is_other).partition(DeployRow::is_running);
    found.running = running;
    found.is_shown = true;
    let others: Vec<DeployRow> = others;
    if others.is_empty() {
        return Ok(found);
    }
    let ended = org.deploy_status(ours).await?.completed.as_deref().and_then(org_time);
    for row in &others {
        let status = match org.deploy_status(&row.id).await {
            Ok(status) => status,
            // What ours has come to is seen in the org itself, whatever this one was.
            Err(error) if error.is_about_one_question() || error.is_about_its_id() => {
                found.unread.push(format!(
                    "what the deploy {} holds, which was sent meanwhile, cannot be seen: {error}",
                    row.id
                ));
                continue;
            }
            Err(error) => return Err(error),
        };
        if !status.success || status.check_only {
            continue;
        }
        let other = status.completed.as_deref().and_then(org_time);
        let is_before = ended.zip(other).is_none_or(|(ended, other)| other <= ended);
        found.hold_against(&status, is_before, plan);
    }
    Ok(found)
}

impl Meanwhile {
    /// Notes what another deploy and ours both hold.
    fn hold_against(&mut self, other: &DeployStatus, is_before: bool, plan: &Plan<'_>) {
        let is_named = |target: &&Target| other.named.iter().any(|one| is_one_of(one, &target.id));
        let both: Vec<&Target> = plan.targets.iter().filter(is_named).collect();
        let names = |targets: &[&Target]| {
            targets.iter().map(|target| target.id.to_string()).collect::<Vec<_>>().join(", ")
        };
        let by = other.created_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        if !is_before {
            if !both.is_empty() {
                self.overtook.push(format!(
                    "after it the org has carried out the deploy {}{by}, of {} too",
                    other.id,
                    names(&both)
                ));
            }
            return;
        }
        // A profile's entry is sent with all its flags too, as they were read (S 3.4).
        if !both.is_empty() {
            self.overwritten.push(format!(
                "before it the org has carried out the deploy {}{by}, after {} was read here for \
                 the last time: what that deploy changed there may be lost",
                other.id,
                names(&both)
            ));
        }
    }
}
