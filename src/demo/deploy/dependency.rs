//! Which permissions need which (S 3.6), what a licence carries, and whether what is referred to
//! exists.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::Catalog;
use super::super::licence::wanted;
use super::super::name::decode;
use super::super::state::Org;
use super::super::tree::Node;
use super::{Problem, credential};

/// The flags of an object permission: the element, the verb of the graph, the words of Salesforce's
/// errors.
const VERBS: &[(&str, &str, &str)] = &[
    ("allowRead", "read", "Read"),
    ("allowCreate", "create", "Create"),
    ("allowEdit", "edit", "Edit"),
    ("allowDelete", "delete", "Delete"),
    ("viewAllRecords", "viewAllRecords", "Read All"),
    ("modifyAllRecords", "modifyAllRecords", "Modify All"),
    ("viewAllFields", "viewAllFields", "View All Fields"),
];

/// Within one object: what a verb needs.
const WITHIN: &[(&str, &[&str])] = &[
    ("create", &["read"]),
    ("edit", &["read"]),
    ("delete", &["read", "edit"]),
    ("viewAllRecords", &["read"]),
    ("modifyAllRecords", &["read", "edit", "delete", "viewAllRecords"]),
    ("viewAllFields", &["read"]),
];

/// The permissions of a profile or permission set: `ApiEnabled`, `Account.read`.
fn granted(node: &Node) -> BTreeSet<String> {
    let mut granted = BTreeSet::new();
    for entry in node.all("userPermissions").filter(|entry| entry.flag("enabled")) {
        granted.extend(entry.get("name").map(str::to_owned));
    }
    for entry in node.all("objectPermissions") {
        let object = entry.get("object").unwrap_or_default();
        for (element, verb, _) in VERBS {
            if entry.flag(element) {
                granted.insert(format!("{object}.{verb}"));
            }
        }
    }
    granted
}

/// What is missing, one problem for each permission that lacks something.
pub(super) fn missing(org: &Org, node: &Node) -> Vec<Problem> {
    let granted = granted(node);
    let listed = org.dependencies();
    let mut lacking: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for permission in &granted {
        let mut needs: BTreeSet<String> = BTreeSet::new();
        let own = listed.iter().filter(|(one, _)| one == permission);
        needs.extend(own.map(|(_, required)| (*required).to_owned()));
        if let Some((object, verb)) = permission.split_once('.') {
            for (_, required) in WITHIN.iter().filter(|(one, _)| *one == verb) {
                needs.extend(required.iter().map(|verb| format!("{object}.{verb}")));
            }
            if let Some(object) = org.catalog.objects.get(object) {
                needs.extend(object.master.iter().map(|master| format!("{master}.read")));
                if verb == "viewAllRecords" {
                    let of_masters = object.master.iter();
                    needs.extend(of_masters.map(|master| format!("{master}.viewAllRecords")));
                }
            }
        }
        let absent: Vec<String> = needs
            .into_iter()
            .filter(|need| !granted.contains(need))
            .map(|need| words(&need))
            .collect();
        if !absent.is_empty() {
            lacking.insert(permission, absent);
        }
    }
    lacking
        .into_iter()
        .map(|(permission, absent)| {
            Problem::from(format!(
                "Permission {} depends on permission(s): {}",
                words(permission),
                absent.join(", ")
            ))
        })
        .collect()
}

fn words(permission: &str) -> String {
    match permission.split_once('.') {
        Some((object, verb)) => {
            let words =
                VERBS.iter().find(|(_, one, _)| *one == verb).map_or(verb, |(_, _, words)| words);
            format!("{words} {object}")
        }
        None => permission.to_owned(),
    }
}

/// What the licence does not carry.
pub(super) fn unlicensed(catalog: &Catalog, licence: &str, node: &Node) -> Vec<Problem> {
    let Some(licence) = catalog.licences.get(licence) else {
        return Vec::new();
    };
    let refused = wanted(catalog, node).into_iter().filter(|right| !licence.carries(right));
    refused
        .map(|right| {
            let name = right.words(catalog);
            Problem::from(format!("The user license doesn't allow the permission: {name}"))
        })
        .collect()
}

/// References that lead nowhere, unknown user permissions, and fields whose access cannot be set.
pub(super) fn references(org: &Org, node: &Node) -> Vec<Problem> {
    let mut problems = without_permissions(org, node);
    let catalog = &org.catalog;
    let mut need = |found: bool, field: &str, type_name: &str, name: &str| {
        if !found {
            problems.push(Problem::from(format!(
                "In field: {field} - no {type_name} named {name} found"
            )));
        }
    };
    for entry in &node.children {
        let key = |name: &str| entry.get(name).unwrap_or_default();
        match entry.name.as_str() {
            "applicationVisibilities" => {
                let name = key("application");
                let standard = catalog.standard_applications.iter().any(|one| one == name);
                need(
                    standard || org.has("CustomApplication", name),
                    "application",
                    "CustomApplication",
                    name,
                );
            }
            "classAccesses" => {
                need(
                    org.has("ApexClass", key("apexClass")),
                    "apexClass",
                    "ApexClass",
                    key("apexClass"),
                );
            }
            "customPermissions" => {
                need(
                    org.has("CustomPermission", key("name")),
                    "name",
                    "CustomPermission",
                    key("name"),
                );
            }
            "externalCredentialPrincipalAccesses" => {
                let name = key("externalCredentialPrincipal");
                let found = credential::has_principal(org, name);
                need(found, "externalCredentialPrincipal", "ExternalCredentialParameter", name);
            }
            "fieldPermissions" => {
                let field = key("field");
                let object = field.split('.').next().unwrap_or_default();
                if catalog.objects.contains_key(object) {
                    need(catalog.field(field).is_some(), "field", "CustomField", field);
                } else {
                    need(false, "field", "CustomObject", object);
                }
            }
            "flowAccesses" => need(false, "flow", "FlowDefinition", key("flow")),
            "layoutAssignments" => {
                need(org.has("Layout", &decode(key("layout"))), "layout", "Layout", key("layout"));
                if let Some(name) = entry.get("recordType") {
                    need(has_record_type(catalog, name), "recordType", "RecordType", name);
                }
            }
            "objectPermissions" => {
                need(
                    catalog.objects.contains_key(key("object")),
                    "object",
                    "CustomObject",
                    key("object"),
                );
            }
            "pageAccesses" => need(false, "apexPage", "ApexPage", key("apexPage")),
            "recordTypeVisibilities" => {
                need(
                    has_record_type(catalog, key("recordType")),
                    "recordType",
                    "RecordType",
                    key("recordType"),
                );
            }
            "tabSettings" | "tabVisibilities" => {
                let name = key("tab");
                let found = match name.strip_prefix("standard-") {
                    Some(object) => catalog.objects.contains_key(object),
                    None => org.has("CustomTab", name),
                };
                need(found, "tab", "CustomTab", name);
            }
            _ => {}
        }
    }
    problems.extend(node.all("objectPermissions").flat_map(without_all));
    for entry in node.all("userPermissions") {
        let name = entry.get("name").unwrap_or_default();
        if catalog.user_permission(name).is_none() {
            problems.push(Problem::from(format!("Unknown user permission: {name}")));
        }
    }
    for entry in node.all("fieldPermissions") {
        let name = entry.get("field").unwrap_or_default();
        if catalog.field(name).is_some_and(|field| field.required) {
            problems.push(Problem::from(format!("You cannot deploy to a required field: {name}")));
        }
        if entry.flag("editable") && !entry.flag("readable") {
            // A rule of Setup; the text of the API is not known (S 3.6).
            problems.push(Problem::from(format!("Field {name} is editable but not readable")));
        }
    }
    problems
}

/// View All and Modify All on a task or an event, which have neither: access to them is a user
/// permission (S 3.6). The text is the demo org's own: no source gives Salesforce's.
fn without_all(entry: &Node) -> Vec<Problem> {
    let object = entry.get("object").unwrap_or_default();
    if !["Event", "Task"].contains(&object) {
        return Vec::new();
    }
    VERBS
        .iter()
        .filter(|(element, verb, _)| {
            ["viewAllRecords", "modifyAllRecords"].contains(verb) && entry.flag(element)
        })
        .map(|(_, _, words)| Problem::from(format!("{object} has no permission {words}")))
        .collect()
}

/// Permissions for objects that have none. The text is the demo org's own.
fn without_permissions(org: &Org, node: &Node) -> Vec<Problem> {
    let objects = node.all("objectPermissions").filter_map(|entry| entry.get("object"));
    let fields = node.all("fieldPermissions").filter_map(|entry| entry.get("field"));
    let all = objects.chain(fields.filter_map(|field| field.split('.').next()));
    let without: BTreeSet<&str> = all.filter(|object| !org.is_permissioned(object)).collect();
    let words = |object| Problem::from(format!("{object} has no permissions of its own"));
    without.into_iter().map(words).collect()
}

fn has_record_type(catalog: &Catalog, name: &str) -> bool {
    name.split_once('.').is_some_and(|(object, record_type)| {
        catalog
            .objects
            .get(object)
            .is_some_and(|row| row.record_types.iter().any(|one| one == record_type))
    })
}

/// Two entries of a list with the same key. What Salesforce says of them is the general text for a
/// clash (S 3.5).
pub(super) fn duplicates(node: &Node, keys: &[(&str, &[&str])]) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    node.children
        .iter()
        .filter_map(|entry| {
            let (_, parts) = keys.iter().find(|(name, _)| *name == entry.name)?;
            let key: Vec<&str> =
                parts.iter().map(|part| entry.get(part).unwrap_or_default()).collect();
            (!seen.insert((entry.name.as_str(), key))).then(|| {
                Problem::from(
                    "duplicate value found: <unknown> duplicates value on \
                                        record with id: <unknown>",
                )
            })
        })
        .collect()
}

/// User permissions under their right names (S 4.5: `APIEnabled` is `ApiEnabled`).
pub(super) fn canonical(catalog: &Catalog, node: &mut Node) {
    for entry in node.children.iter_mut().filter(|entry| entry.name == "userPermissions") {
        if let Some(name) = entry.get("name").and_then(|name| catalog.user_permission(name)) {
            let name = name.to_owned();
            entry.set("name", &name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_lacks_nothing() {
        let org = Org::seeded("x");
        for type_name in ["Profile", "PermissionSet"] {
            for (name, node) in org.of_type(type_name) {
                assert_eq!(missing(&org, &node), [], "{name}");
                assert_eq!(references(&org, &node), [], "{name}");
                let licence = node.get("userLicense").or(node.get("license")).unwrap_or_default();
                assert_eq!(unlicensed(&org.catalog, licence, &node), [], "{name}");
            }
        }
    }
}
