//! `sfsetup diff --since`: what is new, fixed or still so, and what cannot be compared.

use serde_json::Value;

use crate::output::states;
use crate::support::{Env, Run};

fn since(env: &Env, more: &[&str]) -> Run {
    let diff = ["diff", "--quiet", "--template", "acme.toml", "--from", "org"];
    env.run(&[&diff[..], more].concat())
}

/// A folder with a setting of each state, and its answer in `last.json`.
fn env() -> Env {
    let env = Env::new();
    states(&env);
    assert_eq!(since(&env, &["--out", "last.json"]).code, 2);
    env
}

fn change(env: &Env, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(env.folder().join(file)).unwrap();
    assert!(text.contains(from), "{text}");
    env.write(file, text.replace(from, to));
}

/// Puts one setting right, breaks one, and asks for less than before.
fn moved_on() -> Env {
    let env = env();
    let app = "org/connectedApps/Acme.connectedApp";
    change(&env, app, "ENFORCE", "BYPASS");
    change(&env, app, "infinite", "zero");
    change(&env, "org/package.xml", "<members>Account</members>", "<members>Lead</members>");
    env
}

#[test]
fn nothing_new_is_well() {
    let env = env();
    let run = since(&env, &["--since", "last.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = "\nSince last.json: 0 new, 0 fixed, 4 persisting.\n";
    assert!(run.stdout.ends_with(told), "{}", run.stdout);
    // What nobody could see, and what is by hand, counts as ever with `--strict`.
    assert_eq!(since(&env, &["--since", "last.json", "--strict"]).code, 2);
}

#[test]
fn what_has_become_of_it_is_told() {
    let env = moved_on();
    let run = since(&env, &["--since", "last.json"]);
    assert_eq!(run.code, 2, "{run:?}");
    let (_, told) = run.stdout.split_once("\nSince ").unwrap();
    insta::assert_snapshot!(told, @r"
    last.json: 1 new, 1 fixed, 2 persisting, 1 not observed now.
      new:
        ConnectedApp:Acme oauthPolicy.refreshTokenPolicy
      fixed:
        ConnectedApp:Acme oauthPolicy.ipRelaxation
      not so then, not observed now: neither fixed nor gone:
        Profile:Acme Integration objectPermissions[Account].allowRead
    ");
    // What is not seen now makes nothing new.
    change(&env, "org/connectedApps/Acme.connectedApp", "zero", "infinite");
    assert_eq!(since(&env, &["--since", "last.json"]).code, 0);
}

#[test]
fn the_document_says_it_too_and_follows_its_schema() {
    let env = moved_on();
    let run = since(&env, &["--since", "last.json", "--format", "json"]);
    assert_eq!(run.code, 2, "{run:?}");
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let schema: Value = serde_json::from_str(sfsetup::report::json::SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mistakes: Vec<String> =
        validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let org = &document["orgs"][0];
    let findings = org["findings"].as_array().unwrap();
    let told: Vec<&str> = findings.iter().filter_map(|one| one["since"].as_str()).collect();
    assert_eq!(told, ["fixed", "new", "not-observed", "persisting", "persisting"]);
    assert_eq!(org["since"]["new"], 1);
    assert_eq!(org["since"]["not_observed"], 1);
    assert_eq!(org["since"]["not_asked"], serde_json::json!([]));
}

/// What is not asked now is not fixed.
#[test]
fn what_is_not_asked_is_not_fixed() {
    let env = env();
    let run = since(&env, &["--since", "last.json", "--only", "ConnectedApp:Acme"]);
    assert_eq!(run.code, 0, "{run:?}");
    let (_, told) = run.stdout.split_once("\nSince ").unwrap();
    assert!(
        told.starts_with("last.json: 0 new, 0 fixed, 1 persisting, 3 not asked now."),
        "{told}"
    );
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let env = env();
    let last = std::fs::read_to_string(env.folder().join("last.json")).unwrap();
    let file = |name: &str, from: &str, to: &str| {
        assert!(last.contains(from));
        env.write(name, last.replace(from, to));
    };
    file("version.json", "sfsetup.diff/1", "sfsetup.diff/2");
    file("template.json", "\"name\": \"acme\"", "\"name\": \"other\"");
    file("org.json", "\"id\": null", "\"id\": \"00D000000000001EAA\"");
    file("path.json", "\"name\": \"org\"", "\"name\": \"elsewhere\"");
    env.write("broken.json", &last[..last.len() / 2]);
    let baseline = ["diff", "--baseline", "org", "--from", "org", "--out", "baseline.json"];
    assert_eq!(env.run(&baseline).code, 0);
    for (name, why) in [
        ("version.json", "its `format` is not `sfsetup.diff/1`"),
        ("template.json", "it holds template other, and this is template acme"),
        ("org.json", "it is of `org` (00D000000000001EAA), and this is `org`"),
        ("path.json", "it is of `elsewhere`, and this is `org`"),
        ("broken.json", "it is no answer of `sfsetup diff --format json`"),
        ("baseline.json", "it holds a baseline, and this is template acme"),
    ] {
        for format in ["text", "json"] {
            let run = since(&env, &["--since", name, "--format", format]);
            assert_eq!(run.code, 64, "{name}: {run:?}");
            assert!(run.stderr.contains(why), "{name}: {}", run.stderr);
            match format {
                "text" => assert_eq!(run.stdout, ""),
                _ => {
                    let document = crate::json::document(&run.stdout, "diff", &run);
                    assert_eq!(document["error"]["code"], "USAGE");
                }
            }
        }
    }
    assert_eq!(since(&env, &["--since", "last.json", "--format", "csv"]).code, 64);
    assert_eq!(since(&env, &["--since", "nothing.json"]).code, 1);
}
