//! Changes as splices: what an edit does not touch keeps its bytes, and what it adds looks as if
//! Salesforce had written it there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::error::DocumentError;
use super::markup::{escape, quoted};
use super::node::{Node, attributes};
use super::rules::is_character;
use super::{Document, Element, ElementId, Markup};

/// One change to a document.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Sets an element's text; the same text again changes nothing.
    SetText {
        /// Which element; it holds no elements.
        element: ElementId,
        /// The text, not escaped.
        text: String,
    },
    /// Adds an element. It stands among those of its name, by key where these are sorted by key,
    /// else after them; where there is none of its name, before the first whose name sorts after
    /// it, as Salesforce writes (S 3.4).
    Insert {
        /// Where.
        parent: ElementId,
        /// What.
        new: NewElement,
        /// The names of the children that make its key; empty for a text of its own.
        key: Vec<String>,
    },
    /// Takes an element out, with its indentation and line break.
    Remove {
        /// Which element; not the root.
        element: ElementId,
    },
    /// Puts another element in an element's place.
    Replace {
        /// Which element; not the root.
        element: ElementId,
        /// What comes there.
        new: NewElement,
    },
}

/// An element to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewElement {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub content: NewContent,
}

/// What an element to be written holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewContent {
    /// Text, not escaped.
    Text(String),
    /// Elements, written in this order.
    Children(Vec<NewElement>),
    /// The element as it stood elsewhere, tags included.
    Copy(Markup),
}

impl NewElement {
    /// An element that holds text.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), content: NewContent::Text(text.into()) }
    }

    /// An element that holds elements.
    pub fn group(name: impl Into<String>, children: Vec<Self>) -> Self {
        Self { name: name.into(), content: NewContent::Children(children) }
    }

    /// An element as it stood elsewhere, byte for byte.
    pub fn copy(markup: Markup) -> Self {
        Self { name: markup.name().to_owned(), content: NewContent::Copy(markup) }
    }

    /// Copies an element: its names and texts, not its layout.
    pub fn of(element: Element<'_>) -> Self {
        let children: Vec<Self> = element.children().map(Self::of).collect();
        if children.is_empty() {
            Self::text(element.name(), element.text())
        } else {
            Self::group(element.name(), children)
        }
    }

    fn key(&self, names: &[String]) -> String {
        match &self.content {
            NewContent::Text(text) => text.trim().to_owned(),
            NewContent::Copy(markup) => markup.parts(names).join("|"),
            NewContent::Children(children) => {
                let part = |name: &String| {
                    children.iter().find(|child| child.name == *name).map(|child| child.key(&[]))
                };
                names.iter().filter_map(part).collect::<Vec<_>>().join("|")
            }
        }
    }

    /// The prefixes that its copied elements rest on, with their namespaces.
    fn prefixes(&self) -> Vec<&(String, String)> {
        match &self.content {
            NewContent::Text(_) => Vec::new(),
            NewContent::Copy(markup) => markup.prefixes().iter().collect(),
            NewContent::Children(children) => children.iter().flat_map(Self::prefixes).collect(),
        }
    }

    fn check(&self) -> Result<(), EditError> {
        let starts_well =
            self.name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let is_name = |character: char| {
            character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
        };
        if !starts_well || !self.name.chars().all(is_name) {
            return Err(EditError::BadName(self.name.clone()));
        }
        match &self.content {
            NewContent::Text(text) => check_text(text),
            NewContent::Children(children) => children.iter().try_for_each(Self::check),
            // It was read out of a document.
            NewContent::Copy(_) => Ok(()),
        }
    }
}

/// Why edits cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits want the same bytes.
    #[error("two changes touch the same element `{0}`")]
    Overlap(String),
    /// Text where elements stand.
    #[error("`{0}` holds elements, so its text cannot be set")]
    HoldsElements(String),
    /// Elements where text stands.
    #[error("`{0}` holds text, so no element can be added to it")]
    HoldsText(String),
    /// The root cannot go.
    #[error("the root element cannot be removed or replaced")]
    Root,
    /// Not a name.
    #[error("`{0}` is no element name")]
    BadName(String),
    /// A prefix that means one thing there, and another where an element comes from.
    #[error("the prefix `{0}` means something else in this file")]
    Prefix(String),
    /// A character that XML cannot hold.
    #[error("the new text holds a control character, which XML cannot hold")]
    ControlCharacter,
    /// The result is no document any more; a mistake of this program.
    #[error("internal error: the edited file cannot be read again: {0}")]
    Broken(DocumentError),
}

/// A stretch of bytes and what comes in its place. `order` sorts what is put in at one place.
struct Splice {
    range: Range<usize>,
    text: String,
    order: (String, String),
    name: String,
}

pub(super) fn apply(document: &Document, edits: &[Edit]) -> Result<Document, EditError> {
    let style = Style::of(document);
    let mut lists = Lists::new();
    let mut splices = Vec::new();
    let mut into_empty: Vec<(ElementId, Vec<(&NewElement, String)>)> = Vec::new();
    for edit in edits {
        match edit {
            Edit::SetText { element, text } => {
                check_text(text)?;
                splices.extend(set_text(document.element(*element), text, &style)?);
            }
            Edit::Insert { parent, new, key } => {
                new.check()?;
                let element = document.element(*parent);
                if element.children().next().is_some() {
                    splices.push(insert(element, new, key, &style, &mut lists));
                } else if element.text().trim().is_empty() {
                    match into_empty.iter_mut().find(|(id, _)| id == parent) {
                        Some((_, elements)) => elements.push((new, new.key(key))),
                        None => into_empty.push((*parent, vec![(new, new.key(key))])),
                    }
                } else {
                    return Err(EditError::HoldsText(element.name().to_owned()));
                }
            }
            Edit::Remove { element } => {
                let element = document.element(*element);
                if element.parent().is_none() {
                    return Err(EditError::Root);
                }
                splices.push(Splice {
                    range: gap(element).0..element.span().end,
                    text: String::new(),
                    order: Default::default(),
                    name: element.name().to_owned(),
                });
            }
            Edit::Replace { element, new } => {
                new.check()?;
                let element = document.element(*element);
                if element.parent().is_none() {
                    return Err(EditError::Root);
                }
                let mut text = String::new();
                style.write(new, prefix(element), &style.indent_of(element), &mut text);
                splices.push(Splice {
                    range: element.span(),
                    text,
                    order: Default::default(),
                    name: element.name().to_owned(),
                });
            }
        }
    }
    for (parent, elements) in into_empty {
        splices.push(fill(document.element(parent), elements, &style));
    }
    splices.extend(declare(document, edits)?);
    splice(document, splices)
}

/// Declares, at the root, the prefixes that copied elements rest on and the document does not know.
fn declare(document: &Document, edits: &[Edit]) -> Result<Option<Splice>, EditError> {
    let root = document.root();
    let mut missing: Vec<&(String, String)> = Vec::new();
    for edit in edits {
        let (Edit::Insert { new, .. } | Edit::Replace { new, .. }) = edit else { continue };
        for one @ (prefix, namespace) in new.prefixes() {
            let declared = root.attributes().find(|(name, _)| {
                name.strip_prefix("xmlns:").is_some_and(|declared| declared == prefix)
            });
            match declared.map(|(_, there)| there) {
                Some(there) if there == namespace => {}
                Some(_) => return Err(EditError::Prefix(prefix.clone())),
                None => match missing.iter().find(|(other, _)| other == prefix) {
                    Some((_, other)) if other == namespace => {}
                    Some(_) => return Err(EditError::Prefix(prefix.clone())),
                    None => missing.push(one),
                },
            }
        }
    }
    let text: String = missing
        .iter()
        .map(|(prefix, namespace)| format!(" xmlns:{prefix}=\"{}\"", quoted(namespace)))
        .collect();
    // After what is declared already.
    let end = root.node.open_end as usize - 1;
    let at = end - usize::from(document.source[..end].ends_with('/'));
    let (order, name) = (Default::default(), root.name().to_owned());
    Ok((!text.is_empty()).then_some(Splice { range: at..at, text, order, name }))
}

fn splice(document: &Document, mut splices: Vec<Splice>) -> Result<Document, EditError> {
    splices.retain(|splice| document.source[splice.range.clone()] != splice.text);
    if splices.is_empty() {
        return Ok(document.clone());
    }
    splices.sort_by(|left, right| {
        (left.range.start, left.range.end, &left.order).cmp(&(
            right.range.start,
            right.range.end,
            &right.order,
        ))
    });
    let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut text = String::with_capacity(document.source.len() + added);
    let changed = splices[0].range.start
        ..splices.iter().map(|splice| splice.range.end).max().unwrap_or_default();
    let mut at = 0;
    for splice in splices {
        if splice.range.start < at {
            return Err(EditError::Overlap(splice.name));
        }
        text.push_str(&document.source[at..splice.range.start]);
        text.push_str(&splice.text);
        at = splice.range.end;
    }
    text.push_str(&document.source[at..]);
    document.with_text(text, changed).map_err(EditError::Broken)
}

fn set_text(element: Element<'_>, text: &str, style: &Style) -> Result<Option<Splice>, EditError> {
    let name = element.name().to_owned();
    if element.children().next().is_some() {
        return Err(EditError::HoldsElements(name));
    }
    if element.text() == text && !element.is_nil() {
        return Ok(None);
    }
    let escaped = style.lines(&escape(text)).into_owned();
    let (range, text) = if element.is_self_closing() || element.is_nil() {
        let node: &Node = element.node;
        let tag = element.document.text_of(node.name_end as usize..node.open_end as usize);
        let qualified = element.qualified_name();
        let kept: String = attributes(tag)
            .filter(|(name, _)| !name.ends_with(":nil"))
            .map(|(name, value)| {
                let quote = if value.contains('"') { '\'' } else { '"' };
                format!(" {name}={quote}{value}{quote}")
            })
            .collect();
        (element.span(), format!("<{qualified}{kept}>{escaped}</{qualified}>"))
    } else {
        (element.content(), beside_comments(element_text(element), &escaped))
    };
    Ok(Some(Splice { range, text, order: Default::default(), name }))
}

/// A text in the place of what a content without elements says; comments and processing
/// instructions stay where they are beside it.
fn beside_comments(content: &str, text: &str) -> String {
    let (mut kept, mut rest) = ([String::new(), String::new()], content);
    let mut is_said = false;
    while let Some(at) = rest.find('<') {
        let (said, markup) = rest.split_at(at);
        is_said |= !said.trim().is_empty();
        let (end, is_text) = match markup.as_bytes() {
            [_, b'!', b'-', ..] => ("-->", false),
            [_, b'?', ..] => ("?>", false),
            _ => ("]]>", true),
        };
        // In a comment of `<!-->` the end may not begin within the beginning.
        let from = if end == "-->" { 4 } else { 2 };
        let length = markup[from..].find(end).map_or(markup.len(), |at| from + at + end.len());
        is_said |= is_text;
        if !is_text {
            kept[usize::from(is_said)].push_str(&markup[..length]);
        }
        rest = &markup[length..];
    }
    let [before, behind] = kept;
    format!("{before}{text}{behind}")
}

/// The lists that elements are put into, each read once: it may be long.
type Lists<'d> = HashMap<(ElementId, String), List<'d>>;

/// The elements of one name in one parent.
struct List<'d> {
    siblings: Vec<Element<'d>>,
    /// Their keys, where these are in order.
    keys: Option<Vec<String>>,
}

/// Puts an element among its siblings; there is one at least.
fn insert<'d>(
    parent: Element<'d>,
    new: &NewElement,
    key: &[String],
    style: &Style,
    lists: &mut Lists<'d>,
) -> Splice {
    let new_key = new.key(key);
    let List { siblings, keys } =
        lists.entry((parent.id(), new.name.clone())).or_insert_with(|| {
            let siblings: Vec<Element<'d>> = parent.children_named(&new.name).collect();
            let keys: Vec<String> = siblings.iter().map(|sibling| key_of(*sibling, key)).collect();
            List { keys: keys.is_sorted().then_some(keys), siblings }
        });
    let before_sibling = keys
        .as_ref()
        .and_then(|keys| siblings.get(keys.partition_point(|known| *known <= new_key)))
        .copied();
    let mut text = String::new();
    let (at, model) = match (before_sibling, siblings.last()) {
        (Some(next), _) => (gap(next).0, next),
        (None, Some(last)) => (last.span().end, *last),
        (None, None) => match parent
            .children()
            .find(|child| child.name() != "fullName" && child.name() > new.name.as_str())
        {
            Some(next) => (gap(next).0, next),
            None => {
                let last = parent.children().last().expect("the caller saw a child");
                (last.span().end, last)
            }
        },
    };
    if let (_, Some(indent)) = gap(model) {
        text.push_str(style.line_break);
        text.push_str(indent);
    }
    let indent = gap(model).1.unwrap_or_default().to_owned();
    style.write(new, prefix(parent), &indent, &mut text);
    Splice { range: at..at, text, order: (new.name.clone(), new_key), name: new.name.clone() }
}

/// Fills an element that holds nothing yet.
fn fill(parent: Element<'_>, mut elements: Vec<(&NewElement, String)>, style: &Style) -> Splice {
    elements.sort_by(|left, right| (&left.0.name, &left.1).cmp(&(&right.0.name, &right.1)));
    let outer = style.indent_of(parent);
    let inner = format!("{outer}{}", style.unit);
    let mut text = String::new();
    for (new, _) in &elements {
        if style.is_multi_line {
            text.push_str(style.line_break);
            text.push_str(&inner);
        }
        style.write(new, prefix(parent), &inner, &mut text);
    }
    let content = element_text(parent);
    let has_line_break = content.contains('\n');
    if style.is_multi_line && !has_line_break {
        text.push_str(style.line_break);
        text.push_str(&outer);
    }
    let range = if parent.is_self_closing() {
        let open_end = parent.node.open_end as usize;
        let tag = parent.document.text_of(parent.node.start as usize..open_end);
        let kept = tag.trim_end_matches("/>").trim_end();
        text = format!(">{text}</{}>", parent.qualified_name());
        parent.node.start as usize + kept.len()..open_end
    } else {
        let at = parent.node.open_end as usize;
        at..at
    };
    Splice { range, text, order: Default::default(), name: parent.name().to_owned() }
}

fn element_text(element: Element<'_>) -> &str {
    element.document.text_of(element.content())
}

/// An element's key by the names of the children that make it.
fn key_of(element: Element<'_>, names: &[String]) -> String {
    if names.is_empty() {
        return element.text().trim().to_owned();
    }
    names.iter().filter_map(|name| element.child_text(name)).collect::<Vec<_>>().join("|")
}

/// Where the line break before an element begins, with its indentation; the element's own start and
/// none where it shares its line.
fn gap(element: Element<'_>) -> (usize, Option<&str>) {
    let start = element.span().start;
    let before = element.document.text_of(0..start);
    let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
    let line_start = start - indent;
    let head = &before[..line_start];
    let break_start = match head.strip_suffix('\n') {
        Some(head) => head.strip_suffix('\r').unwrap_or(head).len(),
        None => return (start, None),
    };
    (break_start, Some(&before[line_start..]))
}

fn prefix(element: Element<'_>) -> &str {
    element.qualified_name().rsplit_once(':').map_or("", |(prefix, _)| prefix)
}

/// How a file is laid out.
struct Style {
    unit: String,
    line_break: &'static str,
    is_multi_line: bool,
}

impl Style {
    fn of(document: &Document) -> Self {
        let newline = memchr::memchr(b'\n', document.bytes());
        let line_break = match newline {
            Some(at) if at > 0 && document.bytes()[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        };
        let root = document.root();
        let outer = gap(root).1.unwrap_or_default();
        let inner = root.children().find_map(|child| gap(child).1);
        let unit = match inner.and_then(|inner| inner.strip_prefix(outer)) {
            Some("") | None => "    ".to_owned(),
            Some(unit) => unit.to_owned(),
        };
        // A file whose root shares its line with its children is written on one line; without
        // children the declaration's line tells.
        let is_multi_line = match root.children().next() {
            Some(_) => inner.is_some(),
            None => newline.is_some(),
        };
        Self { unit, line_break, is_multi_line }
    }

    fn indent_of(&self, element: Element<'_>) -> String {
        match gap(element).1 {
            Some(indent) => indent.to_owned(),
            None => match element.parent() {
                Some(parent) => format!("{}{}", self.indent_of(parent), self.unit),
                None => String::new(),
            },
        }
    }

    /// A text with the file's own line ends; read again all are the same.
    fn lines<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let is_own = match self.line_break {
            "\n" => !text.contains('\r'),
            _ => !text.contains(['\r', '\n']),
        };
        if is_own {
            return Cow::Borrowed(text);
        }
        let plain = text.replace("\r\n", "\n").replace('\r', "\n");
        Cow::Owned(if self.line_break == "\n" {
            plain
        } else {
            plain.replace('\n', self.line_break)
        })
    }

    /// Without a prefix the bytes mean the same here; with one each name must have it. Line ends
    /// are the file's own.
    fn copy(&self, markup: &Markup, prefix: &str, indent: &str, into: &mut String) {
        match markup.document() {
            Ok(document) if !prefix.is_empty() => {
                for element in document.root().children() {
                    self.write(&NewElement::of(element), prefix, indent, into);
                }
            }
            _ => into.push_str(&self.lines(markup.raw())),
        }
    }

    fn write(&self, new: &NewElement, prefix: &str, indent: &str, into: &mut String) {
        let name =
            if prefix.is_empty() { new.name.clone() } else { format!("{prefix}:{}", new.name) };
        match &new.content {
            NewContent::Copy(markup) => {
                self.copy(markup, prefix, indent, into);
                return;
            }
            NewContent::Children(children) if children.is_empty() => {
                tag(into, "<", &name, "/>");
                return;
            }
            NewContent::Text(text) => {
                tag(into, "<", &name, ">");
                into.push_str(&self.lines(&escape(text)));
            }
            NewContent::Children(children) => {
                tag(into, "<", &name, ">");
                let inner = format!("{indent}{}", self.unit);
                for child in children {
                    if self.is_multi_line {
                        into.push_str(self.line_break);
                        into.push_str(&inner);
                    }
                    self.write(child, prefix, &inner, into);
                }
                if self.is_multi_line {
                    into.push_str(self.line_break);
                    into.push_str(indent);
                }
            }
        }
        tag(into, "</", &name, ">");
    }
}

fn tag(into: &mut String, open: &str, name: &str, close: &str) {
    into.push_str(open);
    into.push_str(name);
    into.push_str(close);
}

fn check_text(text: &str) -> Result<(), EditError> {
    if text.chars().all(is_character) { Ok(()) } else { Err(EditError::ControlCharacter) }
}

#[cfg(test)]
mod tests;
