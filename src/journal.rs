//! What was deployed to an org, when, and what was there before: one file a deploy, under the
//! user's state folder.
//!
//! An entry is on disk before the request goes out and follows it stage by stage, so that a run
//! that was cut off can be finished by the next, and any deploy taken back. The files are readable
//! by their owner alone: they hold the org's metadata.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::plan::assignment::{Assigned, Assignment};
use crate::plan::before_image::Image;
use crate::plan::saved::{SavedChange, SavedOrg, digest, sealed};

/// The format's name and version.
pub const FORMAT: &str = "sfsetup.journal/1";

/// How far a deploy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Written down, nothing sent.
    Prepared,
    /// About to be sent, or sent: from here on the org may have it.
    Sent,
    /// The org has it, under the entry's deploy id.
    Accepted,
    /// The org has carried it out; what REST does and the look afterwards are outstanding.
    Applied,
    /// Carried out and looked at.
    Done,
    /// The org has refused it, or rolled it back.
    Failed,
    /// It was canceled before it did anything.
    Canceled,
    /// It never reached the org.
    NotSent,
    /// Its answer was lost, and when it was looked for the org had carried out a deploy of the same
    /// components of which nothing was there any more.
    Undone,
    /// The org no longer knows it, and does not hold all that it makes: it was refused, or others
    /// have changed the same since.
    Forgotten,
}

impl Stage {
    /// Says whether a run was cut off here, so that the next must find out what became of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Prepared | Self::Sent | Self::Accepted | Self::Applied)
    }

    /// Returns the stage in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Prepared => "prepared, not sent",
            Self::Sent => "sent, answer outstanding",
            Self::Accepted => "running in the org",
            Self::Applied => "applied, not yet verified",
            Self::Done => "applied",
            Self::Failed => "refused by the org",
            Self::Canceled => "canceled",
            Self::NotSent => "never reached the org",
            Self::Forgotten => "the org no longer knows it, and does not hold all of it",
            Self::Undone => "nothing of it was there any more when it was looked for",
        }
    }
}

/// One deploy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// [`FORMAT`].
    pub format: String,
    /// The entry's own id; in order of time.
    pub id: String,
    /// The org.
    pub org: SavedOrg,
    /// When it began, UTC.
    pub started: String,
    /// What it was for, in words.
    pub what: String,
    /// How far it has come.
    pub stage: Stage,
    /// The org's id of it.
    pub deploy_id: Option<String>,
    /// Whether the org was only to try it.
    pub check_only: bool,
    /// The newest deploys that the org knew before, so that this one can be told among them.
    pub known_deploys: Vec<String>,
    /// The API version of the package.
    pub api_version: String,
    /// What was to change.
    pub changes: Vec<SavedChange>,
    /// The components before.
    pub before: Vec<Stored>,
    /// The components as they were to be after.
    pub after: Vec<Stored>,
    /// The components that were made, as the org showed them at the look afterwards: what is in
    /// them beyond that, others have put there. Entries of older versions have none, nor has one
    /// whose look failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Settled>,
    /// What is to be given to users.
    pub assign: Vec<Assignment>,
    /// What is to be taken back, with the rows that gave it.
    pub unassign: Vec<Assigned>,
    /// What was given, with the rows that did, or was begun to be given.
    pub assigned: Vec<Assigned>,
    /// The entry that this one takes back.
    pub rolls_back: Option<String>,
    /// Whether it left something that should have been done too.
    #[serde(default)]
    pub is_partial: bool,
    /// The entry that took this one back.
    pub rolled_back_by: Option<String>,
    /// The digest of the saved plan that it carries out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The run over many orgs of which it is a part, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl Entry {
    /// Holds the files before and after against the changes: what came or went as a whole must be
    /// said there. A file that is lost must not pass for one that was not there.
    fn check_components(&self) -> Result<(), JournalError> {
        let name = |stored: &Stored| ComponentId::new(&*stored.type_name, &*stored.full_name);
        let unreadable = |component: String, why: &str| JournalError::Unreadable {
            entry: self.id.clone(),
            component,
            why: why.to_owned(),
        };
        for change in &self.changes {
            let is_it = |stored: &&Stored| change.is_of(&name(stored));
            let (Some(before), Some(after)) =
                (self.before.iter().find(is_it), self.after.iter().find(is_it))
            else {
                return Err(unreadable(
                    change.component.clone(),
                    "it was changed, and what was there before and after is not all in it",
                ));
            };
            let is_said = |stored: &Stored, value: &Option<serde_json::Value>| {
                stored.xml.is_some() || change.path.is_none() && value.is_none()
            };
            // A component that is made has a change of its own, and others within it.
            let is_whole = |one: &SavedChange| one.path.is_none() && one.is_of(&name(before));
            let has_whole = self.changes.iter().any(is_whole);
            let is_said = is_said(before, &change.from) && is_said(after, &change.to);
            if !(has_whole || is_said) {
                return Err(unreadable(
                    change.component.clone(),
                    "settings of it were changed, and its file before or after is not in it",
                ));
            }
        }
        Ok(())
    }

    /// Returns how far it has come, in words.
    pub fn words(&self) -> String {
        match (self.check_only, self.stage) {
            (true, Stage::Done) => "validated".to_owned(),
            (true, stage) => format!("validation, {}", stage.words()),
            (false, stage) => stage.words().to_owned(),
        }
    }

    /// Returns each component before the deploy and after it.
    ///
    /// # Errors
    /// A file in it is no metadata: what was there is not known then, and nothing may be taken for
    /// "was not there".
    pub fn images(&self) -> Result<Vec<Image>, JournalError> {
        self.check_components()?;
        let read = |stored: &Stored| {
            let Some(xml) = &stored.xml else { return Ok(None) };
            let document = Document::parse(xml.clone().into_bytes());
            document.map(Some).map_err(|error| JournalError::Unreadable {
                entry: self.id.clone(),
                component: format!("{}:{}", stored.type_name, stored.full_name),
                why: error.to_string(),
            })
        };
        let mut images = Vec::new();
        for before in &self.before {
            let is_it = |after: &&Stored| {
                after.type_name == before.type_name && after.full_name == before.full_name
            };
            let after = self.after.iter().find(is_it).ok_or_else(|| JournalError::Unreadable {
                entry: self.id.clone(),
                component: format!("{}:{}", before.type_name, before.full_name),
                why: "what the deploy made of it is not in it".to_owned(),
            })?;
            images.push(Image {
                id: ComponentId::new(before.type_name.as_str(), before.full_name.as_str()),
                before: read(before)?,
                after: read(after)?,
                settled: match self.settled.iter().find(|one| is_it(&&one.file)) {
                    Some(settled) => read(&settled.file)?,
                    None => None,
                },
            });
        }
        Ok(images)
    }
}

/// A component's file before or after a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The metadata type.
    pub type_name: String,
    /// The full name, decoded.
    pub full_name: String,
    /// Its XML; none where it was not there.
    pub xml: Option<String>,
}

/// A component that a deploy made, as the org showed it right after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Its file.
    #[serde(flatten)]
    pub file: Stored,
    /// When it was last changed then, by the org's clock; where not all of it can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refuses.
    #[error("cannot use the journal `{}`: {error}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another run is at work on the org.
    #[error("another run of sfsetup is deploying to this org now")]
    Locked,
    /// A component's file in an entry that is no metadata.
    #[error("the journal's entry {entry} cannot be read as far as {component} goes: {why}")]
    Unreadable {
        /// Which entry.
        entry: String,
        /// Which component.
        component: String,
        /// What is wrong.
        why: String,
    },
}

/// The journal of one org, locked as long as it lives.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    _lock: File,
}

impl Journal {
    /// Opens an org's journal for writing and locks it, so that two runs do not deploy to one org
    /// at once.
    ///
    /// # Errors
    /// Another run holds it, or the folder cannot be used.
    pub fn open(base: &Path, org_id: &str) -> Result<Self, JournalError> {
        let folder = folder_of(base, org_id);
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |error| JournalError::Io { path, error }
        };
        private_folder(&folder).map_err(failed(&folder))?;
        let path = folder.join("lock");
        let lock = private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&path)
            .map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(JournalError::Locked),
            Err(fs::TryLockError::Error(error)) => Err(failed(&path)(error)),
        }
    }

    /// Makes an id for a new entry: the time, and a number where two begin in one second.
    pub fn new_id(&self) -> String {
        let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
        (1..)
            .map(|number| format!("{now}-{number}"))
            .find(|id| !self.path(id).exists())
            .unwrap_or(now)
    }

    /// Writes an entry, whole or not at all, and waits until it is on disk.
    ///
    /// # Errors
    /// The system refuses.
    pub fn write(&self, entry: &Entry) -> Result<(), JournalError> {
        let path = self.path(&entry.id);
        let failed = |error| JournalError::Io { path: path.clone(), error };
        let text = sealed(entry).and_then(|json| serde_json::to_vec_pretty(&json));
        let text = text.map_err(|error| failed(io::Error::other(error)))?;
        // A temporary file of this kind is its owner's alone.
        let mut file =
            tempfile::Builder::new().prefix(".entry-").tempfile_in(&self.folder).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        // The name is on disk only when its folder is; not every system lets a folder be opened.
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// Reads the entries.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn contents(&self) -> Result<Contents, JournalError> {
        contents_of(&self.folder)
    }

    /// Removes an entry.
    ///
    /// # Errors
    /// The system refuses.
    pub fn remove(&self, id: &str) -> Result<(), JournalError> {
        let path = self.path(id);
        fs::remove_file(&path).map_err(|error| JournalError::Io { path, error })
    }

    /// Removes all entries, those that cannot be read too.
    ///
    /// # Errors
    /// The system refuses.
    pub fn clear(&self) -> Result<(), JournalError> {
        let Contents { entries, damaged } = self.contents()?;
        let damaged = damaged.into_iter().map(|one| one.id);
        entries.into_iter().map(|one| one.id).chain(damaged).try_for_each(|id| self.remove(&id))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// What a journal holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// Files that cannot be read; each stands in its own way alone.
    pub damaged: Vec<Damaged>,
}

/// A file of a journal that cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the journal's file `{}` cannot be read: {why}", path.display())]
pub struct Damaged {
    /// The id of its entry, by the name of the file.
    pub id: String,
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// Reads an org's entries. Needs no lock: entries are written whole.
///
/// # Errors
/// The folder cannot be read.
pub fn contents(base: &Path, org_id: &str) -> Result<Contents, JournalError> {
    contents_of(&folder_of(base, org_id))
}

/// Returns the orgs of which there is a journal, by their ids, and whether a run holds each now.
///
/// # Errors
/// The folder cannot be read.
pub fn orgs(base: &Path) -> io::Result<Vec<(String, bool)>> {
    let folders = match fs::read_dir(base) {
        Ok(folders) => folders,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    for folder in folders {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        let lock = OpenOptions::new().write(true).open(folder.path().join("lock"));
        let is_held =
            lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)));
        all.push((folder.file_name().to_string_lossy().into_owned(), is_held));
    }
    all.sort();
    Ok(all)
}

fn contents_of(folder: &Path) -> Result<Contents, JournalError> {
    let failed = |error| JournalError::Io { path: folder.to_path_buf(), error };
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
        Err(error) => return Err(failed(error)),
    };
    let mut contents = Contents::default();
    for file in files {
        let path = file.map_err(failed)?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match read(&path, &id) {
            Ok(entry) => contents.entries.push(entry),
            Err(why) => contents.damaged.push(Damaged { id, path, why }),
        }
    }
    contents.entries.sort_by(|one, other| one.id.cmp(&other.id));
    contents.damaged.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(contents)
}

/// Reads an entry; or says what is wrong with its file.
fn read(path: &Path, id: &str) -> Result<Entry, String> {
    let text = fs::read(path).map_err(|error| error.to_string())?;
    let json: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    match json["format"].as_str() {
        Some(FORMAT) => {}
        other => {
            return Err(format!(
                "it is of the format `{}`, and this program writes `{FORMAT}`",
                other.unwrap_or_default()
            ));
        }
    }
    // Older versions wrote none.
    if json["digest"].as_str().is_some_and(|written| written != digest(&json)) {
        return Err("it was changed after it was written".to_owned());
    }
    let entry: Entry = serde_json::from_value(json).map_err(|error| error.to_string())?;
    // The id names the file that is written next.
    if entry.id != id {
        return Err(format!("it says that it is the entry `{}`", entry.id));
    }
    Ok(entry)
}

/// An org's id names its folder; one that is no id must not lead elsewhere.
fn folder_of(base: &Path, org_id: &str) -> PathBuf {
    let name: String = org_id.chars().filter(char::is_ascii_alphanumeric).collect();
    base.join(if name.is_empty() { "unknown".to_owned() } else { name })
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_is_locked_by_one_run_and_its_entries_are_private() {
        let base = tempfile::tempdir().unwrap();
        let journal = Journal::open(base.path(), "00D000000000001AAA").unwrap();
        assert!(matches!(
            Journal::open(base.path(), "00D000000000001AAA"),
            Err(JournalError::Locked)
        ));
        let entry = Entry {
            format: FORMAT.to_owned(),
            id: journal.new_id(),
            org: SavedOrg {
                id: "00D".to_owned(),
                name: "a".to_owned(),
                instance_url: String::new(),
            },
            started: String::new(),
            what: "a test".to_owned(),
            stage: Stage::Sent,
            deploy_id: None,
            check_only: false,
            known_deploys: Vec::new(),
            api_version: "67.0".to_owned(),
            changes: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            assign: Vec::new(),
            unassign: Vec::new(),
            assigned: Vec::new(),
            rolls_back: None,
            is_partial: false,
            settled: Vec::new(),
            rolled_back_by: None,
            plan: None,
            run: None,
        };
        journal.write(&entry).unwrap();
        assert_ne!(journal.new_id(), entry.id);
        let read = || contents(base.path(), "00D000000000001AAA").unwrap();
        assert_eq!(read().entries[0].stage, Stage::Sent);

        // One that was changed by hand, cut off or renamed stands in its own way alone.
        let path = journal.path(&entry.id);
        let text = fs::read_to_string(&path).unwrap();
        let other = journal.path("20260101-000000-1");
        for (bad, why) in [
            (text.replace("sent", "done"), "changed after it was written"),
            (text[..text.len() / 2].to_owned(), "EOF"),
            (text.replace(FORMAT, "sfsetup.journal/9"), "sfsetup.journal/9"),
            (text.clone(), "it says that it is the entry"),
        ] {
            fs::write(&other, bad).unwrap();
            let found = read();
            assert_eq!((found.entries.len(), found.damaged.len()), (1, 1));
            assert!(found.damaged[0].to_string().contains(why), "{:?}", found.damaged);
        }
        fs::remove_file(other).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(journal.path(&entry.id)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        drop(journal);
        Journal::open(base.path(), "00D000000000001AAA").unwrap().remove(&entry.id).unwrap();
        assert!(contents(base.path(), "../x").unwrap().entries.is_empty());
    }
}
