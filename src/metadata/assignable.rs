//! What a user is given beside metadata, as a row of an object of its own: a permission set
//! licence, or a permission set (S 4.4).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
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

    /// Says whether it is the permission set of this name; an org has one of those that differ in
    /// capitals alone.
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self, Self::PermissionSet(one) if one.eq_ignore_ascii_case(name))
    }

    /// Says whether it is the same by this name.
    pub fn is_same(&self, other: &Self) -> bool {
        self.object() == other.object() && self.name().eq_ignore_ascii_case(other.name())
    }
}

/// Shown as ``permission set `Acme` ``.
impl fmt::Display for Assignable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.sort(), self.name())
    }
}

/// As whom a row was asked for, and when: one that is found later is ours only where both fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedFor {
    /// The id of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The time, by the org's clock; none in older journals.
    #[serde(default, rename = "asked_at", skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A licence of an org's: a user licence, or a permission set licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Its id.
    pub id: String,
    /// The names by which people call it, the label first.
    pub names: Vec<String>,
    /// Whether a user has it by their profile, and not as one of several.
    pub is_of_profile: bool,
    /// Its seats.
    pub seats: Seats,
}

/// The seats of a licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seats {
    /// So many are free.
    Free(u64),
    /// None is to be had, and why.
    Barred(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Licence {
    /// Returns its label.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Returns what it is, for a person.
    pub fn sort(&self) -> &'static str {
        if self.is_of_profile { "user licence" } else { "permission set licence" }
    }
}

/// Shown as ``permission set licence `Acme` ``.
impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.sort(), self.name())
    }
}

/// The id of the licence that a permission set stands on, none where it stands on none; or why that
/// is not known.
pub type StandsOn = Result<Option<String>, String>;

/// What an org was found not to take, before anything is sent to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgLimits {
    /// Objects of which this login can make no row, each with the reason; one that is not here can
    /// be made, or was not asked about.
    pub rows: BTreeMap<&'static str, String>,
    /// The licences that the org shows.
    pub licences: Vec<Licence>,
    /// Why it does not show all of them.
    pub hidden: Option<String>,
    /// What permission sets stand on, by their names in small letters; one that is not here was not
    /// asked about.
    pub sets: BTreeMap<String, StandsOn>,
    /// The ids of the licences that users have, by their names in small letters.
    pub held: BTreeMap<String, BTreeSet<String>>,
    /// Why a user may have more permission set licences than are shown.
    pub unseen: Option<String>,
    /// System permissions that the org does not have, of those that come along with others.
    pub lacking: BTreeSet<String>,
    /// The namespace of the org itself, where it has one and shows it; none where it was not asked.
    pub namespace: Option<String>,
}

/// Those of an org that was not asked.
pub static UNASKED: OrgLimits = OrgLimits {
    rows: BTreeMap::new(),
    licences: Vec::new(),
    hidden: None,
    sets: BTreeMap::new(),
    held: BTreeMap::new(),
    unseen: None,
    lacking: BTreeSet::new(),
    namespace: None,
};

impl OrgLimits {
    /// Finds the one licence, of those that `is_it` accepts.
    ///
    /// # Errors
    /// There is none, or several are there, or it is not known; in words.
    pub fn licence(&self, is_it: &dyn Fn(&Licence) -> bool) -> Result<&Licence, String> {
        let mut found = self.licences.iter().filter(|one| is_it(one));
        match (found.next(), found.count(), &self.hidden) {
            (Some(one), 0, _) => Ok(one),
            (Some(_), more, _) => Err(format!("{} licences of this org go by that name", more + 1)),
            (None, _, Some(why)) => Err(why.clone()),
            (None, _, None) if self.licences.is_empty() => {
                Err("which licences the org has was not asked".to_owned())
            }
            (None, _, None) => Err("the org shows no such licence".to_owned()),
        }
    }
}

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
