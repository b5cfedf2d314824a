//! A plan: what is to change, the package that changes it, the proof that it does, and what it was
//! made from.
//!
//! The plan is the product: `diff` prints its findings, `package` writes its files, `deploy` sends
//! them, and its changes turned round are the way back. Its form on disk is in `saved`; a template
//! is tried on its cases in `trial`.

pub mod fix;
pub mod restore;
pub mod saved;
pub mod trial;

use std::collections::BTreeSet;

use crate::diff::{Diff, Finding, State, diff};
use crate::metadata::fact::FactValues;
use crate::metadata::permission::{Dependency, Permission, objects_to_ask};
use crate::metadata::registry::{self, ApiVersion};
use crate::metadata::settings::settings;
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet};
use crate::package::simulate::{SimulateError, simulate};
use crate::package::{Change, Package, PackageError, Target, build, targets};
use crate::plan::fix::{Circumstances, Mend, mend};
use crate::template::{ExpandedStep, ExpandedWant, Test};

/// What is to change, and how.
#[derive(Debug)]
pub struct Plan<'t> {
    /// What was found.
    pub diff: Diff<'t>,
    /// What is done about it, and what is not.
    pub mend: Mend,
    /// What becomes of each component.
    pub targets: Vec<Target>,
    /// The files that bring it about.
    pub package: Package,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The package cannot be made.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The package cannot be tried.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// The package would not do what the plan says; one line a finding.
    #[error("the package would not do what the plan says: {}", .0.join("; "))]
    NotProved(Vec<String>),
}

/// From what a plan is made.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'b> {
    /// What is there.
    pub components: &'b ComponentSet,
    /// The facts of the org.
    pub facts: &'b FactValues,
    /// The org's own graph of permissions; empty where it is not known.
    pub graph: &'b [Dependency],
    /// The API version of the package.
    pub version: ApiVersion,
    /// Whether an org is at hand that REST can be asked to change.
    pub is_online: bool,
    /// Whether the package goes back to the org that the documents came from.
    pub same_org: bool,
}

/// Makes the plan that mends the findings which `chosen` accepts, and proves it.
///
/// # Errors
/// The package cannot be made, or does not do what it should: a mistake of this program.
pub fn plan<'t>(
    steps: &[ExpandedStep<'t>],
    basis: &Basis<'_>,
    chosen: &dyn Fn(&Finding<'_>) -> bool,
) -> Result<Plan<'t>, PlanError> {
    let found = diff(steps, basis.components, basis.facts);
    let around = Circumstances {
        components: basis.components,
        graph: basis.graph,
        is_online: basis.is_online,
    };
    let mut mend = mend(&found, steps, &around, chosen);
    let targets = targets(&mend.changes, basis.components, &mend.made, basis.version)?;
    let package = build(&targets, basis.version, basis.same_org)?;
    let after = diff(steps, &simulate(&package, basis.components)?, basis.facts);
    prove(&found, &after, &mut mend)?;
    Ok(Plan { diff: found, mend, targets, package })
}

/// Every finding that the plan claims to mend must be in sync after it, and none may be worse
/// (design 1, promise 3).
fn prove(before: &Diff<'_>, after: &Diff<'_>, mend: &mut Mend) -> Result<(), PlanError> {
    let mut broken = Vec::new();
    for (index, (was, is)) in before.findings.iter().zip(&after.findings).enumerate() {
        let name = || match (&was.component, &was.path) {
            (Some(component), Some(path)) => format!("{component} {path}"),
            _ => was.step.id.clone(),
        };
        let is_of_files = was.component.is_some();
        if is_of_files && mend.mended.contains(&index) && is.state != State::InSync {
            broken.push(format!(
                "{} would still be {}",
                name(),
                is.actual.as_ref().map_or_else(|| "absent".to_owned(), Value::to_string)
            ));
        }
        if was.state == State::InSync && is.state != State::InSync {
            broken.push(format!("{} is right and would not be any more", name()));
        }
        // What another's change sets right is not left.
        if is.state == State::InSync && mend.left.remove(&index).is_some() {
            mend.mended.insert(index);
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(PlanError::NotProved(broken)) }
}

impl Plan<'_> {
    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.mend.is_empty()
    }

    /// Counts what is taken away, and of how many settings in the components that it is taken from.
    pub fn removals(&self) -> (usize, usize) {
        removals(&self.mend.changes, &self.targets)
    }
}

/// Counts the settings that changes take away, and those that their components hold.
pub fn removals(changes: &[Change], targets: &[Target]) -> (usize, usize) {
    let taken = changes.iter().filter(|change| takes_away(change)).count();
    let held = targets
        .iter()
        .filter_map(|target| {
            let row = registry::find_component(&target.id.type_name, &target.id.full_name)?;
            Some(settings(row, target.before.as_ref()?).len())
        })
        .sum();
    (taken, held)
}

/// Says whether a change takes something away: a grant, an element of a list, a component.
pub fn takes_away(change: &Change) -> bool {
    match (&change.from, &change.to) {
        (Some(_), None) => true,
        (Some(Value::Bool(true)), Some(Value::Bool(false))) => {
            change.path.as_ref().is_some_and(|path| Permission::of_path(path).is_some())
        }
        (Some(Value::List(before)), Some(Value::List(after))) => {
            before.iter().any(|element| !after.contains(element))
        }
        _ => false,
    }
}

/// Returns what must be asked of the org, beyond what the wants themselves need, so that
/// dependencies of permissions can be closed: the user and object permissions that profiles are to
/// grant, and the objects that these touch.
pub fn permissions_wanted(steps: &[ExpandedStep<'_>]) -> Vec<Permission> {
    let mut wanted = BTreeSet::new();
    for want in steps.iter().flat_map(|step| &step.wants) {
        collect(want, &mut wanted);
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
