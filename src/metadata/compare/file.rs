//! One of two files that are compared: entered at its root, read child by child, closed.

use std::io::{self, Read};

use super::Source;
use super::children::{Child, Children, Next, Seen, markup_end};
use super::text::is_space;
use super::window::Window;
use crate::metadata::document::{Document, encoding};

/// A file's head is shorter than this, in bytes.
const LARGEST_HEAD: usize = 16 << 10;

/// A file whose root was entered: the comparison stands between two children.
pub(super) struct File<'b, R> {
    pub(super) window: Window<'b, R>,
    /// The closing tag of its root.
    close: Vec<u8>,
    /// The child that was read last.
    child: Child,
    /// What stands here, once that was read.
    next: Option<Next>,
}

impl<'b, R: Read> File<'b, R> {
    /// Begins to read; `None` for what does not begin as metadata does.
    pub(super) fn open<S: Source<Reader = R>>(
        source: &S,
        buffer: &'b mut Vec<u8>,
        size: usize,
    ) -> io::Result<Option<Self>> {
        let mut window = Window::new(source.open()?, buffer, size);
        loop {
            let is_more = window.fill()?;
            if let Some((end, close)) = head(window.bytes()) {
                window.advance(end);
                let child = Child::default();
                return Ok(Some(Self { window, close, child, next: None }));
            }
            if !is_more || window.bytes().len() > LARGEST_HEAD {
                return Ok(None);
            }
        }
    }

    /// Says whether its root element is of a name, written without a prefix.
    pub(super) fn is_rooted(&self, root: &str) -> bool {
        self.close.strip_prefix(b"</").and_then(|close| close.strip_suffix(b">"))
            == Some(root.as_bytes())
    }

    /// Reads what stands here.
    pub(super) fn read(&mut self, children: &mut Children) -> io::Result<Next> {
        if let Some(next) = self.next {
            return Ok(next);
        }
        loop {
            let next = children.next(self.window.bytes(), &mut self.child);
            if next != Next::More {
                self.next = Some(next);
                return Ok(next);
            }
            if !self.window.fill()? {
                return Ok(Next::Strange);
            }
        }
    }

    /// What was read, with the bytes that it lies in.
    pub(super) fn child(&self) -> Seen<'_> {
        (self.window.bytes(), &self.child)
    }

    /// Goes on by some bytes.
    pub(super) fn advance(&mut self, by: usize) {
        if by > 0 {
            self.window.advance(by);
            self.next = None;
        }
    }

    /// Goes on behind the child that stands here.
    pub(super) fn skip(&mut self) {
        self.advance(self.child.place.span.end);
    }

    /// Says whether nothing but the root's end stands here.
    pub(super) fn is_done(&mut self) -> io::Result<bool> {
        let mut is_closed = false;
        loop {
            let bytes = self.window.bytes();
            let spaces = bytes.iter().take_while(|byte| is_space(**byte)).count();
            let rest = &bytes[spaces..];
            let length = if is_closed { 0 } else { self.close.len() };
            match rest.strip_prefix(&self.close[..length]) {
                Some(behind) if !is_closed => {
                    is_closed = true;
                    let by = bytes.len() - behind.len();
                    self.advance(by);
                    continue;
                }
                Some([]) => self.advance(spaces),
                None if rest.len() < length => {}
                _ => return Ok(false),
            }
            if !self.window.fill()? {
                return Ok(is_closed && !self.window.is_too_large());
            }
        }
    }
}

/// Finds the end of the root's opening tag, and returns the closing one with it.
fn head(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut at = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    loop {
        at += bytes[at..].iter().position(|byte| !is_space(*byte))?;
        let end = at + markup_end(&bytes[at..])?;
        if matches!(bytes[at..end], [b'<', b'?' | b'!', ..]) {
            at = end;
            continue;
        }
        let name = bytes[at..end].strip_prefix(b"<")?;
        let length = name.iter().position(|byte| is_space(*byte) || *byte == b'>')?;
        let close = [b"</", &name[..length], b">"].concat();
        // All of a file must be ASCII then.
        if encoding(bytes).is_some() {
            return None;
        }
        // The index says whether that is so: a root that holds nothing.
        let document = Document::parse([&bytes[..end], &close].concat()).ok()?;
        let root = document.root();
        let is_bare = root.children().next().is_none() && root.text().is_empty();
        return (is_bare && root.span() == (at..end + close.len())).then_some((end, close));
    }
}
