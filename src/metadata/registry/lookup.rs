//! Finding a path in a document, and reading what stands there as a value.

use std::borrow::Cow;

use super::{Absent, Companion, Field, Kind, MetadataType, SetForm};
use crate::metadata::ComponentId;
use crate::metadata::document::{Document, Element};
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::percent::plain;
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

/// Finds the rest of a path below an entry of a keyed list that was found already.
pub fn look_up_below<'d>(
    section: Option<&'static Field>,
    entry: Element<'d>,
    rest: &[Segment],
) -> Found<'d> {
    match rest {
        [] => Found::Entry(entry),
        rest => find_below(section.map_or(&[], Field::fields), entry, rest),
    }
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

/// Returns what a list, a set or a group as a whole holds: the keys of entries, the texts of a set,
/// the settings of a group as `name value`.
pub fn held(metadata_type: &MetadataType, document: &Document, path: &FieldPath) -> Vec<String> {
    let mut fields = metadata_type.fields;
    let mut parent = document.root();
    let Some((last, above)) = path.segments().split_last() else { return Vec::new() };
    for segment in above {
        let field = fields.iter().find(|field| field.name == segment.name);
        fields = field.map_or(&[], Field::fields);
        let next = match &segment.key {
            Some(key) => find_entry(parent, segment, key, field),
            None => named(parent, &segment.name),
        };
        match next {
            Some(element) => parent = element,
            None => return Vec::new(),
        }
    }
    let field = fields.iter().find(|field| field.name == last.name);
    let elements = elements(parent, &last.name);
    match field.map(|field| (field, &field.kind)) {
        Some((section, Kind::Section { .. })) => {
            elements.map(|entry| key_of(section, entry)).collect()
        }
        Some((_, Kind::Group(_))) => elements
            .flat_map(|group| group.children())
            .map(|child| format!("{} {}", child.name(), child.text().trim()))
            .collect(),
        Some((set, _)) => set.read(parent).map(|value| value.elements()).unwrap_or_default(),
        None => elements.map(|element| element.text().trim().to_owned()).collect(),
    }
}

/// Returns an entry's key: its parts joined by `|`, the last ones left out where they are absent.
pub fn key_of(section: &Field, entry: Element<'_>) -> String {
    let Kind::Section { key, .. } = &section.kind else {
        return entry.text().trim().to_owned();
    };
    let part = |name: &&str| {
        named(entry, name).map_or_else(String::new, |part| part.text().trim().to_owned())
    };
    let parts: Vec<String> = key.iter().map(part).collect();
    joined(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn joined(parts: &[&str]) -> String {
    let last = parts.iter().rposition(|part| !part.is_empty()).unwrap_or_default();
    parts[..parts.len().min(last + 1)].join("|")
}

/// Returns what an entry is told from its like by. This is its key, with two exceptions: of layouts
/// an object has one for each record type, whichever layout that is (S 3.1), and one permission is
/// known in two spellings (S 4.5).
pub fn identity_of(section: &Field, entry: Element<'_>) -> String {
    identity(section, Cow::Owned(key_of(section, entry))).into_owned()
}

/// Returns the same of an entry whose key has these parts, each trimmed, and empty where it is
/// absent.
pub fn identity_of_parts<'k>(section: &Field, parts: &[&'k str]) -> Cow<'k, str> {
    let key = match parts {
        [one] => Cow::Borrowed(*one),
        _ => Cow::Owned(joined(parts)),
    };
    identity(section, key)
}

fn identity<'k>(section: &Field, key: Cow<'k, str>) -> Cow<'k, str> {
    if section.is_told_by_key() {
        key
    } else if section.is_layouts() {
        Cow::Owned(layout_identity(&key))
    } else if key.eq_ignore_ascii_case("ApiEnabled") {
        Cow::Borrowed("ApiEnabled")
    } else {
        key
    }
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
    elements(parent, &segment.name).filter(move |entry| is_of_key(*entry, key, field))
}

/// The elements of a name. The guide, the schema and files spell some with different first letters
/// (`servicePresenceStatusAccesses`).
pub(super) fn elements<'d: 'k, 'k>(
    parent: Element<'d>,
    name: &'k str,
) -> impl Iterator<Item = Element<'d>> + use<'d, 'k> {
    parent
        .children()
        .filter(move |child| child.name() == name || child.name().eq_ignore_ascii_case(name))
}

fn is_of_key(entry: Element<'_>, key: &str, field: Option<&'static Field>) -> bool {
    let is_it = |there: &str, fold_key: bool| {
        let is_encoded = || [there, key].iter().any(|name| name.contains('%') || !name.is_ascii());
        let is_same =
            |one: &str, other: &str| one == other || (fold_key && one.eq_ignore_ascii_case(other));
        is_same(there, key) || (is_encoded() && is_same(&plain(there), &plain(key)))
    };
    match field {
        // A list may be long, and most keys have one part: nothing is put together to look for it.
        Some(Field { kind: Kind::Section { fold_key, key: [part], .. }, .. }) => {
            let there = named(entry, part).map_or(Cow::Borrowed(""), Element::text);
            is_it(there.trim(), *fold_key)
        }
        Some(section @ Field { kind: Kind::Section { fold_key, .. }, .. }) => {
            is_it(&key_of(section, entry), *fold_key)
                || (section.is_layouts() && is_it(&identity_of(section, entry), *fold_key))
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
    /// Finds a field of the root by its name: exactly written, or else without case.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        let fields = self.fields;
        fields
            .iter()
            .find(|field| field.name == name)
            .or_else(|| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
    }

    /// Returns the list, set or group that a path names as a whole; none where it names something
    /// else.
    pub fn whole(&self, path: &FieldPath) -> Option<&'static Field> {
        let mut fields = self.fields;
        let (last, above) = path.segments().split_last()?;
        for segment in above {
            fields = fields.iter().find(|field| field.name == segment.name)?.fields();
        }
        let field = fields.iter().find(|field| field.name == last.name)?;
        let is_whole =
            matches!(field.kind, Kind::Section { .. } | Kind::Set { .. } | Kind::Group(_));
        (is_whole && last.key.is_none()).then_some(field)
    }

    /// Says whether a path names the login hours as a whole.
    pub fn is_week(&self, path: &FieldPath) -> bool {
        self.whole(path).is_some_and(|field| field.name == "loginHours")
    }

    /// Returns whose a component is by its file, where its own name does not say (S 2.1): the app
    /// of a part, the profile of a policy.
    pub fn owner(&self, document: &Document) -> Option<String> {
        let owner = document.root().child_text(self.odd.named_by?)?;
        Some(owner.into_owned())
    }

    /// Returns the entry of a keyed list that a child of the root is, by what it is told from its
    /// like by; none where it is no such entry.
    pub fn entry_of(&self, element: Element<'_>) -> Option<Segment> {
        let field = self.field(element.name())?;
        matches!(field.kind, Kind::Section { .. }).then(|| Segment {
            name: field.name.to_owned(),
            key: Some(identity_of(field, element)),
        })
    }

    /// Says whether an owner that a file names is the one of a full name: a profile may be written
    /// by its label, encoded, or all in small letters.
    pub fn is_owner(&self, owner: &str, full_name: &str) -> bool {
        if self.odd.named_by != Some("profile") {
            return owner == full_name;
        }
        self.canonical_owner(owner) == self.canonical_owner(full_name)
    }

    /// Returns an owner's name in one spelling.
    pub fn canonical_owner(&self, owner: &str) -> String {
        match self.odd.named_by {
            Some("profile") => canonical_full_name("Profile", owner).to_lowercase(),
            _ => owner.to_owned(),
        }
    }

    /// Returns what must be asked for along with a component so that a path in it is shown (S 3.2);
    /// none where nothing must.
    pub fn companion_of(&self, path: &FieldPath) -> Option<ComponentId> {
        let Segment { name, key: Some(key) } = &path.segments()[0] else { return None };
        let field = self.field(name)?;
        let Kind::Section { companion: Some(companion), .. } = &field.kind else { return None };
        let (type_name, full_name) = companion.candidates(key).pop()?;
        Some(ComponentId::new(type_name, full_name))
    }

    /// Says why an API version cannot show, or say, what is at a path, or without one any such
    /// component; none where it can.
    pub fn lacked_by(
        &self,
        version: super::ApiVersion,
        path: Option<&FieldPath>,
    ) -> Option<String> {
        if let Some(since) = self.since.filter(|since| *since > version) {
            return Some(format!("`{}` came with API {since}", self.name));
        }
        let mut fields = self.fields;
        for segment in path?.segments() {
            let field =
                fields.iter().find(|field| field.name.eq_ignore_ascii_case(&segment.name))?;
            if let Some(since) = field.since.filter(|since| *since > version) {
                return Some(format!("`{}` came with API {since}", field.name));
            }
            if let Some(until) = field.until.filter(|until| *until <= version) {
                return Some(format!("`{}` went with API {until}", field.name));
            }
            fields = field.fields();
        }
        None
    }

    /// Returns what it means that a setting is left out, where that is a value.
    pub fn flag_default(&self, path: &FieldPath) -> Option<Value> {
        match self.resolve(path).ok()??.field.absent {
            Absent::Flag(default) => Some(Value::Bool(default)),
            Absent::Text(default) => Some(Value::from(default)),
            Absent::Unset | Absent::Empty => None,
        }
    }
}

impl Field {
    /// Says whether the entries of this list say what they say by flags: then each can be taken
    /// back by saying so.
    pub fn says_by_flags(&self) -> bool {
        !self.counts_itself
            && self
                .fields()
                .iter()
                .any(|field| matches!(field.absent, Absent::Flag(_) | Absent::Text(_)))
    }

    /// Says whether the entries of this list are told from one another by their keys as they stand.
    /// Where another case is another entry in a file, be it one name for an org, it is told too.
    pub fn is_told_by_key(&self) -> bool {
        !self.is_layouts() && self.name != "userPermissions"
    }

    /// Says whether this is the list of a profile's layouts.
    pub fn is_layouts(&self) -> bool {
        matches!(self.kind, Kind::Section { companion: Some(Companion::Layout), .. })
    }

    /// The children that an entry's key says already; none of anything else. Which layout it is,
    /// is what a layout's assignment says.
    pub fn keys(&self) -> &'static [&'static str] {
        match &self.kind {
            _ if self.is_layouts() => &["recordType"],
            Kind::Section { key, .. } => key,
            _ => &[],
        }
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
        match &self.kind {
            Kind::Set { form: SetForm::Repeated, .. } => {
                let elements = parent.children_named(element.name());
                Some(self.normalise(&Value::List(
                    elements.map(|element| element.text().trim().to_owned()).collect(),
                )))
            }
            _ => self.read_text(&element.text()),
        }
    }

    /// Reads the field's value from the text of the one element that says it.
    pub fn read_text(&self, text: &str) -> Option<Value> {
        let text = text.trim();
        match &self.kind {
            Kind::Flag | Kind::Number | Kind::Text | Kind::Set { .. } => {
                Some(self.normalise(&Value::from(text)))
            }
            // As the org wrote it: the comparison folds case, the report does not.
            Kind::Choice { .. } => Some(Value::from(text)),
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
