//! Projects as the sf command line has them: files found wherever they stand, several package
//! directories, `.forceignore`, permission sets in parts, and what is a record of a retrieve.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::support::{Env, Run};

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NS: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

const TEMPLATE: &str = r#"format = 1
[template]
name = "acme"
title = "Acme integration"
version = "1"
source = "https://docs.example.com/acme"
reviewed = 2026-11-23
[[step]]
id = "api"
title = "API Enabled"
want = [ { component = "PermissionSet:Acme_Sync", path = "userPermissions[ApiEnabled].enabled", equals = true } ]
[[step]]
id = "read"
title = "Reads accounts"
want = [ { component = "PermissionSet:Acme_Sync", path = "objectPermissions[Account].allowRead", equals = true } ]
[[step]]
id = "field"
title = "Reads the tier"
want = [ { component = "PermissionSet:Acme_Sync", path = "fieldPermissions[Account.Tier__c].readable", equals = true } ]
"#;

fn project(directories: &[&str]) -> String {
    let list: Vec<String> =
        directories.iter().map(|path| format!("{{\"path\": \"{path}\"}}")).collect();
    format!("{{\"packageDirectories\": [{}], \"sourceApiVersion\": \"66.0\"}}", list.join(", "))
}

fn field(readable: bool) -> String {
    format!(
        "    <fieldPermissions>\n        <editable>false</editable>\n        <field>Account.Tier__c\
         </field>\n        <readable>{readable}</readable>\n    </fieldPermissions>\n"
    )
}

const OBJECT: &str = "    <objectPermissions>\n        <allowCreate>false</allowCreate>\n        \
                      <allowDelete>false</allowDelete>\n        <allowEdit>false</allowEdit>\n        \
                      <allowRead>true</allowRead>\n        <modifyAllRecords>false\
                      </modifyAllRecords>\n        <object>Account</object>\n        \
                      <viewAllFields>false</viewAllFields>\n        <viewAllRecords>false\
                      </viewAllRecords>\n    </objectPermissions>\n";
const USER: &str = "    <userPermissions>\n        <enabled>true</enabled>\n        <name>ApiEnabled\
                    </name>\n    </userPermissions>\n";
const LABEL: &str = "    <label>Acme Sync</label>\n";

fn of(type_name: &str, inner: &str) -> String {
    format!("{XML}<{type_name} {NS}>\n{inner}</{type_name}>\n")
}

fn permission_set(readable: bool) -> String {
    of("PermissionSet", &[&field(readable), LABEL, OBJECT, USER].concat())
}

/// The same in the parts of `decomposePermissionSetBeta2`.
fn in_lists(env: &Env, folder: &str, readable: bool) {
    let at = format!("{folder}/force-app/main/default/permissionsets/Acme_Sync");
    env.write(&format!("{folder}/sfdx-project.json"), project(&["force-app"]));
    env.write(&format!("{at}/Acme_Sync.permissionset-meta.xml"), of("PermissionSet", LABEL));
    let list = |inner: &str| format!("{XML}<PermissionSet>\n{inner}</PermissionSet>\n");
    env.write(&format!("{at}/Acme_Sync.userPermission-meta.xml"), list(USER));
    env.write(
        &format!("{at}/objectSettings/Account.objectSettings-meta.xml"),
        list(&(field(readable) + OBJECT)),
    );
}

/// The same in the parts of `decomposePermissionSetBeta`.
fn in_entries(env: &Env, folder: &str, readable: bool) {
    let at = format!("{folder}/force-app/main/default/permissionsets/Acme_Sync");
    env.write(&format!("{folder}/sfdx-project.json"), project(&["force-app"]));
    env.write(&format!("{at}/Acme_Sync.permissionset-meta.xml"), of("PermissionSet", LABEL));
    let entry = |text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        let inner = &lines[1..lines.len() - 1];
        inner.iter().map(|line| format!("{}\n", &line[4..])).collect::<String>()
    };
    for (file, root, text) in [
        ("fieldPermissions/Account.Tier__c.fieldPermission", "FieldPermission", &*field(readable)),
        ("objectPermissions/Account.objectPermission", "ObjectPermission", OBJECT),
        ("userPermissions/ApiEnabled.userPermission", "UserPermission", USER),
    ] {
        env.write(&format!("{at}/{file}-meta.xml"), of(root, &entry(text)));
    }
}

fn with_template() -> Env {
    let env = Env::new();
    env.write("acme.toml", TEMPLATE);
    env
}

fn held(env: &Env, from: &str) -> Run {
    env.run(&["diff", "--template", "acme.toml", "--from", from])
}

#[track_caller]
fn is_in_sync(run: &Run) {
    assert!(run.code == 0 && run.stdout.contains("3 in sync"), "{run:?}");
}

fn json(env: &Env, arguments: &[&str]) -> Json {
    let run = env.run(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

/// Every file below a folder, with its text.
fn files(env: &Env, folder: &str) -> BTreeMap<String, String> {
    let root = env.folder().join(folder);
    let mut found = BTreeMap::new();
    let mut pending = vec![root.clone()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_file_is_found_by_its_suffix_in_any_folder() {
    let env = with_template();
    let admin = of("Profile", "    <custom>false</custom>\n");
    let place = "force-app/main/default/permissionsets/sales/Acme_Sync.permissionset-meta.xml";
    for (folder, readable) in [("a", true), ("b", false)] {
        env.write(&format!("{folder}/sfdx-project.json"), project(&["force-app"]));
        env.write(&format!("{folder}/force-app/profiles/Admin.profile-meta.xml"), &admin);
        env.write(&format!("{folder}/{place}"), permission_set(readable));
    }
    is_in_sync(&held(&env, "a"));
    let drift = env.run(&["diff", "--baseline", "a", "--from", "b"]);
    assert!(
        drift.code == 2 && drift.stdout.contains("fieldPermissions[Account.Tier__c].readable"),
        "{drift:?}"
    );
    let shown = env.run(&[
        "git-diff",
        place,
        &format!("a/{place}"),
        "x",
        "x",
        &format!("b/{place}"),
        "y",
        "y",
    ]);
    assert!(
        shown.stdout.contains("PermissionSet Acme_Sync")
            && shown.stdout.contains("fieldPermissions[Account.Tier__c].readable"),
        "{shown:?}"
    );
}

#[test]
fn in_place_edits_the_file_that_is_there() {
    let env = with_template();
    env.write("then/sfdx-project.json", project(&["force-app"]));
    env.write("then/force-app/profiles/Admin.profile-meta.xml", of("Profile", ""));
    env.write(
        "then/force-app/permissionsets/Acme_Sync.permissionset-meta.xml",
        permission_set(true),
    );
    env.write("p/sfdx-project.json", project(&["force-app"]));
    env.write("p/force-app/profiles/Admin.profile-meta.xml", of("Profile", ""));
    let place = "force-app/permissionsets/sales/Acme_Sync.permissionset-meta.xml";
    env.write(&format!("p/{place}"), permission_set(false));
    let names: Vec<String> = files(&env, "p").into_keys().collect();
    let run = env.run(&["package", "--baseline", "then", "--from", "p", "--in-place"]);
    assert_eq!(run.code, 0, "{run:?}");
    let after = files(&env, "p");
    assert_eq!(after.keys().cloned().collect::<Vec<_>>(), names, "no second file");
    assert_eq!(after[place], permission_set(true));
    // What a link leads to is edited only where it belongs to the folder.
    #[cfg(unix)]
    {
        let at = env.folder().join("p").join(place);
        env.write("outside", permission_set(false));
        std::fs::remove_file(&at).unwrap();
        std::os::unix::fs::symlink(env.folder().join("outside"), &at).unwrap();
        let package = ["package", "--baseline", "then", "--from", "p", "--in-place"];
        let run = env.run(&package);
        assert!(run.code == 1 && run.stderr.contains("is a link that leads out of"), "{run:?}");
        let text = std::fs::read_to_string(env.folder().join("outside")).unwrap();
        assert_eq!(text, permission_set(false));
        env.write("p/inside", permission_set(false));
        std::fs::remove_file(&at).unwrap();
        std::os::unix::fs::symlink(env.folder().join("p/inside"), &at).unwrap();
        let run = env.run(&package);
        assert!(run.code == 0 && run.stderr.contains("is a link; what was edited"), "{run:?}");
        assert_eq!(files(&env, "p")["inside"], permission_set(true));
    }
}

#[test]
fn a_new_component_stands_beside_the_folders_of_the_others_and_over_no_file() {
    let env = with_template();
    env.write("then/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
    env.write("p/sfdx-project.json", project(&["force-app"]));
    env.write("then/profiles/Admin.profile-meta.xml", of("Profile", ""));
    env.write("p/force-app/a/x/Admin.profile-meta.xml", of("Profile", ""));
    env.write("p/force-app/b/profiles/sales/Sales.profile-meta.xml", of("Profile", ""));
    let package = ["package", "--baseline", "then", "--from", "p", "--in-place"];
    let place = "force-app/b/permissionsets/Acme_Sync.permissionset-meta.xml";
    env.run(&package);
    assert!(files(&env, "p").contains_key(place), "{:?}", files(&env, "p").keys());
    // A file that is left out is there all the same.
    env.write("p/.forceignore", "**/permissionsets/**\n");
    env.write(&format!("p/{place}"), permission_set(false));
    let before = files(&env, "p");
    env.run(&package);
    assert_eq!(files(&env, "p"), before);
}

#[test]
fn of_two_package_directories_the_last_file_counts_and_both_are_named() {
    let env = with_template();
    let layout = |name: &str| {
        of(
            "Profile",
            &format!(
                "    <layoutAssignments>\n        <layout>{name}</layout>\n    </layoutAssignments>\n"
            ),
        )
    };
    env.write("p/sfdx-project.json", project(&["sales", "core"]));
    env.write("p/core/profiles/Admin.profile-meta.xml", layout("Account-Account Layout"));
    env.write("p/sales/profiles/Admin.profile-meta.xml", layout("Account-Sales Layout"));
    env.write("p/core/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
    let run = held(&env, "p");
    is_in_sync(&run);
    let note = "Profile:Admin stands in two files, `sales/profiles/Admin.profile-meta.xml` and \
                `core/profiles/Admin.profile-meta.xml`; the last one counts";
    assert!(run.stdout.replace('\n', " ").contains(note), "{run:?}");
    env.write("core/sfdx-project.json", project(&["core"]));
    env.write("core/core/profiles/Admin.profile-meta.xml", layout("Account-Account Layout"));
    env.write("core/core/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
    let same = env.run(&["diff", "--baseline", "core", "--from", "p"]);
    assert_eq!(same.code, 0, "{same:?}");
    // Without a project nobody can tell which counts, and only who asks for it must know.
    std::fs::remove_file(env.folder().join("p/sfdx-project.json")).unwrap();
    is_in_sync(&held(&env, "p"));
    let run = env.run(&["diff", "--baseline", "core", "--from", "p"]);
    assert!(run.code == 1 && run.stderr.contains("Profile:Admin stands in two files"), "{run:?}");
}

#[test]
fn the_last_file_is_the_one_that_sf_comes_upon_last() {
    for (first, last) in [
        ("sales/Acme_Sync", "sales-emea/Acme_Sync"),
        ("Acme_Sync", "ABC/Acme_Sync"),
        ("x/zz/Acme_Sync", "y/Acme_Sync"),
    ] {
        let env = with_template();
        env.write("p/sfdx-project.json", project(&["force-app"]));
        for (name, readable) in [(first, false), (last, true)] {
            let file = format!("p/force-app/permissionsets/{name}.permissionset-meta.xml");
            env.write(&file, permission_set(readable));
        }
        is_in_sync(&held(&env, "p"));
        let names = ["sfdx-project.json", "force-app/permissionsets"];
        let mut zipped: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (name, text) in files(&env, "p") {
            assert!(names.iter().any(|start| name.starts_with(start)));
            zipped.insert(name, text.into_bytes());
        }
        env.write("p.zip", sfsetup::metadata::archive::write_zip(&zipped).unwrap());
        is_in_sync(&held(&env, "p.zip"));
    }
}

type Write = fn(&Env, &str, bool);

/// The layouts in which a permission set stands in parts, each with one of its parts.
const LAYOUTS: [(Write, &str); 2] = [
    (in_lists, "objectSettings/Account.objectSettings-meta.xml"),
    (in_entries, "fieldPermissions/Account.Tier__c.fieldPermission-meta.xml"),
];

#[test]
fn parts_in_another_package_directory_than_their_set_are_not_observed() {
    for (write, part) in LAYOUTS {
        let env = with_template();
        env.write("whole/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
        for folder in ["permissionsets/Acme_Sync", "sets/Acme_Sync"] {
            write(&env, "p", true);
            let own = "p/force-app/main/default/permissionsets/Acme_Sync";
            let away = format!("p/more/{folder}/{part}");
            env.write(&away, std::fs::read(env.folder().join(own).join(part)).unwrap());
            std::fs::remove_file(env.folder().join(own).join(part)).unwrap();
            env.write("p/sfdx-project.json", project(&["force-app", "more"]));
            let found = json(&env, &["diff", "--template", "acme.toml", "--from", "p"]);
            let finding = &found["orgs"][0]["findings"][0];
            assert_eq!(finding["state"], "not-observed", "{found}");
            let reason = finding["reason"].as_str().unwrap();
            assert!(reason.contains(part), "{reason}");
            let before = files(&env, "p");
            for goal in [["--template", "acme.toml"], ["--baseline", "whole"]] {
                let run =
                    env.run(&[&["package"], &goal[..], &["--from", "p", "--in-place"]].concat());
                assert_eq!(files(&env, "p"), before, "{run:?}");
            }
            std::fs::remove_dir_all(env.folder().join("p")).unwrap();
        }
    }
}

#[test]
fn entries_of_parts_that_stand_twice_are_named_by_their_parts() {
    let env = with_template();
    in_lists(&env, "p", true);
    env.write("whole/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
    let at = "force-app/main/default/permissionsets/Acme_Sync";
    let list = |inner: &str| format!("{XML}<PermissionSet>\n{inner}</PermissionSet>\n");
    env.write(&format!("p/{at}/Acme_Sync.fieldPermission-meta.xml"), list(&field(false)));
    let told = [
        format!("line 3 of {at}/Acme_Sync.fieldPermission-meta.xml"),
        format!("line 3 of {at}/objectSettings/Account.objectSettings-meta.xml"),
    ];
    for arguments in [
        ["--template", "acme.toml", "--from", "p"],
        ["--baseline", "whole", "--from", "p"],
        ["--baseline", "p", "--from", "whole"],
    ] {
        let found = json(&env, &[&["diff"], &arguments[..]].concat());
        let findings = found["orgs"][0]["findings"].as_array().unwrap();
        let reasons: Vec<&str> =
            findings.iter().filter_map(|finding| finding["reason"].as_str()).collect();
        assert_eq!(reasons.len(), 1, "{findings:?}");
        assert!(told.iter().all(|told| reasons[0].contains(told)), "{reasons:?}");
        assert!(!reasons[0].contains("lines"), "{reasons:?}");
    }
}

#[test]
fn a_package_has_the_elements_of_one_name_together() {
    let env = Env::new();
    let contact = field(true).replace("Account", "Contact");
    let set =
        |readable: bool| of("PermissionSet", &[&field(readable), LABEL, &contact, OBJECT].concat());
    env.write("then/permissionsets/Acme_Sync.permissionset-meta.xml", set(true));
    env.write("now/permissionsets/Acme_Sync.permissionset-meta.xml", set(false));
    let package = ["package", "--baseline", "then", "--from", "now"];
    let run = env.run(&[&package[..], &["--out", "o"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let sent = &files(&env, "o")["permissionsets/Acme_Sync.permissionset"];
    let grouped = of("PermissionSet", &[&field(true), &contact, LABEL, OBJECT].concat());
    assert_eq!(*sent, grouped);
    // Where it stands nothing moves.
    let run = env.run(&[&package[..], &["--in-place"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(files(&env, "now"), files(&env, "then"));
}

#[test]
fn a_set_in_parts_that_stands_twice_is_not_observed() {
    for write in [in_lists as fn(&Env, &str, bool), in_entries] {
        let env = with_template();
        env.write("whole/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
        for is_last in [true, false] {
            write(&env, "p", true);
            let other = "more/permissionsets/Acme_Sync.permissionset-meta.xml";
            env.write(&format!("p/{other}"), of("PermissionSet", LABEL));
            let mut directories = ["more", "force-app"];
            directories.rotate_left(usize::from(is_last));
            env.write("p/sfdx-project.json", project(&directories));
            let found = json(&env, &["diff", "--template", "acme.toml", "--from", "p"]);
            let finding = &found["orgs"][0]["findings"][0];
            assert_eq!(finding["state"], "not-observed", "{found}");
            let reason = finding["reason"].as_str().unwrap();
            let own = "Acme_Sync/Acme_Sync.permissionset-meta.xml";
            assert!(reason.contains(own) && reason.contains(other), "{reason}");
            assert!(!found["orgs"][0]["notes"].to_string().contains("as for the sf"), "{found}");
            let before = files(&env, "p");
            let run = env.run(&["package", "--baseline", "whole", "--from", "p", "--in-place"]);
            assert_eq!(files(&env, "p"), before, "{run:?}");
        }
    }
}

#[test]
fn what_forceignore_leaves_out_is_not_read_and_not_missing() {
    let env = with_template();
    env.write("p/sfdx-project.json", project(&["force-app"]));
    env.write("p/.forceignore", "# not deployed\n**/profiles/**\nforce-app/main/old/**\n");
    let place = "force-app/main/default/permissionsets/Acme_Sync.permissionset-meta.xml";
    env.write(&format!("p/{place}"), permission_set(true));
    env.write(
        "p/force-app/main/old/permissionsets/Acme_Sync.permissionset-meta.xml",
        of("PermissionSet", LABEL),
    );
    let run = held(&env, "p");
    is_in_sync(&run);
    assert!(run.stdout.contains("left out by `.forceignore`"), "{run:?}");
    is_in_sync(&held(&env, "p/force-app"));
    std::fs::remove_file(env.folder().join("p").join(place)).unwrap();
    env.write("p/force-app/main/default/profiles/Admin.profile-meta.xml", "no metadata");
    env.write(
        "p/force-app/main/default/permissionsets/B.permissionset-meta.xml",
        permission_set(true),
    );
    let found = json(&env, &["diff", "--template", "acme.toml", "--from", "p"]);
    let finding = &found["orgs"][0]["findings"][0];
    assert_eq!(finding["state"], "not-observed");
    assert!(finding["reason"].as_str().unwrap().contains(".forceignore"), "{finding}");
}

#[test]
fn a_permission_set_in_parts_is_one_whole() {
    for (write, part) in LAYOUTS {
        let env = with_template();
        write(&env, "a", true);
        write(&env, "b", false);
        env.write("whole/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
        is_in_sync(&held(&env, "a"));
        let at = "a/force-app/main/default/permissionsets/Acme_Sync";
        is_in_sync(&held(&env, at));
        is_in_sync(&held(&env, &format!("{at}/Acme_Sync.permissionset-meta.xml")));
        let same = env.run(&["diff", "--baseline", "whole", "--from", "a"]);
        assert!(same.code == 0 && same.stdout.contains("Nothing differs"), "{same:?}");
        let part = format!("force-app/main/default/permissionsets/Acme_Sync/{part}");
        for goal in [["--baseline", "a"], ["--template", "acme.toml"]] {
            let found = json(&env, &[&["diff"], &goal[..], &["--from", "b"]].concat());
            let findings = found["orgs"][0]["findings"].as_array().unwrap();
            let differs: Vec<&Json> =
                findings.iter().filter(|one| one["state"] == "differs").collect();
            let [one] = differs.as_slice() else { panic!("{findings:?}") };
            assert_eq!(one["path"], "fieldPermissions[Account.Tier__c].readable");
            assert_eq!(one["location"]["file"], *part);
            let text = std::fs::read_to_string(env.folder().join("b").join(&part)).unwrap();
            let line = one["location"]["line"].as_u64().unwrap() as usize;
            assert!(text.lines().nth(line - 1).unwrap().contains("<readable>"), "{one}");
        }
        let run = env.run(&["package", "--template", "acme.toml", "--from", "b", "--in-place"]);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(files(&env, "b"), files(&env, "a"), "the part alone, and nothing else of it");
        write(&env, "b", false);
        let run = env.run(&["package", "--baseline", "a", "--from", "b", "--out", "o"]);
        assert_eq!(run.code, 0, "{run:?}");
        let sent = &files(&env, "o")["permissionsets/Acme_Sync.permissionset"];
        assert_eq!(*sent, permission_set(true), "what is deployed is whole");
        let git = env.run(&[
            "git-diff",
            &part,
            &format!("a/{part}"),
            "x",
            "x",
            &format!("b/{part}"),
            "y",
            "y",
        ]);
        assert!(git.stdout.contains("fieldPermissions[Account.Tier__c].readable"), "{git:?}");
    }
}

#[test]
fn a_new_part_leads_nowhere_else_and_over_no_file_that_was_not_read() {
    let env = with_template();
    in_entries(&env, "p", true);
    let baseline = permission_set(true).replace("Account.Tier__c", "../../../../../../out/Y.Z__c");
    env.write("then/permissionsets/Acme_Sync.permissionset-meta.xml", baseline);
    let before = files(&env, "p");
    let package = ["package", "--baseline", "then", "--from", "p", "--in-place"];
    let run = env.run(&package);
    assert!(run.code == 1 && run.stderr.contains("no file can be made for"), "{run:?}");
    assert!(files(&env, "p") == before && !env.folder().join("out").exists());

    // A part that is left out is there all the same.
    env.write("then/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
    env.write("p/.forceignore", "**/fieldPermissions/**\n");
    let before = files(&env, "p");
    let run = env.run(&package);
    assert!(run.code == 0 && run.stdout.contains("left alone"), "{run:?}");
    assert_eq!(files(&env, "p"), before);
}

#[test]
fn parts_without_their_own_file_are_no_permission_set_and_none_is_missing() {
    let env = with_template();
    in_lists(&env, "a", true);
    let own = "a/force-app/main/default/permissionsets/Acme_Sync/Acme_Sync.permissionset-meta.xml";
    std::fs::remove_file(env.folder().join(own)).unwrap();
    env.write("a/force-app/profiles/Admin.profile-meta.xml", of("Profile", ""));
    let found = json(&env, &["diff", "--template", "acme.toml", "--from", "a"]);
    let finding = &found["orgs"][0]["findings"][0];
    assert_eq!(finding["state"], "not-observed");
    assert!(finding["reason"].as_str().unwrap().contains("its own file is not there"), "{finding}");
    let notes = found["orgs"][0]["notes"].to_string();
    assert!(notes.contains("2 files of metadata were passed over"), "{notes}");
}

fn manifest(members: &[(&str, &str)]) -> String {
    let types: String = members
        .iter()
        .map(|(name, member)| {
            format!("    <types>\n        <members>{member}</members>\n        <name>{name}</name>\n    </types>\n")
        })
        .collect();
    of("Package", &(types + "    <version>66.0</version>\n"))
}

#[test]
fn a_list_for_the_next_retrieve_is_no_record_of_this_one() {
    let env = with_template();
    let place = "force-app/main/default/permissionsets/Other.permissionset-meta.xml";
    let list = manifest(&[("PermissionSet", "*"), ("CustomObject", "Account")]);
    env.write("p/manifest/package.xml", &list);
    env.write(&format!("p/{place}"), permission_set(true));
    let zip = |prefix: &str, with_project: bool| {
        let mut files = BTreeMap::from([
            (format!("{prefix}manifest/package.xml"), list.clone().into_bytes()),
            (format!("{prefix}{place}"), permission_set(true).into_bytes()),
        ]);
        if with_project {
            let text = project(&["force-app"]).into_bytes();
            files.insert(format!("{prefix}sfdx-project.json"), text);
        }
        sfsetup::metadata::archive::write_zip(&files).unwrap()
    };
    env.write("project.zip", zip("", true));
    env.write("github.zip", zip("acme-main/", true));
    env.write("plain.zip", zip("", false));
    for from in ["p", "project.zip", "github.zip", "plain.zip"] {
        let run = held(&env, from);
        assert!(run.code == 1 || run.stdout.contains("3 not observed"), "{from}: {run:?}");
        assert!(!run.stdout.contains("3 missing"), "{from}: {run:?}");
        let text = run.stdout.replace('\n', " ");
        assert!(text.contains("manifest/package.xml` is no record"), "{from}: {run:?}");
    }
    // Beside the folders that a retrieve wrote it is one.
    env.write("r/package.xml", &list);
    env.write("r/permissionsets/Other.permissionset", permission_set(true));
    let run = held(&env, "r");
    assert!(run.code == 2 && run.stdout.contains("3 missing"), "{run:?}");
}

#[test]
fn a_zip_of_a_project_is_read_as_its_folder() {
    let env = with_template();
    let zip = |prefix: &str| {
        let files = [
            ("sfdx-project.json", project(&["force-app"])),
            (".forceignore", "force-app/old/**".to_owned()),
            ("force-app/permissionsets/x/Acme_Sync.permissionset-meta.xml", permission_set(true)),
            ("force-app/old/Acme_Sync.permissionset-meta.xml", permission_set(false)),
            ("other/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(false)),
        ];
        let files: BTreeMap<String, Vec<u8>> = files
            .into_iter()
            .map(|(name, text)| (format!("{prefix}{name}"), text.into_bytes()))
            .collect();
        sfsetup::metadata::archive::write_zip(&files).unwrap()
    };
    env.write("a.zip", zip(""));
    env.write("b.zip", zip("acme-main/"));
    is_in_sync(&held(&env, "a.zip"));
    is_in_sync(&held(&env, "b.zip"));
}

#[test]
fn a_record_that_the_files_contradict_is_none() {
    let env = Env::new();
    let profile = |inner: &str| of("Profile", &format!("    <custom>true</custom>\n{inner}"));
    let members = [("Profile", "*"), ("CustomObject", "Account")];
    let contact = field(true).replace("Account", "Contact");
    for folder in ["a", "b"] {
        env.write(&format!("{folder}/package.xml"), manifest(&members));
    }
    let more = contact.replace("Tier__c", "Rank__c");
    env.write("a/profiles/Acme.profile", profile(&(field(true) + &contact + &more)));
    env.write("b/profiles/Acme.profile", profile(&(field(true) + &contact)));
    let run = env.run(&["diff", "--baseline", "a", "--from", "b"]);
    assert!(run.code == 2 && run.stdout.contains("Contact.Rank__c"), "{run:?}");
    let text = run.stdout.replace('\n', " ");
    assert!(text.contains("does not name CustomObject:Contact"), "{run:?}");
    // What agrees with its list goes by it.
    env.write("a/profiles/Acme.profile", profile(&(field(true) + USER)));
    env.write("b/profiles/Acme.profile", profile(USER));
    let run = env.run(&["diff", "--baseline", "a", "--from", "b"]);
    assert!(run.code == 2 && !run.stdout.contains("no record"), "{run:?}");
}

#[test]
fn a_name_keeps_the_spelling_in_which_it_was_read() {
    let env = Env::new();
    let written = "Vertrieb %C2%A7 12 %E2%80%93 S%C3%BCd";
    let object = |edit: &str| {
        let object = OBJECT.replace("<allowEdit>false", &format!("<allowEdit>{edit}"));
        of("Profile", &format!("    <custom>true</custom>\n{object}"))
    };
    let members = [("Profile", "*"), ("CustomObject", "Account")];
    for (folder, name, edit) in [
        ("a", written, "true"),
        ("b", "Vertrieb \u{a7} 12 \u{2013} S\u{fc}d", "false"),
        ("mac", "Vertrieb \u{a7} 12 \u{2013} Su\u{308}d", "false"),
    ] {
        env.write(&format!("{folder}/package.xml"), manifest(&members));
        env.write(&format!("{folder}/profiles/{name}.profile"), object(edit));
    }
    let run = env.run(&["package", "--baseline", "b", "--from", "a", "--out", "o"]);
    assert_eq!(run.code, 0, "{run:?}");
    let sent = files(&env, "o");
    assert!(sent.contains_key(&format!("profiles/{written}.profile")), "{:?}", sent.keys());
    assert!(sent["package.xml"].contains(&format!("<members>{written}</members>")));
    let run = env.run(&["diff", "--baseline", "mac", "--from", "b"]);
    assert!(run.code == 0 && run.stdout.contains("Nothing differs"), "{run:?}");
}

#[test]
fn a_layout_is_the_same_in_each_spelling_of_its_name() {
    let env = Env::new();
    let assigned = |name: &str| {
        format!(
            "    <layoutAssignments>\n        <layout>{name}</layout>\n    </layoutAssignments>\n"
        )
    };
    for (folder, one, other) in [
        ("a", "Account-Sales %28EU%29 Layout", "Case-Su\u{308}d %2F 1"),
        ("b", "Account-Sales (EU) Layout", "Case-S\u{fc}d / 1"),
        ("c", "Account-Sales (US) Layout", "Case-S\u{fc}d / 1"),
    ] {
        env.write(
            &format!("{folder}/profiles/Admin.profile"),
            of("Profile", &(assigned(one) + &assigned(other))),
        );
    }
    let run = env.run(&["diff", "--baseline", "a", "--from", "b"]);
    assert!(run.code == 0 && run.stdout.contains("Nothing differs"), "{run:?}");
    assert_eq!(env.run(&["diff", "--baseline", "a", "--from", "c"]).code, 2);
}

#[test]
fn every_file_of_metadata_that_was_passed_over_is_counted_and_named() {
    let env = with_template();
    env.write("p/permissionsets/Acme_Sync.permissionset", permission_set(true));
    env.write("p/permissionsets/sales/Other.permissionset", permission_set(true));
    env.write("p/reports/Sales/Pipeline.report-meta.xml", of("Report", ""));
    env.write("p/lwc/lamp/lamp.js-meta.xml", of("LightningComponentBundle", ""));
    env.write("p/lwc/lamp/lamp.js", "export default 1;");
    env.write("p/README.md", "no metadata");
    env.write("p/classes/A.cls", "class A {}");
    env.write("p/classes/A.cls-meta.xml", of("ApexClass", "    <status>Active</status>\n"));
    let run = held(&env, "p");
    is_in_sync(&run);
    let text = run.stdout.replace('\n', " ");
    for part in [
        "note: 3 files of metadata were passed over",
        "1 `.permissionset` (`permissionsets/sales/Other.permissionset`)",
        "1 `.report-meta.xml` (`reports/Sales/Pipeline.report-meta.xml`)",
        "1 `.js-meta.xml` (`lwc/lamp/lamp.js-meta.xml`)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("A.cls") && !text.contains("README"), "{text}");
    let found = json(&env, &["diff", "--template", "acme.toml", "--from", "p"]);
    assert_eq!(found["orgs"][0]["notes"].as_array().unwrap().len(), 1, "{found}");
    let same = json(&env, &["diff", "--baseline", "p", "--from", "p"]);
    assert!(same["orgs"][0]["notes"].to_string().contains("Pipeline"), "{same}");
    let all = env.run(&["diff", "--template", "acme.toml", "--from", "p", "-v"]);
    assert!(all.stderr.contains("passed over: reports/Sales/Pipeline.report-meta.xml"), "{all:?}");
}

#[test]
fn what_belongs_to_a_component_and_is_not_read_is_never_said_to_be_in_sync() {
    let env = Env::new();
    let objects = "force-app/objects/Rental__c";
    for (folder, json, field) in
        [("a", "1", "A"), ("same", "1", "A"), ("b", "2", "A"), ("c", "1", "C")]
    {
        let write = |name: &str, text: &str| {
            env.write(&format!("{folder}/{name}"), text);
        };
        write("sfdx-project.json", &project(&["force-app"]));
        write("force-app/staticresources/lamp.json", json);
        write(
            "force-app/staticresources/lamp.resource-meta.xml",
            &of("StaticResource", "    <contentType>application/json</contentType>\n"),
        );
        write(&format!("{objects}/Rental__c.object-meta.xml"), &of("CustomObject", LABEL));
        let text = of("CustomField", &format!("    <label>{field}</label>\n"));
        write(&format!("{objects}/fields/Rank__c.field-meta.xml"), &text);
        let service = "force-app/externalServiceRegistrations/Acme";
        write(
            &format!("{service}.externalServiceRegistration-meta.xml"),
            &of("ExternalServiceRegistration", LABEL),
        );
        write(
            &format!("{service}.yaml"),
            if field == "C" { "openapi: 3.1" } else { "openapi: 3.0" },
        );
    }
    let seen = |from: &str| {
        let found = json(&env, &["diff", "--baseline", "a", "--from", from]);
        let findings = found["orgs"][0]["findings"].as_array().unwrap().clone();
        let of = |one: &Json| format!("{} {}", one["component"]["full_name"], one["state"]);
        findings.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(seen("same"), [""; 0]);
    let differs = |name: &str| format!("\"{name}\" \"differs\"");
    assert_eq!(seen("b"), [differs("lamp")]);
    assert_eq!(seen("c"), [differs("Rental__c"), differs("Acme")]);
    // What was read and differs is told all the same.
    let file = format!("c/{objects}/Rental__c.object-meta.xml");
    env.write(&file, of("CustomObject", "    <label>Other</label>\n"));
    let found = seen("c");
    assert_eq!(found.iter().filter(|one| **one == differs("Rental__c")).count(), 2, "{found:?}");
    // The layout of a part says nothing; what one side alone has differs, unless it is a part.
    let part = format!("same/{objects}/fields/Rank__c.field-meta.xml");
    env.write(&part, of("CustomField", "<label>A</label>"));
    assert_eq!(seen("same"), [""; 0]);
    env.write(&part.replace("Rank", "Sort"), of("CustomField", "<label>A</label>"));
    assert_eq!(seen("same"), [differs("Rental__c")]);
    let sparse = ["diff", "--baseline", "a", "--from", "same", "--sparse"];
    let run = env.run(&sparse);
    assert!(run.code == 0 && run.stdout.contains("stands on one side alone"), "{run:?}");
}

#[test]
fn source_that_differs_is_a_difference_that_no_package_carries() {
    let env = Env::new();
    let class = |status: &str| of("ApexClass", &format!("    <status>{status}</status>\n"));
    for (folder, source) in
        [("a", "class A {}\n"), ("b", "class A { }\n"), ("dos", "class A {}\r\n")]
    {
        env.write(&format!("{folder}/classes/A.cls"), source);
        env.write(&format!("{folder}/classes/A.cls-meta.xml"), class("Active"));
    }
    let found = json(&env, &["diff", "--baseline", "a", "--from", "b"]);
    let findings = found["orgs"][0]["findings"].as_array().unwrap();
    let [one] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((&one["state"], &one["path"]), (&"differs".into(), &"content".into()));
    assert_ne!(one["actual"], one["desired"][0]);
    let run = env.run(&["diff", "--baseline", "a", "--from", "b"]);
    assert!(run.code == 2 && run.stdout.contains("~ content  - sha256"), "{run:?}");
    assert!(run.stdout.replace('\n', " ").contains("no package of it carries it: `ApexClass:A`"));
    // Git may write the ends of lines anew.
    let run = env.run(&["diff", "--baseline", "a", "--from", "dos"]);
    assert!(run.code == 0 && run.stdout.contains("ends of its lines"), "{run:?}");
    // Its XML alone is nothing that an org takes, nor is a new class.
    env.write("b/classes/A.cls-meta.xml", class("Deleted"));
    env.write("a/classes/B.cls", "class B {}");
    env.write("a/classes/B.cls-meta.xml", class("Active"));
    let run = env.run(&["diff", "--baseline", "a", "--from", "b"]);
    assert!(run.stdout.contains("~ status  - Deleted  + Active"), "{run:?}");
    let run = env.run(&["package", "--baseline", "a", "--from", "b", "--out", "o"]);
    assert!(run.code == 2 && !env.folder().join("o").exists(), "{run:?}");
    for left in ["ApexClass:A content", "ApexClass:A\n", "ApexClass:B\n"] {
        assert!(run.stdout.contains(&format!("      {left}")), "{left}: {run:?}");
    }
    let run = env.run(&["package", "--baseline", "a", "--from", "b", "--in-place"]);
    assert!(run.code == 2 && !env.folder().join("b/classes/B.cls-meta.xml").exists(), "{run:?}");
    assert_eq!(files(&env, "b")["classes/A.cls-meta.xml"], class("Active"));
}

#[test]
fn content_without_its_xml_is_not_observed() {
    let env = Env::new();
    let place = "force-app/main/default/classes/A.cls";
    for folder in ["a", "b"] {
        env.write(&format!("{folder}/sfdx-project.json"), project(&["force-app"]));
        env.write(&format!("{folder}/{place}"), "class A {}");
        env.write(
            &format!("{folder}/force-app/profiles/Admin.profile-meta.xml"),
            of("Profile", ""),
        );
    }
    let xml = of("ApexClass", "    <status>Active</status>\n");
    env.write(&format!("a/{place}-meta.xml"), xml);
    let run = env.run(&["diff", "--baseline", "a", "--from", "b"]);
    let text = run.stdout.replace("\n", " ");
    assert!(text.contains("1 not observed") && text.contains("A.cls is there, and its own file"));
    assert!(!run.stdout.contains("- ApexClass"), "{run:?}");
}

#[test]
fn why_nothing_is_read_is_said() {
    let env = with_template();
    let place = "force-app/permissionsets/Acme_Sync.permissionset-meta.xml";
    env.write("a/sfdx-project.json", project(&["force-app"]));
    env.write("a/.forceignore", "**/Acme*\n");
    env.write(&format!("a/{place}"), permission_set(true));
    let run = held(&env, "a");
    assert!(run.code == 1 && run.stderr.contains("left out by `.forceignore`"), "{run:?}");
    assert!(run.stderr.contains(place) && !run.stderr.contains("should hold"), "{run:?}");
    #[cfg(unix)]
    {
        env.write("b/sfdx-project.json", project(&["force-app"]));
        std::fs::create_dir_all(env.folder().join("b/force-app")).unwrap();
        let link = env.folder().join("b/force-app/permissionsets");
        std::os::unix::fs::symlink("../../a/force-app/permissionsets", link).unwrap();
        let run = held(&env, "b");
        assert!(run.code == 1 && run.stderr.contains("for it is a link"), "{run:?}");
    }
}

#[test]
fn copies_and_other_peoples_files_are_counted_with_their_reason() {
    let env = with_template();
    env.write("p/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
    for name in [
        "permissionsets/Acme_Sync.permissionset-meta.xml.bak",
        "permissionsets/ACME.PERMISSIONSET-META.XML",
        "node_modules/x/permissionsets/Other.permissionset-meta.xml",
    ] {
        env.write(&format!("p/{name}"), permission_set(false));
    }
    let run = held(&env, "p");
    is_in_sync(&run);
    let text = run.stdout.replace('\n', " ");
    assert!(text.contains("2 files of metadata were passed over, for sfsetup"), "{text}");
    assert!(text.contains("1 file of metadata was passed over, below"), "{text}");
    // A project's own file says where its metadata is.
    env.write("q/sfdx-project.json", project(&["force-app"]));
    let place = "permissionsets/Acme_Sync.permissionset-meta.xml";
    env.write(&format!("q/force-app/{place}"), permission_set(true));
    env.write(&format!("q/unpackaged/{place}"), permission_set(false));
    env.write(&format!("q/node_modules/x/{place}"), permission_set(false));
    let run = held(&env, "q");
    is_in_sync(&run);
    let text = run.stdout.replace('\n', " ");
    assert!(text.contains("1 file of metadata was passed over, outside the package"), "{text}");
    assert!(text.contains(&format!("`unpackaged/{place}`")), "{text}");
}

#[test]
fn a_package_is_not_written_among_the_files_that_it_is_made_of() {
    let env = with_template();
    for root in ["plain", "project"] {
        let place = format!("{root}/force-app/permissionsets/Acme_Sync.permissionset-meta.xml");
        env.write(&place, permission_set(false));
    }
    env.write("project/sfdx-project.json", project(&["force-app"]));
    let package = |from: &str, out: &str| {
        env.run(&["package", "--template", "acme.toml", "--from", from, "--out", out])
    };
    for (from, out) in [
        ("plain", "plain/out"),
        ("plain", "plain/../plain/force-app/new/out"),
        ("project", "project/force-app/out"),
    ] {
        let run = package(from, out);
        assert!(run.code == 64 && run.stderr.contains("read with it next time"), "{run:?}");
        assert!(!env.folder().join(out).exists(), "{run:?}");
    }
    for (from, out) in [
        ("plain", "out"),
        ("plain", "plain/out.zip"),
        ("plain", "plain/.out"),
        ("project", "project/out"),
    ] {
        let (before, run) = (held(&env, from).stdout, package(from, out));
        assert!(run.code == 0 && env.folder().join(out).exists(), "{run:?}");
        assert_eq!(held(&env, from).stdout.lines().last(), before.lines().last());
    }
}

#[test]
fn a_record_speaks_of_its_own_folder_alone() {
    let env = Env::new();
    let profile = |inner: &str| of("Profile", &format!("    <custom>true</custom>\n{inner}"));
    let one = manifest(&[("Profile", "*"), ("CustomObject", "Account")]);
    let other = manifest(&[("Profile", "*"), ("CustomObject", "Contact")]);
    for (folder, inner) in [("a", field(true)), ("b", String::new())] {
        env.write(&format!("{folder}/one/package.xml"), &one);
        env.write(&format!("{folder}/one/profiles/One.profile"), profile(""));
        env.write(&format!("{folder}/two/package.xml"), &other);
        env.write(&format!("{folder}/two/profiles/Two.profile"), profile(&inner));
    }
    let template = TEMPLATE.replace("PermissionSet:Acme_Sync", "Profile:Two");
    env.write("two.toml", template);
    // What one of them asked for says nothing of a profile that the other brought.
    let seen = |from: &str| {
        let found = json(&env, &["diff", "--template", "two.toml", "--from", from]);
        let findings = found["orgs"][0]["findings"].as_array().unwrap().clone();
        let states: Vec<Json> = findings.iter().map(|one| one["state"].clone()).collect();
        (states, found["orgs"][0]["notes"].to_string())
    };
    let (states, notes) = seen("b");
    assert_eq!(states, ["not-observed", "not-observed", "not-observed"]);
    assert!(notes.contains("one/package.xml and two/package.xml are no record"), "{notes}");
    let baseline = ["diff", "--baseline", "a", "--from", "b", "--sparse"];
    let run = env.run(&baseline);
    assert!(run.code == 0 && run.stdout.contains("not observed"), "{run:?}");
    // Neither does the only one, where the profile lies elsewhere; alone it does.
    std::fs::remove_file(env.folder().join("b/two/package.xml")).unwrap();
    let (states, notes) = seen("b");
    assert_eq!(states, ["not-observed", "not-observed", "not-observed"]);
    assert!(notes.contains("two/profiles/Two.profile"), "{notes}");
    env.write("b/two/package.xml", &one);
    assert_eq!(seen("b/two").0, ["differs", "differs", "differs"]);
    // Beside a snapshot's record it is a list of what the folder holds.
    env.write("b/two/snapshot.json", "{\"manifest\": {\"types\": {}}}");
    std::fs::remove_dir_all(env.folder().join("b/one")).unwrap();
    let (states, notes) = seen("b");
    assert_eq!(states, ["not-observed", "not-observed", "not-observed"]);
    assert!(notes.contains("two/snapshot.json is the record of its own folder alone"), "{notes}");
}

#[test]
fn no_folder_is_passed_over_without_a_word() {
    let env = with_template();
    env.write("p/sfdx-project.json", project(&["force-app"]));
    let file = "permissionsets/Acme_Sync.permissionset-meta.xml";
    env.write(&format!("p/force-app/target/{file}"), permission_set(true));
    is_in_sync(&held(&env, "p"));
    is_in_sync(&held(&env, "p/force-app"));
    let other = "permissionsets/Other.permissionset-meta.xml";
    env.write(&format!("p/force-app/node_modules/x/{other}"), permission_set(true));
    env.write(&format!("p/force-app/.old/{other}"), permission_set(true));
    let run = held(&env, "p");
    is_in_sync(&run);
    let text = run.stdout.replace('\n', " ");
    assert!(text.contains("2 files of metadata were passed over"), "{text}");
    assert!(text.contains("`force-app/.old/permissionsets/Other"), "{text}");
}

#[cfg(unix)]
#[test]
fn what_lies_behind_a_link_is_not_absent_and_no_loop_catches_the_walk() {
    use std::os::unix::fs::symlink;
    let env = with_template();
    let file = "permissionsets/Acme_Sync.permissionset-meta.xml";
    let other = "permissionsets/Other.permissionset-meta.xml";
    env.write("p/sfdx-project.json", project(&["force-app"]));
    for folder in ["p/force-app", "p/shared", "then"] {
        env.write(&format!("{folder}/{other}"), permission_set(true));
    }
    env.write(&format!("p/shared/{file}"), permission_set(true));
    env.write(&format!("then/{file}"), permission_set(true));
    let at = env.folder().join("p/force-app");
    symlink("../shared", at.join("linked")).unwrap();
    symlink("..", at.join("loop")).unwrap();
    let run = env.run(&["diff", "--baseline", "then", "--from", "p"]);
    assert!(run.code == 0 && run.stdout.contains("may lie behind"), "{run:?}");
    let found = json(&env, &["diff", "--template", "acme.toml", "--from", "p"]);
    let notes = found["orgs"][0]["notes"].to_string();
    assert!(notes.contains("2 folders were passed over, for they are links"), "{notes}");
    assert!(notes.contains("`force-app/linked`, `force-app/loop`"), "{notes}");
    assert_eq!(found["orgs"][0]["findings"][0]["state"], "not-observed");
    // A file that is a link to nothing is there, and cannot be read.
    for link in ["linked", "loop"] {
        std::fs::remove_file(at.join(link)).unwrap();
    }
    symlink("nowhere", at.join(file)).unwrap();
    let run = env.run(&["diff", "--baseline", "then", "--from", "p"]);
    assert!(run.code == 0 && run.stdout.contains("leads nowhere"), "{run:?}");
}

#[test]
fn what_a_part_that_is_left_out_would_say_is_not_observed() {
    let env = with_template();
    in_entries(&env, "p", true);
    env.write("p/.forceignore", "**/fieldPermissions/**\n");
    env.write("then/permissionsets/Acme_Sync.permissionset-meta.xml", permission_set(true));
    let run = env.run(&["diff", "--baseline", "then", "--from", "p"]);
    assert!(run.code == 0 && run.stdout.contains("`.forceignore` leaves"), "{run:?}");
    let run = env.run(&["diff", "--baseline", "p", "--from", "then"]);
    assert!(run.code == 0 && run.stdout.contains("`.forceignore` leaves"), "{run:?}");
    // What was read of it is known.
    let found = json(&env, &["diff", "--template", "acme.toml", "--from", "p"]);
    let findings = found["orgs"][0]["findings"].as_array().unwrap();
    let states: Vec<&Json> = findings.iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["in-sync", "in-sync", "not-observed"]);
    assert!(findings[2]["reason"].to_string().contains(".forceignore"), "{findings:?}");
    // Sent as a whole it would take the rest away.
    let changed = permission_set(true).replace("<enabled>true", "<enabled>false");
    env.write("then/permissionsets/Acme_Sync.permissionset-meta.xml", changed);
    let run = env.run(&["package", "--baseline", "then", "--from", "p", "--out", "o"]);
    assert!(run.code == 2 && run.stdout.contains("a part of it was not read"), "{run:?}");
    assert!(!env.folder().join("o").exists());
}

#[test]
fn git_shows_a_part_wherever_it_stands() {
    for write in [in_lists as fn(&Env, &str, bool), in_entries] {
        let env = Env::new();
        write(&env, "a", true);
        write(&env, "b", false);
        let at = "force-app/main/default/permissionsets/Acme_Sync";
        let parts = files(&env, &format!("a/{at}"));
        let parts: Vec<&String> = parts.keys().filter(|name| name.contains("Account")).collect();
        let part = parts.iter().find(|name| !name.starts_with("objectPermissions")).unwrap();
        let [old, new] = ["a", "b"].map(|folder| format!("{folder}/{at}/{part}"));
        for folder in ["sales/Acme_Sync", "Acme_Sync"] {
            let name = format!("{folder}/{part}");
            let run = env.run(&["git-diff", &name, &old, "x", "x", &new, "y", "y"]);
            assert_eq!(run.code, 0, "{run:?}");
            for words in ["PermissionSet Acme_Sync", "fieldPermissions[Account.Tier__c].readable"] {
                assert!(run.stdout.contains(words), "{words}: {run:?}");
            }
        }
    }
    // A suffix that is another type's too is that type's, unless the permission set is there.
    let env = Env::new();
    let part = |enabled| {
        let entry = format!("<enabled>{enabled}</enabled><name>Acme</name>");
        format!("<PermissionSet><customPermissions>{entry}</customPermissions></PermissionSet>")
    };
    env.write("old", part(false));
    env.write("new", part(true));
    env.write("sales/X/X.permissionset-meta.xml", of("PermissionSet", LABEL));
    let name = "sales/X/X.customPermission-meta.xml";
    let run = env.run(&["git-diff", name, "old", "x", "x", "new", "y", "y"]);
    assert!(run.code == 0 && run.stdout.contains("customPermissions[Acme]"), "{run:?}");
}
