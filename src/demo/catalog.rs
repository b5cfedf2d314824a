//! What the demo org has besides metadata files: objects and their fields, user permissions,
//! licences, and which permission needs which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The org's catalogue; it does not change while the org lives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Catalog {
    /// The org's id, 18 characters.
    pub(crate) org_id: String,
    /// The id of the user that the first session belongs to.
    pub(crate) admin: String,
    pub(crate) objects: BTreeMap<String, ObjectType>,
    /// User permissions by API name, with Setup's words.
    pub(crate) user_permissions: BTreeMap<String, String>,
    pub(crate) standard_applications: Vec<String>,
    /// Standard profiles: full name to the name in Setup (S 3.3).
    pub(crate) standard_profiles: BTreeMap<String, String>,
    /// User licences and permission set licences by name.
    pub(crate) licences: BTreeMap<String, Licence>,
    pub(crate) dependencies: Vec<Dependency>,
    /// Consumer secrets by consumer key; invented, for the token endpoint.
    pub(crate) secrets: BTreeMap<String, String>,
    /// The answer of the limits resource.
    pub(crate) limits: serde_json::Value,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ObjectType {
    pub(crate) label: String,
    pub(crate) plural: String,
    pub(crate) custom: bool,
    /// The objects that it is a master-detail child of.
    pub(crate) master: Vec<String>,
    pub(crate) record_types: Vec<String>,
    pub(crate) fields: BTreeMap<String, FieldType>,
}

/// A field of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FieldType {
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) required: bool,
}

/// What a licence allows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Licence {
    /// Whether it carries object permissions.
    pub(crate) objects: bool,
    /// User permissions that it does not carry.
    pub(crate) refuses: Vec<String>,
}

/// A permission that needs others (S 3.6). Permissions are written `ApiEnabled` or `Account.read`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) permission: String,
    pub(crate) requires: Vec<String>,
}

impl Catalog {
    /// Whether the org has the field; `Object.Field`.
    pub(crate) fn field(&self, full_name: &str) -> Option<&FieldType> {
        let (object, field) = full_name.split_once('.')?;
        self.objects.get(object)?.fields.get(field)
    }

    /// A user permission by name, without regard to case (S 4.5: `APIEnabled`).
    pub(crate) fn user_permission(&self, name: &str) -> Option<&str> {
        self.user_permissions
            .keys()
            .find(|known| known.eq_ignore_ascii_case(name))
            .map(String::as_str)
    }
}
