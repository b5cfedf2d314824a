//! The fields of the types that stand round an integration: sites and origins that the org trusts,
//! channel members, queues, and the policies of profiles (WSDL 63.0).

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
