//! What a user is given beside metadata, as a row of an object of its own: a permission set
//! licence, or a permission set (S 4.4).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that is assigned to a user. Licences stand first: a set that stands on one is given
/// after it (S 4.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignable {
    /// A permission set licence, by its developer name, label or key.
    PermissionSetLicense(String),
    /// A permission set, by its name in metadata: that of a package has its namespace in front.
    PermissionSet(String),
}

impl Assignable {
    /// Returns its name.
    pub fn name(&self) -> &str {
        match self {
            Self::PermissionSetLicense(name) | Self::PermissionSet(name) => name,
        }
    }

    /// Returns what it is, for a person.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::PermissionSetLicense(_) => "permission set licence",
            Self::PermissionSet(_) => "permission set",
        }
    }

    /// Returns the object of which a row gives it to a user.
    pub fn object(&self) -> &'static str {
        match self {
            Self::PermissionSetLicense(_) => "PermissionSetLicenseAssign",
            Self::PermissionSet(_) => "PermissionSetAssignment",
        }
    }

    /// Says whether it is the permission set of this name.
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self, Self::PermissionSet(one) if one == name)
    }
}

/// Shown as ``permission set `Acme` ``.
impl fmt::Display for Assignable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.sort(), self.name())
    }
}

/// What an org was found not to take, before anything is sent to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgLimits {
    /// Objects of which this login can make no row, each with the reason; one that is not here can
    /// be made, or was not asked about.
    pub rows: BTreeMap<&'static str, String>,
    /// The free seats of permission set licences by the names asked for, or why they are not known
    /// or not to be had; one that is not here was not asked about.
    pub seats: BTreeMap<String, Result<u64, String>>,
    /// System permissions that the org does not have, of those that come along with others.
    pub lacking: BTreeSet<String>,
}

/// Those of an org that was not asked.
pub static UNASKED: OrgLimits =
    OrgLimits { rows: BTreeMap::new(), seats: BTreeMap::new(), lacking: BTreeSet::new() };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_given_before_a_set() {
        let licence = Assignable::PermissionSetLicense("Z".to_owned());
        assert!(licence < Assignable::PermissionSet("A".to_owned()));
        let json = serde_json::to_value(&licence).unwrap();
        assert_eq!(json, serde_json::json!({ "permission_set_license": "Z" }));
    }
}
