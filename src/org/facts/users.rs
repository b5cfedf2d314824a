//! Facts of users: licence, profile, and what profile, permission sets and groups allow together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::not_observed;
use crate::metadata::fact::{Fact, FactAnswer};
use crate::metadata::registry::ApiVersion;
use crate::metadata::value::Value;
use crate::org::Org;
use crate::org::error::OrgError;
use crate::org::http::soql_list;
use crate::org::retrieve::is_about_rights;

/// System permissions that every org has; for any other the schema is asked first (S 4.5:
/// `CanApproveUninstalledApps` is not everywhere).
const EVERYWHERE: &[&str] = &[
    "ApiEnabled",
    "ApiUserOnly",
    "CustomizeApplication",
    "ManageUsers",
    "ModifyAllData",
    "ModifyMetadata",
    "ViewAllData",
    "ViewSetup",
];
/// The right without which an org hides what others may do.
const SETUP: &str = "View Setup and Configuration";
/// `viewAllFields` came with this version (S 3.1).
const VIEW_ALL_FIELDS: ApiVersion = ApiVersion(63);
/// A list of ids this long keeps the query's address below 8 KB.
const IDS_AT_ONCE: usize = 200;

/// What one user is allowed: his assignments' rows, and the object and field permissions of their
/// sets.
#[derive(Default)]
struct Allowed {
    assignments: Vec<Json>,
    /// The sets of his groups; they only tell which of a group's sets grants what the group does.
    members: Vec<Json>,
    objects: Vec<Json>,
    fields: Vec<Json>,
}

/// An answer, and where the access comes from that it speaks of.
type Sourced = (FactAnswer, Option<String>);

/// What is told of one fact.
pub(super) struct Told {
    /// The answer.
    pub(super) answer: FactAnswer,
    /// Where the access comes from that it speaks of.
    pub(super) source: Option<String>,
    /// Whether the caller was not shown it for want of View Setup and Configuration.
    is_hidden: bool,
}

impl From<Sourced> for Told {
    fn from((answer, source): Sourced) -> Self {
        Self { answer, source, is_hidden: false }
    }
}

/// Whether a caller has the right without which an org hides parts of profiles.
pub(in crate::org) enum ViewSetup {
    /// He has, or nobody can say.
    NotLacking,
    /// He has not; in words.
    Lacking(String),
}

/// Asks whether a user has View Setup and Configuration. Whoever may not see permissions lacks that
/// right too.
pub(in crate::org) async fn view_setup(org: &Org, username: &str) -> Result<ViewSetup, OrgError> {
    let Ok(fact) = Fact::parse("user.permission[ViewSetup]") else {
        return Ok(ViewSetup::NotLacking);
    };
    let told = answer(org, &[(&fact, username)]).await?.pop();
    Ok(match told {
        Some(Told { answer: FactAnswer::Known(value), .. }) if value != Value::Bool(true) => {
            ViewSetup::Lacking(format!(
                "{username} lacks {SETUP}, without which the org hides this part of profiles"
            ))
        }
        Some(Told { answer: FactAnswer::NotObserved(why), is_hidden: true, .. }) => {
            ViewSetup::Lacking(format!("the profiles show no object, field or tab, and {why}"))
        }
        Some(_) | None => ViewSetup::NotLacking,
    })
}

/// Answers facts of users, in the order asked.
pub(super) async fn answer(org: &Org, asked: &[(&Fact, &str)]) -> Result<Vec<Told>, OrgError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let not_shown = |reason: &str| Told::from((not_observed(reason), None));
    let hidden = |reason: &str| Told { is_hidden: true, ..not_shown(reason) };
    let names: BTreeSet<&str> = asked.iter().map(|(_, user)| *user).collect();
    let soql = format!(
        "SELECT Id, Username, IsActive, Profile.Name, Profile.UserLicense.Name FROM User WHERE \
         Username IN {}",
        soql_list(names.iter().copied())
    );
    let users = match org.wire.query(&soql).await {
        Ok(rows) => rows,
        Err(error) if is_about_rights(&error) => {
            let reason = format!("users are seen only with {SETUP} ({error})");
            return Ok(asked.iter().map(|_| hidden(&reason)).collect());
        }
        Err(error) => return Err(error),
    };
    let permissions = Permissions::of(org, asked).await?;
    let allowed = match permissions.read(org, asked, &users).await {
        Ok(allowed) => Ok(allowed),
        Err(error) if is_about_rights(&error) => {
            Err(format!("permissions of other users are seen only with {SETUP} ({error})"))
        }
        Err(error) => return Err(error),
    };
    Ok(asked
        .iter()
        .map(|(fact, name)| {
            let is_it = |row: &&Json| {
                row["Username"].as_str().is_some_and(|username| username.eq_ignore_ascii_case(name))
            };
            let Some(user) = users.iter().find(is_it) else {
                return not_shown(&format!(
                    "there is no user `{name}` in this org, or it is not \
                    shown to this user"
                ));
            };
            let shown = |value: &Json| match value {
                Json::String(text) => Told::from((FactAnswer::Known(text.as_str().into()), None)),
                Json::Bool(flag) => Told::from((FactAnswer::Known((*flag).into()), None)),
                _ => hidden(&format!("the org does not show it without {SETUP}")),
            };
            match fact.fact_type.name {
                "user.license" => shown(&user["Profile"]["UserLicense"]["Name"]),
                "user.profile" => shown(&user["Profile"]["Name"]),
                "user.is_active" => shown(&user["IsActive"]),
                _ => match &allowed {
                    Err(reason) => hidden(reason),
                    Ok(allowed) => {
                        let id = user["Id"].as_str().unwrap_or_default();
                        match allowed.get(id) {
                            // Everyone has the set that his profile owns: no row at all means that
                            // rows are hidden.
                            None => hidden(&format!(
                                "the permissions of `{name}` are not shown to \
                                this user; that needs {SETUP}"
                            )),
                            Some(allowed) => permissions.judge(org, fact, allowed).into(),
                        }
                    }
                },
            }
        })
        .collect())
}

/// The fields of `PermissionSet` that stand for the permissions asked for.
struct Permissions {
    /// The field by the name asked for; `None` where this org has no such permission, no entry
    /// where its schema is not shown.
    fields: BTreeMap<String, Option<String>>,
}

impl Permissions {
    async fn of(org: &Org, asked: &[(&Fact, &str)]) -> Result<Self, OrgError> {
        let names: BTreeSet<&str> = asked
            .iter()
            .filter(|(fact, _)| fact.fact_type.name == "user.permission")
            .filter_map(|(fact, _)| fact.key.as_deref())
            .collect();
        let known = |name: &str| {
            EVERYWHERE
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name))
                .map(|known| format!("Permissions{known}"))
        };
        let mut described: Option<Option<Vec<String>>> = None;
        let mut fields = BTreeMap::new();
        for name in names {
            if let Some(field) = known(name) {
                fields.insert(name.to_owned(), Some(field));
                continue;
            }
            let described = match &described {
                Some(described) => described,
                None => described.insert(describe(org).await?),
            };
            let wanted = format!("Permissions{name}");
            if let Some(all) = described {
                let field = all.iter().find(|field| field.eq_ignore_ascii_case(&wanted));
                fields.insert(name.to_owned(), field.cloned());
            }
        }
        Ok(Self { fields })
    }

    /// Reads the assignments (one query) and, where objects or fields are asked for, their
    /// permissions (one more each), by user id.
    ///
    /// An assignment of a group points to the set that the group's sets and mutings add up to, so
    /// its row counts like any other.
    async fn read(
        &self,
        org: &Org,
        asked: &[(&Fact, &str)],
        users: &[Json],
    ) -> Result<BTreeMap<String, Allowed>, OrgError> {
        let keys = |name: &str| -> BTreeSet<&str> {
            asked
                .iter()
                .filter(|(fact, _)| fact.fact_type.name == name)
                .filter_map(|(fact, _)| fact.key.as_deref())
                .collect()
        };
        let of_fields = keys("user.field");
        // View All Fields is a permission of the field's object.
        let objects: BTreeSet<&str> = keys("user.object")
            .into_iter()
            .chain(of_fields.iter().filter_map(|field| field.split('.').next()))
            .collect();
        let mut allowed: BTreeMap<String, Allowed> = BTreeMap::new();
        let asks_for_sets = !keys("user.permission_set").is_empty();
        if (self.fields.is_empty() && objects.is_empty() && !asks_for_sets) || users.is_empty() {
            return Ok(allowed);
        }
        let mut fields: BTreeSet<&str> =
            self.fields.values().flatten().map(String::as_str).collect();
        if !objects.is_empty() {
            fields.extend(["PermissionsViewAllData", "PermissionsModifyAllData"]);
        }
        let mut selected: String =
            fields.iter().map(|field| format!(", PermissionSet.{field}")).collect();
        if asks_for_sets {
            selected.push_str(", PermissionSet.Name");
        }
        let end = if asks_for_sets { ", ExpirationDate" } else { "" };
        let of = |names: &str| {
            format!(
                "SELECT AssigneeId, PermissionSetId{end}{names}{selected} FROM \
                 PermissionSetAssignment WHERE AssigneeId IN {}",
                soql_list(users.iter().filter_map(|user| user["Id"].as_str()))
            )
        };
        // The names only say where access comes from: an org that lacks one of these fields is
        // asked without.
        let rows = match org.wire.query(&of(NAMES)).await {
            Err(error) if error.code.as_deref() == Some("INVALID_FIELD") => {
                org.wire.query(&of("")).await?
            }
            rows => rows?,
        };
        let mut sets = BTreeSet::new();
        for row in rows {
            let Some(user) = row["AssigneeId"].as_str() else { continue };
            sets.extend(row["PermissionSetId"].as_str().map(str::to_owned));
            allowed.entry(user.to_owned()).or_default().assignments.push(row);
        }
        let groups: BTreeSet<&str> = allowed
            .values()
            .flat_map(|user| &user.assignments)
            .filter_map(|row| row["PermissionSetGroupId"].as_str())
            .collect();
        let members =
            if groups.is_empty() { Vec::new() } else { members(org, &groups, &selected).await? };
        sets.extend(
            members.iter().filter_map(|row| row["PermissionSetId"].as_str().map(str::to_owned)),
        );
        for user in allowed.values_mut() {
            let is_his = |row: &&Json| {
                user.assignments
                    .iter()
                    .any(|one| one["PermissionSetGroupId"] == row["PermissionSetGroupId"])
            };
            user.members = members.iter().filter(is_his).cloned().collect();
        }
        if objects.is_empty() || sets.is_empty() {
            return Ok(allowed);
        }
        let mut rows = Vec::new();
        let mut field_rows = Vec::new();
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        for some in sets.chunks(IDS_AT_ONCE) {
            let last = if org.api_version() >= VIEW_ALL_FIELDS {
                ", PermissionsViewAllFields"
            } else {
                ""
            };
            let soql = format!(
                "SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, \
                 PermissionsEdit, PermissionsDelete, PermissionsViewAllRecords, \
                 PermissionsModifyAllRecords{last} FROM ObjectPermissions WHERE ParentId IN {} AND \
                 SobjectType IN {}",
                soql_list(some.iter().copied()),
                soql_list(objects.iter().copied())
            );
            rows.extend(org.wire.query(&soql).await?);
            if !of_fields.is_empty() {
                let soql = format!(
                    "SELECT ParentId, Field, PermissionsRead, PermissionsEdit FROM \
                     FieldPermissions WHERE ParentId IN {} AND Field IN {}",
                    soql_list(some.iter().copied()),
                    soql_list(of_fields.iter().copied())
                );
                field_rows.extend(org.wire.query(&soql).await?);
            }
        }
        for user in allowed.values_mut() {
            let his = || user.assignments.iter().chain(&user.members);
            let has = |row: &&Json| his().any(|one| one["PermissionSetId"] == row["ParentId"]);
            user.objects = rows.iter().filter(has).cloned().collect();
            user.fields = field_rows.iter().filter(has).cloned().collect();
        }
        Ok(allowed)
    }

    fn judge(&self, org: &Org, fact: &Fact, allowed: &Allowed) -> Sourced {
        let not_observed = |reason: &str| (not_observed(reason), None);
        let answer = |source: Option<String>| (FactAnswer::Known(source.is_some().into()), source);
        let key = fact.key.as_deref().unwrap_or_default();
        let system = |field: &str| {
            allowed.source(&|row| row["PermissionSet"][field].as_bool() == Some(true))
        };
        if fact.fact_type.name == "user.permission_set" {
            return allowed.assigned(key);
        }
        let Some(leaf) = fact.leaf else {
            return match self.fields.get(key) {
                Some(Some(field)) => answer(system(field)),
                Some(None) => not_observed(&format!("this org has no system permission `{key}`")),
                None => not_observed("the org does not show which system permissions it has"),
            };
        };
        let field = format!("Permissions{}{}", leaf[..1].to_ascii_uppercase(), &leaf[1..]);
        let granted = |rows: &[Json], name: &str, key: &str, field: &str| {
            allowed.source(&|set| {
                rows.iter().any(|row| {
                    row["ParentId"] == set["PermissionSetId"]
                        && row[field].as_bool() == Some(true)
                        && row[name].as_str().is_some_and(|name| name.eq_ignore_ascii_case(key))
                })
            })
        };
        if fact.fact_type.name == "user.field" {
            let object = key.split('.').next().unwrap_or_default();
            let by_field = granted(&allowed.fields, "Field", key, &field);
            let by_object = || {
                granted(&allowed.objects, "SobjectType", object, "PermissionsViewAllFields")
                    .filter(|_| leaf == "read")
            };
            return answer(
                by_field.or_else(|| {
                    by_object().map(|source| format!("View All Fields of the {source}"))
                }),
            );
        }
        if leaf == "viewAllFields" && org.api_version() < VIEW_ALL_FIELDS {
            return not_observed(&format!(
                "it came with API {VIEW_ALL_FIELDS}, and this org speaks {}",
                org.api_version()
            ));
        }
        // View All Data and Modify All Data stand above the objects (S 3.4); neither reaches the
        // fields.
        let above = || {
            let seeing = system("PermissionsViewAllData")
                .filter(|_| matches!(leaf, "read" | "viewAllRecords"));
            let all = || {
                system("PermissionsModifyAllData")
                    .map(|source| format!("Modify All Data of the {source}"))
            };
            seeing
                .map(|source| format!("View All Data of the {source}"))
                .or_else(all)
                .filter(|_| leaf != "viewAllFields")
        };
        answer(granted(&allowed.objects, "SobjectType", key, &field).or_else(above))
    }
}

/// What names an assignment's set and group (S 1.7, 4.4).
const NAMES: &str = ", PermissionSetGroupId, PermissionSetGroup.MasterLabel, PermissionSet.Label, \
                     PermissionSet.IsOwnedByProfile, PermissionSet.Profile.Name";

/// Reads the sets of groups; where the org does not show them, a group is named alone.
async fn members(
    org: &Org,
    groups: &BTreeSet<&str>,
    selected: &str,
) -> Result<Vec<Json>, OrgError> {
    let soql = format!(
        "SELECT PermissionSetGroupId, PermissionSetId, PermissionSet.Label{selected} FROM \
         PermissionSetGroupComponent WHERE PermissionSetGroupId IN {}",
        soql_list(groups.iter().copied())
    );
    match org.wire.query(&soql).await {
        Err(error) if error.is_about_one_question() => Ok(Vec::new()),
        rows => rows,
    }
}

impl Allowed {
    /// Says whether a set is assigned for good, by itself or in a group; where it ends one day,
    /// when.
    fn assigned(&self, name: &str) -> Sourced {
        let is_it = |row: &Json| {
            row["PermissionSet"]["Name"].as_str().is_some_and(|one| one.eq_ignore_ascii_case(name))
        };
        let mut end = None;
        for row in &self.assignments {
            let of_group = |one: &&Json| {
                !row["PermissionSetGroupId"].is_null()
                    && one["PermissionSetGroupId"] == row["PermissionSetGroupId"]
            };
            let in_group = self.members.iter().filter(of_group).any(is_it);
            if !is_it(row) && !in_group {
                continue;
            }
            match row["ExpirationDate"].as_str() {
                None => {
                    return (
                        FactAnswer::Known(true.into()),
                        in_group.then(|| "permission set group that holds it".to_owned()),
                    );
                }
                Some(date) => end = Some(format!("assignment that ends on {date}")),
            }
        }
        (FactAnswer::Known(false.into()), end)
    }

    /// Says from which of the user's sets a permission comes, or none: `profile Sales`, `permission
    /// set Sync, through group Integrations`.
    fn source(&self, grants: &dyn Fn(&Json) -> bool) -> Option<String> {
        let text = |value: &Json| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        self.assignments.iter().find_map(|row| {
            let member = || {
                self.members.iter().find(|one| {
                    one["PermissionSetGroupId"] == row["PermissionSetGroupId"] && grants(one)
                })
            };
            // A group's own set counts, muting and all; its members do only where the row names no
            // such set.
            if !(grants(row) || row["PermissionSetId"].is_null() && member().is_some()) {
                return None;
            }
            let set = &row["PermissionSet"];
            if set["IsOwnedByProfile"].as_bool() == Some(true) {
                return Some(
                    text(&set["Profile"]["Name"])
                        .map_or_else(|| "profile".to_owned(), |name| format!("profile {name}")),
                );
            }
            let group = text(&row["PermissionSetGroup"]["MasterLabel"]);
            Some(match (group, member().and_then(|one| text(&one["PermissionSet"]["Label"]))) {
                (Some(group), Some(name)) => {
                    format!("permission set {name}, through group {group}")
                }
                (Some(group), None) => format!("permission set group {group}"),
                (None, _) => text(&set["Label"]).map_or_else(
                    || "user's permission sets".to_owned(),
                    |name| format!("permission set {name}"),
                ),
            })
        })
    }
}

impl Org {
    /// Returns those of the named system permissions that this org does not have; none where it
    /// does not show which it has.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub async fn unknown_permissions(&self, names: &[&str]) -> Result<Vec<String>, OrgError> {
        let is_everywhere =
            |name: &str| EVERYWHERE.iter().any(|known| known.eq_ignore_ascii_case(name));
        let doubtful: Vec<&str> =
            names.iter().copied().filter(|name| !is_everywhere(name)).collect();
        if doubtful.is_empty() {
            return Ok(Vec::new());
        }
        let Some(fields) = describe(self).await? else {
            return Ok(Vec::new());
        };
        let is_known = |name: &&&str| {
            fields.iter().any(|field| field.eq_ignore_ascii_case(&format!("Permissions{name}")))
        };
        Ok(doubtful.iter().filter(|name| !is_known(name)).map(|name| (*name).to_owned()).collect())
    }

    /// Returns those of the named fields (`Object.Field`) that carry no field-level security:
    /// required ones and the like, which everyone sees and for which an org refuses a permission (S
    /// 3.5). What the schema does not say of a field is taken for a yes.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub async fn fields_without_permission(&self, names: &[&str]) -> Result<Vec<String>, OrgError> {
        let mut without = Vec::new();
        let mut described: BTreeMap<&str, Option<Vec<Json>>> = BTreeMap::new();
        for name in names {
            let Some((object, field)) = name.split_once('.') else { continue };
            // A part of an address that no describe knows, or a name that is no path: the deploy
            // itself says so.
            if !object
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_')
            {
                continue;
            }
            if !described.contains_key(object) {
                described.insert(object, fields(self, object).await?);
            }
            let of_object = described.get(object).into_iter().flatten().flatten();
            let found = of_object.into_iter().find(|one| {
                one["name"].as_str().is_some_and(|one| one.eq_ignore_ascii_case(field))
            });
            if found.is_some_and(|one| one["permissionable"].as_bool() == Some(false)) {
                without.push((*name).to_owned());
            }
        }
        Ok(without)
    }
}

/// Asks the schema for the names of the fields of `PermissionSet`; `None` when it is not shown.
async fn describe(org: &Org) -> Result<Option<Vec<String>>, OrgError> {
    let fields = fields(org, "PermissionSet").await?;
    Ok(fields.map(|fields| {
        fields.iter().filter_map(|field| field["name"].as_str().map(str::to_owned)).collect()
    }))
}

/// Asks the schema for the fields of an object; `None` when it is not shown.
async fn fields(org: &Org, object: &str) -> Result<Option<Vec<Json>>, OrgError> {
    match org.wire.get(&format!("sobjects/{object}/describe"), &[]).await {
        Ok(described) => Ok(described["fields"].as_array().cloned()),
        Err(error) if is_about_rights(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
