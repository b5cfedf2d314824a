//! Components that source format has in parts: a permission set whose entries stand in files of
//! their own, in each layout that the sf command line writes (`sourceBehaviorOptions` in
//! `sfdx-project.json`).
//!
//! The parts lie in a folder that is called as the component, beside or below its own file:
//! `Acme/Acme.permissionset-meta.xml`. With `decomposePermissionSetBeta` each entry has a file
//! (`Acme/fieldPermissions/Account.Tier__c.fieldPermission-meta.xml`), whose root is the entry;
//! with `decomposePermissionSetBeta2` each list has one (`Acme/Acme.userPermission-meta.xml`), and
//! what is of an object stands together (`Acme/objectSettings/Account.objectSettings-meta.xml`),
//! below a root that is the component's (S 6.11).

mod edit;

use std::ops::Range;

use super::ComponentId;
use super::document::{
    Document, DocumentError, DocumentErrorKind, Edit, EditError, Element, NAMESPACE,
};
use super::full_name::canonical_full_name;
use super::registry::wsdl;

pub use edit::{NewState, distribute};

/// The one type that is put together so.
const TYPE: &str = "PermissionSet";
/// What ends the name of its own file.
const ROOT: &str = ".permissionset-meta.xml";
/// What ends the name of every part.
const META: &str = "-meta.xml";
/// The parts of the second layout that hold what is of one object.
const OBJECTS: &str = "objectSettings";

/// The suffix of a list's parts in either layout, and the element of its entries.
const PARTS: &[(&str, &str)] = &[
    ("applicationVisibility", "applicationVisibilities"),
    ("classAccess", "classAccesses"),
    ("customMetadataTypeAccess", "customMetadataTypeAccesses"),
    ("customPermission", "customPermissions"),
    ("customPermissions", "customPermissions"),
    ("customSettingAccess", "customSettingAccesses"),
    ("externalCredentialPrincipalAccess", "externalCredentialPrincipalAccesses"),
    ("externalDataSourceAccess", "externalDataSourceAccesses"),
    ("fieldPermission", "fieldPermissions"),
    ("flowAccess", "flowAccesses"),
    ("objectPermission", "objectPermissions"),
    ("pageAccess", "pageAccesses"),
    ("recordTypeVisibility", "recordTypeVisibilities"),
    ("tabSetting", "tabSettings"),
    ("userPermission", "userPermissions"),
];

/// A file of such a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it stands.
    pub file: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Why the parts cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {}", error.position.line, error.position.column, error.kind)]
pub struct PartError {
    /// The part.
    pub file: String,
    /// Why it is none.
    pub error: DocumentError,
}

/// A component that was put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// Its file, as metadata format has it.
    pub bytes: Vec<u8>,
    stretches: Vec<Stretch>,
}

/// A stretch of bytes that was copied out of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stretch {
    at: Range<usize>,
    part: usize,
    from: usize,
}

impl Composed {
    /// Says in which part a byte of the whole stands, by its place among the parts, and where in
    /// it.
    pub fn origin(&self, at: usize) -> (usize, usize) {
        let next = self.stretches.partition_point(|one| one.at.start <= at);
        match next.checked_sub(1).map(|index| &self.stretches[index]) {
            Some(one) if at < one.at.end => (one.part, one.from + (at - one.at.start)),
            // A tag that no part has: that of the entry in a file of its own.
            _ => self.stretches.get(next).filter(|_| next > 0).map_or((0, 0), |one| (one.part, 0)),
        }
    }
}

/// Says of which component a file may be a part: every place, the nearest first, where its own file
/// would then stand. No answer says that it is there.
pub fn roots_of(path: &str) -> Vec<String> {
    if suffix_of(path).is_none() {
        return Vec::new();
    }
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    let mut roots = Vec::new();
    while let Some(last) = folders.last().filter(|last| !last.is_empty()) {
        roots.push(format!("{}/{last}{ROOT}", folders.join("/")));
        folders.pop();
    }
    roots
}

/// Says whether a file may be a part, by its suffix.
pub fn is_part(path: &str) -> bool {
    suffix_of(path).is_some()
}

/// Says whether a component's own file stands in a folder that is called as it, so that parts may
/// stand beside and below it.
pub fn has_own_folder(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let stem = parts.next().and_then(|file| file.strip_suffix(ROOT));
    stem.is_some() && stem == parts.next()
}

/// Says of which component a part is that lies where the sf command line puts it, by its path
/// alone.
pub fn owner_of(path: &str) -> Option<ComponentId> {
    let (owner, above) = placed(path)?;
    let is_there = above.rsplit('/').any(|folder| folder == "permissionsets");
    is_there.then(|| named(owner))
}

/// The same for a part that lies in any folder; by its suffix it may also be a component of another
/// type (`customPermission`).
pub fn owner_anywhere(path: &str) -> Option<ComponentId> {
    placed(path).map(|(owner, _)| named(owner))
}

fn named(owner: &str) -> ComponentId {
    ComponentId::new(TYPE, canonical_full_name(TYPE, owner))
}

/// The folder that is called as the component of a part, and what stands before it.
fn placed(path: &str) -> Option<(&str, &str)> {
    let suffix = suffix_of(path)?;
    let split = |folders| str::rsplit_once(folders, '/').unwrap_or(("", folders));
    let (above, near) = split(path.rsplit_once('/')?.0);
    let is_below = near == OBJECTS || PARTS.iter().any(|(of, list)| *of == suffix && *list == near);
    let (above, owner) = if is_below { split(above) } else { (above, near) };
    (!owner.is_empty()).then_some((owner, above))
}

/// The suffix of a part.
fn suffix_of(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next()?.strip_suffix(META)?;
    let suffix = file.rsplit_once('.')?.1;
    let known = PARTS.iter().map(|(suffix, _)| *suffix).chain([OBJECTS]);
    known.into_iter().find(|known| *known == suffix)
}

/// The element of the entries in a part whose root is an entry.
fn element_of(path: &str) -> &'static str {
    let suffix = suffix_of(path);
    let found = PARTS.iter().find(|(of, _)| Some(*of) == suffix);
    found.map_or("", |(_, element)| element)
}

/// One entry of a part, as it goes into the whole.
struct Entry<'d> {
    name: &'d str,
    part: usize,
    /// Copied as it stands, or the children of the part's root.
    is_whole: bool,
    element: Element<'d>,
}

/// A part that was read.
struct Read {
    document: Document,
    /// Where a namespace was put in: the second layout has none in its parts.
    added: Range<usize>,
}

impl Read {
    fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        match Document::parse(bytes.to_vec()) {
            Err(error) if error.kind == DocumentErrorKind::NoNamespace => {
                let at = end_of_root_name(bytes).ok_or_else(|| error.clone())?;
                let namespace = format!(" xmlns=\"{NAMESPACE}\"");
                let whole = [&bytes[..at], namespace.as_bytes(), &bytes[at..]].concat();
                let document = Document::parse(whole)?;
                Ok(Self { document, added: at..at + namespace.len() })
            }
            read => read.map(|document| Self { document, added: 0..0 }),
        }
    }

    /// Where a byte stands in the file.
    fn in_file(&self, at: usize) -> usize {
        if at < self.added.end { at.min(self.added.start) } else { at - self.added.len() }
    }

    /// The file's bytes after edits.
    fn edit(&self, edits: &[Edit]) -> Result<Vec<u8>, EditError> {
        let mut bytes = self.document.edit(edits)?.into_bytes();
        bytes.drain(self.added.clone());
        Ok(bytes)
    }
}

/// Where the name of the root's opening tag ends.
fn end_of_root_name(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(b'<', &bytes[at..])?;
        let rest = &bytes[at..];
        let end = match rest.get(1)? {
            b'?' => memchr::memmem::find(rest, b"?>")?,
            b'!' => memchr::memmem::find(rest, b"-->")?,
            _ => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
                return Some(at + rest.iter().position(is_end)?);
            }
        };
        at += end;
    }
}

fn read(parts: &[Part]) -> Result<Vec<Read>, PartError> {
    let parse = |part: &Part| {
        Read::parse(&part.bytes).map_err(|error| PartError { file: part.file.clone(), error })
    };
    parts.iter().map(parse).collect()
}

/// The entries of all parts in the order in which Salesforce writes them.
fn entries<'d>(parts: &[Part], documents: &'d [Read]) -> Vec<Entry<'d>> {
    let mut entries = Vec::new();
    for (part, read) in documents.iter().enumerate() {
        let root = read.document.root();
        if part == 0 || root.name() == TYPE {
            entries.extend(root.children().map(|element| Entry {
                name: element.name(),
                part,
                is_whole: true,
                element,
            }));
        } else {
            let name = element_of(&parts[part].file);
            let name = if name.is_empty() { root.name() } else { name };
            entries.push(Entry { name, part, is_whole: false, element: root });
        }
    }
    let told = wsdl::find(TYPE);
    let order = |name: &str| told.and_then(|told| told.order_of(name)).unwrap_or(usize::MAX);
    entries.sort_by_key(|entry| (order(entry.name), entry.name));
    entries
}

/// Puts a component together; its own file is the first part.
///
/// # Errors
/// A part is no metadata.
pub fn compose(parts: &[Part]) -> Result<Composed, PartError> {
    let documents = read(parts)?;
    let mut whole = Composed { bytes: Vec::new(), stretches: Vec::new() };
    let has_nil = parts.iter().any(|part| memchr::memmem::find(&part.bytes, b"xsi:").is_some());
    let nil = if has_nil { " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"" } else { "" };
    whole.bytes.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if let Some(first) = documents.first() {
        let at = whole.bytes.len();
        let from = first.in_file(first.document.root().span().start);
        whole.stretches.push(Stretch { at: at..at + 1, part: 0, from });
    }
    whole.bytes.extend_from_slice(format!("<{TYPE} xmlns=\"{NAMESPACE}\"{nil}>\n").as_bytes());
    for entry in entries(parts, &documents) {
        let read = &documents[entry.part];
        let copy = |whole: &mut Composed, element: Element<'_>| {
            let (span, at) = (element.span(), whole.bytes.len());
            whole.bytes.extend_from_slice(&read.document.bytes()[span.clone()]);
            let at = at..whole.bytes.len();
            let from = read.in_file(span.start);
            whole.stretches.push(Stretch { at, part: entry.part, from });
        };
        whole.bytes.extend_from_slice(b"    ");
        if entry.is_whole {
            copy(&mut whole, entry.element);
        } else {
            whole.bytes.extend_from_slice(format!("<{}>\n", entry.name).as_bytes());
            for child in entry.element.children() {
                whole.bytes.extend_from_slice(b"        ");
                copy(&mut whole, child);
                whole.bytes.push(b'\n');
            }
            whole.bytes.extend_from_slice(format!("    </{}>", entry.name).as_bytes());
        }
        whole.bytes.push(b'\n');
    }
    whole.bytes.extend_from_slice(format!("</{TYPE}>\n").as_bytes());
    Ok(whole)
}

#[cfg(test)]
mod tests;
