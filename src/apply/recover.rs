//! What became of a deploy whose answer was lost, or whose run was cut off: looked for before
//! anything else is done.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::journal::{Entry, Stage, Stored};
use crate::metadata::ComponentId;
use crate::metadata::full_name::canonical_full_name;
use crate::org::deploy::{DeployRow, DeployStatus, same_id};
use crate::org::{Org, OrgErrorKind};
use crate::plan::before_image::{Standing, standings};

use super::queue::free;
use super::{Applier, ApplyError, Outcome, PATIENCE, Stopped};

/// What was found of a lost deploy.
#[derive(Debug)]
pub enum FoundDeploy {
    /// The org has it, under this id; running or over.
    Running(String),
    /// All that it changes is there.
    Applied,
    /// The org has no trace of it, nothing of it is there, and nothing is running.
    Nothing,
    /// As [`Self::Nothing`], but others were carried out in between: what it rests on may be no
    /// more. With their ids.
    Overtaken(Vec<String>),
    /// The org has carried out a deploy of the same components under this id, and nothing of it is
    /// there: it was ours and was taken back since, or another's.
    Undone(String),
    /// Nobody can say; with why.
    Unclear(String),
}

/// Whose a deploy is that this user has started since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ownership {
    /// All that the org says of it fits the entry.
    Ours,
    /// It names what the entry does not hold, or lacks what it does.
    Another,
    /// The org does not say enough.
    Unknown,
}

/// How often and how long apart the org's list is looked at: a request that was cut off may still
/// be on its way in.
const LOOKS: [Duration; 4] = [
    Duration::from_millis(300),
    Duration::from_millis(700),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// The same where only what the org holds can be looked at.
const LOOKS_WITHOUT_LIST: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(12),
];

/// Looks for a deploy that was sent and has no id: in the org's list of deploys, then in what the
/// org holds.
///
/// A deploy that may be it is waited for no longer than `limit`, where one is given.
pub(super) async fn find(
    org: &Org,
    entry: &Entry,
    limit: Option<Duration>,
) -> Result<FoundDeploy, ApplyError> {
    org.begin("finding out what became of the deploy");
    let found = look(org, entry, limit).await;
    org.end();
    // The org has not refused the deploy: it only cannot be asked about it.
    found.map_err(|error| match error {
        ApplyError::Org(error) => {
            ApplyError::Unclear(format!("the org could not be asked about it: {error}"))
        }
        other => other,
    })
}

async fn look(
    org: &Org,
    entry: &Entry,
    limit: Option<Duration>,
) -> Result<FoundDeploy, ApplyError> {
    let me = org.user().await.ok().map(|user| user.id);
    // Why the list could not be read the last time that it was asked for.
    let mut unlisted = None;
    // Deploys that were held against the entry, and how they ended.
    let mut judged: BTreeMap<String, (Ownership, DeployStatus)> = BTreeMap::new();
    let mut overtaken_by = Vec::new();
    for wait in LOOKS {
        tokio::time::sleep(wait).await;
        let rows = match org.recent_deploys().await {
            Ok(Some(rows)) => rows,
            Ok(None) => {
                unlisted = Some("the org does not show its deploys to this user".to_owned());
                break;
            }
            // The next look may be answered.
            Err(error) => {
                unlisted = Some(format!("the org's deploys could not be listed: {error}"));
                continue;
            }
        };
        unlisted = None;
        let is_mine = |created_by: &str| {
            me.as_deref().is_none_or(|me| created_by.is_empty() || same_id(me, created_by))
        };
        let is_new =
            |row: &DeployRow| !entry.known_deploys.iter().any(|known| same_id(known, &row.id));
        let may_be_it = |row: &DeployRow| {
            is_new(row) && row.check_only == entry.check_only && is_mine(&row.created_by)
        };
        let rows = match rows.iter().any(|row| row.is_running() && !may_be_it(row)) {
            true => match free(org).await? {
                Ok(known) => known.rows().unwrap_or(rows),
                Err(row) => return Err(ApplyError::Blocked(Box::new(row))),
            },
            false => rows,
        };
        for row in rows.iter().filter(|row| may_be_it(row)) {
            if !judged.contains_key(&row.id) {
                // While it runs the org names only what fails, so its end is awaited before
                // anybody's hand is laid on it.
                let what = "waiting for a deploy of this user, which may be the one that was sent";
                let status = match org.watch_deploy_for(&row.id, what, limit).await {
                    Err(error) if error.kind == OrgErrorKind::TimedOut => {
                        return Err(ApplyError::Blocked(Box::new(row.clone())));
                    }
                    status => status?,
                };
                judged.insert(row.id.clone(), (ownership(entry, &status), status));
            }
        }
        let ours: Vec<_> =
            judged.iter().filter(|(_, (ownership, _))| *ownership == Ownership::Ours).collect();
        match ours.as_slice() {
            [] => {}
            // What changed nothing needs no second proof.
            [(id, (_, status))] if entry.check_only || !status.success => {
                return Ok(FoundDeploy::Running((*id).clone()));
            }
            // Another may have deployed the same components by the same name.
            [(id, _)] => {
                let counts = count(org, entry).await?;
                return Ok(match counts {
                    Counts { before: 0, other: 0, .. } => FoundDeploy::Running((*id).clone()),
                    Counts { after: 0, .. } => FoundDeploy::Undone((*id).clone()),
                    counts => FoundDeploy::Unclear(format!(
                        "the org has carried out the deploy {id} of the same components, but {}",
                        counts.words()
                    )),
                });
            }
            several => {
                let ids: Vec<&str> = several.iter().map(|(id, _)| id.as_str()).collect();
                return Ok(FoundDeploy::Unclear(format!(
                    "this user has started several deploys of the same components since ({}), and \
                     which is ours cannot be told",
                    ids.join(", ")
                )));
            }
        }
        overtaken_by = rows
            .iter()
            .filter(|row| is_new(row) && !row.check_only && row.status.starts_with("Succeeded"))
            .map(|row| row.id.clone())
            .collect();
        // A row may be older than the end of what was watched.
        overtaken_by.extend(
            judged
                .iter()
                .filter(|(_, (_, status))| status.success && !entry.check_only)
                .map(|(id, _)| id.clone()),
        );
        overtaken_by.sort_unstable();
        overtaken_by.dedup();
    }
    let waits: &[Duration] =
        if unlisted.is_none() { &[Duration::ZERO] } else { &LOOKS_WITHOUT_LIST };
    let mut counts = Counts::default();
    for wait in waits {
        tokio::time::sleep(*wait).await;
        counts = count(org, entry).await?;
        if counts.after + counts.other > 0 {
            break;
        }
    }
    Ok(match (counts, unlisted) {
        // One that was accepted may wait or run for hours, and nothing of it is there until it is
        // over.
        (Counts { after: 0, other: 0, .. }, Some(why)) => FoundDeploy::Unclear(format!(
            "nothing of it is there so far, and whether it waits or runs in the org cannot be seen: \
             {why}"
        )),
        (counts, _) => match counts {
            Counts { after: 0, other: 0, .. } if overtaken_by.is_empty() => FoundDeploy::Nothing,
            Counts { after: 0, other: 0, .. } => FoundDeploy::Overtaken(overtaken_by),
            Counts { before: 0, other: 0, .. } => FoundDeploy::Applied,
            counts => FoundDeploy::Unclear(counts.words()),
        },
    })
}

/// Holds a deploy that is over against what was sent.
fn ownership(entry: &Entry, status: &DeployStatus) -> Ownership {
    // The type is not compared: what the org calls that of a settings file is not documented. A
    // part (`Account.Field__c`) belongs to its whole.
    let is_name_of = |held: &Stored, id: &ComponentId| {
        held.full_name == id.full_name
            || canonical_full_name(&held.type_name, &held.full_name) == id.full_name
            || held.type_name == "CustomObject"
                && id.full_name.starts_with(&format!("{}.", held.full_name))
    };
    if status.named.iter().any(|id| !entry.after.iter().any(|held| is_name_of(held, id))) {
        return Ownership::Another;
    }
    let is_named = |held: &Stored| status.named.iter().any(|id| is_name_of(held, id));
    // The parts of a deleted app go without a word.
    let are_all_named = entry.after.iter().filter(|held| held.xml.is_some()).all(is_named);
    let sent = entry.after.len() as u64;
    match status.named.is_empty() {
        true => Ownership::Unknown,
        false if status.success && !are_all_named => Ownership::Another,
        // A refused deploy may name only what failed; there are as many as were sent, the manifest
        // counted or not (S 6.4).
        false
            if !are_all_named && status.total > 0 && ![sent, sent + 1].contains(&status.total) =>
        {
            Ownership::Another
        }
        false => Ownership::Ours,
    }
}

/// How many settings that an entry changes stand how.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    before: usize,
    after: usize,
    other: usize,
}

impl Counts {
    fn words(self) -> String {
        let Self { before, after, other } = self;
        format!(
            "of the {} that the deploy changes, {after} as it makes them, {before} as before, \
             {other} otherwise: look at the org before you go on",
            if before + after + other == 1 {
                "1 setting".to_owned()
            } else {
                format!("{} settings", before + after + other)
            }
        )
    }
}

/// Counts in what the org holds now.
async fn count(org: &Org, entry: &Entry) -> Result<Counts, ApplyError> {
    let images = entry.images()?;
    let now = super::look::read_images(org, &images).await?;
    let mut counts = Counts::default();
    for one in standings(&images, &now) {
        match one.standing {
            Standing::Before => counts.before += 1,
            Standing::After => counts.after += 1,
            Standing::Other(_) => counts.other += 1,
        }
    }
    Ok(counts)
}

/// How long after its start a request that was sent may still come to the org: a proxy on the way
/// can hold it.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);

/// Says whether a request that the org has no trace of may still be on its way.
fn may_arrive(entry: &Entry) -> bool {
    let started = entry.started.replace(" UTC", "Z").parse::<Timestamp>();
    started.is_ok_and(|at| Timestamp::now().duration_since(at) < ON_ITS_WAY)
}

/// What was found out of an entry whose run was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// It never reached the org.
    NotSent,
    /// It has not reached the org so far, and is looked for again.
    NotSeen,
    /// The org has carried it out.
    Applied,
    /// The org refused it and changed nothing.
    Refused,
    /// It was canceled and changed nothing.
    Canceled,
    /// See [`FoundDeploy::Undone`].
    Undone,
    /// The org no longer knows it, and does not hold all that it makes; how it stands.
    Forgotten(String),
    /// It was over already.
    Over,
}

impl Applier<'_> {
    /// Finds out what became of an entry that was cut off, and brings it to its end; it is never
    /// sent again from here.
    ///
    /// # Errors
    /// See [`ApplyError`].
    pub async fn recover(&self, mut entry: Entry) -> Result<(Entry, Recovered), ApplyError> {
        let _hold = self.interrupt.hold();
        let ended = match entry.stage {
            Stage::Sent => match self.find(&entry, Some(PATIENCE)).await? {
                FoundDeploy::Running(id) => self.accepted(entry, id).await,
                FoundDeploy::Applied => self.applied(entry).await,
                // What comes next is planned on what the org holds by now.
                FoundDeploy::Nothing | FoundDeploy::Overtaken(_) if may_arrive(&entry) => {
                    return Ok((entry, Recovered::NotSeen));
                }
                FoundDeploy::Nothing | FoundDeploy::Overtaken(_) => return self.never_sent(entry),
                FoundDeploy::Undone(id) => {
                    entry.deploy_id = Some(id);
                    self.write(&mut entry, Stage::Undone)?;
                    return Ok((entry, Recovered::Undone));
                }
                FoundDeploy::Unclear(why) => {
                    Err(ApplyError::Unclear(format!("an earlier run was cut off: {why}")))
                }
            },
            Stage::Accepted => match self.watch_again(entry).await? {
                Ok(ended) => Ok(ended),
                Err(forgotten) => return Ok(forgotten),
            },
            Stage::Applied => self.applied(entry).await,
            Stage::Prepared => return self.never_sent(entry),
            Stage::Done
            | Stage::Failed
            | Stage::Canceled
            | Stage::NotSent
            | Stage::Undone
            | Stage::Forgotten => return Ok((entry, Recovered::Over)),
        };
        let (entry, outcome) = ended?;
        let recovered = match outcome {
            Outcome::Applied(_) | Outcome::TooLate(_) => Recovered::Applied,
            Outcome::Refused(_) => Recovered::Refused,
            Outcome::Canceled(_) => Recovered::Canceled,
        };
        Ok((entry, recovered))
    }

    fn never_sent(&self, mut entry: Entry) -> Result<(Entry, Recovered), ApplyError> {
        self.write(&mut entry, Stage::NotSent)?;
        Ok((entry, Recovered::NotSent))
    }

    /// Watches a deploy that an earlier run has lost sight of, for a while. Where the org has
    /// forgotten it, what it holds tells whether it was carried out.
    async fn watch_again(
        &self,
        mut entry: Entry,
    ) -> Result<Result<EndedEntry, Recovery>, ApplyError> {
        let id = entry.deploy_id.clone().unwrap_or_default();
        match self.watch(entry.clone(), &id, Some(PATIENCE)).await {
            Err(ApplyError::Unwatched { error, .. }) if error.is_about_its_id() => {}
            ended => return ended.map(Ok),
        }
        if entry.check_only {
            let how = "a validation changes nothing".to_owned();
            self.write(&mut entry, Stage::Undone)?;
            return Ok(Err((entry, Recovered::Forgotten(how))));
        }
        let counting = count(self.org, &entry);
        let counts = super::unless(self.interrupt.pressed(), counting, Stopped::Sending).await??;
        if matches!(counts, Counts { before: 0, other: 0, .. }) {
            return self.applied(entry).await.map(Ok);
        }
        // It is over, and nothing more comes of it.
        let (stage, how) = match counts {
            Counts { after: 0, other: 0, .. } => {
                (Stage::Undone, "nothing of it is there".to_owned())
            }
            counts => (Stage::Forgotten, counts.words()),
        };
        self.write(&mut entry, stage)?;
        Ok(Err((entry, Recovered::Forgotten(how))))
    }
}

/// An entry whose deploy is over, and how it ended.
type EndedEntry = (Entry, Outcome);

/// An entry of which no more is to be seen, and what was found out.
type Recovery = (Entry, Recovered);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::FORMAT;
    use crate::plan::saved::SavedOrg;

    fn entry(components: &[(&str, &str)]) -> Entry {
        let held = |xml: Option<&str>| {
            let one = |(type_name, full_name): &(&str, &str)| Stored {
                type_name: (*type_name).to_owned(),
                full_name: (*full_name).to_owned(),
                xml: xml.map(str::to_owned),
            };
            components.iter().map(one).collect()
        };
        Entry {
            format: FORMAT.to_owned(),
            id: String::new(),
            org: SavedOrg { id: String::new(), name: String::new(), instance_url: String::new() },
            started: String::new(),
            what: String::new(),
            stage: Stage::Sent,
            deploy_id: None,
            check_only: false,
            known_deploys: Vec::new(),
            api_version: String::new(),
            changes: Vec::new(),
            before: held(None),
            after: held(Some("<x/>")),
            assign: Vec::new(),
            unassign: Vec::new(),
            assigned: Vec::new(),
            rolls_back: None,
            is_partial: false,
            settled: Vec::new(),
            rolled_back_by: None,
            plan: None,
            run: None,
        }
    }

    #[test]
    fn a_deploy_is_ours_when_it_names_what_was_sent() {
        let entry = entry(&[
            ("Profile", "System Administrator"),
            ("PermissionSet", "Loader"),
            ("Settings", "Security"),
        ]);
        let status = |success, total, named: &[(&str, &str)]| DeployStatus {
            done: true,
            success,
            total,
            named: named
                .iter()
                .map(|(type_name, name)| ComponentId::new(*type_name, *name))
                .collect(),
            ..DeployStatus::default()
        };
        let all =
            [("Profile", "Admin"), ("PermissionSet", "Loader"), ("SecuritySettings", "Security")];
        for (expected, status) in [
            (Ownership::Ours, status(true, 3, &all)),
            (Ownership::Ours, status(true, 4, &all)),
            (Ownership::Another, status(true, 2, &all[..2])),
            (
                Ownership::Another,
                status(true, 4, &[&all[..], &[("ApexClass", "Pricing")]].concat()),
            ),
            (Ownership::Ours, status(false, 3, &all[..1])),
            (Ownership::Another, status(false, 9, &all[..1])),
            (Ownership::Another, status(false, 3, &[("PermissionSet", "Other")])),
            (Ownership::Unknown, status(true, 3, &[])),
        ] {
            assert_eq!(ownership(&entry, &status), expected, "{status:?}");
        }
    }
}
