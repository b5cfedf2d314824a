//! Which org is meant, how to get into it, and what is shown while it works.
//!
//! The order: `--org`, `SFSETUP_ORG`, `SF_TARGET_ORG`, `sfsetup.toml`, then `SF_ACCESS_TOKEN` with `SF_ORG_INSTANCE_URL`. A name is looked up
//! among sfsetup's own logins, then among the orgs of the `sf` command line.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use crate::org::auth::{Session, SfCli};
use crate::org::logins::LoginStore;
use crate::org::{ConnectOptions, Event, Org, OrgError};

use super::config::Config;
use super::error::CommandError;
use super::ui::{Progress, Ui};

/// Which org is meant.
#[derive(Debug)]
pub(super) enum Choice {
    /// A name, and where it was read.
    Named(String, &'static str),
    /// An access token in the environment, and the org's address.
    Token(SecretString, String),
}

/// Says which org is meant, or `None` where nobody has said.
pub(super) fn choose(argument: Option<&str>, config: &Config) -> Option<Choice> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
    let named = argument
        .map(|name| (name.to_owned(), "--org"))
        .or_else(|| variable("SFSETUP_ORG").map(|name| (name, "SFSETUP_ORG")))
        .or_else(|| variable("SF_TARGET_ORG").map(|name| (name, "SF_TARGET_ORG")))
        .or_else(|| config.org.clone().map(|name| (name, "sfsetup.toml")));
    if let Some((name, place)) = named {
        return Some(Choice::Named(name, place));
    }
    let token = variable("SF_ACCESS_TOKEN")?;
    let address = variable("SF_ORG_INSTANCE_URL")?;
    Some(Choice::Token(SecretString::from(token), address))
}

impl Choice {
    /// Returns what reports call the org.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Named(name, _) => name,
            Self::Token(_, address) => address,
        }
    }
}

/// Returns the folder in which sfsetup keeps its own logins.
///
/// # Errors
/// The system names no home.
pub(super) fn logins() -> Result<LoginStore, CommandError> {
    let base = env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::var_os("APPDATA").map(PathBuf::from))
        .or_else(|| env::home_dir().map(|home| home.join(".config")));
    match base {
        Some(base) => Ok(LoginStore::new(base.join("sfsetup").join("logins"))),
        None => Err(CommandError::new("there is no home folder to keep logins in").hint("set HOME, or XDG_CONFIG_HOME")),
    }
}

/// Returns how to connect: what the environment says of certificates and versions, and where progress is shown.
pub(super) fn options(ui: &Ui) -> ConnectOptions {
    let progress = Progress::new(ui);
    ConnectOptions {
        ca_file: env::var_os("SSL_CERT_FILE").map(PathBuf::from),
        events: Arc::new(move |event: Event| progress.show(&event)),
        ..ConnectOptions::default()
    }
}

/// Signs in to the chosen org.
///
/// # Errors
/// Nobody of that name is known, or the org does not let us in.
pub(super) async fn connect(choice: &Choice, options: ConnectOptions) -> Result<Org, CommandError> {
    let session = session(choice, &options).await?;
    Org::connect(session, options).await.map_err(|error| CommandError::org(choice.name(), &error))
}

async fn session(choice: &Choice, options: &ConnectOptions) -> Result<Session, CommandError> {
    let failed = |error: OrgError| CommandError::org(choice.name(), &error);
    match choice {
        Choice::Token(token, address) => Session::from_access_token(address, token, address, "environment").map_err(failed),
        Choice::Named(name, place) => {
            let store = logins()?;
            if let Some(login) = store.load(name).map_err(failed)? {
                return Session::from_login(&login, &store, options).map_err(failed);
            }
            Session::from_sf_cli(name, SfCli::default()).await.map_err(|error| {
                let error = failed(error);
                if *place == "--org" { error } else { error.hint(format!("the name was read from {place}")) }
            })
        }
    }
}

/// Runs what waits, on this thread.
///
/// # Errors
/// The system gives no event loop.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::new("internal error: no event loop").because(error.to_string()))?;
    runtime.block_on(work)
}
