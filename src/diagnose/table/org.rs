//! The org, and how the vendor comes to it.

use super::{APP, POLICIES, RULE, at_the_vendor, both, by_hand};
use crate::diagnose::look::{change, org};
use crate::diagnose::rule::Rule;
use crate::diagnose::symptom::VAGUE;
use crate::org::refusal::Place::{Fact, Setting};
use crate::org::refusal::{REQUESTS_USED_UP, TOKEN_OVER};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "org-closed",
        order: 2,
        cause: "the org itself is locked, in maintenance or at its end",
        looks_at: "the words of the sign-ins, and https://status.salesforce.com",
        source: "S 13.2",
        refusals: &["inactive-org", "maintenance"],
        http: &[503],
        statuses: &[
            "organization locked",
            "organization suspended",
            "organization closed",
            "organization inactive",
            "organization is in maintenance",
            "trial expired",
        ],
        way_out: at_the_vendor("nothing; ask Salesforce, or whoever holds the contract"),
        look: org::closed,
        ..RULE
    },
    Rule {
        id: "no-api-edition",
        order: 2,
        cause: "the org's edition has no API access",
        looks_at: "the edition in Setup, Company Information",
        source: "S 10.2",
        of_calls: true,
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
        of_calls: true,
        refusals: &[REQUESTS_USED_UP],
        http: &[403, 429, 503],
        way_out: both(
            "see which app makes most, and let that one make fewer; each comes back 24 hours after it \
             was made",
            "company-information",
            "wait for them to come back; where this vendor makes most, make fewer, larger ones",
        ),
        look: org::requests,
        ..RULE
    },
    Rule {
        id: "too-many-at-once",
        order: 6,
        cause: "too many requests that take long run at once",
        looks_at: "the error's words; the event log ApiTotalUsage says who makes requests",
        source: "S 10.2",
        refusals: &["too-many-at-once"],
        http: &[429, 503],
        way_out: at_the_vendor("run fewer at once, and ask for less at a time"),
        ..RULE
    },
    Rule {
        id: "code-reused",
        order: 6,
        cause: "the vendor used an authorisation code twice",
        looks_at: "\"Invalid Nonce\" in the sign-ins",
        source: "S 13.2",
        statuses: &["invalid nonce", "nonce replay detected"],
        way_out: at_the_vendor("exchange each code once"),
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
        source: "S 13.2",
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
        source: "S 13.2",
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
        source: "S 13.2",
        refusals: &["url-not-reset"],
        statuses: &["restricted domain"],
        may_refuse: &[
            TOKEN_OVER,
            VAGUE,
            "unknown-client",
            "external-client-app-not-installed",
            "session-not-for-the-api",
            "no-such-host",
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
        id: "audience",
        order: 6,
        cause: "the vendor signs for another login host than this org's",
        looks_at: "the `aud` of what the vendor signs, and the address at which it signs in",
        source: "S 10.1",
        refusals: &["wrong-audience"],
        way_out: at_the_vendor(
            "sign for https://login.salesforce.com, of a sandbox for https://test.salesforce.com, \
             or for the org's own address, whichever the sign-in goes to",
        ),
        ..RULE
    },
    Rule {
        id: "turned-down",
        order: 6,
        cause: "the person in the browser, or the org for them, said no to the app",
        looks_at: "who signed in, and whether the app lets them in",
        source: "S 10.1",
        refusals: &["turned-down"],
        way_out: at_the_vendor("sign in again, as the integration's user, and allow the app"),
        ..RULE
    },
    Rule {
        id: "activation",
        order: 6,
        cause: "the activation of the vendor's device is refused, for a reason that nobody has \
                published",
        looks_at: "\"Activation secret\" or \"Device Id\" in the sign-ins",
        source: "S 13.2",
        refusals: &["activation-secret"],
        statuses: &["activation secret*", "device id*"],
        way_out: at_the_vendor("ask Salesforce Support, with the time of the try"),
        ..RULE
    },
    Rule {
        id: "policy-of-transactions",
        order: 6,
        cause: "a transaction security policy refuses it",
        looks_at: "Setup, Transaction Security Policies",
        source: "S 10.2",
        refusals: &["policy-refuses"],
        // A row of a sign-in that it ends has no words but this (S 13.2).
        statuses: &["login_end_session_txn_security_policy"],
        way_out: at_the_vendor("nothing; the policy is the org's"),
        ..RULE
    },
];
