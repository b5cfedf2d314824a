//! A baseline and what is there now held against each other: every difference ends as drift, or as
//! something that was not observed.

use crate::diff::State;
use crate::diff::drift::{Asked, Drift, Drifts, component, settings};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, Travel};
use crate::metadata::{ComponentId, Requested};

use super::side::{Outcome, Side, compare_sides};

/// Says whether a setting is an org's own id of something, which another org's is no difference to
/// (S 2.2, 2.4).
fn is_bound(drift: &Drift) -> bool {
    let row = registry::find_component(&drift.id.type_name, &drift.id.full_name);
    let field = drift.path.as_ref().and_then(|path| row?.resolve(path).ok().flatten());
    field.is_some_and(|resolved| resolved.field.travel == Travel::SameOrg)
}

/// Holds what is there now against the baseline, which the user calls `name`. `chosen` says whether
/// a setting counts, or without a path whether anything of a component does. With `sparse` a side
/// without a record is taken for a part.
pub fn compare(
    actual: &Side,
    baseline: &Side,
    name: String,
    chosen: &(dyn Fn(&ComponentId, Option<&FieldPath>) -> bool + Sync),
    sparse: bool,
) -> Drifts {
    let is_chosen = |id: &ComponentId| chosen(id, None);
    // A plain folder compared with an org has no word on what else the org has.
    let now = Asked {
        requested: &actual.requested,
        not_observed: &actual.not_observed,
        is_complete: !sparse,
        name: "what is there now",
    };
    let then = Asked {
        requested: &baseline.requested,
        not_observed: &baseline.not_observed,
        is_complete: !sparse,
        name: "the baseline",
    };
    let is_other = actual.is_of_another_org(baseline);
    let mut drifts = Drifts { baseline: name, ..Drifts::default() };
    for one in compare_sides(actual, baseline, &is_chosen) {
        let mut found: Vec<Drift> = match one.outcome {
            Outcome::Both(differences) => settings(&one.id, differences, &now, &then),
            Outcome::OnlyActual => vec![component(&one.id, true, &now, &then)],
            Outcome::OnlyBaseline => vec![component(&one.id, false, &now, &then)],
            Outcome::Failed(why) => vec![Drift {
                id: one.id.clone(),
                path: None,
                state: State::NotObserved,
                actual: None,
                baseline: None,
                reason: Some(why),
                is_unreadable: true,
                changed: None,
            }],
        };
        found.retain(|drift| {
            chosen(&drift.id, drift.path.as_ref()) && !(is_other && is_bound(drift))
        });
        if found.is_empty() {
            drifts.in_sync += 1;
        }
        for drift in &mut found {
            drift.changed = actual.changed.get(&drift.id).cloned();
        }
        drifts.drifts.append(&mut found);
    }
    for (id, reason) in &actual.not_observed {
        let is_told = drifts.drifts.iter().any(|drift| drift.id == *id) || id.full_name == "*";
        if !is_told && is_chosen(id) && baseline.components.contains_key(id) {
            drifts.drifts.push(Drift {
                id: id.clone(),
                path: None,
                state: State::NotObserved,
                actual: None,
                baseline: None,
                reason: Some(reason.clone()),
                is_unreadable: false,
                changed: None,
            });
        }
    }
    drifts.drifts.sort_by(|one, other| (&one.id, &one.path).cmp(&(&other.id, &other.path)));
    let has_record = |side: &Side| matches!(side.requested, Requested::Manifest(_));
    let who = match (has_record(baseline), has_record(actual)) {
        (true, true) => return drifts,
        (false, true) => "the baseline has",
        (true, false) => "what is compared with it has",
        (false, false) => "both sides have",
    };
    let record = "no record of what was asked for (package.xml or snapshot.json)";
    drifts.notes.push(if sparse {
        format!("{who} {record}; what is absent there is not observed (--sparse)")
    } else {
        format!(
            "{who} {record}, which is taken for all that there is; --sparse takes it for a part"
        )
    });
    drifts
}
