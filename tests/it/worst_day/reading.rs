//! Commands that read: what they answer is what they answer on a good day, less what they say that
//! they could not see; else it is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::StreamExt as _;
use serde_json::Value as Json;
use sfsetup::demo::{FaultRule, Faults, Store};

use super::{is_told, name_of, rules, some};
use crate::lab::{Lab, VALUES};
use crate::support::Run;

/// The commands, each with what it writes.
const COMMANDS: &[(&[&str], Option<&str>)] = &[
    (&["diff", "--template", "ampersand", "--format", "json", "--timeout", "3"], None),
    (
        &["diff", "--template", "ampersand", "--save-plan", "plan.json", "--timeout", "3"],
        Some("plan.json"),
    ),
    (&["package", "--template", "ampersand", "--out", "fix", "--timeout", "3"], Some("fix")),
    (
        &["snapshot", "--out", "seen", "--types", "ConnectedApp,PermissionSet", "--timeout", "3"],
        Some("seen"),
    ),
    (&["org", "display", "--format", "json"], None),
];

/// What a run has come to: findings by what they are of, and files by their paths.
#[derive(Debug)]
struct Came {
    run: Run,
    calls: Vec<String>,
    findings: BTreeMap<String, String>,
    files: BTreeMap<PathBuf, String>,
}

async fn run(command: usize, rule: Option<FaultRule>) -> Came {
    let (arguments, writes) = COMMANDS[command];
    let faults = Faults { rules: rule.into_iter().collect(), by_request: false };
    let lab = Lab::new(Store::in_memory(), faults).await;
    let values = if arguments.contains(&"--template") { VALUES } else { &[] };
    let run = lab.run(&[arguments, values].concat()).await;
    let mut files = BTreeMap::new();
    if let Some(path) = writes {
        read(&lab.env.folder().join(path), &lab.running.url(), &mut files);
        let home = lab.env.folder().to_path_buf();
        files = files
            .into_iter()
            .map(|(path, text)| (path.strip_prefix(&home).unwrap().to_path_buf(), text))
            .collect();
    }
    let findings = findings(&run);
    let calls = lab.running.calls();
    Came { run, calls, findings, files }
}

fn read(path: &Path, url: &str, files: &mut BTreeMap<PathBuf, String>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            read(&entry.unwrap().path(), url, files);
        }
    } else if let Ok(text) = std::fs::read_to_string(path) {
        // Two plans that say the same are two by the time at which they were made.
        let is_of_time = |line: &&str| {
            ["\"made\": ", "\"digest\": "].iter().any(|key| line.trim_start().starts_with(key))
        };
        let lines = text.lines().filter(|line| !is_of_time(line)).map(|line| format!("{line}\n"));
        let text: String = lines.collect();
        files.insert(path.to_path_buf(), text.replace(url, "URL"));
    }
}

fn findings(run: &Run) -> BTreeMap<String, String> {
    let answer: Json = serde_json::from_str(&run.stdout).unwrap_or_default();
    let all = answer["orgs"][0]["findings"].as_array().cloned().unwrap_or_default();
    let one = |finding: &Json| {
        let of = ["step", "component", "path", "fact"].map(|key| finding[key].to_string());
        (of.concat(), format!("{} {}", finding["state"], finding["actual"]))
    };
    all.iter().map(one).collect()
}

fn check(command: usize, name: &str, came: &Came, good: &Came) {
    let name = format!("{:?} with {name}", COMMANDS[command].0);
    let Came { run, findings, files, .. } = came;
    let is_error = run.code == 1;
    assert!(is_error || run.code == good.run.code, "{name} ends otherwise: {run:?}");
    if is_error {
        is_told(run, &name);
    }
    for (of, said) in findings {
        let right = good.findings.get(of);
        assert!(
            right == Some(said) || said.starts_with("\"not-observed\""),
            "{name} says {said} of {of}, which is {right:?}: {run:?}"
        );
    }
    match command {
        0 => {
            let answer: Json = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(answer["orgs"][0]["error"].is_null(), !is_error, "{name}: {run:?}");
            assert!(is_error || findings.len() == good.findings.len(), "{name}: {run:?}");
        }
        1 => assert!(is_error || files.len() == 1, "{name}: {run:?}"),
        2 | 3 => {
            for (path, text) in files {
                // What the program writes of the run itself: when, and what it could not see.
                if path.ends_with(".sfsetup.json") || path.ends_with("package.xml") {
                    continue;
                }
                assert_eq!(good.files.get(path), Some(text), "{name}: {}: {run:?}", path.display());
            }
            if !is_error && files.len() < good.files.len() {
                assert!(
                    run.stderr.contains("not observed") || run.stdout.contains("not observed"),
                    "{name} lacks files and says nothing: {run:?}"
                );
            }
        }
        _ => {
            let answer: Json = serde_json::from_str(&run.stdout).unwrap();
            assert!(is_error || answer["id"] == "00DWs0000008DemMAE", "{name}: {run:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_on_the_worst_day_is_right_or_an_error() {
    let mut table = Vec::new();
    let mut good = Vec::new();
    for (command, words) in COMMANDS.iter().enumerate() {
        let came = run(command, None).await;
        assert_ne!(came.run.code, 1, "{words:?}: {:?}", came.run);
        let mut calls: Vec<&str> = came.calls.iter().map(String::as_str).collect();
        calls.sort_unstable();
        calls.dedup();
        calls.push("*");
        table.extend(rules(&calls).into_iter().map(|rule| (command, rule)));
        good.push(came);
    }
    let runs = some(table, 8).into_iter().map(|(command, rule)| {
        let good = &good;
        async move {
            let name = name_of(&rule);
            check(command, &name, &run(command, Some(rule)).await, &good[command]);
        }
    });
    futures::stream::iter(runs).buffer_unordered(4).collect::<Vec<()>>().await;
}
