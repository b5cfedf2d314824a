//! Sign-in by a signed assertion: the JWT bearer flow (S 6.9; the words in the order in which
//! clients saw them).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use reqwest::Url;
use serde_json::Value;

use super::super::state::{Org, State};
use super::super::wire::Request;
use super::{Denied, app, denied, grant, not_approved, user_id};

/// How long an assertion may last, in seconds: minutes, one source says five (S 6.9). Twice as much
/// allows for clocks. What is said of one that lasts longer is the demo org's own.
const LONGEST: u64 = 600;

pub(super) fn bearer(
    state: &mut State,
    request: &Request,
    assertion: &str,
    now: u64,
) -> Result<Value, Denied> {
    let invalid = || denied("invalid_grant", "invalid assertion");
    let claims = claims(assertion).ok_or_else(invalid)?;
    let claim = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let client_id = claim("iss");
    let client = app(&state.org, &client_id)?;
    if !client.certificate.as_deref().is_some_and(|pem| is_signed(assertion, pem)) {
        return Err(invalid());
    }
    let audience = claim("aud");
    let audience = audience.trim_end_matches('/');
    // Who asks says by what name, and may say any.
    let is_here = audience == request.origin() && is_loopback(audience);
    if audience != login_host(&state.org) && !is_here {
        return Err(denied("invalid_grant", "audience is invalid"));
    }
    let now_is = now / 1000;
    match claims["exp"].as_u64() {
        Some(expires) if expires > now_is + LONGEST => {
            return Err(denied("invalid_grant", "assertion lasts too long"));
        }
        Some(expires) if expires >= now_is => {}
        _ => return Err(denied("invalid_grant", "assertion expired")),
    }
    let never = || denied("invalid_grant", "user hasn't approved this consumer");
    let name = claim("sub");
    // Whom the org does not know has approved nothing; no source gives a text of its own.
    if state.org.user(&name).is_none() {
        return Err(never());
    }
    let user = user_id(&state.org, &name)?;
    if !state.org.may_use(&client, &user, now) {
        return Err(not_approved());
    }
    if client.approved_only.is_none() && !state.org.has_approved(&client_id, &user) {
        return Err(never());
    }
    Ok(grant(state, request, &client_id, &client, &user, None, now))
}

/// Whether an address is one of this machine, at which alone the org is met.
fn is_loopback(address: &str) -> bool {
    Url::parse(address)
        .is_ok_and(|url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")))
}

/// The common host that signs people in to this org: a sandbox takes an assertion for no other.
fn login_host(org: &Org) -> &'static str {
    let rows = org.records.get("Organization");
    let is_sandbox = rows
        .and_then(|rows| rows.first())
        .is_some_and(|row| row.get("IsSandbox") == Some(&Value::Bool(true)));
    if is_sandbox { "https://test.salesforce.com" } else { "https://login.salesforce.com" }
}

/// The claims of a JWT, whoever signed it.
pub(super) fn claims(assertion: &str) -> Option<Value> {
    let part = assertion.split('.').nth(1)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Whether an assertion bears the RS256 signature of the key of a certificate, which apps hold with
/// or without PEM's first and last lines.
fn is_signed(assertion: &str, certificate: &str) -> bool {
    let Some((message, signature)) = assertion.rsplit_once('.') else { return false };
    let bare: String = certificate.lines().filter(|line| !line.starts_with("-----")).collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{bare}\n-----END CERTIFICATE-----\n");
    DecodingKey::from_rsa_pem(pem.as_bytes()).is_ok_and(|key| {
        crypto::verify(signature, message.as_bytes(), &key, Algorithm::RS256).unwrap_or(false)
    })
}

#[cfg(test)]
mod tests;
