//! Nothing seen is not "nothing differs": an answer that rests on nothing is an error, on every
//! command, and so is a choice that names nothing.

use serde_json::Value as Json;

use crate::support::{Env, fixture};

const APP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
    <label>Acme</label>
    <oauthPolicy>
        <ipRelaxation>ENFORCE</ipRelaxation>
        <refreshTokenPolicy>infinite</refreshTokenPolicy>
    </oauthPolicy>
</ConnectedApp>
"#;

const TEMPLATE: &str = r#"
format = 1

[template]
name     = "acme"
title    = "Acme"
version  = "1"
source   = "https://docs.acme.example.com/salesforce"
reviewed = 2026-11-01

[[step]]
id    = "ip"
title = "IP relaxation"
want  = [{ component = "ConnectedApp:Acme", path = "oauthPolicy.ipRelaxation", equals = "BYPASS" }]

[[step]]
id    = "install"
title = "Install the app"
want  = [{ manual = "Install the app" }]
"#;

fn env() -> Env {
    let env = Env::new();
    env.write("acme.toml", TEMPLATE);
    env.write("seen/connectedApps/Acme.connectedApp", APP);
    env.write("other/connectedApps/Else.connectedApp", APP.replace("Acme", "Else"));
    env
}

#[test]
fn what_was_not_seen_at_all_is_no_answer() {
    let env = env();
    let run = env.run(&["diff", "--template", "acme.toml", "--from", "other"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("? ConnectedApp:Acme oauthPolicy.ipRelaxation"), "{run:?}");
    for words in ["There is no answer: nothing of what is asked could be seen.", "1 not observed"] {
        assert!(run.stdout.contains(words), "{words}: {run:?}");
    }
    assert!(!run.stdout.contains("Nothing differs"), "{run:?}");
    assert!(run.stderr.contains("error: there is no answer"), "{run:?}");

    let run = env.run(&["diff", "--template", "acme.toml", "--from", "other", "--format", "json"]);
    let json: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["orgs"][0]["error"]["code"], "NOTHING_OBSERVED");
    assert_eq!(json["orgs"][0]["findings"][0]["state"], "not-observed");
    assert_eq!(run.code, 1, "{run:?}");

    let run = env.run(&["package", "--template", "acme.toml", "--from", "other", "--out", "out"]);
    assert!(run.code == 1 && run.stderr.contains("there is no answer"), "{run:?}");
    assert!(!env.folder().join("out").exists());
}

#[test]
fn a_template_whose_steps_are_by_hand_is_answered() {
    let env = env();
    let by_hand = TEMPLATE.replace(
        "want  = [{ component = \"ConnectedApp:Acme\", path = \"oauthPolicy.ipRelaxation\", equals = \"BYPASS\" }]",
        "want  = [{ manual = \"Relax it\" }]",
    );
    assert_ne!(by_hand, TEMPLATE);
    env.write("hand.toml", by_hand);
    let run = env.run(&["diff", "--template", "hand.toml", "--from", "other"]);
    assert!(run.code == 0 && run.stdout.contains("Nothing differs"), "{run:?}");
}

#[test]
fn two_states_with_nothing_in_common_are_no_answer() {
    let env = env();
    let run = env.run(&["diff", "--baseline", "seen", "--from", "other"]);
    assert!(run.code == 1 && run.stderr.contains("no component in common"), "{run:?}");
    // With a record on both sides it is known what each lacks.
    for side in ["seen", "other"] {
        env.write(
            &format!("{side}/package.xml"),
            "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>*</members>\
             <name>ConnectedApp</name></types><version>62.0</version></Package>",
        );
    }
    let run = env.run(&["diff", "--baseline", "seen", "--from", "other"]);
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn a_choice_that_names_nothing_is_refused_with_the_nearest() {
    let env = env();
    let of_template = ["--template", "acme.toml", "--from", "seen"];
    let of_baseline = ["--baseline", "seen", "--from", "seen"];
    for (only, what, words) in [
        ("ConnectedApp:Acmee", of_template, "did you mean `--only 'ConnectedApp:Acme'`?"),
        (
            "ConnectedApp:Acme:oauthPolicy.ipRelaxatoin",
            of_template,
            "did you mean `--only 'ConnectedApp:Acme:oauthPolicy.ipRelaxation'`?",
        ),
        ("Profile:*", of_template, "compared here: ConnectedApp:Acme"),
        ("ConnectedApp:Acmee", of_baseline, "did you mean `--only 'ConnectedApp:Acme'`?"),
        ("ConnectedApp:Acme:oauthPolicy.ipRelaxatoin", of_baseline, "oauthPolicy.ipRelaxation"),
    ] {
        for command in [&["diff"][..], &["package", "--out", "out"]] {
            let run = env.run(&[command, &what[..], &["--only", only]].concat());
            assert!(run.code == 64 && run.stderr.contains(words), "{command:?} {only}: {run:?}");
        }
    }
    let run = env.run(&[&["diff"], &of_template[..], &["--only", "ConnectedApp:A*"]].concat());
    assert_eq!(run.code, 2, "{run:?}");
    let run = env.run(&[&["diff"], &of_template[..], &["--except", "ConnectedApp:Acmee"]].concat());
    assert!(run.code == 64 && run.stderr.contains("--except 'ConnectedApp:Acme'"), "{run:?}");
    let path = "ConnectedApp:Acme:oauthPolicy.*";
    let run = env.run(&[&["diff"], &of_template[..], &["--except", path]].concat());
    assert!(run.code == 0 && run.stdout.contains("0 settings differ"), "{run:?}");
}

#[test]
fn what_is_named_in_vain_is_said_with_its_line_and_the_nearest() {
    let env = Env::new();
    let from = fixture("good-order");
    let diff = ["diff", "--template", "ampersand", "--set", "app=Ampersand", "--from", &from];
    for (text, said) in [
        ("ogr = \"acme\"\n", "line 1: ;did you mean `org`"),
        ("[parameters]\napp = \"Ampersand\"\nraed = \"x\"\n", "line 3: ;did you mean `read`"),
        ("[parameters.ampersand]\nobjcts = 1\n", "line 2: ;there is no parameter `objcts`"),
        ("[parameters.ampersnad]\nread = \"x\"\n", "line 1: ;did you mean `ampersand`"),
        ("[orgs.prod.parameters]\nraed = \"x\"\n", "line 2: ;did you mean `read`"),
        ("[orgs.prod]\nparamters = 1\n", "line 2: ;did you mean `parameters`"),
        ("[overlay.ampersnad.parameters]\nx = 1\n", "line 1: ;did you mean `ampersand`"),
    ] {
        env.write("sfsetup.toml", text);
        let run = env.run(&[&diff[..5], &["--org", "demo"]].concat());
        assert_eq!(run.code, 1, "{text}: {run:?}");
        for part in said.split(';') {
            assert!(run.stderr.contains(part), "{text}: {part}: {}", run.stderr);
        }
    }
    // Another template may have such a parameter; one that no shipped template has is told of.
    let parameters = "[parameters]\nsomething_else = \"x\"\nsource_profil = \"x\"\nholder = \"x\"\n\
                      [parameters.mine]\nother = 1\n";
    env.write("sfsetup.toml", parameters);
    let run = env.run(&[&diff[..5], &["--org", "demo"]].concat());
    assert_eq!(run.code, 2, "{run:?}");
    for (line, name, end) in [
        (2, "something_else", "it says nothing"),
        (3, "source_profil", "did you mean `source_profile`?"),
    ] {
        let words =
            format!("line {line}: no template named here has a parameter `{name}`, nor has");
        let told = run.stderr.lines().find(|one| one.contains(&words));
        assert!(told.is_some_and(|one| one.ends_with(end)), "{name}: {}", run.stderr);
    }
    assert_eq!(run.stderr.matches("no template named here").count(), 2, "{}", run.stderr);
    env.write("sfsetup.toml", "# ours\norg = \"dmeo\"\n");
    let run = env.run(&diff[..5]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("did you mean `demo`?"), "{run:?}");
    assert!(run.stderr.contains("sfsetup.toml, line 2"), "{run:?}");
    let run = env.run(&[&diff[..3], &["--set", "raed=Account", "--from", &from]].concat());
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("did you mean `read`?"), "{run:?}");
    let run = env.run(&["diff", "--template", "ampersnad", "--from", &from]);
    assert!(run.stderr.contains("did you mean `ampersand`?"), "{run:?}");
}
