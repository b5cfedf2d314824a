//! The files under a path, whatever it is: a folder, a project's package folders, a zip, one file.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::project::{self, LeftOut, Project, relative};
use super::{FileError, ReadError, forceignore, stage};
use crate::metadata::archive::{Limits, read_zip};
use crate::metadata::decomposed::{self, Part, compose};
use crate::metadata::registry::ApiVersion;
use crate::metadata::{ComponentId, layout};

/// A file with its name relative to what was read, with `/`.
#[derive(Clone, Debug)]
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
    Bytes(Arc<[u8]>),
    /// In several files, each with its name; the component's own is the first.
    Parts(Arc<[(String, Self)]>),
    /// Several files that are no metadata as one, each with its name; only to be held against its
    /// like.
    Several(Arc<[(String, Self)]>),
}

impl Content {
    /// Reads it whole.
    ///
    /// # Errors
    /// The system refuses, or a part is no metadata.
    pub fn read(&self) -> Result<Vec<u8>, ReadError> {
        match self {
            Self::File(path) => {
                std::fs::read(path).map_err(|error| ReadError::not_readable(path, &error))
            }
            Self::Bytes(bytes) => Ok(bytes.to_vec()),
            Self::Parts(_) => {
                let whole = compose(&self.parts()?).map_err(|error| {
                    ReadError::Files(vec![FileError::of_document(&error.file, &error.error)])
                })?;
                Ok(whole.bytes)
            }
            Self::Several(files) => {
                let mut all = Vec::new();
                for (name, content) in files.iter() {
                    let bytes = content.read()?;
                    all.extend_from_slice(format!("{name}\0{}\0", bytes.len()).as_bytes());
                    all.extend(bytes);
                }
                Ok(all)
            }
        }
    }

    /// Reads the parts of what is in several files; none of anything else.
    ///
    /// # Errors
    /// The system refuses.
    pub fn parts(&self) -> Result<Vec<Part>, ReadError> {
        let Self::Parts(parts) = self else { return Ok(Vec::new()) };
        let read = |(file, content): &(String, Self)| {
            Ok(Part { file: file.clone(), bytes: content.read()? })
        };
        parts.iter().map(read).collect()
    }
}

/// What lies under a path.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<File>,
    /// The API version that a project names for its source.
    pub(super) source_version: Option<ApiVersion>,
    /// Whether it is a project, whose package directories alone were looked through.
    pub(super) is_project: bool,
    /// What the folder itself is called.
    pub(super) own_name: Option<String>,
    /// Files of metadata that `.forceignore` leaves out.
    pub(super) left_out: Vec<String>,
    /// Files of metadata that this program does not read.
    pub(super) passed_over: Vec<String>,
    /// Metadata in folders that are not the project's own.
    pub(super) elsewhere: Vec<String>,
    /// Metadata beside a project's package directories.
    pub(super) outside: Vec<String>,
    /// A project's lists for the next retrieve, outside of its package directories.
    pub(super) lists: Vec<String>,
    /// All that is not read, metadata or not; what of it belongs to a component shows when two
    /// sides are held against each other.
    pub(super) others: Vec<File>,
    /// Links to folders, which are not followed.
    pub(super) links: Vec<String>,
    /// What is called as metadata and is no file that can be read.
    pub(super) no_files: Vec<String>,
    /// What the reader should know.
    pub(super) notes: Vec<String>,
}

/// Folders of tools, in which no metadata of a project lies.
const OF_TOOLS: &[&str] = &[".git", ".sf", ".sfdx"];
/// Other people's programs; as with folders whose names begin with a dot, what lies there is not
/// the project's.
const OF_OTHERS: &str = "node_modules";

pub(super) fn of(path: &Path) -> Result<Found, ReadError> {
    let kind = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound { path: path.to_path_buf() },
        _ => ReadError::not_readable(path, &error),
    })?;
    if kind.is_file() {
        return of_file(path);
    }
    if stage::is_half_done(path) {
        return Err(ReadError::HalfDone);
    }
    let mut found = Found {
        own_name: std::path::absolute(path)
            .ok()
            .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned())),
        ..Found::default()
    };
    let project = path.join(project::FILE);
    if !project.is_file() {
        let left_out = LeftOut::around(path)?;
        found.take_walked(walk(path, path)?, &left_out);
        return Ok(found);
    }
    let text =
        std::fs::read(&project).map_err(|error| ReadError::not_readable(&project, &error))?;
    let project = Project::parse(&text)?;
    let left_out = LeftOut::of_folder(path)?;
    let mut seen = BTreeSet::new();
    for directory in &project.directories {
        let folder = path.join(directory);
        if folder.is_dir() {
            is_within(path, &folder, directory)?;
            // A directory may lie in another.
            let mut walked = walk(path, &folder)?;
            walked.files.retain(|file| seen.insert(file.name.clone()));
            walked.elsewhere.retain(|name| seen.insert(name.clone()));
            walked.links.retain(|name| seen.insert(name.clone()));
            walked.no_files.retain(|name| seen.insert(name.clone()));
            found.take_walked(walked, &left_out);
        } else {
            found.notes.push(no_directory(directory));
        }
    }
    found.take_outside(names_outside(path, &project));
    Ok(Found { is_project: true, source_version: project.version, ..found })
}

/// The files of a project's folder that lie in none of its package directories.
fn names_outside(path: &Path, project: &Project) -> Vec<String> {
    let (mut names, mut pending) = (Vec::new(), vec![path.to_path_buf()]);
    while let Some(folder) = pending.pop() {
        // What cannot be listed is no file of the project's source.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let name = relative(path, &entry.path());
            if kind.is_file() {
                names.push(name);
            } else if kind.is_dir() && project.directory_of(&name).is_none() {
                let called = entry.file_name();
                let called = called.to_string_lossy();
                if !(called.starts_with('.') || called == OF_OTHERS || stage::is_work(&called)) {
                    pending.push(entry.path());
                }
            }
        }
    }
    names.retain(|name| project.directory_of(name).is_none());
    names.sort_unstable();
    names
}

fn no_directory(directory: &str) -> String {
    format!("the package directory `{directory}` of sfdx-project.json is not there")
}

/// Refuses a package folder outside its project, as the sf command line does: what is read there
/// might be edited there.
fn is_within(project: &Path, folder: &Path, written: &str) -> Result<(), ReadError> {
    let real = |path: &Path| {
        std::fs::canonicalize(path).map_err(|error| ReadError::not_readable(path, &error))
    };
    if real(folder)?.starts_with(real(project)?) {
        return Ok(());
    }
    Err(ReadError::Project(format!("the package directory `{written}` lies outside the project")))
}

fn of_file(path: &Path) -> Result<Found, ReadError> {
    let bytes = std::fs::read(path).map_err(|error| ReadError::not_readable(path, &error))?;
    let is_zip = bytes.starts_with(b"PK")
        || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"));
    if is_zip {
        let entries = read_zip(&bytes, &Limits::default()).map_err(ReadError::Archive)?;
        return of_entries(entries);
    }
    // The folder's name says the type, so a file is known by the last two parts of its path.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut above = whole.ancestors().skip(1);
    if let (Some(folder), Some(above)) = (above.next(), above.next())
        && decomposed::has_own_folder(&relative(above, &whole))
    {
        let mut found = Found::default();
        found.take_walked(walk(above, folder)?, &LeftOut::default());
        let own = relative(above, &whole);
        // A file that has its entries in files beside and below it is not the whole.
        let is_part = |file: &File| decomposed::roots_of(&file.name).contains(&own);
        if found.files.iter().any(is_part) {
            found.files.retain(|file| file.name == own || is_part(file));
            return Ok(Found {
                files: found.files,
                links: found.links,
                no_files: found.no_files,
                ..Found::default()
            });
        }
    }
    let parts: Vec<_> = whole.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
    let name = parts.into_iter().rev().collect::<Vec<_>>().join("/");
    let files = vec![File { name, content: Content::Bytes(bytes.into()) }];
    Ok(Found { files, ..Found::default() })
}

/// What lies in a zip: a project's folder is read as one.
fn of_entries(entries: Vec<(String, Vec<u8>)>) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let above = project_in(&entries);
    let file =
        |(name, bytes): (String, Vec<u8>)| File { name, content: Content::Bytes(bytes.into()) };
    let Some(above) = above else {
        found.take(entries.into_iter().map(file).collect(), &LeftOut::default());
        return Ok(found);
    };
    let bytes_of = |name: &str| {
        let name = format!("{above}{name}");
        entries.iter().find(|(one, _)| *one == name).map(|(_, bytes)| bytes.as_slice())
    };
    let project = Project::parse(bytes_of(project::FILE).unwrap_or_default())?;
    let left_out = LeftOut::of_zip(bytes_of(forceignore::FILE).unwrap_or_default(), &above);
    let within = |name: &str| project.directory_of(name.strip_prefix(&above)?);
    let mut files: Vec<(usize, File)> = Vec::new();
    let mut outside = Vec::new();
    for entry in entries {
        match within(&entry.0) {
            Some(directory) => files.push((directory, file(entry))),
            None => outside.push(entry.0),
        }
    }
    found.take_outside(outside);
    files.sort_by(|one, other| {
        one.0.cmp(&other.0).then_with(|| in_order(&one.1.name, &other.1.name))
    });
    for (index, directory) in project.directories.iter().enumerate() {
        if !files.iter().any(|(of, _)| *of == index) {
            found.notes.push(no_directory(directory));
        }
    }
    found.take(files.into_iter().map(|(_, file)| file).collect(), &left_out);
    Ok(Found { is_project: true, source_version: project.version, ..found })
}

/// The folder of a zip that is a project's, with a slash: the zip itself, or the one folder that it
/// holds.
fn project_in(entries: &[(String, Vec<u8>)]) -> Option<String> {
    let is_there = |name: &str| entries.iter().any(|(one, _)| one == name);
    if is_there(project::FILE) {
        return Some(String::new());
    }
    let above = format!("{}/", entries.first()?.0.split_once('/')?.0);
    let is_all = entries.iter().all(|(name, _)| name.starts_with(&above));
    (is_all && is_there(&format!("{above}{}", project::FILE))).then_some(above)
}

impl Found {
    /// Takes what of the files beside a project's package directories is metadata or speaks of it.
    fn take_outside(&mut self, names: Vec<String>) {
        for name in names.into_iter().filter(|name| !is_of_a_machine(name)) {
            if name == "package.xml" || name.ends_with("/package.xml") {
                self.lists.push(name);
            } else if component(&name).is_some() || layout::is_metadata(&name) {
                self.outside.push(name);
            }
        }
    }

    /// Takes what a walk met, but for what is left out.
    fn take_walked(&mut self, walked: Walked, left_out: &LeftOut) {
        let is_in = |name: &String| !left_out.has(name) && !is_of_a_machine(name);
        self.elsewhere.extend(walked.elsewhere.into_iter().filter(is_in));
        self.links.extend(walked.links.into_iter().filter(|name| !is_of_a_machine(name)));
        self.no_files.extend(walked.no_files.into_iter().filter(is_in));
        self.take(walked.files, left_out);
    }

    /// Takes what is metadata, or a record of it, and notes what of it is not read.
    fn take(&mut self, files: Vec<File>, left_out: &LeftOut) {
        let names: BTreeSet<String> = files.iter().map(|file| file.name.clone()).collect();
        for file in files {
            let name = file.name.rsplit('/').next().unwrap_or_default();
            if is_of_a_machine(&file.name) {
                continue;
            }
            let is_record = matches!(name, "package.xml" | "snapshot.json");
            let is_read = is_record
                || component(&file.name).is_some()
                || xml_beside(&file.name).is_some_and(|(_, xml)| names.contains(&xml))
                || decomposed::is_part(&file.name);
            if !is_record && left_out.has(&file.name) {
                if is_read || layout::is_metadata(&file.name) {
                    self.left_out.push(file.name);
                }
            } else if is_read {
                self.files.push(file);
            } else {
                if layout::is_metadata(&file.name) {
                    self.passed_over.push(file.name.clone());
                }
                self.others.push(file);
            }
        }
    }
}

/// What a walk through a folder met.
#[derive(Default)]
struct Walked {
    files: Vec<File>,
    /// Metadata in folders that are not the project's.
    elsewhere: Vec<String>,
    links: Vec<String>,
    no_files: Vec<String>,
}

/// Lists all files. Links to folders are not followed, so that no loop can catch the walk.
fn walk(root: &Path, folder: &Path) -> Result<Walked, ReadError> {
    let mut walked = Walked::default();
    // With each folder whether it is the project's.
    let mut pending: Vec<(PathBuf, bool)> = vec![(folder.to_path_buf(), true)];
    while let Some((folder, is_own)) = pending.pop() {
        let refused = |error: &io::Error| ReadError::not_readable(&folder, error);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            // What is not the project's is only looked through for metadata in the wrong place.
            Err(_) if !is_own => {
                walked.elsewhere.push(relative(root, &folder));
                continue;
            }
            Err(error) => return Err(refused(&error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| refused(&error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| ReadError::not_readable(&path, &error))?;
            let name = relative(root, &path);
            if kind.is_dir() {
                let called = entry.file_name();
                let called = called.to_string_lossy();
                let is_tools = OF_TOOLS.contains(&&*called) || stage::is_work(&called);
                if !is_tools {
                    let is_others = called.starts_with('.') || called == OF_OTHERS;
                    pending.push((path, is_own && !is_others));
                }
                continue;
            }
            // A pipe has no end; a link is what it leads to.
            let leads_to = if kind.is_file() { None } else { Some(std::fs::metadata(&path)) };
            let is_file = match leads_to {
                None => true,
                Some(Ok(about)) if about.is_dir() => {
                    walked.links.extend(is_own.then_some(name));
                    continue;
                }
                Some(about) => about.is_ok_and(|about| about.is_file()),
            };
            if is_file && is_own {
                walked.files.push(File { name, content: Content::File(path) });
            } else if component(&name).is_some() || layout::is_metadata(&name) {
                let list = if is_own { &mut walked.no_files } else { &mut walked.elsewhere };
                list.push(name);
            }
        }
    }
    walked.files.sort_unstable_by(|one, other| in_order(&one.name, &other.name));
    walked.links.sort_unstable();
    walked.no_files.sort_unstable();
    walked.elsewhere.sort_unstable();
    Ok(walked)
}

/// The order in which the sf command line comes upon files: those of a folder, then what lies in
/// each folder below it, by names. Of two files for a component the last one counts.
fn in_order(one: &str, other: &str) -> Ordering {
    let (above, file) = one.rsplit_once('/').unwrap_or(("", one));
    let (other_above, other_file) = other.rsplit_once('/').unwrap_or(("", other));
    above.split('/').cmp(other_above.split('/')).then_with(|| file.cmp(other_file))
}

/// Says whether a folder, be it not there yet, lies where what lies under a path is read: files put
/// there would be taken for some of those.
pub fn is_read_with(path: &Path, folder: &Path) -> bool {
    let Some((root, folder)) = std::fs::canonicalize(path).ok().zip(real(folder)) else {
        return false;
    };
    let Ok(within) = folder.strip_prefix(&root) else { return false };
    let is_own = |part: &std::ffi::OsStr| {
        let name = part.to_string_lossy();
        !(name.starts_with('.') || name == OF_OTHERS)
    };
    let text = std::fs::read(root.join(project::FILE)).ok();
    let is_of_project = match text.map(|text| Project::parse(&text)) {
        Some(Ok(project)) => project.directory_of(&relative(&root, &folder.join("x"))).is_some(),
        _ => true,
    };
    root.is_dir() && within.iter().all(is_own) && is_of_project
}

/// The path without links, of what need not be there.
fn real(path: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(path).ok()?;
    let (there, real) =
        whole.ancestors().find_map(|one| Some((one, std::fs::canonicalize(one).ok()?)))?;
    Some(whole.strip_prefix(there).map_or(real.clone(), |rest| real.join(rest)))
}

/// Says whether macOS put a file beside the others in an archive (`__MACOSX/`,
/// `._Admin.profile`).
fn is_of_a_machine(name: &str) -> bool {
    name.split('/').any(|part| part == "__MACOSX" || part.starts_with("._"))
}

/// Says which component a file holds, in either format.
pub(super) fn component(name: &str) -> Option<ComponentId> {
    if is_of_a_machine(name) { None } else { layout::component_of(name) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_before_the_folders_beside_them() {
        let mut names = [
            "p/sales/Acme.permissionset-meta.xml",
            "p/sales-emea/Acme.permissionset-meta.xml",
            "p/ABC/Acme.permissionset-meta.xml",
            "p/Acme.permissionset-meta.xml",
            "p/zz.permissionset-meta.xml",
            "z.profile-meta.xml",
        ];
        names.sort_by(|one, other| in_order(one, other));
        assert_eq!(
            names,
            [
                "z.profile-meta.xml",
                "p/Acme.permissionset-meta.xml",
                "p/zz.permissionset-meta.xml",
                "p/ABC/Acme.permissionset-meta.xml",
                "p/sales/Acme.permissionset-meta.xml",
                "p/sales-emea/Acme.permissionset-meta.xml",
            ]
        );
    }
}
