//! Permissions that a change needs too: an org refuses a whole deploy for one that is missing (S
//! 3.6).
//!
//! The table holds what a source has for every org. An org's own graph (`PermissionDependency`)
//! comes in as a value and adds to it.

pub(crate) mod known;
mod masters;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::metadata::path::{FieldPath, Segment};

pub use masters::masters;

/// Something that a profile or permission set grants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// A user permission by its API name.
    User(String),
    /// An object's permission, by the flag of the entry: `allowRead`.
    Object(String, &'static str),
    /// A field's, `readable` or `editable`.
    Field(String, &'static str),
}

/// The flags of an object's entry.
const OBJECT_FLAGS: &[&str] = &[
    "allowCreate",
    "allowDelete",
    "allowEdit",
    "allowRead",
    "modifyAllRecords",
    "viewAllFields",
    "viewAllRecords",
];

/// One permission that an org grants only together with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// What needs.
    pub permission: Permission,
    /// What it needs.
    pub requires: Permission,
}

impl Permission {
    /// Reads the permission that a path grants when it is true; none for any other path.
    pub fn of_path(path: &FieldPath) -> Option<Self> {
        let [Segment { name, key: Some(key) }, Segment { name: leaf, key: None }] = path.segments()
        else {
            return None;
        };
        match (name.as_str(), leaf.as_str()) {
            ("userPermissions", "enabled") => Some(Self::User(key.clone())),
            ("objectPermissions", leaf) => {
                object_flag(leaf).map(|flag| Self::Object(key.clone(), flag))
            }
            ("fieldPermissions", "readable") => Some(Self::Field(key.clone(), "readable")),
            ("fieldPermissions", "editable") => Some(Self::Field(key.clone(), "editable")),
            _ => None,
        }
    }

    /// Returns the path that grants it.
    pub fn path(&self) -> FieldPath {
        let (section, key, leaf) = match self {
            Self::User(name) => ("userPermissions", name, "enabled"),
            Self::Object(object, flag) => ("objectPermissions", object, *flag),
            Self::Field(field, flag) => ("fieldPermissions", field, *flag),
        };
        FieldPath::new(vec![
            Segment { name: section.to_owned(), key: Some(key.clone()) },
            Segment { name: leaf.to_owned(), key: None },
        ])
    }

    /// Reads a name of an org's graph: a user permission, or an object with a verb behind some mark
    /// (`Account<viewAllRecords>`; which mark is not documented, S 3.6).
    pub fn of_graph(name: &str, kind: &str) -> Option<Self> {
        if kind.eq_ignore_ascii_case("User Permission") {
            return Some(Self::User(name.to_owned()));
        }
        let at =
            name.find(|character: char| !character.is_ascii_alphanumeric() && character != '_')?;
        let (object, verb) = name.split_at(at);
        let verb = verb.trim_matches(|character: char| !character.is_ascii_alphanumeric());
        let flag = match verb {
            "create" => "allowCreate",
            "read" => "allowRead",
            "update" | "edit" => "allowEdit",
            "delete" => "allowDelete",
            other => object_flag(other)?,
        };
        Some(Self::Object(object.to_owned(), flag))
    }

    fn user(name: &str) -> Self {
        Self::User(name.to_owned())
    }

    fn object(object: &str, flag: &'static str) -> Self {
        Self::Object(object.to_owned(), flag)
    }
}

/// In short: `Read on Account`, `ApiEnabled`.
impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => f.write_str(name),
            Self::Object(object, flag) => {
                write!(f, "{} on {object}", flag.strip_prefix("allow").unwrap_or(flag))
            }
            Self::Field(field, flag) => write!(f, "{flag} on {field}"),
        }
    }
}

fn object_flag(name: &str) -> Option<&'static str> {
    OBJECT_FLAGS.iter().copied().find(|flag| *flag == name)
}

/// User permissions by which a user can give more access, to others or to code, or sees or changes
/// all data: what an administrator has. That one comes along with what is wanted, a person must
/// say.
const OF_ADMINISTRATORS: &[&str] = &[
    "AssignPermissionSets",
    "AuthorApex",
    "CustomizeApplication",
    "ManageInternalUsers",
    "ManageIpAddresses",
    "ManageLoginAccessPolicies",
    "ManagePasswordPolicies",
    "ManageProfilesPermissionsets",
    "ManageRoles",
    "ManageSharing",
    "ManageUsers",
    "ModifyAllData",
    "ModifyMetadata",
    "ResetPasswords",
    "ViewAllData",
];

impl Permission {
    /// Says whether it is an administrator's right.
    pub fn is_administrators(&self) -> bool {
        matches!(self, Self::User(name) if OF_ADMINISTRATORS.contains(&name.as_str()))
    }
}

/// Within one object (S 3.6). That View All Fields needs Read is how Setup has it; no source for
/// the API says otherwise.
const WITHIN_OBJECT: &[(&str, &[&str])] = &[
    ("allowCreate", &["allowRead"]),
    ("allowEdit", &["allowRead"]),
    ("allowDelete", &["allowRead", "allowEdit"]),
    ("viewAllRecords", &["allowRead"]),
    ("modifyAllRecords", &["allowRead", "allowEdit", "allowDelete", "viewAllRecords"]),
    ("viewAllFields", &["allowRead"]),
];

/// Between user permissions (S 3.6; rows seen in one org alone are left to that org's graph).
const BETWEEN_USER: &[(&str, &[&str])] = &[
    ("ScheduleReports", &["EditReports", "RunReports"]),
    ("EditReports", &["RunReports"]),
    ("CanUseNewDashboardBuilder", &["ManageDashboards"]),
    ("CreateCustomizeReports", &["RunReports"]),
    ("CreateDashboardFolders", &["CreateCustomizeDashboards"]),
    ("CreateReportFolders", &["CreateCustomizeReports"]),
    ("EditMyDashboards", &["CreateCustomizeDashboards"]),
    ("EditMyReports", &["CreateCustomizeReports"]),
    ("ExportReport", &["RunReports"]),
    ("ManageAnalyticSnapshots", &["RunReports", "ViewSetup"]),
    ("ManageCustomReportTypes", &["ViewSetup"]),
    (
        "ManageDashbdsInPubFolders",
        &["CreateDashboardFolders", "EditMyDashboards", "ViewPublicDashboards"],
    ),
    ("ManageReportsInPubFolders", &["CreateReportFolders", "EditMyReports", "ViewPublicReports"]),
    ("SubscribeDashboardToOtherUsers", &["SubscribeToLightningDashboards"]),
    ("SubscribeReportToOtherUsers", &["SubscribeToLightningReports"]),
    ("SubscribeToLightningDashboards", &["RunReports"]),
    ("SubscribeToLightningReports", &["RunReports"]),
    ("ViewHealthCheck", &["ViewSetup"]),
    ("InstallPackaging", &["ViewDataLeakageEvents", "EditPublicReports"]),
];

/// What one org was seen to want with a user permission (S 3.6): no more than a warning, for
/// another org's own graph may say otherwise.
const SEEN_IN_ONE_ORG: &[(&str, &[&str])] = &[
    ("CustomizeApplication", &["ManageTerritories"]),
    (
        "ManageUsers",
        &[
            "AssignPermissionSets",
            "DelegatedTwoFactor",
            "FreezeUsers",
            "ManageInternalUsers",
            "ManageIpAddresses",
            "ManageLoginAccessPolicies",
            "ManagePasswordPolicies",
            "ManageProfilesPermissionsets",
            "ManageRoles",
            "ManageSharing",
            "MonitorLoginHistory",
            "ViewAllUsers",
        ],
    ),
    ("ResetPasswords", &["ViewRoles", "ViewSetup"]),
];

/// What one org alone was seen to want with a permission, and is not granted, as `is_granted` says.
pub fn seen_in_one_org(
    permission: &Permission,
    is_granted: &dyn Fn(&Permission) -> bool,
) -> Vec<&'static str> {
    let Permission::User(name) = permission else { return Vec::new() };
    let needs = SEEN_IN_ONE_ORG.iter().filter(|(one, _)| one == name).flat_map(|(_, all)| *all);
    needs.copied().filter(|need| !is_granted(&Permission::user(need))).collect()
}

/// What user permissions need of objects (S 3.6).
const USER_NEEDS_OBJECT: &[(&str, &str, &[&str])] = &[
    ("ConvertLeads", "Account", &["allowCreate"]),
    ("ImportPersonal", "Account", &["allowCreate", "allowEdit"]),
    ("ImportPersonal", "Contact", &["allowCreate", "allowEdit"]),
    ("TransferAnyCase", "Case", &["allowRead", "allowCreate"]),
    ("ManageCssUsers", "Contact", &["allowRead", "allowCreate", "allowEdit"]),
    ("ManageSolutions", "Solution", &["allowRead", "allowCreate", "allowEdit", "allowDelete"]),
    ("BulkMacrosAllowed", "Macro", &["allowRead"]),
];

/// What an object's permissions need of another object: the flag, or any flag where it is empty (S
/// 3.6).
const BETWEEN_OBJECTS: &[(&str, &str, &str, &str)] = &[
    ("Contract", "", "Account", "allowRead"),
    ("Contract", "viewAllRecords", "Account", "viewAllRecords"),
    ("Asset", "viewAllRecords", "Account", "viewAllRecords"),
    ("SerializedProduct", "", "Product2", "allowRead"),
    ("ServiceTerritory", "viewAllRecords", "OperatingHours", "viewAllRecords"),
];

fn requirements(permission: &Permission, graph: &[Dependency]) -> BTreeSet<Permission> {
    let mut needs: BTreeSet<Permission> = graph
        .iter()
        .filter(|row| row.permission == *permission)
        .map(|row| row.requires.clone())
        .collect();
    match permission {
        Permission::User(name) => {
            for (_, required) in BETWEEN_USER.iter().filter(|(one, _)| one == name) {
                needs.extend(required.iter().map(|name| Permission::user(name)));
            }
            for (_, object, flags) in USER_NEEDS_OBJECT.iter().filter(|(one, ..)| one == name) {
                needs.extend(flags.iter().map(|flag| Permission::object(object, flag)));
            }
        }
        Permission::Object(object, flag) => {
            for (_, required) in WITHIN_OBJECT.iter().filter(|(one, _)| one == flag) {
                needs.extend(required.iter().map(|flag| Permission::object(object, flag)));
            }
            for (one, when, other, required) in BETWEEN_OBJECTS {
                if one == object && (when.is_empty() || when == flag) {
                    needs.insert(Permission::object(
                        other,
                        object_flag(required).unwrap_or("allowRead"),
                    ));
                }
            }
        }
        Permission::Field(field, "editable") => {
            needs.insert(Permission::Field(field.clone(), "readable"));
        }
        Permission::Field(..) => {}
    }
    needs
}

/// Returns the user permissions that may come along with others, by this program's table and an
/// org's own graph.
pub fn come_along(graph: &[Dependency]) -> BTreeSet<String> {
    let listed = BETWEEN_USER.iter().flat_map(|(_, all)| *all).map(|name| (*name).to_owned());
    let of_graph = graph.iter().filter_map(|row| match &row.requires {
        Permission::User(name) => Some(name.clone()),
        Permission::Object(..) | Permission::Field(..) => None,
    });
    listed.chain(of_graph).collect()
}

/// Finds what must be granted with `wanted` and is not granted yet, as `is_granted` says: each with
/// the permission that asked for it, needed ones first.
pub fn close(
    wanted: &[Permission],
    is_granted: &dyn Fn(&Permission) -> bool,
    graph: &[Dependency],
) -> Vec<(Permission, Permission)> {
    let mut added: BTreeMap<Permission, Permission> = BTreeMap::new();
    let mut pending: Vec<Permission> = wanted.to_vec();
    while let Some(permission) = pending.pop() {
        for need in requirements(&permission, graph) {
            let is_there = wanted.contains(&need) || added.contains_key(&need) || is_granted(&need);
            if !is_there {
                pending.push(need.clone());
                added.insert(need, permission.clone());
            }
        }
    }
    added.into_iter().collect()
}

/// Finds what of `granted` cannot stay without `taken`: each with the permission that it needs.
pub fn resting_on(
    taken: &Permission,
    granted: &[Permission],
    graph: &[Dependency],
) -> Vec<(Permission, Permission)> {
    let mut resting: BTreeMap<Permission, Permission> = BTreeMap::new();
    let mut pending = vec![taken.clone()];
    while let Some(gone) = pending.pop() {
        for one in granted.iter().filter(|one| requirements(one, graph).contains(&gone)) {
            if one != taken && !resting.contains_key(one) {
                resting.insert(one.clone(), gone.clone());
                pending.push(one.clone());
            }
        }
    }
    resting.into_iter().collect()
}

/// Returns the objects whose permissions decide what must come along; a profile shows them only
/// when they are asked for (S 3.2).
pub fn objects_to_ask(wanted: &[Permission], graph: &[Dependency]) -> BTreeSet<String> {
    let all = close(wanted, &|_| false, graph);
    all.iter()
        .map(|(permission, _)| permission)
        .chain(wanted)
        .filter_map(|permission| match permission {
            Permission::Object(object, _) => Some(object.clone()),
            Permission::User(_) | Permission::Field(..) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(wanted: &[&str], granted: &[&str]) -> Vec<String> {
        let of = |path: &&str| Permission::of_path(&path.parse().unwrap()).unwrap();
        let graph = [Dependency {
            permission: Permission::object("Rental__c", "allowRead"),
            requires: Permission::of_graph("Account<read>", "Object Permission").unwrap(),
        }];
        let wanted: Vec<Permission> = wanted.iter().map(of).collect();
        let granted: BTreeSet<Permission> = granted.iter().map(of).collect();
        let added = close(&wanted, &|permission| granted.contains(permission), &graph);
        added.iter().map(|(permission, by)| format!("{} for {by}", permission.path())).collect()
    }

    #[test]
    fn what_is_needed_is_added_once_and_says_for_what() {
        assert_eq!(
            closed(
                &["objectPermissions[Lead].allowDelete"],
                &["objectPermissions[Lead].allowRead"]
            ),
            ["objectPermissions[Lead].allowEdit for Delete on Lead"]
        );
        assert_eq!(
            closed(&["fieldPermissions[Lead.A__c].editable"], &[]),
            ["fieldPermissions[Lead.A__c].readable for editable on Lead.A__c"]
        );
        assert_eq!(
            closed(&["userPermissions[ExportReport].enabled"], &[]),
            ["userPermissions[RunReports].enabled for ExportReport"]
        );
        assert_eq!(
            closed(&["userPermissions[ScheduleReports].enabled"], &[]),
            [
                "userPermissions[EditReports].enabled for ScheduleReports",
                "userPermissions[RunReports].enabled for ScheduleReports"
            ]
        );
    }

    #[test]
    fn what_rests_on_something_goes_with_it() {
        let of = |path: &str| Permission::of_path(&path.parse().unwrap()).unwrap();
        let flag = |flag: &str| of(&format!("objectPermissions[Lead].{flag}"));
        let granted = ["allowRead", "allowEdit", "allowDelete", "viewAllRecords"].map(flag);
        let paths = |taken: &Permission| {
            let resting = resting_on(taken, &granted, &[]);
            resting.iter().map(|(one, on)| format!("{one} on {on}")).collect::<Vec<_>>()
        };
        // Delete needs Edit, which needs Read.
        assert_eq!(paths(&flag("allowRead")).len(), 3);
        assert_eq!(paths(&flag("allowEdit")), ["Delete on Lead on Edit on Lead"]);
        assert_eq!(paths(&flag("allowDelete")), [""; 0]);
    }

    #[test]
    fn what_one_org_wanted_is_no_need() {
        assert_eq!(closed(&["userPermissions[ResetPasswords].enabled"], &[]), [""; 0]);
        let is_granted = |permission: &Permission| *permission == Permission::user("ViewSetup");
        let seen = seen_in_one_org(&Permission::user("ResetPasswords"), &is_granted);
        assert_eq!(seen, ["ViewRoles"]);
    }

    #[test]
    fn objects_and_the_orgs_own_graph_are_followed() {
        assert_eq!(
            closed(&["objectPermissions[Rental__c].allowCreate"], &[]),
            [
                "objectPermissions[Account].allowRead for Read on Rental__c",
                "objectPermissions[Rental__c].allowRead for Create on Rental__c"
            ]
        );
        let wanted = [Permission::object("Contract", "viewAllRecords")];
        assert_eq!(objects_to_ask(&wanted, &[]), ["Account", "Contract"].map(str::to_owned).into());
    }
}
