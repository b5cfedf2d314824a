//! From drift to changes: what leads an org, or a folder, back to a baseline, and why the rest
//! must stay.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::diff::State;
use crate::diff::drift::Drift;
use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, DeployRule, MetadataType};
use crate::metadata::settings::{alike, between, entry_path, entry_value};
use crate::metadata::value::Value;
use crate::package::{Cause, Change, own};

use super::refusal::{refuse, refuse_creation, refuse_removal, refuse_unknown};
use super::{Basis, Left, Made, Plan};

/// Fills a plan with the changes that undo drift. `baseline` gives a component's file as it was;
/// none where it is not there or no metadata.
pub(super) fn fill(
    plan: &mut Plan<'_>,
    drifts: &[Drift],
    baseline: &dyn Fn(&ComponentId) -> Option<Document>,
    basis: &Basis<'_>,
) {
    let mut by_component: BTreeMap<&ComponentId, Vec<&Drift>> = BTreeMap::new();
    for drift in drifts {
        match drift.state {
            State::Differs => by_component.entry(&drift.id).or_default().push(drift),
            State::NotObserved => plan.leave_unseen(drift),
            State::InSync | State::Missing | State::Manual | State::Waived => {}
        }
    }
    for (id, drifts) in by_component {
        match drifts.iter().find(|drift| drift.path.is_none()) {
            Some(whole) => plan.whole(whole, baseline),
            None => plan.settings_back(id, &drifts, baseline, basis),
        }
    }
    if !basis.is_in_place {
        let notes = shrunk_lists(&plan.changes);
        plan.notes.extend(notes);
    }
}

impl Plan<'_> {
    /// What could not be read is left and named; what nobody asked for is only said.
    fn leave_unseen(&mut self, drift: &Drift) {
        let path = drift.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        let reason = drift.reason.as_deref().unwrap_or("it was not observed");
        let subject = format!("{}{path}", drift.id);
        if drift.is_unreadable {
            self.left.push(Left::of(subject, format!("it cannot be read: {reason}")));
        } else {
            self.notes.push(format!("left alone, as it was not observed: {subject} ({reason})"));
        }
    }

    /// A component that only one of the states has.
    fn whole(&mut self, drift: &Drift, baseline: &dyn Fn(&ComponentId) -> Option<Document>) {
        let id = &drift.id;
        let leave = |reason: &str| Left::of(id.to_string(), reason.to_owned());
        if drift.actual.is_some() {
            self.left.push(leave(
                "it is not in the baseline; whether it is to be deleted is for a person to say",
            ));
            return;
        }
        if let Err(reason) = refuse_creation(id) {
            self.left.push(leave(&reason));
            return;
        }
        let Some(document) = baseline(id) else {
            self.left.push(leave("its file in the baseline cannot be read"));
            return;
        };
        self.make(id.clone(), Made { document, copy_of: None }, Cause::State);
    }

    fn settings_back(
        &mut self,
        id: &ComponentId,
        drifts: &[&Drift],
        baseline: &dyn Fn(&ComponentId) -> Option<Document>,
        basis: &Basis<'_>,
    ) {
        let row = registry::find_component(&id.type_name, &id.full_name);
        let (Some(row), Some(now), Some(then)) = (row, own(basis.components, id), baseline(id))
        else {
            let reason = "it cannot be read as a whole, so nothing of it is changed";
            self.left.push(Left::of(id.to_string(), reason.to_owned()));
            return;
        };
        let meant: HashSet<&FieldPath> =
            drifts.iter().filter_map(|drift| drift.path.as_ref()).collect();
        let [held, wanted] = alike(row, [&now.document, &then]);
        // Lists are long: which entries the baseline has is looked up once.
        let there: HashSet<Segment> =
            then.root().children().filter_map(|element| row.entry_of(element)).collect();
        let mut gone = BTreeSet::new();
        for (path, from, to) in between(&held, &wanted) {
            let whole = entry_path(&path, from.as_ref().or(to.as_ref()));
            if !meant.contains(&path) && !meant.contains(&whole) {
                continue;
            }
            let first = &path.segments()[0];
            let is_gone = first.key.is_some() && !there.contains(first);
            let refused = match basis.is_in_place {
                true => Ok(()),
                false if is_gone => refuse_removal(row, &path),
                false => refuse_unknown(row, [&from, &to]),
            };
            let subject = if refused.is_err() { &whole } else { &path };
            if let Err(reason) = refuse(&now.document, id, &path).and(refused.clone()) {
                let left = Left::of(format!("{id} {subject}"), reason);
                if !self.left.contains(&left) {
                    self.left.push(left);
                }
                continue;
            }
            if is_gone && goes_whole(row, first, basis.is_in_place) {
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

/// An entry that the baseline does not have goes as a whole; where a profile is deployed, one with
/// flags says false instead.
fn goes_whole(row: &MetadataType, entry: &Segment, is_in_place: bool) -> bool {
    let says_by_flags =
        row.fields.iter().any(|field| field.name == entry.name && field.says_by_flags());
    row.deploy == DeployRule::Replace || is_in_place || !says_by_flags
}

/// What an org makes of a shorter list is not documented for some of a profile's lists (S 3.4):
/// that is said, and looked at after a deploy.
fn shrunk_lists(changes: &[Change]) -> Vec<String> {
    let is_taken = |change: &&Change| {
        let entry = change.path.as_ref().and_then(|path| match path.segments() {
            [entry] => Some(entry),
            _ => None,
        });
        let row = registry::find_component(&change.id.type_name, &change.id.full_name);
        let field = row.zip(entry).and_then(|(row, entry)| row.field(&entry.name));
        change.to.is_none() && field.is_some_and(|field| field.sent_whole)
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
