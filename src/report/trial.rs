//! How a template's cases went, for a person: one line a case, and for a failed one what was
//! expected and what was found.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use crate::diff::{Finding, State};
use crate::metadata::value::Value;
use crate::plan::trial::{Failure, Trial, of_step};

use super::terminal::clean;

/// How many findings of a step are shown; one says as much as ten.
const SHOWN: usize = 3;

/// Shows how one case went.
pub fn case(name: &str, trial: &Trial<'_>) -> String {
    let counts = counts(trial);
    if trial.failures.is_empty() {
        return format!("{}   {}: {counts}\n", "ok".green().bold(), clean(name));
    }
    let mut out = format!("{} {}: {counts}\n", "FAIL".red().bold(), clean(name));
    for failure in &trial.failures {
        match failure {
            Failure::State { step, expected, found } => {
                let found = found.map_or("nothing: the step does not apply", State::name);
                line(
                    &mut out,
                    5,
                    &format!("{}: expected {expected}, found {found}", clean(step).bold()),
                );
                let others: Vec<&Finding<'_>> = of_step(&trial.diff, step)
                    .filter(|finding| finding.state.name() != *expected)
                    .collect();
                for finding in others.iter().take(SHOWN) {
                    line(&mut out, 7, &evidence(finding));
                }
                if others.len() > SHOWN {
                    line(&mut out, 7, &format!("and {} more", others.len() - SHOWN));
                }
            }
            Failure::Left { step, reason } => {
                line(
                    &mut out,
                    5,
                    &format!(
                        "{}: expected to be mended, but is left: {}",
                        clean(step).bold(),
                        clean(reason)
                    ),
                );
            }
            Failure::NotLeft { step } => {
                line(
                    &mut out,
                    5,
                    &format!("{}: expected to be left, but nothing of it is", clean(step).bold()),
                );
            }
            Failure::NotProved(why) => {
                line(&mut out, 5, &format!("there is no fix: {}", clean(why)))
            }
        }
    }
    out
}

/// Sums up: `3 cases: 2 ok, 1 failed.`
pub fn summary(passed: usize, failed: usize, unreadable: usize) -> String {
    let total = passed + failed + unreadable;
    let mut parts = Vec::new();
    for (count, words) in [(passed, "ok"), (failed, "failed"), (unreadable, "not readable")] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    format!("{total} {}: {}.\n", if total == 1 { "case" } else { "cases" }, parts.join(", "))
}

fn counts(trial: &Trial<'_>) -> String {
    let mut parts = Vec::new();
    for state in State::ALL {
        let count = trial.diff.count(state);
        let words = match state {
            State::InSync => "in sync",
            State::Differs if count == 1 => "differs",
            State::Differs => "differ",
            State::Missing => "missing",
            State::NotObserved => "not observed",
            State::Manual => "by hand",
            State::Waived => "waived",
        };
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    if parts.is_empty() {
        parts.push("nothing asked for".to_owned());
    }
    match (trial.changes, trial.left.as_slice()) {
        (0, []) => {}
        (0, left) => parts.push(format!("{} left", clean(&left.join(", ")))),
        (_, []) => parts.push("mended".to_owned()),
        (_, left) => parts.push(format!("mended but for {}", clean(&left.join(", ")))),
    }
    parts.join(", ")
}

/// What a finding rests on, in one line.
fn evidence(finding: &Finding<'_>) -> String {
    let what = match (&finding.component, &finding.path, &finding.fact) {
        (Some(component), Some(path), _) => format!("{component} {path}"),
        (_, _, Some(fact)) => fact.to_string(),
        _ => "by hand".to_owned(),
    };
    let wanted =
        finding.desired.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    let wanted = match finding.comparison {
        None => String::new(),
        Some("equals" | "one-of") => format!(", wanted {wanted}"),
        Some("absent") => ", wanted nothing there".to_owned(),
        Some(other) => format!(", wanted {other} {wanted}"),
    };
    let found = match finding.state {
        State::InSync => "is as wanted".to_owned(),
        State::Missing => "the component does not exist".to_owned(),
        State::NotObserved => finding.reason.clone().unwrap_or_else(|| "not observed".to_owned()),
        State::Manual => finding.manual.clone().unwrap_or_default(),
        State::Differs | State::Waived => {
            format!(
                "is {}{wanted}",
                finding
                    .actual
                    .as_ref()
                    .map_or_else(|| "not there".to_owned(), |value: &Value| format!("`{value}`"))
            )
        }
    };
    clean(&format!("{what}: {found}"))
}

fn line(out: &mut String, indent: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:indent$}{text}", "");
}
