//! Profiles: a deploy is laid over what is there (S 3.4).

use std::collections::{BTreeMap, BTreeSet};

use super::super::form::Form;
use super::super::state::Org;
use super::super::tree::Node;
use super::{Problem, Ruled, dependency};

/// The lists of a profile, each with its key (S 3.1). A layout's key is its object and record type,
/// see [`key_of`].
const KEYS: &[(&str, &[&str])] = &[
    ("agentAccesses", &["agentName"]),
    ("applicationVisibilities", &["application"]),
    ("categoryGroupVisibilities", &["dataCategoryGroup"]),
    ("classAccesses", &["apexClass"]),
    ("customMetadataTypeAccesses", &["name"]),
    ("customPermissions", &["name"]),
    ("customSettingAccesses", &["name"]),
    ("externalDataSourceAccesses", &["externalDataSource"]),
    ("fieldPermissions", &["field"]),
    ("flowAccesses", &["flow"]),
    ("layoutAssignments", &["layout", "recordType"]),
    ("objectPermissions", &["object"]),
    ("pageAccesses", &["apexPage"]),
    ("recordTypeVisibilities", &["recordType"]),
    ("servicePresenceStatusAccesses", &["servicePresenceStatus"]),
    ("tabVisibilities", &["tab"]),
    ("userPermissions", &["name"]),
];

const OBJECT_FLAGS: &[&str] = &[
    "allowCreate",
    "allowDelete",
    "allowEdit",
    "allowRead",
    "modifyAllRecords",
    "viewAllFields",
    "viewAllRecords",
];

/// The version from which on object permissions of standard objects are fixed on standard profiles
/// (S 3.4).
const FIXED: u16 = 50;

/// Lays a deployed profile over the stored one, or makes a new one.
pub(super) fn rule(
    org: &Org,
    full_name: &str,
    mut new: Node,
    old: Option<&Node>,
    version: u16,
) -> Result<Ruled, Vec<Problem>> {
    let mut problems = dependency::references(org, &new);
    problems.extend(dependency::duplicates(&new, KEYS));
    let base = match old {
        Some(old) => old.clone(),
        None => create(org, full_name, &new, version, &mut problems),
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    dependency::canonical(&org.catalog, &mut new);
    if let (Some(wanted), Some(has)) = (new.get("userLicense"), base.get("userLicense"))
        && wanted != has
    {
        problems.push(Problem::from(format!(
            "You can't change the user license of a profile: {has} to {wanted}"
        )));
    }
    if version >= FIXED && org.catalog.standard_profiles.contains_key(full_name) {
        problems.extend(standard_objects(org, &new, &base));
    }
    let mut node = overlay(org, &base, &new);
    problems.extend(dependency::missing(org, &node));
    normalize(&mut node);
    let licence = node.get("userLicense").unwrap_or_default().to_owned();
    problems.extend(dependency::unlicensed(&org.catalog, &licence, &node));
    let defaults = |node: &Node| {
        node.all("applicationVisibilities").filter(|entry| entry.flag("default")).count()
    };
    if defaults(&new) > 1 {
        problems.push(Problem::from("A profile has one default app."));
    }
    if defaults(&base) > 0 && defaults(&node) == 0 {
        problems.push(Problem::from("You can't remove the only default app from the profile."));
    }
    if problems.is_empty() { Ok(node.into()) } else { Err(problems) }
}

/// What a new profile starts from: from 60.0 on the least, before that what Standard User has (S
/// 3.4).
fn create(
    org: &Org,
    full_name: &str,
    new: &Node,
    version: u16,
    problems: &mut Vec<Problem>,
) -> Node {
    if org.profile_named(full_name).is_some() {
        problems.push(Problem::from(
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
        ));
    }
    if !new.flag("custom") {
        problems.push(Problem::from("Required field is missing: custom"));
    }
    let licence = new.get("userLicense").unwrap_or_default();
    if licence.is_empty() {
        problems.push(Problem::from("Required field is missing: userLicense"));
    } else if licence.starts_with("Guest") {
        problems.push(Problem::from("You can not create custom Guest profiles."));
    } else if !org.catalog.licences.contains_key(licence) {
        problems.push(Problem::from(format!(
            "In field: userLicense - no UserLicense named {licence} found"
        )));
    }
    let start = match (licence, version) {
        ("Salesforce", 60..) => "Minimum Access - Salesforce",
        ("Salesforce Integration", _) => "Minimum Access - API Only Integrations",
        _ => "Standard",
    };
    let mut base =
        org.component("Profile", start).unwrap_or_else(|| Node::group("Profile", Vec::new()));
    base.remove("description");
    base.set("custom", "true");
    base.set("userLicense", licence);
    base
}

/// What is changed of the object permissions that are fixed on standard profiles (S 3.4; the text is
/// not known).
fn standard_objects(org: &Org, new: &Node, base: &Node) -> Vec<Problem> {
    let stored = objects(base);
    new.all("objectPermissions")
        .filter(|entry| {
            let object = entry.get("object").unwrap_or_default();
            let standard = org.catalog.objects.get(object).is_some_and(|row| !row.custom);
            let old = stored.get(object);
            standard
                && OBJECT_FLAGS
                    .iter()
                    .any(|flag| entry.flag(flag) != old.is_some_and(|old| old.flag(flag)))
        })
        .map(|entry| {
            Problem::from(format!(
                "You can't edit the object permissions of a standard profile: {}",
                entry.get("object").unwrap_or_default()
            ))
        })
        .collect()
}

/// The object permissions of a profile by object.
fn objects(profile: &Node) -> BTreeMap<&str, &Node> {
    let entries = profile.all("objectPermissions");
    entries.map(|entry| (entry.get("object").unwrap_or_default(), entry)).collect()
}

fn overlay(org: &Org, base: &Node, new: &Node) -> Node {
    let mut node = base.clone();
    // Seen to be lost when a deployed profile does not name them; a careful client sends them back
    // as they were.
    for section in ["loginFlows", "loginIpRanges"] {
        let adds = section == "loginIpRanges" && org.takes(Form::LoginRangesAdd);
        if !adds {
            node.remove(section);
        }
        let known: BTreeSet<String> = node.all(section).map(Node::to_line).collect();
        let sent = new.all(section).filter(|entry| !known.contains(&entry.to_line()));
        node.children.extend(sent.cloned().collect::<Vec<_>>());
    }
    if let Some(hours) = new.child("loginHours") {
        node.remove("loginHours");
        if !hours.children.is_empty() {
            node.children.push(hours.clone());
        }
    }
    if let Some(description) = new.child("description") {
        node.remove("description");
        if !description.value().is_empty() {
            node.children.push(description.clone());
        }
    }
    let sees_all = ["ViewAllData", "ModifyAllData"].iter().any(|permission| {
        base.all("userPermissions")
            .any(|entry| entry.flag("enabled") && entry.get("name") == Some(permission))
    });
    let stored_objects = objects(base);
    let places = node.children.iter().enumerate();
    let mut places: BTreeMap<(String, Vec<String>), usize> =
        places.map(|(place, entry)| ((entry.name.clone(), key_of(entry)), place)).collect();
    for entry in &new.children {
        if !KEYS.iter().any(|(name, _)| *name == entry.name) {
            continue;
        }
        let key = (entry.name.clone(), key_of(entry));
        let mut entry = entry.clone();
        if entry.name == "objectPermissions" {
            let stored = stored_objects.get(entry.get("object").unwrap_or_default()).copied();
            for flag in OBJECT_FLAGS {
                // A profile that sees all takes these two without error, and without effect (S
                // 3.4).
                let ignored = sees_all && ["modifyAllRecords", "viewAllRecords"].contains(flag);
                let omitted = org.takes(Form::OmittedFlagsStay) && entry.child(flag).is_none();
                let value = match stored {
                    Some(stored) if ignored || omitted => stored.flag(flag),
                    None if ignored => false,
                    _ => entry.flag(flag),
                };
                entry.set(flag, &value.to_string());
            }
            entry.children.sort_by(|one, other| one.name.cmp(&other.name));
        }
        if entry.name == "applicationVisibilities" && entry.flag("default") {
            // There is one default app (S 3.1); that a new one takes the place of the old one,
            // rather than that it is refused, is the demo org's own.
            let others = node.children.iter_mut().filter(|other| other.name == entry.name);
            others
                .filter(|other| other.flag("default"))
                .for_each(|app| app.set("default", "false"));
        }
        match places.get(&key) {
            Some(place) => node.children[*place] = entry,
            None => {
                places.insert(key, node.children.len());
                node.children.push(entry);
            }
        }
    }
    node
}

/// Drops what an org does not keep, and sorts as an org does.
fn normalize(node: &mut Node) {
    node.children.retain(|entry| match entry.name.as_str() {
        "objectPermissions" => entry.flag("allowRead"),
        "customPermissions" | "userPermissions" => entry.flag("enabled"),
        _ => true,
    });
    node.children.sort_by(|one, other| (&one.name, key_of(one)).cmp(&(&other.name, key_of(other))));
}

fn key_of(entry: &Node) -> Vec<String> {
    let part = |name: &str| entry.get(name).unwrap_or_default().to_owned();
    if entry.name == "layoutAssignments" {
        let layout = part("layout");
        let object = layout.split('-').next().unwrap_or_default().to_owned();
        return vec![object, part("recordType")];
    }
    KEYS.iter()
        .find(|(name, _)| *name == entry.name)
        .map(|(_, keys)| keys.iter().map(|key| part(key)).collect())
        .unwrap_or_default()
}
