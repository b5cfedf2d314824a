//! What the index and the rules of a document both speak of: an element by its offsets, a refusal
//! by its own, and how a tag and a stretch of bytes are looked through.

use super::error::DocumentErrorKind as Kind;

/// One element, by offsets into the file.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// Of the `<`.
    pub(super) start: u32,
    /// After the name.
    pub(super) name_end: u32,
    /// After the opening tag's `>`.
    pub(super) open_end: u32,
    /// Of the closing tag's `<`; for `<a/>` the same as `end`.
    pub(super) close_start: u32,
    /// After the last `>`.
    pub(super) end: u32,
    /// The index of the element that this one stands in.
    pub(super) parent: u32,
    /// The index after its last descendant.
    pub(super) subtree_end: u32,
}

/// Why a file is refused, and the offset of that.
pub(super) type Refused = (Kind, usize);

/// Splits a tag's text after the name into attributes; of a text that is not well-formed, those
/// before the first that is not one.
pub(super) fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|one| matches!(one, '"' | '\''))?;
        let (value, tail) = after[1..].split_once(quote)?;
        rest = tail;
        Some((name.trim(), value))
    })
}

/// Returns the offset after the next `needle`.
pub(super) fn find(bytes: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    let haystack = bytes.get(from..)?;
    memchr::memmem::find(haystack, needle).map(|at| from + at + needle.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_well_formed_ends_the_attributes() {
        let good = " a=\"1\" b = 'x\"y'";
        assert_eq!(attributes(good).collect::<Vec<_>>(), [("a", "1"), ("b", "x\"y")]);
        for broken in ["b=\u{ffff}\"1.0\"", "b=", "b", "b=é1é", "b=\"1", "=\u{1f600}"] {
            let text = format!("a='1' {broken}");
            assert_eq!(attributes(&text).collect::<Vec<_>>(), [("a", "1")], "{broken}");
        }
    }
}
