//! The parts of an external client app, named by their app.
//!
//! A part's own name is not the app's and must not be guessed (S 2.1): the parts are listed,
//! retrieved, and matched by their `externalClientApplication`.

use std::collections::{BTreeMap, BTreeSet};

use super::Retrieved;
use crate::metadata::ComponentId;
use crate::metadata::unseen::Unseen;
use crate::org::Org;
use crate::org::error::{OrgError, OrgErrorKind};

/// Whether a type is a part of an external client app.
fn is_part(type_name: &str) -> bool {
    type_name.starts_with("ExtlClnt")
}

fn all_of(id: &ComponentId) -> ComponentId {
    ComponentId::new(id.type_name.as_str(), "*")
}

/// Lists the names of the parts, by type, for the types that are wanted by app. A type that the org
/// does not know, or does not show to this user, makes its components not observed.
///
/// # Errors
/// A type could not be listed for a reason that may pass: what it holds is then not to be guessed.
pub(super) async fn list(
    org: &Org,
    wanted: &BTreeSet<ComponentId>,
    not_observed: &mut BTreeMap<ComponentId, Unseen>,
) -> Result<BTreeMap<String, Vec<String>>, OrgError> {
    let types: BTreeSet<&str> = wanted
        .iter()
        .filter(|id| is_part(&id.type_name) && id.full_name != "*")
        .map(|id| id.type_name.as_str())
        .collect();
    let mut names: BTreeMap<String, Vec<String>> =
        types.iter().map(|type_name| ((*type_name).to_owned(), Vec::new())).collect();
    let all: Vec<&str> = types.into_iter().collect();
    let listed = match org.list_types(&all).await {
        Ok(listed) => listed,
        // One type that this org does not know fails the list of all; each is then asked for alone.
        Err(error) if error.is_about_one_question() && error.kind != OrgErrorKind::Unsupported => {
            let mut listed = Vec::new();
            for type_name in all {
                match org.list(type_name).await {
                    Ok(some) => listed.extend(some),
                    Err(error) if error.is_lasting() => {
                        names.remove(type_name);
                        let of_type = wanted.iter().filter(|id| id.type_name == type_name);
                        let why = Unseen::not_readable(format!("the org says: {error}"));
                        not_observed.extend(of_type.map(|id| (id.clone(), why.clone())));
                    }
                    Err(error) => return Err(error),
                }
            }
            listed
        }
        Err(error) => return Err(error),
    };
    for entry in listed {
        if let Some(names) = names.get_mut(&entry.id.type_name) {
            names.push(entry.id.full_name);
        }
    }
    Ok(names)
}

/// Puts each part under the name of its app, and drops the parts of other apps.
///
/// Returns the parts that the org listed and that did not come, by type: each may be the part of
/// any app.
pub(super) fn name_by_app(
    wanted: &BTreeSet<ComponentId>,
    listed: &BTreeMap<String, Vec<String>>,
    retrieved: &mut Retrieved,
) -> BTreeMap<String, String> {
    let set = &mut retrieved.components;
    let mut unread = BTreeMap::new();
    for (type_name, names) in listed {
        let is_unread = |name: &&String| set.get(&ComponentId::new(type_name, *name)).is_none();
        if let Some(name) = names.iter().find(is_unread) {
            unread.insert(type_name.clone(), name.clone());
        }
    }
    let of_listed: Vec<ComponentId> =
        set.components.keys().filter(|id| listed.contains_key(&id.type_name)).cloned().collect();
    let mut by_app = BTreeMap::new();
    for id in of_listed {
        let Some(component) = set.components.remove(&id) else {
            continue;
        };
        let app = component
            .document
            .root()
            .child_text("externalClientApplication")
            .map(|app| ComponentId::new(&id.type_name, app.as_ref()));
        match app.filter(|app| wanted.contains(app)) {
            Some(app) if !by_app.contains_key(&app) => {
                by_app.insert(app, component);
            }
            // Wanted by its own name after all, or with all of its type.
            _ if wanted.contains(&id) || wanted.contains(&all_of(&id)) => {
                by_app.entry(id).or_insert(component);
            }
            Some(_) => retrieved.messages.push(format!(
                "{id} belongs to the same app as another component of its type and is left out"
            )),
            None => {}
        }
    }
    set.components.extend(by_app);
    unread
}
