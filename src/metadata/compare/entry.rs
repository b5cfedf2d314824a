//! Where an entry of a file begins and ends, and which key it has, by as little reading as will do.

use std::ops::Range;

use crate::metadata::registry::{Field, MetadataType};

use super::key_parts;

/// What stands at a place in a file.
#[derive(Debug)]
pub(super) enum Next {
    /// An entry, or a setting that stands once.
    Entry(Entry),
    /// The end of the root element.
    End,
    /// More bytes are needed to say.
    More,
    /// Not as Salesforce writes it, or nothing that can be compared by itself.
    Strange,
}

/// One child of the root, with its key.
#[derive(Debug)]
pub(super) struct Entry {
    /// The element's name and, for an entry of a keyed list, the key's parts: raw, each behind a zero byte.
    pub(super) key: Vec<u8>,
    /// Where the element stands, tags included.
    pub(super) bytes: Range<usize>,
    /// Where the line break after it stands.
    pub(super) end: usize,
}

/// Says whether an element of the root begins at a line break, or the root ends there.
pub(super) fn is_boundary(window: &[u8], at: usize) -> bool {
    let Some(rest) = window.get(at..) else { return false };
    match rest.strip_prefix(b"\n") {
        Some(rest) if rest.starts_with(b"</") => true,
        Some(rest) => rest
            .strip_prefix(b"    <")
            .and_then(|rest| rest.first())
            .is_some_and(|first| first.is_ascii_alphabetic()),
        None => false,
    }
}

/// Reads what begins at a boundary.
pub(super) fn next(row: &'static MetadataType, window: &[u8], at: usize, is_whole: bool) -> Next {
    let Some(rest) = window.get(at + 1..) else { return Next::More };
    if rest.starts_with(b"</") {
        return Next::End;
    }
    let short = if is_whole { Next::Strange } else { Next::More };
    let Some(open) = rest.strip_prefix(b"    <") else {
        return if rest.len() < 5 { short } else { Next::Strange };
    };
    let Some(length) = memchr::memchr(b'>', open) else { return short };
    let name = &open[..length];
    // Attributes, an empty element or a prefix: rare, and left to the full index.
    if !name.iter().all(u8::is_ascii_alphanumeric) {
        return Next::Strange;
    }
    let Some(field) = field(row, name) else { return Next::Strange };
    let Some(parts) = key_parts(&field.kind) else { return Next::Strange };
    let start = at + 1 + 4;
    let Some(close) = find_close(&window[start..], name) else { return short };
    let end = start + close;
    let bytes = &window[start..end];
    // What follows must be a line of the root again; that also says that the closing tag was the entry's own.
    let after = match window.get(end) {
        Some(b'\n') => end,
        Some(b'\r') => end + 1,
        None => return short,
        Some(_) => return Next::Strange,
    };
    if window.len() < after + 7 && !is_whole {
        return Next::More;
    }
    if !is_boundary(window, after) {
        return Next::Strange;
    }
    let mut key = Vec::with_capacity(64);
    key.extend_from_slice(name);
    for part in parts {
        key.push(0);
        match value_of(bytes, part.as_bytes()) {
            // A layout's assignment is told from its like by the layout's object (S 3.1).
            Ok(value) if field.is_layouts() && *part == "layout" => {
                key.extend_from_slice(&value[..memchr::memchr(b'-', value).unwrap_or(value.len())]);
            }
            Ok(value) => key.extend_from_slice(value),
            Err(()) => return Next::Strange,
        }
    }
    Next::Entry(Entry { key, bytes: start..end, end: after })
}

fn field(row: &'static MetadataType, name: &[u8]) -> Option<&'static Field> {
    row.fields.iter().find(|field| field.name.as_bytes() == name)
}

/// Where the element's closing tag ends.
fn find_close(bytes: &[u8], name: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(b'<', &bytes[from..])?;
        let rest = &bytes[at + 1..];
        if rest.len() <= name.len() + 1 {
            return None;
        }
        if rest[0] == b'/' && rest[1..].starts_with(name) && rest[name.len() + 1] == b'>' {
            return Some(at + 2 + name.len() + 1);
        }
        from = at + 1;
    }
}

/// The text of an entry's child, trimmed, or nothing where it has none; an error where it is written in a way that only the full index reads.
fn value_of<'w>(entry: &'w [u8], name: &[u8]) -> Result<&'w [u8], ()> {
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'<', &entry[from..]).map(|at| from + at) {
        let rest = &entry[at + 1..];
        if rest.starts_with(name) && rest.get(name.len()) == Some(&b'>') {
            let text = &rest[name.len() + 1..];
            let length = memchr::memchr(b'<', text).ok_or(())?;
            let text = text[..length].trim_ascii();
            // An entity, or CDATA: another spelling of the same key may stand on the other side.
            return if memchr::memchr(b'&', text).is_some() || text.is_empty() {
                Err(())
            } else {
                Ok(text)
            };
        }
        from = at + 1;
    }
    Ok(b"")
}
