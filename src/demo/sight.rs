//! What a caller sees of objects and fields: their own access to the data decides over describes
//! and definitions, never over lists and files of the Metadata API.

use super::catalog::ObjectType;
use super::state::Org;

impl Org {
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
    fn a_caller_sees_the_fields_that_are_granted() {
        let org = Org::seeded("x");
        let user = "warehouse.sync@harbourlight.example.com";
        assert!(org.sees_object("robin.alder@harbourlight.example.com", "Campaign"));
        assert!(!org.sees_object(user, "Campaign"));
        assert!(org.sees_field(user, "Account", "Name"), "a required field is seen by all");
        assert!(!org.sees_field(user, "Account", "AnnualRevenue"));
    }
}
