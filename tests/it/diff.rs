//! `sfsetup diff` as a process: what it prints, how it exits, what it refuses.

use serde_json::Value;

use crate::support::{Env, Run, fixture};

fn diff(env: &Env, from: &str, more: &[&str]) -> Run {
    let mut arguments = vec!["diff", "--template", "ampersand", "--from", from];
    arguments.extend_from_slice(more);
    env.run(&arguments)
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

fn findings(run: &Run) -> Vec<Value> {
    json(run)["orgs"][0]["findings"].as_array().unwrap().clone()
}

fn at<'v>(findings: &'v [Value], path: &str) -> &'v Value {
    findings
        .iter()
        .find(|finding| finding["path"] == path)
        .unwrap_or_else(|| panic!("no finding at {path} in {findings:#?}"))
}

#[test]
fn an_org_in_good_order_is_in_sync() {
    let env = Env::new();
    let run = diff(&env, &fixture("good-order"), &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("Nothing that could be seen differs.\n0 settings differ, "),
        "{}",
        run.stdout
    );
    let strict = diff(&env, &fixture("good-order"), &["--strict"]);
    assert_eq!(strict.code, 2, "facts are not observed offline, and --strict counts them");
    let why = "note: nothing differs; it fails because of `--strict`: ";
    assert!(strict.stderr.contains(why) && strict.stderr.contains(" not observed"), "{strict:?}");
    assert!(!run.stderr.contains(why), "{run:?}");
}

/// Sixteen objects of which the folder shows one.
const READ: &str = "read=Account,Contact,Lead,Opportunity,Case,Task,Event,Product2,Pricebook2,Order,\
                    Quote,Asset,Contract,Campaign,User,Idea";

#[test]
fn what_could_not_be_seen_is_counted_by_its_reason_and_each_reason_is_told_once() {
    let env = Env::new();
    let asked = ["--set", READ, "--set", "write=Account,Contact"];
    let run = diff(&env, &fixture("no-record"), &asked);
    let told = run.stdout.as_str();
    let whole = "the folder has no record of what was asked for";
    assert_eq!(told.matches(whole).count(), 1, "{told}");
    assert!(told.contains("not observed: not requested, as said above"), "{told}");
    let counted =
        "    ? 45 settings of 15 objects of Profile:Ampersand Integration: Contact, Lead,";
    assert!(told.contains(counted) && told.contains("and 9 more; --full lists them"), "{told}");
    // Two steps that nobody could see for one reason are told in one breath.
    let stacked = "? Approve Uninstalled Connected Apps, until the app is installed  (recommended)  \
                   ampersand/uninstalled-apps\n? Use Any API Client, while API Access Control is \
                   on  (recommended)  ampersand/any-api-client\n    ? user.";
    assert!(told.contains(stacked), "{told}");
    // Nothing is lost of it, neither in the count nor where all is asked for.
    let full = diff(&env, &fixture("no-record"), &[&asked[..], &["--full"]].concat());
    let unseen: Vec<Value> = diff_json(&env, &asked);
    let unseen = unseen.iter().filter(|one| one["state"] == "not-observed");
    let unseen: Vec<&Value> = unseen.filter(|one| one["path"].is_string()).collect();
    assert!(unseen.len() > 45);
    for one in unseen {
        let named = format!("Integration {}", one["path"].as_str().unwrap());
        assert!(full.stdout.contains(&named), "{named}: {}", full.stdout);
    }
    let summary = |run: &Run| run.stdout.lines().last().unwrap().to_owned();
    assert_eq!(summary(&run), summary(&full));
}

fn diff_json(env: &Env, asked: &[&str]) -> Vec<Value> {
    let more: Vec<&str> = asked.iter().copied().chain(["--format", "json"]).collect();
    findings(&diff(env, &fixture("no-record"), &more))
}

#[test]
fn a_note_that_steps_share_stands_once() {
    let env = Env::new();
    let step = |id: &str, policy: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\ntitle = \"Step {id}\"\nnote = \"Said of both.\"\nwant = [{{ \
             component = \"ConnectedApp:Ampersand\", path = \"oauthPolicy.{policy}\", equals = \
             \"{}\" }}]\n",
            if policy == "ipRelaxation" { "BYPASS" } else { "infinite" }
        )
    };
    let head = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                \"https://a.example\"\nreviewed = 2026-11-20\n";
    let steps = [step("one", "ipRelaxation"), step("two", "refreshTokenPolicy")].concat();
    env.write("t.toml", format!("{head}{steps}"));
    let run = env.run(&["diff", "--template", "t.toml", "--from", &fixture("drifted")]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stdout.contains("~ Step one") && run.stdout.contains("~ Step two"), "{run:?}");
    assert_eq!(run.stdout.matches("Said of both.").count(), 1, "{run:?}");
}

#[test]
fn json_follows_its_schema_and_is_stable() {
    let env = Env::new();
    let schema: Value = serde_json::from_str(sfsetup::report::json::SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in ["good-order", "drifted", "missing", "no-record", "source-format"] {
        let from = fixture(name);
        let run = diff(&env, &from, &["--format", "json"]);
        let document = json(&run);
        let mistakes: Vec<String> =
            validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "{name}: {mistakes:#?}");
        assert_eq!(document["orgs"][0]["org"]["name"], from.as_str());
        assert_eq!(
            run.stdout,
            diff(&env, &from, &["--format", "json"]).stdout,
            "{name} gives other bytes the second time"
        );
        let count =
            |state: &str| findings(&run).iter().filter(|finding| finding["state"] == state).count();
        let summary = &document["orgs"][0]["summary"];
        assert_eq!(summary["differs"], count("differs"));
        assert_eq!(summary["in_sync"], count("in-sync"));
        assert_eq!(summary["not_observed"], count("not-observed"));
    }
}

#[test]
fn a_differing_value_comes_with_both_setup_labels() {
    let env = Env::new();
    let findings = findings(&diff(&env, &fixture("drifted"), &["--format", "json"]));
    let refresh = at(&findings, "oauthPolicy.refreshTokenPolicy");
    assert_eq!(refresh["state"], "differs");
    assert_eq!(refresh["actual"], "zero");
    assert_eq!(refresh["desired"], serde_json::json!(["infinite"]));
    assert_eq!(refresh["label"]["actual"], "Immediately expire refresh token");
    assert_eq!(refresh["label"]["desired"], "Refresh token is valid until revoked");
    assert_eq!(
        refresh["component"],
        serde_json::json!({"type": "ConnectedApp", "full_name": "Ampersand"})
    );
}

#[test]
fn absence_is_read_by_what_was_asked_for() {
    let env = Env::new();
    let drifted = findings(&diff(&env, &fixture("drifted"), &["--format", "json"]));
    let contact = at(&drifted, "objectPermissions[Contact].allowRead");
    assert_eq!(contact["state"], "differs", "Contact was in the manifest: no entry is no access");
    assert_eq!(contact["actual"], false);
    let opportunity = at(&drifted, "objectPermissions[Opportunity].allowRead");
    assert_eq!(opportunity["state"], "not-observed", "Opportunity was not in the manifest");
    assert!(opportunity["reason"].as_str().unwrap().contains("CustomObject:Opportunity"));

    let missing = findings(&diff(&env, &fixture("missing"), &["--format", "json"]));
    assert_eq!(at(&missing, "oauthPolicy.refreshTokenPolicy")["state"], "missing");

    let no_record = diff(&env, &fixture("no-record"), &["--format", "json"]);
    assert!(
        findings(&no_record).iter().all(|finding| finding["state"] != "missing"),
        "without a record nothing is known to be missing"
    );
}

#[test]
fn facts_are_not_observed_offline_and_say_so() {
    let env = Env::new();
    let findings = findings(&diff(&env, &fixture("good-order"), &["--format", "json"]));
    let edition = findings.iter().find(|finding| finding["fact"] == "org.api_access").unwrap();
    assert_eq!(edition["state"], "not-observed");
    assert!(edition["reason"].as_str().unwrap().contains("offline"));
}

#[test]
fn a_zip_of_the_folder_gives_the_same_answer() {
    let env = Env::new();
    let from = fixture("drifted");
    let mut entries = std::collections::BTreeMap::new();
    let mut pending = vec![std::path::PathBuf::from(&from)];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.file_name().unwrap() != "sfsetup.toml" {
                let name = path.strip_prefix(&from).unwrap().to_str().unwrap().to_owned();
                entries.insert(format!("unpackaged/{name}"), std::fs::read(&path).unwrap());
            }
        }
    }
    let zip = sfsetup::metadata::archive::write_zip(&entries).unwrap();
    let zip = env.write("org.zip", zip);
    env.write("sfsetup.toml", std::fs::read(format!("{from}/sfsetup.toml")).unwrap());
    let of_zip = diff(&env, zip.to_str().unwrap(), &["--format", "json"]);
    let of_folder = diff(&env, &from, &["--format", "json"]);
    let places = |run: &Run| -> Vec<Value> {
        findings(run).iter().map(|finding| finding["location"].clone()).collect()
    };
    let mut in_zip = places(&of_zip);
    for place in in_zip.iter_mut().filter(|place| !place.is_null()) {
        let file = place["file"].as_str().unwrap().strip_prefix("unpackaged/").unwrap().to_owned();
        place["file"] = file.into();
    }
    assert_eq!(in_zip, places(&of_folder), "the files go by their names in the zip");
    let without_places = |run: &Run| -> Vec<Value> {
        let mut findings = findings(run);
        findings.iter_mut().for_each(|finding| finding["location"] = Value::Null);
        findings
    };
    assert_eq!(without_places(&of_zip), without_places(&of_folder));
    assert_eq!(of_zip.code, 2);
}

/// The line of a file that a finding names.
fn located(from: &str, finding: &Value) -> String {
    let place = &finding["location"];
    let file = std::path::Path::new(from).join(place["file"].as_str().unwrap());
    let text = std::fs::read_to_string(&file).unwrap();
    let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
    text.lines().nth(line - 1).unwrap().trim().to_owned()
}

#[test]
fn a_finding_in_files_knows_its_line() {
    let env = Env::new();
    for name in ["drifted", "source-format"] {
        let from = fixture(name);
        for finding in findings(&diff(&env, &from, &["--format", "json"])) {
            assert_eq!(finding["location"].is_null(), finding["component"].is_null(), "{finding}");
            if finding["location"].is_null() {
                continue;
            }
            let path = finding["path"].as_str().unwrap();
            let mut names: Vec<&str> =
                path.split(['.', '[']).filter(|part| !part.contains(']')).collect();
            names.push(finding["component"]["type"].as_str().unwrap());
            let line = located(&from, &finding);
            let opens = |name: &&str| {
                let rest = line.strip_prefix('<').and_then(|tag| tag.strip_prefix(*name));
                rest.is_some_and(|rest| rest.starts_with(['>', ' ', '/']))
            };
            assert!(names.iter().any(opens), "{path}: {line}");
        }
    }
    let from = fixture("drifted");
    let drifted = findings(&diff(&env, &from, &["--format", "json"]));
    let refresh = located(&from, at(&drifted, "oauthPolicy.refreshTokenPolicy"));
    assert!(refresh.starts_with("<refreshTokenPolicy>"), "{refresh}");
    let all = located(&from, at(&drifted, "objectPermissions[Account].viewAllRecords"));
    assert!(all.starts_with("<viewAllRecords>"), "{all}");
    let from = fixture("missing");
    let missing = findings(&diff(&env, &from, &["--format", "json"]));
    let refresh = at(&missing, "oauthPolicy.refreshTokenPolicy");
    assert_eq!(refresh["location"], Value::Null, "there is no file");
}

#[test]
fn places_are_shown_to_whoever_asks_for_details() {
    let env = Env::new();
    let from = fixture("drifted");
    let place = "  connectedApps/Ampersand.connectedApp:";
    assert!(!diff(&env, &from, &[]).stdout.contains(place));
    let shown = diff(&env, &from, &["-v"]).stdout;
    let line = shown.lines().find(|line| line.contains("~ oauthPolicy.refreshTokenPolicy"));
    assert!(line.unwrap().contains(place), "{shown}");
    let bare: String = shown
        .lines()
        .map(|line| {
            let end = line.rsplit_once("  ").filter(|(_, end)| {
                end.contains('/')
                    && end.rsplit_once(':').is_some_and(|(_, line)| line.parse::<usize>().is_ok())
            });
            format!("{}\n", end.map_or(line, |(start, _)| start))
        })
        .collect();
    assert_eq!(bare, diff(&env, &from, &[]).stdout, "nothing else is different");
}

#[test]
fn parameters_come_from_set_before_the_file() {
    let env = Env::new();
    let run = diff(
        &env,
        &fixture("drifted"),
        &["--format", "json", "--set", "app=Other", "--set", "read=Account", "--set", "read=Lead"],
    );
    let findings = findings(&run);
    assert_eq!(at(&findings, "oauthPolicy.refreshTokenPolicy")["component"]["full_name"], "Other");
    at(&findings, "objectPermissions[Lead].allowRead");
    assert!(
        findings.iter().all(|finding| finding["path"] != "objectPermissions[Contact].allowRead")
    );
}

#[test]
fn wrong_usage_is_64_and_wrong_names_are_1() {
    let env = Env::new();
    let good = fixture("good-order");
    assert_eq!(env.run(&["diff"]).code, 64);
    assert_eq!(
        env.run(&["diff", "--template", "ampersand", "--from", &good, "--set", "app"]).code,
        64
    );
    assert_eq!(env.run(&["--help"]).code, 0);
    let unknown = env.run(&["diff", "--template", "ampersnad", "--from", &good]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("did you mean `ampersand`"), "{}", unknown.stderr);
    let nowhere = diff(&env, "no/such/folder", &["--set", "app=x"]);
    assert_eq!(nowhere.code, 1);
    assert!(
        nowhere.stderr.contains("no/such/folder") && nowhere.stderr.contains("hint:"),
        "{}",
        nowhere.stderr
    );
}

#[test]
fn an_answer_to_a_file_leaves_stdout_empty_and_the_file_without_colour() {
    let env = Env::new();
    let run = diff(&env, &fixture("drifted"), &["--out", "answer.txt"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    let answer = std::fs::read_to_string(env.folder().join("answer.txt")).unwrap();
    assert!(answer.contains("settings differ") && !answer.contains('\u{1b}'));
    let nowhere = diff(&env, &fixture("drifted"), &["--out", "no/folder/answer.txt"]);
    assert_eq!(nowhere.code, 1);
}

#[test]
fn quiet_says_only_the_answer() {
    let env = Env::new();
    let run = diff(&env, &fixture("drifted"), &["--quiet"]);
    assert_eq!(run.stderr, "");
    assert!(run.stdout.contains("settings differ"));
}
