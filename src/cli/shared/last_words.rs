//! What the files and documents that were asked for say of a run that cannot come to its end.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::report::Failure;

/// What is written of a failure: each text, and the file that it goes to, or none for stdout.
pub(crate) type Texts = Vec<(Option<PathBuf>, String)>;

/// Writes an answer that is owed, of what has gone wrong.
type Owed = Box<dyn Fn(&Failure) -> Texts + Send>;

/// An answer that is owed: whoever ends the run where it stands gives it.
#[derive(Clone, Default)]
pub(crate) struct LastWords(Arc<Mutex<Option<Owed>>>);

impl LastWords {
    /// Notes that an answer is owed.
    pub(crate) fn set(&self, owed: impl Fn(&Failure) -> Texts + Send + 'static) {
        *self.lock() = Some(Box::new(owed));
    }

    /// Forgets what is owed: it is given now. Says whether there was anything.
    pub(crate) fn take(&self) -> bool {
        self.lock().take().is_some()
    }

    /// What is owed, of what ends the run.
    pub(crate) fn texts(&self, failure: &Failure) -> Texts {
        self.lock().take().map_or_else(Vec::new, |owed| owed(failure))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Owed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
