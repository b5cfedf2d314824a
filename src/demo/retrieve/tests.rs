//! What a retrieve, a list and a read give, and what they leave out.

use super::*;

fn retrieve(types: &[(&str, &[&str])]) -> Retrieved {
    let mut state = State::new(Org::seeded("x"), 50);
    let id = state.start_retrieve(
        RetrieveRequest {
            types: types
                .iter()
                .map(|(name, members)| {
                    (
                        (*name).to_owned(),
                        members.iter().map(|member| (*member).to_owned()).collect(),
                    )
                })
                .collect(),
            version: 67,
            single_package: true,
            sees_parts: true,
        },
        1000,
    );
    state.finish_retrieves(1049);
    assert!(state.retrieves[&id].outcome.is_none());
    state.finish_retrieves(1050);
    state.retrieves[&id].outcome.clone().unwrap()
}

fn profile(out: &Retrieved, path: &str) -> Node {
    Node::parse(std::str::from_utf8(&out.files[path]).unwrap()).unwrap()
}

#[test]
fn a_profile_alone_has_no_object_permissions() {
    let out = retrieve(&[("Profile", &["Ampersand Integration"])]);
    let node = profile(&out, "profiles/Ampersand Integration.profile");
    assert_eq!(node.all("objectPermissions").count(), 0);
    assert_eq!(node.all("fieldPermissions").count(), 0);
    assert_eq!(node.all("tabVisibilities").count(), 0);
    assert_eq!(node.all("userPermissions").count(), 5);
    assert_eq!(node.all("loginIpRanges").count(), 1);
    assert_eq!(node.get("userLicense"), Some("Salesforce"));
}

#[test]
fn companions_bring_a_profiles_entries() {
    let out = retrieve(&[
        ("Profile", &["Ampersand Integration"]),
        ("CustomObject", &["Account", "Product2"]),
        ("CustomField", &["Contact.Email"]),
        ("Layout", &["*"]),
    ]);
    let node = profile(&out, "profiles/Ampersand Integration.profile");
    let objects: Vec<_> =
        node.all("objectPermissions").filter_map(|entry| entry.get("object")).collect();
    // Product2 was asked for too: the profile has no access to it, so there is no entry.
    assert_eq!(objects, ["Account"]);
    assert!(node.all("fieldPermissions").any(|entry| entry.get("field") == Some("Contact.Email")));
    assert!(!node.all("fieldPermissions").any(|entry| entry.get("field") == Some("Contact.Phone")));
    assert_eq!(node.all("layoutAssignments").count(), 3);
    assert!(out.files.contains_key("objects/Account.object"));
}

#[test]
fn standard_tabs_come_with_their_objects() {
    let tabs = |types: &[(&str, &[&str])]| {
        let whole = [&[("Profile", &["Admin"][..])], types].concat();
        let node = profile(&retrieve(&whole), "profiles/Admin.profile");
        let tabs = node.all("tabVisibilities").filter_map(|entry| entry.get("tab"));
        tabs.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(tabs(&[("CustomTab", &["*"])]), ["Invoice__c"]);
    assert_eq!(tabs(&[("CustomObject", &["Account"])]), ["standard-Account"]);
    assert_eq!(tabs(&[("CustomObject", &["Invoice__c"])]), ["Invoice__c"]);
}

#[test]
fn types_and_elements_younger_than_the_request_are_not_there() {
    let mut state = State::new(Org::seeded("x"), 0);
    let mut at = |version: u16, type_name: &str| {
        let request = RetrieveRequest {
            types: vec![(type_name.to_owned(), vec!["*".to_owned()])],
            version,
            single_package: true,
            sees_parts: true,
        };
        let id = state.start_retrieve(request, 0);
        state.finish_retrieves(0);
        let out = state.retrieves[&id].outcome.clone().unwrap();
        (out.files.len() - 1, out.messages.into_iter().map(|(_, text)| text).next())
    };
    let unknown = |name: &str| (0, Some(format!("Entity type '{name}' is unknown")));
    let (app, policies) = ("ExternalClientApplication", "ExtlClntAppConfigurablePolicies");
    assert_eq!((at(58, app), at(59, app)), (unknown(app), (1, None)));
    assert_eq!((at(59, policies), at(60, policies)), (unknown(policies), (1, None)));
    assert_eq!(at(44, "PermissionSetGroup"), unknown("PermissionSetGroup"));
    assert_eq!(state.org.list(app, 58).unwrap_err().code, "INVALID_TYPE");
    let read = |version: u16| {
        let names = ["Warehouse_Loader".to_owned()];
        let app = state.org.read("ConnectedApp", &names, version).unwrap().remove(0).unwrap().1;
        app.child("oauthConfig").unwrap().flag("isPkceRequired")
    };
    assert_eq!((read(58), read(59)), (false, true));
}

#[test]
fn two_servers_of_one_org_give_no_id_twice() {
    let mut servers = ["one", "two"].map(|chance| {
        let mut state = State::new(Org::seeded("x"), 0);
        chance.clone_into(&mut state.chance);
        state
    });
    let mut ids = BTreeSet::new();
    for state in &mut servers {
        for _ in 0..2 {
            // What another server has written is read in between.
            state.org = Org::seeded("x");
            ids.insert(state.start_retrieve(RetrieveRequest::default(), 0));
            ids.insert(state.passing_code());
        }
    }
    assert_eq!(ids.len(), 8, "{ids:?}");
}

#[test]
fn a_star_matches_no_standard_object() {
    let out = retrieve(&[("Profile", &["Admin"]), ("CustomObject", &["*"])]);
    let node = profile(&out, "profiles/Admin.profile");
    let objects: Vec<_> =
        node.all("objectPermissions").filter_map(|entry| entry.get("object")).collect();
    assert_eq!(objects, ["Invoice_Line__c", "Invoice__c"]);
}

#[test]
fn what_is_not_there_is_a_message() {
    let out = retrieve(&[
        ("Profile", &["System Administrator", "Custom: Lamp Sales", "Custom%3A Lamp Sales"]),
        ("ConnectedApp", &["Beacon Analytics"]),
        ("Lamp", &["*"]),
    ]);
    let problems: Vec<&str> = out.messages.iter().map(|(_, problem)| problem.as_str()).collect();
    assert_eq!(
        problems,
        [
            "Entity of type 'Profile' named 'System Administrator' cannot be found",
            "Entity of type 'Profile' named 'Custom: Lamp Sales' cannot be found",
            "Entity of type 'ConnectedApp' named 'Beacon Analytics' cannot be found",
            "Entity type 'Lamp' is unknown",
        ]
    );
    assert!(out.files.contains_key("profiles/Custom%3A Lamp Sales.profile"));
}

#[test]
fn a_list_leaves_installed_apps_out() {
    let org = Org::seeded("x");
    let names: Vec<String> =
        org.list("ConnectedApp", 67).unwrap().into_iter().map(|row| row.full_name).collect();
    assert_eq!(names, ["Ampersand", "Warehouse_Loader"]);
    assert_eq!(org.list("Lamp", 67).unwrap_err().code, "INVALID_TYPE");
    let fields = org.list("CustomField", 67).unwrap();
    assert!(fields.iter().any(|row| row.full_name == "Account.Beacon_Score__c"));
}

#[test]
fn a_read_gives_whole_components() {
    let org = Org::seeded("x");
    let read = |type_name: &str, name: &str| {
        org.read(type_name, &[name.to_owned()], 67).unwrap().remove(0)
    };
    assert!(read("Profile", "Admin").unwrap().1.all("objectPermissions").count() > 5);
    assert!(read("Profile", "Nobody").is_none());
    let account = read("CustomObject", "Account").unwrap().1;
    assert!(account.all("fields").any(|field| field.get("fullName") == Some("Industry")));
    assert!(read("CustomObject", "Nothing__c").is_none());
    assert_eq!(
        read("ConnectedAppSettings", "ConnectedApp").unwrap().1.name,
        "ConnectedAppSettings"
    );
    assert_eq!(org.read("Lamp", &[], 67).unwrap_err().code, "INVALID_TYPE");
    assert_eq!(
        org.read("Profile", &vec![String::new(); 11], 67).unwrap_err().code,
        "EXCEEDED_ID_LIMIT"
    );
}

#[test]
fn permission_sets_come_whole_without_companions() {
    let out = retrieve(&[("PermissionSet", &["Warehouse_Sync"])]);
    let node = profile(&out, "permissionsets/Warehouse_Sync.permissionset");
    assert_eq!(node.all("objectPermissions").count(), 4);
}
