//! A plan in the form that was asked for.

use crate::plan::Plan;
use crate::report::plan::{self as text, FileChange};
use crate::report::{html, markdown};

use super::format::Format;

/// The forms in which a plan is shown.
pub(crate) const FORMATS: &[Format] = &[Format::Text, Format::Json, Format::Markdown, Format::Html];

/// What a plan is shown with.
pub(crate) struct ShownPlan<'p> {
    pub(crate) plan: &'p Plan<'p>,
    pub(crate) title: &'p str,
    /// Where the org lives.
    pub(crate) instance_url: Option<&'p str>,
    /// What changes in each file; the text leaves it out.
    pub(crate) files: &'p [FileChange],
    /// Unfolds the text's long lists.
    pub(crate) full: bool,
}

impl ShownPlan<'_> {
    /// Writes it.
    pub(crate) fn write(&self, format: Format) -> String {
        let Self { plan, title, instance_url, files, full } = *self;
        match format {
            Format::Markdown => markdown::plan(plan, title, instance_url, files),
            Format::Html => html::plan(plan, title, instance_url, files),
            _ => text::render(plan, title, instance_url, full),
        }
    }
}
