//! What the org writes down of sign-ins: `LoginHistory`, `OauthToken`, `AuthSession`, and of users
//! who are frozen `UserLogin`.
//!
//! What a source leaves open is not written: who uses a refresh token that was taken back leaves no
//! row, nor does a user name that nobody has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::history::{Approval, Login};
use super::id::same_id;
use super::state::{Org, State, derived_id, string, timestamp};

/// How many sign-ins are remembered.
const MOST: usize = 2000;

/// Where this machine's sign-ins come from.
const HERE: &str = "127.0.0.1";

impl Login {
    fn source(&self) -> &str {
        self.source.as_deref().unwrap_or(HERE)
    }
}

/// How long a session lasts that nobody uses, in seconds: two hours, as an org has it at first.
const SESSION_LASTS: u64 = 7200;

/// An app as the history names it.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) label: String,
    pub(crate) is_external: bool,
}

/// A try to sign in by OAuth.
#[derive(Debug)]
pub(crate) struct Try {
    grant_type: String,
    /// None where the org knows no such app.
    app: Option<App>,
    /// Who it is for; none where that is nobody.
    user: Option<String>,
}

/// What the history calls a try that came to nothing, by what the client was told; `None` where no
/// source says (S 12.2).
fn status_of(error: &str, description: &str, is_frozen: bool) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        // Misleading, and so in real orgs.
        ("invalid client credentials", "Failed: Missing Consumer Key Parameter"),
        ("invalid code verifier", "Failed: Invalid Code Verifier"),
        ("invalid assertion", "Failed: Signature Invalid"),
    ];
    if description.contains("inactive") {
        return Some(if is_frozen { "User is frozen" } else { "User is inactive" });
    }
    if error == "redirect_uri_mismatch" {
        return Some("Failed: Invalid Callback URL");
    }
    KNOWN.iter().find(|(words, _)| description.contains(words)).map(|(_, status)| *status)
}

impl State {
    /// Reads from a request for a token who signs in with what; `named` is the user whom the request
    /// or the app names.
    pub(crate) fn signing_in(
        &self,
        form: &BTreeMap<String, String>,
        app: Option<App>,
        named: Option<&str>,
    ) -> Try {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let grant_type = field("grant_type").to_owned();
        let user = match grant_type.as_str() {
            "authorization_code" => self.codes.get(field("code")).map(|code| code.user.clone()),
            "refresh_token" => {
                self.org.grants.get(field("refresh_token")).map(|grant| grant.user.clone())
            }
            _ => named.and_then(|name| self.org.user(name)).map(|row| string(row, "Id").to_owned()),
        };
        Try { grant_type, app, user }
    }

    /// Writes down how a sign-in ended: the access token that it gave, or what the client was told.
    pub(crate) fn signed_in(&mut self, tried: &Try, outcome: Result<&str, (&str, &str)>, now: u64) {
        let (user, status, token) = match outcome {
            Ok(token) => {
                let Some(user) = self.org.sessions.get(token).cloned() else { return };
                (user, "Success", Some(token))
            }
            Err((error, description)) => {
                let Some(user) = tried.user.clone() else { return };
                let is_frozen = self.org.is_frozen(&user);
                let status = match tried.grant_type.as_str() {
                    "password" if description == "authentication failure" => {
                        let settings = self.org.component("Settings", "OauthOidc");
                        let flag = "blockOAuthUnPwFlow";
                        Some(match settings.is_some_and(|settings| settings.flag(flag)) {
                            true => "Username-Password Flow Disabled",
                            false => "Invalid Password",
                        })
                    }
                    _ => status_of(error, description, is_frozen),
                };
                let Some(status) = status else { return };
                (user, status, None)
            }
        };
        self.org.note_login(tried, &user, status, token, now);
        self.dirty = true;
    }
}

impl Org {
    fn note_login(&mut self, tried: &Try, user: &str, status: &str, token: Option<&str>, now: u64) {
        let nameless = App { label: "N/A".to_owned(), is_external: false };
        let App { label: application, is_external } = tried.app.clone().unwrap_or(nameless);
        let id = self.new_history_id("0Ya");
        let sub_type = match tried.grant_type.as_str() {
            "authorization_code" => Some("OauthWebServer"),
            "refresh_token" => Some("OauthRefreshToken"),
            "client_credentials" => Some("OauthClientCredentials"),
            "password" => Some("OauthUsernamePassword"),
            // None is listed for the JWT bearer flow.
            _ => None,
        };
        let history = &mut self.history;
        history.logins.push(Login {
            id: id.clone(),
            user: user.to_owned(),
            time: now,
            sub_type: sub_type.map(str::to_owned),
            application: application.clone(),
            status: status.to_owned(),
            source: None,
        });
        let over = history.logins.len().saturating_sub(MOST);
        history.logins.drain(..over);
        let Some(token) = token else { return };
        let sessions = &self.sessions;
        history.sessions.retain(|token, _| sessions.contains_key(token));
        history.sessions.insert(token.to_owned(), id);
        // Whether an external client app's are among connected apps' is told by no source.
        let approvals = if is_external { &mut history.external } else { &mut history.approvals };
        if let Some(family) = self.families.get(token) {
            let approval = approvals.entry(*family).or_insert_with(|| Approval {
                app: application,
                user: user.to_owned(),
                created: now,
                used: now,
                uses: 0,
            });
            approval.used = now;
            approval.uses += 1;
        }
    }

    /// Whether a user is frozen.
    pub(crate) fn is_frozen(&self, user: &str) -> bool {
        self.history.frozen.contains(user)
    }

    /// Freezes a user, or lets them in again, by the id of their row in `UserLogin`; returns the
    /// user's name, or `None` where there is no such row.
    pub(crate) fn freeze(&mut self, id: &str, frozen: bool) -> Option<String> {
        let user = self
            .records
            .get("User")?
            .iter()
            .find(|row| same_id(&user_login_id(string(row, "Id")), id))?;
        let (id, name) = (string(user, "Id").to_owned(), string(user, "Name").to_owned());
        if frozen {
            self.history.frozen.insert(id);
        } else {
            self.history.frozen.remove(&id);
        }
        Some(name)
    }

    /// Ends a session by the id of its row in `AuthSession`; returns whether there was one.
    pub(crate) fn end_session(&mut self, id: &str) -> bool {
        let before = self.sessions.len();
        self.sessions.retain(|token, _| !same_id(&session_id(token), id));
        self.sessions.len() < before
    }

    /// The rows of `LoginHistory` (S 12.2).
    pub(crate) fn login_rows(&self) -> Vec<Value> {
        let row = |login: &Login| {
            json!({
                "Id": login.id, "UserId": login.user, "LoginTime": timestamp(login.time, "+0000"),
                "LoginType": "Remote Access 2.0", "LoginSubType": login.sub_type,
                "Application": login.application, "Status": login.status,
                "SourceIp": login.source(), "LoginUrl": "127.0.0.1", "ApiType": "N/A",
                "ApiVersion": "N/A", "Browser": "Unknown", "Platform": "Unknown",
                "ClientVersion": "N/A", "CountryIso": null, "TlsProtocol": null,
                "CipherSuite": null, "LoginGeoId": null, "NetworkId": null,
                "AuthenticationServiceId": null, "AuthMethodReference": null,
                "AuthContextClassRef": null, "ForwardedForIp": null, "OptionsIsGet": false, "OptionsIsPost": true,
            })
        };
        self.history.logins.iter().map(row).collect()
    }

    /// The rows of `OauthToken` that came about here, beside those that stood there at first. What
    /// its tokens are is never shown.
    pub(crate) fn approval_rows(&self) -> Vec<Value> {
        let live = self.live_families();
        self.history
            .approvals
            .iter()
            .filter(|(family, _)| live.contains(family))
            .map(|(_, approval)| {
                json!({
                    "Id": null, "AppName": approval.app, "UserId": approval.user, "CreatedDate": timestamp(approval.created, "+0000"),
                    "LastUsedDate": timestamp(approval.used, "+0000"), "UseCount": approval.uses,
                    "AccessToken": null, "DeleteToken": null, "RequestToken": null,
                })
            })
            .collect()
    }

    /// The sign-ins that can still be refreshed.
    pub(crate) fn live_families(&self) -> BTreeSet<u64> {
        self.grants.values().filter(|grant| !grant.spent).map(|grant| grant.family).collect()
    }

    /// When a user has signed in last by an app.
    pub(crate) fn last_use(&self, app: &str, user: &str) -> Option<u64> {
        let logins = self.history.logins.iter().filter(|login| login.status == "Success");
        let its = logins.filter(|login| login.user == user && login.application == app);
        its.map(|login| login.time).max()
    }

    /// When a user has signed in last.
    pub(crate) fn last_login(&self, user: &str) -> Option<String> {
        let logins = self.history.logins.iter();
        let good = logins.filter(|login| login.user == user && login.status == "Success");
        good.map(|login| login.time).max().map(|time| timestamp(time, "+0000"))
    }

    /// The rows of `AuthSession`.
    pub(crate) fn session_rows(&self) -> Vec<Value> {
        self.sessions
            .iter()
            .map(|(token, user)| {
                let login = self.history.sessions.get(token);
                let login =
                    login.and_then(|id| self.history.logins.iter().find(|one| one.id == *id));
                let began = login.map(|login| timestamp(login.time, "+0000"));
                json!({
                    "Id": session_id(token), "UsersId": user, "CreatedDate": began,
                    "LastModifiedDate": began, "LoginHistoryId": login.map(|login| &login.id),
                    "LoginType": login.map(|_| "Remote Access 2.0"),
                    "LoginSubType": login.and_then(|login| login.sub_type.as_ref()),
                    "SessionType": "Oauth2", "SourceIp": login.map_or(HERE, Login::source),
                    "NumSecondsValid": SESSION_LASTS, "SessionSecurityLevel": "STANDARD",
                    "IsAssociatedWithJwtAccessToken": token.starts_with("eyJ"), "IsCurrent": false,
                })
            })
            .collect()
    }

    /// The rows of `UserLogin`: one a user.
    pub(crate) fn user_login_rows(&self) -> Vec<Value> {
        let row = |user: &str| {
            json!({
                "Id": user_login_id(user), "UserId": user, "IsFrozen": self.is_frozen(user),
                "IsPasswordLocked": false,
            })
        };
        let users = self.records.get("User").into_iter().flatten();
        users.map(|user| row(string(user, "Id"))).collect()
    }
}

/// The id of a session's row.
pub(crate) fn session_id(token: &str) -> String {
    derived_id("0Ak", token)
}

fn user_login_id(user: &str) -> String {
    derived_id("0Yw", user)
}
