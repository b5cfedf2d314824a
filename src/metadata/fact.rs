//! Facts about an org that are no metadata: its edition, a user's licence and effective
//! permissions, seats, an installed app.
//!
//! A fact has a name (`org.edition`, `user.permission[ApiEnabled]`); `org` answers it by SOQL and
//! REST, a folder of files cannot.

use std::collections::BTreeMap;
use std::fmt;

use super::path::FieldPath;
use super::unseen::Unseen;
use super::value::Value;

/// What kind of value a fact has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// Text.
    Text,
}

/// A row of the table of facts.
#[derive(Debug)]
pub struct FactType {
    /// The name, without key: `user.object[].read` is `user.object` with leaf `read`.
    pub name: &'static str,
    /// Whether a key in brackets follows.
    pub keyed: bool,
    /// The names that may follow the key; empty where none may.
    pub leaves: &'static [&'static str],
    /// The kind of its value.
    pub kind: FactKind,
    /// What a person reads.
    pub title: &'static str,
    /// The template parameter whose value says of whom the fact speaks (`user`, `app`), if any.
    pub parameter: Option<&'static str>,
}

/// The flags of an object permission as the leaf of `user.object[..]`.
pub const OBJECT_FLAGS: &[&str] =
    &["read", "create", "edit", "delete", "viewAllRecords", "modifyAllRecords", "viewAllFields"];

/// The flags of a field permission as the leaf of `user.field[..]`.
pub const FIELD_FLAGS: &[&str] = &["read", "edit"];

/// Every fact that a template may name.
pub const FACTS: &[FactType] = &[
    fact("org.edition", FactKind::Text, "Edition", None),
    fact("org.api_access", FactKind::Flag, "The org's edition includes API access", None),
    fact("org.is_sandbox", FactKind::Flag, "The org is a sandbox", None),
    fact("org.is_trial", FactKind::Flag, "The org is a trial", None),
    fact("org.api_access_control", FactKind::Flag, "API Access Control is on", None),
    fact("user.license", FactKind::Text, "The user's licence", Some("user")),
    fact("user.profile", FactKind::Text, "The user's profile", Some("user")),
    fact("user.is_active", FactKind::Flag, "The user is active", Some("user")),
    FactType {
        keyed: true,
        ..fact(
            "user.permission",
            FactKind::Flag,
            "The user's effective system permission",
            Some("user"),
        )
    },
    FactType {
        keyed: true,
        leaves: OBJECT_FLAGS,
        ..fact(
            "user.object",
            FactKind::Flag,
            "The user's effective object permission",
            Some("user"),
        )
    },
    FactType {
        keyed: true,
        ..fact(
            "user.permission_set",
            FactKind::Flag,
            "The permission set is assigned to the user, without an end",
            Some("user"),
        )
    },
    FactType {
        keyed: true,
        leaves: FIELD_FLAGS,
        ..fact(
            "user.field",
            FactKind::Flag,
            "The user's effective access to the field",
            Some("user"),
        )
    },
    fact("app.installed", FactKind::Flag, "The app is installed in the org", Some("app")),
    FactType {
        keyed: true,
        ..fact("license.seats", FactKind::Number, "Free seats of the licence", None)
    },
];

const fn fact(
    name: &'static str,
    kind: FactKind,
    title: &'static str,
    parameter: Option<&'static str>,
) -> FactType {
    FactType { name, keyed: false, leaves: &[], kind, title, parameter }
}

/// One fact, such as `user.object[Account].read`.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its row in the table.
    pub fact_type: &'static FactType,
    /// The key in brackets, where the row asks for one.
    pub key: Option<String>,
    /// The leaf after the key, where the row has leaves.
    pub leaf: Option<&'static str>,
}

impl Fact {
    /// Returns the fact that says whether a user effectively has what a profile or permission set
    /// grants at a path: `objectPermissions[Account].allowRead` is `user.object[Account].read`.
    /// None for what is no permission.
    pub fn of_permission(path: &FieldPath) -> Option<Self> {
        let [entry, leaf] = path.segments() else { return None };
        let key = entry.key.as_deref()?;
        let text = match (entry.name.as_str(), leaf.name.as_str()) {
            ("userPermissions", "enabled") => format!("user.permission[{key}]"),
            ("objectPermissions", flag) => {
                format!(
                    "user.object[{key}].{}",
                    flag.strip_prefix("allow")
                        .map(str::to_ascii_lowercase)
                        .as_deref()
                        .unwrap_or(flag)
                )
            }
            ("fieldPermissions", "readable") => format!("user.field[{key}].read"),
            ("fieldPermissions", "editable") => format!("user.field[{key}].edit"),
            _ => return None,
        };
        Self::parse(&text).ok()
    }

    /// Reads a fact's name.
    ///
    /// # Errors
    /// A sentence that says what is wrong, for a template's author.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, rest) = match text.find('[') {
            Some(open) => (&text[..open], Some(&text[open + 1..])),
            None => (text, None),
        };
        let Some(fact_type) = FACTS.iter().find(|row| row.name == name) else {
            return Err(format!("there is no fact `{name}`"));
        };
        let (key, tail) = match rest {
            Some(rest) => match rest.rfind(']') {
                Some(close) => (Some(rest[..close].trim().to_owned()), &rest[close + 1..]),
                None => return Err("the bracket is not closed".to_owned()),
            },
            None => (None, ""),
        };
        match (&key, fact_type.keyed) {
            (None, true) => return Err(format!("`{name}` needs a key: `{name}[..]`")),
            (Some(_), false) => return Err(format!("`{name}` takes no key")),
            (Some(key), true) if key.is_empty() => return Err("the key is empty".to_owned()),
            _ => {}
        }
        let leaf = match (tail.strip_prefix('.'), fact_type.leaves) {
            (None, []) if tail.is_empty() => None,
            (Some(leaf), leaves) if leaves.contains(&leaf) => {
                leaves.iter().find(|known| **known == leaf).copied()
            }
            (None, leaves) if tail.is_empty() => {
                return Err(format!("`{name}[..]` needs one of: {}", leaves.join(", ")));
            }
            (_, []) => return Err(format!("nothing may follow `{name}`")),
            (_, leaves) => {
                return Err(format!("after `{name}[..]` comes one of: {}", leaves.join(", ")));
            }
        };
        Ok(Self { fact_type, key, leaf })
    }
}

/// What is known of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactAnswer {
    /// The org says so.
    Known(Value),
    /// It could not be asked, or the org would not say.
    NotObserved(Unseen),
}

/// The answers to facts, each for the user or app that it speaks of.
#[derive(Clone, Debug)]
pub struct FactValues {
    answers: BTreeMap<(String, Option<String>), FactAnswer>,
    sources: BTreeMap<(String, Option<String>), String>,
    otherwise: Unseen,
}

impl FactValues {
    /// Makes an empty table; `otherwise` is the reason given for every fact that has no answer in
    /// it.
    pub fn new(otherwise: Unseen) -> Self {
        Self { answers: BTreeMap::new(), sources: BTreeMap::new(), otherwise }
    }

    /// Notes an answer.
    pub fn insert(&mut self, fact: &Fact, of: Option<&str>, answer: FactAnswer) {
        self.answers.insert((fact.to_string(), of.map(str::to_owned)), answer);
    }

    /// Notes where the access comes from that a fact speaks of, such as `the profile Sales`.
    pub fn insert_source(&mut self, fact: &Fact, of: Option<&str>, source: String) {
        self.sources.insert((fact.to_string(), of.map(str::to_owned)), source);
    }

    /// Returns where the access comes from, where that is known.
    pub fn source(&self, fact: &Fact, of: Option<&str>) -> Option<&str> {
        self.sources.get(&(fact.to_string(), of.map(str::to_owned))).map(String::as_str)
    }

    /// Returns what is known of a fact about `of` (a user's name, an app's name; `None` for the
    /// org).
    pub fn get(&self, fact: &Fact, of: Option<&str>) -> FactAnswer {
        self.answers
            .get(&(fact.to_string(), of.map(str::to_owned)))
            .cloned()
            .unwrap_or_else(|| FactAnswer::NotObserved(self.otherwise.clone()))
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fact_type.name)?;
        if let Some(key) = &self.key {
            write!(f, "[{key}]")?;
        }
        if let Some(leaf) = self.leaf {
            write!(f, ".{leaf}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_read_and_show_the_same() {
        for text in [
            "org.edition",
            "user.permission[ApiEnabled]",
            "user.object[Account].viewAllRecords",
            "license.seats[Salesforce]",
        ] {
            assert_eq!(Fact::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_a_component_grants_is_a_fact_of_the_user() {
        let fact =
            |path: &str| Fact::of_permission(&path.parse().unwrap()).map(|fact| fact.to_string());
        assert_eq!(
            fact("userPermissions[ApiEnabled].enabled").as_deref(),
            Some("user.permission[ApiEnabled]")
        );
        assert_eq!(
            fact("objectPermissions[Account].allowRead").as_deref(),
            Some("user.object[Account].read")
        );
        assert_eq!(
            fact("objectPermissions[Account].viewAllFields").as_deref(),
            Some("user.object[Account].viewAllFields")
        );
        assert_eq!(
            fact("fieldPermissions[Lead.Score__c].editable").as_deref(),
            Some("user.field[Lead.Score__c].edit")
        );
        assert_eq!(fact("tabVisibilities[standard-Account].visibility"), None);
        assert_eq!(fact("custom"), None);
    }

    #[test]
    fn broken_facts_are_refused() {
        for text in [
            "org.colour",
            "user.permission",
            "org.edition[x]",
            "user.object[Account]",
            "user.object[Account].fly",
            "user.permission[]",
        ] {
            Fact::parse(text).unwrap_err();
        }
    }
}
