//! The row of `ConnectedApp` (S 1; Metadata API guide, `meta_connectedapp.htm`).

use super::row::{
    choice, choice_or, flag, group, number, of_type, off, on, section, set, set_of, shown, text,
    values,
};
use super::{Choice, DeployRule, Field, MetadataType, Odd, Portability, SetForm};

pub(super) static CONNECTED_APP: MetadataType = of_type(
    "ConnectedApp",
    "connectedApps",
    "connectedApp",
    29,
    // What an update does with an omitted `oauthPolicy` or `ipRanges` is not documented (S 1.6):
    // the whole document is sent.
    DeployRule::Replace,
    FIELDS,
)
.odd(Odd {
    // Blocked since Spring '26 (S 2.8).
    not_made: "a connected app cannot be created since Spring '26, by any API: if it is the \
               vendor's, install it (Setup > Connected Apps OAuth Usage, \
               /lightning/setup/ConnectedAppsUsage/home, or the vendor's package), otherwise use \
               an external client app",
    ..Odd::NOTHING
});

const FIELDS: &[Field] = &[
    section("attributes", &["key"], ATTRIBUTE),
    group("canvas", CANVAS),
    group("canvasConfig", CANVAS_CONFIG),
    text("contactEmail").label("Contact Email"),
    text("contactPhone").label("Contact Phone"),
    text("description").label("Description"),
    text("iconUrl"),
    text("infoUrl").label("Info URL"),
    section("ipRanges", &["start", "end"], IP_RANGE),
    text("label").label("Connected App Name"),
    text("logoUrl"),
    group("mobileAppConfig", MOBILE),
    text("mobileStartUrl").label("Mobile Start URL"),
    group("oauthConfig", OAUTH_CONFIG),
    group("oauthPolicy", OAUTH_POLICY).since(49),
    set("permissionSetName", SetForm::Repeated).since(46),
    text("plugin"),
    text("pluginExecutionUser").names_user().since(46),
    set_of("profileName", SetForm::Repeated, &[], PROFILE_NAMES).since(46),
    group("samlConfig", SAML),
    group("sessionPolicy", SESSION_POLICY).since(49),
    text("startUrl").label("Start URL"),
];

/// Profiles stand in a connected app under the name that Setup shows: retrieved files have `System
/// Administrator`, where the profile's own full name is `Admin` (S 3.3). An author may write
/// either.
const PROFILE_NAMES: &[(&str, &str)] = &[
    ("Admin", "System Administrator"),
    ("Standard", "Standard User"),
    ("StandardAul", "Standard Platform User"),
    ("ReadOnly", "Read Only"),
    ("MarketingProfile", "Marketing User"),
    ("ContractManager", "Contract Manager"),
    ("SolutionManager", "Solution Manager"),
    ("HighVolumePortal", "High Volume Customer Portal"),
    ("PlatformPortal", "Authenticated Website"),
];

const ATTRIBUTE: &[Field] = &[text("formula"), text("key")];

const CANVAS: &[Field] = &[
    text("accessMethod"),
    text("canvasOptions"),
    text("canvasUrl"),
    text("lifecycleClass"),
    text("locationOptions"),
    text("samlInitiationMethod"),
];

const CANVAS_CONFIG: &[Field] = &[
    choice("accessMethod", &values(["Get", "Post"])),
    text("canvasUrl"),
    text("lifecycleClass"),
    set("locations", SetForm::Repeated),
    set("options", SetForm::Repeated),
    choice("samlInitiationMethod", &values(["None", "IdpInitiated", "SpInitiated"])),
];

const IP_RANGE: &[Field] = &[text("description").since(31), text("end"), text("start")];

const MOBILE: &[Field] = &[
    text("applicationBinaryFile"),
    text("applicationBinaryFileName"),
    text("applicationBundleIdentifier"),
    number("applicationFileLength"),
    text("applicationIconFile"),
    text("applicationIconFileName"),
    text("applicationInstallUrl"),
    choice("devicePlatform", &values(["ios", "android"])),
    choice("deviceType", &values(["phone", "tablet", "minitablet"])),
    text("minimumOsVersion"),
    flag("privateApp"),
    text("version"),
];

const OAUTH_CONFIG: &[Field] = &[
    group("assetTokenConfig", ASSET_TOKEN).since(49),
    set("callbackUrl", SetForm::Lines).label("Callback URL"),
    text("certificate"),
    // Settable when the app is made and never after; unique among all orgs, so that a copy is
    // refused elsewhere (S 1.2, 1.6).
    text("consumerKey").since(32).portability(Portability::Never).label("Consumer Key"),
    text("consumerSecret").since(32).portability(Portability::Secret).label("Consumer Secret"),
    group("idTokenConfig", ID_TOKEN).since(43),
    off("isAdminApproved").since(46).label("Permitted Users").words(PERMITTED_USERS),
    off("isClientCredentialEnabled").since(56),
    off("isCodeCredentialEnabled").since(57),
    off("isCodeCredentialPostOnly").since(57),
    off("isConsumerSecretOptional").since(49),
    // These five are in the newest WSDL and not in the guide; the version that brought them is not
    // known (S 1.2).
    flag("isDPopEnabled"),
    flag("isDeviceFlowEnabled"),
    flag("isEnforceRefreshTokenTTL"),
    off("isIntrospectAllTokens").since(49),
    flag("isIpBindingEnabled"),
    flag("isNamedUserJwtEnabled").since(59),
    flag("isPKImTLSEnabled"),
    off("isPkceRequired").since(59),
    flag("isRefreshTokenRotationEnabled").since(60),
    on("isSecretRequiredForRefreshToken").since(51),
    flag("isSecretRequiredForTokenExchange").since(60),
    flag("isTokenExchangeEnabled").since(60),
    text("oauthClientCredentialUser").names_user().since(56),
    set_of("scopes", SetForm::Repeated, &SCOPES, FOLDED_SCOPES),
    text("singleLogoutUrl"),
];

const ASSET_TOKEN: &[Field] = &[
    text("assetAudiences"),
    flag("assetIncludeAttributes"),
    flag("assetIncludeCustomPerms"),
    text("assetSigningCertId"),
    number("assetValidityPeriod"),
];

const ID_TOKEN: &[Field] = &[
    text("idTokenAudience"),
    flag("idTokenIncludeAttributes"),
    flag("idTokenIncludeCustomPerms"),
    flag("idTokenIncludeStandardClaims"),
    number("idTokenValidity"),
];

/// Setup's words for `isAdminApproved`, and for its twin on external client apps.
const PERMITTED_USERS: &[Choice] = &[
    shown("false", "All users may self-authorize"),
    shown("true", "Admin approved users are pre-authorized"),
];

/// The scopes of the newest WSDL, in its order (S 1.2).
const SCOPES: [Choice; 39] = values([
    "Basic",
    "Api",
    "Web",
    "Full",
    "Chatter",
    "CustomApplications",
    "RefreshToken",
    "OpenID",
    "Profile",
    "Email",
    "Address",
    "Phone",
    "OfflineAccess",
    "CustomPermissions",
    "Wave",
    "Eclair",
    "Pardot",
    "Lightning",
    "Content",
    "CDPIngest",
    "CDPProfile",
    "CDPQuery",
    "Chatbot",
    "CDPSegment",
    "CDPIdentityResolution",
    "CDPCalculatedInsight",
    "ForgotPassword",
    "UserRegistration",
    "SFAP",
    "Interaction",
    "CDP",
    "EinsteinGPT",
    "PwdlessLogin",
    "MCP",
    "SCRT",
    "DataCloudUserClaims",
    "A2A",
    "CmdbDiscovery",
    "SemanticLayer",
]);

/// A retrieve answers with fewer scopes than a deploy takes (S 1.2).
const FOLDED_SCOPES: &[(&str, &str)] = &[
    ("Address", "Basic"),
    ("Email", "Basic"),
    ("Phone", "Basic"),
    ("Profile", "Basic"),
    ("OfflineAccess", "RefreshToken"),
];

/// The guide gives `ENFORCE` and `infinite` as defaults; they are those of a new policy. Both
/// elements are required within `oauthPolicy`, and what a connected app without `oauthPolicy` has
/// is not documented: files made at 48.0 and below lack the element whatever was set (S 1.1, 1.3,
/// 1.6). An absent policy is hence no value, never the default.
const OAUTH_POLICY: &[Field] = &[
    choice("ipRelaxation", IP_RELAXATION).label("IP Relaxation"),
    flag("isTokenExchangeFlowEnabled"),
    choice_or("refreshTokenPolicy", REFRESH_TOKEN_POLICY, validity_in_words)
        .label("Refresh Token Policy"),
    text("singleLogoutUrl"),
];

const IP_RELAXATION: &[Choice] = &[
    shown("ENFORCE", "Enforce IP restrictions"),
    shown("BYPASS_2FACTOR", "Relax IP restrictions for activated devices"),
    shown("BYPASS", "Relax IP restrictions"),
    shown("ENFORCE_RELAXREFRESH", "Enforce IP restrictions, but relax for refresh tokens"),
];

const REFRESH_TOKEN_POLICY: &[Choice] = &[
    shown("infinite", "Refresh token is valid until revoked"),
    shown("zero", "Immediately expire refresh token"),
];

/// Says `specific_inactivity:7:DAYS` in Setup's words; `None` where the text does not follow the
/// pattern (S 1.3).
fn validity_in_words(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let (policy, count, unit) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !count.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: u32 = count.parse().ok().filter(|count| *count > 0)?;
    let unit = match unit {
        "HOURS" => "hour",
        "DAYS" => "day",
        "MONTHS" => "month",
        _ => return None,
    };
    let plural = if count == 1 { "" } else { "s" };
    match policy {
        "specific_inactivity" => {
            Some(format!("Expire refresh token if not used for {count} {unit}{plural}"))
        }
        "specific_lifetime" => Some(format!("Expire refresh token after {count} {unit}{plural}")),
        _ => None,
    }
}

const SAML: &[Field] = &[
    text("acsUrl"),
    text("certificate"),
    text("encryptionCertificate"),
    choice("encryptionType", &values(["AES_128", "AES_256", "Triple_Des"])),
    text("entityUrl"),
    text("issuer"),
    choice("samlIdpSLOBindingEnum", &values(["RedirectBinding", "PostBinding"])),
    choice("samlNameIdFormat", &values(["Unspecified", "EmailAddress", "Persistent", "Transient"])),
    choice("samlSigningAlgoType", &values(["SHA1", "SHA256"])).since(50),
    text("samlSloUrl"),
    text("samlSubjectCustomAttr"),
    // The guide and the WSDL spell the values differently (`CustomAttr` and `CustomAttribute`,
    // `PersistentID` and `PersistentId`).
    text("samlSubjectType"),
];

const SESSION_POLICY: &[Field] = &[
    choice("policyAction", &values(["Block", "RaiseSessionLevel"])),
    text("sessionLevel"),
    number("sessionTimeout"),
];
