//! Names that an org does not have: missing, with the nearest, and never in a package; what a
//! caller merely may not see is never called so.

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::Lab;
use crate::support::Run;

pub(crate) const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n[parameters.user]\n\
                    title = \"User\"\ndefault = \"warehouse.sync@harbourlight.example.com\"\n";
pub(crate) const PROFILE: &str = "Profile:Ampersand Integration";
/// A user of the demo org who has no View Setup and Configuration and reads few objects.
pub(crate) const LESSER: &str = "warehouse.sync@harbourlight.example.com";

pub(crate) async fn lab(wants: &[String]) -> Lab {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", template_of(&wants.join(", ")));
    lab
}

/// A template of one step.
pub(crate) fn template_of(wants: &str) -> String {
    format!("{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{wants}]\n")
}

pub(crate) fn setting(component: &str, path: &str, rest: &str) -> String {
    format!("{{ component = \"{component}\", path = \"{path}\", {rest} }}")
}

pub(crate) fn fact(fact: &str, rest: &str) -> String {
    format!("{{ fact = \"{fact}\", {rest} }}")
}

pub(crate) const DIFF: &[&str] = &["diff", "--template", "t.toml", "--format", "json"];

/// State and reason of each finding.
pub(crate) fn told(run: &Run) -> Vec<(String, String)> {
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    findings.iter().map(|one| (text(&one["state"]), text(&one["reason"]))).collect()
}

/// Runs the program as another user of the demo org, who may use the Metadata API.
pub(crate) async fn as_lesser(lab: &Lab, arguments: &[&str]) -> Run {
    let right = "<userPermissions>\n        <enabled>true</enabled>\n        \
                 <name>ModifyMetadata</name>\n    </userPermissions>\n    <userPermissions>";
    let profile = "Minimum Access - API Only Integrations";
    if !lab.files().await[&format!("Profile:{profile}")].contains("ModifyMetadata") {
        lab.edit("Profile", profile, "<userPermissions>", right).await;
    }
    let token = lab.running.store().token_of(LESSER).unwrap();
    let mut command = lab.command(arguments);
    command.env("SF_ACCESS_TOKEN", token);
    lab.finished(command).await
}

#[tokio::test]
async fn what_the_org_does_not_have_is_missing_with_the_nearest() {
    let on = "equals = true";
    let rows = [
        (setting(PROFILE, "objectPermissions[Acount].allowRead", on), "object", "Account"),
        (setting(PROFILE, "objectPermissions[Invoce__c].allowRead", on), "object", "Invoice__c"),
        // View All Fields of the object would have covered it.
        (setting(PROFILE, "fieldPermissions[Account.Phne].readable", on), "field", "Account.Phone"),
        (
            setting(PROFILE, "userPermissions[RunReprots].enabled", on),
            "system permission",
            "RunReports",
        ),
        (
            setting(PROFILE, "customPermissions[OverridePrice].enabled", on),
            "custom permission",
            "Override_Price",
        ),
        (
            setting(
                PROFILE,
                "layoutAssignments[Account].layout",
                "equals = \"Account-Suplier Layout\"",
            ),
            "page layout",
            "Account-Supplier Layout",
        ),
        (setting(PROFILE, "classAccesses[LampPricin].enabled", on), "Apex class", "LampPricing"),
        (
            setting(PROFILE, "tabVisibilities[Invoce__c].visibility", "equals = \"DefaultOn\""),
            "tab",
            "Invoice__c",
        ),
        (setting(PROFILE, "applicationVisibilities[LampSales].visible", on), "app", "Lamp_Sales"),
        (
            setting(PROFILE, "recordTypeVisibilities[Account.Retailr].visible", on),
            "record type",
            "Account.Retailer",
        ),
        // A permission set needs no object beside it, so none was retrieved.
        (
            setting("PermissionSet:Warehouse_Sync", "objectPermissions[Campagin].allowRead", on),
            "object",
            "Campaign",
        ),
        (
            setting(
                "PermissionSet:Warehouse_Sync",
                "fieldPermissions[Campaign.Statsu].readable",
                on,
            ),
            "field",
            "Campaign.Status",
        ),
        (
            setting("PermissionSet:Warehouse_Snyc", "userPermissions[ApiEnabled].enabled", on),
            "permission set",
            "Warehouse_Sync",
        ),
        (fact("user.object[Acount].read", on), "object", "Account"),
        (fact("user.field[Account.Phne].read", on), "field", "Account.Phone"),
        (fact("user.permission[RunReprots]", on), "system permission", "RunReports"),
        (fact("license.seats[Salesfrce]", "at-least = 1"), "licence", "Salesforce"),
    ];
    let wants: Vec<String> = rows.iter().map(|(want, ..)| want.clone()).collect();
    let lab = lab(&wants).await;
    let run = lab.run(DIFF).await;
    assert_eq!(run.code, 2, "{run:?}");
    let told = told(&run);
    assert_eq!(told.len(), rows.len());
    for ((want, sort, nearest), (state, reason)) in rows.iter().zip(told) {
        assert_eq!(state, "missing", "{want}: {reason}");
        let end = format!("did you mean `{nearest}`?");
        let is_it = reason.starts_with(&format!("the org has no {sort} `"));
        assert!(is_it && reason.ends_with(&end), "{want}: {reason}");
    }
    // Nothing of it is sent, and all of it is named.
    let run = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0, "{:?}", lab.running.calls());
    for name in ["Acount", "Invoce__c", "Account.Phne", "RunReprots", "Salesfrce"] {
        assert!(format!("{}{}", run.stdout, run.stderr).contains(name), "{name}: {run:?}");
    }
}

#[tokio::test]
async fn what_is_there_makes_no_question_and_what_is_not_grants_nothing() {
    let wants = [
        setting(PROFILE, "objectPermissions[Account].allowRead", "equals = true"),
        setting(PROFILE, "fieldPermissions[Account.Phone].readable", "equals = true"),
        setting(PROFILE, "userPermissions[ApiEnabled].enabled", "equals = true"),
    ];
    let plain = lab(&wants).await;
    plain.run(DIFF).await;
    for call in ["listMetadata", "describe", "query:EntityDefinition"] {
        let calls = plain.running.calls();
        assert!(!calls.iter().any(|one| one.contains(call)), "{calls:?}");
    }
    let wants = [
        setting(PROFILE, "objectPermissions[Acount].allowRead", "equals = false"),
        setting(PROFILE, "fieldPermissions[Account.Phne]", "absent = true"),
        fact("user.permission[RunReprots]", "equals = false"),
        setting(
            "PermissionSet:Warehouse_Snyc",
            "userPermissions[ApiEnabled].enabled",
            "equals = false",
        ),
    ];
    let lab = lab(&wants).await;
    let run = lab.run(DIFF).await;
    assert_eq!(run.code, 0, "{run:?}");
    for (state, reason) in told(&run) {
        assert_eq!(state, "in-sync");
        assert!(reason.contains("the org has no ") && reason.contains("did you mean"), "{reason}");
    }
    assert_eq!(lab.run(&[DIFF, &["--strict"]].concat()).await.code, 2);
    let run = lab.run(&["diff", "--template", "t.toml"]).await;
    assert!(run.stdout.contains("note: the org has no object `Acount`"), "{}", run.stdout);
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_not_called_missing() {
    let on = "equals = true";
    let wants = [
        // The caller does not read the field; the object's file has it.
        setting(
            "PermissionSet:Report_Builder",
            "fieldPermissions[Account.AnnualRevenue].readable",
            on,
        ),
        // The caller does not read the object; the list has it.
        setting("PermissionSet:Report_Builder", "objectPermissions[Campaign].allowRead", on),
        // No list and no file has it, and its definition is not shown to this caller.
        setting("PermissionSet:Report_Builder", "objectPermissions[PushTopic].allowRead", on),
        setting("PermissionSet:Report_Builder", "objectPermissions[Acount].allowRead", on),
        // All custom objects are listed whoever asks.
        setting("PermissionSet:Report_Builder", "objectPermissions[Invoce__c].allowRead", on),
        setting("PermissionSet:Report_Builder", "fieldPermissions[Account.Phne].readable", on),
    ];
    let lab = lab(&wants).await;
    let run = as_lesser(&lab, DIFF).await;
    let told = told(&run);
    let states: Vec<&str> = told.iter().map(|(state, _)| state.as_str()).collect();
    let expected = ["differs", "differs", "not-observed", "not-observed", "missing", "missing"];
    assert_eq!(states, expected, "{told:#?}");
    for (_, reason) in &told[2..4] {
        assert!(reason.contains("needs View Setup and Configuration"), "{reason}");
    }
    let run = lab.run(DIFF).await;
    let told = self::told(&run);
    let states: Vec<&str> = told.iter().map(|(state, _)| state.as_str()).collect();
    let expected = ["differs", "differs", "differs", "missing", "missing", "missing"];
    assert_eq!(states, expected, "{told:#?}");
}

#[tokio::test]
async fn each_finding_says_where_a_person_sees_it() {
    let by_hand = "{ manual = \"do it\", confirm = { fact = \"user.is_active\", equals = true } }";
    let wants = [
        setting(PROFILE, "objectPermissions[Account].allowRead", "equals = true"),
        setting("PermissionSet:Nobody", "userPermissions[ApiEnabled].enabled", "equals = true"),
        fact("user.permission[CanApproveUninstalledApps]", "equals = true"),
        fact("org.edition", "equals = \"Enterprise Edition\""),
        by_hand.to_owned(),
    ];
    let lab = lab(&wants).await;
    let pages =
        ["EnhancedProfiles", "PermSets", "ManageUsers", "CompanyProfileInfo", "ManageUsers"];
    let run = lab.run(&[DIFF, &["--set", "user=nobody@example.com"]].concat()).await;
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    for (finding, page) in findings.iter().zip(pages) {
        let url = finding["setup_url"].as_str().unwrap_or_default();
        assert_eq!(url, format!("{}/lightning/setup/{page}/home", lab.running.url()), "{finding}");
    }
    let states: Vec<&Json> = findings.iter().map(|finding| &finding["state"]).collect();
    assert_eq!(states, ["in-sync", "missing", "missing", "in-sync", "manual"]);
}

/// A step that wants a profile, and says how it is made.
pub(crate) fn made(profile: &str) -> String {
    let want = setting(
        &format!("Profile:{profile}"),
        "userPermissions[RunReports].enabled",
        "equals = true",
    );
    format!(
        "{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{want}]\ncreate = {{ component = \
         \"Profile:{profile}\", from = \"Profile:Minimum Access - Salesforce\", set = {{ userLicense = \
         \"Salesforce\" }} }}\n"
    )
}

#[tokio::test]
async fn what_nearly_is_there_is_not_made_without_a_word() {
    let lab = lab(&[]).await;
    lab.env.write("t.toml", made("Ampersand Intergation"));
    let deploy = ["deploy", "--template", "t.toml", "--yes"];
    let run = lab.run(&deploy).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("did you mean `Ampersand Integration`"), "{run:?}");
    assert!(run.stderr.contains("--create"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0, "{:?}", lab.running.calls());
    let out = ["package", "--template", "t.toml", "--out", "out"];
    assert_eq!(lab.run(&out).await.code, 1);
    assert!(!lab.env.folder().join("out").exists());
    let run = lab.run(&[&out[..], &["--create"]].concat()).await;
    assert_eq!(run.code, 0, "{run:?}");
    let run = lab.run(&[&deploy[..], &["--create"]].concat()).await;
    assert_eq!(run.code, 0, "{run:?}");
    // Another name is another profile.
    lab.env.write("t.toml", made("Night Shift"));
    let run = lab.run(&deploy).await;
    assert_eq!(run.code, 0, "{run:?}");
}

#[tokio::test]
async fn an_app_by_its_label_is_that_app() {
    let want = setting("ConnectedApp:{app}", "oauthPolicy.ipRelaxation", "equals = \"BYPASS\"");
    let lab = of_app(&[want]).await;
    let set = ["--template", "t.toml", "--set", "app=Warehouse Loader"];
    let run = lab.run(&[&["diff", "--format", "json"], &set[..]].concat()).await;
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let finding = &report["orgs"][0]["findings"][0];
    assert_eq!(finding["state"], "differs", "{run:?}");
    assert_eq!(finding["component"]["full_name"], "Warehouse_Loader");
    assert!(report["orgs"][0]["notes"][0].as_str().unwrap().contains("Warehouse_Loader"));
    let run = lab.run(&[&["diff"], &set[..]].concat()).await;
    assert!(run.stderr.contains("--set app=Warehouse_Loader"), "{run:?}");
    let run = lab.run(&[&["deploy", "--yes"], &set[..]].concat()).await;
    assert_eq!(run.code, 0, "{run:?}");
}

/// A lab whose template asks an app that a parameter names.
pub(crate) async fn of_app(wants: &[String]) -> Lab {
    let lab = lab(wants).await;
    let text = std::fs::read_to_string(lab.env.folder().join("t.toml")).unwrap();
    let app = "[parameters.app]\ntitle = \"App\"\n[[step]]";
    lab.env.write("t.toml", text.replacen("[[step]]", app, 1));
    lab
}

#[tokio::test]
async fn an_external_client_app_by_its_label_is_that_app_with_all_its_parts() {
    let on = "equals = true";
    let wants = [
        setting("ExternalClientApplication:{app}", "isProtected", "equals = false"),
        setting("ExtlClntAppOauthSettings:{app}", "isFirstPartyAppEnabled", "equals = false"),
        setting("ExtlClntAppGlobalOauthSettings:{app}", "isPkceRequired", on),
        setting("ExtlClntAppConfigurablePolicies:{app}", "isEnabled", on),
        setting(
            "ExtlClntAppOauthConfigurablePolicies:{app}",
            "refreshTokenPolicyType",
            "equals = \"Infinite\"",
        ),
        fact("app.installed", on),
    ];
    let lab = of_app(&wants).await;
    let set = ["--template", "t.toml", "--set", "app=Ampersand (eca)"];
    let run = lab.run(&[&["diff", "--format", "json"], &set[..]].concat()).await;
    let states: Vec<String> = told(&run).into_iter().map(|(state, _)| state).collect();
    let expected = ["in-sync", "in-sync", "in-sync", "in-sync", "differs", "in-sync"];
    assert_eq!(states, expected, "{run:?}");
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let name = &report["orgs"][0]["findings"][4]["component"]["full_name"];
    assert_eq!(name, "Ampersand_ECA_oauthPlcy");
    let note = report["orgs"][0]["notes"][0].as_str().unwrap();
    assert!(note.contains("is the label of ExternalClientApplication:Ampersand_ECA"), "{note}");
    let run = lab.run(&[&["diff"], &set[..]].concat()).await;
    assert!(run.stderr.contains("--set app=Ampersand_ECA"), "{run:?}");
    // A folder says whose label it is as well as an org does.
    let run = lab.run(&["snapshot", "--out", "snap", "--types", "ExternalClientApplication"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let from = ["diff", "--from", "snap", "--format", "json"];
    let run = lab.run(&[&from[..], &set[..]].concat()).await;
    assert_eq!(told(&run)[0].0, "in-sync", "{run:?}");
    let run = lab.run(&[&["deploy", "--yes"], &set[..]].concat()).await;
    assert_eq!(run.code, 0, "{run:?}");
    // The name, but for a letter, is no label.
    let run = lab.run(&[DIFF, &["--set", "app=Ampersnd_ECA"]].concat()).await;
    let told = told(&run);
    assert_eq!(told[4].0, "missing", "{run:?}");
    let meant =
        "no external client app `Ampersnd_ECA` (parameter `app`); did you mean `Ampersand_ECA`?";
    assert!(told[4].1.contains(meant), "{told:?}");
}

#[tokio::test]
async fn whose_label_it_is_stands_in_the_file() {
    let want = setting("ConnectedApp:{app}", "oauthPolicy.ipRelaxation", "equals = \"BYPASS\"");
    let lab = of_app(&[want]).await;
    let diff = [DIFF, &["--set", "app=Night Freight"]].concat();
    // Its API name is nothing like it.
    let (of_one, of_other) = ("<label>Warehouse Loader</label>", "<label>Ampersand</label>");
    let label = "<label>Night Freight</label>";
    lab.edit("ConnectedApp", "Warehouse_Loader", of_one, label).await;
    let run = lab.run(&diff).await;
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let finding = &report["orgs"][0]["findings"][0];
    assert_eq!(finding["component"]["full_name"], "Warehouse_Loader", "{run:?}");
    assert_eq!(finding["state"], "differs", "{run:?}");
    // A baseline's app is no other one that bears its name as a label.
    let id = "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">              <label>Night Freight</label></ConnectedApp>";
    lab.env.write("then/connectedApps/Night Freight.connectedApp", id);
    let baseline = ["diff", "--baseline", "then", "--format", "json", "--sparse"];
    let run = lab.run(&baseline).await;
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    let names: Vec<&Json> = findings.iter().map(|one| &one["component"]["full_name"]).collect();
    assert_eq!(names, ["Night Freight"], "{run:?}");
    assert!(findings[0]["path"].is_null() && findings[0]["actual"].is_null(), "{run:?}");
    // Where two bear it nobody can tell.
    lab.edit("ConnectedApp", "Ampersand", of_other, label).await;
    let run = lab.run(&diff).await;
    assert_eq!(run.code, 1, "{run:?}");
    let told = told(&run);
    assert_eq!(told[0].0, "not-observed", "{told:?}");
    assert!(told[0].1.contains("Ampersand, Warehouse_Loader"), "{told:?}");
}

#[tokio::test]
async fn what_no_list_can_tell_of_is_not_called_missing() {
    let on = "equals = true";
    let wants = [
        // Nothing is near; the demo org has no flow at all.
        setting(PROFILE, "flowAccesses[Close_Case].enabled", on),
        setting(PROFILE, "flowAccesses[acme__Close_Case].enabled", on),
        setting(PROFILE, "customPermissions[Override_Price].enabled", on),
        setting(PROFILE, "customPermissions[acme__Override].enabled", on),
        setting(PROFILE, "layoutAssignments[Invoice__c-Invoice].layout", "absent = true"),
        setting(
            "PermissionSet:Report_Builder",
            "customPermissions[OverridePrice].enabled",
            "equals = true",
        ),
    ];
    let lab = lab(&wants).await;
    let run = lab.run(DIFF).await;
    let told = told(&run);
    let states: Vec<&str> = told.iter().map(|(state, _)| state.as_str()).collect();
    let expected = ["missing", "not-observed", "differs", "not-observed", "in-sync", "missing"];
    assert_eq!(states, expected, "{told:#?}");
    assert_eq!(told[0].1, "the org has no flow `Close_Case`");
    assert!(told[4].1.contains("the org has no page layout `Invoice__c-Invoice`"), "{told:#?}");
}

#[tokio::test]
async fn what_can_be_no_name_is_refused_before_the_org_is_asked() {
    let lab = lab(&[]).await;
    let rows = [
        ("fields=Phne", "the parameter `fields` is `Phne`, and a field is written `Object.Field`"),
        ("fields=Account.Phone.X", "a field is written"),
        ("read=Account;Contact", "the parameter `read` is `Account;Contact`, and an object goes"),
        ("write=Lead Source", "the parameter `write` is `Lead Source`"),
        ("user=Jo Doe", "the parameter `user` is `Jo Doe`, and a user goes by the user name"),
    ];
    let diff = ["diff", "--template", "ampersand", "--set", "app=Ampersand", "--set"];
    for (set, words) in rows {
        let run = lab.run(&[&diff[..], &[set]].concat()).await;
        assert_eq!(run.code, 64, "{set}: {run:?}");
        assert!(run.stderr.contains(words), "{set}: {run:?}");
    }
    assert!(lab.running.calls().is_empty(), "{:?}", lab.running.calls());
}

/// The list of tabs has custom ones alone; the Tooling API has all, for whoever may ask it.
#[tokio::test]
async fn a_standard_tab_that_is_misspelt_is_missing_where_the_org_shows_its_tabs() {
    let set = "PermissionSet:Report_Builder";
    let visible = "equals = \"Visible\"";
    let wants = [
        setting(set, "tabSettings[standard-Acount].visibility", visible),
        setting(set, "tabSettings[standard-Contract].visibility", visible),
        setting(PROFILE, "tabVisibilities[standard-Leed].visibility", "equals = \"DefaultOn\""),
    ];
    let lab = lab(&wants).await;
    let run = lab.run(DIFF).await;
    let told = told(&run);
    let states: Vec<&str> = told.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["missing", "differs", "missing"], "{told:#?}");
    for (at, words) in [
        (0, "the org has no tab `standard-Acount`; did you mean `standard-Account`?"),
        (2, "the org has no tab `standard-Leed`; did you mean `standard-Lead`?"),
    ] {
        assert_eq!(told[at].1, words);
    }
    // Who may not ask for tabs calls none of them missing.
    let run = as_lesser(&lab, DIFF).await;
    for (state, reason) in self::told(&run) {
        assert_eq!(state, "not-observed", "{reason}");
        assert!(reason.contains("View Setup and Configuration"), "{reason}");
    }
    let run = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stdout.contains("1 setting to change in 1 component, 2 left"), "{run:?}");
    let run = lab.run(&["template", "check", "t.toml"]).await;
    let text = words_of(&run.stdout);
    assert!(text.contains("did you mean `standard-Account`?"), "{text}");
    assert!(!text.contains("standard-Contract"), "{text}");
}

/// What no org's edition is, is told in a diff as in a check; a step that applies by it is left out
/// with a word.
#[tokio::test]
async fn an_edition_that_there_is_not_is_told_with_the_nearest() {
    let lab = lab(&[]).await;
    for (want, state, words) in [
        (
            "equals = \"Enterprise\"",
            "missing",
            "no edition `Enterprise`; did you mean `Enterprise Edition`?",
        ),
        ("equals = \"Unlimted Edition\"", "missing", "did you mean `Unlimited Edition`?"),
        ("one-of = [\"Enterprise\", \"Unlimited\"]", "missing", "no edition `Enterprise`"),
        ("one-of = [\"Unlimited Edition\", \"Entreprise\"]", "differs", ""),
        ("equals = \"Unlimited Edition\"", "differs", ""),
        ("equals = \"Edition of Tomorrow\"", "differs", ""),
    ] {
        lab.env.write("t.toml", template_of(&fact("org.edition", want)));
        let told = told(&lab.run(DIFF).await);
        assert!(told[0].0 == state && told[0].1.contains(words), "{want}: {told:?}");
    }
    let want = setting(PROFILE, "userPermissions[ApiEnabled].enabled", "equals = true");
    for (condition, words) in [
        (
            "\"org.edition\" = \"Enterprise\"",
            Some(
                "applies by `org.edition`, and the org has no edition `Enterprise`; did you mean `Enterprise Edition`?",
            ),
        ),
        (
            "\"user.license\" = \"Salesfrce\"",
            Some("and the org has no licence `Salesfrce`; did you mean `Salesforce`?"),
        ),
        ("\"org.edition\" = \"Enterprise Edition\"", None),
        ("\"org.edition\" = \"Unlimited Edition\"", None),
    ] {
        let step = format!(
            "[[step]]\nid = \"b\"\ntitle = \"B\"\nwhen = {{ {condition} }}\nwant = [{want}]\n"
        );
        lab.env.write("t.toml", format!("{}{step}", template_of(&want)));
        let run = lab.run(DIFF).await;
        assert_eq!(run.code, 0, "{run:?}");
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let note = report["orgs"][0]["notes"].to_string();
        assert_eq!(note.contains("applies by"), words.is_some(), "{condition}: {note}");
        assert!(words.is_none_or(|words| note.contains(words)), "{condition}: {note}");
    }
}

const SLIPS: &[&str] = &[
    "--set",
    "app=Amprsand",
    "--set",
    "profile=Ampersand Intergation",
    "--set",
    "read=Acount,Account",
    "--set",
    "fields=Contact.Phne,Contact.Phone",
    "--set",
    "user=ampersand.intergation@harbourlight.example.com",
];

/// What values name is looked up first, in as few calls as will do, and its answers serve again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_value_names_in_vain_is_told_before_anything_else_is_asked() {
    let lab = lab(&[]).await;
    let diff = ["diff", "--template", "ampersand"];
    let run = lab.run(&[&diff[..], SLIPS].concat()).await;
    assert_eq!(run.code, 2, "{run:?}");
    let before = run.stderr.split("retrieving from").next().unwrap();
    let warnings: Vec<&str> =
        before.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
    assert_eq!(
        warnings,
        [
            "the org has no connected app `Amprsand` (parameter `app`); did you mean `Ampersand`?",
            "the org has no field `Contact.Phne` (parameter `fields`); did you mean `Contact.Phone`?",
            "the org has no object `Acount` (parameter `read`); did you mean `Account`?",
            "the org has no profile `Ampersand Intergation` (parameter `profile`); did you mean \
             `Ampersand Integration`?",
            "the parameter `user`: there is no user \
             `ampersand.intergation@harbourlight.example.com` in this org; did you mean \
             `ampersand.integration@harbourlight.example.com`?",
        ]
    );
    assert_eq!(run.stderr.matches("warning: ").count(), 5, "{run:?}");
    // What is there takes one list and one query, and whom it speaks of is asked once.
    let good = crate::lab::VALUES;
    let fields = ["--set", "fields=Contact.Phone,Account.Industry,Lead.Email"];
    let mut counts = Vec::new();
    for given in [good, &[good, &fields[..]].concat()] {
        let since = lab.running.calls().len();
        let run = lab.run(&[&diff[..], given].concat()).await;
        assert!(run.code == 2 && !run.stderr.contains("warning: "), "{run:?}");
        let calls = lab.running.calls().split_off(since);
        let count = |name: &str| calls.iter().filter(|one| *one == name).count();
        assert_eq!(count("listMetadata"), 1, "{calls:?}");
        assert!(!calls.iter().any(|one| one.contains("describe")), "{calls:?}");
        assert_eq!(count("retrieve"), 1, "{calls:?}");
        counts.push(count("query"));
    }
    // One for all fields, and the one by which facts have always told what is granted on them.
    assert_eq!(counts[1] - counts[0], 2, "{counts:?}");
}

/// The caller's own access is no reason to call a value missing, nor is what is made by the plan.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_caller_may_not_see_or_a_step_makes_is_not_told_beforehand() {
    let lab = lab(&[]).await;
    // The caller neither reads the object nor the field; list and file have them.
    let given = ["--set", "app=Ampersand", "--set", "read=Campaign,PushTopic"];
    let fields = ["--set", "fields=Account.AnnualRevenue", "--set", "profile=Night Watch"];
    let diff = [&["diff", "--template", "ampersand"], &given[..], &fields[..]].concat();
    let run = as_lesser(&lab, &diff).await;
    assert!(run.stderr.contains("retrieving from"), "{run:?}");
    assert!(!run.stderr.contains("warning: "), "{run:?}");
    let run = lab.run(&diff).await;
    assert!(run.code == 2 && !run.stderr.contains("warning: "), "{run:?}");
    // An app by its label is there.
    let label = ["diff", "--template", "ampersand", "--set", "app=Warehouse Loader"];
    let run = lab.run(&label).await;
    assert!(!run.stderr.contains("warning: "), "{run:?}");
    // A list that cannot be had just now costs no answer.
    let rule = FaultRule {
        call: "listMetadata".to_owned(),
        fault: Fault::ServerError,
        after: 0,
        times: Some(2),
    };
    lab.running.fault(rule);
    let run = lab.ampersand("diff", &[]).await;
    assert!(run.code == 2 && !run.stderr.contains("error:"), "{run:?}");
}

#[tokio::test]
async fn a_name_that_a_parameter_gives_is_told_with_the_parameter() {
    let lab = lab(&[]).await;
    let run = lab
        .run(&[
            "diff",
            "--template",
            "ampersand",
            "--format",
            "json",
            "--set",
            "app=Amprsand",
            "--set",
            "profile=Ampersand Intergation",
            "--set",
            "read=Acount",
            "--set",
            "fields=Acount.Phone,Contact.Phne",
            "--set",
            "user=ampersand.intergation@harbourlight.example.com",
        ])
        .await;
    let told: Vec<String> = told(&run).into_iter().map(|(_, reason)| reason).collect();
    for words in [
        "the org has no connected app `Amprsand` (parameter `app`); did you mean `Ampersand`?",
        "no profile `Ampersand Intergation` (parameter `profile`); did you mean `Ampersand \
         Integration`?",
        "no object `Acount` (parameters `fields`, `read`); did you mean `Account`?",
        "no field `Contact.Phne` (parameter `fields`); did you mean `Contact.Phone`?",
        "the parameter `user`: there is no user `ampersand.intergation@harbourlight.example.com` \
         in this org; did you mean \
         `ampersand.integration@harbourlight.example.com`?",
    ] {
        assert!(told.iter().any(|reason| reason.contains(words)), "{words}: {told:#?}");
    }
}

#[tokio::test]
async fn an_app_that_is_not_there_is_made_with_its_parts() {
    let want = |type_name: &str, path: &str, value: &str| {
        setting(&format!("{type_name}:{{app}}"), path, &format!("equals = {value}"))
    };
    let wants = [
        want("ExternalClientApplication", "distributionState", "\"Local\""),
        want("ExtlClntAppConfigurablePolicies", "isEnabled", "true"),
    ];
    let lab = of_app(&wants).await;
    let text = std::fs::read_to_string(lab.env.folder().join("t.toml")).unwrap();
    let create = "create = { component = \"ExternalClientApplication:{app}\", set = { \
                  contactEmail = \"it@example.com\" } }\n";
    lab.env.write("t.toml", format!("{text}{create}"));
    let deploy = ["deploy", "--template", "t.toml", "--yes", "--set", "app=Night_Freight"];
    let run = lab.run(&deploy).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("ExtlClntAppConfigurablePolicies Night_Freight"), "{run:?}");
}

#[tokio::test]
async fn files_tell_of_slips_and_make_nothing_of_them_unasked() {
    let lab = lab(&[]).await;
    let run = lab.run(&["snapshot", "--out", "snap", "--types", "Profile,ConnectedApp"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    lab.env.write("t.toml", made("Ampersand Intergation"));
    let package = ["package", "--template", "t.toml", "--from", "snap", "--out", "out"];
    let run = lab.run(&package).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("did you mean `Ampersand Integration`"), "{run:?}");
    assert!(!lab.env.folder().join("out").exists());
    assert_eq!(lab.run(&[&package[..], &["--create"]].concat()).await.code, 0);
    let set = ["app=Amprsand", "read=Acount", "fields=Account.Phne"];
    let set = set.iter().flat_map(|set| ["--set", set]);
    let diff = ["diff", "--template", "ampersand", "--from", "snap"];
    let run = lab.run(&diff.into_iter().chain(set).collect::<Vec<_>>()).await;
    let text = words_of(&run.stdout);
    for words in [
        "given by `app`; did you mean `Ampersand`?",
        "offline: the files have no object `Acount` (parameter `read`); did you mean `Account`?",
        "offline: the files have no field `Account.Phne` (parameter `fields`); did you mean",
    ] {
        assert!(text.contains(words), "{words}: {}", run.stdout);
    }
    assert!(!text.contains("the org has no"), "{}", run.stdout);
    // What only an org can tell is in no package.
    let out = ["package", "--template", "ampersand", "--from", "snap", "--out", "out2"];
    let set = ["app=Ampersand", "read=Acount,Account", "fields=Account.Phne"];
    let set = set.iter().flat_map(|set| ["--set", set]);
    let run = lab.run(&out.into_iter().chain(set).collect::<Vec<_>>()).await;
    assert!(run.code == 0 || run.code == 2, "{run:?}");
    let written = lab.env.folder().join("out2/profiles/Ampersand Integration.profile");
    let written = std::fs::read_to_string(written).unwrap();
    assert!(written.contains("<object>Account<"), "{written}");
    assert!(!written.contains("Acount") && !written.contains("Phne"), "{written}");
}

/// A text without its breaks of lines.
pub(crate) fn words_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An org has one of the names that differ in capitals alone: such a want is not made beside it,
/// and no setting of it is called missing or so.
#[tokio::test]
async fn a_name_in_other_capitals_is_told_as_the_org_writes_it() {
    let lab = lab(&[]).await;
    for id in ["Profile:ampersand integration", "PermissionSet:warehouse_sync"] {
        let (type_name, name) = id.split_once(':').unwrap();
        let want = setting(id, "userPermissions[RunReports].enabled", "equals = true");
        let set = format!("create = {{ component = \"{id}\", set = {{ label = \"W\" }} }}\n");
        let made = if type_name == "Profile" { made(name) } else { template_of(&want) + &set };
        lab.env.write("t.toml", made);
        for command in [&["deploy", "--yes"][..], &["package", "--out", "out"]] {
            for create in [&[][..], &["--create"]] {
                let run = lab.run(&[command, &["--template", "t.toml"], create].concat()).await;
                let shown = words_of(&format!("{}{}", run.stdout, run.stderr));
                assert!(run.code == 2 && shown.contains(&format!("`{name}` as `")), "{run:?}");
            }
        }
    }
    assert_eq!(lab.count("deployRequest.start"), 0);
    let set = PROFILE;
    for (path, test, code, words) in [
        ("objectPermissions[account].allowRead", "equals = true", 2, "the object `account` as"),
        ("objectPermissions[account].allowRead", "equals = false", 2, "the object `account` as"),
        ("userPermissions[apienabled].enabled", "equals = false", 2, "`apienabled` as `ApiEnab"),
        ("fieldPermissions[Account.phone].readable", "equals = false", 2, "as `Account.Phone`"),
    ] {
        lab.env.write("t.toml", template_of(&setting(set, path, test)));
        let run = lab.run(&["diff", "--template", "t.toml"]).await;
        let text = words_of(&run.stdout);
        assert!(run.code == code && text.contains(words), "{path} {test}: {run:?}");
    }
}

/// Names that stand in values, in what is made, and behind what proves a step done.
#[tokio::test]
async fn a_name_that_the_org_lacks_is_told_wherever_it_stands() {
    let lab = lab(&[]).await;
    let (old, new) = ("<label>Report Builder<", "<label>Night Freight<");
    lab.edit("PermissionSet", "Report_Builder", old, new).await;
    let app = "ConnectedApp:Ampersand";
    for (want, words) in [
        (
            setting(app, "profileName", "includes = [\"Ampersand Integraton\"]"),
            "no profile `Ampersand Integraton`; did you mean `Ampersand Integration`?",
        ),
        (
            setting(app, "permissionSetName", "includes = [\"Warehouse_Snyc\"]"),
            "no permission set `Warehouse_Snyc`; did you mean `Warehouse_Sync`?",
        ),
        (
            "{ fact = \"user.license\", equals = \"Salesfrce\" }".to_owned(),
            "no licence `Salesfrce`; did you mean `Salesforce`?",
        ),
        (
            "{ manual = \"Take it away\", confirm = { fact = \"user.permission[RunReprots]\", \
             equals = true } }"
                .to_owned(),
            "no system permission `RunReprots`; did you mean `RunReports`?",
        ),
        (
            setting("PermissionSet:Night Freight", "description", "equals = \"x\""),
            "did you mean `Report_Builder`?",
        ),
    ] {
        lab.env.write("t.toml", template_of(&want));
        let diff =
            ["diff", "--template", "t.toml", "--set", "user=robin.alder@harbourlight.example.com"];
        let run = lab.run(&diff).await;
        let text = words_of(&run.stdout);
        assert!(run.code == 2 && text.contains(words), "{want}: {run:?}");
    }
    for set in [
        "userLicense = \"Salesfrce\"",
        "userLicense = \"Salesforce\", \"objectPermissions[Acount].allowRead\" = true",
    ] {
        let text = made("Night Watch");
        let from = text.find("set = {").map_or(text.len(), |at| at + "set = {".len());
        let to = from + text[from..].find('}').unwrap_or_default();
        lab.env.write("t.toml", format!("{} {set} {}", &text[..from], &text[to..]));
        let package = ["package", "--template", "t.toml", "--out", "out", "--create"];
        let run = lab.run(&package).await;
        let words = words_of(&run.stdout);
        assert!(run.code == 2 && words.contains("made with what is not there"), "{set}: {run:?}");
        assert!(!lab.env.folder().join("out").exists());
    }
}

/// Files write an object's name as the org does; a person need not.
#[test]
fn a_name_in_other_capitals_is_the_same_in_profiles_and_sets() {
    let env = crate::support::Env::new();
    for (root, folder, suffix) in
        [("Profile", "profiles", "profile"), ("PermissionSet", "permissionsets", "permissionset")]
    {
        let entry = "    <objectPermissions>\n        <allowCreate>false</allowCreate>\n        \
                     <allowDelete>false</allowDelete>\n        <allowEdit>false</allowEdit>\n        \
                     <allowRead>true</allowRead>\n        \
                     <modifyAllRecords>false</modifyAllRecords>\n        \
                     <object>Account</object>\n        <viewAllFields>false</viewAllFields>\n        \
                     <viewAllRecords>false</viewAllRecords>\n    </objectPermissions>\n";
        let custom = if root == "Profile" { "    <custom>true</custom>\n" } else { "" };
        env.write(
            &format!("now/{folder}/Own.{suffix}"),
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} \
                 xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{custom}{entry}</{root}>\n"
            ),
        );
        let want = |flag: &str| {
            setting(
                &format!("{root}:Own"),
                &format!("objectPermissions[account].{flag}"),
                "equals = true",
            )
        };
        let step =
            |want: &str| format!("{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{want}]\n");
        env.write("t.toml", step(&want("allowRead")));
        let run = env.run(&["diff", "--template", "t.toml", "--from", "now"]);
        assert!(run.code == 0 && run.stdout.contains("1 in sync"), "{root}: {run:?}");
        env.write("t.toml", step(&want("allowEdit")));
        let run = env.run(&[
            "package",
            "--template",
            "t.toml",
            "--from",
            "now",
            "--out",
            "out",
            "--show",
        ]);
        assert_eq!(run.code, 0, "{root}: {run:?}");
        let sent = env.folder().join(format!("out/{folder}/Own.{suffix}"));
        let sent = std::fs::read_to_string(sent).unwrap();
        assert_eq!(sent.matches("<objectPermissions>").count(), 1, "{root}: {sent}");
        assert!(sent.contains("<allowEdit>true</allowEdit>"), "{root}: {sent}");
        std::fs::remove_dir_all(env.folder().join("out")).unwrap();
    }
}
