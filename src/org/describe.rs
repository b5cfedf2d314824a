//! What an org's schema says: which system permissions it has, and which fields carry permissions.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Org;
use super::error::OrgError;
use crate::metadata::names::Shown;

/// System permissions that every org has; for any other the schema is asked first (S 4.5:
/// `CanApproveUninstalledApps` is not everywhere).
const EVERYWHERE: &[&str] = &[
    "ApiEnabled",
    "ApiUserOnly",
    "CustomizeApplication",
    "ManageUsers",
    "ModifyAllData",
    "ModifyMetadata",
    "ViewAllData",
    "ViewSetup",
];

/// Returns the spelling of a system permission that every org has; none for any other.
pub(super) fn everywhere(name: &str) -> Option<&'static str> {
    EVERYWHERE.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

/// Permissions that metadata has and the schema need not show (S 4.5).
pub(super) const METADATA_ALONE: &[&str] = &["CanApproveUninstalledApps"];

impl Org {
    /// Returns those of the named system permissions that this org does not have; none where it
    /// does not show which it has.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn unknown_permissions(
        &self,
        names: &[&str],
    ) -> Result<Vec<String>, OrgError> {
        let doubtful: Vec<&str> =
            names.iter().copied().filter(|name| everywhere(name).is_none()).collect();
        if doubtful.is_empty() {
            return Ok(Vec::new());
        }
        let Some(fields) = permission_fields(self).await? else {
            return Ok(Vec::new());
        };
        let is_known = |name: &&&str| {
            METADATA_ALONE.contains(*name)
                || fields
                    .iter()
                    .any(|field| field.eq_ignore_ascii_case(&format!("Permissions{name}")))
        };
        Ok(doubtful.iter().filter(|name| !is_known(name)).map(|name| (*name).to_owned()).collect())
    }

    /// Returns those of the named fields (`Object.Field`) that carry no field-level security:
    /// required ones and the like, which everyone sees and for which an org refuses a permission (S
    /// 3.5). What the schema does not say of a field is taken for a yes.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn fields_without_permission(
        &self,
        names: &[&str],
    ) -> Result<Vec<String>, OrgError> {
        let mut without = Vec::new();
        let mut described: BTreeMap<&str, Option<Vec<Json>>> = BTreeMap::new();
        for name in names {
            let Some((object, field)) = name.split_once('.') else { continue };
            // A part of an address that no describe knows, or a name that is no path: the deploy
            // itself says so.
            if !object
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_')
            {
                continue;
            }
            if !described.contains_key(object) {
                described.insert(object, fields(self, object).await?);
            }
            let of_object = described.get(object).into_iter().flatten().flatten();
            let found = of_object.into_iter().find(|one| {
                one["name"].as_str().is_some_and(|one| one.eq_ignore_ascii_case(field))
            });
            if found.is_some_and(|one| one["permissionable"].as_bool() == Some(false)) {
                without.push((*name).to_owned());
            }
        }
        Ok(without)
    }
}

/// Asks the schema for the names of the fields of `PermissionSet`, once a connection; `None` when
/// it is not shown.
pub(super) async fn permission_fields(org: &Org) -> Result<Option<Vec<String>>, OrgError> {
    let ask = async || {
        let fields = fields(org, "PermissionSet").await?;
        Ok(fields.map(|fields| names(&fields).map(str::to_owned).collect()))
    };
    org.permission_fields.get_or_try_init(ask).await.cloned()
}

/// Asks for the fields of an object that the caller sees; none of an object that they do not see.
pub(super) async fn described_names(org: &Org, object: &str) -> Result<Shown, OrgError> {
    let fields = match fields(org, object).await {
        Ok(fields) => fields.unwrap_or_default(),
        Err(error) if error.is_about_one_question() => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(Shown::of_fields(names(&fields).map(|field| (object, field))))
}

/// Asks for the values that a field of an object can have; none where that is not shown.
pub(super) async fn described_values(
    org: &Org,
    object: &str,
    field: &str,
) -> Result<Vec<String>, OrgError> {
    let all = match fields(org, object).await {
        Ok(fields) => fields.unwrap_or_default(),
        Err(error) if error.is_about_one_question() => Vec::new(),
        Err(error) => return Err(error),
    };
    let found = all.iter().find(|one| one["name"].as_str() == Some(field));
    let values = found.and_then(|one| one["picklistValues"].as_array()).into_iter().flatten();
    Ok(values.filter_map(|one| one["value"].as_str()).map(str::to_owned).collect())
}

fn names(fields: &[Json]) -> impl Iterator<Item = &str> {
    fields.iter().filter_map(|field| field["name"].as_str())
}

/// Asks the schema for the fields of an object; `None` when it is not shown.
pub(super) async fn fields(org: &Org, object: &str) -> Result<Option<Vec<Json>>, OrgError> {
    match org.wire.get(&format!("sobjects/{object}/describe"), &[]).await {
        Ok(described) => Ok(described["fields"].as_array().cloned()),
        Err(error) if error.is_about_rights() => Ok(None),
        Err(error) => Err(error),
    }
}
