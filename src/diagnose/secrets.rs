//! What in a text that somebody pasted is a secret by its name: it is neither shown nor kept.

use crate::metadata::percent::decode;

/// What stands behind these names is secret, whatever it looks like; names are compared in small
/// letters, and without `_` and `-`.
const SECRETS: &[&str] = &[
    "accesstoken",
    "apikey",
    "assertion",
    "authorization",
    "bearer",
    "clientsecret",
    "codeverifier",
    "consumersecret",
    "idtoken",
    "passwd",
    "password",
    "pwd",
    "refreshtoken",
    "samlresponse",
    "securitytoken",
    "sessionid",
    "sid",
];

/// The same where a sign of equality follows, or the name stands in quotes: as words they say something
/// else too (`code: 400`, `invalid token: ..`).
const SECRETS_BY_SIGN: &[&str] = &["code", "secret", "sig", "signature", "token"];

/// Hides what is named as secret: `password=..`, `"client_secret": ".."`, `<password>..</password>`,
/// `Bearer ..`.
pub(super) fn without_named(text: &str) -> String {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(is_inner) {
        let (gap, from) = rest.split_at(begin);
        let (word, behind) = from.split_at(from.find(|c| !is_inner(c)).unwrap_or(from.len()));
        out.push_str(gap);
        out.push_str(word);
        rest = behind;
        let Some((sign, value)) = secret_behind(word, gap, behind) else { continue };
        out.push_str(sign);
        if !value.is_empty() {
            out.push_str("(hidden)");
        }
        rest = &behind[sign.len() + value.len()..];
    }
    out + rest
}

/// What stands behind a name, where that is the name of a secret: the signs in between, and the value.
fn secret_behind<'t>(word: &str, before: &str, behind: &'t str) -> Option<(&'t str, &'t str)> {
    const SIGNS: [char; 8] = ['"', '\'', ' ', '\\', '=', ':', '>', '\t'];
    let name: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    let sign = &behind[..behind.len() - behind.trim_start_matches(SIGNS).len()];
    let value = &behind[sign.len()..];
    let is_signed =
        sign.contains('=') || sign.contains('>') || before.ends_with('"') && sign.contains(':');
    let is_named = match name.as_str() {
        "bearer" => !sign.is_empty(),
        name if SECRETS.contains(&name) => is_signed || sign.contains(':'),
        name => SECRETS_BY_SIGN.contains(&name) && is_signed && !is_word_in_json(name, sign, value),
    };
    if !is_named {
        return None;
    }
    // A value in quotes ends with them, and may hold spaces; the scheme of a header is none of it.
    let quote = sign.chars().last().filter(|last| matches!(last, '"' | '\''));
    let is_end = |c: char| match quote {
        Some(quote) => c == quote || c == '\\',
        None if name == "authorization" => matches!(c, '\n' | '\r' | '"' | '\''),
        None => c.is_whitespace() || "\"'&,;}<\\".contains(c),
    };
    let many = value.find(is_end).unwrap_or(value.len());
    Some((sign, &value[..many]))
}

/// Says whether it is what an answer calls its code, which is in capitals: `"code":"INVALID"`.
fn is_word_in_json(name: &str, sign: &str, value: &str) -> bool {
    let end = value.find('"').unwrap_or(value.len());
    let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name == "code" && !sign.contains('=') && value[..end].chars().all(is_code)
}

/// A text as it was before it was put into an address, be it twice.
pub(super) fn decoded(text: &str) -> String {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let is_encoded = |text: &str| {
        let bytes = text.as_bytes();
        let at = |(at, byte): (usize, &u8)| {
            *byte == b'%' && is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2))
        };
        bytes.iter().enumerate().any(at)
    };
    let mut text = text.to_owned();
    for _ in 0..2 {
        if is_encoded(&text) {
            text = decode(&text).into_owned();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::diagnose::Symptom;

    #[test]
    fn what_is_named_as_secret_is_not_shown() {
        for text in [
            "login failed for password=hunter2PLANT",
            "{\"client_secret\": \"9A8BPLANT\", \"error\": \"invalid_client\"}",
            "https://acme.example/callback?state=1&code=aPrxPLANT&error=x",
            "grant_type=refresh_token&refresh_token=5AepPLANT HTTP 400",
            "Password: hunter2PLANT",
            "client_secret%3D9A8BPLANT%26grant_type%3Drefresh_token",
            "a%2526refresh_token%253D5AepPLANT",
            "{\"clientSecret\":\"9APLANT\",\"refreshToken\":\"5APLANT\",\"accessToken\":\"00PLANT\"}",
            "Authorization: Bearer shortPLANT",
            "Bearer shortPLANT",
            "consumer_secret=9APLANT security_token=abPLANT token=xPLANT passwd=yPLANT",
            "<password>hunter2PLANT</password><username>u</username>",
            "password=\"two wordsPLANT\" next",
            "client_secret => 9APLANT",
            "SAMLResponse=PHNhbPLANT",
            "{\\\"access_token\\\":\\\"00DPLANT\\\"}",
        ] {
            let symptom = Symptom::of_text(text);
            assert!(!format!("{symptom:?}").contains("PLANT"), "{symptom:?}");
        }
        let kept = Symptom::of_text("\"code\": \"NOT_FOUND\", status code 404");
        assert_eq!(kept.http, [404]);
        assert!(kept.text.unwrap().contains("NOT_FOUND"));
    }
}
