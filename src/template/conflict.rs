//! Wants that contradict one another: two that no value of a setting can satisfy at once.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Applies, ExpandedStep, ExpandedWant, FactCondition, Test, claims, may_meet};
use crate::metadata::registry::{self, Field};
use crate::metadata::value::Value;

/// Two wants on one setting, or one fact, that cannot both be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The setting or fact.
    pub(crate) subject: String,
    /// What the first asks for, and which step of which template.
    pub(crate) first: Claim,
    /// What the second asks for.
    pub(crate) second: Claim,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) template: String,
    pub(crate) step: String,
    /// The documentation that asks for it.
    pub(crate) docs: Option<String>,
    /// What is asked for, in words.
    pub(crate) words: String,
}

/// Finds the contradictions among steps that apply, or may apply together. What is one of several
/// wants of an `any` binds nobody.
pub(crate) fn conflicts(steps: &[ExpandedStep<'_>]) -> Vec<Conflict> {
    let mut seen: BTreeMap<String, Vec<(&ExpandedStep<'_>, &Test)>> = BTreeMap::new();
    let mut found = Vec::new();
    for step in steps.iter().filter(|step| !matches!(step.applies, Applies::No)) {
        for want in &step.wants {
            let (subject, field, test) = match want {
                ExpandedWant::Metadata { id, path, test, .. } => {
                    let row = registry::find_component(&id.type_name, &id.full_name);
                    (
                        format!("{id} {path}"),
                        row.and_then(|row| row.resolve(path).ok().flatten())
                            .map(|resolved| resolved.field),
                        test,
                    )
                }
                ExpandedWant::Fact { fact, of, test, .. } => (
                    of.as_ref().map_or_else(|| fact.to_string(), |of| format!("{fact} of {of}")),
                    None,
                    test,
                ),
                ExpandedWant::Manual { .. } | ExpandedWant::Any(_) | ExpandedWant::Each(_) => {
                    continue;
                }
            };
            for (other, theirs) in seen.get(&subject).into_iter().flatten() {
                if may_apply_together(step, other)
                    && contradict(&normal(theirs, field), &normal(test, field))
                {
                    found.push(Conflict {
                        subject: subject.clone(),
                        first: asked(other, theirs),
                        second: asked(step, test),
                    });
                }
            }
            seen.entry(subject).or_default().push((step, test));
        }
    }
    found
}

/// A test with the values in the form in which the diff compares them: `Admin` is `System
/// Administrator`.
fn normal(test: &Test, field: Option<&Field>) -> Test {
    let Some(field) = field else { return test.clone() };
    let elements = |all: &[String]| field.normalise(&Value::List(all.to_vec())).elements();
    match test {
        Test::Equals(value) => Test::Equals(field.normalise(value)),
        Test::OneOf(values) => {
            Test::OneOf(values.iter().map(|value| field.normalise(value)).collect())
        }
        Test::Includes(all) => Test::Includes(elements(all)),
        Test::Excludes(all) => Test::Excludes(elements(all)),
        Test::Absent
        | Test::AtLeast(_)
        | Test::AtMost(_)
        | Test::Inside(_)
        | Test::Count(_)
        | Test::Empty(_) => test.clone(),
    }
}

fn asked(step: &ExpandedStep<'_>, test: &Test) -> Claim {
    let values: Vec<String> = test.desired().iter().map(Value::to_string).collect();
    Claim {
        template: step.template.name.clone(),
        step: step.step.id.clone(),
        docs: step
            .step
            .docs
            .clone()
            .or_else(|| Some(step.template.source.clone()).filter(|source| !source.is_empty())),
        words: format!("{} {}", test.name(), values.join(", ")).trim().to_owned(),
    }
}

/// Two steps that ask one fact for different values never apply at once.
fn may_apply_together(left: &ExpandedStep<'_>, right: &ExpandedStep<'_>) -> bool {
    let claimed = |step: &ExpandedStep<'_>| match &step.applies {
        Applies::IfFacts(alternatives) => claims(alternatives, |one: &FactCondition| {
            ((one.fact.to_string(), one.of.clone()), one.values.clone())
        }),
        Applies::Yes | Applies::No => {
            claims(&[], |one: &FactCondition| ((one.fact.to_string(), one.of.clone()), Vec::new()))
        }
    };
    may_meet(&claimed(left), &claimed(right))
}

/// Says whether no value satisfies both tests. Where that cannot be told it says no: the diff tells
/// then.
pub(crate) fn contradict(left: &Test, right: &Test) -> bool {
    let values = |test: &Test| match test {
        Test::Equals(value) => Some(vec![value.clone()]),
        Test::OneOf(values) => Some(values.clone()),
        Test::Includes(_)
        | Test::Excludes(_)
        | Test::Absent
        | Test::AtLeast(_)
        | Test::AtMost(_)
        | Test::Inside(_)
        | Test::Count(_)
        | Test::Empty(_) => None,
    };
    match (left, right) {
        (Test::Includes(wanted), Test::Excludes(unwanted))
        | (Test::Excludes(unwanted), Test::Includes(wanted)) => {
            wanted.iter().any(|element| unwanted.contains(element))
        }
        (Test::AtLeast(least), Test::AtMost(most)) | (Test::AtMost(most), Test::AtLeast(least)) => {
            least.against(&most.value()) == Some(Ordering::Less)
        }
        (Test::Empty(true), Test::Inside(wanted)) | (Test::Inside(wanted), Test::Empty(true)) => {
            !wanted.is_empty()
        }
        (Test::Empty(true), Test::Count(count)) | (Test::Count(count), Test::Empty(true)) => {
            *count != 0
        }
        (Test::Empty(false), Test::Count(count)) | (Test::Count(count), Test::Empty(false)) => {
            *count == 0
        }
        (Test::Empty(one), Test::Empty(other)) => one != other,
        (Test::Count(one), Test::Count(other)) => one != other,
        (Test::Absent, Test::Includes(_) | Test::AtLeast(_) | Test::AtMost(_))
        | (Test::Includes(_) | Test::AtLeast(_) | Test::AtMost(_), Test::Absent) => true,
        _ => match (values(left), values(right)) {
            (Some(left), Some(right)) => {
                !left.iter().any(|one| right.iter().any(|other| is_same(one, other)))
            }
            (Some(values), None) => !values.iter().any(|value| may_be(value, right)),
            (None, Some(values)) => !values.iter().any(|value| may_be(value, left)),
            (None, None) => false,
        },
    }
}

/// Equal as texts, without case.
fn is_same(left: &Value, right: &Value) -> bool {
    let set = |value: &Value| {
        value
            .elements()
            .iter()
            .map(|element| element.trim().to_lowercase())
            .collect::<BTreeSet<_>>()
    };
    set(left) == set(right)
}

fn may_be(value: &Value, test: &Test) -> bool {
    match test {
        Test::AtLeast(least) => least.against(value).is_none_or(Ordering::is_ge),
        Test::AtMost(most) => most.against(value).is_none_or(Ordering::is_le),
        Test::Includes(wanted) => wanted.iter().all(|element| value.elements().contains(element)),
        Test::Excludes(unwanted) => {
            !unwanted.iter().any(|element| value.elements().contains(element))
        }
        // What is absent may stand for a flag that is off, or for nothing.
        Test::Absent => {
            matches!(value, Value::Bool(false))
                || value.elements().is_empty()
                || value.to_string().is_empty()
        }
        Test::Equals(_) | Test::OneOf(_) | Test::Inside(_) | Test::Count(_) | Test::Empty(_) => {
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Bound;

    fn texts(elements: &[&str]) -> Vec<String> {
        elements.iter().map(|element| (*element).to_owned()).collect()
    }

    #[test]
    fn only_what_no_value_satisfies_contradicts() {
        let equals = |text: &str| Test::Equals(text.into());
        let one_of =
            |values: &[&str]| Test::OneOf(values.iter().map(|value| Value::from(*value)).collect());
        for (left, right, expected) in [
            (equals("a"), equals("a"), false),
            (equals("a"), equals("b"), true),
            (equals("Bypass"), equals("bypass"), false),
            (one_of(&["a", "b"]), equals("b"), false),
            (one_of(&["a", "b"]), one_of(&["c"]), true),
            (Test::Includes(texts(&["a"])), Test::Excludes(texts(&["a", "b"])), true),
            (Test::Includes(texts(&["a"])), Test::Includes(texts(&["b"])), false),
            (Test::Equals(Value::List(texts(&["a"]))), Test::Includes(texts(&["a", "b"])), true),
            (Test::Empty(true), Test::Inside(texts(&["203.0.113.7"])), true),
            (Test::Empty(true), Test::Count(0), false),
            (Test::AtLeast(Bound::Number(5)), Test::AtMost(Bound::Number(4)), true),
            (Test::AtLeast(Bound::Number(5)), Test::AtMost(Bound::Number(5)), false),
            (Test::Equals(Value::Number(3)), Test::AtLeast(Bound::Number(4)), true),
            (Test::Absent, Test::Equals(true.into()), true),
            (Test::Absent, Test::Equals(false.into()), false),
            (Test::Absent, Test::Excludes(texts(&["a"])), false),
        ] {
            assert_eq!(contradict(&left, &right), expected, "{left:?} {right:?}");
            assert_eq!(contradict(&right, &left), expected, "{right:?} {left:?}");
        }
    }
}
