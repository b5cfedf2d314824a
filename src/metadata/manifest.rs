//! package.xml: which components, at which API version.

use std::collections::{BTreeMap, BTreeSet};

use super::registry::ApiVersion;

/// What was, or is to be, asked of an org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Members by type, decoded; `*` stands for every component that a wildcard matches.
    pub types: BTreeMap<String, BTreeSet<String>>,
    /// The API version.
    pub version: Option<ApiVersion>,
}
