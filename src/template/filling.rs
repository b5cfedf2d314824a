//! Patterns with what their placeholders stand for: the one way in which a template is filled in,
//! be it as a whole or as far as values are given.

use super::{Arguments, Template, Test, Want, parameter_of, part_of, placeholders};
use crate::metadata::path::FieldPath;
use crate::metadata::value::Value;

/// A template with values; a placeholder that has none stays as it is written.
#[derive(Clone)]
pub(super) struct Filling<'a> {
    template: &'a Template,
    arguments: &'a Arguments,
    /// The one element that a list stands for.
    element: Vec<(String, String)>,
}

/// Lists by the names of their parameters.
pub(super) type Lists<'l> = Vec<(&'l str, &'l [String])>;

/// The patterns of a want whose lists make several of it.
pub(super) fn named(want: &Want) -> Vec<&str> {
    match want {
        Want::Metadata { component, path, .. } => vec![component, path],
        Want::Fact { fact, of, .. } => {
            std::iter::once(fact.as_str()).chain(of.as_deref()).collect()
        }
        Want::Manual { confirm, .. } => confirm.as_deref().map(named).unwrap_or_default(),
        Want::Any(wants) => wants.iter().flat_map(named).collect(),
    }
}

impl<'a> Filling<'a> {
    pub(super) fn new(template: &'a Template, arguments: &'a Arguments) -> Self {
        Self { template, arguments, element: Vec::new() }
    }

    pub(super) fn template(&self) -> &'a Template {
        self.template
    }

    pub(super) fn arguments(&self) -> &'a Arguments {
        self.arguments
    }

    /// Binds lists to one element of each.
    fn with(&self, element: impl IntoIterator<Item = (String, String)>) -> Self {
        let element = self.element.iter().cloned().chain(element).collect();
        Self { element, ..self.clone() }
    }

    /// The lists that the patterns name and that have no element yet, and how many combinations of
    /// their elements there are.
    pub(super) fn lists<'l>(&'l self, patterns: &[&'l str]) -> (Lists<'l>, usize) {
        let mut lists: Lists<'l> = Vec::new();
        let placeholders = patterns.iter().flat_map(|pattern| placeholders(pattern));
        for name in placeholders.map(|(_, placeholder)| parameter_of(placeholder)) {
            let is_bound = lists.iter().any(|(known, _)| *known == name)
                || self.element.iter().any(|(known, _)| known == name);
            if let (false, Some(Value::List(elements))) = (is_bound, self.arguments.get(name)) {
                lists.push((name, elements));
            }
        }
        let count = lists.iter().fold(1_usize, |count, (_, list)| count.saturating_mul(list.len()));
        (lists, count)
    }

    /// Binds the lists to one combination of their elements after the other; the last list's
    /// elements change fastest.
    pub(super) fn each<'f>(
        &'f self,
        lists: &'f Lists<'_>,
        count: usize,
    ) -> impl Iterator<Item = Self> + 'f {
        (0..count).map(|mut at| {
            let mut element = Vec::with_capacity(lists.len());
            for (name, list) in lists.iter().rev() {
                element.push(((*name).to_owned(), list[at % list.len()].clone()));
                at /= list.len();
            }
            self.with(element.into_iter().rev())
        })
    }

    /// Returns what a placeholder stands for.
    pub(super) fn value_of(&self, name: &str) -> Option<Value> {
        let whole = |name: &str| match self.element.iter().find(|(known, _)| known == name) {
            Some((_, element)) => Some(Value::from(element.as_str())),
            None => self.arguments.get(name).cloned(),
        };
        whole(name).or_else(|| {
            let (name, part) = part_of(name)?;
            part.of(&whole(name)?)
        })
    }

    /// Says whether a parameter has one of the values; a component is asked for as a whole, or for
    /// its type.
    pub(super) fn is_any(&self, parameter: &str, values: &[Value]) -> bool {
        let mut actual = self.arguments.get(parameter).map(Value::elements).unwrap_or_default();
        if self.template.component_types(&format!("{{{parameter}}}")).is_some() {
            let type_name = self.value_of(&format!("{parameter}.type"));
            actual.extend(type_name.map(|one| one.to_string()));
        }
        values.iter().any(|value| actual.contains(&value.to_string()))
    }

    /// Says whether a parameter stands for the component, of a type that has no such setting, and
    /// another of its types has: the want is of that one.
    pub(super) fn is_of_another(&self, pattern: &str, type_name: &str, path: &FieldPath) -> bool {
        self.template.is_of_another(pattern, type_name, path)
    }

    /// A want without what empty lists leave nothing of: the proof of something by hand, of several
    /// the one. None where nothing is left of it.
    pub(super) fn lively(&self, want: &Want) -> Option<Want> {
        match want {
            Want::Metadata { .. } | Want::Fact { .. } => {
                (self.lists(&named(want)).1 > 0).then(|| want.clone())
            }
            Want::Manual { confirm: None, .. } => Some(want.clone()),
            Want::Manual { text, confirm: Some(confirm) } => match self.lively(confirm) {
                Some(confirm) => {
                    Some(Want::Manual { text: text.clone(), confirm: Some(Box::new(confirm)) })
                }
                // It speaks of nothing then, too.
                None if self.lists(&[text]).1 == 0 => None,
                None => Some(Want::Manual { text: text.clone(), confirm: None }),
            },
            Want::Any(wants) => {
                let left: Vec<Want> = wants.iter().filter_map(|one| self.lively(one)).collect();
                (wants.is_empty() || !left.is_empty()).then_some(Want::Any(left))
            }
        }
    }

    pub(super) fn text(&self, pattern: &str) -> String {
        let mut text = String::with_capacity(pattern.len());
        let mut at = 0;
        for (open, name) in placeholders(pattern) {
            text.push_str(&pattern[at..open]);
            at = open + name.len() + 2;
            match self.value_of(name) {
                Some(value) => text.push_str(&value.to_string()),
                None => text.push_str(&pattern[open..at]),
            }
        }
        text.push_str(&pattern[at..]);
        text
    }

    /// Texts; one that names a list is as many as that has elements.
    pub(super) fn texts(&self, patterns: &[String]) -> Vec<String> {
        let filled = |pattern: &String| {
            let (lists, count) = self.lists(&[pattern]);
            let each = self.each(&lists, count).map(|filling| filling.text(pattern));
            each.collect::<Vec<_>>()
        };
        patterns.iter().flat_map(filled).collect()
    }

    /// A value; one that is nothing but a placeholder takes the parameter's own kind.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::Text(pattern) => match placeholders(pattern).as_slice() {
                [(0, name)] if name.len() + 2 == pattern.len() => {
                    self.value_of(name).unwrap_or_else(|| value.clone())
                }
                _ => Value::Text(self.text(pattern)),
            },
            Value::List(elements) => Value::List(self.elements(elements)),
            Value::Bool(_) | Value::Number(_) | Value::Present | Value::Hidden | Value::Xml(_) => {
                value.clone()
            }
        }
    }

    fn elements(&self, elements: &[String]) -> Vec<String> {
        elements
            .iter()
            .flat_map(|element| self.value(&Value::from(element.as_str())).elements())
            .collect()
    }

    pub(super) fn test(&self, test: &Test) -> Test {
        match test {
            Test::Equals(value) => Test::Equals(self.value(value)),
            Test::OneOf(values) => {
                Test::OneOf(values.iter().map(|value| self.value(value)).collect())
            }
            Test::Includes(elements) => Test::Includes(self.elements(elements)),
            Test::Excludes(elements) => Test::Excludes(self.elements(elements)),
            Test::Inside(elements) => Test::Inside(self.elements(elements)),
            Test::Absent
            | Test::AtLeast(_)
            | Test::AtMost(_)
            | Test::Count(_)
            | Test::Empty(_)
            | Test::ValidFor(_) => test.clone(),
        }
    }
}
