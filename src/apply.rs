//! A plan carried out: written down, sent once, watched, and what was cut off found again.
//!
//! What must hold beforehand is asked in `preflight`; what became of a request whose answer was
//! lost is found out in `recover`.

pub mod preflight;
pub mod recover;

use std::collections::BTreeMap;

use futures::future::{Either, select};
use tokio::sync::Notify;

use crate::journal::{Entry, FORMAT, Journal, JournalError, Stage, Stored};
use crate::metadata::document::Document;
use crate::metadata::fact::FactValues;
use crate::metadata::path::FieldPath;
use crate::metadata::permission::Dependency;
use crate::metadata::registry::{self, MetadataType};
use crate::metadata::settings::settings;
use crate::metadata::{ComponentId, ComponentSet, Requested};
use crate::org::deploy::{DeployStatus, NotStarted};
use crate::org::retrieve::RetrieveRequest;
use crate::org::{CreatedRow, Org, OrgError, OrgErrorKind};
use crate::package::Target;
use crate::plan::before_image::{Image, standings};
use crate::plan::saved::{Assigned, SavedAssignment, SavedChange, SavedOrg};
use crate::plan::{self, Plan};
use crate::template::ExpandedStep;
use crate::template::needs::needs;

/// What an org holds, as far as a template's steps ask.
#[derive(Debug)]
pub struct Examined {
    /// The components.
    pub components: ComponentSet,
    /// The facts.
    pub facts: FactValues,
    /// The org's own graph of permissions; empty where it was not asked for or is not shown.
    pub graph: Vec<Dependency>,
    /// What the org said about single components.
    pub messages: Vec<String>,
}

/// Asks an org for all that steps need. With `to_change` also for what decides which permissions
/// must come along (S 3.6).
///
/// # Errors
/// The org cannot be asked.
pub async fn examine(
    org: &Org,
    steps: &[ExpandedStep<'_>],
    to_change: bool,
) -> Result<Examined, OrgError> {
    let needs = needs(steps);
    let mut request =
        RetrieveRequest { components: needs.components, companions: needs.companions };
    let mut graph = Vec::new();
    if to_change {
        let wanted = plan::permissions_wanted(steps);
        graph = org.permission_graph(&wanted).await?;
        for id in plan::companions(&wanted, &graph) {
            request.companions.add(&id.type_name, &id.full_name);
        }
    }
    // Neither waits for the other: the org puts the retrieve together while it answers for the
    // facts.
    let (retrieved, facts) = futures::try_join!(org.retrieve(&request), org.facts(&needs.facts))?;
    Ok(Examined { components: retrieved.components, facts, graph, messages: retrieved.messages })
}

/// What a plan is carried out for.
#[derive(Clone, Debug)]
pub struct Purpose {
    /// In words.
    pub what: String,
    /// The org.
    pub org: SavedOrg,
    /// The entry that it takes back.
    pub rolls_back: Option<String>,
}

/// Asks an org once more for the components of a plan, with what makes the changed parts of
/// profiles visible (S 3.2).
///
/// # Errors
/// The org cannot be asked.
pub async fn read_again(org: &Org, plan: &Plan<'_>) -> Result<ComponentSet, OrgError> {
    let ids = plan.targets.iter().map(|target| &target.id);
    let planned =
        plan.changes.iter().filter_map(|change| Some((&change.id, change.path.as_ref()?)));
    // What is deleted is looked at whole.
    let deleted = plan.targets.iter().filter(|target| target.after.is_none());
    let held = deleted.filter_map(|target| Some((&target.id, target.before.as_ref()?)));
    retrieve(org, ids, planned, held).await
}

/// Asks an org for what a deploy changed, as it is now.
///
/// # Errors
/// The org cannot be asked.
pub async fn read_images(org: &Org, images: &[Image]) -> Result<ComponentSet, OrgError> {
    // What differs before and after is the same whatever is there now.
    let all = standings(images, &ComponentSet::new(Requested::Unknown));
    let changed = all.iter().filter_map(|one| Some((&one.id, one.path.as_ref()?)));
    // What was made is looked at whole: taking it back would lose what was put into it since.
    let made = images.iter().filter(|image| image.before.is_none());
    let held = made.filter_map(|image| Some((&image.id, image.after.as_ref()?)));
    retrieve(org, images.iter().map(|image| &image.id), changed, held).await
}

/// Retrieves components, with the companions of paths in them, and of all that some hold.
async fn retrieve<'c>(
    org: &Org,
    ids: impl Iterator<Item = &'c ComponentId>,
    paths: impl Iterator<Item = (&'c ComponentId, &'c FieldPath)>,
    held: impl Iterator<Item = (&'c ComponentId, &'c Document)>,
) -> Result<ComponentSet, OrgError> {
    let mut request = RetrieveRequest { components: ids.cloned().collect(), ..Default::default() };
    let row_of = |id: &ComponentId| registry::find_component(&id.type_name, &id.full_name);
    let mut ask_for = |row: &MetadataType, path: &FieldPath| {
        if let Some(id) = row.companion_of(path) {
            request.companions.add(&id.type_name, &id.full_name);
        }
    };
    for (id, path) in paths {
        if let Some(row) = row_of(id) {
            ask_for(row, path);
        }
    }
    for (id, document) in held {
        if let Some(row) = row_of(id) {
            settings(row, document).keys().for_each(|path| ask_for(row, path));
        }
    }
    if request.components.is_empty() {
        return Ok(ComponentSet::new(Requested::Unknown));
    }
    Ok(org.retrieve(&request).await?.components)
}

/// How a deploy ended.
#[derive(Debug)]
pub enum Outcome {
    /// The org has done it.
    Applied(DeployStatus),
    /// The org has refused it, and nothing is changed.
    Refused(DeployStatus),
    /// It was cancelled, and nothing is changed.
    Canceled(DeployStatus),
}

/// Why something was not carried out, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The org cannot be asked, or does not accept the request; nothing is changed.
    #[error(transparent)]
    Org(#[from] OrgError),
    /// The journal cannot be written; nothing is changed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Nobody can say whether the org did it.
    #[error("{0}")]
    Unclear(String),
    /// It never arrived, and what it was made for may be no more.
    #[error(
        "the deploy did not arrive ({lost}), and it was not sent again, since the org has carried \
         out others meanwhile: {}",
        ids.join(", ")
    )]
    Overtaken {
        /// The others.
        ids: Vec<String>,
        /// How the connection failed.
        lost: OrgError,
    },
    /// The org has it, and how it ends could not be watched.
    #[error(
        "the org has accepted the deploy {id} and goes on with it; how it ends could not be \
         watched: {error}"
    )]
    Unwatched {
        /// Its id.
        id: String,
        /// Why.
        error: OrgError,
    },
    /// The package is in; what REST was to do after it is not.
    #[error(
        "the package was deployed, but the permission set `{set}` could not be given to `{user}`: \
         {error}"
    )]
    Assign {
        /// Which set.
        set: String,
        /// To whom.
        user: String,
        /// The org's words.
        error: OrgError,
    },
}

/// Writes a plan down, sends it once and watches it to its end. Ctrl-C asks the org to cancel and
/// waits for what it says.
///
/// # Errors
/// See [`ApplyError`]; the entry on disk says how far it came.
pub async fn carry_out(
    org: &Org,
    journal: &Journal,
    plan: &Plan<'_>,
    purpose: &Purpose,
    check_only: bool,
) -> Result<(Entry, Outcome), ApplyError> {
    let mut entry = prepare(org, journal, plan, purpose, check_only).await?;
    if plan.package.is_empty() {
        entry.stage = Stage::Applied;
        journal.write(&entry)?;
        finish_by_rest(org, journal, &mut entry).await?;
        return Ok((
            entry,
            Outcome::Applied(DeployStatus { done: true, success: true, ..DeployStatus::default() }),
        ));
    }
    let zip = plan.package.zip().map_err(|error| {
        ApplyError::Unclear(format!("internal error: the package cannot be zipped: {error}"))
    })?;
    entry.stage = Stage::Sent;
    journal.write(&entry)?;
    let id = match org.start_deploy(zip.clone(), check_only).await {
        Ok(id) => id,
        Err(NotStarted::Refused(error)) => return Err(not_sent(journal, &mut entry, error)?),
        Err(NotStarted::Lost(lost)) => match recover::find(org, &entry).await? {
            recover::Found::Running(id) => id,
            recover::Found::Applied => {
                entry.stage = Stage::Applied;
                journal.write(&entry)?;
                finish_by_rest(org, journal, &mut entry).await?;
                return Ok((
                    entry,
                    Outcome::Applied(DeployStatus {
                        done: true,
                        success: true,
                        ..DeployStatus::default()
                    }),
                ));
            }
            // The org has no trace of it and nothing is running: this is the first time that it
            // arrives.
            recover::Found::Nothing => match org.start_deploy(zip, check_only).await {
                Ok(id) => id,
                Err(NotStarted::Refused(error)) => {
                    return Err(not_sent(journal, &mut entry, error)?);
                }
                Err(NotStarted::Lost(error)) => {
                    return Err(ApplyError::Unclear(format!(
                        "the answer to the deploy request was lost twice ({error}); run the same \
                         command again, it finds out what became of it"
                    )));
                }
            },
            recover::Found::Overtaken(ids) => {
                entry.stage = Stage::NotSent;
                journal.write(&entry)?;
                return Err(ApplyError::Overtaken { ids, lost });
            }
            recover::Found::Unclear(why) => {
                return Err(ApplyError::Unclear(format!("{why} (the connection failed: {lost})")));
            }
        },
    };
    accepted(org, journal, entry, id).await
}

/// Says whether a validation in the journal was of the same documents: of another it would bring
/// about something else, and overwrite what has changed since.
pub fn is_validated(entry: &Entry, plan: &Plan<'_>) -> bool {
    entry.check_only
        && entry.before == stored(&plan.targets, |target| &target.before)
        && entry.after == stored(&plan.targets, |target| &target.after)
}

fn stored(
    targets: &[Target],
    of: fn(&Target) -> &Option<crate::metadata::document::Document>,
) -> Vec<Stored> {
    targets
        .iter()
        .map(|target| Stored {
            type_name: target.id.type_name.clone(),
            full_name: target.id.full_name.clone(),
            xml: of(target)
                .as_ref()
                .map(|document| String::from_utf8_lossy(document.bytes()).into_owned()),
        })
        .collect()
}

/// Deploys what was validated before (quick deploy, S 6.4); an org that does not take it gets the
/// package anew.
///
/// # Errors
/// As [`carry_out`].
pub async fn carry_out_validated(
    org: &Org,
    journal: &Journal,
    plan: &Plan<'_>,
    purpose: &Purpose,
    validation: &str,
) -> Result<(Entry, Outcome), ApplyError> {
    let mut entry = prepare(org, journal, plan, purpose, false).await?;
    entry.stage = Stage::Sent;
    journal.write(&entry)?;
    match org.quick_deploy(validation).await {
        Ok(id) => accepted(org, journal, entry, id).await,
        Err(NotStarted::Refused(_)) => {
            journal.remove(&entry.id)?;
            carry_out(org, journal, plan, purpose, false).await
        }
        Err(NotStarted::Lost(lost)) => match recover::find(org, &entry).await? {
            recover::Found::Running(id) => accepted(org, journal, entry, id).await,
            _ => Err(ApplyError::Unclear(format!(
                "the answer to the quick deploy was lost ({lost}); run the same command again"
            ))),
        },
    }
}

async fn prepare(
    org: &Org,
    journal: &Journal,
    plan: &Plan<'_>,
    purpose: &Purpose,
    check_only: bool,
) -> Result<Entry, ApplyError> {
    let known = org.recent_deploys().await?.unwrap_or_default();
    let entry = Entry {
        format: FORMAT.to_owned(),
        id: journal.new_id(),
        org: purpose.org.clone(),
        started: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        what: purpose.what.clone(),
        stage: Stage::Prepared,
        deploy_id: None,
        check_only,
        known_deploys: known.into_iter().map(|row| row.id).collect(),
        api_version: plan.package.version.to_string(),
        changes: plan.changes.iter().map(SavedChange::from).collect(),
        before: stored(&plan.targets, |target| &target.before),
        after: stored(&plan.targets, |target| &target.after),
        assign: plan
            .assignments
            .iter()
            .filter(|_| !check_only)
            .map(SavedAssignment::from)
            .collect(),
        unassign: if check_only { Vec::new() } else { plan.withdrawals.clone() },
        assigned: Vec::new(),
        rolls_back: purpose.rolls_back.clone(),
        rolled_back_by: None,
    };
    journal.write(&entry)?;
    Ok(entry)
}

fn not_sent(
    journal: &Journal,
    entry: &mut Entry,
    error: OrgError,
) -> Result<ApplyError, ApplyError> {
    entry.stage = Stage::NotSent;
    journal.write(entry)?;
    Ok(ApplyError::Org(error))
}

async fn accepted(
    org: &Org,
    journal: &Journal,
    mut entry: Entry,
    id: String,
) -> Result<(Entry, Outcome), ApplyError> {
    entry.stage = Stage::Accepted;
    entry.deploy_id = Some(id.clone());
    journal.write(&entry)?;
    watch(org, journal, entry, &id).await
}

/// Told when a deploy is watched no longer.
static WATCHED: Notify = Notify::const_new();

/// Ends with the first Ctrl-C after a deploy was watched. The handler that the watch installs stays
/// for good (tokio), so without somebody who waits for it Ctrl-C would no longer do anything.
pub async fn interrupted() {
    WATCHED.notified().await;
    // Where no handler can be installed Ctrl-C does what it always does.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Watches an accepted deploy to its end and does what REST does after it.
async fn watch(
    org: &Org,
    journal: &Journal,
    mut entry: Entry,
    id: &str,
) -> Result<(Entry, Outcome), ApplyError> {
    let what = if entry.check_only { "the org is validating" } else { "the org is deploying" };
    org.begin(what);
    let status = {
        let watching = std::pin::pin!(org.watch_deploy(id, what));
        let stopped = std::pin::pin!(tokio::signal::ctrl_c());
        match select(watching, stopped).await {
            Either::Left((status, _)) => status,
            Either::Right((_, watching)) => {
                org.say("asking the org to cancel; it says whether it still could");
                // A refusal means that it is over, or past stopping: watching on tells.
                let _ = org.cancel_deploy(id).await;
                match select(watching, std::pin::pin!(tokio::signal::ctrl_c())).await {
                    Either::Left((status, _)) => {
                        status.map(|status| DeployStatus { canceled_here: true, ..status })
                    }
                    Either::Right(_) => Err(OrgError::new(
                        OrgErrorKind::Usage,
                        "interrupted again, while the org was asked to cancel",
                    )),
                }
            }
        }
    };
    WATCHED.notify_one();
    org.end();
    let status = status.map_err(|error| ApplyError::Unwatched { id: id.to_owned(), error })?;
    let ended = match (status.success, status.status.as_str()) {
        (true, _) => Outcome::Applied(status),
        (false, "Canceled") => Outcome::Canceled(status),
        (false, _) => Outcome::Refused(status),
    };
    entry.stage = match &ended {
        Outcome::Applied(_) if entry.check_only => Stage::Done,
        Outcome::Applied(_) => Stage::Applied,
        Outcome::Refused(_) => Stage::Failed,
        Outcome::Canceled(_) => Stage::Canceled,
    };
    journal.write(&entry)?;
    if entry.stage == Stage::Applied {
        finish_by_rest(org, journal, &mut entry).await?;
    }
    Ok((entry, ended))
}

/// Gives and takes back permission sets; each is written down as soon as it is done.
async fn finish_by_rest(org: &Org, journal: &Journal, entry: &mut Entry) -> Result<(), ApplyError> {
    for one in entry.unassign.clone() {
        for (object, id) in one.rows.iter().rev() {
            org.delete_row(&CreatedRow { object: object.clone(), id: id.clone() }).await?;
        }
    }
    for one in entry.assign.clone() {
        if entry
            .assigned
            .iter()
            .any(|done| done.user == one.user && done.permission_set == one.permission_set)
        {
            continue;
        }
        let (rows, failed) = match org.assign(&one.user, &one.permission_set).await {
            Ok(rows) => (rows, None),
            Err((rows, error)) => (rows, Some(error)),
        };
        if !rows.is_empty() || failed.is_none() {
            entry.assigned.push(Assigned {
                user: one.user.clone(),
                permission_set: one.permission_set.clone(),
                rows: rows.into_iter().map(|row| (row.object, row.id)).collect(),
            });
            journal.write(entry)?;
        }
        if let Some(error) = failed {
            return Err(ApplyError::Assign { set: one.permission_set, user: one.user, error });
        }
    }
    Ok(())
}

/// Marks an entry as done, and the one that it takes back as taken back.
///
/// # Errors
/// The journal cannot be written.
pub fn close(journal: &Journal, entries: &[Entry], entry: &mut Entry) -> Result<(), JournalError> {
    entry.stage = Stage::Done;
    journal.write(entry)?;
    let taken_back =
        entry.rolls_back.as_ref().and_then(|id| entries.iter().find(|one| one.id == *id));
    if let Some(one) = taken_back {
        journal.write(&Entry { rolled_back_by: Some(entry.id.clone()), ..one.clone() })?;
    }
    Ok(())
}

/// The org's words grouped: the same problem of several components once.
pub fn grouped(status: &DeployStatus) -> Vec<(String, Vec<String>)> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for failure in &status.failures {
        let place = match (&failure.component, failure.line) {
            (Some(id), Some(line)) => format!("{id}, line {line}"),
            (Some(id), None) => id.to_string(),
            (None, _) => failure.file.clone(),
        };
        let places = groups.entry(&failure.problem).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    groups.into_iter().map(|(problem, places)| (problem.to_owned(), places)).collect()
}
