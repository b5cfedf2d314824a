//! XML as a small owned tree, read and written the way an org does it: children sorted by name,
//! four spaces, no comments.
//!
//! The demo org keeps its own reader on purpose: it is a witness of what the rest of the program
//! writes, and a witness that shares the writer's code would share its mistakes.

use quick_xml::Reader;
use quick_xml::events::Event;

/// The namespace of every metadata file and SOAP body (S 0).
pub(crate) const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// How deep elements may be nested.
const MAX_DEPTH: usize = 64;

/// An element: its local name, its text, its children, and where it began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
    /// The `xmlns` attribute, where the element has one.
    pub(crate) namespace: Option<String>,
    /// The `xsi:type` attribute without its prefix, where the element has one.
    pub(crate) kind: Option<String>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Two elements are equal when they say the same; where they stood does not count.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value() == other.value() && self.children == other.children
    }
}

/// Why a text is no XML tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeError {
    pub(crate) message: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Node {
    /// Makes an element that holds text.
    pub(crate) fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    /// Makes an element that holds others.
    pub(crate) fn group(name: impl Into<String>, children: Vec<Self>) -> Self {
        Self { name: name.into(), children, ..Self::default() }
    }

    /// Reads a document and returns its root.
    pub(crate) fn parse(xml: &str) -> Result<Self, TreeError> {
        let xml = xml.strip_prefix('\u{feff}').unwrap_or(xml);
        let breaks = xml.match_indices('\n').map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(breaks).collect();
        let mut reader = Reader::from_str(xml);
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        loop {
            let offset =
                usize::try_from(reader.buffer_position()).unwrap_or(xml.len()).min(xml.len());
            let fail = |message: String| {
                let (line, column) = position(&starts, offset);
                TreeError { message, line, column }
            };
            let event = reader.read_event().map_err(|error| fail(error.to_string()))?;
            match event {
                Event::Start(start) | Event::Empty(start) if root.is_some() && open.is_empty() => {
                    return Err(fail(format!(
                        "a second root element: {}",
                        start.local_name().as_ref()
                    )));
                }
                Event::Start(start) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(fail("elements are nested too deeply".to_owned()));
                    }
                    open.push(begin(&starts, offset, &start)?);
                }
                Event::Empty(start) => {
                    let node = begin(&starts, offset, &start)?;
                    close(node, &mut open, &mut root);
                }
                Event::End(_) => {
                    let node = open
                        .pop()
                        .ok_or_else(|| fail("an end tag without a start tag".to_owned()))?;
                    close(node, &mut open, &mut root);
                }
                Event::Text(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text.xml10_content());
                    }
                }
                Event::CData(data) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&data.xml10_content());
                    }
                }
                Event::GeneralRef(reference) => {
                    let name: &str = &reference;
                    let resolved = resolve(name).ok_or_else(|| {
                        fail(format!("The entity \"{name}\" was referenced, but not declared."))
                    })?;
                    if let Some(node) = open.last_mut() {
                        node.text.push(resolved);
                    }
                }
                Event::DocType(_) => return Err(fail("DOCTYPE is disallowed".to_owned())),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        let end = position(&starts, xml.len());
        let fail =
            |message: &str| TreeError { message: message.to_owned(), line: end.0, column: end.1 };
        if !open.is_empty() {
            return Err(fail("XML document structures must start and end within the same entity."));
        }
        root.ok_or_else(|| fail("Premature end of file."))
    }

    /// Returns the text without the white space around it.
    pub(crate) fn value(&self) -> &str {
        self.text.trim()
    }

    /// Returns the first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of the first child of this name, trimmed, if it is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.child(name).map(Self::value).filter(|value| !value.is_empty())
    }

    /// Says whether the first child of this name is `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    /// Returns the children of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the non-empty texts of the children of this name.
    pub(crate) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).map(Self::value).filter(|value| !value.is_empty())
    }

    /// Sets the text of the first child of this name, adding it if there is none.
    pub(crate) fn set(&mut self, name: &str, text: &str) {
        match self.children.iter_mut().find(|child| child.name == name) {
            Some(child) => text.clone_into(&mut child.text),
            None => self.children.push(Self::text(name, text)),
        }
    }

    /// Removes the children of this name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }

    /// Writes the element as a metadata file: children sorted by name, equal names in their order.
    pub(crate) fn to_file(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out, 0, true);
        out
    }

    /// Writes the element without a declaration, on one line, as in a SOAP body.
    pub(crate) fn to_line(&self) -> String {
        let mut out = format!("<{}>", self.name);
        if self.children.is_empty() {
            out.push_str(&escape(&self.text));
        }
        for child in &self.children {
            out.push_str(&child.to_line());
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
        out
    }

    fn write(&self, out: &mut String, depth: usize, root: bool) {
        let indent = "    ".repeat(depth);
        out.push_str(&indent);
        out.push('<');
        out.push_str(&self.name);
        if root {
            out.push_str(" xmlns=\"");
            out.push_str(NAMESPACE);
            out.push('"');
        }
        if self.children.is_empty() && self.value().is_empty() {
            out.push_str("/>\n");
            return;
        }
        out.push('>');
        if self.children.is_empty() {
            out.push_str(&escape(&self.text));
        } else {
            out.push('\n');
            let mut order: Vec<&Self> = self.children.iter().collect();
            order.sort_by(|one, other| one.name.cmp(&other.name));
            for child in order {
                child.write(out, depth + 1, false);
            }
            out.push_str(&indent);
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push_str(">\n");
    }
}

/// Says whether a text is `true` as XML Schema has it.
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text.trim(), "true" | "1")
}

/// Escapes text as an org does: the five characters of XML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            other => out.push(other),
        }
    }
    out
}

fn begin(
    starts: &[usize],
    offset: usize,
    start: &quick_xml::events::BytesStart<'_>,
) -> Result<Node, TreeError> {
    let (line, column) = position(starts, offset);
    let (mut namespace, mut kind) = (None, None);
    for attribute in start.attributes() {
        let attribute =
            attribute.map_err(|error| TreeError { message: error.to_string(), line, column })?;
        if attribute.key.as_ref() == "xmlns" {
            namespace = Some(attribute.value.into_owned());
        } else if attribute.key.as_ref().ends_with(":type") {
            let value = attribute.value.as_ref();
            kind = Some(value.rsplit(':').next().unwrap_or(value).to_owned());
        }
    }
    Ok(Node {
        name: start.local_name().as_ref().to_owned(),
        namespace,
        kind,
        line,
        column,
        ..Node::default()
    })
}

fn close(node: Node, open: &mut [Node], root: &mut Option<Node>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(node),
        None => *root = Some(node),
    }
}

fn resolve(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Line and column from 1 of a byte offset, by where the lines start.
fn position(starts: &[usize], offset: usize) -> (usize, usize) {
    let line = starts.partition_point(|start| *start <= offset);
    (line, offset - starts[line - 1] + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_sorted_and_escaped() {
        let node = Node::parse("<A xmlns='x'><b>1 &amp; 2</b><a><c/></a></A>").unwrap();
        assert_eq!(
            node.to_file(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <a>\n        <c/>\n    </a>\
             \n    <b>1 &amp; 2</b>\n</A>\n"
        );
    }

    #[test]
    fn broken_xml_is_refused_with_its_place() {
        for broken in
            ["", "<a><b></a>", "<a>", "<a>&nbsp;</a>", "<a/><b/>", "<!DOCTYPE a><a/>", "text"]
        {
            Node::parse(broken).unwrap_err();
        }
        let error = Node::parse("<a>\n  &nope;</a>").unwrap_err();
        assert_eq!((error.line, error.column), (2, 3));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let xml = "<a>".repeat(100) + &"</a>".repeat(100);
        assert!(Node::parse(&xml).unwrap_err().message.contains("deeply"));
    }
}
