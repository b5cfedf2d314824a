//! Names with a star: what stands for several names of an org, and for which.
//!
//! Only an org tells which names it has, and only from what does not depend on who asks.

use std::fmt;

use wildmatch::WildMatch;

use super::{ComponentId, FieldPath, Name, Names, registry};
use crate::metadata::unseen::{Unseen, UnseenKind};

/// A name with a star in a section whose names an org tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// System permissions.
    Permissions(String),
    /// Fields of an object.
    Fields {
        /// The object.
        object: String,
        /// The field's name, with a star.
        fields: String,
        /// Whether only fields are meant that anybody may be let change.
        editable: bool,
    },
}

/// One name that a pattern stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The key of the entry: a permission, or `Object.Field`.
    pub name: String,
    /// Why nobody knows whether the org grants it to anybody, where that is so.
    pub unseen: Option<Unseen>,
}

impl Pattern {
    /// Reads what stands at a path of a profile or permission set; nothing where there is no star,
    /// or one that is a letter like others: a layout may be called so.
    ///
    /// # Errors
    /// The star can stand for nothing there; why.
    pub fn of_setting(id: &ComponentId, path: &FieldPath) -> Result<Option<Self>, &'static str> {
        let keys = path.segments().iter().filter_map(|one| one.key.as_deref());
        if !keys.into_iter().any(|key| key.contains('*')) {
            return Ok(None);
        }
        let grants = registry::find(&id.type_name).is_some_and(|row| row.odd.grants);
        let Some(entry) = path.segments().first().filter(|_| grants) else { return Ok(None) };
        if !matches!(entry.name.as_str(), "userPermissions" | "fieldPermissions") {
            return Ok(None);
        }
        let [entry, leaf] = path.segments() else {
            return Err("`*` stands for several entries; name a setting in them");
        };
        let key = entry.key.as_deref().unwrap_or_default();
        if key.contains("**") {
            return Err("`**` says no more than `*`");
        }
        match entry.name.as_str() {
            "userPermissions" if is_pattern(key) => Ok(Some(Self::Permissions(key.to_owned()))),
            "fieldPermissions" => {
                let (object, fields) = key.split_once('.').unwrap_or((key, ""));
                if object.contains('*') || fields.is_empty() {
                    return Err("`*` stands for the fields of one object, `Account.*`");
                }
                if !is_pattern(object) || !is_pattern(fields) {
                    return Err("an object and a field go by their API names, `Account.*__c`");
                }
                Ok(Some(Self::Fields {
                    object: object.to_owned(),
                    fields: fields.to_owned(),
                    editable: leaf.name == "editable",
                }))
            }
            _ => Err("a system permission goes by its API name, `View*`"),
        }
    }

    /// Returns the name of it for a person, and that of the object in which the fields are.
    pub fn names(&self) -> (Name, Option<Name>) {
        match self {
            Self::Permissions(text) => (Name::Permission(text.clone()), None),
            Self::Fields { object, fields, .. } => (
                Name::component("CustomField", format!("{object}.{fields}")),
                Some(Name::component("CustomObject", object.as_str())),
            ),
        }
    }

    /// Says whether it stands for all fields, or all custom ones, of an object.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::Fields { fields, .. } if matches!(fields.as_str(), "*" | "*__c"))
    }

    /// Says whether leaving out what an exception stands for may leave out something: a name, or
    /// one with `*` and `?`, with its object or without.
    pub fn may_leave_out(&self, except: &str) -> bool {
        match self {
            Self::Permissions(text) => may_meet(text, except),
            // No name of a field has a period, so that one parts it from its object.
            Self::Fields { object, fields, .. } => {
                !except.contains('.') && may_meet(fields, except)
                    || may_meet(&format!("{object}.{fields}"), except)
            }
        }
    }

    /// Says whether it stands for the name of an entry: a permission, or `Object.Field`.
    pub(crate) fn stands_for(&self, name: &str) -> bool {
        match (self, name.split_once('.')) {
            (Self::Permissions(_), None) => self.matches(name),
            (Self::Fields { object, .. }, Some((of, field))) => {
                object.eq_ignore_ascii_case(of) && self.matches(field)
            }
            _ => false,
        }
    }

    /// Says whether a name is meant: a permission, or a field without its object. Capitals part the
    /// words of a name (`ViewEventLogFiles`, and not `ViewAllProfiles`), so that they count where
    /// the pattern has some.
    pub fn matches(&self, name: &str) -> bool {
        let (Self::Permissions(text) | Self::Fields { fields: text, .. }) = self;
        match text.chars().any(char::is_uppercase) {
            true => WildMatch::new(text).matches(name),
            false => WildMatch::new_case_insensitive(text).matches(name),
        }
    }
}

/// Letters, digits, `_` and stars.
fn is_pattern(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '*'))
}

/// Says whether two patterns may match one name, in any capitals.
fn may_meet(one: &str, other: &str) -> bool {
    let lower = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (one, other) = (lower(one), lower(other));
    // Whether what is left of the one, from here on, may meet each rest of the other.
    let mut below: Vec<bool> = Vec::new();
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for by in (0..=other.len()).rev() {
            let (here, there) = (one.get(at), other.get(by));
            row[by] = match (here, there) {
                (None, None) => true,
                _ if here == Some(&'*') && below[by] => true,
                (_, Some('*')) if row[by + 1] => true,
                (Some('*'), Some(_)) => row[by + 1],
                (Some(_), Some('*')) => below[by],
                (Some(here), Some(there)) => {
                    (here == there || *here == '?' || *there == '?') && below[by + 1]
                }
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

/// Shown as the setting that it is the key of, which [`Pattern::of_setting`] reads.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permissions(text) => write!(f, "userPermissions[{text}].enabled"),
            Self::Fields { object, fields, editable } => {
                let leaf = if *editable { "editable" } else { "readable" };
                write!(f, "fieldPermissions[{object}.{fields}].{leaf}")
            }
        }
    }
}

impl Names {
    /// Notes for which names a pattern stands.
    pub fn insert_matches(&mut self, pattern: Pattern, matches: Result<Vec<Match>, Unseen>) {
        self.patterns.insert(pattern, matches);
    }

    /// Returns the names that a pattern stands for.
    ///
    /// # Errors
    /// Nobody knows, and why.
    pub fn matches(&self, pattern: &Pattern) -> Result<&[Match], Unseen> {
        match self.patterns.get(pattern) {
            Some(Ok(matches)) => Ok(matches),
            Some(Err(unseen)) => Err(unseen.clone()),
            None => {
                let what = pattern.names().0;
                let (sort, text) = (what.sort(), what.text());
                Err(Unseen::new(
                    UnseenKind::Offline,
                    format!("offline: only an org tells for which {sort}s `{text}` stands"),
                ))
            }
        }
    }

    /// Takes over what another knows of patterns.
    pub fn with_matches_of(self, other: &Self) -> Self {
        Self { patterns: other.patterns.clone(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_one_name_may_be_of_both() {
        for (one, other, meet) in [
            ("View*", "ViewAllDatta", true),
            ("View*", "viewalldata", true),
            ("View*", "VeiwAllData", false),
            ("View*", "*Data", true),
            ("View*", "Edit*", false),
            ("*__c", "Secret_?", false),
            ("*__c", "Secret__?", true),
            ("*", "", true),
            ("a*", "", false),
            ("*a*a*a*a*a*a*a*a*a*", "b*b*b*b*b*b*b*b*b*b", true),
            ("*a*", "??", true),
        ] {
            assert_eq!(may_meet(one, other), meet, "{one} {other}");
            assert_eq!(may_meet(other, one), meet, "{other} {one}");
        }
        let fields = Pattern::Fields {
            object: "Task".to_owned(),
            fields: "*__c".to_owned(),
            editable: false,
        };
        assert!(fields.may_leave_out("Task.Secret__c") && fields.may_leave_out("Secret__c"));
        assert!(!fields.may_leave_out("Account.Secret__c") && !fields.may_leave_out("Phone"));
    }

    #[test]
    fn a_star_means_fields_of_an_object_or_permissions_and_nothing_else() {
        let read = |type_name: &str, path: &str| {
            Pattern::of_setting(&ComponentId::new(type_name, "X"), &path.parse().unwrap())
        };
        for (path, is_one) in [
            ("fieldPermissions[Task.*].readable", Some(true)),
            ("fieldPermissions[Account.*__c].editable", Some(true)),
            ("userPermissions[View*].enabled", Some(true)),
            ("userPermissions[ViewSetup].enabled", Some(false)),
            ("fieldPermissions[*.Phone].readable", None),
            ("fieldPermissions[*].readable", None),
            ("fieldPermissions[Task.**].readable", None),
            ("userPermissions[**].enabled", None),
            ("userPermissions[View *].enabled", None),
            // A star in a name is what it is.
            ("objectPermissions[*].allowRead", Some(false)),
            ("layoutAssignments[Account-5* Layout].layout", Some(false)),
            ("fieldPermissions[Task.*]", None),
        ] {
            let found = read("Profile", path).ok().map(|found| found.is_some());
            assert_eq!(found, is_one, "{path}");
        }
        assert_eq!(read("ConnectedApp", "userPermissions[View*].enabled"), Ok(None));
        let custom = read("Profile", "fieldPermissions[Account.*__c].editable").unwrap().unwrap();
        assert!(custom.matches("Score__c") && !custom.matches("Phone"));
        assert!(custom.stands_for("account.Score__c") && !custom.stands_for("Lead.Score__c"));
        for path in ["fieldPermissions[Account.*__c].editable", "userPermissions[View*].enabled"] {
            let pattern = read("PermissionSet", path).unwrap().unwrap();
            assert_eq!(pattern.to_string(), path);
        }
    }
}
