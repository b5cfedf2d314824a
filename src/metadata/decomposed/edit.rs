//! What was changed in a component that was put together goes back into its parts.

use std::collections::BTreeMap;

use super::super::document::{
    Document, DocumentError, Edit, EditError, Element, Markup, NAMESPACE, NewElement,
};
use super::super::registry::{self, Field, Kind};
use super::{META, OBJECTS, PARTS, Part, PartError, Read, TYPE, compose, entries, read};

/// What becomes of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewState {
    /// It holds this now, or is a new file.
    Written(Vec<u8>),
    /// Nothing is left in it.
    Gone,
}

/// Why a change cannot go back into the parts.
#[derive(Debug, thiserror::Error)]
pub enum DistributeError {
    /// A part is no metadata.
    #[error("{0}")]
    Part(#[from] PartError),
    /// What was put together is no metadata.
    #[error("{0:?}")]
    Whole(DocumentError),
    /// Two changes of one element.
    #[error("{0}")]
    Edit(#[from] EditError),
}

/// What tells an entry from its like: the element's name, its key, and of equal ones the number.
type Identity = (String, Option<String>, usize);

/// The new state of every part that a change touches, by file.
///
/// # Errors
/// A part is no metadata.
pub fn distribute(
    parts: &[Part],
    after: &Document,
) -> Result<BTreeMap<String, NewState>, DistributeError> {
    let documents = read(parts)?;
    let whole = Document::parse(compose(parts)?.bytes).map_err(DistributeError::Whole)?;
    let before = entries(parts, &documents);
    let mut wanted: BTreeMap<Identity, Element<'_>> =
        identities(after.root().children()).into_iter().zip(after.root().children()).collect();
    let mut edits: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
    let mut left: BTreeMap<usize, usize> = BTreeMap::new();
    for ((identity, old), entry) in
        identities(whole.root().children()).into_iter().zip(whole.root().children()).zip(&before)
    {
        let Some(new) = wanted.remove(&identity) else {
            if entry.is_whole {
                let element = entry.element.id();
                edits.entry(entry.part).or_default().push(Edit::Remove { element });
            }
            // A file that is one entry goes with it.
            left.entry(entry.part).or_default();
            continue;
        };
        *left.entry(entry.part).or_default() += 1;
        if Markup::of(old).raw() == Markup::of(new).raw() {
            continue;
        }
        let edits = edits.entry(entry.part).or_default();
        if entry.is_whole {
            let new = NewElement::copy(Markup::of(new));
            edits.push(Edit::Replace { element: entry.element.id(), new });
        } else {
            edits.extend(within(entry.element, new));
        }
    }
    let mut states = BTreeMap::new();
    let mut fresh: BTreeMap<String, Vec<Element<'_>>> = BTreeMap::new();
    for element in wanted.into_values() {
        let file = file_for(parts, &documents, element);
        match parts.iter().position(|part| part.file == file) {
            Some(part) => {
                *left.entry(part).or_default() += 1;
                edits.entry(part).or_default().push(Edit::Insert {
                    parent: documents[part].document.root().id(),
                    new: NewElement::copy(Markup::of(element)),
                    key: key_names(element.name()),
                });
            }
            None => fresh.entry(file).or_default().push(element),
        }
    }
    for (part, count) in left {
        let file = parts[part].file.clone();
        if count == 0 && part > 0 {
            states.insert(file, NewState::Gone);
        } else if let Some(edits) = edits.get(&part) {
            let bytes = documents[part].edit(edits)?;
            states.insert(file, NewState::Written(bytes));
        }
    }
    for (file, elements) in fresh {
        let bytes = new_file(&file, &elements, has_lists(&documents));
        states.insert(file, NewState::Written(bytes.into_bytes()));
    }
    Ok(states)
}

fn identities<'d>(elements: impl Iterator<Item = Element<'d>>) -> Vec<Identity> {
    let row = registry::find(TYPE);
    let mut seen: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
    elements
        .map(|element| {
            let key = row.and_then(|row| row.entry_of(element)).and_then(|segment| segment.key);
            let count = seen.entry((element.name().to_owned(), key.clone())).or_default();
            *count += 1;
            (element.name().to_owned(), key, *count)
        })
        .collect()
}

/// The edits that turn the children of one element into those of another.
fn within(old: Element<'_>, new: Element<'_>) -> Vec<Edit> {
    let mut wanted: Vec<Element<'_>> = new.children().collect();
    let mut edits = Vec::new();
    for child in old.children() {
        match wanted.iter().position(|one| one.name() == child.name()) {
            Some(at) => {
                let one = wanted.remove(at);
                if Markup::of(one).raw() != Markup::of(child).raw() {
                    let new = NewElement::copy(Markup::of(one));
                    edits.push(Edit::Replace { element: child.id(), new });
                }
            }
            None => edits.push(Edit::Remove { element: child.id() }),
        }
    }
    edits.extend(wanted.into_iter().map(|one| Edit::Insert {
        parent: old.id(),
        new: NewElement::copy(Markup::of(one)),
        key: Vec::new(),
    }));
    edits
}

fn field(name: &str) -> Option<&'static Field> {
    registry::find(TYPE)?.field(name)
}

fn key_names(name: &str) -> Vec<String> {
    match field(name).map(|field| &field.kind) {
        Some(Kind::Section { key, .. }) => key.iter().map(|name| (*name).to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Whether the parts are lists, as with the second layout, and not one entry each.
fn has_lists(documents: &[Read]) -> bool {
    documents.iter().skip(1).any(|read| read.document.root().name() == TYPE)
}

/// The file that a new entry belongs into: the part of its list, or of its object.
fn file_for(parts: &[Part], documents: &[Read], element: Element<'_>) -> String {
    let own = &parts[0].file;
    let (folder, file) = own.rsplit_once('/').unwrap_or(("", own));
    let name = file.strip_suffix(super::ROOT).unwrap_or(file);
    let key = field(element.name()).map(|field| registry::key_of(field, element));
    let mut of_list = PARTS.iter().filter(|(_, list)| *list == element.name());
    let (Some((first, list)), Some(key)) = (of_list.next(), key) else { return own.clone() };
    if !has_lists(documents) {
        return format!("{folder}/{list}/{key}.{first}{META}");
    }
    let is_of_object = matches!(
        *list,
        "fieldPermissions" | "objectPermissions" | "recordTypeVisibilities" | "tabSettings"
    );
    if is_of_object {
        let object = key.split('.').next().unwrap_or_default();
        let object = object.strip_prefix("standard-").unwrap_or(object);
        return format!("{folder}/{OBJECTS}/{object}.{OBJECTS}{META}");
    }
    // Of two spellings the second is that of the second layout.
    let suffix = of_list.next().map_or(*first, |(second, _)| second);
    format!("{folder}/{name}.{suffix}{META}")
}

/// A part that was not there.
fn new_file(file: &str, elements: &[Element<'_>], is_list: bool) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let mut put = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    if is_list {
        put(&format!("<{TYPE}>"));
        elements.iter().for_each(|one| put(&format!("    {}", Markup::of(*one).raw())));
        put(&format!("</{TYPE}>"));
        return text;
    }
    let suffix = super::suffix_of(file).unwrap_or_default();
    let root = suffix.get(..1).unwrap_or_default().to_ascii_uppercase()
        + suffix.get(1..).unwrap_or_default();
    put(&format!("<{root} xmlns=\"{NAMESPACE}\">"));
    for child in elements.iter().flat_map(|one| one.children()) {
        put(&format!("    {}", Markup::of(child).raw()));
    }
    put(&format!("</{root}>"));
    text
}
