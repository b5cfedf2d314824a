//! Signing in for the first time: browser with PKCE, JWT bearer, client credentials, SFDX auth URL.
//!
//! Each ends as a [`Login`] that nothing holds yet: whoever asked tries it, and stores it if the
//! org takes it. Printing the address and asking is left to the command line.

mod jwt;
mod web;

use std::time::Duration;

use cirrus_auth::{AuthError, AuthSession as _, ClientCredentialsAuth};
use secrecy::{ExposeSecret as _, SecretString};

use super::ConnectOptions;
use super::error::{OrgError, OrgErrorKind};
use super::http;
use super::logins::{Credential, Login};
use super::mint::{REVOKE, TOKEN, told};
use super::patience::within;
use super::refresh::{Presented, exchange_while_busy};
pub use jwt::{JwtLogin, jwt};
pub use web::{WebLogin, web};

/// What is said of a text that is no auth URL.
pub(crate) const NO_AUTH_URL: &str = "this is no SFDX auth URL";

/// Takes an SFDX auth URL (`force://id:secret:token@host`, S 6.9), from a file or standard input,
/// never from an argument.
///
/// `keep` is handed the login as soon as the org has put a new refresh token in the place of the
/// text's, which is spent from then on.
///
/// # Errors
/// The text is not one, or the org does not take it; or those of `keep`.
pub async fn auth_url(
    name: &str,
    text: &SecretString,
    options: &ConnectOptions,
    keep: &dyn Fn(&Login) -> Result<(), OrgError>,
) -> Result<Login, OrgError> {
    let (client_id, client_secret, token, host) =
        split_auth_url(text.expose_secret()).ok_or_else(|| {
            OrgError::new(
                OrgErrorKind::Usage,
                format!("{NO_AUTH_URL} (`force://<client>:<secret>:<token>@<host>`)"),
            )
        })?;
    let address = http::check_address(&with_scheme(host))?;
    let client_secret =
        Some(client_secret).filter(|secret| !secret.is_empty()).map(SecretString::from);
    let mut instance_url = address.clone();
    let mut refresh_token = SecretString::from(token);
    let mut is_second = false;
    loop {
        let presented = Presented {
            client_id,
            client_secret: client_secret.as_ref(),
            refresh_token: &refresh_token,
            login_url: &address,
            instance_url: &instance_url,
        };
        let answer = exchange_while_busy(&presented, options).await;
        let is_rotated = answer.rotated.is_some();
        refresh_token = answer.rotated.unwrap_or(refresh_token);
        let (access_token, error) = match answer.access_token {
            Ok(token) => (Some(token), None),
            Err(error) => (None, Some(error)),
        };
        // The host of the URL may be another than the org's own. cirrus keeps back the token that
        // came with the news.
        let mut failure = None;
        let mut is_elsewhere = false;
        match error {
            Some(error @ AuthError::InstanceUrlMismatch { .. }) if !is_second => {
                match learn_instance(&address, Err(error)) {
                    Ok(own) => (instance_url, is_elsewhere) = (own, true),
                    Err(error) => failure = Some(error),
                }
            }
            Some(error) => failure = Some(OrgError::from_auth(error)),
            None => {}
        }
        let login = Login {
            name: name.to_owned(),
            instance_url: instance_url.clone(),
            login_url: address.clone(),
            username: None,
            org_id: None,
            credential: Credential::RefreshToken {
                client_id: client_id.to_owned(),
                client_secret: client_secret.clone(),
                refresh_token: refresh_token.clone(),
                access_token,
            },
            rotates: Some(is_rotated),
            is_own: false,
        };
        if is_rotated {
            keep(&login)?;
        }
        match failure {
            Some(error) => return Err(error),
            None if is_elsewhere => is_second = true,
            None => return Ok(login),
        }
    }
}

/// The host of an auth URL has no scheme; one on this machine is a test server.
fn with_scheme(host: &str) -> String {
    let scheme = if http::is_loopback(&format!("http://{host}")) { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// Returns the address of the host in an auth URL; none where it is no auth URL.
pub(crate) fn address_in(text: &str) -> Option<String> {
    split_auth_url(text).map(|(_, _, _, host)| with_scheme(host))
}

fn split_auth_url(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (credential, host) = text.trim().strip_prefix("force://")?.rsplit_once('@')?;
    let mut parts = credential.splitn(3, ':');
    let (id, secret, token) = (parts.next()?, parts.next()?, parts.next()?);
    let host = host.trim_end_matches('/');
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-=".contains(&b))
    };
    let is_host = host.bytes().all(|b| b.is_ascii_alphanumeric() || b":._-".contains(&b));
    (is_plain(id) && is_plain(token) && is_host && !host.is_empty())
        .then_some((id, secret, token, host))
}

/// Takes an access token that somebody has got from elsewhere; the login lasts as long as it does.
///
/// # Errors
/// The address is not one that a token may be sent to.
pub fn access_token(
    name: &str,
    token: SecretString,
    instance_url: &str,
    org_id: Option<String>,
) -> Result<Login, OrgError> {
    let address = http::check_address(instance_url)?;
    Ok(Login {
        name: name.to_owned(),
        instance_url: address.clone(),
        login_url: address,
        username: None,
        org_id,
        credential: Credential::AccessToken { token },
        rotates: None,
        is_own: false,
    })
}

/// Signs in as the app's own user; the address is the org's My Domain.
///
/// # Errors
/// The org does not take the key and secret.
pub(crate) async fn client_credentials(
    name: &str,
    instance_url: &str,
    client_id: &str,
    client_secret: &SecretString,
    options: &ConnectOptions,
) -> Result<Login, OrgError> {
    let login_url = http::check_address(instance_url)?;
    let session = ClientCredentialsAuth::builder()
        .consumer_key(client_id)
        .consumer_secret(client_secret.expose_secret())
        .login_url(&login_url)
        .instance_url(&login_url)
        .http_client(http::client(&login_url, options)?)
        .build()
        .map_err(OrgError::from_auth)?;
    let token = told(&options.events, TOKEN, session.access_token()).await.map(drop);
    let instance_url = learn_instance(&login_url, token)?;
    Ok(Login {
        name: name.to_owned(),
        instance_url,
        login_url,
        username: None,
        org_id: None,
        credential: Credential::ClientCredentials {
            client_id: client_id.to_owned(),
            client_secret: client_secret.clone(),
        },
        rotates: None,
        is_own: true,
    })
}

/// Finds the org's address from the first token.
///
/// cirrus wants it before it is known and checks it against the answer; the check's error is the
/// only place where it shows the org's own.
fn learn_instance(assumed: &str, first: Result<(), AuthError>) -> Result<String, OrgError> {
    match first {
        Ok(()) => Ok(assumed.to_owned()),
        Err(AuthError::InstanceUrlMismatch { returned, .. }) => http::check_address(&returned),
        Err(error) => Err(OrgError::from_auth(error)),
    }
}

/// How long a person waits for the end of a session, which another look at the org's sessions
/// shows.
const REVOKE_TIME: Duration = Duration::from_secs(30);

/// What became of a login's session at the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionEnd {
    /// It has ended.
    Revoked,
    /// There is none: a key or an app's secret stays valid.
    None,
    /// It stays, for it came from elsewhere and may be in use there.
    Stays,
}

/// Ends a login at the org, where it can be ended there: a refresh token is revoked, a key stays
/// valid. What came from elsewhere, from `sf` say, is not ended: its login there would end with it.
///
/// # Errors
/// The org could not be asked or refused.
pub(crate) async fn revoke(
    login: &Login,
    options: &ConnectOptions,
) -> Result<SessionEnd, OrgError> {
    let token = match &login.credential {
        Credential::RefreshToken { .. } | Credential::AccessToken { .. } if !login.is_own => {
            return Ok(SessionEnd::Stays);
        }
        Credential::RefreshToken { refresh_token, .. } => refresh_token,
        Credential::AccessToken { token } => token,
        Credential::Jwt { .. } | Credential::ClientCredentials { .. } => {
            return Ok(SessionEnd::None);
        }
    };
    let login_url = http::check_address(&login.login_url)?;
    let client = http::client(&login_url, options)?;
    let asked = async {
        let asked = cirrus_auth::revoke_token(&client, &login_url, token.expose_secret());
        told(&options.events, REVOKE, asked).await.map_err(OrgError::from_auth)
    };
    within(options, "the request to end the session", REVOKE_TIME, asked).await?;
    Ok(SessionEnd::Revoked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_session_is_not_waited_for_in_silence_nor_for_long() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", silent.local_addr().unwrap());
        let login = Login {
            name: "acme".to_owned(),
            instance_url: address.clone(),
            login_url: address,
            username: None,
            org_id: None,
            credential: Credential::AccessToken { token: "PLANTED".into() },
            rotates: None,
            is_own: true,
        };
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let sink = told.clone();
        let options = ConnectOptions {
            told_after: Duration::from_millis(20),
            answer_timeout: Duration::from_millis(100),
            events: std::sync::Arc::new(move |event| {
                sink.lock().unwrap().push(format!("{event:?}"))
            }),
            ..ConnectOptions::default()
        };
        let error = revoke(&login, &options).await.unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::TimedOut);
        assert!(told.lock().unwrap()[0].contains("the request to end the session"), "{told:?}");
        let borrowed = Login { is_own: false, ..login };
        assert_eq!(revoke(&borrowed, &options).await, Ok(SessionEnd::Stays));
    }

    #[test]
    fn auth_urls_are_taken_apart() {
        assert_eq!(
            split_auth_url("force://PlatformCLI::5Aep.x-y_z==@acme.my.salesforce.com\n"),
            Some(("PlatformCLI", "", "5Aep.x-y_z==", "acme.my.salesforce.com"))
        );
        assert_eq!(
            split_auth_url("force://id:secret:token@localhost:8080"),
            Some(("id", "secret", "token", "localhost:8080"))
        );
        for broken in
            ["", "https://a:b:c@d", "force://a:b@c", "force://a:b:c", "force://a:b:c@d/e f"]
        {
            assert_eq!(split_auth_url(broken), None, "{broken}");
        }
    }
}
