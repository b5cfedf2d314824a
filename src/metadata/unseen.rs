//! Why something could not be seen: what sort of reason, and the words for a person.
//!
//! Whoever must tell one reason from another does it by the kind; the words are only shown.

use std::fmt;

/// What is said of a component that an org lists and does not send.
pub const UNSENT: &str = "the org lists it and did not send it";

/// Why something could not be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What sort of reason it is.
    pub kind: UnseenKind,
    /// The reason, for a person.
    pub words: String,
}

/// What sort of reason it is that something could not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnseenKind {
    /// The files have no record of what was asked for.
    NoRecord,
    /// The record of what was asked for does not name it.
    NotRequested,
    /// It was asked for, and the org did not give it.
    NotReadable,
    /// A file of it is there and cannot be read, or is no metadata.
    Damaged,
    /// Whoever asks lacks the right to see it.
    NoRight,
    /// Nobody was asked.
    NotAsked,
    /// Only an org can answer, and files were read.
    Offline,
    /// Something in the files gives it, and only an org can tell whether the user has that.
    Elsewhere,
    /// It came with a newer API version than the one by which it was read.
    Version,
    /// It stands more than once and says different things.
    Doubled,
    /// What is wanted is empty.
    NothingWanted,
    /// The user or app that it speaks of is not named.
    NobodyNamed,
    /// The user that it speaks of is not there, or not shown.
    NobodyThere,
    /// The user that it speaks of is not there: whoever asks is shown all of them.
    NoSuchUser,
    /// This program does not know the metadata type, or no file for what is of it.
    UnknownType,
    /// Whether it matters at all depends on something that could not be seen.
    Condition,
}

impl Unseen {
    /// Makes a reason of a sort out of its words.
    pub fn new(kind: UnseenKind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into() }
    }

    /// Makes a reason out of the words of an org that did not give something.
    pub fn not_readable(words: impl Into<String>) -> Self {
        Self::new(UnseenKind::NotReadable, words)
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
