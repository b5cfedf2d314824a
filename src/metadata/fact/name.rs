//! How a fact is written: `user.object[Account].read` is a name, a key in brackets and a leaf.

use std::fmt;

use super::{Access, Fact, OrganizationFact, UserColumn, UserEnd, UserFact};

/// Writes an enum of names together with the list of all of them, so that none is left out of it.
macro_rules! listed {
    ($(#[$about:meta])* $visible:vis enum $enum:ident {
        $($(#[$doc:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        $visible enum $enum {
            $($(#[$doc])* $variant,)+
        }

        impl $enum {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns it as templates write it.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

listed! {
    /// The name of a fact, without key and leaf.
    pub(crate) enum FactName {
        Edition = "org.edition",
        ApiAccess = "org.api_access",
        IsSandbox = "org.is_sandbox",
        IsTrial = "org.is_trial",
        ApiAccessControl = "org.api_access_control",
        UserLicense = "user.license",
        UserProfile = "user.profile",
        UserIsActive = "user.is_active",
        UserPermission = "user.permission",
        UserObject = "user.object",
        UserPermissionSet = "user.permission_set",
        UserField = "user.field",
        AppInstalled = "app.installed",
        LicenseSeats = "license.seats",
        UserLanguage = "user.language",
        UserLocale = "user.locale",
        UserCurrency = "user.currency",
        UserRole = "user.role",
        UserFeature = "user.feature",
        UserLicensed = "user.permission_set_license",
        UserAppAccess = "user.app_access",
        MyDomain = "org.my_domain",
        Currency = "org.currency",
        PackageInstalled = "package.installed",
        PackageVersion = "package.version",
        ChangeEvents = "cdc.member",
        OrgFeature = "org.feature",
        UserAssignmentsEnd = "user.assignments_end",
        UserPasswordEnds = "user.password_ends",
    }
}

listed! {
    /// What is allowed on an object; the leaf of `user.object[..]`.
    pub enum ObjectFlag {
        /// To see its records.
        Read = "read",
        /// To make records.
        Create = "create",
        /// To change records.
        Edit = "edit",
        /// To delete records.
        Delete = "delete",
        /// To see everybody's records.
        ViewAllRecords = "viewAllRecords",
        /// To change everybody's records.
        ModifyAllRecords = "modifyAllRecords",
        /// To see every field of it (S 3.1).
        ViewAllFields = "viewAllFields",
    }
}

listed! {
    /// What is allowed on a field; the leaf of `user.field[..]`.
    pub enum FieldFlag {
        /// To see it.
        Read = "read",
        /// To change it.
        Edit = "edit",
    }
}

impl ObjectFlag {
    /// Returns the element of `objectPermissions` that grants it.
    pub fn element(self) -> &'static str {
        match self {
            Self::Read => "allowRead",
            Self::Create => "allowCreate",
            Self::Edit => "allowEdit",
            Self::Delete => "allowDelete",
            Self::ViewAllRecords | Self::ModifyAllRecords | Self::ViewAllFields => self.as_str(),
        }
    }
}

impl FieldFlag {
    /// Returns the element of `fieldPermissions` that grants it.
    pub fn element(self) -> &'static str {
        match self {
            Self::Read => "readable",
            Self::Edit => "editable",
        }
    }
}

impl Fact {
    /// Reads a fact as a template writes it.
    ///
    /// # Errors
    /// A sentence that says what is wrong, for a template's author.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, rest) = match text.split_once('[') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        let Some(fact) = FactName::ALL.iter().find(|known| known.as_str() == name) else {
            return Err(format!("there is no fact `{name}`"));
        };
        let (key, tail) = match rest.map(|rest| rest.rsplit_once(']')) {
            Some(Some((key, tail))) => (Some(key.trim()), tail),
            Some(None) => return Err("the bracket is not closed".to_owned()),
            None => (None, ""),
        };
        let written = Written { name, key, tail };
        Ok(match fact {
            FactName::Edition => written.bare(Self::Organization(OrganizationFact::Edition))?,
            FactName::ApiAccess => written.bare(Self::Organization(OrganizationFact::ApiAccess))?,
            FactName::IsSandbox => written.bare(Self::Organization(OrganizationFact::IsSandbox))?,
            FactName::IsTrial => written.bare(Self::Organization(OrganizationFact::IsTrial))?,
            FactName::ApiAccessControl => written.bare(Self::ApiAccessControl)?,
            FactName::UserLicense => written.bare(Self::User(UserFact::License))?,
            FactName::UserProfile => written.bare(Self::User(UserFact::Profile))?,
            FactName::UserIsActive => written.bare(Self::User(UserFact::IsActive))?,
            FactName::UserPermission => Self::Access(Access::Permission(written.key()?)),
            FactName::UserObject => {
                let (key, flag) = written.key_and_leaf(ObjectFlag::ALL, ObjectFlag::as_str)?;
                Self::Access(Access::Object(key, flag))
            }
            FactName::UserPermissionSet => Self::Access(Access::PermissionSet(written.key()?)),
            FactName::UserField => {
                let (key, flag) = written.key_and_leaf(FieldFlag::ALL, FieldFlag::as_str)?;
                Self::Access(Access::Field(key, flag))
            }
            FactName::AppInstalled => written.bare(Self::AppInstalled)?,
            FactName::LicenseSeats => Self::Seats(written.key()?),
            FactName::UserLanguage => written.bare(Self::Column(UserColumn::Language))?,
            FactName::UserLocale => written.bare(Self::Column(UserColumn::Locale))?,
            FactName::UserCurrency => written.bare(Self::Column(UserColumn::Currency))?,
            FactName::UserRole => written.bare(Self::Column(UserColumn::Role))?,
            FactName::UserFeature => Self::Column(UserColumn::Feature(written.key()?)),
            FactName::UserLicensed => Self::Licensed(written.key()?),
            FactName::UserAppAccess => Self::AppAccess(written.key()?),
            FactName::MyDomain => written.bare(Self::MyDomain)?,
            FactName::Currency => written.bare(Self::Currency)?,
            FactName::PackageInstalled => Self::Package(written.key()?),
            FactName::PackageVersion => Self::PackageVersion(written.key()?),
            FactName::ChangeEvents => Self::ChangeEvents(written.key()?),
            FactName::OrgFeature => Self::Feature(written.key()?),
            FactName::UserAssignmentsEnd => written.bare(Self::End(UserEnd::Assignment))?,
            FactName::UserPasswordEnds => written.bare(Self::End(UserEnd::Password))?,
        })
    }

    /// Returns its name, without key and leaf.
    pub(crate) fn name(&self) -> FactName {
        match self {
            Self::Organization(OrganizationFact::Edition) => FactName::Edition,
            Self::Organization(OrganizationFact::ApiAccess) => FactName::ApiAccess,
            Self::Organization(OrganizationFact::IsSandbox) => FactName::IsSandbox,
            Self::Organization(OrganizationFact::IsTrial) => FactName::IsTrial,
            Self::ApiAccessControl => FactName::ApiAccessControl,
            Self::User(UserFact::License) => FactName::UserLicense,
            Self::User(UserFact::Profile) => FactName::UserProfile,
            Self::User(UserFact::IsActive) => FactName::UserIsActive,
            Self::Access(Access::Permission(_)) => FactName::UserPermission,
            Self::Access(Access::Object(..)) => FactName::UserObject,
            Self::Access(Access::PermissionSet(_)) => FactName::UserPermissionSet,
            Self::Access(Access::Field(..)) => FactName::UserField,
            Self::AppInstalled => FactName::AppInstalled,
            Self::Seats(_) => FactName::LicenseSeats,
            Self::Column(UserColumn::Language) => FactName::UserLanguage,
            Self::Column(UserColumn::Locale) => FactName::UserLocale,
            Self::Column(UserColumn::Currency) => FactName::UserCurrency,
            Self::Column(UserColumn::Role) => FactName::UserRole,
            Self::Column(UserColumn::Feature(_)) => FactName::UserFeature,
            Self::Licensed(_) => FactName::UserLicensed,
            Self::AppAccess(_) => FactName::UserAppAccess,
            Self::MyDomain => FactName::MyDomain,
            Self::Currency => FactName::Currency,
            Self::Package(_) => FactName::PackageInstalled,
            Self::PackageVersion(_) => FactName::PackageVersion,
            Self::ChangeEvents(_) => FactName::ChangeEvents,
            Self::Feature(_) => FactName::OrgFeature,
            Self::End(UserEnd::Assignment) => FactName::UserAssignmentsEnd,
            Self::End(UserEnd::Password) => FactName::UserPasswordEnds,
        }
    }
}

/// A fact's text in its parts.
struct Written<'t> {
    name: &'t str,
    /// What stands in the brackets.
    key: Option<&'t str>,
    /// What stands behind them.
    tail: &'t str,
}

impl Written<'_> {
    /// The fact, where nothing follows its name.
    fn bare(&self, fact: Fact) -> Result<Fact, String> {
        match self.key {
            Some(_) => Err(format!("`{}` takes no key", self.name)),
            None => Ok(fact),
        }
    }

    /// The key, where nothing follows it.
    fn key(&self) -> Result<String, String> {
        let key = self.any_key()?;
        if self.tail.is_empty() {
            Ok(key)
        } else {
            Err(format!("nothing may follow `{}`", self.name))
        }
    }

    /// The key and the leaf after it, which is one of these.
    fn key_and_leaf<L: Copy>(
        &self,
        leaves: &[L],
        as_str: fn(L) -> &'static str,
    ) -> Result<(String, L), String> {
        let key = self.any_key()?;
        let leaf = self.tail.strip_prefix('.').unwrap_or_default();
        let name = self.name;
        match leaves.iter().find(|known| as_str(**known) == leaf) {
            Some(leaf) => Ok((key, *leaf)),
            None => {
                let known: Vec<&str> = leaves.iter().map(|known| as_str(*known)).collect();
                let known = known.join(", ");
                Err(if self.tail.is_empty() {
                    format!("`{name}[..]` needs one of: {known}")
                } else {
                    format!("after `{name}[..]` comes one of: {known}")
                })
            }
        }
    }

    fn any_key(&self) -> Result<String, String> {
        match self.key {
            Some("") => Err("the key is empty".to_owned()),
            Some(key) => Ok(key.to_owned()),
            None => Err(format!("`{0}` needs a key: `{0}[..]`", self.name)),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name().as_str();
        match self {
            Self::Organization(_)
            | Self::ApiAccessControl
            | Self::User(_)
            | Self::AppInstalled
            | Self::Column(
                UserColumn::Language | UserColumn::Locale | UserColumn::Currency | UserColumn::Role,
            )
            | Self::MyDomain
            | Self::Currency
            | Self::End(_) => f.write_str(name),
            Self::Access(Access::Permission(key) | Access::PermissionSet(key))
            | Self::Seats(key)
            | Self::Column(UserColumn::Feature(key))
            | Self::Licensed(key)
            | Self::AppAccess(key)
            | Self::Package(key)
            | Self::PackageVersion(key)
            | Self::ChangeEvents(key)
            | Self::Feature(key) => write!(f, "{name}[{key}]"),
            Self::Access(Access::Object(key, flag)) => write!(f, "{name}[{key}].{}", flag.as_str()),
            Self::Access(Access::Field(key, flag)) => write!(f, "{name}[{key}].{}", flag.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A fact of each name.
    fn fact(name: FactName, key: String, leaf: usize) -> Fact {
        match name {
            FactName::Edition => Fact::Organization(OrganizationFact::Edition),
            FactName::ApiAccess => Fact::Organization(OrganizationFact::ApiAccess),
            FactName::IsSandbox => Fact::Organization(OrganizationFact::IsSandbox),
            FactName::IsTrial => Fact::Organization(OrganizationFact::IsTrial),
            FactName::ApiAccessControl => Fact::ApiAccessControl,
            FactName::UserLicense => Fact::User(UserFact::License),
            FactName::UserProfile => Fact::User(UserFact::Profile),
            FactName::UserIsActive => Fact::User(UserFact::IsActive),
            FactName::UserPermission => Fact::Access(Access::Permission(key)),
            FactName::UserObject => {
                let flags = ObjectFlag::ALL;
                Fact::Access(Access::Object(key, flags[leaf % flags.len()]))
            }
            FactName::UserPermissionSet => Fact::Access(Access::PermissionSet(key)),
            FactName::UserField => {
                let flags = FieldFlag::ALL;
                Fact::Access(Access::Field(key, flags[leaf % flags.len()]))
            }
            FactName::AppInstalled => Fact::AppInstalled,
            FactName::LicenseSeats => Fact::Seats(key),
            FactName::UserLanguage => Fact::Column(UserColumn::Language),
            FactName::UserLocale => Fact::Column(UserColumn::Locale),
            FactName::UserCurrency => Fact::Column(UserColumn::Currency),
            FactName::UserRole => Fact::Column(UserColumn::Role),
            FactName::UserFeature => Fact::Column(UserColumn::Feature(key)),
            FactName::UserLicensed => Fact::Licensed(key),
            FactName::UserAppAccess => Fact::AppAccess(key),
            FactName::MyDomain => Fact::MyDomain,
            FactName::Currency => Fact::Currency,
            FactName::PackageInstalled => Fact::Package(key),
            FactName::PackageVersion => Fact::PackageVersion(key),
            FactName::ChangeEvents => Fact::ChangeEvents(key),
            FactName::OrgFeature => Fact::Feature(key),
            FactName::UserAssignmentsEnd => Fact::End(UserEnd::Assignment),
            FactName::UserPasswordEnds => Fact::End(UserEnd::Password),
        }
    }

    proptest! {
        #[test]
        fn every_fact_is_read_as_it_is_shown(key in "\\S(.{0,12}\\S)?", leaf in 0_usize..7) {
            for name in FactName::ALL {
                let fact = fact(*name, key.clone(), leaf);
                prop_assert_eq!(fact.name(), *name);
                prop_assert!(fact.to_string().starts_with(name.as_str()));
                prop_assert_eq!(Fact::parse(&fact.to_string()), Ok(fact));
            }
        }
    }

    #[test]
    fn facts_are_written_as_templates_have_them() {
        for text in [
            "org.edition",
            "org.api_access",
            "org.is_sandbox",
            "org.is_trial",
            "org.api_access_control",
            "user.license",
            "user.profile",
            "user.is_active",
            "user.permission[ApiEnabled]",
            "user.object[Account].read",
            "user.object[Account].create",
            "user.object[Account].edit",
            "user.object[Account].delete",
            "user.object[Account].viewAllRecords",
            "user.object[Account].modifyAllRecords",
            "user.object[Account].viewAllFields",
            "user.permission_set[Acme]",
            "user.field[Lead.Score__c].read",
            "user.field[Lead.Score__c].edit",
            "app.installed",
            "license.seats[Salesforce]",
        ] {
            assert_eq!(Fact::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn broken_facts_are_refused_in_words() {
        for (text, words) in [
            ("org.colour", "there is no fact `org.colour`"),
            ("user.permission", "`user.permission` needs a key: `user.permission[..]`"),
            ("org.edition[x]", "`org.edition` takes no key"),
            ("user.field[Lead.Name]", "`user.field[..]` needs one of: read, edit"),
            ("user.field[Lead.Name].fly", "after `user.field[..]` comes one of: read, edit"),
            ("user.permission[ApiEnabled].read", "nothing may follow `user.permission`"),
            ("user.permission[ ]", "the key is empty"),
            ("user.permission[ApiEnabled", "the bracket is not closed"),
        ] {
            assert_eq!(Fact::parse(text), Err(words.to_owned()));
        }
    }
}
