//! A baseline as the command line names it: a snapshot, a folder, a zip, or an org; and what an org
//! has of it now.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::metadata::ComponentId;
use crate::org::{ConnectOptions, Org};
use crate::plan::saved::SavedBaseline;
use crate::snapshot::side::Side;
use crate::snapshot::take;

use super::arguments::{WantedArguments, shell_word};
use super::connect::{self, Connected, TargetOrg};
use super::error::CommandError;
use super::ui::Ui;

/// The baseline that the arguments name; none where they name none.
pub(crate) fn named(arguments: &WantedArguments) -> Option<SavedBaseline> {
    let path = arguments.baseline.as_ref().map(|path| path.display().to_string());
    let org = arguments.baseline_org.clone();
    (path.is_some() || org.is_some()).then_some(SavedBaseline {
        path,
        org,
        sparse: arguments.sparse,
    })
}

/// How the baseline is named on the command line, as a shell reads it.
pub(crate) fn as_named(arguments: &WantedArguments) -> String {
    let mut words = Vec::new();
    if let Some(path) = &arguments.baseline {
        words.extend(["--baseline".to_owned(), shell_word(&path.display().to_string())]);
    }
    if let Some(org) = &arguments.baseline_org {
        words.extend(["--baseline-org".to_owned(), shell_word(org)]);
    }
    if arguments.sparse {
        words.push("--sparse".to_owned());
    }
    words.join(" ")
}

/// Opens a path as a side.
pub(crate) fn open(ui: &Ui, path: &Path) -> Result<Side, CommandError> {
    let side = Side::open(path).map_err(|error| CommandError::read(path, &error))?;
    for file in &side.passed_over {
        ui.detail(&format!("passed over: {file}"));
    }
    Ok(side)
}

/// Gets the baseline, where it is files or another org; and what must be asked of the org that is
/// held against it.
pub(crate) async fn baseline(
    ui: &Ui,
    saved: &SavedBaseline,
    timeout: Duration,
) -> Result<Side, CommandError> {
    if let Some(path) = &saved.path {
        return open(ui, Path::new(path));
    }
    let name = saved.org.clone().unwrap_or_default();
    let choice = TargetOrg::Named(name, "--baseline-org".to_owned());
    let connected: Connected =
        connect::connect(&choice, ConnectOptions { job_timeout: timeout, ..connect::options(ui) })
            .await?;
    let types: Vec<String> = take::DEFAULT_TYPES.iter().map(|name| (*name).to_owned()).collect();
    let failed = |error| CommandError::org(choice.name(), &error);
    let wanted = take::of_types(&connected.org, &types).await.map_err(failed)?;
    let mut side = take::side(&connected.org, &wanted).await.map_err(failed)?;
    side.selection = Some(wanted.selection);
    Ok(side)
}

/// Gets the baseline that the arguments name, with how they name it; none where they name none.
///
/// # Errors
/// As for [`baseline`].
pub(crate) async fn of(
    ui: &Ui,
    arguments: &WantedArguments,
    timeout: Duration,
) -> Result<Option<(SavedBaseline, Side)>, CommandError> {
    let Some(saved) = named(arguments) else { return Ok(None) };
    let side = baseline(ui, &saved, timeout).await?;
    Ok(Some((saved, side)))
}

/// What an org has of a baseline.
pub(crate) struct OfOrg {
    /// What it has.
    pub(crate) side: Side,
    /// Types that it could not list this time, one line each: an error, beside what was read.
    pub(crate) failed: Vec<String>,
}

/// Asks an org for what a baseline has.
pub(crate) async fn of_org(org: &Org, name: &str, baseline: &Side) -> Result<OfOrg, CommandError> {
    let request = take::of_baseline(baseline).map_err(|error| {
        CommandError::new("cannot read the baseline").because(error.to_string())
    })?;
    let failed = |error| CommandError::org(name, &error);
    let wanted = take::against(org, baseline, request).await.map_err(failed)?;
    let asked = &wanted.request.components;
    let is_asked = |type_name: &str| {
        let all = ComponentId::new(type_name, "*");
        wanted.listed.contains(type_name) || wanted.not_observed.contains_key(&all)
    };
    let types = asked.iter().map(|id| id.type_name.clone());
    let types: BTreeSet<String> = types.filter(|type_name| !is_asked(type_name)).collect();
    let (mut side, mut changes) =
        futures::try_join!(take::side(org, &wanted), take::who_changed(org, &types))
            .map_err(failed)?;
    side.mark_unsent(asked, changes.last.keys());
    side.mark_unlisted(asked, &changes.unlisted);
    let changed = changes.last.into_iter().filter_map(|(id, words)| Some((id, words?)));
    side.changed.extend(changed);
    changes.unlisted.extend(wanted.failed);
    let passing = changes.unlisted.iter().filter(|(_, error)| !error.is_lasting());
    let failed = passing.map(|(type_name, error)| {
        format!("`{name}` could not list the components of {type_name}: {error}")
    });
    Ok(OfOrg { side, failed: failed.collect() })
}
