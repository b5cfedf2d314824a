//! Sign-in: the authorize and token endpoints, user info, revoke (S 6.9).
//!
//! Nobody is asked for a password: whoever can reach the loopback port may sign in, as the org's
//! administrator where a flow names nobody (`login_hint` names somebody).

mod bearer;
mod client;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::form::Form;
use super::grant::{Code, Grant};
use super::refusal::{Refusal, not_found, refuse};
use super::signins::App;
use super::state::{Org, State, secret_text, string};
use super::time::DAY;
use super::wire::{Reply, Request};
use bearer::{bearer, claims};
use client::{CLI, Client, ELSEWHERE, NOT_INSTALLED, REFRESH};

/// How long an authorization code lasts, in milliseconds.
const CODE_LASTS: u64 = 10 * 60 * 1000;

/// How long a refresh token lasts that nobody uses, where an app ends what is idle.
const IDLE_LASTS: u64 = 30 * DAY;

/// Why no token is given.
struct Denied(&'static str, String);

fn denied(error: &'static str, description: impl Into<String>) -> Denied {
    Denied(error, description.into())
}

fn unknown_client() -> Denied {
    denied("invalid_client_id", "client identifier invalid")
}

fn not_approved() -> Denied {
    denied("invalid_app_access", "user is not admin approved to access this app")
}

fn not_installed() -> Denied {
    denied("invalid_client", "app must be installed into org")
}

/// Answers a request below `/services/oauth2`.
pub(crate) fn answer(state: &mut State, request: &Request, name: &str, now: u64) -> Reply {
    match (request.method.as_str(), name) {
        ("GET", "authorize") => authorize(state, request, now),
        ("POST", "token") => {
            let form = form(&request.body);
            let (client, named) = named(&state.org, request, &form);
            let app =
                client.map(|client| App { label: client.label, is_external: client.is_external });
            let tried = state.signing_in(&form, app, named.as_deref());
            let outcome = token(state, request, &form, now);
            let told = match &outcome {
                Ok(body) => Ok(body["access_token"].as_str().unwrap_or_default()),
                Err(Denied(error, description)) => Err((*error, description.as_str())),
            };
            state.signed_in(&tried, told, now);
            match outcome {
                Ok(body) => Reply::json(200, &body),
                Err(Denied(error, description)) => {
                    Reply::json(400, &json!({ "error": error, "error_description": description }))
                }
            }
        }
        ("GET" | "POST", "userinfo") => userinfo(state, request),
        ("GET" | "POST", "singleaccess") => single_access(state, request),
        ("POST", "revoke") => {
            let form = form(&request.body);
            let token = form
                .get("token")
                .map(String::as_str)
                .or(request.parameter("token"))
                .unwrap_or_default();
            let ended = state.org.sessions.remove(token).is_some();
            // With a refresh token goes all that came of it.
            let grant = state.org.grants.get(token).map(|grant| grant.family);
            if let Some(family) = grant {
                state.org.end_family(family);
            }
            let known = ended || grant.is_some();
            state.dirty |= known;
            if known {
                Reply::empty(200)
            } else {
                Reply::json(
                    400,
                    &json!({ "error": "unsupported_token_type", "error_description": "this token \
                        type is not supported" }),
                )
            }
        }
        _ => Reply::refusal(404, &not_found()),
    }
}

/// The grant of the JWT bearer flow.
const BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The app that a request for a token names, and the user, where it is the request or the app that
/// names one.
fn named(
    org: &Org,
    request: &Request,
    form: &BTreeMap<String, String>,
) -> (Option<Client>, Option<String>) {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if field("grant_type") == BEARER {
        let claims = claims(field("assertion")).unwrap_or_default();
        let claim = |name: &str| claims[name].as_str().map(str::to_owned);
        return (claim("iss").and_then(|key| org.client(&key)), claim("sub"));
    }
    let (client_id, _) = credentials(request, form);
    let client = org.client(&client_id);
    let user = match field("grant_type") {
        "client_credentials" => client.as_ref().and_then(|client| client.runs_as.clone()),
        "password" => Some(field("username").to_owned()),
        _ => None,
    };
    (client, user)
}

/// The consumer key and secret of a request for a token, from the form or the header.
fn credentials(request: &Request, form: &BTreeMap<String, String>) -> (String, String) {
    let basic = || {
        let text = request.header("authorization")?.strip_prefix("Basic ")?;
        let bytes = base64::prelude::BASE64_STANDARD.decode(text).ok()?;
        let pair = String::from_utf8(bytes).ok()?;
        pair.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
    };
    let (id, secret) = basic().unwrap_or_default();
    let or = |name: &str, other: String| {
        form.get(name).filter(|value| !value.is_empty()).cloned().unwrap_or(other)
    };
    (or("client_id", id), or("client_secret", secret))
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body);
    Url::parse(&format!("http://form/?{text}"))
        .map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default()
}

impl Org {
    /// Makes a text that cannot be guessed without the org's secret.
    pub(crate) fn new_secret(&mut self) -> String {
        self.serial += 1;
        secret_text(&[&self.secret, &self.serial.to_string()])
    }

    /// Makes a number for a sign-in that can be refreshed.
    pub(crate) fn new_family(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Opens a session of a user; returns its token.
    pub(crate) fn new_session(&mut self, user: &str, jwt: bool) -> String {
        let secret = self.new_secret();
        let token = if jwt {
            format!(
                "{}.{}.{secret}",
                BASE64_URL_SAFE_NO_PAD.encode("{\"typ\":\"JWT\"}"),
                BASE64_URL_SAFE_NO_PAD.encode(user)
            )
        } else {
            format!("{}!{secret}", &self.catalog.org_id[..15])
        };
        self.sessions.insert(token.clone(), user.to_owned());
        token
    }
}

fn authorize(state: &mut State, request: &Request, now: u64) -> Reply {
    let parameter = |name: &str| request.parameter(name).map(str::to_owned);
    let client_id = parameter("client_id").unwrap_or_default();
    let redirect = parameter("redirect_uri").unwrap_or_default();
    let page = |text: &str| Reply {
        status: 400,
        content_type: "text/plain",
        headers: Vec::new(),
        body: format!("{text}\n").into_bytes(),
    };
    let Some(client) = state.org.client(&client_id) else {
        return page("error=invalid_client_id&error_description=client%20identifier%20invalid");
    };
    let Ok(mut url) = Url::parse(&redirect) else {
        return page(
            "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration",
        );
    };
    let is_loopback = url.scheme() == "http"
        && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if !(client.callbacks.contains(&redirect) || (client.loopback && is_loopback)) {
        return page(
            "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration",
        );
    }
    let challenge = parameter("code_challenge");
    let scopes = client.granted(parameter("scope").as_deref());
    let user = match parameter("login_hint") {
        Some(name) => user_id(&state.org, &name).ok(),
        None => Some(state.org.catalog.admin.clone()),
    };
    {
        let mut query = url.query_pairs_mut();
        if parameter("response_type").as_deref() != Some("code") {
            query.append_pair("error", "unsupported_response_type");
        } else if client.pkce && challenge.is_none() {
            query.append_pair("error", "invalid_request");
            query.append_pair("error_description", "missing required code challenge");
        } else if scopes.is_none() {
            query.append_pair("error", "invalid_scope");
            query.append_pair("error_description", "the requested scope is not allowed");
        } else {
            // In an org nobody gets past the page for the password whom it does not know.
            let nobody = || denied("access_denied", "end-user denied authorization");
            let let_in = user.ok_or_else(nobody).and_then(|user| {
                kept_out(&state.org, &client_id, &user, now).map_or(Ok(user), Err)
            });
            match let_in {
                Err(Denied(error, description)) => {
                    query.append_pair("error", error);
                    query.append_pair("error_description", &description);
                }
                Ok(user) => {
                    let code = format!("aPrx{}", state.passing_code());
                    query.append_pair("code", &code);
                    let expires = now + CODE_LASTS;
                    let scopes = scopes.unwrap_or_default();
                    let client = client_id;
                    let stands_for = Code { client, user, redirect, challenge, scopes, expires };
                    state.codes.insert(code, stands_for);
                }
            }
        }
        if let Some(value) = parameter("state") {
            query.append_pair("state", &value);
        }
    }
    Reply {
        status: 302,
        content_type: "text/plain",
        headers: vec![("location", url.to_string())],
        body: Vec::new(),
    }
}

/// Why an app may not be let in by a user (S 2.8): it is another org's and not installed here, or
/// an admin must have approved the user and has not.
fn kept_out(org: &Org, client_id: &str, user: &str, now: u64) -> Option<Denied> {
    match client_id {
        ELSEWHERE => {
            let words = "External client app is not installed in this org";
            Some(denied("OAUTH_EC_APP_NOT_FOUND", words))
        }
        _ if org.client(client_id).is_some_and(|client| client.is_blocked) => {
            Some(denied("OAUTH_APP_BLOCKED", BLOCKED))
        }
        // Who has let it in before goes on; who may approve such apps can let it in now.
        NOT_INSTALLED => {
            let may = org.has_approved(client_id, user)
                || org.is_permitted(user, "CanApproveUninstalledApps");
            (!may).then(not_installed)
        }
        _ => {
            let client = org.client(client_id)?;
            // Whether who had let it in before goes on is told by no source: here nobody does.
            if client.is_taken_away {
                return Some(not_installed());
            }
            let Denied(_, words) = not_approved();
            (!org.may_use(&client, user, now)).then(|| denied("OAUTH_APP_ACCESS_DENIED", words))
        }
    }
}

/// The words for an app that an admin has blocked (S 1.7). That they are said of an external client
/// app that is switched off too is the demo org's own.
const BLOCKED: &str = "this app is blocked by admin";

/// An app that the org knows and lets in.
fn app(org: &Org, client_id: &str) -> Result<Client, Denied> {
    let client = org.client(client_id).ok_or_else(unknown_client)?;
    if client.is_blocked {
        return Err(denied("app_blocked", BLOCKED));
    }
    if client.is_taken_away { Err(not_installed()) } else { Ok(client) }
}

fn token(
    state: &mut State,
    request: &Request,
    form: &BTreeMap<String, String>,
    now: u64,
) -> Result<Value, Denied> {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let (client_id, secret) = credentials(request, form);
    match field("grant_type") {
        "authorization_code" => {
            let code = state
                .codes
                .remove(field("code"))
                .ok_or_else(|| denied("invalid_grant", "invalid authorization code"))?;
            if code.expires < now {
                return Err(denied("invalid_grant", "expired authorization code"));
            }
            if code.client != client_id {
                return Err(unknown_client());
            }
            if code.redirect != field("redirect_uri") {
                return Err(denied(
                    "redirect_uri_mismatch",
                    "redirect_uri must match configuration",
                ));
            }
            if let Some(challenge) = &code.challenge {
                let made = BASE64_URL_SAFE_NO_PAD
                    .encode(Sha256::digest(field("code_verifier").as_bytes()));
                if *challenge != made {
                    return Err(denied("invalid_grant", "invalid code verifier"));
                }
            }
            let client = app(&state.org, &client_id)?;
            if !(client.secret_is_optional && secret.is_empty()) {
                check_secret(&client, &secret)?;
            }
            let user = user_id(&state.org, &code.user)?;
            let family = code.scopes.iter().any(|scope| scope == REFRESH);
            let sign_in = family.then(|| (state.org.new_family(), true));
            let client = Client { scopes: code.scopes, ..client };
            Ok(grant(state, request, &client_id, &client, &user, sign_in, now))
        }
        "refresh_token" => {
            refresh(state, request, field("refresh_token"), (&client_id, &secret), now)
        }
        "client_credentials" => {
            let client = app(&state.org, &client_id)?;
            check_secret(&client, &secret)?;
            let name = client
                .runs_as
                .clone()
                .ok_or_else(|| denied("invalid_grant", "no client credentials user enabled"))?;
            let user = user_id(&state.org, &name)?;
            if state.org.takes(Form::ApprovalBindsRunAs) && !state.org.may_use(&client, &user, now)
            {
                return Err(not_approved());
            }
            Ok(grant(state, request, &client_id, &client, &user, None, now))
        }
        // No password is right: nobody has one here. An external client app never had the flow.
        "password" => {
            let client = app(&state.org, &client_id)?;
            check_secret(&client, &secret)?;
            Err(if client.is_external {
                denied("unsupported_grant_type", "grant type not supported")
            } else {
                denied("invalid_grant", "authentication failure")
            })
        }
        BEARER => bearer(state, request, field("assertion"), now),
        _ => Err(denied("unsupported_grant_type", "grant type not supported")),
    }
}

fn check_secret(client: &Client, secret: &str) -> Result<(), Denied> {
    match &client.secret {
        Some(known) if known != secret => {
            Err(denied("invalid_client", "invalid client credentials"))
        }
        _ => Ok(()),
    }
}

/// The id of a user who may sign in. Asked when the app has shown who it is, so that nobody else
/// hears of users. That a frozen user's client is told the same is not certain.
fn user_id(org: &Org, name: &str) -> Result<String, Denied> {
    org.user(name)
        .filter(|row| row.get("IsActive") == Some(&Value::Bool(true)))
        .map(|row| string(row, "Id").to_owned())
        .filter(|id| !org.is_frozen(id))
        .ok_or_else(|| denied("invalid_grant", "inactive user"))
}

fn refresh(
    state: &mut State,
    request: &Request,
    token: &str,
    (client_id, secret): (&str, &str),
    now: u64,
) -> Result<Value, Denied> {
    let client = app(&state.org, client_id)?;
    let expired = || denied("invalid_grant", "expired access/refresh token");
    let known = state.org.grants.get(token).cloned().ok_or_else(expired)?;
    if known.client != client_id {
        return Err(unknown_client());
    }
    if known.spent {
        // A token used twice was stolen, or lost by a careless client: both ends of the chain are
        // closed (S 1.2).
        state.org.end_family(known.family);
        state.dirty = true;
        return Err(expired());
    }
    if client.refresh_needs_secret {
        check_secret(&client, secret)?;
    }
    // An app that was made admin-approved since lets none in whom no admin has approved.
    if !client.infinite || !state.org.may_use(&client, &known.user, now) {
        return Err(expired());
    }
    let is_idle = |last: u64| last + IDLE_LASTS < now;
    if client.ends_idle && state.org.last_use(&client.label, &known.user).is_some_and(is_idle) {
        return Err(expired());
    }
    let user = user_id(&state.org, &known.user)?;
    let rotates = client.rotates || (state.rotates && client_id == CLI);
    if rotates && let Some(grant) = state.org.grants.get_mut(token) {
        grant.spent = true;
    }
    let sign_in = Some((known.family, rotates));
    Ok(grant(state, request, client_id, &client, &user, sign_in, now))
}

/// Gives tokens. `sign_in` is the one that they belong to, where it can be refreshed, and whether
/// it gets a refresh token now.
fn grant(
    state: &mut State,
    request: &Request,
    client_id: &str,
    client: &Client,
    user: &str,
    sign_in: Option<(u64, bool)>,
    now: u64,
) -> Value {
    let origin = request.origin();
    let token = state.org.new_session(user, client.jwt_tokens);
    if let Some((family, _)) = sign_in {
        state.org.families.insert(token.clone(), family);
    }
    let has_refresh = |scope: &&String| sign_in.is_some() || *scope != REFRESH;
    let scopes: Vec<&str> = client.scopes.iter().filter(has_refresh).map(String::as_str).collect();
    let mut body = json!({
        "access_token": token, "instance_url": origin, "id": format!("{origin}/id/{}/{user}", state.org.catalog.org_id),
        "token_type": "Bearer", "issued_at": now.to_string(), "signature": BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes())),
        "scope": scopes.join(" "),
    });
    if let Some((family, true)) = sign_in {
        let refresh = format!("5Aep{}", state.org.new_secret());
        body["refresh_token"] = refresh.clone().into();
        state.org.grants.insert(
            refresh,
            Grant { user: user.to_owned(), client: client_id.to_owned(), spent: false, family },
        );
    }
    state.dirty = true;
    body
}

fn userinfo(state: &State, request: &Request) -> Reply {
    let user = match user_of(state, request) {
        Ok(user) => user,
        Err(_) => {
            return Reply {
                status: 403,
                content_type: "text/html;charset=UTF-8",
                headers: Vec::new(),
                body: b"Bad_OAuth_Token".to_vec(),
            };
        }
    };
    let origin = request.origin();
    let row = state.org.user(&user);
    let field = |name: &str| row.map_or("", |row| string(row, name)).to_owned();
    let org = &state.org.catalog.org_id;
    Reply::json(
        200,
        &json!({
            "sub": format!("{origin}/id/{org}/{user}"), "user_id": user, "organization_id": org,
            "preferred_username": field("Username"), "username": field("Username"), "display_name": field("Name"), "nickname": field("Username"), "name": field("Name"), "email": field("Email"),
            "email_verified": true, "given_name": field("FirstName"), "family_name": field("LastName"), "zoneinfo": "Europe/Dublin",
            "active": true, "user_type": "STANDARD", "language": "en_US", "locale": "en_IE", "is_app_installed": true,
            "urls": {
                "rest": format!("{origin}/services/data/v{{version}}/"), "metadata": format!("{origin}/services/Soap/m/{{version}}/{org}"),
                "query": format!("{origin}/services/data/v{{version}}/query/"), "sobjects": format!("{origin}/services/data/v{{version}}/sobjects/"),
                "custom_domain": origin,
            },
        }),
    )
}

/// The address at which a browser goes on with this session (`xcloud.frontdoor_singleaccess`).
fn single_access(state: &State, request: &Request) -> Reply {
    if user_of(state, request).is_err() {
        return Reply::json(403, &json!({ "error": "invalid_grant" }));
    }
    let form = form(&request.body);
    let to = request.parameter("redirect_uri").or(form.get("redirect_uri").map(String::as_str));
    let door = format!("{}/secur/frontdoor.jsp", request.origin());
    let door = match Url::parse_with_params(&door, to.map(|to| ("startURL", to))) {
        Ok(door) => door.to_string(),
        Err(_) => door,
    };
    Reply::json(200, &json!({ "frontdoor_uri": door }))
}

/// Who calls, by his bearer token, if he may use the API.
pub(crate) fn user_of(state: &State, request: &Request) -> Result<String, Refusal> {
    let header = request.header("authorization").unwrap_or_default();
    let token = header
        .strip_prefix("Bearer ")
        .or_else(|| header.strip_prefix("OAuth "))
        .unwrap_or_default();
    if token.is_empty() {
        return Err(refuse("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
    }
    let user = state
        .org
        .sessions
        .get(token)
        .ok_or_else(|| refuse("INVALID_SESSION_ID", "Session expired or invalid"))?;
    if state.org.is_permitted(user, "ApiEnabled") {
        Ok(user.clone())
    } else {
        Err(refuse("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"))
    }
}

#[cfg(test)]
mod tests;
