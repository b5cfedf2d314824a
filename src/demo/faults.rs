//! Faults that the demo org can be told to show, each at a call of one's choice and as often as one
//! likes.

use std::io::{Cursor, Write as _};

use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::job::RetrieveJob;
use super::refusal::refuse;
use super::wire::{Reply, Request};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// HTTP 429, with `Retry-After` in seconds or without.
    TooManyRequests(Option<u64>),
    /// HTTP 503, with `Retry-After` in seconds or without.
    Unavailable(Option<u64>),
    /// The connection is reset, and the request was not looked at.
    ResetBefore,
    /// The connection is reset after the request was carried out.
    ResetAfter,
    /// Half of the body, then the connection is closed.
    HalfBody,
    /// The body ends after so many bytes, and its length says the same: nothing but what is in it
    /// shows that it was longer.
    CutAt(usize),
    /// The body in pieces, each after so many milliseconds.
    SlowBody(u64),
    /// The call is carried out, and its answer is held until another call comes, by its name; half
    /// a minute at most.
    HeldUntil(String),
    /// A page for people with status 200.
    Html,
    /// The call is carried out, and a gateway answers with a page of this status.
    PageAfter(u16),
    /// HTTP 404: the org does not have the resource.
    NotFound,
    /// `INVALID_TYPE`: the org does not show the object to this user.
    InvalidType,
    /// `INVALID_SESSION_ID`.
    InvalidSession,
    /// `REQUEST_LIMIT_EXCEEDED`.
    RequestLimit,
    /// `API_DISABLED_FOR_ORG`.
    ApiDisabled,
    /// `ORG_IN_MAINTENANCE`.
    Maintenance,
    /// `UNKNOWN_EXCEPTION`, with a text.
    ServerError,
    /// The zip of a retrieve is not base64.
    BrokenBase64,
    /// The zip of a retrieve is cut off.
    BrokenZip,
    /// The zip holds a path that leads outside.
    ZipSlip,
    /// The zip unpacks to a hundred megabytes of spaces.
    ZipBomb,
    /// The retrieve ends as failed.
    RetrieveFails,
    /// A retrieve that names this component fails; for the call `retrieve`.
    RetrieveFailsOn {
        /// The metadata type.
        type_name: String,
        /// The full name, decoded.
        full_name: String,
    },
    /// A retrieve of more than so many files fails as too large; for the call `retrieve`.
    RetrieveTooLarge(usize),
    /// The retrieve or deploy never ends; for the call that starts it.
    Stuck,
    /// A status that no documentation names.
    UnknownStatus,
    /// Numbers and flags of REST as strings, as the documentation's samples have them (S 6.5).
    StringNumbers,
}

/// A fault, where and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// The call that it hits: `retrieve`, `checkDeployStatus`, `query`, `tooling.query`,
    /// `deployRequest.start`, `token`, `*` for any. With the name of one of many orgs before it,
    /// `o0007/query`, that of this org alone.
    pub call: String,
    /// What happens.
    pub fault: Fault,
    /// How many such calls pass first.
    #[serde(default)]
    pub after: u32,
    /// How many calls it hits; `None` for ever.
    #[serde(default)]
    pub times: Option<u32>,
}

/// The faults of a server; by default none.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The rules; the first that fits a call is taken.
    pub rules: Vec<FaultRule>,
    /// Whether rules may be added by `POST /__faults`, a JSON array of them.
    pub by_request: bool,
}

impl Faults {
    /// Returns no faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a fault that hits a call once.
    #[must_use]
    pub fn once(mut self, call: &str, fault: Fault) -> Self {
        self.rules.push(FaultRule { call: call.to_owned(), fault, after: 0, times: Some(1) });
        self
    }

    /// Adds a fault that hits a call every time.
    #[must_use]
    pub fn always(mut self, call: &str, fault: Fault) -> Self {
        self.rules.push(FaultRule { call: call.to_owned(), fault, after: 0, times: None });
        self
    }

    /// Finds the fault for a call and counts it.
    pub(crate) fn take(&mut self, org: Option<&str>, call: &str) -> Option<Fault> {
        let fits = |rule: &FaultRule| match rule.call.split_once('/') {
            Some((of, one)) => org == Some(of) && (one == call || one == "*"),
            None => rule.call == call || rule.call == "*",
        };
        let rule = self.rules.iter_mut().find(|rule| fits(rule) && rule.times != Some(0))?;
        if rule.after > 0 {
            rule.after -= 1;
            return None;
        }
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        Some(rule.fault.clone())
    }
}

impl Fault {
    /// The reply in place of the call's own, where there is one.
    pub(crate) fn instead(&self, request: &Request) -> Option<Reply> {
        let busy = |status: u16, wait: &Option<u64>| Reply {
            status,
            content_type: "text/plain",
            headers: wait.iter().map(|seconds| ("retry-after", seconds.to_string())).collect(),
            body: b"busy".to_vec(),
        };
        let refused = |status: u16, code: &'static str, message: &str| {
            let refusal = refuse(code, message);
            if request.path.starts_with("/services/Soap/") {
                Reply::soap_fault(&refusal)
            } else {
                Reply::refusal(status, &refusal)
            }
        };
        match self {
            Self::TooManyRequests(wait) => Some(busy(429, wait)),
            Self::Unavailable(wait) => Some(busy(503, wait)),
            Self::Html => Some(Reply {
                status: 200,
                content_type: "text/html; charset=UTF-8",
                headers: Vec::new(),
                body: b"<!DOCTYPE html>\n<html><head><title>Scheduled maintenance</title></head>\
                        <body><h1>We are down for maintenance.</h1></body></html>"
                    .to_vec(),
            }),
            Self::NotFound => {
                Some(refused(404, "NOT_FOUND", "The requested resource does not exist"))
            }
            Self::InvalidType => {
                Some(refused(400, "INVALID_TYPE", "sObject type is not supported."))
            }
            Self::InvalidSession => Some(if request.path.starts_with("/services/Soap/") {
                refused(
                    500,
                    "INVALID_SESSION_ID",
                    "Invalid Session ID found in SessionHeader: \
                    Illegal Session",
                )
            } else {
                refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
            }),
            Self::RequestLimit => Some(refused(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit \
                exceeded.",
            )),
            Self::ApiDisabled => Some(refused(
                403,
                "API_DISABLED_FOR_ORG",
                "API is not enabled for \
                this Organization or Partner",
            )),
            Self::Maintenance => Some(refused(
                503,
                "ORG_IN_MAINTENANCE",
                "Your organization is currently undergoing \
                    maintenance, please try again later",
            )),
            Self::ServerError => Some(refused(
                500,
                "UNKNOWN_EXCEPTION",
                "An unexpected error \
                occurred. ErrorId: 1234567890-123 (42)",
            )),
            Self::ResetBefore
            | Self::ResetAfter
            | Self::HalfBody
            | Self::CutAt(_)
            | Self::SlowBody(_)
            | Self::HeldUntil(_)
            | Self::PageAfter(_)
            | Self::BrokenBase64
            | Self::BrokenZip
            | Self::ZipSlip
            | Self::ZipBomb
            | Self::RetrieveFails
            | Self::RetrieveFailsOn { .. }
            | Self::RetrieveTooLarge(_)
            | Self::Stuck
            | Self::UnknownStatus
            | Self::StringNumbers => None,
        }
    }

    /// The reply in place of that of a call which was carried out, where there is one.
    pub(crate) fn afterwards(&self) -> Option<Reply> {
        let Self::PageAfter(status) = self else { return None };
        Some(Reply {
            status: *status,
            content_type: "text/html",
            headers: Vec::new(),
            body: b"<html><head><title>Gateway</title></head><body>Try again.</body></html>"
                .to_vec(),
        })
    }

    /// Applies a fault to a retrieve that starts.
    pub(crate) fn spoil_start(&self, job: &mut RetrieveJob) {
        match self {
            Self::RetrieveFailsOn { type_name, full_name } => {
                job.fails_on = Some((type_name.clone(), full_name.clone()))
            }
            Self::RetrieveTooLarge(files) => job.max_files = *files,
            Self::Stuck => job.ready = u64::MAX,
            _ => {}
        }
    }

    /// Spoils a zip; `None` where the fault leaves it alone.
    pub(crate) fn spoil_zip(&self, zip: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::BrokenZip => Some(zip[..zip.len() / 2].to_vec()),
            Self::ZipSlip => Some(pack(&[
                ("unpackaged/package.xml", b"<Package/>"),
                ("../../outside.txt", b"out"),
            ])),
            Self::ZipBomb => Some(bomb()),
            _ => None,
        }
    }
}

/// Packs entries under the names given, hostile ones too; `package/archive` refuses to.
fn pack(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        // Memory has no end that these few bytes could meet.
        let _ = writer.start_file(*name, options).and_then(|()| Ok(writer.write_all(content)?));
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// A hundred megabytes of spaces in a hundred kilobytes.
fn bomb() -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let block = vec![b' '; 1 << 20];
    if writer.start_file("unpackaged/profiles/Admin.profile", options).is_ok() {
        for _ in 0..100 {
            let _ = writer.write_all(&block);
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_its_call_as_often_as_told() {
        let mut faults =
            Faults::none().once("query", Fault::Html).always("token", Fault::ResetBefore);
        faults.rules[0].after = 1;
        assert_eq!(faults.take(None, "retrieve"), None);
        assert_eq!(faults.take(None, "query"), None);
        assert_eq!(faults.take(None, "query"), Some(Fault::Html));
        assert_eq!(faults.take(None, "query"), None);
        assert_eq!(faults.take(None, "token"), Some(Fault::ResetBefore));
        assert_eq!(faults.take(Some("o0001"), "token"), Some(Fault::ResetBefore));
        faults = Faults::none().once("o0002/query", Fault::Html).always("o0003/*", Fault::Html);
        assert_eq!(faults.take(Some("o0001"), "query"), None);
        assert_eq!(faults.take(None, "query"), None);
        assert_eq!(faults.take(Some("o0002"), "query"), Some(Fault::Html));
        assert_eq!(faults.take(Some("o0003"), "token"), Some(Fault::Html));
    }

    #[test]
    fn rules_are_read_from_json() {
        let rules: Vec<FaultRule> = serde_json::from_str(
            r#"[{"call": "query", "fault": {"too-many-requests": 2}, "times": 1},
                {"call": "*", "fault": "zip-bomb"},
                {"call": "retrieve", "fault": {"retrieve-fails-on": {"type_name": "ConnectedApp", "full_name": "X"}}}]"#,
        )
        .unwrap();
        assert_eq!(rules[0].fault, Fault::TooManyRequests(Some(2)));
        assert_eq!(rules[1].times, None);
    }
}
