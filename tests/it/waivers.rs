//! Waivers, what makes a run fail, and what else `sfsetup.toml` says so that nobody types it again.

use serde_json::{Value, json};
use sfsetup::demo::{Faults, Store};

use crate::lab::{Lab, VALUES};
use crate::output::states;
use crate::support::{Env, Run, fixture};

/// A home with a folder on which each step of `acme.toml` turns out otherwise, and this file.
fn home(config: &str) -> Env {
    let env = Env::new();
    states(&env);
    env.write("sfsetup.toml", format!("templates = [\"acme.toml\"]\n{config}"));
    env
}

fn waiver(about: &str) -> String {
    format!("[[waiver]]\n{about}\nreason = \"R\"\nexpires = 2027-01-31\n")
}

/// The state of each finding, by its step.
fn found(env: &Env) -> Vec<(String, String)> {
    let run = env.run(&["diff", "--from", "org", "--format", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let text = |one: &Value| one.as_str().unwrap().to_owned();
    let findings = json["orgs"][0]["findings"].as_array().unwrap();
    findings.iter().map(|one| (text(&one["step"]), text(&one["state"]))).collect()
}

fn waived(env: &Env) -> Vec<String> {
    let waived = found(env).into_iter().filter(|(_, state)| state == "waived");
    waived.map(|(step, _)| step).collect()
}

/// What it names is waived whatever it is but in sync: what is by hand and what nobody could see
/// too.
#[test]
fn a_waiver_names_a_step_or_settings() {
    for (about, steps) in [
        ("step = \"ip\"", &["ip"][..]),
        ("step = \"acme/ip\"", &["ip"]),
        ("step = \"other/ip\"", &[]),
        ("step = \"refresh\"", &[]),
        ("step = \"invite\"", &["invite"]),
        ("step = \"edition\"", &["edition"]),
        ("component = \"Profile:Acme*\"", &["objects", "objects", "licence"]),
        ("component = \"Profile:*\"\npath = \"objectPermissions[Account]*\"", &["objects"]),
        ("component = \"ConnectedApp:Acme\"", &["ip"]),
        ("component = \"PermissionSet:Acme_Access\"", &["set"]),
    ] {
        assert_eq!(waived(&home(&waiver(about))), steps, "{about}");
    }
}

#[test]
fn what_is_waived_is_shown_with_its_reason() {
    let env = home(
        "[[waiver]]\nstep = \"ip\"\nreason = \"It runs in our network\"\nowner = \"Ana\"\nexpires \
         = \
         2027-01-31\n[[waiver]]\nstep = \"invite\"\nreason = \"Done on 3 November\"\nexpires = \
         \"2027-01-31\"\n[[waiver]]\ncomponent = \"Profile:*\"\npath = \"objectPermissions*\"\n\
         reason = \"Next month\"\nexpires = 2026-11-27\n",
    );
    let run = env.run(&["diff", "--from", "org"]);
    assert_eq!(run.code, 2, "{run:?}");
    for text in [
        "w IP restrictions are relaxed  acme/ip\n    w ConnectedApp:Acme oauthPolicy.ipRelaxation is \
         ENFORCE \
         (Enforce IP restrictions); wanted: BYPASS (Relax IP restrictions)\n        waived: It \
         runs \
         in our network (Ana, until 2027-01-31)\n",
        "    w to do by hand: Send an invitation from the vendor's console.\n        waived: Done \
         on \
         3 November (until 2027-01-31)\n",
        // To the end of its last day.
        "        waived: Next month (until 2026-11-27)\n",
        "1 setting differs, 1 in sync, 1 missing, 1 not observed, 0 to do by hand, 4 waived.",
    ] {
        assert!(run.stdout.contains(text), "`{text}` is not said: {}", run.stdout);
    }
    let run = env.run(&["diff", "--from", "org", "--format", "json"]);
    let document = crate::json::document(&run.stdout, "diff", &run);
    let findings = document["orgs"][0]["findings"].as_array().unwrap();
    let of = |step: &str| findings.iter().find(|one| one["step"] == step).unwrap();
    assert_eq!(
        of("ip")["waiver"],
        serde_json::json!({
            "reason": "It runs in our network", "owner": "Ana", "expires": "2027-01-31",
            "instead": "differs",
        })
    );
    assert_eq!(of("invite")["waiver"]["instead"], "manual");
    assert!(findings.iter().all(|one| one.get("waiver").is_some() == (one["state"] == "waived")));
    for (format, text) in [
        ("json", "\"reason\": \"It runs in our network (Ana, until 2027-01-31)\""),
        ("jsonl", "\"state\":\"waived\""),
        ("sarif", "\"justification\": \"It runs in our network (Ana, until 2027-01-31)\""),
        ("junit", "waived: It runs in our network (Ana, until 2027-01-31)"),
        ("csv", "\"It runs in our network (Ana, until 2027-01-31)\""),
        ("markdown", "It runs in our network (Ana, until 2027\\-01\\-31)"),
        ("html", "It runs in our network (Ana, until 2027-01-31)"),
    ] {
        let run = env.run(&["diff", "--from", "org", "--format", format]);
        assert_eq!(run.code, 2, "{format}");
        let plain = |text: &str| text.replace('\\', "");
        assert!(plain(&run.stdout).contains(&plain(text)), "{format}: {}", run.stdout);
    }
}

#[test]
fn one_that_has_ended_counts_no_more_and_says_so() {
    let ended = waiver("step = \"ip\"").replace("2027-01-31", "2026-11-26");
    let env = home(&ended);
    assert!(waived(&env).is_empty());
    let words = "the waiver of `ip` (sfsetup.toml, line 2) ended on 2026-11-26, so what it names \
                 counts again (1 finding)";
    let run = env.run(&["diff", "--from", "org"]);
    assert!(run.stdout.contains(&format!("note: {words}")), "{run:?}");
    let run = env.run(&["diff", "--from", "org", "--format", "json"]);
    assert!(run.stderr.contains(&format!("warning: {words}")), "{run:?}");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["orgs"][0]["notes"], json!([words]));
    // Where another has taken its place there is nothing to say.
    let env = home(&format!("{ended}{}", waiver("step = \"ip\"")));
    assert_eq!(waived(&env), ["ip"]);
    assert!(!env.run(&["diff", "--from", "org"]).stdout.contains("ended on"));
}

#[test]
fn one_that_names_nothing_is_told_with_what_was_meant() {
    for (about, words) in [
        (
            "step = \"refrsh\"",
            Some("names no step of the templates that are compared here; did you mean `refresh`?"),
        ),
        ("step = \"acme/refrsh\"", Some("did you mean `refresh`?")),
        ("step = \"other/ip\"", None),
        (
            "component = \"ConnectedApp:Acne\"",
            Some("names nothing that is compared here; did you mean `ConnectedApp:Acme`?"),
        ),
        (
            "component = \"ConnectedApp:Acme\"\npath = \"label\"",
            Some("names nothing that is compared here"),
        ),
    ] {
        let run = home(&waiver(about)).run(&["diff", "--from", "org", "--format", "json"]);
        let json: Value = serde_json::from_str(&run.stdout).unwrap();
        let notes = json["orgs"][0]["notes"].as_array().unwrap();
        assert_eq!(notes.len(), usize::from(words.is_some()), "{about}: {notes:?}");
        let Some(words) = words else { continue };
        assert!(notes[0].as_str().unwrap().contains(words), "{about}: {notes:?}");
        assert!(run.stderr.contains("warning: the waiver of "), "{run:?}");
    }
    // What is in sync stays so, and needs none.
    let run = home(&waiver("step = \"refresh\"")).run(&["diff", "--from", "org"]);
    let hint = "hint: the waiver of `refresh` (sfsetup.toml, line 2) is not needed any more";
    assert!(run.stderr.contains(hint), "{run:?}");
}

/// A slip in the template's name must not pass for another template's.
#[test]
fn a_misspelt_template_is_told() {
    let run = home(&waiver("step = \"acmee/ip\"")).run(&["diff", "--from", "org"]);
    assert!(run.stdout.contains("did you mean `acme`?"), "{run:?}");
    let other = home(&waiver("step = \"gong/ip\"")).run(&["diff", "--from", "org"]);
    assert!(!other.stdout.contains("gong"), "{other:?}");
}

/// What is not seen hides no waiver in the headline.
#[test]
fn the_headline_says_that_something_is_waived() {
    let all = ["step = \"ip\"", "component = \"Profile:*\"", "component = \"PermissionSet:*\""];
    let env = home(&all.map(waiver).concat());
    let run = env.run(&["diff", "--from", "org", "--format", "markdown"]);
    assert_eq!(run.code, 0, "{run:?}");
    let words = "Nothing that could be seen differs, but for what may be otherwise";
    assert!(run.stdout.replace('\\', "").contains(words), "{run:?}");
}

/// Of an element that stands twice and says two things nobody knows which counts.
#[test]
fn an_element_that_stands_twice_is_not_observed() {
    let env = home("");
    let file = env.folder().join("org/connectedApps/Acme.connectedApp");
    let text = std::fs::read_to_string(&file).unwrap();
    let once = "<ipRelaxation>ENFORCE</ipRelaxation>";
    for (twice, state) in [
        ("<ipRelaxation>BYPASS</ipRelaxation><ipRelaxation>ENFORCE</ipRelaxation>", "not-observed"),
        ("<ipRelaxation>ENFORCE</ipRelaxation><ipRelaxation>ENFORCE</ipRelaxation>", "differs"),
    ] {
        assert!(text.contains(once), "{text}");
        std::fs::write(&file, text.replace(once, twice)).unwrap();
        let found = found(&env);
        let of_ip: Vec<&str> =
            found.iter().filter(|(step, _)| step == "ip").map(|(_, state)| &**state).collect();
        assert_eq!(of_ip, [state], "{twice}");
    }
}

#[test]
fn a_waiver_that_says_too_little_is_an_error_with_its_line() {
    for (text, words) in [
        ("[[waiver]]\nstep = \"ip\"\nexpires = 2027-01-31\n", "missing field `reason`"),
        ("[[waiver]]\nstep = \"ip\"\nreason = \"R\"\n", "missing field `expires`"),
        (
            "[[waiver]]\nstep = \"ip\"\nreason = \"\"\nexpires = 2027-01-31\n",
            "line 2: the waiver's `reason` is empty",
        ),
        (
            "[[waiver]]\nstep = \"ip\"\nreason = \"R\"\nexpires = \"never\"\n",
            "line 2: the waiver ends on `never`, which is no day",
        ),
        (
            "[[waiver]]\nreason = \"R\"\nexpires = 2027-01-31\n",
            "neither a `step` nor a `component`",
        ),
        (
            "[[waiver]]\npath = \"a\"\nreason = \"R\"\nexpires = 2027-01-31\n",
            "no `component` that it is of",
        ),
        (
            "[[orgs.acme.waiver]]\nstep = \"ip\"\ncomponent = \"Profile:*\"\nreason = \"R\"\n\
             expires = 2027-01-31\n",
            "what it is about is one of them",
        ),
        (
            "[[waiver]]\nstep = \"ip\"\nraeson = \"R\"\nexpires = 2027-01-31\n",
            "did you mean `reason`?",
        ),
    ] {
        let run = home(text).run(&["diff", "--from", "org"]);
        assert!(run.code == 1 && run.stderr.contains(words), "{text}: {run:?}");
        assert!(run.stderr.contains("cannot read `"), "{text}: {run:?}");
    }
}

/// What nobody could see is no answer, be it waived.
#[test]
fn what_was_not_seen_is_no_answer_though_it_is_waived() {
    let env = home(&waiver("component = \"*:*\""));
    let only = ["diff", "--from", "org", "--only", "Profile:*:objectPermissions[Case]*"];
    let run = env.run(&only);
    assert!(
        run.code == 1 && run.stderr.contains("nothing of what is asked could be seen"),
        "{run:?}"
    );
}

#[test]
fn a_plan_leaves_out_what_is_waived_and_says_so() {
    let env = home(&waiver("step = \"ip\""));
    let run = env.run(&["package", "--from", "org", "--out", "fix", "--only", "ConnectedApp:*"]);
    assert_eq!(run.code, 0, "{run:?}");
    let note = "note: waived, and so left as it is: ConnectedApp:Acme oauthPolicy.ipRelaxation: R \
                (until 2027-01-31)";
    assert!(run.stdout.contains(note), "{run:?}");
    assert!(!env.folder().join("fix").exists(), "{run:?}");
    // The same without it.
    let env = home("");
    let run = env.run(&["package", "--from", "org", "--out", "fix", "--only", "ConnectedApp:*"]);
    assert!(run.code == 0 && env.folder().join("fix").exists(), "{run:?}");
}

#[test]
fn what_differs_from_a_baseline_is_waived_by_its_component() {
    let env = Env::new();
    let (now, then) = (fixture("drifted"), fixture("good-order"));
    let diff = |config: &str| {
        env.write("sfsetup.toml", config);
        let config = ["--config", "sfsetup.toml", "--format", "json"];
        let run =
            env.run(&[&["diff", "--from", &now, "--baseline", &then][..], &config[..]].concat());
        let json: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
        (run.code, json["orgs"][0]["summary"].clone(), run)
    };
    let (code, all, _) = diff("");
    assert!(code == 2 && all["differs"].as_u64().unwrap() > 0, "{all}");
    let open = ["differs", "not_observed"].map(|state| all[state].as_u64().unwrap());
    let (code, rest, _) = diff(&waiver("component = \"*:*\""));
    assert_eq!((code, &rest["differs"], &rest["not_observed"]), (0, &json!(0), &json!(0)));
    assert_eq!(rest["waived"], json!(open.iter().sum::<u64>()));
    let of_app = waiver("component = \"ConnectedApp:*\"\npath = \"oauthPolicy*\"");
    env.write("sfsetup.toml", of_app);
    let text = ["diff", "--config", "sfsetup.toml", "--from", &now, "--baseline", &then];
    let run = env.run(&text);
    let line = "    w oauthPolicy.ipRelaxation\n        - ENFORCE (Enforce IP restrictions)\n        \
                + BYPASS (Relax IP restrictions)\n        waived: R (until 2027-01-31)\n";
    assert!(run.code == 2 && run.stdout.contains(line), "{run:?}");
    let (_, _, run) = diff(&waiver("component = \"Profile:Nobody\""));
    assert!(run.stderr.contains("names nothing that differs from the baseline"), "{run:?}");
}

#[test]
fn the_file_says_what_makes_a_run_fail() {
    let code = |config: &str, more: &[&str]| {
        home(config).run(&[&["diff", "--from", "org"][..], more].concat())
    };
    let objects = ["--only", "Profile:*:objectPermissions*"];
    let refresh = ["--only", "ConnectedApp:*:oauthPolicy.refresh*"];
    for (config, more, expected) in [
        ("", &objects[..], 2),
        ("fail-on = \"any\"\n", &objects, 2),
        ("fail-on = \"required\"\n", &objects, 0),
        ("fail-on = \"observed\"\n", &objects, 2),
        ("fail-on = \"required\"\n", &[], 2),
        ("fail-on = \"observed\"\n", &refresh, 0),
        ("", &["--only", "ConnectedApp:*"], 2),
    ] {
        assert_eq!(code(config, more).code, expected, "{config} {more:?}");
    }
    let run = code("fail-on = \"required\"\n", &objects);
    let note = "`fail-on = \"required\"` at sfsetup.toml, line 2";
    assert!(run.stderr.contains(note), "{run:?}");
    // The command line wins.
    let strict = [&objects[..], &["--strict"]].concat();
    assert_eq!(code("fail-on = \"required\"\n", &strict).code, 2);
    // What is only to do by hand fails where the file says so.
    let waive = waiver("component = \"*:*\"");
    assert_eq!(code(&waive, &[]).code, 0);
    assert_eq!(code(&format!("fail-on = \"observed\"\n{waive}"), &[]).code, 2);
    // So does a package that leaves something alone.
    for (level, config, expected) in [
        ("required", "", 2),
        ("required", "fail-on = \"required\"\n", 2),
        ("recommended", "", 2),
        ("recommended", "fail-on = \"required\"\n", 0),
        ("recommended", "fail-on = \"observed\"\n", 2),
    ] {
        let env = home(config);
        let text = std::fs::read_to_string(env.folder().join("acme.toml")).unwrap();
        let set = "title = \"A permission set\"";
        env.write("acme.toml", text.replace(set, &format!("{set}\nlevel = \"{level}\"")));
        let only = ["--only", "PermissionSet:*"];
        let run = env.run(&[&["package", "--from", "org", "--out", "fix"][..], &only].concat());
        assert_eq!(run.code, expected, "{level} {config}: {run:?}");
    }
}

#[test]
fn the_file_says_the_templates_and_the_form() {
    let env = home("format = \"json\"\n");
    let run = env.run(&["diff", "--from", "org"]);
    assert!(run.code == 2 && run.stdout.starts_with("{\n"), "{run:?}");
    for (more, begins) in [
        (&["--format", "text"][..], "Acme (acme"),
        (&["--template", "acme.toml", "--format", "csv"], "\"org\","),
    ] {
        let run = env.run(&[&["diff", "--from", "org"][..], more].concat());
        assert!(run.stdout.starts_with(begins), "{more:?}: {run:?}");
    }
    env.run(&["diff", "--from", "org", "--out", "x.csv"]);
    assert!(std::fs::read_to_string(env.folder().join("x.csv")).unwrap().starts_with("\"org\","));
    // From a folder below the file's own its template is found too.
    let mut command = env.command();
    command.args(["diff", "--from", "."]).current_dir(env.folder().join("org"));
    let run = crate::support::finish(command.output().unwrap());
    assert_eq!(run.code, 2, "{run:?}");
    let run = env.run(&["diff", "--from", "org", "-v", "--template", "acme.toml", "--strict"]);
    for text in [
        "sfsetup.toml: found\n",
        "format json: sfsetup.toml, line 2\n",
        "template acme.toml: --template\n",
        "fail-on observed: --strict\n",
        "parameter acme.app = Acme: by default\n",
    ] {
        assert!(run.stderr.contains(text), "`{text}` is not said: {}", run.stderr);
    }
}

#[test]
fn a_file_that_is_found_names_templates_of_its_own_folder_alone() {
    let env = home("");
    env.write("deep/sfsetup.toml", "templates = [\"../acme.toml\"]\n");
    let run = |arguments: &[&str]| {
        let mut command = env.command();
        command.args(arguments).current_dir(env.folder().join("deep"));
        crate::support::finish(command.output().unwrap())
    };
    let found = run(&["diff", "--from", "."]);
    let words = "the template `../acme.toml`, in another folder, does not count at sfsetup.toml, \
                 line 1";
    assert!(found.code == 1 && found.stderr.contains(words), "{found:?}");
    let named = run(&["diff", "--from", "../org", "--config", "sfsetup.toml"]);
    assert_eq!(named.code, 2, "{named:?}");
}

/// A plan that somebody has looked at stays as it is; without one the file is read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_plan_keeps_its_waivers() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let config = |about: &str, day: &str| {
        let waiver = waiver(about).replace("2027-01-31", day);
        lab.env.write("sfsetup.toml", format!("templates = [\"ampersand\"]\n{waiver}"));
    };
    let saved = [&["diff", "--save-plan", "plan.json"][..], VALUES].concat();
    config("component = \"Profile:*\"", "2027-01-31");
    assert_eq!(lab.run(&saved).await.code, 2);
    // It has ended since, and is of something else.
    config("step = \"ip-relaxation\"", "2026-11-01");
    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("waived, and so left as it is: Profile:Ampersand"), "{run:?}");
    assert!(run.stdout.contains("2 settings to change in 1 component"), "{run:?}");
    // Done once more it is done.
    let again = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert!(again.code == 0 && again.stdout.contains("is still so"), "{again:?}");
    let left = lab.run(&[&["diff"][..], VALUES].concat()).await;
    assert!(left.code == 2 && !left.stdout.contains("waived"), "{left:?}");
    // What only a file that was found wants is not done unasked.
    let deploy = [&["deploy", "--yes"][..], VALUES].concat();
    let refused = lab.run(&deploy).await;
    assert!(refused.code == 64 && refused.stderr.contains("nobody is asked"), "{refused:?}");
    let named = lab.run(&[&deploy[..], &["--config", "sfsetup.toml"][..]].concat()).await;
    assert_eq!(named.code, 0, "{named:?}");
    assert_eq!(lab.run(&[&["diff"][..], VALUES].concat()).await.code, 0);
}

/// After a deploy what is waived is not left over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_leaves_alone_what_is_waived_in_its_org() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let url = lab.running.url();
    let of_org =
        waiver("step = \"refresh-token\"").replace("[[waiver]]", "[[orgs.\"URL\".waiver]]");
    let elsewhere =
        waiver("component = \"Profile:*\"").replace("[[waiver]]", "[[orgs.other.waiver]]");
    lab.env.write("sfsetup.toml", format!("{}{elsewhere}", of_org.replace("URL", &url)));
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let note = "left as it is: ConnectedApp:Ampersand oauthPolicy.refreshTokenPolicy";
    assert!(run.stdout.contains(note), "{run:?}");
    let run = lab.ampersand("diff", &[]).await;
    assert!(run.code == 0 && run.stdout.contains("0 to do by hand, 1 waived."), "{run:?}");
    assert!(run.stdout.contains("Nothing differs but what is waived."), "{run:?}");
}

/// What another change cannot be without is not left, and that is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_waived_and_needed_all_the_same_is_told() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let path = "objectPermissions[Campaign].viewAllRecords";
    let one = waiver(&format!("component = \"Profile:*\"\npath = \"{path}\""));
    lab.env.write("sfsetup.toml", one);
    let run = lab.ampersand("package", &["--out", "fix"]).await;
    let note = format!("{path} is waived, and changes all the same: something else needs it");
    assert!(run.code == 0 && run.stdout.contains(&note), "{run:?}");
    assert!(run.stdout.contains("(needed by modifyAllRecords on Campaign)"), "{run:?}");
    assert!(!run.stdout.contains("left as it is"), "{run:?}");
}

fn waive(env: &Env, arguments: &[&str]) -> Run {
    let mut command = env.command();
    command.arg("waive").args(arguments).stdin(std::process::Stdio::null());
    crate::support::finish(command.output().unwrap())
}

/// What the file says stays as it is, to the byte.
#[test]
fn a_waiver_is_written_behind_what_the_file_says() {
    let given = ["--reason", "It's \"ours\"", "--expires", "30d"];
    for (before, what, more, added) in [
        (
            None,
            "ampersand/ip-relaxation",
            &[][..],
            "[[waiver]]\nstep = \"ampersand/ip-relaxation\"\n",
        ),
        (
            Some("# ours\r\norg='demo'  # here\r\n"),
            "Profile:Acme*",
            &[],
            "\r\n[[waiver]]\r\ncomponent = \"Profile:Acme*\"\r\n",
        ),
        (
            Some("org = \"demo\"\n# the end"),
            "ConnectedApp:A:oauthPolicy.*",
            &["--owner", "Ana"],
            "\n\n[[waiver]]\ncomponent = \"ConnectedApp:A\"\npath = \"oauthPolicy.*\"\n",
        ),
        (
            Some("[orgs.\"a b\"]\nfail-on = \"any\"\n"),
            "Profile:A",
            &["--org", "a b"],
            "\n[[orgs.\"a b\".waiver]]\ncomponent = \"Profile:A\"\n",
        ),
        (
            Some("templates = [\"gong\", \"ampersand\"]\n"),
            "ip-relaxation",
            &[],
            "\n[[waiver]]\nstep = \"ampersand/ip-relaxation\"\n",
        ),
    ] {
        let env = Env::new();
        if let Some(before) = before {
            env.write("sfsetup.toml", before);
        }
        let run = waive(&env, &[&[what][..], &given[..], more].concat());
        assert_eq!(run.code, 0, "{what}: {run:?}");
        assert!(run.stdout.contains(&format!("{what} is waived until 2026-12-27, in ")), "{run:?}");
        let text = std::fs::read_to_string(env.folder().join("sfsetup.toml")).unwrap();
        let head = format!("{}{added}", before.unwrap_or_default());
        assert!(text.starts_with(&head), "{text}");
        let rest = text[head.len()..].replace('\r', "");
        let owner = if more.contains(&"--owner") { "owner = \"Ana\"\n" } else { "" };
        let table: toml::Table = toml::from_str(&rest).unwrap();
        assert_eq!(table["reason"].as_str(), Some("It's \"ours\""), "{rest}");
        assert_eq!(table["expires"].to_string(), "2026-12-27");
        assert!(rest.contains(owner), "{rest}");
    }
}

#[test]
fn what_is_waived_takes_effect() {
    let env = home("");
    assert_eq!(waive(&env, &["ip", "--reason", "R", "--expires", "2027-01-31"]).code, 0);
    assert_eq!(waived(&env), ["ip"]);
    let text = || std::fs::read_to_string(env.folder().join("sfsetup.toml")).unwrap();
    let before = text();
    // The same once more, by the step's title.
    let same =
        waive(&env, &["IP restrictions are relaxed", "--reason", "R", "--expires", "2027-01-31"]);
    assert!(same.code == 0 && same.stdout.contains("nothing was written"), "{same:?}");
    assert_eq!(text(), before);
    let again = waive(&env, &["ip", "--reason", "R", "--expires", "2027-02-28"]);
    assert!(again.stderr.contains("sfsetup.toml, line 3 is a waiver of the same"), "{again:?}");
}

#[test]
fn what_cannot_be_waived_is_not_written() {
    let given = ["--reason", "R", "--expires", "30d"];
    for (config, arguments, code, words) in [
        (
            "",
            &["ip-relaxatoin", "--reason", "R", "--expires", "30d"][..],
            64,
            "did you mean `ip-relaxation`?",
        ),
        (
            "",
            &["gong/nothing-like-it", "--reason", "R", "--expires", "30d"],
            64,
            "`sfsetup template show gong`",
        ),
        ("", &["Profil:A", "--reason", "R", "--expires", "30d"], 64, "did you mean `Profile`?"),
        (
            "",
            &["ConnectedApp:A:oauthPolicy.ipRelaxtion", "--reason", "R", "--expires", "30d"],
            64,
            "ipRelaxation",
        ),
        ("", &["ip-relaxation", "--reason", "R"], 64, "no last day is given"),
        ("", &["ip-relaxation", "--expires", "30d"], 64, "no reason is given"),
        ("", &["ip-relaxation", "--reason", " ", "--expires", "30d"], 64, "the reason is empty"),
        (
            "",
            &["ip-relaxation", "--reason", "R", "--expires", "2026-11-26"],
            64,
            "2026-11-26 is over",
        ),
        (
            "",
            &["ip-relaxation", "--reason", "R", "--expires", "soon"],
            64,
            "`soon` is neither a day",
        ),
        (
            "",
            &["ip-relaxation", "--reason", "R", "--expires", "30"],
            64,
            "write `--expires 30d` for thirty days",
        ),
        (
            "waiver = []\n",
            &["ip-relaxation", "--reason", "R", "--expires", "30d"],
            1,
            "put it in by hand",
        ),
    ] {
        let env = Env::new();
        let text = format!("templates = [\"ampersand\"]\n{config}");
        env.write("sfsetup.toml", &text);
        let run = waive(&env, arguments);
        assert!(run.code == code && run.stderr.contains(words), "{arguments:?}: {run:?}");
        assert_eq!(std::fs::read_to_string(env.folder().join("sfsetup.toml")).unwrap(), text);
    }
    let env = Env::new();
    let run = waive(&env, &[&["ip-relaxation"][..], &given[..]].concat());
    assert!(
        run.code == 64 && run.stderr.contains("`sfsetup waive TEMPLATE/ip-relaxation`"),
        "{run:?}"
    );
    assert!(!env.folder().join("sfsetup.toml").exists());
}

#[test]
fn the_schema_of_the_file_is_printed() {
    let run = Env::new().run(&["config", "schema"]);
    let schema: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schema["title"], "sfsetup.toml");
}

/// Four runs at once each write theirs, and none of them another's away.
#[test]
fn waivers_that_are_written_at_once_all_stand() {
    let env = home("");
    let steps = ["ip", "invite", "edition", "set"];
    let start = |step: &&str| {
        let what = ["waive", step, "--reason", "at once", "--expires", "30d"];
        env.command().args(what).stdin(std::process::Stdio::null()).spawn().unwrap()
    };
    for _ in 0..3 {
        let before = std::fs::read_to_string(env.folder().join("sfsetup.toml")).unwrap();
        let runs: Vec<_> = steps.iter().map(start).collect();
        for mut run in runs {
            assert!(run.wait().unwrap().success());
        }
        let after = std::fs::read_to_string(env.folder().join("sfsetup.toml")).unwrap();
        assert!(after.starts_with(&before), "what stood there stands");
        for step in steps {
            assert!(after.contains(&format!("step = \"acme/{step}\"")), "{step}: {after}");
        }
        env.write("sfsetup.toml", &before);
    }
}
