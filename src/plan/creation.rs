//! What a plan makes anew: what a new component begins with, what of its source a copy has, and a
//! line for each of it.

use std::collections::{BTreeMap, BTreeSet};

use wildmatch::WildMatch;

use crate::diff::applies;
use crate::diff::asked::Asked;
use crate::metadata::ComponentId;
use crate::metadata::document::{Document, NAMESPACE};
use crate::metadata::names::{Lacked, Name, NameStatus, why_misnamed};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, Odd, Portability, Said};
use crate::metadata::settings::{entry_path, settings};
use crate::metadata::value::Value;
use crate::package::patch::patch;
use crate::package::{Cause, Change, own};
use crate::template::needs::{created_names, names_in_created};
use crate::template::{ExpandedCreate, ExpandedStep};

use super::proof::folded;
use super::refusal::{refuse_creation, refuse_packaged};
use super::{Basis, Plan};

impl Plan<'_> {
    /// Begins a component that does not exist; returns its own name.
    pub(super) fn create(
        &mut self,
        id: &ComponentId,
        steps: &[ExpandedStep<'_>],
        basis: &Basis<'_>,
    ) -> Result<ComponentId, String> {
        refuse_creation(id)?;
        self.refuse_other_capitals(id, basis)?;
        refuse_packaged(id, basis)?;
        let create = how_to_make(id, steps, basis)?;
        let part = part_of_app(id, steps, basis);
        let name = match (part, &create) {
            (Some(suffix), _) => {
                self.make_named(&[Name::Component(app_of(id))], steps, basis)?;
                ComponentId::new(&id.type_name, format!("{}{suffix}", id.full_name))
            }
            (None, Some((_, create))) => create.id.clone(),
            (None, None) => {
                return Err(
                    "it does not exist, and the template does not say how to make it".to_owned()
                );
            }
        };
        if self.made.contains_key(&name) {
            return Ok(name);
        }
        if let Some(why) = why_misnamed(&name) {
            return Err(format!("it does not exist, and nothing of that name can: {why}"));
        }
        if let Some((_, create)) = &create {
            refuse_names(create, steps, basis)?;
            // This comes to an end: nothing names what is of its own type.
            self.make_named(&names_in_created(create), steps, basis)?;
        }
        let (document, mut settings) = match create {
            Some((step, create)) => (self.begin(create, basis)?, set_by(step, create)),
            None => (empty(&id.type_name), Vec::new()),
        };
        let mut add = |path: &str, value: &str| {
            if let Ok(path) = path.parse::<FieldPath>()
                && !settings.iter().any(|(known, ..)| *known == path)
            {
                settings.push((path, Value::from(value), Cause::Creation));
            }
        };
        let odd = registry::find(&id.type_name).map_or(Odd::NOTHING, |row| row.odd);
        for (path, said) in odd.made_with {
            add(
                path,
                match said {
                    Said::Text(text) => text,
                    Said::Name => &name.full_name,
                    Said::Owner => &id.full_name,
                },
            );
        }
        let copy_of = create.and_then(|(_, create)| create.from.clone());
        let cause = create.map_or(Cause::Creation, |(step, _)| Cause::Step(step.step.id.clone()));
        if let Some(copy_of) = copy_of {
            self.copies.insert(name.clone(), copy_of);
        }
        self.make(name.clone(), document, cause);
        self.changes.extend(settings.into_iter().map(|(path, value, cause)| Change {
            id: name.clone(),
            path: Some(path),
            from: None,
            to: Some(value),
            cause,
        }));
        Ok(name)
    }

    /// Makes what is named and is not there, where a step says how: an org takes no value with the
    /// name of what it does not have.
    pub(super) fn make_named(
        &mut self,
        names: &[Name],
        steps: &[ExpandedStep<'_>],
        basis: &Basis<'_>,
    ) -> Result<(), String> {
        for name in names {
            let Name::Component(id) = name else { continue };
            let is_there = own(basis.components, id).is_some() || self.made.contains_key(id);
            if is_there || how_to_make(id, steps, basis)?.is_none() {
                continue;
            }
            if self.left_out.contains(id) {
                return Err(format!(
                    "it needs {id}, which is not there, and `--only` or `--except` leaves that out"
                ));
            }
            if let Some(unseen) = Asked::of_set(basis.components).why_missing(id) {
                return Err(format!(
                    "it names {id}, and whether that is there was not seen: {unseen}"
                ));
            }
            self.create(id, steps, basis)?;
        }
        Ok(())
    }

    /// Refuses to make what is there, or is made here, in other capitals: to an org it is the same.
    fn refuse_other_capitals(&self, id: &ComponentId, basis: &Basis<'_>) -> Result<(), String> {
        let name = Name::Component(id.clone());
        if let Some(spelt) = basis.components.names.spelling(&name) {
            return Err(spelt.to_string());
        }
        let is_it = |one: &&ComponentId| {
            let is_alike = one.full_name.to_lowercase() == id.full_name.to_lowercase();
            one.type_name == id.type_name && is_alike && *one != id
        };
        if let Some(there) = basis.components.components.values().map(|one| &one.id).find(is_it) {
            let nearest = Some(there.full_name.clone());
            return Err(Lacked { nearest, ..basis.components.names.lack(&name) }.to_string());
        }
        self.made.keys().find(is_it).map_or(Ok(()), |made| {
            Err(format!(
                "{id}: the same is made as {made}, and an org does not tell capitals apart"
            ))
        })
    }

    /// How far the plan is, to take back what is made from here on.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.changes.len(), self.notes.len())
    }

    /// Takes back what was made since a mark.
    pub(super) fn unmake(&mut self, (changes, notes): (usize, usize)) {
        for change in self.changes.split_off(changes) {
            if change.path.is_none() {
                self.made.remove(&change.id);
                self.copies.remove(&change.id);
            }
        }
        self.notes.truncate(notes);
    }

    /// What a new component begins with: its source as far as it was retrieved, or nothing.
    fn begin(&mut self, create: &ExpandedCreate, basis: &Basis<'_>) -> Result<Document, String> {
        let Some(from) = &create.from else {
            return Ok(empty(&create.id.type_name));
        };
        let source = basis
            .components
            .get(from)
            .or_else(|| own(basis.components, from))
            .ok_or_else(|| format!("it is to be made from {from}, which is not there"))?;
        if create.id.type_name == "Profile" {
            self.notes.push(format!(
                "{}: a clone made in Setup copies all of {from}; this one has what the plan \
                 names, and for the rest (tabs, layouts, record types, apps) what the org gives a \
                 new profile: Minimum Access - Salesforce from API 60.0 on",
                create.id
            ));
        }
        let (document, idle) = without(&source.document, create, basis)?;
        self.notes.extend(idle.into_iter().map(|pattern| {
            format!("{}: `except` names `{pattern}`, and {from} has no such thing", create.id)
        }));
        Ok(document)
    }

    /// Names what a copy has from its source, beside what the plan sets in it: each is a change
    /// like any other. Flags that are off go without saying, and so do its own texts.
    pub(super) fn name_copied(&mut self, basis: &Basis<'_>) {
        let mut copied = Vec::new();
        for (id, from) in &self.copies {
            let (Some(row), Some(made)) =
                (registry::find_component(&id.type_name, &id.full_name), self.made.get(id))
            else {
                continue;
            };
            let of_it = self.changes.iter().filter(|change| change.id == *id);
            let named: BTreeSet<String> =
                of_it.filter_map(|change| change.path.as_ref()).map(folded).collect();
            let is_told = |(path, value): &(FieldPath, Value)| {
                let [first, rest @ ..] = path.segments() else { return false };
                let field = row.resolve(path).ok().flatten().map(|resolved| resolved.field);
                let is_own_text = rest.is_empty()
                    && first.key.is_none()
                    && field.is_some()
                    && !matches!(value, Value::Xml(_));
                let is_sent = field.is_none_or(|field| field.portability == Portability::Anywhere)
                    && row.lacked_by(basis.version, Some(path)).is_none();
                *value != Value::Bool(false)
                    && !is_own_text
                    && is_sent
                    && !named.contains(&folded(path))
            };
            let settings = settings(row, made).into_iter().filter(is_told);
            copied.extend(settings.map(|(path, value)| Change {
                id: id.clone(),
                path: Some(path),
                from: None,
                to: Some(value),
                cause: Cause::Copied(from.clone()),
            }));
        }
        self.changes.extend(copied);
    }
}

/// How to make a component: by the first step that applies and says it.
fn how_to_make<'s, 't>(
    id: &ComponentId,
    steps: &'s [ExpandedStep<'t>],
    basis: &Basis<'_>,
) -> Result<Option<(&'s ExpandedStep<'t>, &'s ExpandedCreate)>, String> {
    let says = |step: &'s ExpandedStep<'t>| {
        Some((step, step.create.iter().find(|create| create.id == *id)?))
    };
    let mut unseen = None;
    for (step, create) in steps.iter().filter_map(says) {
        match applies(step, basis.facts) {
            Some(true) => return Ok(Some((step, create))),
            Some(false) => {}
            None => unseen = unseen.or(Some(step)),
        }
    }
    unseen.map_or(Ok(None), |step| {
        let step = &step.step.id;
        Err(format!("{id}: step `{step}` says how to make it, and whether it applies was not seen"))
    })
}

/// Refuses to make what a name stands in that the org lacks: its deploy would fail.
fn refuse_names(
    create: &ExpandedCreate,
    steps: &[ExpandedStep<'_>],
    basis: &Basis<'_>,
) -> Result<(), String> {
    let is_made = |id: &ComponentId| how_to_make(id, steps, basis).is_ok_and(|how| how.is_some());
    let makes = |name: &Name| matches!(name, Name::Component(id) if is_made(id));
    for name in created_names(create).iter().filter(|name| !makes(name)) {
        match basis.components.names.get(name) {
            Some(NameStatus::Lacked(lacked)) if !lacked.in_files => {
                return Err(format!("it is made with what is not there: {lacked}"));
            }
            Some(NameStatus::Unshown(lacked)) if !lacked.is_spelt_otherwise() => {
                return Err(format!("it is made with what may not be there: {lacked}"));
            }
            Some(NameStatus::Lacked(_) | NameStatus::Unseen(_) | NameStatus::Unshown(_)) | None => {
            }
        }
    }
    Ok(())
}

/// How the file of a part of an external client app is named where it is made here (S 2.1), if the
/// app is there or is made too.
fn part_of_app(
    id: &ComponentId,
    steps: &[ExpandedStep<'_>],
    basis: &Basis<'_>,
) -> Option<&'static str> {
    let suffix = registry::find(&id.type_name)?.odd.made_as?;
    let app = app_of(id);
    let is_made = how_to_make(&app, steps, basis).is_ok_and(|how| how.is_some());
    (basis.components.get(&app).is_some() || is_made).then_some(suffix)
}

/// The external client app whose part is named by it.
fn app_of(part: &ComponentId) -> ComponentId {
    ComponentId::new("ExternalClientApplication", part.full_name.as_str())
}

fn set_by(step: &ExpandedStep<'_>, create: &ExpandedCreate) -> Vec<(FieldPath, Value, Cause)> {
    create
        .set
        .iter()
        .map(|(path, value)| (path.clone(), value.clone(), Cause::Step(step.step.id.clone())))
        .collect()
}

/// A copy without what the template leaves out: an entry as a whole, or a flag of it. Comes with
/// the patterns that match nothing.
fn without<'c>(
    source: &Document,
    create: &'c ExpandedCreate,
    basis: &Basis<'_>,
) -> Result<(Document, Vec<&'c String>), String> {
    if create.except.is_empty() {
        return Ok((source.clone(), Vec::new()));
    }
    let row = registry::find_component(&create.id.type_name, &create.id.full_name)
        .ok_or_else(|| format!("what is left out of {} cannot be told", create.id))?;
    let mut idle: Vec<&String> = create.except.iter().collect();
    let mut is_out = |path: &FieldPath| {
        let text = path.to_string();
        let is_it = |pattern: &&String| WildMatch::new(pattern).matches(&text);
        idle.retain(|pattern| !is_it(pattern));
        create.except.iter().any(|pattern| is_it(&pattern))
    };
    let mut left_out: BTreeMap<FieldPath, Option<Value>> = BTreeMap::new();
    for (path, value) in settings(row, source) {
        let entry = entry_path(&path, None);
        if entry.segments()[0].key.is_some() && is_out(&entry) {
            left_out.insert(entry, None);
        } else if value == Value::Bool(true) && is_out(&path) {
            left_out.insert(path, Some(Value::Bool(false)));
        }
    }
    let left_out: Vec<_> = left_out.into_iter().collect();
    let document = patch(row, source, &left_out, basis.version);
    let document = document.map_err(|error| format!("what is left out of its copy: {error}"))?;
    Ok((document, idle))
}

fn empty(type_name: &str) -> Document {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{type_name} xmlns=\"{NAMESPACE}\">\n\
         </{type_name}>\n"
    );
    Document::parse(text.into_bytes()).expect("a type's name is an element's name")
}
