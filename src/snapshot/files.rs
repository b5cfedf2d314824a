//! The files under a path, whatever it is: a folder, a project's package folders, a zip, one file.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ReadError, stage};
use crate::metadata::archive::{Limits, read_zip};
use crate::metadata::registry::ApiVersion;
use crate::metadata::{ComponentId, layout};

/// A file with its name relative to what was read, with `/`.
pub(super) struct File {
    pub(super) name: String,
    pub(super) content: Content,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    /// On disk.
    File(PathBuf),
    /// In memory: out of a zip, or an org.
    Bytes(std::sync::Arc<[u8]>),
}

impl Content {
    /// Reads it whole.
    ///
    /// # Errors
    /// The system refuses.
    pub fn read(&self) -> Result<Vec<u8>, ReadError> {
        match self {
            Self::File(path) => std::fs::read(path).map_err(|error| not_readable(path, &error)),
            Self::Bytes(bytes) => Ok(bytes.to_vec()),
        }
    }
}

#[derive(Deserialize)]
struct Project {
    #[serde(rename = "packageDirectories", default)]
    package_directories: Vec<PackageDirectory>,
    #[serde(rename = "sourceApiVersion", default)]
    source_api_version: Option<String>,
}

#[derive(Deserialize)]
struct PackageDirectory {
    path: String,
}

/// What lies under a path.
pub(super) struct Found {
    pub(super) files: Vec<File>,
    /// The API version that a project names for its source.
    pub(super) source_version: Option<ApiVersion>,
}

/// Folders that hold no metadata of the project and may be large.
const PASSED_OVER: &[&str] = &["node_modules", "target"];

pub(super) fn of(path: &Path) -> Result<Found, ReadError> {
    let kind = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound { path: path.to_path_buf() },
        _ => not_readable(path, &error),
    })?;
    if kind.is_file() {
        return Ok(Found { files: of_file(path)?, source_version: None });
    }
    if stage::is_half_done(path) {
        return Err(ReadError::HalfDone);
    }
    let project = path.join("sfdx-project.json");
    if !project.is_file() {
        return Ok(Found { files: of_folder(path, path)?, source_version: None });
    }
    let text = std::fs::read(&project).map_err(|error| not_readable(&project, &error))?;
    let project: Project =
        serde_json::from_slice(&text).map_err(|error| ReadError::Project(error.to_string()))?;
    let mut files = Vec::new();
    for directory in project.package_directories {
        let folder = path.join(&directory.path);
        if folder.is_dir() {
            is_within(path, &folder, &directory.path)?;
            files.extend(of_folder(path, &folder)?);
        }
    }
    Ok(Found {
        files,
        source_version: project.source_api_version.as_deref().and_then(ApiVersion::parse),
    })
}

/// Refuses a package folder outside its project, as the sf command line does: what is read there
/// might be edited there.
fn is_within(project: &Path, folder: &Path, written: &str) -> Result<(), ReadError> {
    let real =
        |path: &Path| std::fs::canonicalize(path).map_err(|error| not_readable(path, &error));
    if real(folder)?.starts_with(real(project)?) {
        return Ok(());
    }
    Err(ReadError::Project(format!("the package directory `{written}` lies outside the project")))
}

fn of_file(path: &Path) -> Result<Vec<File>, ReadError> {
    let bytes = std::fs::read(path).map_err(|error| not_readable(path, &error))?;
    let is_zip = bytes.starts_with(b"PK")
        || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    if is_zip {
        let entries = read_zip(&bytes, &Limits::default()).map_err(ReadError::Archive)?;
        return Ok(entries
            .into_iter()
            .map(|(name, bytes)| File { name, content: Content::Bytes(bytes.into()) })
            .collect());
    }
    // The folder's name says the type, so a file is known by the last two parts of its path.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let parts: Vec<_> = whole.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
    let name = parts.into_iter().rev().collect::<Vec<_>>().join("/");
    Ok(vec![File { name, content: Content::Bytes(bytes.into()) }])
}

/// Lists what is metadata or a record of it. Links to folders are not followed, so that no loop can
/// catch the walk.
fn of_folder(root: &Path, folder: &Path) -> Result<Vec<File>, ReadError> {
    let mut found = Vec::new();
    let mut pending: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| not_readable(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| not_readable(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| not_readable(&entry.path(), &error))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() {
                if !name.starts_with('.') && !PASSED_OVER.contains(&name.as_ref()) {
                    pending.push(entry.path());
                }
                continue;
            }
            let path = entry.path();
            // A pipe has no end; a link is what it leads to.
            if !kind.is_file() && !std::fs::metadata(&path).is_ok_and(|kind| kind.is_file()) {
                continue;
            }
            let relative = relative(root, &path);
            let is_record = matches!(name.as_ref(), "package.xml" | "snapshot.json");
            if is_record || component(&relative).is_some() || xml_beside(&relative).is_some() {
                found.push((relative, path));
            }
        }
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(name, path)| File { name, content: Content::File(path) }).collect())
}

/// Says which component a file holds, in either format.
///
/// What macOS puts beside the files in an archive (`__MACOSX/`, `._Admin.profile`) holds none.
pub(super) fn component(name: &str) -> Option<ComponentId> {
    if name.split('/').any(|part| part == "__MACOSX" || part.starts_with("._")) {
        return None;
    }
    layout::component_of(name).or_else(|| layout::object_of(name))
}

/// Says which component a file holds the content of, and the file of its XML, which stands beside
/// it; none for a file that holds a component itself.
pub(super) fn xml_beside(name: &str) -> Option<(ComponentId, String)> {
    if component(name).is_some() {
        return None;
    }
    let xml = format!("{name}-meta.xml");
    component(&xml).map(|id| (id, xml))
}

fn relative(root: &Path, path: &Path) -> String {
    let parts: Vec<_> =
        path.strip_prefix(root).unwrap_or(path).iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn not_readable(path: &Path, error: &io::Error) -> ReadError {
    ReadError::NotReadable { path: path.to_path_buf(), why: error.to_string() }
}
