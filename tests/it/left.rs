//! What a plan leaves and what it brings beside what is wanted is named everywhere: in the plan,
//! the package, the saved plan, and once the deploy is done.

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::Lab;
use crate::names::as_lesser;
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
    assert!(shown.contains("more settings by copying (--full lists each)"), "{shown}");
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

/// A profile in a folder without a record: nothing of its objects was observed.
fn unrecorded(env: &Env, name: &str, body: &str) {
    env.write(
        &format!("now/profiles/{name}.profile"),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <custom>true</custom>\n{body}\
             </Profile>\n"
        ),
    );
}

fn wants(rows: &[(&str, &str)]) -> String {
    let want = |(path, test): &(&str, &str)| {
        format!("{{ component = \"Profile:Own\", path = \"{path}\", {test} }}")
    };
    let wants: Vec<String> = rows.iter().map(want).collect();
    template(&format!(
        "[[step]]\nid = \"own\"\ntitle = \"Rights\"\nwant = [{}]\n",
        wants.join(", ")
    ))
}

const BLIND: &[&str] = &[
    "package",
    "--template",
    "own.toml",
    "--from",
    "now",
    "--out",
    "out",
    "--include-not-observed",
];

#[test]
fn what_is_taken_away_blind_is_said_and_only_a_value_is_set_so() {
    let env = Env::new();
    unrecorded(&env, "Own", "");
    let case = "objectPermissions[Case].allowEdit";
    env.write("own.toml", wants(&[(case, "equals = false")]));
    let run = env.run(BLIND);
    assert!(run.code == 0 && run.stdout.contains("blind"), "{run:?}");
    let sent = std::fs::read_to_string(env.folder().join("out/profiles/Own.profile")).unwrap();
    assert!(sent.contains("<allowEdit>false</allowEdit>"), "{sent}");
    assert!(run.stdout.contains("one way: Profile:Own objectPermissions[Case]"), "{run:?}");

    // To take an entry away that nobody has seen is no value.
    env.write("own.toml", wants(&[(case, "absent = true")]));
    let run = env.run(BLIND);
    assert!(!run.stdout.contains("one way") && !run.stdout.contains("~ Profile"), "{run:?}");
}

#[test]
fn one_entry_is_one_in_whatever_spelling() {
    let env = Env::new();
    unrecorded(&env, "Own", "");
    let [create, read] =
        ["objectPermissions[Case].allowCreate", "objectPermissions[case].allowRead"];
    env.write("own.toml", wants(&[(create, "equals = true"), (read, "equals = true")]));
    let run = env.run(BLIND);
    let sent = std::fs::read_to_string(env.folder().join("out/profiles/Own.profile")).unwrap();
    assert_eq!(sent.matches("<objectPermissions>").count(), 1, "{run:?} {sent}");
    for flag in ["allowCreate", "allowRead"] {
        assert!(sent.contains(&format!("<{flag}>true</{flag}>")), "{sent}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_set_blind_and_is_not_seen_afterwards_is_named() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let path = "objectPermissions[Case].allowRead";
    let own = wants(&[(path, "equals = true")]);
    lab.env.write("own.toml", own.replace("Profile:Own", "Profile:Ampersand Integration"));
    let deploy = ["deploy", "--template", "own.toml", "--yes"];
    let run = as_lesser(&lab, &deploy).await;
    assert!(run.code == 1 && run.stderr.contains("there is no answer"), "{run:?}");
    let run = as_lesser(&lab, &[&deploy[..], &["--include-not-observed"]].concat()).await;
    assert!(run.code == 0 && run.stdout.contains("0 settings are as the template"), "{run:?}");
    assert!(run.stdout.contains("it was set blind, and cannot be seen afterwards"), "{run:?}");
    // Who may see it finds it set.
    let run = lab.run(&["diff", "--template", "own.toml"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let strict = [&deploy[..], &["--include-not-observed", "--strict"]].concat();
    assert_eq!(as_lesser(&lab, &strict).await.code, 2);
}

#[test]
fn a_copy_names_all_that_it_brings_and_an_administrators_right_apart() {
    let env = Env::new();
    unrecorded(
        &env,
        "Standard",
        "    <categoryGroupVisibilities>\n        <dataCategoryGroup>Topics</dataCategoryGroup>\n        \
         <visibility>ALL</visibility>\n    </categoryGroupVisibilities>\n    <futureAccesses>\n        \
         <enabled>true</enabled>\n        <name>A</name>\n    </futureAccesses>\n    \
         <loginIpRanges>\n        <endAddress>10.0.0.9</endAddress>\n        \
         <startAddress>10.0.0.1</startAddress>\n    </loginIpRanges>\n    <objectPermissions>\n        \
         <allowCreate>false</allowCreate>\n        <allowDelete>false</allowDelete>\n        \
         <allowEdit>true</allowEdit>\n        <allowRead>true</allowRead>\n        \
         <modifyAllRecords>false</modifyAllRecords>\n        <object>Lead</object>\n        \
         <superRight>true</superRight>\n        <viewAllRecords>false</viewAllRecords>\n    \
         </objectPermissions>\n    <tabVisibilities>\n        <tab>standard-Account</tab>\n        \
         <visibility>DefaultOn</visibility>\n    </tabVisibilities>\n    <userPermissions>\n        \
         <enabled>true</enabled>\n        <name>ModifyAllData</name>\n    </userPermissions>\n",
    );
    let types = |name: &str, members: &[&str]| {
        let members: String =
            members.iter().map(|member| format!("<members>{member}</members>")).collect();
        format!("    <types>{members}<name>{name}</name></types>\n")
    };
    env.write(
        "now/package.xml",
        format!(
            "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{}{}{}    \
             <version>62.0</version>\n</Package>\n",
            types("CustomObject", &["Account", "Lead"]),
            types("DataCategoryGroup", &["Topics"]),
            types("Profile", &["New P", "Standard"]),
        ),
    );
    // What the template sets, in whatever spelling, is not copied over.
    env.write(
        "own.toml",
        new_profile("").replace(
            "userLicense = \"Salesforce\"",
            "userLicense = \"Salesforce\", \"objectPermissions[lead].allowEdit\" = false",
        ),
    );
    let run =
        env.run(&["package", "--template", "own.toml", "--from", "now", "--full", "--out", "out"]);
    for named in [
        "categoryGroupVisibilities[Topics]",
        "futureAccesses",
        "loginIpRanges",
        "superRight",
        "tabVisibilities[standard-Account]",
        "userPermissions[ModifyAllData]",
    ] {
        let is_line = |line: &str| line.trim_start().starts_with("+ ") && line.contains(named);
        assert!(run.stdout.lines().any(is_line), "{named}: {run:?}");
    }
    assert!(run.stdout.contains("Administrator's rights that come along"), "{run:?}");
    let edits = run.stdout.lines().filter(|line| line.contains("].allowEdit"));
    assert_eq!(edits.count(), 1, "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_names_nothing_of_a_copy_is_carried_out_where_the_copy_is_the_same() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("own.toml", new_profile(""));
    let save = ["diff", "--template", "own.toml", "--save-plan", "plan.json"];
    assert_eq!(lab.run(&save).await.code, 2);
    let mut plan = json(&lab.env.folder().join("plan.json"));
    plan.as_object_mut().unwrap().remove("digest");
    let changes = plan["changes"].as_array_mut().unwrap();
    changes.retain(|one| !one["cause"].as_str().unwrap().starts_with("copied from "));
    lab.env.write("plan.json", plan.to_string());
    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert!(run.code == 0 && run.stdout.contains("Deployed and verified"), "{run:?}");
}

#[test]
fn what_a_new_component_is_given_by_default_gives_way_to_a_step() {
    let env = Env::new();
    env.write(
        "now/package.xml",
        "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <types><members>Own_X</members>\
         <name>PermissionSet</name></types>\n    <version>62.0</version>\n</Package>\n",
    );
    env.write(
        "own.toml",
        template(
            "[[step]]\nid = \"own\"\ntitle = \"A set\"\ncreate = { component = \"PermissionSet:Own_X\" }\n\
             want = [{ component = \"PermissionSet:Own_X\", path = \"label\", equals = \"Own X\" }]\n",
        ),
    );
    let run = env.run(&["package", "--template", "own.toml", "--from", "now", "--out", "out"]);
    assert_eq!(run.code, 0, "{run:?}");
    let sent = std::fs::read_to_string(env.folder().join("out/permissionsets/Own_X.permissionset"))
        .unwrap();
    assert!(sent.contains("<label>Own X</label>"), "{sent}");
}

/// A page of a gateway's in place of the answer hides nothing: who uses the app was not read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_uses_an_app_is_told_or_said_to_be_unread() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let want = "{ component = \"ConnectedApp:Ampersand\", path = \
                \"oauthConfig.isAdminApproved\", equals = true }";
    let step = format!("[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{want}]\n");
    lab.env.write("own.toml", template(&step));
    let deploy = ["deploy", "--template", "own.toml", "--validate", "--yes"];
    let told = |run: &crate::support::Run, text: &str| {
        format!("{}{}", run.stdout, run.stderr).contains(text)
    };
    let run = lab.run(&deploy).await;
    assert!(run.code == 0 && told(&run, "through it today"), "{run:?}");
    let queries = lab.count("query");
    let mut runs = Vec::new();
    for after in (0..u32::try_from(queries).unwrap()).rev() {
        let rule =
            FaultRule { call: "query".to_owned(), fault: Fault::Html, after, times: Some(1) };
        lab.running.fault(rule);
        let run = lab.run(&deploy).await;
        assert!(!told(&run, "is not shown to this user"), "{run:?}");
        if run.code == 0 && told(&run, "who uses it today could not be read: the answer is not") {
            return;
        }
        runs.push(run);
    }
    panic!("no query that failed was told of: {runs:#?}");
}
