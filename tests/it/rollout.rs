//! A change of many orgs: its plans are reviewed together, carried out in each org as in one alone,
//! stopped where orgs fail, gone on with after a kill, and taken back as a whole.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Store};

use crate::asked::answered;
use crate::fleet::{command_on_two, two_of};
use crate::json::document;
use crate::lab::{Lab, VALUES};
use crate::support::{Env, Run, end};

const BOTH: &[&str] = &["-o", "demo:a", "-o", "demo:b"];

/// Makes the plans of orgs; they have drifted.
fn plans(env: &Env, orgs: &[&str]) -> Run {
    env.run(&[&["diff", "-t", "ampersand", "--save-plan", "plans"], orgs].concat())
}

fn deploy(env: &Env, more: &[&str]) -> Run {
    env.run(&[&["deploy", "--plan", "plans", "--yes"], more].concat())
}

fn drift(env: &Env, org: &str) -> i32 {
    env.run(&["diff", "-t", "ampersand", "-o", org, "--quiet"]).code
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The run's id, as the answer has it.
fn run_of(answer: &Json) -> String {
    answer["run"].as_str().unwrap().to_owned()
}

#[test]
fn plans_are_reviewed_together_carried_out_and_taken_back_as_a_whole() {
    let env = Env::new();
    let made = plans(&env, &[BOTH, &["-o", "nobody"]].concat());
    assert_eq!(made.code, 4, "{made:?}");
    let words = "(2 orgs to change, 0 in production); look at plans/index.html, or `sfsetup plan \
                 show plans`; `sfsetup deploy --plan plans` carries them out";
    assert!(made.stderr.contains(words), "{made:?}");
    let page = read(&env.folder().join("plans/index.html"));
    assert!(page.contains("Plan 1, of 2 orgs") && !page.contains("Plan 2"), "{page}");
    assert!(page.contains("no login has that name"), "{page}");

    let shown = env.run(&["plan", "show", "plans"]);
    assert_eq!(shown.code, 4, "one has no plan: {shown:?}");
    assert!(shown.stdout.contains("\n2 orgs: demo:a, demo:b\n"), "{shown:?}");
    assert_eq!(shown.stdout.matches("~ ConnectedApp Ampersand").count(), 1, "{shown:?}");
    let told = env.run(&["plan", "show", "plans", "--format", "json"]);
    let told = document(&told.stdout, "plan-show", &told);
    assert_eq!(told["orgs"][1]["plan"]["changes"].as_array().unwrap().len(), 12);
    assert_eq!(told["orgs"][2]["error"]["code"], "NO_SUCH_ORG");
    let run = env.run(&["plan", "show", "plans", "--format", "markdown"]);
    assert_eq!(run.code, 64, "{run:?}");

    // One that has no plan stands in nobody's way, and is not forgotten.
    let run = deploy(&env, &["--format", "json", "--canary", "1"]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stderr.contains("first: demo:a\n"), "{run:?}");
    let answer = document(&run.stdout, "deploy", &run);
    let outcomes = |answer: &Json| {
        let orgs = answer["orgs"].as_array().unwrap().clone();
        orgs.iter().map(|org| org["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&answer), ["done", "done", "not-sent"]);
    assert_eq!(answer["orgs"][0]["verified"]["settings"], 12);
    assert_eq!(answer["orgs"][2]["error"]["code"], "NO_SUCH_ORG");
    assert_eq!((drift(&env, "demo:a"), drift(&env, "demo:b")), (0, 0));
    let id = run_of(&answer);
    let list = env.run(&["rollback", "-o", "demo:b", "--list"]);
    assert!(list.stdout.contains(&format!(", run {id};")), "{list:?}");

    // Run again it finds that all is done.
    let again = deploy(&env, &["--format", "json", "-o", "demo:a", "-o", "demo:b"]);
    let answer = document(&again.stdout, "deploy", &again);
    assert_eq!((again.code, outcomes(&answer)), (0, vec!["done-before".into(); 2]), "{again:?}");

    let back = env.run(&["rollback", "--deploy-run", &id, "--yes", "--format", "json"]);
    assert_eq!(back.code, 0, "{back:?}");
    let answer = document(&back.stdout, "rollback", &back);
    assert_eq!(answer["takes_back_run"], Json::from(id.clone()));
    assert_eq!(outcomes(&answer), ["done", "done"]);
    assert_eq!((drift(&env, "demo:a"), drift(&env, "demo:b")), (2, 2));
    let again = env.run(&["rollback", "--deploy-run", &id, "--yes"]);
    assert!(again.code == 0 && again.stdout.contains("2 with nothing to do"), "{again:?}");
    let none = env.run(&["rollback", "--deploy-run", "20200101-000000-1", "--yes"]);
    let newest = format!("the newest run is {}", run_of(&answer));
    assert!(none.code == 1 && none.stderr.contains(&newest), "{none:?}");
    // What was taken back is not done again without a word.
    let stale = deploy(&env, BOTH);
    assert!(stale.code == 4 && stale.stdout.contains("was carried out on"), "{stale:?}");
    assert_eq!(drift(&env, "demo:a"), 2);
    // A rollback of many is a run too, which leads forth again.
    let forth = env.run(&["rollback", "--deploy-run", &run_of(&answer), "--yes"]);
    assert_eq!((forth.code, drift(&env, "demo:a"), drift(&env, "demo:b")), (0, 0, 0), "{forth:?}");
}

#[test]
fn what_was_not_looked_at_is_not_carried_out() {
    let env = Env::new();
    assert_eq!(plans(&env, BOTH).code, 2);
    let folder = env.folder().join("plans");
    let (list, plan) = (folder.join("plans.json"), folder.join("demo-b.plan.json"));
    let (list_text, plan_text) = (read(&list), read(&plan));
    let rows: Json = serde_json::from_str(&list_text).unwrap();
    assert_eq!(rows["orgs"][1]["file"], "demo-b.plan.json");
    for (file, text, code, words) in [
        (
            &plan,
            plan_text.replace("\"infinite\"", "\"zero\""),
            3,
            "was changed after it was written",
        ),
        // A plan of another org under this one's name.
        (&plan, read(&folder.join("demo-a.plan.json")), 3, "was changed after it was written"),
        (&plan, String::new(), 1, "is no plan of this program"),
        (&list, list_text.replace("\"changes\": 12", "\"changes\": 1"), 3, "was changed after"),
        (&list, list_text.replace("demo-b.plan.json", "../x.json"), 3, "was changed after"),
        (&list, "{}".to_owned(), 1, "is no folder of plans"),
    ] {
        std::fs::write(file, &text).unwrap();
        let run = deploy(&env, &[]);
        assert_eq!((run.code, run.stderr.contains(words)), (code, true), "{text:.80} {run:?}");
        assert!(!run.stdout.contains("deployed"), "{run:?}");
        std::fs::write(&list, &list_text).unwrap();
        std::fs::write(&plan, &plan_text).unwrap();
    }
    std::fs::remove_file(&plan).unwrap();
    let gone = deploy(&env, &[]);
    assert!(gone.code == 3 && gone.stderr.contains("the plan of `demo:b` is gone"), "{gone:?}");
    // Those that are there and as they were can be named.
    let one = deploy(&env, &["-o", "demo:a", "--max-failures", "0"]);
    assert_eq!((one.code, drift(&env, "demo:a"), drift(&env, "demo:b")), (0, 0, 2), "{one:?}");
    let other = deploy(&env, &["-o", "demo:a", "-o", "demo:c"]);
    assert!(other.code == 4 && other.stdout.contains("no plan of it in the folder"), "{other:?}");
    std::fs::remove_file(&list).unwrap();
    let run = deploy(&env, &[]);
    assert!(run.code == 1 && run.stderr.contains("it is written last"), "{run:?}");
    env.write("x.json", "{}");
    let none = env.run(&[&["deploy", "--plan", "nowhere", "--yes"], BOTH].concat());
    assert!(none.code == 1 && none.stderr.contains("cannot read the plan `nowhere`"), "{none:?}");
    for (arguments, words) in [
        (
            &["deploy", "-t", "ampersand", "-o", "demo:a", "-o", "demo:b", "--yes"][..],
            "needs plans",
        ),
        (&["deploy", "--plan", "plans", "--validated", "0Af000000000001"], "of one org alone"),
        (
            &[
                "deploy",
                "-t",
                "ampersand",
                "-o",
                "demo:a",
                "-o",
                "demo:b",
                "--include-not-observed",
            ],
            "of one org alone",
        ),
        (&["deploy", "--plan", "x.json", "-o", "demo:a", "-o", "demo:b"], "plan of one org"),
        (&["rollback", "20260101-000000-1", "-o", "demo:a", "-o", "demo:b"], "of one org alone"),
        (&["rollback", "--list", "-o", "demo:a", "-o", "demo:b"], "of one org alone"),
    ] {
        let run = env.run(arguments);
        assert!(run.code == 64 && run.stderr.contains(words), "{run:?}");
    }
}

#[test]
fn plans_go_into_a_folder_of_their_own_whole_or_not_at_all() {
    let env = Env::new();
    env.write("plans/notes.txt", "somebody's work");
    let run = plans(&env, BOTH);
    assert!(run.code == 1 && run.stderr.contains("holds no plans of many orgs"), "{run:?}");
    std::fs::remove_file(env.folder().join("plans/notes.txt")).unwrap();
    assert_eq!(plans(&env, BOTH).code, 2);
    // The plans of other orgs take their place; what is not theirs stays.
    env.write("plans/notes.txt", "somebody's work");
    let names = || {
        let entries = std::fs::read_dir(env.folder().join("plans")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(plans(&env, &["-o", "demo:c", "-o", "demo:a"]).code, 2);
    let whole = ["demo-a.plan.json", "demo-c.plan.json", "index.html", "notes.txt", "plans.json"];
    assert_eq!(names(), whole);
    env.write("plans/demo-b.plan.json", "somebody's work");
    let run = plans(&env, BOTH);
    assert!(run.code == 1 && run.stderr.contains("is not a plan that"), "{run:?}");
    assert_eq!(read(&env.folder().join("plans/demo-b.plan.json")), "somebody's work");
    assert_eq!(names().len(), 6);
    // A list of somebody else's is none.
    env.write("web/plans.json", "{\"mine\": 1}");
    env.write("web/index.html", "somebody's work");
    let run = env.run(&[&["diff", "-t", "ampersand", "--save-plan", "web"], BOTH].concat());
    assert!(run.code == 1 && run.stderr.contains("holds no plans"), "{run:?}");
    assert_eq!(read(&env.folder().join("web/index.html")), "somebody's work");
    // What a run that was killed has left is in nobody's way.
    env.write("cut/.plans-x/demo-a.plan.json", "{}");
    let run = env.run(&[&["diff", "-t", "ampersand", "--save-plan", "cut"], BOTH].concat());
    assert_eq!(run.code, 2, "{run:?}");
    env.write("a.file", "x");
    let run = env.run(&[&["diff", "-t", "ampersand", "--save-plan", "a.file"], BOTH].concat());
    assert!(run.code == 64 && read(&env.folder().join("a.file")) == "x", "{run:?}");
    let left = std::fs::read_dir(env.folder().join("plans")).unwrap();
    let left = left.filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".plans-")
    });
    assert_eq!(left.count(), 0, "what is half made goes");
}

#[test]
fn the_first_to_fail_stops_it_and_the_first_orgs_are_tried_before_the_rest() {
    let env = Env::new();
    let orgs = ["-o", "demo:a", "-o", "demo:b", "-o", "demo:c"];
    assert_eq!(plans(&env, &orgs).code, 2);
    // Somebody fixes one of them by hand meanwhile: its plan does not hold any more.
    let by_hand =
        ["deploy", "-t", "ampersand", "-o", "demo:a", "--yes", "--only", "ConnectedApp:*"];
    assert_eq!(env.run(&by_hand).code, 0);
    for more in
        [&["--canary", "1"][..], &["--canary", "1", "--max-failures", "9"], &["--jobs", "1"]]
    {
        let run = deploy(&env, &[&["--format", "json"], more].concat());
        assert_eq!(run.code, 4, "{run:?}");
        let answer = document(&run.stdout, "deploy", &run);
        let codes: Vec<&str> =
            (0..3).map(|at| answer["orgs"][at]["error"]["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["STALE", "HALTED", "HALTED"], "{more:?}");
        assert_eq!((drift(&env, "demo:b"), drift(&env, "demo:c")), (2, 2));
    }
    // What was carried out before tries nothing: the next one comes first.
    let by_hand =
        ["deploy", "-t", "ampersand", "-o", "demo:b", "--yes", "--only", "ConnectedApp:*"];
    assert_eq!(env.run(&by_hand).code, 0);
    assert_eq!(plans(&env, &["-o", "demo:a", "-o", "demo:b", "-o", "demo:c"]).code, 2);
    assert_eq!(deploy(&env, &["-o", "demo:a"]).code, 0);
    assert_eq!(env.run(&["rollback", "-o", "demo:b", "--yes"]).code, 0);
    let run = deploy(&env, &["--canary", "1"]);
    assert!(run.stderr.contains("first: demo:a\n") && run.stderr.contains("first: demo:b\n"));
    assert!(run.code == 4 && run.stdout.contains("demo:c  not begun"), "{run:?}");
    let run = deploy(&env, &["--canary", "0"]);
    assert_eq!(run.code, 64, "{run:?}");
    assert_eq!(plans(&env, &["-o", "demo:a", "-o", "demo:b", "-o", "demo:c"]).code, 2);
    assert_eq!(env.run(&["rollback", "-o", "demo:a", "--yes"]).code, 0);
    let run = deploy(&env, &["--jobs", "1", "--max-failures", "1"]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stdout.contains("3 orgs: 2 done, 0 with nothing to do, 1 failed, 0 not begun."));
    assert_eq!((drift(&env, "demo:b"), drift(&env, "demo:c")), (0, 0));
}

/// Makes the plans of two orgs behind HTTP.
async fn plans_of_two(labs: &(Lab, Lab)) {
    let asked = ["diff", "--orgs", "fleet.toml", "-t", "ampersand", "--save-plan", "plans"];
    let run = labs.0.finished(command_on_two(labs, &[&asked[..], VALUES].concat())).await;
    assert_eq!(run.code, 2, "{run:?}");
}

const CARRY_OUT: &[&str] = &["deploy", "--plan", "plans", "--orgs", "fleet.toml"];

fn starts(labs: &(Lab, Lab)) -> (usize, usize) {
    let count = |lab: &Lab| lab.count("deployRequest.start");
    (count(&labs.0), count(&labs.1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_types_how_many_orgs_are_in_production() {
    let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
    labs.0.running.store().go_live().unwrap();
    plans_of_two(&labs).await;
    let question = "Deploy to 2 orgs? Type how many of them are in production:";
    for (answer, code, sent) in [("2", 1, (0, 0)), ("y", 1, (0, 0)), ("1", 0, (1, 1))] {
        let command = command_on_two(&labs, CARRY_OUT);
        let run = tokio::task::spawn_blocking(move || answered(command, &[(question, answer)]));
        let run = run.await.unwrap();
        assert_eq!((run.code, starts(&labs)), (code, sent), "{run:?}");
        assert!(run.stdout.contains("ONE (production), TWO"), "{run:?}");
    }
    // Made on the way they are shown and asked about the same.
    let back = ["rollback", "--orgs", "fleet.toml", "--yes"];
    let run = labs.0.finished(command_on_two(&labs, &back)).await;
    assert_eq!(run.code, 0, "{run:?}");
    let asked = [&["deploy", "--orgs", "fleet.toml", "-t", "ampersand"], VALUES].concat();
    let run = labs.0.finished(command_on_two(&labs, &asked)).await;
    assert!(run.code == 1 && run.stderr.contains("there is no terminal to ask at"), "{run:?}");
    assert_eq!(starts(&labs), (2, 2), "{run:?}");
    let command = command_on_two(&labs, &asked);
    let run = tokio::task::spawn_blocking(move || answered(command, &[(question, "1")]));
    let run = run.await.unwrap();
    assert_eq!((run.code, starts(&labs)), (0, (3, 3)), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_made_anew_after_a_rollback_are_carried_out() {
    let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
    for _ in 0..2 {
        plans_of_two(&labs).await;
        let run = labs.0.finished(command_on_two(&labs, &[CARRY_OUT, &["--yes"]].concat())).await;
        assert_eq!(run.code, 0, "{run:?}");
        let back = ["rollback", "--orgs", "fleet.toml", "--yes"];
        let run = labs.0.finished(command_on_two(&labs, &back)).await;
        assert_eq!(run.code, 0, "{run:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_killed_or_told_to_stop_is_gone_on_with_by_the_same_command() {
    for signal in ["-KILL", "-INT"] {
        let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
        plans_of_two(&labs).await;
        // The first one's deploy is on its way, and its answer does not come.
        labs.0.running.fault(FaultRule {
            call: "deployRequest.status".to_owned(),
            fault: Fault::SlowBody(60_000),
            after: 0,
            times: Some(1),
        });
        let carry_out = [CARRY_OUT, &["--yes", "--jobs", "1"]].concat();
        let mut command = command_on_two(&labs, &carry_out);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        labs.0.until("deployRequest.status", 1).await;
        let id = child.id().to_string();
        let kill = || std::process::Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(kill().success());
        if signal == "-INT" {
            // The org is asked to cancel, and who does not want to wait for its word says so again.
            labs.0.until("deployRequest.cancel", 1).await;
            kill();
        }
        if signal == "-INT" {
            let stopped = end(child).await;
            assert_eq!(stopped.code, 130, "{stopped:?}");
            assert!(stopped.stdout.contains("TWO  not begun"), "{stopped:?}");
        } else {
            let wait = || child.wait_with_output().unwrap();
            tokio::task::spawn_blocking(wait).await.unwrap();
        }
        assert_eq!(starts(&labs), (1, 0), "nothing more was begun");
        labs.0.running.heal();
        let run = labs.0.finished(command_on_two(&labs, &carry_out)).await;
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(starts(&labs).1, 1, "{run:?}");
        let asked = ["diff", "--orgs", "fleet.toml", "-t", "ampersand"];
        let run = labs.0.finished(command_on_two(&labs, &[&asked[..], VALUES].concat())).await;
        assert_eq!(run.code, 0, "both are as one run would have left them: {run:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_before_a_stop_is_not_told_as_not_begun() {
    let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
    plans_of_two(&labs).await;
    // The look at the first one afterwards does not come to its end.
    let looked = labs.0.count("retrieve");
    let hang = Fault::SlowBody(60_000);
    let rule = FaultRule { call: "retrieve".to_owned(), fault: hang, after: 2, times: Some(1) };
    labs.0.running.fault(rule);
    let carry_out = [CARRY_OUT, &["--yes", "--jobs", "1", "--format", "json"]].concat();
    let mut command = command_on_two(&labs, &carry_out);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    labs.0.until("retrieve", looked + 3).await;
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let stopped = end(child).await;
    assert_eq!((stopped.code, starts(&labs)), (130, (1, 0)), "{stopped:?}");
    assert!(stopped.stderr.contains("not looked at to the end: ONE"), "{stopped:?}");
    let answer = document(&stopped.stdout, "deploy", &stopped);
    assert_eq!(answer["orgs"][0]["outcome"], "unverified", "{stopped:?}");
    let said = answer["orgs"][0]["error"]["message"].as_str().unwrap();
    assert!(said.contains("what was sent is over"), "{said}");
    assert_eq!(answer["orgs"][1]["outcome"], "not-sent");
    labs.0.running.heal();
    let run = labs.0.finished(command_on_two(&labs, &[CARRY_OUT, &["--yes"]].concat())).await;
    assert_eq!((run.code, starts(&labs)), (0, (1, 1)), "{run:?}");
}

#[test]
fn a_baseline_is_brought_back_in_each() {
    let env = Env::new();
    let baseline = env.run(&["snapshot", "-o", "demo:a", "--out", "base"]);
    assert_eq!(baseline.code, 0, "{baseline:?}");
    for org in ["demo:a", "demo:b"] {
        assert_eq!(env.run(&["deploy", "-t", "ampersand", "-o", org, "--yes"]).code, 0);
    }
    let asked = ["diff", "--baseline", "base", "--save-plan", "plans"];
    let run = env.run(&[&asked[..], BOTH].concat());
    assert_eq!(run.code, 2, "{run:?}");
    let run = deploy(&env, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = env.run(&[&["diff", "--baseline", "base"], BOTH].concat());
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn what_users_are_given_again_is_shown_and_asked_about() {
    let env = Env::new();
    let orgs = ["-o", "demo:p", "-o", "demo:q"];
    let set = ["--set", "user=ampersand.integration@harbourlight.example.com"];
    let asked = [&["-t", "permission-set-user"][..], &set].concat();
    for org in ["demo:p", "demo:q"] {
        let only = ["deploy", "-o", org, "--only", "PermissionSet:*", "--yes"];
        assert_eq!(env.run(&[&only[..], &asked].concat()).code, 0);
    }
    let plan = [&["diff", "--save-plan", "plans"][..], &asked, &orgs].concat();
    let made = env.run(&plan);
    assert!([0, 2].contains(&made.code), "{made:?}");
    let run = deploy(&env, &["--format", "json"]);
    let given = document(&run.stdout, "deploy", &run);
    let assignments = &given["orgs"][0]["plan"]["assignments"];
    assert_eq!(assignments.as_array().map(Vec::len), Some(1), "{run:?}");
    let back = ["rollback", "--deploy-run", given["run"].as_str().unwrap(), "--yes"];
    let back = env.run(&[&back[..], &["--format", "json"]].concat());
    assert_eq!(back.code, 0, "{back:?}");
    let back = document(&back.stdout, "rollback", &back);
    let forth = ["rollback", "--deploy-run", back["run"].as_str().unwrap()];
    let unasked = env.run(&forth);
    assert!(unasked.code == 1 && unasked.stderr.contains("no terminal to ask at"), "{unasked:?}");
    assert!(unasked.stdout.contains("give the permission set"), "{unasked:?}");
    assert!(unasked.stdout.contains("2 orgs to change"), "{unasked:?}");
    let forth = env.run(&[&forth[..], &["--yes"]].concat());
    assert_eq!(forth.code, 0, "{forth:?}");
}

/// The journal's newest entry of an org as a run that was cut off has left it.
fn cut_off(env: &Env, org: &str) -> String {
    let list = env.run(&["rollback", "-o", org, "--list", "--format", "json"]);
    let list = document(&list.stdout, "rollback-list", &list);
    let newest = list["deploys"][0]["journal"].as_str().unwrap().to_owned();
    let id = list["org"]["id"].as_str().unwrap();
    let file = env.folder().join(format!("state/sfsetup/journal/{id}/{newest}.json"));
    let mut entry: Json = serde_json::from_str(&read(&file)).unwrap();
    entry["stage"] = "accepted".into();
    std::fs::write(&file, crate::lab::sealed(&entry)).unwrap();
    newest
}

#[test]
fn the_newest_of_many_orgs_is_what_was_cut_off_and_the_same_command_is_no_other() {
    let env = Env::new();
    for org in ["demo:a", "demo:b"] {
        for part in ["ConnectedApp:*", "Profile:*"] {
            let asked = ["deploy", "-t", "ampersand", "-o", org, "--only", part, "--yes"];
            assert_eq!(env.run(&asked).code, 0);
        }
    }
    let newest = ["demo:a", "demo:b"].map(|org| cut_off(&env, org));
    let back = env.run(&[&["rollback", "--yes", "--format", "json"], BOTH].concat());
    assert_eq!(back.code, 0, "{back:?}");
    let back = document(&back.stdout, "rollback", &back);
    for (at, newest) in newest.iter().enumerate() {
        assert_eq!(back["orgs"][at]["takes_back"], newest.as_str());
    }
    // A rollback that was cut off is finished, and no other deploy taken back in its place.
    cut_off(&env, "demo:a");
    cut_off(&env, "demo:b");
    let again = env.run(&[&["rollback", "--yes", "--format", "json"], BOTH].concat());
    assert_eq!(again.code, 0, "{again:?}");
    let again = document(&again.stdout, "rollback", &again);
    assert_eq!(again["orgs"][0]["outcome"], "finished");
    assert_eq!(again["run"], Json::Null, "nothing was written down");
    // What is not there is nothing to do.
    let third = env.run(&["rollback", "--yes", "-o", "demo:x", "-o", "demo:y"]);
    assert!(third.code == 0 && third.stdout.contains("2 with nothing to do"), "{third:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_org_in_which_people_work_by_now_is_left_as_it_is() {
    let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
    plans_of_two(&labs).await;
    labs.0.running.store().go_live().unwrap();
    let run = labs.0.finished(command_on_two(&labs, &[CARRY_OUT, &["--yes"]].concat())).await;
    assert_eq!((run.code, starts(&labs).0), (4, 0), "{run:?}");
    assert!(run.stderr.contains("it is in production now"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_says_of_its_way_back_works_as_printed() {
    let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
    plans_of_two(&labs).await;
    let run = labs.0.finished(command_on_two(&labs, &[CARRY_OUT, &["--yes"]].concat())).await;
    assert_eq!(run.code, 0, "{run:?}");
    let hint = run.stderr.split('`').find(|part| part.contains("--deploy-run")).unwrap();
    let words: Vec<&str> = hint.split(' ').skip(1).chain(["--yes"]).collect();
    let back = labs.0.finished(command_on_two(&labs, &words)).await;
    assert_eq!(back.code, 0, "{words:?} {back:?}");
    assert!(back.stdout.contains("2 orgs: 2 done"), "{back:?}");
    // Runs over one folder are one run.
    let id = words.iter().skip_while(|word| **word != "--deploy-run").nth(1).unwrap();
    assert!(run.stderr.contains(&format!("the run {id} begins")), "{run:?}");
    assert_eq!(labs.0.journal().iter().filter(|entry| entry["run"] == *id).count(), 2);
}

/// What an org learns after others have failed is not sent any more, however far it has come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_once_too_many_have_failed() {
    let labs = two_of(Store::in_memory(), Store::in_memory_named("two")).await;
    plans_of_two(&labs).await;
    // The first fails while the second one is about to send.
    let hold =
        |call: &str, fault| FaultRule { call: call.to_owned(), fault, after: 0, times: None };
    labs.0.running.fault(hold("checkRetrieveStatus", Fault::ZipSlip));
    labs.1.running.fault(hold("tooling.query", Fault::SlowBody(400)));
    let run = labs.0.finished(command_on_two(&labs, &[CARRY_OUT, &["--yes"]].concat())).await;
    assert_eq!(run.code, 4, "{run:?}");
    if run.stdout.contains("TWO  not begun") {
        assert_eq!(starts(&labs), (0, 0), "{run:?}");
    } else {
        // It was quicker than the other one's failure.
        assert_eq!(starts(&labs), (0, 1), "{run:?}");
    }
}
