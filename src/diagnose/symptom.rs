//! What somebody was told when it stopped: a vendor's text, an answer of the token endpoint or the
//! API, the address of an error page, or the words of a sign-in's row; each read for what it means.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::secrets::{decoded, without_logins, without_named};
use crate::metadata::percent::decode;
use crate::org::error::hide_secrets;
use crate::org::refusal::Refusal;

/// What was seen of the error.
#[derive(Clone, Debug, Default)]
pub struct Symptom {
    /// What somebody gave us, on one line and without secrets.
    pub text: Option<String>,
    /// What the catalogue of refusals makes of that.
    pub refusal: Option<&'static Refusal>,
    /// The same words, where the catalogue knows none of them, as those of a sign-in's row.
    pub told_status: Option<String>,
    /// Whose words they are, where not Salesforce's.
    pub of_another: Option<&'static str>,
    /// The words of sign-ins that failed, in small letters and without `Failed:`.
    pub statuses: Vec<String>,
    /// The same as the rows have them.
    pub in_rows: Vec<String>,
    /// The HTTP statuses of calls that failed.
    pub http: Vec<u16>,
}

/// Words of other systems' that look like Salesforce's.
const OTHERS: &[(&str, &str)] =
    &[("token has been expired or revoked", "Google"), ("aadsts", "Microsoft")];

/// What is shown without its code by whoever shows words alone: all of these words in a text, and the
/// code and words with which an org says it (S 10.1, 10.2).
const WITHOUT_CODE: &[(&[&str], &str, &str)] = &[
    (&["api is disabled for this user"], "API_CURRENTLY_DISABLED", ""),
    (&["client identifier invalid"], "invalid_client_id", ""),
    (&["concurrentperorglongtxn"], "REQUEST_LIMIT_EXCEEDED", "concurrent"),
    (&["down for maintenance"], "ORG_IN_MAINTENANCE", ""),
    (&["invalid client credentials"], "invalid_client", ""),
    (&["invalid username, password, security token"], "INVALID_LOGIN", ""),
    (&["no such column '", "on entity '"], "INVALID_FIELD", ""),
    (&["refresh token", "expired"], "invalid_grant", "expired access/refresh token"),
    (&["refresh token", "revoked"], "invalid_grant", "expired access/refresh token"),
    (&["rest api is not enabled for this organization"], "API_DISABLED_FOR_ORG", ""),
    (&["session expired or invalid"], "INVALID_SESSION_ID", ""),
    (&["sobject type '"], "INVALID_TYPE", "sobject type"),
    (&["totalrequests limit exceeded"], "REQUEST_LIMIT_EXCEEDED", ""),
    (&["users password has expired"], "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", ""),
];

/// How event log files write the outcome of a sign-in (`LOGIN_STATUS`), and the words that a row of
/// the login history has for it (S 13.2). The numbers are OAuth 1's for the same.
const CODES_OF_STATUSES: &[(&str, &str)] = &[
    ("1708", "ip address not allowed"),
    ("1713", "consumer deleted"),
    ("1716", "oauth api access disabled"),
    ("LOGIN_ERROR_API_TOO_OLD", "api version removed"),
    ("LOGIN_ERROR_INVALID_PASSWORD", "invalid password"),
    ("LOGIN_ERROR_LOGINS_EXCEEDED", "maximum logins exceeded"),
    ("LOGIN_ERROR_MUST_USE_API_TOKEN", "api security token required"),
    ("LOGIN_ERROR_ORG_DOMAIN_ONLY", "restricted domain"),
    ("LOGIN_ERROR_PASSWORD_LOCKOUT", "password lockout"),
    ("LOGIN_ERROR_RATE_EXCEEDED", "login rate exceeded"),
    ("LOGIN_ERROR_RESTRICTED_DOMAIN", "restricted ip"),
    ("LOGIN_ERROR_RESTRICTED_TIME", "restricted time"),
    ("LOGIN_ERROR_USER_API_ONLY", "api-only user"),
    ("LOGIN_ERROR_USER_FROZEN", "user is frozen"),
    ("LOGIN_ERROR_USER_INACTIVE", "user is inactive"),
    ("LOGIN_OAUTH_API_DISABLED", "oauth api access disabled"),
    ("LOGIN_OAUTH_CONSUMER_DELETED", "consumer deleted"),
    ("LOGIN_OAUTH_INVALID_DS", "activation secret invalid"),
    ("LOGIN_OAUTH_INVALID_DSIG", "signature invalid"),
    ("LOGIN_OAUTH_INVALID_IP", "ip address not allowed"),
    ("LOGIN_OAUTH_INVALID_NONCE", "invalid nonce"),
    ("LOGIN_OAUTH_INVALID_TOKEN", "invalid token"),
    ("LOGIN_OAUTH_NONCE_REPLAY", "nonce replay detected"),
    ("LOGIN_OAUTH_NO_CALLBACK_URL", "invalid callback url"),
    ("LOGIN_OAUTH_NO_CONSUMER", "missing consumer key parameter"),
    ("LOGIN_OAUTH_NO_TOKEN", "missing oauth token parameter"),
    (
        "LOGIN_OAUTH_PACKAGE_MISSING",
        "package for this consumer is not installed in your organization",
    ),
    ("LOGIN_OAUTH_PACKAGE_OLD", "package for this consumer is out of date"),
    ("LOGIN_OAUTH_INVALID_CODE_CHALLENGE", "invalid code challenge"),
    ("LOGIN_OAUTH_INVALID_CODE_VERIFIER", "invalid code verifier"),
    // What is locked, suspended, closed or inactive is the org in each.
    ("LOGIN_ERROR_ORG_*", "organization locked"),
    ("LOGIN_ORG_TRIAL_EXP", "trial expired"),
    ("LOGIN_TWOFACTOR_REQ", "multi-factor required"),
];

/// A text of more characters is shown cut.
const SHOWN: usize = 200;

/// So many characters of a text are read: an answer with its head, or a page of a log.
const READ: usize = 16_384;

impl Symptom {
    /// Reads what somebody gave us.
    pub fn of_text(text: &str) -> Self {
        let end = text.char_indices().nth(READ).map_or(text.len(), |(at, _)| at);
        let text = &text[..end];
        let pair = of_json(text).or_else(|| of_address(text));
        let clean = hide_secrets(&without_logins(&without_named(&decoded(text))));
        let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut = line.char_indices().nth(SHOWN).map(|(at, _)| at);
        let shown = cut.map_or_else(|| line.clone(), |at| format!("{}…", &line[..at]));
        let lower = line.to_lowercase();
        let of_another = OTHERS.iter().find(|(words, _)| lower.contains(words)).map(|(_, of)| *of);
        let refusal = match of_another {
            Some(_) => None,
            None => pair.and_then(|(code, words)| find(&code, &words)).or_else(|| of_words(&line)),
        };
        let statuses = match refusal {
            Some(_) => Vec::new(),
            None => vec![status_of_code(&line).unwrap_or_else(|| plain_status(&shown))],
        };
        Self {
            text: Some(shown),
            refusal,
            told_status: statuses.first().cloned(),
            of_another,
            statuses,
            in_rows: Vec::new(),
            http: of_http(&line),
        }
    }
}

/// Finds what a code and its words mean.
fn find(code: &str, words: &str) -> Option<&'static Refusal> {
    Refusal::find(code, words)
}

/// The words of a sign-in's row as the table of rules has them: the documentation prints some with
/// `Failed: ` before them and some without, and rows differ from it (S 13.2).
pub(super) fn plain_status(status: &str) -> String {
    let lower = status.trim().to_lowercase();
    lower.strip_prefix("failed:").map_or(lower.clone(), |rest| rest.trim().to_owned())
}

/// The words of a sign-in's row for a code of an event log file, wherever in a text it stands; for a
/// number only where that is the error.
fn status_of_code(line: &str) -> Option<String> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = |code: &str| {
        if code.starts_with(|c: char| c.is_ascii_digit()) {
            return is_number_of_error(line, code);
        }
        line.split(|c| !is_inner(c)).any(|word| match code.strip_suffix('*') {
            Some(start) => {
                word.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
            }
            None => word.eq_ignore_ascii_case(code),
        })
    };
    CODES_OF_STATUSES.iter().find(|(code, _)| word(code)).map(|(_, words)| (*words).to_owned())
}

/// Says whether a number is the error: the whole text, behind `fault`, or the value of `error`.
fn is_number_of_error(line: &str, number: &str) -> bool {
    if line.trim() == number {
        return true;
    }
    line.match_indices(number).any(|(at, _)| {
        let (before, behind) = (&line[..at], &line[at + number.len()..]);
        let ends = |words: &[&str]| {
            let before = before.to_ascii_lowercase();
            words.iter().any(|word| before.ends_with(word))
        };
        let is_whole = behind.chars().next().is_none_or(|c| "&\"',;)}".contains(c));
        ends(&["fault "]) && !behind.starts_with(|c: char| c.is_ascii_alphanumeric())
            || is_whole
                && ends(&["error=", "\"error\":", "\"error\": ", "\"error\":\"", "\"error\": \""])
    })
}

/// The code and words of an answer in JSON, wherever in a text it stands.
fn of_json(text: &str) -> Option<(String, String)> {
    // A log has brackets of its own.
    let starts = text.match_indices(['{', '[']).take(64);
    starts.filter_map(|(at, _)| of_json_at(&text[at..])).next()
}

fn of_json_at(text: &str) -> Option<(String, String)> {
    let json = serde_json::Deserializer::from_str(text).into_iter::<Json>().next()?.ok()?;
    let one = json.get(0).unwrap_or(&json);
    let of = |names: &[&str]| names.iter().find_map(|name| one.get(*name)?.as_str());
    let code = of(&["errorCode", "error", "error_code", "code"])?;
    let words = of(&["message", "error_description", "description"]).unwrap_or_default();
    Some((code.to_owned(), words.to_owned()))
}

/// The same of an address: that of a callback, or of Setup's error page (S 10.1).
fn of_address(text: &str) -> Option<(String, String)> {
    let address = text.split_whitespace().find(|word| word.contains("error="))?;
    // A query may come without what it is asked of.
    let query = address.split_once(['?', '#']).map_or(address, |(_, query)| query);
    let of = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name)?.1;
        Some(decode(&value.replace('+', " ")).into_owned())
    };
    Some((of("error")?, of("error_description").unwrap_or_default()))
}

/// The same of running text: each word that may be a code is tried, the ones that say least last.
fn of_words(line: &str) -> Option<&'static Refusal> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let codes = || line.split(|c| !is_inner(c)).filter(|word| word.len() > 3 && word.contains('_'));
    // Of OAuth's words alone, and of the API's alone.
    let by_words = || find("error", line).or_else(|| find("", line));
    let codes: BTreeSet<&str> = codes().take(256).collect();
    let mut found: Vec<&'static Refusal> =
        codes.into_iter().filter_map(|code| find(code, line)).collect();
    found.extend(by_words());
    let lower = line.to_lowercase();
    let has_all = |all: &[&str]| all.iter().all(|words| lower.contains(words));
    let without = WITHOUT_CODE.iter().filter(|(words, ..)| has_all(words));
    found.extend(without.filter_map(|(_, code, words)| find(code, words)));
    // A number says least.
    if found.is_empty() && is_number_of_error(line, "1800") {
        found.extend(find("1800", line));
    }
    found.into_iter().min_by_key(|refusal| refusal.id == VAGUE)
}

/// The object, and where it names one the field of it, that an error says is not there for who asks:
/// `sObject type 'Lead' is not supported`, `No such column 'Score__c' on entity 'Lead'`.
pub fn refused_object(text: &str) -> Option<(String, Option<String>)> {
    let end = text.char_indices().nth(READ).map_or(text.len(), |(at, _)| at);
    let text = decoded(&text[..end]);
    let quoted = |before: &str| {
        let at = text.to_ascii_lowercase().find(before)? + before.len();
        let name = text[at..].trim_start_matches('\\').strip_prefix('\'')?;
        let name = &name[..name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?];
        (!name.is_empty()).then(|| name.to_owned())
    };
    match quoted("on entity ") {
        Some(object) => Some((object, quoted("no such column "))),
        None => Some((quoted("sobject type ")?, None)),
    }
}

/// What an OAuth error comes to of which nothing more is said.
pub(super) const VAGUE: &str = "grant-refused";

/// HTTP statuses that a text names as such: behind a name (`HTTP/1.1 403`, `"statusCode":403`), before
/// what the standard calls it, or where the text begins with one.
fn of_http(line: &str) -> Vec<u16> {
    const NAMES: &[&str] = &["http", "status", "statuscode", "code"];
    const PHRASES: &[(&str, &str)] = &[
        ("400", "bad"),
        ("401", "unauthorized"),
        ("403", "forbidden"),
        ("404", "not"),
        ("410", "gone"),
        ("429", "too"),
        ("500", "internal"),
        ("503", "service"),
    ];
    let lower = line.to_lowercase();
    let is_inner = |c: char| c.is_ascii_alphanumeric();
    let words: Vec<&str> = lower.split(|c| !is_inner(c)).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(number) = word.parse::<u16>().ok().filter(|number| (400..600).contains(number))
        else {
            continue;
        };
        // The version of the protocol stands in between.
        let name = words[..at].iter().rev().find(|word| !matches!(**word, "0" | "1" | "2" | "3"));
        let is_named = name.is_some_and(|name| NAMES.contains(name));
        let next = words.get(at + 1);
        let is_called =
            PHRASES.iter().any(|(own, next_word)| own == word && next == Some(next_word));
        if (is_named || is_called || at == 0) && word.len() == 3 && !found.contains(&number) {
            found.push(number);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::causes;

    #[test]
    fn what_a_log_or_a_page_says_is_read() {
        for (text, id) in [
            ("invalid_grant: expired access/refresh token", "token-over"),
            ("OAUTH_APP_BLOCKED", "blocked"),
            (
                "HTTP/1.1 400 Bad Request\r\n\r\n{\"error\":\"invalid_grant\",\
                 \"error_description\":\"expired access/refresh token\"}",
                "token-over",
            ),
            (
                "{\"error\": \"invalid_client\", \
                 \"error_description\": \"invalid client credentials\"}",
                "wrong-secret",
            ),
            (
                "[{\"message\":\"Session expired or invalid\",\
                 \"errorCode\":\"INVALID_SESSION_ID\"}]",
                "session-over",
            ),
            (
                "https://acme.my.salesforce.com/setup/secur/RemoteAccessErrorPage.apexp?\
                 error=OAUTH_APP_BLOCKED&error_description=this+app+is+blocked+by+admin",
                "blocked",
            ),
            (
                "https://vendor.example.com/callback?error=access_denied&\
                 error_description=end-user%20denied%20authorization",
                "turned-down",
            ),
            ("Error: this app is blocked by admin", "blocked"),
            (
                "[2026-11-27 02:14] ERROR {\"error\":\"invalid_grant\",\
                 \"error_description\":\"expired access\\/refresh token\"}",
                "token-over",
            ),
            (
                "error=invalid_grant&error_description=expired%20access%2Frefresh%20token",
                "token-over",
            ),
            (
                "sync failed with API_CURRENTLY_DISABLED: API is disabled for this User",
                "no-api-for-user",
            ),
            ("This session is not valid for use with the REST API", "session-not-for-the-api"),
            ("invalid_grant", "grant-refused"),
            ("REQUEST_LIMIT_EXCEEDED", "requests-used-up"),
            (
                "REQUEST_LIMIT_EXCEEDED: ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
                "too-many-at-once",
            ),
            ("ConcurrentRequests (Concurrent API Requests) Limit exceeded.", "too-many-at-once"),
            (
                "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
                "login-refused",
            ),
            ("invalid_grant: user is frozen", "frozen-user"),
            ("User is frozen", "frozen-user"),
            ("PASSWORD_LOCKOUT", "locked-out"),
            ("LOGIN_MUST_USE_SECURITY_TOKEN", "no-security-token"),
            ("CLIENT_NOT_ACCESSIBLE_FOR_USER", "client-not-for-user"),
            ("getaddrinfo ENOTFOUND x.my.salesforce.com", "no-such-host"),
            ("invalid_grant: token validity expired", "token-over"),
            ("user is not admin approved to access this app", "not-pre-authorised"),
            ("client identifier invalid", "unknown-client"),
            ("Could not refresh: invalid client credentials", "wrong-secret"),
            ("sObject type 'Lead' is not supported.", "object-hidden"),
            ("No such column 'Score__c' on entity 'Lead'", "field-hidden"),
            ("TotalRequests Limit exceeded.", "requests-used-up"),
            ("ConcurrentPerOrgLongTxn Limit exceeded", "too-many-at-once"),
            ("The REST API is not enabled for this Organization.", "no-api"),
            ("Your Salesforce refresh token has expired or was revoked", "token-over"),
            ("invalid_grant%3A%20expired%20access%2Frefresh%20token", "token-over"),
            ("Salesforce is down for maintenance", "maintenance"),
            ("OAUTH_APP_BLOCKED (retry after 1800 s)", "blocked"),
            ("RemoteAccessErrorPage.apexp?error=1800", "app-purged"),
            ("Session expired or invalid", "session-over"),
            ("fault 1800", "app-purged"),
        ] {
            let found = Symptom::of_text(text).refusal.map(|refusal| refusal.id);
            assert_eq!(found, Some(id), "{text}");
        }
        // The codes of event log files, and OAuth 1's numbers.
        for (text, id) in [
            ("LOGIN_ERROR_USER_FROZEN", "user-frozen"),
            ("login_error_restricted_time", "login-hours"),
            ("LOGIN_ERROR_ORG_SUSPENDED", "org-closed"),
            ("status=LOGIN_OAUTH_NO_CONSUMER at 02:14", "secret-rotated"),
            ("fault 1713", "app-deleted"),
            ("error=1716", "no-api-edition"),
        ] {
            let found = causes(&Symptom::of_text(text));
            assert_eq!(found.iter().map(|rule| rule.id).collect::<Vec<_>>(), [id], "{text}");
        }
        for text in [
            "read 1713 rows",
            "Error: 1713 records failed to load",
            "synced 1800 records before failure",
            "sync timed out after 1800 seconds",
            "Error: expires_in=1800",
            "Your Okta password has expired",
            "Person Accounts not enabled for this organization",
            "Snowflake: no such column 'x'",
        ] {
            let found = causes(&Symptom::of_text(text));
            let found: Vec<&str> = found.iter().map(|rule| rule.id).collect();
            assert!(found.is_empty(), "{text}: {found:?}");
        }
        for (text, http) in [
            ("Salesforce returned 403 Forbidden", 403),
            ("status=403", 403),
            ("{\"statusCode\":403}", 403),
            ("failed (HTTP 503)", 503),
            ("HTTP/1.1 410 Gone", 410),
        ] {
            assert_eq!(Symptom::of_text(text).http, [http], "{text}");
        }
        assert!(Symptom::of_text("synced 404 records").http.is_empty());
        let status = Symptom::of_text("Failed: IP Address Not Allowed");
        assert!(status.refusal.is_none() && status.statuses == ["ip address not allowed"]);
        assert_eq!(Symptom::of_text("got HTTP 404 from it").http, [404]);
        for text in ["429", "429 Too Many Requests", "HTTP 429"] {
            let found = causes(&Symptom::of_text(text));
            assert_eq!(
                found.iter().map(|rule| rule.id).collect::<Vec<_>>(),
                ["api-limit", "too-many-at-once"],
                "{text}"
            );
        }
        assert!(causes(&Symptom::of_text("HTTP 403 Forbidden")).len() > 2);
        // Another system's words are not taken for Salesforce's.
        let google = Symptom::of_text("invalid_grant: Token has been expired or revoked.");
        assert!(google.refusal.is_none() && google.of_another == Some("Google"));
    }

    #[test]
    fn a_large_text_is_read_in_no_time_and_cut() {
        let text = "some_word other_word ".repeat(100_000);
        let symptom = Symptom::of_text(&text);
        assert!(symptom.text.unwrap().chars().count() <= SHOWN + 1);
        assert!(symptom.statuses.iter().all(|one| one.chars().count() <= SHOWN + 1));
    }

    #[test]
    fn a_token_in_a_text_is_not_shown() {
        let text = "invalid_grant for 00D5g00000AbCdE!AQEAQPLANTED.Session_Key";
        assert!(!format!("{:?}", Symptom::of_text(text)).contains("PLANTED"));
    }

    #[test]
    fn each_code_of_an_event_log_leads_to_a_cause() {
        for (code, words) in CODES_OF_STATUSES {
            let code = code.replace('*', "LOCKED");
            let found = causes(&Symptom::of_text(&code));
            assert!(!found.is_empty(), "{code}: {words}");
        }
    }

    /// What is advised is advice for the vendor, and not for a sign-in of this program.
    #[test]
    fn where_no_cause_is_known_nothing_is_advised_that_is_ours() {
        let told = [crate::org::refusal::OAUTH, crate::org::refusal::API].concat();
        for refusal in told {
            let symptom = Symptom { refusal: Some(find_by_id(refusal.id)), ..Symptom::default() };
            let is_usual =
                causes(&symptom).iter().any(|rule| crate::diagnose::is_usual(rule, &symptom));
            let is_ours =
                ["`--", "SF_", "this program"].iter().any(|own| refusal.way_out.contains(own));
            assert!(is_usual || !is_ours, "{}: {}", refusal.id, refusal.way_out);
        }
    }

    fn find_by_id(id: &str) -> &'static Refusal {
        let mut all = crate::org::refusal::OAUTH.iter().chain(crate::org::refusal::API);
        all.find(|one| one.id == id).unwrap()
    }

    #[test]
    fn what_an_error_says_is_not_there_is_read() {
        let named = |text| refused_object(text);
        let of =
            |object: &str, field: Option<&str>| Some((object.to_owned(), field.map(str::to_owned)));
        assert_eq!(named("INVALID_TYPE: sObject type 'Lead' is not supported."), of("Lead", None));
        let field = "No such column 'Score__c' on entity 'Lead'. If you are attempting";
        assert_eq!(named(field), of("Lead", Some("Score__c")));
        assert_eq!(named("No such column 'X' on table y"), None);
        assert_eq!(named("sObject type '"), None);
    }
}
