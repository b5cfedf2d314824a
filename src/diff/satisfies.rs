//! Does this value satisfy this want? The only place that decides.

use std::cmp::Ordering;

use crate::metadata::range::IpRange;
use crate::metadata::registry::Field;
use crate::metadata::value::{Value, elements, same};
use crate::template::Test;

/// Says whether an observed value satisfies a test.
///
/// `actual` is `None` where nothing is there and no default stands in for it. `field` is the
/// registry's row, where the type has one: it knows aliases, spellings without case, and which
/// texts are sets.
pub fn satisfies(test: &Test, actual: Option<&Value>, field: Option<&Field>) -> bool {
    let normal =
        |value: &Value| field.map_or_else(|| value.clone(), |field| field.normalise(value));
    let actual = actual.map(normal);
    match test {
        Test::Equals(wanted) => actual.is_some_and(|actual| same(&actual, &normal(wanted))),
        Test::OneOf(values) => {
            actual.is_some_and(|actual| values.iter().any(|wanted| same(&actual, &normal(wanted))))
        }
        Test::Includes(wanted) => {
            let there = elements(actual.as_ref());
            elements(Some(&normal(&Value::List(wanted.clone())))).is_subset(&there)
        }
        Test::Excludes(unwanted) => {
            let there = elements(actual.as_ref());
            elements(Some(&normal(&Value::List(unwanted.clone())))).is_disjoint(&there)
        }
        Test::Absent => match actual {
            None => true,
            Some(Value::List(list)) => list.is_empty(),
            Some(_) => false,
        },
        Test::AtLeast(least) => {
            actual.and_then(|actual| least.against(&actual)).is_some_and(Ordering::is_ge)
        }
        Test::AtMost(most) => {
            actual.and_then(|actual| most.against(&actual)).is_some_and(Ordering::is_le)
        }
        Test::Inside(wanted) => {
            let there = actual.as_ref().map(Value::elements).unwrap_or_default();
            IpRange::outside(wanted, &there).is_empty()
        }
        Test::Count(count) => {
            let there = actual.as_ref().map(Value::elements).unwrap_or_default();
            i64::try_from(there.len()) == Ok(*count)
        }
        // What is there is held against the time where that is known.
        Test::ValidFor(_) => actual.is_none(),
        Test::Empty(wanted) => {
            actual.as_ref().is_none_or(|actual| actual.elements().is_empty()) == *wanted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::version::Version;
    use crate::template::Bound;

    #[test]
    fn versions_are_bounded_part_by_part() {
        let at_least = |text: &str| Test::AtLeast(Bound::Version(Version::parse(text).unwrap()));
        assert!(satisfies(&at_least("1.9"), Some(&"1.10".into()), None));
        assert!(satisfies(&at_least("1.10"), Some(&"1.10.0".into()), None));
        assert!(!satisfies(&at_least("1.10"), Some(&"1.9.9".into()), None));
        assert!(!satisfies(&at_least("1.10"), Some(&"new".into()), None));
    }

    fn list(elements: &[&str]) -> Value {
        Value::List(elements.iter().map(|element| (*element).to_owned()).collect())
    }

    fn texts(elements: &[&str]) -> Vec<String> {
        elements.iter().map(|element| (*element).to_owned()).collect()
    }

    #[test]
    fn nothing_satisfies_only_absence_and_exclusion() {
        assert!(satisfies(&Test::Absent, None, None));
        assert!(satisfies(&Test::Excludes(texts(&["a"])), None, None));
        for test in [
            Test::Equals("a".into()),
            Test::OneOf(vec!["a".into()]),
            Test::Includes(texts(&["a"])),
            Test::AtLeast(Bound::Number(0)),
            Test::AtMost(Bound::Number(0)),
            Test::Inside(texts(&["203.0.113.7"])),
            Test::Count(1),
            Test::Empty(false),
        ] {
            assert!(!satisfies(&test, None, None), "{test:?}");
        }
    }

    #[test]
    fn sets_and_numbers_are_bounded() {
        let actual = list(&["Api", "Web"]);
        assert!(satisfies(&Test::Includes(texts(&["Web"])), Some(&actual), None));
        assert!(!satisfies(&Test::Includes(texts(&["Web", "Full"])), Some(&actual), None));
        assert!(!satisfies(&Test::Excludes(texts(&["Web"])), Some(&actual), None));
        let ranges = list(&["203.0.113.0-203.0.113.255"]);
        assert!(satisfies(&Test::Inside(texts(&["203.0.113.8/30"])), Some(&ranges), None));
        assert!(!satisfies(&Test::Inside(texts(&["203.0.114.0"])), Some(&ranges), None));
        assert!(satisfies(&Test::Count(2), Some(&actual), None));
        assert!(satisfies(&Test::Empty(false), Some(&actual), None));
        assert!(satisfies(&Test::Empty(true), Some(&list(&[])), None));
        assert!(satisfies(&Test::Absent, Some(&list(&[])), None));
        assert!(satisfies(&Test::AtLeast(Bound::Number(5)), Some(&Value::Number(5)), None));
        assert!(!satisfies(&Test::AtMost(Bound::Number(4)), Some(&"5".into()), None));
    }
}
