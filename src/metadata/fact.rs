//! Facts about an org that are no metadata: its edition, a user's licence and effective
//! permissions, seats, an installed app.
//!
//! A [`Fact`]'s variant names its source, which is what of an org answers it, and carries what it
//! is about. `org` asks source by source; a folder of files answers none. How facts are written in
//! templates is `name`'s. To add a fact, write its name in `FactName` and its variant in its
//! source; the compiler leads from there.

mod feature;
mod name;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::lasting::End;
use super::path::FieldPath;
use super::registry::nearest::is_slip;
use super::unseen::Unseen;
use super::value::Value;

pub(crate) use feature::OrgFeature;
pub(crate) use name::FactName;
pub use name::{FieldFlag, ObjectFlag};

/// One fact, such as `user.object[Account].read`; whose it is (which user, which app) stands
/// beside it, see [`Fact::parameter`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Of the `Organization` row.
    Organization(OrganizationFact),
    /// API Access Control is on: of the settings `ConnectedApp` (S 2.8).
    ApiAccessControl,
    /// Of the row of a user, with profile and licence.
    User(UserFact),
    /// Of the row of a user alone.
    Column(UserColumn),
    /// The user has the permission set licence of this name: of the rows of assigned licences.
    Licensed(String),
    /// The user is let into the app of this name beforehand: of the rows of what sets give access
    /// to.
    AppAccess(String),
    /// Of a user's assignments: what profile, permission sets and groups give together.
    Access(Access),
    /// The app is there: of the rows of installed apps (S 1.7) and the list of the org's own.
    AppInstalled,
    /// Free seats of the licence of this name: of the rows of licences.
    Seats(String),
    /// The name of the My Domain: of the org's address.
    MyDomain,
    /// The currency of the company: of the rows of currencies.
    Currency,
    /// The package of this namespace is installed: of the list of packages.
    Package(String),
    /// The version of the package of this namespace: of its file.
    PackageVersion(String),
    /// The changes of the object of this name are published: of the members of event channels.
    ChangeEvents(String),
    /// The feature of this name is on: of a file of settings.
    Feature(String),
    /// When something of a user's ends.
    End(UserEnd),
}

/// What of a user ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserEnd {
    /// Of the assignments of permission sets and groups the one that ends first: of their rows.
    Assignment,
    /// The password: of the row that says whether it has expired, and of what the user is allowed.
    Password,
}

/// What a user's own row answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserColumn {
    /// The language, as `en_US`.
    Language,
    /// The locale, as `en_GB`.
    Locale,
    /// The currency of new records, where an org has several.
    Currency,
    /// The role, by the name that Setup shows.
    Role,
    /// The feature licence of this API name, such as `MarketingUser`; with `UserPermissions` before
    /// it, as the column has it, it is the same.
    Feature(String),
}

impl UserColumn {
    /// Returns the column of `User` (S 5).
    pub fn column(&self) -> String {
        match self {
            Self::Language => "LanguageLocaleKey".to_owned(),
            Self::Locale => "LocaleSidKey".to_owned(),
            Self::Currency => "DefaultCurrencyIsoCode".to_owned(),
            Self::Role => "UserRole.Name".to_owned(),
            Self::Feature(name) => {
                let name = name.strip_prefix("UserPermissions").unwrap_or(name);
                format!("UserPermissions{name}")
            }
        }
    }
}

/// What the `Organization` row answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrganizationFact {
    /// The edition, as the row has it.
    Edition,
    /// Whether the edition includes API access (S 5).
    ApiAccess,
    /// Whether it is a sandbox.
    IsSandbox,
    /// Whether it ends by itself and is no sandbox (S 5).
    IsTrial,
}

/// The editions by the names of `Organization.OrganizationType` (S 5).
pub(crate) const EDITIONS: &[&str] = &[
    "Base Edition",
    "Developer Edition",
    "Enterprise Edition",
    "Performance Edition",
    "Professional Edition",
    "Team Edition",
    "Unlimited Edition",
];

/// Returns the edition that was probably meant by what is none; nothing where it is one, or where
/// none is near.
pub(crate) fn edition_meant(text: &str) -> Option<&'static str> {
    let whole = format!("{text} Edition");
    let is_meant = |one: &&&str| is_slip(text, one) || **one == whole;
    EDITIONS.iter().find(is_meant).filter(|one| **one != text).copied()
}

/// What a user's row answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserFact {
    /// The name of the profile's licence.
    License,
    /// The profile, by the name that Setup shows.
    Profile,
    /// Whether the user may sign in.
    IsActive,
}

/// What a user's assignments answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// The system permission of this API name.
    Permission(String),
    /// The flag on the object of this API name.
    Object(String, ObjectFlag),
    /// The permission set of this API name, assigned without an end.
    PermissionSet(String),
    /// The flag on the field `Object.Field`.
    Field(String, FieldFlag),
}

/// What kind of value a fact has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// Numbers with points between them.
    Version,
    /// When something ends.
    End,
}

impl FactKind {
    /// Says whether a value is of this kind.
    pub fn admits(self, value: &Value) -> bool {
        match self {
            Self::Flag => matches!(value, Value::Bool(_)),
            Self::Number => matches!(value, Value::Number(_)),
            Self::Text | Self::Version => matches!(value, Value::Text(_)),
            Self::End => matches!(value, Value::Text(text) if End::of(text).is_some()),
        }
    }

    /// Returns what a value of this kind is, for a template's author.
    pub fn words(self) -> &'static str {
        match self {
            Self::Flag => "`true` or `false`",
            Self::Number => "a whole number",
            Self::Text => "a text",
            Self::Version => "a version, in quotes",
            Self::End => "a time such as 2027-01-31T00:00:00Z, `never` or `ended`",
        }
    }
}

impl Fact {
    /// Returns the name of every fact, as templates write it, without key and leaf.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FactName::ALL.iter().map(|name| name.as_str())
    }

    /// Returns the kind of its value.
    pub fn kind(&self) -> FactKind {
        match self {
            Self::Organization(OrganizationFact::Edition)
            | Self::User(UserFact::License | UserFact::Profile)
            | Self::Column(
                UserColumn::Language | UserColumn::Locale | UserColumn::Currency | UserColumn::Role,
            )
            | Self::MyDomain
            | Self::Currency => FactKind::Text,
            Self::PackageVersion(_) => FactKind::Version,
            Self::End(_) => FactKind::End,
            Self::Organization(
                OrganizationFact::ApiAccess
                | OrganizationFact::IsSandbox
                | OrganizationFact::IsTrial,
            )
            | Self::ApiAccessControl
            | Self::User(UserFact::IsActive)
            | Self::Column(UserColumn::Feature(_))
            | Self::Licensed(_)
            | Self::AppAccess(_)
            | Self::Access(_)
            | Self::AppInstalled
            | Self::Package(_)
            | Self::ChangeEvents(_)
            | Self::Feature(_) => FactKind::Flag,
            Self::Seats(_) => FactKind::Number,
        }
    }

    /// Returns what a person reads in its place.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Organization(OrganizationFact::Edition) => "Edition",
            Self::Organization(OrganizationFact::ApiAccess) => {
                "The org's edition includes API access"
            }
            Self::Organization(OrganizationFact::IsSandbox) => "The org is a sandbox",
            Self::Organization(OrganizationFact::IsTrial) => "The org is a trial",
            Self::ApiAccessControl => "API Access Control is on",
            Self::User(UserFact::License) => "The user's licence",
            Self::User(UserFact::Profile) => "The user's profile",
            Self::User(UserFact::IsActive) => "The user is active",
            Self::Access(Access::Permission(_)) => "The user's effective system permission",
            Self::Access(Access::Object(..)) => "The user's effective object permission",
            Self::Access(Access::PermissionSet(_)) => {
                "The permission set is assigned to the user, without an end"
            }
            Self::Access(Access::Field(..)) => "The user's effective access to the field",
            Self::AppInstalled => "The app is installed in the org",
            Self::Seats(_) => "Free seats of the licence",
            Self::Column(UserColumn::Language) => "The user's language",
            Self::Column(UserColumn::Locale) => "The user's locale",
            Self::Column(UserColumn::Currency) => "The user's currency",
            Self::Column(UserColumn::Role) => "The user's role",
            Self::Column(UserColumn::Feature(_)) => "The user's feature licence",
            Self::Licensed(_) => "The permission set licence is assigned to the user",
            Self::AppAccess(_) => "The user is let into the app beforehand",
            Self::MyDomain => "The org's My Domain",
            Self::Currency => "The company's currency",
            Self::Package(_) => "The package is installed in the org",
            Self::PackageVersion(_) => "The version of the installed package",
            Self::ChangeEvents(_) => "The object's changes are published",
            Self::Feature(_) => "The feature is on",
            Self::End(UserEnd::Assignment) => {
                "When the first of the user's permission set assignments ends"
            }
            Self::End(UserEnd::Password) => "When the user's password expires",
        }
    }

    /// Says what stands in its brackets, for a template's author; none where it has no brackets.
    pub fn about(&self) -> Option<&'static str> {
        Some(match self {
            Self::Access(Access::Permission(_)) => {
                "a system permission by its API name, `ApiEnabled`"
            }
            Self::Access(Access::Object(..)) => "an object by its API name",
            Self::Access(Access::Field(..)) => "a field, `Object.Field`, by API names",
            Self::Access(Access::PermissionSet(_)) => {
                "a permission set by its API name, `namespace__Name` of a package"
            }
            Self::Seats(_) => "a user licence by its name, or a permission set licence as below",
            Self::Licensed(_) => {
                "a permission set licence by its API name (`SalesforceAPIIntegrationPsl`) or label"
            }
            Self::AppAccess(_) => "an app by its API name or label",
            Self::Column(UserColumn::Feature(_)) => {
                "the field of `User` without `UserPermissions`, such as `MarketingUser`"
            }
            Self::Package(_) | Self::PackageVersion(_) => "a package's namespace",
            Self::ChangeEvents(_) => "an object (`Account`) or its event (`AccountChangeEvent`)",
            Self::Feature(_) => "one of the names below",
            Self::Organization(_)
            | Self::ApiAccessControl
            | Self::User(_)
            | Self::Column(
                UserColumn::Language | UserColumn::Locale | UserColumn::Currency | UserColumn::Role,
            )
            | Self::AppInstalled
            | Self::MyDomain
            | Self::Currency
            | Self::End(_) => return None,
        })
    }

    /// Returns the names that `org.feature[..]` takes.
    pub fn features() -> impl Iterator<Item = &'static str> {
        OrgFeature::names()
    }

    /// Returns the template parameter whose value says whose fact it is, where it is somebody's.
    pub fn parameter(&self) -> Option<&'static str> {
        match self {
            Self::Organization(_)
            | Self::ApiAccessControl
            | Self::Seats(_)
            | Self::MyDomain
            | Self::Currency
            | Self::Package(_)
            | Self::PackageVersion(_)
            | Self::ChangeEvents(_)
            | Self::Feature(_) => None,
            Self::User(_)
            | Self::Column(_)
            | Self::Licensed(_)
            | Self::AppAccess(_)
            | Self::Access(_)
            | Self::End(_) => Some("user"),
            Self::AppInstalled => Some("app"),
        }
    }

    /// Says whether money alone changes it.
    pub fn is_bought(&self) -> bool {
        match self {
            Self::Organization(OrganizationFact::Edition | OrganizationFact::ApiAccess)
            | Self::Seats(_) => true,
            Self::Organization(OrganizationFact::IsSandbox | OrganizationFact::IsTrial)
            | Self::ApiAccessControl
            | Self::User(_)
            | Self::Column(_)
            | Self::Licensed(_)
            | Self::AppAccess(_)
            | Self::Access(_)
            | Self::AppInstalled
            | Self::MyDomain
            | Self::Currency
            | Self::Package(_)
            | Self::PackageVersion(_)
            | Self::ChangeEvents(_)
            | Self::Feature(_)
            | Self::End(_) => false,
        }
    }

    /// Returns the fact that says whether a user effectively has what a profile or permission set
    /// grants at a path: `objectPermissions[Account].allowRead` is `user.object[Account].read`.
    /// None for what is no permission.
    pub fn of_permission(path: &FieldPath) -> Option<Self> {
        let [entry, leaf] = path.segments() else { return None };
        let key = entry.key.as_deref()?.trim().to_owned();
        if key.is_empty() {
            return None;
        }
        let leaf = leaf.name.as_str();
        Some(Self::Access(match entry.name.as_str() {
            "userPermissions" if leaf == "enabled" => Access::Permission(key),
            "objectPermissions" => {
                let flag = ObjectFlag::ALL.iter().find(|flag| flag.element() == leaf)?;
                Access::Object(key, *flag)
            }
            "fieldPermissions" => {
                let flag = FieldFlag::ALL.iter().find(|flag| flag.element() == leaf)?;
                Access::Field(key, *flag)
            }
            _ => return None,
        }))
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
    answers: BTreeMap<(Fact, Option<String>), FactAnswer>,
    sources: BTreeMap<(Fact, Option<String>), String>,
    nearest: BTreeMap<(Fact, Option<String>), String>,
    otherwise: Unseen,
    now: Option<Timestamp>,
}

impl FactValues {
    /// Makes an empty table; `otherwise` is the reason given for every fact that has no answer in
    /// it.
    pub fn new(otherwise: Unseen) -> Self {
        Self {
            answers: BTreeMap::new(),
            sources: BTreeMap::new(),
            nearest: BTreeMap::new(),
            otherwise,
            now: None,
        }
    }

    /// Gives another reason for every fact that has no answer.
    pub fn set_otherwise(&mut self, otherwise: Unseen) {
        self.otherwise = otherwise;
    }

    /// Notes what time it is where the facts are.
    pub fn set_now(&mut self, now: Option<Timestamp>) {
        self.now = now;
    }

    /// Returns what time it is by the org's clock, or of files by this machine's.
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// Notes the answer to a fact about `of`.
    pub fn insert(&mut self, fact: &Fact, of: Option<&str>, answer: FactAnswer) {
        self.answers.insert((fact.clone(), of.map(str::to_owned)), answer);
    }

    /// Notes where the access comes from that a fact speaks of, such as `the profile Sales`.
    pub fn insert_source(&mut self, fact: &Fact, of: Option<&str>, source: String) {
        self.sources.insert((fact.clone(), of.map(str::to_owned)), source);
    }

    /// Notes what is there of nearly the name of that which a fact says not to be there.
    pub fn insert_nearest(&mut self, fact: &Fact, of: Option<&str>, nearest: String) {
        self.nearest.insert((fact.clone(), of.map(str::to_owned)), nearest);
    }

    /// Returns what is there of nearly the name.
    pub fn nearest(&self, fact: &Fact, of: Option<&str>) -> Option<&str> {
        self.nearest.get(&(fact.clone(), of.map(str::to_owned))).map(String::as_str)
    }

    /// Returns where the access comes from, where that is known.
    pub fn source(&self, fact: &Fact, of: Option<&str>) -> Option<&str> {
        self.sources.get(&(fact.clone(), of.map(str::to_owned))).map(String::as_str)
    }

    /// Returns why facts have no answer, to say more of it.
    pub(crate) fn unseen_mut(&mut self) -> impl Iterator<Item = &mut Unseen> {
        self.answers.values_mut().filter_map(|answer| match answer {
            FactAnswer::NotObserved(unseen) => Some(unseen),
            FactAnswer::Known(_) => None,
        })
    }

    /// Returns what is known of a fact about `of` (a user's name, an app's name; `None` for the
    /// org).
    pub fn get(&self, fact: &Fact, of: Option<&str>) -> FactAnswer {
        self.answers
            .get(&(fact.clone(), of.map(str::to_owned)))
            .cloned()
            .unwrap_or_else(|| FactAnswer::NotObserved(self.otherwise.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
