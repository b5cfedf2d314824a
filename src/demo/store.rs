//! The demo org between commands: a folder with the records as JSON and the metadata as files,
//! written whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::DemoError;
use super::form::Form;
use super::name::{key_of_path, path_of_key};
use super::state::{Org, State, Stored, string, timestamp};
use super::story::Story;

/// How long a job of the demo org takes: long enough to be seen to be under way, short enough not
/// to be waited for.
const DELAY: Duration = Duration::from_millis(50);

/// The demo org, in memory or in a folder.
///
/// In a folder, each state is a folder of its own, `generation-N`; the file `current` names the one
/// that counts and is replaced as the last step of writing. Several programs may use one folder:
/// each takes a lock while it looks or writes, and reads again what it did not write itself. What
/// could not be written, or was not done to its end, does not count.
#[derive(Debug)]
pub struct Store {
    folder: Option<PathBuf>,
    inner: Mutex<Inner>,
    /// How many milliseconds its clock is ahead of this machine's.
    ahead: i64,
}

#[derive(Debug)]
struct Inner {
    /// What tells the org from the other demo orgs.
    name: Option<String>,
    state: State,
    /// The mark of the generation that `state` is; none where it is not what was written.
    mark: Option<Mark>,
}

/// What `current` says: the number of a generation, and a word that no other writing has, by which
/// the generations of an org are told from those of the one before a reset.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    generation: u64,
    word: String,
}

/// A generation's `org.json`.
#[derive(Serialize, Deserialize)]
struct Saved {
    format: String,
    org: Org,
    /// The metadata's times and owners by path; the contents are files.
    components: BTreeMap<String, Stored>,
}

const FORMAT: &str = "sfsetup.demo/1";

impl Store {
    /// Opens the demo org in a folder, making it anew where there is none.
    ///
    /// # Errors
    /// The folder cannot be read or written, or holds something else.
    pub fn open(folder: &Path) -> Result<Self, DemoError> {
        Self::open_named(folder, None)
    }

    /// Opens the demo org of a name, which has an id of its own, as [`Self::open`] does.
    ///
    /// # Errors
    /// The folder cannot be read or written, or holds something else.
    pub fn open_named(folder: &Path, name: Option<&str>) -> Result<Self, DemoError> {
        fs::create_dir_all(folder).map_err(|error| DemoError::folder(folder, error))?;
        let lock = lock(folder)?;
        let mark = current(folder)?;
        let org = match &mark {
            Some(mark) => load(folder, mark.generation)?,
            None => Org::named(&chance(), name),
        };
        let mut inner = Inner { name: name.map(str::to_owned), state: new_state(org), mark };
        // Whoever opens the org has a way in, though the session was ended.
        let is_renewed = inner.state.org.renew_own_session();
        if is_renewed || inner.mark.is_none() {
            save(folder, &mut inner)?;
        }
        drop(lock);
        Ok(Self { folder: Some(folder.to_owned()), inner: Mutex::new(inner), ahead: 0 })
    }

    /// Makes a demo org that lives as long as the value.
    pub fn in_memory() -> Self {
        Self::of_memory(Org::seeded(&chance()))
    }

    /// The same of the demo org of a name, which has an id of its own.
    pub fn in_memory_named(name: &str) -> Self {
        Self::of_memory(Org::named(&chance(), Some(name)))
    }

    /// Holds an org as long as the value lives.
    pub(crate) fn of_memory(org: Org) -> Self {
        let state = new_state(org);
        Self { folder: None, inner: Mutex::new(Inner { name: None, state, mark: None }), ahead: 0 }
    }

    /// Says whether an org in memory can be made anew without anybody's seeing it: nothing was
    /// changed, and nothing is under way.
    pub(crate) fn is_as_new(&self) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let State { dirty, retrieves, cursors, codes, .. } = &inner.state;
        let is_idle = retrieves.values().all(|job| job.fetched);
        !dirty && is_idle && cursors.is_empty() && codes.is_empty()
    }

    /// Forgets what was done in a folder's demo org; the next command finds it as it was at first.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn reset(folder: &Path) -> Result<(), DemoError> {
        if !folder.exists() {
            return Ok(());
        }
        let _lock = lock(folder)?;
        let fail = |error| DemoError::folder(folder, error);
        match fs::remove_file(folder.join("current")) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(fail(error)),
        }
        remove_generations(folder, None).map_err(fail)
    }

    /// Sets how long a retrieve or deploy takes.
    #[must_use]
    pub fn with_delay(self, delay: Duration) -> Self {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX / 4);
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).state.delay = millis;
        self
    }

    /// Makes the org replace each refresh token as it is used, and end the whole sign-in when an
    /// old one comes back, also for the app of the `sf` command line (S 1.2).
    #[must_use]
    pub fn with_rotation(self) -> Self {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).state.rotates = true;
        self
    }

    /// Puts the org's clock so many seconds before or behind this machine's.
    #[must_use]
    pub fn with_clock(mut self, seconds: i64) -> Self {
        self.ahead = seconds * 1000;
        self
    }

    /// Milliseconds since 1970, by the org's clock.
    pub(crate) fn now(&self) -> u64 {
        now().saturating_add_signed(self.ahead)
    }

    /// Says whether its clock is another than this machine's.
    pub(crate) fn has_own_clock(&self) -> bool {
        self.ahead != 0
    }

    /// Makes the org take the other form of something that sources do not settle, for as long as
    /// this value lives.
    #[must_use]
    pub fn with_form(self, form: Form) -> Self {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).state.org.forms.insert(form);
        self
    }

    /// Ends the access tokens of all who have signed in, as time does; their refresh tokens stay.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn end_sessions(&self) -> Result<(), DemoError> {
        self.with(|state, _| {
            state.org.end_sessions();
            state.dirty = true;
        })
    }

    /// Makes it an org that people work in, in place of a sandbox.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn go_live(&self) -> Result<(), DemoError> {
        self.with(|state, _| {
            for row in state.org.records.get_mut("Organization").into_iter().flatten() {
                row.insert("IsSandbox".to_owned(), false.into());
            }
            state.dirty = true;
        })
    }

    /// Lets the password of a user expire, as time does.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn expire_password(&self, username: &str) -> Result<(), DemoError> {
        self.with(|state, _| {
            let id = state.org.user(username).map(|user| string(user, "Id").to_owned());
            state.org.history.expired.extend(id);
            state.dirty = true;
        })
    }

    /// Plays stories of how an integration stops: puts the one of the app `Ampersand` in order,
    /// breaks it, and writes down what an org does. Returns when it stopped, in UTC.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn play(&self, stories: &[Story]) -> Result<String, DemoError> {
        self.with(|state, now| timestamp(state.play(stories, now), "Z"))
    }

    /// Returns the access token of the org's administrator that no client was given by signing in.
    pub fn token(&self) -> String {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.state.org.own_token()
    }

    /// Makes an access token for a user, by user name; for tests of what a lesser user sees. `None`
    /// when there is no such user.
    pub fn token_of(&self, username: &str) -> Option<String> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let org = &mut inner.state.org;
        let id = string(org.user(username)?, "Id").to_owned();
        let token = format!("{}!{}", &org.catalog.org_id[..15], chance());
        org.sessions.insert(token.clone(), id);
        Some(token)
    }

    /// Does something with the org as it is now, and stores what changed.
    pub(crate) fn with<R>(
        &self,
        action: impl FnOnce(&mut State, u64) -> R,
    ) -> Result<R, DemoError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = &self.folder else {
            return Ok(action(&mut inner.state, self.now()));
        };
        let _lock = lock(folder)?;
        match current(folder)? {
            Some(mark) if inner.mark.as_ref() != Some(&mark) => {
                inner.take(load(folder, mark.generation)?);
                inner.mark = Some(mark);
            }
            Some(_) => {}
            // Reset while this program was running.
            None => {
                let org = Org::named(&chance(), inner.name.as_deref());
                inner.take(org);
                inner.state.dirty = true;
            }
        }
        // Unless all goes well the next one reads what was written last.
        let mark = inner.mark.take();
        let result = action(&mut inner.state, self.now());
        if inner.state.dirty {
            save(folder, &mut inner)?;
        } else {
            inner.mark = mark;
        }
        Ok(result)
    }
}

impl Inner {
    /// Puts an org that was read in the place of the one that is known.
    fn take(&mut self, org: Org) {
        let forms = std::mem::take(&mut self.state.org.forms);
        let org = Org { forms, ..org };
        if org.secret == self.state.org.secret {
            self.state.org = org;
            self.state.dirty = false;
        } else {
            // It is another one, of which nothing is under way.
            let State { delay, rotates, .. } = self.state;
            self.state = State { delay, rotates, ..new_state(org) };
        }
    }
}

fn new_state(org: Org) -> State {
    let delay = u64::try_from(DELAY.as_millis()).unwrap_or_default();
    State { chance: chance(), ..State::new(org, delay) }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Something that cannot be guessed: the standard library's hash seeds come from the system.
pub(crate) fn chance() -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for index in 0..4 {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(index);
        let _ = write!(out, "{:016x}", hasher.finish());
    }
    out
}

fn lock(folder: &Path) -> Result<File, DemoError> {
    let fail = |error| DemoError::folder(folder, error);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))
        .map_err(fail)?;
    file.lock().map_err(fail)?;
    Ok(file)
}

fn current(folder: &Path) -> Result<Option<Mark>, DemoError> {
    match fs::read_to_string(folder.join("current")) {
        Ok(text) => {
            let mut words = text.split_whitespace();
            let generation = words.next().and_then(|number| number.parse().ok());
            let word = words.next().unwrap_or_default().to_owned();
            let damaged = || DemoError::Damaged {
                folder: folder.to_owned(),
                reason: "the file `current` holds no number".to_owned(),
            };
            generation.map(|generation| Some(Mark { generation, word })).ok_or_else(damaged)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DemoError::folder(folder, error)),
    }
}

fn load(folder: &Path, generation: u64) -> Result<Org, DemoError> {
    let damaged = |reason: String| DemoError::Damaged { folder: folder.to_owned(), reason };
    let root = folder.join(format!("generation-{generation}"));
    let text =
        fs::read_to_string(root.join("org.json")).map_err(|error| damaged(error.to_string()))?;
    let saved: Saved = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    if saved.format != FORMAT {
        return Err(damaged(format!("its format is {}, not {FORMAT}", saved.format)));
    }
    let mut org = saved.org;
    for (path, mut stored) in saved.components {
        let key = key_of_path(&path).ok_or_else(|| damaged(format!("`{path}` is no component")))?;
        stored.content = fs::read_to_string(root.join("metadata").join(&path))
            .map_err(|error| damaged(format!("{path}: {error}")))?;
        org.components.insert(key, stored);
    }
    Ok(org)
}

fn save(folder: &Path, inner: &mut Inner) -> Result<(), DemoError> {
    let last = current(folder)?.map_or(0, |mark| mark.generation);
    let mark = Mark { generation: last + 1, word: chance() };
    write_generation(folder, &mark, &inner.state.org)
        .map_err(|error| DemoError::folder(folder, error))?;
    inner.mark = Some(mark);
    inner.state.dirty = false;
    Ok(())
}

/// Makes a folder that nobody else reads: it holds access and refresh tokens.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_generation(folder: &Path, mark: &Mark, org: &Org) -> std::io::Result<()> {
    let Mark { generation, word } = mark;
    let root = folder.join(format!("generation-{generation}"));
    // Left over from a run that was stopped: it was never current.
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    private_folder(&root)?;
    let mut index = BTreeMap::new();
    for (key, stored) in &org.components {
        let Some(path) = path_of_key(key) else { continue };
        let file = root.join("metadata").join(&path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, &stored.content)?;
        index.insert(path, Stored { content: String::new(), ..stored.clone() });
    }
    let saved = Saved { format: FORMAT.to_owned(), org: org.clone(), components: index };
    let text = serde_json::to_vec_pretty(&saved).map_err(std::io::Error::other)?;
    let mut file = File::create(root.join("org.json"))?;
    file.write_all(&text)?;
    file.sync_all()?;
    let mut pointer = tempfile::NamedTempFile::new_in(folder)?;
    write!(pointer, "{generation} {word}")?;
    pointer.as_file().sync_all()?;
    pointer.persist(folder.join("current")).map_err(|error| error.error)?;
    remove_generations(folder, Some(*generation))
}

fn remove_generations(folder: &Path, except: Option<u64>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix("generation-"))
            .and_then(|number| number.parse::<u64>().ok());
        if number.is_some() && number != except {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_lasts_until_it_is_reset() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("demo");
        let first = Store::open(&folder).unwrap();
        let token = first.token();
        let change = |store: &Store| {
            store
                .with(|state, _| {
                    state.org.records.get_mut("User").unwrap().clear();
                    state.dirty = true;
                })
                .unwrap();
        };
        // A second program looks at the same folder.
        let second = Store::open(&folder).unwrap();
        change(&first);
        assert_eq!(second.token(), token);
        assert!(second.with(|state, _| state.org.records["User"].is_empty()).unwrap());
        let org = second.with(|state, _| state.org.clone()).unwrap();
        assert_eq!(org.components, Org::seeded("x").components);
        Store::reset(&folder).unwrap();
        assert!(
            !Store::open(&folder)
                .unwrap()
                .with(|state, _| state.org.records["User"].is_empty())
                .unwrap()
        );
        assert!(!second.with(|state, _| state.org.records["User"].is_empty()).unwrap());
    }

    #[test]
    fn what_cannot_be_written_is_not_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let key = |name: &str| ("PermissionSet".to_owned(), name.to_owned());
        let add = |name: &str| {
            store.with(|state, _| {
                let copy = state.org.components[&key("Report_Builder")].clone();
                state.org.components.insert(key(name), copy);
                state.dirty = true;
            })
        };
        let has = |name: &str| {
            store.with(|state, _| state.org.components.contains_key(&key(name))).unwrap()
        };
        // No file can be called so.
        let long = "A".repeat(300);
        assert!(matches!(add(&long), Err(DemoError::Folder { .. })));
        assert!(!has(&long));
        add("Short").unwrap();
        assert!(has("Short"));
        // Nor does what was broken off count.
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.with(|state, _| {
                state.org.components.clear();
                panic!("in the middle");
            })
        }));
        assert!(broken.is_err());
        assert!(has("Short"));
    }

    #[test]
    fn an_org_that_was_reset_and_made_anew_by_another_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::open(folder.path()).unwrap();
        let token = first.token();
        Store::reset(folder.path()).unwrap();
        // It has written as often as the first one.
        let second = Store::open(folder.path()).unwrap();
        let knows = |store: &Store, token: &str| {
            store.with(|state, _| state.org.sessions.contains_key(token)).unwrap()
        };
        assert!(!knows(&first, &token));
        assert!(knows(&first, &second.token()));
        first.with(|state, _| state.dirty = true).unwrap();
        assert!(knows(&second, &second.token()));
    }

    #[test]
    fn the_way_in_is_the_first_session_and_is_made_good_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let token = store.token();
        // An app's session of the same person, whose token comes first in order.
        let admin = |org: &Org| org.catalog.admin.clone();
        store
            .with(|state, _| {
                let admin = admin(&state.org);
                state.org.sessions.clear();
                state.org.sessions.insert("00D!app".to_owned(), admin);
                state.dirty = true;
            })
            .unwrap();
        let again = Store::open(folder.path()).unwrap();
        assert_eq!((store.token(), again.token()), (token.clone(), token.clone()));
        assert!(store.with(|state, _| state.org.sessions.contains_key(&token)).unwrap());
    }

    #[test]
    fn the_programs_own_session_is_no_clients_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let token = store.token();
        for _ in 0..8 {
            store.token_of("robin.alder@harbourlight.example.com").unwrap();
        }
        assert_eq!(store.token(), token);
        let end = |state: &mut State, _| {
            state.org.sessions.remove(&token);
            state.dirty = true;
        };
        store.with(end).unwrap();
        let again = Store::open(folder.path()).unwrap();
        assert!(again.with(|state, _| state.org.sessions.contains_key(&token)).unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let generation = current(folder.path()).unwrap().unwrap().generation;
            let root = folder.path().join(format!("generation-{generation}"));
            assert_eq!(fs::metadata(root).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_form_lasts_as_long_as_the_store_whatever_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Store::open(folder.path()).unwrap();
        let other = open().with_form(Form::LoginRangesAdd);
        let takes =
            |store: &Store| store.with(|state, _| state.org.takes(Form::LoginRangesAdd)).unwrap();
        open().with(|state, _| state.dirty = true).unwrap();
        assert!(takes(&other) && !takes(&open()));
        Store::reset(folder.path()).unwrap();
        assert!(takes(&other) && !takes(&open()));
    }

    #[test]
    fn a_damaged_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap();
        fs::write(folder.path().join("current"), "seven").unwrap();
        assert!(matches!(Store::open(folder.path()), Err(DemoError::Damaged { .. })));
        fs::write(folder.path().join("current"), "7").unwrap();
        assert!(matches!(Store::open(folder.path()), Err(DemoError::Damaged { .. })));
        Store::reset(folder.path()).unwrap();
        Store::open(folder.path()).unwrap();
    }
}
