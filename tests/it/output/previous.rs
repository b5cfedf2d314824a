//! Plans and journals that the version before wrote (`fixtures/previous`): read, shown, carried out
//! and taken back.

use sfsetup::demo::{Faults, Store};

use super::{arguments, block};
use crate::lab::Lab;
use crate::support::fixture;

const DEPLOY: &str =
    "deploy --template own.toml --set user=warehouse.sync@harbourlight.example.com --yes --quiet";
const ORG: &str = "00DWs0000008DemMAE";
/// A deploy that the org has never seen.
const UNKNOWN: &str = "0AfWs0000000099KAA";

async fn show(lab: &Lab, line: &str) -> String {
    let run = lab.run(&arguments(line)).await;
    block(lab.env.folder(), line, &run)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{}/{name}", fixture("previous"))).unwrap()
}

async fn lab() -> Lab {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("own.toml", text("own.toml"));
    lab
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_earlier_plan_is_packaged_and_deployed() {
    let lab = lab().await;
    lab.env.write("plan.json", text("plan.json"));
    insta::assert_snapshot!(show(&lab, "package --plan plan.json --out fix").await, @"
    $ sfsetup package --plan plan.json --out fix
    4 files of the plan for harbourlight are in fix.

    Left, though it differs:
      ! the permission set `Loader_New` must be assigned to `warehouse.sync@harbourlight.example.com`, which no package can hold: `sfsetup deploy` does it, or a person in Setup
          PermissionSet:Loader_New
          in: Setup, Quick Find \"Permission Sets\"  https://harbourlight.example.com/lightning/setup/PermSets/home
    --- stderr
    warning: `plan.json` has no digest: an older version has written it, or somebody has taken it out, and whether it is what was looked at cannot be told
    --- exit 2
    ");
    insta::assert_snapshot!(show(&lab, "deploy --plan plan.json --yes").await, @"
    $ sfsetup deploy --plan plan.json --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template loader 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    + PermissionSet Loader_New  is made
        + label                                   Loader New  (set)
        + license                                 Salesforce API Integration  (set)
        + objectPermissions[Account].allowDelete  true  (set)
        + userPermissions[RunReports].enabled     true  (set)
        ~ objectPermissions[Account].allowEdit    false -> true  (needed by Delete on Account)
        ~ objectPermissions[Account].allowRead    false -> true  (needed by Delete on Account)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Contact].viewAllFields  false -> true  (read)

    + give the permission set Loader_New to warehouse.sync@harbourlight.example.com

    8 settings to change in 3 components (2 of them needed by another), 1 assignment.
    Deployed and verified: 8 settings are as the template wants them, 1 assignment is made (deploy 0AfWs0000000003KAA).
    --- stderr
    warning: `plan.json` has no digest: an older version has written it, or somebody has taken it out, and whether it is what was looked at cannot be told
    connecting to http://127.0.0.1:PORT
    looking up what the parameters name in http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    the org is deploying
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    hint: `sfsetup rollback` takes it back (journal JOURNAL)
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "deploy --plan plan.json --yes").await, @"
    $ sfsetup deploy --plan plan.json --yes
    --- stderr
    warning: `plan.json` has no digest: an older version has written it, or somebody has taken it out, and whether it is what was looked at cannot be told
    connecting to http://127.0.0.1:PORT
    looking up what the parameters name in http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    error: the plan is stale: the org has moved since it was made, or the plan says something else than what would be done, so nothing was sent
      caused by: ConnectedApp:Ampersand oauthPolicy.refreshTokenPolicy was `zero` when the plan was made and is `infinite` now
      caused by: Profile:Ampersand Integration objectPermissions[Contact].viewAllFields was `false` when the plan was made and is `true` now
      caused by: PermissionSet:Loader_New objectPermissions[Account].allowDelete was missing when the plan was made and is `true` now
      caused by: PermissionSet:Loader_New userPermissions[RunReports].enabled was missing when the plan was made and is `true` now
      caused by: user.permission[RunReports] was `false` when the plan was made and is `true` now
    hint: make the plan anew, with `--save-plan`, and have it looked at again
    --- exit 3
    ");
}

/// Puts an entry of the version before in place of the one that this version wrote of the same
/// deploy; the org's id of it is its own.
fn replace_journal(lab: &Lab, name: &str) {
    let folder = format!("state/sfsetup/journal/{ORG}");
    let id = lab.journal().first().and_then(|entry| entry["deploy_id"].as_str().map(str::to_owned));
    let _ = std::fs::remove_dir_all(lab.env.folder().join(&folder));
    let text = text(name).replace("0AfWs0000000003KAA", &id.unwrap_or_else(|| UNKNOWN.to_owned()));
    lab.env.write(&format!("{folder}/20261126-034750-1.json"), text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_earlier_deploy_is_listed_and_taken_back() {
    let lab = lab().await;
    let before = lab.files().await;
    assert_eq!(lab.run(&arguments(DEPLOY)).await.code, 0);
    replace_journal(&lab, "done.json");
    insta::assert_snapshot!(show(&lab, "rollback --list").await, @"
    $ sfsetup rollback --list
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        9 changes, 1 assignment, deploy 0AfWs0000000004KAA; template loader 1; applied
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "rollback --yes").await, @"
    $ sfsetup rollback --yes
    Back to before JOURNAL (template loader 1), on http://127.0.0.1:PORT (00DWs0000008DemMAE)

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  infinite (Refresh token is valid until revoked) -> zero (Immediately expire refresh token)

    - PermissionSet Loader_New  is deleted

    ~ Profile Ampersand Integration
        ~ objectPermissions[Contact].viewAllFields  true -> false

    - take the permission set Loader_New from warehouse.sync@harbourlight.example.com

    2 settings to change in 3 components, 1 assignment.
    Taken back and verified: the org is as it was before JOURNAL.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    the org is deploying
    retrieving from http://127.0.0.1:PORT
    hint: `sfsetup rollback JOURNAL` takes the rollback back
    --- exit 0
    ");
    assert_eq!(lab.files().await, before);
    insta::assert_snapshot!(show(&lab, "rollback --list").await, @"
    $ sfsetup rollback --list
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        3 changes, 1 assignment, deploy 0AfWs0000000009KAA; rollback of JOURNAL (template loader 1); applied
    JOURNAL  TIME
        9 changes, 1 assignment, deploy 0AfWs0000000004KAA; template loader 1; applied, taken back by JOURNAL
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_earlier_deploy_that_was_cut_off_is_finished_and_taken_back() {
    let lab = lab().await;
    let before = lab.files().await;
    assert_eq!(lab.run(&arguments(DEPLOY)).await.code, 0);
    replace_journal(&lab, "open.json");
    insta::assert_snapshot!(show(&lab, "rollback --list").await, @"
    $ sfsetup rollback --list
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        9 changes, 1 assignment, deploy 0AfWs0000000004KAA; template loader 1; running in the org
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "rollback --yes").await, @"
    $ sfsetup rollback --yes
    Back to before JOURNAL (template loader 1), on http://127.0.0.1:PORT (00DWs0000008DemMAE)

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  infinite (Refresh token is valid until revoked) -> zero (Immediately expire refresh token)

    - PermissionSet Loader_New  is deleted

    ~ Profile Ampersand Integration
        ~ objectPermissions[Contact].viewAllFields  true -> false

    2 settings to change in 3 components.
    Taken back and verified: the org is as it was before JOURNAL.
    --- stderr
    connecting to http://127.0.0.1:PORT
    note: an earlier run was cut off (JOURNAL, template loader 1: running in the org); finding out what became of it
    the org is deploying
    note: JOURNAL: the org has carried it out
    retrieving from http://127.0.0.1:PORT
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    the org is deploying
    retrieving from http://127.0.0.1:PORT
    hint: `sfsetup rollback JOURNAL` takes the rollback back
    --- exit 0
    ");
    assert_eq!(lab.files().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_earlier_deploy_that_the_org_does_not_know_is_not_taken_for_done() {
    let lab = lab().await;
    replace_journal(&lab, "open.json");
    insta::assert_snapshot!(show(&lab, "rollback --yes").await, @"
    $ sfsetup rollback --yes
    --- stderr
    connecting to http://127.0.0.1:PORT
    note: an earlier run was cut off (JOURNAL, template loader 1: running in the org); finding out what became of it
    the org is deploying
    the org is deploying: invalid cross reference id (INVALID_CROSS_REFERENCE_KEY); trying again
    retrieving from http://127.0.0.1:PORT
    note: JOURNAL: the org does not know it any more; nothing of it is there
    error: there is nothing to take back on `http://127.0.0.1:PORT`
    hint: `sfsetup rollback --list` lists what was deployed from here
    --- exit 1
    ");
    insta::assert_snapshot!(show(&lab, "rollback --list").await, @"
    $ sfsetup rollback --list
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        9 changes, 1 assignment, deploy 0AfWs0000000099KAA; template loader 1; nothing of it was there any more when it was looked for
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
}
