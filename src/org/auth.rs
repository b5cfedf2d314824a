//! Sessions: an access token, a stored login, or one borrowed from the `sf` command line.
//!
//! How a login comes about is `login`'s; where it is kept is `logins`'.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use cirrus_auth::{ClientCredentialsAuth, JwtAuth, SharedAuth, StaticTokenAuth};
use jsonwebtoken::EncodingKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::ConnectOptions;
use super::bearer::Bearer;
use super::error::{OrgError, OrgErrorKind};
use super::host;
use super::http;
use super::key;
use super::logins::{Credential, Login, LoginStore};
use super::mint::Told;
use super::refresh::Refreshed;
pub(crate) use super::sf_cli::NO_HELP;
use super::sf_cli::{Borrowed, is_redacted};
pub use super::sf_cli::{DefaultOrg, SfCli};
use super::words;

/// A way into an org, before the first call.
pub struct Session {
    pub(super) auth: SharedAuth,
    pub(super) name: String,
    pub(super) source: String,
    pub(super) username: Option<String>,
    /// The org that it must be, where that is known beforehand.
    pub(super) org_id: Option<String>,
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
    /// # Errors
    /// The address is not one that a token may be sent to, or the token is the text that a newer
    /// `sf` puts in its place.
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
            org_id: None,
        })
    }

    /// Takes a login that is not stored yet. Its access token is used as it is: whoever has just
    /// signed in needs no other.
    ///
    /// # Errors
    /// As [`Self::from_login`].
    pub(crate) fn from_new_login(
        login: &Login,
        store: &LoginStore,
        options: &ConnectOptions,
    ) -> Result<Self, OrgError> {
        let session = Self::from_login(login, store, options)?;
        match &login.credential {
            Credential::RefreshToken { access_token: Some(token), .. } => {
                let address = http::check_address(&login.instance_url)?;
                let token = check_token(token.expose_secret())?;
                Ok(Self { auth: Arc::new(StaticTokenAuth::new(token, address)), ..session })
            }
            _ => Ok(session),
        }
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
        // Whatever signs in goes to this host, be it now or once a token has ended.
        host::check(&login_url, &options.allowed_hosts)?;
        let auth: SharedAuth = match &login.credential {
            Credential::AccessToken { token } => {
                Arc::new(StaticTokenAuth::new(check_token(token.expose_secret())?, instance_url))
            }
            Credential::RefreshToken { .. } => {
                Arc::new(Refreshed::new(login, instance_url, store, options))
            }
            Credential::Jwt { client_id, username, key_file, audience } => {
                let audience = audience.as_deref().unwrap_or(&login_url);
                let who = (client_id.as_str(), username.as_str(), key_file.as_path());
                jwt_session(who, (&login_url, audience), &instance_url, options)?
            }
            Credential::ClientCredentials { client_id, client_secret } => {
                let session = ClientCredentialsAuth::builder()
                    .consumer_key(client_id)
                    .consumer_secret(client_secret.expose_secret())
                    .http_client(http::client(&login_url, options)?)
                    .login_url(login_url)
                    .instance_url(instance_url)
                    .build()
                    .map_err(OrgError::from_auth)?;
                Arc::new(Told::new(Arc::new(session), &options.events))
            }
        };
        Ok(Self {
            auth,
            name: login.name.clone(),
            source: format!("sfsetup login ({})", login.credential.title()),
            username: login.username.clone(),
            org_id: login.org_id.clone(),
        })
    }

    /// Borrows the session of an org that the `sf` command line knows by this alias or username;
    /// `told` gets the org's address as soon as `sf` has named it.
    ///
    /// # Errors
    /// [`OrgErrorKind::NoSuchOrg`] when `sf` is not installed or does not know the name; `Auth`
    /// when it cannot sign in.
    pub async fn from_sf_cli(
        target: &str,
        cli: SfCli,
        told: &mut Option<String>,
    ) -> Result<Self, OrgError> {
        if target.starts_with('-') || target.is_empty() {
            return Err(OrgError::new(
                OrgErrorKind::Usage,
                format!("`{target}` is no alias or username"),
            ));
        }
        // One after the other: each command refreshes a token that has ended (plugin-org 5.11.26,
        // `org.refreshAuth()` in both), and two refreshes at once of a token that rotates end the
        // login of `sf` (S 1.2). The second finds what the first has stored.
        let display = ["org", "display", "--target-org", target, "--json"];
        let shown = cli.run(&display).await?;
        let result = &shown["result"];
        let text = |key: &str| result.get(key).and_then(Json::as_str).map(str::to_owned);
        let instance_url = text("instanceUrl").ok_or_else(|| {
            OrgError::new(OrgErrorKind::Unexpected, "`sf org display` told no instance URL")
        })?;
        let instance_url = http::check_address(&instance_url)?;
        *told = Some(instance_url.clone());
        let token = cli.token(target).await;
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
            org_id: text("id").filter(|id| id.starts_with("00D")),
            auth: Arc::new(Borrowed::new(cli, target, instance_url, token)),
        })
    }

    /// Says where its name came from.
    #[must_use]
    pub(crate) fn told_by(mut self, place: &str) -> Self {
        self.source = format!("{}, by {place}", self.source);
        self
    }

    /// Returns the org's address.
    pub fn instance_url(&self) -> &str {
        self.auth.instance_url()
    }
}

/// Makes a session by JWT bearer: of an app's client id, a username and a key file, and of the host
/// that issues tokens and the audience.
///
/// # Errors
/// The key or an address cannot be used.
pub(super) fn jwt_session(
    (client_id, username, key_file): (&str, &str, &Path),
    (login_url, audience): (&str, &str),
    instance_url: &str,
    options: &ConnectOptions,
) -> Result<SharedAuth, OrgError> {
    let key = key::read(key_file)?;
    let refused = |error: &dyn fmt::Display| {
        let why = words::of_key(&error.to_string());
        let shown = key_file.display();
        OrgError::new(OrgErrorKind::Usage, format!("cannot use the key `{shown}`: {why}"))
    };
    let http = http::client(login_url, options)?;
    if audience != login_url {
        let session = Bearer {
            client_id: client_id.to_owned(),
            username: username.to_owned(),
            key: EncodingKey::from_rsa_pem(&key).map_err(|error| refused(&error))?,
            login_url: login_url.to_owned(),
            audience: audience.to_owned(),
            instance_url: instance_url.to_owned(),
            http,
            token: Mutex::default(),
        };
        return Ok(Arc::new(Told::new(Arc::new(session), &options.events)));
    }
    let session = JwtAuth::builder()
        .consumer_key(client_id)
        .username(username)
        .private_key_pem_bytes(&key)
        .map_err(|error| refused(&error))?
        .http_client(http)
        .login_url(login_url)
        .instance_url(instance_url)
        .build()
        .map_err(OrgError::from_auth)?;
    Ok(Arc::new(Told::new(Arc::new(session), &options.events)))
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
    fn what_is_no_key_within_is_told_in_words() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----\n";
        std::fs::write(file.path(), text).unwrap();
        let host = "https://login.salesforce.com";
        let options = ConnectOptions::default();
        for audience in [host, "https://test.salesforce.com"] {
            let who = ("x", "a@b.example.com", file.path());
            let session = jwt_session(who, (host, audience), host, &options);
            let error = session.err().unwrap();
            assert!(error.message.contains("is no RSA key"), "{error}");
        }
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
