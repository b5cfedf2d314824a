//! A file for whoever helps: what was found and the configuration, without secrets, without names
//! of users, without the home folder, whose name is one.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

use serde_json::json;

use crate::cli::shared::config::Config;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::variables::PROXIES;
use crate::metadata::archive::write_zip;
use crate::org::error::hide_secrets;
use crate::report::doctor::{self, Check, Doctor, Outcome};

/// What stands in the place of a secret.
const HIDDEN: &str = "(hidden)";
/// Variables that hold a secret, whole or within an address.
const SECRETS: &[&str] = &["SF_ACCESS_TOKEN", "SFDX_ACCESS_TOKEN", "SFDX_AUTH_URL"];
/// Proxies that do not count here, and may have the password of one that does.
const OTHER_PROXIES: &[&str] = &["HTTP_PROXY", "http_proxy"];
/// Parts of a key's name that say that its value is nobody's business.
const KEYS: &[&str] = &["token", "secret", "password", "passwd", "key", "auth"];
/// What is shorter is no secret, and stands in too many words.
const SHORTEST: usize = 4;

/// Takes out what must not be seen.
pub(super) struct Redactor {
    /// Texts that are secrets here, longest first.
    secrets: Vec<String>,
    home: Option<String>,
}

impl Redactor {
    /// Learns what is secret from the environment.
    pub(super) fn new(config: &Config) -> Self {
        let text = |name: &str| env::var(name).ok().map(|value| value.trim().to_owned());
        let named = config.token_variables();
        let mut secrets: Vec<String> =
            SECRETS.iter().copied().chain(named).filter_map(text).collect();
        for address in PROXIES.iter().chain(OTHER_PROXIES).filter_map(|name| text(name)) {
            let rest = address.split_once("://").map_or(&*address, |(_, rest)| rest);
            if let Some((user, _)) = rest.rsplit_once('@') {
                secrets.push(user.to_owned());
                secrets.extend(user.split_once(':').map(|(_, password)| password.to_owned()));
            }
        }
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let home = env::home_dir().map(|home| home.display().to_string());
        Self { secrets, home: home.filter(|home| home.len() > 1) }
    }

    /// A text without secrets.
    pub(super) fn secrets(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.as_str(), HIDDEN);
        }
        without_users(&hide_secrets(&text))
    }

    /// The same, without users' names and the home folder.
    fn all(&self, text: &str) -> String {
        let mut text = self.secrets(text);
        if let Some(home) = &self.home {
            text = text.replace(home.as_str(), "~");
        }
        // A user's name has the form of an address of mail.
        let words =
            text.split_inclusive(|one: char| one.is_whitespace() || "\"'`,;()".contains(one));
        let named = |word: &str| {
            let bare =
                word.trim_end_matches(|one: char| one.is_whitespace() || "\"'`,;():".contains(one));
            let is_user = bare.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && host.contains('.') && !bare.contains("://")
            });
            match is_user {
                true => format!("(a user){}", &word[bare.len()..]),
                false => word.to_owned(),
            }
        };
        words.map(named).collect()
    }

    /// What was found, as somebody else may see it.
    fn doctor(&self, doctor: &Doctor) -> Doctor {
        let seen = |check: &Check| {
            let is_of_file = check.name == "configuration" && check.outcome == Outcome::Stops;
            // The value that is wrong may stand in the wrong place, and be a secret.
            let found = if is_of_file { without_values(&check.found) } else { check.found.clone() };
            let advice = check.advice.as_ref().map(|advice| self.all(advice));
            Check { found: self.all(&found), advice, ..check.clone() }
        };
        Doctor {
            org: doctor.org.as_ref().map(|org| self.all(org)),
            checks: doctor.checks.iter().map(seen).collect(),
            ..doctor.clone()
        }
    }

    /// A configuration without its comments and without values of keys that speak of secrets.
    fn configuration(&self, text: &str) -> String {
        let Ok(table) = text.parse::<toml::Table>() else {
            return "# it cannot be read as TOML, and is not shown\n".to_owned();
        };
        self.all(&self.table(table).to_string())
    }

    fn table(&self, table: toml::Table) -> toml::Table {
        let kept = |(key, value): (String, toml::Value)| {
            let lower = key.to_ascii_lowercase();
            // The name of a variable is no secret, and keys that sign are public.
            let is_open = ["access_token_env", "template-keys"].contains(&lower.as_str());
            let is_secret = !is_open && KEYS.iter().any(|word| lower.contains(word));
            let value = match value {
                toml::Value::Table(inner) => toml::Value::Table(self.table(inner)),
                _ if is_secret => toml::Value::String(HIDDEN.to_owned()),
                other => self.value(other),
            };
            (key, value)
        };
        table.into_iter().map(kept).collect()
    }

    fn value(&self, value: toml::Value) -> toml::Value {
        match value {
            toml::Value::Table(inner) => toml::Value::Table(self.table(inner)),
            toml::Value::Array(all) => {
                toml::Value::Array(all.into_iter().map(|one| self.value(one)).collect())
            }
            other => other,
        }
    }
}

/// A text with every address in it without who may enter.
fn without_users(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("://") {
        out.extend([head, "://"]);
        let is_end = |one: char| one.is_whitespace() || "/?#\"`".contains(one);
        let (authority, behind) = tail.split_at(tail.find(is_end).unwrap_or(tail.len()));
        out.push_str(authority.rsplit('@').next().unwrap_or_default());
        rest = behind;
    }
    out + rest
}

/// A message without the values that it quotes.
fn without_values(message: &str) -> String {
    let mut parts = message.split('"');
    let mut out = parts.next().unwrap_or_default().to_owned();
    // An odd one is cut off: nobody knows where it ends.
    for (at, part) in parts.enumerate() {
        out.push_str(if at % 2 == 0 { HIDDEN } else { part });
    }
    out
}

/// Says whether the file is named as one that can be written.
///
/// # Errors
/// It is not.
pub(super) fn check_name(file: &Path) -> Result<(), CommandError> {
    let suffix = file.extension().and_then(|suffix| suffix.to_str()).unwrap_or_default();
    if matches!(suffix.to_ascii_lowercase().as_str(), "zip" | "json") {
        return Ok(());
    }
    Err(CommandError::new(format!("`{}` is no name of a bundle", file.display()))
        .because("it is written as a zip, or as one JSON document")
        .hint("name it `.zip` or `.json`")
        .usage())
}

/// Writes the file.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(
    ui: &Ui,
    file: &Path,
    doctor: &Doctor,
    config: &Config,
    redactor: &Redactor,
) -> Result<(), CommandError> {
    let failed = |why: String| CommandError::internal("the bundle cannot be written", why);
    if file.exists() {
        ui.note(&format!("`{}` is there already, and is written over", file.display()));
    }
    let doctor = redactor.doctor(doctor);
    let text = config.file.as_ref().map(|_| redactor.configuration(&config.text));
    let document = json!({"format": "sfsetup.bundle/1", "doctor": doctor, "sfsetup.toml": text});
    let mut document =
        serde_json::to_string_pretty(&document).map_err(|error| failed(error.to_string()))?;
    document.push('\n');
    if file.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("json")) {
        return ui.write_file(file, document.as_bytes());
    }
    let shown = anstream::adapter::strip_str(&doctor::text(&doctor)).to_string();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    files.insert("doctor.json".to_owned(), document.into_bytes());
    files.insert("doctor.txt".to_owned(), shown.into_bytes());
    if let Some(text) = text {
        files.insert("sfsetup.toml".to_owned(), text.into_bytes());
    }
    let bytes = write_zip(&files).map_err(|error| failed(error.to_string()))?;
    ui.write_file(file, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_be_seen_is_taken_out() {
        let redactor =
            Redactor { secrets: vec!["PLANTED".to_owned()], home: Some("/home/joe".to_owned()) };
        assert_eq!(
            redactor.all("see `/home/joe/x` of joe@acme.example.com, PLANTED; (a@b.c)"),
            "see `~/x` of (a user), (hidden); ((a user))"
        );
        // Addresses of orgs stay: without them nobody can help.
        for (text, expected) in [
            ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
            ("http://a/b http://me:hush@x/y", "http://a/b http://x/y"),
            ("`https://me:hu:s@h@x`: https://y?z=@", "`https://x`: https://y?z=@"),
        ] {
            assert_eq!(redactor.all(text), expected);
        }
        assert_eq!(without_values("a \"hush\" b \"hush"), "a (hidden) b (hidden)");
        let text = "# SECRET\norg = \"acme\"\n[parameters]\nuser = \"joe@acme.example.com\"\n\
                    client_secret = \"hush\"\nproxy = \"http://me:hush@proxy\"\n\
                    [orgs.acme]\naccess_token_env = \"ACME\"\n[orgs.acme.parameters]\n\
                    list = [\"http://me:hush@x\", [{ token = \"hush\" }]]\n";
        let shown = redactor.configuration(text);
        for (word, is_there) in [
            ("SECRET", false),
            ("hush", false),
            ("joe", false),
            ("org = \"acme\"", true),
            ("access_token_env = \"ACME\"", true),
            ("client_secret = \"(hidden)\"", true),
        ] {
            assert_eq!(shown.contains(word), is_there, "{word}: {shown}");
        }
        assert!(!redactor.configuration("x = hush").contains("hush"));
    }
}
