//! Licences: what they carry, who holds them, how many seats are taken, and which permission sets
//! they let a user have (S 4.3, 4.4).

use serde_json::Value;

use super::catalog::{Catalog, Licence};
use super::id::same_id;
use super::objects::HIDDEN_PERMISSION;
use super::refusal::{Refusal, refuse};
use super::state::{Org, Row, string};
use super::tree::Node;

/// A right that a licence carries or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// A user permission, by its API name.
    User(String),
    /// To read an object, by its API name.
    Read(String),
}

impl Right {
    /// The right as an org names it in its errors.
    pub(crate) fn words(&self, catalog: &Catalog) -> String {
        match self {
            Self::User(name) => name.clone(),
            Self::Read(object) => {
                let plural =
                    catalog.objects.get(object).map_or(object.as_str(), |row| row.plural.as_str());
                format!("Read {plural}")
            }
        }
    }
}

/// The rights of a profile or permission set that a licence must carry.
pub(crate) fn wanted(catalog: &Catalog, node: &Node) -> Vec<Right> {
    let name = |entry: &Node, field: &str| entry.get(field).unwrap_or_default().to_owned();
    let users = node.all("userPermissions").filter(|entry| entry.flag("enabled")).map(|entry| {
        let name = name(entry, "name");
        Right::User(catalog.user_permission(&name).map_or(name.clone(), str::to_owned))
    });
    let objects = node.all("objectPermissions").filter(|entry| entry.flag("allowRead"));
    users.chain(objects.map(|entry| Right::Read(name(entry, "object")))).collect()
}

impl Licence {
    /// Whether it carries a right.
    pub(crate) fn carries(&self, right: &Right) -> bool {
        match right {
            Right::User(name) => !self.refuses.contains(name),
            Right::Read(_) => self.objects,
        }
    }
}

impl Org {
    /// The id of a licence by its name or label; null where there is none.
    pub(crate) fn licence_id(&self, name: &str) -> Value {
        ["UserLicense", "PermissionSetLicense"]
            .iter()
            .filter_map(|object| self.records.get(*object))
            .flatten()
            .find(|row| string(row, "MasterLabel") == name || string(row, "Name") == name)
            .map_or(Value::Null, |row| string(row, "Id").into())
    }

    /// The rows of `PermissionSetLicense`, with the seats that are taken and what each carries.
    pub(crate) fn permission_set_licences(&self) -> Vec<Value> {
        let stored = self.records.get("PermissionSetLicense").into_iter().flatten();
        stored
            .map(|row| {
                let mut row = row.clone();
                let used = self.holders(string(&row, "Id")).count();
                let licence = self.catalog.licences.get(string(&row, "MasterLabel"));
                row.insert("UsedLicenses".to_owned(), used.into());
                for name in self.catalog.user_permissions.keys() {
                    if name != HIDDEN_PERMISSION {
                        let right = Right::User(name.clone());
                        let carried = licence.is_some_and(|licence| licence.carries(&right));
                        row.insert(format!("MaximumPermissions{name}"), carried.into());
                    }
                }
                Value::Object(row)
            })
            .collect()
    }

    /// The users who hold a permission set licence.
    fn holders<'a>(&'a self, licence: &'a str) -> impl Iterator<Item = &'a str> {
        let rows = self.records.get("PermissionSetLicenseAssign").into_iter().flatten();
        rows.filter(move |row| same_id(string(row, "PermissionSetLicenseId"), licence))
            .map(|row| string(row, "AssigneeId"))
    }

    /// The licence of a user's profile.
    fn user_licence(&self, user: &Row) -> Option<String> {
        let profile = self.component("Profile", string(user, "Profile"))?;
        profile.get("userLicense").map(str::to_owned)
    }

    /// The licences that a user has: their profile's and the permission set licences.
    fn licences_of(&self, user: &Row) -> Vec<&Licence> {
        let own = self.user_licence(user);
        let id = string(user, "Id");
        let stored = self.records.get("PermissionSetLicense").into_iter().flatten();
        let held = stored
            .filter(|row| self.holders(string(row, "Id")).any(|holder| same_id(holder, id)))
            .map(|row| string(row, "MasterLabel").to_owned());
        own.into_iter().chain(held).filter_map(|name| self.catalog.licences.get(&name)).collect()
    }

    /// Refuses a permission set to a user whose licences do not let them have it (S 3.5, 4.3, 4.4).
    pub(crate) fn check_licence(&self, user: &str, set: &str) -> Result<(), Refusal> {
        let (Some(node), Some(user)) = (self.component("PermissionSet", set), self.user(user))
        else {
            return Ok(());
        };
        let Some(lacking) = self.lacking(user, &node) else { return Ok(()) };
        Err(refuse(
            "FIELD_INTEGRITY_EXCEPTION",
            format!(
                "Can't assign permission set \"{}\" to user \"{}\". {lacking}",
                node.get("label").unwrap_or(set),
                string(user, "Name")
            ),
        ))
    }

    /// What a user's licences lack for a set, in an org's words.
    fn lacking(&self, user: &Row, set: &Node) -> Option<String> {
        let wanted = wanted(&self.catalog, set);
        let not_allowed = |right: &Right| {
            let words = match right {
                Right::User(name) => {
                    self.catalog.user_permissions.get(name).unwrap_or(name).clone()
                }
                Right::Read(_) => right.words(&self.catalog),
            };
            format!("The user license doesn't allow the permission: {words}")
        };
        let Some(licence) = set.get("license") else {
            let has = self.licences_of(user);
            let missing = wanted.iter().find(|right| !has.iter().any(|one| one.carries(right)));
            return missing.filter(|_| !has.is_empty()).map(not_allowed);
        };
        let id = self.licence_id(licence);
        let id = id.as_str().unwrap_or_default();
        if self.holders(id).any(|holder| same_id(holder, string(user, "Id"))) {
            return None;
        }
        if id.starts_with("0PL") {
            let first = wanted.iter().find(|right| matches!(right, Right::Read(_)));
            let api = Right::User("ApiEnabled".to_owned());
            return Some(not_allowed(first.or(wanted.first()).unwrap_or(&api)));
        }
        // The words are the demo org's own: no source gives those of another user licence.
        let own = self.user_licence(user).unwrap_or_default();
        (own != licence)
            .then(|| format!("The user license {own} is not that of the set: {licence}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::objects::find;
    use super::super::state::component_id;
    use super::*;

    const SAM: &str = "sam.pereira@harbourlight.example.com";
    const WAREHOUSE: &str = "warehouse.sync@harbourlight.example.com";

    fn values(pairs: &[(&str, String)]) -> Row {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect()
    }

    fn id_of(org: &Org, user: &str) -> String {
        string(org.user(user).unwrap(), "Id").to_owned()
    }

    fn set(org: &mut Org, content: &str) -> String {
        let key = ("PermissionSet".to_owned(), "Acme".to_owned());
        let mut stored = org.components.values().next().unwrap().clone();
        let space = super::super::tree::NAMESPACE;
        stored.content = format!("<PermissionSet xmlns=\"{space}\">{content}</PermissionSet>");
        org.components.insert(key, stored);
        component_id("PermissionSet", "Acme")
    }

    fn assign(org: &mut Org, user: &str, field: &str, set: String) -> Result<String, Refusal> {
        let values = values(&[("AssigneeId", id_of(org, user)), (field, set)]);
        org.create_row(find("PermissionSetAssignment", false).unwrap(), &values)
    }

    fn assign_licence(org: &mut Org, user: &str) -> Result<String, Refusal> {
        let licence = org.licence_id("Salesforce API Integration");
        let licence = licence.as_str().unwrap().to_owned();
        let pairs = [("AssigneeId", id_of(org, user)), ("PermissionSetLicenseId", licence)];
        org.create_row(find("PermissionSetLicenseAssign", false).unwrap(), &values(&pairs))
    }

    const READ: &str = "<label>Acme</label><objectPermissions><allowRead>true</allowRead><object>\
                        Account</object></objectPermissions>";

    #[test]
    fn a_set_without_licence_is_held_against_what_the_users_licences_carry() {
        let mut org = Org::seeded("x");
        let id = set(&mut org, READ);
        org.records.get_mut("PermissionSetLicenseAssign").unwrap().clear();
        let refused = assign(&mut org, WAREHOUSE, "PermissionSetId", id.clone()).unwrap_err();
        assert_eq!(
            refused.message,
            "Can't assign permission set \"Acme\" to user \"Warehouse Sync\". The user license \
             doesn't allow the permission: Read Accounts"
        );
        assign_licence(&mut org, WAREHOUSE).unwrap();
        assign(&mut org, WAREHOUSE, "PermissionSetId", id).unwrap();
    }

    #[test]
    fn a_sets_own_licence_must_be_the_users() {
        let mut org = Org::seeded("x");
        let id = set(&mut org, "<label>Acme</label><license>Salesforce</license>");
        let refused = assign(&mut org, WAREHOUSE, "PermissionSetId", id.clone()).unwrap_err();
        assert_eq!(refused.code, "FIELD_INTEGRITY_EXCEPTION");
        assert!(refused.message.contains("Salesforce Integration"), "{}", refused.message);
        assign(&mut org, SAM, "PermissionSetId", id).unwrap();
        // Of a permission set licence a seat must be held.
        let id = component_id("PermissionSet", "Warehouse_Sync");
        let refused = assign(&mut org, SAM, "PermissionSetId", id.clone()).unwrap_err();
        assert_eq!(refused.code, "FIELD_INTEGRITY_EXCEPTION");
        assign_licence(&mut org, SAM).unwrap();
        assign(&mut org, SAM, "PermissionSetId", id).unwrap();
    }

    #[test]
    fn a_group_is_as_strict_as_its_sets() {
        let mut org = Org::seeded("x");
        let group = org.component("PermissionSetGroup", "Back_Office").unwrap();
        assert!(group.texts("permissionSets").count() > 0);
        let id = component_id("PermissionSetGroup", "Back_Office");
        org.records.get_mut("PermissionSetLicenseAssign").unwrap().clear();
        let refused = assign(&mut org, WAREHOUSE, "PermissionSetGroupId", id).unwrap_err();
        assert_eq!(refused.code, "FIELD_INTEGRITY_EXCEPTION");
    }

    #[test]
    fn seats_run_out_and_come_back() {
        let mut org = Org::seeded("x");
        org.records.get_mut("PermissionSetLicense").unwrap()[0]
            .insert("TotalLicenses".to_owned(), 1.into());
        let refused = assign_licence(&mut org, SAM).unwrap_err();
        assert_eq!(refused.code, "LICENSE_LIMIT_EXCEEDED");
        let object = find("PermissionSetLicenseAssign", false).unwrap();
        let held = string(&org.rows(object)[0], "Id").to_owned();
        org.delete_row(object, &held).unwrap();
        assign_licence(&mut org, SAM).unwrap();
        assert_eq!(assign_licence(&mut org, SAM).unwrap_err().code, "DUPLICATE_VALUE");
        let rows = org.permission_set_licences();
        assert_eq!(rows[0]["UsedLicenses"], 1);
        assert_eq!(rows[0]["MaximumPermissionsAuthorApex"], false);
        assert_eq!(rows[0]["MaximumPermissionsApiEnabled"], true);
    }
}
