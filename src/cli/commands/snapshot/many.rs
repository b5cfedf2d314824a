//! Snapshots of many orgs: each in a folder of its own, taken as a snapshot of it alone is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::shared::answer::{Answer, failure};
use crate::cli::shared::arguments::{Exit, WantedArguments};
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::{self, Fleet, Given};
use crate::cli::shared::wanted;
use crate::report::json::snapshot::{OneTaken, Taken, TakenOfMany};
use crate::snapshot::selection::SelectedBy;

use super::{SnapshotArguments, select, take};

/// What a snapshot of an org has come to.
#[derive(Default)]
struct Done {
    text: String,
    taken: Option<Taken>,
    failed: Option<CommandError>,
}

pub(super) fn run(
    answer: &Answer<'_>,
    arguments: &SnapshotArguments,
    body: &RefCell<Option<TakenOfMany>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let fleet = arguments.fleet.fleet(ui)?;
    let folders = folders(&fleet, &arguments.out)?;
    if !arguments.template.is_empty() {
        let named = WantedArguments { template: arguments.template.clone(), ..Default::default() };
        wanted::check_columns(ui, &named, &fleet.config)?;
    }
    let done: RefCell<Vec<Option<Done>>> = RefCell::new(fleet.orgs.iter().map(|_| None).collect());
    let all = (0..fleet.orgs.len()).collect();
    let ended = connect::block_on(ui, async {
        let one = async |given: Given<'_>| Ok(take_one(given, arguments, &fleet, &folders).await);
        let keep = |index: usize, outcome: Result<Done, CommandError>| {
            let one =
                outcome.unwrap_or_else(|error| Done { failed: Some(error), ..Done::default() });
            let failed = one.failed.clone();
            done.borrow_mut()[index] = Some(one);
            failed
        };
        fleet.run(ui, all, arguments.timeout, one, keep).await;
        Ok(())
    });
    let mut orgs = Vec::with_capacity(fleet.orgs.len());
    let mut exits: Vec<Exit> = fleet.unread.iter().map(|_| Exit::Error).collect();
    for why in &fleet.unread {
        ui.error(&CommandError::new("not all orgs are known").because(why.clone()));
    }
    let mut ids: Vec<(String, Option<String>)> = Vec::new();
    for (one, name) in done.into_inner().into_iter().zip(fleet.names()) {
        let Done { text, taken, failed } =
            one.unwrap_or_else(|| Done { failed: Some(fleet::not_reached()), ..Done::default() });
        answer.say(&text)?;
        let told = failed.as_ref().map(|error| failure(ui, error));
        if let Some(failure) = &told {
            answer.say(&format!("error: {name}: {} ({})\n", failure.message, failure.code))?;
        }
        exits.push(if told.is_some() { Exit::Error } else { Exit::Done });
        ids.push((name.to_owned(), taken.as_ref().and_then(|taken| taken.org.id.clone())));
        orgs.push(OneTaken::new(name, taken, told));
    }
    let failed = exits.iter().filter(|exit| **exit == Exit::Error).count();
    let count = orgs.len();
    answer
        .say(&format!("{count} orgs: {} whole, {failed} not.\n", count.saturating_sub(failed)))?;
    body.replace(Some(TakenOfMany { orgs }));
    fleet::note_same(ui, ids.iter().map(|(name, id)| (name.as_str(), id.as_deref())));
    ended.map(|()| fleet::exit(exits))
}

/// Takes the snapshot of one org.
async fn take_one(
    given: Given<'_>,
    arguments: &SnapshotArguments,
    fleet: &Fleet,
    folders: &BTreeMap<&str, PathBuf>,
) -> Done {
    let Given { org, ui, options } = given;
    let (text, body) = (RefCell::new(String::new()), RefCell::new(None));
    let taken = async {
        let choice = org.choice.as_ref().map_err(Clone::clone)?;
        let own = SnapshotArguments {
            out: folders.get(org.name.as_str()).cloned().unwrap_or_default(),
            ..arguments.clone()
        };
        let (selection, case) = match select(&ui, &own, &fleet.config, choice) {
            Ok(selected) => selected,
            Err(error) => {
                // Which org comes before its parameters.
                connect::known(&ui, choice).await?;
                return Err(error);
            }
        };
        if selection.by == SelectedBy::Template && selection.components.is_empty() {
            return Err(super::nothing_to_take());
        }
        let say = |words: &str| {
            text.borrow_mut().push_str(words);
            Ok(())
        };
        take(&ui, &own, choice, (selection, case), options, &say, &body).await.map(drop)
    };
    let failed = taken.await.err();
    Done { text: text.into_inner(), taken: body.into_inner(), failed }
}

/// The folder of each org, below the one that is named.
///
/// # Errors
/// Two would have the same.
fn folders<'f>(fleet: &'f Fleet, out: &Path) -> Result<BTreeMap<&'f str, PathBuf>, CommandError> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut folders = BTreeMap::new();
    for name in fleet.names() {
        let folder = folder(name);
        // Some systems take capitals for small letters.
        if let Some(other) = taken.insert(folder.to_lowercase(), name) {
            return Err(CommandError::new(format!(
                "`{other}` and `{name}` would have one folder, `{folder}`"
            ))
            .hint("give one of them another alias, or take its snapshot alone")
            .usage());
        }
        folders.insert(name, out.join(folder));
    }
    Ok(folders)
}

/// An org's name as that of a folder, on every system.
fn folder(name: &str) -> String {
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let fine: String = name.chars().map(|c| if is_fine(c) { c } else { '-' }).collect();
    match fine.trim_matches('.') {
        "" => "-".to_owned(),
        fine => fine.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::folder;

    #[test]
    fn a_folder_can_be_made_of_any_name() {
        for (name, expected) in [
            ("acme", "acme"),
            ("demo:a", "demo-a"),
            ("ops@acme.example", "ops@acme.example"),
            ("../up", "-up"),
            ("..", "-"),
            ("a/b\\c", "a-b-c"),
        ] {
            assert_eq!(folder(name), expected, "{name}");
        }
    }
}
