//! A login as its file holds it, and the part of it that the system's keyring may hold instead.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{Credential, Kept, Known, Login, failed};
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::keyring;

const WARNING: &str =
    "This file is a credential. Keep its mode at 0600 and out of version control.";
const NO_SECRET: &str =
    "The secret of this login is in the system's keyring, under the service `sfsetup`.";

/// A login's file.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    warning: String,
    format: String,
    name: String,
    instance_url: String,
    login_url: String,
    username: Option<String>,
    org_id: Option<String>,
    credential: StoredCredential,
    /// Not in files of before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rotates: Option<bool>,
    #[serde(default)]
    is_own: bool,
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
        /// Not in files of before it was kept, nor where the keyring takes no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        access_token: Option<String>,
    },
    Jwt {
        client_id: String,
        username: String,
        key_file: PathBuf,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
    },
    ClientCredentials {
        client_id: String,
        client_secret: String,
    },
    /// The whole credential, as JSON, is in the system's keyring.
    Keyring {
        /// The way of signing in, in words; not in files of before it was noted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sort: Option<String>,
        /// Which entry it is; none in files of before each save had an entry of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
}

/// What an entry of the keyring holds. It names the file that it belongs to: a secret must not
/// reach a host that another file names.
#[derive(Serialize, Deserialize)]
struct Secret {
    id: String,
    instance_url: String,
    login_url: String,
    credential: StoredCredential,
}

/// Returns the name of an entry, as the keyring lists it.
fn entry(name: &str, id: Option<&str>) -> String {
    id.map_or_else(|| name.to_owned(), |id| format!("{name}#{id}"))
}

/// Makes an id that no other entry has.
fn new_id() -> String {
    // The standard library's keys are random, and no two are alike.
    let random = || std::hash::RandomState::new().build_hasher().finish();
    format!("{:016x}", random())
}

impl StoredCredential {
    /// Returns the way of signing in, in words.
    fn title(&self) -> &str {
        match self {
            Self::AccessToken { .. } => "access token",
            Self::RefreshToken { .. } => "refresh token",
            Self::Jwt { .. } => "JWT bearer",
            Self::ClientCredentials { .. } => "client credentials",
            Self::Keyring { sort, .. } => sort.as_deref().unwrap_or("in the keyring"),
        }
    }
}

const FORMAT: &str = "sfsetup.login/1";

pub(super) fn unlocked(verb: &str, name: &str, error: &str) -> OrgError {
    OrgError::new(
        OrgErrorKind::Storage,
        format!("cannot {verb} the secret of `{name}` in the system's keyring: {error}"),
    )
}

/// Reads a login's file.
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn read(path: &Path) -> Result<Stored, OrgError> {
    let bytes = fs::read(path).map_err(|error| failed("read", path, &error))?;
    // serde's text may quote a value, which here may be a secret: only the place is told.
    let bad = |why: &dyn fmt::Display| OrgError {
        kind: OrgErrorKind::BadLogin,
        ..failed("read", path, why)
    };
    let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        bad(&format_args!("it is not a login ({place})"))
    })?;
    if stored.format != FORMAT {
        return Err(bad(&"its format is not known"));
    }
    Ok(stored)
}

impl Stored {
    /// Returns what it says without its secret.
    pub(super) fn known(self) -> Known {
        let credential = self.credential.title().to_owned();
        let Self { name, instance_url, login_url, username, org_id, .. } = self;
        Known { name, instance_url, login_url, username, org_id, credential }
    }

    /// Says whether the keyring holds the secret.
    pub(super) fn is_in_keyring(&self) -> bool {
        matches!(self.credential, StoredCredential::Keyring { .. })
    }

    /// Says whether there is a secret: a file that names a key holds none, and is no business of
    /// the keyring.
    pub(super) fn has_secret(&self) -> bool {
        !matches!(self.credential, StoredCredential::Jwt { .. })
    }

    /// Takes the credential out of what is to be written, if the keyring takes it.
    ///
    /// # Errors
    /// It cannot be written as text.
    pub(super) fn move_to_keyring(&mut self, path: &Path) -> Result<Kept, OrgError> {
        let refused = match self.offer(path)? {
            Ok(id) => return Ok(self.is_moved(id)),
            Err(refused) => refused,
        };
        // The Credential Manager of Windows holds 2,560 bytes, which an access token in the form of
        // a JWT may fill by itself; without it the login does all that it did before.
        if let StoredCredential::RefreshToken { access_token, .. } = &mut self.credential
            && let Some(token) = access_token.take()
        {
            if let Ok(id) = self.offer(path)? {
                return Ok(self.is_moved(id));
            }
            if let StoredCredential::RefreshToken { access_token, .. } = &mut self.credential {
                *access_token = Some(token);
            }
        }
        Ok(Kept::File(Some(refused)))
    }

    /// Offers the credential to the keyring, as an entry of its own: the one that the file names
    /// stays until the file names this one. The inner error is the keyring's refusal.
    fn offer(&mut self, path: &Path) -> Result<Result<String, String>, OrgError> {
        let id = new_id();
        let moved = StoredCredential::Keyring { sort: None, id: None };
        let secret = Secret {
            id: id.clone(),
            instance_url: self.instance_url.clone(),
            login_url: self.login_url.clone(),
            credential: std::mem::replace(&mut self.credential, moved),
        };
        let text = serde_json::to_string(&secret).map_err(|error| failed("write", path, &error));
        self.credential = secret.credential;
        Ok(keyring::set(&entry(&self.name, Some(&id)), &text?.into()).map(|()| id))
    }

    fn is_moved(&mut self, id: String) -> Kept {
        self.warning = NO_SECRET.to_owned();
        let sort = Some(self.credential.title().to_owned());
        self.credential = StoredCredential::Keyring { sort, id: Some(id) };
        Kept::Keyring
    }

    /// Returns the name of the keyring's entry that holds the secret.
    pub(super) fn entry(&self) -> Option<String> {
        match &self.credential {
            StoredCredential::Keyring { id, .. } => Some(entry(&self.name, id.as_deref())),
            _ => None,
        }
    }

    /// Takes the credential out of what the keyring holds, which must be this file's.
    fn of_keyring(&self, id: Option<&str>, text: &str) -> Option<StoredCredential> {
        // serde's text may quote a value, which here is a secret.
        let Some(id) = id else { return serde_json::from_str(text).ok() };
        let secret: Secret = serde_json::from_str(text).ok()?;
        let is_ours = secret.id == id
            && secret.instance_url == self.instance_url
            && secret.login_url == self.login_url;
        is_ours.then_some(secret.credential)
    }

    /// Returns the login, with its secret fetched from where it is kept, whatever the store would
    /// do with a new one.
    ///
    /// # Errors
    /// The keyring does not give it, or holds something else.
    pub(super) fn into_login(mut self) -> Result<Login, OrgError> {
        if let StoredCredential::Keyring { id, .. } = &self.credential {
            let secret = keyring::get(&entry(&self.name, id.as_deref()))
                .map_err(|error| unlocked("read", &self.name, &error))?;
            let secret = secret.ok_or_else(|| {
                unlocked("read", &self.name, "it is not there any more; sign in again")
            })?;
            let found = self.of_keyring(id.as_deref(), secret.expose_secret());
            self.credential = found.unwrap_or(StoredCredential::Keyring { sort: None, id: None });
        }
        let credential = match self.credential {
            StoredCredential::AccessToken { token } => {
                Credential::AccessToken { token: token.into() }
            }
            StoredCredential::RefreshToken {
                client_id,
                client_secret,
                refresh_token,
                access_token,
            } => Credential::RefreshToken {
                client_id,
                client_secret: client_secret.map(Into::into),
                refresh_token: refresh_token.into(),
                access_token: access_token.map(Into::into),
            },
            StoredCredential::Jwt { client_id, username, key_file, audience } => {
                Credential::Jwt { client_id, username, key_file, audience }
            }
            StoredCredential::ClientCredentials { client_id, client_secret } => {
                Credential::ClientCredentials { client_id, client_secret: client_secret.into() }
            }
            StoredCredential::Keyring { .. } => {
                return Err(unlocked(
                    "read",
                    &self.name,
                    "what it holds is not this login; sign in again",
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
            rotates: self.rotates,
            is_own: self.is_own,
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
            rotates: login.rotates,
            is_own: login.is_own,
            credential: match &login.credential {
                Credential::AccessToken { token } => {
                    StoredCredential::AccessToken { token: bare(token) }
                }
                Credential::RefreshToken {
                    client_id,
                    client_secret,
                    refresh_token,
                    access_token,
                } => StoredCredential::RefreshToken {
                    client_id: client_id.clone(),
                    client_secret: client_secret.as_ref().map(bare),
                    refresh_token: bare(refresh_token),
                    access_token: access_token.as_ref().map(bare),
                },
                Credential::Jwt { client_id, username, key_file, audience } => {
                    StoredCredential::Jwt {
                        client_id: client_id.clone(),
                        username: username.clone(),
                        key_file: key_file.clone(),
                        audience: audience.clone(),
                    }
                }
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
