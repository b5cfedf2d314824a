//! An answer in its form: text as it is said, or one document in the end; on stdout, or in a file.

use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::arguments::Exit;
use super::error::CommandError;
use super::format::Format;
use super::ui::{Ui, refuse_dash, told, would_write};
use crate::report::Failure;
use crate::report::json::parts;

/// The forms of most answers.
pub(crate) const TEXT_OR_JSON: &[Format] = &[Format::Text, Format::Json];

/// In which form an answer is given, and where to.
#[derive(Clone, Debug, Args)]
pub(crate) struct AnswerArguments {
    /// The form of the answer; without it the suffix of `--out` says it, else it is text
    #[arg(long, value_parser = Format::among(TEXT_OR_JSON))]
    format: Option<Format>,

    /// Write the answer to a file; nothing is printed then
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl AnswerArguments {
    /// The answer of a command whose documents are of a form.
    ///
    /// # Errors
    /// The file's name says a form that the command does not have.
    pub(crate) fn of<'a>(
        &'a self,
        ui: &'a Ui,
        form: &'static str,
    ) -> Result<Answer<'a>, CommandError> {
        Answer::choose(ui, form, self.format, self.out.as_deref(), TEXT_OR_JSON)
    }
}

/// An answer that is being given.
pub(crate) struct Answer<'a> {
    pub(crate) ui: &'a Ui,
    /// The name and version of its documents.
    form: &'static str,
    pub(crate) format: Format,
    out: Option<&'a Path>,
    /// What was said so far, where it goes to a file.
    text: RefCell<String>,
}

impl<'a> Answer<'a> {
    /// An answer in this form, to stdout or to a file.
    pub(crate) fn new(
        ui: &'a Ui,
        form: &'static str,
        format: Format,
        out: Option<&'a Path>,
    ) -> Self {
        let answer = Self { ui, form, format, out, text: RefCell::default() };
        if answer.is_json() {
            let file = out.map(Path::to_path_buf);
            ui.last_words().set(move |failure| {
                let text = parts::write::<()>(form, Some(failure.clone()), None);
                text.map(|text| vec![(file.clone(), text)]).unwrap_or_default()
            });
        }
        answer
    }

    /// The same, where the form was given or the file's name says it.
    ///
    /// # Errors
    /// The file's name says a form that the command does not have, or its folder is not there:
    /// nothing is done of which could not be told how it went.
    pub(crate) fn choose(
        ui: &'a Ui,
        form: &'static str,
        given: Option<Format>,
        out: Option<&'a Path>,
        has: &[Format],
    ) -> Result<Self, CommandError> {
        let format = Format::choose(given, out, Format::Text, has)?;
        if let Some(path) = out {
            check_writable(path)?;
        }
        Ok(Self::new(ui, form, format, out))
    }

    /// The same for one of many orgs: what is said is not printed.
    pub(crate) fn silent<'o>(&self, ui: &'o Ui) -> Answer<'o> {
        let (form, format) = (self.form, self.format);
        Answer { ui, form, format, out: Some(Path::new("")), text: RefCell::default() }
    }

    /// Refuses to write the answer over a file that is read for it.
    ///
    /// # Errors
    /// It would be.
    pub(crate) fn spare(&self, read: &Path) -> Result<(), CommandError> {
        self.out.map_or(Ok(()), |out| spare(out, read))
    }

    /// Says whether it is one document for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Says a part of an answer that is no document: at once, or in the end where it goes to a
    /// file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn say(&self, text: &str) -> Result<(), CommandError> {
        match self.out {
            _ if self.is_json() => Ok(()),
            Some(_) => {
                self.text.borrow_mut().push_str(text);
                Ok(())
            }
            None if self.format == Format::Text => self.ui.tell(text),
            None => self.ui.answer(text),
        }
    }

    /// Says all of an answer that ends a command: at a terminal a long one is given to the pager.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn give(&self, text: &str) -> Result<(), CommandError> {
        match self.out {
            None if !self.is_json() => self.ui.give(self.format, text),
            _ => self.say(text),
        }
    }

    /// Says what a person is about to be asked of. They see it, wherever the answer goes.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn say_before_asking(&self, text: &str) -> Result<(), CommandError> {
        let is_asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if is_asked && (self.is_json() || self.out.is_some()) {
            self.ui.show(text);
        }
        self.say(text)
    }

    /// Does the work of a command and ends its answer: whatever happened, it is told. The work puts
    /// what a document holds where it is given to it.
    ///
    /// # Errors
    /// Those of the work; or the answer cannot be written.
    pub(crate) fn of<T: Serialize>(
        &self,
        work: impl FnOnce(&RefCell<Option<T>>) -> Result<Exit, CommandError>,
    ) -> Result<Exit, CommandError> {
        let body = RefCell::new(None);
        let ended = work(&body);
        self.end(body.into_inner(), ended)
    }

    /// How a run ends of which each failure is told already: a document says that there are some.
    ///
    /// # Errors
    /// There are, and it is a document.
    pub(crate) fn failed(
        &self,
        is_failed: bool,
        code: &str,
        words: impl FnOnce() -> String,
    ) -> Result<Exit, CommandError> {
        match is_failed {
            true if self.is_json() => Err(CommandError::new(words()).code(code)),
            true => Ok(Exit::Error),
            false => Ok(Exit::Done),
        }
    }

    /// Ends the answer.
    ///
    /// # Errors
    /// What went wrong; or the answer cannot be written.
    pub(crate) fn end<T: Serialize>(
        &self,
        body: Option<T>,
        ended: Result<Exit, CommandError>,
    ) -> Result<Exit, CommandError> {
        let error = ended.as_ref().err();
        let written = if self.is_json() {
            self.ui.last_words().take();
            let failure = error.map(|error| failure(self.ui, error));
            let text = parts::write(self.form, failure, body).map_err(|error| {
                CommandError::internal("the answer cannot be written", error.to_string())
            });
            text.and_then(|text| self.put_of(error, &text))
        } else if self.out.is_some() {
            let mut text = self.text.take();
            match error {
                Some(error) if self.format == Format::Text => text.push_str(&told(error)),
                // There is no page of a failure.
                Some(_) if text.is_empty() => return ended,
                _ => {}
            }
            self.put_of(error, &text)
        } else {
            Ok(())
        };
        match (written, ended) {
            // What went wrong first is told; that it is nowhere else is told too.
            (Err(unwritten), Err(error)) => {
                self.ui.error(&unwritten);
                Err(error)
            }
            (Err(unwritten), Ok(_)) => Err(unwritten),
            (Ok(()), ended) => ended,
        }
    }

    /// Puts an answer where it goes, or an error in its place.
    fn put_of(&self, error: Option<&CommandError>, text: &str) -> Result<(), CommandError> {
        if let (Some(_), Some(path)) = (error, self.out) {
            note_replaced(self.ui, path);
        }
        self.put(text)
    }

    /// What has been done meanwhile is told somewhere, also where the file cannot be written any
    /// more.
    fn put(&self, text: &str) -> Result<(), CommandError> {
        let Some(path) = self.out else { return self.ui.answer(text) };
        self.ui.answer_to(path, text).or_else(|unwritten| {
            self.ui.answer(text)?;
            Err(unwritten.because("so the answer stands on standard output"))
        })
    }
}

/// Says beforehand where a file cannot be written: nothing is done of which could not be told how
/// it went.
///
/// # Errors
/// It is a folder, or no file can be made in its folder.
pub(crate) fn check_writable(path: &Path) -> Result<(), CommandError> {
    let cannot =
        |why: String| CommandError::new(format!("cannot write `{}`", path.display())).because(why);
    refuse_dash(path)?;
    if path.is_dir() {
        return Err(cannot("it is a folder".to_owned()));
    }
    would_write(path).map_err(|error| cannot(error.to_string()))
}

/// Refuses to write an answer over a file that is read for it.
///
/// # Errors
/// The two are one file.
pub(crate) fn spare(out: &Path, read: &Path) -> Result<(), CommandError> {
    // Among files that are read only what is named as a report may be written over.
    let is_read = |one: &Path, other: &Path| {
        one == other || other.is_dir() && one.starts_with(other) && !Format::is_named(one)
    };
    match (out.canonicalize(), read.canonicalize()) {
        (Ok(one), Ok(other)) if is_read(&one, &other) => Err(CommandError::new(format!(
            "`--out {}` would write over what is read",
            out.display()
        ))
        .hint("name another file")
        .usage()),
        _ => Ok(()),
    }
}

/// Says that an error is about to take the place of what an earlier run has written: the old answer
/// must not pass for a new one, and is not taken away without a word.
pub(crate) fn note_replaced(ui: &Ui, path: &Path) {
    if path.is_file() {
        ui.note(&format!(
            "`{}` says what went wrong now, and not what stood there before",
            path.display()
        ));
    }
}

/// An error as documents tell it.
pub(crate) fn failure(ui: &Ui, error: &CommandError) -> Failure {
    let mut failure = Failure::from(error);
    failure.hint = failure.hint.map(|hint| ui.vouched().in_commands(&hint).into_owned());
    failure
}
