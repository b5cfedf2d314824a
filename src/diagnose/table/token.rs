//! The refresh token, of whose end nothing is recorded.

use super::{APP, GLOBAL, NO_TOKEN, OVER, REFRESH, RULE, SIGN_IN_AGAIN, at_the_vendor, both};
use crate::diagnose::look::token;
use crate::diagnose::rule::Rule;
use crate::diagnose::symptom::VAGUE;
use crate::org::refusal::Place::Setting;
use crate::org::refusal::TOKEN_OVER;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "refresh-policy-zero",
        order: 7,
        cause: "the app's policy ends each refresh token at once",
        looks_at: "the app's Refresh Token Policy; a change of it leaves no row",
        source: "S 10.3",
        is_recorded: false,
        of_token: true,
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
        of_token: true,
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
        of_token: true,
        refusals: OVER,
        statuses: NO_TOKEN,
        breaks: &[
            Setting(APP, "oauthConfig.isEnforceRefreshTokenTTL"),
            Setting(GLOBAL, "isEnforceRefreshTokenTTL"),
        ],
        way_out: both(
            "switch the app's limit on idle refresh tokens off, if the vendor's page says so",
            "app-manager",
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
        of_token: true,
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
        of_token: true,
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
        of_token: true,
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
        of_token: true,
        refusals: &[TOKEN_OVER, VAGUE, "external-client-app-not-installed", "unknown-client"],
        statuses: NO_TOKEN,
        way_out: at_the_vendor("connect the sandbox anew; its id is another now"),
        look: token::refreshed_sandbox,
        ..RULE
    },
];
