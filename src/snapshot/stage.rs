//! A folder changed whole or not at all: everything is written beside it first, then put in its
//! place, the record last. A run that was killed meanwhile is finished by the next one.
//!
//! A folder that is new is built under another name and renamed. One that is there is changed file
//! by file, by a plan that is on disk before the first file moves; as long as the plan lies there
//! the folder is not read as a state of an org.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{record, write};
use crate::metadata::sha256::sha256;

/// The folder in a snapshot's folder in which a run works; git passes it over.
const WORK: &str = ".sfsetup-snapshot";
/// The plan, as long as files are being put in their places.
const PLAN: &str = "plan.json";
/// The plan, once they all are, until the run is over (a commit may be still to come).
const PLACED: &str = "placed.json";

/// Says whether a run is, or was, putting files into their places: some are of before, some of now.
pub(super) fn is_half_done(folder: &Path) -> bool {
    folder.join(WORK).join(PLAN).exists()
}

/// Says whether a folder of this name is one in which a run works.
pub(super) fn is_work(name: &str) -> bool {
    name == WORK
}

/// Why a folder cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Another run works on it.
    #[error("another `sfsetup snapshot` is at it")]
    Busy,
    /// Something is in the way.
    #[error("`{}` is in the way: {why}", path.display())]
    InTheWay {
        /// What.
        path: PathBuf,
        /// Why it is.
        why: &'static str,
    },
    /// The system refuses.
    #[error("`{}`: {error}", path.display())]
    System {
        /// Which file or folder.
        path: PathBuf,
        /// The system's words.
        error: io::Error,
    },
}

fn system(path: &Path) -> impl FnOnce(io::Error) -> StageError + '_ {
    move |error| StageError::System { path: path.to_path_buf(), error }
}

/// What is to be done with the files of a folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Plan {
    /// What a commit of it says.
    pub message: String,
    /// The files that are written, with the SHA-256 of their bytes.
    pub write: BTreeMap<String, String>,
    /// The files that are removed.
    pub remove: BTreeSet<String>,
}

impl Plan {
    /// A file that no snapshot has: somebody else has written the plan.
    fn foreign(&self) -> Option<&str> {
        let is_own = |name: &str| {
            let is_loose = [record::FILE, write::PACKAGE, write::PROJECT].contains(&name);
            is_loose || write::is_place(name)
        };
        self.write.keys().chain(&self.remove).map(String::as_str).find(|name| !is_own(name))
    }

    /// Says whether a file of the folder is as the plan leaves it.
    pub fn is_done(&self, folder: &Path, name: &str) -> bool {
        match fs::read(folder.join(name)) {
            Ok(bytes) => self.write.get(name).is_some_and(|wanted| *wanted == sha256(&bytes)),
            Err(error) => error.kind() == io::ErrorKind::NotFound && self.remove.contains(name),
        }
    }
}

/// What became of a file that is put into the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The folder has it with these bytes.
    Same,
    /// The folder has it with other bytes, or not at all.
    Other,
}

/// A change of a folder that is being prepared; dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Stage {
    out: PathBuf,
    /// Where a folder that is new is built.
    new: Option<PathBuf>,
    work: PathBuf,
    /// Held as long as the stage lives; free once a killed run is gone.
    lock: Option<File>,
    plan: Plan,
    is_placed: bool,
}

impl Stage {
    /// Opens a folder for a change, and locks it; what a run that was killed has left is cleaned
    /// up, but for what it was about to put in place ([`Stage::left`]).
    ///
    /// # Errors
    /// Another run works on it, or the system refuses.
    pub fn open(out: &Path) -> Result<Self, StageError> {
        let new = match fs::metadata(out) {
            Ok(about) if about.is_dir() => None,
            Ok(_) => {
                return Err(StageError::InTheWay {
                    path: out.to_path_buf(),
                    why: "it is a file, not a folder",
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(beside(out)?),
            Err(error) => return Err(system(out)(error)),
        };
        let work = new.as_deref().unwrap_or(out).join(WORK);
        // In a stranger's checkout: what a link leads to is not this program's to clear.
        for path in new.iter().chain([&work]) {
            is_no_link(path)?;
        }
        fs::create_dir_all(&work).map_err(system(&work))?;
        let lock = lock(&work)?;
        let stage = Self {
            out: out.to_path_buf(),
            new,
            work,
            lock: Some(lock),
            plan: Plan::default(),
            is_placed: false,
        };
        if stage.left()?.is_none() {
            stage.clear()?;
        }
        Ok(stage)
    }

    /// Removes what an earlier run left in the stage, but not the lock.
    fn clear(&self) -> Result<(), StageError> {
        let root = self.new.as_deref().unwrap_or(&self.work);
        for folder in BTreeSet::from([root, self.work.as_path()]) {
            for entry in fs::read_dir(folder).map_err(system(folder))? {
                let path = entry.map_err(system(folder))?.path();
                if path == self.work || path == self.work.join(LOCK) {
                    continue;
                }
                let is_folder = path.symlink_metadata().is_ok_and(|about| about.is_dir());
                let removed =
                    if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.map_err(system(&path))?;
            }
            // Git passes over what lies here, also where a killed run leaves it.
            let ignore = folder.join(IGNORE);
            fs::write(&ignore, "*\n").map_err(system(&ignore))?;
        }
        Ok(())
    }

    /// What a run that was killed had begun, or had done and not yet told anybody (a commit).
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn left(&self) -> Result<Option<Plan>, StageError> {
        // A new folder is renamed with its plan in it: before that nothing was begun.
        if self.new.is_some() {
            return Ok(None);
        }
        for name in [PLAN, PLACED] {
            let path = self.work.join(name);
            match fs::read(&path) {
                Ok(bytes) => {
                    let plan: Plan = serde_json::from_slice(&bytes)
                        .map_err(|error| system(&path)(io::Error::other(error)))?;
                    return match plan.foreign() {
                        None => Ok(Some(plan)),
                        Some(name) => Err(system(&path)(io::Error::other(format!(
                            "it names `{name}`, which is no file of a snapshot"
                        )))),
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(system(&path)(error)),
            }
        }
        Ok(None)
    }

    /// Puts in place what a killed run had ready.
    ///
    /// # Errors
    /// The system refuses.
    pub fn finish_left(&mut self, plan: Plan) -> Result<(), StageError> {
        self.plan = plan;
        // It stays until it is done.
        self.is_placed = true;
        self.is_free()?;
        self.put_in_place()
    }

    /// Forgets what a killed run had left, once it is finished.
    ///
    /// # Errors
    /// The system refuses.
    pub fn forget_left(&mut self) -> Result<(), StageError> {
        self.plan = Plan::default();
        self.is_placed = false;
        self.clear()
    }

    /// Takes a file into the change, where the folder has other bytes.
    ///
    /// # Errors
    /// The system refuses.
    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result<Put, StageError> {
        let there = self.out.join(name);
        if fs::read(&there).ok().as_deref() == Some(bytes) {
            return Ok(Put::Same);
        }
        let path = self.staged(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(system(folder))?;
        }
        fs::write(&path, bytes).map_err(system(&path))?;
        self.plan.write.insert(name.to_owned(), sha256(bytes));
        Ok(Put::Other)
    }

    fn staged(&self, name: &str) -> PathBuf {
        self.new.as_deref().map_or_else(|| self.work.join("files"), Path::to_path_buf).join(name)
    }

    /// Puts everything in place and removes files, the record last; `message` is what a commit of
    /// it would say.
    ///
    /// # Errors
    /// Something is in the way: nothing was changed. The system refuses: the next run goes on.
    pub fn place(&mut self, remove: BTreeSet<String>, message: String) -> Result<(), StageError> {
        self.plan.remove = remove;
        self.plan.message = message;
        if self.plan.write.is_empty() && self.plan.remove.is_empty() {
            return Ok(());
        }
        self.is_free()?;
        let plan = self.work.join(PLAN);
        let text = serde_json::to_vec_pretty(&self.plan)
            .map_err(|error| system(&plan)(io::Error::other(error)))?;
        let next = self.work.join("plan.next");
        write_flushed(&next, &text).map_err(system(&next))?;
        fs::rename(&next, &plan).map_err(system(&plan))?;
        if let Some(new) = self.new.take() {
            if let Err(error) = fs::remove_file(new.join(IGNORE)).and_then(|()| {
                // Some systems do not rename a folder in which a file is open.
                self.lock = None;
                fs::rename(&new, &self.out)
            }) {
                self.new = Some(new);
                return Err(system(&self.out)(error));
            }
            self.work = self.out.join(WORK);
        }
        self.put_in_place()
    }

    /// Checks that each file can be put in its place, and none beyond a link.
    fn is_free(&self) -> Result<(), StageError> {
        for name in self.plan.write.keys().chain(&self.plan.remove) {
            let path = self.out.join(name);
            if path.is_dir() {
                return Err(StageError::InTheWay { path, why: "a file belongs there" });
            }
            let Some(folder) = path.parent().filter(|folder| *folder != self.out) else { continue };
            is_no_link(folder)?;
            if folder.exists() && !folder.is_dir() {
                let path = folder.to_path_buf();
                return Err(StageError::InTheWay { path, why: "a folder belongs there" });
            }
        }
        Ok(())
    }

    fn put_in_place(&mut self) -> Result<(), StageError> {
        // From here on the plan stays until all is done, whatever happens.
        self.is_placed = true;
        let is_record = |name: &&String| name.as_str() == record::FILE;
        for name in self.plan.write.keys().filter(|name| !is_record(name)) {
            self.move_in(name)?;
        }
        for name in &self.plan.remove {
            let path = self.out.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(system(&path)(error));
                }
                _ => {}
            }
            // A folder that is empty now goes too; one that is not, stays.
            if let Some(folder) = path.parent().filter(|folder| *folder != self.out) {
                let _ = fs::remove_dir(folder);
            }
        }
        for name in self.plan.write.keys().filter(is_record) {
            self.move_in(name)?;
        }
        let (plan, placed) = (self.work.join(PLAN), self.work.join(PLACED));
        match fs::rename(&plan, &placed) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(system(&placed)(error)),
            _ => Ok(()),
        }
    }

    /// Moves a file from the stage to its place; one that is not in the stage was moved before.
    fn move_in(&self, name: &str) -> Result<(), StageError> {
        let (from, to) = (self.work.join("files").join(name), self.out.join(name));
        if !from.exists() {
            return Ok(());
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(system(folder))?;
        }
        fs::rename(&from, &to).map_err(system(&to))
    }

    /// Ends the change: what it needed is removed.
    ///
    /// # Errors
    /// The system refuses.
    pub fn end(mut self) -> Result<(), StageError> {
        self.lock = None;
        self.is_placed = false;
        let root = self.new.as_deref().unwrap_or(&self.work);
        match fs::remove_dir_all(root) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(system(root)(error)),
            _ => Ok(()),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What is in its place and not yet committed, or half in its place, is the next run's.
        if !self.is_placed {
            let root = self.new.as_deref().unwrap_or(&self.work);
            let _ = fs::remove_dir_all(root);
        }
    }
}

const LOCK: &str = "lock";
const IGNORE: &str = ".gitignore";

fn lock(work: &Path) -> Result<File, StageError> {
    let path = work.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(system(&path))?;
    match file.try_lock() {
        // Whoever held it a moment ago may have taken the file away with the folder.
        Ok(()) if is_same(&file, &path) => Ok(file),
        Ok(()) | Err(fs::TryLockError::WouldBlock) => Err(StageError::Busy),
        Err(fs::TryLockError::Error(error)) => Err(system(&path)(error)),
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let key = |about: io::Result<fs::Metadata>| about.ok().map(|about| (about.dev(), about.ino()));
    let own = key(file.metadata());
    own.is_some() && own == key(fs::metadata(path))
}

#[cfg(not(unix))]
fn is_same(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Where a folder that is not there yet is built: beside it, so that it can be renamed.
fn beside(out: &Path) -> Result<PathBuf, StageError> {
    let Some(name) = out.file_name() else {
        return Err(StageError::InTheWay { path: out.to_path_buf(), why: "it names no folder" });
    };
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(system(folder))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".sfsetup-new");
    Ok(folder.join(hidden))
}

fn is_no_link(path: &Path) -> Result<(), StageError> {
    if path.symlink_metadata().is_ok_and(|about| about.is_symlink()) {
        return Err(StageError::InTheWay { path: path.to_path_buf(), why: "it is a link" });
    }
    Ok(())
}

fn write_flushed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> =
            entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// As if the process had ended here.
    fn kill(mut stage: Stage) {
        stage.lock = None;
        std::mem::forget(stage);
    }

    fn begin(out: &Path) -> Stage {
        let mut stage = Stage::open(out).unwrap();
        stage.put("profiles/One.profile", b"1").unwrap();
        stage.put("snapshot.json", b"{}").unwrap();
        stage
    }

    #[test]
    fn a_new_folder_is_there_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("deep/out");
        drop(begin(&out));
        assert_eq!(names(&root.path().join("deep")), Vec::<String>::new());
        kill(begin(&out));
        assert!(!out.exists());
        let mut stage = begin(&out);
        assert_eq!(names(out.parent().unwrap()), [".out.sfsetup-new"]);
        stage.place(BTreeSet::new(), String::new()).unwrap();
        stage.end().unwrap();
        assert_eq!(names(out.parent().unwrap()), ["out"]);
        assert_eq!(names(&out), ["profiles", "snapshot.json"]);
    }

    #[test]
    fn what_is_in_its_place_and_not_told_yet_is_the_next_runs() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("out");
        let mut stage = begin(&out);
        stage.place(BTreeSet::new(), "first".to_owned()).unwrap();
        kill(stage);
        assert!(!is_half_done(&out), "all files are in their places");
        let mut stage = Stage::open(&out).unwrap();
        let left = stage.left().unwrap().unwrap();
        assert_eq!(left.message, "first");
        assert!(left.is_done(&out, "profiles/One.profile") && !left.is_done(&out, "other"));
        stage.finish_left(left).unwrap();
        stage.forget_left().unwrap();
        assert!(stage.left().unwrap().is_none());
        stage.end().unwrap();
        assert_eq!(names(&out), ["profiles", "snapshot.json"]);
    }

    #[test]
    fn the_record_is_written_last_and_files_go_before() {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().to_path_buf();
        fs::create_dir_all(out.join("tabs")).unwrap();
        fs::write(out.join("tabs/Gone.tab"), "x").unwrap();
        let mut stage = begin(&out);
        // Something in the way of the first file stops it on the way.
        fs::write(out.join("profiles"), "mine").unwrap();
        let error = stage.place(["tabs/Gone.tab".to_owned()].into(), String::new()).unwrap_err();
        assert!(matches!(error, StageError::InTheWay { .. }), "{error}");
        drop(stage);
        assert_eq!(
            names(&out),
            ["profiles", "tabs"],
            "nothing was moved, and nothing is left behind"
        );
        fs::remove_file(out.join("profiles")).unwrap();
        let mut stage = begin(&out);
        stage.plan.remove = ["tabs/Gone.tab".to_owned()].into();
        fs::write(stage.work.join(PLAN), serde_json::to_vec(&stage.plan).unwrap()).unwrap();
        stage.move_in("profiles/One.profile").unwrap();
        kill(stage);
        assert!(is_half_done(&out) && !out.join("snapshot.json").exists());
        let mut stage = Stage::open(&out).unwrap();
        let left = stage.left().unwrap().unwrap();
        stage.finish_left(left).unwrap();
        stage.end().unwrap();
        assert_eq!(
            names(&out),
            ["profiles", "snapshot.json"],
            "an empty folder goes with its file"
        );
    }

    #[test]
    fn a_strangers_plan_is_not_carried_out() {
        for name in ["../x", ".git/hooks/pre-commit", "/x", "notes.txt", "a/b/c", "profiles/../x"] {
            let root = tempfile::tempdir().unwrap();
            let out = root.path().join("out");
            fs::create_dir_all(out.join(WORK)).unwrap();
            let plan = Plan { remove: [name.to_owned()].into(), ..Plan::default() };
            fs::write(out.join(WORK).join(PLAN), serde_json::to_vec(&plan).unwrap()).unwrap();
            let error = Stage::open(&out).unwrap_err();
            assert!(error.to_string().contains("no file of a snapshot"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_cleared_or_written_through_a_link() {
        let root = tempfile::tempdir().unwrap();
        let (out, other) = (root.path().join("out"), root.path().join("other"));
        fs::create_dir_all(&out).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(other.join("mine"), "x").unwrap();
        std::os::unix::fs::symlink(&other, out.join(WORK)).unwrap();
        assert!(matches!(Stage::open(&out).unwrap_err(), StageError::InTheWay { .. }));
        fs::remove_file(out.join(WORK)).unwrap();
        std::os::unix::fs::symlink(&other, out.join("profiles")).unwrap();
        let mut stage = begin(&out);
        let error = stage.place(BTreeSet::new(), String::new()).unwrap_err();
        assert!(matches!(error, StageError::InTheWay { .. }), "{error}");
        drop(stage);
        assert_eq!(names(&other), ["mine"]);
    }

    #[test]
    fn two_runs_do_not_change_one_folder_at_once() {
        let root = tempfile::tempdir().unwrap();
        for out in [root.path().to_path_buf(), root.path().join("new")] {
            let stage = begin(&out);
            assert!(matches!(Stage::open(&out).unwrap_err(), StageError::Busy));
            drop(stage);
            drop(Stage::open(&out).unwrap());
        }
        assert_eq!(names(root.path()), Vec::<String>::new());
        fs::write(root.path().join("file"), "").unwrap();
        let error = Stage::open(&root.path().join("file")).unwrap_err();
        assert!(matches!(error, StageError::InTheWay { .. }), "{error}");
    }
}
