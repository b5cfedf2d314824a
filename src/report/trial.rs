//! How a template's cases went, for a person: one line a case, and for a failed one what was
//! expected and what was found.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use crate::diff::{Finding, Outcome, State};
use crate::metadata::value::Value;
use crate::plan::trial::{Failure, Trial, of_step};
use crate::template::Test;

use super::line::clean;

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
                    .filter(|finding| finding.state().name() != *expected)
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
                        "{}: expected to be fixed, but is left: {}",
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
        (_, []) => parts.push("fixed".to_owned()),
        (_, left) => parts.push(format!("fixed but for {}", clean(&left.join(", ")))),
    }
    parts.join(", ")
}

/// What a finding rests on, in one line.
fn evidence(finding: &Finding<'_>) -> String {
    let found = match &finding.outcome {
        Outcome::InSync => "is as wanted".to_owned(),
        Outcome::Missing => "the component does not exist".to_owned(),
        Outcome::NotObserved(unseen) => unseen.words.clone(),
        Outcome::Manual(_) => finding.manual().unwrap_or_default().to_owned(),
        Outcome::Differs | Outcome::Waived(_) => {
            let value = |value: &Value| format!("`{value}`");
            let actual = finding.actual.as_ref().map_or_else(|| "not there".to_owned(), value);
            format!("is {actual}{}", wanted(finding))
        }
    };
    clean(&format!("{}: {found}", finding.subject))
}

fn wanted(finding: &Finding<'_>) -> String {
    let desired = finding.desired();
    let desired = desired.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    match finding.test() {
        None => String::new(),
        Some(Test::Equals(_) | Test::OneOf(_)) => format!(", wanted {desired}"),
        Some(Test::Absent) => ", wanted nothing there".to_owned(),
        Some(test) => format!(", wanted {} {desired}", test.name()),
    }
}

fn line(out: &mut String, indent: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:indent$}{text}", "");
}
