//! The entries of a document's keyed lists, found by their keys however often one is asked for.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::lookup::{elements, entries, identity_of, key_of};
use super::{Field, Kind};
use crate::metadata::document::{Document, Element, ElementId};
use crate::metadata::path::Segment;
use crate::metadata::percent::plain;

/// So often a list is walked through before its keys are written down: one key in a long list is
/// found sooner by looking for it.
const WALKS: usize = 4;

/// Finds entries in one document; gives what [`entries`] gives.
pub struct Entries<'d> {
    document: &'d Document,
    lists: HashMap<(ElementId, String), List, RandomState>,
}

#[derive(Default)]
struct List {
    walks: usize,
    /// The entries by each spelling in which their key may be asked for.
    by_key: Option<HashMap<String, Vec<ElementId>, RandomState>>,
}

impl<'d> Entries<'d> {
    /// Begins; nothing is read yet.
    pub fn new(document: &'d Document) -> Self {
        Self { document, lists: HashMap::default() }
    }

    /// Finds all entries that a segment names, in the file's order; more than one where a file was
    /// merged badly, none for a segment without a key.
    pub fn of(
        &mut self,
        parent: Element<'d>,
        segment: &Segment,
        field: Option<&'static Field>,
    ) -> Vec<Element<'d>> {
        let Some(key) = &segment.key else { return Vec::new() };
        let list = self.lists.entry((parent.id(), segment.name.clone())).or_default();
        if list.walks < WALKS {
            list.walks += 1;
            return entries(parent, segment, key, field).collect();
        }
        let by_key = list.by_key.get_or_insert_with(|| {
            let mut by_key: HashMap<String, Vec<ElementId>, RandomState> = HashMap::default();
            for entry in elements(parent, &segment.name) {
                for key in keys(entry, field) {
                    let ids = by_key.entry(key).or_default();
                    if ids.last() != Some(&entry.id()) {
                        ids.push(entry.id());
                    }
                }
            }
            by_key
        });
        let ids = by_key.get(&normal(key, field)).map(Vec::as_slice).unwrap_or_default();
        ids.iter().map(|id| self.document.element(*id)).collect()
    }

    /// The first of them.
    pub fn first(
        &mut self,
        parent: Element<'d>,
        segment: &Segment,
        field: Option<&'static Field>,
    ) -> Option<Element<'d>> {
        self.of(parent, segment, field).into_iter().next()
    }
}

/// The keys by which an entry may be asked for.
fn keys(entry: Element<'_>, field: Option<&'static Field>) -> Vec<String> {
    match field {
        Some(section @ Field { kind: Kind::Section { .. }, .. }) => {
            let mut keys = vec![normal(&key_of(section, entry), field)];
            if section.is_layouts() {
                keys.push(normal(&identity_of(section, entry), field));
            }
            keys
        }
        _ => entry.children().map(|child| child.text().trim().to_owned()).collect(),
    }
}

/// A segment in one spelling: two that name one entry are the same then.
pub fn one_spelling(Segment { name, key }: &Segment, field: Option<&'static Field>) -> Segment {
    let key = key.as_deref().map(|key| normal(key, field));
    Segment { name: name.to_ascii_lowercase(), key }
}

/// A key in one spelling: decoded, and in small letters where its case does not count.
fn normal(key: &str, field: Option<&'static Field>) -> String {
    match field.map(|field| &field.kind) {
        Some(Kind::Section { fold_key, .. }) => {
            let key = plain(key);
            if *fold_key { key.to_ascii_lowercase() } else { key.into_owned() }
        }
        _ => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::registry::find;

    #[test]
    fn what_is_written_down_is_what_walking_finds() {
        let text = "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fieldPermissions>\
                    <field>A.B</field></fieldPermissions><fieldPermissions><field>A.B</field>\
                    </fieldPermissions><fieldPermissions><field>A.C</field></fieldPermissions>\
                    <layoutAssignments><layout>Account-A %28b%29</layout></layoutAssignments>\
                    <userPermissions><enabled>true</enabled><name>APIEnabled</name>\
                    </userPermissions><later><name>x</name><other>y</other></later></Profile>";
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        let row = find("Profile").unwrap();
        let mut index = Entries::new(&document);
        for (name, key, count) in [
            ("fieldPermissions", "A.B", 2),
            ("fieldPermissions", "A.C", 1),
            ("fieldPermissions", "A.c", 1),
            ("fieldPermissions", "A.d", 0),
            ("layoutAssignments", "Account-A (b)", 1),
            ("layoutAssignments", "account-a %28B)", 1),
            ("layoutAssignments", "account", 1),
            ("layoutAssignments", "Account-A %28b%29", 1),
            ("userPermissions", "ApiEnabled", 1),
            ("later", "y", 1),
            ("later", "z", 0),
        ] {
            let segment = Segment { name: name.to_owned(), key: Some(key.to_owned()) };
            let field = row.fields.iter().find(|field| field.name == name);
            for time in 0..WALKS + 2 {
                let found = index.of(document.root(), &segment, field).len();
                assert_eq!(found, count, "{name}[{key}], time {time}");
            }
        }
    }
}
