//! Desired against actual: every want of a template ends as one finding with one state.
//!
//! Three-state truth lives here: a setting is so, is not so, or was not observed. Whether a value
//! satisfies a want is left to [`satisfies()`]; what absence means, to the registry and to the record
//! of what was asked for.

pub mod advice;
pub mod drift;
mod observe;
pub mod satisfies;

use crate::metadata::fact::{Fact, FactAnswer, FactValues};
use crate::metadata::path::FieldPath;
use crate::metadata::value::{Value, same};
use crate::metadata::{ComponentId, ComponentSet};
use crate::template::{Applies, ExpandedStep, ExpandedWant, Step, Template, Test};

use observe::Observation;
use satisfies::satisfies;

/// How a want turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is so.
    InSync,
    /// It is not so.
    Differs,
    /// The component does not exist.
    Missing,
    /// It could not be seen; the finding says why.
    NotObserved,
    /// A person must do it.
    Manual,
    /// It is not so, and somebody has said that it may be.
    Waived,
}

impl State {
    /// Every state, in the order of the summary.
    pub const ALL: [Self; 6] =
        [Self::InSync, Self::Differs, Self::Missing, Self::NotObserved, Self::Manual, Self::Waived];

    /// Returns the state's name as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::NotObserved => "not-observed",
            Self::Manual => "manual",
            Self::Waived => "waived",
        }
    }
}

/// One want and how it turned out.
#[derive(Clone, Debug)]
pub struct Finding<'t> {
    /// The template whose step it is.
    pub template: &'t Template,
    /// The step that wants it.
    pub step: &'t Step,
    /// How it turned out.
    pub state: State,
    /// The component, by the API's full name; none for a fact or a step by hand.
    pub component: Option<ComponentId>,
    /// Where in the component.
    pub path: Option<FieldPath>,
    /// The fact.
    pub fact: Option<Fact>,
    /// The comparison's name; none for a step by hand.
    pub comparison: Option<&'static str>,
    /// What was found; none where nothing was, or where it could not be seen.
    pub actual: Option<Value>,
    /// What would satisfy the want.
    pub desired: Vec<Value>,
    /// Setup's words for the value that was found.
    pub actual_label: Option<String>,
    /// Setup's words for the (first) value that is wanted.
    pub desired_label: Option<String>,
    /// What a person must do.
    pub manual: Option<String>,
    /// Why it could not be seen.
    pub reason: Option<String>,
    /// Where access comes from, where it is not the setting itself: `View All Data in the same
    /// component`, `permission set X, through group Y`.
    pub access_from: Option<String>,
    /// For a group of which one suffices: the others, in words.
    pub alternatives: Vec<String>,
}

/// All findings, in the order of the template.
#[derive(Clone, Debug, Default)]
pub struct Diff<'t> {
    /// One finding a want.
    pub findings: Vec<Finding<'t>>,
}

impl Diff<'_> {
    /// Counts the findings of a state.
    pub fn count(&self, state: State) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }

    /// Says whether something differs or is missing, whatever its level.
    pub fn has_drift(&self) -> bool {
        self.count(State::Differs) + self.count(State::Missing) > 0
    }

    /// Says whether something is left that nobody could see or that a person must do.
    pub fn has_open_ends(&self) -> bool {
        self.count(State::NotObserved) + self.count(State::Manual) > 0
    }
}

/// Holds a template's expanded steps against what an org, or a folder, holds.
pub fn diff<'t>(
    steps: &[ExpandedStep<'t>],
    components: &ComponentSet,
    facts: &FactValues,
) -> Diff<'t> {
    let mut findings = Vec::new();
    for step in steps {
        let unseen = match &step.applies {
            Applies::Yes => None,
            Applies::No => continue,
            Applies::IfFacts(conditions) => match condition(conditions, facts) {
                Condition::Holds => None,
                Condition::Fails => continue,
                Condition::Unseen(reason) => Some(reason),
            },
        };
        for want in &step.wants {
            let mut finding = judge(step, want, components, facts);
            if let Some(reason) = &unseen {
                finding.state = State::NotObserved;
                finding.reason = Some(reason.clone());
            }
            findings.push(finding);
        }
    }
    Diff { findings }
}

enum Condition {
    Holds,
    Fails,
    Unseen(String),
}

/// A condition that is seen to fail settles the matter, even where another could not be seen.
fn condition(conditions: &[(Fact, Option<String>, Vec<Value>)], facts: &FactValues) -> Condition {
    let mut unseen = None;
    for (fact, of, values) in conditions {
        match facts.get(fact, of.as_deref()) {
            FactAnswer::Known(actual) => {
                if !values.iter().any(|value| same(value, &actual)) {
                    return Condition::Fails;
                }
            }
            FactAnswer::NotObserved(reason) => {
                unseen.get_or_insert_with(|| {
                    format!("whether this step applies depends on `{fact}`: {reason}")
                });
            }
        }
    }
    unseen.map_or(Condition::Holds, Condition::Unseen)
}

fn judge<'t>(
    step: &ExpandedStep<'t>,
    want: &ExpandedWant,
    components: &ComponentSet,
    facts: &FactValues,
) -> Finding<'t> {
    match want {
        ExpandedWant::Metadata { id, path, test, effective } => {
            let mut observed = observe::metadata(components, id, path, test);
            if wants_nothing(test) {
                observed.observation = Observation::NotObserved(NOTHING_WANTED.to_owned());
            }
            let label = |value: &Value| observed.field.and_then(|field| field.label_of(value));
            let desired = test.desired();
            let (mut state, mut actual, mut reason) = match observed.observation {
                Observation::Seen { value, satisfied } => {
                    (if satisfied { State::InSync } else { State::Differs }, value, None)
                }
                Observation::Missing => (State::Missing, None, None),
                Observation::NotObserved(reason) => (State::NotObserved, None, Some(reason)),
            };
            let mut access_from =
                observed.covered_by.map(|permission| format!("{permission} in the same component"));
            if let (true, Some((fact, user))) = (state != State::InSync, effective)
                && facts.get(fact, Some(user)) == FactAnswer::Known(Value::Bool(true))
            {
                (state, actual, reason) = (State::InSync, Some(Value::Bool(true)), None);
                access_from =
                    Some(facts.source(fact, Some(user)).unwrap_or("elsewhere").to_owned());
            }
            Finding {
                access_from,
                state,
                component: Some(observed.id),
                path: Some(path.clone()),
                comparison: Some(test.name()),
                actual_label: actual.as_ref().and_then(label),
                desired_label: desired.first().and_then(label),
                actual: actual
                    .map(|value| if observed.is_secret { Value::from("(hidden)") } else { value }),
                desired,
                reason,
                ..blank(step)
            }
        }
        ExpandedWant::Fact { fact, of, test } => {
            let answer = match (fact.parameter(), of) {
                (Some(parameter), None) => FactAnswer::NotObserved(format!(
                    "the parameter `{parameter}` is not set, so there is nobody to ask about"
                )),
                _ if wants_nothing(test) => FactAnswer::NotObserved(NOTHING_WANTED.to_owned()),
                _ => facts.get(fact, of.as_deref()),
            };
            let (state, actual, reason) = match answer {
                FactAnswer::Known(value) => {
                    let satisfied = satisfies(test, Some(&value), None);
                    (if satisfied { State::InSync } else { State::Differs }, Some(value), None)
                }
                FactAnswer::NotObserved(reason) => (State::NotObserved, None, Some(reason)),
            };
            Finding {
                state,
                access_from: facts.source(fact, of.as_deref()).map(str::to_owned),
                fact: Some(fact.clone()),
                comparison: Some(test.name()),
                actual,
                desired: test.desired(),
                reason,
                ..blank(step)
            }
        }
        ExpandedWant::Manual { text, confirm } => {
            let confirmed =
                confirm.as_deref().map(|confirm| judge(step, confirm, components, facts));
            let done = confirmed.as_ref().is_some_and(|finding| finding.state == State::InSync);
            Finding {
                state: if done { State::InSync } else { State::Manual },
                manual: Some(text.clone()),
                reason: confirmed.filter(|_| !done).and_then(|finding| finding.reason),
                ..blank(step)
            }
        }
        ExpandedWant::Any(wants) => any(step, wants, components, facts),
    }
}

const NOTHING_WANTED: &str = "what is wanted is empty: a parameter that holds it is not set";

/// No setting is wanted to be an empty text (`absent` is said for that): its parameter was not
/// given.
fn wants_nothing(test: &Test) -> bool {
    let is_empty = |value: &Value| matches!(value, Value::Text(text) if text.trim().is_empty());
    match test {
        Test::Equals(value) => is_empty(value),
        Test::OneOf(values) => !values.is_empty() && values.iter().all(is_empty),
        Test::Includes(_)
        | Test::Excludes(_)
        | Test::Absent
        | Test::AtLeast(_)
        | Test::AtMost(_) => false,
    }
}

/// One of them suffices. Where none is seen to hold but one could not be seen, nobody knows; only
/// then a fix would be a guess.
fn any<'t>(
    step: &ExpandedStep<'t>,
    wants: &[ExpandedWant],
    components: &ComponentSet,
    facts: &FactValues,
) -> Finding<'t> {
    let mut judged: Vec<Finding<'t>> =
        wants.iter().map(|want| judge(step, want, components, facts)).collect();
    let rank = |state: State| match state {
        State::InSync => 0,
        State::NotObserved => 1,
        State::Differs => 2,
        State::Missing => 3,
        State::Manual => 4,
        State::Waived => 5,
    };
    let Some(chosen) = (0..judged.len()).min_by_key(|index| {
        let finding = &judged[*index];
        // Of two that are equally wrong, the one that a package can mend speaks for the group.
        (rank(finding.state), finding.component.is_none())
    }) else {
        return Finding { state: State::InSync, ..blank(step) };
    };
    let mut finding = judged.remove(chosen);
    finding.alternatives = judged.iter().map(in_words).collect();
    finding
}

/// Says a want in one line, for the alternatives of a group.
fn in_words(finding: &Finding<'_>) -> String {
    if let Some(text) = &finding.manual {
        return text.clone();
    }
    let subject = match (&finding.component, &finding.path, &finding.fact) {
        (Some(component), Some(path), _) => format!("{component} {path}"),
        (_, _, Some(fact)) => fact.to_string(),
        _ => String::new(),
    };
    let values: Vec<String> = finding.desired.iter().map(Value::to_string).collect();
    format!("{subject} {} {}", finding.comparison.unwrap_or_default(), values.join(", "))
        .trim()
        .to_owned()
}

fn blank<'t>(step: &ExpandedStep<'t>) -> Finding<'t> {
    Finding {
        template: step.template,
        step: step.step,
        state: State::InSync,
        component: None,
        path: None,
        fact: None,
        comparison: None,
        actual: None,
        desired: Vec::new(),
        actual_label: None,
        desired_label: None,
        manual: None,
        reason: None,
        access_from: None,
        alternatives: Vec::new(),
    }
}
