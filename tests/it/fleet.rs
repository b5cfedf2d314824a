//! Many orgs in one run: each gets what a run on it alone says, failures stay apart, and what was
//! answered before a run was cut off is not asked again.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::json::document;
use crate::lab::{Lab, VALUES};
use crate::support::{Env, Run, end, fixture};

/// Where demo orgs listen differs from run to run.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("http://127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        format!("{out}http://demo{}", part.trim_start_matches(|c: char| c.is_ascii_digit()))
    })
}

fn diff(env: &Env, more: &[&str]) -> Run {
    env.run(&[&["diff", "--template", "ampersand"], more].concat())
}

fn json(run: &Run) -> Json {
    serde_json::from_str(&without_ports(&run.stdout)).unwrap_or_else(|why| panic!("{why} {run:?}"))
}

#[test]
fn each_org_gets_what_a_diff_of_it_alone_says_and_a_failure_stays_apart() {
    let env = Env::new();
    let run = diff(&env, &["-o", "demo:a", "-o", "nobody", "-o", "demo:b", "--format", "json"]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stderr.contains("error: nobody: "), "{run:?}");
    assert!(run.stderr.contains("3 of 3 orgs, 1 failed"), "{run:?}");
    document(&run.stdout, "diff", &run);
    let all = json(&run);
    let names: Vec<&str> = all["orgs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|org| org["org"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["demo:a", "nobody", "demo:b"], "in the order in which they are named");
    for (index, name) in [(0, "demo:a"), (2, "demo:b")] {
        let alone = json(&diff(&env, &["-o", name, "--format", "json"]));
        assert_eq!(all["orgs"][index], alone["orgs"][0], "{name}");
        assert_eq!(all["templates"], alone["templates"]);
        assert_eq!(all["template"], alone["template"]);
    }
    assert_eq!(all["orgs"][1]["error"]["code"], "NO_SUCH_ORG");
    assert_ne!(all["orgs"][0]["org"]["id"], all["orgs"][2]["org"]["id"]);
    // Without one that fails it ends as its worst.
    assert_eq!(diff(&env, &["-o", "demo:a", "-o", "demo:b"]).code, 2);
    let well = ["--only", "ConnectedApp:Ampersand:oauthConfig.isAdminApproved"];
    assert_eq!(diff(&env, &[&["-o", "demo:a", "-o", "demo:b"][..], &well].concat()).code, 0);
}

#[test]
fn the_matrix_shows_orgs_by_steps_and_what_the_marks_stand_for() {
    let env = Env::new();
    let run = diff(&env, &["-o", "demo:a", "-o", "nobody", "-o", "demo:a"]);
    assert!(run.stderr.contains("`demo:a` is named more than once, and asked once"), "{run:?}");
    for line in [
        "2 orgs against ampersand 2026.11",
        "demo:a  =~~======= ~~",
        "nobody  error",
        "  2 Refresh token is valid until revoked  ampersand/refresh-token",
        "    ~ differs in 1: demo:a",
        "2 orgs: 0 as wanted, 1 not, 1 failed.",
    ] {
        assert!(run.stdout.lines().any(|one| one == line), "{line}\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("does not apply"), "each step applies: {}", run.stdout);
    assert!(!run.stdout.contains("is ENFORCE"), "{}", run.stdout);
    let full = diff(&env, &["-o", "demo:a", "-o", "nobody", "--full"]);
    assert!(full.stdout.contains("~ ConnectedApp:Ampersand oauthPolicy.ipRelaxation is ENFORCE"));
}

#[test]
fn every_form_tells_of_all_orgs() {
    let env = Env::new();
    let orgs = ["-o", "demo:a", "-o", "nobody"];
    let files = ["a.csv", "m.csv", "a.md", "a.html", "a.junit.xml", "a.sarif", "a.jsonl", "a.json"];
    let outs: Vec<&str> =
        files.iter().filter(|name| **name != "m.csv").flat_map(|name| ["--out", *name]).collect();
    let run = diff(&env, &[&orgs[..], &outs].concat());
    assert!(run.code == 4 && run.stdout.is_empty(), "{run:?}");
    let matrix = diff(&env, &[&orgs[..], &["--matrix", "--out", "m.csv"]].concat());
    assert_eq!(matrix.code, 4, "{matrix:?}");
    let text: BTreeMap<&str, String> = files
        .iter()
        .map(|name| (*name, std::fs::read_to_string(env.folder().join(name)).unwrap()))
        .collect();
    for (name, text) in &text {
        assert!(text.contains("demo:a") && text.contains("nobody"), "{name}: {text}");
        assert!(text.contains("no login has that name"), "{name}: {text}");
    }
    // The rows are those of a diff of it alone.
    let alone = diff(&env, &["-o", "demo:a", "--format", "csv"]);
    let rows = without_ports(&text["a.csv"]);
    for line in without_ports(&alone.stdout).lines() {
        assert!(rows.lines().any(|one| one == line), "{line}\n{rows}");
    }
    let table: Vec<&str> = text["m.csv"].lines().collect();
    assert_eq!(table.len(), 3, "{table:?}");
    assert!(table[0].starts_with("\"org\",\"id\",\"result\",\"ampersand/edition\""), "{table:?}");
    assert!(table[1].contains(",\"in-sync\",\"differs\",\"differs\",\"in-sync\","), "{table:?}");
    let sarif: Json = serde_json::from_str(&text["a.sarif"]).unwrap();
    assert_eq!(sarif["runs"].as_array().unwrap().len(), 1);
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(
        results.iter().all(|one| one["message"]["text"].as_str().unwrap().starts_with("demo:a: "))
    );
    let said = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(said.contains("demo:a: the list `fields` is empty"), "{said}");
    assert!(text["a.junit.xml"].contains("tests=\"13\" skipped=\"0\" failures=\"4\" errors=\"1\""));
    assert!(text["a.html"].contains("<td class=\"differs\""), "{}", text["a.html"]);
    assert!(text["a.html"].contains("data-org=\"1\""));
}

/// The lines of a run over three orgs, whole.
fn whole(env: &Env) -> (Vec<&'static str>, String) {
    let asked = vec!["-o", "demo:a", "-o", "nobody", "-o", "demo:b"];
    let run = diff(env, &[&asked[..], &["--out", "whole.jsonl"]].concat());
    assert_eq!(run.code, 4, "{run:?}");
    (asked, std::fs::read_to_string(env.folder().join("whole.jsonl")).unwrap())
}

#[test]
fn a_run_that_was_cut_off_anywhere_ends_where_it_would_have_ended() {
    let env = Env::new();
    let (asked, whole) = whole(&env);
    let lines = whole.lines().count();
    assert!(lines > 60, "{lines}");
    let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
    // At the head, within a line, at the end of lines, at the end of each org.
    let mut cuts = vec![ends[0], ends[0] + 40, ends[5], ends[5] + 1, ends[5] - 1, whole.len() - 1];
    let of_orgs = whole.match_indices("\"sfsetup.diff.summary/1\"");
    cuts.extend(of_orgs.map(|(at, _)| at + whole[at..].find('\n').unwrap() + 1));
    for cut in cuts {
        env.write("run.jsonl", &whole[..cut]);
        let more = ["--resume", "run.jsonl", "--format", "json"];
        let run = diff(&env, &[&asked[..], &more].concat());
        assert_eq!(run.code, 4, "{cut}: {run:?}");
        let text = std::fs::read_to_string(env.folder().join("run.jsonl")).unwrap();
        assert_eq!(without_ports(&text), without_ports(&whole), "{cut}");
        let done =
            whole[..cut].rfind('\n').map_or(0, |end| whole[..end].matches("\"exit\":2,").count());
        let told = format!("{done} of 3 orgs are answered already; {} are left", 3 - done);
        assert_eq!(run.stderr.contains(&told), done > 0, "{cut}: {run:?}");
        // What failed is tried again, and what was answered is not.
        assert!(run.stderr.contains(&format!("{} of {} orgs", 3 - done, 3 - done)), "{run:?}");
    }
    // All that is told is the same as in a run in one go.
    let more = ["--resume", "run.jsonl"];
    let (again, once) = (diff(&env, &[&asked[..], &more].concat()), diff(&env, &asked));
    assert_eq!(again.stdout, once.stdout);
}

#[test]
fn answers_to_another_question_are_not_gone_on_with() {
    let env = Env::new();
    let (asked, whole) = whole(&env);
    for (more, why) in [
        (&["--set", "read=Account"][..], "it answers another question"),
        (&["--only", "ConnectedApp:*"], "it answers another question"),
        (&["--strict"], "it answers another question"),
    ] {
        let run = diff(&env, &[&asked[..], &["--resume", "whole.jsonl"], more].concat());
        assert!(run.code == 64 && run.stderr.contains(why), "{run:?}");
    }
    for (text, why) in [
        ("{\"format\":\"sfsetup.diff.summary/1\"}\n", "does not begin with what was asked"),
        ("no JSON\n", "does not begin with what was asked"),
        (&format!("{}no JSON\n", whole.split_inclusive('\n').next().unwrap()), "line 2: "),
    ] {
        env.write("run.jsonl", text);
        let run = diff(&env, &[&asked[..], &["--resume", "run.jsonl"]].concat());
        assert!(run.code == 64 && run.stderr.contains(why), "{text}: {run:?}");
        // It may be somebody's work.
        assert_eq!(std::fs::read_to_string(env.folder().join("run.jsonl")).unwrap(), text);
    }
    // What holds nothing is nobody's.
    env.write("run.jsonl", "");
    let run = diff(&env, &[&asked[..], &["--resume", "run.jsonl"]].concat());
    assert!(run.code == 4 && run.stderr.contains("3 of 3 orgs"), "{run:?}");
    // A run that fails before any org is asked leaves what is there.
    let run =
        env.run(&["diff", "-t", "nonsuch", "-o", "demo:a", "-o", "b", "--out", "whole.jsonl"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(std::fs::read_to_string(env.folder().join("whole.jsonl")).unwrap(), whole);
}

/// What an org wants to be read, by its findings.
fn read_objects(org: &Json) -> Vec<String> {
    let of_step = |finding: &&Json| finding["step"] == "read-objects";
    let objects = org["findings"].as_array().unwrap().iter().filter(of_step);
    let object = |finding: &Json| {
        let path = finding["path"].as_str()?;
        Some(path.split(['[', ']']).nth(1)?.to_owned())
    };
    let mut objects: Vec<String> = objects.filter_map(object).collect();
    let mut seen = std::collections::BTreeSet::new();
    objects.retain(|object| seen.insert(object.clone()));
    objects
}

#[test]
fn a_file_names_the_orgs_and_what_is_each_ones_own() {
    let env = Env::new();
    env.write(
        "fleet.toml",
        "templates = [\"ampersand\"]\n[orgs.\"demo:b\".parameters]\nread = [\"Case\"]\n[orgs.\"demo:a\"]\n\
         fail-on = \"required\"\n[parameters]\nread = [\"Lead\"]\n",
    );
    env.write("fleet.csv", "\u{feff}org;read\ndemo:b;Case\ndemo:a;\"Lead,Account\"\ndemo:b;Case\n");
    env.write("bad.csv", "name,read\ndemo:b,Case\n");
    env.write("twice.csv", "org,read\ndemo:b,Case\ndemo:b,Lead\n");
    env.write("none.toml", "templates = [\"ampersand\"]\n");
    // What is read is not written over.
    for more in [
        ["--orgs", "fleet.csv", "--out", "fleet.csv"],
        ["--resume", "run.html", "--out", "run.html"],
    ] {
        let run = diff(&env, &[&["-o", "demo:a"][..], &more].concat());
        assert_eq!(run.code, 64, "{run:?}");
    }
    assert!(std::fs::read_to_string(env.folder().join("fleet.csv")).unwrap().contains("Case"));
    let run = env.run(&["diff", "--orgs", "fleet.toml", "--format", "json"]);
    assert_eq!(run.code, 2, "{run:?}");
    let orgs = json(&run)["orgs"].clone();
    assert_eq!(orgs[0]["org"]["name"], "demo:b", "in the order of the file");
    assert_eq!(
        (read_objects(&orgs[0]), read_objects(&orgs[1])),
        (vec!["Case".into()], vec!["Lead".into()])
    );
    let run = diff(&env, &["--orgs", "fleet.csv", "-o", "demo:c", "--format", "json"]);
    let orgs = json(&run)["orgs"].clone();
    let names = [&orgs[0], &orgs[1], &orgs[2]].map(|org| org["org"]["name"].clone());
    assert_eq!(names, ["demo:c", "demo:b", "demo:a"]);
    assert_eq!(read_objects(&orgs[1]), ["Case"]);
    assert_eq!(read_objects(&orgs[2]), ["Lead", "Account"]);
    for (file, why) in [
        ("bad.csv", "its first line has no column `org`"),
        ("twice.csv", "two rows for the org `demo:b`"),
        ("none.toml", "names no org"),
    ] {
        let run = diff(&env, &["--orgs", file]);
        assert!(run.code == 64 && run.stderr.contains(why), "{run:?}");
    }
}

#[test]
fn what_is_wrong_for_all_is_told_once_and_what_is_wrong_for_one_is_its_failure() {
    let env = Env::new();
    let both = ["-o", "demo:a", "-o", "demo:b"];
    for (more, code) in [
        (&["--save-plan", "x", "--resume", "x.jsonl"][..], 64),
        (&["--matrix", "--out", "x.html"], 64),
        (&["--set", "app_kind=x"], 64),
        (&["--set", "nonsuch=x"], 64),
        (&["--only", "nonsense"], 64),
        (&["--org", "00D000000000001!AQEAQPx.y_zAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], 64),
    ] {
        let run = diff(&env, &[&both[..], more].concat());
        assert_eq!(run.code, code, "{run:?}");
        assert!(!run.stderr.contains("of 2 orgs") && !run.stderr.contains("AQEAQPx"), "{run:?}");
    }
    let run = env.run(&["diff", "-t", "ampersnd", "-o", "demo:a", "-o", "demo:b"]);
    assert_eq!(run.stderr.matches("error:").count(), 1, "{run:?}");
    assert!(run.stderr.contains("did you mean `ampersand`?"), "{run:?}");
    // A variable that one org's token is read from is not set.
    env.write(
        "fleet.toml",
        "templates = [\"ampersand\"]\n[orgs.\"demo:a\"]\n[orgs.far]\ninstance_url = \
         \"https://far.my.salesforce.com\"\naccess_token_env = \"FAR\"\n",
    );
    let run = env.run(&["diff", "--orgs", "fleet.toml"]);
    assert!(run.code == 4 && run.stderr.contains("error: far: "), "{run:?}");
    assert!(run.stdout.contains("demo:a  =~~"), "{run:?}");
    let run = diff(&env, &["--all-orgs"]);
    assert!(run.code == 64 && run.stderr.contains("no org is known here"), "{run:?}");
}

#[test]
fn what_is_waived_in_one_org_keeps_what_it_would_be_in_code_scanning() {
    let env = Env::new();
    env.write(
        "fleet.toml",
        "templates = [\"ampersand\"]\n[orgs.\"demo:a\"]\n[[orgs.\"demo:a\".waiver]]\nstep = \
         \"ip-relaxation\"\nreason = \"our own network\"\nexpires = 2027-06-30\n[orgs.\"demo:b\"]\n",
    );
    let run = env.run(&["diff", "--orgs", "fleet.toml", "--format", "sarif"]);
    assert_eq!(run.code, 2, "{run:?}");
    let sarif: Json = serde_json::from_str(&run.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let of_step = results.iter().filter(|one| one["ruleId"] == "ampersand/ip-relaxation");
    let told: Vec<_> = of_step.map(|one| (&one["kind"], one["suppressions"].is_array())).collect();
    assert_eq!(told, [(&"fail".into(), true), (&"fail".into(), false)], "{run:?}");
}

#[test]
fn a_baseline_is_held_against_each() {
    let env = Env::new();
    let baseline = env.run(&["snapshot", "-o", "demo:a", "--out", "base"]);
    assert_eq!(baseline.code, 0, "{baseline:?}");
    let run = env.run(&[
        "diff",
        "--baseline",
        "base",
        "-o",
        "demo:a",
        "-o",
        "demo:b",
        "--format",
        "json",
    ]);
    let orgs = json(&run)["orgs"].clone();
    for (index, name) in [(0, "demo:a"), (1, "demo:b")] {
        let alone = json(&env.run(&["diff", "--baseline", "base", "-o", name, "--format", "json"]));
        assert_eq!(orgs[index], alone["orgs"][0], "{name}");
    }
    let files =
        env.run(&["diff", "--baseline", &fixture("good-order"), "-o", "demo:a", "-o", "demo:b"]);
    assert!(files.code == 2 && files.stdout.contains("baseline/"), "{files:?}");
}

/// Two demo orgs in a file of orgs, which each have their own token.
async fn two() -> (Lab, Lab) {
    two_of(Store::in_memory(), Store::in_memory_named("two")).await
}

pub(crate) async fn two_of(one: Store, other: Store) -> (Lab, Lab) {
    let first = Lab::new(one, Faults::none()).await;
    let second = Lab::new(other, Faults::none()).await;
    let table = |name: &str, lab: &Lab| {
        format!(
            "[orgs.{name}]\ninstance_url = \"{}\"\naccess_token_env = \"{name}\"\n",
            lab.running.url()
        )
    };
    let text = format!("{}{}", table("ONE", &first), table("TWO", &second));
    first.env.write("fleet.toml", text);
    (first, second)
}

fn on_two(labs: &(Lab, Lab), more: &[&str]) -> Command {
    let asked = ["diff", "--orgs", "fleet.toml", "--template", "ampersand"];
    command_on_two(labs, &[&asked[..], VALUES, more].concat())
}

/// A command in whose file of orgs the two stand.
pub(crate) fn command_on_two((first, second): &(Lab, Lab), arguments: &[&str]) -> Command {
    let mut command = first.env.command();
    command.args(arguments);
    command.env("ONE", &first.running.token).env("TWO", &second.running.token);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_org_that_takes_too_long_is_cut_off_alone() {
    let labs = two().await;
    let hang = FaultRule {
        call: "retrieve".to_owned(),
        fault: Fault::SlowBody(60_000),
        after: 0,
        times: None,
    };
    labs.0.running.fault(hang);
    let run = labs.0.finished(on_two(&labs, &["--org-timeout", "4"])).await;
    assert!(
        run.code == 4 && run.stderr.contains("error: ONE: it was not done within 4 s"),
        "{run:?}"
    );
    assert!(run.stdout.contains("TWO  =~~"), "{run:?}");
    // All together: what is under way is cut, the other is not begun.
    let more = ["--deadline", "4", "--jobs", "1", "--format", "json"];
    let run = labs.0.finished(on_two(&labs, &more)).await;
    let orgs = json(&run)["orgs"].clone();
    for index in [0, 1] {
        assert_eq!(orgs[index]["error"]["code"], "TIMED_OUT", "{run:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_told_to_stop_keeps_what_was_answered() {
    let labs = two().await;
    let hang = |fault| FaultRule { call: "retrieve".to_owned(), fault, after: 0, times: Some(1) };
    labs.0.running.fault(hang(Fault::SlowBody(60_000)));
    let mut command = on_two(&labs, &["--resume", "run.jsonl", "--out", "all.json"]);
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let file = labs.0.env.folder().join("run.jsonl");
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    let began = std::time::Instant::now();
    // What is answered is on the disk while the other is still being asked.
    while !read().contains("\"exit\":2,") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", read());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let run = end(child).await;
    assert!(run.code == 130 && run.stderr.contains("goes on with what is left"), "{run:?}");
    let all: Json = serde_json::from_str(
        &std::fs::read_to_string(labs.0.env.folder().join("all.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(all["orgs"][0]["error"]["code"], "INTERRUPTED");
    assert_eq!(all["orgs"][1]["summary"]["differs"], 11, "{}", all["orgs"][1]["summary"]);
    let asked = labs.1.running.calls().len();
    let run = labs.0.finished(on_two(&labs, &["--resume", "run.jsonl"])).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(labs.1.running.calls().len(), asked, "it was answered");
    let once = labs.0.finished(on_two(&labs, &[])).await;
    assert_eq!(run.stdout, once.stdout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_to_others_of_an_orgs_requests_is_not_taken() {
    let labs = two().await;
    let run = labs.0.finished(on_two(&labs, &["--api-reserve", "100", "--format", "json"])).await;
    assert_eq!(run.code, 4, "{run:?}");
    let orgs = json(&run)["orgs"].clone();
    let error = &orgs[0]["error"];
    assert_eq!(error["code"], "LIMIT", "{run:?}");
    let words = "798 of its 115000 API requests of the day are used, and 100 % are left to others";
    assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    assert_eq!(labs.0.count("retrieve"), 0, "{:?}", labs.0.running.calls());
    // What is left by default suffices here.
    let run = labs.0.finished(on_two(&labs, &[])).await;
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn snapshots_lie_in_a_folder_an_org() {
    let env = Env::new();
    let types = ["--types", "ConnectedApp"];
    let asked = ["snapshot", "-o", "demo:a", "-o", "nobody", "-o", "demo:b", "--out", "all"];
    let run = env.run(&[&asked[..], &types].concat());
    assert!(run.code == 4 && run.stderr.contains("error: nobody: "), "{run:?}");
    assert!(run.stdout.ends_with("3 orgs: 2 whole, 1 not.\n"), "{run:?}");
    for (name, folder) in [("demo:a", "demo-a"), ("demo:b", "demo-b")] {
        let alone = env.run(&[&["snapshot", "-o", name, "--out", "one"], &types[..]].concat());
        assert_eq!(alone.code, 0, "{alone:?}");
        let read = |folder: &str| {
            let path = env.folder().join(folder).join("connectedApps/Ampersand.connectedApp");
            std::fs::read(path).unwrap()
        };
        assert_eq!(read("one"), read(&format!("all/{folder}")));
        std::fs::remove_dir_all(env.folder().join("one")).unwrap();
    }
    assert!(!env.folder().join("all/nobody").exists());
    let run = env.run(&[&asked[..], &types, &["--format", "json"]].concat());
    let told = document(&run.stdout, "snapshot", &run);
    assert_eq!(told["orgs"][0]["out"], "all/demo-a");
    assert_eq!(told["orgs"][1]["error"]["code"], "NO_SUCH_ORG");
    assert_eq!(told["orgs"][2]["changed"], Json::Array(Vec::new()));
}

#[test]
fn what_is_new_since_an_earlier_answer_is_told_of_each_org() {
    let env = Env::new();
    let both = ["-o", "demo:a", "-o", "demo:b"];
    let before = diff(&env, &[&both[..], &["--out", "before.json"]].concat());
    assert_eq!(before.code, 2, "{before:?}");
    let fix = ["deploy", "-t", "ampersand", "-o", "demo:a", "--only", "ConnectedApp:*", "--yes"];
    assert_eq!(env.run(&fix).code, 0);
    let since = ["--since", "before.json"];
    let run = diff(&env, &[&both[..], &since].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let told = "2 orgs: 2 with nothing new, 0 with something new, 0 failed.";
    assert!(run.stdout.contains(told), "{run:?}");
    assert!(run.stdout.contains("Since the earlier answer: 0 new, 2 fixed, 20 persisting."));
    // An org of which nothing is known is not passed over.
    let more = ["-o", "demo:c", "--format", "json"];
    let run = diff(&env, &[&both[..], &since, &more].concat());
    assert_eq!(run.code, 2, "{run:?}");
    document(&run.stdout, "diff", &run);
    let orgs = json(&run)["orgs"].clone();
    assert_eq!(orgs[0]["since"]["fixed"], 2);
    assert_eq!(
        (&orgs[1]["since"]["new"], &orgs[1]["since"]["persisting"]),
        (&0.into(), &11.into())
    );
    assert_eq!(orgs[2]["since"]["new"], 11);
    assert!(orgs[2]["since"]["notes"][0].as_str().unwrap().contains("has none of it"), "{run:?}");
    // Each is told as it is alone.
    for (index, name) in [(0, "demo:a"), (1, "demo:b")] {
        let alone = diff(&env, &["-o", name, "--format", "json", "--since", "before.json"]);
        assert_eq!((alone.code, &orgs[index]), (0, &json(&alone)["orgs"][0]), "{alone:?}");
    }
    let other = diff(&env, &["-o", "demo:c", "--since", "before.json"]);
    assert_eq!(other.code, 64, "{other:?}");
    let text = std::fs::read_to_string(env.folder().join("before.json")).unwrap();
    env.write("one.json", format!("{text}\n"));
    // What is kept knows it too, and is no answer to what is asked beside another.
    let resumed = [&both[..], &since, &["--resume", "run.jsonl"]].concat();
    let (first, again) = (diff(&env, &resumed), diff(&env, &resumed));
    assert!(again.stderr.contains("2 of 2 orgs are answered already"), "{again:?}");
    assert_eq!(first.stdout, again.stdout);
    let other = [&both[..], &["--since", "one.json", "--resume", "run.jsonl"]].concat();
    assert_eq!(diff(&env, &other).code, 64);
    let fewer = diff(&env, &["-o", "demo:a", "-o", "demo:c", "--since", "before.json"]);
    let note = "not asked now, and in the earlier answer: demo:b";
    assert!(fewer.stderr.contains(note) && fewer.code == 2, "{fewer:?}");
    env.write("none.json", "{}");
    let none = diff(&env, &[&both[..], &["--since", "none.json"]].concat());
    assert!(none.code == 64 && !none.stderr.contains("of 2 orgs"), "{none:?}");
}
