//! Where answers go: to stdout, or to files, each in the form that its suffix says.

use std::path::{Path, PathBuf};

use crate::report::fleet::{self, Kept, part};
use crate::report::json::parts;

use super::answer::{check_writable, failure, note_replaced, spare};
use super::arguments::Exit;
use super::clock;
use super::error::CommandError;
use super::format::Format;
use super::ui::{Ui, refuse_dash};

/// The forms of a report.
pub(crate) const FORMATS: &[Format] = &[
    Format::Text,
    Format::Json,
    Format::Jsonl,
    Format::Sarif,
    Format::Junit,
    Format::Csv,
    Format::Markdown,
    Format::Html,
];

/// Where an answer goes.
pub(crate) struct Outlet<'a> {
    /// A file; none for stdout.
    pub(crate) file: Option<&'a Path>,
    pub(crate) format: Format,
}

impl<'a> Outlet<'a> {
    /// Returns where the answer of a command goes that `has` these forms: to each file, else to
    /// stdout.
    ///
    /// # Errors
    /// A file is named twice, or its name says a form that the command does not have.
    pub(crate) fn of(
        given: Option<Format>,
        out: &'a [PathBuf],
        usual: Format,
        has: &[Format],
    ) -> Result<Vec<Self>, CommandError> {
        if given.is_some() && out.len() > 1 {
            return Err(CommandError::new(
                "`--format` says the form of one answer, and several files are named",
            )
            .hint("leave it out: the suffix of each file says its form")
            .usage());
        }
        let files = out.iter().map(|file| Some(file.as_path()));
        let stdout = out.is_empty().then_some(None);
        let mut outlets: Vec<Self> = Vec::new();
        for file in files.chain(stdout) {
            let is_named = |file| outlets.iter().any(|outlet| outlet.file == Some(file));
            if let Some(twice) = file.filter(|file| is_named(file)) {
                return Err(CommandError::new("two answers would go to one file")
                    .because(format!("`--out {}` is given twice", twice.display()))
                    .usage());
            }
            file.map_or(Ok(()), refuse_dash)?;
            outlets.push(Self { file, format: Format::choose(given, file, usual, has)? });
        }
        Ok(outlets)
    }

    /// Refuses outlets that cannot be written, or that would write over a file that is read.
    ///
    /// # Errors
    /// There is one.
    pub(crate) fn check(outlets: &[Self], read: &[PathBuf]) -> Result<(), CommandError> {
        outlets.iter().filter_map(|outlet| outlet.file).try_for_each(|out| {
            read.iter().try_for_each(|file| spare(out, file))?;
            check_writable(out)
        })
    }

    fn put(&self, ui: &Ui, text: &str) -> Result<(), CommandError> {
        match self.file {
            Some(path) => ui.answer_to(path, text),
            None => ui.give(self.format, text),
        }
    }
}

/// Notes that a document of this form is to say why a run fails, wherever one goes.
pub(crate) fn owe(ui: &Ui, outlets: &[Outlet<'_>], form: &'static str) {
    let documents = outlets.iter().filter(|outlet| outlet.format == Format::Json);
    let files: Vec<Option<PathBuf>> =
        documents.map(|outlet| outlet.file.map(Path::to_path_buf)).collect();
    ui.last_words().set(move |failure| {
        let text = parts::write::<()>(form, Some(failure.clone()), None);
        let text = text.unwrap_or_default();
        files.iter().map(|file| (file.clone(), text.clone())).collect()
    });
}

/// Ends a run: where it has failed, what is owed says so.
pub(crate) fn ended(ui: &Ui, ended: Result<Exit, CommandError>) -> Result<Exit, CommandError> {
    if let Err(error) = &ended {
        for (file, text) in ui.last_words().texts(&failure(ui, error)) {
            // What went wrong is told on stderr too, and may be that this cannot be written.
            let _ = match &file {
                Some(path) => {
                    note_replaced(ui, path);
                    ui.answer_to(path, &text)
                }
                None => ui.answer(&text),
            };
        }
    }
    ended
}

/// Gives all answers, where nothing else is owed any more. One that cannot be written takes no other
/// along.
///
/// # Errors
/// The first that cannot be written; any other is told.
pub(crate) fn give(ui: &Ui, texts: &[(&Outlet<'_>, String)]) -> Result<(), CommandError> {
    ui.last_words().take();
    let mut unwritten = Ok(());
    for (outlet, text) in texts {
        match (&unwritten, outlet.put(ui, text)) {
            (Ok(()), written) => unwritten = written,
            (Err(_), Err(error)) => ui.error(&error),
            (Err(_), Ok(())) => {}
        }
    }
    unwritten
}

/// Gives the answer to each outlet in its form.
///
/// # Errors
/// It cannot be made, or not be written.
pub(crate) fn give_each<'o>(
    ui: &Ui,
    outlets: impl Iterator<Item = &'o Outlet<'o>>,
    make: impl Fn(Format) -> Result<String, CommandError>,
) -> Result<(), CommandError> {
    let texts = outlets.map(|outlet| Ok((outlet, make(outlet.format)?)));
    give(ui, &texts.collect::<Result<Vec<_>, CommandError>>()?)
}

/// How the answers of many orgs are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Whether text lists everything.
    pub(crate) full: bool,
    /// Whether CSV has a row an org.
    pub(crate) matrix: bool,
}

impl Manner {
    /// Refuses a manner of CSV where none is asked for.
    ///
    /// # Errors
    /// There is no such outlet.
    pub(crate) fn check(self, outlets: &[Outlet<'_>]) -> Result<(), CommandError> {
        if self.matrix && outlets.iter().all(|outlet| outlet.format != Format::Csv) {
            return Err(CommandError::new("`--matrix` is of CSV alone")
                .hint("take `--format csv`, or `--out FILE.csv`")
                .usage());
        }
        Ok(())
    }
}

/// The answers of many orgs in a form.
///
/// # Errors
/// What writers of these forms say; none is known to be possible.
pub(crate) fn of_many(
    format: Format,
    part: &part::Part,
    orgs: &[Kept],
    manner: Manner,
) -> Result<String, CommandError> {
    let text = match format {
        Format::Text => Ok(fleet::text(part, orgs, &clock::today(), manner.full)),
        Format::Json => fleet::json(part, orgs).map_err(|error| error.to_string()),
        Format::Jsonl => part::write(part, orgs).map_err(|error| error.to_string()),
        Format::Sarif => fleet::sarif(orgs).map_err(|error| error.to_string()),
        Format::Junit => fleet::junit(orgs).map_err(|error| error.to_string()),
        Format::Csv if manner.matrix => fleet::table(orgs).map_err(|error| error.to_string()),
        Format::Csv => fleet::csv(orgs).map_err(|error| error.to_string()),
        Format::Markdown => Ok(fleet::markdown(part, orgs, &clock::today())),
        Format::Html => Ok(fleet::html(part, orgs, &clock::today())),
    };
    text.map_err(|error| CommandError::internal("the report cannot be written", error))
}
