//! The table of rules: one row for each thing that stops an integration, with its source and the
//! way out. In which order they stand says nothing; a tie is broken by `order`.

use super::look::{app, change, nothing, org, token, user};
use super::rule::{Rule, WayOut};
use super::symptom::VAGUE;
use crate::org::refusal::Place::{self, Fact, Setting};
use crate::org::refusal::TOKEN_OVER;

const APP: &str = "ConnectedApp";
const POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";
const GLOBAL: &str = "ExtlClntAppGlobalOauthSettings";
const SWITCHES: &str = "ExtlClntAppConfigurablePolicies";

/// What a rule is where its row says nothing else.
const RULE: Rule = Rule {
    id: "",
    order: 9,
    cause: "",
    looks_at: "",
    source: "",
    is_recorded: true,
    blocks: false,
    is_choice: false,
    refusals: &[],
    may_refuse: &[],
    statuses: &[],
    http: &[],
    breaks: &[],
    way_out: AT_THE_VENDOR,
    look: nothing,
};

const AT_THE_VENDOR: WayOut = WayOut { by_hand: None, page: None, at_the_vendor: None };

const fn by_hand(words: &'static str, page: &'static str) -> WayOut {
    WayOut { by_hand: Some(words), page: Some(page), at_the_vendor: None }
}

const fn at_the_vendor(words: &'static str) -> WayOut {
    WayOut { by_hand: None, page: None, at_the_vendor: Some(words) }
}

const fn both(words: &'static str, page: &'static str, vendor: &'static str) -> WayOut {
    WayOut { by_hand: Some(words), page: Some(page), at_the_vendor: Some(vendor) }
}

const SIGN_IN_AGAIN: &str = "sign in to Salesforce again, as the integration's user";
/// What a token that is over is refused with.
const OVER: &[&str] = &[TOKEN_OVER, VAGUE];
const NO_TOKEN: &[&str] = &["invalid token", "missing oauth token parameter"];

const LETS_IN: &[Place] = &[
    Setting(APP, "profileName"),
    Setting(APP, "permissionSetName"),
    Fact("user.permission_set[*]"),
    Fact("user.app[*]"),
    Fact("user.profile"),
    Setting(POLICIES, "commaSeparatedProfile"),
    Setting(POLICIES, "commaSeparatedPermissionSet"),
    Setting(APP, "oauthConfig.isAdminApproved"),
    Setting(POLICIES, "permittedUsersPolicyType"),
];
const REFRESH: &[Place] = &[
    Setting(APP, "oauthPolicy.refreshTokenPolicy"),
    Setting(POLICIES, "refreshTokenPolicyType"),
    Setting(POLICIES, "refreshTokenValidityPeriod"),
    Setting(POLICIES, "refreshTokenValidityUnit"),
];

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule {
        id: "org-closed",
        order: 2,
        cause: "the org itself is locked, in maintenance or at its end",
        looks_at: "the words of the sign-ins, and https://status.salesforce.com",
        source: "S 12.2",
        refusals: &["inactive-org", "maintenance"],
        statuses: &[
            "organization locked",
            "organization suspended",
            "organization closed",
            "organization inactive",
            "organization is in maintenance",
            "trial expired",
        ],
        way_out: at_the_vendor("nothing; ask Salesforce, or whoever holds the contract"),
        ..RULE
    },
    Rule {
        id: "no-api-edition",
        order: 2,
        cause: "the org's edition has no API access",
        looks_at: "the edition in Setup, Company Information",
        source: "S 10.2",
        blocks: true,
        refusals: &["no-api"],
        statuses: &["oauth api access disabled"],
        http: &[403],
        breaks: &[Fact("org.api_access")],
        way_out: by_hand("add API access to the edition, or upgrade it", "company-information"),
        look: org::no_api,
        ..RULE
    },
    Rule {
        id: "api-limit",
        order: 2,
        cause: "the org's API requests of the day are used up",
        looks_at: "`limits`, DailyApiRequests; the event log ApiTotalUsage says who makes them",
        source: "S 10.2",
        refusals: &["requests-used-up"],
        http: &[403, 429, 503],
        way_out: both(
            "see which app makes them; they come back within 24 hours",
            "company-information",
            "ask for fewer, larger requests",
        ),
        look: org::requests,
        ..RULE
    },
    Rule {
        id: "user-inactive",
        order: 3,
        cause: "the user was deactivated",
        looks_at: "`IsActive` of the user's row; `deactivateduser` in the audit trail",
        source: "S 12.2",
        blocks: true,
        refusals: &["inactive-user"],
        may_refuse: &[TOKEN_OVER, VAGUE, "session-over"],
        statuses: &["user is inactive"],
        http: &[401],
        breaks: &[Fact("user.is_active")],
        way_out: by_hand("activate the user, or sign the integration in as another", "users"),
        look: user::inactive,
        ..RULE
    },
    Rule {
        id: "user-frozen",
        order: 3,
        cause: "the user was frozen",
        looks_at: "`IsFrozen` of the user's row in UserLogin; `frozeuser` in the audit trail",
        source: "S 12.2",
        blocks: true,
        refusals: &["inactive-user"],
        may_refuse: &[TOKEN_OVER, VAGUE, "session-over"],
        statuses: &["user is frozen"],
        http: &[401],
        way_out: by_hand("unfreeze the user, on their page", "users"),
        look: user::frozen,
        ..RULE
    },
    Rule {
        id: "password-lockout",
        order: 3,
        cause: "too many wrong passwords have locked the user out",
        looks_at: "`IsPasswordLocked` of the user's row in UserLogin",
        source: "S 12.2",
        refusals: &["password-refused"],
        statuses: &["password lockout"],
        way_out: both("unlock the user, on their page", "users", "correct the password"),
        look: user::locked_out,
        ..RULE
    },
    Rule {
        id: "password-expired",
        order: 3,
        cause: "the user's password has expired",
        looks_at: "`isExpired` of the user's password; only a sign-in with a password needs one",
        source: "S 10.2",
        refusals: &["password-expired"],
        may_refuse: &["password-refused", "session-over", "no-session"],
        breaks: &[
            Setting("Profile", "userPermissions[PasswordNeverExpires].enabled"),
            Setting("PermissionSet", "userPermissions[PasswordNeverExpires].enabled"),
            Fact("user.permission[PasswordNeverExpires]"),
        ],
        way_out: both(
            "set a new password, and give the user Password Never Expires",
            "users",
            "store the new password, or change to a flow without one: that one ends in 2027",
        ),
        look: user::password_expired,
        ..RULE
    },
    Rule {
        id: "password-flow-blocked",
        order: 3,
        cause: "the org refuses the flow by user name and password",
        looks_at: "`blockOAuthUnPwFlow` of the settings, and the flow of the sign-ins",
        source: "S 12.2",
        is_choice: true,
        refusals: &["password-refused"],
        statuses: &["username-password flow disabled"],
        breaks: &[Setting("Settings:OauthOidc", "blockOAuthUnPwFlow")],
        way_out: both(
            "allow it for the time being, \"Allow OAuth Username-Password Flows\"",
            "oauth-and-openid-connect-settings",
            "change to the client credentials, JWT or web server flow: this one ends for all on \
             2027-02-20",
        ),
        look: user::password_flow,
        ..RULE
    },
    Rule {
        id: "password-wrong",
        order: 3,
        cause: "the password, or its security token, is not the user's",
        looks_at: "the words of the sign-ins; `resetpassword`, `changedpassword` in the trail",
        source: "S 12.2",
        is_choice: true,
        refusals: &["password-refused"],
        may_refuse: &[TOKEN_OVER, VAGUE],
        statuses: &["invalid password", "api security token required"],
        way_out: both(
            "reset the password, or the security token",
            "users",
            "store the new one",
        ),
        look: user::password_changed,
        ..RULE
    },
    Rule {
        id: "no-api-enabled",
        order: 3,
        cause: "the user lost API Enabled",
        looks_at: "what profile, permission sets and groups give the user together",
        source: "S 10.2",
        blocks: true,
        refusals: &["no-api-for-user", "no-api"],
        may_refuse: &["session-not-for-the-api"],
        statuses: &["api_currently_disabled*"],
        http: &[403],
        breaks: &[
            Setting("Profile", "userPermissions[ApiEnabled].enabled"),
            Setting("PermissionSet", "userPermissions[ApiEnabled].enabled"),
            Fact("user.permission[ApiEnabled]"),
        ],
        way_out: by_hand("give API Enabled in a permission set of the user's", "permission-sets"),
        look: user::no_api,
        ..RULE
    },
    Rule {
        id: "username-changed",
        order: 3,
        cause: "the user's user name was changed",
        looks_at: "`changedusername` in the audit trail",
        source: "S 12.4",
        may_refuse: &["password-refused", "inactive-user", "not-approved", "no-session"],
        way_out: at_the_vendor("sign in with the new user name"),
        look: change::username,
        ..RULE
    },
    Rule {
        id: "not-installed",
        order: 4,
        cause: "the app is not installed in the org, and since September 2025 only installed apps \
                let users in",
        looks_at: "whether the org has a row of the app, and `AppMenuItemId` of its grants",
        source: "S 12.3",
        blocks: true,
        refusals: &["not-installed", "external-client-app-not-installed"],
        may_refuse: &["blocked", "unknown-client", TOKEN_OVER],
        statuses: &[
            "package for this consumer is not installed in your organization",
            "package for this consumer is out of date",
        ],
        breaks: &[Fact("app.installed"), Fact("user.permission[CanApproveUninstalledApps]")],
        way_out: by_hand("install the app: Install beside it in the list", "connected-apps-usage"),
        look: app::not_installed,
        ..RULE
    },
    Rule {
        id: "app-blocked",
        order: 4,
        cause: "the app was blocked",
        looks_at: "metadata BlacklistedConsumer; `blockConnectedApplication` in the audit trail",
        source: "S 12.5",
        blocks: true,
        refusals: &["blocked"],
        may_refuse: &[TOKEN_OVER, VAGUE, "session-over", "session-not-for-the-api"],
        http: &[401, 403],
        breaks: &[Setting(APP, "sessionPolicy.policyAction"), Setting(POLICIES, "policyAction")],
        way_out: by_hand("unblock the app: Unblock beside it in the list", "connected-apps-usage"),
        look: app::blocked,
        ..RULE
    },
    Rule {
        id: "api-access-control",
        order: 4,
        cause: "API Access Control keeps out apps of which no admin approves the users",
        looks_at: "`enableAdminApprovedAppsOnly` of the settings, and who approves the app",
        source: "S 2.8",
        blocks: true,
        refusals: &["blocked"],
        may_refuse: &[TOKEN_OVER, VAGUE, "session-over", "session-not-for-the-api"],
        http: &[401, 403],
        breaks: &[
            Fact("org.api_access_control"),
            Fact("user.permission[UseAnyApiClient]"),
            Setting(APP, "oauthConfig.isAdminApproved"),
        ],
        way_out: by_hand(
            "install the app, set it to \"Admin approved users are pre-authorized\", and give it \
             to a profile or permission set of the user's",
            "connected-apps",
        ),
        look: app::access_control,
        ..RULE
    },
    Rule {
        id: "app-off",
        order: 4,
        cause: "the external client app is switched off",
        looks_at: "`isEnabled` and `isOauthPluginEnabled` of the app's policies",
        source: "S 2.6",
        blocks: true,
        may_refuse: &[
            "blocked",
            "external-client-app-not-installed",
            "unknown-client",
            TOKEN_OVER,
            VAGUE,
        ],
        breaks: &[
            Setting(SWITCHES, "isEnabled"),
            Setting(SWITCHES, "isOauthPluginEnabled"),
        ],
        way_out: by_hand("switch it on, under Policies", "external-client-apps"),
        look: app::off,
        ..RULE
    },
    Rule {
        id: "app-deleted",
        order: 4,
        cause: "the app was deleted, or the client id is another's",
        looks_at: "`deleteApplication` in the audit trail, and the client id at the vendor",
        source: "S 10.1",
        refusals: &["unknown-client", "app-purged"],
        may_refuse: &[TOKEN_OVER, VAGUE],
        statuses: &["consumer deleted"],
        breaks: &[Fact("app.installed")],
        way_out: at_the_vendor(
            "take the consumer key from the app in this org, and sign in at the org's own address",
        ),
        look: app::deleted,
        ..RULE
    },
    Rule {
        id: "assignment-expired",
        order: 5,
        cause: "an assignment of the user's ran out",
        looks_at: "`ExpirationDate` of the user's assignments: no change of the app shows it",
        source: "S 12.1",
        refusals: &["not-pre-authorised"],
        may_refuse: &[
            TOKEN_OVER,
            VAGUE,
            "field-hidden",
            "object-hidden",
            "no-right",
            "no-api",
            "no-api-for-user",
        ],
        http: &[400, 403, 404],
        breaks: LETS_IN,
        way_out: by_hand("assign it again, without an end", "permission-sets"),
        look: user::assignment_expired,
        ..RULE
    },
    Rule {
        id: "not-pre-authorised",
        order: 5,
        cause: "the app lets in pre-authorised users alone, and the user is none of them",
        looks_at: "the app's Permitted Users, its profiles and permission sets, and the user's",
        source: "S 10.1",
        blocks: true,
        refusals: &["not-pre-authorised"],
        may_refuse: &[TOKEN_OVER, VAGUE],
        breaks: LETS_IN,
        way_out: by_hand(
            "give the app to a profile or permission set that the user has",
            "connected-apps",
        ),
        look: app::not_let_in,
        ..RULE
    },
    Rule {
        id: "not-approved",
        order: 5,
        cause: "the app leaves it to users to approve it, and this user never has",
        looks_at: "the app's Permitted Users",
        source: "S 10.1",
        refusals: &["not-approved"],
        breaks: LETS_IN,
        way_out: by_hand(
            "set Permitted Users to \"Admin approved users are pre-authorized\", and give the app \
             to a profile or permission set that the user has",
            "connected-apps",
        ),
        look: app::not_approved,
        ..RULE
    },
    Rule {
        id: "approval-reset",
        order: 5,
        cause: "the app was installed anew or switched to admin approval, after which users \
                approve it again",
        looks_at: "`insertConnectedApplication`, `changeUserRuntimeAccessPolicy` in the trail",
        source: "S 10.3",
        may_refuse: &[TOKEN_OVER, VAGUE, "not-pre-authorised", "not-approved"],
        breaks: LETS_IN,
        way_out: at_the_vendor(SIGN_IN_AGAIN),
        look: change::approval_reset,
        ..RULE
    },
    Rule {
        id: "secret-rotated",
        order: 6,
        cause: "the client secret, or the client id, is not the app's any more",
        looks_at: "\"Missing Consumer Key Parameter\" in the sign-ins, which means a wrong one too",
        source: "S 12.2",
        refusals: &["wrong-secret"],
        may_refuse: &["unknown-client"],
        statuses: &["missing consumer key parameter"],
        way_out: both(
            "look the consumer key and secret up: Manage Consumer Details",
            "app-manager",
            "store the app's key and secret as they are now",
        ),
        look: change::secret,
        ..RULE
    },
    Rule {
        id: "certificate",
        order: 6,
        cause: "the signature is not one of the app's certificate",
        looks_at: "\"Signature Invalid\" in the sign-ins; `changeApplicationCertificate`",
        source: "S 12.2",
        refusals: &["wrong-key"],
        statuses: &["signature invalid"],
        breaks: &[Setting(APP, "oauthConfig.certificate"), Setting(GLOBAL, "certificate")],
        way_out: both(
            "upload the certificate of the vendor's key to the app",
            "app-manager",
            "sign with the key of the app's certificate, and set the clock",
        ),
        look: change::certificate,
        ..RULE
    },
    Rule {
        id: "callback",
        order: 6,
        cause: "the app has another callback URL than the vendor names",
        looks_at: "\"Invalid Callback URL\" in the sign-ins; `changeApplicationCallbackUrl`",
        source: "S 12.2",
        refusals: &["redirect-mismatch"],
        statuses: &["invalid callback url"],
        breaks: &[Setting(APP, "oauthConfig.callbackUrl"), Setting(GLOBAL, "callbackUrl")],
        way_out: by_hand("give the app the vendor's callback URL", "app-manager"),
        look: change::callback,
        ..RULE
    },
    Rule {
        id: "pkce",
        order: 6,
        cause: "the app asks for PKCE, and the vendor does not send it",
        looks_at: "\"Invalid Code Challenge\" in the sign-ins; `changeApplicationPkceRequired`",
        source: "S 12.2",
        statuses: &["invalid code challenge", "invalid code verifier"],
        may_refuse: &[VAGUE],
        breaks: &[Setting(APP, "oauthConfig.isPkceRequired"), Setting(GLOBAL, "isPkceRequired")],
        way_out: both(
            "switch Require PKCE off, if the vendor's page says so",
            "app-manager",
            "send the code challenge and verifier",
        ),
        look: change::pkce,
        ..RULE
    },
    Rule {
        id: "code-reused",
        order: 6,
        cause: "the vendor used an authorisation code twice",
        looks_at: "\"Invalid Nonce\" in the sign-ins",
        source: "S 12.2",
        statuses: &["invalid nonce", "nonce replay detected"],
        way_out: at_the_vendor("exchange each code once"),
        ..RULE
    },
    Rule {
        id: "flow-off",
        order: 6,
        cause: "the app, or the org, does not take the vendor's way of signing in any more",
        looks_at: "`changeApplicationClientCredentialEnabled`, `addOauthClientCredentialUser`",
        source: "S 10.1",
        refusals: &["flow-off", "no-run-as", "response-type"],
        breaks: &[
            Setting(APP, "oauthConfig.isClientCredentialEnabled"),
            Setting(APP, "oauthConfig.oauthClientCredentialUser"),
            Setting(GLOBAL, "isClientCredentialsFlowEnabled"),
            Setting(POLICIES, "isClientCredentialsFlowEnabled"),
            Setting(POLICIES, "clientCredentialsFlowUser"),
        ],
        way_out: by_hand("switch the flow on, and name the user to run as", "app-manager"),
        look: change::client_credentials,
        ..RULE
    },
    Rule {
        id: "secret-required",
        order: 6,
        cause: "the app asks for its secret where it did not before",
        looks_at: "`changeApplicationSecretRequiredForRefreshToken` in the audit trail",
        source: "S 12.4",
        may_refuse: &["wrong-secret", VAGUE],
        breaks: &[
            Setting(APP, "oauthConfig.isSecretRequiredForRefreshToken"),
            Setting(APP, "oauthConfig.isConsumerSecretOptional"),
            Setting(GLOBAL, "isSecretRequiredForRefreshToken"),
        ],
        way_out: both(
            "take it back, if the vendor's page says so",
            "app-manager",
            "send the secret with each refresh",
        ),
        look: change::secret_required,
        ..RULE
    },
    Rule {
        id: "scopes",
        order: 6,
        cause: "the app's scopes were changed",
        looks_at: "`changeOauthDefaultScope` in the audit trail",
        source: "S 12.4",
        refusals: &["scope-refused"],
        may_refuse: &["session-not-for-the-api", "no-right"],
        http: &[401, 403],
        breaks: &[
            Setting(APP, "oauthConfig.scopes"),
            Setting("ExtlClntAppOauthSettings", "commaSeparatedOauthScopes"),
        ],
        way_out: both("give the app its scopes back", "app-manager", SIGN_IN_AGAIN),
        look: change::scopes,
        ..RULE
    },
    Rule {
        id: "version-retired",
        order: 6,
        cause: "the vendor calls a version of the API that is retired",
        looks_at: "\"API Version Removed\" in the sign-ins",
        source: "S 0",
        refusals: &["version-retired"],
        statuses: &["api version removed*"],
        http: &[410],
        way_out: at_the_vendor("call a newer version"),
        ..RULE
    },
    Rule {
        id: "sign-ins-exceeded",
        order: 6,
        cause: "the vendor signs in too often",
        looks_at: "\"Login rate exceeded\" in the sign-ins",
        source: "S 12.2",
        refusals: &["sign-ins-exceeded"],
        statuses: &["login rate exceeded", "maximum logins exceeded"],
        way_out: at_the_vendor("let one sign-in serve many calls"),
        ..RULE
    },
    Rule {
        id: "session-level",
        order: 6,
        cause: "a second factor, or a high-assurance session, is asked of the user",
        looks_at: "\"Multi-factor required\" in the sign-ins; the app's and the profile's policy",
        source: "S 12.2",
        statuses: &["multi-factor*"],
        may_refuse: &["session-not-for-the-api", VAGUE],
        breaks: &[
            Setting(APP, "sessionPolicy.sessionLevel"),
            Setting(POLICIES, "requiredSessionLevel"),
        ],
        way_out: by_hand("ask no high-assurance session of this user", "connected-apps"),
        look: change::session_level,
        ..RULE
    },
    Rule {
        id: "host",
        order: 6,
        cause: "the org takes sign-ins at its own address alone, or that address was changed",
        looks_at: "\"Restricted domain\" in the sign-ins; My Domain in the audit trail",
        source: "S 12.2",
        statuses: &["restricted domain"],
        may_refuse: &[
            TOKEN_OVER,
            VAGUE,
            "unknown-client",
            "external-client-app-not-installed",
            "session-not-for-the-api",
            "url-not-reset",
        ],
        way_out: both(
            "see the org's own address",
            "my-domain",
            "sign in there, in place of login.salesforce.com",
        ),
        look: change::domain,
        ..RULE
    },
    Rule {
        id: "api-only-user",
        order: 6,
        cause: "a user who has the API alone cannot approve an app in a browser",
        looks_at: "\"API-only user\" in the sign-ins",
        source: "S 12.2",
        statuses: &["api-only user"],
        breaks: LETS_IN,
        way_out: by_hand(
            "pre-authorise the user: Permitted Users, and a permission set of the app",
            "connected-apps",
        ),
        ..RULE
    },
    Rule {
        id: "policy-of-transactions",
        order: 6,
        cause: "a transaction security policy refuses it",
        looks_at: "Setup, Transaction Security Policies",
        source: "S 10.2",
        refusals: &["policy-refuses"],
        way_out: at_the_vendor("nothing; the policy is the org's"),
        ..RULE
    },
    Rule {
        id: "no-apex-rest",
        order: 6,
        cause: "the user may not call Apex services by REST",
        looks_at: "the user's permission Apex REST Services",
        source: "S 10.2",
        refusals: &["no-apex-rest"],
        breaks: &[
            Setting("Profile", "userPermissions[ApexRestServices].enabled"),
            Setting("PermissionSet", "userPermissions[ApexRestServices].enabled"),
        ],
        way_out: by_hand("give the user Apex REST Services", "permission-sets"),
        ..RULE
    },
    Rule {
        id: "jwt-at-soap",
        order: 6,
        cause: "SOAP takes none of the JWT-based access tokens that the app gives out",
        looks_at: "`isNamedUserJwtEnabled` of the app",
        source: "S 10.2",
        refusals: &["jwt-at-soap"],
        breaks: &[
            Setting(APP, "oauthConfig.isNamedUserJwtEnabled"),
            Setting(GLOBAL, "isNamedUserJwtEnabled"),
        ],
        way_out: by_hand(
            "switch off \"Issue JSON Web Token (JWT)-based access tokens\"",
            "app-manager",
        ),
        ..RULE
    },
    Rule {
        id: "ip-enforced",
        order: 8,
        cause: "the address from which it comes is not let in",
        looks_at: "the app's IP relaxation, the profile's addresses, and those of the sign-ins",
        source: "S 12.2",
        is_choice: true,
        refusals: &["address-restricted"],
        may_refuse: &["session-not-for-the-api", "session-over", VAGUE],
        statuses: &["restricted ip", "ip address not allowed"],
        http: &[401],
        breaks: &[
            Setting(APP, "oauthPolicy.ipRelaxation"),
            Setting(POLICIES, "ipRelaxationPolicyType"),
            Setting("Profile", "loginIpRanges[*]"),
            Setting("Profile", "loginIpRanges"),
        ],
        way_out: both(
            "relax the app's IP restrictions, or add the vendor's addresses to the profile",
            "connected-apps",
            "ask from which addresses it comes",
        ),
        look: user::addresses,
        ..RULE
    },
    Rule {
        id: "login-hours",
        order: 8,
        cause: "the profile's login hours keep the user out",
        looks_at: "the profile's login hours, in the org's time zone",
        source: "S 12.2",
        is_choice: true,
        refusals: &["address-restricted", "inactive-user"],
        statuses: &["restricted time", "ip address not allowed"],
        breaks: &[Setting("Profile", "loginHours")],
        way_out: by_hand("let the profile in at every hour", "profiles"),
        look: user::hours,
        ..RULE
    },
    Rule {
        id: "field-access",
        order: 8,
        cause: "the user lost access to objects or fields",
        looks_at: "the template's steps on objects and fields, and changes of the user's sets",
        source: "S 10.2",
        is_choice: true,
        refusals: &["field-hidden", "object-hidden", "no-right"],
        http: &[400, 403, 404],
        breaks: &[
            Setting("Profile", "objectPermissions[*].allowRead"),
            Setting("PermissionSet", "objectPermissions[*].allowRead"),
            Setting("Profile", "fieldPermissions[*].readable"),
            Setting("PermissionSet", "fieldPermissions[*].readable"),
            Setting("Profile", "fieldPermissions[*].editable"),
            Setting("PermissionSet", "fieldPermissions[*].editable"),
            Fact("user.object[*].read"),
            Fact("user.field[*].read"),
            Fact("user.field[*].edit"),
        ],
        way_out: by_hand("give it back in a permission set of the user's", "permission-sets"),
        look: user::field_access,
        ..RULE
    },
    Rule {
        id: "refresh-policy-zero",
        order: 7,
        cause: "the app's policy ends each refresh token at once",
        looks_at: "the app's Refresh Token Policy; a change of it leaves no row",
        source: "S 10.3",
        is_recorded: false,
        refusals: OVER,
        statuses: NO_TOKEN,
        breaks: REFRESH,
        way_out: both(
            "set \"Refresh token is valid until revoked\"",
            "connected-apps",
            SIGN_IN_AGAIN,
        ),
        look: token::policy_zero,
        ..RULE
    },
    Rule {
        id: "token-lifetime",
        order: 7,
        cause: "the refresh token's time was over",
        looks_at: "the app's Refresh Token Policy, against the grant's age and last use",
        source: "S 1.3",
        is_recorded: false,
        refusals: OVER,
        statuses: NO_TOKEN,
        breaks: REFRESH,
        way_out: both(
            "set \"Refresh token is valid until revoked\", if the vendor's page says so",
            "connected-apps",
            SIGN_IN_AGAIN,
        ),
        look: token::lifetime,
        ..RULE
    },
    Rule {
        id: "idle-limit",
        order: 7,
        cause: "the refresh token lay idle for 30 days",
        looks_at: "`isEnforceRefreshTokenTTL` of the app, and when it was used last",
        source: "S 10.3",
        is_recorded: false,
        refusals: OVER,
        statuses: NO_TOKEN,
        breaks: &[
            Setting(APP, "oauthConfig.isEnforceRefreshTokenTTL"),
            Setting(GLOBAL, "isEnforceRefreshTokenTTL"),
        ],
        way_out: at_the_vendor(
            "sign in to Salesforce again, and use the token at least once in 30 days",
        ),
        look: token::idle,
        ..RULE
    },
    Rule {
        id: "evicted-by-approval",
        order: 7,
        cause: "a further approval of the same app by the same user pushed the token out",
        looks_at: "how many grants the user has of the app, and how old they are: five are kept",
        source: "S 10.3",
        is_recorded: false,
        refusals: OVER,
        statuses: NO_TOKEN,
        way_out: at_the_vendor(
            "sign in again, and let no test or second system approve as the same user",
        ),
        look: token::evicted,
        ..RULE
    },
    Rule {
        id: "token-reused",
        order: 7,
        cause: "a refresh token that rotates was used twice, which ends all that came of it",
        looks_at: "whether the app rotates tokens; at the vendor, whether two refresh at once",
        source: "S 10.3",
        is_recorded: false,
        refusals: OVER,
        statuses: NO_TOKEN,
        breaks: &[
            Setting(APP, "oauthConfig.isRefreshTokenRotationEnabled"),
            Setting(GLOBAL, "isRefreshTokenRotationEnabled"),
        ],
        way_out: at_the_vendor("refresh in one place at a time, keep the newest token, sign in"),
        look: token::reused,
        ..RULE
    },
    Rule {
        id: "token-revoked",
        order: 7,
        cause: "an admin, or the user, revoked the token",
        looks_at: "whether a grant of the app is left; who revoked one is not recorded",
        source: "S 10.1",
        is_recorded: false,
        refusals: OVER,
        statuses: NO_TOKEN,
        way_out: at_the_vendor(SIGN_IN_AGAIN),
        look: token::revoked,
        ..RULE
    },
    Rule {
        id: "sandbox-refreshed",
        order: 7,
        cause: "the sandbox was refreshed, and with it went all tokens",
        looks_at: "whether the org is a sandbox, and has a past",
        source: "S 10.3",
        is_recorded: false,
        refusals: &[TOKEN_OVER, VAGUE, "external-client-app-not-installed", "unknown-client"],
        statuses: NO_TOKEN,
        way_out: at_the_vendor("connect the sandbox anew; its id is another now"),
        look: token::refreshed_sandbox,
        ..RULE
    },
];
