//! What a plan changes although nobody could see it (`--include-not-observed`): entries of a
//! profile alone, since a profile is laid over what is there and anything else is sent as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::Finding;
use crate::metadata::ComponentId;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, Absent, DeployRule, Field, Kind};
use crate::metadata::settings::entry_path;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::package::{Cause, Change, own};
use crate::template::Test;

use super::left::{Left, LeftKind};
use super::proof::{first, folded};
use super::refusal::Refused;
use super::{Basis, Plan};

/// Says whether a change of what was not observed may be planned: it was asked for, it is a flag of
/// an entry that nobody could see, and the profile was retrieved.
pub(super) fn may_be_set(finding: &Finding<'_>, unseen: &Unseen, basis: &Basis<'_>) -> bool {
    let is_unseen = matches!(
        unseen.kind,
        UnseenKind::NoRecord
            | UnseenKind::NotRequested
            | UnseenKind::NotReadable
            | UnseenKind::NoRight
            | UnseenKind::NotAsked
    );
    // Anything else than a value takes away what nobody has seen, or adds to it.
    let is_value = matches!(finding.test(), Some(Test::Equals(Value::Bool(_))));
    let is_one = is_value && finding.wanted().is_some_and(|wanted| wanted.alternatives.is_empty());
    let (Some(id), Some(path)) = (finding.subject.component(), finding.subject.path()) else {
        return false;
    };
    is_unseen && is_one && is_in_reach(id, path, basis)
}

/// Says whether a path is a flag of a profile's entry, in a profile that was retrieved and shows
/// nothing of that entry.
pub(super) fn is_in_reach(id: &ComponentId, path: &FieldPath, basis: &Basis<'_>) -> bool {
    let Some(there) = own(basis.components, id) else { return false };
    let is_shown = registry::find(&id.type_name).is_some_and(|row| {
        matches!(
            registry::look_up(row, &there.document, &entry_path(path, None)),
            registry::Found::Entry(_)
        )
    });
    basis.is_blind && !is_shown && flags_of(id, path).is_some()
}

/// The flags of the entry that a path is in, each with its default.
fn flags_of(id: &ComponentId, path: &FieldPath) -> Option<Vec<(&'static Field, bool)>> {
    let row = registry::find(&id.type_name).filter(|row| row.deploy == DeployRule::Overlay)?;
    let [Segment { name, key: Some(_) }, _] = path.segments() else { return None };
    let field = row.field(name).filter(|field| field.says_by_flags() && !field.sent_whole)?;
    let Kind::Section { fields, .. } = &field.kind else { return None };
    let flag = |field: &'static Field| match field.absent {
        Absent::Flag(default) => Some((field, default)),
        _ => None,
    };
    Some(fields.iter().filter_map(flag).collect())
}

impl Plan<'_> {
    /// Notes that a change is of what was not observed.
    pub(super) fn note_blind(&mut self, id: &ComponentId, path: &FieldPath) {
        self.blind.insert((id.clone(), folded(path)));
    }

    /// An entry is sent with every flag said (S 3.4), so what it says of the others is a change
    /// too.
    pub(super) fn complete_blind(&mut self, basis: &Basis<'_>) {
        let mut entries = BTreeSet::new();
        let blind: Vec<Change> =
            self.changes.iter().filter(|change| self.is_blind(change)).cloned().collect();
        for change in blind {
            let Some(path) = &change.path else { continue };
            if !entries.insert((change.id.clone(), first(path))) {
                continue;
            }
            let entry = entry_path(path, None);
            let flags = flags_of(&change.id, path).unwrap_or_default();
            for (field, default) in
                flags.into_iter().filter(|(field, _)| field.is_of(basis.version))
            {
                let flag = Segment { name: field.name.to_owned(), key: None };
                let path = FieldPath::new([entry.segments(), &[flag]].concat());
                if self.changes_at(&change.id, &path) {
                    continue;
                }
                self.note_blind(&change.id, &path);
                self.changes.push(Change {
                    id: change.id.clone(),
                    path: Some(path),
                    from: None,
                    to: Some(Value::Bool(default)),
                    cause: Cause::Needed(entry.to_string()),
                });
            }
        }
    }

    /// Says whether a change is of what was not observed.
    pub fn is_blind(&self, change: &Change) -> bool {
        change.path.as_ref().is_some_and(|path| self.is_blind_at(&change.id, path))
    }

    /// Says whether something is set that was not observed.
    pub fn has_blind(&self) -> bool {
        !self.blind.is_empty()
    }

    pub(super) fn is_blind_at(&self, id: &ComponentId, path: &FieldPath) -> bool {
        !self.blind.is_empty() && self.blind.contains(&(id.clone(), folded(path)))
    }

    /// The entries that are said whether they grant something or not: what stands there was not
    /// seen.
    pub(super) fn said_blind(&self, changes: &[&Change]) -> Vec<Segment> {
        let mut said: BTreeMap<String, Segment> = BTreeMap::new();
        for change in changes.iter().filter(|change| self.is_blind(change)) {
            let Some(path) = &change.path else { continue };
            said.entry(first(path)).or_insert_with(|| path.segments()[0].clone());
        }
        said.into_values().collect()
    }

    /// What would be refused along with a change of an entry that nobody has seen: the rest of it.
    pub(super) fn blind_beside(&self, refused: &Refused) -> Vec<Refused> {
        let Some(path) = refused.path.as_ref().filter(|path| self.is_blind_at(&refused.id, path))
        else {
            return Vec::new();
        };
        let is_beside = |change: &&Change| {
            change.id == refused.id
                && self.is_blind(change)
                && change.path.as_ref().is_some_and(|one| one != path && first(one) == first(path))
        };
        let beside = self.changes.iter().filter(is_beside);
        beside.map(|change| Refused { path: change.path.clone(), ..refused.clone() }).collect()
    }

    /// What has no way back: one line for each entry that is set blind.
    pub(super) fn blind_doors(&self) -> Vec<String> {
        let blind = self.changes.iter().filter(|change| self.is_blind(change));
        let entries: BTreeMap<_, _> = blind
            .filter_map(|change| {
                let path = change.path.as_ref()?;
                Some(((&change.id, first(path)), entry_path(path, None)))
            })
            .collect();
        let door = |((id, _), entry)| {
            format!("{id} {entry}: what was there could not be seen, so the way back takes it away")
        };
        entries.into_iter().map(door).collect()
    }
}

/// A change that was sent, and that nobody can see afterwards either.
pub(super) fn unseen(change: &Change) -> Left {
    let path = change.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
    let subject = format!("{}{path}", change.id);
    let reason = "it was set blind, and cannot be seen afterwards either".to_owned();
    Left::about(LeftKind::NotObserved, Some(&change.id), subject, reason)
}
