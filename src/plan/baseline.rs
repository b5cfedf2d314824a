//! From drift to changes: what leads an org, or a folder, back to a baseline, and why the rest
//! must stay.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::diff::baseline::is_content;
use crate::diff::{Finding, Outcome, Subject};
use crate::metadata::ComponentId;
use crate::metadata::document::{Document, Markup};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, DeployRule, Field, Found, Kind, MetadataType};
use crate::metadata::settings::{alike, between, entries, entry_path, entry_value, lone_entry};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::package::{Cause, Change, own};

use super::left::{Left, LeftKind};
use super::refusal::{refuse, refuse_creation, refuse_removal, refuse_unknown};
use super::{Basis, Plan};

/// Fills a plan with the changes that undo what differs. `baseline` gives a component's file as it
/// was; none where it is not there or no metadata.
pub(super) fn fill(
    plan: &mut Plan<'_>,
    findings: &[Finding<'_>],
    baseline: &dyn Fn(&ComponentId) -> Option<Document>,
    basis: &Basis<'_>,
) {
    let mut by_component: BTreeMap<&ComponentId, Vec<&Finding<'_>>> = BTreeMap::new();
    for finding in findings {
        match (&finding.outcome, finding.subject.component()) {
            (Outcome::Differs, Some(id)) => by_component.entry(id).or_default().push(finding),
            (Outcome::NotObserved(unseen), _) => plan.leave_unseen(&finding.subject, unseen),
            _ => {}
        }
    }
    for (id, findings) in by_component {
        let is_whole = |one: &&&Finding<'_>| matches!(one.subject, Subject::Component(_));
        match findings.iter().find(is_whole) {
            Some(whole) => plan.whole(id, whole.actual.is_some(), baseline),
            None => plan.settings_back(id, &findings, baseline, basis),
        }
    }
    if !basis.is_in_place {
        let notes = shrunk_lists(&plan.changes);
        plan.notes.extend(notes);
    }
}

impl Plan<'_> {
    /// What could not be seen is left alone, and named.
    fn leave_unseen(&mut self, subject: &Subject, unseen: &Unseen) {
        let reason = match unseen.kind {
            UnseenKind::Damaged => format!("it cannot be read: {unseen}"),
            _ => unseen.words.clone(),
        };
        let (id, name) = (subject.component(), subject.to_string());
        self.left.push(Left::about(LeftKind::NotObserved, id, name, reason));
    }

    /// A component that only one of the states has.
    fn whole(
        &mut self,
        id: &ComponentId,
        is_there: bool,
        baseline: &dyn Fn(&ComponentId) -> Option<Document>,
    ) {
        let leave = |reason: &str| Left::of(id, None, reason.to_owned());
        if is_there {
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
            self.left.push(leave("its file in the baseline cannot be read as a whole"));
            return;
        };
        self.make(id.clone(), document, Cause::State);
    }

    fn settings_back(
        &mut self,
        id: &ComponentId,
        findings: &[&Finding<'_>],
        baseline: &dyn Fn(&ComponentId) -> Option<Document>,
        basis: &Basis<'_>,
    ) {
        let (contents, findings): (Vec<_>, Vec<_>) =
            findings.iter().copied().partition(|finding| is_content(&finding.subject));
        self.left.extend(contents.iter().map(|content| {
            let reason = "sfsetup does not carry what stands in files beside or below its XML, \
                          such as source: deploy it with the sf command line, or copy its files";
            Left::of(id, content.subject.path(), reason.to_owned())
        }));
        if findings.is_empty() {
            return;
        }
        let row = registry::find_component(&id.type_name, &id.full_name);
        let (Some(row), Some(now), Some(then)) = (row, own(basis.components, id), baseline(id))
        else {
            let reason = "it cannot be read as a whole, so nothing of it is changed";
            self.left.push(Left::of(id, None, reason.to_owned()));
            return;
        };
        let meant: HashSet<&FieldPath> =
            findings.iter().filter_map(|finding| finding.subject.path()).collect();
        let [held, wanted] = alike(row, [&now.document, &then]);
        // Lists are long: which entries there are is looked up once.
        let (here, there) = (entries(row, &now.document), entries(row, &then));
        let (mut gone, mut copied) = (BTreeSet::new(), BTreeSet::new());
        let mut left: BTreeSet<(FieldPath, String)> = BTreeSet::new();
        for (path, from, to) in between(&held, &wanted) {
            let lone = lone_entry(&path, &here, &there);
            let whole = match &lone {
                Some(entry) if entry.segments().len() > 1 => entry.clone(),
                _ => entry_path(&path, from.as_ref().or(to.as_ref())),
            };
            if !meant.contains(&path) && !meant.contains(&whole) {
                continue;
            }
            let is_gone = lone.as_ref().is_some_and(|entry| here.contains(entry));
            let refused = match basis.is_in_place {
                true => Ok(()),
                false if is_gone => refuse_removal(row, &path),
                false => refuse_unknown(row, [&from, &to]),
            };
            let subject = if refused.is_err() { &whole } else { &path };
            if let Err(reason) = refuse(&now.document, id, &path).and(refused.clone()) {
                left.insert((subject.clone(), reason));
                continue;
            }
            match lone {
                Some(entry) if is_gone && goes_whole(row, &entry, basis.is_in_place) => {
                    gone.insert(entry);
                    continue;
                }
                // What no row describes comes as it stands.
                Some(entry) if !is_gone && is_unsure(row, &entry) => {
                    copied.insert(entry);
                    continue;
                }
                _ => {}
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
        let left = left.into_iter();
        self.left.extend(left.map(|(path, reason)| Left::of(id, Some(&path), reason)));
        self.changes.extend(gone.into_iter().map(|entry| Change {
            id: id.clone(),
            from: entry_value(&held, &entry),
            path: Some(entry),
            to: None,
            cause: Cause::State,
        }));
        self.changes.extend(copied.into_iter().filter_map(|entry| {
            let Found::Entry(element) = registry::look_up(row, &then, &entry) else { return None };
            Some(Change {
                id: id.clone(),
                from: None,
                to: Some(Value::Xml(vec![Markup::of(element)])),
                path: Some(entry),
                cause: Cause::State,
            })
        }));
    }
}

/// An entry that the baseline does not have goes as a whole; where a profile is deployed, one with
/// flags says false instead.
fn goes_whole(row: &MetadataType, entry: &FieldPath, is_in_place: bool) -> bool {
    let says_by_flags = row.field(&entry.segments()[0].name).is_some_and(Field::says_by_flags);
    row.deploy == DeployRule::Replace || is_in_place || !says_by_flags
}

/// Says whether a list is known by the WSDL alone.
fn is_unsure(row: &MetadataType, entry: &FieldPath) -> bool {
    let field = row.resolve(entry).ok().flatten().map(|resolved| resolved.field);
    field.is_some_and(|field| matches!(field.kind, Kind::Section { sure: false, .. }))
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
