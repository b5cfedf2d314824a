//! Changes of a list, or a group, as a whole: ranges that let addresses in, and all of it taken away.

use crate::metadata::hours::Week;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::range::IpRange;
use crate::metadata::registry::{self, Kind, MetadataType};
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId};
use crate::package::{Cause, Change};

use super::refusal::{refuse_removal, refuse_whole_entry};
use super::{Basis, Plan};

impl Plan<'_> {
    /// Takes all entries of a list away, or all settings of a group.
    pub(super) fn emptied(
        &mut self,
        row: &MetadataType,
        there: &Component,
        path: &FieldPath,
        basis: &Basis<'_>,
        cause: &Cause,
    ) -> Result<(), String> {
        let is_list =
            matches!(row.whole(path).map(|field| &field.kind), Some(Kind::Section { .. }));
        if self.pending(&there.id, path).any(|change| change.to.is_some()) {
            return Err(format!("another step wants something in {path}"));
        }
        let mut changes = Vec::new();
        for held in registry::held(row, &there.document, path) {
            let mut segments = path.segments().to_vec();
            let from = match segments.last_mut() {
                Some(last) if is_list => {
                    last.key = Some(held);
                    Value::Present
                }
                _ => {
                    let (name, value) = held.split_once(' ').unwrap_or((&held, ""));
                    segments.push(Segment { name: name.to_owned(), key: None });
                    Value::from(value)
                }
            };
            let path = FieldPath::new(segments);
            if !basis.is_in_place {
                refuse_removal(row, &path)?;
                refuse_whole_entry(row, &path)?;
            }
            changes.push(Change {
                id: there.id.clone(),
                path: Some(path),
                from: Some(from),
                to: None,
                cause: cause.clone(),
            });
        }
        self.changes.extend(changes);
        Ok(())
    }

    /// What is planned already of the entries of a list, or the settings of a group.
    fn pending(&self, id: &ComponentId, path: &FieldPath) -> impl Iterator<Item = &Change> {
        let names = |path: &FieldPath| -> Vec<String> {
            path.segments().iter().map(|one| one.name.clone()).collect()
        };
        let (id, list) = (id.clone(), names(path));
        self.changes.iter().filter(move |change| {
            let path = change.path.as_ref().filter(|_| change.id == id);
            path.is_some_and(|path| names(path).starts_with(&list))
        })
    }

    /// Sets the hours of every day: whether an org keeps those of a day that is not sent is not
    /// known (S 3.1).
    pub(super) fn hours(
        &mut self,
        row: &MetadataType,
        there: Option<&Component>,
        id: &ComponentId,
        path: &FieldPath,
        week: &[String],
        cause: &Cause,
    ) -> Result<(), String> {
        let held = there.map_or_else(Vec::new, |one| registry::held(row, &one.document, path));
        for (name, minutes) in Week::parse(week)?.elements() {
            let now = held.iter().find_map(|one| {
                let (held, minutes) = one.split_once(' ')?;
                (held == name).then(|| Value::from(minutes))
            });
            let to = Value::from(minutes.to_string().as_str());
            if now.as_ref() == Some(&to) {
                continue;
            }
            let mut segments = path.segments().to_vec();
            segments.push(Segment { name, key: None });
            let path = FieldPath::new(segments);
            if let Some(at) = self.place_of(id, &path) {
                if self.changes[at].to.as_ref() != Some(&to) {
                    return Err(format!("another step wants another value of {path}"));
                }
                continue;
            }
            self.changes.push(Change {
                id: id.clone(),
                path: Some(path),
                from: now,
                to: Some(to),
                cause: cause.clone(),
            });
        }
        Ok(())
    }

    /// Adds the smallest ranges that let addresses in which none of those that are there holds.
    pub(super) fn let_in(
        &mut self,
        id: &ComponentId,
        path: &FieldPath,
        ranges: &[String],
        actual: Option<&Value>,
        cause: &Cause,
    ) -> Result<(), String> {
        let row = registry::find_component(&id.type_name, &id.full_name);
        let field = row.and_then(|row| row.whole(path));
        let Some(Kind::Section { key: [_, _], .. }) = field.map(|field| &field.kind) else {
            return Err("of what an entry of this list is made is not known; do it in Setup".into());
        };
        if self.pending(id, path).any(|change| change.to.is_none()) {
            return Err(format!("another step takes away what stands in {path}"));
        }
        let mut there = actual.map(Value::elements).unwrap_or_default();
        let last = path.segments().len() - 1;
        let pending = self.pending(id, path);
        let pending =
            pending.filter_map(|change| change.path.as_ref()?.segments().get(last)?.key.clone());
        there.extend(pending);
        if there.is_empty() && path.segments()[0].name == "loginIpRanges" {
            self.notes.push(format!(
                "{id}: it has no login IP ranges, so that its users may log in from anywhere; \
                 after this from these ranges alone"
            ));
        }
        for range in IpRange::outside(ranges, &there) {
            let mut segments = path.segments().to_vec();
            segments[last].key = Some(format!("{}|{}", range.first, range.last));
            self.changes.push(Change {
                id: id.clone(),
                path: Some(FieldPath::new(segments)),
                from: None,
                to: Some(Value::Present),
                cause: cause.clone(),
            });
        }
        Ok(())
    }
}
