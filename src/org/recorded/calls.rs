//! The event log file `ApiTotalUsage`, which an org gives for one day at no cost (S 13.6): how the
//! calls of the API ended, and from where they came. Of it only the rows of the user or the app are
//! kept, and of these what is counted.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::rights::{LOG_FILES, Rights};
use super::{Observed, is_same_id, is_word};
use crate::metadata::lasting::org_time;
use crate::org::{Org, OrgError};

/// A file above this size, in bytes, is not fetched: an answer is held in memory whole.
const LARGEST: f64 = 32.0 * 1024.0 * 1024.0;

/// How calls ended, in the order of the time when each kind was first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The day of the file.
    pub day: Option<Timestamp>,
    /// One entry a status, resource and hour.
    pub kinds: Vec<Kind>,
    /// The app that made the most calls of all, how many, and how many there were.
    pub busiest: Option<(String, usize, usize)>,
}

/// Calls that ended alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The HTTP status.
    pub status: u16,
    /// The object, or the resource.
    pub of: String,
    /// When the first was made.
    pub first: Timestamp,
    /// When the last was.
    pub last: Timestamp,
    /// How many.
    pub count: usize,
    /// The address of the last.
    pub address: Option<String>,
}

impl Kind {
    /// Says whether they went well.
    pub fn is_good(&self) -> bool {
        self.status < 400
    }
}

/// Reads the newest file.
pub(super) async fn read(
    org: &Org,
    user: Option<&str>,
    names: &[String],
    rights: &Rights,
) -> Result<Observed<Calls>, OrgError> {
    let soql = "SELECT Id, LogDate, LogFileLength FROM EventLogFile WHERE EventType = \
                'ApiTotalUsage' ORDER BY LogDate DESC LIMIT 1";
    let rows = match Observed::answer(org.wire.query(soql).await, LOG_FILES)? {
        Observed::Seen(rows) => rows,
        Observed::NotObserved(hidden) => return Ok(Observed::NotObserved(hidden)),
    };
    let Some(row) = rows.first() else {
        return Ok(match rights.has(&["ViewEventLogFiles", "ViewAllData"]) {
            true => Observed::unread("the org has no file yet: one comes the day after"),
            false => Observed::hidden("the org shows no file", LOG_FILES),
        });
    };
    let Some(id) = row["Id"].as_str().filter(|id| is_word(id)) else {
        return Ok(Observed::unread("the org's row has no id"));
    };
    if row["LogFileLength"].as_f64().is_some_and(|length| length > LARGEST) {
        return Ok(Observed::unread("the file is too large to be read here"));
    }
    let file = org.wire.get_file(&format!("sobjects/EventLogFile/{id}/LogFile")).await;
    let day = row["LogDate"].as_str().and_then(org_time);
    Ok(Observed::answer(file, LOG_FILES)?.and_then(|bytes| match parse(&bytes, user, names) {
        Some(calls) => Observed::Seen(Calls { day, ..calls }),
        None => Observed::unread("the file is not what it should be"),
    }))
}

/// Counts the rows of the user or the app, and of all apps how many each has; none where it is no
/// such file.
fn parse(bytes: &[u8], user: Option<&str>, names: &[String]) -> Option<Calls> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().ok()?.clone();
    let column = |name: &str| header.iter().position(|one| one.eq_ignore_ascii_case(name));
    let status = column("STATUS_CODE")?;
    let time = column("TIMESTAMP_DERIVED")?;
    let [of_user, of_app, entity, resource, address] =
        ["USER_ID", "CONNECTED_APP_NAME", "ENTITY_NAME", "API_RESOURCE", "CLIENT_IP"].map(column);
    let counts = column("COUNTS_AGAINST_API_LIMIT");
    let mut kinds: BTreeMap<(u16, String, i64), Kind> = BTreeMap::new();
    let (mut of_apps, mut all) = (BTreeMap::<String, usize>::new(), 0);
    for row in reader.records() {
        let row = row.ok()?;
        let text = |column: Option<usize>| {
            let text = column.and_then(|at| row.get(at)).map(str::trim);
            text.filter(|text| !text.is_empty())
        };
        let is_users = match (user, text(of_user)) {
            (Some(user), Some(own)) => is_same_id(user, own),
            _ => false,
        };
        let app = text(of_app);
        if text(counts) != Some("0") {
            all += 1;
            if let Some(app) = app {
                *of_apps.entry(app.to_owned()).or_default() += 1;
            }
        }
        let is_apps = app.is_some_and(|app| names.iter().any(|one| one.eq_ignore_ascii_case(app)));
        // What another app does as the same user is another's.
        if !is_apps && (!is_users || app.is_some()) {
            continue;
        }
        let (Some(status), Some(at)) = (
            text(Some(status)).and_then(|text| text.parse::<u16>().ok()),
            text(Some(time)).and_then(org_time),
        ) else {
            continue;
        };
        let of = text(entity).or_else(|| text(resource)).unwrap_or_default().to_owned();
        let hour = at.as_second().div_euclid(3600);
        let kind = kinds.entry((status, of.clone(), hour)).or_insert_with(|| Kind {
            status,
            of,
            first: at,
            last: at,
            count: 0,
            address: None,
        });
        kind.first = kind.first.min(at);
        if at >= kind.last {
            kind.last = at;
            kind.address = text(address).map(str::to_owned);
        }
        kind.count += 1;
    }
    let mut kinds: Vec<Kind> = kinds.into_values().collect();
    kinds.sort_by_key(|kind| (kind.first, kind.status));
    let busiest = of_apps.into_iter().max_by_key(|(_, count)| *count);
    Some(Calls { day: None, kinds, busiest: busiest.map(|(app, count)| (app, count, all)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rows_of_the_app_and_its_user_count() {
        let (one, other) = ("005000000000001", "005000000000002");
        let rows = [
            (one, "Lamp", 200, "01:10", "198.51.100.7"),
            (one, "Lamp", 404, "02:10", "198.51.100.7"),
            (one, "Lamp", 404, "02:20", "198.51.100.8"),
            (one, "Other", 500, "02:20", ""),
            (other, "", 403, "02:20", ""),
            (one, "", 401, "03:20", ""),
        ];
        let row = |(user, app, status, time, address): (&str, &str, u16, &str, &str)| {
            format!(
                "\"{user}\",\"{app}\",\"{status}\",\"2026-11-25T{time}:00.000Z\",\"Lead\",\
                 \"{address}\"\n"
            )
        };
        let file =
            "USER_ID,CONNECTED_APP_NAME,STATUS_CODE,TIMESTAMP_DERIVED,ENTITY_NAME,CLIENT_IP\n"
                .to_owned()
                + &rows.map(row).concat();
        let user = Some("005000000000001AAA");
        let Calls { kinds, busiest, .. } =
            parse(file.as_bytes(), user, &["lamp".to_owned()]).unwrap();
        assert_eq!(busiest, Some(("Lamp".to_owned(), 3, 6)));
        let told: Vec<(u16, usize)> = kinds.iter().map(|one| (one.status, one.count)).collect();
        assert_eq!(told, [(200, 1), (404, 2), (401, 1)]);
        assert_eq!(kinds[1].address.as_deref(), Some("198.51.100.8"));
        assert!(parse(b"a,b\n1,2\n", user, &[]).is_none());
    }
}
