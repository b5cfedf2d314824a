//! What only words tell: one table, with the source of each text.
//!
//! Where there is a code, a status or a type, that is read instead. Whoever words these texts may
//! word them otherwise in the next release: what is not recognised here must do no harm.

/// What a text tells that nothing beside it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// What a message of a retrieve names is not in the org.
    NotFound,
    /// A message of a retrieve is about the one component that it names.
    OneComponent,
    /// A retrieve is too large, or has too many files.
    TooLarge,
    /// The other side's certificate is not trusted.
    Certificate,
}

/// Each is told by a text that has one word of every list, in capitals or not.
const TABLE: &[(Words, &[&[&str]])] = &[
    // The org (S 6.2): `Entity of type 'X' named 'Y' cannot be found`, a warning in a retrieve that
    // succeeds.
    (Words::NotFound, &[&["cannot be found"]]),
    (Words::OneComponent, &[&[" named "]]),
    // The org, for the limits of S 6.7; where the code is not LIMIT_EXCEEDED. No source lists its
    // texts.
    (Words::TooLarge, &[&["too large", "too many files"]]),
    (Words::TooLarge, &[&["10,000", "10000", "maximum size"], &["file", "limit", "zip"]]),
    // rustls: `invalid peer certificate: UnknownIssuer`; its error is not one of ours to name.
    (Words::Certificate, &[&["certificate"]]),
];

impl Words {
    /// Says whether a text tells it.
    pub(super) fn are_in(self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        TABLE.iter().filter(|(told, _)| *told == self).any(|(_, lists)| {
            lists.iter().all(|words| words.iter().any(|word| text.contains(word)))
        })
    }
}

/// Returns the beginning of an answer's body where cirrus' `InvalidResponse` quotes it: `HTTP 200
/// with non-SOAP body: ..; body starts: <html>`. It hands the body out in no other way.
pub(super) fn body_quoted(text: &str) -> &str {
    text.split_once("body starts: ").map_or("", |(_, body)| body)
}

/// Says in words for people why a key cannot be used that is in PEM form; the codes are those of
/// `ring` and aws-lc (`KeyRejected`).
pub(super) fn of_key(error: &str) -> String {
    let why = if error.contains("TooSmall") {
        "it has fewer than 2048 bits, which is not enough any more; `openssl req -x509 -newkey \
         rsa:2048 -nodes -keyout NEW.key -out NEW.crt -days 365` makes another, whose certificate \
         the app must get"
    } else if error.contains("TooLarge") {
        "it has more bits than can be used here; 4096 are enough"
    } else if ["InvalidKeyFormat", "InvalidEncoding", "InvalidRsaKey", "Base64", "Inconsistent"]
        .iter()
        .any(|code| error.contains(code))
    {
        "what stands between its first and its last line is no RSA key: it was cut or changed, or \
         is a key of another sort; take it once more from where it came"
    } else {
        return error.to_owned();
    };
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_by_the_texts_that_were_seen() {
        for (words, text) in [
            (Words::NotFound, "Entity of type 'Profile' named 'Sales' cannot be found"),
            (Words::OneComponent, "Entity of type 'Profile' named 'Sales' cannot be found"),
            (Words::TooLarge, "Too many files in retrieve call, limit is: 10000"),
            (Words::TooLarge, "Maximum size of the zip exceeded"),
            (
                Words::Certificate,
                "cannot connect to acme.example.com: invalid peer certificate: UnknownIssuer",
            ),
        ] {
            assert!(words.are_in(text), "{text}");
        }
        for (words, text) in [
            (Words::OneComponent, "Entity type: 'ExternalClientApplication' is unknown"),
            (Words::TooLarge, "Load of metadata from db failed for metadata of type: Profile"),
            (Words::TooLarge, "10,000 rows"),
            (Words::Certificate, "cannot connect to acme.example.com: Connection refused"),
        ] {
            assert!(!words.are_in(text), "{text}");
        }
    }

    #[test]
    fn the_body_that_cirrus_quotes_is_found() {
        assert_eq!(body_quoted("HTTP 200 with non-SOAP body: x; body starts: <html>"), "<html>");
        assert_eq!(body_quoted("the envelope has no body"), "");
    }

    #[test]
    fn a_key_that_is_rejected_is_told_in_words() {
        assert!(of_key("invalid RSA key: TooSmall").contains("2048 bits"));
        assert!(of_key("InvalidKeyFormat").contains("no RSA key"));
        assert_eq!(of_key("something else"), "something else");
    }
}
