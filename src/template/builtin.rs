//! The templates shipped in the program: whatever lies in `templates`, as `build.rs` lists it.

use std::collections::BTreeMap;

use crate::metadata::registry::nearest;

/// A shipped template.
#[derive(Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its file's text.
    pub text: &'static str,
    /// The values of its case, a `sfsetup.toml`; under `[orgs.demo.parameters]` those that fit the
    /// demo org.
    pub case: &'static str,
}

impl Builtin {
    /// Returns the values of its parameters that fit the demo org, by name; a list's elements are
    /// separated by commas.
    pub fn proposed(&self) -> BTreeMap<String, String> {
        let table: toml::Table = self.case.parse().unwrap_or_default();
        let of_demo = table.get("orgs").and_then(|orgs| orgs.get("demo")?.get("parameters"));
        let values = of_demo.and_then(toml::Value::as_table).into_iter().flatten();
        values.map(|(name, value)| (name.clone(), plain(value))).collect()
    }
}

/// A value as `--set` takes it.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(elements) => elements.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// Every shipped template, in order of name.
const ALL: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Returns every shipped template, in order of name.
pub fn all() -> &'static [Builtin] {
    ALL
}

/// Finds a shipped template by its name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|template| template.name == name)
}

/// Returns the name of the shipped template that is most like a misspelt one.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    nearest::nearest(name, ALL.iter().map(|template| template.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::parse;

    #[test]
    fn what_a_case_proposes_for_the_demo_org_are_values_of_its_parameters() {
        for shipped in all() {
            assert!(shipped.case.parse::<toml::Table>().is_ok(), "{}", shipped.name);
            let template = parse(shipped.name, shipped.text).unwrap();
            for name in shipped.proposed().keys() {
                let known = template.parameters.iter().any(|parameter| parameter.name == *name);
                assert!(known, "{} has no parameter `{name}`", shipped.name);
            }
        }
        let ampersand = find("ampersand").unwrap().proposed();
        assert_eq!(ampersand["read"], "Account,Contact,Opportunity");
        assert_eq!(ampersand["app_kind"], "connected-app");
    }
}
