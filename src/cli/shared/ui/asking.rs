//! Questions to a person at a terminal, which say at once what is wrong with an answer.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use anstream::ColorChoice;
use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{Confirm, CustomUserError, InquireError, Select, Text};

use crate::cli::shared::error::CommandError;
use crate::report::line::clean;

use super::terminal::{Screen, is_dumb};
use super::{Ui, end_interrupted, stderr};

/// A question that a text answers.
pub(crate) struct TextQuestion<'q> {
    pub(crate) question: &'q str,
    pub(crate) help: &'q str,
    /// What an empty answer stands for.
    pub(crate) usual: Option<&'q str>,
    /// What is offered. Behind two blanks and a bracket stands what is no part of the answer.
    pub(crate) offered: &'q [String],
    /// Several texts with commas between them are the answer.
    pub(crate) is_list: bool,
}

impl Ui {
    /// Says whether somebody is there to be asked for what a command lacks: a terminal that can
    /// show a list, and no pipeline that has one all the same (`CI`).
    pub(crate) fn can_ask(&self) -> bool {
        self.of.is_none()
            && io::stdin().is_terminal()
            && io::stderr().is_terminal()
            && !is_dumb()
            && !is_pipeline()
    }

    /// Says whether somebody may be there to sign in with a browser. One needs no terminal; a
    /// pipeline has nobody.
    pub(crate) fn can_open_browser(&self) -> bool {
        self.of.is_none() && !is_pipeline()
    }

    /// Asks for a text until `check` has nothing against it, also with `--quiet`. `None` where
    /// nobody is there to ask.
    ///
    /// # Errors
    /// The person has left the question, or cannot be heard.
    pub(crate) fn ask_for(
        &self,
        question: &str,
        help: &str,
        check: fn(&str) -> Option<String>,
    ) -> Result<Option<String>, CommandError> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(None);
        }
        let question = TextQuestion { question, help, usual: None, offered: &[], is_list: false };
        self.ask_text(&question, check).map(Some)
    }

    /// Asks for a text, some of which are offered, until `check` has nothing against it.
    ///
    /// # Errors
    /// The person has left the question, or cannot be heard.
    pub(crate) fn ask_text(
        &self,
        asked: &TextQuestion<'_>,
        check: impl Fn(&str) -> Option<String> + Clone + 'static,
    ) -> Result<String, CommandError> {
        let valid = move |text: &str| {
            Ok(match check(bare(text)) {
                Some(wrong) => Validation::Invalid(wrong.into()),
                None => Validation::Valid,
            })
        };
        let (width, is_list) = (width(), asked.is_list);
        let fits = |row: &String| fitting(row, width);
        let offered: Arc<Vec<String>> = Arc::new(asked.offered.iter().map(fits).collect());
        let suggest = move |text: &str| -> Result<Vec<String>, CustomUserError> {
            Ok(suggested(text, &offered, is_list))
        };
        let formatter = |text: &str| bare(text).to_owned();
        let question = clean(asked.question);
        let mut text = Text::new(&question)
            .with_validator(valid)
            .with_autocomplete(suggest)
            .with_formatter(&formatter)
            .with_render_config(colours());
        text.help_message = Some(asked.help).filter(|help| !help.is_empty());
        text.default = asked.usual;
        self.answered(|| text.prompt()).map(|text| bare(&text).to_owned())
    }

    /// Lets a person choose one of several rows, each with the words by which it is found beside
    /// what it shows; gives its place.
    ///
    /// # Errors
    /// The person has left the question, or cannot be heard.
    pub(crate) fn choose(
        &self,
        question: &str,
        help: &str,
        rows: &[(String, String)],
        start: usize,
    ) -> Result<usize, CommandError> {
        let width = width();
        let shown = rows.iter().map(|(row, _)| cut(&clean(row), width)).collect();
        let question = clean(question);
        let scorer = |typed: &str, _: &String, _: &str, at: usize| {
            let (row, words) = &rows[at];
            let text = format!("{row} {words}").to_lowercase();
            typed.to_lowercase().split_whitespace().all(|word| text.contains(word)).then_some(0)
        };
        let select = Select::new(&question, shown)
            .with_help_message(help)
            .with_scorer(&scorer)
            .with_starting_cursor(start)
            .with_page_size(10)
            .with_formatter(&|chosen| first_column(chosen.value).to_owned())
            .with_render_config(colours());
        self.answered(|| select.raw_prompt()).map(|chosen| chosen.index)
    }

    /// Asks for yes or no.
    ///
    /// # Errors
    /// The person has left the question, or cannot be heard.
    pub(crate) fn ask_whether(
        &self,
        question: &str,
        usual: Option<bool>,
    ) -> Result<bool, CommandError> {
        let question = clean(question);
        let mut confirm = Confirm::new(&question)
            .with_error_message("answer y or n")
            .with_render_config(colours());
        confirm.default = usual;
        self.answered(|| confirm.prompt())
    }

    fn answered<T>(
        &self,
        prompt: impl FnOnce() -> Result<T, InquireError>,
    ) -> Result<T, CommandError> {
        // Ctrl-C comes as the signal that it is elsewhere. The question itself ends with it, and
        // tidies up; the run is ended for it where it does not.
        let last_words = self.last_words.clone();
        let _ = self.interrupt.listen(move || end_interrupted(false, &last_words));
        let left = || {
            // On the last row of a terminal the question leaves its own row under the cursor.
            stderr("\n");
            Err(CommandError::interrupted().because("nothing was written"))
        };
        match prompt() {
            Ok(answer) => Ok(answer),
            Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => left(),
            // A signal that ends the run has come.
            Err(InquireError::IO(error)) if error.kind() == io::ErrorKind::Interrupted => left(),
            Err(error) => {
                Err(CommandError::new("the answer cannot be read").because(error.to_string()))
            }
        }
    }
}

fn colours() -> RenderConfig<'static> {
    match ColorChoice::global() {
        ColorChoice::Never => RenderConfig::empty(),
        _ => RenderConfig::default(),
    }
}

/// How wide a row may be: one that breaks is drawn over others.
fn width() -> usize {
    Screen::width_of_stderr().unwrap_or(80).saturating_sub(4).max(20)
}

fn first_column(row: &str) -> &str {
    row.split("  ").next().unwrap_or_default()
}

/// An answer without what is only shown of it.
fn bare(text: &str) -> &str {
    text.split("  (").next().unwrap_or_default().trim()
}

/// A row to choose in so many characters: only what is no part of the name is cut.
fn fitting(row: &str, width: usize) -> String {
    let name = bare(row);
    if name.chars().count() + "  (..".len() > width { name.to_owned() } else { cut(row, width) }
}

/// A row in so many characters.
pub(crate) fn cut(row: &str, width: usize) -> String {
    if row.chars().count() <= width {
        return row.to_owned();
    }
    row.chars().take(width - 2).chain("..".chars()).collect()
}

/// What is offered for what is typed so far: of a list for its last element, with those before it.
fn suggested(text: &str, offered: &[String], is_list: bool) -> Vec<String> {
    let (before, typed) = match text.rsplit_once(',').filter(|_| is_list) {
        Some((before, typed)) => (format!("{}, ", before.trim()), typed),
        None => (String::new(), text),
    };
    let typed = typed.trim().to_lowercase();
    let named: Vec<&str> = before.split(',').map(str::trim).collect();
    let is_meant = |row: &&String| {
        let lower = row.to_lowercase();
        typed.split_whitespace().all(|word| lower.contains(word)) && !named.contains(&bare(row))
    };
    offered.iter().filter(is_meant).map(|row| format!("{before}{row}")).collect()
}

fn is_pipeline() -> bool {
    std::env::var("CI").is_ok_and(|ci| !matches!(&*ci, "" | "0" | "false" | "FALSE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_cut() {
        for length in 1..90 {
            let name = "n".repeat(length);
            let row = format!("{name}  (Sam Pereira, System Administrator)");
            assert_eq!(bare(&fitting(&row, 51)), name, "{length}");
        }
    }

    #[test]
    fn of_a_list_the_last_element_is_offered() {
        let offered = ["Account".to_owned(), "Contact".to_owned(), "Case".to_owned()];
        assert_eq!(suggested("con", &offered, false), ["Contact"]);
        assert_eq!(suggested("Account, c", &offered, true), ["Account, Contact", "Account, Case"]);
        assert!(suggested("Account, c", &offered, false).is_empty());
        assert_eq!(bare("ana@acme.example  (Ana, Standard User)"), "ana@acme.example");
    }
}
