//! Questions to a person at a terminal, which say at once what is wrong with an answer.

use std::io::{self, IsTerminal as _};

use inquire::validator::Validation;
use inquire::{InquireError, Text};

use crate::cli::shared::error::CommandError;

use super::Ui;

impl Ui {
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
        let valid = move |text: &str| {
            Ok(match check(text.trim()) {
                Some(wrong) => Validation::Invalid(wrong.into()),
                None => Validation::Valid,
            })
        };
        let asked = Text::new(question).with_help_message(help).with_validator(valid);
        match self.interrupt.while_asking(|| asked.prompt()) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => {
                Err(CommandError::interrupted().because("nothing was written"))
            }
            Err(error) => {
                Err(CommandError::new("the answer cannot be read").because(error.to_string()))
            }
        }
    }
}
