//! sfsetup's own logins: one file each, readable by its owner alone, and its secret in the system's
//! keyring where there is one.
//!
//! Where there is none, the secret lies in the file as it is, as in `~/.ssh`; its mode 0600 is what
//! keeps it. The file's first field says so.

mod lock;
mod stored;

use std::fmt;
use std::fs;
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::error::{OrgError, OrgErrorKind};
use super::keyring;
pub(crate) use lock::{HeldLock, Wait};
use stored::{Stored, read, unlocked};

/// A login: an org, and what signs in to it.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user's word for it.
    pub name: String,
    /// The org's address.
    pub instance_url: String,
    /// The host that issues tokens.
    pub login_url: String,
    /// Whom it signs in, once known.
    pub username: Option<String>,
    /// The org's id, once known.
    pub org_id: Option<String>,
    /// What signs in.
    pub credential: Credential,
    /// Whether the org put a new refresh token in the place of the one that was used last; `None`
    /// where none was used yet.
    pub rotates: Option<bool>,
    /// Whether its session was made for this login alone, and by it. One that came from elsewhere
    /// is somebody else's too; files of before this was noted do not say.
    pub is_own: bool,
}

/// What signs in. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An access token, for as long as it lasts.
    AccessToken {
        /// The token.
        token: SecretString,
    },
    /// A refresh token, from the browser or an SFDX auth URL.
    RefreshToken {
        /// The connected app's consumer key.
        client_id: String,
        /// Its secret, where it wants one.
        client_secret: Option<SecretString>,
        /// The refresh token.
        refresh_token: SecretString,
        /// The access token that came with it, for as long as it lasts.
        access_token: Option<SecretString>,
    },
    /// JWT bearer: a key on this machine.
    Jwt {
        /// The connected app's consumer key.
        client_id: String,
        /// Whom to sign in.
        username: String,
        /// The private key, PEM.
        key_file: PathBuf,
        /// Whom the assertion is made out to, where it is not the host that issues tokens.
        audience: Option<String>,
    },
    /// Client credentials: the app's own user.
    ClientCredentials {
        /// The connected app's consumer key.
        client_id: String,
        /// Its secret.
        client_secret: SecretString,
    },
}

impl Credential {
    /// Returns the way of signing in, in words.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::AccessToken { .. } => "access token",
            Self::RefreshToken { .. } => "refresh token",
            Self::Jwt { .. } => "JWT bearer",
            Self::ClientCredentials { .. } => "client credentials",
        }
    }
}

/// What a login's file says without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The user's word for it.
    pub name: String,
    /// The org's address.
    pub instance_url: String,
    /// The host that issues tokens.
    pub login_url: String,
    /// Whom it signs in, once known.
    pub username: Option<String>,
    /// The org's id, once known.
    pub org_id: Option<String>,
    /// The way of signing in, in words.
    pub credential: String,
}

/// The logins of a folder.
#[derive(Debug, Default)]
pub struct Listed {
    /// Those that can be read, in order of name.
    pub logins: Vec<Known>,
    /// Why others cannot.
    pub unreadable: Vec<OrgError>,
}

/// The folder of logins.
#[derive(Clone, Debug)]
pub struct LoginStore {
    folder: PathBuf,
    in_keyring: bool,
}

/// How many bytes are made room for: what a login comes to with tokens in the form of JWTs.
const ROOM: usize = 16 << 10;
/// What the names of such files begin with.
const ROOM_FILE: &str = ".room-";
/// How long a sign-in needs its room at most: a browser is waited for for minutes.
const LONGEST_ROOM: Duration = Duration::from_secs(3600);

/// A file for what is to be stored, which is on disk already, and as large.
#[derive(Debug)]
pub(crate) struct Room(tempfile::NamedTempFile);

/// Where a login's secret was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the system's keyring.
    Keyring,
    /// In the login's file, and where the keyring was tried, why it is not there.
    File(Option<String>),
}

impl LoginStore {
    /// Names the folder; it is made when the first login is saved. Secrets are kept in its files.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), in_keyring: false }
    }

    /// Keeps secrets in the system's keyring from now on, where there is one.
    #[must_use]
    pub(crate) fn with_keyring(self) -> Self {
        Self { in_keyring: true, ..self }
    }

    /// Tries the keyring with an entry of no worth; `None` where this store does not use it.
    ///
    /// # Errors
    /// It does not work; in its words.
    pub(crate) fn check_keyring(&self) -> Option<Result<(), String>> {
        self.in_keyring.then(keyring::check)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the file that holds, or would hold, a login.
    pub fn file(&self, name: &str) -> PathBuf {
        let mut file = String::new();
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_@+".contains(&byte) {
                file.push(char::from(byte));
            } else {
                file.extend(format!("%{byte:02X}").chars());
            }
        }
        self.folder.join(file + ".json")
    }

    /// Reads what the logins' files say; nobody's keyring is opened for it.
    ///
    /// # Errors
    /// The folder cannot be read. A file that cannot is told of beside the others.
    pub fn list(&self) -> Result<Listed, OrgError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Listed::default()),
            Err(error) => return Err(failed("read", &self.folder, &error)),
        };
        let mut listed = Listed::default();
        for entry in entries {
            let path = entry.map_err(|error| failed("read", &self.folder, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                match read(&path) {
                    Ok(stored) => listed.logins.push(stored.known()),
                    Err(error) => listed.unreadable.push(error),
                }
            }
        }
        listed.logins.sort_by(|a, b| a.name.cmp(&b.name));
        listed.unreadable.sort_by(|a, b| a.message.cmp(&b.message));
        Ok(listed)
    }

    /// Reads what one login's file says; `None` where there is none that can be read.
    pub(crate) fn look(&self, name: &str) -> Option<Known> {
        read(&self.file(name)).ok().map(|stored| stored.known())
    }

    /// Reads one login; `None` when there is none of that name.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn load(&self, name: &str) -> Result<Option<Login>, OrgError> {
        let path = self.file(name);
        match path.try_exists() {
            Ok(false) => Ok(None),
            // Where even that cannot be told, to read says why.
            _ => read(&path)?.into_login().map(Some),
        }
    }

    /// Locks a login, be it there or not; no other process refreshes, replaces or removes it until
    /// what is returned is dropped. `None` where nothing can be written beside it: then nobody can
    /// store what a refresh brings either, and a login without rotation works all the same.
    ///
    /// # Errors
    /// Another process holds it for too long, or the system knows no locks there.
    pub(crate) fn lock(&self, name: &str, wait: &Wait<'_>) -> Result<Option<HeldLock>, OrgError> {
        let path = self.lock_file(name);
        if let Err(error) = make_folder(&self.folder).and_then(|()| HeldLock::probe(&path)) {
            return match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Ok(None),
                _ => Err(failed("write", &path, &error)),
            };
        }
        HeldLock::take(&path, name, wait).map(Some)
    }

    /// Makes the file that a login will be kept in, before the org is asked for what it gives once:
    /// whoever cannot store an answer does not ask.
    ///
    /// # Errors
    /// Nothing can be written there: a full disk, a folder of somebody else's.
    pub(crate) fn prepare(&self, name: &str) -> Result<Room, OrgError> {
        make_folder(&self.folder).map_err(|error| failed("make", &self.folder, &error))?;
        self.sweep();
        // `tempfile` makes its files with mode 0600, and a rename keeps it.
        let make = || -> io::Result<Room> {
            let mut file = tempfile::Builder::new().prefix(ROOM_FILE).tempfile_in(&self.folder)?;
            file.write_all(&[b' '; ROOM])?;
            file.as_file().sync_all()?;
            Ok(Room(file))
        };
        make().map_err(|error| failed("write", &self.file(name), &error))
    }

    /// Removes what programs that were killed have left: none needs its room for so long.
    fn sweep(&self) {
        let is_left = |entry: &fs::DirEntry| {
            let age = entry.metadata().and_then(|data| data.modified()).ok()?.elapsed().ok()?;
            let name = entry.file_name();
            Some(name.to_str()?.starts_with(ROOM_FILE) && age > LONGEST_ROOM)
        };
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if is_left(&entry) == Some(true) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Saves a login, whole or not at all, in the file that was made for it, and says where its
    /// secret is kept. Whoever calls holds its lock.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save(&self, login: &Login, room: Room) -> Result<Kept, OrgError> {
        self.write(login, room, self.in_keyring)
    }

    /// Saves what a refresh brought where the login's secret is kept now. Whoever calls holds its
    /// lock.
    ///
    /// # Errors
    /// The file is gone, or cannot be written.
    pub(crate) fn update(&self, login: &Login, room: Room) -> Result<Kept, OrgError> {
        let in_keyring = read(&self.file(&login.name))?.is_in_keyring();
        self.write(login, room, in_keyring)
    }

    fn write(&self, login: &Login, room: Room, in_keyring: bool) -> Result<Kept, OrgError> {
        let path = self.file(&login.name);
        let before = read(&path).ok().and_then(|stored| stored.entry());
        let mut stored = Stored::from(login);
        let kept = if in_keyring && stored.has_secret() {
            stored.move_to_keyring(&path)?
        } else {
            Kept::File(None)
        };
        let text =
            serde_json::to_vec_pretty(&stored).map_err(|error| failed("write", &path, &error))?;
        let mut file = room.0;
        let write = || -> io::Result<()> {
            file.rewind()?;
            file.write_all(&text)?;
            file.as_file().set_len(text.len() as u64)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            // The name is on disk only when its folder is; not every system lets a folder be
            // opened.
            if let Ok(folder) = fs::File::open(&self.folder) {
                let _ = folder.sync_all();
            }
            Ok(())
        };
        let done = write();
        // Of the two entries the one goes that no file names. Where it cannot be deleted it is of
        // no use to anybody but whoever can read all of the keyring.
        let idle = if done.is_ok() { before } else { stored.entry() };
        if let Some(entry) = idle {
            let _ = keyring::remove(&entry);
        }
        done.map_err(|error| failed("write", &path, &error))?;
        Ok(kept)
    }

    fn lock_file(&self, name: &str) -> PathBuf {
        self.file(name).with_extension("lock")
    }

    /// Deletes a login with its tokens and its lock; returns whether there was one. Nothing is
    /// revoked.
    ///
    /// # Errors
    /// The file is there and cannot be deleted.
    pub(crate) fn remove(&self, name: &str, held: Option<HeldLock>) -> Result<bool, OrgError> {
        let path = self.file(name);
        if let Some(entry) = read(&path).ok().and_then(|stored| stored.entry()) {
            keyring::remove(&entry).map_err(|error| unlocked("forget", name, &error))?;
        }
        let was_there = match fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(failed("delete", &path, &error)),
        };
        if let Some(held) = held {
            held.remove().map_err(|error| failed("delete", &self.lock_file(name), &error))?;
        }
        Ok(was_there)
    }
}

fn failed(verb: &str, path: &Path, error: &dyn fmt::Display) -> OrgError {
    OrgError::new(OrgErrorKind::Storage, format!("cannot {verb} `{}`: {error}", path.display()))
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn login(name: &str) -> Login {
        Login {
            name: name.to_owned(),
            instance_url: "https://acme.example.com".to_owned(),
            login_url: "https://login.example.com".to_owned(),
            username: Some("integration@acme.example.com".to_owned()),
            org_id: None,
            credential: Credential::RefreshToken {
                client_id: "PlatformCLI".to_owned(),
                client_secret: None,
                refresh_token: "PLANTED".into(),
                access_token: None,
            },
            rotates: None,
            is_own: true,
        }
    }

    #[test]
    fn what_a_killed_program_left_is_removed_and_what_another_needs_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path());
        let other = store.prepare("acme").unwrap();
        let old = folder.path().join(format!("{ROOM_FILE}old"));
        let file = fs::File::create(&old).unwrap();
        file.set_modified(std::time::SystemTime::now() - 2 * LONGEST_ROOM).unwrap();
        store.prepare("acme").unwrap();
        assert!(!old.exists() && other.0.path().exists());
    }

    #[test]
    fn a_login_is_saved_for_its_owner_alone_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path().join("logins"));
        assert!(store.list().unwrap().logins.is_empty());
        let first = login("acme/prod");
        let room = || store.prepare("acme/prod").unwrap();
        store.save(&first, room()).unwrap();
        let credential = Credential::RefreshToken {
            client_id: "PlatformCLI".to_owned(),
            client_secret: None,
            refresh_token: "NEXT".into(),
            access_token: Some("ACCESS".into()),
        };
        store.update(&Login { credential, ..first }, room()).unwrap();
        let read = store.load("acme/prod").unwrap().unwrap();
        let Credential::RefreshToken { refresh_token, access_token, .. } = &read.credential else {
            panic!("another credential: {read:?}");
        };
        assert_eq!(refresh_token.expose_secret(), "NEXT");
        assert_eq!(access_token.as_ref().unwrap().expose_secret(), "ACCESS");
        let shown = format!("{read:?}");
        assert!(!shown.contains("NEXT") && !shown.contains("ACCESS"), "{shown}");
        let wait = Wait { most: std::time::Duration::ZERO, tell: &|_| {}, is_given_up: &|| false };
        let held = store.lock("acme/prod", &wait).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&store.file("acme/prod")), 0o600);
            assert_eq!(mode(&store.lock_file("acme/prod")), 0o600);
            assert_eq!(mode(&folder.path().join("logins")), 0o700);
        }
        assert!(store.remove("acme/prod", held).unwrap());
        assert!(!store.remove("acme/prod", None).unwrap());
        assert!(store.load("acme/prod").unwrap().is_none());
        assert_eq!(fs::read_dir(folder.path().join("logins")).unwrap().count(), 0);
    }

    #[test]
    fn a_login_of_before_access_tokens_were_kept_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path());
        let old = r#"{"warning": "", "format": "sfsetup.login/1", "name": "x",
            "instance_url": "https://acme.example.com", "login_url": "https://acme.example.com",
            "username": null, "org_id": null, "credential": {"kind": "refresh-token",
            "client_id": "PlatformCLI", "client_secret": null, "refresh_token": "OLD"}}"#;
        fs::write(store.file("x"), old).unwrap();
        let login = store.load("x").unwrap().unwrap();
        assert!(matches!(login.credential, Credential::RefreshToken { access_token: None, .. }));
    }

    #[cfg(unix)]
    #[test]
    fn a_login_that_cannot_be_looked_for_is_not_absent() {
        let file = tempfile::NamedTempFile::new().unwrap();
        // The folder is no folder, so that nothing can be said of what is in it.
        let store = LoginStore::new(file.path());
        assert_eq!(store.load("x").unwrap_err().kind, OrgErrorKind::Storage);
        let folder = tempfile::tempdir().unwrap();
        assert!(LoginStore::new(folder.path()).load("x").unwrap().is_none());
        assert!(LoginStore::new(folder.path().join("none")).load("x").unwrap().is_none());
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let store = LoginStore::new("logins");
        assert_eq!(store.file("../x"), Path::new("logins/%2E%2E%2Fx.json"));
    }

    #[test]
    fn the_keyring_is_tried_and_left_as_it_was() {
        keyring::stand_in::begin();
        let store = LoginStore::new("logins");
        assert_eq!(store.check_keyring(), None);
        assert_eq!(store.with_keyring().check_keyring(), Some(Ok(())));
        assert!(keyring::stand_in::entries().is_empty());
    }

    #[test]
    fn a_secret_in_the_keyring_belongs_to_the_file_that_names_it() {
        keyring::stand_in::begin();
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path()).with_keyring();
        let save = |login: &Login| store.save(login, store.prepare("acme").unwrap()).unwrap();
        assert_eq!(save(&login("acme")), Kept::Keyring);
        let first = fs::read_to_string(store.file("acme")).unwrap();
        assert!(!first.contains("PLANTED"), "{first}");
        let entries = keyring::stand_in::entries();
        assert!(entries.len() == 1 && entries[0].starts_with("acme#"), "{entries:?}");
        assert_eq!(store.list().unwrap().logins[0].credential, "refresh token");
        // The next one has an entry of its own, and the first is gone once the file names it.
        let other = Login { instance_url: "https://b.example.com".to_owned(), ..login("acme") };
        save(&other);
        let next = keyring::stand_in::entries();
        assert!(next.len() == 1 && next != entries, "{next:?}");
        assert_eq!(store.load("acme").unwrap().unwrap().instance_url, other.instance_url);
        // A file that names another host does not get the secret, nor does one whose own is gone.
        let text = fs::read_to_string(store.file("acme")).unwrap();
        fs::write(store.file("acme"), text.replace("b.example.com", "c.example.com")).unwrap();
        let error = store.load("acme").unwrap_err();
        assert!(error.message.contains("not this login"), "{error}");
        fs::write(store.file("acme"), first).unwrap();
        assert!(store.load("acme").is_err());
        fs::write(store.file("acme"), text).unwrap();
        assert!(store.remove("acme", None).unwrap());
        assert!(keyring::stand_in::entries().is_empty());
    }

    #[test]
    fn a_secret_of_before_each_save_had_an_entry_is_read_and_replaced() {
        keyring::stand_in::begin();
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path()).with_keyring();
        let old = r#"{"warning": "", "format": "sfsetup.login/1", "name": "x",
            "instance_url": "https://acme.example.com", "login_url": "https://acme.example.com",
            "username": null, "org_id": null, "credential": {"kind": "keyring"}}"#;
        let secret = r#"{"kind": "access-token", "token": "OLD"}"#;
        fs::write(store.file("x"), old).unwrap();
        keyring::set("x", &secret.into()).unwrap();
        let login = store.load("x").unwrap().unwrap();
        assert!(matches!(&login.credential, Credential::AccessToken { token }
            if token.expose_secret() == "OLD"));
        store.update(&login, store.prepare("x").unwrap()).unwrap();
        let entries = keyring::stand_in::entries();
        assert!(entries.len() == 1 && entries[0].starts_with("x#"), "{entries:?}");
    }

    #[test]
    fn a_damaged_login_hides_no_other_and_can_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path());
        store.save(&login("b"), store.prepare("b").unwrap()).unwrap();
        store.save(&login("a"), store.prepare("a").unwrap()).unwrap();
        fs::write(store.file("bad"), "{").unwrap();
        let listed = store.list().unwrap();
        let names: Vec<&str> = listed.logins.iter().map(|login| login.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(listed.logins[0].credential, "refresh token");
        assert_eq!(listed.unreadable.len(), 1);
        assert!(listed.unreadable[0].message.contains("bad.json"), "{listed:?}");
        assert!(store.remove("bad", None).unwrap());
        assert!(store.list().unwrap().unreadable.is_empty());
    }

    #[test]
    fn a_damaged_login_is_told_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path());
        fs::write(store.file("x"), r#"{"format": "PLANTED", "name": 5}"#).unwrap();
        let error = store.load("x").unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::BadLogin);
        assert!(!error.message.contains("PLANTED"), "{error}");
    }
}
