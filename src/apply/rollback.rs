//! The way back: computed from what was there before a deploy, limited to what the deploy changed.

use std::collections::BTreeMap;

use crate::journal::{Assigned, Entry, Held};
use crate::metadata::document::Document;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, ApiVersion, DeployRule};
use crate::metadata::settings::{differences, settings};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet};
use crate::org::Org;
use crate::package::simulate::simulate;
use crate::package::{Cause, Change, Package, Target, build, own, targets};
use crate::plan::PlanError;
use crate::plan::fix::{Assignment, refuse_removal};
use crate::plan::saved::SavedOrg;

use super::settle::{Standing, document, retrieve, standings};
use super::{ApplyError, Order};

/// The way back from one deploy.
#[derive(Debug)]
pub struct WayBack {
    /// What leads back.
    pub order: Order,
    /// What somebody has changed since, one line each; the way back would undo it.
    pub moved: Vec<String>,
    /// What is as it was already.
    pub already: usize,
    /// What cannot be taken back, one line each.
    pub one_way: Vec<String>,
}

/// Computes the way back from an entry against what the org holds now, and proves it.
///
/// # Errors
/// The org cannot be asked, or the proof fails.
pub async fn way_back(
    org: &Org,
    entry: &Entry,
    saved_org: SavedOrg,
) -> Result<WayBack, ApplyError> {
    let now = retrieve(org, &entry.before, &entry.after).await?;
    let version = org.api_version();
    let mut changes = Vec::new();
    let mut made = BTreeMap::new();
    let (mut moved, mut one_way, mut already) = (Vec::new(), Vec::new(), 0);
    for (was, is) in entry.before.iter().zip(&entry.after) {
        let id = ComponentId::new(was.type_name.as_str(), was.full_name.as_str());
        moved.extend(moved_in_new(&id, was.xml.is_none(), document(is).as_ref(), &now));
        whole(&id, document(was), document(is), &now, &mut changes, &mut made, &mut one_way);
    }
    for (id, path, standing) in standings(&entry.before, &entry.after, &now) {
        let (old, value) = match (&path, &standing) {
            (_, Standing::Before) => {
                already += 1;
                continue;
            }
            (None, _) => continue,
            (Some(path), Standing::After) => {
                let (old, new) = change_of(entry, &id, path);
                (old, new)
            }
            (Some(path), Standing::Other(value)) => {
                let (old, new) = change_of(entry, &id, path);
                moved.push(format!(
                    "{id} {path} was set to {} by the deploy and is {} now",
                    shown(new.as_ref()),
                    shown(value.as_ref())
                ));
                (old, value.clone())
            }
        };
        let (from, to) = (said(&id, path.as_ref(), value), said(&id, path.as_ref(), old));
        let row = registry::find_component(&id.type_name, &id.full_name);
        if let (Some(row), Some(path), None) = (row, &path, &to)
            && let Err(reason) = refuse_removal(row, path)
        {
            one_way.push(format!("{id} {path}: {reason}"));
            continue;
        }
        changes.push(Change { id, path, from, to, cause: Cause::State });
    }
    let mut targets = targets(&changes, &now, &made, version)?;
    restore_bytes(entry, &mut targets);
    let package = build(&targets, version, true)?;
    prove(&changes, &package, &now, version)?;
    Ok(WayBack {
        order: Order {
            what: format!("rollback of {} ({})", entry.id, entry.what),
            org: saved_org,
            package,
            changes,
            targets,
            assign: entry
                .unassign
                .iter()
                .map(|one| Assignment {
                    user: one.user.clone(),
                    permission_set: one.permission_set.clone(),
                })
                .collect(),
            unassign: entry
                .assigned
                .iter()
                .filter(|one| !one.rows.is_empty())
                .cloned()
                .collect::<Vec<Assigned>>(),
            rolls_back: Some(entry.id.clone()),
        },
        moved,
        already,
        one_way,
    })
}

/// A value as it must be said: a flag that is not there is its default, and a flag is never taken
/// out of an entry.
fn said(id: &ComponentId, path: Option<&FieldPath>, value: Option<Value>) -> Option<Value> {
    if value.is_some() {
        return value;
    }
    registry::find_component(&id.type_name, &id.full_name)?.flag_default(path?)
}

/// Where a document that is replaced as a whole stands as the deploy left it, the way back is the
/// very file that was there before.
fn restore_bytes(entry: &Entry, targets: &mut [Target]) {
    for target in targets {
        let is_it = |held: &&Held| {
            held.type_name == target.id.type_name && held.full_name == target.id.full_name
        };
        let row = registry::find_component(&target.id.type_name, &target.id.full_name)
            .filter(|row| row.deploy == DeployRule::Replace);
        let before = entry.before.iter().find(is_it).and_then(document);
        let after = entry.after.iter().find(is_it).and_then(document);
        if let (Some(row), Some(before), Some(after), Some(now)) =
            (row, before, after, target.before.as_ref())
            && differences(row, Some(&after), Some(now)).is_empty()
        {
            target.after = Some(before);
        }
    }
}

/// A component that the deploy made is deleted; one that it deleted is made again.
fn whole(
    id: &ComponentId,
    was: Option<Document>,
    is: Option<Document>,
    now: &ComponentSet,
    changes: &mut Vec<Change>,
    made: &mut BTreeMap<ComponentId, Document>,
    one_way: &mut Vec<String>,
) {
    let change = |from: Option<&str>, to: Option<&str>| Change {
        id: id.clone(),
        path: None,
        from: from.map(Value::from),
        to: to.map(Value::from),
        cause: Cause::State,
    };
    match (was, is, own(now, id)) {
        (None, Some(_), Some(_)) => {
            if let Some(way) = one_way_door(id) {
                one_way.push(way);
            }
            changes.push(change(Some("what the deploy made"), None));
        }
        (Some(was), None, None) => {
            changes.push(change(None, Some("what the deploy deleted")));
            made.insert(id.clone(), was);
        }
        _ => {}
    }
}

/// What somebody has changed since in a component that the deploy made, and that deleting it would
/// lose.
fn moved_in_new(
    id: &ComponentId,
    is_new: bool,
    after: Option<&Document>,
    now: &ComponentSet,
) -> Vec<String> {
    let row = registry::find_component(&id.type_name, &id.full_name).filter(|_| is_new);
    let (Some(row), Some(after), Some(there)) = (row, after, own(now, id)) else {
        return Vec::new();
    };
    let held = settings(row, &there.document);
    // More than the deploy sent is what the org adds of itself.
    let moved =
        settings(row, after).into_iter().filter(|(path, value)| held.get(path) != Some(value));
    moved
        .map(|(path, value)| {
            format!(
                "{id} {path} was set to `{value}` by the deploy and is {} now",
                shown(held.get(&path))
            )
        })
        .collect()
}

/// Says why making a component may be for good; none where deleting it is no matter.
pub fn one_way_door(id: &ComponentId) -> Option<String> {
    match id.type_name.as_str() {
        "Profile" => Some(format!(
            "{id}: a profile that a user is on by then cannot be deleted; move the user first"
        )),
        "ExternalClientApplication" => Some(format!(
            "{id}: deleting the app ends every session that was opened through it, and its key is \
             gone"
        )),
        name if name.starts_with("ExtlClnt") => {
            Some(format!("{id}: goes with its external client app"))
        }
        _ => None,
    }
}

fn change_of(entry: &Entry, id: &ComponentId, path: &FieldPath) -> (Option<Value>, Option<Value>) {
    let is_it = |held: &&Held| held.type_name == id.type_name && held.full_name == id.full_name;
    let row = registry::find_component(&id.type_name, &id.full_name);
    let value = |held: Option<&Held>| settings(row?, &document(held?)?).get(path).cloned();
    (value(entry.before.iter().find(is_it)), value(entry.after.iter().find(is_it)))
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "absent".to_owned(), |value| format!("`{value}`"))
}

/// After the package each setting must be as the way back says, and nothing else may have moved.
fn prove(
    changes: &[Change],
    package: &Package,
    now: &ComponentSet,
    version: ApiVersion,
) -> Result<(), ApplyError> {
    let after = simulate(package, now).map_err(PlanError::Simulate)?;
    let mut broken = Vec::new();
    for (id, document) in
        after.components.values().map(|component| (&component.id, &component.document))
    {
        let Some(row) = registry::find_component(&id.type_name, &id.full_name) else { continue };
        let Some(before) = own(now, id) else { continue };
        let meant: BTreeMap<&FieldPath, Option<&Value>> = changes
            .iter()
            .filter(|change| change.id == *id)
            .filter_map(|change| Some((change.path.as_ref()?, change.to.as_ref())))
            .collect();
        let held = settings(row, document);
        for (path, to) in &meant {
            let is = said(id, Some(path), held.get(*path).cloned());
            if is.as_ref() != *to {
                broken.push(format!(
                    "{id} {path} would be {} and not {} (API {version})",
                    shown(is.as_ref()),
                    shown(*to)
                ));
            }
        }
        for (path, ..) in differences(row, Some(&before.document), Some(document)) {
            if !meant.contains_key(&path) {
                broken.push(format!("{id} {path} would change too"));
            }
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(PlanError::NotProved(broken).into()) }
}

/// Says which of the settings that a way back restores are not restored in what the org holds now;
/// one line each.
///
/// # Errors
/// The org cannot be asked.
pub async fn verify(org: &Org, entry: &Entry) -> Result<Vec<String>, ApplyError> {
    let now = retrieve(org, &entry.before, &entry.after).await?;
    Ok(standings(&entry.before, &entry.after, &now)
        .into_iter()
        .filter(|(.., standing)| *standing != Standing::After)
        .map(|(id, path, standing)| {
            let path = path.map(|path| format!(" {path}")).unwrap_or_default();
            match standing {
                Standing::Other(value) => format!("{id}{path} is {}", shown(value.as_ref())),
                _ => format!("{id}{path} is as it was before"),
            }
        })
        .collect())
}
