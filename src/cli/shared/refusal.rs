//! A deploy that the org did not carry out, in its own words, with the steps that they concern and
//! what to do.

use crate::apply::grouped;
use crate::org::deploy::DeployStatus;
use crate::package::{Cause, Change};
use crate::plan::Plan;
use crate::report::code;

use super::arguments::Exit;
use super::error::{CommandError, deploy_hint};

/// The org's refusal: its words once each, the steps that they concern, and what to do.
pub(crate) fn refused(name: &str, plan: &Plan<'_>, status: &DeployStatus) -> CommandError {
    let mut error = refusal(name, status);
    let mut steps: Vec<String> = Vec::new();
    for failure in &status.failures {
        let key = |change: &Change| {
            change.path.as_ref().and_then(|path| path.segments()[0].key.clone()).unwrap_or_default()
        };
        let of_component =
            || plan.changes.iter().filter(|change| failure.component.as_ref() == Some(&change.id));
        // The problem names a field, and with it the field's object: what is named most exactly is
        // meant.
        let named = of_component()
            .map(key)
            .filter(|key| failure.problem.contains(key.as_str()))
            .max_by_key(String::len);
        for change in of_component().filter(|change| {
            named.as_ref().is_some_and(|named| !named.is_empty() && key(change) == *named)
        }) {
            if let Cause::Step(step) = &change.cause {
                let line = format!(
                    "that concerns the step `{step}` ({} {})",
                    change.id,
                    change.path.as_ref().map(ToString::to_string).unwrap_or_default()
                );
                if !steps.contains(&line) {
                    steps.push(line);
                }
            }
        }
    }
    error.causes.extend(steps);
    error
}

/// The org's refusal in its own words, grouped, with what to do.
fn refusal(name: &str, status: &DeployStatus) -> CommandError {
    let mut error = CommandError::new(format!(
        "the org `{name}` refused the deploy {}, and changed nothing ({})",
        status.id, status.status
    ))
    .refused()
    .code(status.error_code.as_deref().unwrap_or(code::REFUSED));
    for (problem, places) in grouped(status) {
        error.causes.push(format!("{problem} [{}]", places.join(", ")));
        if let Some(hint) = deploy_hint(&problem)
            && !error.hints.iter().any(|known| known == hint)
        {
            error.hints.push(hint.to_owned());
        }
    }
    error.causes.extend(status.message.clone());
    error.causes.extend(
        status
            .warnings
            .iter()
            .map(|warning| format!("warning: {} [{}]", warning.problem, warning.file)),
    );
    error
}

pub(crate) fn canceled(name: &str, status: &DeployStatus) -> CommandError {
    let by = status.canceled_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let what = match status.canceled_here {
        // By whom is by whom this run is signed in: it asked for that itself.
        true => format!(
            "interrupted: at the request of this run the org has canceled the deploy {} to \
             `{name}` before it changed anything",
            status.id
        ),
        false => format!(
            "the deploy {} to `{name}` was canceled{by} before it changed anything",
            status.id
        ),
    };
    let mut error = CommandError::new(what).refused().code(code::CANCELED);
    if status.canceled_here {
        error.exit = Exit::Interrupted;
    }
    error
}
