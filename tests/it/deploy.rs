//! The fix, through the program on a demo org over HTTP: deploy, verify, roll back; plans that are
//! stale; runs that are cut off; requests whose answer is lost; two runs at once; and the org's
//! refusals.

use std::time::Duration;

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::{Lab, VALUES, once, sealed, walk};
use crate::support::{Env, end};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_is_deployed_verified_and_taken_back_to_the_byte() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    assert_eq!(lab.ampersand("diff", &[]).await.code, 2);
    let deploy = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!(deploy.code, 0, "{deploy:?}");
    assert!(
        deploy.stdout.contains("oauthPolicy.refreshTokenPolicy")
            && deploy.stdout.contains("Deployed and verified"),
        "{deploy:?}"
    );
    assert_eq!(lab.ampersand("diff", &[]).await.code, 0);
    let again = lab.ampersand("deploy", &["--yes"]).await;
    assert!(again.code == 0 && again.stdout.contains("Nothing to deploy"), "{again:?}");
    let fixed = lab.files().await;
    assert_ne!(before, fixed);

    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 0, "{back:?}");
    assert!(back.stdout.contains("Taken back and verified"), "{back:?}");
    assert_eq!(lab.files().await, before);
    assert_eq!(lab.ampersand("diff", &[]).await.code, 2);
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 1, "nothing is left to take back");

    let id = lab.journal().last().unwrap()["id"].as_str().unwrap().to_owned();
    let forth = lab.run(&["rollback", &id, "--yes"]).await;
    assert_eq!(forth.code, 0, "{forth:?}");
    assert_eq!(lab.files().await, fixed, "a rollback of a rollback");
    let list = lab.run(&["rollback", "--list"]).await;
    assert!(list.stdout.matches("taken back by").count() == 2, "{list:?}");

    // What takes a rollback back is a deploy in force again: it is the newest.
    let again = lab.run(&["rollback", "--yes"]).await;
    assert!(again.code == 0 && again.stdout.contains("Taken back and verified"), "{again:?}");
    assert_eq!(lab.files().await, before);
    let none = lab.run(&["rollback", "--yes"]).await;
    assert!(none.code == 1 && none.stderr.contains("there is nothing to take back"), "{none:?}");
    let id = lab.journal().last().unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(lab.run(&["rollback", &id, "--yes"]).await.code, 0);
    assert_eq!(lab.files().await, fixed);
    // Whether it is one, what it rests on says.
    let files = crate::lab::walk(&lab.env.folder().join("state/sfsetup/journal"));
    let taken_back = files.iter().find(|file| file.to_string_lossy().contains(&id)).unwrap();
    std::fs::write(taken_back, "{").unwrap();
    let unknown = lab.run(&["rollback", "--yes"]).await;
    assert!(
        unknown.code == 1 && unknown.stderr.contains("is the newest is not known"),
        "{unknown:?}"
    );
    assert_eq!(lab.files().await, fixed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_components_and_assignments_are_made_and_taken_back() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    let template = r#"
format = 1
[template]
name = "loader"
title = "Loader"
version = "1"
source = "https://docs.example.com"
reviewed = 2026-11-23
[parameters.user]
title = "User"
type = "text"
[[step]]
id = "set"
title = "A permission set"
want = [
  { component = "PermissionSet:Loader_New", path = "objectPermissions[Account].allowDelete", equals = true },
  { component = "PermissionSet:Loader_New", path = "userPermissions[RunReports].enabled", equals = true },
  { fact = "user.permission[RunReports]", equals = true },
]
create = { component = "PermissionSet:Loader_New", set = { label = "Loader New", license = "Salesforce API Integration" } }
"#;
    lab.env.write("loader.toml", template);
    let arguments =
        ["--template", "loader.toml", "--set", "user=warehouse.sync@harbourlight.example.com"];
    let run = lab.run(&[&["deploy"], &arguments[..], &["--yes"]].concat()).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("objectPermissions[Account].allowEdit")
            && run.stdout.contains("needed by Delete on Account"),
        "{run:?}"
    );
    assert!(run.stdout.contains("give the permission set Loader_New to warehouse.sync"), "{run:?}");
    assert!(lab.files().await.contains_key("PermissionSet:Loader_New"));
    assert_eq!(lab.run(&[&["diff"], &arguments[..]].concat()).await.code, 0);
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 0, "{back:?}");
    assert!(back.stdout.contains("take the permission set Loader_New from"), "{back:?}");
    assert_eq!(lab.files().await, before);
    assert_eq!(lab.run(&[&["diff"], &arguments[..]].concat()).await.code, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_plan_is_refused_when_anything_that_it_rests_on_has_moved() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let shipped = sfsetup::template::builtin::find("ampersand").unwrap().text;
    lab.env.write("own.toml", shipped);
    let save =
        [&["diff", "--template", "own.toml"], VALUES, &["--save-plan", "plan.json"]].concat();
    assert_eq!(lab.run(&save).await.code, 2);
    let text = std::fs::read_to_string(lab.env.folder().join("plan.json")).unwrap();
    assert!(
        !text.contains("consumerKey")
            && !text.contains("3MVG9")
            && !text.contains(&lab.running.token),
        "{text}"
    );
    let mut plan: Json = serde_json::from_str(&text).unwrap();

    plan["org"]["id"] = "00D000000000009EAA".into();
    lab.env.write("other-org.json", plan.to_string());
    let run = lab.run(&["deploy", "--plan", "other-org.json", "--yes"]).await;
    assert!(run.code == 1 && run.stderr.contains("another org"), "{run:?}");
    plan["format"] = "sfsetup.plan/2".into();
    lab.env.write("other-format.json", plan.to_string());
    let run = lab.run(&["deploy", "--plan", "other-format.json", "--yes"]).await;
    assert!(run.code == 1 && run.stderr.contains("sfsetup.plan/2"), "{run:?}");
    lab.env.write("own.toml", format!("{shipped}\n# changed\n"));
    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert!(run.code == 3 && run.stderr.contains("the template"), "{run:?}");
    lab.env.write("own.toml", shipped);
    assert_eq!(lab.count("deployRequest.start"), 0);

    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert_eq!(run.code, 3, "{run:?}");
    let old_and_new =
        "oauthPolicy.refreshTokenPolicy was `zero` when the plan was made and is `infinite` now";
    assert!(run.stderr.contains(old_and_new), "{run:?}");

    let empty = lab.run(&save).await;
    assert!(empty.code == 0 && empty.stderr.contains("it has no changes"), "{empty:?}");
    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert!(run.code == 0 && run.stdout.contains("Nothing to deploy"), "{run:?}");
}

/// A detail's permissions need its master's, and which that is stands in the detail's file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_details_master_comes_along() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let deploy = [
        &["deploy", "--template", "ampersand"],
        VALUES,
        &["--set", "read=Invoice_Line__c", "--only", "Profile:*", "--yes"],
    ]
    .concat();
    let run = lab.run(&deploy).await;
    for flag in ["allowRead", "viewAllRecords"] {
        let line = format!("objectPermissions[Invoice__c].{flag}");
        assert!(run.stdout.contains(&line), "{run:?}");
    }
    assert!(
        run.code == 0 && run.stdout.contains("(needed by") && run.stdout.contains("verified"),
        "{run:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_without_a_yes() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let run = lab.ampersand("deploy", &[]).await;
    assert!(run.code == 1 && run.stderr.contains("--yes"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0);
    let run = lab.ampersand("deploy", &["--yes", "--only", "ConnectedApp:*:oauthPolicy.ip*"]).await;
    assert!(run.code == 0 && run.stdout.contains("1 setting to change in 1 component"), "{run:?}");
    assert!(run.stdout.contains("verified: 1 setting is as the template wants it"), "{run:?}");
    let list = lab.run(&["rollback", "--list"]).await;
    assert!(list.stdout.contains("\n    1 change, deploy 0Af"), "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validation_changes_nothing_and_is_deployed_by_its_id() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    let run = lab.ampersand("deploy", &["--validate"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(lab.files().await, before);
    let list = lab.run(&["rollback", "--list"]).await;
    assert!(list.stdout.contains("; validated\n") && !list.stdout.contains("applied"), "{list:?}");
    let entry = lab.journal()[0]["id"].as_str().unwrap().to_owned();
    let back = lab.run(&["rollback", &entry, "--yes"]).await;
    assert!(back.code == 1 && back.stderr.contains("changed nothing: validated"), "{back:?}");
    let id = lab.journal()[0]["deploy_id"].as_str().unwrap().to_owned();
    let run = lab.ampersand("deploy", &["--validated", &id, "--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1, "the second went as a quick deploy");
    let run = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");

    // One that the journal does not know is held against what the org says of it.
    let refused = async |id: &str, why: &str| {
        let sent = lab.count("deployRequest.start");
        let run = lab.ampersand("deploy", &["--validated", id, "--yes"]).await;
        assert!(run.code == 3 && run.stderr.contains(why), "{why}: {run:?}");
        assert_eq!(lab.count("deployRequest.start"), sent, "{run:?}");
    };
    refused("0Af000000000001AAA", "knows no validation").await;
    let other = lab.ampersand("deploy", &["--validate", "--only", "ConnectedApp:*"]).await;
    assert_eq!(other.code, 0, "{other:?}");
    let id = |lab: &Lab| lab.journal().last().unwrap()["deploy_id"].as_str().unwrap().to_owned();
    let other = id(&lab);
    assert_eq!(lab.run(&["rollback", "--prune", "--yes"]).await.code, 0);
    refused(&other, "is of another package").await;
    refused(lab.journal()[0]["deploy_id"].as_str().unwrap(), "is no validation").await;
    let run = lab.ampersand("deploy", &["--validate", "--test-level", "RunLocalTests"]).await;
    assert!(run.code == 0 && !run.stderr.contains("no tests run"), "{run:?}");
    let own = id(&lab);
    lab.edit("ConnectedApp", "Ampersand", ">ENFORCE<", ">BYPASS<").await;
    assert_eq!(lab.run(&["rollback", "--prune", "--yes"]).await.code, 0);
    refused(&own, "ConnectedApp:Ampersand has changed").await;
    let run = lab.ampersand("deploy", &["--validate"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let own = id(&lab);
    assert_eq!(lab.run(&["rollback", "--prune", "--yes"]).await.code, 0);
    let run = lab.ampersand("deploy", &["--validated", &own, "--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_for_before_anything_is_sent_again() {
    // Carried out, and the answer lost: found in the org's list, sent once.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::ResetAfter));
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1);

    // Never arrived: the org has no trace, so it is sent again.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::ResetBefore));
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 2);

    // Carried out, and the list is not to be had: told by what the org holds.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::ResetAfter));
    lab.running.fault(always("tooling.query", Fault::InvalidType));
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1);
}

fn always(call: &str, fault: Fault) -> FaultRule {
    FaultRule { call: call.to_owned(), fault, after: 0, times: None }
}

/// The answer is lost, and whether the org has taken the deploy and is busy with it is not to be
/// seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_cannot_read_the_list_of_deploys_sends_nothing_twice() {
    // How often it is read before anything is sent.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    assert_eq!(lab.ampersand("deploy", &["--yes"]).await.code, 0);
    let calls = lab.running.calls();
    let before = calls.iter().take_while(|call| *call != "deployRequest.start");
    let before = u32::try_from(before.filter(|call| *call == "tooling.query").count()).unwrap();

    let runs = [Fault::Html, Fault::ServerError, Fault::InvalidType].map(|fault| async move {
        let name = format!("{fault:?}");
        let lab = Lab::new(Store::in_memory(), Faults::none()).await;
        lab.running.fault(once("deployRequest.start", Fault::ResetBefore));
        lab.running.fault(FaultRule { after: before, ..always("tooling.query", fault) });
        let run = lab.ampersand("deploy", &["--yes"]).await;
        assert_eq!(lab.count("deployRequest.start"), 1, "{name}: {run:?}");
        assert!(run.code == 1 && run.stderr.contains("is not known"), "{name}: {run:?}");
        assert_eq!(lab.journal()[0]["stage"], "sent", "{name}");
    });
    futures::future::join_all(runs).await;

    // A page that passes is a look that failed.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::ResetBefore));
    lab.running.fault(FaultRule { after: before, ..once("tooling.query", Fault::Html) });
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!((run.code, lab.count("deployRequest.start")), (0, 2), "{run:?}");

    // Nothing is sent that could not be told from what was there before.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(always("tooling.query", Fault::Html));
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!((run.code, lab.count("deployRequest.start")), (1, 0), "{run:?}");
}

/// A gateway passes the request on, and answers with a page of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_a_gateway_is_no_word_on_what_it_passed_on() {
    for status in [400, 403, 404, 502] {
        let lab = Lab::new(Store::in_memory(), Faults::none()).await;
        lab.running.fault(once("deployRequest.start", Fault::PageAfter(status)));
        let run = lab.ampersand("deploy", &["--yes"]).await;
        assert_eq!((run.code, lab.count("deployRequest.start")), (0, 1), "{status}: {run:?}");
        assert_eq!(lab.journal()[0]["stage"], "done", "{status}");
    }
    for status in [502, 503, 504] {
        let lab = Lab::new(Store::in_memory(), Faults::none()).await;
        lab.running.fault(once("deployRequest.start", Fault::NotFound));
        lab.running.fault(once("deploy", Fault::PageAfter(status)));
        let run = lab.ampersand("deploy", &["--yes"]).await;
        assert_eq!(run.code, 0, "{status}: {run:?}");
        assert_eq!(lab.count("deploy"), 1, "{status}");
        assert_eq!(lab.journal()[0]["stage"], "done", "{status}");

        let lab = Lab::new(Store::in_memory(), Faults::none()).await;
        assert_eq!(lab.ampersand("deploy", &["--validate"]).await.code, 0);
        let id = lab.journal()[0]["deploy_id"].as_str().unwrap().to_owned();
        lab.running.fault(once("deployRecentValidation", Fault::PageAfter(status)));
        let run = lab.ampersand("deploy", &["--validated", &id, "--yes"]).await;
        assert_eq!(run.code, 0, "{status}: {run:?}");
        assert_eq!(lab.count("deployRecentValidation"), 1, "{status}");
        assert_eq!(lab.journal()[1]["stage"], "done", "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_of_another_program_is_not_taken_for_the_one_whose_answer_was_lost() {
    let deploy = [&["deploy", "--template", "ampersand"], VALUES, &["--yes"]].concat();
    // Ours never arrives, and another begins meanwhile.
    let lab = Lab::new(Store::in_memory().with_delay(Duration::from_secs(1)), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::ResetBefore));
    let child = lab.start(&deploy);
    lab.until("deployRequest.start", 1).await;
    let other = lab.start_another().await;
    let run = end(child).await;
    assert!(
        run.code == 1
            && run.stderr.contains("it was not sent again")
            && run.stderr.contains(&other),
        "{run:?}"
    );
    assert!(
        lab.journal()[0]["stage"] == "not-sent" && lab.journal()[0]["deploy_id"].is_null(),
        "{:?}",
        lab.journal()
    );
    let run = lab.run(&deploy).await;
    assert!(run.code == 0 && run.stdout.contains("Deployed and verified"), "{run:?}");

    // Ours arrives, and another beside it.
    let lab = Lab::new(Store::in_memory().with_delay(Duration::from_secs(1)), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::ResetAfter));
    let child = lab.start(&deploy);
    lab.until("deployRequest.start", 1).await;
    let other = lab.start_another().await;
    let run = end(child).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_ne!(lab.journal()[0]["deploy_id"], other.as_str());
    assert_eq!(lab.count("deployRequest.start"), 2, "ours once, and the other's");
}

/// Sent, and what the org holds by now is neither what was before nor what it makes: nobody can
/// say, until somebody has looked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_stays_unclear_stops_the_next_until_it_is_forgotten() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    assert_eq!(lab.ampersand("deploy", &["--yes", "--only", "ConnectedApp:*"]).await.code, 0);
    let file = walk(&lab.env.folder().join("state/sfsetup/journal")).pop().unwrap();
    let mut entry = lab.journal().remove(0);
    entry["stage"] = "sent".into();
    entry["deploy_id"] = Json::Null;
    entry["known_deploys"] = lab
        .org()
        .await
        .recent_deploys()
        .await
        .unwrap()
        .unwrap()
        .into_iter()
        .map(|row| row.id)
        .collect();
    for side in ["before", "after"] {
        let text =
            entry[side][0]["xml"].as_str().unwrap().replace("<ipRelaxation>", "<ipRelaxation>X");
        entry[side][0]["xml"] = if side == "before" { text.replace("X", "Y") } else { text }.into();
    }
    std::fs::write(&file, sealed(&entry)).unwrap();
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(
        run.code == 1 && run.stderr.contains("is not known") && run.stderr.contains("--prune"),
        "{run:?}"
    );
    assert_eq!(lab.count("deployRequest.start"), 1);
    assert_eq!(lab.run(&["rollback", "--prune", "--yes"]).await.stdout, "Forgotten: 1 entry.\n");
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
}

/// The org has carried it out and the answer was lost; somebody took it back before the next run
/// looked: it is not one that "never reached the org".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_deploy_that_was_taken_back_meanwhile_is_settled_as_that() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    assert_eq!(lab.ampersand("deploy", &["--yes"]).await.code, 0);
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0);
    let journal = lab.journal();
    let folder = lab.env.folder().join("state/sfsetup/journal");
    for file in walk(&folder) {
        if file.to_string_lossy().contains(journal[1]["id"].as_str().unwrap()) {
            std::fs::remove_file(file).unwrap();
        }
    }
    let mut entry = journal[0].clone();
    entry["stage"] = "sent".into();
    entry["known_deploys"] = Json::Array(vec![journal[1]["deploy_id"].clone()]);
    entry["deploy_id"] = Json::Null;
    entry["rolled_back_by"] = Json::Null;
    std::fs::write(walk(&folder).pop().unwrap(), sealed(&entry)).unwrap();

    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(
        run.code == 0
            && run.stderr.contains("nothing of it is there any more")
            && run.stdout.contains("Deployed and verified"),
        "{run:?}"
    );
    let settled = &lab.journal()[0];
    assert_eq!(settled["stage"], "undone");
    assert_eq!(settled["deploy_id"], journal[0]["deploy_id"]);
    // The newest that can be taken back is the one that is there.
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_cannot_be_watched_to_its_end_is_named_with_what_to_do() {
    let lab = Lab::new(Store::in_memory().with_delay(Duration::from_secs(2)), Faults::none()).await;
    lab.running.fault(FaultRule {
        call: "deployRequest.status".to_owned(),
        fault: Fault::InvalidSession,
        after: 1,
        times: Some(1),
    });
    let run = lab.ampersand("deploy", &["--yes"]).await;
    let id = lab.journal()[0]["deploy_id"].as_str().unwrap().to_owned();
    for words in [
        &*format!("goes on with the deploy {id}"),
        "INVALID_SESSION_ID",
        "sign in again",
        "finds out how it ended",
    ] {
        assert!(run.code == 1 && run.stderr.contains(words), "{words}: {run:?}");
    }
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(
        run.code == 0
            && run.stderr.contains("the org has carried it out")
            && run.stdout.contains("Nothing to deploy"),
        "{run:?}"
    );
    assert_eq!(lab.count("deployRequest.start"), 1);

    // It ends well, and the look afterwards does not.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(FaultRule {
        call: "retrieve".to_owned(),
        fault: Fault::InvalidSession,
        after: 2,
        times: Some(1),
    });
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 1 && run.stderr.contains("has carried out the deploy 0Af"), "{run:?}");

    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::Stuck));
    let run = lab.ampersand("deploy", &["--yes", "--timeout", "1"]).await;
    let id = lab.journal()[0]["deploy_id"].as_str().unwrap().to_owned();
    for words in
        [&*format!("goes on with the deploy {id}"), "is not over", "finds out how it ended"]
    {
        assert!(run.code == 1 && run.stderr.contains(words), "{words}: {run:?}");
    }
}

/// The entry of a deploy that the org knows is its way back: it is not forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_the_org_still_runs_is_not_forgotten() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::Stuck));
    let run = lab.ampersand("deploy", &["--yes", "--timeout", "1"]).await;
    assert_eq!((run.code, &lab.journal()[0]["stage"]), (1, &"accepted".into()), "{run:?}");
    let run = lab.run(&["rollback", "--prune", "--yes"]).await;
    assert!(run.code == 0 && run.stdout.contains("nothing to forget"), "{run:?}");
    assert_eq!(lab.journal()[0]["stage"], "accepted");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_is_finished_by_the_next() {
    let deploy = [&["deploy", "--template", "ampersand"], VALUES, &["--yes"]].concat();
    // Sent, and the request never arrives: the run looks for it and is killed meanwhile.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::ResetBefore));
    let mut child = lab.start(&deploy);
    lab.until("deployRequest.start", 1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lab.journal()[0]["stage"], "sent");
    let run = lab.run(&["rollback", "--yes"]).await;
    assert!(run.stderr.contains("it has not reached the org so far"), "{run:?}");
    assert_eq!(lab.journal()[0]["stage"], "sent", "it may still come");
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 0 && run.stderr.contains("it has not reached the org so far"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 2);
    let stages: Vec<_> = lab.journal().iter().map(|entry| entry["stage"].clone()).collect();
    assert_eq!(stages, ["not-sent", "done"]);

    // Accepted, and killed before the id is known, while the org works on it.
    let lab = Lab::new(Store::in_memory().with_delay(Duration::from_secs(3)), Faults::none()).await;
    lab.running.fault(once("deployRequest.start", Fault::SlowBody(2000)));
    let mut child = lab.start(&deploy);
    lab.until("deployRequest.start", 1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 0 && run.stderr.contains("the org has carried it out"), "{run:?}");
    assert!(run.stdout.contains("Nothing to deploy"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1);

    // Killed while looking at it.
    let lab = Lab::new(Store::in_memory().with_delay(Duration::from_secs(3)), Faults::none()).await;
    let mut child = lab.start(&deploy);
    lab.until("deployRequest.status", 1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lab.journal()[0]["stage"], "accepted");
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 0 && run.stderr.contains("the org has carried it out"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1);
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0, "and it can be taken back");

    // Killed after it, before the look at the outcome.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(FaultRule {
        call: "retrieve".to_owned(),
        fault: Fault::SlowBody(60_000),
        after: 2,
        times: Some(1),
    });
    let mut child = lab.start(&deploy);
    lab.until("retrieve", 3).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lab.journal()[0]["stage"], "applied");
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 0 && run.stdout.contains("Nothing to deploy"), "{run:?}");
    assert_eq!(lab.journal()[0]["stage"], "done");
    assert_eq!(lab.count("deployRequest.start"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_at_once_do_not_both_deploy() {
    let lab = Lab::new(Store::in_memory().with_delay(Duration::from_secs(2)), Faults::none()).await;
    let arguments = [&["deploy", "--template", "ampersand"], VALUES, &["--yes"]].concat();
    let first = lab.start(&arguments);
    lab.until("deployRequest.start", 1).await;
    let second = lab.run(&arguments).await;
    assert!(second.code == 1 && second.stderr.contains("another run of sfsetup"), "{second:?}");
    let first = end(first).await;
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(lab.count("deployRequest.start"), 1);
}

/// A template of one want.
fn template(want: &str) -> String {
    format!(
        "format = 1\n[template]\nname = \"o\"\ntitle = \"O\"\nversion = \"1\"\nsource = \
         \"https://e.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"only-step\"\ntitle = \
         \"A\"\nwant = [{want}]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_orgs_refusals_are_shown_with_what_to_do() {
    let set = "component = \"PermissionSet:Report_Builder\", path";
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    for (want, code, words) in [
        (
            format!("{{ {set} = \"customPermissions[Nope].enabled\", equals = true }}"),
            2,
            &["the org has no custom permission `Nope`"][..],
        ),
        (
            format!("{{ {set} = \"fieldPermissions[Account.Nope__c].readable\", equals = true }}"),
            2,
            &["the org has no field `Account.Nope__c`"],
        ),
        (
            format!("{{ {set} = \"userPermissions[NoSuchThing].enabled\", equals = true }}"),
            2,
            &["the org has no system permission `NoSuchThing`"],
        ),
        (format!("{{ {set} = \"label\", equals = \"{}\" }}", "x".repeat(90)), 3, &["max \
            length=80"]),
        (
            "{ component = \"Profile:Admin\", path = \"objectPermissions[Account].allowDelete\", equals = false }".to_owned(),
            2,
            &["a standard profile's permissions on standard objects cannot be edited"],
        ),
        (
            "{ component = \"ConnectedApp:Nova\", path = \"oauthPolicy.ipRelaxation\", equals = \"BYPASS\" }".to_owned(),
            2,
            &["cannot be created since Spring '26", "if it is the vendor's, install it (Setup > \
                Connected Apps OAuth Usage"],
        ),
    ] {
        lab.env.write("one.toml", template(&want));
        let run = lab.run(&["deploy", "--template", "one.toml", "--yes"]).await;
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.code, code, "{want}: {run:?}");
        for words in words {
            assert!(shown.contains(words), "{want}: {words}: {run:?}");
        }
    }
    assert_eq!(lab.files().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_taken_away_must_be_allowed() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let gone: Vec<String> = [
        "allowCreate",
        "allowDelete",
        "allowEdit",
        "allowRead",
        "viewAllRecords",
        "modifyAllRecords",
        "viewAllFields",
    ]
    .iter()
    .flat_map(|flag| {
        ["Account", "Contact", "Lead", "Campaign", "Opportunity"].map(|object| {
            format!(
                "{{ component = \"Profile:Ampersand Integration\", path = \
                     \"objectPermissions[{object}].{flag}\", equals = false }}"
            )
        })
    })
    .collect();
    lab.env.write("less.toml", template(&gone.join(", ")));
    let run = lab.run(&["deploy", "--template", "less.toml", "--yes"]).await;
    assert!(run.code == 1 && run.stderr.contains("--allow-removals"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0);
    let run = lab.run(&["deploy", "--template", "less.toml", "--yes", "--allow-removals"]).await;
    assert_eq!(run.code, 0, "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_at_a_running_deploy_may_fail_and_numbers_may_be_strings() {
    for fault in [
        Fault::Unavailable(None),
        Fault::ResetBefore,
        Fault::HalfBody,
        Fault::Html,
        Fault::StringNumbers,
        Fault::UnknownStatus,
    ] {
        let lab = Lab::new(Store::in_memory(), Faults::none()).await;
        lab.running.fault(once("deployRequest.status", fault.clone()));
        let run = lab.ampersand("deploy", &["--yes"]).await;
        assert_eq!(run.code, 0, "{fault:?}: {run:?}");
    }
}

#[test]
fn the_readme_shows_what_a_fix_of_the_demo_org_prints() {
    let env = Env::new();
    let mut printed =
        env.run(&["deploy", "--template", "ampersand", "--org", "demo", "--yes"]).stdout;
    printed.push_str(&env.run(&["rollback", "--org", "demo", "--yes"]).stdout);
    let readme =
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
            .unwrap();
    let section = readme.split("## Fix an org").nth(1).unwrap().split("\n## ").next().unwrap();
    let shown: Vec<&str> = section
        .split("```text\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .collect();
    assert!(shown.len() > 10);
    for line in shown.into_iter().filter(|line| *line != "...") {
        // The journal's id is another each time.
        assert!(
            printed.lines().any(|known| known.starts_with(line)),
            "the README shows `{line}`, which is not printed: {printed}"
        );
    }
}

/// A required field is visible to everyone and refused in a permission (S 3.5): said beforehand,
/// all of them at once.
#[test]
fn fields_without_field_level_security_are_named_before_anything_is_sent() {
    let env = Env::new();
    env.write(
        "t.toml",
        "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \"s\"\n\
         reviewed = 2026-11-23\n[[step]]\nid = \"fields\"\ntitle = \"Fields\"\nwant = \
         [{ component = \"PermissionSet:Ampersand_Access\", path = \"fieldPermissions[Account.Name].readable\", equals = true }, { component = \"PermissionSet:Ampersand_Access\", path = \"fieldPermissions[Account.OwnerId].readable\", equals = true }, { component = \"PermissionSet:Ampersand_Access\", path = \"fieldPermissions[Account.Website].readable\", equals = true }]\n",
    );
    let run = env.run(&["deploy", "--template", "t.toml", "--org", "demo", "--yes"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stderr.contains("`Account.Name` carries no")
            && run.stderr.contains("`Account.OwnerId` carries no"),
        "{run:?}"
    );
    assert!(
        !run.stderr.contains("`Account.Website`") && !run.stderr.contains("the org is deploying"),
        "{run:?}"
    );
}

/// Another package than the one that was validated, or an org that has moved since, would be
/// overwritten without a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validation_of_something_else_is_not_deployed() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    assert_eq!(lab.ampersand("deploy", &["--validate", "--set", "read=Account"]).await.code, 0);
    let id = lab.journal()[0]["deploy_id"].as_str().unwrap().to_owned();
    let before = lab.files().await;
    let run = lab.ampersand("deploy", &["--validated", &id, "--yes", "--set", "read=Case"]).await;
    assert!(run.code == 3 && run.stderr.contains("is not what the plan shows"), "{run:?}");
    assert_eq!(lab.files().await, before);
}
