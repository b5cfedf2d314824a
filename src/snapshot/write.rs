//! The bytes of a snapshot: a component in an order of its own with keys and secrets left out, and
//! the file that lets other tools deploy the folder.

use std::path::{Component as PathPart, Path};

use crate::metadata::document::{Document, Edit, Element, NAMESPACE, NewContent, NewElement};
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::{self, ApiVersion, Field, Kind, MetadataType, Portability};
use crate::metadata::{Component, ComponentId, layout};

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

/// Returns where a component's XML lies in a snapshot; none for a type whose folder is not known,
/// and for a name that no file can have.
pub fn path_of(id: &ComponentId, is_source: bool) -> Option<String> {
    let path = if is_source { layout::source_path(id) } else { layout::metadata_path(id) }?;
    // The org gives the name: it must not lead out of its folder.
    let mut parts = Path::new(&path).components();
    let is_two = matches!(
        (parts.next(), parts.next(), parts.next()),
        (Some(PathPart::Normal(_)), Some(PathPart::Normal(_)), None)
    );
    (is_two && path.matches('/').count() == 1 && !path.contains(['\\', '\0'])).then_some(path)
}

/// Returns where the content stands that an XML stands beside.
pub fn content_of(path: &str) -> Option<&str> {
    path.strip_suffix("-meta.xml")
}

/// Says whether a path is one that a snapshot writes a component's file to.
pub fn is_place(path: &str) -> bool {
    let xml = format!("{path}-meta.xml");
    let of = |file: &str| layout::component_of(file).map(|id| (id, file.to_owned()));
    [of(path), of(&xml)].into_iter().flatten().any(|(id, file)| {
        [true, false].into_iter().any(|is_source| path_of(&id, is_source).as_ref() == Some(&file))
    })
}

/// A component's files: its XML, and its content where that is no XML; each with its bytes.
#[derive(Debug)]
pub struct Files {
    /// The XML.
    pub xml: (String, Vec<u8>),
    /// The content.
    pub content: Option<(String, Vec<u8>)>,
}

/// Returns a component's files.
///
/// # Errors
/// It has no place in a snapshot ([`path_of`]), or what must not be written cannot be left out; in
/// words.
pub fn files_of(
    component: &Component,
    content: Option<Vec<u8>>,
    options: &WriteOptions,
) -> Result<Files, &'static str> {
    // Beside a content the XML is called as in source format.
    let path = path_of(&component.id, options.is_source || content.is_some()).ok_or(NO_PLACE)?;
    let content = match content {
        Some(bytes) => Some((content_of(&path).ok_or(NO_PLACE)?.to_owned(), bytes)),
        None => None,
    };
    let bytes = bytes_of(component, options).ok_or("its keys cannot be left out of its file")?;
    Ok(Files { xml: (path, bytes), content })
}

/// Why a component is not written.
pub const NO_PLACE: &str = "sfsetup knows no file that holds components of this type, or of this \
                            name, alone";

/// The bytes that stand for a component: in Salesforce's order, keys and secrets left out; none
/// where these cannot be left out.
fn bytes_of(component: &Component, options: &WriteOptions) -> Option<Vec<u8>> {
    let document = redacted(component, options.with_keys)?;
    Some(match registry::find_component(&component.id.type_name, &component.id.full_name) {
        // Of a type without a table the order may mean something.
        Some(row) if !options.is_raw && row.complete && !row.fields.is_empty() => {
            in_order(row, &document)
        }
        _ => document.into_bytes(),
    })
}

fn redacted(component: &Component, with_keys: bool) -> Option<Document> {
    let Some(row) = registry::find_component(&component.id.type_name, &component.id.full_name)
    else {
        return Some(component.document.clone());
    };
    let mut edits = Vec::new();
    redact(row.fields, component.document.root(), with_keys, &mut edits);
    component.document.edit(&edits).ok()
}

fn redact(fields: &'static [Field], parent: Element<'_>, with_keys: bool, edits: &mut Vec<Edit>) {
    for child in parent.children() {
        let Some(field) = fields.iter().find(|field| field.name == child.name()) else { continue };
        match (field.portability, &field.kind) {
            (Portability::Never, _) if with_keys => {}
            // Left out whole: a word in its place would be deployed as the key.
            (Portability::Never | Portability::Secret, _) => {
                edits.push(Edit::Remove { element: child.id() })
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

/// The file that lets other tools deploy the folder as it is: its name and bytes.
///
/// A manifest of all that is in the folder for metadata format, a project whose one package
/// directory is the folder itself for source format.
pub fn descriptor<'c>(
    components: impl Iterator<Item = &'c ComponentId>,
    is_source: bool,
    version: ApiVersion,
) -> (&'static str, Vec<u8>) {
    if is_source {
        let text = format!(
            "{{\n  \"packageDirectories\": [\n    {{\n      \"path\": \".\",\n      \"default\": \
             true\n    }}\n  ],\n  \"sourceApiVersion\": \"{version}\"\n}}\n"
        );
        return (PROJECT, text.into_bytes());
    }
    let mut manifest = Manifest { version: Some(version), ..Manifest::default() };
    for id in components {
        manifest.add(&id.type_name, &id.full_name);
    }
    (PACKAGE, manifest.to_xml().into_bytes())
}

/// A manifest's name.
pub const PACKAGE: &str = "package.xml";
/// A project's own file.
pub const PROJECT: &str = "sfdx-project.json";

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

    const OPTIONS: WriteOptions =
        WriteOptions { is_source: false, is_raw: false, with_keys: false };

    fn text(component: &Component, options: &WriteOptions) -> String {
        String::from_utf8(files_of(component, None, options).unwrap().xml.1).unwrap()
    }

    #[test]
    fn any_order_gives_the_same_bytes_and_keys_are_left_out() {
        let one = component(
            "<oauthConfig><scopes>Web</scopes><scopes>Api</scopes><consumerKey>3MVG9</consumerKey>\
             </oauthConfig><label>A &amp; B</label>",
        );
        let other = component(
            "<label>A &amp; B</label>\n<oauthConfig><consumerKey>3MVG9</consumerKey><scopes>Api\
             </scopes><scopes>Web</scopes></oauthConfig>",
        );
        assert_eq!(text(&one, &OPTIONS), text(&other, &OPTIONS));
        insta::assert_snapshot!(text(&one, &OPTIONS), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <ConnectedApp xmlns="http://soap.sforce.com/2006/04/metadata">
            <label>A &amp; B</label>
            <oauthConfig>
                <scopes>Api</scopes>
                <scopes>Web</scopes>
            </oauthConfig>
        </ConnectedApp>
        "#);
        let with_keys = text(&one, &WriteOptions { with_keys: true, ..OPTIONS });
        assert!(with_keys.contains("<consumerKey>3MVG9<"));
        let raw = text(&one, &WriteOptions { is_raw: true, ..OPTIONS });
        assert!(raw.contains("<scopes>Web</scopes><scopes>Api</scopes>") && !raw.contains("3MVG9"));
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        for name in ["../../x", "a/b", "..", "a\\b", "a\0b"] {
            let id = ComponentId::new("ConnectedApp", name);
            let path = path_of(&id, false);
            assert!(path.as_deref().is_none_or(|path| path == "connectedApps/...connectedApp"));
        }
        assert_eq!(
            path_of(&ComponentId::new("Profile", "A/B"), true).unwrap(),
            "profiles/A%2FB.profile-meta.xml"
        );
    }

    #[test]
    fn a_class_is_its_source_with_its_xml_beside_it() {
        let text = format!("<ApexClass xmlns=\"{NAMESPACE}\"><status>Active</status></ApexClass>");
        let class = Component {
            id: ComponentId::new("ApexClass", "A"),
            document: Document::parse(text.into_bytes()).unwrap(),
            file: String::new(),
        };
        for is_source in [false, true] {
            let options = WriteOptions { is_source, ..OPTIONS };
            let files = files_of(&class, Some(b"class A {}".to_vec()), &options).unwrap();
            assert_eq!(files.xml.0, "classes/A.cls-meta.xml");
            assert_eq!(
                files.content.unwrap(),
                ("classes/A.cls".to_owned(), b"class A {}".to_vec())
            );
        }
    }
}
