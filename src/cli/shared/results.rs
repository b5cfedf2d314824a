//! Results, as a command puts and reads them: what goes wrong is told with what to do.

use crate::report::fleet::Kept;
use crate::report::fleet::looks::Batch;
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::Part;
use crate::report::plan::count;
use crate::results::{Results, ResultsError};

use super::connect::block_on;
use super::error::CommandError;
use super::ui::Ui;

/// Looks before any org is asked whether answers can be put.
///
/// # Errors
/// They cannot.
pub(crate) fn check(ui: &Ui, address: &str, part: &Part) -> Result<(), CommandError> {
    block_on(ui, async {
        let mut results = open(address).await?;
        results.check(part).await.map_err(|error| failed(address, &error))
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
        let mut results = open(address).await?;
        results.put(part, &orgs).await.map_err(|error| failed(address, &error))
    })?;
    let put = count(added.new, "org");
    ui.note(&format!("the answers of {put} are kept as run `{run}` in {}", shown(address)));
    if !added.there.is_empty() {
        ui.note(&format!(
            "run `{run}` has an answer of {} already, which counts; give each run another name",
            count(added.there.len(), "org")
        ));
    }
    Ok(())
}

/// Reads the parts of a run; of the last one where none is named.
///
/// # Errors
/// There is no such run, or it cannot be read.
pub(crate) fn parts(ui: &Ui, address: &str, run: Option<&str>) -> Result<Vec<Named>, CommandError> {
    block_on(ui, async {
        let failed = |error| failed(address, &error);
        let mut results = open(address).await?;
        let runs = results.runs().await.map_err(failed)?;
        let Some(last) = runs.first() else {
            return Err(CommandError::new(format!("there is no run in {}", shown(address)))
                .hint("`sfsetup diff --results URL` keeps one there"));
        };
        if run.is_none() {
            ui.note(&format!("of run `{last}`, the last one; `--run NAME` takes another"));
        }
        let run = run.unwrap_or(last);
        if !runs.iter().any(|one| one == run) {
            let known: Vec<&str> = runs.iter().take(KNOWN).map(String::as_str).collect();
            return Err(CommandError::new(format!(
                "there is no run `{run}` in {}",
                shown(address)
            ))
            .because(format!("the last ones are {}", known.join(", ")))
            .usage());
        }
        results.parts(run).await.map_err(failed)
    })
}

/// So many runs are named.
const KNOWN: usize = 5;

/// Reads the looks at orgs since a time.
///
/// # Errors
/// They cannot be read.
pub(crate) fn batches(
    ui: &Ui,
    address: &str,
    since: jiff::Timestamp,
) -> Result<Vec<Batch>, CommandError> {
    block_on(ui, async {
        let mut results = open(address).await?;
        results.batches(since).await.map_err(|error| failed(address, &error))
    })
}

async fn open(address: &str) -> Result<Results, CommandError> {
    Results::open(address).await.map_err(|error| failed(address, &error))
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
        ResultsError::Address(_) => told
            .hint(
                "an address is `postgres://USER@HOST/DATABASE`, `s3://BUCKET/PREFIX`, \
                 `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or `file:///FOLDER`",
            )
            .usage(),
        ResultsError::AnotherQuestion { .. } => told
            .because("templates, values, options, a configuration or a release are others")
            .hint("give this run a name of its own with `--run NAME`")
            .usage(),
        ResultsError::Foreign { .. } => {
            told.hint("name another prefix, or remove what is not of this program")
        }
        ResultsError::Refused(_) => told.hint(
            "run the same command again once it can be reached: what is kept already stays as it is",
        ),
    }
}

/// An address without what is secret in it.
fn shown(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return format!("`{address}`") };
    let (rest, _) = rest.split_once('?').unwrap_or((rest, ""));
    let (who, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let user = who.split(':').next().unwrap_or_default();
    match user {
        "" => format!("`{scheme}://{place}`"),
        user => format!("`{scheme}://{user}@{place}`"),
    }
}

/// What others say of an address may hold it whole.
fn without_secret(text: &str, address: &str) -> String {
    let text = text.replace(address, &shown(address));
    let secret = address.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    let secret = secret.and_then(|(who, _)| who.split_once(':')).map(|(_, secret)| secret);
    match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => text.replace(secret, "(hidden)"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (address, expected) in [
            ("postgres://ann:s3cret@db.example/fleet", "`postgres://ann@db.example/fleet`"),
            ("postgres://:s3cret@db/fleet?password=x", "`postgres://db/fleet`"),
            ("postgres:///fleet?host=/run&password=x", "`postgres:///fleet`"),
            ("s3://bucket/night", "`s3://bucket/night`"),
            ("nothing", "`nothing`"),
        ] {
            assert_eq!(shown(address), expected);
        }
        let address = "postgres://ann:s3cret@db.example/fleet";
        let said = without_secret("no `s3cret` at postgres://ann:s3cret@db.example/fleet", address);
        assert_eq!(said, "no `(hidden)` at `postgres://ann@db.example/fleet`");
    }
}
