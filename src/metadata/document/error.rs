//! What is refused and what is only noted, each with its line and column.

use std::fmt;

/// A place in a file as people count: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Counts lines and columns up to a byte; done only when somebody asks.
pub(super) fn position(bytes: &[u8], at: usize) -> Position {
    let before = &bytes[..at.min(bytes.len())];
    let before = before.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(before);
    let line_start = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |newline| newline + 1);
    Position {
        line: line_breaks(before) + 1,
        column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
    }
}

/// Counts line breaks, of any kind: `\n`, `\r\n`, `\r`.
pub(crate) fn line_breaks(bytes: &[u8]) -> usize {
    let is_break = |at: &usize| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
    memchr::memchr2_iter(b'\n', b'\r', bytes).filter(is_break).count()
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {kind}")]
pub struct DocumentError {
    /// What is wrong.
    pub kind: DocumentErrorKind,
    /// Where.
    pub position: Position,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentErrorKind {
    /// Nothing, or nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// A web page: a login or maintenance page saved under the name.
    #[error(
        "this is an HTML page, not metadata; it may be a login or maintenance page that was saved \
         by mistake"
    )]
    Html,
    /// What git keeps in place of a large file.
    #[error("this is a Git LFS pointer, not the file itself; run `git lfs pull`")]
    LfsPointer,
    /// A merge that nobody finished.
    #[error("there is a git merge conflict marker here; finish the merge first")]
    MergeConflict,
    /// A zip under the name of an XML file.
    #[error("this is a zip archive, not an XML file")]
    Zip,
    /// Another encoding.
    #[error("the file is UTF-16; metadata files are UTF-8")]
    Utf16,
    /// Bytes that are no UTF-8.
    #[error("this byte is no valid UTF-8")]
    InvalidUtf8,
    /// Does not begin like XML.
    #[error("this is not XML: an element was expected here")]
    NotXml,
    /// A character that XML does not allow, by its code.
    #[error("the character U+{0:04X} stands here, which XML does not allow")]
    Character(u32),
    /// `&` that begins no reference.
    #[error("a bare `&` stands here, where XML does not allow it; write `&amp;`")]
    BareAmpersand,
    /// `&nbsp;` and the like.
    #[error("XML knows no `&{0};`; write the character itself, or `&amp;{0};` for these letters")]
    UnknownEntity(String),
    /// `&#0;` and the like.
    #[error("`&{0};` is no character that XML allows")]
    BadReference(String),
    /// `<?xml` anywhere but at the very beginning.
    #[error("`<?xml` may stand at the very beginning of a file only, before any space or line")]
    LateDeclaration,
    /// Another version than 1.0 or 1.1.
    #[error("the file says that it is XML {0}; metadata is XML 1.0")]
    Version(String),
    /// Another encoding than the bytes can be trusted to be in.
    #[error("the file says that its encoding is `{0}`; metadata files are UTF-8")]
    Encoding(String),
    /// Two dashes within a comment.
    #[error("`--` stands in a comment, where XML does not allow it")]
    DashesInComment,
    /// A prefix without a namespace.
    #[error("the prefix `{0}` stands in this tag, and nothing says what it means")]
    Prefix(String),
    /// Ends within a tag, comment or declaration.
    #[error("the file ends in the middle of {0}")]
    Truncated(&'static str),
    /// Ends before an element is closed.
    #[error("`<{0}>` is opened here and never closed; the file may be cut off")]
    Unclosed(String),
    /// Closes another element than the open one.
    #[error("`</{found}>` closes `<{open}>`")]
    Mismatched {
        /// The element that is open.
        open: String,
        /// What the closing tag says.
        found: String,
    },
    /// A closing tag with nothing open.
    #[error("`</{0}>` closes nothing")]
    NothingOpen(String),
    /// A tag that is not written as XML asks.
    #[error("the tag is not well-formed: {0}")]
    BadTag(&'static str),
    /// The end of a CDATA section where none was begun.
    #[error("`]]>` stands in a text, where XML does not allow it; write `]]&gt;`")]
    StrayCdataEnd,
    /// A document type declaration. Metadata never has one, and entities could be declared in it.
    #[error("there is a DOCTYPE, which metadata files never have")]
    Doctype,
    /// Elements in elements in elements.
    #[error("elements stand more than {} deep in one another", super::MAX_DEPTH)]
    TooDeep,
    /// Over 4 GiB.
    #[error("the file is larger than 4 GiB")]
    TooLarge,
    /// Something after the root element.
    #[error("something stands after the end of the root element")]
    AfterRoot,
    /// Another namespace than the metadata's.
    #[error("the namespace is `{0}`, not `{ns}`", ns = super::NAMESPACE)]
    WrongNamespace(String),
    /// No namespace.
    #[error("the root element lacks the namespace `{ns}`", ns = super::NAMESPACE)]
    NoNamespace,
    /// Another root element.
    #[error("the root element is `{found}` where `{expected}` was expected")]
    WrongRoot {
        /// What the file's name promises.
        expected: String,
        /// What it is.
        found: String,
    },
}
