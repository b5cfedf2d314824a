//! The rows that SOQL sees: those that are stored, and those that follow from the metadata, so that
//! a deploy changes them.
//!
//! Which objects and fields there are stands in `objects`, what REST may write in `assign`.

use serde_json::{Value, json};

use super::job::{DeployJob, Message};
use super::name::encode;
use super::objects::{HIDDEN_PERMISSION, OBJECTS, ObjectDef, key_prefix};
use super::preauth::row_id;
use super::state::{Org, Row, component_id, derived_id, profile_set_id, string, timestamp};
use super::tree::Node;

impl Org {
    /// Returns the rows of an object.
    pub(crate) fn rows(&self, object: &ObjectDef) -> Vec<Row> {
        let stored = || self.records.get(object.name).cloned().unwrap_or_default();
        let rows: Vec<Value> = match object.name {
            "AppMenuItem" => self.app_menu_items(),
            "AuthSession" => self.session_rows(),
            "ConnectedApplication" => {
                let mut rows: Vec<Value> = stored().into_iter().map(Value::Object).collect();
                rows.extend(self.connected_applications());
                rows
            }
            "DeployRequest" => self.deploys.iter().map(deploy_request).collect(),
            "EntityDefinition" => self.entity_definitions(),
            "TabDefinition" => {
                let of_objects = self.catalog.objects.keys().filter(|name| !name.contains("__"));
                let standard = of_objects.map(|name| (format!("standard-{name}"), Some(name)));
                let custom = self.of_type("CustomTab").map(|(name, _)| (name.to_owned(), None));
                let row = |(name, object): (String, Option<&String>)| {
                    json!({
                        "Id": derived_id("01r", &name), "Name": name, "SobjectName": object,
                        "IsCustom": object.is_none(),
                    })
                };
                standard.chain(custom).map(row).collect()
            }
            "EventLogFile" => self.event_log_rows(),
            "ExternalClientApplication" => self
                .of_type("ExternalClientApplication")
                .map(|(name, node)| {
                    self.with_dates("ExternalClientApplication", name, json!({
                        "Id": component_id("ExternalClientApplication", name), "DeveloperName": name,
                        "MasterLabel": node.get("label").unwrap_or(name), "NamespacePrefix": null,
                        "DistributionState": node.get("distributionState"), "ContactEmail": node.get("contactEmail"),
                    }))
                })
                .collect(),
            "ExtlClntAppOauthPlcyCnfg" => self.external_policies(),
            "FieldDefinition" => {
                let objects = self.catalog.objects.iter();
                let fields = objects.flat_map(|(name, object)| {
                    object.fields.iter().map(move |(field, kind)| {
                        json!({
                            "Id": derived_id("000", &format!("{name}.{field}")),
                            "QualifiedApiName": field, "Label": kind.label,
                            "EntityDefinitionId": derived_id("000", name),
                            "Object": name,
                        })
                    })
                });
                fields.collect()
            }
            "FieldPermissions" => self.field_permissions(),
            "LoginHistory" => self.login_rows(),
            "OauthToken" => {
                let mut rows: Vec<Value> = stored().into_iter().map(Value::Object).collect();
                rows.extend(self.approval_rows());
                // That of an app that is installed, now: none tells that it is not (S 12.3).
                let items = self.app_menu_items();
                for row in &mut rows {
                    let item = items.iter().find(|item| item["Label"] == row["AppName"]);
                    row["AppMenuItemId"] = item.map_or(Value::Null, |item| item["Id"].clone());
                }
                rows
            }
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
            "PermissionSetLicense" => self.permission_set_licences(),
            "Profile" => self.profiles(object.tooling),
            "SetupEntityAccess" => {
                let mut rows: Vec<Value> = stored().into_iter().map(Value::Object).collect();
                rows.extend(self.app_access());
                rows
            }
            "SetupAuditTrail" => self.audit_rows(),
            "SubscriberPackage" | "SubscriberPackageVersion" => self.subscriber_packages(object.name),
            "UserLogin" => self.user_login_rows(),
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

    /// The org's own objects, and those that SOQL knows besides.
    fn entity_definitions(&self) -> Vec<Value> {
        let own = &self.catalog.objects;
        let others = OBJECTS.iter().filter(|one| !one.tooling && !own.contains_key(one.name));
        let all = own
            .iter()
            .map(|(name, object)| (name.as_str(), object.label.as_str()))
            .chain(others.map(|object| (object.name, object.name)));
        all.map(|(name, label)| {
            json!({
                "Id": derived_id("4ie", name), "DurableId": name, "QualifiedApiName": name,
                "Label": label, "KeyPrefix": key_prefix(self, name),
            })
        })
        .collect()
    }

    /// Adds to the row of a component who made and changed it when.
    fn with_dates(&self, type_name: &str, name: &str, mut row: Value) -> Value {
        if let Some(stored) = self.components.get(&(type_name.to_owned(), name.to_owned())) {
            row["CreatedDate"] = timestamp(stored.created, "+0000").into();
            row["CreatedById"] = self.catalog.admin.clone().into();
            row["LastModifiedDate"] = timestamp(stored.modified, "+0000").into();
            row["LastModifiedById"] = stored.modified_by.clone().into();
        }
        row
    }

    fn user_row(&self, mut row: Row) -> Value {
        let profile = component_id("Profile", string(&row, "Profile"));
        row.insert("ProfileId".to_owned(), profile.into());
        let last = self.last_login(string(&row, "Id"));
        row.insert("LastLoginDate".to_owned(), last.into());
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
                    row["FullName"] = encode(name).into();
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
                "Id": component_id("PermissionSet", name), "Name": self.own_name("PermissionSet", name), "Label": node.get("label"),
                "Description": node.get("description"), "IsOwnedByProfile": false, "IsCustom": true, "Type": "Regular",
                "ProfileId": null, "PermissionSetGroupId": null, "NamespacePrefix": self.namespace("PermissionSet", name),
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
                row[format!("Permissions{name}")] = node
                    .all("userPermissions")
                    .any(|entry| entry.flag("enabled") && entry.get("name") == Some(name))
                    .into();
            }
        }
    }

    /// A group's sets added up, which the org keeps as a permission set of the type `Group`.
    fn added_up(&self, group: &Node) -> Node {
        let mut out = Node::group("PermissionSet", Vec::new());
        for set in group.texts("permissionSets") {
            let entries =
                self.component("PermissionSet", set).map(|set| set.children).unwrap_or_default();
            for entry in entries {
                let key = |entry: &Node| {
                    ["object", "field", "name"]
                        .iter()
                        .find_map(|part| entry.get(part))
                        .map(str::to_owned)
                };
                let known = out
                    .children
                    .iter_mut()
                    .find(|known| known.name == entry.name && key(known) == key(&entry));
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
    pub(crate) fn carriers(&self) -> Vec<(String, Node)> {
        let sets = self
            .of_type("PermissionSet")
            .map(|(name, node)| (component_id("PermissionSet", name), node));
        let profiles = self.of_type("Profile").map(|(name, node)| (profile_set_id(name), node));
        let groups = self
            .of_type("PermissionSetGroup")
            .map(|(name, node)| (group_set_id(name), self.added_up(&node)));
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
            let set =
                if group.is_empty() { id_of("PermissionSet") } else { group_set_id(group).into() };
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
                let row = json!({
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
                });
                self.with_dates("ExtlClntAppOauthConfigurablePolicies", name, row)
            })
            .collect()
    }

    /// Pre-authorised profiles and permission sets of the org's own apps.
    fn app_access(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut add = |parent: String, entity: &str, kind: &str| {
            rows.push(json!({
                "Id": row_id(&parent, entity), "ParentId": parent,
                "SetupEntityId": entity, "SetupEntityType": kind,
            }));
        };
        let parent_of = |profile: Option<&str>, set: Option<&str>| {
            profile
                .and_then(|name| self.profile_named(name))
                .map(|name| profile_set_id(&name))
                .or_else(|| {
                    set.and_then(|name| self.permission_set_named(name))
                        .map(|name| component_id("PermissionSet", &name))
                })
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
            let app = component_id(
                "ExternalClientApplication",
                node.get("externalClientApplication").unwrap_or_default(),
            );
            let list = |field: &str| -> Vec<String> {
                node.get(field)
                    .unwrap_or_default()
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .collect()
            };
            let profiles = list("commaSeparatedProfile");
            let sets = list("commaSeparatedPermissionSet");
            let parents = profiles
                .iter()
                .map(|name| parent_of(Some(name), None))
                .chain(sets.iter().map(|name| parent_of(None, Some(name))));
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
        for (permission, required) in self.dependencies() {
            let (permission, kind) = side(permission);
            let (required, required_kind) = side(required);
            rows.push(json!({
                "Id": derived_id("0PD", &format!("{permission}:{required}")), "Permission": permission,
                "PermissionType": kind, "RequiredPermission": required, "RequiredPermissionType": required_kind,
            }));
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
}

/// The row of the Tooling API's `DeployRequest`.
fn deploy_request(job: &DeployJob) -> Value {
    let count = |messages: Option<&Vec<Message>>| messages.map_or(0, Vec::len);
    let failures = count(job.outcome.as_ref().map(|outcome| &outcome.failures));
    let successes = count(job.outcome.as_ref().map(|outcome| &outcome.successes));
    json!({
        "Id": job.id, "Status": job.status(u64::MAX), "CheckOnly": job.options.check_only,
        "CreatedDate": timestamp(job.created, "+0000"), "StartDate": timestamp(job.start, "+0000"),
        "CompletedDate": job.outcome.as_ref().map(|outcome| timestamp(outcome.completed, "+0000")),
        "CreatedById": job.created_by, "NumberComponentErrors": failures, "NumberComponentsDeployed": successes,
        "NumberComponentsTotal": successes + failures, "RollbackOnError": job.options.rollback_on_error,
    })
}

fn group_set_id(group: &str) -> String {
    derived_id("0PS", &format!("PermissionSetGroup:{group}"))
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
