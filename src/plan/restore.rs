//! A plan back to a baseline: what is to change so that an org is as it was, or as another is.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::State;
use crate::diff::baseline::judge::Drift;
use crate::diff::leaves::differences;
use crate::metadata::document::Document;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, Absent, ApiVersion};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet};
use crate::package::mend::refuse;
use crate::package::simulate::simulate;
use crate::package::{Cause, Change, Package, Target, build, own, targets};

use super::PlanError;

/// What is to change, and how.
#[derive(Debug)]
pub struct Restore {
    /// What changes.
    pub changes: Vec<Change>,
    /// What stays, as subject and reason.
    pub left: Vec<(String, String)>,
    /// What becomes of each component.
    pub targets: Vec<Target>,
    /// The files that bring it about.
    pub package: Package,
}

/// Makes the plan that undoes drift from a baseline, and proves it. `baseline` gives a component's file as it was.
///
/// # Errors
/// The package cannot be made, or does not do what it should: a mistake of this program.
pub fn restore(
    drifts: &[Drift],
    actual: &ComponentSet,
    baseline: &dyn Fn(&ComponentId) -> Option<Document>,
    version: ApiVersion,
    same_org: bool,
) -> Result<Restore, PlanError> {
    let mut work = Work { actual, changes: Vec::new(), left: Vec::new(), made: BTreeMap::new() };
    let ids: BTreeSet<&ComponentId> = drifts.iter().filter(|drift| drift.state == State::Differs).map(|drift| &drift.id).collect();
    for id in ids {
        let of_it: Vec<&Drift> = drifts.iter().filter(|drift| drift.id == *id && drift.state == State::Differs).collect();
        match of_it.iter().find(|drift| drift.path.is_none()) {
            Some(whole) => work.whole(id, whole, baseline),
            None => work.settings(id, &of_it, baseline),
        }
    }
    let Work { mut changes, mut left, made, .. } = work;
    let proved = loop {
        let targets = targets(&changes, actual, &made, version)?;
        let package = build(&targets, version, same_org)?;
        let undone = not_brought_about(&changes, &simulate(&package, actual)?);
        if undone.is_empty() {
            break (targets, package);
        }
        // What an overlay has no word for (a layout's assignment that is to go, S 3.4) is left, and said.
        let count = changes.len();
        changes.retain(|change| {
            let is_undone = undone.contains(&(change.id.clone(), change.path.clone()));
            let stays = is_undone && change.to.is_none();
            if stays {
                let path = change.path.as_ref().map(ToString::to_string).unwrap_or_default();
                left.push((format!("{} {path}", change.id), "a deploy has no way to take this away: do it in Setup".to_owned()));
            }
            !stays
        });
        if changes.len() == count {
            return Err(PlanError::NotProved(
                undone.iter().map(|(id, path)| format!("{id} {}", path.as_ref().map(ToString::to_string).unwrap_or_default())).collect(),
            ));
        }
    };
    Ok(Restore { changes, left, targets: proved.0, package: proved.1 })
}

struct Work<'w> {
    actual: &'w ComponentSet,
    changes: Vec<Change>,
    left: Vec<(String, String)>,
    made: BTreeMap<ComponentId, Document>,
}

impl Work<'_> {
    fn whole(&mut self, id: &ComponentId, drift: &Drift, baseline: &dyn Fn(&ComponentId) -> Option<Document>) {
        if drift.actual.is_some() {
            self.left.push((id.to_string(), "it is not in the baseline; whether it is to be deleted is for a person to say".to_owned()));
            return;
        }
        if id.type_name == "ConnectedApp" {
            self.left.push((id.to_string(), "a connected app cannot be created since Spring '26, by any API".to_owned()));
            return;
        }
        let Some(document) = baseline(id) else { return };
        self.made.insert(id.clone(), document);
        self.changes.push(Change { id: id.clone(), path: None, from: None, to: Some("as in the baseline".into()), cause: Cause::State });
    }

    fn settings(&mut self, id: &ComponentId, drifts: &[&Drift], baseline: &dyn Fn(&ComponentId) -> Option<Document>) {
        let Some(row) = registry::find_component(&id.type_name, &id.full_name) else { return };
        let (Some(now), Some(then)) = (own(self.actual, id), baseline(id)) else { return };
        for (path, from, to) in differences(row, Some(&now.document), Some(&then)) {
            let first = &path.segments()[0];
            let is_meant = drifts.iter().any(|drift| {
                drift.path.as_ref().is_some_and(|meant| {
                    *meant == path || (meant.segments().len() == 1 && meant.segments()[0] == *first && first.key.is_some())
                })
            });
            if !is_meant {
                continue;
            }
            if let Err(reason) = refuse(&now.document, id, &path) {
                self.left.push((format!("{id} {path}"), reason));
                continue;
            }
            let said = |value: Option<Value>| value.or_else(|| default_of(row, &path));
            self.changes.push(Change { id: id.clone(), from: said(from), to: said(to), path: Some(path), cause: Cause::State });
        }
        self.entries(id, &then);
    }

    /// An entry that the baseline does not have at all goes as a whole where its type is replaced; a profile's says false.
    fn entries(&mut self, id: &ComponentId, then: &Document) {
        let Some(row) = registry::find_component(&id.type_name, &id.full_name) else { return };
        if row.deploy == registry::DeployRule::Overlay {
            return;
        }
        let gone: BTreeSet<Segment> = self
            .changes
            .iter()
            .filter(|change| change.id == *id)
            .filter_map(|change| Some(change.path.as_ref()?.segments()[0].clone()))
            .filter(|segment| {
                let field = row.fields.iter().find(|field| field.name == segment.name);
                segment.key.as_ref().is_some_and(|key| registry::find_entry(then.root(), segment, key, field).is_none())
            })
            .collect();
        for segment in gone {
            let is_in = |change: &Change| change.id == *id && change.path.as_ref().is_some_and(|path| path.segments()[0] == segment);
            let was: Vec<String> = self
                .changes
                .iter()
                .filter(|change| is_in(change))
                .filter_map(|change| {
                    let rest: Vec<&str> = change.path.as_ref()?.segments()[1..].iter().map(|segment| segment.name.as_str()).collect();
                    Some(format!("{}={}", rest.join("."), change.from.as_ref()?))
                })
                .collect();
            self.changes.retain(|change| !is_in(change));
            self.changes.push(Change {
                id: id.clone(),
                path: Some(FieldPath::new(vec![segment])),
                from: Some(Value::List(was)),
                to: None,
                cause: Cause::State,
            });
        }
    }
}

fn default_of(row: &'static registry::MetadataType, path: &FieldPath) -> Option<Value> {
    match row.resolve(path).ok()??.field.absent {
        Absent::Flag(default) => Some(Value::Bool(default)),
        _ => None,
    }
}

/// Which changes are not so after the package.
fn not_brought_about(changes: &[Change], after: &ComponentSet) -> BTreeSet<(ComponentId, Option<FieldPath>)> {
    let mut undone = BTreeSet::new();
    for change in changes {
        let there = own(after, &change.id);
        let Some(path) = &change.path else {
            if there.is_none() {
                undone.insert((change.id.clone(), None));
            }
            continue;
        };
        let Some(row) = registry::find_component(&change.id.type_name, &change.id.full_name) else { continue };
        let held = there.map(|component| crate::diff::leaves::leaves(row, &component.document)).unwrap_or_default();
        let is_so = if path.segments().len() == 1 && path.segments()[0].key.is_some() && change.to.is_none() {
            !held.keys().any(|one| one.segments()[0] == path.segments()[0])
        } else {
            let is = held.get(path).cloned().or_else(|| default_of(row, path));
            match (&is, &change.to) {
                (Some(is), Some(to)) => crate::diff::compare::same(is, to),
                (is, to) => is.is_none() && to.is_none(),
            }
        };
        if !is_so {
            undone.insert((change.id.clone(), Some(path.clone())));
        }
    }
    undone
}
