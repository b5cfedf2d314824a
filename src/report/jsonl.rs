//! A report for programs that read as they go: an object for each finding, and one for each org
//! with its counts, each on a line of its own. The keys are those of `sfsetup.diff/1` (see
//! [`json`]).
//!
//! [`json`]: super::json

use std::borrow::Cow;

use serde::Serialize;

use super::Report;
use super::json::parts::{Error, Identity};
use super::json::{self, FindingRow, OneTemplate, Summary};

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
}

/// Writes a report as JSON, an object a line; the same report gives the same bytes.
///
/// # Errors
/// What `serde_json` says; none is known to be possible for these types.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let document = json::document(report);
    let mut out = String::new();
    for one in &document.orgs {
        let org = &one.org;
        for finding in &one.findings {
            let line = FindingLine { format: "sfsetup.diff.finding/1", org, finding };
            out.push_str(&serde_json::to_string(&line)?);
            out.push('\n');
        }
        let line = SummaryLine {
            format: "sfsetup.diff.summary/1",
            org,
            templates: &document.templates,
            error: &one.error,
            summary: &one.summary,
            notes: &one.notes,
        };
        out.push_str(&serde_json::to_string(&line)?);
        out.push('\n');
    }
    Ok(out)
}
