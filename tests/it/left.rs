//! What a plan leaves and what it brings beside what is wanted is named everywhere: in the plan, the
//! package, the saved plan, and once the deploy is done.

use serde_json::Value as Json;
use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;
use crate::support::Env;

fn template(steps: &str) -> String {
    format!(
        "format = 1\n[template]\nname = \"own\"\ntitle = \"Own\"\nversion = \"1\"\n\
         source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n{steps}"
    )
}

fn new_profile(except: &str) -> String {
    template(&format!(
        "[[step]]\nid = \"own\"\ntitle = \"A profile of its own\"\ndocs = \"https://docs.example.com\"\n\
         create = {{ component = \"Profile:New P\", from = \"Profile:Standard\", \
         set = {{ custom = true, userLicense = \"Salesforce\" }}{except} }}\n\
         want = [{{ component = \"Profile:New P\", path = \"objectPermissions[Lead].allowRead\", \
         equals = true }}]\n"
    ))
}

const BY_HAND: &str = "[[step]]\nid = \"api\"\ntitle = \"API Enabled\"\n\
    want = [{ component = \"Profile:Ampersand Integration\", path = \
    \"objectPermissions[Account].viewAllRecords\", equals = true }]\n\
    [[step]]\nid = \"invite\"\ntitle = \"The user is invited\"\nsetup = \"users\"\n\
    want = [{ manual = \"Send the invitation.\" }]\n";

fn json(file: &std::path::Path) -> Json {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_by_hand_is_named_and_counts_only_where_it_is_strict() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("own.toml", template(BY_HAND));
    let plan = lab.env.folder().join("plan.json");
    let save = ["diff", "--template", "own.toml", "--save-plan", "plan.json"];
    assert_eq!(lab.run(&save).await.code, 2);
    let left = &json(&plan)["left"][0];
    assert_eq!(left["kind"], "manual");
    assert_eq!(left["reason"], "Send the invitation.");
    assert!(left["setup_url"].as_str().unwrap().ends_with("/ManageUsers/home"), "{left}");
    let told = ["To do by hand:", "The user is invited", "Send the invitation.", "\"Users\"  http"];
    let shown = lab.env.run(&["plan", "show", "plan.json"]);
    assert!(shown.code == 0 && told.iter().all(|part| shown.stdout.contains(part)), "{shown:?}");

    let run = lab.run(&["deploy", "--template", "own.toml", "--yes"]).await;
    let end = run.stdout.split_once("Deployed and verified").unwrap().1;
    assert!(run.code == 0 && told.iter().all(|part| end.contains(part)), "{run:?}");
    for command in [&["deploy", "--yes"][..], &["package", "--out", "out"]] {
        let command = [command, &["--template", "own.toml"]].concat();
        let run = lab.run(&command).await;
        assert!(run.code == 0 && told.iter().all(|part| run.stdout.contains(part)), "{run:?}");
        assert_eq!(lab.run(&[&*command, &["--strict"]].concat()).await.code, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_an_older_version_says_what_it_leaves() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("own.toml", template(BY_HAND));
    let save = ["diff", "--template", "own.toml", "--save-plan", "plan.json"];
    lab.run(&save).await;
    let mut plan = json(&lab.env.folder().join("plan.json"));
    plan.as_object_mut().unwrap().remove("digest");
    plan["left"] = serde_json::json!([{ "step": "x", "title": "A seat", "reason": "bought" }]);
    lab.env.write("plan.json", plan.to_string());
    let shown = lab.env.run(&["plan", "show", "plan.json"]);
    assert!(shown.code == 2 && shown.stdout.contains("! bought\n      A seat\n"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_names_every_right_and_all_of_it_is_seen_afterwards() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("own.toml", new_profile(""));
    let save = ["diff", "--template", "own.toml", "--save-plan", "plan.json"];
    assert_eq!(lab.run(&save).await.code, 2);
    let plan = json(&lab.env.folder().join("plan.json"));
    let changes = plan["changes"].as_array().unwrap();
    let edit = changes.iter().find(|one| one["path"] == "objectPermissions[Lead].allowEdit");
    assert_eq!(edit.unwrap()["cause"], "copied from Profile:Standard");
    let shown = lab.env.run(&["plan", "show", "plan.json"]).stdout;
    assert!(shown.contains("objectPermissions[Lead].allowEdit\n"), "{shown}");
    assert!(shown.contains("more rights by copying (--full lists each)"), "{shown}");
    // ConvertLeads, which is copied, needs Account, of which no step speaks.
    let run = lab.run(&["deploy", "--template", "own.toml", "--yes"]).await;
    assert!(run.stdout.contains("objectPermissions[Account].allowCreate"), "{run:?}");
    assert!(run.code == 0 && run.stdout.contains("Deployed and verified"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_excepted_is_not_copied() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let except =
        ", except = [\"userPermissions[*]\", \"objectPermissions[*].allow*\", \"loginHours[x]\"]";
    lab.env.write("own.toml", new_profile(except));
    let run = lab.env.run(&["template", "check", "own.toml"]);
    assert!(run.code == 1 && run.stderr.contains("loginHours"), "{run:?}");
    let except = except.replace("loginHours[x]", "classAccesses[None]");
    lab.env.write("own.toml", new_profile(&except));
    let run = lab.env.run(&["template", "check", "own.toml"]);
    assert!(run.code == 0 && !run.stdout.contains("may let its users"), "{run:?}");
    let run = lab.run(&["deploy", "--template", "own.toml", "--yes", "--full"]).await;
    assert!(run.code == 0 && run.stdout.contains("fieldPermissions[Lead.Email]"), "{run:?}");
    assert!(run.stdout.contains("`except` names `classAccesses[None]`"), "{run:?}");
    let is_gone = !run.stdout.contains("allowEdit") && !run.stdout.contains("userPermissions[");
    assert!(is_gone, "{run:?}");
    lab.env.write("own.toml", new_profile(""));
    let run = lab.env.run(&["template", "check", "own.toml"]);
    assert!(run.code == 0 && run.stdout.contains("may let its users create and edit"), "{run:?}");
}

#[test]
fn what_was_not_observed_is_planned_blind_for_entries_of_a_profile_alone() {
    let env = Env::new();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let space = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";
    env.write(
        "now/profiles/Own.profile",
        format!(
            "{head}<Profile {space}>\n    <custom>true</custom>\n    <userPermissions>\n        \
             <enabled>true</enabled>\n        <name>ApiEnabled</name>\n    </userPermissions>\n\
             </Profile>\n"
        ),
    );
    let want = |component: &str, path: &str| {
        format!("{{ component = \"{component}\", path = \"{path}\", equals = true }},\n")
    };
    env.write(
        "own.toml",
        template(&format!(
            "[[step]]\nid = \"own\"\ntitle = \"Rights\"\nwant = [\n{}{}{}]\n",
            want("Profile:Own", "userPermissions[ApiEnabled].enabled"),
            want("Profile:Own", "objectPermissions[Case].allowEdit"),
            want("Profile:Gone", "objectPermissions[Case].allowRead"),
        )),
    );
    let package = ["package", "--template", "own.toml", "--from", "now", "--out", "out"];
    let run = env.run(&package);
    assert!(run.code == 0 && run.stdout.contains("Not observed, and left alone:"), "{run:?}");
    assert!(!env.folder().join("out").exists());
    let run = env.run(&[&package[..], &["--include-not-observed"]].concat());
    for flag in ["allowEdit   ", "allowRead   ", "allowDelete   ", "viewAllRecords  "] {
        let name = format!("objectPermissions[Case].{}", flag.trim_end());
        let line = run.stdout.lines().find(|line| line.contains(&name)).unwrap_or_default();
        assert!(line.contains("blind"), "{flag}: {run:?}");
    }
    // What was not retrieved as a whole is left alone all the same.
    assert!(run.code == 0 && run.stdout.contains("Profile:Gone"), "{run:?}");
    assert!(!env.folder().join("out/profiles/Gone.profile").exists());
    let sent = std::fs::read_to_string(env.folder().join("out/profiles/Own.profile")).unwrap();
    assert!(sent.contains("<allowEdit>true</allowEdit>"), "{sent}");
    assert!(sent.contains("<allowDelete>false</allowDelete>"), "{sent}");
    assert!(!sent.contains("ApiEnabled"), "{sent}");
}
