//! What the person vouches for by naming it on the command line: what is merely found (in a
//! stranger's checkout, in a fork's pull request) counts for less.

use std::path::PathBuf;

/// What was named on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vouched {
    /// The configuration, in place of one that is found.
    pub(crate) config: Option<PathBuf>,
    /// Hosts that are not Salesforce's and may get a token all the same.
    pub(crate) hosts: Vec<String>,
}
