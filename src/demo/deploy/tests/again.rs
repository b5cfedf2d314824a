//! What was retrieved and is deployed again changes nothing, and says so; what a version does not
//! know it does not touch.

use super::*;
use crate::demo::job::RetrieveRequest;
use crate::demo::schema::TYPES;

/// Everything that a version can deploy, as it is retrieved with all companions, without consumer
/// keys (S 1.6).
fn whole(state: &mut State, version: u16) -> Vec<u8> {
    let stars = ["CustomTab", "CustomApplication", "ApexClass", "CustomPermission", "Layout"];
    let deployable =
        TYPES.iter().filter(|row| row.deployable && row.since <= version).map(|row| row.name);
    let all = vec!["*".to_owned()];
    let mut types: Vec<_> =
        deployable.clone().chain(stars).map(|name| (name.to_owned(), all.clone())).collect();
    types.push(("CustomObject".to_owned(), state.org.catalog.objects.keys().cloned().collect()));
    let request = RetrieveRequest { types, version, single_package: true, sees_parts: true };
    let id = state.start_retrieve(request, 0);
    state.finish_retrieves(1000);
    let out = state.retrieves[&id].outcome.clone().unwrap();
    let text = |path: &str| String::from_utf8(out.files[path].clone()).unwrap();
    let files: Vec<(String, String)> = out
        .properties
        .iter()
        .filter(|row| deployable.clone().any(|name| name == row.type_name))
        .map(|row| {
            let content = text(&row.file_name);
            let lines = content.lines().filter(|line| !line.contains("<consumerKey>"));
            (row.file_name.clone(), lines.map(|line| format!("{line}\n")).collect())
        })
        .collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    let types: Vec<(&str, &[&str])> = deployable.map(|name| (name, &["*"][..])).collect();
    zip_at(&format!("{version}.0"), &types, &files)
}

#[test]
fn what_was_retrieved_changes_nothing_at_any_version() {
    for version in OLDEST..=NEWEST {
        let mut state = state();
        let before = state.org.components.clone();
        let zip = whole(&mut state, version);
        let outcome = deploy(&mut state, &zip);
        assert_eq!(
            (outcome.status.as_str(), problems(&outcome)),
            ("Succeeded", vec![]),
            "{version}"
        );
        let changed = |line: &&Message| line.changed && line.full_name != "package.xml";
        let lines: Vec<_> = outcome.successes.iter().filter(changed).collect();
        assert_eq!(lines.len(), 0, "{version}: {lines:?}");
        assert!(outcome.successes.len() > 10);
        assert_eq!(state.org.components, before, "{version}");
    }
}

#[test]
fn below_40_a_permission_set_is_laid_over_what_is_there() {
    let content = format!(
        "<PermissionSet {NS}><label>Reports</label>{}{}</PermissionSet>",
        permission("RunReports", true),
        permission("ViewPublicReports", false)
    );
    let files = [("permissionsets/Report_Builder.permissionset", content.as_str())];
    let mut classes = Vec::new();
    for version in ["39.0", "40.0"] {
        let mut state = state();
        let node = |state: &State| state.org.component("PermissionSet", "Report_Builder").unwrap();
        let before = node(&state);
        let outcome =
            deploy(&mut state, &zip_at(version, &[("PermissionSet", &["Report_Builder"])], &files));
        assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
        let after = node(&state);
        assert_eq!(after.get("label"), Some("Reports"));
        let has = |node: &Node, name: &str| {
            node.all("userPermissions").any(|entry| entry.get("name") == Some(name))
        };
        assert!(has(&before, "ViewPublicReports") && !has(&after, "ViewPublicReports"));
        assert!(before.all("classAccesses").count() > 0);
        classes.push(after.all("classAccesses").count() == before.all("classAccesses").count());
    }
    assert_eq!(classes, [true, false]);
}

#[test]
fn an_element_younger_than_the_package_is_not_touched() {
    let mut state = state();
    let key = ("ConnectedApp".to_owned(), "Warehouse_Loader".to_owned());
    let stored = state.org.components[&key].content.clone();
    let young = ["consumerKey", "isPkceRequired"];
    let lines = stored.lines().filter(|line| !young.iter().any(|name| line.contains(name)));
    let content = lines.collect::<Vec<_>>().join("\n").replace("Warehouse Loader", "Loader");
    let files = [("connectedApps/Warehouse_Loader.connectedApp", content.as_str())];
    let mut pkce = |version: &str| {
        let zip = zip_at(version, &[("ConnectedApp", &["Warehouse_Loader"])], &files);
        assert_eq!(problems(&deploy(&mut state, &zip)), [""; 0]);
        let app = state.org.component(&key.0, &key.1).unwrap();
        assert_eq!(app.get("label"), Some("Loader"));
        app.child("oauthConfig").unwrap().flag("isPkceRequired")
    };
    assert_eq!((pkce("58.0"), pkce("59.0")), (true, false));
}

#[test]
fn external_client_apps_begin_at_their_versions() {
    let content = format!(
        "<ExternalClientApplication {NS}><contactEmail>a@example.com</contactEmail>\
         </ExternalClientApplication>"
    );
    let files = [("externalClientApps/Lamp.eca", content.as_str())];
    let mut state = state();
    let mut at = |version: &str| {
        let zip = zip_at(version, &[("ExternalClientApplication", &["Lamp"])], &files);
        problems(&deploy(&mut state, &zip)).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        at("58.0"),
        ["Unknown type name 'ExternalClientApplication' specified in package.xml"]
    );
    assert_eq!(at("59.0"), [""; 0]);
    let settings = format!("<ExternalClientAppSettings {NS}/>");
    let files = [("settings/ExternalClientApp.settings", settings.as_str())];
    let zip = zip_at("57.0", &[("Settings", &["ExternalClientApp"])], &files);
    assert_eq!(
        problems(&deploy(&mut state, &zip)),
        ["Not available for deploy for this organization"]
    );
}
