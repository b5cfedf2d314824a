//! A document without its comments and processing instructions: nobody but its author knows what
//! stands in them.

use std::ops::Range;

use super::Document;

impl Document {
    /// Returns the document without comments and processing instructions; one that has lines of its
    /// own goes with them. Without any it is the document as it stands.
    #[must_use]
    pub fn without_comments(&self) -> Self {
        let comments = comments(self.bytes());
        if comments.is_empty() {
            return self.clone();
        }
        let text = &self.source;
        let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
        for comment in comments {
            let comment = with_lines(text.as_bytes(), comment);
            kept.push_str(&text[at..comment.start.max(at)]);
            at = comment.end;
        }
        kept.push_str(&text[at..]);
        Self::parse(kept.into_bytes()).expect("a document without comments is a document")
    }
}

/// Where comments and processing instructions stand in a document, in their order.
fn comments(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(open) = memchr::memchr(b'<', &bytes[at..]) {
        let start = at + open;
        let rest = &bytes[start..];
        let (from, end) = match rest {
            [b'<', b'!', b'-', ..] => (4, b"-->".as_slice()),
            [b'<', b'!', b'[', ..] => (0, b"]]>".as_slice()),
            [b'<', b'?', ..] => (0, b"?>".as_slice()),
            // In a text of an attribute no `<` stands.
            _ => (0, b">".as_slice()),
        };
        let Some(length) = memchr::memmem::find(&rest[from..], end) else { break };
        at = start + from + length + end.len();
        let is_declaration = matches!(rest, [b'<', b'?', b'x', b'm', b'l', space, ..]
            if space.is_ascii_whitespace());
        if rest.starts_with(b"<!--") || (rest.starts_with(b"<?") && !is_declaration) {
            found.push(start..at);
        }
    }
    found
}

/// A comment with its indentation and line break, where nothing else stands in its lines.
fn with_lines(bytes: &[u8], comment: Range<usize>) -> Range<usize> {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let before = bytes[..comment.start].iter().rev().take_while(is_blank).count();
    let behind = bytes[comment.end..].iter().take_while(is_blank).count();
    let (start, end) = (comment.start - before, comment.end + behind);
    let is_first = start == 0 || matches!(bytes[start - 1], b'\n' | b'\r');
    let line_break = match bytes[end..] {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => 0,
    };
    if is_first && line_break > 0 { start..end + line_break } else { comment }
}

#[cfg(test)]
mod tests {
    use super::super::NAMESPACE;
    use super::*;

    #[test]
    fn comments_go_and_all_else_stays() {
        let with = |comments: [&str; 6]| {
            let [head, own, beside, within, nested, tail] = comments;
            let text = format!(
                "<?xml version=\"1.0\"?>\r\n{head}<P xmlns=\"{NAMESPACE}\" a=\"x>y\">\r\n{own}    \
                 <l>A{within}B</l>{beside}\r\n    <![CDATA[<!-- text --><?no pi?>]]>\
                 \r\n    <g>{nested}<c/></g>\r\n</P>{tail}\r\n"
            );
            Document::parse(text.into_bytes())
        };
        let there = with([
            "<!-- head\r\n -->\r\n<?xml-stylesheet href='a'?>\r\n",
            "    <!-- own > line -->  \r\n\t<?pi key=\"<!-- a\" > ?>\r\n",
            "<!-- beside --><?pi key?>",
            "<!----><!-- <l>key</l> -->",
            "<!-- a --><!-- b -->",
            "<!-- tail -->",
        ]);
        let there = there.unwrap();
        let without = with([""; 6]).unwrap();
        assert_eq!(there.without_comments().bytes(), without.bytes());
        assert_eq!(without.without_comments().bytes(), without.bytes());
    }
}
