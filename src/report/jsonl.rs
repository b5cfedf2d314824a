//! A report for programs that read as they go: an object for each finding, and one for each org
//! with its counts, each on a line of its own. The keys are those of `sfsetup.diff/1` (see
//! [`json`]).
//!
//! [`json`]: super::json

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Report;
use super::json::parts::{Error, Identity};
use super::json::{self, Changes, FindingRow, OneTemplate, Org, Summary};

/// The forms of the lines.
const FINDING: &str = "sfsetup.diff.finding/1";
const SUMMARY: &str = "sfsetup.diff.summary/1";

/// One thing that is wanted of an org.
#[derive(Serialize)]
struct FindingLine<'l, 'r> {
    format: &'static str,
    org: &'l Identity,
    #[serde(flatten)]
    finding: &'l FindingRow<'r>,
}

/// How an org turned out as a whole; it stands behind its findings.
#[derive(Serialize)]
struct SummaryLine<'l, 'r> {
    format: &'static str,
    org: &'l Identity,
    templates: &'l [OneTemplate<'r>],
    error: &'l Option<Error>,
    summary: &'l Summary,
    notes: &'l [Cow<'r, str>],
    /// What has become of an earlier answer, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'l Changes>,
    #[serde(flatten)]
    tail: &'l Tail,
}

/// What an org's line says besides, where an answer of many orgs is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tail {
    /// The exit code that the org alone would have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exit: Option<u8>,
    /// Tells what was asked of this org alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<String>,
    /// When the org was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) looked_at: Option<Timestamp>,
}

/// A line that is read back.
pub(super) enum Answer {
    Finding { org: Identity, finding: Box<FindingRow<'static>> },
    Org { org: Identity, kept: Box<OfOrg> },
}

/// How an org turned out, read back.
#[derive(Deserialize)]
pub(super) struct OfOrg {
    pub(super) templates: Vec<OneTemplate<'static>>,
    pub(super) error: Option<Error>,
    pub(super) summary: Summary,
    pub(super) notes: Vec<Cow<'static, str>>,
    #[serde(default)]
    pub(super) since: Option<Changes>,
    #[serde(flatten)]
    pub(super) tail: Tail,
}

/// Writes a report as JSON, an object a line; the same report gives the same bytes.
///
/// # Errors
/// What `serde_json` says; none is known to be possible for these types.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let document = json::document(report);
    let mut out = String::new();
    for one in &document.orgs {
        org(&mut out, one, &document.templates, &Tail::default())?;
    }
    Ok(out)
}

/// Writes an org's lines: one a finding, then its own.
///
/// # Errors
/// As [`render`].
pub(super) fn org(
    out: &mut String,
    one: &Org<'_>,
    templates: &[OneTemplate<'_>],
    tail: &Tail,
) -> Result<(), serde_json::Error> {
    let org = &one.org;
    for finding in &one.findings {
        let line = FindingLine { format: FINDING, org, finding };
        out.push_str(&serde_json::to_string(&line)?);
        out.push('\n');
    }
    let line = SummaryLine {
        format: SUMMARY,
        org,
        templates,
        error: &one.error,
        summary: &one.summary,
        notes: &one.notes,
        since: one.since.as_ref(),
        tail,
    };
    out.push_str(&serde_json::to_string(&line)?);
    out.push('\n');
    Ok(())
}

/// Reads a line.
///
/// # Errors
/// It is none, in a sentence.
pub(super) fn read(line: &str) -> Result<Answer, String> {
    #[derive(Deserialize)]
    struct Form {
        format: String,
        org: Identity,
    }
    let wrong = |error: serde_json::Error| error.to_string();
    let Form { format, org } = serde_json::from_str(line).map_err(wrong)?;
    match format.as_str() {
        FINDING => {
            let finding = Box::new(serde_json::from_str(line).map_err(wrong)?);
            Ok(Answer::Finding { org, finding })
        }
        SUMMARY => {
            let kept = Box::new(serde_json::from_str(line).map_err(wrong)?);
            Ok(Answer::Org { org, kept })
        }
        other => Err(format!("`{other}` is no form of a line")),
    }
}
