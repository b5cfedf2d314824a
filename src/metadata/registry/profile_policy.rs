//! The rows of `ProfilePasswordPolicy` and `ProfileSessionSetting` (Metadata API guide,
//! `meta_profilepasswordpolicy.htm`, `meta_profilesessionsetting.htm`): what a profile has in place
//! of the org's own policies.
//!
//! Their full names carry a stamp and differ from org to org; `profile` says whose they are (S
//! 3.5).

use super::row::{choice, flag, number, of_type, off, text, values};
use super::{DeployRule, Field, MetadataType, Odd};

/// Named by the profile. How an org takes a new one, whose stamp it makes, is not known.
const OF_PROFILE: Odd = Odd { named_by: Some("profile"), ..Odd::NOTHING };

/// The profile's name.
const PROFILE: Field = text("profile");

pub(super) static PASSWORD_POLICY: MetadataType = of_type(
    "ProfilePasswordPolicy",
    "profilePasswordPolicies",
    "profilePasswordPolicy",
    40,
    DeployRule::Replace,
    &[
        off("forgotPasswordRedirect").since(43),
        // In the newest WSDL only.
        flag("isDisabled"),
        number("lockoutInterval").label("Lockout effective period"),
        number("maxLoginAttempts").label("Maximum invalid login attempts"),
        number("minimumPasswordLength").label("Minimum password length"),
        flag("minimumPasswordLifetime"),
        flag("obscure"),
        number("passwordComplexity").label("Password complexity requirement"),
        number("passwordExpiration").label("User passwords expire in"),
        number("passwordHistory").label("Enforce password history"),
        number("passwordQuestion").label("Password question requirement"),
        PROFILE,
    ],
)
.odd(OF_PROFILE);

pub(super) static SESSION_SETTING: MetadataType = of_type(
    "ProfileSessionSetting",
    "profileSessionSettings",
    "profileSessionSetting",
    40,
    DeployRule::Replace,
    &[
        // In the newest WSDL only, as `sessionPersistence` and the two that the guide once had.
        flag("externalCommunityUserIdentityVerif"),
        flag("forceLogout"),
        PROFILE,
        choice("requiredSessionLevel", &values(["LOW", "STANDARD", "HIGH_ASSURANCE"]))
            .label("Session Security Level Required at Login"),
        flag("sessionPersistence"),
        number("sessionTimeout").label("Session Times Out After"),
        flag("sessionTimeoutWarning"),
    ],
)
.odd(OF_PROFILE);
