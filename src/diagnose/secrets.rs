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
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "consumersecret",
    "idtoken",
    "oauthtoken",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "privatekey",
    "refreshtoken",
    "samlresponse",
    "secret",
    "securitytoken",
    "sessionid",
    "sid",
    "token",
    "xauthtoken",
    "xsfdcsession",
];

/// The same where a sign of equality follows, or the name stands in quotes: as words they say something
/// else too (`code: 400`, `invalid token: ..`).
const SECRETS_BY_SIGN: &[&str] = &["code", "sig", "signature"];

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
    const SIGNS: [char; 10] = ['"', '\'', ' ', '\\', '=', ':', '>', '\t', '\r', '\n'];
    let name: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    // The attributes of an element say nothing of its value.
    let is_element = before.ends_with('<') || before.ends_with(':') && !before.ends_with("://:");
    let opened =
        behind.find('>').filter(|at| is_element && behind[..*at].contains('=')).map(|at| at + 1);
    let from = opened.unwrap_or_default();
    let mut many = behind[from..].len() - behind[from..].trim_start_matches(SIGNS).len();
    // A string of Python's, and text that XML takes as it is.
    for start in ["u'", "b'", "u\"", "<![CDATA["] {
        if behind[from + many..].starts_with(start) {
            many += start.len();
        }
    }
    let sign = &behind[..from + many];
    let value = &behind[sign.len()..];
    let is_quoted = before.ends_with('"') || before.ends_with('\'');
    let is_signed = sign.contains('=') || sign.contains('>') || is_quoted && sign.contains(':');
    // A part of a form has its value below its name.
    let is_part = is_quoted && sign.starts_with(['"', '\'']) && sign.contains('\n');
    let is_named = match name.as_str() {
        "bearer" => !sign.is_empty(),
        name if SECRETS.contains(&name) => is_signed || is_part || sign.contains(':'),
        name => SECRETS_BY_SIGN.contains(&name) && is_signed && !is_word_in_json(name, sign, value),
    };
    is_named.then(|| (sign, &value[..end_of(&name, sign, value)]))
}

/// Where a value ends: with the quotes in which it stands, else with its word.
fn end_of(name: &str, sign: &str, value: &str) -> usize {
    if let Some(at) = value.starts_with("-----BEGIN").then(|| value.find("-----END")) {
        return at.unwrap_or(value.len());
    }
    let quote = sign.chars().last().filter(|last| matches!(last, '"' | '\''));
    // Of a text within a text the quotes are escaped themselves; else an escaped one is the value's.
    let is_within = sign.contains('\\');
    let mut is_escaped = false;
    for (at, c) in value.char_indices() {
        let is_end = match quote {
            Some(quote) => !is_escaped && (c == quote || is_within && c == '\\'),
            None if name == "authorization" => matches!(c, '\n' | '\r' | '"' | '\''),
            None if sign.ends_with("<![CDATA[") => c == ']',
            None => c.is_whitespace() || "\"'&,;}<\\".contains(c),
        };
        if is_end {
            return at;
        }
        is_escaped = !is_within && c == '\\' && !is_escaped;
    }
    value.len()
}

/// Hides what an address has before its host: `https://user:secret@host`; and what `-u` gives.
pub(super) fn without_logins(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut before = "";
    for word in text.split(' ') {
        let at = word.find("://").map(|at| at + 3);
        let login = at.and_then(|at| Some((at, word[at..].split(['/', '?', '#']).next()?)));
        words.push(match login {
            Some((at, host)) if host.contains('@') => {
                let end = at + host.rfind('@').unwrap_or_default();
                format!("{}(hidden){}", &word[..at], &word[end..])
            }
            _ if matches!(before, "-u" | "--user") && word.contains(':') => "(hidden)".to_owned(),
            _ => word.to_owned(),
        });
        before = word;
    }
    words.join(" ")
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
    // As an element or a string of JSON may have it.
    const WRITTEN: [(&str, &str); 7] = [
        ("&quot;", "\""),
        ("&#61;", "="),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
        ("\\u003d", "="),
        ("\\u0026", "&"),
    ];
    let mut text = text.to_owned();
    for (written, sign) in WRITTEN {
        if text.contains(written) {
            text = text.replace(written, sign);
        }
    }
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
            "https://user:hunterPLANT@host.example/x",
            "curl -u user:hunterPLANT https://host.example",
            "client_assertion=abPLANT",
            "<n1:password xsi:type=\"xsd:string\">hunterPLANT</n1:password>",
            "<client_secret><![CDATA[9APLANT]]></client_secret>",
            "&quot;client_secret&quot;:&quot;9APLANT&quot;",
            "&lt;password&gt;hunterPLANT&lt;/password&gt; password&#61;hunterPLANT",
            "private_key: \"-----BEGIN PRIVATE KEY-----\\nMIIPLANT-----END\"",
            "form-data; name=\"password\"\r\n\r\nhunterPLANT\r\n--x",
            "x-sfdc-session: 00PLANT",
            "token: xPLANT",
            "Client Secret: xPLANT",
            "{'client_secret': u'9APLANT'}",
            "password='a\\'RESTPLANT' x",
            "client_secret\\u003dxPLANT",
            "\"password\":\n\"x yPLANT\"",
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
