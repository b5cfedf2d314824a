//! `sfsetup.toml`: what a project says once, so that nobody types it again. Found upwards from a
//! folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::CommandError;

/// The file's name.
const FILE: &str = "sfsetup.toml";

/// What the file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The org that is meant where no other is named.
    #[serde(default)]
    pub(crate) org: Option<String>,
    /// Values of templates' parameters, for whichever template has a parameter of the name; a table
    /// of a template's name holds that one's.
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    /// What is changed in a template, by its name: parameters, steps, and steps that are left out.
    #[serde(default)]
    overlay: BTreeMap<String, toml::Table>,
    /// What holds for one org alone.
    #[serde(default)]
    orgs: BTreeMap<String, OfOrg>,
    /// Where it was read from.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
    /// Its text.
    #[serde(skip)]
    pub(crate) text: String,
}

/// What the file says of one org.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfOrg {
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    #[serde(default)]
    overlay: BTreeMap<String, toml::Table>,
}

impl Config {
    /// Looks for the file from the path of the metadata upwards, where there is one, then from the
    /// current folder upwards; the first counts.
    ///
    /// # Errors
    /// The file is there and cannot be read, or says something that is not understood.
    pub(crate) fn find(from: Option<&Path>) -> Result<Self, CommandError> {
        let start =
            from.map(|from| std::path::absolute(from).unwrap_or_else(|_| from.to_path_buf()));
        let current = std::env::current_dir().ok();
        for start in [start, current].into_iter().flatten() {
            for folder in start.ancestors() {
                let file = folder.join(FILE);
                if file.is_file() {
                    return Self::read(&file);
                }
            }
        }
        Ok(Self::default())
    }

    fn read(file: &Path) -> Result<Self, CommandError> {
        let failed = || CommandError::new(format!("cannot read `{}`", file.display()));
        let text =
            std::fs::read_to_string(file).map_err(|error| failed().because(error.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| {
                let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
                format!("line {line}: ")
            });
            failed().because(format!("{place}{}", error.message())).hint(
                "it may hold `org = \"name\"`, [parameters] with one `name = value` a line, \
                 [overlay.TEMPLATE], and both under [orgs.ORG]",
            )
        })?;
        config.file = Some(file.to_path_buf());
        config.text = text;
        Ok(config)
    }

    /// Returns the values of a template's parameters; what is said of the org goes before what is
    /// said of all, and what names the template before what does not.
    pub(crate) fn parameters(
        &self,
        template: &str,
        org: Option<&str>,
    ) -> BTreeMap<&String, &toml::Value> {
        let mut values = BTreeMap::new();
        let of_org = org.and_then(|org| self.orgs.get(org)).map(|of_org| &of_org.parameters);
        for all in [Some(&self.parameters), of_org].into_iter().flatten() {
            values.extend(all.iter().filter(|(_, value)| !value.is_table()));
            values.extend(all.get(template).and_then(toml::Value::as_table).into_iter().flatten());
        }
        values
    }

    /// Returns what is changed in a template, each with its place in the file and a text that
    /// stands for it.
    pub(crate) fn overlays(&self, template: &str, org: Option<&str>) -> Vec<(Vec<String>, String)> {
        let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut found = Vec::new();
        if let Some(table) = self.overlay.get(template) {
            found.push((path(&["overlay", template]), table.to_string()));
        }
        if let Some((org, table)) =
            org.and_then(|org| Some((org, self.orgs.get(org)?.overlay.get(template)?)))
        {
            found.push((path(&["orgs", org, "overlay", template]), table.to_string()));
        }
        found
    }
}
