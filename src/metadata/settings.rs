//! A document as its settings: every path that holds something, with its value.
//!
//! What means the same as not being there is left out (an entry whose flags are all false, a
//! documented default), so that two documents mean the same if their settings are equal, whatever
//! their order and spelling.

mod apart;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::metadata::document::{Document, Element, Markup};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{
    Absent, Field, Kind, MetadataType, Portability, find_entry, identity_of,
};
use crate::metadata::value::{Value, same, same_setting};

pub use apart::{apart, part};

/// The settings of a document.
pub type Settings = BTreeMap<FieldPath, Value>;

/// Reads the settings of a document by its type's table; of a type without one, by the elements'
/// own names.
///
/// What never leaves an org (a consumer key, a secret) is left out.
pub fn settings(row: &MetadataType, document: &Document) -> Settings {
    read(row, document, &untold(row, document))
}

/// Reads documents so that they can be compared: a list that is taken as a whole in one of them is
/// in all.
pub fn alike<const N: usize>(row: &MetadataType, documents: [&Document; N]) -> [Settings; N] {
    let whole = documents.iter().flat_map(|document| untold(row, document)).collect();
    documents.map(|document| read(row, document, &whole))
}

fn read(row: &MetadataType, document: &Document, whole: &BTreeSet<FieldPath>) -> Settings {
    let mut walk = Walk { settings: Settings::new(), at: Vec::new(), whole };
    walk.fields(row.fields, &[], document.root());
    walk.settings
}

/// The lists of a document whose entries their key does not tell apart.
fn untold(row: &MetadataType, document: &Document) -> BTreeSet<FieldPath> {
    let mut untold = BTreeSet::new();
    find_untold(row.fields, document.root(), &mut Vec::new(), &mut untold);
    untold
}

/// Every entry of a keyed list in a document, at any depth, be it that it says nothing.
pub fn entries(row: &MetadataType, document: &Document) -> HashSet<FieldPath> {
    let mut found = HashSet::new();
    find_entries(row.fields, document.root(), &mut Vec::new(), &mut found);
    found
}

fn find_entries(
    fields: &'static [Field],
    parent: Element<'_>,
    at: &mut Vec<Segment>,
    found: &mut HashSet<FieldPath>,
) {
    for child in parent.children() {
        let name = child.name();
        let field = fields.iter().find(|field| field.name == name);
        let Some(field) =
            field.or_else(|| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
        else {
            continue;
        };
        let key = match &field.kind {
            Kind::Section { .. } => Some(identity_of(field, child)),
            Kind::Group(_) => None,
            Kind::Flag | Kind::Number | Kind::Text | Kind::Choice { .. } | Kind::Set { .. } => {
                continue;
            }
        };
        let is_entry = key.is_some();
        at.push(Segment { name: field.name.to_owned(), key });
        if is_entry {
            found.insert(FieldPath::new(at.clone()));
        }
        if has_lists(field.fields()) {
            find_entries(field.fields(), child, at, found);
        }
        at.pop();
    }
}

fn has_lists(fields: &'static [Field]) -> bool {
    fields
        .iter()
        .any(|field| matches!(field.kind, Kind::Section { .. }) || has_lists(field.fields()))
}

/// The outermost entry on the way to a path that only one of two documents has; none where both
/// have all of them, or neither.
pub fn lone_entry(
    path: &FieldPath,
    one: &HashSet<FieldPath>,
    other: &HashSet<FieldPath>,
) -> Option<FieldPath> {
    let segments = path.segments();
    (1..=segments.len())
        .filter(|length| segments[length - 1].key.is_some())
        .map(|length| FieldPath::new(segments[..length].to_vec()))
        .find(|entry| one.contains(entry) != other.contains(entry))
}

/// An entry that stands more than once in a document, and says more than one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Double {
    /// The entry.
    pub entry: FieldPath,
    /// The lines in which it begins, in their order.
    pub lines: Vec<usize>,
}

/// Finds entries of one key that disagree, at any depth, in lists whose key is known to tell
/// entries apart. Which of them counts nobody knows.
pub fn doubles(row: &MetadataType, document: &Document) -> Vec<Double> {
    let mut found = Vec::new();
    find_doubles(row.fields, document.root(), &mut Vec::new(), &mut found);
    found
}

fn find_doubles(
    fields: &'static [Field],
    parent: Element<'_>,
    at: &mut Vec<Segment>,
    found: &mut Vec<Double>,
) {
    let mut known: HashMap<Segment, Element<'_>> = HashMap::new();
    let mut doubled: BTreeMap<Segment, Vec<Element<'_>>> = BTreeMap::new();
    for child in parent.children() {
        let name = child.name();
        let Some(field) = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)) else {
            continue;
        };
        let key = match &field.kind {
            Kind::Section { sure: true, .. } => Some(identity_of(field, child)),
            Kind::Group(_) => None,
            _ => continue,
        };
        let is_entry = key.is_some();
        let segment = Segment { name: field.name.to_owned(), key };
        if has_lists(field.fields()) {
            at.push(segment.clone());
            find_doubles(field.fields(), child, at, found);
            at.pop();
        }
        if !is_entry {
            continue;
        }
        if let Some(first) = known.insert(segment.clone(), child) {
            doubled.entry(segment).or_insert_with(|| vec![first]).push(child);
        }
    }
    for (segment, copies) in doubled {
        let field = fields.iter().find(|field| field.name == segment.name);
        if field.is_some_and(|field| disagree(field, &copies)) {
            let lines = copies.iter().map(|copy| copy.position().line).collect();
            let entry = FieldPath::new([at.clone(), vec![segment]].concat());
            found.push(Double { entry, lines });
        }
    }
}

/// Says in which lines an entry, or an element of which there is one, on the way to a path stands
/// more than once and says more than one thing; none where there is no such.
pub fn doubled_at(row: &MetadataType, document: &Document, path: &FieldPath) -> Option<Vec<usize>> {
    let (mut fields, mut parent) = (row.fields, document.root());
    for segment in path.segments() {
        let field = fields.iter().find(|field| field.name == segment.name)?;
        fields = field.fields();
        let Some(key) = &segment.key else {
            if !matches!(field.kind, Kind::Section { .. } | Kind::Set { .. }) {
                let copies: Vec<Element<'_>> =
                    parent.children().filter(|one| one.name() == field.name).collect();
                if copies.len() > 1 && disagree(field, &copies) {
                    return Some(copies.iter().map(|copy| copy.position().line).collect());
                }
            }
            parent = parent.child(&segment.name)?;
            continue;
        };
        let first = find_entry(parent, segment, key, Some(field))?;
        let identity = identity_of(field, first);
        let is_copy = |other: &Element<'_>| {
            other.name().eq_ignore_ascii_case(field.name) && identity_of(field, *other) == identity
        };
        let copies: Vec<Element<'_>> = parent.children().filter(is_copy).collect();
        let is_sure = matches!(field.kind, Kind::Section { sure: true, .. });
        if is_sure && disagree(field, &copies) {
            return Some(copies.iter().map(|copy| copy.position().line).collect());
        }
        parent = first;
    }
    None
}

/// Says whether entries of one key, or elements of one name, say more than one thing.
pub fn disagree(section: &'static Field, copies: &[Element<'_>]) -> bool {
    let whole = BTreeSet::new();
    if section.fields().is_empty() {
        let mut texts = copies.iter().map(|copy| copy.text().trim().to_owned());
        let first = texts.next();
        return texts.any(|text| Some(text) != first);
    }
    let says = |copy: &Element<'_>| {
        let mut walk = Walk { settings: Settings::new(), at: vec![], whole: &whole };
        walk.at.push(Segment { name: section.name.to_owned(), key: None });
        walk.fields(section.fields(), section.keys(), *copy);
        walk.settings
    };
    let mut copies = copies.iter();
    let first = copies.next().map(says);
    copies.any(|copy| Some(says(copy)) != first)
}

fn find_untold(
    fields: &'static [Field],
    parent: Element<'_>,
    at: &mut Vec<Segment>,
    untold: &mut BTreeSet<FieldPath>,
) {
    for field in fields {
        let is_list = matches!(field.kind, Kind::Section { .. });
        if let Kind::Section { key, sure: false, .. } = &field.kind {
            let mut seen = HashSet::new();
            let is_told = parent.children_named(field.name).all(|entry| {
                let has_first = key.first().is_some_and(|name| entry.child(name).is_some());
                has_first && seen.insert(identity_of(field, entry))
            });
            if !is_told {
                at.push(Segment { name: field.name.to_owned(), key: None });
                untold.insert(FieldPath::new(at.clone()));
                at.pop();
                continue;
            }
        }
        if !has_unsure(field.fields()) {
            continue;
        }
        for child in parent.children_named(field.name) {
            let key = is_list.then(|| identity_of(field, child));
            at.push(Segment { name: field.name.to_owned(), key });
            find_untold(field.fields(), child, at, untold);
            at.pop();
        }
    }
}

/// Says whether anything below may be a list of which it is not sure that its key tells.
fn has_unsure(fields: &'static [Field]) -> bool {
    fields.iter().any(|field| {
        matches!(field.kind, Kind::Section { sure: false, .. }) || has_unsure(field.fields())
    })
}

struct Walk<'w> {
    settings: Settings,
    at: Vec<Segment>,
    whole: &'w BTreeSet<FieldPath>,
}

impl Walk<'_> {
    /// `keys` are children that a key says already.
    fn fields(&mut self, fields: &'static [Field], keys: &[&str], parent: Element<'_>) {
        let mut done: Vec<&str> = Vec::new();
        for child in parent.children() {
            let name = child.name();
            // What a file says of its own name is no setting: its place says it.
            let is_key = keys.iter().any(|key| key.eq_ignore_ascii_case(name));
            if is_key || (self.at.is_empty() && name == "fullName") {
                continue;
            }
            let Some(field) = fields
                .iter()
                .find(|field| field.name == name || field.name.eq_ignore_ascii_case(name))
            else {
                if !done.contains(&name) {
                    done.push(name);
                    self.unknown(name, parent);
                }
                continue;
            };
            if matches!(field.portability, Portability::Never | Portability::Secret) {
                continue;
            }
            match &field.kind {
                Kind::Group(fields) => {
                    self.at.push(Segment { name: field.name.to_owned(), key: None });
                    self.fields(fields, &[], child);
                    self.at.pop();
                }
                Kind::Section { sure: false, .. } if self.is_whole(field.name) => {
                    if !done.contains(&field.name) {
                        done.push(field.name);
                        let elements = parent.children_named(name).map(Markup::of).collect();
                        self.put(field.name, Value::Xml(elements));
                    }
                }
                Kind::Section { fields, .. } => {
                    self.at.push(Segment {
                        name: field.name.to_owned(),
                        key: Some(identity_of(field, child)),
                    });
                    self.fields(fields, field.keys(), child);
                    if !field.is_layouts() && !field.says_by_flags() {
                        self.settings.insert(FieldPath::new(self.at.clone()), Value::Present);
                    }
                    self.at.pop();
                }
                Kind::Flag | Kind::Number | Kind::Text | Kind::Choice { .. } | Kind::Set { .. } => {
                    if done.contains(&field.name) {
                        continue;
                    }
                    done.push(field.name);
                    if let Some(value) =
                        field.read(parent).filter(|value| !is_nothing(field, value))
                    {
                        self.put(field.name, value);
                    }
                }
            }
        }
    }

    fn is_whole(&mut self, name: &str) -> bool {
        if self.whole.is_empty() {
            return false;
        }
        self.at.push(Segment { name: name.to_owned(), key: None });
        let is_whole = self.whole.contains(&FieldPath::new(self.at.clone()));
        self.at.pop();
        is_whole
    }

    fn unknown(&mut self, name: &str, parent: Element<'_>) {
        let elements: Vec<Element<'_>> = parent.children_named(name).collect();
        // One element with others in it may be a group, or a list of one: nobody knows.
        if elements.iter().any(|element| element.children().next().is_some()) {
            let elements = elements.into_iter().map(Markup::of).collect();
            return self.put(name, Value::Xml(elements));
        }
        let mut texts: Vec<String> =
            elements.iter().map(|element| element.text().trim().to_owned()).collect();
        match texts.as_slice() {
            [text] if text.is_empty() => {}
            [text] => self.put(name, Value::from(text.as_str())),
            _ => {
                texts.sort_unstable();
                self.put(name, Value::List(texts));
            }
        }
    }

    fn put(&mut self, name: &str, value: Value) {
        self.at.push(Segment { name: name.to_owned(), key: None });
        self.settings.insert(FieldPath::new(self.at.clone()), value);
        self.at.pop();
    }
}

/// Reads what a field says by the text of its one element; none where that is nothing.
pub fn value_of(field: &Field, text: &str) -> Option<Value> {
    field.read_text(text).filter(|value| !is_nothing(field, value))
}

fn is_nothing(field: &Field, value: &Value) -> bool {
    match (field.absent, value) {
        (Absent::Flag(default), Value::Bool(flag)) => default == *flag,
        (Absent::Text(default), Value::Text(text)) => text.is_empty() || default == text,
        (_, Value::List(list)) => list.is_empty(),
        (_, Value::Text(text)) => text.is_empty(),
        _ => false,
    }
}

/// One setting that two documents do not have in common: where, what the first has, what the second
/// has.
pub type Difference = (FieldPath, Option<Value>, Option<Value>);

/// Compares the settings of two documents of a type; `None` stands for a document that is not
/// there.
pub fn differences(
    row: &MetadataType,
    first: Option<&Document>,
    second: Option<&Document>,
) -> Vec<Difference> {
    let (first, second) = match (first, second) {
        (Some(first), Some(second)) => match apart(row, [first, second]) {
            Some([first, second]) => alike(row, [&first, &second]).into(),
            None => alike(row, [first, second]).into(),
        },
        (first, second) => {
            let read = |document: Option<&Document>| {
                document.map(|document| settings(row, document)).unwrap_or_default()
            };
            (read(first), read(second))
        }
    };
    between(&first, &second)
}

/// Compares settings that were read.
pub fn between(first: &Settings, second: &Settings) -> Vec<Difference> {
    let mut found = Vec::new();
    for (path, value) in first {
        let other = second.get(path);
        if !other.is_some_and(|other| is_same(path, value, other)) {
            found.push((path.clone(), Some(value.clone()), other.cloned()));
        }
    }
    found.extend(
        second
            .iter()
            .filter(|(path, _)| !first.contains_key(path))
            .map(|(path, value)| (path.clone(), None, Some(value.clone()))),
    );
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

fn is_same(path: &FieldPath, value: &Value, other: &Value) -> bool {
    match path.segments() {
        [first, last] => same_setting(&first.name, &last.name, value, other),
        _ => same(value, other),
    }
}

/// What an entry of a list says, as one value; none where it is not there or says nothing. That it
/// is there goes without saying where it says more.
pub fn entry_value(settings: &Settings, entry: &FieldPath) -> Option<Value> {
    let depth = entry.segments().len();
    let is_of_it = |path: &FieldPath| path.segments().starts_with(entry.segments());
    let mut of_it =
        settings.range(entry.clone()..).take_while(|(path, _)| is_of_it(path)).peekable();
    of_it.peek()?;
    let in_words = |(path, value): (&FieldPath, &Value)| {
        let rest = path.segments()[depth..].to_vec();
        (!rest.is_empty()).then(|| format!("{}={value}", FieldPath::new(rest)))
    };
    let says: Vec<String> = of_it.filter_map(in_words).collect();
    Some(if says.is_empty() { Value::Present } else { Value::List(says) })
}

/// The path of a whole entry, by the path and value of a setting in it:
/// `layoutAssignments[Account-Account Layout|Account.Customer]` for
/// `layoutAssignments[Account|Account.Customer].layout`, for any other its first segment.
pub fn entry_path(path: &FieldPath, value: Option<&Value>) -> FieldPath {
    let mut first = path.segments()[0].clone();
    if let (Some(key), Some(last), Some(value)) = (&first.key, path.segments().get(1), value)
        && (first.name.as_str(), last.name.as_str()) == ("layoutAssignments", "layout")
    {
        let of_type = key
            .split_once('|')
            .map(|(_, record_type)| format!("|{record_type}"))
            .unwrap_or_default();
        first.key = Some(format!("{value}{of_type}"));
    }
    FieldPath::new(vec![first])
}
