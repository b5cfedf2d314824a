//! When something of a user's ends: an assignment, a password.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::of_user::{Sourced, nobody, shown_users, why_unsure};
use super::{in_short, no_right, not_observed, not_readable};
use crate::metadata::fact::{Access, FactAnswer, UserEnd};
use crate::metadata::lasting::{ENDED, End, NEVER};
use crate::metadata::unseen::UnseenKind;
use crate::metadata::value::Value;
use crate::org::Org;
use crate::org::error::OrgError;
use crate::org::http::{soql_list, soql_text};
use crate::org::users::{EXPIRATION, Question, answer};

/// The permission of users whose password does not expire.
pub(super) const NO_END: &str = "PasswordNeverExpires";

/// Answers when something of users ends, in the order asked.
pub(super) async fn ends(org: &Org, asked: &[(UserEnd, &str)]) -> Result<Vec<Sourced>, OrgError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let names: BTreeSet<&str> = asked.iter().map(|(_, user)| *user).collect();
    let there = match shown_users(org, &names).await? {
        Ok(there) => there,
        Err(hidden) => return Ok(asked.iter().map(|_| (hidden.clone(), None)).collect()),
    };
    let mut answers = Vec::with_capacity(asked.len());
    let mut assignments = None;
    for (end, user) in asked {
        answers.push(match end {
            _ if !there.contains(&user.to_lowercase()) => (nobody(user), None),
            UserEnd::Assignment => {
                let rows = match &assignments {
                    Some(rows) => rows,
                    None => assignments.insert(dated(org, &names).await?),
                };
                match rows {
                    Ok(Dated { rows, unsure }) => first(rows, user, unsure.as_deref()),
                    Err(hidden) => (hidden.clone(), None),
                }
            }
            UserEnd::Password => (password(org, user).await?, None),
        });
    }
    Ok(answers)
}

/// Assignments that end, and why there may be more.
struct Dated {
    rows: Vec<Json>,
    unsure: Option<String>,
}

async fn dated(org: &Org, users: &BTreeSet<&str>) -> Result<Result<Dated, FactAnswer>, OrgError> {
    if org.api_version() < EXPIRATION {
        let why =
            format!("it came with API {EXPIRATION}, and this org speaks {}", org.api_version());
        return Ok(Err(not_observed(UnseenKind::Version, why)));
    }
    let soql = format!(
        "SELECT Assignee.Username, PermissionSet.Label, PermissionSetGroup.MasterLabel, \
         ExpirationDate FROM PermissionSetAssignment WHERE ExpirationDate != null AND \
         Assignee.Username IN {}",
        soql_list(users.iter().copied())
    );
    match org.wire.query(&soql).await {
        Ok(rows) => Ok(Ok(Dated { rows, unsure: why_unsure(org).await? })),
        Err(error) if error.is_about_one_question() => Ok(Err(no_right(format!(
            "assignments are seen only with View Setup and Configuration ({})",
            in_short(&error)
        )))),
        Err(error) => Err(error),
    }
}

/// The assignment that ends first; a source names all that end.
fn first(rows: &[Json], user: &str, unsure: Option<&str>) -> Sourced {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let is_of = |row: &&Json| text(&row["Assignee"]["Username"]).eq_ignore_ascii_case(user);
    let mut ends: Vec<(String, String)> = Vec::new();
    for row in rows.iter().filter(is_of) {
        let date = text(&row["ExpirationDate"]);
        let Some(end) = End::of(&date) else {
            return (
                not_readable(format!("an assignment ends on `{date}`, which is no time")),
                None,
            );
        };
        let group = text(&row["PermissionSetGroup"]["MasterLabel"]);
        let name = match group.as_str() {
            "" => format!("permission set {}", text(&row["PermissionSet"]["Label"])),
            group => format!("permission set group {group}"),
        };
        ends.push((end.to_string(), name));
    }
    ends.sort();
    ends.dedup();
    let Some((end, _)) = ends.first() else {
        let never = || FactAnswer::Known(NEVER.into());
        return (unsure.map_or_else(never, no_right), None);
    };
    // One that is hidden may end before those that are seen.
    if let Some(why) = unsure {
        return (
            no_right(format!("of those that are seen the first ends on {end}, and {why}")),
            None,
        );
    }
    let named = |(end, name): &(String, String)| format!("{name} until {end}");
    let source = ends.iter().map(named).collect::<Vec<_>>().join(", ");
    (FactAnswer::Known(Value::Text(end.clone())), Some(source))
}

/// An org says whether a password has expired (`GET ../User/{id}/password`, why 1), and no API says
/// when it will: whether `User` has a field of that is UNVERIFIED.
async fn password(org: &Org, user: &str) -> Result<FactAnswer, OrgError> {
    let access = Access::Permission(NO_END.to_owned());
    let told = answer(org, &[(Question::Access(&access), user)], None).await?.pop();
    let lasts = told.map(|told| told.answer);
    let soql = format!("SELECT Id FROM User WHERE Username = {}", soql_text(user));
    let rows = org.wire.query(&soql).await?;
    let Some(id) = rows.first().and_then(|row| row["Id"].as_str()) else {
        return Ok(nobody(user));
    };
    let hidden = |why: String| {
        no_right(format!("whether a password has expired is seen only with Manage Users ({why})"))
    };
    let is_expired = match org.wire.get(&format!("sobjects/User/{id}/password"), &[]).await {
        Ok(told) => told["isExpired"].as_bool(),
        Err(error) if error.is_about_one_question() => return Ok(hidden(in_short(&error))),
        Err(error) => return Err(error),
    };
    Ok(match (is_expired, lasts) {
        (Some(true), _) => FactAnswer::Known(ENDED.into()),
        (Some(false), Some(FactAnswer::Known(Value::Bool(true)))) => {
            FactAnswer::Known(NEVER.into())
        }
        (Some(false), Some(FactAnswer::NotObserved(unseen))) => FactAnswer::NotObserved(unseen),
        (Some(false), _) => not_readable(
            "it has not expired; when it will no API says: the user lacks Password Never Expires",
        ),
        (None, _) => hidden("the org does not say".to_owned()),
    })
}
