//! What a caller sees of objects, rows and fields, whichever way they ask: by query, by row, by
//! describe. Their own access to the data decides over describes and definitions, never over lists
//! and files of the Metadata API.

use super::catalog::ObjectType;
use super::deploy::PRE_AUTHORISING;
use super::id::same_id;
use super::objects::{ObjectDef, find};
use super::retrieve::NEEDS_VIEW_SETUP;
use super::state::{Org, Row, string};

/// Objects that only those see who have one of these rights; to others they do not exist (S 1.7,
/// S 12.1). That `AuthSession` and `UserLogin` do not, rather than that they have no rows, is the
/// demo org's own.
const RIGHTS: &[(&str, &[&str])] = &[
    ("AuthSession", &["ManageUsers"]),
    ("ConnectedApplication", &["ViewSetup"]),
    ("EventLogFile", &["ViewEventLogFiles", "ViewAllData"]),
    ("FieldPermissions", &["ViewSetup"]),
    ("ObjectPermissions", &["ViewSetup"]),
    ("PermissionDependency", &["ViewSetup"]),
    ("PermissionSetAssignment", &["ViewSetup", "AssignPermissionSets", "ManageUsers"]),
    ("PermissionSetLicenseAssign", &["ViewSetup", "AssignPermissionSets"]),
    ("SetupAuditTrail", &["ViewSetup"]),
    ("SetupEntityAccess", &["ViewSetup"]),
    ("TabDefinition", &["ViewSetup"]),
    ("UserLogin", &["ManageUsers"]),
];

/// Objects of which those see their own rows alone, without a word, who have none of these rights
/// (S 1.7, 12.1).
const OWN_ROWS: &[(&str, &[&str])] = &[
    ("LoginHistory", &["ManageUsers", "MonitorLoginHistory"]),
    ("OauthToken", &["CustomizeApplication"]),
];

impl Org {
    fn has_one_of(&self, user: &str, rights: &[&str]) -> bool {
        rights.iter().any(|right| self.is_permitted(user, right))
    }

    /// Whether an object is there for a user.
    pub(crate) fn may_see(&self, user: &str, object: &ObjectDef) -> bool {
        let row = RIGHTS.iter().find(|(name, _)| *name == object.name);
        row.is_none_or(|(_, rights)| self.has_one_of(user, rights))
    }

    /// Whether a user may make rows of an object, and delete them: to assign needs a right of its
    /// own (S 4.4), to pre-authorise an app three (S 1.4); of a permission set its deploy decides.
    pub(crate) fn may_make(&self, user: &str, object: &ObjectDef) -> bool {
        object.writable
            && match object.name {
                "PermissionSetAssignment" | "PermissionSetLicenseAssign" => {
                    self.has_one_of(user, &["AssignPermissionSets", "ManageUsers"])
                }
                "SetupEntityAccess" => {
                    PRE_AUTHORISING.iter().all(|right| self.is_permitted(user, right))
                }
                _ => true,
            }
    }

    /// The rows of an object that a user sees.
    pub(crate) fn visible_rows(&self, user: &str, object: &ObjectDef) -> Vec<Row> {
        if !self.may_see(user, object) {
            return Vec::new();
        }
        let mut rows = self.rows(object);
        let own = OWN_ROWS.iter().find(|(name, _)| *name == object.name);
        if own.is_some_and(|(_, rights)| !self.has_one_of(user, rights)) {
            rows.retain(|row| same_id(string(row, "UserId"), user));
        }
        if object.name == "EntityDefinition" && !self.sees_definitions(user) {
            rows.retain(|row| {
                let name = string(row, "QualifiedApiName");
                find(name, false).is_some_and(|object| self.may_see(user, object))
                    || self.sees_object(user, name)
            });
        }
        if object.name == "FieldDefinition" {
            rows.retain(|row| {
                let (object, field) = (string(row, "Object"), string(row, "QualifiedApiName"));
                self.sees_object(user, object) && self.sees_field(user, object, field)
            });
        }
        // A profile's parts are hidden in whichever way it is read (S 3.2).
        if object.name == "Profile" && object.tooling && !self.is_permitted(user, "ViewSetup") {
            let all = rows.iter_mut().filter_map(|row| row.get_mut("Metadata")?.as_object_mut());
            for metadata in all {
                metadata.retain(|name, _| !NEEDS_VIEW_SETUP.contains(&name.as_str()));
            }
        }
        rows
    }

    /// Whether a user reads an object.
    pub(crate) fn sees_object(&self, user: &str, object: &str) -> bool {
        ["ViewAllData", "ModifyAllData"].iter().any(|right| self.is_permitted(user, right))
            || self.has_entry(user, "objectPermissions", "object", object, &["allowRead"])
    }

    /// Whether a user reads a field of an object that they read. Required fields are seen by all.
    pub(crate) fn sees_field(&self, user: &str, object: &str, field: &str) -> bool {
        let kind = self.catalog.objects.get(object).and_then(|kind| kind.fields.get(field));
        kind.is_some_and(|kind| kind.required)
            || self.has_entry(user, "objectPermissions", "object", object, &["viewAllFields"])
            || {
                let name = format!("{object}.{field}");
                let flags = ["readable", "editable"];
                self.has_entry(user, "fieldPermissions", "field", &name, &flags)
            }
    }

    /// Whether a user sees the definitions of objects that they do not read.
    pub(crate) fn sees_definitions(&self, user: &str) -> bool {
        self.is_permitted(user, "ViewSetup")
            && ["CustomizeApplication", "ViewAllData", "ModifyAllData"]
                .iter()
                .any(|right| self.is_permitted(user, right))
    }

    /// The fields of an object that a describe shows to a user.
    pub(crate) fn seen_fields(&self, user: &str, name: &str, object: &ObjectType) -> ObjectType {
        let mut seen = object.clone();
        seen.fields.retain(|field, _| self.sees_field(user, name, field));
        seen
    }

    fn has_entry(&self, user: &str, section: &str, key: &str, name: &str, flags: &[&str]) -> bool {
        self.sources(user).iter().any(|(type_name, full_name)| {
            self.component(type_name, full_name).is_some_and(|node| {
                node.all(section).any(|entry| {
                    entry.get(key) == Some(name) && flags.iter().any(|flag| entry.flag(flag))
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_opens_what_it_is_for() {
        let mut org = Org::seeded("x");
        let (user, other) = ("005Ws0000000004IAA", "005Ws0000000003IAA");
        let give = |org: &mut Org, right: &str| {
            let key = ("PermissionSet".to_owned(), "Warehouse_Sync".to_owned());
            org.components.get_mut(&key).unwrap().content = format!(
                "<PermissionSet><userPermissions><enabled>true</enabled><name>{right}</name>\
                 </userPermissions></PermissionSet>"
            );
        };
        let sees = |org: &Org, name: &str| org.may_see(user, find(name, false).unwrap());
        for (right, opened) in [
            ("ApiEnabled", &[][..]),
            ("AssignPermissionSets", &["PermissionSetAssignment"]),
            ("ManageUsers", &["AuthSession", "PermissionSetAssignment", "UserLogin"]),
        ] {
            give(&mut org, right);
            for name in ["AuthSession", "PermissionSetAssignment", "SetupAuditTrail", "UserLogin"] {
                assert_eq!(sees(&org, name), opened.contains(&name), "{right}: {name}");
            }
        }
        let profile = find("Profile", true).unwrap();
        let parts = |org: &Org| {
            let rows = org.visible_rows(user, profile);
            let has = |row: &Row| row["Metadata"].get("objectPermissions").is_some();
            rows.iter().filter(|row| has(row)).count()
        };
        assert_eq!(parts(&org), 0);
        give(&mut org, "ViewSetup");
        assert!(parts(&org) > 0);
        let tokens = |org: &Org, user: &str| {
            org.visible_rows(user, find("OauthToken", false).unwrap()).len()
        };
        assert_eq!((tokens(&org, user), tokens(&org, other)), (0, 1));
    }

    #[test]
    fn a_caller_sees_the_fields_that_are_granted() {
        let org = Org::seeded("x");
        let user = "warehouse.sync@harbourlight.example.com";
        assert!(org.sees_object("robin.alder@harbourlight.example.com", "Campaign"));
        assert!(!org.sees_object(user, "Campaign"));
        assert!(org.sees_field(user, "Account", "Name"), "a required field is seen by all");
        assert!(!org.sees_field(user, "Account", "AnnualRevenue"));
    }
}
