//! Through the browser: an address to open, and a port on this machine that the browser is sent
//! back to.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use cirrus_auth::WebServerFlow;
use futures::future::select_all;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::org::ConnectOptions;
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::http;
use crate::org::is_id;
use crate::org::logins::{Credential, Login};
use crate::org::mint::{TOKEN, told};
use crate::org::patience::{SIGN_IN, within};

/// The client id, port and path of the `sf` command line (S 6.9), which most orgs have installed.
const DEFAULT_CLIENT: &str = "PlatformCLI";
const DEFAULT_PORT: u16 = 1717;
const REDIRECT_PATH: &str = "/OauthRedirect";

/// How long the org may take to give tokens for a code, while the browser shows an empty page.
const EXCHANGE_TIME: Duration = Duration::from_secs(45);

/// What the browser shows in the end.
const SIGNED_IN: &str = "Signed in. You can close this page and go back to the terminal.";
const FAILED: &str = "The sign-in did not succeed. The terminal says why.";
const FOREIGN: &str = "This is not the answer to the sign-in that the terminal waits for, which goes \
                       on waiting.";

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
/// # Errors
/// The port is taken, nobody came back with the answer to our question (`state`) in time, or the
/// user or the org refused.
pub async fn web(
    name: &str,
    login: &WebLogin,
    options: &ConnectOptions,
    show: &(dyn Fn(&str) + Send + Sync),
) -> Result<Login, OrgError> {
    let login_url = http::check_address(&login.login_url)?;
    let redirect = format!("http://localhost:{}{REDIRECT_PATH}", login.port);
    let listeners = listen(login.port).await.map_err(|error| not_listening(login.port, &error))?;
    let mut builder = WebServerFlow::builder()
        .consumer_key(&login.client_id)
        .redirect_uri(&redirect)
        .login_url(&login_url)
        .scopes(["refresh_token", "api", "web"])
        .http_client(http::client(&login_url, options)?);
    if let Some(secret) = &login.client_secret {
        builder = builder.consumer_secret(secret.expose_secret());
    }
    let flow = builder.build().map_err(OrgError::from_auth)?;
    let (address, pending) = flow.start().map_err(OrgError::from_auth)?;
    show(&address);
    let back = tokio::time::timeout(login.timeout, come_back(&listeners, pending.state()));
    let (code, mut page) = back
        .await
        .map_err(|_| {
            OrgError::new(
                OrgErrorKind::TimedOut,
                format!(
                    "no browser came back within {} s; if it shows `redirect_uri_mismatch`: {}",
                    login.timeout.as_secs(),
                    must_list(&redirect)
                ),
            )
        })?
        .map_err(|error| explained(error, &redirect))?;
    let state = pending.state().to_owned();
    let exchanged = async {
        let done = told(&options.events, TOKEN, flow.complete(pending, &code, &state)).await;
        done.map_err(|error| explained(OrgError::from_auth(error), &redirect))
    };
    let done = within(options, SIGN_IN, EXCHANGE_TIME, exchanged).await;
    // What the page says is so by now.
    match &done {
        Ok(_) => answer(&mut page, "200 OK", SIGNED_IN).await,
        Err(_) => answer(&mut page, "400 Bad Request", FAILED).await,
    }
    let done = done?;
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
        rotates: None,
        is_own: true,
    })
}

fn must_list(redirect: &str) -> String {
    format!("the app must list exactly `{redirect}` among its callback URLs")
}

/// Adds to an org's refusal of the way back what the way back is.
fn explained(mut error: OrgError, redirect: &str) -> OrgError {
    if error.code.as_deref() == Some("redirect_uri_mismatch") {
        error.message = format!("{}; {}", error.message, must_list(redirect));
    }
    error
}

fn not_listening(port: u16, error: &std::io::Error) -> OrgError {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "port {port} of this machine is in use, by another sign-in that has not ended (`sf org \
             login web` takes port {DEFAULT_PORT} too) or by another program; end that, or name \
             another port with --port and an app of your own with --client-id that lists \
             `http://localhost:PORT{REDIRECT_PATH}` among its callback URLs"
        ),
        _ => format!("cannot listen on port {port} of this machine: {error}"),
    };
    OrgError::new(OrgErrorKind::Usage, why)
}

/// Returns the org's id from the address of an identity: `https://../id/00D../005..` (S 6.9).
fn org_of(identity: &str) -> Option<String> {
    identity.split('/').find(|part| is_id(part, "00D")).map(str::to_owned)
}

/// Listens for the browser at `localhost`, which may be either address of this machine; whoever
/// held the other would get what is meant for us.
async fn listen(port: u16) -> std::io::Result<Vec<TcpListener>> {
    let mut listeners = vec![TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(listener) => listeners.push(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => return Err(error),
        // This machine does not speak IPv6.
        Err(_) => {}
    }
    Ok(listeners)
}

/// Waits for somebody to come.
async fn accept(listeners: &[TcpListener]) -> std::io::Result<TcpStream> {
    let each = listeners.iter().map(|listener| Box::pin(listener.accept()));
    select_all(each).await.0.map(|(stream, _)| stream)
}

/// Waits for the browser, and returns the code that it brings and where its page is awaited.
/// Whoever does not bring our `state` was not sent by the org's answer to us, and is turned away: a
/// page of a stranger's can send the browser here too.
async fn come_back(
    listeners: &[TcpListener],
    state: &str,
) -> Result<(String, TcpStream), OrgError> {
    loop {
        let Ok(mut stream) = accept(listeners).await else {
            // No files left, perhaps: it is not tried again at once.
            tokio::time::sleep(Duration::from_millis(50)).await;
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
        if parameter("state").as_deref() != Some(state) {
            answer(&mut stream, "400 Bad Request", FOREIGN).await;
            continue;
        }
        if let Some(code) = parameter("code") {
            return Ok((code, stream));
        }
        answer(&mut stream, "400 Bad Request", FAILED).await;
        let code = parameter("error").unwrap_or_default();
        let text = parameter("error_description").unwrap_or_else(|| "no reason was given".into());
        return Err(OrgError::from_oauth(&code, &format!("the org refused the sign-in: {text}")));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_names_its_org() {
        let id = "https://login.salesforce.com/id/00D5g00000AbCdEEAV/0055g00000AbCdEAAV";
        assert_eq!(org_of(id).as_deref(), Some("00D5g00000AbCdEEAV"));
        assert_eq!(org_of("https://00D.example.com/id/"), None);
    }
}
