//! The private key of a JWT login: a file that people mistake for another of its neighbours.

use std::path::Path;

use super::error::{OrgError, OrgErrorKind};
use super::pasted;

/// Reads a private key in PEM form, however an editor has stored it.
///
/// # Errors
/// The file cannot be read, or is something else; with what it is and how the key is had from it.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, OrgError> {
    let failed = |why: &str| {
        let shown = file.display();
        OrgError::new(OrgErrorKind::Usage, format!("cannot use the key `{shown}`: {why}"))
    };
    let bytes = std::fs::read(file).map_err(|error| failed(&error.to_string()))?;
    let text = pasted::text(&bytes).unwrap_or_default();
    match other_than_key(&text).or_else(|| damage(&text)) {
        Some(what) => Err(failed(what)),
        None => Ok(text.into_bytes()),
    }
}

/// Says what is wrong with a text that begins as a key does.
fn damage(text: &str) -> Option<&'static str> {
    if text.contains("\\n") {
        return Some(
            "its line breaks are written as `\\n`, as they are in JSON and in variables; `printf \
             '%b' \"$(cat FILE)\" > PLAIN.key` puts line breaks in their place",
        );
    }
    (!text.contains("-----END ")).then_some(
        "it is cut off: its last line, `-----END PRIVATE KEY-----`, is not there; take it once more \
         from where it came",
    )
}

/// Says what a text is that is no plain RSA key; each form by the line that begins it (RFC 7468).
fn other_than_key(text: &str) -> Option<&'static str> {
    let begins = |label: &str| text.contains(&format!("-----BEGIN {label}-----"));
    if text.trim().is_empty() {
        return Some("it is empty, or no text");
    }
    if begins("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Some(
            "it is encrypted, and nobody is asked for its passphrase; `openssl pkey -in FILE -out \
             PLAIN.key` writes it without one: keep that file to yourself",
        );
    }
    if begins("PRIVATE KEY") || begins("RSA PRIVATE KEY") {
        return None;
    }
    Some(if begins("CERTIFICATE") {
        "it is the certificate, which belongs to the app in Setup; what is wanted is the private \
         key that was made with it"
    } else if begins("CERTIFICATE REQUEST") {
        "it is a request for a certificate; what is wanted is the private key that was made with it"
    } else if begins("PUBLIC KEY") || begins("RSA PUBLIC KEY") {
        "it is a public key; what is wanted is the private one"
    } else if begins("OPENSSH PRIVATE KEY") {
        "it is a key in the form of OpenSSH; `ssh-keygen -p -m PEM -f FILE` changes it in its place"
    } else if begins("EC PRIVATE KEY") {
        "it is a key on an elliptic curve, and Salesforce takes RSA keys alone"
    } else {
        "it is not in PEM form, which begins with `-----BEGIN PRIVATE KEY-----`; `openssl pkcs12 \
         -in FILE.p12 -nocerts -nodes -out PLAIN.key` takes a key out of a key store"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_of_the_key_is_named() {
        for (label, told) in [
            ("CERTIFICATE", "certificate"),
            ("PUBLIC KEY", "public key"),
            ("ENCRYPTED PRIVATE KEY", "passphrase"),
            ("OPENSSH PRIVATE KEY", "ssh-keygen"),
            ("EC PRIVATE KEY", "elliptic"),
            ("SOMETHING", "PEM"),
        ] {
            let what = other_than_key(&format!("-----BEGIN {label}-----\nMII\n")).unwrap();
            assert!(what.contains(told), "{label}: {what}");
        }
        assert_eq!(other_than_key("x\n-----BEGIN RSA PRIVATE KEY-----\n"), None);
        assert!(other_than_key("").is_some());
    }

    #[test]
    fn a_damaged_key_is_told_in_words() {
        let told = |text: &str| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            read(file.path()).unwrap_err().message
        };
        assert!(told("").contains("it is empty"));
        assert!(told("-----BEGIN PRIVATE KEY-----\nMII").contains("cut off"));
        let one_line = r"-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----";
        assert!(told(one_line).contains("line breaks"));
    }

    #[test]
    fn a_key_that_windows_has_stored_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let key = "-----BEGIN PRIVATE KEY-----\r\nMII\r\n-----END PRIVATE KEY-----\r\n";
        let wide: Vec<u8> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(file.path(), [&[0xFF, 0xFE], &wide[..]].concat()).unwrap();
        assert_eq!(read(file.path()).unwrap(), key.as_bytes());
        let error = read(Path::new("/nowhere/key.pem")).unwrap_err();
        assert!(error.message.contains("/nowhere/key.pem"), "{error}");
    }
}
