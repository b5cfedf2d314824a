//! The table of refusals: OAuth's first (S 10.1), then the API's after a good sign-in (S 10.2,
//! 6.8).
//!
//! The first row that fits tells, so one with words stands before one with their code alone.

use super::Place::{Fact, Setting};
use super::Refusal;
use crate::org::OrgErrorKind;

const APP: &str = "ConnectedApp";
const POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";
const GLOBAL: &str = "ExtlClntAppGlobalOauthSettings";
const SETTINGS: &str = "ExtlClntAppOauthSettings";
const SECURITY: &str = "Settings:Security";

/// The name of what a refresh token is refused with that is not valid any more.
pub(crate) const TOKEN_OVER: &str = "token-over";
/// The name of what is answered where the day's requests are used up.
pub(crate) const REQUESTS_USED_UP: &str = "requests-used-up";

/// What the token endpoint and the authorise step refuse (S 10.1).
pub const OAUTH: &[Refusal] = &[
    Refusal::new(
        TOKEN_OVER,
        &[("", "expired access/refresh token"), ("", "token validity expired")],
        "the refresh token is not valid any more: it was revoked, pushed out by newer sign-ins, \
         used twice where tokens rotate, ran out under the app's refresh token policy, belongs to \
         another host, or the sandbox was refreshed; Salesforce does not say which",
        "sign in again; where it comes back, look at the app's refresh token policy",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting(APP, "oauthPolicy.refreshTokenPolicy"),
        Setting(POLICIES, "refreshTokenPolicyType"),
    ])
    .over_with_a_sign_in(),
    Refusal::new(
        "not-approved",
        &[("", "hasn't approved this consumer")],
        "the app leaves it to users to approve it, and this user never has; a sign-in with a key \
         cannot do it for them",
        "set the app's Permitted Users to \"Admin approved users are pre-authorized\", and give \
         the app to a profile or permission set that the user has",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting(APP, "oauthConfig.isAdminApproved"),
        Setting(POLICIES, "permittedUsersPolicyType"),
    ]),
    Refusal::new(
        "not-pre-authorised",
        &[
            ("", "not admin approved to access this app"),
            ("invalid_app_access", ""),
            ("OAUTH_APP_ACCESS_DENIED", ""),
        ],
        "the app admits pre-authorised users alone, and the user has none of its profiles and \
         permission sets, or has one until a date that is past",
        "give the app to a profile or permission set that the user has, or the user such a set",
    )
    .kind(OrgErrorKind::Auth)
    .at(PRE_AUTHORISED),
    Refusal::new(
        "blocked",
        &[("", "blocked by admin"), ("OAUTH_APP_BLOCKED", "")],
        "an admin, or API Access Control, blocks the app; some orgs say so of an app that is not \
         installed",
        "unblock it in Setup, Quick Find \"Connected Apps OAuth Usage\", or install it there",
    )
    .kind(OrgErrorKind::Auth)
    .at(BLOCKED),
    Refusal::new(
        "external-client-app-not-installed",
        &[
            ("", "external client app is not installed"),
            ("OAUTH_EC_APP_NOT_FOUND", ""),
            ("app_not_found", ""),
        ],
        "the org has no external client app of this key: its package is not installed, the app is \
         another org's own, the sandbox was refreshed, or the sign-in went to login.salesforce.com \
         in place of the org's My Domain",
        "install the app's package, and sign in at the org's own address; where both are so, try \
         again in a while, since it is said now and then of apps that are there",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[Fact("app.installed")]),
    Refusal::new(
        "not-installed",
        &[("", "must be installed into org"), ("OAUTH_APPROVAL_ERROR_GENERIC", "")],
        "the app is not installed in the org, and since September 2025 only installed apps let \
         users in",
        "install it in Setup, Quick Find \"Connected Apps OAuth Usage\", or give the user Approve \
         Uninstalled Connected Apps for one sign-in and take it back",
    )
    .kind(OrgErrorKind::Auth)
    .at(INSTALLED),
    Refusal::new(
        "unknown-client",
        &[("invalid_client_id", "")],
        "the org does not know the client id: another app's, a deleted app's, one made in the last \
         ten minutes, or the sign-in went to the wrong host",
        "take the consumer key from the app in this org, and sign in at the org's own address",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "wrong-secret",
        &[("invalid_client", "")],
        "the client secret is not, or no longer, the app's (LoginHistory calls it Missing Consumer \
         Key Parameter)",
        "take the consumer secret from the app, and sign in again with it",
    )
    .kind(OrgErrorKind::Auth)
    .over_with_a_sign_in(),
    Refusal::new(
        "address-restricted",
        &[("", "ip restricted")],
        "the user may not sign in from this address, or at this hour: the profile's ranges or \
         hours, the app's IP relaxation, or its address list for refresh tokens",
        "sign in from an allowed address, or let the app relax IP restrictions",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting(APP, "oauthPolicy.ipRelaxation"),
        Setting(POLICIES, "ipRelaxationPolicyType"),
        Setting("Profile", "loginIpRanges[*]"),
        Setting("Profile", "loginHours"),
    ]),
    Refusal::new(
        "frozen-user",
        &[("", "user is frozen")],
        "an admin has frozen the user",
        "unfreeze the user in Setup, Quick Find \"Users\", or sign in as another",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "inactive-user",
        &[("", "inactive user"), ("", "user is inactive"), ("inactive_user", "")],
        "the user is deactivated, perhaps frozen, or signs in outside the profile's login hours",
        "activate the user in Setup, Quick Find \"Users\", or sign in as another",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[Fact("user.is_active"), Setting("Profile", "loginHours")]),
    Refusal::new(
        "password-refused",
        &[("", "authentication failure")],
        "the sign-in by password is refused: the password, a lacking security token, a locked \
         user, or the flow is off, as it is in newer orgs",
        "sign in another way: the flow by password ends in 2027",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[Setting("Settings:OauthOidc", "blockOAuthUnPwFlow")]),
    Refusal::new(
        "wrong-audience",
        &[("", "audience is invalid"), ("", "audience validation failed")],
        "the key was signed for another login host than this org's",
        "name the right `--instance-url`, https://login.salesforce.com for production, \
         https://test.salesforce.com for a sandbox, or the org's own address, in place of the one \
         here",
    )
    .kind(OrgErrorKind::Auth)
    .over_with_a_sign_in(),
    Refusal::new(
        "wrong-key",
        &[("", "invalid assertion")],
        "the signature is not one of the app's certificate: the key is another, the certificate is \
         gone from the app, or this machine's clock is off",
        "upload the certificate of your key to the app, and set the clock",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[Setting(APP, "oauthConfig.certificate"), Setting(GLOBAL, "certificate")]),
    Refusal::new(
        "no-run-as",
        &[("", "no client credentials user enabled")],
        "the app names no user to run as",
        "name one under Client Credentials Flow, Run As, in the app's policies",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting(APP, "oauthConfig.oauthClientCredentialUser"),
        Setting(POLICIES, "clientCredentialsFlowUser"),
        Setting(APP, "oauthConfig.isClientCredentialEnabled"),
        Setting(POLICIES, "isClientCredentialsFlowEnabled"),
    ]),
    Refusal::new(
        "activation-secret",
        &[("", "activation secret invalid")],
        "nobody has published what this means",
        "ask Salesforce Support, with the time of this try",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "app-purged",
        &[("", "problem in setting up your remote access"), ("1800", "")],
        "the app's definition is gone at its owner's",
        "ask the vendor for the app that stands in its place",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "inactive-org",
        &[("inactive_org", "")],
        "the org itself is not active",
        "ask Salesforce, or whoever holds the contract",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "sign-ins-exceeded",
        &[("rate_limit_exceeded", "")],
        "too many sign-ins in a short time",
        "try again later, and let one sign-in serve many calls",
    )
    .kind(OrgErrorKind::Limit),
    Refusal::new(
        "flow-off",
        &[("unsupported_grant_type", "")],
        "the app or the org does not take this way of signing in",
        "switch the flow on in the app, or sign in another way",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting(APP, "oauthConfig.isClientCredentialEnabled"),
        Setting(POLICIES, "isClientCredentialsFlowEnabled"),
    ]),
    Refusal::new(
        "redirect-mismatch",
        &[("redirect_uri_mismatch", "")],
        "the app has another callback URL than the one that the sign-in names",
        "give the app exactly the callback URL that the sign-in named, with its port, or name with \
         `--port` the port of the one that it has",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[Setting(APP, "oauthConfig.callbackUrl"), Setting(GLOBAL, "callbackUrl")]),
    Refusal::new(
        "scope-refused",
        &[("invalid_scope", "")],
        "the app does not have a scope that the sign-in asks for",
        "give the app the scopes api, web and refresh_token",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[Setting(APP, "oauthConfig.scopes"), Setting(SETTINGS, "commaSeparatedOauthScopes")]),
    Refusal::new(
        "turned-down",
        &[("access_denied", "")],
        "the person in the browser, or the org for them, said no",
        "sign in again and allow the app",
    )
    .kind(OrgErrorKind::Auth)
    .over_with_a_sign_in(),
    Refusal::new(
        "response-type",
        &[("unsupported_response_type", "")],
        "the app does not take a sign-in through the browser",
        "sign in another way, or with another app's `--client-id`",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "grant-refused",
        &[("invalid_grant", "")],
        "the org does not take the token, code or key, for a reason that is its own",
        "sign in again",
    )
    .kind(OrgErrorKind::Auth)
    .over_with_a_sign_in(),
];

/// What the API refuses after a good sign-in (S 10.2, 6.8).
pub const API: &[Refusal] = &[
    Refusal::new(
        "jwt-at-soap",
        &[("", "jwt-based access tokens")],
        "the session is good, and SOAP takes no JWT-based access tokens",
        "switch off `Issue JSON Web Token (JWT)-based access tokens` on the app that signs in",
    )
    .kind(OrgErrorKind::Unsupported)
    .at(&[
        Setting(APP, "oauthConfig.isNamedUserJwtEnabled"),
        Setting(GLOBAL, "isNamedUserJwtEnabled"),
    ]),
    Refusal::new(
        "session-not-for-the-api",
        &[("", "session is not valid for use with the")],
        "the session has not ended; the org does not let it use the API: the app's policies or \
         addresses, a high-assurance session asked for, API Access Control, or another host than \
         the org's own",
        "let the app relax IP restrictions, ask no high-assurance session of the user, and name \
         the org's My Domain address",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting(APP, "oauthPolicy.ipRelaxation"),
        Setting(POLICIES, "ipRelaxationPolicyType"),
        Setting(SECURITY, "sessionSettings.lockSessionsToDomain"),
        Fact("org.api_access_control"),
    ]),
    Refusal::new(
        "session-over",
        &[("INVALID_SESSION_ID", "")],
        "the session has ended or was revoked, its user is frozen or inactive, or the org locks \
         sessions to the address or domain where they began",
        "sign in again",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting(SECURITY, "sessionSettings.lockSessionsToIp"),
        Setting(SECURITY, "sessionSettings.lockSessionsToDomain"),
    ])
    .over_with_a_sign_in(),
    Refusal::new(
        "no-session",
        &[("INVALID_AUTH_HEADER", "")],
        "what was sent is no session of this org",
        "sign in again",
    )
    .kind(OrgErrorKind::Auth)
    .over_with_a_sign_in(),
    Refusal::new(
        "login-refused",
        &[("INVALID_LOGIN", "")],
        "the user name, the password or its security token is not right, or the user is locked \
         out; Salesforce does not say which",
        "correct them, or unlock the user in Setup, Quick Find \"Users\"",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "locked-out",
        &[("PASSWORD_LOCKOUT", "")],
        "too many wrong passwords have locked the user out",
        "unlock the user in Setup, Quick Find \"Users\", and correct the password",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "no-security-token",
        &[("LOGIN_MUST_USE_SECURITY_TOKEN", "")],
        "from an address that the org does not trust the password takes the user's security token \
         behind it",
        "put the security token behind the password, or trust the address in Setup, Quick Find \
         \"Network Access\"",
    )
    .kind(OrgErrorKind::Auth),
    Refusal::new(
        "client-not-for-user",
        &[("CLIENT_NOT_ACCESSIBLE_FOR_USER", "")],
        "the user may not use the client that asks",
        "see whom the app admits, and whether API Access Control is on",
    )
    .kind(OrgErrorKind::Permission),
    Refusal::new(
        "password-expired",
        &[("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "")],
        "the user's password has expired, and until it is changed the API is closed to them",
        "change it, or give the user Password Never Expires",
    )
    .kind(OrgErrorKind::Auth)
    .at(&[
        Setting("Profile", "userPermissions[PasswordNeverExpires].enabled"),
        Setting("PermissionSet", "userPermissions[PasswordNeverExpires].enabled"),
    ]),
    Refusal::new(
        "no-api",
        &[("API_DISABLED_FOR_ORG", "")],
        "either the org's edition has no API access, or this user lacks the permission API Enabled",
        "give the user API Enabled; Group and Professional Edition need an add-on",
    )
    .kind(OrgErrorKind::Disabled)
    .at(API_ENABLED),
    Refusal::new(
        "no-api-for-user",
        &[("API_CURRENTLY_DISABLED", "")],
        "the user lacks the permission API Enabled",
        "give it in the user's profile or a permission set",
    )
    .kind(OrgErrorKind::Disabled)
    .at(API_ENABLED),
    Refusal::new(
        "too-many-at-once",
        &[("REQUEST_LIMIT_EXCEEDED", "concurrent"), ("", "concurrentrequests")],
        "too many requests that take long run at once; the day's requests need not be used up",
        "run fewer at once, and try again",
    )
    .kind(OrgErrorKind::Limit),
    Refusal::new(
        REQUESTS_USED_UP,
        &[("REQUEST_LIMIT_EXCEEDED", ""), ("TOO_MANY_REQUESTS", "")],
        "the org's requests for today are used up, or too many run at once",
        "try again later; Setup, Company Information, shows the day's requests, and the event log \
         ApiTotalUsage who makes them",
    )
    .kind(OrgErrorKind::Limit),
    Refusal::new(
        "maintenance",
        &[("ORG_IN_MAINTENANCE", ""), ("ORG_LOCKED", ""), ("SERVER_UNAVAILABLE", "")],
        "the org is locked or in maintenance",
        "try again later; https://status.salesforce.com tells of maintenance",
    )
    .kind(OrgErrorKind::Unavailable),
    Refusal::new(
        "object-hidden",
        &[("INVALID_TYPE", "sobject type")],
        "the user may not read the object, or the org has none of that name",
        "give the user Read on the object before you look for another cause",
    )
    .at(&[
        Setting("Profile", "objectPermissions[*].allowRead"),
        Setting("PermissionSet", "objectPermissions[*].allowRead"),
    ]),
    Refusal::new(
        "field-hidden",
        &[("INVALID_FIELD", "")],
        "the user may not see the field, or the org has none of that name",
        "show the user the field before you look for another cause",
    )
    .at(&[
        Setting("Profile", "fieldPermissions[*].readable"),
        Setting("PermissionSet", "fieldPermissions[*].readable"),
    ]),
    Refusal::new(
        "policy-refuses",
        &[("TXN_SECURITY_NO_ACCESS", "")],
        "a transaction security policy of the org refuses it",
        "look in Setup, Quick Find \"Transaction Security Policies\", for the one that fits",
    )
    .kind(OrgErrorKind::Permission),
    Refusal::new(
        "no-apex-rest",
        &[("APEX_REST_SERVICES_DISABLED", "")],
        "the user may not call Apex services by REST",
        "give the user Apex REST Services",
    )
    .kind(OrgErrorKind::Permission)
    .at(&[
        Setting("Profile", "userPermissions[ApexRestServices].enabled"),
        Setting("PermissionSet", "userPermissions[ApexRestServices].enabled"),
    ]),
    Refusal::new(
        "version-retired",
        &[("UNSUPPORTED_API_VERSION", "")],
        "the org does not serve this version of the API, or no longer",
        "use a newer version of this program, or of the client that asked",
    ),
    Refusal::new(
        "no-right",
        &[
            ("INSUFFICIENT_ACCESS", ""),
            ("INSUFFICIENT_ACCESS_OR_READONLY", ""),
            ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", ""),
            ("INSUFFICIENT_ACCESS_APEX_METADATA_DEPLOY", ""),
        ],
        "the user lacks a right to what was asked",
        "the user needs Modify Metadata Through Metadata API Functions (or Modify All Data), and \
         View Setup and Configuration",
    )
    .kind(OrgErrorKind::Permission)
    .at(&[
        Setting("Profile", "userPermissions[ModifyMetadata].enabled"),
        Setting("Profile", "userPermissions[ViewSetup].enabled"),
        Setting("PermissionSet", "userPermissions[ModifyMetadata].enabled"),
        Setting("PermissionSet", "userPermissions[ViewSetup].enabled"),
    ]),
    Refusal::new(
        "url-not-reset",
        &[("URL_NOT_RESET", "")],
        "the session is of another address: a sign-in tells the org's own, which is not the one \
         that was asked",
        "name the org's own address (https://..my.salesforce.com, Setup > My Domain shows it) \
         where you sign in, or in SF_ORG_INSTANCE_URL",
    )
    .kind(OrgErrorKind::Moved),
    Refusal::new(
        "no-such-host",
        &[("", "enotfound"), ("", "could not resolve host"), ("", "name or service not known")],
        "no host of that name is found from where it was asked: the address is wrong, the org's My \
         Domain is another now, or names are not looked up there",
        "compare it with the org's own address in Setup, Quick Find \"My Domain\"",
    )
    .kind(OrgErrorKind::Unreachable),
    Refusal::new(
        "stumbled",
        &[("UNKNOWN_EXCEPTION", "")],
        "the org stumbled",
        "run this again; if it stays so, Salesforce Support can look its ErrorId up",
    ),
];

const INSTALLED: &[super::Place] =
    &[Fact("app.installed"), Fact("user.permission[CanApproveUninstalledApps]")];
const BLOCKED: &[super::Place] = &[
    Fact("app.installed"),
    Fact("org.api_access_control"),
    Fact("user.permission[UseAnyApiClient]"),
];
/// Where an app says whom it admits, and how a user comes by it (S 1.4).
const PRE_AUTHORISED: &[super::Place] = &[
    Setting(APP, "profileName"),
    Setting(APP, "permissionSetName"),
    Fact("user.permission_set[*]"),
    Fact("user.profile"),
    Setting(APP, "oauthConfig.isAdminApproved"),
    Setting(POLICIES, "commaSeparatedProfile"),
    Setting(POLICIES, "commaSeparatedPermissionSet"),
    Setting(POLICIES, "permittedUsersPolicyType"),
];
const API_ENABLED: &[super::Place] = &[
    Setting("Profile", "userPermissions[ApiEnabled].enabled"),
    Setting("PermissionSet", "userPermissions[ApiEnabled].enabled"),
    Fact("org.api_access"),
];
