//! An element of whose structure nothing is known: copied as it stands, compared by what it holds.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::{Document, DocumentError, Element, NAMESPACE};

/// An element as it stands in a file, tags included. Two are equal if they hold the same, whatever
/// their layout and the order of elements of different names.
#[derive(Clone, Debug)]
pub struct Markup {
    raw: String,
    name: String,
    canonical: String,
    /// Prefixes that mean something in it by a declaration above it, with their namespaces.
    prefixes: Vec<(String, String)>,
}

impl Markup {
    /// Takes an element out of a document.
    pub fn of(element: Element<'_>) -> Self {
        let mut canonical = String::new();
        write(element, &mut canonical, true);
        let raw = if element.document.has_prefixes {
            // Elsewhere the prefix would mean nothing.
            let mut plain = String::new();
            write(element, &mut plain, false);
            plain
        } else {
            element.document.text_of(element.span()).to_owned()
        };
        let prefixes = prefixes(element, &raw);
        Self { raw, name: element.name().to_owned(), canonical, prefixes }
    }

    /// Returns the prefixes that a document must declare to hold it, with their namespaces.
    pub(super) fn prefixes(&self) -> &[(String, String)] {
        &self.prefixes
    }

    /// Returns the element's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the element as it is written, byte for byte as it stood in its file.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The texts of children, where they are there.
    pub(super) fn parts(&self, names: &[String]) -> Vec<String> {
        let Ok(document) = self.document() else { return Vec::new() };
        let Some(element) = document.root().children().next() else { return Vec::new() };
        let text = |name: &String| Some(element.child_text(name)?.into_owned());
        names.iter().filter_map(text).collect()
    }

    /// Reads it as the only child of a document's root.
    pub(super) fn document(&self) -> Result<Document, DocumentError> {
        let raw = &self.raw;
        let prefixes: String = self
            .prefixes
            .iter()
            .map(|(prefix, namespace)| format!(" xmlns:{prefix}=\"{}\"", quoted(namespace)))
            .collect();
        Document::parse(format!("<x xmlns=\"{NAMESPACE}\"{prefixes}>{raw}</x>").into_bytes())
    }
}

/// An attribute's value, as it is written in quotes of any kind, for double quotes.
pub(super) fn quoted(value: &str) -> String {
    value.replace('"', "&quot;")
}

/// The declarations above an element that what it holds may rest on: an attribute's name
/// (`xsi:type`), or a value that is a name (`xsd:string`).
fn prefixes(element: Element<'_>, raw: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for above in std::iter::successors(element.parent(), |one| one.parent()) {
        for (name, namespace) in above.attributes() {
            let Some(prefix) = name.strip_prefix("xmlns:") else { continue };
            let is_nearer = found.iter().any(|(nearer, _)| nearer == prefix);
            if !is_nearer && raw.contains(&format!("{prefix}:")) {
                found.push((prefix.to_owned(), namespace.to_owned()));
            }
        }
    }
    found
}

/// Writes an element without layout; for comparison with its children in order of their names and
/// its texts trimmed.
fn write(element: Element<'_>, out: &mut String, is_canonical: bool) {
    let mut children: Vec<Element<'_>> = element.children().collect();
    if is_canonical {
        children.sort_by(|one, other| one.name().cmp(other.name()));
    }
    out.push('<');
    out.push_str(element.name());
    for (name, value) in element.attributes() {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        out.push_str(&quoted(value));
        out.push('"');
    }
    out.push('>');
    for child in &children {
        write(*child, out, is_canonical);
    }
    if children.is_empty() {
        let text = element.text();
        out.push_str(&escape(if is_canonical { text.trim() } else { &text }));
    }
    out.push_str("</");
    out.push_str(element.name());
    out.push('>');
}

impl PartialEq for Markup {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Markup {}

impl PartialOrd for Markup {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Markup {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical.cmp(&other.canonical)
    }
}

/// As a person reads it: `active=true; isoCode=AF`.
impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.document() {
            Ok(document) => {
                let mut parts = Vec::new();
                for element in document.root().children() {
                    say(element, "", &mut parts);
                }
                f.write_str(&parts.join("; "))
            }
            Err(_) => f.write_str(&self.raw),
        }
    }
}

fn say(element: Element<'_>, above: &str, parts: &mut Vec<String>) {
    let mut children = element.children().peekable();
    if children.peek().is_none() {
        let text = element.text();
        let is_named = !above.is_empty();
        parts.push(if is_named { format!("{above}={}", text.trim()) } else { text.trim().into() });
    }
    for child in children {
        let name = child.name();
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        say(child, &path, parts);
    }
}

/// Escapes as Salesforce writes text: the two quotes too. A carriage return would not survive
/// reading, so it is written as a reference.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\r' => escaped.push_str("&#xD;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}
