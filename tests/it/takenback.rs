//! A deploy that made something, taken back: what others have put into it or done with it since is
//! not lost without a word, and what holds on to it goes first.

use serde_json::json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::{Lab, once};

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n[parameters.user]\n\
                    title = \"User\"\ndefault = \"sam.pereira@harbourlight.example.com\"\n";
const DEPLOY: &[&str] = &["deploy", "--template", "t.toml", "--yes"];

const SET: &str = "[[step]]\nid = \"a\"\ntitle = \"A\"\ncreate = { component = \
                   \"PermissionSet:Acme\", set = { label = \"Acme\" } }\nwant = [{ component = \
                   \"PermissionSet:Acme\", path = \"userPermissions[ViewEventLogFiles].enabled\", \
                   equals = true }, { fact = \"user.permission_set[Acme]\", equals = true }]\n";

async fn lab(steps: &str) -> Lab {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", format!("{HEAD}{steps}"));
    lab
}

/// Asks the org's REST API; posts where there is a body.
async fn rest(lab: &Lab, path: &str, body: Option<serde_json::Value>) -> serde_json::Value {
    let url = format!("{}/services/data/v62.0/{path}", lab.running.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = match body {
        Some(body) => {
            client.post(url).header("content-type", "application/json").body(body.to_string())
        }
        None => client.get(url),
    };
    let answer = request.bearer_auth(&lab.running.token).send().await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// The sets of all groups.
async fn in_groups(lab: &Lab) -> Vec<String> {
    let soql = "SELECT PermissionSetGroup.DeveloperName, PermissionSet.Name FROM \
                PermissionSetGroupComponent";
    let answer = rest(lab, &format!("query?q={}", soql.replace(' ', "+")), None).await;
    let rows = answer["records"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let of = |row: &serde_json::Value| {
        format!("{}: {}", row["PermissionSetGroup"]["DeveloperName"], row["PermissionSet"]["Name"])
    };
    let mut all: Vec<String> = rows.iter().map(of).collect();
    all.sort();
    all
}

async fn id_of(lab: &Lab, soql: &str) -> String {
    let answer = rest(lab, &format!("query?q={}", soql.replace(' ', "+")), None).await;
    answer["records"][0]["Id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_have_put_into_a_new_set_since_is_not_deleted_without_a_word() {
    let lab = lab(SET).await;
    let run = lab.run(DEPLOY).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout
            .contains("verified: 2 settings are as the template wants them, 1 assignment is made"),
        "{run:?}"
    );
    // Nobody has touched it: it goes, and comes again.
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(lab.run(DEPLOY).await.code, 0);

    let more = "<userPermissions><enabled>true</enabled><name>ViewSetup</name></userPermissions>\
                </PermissionSet>";
    lab.edit("PermissionSet", "Acme", "</PermissionSet>", more).await;
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 3, "{back:?}");
    let words = "PermissionSet:Acme userPermissions[ViewSetup].enabled was absent after the deploy \
                 and is `true` now";
    assert!(back.stderr.contains(words), "{back:?}");
    assert!(back.stderr.contains("`--force` takes it back all the same"), "{back:?}");
    assert!(lab.files().await.contains_key("PermissionSet:Acme"));
    let forced = lab.run(&["rollback", "--yes", "--force"]).await;
    assert!(forced.code == 0 && forced.stderr.contains(words), "{forced:?}");
    assert!(!lab.files().await.contains_key("PermissionSet:Acme"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_set_that_somebody_has_given_to_another_is_not_deleted_without_a_word() {
    let lab = lab(SET).await;
    assert_eq!(lab.run(DEPLOY).await.code, 0);
    let set = id_of(&lab, "SELECT Id FROM PermissionSet WHERE Name = 'Acme'").await;
    let robin = "SELECT Id FROM User WHERE Username = 'robin.alder@harbourlight.example.com'";
    let robin = id_of(&lab, robin).await;
    let row = json!({ "AssigneeId": robin, "PermissionSetId": set });
    let made = rest(&lab, "sobjects/PermissionSetAssignment", Some(row)).await;
    assert_eq!(made["success"], true, "{made}");
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 3, "{back:?}");
    let words = "PermissionSet:Acme was given to `robin.alder@harbourlight.example.com` since";
    assert!(back.stderr.contains(words) && !back.stderr.contains("sam.pereira"), "{back:?}");
    assert!(lab.files().await.contains_key("PermissionSet:Acme"));
    assert_eq!(lab.run(&["rollback", "--yes", "--force"]).await.code, 0);
}

/// A look at a profile shows what is asked for alone; that somebody has changed it is seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_profile_that_somebody_has_changed_is_not_deleted_without_a_word() {
    let steps = "[[step]]\nid = \"a\"\ntitle = \"A\"\ncreate = { component = \"Profile:Acme\", set \
                 = { userLicense = \"Salesforce\" } }\nwant = [{ component = \"Profile:Acme\", path \
                 = \"userPermissions[ApiEnabled].enabled\", equals = true }]\n";
    let lab = lab(steps).await;
    let run = lab.run(DEPLOY).await;
    assert_eq!(run.code, 0, "{run:?}");
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let more = "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false\
                </allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead>\
                <modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>\
                false</viewAllRecords></objectPermissions></Profile>";
    lab.edit("Profile", "Acme", "</Profile>", more).await;
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 3, "{back:?}");
    assert!(back.stderr.contains("Profile:Acme was changed by "), "{back:?}");
    assert_eq!(lab.run(&["rollback", "--yes", "--force"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_goes_before_its_sets_and_a_set_after_the_group_that_stays() {
    let made = "{ component = \"PermissionSet:One\", set = { label = \"One\" } }";
    let sets = format!(
        "[[step]]\nid = \"s\"\ntitle = \"S\"\ncreate = {made}\nwant = [{{ component = \
         \"PermissionSet:One\", path = \"userPermissions[ViewEventLogFiles].enabled\", equals = \
         true }}]\n"
    );
    for (group, create) in [
        ("Acme", "create = { component = \"PermissionSetGroup:Acme\", set = { label = \"A\" } }\n"),
        ("Back_Office", ""),
    ] {
        let steps = format!(
            "{sets}[[step]]\nid = \"g\"\ntitle = \"G\"\n{create}want = [{{ component = \
             \"PermissionSetGroup:{group}\", path = \"permissionSets\", includes = [\"One\"] }}]\n"
        );
        let lab = lab(&steps).await;
        let before = (lab.files().await, in_groups(&lab).await);
        let run = lab.run(DEPLOY).await;
        assert_eq!(run.code, 0, "{run:?}");
        assert_ne!(in_groups(&lab).await, before.1);
        let back = lab.run(&["rollback", "--yes"]).await;
        assert_eq!(back.code, 0, "{back:?}");
        assert_eq!((lab.files().await, in_groups(&lab).await), before);
    }
}

/// Sam has it already.
const DEPLOY_TO_ROBIN: &[&str] = &[
    "deploy",
    "--template",
    "t.toml",
    "--yes",
    "--set",
    "user=robin.alder@harbourlight.example.com",
];

const GIVES: &str = "[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{ fact = \
                     \"user.permission_set[Report_Builder]\", equals = true }]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_assignments_alone_has_nothing_to_validate_and_is_counted() {
    let lab = lab(GIVES).await;
    let valid = lab.run(&[DEPLOY_TO_ROBIN, &["--validate"]].concat()).await;
    assert_eq!(valid.code, 0, "{valid:?}");
    assert!(valid.stdout.contains("Nothing to validate: "), "{valid:?}");
    assert!(!valid.stdout.contains("()") && !valid.stderr.contains("--validated "), "{valid:?}");
    assert!(lab.journal().is_empty());
    let run = lab.run(DEPLOY_TO_ROBIN).await;
    assert!(run.code == 0 && !run.stderr.contains("cut off"), "{run:?}");
    assert!(run.stdout.contains("Deployed and verified: 1 assignment is made."), "{run:?}");
    let list = lab.run(&["rollback", "--list"]).await;
    assert!(list.stdout.contains("    1 assignment; template t 1; applied"), "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_while_something_is_given_is_no_refusal() {
    let lab = lab(GIVES).await;
    let before = lab.count("sobjects");
    assert_eq!(lab.run(DEPLOY_TO_ROBIN).await.code, 0);
    let after = u32::try_from(lab.count("sobjects") - before - 1).unwrap();
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0);
    // The last call is that which gives it.
    let fault = FaultRule { after, times: Some(1000), ..once("sobjects", Fault::ResetBefore) };
    lab.running.fault(fault);
    let run = lab.run(DEPLOY_TO_ROBIN).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stderr.contains("has not confirmed that the permission set `Report_Builder` was given")
            && !run.stderr.contains("the package was deployed"),
        "{run:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_a_package_brings_is_left() {
    let lab = lab(&SET
        .replace("PermissionSet:Acme", "PermissionSet:nons__Acme")
        .replace("[Acme]", "[nons__Acme]"))
    .await;
    let run = lab.run(DEPLOY).await;
    assert_eq!(run.code, 2, "{run:?}");
    let shown = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("only the package `nons` brings what has this namespace"), "{shown}");
    assert!(lab.journal().is_empty() && !run.stdout.contains("is made"), "{run:?}");
}
