//! Sign-in: the authorize and token endpoints, user info, revoke (S 6.9).
//!
//! Nobody is asked for a password: whoever can reach the loopback port may sign in, as the org's
//! administrator where a flow names nobody. The signature of a JWT is not checked, only its claims;
//! the org holds no certificate that could.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::grant::{Code, Grant};
use super::refusal::{Refusal, not_found, refuse};
use super::state::{Org, State, string};
use super::wire::{Reply, Request};

/// An app as the token endpoint knows it.
#[derive(Clone, Debug, Default)]
struct Client {
    callbacks: Vec<String>,
    /// Any loopback address will do: the Salesforce CLI's app.
    loopback: bool,
    rotates: bool,
    pkce: bool,
    jwt_tokens: bool,
    infinite: bool,
    runs_as: Option<String>,
    approved_only: bool,
    has_certificate: bool,
    secret: Option<String>,
}

/// The consumer key of the app that the `sf` CLI signs in with.
const CLI: &str = "PlatformCLI";

/// How long an authorization code lasts, in milliseconds.
const CODE_LASTS: u64 = 10 * 60 * 1000;

/// Why no token is given.
struct Denied(&'static str, String);

fn denied(error: &'static str, description: impl Into<String>) -> Denied {
    Denied(error, description.into())
}

/// Answers a request below `/services/oauth2`.
pub(crate) fn answer(state: &mut State, request: &Request, name: &str, now: u64) -> Reply {
    match (request.method.as_str(), name) {
        ("GET", "authorize") => authorize(state, request, now),
        ("POST", "token") => {
            let form = form(&request.body);
            let tried = state.signing_in(&form, &client_of(request, &form));
            let outcome = if tried.is_frozen(&state.org) {
                // That a frozen user's client is told so is not certain.
                Err(denied("invalid_grant", "inactive user"))
            } else {
                token(state, request, &form, now)
            };
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

/// The consumer key of a request for a token, from the form or the header.
fn client_of(request: &Request, form: &BTreeMap<String, String>) -> String {
    let basic = || {
        let text = request.header("authorization")?.strip_prefix("Basic ")?;
        let bytes = base64::prelude::BASE64_STANDARD.decode(text).ok()?;
        let pair = String::from_utf8(bytes).ok()?;
        pair.split_once(':').map(|(id, _)| id.to_owned())
    };
    let named = form.get("client_id").filter(|id| !id.is_empty()).cloned();
    named.or_else(basic).unwrap_or_default()
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body);
    Url::parse(&format!("http://form/?{text}"))
        .map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default()
}

impl Org {
    /// Finds an app by its consumer key, among connected apps and external client apps.
    fn client(&self, key: &str) -> Option<Client> {
        if key == CLI {
            return Some(Client { loopback: true, infinite: true, ..Client::default() });
        }
        let secret = self.catalog.secrets.get(key).cloned();
        let lines = |text: Option<&str>| -> Vec<String> {
            text.unwrap_or_default()
                .lines()
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect()
        };
        for (_, app) in self.of_type("ConnectedApp") {
            let Some(config) =
                app.child("oauthConfig").filter(|config| config.get("consumerKey") == Some(key))
            else {
                continue;
            };
            let policy =
                app.child("oauthPolicy").and_then(|policy| policy.get("refreshTokenPolicy"));
            return Some(Client {
                callbacks: lines(config.get("callbackUrl")),
                loopback: false,
                rotates: config.flag("isRefreshTokenRotationEnabled"),
                pkce: config.flag("isPkceRequired"),
                jwt_tokens: config.flag("isNamedUserJwtEnabled"),
                infinite: policy != Some("zero"),
                runs_as: config
                    .get("oauthClientCredentialUser")
                    .filter(|_| config.flag("isClientCredentialEnabled"))
                    .map(str::to_owned),
                approved_only: config.flag("isAdminApproved"),
                has_certificate: config.get("certificate").is_some(),
                secret,
            });
        }
        for (_, settings) in self.of_type("ExtlClntAppGlobalOauthSettings") {
            if settings.get("consumerKey") != Some(key) {
                continue;
            }
            let app = settings.get("externalClientApplication").map(str::to_owned);
            let policies = self
                .of_type("ExtlClntAppOauthConfigurablePolicies")
                .map(|(_, node)| node)
                .find(|node| node.get("externalClientApplication") == app.as_deref());
            let policy =
                |name: &str| policies.as_ref().and_then(|node| node.get(name)).map(str::to_owned);
            return Some(Client {
                callbacks: lines(settings.get("callbackUrl")),
                loopback: false,
                rotates: settings.flag("isRefreshTokenRotationEnabled"),
                pkce: settings.flag("isPkceRequired"),
                jwt_tokens: settings.flag("isNamedUserJwtEnabled"),
                infinite: policy("refreshTokenPolicyType").as_deref() != Some("Zero"),
                runs_as: policy("clientCredentialsFlowUser"),
                approved_only: policy("permittedUsersPolicyType").as_deref()
                    == Some("AdminApprovedPreAuthorized"),
                has_certificate: settings.get("certificate").is_some(),
                secret,
            });
        }
        None
    }

    /// Makes a text that cannot be guessed without the org's secret.
    fn new_secret(&mut self) -> String {
        self.serial += 1;
        let mut hash = Sha256::new();
        hash.update(self.secret.as_bytes());
        hash.update(self.serial.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(hash.finalize()).replace(['-', '_'], ".")
    }

    fn new_family(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn new_session(&mut self, user: &str, jwt: bool) -> String {
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
    {
        let mut query = url.query_pairs_mut();
        if parameter("response_type").as_deref() != Some("code") {
            query.append_pair("error", "unsupported_response_type");
        } else if client.pkce && challenge.is_none() {
            query.append_pair("error", "invalid_request");
            query.append_pair("error_description", "missing required code challenge");
        } else {
            let code = format!("aPrx{}", state.org.new_secret());
            query.append_pair("code", &code);
            let code_value =
                Code { client: client_id, redirect, challenge, expires: now + CODE_LASTS };
            state.codes.insert(code, code_value);
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

fn token(
    state: &mut State,
    request: &Request,
    form: &BTreeMap<String, String>,
    now: u64,
) -> Result<Value, Denied> {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    // The app's name and secret may stand in the header too.
    let basic = request
        .header("authorization")
        .and_then(|header| header.strip_prefix("Basic "))
        .and_then(|text| base64::prelude::BASE64_STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let (basic_id, basic_secret) =
        basic.as_deref().and_then(|pair| pair.split_once(':')).unwrap_or_default();
    let or_basic = |value: &str, basic: &str| {
        if value.is_empty() { basic.to_owned() } else { value.to_owned() }
    };
    let client_id = or_basic(field("client_id"), basic_id);
    let secret = or_basic(field("client_secret"), basic_secret);
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
                return Err(denied("invalid_client_id", "client identifier invalid"));
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
            let client = state.org.client(&client_id).unwrap_or_default();
            check_secret(&client, &secret)?;
            let user = state.org.catalog.admin.clone();
            let family = state.org.new_family();
            Ok(grant(state, request, &client_id, &client, &user, Some((family, true)), now))
        }
        "refresh_token" => refresh(state, request, field("refresh_token"), &client_id, now),
        "client_credentials" => {
            let client = state
                .org
                .client(&client_id)
                .ok_or_else(|| denied("invalid_client_id", "client identifier invalid"))?;
            check_secret(&client, &secret)?;
            let name = client
                .runs_as
                .clone()
                .ok_or_else(|| denied("invalid_grant", "no client credentials user enabled"))?;
            let user = user_id(&state.org, &name)?;
            Ok(grant(state, request, &client_id, &client, &user, None, now))
        }
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            bearer(state, request, field("assertion"), now)
        }
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

fn user_id(org: &Org, name: &str) -> Result<String, Denied> {
    org.user(name)
        .filter(|row| row.get("IsActive") == Some(&Value::Bool(true)))
        .map(|row| string(row, "Id").to_owned())
        .ok_or_else(|| denied("invalid_grant", "user is inactive or does not exist"))
}

fn refresh(
    state: &mut State,
    request: &Request,
    token: &str,
    client_id: &str,
    now: u64,
) -> Result<Value, Denied> {
    let expired = || denied("invalid_grant", "expired access/refresh token");
    let known = state.org.grants.get(token).cloned().ok_or_else(expired)?;
    if known.client != client_id {
        return Err(denied("invalid_client_id", "client identifier invalid"));
    }
    if known.spent {
        // A token used twice was stolen, or lost by a careless client: both ends of the chain are
        // closed (S 1.2).
        state.org.end_family(known.family);
        state.dirty = true;
        return Err(expired());
    }
    let client = state
        .org
        .client(client_id)
        .ok_or_else(|| denied("invalid_client_id", "client identifier invalid"))?;
    if !client.infinite {
        return Err(expired());
    }
    let rotates = client.rotates || (state.rotates && client_id == CLI);
    if rotates && let Some(grant) = state.org.grants.get_mut(token) {
        grant.spent = true;
    }
    let sign_in = Some((known.family, rotates));
    Ok(grant(state, request, client_id, &client, &known.user, sign_in, now))
}

fn bearer(
    state: &mut State,
    request: &Request,
    assertion: &str,
    now: u64,
) -> Result<Value, Denied> {
    let invalid = || denied("invalid_grant", "invalid assertion");
    let claims: Value = assertion
        .split('.')
        .nth(1)
        .and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(invalid)?;
    let claim = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let client_id = claim("iss");
    let client = state
        .org
        .client(&client_id)
        .ok_or_else(|| denied("invalid_client_id", "client identifier invalid"))?;
    if !client.has_certificate {
        return Err(invalid());
    }
    let audience = claim("aud");
    let known = ["https://login.salesforce.com", "https://test.salesforce.com"];
    if !known.contains(&audience.trim_end_matches('/'))
        && audience.trim_end_matches('/') != request.origin()
    {
        return Err(denied("invalid_grant", "audience is invalid"));
    }
    if claims["exp"].as_u64().is_none_or(|expires| expires * 1000 < now) {
        return Err(denied("invalid_grant", "assertion expired"));
    }
    let user = user_id(&state.org, &claim("sub"))?;
    if !client.approved_only {
        return Err(denied("invalid_grant", "user hasn't approved this consumer"));
    }
    Ok(grant(state, request, &client_id, &client, &user, None, now))
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
    let mut body = json!({
        "access_token": token, "instance_url": origin, "id": format!("{origin}/id/{}/{user}", state.org.catalog.org_id),
        "token_type": "Bearer", "issued_at": now.to_string(), "signature": BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes())),
        "scope": if sign_in.is_some() { "refresh_token api web" } else { "api" },
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
