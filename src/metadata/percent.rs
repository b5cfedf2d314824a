//! Full names as Salesforce writes them in file names and members: reserved characters by percent
//! (S 3.3).

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_normalizer::ComposingNormalizerBorrowed;

/// Decodes `%2E` and its like; what is no such form stays.
pub fn decode(written: &str) -> Cow<'_, str> {
    if !written.contains('%') {
        return Cow::Borrowed(written);
    }
    let bytes = written.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| written.get(at + 1..at + 3))
            .flatten()
            .filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    match String::from_utf8(decoded) {
        Ok(decoded) => Cow::Owned(decoded),
        Err(_) => Cow::Borrowed(written),
    }
}

/// One spelling for all that a name may be written in: decoded, and its accents joined to their
/// letters (NFC), for a file name from a Mac has them apart.
pub fn plain(written: &str) -> Cow<'_, str> {
    const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    match decode(written) {
        Cow::Borrowed(text) if text.is_ascii() => Cow::Borrowed(text),
        Cow::Borrowed(text) => NFC.normalize(text),
        Cow::Owned(text) => Cow::Owned(NFC.normalize(&text).into_owned()),
    }
}

/// Encodes a full name as Salesforce writes it in file names and members (S 3.3): reserved
/// characters by percent, spaces as they are.
pub fn encode(full_name: &str) -> String {
    let mut encoded = String::with_capacity(full_name.len());
    for character in full_name.chars() {
        match character {
            '%' | '.' | '(' | ')' | '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '#'
            | '&' | '+' | '=' | '!' | '\'' | '~' | ',' | ';' | '@' | '$' | '^' | '[' | ']'
            | '{' | '}' | '`'
                if character != '*' || full_name.len() > 1 =>
            {
                encoded.push('%');
                // Writing to a String cannot fail.
                let _ = write!(encoded, "{:02X}", u32::from(character));
            }
            other => encoded.push(other),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_in_every_spelling() {
        let name = "Vertrieb \u{a7} 12 S\u{fc}d";
        for written in [
            name,
            "Vertrieb %C2%A7 12 S%C3%BCd",
            "Vertrieb \u{a7} 12 Su\u{308}d",
            "Vertrieb %C2%A7 12 Su%CC%88d",
        ] {
            assert_eq!(plain(written), name);
        }
        assert_eq!(plain("100% sure"), "100% sure");
    }

    #[test]
    fn names_are_encoded_as_salesforce_does() {
        for (full_name, encoded) in [
            ("Force.com - Free User", "Force%2Ecom - Free User"),
            ("Sales (EMEA)", "Sales %28EMEA%29"),
            ("A/B", "A%2FB"),
            ("Custom: Sales Profile", "Custom%3A Sales Profile"),
            ("Vertrieb Übersee", "Vertrieb Übersee"),
            ("*", "*"),
        ] {
            assert_eq!(encode(full_name), encoded);
            assert_eq!(decode(encoded), full_name);
        }
        assert_eq!(decode("100% sure %zz %e"), "100% sure %zz %e");
    }
}
