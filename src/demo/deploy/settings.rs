//! Settings: what a file mentions is set; a list in it is the whole list (S 2.8).

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
    for child in &new.children {
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
