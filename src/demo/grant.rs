//! What the tokens and codes of a sign-in stand for (S 6.9).

use serde::{Deserialize, Serialize};

/// What a refresh token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) user: String,
    pub(crate) client: String,
    /// Replaced by another; used again it ends all (S 6.9).
    pub(crate) spent: bool,
    /// The sign-in that it comes from: what came of one sign-in ends together.
    #[serde(default)]
    pub(crate) family: u64,
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client: String,
    /// Who let the app in.
    pub(crate) user: String,
    pub(crate) redirect: String,
    pub(crate) challenge: Option<String>,
    /// What was asked for and may be had.
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: u64,
}
