//! A setting's value: a flag, a number, a text or a list of texts, compared by meaning.

use std::collections::BTreeSet;
use std::fmt;

use crate::metadata::document::Markup;
use crate::metadata::percent::plain;

/// A value in a document, a template, a fact or a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text, trimmed.
    Text(String),
    /// Several texts; whether their order matters is said by the registry's kind of the field.
    List(Vec<String>),
    /// Something is there, and being there is all that it says: an entry of a list, a component.
    Present,
    /// Something is there that nobody is shown: a key, a secret.
    Hidden,
    /// Elements of whose structure nothing is known; their order does not matter.
    Xml(Vec<Markup>),
}

impl Value {
    /// Reads a flag as the Metadata API and its users write it: any case, spaces around it, `1` and
    /// `0`.
    pub fn parse_bool(text: &str) -> Option<bool> {
        match text.trim() {
            "1" => Some(true),
            "0" => Some(false),
            word if word.eq_ignore_ascii_case("true") => Some(true),
            word if word.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Returns the elements: a list's own, or the one value as text.
    pub fn elements(&self) -> Vec<String> {
        match self {
            Self::List(list) => list.clone(),
            Self::Xml(elements) => elements.iter().map(ToString::to_string).collect(),
            Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Present | Self::Hidden => {
                vec![self.to_string()]
            }
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Shown as an admin would type it: `true`, `30`, `infinite`, `Api, RefreshToken`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(list) => f.write_str(&list.join(", ")),
            Self::Present => f.write_str("(an entry)"),
            Self::Hidden => f.write_str("(hidden)"),
            Self::Xml(_) => f.write_str(&self.elements().join(", ")),
        }
    }
}

/// Whether two values mean the same: `true` and ` True `, `30` and `030`, lists in another order.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Xml(left), Value::Xml(right)) => sorted(left) == sorted(right),
        (Value::Xml(_), _) | (_, Value::Xml(_)) => false,
        (Value::Present, other) | (other, Value::Present) => *other == Value::Present,
        // What it is, nobody is told.
        (Value::Hidden, _) | (_, Value::Hidden) => false,
        (Value::List(_), _) | (_, Value::List(_)) => elements(Some(left)) == elements(Some(right)),
        (Value::Bool(flag), other) | (other, Value::Bool(flag)) => {
            Value::parse_bool(&other.to_string()) == Some(*flag)
        }
        (Value::Number(_), _) | (_, Value::Number(_)) => {
            let (left, right) = (number(Some(left)), number(Some(right)));
            left.is_some() && left == right
        }
        (Value::Text(left), Value::Text(right)) => left.trim() == right.trim(),
    }
}

/// Whether two values of a field in a list mean the same: a layout is named with percent signs and
/// without (S 3.3), any other value is what it is.
pub fn same_setting(list: &str, field: &str, left: &Value, right: &Value) -> bool {
    let are_names = (list, field) == ("layoutAssignments", "layout");
    same(left, right)
        || matches!((left, right), (Value::Text(left), Value::Text(right))
            if are_names && plain(left.trim()) == plain(right.trim()))
}

fn sorted(elements: &[Markup]) -> Vec<&Markup> {
    let mut sorted: Vec<&Markup> = elements.iter().collect();
    sorted.sort_unstable();
    sorted
}

/// The elements of a value as a set, trimmed; none of them empty.
pub(crate) fn elements(value: Option<&Value>) -> BTreeSet<String> {
    value
        .map(Value::elements)
        .unwrap_or_default()
        .into_iter()
        .map(|element| element.trim().to_owned())
        .filter(|element| !element.is_empty())
        .collect()
}

/// A value as a whole number; none where it is none.
pub(crate) fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Bool(_) | Value::List(_) | Value::Present | Value::Hidden | Value::Xml(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(elements: &[&str]) -> Value {
        Value::List(elements.iter().map(|element| (*element).to_owned()).collect())
    }

    #[test]
    fn values_are_the_same_by_meaning() {
        assert!(same(&Value::Bool(true), &"True ".into()));
        assert!(same(&Value::Number(30), &"030".into()));
        assert!(same(&list(&["b", "a"]), &list(&["a", " b"])));
        assert!(same(&"infinite".into(), &" infinite".into()));
        assert!(!same(&"Infinite".into(), &"infinite".into()));
        assert!(!same(&Value::Bool(true), &"yes".into()));
        assert!(!same(&Value::Number(1), &"one".into()));
    }
}
