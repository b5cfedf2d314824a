//! What an org is asked before a plan is made, before it is sent, and after it was carried out.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::assignable::OrgLimits;
use crate::metadata::document::Document;
use crate::metadata::fact::{Fact, FactAnswer, FactValues};
use crate::metadata::manifest::Manifest;
use crate::metadata::names::{Lacked, Name};
use crate::metadata::path::FieldPath;
use crate::metadata::permission::{Dependency, Permission, come_along, masters};
use crate::metadata::registry::nearest::is_slip;
use crate::metadata::registry::{self, MetadataType};
use crate::metadata::settings::settings;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet, Requested, why_unread};
use crate::org::retrieve::{RetrieveRequest, Retrieved};
use crate::org::{Org, OrgError, OrgErrorKind, Values};
use crate::plan::assignment::may_be_given;
use crate::plan::before_image::{Image, standings};
use crate::plan::{self, Plan};
use crate::template::needs::{Needs, needs};
use crate::template::{ExpandedStep, matched};

use super::validation::is_one_of;

/// What an org holds, as far as a template's steps ask.
#[derive(Debug)]
pub struct Examined {
    /// The components.
    pub components: ComponentSet,
    /// The facts.
    pub facts: FactValues,
    /// The org's own graph of permissions, with what objects need of their masters; empty where it
    /// was not asked for.
    pub graph: Vec<Dependency>,
    /// What the org said about single components.
    pub messages: Vec<String>,
    /// What it was found not to take; as far as a change needs it.
    pub limits: OrgLimits,
}

/// Looks up what the values of parameters name, before anything else is asked; `is_given` says of a
/// name whether a value gives it. Returns what is known by it, and what is to be told at once, a
/// sentence each: what steps make is told only where it is nearly there.
///
/// # Errors
/// The org cannot be asked any more.
pub(crate) async fn look_up(
    org: &Org,
    steps: &[ExpandedStep<'_>],
    is_given: &dyn Fn(&Name) -> Vec<String>,
) -> Result<(Values, Vec<String>), OrgError> {
    let Needs { names, users, .. } = needs(steps);
    let given: BTreeSet<Name> =
        names.into_iter().filter(|name| !is_given(name).is_empty()).collect();
    let values = org.values(&given, &users.keys().map(String::as_str).collect()).await?;
    let is_made = |name: &Name| {
        let made = steps.iter().flat_map(|step| &step.create);
        made.into_iter().any(|create| name == &Name::Component(create.id.clone()))
    };
    let is_near = |lacked: &Lacked| {
        let near = lacked.nearest.as_deref();
        lacked.is_label || near.is_some_and(|near| is_slip(lacked.name.text(), near))
    };
    let lacked = values.names().all_lacked();
    let told = lacked
        .filter(|lacked| !is_made(&lacked.name) || is_near(lacked))
        .map(|lacked| Lacked { parameters: is_given(&lacked.name), ..lacked.clone() }.to_string());
    let unknown = values.unknown_users().iter().map(|(user, words)| {
        let named_by = users.get(user).into_iter().flatten();
        let named_by: Vec<String> = named_by.map(|name| format!("`{name}`")).collect();
        match named_by.as_slice() {
            [] => words.clone(),
            [one] => format!("the parameter {one}: {words}"),
            several => format!("the parameters {}: {words}", several.join(", ")),
        }
    });
    let told = told.chain(unknown).collect();
    Ok((values, told))
}

/// Asks an org for all that steps need. With `to_change` also for what decides which permissions
/// must come along (S 3.6). After a plan was carried out `done` is that plan: what it changed
/// beyond the steps, such as what a permission needs, is to be seen too (S 3.2). What is known of
/// parameters' values already is not asked again.
///
/// # Errors
/// The org cannot be asked.
pub(crate) async fn examine(
    org: &Org,
    steps: &[ExpandedStep<'_>],
    to_change: bool,
    done: Option<&Plan<'_>>,
    values: &Values,
) -> Result<Examined, OrgError> {
    let mut needs = needs(steps);
    let matches = org.matches(&needs.patterns).await?;
    for want in matched(steps, &matches) {
        needs.want(&want);
    }
    let mut request = RetrieveRequest {
        components: needs.components.clone(),
        companions: needs.companions.clone(),
        by_label: true,
        may_be_empty: true,
    };
    let (mut graph, mut wanted) = (Vec::new(), Vec::new());
    if to_change {
        wanted = plan::permissions_wanted(steps, &matches);
        graph = org.permission_graph(&wanted).await?;
        for id in plan::companions(&wanted, &graph) {
            request.companions.add(&id.type_name, &id.full_name);
        }
    }
    if let Some(plan) = done {
        let (paths, held) = touched(plan);
        add_companions(&mut request, paths, held);
    }
    // Neither waits for the other: the org puts the retrieve together while it answers for the
    // facts.
    let (mut retrieved, facts) = futures::try_join!(
        retrieved(org, &request, &needs),
        org.facts_beside(&needs.facts, values)
    )?;
    if to_change {
        retrieved = with_masters(org, &mut request, retrieved, &wanted, &mut graph).await?;
    }
    let mut components = retrieved.components;
    let mut names = needs.names.clone();
    names.retain(|name| is_in_doubt(name, &needs, &components, &facts));
    components.names = org.names(&names, &components, values).await?.with_matches_of(&matches);
    let limits = match to_change && done.is_none() {
        true => limits(org, steps, &needs, &facts, &graph).await?,
        false => OrgLimits::default(),
    };
    Ok(Examined { components, facts, graph, messages: retrieved.messages, limits })
}

/// Asks what an org does not take, as far as the steps may lead to it.
async fn limits(
    org: &Org,
    steps: &[ExpandedStep<'_>],
    needs: &Needs,
    facts: &FactValues,
    graph: &[Dependency],
) -> Result<OrgLimits, OrgError> {
    let mut limits = org.limits(&may_be_given(&needs.facts, facts, steps)).await?;
    limits.namespace = org.own_namespace().map(str::to_owned);
    let grants = |id: &ComponentId| registry::find(&id.type_name).is_some_and(|row| row.odd.grants);
    if needs.components.iter().any(grants) {
        let along = come_along(graph);
        let along: Vec<&str> = along.iter().map(String::as_str).collect();
        limits.lacking = match org.unknown_permissions(&along).await {
            Ok(unknown) => unknown.into_iter().collect(),
            Err(error) if error.is_about_one_question() => BTreeSet::new(),
            Err(error) => return Err(error),
        };
    }
    Ok(limits)
}

/// Retrieves what steps need. Where facts alone ask for components, a caller who may not retrieve
/// is no reason not to answer the facts.
async fn retrieved(
    org: &Org,
    request: &RetrieveRequest,
    needs: &Needs,
) -> Result<Retrieved, OrgError> {
    let is_by_facts = needs.assigned == needs.components && request.companions.types.is_empty();
    match org.retrieve(request).await {
        Err(error) if is_by_facts && error.is_lasting() => {
            let mut components = ComponentSet::new(Requested::Manifest(Manifest::default()));
            let unread = |id: &ComponentId| {
                (id.clone(), Unseen::new(UnseenKind::NoRight, format!("the org says: {error}")))
            };
            components.not_observed = needs.assigned.iter().map(unread).collect();
            Ok(Retrieved { components, contents: BTreeMap::new(), messages: Vec::new() })
        }
        outcome => outcome,
    }
}

/// Which object is a detail of which is seen in its file, and a profile shows what it grants on the
/// master only where that is asked for too; the master may be a detail itself.
async fn with_masters(
    org: &Org,
    request: &mut RetrieveRequest,
    mut retrieved: Retrieved,
    wanted: &[Permission],
    graph: &mut Vec<Dependency>,
) -> Result<Retrieved, OrgError> {
    loop {
        for row in masters(&retrieved.components) {
            if !graph.contains(&row) {
                graph.push(row);
            }
        }
        let is_new = |id: &ComponentId| !request.companions.covers(&id.type_name, &id.full_name);
        let new: Vec<_> = plan::companions(wanted, graph).into_iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(retrieved);
        }
        for id in new {
            request.companions.add(&id.type_name, &id.full_name);
        }
        retrieved = org.retrieve(request).await?;
    }
}

/// Says whether it is still open that the org has a name: a component that could not be read is
/// neither there nor lacking, and a licence of which a seat is free is there.
fn is_in_doubt(
    name: &Name,
    needs: &Needs,
    components: &ComponentSet,
    answers: &FactValues,
) -> bool {
    match name {
        // Whether a set is there that a fact speaks of is to be said all the same.
        Name::Component(id) => {
            !needs.components.contains(id)
                || needs.assigned.contains(id)
                || why_unread(&components.not_observed, id).is_none()
        }
        Name::Licence(licence) => !needs.facts.iter().any(|(fact, of)| {
            let is_it = matches!(fact, Fact::Seats(one) if one == licence);
            let answer = answers.get(fact, of.as_deref());
            is_it && !matches!(answer, FactAnswer::Known(Value::Number(..=0)))
        }),
        Name::Permission(_) | Name::ObjectAccess(_) | Name::FieldAccess(_) | Name::Edition(_) => {
            true
        }
    }
}

/// Asks an org once more for the components of a plan, with what makes the changed parts of
/// profiles visible (S 3.2).
///
/// # Errors
/// The org cannot be asked.
pub async fn read_again(org: &Org, plan: &Plan<'_>) -> Result<ComponentSet, OrgError> {
    let ids = plan.targets.iter().map(|target| &target.id);
    let (paths, held) = touched(plan);
    retrieve(org, ids, paths, held).await
}

/// What a plan changes: the paths, and the documents of which all is to be seen, since they are
/// made or deleted.
fn touched<'p>(
    plan: &'p Plan<'_>,
) -> (
    impl Iterator<Item = (&'p ComponentId, &'p FieldPath)>,
    impl Iterator<Item = (&'p ComponentId, &'p Document)>,
) {
    let paths = plan.changes.iter().filter_map(|change| Some((&change.id, change.path.as_ref()?)));
    let held = plan.targets.iter().filter_map(|target| match (&target.before, &target.after) {
        (Some(whole), None) | (None, Some(whole)) => Some((&target.id, whole)),
        _ => None,
    });
    (paths, held)
}

/// Refuses a look in which a component could not be read: it is neither there nor gone, and nothing
/// may be said of it, or done to it, on that ground.
///
/// # Errors
/// Which could not be read, and why.
pub fn all_read<'c>(
    set: &ComponentSet,
    ids: impl Iterator<Item = &'c ComponentId>,
) -> Result<(), OrgError> {
    let unread = |id: &ComponentId| {
        why_unread(&set.not_observed, id).map(|why| format!("{id} could not be read: {why}"))
    };
    let unread: Vec<String> = ids.filter_map(unread).collect();
    if unread.is_empty() {
        return Ok(());
    }
    Err(OrgError::new(OrgErrorKind::Damaged, unread.join("; ")))
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
    let ids = images.iter().map(|image| &image.id);
    retrieve(org, ids, changed, held).await
}

/// Retrieves components, with the companions of paths in them, and of all that some hold; each must
/// be read.
async fn retrieve<'c>(
    org: &Org,
    ids: impl Iterator<Item = &'c ComponentId> + Clone,
    paths: impl Iterator<Item = (&'c ComponentId, &'c FieldPath)>,
    held: impl Iterator<Item = (&'c ComponentId, &'c Document)>,
) -> Result<ComponentSet, OrgError> {
    let mut request =
        RetrieveRequest { components: ids.clone().cloned().collect(), ..Default::default() };
    add_companions(&mut request, paths, held);
    if request.components.is_empty() {
        return Ok(ComponentSet::new(Requested::Unknown));
    }
    let set = org.retrieve(&request).await?.components;
    all_read(&set, ids)?;
    Ok(set)
}

/// Adds what must be asked for so that paths, and all that some documents hold, are seen.
fn add_companions<'c>(
    request: &mut RetrieveRequest,
    paths: impl Iterator<Item = (&'c ComponentId, &'c FieldPath)>,
    held: impl Iterator<Item = (&'c ComponentId, &'c Document)>,
) {
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
}

/// Says who changed components last, where the org says; one line each (`listMetadata`).
pub async fn last_changed<'c>(
    org: &Org,
    ids: impl Iterator<Item = &'c ComponentId> + Clone,
) -> Vec<String> {
    let types: BTreeSet<&str> = ids.clone().map(|id| id.type_name.as_str()).collect();
    let mut lines = Vec::new();
    for type_name in types {
        // It only adds to what is said.
        let Ok(listed) = org.list(type_name).await else { continue };
        for id in ids.clone().filter(|id| id.type_name == type_name) {
            let Some(one) = listed.iter().find(|one| is_one_of(&one.id, id)) else { continue };
            if let Some(who) = &one.last_modified_by {
                let when = one.last_modified_date.as_ref();
                let when = when.map(|when| format!(", {when}")).unwrap_or_default();
                lines.push(format!("{id} was last changed by {who}{when}"));
            }
        }
    }
    lines
}
