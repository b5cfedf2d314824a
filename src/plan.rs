//! A plan: what is to change, the package that changes it, and the proof that it does.
//!
//! There is one for every road: what a template's steps want (`steps`), what a baseline has
//! (`baseline`), what was there before a deploy (`before_image`). Each of these only says what is to
//! change and what must stay; files, proof and the look afterwards are the same for all. What is
//! refused is in `refusal`, the proof in `proof`, the form on disk in `saved`; a template is tried
//! on its cases in `trial`.

mod baseline;
pub mod before_image;
mod proof;
mod refusal;
pub mod saved;
pub mod steps;
pub mod trial;

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::baseline::{self as against, Asked};
use crate::diff::{Diff, Finding, State, diff};
use crate::metadata::compare;
use crate::metadata::document::Document;
use crate::metadata::fact::FactValues;
use crate::metadata::path::FieldPath;
use crate::metadata::permission::{Dependency, Permission, objects_to_ask};
use crate::metadata::registry::{self, ApiVersion, DeployRule};
use crate::metadata::settings::{Difference, differences, settings};
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId, ComponentSet};
use crate::package::simulate::{SimulateError, simulate};
use crate::package::{Cause, Change, Package, PackageError, Target, build, own, target};
use crate::template::{ExpandedStep, ExpandedWant, Test};

use before_image::{Image, shown};
use saved::Assigned;
use steps::Assignment;

/// What is to be brought about.
#[derive(Clone, Copy)]
pub enum Desired<'d, 't> {
    /// What a template's steps want, as far as `chosen` accepts their findings.
    Steps {
        /// The steps, filled in.
        steps: &'t [ExpandedStep<'t>],
        /// Which findings are to be fixed.
        chosen: &'d dyn Fn(&Finding<'_>) -> bool,
    },
    /// What a baseline has.
    Baseline {
        /// What differs from it, as far as it was chosen.
        findings: &'d [Finding<'d>],
        /// A component's file as the baseline has it; none where it is not there or no metadata.
        document: &'d dyn Fn(&ComponentId) -> Option<Document>,
    },
    /// What was there before a deploy.
    BeforeImage {
        /// Each component that the deploy changed.
        images: &'d [Image],
        /// Permission sets that it gave, and that are taken back.
        assigned: &'d [Assigned],
        /// Permission sets that it took, and that are given again.
        withdrawn: &'d [Assigned],
    },
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
    /// Whether what is wanted comes from the org that the package is for: then what is bound to it
    /// may come back too.
    pub same_org: bool,
    /// Whether the files themselves are edited, so that anything can be taken away; a deploy has no
    /// word for some of it.
    pub is_in_place: bool,
}

/// What is to change, and how.
#[derive(Debug, Default)]
pub struct Plan<'t> {
    /// What was found of a template's steps; empty on the other roads.
    pub diff: Diff<'t>,
    /// The findings that will be fixed, by their place in the diff.
    pub fixed: BTreeSet<usize>,
    /// What a package changes, in the order in which it was found; what they need follows them.
    pub changes: Vec<Change>,
    /// What components that are made anew begin with.
    pub made: BTreeMap<ComponentId, Made>,
    /// What REST gives after the package, once each.
    pub assignments: Vec<Assignment>,
    /// What REST takes back after the package.
    pub withdrawals: Vec<Assigned>,
    /// What stays as it is, with the reason.
    pub left: Vec<Left>,
    /// What an admin should know beforehand.
    pub notes: Vec<String>,
    /// What has no way back, or cannot be taken back.
    pub doors: Vec<String>,
    /// What somebody has changed since the deploy that is taken back; that is lost.
    pub moved: Vec<String>,
    /// What becomes of each component.
    pub targets: Vec<Target>,
    /// The files that bring it about.
    pub package: Package,
    /// The components as they should stand afterwards, with what was asked for when they were read.
    expected: Option<ComponentSet>,
    /// The very files that stood there before, for documents that are sent whole.
    originals: Vec<Image>,
}

/// A component that is made anew.
#[derive(Clone, Debug)]
pub struct Made {
    /// What it begins with.
    pub document: Document,
    /// The component that it is a copy of.
    pub copy_of: Option<ComponentId>,
}

/// Something that a plan leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its place in the diff, where it is a template's finding.
    pub finding: Option<usize>,
    /// What it is.
    pub subject: String,
    /// Why it is left.
    pub reason: String,
}

impl Left {
    fn of(subject: String, reason: String) -> Self {
        Self { finding: None, subject, reason }
    }
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
    /// What the plan rests on has moved since it was made; one line a field, naming old and new.
    #[error("the org has moved since the plan was made: {}", .0.join("; "))]
    Moved(Vec<String>),
}

/// Makes the plan that brings about what is desired, and proves it.
///
/// # Errors
/// The package cannot be made, or does not do what it should: a mistake of this program.
pub fn plan<'t>(desired: &Desired<'_, 't>, basis: &Basis<'_>) -> Result<Plan<'t>, PlanError> {
    let mut plan = Plan::default();
    match desired {
        Desired::Steps { steps, chosen } => {
            let found = diff(steps, basis.components, basis.facts);
            steps::fill(&mut plan, &found, steps, basis, *chosen);
            plan.diff = found;
        }
        Desired::Baseline { findings, document } => {
            baseline::fill(&mut plan, findings, document, basis);
        }
        Desired::BeforeImage { images, assigned, withdrawn } => {
            before_image::fill(&mut plan, images, basis);
            plan.originals = images.to_vec();
            plan.withdrawals =
                assigned.iter().filter(|one| !one.rows.is_empty()).cloned().collect();
            plan.assignments = withdrawn.iter().map(Assignment::from).collect();
        }
    }
    let whole = plan.changes.iter().filter(|change| change.path.is_none());
    plan.doors.extend(whole.filter_map(|change| refusal::one_way_door(&change.id)));
    let after = plan.build(basis)?;
    if let Desired::Steps { steps, .. } = desired {
        let after = diff(steps, &after, basis.facts);
        let along = proof::findings(&plan.diff, &after, &plan.fixed);
        let along = along.map_err(PlanError::NotProved)?;
        let is_along = |left: &Left| left.finding.is_some_and(|index| along.contains(&index));
        plan.fixed
            .extend(plan.left.iter().filter(|left| is_along(left)).filter_map(|left| left.finding));
        plan.left.retain(|left| !is_along(left));
    }
    Ok(plan)
}

/// How things stand after a plan was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What is not as the plan says: one line each.
    pub undone: Vec<String>,
    /// What else is not as it was sent, or as it was before: one line each.
    pub moved: Vec<String>,
}

impl<'t> Plan<'t> {
    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.assignments.is_empty() && self.withdrawals.is_empty()
    }

    /// Begins a component that is not there.
    fn make(&mut self, id: ComponentId, made: Made, cause: Cause) {
        self.changes.push(Change {
            id: id.clone(),
            path: None,
            from: None,
            to: Some(Value::Present),
            cause,
        });
        self.made.insert(id, made);
    }

    /// From changes to targets, package and proof; returns what would be there afterwards. A
    /// component whose file cannot take its changes is left, and named.
    fn build(&mut self, basis: &Basis<'_>) -> Result<ComponentSet, PlanError> {
        self.targets.clear();
        let mut by_component: BTreeMap<&ComponentId, Vec<&Change>> = BTreeMap::new();
        for change in &self.changes {
            by_component.entry(&change.id).or_default().push(change);
        }
        let mut refused: BTreeMap<ComponentId, String> = BTreeMap::new();
        for (id, changes) in by_component {
            let made = self.made.get(id).map(|made| &made.document);
            match target(id, &changes, basis.components, made, basis.version) {
                Ok(target) => self.targets.extend(target),
                Err(error) => _ = refused.insert(id.clone(), error.to_string()),
            }
        }
        self.changes.retain(|change| !refused.contains_key(&change.id));
        self.left.extend(refused.into_iter().map(|(id, reason)| Left::of(id.to_string(), reason)));
        self.put_originals_back();
        self.package = build(&self.targets, basis.version, basis.same_org)?;
        let after = if basis.is_in_place {
            edited(&self.targets, basis.components)
        } else {
            simulate(&self.package, basis.components)?
        };
        self.prove(&after)?;
        let is_target = |one: &&Component| self.targets.iter().any(|target| target.id == one.id);
        let mut expected = ComponentSet::new(basis.components.requested.clone());
        expected.not_observed.clone_from(&basis.components.not_observed);
        for component in after.components.values().filter(is_target) {
            expected.insert(component.clone());
        }
        self.expected = Some(expected);
        Ok(after)
    }

    /// Each change is brought about, and nothing else moves in what is there.
    fn prove(&self, after: &ComponentSet) -> Result<(), PlanError> {
        let mut broken = proof::undone(&self.changes, after);
        for target in &self.targets {
            let there = own(after, &target.id).map(|component| &component.document);
            if let (Some(before), Some(there)) = (&target.before, there) {
                let strays = proof::strays(&self.of(&target.id), &target.id, before, there);
                broken.extend(
                    strays
                        .into_iter()
                        .map(|(path, ..)| format!("{} {path} would change too", target.id)),
                );
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(PlanError::NotProved(broken)) }
    }

    fn of(&self, id: &ComponentId) -> Vec<&Change> {
        self.changes.iter().filter(|change| change.id == *id).collect()
    }

    /// Where a document that is replaced as a whole stands as the deploy left it, the way back is
    /// the very file that was there before.
    fn put_originals_back(&mut self) {
        for target in &mut self.targets {
            let row = registry::find_component(&target.id.type_name, &target.id.full_name)
                .filter(|row| row.deploy == DeployRule::Replace);
            let image = self.originals.iter().find(|image| image.id == target.id);
            if let (Some(row), Some(Image { before: Some(before), after: Some(after), .. })) =
                (row, image)
                && let Some(now) = &target.before
                && target.after.is_some()
                && differences(row, Some(after), Some(now)).is_empty()
            {
                target.after = Some(before.clone());
            }
        }
    }

    /// Makes the plan anew on what an org holds by now: what moved beside it is taken along, a
    /// planned field that moved stops it.
    ///
    /// # Errors
    /// [`PlanError::Moved`], or the package cannot be made.
    pub fn renew(&mut self, basis: &Basis<'_>) -> Result<(), PlanError> {
        let mut moved = Vec::new();
        for target in &self.targets {
            let id = &target.id;
            if let Some(reason) = basis.components.not_observed.get(id) {
                moved.push(format!("{id} cannot be read any more: {reason}"));
                continue;
            }
            let now = own(basis.components, id).map(|component| &component.document);
            moved.extend(proof::moved(&self.of(id), id, target.before.as_ref(), now));
        }
        if !moved.is_empty() {
            return Err(PlanError::Moved(moved));
        }
        self.build(basis).map(|_| ())
    }

    /// Holds what is there after the plan was carried out against what it says, and against what
    /// was sent and what was there.
    pub fn verify(
        &self,
        desired: &Desired<'_, 't>,
        now: &ComponentSet,
        facts: &FactValues,
    ) -> Look {
        let mut look = Look { undone: proof::undone(&self.changes, now), moved: Vec::new() };
        if let Desired::Steps { steps, .. } = desired {
            let found = diff(steps, now, facts);
            let is_told = |line: &String| {
                let subject = line.split(" is ").next().unwrap_or_default();
                look.undone.iter().any(|known| known.starts_with(subject))
            };
            let more = proof::not_in_sync(&found, self);
            look.undone.extend(more.into_iter().filter(|line| !is_told(line)).collect::<Vec<_>>());
        }
        for (expected, sent) in
            self.expected.iter().flat_map(|set| set.components.values().map(move |one| (set, one)))
        {
            let is_new = self.made.contains_key(&sent.id);
            let Some(there) = own(now, &sent.id).filter(|_| !is_new) else { continue };
            let strays =
                proof::strays(&self.of(&sent.id), &sent.id, &sent.document, &there.document);
            look.moved.extend(moved_beside(&sent.id, strays, now, expected));
        }
        look
    }

    /// Counts what is taken away, and of how many settings in the components that it is taken from.
    pub fn removals(&self) -> (usize, usize) {
        let taken = self.changes.iter().filter(|change| takes_away(change)).count();
        let held = self
            .targets
            .iter()
            .filter_map(|target| {
                let row = registry::find_component(&target.id.type_name, &target.id.full_name)?;
                Some(settings(row, target.before.as_ref()?).len())
            })
            .sum();
        (taken, held)
    }
}

/// Says what is not as it was sent, one line each; what one of the two looks did not ask for has not
/// moved.
fn moved_beside(
    id: &ComponentId,
    strays: Vec<Difference>,
    now: &ComponentSet,
    expected: &ComponentSet,
) -> Vec<String> {
    let strays = strays.into_iter().map(|(path, was, is)| compare::Difference {
        path,
        actual: is,
        baseline: was,
    });
    let found = against::settings(id, strays.collect(), &asked(now), &asked(expected));
    let said = |finding: &&Finding<'_>| {
        let path = finding.subject.path().map(FieldPath::segments).unwrap_or_default();
        let is_within = |one: &Finding<'_>| {
            let within = one.subject.path().map(FieldPath::segments).unwrap_or_default();
            within.len() > path.len() && within.starts_with(path)
        };
        // That an entry is there goes without saying where it says more.
        finding.state() == State::Differs && !found.iter().any(is_within)
    };
    let words = |finding: &Finding<'_>| {
        let (was, is) = (shown(finding.then()), shown(finding.actual.as_ref()));
        format!("{} was {was} and is {is} now", finding.name())
    };
    found.iter().filter(said).map(words).collect()
}

/// What is known of what was asked for.
fn asked(set: &ComponentSet) -> Asked<'_> {
    let ComponentSet { requested, not_observed, .. } = set;
    Asked { requested, not_observed, is_complete: true, name: "this look" }
}

/// The components as editing their files leaves them.
fn edited(targets: &[Target], components: &ComponentSet) -> ComponentSet {
    let mut set = components.clone();
    for target in targets {
        let there = set.components.iter().find(|(_, one)| one.id == target.id);
        let key = there.map_or_else(|| target.id.clone(), |(key, _)| key.clone());
        match &target.after {
            Some(after) => {
                let (id, document) = (target.id.clone(), after.clone());
                set.components.insert(key, Component { id, document, file: String::new() });
            }
            None => _ = set.components.remove(&key),
        }
    }
    set
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
