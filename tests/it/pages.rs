//! Templates as pages, what they ask an org, and what a new revision asks: as a person gets them.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use sfsetup::metadata::fact::Fact;

use crate::output::shown;
use crate::support::{Env, Run};

const HEAD: &str = "format = 1\n[template]\nversion = \"2026.11\"\nreviewed = 2026-11-23\n";

/// A template whose every text tries to be markup.
fn hostile() -> String {
    let bad = "<script>alert('x')</script> [a](javascript:b) `c` *d*";
    format!(
        "{HEAD}name = \"acme\"\ntitle = \"{bad}\"\nsource = \"javascript:alert(1)\"\nrevision = \
         \"{bad}\"\n[parameters.app]\ntitle = \"{bad}\"\n[[step]]\nid = \"x\"\ntitle = \
         \"{bad}\"\nwhy = \"{bad}\"\nnote = \"{bad}\"\nparagraph = \"{bad}\"\ndocs = \
         \"https://docs.example.com/\\\"><script>\"\nwant = [{{ manual = \"{bad}\" }}, {{ component \
         = \"Profile:{bad}\", path = \"custom\", equals = true }}]\n"
    )
}

#[test]
fn a_page_in_html_is_one_file_and_nothing_in_it_is_run() {
    let env = Env::new();
    env.write("acme.toml", hostile());
    let run = env.run(&["template", "show", "acme.toml", "--format", "html"]);
    assert_eq!(run.code, 0, "{run:?}");
    let page = &run.stdout;
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    for never in ["<script", "javascript:alert(1)\"", "src=", "<link", "url(", "@import", "on"] {
        let tags: String = page.split('<').map(|part| part.split('>').next().unwrap()).collect();
        let place = if never == "on" { tags.contains(" onerror") } else { page.contains(never) };
        assert!(!place, "`{never}` is in\n{page}");
    }
    assert!(page.contains("&lt;script&gt;alert('x')&lt;/script&gt;"), "{page}");
    assert!(page.contains("default-src 'none'"), "{page}");
    let run = env.run(&["template", "show", "acme.toml", "--format", "markdown"]);
    // What stands in code is no markup.
    let is_code = |line: &&str| line.contains("`` Profile:");
    for line in run.stdout.lines().filter(|line| !is_code(line)) {
        assert!(!line.contains("<script") && !line.contains("[a](javascript"), "{line}");
    }
}

#[test]
fn a_page_says_what_checks_it_and_what_a_fix_leaves_alone() {
    let env = Env::new();
    env.write(
        "own/acme.toml",
        format!(
            "{HEAD}name = \"acme\"\ntitle = \"T\"\nsource = \"https://x.example.com\"\nsign-in = \
             [\"web-server\"]\n[parameters.user]\ntitle = \"U\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = \
             [{{ fact = \"user.permission_set[Acme]\", equals = true }}, {{ component = \
             \"ConnectedApp:Acme\", path = \"oauthPolicy.refreshTokenPolicy\", one-of = [\"infinite\", \
             \"zero\"] }}]\n"
        ),
    );
    for (format, code) in [("markdown", "`"), ("html", "")] {
        let run = env.run(&["template", "show", "own/acme.toml", "--format", format]);
        for words in [
            "The permission set Acme is assigned to the user, without an end",
            "Refresh token is valid until revoked | Immediately expire refresh token",
            "It signs in by web server flow",
            &format!("{code}sfsetup diff --template acme.toml --org ORG --set user=..{code}"),
            &format!("{code}sfsetup deploy --template acme.toml --org ORG --set user=..{code}"),
            "and nothing beside them:",
        ] {
            let text = run.stdout.replace("<code>", "").replace("</code>", "").replace('\\', "");
            assert!(text.contains(words), "{format}: {words}\n{text}");
        }
    }
    for name in ["acme.pdf", "acme.DOCX"] {
        let run = env.run(&["template", "show", "own/acme.toml", "--out", name]);
        assert!(run.code == 64 && run.stderr.contains("a browser prints a page"), "{run:?}");
        assert!(!env.folder().join(name).exists());
    }
}

#[test]
fn every_shipped_template_is_a_page_in_both_forms() {
    let env = Env::new();
    for shipped in sfsetup::template::builtin::all() {
        let template = sfsetup::template::parse(shipped.name, shipped.text).unwrap();
        for format in ["html", "markdown"] {
            let run = env.run(&["template", "show", shipped.name, "--format", format]);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
            let number = format!("{}. ", template.steps.len());
            assert!(run.stdout.contains(&number), "{}", run.stdout);
        }
    }
}

#[test]
fn a_page_in_markdown_is_narrowed_to_what_applies() {
    let env = Env::new();
    insta::assert_snapshot!(shown(
        &env,
        "template show zapier --set app=Zapier_Sales --set contact_email=it@example.com --format \
         markdown"
    ), @r#"
    $ sfsetup template show zapier --set app=Zapier_Sales --set contact_email=it@example.com --format markdown
    # Zapier, with an app of your own: setting up Salesforce

    After [https://help.zapier.com/hc/en-us/articles/44572745697421](<https://help.zapier.com/hc/en-us/articles/44572745697421>), revision help page as of 2026-11-25, read 2026-11-25. Template `zapier` 2026.11.

    It signs in by web server flow.

    > Its page was read in part (the part that states the requirements was read).

    This page is for:

    - `app`: Zapier\_Sales
    - `contact_email`: it@example.com

    ## Steps

    ### 1. A local external client app of this org

    The integration signs in through an app; since Spring '26 a new one is an external client app.

    - Distribution State: `ExternalClientApplication:Zapier_Sales distributionState` = Local
    - where `ExternalClientApplication:Zapier_Sales` does not exist, it is made
      - `contactEmail = it@example.com`
      - `distributionState = Local`
      - `label = Zapier_Sales`

    Where: Setup, Quick Find "External Client App Manager" (`/lightning/setup/ManageExternalClientApplication/home`)

    Who: an administrator in Setup, or sfsetup deploy

    Asked by: [1. Create an External Client App](<https://help.zapier.com/hc/en-us/articles/44572745697421>)

    Note: Only where the org demands an app of its own; where Zapier's app is allowed, none of this is needed.

    Step: `app`

    ### 2. OAuth scopes: id, api, refresh\_token/offline\_access, full

    Without a scope the tokens that the integration gets do not reach what it reads.

    - OAuth Scopes: `ExtlClntAppOauthSettings:Zapier_Sales commaSeparatedOauthScopes` includes Basic, Api, RefreshToken, Full

    Where: Setup, Quick Find "External Client App Manager" (`/lightning/setup/ManageExternalClientApplication/home`)

    Who: an administrator in Setup, or sfsetup deploy

    Asked by: [1. Create an External Client App](<https://help.zapier.com/hc/en-us/articles/44572745697421>)

    Step: `scopes`

    ### 3. Callback URL

    The answer to the sign-in goes to this address; any other is refused.

    - Callback URL: `ExtlClntAppGlobalOauthSettings:Zapier_Sales callbackUrl` includes https://zapier.com/dashboard/auth/oauth/return/SalesforceCLIAPI/

    Where: Setup, Quick Find "External Client App Manager" (`/lightning/setup/ManageExternalClientApplication/home`)

    Who: an administrator in Setup, or sfsetup deploy

    Asked by: [1. Create an External Client App](<https://help.zapier.com/hc/en-us/articles/44572745697421>)

    Step: `callback`

    ### 4. PKCE is not required

    A new external client app requires PKCE, and Zapier's page has it off.

    - `ExtlClntAppGlobalOauthSettings:Zapier_Sales isPkceRequired` = false

    Where: Setup, Quick Find "External Client App Manager" (`/lightning/setup/ManageExternalClientApplication/home`)

    Who: an administrator in Setup, or sfsetup deploy

    Asked by: [1. Create an External Client App](<https://help.zapier.com/hc/en-us/articles/44572745697421>)

    Step: `oauth-settings`

    ### 5. Refresh token is valid until revoked

    Access tokens expire; a refresh token that expires too stops the integration until somebody connects again.

    - Refresh Token Policy: `ExtlClntAppOauthConfigurablePolicies:Zapier_Sales refreshTokenPolicyType` = Infinite ("Refresh token is valid until revoked")

    Where: Setup, Quick Find "External Client App Manager" (`/lightning/setup/ManageExternalClientApplication/home`)

    Who: an administrator in Setup, or sfsetup deploy

    Asked by: [2. Configure the refresh token policy](<https://help.zapier.com/hc/en-us/articles/44572745697421>)

    Step: `refresh-token`

    ### 6. My Domain is set up

    The page asks for it.

    - by hand: Setup &gt; My Domain: see that it is configured, and give its address to Zapier if it asks.

    Where: Setup, Quick Find "My Domain" (`/lightning/setup/OrgDomain/home`)

    Who: an administrator, by hand

    Asked by: [Prerequisites](<https://help.zapier.com/hc/en-us/articles/44572745697421>)

    Step: `my-domain`

    ### 7. Whoever makes the app is an administrator

    The page asks for administrator rights to make and connect the app.

    - by hand: Let an administrator make the app and connect it.

    Where: Setup, Quick Find "Users" (`/lightning/setup/ManageUsers/home`)

    Who: an administrator, by hand

    Asked by: [Prerequisites](<https://help.zapier.com/hc/en-us/articles/44572745697421>)

    Step: `admin`

    ## What no deploy can do, in whole or in part

    - step 6: My Domain is set up
    - step 7: Whoever makes the app is an administrator

    ## Check it, and set it right

    With sfsetup the first of these says what is otherwise in an org, and changes nothing; the second shows what it would change, and asks.

    - `sfsetup diff --template zapier --org ORG --set app=Zapier_Sales --set contact_email=it@example.com`
    - `sfsetup deploy --template zapier --org ORG --set app=Zapier_Sales --set contact_email=it@example.com`

    The second changes the settings named above in these components, and nothing beside them:

    - `ExternalClientApplication:Zapier_Sales`: distributionState
    - `ExtlClntAppGlobalOauthSettings:Zapier_Sales`: callbackUrl, isPkceRequired
    - `ExtlClntAppOauthConfigurablePolicies:Zapier_Sales`: refreshTokenPolicyType
    - `ExtlClntAppOauthSettings:Zapier_Sales`: commaSeparatedOauthScopes
    --- exit 0
    "#);
    let run = env.run(&["template", "show", "ampersand", "--set", "user_kind=integration"]);
    assert!(!run.stdout.contains("cloned from Standard User"), "{}", run.stdout);
    for (set, words) in
        [("user_kin=human", "did you mean `user_kind`?"), ("user_kind", "name=value")]
    {
        let run = env.run(&["template", "show", "ampersand", "--set", set]);
        assert!(run.code == 64 && run.stderr.contains(words), "{run:?}");
    }
}

#[test]
fn what_a_template_asks_is_listed_beforehand() {
    let env = Env::new();
    insta::assert_snapshot!(shown(
        &env,
        "template show ampersand --asks --set app=Ampersand --set app_kind=connected-app --set \
         user_kind=human --set read=Account,Lead --set write= --set fields="
    ), @"
    $ sfsetup template show ampersand --asks --set app=Ampersand --set app_kind=connected-app --set user_kind=human --set read=Account,Lead --set write= --set fields=
    What Ampersand (ampersand) asks an org

    Components, by a retrieve of the Metadata API
      ConnectedApp: Ampersand
      ExternalClientApplication: *
      Profile: Standard, {profile}
      Settings: ConnectedApp

    Beside profiles, so that what is absent can be read
      CustomObject: Account, Lead

    Lists, by the Metadata API
      ConnectedApp: which there are
      ExternalClientApplication: which there are

    Rows, by SOQL
      ConnectedApplication: whether the app is there
      ObjectPermissions: object Account, object Lead
      Organization: edition, for API access
      PermissionSet: system permission ApiEnabled, system permission AssignPermissionSets, system permission AuthorApex, system permission CanApproveUninstalledApps, system permission CustomizeApplication, system permission ManageCustomPermissions, system permission ManageProfilesPermissionsets, system permission ModifyMetadata, system permission UseAnyApiClient, system permission ViewRoles, system permission ViewSetup
      PermissionSetAssignment: what the named user has
      PermissionSetGroupComponent: the sets of their groups
      User: the named user, the named user: active, profile, licence

    Also: which of the names above the org has (lists of the Metadata API, EntityDefinition, FieldDefinition, the schemas of PermissionSet and of objects), and who signs in. Nothing is written; `sfsetup diff -v` shows every request.
    --- exit 0
    ");
    let run = env.run(&["template", "show", "gong", "--asks", "--format", "json"]);
    let asks: Json = serde_json::from_str(&run.stdout).unwrap();
    let sets = asks["components"]["PermissionSet"].as_array().unwrap();
    assert!(sets.iter().any(|one| one == "{holder}"), "{asks}");
    assert_eq!(asks["writes"], Json::Array(Vec::new()));
    let run = env.run(&["template", "show", "gong", "--asks", "--format", "html"]);
    assert_eq!(run.code, 64, "{run:?}");
}

/// The objects that a run reads by SOQL, as `-v` tells.
fn read_by(run: &Run) -> BTreeSet<String> {
    let queries = run.stderr.lines().filter(|line| line.contains("/query?q="));
    let words = queries.map(|line| line.replace("%20", " ").replace('+', " "));
    let object = |line: String| {
        let rest = line.split_once(" FROM ")?.1.to_owned();
        Some(rest.split([' ', '&']).next().unwrap_or_default().to_owned())
    };
    words.filter_map(object).collect()
}

/// Each fact is asked of the demo org, and what is read then stands in what is listed beforehand.
#[test]
fn what_each_fact_reads_is_listed_beforehand() {
    let env = Env::new();
    for name in Fact::names() {
        let key = match name {
            "user.permission" => "[ApiEnabled]",
            "user.object" => "[Account].read",
            "user.field" => "[Account.Phone].read",
            "user.permission_set" => "[Warehouse_Sync]",
            "license.seats" => "[Salesforce]",
            "user.feature" => "[MarketingUser]",
            "user.permission_set_license" => "[Salesforce API Integration]",
            "user.app_access" => "[Ampersand_ECA]",
            "package.installed" | "package.version" => "[beacon]",
            "cdc.member" => "[Account]",
            "org.feature" => "[Chatter]",
            _ => "",
        };
        env.write(
            "t.toml",
            format!(
                "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\n\
                 source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
                 [parameters.user]\ntitle = \"U\"\n[parameters.app]\ntitle = \"A\"\n\
                 [[step]]\nid = \"a\"\ntitle = \"A\"\n\
                 want = [{{ fact = \"{name}{key}\", absent = true }}]\n"
            ),
        );
        let asks = env.run(&["template", "show", "t.toml", "--asks", "--format", "json"]);
        let asks: Json = serde_json::from_str(&asks.stdout).unwrap();
        let rows = asks["rows"].as_array().unwrap().iter();
        let told: BTreeSet<&str> =
            rows.map(|row| row["objects"].as_str().unwrap_or_default()).collect();
        let user = "user=warehouse.sync@harbourlight.example.com";
        let run = env.run(&[
            "diff",
            "--template",
            "t.toml",
            "--org",
            "demo",
            "-v",
            "--set",
            user,
            "--set",
            "app=Ampersand ECA",
        ]);
        assert!([0, 1, 2].contains(&run.code), "{name}: {run:?}");
        // Which org it is, and which of the names it has, is said of all.
        let besides = ["Organization", "EntityDefinition", "FieldDefinition"];
        for object in read_by(&run).iter().map(String::as_str) {
            let is_told = told.contains(object) || besides.contains(&object);
            assert!(is_told, "{name} reads {object}, beside {told:?}: {run:?}");
        }
        let retrieves = run.stderr.lines().any(|line| line.contains("retrieve"));
        let is_told = asks["components"].as_object().is_some_and(|all| !all.is_empty());
        assert!(is_told || !retrieves, "{name} retrieves: {run:?}");
    }
}

#[test]
fn what_a_new_revision_asks_is_told_step_by_step() {
    let step = |id: &str, path: &str, value: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\ntitle = \"Step {id}\"\nwant = [{{ component = \"Profile:P\", \
             path = \"{path}\", equals = {value} }}]\n"
        )
    };
    let head = |revision: &str| {
        format!(
            "{HEAD}name = \"acme\"\ntitle = \"Acme\"\nsource = \"https://docs.example.com\"\nrevision \
             = \"{revision}\"\n"
        )
    };
    let env = Env::new();
    let api = "userPermissions[ApiEnabled].enabled";
    env.write(
        "old.toml",
        format!(
            "{}{}{}{}",
            head("1"),
            step("same", "custom", "true"),
            step("changed", api, "false"),
            step("gone", "userLicense", "\"Salesforce\"")
        ),
    );
    env.write(
        "new.toml",
        format!(
            "{}[parameters.user]\ntitle = \"User\"\ndefault = \"\"\n{}{}{}",
            head("2"),
            step("same", "custom", "true"),
            step("changed", api, "true"),
            step("come", "userPermissions[ViewSetup].enabled", "true")
        ),
    );
    insta::assert_snapshot!(shown(&env, "template diff old.toml new.toml"), @"
    $ sfsetup template diff old.toml new.toml
    - acme 2026.11 (1), read 2026-11-23
    + acme 2026.11 (2), read 2026-11-23

    + parameter user
    ~ step changed: Step changed
        - - Profile:P userPermissions[ApiEnabled].enabled = false
        + - Profile:P userPermissions[ApiEnabled].enabled = true
    + step come: Step come
        + - Profile:P userPermissions[ViewSetup].enabled = true
    - step gone: Step gone

    1 step comes, 1 goes, 1 changes.
    --- exit 0
    ");
    let run = env.run(&["template", "diff", "old.toml", "new.toml", "--out", "changes.md"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    let page = std::fs::read_to_string(env.folder().join("changes.md")).unwrap();
    insta::assert_snapshot!(page, @r"
    # Acme: what 2026.11 (2) asks that 2026.11 (1) did not

    ## Parameter `user`: new

    ## Step changed (`changed`): changed

    - no more: Profile:P userPermissions\[ApiEnabled\].enabled = false
    - Profile:P userPermissions\[ApiEnabled\].enabled = true

    ## Step come (`come`): new

    - Profile:P userPermissions\[ViewSetup\].enabled = true

    ## Step gone (`gone`): no more
    ");
    let run = env.run(&["template", "diff", "old.toml", "new.toml", "--format", "json"]);
    let diff: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(diff["steps"].as_array().unwrap().len(), 3, "{diff}");
    assert!(env.run(&["template", "diff", "gong", "gong"]).stdout.contains("Both ask the same"));
}

/// The demo org's metadata in files.
const METADATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/metadata");

#[test]
fn a_template_that_nobody_looked_at_for_a_year_says_so() {
    let env = Env::new();
    let old = "it was last held against its page on 2026-11-23, more than a year ago";
    let run = |day: &str, arguments: &[&str]| {
        let output = env.command().env("SOURCE_DATE_EPOCH", day).args(arguments).output().unwrap();
        crate::support::finish(output)
    };
    // 23 and 24 November 2027.
    let (young, late) = ("1826928000", "1827014400");
    let set = ["--set", "app=Ampersand"];
    let with_set = |arguments: &[&'static str]| [arguments, &set].concat();
    let json = ["--format", "json"];
    for arguments in [
        &["template", "show", "ampersand"][..],
        &["template", "show", "ampersand", "--asks"],
        &["template", "show", "ampersand", "--format", "html"],
        &["template", "check", "ampersand"],
        &["template", "diff", "gong", "ampersand"],
        &with_set(&["diff", "--template", "ampersand", "--from", METADATA]),
        &with_set(&["diff", "--template", "ampersand", "--from", METADATA, "--format", "html"]),
        &with_set(&["diff", "--template", "ampersand", "--from", METADATA, "--format", "markdown"]),
        &with_set(&["deploy", "--template", "ampersand", "--org", "demo", "--yes"]),
    ] {
        let quiet = [arguments, &["-q"]].concat();
        let words = |run: &crate::support::Run| {
            run.stdout.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
        };
        let now = run(young, &quiet);
        assert!(!words(&now).contains("more than a year"), "{arguments:?}: {now:?}");
        let then = run(late, &quiet);
        assert!(words(&then).contains(old), "{arguments:?}: {then:?}");
        assert_eq!(now.code, then.code, "{arguments:?}");
    }
    for (arguments, pointer) in [
        (&["template", "show", "ampersand"][..], "/review_overdue"),
        (&["template", "show", "ampersand", "--asks"], "/review_overdue"),
        (&["template", "diff", "gong", "ampersand"], "/new/review_overdue"),
        (
            &with_set(&["diff", "--template", "ampersand", "--from", METADATA]),
            "/templates/0/review_overdue",
        ),
    ] {
        for (day, is_late) in [(young, false), (late, true)] {
            let run = run(day, &[arguments, &json].concat());
            let told: Json = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(told.pointer(pointer), Some(&is_late.into()), "{arguments:?}: {told}");
        }
    }
}

#[test]
fn a_day_that_has_yet_to_come_is_a_mistake_and_tomorrow_is_none() {
    let env = Env::new();
    // The tests run on 27 November 2026.
    for (day, is_mistake) in
        [("2026-11-27", false), ("2026-11-28", false), ("2026-11-29", true), ("2027-01-01", true)]
    {
        env.write(
            "t.toml",
            format!(
                "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                 \"https://x.example.com\"\nreviewed = {day}\n[[step]]\nid = \"a\"\ntitle = \
                 \"A\"\ndocs = \"https://x.example.com\"\nwant = [{{ fact = \"org.api_access\", \
                 equals = true }}]\n"
            ),
        );
        let run = env.run(&["template", "check", "t.toml"]);
        assert_eq!(run.code, i32::from(is_mistake), "{day}: {run:?}");
        let words = format!("t.toml:7: error: `reviewed` is {day}, a day that has yet to come");
        assert_eq!(run.stdout.contains(&words), is_mistake, "{day}: {run:?}");
    }
}
