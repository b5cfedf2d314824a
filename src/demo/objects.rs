//! The objects that SOQL and describe know: fields, relationships, and what may be written.

use super::state::Org;

/// An object as SOQL and describe know it.
#[derive(Debug)]
pub(crate) struct ObjectDef {
    pub(crate) name: &'static str,
    /// Whether it is asked of the Tooling API.
    pub(crate) tooling: bool,
    /// Fields, space-separated, with their types, and with the API version of those that are younger
    /// than any that is served: `Id:id Name:string ForwardedForIp:string:61`.
    pub(crate) fields: &'static str,
    /// Relationships: name, the field that holds the id, the object.
    pub(crate) relationships: &'static [(&'static str, &'static str, &'static str)],
    /// Whether rows may be created and deleted by REST.
    pub(crate) writable: bool,
    /// The API version that brought it; 0 where it is older than any that is served.
    pub(crate) since: u16,
    /// The fields by which rows may be chosen, where those are not all.
    pub(crate) filters: Option<&'static [&'static str]>,
}

const AUDIT: &[(&str, &str, &str)] =
    &[("CreatedBy", "CreatedById", "User"), ("LastModifiedBy", "LastModifiedById", "User")];

const fn object(
    name: &'static str,
    fields: &'static str,
    relationships: &'static [(&'static str, &'static str, &'static str)],
) -> ObjectDef {
    ObjectDef {
        name,
        tooling: false,
        fields,
        relationships,
        writable: false,
        since: 0,
        filters: None,
    }
}

const fn writable(mut object: ObjectDef) -> ObjectDef {
    object.writable = true;
    object
}

const fn since(mut object: ObjectDef, version: u16) -> ObjectDef {
    object.since = version;
    object
}

/// Rows can be chosen by these fields alone.
const fn filtered(mut object: ObjectDef, filters: &'static [&'static str]) -> ObjectDef {
    object.filters = Some(filters);
    object
}

const fn tooling(mut object: ObjectDef) -> ObjectDef {
    object.tooling = true;
    object
}

const ENTITY: &str = "Id:id DurableId:string QualifiedApiName:string Label:string KeyPrefix:string";

/// Every object that the demo org answers for.
pub(crate) const OBJECTS: &[ObjectDef] = &[
    object(
        "AppMenuItem",
        "Id:id Name:string Label:string Type:string ApplicationId:reference StartUrl:string \
         IsUsingAdminAuthorization:boolean IsVisible:boolean",
        &[],
    ),
    object(
        "AuthSession",
        "Id:id UsersId:reference CreatedDate:datetime LastModifiedDate:datetime LoginType:string \
         LoginSubType:string SessionType:string SourceIp:string LoginHistoryId:reference \
         NumSecondsValid:int SessionSecurityLevel:string IsAssociatedWithJwtAccessToken:boolean:64 \
         IsCurrent:boolean",
        &[("Users", "UsersId", "User"), ("LoginHistory", "LoginHistoryId", "LoginHistory")],
    ),
    object(
        "ConnectedApplication",
        "Id:id Name:string StartUrl:string MobileStartUrl:string MobileSessionTimeout:string \
         PinLength:string OptionsAllowAdminApprovedUsersOnly:boolean \
         OptionsRefreshTokenValidityMetric:boolean OptionsHasSessionLevelPolicy:boolean \
         OptionsIsInternal:boolean OptionsFullContentPushNotifications:boolean \
         OptionsCodeCredentialGuestEnabled:boolean RefreshTokenValidityPeriod:int UvidTimeout:int \
         NamedUserUvidTimeout:int CreatedDate:datetime CreatedById:reference \
         LastModifiedDate:datetime LastModifiedById:reference",
        AUDIT,
    ),
    object("EntityDefinition", ENTITY, &[]),
    since(
        object(
            "EventLogFile",
            "Id:id EventType:string LogDate:datetime LogFile:base64 LogFileLength:double \
             LogFileFieldNames:string LogFileFieldTypes:string Interval:string Sequence:int \
             ApiVersion:double CreatedDate:datetime",
            &[],
        ),
        32,
    ),
    object(
        "ExternalClientApplication",
        "Id:id DeveloperName:string MasterLabel:string NamespacePrefix:string \
         DistributionState:string ContactEmail:string CreatedDate:datetime CreatedById:reference \
         LastModifiedDate:datetime LastModifiedById:reference",
        AUDIT,
    ),
    object(
        "ExtlClntAppOauthPlcyCnfg",
        "Id:id DeveloperName:string MasterLabel:string ExternalClientApplicationId:reference \
         PermittedUsersPolicyType:string IpRelaxationPolicyType:string \
         RefreshTokenPolicyType:string RefreshTokenValidityPeriod:int \
         RefreshTokenValidityUnit:string RequiredSessionLevel:string SessionTimeoutInMinutes:int \
         CreatedDate:datetime CreatedById:reference LastModifiedDate:datetime \
         LastModifiedById:reference",
        &[
            (
                "ExternalClientApplication",
                "ExternalClientApplicationId",
                "ExternalClientApplication",
            ),
            ("CreatedBy", "CreatedById", "User"),
            ("LastModifiedBy", "LastModifiedById", "User"),
        ],
    ),
    object(
        "FieldDefinition",
        "Id:id QualifiedApiName:string Label:string EntityDefinitionId:reference",
        &[("EntityDefinition", "EntityDefinitionId", "EntityDefinition")],
    ),
    object(
        "FieldPermissions",
        "Id:id ParentId:reference SobjectType:string Field:string PermissionsRead:boolean \
         PermissionsEdit:boolean",
        &[("Parent", "ParentId", "PermissionSet")],
    ),
    filtered(
        object(
            "LoginHistory",
            "Id:id UserId:reference LoginTime:datetime LoginType:string LoginSubType:string \
             Application:string Status:string SourceIp:string LoginUrl:string ApiType:string \
             ApiVersion:string Browser:string Platform:string ClientVersion:string \
             CountryIso:string TlsProtocol:string CipherSuite:string LoginGeoId:reference \
             NetworkId:reference AuthenticationServiceId:reference AuthMethodReference:string \
             AuthContextClassRef:string:67 ForwardedForIp:string:61 OptionsIsGet:boolean OptionsIsPost:boolean",
            // No source knows of a relationship to the user.
            &[],
        ),
        &[
            "AuthenticationServiceId",
            "CipherSuite",
            "CountryIso",
            "Id",
            "LoginTime",
            "LoginType",
            "LoginUrl",
            "NetworkId",
            "OptionsIsGet",
            "OptionsIsPost",
            "TlsProtocol",
            "UserId",
        ],
    ),
    since(
        object(
            "OauthToken",
            "Id:id AppName:string AppMenuItemId:reference UserId:reference CreatedDate:datetime \
             LastUsedDate:datetime \
             UseCount:int AccessToken:string DeleteToken:string RequestToken:string",
            &[("User", "UserId", "User"), ("AppMenuItem", "AppMenuItemId", "AppMenuItem")],
        ),
        32,
    ),
    object(
        "ObjectPermissions",
        "Id:id ParentId:reference SobjectType:string PermissionsRead:boolean \
         PermissionsCreate:boolean PermissionsEdit:boolean PermissionsDelete:boolean \
         PermissionsViewAllRecords:boolean PermissionsModifyAllRecords:boolean \
         PermissionsViewAllFields:boolean",
        &[("Parent", "ParentId", "PermissionSet")],
    ),
    object(
        "Organization",
        "Id:id Name:string OrganizationType:string InstanceName:string IsSandbox:boolean \
         TrialExpirationDate:datetime NamespacePrefix:string LanguageLocaleKey:string \
         TimeZoneSidKey:string CreatedDate:datetime",
        &[],
    ),
    writable(object(
        "PermissionSet",
        "Id:id Name:string Label:string Description:string IsOwnedByProfile:boolean \
         IsCustom:boolean Type:string ProfileId:reference LicenseId:reference \
         PermissionSetGroupId:reference NamespacePrefix:string HasActivationRequired:boolean",
        &[
            ("Profile", "ProfileId", "Profile"),
            ("License", "LicenseId", "PermissionSetLicense"),
            ("PermissionSetGroup", "PermissionSetGroupId", "PermissionSetGroup"),
        ],
    )),
    writable(object(
        "PermissionSetAssignment",
        "Id:id AssigneeId:reference PermissionSetId:reference PermissionSetGroupId:reference \
         ExpirationDate:datetime IsActive:boolean SystemModstamp:datetime",
        &[
            ("Assignee", "AssigneeId", "User"),
            ("PermissionSet", "PermissionSetId", "PermissionSet"),
            ("PermissionSetGroup", "PermissionSetGroupId", "PermissionSetGroup"),
        ],
    )),
    object(
        "PermissionSetGroup",
        "Id:id DeveloperName:string MasterLabel:string Description:string Status:string \
         HasActivationRequired:boolean",
        &[],
    ),
    object(
        "PermissionSetGroupComponent",
        "Id:id PermissionSetGroupId:reference PermissionSetId:reference",
        &[
            ("PermissionSetGroup", "PermissionSetGroupId", "PermissionSetGroup"),
            ("PermissionSet", "PermissionSetId", "PermissionSet"),
        ],
    ),
    object(
        "PermissionSetLicense",
        "Id:id DeveloperName:string MasterLabel:string PermissionSetLicenseKey:string \
         Status:string TotalLicenses:int UsedLicenses:int ExpirationDate:date",
        &[],
    ),
    writable(object(
        "PermissionSetLicenseAssign",
        "Id:id AssigneeId:reference PermissionSetLicenseId:reference CreatedDate:datetime \
         CreatedById:reference LastModifiedDate:datetime LastModifiedById:reference \
         SystemModstamp:datetime",
        &[
            ("Assignee", "AssigneeId", "User"),
            ("PermissionSetLicense", "PermissionSetLicenseId", "PermissionSetLicense"),
        ],
    )),
    object(
        "Profile",
        "Id:id Name:string Description:string UserLicenseId:reference UserType:string",
        &[("UserLicense", "UserLicenseId", "UserLicense")],
    ),
    filtered(
        object(
            "SetupAuditTrail",
            "Id:id Action:string Section:string Display:string CreatedById:reference \
             CreatedDate:datetime CreatedByContext:string DelegateUser:string \
             ResponsibleNamespacePrefix:string",
            &[("CreatedBy", "CreatedById", "User")],
        ),
        &["Id", "Action", "CreatedById", "CreatedDate", "DelegateUser"],
    ),
    writable(object(
        "SetupEntityAccess",
        "Id:id ParentId:reference SetupEntityId:reference SetupEntityType:string",
        &[("Parent", "ParentId", "PermissionSet")],
    )),
    object(
        "User",
        "Id:id Username:string Name:string FirstName:string LastName:string Email:string \
         IsActive:boolean UserType:string ProfileId:reference UserRoleId:reference \
         LanguageLocaleKey:string LocaleSidKey:string LastLoginDate:datetime \
         UserPermissionsInteractionUser:boolean UserPermissionsMarketingUser:boolean \
         UserPermissionsSFContentUser:boolean UserPermissionsSupportUser:boolean \
         CreatedDate:datetime",
        &[("Profile", "ProfileId", "Profile"), ("UserRole", "UserRoleId", "UserRole")],
    ),
    object(
        "UserLicense",
        "Id:id Name:string MasterLabel:string LicenseDefinitionKey:string Status:string \
         TotalLicenses:int UsedLicenses:int",
        &[],
    ),
    object(
        "UserLogin",
        "Id:id UserId:reference IsFrozen:boolean IsPasswordLocked:boolean",
        &[("User", "UserId", "User")],
    ),
    object("UserRole", "Id:id Name:string DeveloperName:string ParentRoleId:reference", &[]),
    tooling(object(
        "DeployRequest",
        "Id:id Status:string CheckOnly:boolean CreatedDate:datetime CompletedDate:datetime \
         StartDate:datetime CreatedById:reference NumberComponentErrors:int \
         NumberComponentsDeployed:int NumberComponentsTotal:int RollbackOnError:boolean",
        &[("CreatedBy", "CreatedById", "User")],
    )),
    tooling(object("EntityDefinition", ENTITY, &[])),
    tooling(object(
        "InstalledSubscriberPackage",
        "Id:id SubscriberPackageId:reference SubscriberPackageVersionId:reference",
        &[
            ("SubscriberPackage", "SubscriberPackageId", "SubscriberPackage"),
            ("SubscriberPackageVersion", "SubscriberPackageVersionId", "SubscriberPackageVersion"),
        ],
    )),
    tooling(object(
        "SubscriberPackage",
        "Id:id Name:string NamespacePrefix:string Description:string",
        &[],
    )),
    tooling(object(
        "SubscriberPackageVersion",
        "Id:id Name:string MajorVersion:int MinorVersion:int PatchVersion:int BuildNumber:int \
         IsManaged:boolean IsBeta:boolean IsPasswordProtected:boolean \
         Package2ContainerOptions:string",
        &[],
    )),
    tooling(object(
        "PermissionDependency",
        "Id:id Permission:string PermissionType:string RequiredPermission:string \
         RequiredPermissionType:string",
        &[],
    )),
    tooling(object(
        "Profile",
        "Id:id Name:string FullName:string Metadata:complexvalue Description:string",
        &[],
    )),
    tooling(object("TabDefinition", "Id:id Name:string SobjectName:string IsCustom:boolean", &[])),
    tooling(object(
        "User",
        "Id:id Username:string Name:string IsActive:boolean ProfileId:reference",
        &[],
    )),
];

/// Finds an object, without regard to case.
pub(crate) fn find(name: &str, tooling: bool) -> Option<&'static ObjectDef> {
    OBJECTS
        .iter()
        .find(|object| object.tooling == tooling && object.name.eq_ignore_ascii_case(name))
}

/// What the ids of well-known objects begin with.
const KEY_PREFIXES: &[(&str, &str)] = &[
    ("Account", "001"),
    ("AppMenuItem", "0DS"),
    ("Asset", "02i"),
    ("AuthSession", "0Ak"),
    ("Campaign", "701"),
    ("CampaignMember", "00v"),
    ("Case", "500"),
    ("ConnectedApplication", "0H4"),
    ("Contact", "003"),
    ("Contract", "800"),
    ("DeployRequest", "0Af"),
    ("EntityDefinition", "4ie"),
    ("EventLogFile", "0AT"),
    ("Event", "00U"),
    ("ExternalClientApplication", "0xI"),
    ("ExtlClntAppOauthPlcyCnfg", "0xP"),
    ("FieldPermissions", "01k"),
    ("InstalledSubscriberPackage", "0A3"),
    ("Lead", "00Q"),
    ("LoginHistory", "0Ya"),
    ("ObjectPermissions", "110"),
    ("Opportunity", "006"),
    ("OpportunityLineItem", "00k"),
    ("OpportunityTeamMember", "00q"),
    ("Organization", "00D"),
    ("PermissionSet", "0PS"),
    ("PermissionSetAssignment", "0Pa"),
    ("PermissionSetGroup", "0PG"),
    ("PermissionSetGroupComponent", "0PM"),
    ("PermissionSetLicense", "0PL"),
    ("PermissionSetLicenseAssign", "2LA"),
    ("Product2", "01t"),
    ("Profile", "00e"),
    ("PushTopic", "0IF"),
    ("SetupAuditTrail", "0Ym"),
    ("SetupEntityAccess", "0J0"),
    ("StreamingChannel", "0M6"),
    ("SubscriberPackage", "033"),
    ("SubscriberPackageVersion", "04t"),
    ("Task", "00T"),
    ("User", "005"),
    ("UserRole", "00E"),
    ("UserLicense", "100"),
    ("UserLogin", "0Yw"),
];

/// What an object's ids begin with; `None` where nothing is known of it. The org's own objects have
/// theirs in the order of their names.
pub(crate) fn key_prefix(org: &Org, name: &str) -> Option<String> {
    let known = KEY_PREFIXES.iter().find(|(object, _)| *object == name);
    let own = || {
        let mut objects = org.catalog.objects.iter().filter(|(_, object)| object.custom);
        let at = objects.position(|(object, _)| object == name)?;
        Some(format!("a{at:02}"))
    };
    known.map(|(_, prefix)| (*prefix).to_owned()).or_else(own)
}

/// A permission that describe does not show for `PermissionSet` and `Profile`, as seen in live orgs
/// (S 4.5): metadata alone has it.
pub(crate) const HIDDEN_PERMISSION: &str = "CanApproveUninstalledApps";

impl ObjectDef {
    /// Whether rows may be chosen by a field.
    pub(crate) fn is_filterable(&self, field: &str) -> bool {
        self.filters.is_none_or(|filters| filters.iter().any(|one| one.eq_ignore_ascii_case(field)))
    }

    /// The fields with their types, in order; `Permissions*` and `MaximumPermissions*` last.
    pub(crate) fn fields(&self, org: &Org) -> Vec<(String, &'static str)> {
        self.fields_at(org, u16::MAX)
    }

    /// The fields that there are at a version of the API.
    pub(crate) fn fields_at(&self, org: &Org, version: u16) -> Vec<(String, &'static str)> {
        let mut fields: Vec<(String, &str)> = self
            .fields
            .split_whitespace()
            .filter_map(|field| {
                let (name, kind) = field.split_once(':')?;
                let (kind, since) = match kind.split_once(':') {
                    Some((kind, since)) => (kind, since.parse().ok()?),
                    None => (kind, 0),
                };
                (since <= version).then(|| (name.to_owned(), kind))
            })
            .collect();
        let prefix = match self.name {
            "PermissionSet" | "Profile" if !self.tooling => "Permissions",
            "PermissionSetLicense" => "MaximumPermissions",
            _ => return fields,
        };
        let shown = org.catalog.user_permissions.keys().filter(|name| *name != HIDDEN_PERMISSION);
        fields.extend(shown.map(|name| (format!("{prefix}{name}"), "boolean")));
        fields
    }
}
