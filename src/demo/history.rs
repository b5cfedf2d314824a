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
    /// The same of external client apps, which are told of elsewhere.
    pub(crate) external: BTreeMap<u64, Approval>,
    /// Users who may not sign in.
    pub(crate) frozen: BTreeSet<String>,
    /// Users whose password has expired.
    pub(crate) expired: BTreeSet<String>,
    pub(crate) audit: Vec<Audited>,
    /// Calls of the API, for the event log.
    pub(crate) calls: Vec<Calls>,
    /// Whether the day's requests are used up.
    pub(crate) is_used_up: bool,
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
    /// Where it came from; none where that is this machine.
    #[serde(default)]
    pub(crate) source: Option<String>,
}

/// Calls that an app makes one after another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Calls {
    pub(crate) user: String,
    pub(crate) app: String,
    pub(crate) ip: String,
    /// When the first was made, and how many milliseconds lie between two.
    pub(crate) start: u64,
    pub(crate) every: u64,
    pub(crate) times: u64,
    /// What was asked for, and the HTTP status of the answer.
    pub(crate) entity: String,
    pub(crate) status: u16,
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
