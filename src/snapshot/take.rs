//! What is asked of an org for a snapshot, or for a comparison with one; and the snapshot taken
//! piece by piece.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::document::Document;
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::{self, ApiVersion, Kind, MetadataType, SETTINGS, wsdl};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::{ComponentId, ComponentSet, Requested};
use crate::org::retrieve::{RetrieveRequest, Retrieved};
use crate::org::{Listed, Org, OrgError};

use super::selection::{SelectedBy, Selection, has_files, types_of_profiles};
use super::side::{Side, changed_by, unsent};
use super::{Content, ReadError, write};

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
    /// Whether each component of the request goes by its own name, not by that of its app.
    pub by_own_name: bool,
    /// What the org does not list, with its words; `*` is all of a type.
    pub not_observed: BTreeMap<ComponentId, Unseen>,
    /// The types that it could not list for a reason that may pass; also among `not_observed`.
    pub failed: BTreeMap<String, OrgError>,
    /// The types of which the org listed all that it has.
    pub listed: BTreeSet<String>,
    /// Who changed each component last, and when: name and date.
    pub changed: BTreeMap<ComponentId, (Option<String>, Option<String>)>,
    /// What the user asked for.
    pub selection: Selection,
}

impl Wanted {
    /// The manifest by which absence may be judged: what is asked for, and for a type that was
    /// listed, or that could not be, all of it.
    pub fn manifest(&self, version: ApiVersion) -> Manifest {
        let mut manifest = Manifest { version: Some(version), ..self.request.companions.clone() };
        for id in &self.request.components {
            manifest.add(&id.type_name, &id.full_name);
        }
        let unlisted = self.not_observed.keys().filter(|id| id.full_name == "*");
        let types = self.listed.iter().chain(unlisted.map(|id| &id.type_name));
        for type_name in types.filter(|name| *name != SETTINGS) {
            manifest.add(type_name, "*");
        }
        manifest
    }
}

/// Finds out what an org has of some types; profiles come with all the org's objects named.
///
/// # Errors
/// The org cannot be asked, or could not list a type for a reason that may pass. A type that it
/// does not know, or does not show to this user, is *not observed*.
pub async fn of_types(org: &Org, types: &[String]) -> Result<Wanted, OrgError> {
    let wanted = of_selection(org, Selection::of_types(types)).await?;
    match wanted.failed.into_values().next() {
        Some(error) => Err(error),
        None => Ok(Wanted { failed: BTreeMap::new(), ..wanted }),
    }
}

/// Finds out what is to be asked of an org for a selection. A type that it could not list, for
/// whatever reason, is *not observed*.
///
/// # Errors
/// The org cannot be asked.
pub async fn of_selection(org: &Org, selection: Selection) -> Result<Wanted, OrgError> {
    let mut wanted =
        Wanted { by_own_name: selection.by != SelectedBy::Template, ..Wanted::default() };
    wanted.request.by_label = selection.by == SelectedBy::Template;
    for (type_name, members) in &selection.companions {
        for member in members {
            wanted.request.companions.add(type_name, member);
        }
    }
    org.begin("listing what the org has");
    let outcome = list(org, &selection, &mut wanted).await;
    org.end();
    outcome?;
    wanted.selection = selection;
    Ok(wanted)
}

async fn list(org: &Org, selection: &Selection, wanted: &mut Wanted) -> Result<(), OrgError> {
    for (type_name, members) in &selection.components {
        if !has_files(type_name) && selection.companions.contains_key(type_name) {
            // A field, say: a profile shows more for its sake, and it has no file of its own.
            continue;
        }
        let named = members.iter().filter(|member| member.as_str() != "*");
        for member in named {
            let name = canonical_full_name(type_name, member);
            let id = ComponentId::new(type_name.as_str(), name);
            if has_files(type_name) {
                wanted.request.components.insert(id);
            } else {
                wanted.not_observed.insert(id, no_place());
            }
        }
        if members.contains("*") {
            list_type(org, type_name, selection.by, wanted).await?;
        }
    }
    if selection.by == SelectedBy::Types && selection.components.contains_key("Profile") {
        if let Some(listed) = ask(org, "CustomObject", wanted).await? {
            for one in listed {
                wanted.request.companions.add("CustomObject", &one.id.full_name);
            }
        }
        for type_name in COMPANIONS {
            wanted.request.companions.add(type_name, "*");
        }
    }
    Ok(())
}

fn no_place() -> Unseen {
    Unseen::new(UnseenKind::UnknownType, write::NO_PLACE)
}

/// Lists a type; where that cannot be done, all of it is not observed.
async fn ask(
    org: &Org,
    type_name: &str,
    wanted: &mut Wanted,
) -> Result<Option<Vec<Listed>>, OrgError> {
    match org.list(type_name).await {
        Ok(listed) => Ok(Some(listed)),
        Err(error) if error.is_about_one_question() => {
            let why = Unseen::not_readable(format!("the org says: {error}"));
            if !error.is_lasting() {
                wanted.failed.insert(type_name.to_owned(), error);
            }
            wanted.not_observed.insert(ComponentId::new(type_name, "*"), why);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn list_type(
    org: &Org,
    type_name: &str,
    by: SelectedBy,
    wanted: &mut Wanted,
) -> Result<(), OrgError> {
    let all = || ComponentId::new(type_name, "*");
    let Some(listed) = ask(org, type_name, wanted).await? else { return Ok(()) };
    // Of these the org lists what lies in a folder that is named, and none is.
    if wsdl::find(type_name).is_some_and(|told| told.place.nested) {
        let reason = "components of this type lie in folders, which sfsetup does not list: name \
                      each in a manifest";
        wanted.not_observed.insert(all(), Unseen::new(UnseenKind::NotAsked, reason));
        return Ok(());
    }
    if listed.iter().any(|one| write::path_of(&one.id, false).is_none()) && !has_files(type_name) {
        wanted.not_observed.insert(all(), no_place());
        return Ok(());
    }
    wanted.listed.insert(type_name.to_owned());
    for one in listed {
        // In a manifest `*` stands for no standard object (S 3.2).
        if by == SelectedBy::Manifest
            && type_name == "CustomObject"
            && !one.id.full_name.contains("__")
        {
            continue;
        }
        let name = canonical_full_name(type_name, &one.id.full_name);
        let id = ComponentId::new(type_name, name);
        wanted.changed.insert(id.clone(), (one.last_modified_by, one.last_modified_date));
        wanted.request.components.insert(id);
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
    // The parts of an app have other names in another org; there they are asked for by the app.
    for id in side.components.keys().filter(|id| id.type_name.starts_with("ExtlClnt")) {
        let row = registry::find(&id.type_name);
        let owner = row.and_then(|row| row.owner(&side.document(id)?));
        request.components.extend(owner.map(|owner| ComponentId::new(&id.type_name, owner)));
    }
    if let Some(manifest) = &side.manifest {
        let is_compared: BTreeSet<&str> =
            side.components.keys().map(|id| id.type_name.as_str()).collect();
        let is_component = |type_name: &str| match &side.selection {
            Some(selection) => selection.components.contains_key(type_name),
            // Older records do not say what was asked for and what for the sake of profiles.
            None => is_compared.contains(type_name) || DEFAULT_TYPES.contains(&type_name),
        };
        let of_profiles = types_of_profiles();
        for (type_name, members) in &manifest.types {
            for member in members {
                // A profile shows more for the sake of what is compared itself, too (S 3.2).
                if !is_component(type_name) || of_profiles.contains(type_name.as_str()) {
                    request.companions.add(type_name, member);
                }
                if is_component(type_name) && has_files(type_name) {
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

/// Finds out what is to be asked of an org so that it can be held against a baseline: what
/// [`of_baseline`] says, and what the org has by now of all that the baseline's record was asked
/// for, found in the same way.
///
/// # Errors
/// The org cannot be asked.
pub async fn against(org: &Org, side: &Side, request: RetrieveRequest) -> Result<Wanted, OrgError> {
    let is_all = |members: &BTreeSet<String>| members.contains("*");
    let mut wanted = match &side.selection {
        Some(selection) if selection.components.values().any(is_all) => {
            of_selection(org, selection.clone()).await?
        }
        _ => Wanted::default(),
    };
    // The parts of apps are asked for by their apps, too.
    wanted.by_own_name = false;
    wanted.request.by_label = false;
    wanted.request.components.extend(request.components);
    for (type_name, members) in &request.companions.types {
        members.iter().for_each(|member| wanted.request.companions.add(type_name, member));
    }
    // What was listed is asked for by name: `*` passes over some of it (S 3.2).
    let listed = &wanted.listed;
    wanted.request.components.retain(|id| id.full_name != "*" || !listed.contains(&id.type_name));
    Ok(wanted)
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
        by_label: wanted.request.by_label,
        may_be_empty: wanted.request.may_be_empty,
    };
    if wanted.by_own_name {
        org.retrieve_listed(&request).await
    } else {
        org.retrieve(&request).await
    }
}

/// Retrieves all that is wanted and returns it as a side, with who changed what.
///
/// # Errors
/// As [`piece`].
pub async fn side(org: &Org, wanted: &Wanted) -> Result<Side, OrgError> {
    let mut set = ComponentSet::new(Requested::Unknown);
    let mut contents = BTreeMap::new();
    let ids: Vec<ComponentId> = wanted.request.components.iter().cloned().collect();
    for ids in ids.chunks(PIECE) {
        let retrieved = piece(org, wanted, ids).await?;
        contents.extend(retrieved.contents);
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
    set.not_observed.extend(wanted.not_observed.clone());
    // A part of an app may have come under the name of its app.
    let sent: BTreeSet<&ComponentId> = set.components.values().map(|one| &one.id).collect();
    let lost: Vec<ComponentId> = wanted
        .changed
        .keys()
        .filter(|id| wanted.request.components.contains(id) && !sent.contains(id))
        .filter(|id| set.get(id).is_none())
        .filter(|id| !set.not_observed.contains_key(id))
        .cloned()
        .collect();
    set.not_observed.extend(lost.into_iter().map(|id| (id, unsent())));
    set.requested = Requested::Manifest(wanted.manifest(org.api_version()));
    let mut side = Side::of_components(set);
    side.contents = contents
        .into_iter()
        .filter(|(id, _)| side.components.contains_key(id))
        .map(|(id, bytes)| (id, Content::Bytes(bytes.into())))
        .collect();
    side.org_id = Some(org.identity().id.clone());
    side.changed = wanted
        .changed
        .iter()
        .filter_map(|(id, (by, at))| Some((id.clone(), changed_by(by.as_deref(), at.as_deref())?)))
        .collect();
    Ok(side)
}

/// What an org lists of some types.
#[derive(Debug, Default)]
pub struct Changes {
    /// Who changed each component last, and when, where the org says it.
    pub last: BTreeMap<ComponentId, Option<String>>,
    /// Types that the org did not list, with its words: which of their components there are is not
    /// known.
    pub unlisted: BTreeMap<String, OrgError>,
}

/// Asks who changed components of some types last.
///
/// # Errors
/// The org cannot be asked at all.
pub async fn who_changed(org: &Org, types: &BTreeSet<String>) -> Result<Changes, OrgError> {
    let mut changes = Changes::default();
    for type_name in types.iter().filter(|name| name.as_str() != "Settings") {
        match org.list(type_name).await {
            Ok(listed) => {
                for one in listed {
                    let name = canonical_full_name(type_name, &one.id.full_name);
                    let by = changed_by(
                        one.last_modified_by.as_deref(),
                        one.last_modified_date.as_deref(),
                    );
                    changes.last.insert(ComponentId::new(type_name.as_str(), name), by);
                }
            }
            Err(error) if error.is_about_one_question() => {
                changes.unlisted.insert(type_name.clone(), error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(changes)
}
