//! The table of metadata types: folder, suffix, fields, keyed lists, what absence means, overlay or
//! replace.
//!
//! One row a type. The rows' contents stand in `registry/`, one file a family; what has no row of
//! its own is answered from the list of the WSDL's names. Finding a path in the table and judging a
//! value is `check`, reading a document by the table `lookup`.

mod check;
mod connected_app;
mod custom_object;
mod external_client_app;
mod lookup;
mod names;
pub mod nearest;
mod permission_set;
mod profile;
mod row;
mod settings;

use std::fmt;

pub use lookup::{
    Found, entries, find_entry, identity_of, key_of, layout_identity, look_up, look_up_each,
};

/// An API version, such as 67.0, as its whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(pub u16);

impl ApiVersion {
    /// The newest version that this program knows of: 67.0, Summer '26.
    pub const NEWEST: Self = Self(67);

    /// Reads `67.0` or `67`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        text.strip_suffix(".0").unwrap_or(text).parse().ok().map(Self)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

/// What a deploy does with what its file does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployRule {
    /// Stays as it was (Profile).
    Overlay,
    /// Is reset or removed; the whole document must be sent.
    Replace,
}

/// A row of the table.
#[derive(Debug)]
pub struct MetadataType {
    /// The API's name, such as `ConnectedApp`. For settings this is the type of the file's root
    /// element's family: `Settings`.
    pub name: &'static str,
    /// The folder in metadata format, such as `connectedApps`.
    pub folder: &'static str,
    /// The suffix without dot, such as `connectedApp`.
    pub suffix: &'static str,
    /// The API version that brought it.
    pub since: Option<ApiVersion>,
    /// What a deploy does with what is not mentioned.
    pub deploy: DeployRule,
    /// The fields that are known; for a generic row none.
    pub fields: &'static [Field],
    /// Whether `fields` is the whole list, so that another name in a path is a mistake.
    pub complete: bool,
    /// Whether the name may be asked for with `*`.
    pub wildcard: bool,
}

/// An element of a type, or of a group or section within it.
#[derive(Debug)]
pub struct Field {
    /// The element's name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The API version that brought it, where it is younger than the type.
    pub since: Option<ApiVersion>,
    /// The API version from which on it is gone.
    pub until: Option<ApiVersion>,
    /// What it means that it is not there.
    pub absent: Absent,
    /// Whether it may leave the org.
    pub travel: Travel,
    /// The words in Setup for the field, where they are known.
    pub label: &'static str,
    /// Setup's words for the two values of a flag (`true`, `false`), where it shows other words
    /// than those; else empty.
    pub words: &'static [Choice],
}

/// What a field holds.
#[derive(Debug)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// Text; compared trimmed, with case.
    Text,
    /// Text out of a list. Compared without case where `fold_case` (the org answers in two
    /// spellings, S 2.5).
    Choice {
        /// The values that are known.
        choices: &'static [Choice],
        /// Whether `Enforce_relaxrefresh` is `Enforce_RelaxRefresh`.
        fold_case: bool,
        /// Checks values that follow a pattern (`specific_inactivity:7:DAYS`); `None` where the
        /// list is all.
        pattern: Option<fn(&str) -> Option<String>>,
    },
    /// Several texts, order without meaning.
    Set {
        /// How they are written.
        form: SetForm,
        /// The values that are known; empty where any text will do.
        choices: &'static [Choice],
        /// Written names that come back under another: `(written, comes back as)` (S 1.2:
        /// `OfflineAccess` as `RefreshToken`).
        aliases: &'static [(&'static str, &'static str)],
    },
    /// One complex element.
    Group(&'static [Field]),
    /// A list of complex elements, each with a key.
    Section {
        /// The children that make the key; several are joined by `|`. A trailing part that is
        /// absent is left out.
        key: &'static [&'static str],
        /// Whether the key is matched without case (`APIEnabled` is `ApiEnabled`, S 4.5).
        fold_key: bool,
        /// The children.
        fields: &'static [Field],
        /// The type whose components must be in the same request for an entry to be returned, if
        /// any (S 3.2).
        companion: Option<Companion>,
    },
}

/// How a set is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetForm {
    /// The element repeated.
    Repeated,
    /// One element, elements separated by commas (`commaSeparatedOauthScopes`).
    Commas,
    /// One element, elements on lines of their own (`callbackUrl`, S 1.2).
    Lines,
}

/// One value of a choice, with the words that Setup shows for it.
#[derive(Debug)]
pub struct Choice {
    /// The API's value.
    pub value: &'static str,
    /// Setup's words; empty where no source pairs them.
    pub label: &'static str,
}

/// What it means that an element is not there although it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It has this value (a documented default).
    Flag(bool),
    /// It has this value (a documented default).
    Text(&'static str),
    /// It has no value; nothing is known to stand in for it.
    Unset,
    /// An empty list.
    Empty,
}

/// Whether a value may leave the org that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// Anywhere.
    Anywhere,
    /// Only back to the same org (`oauthLink`, `orgScopedExternalApp`; S 2.2, 2.4).
    SameOrg,
    /// Never in a package (`consumerKey`; S 1.6), though it is no secret.
    Never,
    /// Never in a package, and never shown (`consumerSecret`).
    Secret,
}

/// Which components must be asked for with a profile or permission set, so that an entry's absence
/// can be read (S 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Companion {
    /// The key is the full name of a component of this type (`classAccesses` - `ApexClass`).
    Type(&'static str),
    /// The key is an object's API name: `CustomObject`.
    Object,
    /// The key is `Object.Field`: the `CustomObject`, or the `CustomField`.
    Field,
    /// The key is `Object.RecordType`: the `CustomObject`, or the `RecordType`.
    RecordType,
    /// The key is a tab: `standard-Account` goes with the object, another with `CustomTab`.
    Tab,
    /// The key begins with a layout: `Layout`.
    Layout,
}

impl Companion {
    /// Returns the components of which one must be asked for with the profile, so that the entry of
    /// this key is returned: `(type, full name)`, the one that surely brings it last. A
    /// `CustomField` alone is not always enough (a relationship field is named otherwise, S 3.2),
    /// its object is.
    pub fn candidates(self, key: &str) -> Vec<(&'static str, String)> {
        let key = &*super::percent::decode(key);
        let object = || key.split_once('.').map_or(key, |(object, _)| object).to_owned();
        match self {
            Self::Type(type_name) => vec![(type_name, key.to_owned())],
            Self::Object => vec![("CustomObject", key.to_owned())],
            Self::Field => vec![("CustomField", key.to_owned()), ("CustomObject", object())],
            Self::RecordType => vec![("RecordType", key.to_owned()), ("CustomObject", object())],
            Self::Tab => match key.strip_prefix("standard-") {
                Some(object) => vec![("CustomObject", object.to_owned())],
                None => vec![("CustomObject", key.to_owned()), ("CustomTab", key.to_owned())],
            },
            Self::Layout => {
                vec![("Layout", key.split_once('|').map_or(key, |(layout, _)| layout).to_owned())]
            }
        }
    }
}

/// A path found in the table: the field itself, the entry that it belongs to, and the absence rule.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The field that the path ends at; for `section[key]` alone the section's field.
    pub field: &'static Field,
    /// The innermost keyed section that the path passes through, with the key.
    pub entry: Option<(&'static Field, String)>,
}

/// Why a path is not one of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPath {
    /// A sentence that says what is wrong.
    pub message: String,
    /// What was probably meant, to be written in place of the whole path or value.
    pub nearest: Option<String>,
}

impl fmt::Display for UnknownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// The rows of types of their own, each with its fields.
static ROWS: &[&MetadataType] = &[
    &connected_app::CONNECTED_APP,
    &custom_object::CUSTOM_OBJECT,
    &external_client_app::APPLICATION,
    &external_client_app::CONFIGURABLE_POLICIES,
    &external_client_app::GLOBAL_OAUTH_SETTINGS,
    &external_client_app::OAUTH_CONFIGURABLE_POLICIES,
    &external_client_app::OAUTH_SECURITY_SETTINGS,
    &external_client_app::OAUTH_SETTINGS,
    &permission_set::PERMISSION_SET,
    &permission_set::PERMISSION_SET_GROUP,
    &profile::PROFILE,
    &settings::SETTINGS,
];

/// Returns the rows of their own, those whose components are read as documents.
///
/// `Settings` is among them without fields: those depend on the member, see [`find_component`].
pub fn rows() -> &'static [&'static MetadataType] {
    ROWS
}

/// Finds a type by the API's name, exactly written: its own row, or a row without fields for any
/// other type of the WSDL.
///
/// The name of a settings file's root (`SecuritySettings`) finds the row of that file.
pub fn find(type_name: &str) -> Option<&'static MetadataType> {
    ROWS.iter()
        .copied()
        .find(|row| row.name == type_name)
        .or_else(|| names::settings_member(type_name).map(settings::of_member))
        .or_else(|| names::generic(type_name))
}

/// Finds the row of one component. It differs from [`find`] for `Settings`, whose fields depend on
/// the member.
///
/// `None` where there is no such type, and for `SecuritySettings:Other`.
pub fn find_component(type_name: &str, full_name: &str) -> Option<&'static MetadataType> {
    if type_name == SETTINGS {
        return Some(settings::of_member(full_name));
    }
    match names::settings_member(type_name) {
        Some(member) => (member == full_name).then(|| settings::of_member(member)),
        None => find(type_name),
    }
}

/// The type's name in `package.xml` of everything in the folder `settings`.
pub const SETTINGS: &str = "Settings";

/// Returns the name of a type as `package.xml` has it: `Settings` for `SecuritySettings`, any other
/// as it is.
pub fn canonical_type(type_name: &str) -> &str {
    match names::settings_member(type_name) {
        Some(_) => SETTINGS,
        None => type_name,
    }
}

/// Returns the name of the root element in a component's file: `SecuritySettings` for
/// `Settings:Security`, for others the type.
pub fn root_name(type_name: &str, full_name: &str) -> String {
    if type_name == SETTINGS { format!("{full_name}Settings") } else { type_name.to_owned() }
}

/// Returns every row whose folder and suffix are known: those of their own first.
pub fn rows_with_folder() -> impl Iterator<Item = &'static MetadataType> {
    ROWS.iter().copied().chain(names::with_folder())
}

/// Returns the type whose name is most like a misspelt one.
pub fn nearest_type(name: &str) -> Option<&'static str> {
    nearest::nearest(name, all_type_names())
}

/// Returns the name of every type that may be named: those with rows, and the WSDL's.
pub fn all_type_names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name).chain(names::others())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_name() {
        assert_eq!(find("ConnectedApp").unwrap().suffix, "connectedApp");
        let generic = find("ApexClass").unwrap();
        assert_eq!((generic.folder, generic.suffix, generic.complete), ("classes", "cls", false));
        assert_eq!(find("PlatformCachePartition").unwrap().fields.len(), 0);
        assert!(find("Nonsense").is_none());
        assert_eq!(nearest_type("ConectedApp"), Some("ConnectedApp"));
        assert_eq!(nearest_type("permissionset"), Some("PermissionSet"));
    }

    #[test]
    fn settings_are_told_by_member() {
        let row = find_component("Settings", "Security").unwrap();
        assert_eq!(row.name, "Settings");
        assert!(row.fields.iter().any(|field| field.name == "sessionSettings"));
        assert_eq!(root_name("Settings", "Security"), "SecuritySettings");
        assert_eq!(root_name("Profile", "Admin"), "Profile");
        assert!(find_component("SecuritySettings", "Security").is_some());
        assert!(find_component("SecuritySettings", "Other").is_none());
        assert!(find_component("Settings", "Account").unwrap().fields.is_empty());
        assert_eq!(canonical_type("SecuritySettings"), "Settings");
        assert_eq!(canonical_type("ExtlClntAppOauthSettings"), "ExtlClntAppOauthSettings");
    }

    #[test]
    fn no_name_stands_twice() {
        let mut names: Vec<_> = all_type_names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn versions_read_and_show() {
        assert_eq!(ApiVersion::parse(" 67.0 "), Some(ApiVersion(67)));
        assert_eq!(ApiVersion::parse("67.5"), None);
        assert_eq!(ApiVersion(67).to_string(), "67.0");
    }
}
