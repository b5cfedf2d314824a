//! Credentials for callouts: what an external credential's principals and a named credential's
//! parameters refer to, and what of them an org never gives back.
//!
//! Whether a legacy element is refused in a credential of another type no source says: it is taken
//! (S 4.6).

use reqwest::Url;

use super::super::state::Org;
use super::super::tree::Node;
use super::{Problem, Ruled};

/// The types of this file.
pub(super) const TYPES: &[&str] = &["ExternalCredential", "NamedCredential"];

/// What is a secret: an org takes it and keeps it to itself (S 4.6).
const SECRETS: &[&str] = &["awsAccessSecret", "oauthRefreshToken", "oauthToken", "password"];

/// What elements refer to. The demo org has none of these but external credentials.
const REFERENCES: &[(&str, &str)] = &[
    ("authProvider", "AuthProvider"),
    ("certificate", "Certificate"),
    ("externalAuthIdentityProvider", "ExternalAuthIdentityProvider"),
    ("externalCredential", "ExternalCredential"),
    ("jwtSigningCertificate", "Certificate"),
    ("outboundNetworkConnection", "OutboundNetworkConnection"),
];

/// Takes a credential without its secrets.
pub(super) fn rule(org: &Org, mut new: Node) -> Result<Ruled, Vec<Problem>> {
    let mut problems = absent(org, &new);
    problems.extend(wrong_addresses(&new));
    problems.extend(without_connection(&new));
    if !problems.is_empty() {
        return Err(problems);
    }
    new.children.retain(|child| !SECRETS.contains(&child.name.as_str()));
    Ok(new.into())
}

/// What an element refers to and is not there, in the general words (S 3.5).
fn absent(org: &Org, new: &Node) -> Vec<Problem> {
    let parameters = new.children.iter().filter(|child| child.name.ends_with("Parameters"));
    let elements = new.children.iter().chain(parameters.flat_map(|entry| &entry.children));
    elements
        .filter(|element| !element.value().is_empty())
        .filter_map(|element| {
            let (field, type_name) = REFERENCES.iter().find(|(name, _)| *name == element.name)?;
            (!org.has(type_name, element.value())).then(|| {
                let name = element.value();
                Problem::from(format!("In field: {field} - no {type_name} named {name} found"))
            })
        })
        .collect()
}

/// Addresses that are none. The words are the demo org's own.
fn wrong_addresses(new: &Node) -> Vec<Problem> {
    let legacy = new.get("endpoint").map(|address| ("endpoint", address));
    let parameters = new
        .all("namedCredentialParameters")
        .filter(|entry| entry.get("parameterType") == Some("Url"))
        .map(|entry| ("parameterValue", entry.get("parameterValue").unwrap_or_default()));
    // An address may begin with `arn:`, for what is relayed to AWS.
    legacy
        .into_iter()
        .chain(parameters)
        .filter(|(_, address)| Url::parse(address).is_err())
        .map(|(field, address)| {
            Problem::from(format!("Invalid value for field {field}: {address}"))
        })
        .collect()
}

/// A private endpoint must name its connection (S 4.6). The words are the demo org's own.
fn without_connection(new: &Node) -> Option<Problem> {
    let is_private = new.get("namedCredentialType") == Some("PrivateEndpoint");
    let mut parameters = new.all("namedCredentialParameters");
    let is_named = parameters.any(|entry| entry.get("outboundNetworkConnection").is_some());
    (is_private && !is_named)
        .then(|| Problem::from("Required field is missing: outboundNetworkConnection"))
}

/// Whether the org has a principal that a permission set opens: `Credential-Principal` (S 4.6).
pub(super) fn has_principal(org: &Org, name: &str) -> bool {
    org.of_type("ExternalCredential").any(|(credential, node)| {
        let principal = name.strip_prefix(credential).and_then(|rest| rest.strip_prefix('-'));
        node.all("externalCredentialParameters").any(|entry| {
            let of_type = entry.get("parameterType").unwrap_or_default();
            of_type.ends_with("Principal") && entry.get("parameterName") == principal
        })
    })
}

/// Which named credential an external credential cannot be deleted for. The words are the demo
/// org's own.
pub(super) fn in_use(org: &Org, external: &str) -> Option<String> {
    let mut named = org.of_type("NamedCredential");
    let user = named.find(|(_, node)| {
        let mut parameters = node.all("namedCredentialParameters");
        parameters.any(|entry| entry.get("externalCredential") == Some(external))
    });
    user.map(|(name, _)| {
        format!("This external credential is referenced elsewhere: Named Credential - {name}")
    })
}
