//! A snapshot on disk: one file a component in an order of its own, written only where its bytes
//! changed, with a record of what was asked for.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::metadata::document::{Document, Edit, Element, NAMESPACE, NewContent, NewElement};
use crate::metadata::registry::{self, Field, Kind, MetadataType, Travel};
use crate::metadata::{Component, ComponentId, layout};

use super::{Record, RecordedComponent};

/// How a snapshot is written.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions {
    /// In source format (`-meta.xml`).
    pub is_source: bool,
    /// The org's own bytes, not put in order.
    pub is_raw: bool,
    /// With consumer keys; secrets are never written.
    pub with_keys: bool,
}

/// What takes the place of a key that is not written.
pub const REDACTED: &str = "(redacted)";

/// Returns where a component's file lies in a snapshot; none for a type whose folder is not known.
pub fn path_of(id: &ComponentId, is_source: bool) -> Option<String> {
    if is_source { layout::source_path(id) } else { layout::metadata_path(id) }
}

/// Writes a component; `false` where its file holds these bytes already.
///
/// # Errors
/// The system refuses.
pub fn write_component(
    folder: &Path,
    component: &Component,
    options: &WriteOptions,
) -> io::Result<Option<(String, bool)>> {
    let Some(name) = path_of(&component.id, options.is_source) else { return Ok(None) };
    let bytes = bytes_of(component, options);
    let path = folder.join(&name);
    let is_new = fs::read(&path).ok().as_deref() != Some(&bytes);
    if is_new {
        write_whole(&path, &bytes)?;
    }
    Ok(Some((name, is_new)))
}

/// The bytes that stand for a component: in Salesforce's order, keys and secrets left out.
pub fn bytes_of(component: &Component, options: &WriteOptions) -> Vec<u8> {
    let document = redacted(component, options.with_keys);
    match registry::find_component(&component.id.type_name, &component.id.full_name) {
        // Of a type without a table the order may mean something.
        Some(row) if !options.is_raw && row.complete && !row.fields.is_empty() => {
            in_order(row, &document)
        }
        _ => document.into_bytes(),
    }
}

fn redacted(component: &Component, with_keys: bool) -> Document {
    let Some(row) = registry::find_component(&component.id.type_name, &component.id.full_name)
    else {
        return component.document.clone();
    };
    let mut edits = Vec::new();
    redact(row.fields, component.document.root(), with_keys, &mut edits);
    component.document.edit(&edits).unwrap_or_else(|_| component.document.clone())
}

fn redact(fields: &'static [Field], parent: Element<'_>, with_keys: bool, edits: &mut Vec<Edit>) {
    for child in parent.children() {
        let Some(field) = fields.iter().find(|field| field.name == child.name()) else { continue };
        match (field.travel, &field.kind) {
            (Travel::Never, _) if with_keys => {}
            (Travel::Never | Travel::Secret, _) if child.text().trim().is_empty() => {}
            (Travel::Never | Travel::Secret, _) => {
                edits.push(Edit::SetText { element: child.id(), text: REDACTED.to_owned() })
            }
            (_, Kind::Group(fields) | Kind::Section { fields, .. }) => {
                redact(fields, child, with_keys, edits)
            }
            _ => {}
        }
    }
}

/// Writes a document as Salesforce does: elements by name, lists by key, four spaces a level.
fn in_order(row: &'static MetadataType, document: &Document) -> Vec<u8> {
    let mut root = NewElement::of(document.root());
    if let NewContent::Children(children) = &mut root.content {
        order(row.fields, children);
    }
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{} xmlns=\"{NAMESPACE}\">\n",
        root.name
    );
    match &root.content {
        NewContent::Children(children) => {
            children.iter().for_each(|child| put(child, 1, &mut text))
        }
        NewContent::Text(_) | NewContent::Copy(_) => {}
    }
    text.push_str("</");
    text.push_str(&root.name);
    text.push_str(">\n");
    text.into_bytes()
}

fn order(fields: &'static [Field], children: &mut [NewElement]) {
    for child in children.iter_mut() {
        let below =
            fields.iter().find(|field| field.name == child.name).map_or(&[][..], Field::fields);
        if let NewContent::Children(children) = &mut child.content {
            order(below, children);
        }
    }
    let key = |element: &NewElement| -> Vec<String> {
        match fields.iter().find(|field| field.name == element.name).map(|field| &field.kind) {
            Some(Kind::Section { key, .. }) => {
                key.iter().map(|part| text_of(element, part)).collect()
            }
            Some(Kind::Set { .. }) => vec![text_of(element, "")],
            _ => Vec::new(),
        }
    };
    children
        .sort_by(|one, other| one.name.cmp(&other.name).then_with(|| key(one).cmp(&key(other))));
}

fn text_of(element: &NewElement, child: &str) -> String {
    match &element.content {
        NewContent::Text(text) if child.is_empty() => text.trim().to_owned(),
        NewContent::Text(_) | NewContent::Copy(_) => String::new(),
        NewContent::Children(children) => children
            .iter()
            .find(|one| one.name == child)
            .map(|one| text_of(one, ""))
            .unwrap_or_default(),
    }
}

fn put(element: &NewElement, depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth);
    text.push_str(&indent);
    if let NewContent::Copy(markup) = &element.content {
        text.push_str(markup.raw());
        text.push('\n');
        return;
    }
    text.push('<');
    text.push_str(&element.name);
    match &element.content {
        NewContent::Copy(_) => {}
        NewContent::Text(content) if content.trim().is_empty() => text.push_str("/>\n"),
        NewContent::Text(content) => {
            text.push('>');
            for character in content.chars() {
                match character {
                    '&' => text.push_str("&amp;"),
                    '<' => text.push_str("&lt;"),
                    '>' => text.push_str("&gt;"),
                    '"' => text.push_str("&quot;"),
                    '\'' => text.push_str("&apos;"),
                    '\r' => text.push_str("&#xD;"),
                    other => text.push(other),
                }
            }
            text.push_str("</");
            text.push_str(&element.name);
            text.push_str(">\n");
        }
        NewContent::Children(children) => {
            text.push_str(">\n");
            children.iter().for_each(|child| put(child, depth + 1, text));
            text.push_str(&indent);
            text.push_str("</");
            text.push_str(&element.name);
            text.push_str(">\n");
        }
    }
}

/// Writes the record, and removes the files that the one before it lists and it does not; no other
/// file is touched. Returns those removed.
///
/// # Errors
/// The system refuses.
pub fn write_record(
    folder: &Path,
    before: Option<&Record>,
    record: &Record,
) -> io::Result<Vec<String>> {
    let kept: BTreeSet<&str> = record.components.iter().map(|one| one.file.as_str()).collect();
    let mut removed = Vec::new();
    for old in before.map(|before| before.components.as_slice()).unwrap_or_default() {
        if kept.contains(old.file.as_str()) || !is_inside(old) {
            continue;
        }
        match fs::remove_file(folder.join(&old.file)) {
            Ok(()) => removed.push(old.file.clone()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let mut text = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
    text.push(b'\n');
    let path = folder.join("snapshot.json");
    if fs::read(&path).ok().as_deref() != Some(&text) {
        write_whole(&path, &text)?;
    }
    Ok(removed)
}

/// A record may have been edited: what it lists is a file of the component below the folder, or it
/// is not touched.
fn is_inside(one: &RecordedComponent) -> bool {
    let id = ComponentId::new(
        one.type_name.as_str(),
        layout::canonical_full_name(&one.type_name, &one.full_name),
    );
    [true, false].into_iter().any(|is_source| path_of(&id, is_source).as_deref() == Some(&one.file))
}

/// Reads the record of a folder; none where it has none.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_record(folder: &Path) -> io::Result<Option<Record>> {
    match fs::read(folder.join("snapshot.json")) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder: PathBuf = path.parent().map(Path::to_path_buf).unwrap_or_default();
    fs::create_dir_all(&folder)?;
    let mut file = tempfile::Builder::new().prefix(".sfsetup-").tempfile_in(&folder)?;
    file.write_all(bytes)?;
    // A snapshot can be taken again: one flush of each of ten thousand files is not worth its time.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(inner: &str) -> Component {
        let text = format!("<ConnectedApp xmlns=\"{NAMESPACE}\">{inner}</ConnectedApp>");
        Component {
            id: ComponentId::new("ConnectedApp", "Acme"),
            document: Document::parse(text.into_bytes()).unwrap(),
            file: String::new(),
        }
    }

    #[test]
    fn any_order_gives_the_same_bytes_and_keys_are_left_out() {
        let options = WriteOptions { is_source: false, is_raw: false, with_keys: false };
        let one = component(
            "<oauthConfig><scopes>Web</scopes><scopes>Api</scopes><consumerKey>3MVG9</consumerKey>\
             </oauthConfig><label>A &amp; B</label>",
        );
        let other = component(
            "<label>A &amp; B</label>\n<oauthConfig><consumerKey>3MVG9</consumerKey><scopes>Api\
             </scopes><scopes>Web</scopes></oauthConfig>",
        );
        let text = String::from_utf8(bytes_of(&one, &options)).unwrap();
        assert_eq!(text.as_bytes(), bytes_of(&other, &options));
        insta::assert_snapshot!(text, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
            <label>A &amp; B</label>
            <oauthConfig>
                <consumerKey>(redacted)</consumerKey>
                <scopes>Api</scopes>
                <scopes>Web</scopes>
            </oauthConfig>
        </ConnectedApp>
        "#);
        let with_keys =
            String::from_utf8(bytes_of(&one, &WriteOptions { with_keys: true, ..options }))
                .unwrap();
        assert!(with_keys.contains("<consumerKey>3MVG9<"));
        let raw =
            String::from_utf8(bytes_of(&one, &WriteOptions { is_raw: true, ..options })).unwrap();
        assert!(raw.contains("<scopes>Web</scopes><scopes>Api</scopes>"));
    }

    #[test]
    fn only_files_that_the_record_lists_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let options = WriteOptions { is_source: false, is_raw: false, with_keys: false };
        let (name, is_new) =
            write_component(folder.path(), &component("<label>A</label>"), &options)
                .unwrap()
                .unwrap();
        assert!(is_new);
        assert!(
            !write_component(folder.path(), &component("<label>A</label>"), &options)
                .unwrap()
                .unwrap()
                .1,
            "the same bytes are not written again"
        );
        fs::write(folder.path().join("mine.txt"), "x").unwrap();
        let one = |file: &str| RecordedComponent {
            type_name: "ConnectedApp".to_owned(),
            full_name: "Acme".to_owned(),
            file: file.to_owned(),
            last_modified_by: None,
            last_modified_date: None,
        };
        let before = Record {
            components: vec![one(&name), one("mine.txt"), one("../outside")],
            ..Record::default()
        };
        assert_eq!(write_record(folder.path(), Some(&before), &Record::default()).unwrap(), [name]);
        assert!(folder.path().join("mine.txt").exists());
    }
}
