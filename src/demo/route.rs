//! Which call a request is, and who answers it.

use super::faults::Fault;
use super::oauth;
use super::page;
use super::refusal::not_found;
use super::rest;
use super::soap;
use super::state::State;
use super::wire::{Reply, Request};

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
    // What is due takes effect when its time has come, whether anybody looks or not.
    state.finish_deploys(now);
    state.finish_retrieves(now);
    let path = request.path.clone();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["services", "Soap", "m", version] | ["services", "Soap", "m", version, _] => {
            soap::answer(state, request, version, now, fault)
        }
        ["services", "oauth2", name] => oauth::answer(state, request, name, now),
        ["services", "data", rest @ ..] => rest::answer(state, request, rest, now, fault),
        ["id", _, _] => oauth::answer(state, request, "userinfo", now),
        page @ (["lightning" | "setup" | "secur", ..] | [""]) if request.method == "GET" => {
            page::answer(&state.org, page)
        }
        _ => Reply::refusal(404, &not_found()),
    }
}
