//! Which components a package can make anew: those whose file is one document, of a known root in a
//! known place.

use super::{MetadataType, SETTINGS, wsdl};

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
    fn every_type_that_is_made_has_a_place_for_its_file() {
        for told in wsdl::all().iter().filter(|told| told.named) {
            let Some(row) = find(told.name) else { continue };
            if row.why_not_made().is_none() {
                assert!(!row.folder.is_empty() && !row.suffix.is_empty(), "{}", told.name);
            }
        }
    }
}
