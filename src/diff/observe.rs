//! What a set of components shows at a path: a value, nothing, or nothing that anybody asked for.

use crate::metadata::hours::Week;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::range::IpRange;
use crate::metadata::registry::{self, Absent, Field, Found, MetadataType, Portability};
use crate::metadata::settings::doubled_at;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId, ComponentSet, why_unread};
use crate::template::Test;

use super::asked::Asked;
use super::baseline::{doubled, in_lines};
use super::satisfies::satisfies;

/// What was seen of one want.
pub(super) enum Observation {
    /// It was asked for: this is there, and does or does not satisfy the want.
    Seen { value: Option<Value>, satisfied: bool },
    /// The component was asked for and does not exist.
    Missing,
    /// Nobody can tell; with the reason.
    NotObserved(Unseen),
}

/// An observation with what a report needs beside it.
pub(super) struct Observed {
    /// The component by its own name, where it is there under another than the want's (S 2.1).
    pub(super) id: ComponentId,
    pub(super) is_secret: bool,
    /// Whether it proves nothing that it is not there.
    pub(super) is_hidden: bool,
    pub(super) observation: Observation,
    /// The system permission of the same component that grants what the want asks for.
    pub(super) covered_by: Option<&'static str>,
}

pub(super) fn metadata(
    components: &ComponentSet,
    id: &ComponentId,
    path: &FieldPath,
    test: &Test,
) -> Observed {
    let metadata_type = registry::find_component(&id.type_name, &id.full_name);
    let resolved = metadata_type.and_then(|row| row.resolve(path).ok().flatten());
    let field = resolved.as_ref().map(|resolved| resolved.field);
    let found = find(components, id);
    let is_grant = *test == Test::Equals(Value::Bool(true));
    let covered_by = match (found, metadata_type) {
        (Some(component), Some(row)) if is_grant => covered(row, component, path),
        _ => None,
    };
    let (id, observation) = match found {
        Some(component) => {
            let observation = match metadata_type {
                Some(_) if covered_by.is_some() => {
                    Observation::Seen { value: Some(Value::Bool(true)), satisfied: true }
                }
                Some(row) => present(components, component, row, path, test, resolved.as_ref()),
                None => Observation::NotObserved(Unseen::new(
                    UnseenKind::UnknownType,
                    format!("`{}` is no metadata type that this program knows", id.type_name),
                )),
            };
            (component.id.clone(), observation)
        }
        None => {
            // What an app lacks that was named by its label is lacking, and made, by its own name.
            let own = components.called(id).unwrap_or_else(|| id.clone());
            let observation = shown(components, id, path, test, field)
                .unwrap_or_else(|| absent_component(components, id, &own));
            (own, observation)
        }
    };
    Observed {
        id,
        is_hidden: field.is_some_and(|field| field.hidden),
        is_secret: field.is_some_and(|field| field.portability == Portability::Secret),
        observation,
        covered_by,
    }
}

/// Where a profile or permission set has View All Data or Modify All Data, the org takes no note of
/// what its objects' entries say below that, and where it has View All Fields of an object, it no
/// longer lists the object's fields: to want them would be a difference that no deploy ends (S
/// 3.4). None of the first two reaches the fields.
fn covered(row: &MetadataType, component: &Component, path: &FieldPath) -> Option<&'static str> {
    let [Segment { name: section, key: Some(key) }, flag] = path.segments() else { return None };
    if !row.odd.grants {
        return None;
    }
    let is_on = |path: String| {
        let path = path.parse::<FieldPath>();
        path.is_ok_and(|path| {
            doubled_at(row, &component.document, &path).is_none()
                && matches!(
                    registry::look_up(row, &component.document, &path),
                    Found::Value { value: Value::Bool(true), .. }
                )
        })
    };
    match (section.as_str(), flag.name.as_str()) {
        ("fieldPermissions", "readable") => {
            let object = key.split('.').next().unwrap_or_default();
            is_on(format!("objectPermissions[{object}].viewAllFields")).then_some("View All Fields")
        }
        ("objectPermissions", flag) if flag != "viewAllFields" => {
            let is_seeing = matches!(flag, "allowRead" | "viewAllRecords");
            if is_seeing && is_on("userPermissions[ViewAllData].enabled".to_owned()) {
                return Some("View All Data");
            }
            is_on("userPermissions[ModifyAllData].enabled".to_owned()).then_some("Modify All Data")
        }
        _ => None,
    }
}

/// Finds the component. Some are named by whose they are, whatever their own name (S 2.1).
fn find<'a>(components: &'a ComponentSet, id: &ComponentId) -> Option<&'a Component> {
    if let Some(row) = registry::find(&id.type_name)
        && row.odd.named_by.is_some()
        && let Some(of_owner) = components.of_type(&id.type_name).find(|component| {
            let owner = row.owner(&component.document);
            owner.is_some_and(|owner| row.is_owner(&owner, &id.full_name))
        })
    {
        return Some(of_owner);
    }
    // Older orgs have the one, newer orgs the other (S 3.3).
    let other = match id.full_name.as_str() {
        "Read Only" => "ReadOnly",
        "ReadOnly" => "Read Only",
        _ => return components.get(id),
    };
    components.get(id).or_else(|| components.get(&ComponentId::new(&id.type_name, other)))
}

/// What SOQL shows of a component that cannot be read itself.
fn shown(
    components: &ComponentSet,
    id: &ComponentId,
    path: &FieldPath,
    test: &Test,
    field: Option<&Field>,
) -> Option<Observation> {
    let path = path.to_string();
    let (_, value) = components.shown.get(id)?.iter().find(|(shown, _)| *shown == path)?;
    Some(Observation::Seen {
        satisfied: satisfies(test, Some(value), field),
        value: Some(value.clone()),
    })
}

fn absent_component(components: &ComponentSet, id: &ComponentId, own: &ComponentId) -> Observation {
    let asked = Asked::of_set(components);
    let unseen = why_unread(&components.not_observed, id).cloned();
    let unseen = unseen.or_else(|| asked.why_missing(own));
    unseen.map_or(Observation::Missing, Observation::NotObserved)
}

fn present(
    components: &ComponentSet,
    component: &Component,
    row: &MetadataType,
    path: &FieldPath,
    test: &Test,
    resolved: Option<&registry::Resolved>,
) -> Observation {
    let field = resolved.map(|resolved| resolved.field);
    let asked = Asked::of_set(components);
    if let Some(unseen) = asked.lacks(&component.id, Some(path)) {
        return Observation::NotObserved(unseen);
    }
    if let Some(lines) = doubled_at(row, &component.document, path) {
        let file = match component.file.as_str() {
            "" => String::new(),
            file => format!(" of {file}"),
        };
        return Observation::NotObserved(doubled(&format!("{}{file}", in_lines(&lines))));
    }
    let seen = |value: Option<Value>| Observation::Seen {
        satisfied: satisfies(test, value.as_ref(), field),
        value,
    };
    if let (Test::Equals(wanted), true) = (test, row.is_week(path)) {
        return hours(&asked, component, row, path, wanted);
    }
    if test.is_of_whole() {
        return whole(&asked, component, row, path, test);
    }
    match registry::look_up(row, &component.document, path) {
        Found::Value { value, .. } => seen(Some(value)),
        Found::Entry(_) => seen(Some(Value::Present)),
        found @ (Found::AbsentEntry | Found::Absent) => {
            let has_entry = matches!(found, Found::Absent);
            if let Some(unseen) = asked.why_absent(&component.id, path, has_entry) {
                return Observation::NotObserved(unseen);
            }
            if matches!(test, Test::Absent) {
                return Observation::Seen { value: None, satisfied: true };
            }
            seen(field.and_then(|field| match field.absent {
                Absent::Flag(flag) => Some(Value::Bool(flag)),
                Absent::Text(text) => Some(Value::from(text)),
                Absent::Empty => Some(Value::List(Vec::new())),
                Absent::Unset => None,
            }))
        }
    }
}

/// The login hours of a week, in the form in which they are wanted.
fn hours(
    asked: &Asked<'_>,
    component: &Component,
    row: &MetadataType,
    path: &FieldPath,
    wanted: &Value,
) -> Observation {
    let held = registry::held(row, &component.document, path);
    if let Some(unseen) = asked.why_absent(&component.id, path, false).filter(|_| held.is_empty()) {
        return Observation::NotObserved(unseen);
    }
    // What is no hours is shown as it stands there.
    let there = Week::of_file(&held).map_or(held, |week| week.lines());
    let satisfied = there == wanted.elements();
    Observation::Seen { value: Some(Value::List(there)), satisfied }
}

/// What a list, a set or a group holds as a whole. Where nobody knows that what is not there was
/// asked for, only what is there proves something.
fn whole(
    asked: &Asked<'_>,
    component: &Component,
    row: &MetadataType,
    path: &FieldPath,
    test: &Test,
) -> Observation {
    let held = registry::held(row, &component.document, path);
    let satisfied = satisfies(test, Some(&Value::List(held.clone())), None);
    let is_proved = match test {
        Test::Inside(_) | Test::Empty(false) => satisfied,
        Test::Empty(true) => !held.is_empty(),
        Test::Count(count) => i64::try_from(held.len()).is_ok_and(|there| there > *count),
        _ => false,
    };
    match asked.why_absent(&component.id, path, false).filter(|_| !is_proved) {
        Some(unseen) => Observation::NotObserved(unseen),
        None => {
            let shown = |key: &String| {
                let range = IpRange::parse(key).ok().filter(|_| key.contains('|'));
                range.map_or_else(|| key.clone(), |range| range.to_string())
            };
            let value = Some(Value::List(held.iter().map(shown).collect()));
            Observation::Seen { value, satisfied }
        }
    }
}
