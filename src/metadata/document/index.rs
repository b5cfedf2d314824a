//! One pass over the bytes: where each element begins and ends, and whether the file may be
//! trusted.

use std::ops::Range;

use super::error::DocumentErrorKind as Kind;
use super::node::{Node, Refused, attributes, find};
use super::{MAX_DEPTH, NAMESPACE, rules};

/// A file's elements in the order in which they begin.
pub(super) struct Index {
    pub(super) nodes: Vec<Node>,
    /// Whether any element's name has a prefix.
    pub(super) has_prefixes: bool,
}

/// Bytes of XML an element of metadata takes on average, for a first guess at the index's size; a
/// wrong guess costs a copy, no more.
const BYTES_PER_ELEMENT: usize = 36;

/// Says what bytes are that are no UTF-8.
pub(super) fn no_utf8(error: &std::string::FromUtf8Error) -> Refused {
    match encoding(error.as_bytes()) {
        Err(refused) => refused,
        Ok(()) => (Kind::InvalidUtf8, error.utf8_error().valid_up_to()),
    }
}

/// Indexes a file that is known to be UTF-8.
pub(super) fn index(bytes: &[u8]) -> Result<Index, Refused> {
    let start = preamble(bytes)?;
    let mut scan = Scan::new(bytes, Vec::with_capacity(bytes.len() / BYTES_PER_ELEMENT), 0);
    scan.run(start)?;
    scan.finish(start)?;
    namespace(bytes, &scan.nodes[0])?;
    rules::texts(bytes, &scan.nodes)?;
    if scan.has_prefixes || scan.has_colons {
        rules::prefixes(bytes, &scan.nodes)?;
    }
    Ok(Index { nodes: scan.nodes, has_prefixes: scan.has_prefixes })
}

/// Indexes a stretch between two children of the root; its nodes follow the root's. `None` where
/// only the whole file can say what is wrong.
pub(super) fn index_stretch(bytes: &[u8], root: Node, stretch: Range<usize>) -> Option<Index> {
    let bytes = &bytes[..stretch.end];
    let mut scan = Scan::new(bytes, vec![root], 1);
    scan.run(stretch.start).ok()?;
    rules::references(&bytes[stretch.start..]).ok()?;
    (scan.depth == 1).then_some(Index { nodes: scan.nodes, has_prefixes: scan.has_prefixes })
}

/// Refuses what is larger than offsets go, in another encoding, or an archive.
fn encoding(bytes: &[u8]) -> Result<(), Refused> {
    if bytes.len() > u32::MAX as usize {
        return Err((Kind::TooLarge, 0));
    }
    if bytes.starts_with(&[0xFF, 0xFE])
        || bytes.starts_with(&[0xFE, 0xFF])
        || bytes.starts_with(b"<\0")
        || bytes.starts_with(b"\0<")
    {
        return Err((Kind::Utf16, 0));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err((Kind::Zip, 0));
    }
    Ok(())
}

/// Refuses what is no XML at all, by the name of what it is; returns the offset after a byte-order
/// mark.
fn preamble(bytes: &[u8]) -> Result<usize, Refused> {
    encoding(bytes)?;
    rules::characters(bytes)?;
    let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let text = &bytes[start..];
    let Some(first) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return Err((Kind::Empty, start));
    };
    let text = &text[first..];
    if text.starts_with(b"version https://git-lfs.github.com/") {
        return Err((Kind::LfsPointer, start + first));
    }
    let head = text[..text.len().min(512)].to_ascii_lowercase();
    if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") {
        return Err((Kind::Html, start + first));
    }
    Ok(start)
}

struct Scan<'b> {
    bytes: &'b [u8],
    nodes: Vec<Node>,
    has_prefixes: bool,
    /// Whether any attribute's name has a prefix.
    has_colons: bool,
    /// The elements that are open, by index.
    open: [u32; MAX_DEPTH],
    depth: usize,
    /// Where the file begins, after a byte-order mark.
    start: usize,
}

impl<'b> Scan<'b> {
    fn new(bytes: &'b [u8], nodes: Vec<Node>, depth: usize) -> Self {
        let (has_prefixes, has_colons, open) = (false, false, [0; MAX_DEPTH]);
        Self { bytes, nodes, has_prefixes, has_colons, open, depth, start: 0 }
    }

    fn run(&mut self, start: usize) -> Result<(), Refused> {
        let bytes = self.bytes;
        self.start = start;
        let mut at = start;
        while at < bytes.len() {
            let text_start = at;
            // Most texts are short: a few bytes are looked at by hand before the vector search is
            // worth its call.
            at = match bytes[at..].iter().take(16).position(|byte| *byte == b'<') {
                Some(near) => at + near,
                None => memchr::memchr(b'<', &bytes[at..]).map_or(bytes.len(), |far| at + far),
            };
            if self.depth == 0 || at == bytes.len() {
                self.outside(text_start, at)?;
                if at == bytes.len() {
                    break;
                }
            }
            at = match bytes.get(at + 1) {
                Some(b'/') => self.close(at)?,
                Some(b'!') => self.declaration(at)?,
                Some(b'?') => self.instruction(at)?,
                Some(b'<') if bytes[at..].starts_with(b"<<<<<<<") => {
                    return Err((Kind::MergeConflict, at));
                }
                Some(_) => self.open(at)?,
                None => return Err((Kind::Truncated("a tag"), at)),
            };
        }
        Ok(())
    }

    /// At the end of the file everything must be closed.
    fn finish(&self, start: usize) -> Result<(), Refused> {
        match (self.depth, self.nodes.is_empty()) {
            (0, true) => Err((Kind::NotXml, start)),
            (0, false) => Ok(()),
            (depth, _) => {
                let node = self.nodes[self.open[depth - 1] as usize];
                Err((Kind::Unclosed(self.name(&node)), node.start as usize))
            }
        }
    }

    /// Text outside the root element may only be white space; text at the end of the file while
    /// elements are open is truncation.
    fn outside(&self, from: usize, to: usize) -> Result<(), Refused> {
        if self.depth > 0 {
            return Ok(());
        }
        match self.bytes[from..to].iter().position(|byte| !byte.is_ascii_whitespace()) {
            None => Ok(()),
            Some(offset) if rules::is_merge_line(self.bytes, from + offset) => {
                Err((Kind::MergeConflict, from + offset))
            }
            Some(offset) if self.nodes.is_empty() => Err((Kind::NotXml, from + offset)),
            Some(offset) => Err((Kind::AfterRoot, from + offset)),
        }
    }

    fn open(&mut self, start: usize) -> Result<usize, Refused> {
        let bytes = self.bytes;
        let mut at = start + 1;
        let mut is_ascii = true;
        while at < bytes.len() && is_name_byte(bytes[at]) {
            self.has_prefixes |= bytes[at] == b':';
            is_ascii &= bytes[at] < 0x80;
            at += 1;
        }
        let name_end = at;
        if !begins_name(&bytes[start + 1..name_end]) || !(is_ascii || is_name(bytes, start + 1)) {
            let kind = if self.nodes.is_empty() {
                Kind::NotXml
            } else {
                Kind::BadTag("a name must follow `<`")
            };
            return Err((kind, start));
        }
        let mut is_empty = false;
        let mut attributes = Vec::new();
        loop {
            match bytes.get(at) {
                Some(b'>') => break,
                Some(b'/') if bytes.get(at + 1) == Some(&b'>') => {
                    is_empty = true;
                    at += 1;
                    break;
                }
                Some(byte) if byte.is_ascii_whitespace() => at += 1,
                Some(_) if bytes[at - 1].is_ascii_whitespace() => {
                    attributes.push(at);
                    at = attribute(bytes, start, at)?;
                }
                Some(_) => {
                    return Err((Kind::BadTag("white space must stand before an attribute"), at));
                }
                None => return Err((Kind::Truncated("a tag"), start)),
            }
        }
        let open_end = at + 1;
        if !attributes.is_empty() {
            self.has_colons |= attributes.iter().any(|at| name_at(bytes, *at).contains(':'));
            no_twins(bytes, &attributes)?;
        }
        if self.depth == 0 && !self.nodes.is_empty() {
            return Err((Kind::AfterRoot, start));
        }
        if self.depth == MAX_DEPTH {
            return Err((Kind::TooDeep, start));
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(Node {
            start: start as u32,
            name_end: name_end as u32,
            open_end: open_end as u32,
            close_start: open_end as u32,
            end: open_end as u32,
            parent: if self.depth == 0 { 0 } else { self.open[self.depth - 1] },
            subtree_end: id + 1,
        });
        if !is_empty {
            self.open[self.depth] = id;
            self.depth += 1;
        }
        Ok(open_end)
    }

    fn close(&mut self, start: usize) -> Result<usize, Refused> {
        let bytes = self.bytes;
        if self.depth == 0 {
            return Err((Kind::NothingOpen(name_at(bytes, start + 2)), start));
        }
        let id = self.open[self.depth - 1] as usize;
        let count = self.nodes.len() as u32;
        let node = &mut self.nodes[id];
        let name = &bytes[node.start as usize + 1..node.name_end as usize];
        let after = start + 2 + name.len();
        if !bytes[start + 2..].starts_with(name)
            || bytes.get(after).is_some_and(|byte| is_name_byte(*byte))
        {
            let open = String::from_utf8_lossy(name).into_owned();
            let found = name_at(bytes, start + 2);
            return Err(if bytes[start..].contains(&b'>') {
                (Kind::Mismatched { open, found }, start)
            } else {
                (Kind::Truncated("a tag"), start)
            });
        }
        let mut at = after;
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        match bytes.get(at) {
            Some(b'>') => {}
            Some(_) => return Err((Kind::BadTag("`>` must follow the name of a closing tag"), at)),
            None => return Err((Kind::Truncated("a tag"), start)),
        }
        node.close_start = start as u32;
        node.end = at as u32 + 1;
        node.subtree_end = count;
        self.depth -= 1;
        Ok(at + 1)
    }

    /// A processing instruction, or the declaration that a file may begin with.
    fn instruction(&self, start: usize) -> Result<usize, Refused> {
        let bytes = self.bytes;
        let end = find(bytes, start + 2, b"?>")
            .ok_or((Kind::Truncated("a processing instruction"), start))?;
        let name = name_at(bytes, start + 2);
        let behind = bytes[start + 2 + name.len()];
        if !is_name(bytes, start + 2) || !(behind == b'?' || behind.is_ascii_whitespace()) {
            return Err((Kind::BadTag("a name must follow `<?`"), start));
        }
        if !name.eq_ignore_ascii_case("xml") {
            return Ok(end);
        }
        if start != self.start || name != "xml" {
            let is_after = self.depth == 0 && !self.nodes.is_empty();
            return Err((if is_after { Kind::AfterRoot } else { Kind::LateDeclaration }, start));
        }
        xml_declaration(bytes, start)?;
        Ok(end)
    }

    fn declaration(&self, start: usize) -> Result<usize, Refused> {
        let rest = &self.bytes[start..];
        if rest.starts_with(b"<!--") {
            let end =
                find(self.bytes, start + 4, b"--").ok_or((Kind::Truncated("a comment"), start))?;
            return match self.bytes.get(end) {
                Some(b'>') => Ok(end + 1),
                Some(_) => Err((Kind::DashesInComment, end - 2)),
                None => Err((Kind::Truncated("a comment"), start)),
            };
        }
        if rest.starts_with(b"<![CDATA[") {
            if self.depth == 0 {
                let kind = if self.nodes.is_empty() { Kind::NotXml } else { Kind::AfterRoot };
                return Err((kind, start));
            }
            return find(self.bytes, start + 9, b"]]>")
                .ok_or((Kind::Truncated("a CDATA section"), start));
        }
        if rest.len() >= 9 && rest[..9].eq_ignore_ascii_case(b"<!DOCTYPE") {
            return Err((Kind::Doctype, start));
        }
        if [&b"<!--"[..], b"<![CDATA[", b"<!DOCTYPE"].iter().any(|whole| whole.starts_with(rest)) {
            return Err((Kind::Truncated("a declaration"), start));
        }
        Err((Kind::BadTag("`<!` begins neither a comment nor CDATA"), start))
    }

    fn name(&self, node: &Node) -> String {
        String::from_utf8_lossy(&self.bytes[node.start as usize + 1..node.name_end as usize])
            .into_owned()
    }
}

/// Checks the declaration that a file begins with.
fn xml_declaration(bytes: &[u8], start: usize) -> Result<(), Refused> {
    let mut at = start + "<?xml".len();
    let mut begins = Vec::new();
    loop {
        let next = after_space(bytes, at);
        if bytes[next..].starts_with(b"?>") {
            break;
        }
        if next == at {
            return Err((Kind::BadTag("white space must stand before an attribute"), at));
        }
        begins.push(next);
        at = attribute(bytes, start, next)?;
    }
    no_twins(bytes, &begins)?;
    rules::declared(bytes, start)
}

/// Reads one attribute that begins at `at`; returns the offset after its closing quote.
fn attribute(bytes: &[u8], tag: usize, at: usize) -> Result<usize, Refused> {
    let truncated = (Kind::Truncated("a tag"), tag);
    let mut end = at;
    while end < bytes.len() && is_name_byte(bytes[end]) {
        end += 1;
    }
    if end == bytes.len() {
        return Err(truncated);
    }
    if !is_name(bytes, at) {
        return Err((Kind::BadTag("an attribute's name was expected"), at));
    }
    let equals = after_space(bytes, end);
    match bytes.get(equals) {
        Some(b'=') => {}
        Some(_) => return Err((Kind::BadTag("`=` must follow an attribute's name"), equals)),
        None => return Err(truncated),
    }
    let open = after_space(bytes, equals + 1);
    let quote = match bytes.get(open) {
        Some(quote @ (b'"' | b'\'')) => *quote,
        Some(_) => return Err((Kind::BadTag("an attribute's value must stand in quotes"), open)),
        None => return Err(truncated),
    };
    match memchr::memchr2(quote, b'<', &bytes[open + 1..]) {
        Some(length) if bytes[open + 1 + length] == quote => Ok(open + length + 2),
        Some(length) => {
            Err((Kind::BadTag("`<` stands in an attribute's value"), open + 1 + length))
        }
        None => Err(truncated),
    }
}

/// Refuses a tag in which two attributes, given by where they begin, have one name.
fn no_twins(bytes: &[u8], attributes: &[usize]) -> Result<(), Refused> {
    if attributes.len() < 2 {
        return Ok(());
    }
    let named = |at: &usize| {
        let length = bytes[*at..].iter().take_while(|byte| is_name_byte(**byte)).count();
        (&bytes[*at..*at + length], *at)
    };
    let mut names: Vec<(&[u8], usize)> = attributes.iter().map(named).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err((Kind::BadTag("an attribute stands in it twice"), pair[1].1)),
        None => Ok(()),
    }
}

fn namespace(bytes: &[u8], root: &Node) -> Result<(), Refused> {
    let text = |from: u32, to: u32| {
        std::str::from_utf8(&bytes[from as usize..to as usize]).unwrap_or_default()
    };
    let name = text(root.start + 1, root.name_end);
    let wanted = match name.split_once(':') {
        Some((prefix, _)) => format!("xmlns:{prefix}"),
        None => "xmlns".to_owned(),
    };
    let at = root.start as usize;
    let tag = text(root.name_end, root.open_end);
    match attributes(tag).find(|(name, _)| *name == wanted) {
        Some((_, value)) if value.trim() == NAMESPACE => Ok(()),
        Some((_, value)) => Err((Kind::WrongNamespace(value.to_owned()), at)),
        None => Err((Kind::NoNamespace, at)),
    }
}

/// Appends what a stretch of text, comments and CDATA between elements says. Line breaks become
/// `\n`, as XML asks.
pub(super) fn decode(raw: &str, into: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr3(b'<', b'&', b'\r', rest.as_bytes()) {
        into.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(cdata) = rest.strip_prefix("<![CDATA[") {
            let (text, after) = cdata.split_once("]]>").unwrap_or((cdata, ""));
            into.push_str(&text.replace("\r\n", "\n").replace('\r', "\n"));
            rest = after;
        } else if rest.starts_with('<') {
            // Nothing else begins so between elements: a comment, or a processing instruction.
            let (begin, end) =
                if rest.starts_with("<!--") { ("<!--", "-->") } else { ("<?", "?>") };
            let inner = rest.strip_prefix(begin).unwrap_or_default();
            rest = inner.split_once(end).map_or("", |(_, after)| after);
        } else if let Some(after) = rest.strip_prefix('\r') {
            into.push('\n');
            rest = after.strip_prefix('\n').unwrap_or(after);
        } else {
            match rules::reference(rest) {
                Ok((character, length)) => {
                    into.push(character);
                    rest = &rest[length..];
                }
                Err(_) => {
                    into.push('&');
                    rest = &rest[1..];
                }
            }
        }
    }
    into.push_str(rest);
}

/// Returns the offset after white space.
fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Letters, digits, `_ - . :` and everything beyond ASCII.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80
}

/// Says whether a name, seen as far as ASCII goes, begins as one may.
fn begins_name(name: &[u8]) -> bool {
    !matches!(name, [] | [b'0'..=b'9' | b'-' | b'.', ..])
}

/// Says whether a name stands somewhere.
fn is_name(bytes: &[u8], at: usize) -> bool {
    let name = name_at(bytes, at);
    begins_name(name.as_bytes()) && (name.is_ascii() || rules::is_name(&name))
}

fn name_at(bytes: &[u8], from: usize) -> String {
    let rest = bytes.get(from..).unwrap_or_default();
    let end = rest.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(rest.len());
    String::from_utf8_lossy(&rest[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::Document;

    fn refusal(bytes: &[u8]) -> String {
        Document::parse(bytes.to_vec()).unwrap_err().to_string()
    }

    fn wrapped(inner: &str) -> Vec<u8> {
        format!("<P xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inner}</P>").into_bytes()
    }

    #[test]
    fn what_is_no_metadata_is_called_by_its_name() {
        for (bytes, words) in [
            (&b""[..], "empty"),
            (b" \n\t", "empty"),
            (b"<!DOCTYPE html><html></html>", "HTML"),
            (b"<HTML><body>", "HTML"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
            (b"PK\x03\x04abc", "zip"),
            (b"\xFF\xFE<\0", "UTF-16"),
            (b"<a>\xC3\x28</a>", "UTF-8"),
            (b"{\"a\": 1}", "not XML"),
            (b"<<<<<<< HEAD\n", "merge conflict"),
            (b"<?xml version=\"1.0\"?><!DOCTYPE a []><a/>", "DOCTYPE"),
            (b"<P/>", "lacks the namespace"),
            (b"<P xmlns=\"urn:other\"/>", "urn:other"),
        ] {
            let said = refusal(bytes);
            assert!(said.contains(words), "{said} does not say {words}");
        }
    }

    #[test]
    fn broken_structure_is_refused_where_it_breaks() {
        for (inner, words) in [
            ("<a>\n<b></a>", "line 2, column 4: `</a>` closes `<b>`"),
            ("<a<b/></a>", "white space"),
            ("<a x=1/>", "quotes"),
            ("<a x=\"1\"y=\"2\"/>", "white space"),
            ("<1/>", "name"),
            ("</a>", "closes"),
            ("<!-- ", "comment"),
            ("<![CDATA[", "CDATA"),
            ("<!foo>", "neither"),
            ("<a b='1' c='2' b='3'/>", "line 1, column 67: the tag is not well-formed: an attr"),
            ("<a>\n]]></a>", "line 2, column 1: `]]>` stands in a text"),
        ] {
            let said = refusal(&wrapped(inner));
            assert!(said.contains(words), "{inner}: {said}");
        }
        let unclosed = refusal(b"<P xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n  <a>text");
        assert!(unclosed.starts_with("line 2, column 3: `<a>` is opened here"), "{unclosed}");
        assert!(
            refusal(b"<P xmlns=\"http://soap.sforce.com/2006/04/metadata\"><a")
                .contains("middle of a tag")
        );
        let mut after = wrapped("");
        after.extend(b"<Q/>");
        assert!(refusal(&after).contains("after the end"));
    }

    #[test]
    fn depth_is_limited() {
        let deep =
            |levels: usize| wrapped(&format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels)));
        Document::parse(deep(63)).unwrap();
        assert!(refusal(&deep(64)).contains("deep"));
    }

    #[test]
    fn the_end_of_a_cdata_section_may_stand_where_it_is_no_text() {
        for inner in
            ["<![CDATA[ ]] ]]>", "<!-- ]]> -->", "<?pi ]]> ?>", "<a b=']]>' c=\">\"/>", "]]"]
        {
            Document::parse(wrapped(inner)).unwrap();
            assert!(refusal(&wrapped(&format!("{inner}<b/>]]>"))).contains("`]]>`"), "{inner}");
        }
    }

    #[test]
    fn comments_and_instructions_are_no_text_whatever_they_hold() {
        for (inner, text) in [("<?pi </a> ?>x", "x"), ("<!---> y -->x", "x"), ("<!-- > -->x", "x")]
        {
            let document = Document::parse(wrapped(&format!("<a>{inner}</a>"))).unwrap();
            assert_eq!(document.root().child("a").unwrap().text(), text, "{inner}");
        }
    }

    #[test]
    fn an_angle_bracket_in_a_quoted_attribute_ends_no_tag() {
        let document = Document::parse(wrapped("<a b='>'>x</a>")).unwrap();
        assert_eq!(document.root().child("a").unwrap().text(), "x");
    }
}
