//! A plan: what is to change, the package that changes it, and the proof that it does.
//!
//! There is one for every road: what a template's steps want (`steps`), what a baseline has
//! (`baseline`), what was there before a deploy (`before_image`). Each of these only says what is
//! to change and what must stay; files, proof and the look afterwards are the same for all. What is
//! refused is in `refusal`, the proof in `proof`, the form on disk in `saved`; a template is tried
//! on its cases in `trial`.

pub mod assignment;
mod baseline;
pub mod before_image;
mod blind;
mod contradiction;
mod creation;
pub mod left;
mod look;
mod proof;
mod refusal;
mod rights;
pub mod saved;
pub mod steps;
pub mod trial;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{self, Diff, Finding, State, Waiver, diff};
use crate::metadata::assignable::OrgLimits;
use crate::metadata::document::Document;
use crate::metadata::fact::FactValues;
use crate::metadata::path::FieldPath;
use crate::metadata::permission::Dependency;
use crate::metadata::registry::{self, ApiVersion, DeployRule};
use crate::metadata::settings::{differences, settings};
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId, ComponentSet};
use crate::package::simulate::{SimulateError, simulate};
use crate::package::{Cause, Change, Package, PackageError, Target, build, own, target};
use crate::template::{Conflict, ExpandedStep};

pub use look::Look;
pub use rights::{companions, permissions_wanted};

use assignment::{Assigned, Assignment};
use before_image::Image;
use left::{Left, LeftKind};
use proof::same_place;
use refusal::{Refused, contradicting, sent_alone, sent_in_part, sent_twice};

/// What is to be brought about.
#[derive(Clone, Copy)]
pub enum Desired<'d, 't> {
    /// What a template's steps want, as far as `chosen` accepts their findings.
    Steps {
        /// The steps, filled in.
        steps: &'t [ExpandedStep<'t>],
        /// Which findings are to be fixed.
        chosen: &'d dyn Fn(&Finding<'_>) -> bool,
        /// What may be otherwise, and so is left as it is.
        waived: &'d dyn Fn(&Finding<'_>) -> Option<Waiver>,
        /// What may be made for what is fixed.
        may_make: &'d dyn Fn(&ComponentId) -> bool,
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
        /// What it gave to users, and is taken back.
        assigned: &'d [Assigned],
        /// What it took from users, and is given again.
        withdrawn: &'d [Assigned],
        /// What others have done since with what it made, beside its metadata; one line each.
        since: &'d [String],
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
    /// Whether an org was asked, so that its own graph decides.
    pub is_online: bool,
    /// Whether REST is asked to change the org too: by a deploy, never by a package.
    pub is_by_rest: bool,
    /// Whether what is wanted comes from the org that the package is for: then what is bound to it
    /// may come back too.
    pub same_org: bool,
    /// Whether the files themselves are edited, so that anything can be taken away; a deploy has no
    /// word for some of it.
    pub is_in_place: bool,
    /// Whether entries of profiles that nobody could see are set all the same.
    pub is_blind: bool,
    /// What the org was found not to take.
    pub limits: &'b OrgLimits,
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
    pub made: BTreeMap<ComponentId, Document>,
    /// Which of these are copies, and of which component.
    pub copies: BTreeMap<ComponentId, ComponentId>,
    /// What would be made and was not chosen.
    left_out: BTreeSet<ComponentId>,
    /// Which changes are of what was not observed: component and path, [`folded`](proof::folded).
    blind: BTreeSet<(ComponentId, String)>,
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
    /// All that would be there afterwards.
    after: ComponentSet,
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
    /// Two steps want different things of one setting; of a star only an org tells.
    #[error("{}", contradictions_in_words(.0))]
    Contradictory(Vec<Conflict>),
    /// What the plan rests on has moved since it was made; one line a field, naming old and new.
    #[error("the org has moved since the plan was made: {}", .0.join("; "))]
    Moved(Vec<String>),
}

fn contradictions_in_words(conflicts: &[Conflict]) -> String {
    let words = conflicts.iter().map(|one| {
        let Conflict { subject, first, second, .. } = one;
        format!(
            "{subject}: step `{}` wants {}, step `{}` wants {}",
            first.step, first.words, second.step, second.words
        )
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Why a package does not bring its plan about, and the component that it is about.
#[derive(Debug)]
struct Unproved {
    id: Option<ComponentId>,
    error: PlanError,
}

/// Makes the plan that brings about what is desired, and proves it.
///
/// # Errors
/// The package cannot be made, or does not do what it should: a mistake of this program.
pub fn plan<'t>(desired: &Desired<'_, 't>, basis: &Basis<'_>) -> Result<Plan<'t>, PlanError> {
    let mut plan = Plan::default();
    match desired {
        Desired::Steps { steps, chosen, waived, may_make } => {
            let made = steps.iter().flat_map(|step| &step.create).map(|create| &create.id);
            plan.left_out = made.filter(|id| !may_make(id)).cloned().collect();
            let mut found = diff(steps, basis.components, basis.facts);
            found.waive(*waived);
            let chosen =
                |finding: &Finding<'_>| finding.state() != State::Waived && chosen(finding);
            let contradictory = contradiction::among(&found, &chosen);
            if !contradictory.is_empty() {
                return Err(PlanError::Contradictory(contradictory));
            }
            steps::fill(&mut plan, &found, steps, basis, &chosen);
            plan.diff = found;
        }
        Desired::Baseline { findings, document } => {
            baseline::fill(&mut plan, findings, document, basis);
        }
        Desired::BeforeImage { images, assigned, withdrawn, since } => {
            before_image::fill(&mut plan, images, basis);
            plan.moved.extend(since.iter().cloned());
            plan.originals = images.to_vec();
            // What was given last goes first: a set may stand on a licence.
            plan.left.extend(assigned.iter().flat_map(Assigned::left));
            let made = assigned.iter().rev().filter(|one| !one.rows.is_empty());
            let ours = |one: &Assigned| Assigned { doubts: Vec::new(), ..one.clone() };
            plan.withdrawals = made.map(ours).collect();
            plan.assignments = withdrawn.iter().rev().map(|one| one.of.clone()).collect();
        }
    }
    let refused = plan.build(basis)?;
    plan.doors.extend(plan.blind_doors());
    if let Desired::Steps { .. } = desired {
        plan.note_licences(basis.limits);
    }
    let whole = plan.changes.iter().filter(|change| change.path.is_none());
    plan.doors.extend(whole.filter_map(|change| refusal::one_way_door(&change.id)));
    if let Desired::Steps { steps, .. } = desired {
        let after = diff(steps, &plan.after, basis.facts);
        plan.leave_findings(&after, refused);
        let along = proof::findings(&plan.diff, &after, &plan.fixed);
        let along = along.map_err(PlanError::NotProved)?;
        let is_along = |left: &Left| left.finding.is_some_and(|index| along.contains(&index));
        plan.fixed
            .extend(plan.left.iter().filter(|left| is_along(left)).filter_map(|left| left.finding));
        plan.left.retain(|left| !is_along(left));
    } else {
        plan.left.extend(refused.into_iter().map(Refused::left));
    }
    let lacking = &plan.package.lacking;
    plan.notes.extend(lacking.iter().map(|(id, names)| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let version = plan.package.version;
        format!("{id}: left out, as API version {version} does not know it: {}", names.join(", "))
    }));
    Ok(plan)
}

impl<'t> Plan<'t> {
    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.assignments.is_empty() && self.withdrawals.is_empty()
    }

    /// Says whether something is left that differs or is missing.
    pub fn is_open(&self) -> bool {
        self.left.iter().any(|left| left.kind == LeftKind::Open)
    }

    /// Begins a component that is not there.
    fn make(&mut self, id: ComponentId, made: Document, cause: Cause) {
        self.changes.push(Change {
            id: id.clone(),
            path: None,
            from: None,
            to: Some(Value::Present),
            cause,
        });
        self.made.insert(id, made);
    }

    /// From changes to targets, package and proof. What cannot be packaged, alone or by the others
    /// of its component, is taken out of the plan and returned: it never stops the rest.
    fn build(&mut self, basis: &Basis<'_>) -> Result<Vec<Refused>, PlanError> {
        let mut refused = self.refuse_by_version(basis);
        loop {
            self.aim(basis, &mut refused);
            self.put_originals_back();
            match self.try_package(basis) {
                Ok(after) => {
                    let is_target =
                        |one: &&Component| self.targets.iter().any(|target| target.id == one.id);
                    let mut expected = ComponentSet::new(basis.components.requested.clone());
                    expected.not_observed.clone_from(&basis.components.not_observed);
                    for component in after.components.values().filter(is_target) {
                        expected.insert(component.clone());
                    }
                    self.expected = Some(expected);
                    self.after = after;
                    return Ok(refused);
                }
                Err(unproved) => {
                    let Unproved { id, error } = *unproved;
                    let is_planned =
                        |id: &ComponentId| self.changes.iter().any(|change| change.id == *id);
                    let Some(id) = id.filter(is_planned) else { return Err(error) };
                    self.refuse(Refused::all_of(id, error.to_string()), &mut refused);
                }
            }
        }
    }

    /// Finds what becomes of each component; changes that contradict its file are refused.
    fn aim(&mut self, basis: &Basis<'_>, refused: &mut Vec<Refused>) {
        let mut by_component: BTreeMap<&ComponentId, Vec<&Change>> = BTreeMap::new();
        for change in &self.changes {
            by_component.entry(&change.id).or_default().push(change);
        }
        let (mut targets, mut wrong) = (Vec::new(), Vec::new());
        for (id, changes) in by_component {
            let made = self.made.get(id);
            let said = self.said_blind(&changes);
            let aim = |changes: &[&Change]| {
                let target = target(id, changes, basis.components, made, basis.version)?;
                Ok(target.map(|target| Target { said: said.clone(), ..target }))
            };
            match aim(&changes) {
                Ok(target) => match target.as_ref().and_then(|one| {
                    sent_alone(one, basis)
                        .or_else(|| sent_in_part(one, basis))
                        .or_else(|| sent_twice(one, basis))
                }) {
                    Some(reason) => wrong.push(Refused::all_of(id.clone(), reason)),
                    None => targets.extend(target),
                },
                Err(error) => {
                    let alone = contradicting(&changes, &aim);
                    let rest: Vec<&Change> =
                        changes.iter().filter(|one| !alone.contains(one)).copied().collect();
                    match aim(&rest) {
                        Ok(target) if made.is_none() && !rest.is_empty() => {
                            targets.extend(target);
                            wrong.extend(alone.into_iter().map(|change| Refused {
                                id: id.clone(),
                                path: change.path.clone(),
                                reason: error.to_string(),
                            }));
                        }
                        _ => wrong.push(Refused::all_of(id.clone(), error.to_string())),
                    }
                }
            }
        }
        self.targets = targets;
        wrong.into_iter().for_each(|one| self.refuse(one, refused));
    }

    /// Makes the package, and proves it; an error comes with the component that it is about.
    fn try_package(&mut self, basis: &Basis<'_>) -> Result<ComponentSet, Box<Unproved>> {
        let package = build(&self.targets, basis.version, basis.same_org);
        self.package = package.map_err(|error| {
            let id = Some(error.id().clone());
            Box::new(Unproved { id, error: error.into() })
        })?;
        self.prove(basis)
    }

    /// Proves that the package, by its files, brings the plan about and nothing else.
    fn prove(&self, basis: &Basis<'_>) -> Result<ComponentSet, Box<Unproved>> {
        let after = if basis.is_in_place {
            edited(&self.targets, basis.components)
        } else {
            simulate(&self.package, basis.components).map_err(|error| {
                let id = error.id(&self.package);
                Box::new(Unproved { id, error: error.into() })
            })?
        };
        let of_plan = proof::Package {
            changes: &self.changes,
            targets: &self.targets,
            version: basis.version,
            is_in_place: basis.is_in_place,
        };
        match proof::package(&of_plan, basis.components, &after) {
            broken if broken.is_empty() => Ok(after),
            broken => {
                let id = broken[0].0.clone();
                let lines = broken.into_iter().filter(|one| one.0 == id);
                let lines = lines.map(|(_, line)| line).collect();
                Err(Box::new(Unproved { id: Some(id), error: PlanError::NotProved(lines) }))
            }
        }
    }

    /// Refuses what the API version of the package lacks.
    fn refuse_by_version(&mut self, basis: &Basis<'_>) -> Vec<Refused> {
        let mut refused = Vec::new();
        if basis.is_in_place {
            return refused;
        }
        let lacks = |change: &Change| {
            let row = registry::find_component(&change.id.type_name, &change.id.full_name)?;
            let version = basis.version;
            let reason = row.lacked_by(version, change.path.as_ref())?;
            let reason = format!("{reason}, and the package is of {version}");
            let path = change.path.clone();
            Some(Refused { id: change.id.clone(), path, reason })
        };
        let lacking: Vec<Refused> = self.changes.iter().filter_map(lacks).collect();
        // What a new component says in words of another version is left out of its file.
        let lacking = lacking
            .into_iter()
            .filter(|one| one.path.is_none() || !self.made.contains_key(&one.id));
        lacking.collect::<Vec<_>>().into_iter().for_each(|one| self.refuse(one, &mut refused));
        refused
    }

    /// Takes what is refused out of the plan. An entry that nobody has seen is sent as it was
    /// planned, or not at all: in part it would take away what nobody spoke of.
    fn refuse(&mut self, one: Refused, refused: &mut Vec<Refused>) {
        for one in self.blind_beside(&one) {
            self.refuse_one(one, refused);
        }
        self.refuse_one(one, refused);
    }

    fn refuse_one(&mut self, one: Refused, refused: &mut Vec<Refused>) {
        let is_whole = one.path.is_none();
        self.changes.retain(|change| {
            change.id != one.id || (!is_whole && change.path.as_ref() != one.path.as_ref())
        });
        if is_whole {
            self.targets.retain(|target| target.id != one.id);
            if self.made.remove(&one.id).is_some() && one.id.type_name == "PermissionSet" {
                self.assignments.retain(|of| !of.what.is_set(&one.id.full_name));
            }
        }
        if !refused.contains(&one) {
            refused.push(one);
        }
    }

    /// Leaves the findings that something refused would have fixed.
    fn leave_findings(&mut self, after: &Diff<'_>, refused: Vec<Refused>) {
        let is_open = |index: &usize| {
            after.findings.get(*index).is_some_and(|finding| finding.state() != State::InSync)
        };
        let open: Vec<usize> = self.fixed.iter().copied().filter(is_open).collect();
        let mut told = BTreeSet::new();
        for index in open {
            let finding = &self.diff.findings[index];
            let is_of = |one: &&Refused| {
                let is_path = one.path.is_none() || one.path.as_ref() == finding.subject.path();
                is_path && finding.subject.component().is_some_and(|id| one.is_about(id))
            };
            let Some(at) = refused.iter().position(|one| is_of(&one)) else { continue };
            told.insert(at);
            self.left.push(Left::of_finding(index, finding, refused[at].reason.clone()));
            self.fixed.remove(&index);
        }
        let rest = refused.into_iter().enumerate().filter(|(at, _)| !told.contains(at));
        self.left.extend(rest.map(|(_, one)| one.left()));
    }

    /// Says whether something in the plan sets a path, in whatever spelling.
    fn changes_at(&self, id: &ComponentId, path: &FieldPath) -> bool {
        self.place_of(id, path).is_some()
    }

    /// Where in the changes a path is set, in whatever spelling.
    fn place_of(&self, id: &ComponentId, path: &FieldPath) -> Option<usize> {
        self.changes.iter().position(|one| {
            one.id == *id && one.path.as_ref().is_some_and(|one| same_place(one, path))
        })
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
        match self.build(basis)?.as_slice() {
            [] => Ok(()),
            refused => {
                let lines = refused.iter().map(|one| format!("{}: {}", one.subject(), one.reason));
                Err(PlanError::Moved(lines.collect()))
            }
        }
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
    diff::takes_away(change.path.as_ref(), change.from.as_ref(), change.to.as_ref())
}
