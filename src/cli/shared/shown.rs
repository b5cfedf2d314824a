//! A plan in the form that was asked for.

use clap::ValueEnum;

use crate::plan::Plan;
use crate::report::plan::{self as text, FileChange};
use crate::report::{html, markdown};

/// In what form a plan is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For a person at a terminal
    #[default]
    Text,
    /// A comment on a pull request
    Markdown,
    /// A page to review it by, as one HTML file
    Html,
}

impl PlanFormat {
    /// Writes a plan under a title. `instance_url` is where the org lives, `files` what changes in
    /// each file, which the text leaves out; `full` unfolds the text's long lists.
    pub(crate) fn write(
        self,
        plan: &Plan<'_>,
        title: &str,
        instance_url: Option<&str>,
        files: &[FileChange],
        full: bool,
    ) -> String {
        match self {
            Self::Text => text::render(plan, title, instance_url, full),
            Self::Markdown => markdown::plan(plan, title, instance_url, files),
            Self::Html => html::plan(plan, title, instance_url, files),
        }
    }
}
