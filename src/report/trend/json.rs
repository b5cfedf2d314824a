//! `sfsetup.trend/1`: drift over time for programs.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::report::json::parts::Error;
use crate::trend::{End, Outcome, Trend};

/// The document's body.
#[derive(Serialize)]
pub struct Body {
    /// The first look and the last; null where there is none.
    span: Option<Span>,
    looks: usize,
    orgs: Vec<Org>,
    drifts: Vec<Drift>,
    steps: Vec<Step>,
    days: Vec<Day>,
}

#[derive(Serialize)]
struct Span {
    from: Timestamp,
    to: Timestamp,
}

#[derive(Serialize)]
struct Org {
    name: String,
    id: Option<String>,
    /// `as-wanted`, `drifted`, `failed`, `missing` or `not-asked`.
    state: &'static str,
    last_look: Timestamp,
    last_answer: Option<Timestamp>,
    open: usize,
    error: Option<Error>,
}

#[derive(Serialize)]
struct Drift {
    org: String,
    step: String,
    title: String,
    /// `open`, `fixed`, `waived` or `replaced`.
    state: &'static str,
    well_before: Option<Timestamp>,
    found: Timestamp,
    last_seen: Timestamp,
    ended: Option<Timestamp>,
    seconds: i64,
}

#[derive(Serialize)]
struct Step {
    step: String,
    title: String,
    drifts: usize,
    orgs: usize,
    open: usize,
    fixed: usize,
    median_seconds: Option<i64>,
    longest_seconds: Option<i64>,
}

#[derive(Serialize)]
struct Day {
    day: String,
    orgs: usize,
    drifted: usize,
    no_answer: usize,
}

/// What there is to say.
pub fn of(trend: &Trend) -> Body {
    let org = |org: &crate::trend::Org| Org {
        name: org.name.clone(),
        id: org.id.clone(),
        state: match (&org.silent, org.open) {
            _ if org.is_left => "not-asked",
            (Some(Outcome::Missing), _) => "missing",
            (Some(_), _) => "failed",
            (None, 0) => "as-wanted",
            (None, _) => "drifted",
        },
        last_look: org.last,
        last_answer: org.answered,
        open: org.open,
        error: match &org.silent {
            Some(Outcome::Failed { code, message }) => {
                Some(Error { code: code.clone(), message: message.clone(), hint: None })
            }
            _ => None,
        },
    };
    let drift = |drift: &crate::trend::Drift| {
        let (state, ended) = match drift.end {
            End::Open => ("open", None),
            End::Fixed(at) => ("fixed", Some(at)),
            End::Waived(at) => ("waived", Some(at)),
            End::Replaced(at) => ("replaced", Some(at)),
        };
        Drift {
            org: drift.org.clone(),
            step: drift.step.clone(),
            title: trend.title(&drift.step).to_owned(),
            state,
            well_before: drift.before,
            found: drift.found,
            last_seen: drift.last,
            ended,
            seconds: ended.unwrap_or(drift.last).duration_since(drift.found).as_secs(),
        }
    };
    let seconds = |time: Option<SignedDuration>| time.map(|time| time.as_secs());
    let step = |step: &crate::trend::Total| Step {
        step: step.id.clone(),
        title: step.title.clone(),
        drifts: step.drifts,
        orgs: step.orgs,
        open: step.open,
        fixed: step.fixed,
        median_seconds: seconds(step.median),
        longest_seconds: seconds(step.longest),
    };
    let day = |day: &crate::trend::Day| Day {
        day: day.day.clone(),
        orgs: day.orgs,
        drifted: day.drifted,
        no_answer: day.silent,
    };
    Body {
        span: trend.span.map(|(from, to)| Span { from, to }),
        looks: trend.looks,
        orgs: trend.orgs.iter().map(org).collect(),
        drifts: trend.drifts.iter().map(drift).collect(),
        steps: trend.steps.iter().map(step).collect(),
        days: trend.days.iter().map(day).collect(),
    }
}
