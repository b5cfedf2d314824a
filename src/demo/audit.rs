//! `SetupAuditTrail`: who changed what, by the names that the trail has for it (S 12.5).
//!
//! What no row is known for leaves none, such as a refresh token policy. The actions are
//! Salesforce's; the words beside them are the demo org's own where no source has them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::deploy::flag_default;
use super::history::{Audited, Change};
use super::name::Key;
use super::objects::find;
use super::state::{Org, Row, string, timestamp};
use super::tree::Node;

/// How many rows are remembered.
const MOST: usize = 2000;

/// Makes a change.
pub(crate) fn change(action: &str, section: &str, display: impl Into<String>) -> Change {
    Change { action: action.to_owned(), section: section.to_owned(), display: display.into() }
}

impl Org {
    /// Writes changes down.
    pub(crate) fn note_changes(&mut self, changes: Vec<Change>, user: &str, now: u64) {
        for change in changes {
            let id = self.new_history_id("0Ym");
            let user = user.to_owned();
            self.history.audit.push(Audited { id, user, time: now, change });
        }
        let over = self.history.audit.len().saturating_sub(MOST);
        self.history.audit.drain(..over);
    }

    /// The rows of `SetupAuditTrail`.
    pub(crate) fn audit_rows(&self) -> Vec<Value> {
        self.history
            .audit
            .iter()
            .map(|row| {
                json!({
                    "Id": row.id, "Action": row.change.action,
                    "Section": row.change.section, "Display": row.change.display,
                    "CreatedById": row.user, "CreatedDate": timestamp(row.time, "+0000"),
                    "CreatedByContext": null, "DelegateUser": null,
                    "ResponsibleNamespacePrefix": null,
                })
            })
            .collect()
    }

    /// What the trail says of the way from an org to what it has become.
    pub(crate) fn changes_to(&self, after: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let gone = self.components.keys().filter(|key| !after.components.contains_key(*key));
        for key in gone.chain(after.components.keys()) {
            let content = |org: &Self| org.components.get(key).map(|one| one.content.clone());
            if content(self) != content(after) {
                let node = |org: &Self| org.component(&key.0, &key.1);
                self.tell(key, node(self).as_ref(), node(after).as_ref(), &mut changes);
            }
        }
        changes
    }

    fn tell(
        &self,
        (type_name, name): &Key,
        before: Option<&Node>,
        after: Option<&Node>,
        changes: &mut Vec<Change>,
    ) {
        match type_name.as_str() {
            "ConnectedApp" => tell_app(name, before, after, changes),
            "PermissionSet" => tell_set(name, before, after, changes),
            "PermissionSetGroup" => {
                let sets = |node: Option<&Node>| -> Vec<String> {
                    let sets = node.into_iter().flat_map(|node| node.texts("permissionSets"));
                    sets.map(str::to_owned).collect()
                };
                let left = sets(after);
                for set in sets(before).into_iter().filter(|set| !left.contains(set)) {
                    changes.push(change(
                        "PermissionSetGroupComponentRemoved",
                        "Manage Users",
                        format!("Removed permission set {set} from permission set group {name}"),
                    ));
                }
            }
            "Profile" => {
                let is_custom = !self.catalog.standard_profiles.contains_key(name);
                let label = self.profile_label(name);
                tell_profile(label, is_custom, before, after, changes);
            }
            _ => {}
        }
    }
}

/// The parts of a component of one name, to be held against others.
fn part(node: Option<&Node>, name: &str) -> Vec<Node> {
    node.into_iter().flat_map(|node| node.all(name)).cloned().collect()
}

const APPS: &str = "Connected Apps";
const USERS: &str = "Manage Users";

fn tell_app(name: &str, before: Option<&Node>, after: Option<&Node>, changes: &mut Vec<Change>) {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (None, _) => {
            return changes.push(change(
                "insertApplication",
                "Application",
                format!("Created {name}"),
            ));
        }
        (_, None) => {
            return changes.push(change(
                "deleteApplication",
                "Application",
                format!("Deleted {name}"),
            ));
        }
    };
    let label = after.get("label").unwrap_or(name);
    let of = |node: &Node, group: &str, field: &str| {
        node.child(group).and_then(|group| group.get(field)).unwrap_or_default().to_owned()
    };
    let permitted = |node: &Node| match of(node, "oauthConfig", "isAdminApproved").as_str() {
        "true" => "Admin approved users are pre-authorized",
        _ => "All users may self-authorize",
    };
    let relaxed = |node: &Node| match of(node, "oauthPolicy", "ipRelaxation").as_str() {
        "BYPASS" => "Relax IP restrictions".to_owned(),
        "BYPASS_2FACTOR" => "Relax IP restrictions for activated devices".to_owned(),
        "ENFORCE" => "Enforce IP restrictions".to_owned(),
        "ENFORCE_RELAXREFRESH" => {
            "Enforce IP restrictions, but relax for refresh tokens".to_owned()
        }
        other => other.to_owned(),
    };
    for (action, from, to) in [
        (
            "changeUserRuntimeAccessPolicy",
            permitted(before).to_owned(),
            permitted(after).to_owned(),
        ),
        ("changeIpRelaxationPolicy", relaxed(before), relaxed(after)),
    ] {
        if from != to {
            let display = format!("For connected app {label}, changed from {from} to {to}");
            changes.push(change(action, APPS, display));
        }
    }
    for (field, action) in [
        ("callbackUrl", "changeApplicationCallbackUrl"),
        ("certificate", "changeApplicationCertificate"),
        ("isClientCredentialEnabled", "changeApplicationClientCredentialEnabled"),
        ("isConsumerSecretOptional", "changeApplicationOptionalConsumerSecret"),
        ("isPkceRequired", "changeApplicationPkceRequired"),
        ("isSecretRequiredForRefreshToken", "changeApplicationSecretRequiredForRefreshToken"),
        ("oauthClientCredentialUser", "addOauthClientCredentialUser"),
    ] {
        // A flag that is left out says what it says by default.
        let value = |node: &Node| match of(node, "oauthConfig", field) {
            text if text.is_empty() && field.starts_with("is") => flag_default(field).to_string(),
            text => text,
        };
        if value(before) != value(after) {
            changes.push(change(action, "Remote Access", format!("Changed {label}")));
        }
    }
    let scopes = |node: &Node| part(node.child("oauthConfig"), "scopes");
    if scopes(before) != scopes(after) {
        changes.push(change(
            "changeOauthDefaultScope",
            "Remote Access",
            format!("Changed {label}"),
        ));
    }
    for (field, kind) in [("permissionSetName", "PermissionSet"), ("profileName", "Profile")] {
        let (was, is) = (part(Some(before), field), part(Some(after), field));
        for (word, some, others) in [("Enabled", &is, &was), ("Disabled", &was, &is)] {
            for one in some.iter().filter(|one| !others.contains(one)) {
                // Standard and custom profiles have actions of their own; the app names both alike.
                let tail = if kind == "Profile" { "Custom" } else { "" };
                changes.push(change(
                    &format!("SetupEntityAccessAudit_{kind}_ConnectedApplication_{word}{tail}"),
                    USERS,
                    format!("Connected app {label}: {word} for {}", one.value()),
                ));
            }
        }
    }
}

fn tell_set(name: &str, before: Option<&Node>, after: Option<&Node>, changes: &mut Vec<Change>) {
    if after.is_none() {
        return changes.push(change(
            "PermSetDelete",
            USERS,
            format!("Deleted permission set {name}"),
        ));
    }
    let on = |node: Option<&Node>| -> Vec<String> {
        let all = part(node, "userPermissions");
        let on = all.iter().filter(|one| one.flag("enabled"));
        on.filter_map(|one| one.get("name").map(str::to_owned)).collect()
    };
    let (was, is) = (on(before), on(after));
    for (action, some, others) in
        [("PermSetEnableUserPerm", &is, &was), ("PermSetDisableUserPerm", &was, &is)]
    {
        for one in some.iter().filter(|one| !others.contains(one)) {
            changes.push(change(action, USERS, format!("Permission set {name}: {one}")));
        }
    }
    for (section, action) in [
        ("objectPermissions", "PermSetEntityPermChanged"),
        ("fieldPermissions", "PermSetFlsChanged"),
    ] {
        if part(before, section) != part(after, section) {
            changes.push(change(action, USERS, format!("Changed permission set {name}")));
        }
    }
}

fn tell_profile(
    name: &str,
    is_custom: bool,
    before: Option<&Node>,
    after: Option<&Node>,
    changes: &mut Vec<Change>,
) {
    let action_of = |section: &str| match (section, is_custom) {
        ("userPermissions", true) => Some("profilePermChangedCustom"),
        ("objectPermissions", true) => Some("profileOlpChangedCustom"),
        ("fieldPermissions", true) => Some("profileFlsChangedCustom"),
        ("fieldPermissions", false) => Some("profileFlsChangedStandard"),
        _ => None,
    };
    for section in ["userPermissions", "objectPermissions", "fieldPermissions"] {
        if part(before, section) != part(after, section)
            && let Some(action) = action_of(section)
        {
            changes.push(change(action, USERS, format!("Changed profile {name}")));
        }
    }
    let was: BTreeSet<String> = part(before, "loginIpRanges").iter().map(Node::to_line).collect();
    let is_new = |range: &&Node| !was.contains(&range.to_line());
    for range in part(after, "loginIpRanges").iter().filter(is_new) {
        let end = |name: &str| range.get(name).unwrap_or_default();
        changes.push(change(
            "loginIpRange",
            USERS,
            format!(
                "Added Login Ip Range to {name} from {} to {}",
                end("startAddress"),
                end("endAddress")
            ),
        ));
    }
}

/// What the trail says of a row that REST has made, or taken away; `None` where it says nothing.
pub(crate) fn of_row(org: &Org, object: &str, row: &Row, is_new: bool) -> Option<Change> {
    let has = |field: &str| !string(row, field).is_empty();
    let action = match (object, is_new) {
        ("PermissionSetAssignment", true) if has("PermissionSetGroup") => "PermSetGroupAssign",
        ("PermissionSetAssignment", false) if has("PermissionSetGroup") => "PermSetGroupUnassign",
        ("PermissionSetAssignment", true) if has("ExpirationDate") => "PermSetAssign_HasExpiration",
        ("PermissionSetAssignment", false) if has("ExpirationDate") => {
            "PermSetUnassign_HasExpiration"
        }
        ("PermissionSetAssignment", true) => "PermSetAssign",
        ("PermissionSetAssignment", false) => "PermSetUnassign",
        ("PermissionSetLicenseAssign", true) => "PermSetLicenseAssign",
        ("PermissionSetLicenseAssign", false) => "PermSetLicenseUnassign",
        ("SetupEntityAccess", _) if string(row, "SetupEntityType") == "ConnectedApplication" => {
            return Some(of_access(org, row, is_new));
        }
        _ => return None,
    };
    let set = |field: &str| org.component(field, string(row, field));
    let what = ["PermissionSet", "PermissionSetGroup"]
        .iter()
        .find_map(|field| set(field).and_then(|node| node.get("label").map(str::to_owned)))
        .or_else(|| {
            let id = row.get("PermissionSetLicenseId")?;
            let licences = org.records.get("PermissionSetLicense")?;
            let licence = licences.iter().find(|licence| licence.get("Id") == Some(id))?;
            Some(string(licence, "MasterLabel").to_owned())
        })
        .unwrap_or_else(|| string(row, "PermissionSet").to_owned());
    let whom = org.user(string(row, "AssigneeId")).map_or("", |user| string(user, "Name"));
    Some(change(action, USERS, format!("{what}: {whom}")))
}

/// What the trail says of a row that lets somebody in to a connected app.
fn of_access(org: &Org, row: &Row, is_new: bool) -> Change {
    let word = if is_new { "Enabled" } else { "Disabled" };
    let apps = find("ConnectedApplication", false).map(|apps| org.rows(apps)).unwrap_or_default();
    let app = apps.iter().find(|app| string(app, "Id") == string(row, "SetupEntityId"));
    let app = app.map_or("", |app| string(app, "Name"));
    let carrier = org.carrier(string(row, "ParentId"));
    let (kind, tail, whom) = match carrier {
        Some((kind, name)) if kind == "Profile" => {
            let is_custom = !org.catalog.standard_profiles.contains_key(&name);
            let tail = if is_custom { "Custom" } else { "Standard" };
            ("Profile", tail, org.profile_label(&name).to_owned())
        }
        Some((kind, name)) => {
            let label = org.component(&kind, &name);
            let label = label.and_then(|node| node.get("label").map(str::to_owned));
            ("PermissionSet", "", label.unwrap_or(name))
        }
        None => ("PermissionSet", "", String::new()),
    };
    change(
        &format!("SetupEntityAccessAudit_{kind}_ConnectedApplication_{word}{tail}"),
        USERS,
        format!("Connected app {app}: {word} for {whom}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the trail says when one text of a component's file becomes another.
    fn told(type_name: &str, name: &str, from: &str, to: &str) -> Vec<(String, String)> {
        let before = Org::seeded("x");
        let mut after = before.clone();
        let key = (type_name.to_owned(), name.to_owned());
        let stored = after.components.get_mut(&key).unwrap();
        assert!(stored.content.contains(from), "{}", stored.content);
        stored.content = stored.content.replacen(from, to, 1);
        let changes = before.changes_to(&after);
        changes.into_iter().map(|change| (change.action, change.display)).collect()
    }

    #[test]
    fn what_changes_is_told_by_the_names_of_the_trail() {
        let app = told("ConnectedApp", "Ampersand", "ENFORCE", "BYPASS");
        assert_eq!(app.len(), 1);
        assert_eq!(app[0].0, "changeIpRelaxationPolicy");
        assert!(app[0].1.ends_with("from Enforce IP restrictions to Relax IP restrictions"));
        let profile = told(
            "Profile",
            "Ampersand Integration",
            "<viewAllRecords>false",
            "<viewAllRecords>true",
        );
        assert_eq!(profile[0].0, "profileOlpChangedCustom");
        let set = told("PermissionSet", "Warehouse_Sync", "<enabled>true", "<enabled>false");
        assert_eq!(set[0].0, "PermSetDisableUserPerm");
        // No row is known for a refresh token policy.
        assert_eq!(told("ConnectedApp", "Ampersand", ">zero<", ">infinite<"), []);
    }

    #[test]
    fn rows_are_told_by_names() {
        let org = Org::seeded("x");
        let told = |object: &str, row: Value| {
            let change = of_row(&org, object, row.as_object().unwrap(), true).unwrap();
            (change.action, change.display)
        };
        let row = |action: &str, display: &str| (action.to_owned(), display.to_owned());
        let sam = org.user("sam.pereira@harbourlight.example.com").unwrap()["Id"].clone();
        assert_eq!(
            told(
                "PermissionSetAssignment",
                json!({ "AssigneeId": sam, "PermissionSet": "Report_Builder" })
            ),
            row("PermSetAssign", "Report Builder: Sam Pereira")
        );
        let access = json!({
            "ParentId": super::super::state::profile_set_id("Admin"),
            "SetupEntityId": "0H4Ws0000000001KAA", "SetupEntityType": "ConnectedApplication",
        });
        assert_eq!(
            told("SetupEntityAccess", access),
            row(
                "SetupEntityAccessAudit_Profile_ConnectedApplication_EnabledStandard",
                "Connected app Beacon Analytics: Enabled for System Administrator"
            )
        );
        let relaxed = told_of("BYPASS_2FACTOR");
        assert!(relaxed.ends_with("to Relax IP restrictions for activated devices"), "{relaxed}");
    }

    fn told_of(relaxation: &str) -> String {
        told("ConnectedApp", "Ampersand", "ENFORCE", relaxation).swap_remove(0).1
    }

    #[test]
    fn what_comes_and_goes_is_told_and_who_did_it() {
        let before = Org::seeded("x");
        let mut after = before.clone();
        after.components.retain(|(_, name), _| name != "Warehouse_Sync" && name != "Ampersand");
        let changes = before.changes_to(&after);
        let actions: Vec<&str> = changes.iter().map(|one| one.action.as_str()).collect();
        assert!(actions.contains(&"deleteApplication") && actions.contains(&"PermSetDelete"));
        assert_eq!(after.changes_to(&before)[0].action, "insertApplication");
        after.note_changes(changes, "005", 0);
        assert_eq!(after.audit_rows()[0]["CreatedById"], "005");
        assert_eq!(after.audit_rows()[0]["CreatedDate"], "1970-01-01T00:00:00.000+0000");
    }
}
