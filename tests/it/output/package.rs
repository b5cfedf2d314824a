//! `sfsetup package`: what is shown, written, edited and left.

use super::diff::folder;
use super::shown;
use crate::support::{Env, fixture};

#[test]
fn a_package_says_what_it_changes_and_what_is_left() {
    let env = Env::new();
    folder(&env);
    let package = "package --template acme.toml --from org";
    insta::assert_snapshot!(shown(&env, package), @"
    $ sfsetup package --template acme.toml --from org
    --- stderr
    error: the following required arguments were not provided:
      --out <DIR|FILE.zip>

    Usage: sfsetup package [OPTIONS] --out <DIR|FILE.zip>
           sfsetup package [OPTIONS] --from <PATH> --in-place
           sfsetup package [OPTIONS] --show

    For more information, try '--help'.
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, &format!("{package} --out fix")), @"
    $ sfsetup package --template acme.toml --from org --out fix
    Plan for org after template acme 2026.11

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation  ENFORCE (Enforce IP restrictions) -> BYPASS (Relax IP restrictions)  (ip)

    ~ Profile Acme Integration
        ~ objectPermissions[Account].allowRead  false -> true  (objects)

    Left, though it differs:
      ! it does not exist, and the template does not say how to make it
          A permission set: PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled
          in: Setup, Quick Find \"Permission Sets\"  /lightning/setup/PermSets/home
      ! a profile's licence can never be changed: clone a profile of the right licence and move the user to it
          The profile is on the Salesforce licence: Profile:Acme Integration userLicense
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home

    To do by hand:
      ! Invite the service's user
          Send an invitation from the vendor's console.

    Not observed, and left alone:
      ? not requested: a profile shows this only if CustomObject:Case is asked for with it
          Objects that are read: Profile:Acme Integration objectPermissions[Case].allowRead
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home
      ? offline: only an org can answer this, a folder of files cannot
          The org has API access: org.api_access
          in: Setup, Quick Find \"Company Information\"  /lightning/setup/CompanyProfileInfo/home

    2 settings to change in 2 components, 2 left, 1 by hand, 2 not observed.
    --- stderr
    hint: written to fix; `sf project deploy start --metadata-dir fix` deploys it
    --- exit 2
    ");
    insta::assert_snapshot!(shown(&env, &format!("{package} --out fix")), @"
    $ sfsetup package --template acme.toml --from org --out fix
    --- stderr
    error: `fix` is not empty, so nothing was written
    hint: name a new folder with `--out`; what lies in this one would end up in the package
    --- exit 1
    ");
    env.write("notes.txt", "mine");
    insta::assert_snapshot!(shown(&env, &format!("{package} --out notes.txt")), @"
    $ sfsetup package --template acme.toml --from org --out notes.txt
    --- stderr
    error: `notes.txt` is a file, so nothing was written
    hint: name a folder that is not there yet, or a file that ends in .zip
    --- exit 1
    ");
    assert_eq!(std::fs::read_to_string(env.folder().join("notes.txt")).unwrap(), "mine");
    insta::assert_snapshot!(
        shown(&env, &format!("{package} --out fix.zip --only ConnectedApp:Acme")),
        @"
    $ sfsetup package --template acme.toml --from org --out fix.zip --only ConnectedApp:Acme
    Plan for org after template acme 2026.11

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation  ENFORCE (Enforce IP restrictions) -> BYPASS (Relax IP restrictions)  (ip)

    1 setting to change in 1 component.
    --- stderr
    hint: written to fix.zip; `sf project deploy start --single-package --metadata-dir fix.zip` deploys it
    --- exit 0
    "
    );
    insta::assert_snapshot!(shown(&env, &format!("{package} --in-place --quiet")), @"
    $ sfsetup package --template acme.toml --from org --in-place --quiet
    Plan for org after template acme 2026.11

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation  ENFORCE (Enforce IP restrictions) -> BYPASS (Relax IP restrictions)  (ip)

    ~ Profile Acme Integration
        ~ objectPermissions[Account].allowRead  false -> true  (objects)

    Left, though it differs:
      ! it does not exist, and the template does not say how to make it
          A permission set: PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled
          in: Setup, Quick Find \"Permission Sets\"  /lightning/setup/PermSets/home
      ! a profile's licence can never be changed: clone a profile of the right licence and move the user to it
          The profile is on the Salesforce licence: Profile:Acme Integration userLicense
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home

    To do by hand:
      ! Invite the service's user
          Send an invitation from the vendor's console.

    Not observed, and left alone:
      ? not requested: a profile shows this only if CustomObject:Case is asked for with it
          Objects that are read: Profile:Acme Integration objectPermissions[Case].allowRead
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home
      ? offline: only an org can answer this, a folder of files cannot
          The org has API access: org.api_access
          in: Setup, Quick Find \"Company Information\"  /lightning/setup/CompanyProfileInfo/home

    2 settings to change in 2 components, 2 left, 1 by hand, 2 not observed.
    --- exit 2
    ");
    insta::assert_snapshot!(
        shown(&env, &format!("{package} --in-place --only ConnectedApp:Acme")),
        @"
    $ sfsetup package --template acme.toml --from org --in-place --only ConnectedApp:Acme
    Plan for org after template acme 2026.11

    --- stderr
    hint: there is nothing to deploy, so nothing was written
    --- exit 0
    "
    );
}

#[test]
fn a_saved_plan_is_a_comment_and_a_page() {
    let env = Env::new();
    let plan = format!("plan show {}/plan.json --quiet --format", fixture("previous"));
    insta::assert_snapshot!(shown(&env, &format!("{plan} markdown")), @r#"
    $ sfsetup plan show fixtures/previous/plan.json --quiet --format markdown
    ### Plan for harbourlight (00DWs000000&#8203;8DemMAE at https:&#8203;//harbourlight.example.com) after template loader 1

    **8 settings to change in 3 components (2 of them needed by another), 1 assignment.**

    - Look at what changes; sfsetup deploy carries it out, and rollback takes it back.

    <details><summary>~ ConnectedApp Ampersand: 1 setting to change</summary>

    - `oauthPolicy.refreshTokenPolicy`: `zero (Immediately expire refresh token)` → `infinite (Refresh token is valid until revoked)` (step refresh-token)

    </details>

    <details><summary>+ PermissionSet Loader_New is made: 6 settings to change</summary>

    - `label`: nothing → `Loader New` (step set)
    - `license`: nothing → `Salesforce API Integration` (step set)
    - `objectPermissions[Account].allowDelete`: nothing → `true` (step set)
    - `userPermissions[RunReports].enabled`: nothing → `true` (step set)
    - `objectPermissions[Account].allowEdit`: `false` → `true` (needed by Delete on Account)
    - `objectPermissions[Account].allowRead`: `false` → `true` (needed by Delete on Account)

    </details>

    <details><summary>~ Profile Ampersand Integration: 1 setting to change</summary>

    - `objectPermissions[Contact].viewAllFields`: `false` → `true` (step read)

    </details>

    <details><summary>What users are given, and what is taken from them (1)</summary>

    - the permission set Loader\_New is given to warehouse.sync@&#8203;harbourlight.example.com

    </details>

    <details><summary>File connectedApps/Ampersand.connectedApp</summary>

    ```xml
    <?xml version="1.0" encoding="UTF-8"?>
    <ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
        <contactEmail>it@harbourlight.example.com</contactEmail>
        <description>Sends accounts and contacts to the product that is built on Ampersand</description>
        <label>Ampersand</label>
        <oauthConfig>
            <callbackUrl>https://api.withampersand.com/callbacks/v1/oauth</callbackUrl>
            <isAdminApproved>false</isAdminApproved>
            <isClientCredentialEnabled>false</isClientCredentialEnabled>
            <isCodeCredentialEnabled>false</isCodeCredentialEnabled>
            <isCodeCredentialPostOnly>false</isCodeCredentialPostOnly>
            <isConsumerSecretOptional>false</isConsumerSecretOptional>
            <isIntrospectAllTokens>false</isIntrospectAllTokens>
            <isNamedUserJwtEnabled>false</isNamedUserJwtEnabled>
            <isPkceRequired>false</isPkceRequired>
            <isRefreshTokenRotationEnabled>false</isRefreshTokenRotationEnabled>
            <isSecretRequiredForRefreshToken>true</isSecretRequiredForRefreshToken>
            <isSecretRequiredForTokenExchange>false</isSecretRequiredForTokenExchange>
            <isTokenExchangeEnabled>false</isTokenExchangeEnabled>
            <scopes>Api</scopes>
            <scopes>RefreshToken</scopes>
        </oauthConfig>
        <oauthPolicy>
            <ipRelaxation>ENFORCE</ipRelaxation>
            <refreshTokenPolicy>infinite</refreshTokenPolicy>
        </oauthPolicy>
    </ConnectedApp>
    ```

    </details>

    <details><summary>File package.xml</summary>

    ```xml
    <?xml version="1.0" encoding="UTF-8"?>
    <Package xmlns="http://soap.sforce.com/2006/04/metadata">
        <types>
            <members>Ampersand</members>
            <name>ConnectedApp</name>
        </types>
        <types>
            <members>Loader_New</members>
            <name>PermissionSet</name>
        </types>
        <types>
            <members>Ampersand Integration</members>
            <name>Profile</name>
        </types>
        <version>67.0</version>
    </Package>
    ```

    </details>

    <details><summary>File permissionsets/Loader_New.permissionset</summary>

    ```xml
    <?xml version="1.0" encoding="UTF-8"?>
    <PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
        <label>Loader New</label>
        <license>Salesforce API Integration</license>
        <objectPermissions>
            <allowCreate>false</allowCreate>
            <allowDelete>true</allowDelete>
            <allowEdit>true</allowEdit>
            <allowRead>true</allowRead>
            <modifyAllRecords>false</modifyAllRecords>
            <object>Account</object>
            <viewAllFields>false</viewAllFields>
            <viewAllRecords>false</viewAllRecords>
        </objectPermissions>
        <userPermissions>
            <enabled>true</enabled>
            <name>RunReports</name>
        </userPermissions>
    </PermissionSet>
    ```

    </details>

    <details><summary>File profiles/Ampersand Integration.profile</summary>

    ```xml
    <?xml version="1.0" encoding="UTF-8"?>
    <Profile xmlns="http://soap.sforce.com/2006/04/metadata">
        <loginIpRanges>
            <description>Head office</description>
            <endAddress>198.51.100.255</endAddress>
            <startAddress>198.51.100.0</startAddress>
        </loginIpRanges>
        <objectPermissions>
            <allowCreate>false</allowCreate>
            <allowDelete>false</allowDelete>
            <allowEdit>true</allowEdit>
            <allowRead>true</allowRead>
            <modifyAllRecords>false</modifyAllRecords>
            <object>Contact</object>
            <viewAllFields>true</viewAllFields>
            <viewAllRecords>true</viewAllRecords>
        </objectPermissions>
    </Profile>
    ```

    </details>
    --- exit 0
    "#);
    let run = env.run(&super::arguments(&format!("{plan} html --out page.html")));
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    let page = std::fs::read_to_string(env.folder().join("page.html")).unwrap();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("plan-page", super::diff::body(&page));
    });
}
