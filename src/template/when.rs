//! When a step applies: alternatives of conditions that hold together, and of others that do not.

use crate::metadata::value::{Value, same};

/// When a step applies: where one of the alternatives holds; always where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When(pub Vec<Alternative<Condition>>);

/// One alternative: all of these hold, and `not` all of those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative<C> {
    /// All of them hold.
    pub all: Vec<C>,
    /// One of them at least does not hold; empty where nothing is said to.
    pub not: Vec<C>,
}

/// A condition of a step: a parameter's value, or a fact's, is one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The parameter, or the fact.
    pub subject: Subject,
    /// Any of these.
    pub values: Vec<Value>,
}

/// Of what a condition speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A parameter, by name.
    Parameter(String),
    /// A fact, as written.
    Fact(String),
}

impl When {
    /// Returns every condition of it.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter().flat_map(Alternative::conditions)
    }
}

impl<C> Alternative<C> {
    /// Returns every condition of it, those that are not to hold too.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &C> {
        self.all.iter().chain(&self.not)
    }
}

/// One thing that is said of a subject: that it has, or has not, one of some values.
#[derive(Clone, Debug)]
pub(crate) struct Claim<S> {
    pub(crate) subject: S,
    pub(crate) values: Vec<Value>,
    pub(crate) holds: bool,
}

/// Returns what is claimed, alternative by alternative: where several are not to hold together, one
/// of them does not, and each is an alternative of its own. Always is one without claims.
pub(crate) fn claims<C, S>(
    alternatives: &[Alternative<C>],
    parts: impl Fn(&C) -> (S, Vec<Value>),
) -> Vec<Vec<Claim<S>>> {
    let claim = |condition: &C, holds: bool| {
        let (subject, values) = parts(condition);
        Claim { subject, values, holds }
    };
    let mut found = Vec::new();
    for one in alternatives {
        let all = || one.all.iter().map(|condition| claim(condition, true)).collect::<Vec<_>>();
        if one.not.is_empty() {
            found.push(all());
        }
        for condition in &one.not {
            let mut together = all();
            together.push(claim(condition, false));
            found.push(together);
        }
    }
    if alternatives.is_empty() {
        found.push(Vec::new());
    }
    found
}

/// Says whether two steps may apply at once, by what each claims.
pub(crate) fn may_meet<S: PartialEq>(left: &[Vec<Claim<S>>], right: &[Vec<Claim<S>>]) -> bool {
    left.iter().any(|left| right.iter().any(|right| can_all_hold(left, right)))
}

/// Says whether every subject has a value that all claims on it allow.
fn can_all_hold<S: PartialEq>(left: &[Claim<S>], right: &[Claim<S>]) -> bool {
    let all = || left.iter().chain(right);
    all().all(|claim| {
        let of_it: Vec<&Claim<S>> = all().filter(|one| one.subject == claim.subject).collect();
        let is_allowed = |value: &Value| {
            of_it.iter().all(|one| one.values.iter().any(|known| same(known, value)) == one.holds)
        };
        match of_it.iter().find(|one| one.holds) {
            Some(one) => one.values.iter().any(is_allowed),
            // A flag has no third value.
            None if of_it.iter().all(|one| one.values.iter().all(is_flag)) => {
                [true, false].into_iter().any(|flag| is_allowed(&Value::Bool(flag)))
            }
            None => true,
        }
    })
}

fn is_flag(value: &Value) -> bool {
    matches!(value, Value::Bool(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(all: &[(&str, &str)], not: &[(&str, &str)]) -> Alternative<(String, String)> {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        Alternative { all: owned(all), not: owned(not) }
    }

    #[test]
    fn two_steps_meet_unless_a_subject_is_asked_for_what_it_cannot_be_at_once() {
        type Side<'a> = &'a [Alternative<(String, String)>];
        let meet = |left: Side<'_>, right: Side<'_>| {
            let of = |side: Side<'_>| {
                claims(side, |(name, value)| (name.clone(), vec![Value::from(value.as_str())]))
            };
            may_meet(&of(left), &of(right))
        };
        let a = || one(&[("x", "a")], &[]);
        let b = || one(&[("x", "b")], &[]);
        let not_a = || one(&[], &[("x", "a")]);
        let not_both = || one(&[("x", "a")], &[("x", "a"), ("y", "c")]);
        assert!(meet(&[], &[a()]) && meet(&[a()], &[a()]) && meet(&[b()], &[not_a()]));
        assert!(!meet(&[a()], &[b()]) && !meet(&[a()], &[not_a()]));
        assert!(meet(&[a(), b()], &[b()]) && !meet(&[a()], &[b(), not_a()]));
        assert!(meet(&[a()], &[not_both()]));
        assert!(!meet(&[one(&[("y", "c")], &[])], &[not_both()]));
    }
}
