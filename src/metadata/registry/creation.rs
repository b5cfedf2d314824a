//! Which components a package can make anew: those whose file is one document, of a known root in a
//! known place.

use super::{MetadataType, SETTINGS, wsdl};

/// What the file of a new component must say: of these types the Metadata API Developer Guide calls
/// each of the elements required, of a profile's own policies the WSDL. What that requires is less
/// than an org does.
const MUST_SAY: &[(&str, &[&str])] = &[
    ("CorsWhitelistOrigin", &["urlPattern"]),
    ("CspTrustedSite", &["endpointUrl", "isActive"]),
    ("CustomPermission", &["label"]),
    ("Group", &["name"]),
    (
        "ProfilePasswordPolicy",
        &[
            "lockoutInterval",
            "maxLoginAttempts",
            "minimumPasswordLength",
            "passwordComplexity",
            "passwordExpiration",
            "passwordHistory",
            "passwordQuestion",
        ],
    ),
    (
        "ProfileSessionSetting",
        &[
            "externalCommunityUserIdentityVerif",
            "forceLogout",
            "sessionPersistence",
            "sessionTimeout",
            "sessionTimeoutWarning",
        ],
    ),
    ("Queue", &["name"]),
    ("RemoteSiteSetting", &["disableProtocolSecurity", "isActive", "url"]),
    ("Role", &["name"]),
];

/// The same of a custom object that holds records.
const OBJECT_MUST_SAY: &[&str] =
    &["deploymentStatus", "label", "nameField", "pluralLabel", "sharingModel"];

/// Returns the elements that the file of a new component of this type and name must have; none
/// where no source says so.
pub fn must_say(type_name: &str, full_name: &str) -> &'static [&'static str] {
    if type_name == "CustomObject" {
        return if full_name.ends_with("__c") { OBJECT_MUST_SAY } else { &[] };
    }
    let found = MUST_SAY.iter().find(|(known, _)| *known == type_name);
    found.map_or(&[], |(_, elements)| elements)
}

impl MetadataType {
    /// Says why no package can make a component of this type, as the end of a sentence; none where
    /// one can.
    pub fn why_not_made(&self) -> Option<String> {
        if !self.odd.not_made.is_empty() {
            return Some(self.odd.not_made.to_owned());
        }
        let told = wsdl::find(self.name);
        let is_settings = told.is_some_and(|told| told.settings_member().is_some());
        if is_settings || self.name == SETTINGS {
            return Some("settings are always there: want them, nobody makes them".to_owned());
        }
        // A row of our own knows the whole of its file.
        if self.complete {
            return None;
        }
        let Some(told) = told else {
            return Some("of what its file is made is not known".to_owned());
        };
        if let Some((parent, _)) = told.part_of {
            return Some(format!("it stands in the file of its {parent}, and has none of its own"));
        }
        let place = told.place;
        let why = if !told.told {
            "of what its file is made is not known"
        } else if place.beside_content {
            "its content stands in a file of its own, which no template can hold"
        } else if place.nested {
            "it stands in a folder that must be made first"
        } else if place.folder.is_empty() || place.suffix.is_empty() {
            "where its file stands is not known"
        } else {
            return None;
        };
        Some(why.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{find, find_component, wsdl};
    use super::{MUST_SAY, OBJECT_MUST_SAY, must_say};

    #[test]
    fn what_is_one_known_document_can_be_made() {
        for name in
            ["Profile", "PermissionSet", "NamedCredential", "RemoteSiteSetting", "CustomTab"]
        {
            assert_eq!(find(name).unwrap().why_not_made(), None, "{name}");
        }
        for (name, why) in [
            ("ConnectedApp", "Spring '26"),
            ("ApexClass", "its content"),
            ("CustomField", "the file of its CustomObject"),
            ("Report", "a folder"),
        ] {
            let said = find(name).unwrap().why_not_made().unwrap_or_default();
            assert!(said.contains(why), "{name}: {said}");
        }
        let settings = find_component("Settings", "Security").unwrap();
        assert!(settings.why_not_made().is_some_and(|why| why.contains("always there")));
    }

    #[test]
    fn what_a_file_must_say_its_type_has() {
        for (type_name, elements) in MUST_SAY.iter().chain([&("CustomObject", OBJECT_MUST_SAY)]) {
            let told = wsdl::find(type_name).unwrap();
            for element in *elements {
                assert!(told.field(element).is_some(), "{type_name} {element}");
            }
        }
        assert!(must_say("CustomObject", "Invoice__c").contains(&"nameField"));
        assert!(must_say("CustomObject", "Told__e").is_empty());
    }

    #[test]
    fn every_type_that_is_made_has_a_place_for_its_file() {
        for told in wsdl::all().iter().filter(|told| told.named) {
            let Some(row) = find(told.name) else { continue };
            if row.why_not_made().is_none() {
                assert!(!row.folder.is_empty() && !row.suffix.is_empty(), "{}", told.name);
            }
        }
    }
}
