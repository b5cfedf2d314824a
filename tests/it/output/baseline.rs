//! `sfsetup diff --baseline`: two states held against each other.

use super::shown;
use crate::support::Env;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const XMLNS: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

fn object(name: &str) -> String {
    format!(
        "    <objectPermissions>\n        <allowRead>true</allowRead>\n        \
         <object>{name}</object>\n    </objectPermissions>\n"
    )
}

fn profile(inner: &str) -> String {
    format!("{HEAD}<Profile {XMLNS}>\n    <custom>true</custom>\n{inner}</Profile>\n")
}

fn app(label: &str, policy: &str) -> String {
    format!(
        "{HEAD}<ConnectedApp {XMLNS}>\n    <label>{label}</label>\n    <oauthPolicy>\n        \
         <ipRelaxation>{policy}</ipRelaxation>\n    </oauthPolicy>\n</ConnectedApp>\n"
    )
}

#[test]
fn what_changed_since_is_shown_by_component() {
    let env = Env::new();
    let many: String = (1..=12).map(|number| object(&format!("Rental_{number:02}__c"))).collect();
    env.write("then/connectedApps/Acme.connectedApp", app("Acme", "BYPASS"));
    env.write("then/profiles/A.profile", profile(&object("Account")));
    env.write("then/profiles/Gone.profile", profile(""));
    env.write("now/connectedApps/Acme.connectedApp", app("Acme", "ENFORCE"));
    env.write("now/profiles/A.profile", profile(&[object("Contact"), many].concat()));
    env.write("now/profiles/New.profile", profile(""));
    env.write("now/profiles/Broken.profile", "<Profile");
    env.write("then/profiles/Broken.profile", profile(""));
    let diff = "diff --baseline then --from now";
    insta::assert_snapshot!(shown(&env, diff), @"
    $ sfsetup diff --baseline then --from now
    now against the baseline `then`

    - is there now, + is in the baseline

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation
            - ENFORCE (Enforce IP restrictions)
            + BYPASS (Relax IP restrictions)

    ~ Profile A
        + objectPermissions[Account]  allowRead=true
        - objectPermissions[Contact]  allowRead=true
        - objectPermissions[Rental_01__c]  allowRead=true
        - objectPermissions[Rental_02__c]  allowRead=true
        - objectPermissions[Rental_03__c]  allowRead=true
        - objectPermissions[Rental_04__c]  allowRead=true
        - objectPermissions[Rental_05__c]  allowRead=true
        - objectPermissions[Rental_06__c]  allowRead=true
          and 6 more in objectPermissions (6 -); --full lists them

    + Profile Gone  is in the baseline alone

    - Profile New  is not in the baseline

    ? Profile Broken
          profiles/Broken.profile:1:1: the file ends in the middle of a tag

    note: both sides have no record of what was asked for (package.xml or snapshot.json), which is taken for all that there is; --sparse takes it for a part

    15 settings in 2 components differ, 1 component is not in the baseline, 1 component is in the baseline alone, 0 components in sync, 1 not observed.
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Broken.profile:1:1: the file ends in the middle of a tag
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, &format!("{diff} --format markdown")), @"
    $ sfsetup diff --baseline then --from now --format markdown
    ### What is not as in the baseline then

    **17 differences from the baseline; not all of the metadata could be read**: `now`

    15 settings in 2 components differ, 1 component is not in the baseline, 1 component is in the baseline alone, 0 components in sync, 1 not observed.

    - Mend the files that are no metadata, and look again.
    - Look at 4 components, and decide what stays; sfsetup deploy --baseline brings back the rest.
    - Look yourself at 1 component that could not be seen: each says why. It is counted neither way.

    <details><summary>~ differs: ConnectedApp Acme</summary>

    - IP Relaxation `oauthPolicy.ipRelaxation` is `ENFORCE` (Enforce IP restrictions), the baseline has `BYPASS` (Relax IP restrictions) (`connectedApps/Acme.connectedApp:5`)

    In Setup: Quick Find `Manage Connected Apps` (`/lightning/setup/ConnectedApplication/home`)

    Security: Unless IP restrictions are enforced, a token that was stolen works from any network. Salesforce advises to enforce them, and calls it less of a risk where tokens are short-lived and rotated, or a client certificate is asked for.


    </details>

    <details><summary>~ differs: Profile A</summary>

    - `objectPermissions[Account]` is `(not set)`, the baseline has `allowRead=true` (`profiles/A.profile:4`)
    - `objectPermissions[Contact]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:4`)
    - `objectPermissions[Rental_01__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:8`)
    - `objectPermissions[Rental_02__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:12`)
    - `objectPermissions[Rental_03__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:16`)
    - `objectPermissions[Rental_04__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:20`)
    - `objectPermissions[Rental_05__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:24`)
    - `objectPermissions[Rental_06__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:28`)
    - `objectPermissions[Rental_07__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:32`)
    - `objectPermissions[Rental_08__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:36`)
    - `objectPermissions[Rental_09__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:40`)
    - `objectPermissions[Rental_10__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:44`)
    - `objectPermissions[Rental_11__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:48`)
    - `objectPermissions[Rental_12__c]` is `allowRead=true`, the baseline has `(not set)` (`profiles/A.profile:52`)

    In Setup: Quick Find `Profiles` (`/lightning/setup/EnhancedProfiles/home`)


    </details>

    <details><summary>~ differs: Profile Gone</summary>

    it is in the baseline, and not there any more


    In Setup: Quick Find `Profiles` (`/lightning/setup/EnhancedProfiles/home`)


    </details>

    <details><summary>~ differs: Profile New</summary>

    it is there, and not in the baseline


    In Setup: Quick Find `Profiles` (`/lightning/setup/EnhancedProfiles/home`)


    </details>

    <details><summary>? not observed: Profile Broken</summary>

    profiles/Broken.profile:&#8203;1:&#8203;1: the file ends in the middle of a tag

    - `Profile:Broken` (`profiles/Broken.profile:1`)


    </details>

    <details><summary>To be known</summary>

    - not metadata: profiles/Broken.profile:&#8203;1:&#8203;1: the file ends in the middle of a tag
    - both sides have no record of what was asked for (package.xml or snapshot.json), which is taken for all that there is; --sparse takes it for a part

    </details>
    --- stderr
    error: not all of the metadata can be read
      caused by: profiles/Broken.profile:1:1: the file ends in the middle of a tag
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    ");
    insta::assert_snapshot!(shown(&env, &format!("{diff} --sparse --full -v")), @"
    $ sfsetup diff --baseline then --from now --sparse --full -v
    now against the baseline `then`

    - is there now, + is in the baseline

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation  connectedApps/Acme.connectedApp:5
            - ENFORCE (Enforce IP restrictions)
            + BYPASS (Relax IP restrictions)

    ? Profile A
        ? objectPermissions[Account]  profiles/A.profile:4
            not observed: what is there now has no record of what was asked for (--sparse)
        ? objectPermissions[Contact]  profiles/A.profile:4
        ? objectPermissions[Rental_01__c]  profiles/A.profile:8
        ? objectPermissions[Rental_02__c]  profiles/A.profile:12
        ? objectPermissions[Rental_03__c]  profiles/A.profile:16
        ? objectPermissions[Rental_04__c]  profiles/A.profile:20
        ? objectPermissions[Rental_05__c]  profiles/A.profile:24
        ? objectPermissions[Rental_06__c]  profiles/A.profile:28
        ? objectPermissions[Rental_07__c]  profiles/A.profile:32
        ? objectPermissions[Rental_08__c]  profiles/A.profile:36
        ? objectPermissions[Rental_09__c]  profiles/A.profile:40
        ? objectPermissions[Rental_10__c]  profiles/A.profile:44
        ? objectPermissions[Rental_11__c]  profiles/A.profile:48
        ? objectPermissions[Rental_12__c]  profiles/A.profile:52
            not observed: the baseline has no record of what was asked for (--sparse)

    ? Profile Broken  profiles/Broken.profile:1
          profiles/Broken.profile:1:1: the file ends in the middle of a tag

    ? Profile Gone  profiles/Gone.profile:2
          what is there now has no record of what was asked for (--sparse)

    ? Profile New  profiles/New.profile:2
          the baseline has no record of what was asked for (--sparse)

    note: both sides have no record of what was asked for (package.xml or snapshot.json); what is absent there is not observed (--sparse)

    1 setting in 1 component differs, 0 components in sync, 17 not observed.
    --- stderr
    format text: by default
    fail-on any: by default
    error: not all of the metadata can be read
      caused by: profiles/Broken.profile:1:1: the file ends in the middle of a tag
    hint: put right what is named here and run this again; the rest was looked at
    --- exit 1
    ");
    insta::assert_snapshot!(
        shown(&env, &format!("{diff} --format json --only ConnectedApp:*")),
        @r#"
    $ sfsetup diff --baseline then --from now --format json --only ConnectedApp:*
    {
      "format": "sfsetup.diff/1",
      "error": null,
      "template": null,
      "templates": [],
      "orgs": [
        {
          "org": {
            "name": "now",
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
          "notes": [
            "both sides have no record of what was asked for (package.xml or snapshot.json), which is taken for all that there is; --sparse takes it for a part"
          ],
          "findings": [
            {
              "template": null,
              "step": null,
              "title": "",
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
              "why": null,
              "docs": null,
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
                "line": 5
              }
            }
          ]
        }
      ]
    }
    --- exit 2
    "#
    );
    insta::assert_snapshot!(shown(&env, "diff --baseline then --from then"), @"
    $ sfsetup diff --baseline then --from then
    then against the baseline `then`

    note: both sides have no record of what was asked for (package.xml or snapshot.json), which is taken for all that there is; --sparse takes it for a part

    Nothing differs.
    0 settings differ, 4 components in sync, 0 not observed.
    --- exit 0
    ");
    let whole = shown(&env, "package --baseline then --from now --show --only Profile:A");
    assert!(whole.contains("\n14 settings to change in 1 component.\n"), "{whole}");
    assert!(whole.contains("--- a/profiles/A.profile\n+++ b/profiles/A.profile\n"), "{whole}");
    assert!(whole.contains("hint: nothing was written; `--out DIR`"), "{whole}");
}
