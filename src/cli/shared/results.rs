//! Results, as a command puts and reads them: what goes wrong is told with what to do.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::report::fleet::Kept;
use crate::report::fleet::looks::Batch;
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::Part;
use crate::report::plan::count;
use crate::results::{Found, Results, ResultsError, Unread};

use super::arguments::Exit;
use super::connect::block_on;
use super::error::CommandError;
use super::ui::Ui;

/// Looks before any org is asked whether answers can be put, and writes down that the run was begun.
///
/// # Errors
/// They cannot.
pub(crate) fn begin(ui: &Ui, address: &str, part: &Part) -> Result<(), CommandError> {
    block_on(ui, async {
        let mut results = open(address, true).await?;
        within(address, results.begin(part)).await
    })
}

/// Puts the answers of a part of a run.
///
/// # Errors
/// They cannot be put.
pub(crate) fn put(ui: &Ui, address: &str, part: &Part, orgs: &[Kept]) -> Result<(), CommandError> {
    // Whom nobody has looked at has nothing to be kept.
    let orgs: Vec<&Kept> = orgs.iter().filter(|org| org.looked_at().is_some()).collect();
    let run = part.run.as_deref().unwrap_or_default();
    let added = block_on(ui, async {
        let mut results = open(address, true).await?;
        within(address, results.put(part, &orgs)).await
    })?;
    let put = count(added.new, "org");
    ui.note(&format!("the answers of {put} are kept as run `{run}` in {}", shown(address)));
    if !added.there.is_empty() {
        ui.warn(&format!(
            "run `{run}` has an answer of {} already, which counts; give each run another name",
            count(added.there.len(), "org")
        ));
    }
    Ok(())
}

/// Reads the parts of a run: of the one that is named, else of the last one that was begun. With
/// `wait` a run counts that was begun so long ago at most, and each of its orgs is waited for, so
/// long at most. What cannot be read is told.
///
/// # Errors
/// There is no such run, or it cannot be read.
pub(crate) fn parts(
    ui: &Ui,
    address: &str,
    run: Option<&str>,
    wait: Option<Duration>,
) -> Result<(Vec<Named>, bool), CommandError> {
    let until = wait.map(|wait| Instant::now() + wait);
    let earliest = wait.map(|wait| Timestamp::now() - wait);
    let is_over = || until.is_none_or(|until| Instant::now() + AGAIN > until);
    block_on(ui, async {
        loop {
            let read = read(address, run).await;
            let is_late = |parts: &[Named]| {
                earliest.is_none_or(|at| parts.iter().any(|one| one.part.begun >= at))
            };
            match read {
                Ok((run, found))
                    if is_over() || is_late(&found.parts) && is_whole(&found.parts) =>
                {
                    if !is_late(&found.parts) {
                        return Err(CommandError::new("no run was begun in time")
                            .because(format!("the last one is `{run}`, and older than `--wait`")));
                    }
                    let begun = found.parts.iter().map(|one| one.part.begun).min();
                    let begun = begun.map(|at| at.to_string()).unwrap_or_default();
                    ui.note(&format!("run `{run}`, begun {begun}"));
                    return Ok((found.parts, tell_unread(ui, &found.unread)));
                }
                Err(error) if is_over() || error.exit == Exit::Usage => return Err(error),
                _ => ui.detail(&format!("waiting for the run in {}", shown(address))),
            }
            tokio::time::sleep(AGAIN).await;
        }
    })
}

/// How often it is looked whether a run is whole.
const AGAIN: Duration = Duration::from_secs(10);

/// Whether each org of a run has a look.
fn is_whole(parts: &[Named]) -> bool {
    let told: BTreeSet<&String> = parts.iter().flat_map(|one| one.kept.keys()).collect();
    parts.iter().flat_map(|one| &one.part.names).all(|name| told.contains(name))
}

/// So many runs are named.
const KNOWN: usize = 5;

/// Reads a run, or the last one.
async fn read(address: &str, run: Option<&str>) -> Result<(String, Found<Named>), CommandError> {
    let mut results = open(address, false).await?;
    let runs = within(address, results.runs()).await?;
    let none = |run: Option<&str>| {
        let run = run.map(|run| format!(" `{run}`")).unwrap_or_default();
        CommandError::new(format!("there is no run{run} in {}", shown(address)))
    };
    let Some(last) = runs.first() else {
        return Err(none(run).hint("`sfsetup diff --results URL` keeps one there"));
    };
    let run = run.unwrap_or(last);
    if !runs.iter().any(|one| one == run) {
        let known: Vec<&str> = runs.iter().take(KNOWN).map(String::as_str).collect();
        return Err(none(Some(run)).hint(format!("the last ones are {}", known.join(", "))));
    }
    Ok((run.to_owned(), within(address, results.parts(run)).await?))
}

/// Reads the looks at orgs in runs that have any since a time, and says whether something of them
/// could not be read, which is told.
///
/// # Errors
/// They cannot be read, or there are none.
pub(crate) fn batches(
    ui: &Ui,
    address: &str,
    since: Timestamp,
) -> Result<(Vec<Batch>, bool), CommandError> {
    block_on(ui, async {
        let mut results = open(address, false).await?;
        if within(address, results.runs()).await?.is_empty() {
            return Err(CommandError::new(format!("there is no run in {}", shown(address)))
                .hint("`sfsetup diff --results URL` keeps one there"));
        }
        let found = within(address, results.batches(since)).await?;
        Ok((found.parts, tell_unread(ui, &found.unread)))
    })
}

/// Tells what stands among the results and cannot be read, and whether there is any.
fn tell_unread(ui: &Ui, unread: &[Unread]) -> bool {
    for Unread { place, run, why } in unread {
        ui.warn(&format!(
            "`{place}` cannot be read ({why}): what it holds of run `{run}` is left out; remove it, \
             and repeat that shard if the run is still wanted"
        ));
    }
    !unread.is_empty()
}

async fn open(address: &str, is_to_write: bool) -> Result<Results, CommandError> {
    within(address, Results::open(address, is_to_write)).await
}

/// So long one call of what keeps results may take.
const WITHIN: Duration = Duration::from_secs(600);

/// Waits for a call, so long and no longer.
async fn within<T>(
    address: &str,
    call: impl Future<Output = Result<T, ResultsError>>,
) -> Result<T, CommandError> {
    let over = || ResultsError::Refused(format!("no answer within {} s", WITHIN.as_secs()));
    let done = tokio::time::timeout(WITHIN, call).await.unwrap_or_else(|_| Err(over()));
    done.map_err(|error| failed(address, &error))
}

fn failed(address: &str, error: &ResultsError) -> CommandError {
    let what = format!("the results in {} cannot be used", shown(address));
    let because = without_secret(&error.to_string(), address);
    let told = CommandError::new(what).because(because);
    match error {
        ResultsError::NotBuilt => told
            .hint(
                "released binaries have it; of your own, `cargo install sfsetup --features store`",
            )
            .usage(),
        ResultsError::Address => told
            .hint(
                "an address is `postgres://USER@HOST/DATABASE`, `s3://BUCKET/PREFIX`, \
                 `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or `file:///FOLDER`; what is no \
                 letter or digit in a password is written as `%40`",
            )
            .usage(),
        ResultsError::Parameter { .. } => {
            told.hint("such as `sslmode=verify-full`, `sslrootcert=FILE`").usage()
        }
        ResultsError::NoFolder { .. } => {
            told.hint("make it, or mount the volume that is to be there").usage()
        }
        ResultsError::Nothing => told.hint("`sfsetup diff --results URL` keeps a run there"),
        ResultsError::Newer => told.hint("take that release, or a later one"),
        ResultsError::AnotherQuestion { .. } => told
            .because("templates, values, options, a configuration or a release are others")
            .hint("give this run a name of its own with `--run NAME`")
            .usage(),
        ResultsError::Old { .. } => told
            .because("that is too long ago for a shard to be repeated")
            .hint("give each run another name: `--run \"$(date +%F)\"`")
            .usage(),
        ResultsError::NoAccess(_) => told.hint(
            "who may get in, and how it is told (`PGPASSWORD`, `AWS_ACCESS_KEY_ID` ..), stands in \
             docs/fleet.md under Results that are kept",
        ),
        ResultsError::Refused(_) => told.hint(
            "run the same command again once it can be reached: what is kept already stays, and \
             with `--resume FILE` of its JSON Lines no org is asked again",
        ),
    }
}

/// An address without what is secret in it; of what is none no more than its scheme.
fn shown(address: &str) -> String {
    match reqwest::Url::parse(address) {
        Ok(url) if url.has_authority() && (url.has_host() || !address.contains('@')) => {
            let user = match url.username() {
                "" => String::new(),
                user => format!("{user}@"),
            };
            let host = url.host_str().unwrap_or_default();
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("`{}://{user}{host}{port}{}`", url.scheme(), url.path())
        }
        _ => match address.split_once("://") {
            Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => {
                format!("`{scheme}://..`")
            }
            _ => "that place".to_owned(),
        },
    }
}

/// What others say of an address may hold what is secret in it, as it stands there or decoded.
fn without_secret(text: &str, address: &str) -> String {
    let mut text = text.replace(address, &shown(address));
    let Ok(url) = reqwest::Url::parse(address) else { return text };
    let of_query = url.query_pairs().filter(|(key, _)| key == "password");
    let mut secrets: Vec<String> = of_query.map(|(_, value)| value.into_owned()).collect();
    if let Some(password) = url.password() {
        let decoded = crate::metadata::percent::decode(password).into_owned();
        secrets.extend([password.to_owned(), decoded]);
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), "(hidden)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (address, expected) in [
            ("postgres://ann:s3cret@db.example/fleet", "`postgres://ann@db.example/fleet`"),
            ("postgres://ann:s3cret@db:5433/fleet", "`postgres://ann@db:5433/fleet`"),
            ("postgres://db/fleet?password=s3cret", "`postgres://db/fleet`"),
            ("postgres:///fleet?host=/run&password=s3cret", "`postgres:///fleet`"),
            ("s3://bucket/night", "`s3://bucket/night`"),
            ("file:///srv/kept", "`file:///srv/kept`"),
            // What is none is not told.
            ("host=db user=ann password=s3cret", "that place"),
            ("ann:s3cret@db/fleet", "that place"),
            ("postgres:ann:s3cret@h/d", "that place"),
            ("postgres://ann:s3?cret@host/db", "`postgres://..`"),
            ("postgres://ann:s3cret@[/x", "`postgres://..`"),
            ("nothing", "that place"),
        ] {
            assert_eq!(shown(address), expected, "{address}");
            assert!(!shown(address).contains("s3c"), "{address}");
        }
        let address = "postgres://ann:s%C3%A9cret@db.example/fleet";
        let said = without_secret("password s%C3%A9cret, or sécret, is wrong", address);
        assert_eq!(said, "password (hidden), or (hidden), is wrong");
    }
}
