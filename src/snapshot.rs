//! Components on disk: a folder in metadata or source format, a project, a zip or one file, read
//! into a set with the record of what was asked for.

mod contents;
mod contradiction;
pub mod drift;
mod files;
mod forceignore;
mod project;
pub mod record;
pub mod selection;
pub mod side;
mod sorted;
pub mod stage;
pub mod take;
pub mod update;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::metadata::archive::ArchiveError;
use crate::metadata::compare::CompareError;
use crate::metadata::decomposed::Part;
use crate::metadata::document::{Document, DocumentError};
use crate::metadata::registry::{self, ApiVersion};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::{Component, ComponentId, ComponentSet, Requested};

pub use files::{Content, is_read_with};
use record::Record;
use sorted::Sorted;

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// The components, and what was asked for.
    pub components: ComponentSet,
    /// The file of some component, be it one that was not wanted: a new one belongs into the same
    /// layout and folder.
    pub model: Option<String>,
    /// The API version that the files are written in, by their manifest or their project.
    pub version: Option<ApiVersion>,
    /// What the reader should know of the files: what was left out and passed over, which of two
    /// counts, which record is none.
    pub remarks: Vec<String>,
    /// Files of metadata that this program does not read.
    pub passed_over: Vec<String>,
    /// The files of components that stand in several.
    pub parts: BTreeMap<ComponentId, Vec<Part>>,
    /// Files of components that are no metadata; what is in them is not observed.
    pub broken: Vec<FileError>,
}

/// Why a path cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing is there.
    #[error("`{}` does not exist", path.display())]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("`{}`: {why}", path.display())]
    NotReadable {
        /// Which file or folder.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A zip that is damaged or hostile.
    #[error("{0}")]
    Archive(ArchiveError),
    /// Nothing that this program knows, and no record of a request either.
    #[error("there is no metadata in it that this program knows{}", in_lines(.why))]
    Empty {
        /// The path as given.
        path: PathBuf,
        /// What is there, and why it is not read.
        why: Vec<String>,
    },
    /// The project's own file is broken.
    #[error("`sfdx-project.json`: {0}")]
    Project(String),
    /// Files that are no metadata; all of them.
    #[error("{}", FileErrors(.0))]
    Files(Vec<FileError>),
    /// A snapshot some of whose files are of before and some of now.
    #[error("a `sfsetup snapshot` that wrote it was cut off, or is still at it")]
    HalfDone,
    /// A snapshot that lacks files of its own.
    #[error("its snapshot.json names files that are not there: {}", listed(.0, LISTED))]
    Incomplete(Vec<String>),
    /// One component in two places.
    #[error("{id} stands in two files, `{one}` and `{other}`; which is meant cannot be told")]
    Twice {
        /// Which component.
        id: ComponentId,
        /// Where first.
        one: String,
        /// Where again.
        other: String,
    },
}

impl ReadError {
    fn not_readable(path: &Path, error: &std::io::Error) -> Self {
        Self::NotReadable { path: path.to_path_buf(), why: error.to_string() }
    }
}

/// One file that is no metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The file, relative to what was read.
    pub file: String,
    /// Where and why.
    pub message: String,
}

impl FileError {
    /// Says what is wrong with a file, and in which line and column of it.
    pub fn of_document(file: &str, error: &DocumentError) -> Self {
        let at = error.position;
        Self { file: format!("{file}:{}:{}", at.line, at.column), message: error.kind.to_string() }
    }

    /// The same of a file that was compared, whichever side it is.
    pub fn of_comparison(file: &str, error: &CompareError) -> Self {
        match error {
            CompareError::Actual(error) | CompareError::Baseline(error) => {
                Self::of_document(file, error)
            }
            CompareError::Read(error) => Self { file: file.to_owned(), message: error.to_string() },
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

/// So many names are listed where nothing else is said.
const LISTED: usize = 6;

/// Some of many, in words.
fn listed(names: &[impl fmt::Display], most: usize) -> String {
    let shown = names.iter().take(most).map(|name| format!("`{name}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn in_lines(why: &[String]) -> String {
    why.iter().map(|one| format!("\n{}", folded(one))).collect()
}

/// So many names stand in a list of a note that is not told in full.
const NAMED: usize = 3;

/// A note with its lists of names (`` `a`, `b` ``) cut short: the first few, and how many more.
pub fn folded(note: &str) -> String {
    let (mut out, mut count) = (String::with_capacity(note.len().min(1000)), 0);
    let more = |out: &mut String, count: usize| {
        if count > NAMED {
            let _ = write!(out, " and {} more", count - NAMED);
        }
    };
    // Every second piece stands between back quotes, if none of the names holds one.
    for (index, piece) in note.split('`').enumerate() {
        if index % 2 == 1 {
            count += 1;
            if count <= NAMED {
                let glue = if count == 1 { "" } else { ", " };
                let _ = write!(out, "{glue}`{piece}`");
            }
        } else if piece != ", " {
            more(&mut out, count);
            count = 0;
            out.push_str(piece);
        }
    }
    more(&mut out, count);
    out
}

struct FileErrors<'e>(&'e [FileError]);

impl fmt::Display for FileErrors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// Reads a folder, a project, a zip or a file.
///
/// Components that are not wanted are not kept, as profiles have megabytes; those of types with a
/// row of their own must be metadata all the same, for a checkout with a broken file is no state of
/// an org. A `snapshot.json` at the root is the record of what was asked for, and so is a
/// `package.xml` there, or one folder below, beside the folders that a retrieve wrote.
///
/// # Errors
/// See [`ReadError`]; a component's file that is no metadata is none, see [`Reading::broken`].
pub fn read(path: &Path, is_wanted: &dyn Fn(&ComponentId) -> bool) -> Result<Reading, ReadError> {
    let sorted = Sorted::open(path)?;
    if !sorted.errors.is_empty() {
        return Err(ReadError::Files(sorted.errors));
    }
    let mut components = ComponentSet::new(Requested::Unknown);
    components.not_observed = sorted.unread;
    let mut manifest = sorted.manifest;
    let mut stale = BTreeMap::new();
    if let Some(record) = sorted.record {
        manifest = Some(record.manifest());
        components.not_observed.extend(record.not_observed());
        stale = record.stale();
    }
    if let Some((id, one, other)) = sorted.twice.into_iter().find(|(id, ..)| is_wanted(id)) {
        return Err(ReadError::Twice { one, other, id });
    }
    let (mut parts, mut broken) = (BTreeMap::new(), Vec::new());
    for (id, file) in sorted.components {
        if !has_row(&id) && !is_wanted(&id) {
            continue;
        }
        let bytes = match file.content.read() {
            Ok(bytes) => bytes,
            Err(error @ ReadError::Files(_)) => {
                let why = Unseen::new(UnseenKind::Damaged, error.to_string());
                components.not_observed.insert(id, why);
                if let ReadError::Files(of_parts) = error {
                    broken.extend(of_parts);
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        match component(id.clone(), file.name, bytes) {
            Ok(component) => match stale.get(&component.id) {
                Some(reason) => not_read_now(&component, reason, &mut components),
                None if is_wanted(&component.id) => {
                    if let Content::Parts(_) = &file.content {
                        parts.insert(component.id.clone(), file.content.parts()?);
                    }
                    components.insert(component);
                }
                None => {}
            },
            Err(error) => {
                let why = Unseen::new(UnseenKind::Damaged, error.to_string());
                components.not_observed.insert(id, why);
                broken.push(error);
            }
        }
    }
    let version = manifest.as_ref().and_then(|manifest| manifest.version).or(sorted.version);
    if let Some(manifest) = manifest {
        components.requested = Requested::Manifest(manifest);
    }
    Ok(Reading {
        components,
        model: sorted.model,
        version,
        remarks: sorted.notes,
        passed_over: sorted.passed_over,
        parts,
        broken,
    })
}

/// Returns what a folder, a project or a zip holds, by the names of its files; none of them is read.
///
/// # Errors
/// See [`ReadError`].
pub(crate) fn names(path: &Path) -> Result<Vec<ComponentId>, ReadError> {
    Sorted::open(path).map(|sorted| sorted.components.into_keys().collect())
}

fn has_row(id: &ComponentId) -> bool {
    registry::rows().iter().any(|row| row.name == id.type_name)
}

fn component(id: ComponentId, file: String, bytes: Vec<u8>) -> Result<Component, FileError> {
    let document = Document::parse(bytes).map_err(|error| FileError::of_document(&file, &error))?;
    document
        .expect_root(&registry::root_name(&id.type_name, &id.full_name))
        .map_err(|error| FileError::of_document(&file, &error))?;
    Ok(Component { id, document, file })
}

/// Says that a component of an earlier snapshot is no word on what the org had when the record was
/// written; also by the name of whose it is, where it is wanted by that (S 2.1).
fn not_read_now(component: &Component, reason: &str, components: &mut ComponentSet) {
    let row = registry::find(&component.id.type_name);
    let owner = row.and_then(|row| row.owner(&component.document));
    for name in owner.as_deref().into_iter().chain([component.id.full_name.as_str()]) {
        let id = ComponentId::new(component.id.type_name.as_str(), name);
        components.not_observed.insert(id, Unseen::not_readable(reason));
    }
}

/// Refuses a snapshot that lacks files which its record names: what is absent there was there.
fn is_complete(record: &Record, there: &BTreeSet<String>) -> Result<(), ReadError> {
    let of_components = record.components.iter().flat_map(record::RecordedComponent::files);
    let missing: Vec<String> =
        of_components.filter(|file| !there.contains(*file)).map(str::to_owned).collect();
    if missing.is_empty() { Ok(()) } else { Err(ReadError::Incomplete(missing)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\"><custom>false\
                           </custom></Profile>";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn long_lists_of_a_note_are_cut_short() {
        for (note, expected) in [
            ("no list", "no list"),
            ("2 `.x` (`a`, `b`)", "2 `.x` (`a`, `b`)"),
            (
                "5 `.x` (`a`, `b`, `c`, `d`, `e`), 1 `.y` (`f`)",
                "5 `.x` (`a`, `b`, `c` and 2 more), 1 `.y` (`f`)",
            ),
            ("all: `a`, `b`, `c`, `d`", "all: `a`, `b`, `c` and 1 more"),
        ] {
            assert_eq!(folded(note), expected);
        }
    }

    #[test]
    fn a_project_is_read_through_its_package_folders() {
        let folder = folder(&[
            (
                "sfdx-project.json",
                "{\"packageDirectories\": [{\"path\": \"app\"}, {\"path\": \"extra/more\"}]}",
            ),
            ("app/main/default/profiles/Admin.profile-meta.xml", PROFILE),
            ("extra/more/profiles/Force%2Ecom - Free User.profile-meta.xml", PROFILE),
            ("elsewhere/profiles/Admin.profile", PROFILE),
        ]);
        let reading = read(folder.path(), &|_| true).unwrap();
        let names: Vec<String> =
            reading.components.components.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["Profile:Admin", "Profile:Force.com - Free User"]);
        assert!(matches!(reading.components.requested, Requested::Unknown));
    }

    #[test]
    fn code_beside_its_xml_is_no_second_component() {
        let class = "<ApexClass xmlns=\"http://soap.sforce.com/2006/04/metadata\"/>";
        let folder = folder(&[
            ("classes/Lamp.cls", "public class Lamp {}"),
            ("classes/Lamp.cls-meta.xml", class),
            ("profiles/Admin.profile", PROFILE),
        ]);
        let reading = read(folder.path(), &|_| true).unwrap();
        let names: Vec<String> =
            reading.components.components.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["ApexClass:Lamp", "Profile:Admin"]);
    }

    #[test]
    fn a_record_is_found_at_the_root_and_one_folder_below() {
        let package = "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>*\
                       </members><name>Profile</name></types><version>67.0</version></Package>";
        for prefix in ["", "unpackaged/"] {
            let folder = folder(&[
                (&format!("{prefix}package.xml"), package),
                (&format!("{prefix}profiles/Admin.profile"), PROFILE),
            ]);
            let reading = read(folder.path(), &|_| true).unwrap();
            let Requested::Manifest(manifest) = &reading.components.requested else {
                panic!("no record")
            };
            assert!(manifest.covers("Profile", "Other"));
        }
        let snapshot = "{\"format\": \"sfsetup.snapshot/1\", \"manifest\": {\"types\": {\"Profile\": [\"System Administrator\"]}, \"version\": \"67.0\"}, \"not_observed\": [{\"type\": \"ConnectedApp\", \"full_name\": \"A\", \"reason\": \"owned elsewhere\"}]}";
        let folder = folder(&[("snapshot.json", snapshot), ("profiles/Admin.profile", PROFILE)]);
        let components = read(folder.path(), &|_| true).unwrap().components;
        assert_eq!(
            components.not_observed[&ComponentId::new("ConnectedApp", "A")].words,
            "owned elsewhere"
        );
        assert!(
            matches!(components.requested, Requested::Manifest(manifest) if manifest.covers("Profile", "Admin"))
        );
    }

    #[test]
    fn what_is_of_an_earlier_snapshot_is_not_observed_by_either_of_its_names() {
        let part = "<ExtlClntAppOauthSettings \
                    xmlns=\"http://soap.sforce.com/2006/04/metadata\"><externalClientApplication>\
                    Acme</externalClientApplication></ExtlClntAppOauthSettings>";
        let file = "extlClntAppOauthSettings/Acme_oauth.ecaOauth";
        let record = format!(
            "{{\"manifest\": {{\"types\": {{\"ExtlClntAppOauthSettings\": [\"*\"]}}}}, \
             \"components\": [{{\"type\": \"ExtlClntAppOauthSettings\", \"full_name\": \
             \"Acme_oauth\", \"file\": \"{file}\", \"stale\": \"maintenance\"}}]}}"
        );
        let there = folder(&[("snapshot.json", &record), (file, part)]);
        let set = read(there.path(), &|_| true).unwrap().components;
        assert!(set.components.is_empty());
        for name in ["Acme", "Acme_oauth"] {
            let reason = &set.not_observed[&ComponentId::new("ExtlClntAppOauthSettings", name)];
            assert!(reason.words.contains("maintenance"), "{reason}");
        }
        std::fs::remove_file(there.path().join(file)).unwrap();
        let error = read(there.path(), &|_| true).unwrap_err();
        assert!(matches!(error, ReadError::Incomplete(files) if files == [file]));
    }

    #[test]
    fn a_snapshots_manifest_for_other_tools_is_no_record_of_what_was_asked_for() {
        let package = "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>\
                       Mine</members><name>PermissionSet</name></types></Package>";
        let there = folder(&[
            ("snapshot.json", "{\"manifest\": {\"types\": {\"Profile\": [\"*\"]}}}"),
            ("package.xml", package),
            ("profiles/Admin.profile", PROFILE),
        ]);
        let requested = read(there.path(), &|_| true).unwrap().components.requested;
        let Requested::Manifest(manifest) = requested else { panic!("no record") };
        assert!(manifest.covers("Profile", "A") && !manifest.covers("PermissionSet", "Mine"));
    }

    #[test]
    fn what_cannot_be_read_is_said_at_once() {
        let broken = folder(&[
            ("profiles/A.profile", "<Profile"),
            ("profiles/B.profile", ""),
            ("profiles/C.profile", PROFILE),
        ]);
        let reading = read(broken.path(), &|_| true).unwrap();
        let lines: Vec<String> = reading.broken.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "profiles/A.profile:1:1: the file ends in the middle of a tag",
                "profiles/B.profile:1:1: the file is empty"
            ]
        );
        // The others are there, and what could not be read is not taken for absent.
        let set = reading.components;
        assert_eq!(
            set.components.keys().map(ToString::to_string).collect::<Vec<_>>(),
            ["Profile:C"]
        );
        assert_eq!(set.not_observed[&ComponentId::new("Profile", "A")].words, lines[0]);
        let twice = folder(&[("a/profiles/A.profile", PROFILE), ("b/profiles/A.profile", PROFILE)]);
        assert!(matches!(read(twice.path(), &|_| true).unwrap_err(), ReadError::Twice { .. }));
        assert!(matches!(
            read(folder(&[("a.txt", "")]).path(), &|_| true).unwrap_err(),
            ReadError::Empty { .. }
        ));
        assert!(matches!(
            read(Path::new("no/such"), &|_| true).unwrap_err(),
            ReadError::NotFound { .. }
        ));
        let wrong = folder(&[("profiles/A.profile", &PROFILE.replace("Profile", "PermissionSet"))]);
        let reading = read(wrong.path(), &|_| true).unwrap();
        assert!(reading.broken[0].message.contains("`PermissionSet` where `Profile`"));
    }

    #[test]
    fn one_file_is_a_set_of_one() {
        let folder = folder(&[("profiles/Admin.profile", PROFILE)]);
        let reading = read(&folder.path().join("profiles/Admin.profile"), &|_| true).unwrap();
        assert_eq!(reading.components.components.len(), 1);
    }
}
