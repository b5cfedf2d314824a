//! How a run over many orgs goes: so many of how many, and each that failed at once.

use std::cell::Cell;
use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressStyle};
use owo_colors::OwoColorize as _;

use crate::cli::shared::error::CommandError;
use crate::report::line::clean;

use super::{Ui, draw, stderr, terminal};

/// Where no line can change, it is told how far a run is so many times.
const TOLD: usize = 10;

/// Orgs that have ended.
pub(crate) struct Tally {
    quiet: bool,
    all: usize,
    done: Cell<usize>,
    failed: Cell<usize>,
    bar: Option<ProgressBar>,
}

impl Tally {
    /// Begins to count.
    pub(crate) fn new(ui: &Ui, all: usize) -> Self {
        let is_seen = !ui.quiet && io::stderr().is_terminal() && !terminal::is_dumb();
        let bar = is_seen.then(|| {
            let bar = ProgressBar::new(all as u64);
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {pos} of {len} orgs{msg} ({elapsed})")
            {
                bar.set_style(style);
            }
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            draw(&bar);
            bar
        });
        Self { quiet: ui.quiet, all, done: Cell::new(0), failed: Cell::new(0), bar }
    }

    /// Counts one that has ended; what failed is told at once, also with `--quiet`.
    pub(crate) fn ended(&self, name: &str, error: Option<&CommandError>) {
        self.done.set(self.done.get() + 1);
        if let Some(error) = error {
            self.failed.set(self.failed.get() + 1);
            let why = error.causes.first().map(|why| format!(": {why}")).unwrap_or_default();
            let what = error.what.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let head = format!("{} {}:", "error:".red().bold(), clean(name));
            stderr(&format!("{head} {}\n", clean(&format!("{}{why}", what.trim()))));
        }
        let failed = match self.failed.get() {
            0 => String::new(),
            count => format!(", {count} failed"),
        };
        match &self.bar {
            Some(bar) => {
                bar.set_position(self.done.get() as u64);
                bar.set_message(failed);
            }
            None if self.is_told() => {
                let text = format!("{} of {} orgs{failed}", self.done.get(), self.all);
                stderr(&format!("{}\n", text.dimmed()));
            }
            None => {}
        }
    }

    /// Says whether another tenth is done.
    fn is_told(&self) -> bool {
        let tenths = |done: usize| done * TOLD / self.all.max(1);
        let done = self.done.get();
        !self.quiet && tenths(done) > tenths(done.saturating_sub(1))
    }

    /// Ends the line that changes.
    pub(crate) fn over(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
