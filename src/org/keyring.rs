//! The system's keyring: Keychain, Windows Credential Manager, or the Secret Service of a Linux
//! desktop.
//!
//! A server or a container has none; then the caller keeps the secret in a file of mode 0600. Each
//! call runs on a thread of its own, because the Secret Service is spoken over D-Bus by a client
//! that blocks and must not meet the runtime of the caller.

use std::thread;

use keyring::{Entry, Error};
use secrecy::{ExposeSecret as _, SecretString};

/// Under which name the keyring lists sfsetup's entries.
const SERVICE: &str = "sfsetup";

/// Keeps a secret under an entry's name.
///
/// # Errors
/// There is no keyring, it is locked, or it does not take a secret of this size; in the keyring's
/// words.
pub(super) fn set(name: &str, secret: &SecretString) -> Result<(), String> {
    #[cfg(test)]
    if stand_in::set(name, secret.expose_secret()) {
        return Ok(());
    }
    on_thread(|| Entry::new(SERVICE, name)?.set_password(secret.expose_secret()))
}

/// Returns the secret that is kept under an entry's name; `None` when there is none.
///
/// # Errors
/// There is no keyring or it is locked; in the keyring's words.
pub(super) fn get(name: &str) -> Result<Option<SecretString>, String> {
    #[cfg(test)]
    if let Some(secret) = stand_in::get(name) {
        return Ok(secret);
    }
    on_thread(|| match Entry::new(SERVICE, name)?.get_password() {
        Ok(secret) => Ok(Some(SecretString::from(secret))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
}

/// Deletes what is kept under an entry's name, if anything is.
///
/// # Errors
/// There is no keyring or it is locked; in the keyring's words.
pub(super) fn remove(name: &str) -> Result<(), String> {
    #[cfg(test)]
    if stand_in::remove(name) {
        return Ok(());
    }
    on_thread(|| match Entry::new(SERVICE, name)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(error),
    })
}

/// Keeps, reads and deletes an entry of no worth: says whether the keyring works.
///
/// # Errors
/// It does not; in its words.
pub(super) fn check() -> Result<(), String> {
    let name = format!("check-{}", std::process::id());
    set(&name, &SecretString::from("works"))?;
    let read = get(&name);
    remove(&name)?;
    match read? {
        Some(secret) if secret.expose_secret() == "works" => Ok(()),
        _ => Err("what it was given did not come back".to_owned()),
    }
}

fn on_thread<T: Send>(work: impl FnOnce() -> keyring::Result<T> + Send) -> Result<T, String> {
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(result) => result.map_err(|error| in_words(&error)),
        Err(_) => Err("the keyring's client stopped unexpectedly".to_owned()),
    })
}

/// The crate's own words, except where they could quote what is kept.
fn in_words(error: &Error) -> String {
    match error {
        Error::NoDefaultStore => match Entry::store_status() {
            Err(error) => format!("this system offers no keyring ({error})"),
            Ok(()) => "this system offers no keyring".to_owned(),
        },
        Error::BadEncoding(_) => "what it holds is not text".to_owned(),
        other => other.to_string(),
    }
}

/// A keyring for one test: machines that build have none.
#[cfg(test)]
pub(super) mod stand_in {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use secrecy::SecretString;

    thread_local! {
        static RING: RefCell<Option<BTreeMap<String, String>>> = const { RefCell::new(None) };
    }

    fn with<T>(work: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> Option<T> {
        RING.with_borrow_mut(|ring| ring.as_mut().map(work))
    }

    /// Takes the system's place on this thread.
    pub(in crate::org) fn begin() {
        RING.set(Some(BTreeMap::new()));
    }

    /// Returns the names of the entries.
    pub(in crate::org) fn entries() -> Vec<String> {
        with(|ring| ring.keys().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn set(name: &str, secret: &str) -> bool {
        with(|ring| ring.insert(name.to_owned(), secret.to_owned())).is_some()
    }

    pub(super) fn get(name: &str) -> Option<Option<SecretString>> {
        with(|ring| ring.get(name).map(|secret| secret.clone().into()))
    }

    pub(super) fn remove(name: &str) -> bool {
        with(|ring| ring.remove(name)).is_some()
    }
}
