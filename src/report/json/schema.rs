//! The schemas of the documents for programs, by the names of their forms.

/// A form, as its name stands between `sfsetup.` and its version, and its JSON Schema.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("diff", super::SCHEMA),
];

/// Finds the schema of a form by its name, with or without what stands around it:
/// `deploy` and `sfsetup.deploy/1` are the same.
pub fn find(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("sfsetup.").unwrap_or(name);
    let name = name.strip_suffix("/1").unwrap_or(name);
    SCHEMAS.iter().find(|(form, _)| *form == name).map(|(_, schema)| *schema)
}
