//! What an org's refusals mean, and the way out of each: how the table is read.
//!
//! The rows, each with its source, are `table`'s. Whoever asks why an integration stopped reads the
//! same table as an error of this program does.

mod table;

use super::OrgErrorKind;

pub use table::{API, OAUTH};
pub(crate) use table::{REQUESTS_USED_UP, TOKEN_OVER};

/// What one refusal of an org means.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// This program's own name for it.
    pub id: &'static str,
    /// What tells it: a code of the org's and words of its text in small letters, any pair of
    /// them; an empty one of the two is any.
    pub told_by: &'static [(&'static str, &'static str)],
    /// What sort of failure it is; without one the HTTP status says so.
    pub kind: Option<OrgErrorKind>,
    /// What it means, in a sentence.
    pub means: &'static str,
    /// What to do, in a sentence.
    pub way_out: &'static str,
    /// Where it is put right.
    pub places: &'static [Place],
    /// Whether another sign-in helps.
    pub is_over_with_a_sign_in: bool,
}

/// A setting or a fact in which a refusal lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A setting: the type, or `Type:name`, and the path; `[*]` is any entry.
    Setting(&'static str, &'static str),
    /// A fact, as templates write it; `[*]` is any.
    Fact(&'static str),
}

impl Refusal {
    const fn new(
        id: &'static str,
        told_by: &'static [(&'static str, &'static str)],
        means: &'static str,
        way_out: &'static str,
    ) -> Self {
        Self { id, told_by, kind: None, means, way_out, places: &[], is_over_with_a_sign_in: false }
    }

    const fn kind(mut self, kind: OrgErrorKind) -> Self {
        self.kind = Some(kind);
        self
    }

    const fn at(mut self, places: &'static [Place]) -> Self {
        self.places = places;
        self
    }

    const fn over_with_a_sign_in(mut self) -> Self {
        self.is_over_with_a_sign_in = true;
        self
    }

    /// Finds what a code and text of an org mean; the first row that fits tells.
    pub fn find(code: &str, text: &str) -> Option<&'static Self> {
        let text = text.to_ascii_lowercase();
        // The words alone tell nothing: a deploy, too, may fail for an inactive user. What is not
        // in capitals is OAuth's, or that of the `sf` command line, which hands OAuth's words on.
        let is_in_capitals =
            code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let is_apis = is_in_capitals && !code.starts_with("OAUTH_") && code != "1800";
        let table = if is_apis { API } else { OAUTH };
        table.iter().find(|row| row.fits(code, &text))
    }

    /// Says whether a code and a text in small letters are of this row.
    fn fits(&self, code: &str, text: &str) -> bool {
        self.told_by
            .iter()
            .any(|(own, words)| (own.is_empty() || *own == code) && text.contains(words))
    }
}

impl Place {
    /// Says whether a setting of a component is this one.
    pub fn is_setting(self, type_name: &str, full_name: &str, path: &str) -> bool {
        let Self::Setting(component, own) = self else { return false };
        let has_component = match component.split_once(':') {
            Some((own_type, name)) => own_type == type_name && name == full_name,
            None => component == type_name,
        };
        has_component && is_like(own, path)
    }

    /// Says whether a fact, as templates write it, is this one.
    pub fn is_fact(self, written: &str) -> bool {
        matches!(self, Self::Fact(own) if is_like(own, written))
    }
}

/// Compares paths; where the first has `[*]`, the second may have any entry.
fn is_like(pattern: &str, path: &str) -> bool {
    match pattern.split_once("[*]") {
        Some((before, after)) => {
            path.starts_with(&format!("{before}[")) && path.ends_with(&format!("]{after}"))
        }
        None => pattern == path,
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Setting(component, path) => write!(f, "{component} `{path}`"),
            Self::Fact(name) => write!(f, "`{name}`"),
        }
    }
}

#[cfg(test)]
mod tests;
