//! The table of metadata types: folder, suffix, fields, keyed lists, what absence means, overlay or
//! replace.
//!
//! One row a type. The rows' contents stand in `registry/`, one file a family; what has no row of
//! its own is answered from the types of the WSDL (`wsdl`), and `shape` asks both. Finding a path
//! in the table and judging a value is `check`, reading a document by the table `lookup`.

mod check;
mod connected_app;
mod creation;
mod custom_object;
mod derived;
mod entries;
mod external_client_app;
mod lookup;
mod muting_permission_set;
mod names;
pub mod nearest;
mod permission_set;
mod profile;
mod profile_policy;
mod row;
mod settings;
pub mod shape;
pub mod wsdl;

use std::fmt;
use std::sync::LazyLock;

pub use creation::must_say;
pub use entries::{Entries, one_spelling};
pub use lookup::{
    Found, entries, find_entry, held, identity_of, identity_of_parts, key_of, layout_identity,
    look_up, look_up_below,
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
#[derive(Clone, Debug)]
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
    /// What is told of no other type.
    pub odd: Odd,
}

/// What is odd about a type; of most types nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odd {
    /// The child of the root that says whose the component is: its own name need not say, and
    /// differs from org to org. In a template `TYPE:NAME` then means the component of which this
    /// child is NAME.
    pub named_by: Option<&'static str>,
    /// What is put behind that name for a component that is made here.
    pub made_as: Option<&'static str>,
    /// What the file of a new component must say besides.
    pub made_with: &'static [(&'static str, Said)],
    /// Why no API makes such a component; empty where one does.
    pub not_made: &'static str,
    /// Why there may be no way back from making, or deleting, one; empty where there is.
    pub one_way: &'static str,
    /// Whether it grants permissions, which need one another (S 3.6).
    pub grants: bool,
}

/// What a file says of a new component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// This text.
    Text(&'static str),
    /// The component's own name.
    Name,
    /// The name of whose it is, see [`Odd::named_by`].
    Owner,
}

impl Odd {
    /// Nothing is odd.
    pub const NOTHING: Self = Self {
        named_by: None,
        made_as: None,
        made_with: &[],
        not_made: "",
        one_way: "",
        grants: false,
    };
}

/// An element of a type, or of a group or section within it.
#[derive(Clone, Debug)]
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
    pub portability: Portability,
    /// The words in Setup for the field, where they are known.
    pub label: &'static str,
    /// Whether a deploy of an overlaid type must name the whole list: an org has been seen to lose
    /// it otherwise (S 3.4).
    pub sent_whole: bool,
    /// Whether an entry of this list grants something by being there, though all its flags be off.
    pub counts_itself: bool,
    /// Setup's words for the two values of a flag (`true`, `false`), where it shows other words
    /// than those; else empty.
    pub words: &'static [Choice],
    /// Whether it is a user's name. In a sandbox that has the sandbox's name as a suffix.
    pub names_user: bool,
    /// Whether an org may hold it though no retrieve shows it: that it is not there proves nothing.
    pub hidden: bool,
}

/// What a field holds.
#[derive(Clone, Debug)]
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
        /// Whether the key is known to tell the entries of any file apart. Else it counts only in a
        /// file where it does; in another the list is taken as a whole.
        sure: bool,
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
pub enum Portability {
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
    /// Returns the type of what the key names.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Type(type_name) => type_name,
            Self::Object => "CustomObject",
            Self::Field => "CustomField",
            Self::RecordType => "RecordType",
            Self::Tab => "CustomTab",
            Self::Layout => "Layout",
        }
    }

    /// Returns the components of which one must be asked for with the profile, so that the entry of
    /// this key is returned: `(type, full name)`, the one that surely brings it last. A
    /// `CustomField` alone is not always enough (a relationship field is named otherwise, S 3.2),
    /// its object is.
    pub fn candidates(self, key: &str) -> Vec<(&'static str, String)> {
        let key = &*super::percent::plain(key);
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
        write!(f, "{}{}", self.message, nearest::perhaps(self.nearest.as_deref()))
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
    &muting_permission_set::MUTING_PERMISSION_SET,
    &permission_set::PERMISSION_SET,
    &permission_set::PERMISSION_SET_GROUP,
    &profile::PROFILE,
    &profile_policy::PASSWORD_POLICY,
    &profile_policy::SESSION_SETTING,
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
    let row = ROWS
        .iter()
        .copied()
        .find(|row| row.name == type_name)
        .or_else(|| names::settings_member(type_name).map(settings::of_member))
        .or_else(|| names::generic(type_name))?;
    Some(derived::row(row, type_name))
}

/// A type of which nothing is known.
pub static UNKNOWN: MetadataType = MetadataType {
    name: "",
    folder: "",
    suffix: "",
    since: None,
    deploy: DeployRule::Replace,
    fields: &[],
    complete: false,
    wildcard: false,
    odd: Odd::NOTHING,
};

/// Finds the row of one component. It differs from [`find`] for `Settings`, whose fields depend on
/// the member.
///
/// `None` where there is no such type, and for `SecuritySettings:Other`.
pub fn find_component(type_name: &str, full_name: &str) -> Option<&'static MetadataType> {
    match names::settings_member(type_name) {
        _ if type_name == SETTINGS => {
            let root = root_name(type_name, full_name);
            Some(derived::row(settings::of_member(full_name), &root))
        }
        Some(member) => (member == full_name).then(|| find(type_name)).flatten(),
        None => find(type_name),
    }
}

/// Returns the row of one component as it is written, without what the WSDL adds to it.
pub fn own_row(type_name: &str, full_name: &str) -> Option<&'static MetadataType> {
    if type_name == SETTINGS {
        return Some(settings::of_member(full_name));
    }
    ROWS.iter().copied().find(|row| row.name == type_name)
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

/// A sort of file in a folder of metadata.
#[derive(Clone, Copy, Debug)]
pub struct FileSort {
    /// The type of the components.
    pub row: &'static MetadataType,
    /// Whether the XML stands beside a file of content (`X.cls`, `X.cls-meta.xml`).
    pub beside_content: bool,
}

/// The sorts of file that hold one component each, in order of folder.
static FILES: LazyLock<Vec<FileSort>> = LazyLock::new(|| {
    let of_names = names::others().iter().filter(|row| is_other(row.name));
    let mut files: Vec<FileSort> = ROWS
        .iter()
        .copied()
        .chain(of_names)
        .filter(|row| !row.folder.is_empty() && !row.suffix.is_empty())
        .filter_map(|row| {
            let place = wsdl::find(row.name).map(|told| told.place);
            // Which component a file deeper down is cannot be told by its folder.
            let is_nested = place.is_some_and(|place| place.nested);
            let beside_content = place.is_some_and(|place| place.beside_content);
            (!is_nested).then_some(FileSort { row, beside_content })
        })
        .collect();
    files.sort_by_key(|file| file.row.folder);
    files
});

/// Returns what files a folder of metadata holds, by the folder's name.
pub fn files_in(folder: &str) -> &'static [FileSort] {
    let files: &'static [FileSort] = &FILES;
    let from = files.partition_point(|file| file.row.folder < folder);
    let count = files[from..].partition_point(|file| file.row.folder == folder);
    &files[from..from + count]
}

/// The same in order of suffix.
static FILES_BY_SUFFIX: LazyLock<Vec<FileSort>> = LazyLock::new(|| {
    let mut files = FILES.clone();
    files.sort_by_key(|file| file.row.suffix);
    files
});

/// Returns what files end in a suffix, without its dot; several types share one (`site`).
pub fn files_of(suffix: &str) -> &'static [FileSort] {
    let files: &'static [FileSort] = &FILES_BY_SUFFIX;
    let from = files.partition_point(|file| file.row.suffix < suffix);
    let count = files[from..].partition_point(|file| file.row.suffix == suffix);
    &files[from..from + count]
}

/// Folders whose files are of their type only below them: another type has the same suffix, or a
/// component is a folder there (S 6.11).
const STRICT: &[&str] = &[
    "ActionableEventOrchDefSettings",
    "ActionableEventTypeDefSettings",
    "ObjectHierarchyRelationship",
    "accessControlPolicies",
    "appointmentAssignmentPolicies",
    "appointmentSchedulingPolicies",
    "bots",
    "emailservices",
    "fieldRestrictionRules",
    "integrationHub",
    "mktDataSources",
    "objectTranslations",
    "objects",
    "restrictionRules",
    "siteDotComSites",
    "sites",
    "staticresources",
];

impl FileSort {
    /// Says whether a file is of this sort only in the type's folder, or in one of the component's
    /// own below it.
    pub fn is_strict(&self) -> bool {
        STRICT.contains(&self.row.folder)
    }
}

/// Says whether a type has no row of its own.
fn is_other(name: &str) -> bool {
    ROWS.iter().all(|row| row.name != name)
}

/// Returns the type whose name is most like a misspelt one.
pub fn nearest_type(name: &str) -> Option<&'static str> {
    nearest::nearest(name, all_type_names())
}

/// Returns the name of every type that may be named: those with rows, and the WSDL's.
pub fn all_type_names() -> impl Iterator<Item = &'static str> {
    let others = names::others().iter().map(|row| row.name).filter(|name| is_other(name));
    ROWS.iter().map(|row| row.name).chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_name() {
        assert_eq!(find("ConnectedApp").unwrap().suffix, "connectedApp");
        let generic = find("ApexClass").unwrap();
        assert_eq!((generic.folder, generic.suffix, generic.complete), ("classes", "cls", false));
        let told = find("PlatformCachePartition").unwrap();
        assert!(told.field("isDefaultPartition").is_some() && !told.complete);
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
        let account = find_component("Settings", "Account").unwrap();
        assert!(account.field("enableAccountTeams").is_some() && !account.complete);
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
    fn a_file_is_of_one_type() {
        let sorts: Vec<_> =
            FILES.iter().map(|file| (file.row.folder, file.row.suffix, file.row.name)).collect();
        assert!(sorts.len() > 400);
        for (index, (folder, suffix, name)) in sorts.iter().enumerate() {
            for (_, other, twice) in sorts[index + 1..].iter().filter(|of| of.0 == *folder) {
                assert_ne!(suffix, other, "{name} and {twice}");
            }
        }
        // Parts of a component in source format are no components by the name of their file; all
        // labels are one file.
        for part in wsdl::all() {
            let Some((whole, folder)) = part.part_of else { continue };
            let suffix = part.place.suffix;
            for file in files_in(folder).iter().filter(|file| file.row.suffix == suffix) {
                assert_eq!(file.row.name, whole, "{}", part.name);
            }
        }
        assert!(files_in("nonsense").is_empty());
    }

    #[test]
    fn versions_read_and_show() {
        assert_eq!(ApiVersion::parse(" 67.0 "), Some(ApiVersion(67)));
        assert_eq!(ApiVersion::parse("67.5"), None);
        assert_eq!(ApiVersion(67).to_string(), "67.0");
    }
}
