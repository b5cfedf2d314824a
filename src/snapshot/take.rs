//! What is asked of an org for a snapshot, or for a comparison with one; and the snapshot taken
//! piece by piece.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::document::Document;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::{self, Kind, MetadataType};
use crate::metadata::{ComponentId, ComponentSet, Requested, layout};
use crate::org::retrieve::{RetrieveRequest, Retrieved};
use crate::org::{Org, OrgError};

use super::ReadError;
use super::side::{Side, changed_by};

/// What guards access: what a snapshot holds where nothing else is said.
pub const DEFAULT_TYPES: &[&str] = &[
    "ConnectedApp",
    "ExternalClientApplication",
    "ExtlClntAppConfigurablePolicies",
    "ExtlClntAppGlobalOauthSettings",
    "ExtlClntAppOauthConfigurablePolicies",
    "ExtlClntAppOauthSettings",
    "PermissionSet",
    "PermissionSetGroup",
    "Profile",
    "Settings",
];

/// What makes profiles whole (S 3.2), as far as it can be asked for without an org's whole code:
/// objects by name, the rest by `*`.
const COMPANIONS: &[&str] = &["CustomApplication", "CustomPermission", "CustomTab"];

/// What is to be asked of an org.
#[derive(Debug, Default)]
pub struct Wanted {
    /// What to retrieve.
    pub request: RetrieveRequest,
    /// What the org does not list, with its words.
    pub not_observed: BTreeMap<ComponentId, String>,
    /// Who changed each component last, and when: name and date.
    pub changed: BTreeMap<ComponentId, (Option<String>, Option<String>)>,
}

/// Finds out what an org has of some types; profiles come with all the org's objects named.
///
/// # Errors
/// The org cannot be asked. A type that it does not know is *not observed*.
pub async fn of_types(org: &Org, types: &[String]) -> Result<Wanted, OrgError> {
    let mut wanted = Wanted::default();
    org.begin("listing what the org has");
    let outcome = list(org, types, &mut wanted).await;
    org.end();
    outcome.map(|()| wanted)
}

async fn list(org: &Org, types: &[String], wanted: &mut Wanted) -> Result<(), OrgError> {
    for type_name in types {
        match org.list(type_name).await {
            Ok(listed) => {
                for one in listed {
                    let name = layout::canonical_full_name(type_name, &one.id.full_name);
                    let id = ComponentId::new(type_name.as_str(), name);
                    wanted
                        .changed
                        .insert(id.clone(), (one.last_modified_by, one.last_modified_date));
                    wanted.request.components.insert(id);
                }
            }
            Err(error) if error.is_about_one_question() => {
                wanted.not_observed.insert(
                    ComponentId::new(type_name.as_str(), "*"),
                    format!("the org says: {error}"),
                );
            }
            Err(error) => return Err(error),
        }
    }
    if types.iter().any(|name| name == "Profile") {
        for one in org.list("CustomObject").await? {
            wanted.request.companions.add("CustomObject", &one.id.full_name);
        }
        for type_name in COMPANIONS {
            wanted.request.companions.add(type_name, "*");
        }
    }
    Ok(())
}

/// Puts together what must be asked of an org so that it can be held against a baseline: what its
/// record names, or for a plain folder its components with what makes its profiles whole.
///
/// # Errors
/// A profile of the baseline cannot be read.
pub fn of_baseline(side: &Side) -> Result<RetrieveRequest, ReadError> {
    let mut request = RetrieveRequest::default();
    if let Some(manifest) = &side.manifest {
        let is_compared: BTreeSet<&str> =
            side.components.keys().map(|id| id.type_name.as_str()).collect();
        for (type_name, members) in &manifest.types {
            for member in members {
                let is_companion = !is_compared.contains(type_name.as_str())
                    && !DEFAULT_TYPES.contains(&type_name.as_str());
                if is_companion {
                    request.companions.add(type_name, member);
                } else {
                    request
                        .components
                        .insert(ComponentId::new(type_name.as_str(), member.as_str()));
                }
            }
        }
        return Ok(request);
    }
    for (id, content) in &side.components {
        request.components.insert(id.clone());
        if id.type_name == "Profile"
            && let Some(row) = registry::find("Profile")
            && let Ok(document) = Document::parse(content.read()?)
        {
            companions(row, &document, &mut request.companions);
        }
    }
    Ok(request)
}

/// Names what must be asked for with a profile so that each of its entries comes again.
fn companions(row: &'static MetadataType, document: &Document, into: &mut Manifest) {
    for element in document.root().children() {
        let field = row.fields.iter().find(|field| field.name == element.name());
        if let Some(
            field @ registry::Field {
                kind: Kind::Section { companion: Some(companion), .. }, ..
            },
        ) = field
            && let Some((type_name, full_name)) =
                companion.candidates(&registry::key_of(field, element)).last()
        {
            into.add(type_name, full_name);
        }
    }
}

/// How many components one retrieve of a snapshot asks for: enough for a profile's companions to
/// pay, few enough to be held in memory.
pub const PIECE: usize = 200;

/// Retrieves a part of what is wanted; companions go along where a profile is among it.
///
/// # Errors
/// The org cannot be asked, or sends what is not safe.
pub async fn piece(org: &Org, wanted: &Wanted, ids: &[ComponentId]) -> Result<Retrieved, OrgError> {
    let has_profile = ids.iter().any(|id| id.type_name == "Profile");
    let request = RetrieveRequest {
        components: ids.iter().cloned().collect(),
        companions: if has_profile {
            wanted.request.companions.clone()
        } else {
            Manifest::default()
        },
    };
    org.retrieve(&request).await
}

/// Retrieves all that is wanted and returns it as a side, with who changed what.
///
/// # Errors
/// As [`piece`].
pub async fn side(org: &Org, wanted: &Wanted) -> Result<Side, OrgError> {
    let mut set = ComponentSet::new(Requested::Unknown);
    let mut manifest =
        Manifest { version: Some(org.api_version()), ..wanted.request.companions.clone() };
    let ids: Vec<ComponentId> = wanted.request.components.iter().cloned().collect();
    for ids in ids.chunks(PIECE) {
        let retrieved = piece(org, wanted, ids).await?;
        set.not_observed.extend(retrieved.components.not_observed);
        let is_wanted = |id: &ComponentId| {
            wanted.request.components.contains(id)
                || wanted.request.components.contains(&ComponentId::new(id.type_name.as_str(), "*"))
        };
        set.components.extend(
            retrieved
                .components
                .components
                .into_iter()
                .filter(|(id, component)| is_wanted(id) || is_wanted(&component.id)),
        );
    }
    for id in &wanted.request.components {
        manifest.add(&id.type_name, &id.full_name);
    }
    // What was listed by name is all that the org has of the type.
    for (type_name, _) in wanted.changed.keys().map(|id| (&id.type_name, ())) {
        manifest.add(type_name, "*");
    }
    set.not_observed.extend(wanted.not_observed.clone());
    set.requested = Requested::Manifest(manifest);
    let mut side = Side::of_components(set);
    side.org_id = Some(org.identity().id.clone());
    side.changed = wanted
        .changed
        .iter()
        .filter_map(|(id, (by, at))| Some((id.clone(), changed_by(by.as_deref(), at.as_deref())?)))
        .collect();
    Ok(side)
}

/// Asks who changed components of some types last; what the org does not list is left out.
///
/// # Errors
/// The org cannot be asked at all.
pub async fn who_changed(
    org: &Org,
    types: &BTreeSet<String>,
) -> Result<BTreeMap<ComponentId, String>, OrgError> {
    let types: Vec<String> =
        types.iter().filter(|name| name.as_str() != "Settings").cloned().collect();
    let mut wanted = Wanted::default();
    for type_name in &types {
        match org.list(type_name).await {
            Ok(listed) => {
                for one in listed {
                    let name = layout::canonical_full_name(type_name, &one.id.full_name);
                    wanted.changed.insert(
                        ComponentId::new(type_name.as_str(), name),
                        (one.last_modified_by, one.last_modified_date),
                    );
                }
            }
            Err(error) if error.is_about_one_question() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted
        .changed
        .into_iter()
        .filter_map(|(id, (by, at))| Some((id, changed_by(by.as_deref(), at.as_deref())?)))
        .collect())
}
