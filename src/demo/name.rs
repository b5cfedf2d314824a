//! What a component is called, and how its name stands in paths and manifests.

use super::schema;

/// A component's type and full name, decoded.
pub(crate) type Key = (String, String);

/// The component that a path of metadata format holds.
pub(crate) fn key_of_path(path: &str) -> Option<Key> {
    let (folder, file) = path.split_once('/')?;
    let row = schema::find_folder(folder)?;
    let name = file.strip_suffix(row.suffix)?.strip_suffix('.')?;
    (!name.is_empty()).then(|| (row.name.to_owned(), decode(name)))
}

/// The path of a component in metadata format.
pub(crate) fn path_of_key((type_name, full_name): &Key) -> Option<String> {
    let row = schema::find(type_name)?;
    Some(format!("{}/{}.{}", row.folder, encode(full_name), row.suffix))
}

/// Percent-encodes what a full name may not hold in a file name or a manifest (S 3.3); spaces stay.
pub(crate) fn encode(full_name: &str) -> String {
    let mut out = String::with_capacity(full_name.len());
    for character in full_name.chars() {
        if character.is_ascii_alphanumeric() || " -_$".contains(character) || !character.is_ascii()
        {
            out.push(character);
        } else {
            out.push('%');
            out.push(hex_digit(u32::from(character) >> 4));
            out.push(hex_digit(u32::from(character) & 15));
        }
    }
    out
}

fn hex_digit(number: u32) -> char {
    char::from_digit(number, 16).expect("four bits are one digit").to_ascii_uppercase()
}

/// Undoes [`encode`].
pub(crate) fn decode(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_as_salesforce_does() {
        for (plain, encoded) in [
            ("Force.com - Free User", "Force%2Ecom - Free User"),
            ("A (b)/c", "A %28b%29%2Fc"),
            ("Größe: x", "Größe%3A x"),
        ] {
            assert_eq!(encode(plain), encoded);
            assert_eq!(decode(encoded), plain);
        }
        assert_eq!(decode("50%"), "50%");
    }
}
