//! `deploy` and `rollback` on a demo org: the plan, the ways it ends, the list, and each refusal.

use std::time::Duration;

use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use super::{arguments, block};
use crate::lab::{Lab, once};

async fn show(lab: &Lab, line: &str) -> String {
    let run = lab.run(&arguments(line)).await;
    block(lab.env.folder(), line, &run)
}

async fn lab() -> Lab {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("app.toml", APP);
    lab
}

/// Two steps that differ in the demo org, one that is left, one by hand.
const APP: &str = r#"format = 1
[template]
name     = "acme"
title    = "Acme"
version  = "1"
source   = "https://docs.example.com/acme"
reviewed = 2026-11-23
[[step]]
id    = "refresh-token"
title = "Refresh token is valid until revoked"
want  = [{ component = "ConnectedApp:Ampersand", path = "oauthPolicy.refreshTokenPolicy", equals = "infinite" }]
[[step]]
id    = "read"
title = "Accounts are read"
want  = [{ component = "Profile:Ampersand Integration", path = "objectPermissions[Account].viewAllRecords", equals = true }]
"#;

/// Some of what no package can do, beside what one can.
const LEFT: &str = r#"
[[step]]
id    = "admin"
title = "Administrators delete no accounts"
want  = [{ component = "Profile:Admin", path = "objectPermissions[Account].allowDelete", equals = false }]
[[step]]
id    = "nova"
title = "Nova's IP restrictions are relaxed"
want  = [{ component = "ConnectedApp:Nova", path = "oauthPolicy.ipRelaxation", equals = "BYPASS" }]
[[step]]
id    = "invite"
title = "Invite the service's user"
want  = [{ manual = "Send an invitation from the vendor's console." }]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_and_its_way_back() {
    let lab = lab().await;
    insta::assert_snapshot!(show(&lab, "deploy --template app.toml").await, @"
    $ sfsetup deploy --template app.toml
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    2 settings to change in 2 components.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    error: there is no terminal to ask at, so nothing was sent
    hint: `--yes` goes on without asking
    --- exit 1
    ");
    insta::assert_snapshot!(show(&lab, "deploy --template app.toml --validate").await, @"
    $ sfsetup deploy --template app.toml --validate
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    2 settings to change in 2 components.
    Valid: the org would accept all of it (0AfWs0000000004KAA).
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    note: no tests run with this validation, and an org may not take one without for a quick deploy (`--validated`); `--test-level RunLocalTests` runs them
    retrieving from http://127.0.0.1:PORT
    the org is validating
    hint: deploy it within ten days: the same command with `--validated 0AfWs0000000004KAA` in place of `--validate`
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "deploy --template app.toml --yes").await, @"
    $ sfsetup deploy --template app.toml --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    2 settings to change in 2 components.
    Deployed and verified: 2 settings are as the template wants them (deploy 0AfWs0000000007KAA).
    --- stderr
    connecting to http://127.0.0.1:PORT
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
    insta::assert_snapshot!(show(&lab, "deploy --template app.toml --yes").await, @"
    $ sfsetup deploy --template app.toml --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    Nothing to deploy.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "rollback --list").await, @"
    $ sfsetup rollback --list
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        2 changes, deploy 0AfWs0000000007KAA; template acme 1; applied
    JOURNAL  TIME
        2 changes, deploy 0AfWs0000000004KAA; template acme 1; validated
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "rollback").await, @"
    $ sfsetup rollback
    Back to before JOURNAL (template acme 1), on http://127.0.0.1:PORT (00DWs0000008DemMAE)

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  infinite (Refresh token is valid until revoked) -> zero (Immediately expire refresh token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  true -> false

    2 settings to change in 2 components.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    error: there is no terminal to ask at, so nothing was sent
    hint: `--yes` goes on without asking
    --- exit 1
    ");
    insta::assert_snapshot!(show(&lab, "rollback --yes").await, @"
    $ sfsetup rollback --yes
    Back to before JOURNAL (template acme 1), on http://127.0.0.1:PORT (00DWs0000008DemMAE)

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  infinite (Refresh token is valid until revoked) -> zero (Immediately expire refresh token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  true -> false

    2 settings to change in 2 components.
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
    insta::assert_snapshot!(show(&lab, "rollback --yes").await, @"
    $ sfsetup rollback --yes
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: there is nothing to take back on `http://127.0.0.1:PORT`
    hint: `sfsetup rollback --list` lists what was deployed from here
    --- exit 1
    ");
    insta::assert_snapshot!(show(&lab, "rollback nothing-of-the-sort --yes").await, @"
    $ sfsetup rollback nothing-of-the-sort --yes
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: no deploy `nothing-of-the-sort` to `http://127.0.0.1:PORT` is in the journal
    hint: `sfsetup rollback --list` lists what was deployed from here
    --- exit 1
    ");
    insta::assert_snapshot!(show(&lab, "rollback --list --quiet").await, @"
    $ sfsetup rollback --list --quiet
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        2 changes, deploy 0AfWs000000000DKAQ; rollback of JOURNAL (template acme 1); applied
    JOURNAL  TIME
        2 changes, deploy 0AfWs0000000007KAA; template acme 1; applied, taken back by JOURNAL
    JOURNAL  TIME
        2 changes, deploy 0AfWs0000000004KAA; template acme 1; validated
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "rollback --prune --yes").await, @"
    $ sfsetup rollback --prune --yes
    Forgotten: 2 entries.
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "rollback --list").await, @"
    $ sfsetup rollback --list
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        2 changes, deploy 0AfWs000000000DKAQ; rollback of JOURNAL (template acme 1); applied
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_is_named_with_who_can_do_it() {
    let lab = lab().await;
    lab.env.write("left.toml", format!("{APP}{LEFT}"));
    insta::assert_snapshot!(show(&lab, "deploy --template left.toml --yes").await, @"
    $ sfsetup deploy --template left.toml --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    Left, though it differs:
      ! a standard profile's permissions on standard objects cannot be edited: clone it, or grant them in a permission set
          Administrators delete no accounts: Profile:Admin objectPermissions[Account].allowDelete
          in: Setup, Quick Find \"Profiles\"  http://127.0.0.1:PORT/lightning/setup/EnhancedProfiles/home
      ! it does not exist, and a connected app cannot be created since Spring '26, by any API: if it is the vendor's, install it (Setup > Connected Apps OAuth Usage, /lightning/setup/ConnectedAppsUsage/home, or the vendor's package), otherwise use an external client app
          Nova's IP restrictions are relaxed: ConnectedApp:Nova oauthPolicy.ipRelaxation
          in: Setup, Quick Find \"Manage Connected Apps\"  http://127.0.0.1:PORT/lightning/setup/ConnectedApplication/home

    To do by hand:
      ! Invite the service's user
          Send an invitation from the vendor's console.

    2 settings to change in 2 components, 2 left, 1 by hand.
    Deployed and verified: 2 settings are as the template wants them (deploy 0AfWs0000000003KAA).

    Left, though it differs:
      ! a standard profile's permissions on standard objects cannot be edited: clone it, or grant them in a permission set
          Administrators delete no accounts: Profile:Admin objectPermissions[Account].allowDelete
          in: Setup, Quick Find \"Profiles\"  http://127.0.0.1:PORT/lightning/setup/EnhancedProfiles/home
      ! it does not exist, and a connected app cannot be created since Spring '26, by any API: if it is the vendor's, install it (Setup > Connected Apps OAuth Usage, /lightning/setup/ConnectedAppsUsage/home, or the vendor's package), otherwise use an external client app
          Nova's IP restrictions are relaxed: ConnectedApp:Nova oauthPolicy.ipRelaxation
          in: Setup, Quick Find \"Manage Connected Apps\"  http://127.0.0.1:PORT/lightning/setup/ConnectedApplication/home

    To do by hand:
      ! Invite the service's user
          Send an invitation from the vendor's console.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    the org is deploying
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    hint: `sfsetup rollback` takes it back (journal JOURNAL)
    --- exit 2
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_plan_is_refused_and_carried_out() {
    let lab = lab().await;
    insta::assert_snapshot!(
        show(&lab, "diff --template app.toml --save-plan plan.json --quiet").await,
        @r#"
    $ sfsetup diff --template app.toml --save-plan plan.json --quiet
    Acme (acme 1) against http://127.0.0.1:PORT
    org 00DWs0000008DemMAE at http://127.0.0.1:PORT, from: environment
    after https://docs.example.com/acme, read 2026-11-23

    ~ Refresh token is valid until revoked  acme/refresh-token
        ConnectedApp:Ampersand
        ~ oauthPolicy.refreshTokenPolicy
            - zero  "Immediately expire refresh token"
            + infinite  "Refresh token is valid until revoked"
          in: Setup, Quick Find "Manage Connected Apps"  http://127.0.0.1:PORT/lightning/setup/ConnectedApplication/home

    ~ Accounts are read  acme/read
        Profile:Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  - false  + true
          in: Setup, Quick Find "Profiles"  http://127.0.0.1:PORT/lightning/setup/EnhancedProfiles/home

    2 settings differ, 0 in sync, 0 missing, 0 not observed, 0 to do by hand.
    --- exit 2
    "#
    );
    lab.env.write("app.toml", format!("{APP}\n# changed\n"));
    insta::assert_snapshot!(show(&lab, "deploy --plan plan.json --yes").await, @"
    $ sfsetup deploy --plan plan.json --yes
    --- stderr
    error: the plan is stale: the template `app.toml` has changed since it was made
    hint: make the plan anew, with `--save-plan`, and have it looked at again
    --- exit 3
    ");
    lab.env.write("app.toml", APP);
    lab.edit("ConnectedApp", "Ampersand", ">zero<", ">specific_lifetime:3:DAYS<").await;
    insta::assert_snapshot!(show(&lab, "deploy --plan plan.json --yes").await, @"
    $ sfsetup deploy --plan plan.json --yes
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    error: the plan is stale: the org has moved since it was made, or the plan says something else than what would be done, so nothing was sent
      caused by: ConnectedApp:Ampersand oauthPolicy.refreshTokenPolicy was `zero` when the plan was made and is `specific_lifetime:3:DAYS` now
    hint: make the plan anew, with `--save-plan`, and have it looked at again
    --- exit 3
    ");
    lab.edit("ConnectedApp", "Ampersand", ">specific_lifetime:3:DAYS<", ">zero<").await;
    insta::assert_snapshot!(show(&lab, "deploy --plan plan.json --yes --quiet").await, @"
    $ sfsetup deploy --plan plan.json --yes --quiet
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    2 settings to change in 2 components.
    Deployed and verified: 2 settings are as the template wants them (deploy 0AfWs0000000009KAA).
    --- exit 0
    ");
    lab.env.write("plan.json", "{\"format\": \"sfsetup.plan/9\"}");
    insta::assert_snapshot!(show(&lab, "deploy --plan plan.json --yes").await, @"
    $ sfsetup deploy --plan plan.json --yes
    --- stderr
    error: `plan.json` is no plan of this program
      caused by: it is of the format `sfsetup.plan/9`, and this program knows `sfsetup.plan/1`
    hint: a diff of an org writes one, with `--save-plan`
    --- exit 1
    ");
    lab.env.write("plan.json", "no plan");
    insta::assert_snapshot!(show(&lab, "deploy --plan plan.json --yes").await, @"
    $ sfsetup deploy --plan plan.json --yes
    --- stderr
    error: `plan.json` is no plan of this program
      caused by: expected ident at line 1 column 2
    hint: a diff of an org writes one, with `--save-plan`
    --- exit 1
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_has_changed_meanwhile_is_named() {
    let lab = lab().await;
    show(&lab, "deploy --template app.toml --yes").await;
    lab.edit("ConnectedApp", "Ampersand", ">infinite<", ">specific_lifetime:3:DAYS<").await;
    insta::assert_snapshot!(show(&lab, "rollback --yes").await, @"
    $ sfsetup rollback --yes
    Back to before JOURNAL (template acme 1), on http://127.0.0.1:PORT (00DWs0000008DemMAE)

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  specific_lifetime:3:DAYS (Expire refresh token after 3 days) -> zero (Immediately expire refresh token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  true -> false

    2 settings to change in 2 components.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    error: somebody has changed the same since, so nothing was sent
      caused by: ConnectedApp:Ampersand oauthPolicy.refreshTokenPolicy was set to `infinite` by the deploy and is `specific_lifetime:3:DAYS` now
    hint: `--force` takes it back all the same, and that change with it
    --- exit 3
    ");
    insta::assert_snapshot!(show(&lab, "rollback --yes --force").await, @"
    $ sfsetup rollback --yes --force
    Back to before JOURNAL (template acme 1), on http://127.0.0.1:PORT (00DWs0000008DemMAE)

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  specific_lifetime:3:DAYS (Expire refresh token after 3 days) -> zero (Immediately expire refresh token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  true -> false

    2 settings to change in 2 components.
    Taken back and verified: the org is as it was before JOURNAL.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    warning: ConnectedApp:Ampersand oauthPolicy.refreshTokenPolicy was set to `infinite` by the deploy and is `specific_lifetime:3:DAYS` now; that is lost
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    the org is deploying
    retrieving from http://127.0.0.1:PORT
    hint: `sfsetup rollback JOURNAL` takes the rollback back
    --- exit 0
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_org_is_shown_in_its_words() {
    let lab = lab().await;
    let step = "[[step]]\nid = \"field\"\ntitle = \"A field\"\nwant = [{ component = \
                \"PermissionSet:Warehouse_Sync\", path = \
                \"userPermissions[AuthorApex].enabled\", equals = true }]\n";
    lab.env.write("field.toml", format!("{APP}{step}"));
    insta::assert_snapshot!(show(&lab, "deploy --template field.toml --yes").await, @"
    $ sfsetup deploy --template field.toml --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ PermissionSet Warehouse_Sync
        ~ userPermissions[AuthorApex].enabled  false -> true  (field)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    3 settings to change in 3 components.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    the org is deploying
    error: the org `http://127.0.0.1:PORT` refused the deploy 0AfWs0000000003KAA, and changed nothing (Failed)
      caused by: The user license doesn't allow the permission: AuthorApex [PermissionSet:Warehouse_Sync]
      caused by: that concerns the step `field` (PermissionSet:Warehouse_Sync userPermissions[AuthorApex].enabled)
    hint: the profile or permission set stands on a licence that does not carry it: use another licence
    --- exit 3
    ");
    let step = step.replace(
        "userPermissions[AuthorApex].enabled",
        "fieldPermissions[Account.OwnerId].readable",
    );
    lab.env.write("right.toml", format!("{APP}{step}"));
    insta::assert_snapshot!(show(&lab, "deploy --template right.toml --yes").await, @"
    $ sfsetup deploy --template right.toml --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ PermissionSet Warehouse_Sync
        ~ fieldPermissions[Account.OwnerId].readable  false -> true  (field)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    3 settings to change in 3 components.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    error: the deploy to `http://127.0.0.1:PORT` cannot be carried out, so nothing was sent
      caused by: `Account.OwnerId` carries no field-level security: whoever reads the object sees it, so leave it out of the template
    hint: put right what is named here, then run the same command again
    --- exit 1
    ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_cannot_be_watched_is_found_by_the_next_run() {
    let lab = Lab::new(Store::in_memory().with_delay(Duration::from_secs(1)), Faults::none()).await;
    lab.env.write("app.toml", APP);
    lab.running.fault(FaultRule {
        call: "deployRequest.status".to_owned(),
        fault: Fault::InvalidSession,
        after: 1,
        times: Some(1),
    });
    insta::assert_snapshot!(show(&lab, "deploy --template app.toml --yes").await, @"
    $ sfsetup deploy --template app.toml --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    2 settings to change in 2 components.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    the org is deploying
    error: the org `http://127.0.0.1:PORT` goes on with the deploy 0AfWs0000000003KAA (begun TIME), but how it ends could not be seen
      caused by: Session expired or invalid (INVALID_SESSION_ID)
      caused by: the session has ended or was revoked, its user is frozen or inactive, or the org locks sessions to the address or domain where they began
    hint: sign in again: put a new token of http://127.0.0.1:PORT into SF_ACCESS_TOKEN (`sf org auth show-access-token --target-org ALIAS` shows the one of `sf`); a login of sfsetup's needs none: `sfsetup org login --help`
    hint: the journal knows it (`sfsetup rollback --list`), and the next deploy or rollback to this org finds out how it ended before it does anything else
    --- exit 1
    ");
    insta::assert_snapshot!(show(&lab, "rollback --list").await, @"
    $ sfsetup rollback --list
    Deployed to http://127.0.0.1:PORT (00DWs0000008DemMAE), newest first:

    JOURNAL  TIME
        2 changes, deploy 0AfWs0000000003KAA; template acme 1; running in the org
    --- stderr
    connecting to http://127.0.0.1:PORT
    --- exit 0
    ");
    insta::assert_snapshot!(show(&lab, "rollback --yes").await, @"
    $ sfsetup rollback --yes
    Back to before JOURNAL (template acme 1), on http://127.0.0.1:PORT (00DWs0000008DemMAE)

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  infinite (Refresh token is valid until revoked) -> zero (Immediately expire refresh token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  true -> false

    2 settings to change in 2 components.
    Taken back and verified: the org is as it was before JOURNAL.
    --- stderr
    connecting to http://127.0.0.1:PORT
    note: an earlier run was cut off (JOURNAL, template acme 1: running in the org); finding out what became of it
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_org_that_fails_before_anything_is_sent_says_so() {
    let lab = lab().await;
    lab.running.fault(once("deployRequest.start", Fault::RequestLimit));
    insta::assert_snapshot!(show(&lab, "deploy --template app.toml --yes").await, @"
    $ sfsetup deploy --template app.toml --yes
    Plan for http://127.0.0.1:PORT (00DWs0000008DemMAE) after template acme 1

    ~ ConnectedApp Ampersand
        ~ oauthPolicy.refreshTokenPolicy  zero (Immediately expire refresh token) -> infinite (Refresh token is valid until revoked)  (refresh-token)

    ~ Profile Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  false -> true  (read)

    2 settings to change in 2 components.
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    checking that the deploy can be carried out
    asking http://127.0.0.1:PORT for facts
    retrieving from http://127.0.0.1:PORT
    error: the org `http://127.0.0.1:PORT` cannot be changed
      caused by: TotalRequests Limit exceeded. (REQUEST_LIMIT_EXCEEDED)
      caused by: the org's requests for today are used up, or too many run at once
    hint: try again later; Setup, Company Information, shows the day's requests, and the event log ApiTotalUsage who makes them
    --- exit 1
    ");
}
