//! sfsetup's own logins: one file each, readable by its owner alone, and its secret in the system's
//! keyring where there is one.
//!
//! Where there is none, the secret lies in the file as it is, as in `~/.ssh`; its mode 0600 is what
//! keeps it. The file's first field says so.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::error::{OrgError, OrgErrorKind};
use super::keyring;

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
    },
    /// JWT bearer: a key on this machine.
    Jwt {
        /// The connected app's consumer key.
        client_id: String,
        /// Whom to sign in.
        username: String,
        /// The private key, PEM.
        key_file: PathBuf,
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

/// The folder of logins.
#[derive(Clone, Debug)]
pub struct LoginStore {
    folder: PathBuf,
    in_keyring: bool,
}

/// Where a login's secret was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the system's keyring.
    Keyring,
    /// In the login's file, and where the keyring was tried, why it is not there.
    File(Option<String>),
}

const WARNING: &str =
    "This file is a credential. Keep its mode at 0600 and out of version control.";
const NO_SECRET: &str =
    "The secret of this login is in the system's keyring, under the service `sfsetup`.";

#[derive(Serialize, Deserialize)]
struct Stored {
    warning: String,
    format: String,
    name: String,
    instance_url: String,
    login_url: String,
    username: Option<String>,
    org_id: Option<String>,
    credential: StoredCredential,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum StoredCredential {
    AccessToken {
        token: String,
    },
    RefreshToken {
        client_id: String,
        client_secret: Option<String>,
        refresh_token: String,
    },
    Jwt {
        client_id: String,
        username: String,
        key_file: PathBuf,
    },
    ClientCredentials {
        client_id: String,
        client_secret: String,
    },
    /// The whole credential, as JSON, is in the system's keyring.
    Keyring,
}

const FORMAT: &str = "sfsetup.login/1";

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

    /// Reads the logins, in order of name.
    ///
    /// # Errors
    /// The folder or a file in it cannot be read.
    pub fn list(&self) -> Result<Vec<Login>, OrgError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("read", &self.folder, &error)),
        };
        let mut logins = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failed("read", &self.folder, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                logins.push(read(&path)?.into_login()?);
            }
        }
        logins.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(logins)
    }

    /// Reads one login; `None` when there is none of that name.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub(crate) fn load(&self, name: &str) -> Result<Option<Login>, OrgError> {
        let path = self.file(name);
        if path.exists() { read(&path)?.into_login().map(Some) } else { Ok(None) }
    }

    /// Saves a login, whole or not at all, and says where its secret is kept.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save(&self, login: &Login) -> Result<Kept, OrgError> {
        make_folder(&self.folder).map_err(|error| failed("make", &self.folder, &error))?;
        let path = self.file(&login.name);
        let mut stored = Stored::from(login);
        // The file names a key, not a secret: it is no business of the keyring.
        let has_secret = !matches!(stored.credential, StoredCredential::Jwt { .. });
        let kept = if self.in_keyring && has_secret {
            stored.move_to_keyring(&path)?
        } else {
            Kept::File(None)
        };
        let text =
            serde_json::to_vec_pretty(&stored).map_err(|error| failed("write", &path, &error))?;
        // `tempfile` makes its files with mode 0600, and a rename keeps it.
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| failed("write", &path, &error))?;
        Ok(kept)
    }

    /// Replaces a login's refresh token with the one that the org rotated in.
    pub(super) fn rotate(&self, name: &str, refresh_token: &SecretString) -> Result<(), OrgError> {
        let Some(mut login) = self.load(name)? else {
            return Err(OrgError::new(
                OrgErrorKind::Storage,
                format!("there is no login `{name}`"),
            ));
        };
        if let Credential::RefreshToken { refresh_token: held, .. } = &mut login.credential {
            *held = refresh_token.clone();
        }
        self.save(&login).map(|_| ())
    }

    /// Deletes a login; returns whether there was one.
    ///
    /// # Errors
    /// The file is there and cannot be deleted.
    pub fn remove(&self, name: &str) -> Result<bool, OrgError> {
        let path = self.file(name);
        if path.exists()
            && read(&path)
                .is_ok_and(|stored| matches!(stored.credential, StoredCredential::Keyring))
        {
            keyring::remove(name).map_err(|error| unlocked("forget", name, &error))?;
        }
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed("delete", &path, &error)),
        }
    }
}

fn failed(verb: &str, path: &Path, error: &dyn fmt::Display) -> OrgError {
    OrgError::new(OrgErrorKind::Storage, format!("cannot {verb} `{}`: {error}", path.display()))
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn unlocked(verb: &str, name: &str, error: &str) -> OrgError {
    OrgError::new(
        OrgErrorKind::Storage,
        format!("cannot {verb} the secret of `{name}` in the system's keyring: {error}"),
    )
}

fn read(path: &Path) -> Result<Stored, OrgError> {
    let bytes = fs::read(path).map_err(|error| failed("read", path, &error))?;
    // serde's text may quote a value, which here may be a secret: only the place is told.
    let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        failed("read", path, &format_args!("it is not a login ({place})"))
    })?;
    if stored.format != FORMAT {
        return Err(failed("read", path, &"its format is not known"));
    }
    Ok(stored)
}

impl Stored {
    /// Takes the credential out of what is to be written, if the keyring takes it.
    fn move_to_keyring(&mut self, path: &Path) -> Result<Kept, OrgError> {
        let secret = serde_json::to_string(&self.credential)
            .map_err(|error| failed("write", path, &error))?;
        Ok(match keyring::set(&self.name, &secret.into()) {
            Ok(()) => {
                self.warning = NO_SECRET.to_owned();
                self.credential = StoredCredential::Keyring;
                Kept::Keyring
            }
            Err(reason) => Kept::File(Some(reason)),
        })
    }

    /// Returns the login, with its secret fetched from where it is kept, whatever the store would
    /// do with a new one.
    fn into_login(mut self) -> Result<Login, OrgError> {
        if matches!(self.credential, StoredCredential::Keyring) {
            let secret =
                keyring::get(&self.name).map_err(|error| unlocked("read", &self.name, &error))?;
            let secret = secret.ok_or_else(|| {
                unlocked("read", &self.name, "it is not there any more; sign in again")
            })?;
            // serde's text may quote a value, which here is a secret.
            self.credential =
                serde_json::from_str(secret.expose_secret()).unwrap_or(StoredCredential::Keyring);
        }
        let credential = match self.credential {
            StoredCredential::AccessToken { token } => {
                Credential::AccessToken { token: token.into() }
            }
            StoredCredential::RefreshToken { client_id, client_secret, refresh_token } => {
                Credential::RefreshToken {
                    client_id,
                    client_secret: client_secret.map(Into::into),
                    refresh_token: refresh_token.into(),
                }
            }
            StoredCredential::Jwt { client_id, username, key_file } => {
                Credential::Jwt { client_id, username, key_file }
            }
            StoredCredential::ClientCredentials { client_id, client_secret } => {
                Credential::ClientCredentials { client_id, client_secret: client_secret.into() }
            }
            StoredCredential::Keyring => {
                return Err(unlocked(
                    "read",
                    &self.name,
                    "what it holds is not a login; sign in again",
                ));
            }
        };
        Ok(Login {
            name: self.name,
            instance_url: self.instance_url,
            login_url: self.login_url,
            username: self.username,
            org_id: self.org_id,
            credential,
        })
    }
}

impl From<&Login> for Stored {
    fn from(login: &Login) -> Self {
        let bare = |secret: &SecretString| secret.expose_secret().to_owned();
        Self {
            warning: WARNING.to_owned(),
            format: FORMAT.to_owned(),
            name: login.name.clone(),
            instance_url: login.instance_url.clone(),
            login_url: login.login_url.clone(),
            username: login.username.clone(),
            org_id: login.org_id.clone(),
            credential: match &login.credential {
                Credential::AccessToken { token } => {
                    StoredCredential::AccessToken { token: bare(token) }
                }
                Credential::RefreshToken { client_id, client_secret, refresh_token } => {
                    StoredCredential::RefreshToken {
                        client_id: client_id.clone(),
                        client_secret: client_secret.as_ref().map(bare),
                        refresh_token: bare(refresh_token),
                    }
                }
                Credential::Jwt { client_id, username, key_file } => StoredCredential::Jwt {
                    client_id: client_id.clone(),
                    username: username.clone(),
                    key_file: key_file.clone(),
                },
                Credential::ClientCredentials { client_id, client_secret } => {
                    StoredCredential::ClientCredentials {
                        client_id: client_id.clone(),
                        client_secret: bare(client_secret),
                    }
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
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
            },
        }
    }

    #[test]
    fn a_login_is_saved_for_its_owner_alone_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path().join("logins"));
        assert!(store.list().unwrap().is_empty());
        store.save(&login("acme/prod")).unwrap();
        store.rotate("acme/prod", &"NEXT".into()).unwrap();
        let read = store.load("acme/prod").unwrap().unwrap();
        let Credential::RefreshToken { refresh_token, .. } = &read.credential else {
            panic!("another credential: {read:?}");
        };
        assert_eq!(refresh_token.expose_secret(), "NEXT");
        assert!(!format!("{read:?}").contains("NEXT"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&store.file("acme/prod")), 0o600);
            assert_eq!(mode(&folder.path().join("logins")), 0o700);
        }
        assert!(store.remove("acme/prod").unwrap());
        assert!(!store.remove("acme/prod").unwrap());
        assert!(store.load("acme/prod").unwrap().is_none());
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let store = LoginStore::new("logins");
        assert_eq!(store.file("../x"), Path::new("logins/%2E%2E%2Fx.json"));
    }

    #[test]
    fn a_damaged_login_is_told_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let store = LoginStore::new(folder.path());
        fs::write(store.file("x"), r#"{"format": "PLANTED", "name": 5}"#).unwrap();
        let error = store.load("x").unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::Storage);
        assert!(!error.message.contains("PLANTED"), "{error}");
    }
}
