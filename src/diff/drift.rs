//! What a difference means: drift, or something that nobody asked for on one of the sides.

use std::collections::BTreeMap;

use crate::diff::State;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, Kind};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, Requested, why_unread};

use crate::metadata::compare::Difference;

/// What is known of what was asked for on one side.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'s> {
    /// What was asked for; where there is no record, see `is_complete`.
    pub requested: &'s Requested,
    /// What was asked for and could not be read.
    pub not_observed: &'s BTreeMap<ComponentId, String>,
    /// Whether a side without a record is taken for all that there is.
    pub is_complete: bool,
    /// What the side is called in a reason: `the baseline`.
    pub name: &'s str,
}

/// One finding of a comparison with a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The component.
    pub id: ComponentId,
    /// Where; none for the whole component.
    pub path: Option<FieldPath>,
    /// `differs`, or `not-observed`.
    pub state: State,
    /// What is there now.
    pub actual: Option<Value>,
    /// What the baseline has.
    pub baseline: Option<Value>,
    /// Why it could not be seen.
    pub reason: Option<String>,
    /// Whether a side has a file of the component that is no metadata.
    pub is_unreadable: bool,
    /// Who changed the component last, and when.
    pub changed: Option<String>,
}

/// What differs from a baseline; only that is listed.
#[derive(Debug, Default)]
pub struct Drifts {
    /// What the user called the baseline.
    pub baseline: String,
    /// What differs or could not be seen, in order of component and path.
    pub drifts: Vec<Drift>,
    /// How many components are the same on both sides.
    pub in_sync: usize,
    /// What the reader should know of the sides.
    pub notes: Vec<String>,
}

impl Drifts {
    /// Counts what has a state.
    pub fn count(&self, state: State) -> usize {
        self.drifts.iter().filter(|drift| drift.state == state).count()
    }
}

/// Says of each difference in a component that both sides have whether it counts.
pub fn settings(
    id: &ComponentId,
    differences: Vec<Difference>,
    actual: &Asked<'_>,
    baseline: &Asked<'_>,
) -> Vec<Drift> {
    differences
        .into_iter()
        .map(|one| {
            let unseen = match (&one.actual, &one.baseline) {
                (None, _) => actual.why_absent(id, &one.path),
                (_, None) => baseline.why_absent(id, &one.path),
                _ => None,
            };
            Drift {
                id: id.clone(),
                path: Some(one.path),
                state: if unseen.is_some() { State::NotObserved } else { State::Differs },
                actual: one.actual,
                baseline: one.baseline,
                reason: unseen,
                is_unreadable: false,
                changed: None,
            }
        })
        .collect()
}

/// Says whether it counts that one side alone has a component.
pub fn component(
    id: &ComponentId,
    is_now: bool,
    actual: &Asked<'_>,
    baseline: &Asked<'_>,
) -> Drift {
    let unseen = if is_now { baseline.why_missing(id) } else { actual.why_missing(id) };
    let there = Some(Value::Present);
    Drift {
        id: id.clone(),
        path: None,
        state: if unseen.is_some() { State::NotObserved } else { State::Differs },
        actual: there.clone().filter(|_| is_now),
        baseline: there.filter(|_| !is_now),
        reason: unseen,
        is_unreadable: false,
        changed: None,
    }
}

impl Asked<'_> {
    /// Why nobody can tell that a setting is absent on this side; none where it is.
    fn why_absent(&self, id: &ComponentId, path: &FieldPath) -> Option<String> {
        let manifest = match self.requested {
            Requested::Unknown if self.is_complete => return None,
            Requested::Unknown => {
                return Some(format!(
                    "{} has no record of what was asked for (--sparse)",
                    self.name
                ));
            }
            Requested::Manifest(manifest) => manifest,
        };
        let first = &path.segments()[0];
        let row = registry::find_component(&id.type_name, &id.full_name)?;
        let field = row.fields.iter().find(|field| field.name == first.name)?;
        let (Kind::Section { companion: Some(companion), .. }, Some(key)) =
            (&field.kind, &first.key)
        else {
            return None;
        };
        let candidates = companion.candidates(key);
        if candidates.iter().any(|(type_name, full_name)| manifest.covers(type_name, full_name)) {
            return candidates.iter().find_map(|(type_name, full_name)| {
                why_unread(self.not_observed, &ComponentId::new(*type_name, full_name)).cloned()
            });
        }
        let (type_name, full_name) = candidates.last()?;
        Some(format!(
            "not requested in {}: a profile shows this only if {type_name}:{full_name} is asked for with it",
            self.name
        ))
    }

    fn why_missing(&self, id: &ComponentId) -> Option<String> {
        if let Some(reason) = why_unread(self.not_observed, id) {
            return Some(reason.clone());
        }
        match self.requested {
            Requested::Unknown if self.is_complete => None,
            Requested::Unknown => {
                Some(format!("{} has no record of what was asked for (--sparse)", self.name))
            }
            Requested::Manifest(manifest) if manifest.covers(&id.type_name, &id.full_name) => None,
            Requested::Manifest(_) => {
                Some(format!("not requested in {}: its manifest does not name {id}", self.name))
            }
        }
    }
}
