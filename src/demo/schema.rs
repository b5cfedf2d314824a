//! What the demo org's metadata types may hold, from Salesforce's Metadata WSDL (63.0, with the
//! younger elements of S 1 to 4).
//!
//! Set down here a second time, beside `metadata/registry`, on purpose: the demo org judges what
//! the program writes from that registry.

mod connection;
mod feature;

use connection::{
    CHANNEL_MEMBER, CORS_ORIGIN, CSP_SITE, EXTERNAL_CREDENTIAL, NAMED_CREDENTIAL, PASSWORD_POLICY,
    QUEUE, REMOTE_SITE, SESSION_SETTING,
};
use feature::FEATURES;

/// A metadata type that the demo org knows.
#[derive(Debug)]
pub(crate) struct TypeSchema {
    /// The API's name.
    pub(crate) name: &'static str,
    /// The folder in metadata format.
    pub(crate) folder: &'static str,
    /// The suffix, without dot.
    pub(crate) suffix: &'static str,
    /// The root element's children; empty where the demo org keeps the file as it is.
    pub(crate) fields: &'static [Field],
    /// Whether a deploy may change components of the type.
    pub(crate) deployable: bool,
    /// The API version that brought it; 0 where it is older than any that is served.
    pub(crate) since: u16,
}

impl TypeSchema {
    const fn since(mut self, version: u16) -> Self {
        self.since = version;
        self
    }
}

/// A child element.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) many: bool,
    /// The API version that brought it; 0 where it is as old as its type.
    pub(crate) since: u16,
    /// The last API version that has it.
    pub(crate) until: u16,
}

/// What an element holds.
#[derive(Debug)]
pub(crate) enum Kind {
    Text,
    Flag,
    Number,
    /// One of an enum's values; the enum's name is in the error.
    Choice(&'static str, &'static [&'static str]),
    /// Other elements; the type's name is in the error.
    Group(&'static str, &'static [Field]),
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, many: false, since: 0, until: u16::MAX }
}
const fn text(name: &'static str) -> Field {
    field(name, Kind::Text)
}
const fn flag(name: &'static str) -> Field {
    field(name, Kind::Flag)
}
const fn number(name: &'static str) -> Field {
    field(name, Kind::Number)
}
const fn section(name: &'static str, type_name: &'static str, fields: &'static [Field]) -> Field {
    field(name, Kind::Group(type_name, fields)).many()
}
/// A section of `{key, enabled}`.
macro_rules! access {
    ($name:literal, $type:literal, $key:literal) => {
        section($name, $type, &[text($key).required(), flag("enabled").required()])
    };
}

impl Field {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    const fn many(mut self) -> Self {
        self.many = true;
        self
    }
    const fn since(mut self, version: u16) -> Self {
        self.since = version;
        self
    }
    const fn until(mut self, version: u16) -> Self {
        self.until = version;
        self
    }

    /// Whether a version has it.
    pub(crate) fn is_at(&self, version: u16) -> bool {
        (self.since..=self.until).contains(&version)
    }
}

/// Finds a type by its API name.
pub(crate) fn find(name: &str) -> Option<&'static TypeSchema> {
    TYPES.iter().find(|row| row.name == name)
}

/// Finds a type by its API name, if it is there at a version (S 2.1, 4.2).
pub(crate) fn find_at(name: &str, version: u16) -> Option<&'static TypeSchema> {
    find(name).filter(|row| row.since <= version)
}

/// Finds a type by its folder.
pub(crate) fn find_folder(folder: &str) -> Option<&'static TypeSchema> {
    TYPES.iter().find(|row| row.folder == folder)
}

/// The fields of a settings file by its root element, if it is there at a version.
pub(crate) fn settings_at(root: &str, version: u16) -> Option<&'static [Field]> {
    let mut all = SETTINGS.iter().chain(FEATURES);
    let (_, _, fields) = all.find(|(name, since, _)| *name == root && *since <= version)?;
    Some(fields)
}

/// The fields of a component's file at a version.
pub(crate) fn fields_at(type_name: &str, full_name: &str, version: u16) -> &'static [Field] {
    let fields = match type_name {
        "Settings" => settings_at(&format!("{full_name}Settings"), version),
        _ => find_at(type_name, version).map(|row| row.fields),
    };
    fields.unwrap_or_default()
}

/// Every type, in order of name.
pub(crate) const TYPES: &[TypeSchema] = &[
    kept("ApexClass", "classes", "cls"),
    kept("BlacklistedConsumer", "blacklistedConsumers", "blacklistedConsumer"),
    deployed("ConnectedApp", "connectedApps", "connectedApp", CONNECTED_APP),
    deployed("CorsWhitelistOrigin", "corsWhitelistOrigins", "corsWhitelistOrigin", CORS_ORIGIN),
    deployed("CspTrustedSite", "cspTrustedSites", "cspTrustedSite", CSP_SITE),
    kept("CustomApplication", "applications", "app"),
    kept("CustomObject", "objects", "object"),
    kept("CustomPermission", "customPermissions", "customPermission"),
    kept("CustomTab", "tabs", "tab"),
    deployed("ExternalClientApplication", "externalClientApps", "eca", EXTERNAL_CLIENT_APP)
        .since(59),
    deployed(
        "ExternalCredential",
        "externalCredentials",
        "externalCredential",
        EXTERNAL_CREDENTIAL,
    )
    .since(56),
    deployed("ExtlClntAppConfigurablePolicies", "extlClntAppPolicies", "ecaPlcy", ECA_POLICIES)
        .since(60),
    deployed(
        "ExtlClntAppGlobalOauthSettings",
        "extlClntAppGlobalOauthSets",
        "ecaGlblOauth",
        ECA_GLOBAL_OAUTH,
    )
    .since(59),
    deployed(
        "ExtlClntAppOauthConfigurablePolicies",
        "extlClntAppOauthPolicies",
        "ecaOauthPlcy",
        ECA_OAUTH_POLICIES,
    )
    .since(59),
    deployed("ExtlClntAppOauthSettings", "extlClntAppOauthSettings", "ecaOauth", ECA_OAUTH)
        .since(59),
    kept("InstalledPackage", "installedPackages", "installedPackage"),
    kept("Layout", "layouts", "layout"),
    deployed("NamedCredential", "namedCredentials", "namedCredential", NAMED_CREDENTIAL).since(33),
    deployed("PermissionSet", "permissionsets", "permissionset", PERMISSION_SET),
    deployed(
        "PermissionSetGroup",
        "permissionsetgroups",
        "permissionsetgroup",
        PERMISSION_SET_GROUP,
    )
    .since(45),
    deployed(
        "PlatformEventChannelMember",
        "platformEventChannelMembers",
        "platformEventChannelMember",
        CHANNEL_MEMBER,
    ),
    deployed("Profile", "profiles", "profile", PROFILE),
    deployed(
        "ProfilePasswordPolicy",
        "profilePasswordPolicies",
        "profilePasswordPolicy",
        PASSWORD_POLICY,
    ),
    deployed(
        "ProfileSessionSetting",
        "profileSessionSettings",
        "profileSessionSetting",
        SESSION_SETTING,
    ),
    deployed("Queue", "queues", "queue", QUEUE),
    deployed("RemoteSiteSetting", "remoteSiteSettings", "remoteSite", REMOTE_SITE),
    deployed("Settings", "settings", "settings", &[]),
];

const fn kept(name: &'static str, folder: &'static str, suffix: &'static str) -> TypeSchema {
    TypeSchema { name, folder, suffix, fields: &[], deployable: false, since: 0 }
}

const fn deployed(
    name: &'static str,
    folder: &'static str,
    suffix: &'static str,
    fields: &'static [Field],
) -> TypeSchema {
    TypeSchema { name, folder, suffix, fields, deployable: true, since: 0 }
}

const CONNECTED_APP: &[Field] = &[
    section(
        "attributes",
        "ConnectedAppAttribute",
        &[text("formula").required(), text("key").required()],
    ),
    field(
        "canvasConfig",
        Kind::Group(
            "ConnectedAppCanvasConfig",
            &[
                field("accessMethod", Kind::Choice("AccessMethod", &["Get", "Post"])).required(),
                text("canvasUrl").required(),
                text("lifecycleClass"),
                text("locations").many(),
                text("options").many(),
                text("samlInitiationMethod"),
            ],
        ),
    ),
    text("contactEmail").required(),
    text("contactPhone"),
    text("description"),
    text("iconUrl"),
    text("infoUrl"),
    section(
        "ipRanges",
        "ConnectedAppIpRange",
        &[text("description"), text("end").required(), text("start").required()],
    ),
    text("label").required(),
    text("logoUrl"),
    field(
        "mobileAppConfig",
        Kind::Group(
            "ConnectedAppMobileDetailConfig",
            &[
                text("applicationBinaryFile"),
                text("applicationBinaryFileName"),
                text("applicationBundleIdentifier"),
                number("applicationFileLength"),
                text("applicationIconFile"),
                text("applicationIconFileName"),
                text("applicationInstallUrl"),
                text("devicePlatform").required(),
                text("deviceType"),
                text("minimumOsVersion"),
                flag("privateApp"),
                text("version").required(),
            ],
        ),
    ),
    text("mobileStartUrl"),
    field("oauthConfig", Kind::Group("ConnectedAppOauthConfig", OAUTH_CONFIG)),
    field(
        "oauthPolicy",
        Kind::Group(
            "ConnectedAppOauthPolicy",
            &[
                text("ipRelaxation").required(),
                flag("isTokenExchangeFlowEnabled"),
                text("refreshTokenPolicy").required(),
                text("singleLogoutUrl"),
            ],
        ),
    )
    .since(49),
    text("permissionSetName").many().since(46),
    text("plugin"),
    text("pluginExecutionUser").since(46),
    text("profileName").many().since(46),
    field("samlConfig", Kind::Group("ConnectedAppSamlConfig", SAML_CONFIG)),
    field(
        "sessionPolicy",
        Kind::Group(
            "ConnectedAppSessionPolicy",
            &[text("policyAction"), text("sessionLevel"), number("sessionTimeout")],
        ),
    )
    .since(49),
    text("startUrl"),
];

/// S 1.1.
const SAML_CONFIG: &[Field] = &[
    text("acsUrl").required(),
    text("certificate"),
    text("encryptionCertificate"),
    field("encryptionType", Kind::Choice("SamlEncryptionType", &["AES_128", "AES_256"])),
    text("entityUrl").required(),
    text("issuer"),
    text("samlIdpSLOBindingEnum"),
    text("samlNameIdFormat"),
    text("samlSigningAlgoType").since(50),
    text("samlSloUrl"),
    text("samlSubjectCustomAttr"),
    text("samlSubjectType").required(),
];

const OAUTH_CONFIG: &[Field] = &[
    field(
        "assetTokenConfig",
        Kind::Group(
            "ConnectedAppOauthAssetToken",
            &[
                text("assetAudiences").required(),
                flag("assetIncludeAttributes").required(),
                flag("assetIncludeCustomPerms").required(),
                text("assetSigningCertId").required(),
                number("assetValidityPeriod").required(),
            ],
        ),
    )
    .since(49),
    text("callbackUrl").required(),
    text("certificate"),
    text("consumerKey"),
    text("consumerSecret"),
    field(
        "idTokenConfig",
        Kind::Group(
            "ConnectedAppOauthIdToken",
            &[
                text("idTokenAudience"),
                flag("idTokenIncludeAttributes"),
                flag("idTokenIncludeCustomPerms"),
                flag("idTokenIncludeStandardClaims"),
                number("idTokenValidity"),
            ],
        ),
    )
    .since(43),
    flag("isAdminApproved").since(46),
    flag("isClientCredentialEnabled").since(56),
    flag("isCodeCredentialEnabled").since(57),
    flag("isCodeCredentialPostOnly").since(57),
    flag("isConsumerSecretOptional").since(49),
    // Which version brought it is told by no source (S 1.2).
    flag("isEnforceRefreshTokenTTL"),
    flag("isIntrospectAllTokens").since(49),
    flag("isNamedUserJwtEnabled").since(59),
    flag("isPkceRequired").since(59),
    flag("isRefreshTokenRotationEnabled").since(60),
    flag("isSecretRequiredForRefreshToken").since(51),
    flag("isSecretRequiredForTokenExchange").since(60),
    flag("isTokenExchangeEnabled").since(60),
    text("oauthClientCredentialUser").since(56),
    field("scopes", Kind::Choice("ConnectedAppOauthAccessScope", SCOPES)).many(),
    text("singleLogoutUrl"),
];

/// The scopes of S 1.2.
const SCOPES: &[&str] = &[
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
];

const EXTERNAL_CLIENT_APP: &[Field] = &[
    // The docs mark nothing required; a probe of a live org found this one to be (S 2.2).
    text("contactEmail").required(),
    text("contactPhone"),
    text("description"),
    field(
        "distributionState",
        Kind::Choice("ExtlClntAppDistState", &["Local", "Packaged", "Managed", "AutoInstalled"]),
    ),
    text("iconUrl"),
    text("infoUrl"),
    flag("isProtected"),
    text("label"),
    text("logoUrl"),
    field("managedType", Kind::Choice("ExtlClntAppManagedType", &["Local", "Global"])),
    text("orgScopedExternalApp"),
];

const ECA_POLICIES: &[Field] = &[
    text("externalClientApplication").required(),
    flag("isCanvasPluginEnabled").since(66),
    flag("isEnabled").required(),
    flag("isMobilePluginEnabled"),
    flag("isNotificationPluginEnabled"),
    flag("isOauthPluginEnabled").since(60),
    flag("isPushPluginEnabled"),
    flag("isSamlPluginEnabled").since(63),
    text("label"),
    field("startPage", Kind::Choice("ExtlClntAppStartPage", &["None", "Custom", "OAuth", "SAML"]))
        .since(63),
    text("startUrl").since(63),
];

const ECA_GLOBAL_OAUTH: &[Field] = &[
    text("callbackUrl").required(),
    text("certificate").since(60),
    text("consumerKey"),
    text("consumerSecret"),
    text("externalClientApplication").required(),
    field(
        "idTokenConfig",
        Kind::Group(
            "ExternalAppIdTokenConfig",
            &[
                text("idTokenAudience"),
                flag("idTokenIncludeAttributes"),
                flag("idTokenIncludeCustomPermissions"),
                flag("idTokenIncludeStandardClaims"),
                number("idTokenValidityInMinutes"),
            ],
        ),
    ),
    flag("isClientCredentialsFlowEnabled").since(60),
    flag("isCodeCredFlowEnabled").since(61),
    flag("isCodeCredPostOnly").since(61),
    flag("isConsumerSecretOptional"),
    flag("isDeviceFlowEnabled").since(60),
    // As of connected apps.
    flag("isEnforceRefreshTokenTTL"),
    flag("isIntrospectAllTokens"),
    flag("isNamedUserJwtEnabled").since(61),
    flag("isPkceRequired"),
    flag("isRefreshTokenRotationEnabled").since(60),
    flag("isSecretRequiredForRefreshToken"),
    flag("isSecretRequiredForTokenExchange").since(60),
    flag("isTokenExchangeEnabled").since(60),
    text("label"),
    flag("shouldRotateConsumerKey"),
    flag("shouldRotateConsumerSecret"),
];

/// S 2.5.
const JWT_TIMEOUTS: &[&str] = &["UserSession", "Custom"];

const ECA_OAUTH_POLICIES: &[Field] = &[
    text("apexHandler"),
    text("clientCredentialsFlowUser").since(60),
    text("commaSeparatedCustomScopes").since(61),
    text("commaSeparatedPermissionSet"),
    text("commaSeparatedProfile"),
    section(
        "customAttributes",
        "ExtlClntAppOauthPoliciesAttribute",
        &[text("formula").required(), text("key").required()],
    ),
    text("executeHandlerAs"),
    text("externalClientApplication").required(),
    field("guestJwtSessionTimeoutType", Kind::Choice("JwtSessionTimeoutType", JWT_TIMEOUTS))
        .since(65),
    number("guestJwtTimeout").since(61),
    text("ipRelaxationPolicyType"),
    flag("isClientCredentialsFlowEnabled").since(60),
    flag("isGuestCodeCredFlowEnabled").since(61),
    flag("isTokenExchangeFlowEnabled").since(60),
    text("label"),
    field("namedUserJwtSessionTimeoutType", Kind::Choice("JwtSessionTimeoutType", JWT_TIMEOUTS))
        .since(65),
    number("namedUserJwtTimeout").since(61),
    field(
        "permittedUsersPolicyType",
        Kind::Choice(
            "PermittedUsersPolicyType",
            &["AllSelfAuthorized", "AdminApprovedPreAuthorized"],
        ),
    ),
    field(
        "policyAction",
        Kind::Choice("PolicyAction", &["Block", "RaiseSessionLevel", "StepUpMFA"]),
    ),
    field(
        "refreshTokenPolicyType",
        Kind::Choice(
            "RefreshTokenPolicyType",
            &["Infinite", "Zero", "SpecificLifetime", "SpecificInactivity"],
        ),
    ),
    number("refreshTokenValidityPeriod"),
    text("refreshTokenValidityUnit"),
    field(
        "requiredSessionLevel",
        Kind::Choice("SessionSecurityLevel", &["LOW", "STANDARD", "HIGH_ASSURANCE"]),
    ),
    number("sessionTimeoutInMinutes"),
    text("singleLogoutUrl"),
    text("startUrl"),
];

const ECA_OAUTH: &[Field] = &[
    flag("areAttributesIncludedInAssetToken"),
    flag("areCustomPermsIncludedInAssetToken"),
    text("assetTokenAudiences"),
    text("assetTokenSigningCertificate"),
    number("assetTokenValidity"),
    text("clientAssertionCertificate"),
    text("commaSeparatedCustomScopes"),
    text("commaSeparatedOauthScopes"),
    section(
        "customAttributes",
        "ExtlClntAppOauthSettingsAttribute",
        &[text("formula").required(), text("key").required()],
    ),
    text("externalClientApplication").required(),
    flag("isFirstPartyAppEnabled"),
    text("label"),
    text("oauthLink"),
    text("singleLogoutUrl"),
    section(
        "trustedIpRanges",
        "ExtlClntAppOauthIpRange",
        &[text("description"), text("endIpAddress").required(), text("startIpAddress").required()],
    ),
];

const PERMISSION_SET: &[Field] = &[
    access!("agentAccesses", "PermissionSetAgentAccess", "agentName").since(63),
    section(
        "applicationVisibilities",
        "PermissionSetApplicationVisibility",
        &[text("application").required(), flag("visible").required()],
    ),
    access!("classAccesses", "PermissionSetApexClassAccess", "apexClass"),
    access!("customMetadataTypeAccesses", "PermissionSetCustomMetadataTypeAccess", "name")
        .since(47),
    access!("customPermissions", "PermissionSetCustomPermissions", "name"),
    access!("customSettingAccesses", "PermissionSetCustomSettingAccess", "name").since(47),
    text("description"),
    access!("emailRoutingAddressAccesses", "PermissionSetEmailRoutingAddressAccess", "name")
        .since(62),
    access!(
        "externalCredentialPrincipalAccesses",
        "PermissionSetExternalCredentialPrincipalAccess",
        "externalCredentialPrincipal"
    )
    .since(59),
    access!(
        "externalDataSourceAccesses",
        "PermissionSetExternalDataSourceAccess",
        "externalDataSource"
    ),
    section("fieldPermissions", "PermissionSetFieldPermissions", FIELD_PERMISSION),
    access!("flowAccesses", "PermissionSetFlowAccess", "flow").since(47),
    flag("hasActivationRequired").since(37),
    text("label").required(),
    text("license").since(38),
    section(
        "objectPermissions",
        "PermissionSetObjectPermissions",
        &[
            flag("allowCreate").required(),
            flag("allowDelete").required(),
            flag("allowEdit").required(),
            flag("allowRead").required(),
            flag("modifyAllRecords").required(),
            text("object").required(),
            flag("viewAllFields").since(63),
            flag("viewAllRecords").required(),
        ],
    ),
    access!("pageAccesses", "PermissionSetApexPageAccess", "apexPage"),
    section(
        "recordTypeVisibilities",
        "PermissionSetRecordTypeVisibility",
        &[text("recordType").required(), flag("visible").required()],
    ),
    access!(
        "servicePresenceStatusAccesses",
        "PermissionSetServicePresenceStatusAccess",
        "servicePresenceStatus"
    )
    .since(64),
    section(
        "tabSettings",
        "PermissionSetTabSetting",
        &[
            text("tab").required(),
            field(
                "visibility",
                Kind::Choice("PermissionSetTabVisibility", &["None", "Available", "Visible"]),
            )
            .required(),
        ],
    ),
    text("userLicense").until(37),
    access!("userPermissions", "PermissionSetUserPermission", "name"),
];

const FIELD_PERMISSION: &[Field] =
    &[flag("editable").required(), text("field").required(), flag("readable")];

const PERMISSION_SET_GROUP: &[Field] = &[
    text("description"),
    flag("hasActivationRequired").since(53),
    text("label").required(),
    text("mutingPermissionSets").many().since(46),
    text("permissionSets").many(),
    text("status"),
];

const PROFILE: &[Field] = &[
    access!("agentAccesses", "ProfileAgentAccess", "agentName").since(63),
    section(
        "applicationVisibilities",
        "ProfileApplicationVisibility",
        &[text("application").required(), flag("default").required(), flag("visible").required()],
    ),
    section(
        "categoryGroupVisibilities",
        "ProfileCategoryGroupVisibility",
        &[
            text("dataCategories").many(),
            text("dataCategoryGroup").required(),
            field(
                "visibility",
                Kind::Choice("CategoryGroupVisibility", &["ALL", "NONE", "CUSTOM"]),
            )
            .required(),
        ],
    )
    .since(41),
    access!("classAccesses", "ProfileApexClassAccess", "apexClass"),
    flag("custom"),
    access!("customMetadataTypeAccesses", "ProfileCustomMetadataTypeAccess", "name").since(47),
    access!("customPermissions", "ProfileCustomPermissions", "name"),
    access!("customSettingAccesses", "ProfileCustomSettingAccess", "name").since(47),
    text("description"),
    access!("externalDataSourceAccesses", "ProfileExternalDataSourceAccess", "externalDataSource"),
    section("fieldPermissions", "ProfileFieldLevelSecurity", FIELD_PERMISSION),
    access!("flowAccesses", "ProfileFlowAccess", "flow").since(47),
    section(
        "layoutAssignments",
        "ProfileLayoutAssignment",
        &[text("layout").required(), text("recordType")],
    ),
    section(
        "loginFlows",
        "LoginFlow",
        &[
            text("flow"),
            field("flowType", Kind::Choice("LoginFlowType", &["UI"])).required(),
            text("friendlyName").required(),
            field(
                "uiLoginFlowType",
                Kind::Choice("UiLoginFlowType", &["VisualWorkflow", "VisualForce"]),
            )
            .required(),
            flag("useLightningRuntime"),
            text("vfFlowPage"),
            text("vfFlowPageTitle"),
        ],
    )
    .since(51),
    field("loginHours", Kind::Group("ProfileLoginHours", LOGIN_HOURS)),
    section(
        "loginIpRanges",
        "ProfileLoginIpRange",
        &[text("description"), text("endAddress").required(), text("startAddress").required()],
    ),
    section(
        "objectPermissions",
        "ProfileObjectPermissions",
        &[
            flag("allowCreate"),
            flag("allowDelete"),
            flag("allowEdit"),
            flag("allowRead"),
            flag("modifyAllRecords"),
            text("object").required(),
            flag("viewAllFields").since(63),
            flag("viewAllRecords"),
        ],
    ),
    access!("pageAccesses", "ProfileApexPageAccess", "apexPage"),
    section(
        "recordTypeVisibilities",
        "ProfileRecordTypeVisibility",
        &[
            flag("default").required(),
            flag("personAccountDefault"),
            text("recordType").required(),
            flag("visible").required(),
        ],
    ),
    access!(
        "servicePresenceStatusAccesses",
        "ProfileServicePresenceStatusAccess",
        "servicePresenceStatus"
    )
    .since(64),
    section(
        "tabVisibilities",
        "ProfileTabVisibility",
        &[
            text("tab").required(),
            field(
                "visibility",
                Kind::Choice("TabVisibility", &["Hidden", "DefaultOff", "DefaultOn"]),
            )
            .required(),
        ],
    ),
    text("userLicense"),
    access!("userPermissions", "ProfileUserPermission", "name"),
];

const LOGIN_HOURS: &[Field] = &[
    text("fridayEnd"),
    text("fridayStart"),
    text("mondayEnd"),
    text("mondayStart"),
    text("saturdayEnd"),
    text("saturdayStart"),
    text("sundayEnd"),
    text("sundayStart"),
    text("thursdayEnd"),
    text("thursdayStart"),
    text("tuesdayEnd"),
    text("tuesdayStart"),
    text("wednesdayEnd"),
    text("wednesdayStart"),
];

const SESSION_TIMEOUTS: &[&str] = &[
    "TwentyFourHours",
    "TwelveHours",
    "EightHours",
    "FourHours",
    "TwoHours",
    "NinetyMinutes",
    "SixtyMinutes",
    "ThirtyMinutes",
    "FifteenMinutes",
];

/// The settings files by root element and the version that brought them (S 2.8), as far as the demo
/// org has them.
const SETTINGS: &[(&str, u16, &[Field])] = &[
    (
        "ConnectedAppSettings",
        47,
        &[
            flag("enableAdminApprovedAppsOnly"),
            flag("enableAdminApprovedAppsOnlyForExternalUser"),
            flag("enableSkipUserProvisioningWizardWelcomePage"),
        ],
    ),
    (
        "ExternalClientAppSettings",
        58,
        &[
            flag("enableClientSecretInRestApiAccess"),
            flag("enableConsumerSecretApiAccess"),
            flag("enablePackageEcaOauthFromDevOrg"),
        ],
    ),
    (
        "OauthOidcSettings",
        0,
        &[
            flag("blockOAuthUnPwFlow"),
            flag("blockOAuthUsrAgtFlow"),
            flag("isPkceRequired"),
            flag("oAuthCdCrdtFlowEnable"),
        ],
    ),
    (
        "RealTimeEventSettings",
        0,
        &[section(
            "realTimeEvents",
            "RealTimeEvent",
            &[text("entityName").required(), flag("isEnabled").required()],
        )],
    ),
    (
        "SecuritySettings",
        0,
        &[
            flag("canUsersGrantLoginAccess"),
            flag("enableAdminLoginAsAnyUser"),
            flag("enableAuditFieldsInactiveOwner"),
            field(
                "networkAccess",
                Kind::Group(
                    "NetworkAccess",
                    &[section(
                        "ipRanges",
                        "IpRange",
                        &[text("description"), text("end").required(), text("start").required()],
                    )],
                ),
            ),
            field(
                "sessionSettings",
                Kind::Group(
                    "SessionSettings",
                    &[
                        flag("disableTimeoutWarning"),
                        flag("enforceIpRangesEveryRequest"),
                        flag("forceLogoutOnSessionTimeout"),
                        flag("forceRelogin"),
                        flag("lockSessionsToDomain"),
                        flag("lockSessionsToIp"),
                        field("sessionTimeout", Kind::Choice("SessionTimeout", SESSION_TIMEOUTS)),
                    ],
                ),
            ),
        ],
    ),
];
