//! One at a time: the lock beside a login, across all processes of this machine.
//!
//! An org that rotates refresh tokens takes the use of an old one for a theft and ends the login
//! (S 1.2), so that two refreshes of one login must not meet. The lock is the system's, on a file
//! that stays: it is given back when its holder ends, however that happens. What stands in the file
//! is for people: who holds it, and whether somebody was stopped in the middle of a refresh.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::org::error::{OrgError, OrgErrorKind};

/// How often a lock that another holds is tried again.
const STEP: Duration = Duration::from_millis(25);
/// After so long it is said what is waited for.
const SILENT: Duration = Duration::from_secs(2);

/// How a lock is waited for.
pub(crate) struct Wait<'w> {
    /// How long at most.
    pub(crate) most: Duration,
    /// Is told once, where it takes longer, what is waited for.
    pub(crate) tell: &'w dyn Fn(&str),
    /// Whether nobody waits for the outcome any more.
    pub(crate) is_given_up: &'w dyn Fn() -> bool,
}

/// A login's lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct HeldLock {
    file: File,
    path: PathBuf,
    /// Who was stopped in the middle of a refresh, in words; stands in the file again afterwards.
    unfinished: Option<String>,
}

/// What a holder's line begins with while its refresh is on its way.
const REFRESHING: &str = "refresh by ";

impl HeldLock {
    /// Says whether the file of a lock can be had.
    pub(super) fn probe(path: &Path) -> io::Result<()> {
        open(path).map(drop)
    }

    /// Takes the lock in a file, which is made where there is none.
    ///
    /// # Errors
    /// Another process holds it for longer than that; the system knows no locks there, or does not
    /// let us write.
    pub(super) fn take(path: &Path, login: &str, wait: &Wait<'_>) -> Result<Self, OrgError> {
        let failed = |error: &io::Error| {
            OrgError::new(
                OrgErrorKind::Storage,
                format!("cannot lock `{}`: {error}", path.display()),
            )
        };
        let began = Instant::now();
        let mut is_told = false;
        loop {
            let file = open(path).map_err(|error| failed(&error))?;
            match file.try_lock() {
                // Whoever removed the login meanwhile removed this file too, and the next one who
                // comes locks another.
                Ok(()) if is_still(&file, path) => return Self::begin(file, path),
                Ok(()) => continue,
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
                Err(TryLockError::WouldBlock) => {}
            }
            let waited = began.elapsed();
            if waited >= wait.most || (wait.is_given_up)() {
                return Err(OrgError::new(
                    OrgErrorKind::InUse,
                    format!(
                        "the login `{login}` is in use: {} holds `{}`, and has not let go of it \
                         within {} s",
                        holder(path),
                        path.display(),
                        wait.most.as_secs()
                    ),
                ));
            }
            if waited >= SILENT && !is_told {
                is_told = true;
                (wait.tell)(&format!(
                    "waiting for {}, which uses the login `{login}`",
                    holder(path)
                ));
            }
            std::thread::sleep(STEP);
        }
    }

    fn begin(mut file: File, path: &Path) -> Result<Self, OrgError> {
        let mut text = String::new();
        // What cannot be read is no more than a line for people.
        let _ = file.read_to_string(&mut text);
        let unfinished = text.trim().strip_prefix(REFRESHING).map(str::to_owned);
        let mut held = Self { file, path: path.to_owned(), unfinished };
        held.write(&who());
        Ok(held)
    }

    /// Notes that a refresh leaves now; if this process ends before it is noted how that went, the
    /// next one can say what became of the login.
    pub(crate) fn refresh_begins(&mut self) {
        self.write(&format!("{REFRESHING}{}", who()));
    }

    /// Notes that the login is whole: its newest token is stored.
    pub(crate) fn is_whole(&mut self) {
        self.unfinished = None;
    }

    /// Notes that a refresh of ours had no answer that told how it went.
    pub(crate) fn answer_is_lost(&mut self) {
        self.unfinished = Some(who());
    }

    /// Returns who was stopped in the middle of a refresh, and when that began, in words.
    pub(crate) fn unfinished(&self) -> Option<&str> {
        self.unfinished.as_deref()
    }

    /// Removes the file; who waits for it notices.
    pub(super) fn remove(self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn write(&mut self, line: &str) {
        let file = &mut self.file;
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(line.as_bytes()));
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let line = self.unfinished.as_ref().map(|who| format!("{REFRESHING}{who}"));
        self.write(&line.unwrap_or_default());
        // The system lets go of it when the file is closed.
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// This process, and now.
fn who() -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("process {} since {now}", std::process::id())
}

/// Who holds the lock, in words. Where the system keeps others from reading a locked file, that is
/// not known.
fn holder(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let text = text.trim();
    match text.strip_prefix(REFRESHING).unwrap_or(text) {
        "" => "another sfsetup".to_owned(),
        who => format!("another sfsetup ({who})"),
    }
}

/// Says whether the name still leads to the file that was opened.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// A file that somebody has open keeps its name there until it is closed.
#[cfg(not(unix))]
fn is_still(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(path: &Path, most: u64) -> Result<HeldLock, OrgError> {
        let wait =
            Wait { most: Duration::from_millis(most), tell: &|_| {}, is_given_up: &|| false };
        HeldLock::take(path, "acme", &wait)
    }

    #[test]
    fn a_second_one_waits_and_is_told_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.lock");
        let first = take(&path, 0).unwrap();
        let error = take(&path, 60).unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::InUse);
        assert!(error.message.contains(&format!("process {}", std::process::id())), "{error}");
        assert!(error.message.contains("acme.lock"), "{error}");
        let waiting = path.clone();
        let second = std::thread::spawn(move || take(&waiting, 20_000).map(drop));
        std::thread::sleep(Duration::from_millis(80));
        drop(first);
        second.join().unwrap().unwrap();
    }

    #[test]
    fn nobody_waits_for_a_run_that_was_told_to_stop() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.lock");
        let _first = take(&path, 0).unwrap();
        let wait = Wait { most: Duration::from_secs(600), tell: &|_| {}, is_given_up: &|| true };
        assert!(HeldLock::take(&path, "acme", &wait).is_err());
    }

    #[test]
    fn a_file_that_was_removed_is_no_lock_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.lock");
        let first = take(&path, 0).unwrap();
        let waiting = path.clone();
        let second = std::thread::spawn(move || take(&waiting, 20_000).unwrap());
        std::thread::sleep(Duration::from_millis(80));
        first.remove().unwrap();
        let second = second.join().unwrap();
        assert!(path.exists(), "the second one holds a file of that name");
        assert!(take(&path, 0).is_err());
        drop(second);
    }

    #[test]
    fn a_refresh_that_was_cut_off_is_remembered_until_the_login_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.lock");
        let mut killed = take(&path, 0).unwrap();
        killed.refresh_begins();
        // As the system does it when a process is killed: the lock goes, the line stays.
        killed.file.unlock().unwrap();
        std::mem::forget(killed);
        let reader = take(&path, 0).unwrap();
        assert!(reader.unfinished().unwrap().starts_with("process "));
        drop(reader);
        let mut next = take(&path, 0).unwrap();
        assert!(next.unfinished().is_some());
        next.refresh_begins();
        next.is_whole();
        drop(next);
        assert!(take(&path, 0).unwrap().unfinished().is_none());
    }
}
