//! Elements that are younger than a package or a retrieve: a file of an older version neither shows
//! nor touches them (S 2.7: reset is what is in the schema at the version, and left out).

use std::collections::BTreeMap;

use super::super::schema::{Field, Kind};
use super::super::tree::Node;

/// The version from which on a permission set's licence is called so; before it is `userLicense` (S
/// 4.1).
pub(super) const LICENSE: u16 = 38;

/// Takes out what a version does not know yet.
pub(in crate::demo) fn cut(node: &mut Node, fields: &[Field], version: u16) {
    if node.name == "PermissionSet" && version < LICENSE {
        let licences = node.children.iter_mut().filter(|child| child.name == "license");
        licences.for_each(|child| "userLicense".clone_into(&mut child.name));
    }
    node.children.retain(|child| {
        let field = fields.iter().find(|field| field.name == child.name);
        field.is_none_or(|field| field.is_at(version))
    });
    for child in &mut node.children {
        if let Some(inner) = inner(fields, &child.name) {
            cut(child, inner, version);
        }
    }
}

/// Puts what a package's version does not know back as the org has it.
pub(super) fn keep(new: &mut Node, old: &Node, fields: &[Field], version: u16) {
    for field in fields.iter().filter(|field| field.since > version) {
        new.children.extend(old.all(field.name).cloned());
    }
    let mut stored = BTreeMap::new();
    for entry in &old.children {
        if let Some(inner) = inner(fields, &entry.name) {
            stored.entry(key(entry, inner)).or_insert(entry);
        }
    }
    for child in &mut new.children {
        let Some(field) = fields.iter().find(|field| field.name == child.name) else { continue };
        let Kind::Group(_, inner) = &field.kind else { continue };
        // An object that is taken away keeps nothing.
        if field.since > version || (child.name == "objectPermissions" && !child.flag("allowRead"))
        {
            continue;
        }
        if let Some(same) = stored.get(&key(child, inner)) {
            keep(child, same, inner, version);
        }
    }
}

/// What an entry of a list speaks of: its element, and what it must name.
pub(super) fn key(entry: &Node, fields: &[Field]) -> (String, Vec<Option<String>>) {
    let named = fields.iter().filter(|field| field.required && matches!(field.kind, Kind::Text));
    let names = named.map(|field| entry.get(field.name).map(str::to_owned));
    (entry.name.clone(), names.collect())
}

fn inner(fields: &[Field], name: &str) -> Option<&'static [Field]> {
    match fields.iter().find(|field| field.name == name)?.kind {
        Kind::Group(_, inner) => Some(inner),
        _ => None,
    }
}
