//! One retrieve in the org: started, watched, its zip fetched once and unpacked.
//!
//! Which components go into it, and what their absence means, is left to the planner above.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use cirrus_metadata::{AsyncResult, MetadataResult, RetrieveResult, SoapOperation, xml_escape};
use serde::Deserialize;

use crate::metadata::archive::{self, Limits};
use crate::metadata::full_name::member_name;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::ApiVersion;
use crate::org::error::{OrgError, OrgErrorKind, hide_secrets};
use crate::org::patience::Pages;
use crate::org::words::Words;
use crate::org::{Event, Org, http};

/// `retrieve`, which may be repeated: it reads, and a job that nobody fetches is thrown away.
///
/// cirrus' own is not repeated on 503 or a broken connection, so the operation is declared here
/// anew. The argument has the WSDL's name.
struct Retrieve<'m> {
    manifest: &'m Manifest,
    version: ApiVersion,
}

#[derive(Deserialize)]
struct RetrieveResponse {
    result: AsyncResult,
}

impl SoapOperation for Retrieve<'_> {
    const NAME: &'static str = "retrieve";
    const IDEMPOTENT: bool = true;
    type Response = RetrieveResponse;

    fn render_body(&self) -> MetadataResult<String> {
        let mut body = format!(
            "<met:retrieveRequest><met:apiVersion>{}</met:apiVersion><met:singlePackage>true\
             </met:singlePackage><met:unpackaged>",
            self.version
        );
        for (type_name, members) in &self.manifest.types {
            body.push_str("<met:types>");
            for member in members {
                body.push_str("<met:members>");
                body.push_str(&xml_escape(&member_name(type_name, member)));
                body.push_str("</met:members>");
            }
            body.push_str("<met:name>");
            body.push_str(&xml_escape(type_name));
            body.push_str("</met:name></met:types>");
        }
        body.push_str("<met:version>");
        body.push_str(&self.version.to_string());
        body.push_str("</met:version></met:unpackaged></met:retrieveRequest>");
        Ok(body)
    }
}

/// What one retrieve brought.
#[derive(Debug, Default)]
pub(super) struct RetrieveAnswer {
    /// The files, by path.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What the org said about single components.
    pub(super) messages: Vec<String>,
}

/// Why one retrieve brought nothing.
#[derive(Debug)]
pub(super) enum RetrieveFailure {
    /// The org fell over what was asked for; less may do.
    Content(OrgError),
    /// It is too much at once.
    TooLarge(OrgError),
    /// Nothing less will do either.
    Whole(OrgError),
}

/// Retrieves a manifest. What comes damaged is asked for once more, since a fetched zip is gone
/// from the org (S 6.2).
pub(super) async fn retrieve(
    org: &Org,
    manifest: &Manifest,
) -> Result<RetrieveAnswer, RetrieveFailure> {
    match attempt(org, manifest).await {
        Err(RetrieveFailure::Whole(error)) if error.kind == OrgErrorKind::Damaged => {
            org.wire
                .tell(Event::Retrying { what: "the retrieve".to_owned(), why: error.to_string() });
            attempt(org, manifest).await
        }
        outcome => outcome,
    }
}

async fn attempt(org: &Org, manifest: &Manifest) -> Result<RetrieveAnswer, RetrieveFailure> {
    let began = Instant::now();
    let wire = &org.wire;
    let operation = Retrieve { manifest, version: org.api_version() };
    let started =
        wire.soap("retrieve", wire.metadata().call(&operation)).await.map_err(refused)?.result;
    if started.id.is_empty() {
        return Err(RetrieveFailure::Whole(OrgError::new(
            OrgErrorKind::Unexpected,
            "the org accepted the retrieve without giving it an id",
        )));
    }
    let result = watch(org, &started.id).await?;
    let messages =
        result.messages.iter().map(|message| hide_secrets(message.problem.trim())).collect();
    if !result.success {
        return Err(failed(&result));
    }
    let zip = fetch(org, &started.id, result, began).await?;
    // Unpacking is work for the processor; the other half of a split retrieve goes on meanwhile.
    let files = tokio::task::spawn_blocking(move || archive::read_zip(&zip, &Limits::default()))
        .await
        .map_err(|error| {
            RetrieveFailure::Whole(OrgError::new(OrgErrorKind::Unexpected, error.to_string()))
        })?
        .map_err(|error| {
            let kind =
                if error.is_hostile() { OrgErrorKind::Hostile } else { OrgErrorKind::Damaged };
            RetrieveFailure::Whole(OrgError::new(
                kind,
                format!("the zip that the org sent: {error}"),
            ))
        })?;
    Ok(RetrieveAnswer { files: files.into_iter().collect(), messages })
}

/// So many looks in a row may fail: about a minute and a half, with the waits between them.
const FAILED_LOOKS: u32 = 30;

/// Looks at a job until it is done. With `includeZip` false the zip stays in the org, so a look may
/// be repeated.
async fn watch(org: &Org, id: &str) -> Result<RetrieveResult, RetrieveFailure> {
    let what = "waiting for the org to put the retrieve together";
    let began = Instant::now();
    let mut failed = 0;
    let mut pages = Pages::new(org.pages_timeout);
    loop {
        tokio::time::sleep(http::next_look(began.elapsed())).await;
        let asked = Instant::now();
        let call = org.wire.metadata().check_retrieve_status(id, false);
        let looked = org.wire.soap("checkRetrieveStatus", call).await;
        let waited = began.elapsed();
        match looked {
            // Names of states differ between releases and may be new (S 6.4): `done` decides.
            Ok(result) if result.done => return Ok(result),
            Ok(_) => {
                failed = 0;
                pages.none();
            }
            Err(error) if pages.stay(asked, &error) => return Err(RetrieveFailure::Whole(error)),
            Err(error)
                if error.is_passing() && failed < FAILED_LOOKS && waited <= org.job_timeout =>
            {
                failed += 1;
                org.wire.tell(Event::Retrying { what: what.to_owned(), why: error.to_string() });
                continue;
            }
            Err(error) => return Err(RetrieveFailure::Whole(error)),
        }
        org.wire.tell(Event::Progress {
            done: waited.as_secs(),
            total: None,
            what: what.to_owned(),
        });
        if waited > org.job_timeout {
            return Err(RetrieveFailure::Whole(OrgError::new(
                OrgErrorKind::TimedOut,
                format!("the retrieve {id} is not done after {}", minutes(org.job_timeout)),
            )));
        }
    }
}

fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

async fn fetch(
    org: &Org,
    id: &str,
    looked: RetrieveResult,
    began: Instant,
) -> Result<Vec<u8>, RetrieveFailure> {
    let damaged = |why: &str| RetrieveFailure::Whole(OrgError::new(OrgErrorKind::Damaged, why));
    // A server that heeds no `includeZip` has sent the zip already.
    let result = if looked.zip_file.is_some() {
        looked
    } else {
        match ask_for_zip(org, id, began).await {
            Ok(result) => result,
            // What drips would drip again.
            Err(error)
                if error.kind == OrgErrorKind::TimedOut && began.elapsed() >= org.job_timeout =>
            {
                return Err(RetrieveFailure::Whole(OrgError::new(
                    OrgErrorKind::TimedOut,
                    format!(
                        "the zip of the retrieve {id} has not come whole within {}",
                        minutes(org.job_timeout)
                    ),
                )));
            }
            // The answer was lost, and the zip with it (S 6.2).
            Err(error)
                if matches!(error.kind, OrgErrorKind::Unreachable | OrgErrorKind::TimedOut) =>
            {
                return Err(damaged(&format!("the zip did not arrive whole: {error}")));
            }
            Err(error) if error.kind == OrgErrorKind::Unexpected => {
                return Err(damaged(&error.message));
            }
            Err(error) => return Err(RetrieveFailure::Whole(error)),
        }
    };
    let Some(text) = result.zip_file else {
        return Err(damaged("the org sent the retrieve's result without its zip"));
    };
    // Line breaks within base64 are legal in XML's `base64Binary`; cirrus' `zip_bytes` takes none.
    let compact: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD
        .decode(&compact)
        .map_err(|_| damaged("the zip that the org sent is not valid base64"))
}

/// Asks for the zip, again where the org was too busy to answer: then it still has it.
async fn ask_for_zip(org: &Org, id: &str, began: Instant) -> Result<RetrieveResult, OrgError> {
    let ask = || {
        let call = org.wire.metadata().check_retrieve_status(id, true);
        let left = org.job_timeout.saturating_sub(began.elapsed());
        org.wire.soap_with_zip_within(left, "checkRetrieveStatus (zip)", call)
    };
    let mut delay = org.retry_delay;
    for _ in 0..org.retries {
        match ask().await {
            Err(error) if error.kind == OrgErrorKind::Unavailable => {
                let what = "fetching what was retrieved".to_owned();
                org.wire.tell(Event::Retrying { what, why: error.to_string() });
            }
            outcome => return outcome,
        }
        tokio::time::sleep(delay).await;
        delay = delay.saturating_mul(2);
    }
    ask().await
}

/// A retrieve that the org does not even begin.
fn refused(error: OrgError) -> RetrieveFailure {
    match error.kind {
        OrgErrorKind::Refused if is_too_large(&error) => RetrieveFailure::TooLarge(error),
        OrgErrorKind::Refused => RetrieveFailure::Content(error),
        _ => RetrieveFailure::Whole(error),
    }
}

/// A retrieve that ended without success.
fn failed(result: &RetrieveResult) -> RetrieveFailure {
    let code = result.error_status_code.as_deref().unwrap_or_default();
    let text = result.error_message.as_deref().unwrap_or_else(|| {
        result
            .messages
            .first()
            .map_or("the retrieve failed, and the org does not say why", |message| {
                message.problem.as_str()
            })
    });
    refused(OrgError::from_org(500, code, text))
}

fn is_too_large(error: &OrgError) -> bool {
    error.code.as_deref() == Some("LIMIT_EXCEEDED") || Words::TooLarge.are_in(&error.message)
}
