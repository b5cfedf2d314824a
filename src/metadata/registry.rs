//! The table of metadata types: folder, suffix, fields, keyed lists, what absence means, overlay or replace.
//!
//! One row a type. The rows' contents stand in `registry/`, one file a family; what has no row of its own is answered from the list of the
//! WSDL's names.

use std::fmt;

use super::path::FieldPath;
use super::value::Value;

/// An API version, such as 67.0, as its whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(pub u16);

impl ApiVersion {
    /// The newest version that this program knows of: 67.0, Summer '26.
    pub const NEWEST: Self = Self(67);

    /// Reads `67.0` or `67`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        text.strip_suffix(".0")
            .unwrap_or(text)
            .parse()
            .ok()
            .map(Self)
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
    /// The API's name, such as `ConnectedApp`. For settings this is the type of the file's root element's family: `Settings`.
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
    /// Text out of a list. Compared without case where `fold_case` (the org answers in two spellings, S 2.5).
    Choice {
        /// The values that are known.
        choices: &'static [Choice],
        /// Whether `Enforce_relaxrefresh` is `Enforce_RelaxRefresh`.
        fold_case: bool,
        /// Checks values that follow a pattern (`specific_inactivity:7:DAYS`); `None` where the list is all.
        pattern: Option<fn(&str) -> Option<String>>,
    },
    /// Several texts, order without meaning.
    Set {
        /// How they are written.
        form: SetForm,
        /// The values that are known; empty where any text will do.
        choices: &'static [Choice],
        /// Written names that come back under another: `(written, comes back as)` (S 1.2: `OfflineAccess` as `RefreshToken`).
        aliases: &'static [(&'static str, &'static str)],
    },
    /// One complex element.
    Group(&'static [Field]),
    /// A list of complex elements, each with a key.
    Section {
        /// The children that make the key; several are joined by `|`. A trailing part that is absent is left out.
        key: &'static [&'static str],
        /// The children.
        fields: &'static [Field],
        /// The type whose components must be in the same request for an entry to be returned, if any (S 3.2).
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

/// Which components must be asked for with a profile or permission set, so that an entry's absence can be read (S 3.2).
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
    /// The nearest right name, for a suggestion.
    pub nearest: Option<String>,
}
