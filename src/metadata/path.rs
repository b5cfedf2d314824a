//! Where a setting stands in a component: `oauthPolicy.ipRelaxation`,
//! `objectPermissions[Account].allowRead`.

use std::fmt;
use std::str::FromStr;

/// One step of a path: an element's name, with a key where it is an entry of a keyed list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    /// The element's name.
    pub name: String,
    /// The entry's key; the parts of a composite key are joined by `|`.
    pub key: Option<String>,
}

/// A path into a component's document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath {
    segments: Vec<Segment>,
}

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {offset} of path `{text}`")]
pub struct PathError {
    /// The text as written.
    pub text: String,
    /// Which character, from 0, counted in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub message: &'static str,
}

impl FieldPath {
    /// Makes a path from its segments; there must be one at least.
    pub fn new(segments: Vec<Segment>) -> Self {
        debug_assert!(!segments.is_empty(), "a path has a segment");
        Self { segments }
    }

    /// Returns the segments, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(&segment.name)?;
            if let Some(key) = &segment.key {
                write!(f, "[{key}]")?;
            }
        }
        Ok(())
    }
}

impl FromStr for FieldPath {
    type Err = PathError;

    /// Reads a path. A key runs to the bracket that closes it, so that `layoutAssignments[Account-A
    /// [old] B]` holds brackets in pairs.
    fn from_str(text: &str) -> Result<Self, PathError> {
        let fail = |offset, message| PathError { text: text.to_owned(), offset, message };
        let bytes = text.as_bytes();
        let mut segments = Vec::new();
        let mut at = 0;
        loop {
            let start = at;
            while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                at += 1;
            }
            if at == start {
                return Err(fail(at, "a name is missing"));
            }
            let name = text[start..at].to_owned();
            let mut key = None;
            if at < bytes.len() && bytes[at] == b'[' {
                let open = at + 1;
                let mut depth = 1_usize;
                at = open;
                while at < bytes.len() && depth > 0 {
                    match bytes[at] {
                        b'[' => depth += 1,
                        b']' => depth -= 1,
                        _ => {}
                    }
                    at += 1;
                }
                if depth > 0 {
                    return Err(fail(open - 1, "the bracket is not closed"));
                }
                let inner = text[open..at - 1].trim();
                if inner.is_empty() {
                    return Err(fail(open, "the key is empty"));
                }
                key = Some(inner.to_owned());
            }
            segments.push(Segment { name, key });
            if at == bytes.len() {
                return Ok(Self { segments });
            }
            if bytes[at] != b'.' {
                return Err(fail(at, "expected `.`, `[` or the end"));
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_and_show_the_same() {
        for text in [
            "label",
            "oauthPolicy.ipRelaxation",
            "objectPermissions[Account].allowRead",
            "loginIpRanges[203.0.113.0|203.0.113.255]",
            "layoutAssignments[Account-Account Layout|Account.Customer].layout",
            "layoutAssignments[Account-A [old] B]",
        ] {
            assert_eq!(text.parse::<FieldPath>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn broken_paths_say_where() {
        for (text, offset) in [("", 0), ("a..b", 2), ("a.", 2), ("a[b", 1), ("a[]", 2), ("a b", 1)]
        {
            assert_eq!(text.parse::<FieldPath>().unwrap_err().offset, offset, "{text}");
        }
    }
}
