//! What one side was asked for, and so what can be said of what it does not show: absent, or not
//! observed and why. One answer for a template's wants and for a baseline's two sides.

use std::collections::BTreeMap;

use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, ApiVersion, Kind};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::{ComponentId, ComponentSet, Requested, why_unread};

/// What is known of what was asked for on one side.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'s> {
    /// What was asked for; where there is no record, see `is_complete`.
    pub requested: &'s Requested,
    /// What was asked for and could not be read.
    pub not_observed: &'s BTreeMap<ComponentId, Unseen>,
    /// Whether a side without a record is taken for all that there is.
    pub is_complete: bool,
    /// What the side is called in a reason: `the baseline`; empty where there is but one.
    pub name: &'s str,
    /// The API version by which it was read, where that is known.
    pub version: Option<ApiVersion>,
}

impl<'s> Asked<'s> {
    /// What is known of the one side that a template is held against.
    pub fn of_set(components: &'s ComponentSet) -> Self {
        let ComponentSet { requested, not_observed, .. } = components;
        let version = match requested {
            Requested::Manifest(manifest) => manifest.version,
            Requested::Unknown => None,
        };
        Self { requested, not_observed, is_complete: false, name: "", version }
    }

    /// Why this side cannot show what is at a path, or with no path any component of the type,
    /// whatever is there: its API version lacks it.
    pub(super) fn lacks(&self, id: &ComponentId, path: Option<&FieldPath>) -> Option<Unseen> {
        let version = self.version?;
        let row = registry::find_component(&id.type_name, &id.full_name)?;
        let why = row.lacked_by(version, path)?;
        let this = if self.name.is_empty() { "this" } else { self.name };
        let words = format!("{why}, and {this} was read by {version}");
        Some(Unseen::new(UnseenKind::Version, words))
    }

    /// Why nobody can tell that a component is absent on this side; none where it is.
    pub fn why_missing(&self, id: &ComponentId) -> Option<Unseen> {
        if let Some(unseen) = why_unread(self.not_observed, id) {
            return Some(unseen.clone());
        }
        // Some are named by whose they are, and any of the type that was not read may be the one
        // (S 2.1).
        let is_named_by_owner =
            registry::find(&id.type_name).is_some_and(|row| row.odd.named_by.is_some());
        let may_be_it = |part: &ComponentId| is_named_by_owner && part.type_name == id.type_name;
        if let Some((part, why)) = self.not_observed.iter().find(|(part, _)| may_be_it(part)) {
            let words = format!("{part} could not be read, and may belong to it: {why}");
            return Some(Unseen::new(why.kind, words));
        }
        if let Some(unseen) = self.lacks(id, None) {
            return Some(unseen);
        }
        match self.requested {
            Requested::Unknown if self.is_complete => None,
            Requested::Unknown => Some(self.no_record()),
            Requested::Manifest(manifest) if manifest.covers(&id.type_name, &id.full_name) => None,
            Requested::Manifest(_) => {
                let manifest = if self.name.is_empty() { "the" } else { "its" };
                Some(self.not_requested(&format!("{manifest} manifest does not name {id}")))
            }
        }
    }

    /// Why nobody can tell that a setting is absent in a component that this side has; none where
    /// it is. An entry of a profile is shown with its companion alone (S 3.2); with `has_entry` the
    /// setting is one of an entry that is there, and would have been shown with it.
    pub(super) fn why_absent(
        &self,
        id: &ComponentId,
        path: &FieldPath,
        has_entry: bool,
    ) -> Option<Unseen> {
        // The component is there, but a part of it was not read, and may say it.
        if let Some(unseen) = self.not_observed.get(id) {
            return Some(unseen.clone());
        }
        let manifest = match self.requested {
            Requested::Unknown if self.is_complete => return None,
            Requested::Unknown => return Some(self.no_record()),
            Requested::Manifest(manifest) => manifest,
        };
        let first = path.segments().first().filter(|_| !has_entry)?;
        let row = registry::find_component(&id.type_name, &id.full_name)?;
        let field = row.fields.iter().find(|field| field.name == first.name)?;
        let (Kind::Section { companion: Some(companion), .. }, Some(key)) =
            (&field.kind, &first.key)
        else {
            return None;
        };
        let candidates = companion.candidates(key);
        if candidates.iter().any(|(type_name, full_name)| manifest.covers(type_name, full_name)) {
            // It was asked for, but the org did not show it: it does not exist, or the caller may
            // not see it.
            return candidates.iter().find_map(|(type_name, full_name)| {
                why_unread(self.not_observed, &ComponentId::new(*type_name, full_name)).cloned()
            });
        }
        let (type_name, full_name) = candidates.last()?;
        Some(self.not_requested(&format!(
            "a profile shows this only if {type_name}:{full_name} is asked for with it"
        )))
    }

    fn not_requested(&self, why: &str) -> Unseen {
        let side = if self.name.is_empty() { String::new() } else { format!(" in {}", self.name) };
        Unseen::new(UnseenKind::NotRequested, format!("not requested{side}: {why}"))
    }

    fn no_record(&self) -> Unseen {
        let words = if self.name.is_empty() {
            "not requested: the folder has no record of what was asked for (no package.xml or \
             snapshot.json)"
                .to_owned()
        } else {
            format!("{} has no record of what was asked for (--sparse)", self.name)
        };
        Unseen::new(UnseenKind::NoRecord, words)
    }
}
