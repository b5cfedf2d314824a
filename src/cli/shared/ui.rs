//! stdout and stderr, colour and files of answers: the only file that prints.

mod asking;
pub(crate) mod many;
mod progress;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use owo_colors::OwoColorize as _;

use crate::apply::interrupt::Interrupt;
use crate::report::fit::{fitted, linked, rows};
use crate::report::json::parts;
use crate::report::line::{clean, harmless};
use crate::report::{Failure, code};

use crate::metadata::archive::check_name;

use super::arguments::Exit;
use super::error::CommandError;
use super::format::Format;
use super::last_words::LastWords;
use super::vouched::Vouched;
pub(crate) use asking::{TextQuestion, cut};
pub(crate) use progress::Progress;
use progress::{draw, drawn};
use terminal::{Look, Screen};

/// The way out to the person or program that called.
pub(crate) struct Ui {
    quiet: bool,
    verbose: u8,
    look: Look,
    vouched: Vouched,
    interrupt: Interrupt,
    last_words: LastWords,
    /// Of which of many orgs it speaks.
    of: Option<String>,
}

impl Ui {
    pub(crate) fn new(quiet: bool, verbose: u8, look: Look, vouched: Vouched) -> Self {
        look.set_colour();
        let (interrupt, last_words) = (Interrupt::default(), LastWords::default());
        Self { quiet, verbose, look, vouched, interrupt, last_words, of: None }
    }

    /// The same for what is to be said of one of many orgs: warnings with its name, what is told of
    /// every org only with `--verbose`, and nobody is asked.
    pub(crate) fn of_one(&self, org: &str) -> Self {
        Self {
            quiet: self.quiet,
            verbose: self.verbose,
            look: self.look,
            vouched: self.vouched.clone(),
            interrupt: self.interrupt.of_one(),
            last_words: self.last_words.clone(),
            of: Some(org.to_owned()),
        }
    }

    /// Says whether what every run is told is told here.
    fn tells(&self) -> bool {
        !self.quiet && (self.of.is_none() || self.verbose > 0)
    }

    /// A text with the org's name before it, where it is of one of many.
    fn of_whom(&self, text: &str) -> String {
        self.of.as_ref().map_or_else(|| text.to_owned(), |org| format!("{org}: {text}"))
    }

    /// Returns what is owed where the run is ended where it stands.
    pub(crate) fn last_words(&self) -> &LastWords {
        &self.last_words
    }

    /// Returns what the person vouches for.
    pub(crate) fn vouched(&self) -> &Vouched {
        &self.vouched
    }

    /// Returns whether the run was told to stop.
    pub(crate) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Says whether details were asked for.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Writes an answer to stdout as it is, for programs and files.
    pub(crate) fn answer(&self, text: &str) -> Result<(), CommandError> {
        print(&harmless(text))
    }

    /// Writes an answer that a person reads: at a terminal as wide as that is, and with links where
    /// it has them.
    pub(crate) fn tell(&self, text: &str) -> Result<(), CommandError> {
        print(&laid_out(text, Screen::of_stdout()))
    }

    /// Writes an answer that ends a command: where it is text and longer than the terminal, in the
    /// person's pager.
    pub(crate) fn give(&self, format: Format, text: &str) -> Result<(), CommandError> {
        if !format.is_for_a_terminal() {
            return self.answer(text);
        }
        if paged(text, self.look, &self.interrupt) { Ok(()) } else { self.tell(text) }
    }

    /// Asks a person for a yes, or where `word` is given for that very word; also with `--quiet`.
    /// `None` where nobody is there to ask.
    pub(crate) fn confirm(&self, question: &str, word: Option<&str>) -> Option<bool> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        stderr(&format!("{} ", question.bold()));
        let answer = self.line()?;
        Some(match word {
            Some(word) => answer == word,
            None => matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"),
        })
    }

    /// Waits for a line from a person; `None` where they cannot be heard.
    fn line(&self) -> Option<String> {
        let mut answer = String::new();
        let read = self.interrupt.while_asking(|| io::stdin().read_line(&mut answer));
        read.ok().map(|_| answer.trim().to_owned())
    }

    /// Writes files into a folder, each whole or not at all; the folder must be new or empty.
    pub(crate) fn write_files<'f>(
        &self,
        folder: &Path,
        files: impl Iterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<(), CommandError> {
        let failed = |path: &Path, error: &io::Error| {
            CommandError::new(format!("cannot write `{}`", path.display()))
                .because(error.to_string())
        };
        refuse_dash(folder)?;
        if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(CommandError::new(format!(
                "`{}` is not empty, so nothing was written",
                folder.display()
            ))
            .hint(
                "name a new folder with `--out`; what lies in this one would end up in the package",
            ));
        }
        if folder.exists() && !folder.is_dir() {
            return Err(CommandError::new(format!(
                "`{}` is a file, so nothing was written",
                folder.display()
            ))
            .hint("name a folder that is not there yet, or a file that ends in .zip"));
        }
        // All of it is written beside and takes its name when it is whole.
        let beside = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
        let beside = beside.unwrap_or(Path::new("."));
        std::fs::create_dir_all(beside).map_err(|error| failed(beside, &error))?;
        let made = tempfile::Builder::new()
            .prefix(".sfsetup-")
            .tempdir_in(beside)
            .map_err(|error| failed(folder, &error))?;
        for (name, bytes) in files {
            // A plan's file, or a component's name, may be a stranger's.
            check_name(name).map_err(|error| {
                CommandError::new(format!("cannot write to `{}`", folder.display()))
                    .because(error.to_string())
            })?;
            let path = made.path().join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|error| failed(&path, &error))?;
            }
            write_whole(&path, bytes).map_err(|error| failed(&folder.join(name), &error))?;
        }
        if folder.exists() {
            std::fs::remove_dir(folder).map_err(|error| failed(folder, &error))?;
        }
        open_to_others(made.path()).map_err(|error| failed(folder, &error))?;
        std::fs::rename(made.path(), folder).map_err(|error| failed(folder, &error))?;
        // It has its own name now, and is not removed.
        let _ = made.keep();
        Ok(())
    }

    /// Writes one file, whole or not at all.
    pub(crate) fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
        make_folder_of(path)?;
        write_whole(path, bytes).map_err(|error| {
            CommandError::new(format!("cannot write `{}`", path.display()))
                .because(error.to_string())
        })
    }

    /// Writes a file that is not there yet, whole or not at all; one that has come to be there
    /// meanwhile is left as it is.
    pub(crate) fn write_new_file(&self, path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
        make_folder_of(path)?;
        let written = temporary(path, bytes)
            .and_then(|file| file.persist_noclobber(path).map_err(|error| error.error));
        written.map(drop).map_err(|error| {
            CommandError::new(format!("cannot write `{}`", path.display()))
                .because(error.to_string())
        })
    }

    /// Writes the answer to a file, whole or not at all, and without colour.
    pub(crate) fn answer_to(&self, path: &Path, text: &str) -> Result<(), CommandError> {
        let text = harmless(text);
        let text = fitted(&text, None);
        write_whole(path, anstream::adapter::strip_str(&text).to_string().as_bytes()).map_err(
            |error| {
                CommandError::new(format!("cannot write `{}`", path.display()))
                    .because(error.to_string())
            },
        )
    }

    /// Shows a person what they are about to be asked of, also with `--quiet`.
    pub(crate) fn show(&self, text: &str) {
        stderr(text);
    }

    /// Tells of something that does not stop the run.
    pub(crate) fn warn(&self, text: &str) {
        if !self.quiet {
            let text = clean(&self.vouched.in_commands(&self.of_whom(text)));
            stderr(&format!("{} {text}\n", "warning:".yellow().bold()));
        }
    }

    /// Tells of something that the reader should know of the answer.
    pub(crate) fn note(&self, text: &str) {
        if self.tells() {
            stderr(&format!("{} {}\n", "note:".bold(), clean(&self.of_whom(text))));
        }
    }

    /// Says what to do next.
    pub(crate) fn hint(&self, text: &str) {
        if self.tells() {
            let text = clean(&self.vouched.in_commands(&self.of_whom(text)));
            stderr(&format!("{} {text}\n", "hint:".cyan().bold()));
        }
    }

    /// Says what to do next with lines to be copied, which are broken nowhere else.
    pub(crate) fn hint_lines(&self, text: &str, lines: &[String]) {
        self.hint(text);
        if self.tells() {
            lines.iter().for_each(|line| stderr_as_it_is(&format!("  {}\n", clean(line))));
        }
    }

    /// Asks a person to open an address in a browser, also with `--quiet`: nothing goes on without
    /// it. Where a program for it is at hand it is tried, unless we are on another machine than the
    /// person (ssh).
    pub(crate) fn ask_to_open(&self, address: &str, within: Duration) {
        stderr(&format!(
            "open this address in a browser within {} minutes to sign in:\n  {address}\n",
            within.as_secs().div_ceil(60)
        ));
        if std::env::var_os("SSH_CONNECTION").is_none() {
            let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
            let quiet = std::process::Stdio::null;
            // Whether it opens or not, the address stands above.
            let _ = std::process::Command::new(program)
                .arg(address)
                .stdin(quiet())
                .stdout(quiet())
                .stderr(quiet())
                .spawn();
        }
    }

    /// Says what is being done, for `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if !self.quiet && self.verbose > 0 {
            stderr(&format!("{}\n", clean(&self.of_whom(text)).dimmed()));
        }
    }

    /// Says what ended the run: the line of work that was given up half way does not go on.
    pub(crate) fn last_error(&self, error: &CommandError) {
        if let Some(bar) = drawn() {
            bar.finish_and_clear();
        }
        self.error(error);
    }

    /// Says what went wrong, why, and what to do; also with `--quiet`.
    pub(crate) fn error(&self, error: &CommandError) {
        let text = told(error);
        let text = self.vouched.in_commands(&text);
        // One that shows a place in a file has its own lines.
        if error.is_rendered { stderr_as_it_is(&text) } else { stderr(&text) }
    }
}

/// Shows what the parser of the arguments says: help on stdout, mistakes on stderr. What stood among
/// the arguments is made harmless.
pub(crate) fn usage(error: &clap::Error, look: Look) {
    look.set_colour();
    let text = error.render().ansi().to_string();
    if error.use_stderr() {
        // It was wrapped by whoever wrote it.
        stderr_as_it_is(&text);
    } else if !paged(&text, look, &Interrupt::default()) {
        // What cannot be written is not worth another message.
        let _ = print(&harmless(&text));
    }
}

/// How wide help is, in columns.
pub(crate) fn width_of_help() -> usize {
    Screen::width_of_help()
}

/// Text as what reads stdout shows it.
fn laid_out(text: &str, screen: Option<Screen>) -> String {
    let text = harmless(text);
    let text = fitted(&text, screen.map(|screen| screen.width));
    if terminal::shows_links() { linked(&text) } else { text.into_owned() }
}

/// Shows text in a pager, where a terminal reads it for which it is too long; says whether it was
/// shown.
fn paged(text: &str, look: Look, interrupt: &Interrupt) -> bool {
    let Some(Screen { width, height: Some(height) }) = Screen::of_stdout() else { return false };
    if look.no_pager || terminal::is_dumb() {
        return false;
    }
    // Not every pager knows links.
    let text = harmless(text);
    let text = fitted(&text, Some(width));
    // The shell's prompt takes a row too.
    if rows(&text, width) < height {
        return false;
    }
    // Ctrl-C in a pager is the pager's: who ends before it leaves it without a terminal.
    let _hold = interrupt.hold();
    let _ = interrupt.listen(|| end_interrupted(false, &LastWords::default()));
    match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => {
            pager::show(&anstream::adapter::strip_str(&text).to_string())
        }
        _ => pager::show(&text),
    }
}

/// Writes to stdout; colour stays only where it is wanted.
fn print(text: &str) -> Result<(), CommandError> {
    let mut stdout = anstream::AutoStream::auto(io::stdout().lock());
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // The reader has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            Err(CommandError::new("cannot write to standard output").because(error.to_string()))
        }
        Ok(()) => Ok(()),
    }
}

/// The same for programs that have asked for a document.
pub(crate) fn usage_document(error: &clap::Error) {
    let text = error.to_string();
    let (message, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let hint = rest.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
    let message = message.trim().trim_start_matches("error: ").to_owned();
    let failure = Failure { code: code::USAGE.to_owned(), message, hint };
    if let Ok(text) = parts::write::<()>("sfsetup.error/1", Some(failure), None) {
        // A closed pipe is the reader's choice, not a failure.
        let _ = io::stdout().write_all(harmless(&text).as_bytes());
    }
}

/// What went wrong, why, and what to do, as a person reads it.
pub(crate) fn told(error: &CommandError) -> String {
    let mut text = if error.is_rendered {
        format!("{}\n", error.what.trim_end())
    } else {
        format!("{} {}\n", "error:".red().bold(), clean(&error.what))
    };
    for cause in &error.causes {
        text.push_str("  caused by: ");
        text.push_str(&clean(cause));
        text.push('\n');
    }
    for hint in &error.all_hints() {
        text.push_str(&"hint:".cyan().bold().to_string());
        text.push(' ');
        text.push_str(&clean(hint));
        text.push('\n');
    }
    text
}

/// Ends the process where it stands; for a run that was told to stop and cannot end by itself.
#[expect(clippy::exit, reason = "the run waits for a person or for another program")]
pub(crate) fn end_interrupted(waits_for_a_login: bool, last_words: &LastWords) {
    let error = CommandError::interrupted();
    let error = if waits_for_a_login {
        error
            .because(
                "the login's refresh token was on its way to the org, and what the org has put in \
                 its place was not waited for",
            )
            .hint("if the org refuses the login from now on, sign in again; nothing else was sent")
    } else {
        error.because("nothing was sent")
    };
    // A list to choose from hides the cursor.
    if io::stderr().is_terminal() {
        let _ = io::stderr().write_all(b"\x1b[?25h");
    }
    stderr(&format!("\n{}", told(&error)));
    for (out, text) in last_words.texts(&Failure::from(&error)) {
        // Nobody is left to tell that it could not be written.
        let _ = match out {
            Some(path) => write_whole(&path, harmless(&text).as_bytes()),
            None => io::stdout().write_all(harmless(&text).as_bytes()),
        };
    }
    std::process::exit(Exit::Interrupted as i32);
}

/// Writes a message, as wide as the terminal.
fn stderr(text: &str) {
    stderr_as_it_is(&fitted(text, Screen::width_of_stderr()));
}

/// Writes a message as it is: above the line that changes, while one is drawn. Nothing can be done
/// about a closed stderr.
fn stderr_as_it_is(text: &str) {
    let write = || {
        let mut stream = anstream::AutoStream::auto(io::stderr().lock());
        let _ = stream.write_all(harmless(text).as_bytes());
    };
    match drawn() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Makes the folder that a file is to lie in. A lone `-` is no file that anybody means.
fn make_folder_of(path: &Path) -> Result<(), CommandError> {
    refuse_dash(path)?;
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(parent).map_err(|error| {
        CommandError::new(format!("cannot write `{}`", path.display())).because(error.to_string())
    })
}

/// Refuses `-`, which other programs take for standard output.
///
/// # Errors
/// It is that.
pub(crate) fn refuse_dash(path: &Path) -> Result<(), CommandError> {
    if path.as_os_str() != "-" {
        return Ok(());
    }
    Err(CommandError::new("`-` names no file here")
        .hint("an answer comes on standard output where `--out` is left out; `--format` says its form")
        .hint("a file that is called so is `./-`")
        .usage())
}

/// A temporary folder is its owner's alone; what is given to the user is as any folder of theirs.
#[cfg(unix)]
fn open_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // The mask of the process cannot be asked without changing it; a folder that is made shows it.
    let probe = folder.join(".mask");
    std::fs::create_dir(&probe)?;
    let permissions = std::fs::metadata(&probe)?.permissions();
    std::fs::remove_dir(&probe)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(permissions.mode()))
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes a file by way of a temporary one in the same folder, flushed to disk before it takes the
/// name. A file that is there keeps its permissions, and a link goes on leading to it. What is no
/// file (a device, a pipe, `/dev/stdout`) is written into, and stays what it is.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_written_into(path) {
        let mut there = std::fs::OpenOptions::new().append(true).open(path)?;
        return there.write_all(bytes).and_then(|()| there.flush());
    }
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    temporary(path, bytes)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Tries whether a file can be written, and leaves it as it is.
pub(super) fn would_write(path: &Path) -> io::Result<()> {
    if is_written_into(path) { Ok(()) } else { temporary(path, b"").map(drop) }
}

/// Says whether a name stands for something that another file cannot take the place of.
fn is_written_into(path: &Path) -> bool {
    let is_other = std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir());
    // Behind the name of an open file may be a file, to which somebody else writes too.
    let is_open = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    is_other || is_open.iter().any(|name| path.starts_with(name))
}

/// Writes a file that is to take a name beside it, flushed to disk, with the permissions of the one
/// that is there. Dropped, it goes.
pub(super) fn temporary(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    // As any new file: nothing that is written so is a secret.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    if !folder.is_dir() {
        let why = format!("there is no folder `{}`", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, why));
    }
    let mut file = builder.prefix(".sfsetup-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(there) = std::fs::metadata(path) {
        file.as_file().set_permissions(there.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(all(test, unix))]
#[test]
fn what_is_no_file_is_written_into() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    write_whole(&pipe, b"answer").unwrap();
    assert_eq!(reader.join().unwrap(), b"answer");
    assert!(!std::fs::metadata(&pipe).unwrap().is_file());
}

mod pager;
pub(crate) mod terminal;

#[cfg(test)]
mod tests;
