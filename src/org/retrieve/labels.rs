//! Apps that a person names by their label: all apps of the org's own are read, for the label
//! stands in an app's file and nothing else tells whose it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{RetrieveRequest, Retrieved, bisect};
use crate::metadata::document::Document;
use crate::metadata::labels::{EXTERNAL_APP, app_type, bearer};
use crate::metadata::layout;
use crate::metadata::manifest::Manifest;
use crate::metadata::unseen::Unseen;
use crate::metadata::{Component, ComponentId, ComponentSet};
use crate::org::Org;
use crate::org::error::OrgError;

/// What was asked for by an app's label.
pub(super) struct Named {
    /// As it was asked for.
    pub(super) asked: ComponentId,
    /// The app, as it was read when its label was looked for.
    pub(super) app: Component,
}

/// Which app bears a label, by the label.
type Bearers = BTreeMap<String, Result<Component, Unseen>>;

/// Lists the org's own apps of a type, and finds out which of them bear labels.
pub(super) async fn bearers(
    org: &Org,
    kind: &str,
    labels: &BTreeSet<&str>,
) -> Result<Bearers, OrgError> {
    if labels.is_empty() {
        return Ok(BTreeMap::new());
    }
    let unseen = |label: &&str, why: &OrgError| {
        let words = format!("whether an app has the label `{label}` cannot be seen: {why}");
        ((*label).to_owned(), Err(Unseen::not_readable(words)))
    };
    match org.list(kind).await {
        Ok(listed) => {
            bearers_among(org, listed.into_iter().map(|one| one.id).collect(), labels).await
        }
        Err(error) if error.is_about_one_question() => {
            Ok(labels.iter().map(|label| unseen(label, &error)).collect())
        }
        Err(error) => Err(error),
    }
}

/// Finds out which of apps, all that the org has of a type, bear labels; a label that none bears,
/// or that is an app's name, is not among the answers.
pub(in crate::org) async fn bearers_among(
    org: &Org,
    own: BTreeSet<ComponentId>,
    labels: &BTreeSet<&str>,
) -> Result<Bearers, OrgError> {
    let is_name = |label: &str| own.iter().any(|id| id.full_name == label);
    let labels: Vec<&str> = labels.iter().copied().filter(|label| !is_name(label)).collect();
    if labels.is_empty() || own.is_empty() {
        return Ok(BTreeMap::new());
    }
    let result = bisect::retrieve(org, own.clone(), &Manifest::default()).await?;
    let mut apps = ComponentSet::default();
    for (file, bytes) in result.files {
        if let (Some(id), Ok(document)) = (layout::component_of(&file), Document::parse(bytes)) {
            apps.insert(Component { id, document, file });
        }
    }
    let unread = own.iter().find(|id| apps.get(id).is_none());
    let mut found = BTreeMap::new();
    for label in labels {
        let answer = match (bearer(apps.components.values(), label), unread) {
            (Ok(Some(id)), _) => {
                let app = apps.components.get(&id).cloned();
                app.ok_or_else(|| Unseen::not_readable(format!("{id} could not be read")))
            }
            (Err(unseen), _) => Err(unseen),
            (Ok(None), None) => continue,
            (Ok(None), Some(unread)) => Err(Unseen::not_readable(format!(
                "no app that could be read has the name or label `{label}`; {unread} could not be \
                 read, and may be it"
            ))),
        };
        found.insert(label.to_owned(), answer);
    }
    Ok(found)
}

/// Looks for the external client apps whose label stands where what is missing has an app's name.
pub(super) async fn external(
    org: &Org,
    missing: &[ComponentId],
    named: &mut Vec<Named>,
) -> Result<BTreeMap<ComponentId, Unseen>, OrgError> {
    let of_apps = || missing.iter().filter(|id| app_type(&id.type_name) == Some(EXTERNAL_APP));
    let labels: BTreeSet<&str> = of_apps().map(|id| id.full_name.as_str()).collect();
    let found = bearers(org, EXTERNAL_APP, &labels).await?;
    let mut reasons = BTreeMap::new();
    for id in of_apps() {
        match found.get(&id.full_name) {
            Some(Ok(app)) => named.push(Named { asked: id.clone(), app: app.clone() }),
            Some(Err(unseen)) => _ = reasons.insert(id.clone(), unseen.clone()),
            None => {}
        }
    }
    Ok(reasons)
}

/// Reads what was named by an app's label, as if the app's API name had been said.
///
/// Returns what could not be read, with the reason.
pub(super) async fn take(
    org: &Org,
    named: Vec<Named>,
    retrieved: &mut Retrieved,
) -> Result<BTreeMap<ComponentId, Unseen>, OrgError> {
    if named.is_empty() {
        return Ok(BTreeMap::new());
    }
    let own_of =
        |one: &Named| ComponentId::new(one.asked.type_name.as_str(), one.app.id.full_name.as_str());
    // The apps themselves were read.
    let components: BTreeSet<ComponentId> =
        named.iter().filter(|one| own_of(one) != one.app.id).map(own_of).collect();
    let (mut own, mut refusal) = (ComponentSet::default(), None);
    if !components.is_empty() {
        let request = RetrieveRequest { components, ..RetrieveRequest::default() };
        match Box::pin(org.retrieve_all(&request)).await {
            Ok(read) => own = read.components,
            Err(error) if error.is_about_one_question() => refusal = Some(error),
            Err(error) => return Err(error),
        }
    }
    let mut unread = BTreeMap::new();
    let set = &mut retrieved.components;
    for one in named {
        let id = own_of(&one);
        let kind = one.app.id.type_name.as_str();
        let by_label = ComponentId::new(kind, one.asked.full_name.as_str());
        set.labels.insert(by_label, one.app.id.clone());
        if id == one.app.id {
            set.components.insert(id, one.app);
        } else if let Some(component) = own.get(&id) {
            set.components.insert(id, component.clone());
        } else if let Some(unseen) = own.not_observed.get(&id) {
            unread.insert(one.asked, unseen.clone());
        } else if let Some(refusal) = &refusal {
            unread.insert(one.asked, Unseen::not_readable(format!("the org says: {refusal}")));
        }
    }
    Ok(unread)
}
