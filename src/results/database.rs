//! Answers in a PostgreSQL, in a schema of their own. Its tables are made by the migrations beside
//! this file; a user who may only insert and read does for all else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{Connection as _, PgConnection, Row as _, SqlSafeStr as _};

use crate::metadata::sha256::sha256;
use crate::report::fleet::looks::Batch;
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::{self, Part};
use crate::report::fleet::{Ended, Kept, state};
use crate::trend::{Look, Outcome, Step};

use super::{Added, ResultsError};

/// What makes the tables, each once and in this order. One that was released is never changed.
const MIGRATIONS: &[(&str, &str)] = &[("answers", include_str!("migrations/0001_answers.sql"))];

/// Where it is written down which of them were made.
const MADE: &str = "sfsetup.migration";

/// So many rows are put at once.
const AT_ONCE: usize = 200;

/// A connection.
pub struct Database {
    connection: PgConnection,
}

/// A step as it stands in a row.
#[derive(Deserialize, Serialize)]
struct StoredStep {
    id: String,
    title: String,
    state: String,
}

impl Database {
    /// Connects, and makes the tables where they are not there.
    pub(super) async fn open(address: &str) -> Result<Self, ResultsError> {
        // What it says of an address may quote the password in it.
        let options: PgConnectOptions = address.parse().map_err(|_| {
            ResultsError::Address(
                "it is no address such as `postgres://user@host/database`".to_owned(),
            )
        })?;
        let options = options.application_name("sfsetup");
        let mut connection = PgConnection::connect_with(&options).await.map_err(refused)?;
        if !is_ready(&mut connection).await? {
            let mut migrator = Migrator::with_migrations(migrations());
            migrator.dangerous_set_table_name(MADE);
            migrator.create_schema("sfsetup");
            migrator.run_direct(None, &mut connection, false).await.map_err(|error| {
                ResultsError::Refused(format!("its tables cannot be made: {error}"))
            })?;
        }
        Ok(Self { connection })
    }

    /// As [`super::Results::check`] says.
    pub(super) async fn check(&mut self, part: &Part) -> Result<(), ResultsError> {
        let run = part.run.clone().unwrap_or_default();
        let other = sqlx::query("select 1 from sfsetup.run where run = $1 and asked <> $2 limit 1")
            .bind(&run)
            .bind(&part.asked)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(refused)?;
        match other {
            None => Ok(()),
            Some(_) => Err(ResultsError::AnotherQuestion { run }),
        }
    }

    /// As [`super::Results::put`] says.
    pub(super) async fn put(&mut self, part: &Part, orgs: &[&Kept]) -> Result<Added, ResultsError> {
        self.check(part).await?;
        let run = part.run.clone().unwrap_or_default();
        let names = serde_json::to_string(&part.names).map_err(unwritable)?;
        let mut transaction = self.connection.begin().await.map_err(refused)?;
        sqlx::query(
            "insert into sfsetup.run (run, asked, orgs_digest, begun, orgs) \
             values ($1, $2, $3, $4::timestamptz, $5::jsonb) on conflict do nothing",
        )
        .bind(&run)
        .bind(&part.asked)
        .bind(sha256(names.as_bytes()))
        .bind(part.begun.to_string())
        .bind(names)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        let answered: Vec<String> = sqlx::query_scalar(
            "select org from sfsetup.answer where run = $1 and answered order by org",
        )
        .bind(&run)
        .fetch_all(&mut *transaction)
        .await
        .map_err(refused)?;
        let is_there =
            |kept: &Kept| answered.binary_search_by(|one| one.as_str().cmp(kept.name())).is_ok();
        let (there, new): (Vec<&Kept>, Vec<&Kept>) =
            orgs.iter().copied().partition(|kept| is_there(kept));
        let there: Vec<String> = there.into_iter().map(|kept| kept.name().to_owned()).collect();
        let mut added = Added { new: 0, there };
        for some in new.chunks(AT_ONCE) {
            added.new += insert(&mut transaction, &run, part, some).await?;
        }
        transaction.commit().await.map_err(refused)?;
        Ok(added)
    }

    /// As [`super::Results::runs`] says.
    pub(super) async fn runs(&mut self) -> Result<Vec<String>, ResultsError> {
        sqlx::query_scalar("select run from sfsetup.run group by run order by max(begun) desc, run")
            .fetch_all(&mut self.connection)
            .await
            .map_err(refused)
    }

    /// As [`super::Results::parts`] says.
    pub(super) async fn parts(&mut self, run: &str) -> Result<Vec<Named>, ResultsError> {
        let heads = self.heads(Some(run), Timestamp::MIN).await?;
        let rows: Vec<(String, String)> =
            sqlx::query_as("select org, lines from sfsetup.result where run = $1 order by org")
                .bind(run)
                .fetch_all(&mut self.connection)
                .await
                .map_err(refused)?;
        let mut parts: Vec<Named> = heads
            .into_iter()
            .map(|part| Named { name: format!("run {run}"), part, kept: BTreeMap::new() })
            .collect();
        // All rows of a run answer one question, so it does not matter with which list they go.
        if let Some(first) = parts.first_mut() {
            for (org, lines) in rows {
                let foreign = |why: String| {
                    let place = format!("the row of {org} in run {run}");
                    ResultsError::Foreign { place, why }
                };
                let head = first.part.line().map_err(unwritable)?;
                let (_, kept) =
                    part::read(&(head + &lines)).map_err(|error| foreign(error.to_string()))?;
                first.kept.extend(kept);
            }
        }
        Ok(parts)
    }

    /// As [`super::Results::batches`] says.
    pub(super) async fn batches(&mut self, since: Timestamp) -> Result<Vec<Batch>, ResultsError> {
        let heads = self.heads(None, since).await?;
        let rows = sqlx::query(
            "select run, org, org_id, answered, baseline, error_code, error_message, \
             steps::text as steps, extract(epoch from looked_at)::bigint as at \
             from sfsetup.answer where looked_at >= $1::timestamptz order by looked_at, org",
        )
        .bind(since.max(EARLIEST).to_string())
        .fetch_all(&mut self.connection)
        .await
        .map_err(refused)?;
        let mut looks: BTreeMap<String, Vec<Look>> = BTreeMap::new();
        for row in rows {
            let run: String = row.try_get("run").map_err(refused)?;
            looks.entry(run).or_default().push(look(&row)?);
        }
        let with_looks = |part: Part| {
            let of_run = part.run.as_ref().and_then(|run| looks.remove(run));
            Batch { looks: of_run.unwrap_or_default(), part }
        };
        Ok(heads.into_iter().map(with_looks).collect())
    }

    /// The heads of a run, or of all that have looks since a time.
    async fn heads(
        &mut self,
        run: Option<&str>,
        since: Timestamp,
    ) -> Result<Vec<Part>, ResultsError> {
        let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
            "select run, asked, extract(epoch from begun)::bigint, orgs::text from sfsetup.run \
             where ($1::text is null or run = $1) and (begun >= $2::timestamptz or exists \
             (select from sfsetup.answer where answer.run = run.run and looked_at >= $2::timestamptz)) \
             order by begun, run, orgs_digest",
        )
        .bind(run)
        .bind(since.max(EARLIEST).to_string())
        .fetch_all(&mut self.connection)
        .await
        .map_err(refused)?;
        let part = |(run, asked, begun, orgs): (String, String, i64, String)| {
            let foreign = |why: String| ResultsError::Foreign { place: format!("run {run}"), why };
            let names = serde_json::from_str(&orgs).map_err(|error| foreign(error.to_string()))?;
            let begun = time(begun).map_err(foreign)?;
            Ok(Part::stored(asked, Some(run.clone()), begun, names))
        };
        rows.into_iter().map(part).collect()
    }
}

/// Whether all tables are there: then nobody needs the right to make some.
async fn is_ready(connection: &mut PgConnection) -> Result<bool, ResultsError> {
    let made: Option<String> = sqlx::query_scalar("select to_regclass($1)::text")
        .bind(MADE)
        .fetch_one(&mut *connection)
        .await
        .map_err(refused)?;
    if made.is_none() {
        return Ok(false);
    }
    let made: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "select version, checksum from sfsetup.migration where success order by version",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(refused)?;
    let ours: Vec<(i64, Vec<u8>)> =
        migrations().into_iter().map(|one| (one.version, one.checksum.into_owned())).collect();
    Ok(made == ours)
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
         error_message, baseline, steps, lines) \
         select $1, org, answered, org_id, looked_at::timestamptz, exit, code, message, baseline, \
         steps::jsonb, lines \
         from unnest($2::text[], $3::bool[], $4::text[], $5::text[], $6::int2[], $7::text[], \
         $8::text[], $9::text[], $10::text[], $11::text[]) \
         as row (org, answered, org_id, looked_at, exit, code, message, baseline, steps, lines) \
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
    .bind(columns.baseline)
    .bind(columns.steps)
    .bind(columns.lines)
    .execute(connection)
    .await
    .map_err(refused)?;
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
    baseline: Vec<Option<String>>,
    steps: Vec<String>,
    lines: Vec<String>,
}

impl Columns {
    fn push(&mut self, part: &Part, kept: &Kept) -> Result<(), ResultsError> {
        let Some(Look { org, id, at, outcome }) = kept.look(&part.asked) else { return Ok(()) };
        let (baseline, steps, failure) = match outcome {
            Outcome::Answer { baseline, steps } => (baseline, steps, None),
            Outcome::Failed { code, message } => (None, Vec::new(), Some((code, message))),
            Outcome::Missing => return Ok(()),
        };
        let stored = steps.into_iter().map(|Step { id, title, state }| {
            let state = state.name().to_owned();
            StoredStep { id, title, state }
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
        self.baseline.push(baseline);
        self.steps.push(serde_json::to_string(&stored).map_err(unwritable)?);
        self.lines.push(kept.lines().map_err(unwritable)?);
        Ok(())
    }
}

/// A look at an org, from its row.
fn look(row: &PgRow) -> Result<Look, ResultsError> {
    let text = |name: &str| row.try_get::<Option<String>, _>(name).map_err(refused);
    let org = text("org")?.unwrap_or_default();
    let foreign = |why: String| ResultsError::Foreign { place: format!("a row of {org}"), why };
    let outcome = match (row.try_get("answered").map_err(refused)?, text("error_code")?) {
        (true, _) => {
            let stored = text("steps")?.unwrap_or_default();
            let stored: Vec<StoredStep> =
                serde_json::from_str(&stored).map_err(|error| foreign(error.to_string()))?;
            let step =
                |StoredStep { id, title, state: name }| Step { id, title, state: state(&name) };
            let steps = stored.into_iter().map(step).collect();
            Outcome::Answer { baseline: text("baseline")?, steps }
        }
        (false, code) => {
            let (code, message) = (code.unwrap_or_default(), text("error_message")?);
            Outcome::Failed { code, message: message.unwrap_or_default() }
        }
    };
    let at = time(row.try_get("at").map_err(refused)?).map_err(foreign)?;
    Ok(Look { id: text("org_id")?, org: org.clone(), at, outcome })
}

/// Before it there was no answer; the database has no time as early as the earliest that there is.
const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;

fn time(second: i64) -> Result<Timestamp, String> {
    Timestamp::from_second(second).map_err(|error| error.to_string())
}

fn refused(error: sqlx::Error) -> ResultsError {
    ResultsError::Refused(error.to_string())
}

fn unwritable(error: serde_json::Error) -> ResultsError {
    ResultsError::Refused(format!("the answers cannot be written: {error}"))
}
