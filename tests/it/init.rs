//! `sfsetup init`, and parameters that commands ask for: at a terminal and without one.

use std::path::Path;

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::asked::answered;
use crate::lab::{Lab, VALUES};
use crate::support::{Env, Run};

const FILE: &str = "sfsetup.toml";

fn text(env: &Env) -> String {
    std::fs::read_to_string(env.folder().join(FILE)).unwrap()
}

fn is_written(env: &Env) -> bool {
    env.folder().join(FILE).exists()
}

/// Runs it at a terminal.
fn at_terminal(env: &Env, arguments: &[&str], answers: &[(&str, &str)]) -> Run {
    let mut command = env.command();
    command.args(arguments);
    answered(command, answers)
}

/// Says whether the schema that the program prints takes a file.
fn is_valid(env: &Env) -> bool {
    let schema = env.run(&["config", "schema"]).stdout;
    let schema: Json = serde_json::from_str(&schema).unwrap();
    let file: toml::Table = text(env).parse().unwrap();
    let file = serde_json::to_value(file).unwrap();
    jsonschema::validator_for(&schema).unwrap().is_valid(&file)
}

const ENTER: &str = "";

#[test]
fn at_a_terminal_it_asks_and_the_file_is_enough_for_a_diff() {
    let env = Env::new();
    let answers = &[
        ("Which vendor's set-up?", "ampersand"),
        ("Which org?", "demo"),
        ("? app_kind", ENTER),
        ("? app (Ampersand)", ENTER),
        ("? user_kind", ENTER),
        ("? user (ampersand.integration", ENTER),
        ("? profile_kind", ENTER),
        ("? profile (Ampersand Integration)", ENTER),
        ("? read (Account, Contact, Opportunity)", "Account, Contact"),
        // Refused, with the nearest; a list is emptied by `-`.
        ("? write (Campaign, Lead)", "Leed"),
        ("did you mean `Lead`?", "\u{8}\u{8}\u{8}\u{8}-"),
        ("? fields", ENTER),
        ("? subscribe", "y"),
        ("? quota_optimization", "n"),
        ("? manage_custom_fields", ENTER),
    ];
    let run = at_terminal(&env, &["init"], answers);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with("Wrote sfsetup.toml."), "{run:?}");
    assert!(run.stdout.contains("settings differ"), "{run:?}");
    assert!(!run.stdout.contains("? app"), "questions are no answer: {run:?}");
    assert!(run.stderr.contains("from here on `sfsetup diff` is enough"), "{run:?}");
    let text = text(&env);
    for line in [
        "org = \"demo\"\n",
        "templates = [\"ampersand\"]\n",
        "[parameters.ampersand]\n",
        "\napp = \"Ampersand\"\n",
        "\nread = [\"Account\", \"Contact\"]\n",
        "\n# write = []\n",
        "\nsubscribe = true\n",
        "\n# permission_set = \"Ampersand_Integration\"\n",
        "# fail-on = \"any\"\n",
        "# [[waiver]]\n# step    = \"ampersand/edition\"\n",
    ] {
        assert!(text.contains(line), "`{line}` is not there: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(is_valid(&env), "{text}");
    // What stands behind `#` is right too.
    let example = text.replace("# [[", "[[").replace("# step ", "step ");
    let example = example.replace("# reason ", "reason ").replace("# expires ", "expires ");
    env.write(FILE, &example);
    let diff = env.run(&["diff"]);
    assert_eq!(diff.code, 2, "{diff:?}");
    // Nobody's file is written over.
    let again = at_terminal(&env, &["init"], &[]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("is there already, so nothing was written"), "{again:?}");
    assert_eq!(self::text(&env), example);
}

#[test]
fn whoever_leaves_a_question_has_written_nothing() {
    for answers in [
        &[("[type to search, arrows move", "\u{3}")][..],
        &[("Which vendor's set-up?", "ampersand"), ("that is not here", "\u{3}")],
        &[
            ("Which vendor's set-up?", "ampersand"),
            ("Which org?", ENTER),
            ("? app_kind", ENTER),
            ("or any name", "\u{3}"),
        ],
    ] {
        let env = Env::new();
        let run = at_terminal(&env, &["init"], answers);
        assert_eq!(run.code, 130, "{run:?}");
        assert!(run.stderr.contains("interrupted"), "{run:?}");
        assert!(run.stdout.is_empty() && !is_written(&env), "{run:?}");
        let left = std::fs::read_dir(env.folder()).unwrap().flatten();
        let left: Vec<String> =
            left.map(|one| one.file_name().to_string_lossy().into_owned()).collect();
        assert!(!left.iter().any(|name| name.starts_with(".sfsetup-")), "{left:?}");
    }
}

#[test]
fn without_a_terminal_options_say_it() {
    let env = Env::new();
    let run = env.run(&["init", "--template", "ampersand", "--org", "demo", "--set", "write="]);
    assert_eq!(run.code, 0, "{run:?}");
    // What the demo org proposes is written down, what is as by default is not.
    let text = text(&env);
    assert!(
        text.contains("\napp = \"Ampersand\"\n") && text.contains("\n# package_id ="),
        "{text}"
    );
    assert!(text.contains("\n# write = []\n") && is_valid(&env), "{text}");
    assert_eq!(env.run(&["diff"]).code, 2);
}

#[test]
fn what_is_missing_is_one_error_that_names_the_options() {
    let env = Env::new();
    let run = env.run(&["init"]);
    assert_eq!(run.code, 64, "{run:?}");
    for option in ["--template NAME", "--org NAME"] {
        assert!(run.stderr.contains(option), "{run:?}");
    }
    let run = env.run(&["init", "--template", "azure-data-factory"]);
    assert_eq!(run.code, 64, "{run:?}");
    for option in ["--org NAME", "--set contact_email=", "--set user="] {
        assert!(run.stderr.contains(option), "{run:?}");
    }
    assert!(!run.stderr.contains("--set app="), "it has a default: {run:?}");
    // A pipeline that gives its steps a terminal asks nobody.
    let mut command = env.command();
    command.arg("init").env("CI", "true");
    let run = answered(command, &[]);
    assert!(run.code == 64 && run.stderr.contains("--org NAME"), "{run:?}");
    assert!(!is_written(&env));
}

#[test]
fn what_cannot_be_written_so_is_refused_before_anything_is_asked() {
    let env = Env::new();
    let init = ["init", "--template", "ampersand", "--org", "demo"];
    let with = |more: &[&str]| env.run(&[&init[..], more].concat());
    for (more, code, words) in [
        (&["--set", "ap=X"][..], 64, "did you mean `app`?"),
        (&["--set", "app_kind=conected-app"], 64, "did you mean `connected-app`?"),
        (&["--set", "subscribe=perhaps"], 64, "is `true` or `false`"),
        (&["--set", "app=00D000000000001!AQEAQNotATokenButLooksLikeOne.0123456789"], 64, "secret"),
        (&["--config", "other.toml"], 64, "leave `--config` out"),
    ] {
        let run = with(more);
        assert_eq!(run.code, code, "{more:?}: {run:?}");
        assert!(run.stderr.contains(words), "{more:?}: {run:?}");
        assert!(!run.stderr.contains("AQEAQ"), "{run:?}");
    }
    let run = env.run(&["init", "--template", "ampersand", "--org", "nobody"]);
    assert_eq!(run.code, 1, "{run:?}");
    let other = Env::new();
    other.write("t.toml", "");
    let path = other.folder().join("t.toml");
    std::fs::write(&path, crate::names::made("Acme")).unwrap();
    let run = env.run(&["init", "--template", path.to_str().unwrap(), "--org", "demo"]);
    assert!(run.code == 64 && run.stderr.contains("lies in another folder"), "{run:?}");
    assert!(!is_written(&env));
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_file_is_told_first() {
    let env = Env::new();
    let mut command = env.command();
    command.arg("init").current_dir("/proc");
    let run = answered(command, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("cannot write `sfsetup.toml`"), "{run:?}");
    assert!(!Path::new("/proc/sfsetup.toml").exists());
}

/// At a terminal of a lab, whose org the environment names.
async fn in_lab(
    faults: Faults,
    arguments: &'static [&'static str],
    answers: &'static [(&'static str, &'static str)],
) -> (Lab, Run) {
    let lab = Lab::new(Store::in_memory(), faults).await;
    tokio::task::spawn_blocking(move || {
        let run = answered(lab.command(arguments), answers);
        (lab, run)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_command_asks_for_what_has_no_value_and_offers_what_the_org_has() {
    let diff = &["diff", "--template", "ampersand", "--format", "json"];
    let answers = &[("Warehouse_Loader", "Ampersnad"), ("did you mean", "\u{8}\u{8}\u{8}and")];
    let (lab, run) = in_lab(Faults::none(), diff, answers).await;
    assert_eq!(run.code, 2, "{run:?}");
    let document: Json = serde_json::from_str(&run.stdout).unwrap();
    assert!(document["orgs"][0]["findings"].is_array(), "{run:?}");
    assert!(run.stderr.contains("`--set app=Ampersand` gives that without"), "{run:?}");
    // No user was to be named, so nobody listed users.
    assert!(!run.stderr.contains("Robin Alder"), "{run:?}");
    let calls = lab.running.calls();
    let users = calls.iter().filter(|call| call.contains("query:User")).count();
    assert_eq!(users, 0, "{calls:?}");
    // Elsewhere it is the error that it was.
    let run = lab.run(diff).await;
    assert!(run.code == 1 && run.stderr.contains("no value is given for `app`"), "{run:?}");
}

#[tokio::test]
async fn a_list_that_could_not_be_read_is_told_and_the_name_is_typed() {
    let faults = Faults::none();
    let lab = Lab::new(Store::in_memory(), faults).await;
    lab.running.fault(FaultRule {
        call: "listMetadata".to_owned(),
        fault: Fault::ServerError,
        after: 0,
        times: None,
    });
    let run = tokio::task::spawn_blocking(move || {
        let diff = &["diff", "--template", "ampersand"];
        answered(lab.command(diff), &[("type the name", "Nobody_Knows")])
    })
    .await
    .unwrap();
    assert!(run.stderr.contains("could not list ConnectedApp"), "{run:?}");
    assert!(!run.stderr.contains("lists no"), "what was not read is not lacking: {run:?}");
    assert!(run.stderr.contains("Nobody_Knows"), "{run:?}");
}

/// Where the environment has the token, the file has neither it nor the address.
#[tokio::test]
async fn no_address_and_no_token_is_written() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let init = [&["init", "--template", "ampersand"], VALUES].concat();
    let run = lab.run(&init).await;
    assert_eq!(run.code, 0, "{run:?}");
    let text = text(&lab.env);
    assert!(text.contains("\n# org = \"NAME\"\n"), "{text}");
    assert!(!text.contains(&lab.running.url()) && !text.contains(&lab.running.token), "{text}");
}

/// An answer that will not do is refused at its question; what an org has is offered.
#[test]
fn a_new_template_is_asked_for_one_thing_after_the_other() {
    let env = Env::new();
    let again = format!("{}https://acme.example.com", "\u{8}".repeat(16));
    let misspelt = format!("{}Ampersand", "\u{8}".repeat(8));
    let answers = &[
        ("What a person calls it", "Acme"),
        ("Address of the vendor's set-up page", "acme.example.com"),
        ("is no address of a page", again.as_str()),
        ("? App ", "Ampersnd"),
        ("did you mean `Ampersand`?", misspelt.as_str()),
        ("? Profile of the user", "Ampersand Integration"),
        ("? Permission set ", ENTER),
        ("? User who connects", ENTER),
    ];
    let run = at_terminal(&env, &["template", "new", "acme", "--from-org", "demo"], answers);
    assert_eq!(run.code, 0, "{run:?}");
    let text = std::fs::read_to_string(env.folder().join("acme.toml")).unwrap();
    assert!(text.contains("\"Acme\"") && text.contains("https://acme.example.com"), "{text}");
    assert!(text.contains("Ampersand Integration"), "{text}");
    let none = env.run(&["template", "new", "other", "--from-org", "demo"]);
    assert!(none.code == 64 && none.stderr.contains("--profile"), "{none:?}");
}

/// That a list is to be empty is kept, whatever would be taken else.
#[test]
fn an_empty_list_that_was_chosen_stays_one() {
    let env = Env::new();
    let run = env.run(&[
        "init",
        "-t",
        "ampersand",
        "-o",
        "demo",
        "--set",
        "read=",
        "--set",
        "app=Ampersand",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(text(&env).contains("\nread = []\n") && is_valid(&env), "{}", text(&env));
    let diff = env.run(&["diff", "--format", "json"]);
    let diff: Json = serde_json::from_str(&diff.stdout).unwrap();
    let findings = diff["orgs"][0]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|one| one["step"] != "read-objects"), "{diff}");
}
