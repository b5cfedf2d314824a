//! Finding a path in a document, and reading what stands there as a value.

use super::{Absent, Companion, Field, Kind, MetadataType, SetForm};
use crate::metadata::document::{Document, Element};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::percent::decode;
use crate::metadata::value::Value;

/// What a document shows at a path.
#[derive(Debug)]
pub enum Found<'d> {
    /// A value; for a set of repeated elements, of all of them.
    Value {
        /// The value, read by the field's kind.
        value: Value,
        /// The element that holds it; the first of repeated ones.
        element: Element<'d>,
    },
    /// The path ends at an entry of a keyed list, or at a group, and that is there.
    Entry(Element<'d>),
    /// An entry of a keyed list on the way is not there.
    AbsentEntry,
    /// Everything up to the last element is there, or no list is on the way; the element is not.
    Absent,
}

/// Finds a path in a document. For a type without a table the elements' own names and texts decide.
pub fn look_up<'d>(
    metadata_type: &MetadataType,
    document: &'d Document,
    path: &FieldPath,
) -> Found<'d> {
    find_below(metadata_type.fields, document.root(), path.segments())
}

/// Finds a path in each copy of its first entry, where that stands in the document more than once;
/// at least one answer.
pub fn look_up_each<'d>(
    metadata_type: &MetadataType,
    document: &'d Document,
    path: &FieldPath,
) -> Vec<Found<'d>> {
    let (first, rest) = (&path.segments()[0], &path.segments()[1..]);
    let (Some(key), false) = (&first.key, rest.is_empty()) else {
        return vec![look_up(metadata_type, document, path)];
    };
    let field = metadata_type.fields.iter().find(|field| field.name == first.name);
    let fields = field.map_or(&[][..], Field::fields);
    let found: Vec<Found<'d>> = entries(document.root(), first, key, field)
        .map(|copy| find_below(fields, copy, rest))
        .collect();
    if found.is_empty() { vec![Found::AbsentEntry] } else { found }
}

fn find_below<'d>(
    mut fields: &'static [Field],
    mut parent: Element<'d>,
    segments: &[Segment],
) -> Found<'d> {
    let last = segments.len() - 1;
    for (index, segment) in segments.iter().enumerate() {
        let field = fields.iter().find(|field| field.name == segment.name);
        fields = field.map_or(&[], Field::fields);
        let element = match &segment.key {
            Some(key) => match find_entry(parent, segment, key, field) {
                Some(element) => element,
                None => return Found::AbsentEntry,
            },
            None => match named(parent, &segment.name) {
                Some(element) => element,
                None => return Found::Absent,
            },
        };
        if index < last {
            parent = element;
            continue;
        }
        let value = match field {
            Some(field) => field.read(parent),
            None if element.children().next().is_none() => {
                let texts: Vec<String> = parent
                    .children_named(&segment.name)
                    .map(|element| element.text().trim().to_owned())
                    .collect();
                match texts.as_slice() {
                    [one] => Some(Value::from(one.as_str())),
                    _ => Some(Value::List(texts)),
                }
            }
            None => None,
        };
        return match value {
            Some(value) if segment.key.is_none() => Found::Value { value, element },
            _ => Found::Entry(element),
        };
    }
    Found::Absent
}

/// Returns an entry's key: its parts joined by `|`, the last ones left out where they are absent.
pub fn key_of(section: &Field, entry: Element<'_>) -> String {
    let Kind::Section { key, .. } = &section.kind else {
        return entry.text().trim().to_owned();
    };
    let mut parts: Vec<String> = key
        .iter()
        .map(|name| {
            named(entry, name).map_or_else(String::new, |part| part.text().trim().to_owned())
        })
        .collect();
    while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    parts.join("|")
}

/// Returns what an entry is told from its like by. This is its key, with two exceptions: of layouts
/// an object has one for each record type, whichever layout that is (S 3.1), and one permission is
/// known in two spellings (S 4.5).
pub fn identity_of(section: &Field, entry: Element<'_>) -> String {
    let key = key_of(section, entry);
    if matches!(section.kind, Kind::Section { fold_key: true, .. })
        && key.eq_ignore_ascii_case("ApiEnabled")
    {
        return "ApiEnabled".to_owned();
    }
    if section.is_layouts() { layout_identity(&key) } else { key }
}

/// What the key of a layout's assignment comes to: `Account|Account.Customer` for `Account-Account
/// Layout|Account.Customer`.
pub fn layout_identity(key: &str) -> String {
    match key.split_once('|') {
        None => object_of_layout(key).to_owned(),
        Some((layout, rest)) => format!("{}|{rest}", object_of_layout(layout)),
    }
}

/// The object of a layout's full name: `Account` of `Account-Account Layout`. No object's name
/// holds a hyphen.
fn object_of_layout(layout: &str) -> &str {
    layout.split_once('-').map_or(layout, |(object, _)| object)
}

/// Finds the entry of a key among an element's children; a layout's assignment by its identity too,
/// see [`identity_of`]. A name in a key may be as people write it or as the API encodes it
/// (`Account-Partner %28Gold%29 Layout`).
pub fn find_entry<'d>(
    parent: Element<'d>,
    segment: &Segment,
    key: &str,
    field: Option<&'static Field>,
) -> Option<Element<'d>> {
    entries(parent, segment, key, field).next()
}

/// Finds all entries of a key; more than one where a file was merged badly.
pub fn entries<'d: 'k, 'k>(
    parent: Element<'d>,
    segment: &'k Segment,
    key: &'k str,
    field: Option<&'static Field>,
) -> impl Iterator<Item = Element<'d>> + use<'d, 'k> {
    parent.children_named(&segment.name).filter(move |entry| is_of_key(*entry, key, field))
}

fn is_of_key(entry: Element<'_>, key: &str, field: Option<&'static Field>) -> bool {
    let is_it = |there: &str, fold_key: bool| {
        let is_encoded = || there.contains('%') || key.contains('%');
        there == key
            || (fold_key && there.eq_ignore_ascii_case(key))
            || (is_encoded() && decode(there) == decode(key))
    };
    match field {
        // A list may be long, and most keys have one part: nothing is put together to look for it.
        Some(Field { kind: Kind::Section { fold_key, key: [part], .. }, .. }) => {
            let there = named(entry, part).map_or(std::borrow::Cow::Borrowed(""), Element::text);
            is_it(there.trim(), *fold_key)
        }
        Some(section @ Field { kind: Kind::Section { fold_key, .. }, .. }) => {
            is_it(&key_of(section, entry), *fold_key)
                || (section.is_layouts() && identity_of(section, entry) == key)
        }
        // Without a table any child that says the key makes the entry.
        _ => entry.children().any(|child| child.text().trim() == key),
    }
}

/// The first child of a name; without case where the right case is not there (older login flows, S
/// 3.1).
fn named<'d>(parent: Element<'d>, name: &str) -> Option<Element<'d>> {
    parent
        .child(name)
        .or_else(|| parent.children().find(|child| child.name().eq_ignore_ascii_case(name)))
}

impl MetadataType {
    /// Returns the entry of a keyed list that a child of the root is, by what it is told from its
    /// like by; none where it is no such entry.
    pub fn entry_of(&self, element: Element<'_>) -> Option<Segment> {
        let field = self.fields.iter().find(|field| field.name == element.name())?;
        matches!(field.kind, Kind::Section { .. }).then(|| Segment {
            name: field.name.to_owned(),
            key: Some(identity_of(field, element)),
        })
    }

    /// Returns what it means that a flag is left out; none for anything else.
    pub fn flag_default(&self, path: &FieldPath) -> Option<Value> {
        match self.resolve(path).ok()??.field.absent {
            Absent::Flag(default) => Some(Value::Bool(default)),
            Absent::Text(_) | Absent::Unset | Absent::Empty => None,
        }
    }
}

impl Field {
    /// Says whether the entries of this list say what they say by flags: then each can be taken
    /// back by saying so.
    pub fn says_by_flags(&self) -> bool {
        self.fields().iter().any(|field| matches!(field.absent, Absent::Flag(_)))
    }

    /// Says whether this is the list of a profile's layouts.
    pub fn is_layouts(&self) -> bool {
        matches!(self.kind, Kind::Section { companion: Some(Companion::Layout), .. })
    }

    /// The fields within a group or an entry; none within anything else.
    pub fn fields(&self) -> &'static [Self] {
        match &self.kind {
            Kind::Group(fields) | Kind::Section { fields, .. } => fields,
            Kind::Flag | Kind::Number | Kind::Text | Kind::Choice { .. } | Kind::Set { .. } => &[],
        }
    }

    /// Says whether an API version knows the field.
    pub fn is_of(&self, version: super::ApiVersion) -> bool {
        self.since.is_none_or(|since| since <= version)
            && self.until.is_none_or(|until| version < until)
    }

    /// Reads the field's value from the element that holds it as a child; `None` where it is absent
    /// or no value.
    pub fn read(&self, parent: Element<'_>) -> Option<Value> {
        let element = named(parent, self.name)?;
        let text = element.text();
        let text = text.trim();
        match &self.kind {
            Kind::Flag | Kind::Number | Kind::Text => Some(self.normalise(&Value::from(text))),
            // As the org wrote it: the comparison folds case, the report does not.
            Kind::Choice { .. } => Some(Value::from(text)),
            Kind::Set { form: SetForm::Repeated, .. } => {
                let elements = parent.children_named(element.name());
                Some(self.normalise(&Value::List(
                    elements.map(|element| element.text().trim().to_owned()).collect(),
                )))
            }
            Kind::Set { .. } => Some(self.normalise(&Value::from(text))),
            Kind::Group(_) | Kind::Section { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    fn profile() -> Document {
        let text = "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <custom> True </custom>
    <layoutAssignments><layout>Account-Account Layout</layout></layoutAssignments>
    <layoutAssignments><layout>Account-Account Layout</layout><recordType>Account.Customer</recordType></layoutAssignments>
    <layoutAssignments><layout>Account-Partner %28Gold%29 Layout</layout></layoutAssignments>
    <loginIpRanges><endAddress>203.0.113.255</endAddress><startAddress>203.0.113.0</startAddress></loginIpRanges>
    <objectPermissions><allowRead>true</allowRead><object>Account</object></objectPermissions>
    <userPermissions><enabled>true</enabled><name>APIEnabled</name></userPermissions>
</Profile>";
        Document::parse(text.as_bytes().to_vec()).unwrap()
    }

    fn at(path: &str) -> String {
        let document = profile();
        match look_up(find("Profile").unwrap(), &document, &path.parse().unwrap()) {
            Found::Value { value, .. } => value.to_string(),
            Found::Entry(element) => format!("entry {}", element.name()),
            Found::AbsentEntry => "no entry".to_owned(),
            Found::Absent => "absent".to_owned(),
        }
    }

    #[test]
    fn values_and_entries_are_found_by_key() {
        assert_eq!(at("custom"), "true");
        assert_eq!(at("objectPermissions[Account].allowRead"), "true");
        assert_eq!(at("objectPermissions[Account].viewAllFields"), "absent");
        assert_eq!(at("objectPermissions[Contact].allowRead"), "no entry");
        assert_eq!(at("userPermissions[ApiEnabled].enabled"), "true", "S 4.5: two spellings");
        assert_eq!(at("loginIpRanges[203.0.113.0|203.0.113.255]"), "entry loginIpRanges");
        assert_eq!(
            at("layoutAssignments[Account-Account Layout|Account.Customer].recordType"),
            "Account.Customer"
        );
        assert_eq!(at("layoutAssignments[Account-Account Layout].recordType"), "absent");
        assert_eq!(
            at("layoutAssignments[Account|Account.Customer].layout"),
            "Account-Account Layout"
        );
        assert_eq!(
            at("layoutAssignments[Account-Partner (Gold) Layout].layout"),
            "Account-Partner %28Gold%29 Layout",
            "as people write it"
        );
        assert_eq!(at("userLicense"), "absent");
    }

    #[test]
    fn a_set_is_read_whole() {
        let text = "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\"><oauthConfig>\
                    <scopes>Web</scopes><scopes>Api</scopes></oauthConfig></ConnectedApp>";
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        let found = look_up(
            find("ConnectedApp").unwrap(),
            &document,
            &"oauthConfig.scopes".parse().unwrap(),
        );
        assert!(
            matches!(found, Found::Value { value: Value::List(list), .. } if list == ["Api", "Web"])
        );
    }

    #[test]
    fn a_type_without_a_table_is_read_by_its_texts() {
        let text = "<CustomTab xmlns=\"http://soap.sforce.com/2006/04/metadata\"><motif>Bell\
                    </motif><list><name>a</name><value>1</value></list></CustomTab>";
        let document = Document::parse(text.as_bytes().to_vec()).unwrap();
        let row = find("CustomTab").unwrap();
        for (path, expected) in [("motif", "Bell"), ("list[a].value", "1")] {
            let found = look_up(row, &document, &path.parse().unwrap());
            assert!(
                matches!(found, Found::Value { value, .. } if value == Value::from(expected)),
                "{path}"
            );
        }
    }
}
