//! Each row is told by what the org says, and leads to settings that there are.

use std::collections::BTreeSet;

use super::{API, OAUTH, Place, Refusal};
use crate::metadata::fact::Fact;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{Field, find, find_component};
use crate::org::{OrgError, OrgErrorKind};

/// What orgs were seen to say (S 10.1, 10.2, 6.8), and the row that is meant.
const SEEN: &[(&str, &str, &str)] = &[
    ("invalid_grant", "expired access/refresh token", "token-over"),
    ("invalid_grant", "token validity expired", "token-over"),
    (
        "RefreshTokenAuthError",
        "`sf org display` says: Error authenticating with the refresh token due to: expired \
         access/refresh token",
        "token-over",
    ),
    ("invalid_grant", "user hasn't approved this consumer", "not-approved"),
    ("invalid_app_access", "user is not admin approved to access this app", "not-pre-authorised"),
    (
        "OAUTH_APP_ACCESS_DENIED",
        "the org refused the sign-in: user is not admin approved to access this app",
        "not-pre-authorised",
    ),
    ("OAUTH_APP_ACCESS_DENIED", "", "not-pre-authorised"),
    ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "blocked"),
    ("invalid_client", "app must be installed into org", "not-installed"),
    ("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred", "not-installed"),
    (
        "OAUTH_EC_APP_NOT_FOUND",
        "External client app is not installed in this org",
        "external-client-app-not-installed",
    ),
    ("app_not_found", "", "external-client-app-not-installed"),
    ("invalid_client_id", "client identifier invalid", "unknown-client"),
    ("invalid_client", "invalid client credentials", "wrong-secret"),
    ("invalid_grant", "ip restricted", "address-restricted"),
    ("invalid_grant", "ip restricted or invalid login hours", "address-restricted"),
    ("invalid_grant", "user is frozen", "frozen-user"),
    ("invalid_grant", "inactive user", "inactive-user"),
    ("inactive_user", "", "inactive-user"),
    ("invalid_grant", "authentication failure", "password-refused"),
    ("invalid_grant", "audience is invalid", "wrong-audience"),
    ("invalid_grant", "Audience validation failed", "wrong-audience"),
    ("invalid_grant", "invalid assertion", "wrong-key"),
    ("invalid_grant", "no client credentials user enabled", "no-run-as"),
    ("invalid_grant", "activation secret invalid", "activation-secret"),
    ("1800", "There was a problem in setting up your remote access", "app-purged"),
    ("inactive_org", "", "inactive-org"),
    ("rate_limit_exceeded", "", "sign-ins-exceeded"),
    ("unsupported_grant_type", "grant type not supported", "flow-off"),
    ("redirect_uri_mismatch", "redirect_uri must match configuration", "redirect-mismatch"),
    ("invalid_scope", "", "scope-refused"),
    ("access_denied", "end-user denied authorization", "turned-down"),
    ("unsupported_response_type", "", "response-type"),
    ("invalid_grant", "something else", "grant-refused"),
    (
        "INVALID_SESSION_ID",
        "SOAP API does not support JWT-based access tokens. You must ..",
        "jwt-at-soap",
    ),
    (
        "INVALID_SESSION_ID",
        "This session is not valid for use with the REST API",
        "session-not-for-the-api",
    ),
    (
        "INVALID_SESSION_ID",
        "This session is not valid for use with the API",
        "session-not-for-the-api",
    ),
    ("INVALID_SESSION_ID", "Session expired or invalid", "session-over"),
    ("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", "no-session"),
    ("INVALID_LOGIN", "Invalid username, password, security token", "login-refused"),
    ("PASSWORD_LOCKOUT", "", "locked-out"),
    ("LOGIN_MUST_USE_SECURITY_TOKEN", "", "no-security-token"),
    ("CLIENT_NOT_ACCESSIBLE_FOR_USER", "", "client-not-for-user"),
    (
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        "too-many-at-once",
    ),
    ("ENOTFOUND", "getaddrinfo ENOTFOUND acme.my.salesforce.com", "no-such-host"),
    (
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "The users password has expired",
        "password-expired",
    ),
    ("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", "no-api"),
    ("API_CURRENTLY_DISABLED", "API is disabled for this User", "no-api-for-user"),
    ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "requests-used-up"),
    ("ORG_IN_MAINTENANCE", "", "maintenance"),
    ("SERVER_UNAVAILABLE", "", "maintenance"),
    ("ORG_LOCKED", "", "maintenance"),
    ("INVALID_TYPE", "sObject type 'Acme__c' is not supported.", "object-hidden"),
    ("INVALID_FIELD", "No such column 'X' on entity 'Y'", "field-hidden"),
    ("TXN_SECURITY_NO_ACCESS", "", "policy-refuses"),
    ("APEX_REST_SERVICES_DISABLED", "", "no-apex-rest"),
    ("UNSUPPORTED_API_VERSION", "", "version-retired"),
    ("INSUFFICIENT_ACCESS", "insufficient access rights on object id", "no-right"),
    ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "", "no-right"),
    ("URL_NOT_RESET", "The URL returned from login must be set in the service", "url-not-reset"),
    ("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1-1 (1)", "stumbled"),
];

#[test]
fn each_row_is_told_by_what_orgs_say() {
    let mut told = BTreeSet::new();
    for (code, text, id) in SEEN {
        let found = Refusal::find(code, text).map(|row| row.id);
        assert_eq!(found, Some(*id), "{code} {text}");
        told.insert(*id);
    }
    let all: BTreeSet<&str> = OAUTH.iter().chain(API).map(|row| row.id).collect();
    assert_eq!(told, all, "a row that no text tells");
    assert_eq!(all.len(), OAUTH.len() + API.len(), "an id twice");
}

#[test]
fn what_is_not_known_is_not_explained() {
    for (code, text) in [
        ("", "the connection broke"),
        ("INVALID_TYPE", "Unknown type:Acme"),
        // A deploy's, not a sign-in's.
        ("FIELD_INTEGRITY_EXCEPTION", "inactive user"),
        ("MALFORMED_QUERY", "unexpected token: expired access/refresh token"),
        ("NoOrgFound", "No authorization information found for acme"),
    ] {
        assert!(Refusal::find(code, text).is_none(), "{code} {text}");
    }
}

#[test]
fn another_sign_in_is_advised_only_where_it_helps() {
    let helps: Vec<&str> = OAUTH
        .iter()
        .chain(API)
        .filter(|row| row.is_over_with_a_sign_in)
        .map(|row| row.id)
        .collect();
    assert_eq!(
        helps,
        [
            "token-over",
            "wrong-secret",
            "wrong-audience",
            "turned-down",
            "grant-refused",
            "session-over",
            "no-session"
        ]
    );
    for row in OAUTH.iter().chain(API).filter(|row| !row.is_over_with_a_sign_in) {
        assert!(!row.way_out.contains("sign in again"), "{}", row.id);
    }
}

#[test]
fn a_session_that_the_api_does_not_take_is_not_one_that_has_ended() {
    let error = OrgError::from_org(
        401,
        "INVALID_SESSION_ID",
        "This session is not valid for use with the REST API",
    );
    assert_eq!(error.kind, OrgErrorKind::Auth);
    assert_eq!(error.code.as_deref(), Some("INVALID_SESSION_ID"));
    assert!(error.refusal().is_some_and(|row| !row.is_over_with_a_sign_in));
}

#[test]
fn a_code_of_oauth_stays_and_says_what_sort_of_failure_it_is() {
    let error = OrgError::from_oauth("rate_limit_exceeded", "rate limit exceeded");
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (OrgErrorKind::Limit, Some("rate_limit_exceeded"))
    );
    // What nobody has published is still a refused sign-in.
    // Only of what is known to be a refused login it is said that another helps.
    assert_eq!(OrgError::from_oauth("invalid_brand_new", "x").kind, OrgErrorKind::Auth);
    assert_eq!(OrgError::from_oauth("brand_new", "x").kind, OrgErrorKind::Refused);
    let busy = OrgError::from_oauth("unknown_error", "retry your request");
    assert_eq!(busy.kind, OrgErrorKind::Unavailable);
}

/// Says whether a row's fields, or a group's, have the path.
fn has(fields: &[Field], path: &[Segment]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    fields
        .iter()
        .find(|field| field.name == first.name)
        .is_some_and(|field| rest.is_empty() || has(field.fields(), rest))
}

#[test]
fn the_places_are_settings_and_facts_that_there_are() {
    for place in OAUTH.iter().chain(API).flat_map(|row| row.places) {
        match place {
            Place::Setting(component, path) => {
                let row = match component.split_once(':') {
                    Some((type_name, name)) => find_component(type_name, name),
                    None => find(component),
                };
                let path: FieldPath = path.replace("[*]", "[x]").parse().unwrap();
                let row = row.unwrap_or_else(|| panic!("there is no {component}"));
                assert!(has(row.fields, path.segments()), "{place}");
            }
            Place::Fact(name) => {
                let fact = Fact::parse(&name.replace("[*]", "[x]")).unwrap();
                assert_eq!(fact.to_string(), name.replace("[*]", "[x]"));
            }
        }
    }
}

#[test]
fn any_entry_of_a_place_is_that_place() {
    let any = Place::Setting("Profile", "objectPermissions[*].allowRead");
    assert!(any.is_setting("Profile", "Sales", "objectPermissions[Account].allowRead"));
    assert!(!any.is_setting("Profile", "Sales", "objectPermissions[Account].allowEdit"));
    assert!(!any.is_setting("PermissionSet", "Sales", "objectPermissions[Account].allowRead"));
    let one = Place::Setting("Settings:Security", "sessionSettings.lockSessionsToIp");
    assert!(one.is_setting("Settings", "Security", "sessionSettings.lockSessionsToIp"));
    assert!(!one.is_setting("Settings", "Other", "sessionSettings.lockSessionsToIp"));
    assert!(Place::Fact("user.permission_set[*]").is_fact("user.permission_set[Acme]"));
}
