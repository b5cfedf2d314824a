//! The event log file `ApiTotalUsage`, which an org gives for one day at no cost (S 13.6): how the
//! calls of the API ended, and from where they came. Of it only the rows of the user or the app are
//! kept, and of these what is counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::rights::{LOG_FILES, Rights};
use super::{Observed, is_same_id, is_word, without_field};
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
    /// The HTTP method: who may read an object need not be able to write it.
    pub method: Option<String>,
    /// When the first was made.
    pub first: Timestamp,
    /// When the last was.
    pub last: Timestamp,
    /// How many.
    pub count: usize,
    /// Of those that went wrong, the ones after the last such call, of the same object or resource
    /// and method, that went well: when the first was made, and how many there are.
    pub unmended: Option<(Timestamp, usize)>,
    /// The address of the last.
    pub address: Option<String>,
}

impl Kind {
    /// Says whether they went well.
    pub fn is_good(&self) -> bool {
        is_good(self.status)
    }

    /// Says whether these and others ask the same, so that what becomes of the one is what becomes
    /// of the other.
    pub fn is_like(&self, other: &Self) -> bool {
        self.of == other.of && self.method == other.method
    }
}

/// Reads the newest file.
pub(super) async fn read(
    org: &Org,
    user: Option<&str>,
    names: &[String],
    rights: &Rights,
) -> Result<Observed<Calls>, OrgError> {
    let rows = match Observed::answer(newest(org).await, LOG_FILES)? {
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

/// Asks for the newest file of a whole day: an org with the add-on has one each hour too, and one of
/// these is but an hour. Where the field is not shown that tells them apart, every file counts.
async fn newest(org: &Org) -> Result<Vec<Json>, OrgError> {
    let soql = |daily: &str| {
        format!(
            "SELECT Id, LogDate, LogFileLength FROM EventLogFile WHERE EventType = \
             'ApiTotalUsage'{daily} ORDER BY LogDate DESC LIMIT 1"
        )
    };
    without_field(org, &soql(" AND Interval = 'Daily'"), &soql("")).await
}

/// Counts the rows of the user or the app, and of all apps how many each has; none where it is no
/// such file.
fn parse(bytes: &[u8], user: Option<&str>, names: &[String]) -> Option<Calls> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().ok()?.clone();
    let column = |name: &str| header.iter().position(|one| one.eq_ignore_ascii_case(name));
    let status = column("STATUS_CODE")?;
    let time = column("TIMESTAMP_DERIVED")?;
    let [of_user, of_app, entity, resource, address, method] = [
        "USER_ID",
        "CONNECTED_APP_NAME",
        "ENTITY_NAME",
        "API_RESOURCE",
        "CLIENT_IP",
        "HTTP_METHOD",
    ]
    .map(column);
    let counts = column("COUNTS_AGAINST_API_LIMIT");
    let mut ours: Vec<Call> = Vec::new();
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
        let owned = |column| text(column).map(str::to_owned);
        ours.push(Call { at, status, of, method: owned(method), address: owned(address) });
    }
    let busiest = of_apps.into_iter().max_by_key(|(_, count)| *count);
    Some(Calls {
        day: None,
        kinds: kinds(ours),
        busiest: busiest.map(|(app, count)| (app, count, all)),
    })
}

/// A call of the app's.
struct Call {
    at: Timestamp,
    status: u16,
    of: String,
    method: Option<String>,
    address: Option<String>,
}

/// Counts calls that ended alike in one hour.
fn kinds(mut calls: Vec<Call>) -> Vec<Kind> {
    // Of what, and by which method.
    type Question = (String, Option<String>);
    calls.sort_by_key(|call| call.at);
    let mut went_well: BTreeMap<Question, Timestamp> = BTreeMap::new();
    for call in calls.iter().filter(|call| is_good(call.status)) {
        went_well.insert((call.of.clone(), call.method.clone()), call.at);
    }
    let mut kinds: BTreeMap<(u16, Question, i64), Kind> = BTreeMap::new();
    for Call { at, status, of, method, address } in calls {
        let asked = (of.clone(), method.clone());
        let is_unmended =
            !is_good(status) && went_well.get(&asked).is_none_or(|went_well| at > *went_well);
        let hour = at.as_second().div_euclid(3600);
        let kind = kinds.entry((status, asked, hour)).or_insert_with(|| Kind {
            status,
            of,
            method,
            first: at,
            last: at,
            count: 0,
            unmended: None,
            address: None,
        });
        (kind.last, kind.address) = (at, address);
        kind.count += 1;
        if is_unmended {
            let (first, count) = kind.unmended.unwrap_or((at, 0));
            kind.unmended = Some((first, count + 1));
        }
    }
    let mut kinds: Vec<Kind> = kinds.into_values().collect();
    kinds.sort_by_key(|kind| (kind.first, kind.status));
    kinds
}

fn is_good(status: u16) -> bool {
    status < 400
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
        let unmended: Vec<Option<usize>> =
            kinds.iter().map(|one| one.unmended.map(|(_, count)| count)).collect();
        assert_eq!(unmended, [None, Some(2), Some(1)]);
        assert_eq!(kinds[1].address.as_deref(), Some("198.51.100.8"));
        assert!(parse(b"a,b\n1,2\n", user, &[]).is_none());
    }

    #[test]
    fn only_what_failed_after_the_last_that_went_well_is_unmended() {
        let call = |minute: i64, status, of: &str| Call {
            at: Timestamp::from_second(60 * minute).unwrap(),
            status,
            of: of.to_owned(),
            method: None,
            address: None,
        };
        // The rows of a file need not come in order.
        let calls = vec![
            call(50, 404, "Lead"),
            call(10, 404, "Lead"),
            call(20, 404, "Lead"),
            call(40, 200, "Lead"),
            call(55, 200, "Account"),
        ];
        let all = kinds(calls);
        let of_404 = all.iter().find(|one| one.status == 404).unwrap();
        let first = Timestamp::from_second(60 * 50).unwrap();
        assert_eq!((of_404.count, of_404.unmended), (3, Some((first, 1))));
        assert!(all.iter().all(|one| one.status == 404 || one.unmended.is_none()));
    }

    #[test]
    fn who_may_read_need_not_be_able_to_write() {
        let call = |minute: i64, status, method: &str| Call {
            at: Timestamp::from_second(60 * minute).unwrap(),
            status,
            of: "Lead".to_owned(),
            method: Some(method.to_owned()),
            address: None,
        };
        let all = kinds(vec![call(10, 403, "POST"), call(20, 200, "GET")]);
        assert!(all.iter().any(|one| one.status == 403 && one.unmended.is_some()));
    }
}
