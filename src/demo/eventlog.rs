//! `EventLogFile`: the calls of a day as a file, which is there the day after, for a day (S 12.6).

use serde_json::{Value, json};

use super::history::Calls;
use super::objects::find;
use super::state::{Org, Row, derived_id, string, timestamp};
use super::time::{DAY, parse};

/// The columns of `ApiTotalUsage`, of which each is quoted in the file.
const COLUMNS: &[&str] = &[
    "API_FAMILY",
    "API_RESOURCE",
    "API_VERSION",
    "CLIENT_IP",
    "CLIENT_NAME",
    "CONNECTED_APP_ID",
    "CONNECTED_APP_NAME",
    "COUNTS_AGAINST_API_LIMIT",
    "ENTITY_NAME",
    "HTTP_METHOD",
    "REQUEST_ID",
    "STATUS_CODE",
    "TIMESTAMP_DERIVED",
    "USER_ID",
    "USER_NAME",
];

/// Whether a file is there at a time: from the day after its own on, for a day.
pub(crate) fn is_kept(row: &Row, now: u64) -> bool {
    let day = parse(string(row, "LogDate")).unwrap_or_default();
    (day + DAY..day + 2 * DAY).contains(&now)
}

impl Org {
    /// The rows of `EventLogFile`: one, where there were calls.
    pub(crate) fn event_log_rows(&self) -> Vec<Value> {
        let Some(first) = self.history.calls.iter().map(|calls| calls.start).min() else {
            return Vec::new();
        };
        let day = first / DAY * DAY;
        let id = derived_id("0AT", &format!("ApiTotalUsage:{day}"));
        vec![json!({
            "Id": id, "EventType": "ApiTotalUsage", "LogDate": timestamp(day, "+0000"),
            "LogFile": format!("/services/data/v67.0/sobjects/EventLogFile/{id}/LogFile"),
            "LogFileLength": self.event_log().len(), "LogFileFieldNames": COLUMNS.join(","),
            "LogFileFieldTypes": null, "Interval": "Daily", "Sequence": 0, "ApiVersion": 67.0,
            "CreatedDate": timestamp(day + DAY, "+0000"),
        })]
    }

    /// What the file holds.
    pub(crate) fn event_log(&self) -> String {
        let mut calls: Vec<(u64, &Calls)> = Vec::new();
        for run in &self.history.calls {
            calls.extend((0..run.times).map(|index| (run.start + index * run.every, run)));
        }
        calls.sort_by_key(|(time, _)| *time);
        let apps = find("ConnectedApplication", false).map(|apps| self.rows(apps));
        let apps = apps.unwrap_or_default();
        let mut out = quoted(COLUMNS.iter().map(|name| (*name).to_owned()));
        for (number, (time, run)) in calls.into_iter().enumerate() {
            let app = apps.iter().find(|app| string(app, "Name") == run.app);
            let app = app.map_or("", |app| string(app, "Id"));
            let user = self.user(&run.user).map_or("", |user| string(user, "Username"));
            let resource = "/v67.0/query".to_owned();
            out.push_str(&quoted(COLUMNS.iter().map(|name| match *name {
                "API_FAMILY" => "REST".to_owned(),
                "API_RESOURCE" => resource.clone(),
                "API_VERSION" => "67.0".to_owned(),
                "CLIENT_IP" => run.ip.clone(),
                // Ids of 15 characters.
                "CONNECTED_APP_ID" => app.get(..15).unwrap_or(app).to_owned(),
                "CONNECTED_APP_NAME" => run.app.clone(),
                "COUNTS_AGAINST_API_LIMIT" => "1".to_owned(),
                "ENTITY_NAME" => run.entity.clone(),
                "HTTP_METHOD" => "GET".to_owned(),
                "REQUEST_ID" => derived_id("000", &format!("{time}:{number}")),
                "STATUS_CODE" => run.status.to_string(),
                "TIMESTAMP_DERIVED" => timestamp(time, "Z"),
                "USER_ID" => run.user.get(..15).unwrap_or(&run.user).to_owned(),
                "USER_NAME" => user.to_owned(),
                _ => String::new(),
            })));
        }
        out
    }
}

/// A line of the file.
fn quoted(values: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> =
        values.map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
    format!("{}\n", cells.join(","))
}
