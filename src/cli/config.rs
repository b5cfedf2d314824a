//! `sfsetup.toml`: what a project says once, so that nobody types it again. Found upwards from a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::CommandError;

/// The file's name.
const FILE: &str = "sfsetup.toml";

/// What the file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The org that is meant where no other is named.
    #[serde(default)]
    pub(super) org: Option<String>,
    /// Values of templates' parameters, for whichever template has a parameter of the name.
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, toml::Value>,
    /// Where it was read from.
    #[serde(skip)]
    pub(super) file: Option<PathBuf>,
}

impl Config {
    /// Looks for the file from the path of the metadata upwards, where there is one, then from the current folder upwards; the first counts.
    ///
    /// # Errors
    /// The file is there and cannot be read, or says something that is not understood.
    pub(super) fn find(from: Option<&Path>) -> Result<Self, CommandError> {
        let start = from.map(|from| std::path::absolute(from).unwrap_or_else(|_| from.to_path_buf()));
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
        let text = std::fs::read_to_string(file).map_err(|error| failed().because(error.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| {
                let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
                format!("line {line}: ")
            });
            failed()
                .because(format!("{place}{}", error.message()))
                .hint("it may hold `org = \"name\"`, and [parameters] with one `name = value` a line")
        })?;
        config.file = Some(file.to_path_buf());
        Ok(config)
    }
}
