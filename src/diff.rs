//! Wanted against actual: every want of a template, and every difference from a baseline, ends as
//! one finding with one outcome.
//!
//! Three-state truth lives here: a setting is so, is not so, or was not observed. Whether a value
//! satisfies a want is left to [`satisfies()`](satisfies::satisfies); what absence means, to the
//! registry and to the record of what was asked for.

pub mod advice;
pub mod asked;
pub mod baseline;
pub mod elsewhere;
mod evaluate;
mod finding;
mod observe;
mod place;
pub mod satisfies;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::fact::FactValues;
use crate::metadata::names::Names;
use crate::metadata::{ComponentId, ComponentSet};
use crate::template::ExpandedStep;

pub use evaluate::applies;
pub use finding::{
    Aside, Finding, Origin, Outcome, Place, State, StepWant, Subject, Waiver, takes_away,
};
pub use place::{Files, Source, locate, name_parts};

/// All findings of one org, or of one folder.
#[derive(Clone, Debug, Default)]
pub struct Diff<'s> {
    /// Of a template one finding a want, in its order; of a baseline what is not the same or could
    /// not be seen, in order of component and path.
    pub findings: Vec<Finding<'s>>,
    /// The baseline that it was held against; none for templates.
    pub baseline: Option<Against>,
    /// What the reader should know of the files that were read, and of what steps are held against
    /// that there is not.
    pub notes: Vec<String>,
    /// What the reader should know of waivers: one that has ended and whose findings count again,
    /// one that names nothing.
    pub warnings: Vec<String>,
    /// The apps that were asked for by their label, each as it was asked for, with the app by its
    /// API name.
    pub labels: BTreeMap<ComponentId, ComponentId>,
    /// Files that are no metadata, each with line and column: what stands in them is not observed,
    /// and the answer as a whole is an error.
    pub broken: Vec<String>,
}

/// The baseline that something was held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Against {
    /// What the user calls it.
    pub name: String,
    /// How many components are the same on both sides; these are no findings.
    pub in_sync: usize,
    /// How many components were held against one another.
    pub compared: usize,
    /// Whether the two have a component in common, or each a record that tells what it lacks.
    pub is_comparable: bool,
    /// What the reader should know of the sides.
    pub notes: Vec<String>,
    /// Whether a package brings back any of what differs; what is merely new it leaves alone.
    pub can_be_brought_back: bool,
    /// Components that the baseline knows by another name: theirs here, and there.
    pub renamed: BTreeMap<ComponentId, ComponentId>,
}

impl Against {
    /// Returns the name by which the baseline knows a component.
    pub fn name_of<'i>(&'i self, id: &'i ComponentId) -> &'i ComponentId {
        self.renamed.get(id).unwrap_or(id)
    }
}

impl Diff<'_> {
    /// What the reader should know of what was compared.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        let of_sides = self.baseline.iter().flat_map(|against| &against.notes);
        of_sides.chain(&self.notes).chain(&self.warnings).map(String::as_str)
    }

    /// Sets apart what somebody has said may be otherwise; what is in sync stays so.
    pub fn waive(&mut self, waiver: &dyn Fn(&Finding<'_>) -> Option<Waiver>) {
        let open = |one: &&mut Finding<'_>| !matches!(one.state(), State::InSync | State::Waived);
        for finding in self.findings.iter_mut().filter(open) {
            if let Some(waiver) = waiver(finding) {
                finding.outcome = Outcome::Waived(waiver);
            }
        }
    }

    /// Counts what has a state: findings, and for what is the same in a baseline components.
    pub fn count(&self, state: State) -> usize {
        let of_state = |finding: &&Finding<'_>| finding.state() == state;
        let same = self.baseline.as_ref().filter(|_| state == State::InSync);
        self.findings.iter().filter(of_state).count() + same.map_or(0, |against| against.in_sync)
    }

    /// Says whether something differs or is missing, whatever its level.
    pub fn has_drift(&self) -> bool {
        self.count(State::Differs) + self.count(State::Missing) > 0
    }

    /// Says whether something is left that nobody could see or that a person must do, or is so
    /// only because the org does not have what it speaks of.
    pub fn has_open_ends(&self) -> bool {
        self.count(State::NotObserved) + self.count(State::Manual) > 0
            || self.findings.iter().any(Finding::is_of_nothing)
    }
}

/// Why a diff is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nothing of what is asked could be seen; the reasons, each once.
    Unseen(Vec<String>),
    /// The two states have nothing in common, and no record tells what they lack.
    NothingInCommon,
}

impl Diff<'_> {
    /// Says why it is no answer, where not one want was answered although some were asked.
    pub fn silence(&self) -> Option<Silence> {
        self.silence_of(|_| true)
    }

    /// The same for the findings that are chosen.
    pub fn silence_of(&self, chosen: impl Fn(&Finding<'_>) -> bool) -> Option<Silence> {
        if self.baseline.as_ref().is_some_and(|against| !against.is_comparable) {
            return Some(Silence::NothingInCommon);
        }
        if self.baseline.as_ref().is_some_and(|against| against.compared > 0) {
            return None;
        }
        let mut reasons: Vec<String> = Vec::new();
        for finding in self.findings.iter().filter(|finding| chosen(finding)) {
            // What nobody could see is no answer, waived or not.
            match finding.outcome.unwaived() {
                Outcome::InSync | Outcome::Differs | Outcome::Missing | Outcome::Waived(_) => {
                    return None;
                }
                Outcome::NotObserved(unseen) if !reasons.contains(&unseen.words) => {
                    reasons.push(unseen.words.clone());
                }
                Outcome::NotObserved(_) | Outcome::Manual(_) => {}
            }
        }
        (!reasons.is_empty()).then_some(Silence::Unseen(reasons))
    }
}

impl Silence {
    /// Returns what it comes to, in one sentence without its end.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Unseen(_) => "nothing of what is asked could be seen",
            Self::NothingInCommon => "the two have no component in common",
        }
    }
}

/// Says what of the exceptions to stars leaves nothing out, one sentence each.
pub fn idle_exceptions(steps: &[ExpandedStep<'_>], names: &Names) -> Vec<String> {
    steps.iter().flat_map(|step| evaluate::idle_exceptions(step, names)).collect()
}

/// Says of which steps nothing, or not all, is asked because lists are empty: one sentence for the
/// same lists.
pub fn emptied(steps: &[ExpandedStep<'_>], facts: &FactValues) -> Vec<String> {
    let mut by_lists: BTreeMap<&BTreeSet<String>, [Vec<String>; 2]> = BTreeMap::new();
    for step in steps.iter().filter(|step| !step.empty.is_empty()) {
        if applies(step, facts) != Some(false) {
            let [nothing, less] = by_lists.entry(&step.empty).or_default();
            let steps = if step.wants.is_empty() { nothing } else { less };
            steps.push(format!("`{}`", step.step.id));
        }
    }
    let in_words = |(lists, [nothing, less]): (&BTreeSet<String>, [Vec<String>; 2])| {
        let lists: Vec<String> = lists.iter().map(|list| format!("`{list}`")).collect();
        let lists = match lists.as_slice() {
            [one] => format!("the list {one} is empty"),
            several => format!("the lists {} are empty", several.join(", ")),
        };
        let asks = |steps: &[String], what: &str| match steps {
            [] => None,
            [one] => Some(format!("step {one} asks for {what}")),
            several => Some(format!("steps {} ask for {what}", several.join(", "))),
        };
        let asks = [asks(&nothing, "nothing"), asks(&less, "less")];
        format!("{lists}: {}", asks.into_iter().flatten().collect::<Vec<_>>().join(", "))
    };
    by_lists.into_iter().map(in_words).collect()
}

/// Holds a template's expanded steps against what an org, or a folder, holds.
pub fn diff<'s>(
    steps: &'s [ExpandedStep<'s>],
    components: &ComponentSet,
    facts: &FactValues,
) -> Diff<'s> {
    let made = steps.iter().filter(|step| applies(step, facts) == Some(true));
    let made = made.flat_map(|step| &step.create).map(|create| &create.id).collect();
    let findings =
        steps.iter().flat_map(|step| evaluate::step(step, components, facts, &made)).collect();
    let notes = steps.iter().flat_map(|step| evaluate::lacked_by_condition(step, components));
    let notes = notes.chain(idle_exceptions(steps, &components.names));
    let notes = notes.chain(emptied(steps, facts)).collect();
    Diff { findings, notes, labels: components.labels.clone(), ..Diff::default() }
}
