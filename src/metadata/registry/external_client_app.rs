//! The rows of external client apps: the app, its OAuth settings and its policies, six types in all
//! (S 2).
//!
//! Elements of a deploy that are in the schema and left out go back to their default (S 2.7), hence
//! [`DeployRule::Replace`] throughout.

use super::row::{
    choice, choice_in_any_case, flag, group, number, of_type, off, on, section, set, set_of, shown,
    text, value, values,
};
use super::{Choice, DeployRule, Field, MetadataType, Odd, Portability, Said, SetForm};

pub(super) static APPLICATION: MetadataType = of_type(
    "ExternalClientApplication",
    "externalClientApps",
    "eca",
    59,
    DeployRule::Replace,
    &[
        text("contactEmail").label("Contact Email"),
        text("contactPhone").label("Contact Phone"),
        text("description").label("Description"),
        choice("distributionState", &values(["Local", "Packaged", "Managed", "AutoInstalled"]))
            .label("Distribution State"),
        text("iconUrl"),
        text("infoUrl").label("Info URL"),
        off("isProtected"),
        text("label").label("External Client App Name"),
        text("logoUrl"),
        choice("managedType", &values(["Local", "Global"])),
        // `<org id>:<app>`, made by the org on the first deploy.
        text("orgScopedExternalApp").portability(Portability::SameOrg),
    ],
)
.odd(Odd {
    made_with: &[("label", Said::Name)],
    one_way: "deleting the app ends every session that was opened through it, and its key is gone",
    ..Odd::NOTHING
});

/// Whose settings these are: the app's full name, which the part's own name need not repeat (S
/// 2.1).
const APP: Field = text("externalClientApplication");

/// A part of an app. How its file is named is this program's choice where it makes one (S 2.1).
const fn part(made_as: &'static str) -> Odd {
    Odd {
        named_by: Some("externalClientApplication"),
        made_as: Some(made_as),
        made_with: &[("externalClientApplication", Said::Owner), ("label", Said::Name)],
        one_way: "goes with its external client app",
        ..Odd::NOTHING
    }
}

pub(super) static GLOBAL_OAUTH_SETTINGS: MetadataType = of_type(
    "ExtlClntAppGlobalOauthSettings",
    "extlClntAppGlobalOauthSets",
    "ecaGlblOauth",
    59,
    DeployRule::Replace,
    &[
        set("callbackUrl", SetForm::Lines).label("Callback URL"),
        // Leaving it out turns the JWT bearer flow off (S 2.7), so it goes along.
        // No query reads it back (S 2.7).
        text("certificate").since(60).hidden(),
        text("consumerKey").portability(Portability::Never).label("Consumer Key"),
        text("consumerSecret").portability(Portability::Secret).label("Consumer Secret"),
        APP,
        group("idTokenConfig", ID_TOKEN),
        flag("isClientCredentialsFlowEnabled").since(60),
        flag("isCodeCredFlowEnabled").since(61),
        flag("isCodeCredPostOnly").since(61),
        off("isConsumerSecretOptional"),
        // This and the two below without version are in the newest WSDL and not in the guide (S
        // 2.3).
        flag("isDPopEnabled"),
        flag("isDeviceFlowEnabled").since(60),
        flag("isEnforceRefreshTokenTTL"),
        off("isIntrospectAllTokens"),
        flag("isMtlsEnabled"),
        // The guide says 61; one org refused it at 64.0 (S 2.3).
        flag("isNamedUserJwtEnabled").since(61),
        on("isPkceRequired"),
        flag("isRefreshTokenRotationEnabled").since(60),
        on("isSecretRequiredForRefreshToken"),
        flag("isSecretRequiredForTokenExchange").since(60),
        flag("isTokenExchangeEnabled").since(60),
        text("label"),
        // True makes the org draw new credentials on every deploy (S 2.3).
        off("shouldRotateConsumerKey"),
        off("shouldRotateConsumerSecret"),
    ],
)
.odd(part("_glbloauth"));

const ID_TOKEN: &[Field] = &[
    text("idTokenAudience"),
    flag("idTokenIncludeAttributes"),
    flag("idTokenIncludeCustomPermissions"),
    flag("idTokenIncludeStandardClaims"),
    number("idTokenValidityInMinutes"),
];

pub(super) static OAUTH_SETTINGS: MetadataType = of_type(
    "ExtlClntAppOauthSettings",
    "extlClntAppOauthSettings",
    "ecaOauth",
    59,
    DeployRule::Replace,
    &[
        flag("areAttributesIncludedInAssetToken").since(61),
        flag("areCustomPermsIncludedInAssetToken").since(61),
        text("assetTokenAudiences").since(61),
        text("assetTokenSigningCertificate").since(61),
        number("assetTokenValidity").since(61),
        text("clientAssertionCertificate"),
        set("commaSeparatedCustomScopes", SetForm::Commas),
        set_of("commaSeparatedOauthScopes", SetForm::Commas, &SCOPES, &[]).label("OAuth Scopes"),
        section("customAttributes", &["key"], ATTRIBUTE),
        APP,
        flag("isFirstPartyAppEnabled"),
        text("label"),
        // Org id and consumer id; a wrong one fails the deploy (S 2.4).
        text("oauthLink").portability(Portability::SameOrg),
        text("singleLogoutUrl"),
        section("trustedIpRanges", &["startIpAddress", "endIpAddress"], IP_RANGE),
    ],
)
.odd(part("_oauth"));

const ATTRIBUTE: &[Field] = &[text("formula"), text("key")];

const IP_RANGE: &[Field] = &[text("description"), text("endIpAddress"), text("startIpAddress")];

/// The scopes that an org was seen to take, in that order (S 2.4). `SFApiPlatform` is what a
/// connected app calls `SFAP`.
const SCOPES: [Choice; 36] = values([
    "Basic",
    "Api",
    "Web",
    "Full",
    "RefreshToken",
    "OfflineAccess",
    "OpenID",
    "Profile",
    "Email",
    "Address",
    "Phone",
    "CustomPermissions",
    "CustomApplications",
    "Content",
    "Lightning",
    "Chatter",
    "Wave",
    "Eclair",
    "Pardot",
    "Interaction",
    "ForgotPassword",
    "UserRegistration",
    "PwdlessLogin",
    "EinsteinGPT",
    "SFApiPlatform",
    "SCRT",
    "Chatbot",
    "MCP",
    "CDP",
    "CDPQuery",
    "CDPProfile",
    "CDPIngest",
    "CDPSegment",
    "CDPIdentityResolution",
    "CDPCalculatedInsight",
    "DataCloudUserClaims",
]);

pub(super) static OAUTH_CONFIGURABLE_POLICIES: MetadataType = of_type(
    "ExtlClntAppOauthConfigurablePolicies",
    "extlClntAppOauthPolicies",
    "ecaOauthPlcy",
    59,
    DeployRule::Replace,
    &[
        text("apexHandler").since(61),
        text("clientCredentialsFlowUser").names_user().since(60),
        set("commaSeparatedCustomScopes", SetForm::Commas).since(61),
        set("commaSeparatedPermissionSet", SetForm::Commas),
        set("commaSeparatedProfile", SetForm::Commas),
        section("customAttributes", &["key"], ATTRIBUTE),
        text("executeHandlerAs").names_user().since(61),
        APP,
        choice("guestJwtSessionTimeoutType", &values(["UserSession", "Custom"])).since(65),
        number("guestJwtTimeout").since(61),
        choice_in_any_case("ipRelaxationPolicyType", IP_RELAXATION).label("IP Relaxation"),
        flag("isClientCredentialsFlowEnabled").since(60),
        flag("isGuestCodeCredFlowEnabled").since(61),
        // Deprecated in the guide, gone from the newest WSDL; the version is not known.
        flag("isNamedUserJwtEnabled"),
        flag("isTokenExchangeFlowEnabled").since(60),
        text("label"),
        choice("namedUserJwtSessionTimeoutType", &values(["UserSession", "Custom"])).since(65),
        number("namedUserJwtTimeout").since(61),
        choice("permittedUsersPolicyType", PERMITTED_USERS).label("Permitted Users"),
        choice("policyAction", &values(["Block", "RaiseSessionLevel", "StepUpMFA"])),
        choice("refreshTokenPolicyType", REFRESH_TOKEN_POLICY).label("Refresh Token Policy"),
        number("refreshTokenValidityPeriod"),
        choice("refreshTokenValidityUnit", &values(["Days", "Hours", "Months"])),
        choice("requiredSessionLevel", &values(["LOW", "STANDARD", "HIGH_ASSURANCE"])),
        number("sessionTimeoutInMinutes"),
        text("singleLogoutUrl"),
        text("startUrl"),
    ],
)
.odd(part("_oauthPlcy"));

const PERMITTED_USERS: &[Choice] = &[
    shown("AllSelfAuthorized", "All users may self-authorize"),
    shown("AdminApprovedPreAuthorized", "Admin approved users are pre-authorized"),
];

/// The guide writes `Enforce_RelaxRefresh`, an org's own error message `Enforce_relaxrefresh` (S
/// 2.5).
const IP_RELAXATION: &[Choice] = &[
    shown("Enforce", "Enforce IP restrictions"),
    shown("Bypass", "Relax IP restrictions"),
    shown("Bypass_2factor", "Relax IP restrictions for activated devices"),
    shown("Enforce_RelaxRefresh", "Enforce IP restrictions, but relax for refresh tokens"),
];

/// The count and unit of the last two stand in elements of their own.
const REFRESH_TOKEN_POLICY: &[Choice] = &[
    shown("Infinite", "Refresh token is valid until revoked"),
    shown("Zero", "Immediately expire refresh token"),
    value("SpecificLifetime"),
    value("SpecificInactivity"),
];

pub(super) static CONFIGURABLE_POLICIES: MetadataType = of_type(
    "ExtlClntAppConfigurablePolicies",
    "extlClntAppPolicies",
    "ecaPlcy",
    60,
    DeployRule::Replace,
    &[
        APP,
        flag("isAttestPluginEnabled"),
        flag("isCanvasPluginEnabled").since(66),
        on("isEnabled"),
        flag("isMobilePluginEnabled"),
        flag("isNotificationPluginEnabled"),
        on("isOauthPluginEnabled"),
        flag("isPushPluginEnabled"),
        flag("isSamlPluginEnabled").since(63),
        text("label"),
        choice("startPage", &values(["None", "Custom", "OAuth", "SAML"])).since(63),
        text("startUrl").since(63),
    ],
)
.odd(part("_plcy"));

/// Seen in the newest WSDL only; the version that brought it is not known (S 2.1, 2.6).
pub(super) static OAUTH_SECURITY_SETTINGS: MetadataType = MetadataType {
    since: None,
    odd: part("_oauthSecurity"),
    ..of_type(
        "ExtlClntAppOauthSecuritySettings",
        "extlClntAppOauthSecuritySettings",
        "ecaOauthSecurity",
        59,
        DeployRule::Replace,
        &[
            APP,
            text("label"),
            text("tlsClientAuthCertParamType"),
            text("tlsClientAuthCertParamValue"),
            section("tokenIpRanges", &["startIpAddress", "endIpAddress"], IP_RANGE),
        ],
    )
};
