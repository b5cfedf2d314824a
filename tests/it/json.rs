//! Documents for programs: what every command gives with `--format json`, in each state in which
//! it may end, follows the schema that is shipped, says all that went wrong, and holds no secret.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};
use sfsetup::metadata::ComponentId;
use sfsetup::org::deploy::{About, DeployMessage, DeployStatus};
use sfsetup::report::json::deploy::{DeployRow, Run as Told};
use sfsetup::report::json::parts;
use sfsetup::report::json::schema::{SCHEMAS, find};

use crate::lab::{Lab, VALUES, once};
use crate::support::{Env, Run, fixture};

/// The same schema, in which a key that it does not name is a mistake.
fn strict(schema: &mut Json) {
    match schema {
        Json::Object(object) => {
            object.values_mut().for_each(strict);
            // A branch of `anyOf` says what must be there, not what may.
            if object.contains_key("properties") && object.contains_key("required") {
                object.entry("additionalProperties").or_insert(Json::Bool(false));
            }
        }
        Json::Array(all) => all.iter_mut().for_each(strict),
        _ => {}
    }
}

fn schema(form: &str) -> Json {
    let text = find(form).unwrap_or_else(|| panic!("no schema of {form}"));
    serde_json::from_str(text).unwrap()
}

/// A document as it should be: in its form, after its schema, with the error that stderr has.
pub(crate) fn document(text: &str, form: &str, shown: &dyn std::fmt::Debug) -> Json {
    let head = format!("{{\n  \"format\": \"sfsetup.{form}/1\"");
    assert!(text.starts_with(&head) && text.ends_with("}\n"), "{form}: {shown:?}");
    let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(steers), "{form}: {shown:?}");
    let document: Json = serde_json::from_str(text).unwrap();
    let mut schema = schema(form);
    strict(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mistakes: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(mistakes.is_empty(), "{form}: {mistakes:#?}\n{shown:?}");
    document
}

/// What a run gave, which ends so.
fn told(run: &Run, form: &str, code: i32) -> Json {
    assert_eq!(run.code, code, "{run:?}");
    let document = document(&run.stdout, form, run);
    let is_told = run.stderr.lines().any(|line| line.starts_with("error:"));
    assert_eq!(!document["error"].is_null(), is_told, "{run:?}");
    document
}

fn code(document: &Json) -> &str {
    document["error"]["code"].as_str().unwrap_or_default()
}

#[test]
fn every_schema_is_named_as_its_documents_and_says_the_same_of_the_same() {
    let mut known: BTreeMap<String, (Json, &str)> = BTreeMap::new();
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md"))
        .unwrap();
    for (name, _) in SCHEMAS {
        let schema = schema(name);
        let form = format!("sfsetup.{name}/1");
        assert_eq!(schema["title"], form.as_str());
        assert_eq!(schema["properties"]["format"]["const"], form.as_str());
        assert_eq!(schema["$id"], format!("urn:sfsetup:{name}:1"));
        assert_eq!(find(&form), find(name));
        assert!(page.contains(&format!("`{form}`")), "the page does not name {form}");
        for key in schema["properties"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{key}`")), "{form}: the page does not name `{key}`");
        }
        // That of a diff is older than the parts.
        let parts = schema["$defs"].as_object().filter(|_| *name != "diff");
        for (part, says) in parts.into_iter().flatten() {
            let (before, of) = known.entry(part.clone()).or_insert_with(|| (says.clone(), name));
            assert_eq!(before, says, "`{part}` of {name} is not that of {of}");
        }
    }
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/schema"));
    assert_eq!(files.unwrap().count(), SCHEMAS.len());
}

#[test]
fn a_schema_is_printed_by_its_name() {
    let env = Env::new();
    let list = env.run(&["schema"]);
    assert!(list.code == 0 && list.stdout.lines().count() == SCHEMAS.len(), "{list:?}");
    let one = env.run(&["schema", "sfsetup.rollback-list/1"]);
    assert_eq!(one.stdout, find("rollback-list").unwrap());
    let none = env.run(&["schema", "deplyo"]);
    assert!(none.code == 64 && none.stderr.contains("did you mean `deploy`"), "{none:?}");
}

#[test]
fn templates_are_told() {
    let env = Env::new();
    let run = |arguments: &[&str], form: &str, code: i32| {
        let with = [arguments, &["--format", "json"]].concat();
        let run = env.run(&with);
        let document = told(&run, form, code);
        // The suffix of a file says the form, and nothing is printed then.
        if !["template-new", "template-test"].contains(&form) {
            let file = env.run(&[arguments, &["--out", "answer.json"]].concat());
            assert_eq!((file.code, file.stdout.as_str()), (code, ""), "{file:?}");
            let text = std::fs::read_to_string(env.folder().join("answer.json")).unwrap();
            assert_eq!(text, run.stdout);
        }
        document
    };
    let list = run(&["template", "list", "ampersand"], "template-list", 0);
    assert_eq!(list["templates"][0]["name"], "ampersand");
    assert_eq!(list["templates"][0]["title"], "Ampersand");
    for name in ["ampersand", "gong", "zendesk"] {
        run(&["template", "show", name], "template-show", 0);
        run(&["template", "show", name, "--asks"], "template-asks", 0);
        run(&["template", "check", name], "template-check", 0);
    }
    run(&["template", "diff", "ampersand", "gong"], "template-diff", 0);
    let unknown = run(&["template", "show", "ampersnad"], "template-show", 1);
    let hint = unknown["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("did you mean `ampersand`"), "{unknown}");
    assert_eq!(unknown.get("name"), None);

    env.write("bad.toml", "format = 2\n");
    let bad = run(&["template", "check", "bad.toml"], "template-check", 1);
    assert_eq!((code(&bad), &bad["ok"]), ("TEMPLATE", &Json::Bool(false)));
    assert!(bad["mistakes"].as_array().unwrap().len() > 1, "{bad}");
    let several = ["template", "check", "gong", "bad.toml", "none.toml", "ampersand"];
    let several = run(&several, "template-check", 1);
    let files = several["files"].as_array().unwrap();
    let told: Vec<_> = files.iter().map(|one| (&one["ok"], code(one))).collect();
    let [yes, no] = [Json::Bool(true), Json::Bool(false)];
    assert_eq!(told, [(&yes, ""), (&no, "TEMPLATE"), (&no, "ERROR"), (&yes, "")]);
    assert_eq!(files[1]["mistakes"], bad["mistakes"]);
    env.write("sfsetup.toml", "");
    let waive = ["waive", "ampersand/ip-relaxation", "--reason", "R", "--expires", "2999-01-31"];
    let waived = run(&waive, "waive", 0);
    assert_eq!((&waived["step"], &waived["expires"]), (&waive[1].into(), &waive[5].into()));
    assert_eq!(code(&run(&["waive", "ampersand/ip"], "waive", 64)), "USAGE");
    // Nothing is written over the file that a waiver is written into, nor over any like it.
    let before = std::fs::read_to_string(env.folder().join("sfsetup.toml")).unwrap();
    for arguments in [
        &["waive", "ampersand/ip-relaxation", "--reason", "R", "--expires", "30d", "--out"][..],
        &["waive", "ampersand/none", "--json", "--out"],
        &["diff", "--template", "okta-workflows", "--org", "demo", "--json", "--out"],
        &["diff", "--template", "okta-workflows", "--org", "demo", "--save-plan"],
        &["template", "check", "gong", "--out"],
    ] {
        let refused = env.run(&[arguments, &["sfsetup.toml"]].concat());
        assert!(refused.code == 64 && refused.stderr.contains("is named as"), "{refused:?}");
        let there = std::fs::read_to_string(env.folder().join("sfsetup.toml")).unwrap();
        assert_eq!(there, before, "{arguments:?}");
    }

    let none = run(&["template", "list", "--group", "nowhere"], "template-list", 64);
    assert_eq!(code(&none), "USAGE");

    let new = ["template", "new", "acme", "--title", "Acme"];
    let made = run(&new, "template-new", 0);
    assert_eq!((&made["file"], &made["placeholders"][0]), (&"acme.toml".into(), &"source".into()));
    let again = run(&new, "template-new", 1);
    assert!(again["error"]["message"].as_str().unwrap().contains("is there already"));

    let verified = run(&["template", "verify", "acme.toml", "ampersand"], "template-verify", 1);
    assert_eq!(verified["templates"].as_array().unwrap().len(), 2);
    assert!(verified["templates"][1]["error"]["message"].as_str().unwrap().contains("part of"));

    env.write("acme.test/good/expect.toml", "[states]\n");
    env.write("acme.test/odd/expect.toml", "[stats]\n");
    let tested = run(&["template", "test", "acme.toml"], "template-test", 1);
    assert_eq!(tested["cases"][0]["name"], "good");
    assert_eq!(tested["cases"][1]["error"]["code"], "TEMPLATE");
}

#[test]
fn a_case_that_fails_says_what_was_expected() {
    let env = Env::new();
    env.write(
        "t.toml",
        "format = 1\n[template]\nname = \"t\"\ntitle = \"T\\u202E\\u001B[31m\"\nversion = \"1\"\n\
         source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"hand\"\n\
         title = \"Hand\"\nwant = [{ manual = \"Do it\" }]\n",
    );
    env.write("t.test/one/expect.toml", "[states]\nhand = \"differs\"\n");
    let run = env.run(&["template", "test", "t.toml", "--format", "json"]);
    let document = told(&run, "template-test", 2);
    let failure = &document["cases"][0]["failures"][0];
    assert_eq!(
        (&failure["kind"], &failure["step"], &failure["expected"], &failure["found"]),
        (&"state".into(), &"hand".into(), &"differs".into(), &"manual".into())
    );
    // What stands in a name steers nothing, and is the same for a program.
    let shown =
        told(&env.run(&["template", "show", "t.toml", "--format", "json"]), "template-show", 0);
    assert_eq!(shown["title"], "T\u{202e}\u{1b}[31m");
}

#[test]
fn files_are_packaged_and_told() {
    let env = Env::new();
    let drifted = fixture("drifted");
    let of = |more: &[&str]| {
        let all = ["package", "--template", "ampersand", "--from", &drifted, "--format", "json"];
        env.run(&[&all, more].concat())
    };
    let made = told(&of(&["--out", "fix"]), "package", 2);
    assert_eq!(made["org"]["name"], drifted.as_str());
    assert_eq!(made["written"]["layout"], "metadata");
    for file in made["written"]["files"].as_array().unwrap() {
        assert!(env.folder().join("fix").join(file["path"].as_str().unwrap()).is_file(), "{file}");
    }
    let change = &made["plan"]["changes"][0];
    assert_eq!((&change["action"], &change["cause"]), (&"set".into(), &"step".into()));
    assert_eq!(told(&of(&["--out", "z.zip"]), "package", 2)["written"]["layout"], "zip");
    let source = told(&of(&["--out", "p", "--layout", "source"]), "package", 2);
    assert_eq!(source["written"]["layout"], "source");
    // What was planned is told, and that it was not written.
    let again = told(&of(&["--out", "fix"]), "package", 1);
    assert_eq!(again["written"], Json::Null);
    assert_eq!(again["plan"], made["plan"]);
    let nothing = told(&of(&["--out", "o", "--only", "Profile:Nobody"]), "package", 64);
    assert_eq!(code(&nothing), "USAGE");

    let copy = env.folder().join("copy");
    copy_folder(Path::new(&drifted), &copy);
    let in_place = ["package", "--template", "ampersand", "--from", "copy", "--in-place"];
    let run = env.run(&[&in_place[..], &["--format", "json"]].concat());
    let edited = told(&run, "package", 2);
    assert_eq!(edited["written"]["layout"], "in-place");
    assert_eq!(edited["written"]["files"][0]["action"], "edited");

    // What cannot be begun is told in its form too.
    let nowhere = ["diff", "--template", "ampersand", "--from", "nowhere", "--set", "app=A"];
    let run = env.run(&[&nowhere[..], &["--format", "json"]].concat());
    let document = told(&run, "diff", 1);
    assert_eq!(document["orgs"], Json::Array(Vec::new()));
    let run = env.run(&[&nowhere[..], &["--out", "a.json"]].concat());
    assert_eq!(run.code, 1);
    let text = std::fs::read_to_string(env.folder().join("a.json")).unwrap();
    assert_eq!(self::document(&text, "diff", &run), document);
    let run = env.run(&["plan", "show", "nowhere.json", "--format", "json"]);
    told(&run, "plan-show", 1);
    for wrong in [&["deploy", "--format", "json", "--bogus"][..], &["nothing", "--format=json"]] {
        let document = told(&env.run(wrong), "error", 64);
        assert_eq!(code(&document), "USAGE");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_and_its_way_back_are_told() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let json = ["--format", "json"];
    let ask = async |form: &str, code: i32, arguments: &[&str]| {
        told(&lab.run(&[arguments, &json].concat()).await, form, code)
    };
    let ampersand =
        |command: &'static str| [&[command, "--template", "ampersand"], VALUES].concat();

    let save = [ampersand("diff"), vec!["--save-plan", "plan.json"]].concat();
    assert_eq!(lab.run(&save).await.code, 2);
    let shown = ask("plan-show", 0, &["plan", "show", "plan.json"]).await;
    assert_eq!(shown["wanted"]["templates"][0]["name"], "ampersand");
    let packaged = ask("package", 0, &["package", "--plan", "plan.json", "--out", "p"]).await;
    assert_eq!(packaged["plan"]["changes"], shown["plan"]["changes"]);

    // Nothing is done of which could not be told how it went.
    let nowhere = [ampersand("deploy"), vec!["--yes", "--out", "no/folder/d.json"]].concat();
    let run = lab.run(&nowhere).await;
    assert!(run.code == 1 && run.stderr.contains("there is no folder `no/folder`"), "{run:?}");
    let unasked = ask("deploy", 1, &ampersand("deploy")).await;
    assert_eq!((code(&unasked), &unasked["outcome"]), ("NOT_CONFIRMED", &"not-sent".into()));
    assert_eq!(unasked["plan"]["changes"], shown["plan"]["changes"]);
    assert_eq!(lab.count("deployRequest.start"), 0);

    let validate = [ampersand("deploy"), vec!["--validate"]].concat();
    let valid = ask("deploy", 0, &validate).await;
    assert_eq!((&valid["outcome"], &valid["validate"]), (&"validated".into(), &true.into()));
    assert_eq!(valid["deploy"]["id"], lab.journal()[0]["deploy_id"]);

    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes", "--out", "d.json"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    let text = std::fs::read_to_string(lab.env.folder().join("d.json")).unwrap();
    let done = document(&text, "deploy", &run);
    let entry = lab.journal().pop().unwrap();
    assert_eq!(done["outcome"], "done");
    assert_eq!((&done["journal"], &done["deploy"]["id"]), (&entry["id"], &entry["deploy_id"]));
    assert_eq!(done["deploy"]["status"], "Succeeded");
    assert_eq!(done["verified"]["in_sync"], true);
    assert_eq!(done["verified"]["settings"], entry["changes"].as_array().unwrap().len());
    assert!(done["files"][0]["text"].as_str().unwrap().contains("\n+"), "{done}");

    let before = ask("deploy", 0, &["deploy", "--plan", "plan.json", "--yes"]).await;
    assert_eq!((&before["outcome"], &before["journal"]), (&"done-before".into(), &entry["id"]));
    let nothing = ask("deploy", 0, &[ampersand("deploy"), vec!["--yes"]].concat()).await;
    assert_eq!(nothing["outcome"], "nothing-to-do");
    let text = lab.run(&[ampersand("deploy"), vec!["--yes", "--out", "d.txt"]].concat()).await;
    assert_eq!((text.code, text.stdout.as_str()), (0, ""));
    let text = std::fs::read_to_string(lab.env.folder().join("d.txt")).unwrap();
    assert!(text.contains("Nothing to deploy"), "{text}");

    let back = ask("rollback", 0, &["rollback", "--yes"]).await;
    assert_eq!((&back["outcome"], &back["takes_back"]), (&"done".into(), &entry["id"]));
    assert_eq!(back["plan"]["changes"][0]["cause"], "state");
    let taken = ask("deploy", 3, &["deploy", "--plan", "plan.json", "--yes"]).await;
    assert_eq!((code(&taken), &taken["outcome"]), ("STALE", &"not-sent".into()));
    let none = ask("rollback", 1, &["rollback", "--yes", "20200101-000000-1"]).await;
    assert_eq!((&none["outcome"], &none["plan"]), (&"not-sent".into(), &Json::Null));

    let list = ask("rollback-list", 0, &["rollback", "--list"]).await;
    assert_eq!(list["deploys"].as_array().unwrap().len(), 3);
    assert_eq!(list["deploys"][1]["taken_back_by"], back["journal"]);
    let no =
        ask("rollback-cancel", 1, &["rollback", "--cancel", "0AfWs0000009999KAA", "--yes"]).await;
    assert_eq!(no["canceled"], Json::Null);
    let unasked = ask("rollback-prune", 1, &["rollback", "--prune"]).await;
    assert_eq!((code(&unasked), &unasked["forgotten"]), ("NOT_CONFIRMED", &Json::Array(vec![])));
    let pruned = ask("rollback-prune", 0, &["rollback", "--prune", "--yes"]).await;
    assert_eq!(pruned["forgotten"].as_array().unwrap().len(), 2);
    let org = ask("org-display", 0, &["org", "display"]).await;
    assert_eq!(org["id"], done["org"]["id"]);

    let snapshot = ["snapshot", "--out", "s", "--types", "ConnectedApp,PermissionSet"];
    let taken = ask("snapshot", 0, &snapshot).await;
    assert_eq!(taken["added"].as_array().unwrap().len(), taken["components"]);
    let again = ask("snapshot", 0, &snapshot).await;
    assert_eq!((&again["added"], &again["out"]), (&Json::Array(vec![]), &"s".into()));
    let less = ask("snapshot", 1, &["snapshot", "--out", "s", "--types", "Profile"]).await;
    assert_eq!(less.get("components"), None);
}

const STEP: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"apex\"\n\
                    title = \"Apex\"\nwant = [{ component = \"PermissionSet:Warehouse_Sync\", path = \
                    \"userPermissions[AuthorApex].enabled\", equals = true }]\n\
                    [[step]]\nid = \"hand\"\ntitle = \"By hand\"\nwant = [{ manual = \"Do it\" }]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_org_refuses_is_told_in_its_words_with_what_was_sent() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", STEP);
    let arguments = ["deploy", "--template", "t.toml", "--yes"];
    let run = lab.run(&[&arguments[..], &["--format", "json"]].concat()).await;
    let refused = told(&run, "deploy", 3);
    let entry = lab.journal().pop().unwrap();
    assert_eq!((code(&refused), &refused["outcome"]), ("REFUSED", &"refused".into()));
    assert_eq!(
        (&refused["journal"], &refused["deploy"]["id"]),
        (&entry["id"], &entry["deploy_id"])
    );
    let failure = &refused["deploy"]["failures"][0];
    assert_eq!(failure["component"]["full_name"], "Warehouse_Sync");
    assert!(failure["problem"].as_str().unwrap().contains("AuthorApex"), "{failure}");
    assert_eq!(failure["problem_type"], "Error");
    assert_eq!(refused["plan"]["changes"][0]["cause_of"], "apex");
    assert!(refused["files"][0]["text"].as_str().unwrap().contains("AuthorApex"), "{refused}");
    assert_eq!(
        (&refused["left"][0]["step"], &refused["left"][0]["kind"]),
        (&"hand".into(), &"manual".into())
    );
    assert_eq!(refused["verified"], Json::Null);

    // As text in a file it is whole too: what was to change, and the org's words.
    let run = lab.run(&[&arguments[..], &["--out", "d.txt"]].concat()).await;
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
    let text = std::fs::read_to_string(lab.env.folder().join("d.txt")).unwrap();
    for part in [
        "userPermissions[AuthorApex].enabled  ",
        "refused the deploy 0Af",
        "The user license",
        "By hand",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_is_cut_off_says_how_far_it_has_come() {
    let deploy =
        [&["deploy", "--template", "ampersand"], VALUES, &["--yes", "--format", "json"]].concat();
    // The request is lost, and nobody can tell whether it has arrived.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let always = |call: &str, fault: Fault| FaultRule { times: None, ..once(call, fault) };
    lab.running.fault(once("deployRequest.start", Fault::ResetBefore));
    lab.running.fault(always("tooling.query", Fault::InvalidType));
    let lost = told(&lab.run(&deploy).await, "deploy", 1);
    assert_eq!(lost["outcome"], "unknown", "{lost}");
    assert_eq!((code(&lost), &lost["journal"]), ("UNKNOWN_OUTCOME", &lab.journal()[0]["id"]));
    assert_eq!(lost["verified"], Json::Null);

    // It was carried out, and the look afterwards fails.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let whole = told(&lab.run(&deploy).await, "deploy", 0);
    assert_eq!(whole["outcome"], "done");
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 0, "{back:?}");
    let calls = u32::try_from(lab.count("retrieve")).unwrap();
    let looks = {
        let lab = Lab::new(Store::in_memory(), Faults::none()).await;
        assert_eq!(lab.run(&deploy).await.code, 0);
        u32::try_from(lab.count("retrieve")).unwrap()
    };
    assert!(looks > 1 && calls > looks);
    let after = looks - 1;
    lab.running.fault(FaultRule { after, ..always("retrieve", Fault::Html) });
    let unseen = told(&lab.run(&deploy).await, "deploy", 1);
    assert_eq!(unseen["outcome"], "unverified", "{unseen}");
    assert_eq!(unseen["deploy"]["success"], true);
    assert_eq!(unseen["journal"], lab.journal().pop().unwrap()["id"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_told_to_stop_gives_its_document() {
    use crate::support::end;
    use std::process::Command;
    use std::time::Duration;

    let deploy =
        [&["deploy", "--template", "ampersand"], VALUES, &["--yes", "--format", "json"]].concat();
    for (call, outcome, code_of) in
        [("retrieve", "not-sent", "INTERRUPTED"), ("deployRequest.status", "canceled", "CANCELED")]
    {
        let store = Store::in_memory().with_delay(Duration::from_secs(4));
        let lab = Lab::new(store, Faults::none()).await;
        let child = lab.start(&deploy);
        lab.until(call, 1).await;
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let stopped = told(&end(child).await, "deploy", 130);
        assert_eq!((code(&stopped), &stopped["outcome"]), (code_of, &outcome.into()), "{stopped}");
    }
}

#[test]
fn tests_that_failed_are_told_apart_from_components() {
    let message = |about: About| DeployMessage {
        component: Some(ComponentId::new("ApexClass", "Acme")),
        problem: "no".to_owned(),
        line: Some(3),
        about,
        ..DeployMessage::default()
    };
    let test = About::Test {
        class: "AcmeTest".to_owned(),
        method: Some("works".to_owned()),
        stack_trace: Some("Class.AcmeTest.works: line 7".to_owned()),
    };
    let status = DeployStatus {
        id: "0Af".to_owned(),
        status: "Failed".to_owned(),
        done: true,
        error_code: Some("UNKNOWN".to_owned()),
        tests: (4, 1),
        failures: vec![
            message(About::Component),
            message(test),
            message(About::Coverage("Acme".to_owned())),
        ],
        ..DeployStatus::default()
    };
    let run = Told { deploy: Some(DeployRow::from(&status)), ..Told::default() };
    let text = parts::write("sfsetup.deploy/1", None, Some(run)).unwrap();
    let deploy = &document(&text, "deploy", &text)["deploy"];
    assert_eq!(deploy["error_code"], "UNKNOWN");
    assert_eq!((&deploy["tests"], &deploy["tests_failed"]), (&4.into(), &1.into()));
    for list in ["failures", "test_failures", "coverage"] {
        assert_eq!(deploy[list].as_array().unwrap().len(), 1, "{list}");
    }
    let test = &deploy["test_failures"][0];
    assert_eq!((&test["class"], &test["method"]), (&"AcmeTest".into(), &"works".into()));
    assert_eq!(test["stack_trace"], "Class.AcmeTest.works: line 7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_are_told_without_what_signs_in() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let token = &lab.running.token;
    let file = serde_json::json!({ "status": 0, "result": {
        "accessToken": token, "instanceUrl": lab.running.url(), "username": "a@x.example" } });
    lab.env.write("display.json", file.to_string());
    let ask = async |form: &str, code: i32, arguments: &[&str]| {
        told(&lab.run(&[arguments, &["--format", "json"]].concat()).await, form, code)
    };
    let login = ["org", "login", "acme", "--auth-url-file", "display.json"];
    let signed_in = ask("org-login", 0, &login).await;
    assert_eq!((&signed_in["name"], &signed_in["kept"]), (&"acme".into(), &"file".into()));
    let list = ask("org-list", 0, &["org", "list"]).await;
    assert_eq!(list["orgs"][0]["id"], signed_in["id"]);
    let out = ask("org-logout", 0, &["org", "logout", "acme"]).await;
    assert_eq!(out["session"], "stays");
    let gone = ask("org-logout", 1, &["org", "logout", "acme"]).await;
    assert_eq!(code(&gone), "NO_SUCH_ORG");
    let none = ask("org-display", 1, &["org", "display", "--org", "nowhere"]).await;
    assert_eq!(code(&none), "NO_SUCH_ORG");
    let unasked = ask(
        "deploy",
        1,
        &[
            "deploy",
            "--template",
            "ampersand",
            "--org",
            "nowhere",
            "--set",
            "app=A",
            "--set",
            "user=a@x.example",
        ],
    )
    .await;
    assert_eq!((code(&unasked), &unasked["org"]), ("NO_SUCH_ORG", &Json::Null));
    let reset = ask("demo-reset", 0, &["demo", "reset", "json"]).await;
    assert_eq!(reset["orgs"], serde_json::json!(["demo:json"]));
    let broken = ask("demo-break", 0, &["demo", "break", "api-limit", "--org", "demo:json"]).await;
    assert_eq!(broken["stories"][0]["mend"], "vendor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_in_part_is_told_as_such() {
    let template = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n[parameters.user]\n\
                    title = \"User\"\ndefault = \"warehouse.sync@harbourlight.example.com\"\n\
                    [[step]]\nid = \"set\"\ntitle = \"A permission set\"\nwant = [\n\
                    { component = \"PermissionSet:Loader\", path = \
                    \"userPermissions[RunReports].enabled\", equals = true },\n\
                    { fact = \"user.permission[RunReports]\", equals = true } ]\n\
                    create = { component = \"PermissionSet:Loader\", set = { label = \"Loader\", \
                    license = \"Salesforce API Integration\" } }\n";
    let deploy = ["deploy", "--template", "t.toml", "--yes", "--format", "json"];
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", template);
    let whole = told(&lab.run(&deploy).await, "deploy", 0);
    assert_eq!(whole["plan"]["assignments"][0]["what"], "permission-set");
    let calls = u32::try_from(lab.count("sobjects")).unwrap();

    // The last such call is the one that gives the set.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", template);
    let refused = FaultRule { after: calls - 1, ..once("sobjects", Fault::InvalidType) };
    lab.running.fault(refused);
    let run = lab.run(&deploy).await;
    let part = told(&run, "deploy", 3);
    assert_eq!(part["outcome"], "in-part", "{part}");
    let entry = lab.journal().pop().unwrap();
    assert_eq!((&part["journal"], &part["deploy"]["id"]), (&entry["id"], &entry["deploy_id"]));
    // The next run finishes it and says so.
    let next = told(&lab.run(&deploy).await, "deploy", 0);
    assert_eq!(next["earlier"][0]["journal"], entry["id"]);
    assert_eq!(next["earlier"][0]["found"], "the org has carried it out");

    // A snapshot that is not whole says what is not in it.
    let (type_name, full_name) = ("ConnectedApp".to_owned(), "Ampersand".to_owned());
    let fails = Fault::RetrieveFailsOn { type_name, full_name };
    lab.running.fault(FaultRule { times: None, ..once("retrieve", fails) });
    let arguments = ["snapshot", "--out", "s", "--types", "ConnectedApp", "--format", "json"];
    let taken = told(&lab.run(&arguments).await, "snapshot", 1);
    assert_eq!((code(&taken), &taken["out"]), ("INCOMPLETE", &"s".into()));
    assert_eq!(taken["not_observed"][0]["full_name"], "Ampersand", "{taken}");
}
