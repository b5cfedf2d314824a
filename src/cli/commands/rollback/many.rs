//! Deploys to many orgs taken back: those of one run, or of each org that is named the newest.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::cli::shared::answer::{Answer, failure};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::{self, Fleet, GOES_ON, Given};
use crate::cli::shared::journal::{finish_open, open_journal, read_journal, tell_damaged};
use crate::cli::shared::rollout::{Part as OneOf, Rollout, confirm};
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;
use crate::journal::{Contents, Entry, contents, orgs};
use crate::plan::saved::way_back;
use crate::report::Failure;
use crate::report::fleet::plans::{PlanOfOrg, Review, Shown, to_change};
use crate::report::json::deploy::{Outcome, RunOfMany};
use crate::report::json::parts::Identity;
use crate::report::plan::count;

use super::{Part, RollbackArguments, can_be_taken_back, choose, take_back};

/// The entries of a run: for each org by its id what it was called, and the entry's id.
type OfRun = BTreeMap<String, (String, String)>;

/// What is to be taken back in an org.
struct Found {
    row: PlanOfOrg,
    /// The org's id.
    org: String,
    /// The entry in the journal; none where there is nothing.
    entry: Option<String>,
    shown: Option<Shown>,
    /// Whether a rollback that was cut off was finished while it was looked.
    is_finished: bool,
}

/// What to do where one that is of no run did not come to its end.
const NAME_THE_REST: &str = "`sfsetup rollback --org NAME --list` shows how each org stands; name \
                             only those that are left, since the same command takes back one \
                             deploy more of the others";

pub(super) fn run(
    answer: &Answer<'_>,
    arguments: &RollbackArguments,
    body: &RefCell<Option<RunOfMany>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    if arguments.id.is_some() || arguments.validated.is_some() {
        return Err(CommandError::new("an id is of one org alone")
            .hint("name one org with `--org`; `--deploy-run ID` takes a run over many back")
            .usage());
    }
    let of_run = match &arguments.deploy_run {
        Some(run) => Some(of_run(run)?),
        None => None,
    };
    let names = of_run.iter().flat_map(BTreeMap::values).map(|(name, _)| name.clone());
    let fleet = arguments.fleet.fleet_or(ui, names.collect())?;
    let (mut found, mut failed) = look(ui, arguments, &fleet, of_run.as_ref())?;
    let mut review = Review::new("What is taken back");
    let mut rows = Vec::with_capacity(fleet.orgs.len());
    for (index, name) in fleet.names().enumerate() {
        let (row, shown) = match (found.get_mut(&index), failed.get(&index)) {
            (Some(found), None) => (found.row.clone(), found.shown.take()),
            (_, error) => {
                let why = error.map_or_else(none_found, |error| failure(ui, error));
                (PlanOfOrg::failed(name, why), None)
            }
        };
        rows.push(row.clone());
        review.add(row, shown);
    }
    fleet::refuse_same(rows.iter().map(|row| (row.name.as_str(), row.id.as_deref())))?;
    if let Some(all) = of_run.as_ref().filter(|_| arguments.fleet.is_named()) {
        let is_named = |id: &String| rows.iter().any(|row| row.id.as_ref() == Some(id));
        let left = all.iter().filter(|(id, _)| !is_named(id)).map(|(_, (name, _))| name.as_str());
        let left: Vec<&str> = left.collect();
        if !left.is_empty() {
            ui.note(&format!("part of the run, and not named: {}", left.join(", ")));
        }
    }
    let (changed, live) = to_change(&rows);
    // Whatever is carried out is asked about.
    let is_any = found.values().any(|one| one.entry.is_some());
    if is_any && !arguments.yes && !arguments.validate {
        answer.say_before_asking(&review.text(false))?;
        let question = format!("Take this back in {}?", count(changed, "org"));
        confirm(ui, &question, live, "`--yes` goes on without asking")?;
    } else {
        answer.say(&review.text(false))?;
    }
    // One that fails stands in the way of no other's way back.
    let rollout = Rollout::new(answer, &fleet, None, arguments.validate, usize::MAX);
    let mut all = Vec::new();
    for index in 0..rows.len() {
        match (found.get(&index), failed.remove(&index)) {
            (_, Some(error)) => rollout.leave_out(index, error),
            (Some(Found { entry: Some(_), .. }), None) => all.push(index),
            (Some(Found { is_finished: true, .. }), None) => {
                rollout.leave_alone(index, Outcome::Finished);
            }
            _ => rollout.leave_alone(index, Outcome::NothingToDo),
        }
    }
    let ended = connect::block_on(ui, async {
        let work = async |part: OneOf<'_>| {
            let OneOf { given: Given { index, org, options, .. }, answer, told, halt } = part;
            let choice = org.choice.as_ref().map_err(Clone::clone)?;
            let connected = connect::connect(choice, options).await?;
            told.borrow_mut().org = Some(Identity::of(&org.name, connected.org.identity()));
            let found = found.get(&index);
            if found.is_none_or(|found| found.org != connected.org.identity().id) {
                return Err(CommandError::new("it is another org now than a moment ago")
                    .because("nothing was sent"));
            }
            let id = found.and_then(|found| found.entry.as_deref());
            let part = Part { id, run: Some(&rollout.id), halt: Some(halt) };
            take_back(answer, arguments, &part, &connected.org, &org.name, told).await
        };
        rollout.go(all, Vec::new(), 0, arguments.timeout, work).await;
        Ok(())
    });
    match ended {
        Err(error) if error.exit != Exit::Interrupted => Err(error),
        ended => {
            let goes_on = match arguments.deploy_run {
                Some(_) => GOES_ON,
                None => NAME_THE_REST,
            };
            rollout.end(arguments.deploy_run.clone(), ended.is_err(), goes_on, body)
        }
    }
}

fn none_found() -> Failure {
    Failure::from(&fleet::not_reached())
}

/// Looks for the entries of a run in the journals of all orgs.
///
/// # Errors
/// There are none, or a journal cannot be read: what of the run it holds is not known then.
fn of_run(run: &str) -> Result<OfRun, CommandError> {
    let base = wanted::journals()?;
    let unreadable = |why: String| CommandError::new("the journals cannot be read").because(why);
    let mut all = OfRun::new();
    // The newest is the one that was written down last.
    let mut newest: Option<(String, String)> = None;
    for (id, _) in orgs(&base).map_err(|error| unreadable(error.to_string()))? {
        let Contents { entries, damaged } =
            contents(&base, &id).map_err(|error| unreadable(error.to_string()))?;
        if let Some(damaged) = damaged.first() {
            return Err(unreadable(damaged.to_string())
                .because("whether it is part of the run is not known, so nothing was sent")
                .hint("put its file back as it was, or move it elsewhere"));
        }
        let runs = entries.iter().filter_map(|one| Some((one.id.clone(), one.run.clone()?)));
        newest = newest.into_iter().chain(runs).max();
        let of_it = entries.into_iter().filter(|entry| entry.run.as_deref() == Some(run));
        for entry in of_it.filter(|entry| !entry.check_only) {
            let is_of_use = can_be_taken_back(&entry) || entry.stage.is_open();
            if is_of_use || !all.contains_key(&entry.org.id) {
                all.insert(entry.org.id, (entry.org.name, entry.id));
            }
        }
    }
    if all.is_empty() {
        let error =
            CommandError::new(format!("no deploy of a run `{run}` is in the journals here"));
        let newest = newest.map(|(_, newest)| format!("the newest run is {newest}"));
        let error = newest.into_iter().fold(error, CommandError::hint);
        return Err(error.hint(
            "`sfsetup rollback --org NAME --list` lists what was deployed to an org, with its runs",
        ));
    }
    Ok(all)
}

type Looked = (BTreeMap<usize, Found>, BTreeMap<usize, CommandError>);

/// Looks in each org what is to be taken back.
fn look(
    ui: &Ui,
    arguments: &RollbackArguments,
    fleet: &Fleet,
    of_run: Option<&OfRun>,
) -> Result<Looked, CommandError> {
    let looked: RefCell<Looked> = RefCell::default();
    connect::block_on(ui, async {
        let work = async |given: Given<'_>| one(given, arguments, of_run).await;
        let keep = |index: usize, outcome: Result<Found, CommandError>| {
            let (found, failed) = &mut *looked.borrow_mut();
            match outcome {
                Ok(one) => _ = found.insert(index, one),
                Err(error) => _ = failed.insert(index, error),
            }
            failed.get(&index).cloned()
        };
        let all = (0..fleet.orgs.len()).collect();
        fleet.run(ui, all, arguments.timeout, || true, work, keep).await;
        Ok(())
    })?;
    Ok(looked.into_inner())
}

/// Looks what is to be taken back in one org. What was cut off there is settled first: the newest
/// may be among it.
async fn one(
    given: Given<'_>,
    arguments: &RollbackArguments,
    of_run: Option<&OfRun>,
) -> Result<Found, CommandError> {
    let Given { org, ui, options, .. } = given;
    let choice = org.choice.as_ref().map_err(Clone::clone)?;
    let connected = connect::connect(choice, options).await?;
    let (live, name) = (&connected.org, org.name.as_str());
    let id = live.identity().id.clone();
    let wanted = of_run.map(|all| all.get(&id));
    if wanted == Some(None) && arguments.fleet.org.iter().any(|named| named == name) {
        return Err(CommandError::new("it is no part of the run, or another org now")
            .hint("name only orgs of the run, or none: then all of them are meant"));
    }
    let journal = open_journal(&id, name)?;
    let finished = finish_open(ui, live, name, &journal, &RefCell::default()).await?;
    let contents = read_journal(live)?;
    tell_damaged(ui, &contents.damaged);
    let is_finished = wanted.is_none() && finished.iter().any(|one| one.rolls_back.is_some());
    let entry = match wanted {
        Some(wanted) => {
            contents.entries.iter().find(|one| wanted.is_some_and(|(_, id)| *id == one.id))
        }
        // Another one would be one deploy more.
        None if is_finished => None,
        None => newest(&contents, name)?,
    };
    let is_to_do = |entry: &&Entry| entry.rolled_back_by.is_none() && can_be_taken_back(entry);
    let entry = entry.filter(is_to_do);
    let changes =
        entry.map_or(0, |one| one.changes.len() + one.assigned.len() + one.unassign.len());
    let shown = entry.map(|entry| {
        let plan = way_back(&entry.changes, &entry.assigned, &entry.unassign)?;
        Ok(Shown { wanted: entry.what.clone(), plan, files: Vec::new() })
    });
    let shown = shown.transpose().map_err(|why: String| {
        CommandError::new("what was deployed to it cannot be shown").because(why)
    })?;
    let row = PlanOfOrg::back(name, &id, live.is_production(), changes);
    let entry = entry.map(|entry| entry.id.clone());
    Ok(Found { row, org: id, entry, shown, is_finished })
}

/// The newest deploy of an org; none where there is nothing to take back.
fn newest<'c>(contents: &'c Contents, name: &str) -> Result<Option<&'c Entry>, CommandError> {
    let stands = |entry: &Entry| can_be_taken_back(entry) && entry.rolled_back_by.is_none();
    match choose(contents, None, name) {
        Ok(entry) => Ok(Some(entry)),
        Err(_) if contents.damaged.is_empty() && !contents.entries.iter().any(stands) => Ok(None),
        Err(error) => Err(error),
    }
}
