//! `sfsetup diff` of a template: each state, and the forms of the answer.

use super::shown;
use crate::support::{Env, fixture};

/// A step of each state, on the folder that [`folder`] writes.
pub(super) const STATES: &str = r#"format = 1
[template]
name     = "acme"
title    = "Acme"
version  = "2026.11"
source   = "https://docs.example.com/acme"
reviewed = 2026-11-23
[parameters.app]
title   = "App"
default = "Acme"
[[step]]
id    = "ip"
title = "IP restrictions are relaxed"
why   = "The service calls from many addresses."
docs  = "https://docs.example.com/acme#ip"
setup = "connected-apps"
want  = [{ component = "ConnectedApp:{app}", path = "oauthPolicy.ipRelaxation", equals = "BYPASS" }]
[[step]]
id    = "refresh"
title = "Refresh token is valid until revoked"
want  = [{ component = "ConnectedApp:{app}", path = "oauthPolicy.refreshTokenPolicy", equals = "infinite" }]
[[step]]
id    = "objects"
title = "Objects that are read"
level = "recommended"
want  = [
  { component = "Profile:Acme Integration", path = "objectPermissions[Account].allowRead", equals = true },
  { component = "Profile:Acme Integration", path = "objectPermissions[Case].allowRead", equals = true },
]
[[step]]
id    = "set"
title = "A permission set"
want  = [{ component = "PermissionSet:Acme_Access", path = "userPermissions[ApiEnabled].enabled", equals = true }]
[[step]]
id    = "licence"
title = "The profile is on the Salesforce licence"
want  = [{ component = "Profile:Acme Integration", path = "userLicense", equals = "Salesforce" }]
[[step]]
id    = "edition"
title = "The org has API access"
want  = [{ fact = "org.api_access", equals = true }]
[[step]]
id    = "invite"
title = "Invite the service's user"
want  = [{ manual = "Send an invitation from the vendor's console." }]
"#;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Writes the template and a folder on which each of its steps turns out otherwise.
pub(crate) fn folder(env: &Env) {
    env.write("acme.toml", STATES);
    let xmlns = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";
    env.write(
        "org/package.xml",
        format!(
            "{HEAD}<Package {xmlns}>\n    <types>\n        <members>Acme</members>\n        \
             <name>ConnectedApp</name>\n    </types>\n    <types>\n        \
             <members>Account</members>\n        <name>CustomObject</name>\n    </types>\n    \
             <types>\n        <members>Acme_Access</members>\n        \
             <name>PermissionSet</name>\n    </types>\n    <types>\n        <members>Acme \
             Integration</members>\n        <name>Profile</name>\n    </types>\n    \
             <version>67.0</version>\n</Package>\n"
        ),
    );
    env.write(
        "org/connectedApps/Acme.connectedApp",
        format!(
            "{HEAD}<ConnectedApp {xmlns}>\n    <contactEmail>a@example.com</contactEmail>\n    \
             <label>Acme</label>\n    <oauthPolicy>\n        \
             <ipRelaxation>ENFORCE</ipRelaxation>\n        \
             <refreshTokenPolicy>infinite</refreshTokenPolicy>\n    </oauthPolicy>\n\
             </ConnectedApp>\n"
        ),
    );
    env.write(
        "org/profiles/Acme Integration.profile",
        format!(
            "{HEAD}<Profile {xmlns}>\n    <custom>true</custom>\n    \
             <userLicense>Salesforce Platform</userLicense>\n</Profile>\n"
        ),
    );
}

#[test]
fn each_state_is_shown() {
    let env = Env::new();
    folder(&env);
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from org"), @r#"
    $ sfsetup diff --template acme.toml --from org
    Acme (acme 2026.11) against org
    after https://docs.example.com/acme, read 2026-11-23

    ~ IP restrictions are relaxed  acme/ip
        ConnectedApp:Acme
        ~ oauthPolicy.ipRelaxation
            - ENFORCE  "Enforce IP restrictions"
            + BYPASS  "Relax IP restrictions"
          why: The service calls from many addresses.
          in: Setup, Quick Find "Manage Connected Apps"  /lightning/setup/ConnectedApplication/home
          docs: https://docs.example.com/acme#ip

    = Refresh token is valid until revoked

    ~ Objects that are read  0 of 2 in sync  (recommended)  acme/objects
        Profile:Acme Integration
        ~ objectPermissions[Account].allowRead  - false  + true
        ? Profile:Acme Integration objectPermissions[Case].allowRead
            not observed: not requested: a profile shows this only if CustomObject:Case is asked for
                          with it
          in: Setup, Quick Find "Profiles"  /lightning/setup/EnhancedProfiles/home

    + A permission set  acme/set
        + PermissionSet:Acme_Access does not exist; wanted on it:
            userPermissions[ApiEnabled].enabled  + true
          in: Setup, Quick Find "Permission Sets"  /lightning/setup/PermSets/home

    ~ The profile is on the Salesforce licence  acme/licence
        Profile:Acme Integration
        ~ userLicense
            - Salesforce Platform
            + Salesforce
          in: Setup, Quick Find "Profiles"  /lightning/setup/EnhancedProfiles/home

    ? The org has API access  acme/edition
        ? org.api_access
            not observed: offline: only an org can answer this, a folder of files cannot

    ! Invite the service's user  acme/invite
          Send an invitation from the vendor's console.

    3 settings differ, 1 in sync, 1 missing, 2 not observed, 1 to do by hand.
    --- stderr
    hint: `sfsetup package --template acme.toml --from org --out fix` writes the files that fix this; `--in-place` edits these
    hint: what is not observed counts neither way; --strict makes it fail
    --- exit 2
    "#);
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --from org -v --strict --only ConnectedApp:Acme"),
        @r#"
    $ sfsetup diff --template acme.toml --from org -v --strict --only ConnectedApp:Acme
    Acme (acme 2026.11) against org
    after https://docs.example.com/acme, read 2026-11-23

    ~ IP restrictions are relaxed  acme/ip
        ConnectedApp:Acme
        ~ oauthPolicy.ipRelaxation  connectedApps/Acme.connectedApp:6
            - ENFORCE  "Enforce IP restrictions"
            + BYPASS  "Relax IP restrictions"
          why: The service calls from many addresses.
          in: Setup, Quick Find "Manage Connected Apps"  /lightning/setup/ConnectedApplication/home
          docs: https://docs.example.com/acme#ip

    = Refresh token is valid until revoked

    1 setting differs, 1 in sync, 0 missing, 0 not observed, 0 to do by hand.
    --- stderr
    format text: by default
    fail-on observed: --strict
    template acme.toml: --template
    parameter acme.app = Acme: by default
    read 2 components from org
    hint: `sfsetup package --template acme.toml --only ConnectedApp:Acme --from org --out fix` writes the files that fix this; `--in-place` edits these
    --- exit 2
    "#
    );
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --from org --format json --only ConnectedApp:*:*.ip*"),
        @r#"
    $ sfsetup diff --template acme.toml --from org --format json --only ConnectedApp:*:*.ip*
    {
      "format": "sfsetup.diff/1",
      "error": null,
      "template": {
        "name": "acme",
        "version": "2026.11"
      },
      "templates": [
        {
          "name": "acme",
          "version": "2026.11",
          "source": "https://docs.example.com/acme",
          "reviewed": "2026-11-23",
          "source_read": null,
          "review_overdue": false,
          "extends": null,
          "dropped": []
        }
      ],
      "orgs": [
        {
          "org": {
            "name": "org",
            "id": null,
            "instance_url": null,
            "source": null
          },
          "error": null,
          "summary": {
            "in_sync": 0,
            "differs": 1,
            "missing": 0,
            "not_observed": 0,
            "manual": 0,
            "waived": 0
          },
          "notes": [],
          "findings": [
            {
              "template": "acme",
              "step": "ip",
              "title": "IP restrictions are relaxed",
              "level": "required",
              "state": "differs",
              "component": {
                "type": "ConnectedApp",
                "full_name": "Acme"
              },
              "path": "oauthPolicy.ipRelaxation",
              "fact": null,
              "comparison": "equals",
              "actual": "ENFORCE",
              "desired": [
                "BYPASS"
              ],
              "label": {
                "actual": "Enforce IP restrictions",
                "desired": "Relax IP restrictions"
              },
              "why": "The service calls from many addresses.",
              "docs": "https://docs.example.com/acme#ip",
              "paragraph": null,
              "setup_url": "/lightning/setup/ConnectedApplication/home",
              "manual": null,
              "reason": null,
              "note": null,
              "access_from": null,
              "alternatives": [],
              "changed": null,
              "location": {
                "file": "connectedApps/Acme.connectedApp",
                "line": 6
              }
            }
          ]
        }
      ]
    }
    --- exit 2
    "#
    );
    insta::assert_snapshot!(
        shown(&env, "diff --template acme.toml --from org --only ConnectedApp:*:*.refresh*"),
        @"
    $ sfsetup diff --template acme.toml --from org --only ConnectedApp:*:*.refresh*
    Acme (acme 2026.11) against org
    after https://docs.example.com/acme, read 2026-11-23

    = Refresh token is valid until revoked

    Nothing differs.
    0 settings differ, 1 in sync, 0 missing, 0 not observed, 0 to do by hand.
    --- exit 0
    "
    );
}

#[test]
fn a_drifted_folder_is_shown_setting_by_setting() {
    let line = format!("diff --template ampersand --from {}", fixture("drifted"));
    insta::assert_snapshot!(shown(&Env::new(), &line), @r#"
    $ sfsetup diff --template ampersand --from fixtures/drifted
    Ampersand (ampersand 2026.11) against fixtures/drifted
    after https://docs.withampersand.com/customer-guides/salesforce, read 2026-11-23

    ? The org's edition includes API access  ampersand/edition
        ? org.api_access
            not observed: offline: only an org can answer this, a folder of files cannot

    ~ Refresh token is valid until revoked  ampersand/refresh-token
        ConnectedApp:Ampersand
        ~ oauthPolicy.refreshTokenPolicy
            - zero  "Immediately expire refresh token"
            + infinite  "Refresh token is valid until revoked"
          why: Access tokens expire after hours; a refresh token that expires too stops the integration
               until somebody connects again.
          note: Since 11 May 2026 Salesforce asks apps that a partner supplies to more than two
                production orgs for PKCE, refresh token rotation, an idle limit of 30 days and an
                allowlist of addresses for refresh tokens (one source: enforced from 25 June 2026). A
                stricter limit of the app's own is the developer's choice, and no fault of this org.
          in: Setup, Quick Find "Manage Connected Apps"  /lightning/setup/ConnectedApplication/home

    ~ IP restrictions are relaxed for the app  ampersand/ip-relaxation
        ConnectedApp:Ampersand
        ~ oauthPolicy.ipRelaxation
            - ENFORCE  "Enforce IP restrictions"
            + BYPASS  "Relax IP restrictions"
          why: The integration calls from addresses that are not in the org's trusted ranges; enforced
               restrictions turn it away.
          note: The session setting that enforces login IP ranges on every request can defeat this; the
                restrictions exist only where the user's profile has login IP ranges.
          in: Setup, Quick Find "Manage Connected Apps"  /lightning/setup/ConnectedApplication/home

    ~ Permitted users: self-authorize, or pre-authorized with the profile of the user who connects  ampersand/permitted-users
        ConnectedApp:Ampersand
        ~ profileName
            - Standard User
            + includes Ampersand Integration
              or ConnectedApp:Ampersand oauthConfig.isAdminApproved equals false
          why: The guide takes either policy. Where admin approved users are pre-authorized, only users
               of a profile or permission set that the app names may connect.
          note: Switching to pre-authorized locks everybody else out and can break tokens in use; users
                may have to connect again.
          in: Setup, Quick Find "Connected Apps OAuth Usage"  /lightning/setup/ConnectedAppsUsage/home

    ! The connected app is installed in the org  ampersand/install-app
          After the app was authorized once: Setup > Connected Apps OAuth Usage, find Ampersand, click
          Install. Where API Access Control is on, click Unblock too.
          why: Since September 2025 users without a special permission cannot use an app that is not
               installed; policies can be set on an installed app only.
          in: Setup, Quick Find "Connected Apps OAuth Usage"  /lightning/setup/ConnectedAppsUsage/home

    = A profile of its own, cloned from Standard User

    ~ The profile is on the Salesforce licence  ampersand/profile-licence
        Profile:Ampersand Integration
        ~ userLicense
            - Salesforce Platform
            + Salesforce
          why: A user on the Salesforce Platform licence is refused.
          note: A profile's licence can never be changed: one on another licence must be cloned anew.
          in: Setup, Quick Find "Profiles"  /lightning/setup/EnhancedProfiles/home

    ? The user who connects is active, on the Salesforce licence and on that profile  0 of 3 in sync  ampersand/human-user
        ? user.is_active
        ? user.license
        ? user.profile
            not observed: the parameter `user` is not set, so there is nobody to ask about

    ~ System permission: API Enabled  ampersand/api-enabled
        Profile:Ampersand Integration
        ~ userPermissions[ApiEnabled].enabled  - false  + true
          why: Without it the user cannot use the API at all.
          in: Setup, Quick Find "Profiles"  /lightning/setup/EnhancedProfiles/home

    ? Approve Uninstalled Connected Apps, until the app is installed  (recommended)  ampersand/uninstalled-apps
    ? Use Any API Client, while API Access Control is on  (recommended)  ampersand/any-api-client
        ? user.permission[CanApproveUninstalledApps]
        ? user.permission[UseAnyApiClient]
            not observed: whether this step applies depends on `org.api_access_control`: offline: only
                          an org can answer this, a folder of files cannot

    ~ System permissions for Subscribe, and for quota optimisation: Modify Metadata, Customize Application  4 of 5 in sync  ampersand/subscribe
        Profile:Ampersand Integration
        ~ userPermissions[ModifyMetadata].enabled  - false  + true
          why: The integration sets up event channels and relays in the org. Salesforce turns on View
               Setup, View Roles and Manage Custom Permissions with them.
          note: The first form of the guide also asked for the permission to modify named and external
                credentials (ManageNamedCredentials); the newest no longer lists it.
          in: Setup, Quick Find "Profiles"  /lightning/setup/EnhancedProfiles/home

    ~ Objects that are read: Read, View All Records, View All Fields  2 of 9 in sync  ampersand/read-objects
        Profile:Ampersand Integration
        ~ objectPermissions[Contact].allowRead  - false  + true
        ~ objectPermissions[Account].viewAllRecords  - false  + true
        ~ objectPermissions[Contact].viewAllRecords  - false  + true
        ~ objectPermissions[Contact].viewAllFields  - false  + true
        ? Profile:Ampersand Integration objectPermissions[Opportunity].allowRead
        ? Profile:Ampersand Integration objectPermissions[Opportunity].viewAllRecords
        ? Profile:Ampersand Integration objectPermissions[Opportunity].viewAllFields
            not observed: not requested: a profile shows this only if CustomObject:Opportunity is asked
                          for with it
          why: What the user cannot see, the integration cannot read; it says nothing of what it misses.
          in: Setup, Quick Find "Profiles"  /lightning/setup/EnhancedProfiles/home

    ~ Objects that are written: every object permission  5 of 7 in sync  ampersand/write-objects
        Profile:Ampersand Integration
        ~ objectPermissions[Rental__c].allowDelete  - false  + true
        ~ objectPermissions[Rental__c].modifyAllRecords  - false  + true
          why: The integration creates, changes and deletes records whoever owns them.
          in: Setup, Quick Find "Profiles"  /lightning/setup/EnhancedProfiles/home

    = Fields that are read are visible
        from the View All Fields in the same component

    12 settings differ, 13 in sync, 0 missing, 9 not observed, 1 to do by hand.
    --- stderr
    hint: `sfsetup package --template ampersand --from fixtures/drifted --out fix` writes the files that fix this; `--in-place` edits these
    hint: what is not observed counts neither way; --strict makes it fail
    --- exit 2
    "#);
}

#[test]
fn what_nobody_asked_for_is_not_observed() {
    let line = format!("diff --template ampersand --from {} --quiet", fixture("no-record"));
    insta::assert_snapshot!(shown(&Env::new(), &line), @r#"
    $ sfsetup diff --template ampersand --from fixtures/no-record --quiet
    Ampersand (ampersand 2026.11) against fixtures/no-record
    after https://docs.withampersand.com/customer-guides/salesforce, read 2026-11-23

    ? The org's edition includes API access  ampersand/edition
        ? org.api_access
            not observed: offline: only an org can answer this, a folder of files cannot

    ~ Refresh token is valid until revoked  ampersand/refresh-token
        ConnectedApp:Ampersand
        ~ oauthPolicy.refreshTokenPolicy
            - specific_inactivity:7:DAYS  "Expire refresh token if not used for 7 days"
            + infinite  "Refresh token is valid until revoked"
          why: Access tokens expire after hours; a refresh token that expires too stops the integration
               until somebody connects again.
          note: Since 11 May 2026 Salesforce asks apps that a partner supplies to more than two
                production orgs for PKCE, refresh token rotation, an idle limit of 30 days and an
                allowlist of addresses for refresh tokens (one source: enforced from 25 June 2026). A
                stricter limit of the app's own is the developer's choice, and no fault of this org.
          in: Setup, Quick Find "Manage Connected Apps"  /lightning/setup/ConnectedApplication/home

    = IP restrictions are relaxed for the app
    = Permitted users: self-authorize, or pre-authorized with the profile of the user who connects

    ! The connected app is installed in the org  ampersand/install-app
          After the app was authorized once: Setup > Connected Apps OAuth Usage, find Ampersand, click
          Install. Where API Access Control is on, click Unblock too.
          why: Since September 2025 users without a special permission cannot use an app that is not
               installed; policies can be set on an installed app only.
          in: Setup, Quick Find "Connected Apps OAuth Usage"  /lightning/setup/ConnectedAppsUsage/home

    = A profile of its own, cloned from Standard User
    = The profile is on the Salesforce licence

    ? The user who connects is active, on the Salesforce licence and on that profile  0 of 3 in sync  ampersand/human-user
        ? user.is_active
        ? user.license
        ? user.profile
            not observed: the parameter `user` is not set, so there is nobody to ask about

    = System permission: API Enabled

    ? Approve Uninstalled Connected Apps, until the app is installed  (recommended)  ampersand/uninstalled-apps
    ? Use Any API Client, while API Access Control is on  (recommended)  ampersand/any-api-client
        ? user.permission[CanApproveUninstalledApps]
        ? user.permission[UseAnyApiClient]
            not observed: whether this step applies depends on `org.api_access_control`: offline: only
                          an org can answer this, a folder of files cannot

    ? System permissions for Subscribe, and for quota optimisation: Modify Metadata, Customize Application  0 of 5 in sync  ampersand/subscribe
    ? Objects that are read: Read, View All Records, View All Fields  3 of 9 in sync  ampersand/read-objects
    ? Objects that are written: every object permission  0 of 7 in sync  ampersand/write-objects
        ? 5 permissions of Profile:Ampersand Integration: ModifyMetadata, CustomizeApplication,
          ViewSetup, ViewRoles, ManageCustomPermissions
        ? 13 settings of 3 objects of Profile:Ampersand Integration: Contact, Opportunity, Rental__c;
          --full lists them
            not observed: not requested: the folder has no record of what was asked for (no package.xml
                          or snapshot.json)

    = Fields that are read are visible
        from the View All Fields in the same component

    1 setting differs, 9 in sync, 0 missing, 24 not observed, 1 to do by hand.
    --- exit 2
    "#);
}

#[cfg(feature = "demo")]
#[test]
fn the_demo_org_shows_its_drift_in_one_command() {
    let env = Env::new();
    insta::assert_snapshot!(shown(&env, "diff --template ampersand --org demo"), @r#"
    $ sfsetup diff --template ampersand --org demo
    Ampersand (ampersand 2026.11) against demo
    org 00DWs0000008DemMAE at http://127.0.0.1:PORT, from: the demo org in this program
    after https://docs.withampersand.com/customer-guides/salesforce, read 2026-11-23

    = The org's edition includes API access

    ~ Refresh token is valid until revoked  ampersand/refresh-token
        ConnectedApp:Ampersand
        ~ oauthPolicy.refreshTokenPolicy
            - zero  "Immediately expire refresh token"
            + infinite  "Refresh token is valid until revoked"
          why: Access tokens expire after hours; a refresh token that expires too stops the integration
               until somebody connects again.
          note: Since 11 May 2026 Salesforce asks apps that a partner supplies to more than two
                production orgs for PKCE, refresh token rotation, an idle limit of 30 days and an
                allowlist of addresses for refresh tokens (one source: enforced from 25 June 2026). A
                stricter limit of the app's own is the developer's choice, and no fault of this org.
          in: Setup, Quick Find "Manage Connected Apps"  http://127.0.0.1:PORT/lightning/setup/ConnectedApplication/home

    ~ IP restrictions are relaxed for the app  ampersand/ip-relaxation
        ConnectedApp:Ampersand
        ~ oauthPolicy.ipRelaxation
            - ENFORCE  "Enforce IP restrictions"
            + BYPASS  "Relax IP restrictions"
          why: The integration calls from addresses that are not in the org's trusted ranges; enforced
               restrictions turn it away.
          note: The session setting that enforces login IP ranges on every request can defeat this; the
                restrictions exist only where the user's profile has login IP ranges.
          in: Setup, Quick Find "Manage Connected Apps"  http://127.0.0.1:PORT/lightning/setup/ConnectedApplication/home

    = Permitted users: self-authorize, or pre-authorized with the profile of the user who connects
    = The connected app is installed in the org
    = A profile of its own, cloned from Standard User
    = The profile is on the Salesforce licence
    = The user who connects is active, on the Salesforce licence and on that profile  3 of 3 in sync
    = System permission: API Enabled
    = Approve Uninstalled Connected Apps, until the app is installed

    ~ Objects that are read: Read, View All Records, View All Fields  6 of 9 in sync  ampersand/read-objects
        Profile:Ampersand Integration
        ~ objectPermissions[Account].viewAllRecords  - false  + true
        ~ objectPermissions[Account].viewAllFields  - false  + true
        ~ objectPermissions[Contact].viewAllFields  - false  + true
          why: What the user cannot see, the integration cannot read; it says nothing of what it misses.
          in: Setup, Quick Find "Profiles"  http://127.0.0.1:PORT/lightning/setup/EnhancedProfiles/home

    ~ Objects that are written: every object permission  8 of 14 in sync  ampersand/write-objects
        1 of them from the permission set Ampersand Access
        Profile:Ampersand Integration
        ~ objectPermissions[Lead].allowDelete  - false  + true
        ~ objectPermissions[Campaign].viewAllRecords  - false  + true
        ~ objectPermissions[Campaign].modifyAllRecords  - false  + true
        ~ objectPermissions[Lead].modifyAllRecords  - false  + true
        ~ objectPermissions[Campaign].viewAllFields  - false  + true
        ~ objectPermissions[Lead].viewAllFields  - false  + true
          why: The integration creates, changes and deletes records whoever owns them.
          in: Setup, Quick Find "Profiles"  http://127.0.0.1:PORT/lightning/setup/EnhancedProfiles/home

    note: the list `fields` is empty: step `fields` asks for nothing

    11 settings differ, 24 in sync, 0 missing, 0 not observed, 0 to do by hand.
    --- stderr
    note: the demo org proposed these parameters: app_kind=connected-app  app=Ampersand  user_kind=human  user=ampersand.integration@harbourlight.example.com  profile=Ampersand Integration  permission_set=Ampersand_Access  read=Account,Contact,Opportunity  write=Campaign,Lead
    connecting to demo
    looking up what the parameters name in demo
    retrieving from demo
    asking demo for facts
    hint: `sfsetup deploy --template ampersand --org demo` shows the plan that fixes this, asks, and carries it out
    hint: the links lead to this org while `sfsetup demo serve` runs
    --- exit 2
    "#);
    insta::assert_snapshot!(
        shown(&env, "diff --template ampersand --org demo --quiet --out a.txt --save-plan p.json"),
        @"
    $ sfsetup diff --template ampersand --org demo --quiet --out a.txt --save-plan p.json
    --- exit 2
    "
    );
}

/// A page with a line for each tag, and without its head and script.
pub(super) fn body(page: &str) -> String {
    let (_, body) = page.split_once("<main>").unwrap();
    let (body, _) = body.split_once("</main>").unwrap();
    body.replace("><", ">\n<")
}

#[test]
fn each_state_is_shown_on_a_page() {
    let env = Env::new();
    folder(&env);
    let line = "diff --template acme.toml --from org --format html --out page.html";
    let run = env.run(&super::arguments(line));
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (2, "", ""));
    let page = std::fs::read_to_string(env.folder().join("page.html")).unwrap();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("page", body(&page));
    });
}

#[test]
fn each_state_is_shown_in_a_comment() {
    let env = Env::new();
    folder(&env);
    insta::assert_snapshot!(shown(&env, "diff --template acme.toml --from org --format markdown"), @r"
    $ sfsetup diff --template acme.toml --from org --format markdown
    ### The set-up of Salesforce for Acme

    **4 settings are not as they should be**: `org`

    3 settings differ, 1 in sync, 1 missing, 2 not observed, 1 to do by hand.

    - Set 4 steps right: each says where in Setup. sfsetup deploy does what a package can do.
    - Do 1 step by hand.
    - Look yourself at 1 step that could not be seen: each says why. It is counted neither way.

    <details><summary>~ differs: IP restrictions are relaxed</summary>

    `ConnectedApp:Acme`

    - IP Relaxation `oauthPolicy.ipRelaxation` is `ENFORCE` (Enforce IP restrictions), should be `BYPASS` (Relax IP restrictions) (`connectedApps/Acme.connectedApp:6`)

    Step: `acme/ip`

    In Setup: Quick Find `Manage Connected Apps` (`/lightning/setup/ConnectedApplication/home`)

    Why: The service calls from many addresses.

    Security: Unless IP restrictions are enforced, a token that was stolen works from any network. Salesforce advises to enforce them, and calls it less of a risk where tokens are short-lived and rotated, or a client certificate is asked for.

    Asked by: [https://docs.example.com/acme\#ip](<https://docs.example.com/acme#ip>)


    </details>

    <details><summary>~ differs: Objects that are read (recommended) (0 of 2 in sync)</summary>

    `Profile:Acme Integration`

    - Account: Read `objectPermissions[Account].allowRead` is `false`, should be `true` (`profiles/Acme Integration.profile:2`)

    not observed, not requested: a profile shows this only if CustomObject:&#8203;Case is asked for with it

    - Case: Read `Profile:Acme Integration objectPermissions[Case].allowRead` (`profiles/Acme Integration.profile:2`)

    Step: `acme/objects`

    In Setup: Quick Find `Profiles` (`/lightning/setup/EnhancedProfiles/home`)


    </details>

    <details><summary>+ missing: A permission set</summary>

    `PermissionSet:Acme_Access`: it does not exist

    - `userPermissions[ApiEnabled].enabled` should be `true`

    Step: `acme/set`

    In Setup: Quick Find `Permission Sets` (`/lightning/setup/PermSets/home`)


    </details>

    <details><summary>~ differs: The profile is on the Salesforce licence</summary>

    `Profile:Acme Integration`

    - `userLicense` is `Salesforce Platform`, should be `Salesforce` (`profiles/Acme Integration.profile:4`)

    Step: `acme/licence`

    In Setup: Quick Find `Profiles` (`/lightning/setup/EnhancedProfiles/home`)


    </details>

    <details><summary>! by hand: Invite the service's user</summary>

    - [ ] Send an invitation from the vendor's console.

    Step: `acme/invite`


    </details>

    <details><summary>? not observed: The org has API access</summary>

    offline: only an org can answer this, a folder of files cannot

    - The org's edition includes API access `org.api_access`

    Step: `acme/edition`


    </details>

    <details><summary>= 1 in sync</summary>

    - Refresh token is valid until revoked

    </details>

    Template `acme 2026.11`, after [https://docs.example.com/acme](<https://docs.example.com/acme>), read 2026-11-23.
    --- exit 2
    ");
    insta::assert_snapshot!(
        shown(&env, "package --template acme.toml --from org --out fix --format markdown"),
        @r#"
    $ sfsetup package --template acme.toml --from org --out fix --format markdown
    ### Plan for org after template acme 2026.11

    **2 settings to change in 2 components, 2 left, 1 by hand, 2 not observed.**

    - Look at what changes; sfsetup package writes it, in place or as files to deploy.
    - Do what is left in Setup, and tick what is done.
    - Look yourself at what could not be seen: each says why.

    <details><summary>~ ConnectedApp Acme: 1 setting to change</summary>

    - `oauthPolicy.ipRelaxation`: `ENFORCE (Enforce IP restrictions)` → `BYPASS (Relax IP restrictions)` (step ip)

    </details>

    <details><summary>~ Profile Acme Integration: 1 setting to change</summary>

    - `objectPermissions[Account].allowRead`: `false` → `true` (step objects)

    </details>

    <details><summary>Left, though it differs: it does not exist, and the template does not say how to make it</summary>

    - A permission set: PermissionSet:&#8203;Acme\_Access userPermissions\[ApiEnabled\].enabled

    In Setup: Quick Find `Permission Sets` (`/lightning/setup/PermSets/home`)


    </details>

    <details><summary>Left, though it differs: a profile's licence can never be changed: clone a profile of the right licence and move the user to it</summary>

    - The profile is on the Salesforce licence: Profile:&#8203;Acme Integration userLicense

    In Setup: Quick Find `Profiles` (`/lightning/setup/EnhancedProfiles/home`)


    </details>

    <details><summary>To do by hand: Invite the service's user</summary>

    Send an invitation from the vendor's console.


    </details>

    <details><summary>Not observed, and left alone: not requested: a profile shows this only if CustomObject:&#8203;Case is asked for with it</summary>

    - Objects that are read: Profile:&#8203;Acme Integration objectPermissions\[Case\].allowRead

    In Setup: Quick Find `Profiles` (`/lightning/setup/EnhancedProfiles/home`)


    </details>

    <details><summary>Not observed, and left alone: offline: only an org can answer this, a folder of files cannot</summary>

    - The org has API access: org.api\_access

    In Setup: Quick Find `Company Information` (`/lightning/setup/CompanyProfileInfo/home`)


    </details>

    <details><summary>File connectedApps/Acme.connectedApp</summary>

    ```diff
    --- a/connectedApps/Acme.connectedApp
    +++ b/connectedApps/Acme.connectedApp
    @@ -3,7 +3,7 @@
         <contactEmail>a@example.com</contactEmail>
         <label>Acme</label>
         <oauthPolicy>
    -        <ipRelaxation>ENFORCE</ipRelaxation>
    +        <ipRelaxation>BYPASS</ipRelaxation>
             <refreshTokenPolicy>infinite</refreshTokenPolicy>
         </oauthPolicy>
     </ConnectedApp>
    ```

    </details>

    <details><summary>File profiles/Acme Integration.profile</summary>

    ```diff
    --- a/profiles/Acme Integration.profile
    +++ b/profiles/Acme Integration.profile
    @@ -1,5 +1,15 @@
     <?xml version="1.0" encoding="UTF-8"?>
     <Profile xmlns="http://soap.sforce.com/2006/04/metadata">
         <custom>true</custom>
    +    <objectPermissions>
    +        <allowCreate>false</allowCreate>
    +        <allowDelete>false</allowDelete>
    +        <allowEdit>false</allowEdit>
    +        <allowRead>true</allowRead>
    +        <modifyAllRecords>false</modifyAllRecords>
    +        <object>Account</object>
    +        <viewAllFields>false</viewAllFields>
    +        <viewAllRecords>false</viewAllRecords>
    +    </objectPermissions>
         <userLicense>Salesforce Platform</userLicense>
     </Profile>
    ```

    </details>
    --- stderr
    hint: written to fix; `sf project deploy start --metadata-dir fix` deploys it
    --- exit 2
    "#
    );
}

#[test]
fn an_org_that_failed_is_a_page_and_a_comment_that_say_so() {
    let env = Env::new();
    folder(&env);
    let line = "diff --template acme.toml --org nowhere --format";
    insta::assert_snapshot!(shown(&env, &format!("{line} markdown")), @"
    $ sfsetup diff --template acme.toml --org nowhere --format markdown
    ### The set-up of Salesforce for Acme

    **It could not be asked**: `nowhere`

    cannot read the org `nowhere`: no login has that name, and the sf command line, which might know it, is not installed (`NO_SUCH_ORG`)

    - `sfsetup org list` lists the orgs that are known; `sfsetup org login nowhere` adds it

    Template `acme 2026.11`, after [https://docs.example.com/acme](<https://docs.example.com/acme>), read 2026-11-23.
    --- stderr
    error: cannot read the org `nowhere`
      caused by: no login has that name, and the sf command line, which might know it, is not installed
    hint: `sfsetup org list` lists the orgs that are known; `sfsetup org login nowhere` adds it
    --- exit 1
    ");
    let run = env.run(&super::arguments(&format!("{line} html")));
    assert_eq!(run.code, 1, "{run:?}");
    insta::assert_snapshot!(body(&run.stdout), @r#"
    <h1>The set-up of Salesforce for Acme</h1>
    <section class="org" id="org-0" data-org="0">
    <h2 class="verdict">nowhere: it could not be asked</h2>
    <p class="error">cannot read the org <code>nowhere</code>: no login has that name, and the sf command line, which might know it, is not installed <code>NO_SUCH_ORG</code>
    </p>
    <p class="lead">What to do now:</p>
    <ul class="next">
    <li>
    <code>sfsetup org list</code> lists the orgs that are known; <code>sfsetup org login nowhere</code> adds it</li>
    </ul>
    <p class="about">Looked at on 2026-11-27.</p>
    </section>
    <footer>
    <p>Template <code>acme 2026.11</code>, after <a href="https://docs.example.com/acme" rel="noopener noreferrer">https://docs.example.com/acme</a>, read 2026-11-23.</p>
    </footer>
    "#);
}
