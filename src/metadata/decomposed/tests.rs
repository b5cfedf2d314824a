//! Parts put together, and changes that go back into them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::document::Document;
use super::super::registry;
use super::super::settings::settings;
use super::*;

fn part(file: &str, text: &str) -> Part {
    Part { file: format!("permissionsets/Acme/{file}"), bytes: text.as_bytes().to_vec() }
}

const FIELD: &str = "        <editable>false</editable>\n        <field>Account.Tier__c</field>\n        \
                     <readable>true</readable>\n";

/// The first layout: one entry a file.
fn entries_apart() -> Vec<Part> {
    let of =
        |name: &str, inner: &str| format!("<{name} xmlns=\"{NAMESPACE}\">\n{inner}</{name}>\n");
    vec![
        part("Acme.permissionset-meta.xml", &of(TYPE, "    <label>Acme</label>\n")),
        part(
            "fieldPermissions/Account.Tier__c.fieldPermission-meta.xml",
            &of("FieldPermission", &FIELD.replace("        ", "    ")),
        ),
        part(
            "userPermissions/ApiEnabled.userPermission-meta.xml",
            &of("UserPermission", "    <enabled>true</enabled>\n    <name>ApiEnabled</name>\n"),
        ),
    ]
}

/// The second layout: one list a file.
fn lists_apart() -> Vec<Part> {
    let user = "    <userPermissions>\n        <enabled>true</enabled>\n        <name>ApiEnabled\
                </name>\n    </userPermissions>\n";
    let object = format!(
        "    <fieldPermissions>\n{FIELD}    </fieldPermissions>\n    <tabSettings>\n        <tab>\
         standard-Account</tab>\n        <visibility>Visible</visibility>\n    </tabSettings>\n"
    );
    vec![
        entries_apart().swap_remove(0),
        part("Acme.userPermission-meta.xml", &format!("<PermissionSet>\n{user}</PermissionSet>\n")),
        part(
            "objectSettings/Account.objectSettings-meta.xml",
            &format!("<PermissionSet>\n{object}</PermissionSet>\n"),
        ),
    ]
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What becomes of the parts where the whole is edited as text.
fn changed(parts: &[Part], from: &str, to: &str) -> Vec<(String, Option<String>)> {
    let whole = text(&compose(parts).unwrap().bytes);
    assert!(whole.contains(from), "{whole}");
    let after = Document::parse(whole.replace(from, to).into_bytes()).unwrap();
    let states = distribute(parts, &after).unwrap();
    let of = |(file, state): (String, NewState)| {
        let file = file.strip_prefix("permissionsets/Acme/").unwrap().to_owned();
        match state {
            NewState::Written(bytes) => (file, Some(text(&bytes))),
            NewState::Gone => (file, None),
        }
    };
    states.into_iter().map(of).collect()
}

#[test]
fn both_layouts_are_the_same_whole_in_salesforces_order() {
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PermissionSet xmlns=\"{NAMESPACE}\">\n    \
         <fieldPermissions>\n{FIELD}    </fieldPermissions>\n    <label>Acme</label>\n    \
         <userPermissions>\n        <enabled>true</enabled>\n        <name>ApiEnabled</name>\n    \
         </userPermissions>\n</PermissionSet>\n"
    );
    assert_eq!(text(&compose(&entries_apart()).unwrap().bytes), expected);
    let tab = "    <tabSettings>\n        <tab>standard-Account</tab>\n        <visibility>Visible\
               </visibility>\n    </tabSettings>\n";
    let whole = text(&compose(&lists_apart()).unwrap().bytes);
    assert_eq!(whole.replace(tab, ""), expected);
}

#[test]
fn a_byte_of_the_whole_is_found_in_its_part() {
    for parts in [entries_apart(), lists_apart()] {
        let whole = compose(&parts).unwrap();
        for needle in ["<label>", "<readable>", "<name>"] {
            let at = text(&whole.bytes).find(needle).unwrap();
            let (part, from) = whole.origin(at);
            assert!(text(&parts[part].bytes)[from..].starts_with(needle), "{needle}");
        }
        assert_eq!(whole.origin(text(&whole.bytes).find("<PermissionSet").unwrap()).0, 0);
        let (part, _) = whole.origin(text(&whole.bytes).find("<fieldPermissions>").unwrap());
        assert!(text(&parts[part].bytes).contains("<readable>"));
    }
}

#[test]
fn a_change_goes_into_the_part_that_has_it_and_nothing_else_is_touched() {
    let (from, to) = ("<readable>true</readable>", "<readable>false</readable>");
    for (parts, at) in [(entries_apart(), 1), (lists_apart(), 2)] {
        let found = changed(&parts, from, to);
        let file = parts[at].file.strip_prefix("permissionsets/Acme/").unwrap().to_owned();
        assert_eq!(found, [(file, Some(text(&parts[at].bytes).replace(from, to)))]);
    }
    assert_eq!(changed(&lists_apart(), "Visible", "Visible"), []);
}

#[test]
fn what_goes_takes_its_file_along_where_nothing_is_left() {
    let user = "    <userPermissions>\n        <enabled>true</enabled>\n        <name>ApiEnabled\
                </name>\n    </userPermissions>\n";
    let gone = |file: &str| [(file.to_owned(), None)];
    assert_eq!(
        changed(&entries_apart(), user, ""),
        gone("userPermissions/ApiEnabled.userPermission-meta.xml")
    );
    assert_eq!(changed(&lists_apart(), user, ""), gone("Acme.userPermission-meta.xml"));
}

#[test]
fn what_is_new_stands_where_the_sf_command_line_would_put_it() {
    let new = |name: &str, key: &str, of: &str| {
        format!(
            "    <{name}>\n        <enabled>true</enabled>\n        <{key}>{of}</{key}>\n    </{name}>\n"
        )
    };
    let before = "    <label>";
    let put = |parts: &[Part], entry: &str| -> Vec<(String, Option<String>)> {
        changed(parts, before, &format!("{entry}{before}"))
    };
    let class = new("classAccesses", "apexClass", "Acme");
    let found = put(&entries_apart(), &class);
    assert_eq!(found[0].0, "classAccesses/Acme.classAccess-meta.xml");
    let written = found[0].1.as_ref().unwrap();
    assert!(written.contains("<ClassAccess xmlns=") && written.contains("<apexClass>Acme<"));
    let found = put(&lists_apart(), &class);
    assert_eq!(found[0].0, "Acme.classAccess-meta.xml");
    assert!(found[0].1.as_ref().unwrap().contains("<PermissionSet>\n    <classAccesses>"));
    let field = new("fieldPermissions", "field", "Account.Other__c");
    let found = put(&lists_apart(), &field);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "objectSettings/Account.objectSettings-meta.xml");
    let written = found[0].1.as_ref().unwrap();
    assert!(written.contains("Other__c") && written.contains("Tier__c"), "{written}");
    let found = put(&lists_apart(), &field.replace("Account.", "Lead."));
    assert_eq!(found[0].0, "objectSettings/Lead.objectSettings-meta.xml");
    let found = put(&entries_apart(), "    <license>Salesforce</license>\n");
    assert_eq!(found[0].0, "Acme.permissionset-meta.xml");
}

#[test]
fn a_part_is_known_by_where_it_stands() {
    let roots = roots_of("app/permissionsets/Acme/objectSettings/Account.objectSettings-meta.xml");
    assert!(roots.contains(&"app/permissionsets/Acme/Acme.permissionset-meta.xml".to_owned()));
    assert_eq!(roots_of("app/x/Acme.profile-meta.xml"), [""; 0]);
    for (path, owner) in [
        ("permissionsets/Acme/Acme.userPermission-meta.xml", Some("PermissionSet:Acme")),
        (
            "permissionsets/sales/Acme/fieldPermissions/A.B.fieldPermission-meta.xml",
            Some("PermissionSet:Acme"),
        ),
        (
            "permissionsets/Acme/objectSettings/Account.objectSettings-meta.xml",
            Some("PermissionSet:Acme"),
        ),
        ("customPermissions/Acme.customPermission-meta.xml", None),
    ] {
        assert_eq!(owner_of(path).map(|id| id.to_string()).as_deref(), owner, "{path}");
    }
    for (path, owner) in [
        ("sales/Acme/Acme.userPermission-meta.xml", Some("PermissionSet:Acme")),
        ("Acme/Acme.userPermission-meta.xml", Some("PermissionSet:Acme")),
        ("Acme/fieldPermissions/A.B.fieldPermission-meta.xml", Some("PermissionSet:Acme")),
        ("fieldPermissions/A.B.fieldPermission-meta.xml", None),
        ("Acme.userPermission-meta.xml", None),
        ("sales/Acme/Acme.profile-meta.xml", None),
    ] {
        assert_eq!(owner_anywhere(path).map(|id| id.to_string()).as_deref(), owner, "{path}");
    }
}

#[test]
fn a_broken_part_is_named() {
    let mut parts = entries_apart();
    parts[2].bytes = b"<UserPermission>".to_vec();
    let error = compose(&parts).unwrap_err();
    assert!(error.to_string().contains("ApiEnabled.userPermission-meta.xml:1:"), "{error}");
}

/// What a permission set grants: of fields, of classes, and its label.
type Grants = (BTreeMap<String, bool>, BTreeMap<String, bool>, String);

fn grants() -> impl Strategy<Value = Grants> {
    let fields = prop::collection::btree_map("(Account|Lead)\\.[A-C]", any::<bool>(), 0..5);
    let classes = prop::collection::btree_map("[A-C]", any::<bool>(), 0..3);
    (fields, classes, "[a-z]{1,3}")
}

fn whole((fields, classes, label): &Grants) -> Document {
    let entry = |list: &str, key: &str, name: &str, flag: &str, is: bool| {
        format!(
            "    <{list}>\n        <{key}>{name}</{key}>\n        <{flag}>{is}</{flag}>\n    \
             </{list}>\n"
        )
    };
    let classes =
        classes.iter().map(|(name, is)| entry("classAccesses", "apexClass", name, "enabled", *is));
    let fields =
        fields.iter().map(|(name, is)| entry("fieldPermissions", "field", name, "readable", *is));
    let inner: String = classes.chain(fields).collect();
    let text =
        format!("<{TYPE} xmlns=\"{NAMESPACE}\">\n{inner}    <label>{label}</label>\n</{TYPE}>\n");
    Document::parse(text.into_bytes()).unwrap()
}

proptest! {
    /// Whatever changes, in either layout: the parts put together again say what the whole says,
    /// and what did not change keeps its bytes.
    #[test]
    fn parts_after_a_change_are_the_changed_whole(
        steps in prop::collection::vec(grants(), 1..4),
        in_lists in any::<bool>(),
    ) {
        let mut parts = if in_lists { lists_apart() } else { entries_apart() };
        let row = registry::find(TYPE).unwrap();
        for step in &steps {
            let after = whole(step);
            let states = distribute(&parts, &after).unwrap();
            for (file, state) in states {
                let at = parts.iter().position(|part| part.file == file);
                match (state, at) {
                    (NewState::Written(bytes), Some(at)) => parts[at].bytes = bytes,
                    (NewState::Written(bytes), None) => parts.push(Part { file, bytes }),
                    (NewState::Gone, at) => _ = parts.remove(at.unwrap()),
                }
            }
            let again = Document::parse(compose(&parts).unwrap().bytes).unwrap();
            prop_assert_eq!(settings(row, &again), settings(row, &after));
            prop_assert_eq!(distribute(&parts, &after).unwrap(), BTreeMap::new());
        }
    }
}
