//! Which rights it takes to change a component, or to give what it grants: what somebody must have
//! before a deploy is of use to them.

use super::path::FieldPath;

/// A right, which one of several permissions gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// The system permissions of which one suffices.
    pub any_of: &'static [&'static str],
    /// What Setup calls it.
    pub words: &'static str,
}

/// To deploy, retrieve or list by the Metadata API (S 1.4).
pub const METADATA: Right = Right {
    any_of: &["ModifyMetadata", "ModifyAllData"],
    words: "Modify Metadata Through Metadata API Functions (or Modify All Data)",
};
/// To change an app (S 1.4).
pub const CUSTOMIZE: Right =
    Right { any_of: &["CustomizeApplication"], words: "Customize Application" };
/// To give permission sets, groups and their licences to users (S 4.4).
pub const ASSIGN: Right = Right {
    any_of: &["AssignPermissionSets", "ManageUsers"],
    words: "Assign Permission Sets (or Manage Internal Users)",
};
/// The other right that changing a connected app takes (S 1.4).
const MANAGE_APPS: Right = Right {
    any_of: &["ManageRemoteAccess", "ModifyAllData"],
    words: "Manage Connected Apps (or Modify All Data)",
};
/// What it takes beside [`CUSTOMIZE`] to say whom a connected app lets in (S 1.4).
const LET_IN: [Right; 2] = [
    Right { any_of: &["ModifyAllData"], words: "Modify All Data" },
    Right {
        any_of: &["ManageProfilesPermissionsets"],
        words: "Manage Profiles and Permission Sets",
    },
];
/// To change the policies of an external client app (S 2.5).
const APP_POLICIES: Right = Right {
    any_of: &["ExternalClientAppAdmin"],
    words: "View all External Client Apps, view their settings, and edit their policies",
};

/// Says whether a type is that of an app, or of a part of one.
pub fn is_of_app(type_name: &str) -> bool {
    type_name == "ConnectedApp"
        || type_name == "ExternalClientApplication"
        || type_name.starts_with("ExtlClntApp")
}

/// Returns the rights that it takes to change a setting of a component by a deploy, all of them, as
/// far as a source names them.
pub fn to_change(type_name: &str, path: &FieldPath) -> Vec<Right> {
    let mut rights = vec![METADATA];
    match type_name {
        "ConnectedApp" => {
            rights.push(CUSTOMIZE);
            let element = path.segments().first().map(|segment| segment.name.as_str());
            match element {
                Some("profileName" | "permissionSetName") => rights.extend(LET_IN),
                _ => rights.push(MANAGE_APPS),
            }
        }
        "ExtlClntAppConfigurablePolicies" | "ExtlClntAppOauthConfigurablePolicies" => {
            rights.push(APP_POLICIES);
        }
        _ => {}
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::permission::known::KNOWN;

    #[test]
    fn a_right_is_one_of_permissions_that_there_are() {
        let to = |type_name: &str, path: &str| to_change(type_name, &path.parse().unwrap());
        assert_eq!(to("Profile", "loginIpRanges"), [METADATA]);
        assert_eq!(to("ConnectedApp", "profileName").len(), 4);
        assert_eq!(
            to("ConnectedApp", "oauthPolicy.ipRelaxation"),
            [METADATA, CUSTOMIZE, MANAGE_APPS]
        );
        let policies = to("ExtlClntAppOauthConfigurablePolicies", "ipRelaxationPolicyType");
        assert_eq!(policies, [METADATA, APP_POLICIES]);
        let all = to("ConnectedApp", "profileName").into_iter().chain(policies).chain([ASSIGN]);
        for name in all.flat_map(|right| right.any_of) {
            assert!(KNOWN.contains(name), "{name}");
        }
    }
}
