//! The worst day: every fault that the demo org and the network know, at every call, under every
//! command that reads or sends. An answer is whole, or says what it could not see, or is an error;
//! nothing is sent twice, and the next run ends where it would have ended.
//!
//! A sample of each table runs with all tests; `SFSETUP_WORST_DAY=whole` runs all of it
//! (`.ci/full`), which takes the better part of an hour.

mod cuts;
mod network;
mod reading;
mod sending;

use sfsetup::demo::{Fault, FaultRule};

/// Whether all of each table is run.
fn is_whole() -> bool {
    std::env::var_os("SFSETUP_WORST_DAY").is_some_and(|value| value == "whole")
}

/// All of a table, or so many of it, evenly spread.
fn some<T>(table: Vec<T>, most: usize) -> Vec<T> {
    let count = table.len();
    if is_whole() || count <= most {
        return table;
    }
    // One of each stretch, not at the same place in each.
    let is_taken = |index: &usize| (index * most) / count != ((index + 1) * most) / count;
    table.into_iter().enumerate().filter(|(index, _)| is_taken(index)).map(|(_, one)| one).collect()
}

/// What may go wrong at any call.
fn faults() -> Vec<Fault> {
    vec![
        Fault::CutAt(0),
        Fault::CutAt(1),
        Fault::CutAt(60),
        Fault::CutAt(250),
        Fault::HalfBody,
        Fault::Html,
        Fault::PageAfter(200),
        Fault::PageAfter(404),
        Fault::PageAfter(502),
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::TooManyRequests(None),
        Fault::Unavailable(None),
        Fault::ServerError,
        Fault::InvalidSession,
        Fault::RequestLimit,
        Fault::ApiDisabled,
        Fault::Maintenance,
        Fault::NotFound,
        Fault::InvalidType,
    ]
}

/// Each fault at each of the calls, once and for ever.
fn rules(calls: &[&str]) -> Vec<FaultRule> {
    let mut rules = Vec::new();
    for call in calls {
        for fault in faults() {
            for times in [Some(1), None] {
                rules.push(FaultRule {
                    call: (*call).to_owned(),
                    fault: fault.clone(),
                    after: 0,
                    times,
                });
            }
        }
    }
    rules
}

fn name_of(rule: &FaultRule) -> String {
    format!("{:?} at {}, {:?} times", rule.fault, rule.call, rule.times)
}

/// An error as people are owed it: what happened, and what to do.
fn is_told(run: &crate::support::Run, name: &str) {
    let has = |words: &str| run.stderr.contains(words);
    assert!(has("error: ") && has("hint: "), "{name}: {run:?}");
    assert!(!has("internal error"), "{name}: {run:?}");
}
