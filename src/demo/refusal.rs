//! How the demo org says no: a code and a text, which each API writes in its own way.

/// A refusal with Salesforce's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

pub(crate) fn refuse(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into() }
}

/// The refusal of an address that leads nowhere.
pub(crate) fn not_found() -> Refusal {
    refuse("NOT_FOUND", "The requested resource does not exist")
}
