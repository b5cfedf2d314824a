//! What files tell of names. That files lack one says nothing of an org; that they have one of
//! nearly its name says that it is probably a slip.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::super::permission::known::KNOWN;
use super::super::registry::nearest::{is_slip, nearest};
use super::known::{LICENCES, OBJECTS, STANDARD_APPS};
use super::shown::sort_of;
use super::{
    ComponentId, ComponentSet, Lacked, Name, NameStatus, Names, STANDARD_TAB, STANDARD_TABS, Shown,
};

impl Names {
    /// Holds names against files: components against the names of all that the files have, a part
    /// of an object against the object's file. Of another that nothing shows, and that is probably
    /// a slip of one that is shown, only an org can tell too.
    pub fn of_files(
        asked: &BTreeSet<Name>,
        there: &BTreeSet<ComponentId>,
        components: &ComponentSet,
    ) -> Self {
        // All entries of all profiles are gone through, and most names need none of them.
        let shown = LazyCell::new(|| Shown::by(components));
        let mut names = Self { of_files: true, ..Self::default() };
        // Files do not tell for which objects there are permissions.
        for name in asked.iter().filter(|name| !name.is_access()) {
            let lacked = |near: Option<&str>| Lacked {
                nearest: near.map(str::to_owned),
                in_files: true,
                ..Lacked::of(name.clone())
            };
            if matches!(name.sort(), "field") && name.why_impossible().is_some() {
                names.insert(name.clone(), NameStatus::Unshown(lacked(None)));
            } else if let Name::Component(id) = name
                && there.iter().any(|one| one.type_name == id.type_name)
            {
                let alike = there.iter().filter(|one| one.type_name == id.type_name);
                let near = nearest(&id.full_name, alike.map(|one| one.full_name.as_str()));
                let is_there = there.contains(id)
                    || components.get(id).is_some()
                    || components.called(id).is_some();
                if near.is_some() && !is_there {
                    names.insert(name.clone(), NameStatus::Lacked(lacked(near)));
                }
            } else if is_not_in_objects_file(name, components, &shown) {
                let alike = shown.alike(name, &[]);
                let near = nearest(part_of(name.text()).1, alike.iter().map(|one| part_of(one).1));
                let near = near.and_then(|near| alike.iter().find(|one| part_of(one).1 == near));
                names.insert(name.clone(), NameStatus::Unshown(lacked(near.copied())));
            } else if let Some(meant) = shown.written_otherwise(name).or_else(|| shown.slip(name)) {
                names.insert(name.clone(), NameStatus::Unshown(lacked(Some(meant))));
            }
        }
        names
    }
}

/// The object that a name begins with, and the rest.
fn part_of(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("", name))
}

/// Says whether an object's file, which stands beside, has all fields that it could be and not this
/// one: a file without standard fields says nothing of those.
fn is_not_in_objects_file(name: &Name, components: &ComponentSet, shown: &Shown) -> bool {
    let (Name::Component(id), (object, field)) = (name, part_of(name.text())) else { return false };
    let file = components.get(&ComponentId::new("CustomObject", object));
    let Some(file) = file.filter(|_| id.type_name == "CustomField" && !shown.has(name)) else {
        return false;
    };
    let fields = file.document.root();
    let mut names = fields.children_named("fields").filter_map(|one| one.child_text("fullName"));
    let is_custom = field.to_lowercase().ends_with("__c");
    names.any(|one| is_custom || !one.contains("__"))
}

impl Shown {
    /// The names of the same sort; of the parts of an object those of the same object.
    fn alike<'s>(&'s self, name: &Name, known: &[&'s str]) -> Vec<&'s str> {
        let sort = sort_of(name);
        let is_part = matches!(sort, "CustomField" | "RecordType");
        let object = if is_part { part_of(name.text()).0 } else { "" };
        let all = self.of_sort(sort).chain(known.iter().copied());
        all.filter(|one| !is_part || part_of(one).0.eq_ignore_ascii_case(object)).collect()
    }

    /// Returns how a name is written that is shown, or is everywhere, in other capitals alone.
    fn written_otherwise<'s>(&'s self, name: &'s Name) -> Option<&'s str> {
        let text = name.text().trim();
        let known = || known(name).iter().copied().find(|one| one.eq_ignore_ascii_case(text));
        self.spelt(name).or_else(known).filter(|spelt| *spelt != text)
    }

    /// Returns the name that was probably meant by one that is not shown.
    fn slip(&self, name: &Name) -> Option<&str> {
        let known = known(name);
        if self.has(name) || known.iter().any(|one| one.eq_ignore_ascii_case(name.text())) {
            return None;
        }
        // What all of them begin with makes no two of them alike.
        if let Some(tab) = name.text().strip_prefix(STANDARD_TAB) {
            if STANDARD_TABS.iter().any(|one| one.eq_ignore_ascii_case(tab)) {
                return None;
            }
            let tabs = self.alike(name, &[]).into_iter();
            let mut tabs = tabs.filter_map(|one| Some((one, one.strip_prefix(STANDARD_TAB)?)));
            return tabs.find(|(_, one)| is_slip(tab, one)).map(|(one, _)| one);
        }
        let is_part = matches!(name.sort(), "field" | "record type");
        let own =
            |text: &'_ str| if is_part { part_of(text).1.to_owned() } else { text.to_owned() };
        let wanted = own(name.text());
        self.alike(name, known).into_iter().find(|one| is_slip(&wanted, &own(one)))
    }
}

/// The names of a sort that need not be shown to be there.
fn known(name: &Name) -> &'static [&'static str] {
    match name {
        Name::Permission(_) => KNOWN,
        Name::Licence(_) => LICENCES,
        Name::Edition(_) | Name::ObjectAccess(_) | Name::FieldAccess(_) => &[],
        Name::Component(id) => match id.type_name.as_str() {
            "CustomApplication" => STANDARD_APPS,
            "CustomObject" => OBJECTS,
            _ => &[],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::document::{Document, NAMESPACE};
    use super::super::super::{Component, Requested};
    use super::*;

    #[test]
    fn only_what_is_nearly_shown_is_a_slip() {
        let mut set = ComponentSet::new(Requested::Unknown);
        let xml = format!(
            "<Profile xmlns=\"{NAMESPACE}\"><fieldPermissions><field>Account.Phone</field>\
             </fieldPermissions><fieldPermissions><field>Lead.Fax</field></fieldPermissions>\
             <classAccesses><apexClass>LampPricing</apexClass></classAccesses></Profile>"
        );
        let id = ComponentId::new("Profile", "Sales");
        let document = Document::parse(xml.into_bytes()).unwrap();
        set.insert(Component { id: id.clone(), document, file: String::new() });
        let there = BTreeSet::from([id, ComponentId::new("Profile", "Night Shift")]);
        let field = |name: &str| Name::component("CustomField", name);
        let rows = [
            (field("Account.Phne"), Some("Account.Phone")),
            (field("account.phone"), Some("Account.Phone")),
            (field("Phone"), None),
            (Name::component("CustomObject", "contact"), Some("Contact")),
            (Name::component("CustomApplication", "standard__Sale"), Some("standard__Sales")),
            (
                Name::Licence("Salesforce API Integraton".to_owned()),
                Some("Salesforce API Integration"),
            ),
            (Name::Licence("Salesforce".to_owned()), None),
            // Another object's field, and one that is like no other.
            (field("Account.Faxx"), None),
            (Name::component("CustomObject", "Invoice__c"), None),
            (field("Account.Industry"), None),
            (Name::component("CustomObject", "Acount"), Some("Account")),
            (Name::component("CustomObject", "Contact"), None),
            (Name::component("ApexClass", "LampPricin"), Some("LampPricing")),
            (Name::component("ApexClass", "Other"), None),
            (Name::Permission("RunReprots".to_owned()), Some("RunReports")),
            (Name::Permission("RunReports".to_owned()), None),
            (Name::component("Profile", "Night Shfit"), Some("Night Shift")),
            (Name::component("Profile", "Sales"), None),
        ];
        let asked = rows.iter().map(|(name, _)| name.clone()).collect();
        let names = Names::of_files(&asked, &there, &set);
        for (name, expected) in rows {
            let meant = match names.get(&name) {
                Some(NameStatus::Lacked(lacked)) if name.sort() == "profile" => Some(lacked),
                Some(NameStatus::Unshown(lacked)) if name.sort() != "profile" => Some(lacked),
                None => None,
                other => panic!("{name:?}: {other:?}"),
            };
            assert_eq!(meant.and_then(|one| one.nearest.as_deref()), expected, "{name:?}");
        }
    }

    #[test]
    fn an_objects_file_has_all_its_fields() {
        let mut set = ComponentSet::new(Requested::Unknown);
        let object = |name: &str, fields: &[&str]| {
            let all =
                fields.iter().map(|one| format!("<fields><fullName>{one}</fullName></fields>"));
            let inner = all.collect::<String>();
            let xml = format!("<CustomObject xmlns=\"{NAMESPACE}\">{inner}</CustomObject>");
            let document = Document::parse(xml.into_bytes()).unwrap();
            let id = ComponentId::new("CustomObject", name);
            Component { id, document, file: String::new() }
        };
        set.insert(object("Account", &["Phone", "Score__c"]));
        // A project has the fields of a standard object that somebody has changed, and no others.
        set.insert(object("Lead", &["Score__c"]));
        let field = |name: &str| Name::component("CustomField", name);
        let rows = [
            (field("Account.Phne"), Some(Some("Account.Phone"))),
            (field("Account.Region__c"), Some(None)),
            (field("Lead.Scor__c"), Some(Some("Lead.Score__c"))),
            (field("Lead.Industry"), None),
            (field("Account.Score__c"), None),
            (field("Case.Origin"), None),
        ];
        let asked = rows.iter().map(|(name, _)| name.clone()).collect();
        let names = Names::of_files(&asked, &BTreeSet::new(), &set);
        for (name, expected) in rows {
            let near = names.get(&name).map(|standing| match standing {
                NameStatus::Unshown(lacked) => lacked.nearest.as_deref(),
                other => panic!("{name:?}: {other:?}"),
            });
            assert_eq!(near, expected, "{name:?}");
        }
    }
}
