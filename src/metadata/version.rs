//! Versions of packages: numbers with points between them, which compare part by part.

use std::cmp::Ordering;
use std::fmt;

/// A version, such as `1.10`: greater than `1.9`, and the same as `1.10.0`.
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    /// Its numbers, without zeros at the end.
    parts: Vec<u64>,
}

impl Version {
    /// Reads a version; none where a part is no number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let part = |part: &str| part.parse().ok().filter(|_| is_number(part));
        let mut parts: Vec<u64> = text.split('.').map(part).collect::<Option<_>>()?;
        while parts.last() == Some(&0) {
            parts.pop();
        }
        Some(Self { text: text.to_owned(), parts })
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}

/// Shown as it was written.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_part_by_part() {
        let version = |text: &str| Version::parse(text).unwrap();
        for (less, more) in [("1.9", "1.10"), ("1.10", "1.10.1"), ("1.99.9", "2"), ("0", "0.1")] {
            assert!(version(less) < version(more), "{less} {more}");
        }
        assert_eq!(version("1.10"), version("1.10.0"));
        assert_eq!(version("01.2"), version("1.2"));
        assert_eq!(version(" 1.10 ").to_string(), "1.10");
        for none in ["", "1.", ".1", "1.x", "1.10 (Beta 2)", "+1", "-1", "99999999999999999999"] {
            assert_eq!(Version::parse(none), None, "{none}");
        }
    }
}
