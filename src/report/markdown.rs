//! Reports and plans as a comment on a pull request, in Markdown as GitHub has it: what it comes to
//! and what to do first, the steps folded, never longer than a comment may be.

mod checklist;
pub(super) mod comment;
pub(super) mod escape;
mod plan;

use crate::plan::Plan;

use super::Report;
use super::guide::Guide;
use super::plan::FileChange;
use super::sheet::Sheet;

/// Writes a report.
pub fn render(report: &Report<'_>) -> String {
    checklist::render(&Guide::of(report))
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
