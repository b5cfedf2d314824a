//! Two states held against each other: a baseline (a snapshot, a folder, a zip, an org) and what is
//! there now.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::diff::State;
use crate::diff::drift::{Asked, Drift, component, settings};
use crate::metadata::registry::{self, Travel};
use crate::metadata::{ComponentId, Requested};
use crate::org::{ConnectOptions, Org};
use crate::report::Drifts;
use crate::snapshot::side::{Outcome, Side, compare_sides};
use crate::snapshot::take;

use super::WantedArguments;
use super::connect::{self, Choice, Connected};
use super::error::CommandError;
use super::ui::Ui;
use super::wanted::Only;

/// Says whether the arguments name a baseline.
pub(super) fn is_named(arguments: &WantedArguments) -> bool {
    arguments.baseline.is_some() || arguments.baseline_org.is_some()
}

/// The baseline as the user named it.
pub(super) fn name(arguments: &WantedArguments) -> String {
    match (&arguments.baseline, &arguments.baseline_org) {
        (Some(path), _) => path.display().to_string(),
        (None, Some(org)) => org.clone(),
        (None, None) => String::new(),
    }
}

/// Opens a path as a side.
pub(super) fn open(path: &Path) -> Result<Side, CommandError> {
    Side::open(path).map_err(|error| CommandError::read(path, &error))
}

/// Gets the baseline, where it is files or another org; and what must be asked of the org that is
/// held against it.
pub(super) async fn baseline(
    ui: &Ui,
    arguments: &WantedArguments,
    timeout: Duration,
) -> Result<Side, CommandError> {
    if let Some(path) = &arguments.baseline {
        return open(path);
    }
    let name = arguments.baseline_org.clone().unwrap_or_default();
    let choice = Choice::Named(name, "--baseline-org");
    let connected: Connected =
        connect::connect(&choice, ConnectOptions { job_timeout: timeout, ..connect::options(ui) })
            .await?;
    let types: Vec<String> = take::DEFAULT_TYPES.iter().map(|name| (*name).to_owned()).collect();
    let failed = |error| CommandError::org(choice.name(), &error);
    let wanted = take::of_types(&connected.org, &types).await.map_err(failed)?;
    take::side(&connected.org, &wanted).await.map_err(failed)
}

/// Asks an org for what a baseline has.
pub(super) async fn of_org(org: &Org, name: &str, baseline: &Side) -> Result<Side, CommandError> {
    let request = take::of_baseline(baseline).map_err(|error| {
        CommandError::new("cannot read the baseline").because(error.to_string())
    })?;
    let types: BTreeSet<String> =
        request.components.iter().map(|id| id.type_name.clone()).collect();
    let wanted = take::Wanted { request, ..take::Wanted::default() };
    let failed = |error| CommandError::org(name, &error);
    let (mut side, changed) =
        futures::try_join!(take::side(org, &wanted), take::who_changed(org, &types))
            .map_err(failed)?;
    side.changed = changed;
    Ok(side)
}

/// Says whether a setting is an org's own id of something, which another org's is no difference to
/// (S 2.2, 2.4).
fn is_bound(drift: &Drift) -> bool {
    let row = registry::find_component(&drift.id.type_name, &drift.id.full_name);
    let field = drift.path.as_ref().and_then(|path| row?.resolve(path).ok().flatten());
    field.is_some_and(|resolved| resolved.field.travel == Travel::SameOrg)
}

/// Holds what is there now against the baseline.
pub(super) fn compare(
    actual: &Side,
    baseline: &Side,
    name: String,
    only: &Only,
    sparse: bool,
) -> Drifts {
    let is_chosen = |id: &ComponentId| only.component(id);
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
            only.setting(&drift.id, drift.path.as_ref()) && !(is_other && is_bound(drift))
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
        if !is_told && only.component(id) && baseline.components.contains_key(id) {
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
    drifts.notes.extend(only.idle(actual.components.keys().chain(baseline.components.keys())));
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
