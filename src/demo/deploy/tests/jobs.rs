//! Packages and the deploys themselves: manifests, queues, validations, deletions.

use super::*;

#[test]
fn manifest_and_files_must_match() {
    let mut state = state();
    let content = format!("<Profile {NS}/>");
    let files = [("profiles/Standard.profile", content.as_str())];
    assert_eq!(
        problems(&deploy(&mut state, &zip(&[("Profile", &["Admin", "Standard"])], &files))),
        ["An object 'Admin' of type Profile was named in package.xml, but was not found in \
             zipped directory"]
    );
    assert_eq!(problems(&deploy(&mut state, &zip(&[], &files))), ["Not in package.xml"]);
    let beside = [files[0], ("snapshot.json", "{}"), (".git/HEAD", "ref")];
    assert_eq!(
        deploy(&mut state, &zip(&[("Profile", &["Standard"])], &beside)).status,
        "Succeeded",
        "what lies in no folder of a type is passed over"
    );
    let lax = DeployOptions { allow_missing_files: true, auto_update_package: true, ..options() };
    assert_eq!(
        deploy_with(&mut state, &zip(&[("PermissionSet", &["Lamp"])], &files), lax).status,
        "Succeeded"
    );
    assert_eq!(
        problems(&deploy(&mut state, &zip(&[("Lamp", &["x"])], &[]))),
        ["Unknown type name 'Lamp' specified in package.xml"]
    );
    assert_eq!(
        problems(&deploy(&mut state, &zip(&[("ApexClass", &["LampPricing"])], &[]))),
        ["Not available for deploy for this organization"]
    );
    assert_eq!(problems(&deploy(&mut state, b"UEsDBA==")), ["No package.xml found"]);
    assert_eq!(
        problems(&deploy(&mut state, &zip_at("99.0", &[], &[]))),
        ["Invalid version specified in package.xml: 99.0"]
    );
    // Source format's suffix is not the Metadata API's.
    let suffix = [("profiles/Standard.profile-meta.xml", content.as_str())];
    assert_eq!(
        problems(&deploy(&mut state, &zip(&[("Profile", &["Standard"])], &suffix))).len(),
        2
    );
}

#[test]
fn a_zip_of_packages_has_folders_at_its_top() {
    let mut state = state();
    let inner = format!(
        "<Package {NS}><types><members>Standard</members><name>Profile</name></types><version>66.0\
         </version></Package>"
    );
    let content = format!("<Profile {NS}>{}</Profile>", permission("ViewAllUsers", true));
    let files = BTreeMap::from([
        ("unpackaged/package.xml".to_owned(), inner.into_bytes()),
        ("unpackaged/profiles/Standard.profile".to_owned(), content.into_bytes()),
    ]);
    let zip = write_zip(&files).unwrap();
    assert_eq!(problems(&deploy(&mut state, &zip)), ["No package.xml found"]);
    let outcome =
        deploy_with(&mut state, &zip, DeployOptions { single_package: false, ..options() });
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
    let outcome =
        deploy_with(&mut state, &zip, DeployOptions { rollback_on_error: false, ..options() });
    assert_eq!(outcome.status, "SucceededPartial");
    assert!(state.org.has("PermissionSet", "Good"));
}

#[test]
fn a_validation_changes_nothing_and_can_be_deployed_quickly() {
    let mut state = state();
    let user = state.org.catalog.admin.clone();
    let content = format!("<PermissionSet {NS}><label>New</label></PermissionSet>");
    let zip =
        zip(&[("PermissionSet", &["New"])], &[("permissionsets/New.permissionset", &content)]);
    let id = state.start_deploy(&zip, DeployOptions { check_only: true, ..options() }, &user, 1000);
    assert_eq!(state.quick_deploy(&id, &user, 1000).unwrap_err().code, "INVALID_ID_FIELD");
    state.finish_deploys(2000);
    assert_eq!(state.deploy(&id).unwrap().status(2000), "Succeeded");
    assert!(!state.org.has("PermissionSet", "New"));
    state.quick_deploy(&id, &user, 2000 + VALIDATION_LASTS).unwrap_err();
    assert_eq!(state.deploy("0Af000000000000AAA").unwrap_err().code, "MALFORMED_ID");
    assert_eq!(state.deploy(&id[..15]).unwrap().id, id);
    let quick = state.quick_deploy(&id, &user, 3000).unwrap();
    assert_ne!(quick, id);
    state.finish_deploys(4000);
    assert!(state.org.has("PermissionSet", "New"));
    assert_eq!(
        state.quick_deploy("0Af000000000000", &user, 4000).unwrap_err().code,
        "INVALID_CROSS_REFERENCE_KEY"
    );
    state.quick_deploy(&quick, &user, 4000).unwrap_err();
}

#[test]
fn deploys_queue_run_and_can_be_cancelled() {
    let mut state = state();
    let user = state.org.catalog.admin.clone();
    let set = |name: &str| {
        let content = format!("<PermissionSet {NS}><label>{name}</label></PermissionSet>");
        zip(
            &[("PermissionSet", &[name])],
            &[(&format!("permissionsets/{name}.permissionset"), &content)],
        )
    };
    let first = state.start_deploy(&set("First"), options(), &user, 1000);
    let second = state.start_deploy(&set("Second"), options(), &user, 1000);
    state.finish_deploys(1050);
    assert_eq!(state.deploy(&first).unwrap().status(1010), "Pending");
    assert_eq!(state.deploy(&first).unwrap().status(1050), "InProgress");
    assert_eq!(state.deploy(&second).unwrap().status(1050), "Pending");
    state.finish_deploys(1100);
    assert_eq!(state.deploy(&first).unwrap().status(1100), "Succeeded");
    state.cancel_deploy(&second, 1110).unwrap();
    assert_eq!(state.deploy(&second).unwrap().status(1110), "Canceling");
    state.finish_deploys(1300);
    assert_eq!(state.deploy(&second).unwrap().status(1300), "Canceled");
    assert!(state.org.has("PermissionSet", "First") && !state.org.has("PermissionSet", "Second"));
    state.cancel_deploy(&first, 1300).unwrap_err();
}

#[test]
fn a_deploy_that_waits_is_not_forgotten_for_a_younger_one() {
    let mut state = state();
    let user = state.org.catalog.admin.clone();
    let zip = zip(&[], &[]);
    let ids: Vec<String> =
        (0..=HISTORY).map(|_| state.start_deploy(&zip, options(), &user, 1000)).collect();
    assert!(ids.iter().all(|id| state.deploy(id).is_ok()));
    // Those that have ended make room, the oldest first.
    state.finish_deploys(1100);
    state.start_deploy(&zip, options(), &user, 1100);
    assert!(state.deploy(&ids[0]).is_err() && state.deploy(&ids[1]).is_ok());
    assert_eq!(state.org.deploys.len(), HISTORY + 1);
}

#[test]
fn a_deploy_that_runs_shows_how_far_it_has_come() {
    let mut state = state();
    let user = state.org.catalog.admin.clone();
    let set = |name: &str| format!("<PermissionSet {NS}><label>{name}</label></PermissionSet>");
    let (first, second) = (set("First"), set("Second"));
    let zip = zip(
        &[("PermissionSet", &["First", "Second"])],
        &[
            ("permissionsets/First.permissionset", &first),
            ("permissionsets/Second.permissionset", &second),
        ],
    );
    let id = state.start_deploy(&zip, options(), &user, 1000);
    let job = state.deploy(&id).unwrap().clone();
    assert_eq!(job.components, 2);
    let done = [1010, 1050, 1070, 1099, 1200].map(|now| job.components_done(now));
    assert_eq!(done, [0, 0, 1, 1, 2]);
    state.finish_deploys(1100);
    let held = state.start_deploy(&zip, options(), &user, 2000);
    state.hold_deploy(&held);
    state.finish_deploys(u64::MAX - 1);
    assert_eq!(state.deploy(&held).unwrap().components_done(9_000_000), 0);
}

#[test]
fn further_types_are_taken_as_they_are_sent() {
    let mut state = state();
    let site = format!(
        "<RemoteSiteSetting {NS}><disableProtocolSecurity>false</disableProtocolSecurity><isActive>\
         true</isActive><url>https://api.vendor.example.com</url></RemoteSiteSetting>"
    );
    let queue = |object: &str, user: &str| {
        format!(
            "<Queue {NS}><name>Vendor</name><queueMembers><users><user>{user}</user></users>\
             </queueMembers><queueSobject><sobjectType>{object}</sobjectType></queueSobject></Queue>"
        )
    };
    let user = "sam.pereira@harbourlight.example.com";
    let types: &[(&str, &[&str])] = &[("RemoteSiteSetting", &["Vendor"]), ("Queue", &["Vendor"])];
    let files = |queue: &str| {
        zip(
            types,
            &[("remoteSiteSettings/Vendor.remoteSite", &site), ("queues/Vendor.queue", queue)],
        )
    };
    assert_eq!(
        problems(&deploy(&mut state, &files(&queue("Lamp__c", "nobody@example.com")))),
        [
            "In field: sobjectType - no CustomObject named Lamp__c found",
            "In field: user - no User named nobody@example.com found",
        ]
    );
    assert_eq!(deploy(&mut state, &files(&queue("Lead", user))).status, "Succeeded");
    assert!(state.org.has("RemoteSiteSetting", "Vendor") && state.org.has("Queue", "Vendor"));
    let again = deploy(&mut state, &files(&queue("Lead", user)));
    assert!(again.successes.iter().all(|one| !one.changed || one.full_name == "package.xml"));
    let policy = |profile: &str| {
        let policy = format!(
            "<ProfileSessionSetting {NS}><externalCommunityUserIdentityVerif>false\
             </externalCommunityUserIdentityVerif><forceLogout>false</forceLogout><profile>{profile}\
             </profile><sessionPersistence>false</sessionPersistence><sessionTimeout>120\
             </sessionTimeout><sessionTimeoutWarning>false</sessionTimeoutWarning>\
             </ProfileSessionSetting>"
        );
        let name = "ampersand integration_ProfileSessionSetting1";
        let path = format!("profileSessionSettings/{name}.profileSessionSetting");
        zip(&[("ProfileSessionSetting", &[name])], &[(&path, &policy)])
    };
    assert_eq!(deploy(&mut state, &policy("ampersand integration")).status, "Succeeded");
    assert_eq!(deploy(&mut state, &policy("nobody")).status, "Failed");
}

#[test]
fn deletions_say_what_was_not_there_and_what_is_in_use() {
    let mut state = state();
    let delete = |type_name: &str, name: &str| {
        let content = format!(
            "<Package {NS}><types><members>{name}</members><name>{type_name}</name></types>\
             </Package>"
        );
        zip(&[], &[("destructiveChanges.xml", &content)])
    };
    let strict = deploy(&mut state, &delete("PermissionSet", "Lamp"));
    assert_eq!((strict.status.as_str(), problems(&strict)), ("Failed", vec![]));
    let lax = DeployOptions { ignore_warnings: true, ..options() };
    let outcome = deploy_with(&mut state, &delete("PermissionSet", "Lamp"), lax);
    assert_eq!(outcome.status, "Succeeded");
    assert_eq!(outcome.successes[0].problem.as_deref(), Some("No PermissionSet named: Lamp found"));
    for (type_name, name) in [
        ("Profile", "Admin"),
        ("Profile", "Ampersand Integration"),
        ("PermissionSet", "Report_Builder"),
    ] {
        assert_eq!(deploy(&mut state, &delete(type_name, name)).status, "Failed", "{name}");
    }
    let outcome = deploy(&mut state, &delete("ConnectedApp", "Warehouse_Loader"));
    assert!(outcome.successes[0].deleted && !state.org.has("ConnectedApp", "Warehouse_Loader"));
}

#[test]
fn what_is_deleted_is_deleted_before_what_is_added_unless_it_is_asked_for_after() {
    let kind = "ExtlClntAppOauthConfigurablePolicies";
    let old = "Ampersand_ECA_oauthPlcy";
    let deletions = format!(
        "<Package {NS}><types><members>{old}</members><name>{kind}</name></types></Package>"
    );
    let policies = format!(
        "<{kind} {NS}><externalClientApplication>Ampersand_ECA</externalClientApplication></{kind}>"
    );
    for (file, double) in [
        ("destructiveChanges.xml", false),
        ("destructiveChangesPre.xml", false),
        ("destructiveChangesPost.xml", true),
    ] {
        let mut state = state();
        let files = [
            (file, deletions.as_str()),
            ("extlClntAppOauthPolicies/New.ecaOauthPlcy", policies.as_str()),
        ];
        let outcome = deploy(&mut state, &zip(&[(kind, &["New"])], &files));
        // An app has one such record: the old one is in the way while it is there.
        let said = problems(&outcome);
        assert_eq!(said.iter().any(|text| text.starts_with("DUPLICATE_VALUE")), double, "{file}");
        assert_eq!((state.org.has(kind, "New"), state.org.has(kind, old)), (!double, double));
    }
}

#[test]
fn nothing_speaks_of_what_was_deleted() {
    let mut state = state();
    let deletions = format!(
        "<Package {NS}><types><members>Warehouse_Sync</members><name>PermissionSet</name></types>\
         </Package>"
    );
    let app = |state: &State| state.org.component("ConnectedApp", "Warehouse_Loader").unwrap();
    assert!(app(&state).get("permissionSetName").is_some());
    let user = "warehouse.sync@harbourlight.example.com";
    assert_eq!(state.org.sources(user).len(), 2);
    let outcome = deploy(&mut state, &zip(&[], &[("destructiveChanges.xml", &deletions)]));
    assert_eq!(outcome.status, "Succeeded");
    assert_eq!(app(&state).get("permissionSetName"), None);
    // What is there now can be deployed as it is, and changes nothing.
    let lines = app(&state).to_file();
    let lines = lines.lines().filter(|line| !line.contains("consumerKey"));
    let content = lines.collect::<Vec<_>>().join("\n");
    let files = [("connectedApps/Warehouse_Loader.connectedApp", content.as_str())];
    let again = deploy(&mut state, &zip(&[("ConnectedApp", &["Warehouse_Loader"])], &files));
    assert_eq!((problems(&again), again.successes[0].changed), (vec![], false));
    // A set of the same name is another one, that nobody has.
    let set = format!("<PermissionSet {NS}><label>Other</label></PermissionSet>");
    let files = [("permissionsets/Warehouse_Sync.permissionset", set.as_str())];
    deploy(&mut state, &zip(&[("PermissionSet", &["Warehouse_Sync"])], &files));
    assert_eq!(state.org.sources(user).len(), 1);
}

#[test]
fn what_belongs_to_a_new_profile_comes_after_it() {
    let mut state = state();
    let profile = format!(
        "<Profile {NS}><custom>true</custom><userLicense>Salesforce</userLicense></Profile>"
    );
    let session = format!(
        "<ProfileSessionSetting {NS}><externalCommunityUserIdentityVerif>false\
         </externalCommunityUserIdentityVerif><forceLogout>false</forceLogout><profile>new\
         </profile><sessionPersistence>false</sessionPersistence><sessionTimeout>120\
         </sessionTimeout><sessionTimeoutWarning>false</sessionTimeoutWarning>\
         </ProfileSessionSetting>"
    );
    let types: &[(&str, &[&str])] = &[("Profile", &["New"]), ("ProfileSessionSetting", &["n1"])];
    let files = [
        ("profiles/New.profile", profile.as_str()),
        ("profileSessionSettings/n1.profileSessionSetting", session.as_str()),
    ];
    assert_eq!(problems(&deploy(&mut state, &zip(types, &files))), [""; 0]);
}

#[test]
fn each_package_of_a_zip_has_its_version_and_each_deletion_its_file() {
    let mut state = state();
    let package = |version: &str, name: &str| {
        let types = "<types><members>*</members><name>PermissionSet</name></types>";
        let manifest = format!("<Package {NS}>{types}<version>{version}</version></Package>");
        let set = format!(
            "<PermissionSet {NS}><label>New</label>{}</PermissionSet>",
            object("Account", "RF")
        );
        [
            (format!("{name}/package.xml"), manifest.into_bytes()),
            (format!("{name}/permissionsets/{name}.permissionset"), set.into_bytes()),
        ]
    };
    let files: BTreeMap<_, _> =
        package("62.0", "Old").into_iter().chain(package("67.0", "Young")).collect();
    let zip_of_both = write_zip(&files).unwrap();
    let outcome =
        deploy_with(&mut state, &zip_of_both, DeployOptions { single_package: false, ..options() });
    // `viewAllFields` is younger than 62.0.
    let failed: Vec<&str> =
        outcome.failures.iter().map(|message| message.full_name.as_str()).collect();
    assert_eq!(failed, ["Old"]);
    let deletions = |name: &str| {
        format!(
            "<Package {NS}><types><members>{name}</members><name>PermissionSet</name></types>\
             </Package>"
        )
    };
    let (pre, post) = (deletions("A"), deletions("B"));
    let files =
        [("destructiveChangesPre.xml", pre.as_str()), ("destructiveChangesPost.xml", &post)];
    let outcome = deploy(&mut state, &zip(&[], &files));
    let said: Vec<(&str, &str)> = outcome
        .successes
        .iter()
        .filter(|message| message.problem.is_some())
        .map(|message| (message.full_name.as_str(), message.file_name.as_str()))
        .collect();
    assert_eq!(said, [("A", "destructiveChangesPre.xml"), ("B", "destructiveChangesPost.xml")]);
}

#[test]
fn where_nothing_was_done_a_deploy_without_rollback_has_failed() {
    let bad = format!("<PermissionSet {NS}/>");
    let zip =
        zip(&[("PermissionSet", &["Bad"])], &[("permissionsets/Bad.permissionset", bad.as_str())]);
    let lax = DeployOptions { rollback_on_error: false, ..options() };
    assert_eq!(deploy_with(&mut state(), &zip, lax).status, "Failed");
}
