//! package.xml: which components, at which API version; also the form of destructiveChanges.xml.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, DocumentError, NAMESPACE};
use super::full_name::canonical_full_name;
use super::registry::{self, ApiVersion};

/// What was, or is to be, asked of an org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Members by type, decoded; `*` stands for every component that a wildcard matches.
    pub types: BTreeMap<String, BTreeSet<String>>,
    /// The API version.
    pub version: Option<ApiVersion>,
}

impl Manifest {
    /// Reads a package.xml.
    ///
    /// # Errors
    /// It is no XML, or has another root element than `Package`.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, DocumentError> {
        let document = Document::parse(bytes)?;
        document.expect_root("Package")?;
        let mut manifest = Self::default();
        for types in document.root().children_named("types") {
            let Some(name) = types.child_text("name") else {
                continue;
            };
            for member in types.children_named("members") {
                manifest.add(&name, member.text().trim());
            }
        }
        manifest.version =
            document.root().child_text("version").and_then(|text| ApiVersion::parse(&text));
        Ok(manifest)
    }

    /// Adds a member; its name may be written as people do (`System Administrator`) or as the API
    /// does.
    pub fn add(&mut self, type_name: &str, member: &str) {
        self.types
            .entry(type_name.to_owned())
            .or_default()
            .insert(canonical_full_name(type_name, member));
    }

    /// Adds all of another manifest; keeps its own version.
    pub fn merge(&mut self, other: &Self) {
        for (type_name, members) in &other.types {
            self.types.entry(type_name.clone()).or_default().extend(members.iter().cloned());
        }
        self.version = self.version.or(other.version);
    }

    /// Says whether a component was asked for, by name or by `*`.
    ///
    /// `*` does not match standard objects, nor any settings (S 3.2, 6.10).
    pub fn covers(&self, type_name: &str, full_name: &str) -> bool {
        let Some(members) = self.types.get(type_name) else {
            return false;
        };
        if members.contains(full_name) {
            return true;
        }
        let takes_wildcard = match type_name {
            // Custom objects end in `__c` and their kin; a standard one has no double underscore.
            "CustomObject" => full_name.contains("__"),
            _ => registry::find(type_name).is_none_or(|row| row.wildcard),
        };
        takes_wildcard && members.contains("*")
    }

    /// Returns how many members are named.
    pub fn len(&self) -> usize {
        self.types.values().map(BTreeSet::len).sum()
    }

    /// Says whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the manifest as Salesforce does: types and members in order.
    pub fn to_xml(&self) -> String {
        self.to_xml_as(&|_, _| None)
    }

    /// The same with some members in a spelling of their own, by type and full name.
    pub fn to_xml_as(&self, spelled: &dyn Fn(&str, &str) -> Option<String>) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package xmlns=\"{NAMESPACE}\">\n"
        );
        for (type_name, members) in &self.types {
            xml.push_str("    <types>\n");
            for member in members {
                xml.push_str("        <members>");
                let written = spelled(type_name, member)
                    .unwrap_or_else(|| super::full_name::member_name(type_name, member));
                for character in written.chars() {
                    match character {
                        '&' => xml.push_str("&amp;"),
                        '<' => xml.push_str("&lt;"),
                        '>' => xml.push_str("&gt;"),
                        other => xml.push(other),
                    }
                }
                xml.push_str("</members>\n");
            }
            xml.push_str("        <name>");
            xml.push_str(type_name);
            xml.push_str("</name>\n    </types>\n");
        }
        if let Some(version) = self.version {
            xml.push_str("    <version>");
            xml.push_str(&version.to_string());
            xml.push_str("</version>\n");
        }
        xml.push_str("</Package>\n");
        xml
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let mut manifest = Manifest { version: Some(ApiVersion(67)), ..Manifest::default() };
        for (type_name, member) in [
            ("Profile", "System Administrator"),
            ("Profile", "Force%2Ecom - Free User"),
            ("CustomObject", "*"),
            ("CustomObject", "Account"),
            ("ConnectedApp", "*"),
            ("Settings", "*"),
        ] {
            manifest.add(type_name, member);
        }
        manifest
    }

    #[test]
    fn what_is_written_is_read_again() {
        let manifest = manifest();
        let xml = manifest.to_xml();
        assert!(xml.contains("<members>Force%2Ecom - Free User</members>"), "{xml}");
        assert_eq!(Manifest::parse(xml.into_bytes()).unwrap(), manifest);
    }

    #[test]
    fn a_star_matches_no_standard_object_and_no_settings() {
        let manifest = manifest();
        assert!(manifest.covers("CustomObject", "Account"));
        assert!(!manifest.covers("CustomObject", "Contact"));
        assert!(manifest.covers("CustomObject", "Rental__c"));
        assert!(manifest.covers("ConnectedApp", "Any"));
        assert!(!manifest.covers("Settings", "Security"));
        assert!(manifest.covers("Profile", "Admin"));
        assert!(!manifest.covers("Layout", "Any"));
    }
}
