//! The rights that a plan gives beside those that it was asked for, and what an org must be asked
//! so that these are known beforehand.

use std::collections::BTreeSet;

use crate::metadata::ComponentId;
use crate::metadata::names::Names;
use crate::metadata::permission::{Dependency, Permission, objects_to_ask};
use crate::metadata::value::Value;
use crate::package::{Cause, Change};
use crate::template::{ExpandedStep, ExpandedWant, Test, matched};

use super::Plan;

impl Plan<'_> {
    /// Administrator's rights that no step asks for: others need them, or they come by copying.
    pub fn admin_rights(&self) -> Vec<&Change> {
        let is_one = |change: &&Change| {
            let permission = change.path.as_ref().and_then(Permission::of_path);
            matches!(change.cause, Cause::Needed(_) | Cause::Copied(_))
                && change.to == Some(Value::Bool(true))
                && permission.is_some_and(|permission| permission.is_administrators())
        };
        self.changes.iter().filter(is_one).collect()
    }
}

/// Returns what must be asked of the org, beyond what the wants themselves need, so that
/// dependencies of permissions can be closed: the user and object permissions that profiles are to
/// grant, and the objects that these touch. What a star stands for is told by `names`.
pub fn permissions_wanted(steps: &[ExpandedStep<'_>], names: &Names) -> Vec<Permission> {
    let mut wanted = BTreeSet::new();
    for want in steps.iter().flat_map(|step| &step.wants) {
        collect(want, &mut wanted);
    }
    for want in matched(steps, names) {
        collect(&want, &mut wanted);
    }
    wanted.into_iter().collect()
}

fn collect(want: &ExpandedWant, wanted: &mut BTreeSet<Permission>) {
    match want {
        ExpandedWant::Metadata { id, path, test: Test::Equals(Value::Bool(true)), .. }
            if matches!(id.type_name.as_str(), "Profile" | "PermissionSet") =>
        {
            wanted.extend(Permission::of_path(path));
        }
        ExpandedWant::Any(wants) => wants.iter().for_each(|want| collect(want, wanted)),
        _ => {}
    }
}

/// Returns the objects that must be asked for along with a profile for [`permissions_wanted`].
pub fn companions(permissions: &[Permission], graph: &[Dependency]) -> Vec<ComponentId> {
    objects_to_ask(permissions, graph)
        .into_iter()
        .map(|object| ComponentId::new("CustomObject", object))
        .collect()
}
