//! The demo org through the program: drift in one command, state that lasts, and an answer that is
//! stable.

use serde_json::Value;

use crate::support::Env;

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
