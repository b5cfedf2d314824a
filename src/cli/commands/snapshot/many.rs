//! Snapshots of many orgs: each in a folder of its own, taken as a snapshot of it alone is.

use std::cell::RefCell;
use std::collections::BTreeMap;

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
    let mut fleet = arguments.fleet.fleet(ui)?;
    // Of all orgs, so that no two shards write into one folder.
    let folders = fleet::file_names(fleet.names())?;
    let folders = folders.into_iter().map(|(name, folder)| (name.to_owned(), folder)).collect();
    arguments.shard.keep(ui, &mut fleet);
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
        fleet.run(ui, all, arguments.timeout, || true, one, keep).await;
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
    folders: &BTreeMap<String, String>,
) -> Done {
    let Given { org, ui, options, .. } = given;
    let (text, body) = (RefCell::new(String::new()), RefCell::new(None));
    let taken = async {
        let choice = org.choice.as_ref().map_err(Clone::clone)?;
        let own = SnapshotArguments {
            out: arguments.out.join(&folders[org.name.as_str()]),
            ..arguments.clone()
        };
        let selected = select(ui, &own, &fleet.config, choice);
        let (selection, case) = connect::of_known(ui, choice, selected).await?;
        if selection.by == SelectedBy::Template && selection.components.is_empty() {
            return Err(super::nothing_to_take());
        }
        let say = |words: &str| {
            text.borrow_mut().push_str(words);
            Ok(())
        };
        take(ui, &own, choice, (selection, case), options, &say, &body).await.map(drop)
    };
    let failed = taken.await.err();
    Done { text: text.into_inner(), taken: body.into_inner(), failed }
}
