//! A stranger's files: a plan, a folder or a template that would write or show what it must not.

use crate::support::{Env, fixture};

#[test]
fn a_plan_writes_nothing_outside_the_folder() {
    let env = Env::new();
    let plan = r#"{ "format": "sfsetup.plan/1", "org": { "id": "00D", "name": "a", "instance_url": "" },
        "template": { "name": "x", "version": "1", "given": "x", "sha256": "", "parameters": {} },
        "api_version": "67.0", "reads": [], "changes": [], "assignments": [], "left": [],
        "package": { "package.xml": "<Package/>", "../../escaped": "x" }, "way_back": [] }"#;
    env.write("plan.json", plan);
    let run = env.run(&["package", "--plan", "plan.json", "--out", "in/deep/out"]);
    assert!(run.code == 1 && run.stderr.contains("escaped"), "{run:?}");
    assert!(!env.folder().join("in/escaped").exists());
    assert!(!env.folder().join("in/deep/out").exists(), "whole or not at all");
    let left: Vec<_> = std::fs::read_dir(env.folder().join("in/deep")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_name_that_leads_outside_is_written_nowhere() {
    let app = "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
               <contactEmail>a@example.com</contactEmail>\n    <label>LABEL</label>\n\
               </ConnectedApp>\n";
    let env = Env::new();
    let name = "connectedApps/%2E%2E%2F%2E%2E%2F%2E%2E%2Fescaped.connectedApp";
    env.write(&format!("then/{name}"), app.replace("LABEL", "a"));
    env.write(&format!("now/{name}"), app.replace("LABEL", "b"));
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--out", "a/b/c/out"]);
    assert_ne!(run.code, 0, "{run:?}");
    for place in ["a/b/escaped.connectedApp", "a/escaped.connectedApp", "escaped.connectedApp"] {
        assert!(!env.folder().join(place).exists(), "{place}");
    }
}

#[test]
fn a_template_is_built_on_templates_beside_it_alone() {
    let env = Env::new();
    let text = |parent: &str| {
        format!(
            "format = 1\n[template]\nextends = \"{parent}\"\nname = \"x\"\ntitle = \"X\"\nversion = \
             \"1\"\nsource = \"https://docs.example.com\"\nreviewed = 2026-11-23\n"
        )
    };
    env.write("secret.toml", "token = \"00Dxx!secret\"\n");
    env.write("secret", "token = \"00Dxx!secret\"\n");
    for parent in ["../secret.toml", "/proc/self/environ", "../secret"] {
        env.write("in/x.toml", text(parent));
        let run = env.run(&["template", "check", "in/x.toml"]);
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code == 1 && shown.contains("is not beside"), "{parent}: {run:?}");
        assert!(!shown.contains("00Dxx") && !shown.contains("XDG_STATE_HOME"), "{parent}: {run:?}");
    }
    let run = env.run(&["diff", "--template", "in/x.toml", "--from", &fixture("good-order")]);
    assert!(run.code == 1 && !run.stderr.contains("00Dxx"), "{run:?}");
}
