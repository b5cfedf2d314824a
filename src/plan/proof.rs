//! The proof of a plan: on what an org would hold after the package before it is sent, and on what
//! it holds once it was.

mod again;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::document::{Document, Markup};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{
    self, ApiVersion, Entries, Found, MetadataType, Portability, layout_identity,
};
use crate::metadata::settings::{
    Difference, Settings, apart, differences, doubles, part, settings,
};
use crate::metadata::value::{Value, elements, same};
use crate::metadata::{ComponentId, ComponentSet};
use crate::package::{Change, Target, own};

use super::before_image::shown;

pub(super) use again::{findings, not_in_sync};

/// What a package is held against.
#[derive(Clone, Copy)]
pub(super) struct Package<'p> {
    pub(super) changes: &'p [Change],
    pub(super) targets: &'p [Target],
    pub(super) version: ApiVersion,
    pub(super) is_in_place: bool,
}

/// Says what of a package is not as its plan says, by what is there before and would be after it:
/// each component with one line. Each change is brought about, and nothing else moves, in the
/// components that the plan speaks of and in all others.
pub(super) fn package(
    plan: &Package<'_>,
    before: &ComponentSet,
    after: &ComponentSet,
) -> Vec<(ComponentId, String)> {
    let told = undone(plan.changes.iter(), after).into_iter();
    let mut broken: Vec<_> = told.map(|(id, _, line)| (id, line)).collect();
    for target in plan.targets {
        let (id, row) = (&target.id, row_of(&target.id));
        let there = own(after, id).map(|component| &component.document);
        let (Some(wanted), Some(there)) = (&target.after, there) else {
            if target.after.is_some() != there.is_some() {
                broken.push((id.clone(), format!("{id} would be there or not, against the plan")));
            }
            continue;
        };
        let of_it: Vec<&Change> = plan.changes.iter().filter(|one| one.id == *id).collect();
        // What a file of many entries has before and after says nothing of what changes.
        let parted = target.before.as_ref().and_then(|before| apart(row, [before, there]));
        let (before, there) = match &parted {
            Some([before, there]) => (Some(before), there),
            None => (target.before.as_ref(), there),
        };
        let mut strays = match before {
            Some(was) => strays(&of_it, id, was, there),
            None => differences(row, Some(wanted), Some(there)),
        };
        if !plan.is_in_place {
            strays.retain(|(path, ..)| !may_be_cut(row, path, plan.version, target));
        }
        broken.extend(
            strays
                .into_iter()
                .map(|(path, ..)| (id.clone(), format!("{id} {path} would change too"))),
        );
        let known = before.map(|before| doubles(row, before)).unwrap_or_default();
        let more = doubles(row, there)
            .into_iter()
            .filter(|one| known.iter().all(|old| old.entry != one.entry));
        broken
            .extend(more.map(|one| (id.clone(), format!("{id} {} would stand twice", one.entry))));
    }
    let is_target = |id: &ComponentId| plan.targets.iter().any(|target| target.id == *id);
    let others = |set| own_ids(set).filter(|id| !is_target(id)).collect::<BTreeSet<_>>();
    for id in others(before).union(&others(after)) {
        let bytes = |set| own(set, id).map(|one| one.document.bytes());
        let goes_along = bytes(after).is_none()
            && plan.targets.iter().any(|target| {
                let app = own(before, id)
                    .and_then(|one| one.document.root().child_text("externalClientApplication"));
                target.after.is_none() && app.is_some_and(|app| app == target.id.full_name)
            });
        if bytes(before) != bytes(after) && !goes_along {
            broken
                .push(((*id).clone(), format!("{id} would change, and the plan does not name it")));
        }
    }
    broken
}

fn own_ids(set: &ComponentSet) -> impl Iterator<Item = &ComponentId> {
    set.components.values().map(|component| &component.id)
}

/// Says whether a setting may be missing in what is sent: the API version lacks it, or it is an
/// org's own.
fn may_be_cut(
    row: &'static MetadataType,
    path: &FieldPath,
    version: ApiVersion,
    target: &Target,
) -> bool {
    let field = row.resolve(path).ok().flatten().map(|resolved| resolved.field);
    let is_own = field.is_some_and(|field| field.portability == Portability::SameOrg);
    (is_own && target.before.is_none()) || row.lacked_by(version, Some(path)).is_some()
}

/// Says which changes are not so in what is, or would be, there: each component with one line, and
/// with the path [`folded`].
pub(super) fn undone<'c>(
    changes: impl Iterator<Item = &'c Change>,
    now: &ComponentSet,
) -> Vec<(ComponentId, Option<String>, String)> {
    let mut lines = Vec::new();
    let mut read: BTreeMap<&ComponentId, (Settings, Option<Entries<'_>>)> = BTreeMap::new();
    let changes: Vec<&Change> = changes.collect();
    for change in &changes {
        let id = &change.id;
        let there = own(now, id).map(|component| &component.document);
        let Some(path) = &change.path else {
            match (&change.to, there) {
                (Some(_), None) => lines.push((id.clone(), None, format!("{id} is not there"))),
                (None, Some(_)) => lines.push((id.clone(), None, format!("{id} is still there"))),
                _ => {}
            }
            continue;
        };
        let row = row_of(id);
        let (held, entries) = read.entry(id).or_insert_with(|| {
            let held = there.map(|there| held(row, there, &changes, id)).unwrap_or_default();
            (held, there.map(Entries::new))
        });
        let is = match (&change.from, &change.to) {
            (Some(Value::Xml(_)), _) | (_, Some(Value::Xml(_))) => {
                there.and_then(|there| markup_at(row, there, path))
            }
            _ => value_at(row, there.zip(entries.as_mut()), held, path),
        };
        if !is_as(row, path, is.as_ref(), change.to.as_ref()) {
            let line = format!("{id} {path} is {}", shown(is.as_ref()));
            lines.push((id.clone(), Some(folded(path)), line));
        }
    }
    lines
}

/// The settings of a component in so far as changes speak of them.
fn held(row: &MetadataType, there: &Document, changes: &[&Change], id: &ComponentId) -> Settings {
    let of_it = changes.iter().filter(|change| change.id == *id);
    let paths = of_it.filter_map(|change| change.path.as_ref());
    part(row, there, paths).map_or_else(|| settings(row, there), |part| settings(row, &part))
}

/// Says what differs between two states of a component beyond what changes name: one line each.
pub(super) fn strays(
    changes: &[&Change],
    id: &ComponentId,
    before: &Document,
    after: &Document,
) -> Vec<Difference> {
    let row = row_of(id);
    let mut found = differences(row, Some(before), Some(after));
    if found.is_empty() {
        return found;
    }
    let planned: Vec<&FieldPath> =
        changes.iter().filter_map(|change| change.path.as_ref()).collect();
    let exact: BTreeSet<String> = planned.iter().map(|path| folded(path)).collect();
    // With an entry that goes, or is copied, goes all that is in it; one that is to be there is
    // told setting by setting.
    let entries: BTreeSet<String> = changes
        .iter()
        .filter(|change| change.to != Some(Value::Present))
        .filter_map(|change| change.path.as_ref())
        .filter(|path| path.segments().last().is_some_and(|last| last.key.is_some()))
        .map(folded)
        .collect();
    let touched: BTreeSet<String> = planned.iter().map(|path| first(path)).collect();
    // A list that was taken as a whole may be told apart in the two that are compared here.
    let is_whole = |change: &&&Change| {
        [&change.from, &change.to].into_iter().any(|value| matches!(value, Some(Value::Xml(_))))
    };
    let whole: Vec<String> = changes
        .iter()
        .filter(is_whole)
        .filter_map(|change| Some(format!("{}[", folded(change.path.as_ref()?))))
        .collect();
    found.retain(|(path, from, to)| {
        let is_presence = [from, to].into_iter().flatten().all(|value| *value == Value::Present);
        let is_planned = exact.contains(&folded(path))
            || prefixes(path).any(|prefix| entries.contains(&prefix))
            || whole.iter().any(|list| folded(path).starts_with(list))
            // That an entry is there follows from what is set in it.
            || is_presence && touched.contains(&first(path));
        !is_planned
    });
    found
}

/// A planned field that is not as it was when the plan was made: one line each, naming old and new.
pub(super) fn moved(
    changes: &[&Change],
    id: &ComponentId,
    before: Option<&Document>,
    now: Option<&Document>,
) -> Vec<String> {
    let (before, now) = match (before, now) {
        (None, None) => return Vec::new(),
        (None, Some(_)) => return vec![format!("{id} was not there and is there now")],
        (Some(_), None) => return vec![format!("{id} was there and is not any more")],
        (Some(before), Some(now)) => (before, now),
    };
    let all = differences(row_of(id), Some(before), Some(now));
    // What is deleted is lost with all that was put into it since.
    let is_whole = changes.iter().any(|change| change.path.is_none());
    let beside: BTreeSet<FieldPath> =
        strays(changes, id, before, now).into_iter().map(|(path, ..)| path).collect();
    all.into_iter()
        .filter(|(path, ..)| is_whole || !beside.contains(path))
        .map(|(path, was, is)| {
            let (was, is) = (shown(was.as_ref()), shown(is.as_ref()));
            format!("{id} {path} was {was} when the plan was made and is {is} now")
        })
        .collect()
}

fn row_of(id: &ComponentId) -> &'static MetadataType {
    registry::find_component(&id.type_name, &id.full_name).unwrap_or(&registry::UNKNOWN)
}

/// What stands at a path; a flag that is left out is its default. A path that a person wrote in
/// another spelling than the file's is looked up by the registry's rules.
fn value_at<'d>(
    row: &MetadataType,
    there: Option<(&'d Document, &mut Entries<'d>)>,
    held: &Settings,
    path: &FieldPath,
) -> Option<Value> {
    if let Some(value) = held.get(path) {
        return Some(value.clone());
    }
    let (document, entries) = there?;
    let first = &path.segments()[0];
    let field = row.fields.iter().find(|field| field.name == first.name);
    let found = match &first.key {
        // A list may be long, and its entries were put in order of their keys once.
        Some(_) => match entries.first(document.root(), first, field) {
            Some(entry) => registry::look_up_below(field, entry, &path.segments()[1..]),
            None => Found::AbsentEntry,
        },
        None => registry::look_up(row, document, path),
    };
    match found {
        Found::Value { value, .. } => Some(value),
        Found::Entry(_) => Some(Value::Present),
        Found::AbsentEntry | Found::Absent => row.flag_default(path),
    }
}

/// The elements at a path, as they stand; none where there are none.
fn markup_at(row: &MetadataType, document: &Document, path: &FieldPath) -> Option<Value> {
    let (last, above) = path.segments().split_last()?;
    let parent = match above {
        [] => document.root(),
        above => match registry::look_up(row, document, &FieldPath::new(above.to_vec())) {
            Found::Entry(element) | Found::Value { element, .. } => element,
            Found::AbsentEntry | Found::Absent => return None,
        },
    };
    let elements: Vec<Markup> = match &last.key {
        Some(_) => match registry::look_up(row, document, path) {
            Found::Entry(entry) => vec![Markup::of(entry)],
            _ => Vec::new(),
        },
        None => parent.children_named(&last.name).map(Markup::of).collect(),
    };
    (!elements.is_empty()).then_some(Value::Xml(elements))
}

fn is_as(row: &MetadataType, path: &FieldPath, is: Option<&Value>, to: Option<&Value>) -> bool {
    let field = row.resolve(path).ok().flatten().map(|resolved| resolved.field);
    let normal =
        |value: &Value| field.map_or_else(|| value.clone(), |field| field.normalise(value));
    match (is, to) {
        (Some(is), Some(to)) => same(&normal(is), &normal(to)),
        (None, None) => true,
        // A list that holds nothing, and a text that says nothing, are as good as not there.
        (Some(one), None) | (None, Some(one)) => match one {
            Value::List(_) | Value::Text(_) => elements(Some(one)).is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Present | Value::Hidden | Value::Xml(_) => {
                false
            }
        },
    }
}

/// A path in one spelling: names in small letters, a layout by what it is told from its like by.
pub(super) fn folded(path: &FieldPath) -> String {
    let segments = path.segments().iter().map(segment).collect::<Vec<_>>();
    segments.join(".")
}

/// Every entry on the way to a path, in one spelling.
fn prefixes(path: &FieldPath) -> impl Iterator<Item = String> + use<'_> {
    let segments = path.segments();
    (1..=segments.len())
        .filter(|length| segments[length - 1].key.is_some())
        .map(|length| folded(&FieldPath::new(segments[..length].to_vec())))
}

pub(super) fn first(path: &FieldPath) -> String {
    segment(&path.segments()[0])
}

/// Says whether two paths are the same once they are [`folded`].
pub(super) fn same_place(one: &FieldPath, other: &FieldPath) -> bool {
    let (one, other) = (one.segments(), other.segments());
    let is_like = |one: &Segment, other: &Segment| {
        let is_key = match (&one.key, &other.key) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        one.name.eq_ignore_ascii_case(&other.name) && (is_key || segment(one) == segment(other))
    };
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_like(one, other))
}

fn segment(Segment { name, key }: &Segment) -> String {
    let name = name.to_ascii_lowercase();
    match key {
        Some(key) if name == "layoutassignments" => {
            format!("{name}[{}]", layout_identity(key).to_ascii_lowercase())
        }
        Some(key) => format!("{name}[{}]", key.to_ascii_lowercase()),
        None => name,
    }
}
