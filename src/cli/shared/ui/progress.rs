//! What an org is doing, as it does it, and the line that says it.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle, WeakProgressBar};
use owo_colors::OwoColorize as _;

use crate::org::Event;
use crate::report::line::clean;

use super::{Ui, stderr, terminal};

/// What an org is doing, as it does it: one line that changes on a terminal, a line a piece of work
/// elsewhere, nothing with `--quiet`.
pub(crate) struct Progress {
    quiet: bool,
    verbose: bool,
    bar: Option<ProgressBar>,
    /// The pieces of work that are under way, innermost last.
    under_way: Mutex<Vec<String>>,
    /// What was said last, so that it is said once.
    said: Mutex<String>,
}

impl Progress {
    pub(crate) fn new(ui: &Ui) -> Self {
        let is_seen =
            ui.tells() && ui.verbose == 0 && io::stderr().is_terminal() && !terminal::is_dumb();
        let bar = is_seen.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            quiet: !ui.tells(),
            verbose: ui.verbose > 0,
            bar,
            under_way: Mutex::default(),
            said: Mutex::default(),
        }
    }

    /// Writes a line, unless the line before was the same.
    fn say_once(&self, text: &str, shown: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if *said != *text {
            stderr(&format!("{shown}\n"));
            text.clone_into(&mut said);
        }
    }

    /// Shows an event.
    pub(crate) fn show(&self, event: &Event) {
        if self.quiet {
            return;
        }
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { what } => {
                under_way.push(what.clone());
                match &self.bar {
                    Some(bar) => {
                        // A bar that was finished is not drawn any more.
                        if bar.is_finished() {
                            bar.reset();
                        }
                        bar.set_message(clean(what));
                        bar.enable_steady_tick(Duration::from_millis(120));
                        draw(bar);
                    }
                    None => self.say_once(what, &clean(what).dimmed().to_string()),
                }
            }
            Event::Progress { done, total, what } => {
                if let Some(bar) = &self.bar {
                    let of = total.map_or_else(String::new, |total| format!(", {done} of {total}"));
                    bar.set_message(format!("{}{of}", clean(what)));
                }
            }
            Event::Request { method, url_path, status, millis } => {
                if self.verbose {
                    stderr(&format!(
                        "{}\n",
                        format!("{method} {} -> {status}, {millis} ms", clean(url_path)).dimmed()
                    ));
                }
            }
            Event::SignIn { url_path, outcome, millis } => {
                if self.verbose {
                    let text = format!("POST {url_path} -> {}, {millis} ms", clean(outcome));
                    stderr(&format!("{}\n", text.dimmed()));
                }
            }
            Event::Retrying { what, why } => {
                let text = format!("{}: {}; trying again", clean(what), clean(why));
                match &self.bar {
                    Some(_) => stderr(&format!("{text}\n")),
                    None => self.say_once(&text, &text),
                }
            }
            Event::Slow { what, seconds } => {
                let text = format!("still no whole answer to {} after {seconds} s", clean(what));
                match &self.bar {
                    Some(bar) => bar.set_message(text),
                    None => self.say_once(&text, &text.dimmed().to_string()),
                }
            }
            Event::Noted { what } => {
                stderr(&format!("{} {}\n", "note:".bold(), clean(what)));
            }
            Event::Finished => {
                under_way.pop();
                if let Some(bar) = &self.bar {
                    match under_way.last() {
                        Some(what) => bar.set_message(clean(what)),
                        None => bar.finish_and_clear(),
                    }
                }
            }
        }
    }
}

/// The line that changes now, if one does.
pub(super) fn drawn() -> Option<ProgressBar> {
    let drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    drawn.upgrade().filter(|bar| !bar.is_finished())
}

/// The line that changes and was drawn last: there is one terminal, whoever writes to it.
static DRAWN: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Says which line changes now.
pub(super) fn draw(bar: &ProgressBar) {
    DRAWN.lock().unwrap_or_else(PoisonError::into_inner).replace(bar.downgrade());
}
