//! Sessions that are borrowed from the `sf` command line, which is asked and never read behind its
//! back (S 6.9).

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use cirrus_auth::{AuthResult, AuthSession, async_trait};
use serde_json::{Deserializer, Value as Json};
use tokio::sync::Mutex;

use super::encoding;
use super::error::{OrgError, OrgErrorKind, excerpt};
use super::patience::watched;
use super::{ConnectOptions, EventSink};

/// The `sf` command line of this machine.
#[derive(Clone)]
pub struct SfCli {
    /// The program, usually `sf`.
    pub program: PathBuf,
    /// How long one of its commands may take.
    pub timeout: Duration,
    /// Where it is told that one takes long, and after how long.
    pub told: (EventSink, Duration),
}

impl fmt::Debug for SfCli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, timeout, .. } = self;
        f.debug_struct("SfCli")
            .field("program", program)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

impl Default for SfCli {
    fn default() -> Self {
        // npm installs a batch file on Windows, which is not found without its suffix.
        let program = if cfg!(windows) { "sf.cmd" } else { "sf" };
        let options = ConnectOptions::default();
        Self {
            program: program.into(),
            timeout: Duration::from_secs(60),
            told: (options.events, options.told_after),
        }
    }
}

/// What begins the words on a program that does not help.
pub(crate) const NO_HELP: &str = "the sf command line";
/// What ends them where there is none.
const NOT_INSTALLED: &str = " is not installed";
/// So many braces in a text are tried for the begin of JSON.
const MOST_BRACES: usize = 100;

/// The org that the `sf` command line takes where none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultOrg {
    /// An alias or username.
    pub name: String,
    /// Where `sf` has it from, in its own word: `Local`, `Global`.
    pub location: String,
}

impl SfCli {
    /// The one that a connection of these options asks, and tells of where that is told.
    pub fn of(options: &ConnectOptions) -> Self {
        Self { told: (options.events.clone(), options.told_after), ..Self::default() }
    }

    /// Asks for the default org; `None` where there is none, or no `sf`.
    ///
    /// # Errors
    /// It is there and gives no answer, or says why it cannot.
    pub async fn default_org(&self) -> Result<Option<DefaultOrg>, OrgError> {
        let answer = match self.run(&["config", "get", "target-org", "--json"]).await {
            Ok(answer) => answer,
            Err(error) if error.message.ends_with(NOT_INSTALLED) => return Ok(None),
            Err(error) => return Err(error),
        };
        let rows = answer["result"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |row: &Json, key: &str| row.get(key).and_then(Json::as_str).map(str::to_owned);
        Ok(rows.iter().find_map(|row| {
            let name = text(row, "value").filter(|name| !name.trim().is_empty())?;
            Some(DefaultOrg { name, location: text(row, "location").unwrap_or_default() })
        }))
    }

    /// Asks which version it is; `None` where there is no `sf`.
    ///
    /// # Errors
    /// It is there and does not say.
    pub async fn version(&self) -> Result<Option<String>, OrgError> {
        let command = tokio::process::Command::new(&self.program)
            .arg("--version")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let failed =
            |why: String| OrgError::new(OrgErrorKind::Refused, format!("`sf --version` {why}"));
        match tokio::time::timeout(self.timeout, command).await {
            Err(_) => Err(failed(format!("took longer than {} s", self.timeout.as_secs()))),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Ok(Err(error)) => Err(failed(format!("cannot be run: {error}"))),
            Ok(Ok(output)) => {
                let text = encoding::text(&output.stdout).unwrap_or_default();
                let line = text.lines().find(|line| line.contains('/')).map(str::trim);
                match line {
                    Some(line) if output.status.success() => Ok(Some(line.to_owned())),
                    _ => Err(failed(format!("says {}", excerpt(&output.stderr)))),
                }
            }
        }
    }

    /// Asks for the user by whose name one of its orgs goes too; `None` where it does not say.
    pub async fn username(&self, target: &str) -> Option<String> {
        let shown = self.run(&["org", "display", "--target-org", target, "--json"]).await.ok()?;
        shown["result"].get("username")?.as_str().map(str::to_owned)
    }

    /// Asks for the aliases of its orgs; none where there is no `sf`.
    ///
    /// # Errors
    /// It is there and gives no answer, or says why it cannot.
    pub async fn aliases(&self) -> Result<Vec<String>, OrgError> {
        let answer = match self.run(&["alias", "list", "--json"]).await {
            Ok(answer) => answer,
            Err(error) if error.message.ends_with(NOT_INSTALLED) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let rows = answer["result"].as_array().into_iter().flatten();
        Ok(rows.filter_map(|row| row.get("alias")?.as_str().map(str::to_owned)).collect())
    }

    /// The command refreshes the token first (S 6.9), so asking again is a refresh.
    ///
    /// # Errors
    /// As [`Self::run`]; it gives no token.
    pub(super) async fn token(&self, target: &str) -> Result<String, OrgError> {
        let shown = self
            .run(&["org", "auth", "show-access-token", "--target-org", target, "--json"])
            .await?;
        token_in(&shown["result"]).map(str::to_owned).ok_or_else(|| {
            OrgError::new(OrgErrorKind::Auth, format!("`sf` gave no access token for `{target}`"))
        })
    }

    /// Runs one of its commands and returns its answer.
    ///
    /// # Errors
    /// It is not there, takes too long, answers something else, or says why it cannot.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Json, OrgError> {
        let shown = format!("sf {}", arguments[..arguments.len().min(2)].join(" "));
        let command = tokio::process::Command::new(&self.program)
            .args(arguments)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .output();
        let (events, after) = &self.told;
        let what = || format!("`{shown}`");
        let output = match watched(events, what, *after, Some(self.timeout), command).await {
            // It is no org that is busy.
            None => {
                return Err(OrgError::new(
                    OrgErrorKind::Refused,
                    format!(
                        "`{shown}` took longer than {} s; by itself it may say why",
                        self.timeout.as_secs()
                    ),
                ));
            }
            Some(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(OrgError::new(
                    OrgErrorKind::NoSuchOrg,
                    format!("{NO_HELP}{NOT_INSTALLED}"),
                ));
            }
            Some(Err(error)) => {
                return Err(OrgError::new(
                    OrgErrorKind::NoSuchOrg,
                    format!("cannot run `{}`: {error}", self.program.display()),
                ));
            }
            Some(Ok(output)) => output,
        };
        // An error may come on the other channel.
        let answer =
            |bytes: &[u8]| json_in(encoding::text(bytes).ok()?.as_bytes()).filter(is_answer);
        let Some(json) = answer(&output.stdout).or_else(|| answer(&output.stderr)) else {
            return Err(self.no_answer(&shown, &output));
        };
        if output.status.success() && json.get("result").is_some() {
            return Ok(json);
        }
        let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default();
        let said = format!("`{shown}` says: {}", text("message"));
        Err(OrgError::new(kind_of(text("name"), text("message")), said).with_code(text("name")))
    }

    /// What is said of a program that was there and gave no answer: its own words, for it may be
    /// another program of that name, or one that lacks something itself.
    fn no_answer(&self, shown: &str, output: &std::process::Output) -> OrgError {
        let words = [&output.stderr, &output.stdout]
            .map(|bytes| excerpt(bytes))
            .into_iter()
            .find(|words| !words.is_empty());
        let words =
            words.map_or_else(|| "it says nothing".to_owned(), |words| format!("it says: {words}"));
        let how = match output.status.code() {
            Some(0) => "answers no JSON".to_owned(),
            Some(code) => format!("ends with {code}"),
            None => "was stopped".to_owned(),
        };
        OrgError::new(
            OrgErrorKind::NoSuchOrg,
            format!(
                "{NO_HELP} gave no answer: `{shown}` ({}) {how}; {words}",
                self.program.display()
            ),
        )
    }
}

/// The sort of a failure of one of its commands. Only where it is the login that it does not get in
/// with is another sign-in of use; of what nobody knows nothing is advised.
fn kind_of(name: &str, message: &str) -> OrgErrorKind {
    let is_any = |words: &[&str], text: &str| words.iter().any(|word| text.contains(word));
    match name {
        "NamedOrgNotFoundError"
        | "NoAuthInfoFoundError"
        | "NoTargetOrgFound"
        | "NamedOrgNotFound"
        | "NoOrgFound" => OrgErrorKind::NoSuchOrg,
        // Node's own codes, which `sf` passes on in its text.
        _ if is_any(NETWORK, message) || is_any(NETWORK, name) => OrgErrorKind::Unreachable,
        _ if is_any(SIGN_IN, &name.to_ascii_lowercase())
            || is_any(SIGN_IN, &message.to_ascii_lowercase()) =>
        {
            OrgErrorKind::Auth
        }
        _ => OrgErrorKind::Refused,
    }
}

/// What Node calls a host that it does not reach.
const NETWORK: &[&str] = &[
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "socket hang up",
];

/// What the names and texts of a refused sign-in hold: `RefreshTokenAuthError`, `JwtAuthError`,
/// `INVALID_SESSION_ID`, `expired access/refresh token` (S 6.9, 2.8).
const SIGN_IN: &[&str] = &[
    "autherror",
    "authentication",
    "invalid_session_id",
    "invalid_grant",
    "invalid_login",
    "refresh token",
    "refreshtoken",
    "expiredaccesstoken",
    "inactive user",
];

/// Banners and colour codes may come before the JSON (S 6.9); what is in braces there is no JSON.
pub(super) fn json_in(bytes: &[u8]) -> Option<Json> {
    let starts = memchr::memchr_iter(b'{', bytes).take(MOST_BRACES);
    starts
        .filter_map(|start| Deserializer::from_slice(&bytes[start..]).into_iter().next()?.ok())
        .next()
}

fn is_answer(json: &Json) -> bool {
    json.get("status").is_some() || json.get("result").is_some()
}

/// Finds the access token in the result of a command.
pub(super) fn token_in(result: &Json) -> Option<&str> {
    let named = result.get("accessToken").and_then(Json::as_str);
    named.filter(|token| !is_redacted(token)).or_else(|| find_token(result))
}

/// Says whether a text is the one that a newer `sf` shows in a secret's place (S 6.9).
pub(super) fn is_redacted(token: &str) -> bool {
    token.trim_start().starts_with("[REDACTED]")
}

/// Finds the first text that has a session id's form, whatever its key (S 6.9: the shape of the
/// answer is not documented).
fn find_token(json: &Json) -> Option<&str> {
    match json {
        Json::String(text) => is_session(text).then_some(text),
        Json::Array(items) => items.iter().find_map(find_token),
        Json::Object(members) => members.values().find_map(find_token),
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

/// Says whether a text has a session id's form: the org's id, `!` and a key.
pub(super) fn is_session(text: &str) -> bool {
    text.split_once('!').is_some_and(|(id, key)| {
        let is_id = id.starts_with("00D")
            && (15..=18).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric());
        is_id && !key.is_empty()
    })
}

/// A session of the `sf` command line; a token that the org no longer takes is asked for anew, once
/// per stale token.
pub(super) struct Borrowed {
    cli: SfCli,
    target: String,
    instance_url: String,
    token: Mutex<Option<String>>,
}

impl Borrowed {
    /// Makes the session of an org, with the token that was asked for already.
    pub(super) fn new(cli: SfCli, target: &str, instance_url: String, token: String) -> Self {
        Self { cli, target: target.to_owned(), instance_url, token: Mutex::new(Some(token)) }
    }
}

#[async_trait]
impl AuthSession for Borrowed {
    async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
        let mut token = self.token.lock().await;
        if token.is_none() {
            let fresh = self.cli.token(&self.target).await;
            *token = Some(fresh.map_err(|error| OrgError::in_auth(error.kind, error.to_string()))?);
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
    fn only_a_refused_sign_in_is_said_to_be_one() {
        for (name, message, kind) in [
            ("RefreshTokenAuthError", "Error authenticating", OrgErrorKind::Auth),
            ("Error", "expired access/refresh token", OrgErrorKind::Auth),
            ("Error", "getaddrinfo ENOTFOUND a.my.salesforce.com", OrgErrorKind::Unreachable),
            ("GenericKeychainServiceError", "it is locked", OrgErrorKind::Refused),
            ("Error", "Command org:auth:show-access-token not found.", OrgErrorKind::Refused),
            ("NamedOrgNotFoundError", "No authorization information", OrgErrorKind::NoSuchOrg),
        ] {
            assert_eq!(kind_of(name, message), kind, "{name}: {message}");
        }
    }

    #[test]
    fn json_is_found_behind_what_is_written_before_it() {
        let answer = serde_json::json!({"status": 0, "result": {"a": 1}});
        for before in ["", "Warning: update {really} available\n", "\u{1b}[33m{ {\u{1b}[0m "] {
            assert_eq!(json_in(format!("{before}{answer}").as_bytes()), Some(answer.clone()));
        }
        assert_eq!(json_in("{ ".repeat(MOST_BRACES + 1).as_bytes()), None);
    }

    #[test]
    fn a_token_is_found_under_any_key() {
        let json = serde_json::json!({ "a": [1, {"tok": "00D5g00000AbCdE!AQE"}] });
        assert_eq!(find_token(&json), Some("00D5g00000AbCdE!AQE"));
        assert_eq!(find_token(&serde_json::json!({"a": "hello!"})), None);
    }
}
