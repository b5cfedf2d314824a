//! Bytes of other programs as text, in whatever encoding these write it.

use super::error::{OrgError, OrgErrorKind};

/// Reads a file's bytes as text: UTF-8, or UTF-16 as `>` of Windows PowerShell writes it, with a
/// byte order mark or without.
///
/// # Errors
/// It is no text.
pub fn text(bytes: &[u8]) -> Result<String, OrgError> {
    let wide = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|two| of([two[0], two[1]])).collect();
        String::from_utf16(&units).ok().filter(|_| bytes.len().is_multiple_of(2))
    };
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        // What begins with a letter and holds its second byte as zero is no UTF-8 that anybody
        // means.
        [first, 0, ..] if *first != 0 => wide(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => wide(bytes, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    };
    text.ok_or_else(|| {
        OrgError::new(OrgErrorKind::Usage, "it is no text, neither in UTF-8 nor in UTF-16")
    })
}
