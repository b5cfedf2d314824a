//! `LoginHistory`: every try of a known user (S 13.2). Rows can be chosen by user and time and
//! little else, so that what of them is the app's is told here.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::rights::{HISTORY, Rights};
use super::{Observed, in_short, is_same_id, soql_time};
use crate::metadata::lasting::org_time;
use crate::org::http::soql_text;
use crate::org::{Org, OrgError};

/// What the row of a sign-in says that worked.
pub const SUCCESS: &str = "Success";
/// So many rows of the time that is asked for are read, the newest first.
const MOST: usize = 2000;
/// So many older ones are looked through for one that worked.
const OLDER: usize = 500;

/// One try to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The row's id.
    pub id: String,
    /// When.
    pub time: Timestamp,
    /// The kind, as the org writes it: its label.
    pub kind: String,
    /// The flow, where the org says it.
    pub flow: Option<String>,
    /// The app, by its label.
    pub application: String,
    /// How it went, in the org's words.
    pub status: String,
    /// From which address.
    pub address: Option<String>,
}

/// The tries of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIns {
    /// The newest first.
    pub rows: Vec<SignIn>,
    /// Whether there are older ones in the time that was asked for, which were not read.
    pub is_cut: bool,
}

impl SignIn {
    /// Says whether it worked.
    pub fn is_good(&self) -> bool {
        self.status.trim().eq_ignore_ascii_case(SUCCESS)
    }

    /// Says whether it is one of the app's: by its label, or where the org did not know which app
    /// asked by the kind of sign-in. A wrong client id is no app's.
    pub fn is_of(&self, names: &[String]) -> bool {
        let is_named = names.iter().any(|name| name.eq_ignore_ascii_case(&self.application));
        let is_nameless = matches!(self.application.as_str(), "" | "N/A");
        is_named || is_nameless && !self.is_good() && self.kind.starts_with("Remote Access")
    }
}

impl SignIns {
    /// Returns when the last one worked that is the app's.
    pub fn last_success(&self, names: &[String]) -> Option<Timestamp> {
        let mut good = self.rows.iter().filter(|row| row.is_good() && row.is_of(names));
        good.next().map(|row| row.time)
    }
}

/// Reads the tries of a user since a time; where none of the app's worked in it, older ones too.
pub(super) async fn read(
    org: &Org,
    user: Option<&str>,
    names: &[String],
    since: Timestamp,
    rights: &Rights,
) -> Result<Observed<SignIns>, OrgError> {
    let Some(user) = user else {
        return Ok(Observed::unread("the user is not there, or is not shown"));
    };
    let mut all = match rows(org, user, &format!(">= {}", soql_time(since)), MOST).await {
        Ok(rows) => SignIns { is_cut: rows.len() >= MOST, rows },
        Err(error) if error.is_about_one_question() => {
            return Ok(Observed::hidden(in_short(&error), HISTORY));
        }
        Err(error) => return Err(error),
    };
    // Others see their own rows alone, and are not told so.
    let is_own = rights.caller_id.as_deref().is_some_and(|caller| is_same_id(caller, user));
    let is_shown = is_own || rights.has(&["ManageUsers", "MonitorLoginHistory"]);
    if !is_shown && all.rows.is_empty() {
        return Ok(Observed::hidden(
            "the org shows no row, and who lacks the right is shown none of others",
            HISTORY,
        ));
    }
    if !all.is_cut && all.last_success(names).is_none() {
        match rows(org, user, &format!("< {}", soql_time(since)), OLDER).await {
            Ok(older) => all.rows.extend(older),
            Err(error) if error.is_about_one_question() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Observed::Seen(all))
}

async fn rows(org: &Org, user: &str, when: &str, most: usize) -> Result<Vec<SignIn>, OrgError> {
    let soql = format!(
        "SELECT Id, LoginTime, LoginType, LoginSubType, Application, Status, SourceIp FROM \
         LoginHistory WHERE UserId = {} AND LoginTime {when} ORDER BY LoginTime DESC LIMIT {most}",
        soql_text(user)
    );
    let rows = org.wire.query(&soql).await?;
    let mut rows: Vec<SignIn> = rows.iter().filter_map(sign_in).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    Ok(rows)
}

fn sign_in(row: &Json) -> Option<SignIn> {
    let text = |name: &str| row[name].as_str().map(str::to_owned);
    Some(SignIn {
        id: text("Id").unwrap_or_default(),
        time: org_time(row["LoginTime"].as_str()?)?,
        kind: text("LoginType").unwrap_or_default(),
        flow: text("LoginSubType").filter(|flow| !flow.is_empty()),
        application: text("Application").unwrap_or_default(),
        status: text("Status").unwrap_or_default(),
        address: text("SourceIp").filter(|address| !address.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_with_a_wrong_key_is_no_apps_and_may_be_ours() {
        let of = |application: &str, kind: &str, status: &str| SignIn {
            id: String::new(),
            time: Timestamp::UNIX_EPOCH,
            kind: kind.to_owned(),
            flow: None,
            application: application.to_owned(),
            status: status.to_owned(),
            address: None,
        };
        let names = ["Lamp Sync".to_owned()];
        assert!(of("lamp sync", "Remote Access 2.0", SUCCESS).is_of(&names));
        assert!(of("N/A", "Remote Access 2.0", "Failed: Missing Consumer Key").is_of(&names));
        assert!(!of("N/A", "Application", "Invalid Password").is_of(&names));
        assert!(!of("N/A", "Remote Access 2.0", SUCCESS).is_of(&names));
        assert!(!of("Other", "Remote Access 2.0", "Restricted IP").is_of(&names));
    }
}
