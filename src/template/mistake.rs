//! Mistakes in a template's file, each with its place, a caret, and what was probably meant.

use std::fmt;
use std::ops::Range;

use super::Template;
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
    /// The template as far as it could be read; none where the file is no TOML.
    pub(crate) read: Option<Box<Template>>,
}

impl TemplateErrors {
    /// Adds a mistake of a whole line, by its number from 1; the order stays that of the file.
    pub(crate) fn add_line(&mut self, line: usize, message: String) {
        let start = self.text.split_inclusive('\n').take(line.saturating_sub(1));
        let start = start.map(str::len).sum::<usize>();
        let text = self.text[start..].lines().next().unwrap_or_default();
        let indent = text.len() - text.trim_start().len();
        let span = start + indent..start + text.trim_end().len().max(indent);
        let mistake = Mistake { message, span, line, column: indent + 1, help: None };
        let at = self.mistakes.partition_point(|one| one.line <= line);
        self.mistakes.insert(at, mistake);
    }

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
    /// Where the file's lines end.
    ends: Vec<usize>,
}

impl<'t> Collector<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        Self { text, mistakes: Vec::new(), ends }
    }

    /// Returns the line of a place in the file, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at) + 1
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
            line: self.line(start),
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
            read: None,
        }
    }
}
