//! The text between two tags: where it ends, and whether anything in it needs a second look.
//!
//! Eight bytes are looked at together, for the texts of a list are most of what is read.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

const fn each(byte: u8) -> u64 {
    ONES * byte as u64
}

/// Marks each byte that is zero; above the first of them another may be marked by mistake.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Returns how long the text at the head of some bytes is, up to the next `<`, and whether all of
/// it is ASCII from the space on, without `&` and `>`; `None` where no `<` is held.
pub(super) fn text(bytes: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut odd) = (0, 0);
    while let Some(eight) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let end = zeros(word ^ each(b'<'));
        let is_no_print = (word | word.wrapping_sub(each(b' '))) & HIGHS;
        let here = is_no_print | zeros(word ^ each(b'&')) | zeros(word ^ each(b'>'));
        if end != 0 {
            odd |= here & ((end & end.wrapping_neg()) - 1);
            return Some((at + end.trailing_zeros() as usize / 8, odd == 0));
        }
        odd |= here;
        at += 8;
    }
    let rest = &bytes[at..];
    let length = rest.iter().position(|byte| *byte == b'<')?;
    Some((at + length, odd == 0 && rest[..length].iter().all(|byte| is_plain(*byte))))
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=0x7F) && !matches!(byte, b'&' | b'>')
}

/// White space that may stand between elements.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Says whether a sound text is a key as it stands: nothing to decode in it, and nothing to trim.
pub(super) fn is_key(text: &[u8]) -> bool {
    memchr::memchr2(b'&', b'\r', text).is_none()
        && std::str::from_utf8(text).is_ok_and(|text| text.trim() == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_bytes_together_say_what_one_by_one_do(
            bytes in prop::collection::vec(
                prop_oneof![4 => b'a'..=b'z', 1 => any::<u8>(), 1 => Just(b'<'), 1 => Just(b'>')],
                0..40,
            ),
        ) {
            let length = bytes.iter().position(|byte| *byte == b'<');
            let slow = length.map(|length| (length, bytes[..length].iter().copied().all(is_plain)));
            prop_assert_eq!(text(&bytes), slow);
        }
    }
}
