//! A plan back to a baseline: what is to change so that an org is as it was, or as another is.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::diff::State;
use crate::diff::drift::Drift;
use crate::metadata::document::Document;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, ApiVersion, DeployRule, Found};
use crate::metadata::settings::{Settings, between, entry_path, entry_value, settings};
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId, ComponentSet, Requested};
use crate::package::simulate::simulate;
use crate::package::{Cause, Change, Package, SENT_ALONG, Target, build, own, targets};
use crate::plan::fix::{refuse, refuse_removal};

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
    /// What the reader should know beforehand.
    pub notes: Vec<String>,
}

/// How an org, or a folder, is brought back.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The API version that files are written for.
    pub version: ApiVersion,
    /// Whether the baseline is of the same org: then what is bound to it may come back too.
    pub is_same_org: bool,
    /// Whether the files themselves are edited, so that anything can be taken away; a deploy has no
    /// word for some of it.
    pub is_in_place: bool,
}

/// Makes the plan that undoes drift from a baseline, and proves it. `baseline` gives a component's
/// file as it was.
///
/// # Errors
/// The package cannot be made, or does not do what it should: a mistake of this program.
pub fn restore(
    drifts: &[Drift],
    actual: &ComponentSet,
    baseline: &dyn Fn(&ComponentId) -> Option<Document>,
    way: &Way,
) -> Result<Restore, PlanError> {
    let mut work = Work {
        actual,
        changes: Vec::new(),
        left: Vec::new(),
        made: BTreeMap::new(),
        is_in_place: way.is_in_place,
    };
    let ids: BTreeSet<&ComponentId> = drifts
        .iter()
        .filter(|drift| drift.state == State::Differs)
        .map(|drift| &drift.id)
        .collect();
    for id in ids {
        let of_it: Vec<&Drift> = drifts
            .iter()
            .filter(|drift| drift.id == *id && drift.state == State::Differs)
            .collect();
        match of_it.iter().find(|drift| drift.path.is_none()) {
            Some(whole) => work.whole(id, whole, baseline),
            None => work.settings(id, &of_it, baseline),
        }
    }
    let Work { changes, left, made, .. } = work;
    let targets = targets(&changes, actual, &made, way.version)?;
    let package = build(&targets, way.version, way.is_same_org)?;
    let undone = not_brought_about(
        &changes,
        &if way.is_in_place { edited(&targets) } else { simulate(&package, actual)? },
    );
    if !undone.is_empty() {
        return Err(PlanError::NotProved(undone));
    }
    let notes = if way.is_in_place { Vec::new() } else { shrunk_lists(&changes) };
    Ok(Restore { changes, left, targets, package, notes })
}

/// The components as editing their files leaves them.
fn edited(targets: &[Target]) -> ComponentSet {
    let mut set = ComponentSet::new(Requested::Unknown);
    for target in targets {
        if let Some(after) = &target.after {
            set.insert(Component {
                id: target.id.clone(),
                document: after.clone(),
                file: String::new(),
            });
        }
    }
    set
}

/// What an org makes of a shorter list is not documented for some of a profile's lists (S 3.4):
/// that is said, and looked at after a deploy.
fn shrunk_lists(changes: &[Change]) -> Vec<String> {
    let is_taken = |change: &&Change| {
        let entry = change
            .path
            .as_ref()
            .and_then(|path| path.segments().first().filter(|_| path.segments().len() == 1));
        change.to.is_none()
            && change.id.type_name == "Profile"
            && entry.is_some_and(|entry| SENT_ALONG.contains(&entry.name.as_str()))
    };
    let ids: BTreeSet<&ComponentId> =
        changes.iter().filter(is_taken).map(|change| &change.id).collect();
    let note = |id: &ComponentId| {
        format!(
            "{id}: the package holds the login IP ranges and login flows that are to be there; \
             whether the org then drops the others is not documented, so look again afterwards \
             (`sfsetup deploy` does)"
        )
    };
    ids.into_iter().map(note).collect()
}

struct Work<'w> {
    actual: &'w ComponentSet,
    changes: Vec<Change>,
    left: Vec<(String, String)>,
    made: BTreeMap<ComponentId, Document>,
    is_in_place: bool,
}

impl Work<'_> {
    fn whole(
        &mut self,
        id: &ComponentId,
        drift: &Drift,
        baseline: &dyn Fn(&ComponentId) -> Option<Document>,
    ) {
        if drift.actual.is_some() {
            self.left.push((
                id.to_string(),
                "it is not in the baseline; whether it is to be deleted is for a person to say"
                    .to_owned(),
            ));
            return;
        }
        if id.type_name == "ConnectedApp" {
            self.left.push((
                id.to_string(),
                "a connected app cannot be created since Spring '26, by any API".to_owned(),
            ));
            return;
        }
        let Some(document) = baseline(id) else { return };
        self.made.insert(id.clone(), document);
        self.changes.push(Change {
            id: id.clone(),
            path: None,
            from: None,
            to: Some("as in the baseline".into()),
            cause: Cause::State,
        });
    }

    fn settings(
        &mut self,
        id: &ComponentId,
        drifts: &[&Drift],
        baseline: &dyn Fn(&ComponentId) -> Option<Document>,
    ) {
        let Some(row) = registry::find_component(&id.type_name, &id.full_name) else { return };
        let (Some(now), Some(then)) = (own(self.actual, id), baseline(id)) else { return };
        let held = settings(row, &now.document);
        // Lists are long: which entries the baseline has is looked up once.
        let there: HashSet<Segment> =
            then.root().children().filter_map(|element| row.entry_of(element)).collect();
        let mut gone = BTreeSet::new();
        for (path, from, to) in between(&held, &settings(row, &then)) {
            let whole = entry_path(&path, from.as_ref().or(to.as_ref()));
            let is_meant = drifts
                .iter()
                .filter_map(|drift| drift.path.as_ref())
                .any(|meant| *meant == path || *meant == whole);
            if !is_meant {
                continue;
            }
            let first = &path.segments()[0];
            let is_gone = first.key.is_some() && !there.contains(first);
            let refused =
                if is_gone && !self.is_in_place { refuse_removal(row, &path) } else { Ok(()) };
            let subject = if refused.is_err() { &whole } else { &path };
            if let Err(reason) = refuse(&now.document, id, &path).and(refused.clone()) {
                let line = (format!("{id} {subject}"), reason);
                if !self.left.contains(&line) {
                    self.left.push(line);
                }
                continue;
            }
            // An entry that the baseline does not have goes as a whole; where a profile is
            // deployed, one with flags says false instead.
            let says_by_flags =
                row.fields.iter().any(|field| field.name == first.name && field.says_by_flags());
            if is_gone && (row.deploy == DeployRule::Replace || self.is_in_place || !says_by_flags)
            {
                gone.insert(first.clone());
                continue;
            }
            let said = |value: Option<Value>| value.or_else(|| row.flag_default(&path));
            self.changes.push(Change {
                id: id.clone(),
                from: said(from),
                to: said(to),
                path: Some(path),
                cause: Cause::State,
            });
        }
        self.changes.extend(gone.into_iter().map(|entry| Change {
            id: id.clone(),
            from: entry_value(&held, &entry),
            path: Some(FieldPath::new(vec![entry])),
            to: None,
            cause: Cause::State,
        }));
    }
}

/// Which changes are not so afterwards.
fn not_brought_about(changes: &[Change], after: &ComponentSet) -> Vec<String> {
    let mut undone = Vec::new();
    let mut read: BTreeMap<&ComponentId, Settings> = BTreeMap::new();
    for change in changes {
        let there = own(after, &change.id).map(|component| &component.document);
        let Some(path) = &change.path else {
            if there.is_none() {
                undone.push(change.id.to_string());
            }
            continue;
        };
        let Some(row) = registry::find_component(&change.id.type_name, &change.id.full_name) else {
            continue;
        };
        let is_so =
            if matches!((path.segments(), &change.to), ([Segment { key: Some(_), .. }], None)) {
                there.is_none_or(|there| {
                    matches!(registry::look_up(row, there, path), Found::AbsentEntry)
                })
            } else {
                let held = read
                    .entry(&change.id)
                    .or_insert_with(|| there.map(|there| settings(row, there)).unwrap_or_default());
                let is = held.get(path).cloned().or_else(|| row.flag_default(path));
                match (&is, &change.to) {
                    (Some(is), Some(to)) => crate::metadata::value::same(is, to),
                    (is, to) => is.is_none() && to.is_none(),
                }
            };
        if !is_so {
            undone.push(format!("{} {path}", change.id));
        }
    }
    undone
}
