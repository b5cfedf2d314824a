//! Commands that send: the org is as it was or as it was to be, whoever has changed it is told, and
//! the next run, on a better day, ends where this one would have ended. Nothing is sent twice.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use super::{is_told, name_of, rules, some};
use crate::fleet::{command_on_two, two_of};
use crate::lab::{Lab, VALUES, once};
use crate::support::Run;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Deploy,
    Rollback,
}

use Command::{Deploy, Rollback};

type Files = BTreeMap<String, String>;

async fn run(lab: &Lab, command: Command) -> Run {
    match command {
        Deploy => lab.ampersand("deploy", &["--yes", "--timeout", "4"]).await,
        Rollback => lab.run(&["rollback", "--yes", "--timeout", "4"]).await,
    }
}

/// A lab in which the command has its work before it.
async fn ready(command: Command, store: Store) -> Lab {
    let lab = Lab::new(store, Faults::none()).await;
    if command == Rollback {
        assert_eq!(run(&lab, Deploy).await.code, 0);
    }
    lab
}

/// How many deploys the org has carried out.
async fn carried_out(lab: &Lab) -> usize {
    let rows = lab.org().await.recent_deploys().await.unwrap().unwrap();
    rows.iter().filter(|row| !row.check_only && row.status == "Succeeded").count()
}

async fn worst(command: Command, rules: Vec<FaultRule>, store: Store, states: (&Files, &Files)) {
    let name =
        format!("{command:?} with {}", rules.iter().map(name_of).collect::<Vec<_>>().join(" and "));
    let (before, after) = match command {
        Deploy => states,
        Rollback => (states.1, states.0),
    };
    let lab = ready(command, store).await;
    rules.into_iter().for_each(|rule| lab.running.fault(rule));
    let first = run(&lab, command).await;
    lab.running.heal();
    let now = lab.files().await;
    assert!(now == *before || now == *after, "{name} leaves something else: {first:?}");
    if first.code == 0 {
        assert!(now == *after, "{name} says that it is done: {first:?}");
    } else {
        assert_eq!(first.code, 1, "{name}: {first:?}");
        is_told(&first, &name);
    }
    if now == *after && first.code != 0 {
        assert!(first.stderr.contains("0Af"), "{name} does not tell of the deploy: {first:?}");
    }
    // Once taken back there is nothing more to take back.
    if command == Deploy || now != *after {
        let second = run(&lab, command).await;
        assert_eq!(second.code, 0, "{name}, then: {first:?} {second:?}");
        assert!(lab.files().await == *after, "{name}, then: {second:?}");
    }
    let expected = if command == Deploy { 1 } else { 2 };
    assert_eq!(carried_out(&lab).await, expected, "{name}: {first:?}");
}

/// What the org holds before and after a deploy, and the calls that each command makes.
async fn good() -> (Files, Files, Vec<(Command, Vec<String>)>) {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    let mut calls = Vec::new();
    for command in [Deploy, Rollback] {
        let made = lab.running.calls().len();
        assert_eq!(run(&lab, command).await.code, 0);
        let mut of_command = lab.running.calls().split_off(made);
        of_command.sort();
        of_command.dedup();
        calls.push((command, of_command));
        if command == Deploy {
            let after = lab.files().await;
            assert_ne!(before, after);
            let Run { code, .. } = run(&lab, Rollback).await;
            assert_eq!((code, lab.files().await == before), (0, true));
            assert_eq!(run(&lab, Deploy).await.code, 0);
        }
    }
    assert_eq!(run(&lab, Deploy).await.code, 0);
    (before, lab.files().await, calls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_on_the_worst_day_is_sent_once_and_ends_well() {
    let (before, after, calls) = good().await;
    let mut table = Vec::new();
    for (command, calls) in &calls {
        let calls: Vec<&str> = calls.iter().map(String::as_str).chain(["*"]).collect();
        for rule in rules(&calls) {
            // The first such call, and one in the middle of the run.
            for after in [0, 2] {
                table.push((*command, FaultRule { after, ..rule.clone() }));
            }
        }
    }
    let runs = some(table, 4).into_iter().map(|(command, rule)| {
        let states = (&before, &after);
        async move { worst(command, vec![rule], Store::in_memory(), states).await }
    });
    futures::stream::iter(runs).buffer_unordered(3).collect::<Vec<()>>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_deploy_is_found_whatever_the_clocks_say() {
    let (before, after, _) = good().await;
    let mut table = Vec::new();
    for hours in [-25, 25, -1, 1] {
        for command in [Deploy, Rollback] {
            for fault in [Fault::ResetAfter, Fault::CutAt(3), Fault::PageAfter(502)] {
                table.push((hours, command, fault));
            }
        }
    }
    let runs = some(table, 2).into_iter().map(|(hours, command, fault)| {
        let store = Store::in_memory().with_clock(hours * 3600);
        let states = (&before, &after);
        async move {
            worst(command, vec![once("deployRequest.start", fault)], store, states).await;
        }
    });
    futures::stream::iter(runs).buffer_unordered(3).collect::<Vec<()>>().await;
}

const CARRY_OUT: &[&str] = &[
    "deploy",
    "--orgs",
    "fleet.toml",
    "--plan",
    "plans",
    "--yes",
    "--max-failures",
    "9",
    "--timeout",
    "4",
];

/// Two orgs with their plans.
async fn planned() -> (Lab, Lab) {
    let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
    let plan = ["diff", "--orgs", "fleet.toml", "-t", "ampersand", "--save-plan", "plans"];
    let made = labs.0.finished(command_on_two(&labs, &[&plan[..], VALUES].concat())).await;
    assert_eq!(made.code, 2, "{made:?}");
    labs
}

async fn worst_of_two(rule: FaultRule, states: (&Files, &Files)) {
    let name = name_of(&rule);
    let (before, after) = states;
    let labs = planned().await;
    labs.0.running.fault(rule);
    let first = labs.0.finished(command_on_two(&labs, CARRY_OUT)).await;
    labs.0.running.heal();
    assert!([0, 4].contains(&first.code), "{name}: {first:?}");
    // The one that nothing befalls is as one run on it alone would leave it.
    let told = first.stdout.lines().find(|line| line.starts_with("TWO")).unwrap_or_default();
    assert!(told.contains("deployed and verified: 12 settings"), "{name}: {first:?}");
    let now = labs.0.files().await;
    assert!(now == *before || now == *after, "{name} leaves something else: {first:?}");
    assert!(first.code == 4 || now == *after, "{name} says that it is done: {first:?}");
    let second = labs.0.finished(command_on_two(&labs, CARRY_OUT)).await;
    assert_eq!(second.code, 0, "{name}, then: {first:?} {second:?}");
    assert!(labs.0.files().await == *after, "{name}, then: {second:?}");
    assert_eq!((carried_out(&labs.0).await, carried_out(&labs.1).await), (1, 1), "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_befalls_one_of_many_befalls_no_other() {
    let (before, after, _) = good().await;
    let labs = planned().await;
    let made = labs.0.running.calls().len();
    assert_eq!(labs.0.finished(command_on_two(&labs, CARRY_OUT)).await.code, 0);
    let mut calls = labs.0.running.calls().split_off(made);
    calls.sort();
    calls.dedup();
    let calls: Vec<&str> = calls.iter().map(String::as_str).chain(["*"]).collect();
    let runs = some(rules(&calls), 4).into_iter().map(|rule| worst_of_two(rule, (&before, &after)));
    futures::stream::iter(runs).buffer_unordered(2).collect::<Vec<()>>().await;
}
