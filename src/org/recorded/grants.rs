//! What a user has granted an app: `OauthToken`, and for external client apps the usage API (S
//! 13.3). Neither a token nor an address that takes one back is asked for or kept.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::app::{AppKind, Looked};
use super::rights::{CUSTOMIZE, Rights};
use super::{Observed, in_short, is_same_id, is_word};
use crate::metadata::lasting::org_time;
use crate::metadata::registry::ApiVersion;
use crate::org::http::soql_text;
use crate::org::{Org, OrgError};

/// The usage API came with this version (S 13.3).
const USAGE: ApiVersion = ApiVersion(59);
/// A page of it holds so many; it says that there is another also on the last.
const PAGE: usize = 100;
/// An org with more pages than this is not read to its end.
const PAGES: usize = 20;

/// So many rows of grants come at once.
const ROWS: usize = 500;

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The app, by its label or its name.
    pub app: String,
    /// When it was given.
    pub created: Option<Timestamp>,
    /// When it was used last: by a try that failed, too.
    pub used: Option<Timestamp>,
    /// Whether the app is installed, as far as the row tells.
    pub is_installed: Option<bool>,
}

/// Reads the grants of the app by the user.
pub(super) async fn read(
    org: &Org,
    user: Option<&str>,
    names: &[String],
    app: &Looked,
    rights: &Rights,
) -> Result<Observed<Vec<Grant>>, OrgError> {
    let Some(user) = user else {
        return Ok(Observed::unread("the user is not there, or is not shown"));
    };
    // Whether `OauthToken` has grants of external client apps is UNVERIFIED: both are asked.
    let rows = of_rows(org, user, names, rights).await?;
    match app.kind() {
        Some(AppKind::External) => {}
        Some(_) => return Ok(rows),
        // An external client app's may stand elsewhere, so that none here is not none at all.
        None if rows.seen().is_some_and(|rows| !rows.is_empty()) => return Ok(rows),
        None => {}
    }
    let used = of_usage(org, user, names).await?;
    Ok(match (rows, used) {
        (Observed::Seen(mut rows), Observed::Seen(more)) => {
            // One row may stand in both.
            rows.extend(more.into_iter().filter(|_| rows.is_empty()).collect::<Vec<_>>());
            Observed::Seen(rows)
        }
        (Observed::Seen(rows), _) if !rows.is_empty() => Observed::Seen(rows),
        // The one whose right is known says more.
        (Observed::NotObserved(rows), Observed::NotObserved(_)) => Observed::NotObserved(rows),
        (_, used) => used,
    })
}

async fn of_rows(
    org: &Org,
    user: &str,
    names: &[String],
    rights: &Rights,
) -> Result<Observed<Vec<Grant>>, OrgError> {
    let soql = format!(
        "SELECT AppName, AppMenuItemId, UserId, CreatedDate, LastUsedDate FROM \
         OauthToken WHERE UserId = {}",
        soql_text(user)
    );
    let rows = Observed::answer(org.wire.query(&soql).await, CUSTOMIZE)?;
    Ok(rows.and_then(|rows| grants(&rows, user, names, rights)))
}

/// The grants among rows, or why there need be others.
fn grants(rows: &[Json], user: &str, names: &[String], rights: &Rights) -> Observed<Vec<Grant>> {
    let is_own = rights.caller_id.as_deref().is_some_and(|caller| is_same_id(caller, user));
    if rows.is_empty() && !is_own && !rights.has(&["CustomizeApplication"]) {
        return Observed::hidden(
            "the org shows no row, and who lacks the right is shown none of others",
            CUSTOMIZE,
        );
    }
    let is_it = |row: &&Json| {
        let app = row["AppName"].as_str().unwrap_or_default();
        names.iter().any(|name| name.eq_ignore_ascii_case(app))
    };
    let time = |row: &Json, name: &str| row[name].as_str().and_then(org_time);
    let grant = |row: &Json| Grant {
        app: row["AppName"].as_str().unwrap_or_default().to_owned(),
        created: time(row, "CreatedDate"),
        used: time(row, "LastUsedDate"),
        is_installed: row.get("AppMenuItemId").map(|item| !item.is_null()),
    };
    let grants: Vec<Grant> = rows.iter().filter(is_it).map(grant).collect();
    // Such rows simply end (S 12.3): what does not come need not be absent.
    if grants.is_empty() && rows.len() >= ROWS {
        return Observed::unread("the user has more grants than the org tells at once");
    }
    Observed::Seen(grants)
}

/// Asks the usage API: for the app, for the user among its users, for their tokens.
async fn of_usage(
    org: &Org,
    user: &str,
    names: &[String],
) -> Result<Observed<Vec<Grant>>, OrgError> {
    if org.api_version() < USAGE {
        let version = org.api_version();
        return Ok(Observed::unread(format!(
            "it came with API {USAGE}, and this org speaks {version}"
        )));
    }
    match usage(org, user, names).await {
        Ok(grants) => Ok(Observed::Seen(grants)),
        // Which right it takes is documented nowhere.
        Err(error) if error.is_about_one_question() => Ok(Observed::unread(in_short(&error))),
        Err(error) => Err(error),
    }
}

async fn usage(org: &Org, user: &str, names: &[String]) -> Result<Vec<Grant>, OrgError> {
    let is_it = |app: &Json| {
        let name = app["developerName"].as_str().unwrap_or_default();
        names.iter().any(|one| one.eq_ignore_ascii_case(name))
    };
    let Some(app) = find(org, "apps/oauth/usage", "apps", &is_it).await? else {
        return Ok(Vec::new());
    };
    let Some(id) = app["identifier"].as_str().filter(|id| is_word(id)) else {
        return Ok(Vec::new());
    };
    let users = format!("apps/oauth/usage/{id}/users");
    let is_user = |one: &Json| {
        let id = one["userIdentifier"].as_str().or_else(|| one["identifier"].as_str());
        id.is_some_and(|id| is_same_id(id, user))
    };
    if find(org, &users, "users", &is_user).await?.is_none() {
        return Ok(Vec::new());
    }
    let answer = org.wire.get(&format!("apps/oauth/usage/{id}/{user}/tokens"), &[]).await?;
    let tokens = answer["tokens"].as_array().or_else(|| answer.as_array());
    let time = |row: &Json, name: &str| row[name].as_str().and_then(org_time);
    let grant = |row: &Json| Grant {
        app: app["developerName"].as_str().unwrap_or_default().to_owned(),
        created: time(row, "initialConnectionAt"),
        used: time(row, "lastUsedAt"),
        is_installed: None,
    };
    Ok(tokens.into_iter().flatten().map(grant).collect())
}

/// Looks through pages for one entry; an empty page is the last.
async fn find(
    org: &Org,
    path: &str,
    list: &str,
    is_it: &dyn Fn(&Json) -> bool,
) -> Result<Option<Json>, OrgError> {
    let size = PAGE.to_string();
    let mut before = None;
    for page in 0..PAGES {
        let number = page.to_string();
        let answer = org.wire.get(path, &[("page", &number), ("pageSize", &size)]).await?;
        let entries = answer[list].as_array().cloned().unwrap_or_default();
        if let Some(found) = entries.iter().find(|one| is_it(one)) {
            return Ok(Some(found.clone()));
        }
        if entries.is_empty() || before.as_ref() == Some(&entries) {
            break;
        }
        before = Some(entries);
    }
    Ok(None)
}
