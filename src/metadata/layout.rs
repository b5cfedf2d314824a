//! Where a component stands in a folder, in metadata format and in source format.

use super::ComponentId;
use super::full_name::{api_full_name, canonical_full_name};
use super::registry::{self, wsdl};

/// Returns where a component's XML stands in metadata format: `profiles/Admin.profile`, beside a
/// file of content `classes/Lamp.cls-meta.xml`; none for a type whose folder is not known.
pub fn metadata_path(id: &ComponentId) -> Option<String> {
    let row = registry::find_component(&id.type_name, &id.full_name)?;
    if row.folder.is_empty() || row.suffix.is_empty() {
        return None;
    }
    let path = format!("{}/{}.{}", row.folder, api_full_name(id), row.suffix);
    let beside_content = wsdl::find(row.name).is_some_and(|told| told.place.beside_content);
    Some(if beside_content { path + META } else { path })
}

/// What ends the name of an XML file in source format, and beside a file of content.
const META: &str = "-meta.xml";

/// Returns where a component stands in a package folder of source format:
/// `profiles/Admin.profile-meta.xml`.
pub fn source_path(id: &ComponentId) -> Option<String> {
    metadata_path(id).map(|path| if path.ends_with(META) { path } else { path + META })
}

/// Says which component a path names, in either format and below any folder; none where it is of no
/// type whose folder is known.
pub fn component_of(path: &str) -> Option<ComponentId> {
    let (folders, file) = path.rsplit_once('/')?;
    let folder = folders.rsplit('/').next()?;
    let (file, is_meta) = match file.strip_suffix(META) {
        Some(file) => (file, true),
        None => (file, false),
    };
    let (stem, row) = registry::files_in(folder).iter().find_map(|sort| {
        let stem = file.strip_suffix(sort.row.suffix)?.strip_suffix('.')?;
        let is_xml = is_meta || !sort.beside_content;
        (is_xml && !stem.is_empty()).then_some((stem, sort.row))
    })?;
    Some(ComponentId::new(row.name, canonical_full_name(row.name, stem)))
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
            ("classes/Lamp.cls-meta.xml", "ApexClass:Lamp"),
            ("remoteSiteSettings/Acme.remoteSite", "RemoteSiteSetting:Acme"),
        ] {
            assert_eq!(
                component_of(path).map(|id| id.to_string()).as_deref(),
                Some(expected),
                "{path}"
            );
        }
        for path in [
            "Admin.profile",
            "profiles/Admin.txt",
            "profiles/.profile",
            "other/Admin.profile",
            "classes/Lamp.cls",
            "objects/Account/fields/A__c.field-meta.xml",
            "lwc/lamp/lamp.js-meta.xml",
        ] {
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
        let class = ComponentId::new("ApexClass", "Lamp");
        assert_eq!(metadata_path(&class).unwrap(), "classes/Lamp.cls-meta.xml");
        assert_eq!(source_path(&class), metadata_path(&class));
        assert_eq!(metadata_path(&ComponentId::new("LightningComponentBundle", "x")), None);
    }
}
