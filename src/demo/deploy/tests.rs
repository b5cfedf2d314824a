//! What the demo org takes, what it refuses, and in which words.

use std::collections::BTreeMap;

use super::*;
use crate::package::archive::write_zip;

const NS: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

fn state() -> State {
    State::new(Org::seeded("x"), 100)
}

/// A package of files; `types` is the manifest, at version 67.0.
fn zip(types: &[(&str, &[&str])], files: &[(&str, &str)]) -> Vec<u8> {
    zip_at("67.0", types, files)
}

fn zip_at(version: &str, types: &[(&str, &[&str])], files: &[(&str, &str)]) -> Vec<u8> {
    let mut all = BTreeMap::new();
    let mut manifest = format!("<Package {NS}>");
    for (name, members) in types {
        manifest.push_str("<types>");
        for member in *members {
            manifest.push_str(&Node::text("members", *member).to_line());
        }
        manifest.push_str(&Node::text("name", *name).to_line());
        manifest.push_str("</types>");
    }
    manifest.push_str(&Node::text("version", version).to_line());
    manifest.push_str("</Package>");
    all.insert("package.xml".to_owned(), manifest.into_bytes());
    for (path, content) in files {
        all.insert((*path).to_owned(), content.as_bytes().to_vec());
    }
    write_zip(&all).unwrap()
}

fn options() -> DeployOptions {
    DeployOptions { rollback_on_error: true, single_package: true, ..DeployOptions::default() }
}

fn deploy_with(state: &mut State, zip: &[u8], options: DeployOptions) -> Outcome {
    let user = state.org.catalog.admin.clone();
    let id = state.start_deploy(zip, options, &user, 1000);
    state.tick(10_000);
    state.deploy(&id).unwrap().outcome.clone().unwrap()
}

fn deploy(state: &mut State, zip: &[u8]) -> Outcome {
    deploy_with(state, zip, options())
}

fn problems(outcome: &Outcome) -> Vec<&str> {
    outcome.failures.iter().filter_map(|message| message.problem.as_deref()).collect()
}

/// Deploys one file to a fresh org and returns what is wrong with it.
fn refused(type_name: &str, member: &str, path: &str, content: &str) -> Vec<String> {
    let mut state = state();
    let before = state.org.components.clone();
    let outcome = deploy(&mut state, &zip(&[(type_name, &[member])], &[(path, content)]));
    if !outcome.failures.is_empty() {
        assert_eq!(outcome.status, "Failed");
        assert_eq!(state.org.components, before, "a failed deploy changes nothing");
    }
    problems(&outcome).into_iter().map(str::to_owned).collect()
}

fn profile(content: &str) -> Vec<String> {
    refused("Profile", "Ampersand Integration", "profiles/Ampersand Integration.profile", &format!("<Profile {NS}>{content}</Profile>"))
}

fn object(name: &str, flags: &str) -> String {
    let mut out = String::from("<objectPermissions>");
    for (letter, element) in [('C', "allowCreate"), ('D', "allowDelete"), ('E', "allowEdit"), ('R', "allowRead"), ('M', "modifyAllRecords")]
    {
        out.push_str(&Node::text(element, flags.contains(letter).to_string()).to_line());
    }
    out.push_str(&Node::text("object", name).to_line());
    out.push_str(&Node::text("viewAllFields", flags.contains('F').to_string()).to_line());
    out.push_str(&Node::text("viewAllRecords", flags.contains('V').to_string()).to_line());
    out.push_str("</objectPermissions>");
    out
}

fn permission(name: &str, enabled: bool) -> String {
    format!("<userPermissions><enabled>{enabled}</enabled><name>{name}</name></userPermissions>")
}

#[test]
fn a_profile_is_laid_over_what_is_there() {
    let mut state = state();
    let ranges = "<loginIpRanges><endAddress>198.51.100.255</endAddress><startAddress>198.51.100.0</startAddress></loginIpRanges>";
    let content = format!(
        "<Profile {NS}>{ranges}{}{}{}</Profile>",
        object("Account", "CERV"),
        object("Lead", ""),
        permission("APIENABLED", true) + &permission("CanApproveUninstalledApps", true) + &permission("RunReports", false)
    );
    let outcome =
        deploy(&mut state, &zip(&[("Profile", &["Ampersand Integration"])], &[("profiles/Ampersand Integration.profile", &content)]));
    assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
    let line = &outcome.successes[0];
    assert!(line.changed && !line.created);
    let node = state.org.component("Profile", "Ampersand Integration").unwrap();
    let names: Vec<_> = node.all("userPermissions").filter_map(|entry| entry.get("name")).collect();
    assert_eq!(names, ["ActivitiesAccess", "ApiEnabled", "CanApproveUninstalledApps", "LightningExperienceUser", "ViewSetup"]);
    let objects: Vec<_> = node.all("objectPermissions").filter_map(|entry| entry.get("object")).collect();
    assert_eq!(objects, ["Account", "Campaign", "Contact", "Opportunity"], "Lead was taken away, the rest stayed");
    assert_eq!(node.all("loginIpRanges").count(), 1);
    assert!(node.all("fieldPermissions").count() > 10);
    // A second time nothing changes.
    let again =
        deploy(&mut state, &zip(&[("Profile", &["Ampersand Integration"])], &[("profiles/Ampersand Integration.profile", &content)]));
    assert!(!again.successes[0].changed);
}

#[test]
fn login_ranges_that_are_not_sent_are_lost() {
    let mut state = state();
    let content = format!("<Profile {NS}>{}</Profile>", permission("ApiEnabled", true));
    deploy(&mut state, &zip(&[("Profile", &["Ampersand Integration"])], &[("profiles/Ampersand Integration.profile", &content)]));
    assert_eq!(state.org.component("Profile", "Ampersand Integration").unwrap().all("loginIpRanges").count(), 0);
}

#[test]
fn permissions_need_others() {
    assert_eq!(profile(&object("Case", "E")), ["Permission Edit Case depends on permission(s): Read Case"]);
    assert_eq!(
        profile(&object("Case", "RM")),
        ["Permission Modify All Case depends on permission(s): Delete Case, Edit Case, Read All Case"]
    );
    assert_eq!(profile(&object("Contract", "RV")), ["Permission Read All Contract depends on permission(s): Read All Account"]);
    assert_eq!(profile(&object("Invoice_Line__c", "R")), ["Permission Read Invoice_Line__c depends on permission(s): Read Invoice__c"]);
    assert_eq!(
        profile(&permission("CustomizeApplication", true)),
        ["Permission CustomizeApplication depends on permission(s): ManageCustomPermissions, ViewRoles"]
    );
}

#[test]
fn references_must_lead_somewhere() {
    for (content, problem) in [
        (object("Lamp__c", "R"), "In field: object - no CustomObject named Lamp__c found"),
        (
            "<fieldPermissions><editable>false</editable><field>Account.Lamp__c</field><readable>true</readable></fieldPermissions>".to_owned(),
            "In field: field - no CustomField named Account.Lamp__c found",
        ),
        (
            "<fieldPermissions><editable>false</editable><field>Lamp__c.X__c</field><readable>true</readable></fieldPermissions>".to_owned(),
            "In field: field - no CustomObject named Lamp__c found",
        ),
        (
            "<fieldPermissions><editable>false</editable><field>Account.Name</field><readable>true</readable></fieldPermissions>".to_owned(),
            "You cannot deploy to a required field: Account.Name",
        ),
        (
            "<recordTypeVisibilities><default>false</default><recordType>Account.Lamp</recordType><visible>true</visible></recordTypeVisibilities>"
                .to_owned(),
            "In field: recordType - no RecordType named Account.Lamp found",
        ),
        (
            "<classAccesses><apexClass>Lamp</apexClass><enabled>true</enabled></classAccesses>".to_owned(),
            "In field: apexClass - no ApexClass named Lamp found",
        ),
        (permission("FlyToTheMoon", true), "Unknown user permission: FlyToTheMoon"),
    ] {
        assert_eq!(profile(&content), [problem]);
    }
}

#[test]
fn files_are_checked_against_their_types() {
    let xmlns = "http://soap.sforce.com/2006/04/metadata";
    assert_eq!(
        profile("<lamp>1</lamp>"),
        [format!("Error parsing file: Element {{{xmlns}}}lamp invalid at this location in type Profile")]
    );
    assert_eq!(
        profile("<objectPermissions><object>Account</object><allowFly>true</allowFly></objectPermissions>"),
        [format!("Error parsing file: Element {{{xmlns}}}allowFly invalid at this location in type ProfileObjectPermissions")]
    );
    let apart = permission("ApiEnabled", true) + "<userLicense>Salesforce</userLicense>" + &permission("ViewSetup", true);
    let column = format!("<Profile {NS}>").len() + permission("ApiEnabled", true).len() + "<userLicense>Salesforce</userLicense>".len() + 1;
    assert_eq!(
        profile(&apart),
        [format!("Error parsing file: Element userPermissions is duplicated at this location in type Profile (1:{column})")]
    );
    assert_eq!(
        profile("<tabVisibilities><tab>Invoice__c</tab><visibility>Visible</visibility></tabVisibilities>"),
        ["Error parsing file: 'Visible' is not a valid value for the enum 'TabVisibility'"]
    );
    assert_eq!(
        profile("<userPermissions><enabled>yes</enabled><name>ApiEnabled</name></userPermissions>"),
        ["Error parsing file: 'yes' is not a valid value for the type xsd:boolean"]
    );
    assert_eq!(profile("<userPermissions><name>ApiEnabled</name></userPermissions>"), ["Required field is missing: enabled"]);
    let twice = object("Account", "R") + &object("Account", "R");
    assert_eq!(profile(&twice), ["duplicate value found: <unknown> duplicates value on record with id: <unknown>"]);
    assert_eq!(refused("Profile", "Ampersand Integration", "profiles/Ampersand Integration.profile", "<Profile>").len(), 1);
    assert_eq!(refused("Profile", "Ampersand Integration", "profiles/Ampersand Integration.profile", "<Profile xmlns='lamp'/>").len(), 1);
}

#[test]
fn an_element_younger_than_the_package_is_unknown() {
    let mut state = state();
    let content = format!("<Profile {NS}>{}</Profile>", object("Account", "R"));
    let zip = zip_at("62.0", &[("Profile", &["Ampersand Integration"])], &[("profiles/Ampersand Integration.profile", &content)]);
    assert!(problems(&deploy(&mut state, &zip))[0].contains("viewAllFields invalid at this location in type ProfileObjectPermissions"));
}

#[test]
fn standard_profiles_keep_their_object_permissions() {
    let standard =
        |content: &str| refused("Profile", "Standard", "profiles/Standard.profile", &format!("<Profile {NS}>{content}</Profile>"));
    assert_eq!(standard(&object("Account", "CERV")), ["You can't edit the object permissions of a standard profile: Account"]);
    assert_eq!(standard(&object("Invoice__c", "R")), Vec::<String>::new());
    assert_eq!(standard(&permission("ViewAllUsers", true)), Vec::<String>::new());
    assert_eq!(
        standard(
            "<applicationVisibilities><application>standard__Sales</application><default>false</default><visible>true</visible></applicationVisibilities>"
        ),
        ["You can't remove the only default app from the profile."]
    );
}

#[test]
fn a_new_profile_needs_its_licence_and_starts_small() {
    let new = |content: &str| refused("Profile", "Vendor", "profiles/Vendor.profile", &format!("<Profile {NS}>{content}</Profile>"));
    assert_eq!(new(""), ["Required field is missing: custom", "Required field is missing: userLicense"]);
    assert_eq!(new("<custom>true</custom><userLicense>Guest User License</userLicense>"), ["You can not create custom Guest profiles."]);
    assert_eq!(
        refused(
            "Profile",
            "System Administrator",
            "profiles/System Administrator.profile",
            &format!("<Profile {NS}><custom>true</custom><userLicense>Salesforce</userLicense></Profile>")
        ),
        ["duplicate value found: <unknown> duplicates value on record with id: <unknown>"]
    );
    let content = format!("<Profile {NS}><custom>true</custom><userLicense>Salesforce</userLicense></Profile>");
    let files = [("profiles/Vendor.profile", content.as_str())];
    for (version, objects) in [("60.0", 0), ("59.0", 9)] {
        let mut state = state();
        let outcome = deploy(&mut state, &zip_at(version, &[("Profile", &["Vendor"])], &files));
        assert!(outcome.successes[0].created);
        let node = state.org.component("Profile", "Vendor").unwrap();
        assert_eq!(node.all("objectPermissions").count(), objects, "{version}");
    }
    assert_eq!(
        profile("<userLicense>Salesforce Integration</userLicense>"),
        ["You can't change the user license of a profile: Salesforce to Salesforce Integration"]
    );
    let integration = "Minimum Access - API Only Integrations";
    assert_eq!(
        refused(
            "Profile",
            integration,
            &format!("profiles/{integration}.profile"),
            &format!("<Profile {NS}>{}</Profile>", object("Invoice__c", "R"))
        ),
        ["The user license doesn't allow the permission: Read Invoices"]
    );
}

#[test]
fn a_permission_set_is_replaced() {
    let mut state = state();
    let content = format!("<PermissionSet {NS}><label>Report Builder</label>{}</PermissionSet>", permission("RunReports", true));
    let outcome =
        deploy(&mut state, &zip(&[("PermissionSet", &["Report_Builder"])], &[("permissionsets/Report_Builder.permissionset", &content)]));
    assert_eq!(outcome.status, "Succeeded");
    let node = state.org.component("PermissionSet", "Report_Builder").unwrap();
    assert_eq!(node.all("userPermissions").count(), 1);
    assert_eq!(node.all("classAccesses").count(), 0);
    let set = |content: &str| {
        refused(
            "PermissionSet",
            "Report_Builder",
            "permissionsets/Report_Builder.permissionset",
            &format!("<PermissionSet {NS}>{content}</PermissionSet>"),
        )
    };
    assert_eq!(set(""), ["Required field is missing: label"]);
    assert_eq!(set("<label>x</label><license>Lamp</license>"), ["In field: license - no PermissionSetLicense named Lamp found"]);
    assert_eq!(
        set("<label>x</label><objectPermissions><allowRead>true</allowRead><object>Account</object></objectPermissions>"),
        ["Required field is missing: allowCreate"]
    );
    assert_eq!(
        set(&format!("<label>x</label><license>Salesforce API Integration</license>{}", permission("AuthorApex", true))),
        ["The user license doesn't allow the permission: AuthorApex"]
    );
    assert_eq!(
        set("<label>x</label><tabSettings><tab>Invoice__c</tab><visibility>DefaultOn</visibility></tabSettings>"),
        ["Error parsing file: 'DefaultOn' is not a valid value for the enum 'PermissionSetTabVisibility'"]
    );
    assert_eq!(
        refused(
            "PermissionSetGroup",
            "Back_Office",
            "permissionsetgroups/Back_Office.permissionsetgroup",
            &format!("<PermissionSetGroup {NS}><label>x</label><permissionSets>Lamp</permissionSets></PermissionSetGroup>")
        ),
        ["In field: permissionSets - no PermissionSet named Lamp found"]
    );
}

/// The stored app, with its key cut, as a careful client sends it.
fn app_without_key(state: &State) -> String {
    let content = &state.org.components[&("ConnectedApp".to_owned(), "Ampersand".to_owned())].content;
    content.lines().filter(|line| !line.contains("consumerKey")).map(|line| format!("{line}\n")).collect()
}

fn app(content: &str) -> Vec<String> {
    refused("ConnectedApp", "Ampersand", "connectedApps/Ampersand.connectedApp", content)
}

#[test]
fn a_connected_app_is_edited_whole_and_keeps_its_key() {
    let mut state = state();
    let content = app_without_key(&state)
        .replace(">zero<", ">infinite<")
        .replace(">ENFORCE<", ">BYPASS<")
        .replace("<scopes>Api</scopes>", "<scopes>Api</scopes>\n        <scopes>OfflineAccess</scopes>\n        <scopes>Email</scopes>");
    let outcome = deploy(&mut state, &zip(&[("ConnectedApp", &["Ampersand"])], &[("connectedApps/Ampersand.connectedApp", &content)]));
    assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
    let node = state.org.component("ConnectedApp", "Ampersand").unwrap();
    let config = node.child("oauthConfig").unwrap();
    assert_eq!(config.get("consumerKey"), Some("3MVG9demoHarbourLightAmpersand0001"));
    assert_eq!(config.texts("scopes").collect::<Vec<_>>(), ["Api", "RefreshToken", "Basic"], "names fold (S 1.2)");
    assert_eq!(node.child("oauthPolicy").unwrap().get("refreshTokenPolicy"), Some("infinite"));
}

#[test]
fn a_connected_app_is_refused_in_salesforces_words() {
    let state = state();
    let right = app_without_key(&state);
    let stored = state.org.components[&("ConnectedApp".to_owned(), "Ampersand".to_owned())].content.clone();
    assert_eq!(app(&stored), ["You cannot provide a Consumer Key"]);
    let copy = |content: &str| refused("ConnectedApp", "Copy", "connectedApps/Copy.connectedApp", content);
    assert_eq!(copy(&stored), ["The consumer key is already taken"]);
    assert!(copy(&right)[0].starts_with("You can't create a connected app."));
    assert_eq!(app(&right.replace("<label>Ampersand</label>", "")), ["Required field is missing: label"]);
    for value in ["RELAXED", "Bypass"] {
        assert_eq!(app(&right.replace(">ENFORCE<", &format!(">{value}<"))), [format!("Invalid value for field ipRelaxation: {value}")]);
    }
    for value in ["SPECIFIC_LIFETIME", "specific_lifetime:0:DAYS", "specific_inactivity:7:WEEKS"] {
        assert_eq!(app(&right.replace(">zero<", &format!(">{value}<"))), [format!("Invalid value for field refreshTokenPolicy: {value}")]);
    }
    assert_eq!(
        app(&right.replace(">RefreshToken<", ">Everything<")),
        ["Error parsing file: 'Everything' is not a valid value for the enum 'ConnectedAppOauthAccessScope'"]
    );
    assert_eq!(
        app(&right.replace("</ConnectedApp>", "<profileName>Lamp</profileName></ConnectedApp>")),
        ["In field: profileName - no Profile named Lamp found"]
    );
}

#[test]
fn pre_authorised_profiles_show_in_rows_only_while_admins_approve() {
    let mut state = state();
    let with_profile = app_without_key(&state).replace("</ConnectedApp>", "<profileName>System Administrator</profileName></ConnectedApp>");
    let files = |content: &str| zip(&[("ConnectedApp", &["Ampersand"])], &[("connectedApps/Ampersand.connectedApp", content)]);
    deploy(&mut state, &files(&with_profile));
    assert!(state.org.component("ConnectedApp", "Ampersand").unwrap().child("profileName").is_none());
    let approved = with_profile.replace("<isAdminApproved>false<", "<isAdminApproved>true<");
    deploy(&mut state, &files(&approved));
    let node = state.org.component("ConnectedApp", "Ampersand").unwrap();
    assert_eq!(node.get("profileName"), Some("System Administrator"));
    let emptied = approved.replace(">System Administrator<", "><");
    deploy(&mut state, &files(&emptied));
    assert!(state.org.component("ConnectedApp", "Ampersand").unwrap().child("profileName").is_none());
}

fn policies(content: &str) -> (State, Outcome) {
    let mut state = state();
    let name = "Ampersand_ECA_oauthPlcy";
    let content = format!("<ExtlClntAppOauthConfigurablePolicies {NS}>{content}</ExtlClntAppOauthConfigurablePolicies>");
    let path = format!("extlClntAppOauthPolicies/{name}.ecaOauthPlcy");
    let outcome = deploy(&mut state, &zip(&[("ExtlClntAppOauthConfigurablePolicies", &[name])], &[(&path, &content)]));
    (state, outcome)
}

#[test]
fn policies_of_an_external_app_are_replaced() {
    let app = "<externalClientApplication>Ampersand_ECA</externalClientApplication>";
    let (state, outcome) = policies(&format!("{app}<ipRelaxationPolicyType>Enforce_RelaxRefresh</ipRelaxationPolicyType>"));
    assert_eq!(outcome.status, "Succeeded");
    let node = state.org.component("ExtlClntAppOauthConfigurablePolicies", "Ampersand_ECA_oauthPlcy").unwrap();
    assert_eq!(node.get("ipRelaxationPolicyType"), Some("Enforce_relaxrefresh"));
    assert_eq!(node.get("refreshTokenPolicyType"), Some("Infinite"), "what is left out is reset");
    assert_eq!(node.get("sessionTimeoutInMinutes"), None);
    for (content, problem) in [
        (String::new(), "Required field is missing: externalClientApplication"),
        (
            "<externalClientApplication>Lamp</externalClientApplication>".to_owned(),
            "In field: externalClientApplication - no ExternalClientApplication named Lamp found",
        ),
        (
            format!("<commaSeparatedPermissionSet>0PS000000000001</commaSeparatedPermissionSet>{app}"),
            "INVALID_FIELD: We couldn't find permission sets called 0PS000000000001",
        ),
        (
            format!("{app}<permittedUsersPolicyType>Everybody</permittedUsersPolicyType>"),
            "Error parsing file: 'Everybody' is not a valid value for the enum 'PermittedUsersPolicyType'",
        ),
        (
            format!(
                "{app}<refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType><refreshTokenValidityPeriod>7</refreshTokenValidityPeriod>"
            ),
            "Required field is missing: refreshTokenValidityUnit",
        ),
    ] {
        assert_eq!(problems(&policies(&content).1), [problem]);
    }
    let second = refused(
        "ExtlClntAppOauthConfigurablePolicies",
        "Second",
        "extlClntAppOauthPolicies/Second.ecaOauthPlcy",
        &format!("<ExtlClntAppOauthConfigurablePolicies {NS}>{app}</ExtlClntAppOauthConfigurablePolicies>"),
    );
    assert_eq!(second, ["DUPLICATE_VALUE: ExtlClntAppOauthSettingsId duplicates value on Ampersand_ECA_oauthPlcy"]);
}

#[test]
fn an_external_app_can_be_made_and_taken_away() {
    let mut state = state();
    let app = format!("<ExternalClientApplication {NS}><contactEmail>a@example.com</contactEmail></ExternalClientApplication>");
    let oauth =
        format!("<ExtlClntAppOauthSettings {NS}><externalClientApplication>Lamp</externalClientApplication></ExtlClntAppOauthSettings>");
    let outcome = deploy(
        &mut state,
        &zip(
            &[("ExtlClntAppOauthSettings", &["Lamp_oauth"]), ("ExternalClientApplication", &["Lamp"])],
            &[("extlClntAppOauthSettings/Lamp_oauth.ecaOauth", &oauth), ("externalClientApps/Lamp.eca", &app)],
        ),
    );
    assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
    assert!(state.org.has("ExtlClntAppOauthConfigurablePolicies", "Lamp_oauthPlcy"), "made by the org itself");
    let node = state.org.component("ExternalClientApplication", "Lamp").unwrap();
    assert_eq!(node.get("orgScopedExternalApp").unwrap(), format!("{}:Lamp", state.org.catalog.org_id));
    let destructive = format!("<Package {NS}><types><members>Lamp</members><name>ExternalClientApplication</name></types></Package>");
    deploy(&mut state, &zip(&[], &[("destructiveChanges.xml", &destructive)]));
    assert!(!state.org.has("ExternalClientApplication", "Lamp"));
    assert!(!state.org.has("ExtlClntAppOauthSettings", "Lamp_oauth"));
    let moved = app.replace("</Ext", "<orgScopedExternalApp>00D000000000001AAA:Lamp</orgScopedExternalApp></Ext");
    assert_eq!(refused("ExternalClientApplication", "Lamp", "externalClientApps/Lamp.eca", &moved).len(), 1);
}

#[test]
fn rotating_secrets_is_a_warning_and_warnings_fail() {
    let mut state = state();
    let name = "Ampersand_ECA_glbloauth";
    let content = state.org.components[&("ExtlClntAppGlobalOauthSettings".to_owned(), name.to_owned())]
        .content
        .lines()
        .filter(|line| !line.contains("<consumerKey>"))
        .map(|line| line.replace("<shouldRotateConsumerSecret>false", "<shouldRotateConsumerSecret>true"))
        .collect::<String>();
    let path = format!("extlClntAppGlobalOauthSets/{name}.ecaGlblOauth");
    let zip = zip(&[("ExtlClntAppGlobalOauthSettings", &[name])], &[(&path, &content)]);
    assert_eq!(deploy(&mut state, &zip).status, "Failed");
    let outcome = deploy_with(&mut state, &zip, DeployOptions { ignore_warnings: true, ..options() });
    assert_eq!(outcome.status, "Succeeded");
    assert_eq!(outcome.successes[0].problem_type.as_deref(), Some("Warning"));
}

#[test]
fn settings_change_what_they_mention() {
    let mut state = state();
    let content = format!(
        "<SecuritySettings {NS}><networkAccess/><sessionSettings><lockSessionsToIp>false</lockSessionsToIp></sessionSettings></SecuritySettings>"
    );
    let outcome = deploy(&mut state, &zip(&[("Settings", &["Security"])], &[("settings/Security.settings", &content)]));
    assert_eq!(outcome.status, "Succeeded");
    let node = state.org.component("Settings", "Security").unwrap();
    assert!(node.child("networkAccess").unwrap().children.is_empty(), "the list is the whole list");
    let session = node.child("sessionSettings").unwrap();
    assert_eq!((session.get("lockSessionsToIp"), session.get("sessionTimeout")), (Some("false"), Some("TwoHours")));
}

#[test]
fn manifest_and_files_must_match() {
    let mut state = state();
    let content = format!("<Profile {NS}/>");
    let files = [("profiles/Standard.profile", content.as_str())];
    assert_eq!(
        problems(&deploy(&mut state, &zip(&[("Profile", &["Admin", "Standard"])], &files))),
        ["An object 'Admin' of type Profile was named in package.xml, but was not found in zipped directory"]
    );
    assert_eq!(problems(&deploy(&mut state, &zip(&[], &files))), ["Not in package.xml"]);
    let lax = DeployOptions { allow_missing_files: true, auto_update_package: true, ..options() };
    assert_eq!(deploy_with(&mut state, &zip(&[("PermissionSet", &["Lamp"])], &files), lax).status, "Succeeded");
    assert_eq!(problems(&deploy(&mut state, &zip(&[("Lamp", &["x"])], &[]))), ["Unknown type name 'Lamp' specified in package.xml"]);
    assert_eq!(
        problems(&deploy(&mut state, &zip(&[("ApexClass", &["LampPricing"])], &[]))),
        ["Not available for deploy for this organization"]
    );
    assert_eq!(problems(&deploy(&mut state, b"UEsDBA==")), ["No package.xml found"]);
    assert_eq!(problems(&deploy(&mut state, &zip_at("99.0", &[], &[]))), ["Invalid version specified in package.xml: 99.0"]);
    // Source format's suffix is not the Metadata API's.
    let suffix = [("profiles/Standard.profile-meta.xml", content.as_str())];
    assert_eq!(problems(&deploy(&mut state, &zip(&[("Profile", &["Standard"])], &suffix))).len(), 2);
}

#[test]
fn a_zip_of_packages_has_folders_at_its_top() {
    let mut state = state();
    let inner = format!("<Package {NS}><types><members>Standard</members><name>Profile</name></types><version>66.0</version></Package>");
    let content = format!("<Profile {NS}>{}</Profile>", permission("ViewAllUsers", true));
    let files = BTreeMap::from([
        ("unpackaged/package.xml".to_owned(), inner.into_bytes()),
        ("unpackaged/profiles/Standard.profile".to_owned(), content.into_bytes()),
    ]);
    let zip = write_zip(&files).unwrap();
    assert_eq!(problems(&deploy(&mut state, &zip)), ["No package.xml found"]);
    let outcome = deploy_with(&mut state, &zip, DeployOptions { single_package: false, ..options() });
    assert_eq!(outcome.status, "Succeeded");
    assert!(state.org.is_permitted(&state.org.catalog.admin, "ViewAllUsers"));
}

#[test]
fn without_rollback_the_good_half_stays() {
    let mut state = state();
    let good = format!("<PermissionSet {NS}><label>New</label></PermissionSet>");
    let bad = format!("<PermissionSet {NS}/>");
    let zip = zip(
        &[("PermissionSet", &["Bad", "Good"])],
        &[("permissionsets/Bad.permissionset", &bad), ("permissionsets/Good.permissionset", &good)],
    );
    assert_eq!(deploy(&mut state, &zip).status, "Failed");
    assert!(!state.org.has("PermissionSet", "Good"));
    let outcome = deploy_with(&mut state, &zip, DeployOptions { rollback_on_error: false, ..options() });
    assert_eq!(outcome.status, "SucceededPartial");
    assert!(state.org.has("PermissionSet", "Good"));
}

#[test]
fn a_validation_changes_nothing_and_can_be_deployed_quickly() {
    let mut state = state();
    let user = state.org.catalog.admin.clone();
    let content = format!("<PermissionSet {NS}><label>New</label></PermissionSet>");
    let zip = zip(&[("PermissionSet", &["New"])], &[("permissionsets/New.permissionset", &content)]);
    let id = state.start_deploy(&zip, DeployOptions { check_only: true, ..options() }, &user, 1000);
    assert_eq!(state.quick_deploy(&id, &user, 1000).unwrap_err().code, "INVALID_ID_FIELD");
    state.tick(2000);
    assert_eq!(state.deploy(&id).unwrap().status(2000), "Succeeded");
    assert!(!state.org.has("PermissionSet", "New"));
    state.quick_deploy(&id, &user, 2000 + VALIDATION_LASTS).unwrap_err();
    let quick = state.quick_deploy(&id, &user, 3000).unwrap();
    assert_ne!(quick, id);
    state.tick(4000);
    assert!(state.org.has("PermissionSet", "New"));
    assert_eq!(state.quick_deploy("0Af000000000000AAA", &user, 4000).unwrap_err().code, "INVALID_CROSS_REFERENCE_KEY");
    state.quick_deploy(&quick, &user, 4000).unwrap_err();
}

#[test]
fn deploys_queue_run_and_can_be_cancelled() {
    let mut state = state();
    let user = state.org.catalog.admin.clone();
    let set = |name: &str| {
        let content = format!("<PermissionSet {NS}><label>{name}</label></PermissionSet>");
        zip(&[("PermissionSet", &[name])], &[(&format!("permissionsets/{name}.permissionset"), &content)])
    };
    let first = state.start_deploy(&set("First"), options(), &user, 1000);
    let second = state.start_deploy(&set("Second"), options(), &user, 1000);
    state.tick(1050);
    assert_eq!(state.deploy(&first).unwrap().status(1010), "Pending");
    assert_eq!(state.deploy(&first).unwrap().status(1050), "InProgress");
    assert_eq!(state.deploy(&second).unwrap().status(1050), "Pending");
    state.tick(1100);
    assert_eq!(state.deploy(&first).unwrap().status(1100), "Succeeded");
    state.cancel_deploy(&second, 1110).unwrap();
    assert_eq!(state.deploy(&second).unwrap().status(1110), "Canceling");
    state.tick(1300);
    assert_eq!(state.deploy(&second).unwrap().status(1300), "Canceled");
    assert!(state.org.has("PermissionSet", "First") && !state.org.has("PermissionSet", "Second"));
    state.cancel_deploy(&first, 1300).unwrap_err();
}

#[test]
fn deletions_say_what_was_not_there_and_what_is_in_use() {
    let mut state = state();
    let delete = |type_name: &str, name: &str| {
        let content = format!("<Package {NS}><types><members>{name}</members><name>{type_name}</name></types></Package>");
        zip(&[], &[("destructiveChanges.xml", &content)])
    };
    let lax = DeployOptions { ignore_warnings: true, ..options() };
    let outcome = deploy_with(&mut state, &delete("PermissionSet", "Lamp"), lax);
    assert_eq!(outcome.status, "Succeeded");
    assert_eq!(outcome.successes[0].problem.as_deref(), Some("No PermissionSet named: Lamp found"));
    for (type_name, name) in [("Profile", "Admin"), ("Profile", "Ampersand Integration"), ("PermissionSet", "Report_Builder")] {
        assert_eq!(deploy(&mut state, &delete(type_name, name)).status, "Failed", "{name}");
    }
    let outcome = deploy(&mut state, &delete("ConnectedApp", "Warehouse_Loader"));
    assert!(outcome.successes[0].deleted && !state.org.has("ConnectedApp", "Warehouse_Loader"));
}
