//! stdout and stderr, colour and files of answers: the only file that prints.

use std::io::{self, Write as _};
use std::path::Path;

use owo_colors::OwoColorize as _;

use crate::report::text::clean;

use super::error::CommandError;

/// The way out to the person or program that called.
pub(super) struct Ui {
    quiet: bool,
    verbose: u8,
}

impl Ui {
    pub(super) fn new(quiet: bool, verbose: u8) -> Self {
        Self { quiet, verbose }
    }

    /// Writes the answer to stdout; colour stays only where a terminal reads it and nobody has forbidden it.
    pub(super) fn answer(&self, text: &str) -> Result<(), CommandError> {
        let mut stdout = anstream::AutoStream::auto(io::stdout().lock());
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // The reader has seen enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(CommandError::new("cannot write to standard output").because(error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    /// Writes the answer to a file, whole or not at all, and without colour.
    pub(super) fn answer_to(&self, path: &Path, text: &str) -> Result<(), CommandError> {
        write_whole(path, anstream::adapter::strip_str(text).to_string().as_bytes())
            .map_err(|error| CommandError::new(format!("cannot write `{}`", path.display())).because(error.to_string()))
    }

    /// Tells of something that does not stop the run.
    pub(super) fn warn(&self, text: &str) {
        if !self.quiet {
            stderr(&format!("{} {}\n", "warning:".yellow().bold(), clean(text)));
        }
    }

    /// Says what to do next.
    pub(super) fn hint(&self, text: &str) {
        if !self.quiet {
            stderr(&format!("{} {}\n", "hint:".cyan().bold(), clean(text)));
        }
    }

    /// Says what is being done, for `-v`.
    pub(super) fn detail(&self, text: &str) {
        if !self.quiet && self.verbose > 0 {
            stderr(&format!("{}\n", clean(text).dimmed()));
        }
    }

    /// Says what went wrong, why, and what to do; also with `--quiet`.
    pub(super) fn error(&self, error: &CommandError) {
        let mut text = match &error.rendered {
            Some(rendered) => format!("{}\n", rendered.trim_end()),
            None => format!("{} {}\n", "error:".red().bold(), clean(&error.what)),
        };
        for cause in &error.causes {
            text.push_str("  caused by: ");
            text.push_str(&clean(cause));
            text.push('\n');
        }
        for hint in &error.hints {
            text.push_str(&"hint:".cyan().bold().to_string());
            text.push(' ');
            text.push_str(&clean(hint));
            text.push('\n');
        }
        stderr(&text);
    }
}

/// Nothing can be done about a closed stderr.
fn stderr(text: &str) {
    let _ = anstream::AutoStream::auto(io::stderr().lock()).write_all(text.as_bytes());
}

/// Writes a file by way of a temporary one in the same folder, flushed to disk before it takes the name.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".sfsetup-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
