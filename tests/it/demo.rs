//! The demo org through the program: drift in one command, state that lasts, and an answer that is
//! stable.

use serde_json::Value;

use crate::support::Env;

#[test]
fn the_demo_org_shows_its_drift_in_one_command() {
    let env = Env::new();
    let run = env.run(&["diff", "--template", "ampersand", "--org", "demo"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("the demo org proposed these parameters"), "{}", run.stderr);
    let shown = insta_filters(&run.stdout);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots" }, {
        insta::assert_snapshot!("demo", shown);
    });
}

/// The port differs from run to run.
fn insta_filters(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("http://127.0.0.1:") {
        let (head, tail) = rest.split_at(at + "http://127.0.0.1:".len());
        out.push_str(head);
        out.push_str("PORT");
        rest = tail.trim_start_matches(|character: char| character.is_ascii_digit());
    }
    out.push_str(rest);
    out
}

#[test]
fn facts_and_metadata_are_known_and_what_is_given_goes_before_what_is_proposed() {
    let env = Env::new();
    let run = env.run(&[
        "diff",
        "--template",
        "ampersand",
        "--org",
        "demo",
        "--format",
        "json",
        "--set",
        "read=Contact",
    ]);
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
