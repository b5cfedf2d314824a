//! What a document says of a run that cannot come to its end.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::CommandError;
use crate::report::Failure;
use crate::report::json::{self, parts};

/// The form of the document that is owed, and the file that it goes to.
type Owed = (&'static str, Option<PathBuf>);

/// A document that is owed: whoever ends the run where it stands gives it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastWords(Arc<Mutex<Option<Owed>>>);

impl LastWords {
    /// Notes that a document of this form is owed.
    pub(crate) fn set(&self, form: &'static str, out: Option<&Path>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((form, out.map(Path::to_path_buf)));
    }

    /// Takes what is owed: it is given now.
    pub(crate) fn take(&self) -> Option<Owed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The document that is owed, with what ends the run, and the file that it goes to.
    pub(crate) fn document(&self, error: &CommandError) -> Option<(String, Option<PathBuf>)> {
        let (form, out) = self.take()?;
        let failure = Failure::from(error);
        let text = match form {
            json::FORMAT => json::failed(failure),
            _ => parts::write::<()>(form, Some(failure), None),
        };
        Some((text.ok()?, out))
    }
}
