//! Reports and plans as one HTML file each, which opens without a network: what is wrong and what
//! to do next come first. It is what a vendor sends to an admin.

mod checklist;
pub(super) mod parts;
pub(super) mod plan;
pub(super) mod shell;

use crate::plan::Plan;

use super::Report;
use super::guide::Guide;
use super::plan::FileChange;
use super::sheet::Sheet;

/// Writes a report. `day` is the one on which somebody looked, as `2026-11-23`.
pub fn render(report: &Report<'_>, day: &str) -> String {
    checklist::render(&Guide::of(report), day)
}

/// Writes a plan under a title. `instance_url` is where the org lives, for addresses in Setup;
/// `files` what changes in each file.
pub fn plan(
    plan: &Plan<'_>,
    title: &str,
    instance_url: Option<&str>,
    files: &[FileChange],
) -> String {
    plan::render(&Sheet::of(plan, title, instance_url, files))
}
