//! A file as Salesforce would have laid it out: the white space between its elements made anew while it is read.
//!
//! With it two files of one content and two layouts (CRLF on one side, another indentation, all in one line) are alike byte by byte, so that they
//! are compared in windows like any other. Texts stay as they are; whoever compares them knows what white space means there.

use std::io::{self, Read};

use super::Source;

/// How much is read at once.
const CHUNK: usize = 128 << 10;

/// A source whose layout is made anew.
pub(super) struct Tidied<'s, S>(pub(super) &'s S);

impl<S: Source> Source for Tidied<'_, S> {
    type Reader = Tidy<S::Reader>;

    fn open(&self) -> io::Result<Self::Reader> {
        Ok(Tidy {
            reader: self.0.open()?,
            input: Vec::with_capacity(CHUNK * 2),
            output: Vec::with_capacity(CHUNK * 2),
            given: 0,
            depth: 0,
            last: Last::Nothing,
            is_at_end: false,
        })
    }
}

/// What was written last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Open,
    Text,
    Close,
}

/// The reader of [`Tidied`].
pub(super) struct Tidy<R> {
    reader: R,
    /// What was read and not yet laid out.
    input: Vec<u8>,
    /// What is laid out, and how much of it was given away.
    output: Vec<u8>,
    given: usize,
    depth: usize,
    last: Last,
    is_at_end: bool,
}

impl<R: Read> Read for Tidy<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() {
            self.output.clear();
            self.given = 0;
            if self.is_at_end && self.input.is_empty() {
                return Ok(0);
            }
            self.fill()?;
            self.lay_out();
        }
        let length = into.len().min(self.output.len() - self.given);
        into[..length].copy_from_slice(&self.output[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

impl<R: Read> Tidy<R> {
    fn fill(&mut self) -> io::Result<()> {
        if self.is_at_end {
            return Ok(());
        }
        let held = self.input.len();
        self.input.resize(held + CHUNK, 0);
        let mut read = 0;
        while read < CHUNK {
            match self.reader.read(&mut self.input[held + read..]) {
                Ok(0) => {
                    self.is_at_end = true;
                    break;
                }
                Ok(count) => read += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.input.truncate(held + read);
        Ok(())
    }

    /// Lays out every text and tag that is held whole; the rest waits for more.
    fn lay_out(&mut self) {
        let input = std::mem::take(&mut self.input);
        let mut at = 0;
        while let Some(open) = memchr::memchr(b'<', &input[at..]).map(|open| at + open) {
            let Some(end) = tag_end(&input[open..]).map(|end| open + end) else { break };
            self.text(&input[at..open]);
            self.tag(&input[open..end]);
            at = end;
        }
        if self.is_at_end {
            // What is cut off, or stands behind the root, is given as it is.
            self.text(&input[at..]);
            at = input.len();
        }
        self.input = input;
        self.input.drain(..at);
    }

    fn text(&mut self, text: &[u8]) {
        if text.trim_ascii().is_empty() {
            return;
        }
        for (index, line) in text.split(|byte| *byte == b'\r').enumerate() {
            // A carriage return belongs to the line break behind it, or is one (XML 1.0, 2.11).
            if index > 0 && !line.starts_with(b"\n") {
                self.output.push(b'\n');
            }
            self.output.extend_from_slice(line);
        }
        self.last = Last::Text;
    }

    fn tag(&mut self, tag: &[u8]) {
        let is_close = tag.starts_with(b"</");
        if is_close {
            self.depth = self.depth.saturating_sub(1);
        }
        let is_own_line = if is_close {
            self.last == Last::Close
        } else {
            matches!(self.last, Last::Open | Last::Close)
        };
        if is_own_line {
            self.output.push(b'\n');
            self.output.extend(std::iter::repeat_n(b' ', 4 * self.depth));
        }
        self.output.extend_from_slice(tag);
        let is_markup = tag.starts_with(b"<?") || tag.starts_with(b"<!");
        let is_empty = tag.ends_with(b"/>");
        if !is_close && !is_markup && !is_empty {
            self.depth += 1;
            self.last = Last::Open;
        } else {
            self.last = Last::Close;
        }
    }
}

/// Where a tag, comment or the like ends, if all of it is here.
fn tag_end(bytes: &[u8]) -> Option<usize> {
    let find = |end: &[u8]| memchr::memmem::find(bytes, end).map(|at| at + end.len());
    if bytes.len() < 9 {
        return memchr::memchr(b'>', bytes).filter(|_| !bytes.starts_with(b"<!")).map(|at| at + 1);
    }
    if bytes.starts_with(b"<!--") {
        return find(b"-->");
    }
    if bytes.starts_with(b"<![CDATA[") {
        return find(b"]]>");
    }
    if bytes.starts_with(b"<?") {
        return find(b"?>");
    }
    let end = memchr::memchr(b'>', bytes)?;
    match memchr::memchr2(b'"', b'\'', &bytes[..end]) {
        None => Some(end + 1),
        // A `>` may stand in the value of an attribute.
        Some(_) => {
            let mut quote = None;
            bytes.iter().position(|byte| match (quote, byte) {
                (None, b'>') => true,
                (None, b'"' | b'\'') => {
                    quote = Some(*byte);
                    false
                }
                (Some(open), byte) if open == *byte => {
                    quote = None;
                    false
                }
                _ => false,
            })
        }
        .map(|at| at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(text: &str) -> String {
        let mut out = Vec::new();
        let bytes = text.as_bytes();
        Tidied(&bytes).open().unwrap().read_to_end(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_layout_becomes_one() {
        let plain = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <custom>true</custom>\n    <fieldPermissions>\n        <field>A.B &gt; c</field>\n        <hidden></hidden>\n    </fieldPermissions>\n    <description>two\nlines </description>\n</Profile>";
        assert_eq!(tidied(plain), plain);
        for other in [
            plain.replace('\n', "\r\n"),
            plain.replace("    ", "\t"),
            plain.replace("    ", "  "),
            plain.replace(">\n", ">").replace("    ", ""),
            format!("{plain}\n"),
        ] {
            assert_eq!(tidied(&other), plain, "{other}");
        }
    }

    #[test]
    fn what_is_not_understood_stays() {
        for text in [
            "<a",
            "<a><b>",
            "<a b='x>y'>t</a>",
            "<!-- > --><a/>",
            "<a><![CDATA[ <b> ]]></a>",
            "",
            "no markup",
        ] {
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(squeezed(&tidied(text)), squeezed(text), "{text}");
        }
    }
}
