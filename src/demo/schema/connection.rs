//! The fields of the types that stand round an integration: sites and origins that the org trusts,
//! channel members, queues, credentials for callouts, and the policies of profiles (WSDL 63.0).

use super::{Field, Kind, field, flag, number, section, text};

pub(super) const CORS_ORIGIN: &[Field] = &[text("urlPattern").required()];

pub(super) const CSP_SITE: &[Field] = &[
    flag("canAccessCamera"),
    flag("canAccessMicrophone"),
    text("context"),
    text("description"),
    text("endpointUrl").required(),
    flag("isActive").required(),
    flag("isApplicableToConnectSrc"),
    flag("isApplicableToFontSrc"),
    flag("isApplicableToFrameSrc"),
    flag("isApplicableToImgSrc"),
    flag("isApplicableToMediaSrc"),
    flag("isApplicableToStyleSrc"),
    text("mobileExtension"),
];

pub(super) const CHANNEL_MEMBER: &[Field] = &[
    section("enrichedFields", "EnrichedField", &[text("name").required()]),
    text("eventChannel").required(),
    text("filterExpression"),
    text("selectedEntity").required(),
];

pub(super) const PASSWORD_POLICY: &[Field] = &[
    flag("forgotPasswordRedirect"),
    flag("isDisabled"),
    number("lockoutInterval").required(),
    number("maxLoginAttempts").required(),
    number("minimumPasswordLength").required(),
    flag("minimumPasswordLifetime"),
    flag("obscure"),
    number("passwordComplexity").required(),
    number("passwordExpiration").required(),
    number("passwordHistory").required(),
    number("passwordQuestion").required(),
    text("profile").required(),
];

pub(super) const SESSION_SETTING: &[Field] = &[
    flag("externalCommunityUserIdentityVerif").required(),
    flag("forceLogout").required(),
    text("profile").required(),
    text("requiredSessionLevel"),
    flag("sessionPersistence").required(),
    number("sessionTimeout").required(),
    flag("sessionTimeoutWarning").required(),
];

pub(super) const QUEUE: &[Field] = &[
    text("description"),
    flag("doesIncludeBosses"),
    flag("doesSendEmailToMembers"),
    text("email"),
    text("name").required(),
    field(
        "queueMembers",
        Kind::Group(
            "QueueMembers",
            &[
                field("publicGroups", Kind::Group("PublicGroups", &[text("publicGroup").many()])),
                field(
                    "roleAndSubordinates",
                    Kind::Group("RoleAndSubordinates", &[text("roleAndSubordinate").many()]),
                ),
                field("roles", Kind::Group("Roles", &[text("role").many()])),
                field("users", Kind::Group("Users", &[text("user").many()])),
            ],
        ),
    ),
    text("queueRoutingConfig"),
    section("queueSobject", "QueueSobject", &[text("sobjectType").required()]),
];

pub(super) const REMOTE_SITE: &[Field] = &[
    text("description"),
    flag("disableProtocolSecurity").required(),
    flag("isActive").required(),
    text("url").required(),
];

/// `CalloutStatus` of a named credential.
const CALLOUTS: Kind = Kind::Choice("CalloutStatus", &["Disabled", "Enabled"]);

const PROTOCOL: Kind = Kind::Choice(
    "AuthenticationProtocol",
    &["NoAuthentication", "Oauth", "Password", "AwsSv4", "Jwt", "JwtExchange", "Custom", "Basic"],
);

pub(super) const NAMED_CREDENTIAL: &[Field] = &[
    flag("allowMergeFieldsInBody").since(41),
    flag("allowMergeFieldsInHeader").since(41),
    text("authProvider"),
    text("authTokenEndpointUrl").since(46),
    text("awsAccessKey").since(46),
    text("awsAccessSecret").since(46),
    text("awsRegion").since(46),
    text("awsService").since(46),
    field("calloutStatus", CALLOUTS).since(59),
    text("certificate"),
    text("endpoint"),
    flag("generateAuthorizationHeader").since(41),
    text("jwtAudience").since(46),
    text("jwtFormulaSubject").since(46),
    text("jwtIssuer").since(46),
    text("jwtSigningCertificate").since(46),
    text("jwtTextSubject").since(46),
    number("jwtValidityPeriodSeconds").since(46),
    text("label").required(),
    section(
        "namedCredentialParameters",
        "NamedCredentialParameter",
        &[
            text("certificate"),
            text("description"),
            text("externalCredential"),
            flag("globalNamedPrincipalCredential"),
            flag("managedFeatureEnabledCallout"),
            text("outboundNetworkConnection"),
            text("parameterName").required(),
            field("parameterType", PARAMETER).required(),
            text("parameterValue"),
            flag("readOnlyNamedCredential"),
            number("sequenceNumber"),
            flag("systemUserNamedCredential"),
        ],
    )
    .since(56),
    field(
        "namedCredentialType",
        Kind::Choice(
            "NamedCredentialType",
            &["Legacy", "SecuredEndpoint", "PrivateEndpoint", "Standard"],
        ),
    )
    .since(56),
    text("oauthRefreshToken"),
    text("oauthScope"),
    text("oauthToken"),
    text("outboundNetworkConnection").since(49),
    text("password"),
    field(
        "principalType",
        Kind::Choice("ExternalPrincipalType", &["Anonymous", "PerUser", "NamedUser"]),
    ),
    field("protocol", PROTOCOL),
    text("username"),
];

/// The kinds of parameters of the WSDL, and the three that the guide has since.
const PARAMETER: Kind = Kind::Choice(
    "NamedCredentialParamType",
    &[
        "Url",
        "HttpHeader",
        "ClientCertificate",
        "Authentication",
        "OutboundNetworkConnection",
        "AllowedManagedPackageNamespaces",
        "CreatedByNamespace",
        "CustomParameter",
        "StandardNamedCredentialType",
        "ManagedByFeature",
        "ManagedByComponent",
        "ConnectionStatus",
        "ManagedByNamespace",
        "NamedCredentialOptions",
        "SfHttpRequestExtensionName",
    ],
);

pub(super) const EXTERNAL_CREDENTIAL: &[Field] = &[
    field("authenticationProtocol", PROTOCOL).required(),
    text("description"),
    section(
        "externalCredentialParameters",
        "ExternalCredentialParameter",
        &[
            text("authProvider"),
            text("certificate"),
            text("description"),
            text("externalAuthIdentityProvider"),
            text("parameterGroup"),
            text("parameterName").required(),
            field(
                "parameterType",
                Kind::Choice(
                    "ExternalCredentialParamType",
                    &[
                        "ExternalAuthIdentityProvider",
                        "AuthProvider",
                        "AuthProviderUrl",
                        "AuthProviderUrlQueryParameter",
                        "SigningCertificate",
                        "AuthParameter",
                        "NamedPrincipal",
                        "PerUserPrincipal",
                        "AwsStsPrincipal",
                        "GlobalNamedPrincipal",
                        "SystemUserPrincipal",
                        "AuthHeader",
                        "AuthProtocolVariant",
                        "JwtBodyClaim",
                        "JwtHeaderClaim",
                        "CreatedByNamespace",
                        "AdditionalRefreshStatusCode",
                    ],
                ),
            )
            .required(),
            text("parameterValue"),
            number("sequenceNumber"),
        ],
    ),
    text("label").required(),
];
