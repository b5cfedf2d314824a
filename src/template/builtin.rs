//! The templates shipped in the program.

use crate::metadata::registry::nearest;

/// A shipped template.
#[derive(Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its file's text.
    pub text: &'static str,
}

/// Every shipped template, in order of name.
const ALL: &[Builtin] = &[Builtin { name: "ampersand", text: include_str!("../../templates/ampersand.toml") }];

/// Returns every shipped template, in order of name.
pub fn all() -> &'static [Builtin] {
    ALL
}

/// Finds a shipped template by its name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|template| template.name == name)
}

/// Returns the name of the shipped template that is most like a misspelt one.
pub fn nearest(name: &str) -> Option<&'static str> {
    nearest::nearest(name, ALL.iter().map(|template| template.name))
}
