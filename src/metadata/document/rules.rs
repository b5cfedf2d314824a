//! What XML asks of a file beside its tags: which characters may stand in it, what `&` begins, how
//! it says what it is, what a prefix means; and what a merge leaves behind.
//!
//! A parser that keeps to the standard refuses all of it, Salesforce's too, so what is not refused
//! here would be compared and then sent in vain.

use std::ops::Range;

use super::error::DocumentErrorKind as Kind;
use super::node::{Node, Refused, attributes, find};

/// So many bytes are looked at together for characters that may not stand in them.
const BLOCK: usize = 256;
/// No reference is longer than this, in bytes.
const LONGEST_REFERENCE: usize = 32;

/// Refuses characters that XML does not allow, in a file that is UTF-8.
pub(super) fn characters(bytes: &[u8]) -> Result<(), Refused> {
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        // Without a way out before the end of a block the compiler makes vectors of it.
        if block.iter().fold(false, |found, byte| found | is_control(byte))
            && let Some(at) = block.iter().position(is_control)
        {
            return Err((Kind::Character(u32::from(block[at])), number * BLOCK + at));
        }
    }
    // U+FFFE and U+FFFF.
    for at in memchr::memmem::find_iter(bytes, b"\xEF\xBF") {
        if let Some(last @ (0xBE | 0xBF)) = bytes.get(at + 2) {
            return Err((Kind::Character(0xFFC0 + u32::from(*last) - 0x80), at));
        }
    }
    Ok(())
}

/// Says whether a text between two tags may stand in a file.
pub(crate) fn is_sound_text(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok()
        && characters(text).is_ok()
        && references_of(text, 0).is_ok()
        && memchr::memmem::find(text, b"]]>").is_none()
}

/// Refuses what may not stand in the texts and attributes of a file whose tags are well-formed.
pub(super) fn texts(bytes: &[u8], nodes: &[Node]) -> Result<(), Refused> {
    // Hardly any file has one of these, and none of those that an org writes.
    if memchr::memmem::find(bytes, b"]]>").is_some() {
        for text in outside_markup(bytes).filter(|one| one.is_text).map(|one| one.range) {
            if let Some(at) = memchr::memmem::find(&bytes[text.clone()], b"]]>") {
                return Err((Kind::StrayCdataEnd, text.start + at));
            }
        }
    }
    references(bytes)?;
    match MERGE_LINES.iter().any(|line| memchr::memmem::find(bytes, line).is_some()) {
        true => merged(bytes, nodes),
        false => Ok(()),
    }
}

/// Refuses every `&` that begins no reference XML knows, outside of comments and CDATA.
pub(super) fn references(bytes: &[u8]) -> Result<(), Refused> {
    if references_of(bytes, 0).is_ok() {
        return Ok(());
    }
    outside_markup(bytes)
        .try_for_each(|one| references_of(&bytes[one.range.clone()], one.range.start))
}

fn references_of(bytes: &[u8], offset: usize) -> Result<(), Refused> {
    for at in memchr::memchr_iter(b'&', bytes) {
        let rest = &bytes[at..bytes.len().min(at + LONGEST_REFERENCE)];
        // A character may be cut at the end.
        let text = std::str::from_utf8(rest)
            .or_else(|cut| std::str::from_utf8(&rest[..cut.valid_up_to()]));
        if let Err(kind) = reference(text.unwrap_or_default()) {
            return Err((kind, offset + at));
        }
    }
    Ok(())
}

/// Reads the reference at the head of a text that begins with `&`: the character and how many bytes
/// it is written with.
pub(super) fn reference(text: &str) -> Result<(char, usize), Kind> {
    let end = text.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';');
    let Some(end) = end else { return Err(Kind::BareAmpersand) };
    let name = &text[1..end];
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => match name.strip_prefix('#') {
            Some(number) => {
                let (digits, radix) = match number.strip_prefix('x') {
                    Some(hex) => (hex, 16),
                    None => (number, 10),
                };
                let is_number = digits.chars().all(|digit| digit.is_digit(radix));
                let code = u32::from_str_radix(digits, radix).ok().filter(|_| is_number);
                code.and_then(char::from_u32)
                    .filter(|character| is_character(*character))
                    .ok_or_else(|| Kind::BadReference(name.to_owned()))?
            }
            None if is_name(name) => return Err(Kind::UnknownEntity(name.to_owned())),
            None => return Err(Kind::BareAmpersand),
        },
    };
    Ok((character, end + 1))
}

/// Says whether XML 1.0 has a character.
pub(super) fn is_character(one: char) -> bool {
    matches!(one, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Says whether a text is a name.
pub(super) fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(begins_name) && text.chars().all(is_of_name)
}

fn begins_name(one: char) -> bool {
    matches!(
        one,
        ':' | 'A'..='Z'
            | '_'
            | 'a'..='z'
            | '\u{c0}'..='\u{d6}'
            | '\u{d8}'..='\u{f6}'
            | '\u{f8}'..='\u{2ff}'
            | '\u{370}'..='\u{37d}'
            | '\u{37f}'..='\u{1fff}'
            | '\u{200c}'..='\u{200d}'
            | '\u{2070}'..='\u{218f}'
            | '\u{2c00}'..='\u{2fef}'
            | '\u{3001}'..='\u{d7ff}'
            | '\u{f900}'..='\u{fdcf}'
            | '\u{fdf0}'..='\u{fffd}'
            | '\u{10000}'..='\u{effff}'
    )
}

fn is_of_name(one: char) -> bool {
    let is_more = matches!(
        one,
        '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}'
    );
    is_more || begins_name(one)
}

/// Checks what the declaration at the head of a file says; its attributes are well-formed.
pub(super) fn declared(bytes: &[u8], start: usize) -> Result<(), Refused> {
    let given: Vec<(&str, &str)> = attributes(declaration(bytes, start)).collect();
    let Some((("version", version), rest)) = given.split_first() else {
        return Err((Kind::BadTag("the declaration must begin with a version"), start));
    };
    let minor = version.strip_prefix("1.").unwrap_or_default();
    if minor.is_empty() || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((Kind::Version((*version).to_owned()), start));
    }
    match rest {
        [] | [("encoding", _)] => {}
        [("standalone", yes)] | [("encoding", _), ("standalone", yes)]
            if matches!(*yes, "yes" | "no") => {}
        _ => {
            let why = "after its version a declaration has `encoding` and `standalone` alone";
            return Err((Kind::BadTag(why), start));
        }
    }
    match encoding(bytes) {
        Some(other) if !(is_like_ascii(other) && bytes.is_ascii()) => {
            Err((Kind::Encoding(other.to_owned()), start))
        }
        _ => Ok(()),
    }
}

/// Returns the encoding that a file declares, if that is not UTF-8.
pub(crate) fn encoding(bytes: &[u8]) -> Option<&str> {
    let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let (_, name) = attributes(declaration(bytes, start)).find(|(name, _)| *name == "encoding")?;
    (!name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("utf8")).then_some(name)
}

/// What stands in the declaration after its name; nothing where there is none.
fn declaration(bytes: &[u8], start: usize) -> &str {
    let inner = bytes[start..].strip_prefix(b"<?xml").unwrap_or_default();
    let length = memchr::memmem::find(inner, b"?>").unwrap_or_default();
    std::str::from_utf8(&inner[..length]).unwrap_or_default()
}

/// Says whether ASCII means in an encoding what it does in UTF-8.
fn is_like_ascii(encoding: &str) -> bool {
    let name = encoding.to_ascii_lowercase();
    ["iso-8859-", "us-ascii", "ascii", "windows-125"].iter().any(|one| name.starts_with(one))
}

/// Refuses prefixes that nothing declares, and names with more than one.
pub(super) fn prefixes(bytes: &[u8], nodes: &[Node]) -> Result<(), Refused> {
    let text = |from: u32, to: u32| {
        std::str::from_utf8(&bytes[from as usize..to as usize]).unwrap_or_default()
    };
    let tag = |node: &Node| attributes(text(node.name_end, node.open_end));
    for node in nodes {
        let is_declared = |prefix: &str| {
            let mut above = node;
            loop {
                if tag(above).any(|(name, _)| name.strip_prefix("xmlns:") == Some(prefix)) {
                    return true;
                }
                if above.start == nodes[0].start {
                    return false;
                }
                above = &nodes[above.parent as usize];
            }
        };
        if tag(node).any(|(name, value)| name.starts_with("xmlns:") && value.is_empty()) {
            return Err((Kind::BadTag("a prefix must have a namespace"), node.start as usize));
        }
        let own = std::iter::once(text(node.start + 1, node.name_end));
        for name in own.chain(tag(node).map(|(name, _)| name)) {
            let Some((prefix, local)) = name.split_once(':') else { continue };
            let at = node.start as usize;
            if prefix.is_empty() || local.is_empty() || local.contains(':') {
                return Err((Kind::BadTag("a name has one prefix at most"), at));
            }
            if !matches!(prefix, "xml" | "xmlns") && !is_declared(prefix) {
                return Err((Kind::Prefix(prefix.to_owned()), at));
            }
        }
    }
    Ok(())
}

/// What lines of an unfinished merge begin with, beside the one that is no XML at all.
const MERGE_LINES: [&[u8]; 3] = [b"=======", b">>>>>>>", b"|||||||"];

/// Says whether a line that a merge leaves begins somewhere: seven characters alike, and nothing
/// or a name after a space.
pub(super) fn is_merge_line(bytes: &[u8], at: usize) -> bool {
    let is_first = at == 0 || matches!(bytes[at - 1], b'\n' | b'\r');
    let behind = bytes.get(at + MERGE_LINES[0].len());
    is_first
        && MERGE_LINES.iter().any(|line| bytes[at..].starts_with(line))
        && matches!(behind, None | Some(b' ' | b'\n' | b'\r' | b'<'))
}

/// Refuses such a line where elements stand: in a text of its own somebody may have written it.
fn merged(bytes: &[u8], nodes: &[Node]) -> Result<(), Refused> {
    for text in outside_markup(bytes).filter(|one| one.is_text).map(|one| one.range) {
        let breaks = memchr::memchr2_iter(b'\n', b'\r', &bytes[text.clone()]);
        let lines = breaks.map(|at| text.start + at + 1).filter(|at| *at < text.end);
        for at in lines.filter(|at| is_merge_line(bytes, *at)) {
            if holds_elements(nodes, at) {
                return Err((Kind::MergeConflict, at));
            }
        }
    }
    Ok(())
}

/// Says whether the innermost element around an offset holds elements, as a root always does.
fn holds_elements(nodes: &[Node], at: usize) -> bool {
    let mut inner = nodes.partition_point(|node| (node.start as usize) < at).saturating_sub(1);
    while inner > 0 && nodes[inner].end as usize <= at {
        inner = nodes[inner].parent as usize;
    }
    inner == 0 || nodes[inner].subtree_end as usize > inner + 1
}

/// A text or tag.
struct Stretch {
    range: Range<usize>,
    is_text: bool,
}

/// Walks over the texts and tags of a file whose tags are well-formed; comments, CDATA sections
/// and processing instructions are passed over.
fn outside_markup(bytes: &[u8]) -> impl Iterator<Item = Stretch> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            let end = match &bytes[start..] {
                [b'<', b'!', b'-', ..] => find(bytes, start + 4, b"-->"),
                [b'<', b'!', ..] => find(bytes, start, b"]]>"),
                [b'<', b'?', ..] => find(bytes, start, b"?>"),
                [b'<', tag @ ..] => tag_length(tag).map(|length| start + 1 + length),
                text => memchr::memchr(b'<', text).map(|length| start + length),
            };
            at = end.unwrap_or(bytes.len());
            let is_text = bytes[start] != b'<';
            if is_text || !matches!(bytes.get(start + 1), Some(b'!' | b'?')) {
                return Some(Stretch { range: start..at, is_text });
            }
        }
        None
    })
}

/// How long the rest of a tag is; in quotes a `>` ends none.
fn tag_length(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    let end = tag.iter().position(|byte| match (quote, *byte) {
        (None, b'"' | b'\'') => {
            quote = Some(*byte);
            false
        }
        (None, byte) => byte == b'>',
        (Some(open), byte) => {
            if open == byte {
                quote = None;
            }
            false
        }
    });
    Some(end? + 1)
}

#[cfg(test)]
mod tests {
    use super::super::{Document, NAMESPACE};

    fn refusal(text: &str) -> String {
        match Document::parse(text.as_bytes().to_vec()) {
            Ok(_) => "well".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn within(inner: &str) -> String {
        refusal(&format!("<?xml version=\"1.0\"?>\n<P xmlns=\"{NAMESPACE}\">\n{inner}</P>"))
    }

    #[test]
    fn what_no_parser_takes_is_refused_where_it_stands() {
        for (inner, told) in [
            ("<l>A & B</l>", "line 3, column 6: a bare `&`"),
            ("<l>A &amp B</l>", "line 3, column 6: a bare `&`"),
            ("<l>A &foo; B</l>", "line 3, column 6: XML knows no `&foo;`"),
            ("<l>&nbsp;</l>", "line 3, column 4: XML knows no `&nbsp;`"),
            ("<l>&AMP;</l>", "XML knows no `&AMP;`"),
            ("<l>&#xD800;</l>", "`&#xD800;` is no character"),
            ("<l>&#0;</l>", "`&#0;` is no character"),
            ("<l>&#1;</l>", "`&#1;` is no character"),
            ("<l>&#xFFFF;</l>", "`&#xFFFF;` is no character"),
            ("<l>&#x110000;</l>", "`&#x110000;` is no character"),
            ("<l>&#+65;</l>", "`&#+65;` is no character"),
            ("<l>&#X41;</l>", "`&#X41;` is no character"),
            ("<l a=\"&foo;\"/>", "line 3, column 7: XML knows no `&foo;`"),
            ("<l>\u{1}</l>", "line 3, column 4: the character U+0001"),
            ("<l a='\u{b}'/>", "line 3, column 7: the character U+000B"),
            ("<l>\u{ffff}</l>", "line 3, column 4: the character U+FFFF"),
            ("<?xml version=\"1.0\"?>", "line 3, column 1: `<?xml` may stand"),
            ("<?XML a?>", "line 3, column 1: `<?xml` may stand"),
            ("<? pi?>", "line 3, column 1: the tag is not well-formed: a name must follow"),
            ("<!-- a -- b -->", "line 3, column 8: `--` stands in a comment"),
            ("<!-- a --->", "line 3, column 8: `--` stands in a comment"),
            ("<l 1='a'/>", "line 3, column 4: the tag is not well-formed: an attribute's name"),
            ("<\u{d7}/>", "line 3, column 1: the tag is not well-formed: a name"),
            ("<x:l/>", "line 3, column 1: the prefix `x` stands in this tag"),
            ("<l x:a='b'/>", "line 3, column 1: the prefix `x` stands in this tag"),
            ("<a xmlns:x='u'/><x:l/>", "line 3, column 17: the prefix `x` stands"),
            ("<a xmlns:x=''/>", "line 3, column 1: the tag is not well-formed: a prefix must"),
            ("<a:b:c/>", "line 3, column 1: the tag is not well-formed: a name has one prefix"),
        ] {
            let said = within(inner);
            assert!(
                said.starts_with(told) || said.contains(&format!(": {told}")),
                "{inner}: {said}"
            );
        }
    }

    #[test]
    fn what_every_parser_takes_is_read() {
        for inner in [
            "<l>&amp;&lt;&gt;&quot;&apos;&#65;&#x41;&#x0000000041;\t\r\n\u{7f}\u{85}\u{fffd}</l>",
            "<!-- A & B &foo; - - > --><![CDATA[A & B ]] > &foo;]]><?pi A & B ?>",
            "<?xml-stylesheet href='a'?><?pi?><!----><!--->-->",
            "<l a='>' b=\"'\" xml:lang='en'/>",
            "<\u{e9}t\u{e9} \u{fc}='1'/>",
            "<x:l xmlns:x='u' x:a='b'><x:m/></x:l>",
        ] {
            assert_eq!(within(inner), "well", "{inner}");
        }
    }

    #[test]
    fn a_file_says_what_it_is_at_its_very_beginning() {
        let with =
            |head: &str| refusal(&format!("{head}<P xmlns=\"{NAMESPACE}\"><l>\u{e9}</l></P>"));
        for (head, told) in [
            ("\n<?xml version=\"1.0\"?>", "line 2, column 1: `<?xml` may stand"),
            ("<!-- a --><?xml version=\"1.0\"?>", "line 1, column 11: `<?xml` may stand"),
            ("<?xml version=\"2.0\"?>", "line 1, column 1: the file says that it is XML 2.0"),
            ("<?xml encoding=\"UTF-8\"?>", "the declaration must begin with a version"),
            ("<?xml version='1.0' standalone='yes' encoding='UTF-8'?>", "after its version"),
            ("<?xml version='1.0' standalone='maybe'?>", "after its version"),
            ("<?xml version='1.0'encoding='UTF-8'?>", "white space must stand"),
            ("<?xml version=1.0?>", "in quotes"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?>", "its encoding is `ISO-8859-1`"),
            ("<?xml version='1.0' encoding='UTF-16'?>", "its encoding is `UTF-16`"),
        ] {
            let said = with(head);
            assert!(said.contains(told), "{head}: {said}");
        }
        for head in [
            "",
            "\n<!-- a -->\n",
            "\u{feff}<?xml version='1.0' ?>",
            "<?xml version = \"1.0\" encoding='utf-8' standalone=\"no\"?>",
        ] {
            assert_eq!(with(head), "well", "{head}");
        }
        // ASCII is ASCII in it.
        let head = "<?xml version='1.0' encoding='ISO-8859-1'?>";
        assert_eq!(refusal(&format!("{head}<P xmlns=\"{NAMESPACE}\"/>")), "well");
    }

    #[test]
    fn lines_of_a_merge_are_refused_where_elements_stand() {
        for line in ["=======", "||||||| base", ">>>>>>> other", "=======\r"] {
            for inner in [
                format!("<l>a</l>\n{line}\n<l>b</l>\n"),
                format!("{line}\n"),
                format!("<g>\n<l>a</l>\n{line}\n</g>\n"),
            ] {
                let said = within(&inner);
                assert!(
                    said.contains("column 1: there is a git merge conflict"),
                    "{inner}: {said}"
                );
            }
            for inner in [
                format!("<l>a\n{line}\nb</l>"),
                format!("<g><l/><!--\n{line}\n--></g>"),
                format!("<g><l/><![CDATA[\n{line}\n]]></g>"),
                format!("<l a='\n{line}\n'/>"),
                format!("<g>\n{}\n<l/></g>", line.replacen(&line[..1], &line[..1].repeat(2), 1)),
            ] {
                assert_eq!(within(&inner), "well", "{inner}");
            }
        }
        let root = format!("<P xmlns=\"{NAMESPACE}\"/>\n>>>>>>> other\n");
        assert!(refusal(&root).contains("line 2, column 1: there is a git merge conflict"));
    }
}
