//! Which permission needs which.

use super::form::Form;
use super::state::Org;

/// What `ManageUsers` needs by the text of one deploy (S 3.6).
const MANAGE_USERS: &[&str] = &[
    "AssignPermissionSets",
    "DelegatedTwoFactor",
    "FreezeUsers",
    "ManageInternalUsers",
    "ManageIpAddresses",
    "ManageLoginAccessPolicies",
    "ManagePasswordPolicies",
    "ManageProfilesPermissionsets",
    "ManageRoles",
    "ManageSharing",
    "MonitorLoginHistory",
    "ViewAllUsers",
];

impl Org {
    /// Which permission needs which: pairs of the catalogue, and of the form that is taken.
    pub(crate) fn dependencies(&self) -> Vec<(&str, &str)> {
        let listed = self.catalog.dependencies.iter().flat_map(|row| {
            row.requires.iter().map(|required| (row.permission.as_str(), required.as_str()))
        });
        let known = |name: &&&str| self.catalog.user_permissions.contains_key(**name);
        let taken = self.takes(Form::ManageUsersNeeds);
        let parts = MANAGE_USERS.iter().filter(|_| taken).filter(known);
        listed.chain(parts.map(|name| ("ManageUsers", *name))).collect()
    }
}
