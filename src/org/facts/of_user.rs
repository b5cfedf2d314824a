//! What an org says of a user beside permissions: columns of their row, permission set licences,
//! and which apps they are let into beforehand.
//!
//! That a row is not there is believed only of a caller who would be shown it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{in_short, no_right, not_observed, not_readable};
use crate::metadata::fact::{FactAnswer, UserColumn};
use crate::metadata::unseen::UnseenKind;
use crate::metadata::value::Value;
use crate::org::Org;
use crate::org::error::OrgError;
use crate::org::http::{soql_list, soql_text};
use crate::org::users::{OR_HIDDEN, is_over, view_setup};

/// An answer, and where the access comes from that it speaks of.
pub(super) type Sourced = (FactAnswer, Option<String>);

/// The users of whom something is asked, as far as the org shows them; or why it shows none.
pub(super) async fn shown_users(
    org: &Org,
    names: &BTreeSet<&str>,
) -> Result<Result<BTreeSet<String>, FactAnswer>, OrgError> {
    let names = soql_list(names.iter().copied());
    let soql = format!("SELECT Username FROM User WHERE Username IN {names}");
    match org.wire.query(&soql).await {
        Ok(rows) => {
            let names = rows.iter().filter_map(|row| row["Username"].as_str());
            Ok(Ok(names.map(str::to_lowercase).collect()))
        }
        Err(error) if error.is_about_rights() => Ok(Err(no_right(format!(
            "users are seen only with View Setup and Configuration ({})",
            in_short(&error)
        )))),
        Err(error) => Err(error),
    }
}

pub(super) fn nobody(name: &str) -> FactAnswer {
    not_observed(
        UnseenKind::NobodyThere,
        format!("there is no user `{name}` in this org{OR_HIDDEN}"),
    )
}

/// Why it is not believed that there is no row: the caller may not see all; none where they do.
pub(in crate::org) async fn why_unsure(org: &Org) -> Result<Option<String>, OrgError> {
    let Ok(user) = org.user().await else {
        return Ok(Some("the org does not say whose login this is".to_owned()));
    };
    let unsure = view_setup(org, &user.username, "rows", "some rows may be hidden").await?;
    Ok(unsure.map(|_| {
        format!(
            "the org shows {} no such row, and all rows are shown only with View Setup and \
             Configuration",
            user.username
        )
    }))
}

/// Answers columns of users' rows, in the order asked.
pub(super) async fn columns(
    org: &Org,
    asked: &[(&UserColumn, &str)],
) -> Result<Vec<FactAnswer>, OrgError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let names: BTreeSet<&str> = asked.iter().map(|(_, user)| *user).collect();
    let there = match shown_users(org, &names).await? {
        Ok(there) => there,
        Err(hidden) => return Ok(asked.iter().map(|_| hidden.clone()).collect()),
    };
    let is_word = |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
    let columns: BTreeSet<String> = asked.iter().map(|(one, _)| one.column()).collect();
    let columns: Vec<String> = columns
        .into_iter()
        .filter(|column| column.split('.').all(|part| !part.is_empty() && is_word(part)))
        .collect();
    let rows = rows_of(org, &columns, &names).await?;
    let sees_roles = match asked.iter().any(|(one, _)| **one == UserColumn::Role) {
        true => why_unsure(org).await?.is_none(),
        false => false,
    };
    Ok(asked
        .iter()
        .map(|(asked, user)| {
            if !there.contains(&user.to_lowercase()) {
                return nobody(user);
            }
            let column = asked.column();
            let row = match rows.get(&column) {
                Some(Ok(rows)) => rows.get(&user.to_lowercase()),
                Some(Err(why)) => return lacking(asked, why),
                None => return lacking(asked, "it is no name of a field"),
            };
            let mut value = row.unwrap_or(&Json::Null);
            for part in column.split('.') {
                value = &value[part];
            }
            match value {
                Json::String(text) => FactAnswer::Known(text.as_str().into()),
                Json::Bool(flag) => FactAnswer::Known((*flag).into()),
                // Whoever sees all users sees that one has no role.
                _ if **asked == UserColumn::Role && sees_roles => {
                    FactAnswer::Known(Value::List(Vec::new()))
                }
                _ => no_right("the org does not show it without View Setup and Configuration"),
            }
        })
        .collect())
}

/// Why a user's row has no such column here.
fn lacking(asked: &UserColumn, why: &str) -> FactAnswer {
    not_readable(match asked {
        UserColumn::Currency => format!(
            "users have a currency of their own only where an org has several ({why}); of the org \
             asks `org.currency`"
        ),
        UserColumn::Feature(name) => format!(
            "users of this org have no feature `{name}`, or it is not shown to this user ({why})"
        ),
        UserColumn::Language | UserColumn::Locale | UserColumn::Role => {
            format!("the org does not show it to this user ({why})")
        }
    })
}

/// Rows by user, for each column; one that the org lacks takes none of the others with it.
type Rows = BTreeMap<String, Result<BTreeMap<String, Json>, String>>;

async fn rows_of(org: &Org, columns: &[String], names: &BTreeSet<&str>) -> Result<Rows, OrgError> {
    let ask = async |columns: &[String]| {
        let soql = format!(
            "SELECT Username, {} FROM User WHERE Username IN {}",
            columns.join(", "),
            soql_list(names.iter().copied())
        );
        let rows = org.wire.query(&soql).await?;
        let named = |row: Json| Some((row["Username"].as_str()?.to_lowercase(), row));
        Ok::<BTreeMap<String, Json>, OrgError>(rows.into_iter().filter_map(named).collect())
    };
    let mut found = Rows::new();
    if columns.is_empty() {
        return Ok(found);
    }
    match ask(columns).await {
        Ok(rows) => {
            for column in columns {
                found.insert(column.clone(), Ok(rows.clone()));
            }
        }
        Err(error) if error.is_about_one_question() => {
            for column in columns {
                let one = match ask(std::slice::from_ref(column)).await {
                    Ok(rows) => Ok(rows),
                    Err(error) if error.is_about_one_question() => Err(in_short(&error)),
                    Err(error) => return Err(error),
                };
                found.insert(column.clone(), one);
            }
        }
        Err(error) => return Err(error),
    }
    Ok(found)
}

/// Answers whether users have permission set licences (S 4.4), in the order asked.
pub(super) async fn licences(
    org: &Org,
    asked: &[(&str, &str)],
) -> Result<Vec<FactAnswer>, OrgError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let names: BTreeSet<&str> = asked.iter().map(|(_, user)| *user).collect();
    let there = match shown_users(org, &names).await? {
        Ok(there) => there,
        Err(hidden) => return Ok(asked.iter().map(|_| hidden.clone()).collect()),
    };
    let licence = ["DeveloperName", "MasterLabel", "PermissionSetLicenseKey"];
    let columns = licence.map(|name| format!("PermissionSetLicense.{name}")).join(", ");
    let soql = format!(
        "SELECT Assignee.Username, {columns} FROM PermissionSetLicenseAssign WHERE \
         Assignee.Username IN {}",
        soql_list(names.iter().copied())
    );
    let (rows, hidden) = match org.wire.query(&soql).await {
        Ok(rows) => (rows, None),
        Err(error) if error.is_about_one_question() => (
            Vec::new(),
            Some(format!(
                "assigned licences are seen only with View Setup and Configuration ({})",
                in_short(&error)
            )),
        ),
        Err(error) => return Err(error),
    };
    let unsure = match hidden {
        Some(hidden) => Some(hidden),
        None => why_unsure(org).await?,
    };
    let answer = |(name, user): &(&str, &str)| {
        if !there.contains(&user.to_lowercase()) {
            return nobody(user);
        }
        let is = |value: &Json, text: &str| {
            value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(text))
        };
        let has = rows.iter().any(|row| {
            is(&row["Assignee"]["Username"], user)
                && licence.iter().any(|column| is(&row["PermissionSetLicense"][*column], name))
        });
        match (&unsure, has) {
            (_, true) => FactAnswer::Known(true.into()),
            (Some(why), false) => no_right(why.clone()),
            (None, false) => FactAnswer::Known(false.into()),
        }
    };
    Ok(asked.iter().map(answer).collect())
}

/// Answers whether users are let into apps beforehand, and by what (S 1.7), in the order asked.
pub(super) async fn app_access(
    org: &Org,
    asked: &[(&str, &str)],
) -> Result<Vec<Sourced>, OrgError> {
    let mut answers = Vec::new();
    for (app, user) in asked {
        answers.push(one_app(org, app, user).await?);
    }
    Ok(answers)
}

async fn one_app(org: &Org, app: &str, user: &str) -> Result<Sourced, OrgError> {
    let there = match shown_users(org, &BTreeSet::from([user])).await? {
        Ok(there) => there,
        Err(hidden) => return Ok((hidden, None)),
    };
    if !there.contains(&user.to_lowercase()) {
        return Ok((nobody(user), None));
    }
    let (ids, in_part) = match app_ids(org, app).await? {
        Ok(ids) => ids,
        Err(unseen) => return Ok((unseen, None)),
    };
    let soql = format!(
        "SELECT SetupEntityId, ParentId, Parent.Label, Parent.IsOwnedByProfile, \
         Parent.Profile.Name FROM SetupEntityAccess WHERE SetupEntityType IN \
         ('ConnectedApplication', 'ExternalClientApplication') AND SetupEntityId IN {}",
        soql_list(ids.iter().map(String::as_str))
    );
    let hidden = |error: &OrgError| {
        let why = format!(
            "whom an app lets in is seen only with View Setup and Configuration ({})",
            in_short(error)
        );
        (no_right(why), None)
    };
    let parents = match org.wire.query(&soql).await {
        Ok(rows) => rows,
        Err(error) if error.is_about_one_question() => return Ok(hidden(&error)),
        Err(error) => return Err(error),
    };
    let sets: BTreeSet<&str> = parents.iter().filter_map(|row| row["ParentId"].as_str()).collect();
    let soql = format!(
        "SELECT PermissionSetId, PermissionSetGroupId, ExpirationDate FROM \
         PermissionSetAssignment WHERE Assignee.Username = {}",
        soql_text(user)
    );
    let assigned = match org.wire.query(&soql).await {
        Ok(rows) => rows,
        Err(error) if error.is_about_one_question() => return Ok(hidden(&error)),
        Err(error) => return Err(error),
    };
    let (assigned, ending): (Vec<Json>, Vec<Json>) =
        assigned.into_iter().partition(|row| row["ExpirationDate"].is_null());
    let groups: BTreeSet<&str> =
        assigned.iter().filter_map(|row| row["PermissionSetGroupId"].as_str()).collect();
    let mut members = Vec::new();
    if !groups.is_empty() && !sets.is_empty() {
        let soql = format!(
            "SELECT PermissionSetId FROM PermissionSetGroupComponent WHERE PermissionSetGroupId \
             IN {} AND PermissionSetId IN {}",
            soql_list(groups.iter().copied()),
            soql_list(sets.iter().copied())
        );
        members = match org.wire.query(&soql).await {
            Ok(rows) => rows,
            Err(error) if error.is_about_one_question() => return Ok(hidden(&error)),
            Err(error) => return Err(error),
        };
    }
    let held = Held { user, assigned, ending, members, now: org.now() };
    let of_app = |id: &String| -> Vec<&Json> {
        let is_its = |row: &&Json| ids.len() == 1 || row["SetupEntityId"] == id.as_str();
        parents.iter().filter(is_its).collect()
    };
    let mut told: Vec<Option<Sourced>> = ids.iter().map(|id| held.way_in(&of_app(id))).collect();
    if told.iter().all(Option::is_none) {
        let answer = match why_unsure(org).await?.or(in_part) {
            Some(why) => no_right(why),
            None => FactAnswer::Known(false.into()),
        };
        return Ok((answer, None));
    }
    // Labels are not unique: another app may be meant than the one that lets them in.
    let is_open = |one: &Option<Sourced>| {
        one.as_ref().is_some_and(|(answer, _)| *answer == FactAnswer::Known(true.into()))
    };
    if told.len() > 1 && !told.iter().all(is_open) {
        let why = format!(
            "{} apps are called `{app}`, and not all of them let {user} in: which is meant nobody \
             can tell",
            told.len()
        );
        return Ok((not_readable(why), None));
    }
    Ok(told.swap_remove(0).unwrap_or_else(|| (no_right("no app was seen"), None)))
}

/// What a user has been given.
struct Held<'u> {
    user: &'u str,
    /// Assignments without an end.
    assigned: Vec<Json>,
    /// Those that end.
    ending: Vec<Json>,
    /// The sets of groups that are assigned without an end.
    members: Vec<Json>,
    now: Option<jiff::Timestamp>,
}

impl Held<'_> {
    /// By what a user is let into an app whose access these parents have; none where nothing is
    /// seen to.
    fn way_in(&self, parents: &[&Json]) -> Option<Sourced> {
        let by_set = |id: &Json| parents.iter().copied().find(|row| row["ParentId"] == *id);
        if let Some(row) = self.assigned.iter().find_map(|row| by_set(&row["PermissionSetId"])) {
            return Some((FactAnswer::Known(true.into()), Some(carrier(row))));
        }
        if let Some(row) = self.members.iter().find_map(|row| by_set(&row["PermissionSetId"])) {
            let source = format!("{}, through a group", carrier(row));
            return Some((FactAnswer::Known(true.into()), Some(source)));
        }
        let is_past = |row: &&Json| is_over(row, self.now);
        let (ended, ending): (Vec<&Json>, Vec<&Json>) = self.ending.iter().partition(is_past);
        // An assignment that ends lets nobody in for good, and may have ended (why 1).
        let may_let_in =
            |row: &&Json| by_set(&row["PermissionSetId"]).is_some() || is_of_group(row);
        let may_let_in = |row: &&&Json| may_let_in(row);
        let Some(date) = ending.iter().find(may_let_in).map(|row| &row["ExpirationDate"]) else {
            let over = ended.iter().find(|row| by_set(&row["PermissionSetId"]).is_some())?;
            let date = over["ExpirationDate"].as_str().unwrap_or_default();
            let source = format!("an assignment that ended on {date}");
            return Some((FactAnswer::Known(false.into()), Some(source)));
        };
        let (user, date) = (self.user, date.as_str().unwrap_or_default());
        let why = format!("no more than an assignment that ends on {date} lets {user} in");
        Some((not_readable(why), None))
    }
}

fn is_of_group(row: &Json) -> bool {
    !row["PermissionSetGroupId"].is_null()
}

/// The ids of apps, and why there may be more.
type AppIds = (BTreeSet<String>, Option<String>);

/// The ids of the apps of a name, or of a label; of an API name `_` is a label's space.
async fn app_ids(org: &Org, app: &str) -> Result<Result<AppIds, FactAnswer>, OrgError> {
    let spaced = app.replace('_', " ");
    let names = soql_list([app, spaced.as_str()]);
    let mut ids = BTreeSet::new();
    let mut hidden = None;
    for soql in [
        format!("SELECT Id FROM ConnectedApplication WHERE Name IN {names}"),
        format!(
            "SELECT Id FROM ExternalClientApplication WHERE DeveloperName IN {names} OR \
             MasterLabel IN {names}"
        ),
    ] {
        match org.wire.query(&soql).await {
            Ok(rows) => {
                ids.extend(rows.iter().filter_map(|row| row["Id"].as_str()).map(str::to_owned))
            }
            Err(error) if error.is_about_one_question() => hidden = Some(error),
            Err(error) => return Err(error),
        }
    }
    let hidden = hidden.map(|error| {
        format!(
            "all apps are seen only with Customize Application and Manage Connected Apps ({})",
            in_short(&error)
        )
    });
    Ok(match (ids.is_empty(), hidden) {
        (false, hidden) => Ok((ids, hidden)),
        (true, Some(why)) => Err(no_right(why)),
        (true, None) => Err(not_readable(format!("the org shows no app `{app}`"))),
    })
}

/// The profile or permission set of a row, for a person.
fn carrier(row: &Json) -> String {
    let parent = &row["Parent"];
    if parent["IsOwnedByProfile"].as_bool() == Some(true) {
        let name = parent["Profile"]["Name"].as_str();
        return name.map_or_else(|| "profile".to_owned(), |name| format!("profile {name}"));
    }
    let label = parent["Label"].as_str();
    label.map_or_else(|| "permission set".to_owned(), |label| format!("permission set {label}"))
}
