//! A deploy to many orgs: their plans are made or read, reviewed together, asked about once, and
//! each is carried out as it would be alone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::cli::shared::answer::{Answer, failure};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::baseline;
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::{self, Fleet, GOES_ON, Given};
use crate::cli::shared::goal::Goal;
use crate::cli::shared::plans::{Folder, Making};
use crate::cli::shared::road::{Manner, Reviewed};
use crate::cli::shared::rollout::{Part, Rollout, confirm};
use crate::cli::shared::saved::plan_to_save;
use crate::cli::shared::selection::Selection;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::{self, Wanted};
use crate::metadata::registry::nearest::{nearest, perhaps};
use crate::plan::saved::{SavedBaseline, SavedWanted};
use crate::report::Failure;
use crate::report::fleet::plans::{PlanOfOrg, to_change};
use crate::report::json::deploy::RunOfMany;
use crate::report::plan::count;
use crate::snapshot::side::Side;

use super::{DeployArguments, Run};

/// What to do where nobody is there to be asked.
const LOOK_BEFORE: &str = "where nobody is asked the plans are looked at before: `sfsetup diff .. \
                           --save-plan FOLDER` writes them, `sfsetup deploy --plan FOLDER --yes` \
                           carries them out";

pub(super) fn run(
    answer: &Answer<'_>,
    arguments: &DeployArguments,
    body: &RefCell<Option<RunOfMany>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    check(arguments)?;
    let mut sides = Vec::new();
    let (fleet, folder) = match &arguments.plan {
        Some(path) => {
            let folder = Folder::read(path)?;
            (arguments.fleet.fleet_or(ui, folder.names())?, folder)
        }
        None => {
            let fleet = arguments.fleet.fleet(ui)?;
            let (folder, side) = plans(ui, arguments, &fleet)?;
            sides.extend(side);
            (fleet, folder)
        }
    };
    let rows: Vec<PlanOfOrg> = fleet.names().map(|name| row(ui, &folder, name)).collect();
    fleet::refuse_same(rows.iter().map(|row| (row.name.as_str(), row.id.as_deref())))?;
    let (review, baselines) = folder.review(ui, &rows)?;
    let shown = review.text(arguments.full);
    let (changed, live) = to_change(&rows);
    if changed > 0 && !arguments.yes && !arguments.validate {
        answer.say_before_asking(&shown)?;
        let unasked = match arguments.plan {
            Some(_) => "`--yes` goes on without asking",
            None => LOOK_BEFORE,
        };
        confirm(ui, &format!("Deploy to {}?", count(changed, "org")), live, unasked)?;
    } else {
        answer.say(&shown)?;
    }
    let max_failures = arguments.max_failures.unwrap_or(0);
    let rollout = Rollout::new(answer, &fleet, folder.run(), arguments.validate, max_failures);
    let (mut changing, mut others) = (Vec::new(), Vec::new());
    for (at, row) in rows.iter().enumerate() {
        if let Some(failure) = row.failure() {
            rollout.leave_out(at, CommandError::again(failure));
            continue;
        }
        if row.is_changed() { changing.push(at) } else { others.push(at) }
    }
    let ended = connect::block_on(ui, async {
        for saved in baselines {
            if sides.iter().all(|(known, _)| *known != saved) {
                let timeout = Duration::from_secs(arguments.timeout);
                let side = baseline::baseline(ui, &saved, timeout).await?;
                sides.push((saved, side));
            }
        }
        let plans = Plans { arguments, fleet: &fleet, folder: &folder, rows: &rows, sides: &sides };
        let work = async |part: Part<'_>| plans.carry_out(part, &rollout.id).await;
        let canary = arguments.canary.map_or(0, NonZeroUsize::get);
        rollout.go(changing, others, canary, arguments.timeout, work).await;
        Ok(())
    });
    match ended {
        Err(error) if error.exit != Exit::Interrupted => Err(error),
        ended => rollout.end(None, ended.is_err(), GOES_ON, body),
    }
}

/// Refuses what is of one org alone.
fn check(arguments: &DeployArguments) -> Result<(), CommandError> {
    if arguments.include_not_observed {
        return Err(CommandError::new("`--include-not-observed` is of one org alone")
            .because("what nobody saw is for a person to look at, org by org")
            .hint("name one org with `--org`")
            .usage());
    }
    if arguments.validated.is_some() {
        return Err(CommandError::new("`--validated` is of one org alone")
            .because("each org has its own validation")
            .hint("name one org with `--org`, and its plan")
            .usage());
    }
    match &arguments.plan {
        // It says that there is none.
        Some(path) if !path.exists() => wanted::read(path, "plan").map(drop),
        Some(path) if !path.is_dir() => Err(CommandError::new(format!(
            "`{}` is the plan of one org, and many are meant",
            path.display()
        ))
        .hint("name one org with `--org`, or a folder of plans with `--plan`")
        .usage()),
        None if arguments.yes && !arguments.validate => {
            Err(CommandError::new("`--yes` of many orgs needs plans that were looked at")
                .hint(LOOK_BEFORE)
                .usage())
        }
        _ => Ok(()),
    }
}

/// The row of an org in a folder of plans.
fn row(ui: &Ui, folder: &Folder, name: &str) -> PlanOfOrg {
    let none = || {
        let known = folder.orgs.iter().map(|org| org.name.as_str());
        let near = perhaps(nearest(name, known));
        let error = CommandError::new(format!("there is no plan of it in the folder{near}"))
            .hint("a diff with `--save-plan` makes the plans of all orgs that it is given");
        PlanOfOrg::failed(name, failure(ui, &error))
    };
    folder.of(name).cloned().unwrap_or_else(none)
}

/// Makes the plans of many orgs; where a baseline is wanted it is returned too.
fn plans(
    ui: &Ui,
    arguments: &DeployArguments,
    fleet: &Fleet,
) -> Result<(Folder, Option<(SavedBaseline, Side)>), CommandError> {
    let only = &Selection::parse(&arguments.wanted.only, &arguments.wanted.except)?;
    // What is wrong for all is told once.
    wanted::texts(ui, &arguments.wanted, &fleet.config)?;
    let making = Making::begin(None, fleet.names())?;
    let failed: RefCell<BTreeMap<usize, Failure>> = RefCell::default();
    let side = connect::block_on(ui, async {
        let timeout = Duration::from_secs(arguments.timeout);
        let side = baseline::of(ui, &arguments.wanted, timeout).await?;
        let work = async |given: Given<'_>| {
            plan(given, arguments, fleet, only, side.as_ref(), &making).await
        };
        let keep = |index: usize, outcome: Result<(), CommandError>| {
            let error = outcome.err();
            let told = error.as_ref().map(|error| failure(ui, error));
            failed.borrow_mut().extend(told.map(|failure| (index, failure)));
            error
        };
        let all = (0..fleet.orgs.len()).collect();
        fleet.run(ui, all, arguments.timeout, || true, work, keep).await;
        Ok(side)
    })?;
    let mut failed = failed.into_inner();
    let rows = fleet.names().enumerate();
    let rows = rows.map(|(index, name)| (name.to_owned(), failed.remove(&index)));
    Ok((making.end(ui, rows)?, side))
}

/// Makes the plan of one org.
async fn plan(
    given: Given<'_>,
    arguments: &DeployArguments,
    fleet: &Fleet,
    only: &Selection,
    side: Option<&(SavedBaseline, Side)>,
    making: &Making,
) -> Result<(), CommandError> {
    let Given { org, ui, options, .. } = given;
    let choice = org.choice.as_ref().map_err(Clone::clone)?;
    let waivers = wanted::waivers(ui, &fleet.config, Some(choice))?;
    let (wanted, steps);
    let goal = match side {
        Some((saved, side)) => {
            Goal::Baseline { side, saved: saved.clone(), only, waivers: &waivers }
        }
        None => {
            let loaded = Wanted::load(ui, &arguments.wanted, &fleet.config, Some(choice));
            wanted = connect::of_known(ui, choice, loaded).await?;
            steps = wanted.steps()?;
            Goal::Steps { wanted: &wanted, steps: &steps, only, waivers: &waivers, is_blind: false }
        }
    };
    let advise = |error| goal.advise(error);
    let connected = connect::connect(choice, options).await.map_err(advise)?;
    let seen = goal.look(ui, &connected.org, choice.name(), true).await.map_err(advise)?;
    match plan_to_save(&goal, &connected.org, &seen, &arguments.wanted)? {
        Some(plan) => making.add(ui, &org.name, &plan, connected.org.is_production()),
        None => Ok(()),
    }
}

/// Plans that are carried out.
struct Plans<'p> {
    arguments: &'p DeployArguments,
    fleet: &'p Fleet,
    folder: &'p Folder,
    rows: &'p [PlanOfOrg],
    /// The baselines that they name.
    sides: &'p [(SavedBaseline, Side)],
}

impl Plans<'_> {
    /// Carries out the plan of one org.
    async fn carry_out(&self, part: Part<'_>, run: &str) -> Result<Exit, CommandError> {
        let Self { arguments, fleet, folder, rows, sides } = self;
        let Part { given: Given { index, org, options, .. }, answer, told, halt } = part;
        let plan = folder.plan(answer.ui, &rows[index])?;
        let plan = plan.ok_or_else(|| CommandError::new("there is no plan of it"))?;
        let choice = org.choice.as_ref().map_err(Clone::clone)?;
        let (fail_on, _) =
            wanted::fail_on(answer.ui, arguments.strict, &fleet.config, Some(choice));
        let manner = Manner {
            // Where a person was asked, they have seen what comes along.
            allow_admin_rights: arguments.allow_admin_rights || !arguments.yes,
            yes: true,
            run: Some(run),
            halt: Some(halt),
            ..arguments.manner(fail_on)
        };
        let was_production = Some(rows[index].production);
        let org = Run { answer, choice, options, manner, told, was_production };
        let of_plan = |(saved, _): &&(SavedBaseline, Side)| match &plan.wanted {
            SavedWanted::Baseline(wanted) => wanted == saved,
            SavedWanted::Templates(_) => false,
        };
        let side = sides.iter().find(of_plan).map(|(_, side)| side);
        org.carry_out(&Reviewed { plan: &plan, altered: None }, &fleet.config, side).await
    }
}
