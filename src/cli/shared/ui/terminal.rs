//! What the terminal is like that somebody reads at: its size, its colours, its links.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};

use anstream::ColorChoice;
use clap::ValueEnum;

/// How wide help and messages are at most, in columns; wider lines are hard to follow.
const READABLE: usize = 100;

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    // What is said of each here would make the program's own help three times as long.
    #[default]
    Auto,
    Always,
    Never,
}

/// How the person wants to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) colour: Colour,
    pub(crate) no_pager: bool,
}

impl Look {
    /// Reads the same options out of arguments that were not understood, or that ask for help.
    pub(crate) fn among(arguments: &[OsString]) -> Self {
        let mut look = Self::default();
        let mut words = arguments.iter().map(|word| word.to_string_lossy());
        while let Some(word) = words.next() {
            match &*word {
                "--" => break,
                "--no-pager" => look.no_pager = true,
                "--color" => look.colour = named(words.next().as_deref(), look.colour),
                word => {
                    let value = word.strip_prefix("--color=");
                    look.colour = named(value, look.colour);
                }
            }
        }
        look
    }

    /// Sets for the whole run whether there is colour: the option before `NO_COLOR`, that before
    /// `FORCE_COLOR`, and that before what `anstream` asks (`CLICOLOR_FORCE`, `CLICOLOR`, the
    /// terminal and its `TERM`).
    pub(crate) fn set_colour(self) {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (self.colour, set("NO_COLOR"), set("FORCE_COLOR").as_deref()) {
            (Colour::Never, ..) => ColorChoice::Never,
            (Colour::Always, ..) => ColorChoice::Always,
            (Colour::Auto, Some(_), _) => ColorChoice::Never,
            (Colour::Auto, None, Some("0" | "false")) => ColorChoice::Never,
            (Colour::Auto, None, Some(_)) => ColorChoice::Always,
            (Colour::Auto, None, None) => ColorChoice::Auto,
        }
        .write_global();
    }
}

fn named(value: Option<&str>, otherwise: Colour) -> Colour {
    value.and_then(|value| Colour::from_str(value, false).ok()).unwrap_or(otherwise)
}

/// A terminal, by its size in columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    pub(super) width: usize,
    /// None where nobody says it.
    pub(super) height: Option<usize>,
}

impl Screen {
    /// What reads stdout, where that is a terminal whose width is known.
    pub(super) fn of_stdout() -> Option<Self> {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return None;
        }
        let size = terminal_size::terminal_size_of(&stdout);
        let (width, height) = size.map(|(width, height)| (width.0, height.0)).unzip();
        let width = columns().or(width.map(usize::from))?;
        Some(Self { width, height: height.map(usize::from) })
    }

    /// How wide a message on stderr may be; none where no terminal reads it.
    pub(super) fn width_of_stderr() -> Option<usize> {
        let stderr = io::stderr();
        if !stderr.is_terminal() {
            return None;
        }
        let width = terminal_size::terminal_size_of(&stderr).map(|(width, _)| width.0.into());
        columns().or(width).map(|width: usize| width.min(READABLE))
    }

    /// How wide help is.
    pub(super) fn width_of_help() -> usize {
        Self::of_stdout().map_or(READABLE, |screen| screen.width.min(READABLE))
    }
}

/// What `COLUMNS` says, for whoever wants another width than the terminal has.
fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.trim().parse().ok().filter(|columns| *columns > 0)
}

/// Says whether the terminal can do nothing but show text line by line.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Says whether what reads stdout shows links; nothing but a terminal does, whatever is forced.
pub(super) fn shows_links() -> bool {
    io::stdout().is_terminal()
        && !is_dumb()
        && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_read_out_of_what_is_not_understood() {
        let among = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            Look::among(&words)
        };
        let look = |colour, no_pager| Look { colour, no_pager };
        assert_eq!(among("sfsetup dif --color never"), look(Colour::Never, false));
        assert_eq!(among("sfsetup --color=always --no-pager -h"), look(Colour::Always, true));
        assert_eq!(among("sfsetup --color=sometimes -- --no-pager"), look(Colour::Auto, false));
        assert_eq!(among("sfsetup --color"), look(Colour::Auto, false));
    }
}
