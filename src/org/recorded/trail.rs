//! `SetupAuditTrail`: who changed what (S 13.4). Rows are chosen by time; what they speak of stands
//! in `Display`, by which none can be chosen.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::rights::{Rights, VIEW_SETUP};
use super::{Observed, add_new, soql_time, without_field};
use crate::metadata::lasting::org_time;
use crate::org::{Org, OrgError};

/// So many rows are read, the newest first.
const MOST: usize = 2000;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The row's id.
    pub id: String,
    /// When.
    pub time: Timestamp,
    /// What, by the name that the trail has for it.
    pub action: String,
    /// The part of Setup.
    pub section: String,
    /// What, in the org's words.
    pub display: String,
    /// By whom; none where the org did it by itself.
    pub by: Option<String>,
    /// Who did it as that user.
    pub delegate: Option<String>,
}

impl Change {
    /// Who did it: who was signed in as somebody else is named first.
    pub fn who(&self) -> Option<String> {
        match (&self.delegate, &self.by) {
            (Some(delegate), Some(by)) => Some(format!("{delegate}, signed in as {by}")),
            (Some(delegate), None) => Some(delegate.clone()),
            (None, by) => by.clone(),
        }
    }
}

/// The changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// The newest first.
    pub rows: Vec<Change>,
    /// Whether there are older ones in the time that was asked for, which were not read.
    pub is_cut: bool,
}

/// Reads the changes since a time: the newest, and where these are not all, those until it failed
/// first.
pub(super) async fn read(
    org: &Org,
    since: Timestamp,
    first_bad: Option<Timestamp>,
    rights: &Rights,
) -> Result<Observed<Trail>, OrgError> {
    let newest = rows(org, since, None).await;
    let mut trail = match Observed::answer(newest, VIEW_SETUP)? {
        Observed::Seen(trail) => trail,
        Observed::NotObserved(hidden) => return Ok(Observed::NotObserved(hidden)),
    };
    if trail.rows.is_empty() && !rights.has(&["ViewSetup"]) {
        return Ok(Observed::hidden("the org shows no row", VIEW_SETUP));
    }
    let oldest = trail.rows.last().map(|row| row.time);
    let until = first_bad.filter(|first| trail.is_cut && Some(*first) < oldest);
    if until.is_some() {
        match rows(org, since, until).await {
            Ok(older) => add_new(&mut trail.rows, older.rows, |row| &row.id),
            Err(error) if error.is_about_one_question() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Observed::Seen(trail))
}

async fn rows(org: &Org, since: Timestamp, until: Option<Timestamp>) -> Result<Trail, OrgError> {
    let until = until.map(|until| format!(" AND CreatedDate <= {}", soql_time(until)));
    let until = until.unwrap_or_default();
    let soql = |delegate: &str| {
        format!(
            "SELECT Id, Action, Section, Display, CreatedDate, CreatedBy.Name{delegate} FROM \
             SetupAuditTrail WHERE CreatedDate >= {}{until} ORDER BY CreatedDate DESC LIMIT {MOST}",
            soql_time(since)
        )
    };
    let rows = without_field(org, &soql(", DelegateUser"), &soql("")).await?;
    let is_cut = rows.len() >= MOST;
    let mut rows: Vec<Change> = rows.iter().filter_map(change).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    Ok(Trail { rows, is_cut })
}

fn change(row: &Json) -> Option<Change> {
    let text = |value: &Json| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Change {
        id: text(&row["Id"]).unwrap_or_default(),
        time: org_time(row["CreatedDate"].as_str()?)?,
        action: text(&row["Action"]).unwrap_or_default(),
        section: text(&row["Section"]).unwrap_or_default(),
        display: text(&row["Display"]).unwrap_or_default(),
        by: text(&row["CreatedBy"]["Name"]),
        delegate: text(&row["DelegateUser"]),
    })
}
