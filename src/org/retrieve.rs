//! What is asked of an org so that each want can be answered, and what it means when something does
//! not come.
//!
//! A member that is not there is missing; one that cannot be read is not observed, with the org's
//! words. One bad member must not hide the rest.

mod apps;
mod bisect;
mod job;
pub(super) mod labels;
mod parts;
mod tooling;

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::document::Document;
use crate::metadata::full_name::{canonical_full_name, member_name};
use crate::metadata::layout;
use crate::metadata::manifest::Manifest;
use crate::metadata::unseen::{UNSENT, Unseen, UnseenKind};
use crate::metadata::{Component, ComponentId, ComponentSet, Requested};
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::users::view_setup;
use crate::org::words::Words;
use crate::org::{Event, Org};

/// What is wanted of an org.
#[derive(Clone, Debug, Default)]
pub struct RetrieveRequest {
    /// The components. A part of an external client app (`ExtlClnt*`) may be named by its app (S
    /// 2.1); `*` stands for all of a type.
    pub components: BTreeSet<ComponentId>,
    /// What must be asked for along with them so that a profile is whole (S 3.2).
    pub companions: Manifest,
    /// Whether an app may be named by its label, as a person does who fills a template in; what
    /// comes from files goes by its own name.
    pub by_label: bool,
    /// Whether it is an answer that the org gives none of what is wanted and says why of each: else
    /// that is an error, as is a retrieve that fails.
    pub may_be_empty: bool,
}

/// What came.
#[derive(Debug)]
pub struct Retrieved {
    /// The components, what was asked for, and what could not be read.
    pub components: ComponentSet,
    /// What stands beside the XML of components whose content is no XML, such as a class's source;
    /// each by its own name. None of them is among the components without its content.
    pub contents: BTreeMap<ComponentId, Vec<u8>>,
    /// What the org said about single components.
    pub messages: Vec<String>,
}

impl Org {
    /// Retrieves components.
    ///
    /// # Errors
    /// The org cannot be asked, sent something unsafe or damaged, or nothing of what was asked for
    /// could be read.
    pub async fn retrieve(&self, request: &RetrieveRequest) -> Result<Retrieved, OrgError> {
        self.wire.tell(Event::Started { what: format!("retrieving from {}", self.identity.name) });
        let retrieved = self.retrieve_all(request).await;
        self.wire.tell(Event::Finished);
        retrieved
    }

    /// Retrieves components that are all named by their own names, as a list of the org's gives
    /// them; parts of external client apps too, which then need not be listed.
    ///
    /// # Errors
    /// The org cannot be asked, or sent something unsafe or damaged. That nothing could be read is
    /// told by what is not observed.
    pub async fn retrieve_listed(&self, request: &RetrieveRequest) -> Result<Retrieved, OrgError> {
        self.wire.tell(Event::Started { what: format!("retrieving from {}", self.identity.name) });
        let retrieved = self.retrieve_named(request, None, BTreeMap::new()).await;
        self.wire.tell(Event::Finished);
        match retrieved {
            Err(error) if error.kind == OrgErrorKind::Unsupported => {
                tooling::retrieve(self, request, &error).await
            }
            outcome => outcome,
        }
    }

    /// Retrieves without telling of it as a piece of work of its own.
    pub(super) async fn retrieve_all(
        &self,
        request: &RetrieveRequest,
    ) -> Result<Retrieved, OrgError> {
        match self.retrieve_by_soap(request).await {
            Err(error) if error.kind == OrgErrorKind::Unsupported => {
                tooling::retrieve(self, request, &error).await
            }
            outcome => outcome,
        }
    }

    async fn retrieve_by_soap(&self, request: &RetrieveRequest) -> Result<Retrieved, OrgError> {
        let mut not_observed = BTreeMap::new();
        let listed = parts::list(self, &request.components, &mut not_observed).await?;
        self.retrieve_named(request, Some(listed), not_observed).await
    }

    /// Retrieves, with the names of the parts of external client apps by type, or with none where
    /// all that is wanted goes by its own name; and with what is known already not to be readable.
    async fn retrieve_named(
        &self,
        request: &RetrieveRequest,
        parts: Option<BTreeMap<String, Vec<String>>>,
        mut not_observed: BTreeMap<ComponentId, Unseen>,
    ) -> Result<Retrieved, OrgError> {
        let may_be_empty = parts.is_none();
        let listed = parts.unwrap_or_default();
        let mut asked = BTreeSet::new();
        for id in &request.components {
            if not_observed.contains_key(id) {
                continue;
            }
            match listed.get(&id.type_name) {
                Some(names) => {
                    asked.extend(names.iter().map(|name| ComponentId::new(&id.type_name, name)))
                }
                None => asked.extend(names_in_org(id)),
            }
        }
        let mut result = bisect::retrieve(self, asked, &request.companions).await?;
        let mut set = ComponentSet::new(Requested::Unknown);
        let contents = contents(&mut result.files);
        for (file, bytes) in result.files {
            let Some(id) = layout::component_of(&file) else {
                continue;
            };
            // In this format only XML that stands beside a content is called so.
            if file.ends_with("-meta.xml") && !contents.contains_key(&id) {
                let why = Unseen::not_readable("the org sent it without its content");
                not_observed.insert(id, why);
                continue;
            }
            match Document::parse(bytes) {
                Ok(document) => {
                    set.insert(Component { id, document, file });
                }
                // No right and no second try helps with it: whoever looks is told of the file.
                Err(error) => {
                    let (at, kind) = (error.position, error.kind);
                    let words = format!(
                        "its file cannot be read: {file}:{}:{}: {kind}",
                        at.line, at.column
                    );
                    not_observed.insert(id, Unseen::new(UnseenKind::Damaged, words));
                }
            }
        }
        let mut without_word: BTreeSet<ComponentId> = result.bad.keys().cloned().collect();
        let bad = result.bad.into_iter().map(|(id, words)| (id, Unseen::not_readable(words)));
        not_observed.extend(bad);
        let mut retrieved = Retrieved { components: set, contents, messages: result.messages };
        let unread_parts = parts::name_by_app(&request.components, &listed, &mut retrieved);
        name_as_asked(&request.components, &mut retrieved);
        // A part that is named by its own name too may have come under its app's.
        let came: BTreeSet<ComponentId> =
            retrieved.components.components.values().map(|one| one.id.clone()).collect();
        let absent: Vec<ComponentId> = request
            .components
            .iter()
            .filter(|id| id.full_name != "*" && !came.contains(*id))
            .filter(|id| retrieved.components.get(id).is_none())
            .filter(|id| !not_observed.contains_key(*id))
            .cloned()
            .collect();
        let mut missing = Vec::new();
        for id in absent {
            let is_listed_type = listed.contains_key(&id.type_name);
            if let Some(part) = unread_parts.get(&id.type_name) {
                let part = ComponentId::new(&id.type_name, part);
                let why = not_observed.get(&part).map_or(UNSENT, |unseen| &unseen.words);
                let reason = format!("{part} could not be read, and may belong to it: {why}");
                not_observed.insert(id, Unseen::not_readable(reason));
                continue;
            }
            match explain(&id, &retrieved.messages) {
                // Its type was listed, and no part of it names the app.
                _ if is_listed_type => missing.push(id),
                Absence::Missing => missing.push(id),
                Absence::Said(reason) => {
                    not_observed.insert(id, Unseen::not_readable(reason));
                }
                Absence::Silent => {
                    without_word.insert(id.clone());
                    let words = "the org sent neither the component nor a word about it";
                    not_observed.insert(id, Unseen::not_readable(words));
                }
            }
        }
        if let Some(reason) = self.hides_types(&missing).await? {
            let hideable =
                |id: &ComponentId| TYPES_THAT_NEED_VIEW_SETUP.contains(&id.type_name.as_str());
            let (hidden, known): (Vec<_>, Vec<_>) = missing.into_iter().partition(hideable);
            let why = Unseen::new(UnseenKind::NoRight, reason);
            not_observed.extend(hidden.into_iter().map(|id| (id, why.clone())));
            missing = known;
        }
        // A companion that could not be read leaves its entries of a profile unread too.
        for (type_name, members) in &request.companions.types {
            for id in members.iter().map(|member| ComponentId::new(type_name, member)) {
                if retrieved.components.get(&id).is_none() && !not_observed.contains_key(&id) {
                    match explain(&id, &retrieved.messages) {
                        Absence::Said(reason) => {
                            not_observed.insert(id, Unseen::not_readable(reason));
                        }
                        // What is not there grants nothing, and nothing can be granted on it:
                        // neither true nor false is an answer. A standard object without a file of
                        // its own is in the org all the same.
                        Absence::Missing if id.full_name.contains("__") => {
                            let reason =
                                format!("this org has no {id}, or does not show it to this user");
                            not_observed.insert(id, Unseen::not_readable(reason));
                        }
                        Absence::Missing | Absence::Silent => {}
                    }
                }
            }
        }
        // Objects, fields, tabs, layouts and record types of profiles are shown only to who has
        // View Setup and Configuration (S 3.2).
        let asks_for_parts = request
            .companions
            .types
            .keys()
            .any(|name| HIDDEN_WITHOUT_VIEW_SETUP.contains(&name.as_str()));
        let hidden = if asks_for_parts {
            self.hides_profile_parts(&retrieved.components).await?
        } else {
            None
        };
        if let Some(reason) = hidden {
            let why = Unseen::new(UnseenKind::NoRight, reason);
            for (type_name, members) in &request.companions.types {
                if HIDDEN_WITHOUT_VIEW_SETUP.contains(&type_name.as_str()) {
                    not_observed.extend(
                        members
                            .iter()
                            .map(|member| (ComponentId::new(type_name, member), why.clone())),
                    );
                }
            }
        }
        let (mut named, shown) = (Vec::new(), &mut retrieved.components.shown);
        not_observed.extend(apps::owned_elsewhere(self, &missing, shown, &mut named).await?);
        if request.by_label {
            not_observed.extend(labels::external(self, &missing, &mut named).await?);
            not_observed.extend(labels::take(self, named, &mut retrieved).await?);
        }
        // A page of "not observed" would look like an answer.
        let unread = request.components.iter().find_map(|id| Some((id, not_observed.get(id)?)));
        let is_said =
            |id: &ComponentId| names_in_org(id).iter().all(|id| !without_word.contains(id));
        let is_all_said = request.may_be_empty && request.components.iter().all(is_said);
        if !(may_be_empty || is_all_said)
            && request.components.iter().all(|id| retrieved.components.get(id).is_none())
            && missing.is_empty()
            && let Some((id, reason)) = unread
        {
            return Err(OrgError::new(
                OrgErrorKind::Refused,
                format!("nothing of what was asked for could be read; {id}: {reason}"),
            ));
        }
        let manifest = self.asked_for(request, &retrieved.components);
        retrieved.components.requested = Requested::Manifest(manifest);
        retrieved.components.not_observed = not_observed;
        Ok(retrieved)
    }

    /// Says why the parts of profiles that need View Setup and Configuration are not to be read,
    /// where they are not. Only profiles that show none of them are a reason to ask.
    async fn hides_profile_parts(
        &self,
        components: &ComponentSet,
    ) -> Result<Option<String>, OrgError> {
        let mut profiles = components.of_type("Profile").peekable();
        let has_such = |component: &Component| {
            let root = component.document.root();
            root.children().any(|child| PARTS_THAT_NEED_VIEW_SETUP.contains(&child.name()))
        };
        if profiles.peek().is_none() || profiles.any(has_such) {
            return Ok(None);
        }
        self.hides("this part of profiles", "the profiles show no object, field or tab").await
    }

    /// Says why components that need View Setup and Configuration are not to be read, where they
    /// are not.
    async fn hides_types(&self, missing: &[ComponentId]) -> Result<Option<String>, OrgError> {
        let hideable = |id: &&ComponentId| TYPES_THAT_NEED_VIEW_SETUP.contains(&&*id.type_name);
        match missing.iter().find(hideable) {
            Some(id) => self.hides("this type", &format!("the org shows no {id}")).await,
            None => Ok(None),
        }
    }

    /// Says why `what` may be hidden from us, of which nothing is shown, as `sight` says.
    async fn hides(&self, what: &str, sight: &str) -> Result<Option<String>, OrgError> {
        // What is hidden looks like what is not there: where nobody says that the caller sees it,
        // it is not observed.
        let user = match self.user().await {
            Ok(user) => user,
            // Every org has this address (S 6.9): what lacks it is none, and hides nothing.
            Err(error) if error.code.as_deref() == Some("NOT_FOUND") => return Ok(None),
            Err(error) if is_refused_for_good(&error) => {
                return Ok(Some(format!(
                    "{sight}, and whether the org hides {what} cannot be told, since it does not \
                     say whom we are signed in as: {error}"
                )));
            }
            Err(error) => return Err(error),
        };
        view_setup(self, &user.username, what, sight).await
    }

    /// The manifest that absence may be judged by; what could not be read is told apart by
    /// `not_observed`.
    fn asked_for(&self, request: &RetrieveRequest, found: &ComponentSet) -> Manifest {
        let mut manifest = request.companions.clone();
        manifest.version = Some(self.api_version());
        for id in &request.components {
            manifest.add(&id.type_name, &id.full_name);
            if let Some(own) = found.called(id) {
                manifest.add(&own.type_name, &own.full_name);
            }
        }
        manifest
    }
}

/// Says whether the org will not say whom a session is of: one whose scopes do not allow it gets a
/// page of two words with 403.
fn is_refused_for_good(error: &OrgError) -> bool {
    match error.kind {
        OrgErrorKind::Unexpected => error.message.starts_with("HTTP 4"),
        _ => error.is_about_one_question() && error.code.as_deref() != Some("UNKNOWN_EXCEPTION"),
    }
}

/// Takes out of the files what stands beside an XML of its own: `classes/A.cls` beside
/// `classes/A.cls-meta.xml`.
fn contents(files: &mut BTreeMap<String, Vec<u8>>) -> BTreeMap<ComponentId, Vec<u8>> {
    let found: Vec<(ComponentId, String)> = files
        .keys()
        .filter_map(|xml| Some((layout::component_of(xml)?, xml.strip_suffix("-meta.xml")?)))
        .filter(|(_, name)| layout::component_of(name).is_none() && files.contains_key(*name))
        .map(|(id, name)| (id, name.to_owned()))
        .collect();
    found.into_iter().filter_map(|(id, name)| Some((id, files.remove(&name)?))).collect()
}

/// What of a profile only a caller with View Setup and Configuration sees (S 3.2).
const PARTS_THAT_NEED_VIEW_SETUP: &[&str] = &[
    "fieldPermissions",
    "layoutAssignments",
    "objectPermissions",
    "recordTypeVisibilities",
    "tabVisibilities",
];
/// Types whose components only such a caller gets at (S 4.6).
const TYPES_THAT_NEED_VIEW_SETUP: &[&str] = &["NamedCredential"];
/// The companions of those parts.
const HIDDEN_WITHOUT_VIEW_SETUP: &[&str] =
    &["CustomField", "CustomObject", "CustomTab", "Layout", "RecordType"];

/// The names by which a component is asked for: the API's own for a profile that is named as Setup
/// shows it (S 3.3).
fn names_in_org(id: &ComponentId) -> Vec<ComponentId> {
    let name = canonical_full_name(&id.type_name, &id.full_name);
    let mut names = vec![ComponentId::new(&id.type_name, name.as_str())];
    // Older orgs have the one, newer orgs the other (S 3.3); a member that is not there does no
    // harm.
    if id.type_name == "Profile" && matches!(name.as_str(), "ReadOnly" | "Read Only") {
        names = ["ReadOnly", "Read Only"].map(|name| ComponentId::new("Profile", name)).to_vec();
    }
    names
}

/// Puts components that came under the API's name under the name that they were asked for by.
fn name_as_asked(wanted: &BTreeSet<ComponentId>, retrieved: &mut Retrieved) {
    let set = &mut retrieved.components;
    for id in wanted {
        if id.full_name == "*" || set.get(id).is_some() {
            continue;
        }
        for name in names_in_org(id) {
            if let Some(component) = set.components.remove(&name) {
                set.components.insert(id.clone(), component);
                break;
            }
        }
    }
}

enum Absence {
    /// It is not in the org.
    Missing,
    /// The org gives a reason.
    Said(String),
    /// The org says nothing.
    Silent,
}

/// Reads from the org's messages why a component did not come.
fn explain(id: &ComponentId, messages: &[String]) -> Absence {
    let names: Vec<String> = names_in_org(id)
        .into_iter()
        .flat_map(|id| {
            let member = member_name(&id.type_name, &id.full_name);
            [id.full_name, member]
        })
        .map(|name| format!("'{name}'"))
        .collect();
    let type_name = format!("'{}'", id.type_name);
    // Another type may have a component of the same name.
    let names_it = |message: &&String| {
        let is_of_another = Words::OneComponent.are_in(message) && !message.contains(&type_name);
        !is_of_another && names.iter().any(|name| message.contains(name.as_str()))
    };
    let about_it = messages.iter().filter(names_it);
    for message in about_it.clone() {
        if Words::NotFound.are_in(message) && message.contains(&type_name) {
            return Absence::Missing;
        }
    }
    let about_its_type = messages
        .iter()
        .filter(|message| message.contains(&type_name) && !Words::OneComponent.are_in(message));
    match about_it.chain(about_its_type).next() {
        Some(message) => Absence::Said(format!("the org says: {message}")),
        None => Absence::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_explained_by_the_orgs_words() {
        let messages = [
            "Entity of type 'Profile' named 'Sales' cannot be found",
            "Entity of type 'Document' named 'ConnectedApp_Resources/logo' cannot be found",
            "Entity type: 'ExternalClientApplication' is unknown",
        ]
        .map(str::to_owned);
        let explained =
            |type_name: &str, name: &str| explain(&ComponentId::new(type_name, name), &messages);
        assert!(matches!(explained("Profile", "Sales"), Absence::Missing));
        assert!(matches!(explained("PermissionSet", "Sales"), Absence::Silent));
        // What is said of all of a type goes before what is said of another's component.
        match explained("ExternalClientApplication", "Sales") {
            Absence::Said(reason) => assert!(reason.contains("is unknown"), "{reason}"),
            Absence::Missing | Absence::Silent => panic!("an unknown type is no missing component"),
        }
        assert!(matches!(explained("PermissionSet", "Other"), Absence::Silent));
        match explained("ExternalClientApplication", "Acme") {
            Absence::Said(reason) => assert!(reason.contains("is unknown"), "{reason}"),
            Absence::Missing | Absence::Silent => panic!("an unknown type is no missing component"),
        }
    }
}
