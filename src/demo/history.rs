//! What the org remembers of sign-ins and of changes, as values; what is made of it stands in
//! `signins` and `audit`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What is remembered, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct History {
    pub(crate) logins: Vec<Login>,
    /// The sign-in that an access token comes from, by the token.
    pub(crate) sessions: BTreeMap<String, String>,
    /// What users have allowed apps, by the sign-in that its tokens come from.
    pub(crate) approvals: BTreeMap<u64, Approval>,
    /// Users who may not sign in.
    pub(crate) frozen: BTreeSet<String>,
    /// Users whose password has expired.
    pub(crate) expired: BTreeSet<String>,
    pub(crate) audit: Vec<Audited>,
    /// Counts ids.
    pub(crate) count: u64,
}

/// A try to sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) time: u64,
    pub(crate) sub_type: Option<String>,
    pub(crate) application: String,
    pub(crate) status: String,
}

/// An app that a user has let in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Approval {
    pub(crate) app: String,
    pub(crate) user: String,
    pub(crate) created: u64,
    pub(crate) used: u64,
    pub(crate) uses: u64,
}

/// A change with who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Audited {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) time: u64,
    pub(crate) change: Change,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) action: String,
    pub(crate) section: String,
    pub(crate) display: String,
}
