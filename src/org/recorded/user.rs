//! The user of an integration: active, frozen, locked out, with which password and assignments (S
//! 13.1).

use jiff::Timestamp;
use serde_json::Value as Json;

use super::rights::{MANAGE_USERS, Rights, VIEW_SETUP};
use super::{Asked, Observed};
use crate::metadata::lasting::org_time;
use crate::org::http::soql_text;
use crate::org::users::EXPIRATION;
use crate::org::{Org, OrgError};

/// The user's own row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserState {
    /// The id.
    pub id: String,
    /// The user name.
    pub username: String,
    /// The name that people read.
    pub name: String,
    /// Whether another user is called so too.
    pub has_namesake: Observed<bool>,
    /// Whether they may sign in at all.
    pub is_active: Option<bool>,
    /// The profile, by the name that Setup shows.
    pub profile: Option<String>,
}

/// Of `UserLogin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locks {
    /// Whether an admin has frozen the user.
    pub is_frozen: bool,
    /// Whether too many wrong passwords have locked them out.
    pub is_locked: bool,
}

/// A permission set or group that a user has, or had until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The set's, or the group's, label.
    pub label: String,
    /// The set's API name.
    pub name: String,
    /// When it ends, or has ended.
    pub ends: Option<Timestamp>,
}

/// Asks for the user by their user name; none where there is none.
pub(super) async fn read(
    org: &Org,
    asked: &Asked,
    rights: &Rights,
) -> Result<Observed<Option<UserState>>, OrgError> {
    let soql = format!(
        "SELECT Id, Username, Name, IsActive, Profile.Name FROM User WHERE Username = {}",
        soql_text(&asked.user)
    );
    let rows = Observed::answer(org.wire.query(&soql).await, VIEW_SETUP)?;
    let mut user = rows.and_then(|rows| of_row(rows.first(), asked, rights));
    if let Observed::Seen(Some(user)) = &mut user {
        // Two may have one name, and changes may name a user by that alone.
        let soql = format!("SELECT Id FROM User WHERE Name = {} LIMIT 2", soql_text(&user.name));
        let namesakes = Observed::answer(org.wire.query(&soql).await, MANAGE_USERS)?;
        user.has_namesake = namesakes.and_then(|rows| match rows.len() {
            // Who may not see all users may be shown one of two.
            0 | 1 if !rights.has(&["ManageUsers", "ViewAllData"]) => {
                Observed::hidden("the org may not show all users", MANAGE_USERS)
            }
            0 | 1 => Observed::Seen(false),
            _ => Observed::Seen(true),
        });
    }
    Ok(user)
}

/// The user of a row; none where there is no such user, by who would be shown them.
fn of_row(row: Option<&Json>, asked: &Asked, rights: &Rights) -> Observed<Option<UserState>> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let found = row.and_then(|row| {
        Some(UserState {
            id: text(&row["Id"])?,
            username: text(&row["Username"]).unwrap_or_else(|| asked.user.clone()),
            name: text(&row["Name"]).unwrap_or_default(),
            has_namesake: Observed::unread("nobody was asked"),
            is_active: row["IsActive"].as_bool(),
            profile: text(&row["Profile"]["Name"]),
        })
    });
    match found {
        Some(user) => Observed::Seen(Some(user)),
        None if rights.has(&["ManageUsers"]) => Observed::Seen(None),
        None => Observed::hidden(
            format!("the org shows no user `{}` to this one", asked.user),
            MANAGE_USERS,
        ),
    }
}

pub(super) async fn locks(
    org: &Org,
    user: Option<&str>,
    rights: &Rights,
) -> Result<Observed<Locks>, OrgError> {
    let Some(user) = user else { return Ok(no_user()) };
    let soql = format!(
        "SELECT IsFrozen, IsPasswordLocked FROM UserLogin WHERE UserId = {}",
        soql_text(user)
    );
    let rows = Observed::answer(org.wire.query(&soql).await, MANAGE_USERS)?;
    let of_row = |row: &Json| {
        Some(Locks {
            is_frozen: row["IsFrozen"].as_bool()?,
            is_locked: row["IsPasswordLocked"].as_bool().unwrap_or_default(),
        })
    };
    Ok(rows.and_then(|rows| match rows.first().and_then(of_row) {
        Some(locks) => Observed::Seen(locks),
        None if rights.has(&["ManageUsers"]) => Observed::unread("the org has no row of them"),
        None => Observed::hidden("the org shows no row", MANAGE_USERS),
    }))
}

/// An org says whether a password has expired, and no API says since when.
pub(super) async fn password(org: &Org, user: Option<&str>) -> Result<Observed<bool>, OrgError> {
    let Some(user) = user else { return Ok(no_user()) };
    let told = org.wire.get(&format!("sobjects/User/{user}/password"), &[]).await;
    Ok(Observed::answer(told, MANAGE_USERS)?.and_then(|told| match told["isExpired"].as_bool() {
        Some(flag) => Observed::Seen(flag),
        None => Observed::unread("the org does not say"),
    }))
}

pub(super) async fn assignments(
    org: &Org,
    user: Option<&str>,
    rights: &Rights,
) -> Result<Observed<Vec<Assignment>>, OrgError> {
    let Some(user) = user else { return Ok(no_user()) };
    if org.api_version() < EXPIRATION {
        let version = org.api_version();
        return Ok(Observed::unread(format!(
            "when an assignment ends came with API {EXPIRATION}, and this org speaks {version}"
        )));
    }
    let soql = format!(
        "SELECT PermissionSet.Name, PermissionSet.Label, PermissionSet.IsOwnedByProfile, \
         PermissionSetGroup.MasterLabel, ExpirationDate FROM PermissionSetAssignment WHERE \
         AssigneeId = {}",
        soql_text(user)
    );
    let rows = Observed::answer(org.wire.query(&soql).await, VIEW_SETUP)?;
    Ok(rows.and_then(|rows| assigned(&rows, rights)))
}

/// The assignments among rows, or why these need not be all.
fn assigned(rows: &[Json], rights: &Rights) -> Observed<Vec<Assignment>> {
    // Each user has their profile's set at least.
    if rows.is_empty() || !rights.has(&["ViewSetup", "ManageUsers"]) {
        return Observed::hidden("the org may not show all rows", VIEW_SETUP);
    }
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let is_set = |row: &&Json| row["PermissionSet"]["IsOwnedByProfile"].as_bool() != Some(true);
    let assignment = |row: &Json| Assignment {
        label: match row["PermissionSetGroup"]["MasterLabel"].as_str() {
            Some(group) => group.to_owned(),
            None => text(&row["PermissionSet"]["Label"]),
        },
        name: text(&row["PermissionSet"]["Name"]),
        ends: row["ExpirationDate"].as_str().and_then(org_time),
    };
    Observed::Seen(rows.iter().filter(is_set).map(assignment).collect())
}

fn no_user<T>() -> Observed<T> {
    Observed::unread("the user is not there, or is not shown")
}
