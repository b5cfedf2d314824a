//! What can go wrong with an org, in its own words and without its secrets.
//!
//! What a person should do about it is said by the command line, not here.

use std::error::Error as _;
use std::fmt;

use cirrus::CirrusError;
use cirrus_auth::AuthError;
use cirrus_metadata::MetadataError;

use super::refusal::Refusal;
use super::words::{self, Words};

/// What sort of failure it was; the command line picks its advice by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgErrorKind {
    /// The session or the login is not, or no longer, valid.
    Auth,
    /// No login and no alias of that name.
    NoSuchOrg,
    /// The host could not be reached, or the connection broke.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The org is in maintenance or overloaded.
    Unavailable,
    /// The org answers at another address now, which the message names.
    Moved,
    /// A limit of the org is used up.
    Limit,
    /// The org's edition, or this user, has no API access.
    Disabled,
    /// The user lacks a permission.
    Permission,
    /// The org cannot do this with the session at hand (SOAP and JWT tokens, S 6.1).
    Unsupported,
    /// The org refused, for a reason of its own.
    Refused,
    /// What came was damaged, twice.
    Damaged,
    /// What came is unsafe to read.
    Hostile,
    /// What came is not what the API promises (a maintenance page, half a body).
    Unexpected,
    /// What was asked for makes no sense: an address, a key file, an alias.
    Usage,
    /// A login could not be stored or read.
    Storage,
    /// Another process holds the login.
    InUse,
    /// The login's file is there, and is no login.
    BadLogin,
}

/// The arguments that cirrus is told of where it is a stored login that fails: its errors have no
/// other place for ours.
const OF_LOGIN: &[(&str, OrgErrorKind)] = &[
    ("the stored login", OrgErrorKind::Storage),
    // Only another sign-in helps.
    ("the lost login", OrgErrorKind::Auth),
    ("the login in use", OrgErrorKind::InUse),
    ("the damaged login", OrgErrorKind::BadLogin),
    ("the address of the login", OrgErrorKind::Usage),
    ("the org of the login", OrgErrorKind::NoSuchOrg),
    ("the network of the login", OrgErrorKind::Unreachable),
    ("the time of the login", OrgErrorKind::TimedOut),
    ("the program of the login", OrgErrorKind::Refused),
];

/// What stands before the new address of an org.
const MOVED: &str = "the org has another address now: ";

/// A failure of one org.
///
/// Neither `Display` nor `Debug` shows a token: every message is searched for what looks like one.
#[derive(Clone, PartialEq, Eq)]
pub struct OrgError {
    /// What sort of failure it was.
    pub kind: OrgErrorKind,
    /// The org's own code, such as `INVALID_SESSION_ID`.
    pub code: Option<String>,
    /// What happened, in a sentence.
    pub message: String,
    /// What was said beside it, by others who were asked the same: it decides nothing.
    pub also: Box<[String]>,
}

impl OrgError {
    /// Makes an error; what looks like a token in the message is hidden.
    pub fn new(kind: OrgErrorKind, message: impl AsRef<str>) -> Self {
        Self { kind, code: None, message: hide_secrets(message.as_ref()), also: Box::default() }
    }

    /// Adds the org's own code; an empty one is none.
    pub(super) fn with_code(mut self, code: &str) -> Self {
        self.code = Some(harmless_code(code)).filter(|code| !code.is_empty());
        self
    }

    /// Adds what another said who was asked the same.
    pub(super) fn and_also(mut self, said: impl AsRef<str>) -> Self {
        let said = std::iter::once(hide_secrets(said.as_ref()));
        self.also = self.also.into_iter().chain(said).collect();
        self
    }

    /// Says whether only the one question failed, so that others may still be answered: not shown,
    /// not there, not understood.
    pub fn is_about_one_question(&self) -> bool {
        matches!(
            self.kind,
            OrgErrorKind::Permission
                | OrgErrorKind::Refused
                | OrgErrorKind::Unexpected
                | OrgErrorKind::Unsupported
        )
    }

    /// Says whether the same question would be answered in the same way tomorrow: a right or a
    /// feature is lacking, or there is no such type. In doubt it is not; then what was asked for
    /// may be had by asking again.
    pub fn is_lasting(&self) -> bool {
        const CODES: &[&str] =
            &["CLIENT_NOT_ACCESSIBLE_FOR_USER", "FUNCTIONALITY_NOT_ENABLED", "INVALID_TYPE"];
        match self.kind {
            OrgErrorKind::Permission | OrgErrorKind::Unsupported => true,
            OrgErrorKind::Refused => self.code.as_deref().is_some_and(|code| CODES.contains(&code)),
            _ => false,
        }
    }

    /// Says whether the caller may not see it, in one of the ways in which an org says so: an
    /// object or a field that they may not see is not there for them.
    pub(crate) fn is_about_rights(&self) -> bool {
        self.kind == OrgErrorKind::Permission
            || matches!(
                self.code.as_deref(),
                Some("INVALID_TYPE" | "INVALID_FIELD" | "INSUFFICIENT_ACCESS" | "NOT_FOUND")
            )
    }

    /// Returns the address that an org has moved to.
    pub(crate) fn moved_to(&self) -> Option<&str> {
        let told = self.message.strip_prefix(MOVED)?;
        (self.kind == OrgErrorKind::Moved).then_some(told)
    }

    /// Says whether the other side's certificate is not one that this machine trusts.
    pub(crate) fn is_about_certificate(&self) -> bool {
        self.kind == OrgErrorKind::Unreachable && Words::Certificate.are_in(&self.message)
    }

    /// Says whether a look at a job in the org may meet this and outlive it: the job goes on
    /// whether we look or not (S 6.6: also a wrong id as it leaves Pending).
    pub(super) fn is_passing(&self) -> bool {
        matches!(
            self.kind,
            OrgErrorKind::Unreachable
                | OrgErrorKind::TimedOut
                | OrgErrorKind::Unavailable
                | OrgErrorKind::Unexpected
        ) || self.is_about_its_id()
    }

    /// Says whether the org does not know the id that it was asked about.
    pub(crate) fn is_about_its_id(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some("INVALID_CROSS_REFERENCE_KEY" | "INVALID_ID_FIELD" | "MALFORMED_ID")
        )
    }

    /// Makes an error out of the org's code and text; the kind follows from them.
    pub(super) fn from_org(status: u16, code: &str, text: &str) -> Self {
        Self::new(kind_of(status, code, text), strip_code(code, text)).with_code(code)
    }

    pub(super) fn from_rest(error: CirrusError) -> Self {
        match error {
            CirrusError::Api { status, errors, raw, .. } => match errors.first() {
                Some(first) => Self::from_org(status, &first.error_code, &first.message),
                None => Self::from_page(status, raw.unwrap_or_default().as_bytes()),
            },
            CirrusError::Http(error) => Self::from_network(&error),
            CirrusError::Auth(error) => Self::from_auth(error),
            CirrusError::ResponseTooLarge { limit, .. } => too_large(limit),
            CirrusError::InvalidResponse(text) => Self::new(OrgErrorKind::Unexpected, text),
            // The rest are faults of the call itself (an address, a header); their texts hold no
            // body.
            other => Self::new(OrgErrorKind::Usage, other.to_string()),
        }
    }

    pub(super) fn from_soap(error: MetadataError) -> Self {
        match error {
            MetadataError::Soap { status, fault, .. } => {
                Self::from_org(status, fault.code(), &fault.faultstring)
            }
            MetadataError::Http4xx5xx { status, raw, .. } => {
                Self::from_page(status, raw.as_bytes())
            }
            MetadataError::Http(error) => Self::from_network(&error),
            MetadataError::Auth(error) => Self::from_auth(error),
            MetadataError::ResponseTooLarge { limit, .. } => too_large(limit),
            MetadataError::ZipDecode(_) => {
                Self::new(OrgErrorKind::Damaged, "the zip that the org sent is not valid base64")
            }
            MetadataError::InvalidResponse(text) => Self::not_soap(words::body_quoted(&text)),
            MetadataError::Xml(_) => Self::not_soap(""),
            other => Self::new(OrgErrorKind::Unexpected, other.to_string()),
        }
    }

    /// An answer that came well and is no answer of the Metadata API, in our words: cirrus' speak
    /// of its parser.
    fn not_soap(body: &str) -> Self {
        let start = excerpt(body.as_bytes());
        let begins = if start.is_empty() { String::new() } else { format!("; it begins: {start}") };
        Self::new(
            OrgErrorKind::Unexpected,
            format!("the answer is not one of the Metadata API{begins}"),
        )
    }

    /// Makes an error out of the code and text with which a sign-in is refused. Of a code that
    /// nobody knows it is not said that another sign-in helps.
    pub(super) fn from_oauth(code: &str, text: &str) -> Self {
        let known = Refusal::find(code, text).and_then(|refusal| refusal.kind);
        let kind = known.unwrap_or(match code {
            // RFC 6749 4.1.2.1; what Salesforce says in their place (S 10.1).
            "server_error" | "temporarily_unavailable" | "unknown_error" => {
                OrgErrorKind::Unavailable
            }
            _ if code.starts_with("invalid_") || code == "access_denied" => OrgErrorKind::Auth,
            _ => OrgErrorKind::Refused,
        });
        Self::new(kind, text).with_code(code)
    }

    /// Returns what the org's refusal means, where that is known.
    pub fn refusal(&self) -> Option<&'static Refusal> {
        Refusal::find(self.code.as_deref().unwrap_or_default(), &self.message)
    }

    /// Puts a failure of a stored login into the form in which it travels through cirrus.
    pub(super) fn in_auth(kind: OrgErrorKind, reason: String) -> AuthError {
        let known = OF_LOGIN.iter().find(|(_, one)| *one == kind).unwrap_or(&OF_LOGIN[0]);
        AuthError::InvalidArgument { name: known.0, reason }
    }

    pub(super) fn from_auth(error: AuthError) -> Self {
        if let AuthError::InvalidArgument { name, reason } = &error
            && let Some((_, kind)) = OF_LOGIN.iter().find(|(known, _)| known == name)
        {
            return Self::new(*kind, reason);
        }
        match error {
            AuthError::OAuth { error, error_description } => {
                Self::from_oauth(&error, &error_description.unwrap_or_else(|| error.clone()))
            }
            AuthError::Http(error) => Self::from_network(&error),
            AuthError::UnexpectedResponse { status } => Self::from_page(status, b""),
            AuthError::InstanceUrlMismatch { returned, .. } => Self::moved(&returned),
            AuthError::StateMismatch => Self::new(OrgErrorKind::Hostile, error.to_string()),
            AuthError::ResponseTooLarge { limit, .. } => too_large(limit),
            AuthError::Serialization(_) => Self::no_token_answer(),
            AuthError::Signing(text) => Self::new(
                OrgErrorKind::Usage,
                format!("cannot sign with the key: {}", words::of_key(&text)),
            ),
            // A call that waited for the sign-in of another gets that one's failure as a text.
            AuthError::Other(text) if text.starts_with("HTTP request failed") => {
                Self::new(OrgErrorKind::Unreachable, format!("the sign-in did not succeed: {text}"))
            }
            AuthError::Other(text) if text.starts_with("serialization error") => {
                Self::no_token_answer()
            }
            other => Self::new(OrgErrorKind::Usage, other.to_string()),
        }
    }

    fn no_token_answer() -> Self {
        Self::new(
            OrgErrorKind::Unexpected,
            "the answer to the sign-in is damaged, or not one of a token endpoint",
        )
    }

    pub(super) fn from_network(error: &reqwest::Error) -> Self {
        let host = error.url().and_then(|url| url.host_str()).unwrap_or("the org").to_owned();
        // reqwest's own text stops short of the cause; the innermost says what to look at.
        let mut cause = error.to_string();
        let mut next = error.source();
        while let Some(inner) = next {
            cause = inner.to_string();
            next = inner.source();
        }
        if error.is_timeout() {
            Self::new(OrgErrorKind::TimedOut, format!("{host} did not answer in time"))
        } else if error.is_connect() {
            Self::new(OrgErrorKind::Unreachable, format!("cannot connect to {host}: {cause}"))
        } else {
            Self::new(OrgErrorKind::Unreachable, format!("the connection to {host} broke: {cause}"))
        }
    }

    /// An answer that is no answer of the API: a gateway's or a maintenance page.
    pub(super) fn from_page(status: u16, body: &[u8]) -> Self {
        if (300..400).contains(&status) {
            return Self::elsewhere(status, None);
        }
        let kind = match status {
            401 => OrgErrorKind::Auth,
            429 => OrgErrorKind::Limit,
            502..=504 => OrgErrorKind::Unavailable,
            _ => OrgErrorKind::Unexpected,
        };
        let start = excerpt(body);
        let mut message = format!("HTTP {status} with an answer that is not the API's");
        if !start.is_empty() {
            message.push_str(", which begins: ");
            message.push_str(&start);
        }
        Self::new(kind, message)
    }

    /// A redirect. No client here follows one: it would carry the token to another host (cirrus'
    /// rule too). What leads to the same resource on another host is an org that was moved.
    pub(super) fn elsewhere(status: u16, location: Option<&str>) -> Self {
        let leads = location.and_then(|text| reqwest::Url::parse(text).ok());
        let to = match leads.map(|url| (url.origin().ascii_serialization(), url)) {
            Some((origin, url)) if url.path().starts_with("/services/") => {
                return Self::moved(&origin);
            }
            Some((origin, _)) => format!("to {origin}"),
            None => "elsewhere".to_owned(),
        };
        Self::new(
            OrgErrorKind::Unexpected,
            format!("HTTP {status}: the address leads {to}, and redirects are not followed"),
        )
    }

    /// An org that has another address than the one we came by.
    fn moved(address: &str) -> Self {
        let origin = reqwest::Url::parse(address).map(|url| url.origin().ascii_serialization());
        let address = origin.unwrap_or_else(|_| address.to_owned());
        Self::new(OrgErrorKind::Moved, format!("{MOVED}{address}"))
    }
}

fn too_large(limit: usize) -> OrgError {
    OrgError::new(
        OrgErrorKind::Hostile,
        format!("the answer is larger than {} MB", limit / (1 << 20)),
    )
}

fn kind_of(status: u16, code: &str, text: &str) -> OrgErrorKind {
    if let Some(kind) = Refusal::find(code, text).and_then(|refusal| refusal.kind) {
        return kind;
    }
    if code.starts_with("INSUFFICIENT_ACCESS") {
        return OrgErrorKind::Permission;
    }
    match status {
        401 => OrgErrorKind::Auth,
        429 => OrgErrorKind::Limit,
        502..=504 => OrgErrorKind::Unavailable,
        _ => OrgErrorKind::Refused,
    }
}

/// A fault's text repeats its code at the front (`INVALID_TYPE: ..`, S 6.1); it is shown once.
fn strip_code<'t>(code: &str, text: &'t str) -> &'t str {
    match text.strip_prefix(code) {
        Some(rest) if !code.is_empty() => rest.trim_start_matches([':', ' ']),
        _ => text,
    }
}

/// The beginning of a body on one line, for a message.
pub(super) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(240)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = words.join(" ");
    if let Some((cut, _)) = line.char_indices().nth(80) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// An error with what it comes from, each said once.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
        next = cause.source();
    }
    words.join(": ")
}

/// Replaces what looks like a session id, a JWT or an SFDX auth URL.
///
/// cirrus hides the token of the call from its errors; this catches what comes by another way, such
/// as a page that echoes an older one.
pub(crate) fn hide_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "!._-+/=:@%".contains(c);
    let (mut rest, mut before) = (text, "");
    while !rest.is_empty() {
        let end = rest.find(|c: char| !is_inner(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        let start =
            if is_scheme(before) && word.len() >= SHORTEST { Some(0) } else { secret_start(word) };
        match start {
            Some(at) => {
                out.push_str(&word[..at]);
                out.push_str("(hidden)");
            }
            None => out.push_str(word),
        }
        if !word.is_empty() {
            before = word;
        }
        let next = tail.chars().next().map_or(0, char::len_utf8);
        out.push_str(&tail[..next]);
        rest = &tail[next..];
    }
    out
}

/// What is shorter than this behind a scheme, or the beginning of a refresh token, is a word.
const SHORTEST: usize = 16;

/// Says whether a word is the scheme of an `Authorization` header, behind which a secret stands.
fn is_scheme(word: &str) -> bool {
    ["basic", "bearer"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn secret_start(word: &str) -> Option<usize> {
    // A text that explains the form (`force://<clientId>:..`) holds no credential.
    if let Some(at) = word.find("force://")
        && word[at + "force://".len()..].contains(|c: char| c.is_ascii_alphanumeric())
    {
        return Some(at);
    }
    if let Some(at) = word.find("eyJ")
        && word[at..].matches('.').count() >= 2
    {
        return Some(at);
    }
    // A refresh token (S 2.8).
    if let Some(at) = word.find("5Aep").filter(|at| word.len() - at >= SHORTEST) {
        return Some(at);
    }
    // A session id: the org's id of 15 or 18 characters, `!`, and the key (S 6.9); in an address
    // the sign is `%21`.
    word.match_indices("00D").map(|(at, _)| at).find(|at| {
        let rest = &word[*at..];
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let behind = &rest[length..];
        (15..=18).contains(&length) && (behind.starts_with('!') || behind.starts_with("%21"))
    })
}

/// A code as it may be shown: what an org answers in its place may be an echo of what it was sent.
fn harmless_code(code: &str) -> String {
    let is_of_code = |c: char| c.is_ascii_alphanumeric() || "_.:- ".contains(c);
    let is_code = code.len() <= LONGEST_CODE && code.chars().all(is_of_code);
    if is_code && hide_secrets(code) == code { code.to_owned() } else { "(hidden)".to_owned() }
}

/// No code of an org's is as long as this (S 6.9, 2.8).
const LONGEST_CODE: usize = 80;

impl fmt::Display for OrgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.code {
            Some(code) if !self.message.contains(code.as_str()) => write!(f, " ({code})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for OrgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgError({:?}: {self})", self.kind)
    }
}

impl std::error::Error for OrgError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_hidden_wherever_they_stand() {
        for secret in [
            "00D5g00000AbCdE!AQEAQFake.Session_Key",
            "00D5g00000AbCdEEAV!AQEAQFake.Session_Key",
            "eyJhbGciOiJ.eyJzdWIi.c2ln",
            "force://PlatformCLI::5Aep861@acme.my.salesforce.com",
            "!--00D5g00000AbCdE!AQEAQFake.Session_Key",
            "Error!00D5g00000AbCdE!AQEAQFake.Session_Key",
            "00D30000000D1xE!AQEAQFake.Session_Key",
            "sid=00D5g00000AbCdEEAV%21AQEAQFake.Session_Key",
            "5Aep861TSESvWeug_xvFHRBTTbf_YrTWgEyjBJrZctSJ",
            "Basic UGxhdGZvcm1DTEk6c2VjcmV0",
            "Bearer AQEAQFakeSessionKeyOfNobody",
        ] {
            let shown = OrgError::new(
                OrgErrorKind::Refused,
                format!("<sessionId>{secret}</sessionId> and ({secret})"),
            );
            assert!(!format!("{shown} {shown:?}").contains(secret), "{shown}");
            assert!(shown.message.contains("(hidden)"), "{shown}");
            let coded = OrgError::new(OrgErrorKind::Refused, "no").with_code(secret);
            assert_eq!(coded.code.as_deref(), Some("(hidden)"), "{secret}");
        }
        let long = OrgError::new(OrgErrorKind::Refused, "no").with_code(&"x".repeat(100));
        assert_eq!(long.code.as_deref(), Some("(hidden)"));
        for code in
            ["INVALID_SESSION_ID", "sf:INVALID_TYPE", "invalid_grant", "API_DISABLED_FOR_ORG"]
        {
            let coded = OrgError::new(OrgErrorKind::Refused, "no").with_code(code);
            assert_eq!(coded.code.as_deref(), Some(code));
        }
    }

    #[test]
    fn plain_words_stay() {
        let text = "Entity of type 'Profile' named 'Größe: 100%!' cannot be found";
        assert_eq!(hide_secrets(text), text);
    }

    #[test]
    fn a_text_that_explains_the_form_of_an_auth_url_stays() {
        for text in ["`force://<client>:<secret>:<token>@<host>`", "it begins with force://.."] {
            assert_eq!(hide_secrets(text), text);
        }
    }

    #[test]
    fn a_fault_says_its_code_once() {
        let error = OrgError::from_org(500, "INVALID_TYPE", "INVALID_TYPE: no such type");
        assert_eq!(error.to_string(), "no such type (INVALID_TYPE)");
        assert_eq!(error.kind, OrgErrorKind::Refused);
    }

    #[test]
    fn a_lacking_right_lasts_and_a_stumbling_org_does_not() {
        let lasting = |code: &str| OrgError::from_org(500, code, "x").is_lasting();
        assert!(lasting("INVALID_TYPE") && lasting("INSUFFICIENT_ACCESS"));
        assert!(!lasting("UNKNOWN_EXCEPTION") && !lasting("") && !lasting("ORG_IN_MAINTENANCE"));
        assert!(!OrgError::from_page(200, b"<html>").is_lasting());
    }

    #[test]
    fn an_org_that_was_moved_tells_its_new_address() {
        let moved = OrgError::elsewhere(
            301,
            Some("https://acme--new.my.salesforce.com/services/data?token=x"),
        );
        assert_eq!(moved.kind, OrgErrorKind::Moved);
        assert_eq!(
            moved.message,
            "the org has another address now: https://acme--new.my.salesforce.com"
        );
        let page = OrgError::elsewhere(302, Some("https://sso.example.com/login?t=secret"));
        assert_eq!(page.kind, OrgErrorKind::Unexpected);
        assert!(page.message.contains("https://sso.example.com,"), "{page}");
        assert!(!page.message.contains("secret"), "{page}");
        let wrong = AuthError::InstanceUrlMismatch {
            configured: "https://a.my.salesforce.com".to_owned(),
            returned: "https://b.my.salesforce.com".to_owned(),
        };
        assert!(OrgError::from_auth(wrong).message.ends_with("https://b.my.salesforce.com"));
    }

    #[test]
    fn a_jwt_refused_by_soap_is_not_an_expired_session() {
        let text = "INVALID_SESSION_ID: SOAP API does not support JWT-based access tokens.";
        assert_eq!(
            OrgError::from_org(500, "INVALID_SESSION_ID", text).kind,
            OrgErrorKind::Unsupported
        );
    }
}
