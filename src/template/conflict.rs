//! Wants that contradict one another: two that no value of a setting can satisfy at once. Of stars
//! it is told here as far as the names say it by themselves; the rest once an org has told what
//! they stand for (`plan`).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    Applies, Each, ExpandedStep, ExpandedWant, FactCondition, Step, Template, Test, claims,
    is_left_out, may_meet,
};
use crate::metadata::ComponentId;
use crate::metadata::names::Pattern;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, Field};
use crate::metadata::value::Value;

/// Two wants on one setting, or one fact, that cannot both be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The setting or fact.
    pub subject: String,
    /// What the first asks for, and which step of which template.
    pub first: Claim,
    /// What the second asks for.
    pub second: Claim,
    /// Where a star is one side: the step that has it, and the name to leave out of it.
    pub way_out: Option<(String, String)>,
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The template.
    pub template: String,
    /// Its step.
    pub step: String,
    /// The documentation that asks for it.
    pub docs: Option<String>,
    /// What is asked for, in words.
    pub words: String,
}

/// Finds the contradictions among steps that apply, or may apply together. What is one of several
/// wants of an `any` binds nobody.
pub(crate) fn conflicts(steps: &[ExpandedStep<'_>]) -> Vec<Conflict> {
    let mut seen: BTreeMap<String, Vec<(&ExpandedStep<'_>, &Test)>> = BTreeMap::new();
    let mut found = Vec::new();
    // There are few stars, and there may be thousands of others.
    let (mut of_stars, mut of_others) = (Vec::new(), Vec::new());
    for step in steps.iter().filter(|step| !matches!(step.applies, Applies::No)) {
        for want in &step.wants {
            if let Some(one) = Placed::of(want) {
                let is_star = matches!(one, Placed::Star(_));
                let others = if is_star { of_others.as_slice() } else { &[] };
                let others = of_stars.iter().chain(others);
                let met = |(other, its): &(&ExpandedStep<'_>, Placed<'_>)| {
                    its.against(other, &one, step).filter(|_| may_apply_together(step, other))
                };
                found.extend(others.filter_map(met));
                if is_star { &mut of_stars } else { &mut of_others }.push((step, one));
            }
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
                        first: Claim::of(other.template, other.step, theirs),
                        second: Claim::of(step.template, step.step, test),
                        way_out: None,
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
        | Test::Empty(_)
        | Test::ValidFor(_) => test.clone(),
    }
}

impl Claim {
    /// What a step of a template asks for.
    pub(crate) fn of(template: &Template, step: &Step, test: &Test) -> Self {
        let values: Vec<String> = test.desired().iter().map(Value::to_string).collect();
        Self {
            template: template.name.clone(),
            step: step.id.clone(),
            docs: step
                .docs
                .clone()
                .or_else(|| Some(template.source.clone()).filter(|source| !source.is_empty())),
            words: format!("{} {}", test.name(), values.join(", ")).trim().to_owned(),
        }
    }

    /// The same of all that a star stands for.
    fn of_star(self, each: &Each) -> Self {
        Self { words: format!("{} of all of {}", self.words, each.path), ..self }
    }
}

/// A setting, or as many as a star stands for.
enum Placed<'w> {
    One(&'w ComponentId, &'w FieldPath, &'w Test),
    Star(&'w Each),
}

impl<'w> Placed<'w> {
    /// What of a star, or of what one may stand for, a want is.
    fn of(want: &'w ExpandedWant) -> Option<Self> {
        match want {
            ExpandedWant::Metadata { id, path, test, .. } => {
                let entry = path.segments().first()?;
                entry.key.is_some().then_some(Self::One(id, path, test))
            }
            ExpandedWant::Each(each) => Some(Self::Star(each)),
            ExpandedWant::Fact { .. } | ExpandedWant::Manual { .. } | ExpandedWant::Any(_) => None,
        }
    }

    /// The contradiction between what one step and what a later one wants, where one is a star.
    fn against(
        &self,
        step: &ExpandedStep<'_>,
        later: &Self,
        its: &ExpandedStep<'_>,
    ) -> Option<Conflict> {
        let claim = |step: &ExpandedStep<'_>, test| Claim::of(step.template, step.step, test);
        let (star, id, path, test) = match (self, later) {
            (Self::One(..), Self::One(..)) => return None,
            (Self::Star(one), Self::Star(other)) => return stars(one, step, other, its),
            (Self::Star(star), Self::One(id, path, test))
            | (Self::One(id, path, test), Self::Star(star)) => (star, id, path, test),
        };
        let name = path.segments()[0].key.as_deref()?;
        let is_meant =
            is_covered(&star.pattern, &star.path, path) && !is_left_out(name, &star.except);
        if star.id != **id || !is_meant || !contradict(&star.test, test) {
            return None;
        }
        let (first, second, of_star) = match self {
            Self::Star(star) => (claim(step, &star.test).of_star(star), claim(its, test), step),
            Self::One(..) => (claim(step, test), claim(its, &star.test).of_star(star), its),
        };
        Some(Conflict {
            subject: format!("{id} {path}"),
            first,
            second,
            way_out: Some((of_star.step.id.clone(), name.to_owned())),
        })
    }
}

/// Two stars that ask for different things, one of all that the other stands for. What one leaves
/// out may be just what the other means, so that only an org can tell.
fn stars(
    one: &Each,
    step: &ExpandedStep<'_>,
    other: &Each,
    its: &ExpandedStep<'_>,
) -> Option<Conflict> {
    let is_within = is_covered(&one.pattern, &one.path, &other.path)
        || is_covered(&other.pattern, &other.path, &one.path);
    let is_whole = one.except.is_empty() && other.except.is_empty();
    if one.id != other.id || !is_within || !is_whole || !contradict(&one.test, &other.test) {
        return None;
    }
    let (wide, of_wide, narrow) = if is_covered(&one.pattern, &one.path, &other.path) {
        (one, step, other)
    } else {
        (other, its, one)
    };
    Some(Conflict {
        subject: format!("{} {}", wide.id, narrow.path),
        first: Claim::of(step.template, step.step, &one.test).of_star(one),
        second: Claim::of(its.template, its.step, &other.test).of_star(other),
        way_out: narrow.path.segments()[0]
            .key
            .clone()
            .map(|names| (of_wide.step.id.clone(), names)),
    })
}

/// Says whether a star stands for what is at another path, be it a name or a star of less.
pub(crate) fn is_covered(pattern: &Pattern, star: &FieldPath, path: &FieldPath) -> bool {
    let ([entry, leaf], [its, its_leaf]) = (star.segments(), path.segments()) else { return false };
    let names = its.key.as_deref().unwrap_or_default();
    entry.name == its.name && leaf.name == its_leaf.name && pattern.stands_for(names)
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
        | Test::Empty(_)
        | Test::ValidFor(_) => None,
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
        Test::Empty(true) => !matches!(value, Value::List(all) if !all.is_empty()),
        Test::Equals(_)
        | Test::OneOf(_)
        | Test::Inside(_)
        | Test::Count(_)
        | Test::Empty(false)
        | Test::ValidFor(_) => true,
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
            (Test::Empty(true), Test::Equals(Value::List(texts(&["Mon-Sun 08:00-18:00"]))), true),
            (Test::Empty(true), Test::Equals(Value::List(Vec::new())), false),
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
