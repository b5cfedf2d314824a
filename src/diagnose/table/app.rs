//! The app: whether it is there, whom it lets in, and what it asks of a sign-in.

use super::{
    APP, GLOBAL, LETS_IN, POLICIES, RULE, SIGN_IN_AGAIN, SWITCHES, at_the_vendor, both, by_hand,
};
use crate::diagnose::look::{app, change};
use crate::diagnose::rule::Rule;
use crate::diagnose::symptom::VAGUE;
use crate::org::refusal::Place::{Fact, Setting};
use crate::org::refusal::TOKEN_OVER;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "not-installed",
        order: 4,
        cause: "the app is not installed in the org, and since September 2025 only installed apps \
                let users in",
        looks_at: "whether the org has a row of the app, and `AppMenuItemId` of its grants",
        source: "S 13.3",
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
        source: "S 13.5",
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
            "let the app through: install it where it is not, set it to \"Admin approved users are \
             pre-authorized\", and give it to a profile or permission set of the user's; or switch \
             API Access Control off",
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
        breaks: &[Setting(SWITCHES, "isEnabled"), Setting(SWITCHES, "isOauthPluginEnabled")],
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
        id: "not-pre-authorised",
        order: 5,
        cause: "the app lets in pre-authorised users alone, and the user is none of them",
        looks_at: "the app's Permitted Users, its profiles and permission sets, and the user's",
        source: "S 10.1",
        blocks: true,
        refusals: &["not-pre-authorised"],
        may_refuse: &[TOKEN_OVER, VAGUE, "client-not-for-user"],
        breaks: LETS_IN,
        follows: &["assignment-expired"],
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
        source: "S 13.2",
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
        source: "S 13.2",
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
        source: "S 13.2",
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
        source: "S 13.2",
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
        source: "S 13.4",
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
        source: "S 13.4",
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
];
