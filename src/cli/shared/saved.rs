//! A saved plan read from its file.

use std::path::Path;

use crate::org::Org;
use crate::plan::Plan;
use crate::plan::saved::{FORMAT, SavedPlan, digest};
use crate::report::line::harmless;

use super::arguments::WantedArguments;
use super::error::{CommandError, MAKE_ANEW};
use super::goal::{Goal, Means, Seen};
use super::ui::Ui;
use super::wanted;

/// Makes the plan of a goal on an org as it is saved; none for a rollback.
///
/// # Errors
/// There is no plan.
pub(crate) fn plan_to_save(
    goal: &Goal<'_>,
    org: &Org,
    seen: &Seen,
    arguments: &WantedArguments,
) -> Result<Option<SavedPlan>, CommandError> {
    let Some(wanted) = goal.saved() else { return Ok(None) };
    let plan = goal.plan(seen, Means::Deploy)?;
    let WantedArguments { only, except, .. } = arguments.clone();
    let slips = Goal::slips(seen, &plan).into_iter();
    Ok(Some(SavedPlan {
        made: Some(jiff::Timestamp::now().to_string()),
        except,
        waivers: goal.saved_waivers(seen, &plan),
        near: slips.map(|(id, near)| (id.to_string(), near)).collect(),
        ..SavedPlan::new(&plan, wanted::saved_org(org), wanted, only)
    }))
}

/// The text of a plan's file.
///
/// # Errors
/// It cannot be written as JSON.
pub(crate) fn plan_text(plan: &SavedPlan) -> Result<String, CommandError> {
    let text = plan.to_json().map_err(|error| {
        CommandError::internal("the plan cannot be written as JSON", error.to_string())
    })?;
    Ok(harmless(&String::from_utf8_lossy(&text)).into_owned())
}

/// Reads a saved plan and checks its format. A plan that is not as it was written comes with the
/// error that says so, for whoever can say more first.
///
/// # Errors
/// It cannot be read, is no plan, or is one of another version.
pub(crate) fn read_plan(
    ui: &Ui,
    file: &Path,
) -> Result<(SavedPlan, Option<CommandError>), CommandError> {
    let bytes = wanted::read(file, "plan")?;
    let no_plan = |why: String| {
        CommandError::new(format!("`{}` is no plan of this program", file.display()))
            .because(why)
            .hint("a diff of an org writes one, with `--save-plan`")
    };
    let json: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| no_plan(error.to_string()))?;
    match json["format"].as_str() {
        Some(FORMAT) => {}
        Some(other) if other.starts_with("sfsetup.plan/") => {
            return Err(no_plan(format!(
                "it is of the format `{other}`, and this program knows `{FORMAT}`"
            )));
        }
        _ => return Err(no_plan(format!("its `format` is not `{FORMAT}`"))),
    }
    let written = json["digest"].as_str().map(str::to_owned);
    if written.is_none() {
        ui.warn(&format!(
            "`{}` has no digest: an older version has written it, or somebody has taken it out, and \
             whether it is what was looked at cannot be told",
            file.display()
        ));
    }
    let is_altered = written.is_some_and(|written| written != digest(&json));
    let altered = is_altered.then(|| {
        CommandError::new(format!(
            "`{}` is not the plan that was looked at: the file was changed after it was written",
            file.display()
        ))
        .hint(MAKE_ANEW)
        .refused()
    });
    let saved = serde_json::from_value(json).map_err(|error| no_plan(error.to_string()))?;
    Ok((saved, altered))
}

/// Reads a saved plan for whoever is only shown it, with what it shows. One that is not as it was
/// written would pass for what was made.
///
/// # Errors
/// As [`read_plan`], and where the plan was altered or cannot be shown.
pub(crate) fn read_shown(ui: &Ui, file: &Path) -> Result<(SavedPlan, Plan<'static>), CommandError> {
    let (saved, altered) = read_plan(ui, file)?;
    if let Some(altered) = altered {
        return Err(altered);
    }
    let plan = shown(&saved, file)?;
    Ok((saved, plan))
}

/// What a saved plan shows.
///
/// # Errors
/// It cannot be shown.
pub(crate) fn shown(saved: &SavedPlan, file: &Path) -> Result<Plan<'static>, CommandError> {
    saved.shown().map_err(|why| {
        CommandError::new(format!("`{}` cannot be shown", file.display())).because(why)
    })
}
