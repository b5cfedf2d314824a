//! The demo org through the program: drift in one command, state that lasts, and an answer that is
//! stable.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Env, Run, end};

#[test]
fn facts_and_metadata_are_known_and_what_is_given_goes_before_what_is_proposed() {
    let env = Env::new();
    let run = json(&env, "demo", &["--set", "read=Contact"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let org = &report["orgs"][0];
    assert_eq!(org["org"]["name"], "demo");
    assert_eq!(org["error"], Value::Null);
    assert_eq!(org["summary"]["not_observed"], 0, "{org:#}");
    let findings = org["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding["fact"] == "user.license" && finding["state"] == "in-sync")
    );
    assert!(
        findings.iter().all(|finding| finding["path"] != "objectPermissions[Account].allowRead")
    );
}

#[test]
fn the_demo_org_is_displayed_and_reset() {
    let env = Env::new();
    let run = env.run(&["org", "display", "--org", "demo"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("00D"), "{}", run.stdout);
    assert!(env.folder().join("state/sfsetup/demo/current").is_file());
    assert_eq!(env.run(&["demo", "reset"]).code, 0);
    assert!(!env.folder().join("state/sfsetup/demo/current").exists());
    assert_eq!(env.run(&["org", "display", "--org", "demo"]).code, 0);
}

fn diff(env: &Env, org: &str) -> Run {
    env.run(&["diff", "--template", "ampersand", "--org", org])
}

fn deploy(env: &Env, org: &str) {
    let run = env.run(&["deploy", "--template", "ampersand", "--org", org, "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
}

fn journal(env: &Env, org: &str) -> String {
    env.run(&["rollback", "--list", "--org", org]).stdout
}

#[test]
fn demo_orgs_of_several_names_are_apart() {
    let env = Env::new();
    deploy(&env, "demo:one");
    assert_eq!(diff(&env, "demo:one").code, 0);
    assert_eq!(diff(&env, "demo:two").code, 2);
    assert_eq!(diff(&env, "demo").code, 2);
    deploy(&env, "demo");
    let ids: Vec<Value> = ["demo", "demo:one", "demo:two"]
        .iter()
        .map(|org| {
            let run = env.run(&["org", "display", "--org", org, "--format", "json"]);
            let row: Value = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(row["name"], *org);
            row["id"].clone()
        })
        .collect();
    assert_eq!(ids[0], "00DWs0000008DemMAE");
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    // Two of them held against each other.
    let apart = env.run(&["diff", "--baseline-org", "demo:one", "--org", "demo:two"]);
    assert_eq!(apart.code, 2, "{apart:?}");

    // One is made as new, and what was deployed to it is forgotten; the others stay.
    assert_eq!(env.run(&["demo", "reset", "one"]).code, 0);
    assert_eq!(diff(&env, "demo:one").code, 2);
    assert!(journal(&env, "demo:one").contains("Nothing was deployed"));
    assert_eq!(diff(&env, "demo").code, 0);
    assert!(!journal(&env, "demo").contains("Nothing was deployed"));
    deploy(&env, "demo:two");
    let all = env.run(&["demo", "reset", "--all"]);
    assert!(all.stdout.contains("the demo org") && all.stdout.contains("demo:two"), "{all:?}");
    for org in ["demo", "demo:two"] {
        assert_eq!(diff(&env, org).code, 2, "{org}");
        assert!(journal(&env, org).contains("Nothing was deployed"), "{org}");
    }
}

#[test]
fn a_demo_orgs_name_leads_nowhere_else() {
    let env = Env::new();
    for name in ["demo:", "demo:../other", "demo:Acme", "demo:a b"] {
        for arguments in [&["org", "display", "--org", name][..], &["demo", "reset", name]] {
            let run = env.run(arguments);
            assert_eq!(run.code, 64, "{arguments:?}: {run:?}");
        }
        assert_eq!(env.run(&["org", "login", name]).code, 64, "{name}");
    }
    assert!(!env.folder().join("state/sfsetup").exists());
}

#[test]
fn a_reset_waits_for_nobody_who_is_at_work() {
    let env = Env::new();
    deploy(&env, "demo");
    let journals = env.folder().join("state/sfsetup/journal");
    let held = sfsetup::journal::Journal::open(&journals, "00DWs0000008DemMAE").unwrap();
    let run = env.run(&["demo", "reset"]);
    assert!(run.code == 1 && run.stderr.contains("another run"), "{run:?}");
    drop(held);
    assert_eq!(diff(&env, "demo").code, 0, "nothing was reset");
}

/// The answer of a diff as JSON.
fn json(env: &Env, org: &str, more: &[&str]) -> Run {
    let arguments = ["diff", "--template", "ampersand", "--org", org, "--format", "json"];
    env.run(&[&arguments, more].concat())
}

/// Serves a demo org until it is told to stop.
fn serve(env: &Env, arguments: &[&str]) -> Child {
    let child = env
        .command()
        .args([&["demo", "serve"], arguments].concat())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let served = env.folder().join("state/sfsetup/demo-orgs/acme/served");
    let began = Instant::now();
    while !served.exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "it is not served");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_served_is_slow_and_its_links_lead_to_a_page() {
    let env = Env::new();
    // The links of an answer lead nowhere once its command has ended, and it says how they do.
    let run = json(&env, "demo:acme", &["--out", "a"]);
    assert_eq!(run.code, 2, "{run:?}");
    let shown = diff(&env, "demo:acme");
    assert!(shown.stderr.contains("while `sfsetup demo serve acme` runs"), "{shown:?}");
    let answer = std::fs::read_to_string(env.folder().join("a")).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let findings = answer["orgs"][0]["findings"].as_array().unwrap();
    let link = findings.iter().find_map(|finding| finding["setup_url"].as_str()).unwrap();

    let child = serve(&env, &["acme", "--slow", "3"]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = client.get(link).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("<b>Setup &gt; "), "{page}");

    // A second one would come between the first and who looks for it.
    let second = env.run(&["demo", "serve", "acme"]);
    assert!(second.code == 1 && second.stderr.contains("is served already"), "{second:?}");

    // By its name the same server is met, which takes its time.
    let began = Instant::now();
    let arguments = ["deploy", "--template", "ampersand", "--org", "demo:acme", "--yes"];
    let mut deploy = env.command();
    deploy.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = end(deploy.spawn().unwrap()).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(began.elapsed() > Duration::from_secs(6), "a retrieve and a deploy: {run:?}");

    interrupt(&child);
    let ended = end(child).await;
    assert!(ended.stdout.contains("export SF_ORG_INSTANCE_URL=http://127.0.0.1:"), "{ended:?}");
    assert!(!env.folder().join("state/sfsetup/demo-orgs/acme/served").exists());
    assert_eq!(diff(&env, "demo:acme").code, 0);

    // A server that was killed could not say so.
    env.write("state/sfsetup/demo-orgs/acme/served", "http://127.0.0.1:9");
    assert_eq!(diff(&env, "demo:acme").code, 0);
}
