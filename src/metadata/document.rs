//! An XML file as bytes with an index over them: a lookup walks the index, an edit is a splice, and
//! every other byte stays.
//!
//! Never a tree that is written out again: what a tool does not know of a file it would lose
//! (comments, odd spacing, elements of a newer API). Reading is in `index`, changing in `edit`,
//! what is refused in `error`.

mod comments;
mod edit;
mod error;
mod group;
mod index;
mod markup;
mod node;
mod rules;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use edit::{Edit, EditError, NewContent, NewElement};
pub(crate) use error::line_breaks;
pub use error::{DocumentError, DocumentErrorKind, Position};
pub use markup::Markup;
pub(crate) use rules::{encoding, is_sound_text};

use node::Node;

/// The namespace of every metadata file and SOAP body (S 0).
pub const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// How deep elements may stand in one another. Metadata uses five levels; the limit keeps hostile
/// files from costing anything.
pub const MAX_DEPTH: usize = 64;

/// A metadata file: its bytes, and an index of its elements.
///
/// A copy shares both: states of an org before and after a change differ in a few documents, and
/// these may be large.
#[derive(Clone)]
pub struct Document {
    source: Arc<String>,
    /// Whether any element's name has a prefix; hardly any file's has.
    has_prefixes: bool,
    nodes: Arc<Vec<Node>>,
}

/// An element's place in its document's index; of use only with that document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId(u32);

impl Document {
    /// Indexes a file of the metadata namespace.
    ///
    /// # Errors
    /// What is no well-formed UTF-8 XML of that namespace, with line and column: the caller knows
    /// the file's name.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, DocumentError> {
        let refused =
            |bytes: &[u8], (kind, at)| DocumentError { kind, position: error::position(bytes, at) };
        let source = String::from_utf8(bytes)
            .map_err(|error| refused(error.as_bytes(), index::no_utf8(&error)))?;
        let index =
            index::index(source.as_bytes()).map_err(|why| refused(source.as_bytes(), why))?;
        Ok(Self {
            source: Arc::new(source),
            has_prefixes: index.has_prefixes,
            nodes: Arc::new(index.nodes),
        })
    }

    /// Returns the file's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.source.as_bytes()
    }

    /// Returns the file's bytes and drops the index.
    pub fn into_bytes(self) -> Vec<u8> {
        Arc::unwrap_or_clone(self.source).into_bytes()
    }

    /// Returns the root element.
    pub fn root(&self) -> Element<'_> {
        self.element(ElementId(0))
    }

    /// Returns an element by its place in the index.
    ///
    /// # Panics
    /// If the place is of another document and beyond the end of this one.
    pub fn element(&self, id: ElementId) -> Element<'_> {
        Element { document: self, node: &self.nodes[id.0 as usize], id }
    }

    /// Checks the root element's name.
    ///
    /// # Errors
    /// It is another one.
    pub fn expect_root(&self, name: &str) -> Result<(), DocumentError> {
        let root = self.root();
        if root.name() == name {
            return Ok(());
        }
        Err(DocumentError {
            kind: DocumentErrorKind::WrongRoot {
                expected: name.to_owned(),
                found: root.name().to_owned(),
            },
            position: root.position(),
        })
    }

    /// Returns all that stands before the root's content, the root's own tag included.
    pub(crate) fn opening(&self) -> &str {
        self.text_of(0..self.root().content().start)
    }

    /// Returns the document with those children of the root alone that are chosen, and nothing
    /// between them; none where what is left would be no document.
    pub(crate) fn with_children(
        &self,
        mut is_chosen: impl FnMut(Element<'_>) -> bool,
    ) -> Option<Self> {
        let root = self.root();
        if root.is_self_closing() {
            return Some(self.clone());
        }
        let mut bytes = self.opening().as_bytes().to_vec();
        for child in root.children().filter(|child| is_chosen(*child)) {
            bytes.extend_from_slice(&self.bytes()[child.span()]);
        }
        bytes.extend_from_slice(&self.bytes()[root.content().end..]);
        Self::parse(bytes).ok()
    }

    /// Applies edits together and indexes the result. Only the edits' own spans change; without
    /// edits the bytes are the same.
    ///
    /// # Errors
    /// Edits that touch the same span, text for an element that holds elements, or names that are
    /// no XML names.
    pub fn edit(&self, edits: &[Edit]) -> Result<Self, EditError> {
        edit::apply(self, edits)
    }

    /// The document with another text, of which only what stood at `changed` is new: what lies
    /// beyond is taken over from this index.
    fn with_text(&self, text: String, changed: Range<usize>) -> Result<Self, DocumentError> {
        match self.spliced_index(&text, changed) {
            Some((nodes, has_prefixes)) => {
                Ok(Self { source: Arc::new(text), has_prefixes, nodes: Arc::new(nodes) })
            }
            None => Self::parse(text.into_bytes()),
        }
    }

    /// Indexes anew only from the last child of the root before a change to the first behind it.
    fn spliced_index(&self, text: &str, changed: Range<usize>) -> Option<(Vec<Node>, bool)> {
        let mut root = self.nodes[0];
        let is_within =
            root.open_end as usize <= changed.start && changed.end <= root.close_start as usize;
        if !is_within || u32::try_from(text.len()).is_err() {
            return None;
        }
        let (mut start, mut first, mut behind) = (root.open_end, 1, None);
        for child in self.root().children() {
            if child.node.end as usize <= changed.start {
                (start, first) = (child.node.end, child.node.subtree_end);
            } else if child.node.start as usize >= changed.end {
                behind = Some(child);
                break;
            }
        }
        let (end, next) = behind
            .map_or((root.close_start, root.subtree_end), |child| (child.node.start, child.id.0));
        // Offsets and counts wrap around on their way and come out right: each is the sum of two
        // that are.
        let by = (text.len() as u32).wrapping_sub(self.source.len() as u32);
        let new = index::index_stretch(
            text.as_bytes(),
            root,
            start as usize..end.wrapping_add(by) as usize,
        )?;
        let more = (new.nodes.len() as u32 - 1).wrapping_sub(next - first);
        root.close_start = root.close_start.wrapping_add(by);
        root.end = root.end.wrapping_add(by);
        root.subtree_end = root.subtree_end.wrapping_add(more);
        let below = |index: u32, by: u32| if index == 0 { 0 } else { index.wrapping_add(by) };
        let mut nodes = Vec::with_capacity(root.subtree_end as usize);
        nodes.push(root);
        nodes.extend_from_slice(&self.nodes[1..first as usize]);
        nodes.extend(new.nodes[1..].iter().map(|node| Node {
            parent: below(node.parent, first - 1),
            subtree_end: node.subtree_end + (first - 1),
            ..*node
        }));
        nodes.extend(self.nodes[next as usize..].iter().map(|node| Node {
            start: node.start.wrapping_add(by),
            name_end: node.name_end.wrapping_add(by),
            open_end: node.open_end.wrapping_add(by),
            close_start: node.close_start.wrapping_add(by),
            end: node.end.wrapping_add(by),
            parent: below(node.parent, more),
            subtree_end: node.subtree_end.wrapping_add(more),
        }));
        Some((nodes, self.has_prefixes || new.has_prefixes))
    }

    fn text_of(&self, range: Range<usize>) -> &str {
        &self.source[range]
    }
}

/// Short: a document may hold megabytes, and a consumer key.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("root", &self.root().name())
            .field("bytes", &self.source.len())
            .field("elements", &self.nodes.len())
            .finish()
    }
}

/// One element of a document.
#[derive(Clone, Copy)]
pub struct Element<'d> {
    document: &'d Document,
    node: &'d Node,
    id: ElementId,
}

impl<'d> Element<'d> {
    /// Returns the element's place in the index.
    pub fn id(self) -> ElementId {
        self.id
    }

    /// Returns the name without prefix.
    pub fn name(self) -> &'d str {
        let name = self.qualified_name();
        if !self.document.has_prefixes {
            return name;
        }
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    fn qualified_name(self) -> &'d str {
        self.document.text_of(self.node.start as usize + 1..self.node.name_end as usize)
    }

    /// Returns the text that stands directly in the element: entities decoded, CDATA as it is,
    /// comments left out, not trimmed.
    pub fn text(self) -> Cow<'d, str> {
        let content = self.document.text_of(self.content());
        if memchr::memchr3(b'<', b'&', b'\r', content.as_bytes()).is_none() {
            return Cow::Borrowed(content);
        }
        let mut text = String::with_capacity(content.len());
        let mut at = self.node.open_end as usize;
        for child in self.children() {
            let span = child.span();
            index::decode(self.document.text_of(at..span.start), &mut text);
            at = span.end;
        }
        index::decode(self.document.text_of(at..self.node.close_start as usize), &mut text);
        Cow::Owned(text)
    }

    /// Says whether the element is marked as having no value (`xsi:nil="true"`), as SOAP replies
    /// do.
    pub fn is_nil(self) -> bool {
        self.attributes().any(|(name, value)| {
            name.rsplit_once(':').is_some_and(|(_, local)| local == "nil")
                && matches!(value, "true" | "1")
        })
    }

    /// The opening tag's attributes, by their names as they are written.
    fn attributes(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        let tag = self.document.text_of(self.node.name_end as usize..self.node.open_end as usize);
        node::attributes(tag)
    }

    /// Returns the child elements in their order.
    pub fn children(self) -> impl Iterator<Item = Element<'d>> + use<'d> {
        let document = self.document;
        let end = self.node.subtree_end;
        let mut next = self.id.0 + 1;
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let child = document.element(ElementId(next));
            next = child.node.subtree_end;
            Some(child)
        })
    }

    /// Returns the child elements of a name.
    pub fn children_named<'n>(
        self,
        name: &'n str,
    ) -> impl Iterator<Item = Element<'d>> + use<'d, 'n> {
        self.children().filter(move |child| child.name() == name)
    }

    /// Returns the first child element of a name.
    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.name() == name)
    }

    /// Returns the trimmed text of the first child of a name.
    pub fn child_text(self, name: &str) -> Option<Cow<'d, str>> {
        self.child(name).map(|child| match child.text() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }

    /// Returns the element that this one stands in; none for the root.
    pub fn parent(self) -> Option<Self> {
        (self.id.0 > 0).then(|| self.document.element(ElementId(self.node.parent)))
    }

    /// Returns where the element stands in the file, in bytes, its tags included.
    pub fn span(self) -> Range<usize> {
        self.node.start as usize..self.node.end as usize
    }

    /// Returns where the element begins, for people.
    pub fn position(self) -> Position {
        error::position(self.document.bytes(), self.node.start as usize)
    }

    /// What stands between the tags; empty for `<a/>`.
    fn content(self) -> Range<usize> {
        self.node.open_end as usize..self.node.close_start as usize
    }

    fn is_self_closing(self) -> bool {
        self.node.close_start == self.node.end
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}> at {}", self.name(), self.position())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Document {
        Document::parse(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn text_is_decoded_and_comments_are_not_text() {
        let document = parse(
            "<?xml version=\"1.0\"?>\n<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
             <label>A &amp; B&#x21;<!-- no --><![CDATA[ <c> ]]></label><none/><raw>plain</raw>\
             </Profile>",
        );
        let root = document.root();
        assert_eq!(root.child("label").unwrap().text(), "A & B! <c> ");
        assert_eq!(root.child("none").unwrap().text(), "");
        assert!(matches!(root.child("raw").unwrap().text(), Cow::Borrowed("plain")));
        assert_eq!(root.children().count(), 3);
    }

    #[test]
    fn prefixes_and_nil_are_understood() {
        let document = parse(
            "<m:Profile xmlns:m='http://soap.sforce.com/2006/04/metadata' \
             xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><m:zip xsi:nil='true'/>\
             </m:Profile>",
        );
        assert_eq!(document.root().name(), "Profile");
        assert!(document.root().child("zip").unwrap().is_nil());
        document.expect_root("Profile").unwrap();
        assert_eq!(
            document.expect_root("Package").unwrap_err().to_string(),
            "line 1, column 1: the root element is `Profile` where `Package` was expected"
        );
    }
}
