//! What a plan changes although nobody could see it (`--include-not-observed`): entries of a profile
//! alone, since a profile is laid over what is there and anything else is sent as a whole.

use std::collections::BTreeSet;

use crate::diff::Finding;
use crate::metadata::ComponentId;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, Absent, DeployRule, Field, Kind};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::package::{Cause, Change, own};

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
    let is_one = finding.wanted().is_some_and(|wanted| wanted.alternatives.is_empty());
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
        let entry = FieldPath::new(vec![path.segments()[0].clone()]);
        matches!(registry::look_up(row, &there.document, &entry), registry::Found::Entry(_))
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
    /// An entry is sent with every flag said (S 3.4), so what it says of the others is a change too,
    /// and what was there is lost.
    pub(super) fn complete_blind(&mut self, basis: &Basis<'_>) {
        let mut entries = BTreeSet::new();
        let blind: Vec<Change> =
            self.changes.iter().filter(|change| self.is_blind(change)).cloned().collect();
        for change in blind {
            let Some(path) = &change.path else { continue };
            let first = path.segments()[0].clone();
            let entry = FieldPath::new(vec![first.clone()]);
            if !entries.insert((change.id.clone(), entry.clone())) {
                continue;
            }
            self.doors.push(format!(
                "{} {entry}: what was there could not be seen, so the way back takes it away",
                change.id
            ));
            let flags = flags_of(&change.id, path).unwrap_or_default();
            for (field, default) in
                flags.into_iter().filter(|(field, _)| field.is_of(basis.version))
            {
                let flag = Segment { name: field.name.to_owned(), key: None };
                let path = FieldPath::new(vec![first.clone(), flag]);
                let is_it = |one: &Change| one.id == change.id && one.path.as_ref() == Some(&path);
                if self.changes.iter().any(is_it) {
                    continue;
                }
                self.blind.insert((change.id.clone(), path.clone()));
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
        let path = change.path.as_ref();
        path.is_some_and(|path| self.blind.contains(&(change.id.clone(), path.clone())))
    }
}
