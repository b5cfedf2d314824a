//! Where a component stands in a folder, in metadata format and in source format, and how its name
//! is written there.

use super::ComponentId;
use super::percent::{decode, encode};
use super::registry::{self, SETTINGS};

/// The names under which Setup shows standard profiles, and what the API calls them (S 3.3).
///
/// `Read Only` is left out: newer orgs call it so in the API too, and only the org can tell.
const PROFILE_NAMES: &[(&str, &str)] = &[
    ("System Administrator", "Admin"),
    ("Standard User", "Standard"),
    ("Standard Platform User", "StandardAul"),
    ("Marketing User", "MarketingProfile"),
    ("Contract Manager", "ContractManager"),
    ("Solution Manager", "SolutionManager"),
    ("High Volume Customer Portal", "HighVolumePortal"),
    ("Authenticated Website", "PlatformPortal"),
];

/// Returns the API's name of a profile that is written as Setup shows it; any other name as it is.
pub fn resolve_profile_name(name: &str) -> &str {
    PROFILE_NAMES.iter().find(|(shown, _)| *shown == name).map_or(name, |(_, full_name)| full_name)
}

/// Returns the name that Setup shows for a profile of this full name.
pub fn profile_label(full_name: &str) -> &str {
    PROFILE_NAMES
        .iter()
        .find(|(_, known)| *known == full_name)
        .map_or(full_name, |(shown, _)| shown)
}

/// Returns a full name as the program holds it: decoded, and a profile's by the API's name.
pub fn canonical_full_name(type_name: &str, written: &str) -> String {
    let decoded = decode(written.trim());
    if type_name == "Profile" {
        resolve_profile_name(&decoded).to_owned()
    } else {
        decoded.into_owned()
    }
}

/// Returns where a component stands in metadata format: `profiles/Admin.profile`; none for a type
/// whose folder is not known.
pub fn metadata_path(id: &ComponentId) -> Option<String> {
    let row = registry::find_component(&id.type_name, &id.full_name)?;
    if row.folder.is_empty() || row.suffix.is_empty() {
        return None;
    }
    Some(format!("{}/{}.{}", row.folder, api_full_name(id), row.suffix))
}

/// Returns where a component stands in a package folder of source format:
/// `profiles/Admin.profile-meta.xml`.
pub fn source_path(id: &ComponentId) -> Option<String> {
    metadata_path(id).map(|path| format!("{path}-meta.xml"))
}

/// Returns a full name as the API writes it: `Custom%3A Sales Profile` for the profile `Custom:
/// Sales Profile` (S 3.3).
///
/// What other types may be called needs no encoding, and a period in one (`Account.Reason`) is
/// kept.
pub fn api_full_name(id: &ComponentId) -> String {
    match id.type_name.as_str() {
        "Profile" | "PermissionSet" | "PermissionSetGroup" => encode(&id.full_name),
        _ => id.full_name.clone(),
    }
}

/// Says which component a path names, in either format and below any folder; none where it is of no
/// type whose folder is known.
pub fn component_of(path: &str) -> Option<ComponentId> {
    let (folders, file) = path.rsplit_once('/')?;
    let folder = folders.rsplit('/').next()?;
    let file = file.strip_suffix("-meta.xml").unwrap_or(file);
    let row = registry::rows_with_folder().find(|row| {
        row.folder == folder
            && file
                .strip_suffix(row.suffix)
                .is_some_and(|stem| stem.len() > 1 && stem.ends_with('.'))
    })?;
    let stem = &file[..file.len() - row.suffix.len() - 1];
    let type_name = if row.folder == "settings" { SETTINGS } else { row.name };
    Some(ComponentId::new(type_name, canonical_full_name(type_name, stem)))
}

/// Says which component a path in source format names whose folder is that of the component:
/// `objects/Account/Account.object-meta.xml`.
pub fn object_of(path: &str) -> Option<ComponentId> {
    let (folders, file) = path.rsplit_once('/')?;
    let stem = file.strip_suffix(".object-meta.xml")?;
    let mut folders = folders.rsplit('/');
    (folders.next() == Some(stem) && folders.next() == Some("objects"))
        .then(|| ComponentId::new("CustomObject", stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_setup_are_resolved() {
        assert_eq!(canonical_full_name("Profile", "System Administrator"), "Admin");
        assert_eq!(canonical_full_name("Profile", "Work%2Ecom Only User"), "Work.com Only User");
        assert_eq!(canonical_full_name("PermissionSet", "Standard User"), "Standard User");
        assert_eq!(
            api_full_name(&ComponentId::new("Profile", "Custom: Sales Profile")),
            "Custom%3A Sales Profile"
        );
        assert_eq!(profile_label("Admin"), "System Administrator");
    }

    #[test]
    fn paths_name_components_in_both_formats() {
        for (path, expected) in [
            ("profiles/Admin.profile", "Profile:Admin"),
            (
                "unpackaged/profiles/Force%2Ecom - Free User.profile",
                "Profile:Force.com - Free User",
            ),
            ("force-app/main/default/connectedApps/A.connectedApp-meta.xml", "ConnectedApp:A"),
            (
                "extlClntAppOauthPolicies/A_oauthPlcy.ecaOauthPlcy",
                "ExtlClntAppOauthConfigurablePolicies:A_oauthPlcy",
            ),
            ("settings/Security.settings", "Settings:Security"),
            ("objects/Account.object", "CustomObject:Account"),
        ] {
            assert_eq!(
                component_of(path).map(|id| id.to_string()).as_deref(),
                Some(expected),
                "{path}"
            );
        }
        for path in
            ["Admin.profile", "profiles/Admin.txt", "profiles/.profile", "other/Admin.profile"]
        {
            assert_eq!(component_of(path), None, "{path}");
        }
        assert_eq!(
            object_of("x/objects/Account/Account.object-meta.xml"),
            Some(ComponentId::new("CustomObject", "Account"))
        );
        assert_eq!(object_of("x/objects/Account/fields/A.field-meta.xml"), None);
    }

    #[test]
    fn a_component_has_its_path() {
        let profile = ComponentId::new("Profile", "Force.com - Free User");
        assert_eq!(metadata_path(&profile).unwrap(), "profiles/Force%2Ecom - Free User.profile");
        assert_eq!(
            source_path(&ComponentId::new("Settings", "Security")).unwrap(),
            "settings/Security.settings-meta.xml"
        );
        assert_eq!(metadata_path(&ComponentId::new("AIApplication", "x")), None);
    }
}
