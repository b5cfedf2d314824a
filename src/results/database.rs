//! Answers in a PostgreSQL, in a schema of their own. Its tables are made by the migrations beside
//! this file; a user who may only insert and read does for all else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{Connection as _, PgConnection, Row as _, SqlSafeStr as _};

use crate::diff::State;
use crate::metadata::sha256::sha256;
use crate::report::fleet::looks::{APART, Batch};
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::{self, Part};
use crate::report::fleet::{Ended, Kept, state};
use crate::trend::{Look, Outcome, Step};

use super::{Added, Found, ResultsError, Unread};

/// What makes the tables, each once and in this order. One that was released is never changed.
const MIGRATIONS: &[(&str, &str)] = &[("answers", include_str!("migrations/0001_answers.sql"))];

/// Where it is written down which of them were made.
const MADE: &str = "sfsetup.migration";

/// So many rows are put at once.
const AT_ONCE: usize = 200;

/// So long it may take to be let in, and the database over one statement.
const CONNECTS_WITHIN: Duration = Duration::from_secs(30);
const STATEMENT: &str = "set statement_timeout = '120s'";

/// What an address may say behind `?`; what else stands there would be passed over.
const KNOWN: [&str; 16] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
];

/// A connection.
pub struct Database {
    connection: PgConnection,
}

/// A step as it stands in a row.
#[derive(Deserialize, Serialize)]
struct StoredStep {
    id: String,
    title: String,
    /// The state that asks most of the reader, for whoever asks the database.
    state: String,
    is_seen_well: bool,
    wants: BTreeMap<String, String>,
}

impl Database {
    /// Connects; where answers are to be put, the tables are made where they are not there.
    pub(super) async fn open(address: &str, is_to_write: bool) -> Result<Self, ResultsError> {
        let url = reqwest::Url::parse(address).map_err(|_| ResultsError::Address)?;
        let is_unknown = |key: &str| !KNOWN.contains(&key) && !key.starts_with("options[");
        if let Some((key, _)) = url.query_pairs().find(|(key, _)| is_unknown(key)) {
            return Err(ResultsError::Parameter { name: key.into_owned() });
        }
        let options: PgConnectOptions = address.parse().map_err(|_| ResultsError::Address)?;
        let options = options.application_name("sfsetup");
        let connecting = PgConnection::connect_with(&options);
        let connected = tokio::time::timeout(CONNECTS_WITHIN, connecting).await;
        let mut connection = match connected {
            Ok(connected) => connected.map_err(told)?,
            Err(_) => {
                let words = format!("no answer within {} s", CONNECTS_WITHIN.as_secs());
                return Err(ResultsError::Refused(words));
            }
        };
        sqlx::query(STATEMENT).execute(&mut connection).await.map_err(told)?;
        match made(&mut connection).await? {
            Made::All => {}
            Made::Newer => return Err(ResultsError::Newer),
            Made::Some if is_to_write => make(&mut connection).await?,
            Made::Some => return Err(ResultsError::Nothing),
        }
        Ok(Self { connection })
    }

    /// As [`super::Results::begin`] says.
    pub(super) async fn begin(&mut self, part: &Part) -> Result<(), ResultsError> {
        let run = part.run.clone().unwrap_or_default();
        let may: bool =
            sqlx::query_scalar("select has_table_privilege('sfsetup.answer', 'insert')")
                .fetch_one(&mut self.connection)
                .await
                .map_err(told)?;
        if !may {
            let words = "the user may not insert into sfsetup.answer";
            return Err(ResultsError::NoAccess(words.to_owned()));
        }
        let mut transaction = self.connection.begin().await.map_err(told)?;
        // Two that begin in one moment are asked one after the other.
        sqlx::query("select pg_advisory_xact_lock(hashtext('sfsetup ' || $1))")
            .bind(&run)
            .execute(&mut *transaction)
            .await
            .map_err(told)?;
        let there: Vec<(String, i64)> = sqlx::query_as(
            "select asked, extract(epoch from begun)::bigint from sfsetup.run where run = $1 \
             order by begun",
        )
        .bind(&run)
        .fetch_all(&mut *transaction)
        .await
        .map_err(told)?;
        if there.iter().any(|(asked, _)| *asked != part.asked) {
            return Err(ResultsError::AnotherQuestion { run });
        }
        let first = there.first().and_then(|(_, second)| Timestamp::from_second(*second).ok());
        super::check_age(part, &run, first)?;
        let head = part.line().map_err(unwritable)?;
        sqlx::query(
            "insert into sfsetup.run (run, asked, digest, begun, head) \
             values ($1, $2, $3, $4::timestamptz, $5) on conflict do nothing",
        )
        .bind(&run)
        .bind(&part.asked)
        .bind(sha256(head.as_bytes()))
        .bind(part.begun.to_string())
        .bind(head)
        .execute(&mut *transaction)
        .await
        .map_err(told)?;
        transaction.commit().await.map_err(told)
    }

    /// As [`super::Results::put`] says.
    pub(super) async fn put(&mut self, part: &Part, orgs: &[&Kept]) -> Result<Added, ResultsError> {
        let run = part.run.clone().unwrap_or_default();
        let mut transaction = self.connection.begin().await.map_err(told)?;
        let answered: Vec<String> =
            sqlx::query_scalar("select org from sfsetup.answer where run = $1 and answered")
                .bind(&run)
                .fetch_all(&mut *transaction)
                .await
                .map_err(told)?;
        let answered: BTreeSet<String> = answered.into_iter().collect();
        let (there, new): (Vec<&Kept>, Vec<&Kept>) =
            orgs.iter().copied().partition(|kept| answered.contains(kept.name()));
        let there: Vec<String> = there.into_iter().map(|kept| kept.name().to_owned()).collect();
        let mut added = Added { new: 0, there };
        for some in new.chunks(AT_ONCE) {
            added.new += insert(&mut transaction, &run, part, some).await?;
        }
        transaction.commit().await.map_err(told)?;
        Ok(added)
    }

    /// As [`super::Results::runs`] says.
    pub(super) async fn runs(&mut self) -> Result<Vec<String>, ResultsError> {
        sqlx::query_scalar("select run from sfsetup.run group by run order by min(begun) desc, run")
            .fetch_all(&mut self.connection)
            .await
            .map_err(told)
    }

    /// As [`super::Results::parts`] says.
    pub(super) async fn parts(&mut self, run: &str) -> Result<Found<Named>, ResultsError> {
        let heads: Vec<(String, String)> = sqlx::query_as(
            "select run, head from sfsetup.run where run = $1 order by begun, digest",
        )
        .bind(run)
        .fetch_all(&mut self.connection)
        .await
        .map_err(told)?;
        let rows: Vec<(String, String)> =
            sqlx::query_as("select org, lines from sfsetup.result where run = $1 order by org")
                .bind(run)
                .fetch_all(&mut self.connection)
                .await
                .map_err(told)?;
        let Found { parts, mut unread } = read_heads(heads);
        let mut parts: Vec<Named> = parts
            .into_iter()
            .map(|part| Named { name: format!("run {run}"), part, kept: BTreeMap::new() })
            .collect();
        // All rows of a run answer one question, so it does not matter with which head they go.
        if let Some(first) = parts.first_mut() {
            let head = first.part.line().map_err(unwritable)?;
            for (org, lines) in rows {
                match part::read(&(head.clone() + &lines)) {
                    Ok((_, kept)) => first.kept.extend(kept),
                    Err(error) => unread.push(unread_row(run, &org, error.to_string())),
                }
            }
        }
        Ok(Found { parts, unread })
    }

    /// As [`super::Results::batches`] says.
    pub(super) async fn batches(&mut self, since: Timestamp) -> Result<Found<Batch>, ResultsError> {
        // Whole runs: what one shard did not put another may have.
        const RUNS: &str = "with late as (select run from sfsetup.run where begun >= $1::timestamptz \
            union select run from sfsetup.answer where looked_at >= $1::timestamptz) ";
        let since = (since.max(EARLIEST) - APART).to_string();
        let heads = sqlx::AssertSqlSafe(format!(
            "{RUNS} select run, head from sfsetup.run where run in (select run from late) \
             order by begun, run, digest"
        ));
        let heads: Vec<(String, String)> = sqlx::query_as(heads)
            .bind(&since)
            .fetch_all(&mut self.connection)
            .await
            .map_err(told)?;
        let Found { parts, mut unread } = read_heads(heads);
        let questions: BTreeMap<String, String> = parts
            .iter()
            .map(|part| (part.run.clone().unwrap_or_default(), part.question.clone()))
            .collect();
        let rows = sqlx::AssertSqlSafe(format!(
            "{RUNS} select run, org, org_id, answered, is_baseline, error_code, error_message, \
             steps::text as steps, extract(epoch from looked_at)::bigint as at \
             from sfsetup.answer where run in (select run from late) order by looked_at, org"
        ));
        let rows =
            sqlx::query(rows).bind(&since).fetch_all(&mut self.connection).await.map_err(told)?;
        let mut looks: BTreeMap<String, Vec<Look>> = BTreeMap::new();
        for row in rows {
            let run: String = row.try_get("run").map_err(told)?;
            let question = questions.get(&run).cloned().unwrap_or_default();
            match look(&row, question)? {
                Ok(look) => looks.entry(run).or_default().push(look),
                Err((org, why)) => unread.push(unread_row(&run, &org, why)),
            }
        }
        let with_looks = |part: Part| {
            let of_run = part.run.as_ref().and_then(|run| looks.remove(run));
            Batch { looks: of_run.unwrap_or_default(), part }
        };
        Ok(Found { parts: parts.into_iter().map(with_looks).collect(), unread })
    }
}

fn read_heads(rows: Vec<(String, String)>) -> Found<Part> {
    let mut found = Found { parts: Vec::new(), unread: Vec::new() };
    for (run, head) in rows {
        match part::head(&head) {
            Ok(part) => found.parts.push(part),
            Err(error) => {
                let (place, why) = (format!("the head of run {run}"), error.to_string());
                found.unread.push(Unread { place, run, why });
            }
        }
    }
    found
}

fn unread_row(run: &str, org: &str, why: String) -> Unread {
    Unread { place: format!("the row of {org} in run {run}"), run: run.to_owned(), why }
}

/// Which of the tables are there.
enum Made {
    All,
    /// None, or not all.
    Some,
    /// More than this program knows.
    Newer,
}

async fn made(connection: &mut PgConnection) -> Result<Made, ResultsError> {
    let table: Option<String> = sqlx::query_scalar("select to_regclass($1)::text")
        .bind(MADE)
        .fetch_one(&mut *connection)
        .await
        .map_err(told)?;
    if table.is_none() {
        return Ok(Made::Some);
    }
    let made: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "select version, checksum from sfsetup.migration where success order by version",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(told)?;
    let ours: Vec<(i64, Vec<u8>)> =
        migrations().into_iter().map(|one| (one.version, one.checksum.into_owned())).collect();
    Ok(match (made == ours, made.len() > ours.len()) {
        (true, _) => Made::All,
        (false, true) => Made::Newer,
        (false, false) => Made::Some,
    })
}

async fn make(connection: &mut PgConnection) -> Result<(), ResultsError> {
    let mut migrator = Migrator::with_migrations(migrations());
    migrator.dangerous_set_table_name(MADE);
    // Who was given a schema may not make one.
    let schema: Option<String> = sqlx::query_scalar("select to_regnamespace('sfsetup')::text")
        .fetch_one(&mut *connection)
        .await
        .map_err(told)?;
    if schema.is_none() {
        migrator.create_schema("sfsetup");
    }
    migrator
        .run_direct(None, connection, false)
        .await
        .map_err(|error| ResultsError::NoAccess(format!("its tables cannot be made: {error}")))
}

fn migrations() -> Vec<Migration> {
    let made = MIGRATIONS.iter().zip(1..).map(|((name, sql), version)| {
        Migration::new(version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    made.collect()
}

/// Puts rows; returns how many were not there.
async fn insert(
    connection: &mut PgConnection,
    run: &str,
    part: &Part,
    orgs: &[&Kept],
) -> Result<usize, ResultsError> {
    let mut columns = Columns::default();
    for kept in orgs {
        columns.push(part, kept)?;
    }
    let rows = sqlx::query(
        "insert into sfsetup.answer (run, org, answered, org_id, looked_at, exit, error_code, \
         error_message, is_baseline, steps, lines) \
         select $1, org, answered, org_id, looked_at::timestamptz, exit, code, message, \
         is_baseline, steps::jsonb, lines \
         from unnest($2::text[], $3::bool[], $4::text[], $5::text[], $6::int2[], $7::text[], \
         $8::text[], $9::bool[], $10::text[], $11::text[]) \
         as row (org, answered, org_id, looked_at, exit, code, message, is_baseline, steps, lines) \
         on conflict do nothing",
    )
    .bind(run)
    .bind(columns.org)
    .bind(columns.answered)
    .bind(columns.org_id)
    .bind(columns.looked_at)
    .bind(columns.exit)
    .bind(columns.code)
    .bind(columns.message)
    .bind(columns.is_baseline)
    .bind(columns.steps)
    .bind(columns.lines)
    .execute(connection)
    .await
    .map_err(told)?;
    Ok(usize::try_from(rows.rows_affected()).unwrap_or(usize::MAX))
}

/// Rows by their columns.
#[derive(Default)]
struct Columns {
    org: Vec<String>,
    answered: Vec<bool>,
    org_id: Vec<Option<String>>,
    looked_at: Vec<String>,
    exit: Vec<i16>,
    code: Vec<Option<String>>,
    message: Vec<Option<String>>,
    is_baseline: Vec<bool>,
    steps: Vec<String>,
    lines: Vec<String>,
}

impl Columns {
    fn push(&mut self, part: &Part, kept: &Kept) -> Result<(), ResultsError> {
        let Some(Look { org, id, at, outcome, .. }) = kept.look(&part.question) else {
            return Ok(());
        };
        let (is_baseline, steps, failure) = match outcome {
            Outcome::Answer { is_baseline, steps } => (is_baseline, steps, None),
            Outcome::Failed { code, message } => (false, Vec::new(), Some((code, message))),
            Outcome::Missing => return Ok(()),
        };
        let worst = kept.worst();
        let stored = steps.into_iter().map(|Step { id, title, is_seen_well, wants }| StoredStep {
            state: worst.get(&id).copied().unwrap_or(State::NotObserved).name().to_owned(),
            id,
            title,
            is_seen_well,
            wants: wants.into_iter().map(|(want, state)| (want, state.name().to_owned())).collect(),
        });
        let stored: Vec<StoredStep> = stored.collect();
        let (code, message) = failure.unzip();
        self.org.push(org);
        self.answered.push(kept.ended() != Ended::Failed);
        self.org_id.push(id);
        self.looked_at.push(at.to_string());
        self.exit.push(kept.exit().into());
        self.code.push(code);
        self.message.push(message);
        self.is_baseline.push(is_baseline);
        self.steps.push(serde_json::to_string(&stored).map_err(unwritable)?);
        self.lines.push(kept.lines().map_err(unwritable)?);
        Ok(())
    }
}

/// A look at an org, from its row; or why there is none in it, with the org's name.
fn look(row: &PgRow, question: String) -> Result<Result<Look, (String, String)>, ResultsError> {
    let text = |name: &str| row.try_get::<Option<String>, _>(name).map_err(told);
    let org = text("org")?.unwrap_or_default();
    let outcome = match (row.try_get("answered").map_err(told)?, text("error_code")?) {
        (true, _) => {
            let stored = text("steps")?.unwrap_or_default();
            let stored: Vec<StoredStep> = match serde_json::from_str(&stored) {
                Ok(stored) => stored,
                Err(error) => return Ok(Err((org, error.to_string()))),
            };
            let steps =
                stored.into_iter().map(|StoredStep { id, title, is_seen_well, wants, .. }| {
                    let wants =
                        wants.into_iter().map(|(want, name)| (want, state(&name))).collect();
                    Step { id, title, is_seen_well, wants }
                });
            let is_baseline = row.try_get("is_baseline").map_err(told)?;
            Outcome::Answer { is_baseline, steps: steps.collect() }
        }
        (false, code) => {
            let (code, message) = (code.unwrap_or_default(), text("error_message")?);
            Outcome::Failed { code, message: message.unwrap_or_default() }
        }
    };
    let at = match Timestamp::from_second(row.try_get("at").map_err(told)?) {
        Ok(at) => at,
        Err(error) => return Ok(Err((org, error.to_string()))),
    };
    Ok(Ok(Look { id: text("org_id")?, org, at, question, outcome }))
}

/// Before it there was no answer; the database has no time as early as the earliest that there is.
const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;

/// What the database says, by what is to be done.
fn told(error: sqlx::Error) -> ResultsError {
    let Some(database) = error.as_database_error() else {
        return ResultsError::Refused(error.to_string());
    };
    let code = database.code().unwrap_or_default();
    let words = match code.is_empty() {
        true => database.message().to_owned(),
        false => format!("{} ({code})", database.message()),
    };
    // Who is not let in, has no such database, or may not do this.
    match &code[..] {
        "28000" | "28P01" | "3D000" | "42501" => ResultsError::NoAccess(words),
        _ => ResultsError::Refused(words),
    }
}

fn unwritable(error: serde_json::Error) -> ResultsError {
    ResultsError::Refused(format!("the answers cannot be written: {error}"))
}
