//! What goes with a component that is deleted, so that nothing names what is not there. That an org
//! does so, rather than refuse what is in use, is the demo org's own: no source says it.

use super::super::name::Key;
use super::super::state::{Org, component_id, profile_set_id, string};
use super::super::tree::Node;

/// Types of which a component belongs to a profile.
const OF_PROFILES: &[&str] = &["ProfilePasswordPolicy", "ProfileSessionSetting"];

impl Org {
    /// Takes a component away, and all that speaks of it.
    pub(super) fn take_away(&mut self, key: &Key) {
        let (type_name, full_name) = key;
        let carrier = match type_name.as_str() {
            "PermissionSet" => Some(component_id(type_name, full_name)),
            "Profile" => Some(profile_set_id(full_name)),
            _ => None,
        };
        if let Some(id) = carrier {
            self.strike_out_everywhere(key);
            self.drop_rows("SetupEntityAccess", "ParentId", &id);
        }
        match type_name.as_str() {
            "PermissionSet" | "PermissionSetGroup" => {
                self.drop_rows("PermissionSetAssignment", type_name, full_name);
            }
            "Profile" => self.drop_parts(OF_PROFILES, "profile", full_name),
            "ConnectedApp" => {
                let id = component_id(type_name, full_name);
                self.drop_rows("SetupEntityAccess", "SetupEntityId", &id);
            }
            "ExternalClientApplication" => {
                let parts: Vec<&str> = super::ORDER
                    .iter()
                    .copied()
                    .filter(|name| name.starts_with("ExtlClntApp"))
                    .collect();
                self.drop_parts(&parts, "externalClientApplication", full_name);
                let id = component_id(type_name, full_name);
                self.drop_rows("SetupEntityAccess", "SetupEntityId", &id);
            }
            _ => {}
        }
        self.components.remove(key);
    }

    fn drop_rows(&mut self, object: &str, field: &str, value: &str) {
        if let Some(rows) = self.records.get_mut(object) {
            rows.retain(|row| string(row, field) != value);
        }
    }

    /// Takes away the components of some types that name one in a field; case does not count.
    fn drop_parts(&mut self, types: &[&str], field: &str, name: &str) {
        self.components.retain(|(type_name, _), stored| {
            !types.contains(&type_name.as_str())
                || !Node::parse(&stored.content).is_ok_and(|node| {
                    node.get(field).is_some_and(|one| one.eq_ignore_ascii_case(name))
                })
        });
    }
}
