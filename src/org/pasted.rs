//! What people have of the `sf` command line, as they have it: an SFDX auth URL or the JSON of a
//! command, in quotes, after a banner, or as a Windows shell wrote it to a file.

use secrecy::SecretString;
use serde_json::Value as Json;

pub use super::encoding::text;
use super::error::{OrgError, OrgErrorKind};
use super::sf_cli::{is_session, json_in, token_in};

/// What was found in a text.
#[derive(Debug)]
pub enum Pasted {
    /// An SFDX auth URL (`force://<client>:<secret>:<token>@<host>`, S 6.9).
    AuthUrl(SecretString),
    /// An access token, and what stood beside it.
    AccessToken {
        /// The token.
        token: SecretString,
        /// The org's address.
        instance_url: Option<String>,
        /// The org's id.
        org_id: Option<String>,
        /// Whom it is of.
        username: Option<String>,
    },
}

/// Finds the auth URL or access token in a text.
///
/// # Errors
/// There is none, several are there, or `sf` has put a text in its place.
pub fn read(text: &str) -> Result<Pasted, OrgError> {
    let mut urls: Vec<&str> = words(text).filter_map(auth_url_in).collect();
    urls.dedup();
    match urls[..] {
        [url] => return Ok(Pasted::AuthUrl(url.into())),
        [] => {}
        _ => return Err(mistake("it holds several SFDX auth URLs; leave one")),
    }
    match json_in(text.as_bytes()) {
        Some(json) => of_json(&json),
        None if words(text).any(is_session) => {
            Err(mistake("it holds an access token by itself, which does not say of which org"))
        }
        None if text.contains("[REDACTED]") => Err(redacted()),
        None => Err(mistake(
            "it holds no SFDX auth URL (`force://<client>:<secret>:<token>@<host>`), and no JSON \
             of `sf org display` or `sf org auth show-sfdx-auth-url`",
        )),
    }
}

/// As [`read`], for where an access token is meant: of a text with both it is the token.
///
/// # Errors
/// As [`read`].
pub fn read_token(text: &str) -> Result<Pasted, OrgError> {
    match json_in(text.as_bytes()).map(|json| of_json(&json)) {
        Some(Ok(token)) => Ok(token),
        _ => read(text),
    }
}

fn mistake(what: &str) -> OrgError {
    OrgError::new(OrgErrorKind::Usage, what)
}

fn redacted() -> OrgError {
    mistake(
        "it holds the text `[REDACTED] ..` that `sf` shows in a secret's place; `sf org auth \
         show-sfdx-auth-url --target-org ORG --json` shows an auth URL, `sf org auth \
         show-access-token --target-org ORG --json` a token",
    )
}

/// The words of a text: quotes, commas and the lines of tables are between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| c.is_whitespace() || c.is_control() || "\"'`,;│|\\".contains(c);
    text.split(is_between).filter(|word| !word.is_empty())
}

/// Texts that explain what an auth URL is have `<` in the place of its parts. What stands before it
/// is the name of a variable (`SFDX_AUTH_URL=force://..`).
fn auth_url_in(word: &str) -> Option<&str> {
    let url = &word[word.find("force://")?..];
    (url.contains('@') && !url.contains('<')).then_some(url)
}

fn of_json(json: &Json) -> Result<Pasted, OrgError> {
    let result = json.get("result").unwrap_or(json);
    let text = |key: &str| result.get(key).and_then(Json::as_str).map(str::to_owned);
    match token_in(result) {
        Some(token) => Ok(Pasted::AccessToken {
            token: token.into(),
            instance_url: text("instanceUrl"),
            org_id: text("id").or_else(|| text("orgId")).filter(|id| id.starts_with("00D")),
            username: text("username"),
        }),
        None if json.to_string().contains("[REDACTED]") => Err(redacted()),
        None => match json.get("message").and_then(Json::as_str) {
            Some(message) => Err(mistake(&format!("it holds an error of `sf`: {message}"))),
            None => Err(mistake("it is JSON without an SFDX auth URL or an access token")),
        },
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const URL: &str = "force://PlatformCLI::5Aep.x-y_z==@acme.my.salesforce.com";

    #[track_caller]
    fn url_in(text: &str) {
        match read(text) {
            Ok(Pasted::AuthUrl(url)) => assert_eq!(url.expose_secret(), URL, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_auth_url_is_found_as_people_have_it() {
        url_in(URL);
        url_in(&format!("\"{URL}\"\r\n"));
        url_in(&format!("'{URL}'"));
        url_in(&format!("SFDX_AUTH_URL='{URL}'"));
        url_in(&format!("export SFDX_AUTH_URL={URL}"));
        url_in(&format!(
            "{{\"status\":0,\"result\":{{\"sfdxAuthUrl\":\"{URL}\"}},\"warnings\":[]}}"
        ));
        url_in(&format!(
            " \u{203a} Warning: update\n{{\"result\": {{\"accessToken\": \"[REDACTED] x\", \
             \"sfdxAuthUrl\": \"{URL}\"}}, \"warnings\": [\"the form is \
             force://<clientId>:<clientSecret>:<refreshToken>@<instanceUrl>\"]}}"
        ));
        url_in(&format!("│ Sfdx Auth Url │ {URL} │"));
    }

    #[test]
    fn files_of_windows_shells_are_text() {
        let wide = |mark: &[u8], of: fn(u16) -> [u8; 2]| {
            [mark, &URL.encode_utf16().flat_map(of).collect::<Vec<_>>()].concat()
        };
        for bytes in [
            URL.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", URL.as_bytes()].concat(),
            wide(&[0xFF, 0xFE], u16::to_le_bytes),
            wide(&[0xFE, 0xFF], u16::to_be_bytes),
            wide(&[], u16::to_le_bytes),
            wide(&[], u16::to_be_bytes),
        ] {
            assert_eq!(text(&bytes).unwrap(), URL);
        }
        assert!(text(&[0xFF, 0xFE, 0x00, 0xD8]).is_err());
        assert!(text(b"\xC3\x28").is_err());
    }

    #[test]
    fn an_access_token_comes_with_its_org() {
        let json = r#"{"status": 0, "result": {"id": "00D5g00000AbCdEEAV", "username": "a@b.example.com",
            "instanceUrl": "https://acme.my.salesforce.com", "accessToken": "00D5g00000AbCdE!AQE.x"}}"#;
        let Ok(Pasted::AccessToken { token, instance_url, org_id, username }) = read(json) else {
            panic!("no token");
        };
        assert_eq!(token.expose_secret(), "00D5g00000AbCdE!AQE.x");
        assert_eq!(instance_url.as_deref(), Some("https://acme.my.salesforce.com"));
        assert_eq!(org_id.as_deref(), Some("00D5g00000AbCdEEAV"));
        assert_eq!(username.as_deref(), Some("a@b.example.com"));
        let both = json.replace("AQE.x\"", &format!("AQE.x\", \"sfdxAuthUrl\": \"{URL}\""));
        url_in(&both);
        assert!(matches!(read_token(&both), Ok(Pasted::AccessToken { .. })));
        let shown = r#"{"status": 0, "result": {"accessToken": "00D5g00000AbCdE!AQE"}}"#;
        assert!(matches!(
            read(shown),
            Ok(Pasted::AccessToken { instance_url: None, org_id: None, .. })
        ));
    }

    #[test]
    fn what_is_none_is_told_without_a_secret() {
        for (text, told) in [
            ("", "no SFDX auth URL"),
            ("PLANTED@example.com", "no SFDX auth URL"),
            ("00D5g00000AbCdE!PLANTED", "by itself"),
            (
                r#"{"result": {"accessToken": "[REDACTED] x", "id": "PLANTED"}}"#,
                "show-sfdx-auth-url",
            ),
            (r#"{"status": 1, "message": "No authorization information"}"#, "No authorization"),
            (r#"{"result": {"password": "PLANTED"}}"#, "without an SFDX auth URL"),
            ("force://a:b:c@d force://a:b:PLANTED@e", "several"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message.contains(told), "{text}: {error}");
            assert!(!error.message.contains("PLANTED"), "{error}");
        }
    }
}
