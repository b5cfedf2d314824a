//! `sfdx-project.json`: where a project has its metadata, in a folder and in a zip.

use std::path::Path;

use serde::Deserialize;

use super::ReadError;
use super::forceignore::{self, Rules};
use crate::metadata::registry::ApiVersion;

/// The file's name.
pub(super) const FILE: &str = "sfdx-project.json";

/// What a project says of itself.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// Its package directories in their order, with `/`; empty for the project's own folder.
    pub(super) directories: Vec<String>,
    /// The API version of its source.
    pub(super) version: Option<ApiVersion>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "packageDirectories", default)]
    package_directories: Vec<PackageDirectory>,
    #[serde(rename = "sourceApiVersion", default)]
    source_api_version: Option<String>,
}

#[derive(Deserialize)]
struct PackageDirectory {
    path: String,
}

impl Project {
    /// Reads the file.
    ///
    /// # Errors
    /// It is no JSON, or says something else.
    pub(super) fn parse(text: &[u8]) -> Result<Self, ReadError> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let written: Written =
            serde_json::from_slice(text).map_err(|error| ReadError::Project(error.to_string()))?;
        let plain = |directory: PackageDirectory| {
            let path = directory.path.replace('\\', "/");
            let parts: Vec<&str> =
                path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
            // A path from the root of the disk stays one, so that it is refused.
            if path.starts_with('/') { path } else { parts.join("/") }
        };
        Ok(Self {
            directories: written.package_directories.into_iter().map(plain).collect(),
            version: written.source_api_version.as_deref().and_then(ApiVersion::parse),
        })
    }

    /// Says in which package directory a file is, by its path in the project.
    pub(super) fn directory_of(&self, path: &str) -> Option<usize> {
        self.directories.iter().position(|directory| is_below(path, directory))
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a project's `.forceignore` leaves out.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    rules: Rules,
    /// What stands between the project's folder and that which is read, with a slash at the end.
    between: String,
    /// The same the other way round: what is read is above the project's folder (a zip).
    above: String,
}

impl LeftOut {
    /// The rules of a project's own folder.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn of_folder(project: &Path) -> Result<Self, ReadError> {
        let path = project.join(forceignore::FILE);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = std::fs::read(&path).map_err(|error| ReadError::not_readable(&path, &error))?;
        Ok(Self { rules: Rules::parse(&String::from_utf8_lossy(&text)), ..Self::default() })
    }

    /// The rules of a project in a zip, below this folder of it.
    pub(super) fn of_zip(text: &[u8], above: &str) -> Self {
        let rules = Rules::parse(&String::from_utf8_lossy(text));
        Self { rules, above: above.to_owned(), ..Self::default() }
    }

    /// The rules of the project in one of whose package directories a folder is, if it is in one.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn around(folder: &Path) -> Result<Self, ReadError> {
        let Ok(whole) = std::path::absolute(folder) else { return Ok(Self::default()) };
        let Some(root) = whole.ancestors().skip(1).find(|above| above.join(FILE).is_file()) else {
            return Ok(Self::default());
        };
        let within = relative(root, &whole);
        // Another project's file is no concern of who reads a folder of it.
        let project =
            std::fs::read(root.join(FILE)).ok().and_then(|text| Project::parse(&text).ok());
        if project.is_none_or(|project| project.directory_of(&within).is_none()) {
            return Ok(Self::default());
        }
        Ok(Self { between: format!("{within}/"), ..Self::of_folder(root)? })
    }

    /// Says whether a file is left out, by its path in what is read.
    pub(super) fn has(&self, name: &str) -> bool {
        let name = name.strip_prefix(&self.above).unwrap_or(name);
        self.rules.leaves_out(&format!("{}{name}", self.between))
    }
}

/// A path below a folder, with `/`.
pub(super) fn relative(root: &Path, path: &Path) -> String {
    let parts: Vec<_> =
        path.strip_prefix(root).unwrap_or(path).iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_read_however_they_are_written() {
        let text =
            br#"{"packageDirectories": [{"path": "./core/"}, {"path": "a\\b"}, {"path": "."}],
                        "sourceApiVersion": "66.0"}"#;
        let project = Project::parse(text).unwrap();
        assert_eq!(project.directories, ["core", "a/b", ""]);
        assert_eq!(project.version, Some(ApiVersion(66)));
        assert_eq!(project.directory_of("core/x"), Some(0));
        assert_eq!(project.directory_of("cores/x"), Some(2));
        assert!(Project::parse(b"{").is_err());
    }
}
