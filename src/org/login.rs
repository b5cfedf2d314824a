//! Signing in for the first time: browser with PKCE, JWT bearer, client credentials, SFDX auth URL.
//!
//! Each ends as a [`Login`] that nothing holds yet: whoever asked tries it, and stores it if the org
//! takes it. Printing the address and asking is left to the command line.

use std::time::Duration;

use cirrus_auth::{AuthError, AuthSession as _, ClientCredentialsAuth, WebServerFlow};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::ConnectOptions;
use super::auth::jwt_builder;
use super::error::{OrgError, OrgErrorKind};
use super::http;
use super::logins::{Credential, Login};
use super::refresh::{Presented, exchange};

/// The client id, port and path of the `sf` command line (S 6.9), which most orgs have installed.
const DEFAULT_CLIENT: &str = "PlatformCLI";
const DEFAULT_PORT: u16 = 1717;
const REDIRECT_PATH: &str = "/OauthRedirect";

/// A login through the browser.
#[derive(Clone, Debug)]
pub struct WebLogin {
    /// The host that issues tokens: `https://login.salesforce.com`, `https://test.salesforce.com`
    /// or a My Domain.
    pub login_url: String,
    /// The connected app's consumer key.
    pub client_id: String,
    /// Its secret, where it wants one.
    pub client_secret: Option<SecretString>,
    /// The port on this machine that the browser is sent back to.
    pub port: u16,
    /// How long to wait for the browser.
    pub timeout: Duration,
}

impl Default for WebLogin {
    fn default() -> Self {
        Self {
            login_url: cirrus_auth::web_server::PRODUCTION_LOGIN_URL.to_owned(),
            client_id: DEFAULT_CLIENT.to_owned(),
            client_secret: None,
            port: DEFAULT_PORT,
            timeout: Duration::from_secs(300),
        }
    }
}

/// Signs in through the browser; `show` is handed the address to open.
///
/// # Errors The port is taken, nobody came back in time, the user refused, or the answer is not the
/// one to our question (`state`).
pub async fn web(
    name: &str,
    login: &WebLogin,
    options: &ConnectOptions,
    show: &(dyn Fn(&str) + Send + Sync),
) -> Result<Login, OrgError> {
    let login_url = http::check_address(&login.login_url)?;
    let listener = TcpListener::bind(("127.0.0.1", login.port)).await.map_err(|error| {
        OrgError::new(
            OrgErrorKind::Usage,
            format!("cannot listen on port {} of this machine: {error}", login.port),
        )
    })?;
    let mut builder = WebServerFlow::builder()
        .consumer_key(&login.client_id)
        .redirect_uri(format!("http://localhost:{}{REDIRECT_PATH}", login.port))
        .login_url(&login_url)
        .scopes(["refresh_token", "api", "web"])
        .http_client(http::client(&login_url, options)?);
    if let Some(secret) = &login.client_secret {
        builder = builder.consumer_secret(secret.expose_secret());
    }
    let flow = builder.build().map_err(OrgError::from_auth)?;
    let (address, pending) = flow.start().map_err(OrgError::from_auth)?;
    show(&address);
    let (code, state) =
        tokio::time::timeout(login.timeout, come_back(&listener)).await.map_err(|_| {
            OrgError::new(
                OrgErrorKind::TimedOut,
                format!("no browser came back within {} s", login.timeout.as_secs()),
            )
        })??;
    let done = flow.complete(pending, &code, &state).await.map_err(OrgError::from_auth)?;
    let org_id = done.id.as_deref().and_then(org_of);
    let access_token = SecretString::from(done.access_token);
    let credential = match done.refresh_token {
        Some(refresh_token) => Credential::RefreshToken {
            client_id: login.client_id.clone(),
            client_secret: login.client_secret.clone(),
            refresh_token: refresh_token.into(),
            access_token: Some(access_token),
        },
        None => Credential::AccessToken { token: access_token },
    };
    Ok(Login {
        name: name.to_owned(),
        instance_url: http::check_address(&done.instance_url)?,
        login_url,
        username: None,
        org_id,
        credential,
    })
}

/// Returns the org's id from the address of an identity: `https://../id/00D../005..` (S 6.9).
fn org_of(identity: &str) -> Option<String> {
    let is_id = |part: &&str| {
        part.starts_with("00D")
            && [15, 18].contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    identity.split('/').find(is_id).map(str::to_owned)
}

/// Waits for the browser, and answers it. Anything that does not ask for the redirect's path is
/// turned away.
async fn come_back(listener: &TcpListener) -> Result<(String, String), OrgError> {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            continue;
        };
        let read = tokio::time::timeout(Duration::from_secs(10), request_target(&mut stream));
        let Ok(Some(target)) = read.await else {
            continue;
        };
        let Ok(url) = reqwest::Url::parse(&format!("http://localhost{target}")) else {
            continue;
        };
        if url.path() != REDIRECT_PATH {
            answer(&mut stream, "404 Not Found", "Nothing is here.").await;
            continue;
        }
        let parameter = |name: &str| {
            url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        if let (Some(code), Some(state)) = (parameter("code"), parameter("state")) {
            answer(
                &mut stream,
                "200 OK",
                "Signed in. You can close this page and go back to the terminal.",
            )
            .await;
            return Ok((code, state));
        }
        answer(
            &mut stream,
            "400 Bad Request",
            "The sign-in did not succeed. The terminal says why.",
        )
        .await;
        let code = parameter("error").unwrap_or_default();
        let text = parameter("error_description").unwrap_or_else(|| "no reason was given".into());
        let mut error =
            OrgError::new(OrgErrorKind::Auth, format!("the org refused the sign-in: {text}"));
        error.code = Some(code).filter(|code| !code.is_empty());
        return Err(error);
    }
}

/// Reads the target of a GET; `None` when it is none or does not end.
async fn request_target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0_u8; 2048];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 || head.len() > 16 << 10 {
            return None;
        }
        head.extend_from_slice(&chunk[..read]);
    }
    let text = String::from_utf8(head).ok()?;
    let mut words = text.lines().next()?.split(' ');
    (words.next() == Some("GET")).then(|| words.next().map(str::to_owned))?
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page =
        format!("<!doctype html><meta charset=\"utf-8\"><title>sfsetup</title><p>{text}</p>");
    let reply = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    // The browser may be gone by now; nothing hangs on this page.
    let _ = stream.write_all(reply.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Takes an SFDX auth URL (`force://id:secret:token@host`, S 6.9), from a file or standard input,
/// never from an argument.
///
/// # Errors
/// The text is not one, or the org does not take it.
pub async fn auth_url(
    name: &str,
    text: &SecretString,
    options: &ConnectOptions,
) -> Result<Login, OrgError> {
    let (client_id, client_secret, token, host) =
        split_auth_url(text.expose_secret()).ok_or_else(|| {
            OrgError::new(
                OrgErrorKind::Usage,
                "this is no SFDX auth URL (`force://<client>:<secret>:<token>@<host>`)",
            )
        })?;
    // The host has no scheme; one on this machine is a test server.
    let scheme = if http::is_loopback(&format!("http://{host}")) { "http" } else { "https" };
    let address = http::check_address(&format!("{scheme}://{host}"))?;
    let client_secret =
        Some(client_secret).filter(|secret| !secret.is_empty()).map(SecretString::from);
    let mut refresh_token = SecretString::from(token);
    let mut instance_url = address.clone();
    let mut is_second = false;
    let access_token = loop {
        let presented = Presented {
            client_id,
            client_secret: client_secret.as_ref(),
            refresh_token: &refresh_token,
            login_url: &address,
            instance_url: &instance_url,
        };
        let answer = exchange(&presented, options).await;
        refresh_token = answer.rotated.unwrap_or(refresh_token);
        match answer.access_token {
            Ok(token) => break token,
            // The host of the URL may be another than the org's own. cirrus keeps back the token
            // that came with the news.
            Err(error @ AuthError::InstanceUrlMismatch { .. }) if !is_second => {
                instance_url = learn_instance(&address, Err(error))?;
                is_second = true;
            }
            Err(error) => return Err(OrgError::from_auth(error)),
        }
    };
    Ok(Login {
        name: name.to_owned(),
        instance_url,
        login_url: address,
        username: None,
        org_id: None,
        credential: Credential::RefreshToken {
            client_id: client_id.to_owned(),
            client_secret,
            refresh_token,
            access_token: Some(access_token),
        },
    })
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

/// Signs in with a key (JWT bearer); the user must be pre-authorised for the app.
///
/// # Errors
/// The key cannot be read, or the org does not take it.
pub(crate) async fn jwt(
    name: &str,
    login_url: &str,
    client_id: &str,
    username: &str,
    key_file: &std::path::Path,
    options: &ConnectOptions,
) -> Result<Login, OrgError> {
    let login_url = http::check_address(login_url)?;
    let session = jwt_builder(client_id, username, key_file)?
        .login_url(&login_url)
        .instance_url(&login_url)
        .http_client(http::client(&login_url, options)?)
        .build()
        .map_err(OrgError::from_auth)?;
    let instance_url = learn_instance(&login_url, session.access_token().await.map(drop))?;
    Ok(Login {
        name: name.to_owned(),
        instance_url,
        login_url,
        username: Some(username.to_owned()),
        org_id: None,
        credential: Credential::Jwt {
            client_id: client_id.to_owned(),
            username: username.to_owned(),
            key_file: std::path::absolute(key_file).unwrap_or_else(|_| key_file.to_owned()),
        },
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
    let instance_url = learn_instance(&login_url, session.access_token().await.map(drop))?;
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

/// Ends a login at the org, where it can be ended there: a refresh token is revoked, a key stays
/// valid.
///
/// # Errors
/// The org could not be asked or refused.
pub(crate) async fn revoke(login: &Login, options: &ConnectOptions) -> Result<(), OrgError> {
    let token = match &login.credential {
        Credential::RefreshToken { refresh_token, .. } => refresh_token,
        Credential::AccessToken { token } => token,
        Credential::Jwt { .. } | Credential::ClientCredentials { .. } => return Ok(()),
    };
    let login_url = http::check_address(&login.login_url)?;
    let client = http::client(&login_url, options)?;
    cirrus_auth::revoke_token(&client, &login_url, token.expose_secret())
        .await
        .map_err(OrgError::from_auth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_names_its_org() {
        let id = "https://login.salesforce.com/id/00D5g00000AbCdEEAV/0055g00000AbCdEAAV";
        assert_eq!(org_of(id).as_deref(), Some("00D5g00000AbCdEEAV"));
        assert_eq!(org_of("https://00D.example.com/id/"), None);
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
