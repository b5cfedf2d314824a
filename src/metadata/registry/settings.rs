//! The rows of `Settings`: one a member, since a settings file's fields depend on which it is.
//!
//! In `package.xml` the type is `Settings` and the member `Security`; the file is
//! `settings/Security.settings`, its root `SecuritySettings` (S 2.8, 6.10). Other members than the
//! four below are known by name alone.

use super::row::{choice, flag, group, other, section, text, values};
use super::{Field, MetadataType};

/// Settings of no particular member. They do not take `*` (S 6.10).
pub(super) static SETTINGS: MetadataType =
    MetadataType { wildcard: false, ..other("Settings", "settings", "settings") };

static CONNECTED_APP: MetadataType = with(CONNECTED_APP_FIELDS, true);
static EXTERNAL_CLIENT_APP: MetadataType = with(EXTERNAL_CLIENT_APP_FIELDS, true);
static OAUTH_OIDC: MetadataType = with(OAUTH_OIDC_FIELDS, true);
/// What a version newer than the WSDLs at hand brought is let through.
static SECURITY: MetadataType = with(SECURITY_FIELDS, false);

const fn with(fields: &'static [Field], complete: bool) -> MetadataType {
    MetadataType { fields, complete, wildcard: false, ..other("Settings", "settings", "settings") }
}

/// Returns the row of one member of `Settings`.
pub(super) fn of_member(member: &str) -> &'static MetadataType {
    match member {
        "ConnectedApp" => &CONNECTED_APP,
        "ExternalClientApp" => &EXTERNAL_CLIENT_APP,
        "OauthOidc" => &OAUTH_OIDC,
        "Security" => &SECURITY,
        _ => &SETTINGS,
    }
}

/// API Access Control, which Support must switch on first (S 2.8).
const CONNECTED_APP_FIELDS: &[Field] = &[
    flag("enableAdminApprovedAppsOnly")
        .since(47)
        .label("For admin-approved users, limit API access to only allowlisted connected apps"),
    flag("enableAdminApprovedAppsOnlyForExternalUser").since(47),
    flag("enableSkipUserProvisioningWizardWelcomePage").since(47),
];

/// 58.0. The member's name is what retrieved files are called; no page of the guide gives it.
const EXTERNAL_CLIENT_APP_FIELDS: &[Field] = &[
    flag("enableClientSecretInRestApiAccess").since(62),
    flag("enableConsumerSecretApiAccess"),
    // Existed in older versions; the last one is not known.
    flag("enableExternalClientApps"),
    flag("enablePackageEcaOauthFromDevOrg").since(62),
];

const OAUTH_OIDC_FIELDS: &[Field] = &[
    // In the newest WSDL only.
    flag("agentAuthLinking"),
    flag("blockOAuthUnPwFlow"),
    flag("blockOAuthUsrAgtFlow"),
    flag("isPkceRequired"),
    flag("oAuthCdCrdtFlowEnable"),
];

const SECURITY_FIELDS: &[Field] = &[
    flag("canUsersGrantLoginAccess"),
    flag("enableAdminLoginAsAnyUser"),
    flag("enableAuditFieldsInactiveOwner"),
    flag("enableAuraSecureEvalPref"),
    flag("enableCoepHeader"),
    flag("enableCoopHeader"),
    flag("enableCrossOrgRedirects"),
    // Not in 63.0, but in the newest WSDL.
    flag("enableGraphQLApiForGuestUsers"),
    flag("enablePermissionsPolicy"),
    flag("enableRequireHttpsConnection"),
    group("networkAccess", NETWORK_ACCESS),
    group("passwordPolicies", PASSWORD_POLICIES),
    flag("redirectBlockModeEnabled"),
    flag("sendCspForUncommonClients"),
    group("sessionSettings", SESSION_SETTINGS),
    group("singleSignOnSettings", SINGLE_SIGN_ON),
];

const NETWORK_ACCESS: &[Field] = &[section("ipRanges", &["start", "end"], IP_RANGE)];

const IP_RANGE: &[Field] = &[text("description"), text("end"), text("start")];

const PASSWORD_POLICIES: &[Field] = &[
    text("apiOnlyUserHomePageURL"),
    choice(
        "complexity",
        &values([
            "NoRestriction",
            "AlphaNumeric",
            "SpecialCharacters",
            "UpperLowerCaseNumeric",
            "UpperLowerCaseNumericSpecialCharacters",
            "Any3UpperLowerCaseNumericSpecialCharacters",
        ]),
    ),
    choice(
        "expiration",
        &values(["ThirtyDays", "SixtyDays", "NinetyDays", "SixMonths", "OneYear", "Never"]),
    ),
    text("historyRestriction"),
    choice(
        "lockoutInterval",
        &values(["FifteenMinutes", "ThirtyMinutes", "SixtyMinutes", "Forever"]),
    ),
    choice(
        "maxLoginAttempts",
        &values(["ThreeAttempts", "FiveAttempts", "TenAttempts", "NoLimit"]),
    ),
    text("minimumPasswordLength"),
    flag("minimumPasswordLifetime"),
    flag("obscureSecretAnswer"),
    text("passwordAssistanceMessage"),
    text("passwordAssistanceURL"),
    choice("questionRestriction", &values(["None", "DoesNotContainPassword"])),
];

const SESSION_SETTINGS: &[Field] = &[
    flag("allowUserAuthenticationByCertificate"),
    flag("allowUserCertBasedAuthenticationWithOcspValidation"),
    // This and five below are not in 63.0, but in the newest WSDL.
    flag("auraBoxcarReductionPref"),
    flag("canConfirmEmailChangeInLightningCommunities"),
    flag("canConfirmIdentityBySmsOnly"),
    flag("disableTimeoutWarning"),
    flag("enableBuiltInAuthenticator"),
    flag("enableCSPOnEmail"),
    flag("enableCSRFOnGet"),
    flag("enableCSRFOnPost"),
    flag("enableCacheAndAutocomplete"),
    flag("enableClickjackNonsetupSFDC"),
    flag("enableClickjackNonsetupUser"),
    flag("enableClickjackNonsetupUserHeaderless"),
    flag("enableClickjackSetup"),
    flag("enableCoepHeader"),
    flag("enableContentSniffingProtection"),
    flag("enableCoopHeader"),
    flag("enableLightningLogin"),
    flag("enableLightningLoginOnlyWithUserPerm"),
    flag("enableMFADirectUILoginOptIn"),
    flag("enableOauthCorsPolicy"),
    flag("enablePermissionsPolicy"),
    flag("enablePostForSessions"),
    flag("enableSMSIdentity"),
    flag("enableU2F"),
    flag("enforceIpRangesEveryRequest"),
    flag("enforceUserDeviceRevoked"),
    flag("forceLogoutOnSessionTimeout"),
    flag("forceRelogin"),
    text("grantCameraAccess"),
    text("grantMicrophoneAccess"),
    flag("hasRetainedLoginHints"),
    flag("hasUserSwitching"),
    flag("hstsOnForcecomSites"),
    flag("identityConfirmationOnEmailChange"),
    flag("identityConfirmationOnTwoFactorRegistrationEnabled"),
    flag("lockSessionsToDomain"),
    flag("lockSessionsToIp"),
    text("lockerServiceAPIVersion"),
    flag("lockerServiceCSP"),
    flag("lockerServiceNext"),
    flag("lockerServiceNextControl"),
    flag("lockerTrustedMode"),
    text("lockerTrustedResources"),
    text("logoutURL"),
    flag("redirectBlockModeEnabled"),
    flag("redirectionWarning"),
    flag("referrerPolicy"),
    text("referrerPolicyDirective"),
    flag("requireHttpOnly"),
    flag("sendCspForUncommonClients"),
    choice(
        "sessionTimeout",
        &values([
            "TwentyFourHours",
            "TwelveHours",
            "EightHours",
            "FourHours",
            "TwoHours",
            "NinetyMinutes",
            "SixtyMinutes",
            "ThirtyMinutes",
            "FifteenMinutes",
        ]),
    ),
    flag("sidToken3rdPartyAuraApp"),
    flag("skipSFAWhenMFADirectUILogin"),
    flag("terminateUserSessionsWhenAdminResetsPassword"),
    flag("unescapedHtmlSanitization"),
    choice(
        "untrustedRedirect",
        &values(["AlwaysAllowed", "AllowWithUserPermission", "NeverAllowed"]),
    ),
    flag("useEAPIRateLimitForConnectAPI"),
    flag("useLocalStorageForLogoutUrl"),
    choice("vfInlineScriptInjection", &values(["Allow", "ReportOnly", "NeverAllow"])),
    text("welcomeEmailTemplateId"),
    // Left the schema before 63.0; still in older files.
    flag("enableUpgradeInsecureRequests"),
    flag("enableXssProtection"),
    flag("requireHttps"),
];

const SINGLE_SIGN_ON: &[Field] = &[
    flag("enableCaseInsensitiveFederationID"),
    flag("enableForceDelegatedCallout"),
    flag("enableMultipleSamlConfigs"),
    flag("enableSamlJitProvisioning"),
    flag("enableSamlLogin"),
    flag("isLoginWithSalesforceCredentialsDisabled"),
];
