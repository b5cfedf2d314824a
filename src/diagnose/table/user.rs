//! The user: whether they get in, from where, and what they may do there.

use super::{APP, LETS_IN, POLICIES, RULE, at_the_vendor, both, by_hand};
use crate::diagnose::look::{change, user};
use crate::diagnose::rule::{ACCESS, Rule};
use crate::diagnose::symptom::VAGUE;
use crate::org::refusal::Place::{Fact, Setting};
use crate::org::refusal::TOKEN_OVER;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "user-inactive",
        order: 3,
        cause: "the user was deactivated",
        looks_at: "`IsActive` of the user's row; `deactivateduser` in the audit trail",
        source: "S 13.2",
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
        source: "S 13.2",
        blocks: true,
        refusals: &["inactive-user", "frozen-user"],
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
        source: "S 13.2",
        refusals: &["password-refused", "login-refused", "locked-out"],
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
        source: "S 13.2",
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
        source: "S 13.2",
        is_choice: true,
        refusals: &["password-refused", "login-refused", "no-security-token"],
        may_refuse: &[TOKEN_OVER, VAGUE],
        statuses: &["invalid password", "api security token required"],
        way_out: both("reset the password, or the security token", "users", "store the new one"),
        look: user::password_changed,
        ..RULE
    },
    Rule {
        id: "no-api-enabled",
        order: 3,
        cause: "the user does not have API Enabled",
        looks_at: "what profile, permission sets and groups give the user together",
        source: "S 10.2",
        of_calls: true,
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
        follows: &["assignment-expired"],
        way_out: by_hand("give API Enabled in a permission set of the user's", "permission-sets"),
        look: user::no_api,
        ..RULE
    },
    Rule {
        id: "username-changed",
        order: 3,
        cause: "the user's user name was changed",
        looks_at: "`changedusername` in the audit trail",
        source: "S 13.4",
        refusals: &["login-refused"],
        may_refuse: &["password-refused", "inactive-user", "not-approved", "no-session"],
        way_out: at_the_vendor("sign in with the new user name"),
        look: change::username,
        ..RULE
    },
    Rule {
        id: "assignment-expired",
        order: 5,
        cause: "an assignment of the user's ran out",
        looks_at: "`ExpirationDate` of the user's assignments: no change of the app shows it",
        source: "S 13.1",
        blocks: true,
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
        id: "api-only-user",
        order: 6,
        cause: "a user who has the API alone cannot approve an app in a browser",
        looks_at: "\"API-only user\" in the sign-ins",
        source: "S 13.2",
        statuses: &["api-only user"],
        breaks: LETS_IN,
        way_out: by_hand(
            "pre-authorise the user: Permitted Users, and a permission set of the app",
            "connected-apps",
        ),
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
        id: "ip-enforced",
        order: 8,
        cause: "the address from which it comes is not let in",
        looks_at: "the app's IP relaxation, the profile's addresses, and those of the sign-ins",
        source: "S 13.2",
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
        source: "S 13.2",
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
        breaks: ACCESS,
        way_out: by_hand("give it back in a permission set of the user's", "permission-sets"),
        look: user::field_access,
        ..RULE
    },
];
