//! The types of the Metadata API without a row of their own: names that a template or a manifest
//! may use although no row tells their fields.
//!
//! Names, folders and suffixes are those of [`super::wsdl`].

use std::sync::LazyLock;

use super::row::other;
use super::{MetadataType, wsdl};

static GENERIC: LazyLock<Vec<MetadataType>> = LazyLock::new(|| {
    wsdl::all()
        .iter()
        .filter(|told| told.named || told.settings_member().is_some())
        .map(|told| other(told.name, told.place.folder, told.place.suffix))
        .collect()
});

/// Returns the rows, in order of name; one for a type with a row of its own too.
pub(super) fn others() -> &'static [MetadataType] {
    &GENERIC
}

/// Finds the row of a name, without fields.
pub(super) fn generic(name: &str) -> Option<&'static MetadataType> {
    let rows = others();
    rows.binary_search_by(|row| row.name.cmp(name)).ok().map(|at| &rows[at])
}

/// Returns the member of `Settings` whose file has this root: `Security` for `SecuritySettings`.
pub(super) fn settings_member(root: &str) -> Option<&'static str> {
    wsdl::find(root)?.settings_member()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order() {
        assert!(others().len() > 900);
        assert!(others().iter().map(|row| row.name).is_sorted());
    }

    #[test]
    fn settings_are_told_from_types_that_are_called_so() {
        // META: `ForecastingObjectList.settings`, `IndustriesManufacturing.settings`.
        for (root, member) in [
            ("SecuritySettings", Some("Security")),
            ("ForecastingObjectListSettings", Some("ForecastingObjectList")),
            ("IndustriesManufacturingSettings", Some("IndustriesManufacturing")),
            ("ExtlClntAppPushSettings", None),
            ("IframeWhiteListUrlSettings", None),
            ("Profile", None),
            ("NonsenseSettings", None),
        ] {
            assert_eq!(settings_member(root), member, "{root}");
        }
    }

    #[test]
    fn folders_are_those_of_the_types() {
        for (name, folder, suffix) in [
            ("AuthProvider", "authproviders", "authprovider"),
            ("CustomApplication", "applications", "app"),
            ("MutingPermissionSet", "mutingpermissionsets", "mutingpermissionset"),
            ("RemoteSiteSetting", "remoteSiteSettings", "remoteSite"),
            ("LightningComponentBundle", "lwc", ""),
            ("CustomField", "", "field"),
        ] {
            let row = generic(name).unwrap();
            assert_eq!((row.folder, row.suffix), (folder, suffix), "{name}");
        }
        assert!(generic("Folder").is_none(), "is there to be extended, and no type of its own");
    }
}
