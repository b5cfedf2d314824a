//! What a user has granted an app: `OauthToken`, and for external client apps the usage API (S
//! 13.3). Neither a token nor an address that takes one back is asked for or kept.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::app::{AppKind, Looked};
use super::rights::{CUSTOMIZE, Rights};
use super::{Observed, in_short, is_same_id, is_same_name, is_word, without_field};
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
    // Which right shows it is not documented: who lacks that of the others may be shown nothing.
    let is_shown = rights.has(&["CustomizeApplication"]);
    let used = used.and_then(|used| match used.is_empty() && !is_shown {
        true => Observed::hidden("the usage API shows no grant to this user", CUSTOMIZE),
        false => Observed::Seen(used),
    });
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
    let soql = |item: &str| {
        format!(
            "SELECT AppName{item}, UserId, CreatedDate, LastUsedDate FROM OauthToken WHERE UserId \
             = {}",
            soql_text(user)
        )
    };
    let rows = without_field(org, &soql(", AppMenuItemId"), &soql("")).await;
    let rows = Observed::answer(rows, CUSTOMIZE)?;
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
        names.iter().any(|name| is_same_name(name, app))
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
    if rows.len() >= ROWS {
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
        Ok(grants) => Ok(grants),
        // Which right it takes is documented nowhere.
        Err(error) if error.is_about_one_question() => {
            Ok(Observed::unread(format!("of the usage API {}", in_short(&error))))
        }
        Err(error) => Err(error),
    }
}

async fn usage(org: &Org, user: &str, names: &[String]) -> Result<Observed<Vec<Grant>>, OrgError> {
    let is_it = |app: &Json| {
        let name = app["developerName"].as_str().unwrap_or_default();
        names.iter().any(|one| is_same_name(one, name))
    };
    let app = match find(org, "apps/oauth/usage", "apps", &is_it).await? {
        Page::Found(app) => app,
        Page::End => return Ok(Observed::Seen(Vec::new())),
        Page::Unread(why) => return Ok(Observed::unread(why)),
    };
    let Some(id) = app["identifier"].as_str().filter(|id| is_word(id)) else {
        return Ok(Observed::unread("the usage API names the app without an id"));
    };
    let users = format!("apps/oauth/usage/{id}/users");
    let id_of = |one: &Json| {
        let id = one["userIdentifier"].as_str().or_else(|| one["identifier"].as_str());
        id.map(str::to_owned)
    };
    // What an entry holds is published nowhere: one that names nobody may be this user's.
    let is_user = |one: &Json| id_of(one).is_none_or(|id| is_same_id(&id, user));
    match find(org, &users, "users", &is_user).await? {
        Page::Found(one) if id_of(&one).is_none() => {
            return Ok(Observed::unread("the usage API's list of users names none by an id"));
        }
        Page::Found(_) => {}
        Page::End => return Ok(Observed::Seen(Vec::new())),
        Page::Unread(why) => return Ok(Observed::unread(why)),
    }
    let answer = org.wire.get(&format!("apps/oauth/usage/{id}/{user}/tokens"), &[]).await?;
    let Some(tokens) = answer["tokens"].as_array().or_else(|| answer.as_array()) else {
        return Ok(Observed::unread("the usage API's list of tokens is none"));
    };
    let time = |row: &Json, name: &str| row[name].as_str().and_then(org_time);
    let grant = |row: &Json| Grant {
        app: app["developerName"].as_str().unwrap_or_default().to_owned(),
        created: time(row, "initialConnectionAt"),
        used: time(row, "lastUsedAt"),
        is_installed: None,
    };
    Ok(Observed::Seen(tokens.iter().map(grant).collect()))
}

/// What looking through pages came to.
#[derive(Debug, PartialEq)]
enum Page {
    /// The entry.
    Found(Json),
    /// All pages were read, and it is on none.
    End,
    /// Not all were, and why.
    Unread(String),
}

/// Looks through pages for one entry. What they are counted from is UNVERIFIED: the first is asked
/// for without a number, and those after it by the number in the address that the one before gives;
/// the address itself is not followed.
async fn find(
    org: &Org,
    path: &str,
    list: &str,
    is_it: &dyn Fn(&Json) -> bool,
) -> Result<Page, OrgError> {
    let size = PAGE.to_string();
    let mut number = None::<u32>;
    let mut before = Json::Null;
    for _ in 0..PAGES {
        let page = number.map(|number| number.to_string());
        let mut asked = vec![("pageSize", size.as_str())];
        asked.extend(page.as_deref().map(|page| ("page", page)));
        let answer = org.wire.get(path, &asked).await?;
        match page_of(&answer, list, is_it, &before) {
            Ok(page) => return Ok(page),
            Err(next) => (number, before) = (Some(next), answer),
        }
    }
    Ok(Page::Unread(format!("the usage API has more than {PAGES} pages of {list}")))
}

/// What a page comes to, or else the number of the one after it. An empty page is the last, since
/// one that is not says that another follows (S 13.3); so is one that says nothing of another and is
/// not full.
fn page_of(
    answer: &Json,
    list: &str,
    is_it: &dyn Fn(&Json) -> bool,
    before: &Json,
) -> Result<Page, u32> {
    let Some(entries) = answer[list].as_array() else {
        return Ok(Page::Unread(format!("the usage API's list of {list} is none")));
    };
    if let Some(found) = entries.iter().find(|one| is_it(one)) {
        return Ok(Page::Found(found.clone()));
    }
    let next = answer["nextPageUrl"].as_str().filter(|next| !next.is_empty());
    match next.map(number_in) {
        _ if entries.is_empty() => Ok(Page::End),
        _ if before[list] == answer[list] => {
            Ok(Page::Unread(format!("the usage API gives the same page of {list} again")))
        }
        Some(Some(next)) => Err(next),
        None if entries.len() < PAGE => Ok(Page::End),
        _ => Ok(Page::Unread(format!("the usage API does not say which page of {list} is next"))),
    }
}

/// The number of a page, in its address.
fn number_in(address: &str) -> Option<u32> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_on_no_page_is_absent_only_where_all_were_read() {
        let is_it = |one: &Json| one["developerName"] == "Lamp";
        let looked = |answer: &Json, before: &Json| page_of(answer, "apps", &is_it, before);
        let first = |answer: Json| looked(&answer, &Json::Null);
        let others: Vec<Json> = (0..100).map(|at| json!({ "developerName": at })).collect();
        let next = "/services/data/v67.0/apps/oauth/usage?pageSize=100&page=2";
        let lamp = json!({ "developerName": "Lamp" });

        assert_eq!(first(json!({ "apps": [lamp] })), Ok(Page::Found(lamp.clone())));
        assert_eq!(first(json!({ "apps": [], "nextPageUrl": next })), Ok(Page::End));
        assert_eq!(first(json!({ "apps": others[..3] })), Ok(Page::End));
        assert_eq!(first(json!({ "apps": others, "nextPageUrl": next })), Err(2));
        // A page that is not full says so too, and one that is empty follows.
        assert_eq!(first(json!({ "apps": others[..3], "nextPageUrl": next })), Err(2));
        let same = json!({ "apps": others, "nextPageUrl": next });
        for (answer, before) in [
            (json!({ "apps": others }), Json::Null),
            (json!({ "apps": others, "nextPageUrl": "/somewhere" }), Json::Null),
            (same.clone(), same),
            (json!({ "apps": null }), Json::Null),
            (json!("<html>"), Json::Null),
        ] {
            assert!(matches!(looked(&answer, &before), Ok(Page::Unread(_))), "{answer}");
        }
    }
}
