//! Made-up documents of every type in every layout, out of a tape of random bytes.

use sfsetup::metadata::document::{Document, Element, NAMESPACE};
use sfsetup::metadata::registry::{Field, Kind, SetForm};

/// Random bytes that decide what is made; where they end everything is the plainest.
pub(super) struct Tape<'t> {
    bytes: std::iter::Copied<std::slice::Iter<'t, u8>>,
}

impl<'t> Tape<'t> {
    pub(super) fn new(bytes: &'t [u8]) -> Self {
        Self { bytes: bytes.iter().copied() }
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::from(self.bytes.next().unwrap_or(0)) % bound
    }

    fn is_one_in(&mut self, many: usize) -> bool {
        self.below(many) == many - 1
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// An element: its name, its attributes as they are written, its text, its own elements.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    name: String,
    attributes: String,
    text: String,
    children: Vec<Self>,
}

const KEYS: &[&str] = &[
    "Account",
    "Contact",
    "Account.A__c",
    "ApiEnabled",
    "APIEnabled",
    "Account-A Layout",
    "Account-B Layout",
    "a|b",
    "a",
    "b",
    "",
    "Z\u{fc}rich",
    "A & B",
    "x > y",
    "\u{a0}Account",
];
const TEXTS: &[&str] = &[
    "true",
    "false",
    "0",
    "TRUE",
    "some words",
    "two\nlines",
    "https://a.example.com\nhttps://b.example.com",
    "ends in a line break\n",
    "\n",
    " ",
    "",
    "a > b",
    "a /> b",
    "</label>",
    "<label>",
    "A & B",
    "]] >",
    "]]>",
    "\u{fc}\u{4e2d}",
    "-----BEGIN CERTIFICATE-----\nMIIB\n</\n",
];
const UNKNOWN: &[&str] = &["futureThings", "newThing", "label", "userPermissions", "Zz"];

impl Node {
    fn leaf(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), ..Self::default() }
    }

    /// Whether it rests on prefixes that a root declares.
    fn is_typed(&self) -> bool {
        self.attributes.contains("xsi:") || self.children.iter().any(Self::is_typed)
    }

    /// Reads an element; comments and the like are lost.
    fn of(document: &Document, element: Element<'_>) -> Self {
        let children: Vec<Self> =
            element.children().map(|child| Self::of(document, child)).collect();
        let text = if children.is_empty() { element.text().into_owned() } else { String::new() };
        let name = element.name().to_owned();
        let tag = &document.bytes()[element.span()][1 + name.len()..];
        let mut is_quoted = false;
        let attributes: Vec<u8> = tag
            .iter()
            .copied()
            .take_while(|byte| {
                is_quoted ^= *byte == b'"';
                *byte != b'>' || is_quoted
            })
            .collect();
        let attributes = String::from_utf8_lossy(&attributes);
        let attributes = attributes.trim_end_matches('/').trim_end().to_owned();
        Self { name, attributes, text, children }
    }
}

/// Makes the children of a root.
pub(super) fn root(tape: &mut Tape<'_>, fields: &[Field]) -> Vec<Node> {
    let count = tape.below(14);
    let mut nodes = Vec::new();
    while nodes.len() < count {
        let is_known = !fields.is_empty() && !tape.is_one_in(6);
        if is_known {
            let field = &fields[tape.below(fields.len())];
            let several = if tape.is_one_in(2) { 1 + tape.below(4) } else { 1 };
            for _ in 0..several {
                nodes.push(of_field(tape, field, fields));
            }
        } else {
            nodes.push(unknown(tape, 0));
        }
    }
    // Most files are in order, so that there is something to pass over.
    if !tape.is_one_in(3) {
        nodes.sort_by(|one, other| (&one.name, one.key()).cmp(&(&other.name, other.key())));
    }
    nodes
}

impl Node {
    fn key(&self) -> String {
        let keys = ["field", "object", "name", "apexClass", "tab", "layout", "startAddress"];
        let key = self.children.iter().find(|child| keys.contains(&child.name.as_str()));
        key.map(|child| child.text.clone()).unwrap_or_default()
    }
}

fn of_field(tape: &mut Tape<'_>, field: &Field, roots: &[Field]) -> Node {
    let name = if tape.is_one_in(20) { field.name.to_lowercase() } else { field.name.to_owned() };
    let leaf = |text: &str| Node::leaf(&name, text);
    match &field.kind {
        Kind::Flag => leaf(tape.one_of(&["true", "false", " True ", "1", "maybe"])),
        Kind::Number => leaf(tape.one_of(&["30", "030", "x", ""])),
        Kind::Choice { choices, .. } if !choices.is_empty() && !tape.is_one_in(4) => {
            leaf(choices[tape.below(choices.len())].value)
        }
        Kind::Set { form: SetForm::Commas, .. } => leaf(tape.one_of(&["Api, Web", "Web,Api", ""])),
        Kind::Text | Kind::Choice { .. } | Kind::Set { .. } => leaf(tape.one_of(TEXTS)),
        Kind::Group(fields) => {
            let count = tape.below(5);
            let mut children: Vec<Node> = (0..count)
                .filter(|_| !fields.is_empty())
                .map(|_| {
                    let at = tape.below(fields.len());
                    of_field(tape, &fields[at], roots)
                })
                .collect();
            stranger(tape, &mut children, roots);
            Node { name, children, ..Node::default() }
        }
        Kind::Section { key, fields, .. } => {
            let mut children = Vec::new();
            for part in *key {
                if !tape.is_one_in(12) {
                    children.push(Node::leaf(part, tape.one_of(KEYS)));
                }
            }
            for field in fields.iter().filter(|field| !key.contains(&field.name)) {
                if !tape.is_one_in(4) {
                    children.push(of_field(tape, field, roots));
                }
            }
            stranger(tape, &mut children, roots);
            if !tape.is_one_in(4) {
                children.sort_by(|one, other| one.name.cmp(&other.name));
            }
            Node { name, children, ..Node::default() }
        }
    }
}

/// Within an element one that bears the name of a child of the root, or of another there.
fn stranger(tape: &mut Tape<'_>, children: &mut Vec<Node>, roots: &[Field]) {
    if tape.is_one_in(6) {
        let name = match roots {
            [] => tape.one_of(UNKNOWN),
            roots => roots[tape.below(roots.len())].name,
        };
        children.push(Node::leaf(name, tape.one_of(TEXTS)));
    }
    if !children.is_empty() && tape.is_one_in(6) {
        let at = tape.below(children.len());
        let name = children[at].name.clone();
        children.push(Node::leaf(&name, tape.one_of(TEXTS)));
    }
}

fn unknown(tape: &mut Tape<'_>, depth: usize) -> Node {
    let name = tape.one_of(UNKNOWN);
    if depth < 3 && tape.is_one_in(3) {
        let count = 1 + tape.below(3);
        let children = (0..count).map(|_| unknown(tape, depth + 1)).collect();
        return Node { name: name.to_owned(), children, ..Node::default() };
    }
    Node::leaf(name, tape.one_of(TEXTS))
}

/// Changes what a document says, in a few places.
pub(super) fn change(tape: &mut Tape<'_>, nodes: &mut Vec<Node>, fields: &[Field]) {
    if nodes.is_empty() {
        nodes.extend(root(tape, fields));
        return;
    }
    let at = tape.below(nodes.len());
    match tape.below(9) {
        0 | 1 => set(tape, &mut nodes[at]),
        2 => {
            nodes.remove(at);
        }
        3 => nodes.insert(tape.below(nodes.len() + 1), nodes[at].clone()),
        4 => {
            let moved = nodes.remove(at);
            nodes.insert(tape.below(nodes.len() + 1), moved);
        }
        5 => {
            let mut copy = nodes[at].clone();
            set(tape, &mut copy);
            nodes.insert(tape.below(nodes.len() + 1), copy);
        }
        6 => nodes.extend(root(tape, fields)),
        7 => {
            let name = nodes[at].name.clone();
            nodes.iter_mut().filter(|node| node.name == name).for_each(|node| set(tape, node));
        }
        _ => nodes.reverse(),
    }
}

fn set(tape: &mut Tape<'_>, node: &mut Node) {
    if node.children.is_empty() {
        node.text = tape.one_of(TEXTS).to_owned();
    } else {
        let at = tape.below(node.children.len());
        if tape.is_one_in(4) {
            node.children.remove(at);
        } else {
            set(tape, &mut node.children[at]);
        }
    }
}

/// How a file is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    line: &'static str,
    unit: &'static str,
    /// Another white space in each place.
    is_mixed: bool,
    /// Comments, CDATA, processing instructions, empty tags.
    is_odd: bool,
    /// Attributes, which are part of what an unknown element says.
    pub(super) has_attributes: bool,
}

const fn layout(line: &'static str, unit: &'static str) -> Layout {
    Layout { line, unit, is_mixed: false, is_odd: false, has_attributes: false }
}

/// As Salesforce writes it.
pub(super) const PLAIN: Layout = layout("\n", "    ");
/// All others.
pub(super) const LAYOUTS: [Layout; 9] = [
    layout("\n", ""),
    layout("\n", "  "),
    layout("\n", "\t"),
    layout("\r\n", "    "),
    layout("\r", "  "),
    layout("\n\n", " "),
    layout("", ""),
    Layout { is_mixed: true, ..PLAIN },
    Layout { is_mixed: true, is_odd: true, ..layout("\r\n", "\t") },
];

/// Any layout, the plain one as often as the others together.
pub(super) fn any_layout(tape: &mut Tape<'_>) -> Layout {
    match tape.below(20) {
        0..10 => PLAIN,
        19 => Layout { has_attributes: true, ..LAYOUTS[8] },
        _ => tape.one_of(&LAYOUTS),
    }
}

/// Writes a file.
pub(super) fn write(tape: &mut Tape<'_>, layout: Layout, root: &str, nodes: &[Node]) -> Vec<u8> {
    let mut writer = Writer { tape, layout, out: String::new() };
    let line = if layout.line.is_empty() { "" } else { "\n" };
    if layout.is_odd && writer.tape.is_one_in(2) {
        writer.out.push('\u{feff}');
    }
    if !layout.is_odd || writer.tape.is_one_in(2) {
        writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        writer.out.push_str(line);
    }
    let attribute = if layout.is_odd { " xmlns:x='a > b/>'" } else { "" };
    let is_typed = nodes.iter().any(Node::is_typed);
    let types = if is_typed { " xmlns:xsi=\"u\" xmlns:xsd=\"u\"" } else { "" };
    writer.put(&["<", root, attribute, types, " xmlns=\"", NAMESPACE, "\">"]);
    for node in nodes {
        writer.space(1);
        writer.node(node, 1);
    }
    writer.space(0);
    writer.put(&["</", root, ">"]);
    match writer.tape.below(4) {
        3 if layout.is_odd => writer.out.push_str("<!-- the end -->\n"),
        2 => {}
        _ => writer.out.push_str(line),
    }
    writer.out.into_bytes()
}

struct Writer<'w, 't> {
    tape: &'w mut Tape<'t>,
    layout: Layout,
    out: String,
}

impl Writer<'_, '_> {
    fn put(&mut self, parts: &[&str]) {
        self.out.extend(parts.iter().copied());
    }

    fn space(&mut self, depth: usize) {
        if self.layout.is_mixed {
            let all = ["\n", " ", "\n    ", "", "\t", "\r\n", "\n        ", "\r", "\n\n"];
            self.out.push_str(self.tape.one_of(&all));
        } else {
            self.out.push_str(self.layout.line);
            self.out.push_str(&self.layout.unit.repeat(depth));
        }
        if self.layout.is_odd && self.tape.is_one_in(8) {
            let all = ["<!-- </a> <b> -->", "<?pi </a> ?>", "<!---->"];
            self.out.push_str(self.tape.one_of(&all));
        }
    }

    fn node(&mut self, node: &Node, depth: usize) {
        let Node { name, attributes, text, children } = node;
        let odd = |tape: &mut Tape<'_>| if tape.is_one_in(10) { tape.below(4) } else { 9 };
        let attribute = match self.layout.is_odd.then(|| odd(self.tape)) {
            Some(0) if self.layout.has_attributes => " a=\"/>\"",
            Some(1) if self.layout.has_attributes => " a = 'b > c'",
            Some(2) => " ",
            _ => "",
        };
        if text.is_empty() && children.is_empty() && self.tape.is_one_in(2) {
            self.put(&["<", name, attributes, attribute, "/>"]);
            return;
        }
        self.put(&["<", name, attributes, attribute, ">"]);
        for child in children {
            self.space(depth + 1);
            self.node(child, depth + 1);
        }
        if children.is_empty() {
            self.text(text);
        } else {
            self.space(depth);
        }
        self.put(&["</", name, ">"]);
    }

    fn text(&mut self, text: &str) {
        let line = match self.layout.line {
            "\r\n" => "\r\n",
            "\r" => "\r",
            _ => "\n",
        };
        let text = text.replace('\n', line);
        if self.layout.is_odd && self.tape.is_one_in(8) && !text.contains("]]>") {
            self.put(&["<![CDATA[", &text, "]]>"]);
            return;
        }
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace("]]>", "]]&gt;");
        if self.layout.is_odd && self.tape.is_one_in(8) {
            self.out.push_str("<!-- -->");
        }
        self.out.push_str(&text);
    }
}

/// Reads a file's root and its children.
pub(super) fn read(document: &Document) -> (String, Vec<Node>) {
    let root = document.root();
    (root.name().to_owned(), root.children().map(|child| Node::of(document, child)).collect())
}
