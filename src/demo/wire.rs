//! A request and a reply, and which call a request is. No sockets: those are `server`'s.

use super::faults::Fault;
use super::oauth;
use super::rest;
use super::soap;
use super::state::{Refusal, State};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded query parameters.
    pub(crate) query: Vec<(String, String)>,
    /// Headers, names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A reply as it goes.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// The media type of JSON as Salesforce writes it.
pub(crate) const JSON: &str = "application/json;charset=UTF-8";
/// The media type of SOAP.
pub(crate) const XML: &str = "text/xml; charset=utf-8";

impl Request {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The address under which the client sees this org.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("localhost"))
    }
}

impl Reply {
    /// A JSON reply.
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self {
            status,
            content_type: JSON,
            headers: Vec::new(),
            body: value.to_string().into_bytes(),
        }
    }

    /// An empty reply.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: JSON, headers: Vec::new(), body: Vec::new() }
    }
}

/// What a request is, for faults and for counting: `retrieve`, `query`, `deployRequest.status`.
pub(crate) fn call_name(request: &Request) -> String {
    if request.path.starts_with("/services/Soap/m/") {
        return soap::call_name(&request.body);
    }
    let mut parts = request.path.trim_matches('/').split('/').skip(1);
    match parts.next() {
        Some("oauth2") => parts.next().unwrap_or("oauth2").to_owned(),
        Some("data") => {
            parts.next();
            let rest: Vec<&str> = parts.collect();
            match rest.as_slice() {
                [] => "versions".to_owned(),
                ["tooling", name, ..] => format!("tooling.{name}"),
                ["metadata", "deployRequest"] => "deployRequest.start".to_owned(),
                ["metadata", "deployRequest", ..] if request.method == "PATCH" => {
                    "deployRequest.cancel".to_owned()
                }
                ["metadata", "deployRequest", ..] => "deployRequest.status".to_owned(),
                [name, ..] => (*name).to_owned(),
            }
        }
        Some(other) => other.to_owned(),
        None => "root".to_owned(),
    }
}

/// Answers a request. A fault that changes what is said, and not how it is sent, is applied on the
/// way.
pub(crate) fn answer(
    state: &mut State,
    request: &Request,
    now: u64,
    fault: Option<&Fault>,
) -> Reply {
    state.tick(now);
    let path = request.path.clone();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["services", "Soap", "m", version] | ["services", "Soap", "m", version, _] => {
            soap::answer(state, request, version, now, fault)
        }
        ["services", "oauth2", name] => oauth::answer(state, request, name, now),
        ["services", "data", rest @ ..] => rest::answer(state, request, rest, now, fault),
        ["id", _, _] => oauth::answer(state, request, "userinfo", now),
        _ => rest::error(404, &not_found()),
    }
}

/// The refusal of an address that leads nowhere.
pub(crate) fn not_found() -> Refusal {
    super::state::refuse("NOT_FOUND", "The requested resource does not exist")
}
