//! Permission sets and their groups: a deploy replaces what is there; below 40.0 it is laid over it
//! (S 4.1).

use std::collections::BTreeSet;

use super::super::schema::{self, Kind};
use super::super::state::Org;
use super::super::tree::Node;
use super::age::key;
use super::{NEWEST, Problem, Ruled, dependency};

/// The lists of a permission set, each with its key.
const KEYS: &[(&str, &[&str])] = &[
    ("applicationVisibilities", &["application"]),
    ("classAccesses", &["apexClass"]),
    ("customPermissions", &["name"]),
    ("fieldPermissions", &["field"]),
    ("objectPermissions", &["object"]),
    ("recordTypeVisibilities", &["recordType"]),
    ("tabSettings", &["tab"]),
    ("userPermissions", &["name"]),
];

/// The version from which on a deploy replaces a set.
const REPLACES: u16 = 40;

/// Replaces a permission set.
pub(super) fn rule_set(
    org: &Org,
    mut new: Node,
    old: Option<&Node>,
    version: u16,
) -> Result<Ruled, Vec<Problem>> {
    if let Some(licence) = new.get("userLicense").map(str::to_owned) {
        new.remove("userLicense");
        new.remove("license");
        new.set("license", &licence);
    }
    dependency::canonical(&org.catalog, &mut new);
    let mut problems = dependency::references(org, &new);
    problems.extend(dependency::duplicates(&new, KEYS));
    if let Some(old) = old.filter(|_| version < REPLACES) {
        lay_over(&mut new, old);
    }
    problems.extend(dependency::missing(org, &new));
    if new.get("label").is_some_and(|label| label.chars().count() > 80) {
        problems.push(Problem::from("Label: data value too large (max length=80)"));
    }
    if let Some(licence) = new.get("license") {
        if org.catalog.licences.contains_key(licence) {
            problems.extend(dependency::unlicensed(&org.catalog, licence, &new));
        } else {
            problems.push(Problem::from(format!(
                "In field: license - no PermissionSetLicense named {licence} found"
            )));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let seen: Vec<String> = new
        .all("objectPermissions")
        .filter(|entry| entry.flag("viewAllFields"))
        .filter_map(|entry| entry.get("object").map(str::to_owned))
        .collect();
    new.children.retain(|entry| match entry.name.as_str() {
        "objectPermissions" => entry.flag("allowRead"),
        "userPermissions" | "customPermissions" => entry.flag("enabled"),
        // With every field to be seen, single ones are no longer listed unless they may be edited
        // (S 3.4).
        "fieldPermissions" => {
            let object = entry.get("field").and_then(|field| field.split('.').next());
            entry.flag("editable")
                || (entry.flag("readable") && !seen.iter().any(|one| Some(one.as_str()) == object))
        }
        _ => true,
    });
    for entry in new.children.iter_mut().filter(|entry| entry.name == "objectPermissions") {
        if entry.child("viewAllFields").is_none() {
            entry.set("viewAllFields", "false");
        }
    }
    if new.child("hasActivationRequired").is_none() {
        new.set("hasActivationRequired", "false");
    }
    normalize(&mut new);
    Ok(new.into())
}

/// Adds what the stored set has and the file does not speak of.
fn lay_over(new: &mut Node, old: &Node) {
    let fields = schema::fields_at("PermissionSet", "", NEWEST);
    let key_of = |entry: &Node| {
        let inner = fields.iter().find_map(|field| match field.kind {
            Kind::Group(_, inner) if field.name == entry.name => Some(inner),
            _ => None,
        });
        key(entry, inner.unwrap_or_default())
    };
    let spoken: BTreeSet<_> = new.children.iter().map(key_of).collect();
    let silent = old.children.iter().filter(|entry| !spoken.contains(&key_of(entry)));
    new.children.extend(silent.cloned().collect::<Vec<_>>());
}

/// What a group can be (S 4.2).
const STATUSES: &[&str] = &["Updated", "Outdated", "Updating", "Failed"];

/// Replaces a permission set group.
pub(super) fn rule_group(org: &Org, mut new: Node) -> Result<Ruled, Vec<Problem>> {
    let mut problems = Vec::new();
    for set in new.texts("permissionSets") {
        if !org.has("PermissionSet", set) {
            problems.push(Problem::from(format!(
                "In field: permissionSets - no PermissionSet named {set} found"
            )));
        }
    }
    for set in new.texts("mutingPermissionSets") {
        problems.push(Problem::from(format!(
            "In field: mutingPermissionSets - no MutingPermissionSet named {set} found"
        )));
    }
    if let Some(status) = new.get("status").filter(|status| !STATUSES.contains(status)) {
        problems.push(Problem::from(format!("Invalid value for field status: {status}")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    new.set("status", "Updated");
    normalize(&mut new);
    Ok(new.into())
}

fn normalize(node: &mut Node) {
    for entry in &mut node.children {
        entry.children.sort_by(|one, other| one.name.cmp(&other.name));
    }
    let key = |entry: &Node| {
        KEYS.iter()
            .find(|(name, _)| *name == entry.name)
            .and_then(|(_, keys)| entry.get(keys[0]))
            .unwrap_or_else(|| entry.value())
            .to_owned()
    };
    node.children.sort_by(|one, other| (&one.name, key(one)).cmp(&(&other.name, key(other))));
}
