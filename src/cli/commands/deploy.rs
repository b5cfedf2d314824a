//! `sfsetup deploy`: a plan shown, confirmed, carried out, and looked at afterwards.

mod many;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::{Exit, SourceArguments, WantedArguments, shell_word};
use crate::cli::shared::baseline;
use crate::cli::shared::config::Config;
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::error::{CommandError, MAKE_ANEW};
use crate::cli::shared::fail_on::FailOn;
use crate::cli::shared::fleet::{FleetArguments, MANY};
use crate::cli::shared::goal::Goal;
use crate::cli::shared::journal::{finish_open, open_journal};
use crate::cli::shared::road::{Manner, Reviewed, Road};
use crate::cli::shared::saved::read_plan;
use crate::cli::shared::selection::Selection;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::waivers::Waivers;
use crate::cli::shared::wanted::{self, Wanted};
use crate::org::ConnectOptions;
use crate::org::deploy::TestLevel;
use crate::plan::saved::SavedWanted;
use crate::report::json::deploy::Run as Told;
use crate::report::json::parts::Identity;
use crate::snapshot::side::Side;

/// Fix an org: show the plan, ask, deploy, and look again
///
/// What is deployed is written down first, with what was there before, so that `sfsetup rollback`
/// can take it back and an interrupted run is finished by the next.
#[derive(Debug, Args)]
pub(crate) struct DeployArguments {
    #[command(flatten)]
    wanted: WantedArguments,

    /// Carry out a saved plan, or all plans of a folder; refused if the org or the template has
    /// moved since
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with_all = ["template", "baseline", "baseline_org", "set", "only", "except"]
    )]
    plan: Option<PathBuf>,

    #[command(flatten)]
    fleet: FleetArguments,

    /// Deploy to so many orgs first; where one of them fails, to no other
    #[arg(long, value_name = "N", help_heading = MANY)]
    canary: Option<NonZeroUsize>,

    /// Begin with no further org once more than so many have failed; 0 where it is not said
    #[arg(long, value_name = "N", help_heading = MANY)]
    max_failures: Option<usize>,

    /// Let the org try the package without changing anything
    #[arg(long, conflicts_with = "validated")]
    validate: bool,

    /// Deploy what `--validate` has tried, by its id (0Af..)
    #[arg(long, value_name = "ID")]
    validated: Option<String>,

    /// Which tests the org runs with it; left out, those that the package asks for by what it holds
    #[arg(long, value_name = "LEVEL", value_enum, conflicts_with = "validated")]
    test_level: Option<TestLevel>,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Go on although much is taken away
    #[arg(long)]
    allow_removals: bool,

    /// Make what is not there although something of nearly its name is
    #[arg(long)]
    create: bool,

    /// Go on although administrator's rights come along, because what is wanted needs them
    #[arg(long)]
    allow_admin_rights: bool,

    /// Set entries of profiles that could not be seen too, each with every flag: what is there now
    /// is lost
    #[arg(long, conflicts_with_all = ["plan", "baseline", "baseline_org"])]
    include_not_observed: bool,

    /// Also end with 2 if something is by hand or was not observed
    #[arg(long)]
    strict: bool,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    full: bool,

    /// How long the org may take for one job, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u64,

    #[command(flatten)]
    answer: AnswerArguments,
}

impl ValueEnum for TestLevel {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::NoTestRun, Self::RunLocalTests, Self::RunAllTestsInOrg]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::NoTestRun => "None; not in production",
            Self::RunLocalTests => "All but those of managed packages",
            Self::RunAllTestsInOrg => "All",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

pub(crate) fn run(ui: &Ui, arguments: &DeployArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.deploy/1")?;
    if let Some(plan) = &arguments.plan {
        answer.spare(plan)?;
    }
    if arguments.is_many() {
        return answer.of(|body| many::run(&answer, arguments, body));
    }
    let told = RefCell::new(Told { validate: arguments.validate, ..Told::default() });
    let ended = deploy(&answer, arguments, &told);
    answer.end(Some(told.into_inner()), ended)
}

impl DeployArguments {
    /// Says whether many orgs are meant.
    fn is_many(&self) -> bool {
        let is_folder = self.plan.as_ref().is_some_and(|plan| plan.is_dir());
        is_folder || self.fleet.is_many() || self.canary.is_some() || self.max_failures.is_some()
    }

    fn manner(&self, fail_on: FailOn) -> Manner<'_> {
        Manner {
            yes: self.yes,
            validate: self.validate,
            test_level: self.test_level,
            validated: self.validated.as_deref(),
            allow_removals: self.allow_removals,
            allow_admin_rights: self.allow_admin_rights,
            create: self.create,
            full: self.full,
            fail_on,
            ..Manner::default()
        }
    }
}

fn deploy(
    answer: &Answer<'_>,
    arguments: &DeployArguments,
    told: &RefCell<Told>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let source =
        SourceArguments { org: arguments.fleet.one(), from: None, timeout: arguments.timeout };
    let (config, choice) = wanted::source(ui, &source)?;
    let choice = &choice.ok_or_else(wanted::no_org)?;
    let (fail_on, _) = wanted::fail_on(ui, arguments.strict, &config, Some(choice));
    let timeout = Duration::from_secs(arguments.timeout);
    let options = ConnectOptions {
        job_timeout: timeout,
        api_reserve: arguments.fleet.api_reserve.unwrap_or_default(),
        ..connect::options(ui)
    };
    let manner = arguments.manner(fail_on);
    let run = Run { answer, choice, options, manner, told, was_production: None };
    if let Some(file) = &arguments.plan {
        let (plan, altered) = read_plan(ui, file)?;
        let reviewed = Reviewed { plan: &plan, altered };
        return connect::block_on(ui, run.carry_out(&reviewed, &config, None));
    }
    let only = Selection::parse(&arguments.wanted.only, &arguments.wanted.except)?;
    let waivers = wanted::waivers(ui, &config, Some(choice))?;
    if let Some(saved) = baseline::named(&arguments.wanted) {
        return connect::block_on(ui, async {
            let side = baseline::baseline(ui, &saved, timeout).await?;
            let goal = Goal::Baseline { side: &side, saved, only: &only, waivers: &waivers };
            run.go(&goal, None).await
        });
    }
    let wanted = Wanted::load(ui, &arguments.wanted, &config, Some(choice))?;
    refuse_unasked(arguments, &config)?;
    let steps = wanted.steps()?;
    let is_blind = arguments.include_not_observed;
    let (wanted, steps, only, waivers) = (&wanted, &steps, &only, &waivers);
    let goal = Goal::Steps { wanted, steps, only, waivers, is_blind };
    connect::block_on(ui, run.go(&goal, None)).map_err(|error| goal.advise(error))
}

/// What a file that was merely found wants is shown to somebody before it is done.
fn refuse_unasked(arguments: &DeployArguments, config: &Config) -> Result<(), CommandError> {
    let is_named = !arguments.wanted.template.is_empty() || config.is_named();
    if is_named || !arguments.yes || arguments.validate {
        return Ok(());
    }
    let file = config.file.as_deref().unwrap_or(Path::new("sfsetup.toml")).display().to_string();
    Err(CommandError::new(
        "with `--yes` nobody is asked, and only a file that was found says which template is \
         wanted, so nothing was sent",
    )
    .hint("name the template with `--template NAME`")
    .hint(format!("or, if you trust the file, name it: `--config {}`", shell_word(&file)))
    .usage())
}

/// A plan to be carried out in one org.
struct Run<'r> {
    answer: &'r Answer<'r>,
    choice: &'r TargetOrg,
    options: ConnectOptions,
    manner: Manner<'r>,
    told: &'r RefCell<Told>,
    /// Whether whoever looked at the plan knew that people work in the org; none where they are
    /// asked now.
    was_production: Option<bool>,
}

impl Run<'_> {
    /// Carries out a saved plan. `side` is its baseline, where it is at hand.
    async fn carry_out(
        &self,
        reviewed: &Reviewed<'_>,
        config: &Config,
        side: Option<&Side>,
    ) -> Result<Exit, CommandError> {
        let (ui, plan) = (self.answer.ui, reviewed.plan);
        let only = Selection::parse(&plan.only, &plan.except)?;
        let waivers = Waivers::of_plan(&plan.waivers).map_err(|why| {
            CommandError::new("the plan's waivers cannot be read").because(why).hint(MAKE_ANEW)
        })?;
        let (only, waivers) = (&only, &waivers);
        match &plan.wanted {
            SavedWanted::Baseline(saved) => {
                let own;
                let side = match side {
                    Some(side) => side,
                    None => {
                        own = baseline::baseline(ui, saved, self.options.job_timeout).await?;
                        &own
                    }
                };
                let goal = Goal::Baseline { side, saved: saved.clone(), only, waivers };
                self.go(&goal, Some(reviewed)).await
            }
            SavedWanted::Templates(templates) => {
                let wanted = &Wanted::of_plan(ui, templates, config, self.choice)?;
                let steps = &wanted.steps()?;
                let goal = Goal::Steps { wanted, steps, only, waivers, is_blind: false };
                self.go(&goal, Some(reviewed)).await.map_err(|error| goal.advise(error))
            }
        }
    }

    async fn go(
        &self,
        goal: &Goal<'_>,
        reviewed: Option<&Reviewed<'_>>,
    ) -> Result<Exit, CommandError> {
        let Self { answer, choice, options, manner, told, was_production } = self;
        let ui = answer.ui;
        let connected = connect::connect(choice, options.clone()).await?;
        let (org, name) = (&connected.org, choice.name());
        told.borrow_mut().org = Some(Identity::of(name, org.identity()));
        if let Some(Reviewed { plan: saved, .. }) = reviewed
            && saved.org.id != org.identity().id
        {
            return Err(CommandError::new(format!(
                "the plan is for another org: it was made for `{}` ({}), and `{name}` is {}",
                saved.org.name,
                saved.org.id,
                org.identity().id
            ))
            .hint("make a plan for this org, with `--save-plan`"));
        }
        if *was_production == Some(false) && org.is_production() {
            return Err(CommandError::new(
                "it is in production now, and was not when the plan was made, so nothing was sent",
            )
            .refused()
            .hint(MAKE_ANEW));
        }
        let journal = open_journal(&org.identity().id, name)?;
        finish_open(ui, org, name, &journal, told).await?;
        let road = Road { answer, org, name, journal: &journal, goal, manner: *manner, told };
        road.go(reviewed).await
    }
}
