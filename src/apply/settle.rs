//! What became of a deploy whose answer was lost, or whose run was cut off: looked for before anything else is done.

use std::time::Duration;

use crate::diff::leaves::{differences, leaves};
use crate::journal::{Entry, Held, Journal, Stage};
use crate::metadata::document::Document;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, Kind};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet};
use crate::org::Org;
use crate::org::deploy::{DeployStatus, same_id};
use crate::org::error::OrgError;
use crate::org::retrieve::RetrieveRequest;
use crate::package::own;

use super::{ApplyError, Ended};

/// What was found of a lost deploy.
#[derive(Debug)]
pub enum Found {
    /// The org has it, under this id; running or over.
    Running(String),
    /// All that it changes is there.
    Applied,
    /// The org has no trace of it, nothing of it is there, and nothing is running.
    Nothing,
    /// Nobody can say; with why.
    Unclear(String),
}

/// How often and how long apart the org's list is looked at: a request that was cut off may still be on its way in.
const LOOKS: [Duration; 4] = [Duration::from_millis(300), Duration::from_millis(700), Duration::from_secs(2), Duration::from_secs(4)];

/// The same where only what the org holds can be looked at.
const LOOKS_WITHOUT_LIST: [Duration; 5] =
    [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8), Duration::from_secs(12)];

/// Looks for a deploy that was sent and has no id: in the org's list of deploys, then in what the org holds.
pub(super) async fn find(org: &Org, entry: &Entry) -> Result<Found, ApplyError> {
    org.begin("finding out what became of the deploy");
    let found = look(org, entry).await;
    org.end();
    found
}

async fn look(org: &Org, entry: &Entry) -> Result<Found, ApplyError> {
    let me = org.user().await.ok().map(|user| user.id);
    let mut is_listed = true;
    for wait in LOOKS {
        tokio::time::sleep(wait).await;
        let Some(rows) = org.recent_deploys().await? else {
            is_listed = false;
            break;
        };
        let is_ours = |created_by: &str| me.as_deref().is_none_or(|me| created_by.is_empty() || same_id(me, created_by));
        let new: Vec<_> = rows
            .iter()
            .filter(|row| !entry.known_deploys.iter().any(|known| same_id(known, &row.id)))
            .filter(|row| row.check_only == entry.check_only && is_ours(&row.created_by))
            .collect();
        match new.as_slice() {
            [one] => return Ok(Found::Running(one.id.clone())),
            [] => {}
            several => {
                let ids: Vec<&str> = several.iter().map(|row| row.id.as_str()).collect();
                return Ok(Found::Unclear(format!(
                    "this user has started several deploys since ({}), and which is ours cannot be told: see Setup > Deployment Status",
                    ids.join(", ")
                )));
            }
        }
        if rows.iter().any(|row| row.is_running()) {
            return Ok(Found::Unclear("another deploy is running in the org; wait until it is over, then run this again".to_owned()));
        }
    }
    // Where the org does not show its deploys, one that was accepted may still wait or run: nothing of it is there until it is over.
    let waits: &[Duration] = if is_listed { &[Duration::ZERO] } else { &LOOKS_WITHOUT_LIST };
    let (mut before, mut after, mut other) = (0, 0, 0);
    for wait in waits {
        tokio::time::sleep(*wait).await;
        let now = retrieve(org, &entry.before, &entry.after).await?;
        (before, after, other) = (0, 0, 0);
        for (_, _, standing) in standings(&entry.before, &entry.after, &now) {
            match standing {
                Standing::Before => before += 1,
                Standing::After => after += 1,
                Standing::Other(_) => other += 1,
            }
        }
        if after + other > 0 {
            break;
        }
    }
    Ok(match (before, after, other) {
        (_, 0, 0) => Found::Nothing,
        (0, _, 0) => Found::Applied,
        _ => Found::Unclear(format!(
            "of what the deploy changes, {after} settings are there, {before} are not and {other} are otherwise: look at the org before you go on"
        )),
    })
}

/// Finds out what became of an entry that was cut off, and brings it to its end; it is never sent again from here.
///
/// # Errors
/// See [`ApplyError`].
pub async fn settle(org: &Org, journal: &Journal, mut entry: Entry) -> Result<(Entry, Option<Ended>), ApplyError> {
    let nothing = |entry: &mut Entry| -> Result<(), ApplyError> {
        entry.stage = Stage::NotSent;
        Ok(journal.write(entry)?)
    };
    match entry.stage {
        Stage::Prepared => {
            nothing(&mut entry)?;
            Ok((entry, None))
        }
        Stage::Sent => match find(org, &entry).await? {
            Found::Running(id) => {
                let (entry, ended) = super::accepted(org, journal, entry, id).await?;
                Ok((entry, Some(ended)))
            }
            Found::Applied => {
                entry.stage = Stage::Applied;
                journal.write(&entry)?;
                super::finish_by_rest(org, journal, &mut entry).await?;
                Ok((entry, Some(Ended::Applied(DeployStatus::default()))))
            }
            Found::Nothing => {
                nothing(&mut entry)?;
                Ok((entry, None))
            }
            Found::Unclear(why) => Err(ApplyError::Unclear(format!("an earlier run was cut off: {why}"))),
        },
        Stage::Accepted => {
            let id = entry.deploy_id.clone().unwrap_or_default();
            let (entry, ended) = super::watch(org, journal, entry, &id).await?;
            Ok((entry, Some(ended)))
        }
        Stage::Applied => {
            super::finish_by_rest(org, journal, &mut entry).await?;
            Ok((entry, Some(Ended::Applied(DeployStatus::default()))))
        }
        Stage::Done | Stage::Failed | Stage::Canceled | Stage::NotSent => Ok((entry, None)),
    }
}

/// How a setting that a deploy changed stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// As before the deploy.
    Before,
    /// As the deploy left it.
    After,
    /// Neither: this is there.
    Other(Option<Value>),
}

/// Says of each setting that a deploy changed how it stands in what an org holds now.
pub(super) fn standings(before: &[Held], after: &[Held], now: &ComponentSet) -> Vec<(ComponentId, Option<FieldPath>, Standing)> {
    let mut all = Vec::new();
    for (was, is) in before.iter().zip(after) {
        let id = ComponentId::new(was.type_name.as_str(), was.full_name.as_str());
        let Some(row) = registry::find_component(&id.type_name, &id.full_name) else { continue };
        let there = own(now, &id).map(|component| &component.document);
        if was.xml.is_none() || is.xml.is_none() {
            let standing = if there.is_some() == was.xml.is_some() { Standing::Before } else { Standing::After };
            all.push((id, None, standing));
            continue;
        }
        let held = there.map(|document| leaves(row, document));
        for (path, old, new) in differences(row, document(was).as_ref(), document(is).as_ref()) {
            let value = held.as_ref().and_then(|held| held.get(&path)).cloned();
            let standing = match () {
                () if held.is_none() => Standing::Other(None),
                () if is_same(value.as_ref(), new.as_ref()) => Standing::After,
                () if is_same(value.as_ref(), old.as_ref()) => Standing::Before,
                () => Standing::Other(value),
            };
            all.push((id.clone(), Some(path), standing));
        }
    }
    all
}

fn is_same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => crate::diff::compare::same(one, other),
        (None, None) => true,
        _ => false,
    }
}

/// Reads a component's file as the journal holds it.
pub(super) fn document(held: &Held) -> Option<Document> {
    Document::parse(held.xml.as_ref()?.clone().into_bytes()).ok()
}

/// Retrieves the components of an entry, with what makes the changed parts of profiles visible (S 3.2).
pub(super) async fn retrieve(org: &Org, before: &[Held], after: &[Held]) -> Result<ComponentSet, OrgError> {
    let mut request = RetrieveRequest::default();
    for (was, is) in before.iter().zip(after) {
        let id = ComponentId::new(was.type_name.as_str(), was.full_name.as_str());
        let Some(row) = registry::find_component(&id.type_name, &id.full_name) else { continue };
        for (path, ..) in differences(row, document(was).as_ref(), document(is).as_ref()) {
            let segment = &path.segments()[0];
            let field = row.fields.iter().find(|field| field.name == segment.name);
            if let (Some(Kind::Section { companion: Some(companion), .. }), Some(key)) = (field.map(|field| &field.kind), &segment.key)
                && let Some((type_name, full_name)) = companion.candidates(key).last()
            {
                request.companions.add(type_name, full_name);
            }
        }
        request.components.insert(id);
    }
    if request.components.is_empty() {
        return Ok(ComponentSet::new(crate::metadata::Requested::Unknown));
    }
    // The whole deploy may have been a new component: that nothing came is then an answer.
    match org.retrieve(&request).await {
        Ok(retrieved) => Ok(retrieved.components),
        Err(error) => Err(error),
    }
}
