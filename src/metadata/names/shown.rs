//! The names that components show, whoever asked for them.

use std::collections::BTreeMap;

use super::{Name, Section, section};
use crate::metadata::{ComponentSet, percent, registry};

/// The names that components show: what an object's file lists, and what profiles and permission
/// sets speak of.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// By sort and in small letters, as they are written.
    names: BTreeMap<(&'static str, String), String>,
}

/// How what is no component is told from components in [`Shown`].
const PERMISSION: &str = "";
const LICENCE: &str = " ";
const EDITION: &str = "  ";
const OBJECT_ACCESS: &str = "   ";
const FIELD_ACCESS: &str = "    ";

/// How a name is told in [`Shown`].
pub(super) fn sort_of(name: &Name) -> &str {
    match name {
        Name::Permission(_) => PERMISSION,
        Name::Licence(_) => LICENCE,
        Name::Edition(_) => EDITION,
        Name::ObjectAccess(_) => OBJECT_ACCESS,
        Name::FieldAccess(_) => FIELD_ACCESS,
        Name::Component(id) => id.type_name.as_str(),
    }
}

impl Shown {
    /// Looks through components.
    pub fn by(components: &ComponentSet) -> Self {
        let mut shown = Self::default();
        for component in components.components.values() {
            let root = component.document.root();
            let id = &component.id;
            if id.type_name == "CustomObject" {
                shown.add("CustomObject", &id.full_name);
                for child in root.children() {
                    let type_name = match child.name() {
                        "fields" => "CustomField",
                        "recordTypes" => "RecordType",
                        _ => continue,
                    };
                    if let Some(part) = child.child_text("fullName") {
                        shown.add(type_name, &format!("{}.{part}", id.full_name));
                    }
                }
            }
            if !registry::find(&id.type_name).is_some_and(|row| row.odd.grants) {
                continue;
            }
            for child in root.children() {
                match child.name() {
                    "license" | "userLicense" => shown.add(LICENCE, &child.text()),
                    "userPermissions" => {
                        if let Some(name) = child.child_text("name") {
                            shown.add(PERMISSION, &name);
                        }
                    }
                    other => {
                        if let Some(Section { key, type_name, .. }) = section(other)
                            && let Some(key) = child.child_text(key)
                        {
                            shown.add(type_name, &key);
                            match other {
                                "objectPermissions" => shown.add(OBJECT_ACCESS, &key),
                                "fieldPermissions" => {
                                    let object = key.split('.').next().unwrap_or(&key);
                                    shown.add(FIELD_ACCESS, object);
                                }
                                _ => {}
                            }
                            // What has a layout is an object, or counts as one there.
                            let of = key.split_once('-').filter(|_| *type_name == "Layout");
                            if let Some((object, _)) = of {
                                shown.add("CustomObject", object);
                            }
                        }
                    }
                }
            }
        }
        shown
    }

    /// Takes over the names of fields, each with its object's.
    pub fn of_fields<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> Self {
        let mut shown = Self::default();
        fields.for_each(|(object, field)| shown.add("CustomField", &format!("{object}.{field}")));
        shown
    }

    fn add(&mut self, sort: &'static str, name: &str) {
        let name = percent::plain(name.trim());
        if matches!(sort, "CustomField" | "RecordType")
            && let Some((object, _)) = name.split_once('.')
        {
            self.names.insert(("CustomObject", object.to_lowercase()), object.to_owned());
        }
        self.names.insert((sort, name.to_lowercase()), name.into_owned());
    }

    /// Returns the names of a sort, as they are written.
    pub(super) fn of_sort<'s>(&'s self, sort: &str) -> impl Iterator<Item = &'s str> {
        let of_sort = self.names.iter().filter(move |((of, _), _)| *of == sort);
        of_sort.map(|(_, written)| written.as_str())
    }

    /// Returns how a name that is among them is written there.
    pub fn spelt<'s>(&'s self, name: &'s Name) -> Option<&'s str> {
        self.written(name, name.text().trim().to_lowercase())
    }

    /// Returns how a name of the sort of another is written there, by its small letters.
    fn written<'s>(&'s self, like: &'s Name, lower: String) -> Option<&'s str> {
        let names: &BTreeMap<(&str, String), String> = &self.names;
        names.get(&(sort_of(like), lower)).map(String::as_str)
    }

    /// Says whether a name is among them as it is written.
    pub fn has_so(&self, name: &Name) -> bool {
        self.has(name) && self.spelt(name).is_none_or(|spelt| spelt == name.text().trim())
    }

    /// Says whether a name is among them; capitals do not count, nor does the `Id` of a
    /// relationship field (S 3.2).
    pub fn has(&self, name: &Name) -> bool {
        let is_there = |text: String| self.written(name, text).is_some();
        let text = name.text().trim().to_lowercase();
        match name {
            Name::Component(id) if id.type_name == "CustomField" => {
                let bare = text.strip_suffix("id").unwrap_or(&text).to_owned();
                let long = format!("{bare}id");
                [text, bare, long].into_iter().any(is_there)
            }
            Name::Component(_)
            | Name::Permission(_)
            | Name::ObjectAccess(_)
            | Name::FieldAccess(_)
            | Name::Licence(_)
            | Name::Edition(_) => is_there(text),
        }
    }
}
