//! Mistakes in a template's file, each with its place, a caret, and what was probably meant.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// Where in the file, in bytes.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What to do.
    pub help: Option<String>,
}

/// All mistakes of one file, in its order.
#[derive(Clone, Debug)]
pub struct TemplateErrors {
    /// The file's name.
    pub file: String,
    /// The file's text, for the carets.
    pub text: String,
    /// The mistakes; one at least.
    pub mistakes: Vec<Mistake>,
}

impl TemplateErrors {
    /// Shows every mistake with the line that it stands in.
    pub(crate) fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let shown: Vec<String> = self
            .mistakes
            .iter()
            .map(|mistake| {
                let source = Snippet::source(self.text.as_str())
                    .path(self.file.as_str())
                    .annotation(AnnotationKind::Primary.span(mistake.span.clone()));
                let mut groups = vec![
                    Group::with_title(Level::ERROR.primary_title(mistake.message.as_str()))
                        .element(source),
                ];
                if let Some(help) = &mistake.help {
                    groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
                }
                renderer.render(&groups)
            })
            .collect();
        shown.join("\n\n")
    }
}

impl fmt::Display for TemplateErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for TemplateErrors {}

/// Collects mistakes while a file is read.
pub(super) struct Collector<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

impl<'t> Collector<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, mistakes: Vec::new() }
    }

    /// Returns the line of a place in the file, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn add(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.add_with(span, message, None);
    }

    pub(super) fn add_with(
        &mut self,
        span: &Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let start = (0..=span.start.min(self.text.len()))
            .rev()
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or_default();
        let end = (span.end.min(self.text.len())..=self.text.len())
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or(self.text.len())
            .max(start);
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        self.mistakes.push(Mistake {
            message: message.into(),
            span: start..end,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            help,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.mistakes.is_empty()
    }

    pub(super) fn finish(mut self, file: &str) -> TemplateErrors {
        self.mistakes.sort_by_key(|mistake| mistake.span.start);
        TemplateErrors {
            file: file.to_owned(),
            text: self.text.to_owned(),
            mistakes: self.mistakes,
        }
    }
}
