//! A fleet: `sfsetup diff` over many demo orgs, each far away and with a drift of its own, some of
//! which fail. Checks that every answer is right, and prints what an org costs.
//!
//! `cargo bench --bench fleet -- [ORGS [JOBS [MILLISECONDS]]]`; 1,000 orgs, 32 at a time and 200 ms
//! a call where nothing is said. The orgs are served by this process; what is measured is the
//! program's, by GNU time, over all of the orgs and over a tenth of them: what grows is the orgs'.

#![expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Orgs, serve};

/// One org in so many fails, in one of these ways.
const FAILS: usize = 20;

const USER: &str = "ampersand.integration@harbourlight.example.com";

fn ways_to_fail() -> Vec<(&'static str, Fault)> {
    vec![
        ("*", Fault::InvalidSession),
        ("*", Fault::RequestLimit),
        ("*", Fault::ApiDisabled),
        ("*", Fault::Maintenance),
        ("query", Fault::Html),
        ("query", Fault::HalfBody),
        ("query", Fault::CutAt(100)),
        ("retrieve", Fault::InvalidSession),
        ("checkRetrieveStatus", Fault::BrokenZip),
        ("checkRetrieveStatus", Fault::ZipSlip),
    ]
}

/// What a run has cost, beside its wall time.
#[derive(Debug)]
struct Cost {
    wall: Duration,
    cpu: f64,
    kilobytes: u64,
    calls: usize,
}

fn main() {
    let number = |index: usize, usual: usize| {
        let numbers = std::env::args().skip(1).filter_map(|text| text.parse().ok());
        numbers.collect::<Vec<usize>>().get(index).copied().unwrap_or(usual)
    };
    let (orgs, jobs, latency) = (number(0, 1000), number(1, 32), number(2, 200));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let run = |orgs| runtime.block_on(run(orgs, jobs, latency));
    let (few, many) = (run((orgs / 10).max(1)), run(orgs));
    let per_org = |value: f64| value / orgs as f64;
    let least = many.calls as f64 * latency as f64 / 1000.0 / jobs as f64;
    let grown = many.kilobytes.saturating_sub(few.kilobytes) as f64;
    println!(
        "| orgs | failing | jobs | calls | wall | calls x latency / jobs | wall/that | CPU an org | \
         memory | memory an org |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    println!(
        "| {orgs} | {} | {jobs} | {} | {:.1} s | {least:.1} s | {:.2} | {:.1} ms | {} MB | {:.0} KB |",
        orgs / FAILS,
        many.calls,
        many.wall.as_secs_f64(),
        many.wall.as_secs_f64() / least,
        per_org(many.cpu) * 1000.0,
        many.kilobytes / 1024,
        grown / (orgs - orgs / 10).max(1) as f64,
    );
}

async fn run(count: usize, jobs: usize, latency: usize) -> Cost {
    let latency = Duration::from_millis(u64::try_from(latency).expect("milliseconds"));
    let orgs = Orgs::many(count, |store| store).with_latency(latency);
    let running = serve(orgs, None, Faults::none()).await.expect("a port");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut list = String::from("org,instance_url,access_token_env\n");
    let mut tokens = Vec::new();
    let mut failing = Vec::new();
    for (index, (name, token)) in running.orgs().ways_in().enumerate() {
        let variable = format!("TOKEN_{index}");
        list.push_str(&[name, &running.url(), &variable].join(","));
        list.push('\n');
        tokens.push((variable, token));
        if (index + 1) % FAILS == 0 {
            let ways = ways_to_fail();
            let (call, fault) = ways[index / FAILS % ways.len()].clone();
            failing.push(name.to_owned());
            running.fault(FaultRule {
                call: format!("{name}/{call}"),
                fault,
                after: 0,
                times: None,
            });
        }
    }
    let file = folder.path().join("orgs.csv");
    std::fs::write(&file, list).expect("a file");
    let mut command = command(folder.path(), &file, jobs, tokens);
    let began = Instant::now();
    let ended = tokio::task::spawn_blocking(move || command.output().expect("GNU time"));
    let output = ended.await.expect("it runs");
    let wall = began.elapsed();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let numbers: Vec<f64> = told
        .lines()
        .last()
        .into_iter()
        .flat_map(|line| line.split_whitespace().filter_map(|text| text.parse().ok()))
        .collect();
    let [user, system, kilobytes] = numbers[..] else { panic!("GNU time says: {told}") };
    check(&output.stdout, count, &failing);
    let calls = running.calls().len();
    running.stop().await;
    Cost { wall, cpu: user + system, kilobytes: kilobytes as u64, calls }
}

fn command(home: &Path, orgs: &Path, jobs: usize, tokens: Vec<(String, String)>) -> Command {
    let mut command = Command::new("/usr/bin/time");
    command.args(["-f", "%U %S %M", env!("CARGO_BIN_EXE_sfsetup"), "diff"]);
    command.args(["--template", "okta-workflows", "--set", "app=Ampersand_ECA"]);
    command.args(["--set", &format!("user={USER}"), "--quiet", "--format", "json"]);
    command.arg("--orgs").arg(orgs).args(["--jobs", &jobs.to_string()]);
    command.env_clear().env("HOME", home).env("SFSETUP_KEYRING", "off").envs(tokens);
    command.stdin(Stdio::null());
    command
}

/// Each org that works is answered, alike where the drift is alike and not where it is not; each
/// that fails is told for itself.
fn check(answer: &[u8], count: usize, failing: &[String]) {
    let answer: Json = serde_json::from_slice(answer).expect("JSON");
    let orgs = answer["orgs"].as_array().expect("orgs");
    assert_eq!(orgs.len(), count);
    let mut kinds: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (index, org) in orgs.iter().enumerate() {
        let name = format!("o{:04}", index + 1);
        if failing.contains(&name) {
            assert!(!org["error"].is_null(), "{name} does not fail: {org}");
            continue;
        }
        assert!(org["error"].is_null() && org["org"]["name"] == *name, "{name}: {org}");
        let findings = org["findings"].as_array().expect("findings");
        let states = findings.iter().map(|one| format!("{}: {}", one["path"], one["state"]));
        let states: Vec<String> = states.collect();
        // What the template looks at lies in the first three changes.
        let kind = (index + 1) % 8;
        assert_eq!(kinds.entry(kind).or_insert_with(|| states.clone()), &states, "{name}");
    }
    assert!(count < 20 || kinds[&1] != kinds[&2], "org 1 and org 2 differ");
}
