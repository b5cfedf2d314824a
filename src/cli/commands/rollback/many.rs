//! Deploys to many orgs taken back: those of one run, or of each org that is named the newest.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::cli::shared::answer::{Answer, failure};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::{self, Fleet, Given};
use crate::cli::shared::journal::{read_journal, tell_damaged};
use crate::cli::shared::rollout::{Part as OneOf, Rollout, confirm};
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;
use crate::journal::{Contents, Entry, contents, orgs};
use crate::plan::saved::way_back;
use crate::report::Failure;
use crate::report::fleet::plans::{PlanOfOrg, Review, Shown, to_change};
use crate::report::json::deploy::RunOfMany;
use crate::report::json::parts::Identity;
use crate::report::plan::count;

use super::{Part, RollbackArguments, can_be_taken_back, choose, take_back};

/// The entries of a run: for each org by its name its id, and the entry's.
type OfRun = BTreeMap<String, (String, String)>;

/// What is to be taken back in an org.
struct Found {
    row: PlanOfOrg,
    /// The entry in the journal; none where there is nothing.
    entry: Option<String>,
    shown: Option<Shown>,
}

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
    let names = of_run.as_ref().map(|all| all.keys().cloned().collect());
    let fleet = arguments.fleet.fleet_or(ui, names.unwrap_or_default())?;
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
    let (changed, live) = to_change(&rows);
    if changed > 0 && !arguments.yes && !arguments.validate {
        answer.say_before_asking(&review.text(false))?;
        let question = format!("Take this back in {}?", count(changed, "org"));
        confirm(ui, &question, live, "`--yes` goes on without asking")?;
    } else {
        answer.say(&review.text(false))?;
    }
    // One that fails stands in the way of no other's way back.
    let rollout = Rollout::new(answer, &fleet, arguments.validate, usize::MAX);
    let mut all = Vec::new();
    for index in 0..rows.len() {
        match (found.get(&index), failed.remove(&index)) {
            (_, Some(error)) => rollout.leave_out(index, error),
            (Some(Found { entry: Some(_), .. }), None) => all.push(index),
            _ => rollout.leave_alone(index),
        }
    }
    let ended = connect::block_on(ui, async {
        let work = async |part: OneOf<'_>| {
            let OneOf { given: Given { index, org, options, .. }, answer, told, halt } = part;
            let choice = org.choice.as_ref().map_err(Clone::clone)?;
            let connected = connect::connect(choice, options).await?;
            told.borrow_mut().org = Some(Identity::of(&org.name, connected.org.identity()));
            let id = found.get(&index).and_then(|found| found.entry.as_deref());
            let part = Part { id, run: Some(&rollout.id), halt: Some(halt) };
            take_back(answer, arguments, &part, &connected.org, &org.name, told).await
        };
        rollout.go(Vec::new(), all, arguments.timeout, work).await;
        Ok(())
    });
    match ended {
        Err(error) if error.exit != Exit::Interrupted => Err(error),
        ended => rollout.end(arguments.deploy_run.clone(), ended.err(), body),
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
    let mut known: BTreeSet<String> = BTreeSet::new();
    for (id, _) in orgs(&base).map_err(|error| unreadable(error.to_string()))? {
        let Contents { entries, damaged } =
            contents(&base, &id).map_err(|error| unreadable(error.to_string()))?;
        if let Some(damaged) = damaged.first() {
            return Err(unreadable(damaged.to_string())
                .because("whether it is part of the run is not known, so nothing was sent")
                .hint("put its file back as it was, or move it elsewhere"));
        }
        known.extend(entries.iter().filter_map(|entry| entry.run.clone()));
        let of_it = entries.into_iter().filter(|entry| entry.run.as_deref() == Some(run));
        for entry in of_it.filter(|entry| !entry.check_only) {
            all.insert(entry.org.name, (entry.org.id, entry.id));
        }
    }
    if all.is_empty() {
        let error =
            CommandError::new(format!("no deploy of a run `{run}` is in the journals here"));
        let newest = known.last().map(|newest| format!("the newest run is {newest}"));
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
        let work = async |given: Given<'_>| one(given, of_run).await;
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

/// Looks what is to be taken back in one org.
async fn one(given: Given<'_>, of_run: Option<&OfRun>) -> Result<Found, CommandError> {
    let Given { org, ui, options, .. } = given;
    let wanted = match of_run {
        Some(all) => Some(all.get(&org.name).ok_or_else(|| {
            CommandError::new("it is no part of the run")
                .hint("name only orgs of the run, or none: then all of them are meant")
        })?),
        None => None,
    };
    let choice = org.choice.as_ref().map_err(Clone::clone)?;
    let connected = connect::connect(choice, options).await?;
    let id = connected.org.identity().id.clone();
    if let Some((then, _)) = wanted
        && *then != id
    {
        return Err(CommandError::new(format!(
            "`{}` is another org now ({id}) than the one to which was deployed ({then})",
            org.name
        )));
    }
    let contents = read_journal(&connected.org)?;
    tell_damaged(ui, &contents.damaged);
    let entry = match wanted {
        Some((_, entry)) => contents.entries.iter().find(|one| one.id == *entry),
        None => Some(choose(&contents, None, &org.name)?),
    };
    // What was cut off is settled first; then it is seen whether there is something to take back.
    let is_to_do = |entry: &&Entry| {
        entry.rolled_back_by.is_none() && (can_be_taken_back(entry) || entry.stage.is_open())
    };
    let entry = entry.filter(is_to_do);
    let production = connected.org.is_production();
    let changes = entry.map_or(0, |entry| entry.changes.len() + entry.assigned.len());
    let shown = entry.map(|entry| {
        let plan = way_back(&entry.changes, &entry.assigned)?;
        Ok(Shown { wanted: entry.what.clone(), plan, files: Vec::new() })
    });
    let shown = shown.transpose().map_err(|why: String| {
        CommandError::new("what was deployed to it cannot be shown").because(why)
    })?;
    let row = PlanOfOrg::back(&org.name, &id, production, changes);
    Ok(Found { row, entry: entry.map(|entry| entry.id.clone()), shown })
}
