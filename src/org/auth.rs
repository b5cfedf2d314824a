//! Sessions: an access token, a stored login, or one borrowed from the `sf` command line.
//!
//! How a login comes about is `login`'s; where it is kept is `logins`'.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use cirrus_auth::{
    AuthError, AuthResult, AuthSession, ClientCredentialsAuth, JwtAuth, RefreshTokenAuth,
    SharedAuth, StaticTokenAuth, async_trait,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::ConnectOptions;
use super::error::{OrgError, OrgErrorKind};
use super::http;
use super::logins::{Credential, Login, LoginStore};

/// A way into an org, before the first call.
pub struct Session {
    pub(super) auth: SharedAuth,
    pub(super) name: String,
    pub(super) source: String,
    pub(super) username: Option<String>,
}

/// Shows no token.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.name)
            .field("source", &self.source)
            .field("instance_url", &self.auth.instance_url())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Takes an access token, such as `SF_ACCESS_TOKEN` with `SF_ORG_INSTANCE_URL`; `source` says
    /// where it came from.
    ///
    /// # Errors The address is not one that a token may be sent to, or the token is the text that a
    /// newer `sf` puts in its place.
    pub fn from_access_token(
        name: &str,
        token: &SecretString,
        instance_url: &str,
        source: &str,
    ) -> Result<Self, OrgError> {
        let address = http::check_address(instance_url)?;
        let token = check_token(token.expose_secret())?;
        Ok(Self {
            auth: Arc::new(StaticTokenAuth::new(token, address)),
            name: name.to_owned(),
            source: source.to_owned(),
            username: None,
        })
    }

    /// Takes one of sfsetup's own logins. A refresh token that the org rotates is stored before its
    /// access token is used (S 6.9).
    ///
    /// # Errors
    /// The login's address or key cannot be used.
    pub fn from_login(
        login: &Login,
        store: &LoginStore,
        options: &ConnectOptions,
    ) -> Result<Self, OrgError> {
        let instance_url = http::check_address(&login.instance_url)?;
        let login_url = http::check_address(&login.login_url)?;
        let client = http::client(&login_url, options)?;
        let auth: SharedAuth = match &login.credential {
            Credential::AccessToken { token } => {
                Arc::new(StaticTokenAuth::new(check_token(token.expose_secret())?, instance_url))
            }
            Credential::RefreshToken { client_id, client_secret, refresh_token } => {
                let keeper = Arc::new(Keeper {
                    store: store.clone(),
                    name: login.name.clone(),
                    failure: std::sync::Mutex::default(),
                });
                let mut builder = RefreshTokenAuth::builder()
                    .consumer_key(client_id)
                    .refresh_token(refresh_token.expose_secret())
                    .login_url(login_url)
                    .instance_url(instance_url)
                    .on_rotation(keeper.clone())
                    .http_client(client);
                if let Some(secret) = client_secret {
                    builder = builder.consumer_secret(secret.expose_secret());
                }
                let inner = builder.build().map_err(OrgError::from_auth)?;
                Arc::new(Kept { inner, keeper })
            }
            Credential::Jwt { client_id, username, key_file } => Arc::new(
                jwt_builder(client_id, username, key_file)?
                    .login_url(login_url)
                    .instance_url(instance_url)
                    .http_client(client)
                    .build()
                    .map_err(OrgError::from_auth)?,
            ),
            Credential::ClientCredentials { client_id, client_secret } => Arc::new(
                ClientCredentialsAuth::builder()
                    .consumer_key(client_id)
                    .consumer_secret(client_secret.expose_secret())
                    .login_url(login_url)
                    .instance_url(instance_url)
                    .http_client(client)
                    .build()
                    .map_err(OrgError::from_auth)?,
            ),
        };
        Ok(Self {
            auth,
            name: login.name.clone(),
            source: format!("sfsetup login ({})", login.credential.title()),
            username: login.username.clone(),
        })
    }

    /// Borrows the session of an org that the `sf` command line knows by this alias or username.
    ///
    /// # Errors [`OrgErrorKind::NoSuchOrg`] when `sf` is not installed or does not know the name;
    /// `Auth` when it cannot sign in.
    pub async fn from_sf_cli(target: &str, cli: SfCli) -> Result<Self, OrgError> {
        if target.starts_with('-') || target.is_empty() {
            return Err(OrgError::new(
                OrgErrorKind::Usage,
                format!("`{target}` is no alias or username"),
            ));
        }
        // Each of the commands takes a second or more to begin, so that both are run at once.
        let display = ["org", "display", "--target-org", target, "--json"];
        let (shown, token) = futures::join!(cli.run(&display), cli.token(target));
        let shown = shown?;
        let result = &shown["result"];
        let text = |key: &str| result.get(key).and_then(Json::as_str).map(str::to_owned);
        let instance_url = text("instanceUrl").ok_or_else(|| {
            OrgError::new(OrgErrorKind::Unexpected, "`sf org display` told no instance URL")
        })?;
        let instance_url = http::check_address(&instance_url)?;
        // An older `sf` shows the token here; a newer one puts a text in its place (S 6.9).
        let token = match text("accessToken").filter(|token| !is_redacted(token)) {
            Some(shown) => token.unwrap_or(shown),
            None => token?,
        };
        let source = if text("username").as_deref() == Some(target) {
            "sf CLI username"
        } else {
            "sf CLI alias"
        };
        Ok(Self {
            name: target.to_owned(),
            source: source.to_owned(),
            username: text("username"),
            auth: Arc::new(Borrowed {
                cli,
                target: target.to_owned(),
                instance_url,
                token: Mutex::new(Some(token)),
            }),
        })
    }

    /// Returns the org's address.
    pub fn instance_url(&self) -> &str {
        self.auth.instance_url()
    }
}

pub(super) fn jwt_builder(
    client_id: &str,
    username: &str,
    key_file: &std::path::Path,
) -> Result<cirrus_auth::JwtAuthBuilder, OrgError> {
    let key = std::fs::read(key_file).map_err(|error| {
        OrgError::new(
            OrgErrorKind::Usage,
            format!("cannot read the key `{}`: {error}", key_file.display()),
        )
    })?;
    JwtAuth::builder()
        .consumer_key(client_id)
        .username(username)
        .private_key_pem_bytes(&key)
        .map_err(OrgError::from_auth)
}

fn is_redacted(token: &str) -> bool {
    token.trim_start().starts_with("[REDACTED]")
}

fn check_token(token: &str) -> Result<String, OrgError> {
    let token = token.trim();
    if is_redacted(token) {
        return Err(OrgError::new(
            OrgErrorKind::Auth,
            "the access token is the text `[REDACTED] ..` that `sf` shows in its place",
        ));
    }
    if token.is_empty() || token.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(OrgError::new(
            OrgErrorKind::Auth,
            "the access token is empty or holds a space or line break",
        ));
    }
    Ok(token.to_owned())
}

/// Stores a rotated refresh token. cirrus' handler cannot fail, so a failure is kept for [`Kept`]
/// to raise.
struct Keeper {
    store: LoginStore,
    name: String,
    failure: std::sync::Mutex<Option<String>>,
}

#[async_trait]
impl cirrus_auth::refresh::RotationHandler for Keeper {
    async fn on_rotation(&self, new_refresh_token: &str) {
        let rotated = self.store.rotate(&self.name, &SecretString::from(new_refresh_token));
        if let Err(error) = rotated {
            *self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                Some(error.to_string());
        }
    }
}

/// A refresh-token session that refuses to go on when its new refresh token could not be stored.
struct Kept {
    inner: RefreshTokenAuth,
    keeper: Arc<Keeper>,
}

#[async_trait]
impl AuthSession for Kept {
    async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
        let token = self.inner.access_token().await?;
        let failure =
            self.keeper.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        match failure {
            Some(reason) => Err(AuthError::InvalidArgument {
                name: "login",
                reason: format!(
                    "the org rotated the refresh token, and the new one could not be stored: \
                     {reason}"
                ),
            }),
            None => Ok(token),
        }
    }

    fn instance_url(&self) -> &str {
        self.inner.instance_url()
    }

    async fn invalidate(&self, stale_token: &str) {
        self.inner.invalidate(stale_token).await;
    }
}

/// The `sf` command line of this machine.
#[derive(Clone, Debug)]
pub struct SfCli {
    /// The program, usually `sf`.
    pub program: PathBuf,
    /// How long one of its commands may take.
    pub timeout: Duration,
}

impl Default for SfCli {
    fn default() -> Self {
        // npm installs a batch file on Windows, which is not found without its suffix.
        let program = if cfg!(windows) { "sf.cmd" } else { "sf" };
        Self { program: program.into(), timeout: Duration::from_secs(60) }
    }
}

impl SfCli {
    /// The command refreshes the token first (S 6.9), so asking again is a refresh.
    async fn token(&self, target: &str) -> Result<String, OrgError> {
        let shown = self
            .run(&["org", "auth", "show-access-token", "--target-org", target, "--json"])
            .await?;
        let result = &shown["result"];
        let named = result.get("accessToken").and_then(Json::as_str);
        named
            .filter(|token| !is_redacted(token))
            .or_else(|| find_token(result))
            .map(str::to_owned)
            .ok_or_else(|| {
                OrgError::new(
                    OrgErrorKind::Auth,
                    format!("`sf` gave no access token for `{target}`"),
                )
            })
    }

    async fn run(&self, arguments: &[&str]) -> Result<Json, OrgError> {
        let shown = format!("sf {}", arguments[..arguments.len().min(2)].join(" "));
        let command = tokio::process::Command::new(&self.program)
            .args(arguments)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match tokio::time::timeout(self.timeout, command).await {
            Err(_) => {
                return Err(OrgError::new(
                    OrgErrorKind::TimedOut,
                    format!("`{shown}` took longer than {} s", self.timeout.as_secs()),
                ));
            }
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(OrgError::new(
                    OrgErrorKind::NoSuchOrg,
                    "no login has that name, and the sf command line, which might know it, is not \
                     installed",
                ));
            }
            Ok(Err(error)) => {
                return Err(OrgError::new(
                    OrgErrorKind::NoSuchOrg,
                    format!("cannot run `{}`: {error}", self.program.display()),
                ));
            }
            Ok(Ok(output)) => output,
        };
        // Banners and colour codes may come before the JSON (S 6.9); an escape code holds no `{`.
        let start = output.stdout.iter().position(|byte| *byte == b'{');
        let json: Option<Json> = start.and_then(|at| {
            serde_json::Deserializer::from_slice(&output.stdout[at..]).into_iter().next()?.ok()
        });
        let Some(json) = json else {
            return Err(OrgError::new(
                OrgErrorKind::Unexpected,
                format!("`{shown}` did not answer in JSON"),
            ));
        };
        if output.status.success() && json.get("result").is_some() {
            return Ok(json);
        }
        let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default();
        let kind = match text("name") {
            "NamedOrgNotFoundError"
            | "NoAuthInfoFoundError"
            | "NoTargetOrgFound"
            | "NamedOrgNotFound"
            | "NoOrgFound" => OrgErrorKind::NoSuchOrg,
            _ => OrgErrorKind::Auth,
        };
        let mut error = OrgError::new(kind, format!("`{shown}` says: {}", text("message")));
        error.code = Some(text("name").to_owned()).filter(|name| !name.is_empty());
        Err(error)
    }
}

/// Finds the first text that has a session id's form, whatever its key (S 6.9: the shape of the
/// answer is not documented).
fn find_token(json: &Json) -> Option<&str> {
    match json {
        Json::String(text) => {
            let (id, key) = text.split_once('!')?;
            let is_id = id.starts_with("00D")
                && (15..=18).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric());
            (is_id && !key.is_empty()).then_some(text)
        }
        Json::Array(items) => items.iter().find_map(find_token),
        Json::Object(members) => members.values().find_map(find_token),
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

/// A session of the `sf` command line; a token that the org no longer takes is asked for anew, once
/// per stale token.
struct Borrowed {
    cli: SfCli,
    target: String,
    instance_url: String,
    token: Mutex<Option<String>>,
}

#[async_trait]
impl AuthSession for Borrowed {
    async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
        let mut token = self.token.lock().await;
        if token.is_none() {
            let fresh = self.cli.token(&self.target).await;
            *token = Some(fresh.map_err(|error| AuthError::OAuth {
                error: "sf_cli".to_owned(),
                error_description: Some(error.to_string()),
            })?);
        }
        Ok(Cow::Owned(token.clone().unwrap_or_default()))
    }

    fn instance_url(&self) -> &str {
        &self.instance_url
    }

    async fn invalidate(&self, stale_token: &str) {
        let mut token = self.token.lock().await;
        if token.as_deref() == Some(stale_token) {
            *token = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_token_is_refused_by_name() {
        let token = SecretString::from("[REDACTED] Use 'sf org auth show-access-token' to view");
        let error =
            Session::from_access_token("x", &token, "https://acme.example.com", "environment")
                .unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::Auth);
        assert!(error.message.contains("[REDACTED]"));
    }

    #[test]
    fn a_token_is_found_under_any_key() {
        let json = serde_json::json!({ "a": [1, {"tok": "00D5g00000AbCdE!AQE"}] });
        assert_eq!(find_token(&json), Some("00D5g00000AbCdE!AQE"));
        assert_eq!(find_token(&serde_json::json!({"a": "hello!"})), None);
    }

    #[test]
    fn a_session_shows_no_token() {
        let token = SecretString::from("00D5g00000AbCdE!PLANTED");
        let session =
            Session::from_access_token("x", &token, "https://acme.example.com", "environment")
                .unwrap();
        assert!(!format!("{session:?}").contains("PLANTED"));
    }
}
