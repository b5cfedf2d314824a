//! A setting's value: a flag, a number, a text or a list of texts, compared by meaning.

use std::fmt;

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
            Self::Bool(_) | Self::Number(_) | Self::Text(_) => vec![self.to_string()],
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
        }
    }
}
