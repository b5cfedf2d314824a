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

/// What `ViewAllData` needs by the words of Setup, as one public file has them (S 3.6).
const VIEW_ALL_DATA: &[&str] = &[
    "ViewDataLeakageEvents",
    "ViewEventLogFiles",
    "ViewPlatformEvents",
    "ViewPublicDashboards",
    "ViewPublicReports",
    "ViewSetup",
];

/// What is needed where a form is taken.
const BY_FORM: &[(Form, &str, &[&str])] = &[
    (Form::ManageUsersNeeds, "ManageUsers", MANAGE_USERS),
    (Form::ViewAllDataNeeds, "ViewAllData", VIEW_ALL_DATA),
];

impl Org {
    /// Which permission needs which: pairs of the catalogue, and of the form that is taken.
    pub(crate) fn dependencies(&self) -> Vec<(&str, &str)> {
        let listed = self.catalog.dependencies.iter().flat_map(|row| {
            row.requires.iter().map(|required| (row.permission.as_str(), required.as_str()))
        });
        let known = |name: &&&str| self.catalog.user_permissions.contains_key(**name);
        let taken = BY_FORM.iter().filter(|(form, ..)| self.takes(*form));
        let formed = taken.flat_map(|(_, permission, parts)| {
            parts.iter().filter(known).map(|required| (*permission, *required))
        });
        listed.chain(formed).collect()
    }
}
