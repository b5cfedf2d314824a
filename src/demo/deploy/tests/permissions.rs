//! Profiles and permission sets: laid over or replaced, and what they may refer to.

use super::*;

#[test]
fn a_profile_is_laid_over_what_is_there() {
    let mut state = state();
    let ranges = "<loginIpRanges><endAddress>198.51.100.255</endAddress><startAddress>198.51.100.0\
                  </startAddress></loginIpRanges>";
    let content = format!(
        "<Profile {NS}>{ranges}{}{}{}</Profile>",
        object("Account", "CERV"),
        object("Lead", ""),
        permission("APIENABLED", true)
            + &permission("CanApproveUninstalledApps", true)
            + &permission("RunReports", false)
    );
    let outcome = deploy(
        &mut state,
        &zip(
            &[("Profile", &["Ampersand Integration"])],
            &[("profiles/Ampersand Integration.profile", &content)],
        ),
    );
    assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
    let line = &outcome.successes[0];
    assert!(line.changed && !line.created);
    let node = state.org.component("Profile", "Ampersand Integration").unwrap();
    let names: Vec<_> = node.all("userPermissions").filter_map(|entry| entry.get("name")).collect();
    assert_eq!(
        names,
        [
            "ActivitiesAccess",
            "ApiEnabled",
            "CanApproveUninstalledApps",
            "LightningExperienceUser",
            "ViewSetup"
        ]
    );
    let objects: Vec<_> =
        node.all("objectPermissions").filter_map(|entry| entry.get("object")).collect();
    assert_eq!(
        objects,
        ["Account", "Campaign", "Contact", "Opportunity"],
        "Lead was taken away, the rest stayed"
    );
    assert_eq!(node.all("loginIpRanges").count(), 1);
    assert!(node.all("fieldPermissions").count() > 10);
    // A second time nothing changes.
    let again = deploy(
        &mut state,
        &zip(
            &[("Profile", &["Ampersand Integration"])],
            &[("profiles/Ampersand Integration.profile", &content)],
        ),
    );
    assert!(!again.successes[0].changed);
}

#[test]
fn login_ranges_that_are_not_sent_are_lost() {
    let mut state = state();
    let content = format!("<Profile {NS}>{}</Profile>", permission("ApiEnabled", true));
    deploy(
        &mut state,
        &zip(
            &[("Profile", &["Ampersand Integration"])],
            &[("profiles/Ampersand Integration.profile", &content)],
        ),
    );
    assert_eq!(
        state
            .org
            .component("Profile", "Ampersand Integration")
            .unwrap()
            .all("loginIpRanges")
            .count(),
        0
    );
}

#[test]
fn permissions_need_others() {
    assert_eq!(
        profile(&object("Case", "E")),
        ["Permission Edit Case depends on permission(s): Read Case"]
    );
    assert_eq!(
        profile(&object("Case", "RM")),
        ["Permission Modify All Case depends on permission(s): Delete Case, Edit Case, Read All \
             Case"]
    );
    assert_eq!(
        profile(&object("Contract", "RV")),
        ["Permission Read All Contract depends on permission(s): Read All Account"]
    );
    assert_eq!(
        profile(&object("Invoice_Line__c", "R")),
        ["Permission Read Invoice_Line__c depends on permission(s): Read Invoice__c"]
    );
    assert_eq!(
        profile(&(object("Invoice__c", "R") + &object("Invoice_Line__c", "RV"))),
        ["Permission Read All Invoice_Line__c depends on permission(s): Read All Invoice__c"]
    );
    assert_eq!(
        profile(&permission("CustomizeApplication", true)),
        ["Permission CustomizeApplication depends on permission(s): ManageCustomPermissions, \
             ViewRoles"]
    );
}

#[test]
fn rights_to_reports_need_those_below_them_and_logs_need_none() {
    let set = |names: &[&str]| {
        let all: String = names.iter().map(|name| permission(name, true)).collect();
        let content = format!("<PermissionSet {NS}><label>Acme</label>{all}</PermissionSet>");
        refused("PermissionSet", "Acme", "permissionsets/Acme.permissionset", &content)
    };
    assert_eq!(
        set(&["ExportReport"]),
        ["Permission ExportReport depends on permission(s): RunReports"]
    );
    assert_eq!(
        set(&["CreateReportFolders", "EditMyReports", "ManageReportsInPubFolders"]),
        [
            "Permission CreateReportFolders depends on permission(s): CreateCustomizeReports",
            "Permission EditMyReports depends on permission(s): CreateCustomizeReports",
            "Permission ManageReportsInPubFolders depends on permission(s): ViewPublicReports",
        ]
    );
    assert_eq!(
        set(&["ViewHealthCheck"]),
        ["Permission ViewHealthCheck depends on permission(s): ViewSetup"]
    );
    assert_eq!(set(&["ExportReport", "RunReports", "ViewDataLeakageEvents"]), [""; 0]);
    assert_eq!(set(&["ViewEventLogFiles", "MonitorLoginHistory"]), [""; 0]);
}

#[test]
fn tasks_and_events_are_not_seen_or_changed_as_a_whole() {
    assert_eq!(profile(&object("Task", "RV")), ["Task has no permission Read All"]);
    assert_eq!(
        profile(&object("Event", "CREDVM")),
        ["Event has no permission Read All", "Event has no permission Modify All"]
    );
}

#[test]
fn references_must_lead_somewhere() {
    for (content, problem) in [
        (object("Lamp__c", "R"), "In field: object - no CustomObject named Lamp__c found"),
        (
            "<fieldPermissions><editable>false</editable><field>Account.Lamp__c</field>\
             <readable>true</readable></fieldPermissions>"
                .to_owned(),
            "In field: field - no CustomField named Account.Lamp__c found",
        ),
        (
            "<fieldPermissions><editable>false</editable><field>Lamp__c.X__c</field><readable>true\
             </readable></fieldPermissions>"
                .to_owned(),
            "In field: field - no CustomObject named Lamp__c found",
        ),
        (
            "<fieldPermissions><editable>false</editable><field>Account.Name</field><readable>true\
             </readable></fieldPermissions>"
                .to_owned(),
            "You cannot deploy to a required field: Account.Name",
        ),
        (
            "<recordTypeVisibilities><default>false</default><recordType>Account.Lamp</recordType>\
             <visible>true</visible></recordTypeVisibilities>"
                .to_owned(),
            "In field: recordType - no RecordType named Account.Lamp found",
        ),
        (
            "<classAccesses><apexClass>Lamp</apexClass><enabled>true</enabled></classAccesses>"
                .to_owned(),
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
        [format!(
            "Error parsing file: Element {{{xmlns}}}lamp invalid at this location in type Profile"
        )]
    );
    assert_eq!(
        profile(
            "<objectPermissions><object>Account</object><allowFly>true</allowFly>\
             </objectPermissions>"
        ),
        [format!(
            "Error parsing file: Element {{{xmlns}}}allowFly invalid at this location in type \
             ProfileObjectPermissions"
        )]
    );
    let apart = permission("ApiEnabled", true)
        + "<userLicense>Salesforce</userLicense>"
        + &permission("ViewSetup", true);
    let column = format!("<Profile {NS}>").len()
        + permission("ApiEnabled", true).len()
        + "<userLicense>Salesforce</userLicense>".len()
        + 1;
    assert_eq!(
        profile(&apart),
        [format!(
            "Error parsing file: Element userPermissions is duplicated at this location in type \
             Profile (1:{column})"
        )]
    );
    assert_eq!(
        profile(
            "<tabVisibilities><tab>Invoice__c</tab><visibility>Visible</visibility>\
             </tabVisibilities>"
        ),
        ["Error parsing file: 'Visible' is not a valid value for the enum 'TabVisibility'"]
    );
    assert_eq!(
        profile("<userPermissions><enabled>yes</enabled><name>ApiEnabled</name></userPermissions>"),
        ["Error parsing file: 'yes' is not a valid value for the type xsd:boolean"]
    );
    assert_eq!(
        profile("<userPermissions><name>ApiEnabled</name></userPermissions>"),
        ["Required field is missing: enabled"]
    );
    let twice = object("Account", "R") + &object("Account", "R");
    assert_eq!(
        profile(&twice),
        ["duplicate value found: <unknown> duplicates value on record with id: <unknown>"]
    );
    assert_eq!(
        refused(
            "Profile",
            "Ampersand Integration",
            "profiles/Ampersand Integration.profile",
            "<Profile>"
        )
        .len(),
        1
    );
    assert_eq!(
        refused(
            "Profile",
            "Ampersand Integration",
            "profiles/Ampersand Integration.profile",
            "<Profile xmlns='lamp'/>"
        )
        .len(),
        1
    );
}

#[test]
fn an_element_younger_than_the_package_is_unknown() {
    let mut state = state();
    let content = format!("<Profile {NS}>{}</Profile>", object("Account", "R"));
    let zip = zip_at(
        "62.0",
        &[("Profile", &["Ampersand Integration"])],
        &[("profiles/Ampersand Integration.profile", &content)],
    );
    assert!(
        problems(&deploy(&mut state, &zip))[0]
            .contains("viewAllFields invalid at this location in type ProfileObjectPermissions")
    );
}

#[test]
fn standard_profiles_keep_their_object_permissions() {
    let standard = |content: &str| {
        refused(
            "Profile",
            "Standard",
            "profiles/Standard.profile",
            &format!("<Profile {NS}>{content}</Profile>"),
        )
    };
    assert_eq!(
        standard(&object("Account", "CERV")),
        ["You can't edit the object permissions of a standard profile: Account"]
    );
    assert_eq!(standard(&object("Invoice__c", "R")), Vec::<String>::new());
    assert_eq!(standard(&permission("ViewAllUsers", true)), Vec::<String>::new());
    assert_eq!(
        standard(
            "<applicationVisibilities><application>standard__Sales</application><default>false\
             </default><visible>true</visible></applicationVisibilities>"
        ),
        ["You can't remove the only default app from the profile."]
    );
}

#[test]
fn a_new_profile_needs_its_licence_and_starts_small() {
    let new = |content: &str| {
        refused(
            "Profile",
            "Vendor",
            "profiles/Vendor.profile",
            &format!("<Profile {NS}>{content}</Profile>"),
        )
    };
    assert_eq!(
        new(""),
        ["Required field is missing: custom", "Required field is missing: userLicense"]
    );
    assert_eq!(
        new("<custom>true</custom><userLicense>Guest User License</userLicense>"),
        ["You can not create custom Guest profiles."]
    );
    assert_eq!(
        refused(
            "Profile",
            "System Administrator",
            "profiles/System Administrator.profile",
            &format!(
                "<Profile {NS}><custom>true</custom><userLicense>Salesforce</userLicense></Profile>"
            )
        ),
        ["duplicate value found: <unknown> duplicates value on record with id: <unknown>"]
    );
    let content = format!(
        "<Profile {NS}><custom>true</custom><userLicense>Salesforce</userLicense></Profile>"
    );
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
    let content = format!(
        "<PermissionSet {NS}><label>Report Builder</label>{}</PermissionSet>",
        permission("RunReports", true)
    );
    let outcome = deploy(
        &mut state,
        &zip(
            &[("PermissionSet", &["Report_Builder"])],
            &[("permissionsets/Report_Builder.permissionset", &content)],
        ),
    );
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
    assert_eq!(
        set("<label>x</label><license>Lamp</license>"),
        ["In field: license - no PermissionSetLicense named Lamp found"]
    );
    assert_eq!(
        set(
            "<label>x</label><objectPermissions><allowRead>true</allowRead><object>Account</object>\
             </objectPermissions>"
        ),
        ["Required field is missing: allowCreate"]
    );
    assert_eq!(
        set(&format!(
            "<label>x</label><license>Salesforce API Integration</license>{}",
            permission("AuthorApex", true)
        )),
        ["The user license doesn't allow the permission: AuthorApex"]
    );
    assert_eq!(
        set("<label>x</label><tabSettings><tab>Invoice__c</tab><visibility>DefaultOn</visibility>\
             </tabSettings>"),
        ["Error parsing file: 'DefaultOn' is not a valid value for the enum \
             'PermissionSetTabVisibility'"]
    );
    assert_eq!(
        refused(
            "PermissionSetGroup",
            "Back_Office",
            "permissionsetgroups/Back_Office.permissionsetgroup",
            &format!(
                "<PermissionSetGroup {NS}><label>x</label><permissionSets>Lamp</permissionSets>\
                 </PermissionSetGroup>"
            )
        ),
        ["In field: permissionSets - no PermissionSet named Lamp found"]
    );
}

#[test]
fn below_50_a_standard_profiles_objects_can_be_set() {
    let content = format!("<Profile {NS}>{}</Profile>", object("Campaign", "CER"));
    let content = content.replace("<viewAllFields>false</viewAllFields>", "");
    let said = |version: &str| {
        let files = [("profiles/Standard.profile", content.as_str())];
        let zip = zip_at(version, &[("Profile", &["Standard"])], &files);
        problems(&deploy(&mut state(), &zip)).len()
    };
    assert_eq!((said("49.0"), said("50.0")), (0, 1));
}

#[test]
fn below_38_a_sets_licence_has_another_name() {
    let mut state = state();
    let set = |element: &str| {
        format!(
            "<PermissionSet {NS}><label>New</label><{element}>Salesforce</{element}>\
             </PermissionSet>"
        )
    };
    let mut said = |version: &str, element: &str| {
        let content = set(element);
        let files = [("permissionsets/New.permissionset", content.as_str())];
        let zip = zip_at(version, &[("PermissionSet", &["New"])], &files);
        let outcome = deploy(&mut state, &zip);
        let node = state.org.component("PermissionSet", "New");
        (problems(&outcome).len(), node.and_then(|node| node.get("license").map(str::to_owned)))
    };
    let held = Some("Salesforce".to_owned());
    assert_eq!(said("37.0", "license"), (1, None));
    assert_eq!(said("37.0", "userLicense"), (0, held.clone()));
    assert_eq!(said("38.0", "userLicense"), (1, held.clone()));
    assert_eq!(said("38.0", "license"), (0, held));
}

#[test]
fn a_profile_has_one_default_app() {
    let mut state = state();
    let default = |name: &str| {
        format!(
            "<applicationVisibilities><application>{name}</application><default>true</default>\
             <visible>true</visible></applicationVisibilities>"
        )
    };
    let name = "Custom%3A Lamp Sales";
    let mut said = |content: &str| {
        let content = format!("<Profile {NS}>{content}</Profile>");
        let path = format!("profiles/{name}.profile");
        let outcome = deploy(&mut state, &zip(&[("Profile", &[name])], &[(&path, &content)]));
        let node = state.org.component("Profile", "Custom: Lamp Sales").unwrap();
        let defaults = node.all("applicationVisibilities").filter(|app| app.flag("default"));
        let defaults: Vec<String> =
            defaults.filter_map(|app| app.get("application").map(str::to_owned)).collect();
        (problems(&outcome).join("; "), defaults)
    };
    let first = said("").1;
    assert_eq!(first.len(), 1);
    let other = if first[0] == "standard__Service" { "Lamp_Sales" } else { "standard__Service" };
    let both = [default(other), default(&first[0])].concat();
    assert_eq!(said(&both), ("A profile has one default app.".to_owned(), first));
    assert_eq!(said(&default(other)), (String::new(), vec![other.to_owned()]));
}

#[test]
fn a_profile_that_sees_all_takes_two_flags_without_effect() {
    let mut state = state();
    // Before, the profile reads no products.
    let content = format!("<Profile {NS}>{}</Profile>", permission("ViewAllData", true));
    let path = "profiles/Ampersand Integration.profile";
    let types: &[(&str, &[&str])] = &[("Profile", &["Ampersand Integration"])];
    assert_eq!(problems(&deploy(&mut state, &zip(types, &[(path, &content)]))), [""; 0]);
    let content = format!("<Profile {NS}>{}</Profile>", object("Product2", "RV"));
    assert_eq!(problems(&deploy(&mut state, &zip(types, &[(path, &content)]))), [""; 0]);
    let node = state.org.component("Profile", "Ampersand Integration").unwrap();
    let entry = node.all("objectPermissions").find(|one| one.get("object") == Some("Product2"));
    assert!(!entry.unwrap().flag("viewAllRecords"));
}

#[test]
fn a_packages_set_is_read_and_not_changed() {
    let mut state = state();
    let (set, path) =
        ("beacon__Beacon_Reader", "permissionsets/beacon__Beacon_Reader.permissionset");
    let key = ("PermissionSet".to_owned(), set.to_owned());
    let content = state.org.components[&key].content.clone();
    let package = |content: &str| zip(&[("PermissionSet", &[set])], &[(path, content)]);
    let same = deploy(&mut state, &package(&content));
    assert_eq!(problems(&same), [""; 0], "what changes nothing is taken");
    let changed = content.replace("Beacon Reader", "Reader");
    let refused = deploy(&mut state, &package(&changed));
    assert!(problems(&refused)[0].starts_with("Cannot modify managed object: entity=Permission"));
    let gone = format!(
        "<Package {NS}><types><members>{set}</members><name>PermissionSet</name></types></Package>"
    );
    let empty = format!("<Package {NS}><version>67.0</version></Package>");
    let files = BTreeMap::from([
        ("package.xml".to_owned(), empty.into_bytes()),
        ("destructiveChanges.xml".to_owned(), gone.into_bytes()),
    ]);
    let refused = deploy(&mut state, &write_zip(&files).unwrap());
    assert!(problems(&refused)[0].starts_with("Cannot modify managed object: entity=Permission"));
}
