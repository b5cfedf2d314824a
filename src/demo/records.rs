//! The rows that SOQL sees: those that are stored, and those that follow from the metadata, so that a deploy changes them.
//!
//! Reading a query is left to `soql`, answering it to `query`.

use serde_json::{Value, json};

use super::state::{Org, Refusal, Row, component_id, derived_id, profile_set_id, refuse, same_id, string, timestamp};
use super::tree::Node;

/// An object as SOQL and describe know it.
#[derive(Debug)]
pub(crate) struct ObjectDef {
    pub(crate) name: &'static str,
    /// Whether it is asked of the Tooling API.
    pub(crate) tooling: bool,
    /// Fields, space-separated, with their types: `Id:id Name:string`.
    pub(crate) fields: &'static str,
    /// Relationships: name, the field that holds the id, the object.
    pub(crate) relationships: &'static [(&'static str, &'static str, &'static str)],
    /// Whether rows may be created and deleted by REST.
    pub(crate) writable: bool,
}

const AUDIT: &[(&str, &str, &str)] = &[("CreatedBy", "CreatedById", "User"), ("LastModifiedBy", "LastModifiedById", "User")];

const fn object(
    name: &'static str,
    fields: &'static str,
    relationships: &'static [(&'static str, &'static str, &'static str)],
) -> ObjectDef {
    ObjectDef { name, tooling: false, fields, relationships, writable: false }
}

const fn writable(mut object: ObjectDef) -> ObjectDef {
    object.writable = true;
    object
}

const fn tooling(mut object: ObjectDef) -> ObjectDef {
    object.tooling = true;
    object
}

/// Every object that the demo org answers for.
pub(crate) const OBJECTS: &[ObjectDef] = &[
    object(
        "AppMenuItem",
        "Id:id Name:string Label:string Type:string ApplicationId:reference StartUrl:string IsUsingAdminAuthorization:boolean IsVisible:boolean",
        &[],
    ),
    object(
        "ConnectedApplication",
        "Id:id Name:string StartUrl:string MobileStartUrl:string MobileSessionTimeout:string PinLength:string \
         OptionsAllowAdminApprovedUsersOnly:boolean OptionsRefreshTokenValidityMetric:boolean OptionsHasSessionLevelPolicy:boolean \
         OptionsIsInternal:boolean OptionsFullContentPushNotifications:boolean OptionsCodeCredentialGuestEnabled:boolean \
         RefreshTokenValidityPeriod:int UvidTimeout:int NamedUserUvidTimeout:int CreatedDate:datetime CreatedById:reference \
         LastModifiedDate:datetime LastModifiedById:reference",
        AUDIT,
    ),
    object(
        "ExternalClientApplication",
        "Id:id DeveloperName:string MasterLabel:string NamespacePrefix:string DistributionState:string ContactEmail:string",
        &[],
    ),
    object(
        "ExtlClntAppOauthPlcyCnfg",
        "Id:id DeveloperName:string MasterLabel:string ExternalClientApplicationId:reference PermittedUsersPolicyType:string \
         IpRelaxationPolicyType:string RefreshTokenPolicyType:string RefreshTokenValidityPeriod:int RefreshTokenValidityUnit:string \
         RequiredSessionLevel:string SessionTimeoutInMinutes:int",
        &[("ExternalClientApplication", "ExternalClientApplicationId", "ExternalClientApplication")],
    ),
    object(
        "FieldPermissions",
        "Id:id ParentId:reference SobjectType:string Field:string PermissionsRead:boolean PermissionsEdit:boolean",
        &[("Parent", "ParentId", "PermissionSet")],
    ),
    object(
        "OauthToken",
        "Id:id AppName:string AppMenuItemId:reference UserId:reference LastUsedDate:datetime UseCount:int AccessToken:string \
         DeleteToken:string RequestToken:string",
        &[("User", "UserId", "User"), ("AppMenuItem", "AppMenuItemId", "AppMenuItem")],
    ),
    object(
        "ObjectPermissions",
        "Id:id ParentId:reference SobjectType:string PermissionsRead:boolean PermissionsCreate:boolean PermissionsEdit:boolean \
         PermissionsDelete:boolean PermissionsViewAllRecords:boolean PermissionsModifyAllRecords:boolean PermissionsViewAllFields:boolean",
        &[("Parent", "ParentId", "PermissionSet")],
    ),
    object(
        "Organization",
        "Id:id Name:string OrganizationType:string InstanceName:string IsSandbox:boolean TrialExpirationDate:datetime \
         NamespacePrefix:string LanguageLocaleKey:string CreatedDate:datetime",
        &[],
    ),
    object(
        "PermissionSet",
        "Id:id Name:string Label:string Description:string IsOwnedByProfile:boolean IsCustom:boolean Type:string ProfileId:reference \
         LicenseId:reference PermissionSetGroupId:reference NamespacePrefix:string HasActivationRequired:boolean",
        &[
            ("Profile", "ProfileId", "Profile"),
            ("License", "LicenseId", "PermissionSetLicense"),
            ("PermissionSetGroup", "PermissionSetGroupId", "PermissionSetGroup"),
        ],
    ),
    writable(object(
        "PermissionSetAssignment",
        "Id:id AssigneeId:reference PermissionSetId:reference PermissionSetGroupId:reference ExpirationDate:datetime IsActive:boolean",
        &[
            ("Assignee", "AssigneeId", "User"),
            ("PermissionSet", "PermissionSetId", "PermissionSet"),
            ("PermissionSetGroup", "PermissionSetGroupId", "PermissionSetGroup"),
        ],
    )),
    object(
        "PermissionSetGroup",
        "Id:id DeveloperName:string MasterLabel:string Description:string Status:string HasActivationRequired:boolean",
        &[],
    ),
    object(
        "PermissionSetGroupComponent",
        "Id:id PermissionSetGroupId:reference PermissionSetId:reference",
        &[("PermissionSetGroup", "PermissionSetGroupId", "PermissionSetGroup"), ("PermissionSet", "PermissionSetId", "PermissionSet")],
    ),
    object(
        "PermissionSetLicense",
        "Id:id DeveloperName:string MasterLabel:string PermissionSetLicenseKey:string Status:string TotalLicenses:int UsedLicenses:int \
         ExpirationDate:date",
        &[],
    ),
    writable(object(
        "PermissionSetLicenseAssign",
        "Id:id AssigneeId:reference PermissionSetLicenseId:reference",
        &[("Assignee", "AssigneeId", "User"), ("PermissionSetLicense", "PermissionSetLicenseId", "PermissionSetLicense")],
    )),
    object(
        "Profile",
        "Id:id Name:string Description:string UserLicenseId:reference UserType:string",
        &[("UserLicense", "UserLicenseId", "UserLicense")],
    ),
    writable(object(
        "SetupEntityAccess",
        "Id:id ParentId:reference SetupEntityId:reference SetupEntityType:string",
        &[("Parent", "ParentId", "PermissionSet")],
    )),
    object(
        "User",
        "Id:id Username:string Name:string FirstName:string LastName:string Email:string IsActive:boolean UserType:string \
         ProfileId:reference UserRoleId:reference CreatedDate:datetime",
        &[("Profile", "ProfileId", "Profile")],
    ),
    object(
        "UserLicense",
        "Id:id Name:string MasterLabel:string LicenseDefinitionKey:string Status:string TotalLicenses:int UsedLicenses:int",
        &[],
    ),
    tooling(object(
        "DeployRequest",
        "Id:id Status:string CheckOnly:boolean CreatedDate:datetime CompletedDate:datetime StartDate:datetime CreatedById:reference \
         NumberComponentErrors:int NumberComponentsDeployed:int NumberComponentsTotal:int RollbackOnError:boolean",
        &[("CreatedBy", "CreatedById", "User")],
    )),
    tooling(object(
        "InstalledSubscriberPackage",
        "Id:id SubscriberPackageId:reference SubscriberPackageVersionId:reference",
        &[
            ("SubscriberPackage", "SubscriberPackageId", "SubscriberPackage"),
            ("SubscriberPackageVersion", "SubscriberPackageVersionId", "SubscriberPackageVersion"),
        ],
    )),
    tooling(object("SubscriberPackage", "Id:id Name:string NamespacePrefix:string Description:string", &[])),
    tooling(object(
        "SubscriberPackageVersion",
        "Id:id Name:string MajorVersion:int MinorVersion:int PatchVersion:int BuildNumber:int",
        &[],
    )),
    tooling(object(
        "PermissionDependency",
        "Id:id Permission:string PermissionType:string RequiredPermission:string RequiredPermissionType:string",
        &[],
    )),
    tooling(object("Profile", "Id:id Name:string FullName:string Metadata:complexvalue Description:string", &[])),
    tooling(object("User", "Id:id Username:string Name:string IsActive:boolean ProfileId:reference", &[])),
];

/// Finds an object, without regard to case.
pub(crate) fn find(name: &str, tooling: bool) -> Option<&'static ObjectDef> {
    OBJECTS.iter().find(|object| object.tooling == tooling && object.name.eq_ignore_ascii_case(name))
}

/// A permission that describe does not show for `PermissionSet` and `Profile`, as seen in live orgs (V 3.3): metadata alone has it.
const HIDDEN_PERMISSION: &str = "CanApproveUninstalledApps";

impl ObjectDef {
    /// The fields with their types, in order; `Permissions*` last.
    pub(crate) fn fields(&self, org: &Org) -> Vec<(String, &'static str)> {
        let mut fields: Vec<(String, &str)> =
            self.fields.split_whitespace().filter_map(|field| field.split_once(':')).map(|(name, kind)| (name.to_owned(), kind)).collect();
        if !self.tooling && matches!(self.name, "PermissionSet" | "Profile") {
            fields.extend(
                org.catalog
                    .user_permissions
                    .keys()
                    .filter(|name| *name != HIDDEN_PERMISSION)
                    .map(|name| (format!("Permissions{name}"), "boolean")),
            );
        }
        fields
    }
}

impl Org {
    /// Returns the rows of an object.
    pub(crate) fn rows(&self, object: &ObjectDef) -> Vec<Row> {
        let stored = || self.records.get(object.name).cloned().unwrap_or_default();
        let rows: Vec<Value> = match object.name {
            "AppMenuItem" => self.app_menu_items(),
            "ConnectedApplication" => {
                let mut rows: Vec<Value> = stored().into_iter().map(Value::Object).collect();
                rows.extend(self.connected_applications());
                rows
            }
            "DeployRequest" => self.deploys.iter().map(super::deploy::DeployJob::row).collect(),
            "ExternalClientApplication" => self
                .of_type("ExternalClientApplication")
                .map(|(name, node)| {
                    json!({
                        "Id": component_id("ExternalClientApplication", name), "DeveloperName": name,
                        "MasterLabel": node.get("label").unwrap_or(name), "NamespacePrefix": null,
                        "DistributionState": node.get("distributionState"), "ContactEmail": node.get("contactEmail"),
                    })
                })
                .collect(),
            "ExtlClntAppOauthPlcyCnfg" => self.external_policies(),
            "FieldPermissions" => self.field_permissions(),
            "ObjectPermissions" => self.object_permissions(),
            "PermissionDependency" => self.permission_dependencies(),
            "PermissionSet" => self.permission_sets(),
            "PermissionSetAssignment" => self.assignments(),
            "PermissionSetGroup" => self
                .of_type("PermissionSetGroup")
                .map(|(name, node)| {
                    json!({
                        "Id": component_id("PermissionSetGroup", name), "DeveloperName": name, "MasterLabel": node.get("label"),
                        "Description": node.get("description"), "Status": node.get("status").unwrap_or("Updated"),
                        "HasActivationRequired": node.flag("hasActivationRequired"),
                    })
                })
                .collect(),
            "PermissionSetGroupComponent" => self
                .of_type("PermissionSetGroup")
                .flat_map(|(name, node)| {
                    node.texts("permissionSets")
                        .map(|set| {
                            json!({
                                "Id": derived_id("0PM", &format!("{name}:{set}")),
                                "PermissionSetGroupId": component_id("PermissionSetGroup", name),
                                "PermissionSetId": component_id("PermissionSet", set),
                            })
                        })
                        .collect::<Vec<_>>()
                })
                .collect(),
            "PermissionSetLicense" => self.permission_set_licences(stored()),
            "Profile" => self.profiles(object.tooling),
            "SetupEntityAccess" => {
                let mut rows: Vec<Value> = stored().into_iter().map(Value::Object).collect();
                rows.extend(self.app_access());
                rows
            }
            "SubscriberPackage" | "SubscriberPackageVersion" => self.subscriber_packages(object.name),
            "User" => stored().into_iter().map(|row| self.user_row(row)).collect(),
            _ => stored().into_iter().map(Value::Object).collect(),
        };
        rows.into_iter()
            .filter_map(|row| match row {
                Value::Object(row) => Some(row),
                _ => None,
            })
            .collect()
    }

    fn user_row(&self, mut row: Row) -> Value {
        let profile = component_id("Profile", string(&row, "Profile"));
        row.insert("ProfileId".to_owned(), profile.into());
        Value::Object(row)
    }

    fn profiles(&self, tooling: bool) -> Vec<Value> {
        self.of_type("Profile")
            .map(|(name, node)| {
                let mut row = json!({
                    "Id": component_id("Profile", name), "Name": self.profile_label(name),
                    "Description": node.get("description"), "UserLicenseId": self.licence_id(node.get("userLicense").unwrap_or_default()),
                    "UserType": "Standard",
                });
                if tooling {
                    row["FullName"] = super::state::encode(name).into();
                    row["Metadata"] = metadata_json(&node);
                } else {
                    self.add_permissions(&mut row, &node);
                }
                row
            })
            .collect()
    }

    fn permission_sets(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for (name, node) in self.of_type("PermissionSet") {
            let mut row = json!({
                "Id": component_id("PermissionSet", name), "Name": name, "Label": node.get("label"),
                "Description": node.get("description"), "IsOwnedByProfile": false, "IsCustom": true, "Type": "Regular",
                "ProfileId": null, "PermissionSetGroupId": null, "NamespacePrefix": null,
                "LicenseId": node.get("license").map(|licence| self.licence_id(licence)),
                "HasActivationRequired": node.flag("hasActivationRequired"),
            });
            self.add_permissions(&mut row, &node);
            rows.push(row);
        }
        for (name, node) in self.of_type("PermissionSetGroup") {
            let mut row = json!({
                "Id": group_set_id(name), "Name": name, "Label": node.get("label"), "Description": null,
                "IsOwnedByProfile": false, "IsCustom": true, "Type": "Group", "ProfileId": null,
                "PermissionSetGroupId": component_id("PermissionSetGroup", name), "NamespacePrefix": null, "LicenseId": null,
                "HasActivationRequired": node.flag("hasActivationRequired"),
            });
            self.add_permissions(&mut row, &self.added_up(&node));
            rows.push(row);
        }
        for (name, node) in self.of_type("Profile") {
            let id = profile_set_id(name);
            let mut row = json!({
                "Id": id, "Name": format!("X{id}"), "Label": self.profile_label(name), "Description": null,
                "IsOwnedByProfile": true, "IsCustom": node.flag("custom"), "Type": "Profile",
                "ProfileId": component_id("Profile", name), "PermissionSetGroupId": null, "NamespacePrefix": null,
                "LicenseId": self.licence_id(node.get("userLicense").unwrap_or_default()), "HasActivationRequired": false,
            });
            self.add_permissions(&mut row, &node);
            rows.push(row);
        }
        rows
    }

    fn add_permissions(&self, row: &mut Value, node: &Node) {
        for name in self.catalog.user_permissions.keys() {
            if name != HIDDEN_PERMISSION {
                row[format!("Permissions{name}")] =
                    node.all("userPermissions").any(|entry| entry.flag("enabled") && entry.get("name") == Some(name)).into();
            }
        }
    }

    /// A group's sets added up, which the org keeps as a permission set of the type `Group`.
    fn added_up(&self, group: &Node) -> Node {
        let mut out = Node::group("PermissionSet", Vec::new());
        for set in group.texts("permissionSets") {
            let entries = self.component("PermissionSet", set).map(|set| set.children).unwrap_or_default();
            for entry in entries {
                let key = |entry: &Node| ["object", "field", "name"].iter().find_map(|part| entry.get(part)).map(str::to_owned);
                let known = out.children.iter_mut().find(|known| known.name == entry.name && key(known) == key(&entry));
                let Some(known) = known else {
                    out.children.push(entry);
                    continue;
                };
                for flag in entry.children.iter().filter(|child| child.value() == "true") {
                    known.set(&flag.name, "true");
                }
            }
        }
        out
    }

    /// Everything that carries permissions: its id as a permission set, and its content.
    fn carriers(&self) -> Vec<(String, Node)> {
        let sets = self.of_type("PermissionSet").map(|(name, node)| (component_id("PermissionSet", name), node));
        let profiles = self.of_type("Profile").map(|(name, node)| (profile_set_id(name), node));
        let groups = self.of_type("PermissionSetGroup").map(|(name, node)| (group_set_id(name), self.added_up(&node)));
        sets.chain(profiles).chain(groups).collect()
    }

    fn object_permissions(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for (parent, node) in self.carriers() {
            for entry in node.all("objectPermissions").filter(|entry| entry.flag("allowRead")) {
                let object = entry.get("object").unwrap_or_default();
                rows.push(json!({
                    "Id": derived_id("110", &format!("{parent}:{object}")), "ParentId": parent, "SobjectType": object,
                    "PermissionsRead": true, "PermissionsCreate": entry.flag("allowCreate"),
                    "PermissionsEdit": entry.flag("allowEdit"), "PermissionsDelete": entry.flag("allowDelete"),
                    "PermissionsViewAllRecords": entry.flag("viewAllRecords"),
                    "PermissionsModifyAllRecords": entry.flag("modifyAllRecords"),
                    "PermissionsViewAllFields": entry.flag("viewAllFields"),
                }));
            }
        }
        rows
    }

    fn field_permissions(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for (parent, node) in self.carriers() {
            for entry in node.all("fieldPermissions").filter(|entry| entry.flag("readable")) {
                let field = entry.get("field").unwrap_or_default();
                rows.push(json!({
                    "Id": derived_id("01k", &format!("{parent}:{field}")), "ParentId": parent,
                    "SobjectType": field.split('.').next(), "Field": field,
                    "PermissionsRead": true, "PermissionsEdit": entry.flag("editable"),
                }));
            }
        }
        rows
    }

    /// Stored assignments, and the one that each user has with his profile's permission set.
    fn assignments(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for row in self.records.get("PermissionSetAssignment").into_iter().flatten() {
            let id_of = |field: &str| match string(row, field) {
                "" => Value::Null,
                name => component_id(field, name).into(),
            };
            let mut out = row.clone();
            // A group is assigned as the set that it adds up to.
            let group = string(row, "PermissionSetGroup");
            let set = if group.is_empty() { id_of("PermissionSet") } else { group_set_id(group).into() };
            out.insert("PermissionSetId".to_owned(), set);
            out.insert("PermissionSetGroupId".to_owned(), id_of("PermissionSetGroup"));
            out.remove("PermissionSet");
            out.remove("PermissionSetGroup");
            rows.push(Value::Object(out));
        }
        for user in self.records.get("User").into_iter().flatten() {
            rows.push(json!({
                "Id": derived_id("0Pa", string(user, "Id")), "AssigneeId": string(user, "Id"),
                "PermissionSetId": profile_set_id(string(user, "Profile")), "PermissionSetGroupId": null,
                "ExpirationDate": null, "IsActive": true,
            }));
        }
        rows
    }

    fn permission_set_licences(&self, stored: Vec<Row>) -> Vec<Value> {
        let assigned = self.records.get("PermissionSetLicenseAssign");
        stored
            .into_iter()
            .map(|mut row| {
                let id = string(&row, "Id").to_owned();
                let used = assigned.into_iter().flatten().filter(|assign| same_id(string(assign, "PermissionSetLicenseId"), &id)).count();
                row.insert("UsedLicenses".to_owned(), used.into());
                Value::Object(row)
            })
            .collect()
    }

    fn licence_id(&self, name: &str) -> Value {
        ["UserLicense", "PermissionSetLicense"]
            .iter()
            .filter_map(|object| self.records.get(*object))
            .flatten()
            .find(|row| string(row, "MasterLabel") == name || string(row, "Name") == name)
            .map_or(Value::Null, |row| string(row, "Id").into())
    }

    fn connected_applications(&self) -> Vec<Value> {
        self.components
            .iter()
            .filter(|((type_name, _), _)| type_name == "ConnectedApp")
            .filter_map(|((_, name), stored)| {
                let node = Node::parse(&stored.content).ok()?;
                let policy = node.child("oauthPolicy").and_then(|policy| policy.get("refreshTokenPolicy")).unwrap_or("infinite");
                let mut parts = policy.split(':');
                let metric = parts.next() == Some("specific_inactivity");
                // The unit is not exposed (S 1.7).
                let period: Option<i64> = parts.next().and_then(|period| period.parse().ok());
                Some(json!({
                    "Id": component_id("ConnectedApp", name), "Name": node.get("label"), "StartUrl": node.get("startUrl"),
                    "OptionsAllowAdminApprovedUsersOnly": node.child("oauthConfig").is_some_and(|config| config.flag("isAdminApproved")),
                    "OptionsRefreshTokenValidityMetric": metric, "RefreshTokenValidityPeriod": period,
                    "OptionsHasSessionLevelPolicy": node.child("sessionPolicy").is_some_and(|policy| policy.get("sessionLevel").is_some()),
                    "OptionsIsInternal": false, "OptionsFullContentPushNotifications": false, "OptionsCodeCredentialGuestEnabled": false,
                    "CreatedDate": timestamp(stored.created, "+0000"), "LastModifiedDate": timestamp(stored.modified, "+0000"),
                    "CreatedById": self.catalog.admin, "LastModifiedById": stored.modified_by,
                }))
            })
            .collect()
    }

    fn app_menu_items(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        let installed = self.records.get("ConnectedApplication").cloned().unwrap_or_default();
        let local = self.connected_applications();
        for row in installed.iter().chain(local.iter().filter_map(Value::as_object)) {
            rows.push(json!({
                "Id": derived_id("0DS", string(row, "Id")), "Name": string(row, "Name").replace(' ', "_"),
                "Label": row.get("Name"), "Type": "ConnectedApplication", "ApplicationId": row.get("Id"),
                "StartUrl": row.get("StartUrl"), "IsVisible": true,
                "IsUsingAdminAuthorization": row.get("OptionsAllowAdminApprovedUsersOnly"),
            }));
        }
        rows
    }

    fn external_policies(&self) -> Vec<Value> {
        self.of_type("ExtlClntAppOauthConfigurablePolicies")
            .map(|(name, node)| {
                let number = |field: &str| node.get(field).and_then(|text| text.parse::<i64>().ok());
                json!({
                    "Id": component_id("ExtlClntAppOauthConfigurablePolicies", name), "DeveloperName": name, "MasterLabel": node.get("label"),
                    "ExternalClientApplicationId":
                        component_id("ExternalClientApplication", node.get("externalClientApplication").unwrap_or_default()),
                    "PermittedUsersPolicyType": node.get("permittedUsersPolicyType"),
                    "IpRelaxationPolicyType": node.get("ipRelaxationPolicyType"),
                    "RefreshTokenPolicyType": node.get("refreshTokenPolicyType"),
                    "RefreshTokenValidityPeriod": number("refreshTokenValidityPeriod"),
                    "RefreshTokenValidityUnit": node.get("refreshTokenValidityUnit"),
                    "RequiredSessionLevel": node.get("requiredSessionLevel"),
                    "SessionTimeoutInMinutes": number("sessionTimeoutInMinutes"),
                })
            })
            .collect()
    }

    /// Pre-authorised profiles and permission sets of the org's own apps.
    fn app_access(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut add = |parent: String, entity: &str, kind: &str| {
            rows.push(json!({
                "Id": derived_id("0J0", &format!("{parent}:{entity}")), "ParentId": parent,
                "SetupEntityId": entity, "SetupEntityType": kind,
            }));
        };
        let parent_of = |profile: Option<&str>, set: Option<&str>| {
            profile
                .and_then(|name| self.profile_named(name))
                .map(|name| profile_set_id(&name))
                .or_else(|| set.and_then(|name| self.permission_set_named(name)).map(|name| component_id("PermissionSet", &name)))
        };
        for (name, node) in self.of_type("ConnectedApp") {
            let app = component_id("ConnectedApp", name);
            let profiles = node.texts("profileName").map(|name| parent_of(Some(name), None));
            let sets = node.texts("permissionSetName").map(|name| parent_of(None, Some(name)));
            for parent in profiles.chain(sets).flatten() {
                add(parent, &app, "ConnectedApplication");
            }
        }
        for (_, node) in self.of_type("ExtlClntAppOauthConfigurablePolicies") {
            let app = component_id("ExternalClientApplication", node.get("externalClientApplication").unwrap_or_default());
            let list = |field: &str| -> Vec<String> {
                node.get(field).unwrap_or_default().split(',').map(|name| name.trim().to_owned()).collect()
            };
            let profiles = list("commaSeparatedProfile");
            let sets = list("commaSeparatedPermissionSet");
            let parents =
                profiles.iter().map(|name| parent_of(Some(name), None)).chain(sets.iter().map(|name| parent_of(None, Some(name))));
            for parent in parents.flatten() {
                add(parent, &app, "ExternalClientApplication");
            }
        }
        rows
    }

    /// The graph of the catalogue; object permissions are written `Account<read>` (S 3.6).
    fn permission_dependencies(&self) -> Vec<Value> {
        let side = |permission: &str| match permission.split_once('.') {
            Some((object, "edit")) => (format!("{object}<update>"), "Object Permission"),
            Some((object, verb)) => (format!("{object}<{verb}>"), "Object Permission"),
            None => (permission.to_owned(), "User Permission"),
        };
        let mut rows = Vec::new();
        for dependency in &self.catalog.dependencies {
            for required in &dependency.requires {
                let (permission, kind) = side(&dependency.permission);
                let (required, required_kind) = side(required);
                rows.push(json!({
                    "Id": derived_id("0PD", &format!("{permission}:{required}")), "Permission": permission,
                    "PermissionType": kind, "RequiredPermission": required, "RequiredPermissionType": required_kind,
                }));
            }
        }
        rows
    }

    fn subscriber_packages(&self, name: &str) -> Vec<Value> {
        self.records
            .get("InstalledSubscriberPackage")
            .into_iter()
            .flatten()
            .filter_map(|row| {
                let mut nested = row.get(name)?.as_object()?.clone();
                nested.insert("Id".to_owned(), row.get(&format!("{name}Id"))?.clone());
                Some(Value::Object(nested))
            })
            .collect()
    }

    /// Creates a row by REST (S 4.4, 1.7) and returns its id.
    pub(crate) fn create_row(&mut self, object: &ObjectDef, values: &Row) -> Result<String, Refusal> {
        let known = object.fields(self);
        for field in values.keys() {
            if !known.iter().any(|(name, _)| name == field) {
                return Err(refuse("INVALID_FIELD", format!("No such column '{field}' on sobject of type {}", object.name)));
            }
        }
        match object.name {
            "PermissionSetAssignment" => self.assign_set(values),
            "PermissionSetLicenseAssign" => self.assign_licence(values),
            _ => self.grant_app(values),
        }
    }

    fn assign_set(&mut self, values: &Row) -> Result<String, Refusal> {
        let user = self.required_user(values)?;
        let set = self.component_by_id("PermissionSet", string(values, "PermissionSetId"));
        let group = self.component_by_id("PermissionSetGroup", string(values, "PermissionSetGroupId"));
        let (field, name) = match (set, group) {
            (Some(set), None) => ("PermissionSet", set),
            (None, Some(group)) => ("PermissionSetGroup", group),
            _ => return Err(missing("PermissionSetId")),
        };
        if field == "PermissionSet" {
            self.check_licence(&user, &name)?;
        }
        let taken = self
            .records
            .get("PermissionSetAssignment")
            .into_iter()
            .flatten()
            .any(|row| string(row, "AssigneeId") == user && string(row, field) == name);
        if taken {
            return Err(duplicate("PermissionSetId"));
        }
        let mut row = Row::new();
        row.insert("AssigneeId".to_owned(), user.into());
        row.insert("PermissionSet".to_owned(), Value::Null);
        row.insert("PermissionSetGroup".to_owned(), Value::Null);
        row.insert(field.to_owned(), name.into());
        row.insert("ExpirationDate".to_owned(), values.get("ExpirationDate").cloned().unwrap_or(Value::Null));
        row.insert("IsActive".to_owned(), true.into());
        Ok(self.store_row("PermissionSetAssignment", "0Pa", row))
    }

    /// A set with a permission set licence can be assigned only to a user who has that licence (S 4.3).
    fn check_licence(&self, user: &str, set: &str) -> Result<(), Refusal> {
        let Some(node) = self.component("PermissionSet", set) else {
            return Ok(());
        };
        let Some(licence) = node.get("license").map(|name| self.licence_id(name)) else {
            return Ok(());
        };
        let held = self
            .records
            .get("PermissionSetLicenseAssign")
            .into_iter()
            .flatten()
            .any(|row| string(row, "AssigneeId") == user && row.get("PermissionSetLicenseId") == Some(&licence));
        let is_user_licence = licence.as_str().is_some_and(|id| id.starts_with("100"));
        if held || is_user_licence {
            return Ok(());
        }
        let wanted = node
            .all("objectPermissions")
            .next()
            .and_then(|entry| entry.get("object"))
            .and_then(|object| self.catalog.objects.get(object))
            .map_or_else(|| "API Enabled".to_owned(), |object| format!("Read {}", object.plural));
        let user = self.user(user).map(|row| string(row, "Name")).unwrap_or_default();
        Err(refuse(
            "FIELD_INTEGRITY_EXCEPTION",
            format!(
                "Can't assign permission set \"{}\" to user \"{user}\". The user license doesn't allow the permission: {wanted}",
                node.get("label").unwrap_or(set)
            ),
        ))
    }

    fn assign_licence(&mut self, values: &Row) -> Result<String, Refusal> {
        let user = self.required_user(values)?;
        let id = string(values, "PermissionSetLicenseId");
        let licences = self.permission_set_licences(self.records.get("PermissionSetLicense").cloned().unwrap_or_default());
        let licence = licences
            .iter()
            .find(|row| row["Id"].as_str().is_some_and(|known| same_id(known, id)))
            .ok_or_else(|| missing("PermissionSetLicenseId"))?;
        let taken = self
            .records
            .get("PermissionSetLicenseAssign")
            .into_iter()
            .flatten()
            .any(|row| string(row, "AssigneeId") == user && row.get("PermissionSetLicenseId") == Some(&licence["Id"]));
        if taken {
            return Err(duplicate("PermissionSetLicenseId"));
        }
        if licence["UsedLicenses"].as_u64() >= licence["TotalLicenses"].as_u64() {
            return Err(refuse(
                "LICENSE_LIMIT_EXCEEDED",
                "You cannot assign this permission set license because all of its seats are in use",
            ));
        }
        let mut row = Row::new();
        row.insert("AssigneeId".to_owned(), user.into());
        row.insert("PermissionSetLicenseId".to_owned(), licence["Id"].clone());
        Ok(self.store_row("PermissionSetLicenseAssign", "2LA", row))
    }

    fn grant_app(&mut self, values: &Row) -> Result<String, Refusal> {
        let parent = string(values, "ParentId");
        let parent = self.carriers().into_iter().map(|(id, _)| id).find(|id| same_id(id, parent)).ok_or_else(|| missing("ParentId"))?;
        let entity = string(values, "SetupEntityId");
        let mut kind = None;
        for (object, name) in [("ConnectedApplication", "ConnectedApplication"), ("ExternalClientApplication", "ExternalClientApplication")]
        {
            let definition = find(object, false).expect("the table has the apps");
            if let Some(row) = self.rows(definition).iter().find(|row| same_id(string(row, "Id"), entity)) {
                kind = Some((name, string(row, "Id").to_owned()));
            }
        }
        let (kind, entity) = kind.ok_or_else(|| missing("SetupEntityId"))?;
        let definition = find("SetupEntityAccess", false).expect("the table has the access rows");
        let taken = self.rows(definition).iter().any(|row| string(row, "ParentId") == parent && string(row, "SetupEntityId") == entity);
        if taken {
            return Err(duplicate("SetupEntityId"));
        }
        let mut row = Row::new();
        row.insert("ParentId".to_owned(), parent.into());
        row.insert("SetupEntityId".to_owned(), entity.into());
        row.insert("SetupEntityType".to_owned(), kind.into());
        Ok(self.store_row("SetupEntityAccess", "0J0", row))
    }

    /// Deletes a stored row by REST.
    pub(crate) fn delete_row(&mut self, object: &ObjectDef, id: &str) -> Result<(), Refusal> {
        let rows = self.records.entry(object.name.to_owned()).or_default();
        let before = rows.len();
        rows.retain(|row| !same_id(string(row, "Id"), id));
        if rows.len() < before { Ok(()) } else { Err(refuse("ENTITY_IS_DELETED", "entity is deleted")) }
    }

    fn store_row(&mut self, object: &str, prefix: &str, mut row: Row) -> String {
        let id = self.new_id(prefix);
        row.insert("Id".to_owned(), id.clone().into());
        self.records.entry(object.to_owned()).or_default().push(row);
        id
    }

    fn required_user(&self, values: &Row) -> Result<String, Refusal> {
        self.user(string(values, "AssigneeId")).map(|row| string(row, "Id").to_owned()).ok_or_else(|| missing("AssigneeId"))
    }

    fn component_by_id(&self, type_name: &str, id: &str) -> Option<String> {
        self.components
            .keys()
            .find(|(name, full_name)| name == type_name && same_id(&component_id(name, full_name), id))
            .map(|(_, full_name)| full_name.clone())
    }
}

fn group_set_id(group: &str) -> String {
    derived_id("0PS", &format!("PermissionSetGroup:{group}"))
}

fn missing(field: &str) -> Refusal {
    refuse("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{field}]"))
}

fn duplicate(field: &str) -> Refusal {
    refuse("DUPLICATE_VALUE", format!("duplicate value found: {field} duplicates value on record with id: <unknown>"))
}

/// A component as the Tooling API's `Metadata` field gives it.
fn metadata_json(node: &Node) -> Value {
    let mut out = Row::new();
    for child in &node.children {
        let value = if child.children.is_empty() {
            match child.value() {
                "true" => true.into(),
                "false" => false.into(),
                text => text.into(),
            }
        } else {
            metadata_json(child)
        };
        match out.get_mut(&child.name) {
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            // Sections are arrays though they hold one entry.
            None if !child.children.is_empty() && child.name != "loginHours" => {
                out.insert(child.name.clone(), Value::Array(vec![value]));
            }
            None => {
                out.insert(child.name.clone(), value);
            }
        }
    }
    Value::Object(out)
}
