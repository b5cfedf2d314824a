//! The table of rules: one row for each thing that stops an integration, with its source and the
//! way out. In which order they stand says nothing; a tie is broken by `order`.

mod app;
mod org;
mod token;
mod user;

use super::look::nothing;
use super::rule::{Rule, WayOut};
use super::symptom::VAGUE;
use crate::org::refusal::Place::{self, Fact, Setting};
use crate::org::refusal::TOKEN_OVER;

const APP: &str = "ConnectedApp";
const POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";
const GLOBAL: &str = "ExtlClntAppGlobalOauthSettings";
const SWITCHES: &str = "ExtlClntAppConfigurablePolicies";

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [org::RULES, user::RULES, app::RULES, token::RULES].into_iter().flatten()
}

/// What a rule is where its row says nothing else.
const RULE: Rule = Rule {
    id: "",
    order: 9,
    cause: "",
    looks_at: "",
    source: "",
    is_recorded: true,
    of_token: false,
    blocks: false,
    of_calls: false,
    is_choice: false,
    refusals: &[],
    may_refuse: &[],
    statuses: &[],
    http: &[],
    breaks: &[],
    way_out: AT_THE_VENDOR,
    follows: &[],
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
