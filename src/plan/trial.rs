//! A template tried on one case: what each step comes to against what its author expects, and the
//! fix proved.
//!
//! Reading the case is left to `snapshot`, what is expected to `template::expect`.

use std::collections::BTreeMap;

use super::left::{Left, LeftKind};
use super::{Basis, Desired, plan};
use crate::diff::{Diff, Finding, State, diff};
use crate::template::expect::Expected;
use crate::template::{ExpandedStep, Template};

/// How a case went.
#[derive(Debug)]
pub struct Trial<'t> {
    /// What was found.
    pub diff: Diff<'t>,
    /// How many settings the fix changes.
    pub changes: usize,
    /// The steps with a setting that no package fixes.
    pub left: Vec<String>,
    /// What is not as expected; the case is passed if there is none.
    pub failures: Vec<Failure>,
}

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A step turned out otherwise.
    State {
        /// Which step.
        step: String,
        /// The state that was expected.
        expected: &'static str,
        /// The worst state of its findings; none where it does not apply.
        found: Option<State>,
    },
    /// A setting of a step is not fixed, and nobody said that it would be left.
    Left {
        /// Which step.
        step: String,
        /// Why it is left.
        reason: String,
    },
    /// A step was expected to be left, and is not.
    NotLeft {
        /// Which step.
        step: String,
    },
    /// There is no fix that is proved.
    NotProved(String),
}

/// Tries a template on a case.
pub fn try_out<'t>(
    template: &'t Template,
    steps: &'t [ExpandedStep<'t>],
    basis: &Basis<'_>,
    expected: &Expected,
) -> Trial<'t> {
    let mut failures = Vec::new();
    let plan = match plan(
        &Desired::Steps { steps, chosen: &|_| true, waived: &|_| None, may_make: &|_| true },
        basis,
    ) {
        Ok(plan) => plan,
        Err(error) => {
            let diff = diff(steps, basis.components, basis.facts);
            failures.extend(states(template, &diff, expected));
            failures.push(Failure::NotProved(error.to_string()));
            return Trial { diff, changes: 0, left: Vec::new(), failures };
        }
    };
    failures.extend(states(template, &plan.diff, expected));
    let mut left: BTreeMap<&str, &str> = BTreeMap::new();
    let mut left_at_all: Vec<&str> = Vec::new();
    let is_open = |left: &&Left| left.kind == LeftKind::Open;
    for Left { finding, reason, .. } in plan.left.iter().filter(is_open) {
        let Some(finding) = finding.map(|index| &plan.diff.findings[index]) else { continue };
        let Some(step) = finding.step() else { continue };
        left_at_all.push(&step.id);
        // What is no metadata cannot be fixed by a package, and need not be said.
        if finding.subject.component().is_some() {
            left.entry(&step.id).or_insert(reason);
        }
    }
    for (step, reason) in &left {
        if !expected.left.iter().any(|id| id == step) {
            failures.push(Failure::Left { step: (*step).to_owned(), reason: (*reason).to_owned() });
        }
    }
    for step in expected.left.iter().filter(|step| !left_at_all.contains(&step.as_str())) {
        failures.push(Failure::NotLeft { step: step.clone() });
    }
    let left = left.keys().map(|step| (*step).to_owned()).collect();
    Trial { changes: plan.changes.len(), left, failures, diff: plan.diff }
}

/// The steps that turned out otherwise than expected, in the template's order.
fn states(template: &Template, diff: &Diff<'_>, expected: &Expected) -> Vec<Failure> {
    let mut failures = Vec::new();
    for step in &template.steps {
        let found = of_step(diff, &step.id).map(Finding::state).max_by_key(|state| badness(*state));
        let named = expected.states.get(&step.id).copied();
        let is_right = match (named, found) {
            // Nothing is asked for, so nothing is wrong.
            (None, None) => true,
            (named, found) => {
                found.is_some_and(|found| found.name() == named.unwrap_or(State::InSync.name()))
            }
        };
        if !is_right {
            failures.push(Failure::State {
                step: step.id.clone(),
                expected: named.unwrap_or(State::InSync.name()),
                found,
            });
        }
    }
    failures
}

/// The findings of a step.
pub fn of_step<'d, 't>(diff: &'d Diff<'t>, id: &'d str) -> impl Iterator<Item = &'d Finding<'t>> {
    diff.findings.iter().filter(move |finding| finding.step().is_some_and(|step| step.id == id))
}

/// How bad a state is: what is seen to be wrong before what is not seen, and that before what a
/// person does.
fn badness(state: State) -> u8 {
    match state {
        State::Missing => 5,
        State::Differs => 4,
        State::NotObserved => 3,
        State::Manual => 2,
        State::Waived => 1,
        State::InSync => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::assignable::UNASKED;
    use crate::metadata::document::Document;
    use crate::metadata::fact::FactValues;
    use crate::metadata::manifest::Manifest;
    use crate::metadata::registry::ApiVersion;
    use crate::metadata::unseen::{Unseen, UnseenKind};
    use crate::metadata::{Component, ComponentId, ComponentSet, Requested};
    use crate::template::{Arguments, expand, expect, parse};

    const TEMPLATE: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\n\
                            source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n[[step]]\
                            \nid = \"api\"\ntitle = \"A\"\nwant = \
                            [{ component = \"Profile:P\", path = \"userPermissions[ApiEnabled].enabled\", equals = true }]\n[[step]]\nid = \"licence\"\ntitle = \"L\"\nwant = [{ component = \"Profile:P\", path = \"userLicense\", equals = \"Salesforce\" }]\n[[step]]\nid = \"hand\"\ntitle = \"H\"\nwant = [{ manual = \"do it\" }]\n";

    fn try_with(expectation: &str) -> Vec<String> {
        let template = parse("t.toml", TEMPLATE).unwrap();
        let steps = expand(&template, &Arguments::default()).unwrap();
        let mut manifest = Manifest::default();
        manifest.add("Profile", "P");
        let mut components = ComponentSet::new(Requested::Manifest(manifest));
        let text = "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\"><custom>true\
                    </custom><userLicense>Chatter Free</userLicense></Profile>";
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        components.insert(Component {
            id: ComponentId::new("Profile", "P"),
            document,
            file: String::new(),
        });
        let facts = FactValues::new(Unseen::new(UnseenKind::NotAsked, "the case does not say"));
        let basis = Basis {
            components: &components,
            facts: &facts,
            graph: &[],
            version: ApiVersion::NEWEST,
            is_online: false,
            is_by_rest: false,
            same_org: true,
            is_in_place: false,
            is_blind: false,
            limits: &UNASKED,
        };
        let expected = expect::parse("expect.toml", expectation, &template).unwrap();
        let trial = try_out(&template, &steps, &basis, &expected);
        trial
            .failures
            .iter()
            .map(|failure| match failure {
                Failure::State { step, expected, found } => {
                    format!("{step}: {expected}, {}", found.map_or("none", State::name))
                }
                Failure::Left { step, .. } => format!("{step} left"),
                Failure::NotLeft { step } => format!("{step} not left"),
                Failure::NotProved(why) => why.clone(),
            })
            .collect()
    }

    #[test]
    fn what_is_not_named_must_be_in_sync_and_what_is_metadata_fixed() {
        assert_eq!(
            try_with(""),
            [
                "api: in-sync, differs",
                "licence: in-sync, differs",
                "hand: in-sync, manual",
                "licence left"
            ]
        );
        assert_eq!(
            try_with(
                "[states]\napi = \"differs\"\nlicence = \"differs\"\nhand = \"manual\"\n[fix]\n\
                 left = [\"licence\"]\n"
            ),
            Vec::<String>::new()
        );
        assert_eq!(
            try_with(
                "[states]\napi = \"missing\"\nlicence = \"differs\"\nhand = \"manual\"\n[fix]\n\
                 left = [\"api\", \"licence\"]\n"
            ),
            ["api: missing, differs", "api not left"]
        );
    }

    #[test]
    fn every_state_that_may_be_expected_is_one() {
        for name in expect::STATES {
            assert!(State::ALL.iter().any(|state| state.name() == *name), "{name}");
        }
    }
}
