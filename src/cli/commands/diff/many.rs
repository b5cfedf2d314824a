//! A diff over many orgs: each is looked at as one alone is, kept as it ends, and all are told
//! together.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::cli::shared::answer::{check_writable, failure};
use crate::cli::shared::arguments::{Exit, shell_word};
use crate::cli::shared::baseline;
use crate::cli::shared::clock;
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::{self, Fleet, GOES_ON, Given, Ledger};
use crate::cli::shared::format::Format;
use crate::cli::shared::goal::Goal;
use crate::cli::shared::outlet::{self, Outlet};
use crate::cli::shared::part::read as read_part;
use crate::cli::shared::plans::{Making, PAGE};
use crate::cli::shared::results;
use crate::cli::shared::selection::Selection;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;
use crate::plan::saved::SavedBaseline;
use crate::report::Report;
use crate::report::fleet::part::{self, Part};
use crate::report::fleet::plans::{PlanOfOrg, to_change};
use crate::report::fleet::{Ended, Kept};
use crate::report::plan::count;
use crate::report::since::{self, Since};
use crate::snapshot::side::Side;

use super::outlet::owe;
use super::{DiffArguments, DiffRequest, Earlier, Save, exit, no_answer};

/// What is asked of each org.
struct Question<'q> {
    arguments: &'q DiffArguments,
    outlets: &'q [Outlet<'q>],
    fleet: &'q Fleet,
    only: &'q Selection,
    /// The baseline, where that is what is wanted.
    side: Option<(SavedBaseline, Side)>,
    /// What is asked of one org alone, by its name.
    own: &'q BTreeMap<String, String>,
    /// The earlier answer that is compared with.
    earlier: Option<&'q serde_json::Value>,
    /// Where the plans that fix what differs go.
    making: Option<&'q Making>,
}

/// What an org has come to.
struct Done {
    kept: Kept,
    /// Why there is no answer, or no whole one, for people.
    failed: Option<CommandError>,
}

pub(super) fn run(ui: &Ui, arguments: &DiffArguments) -> Result<Exit, CommandError> {
    check(arguments)?;
    let mut fleet = arguments.fleet.fleet(ui)?;
    let (usual, _) = fleet.config.format().unzip();
    let outlets = &arguments.outlets(usual.unwrap_or_default())?[..];
    owe(ui, arguments, outlets);
    outlets.iter().filter_map(|outlet| outlet.file).try_for_each(check_writable)?;
    let only = Selection::parse(&arguments.wanted.only, &arguments.wanted.except)?;
    let timeout = Duration::from_secs(arguments.timeout);
    let side = connect::block_on(ui, baseline::of(ui, &arguments.wanted, timeout))?;
    if side.is_none() {
        check_values(ui, arguments, &fleet)?;
    }
    let earlier = arguments.earlier()?;
    let asked = asked(ui, arguments, &fleet, side.as_ref(), earlier.as_ref())?;
    let earlier = earlier.as_ref().map(|earlier| earlier.answer()).transpose()?;
    let own = fleet.config.of_each();
    let question = question(arguments, side.as_ref());
    let part = arguments.part.of((&asked, &question), &fleet);
    arguments.part.shard.keep(ui, &mut fleet);
    let known = match arguments.resume.as_deref() {
        Some(file) if file.exists() => read(file, &part)?,
        _ => BTreeMap::new(),
    };
    if let Some(address) = &arguments.part.results {
        results::begin(ui, address, &part)?;
    }
    let folder = arguments.save_plan.as_deref();
    let making = folder.map(|folder| Making::begin(Some(folder), fleet.names())).transpose()?;
    let answers = Answers::begin(ui, arguments, outlets, &fleet, (&part, &own), known)?;
    let left = answers.left();
    if left.len() < fleet.orgs.len() {
        let (left, all) = (left.len(), fleet.orgs.len());
        ui.note(&format!("{} of {all} orgs are answered already; {left} are left", all - left));
    }
    let ended = connect::block_on(ui, async {
        let making = making.as_ref();
        let (fleet, only, own) = (&fleet, &only, &own);
        let earlier = earlier.as_ref();
        let question = Question { arguments, outlets, fleet, only, side, own, earlier, making };
        let one = async |given: Given<'_>| question.ask(given).await;
        let keep = |index: usize, outcome: Result<Done, CommandError>| answers.keep(index, outcome);
        fleet.run(ui, left, arguments.timeout, || true, one, keep).await;
        Ok(())
    });
    match ended {
        Err(error) if error.exit != Exit::Interrupted => return Err(error),
        _ => {}
    }
    let orgs = answers.end();
    let plans = match making.filter(|_| ended.is_ok()) {
        Some(making) => {
            Some(making.end(ui, orgs.iter().map(|org| (org.name().to_owned(), org.failure())))?)
        }
        None => None,
    };
    give(ui, arguments, outlets, &part, &orgs)?;
    // What is ended does not wait for another machine.
    if let Some(address) = arguments.part.results.as_ref().filter(|_| ended.is_ok()) {
        results::put(ui, address, &part, &orgs)?;
    }
    fleet::note_same(ui, orgs.iter().map(|org| (org.name(), org.id())));
    if let Some(earlier) = &earlier {
        let asked: Vec<_> = orgs.iter().map(|org| (org.id(), org.name())).collect();
        let others = since::others(earlier, &asked);
        if !others.is_empty() {
            ui.note(&format!("not asked now, and in the earlier answer: {}", others.join(", ")));
        }
    }
    if let Err(error) = ended {
        return Err(error.hint(match &arguments.resume {
            _ if folder.is_some() => {
                "no plan was written, and those that were there are as they were"
            }
            Some(_) => GOES_ON,
            None => "with `--resume FILE` a run that is stopped can be gone on with",
        }));
    }
    let unread = fleet.unread.iter().map(|why| {
        ui.error(&CommandError::new("not all orgs are known").because(why.clone()));
        Exit::Error
    });
    let exits: Vec<Exit> = unread.collect();
    let of_orgs = orgs.iter().map(|org| match org.ended() {
        Ended::Well => Exit::Done,
        Ended::Drift => Exit::Drift,
        Ended::Failed => Exit::Error,
    });
    let exit = fleet::exit(exits.into_iter().chain(of_orgs));
    if let (Some(plans), Some(folder)) = (&plans, folder) {
        hint(ui, &fleet, folder, &plans.orgs);
    }
    let is_read = outlets.iter().any(|one| one.format.is_for_a_terminal() && one.file.is_none());
    if exit != Exit::Done && is_read {
        ui.hint(
            "the same command with one `--org` alone shows that org whole; `--out fleet.html` is a \
             page of all",
        );
    }
    Ok(exit)
}

/// Says what to do with the plans.
fn hint(ui: &Ui, fleet: &Fleet, folder: &Path, plans: &[PlanOfOrg]) {
    let (changed, live) = to_change(plans);
    let name = shell_word(&folder.display().to_string());
    let orgs = fleet.as_named();
    ui.hint(&format!(
        "the plans are in {} ({} to change, {live} in production); look at {}, or `sfsetup plan \
         show {name}`; `sfsetup deploy --plan {name}{orgs}` carries them out",
        folder.display(),
        count(changed, "org"),
        folder.join(PAGE).display(),
    ));
}

/// Refuses what is of one org alone.
fn check(arguments: &DiffArguments) -> Result<(), CommandError> {
    let alone = [(arguments.from.is_some(), "--from")];
    let outlets = arguments.outlets(Format::Text)?;
    arguments.manner().check(&outlets)?;
    arguments.part.check(arguments.resume.is_some())?;
    match alone.into_iter().find(|(is_given, _)| *is_given) {
        Some((_, option)) => Err(CommandError::new(format!("`{option}` is of one org alone"))
            .hint("name one org with `--org`, and neither `--orgs`, `--all-orgs` nor `--resume`")
            .usage()),
        None if arguments.save_plan.is_none() => Ok(()),
        // An answer that is not asked for again brings no plan, and of a folder of plans no shard
        // may take away what another has put there.
        None => match [
            (arguments.resume.is_some(), "--resume"),
            (arguments.part.shard.shard.is_some(), "--shard"),
        ]
        .into_iter()
        .find(|(is_given, _)| *is_given)
        {
            Some((_, option)) => Err(CommandError::new("plans are made of all orgs in one run")
                .because(format!("`--save-plan` and `{option}` do not go together"))
                .hint(format!("leave `{option}` out"))
                .usage()),
            None => Ok(()),
        },
    }
}

/// Refuses values that no org can do with, as one org alone would: it is told once, and before any
/// org is asked.
fn check_values(ui: &Ui, arguments: &DiffArguments, fleet: &Fleet) -> Result<(), CommandError> {
    let mut wrong: Option<CommandError> = None;
    for org in &fleet.orgs {
        // Who is unknown fails by itself.
        let Ok(choice) = &org.choice else { return Ok(()) };
        let loaded = arguments.load(&ui.of_one(&org.name), &fleet.config, Some(choice));
        match (loaded.err(), &wrong) {
            (Some(error), None) => wrong = Some(error),
            (Some(error), Some(before)) if error.what == before.what => {}
            _ => return Ok(()),
        }
    }
    // Of one it is said which.
    wrong.filter(|_| fleet.orgs.len() > 1).map_or(Ok(()), Err)
}

/// What is asked of all orgs, in a text that differs where something else is asked. What is wrong
/// with it is wrong for every org, so it is told before any is asked.
fn asked(
    ui: &Ui,
    arguments: &DiffArguments,
    fleet: &Fleet,
    side: Option<&(SavedBaseline, Side)>,
    earlier: Option<&Earlier>,
) -> Result<String, CommandError> {
    let DiffArguments { wanted, strict, expires_within, .. } = arguments;
    let templates = wanted::texts(ui, wanted, &fleet.config)?;
    let (named, side) = side.map(|(named, side)| (named, side)).unzip();
    let held = side.filter(|_| wanted.baseline.is_some()).map(Side::digest).transpose();
    let held = held.map_err(|error| {
        CommandError::new("cannot read the baseline").because(error.to_string())
    })?;
    let earlier = earlier.map(|earlier| &earlier.text);
    Ok(format!(
        "{earlier:?} {} {templates:?} {:?} {:?} {:?} {named:?} {held:?} {strict} \
         {expires_within:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        wanted.set,
        wanted.only,
        wanted.except,
        fleet.config.of_all(),
    ))
}

/// What is looked at, in a text that stays the same from release to release.
fn question(arguments: &DiffArguments, side: Option<&(SavedBaseline, Side)>) -> String {
    let wanted = &arguments.wanted;
    let named = side.map(|(named, _)| named);
    let held = side.filter(|_| wanted.baseline.is_some()).map(|(_, side)| side.digest().ok());
    format!("{:?} {:?} {:?} {named:?} {held:?}", wanted.set, wanted.only, wanted.except)
}

fn read(file: &Path, part: &Part) -> Result<BTreeMap<String, Kept>, CommandError> {
    let Some((there, known)) = read_part(file)? else { return Ok(BTreeMap::new()) };
    part.go_on_with(&there).map(|()| known).map_err(|error| {
        CommandError::new(format!("cannot go on with `{}`", file.display()))
            .because(error.to_string())
            .hint("name the file that the same command wrote, or a new one to begin anew")
            .usage()
    })
}

impl Question<'_> {
    /// Asks one org, as a diff of it alone would.
    async fn ask(&self, given: Given<'_>) -> Result<Done, CommandError> {
        let Given { org, ui, options, .. } = given;
        let choice = match &org.choice {
            Ok(choice) => choice,
            Err(error) => return Err(error.clone()),
        };
        let config = &self.fleet.config;
        let waivers = wanted::waivers(ui, config, Some(choice))?;
        let (fail_on, _) = wanted::fail_on(ui, self.arguments.strict, config, Some(choice));
        let (wanted, steps);
        let goal = match &self.side {
            Some((saved, side)) => {
                Goal::Baseline { side, saved: saved.clone(), only: self.only, waivers: &waivers }
            }
            None => {
                let loaded = self.arguments.load(ui, config, Some(choice));
                wanted = connect::of_known(ui, choice, loaded).await?;
                steps = match self.making {
                    Some(_) => wanted.steps()?,
                    None => wanted.steps_to_look_at()?,
                };
                Goal::Steps {
                    wanted: &wanted,
                    steps: &steps,
                    only: self.only,
                    waivers: &waivers,
                    is_blind: false,
                }
            }
        };
        let request = DiffRequest {
            ui,
            arguments: self.arguments,
            outlets: self.outlets,
            goal: &goal,
            choice: Some(choice),
            options,
            save: self.making.map(Save::Folder),
            is_alone: false,
        };
        let (mut found, failed) = request.look().await?;
        found.name.clone_from(&org.name);
        let templates = match &goal {
            Goal::Steps { wanted, .. } => wanted.templates().collect(),
            _ => Vec::new(),
        };
        let report = Report::of(templates, found, clock::today());
        let failed = failed.or_else(|| no_answer(&report));
        let since = match self.earlier {
            Some(earlier) if report.diffs().next().is_some() => {
                Some(Since::of_one(earlier, &report).map_err(|error| {
                    CommandError::new("the earlier answer cannot be compared with this")
                        .because(error.to_string())
                })?)
            }
            _ => None,
        };
        let since = since.as_ref();
        let exit = if failed.is_some() { Exit::Error } else { exit(&report, since, fail_on) };
        let kept = Kept::of(
            &report,
            exit as u8,
            self.own.get(&org.name).map_or("", String::as_str),
            since,
            clock::second(),
        );
        let kept = kept.map_err(unwritable)?;
        Ok(Done { kept, failed })
    }
}

fn unwritable(error: impl std::fmt::Display) -> CommandError {
    CommandError::internal("the report cannot be written", error.to_string())
}

/// Answers while there are more to come.
struct Answers<'a> {
    ui: &'a Ui,
    fleet: &'a Fleet,
    kept: RefCell<Vec<Option<Kept>>>,
    /// The files that hold what was answered until now.
    ledgers: Vec<Ledger>,
    /// Whether each is printed as it comes.
    is_printed: bool,
    /// Whether it was told that one cannot be written.
    is_told: Cell<bool>,
}

impl<'a> Answers<'a> {
    fn begin(
        ui: &'a Ui,
        arguments: &DiffArguments,
        outlets: &[Outlet<'_>],
        fleet: &'a Fleet,
        (part, own): (&Part, &BTreeMap<String, String>),
        mut known: BTreeMap<String, Kept>,
    ) -> Result<Self, CommandError> {
        let known =
            |name: &str| known.remove(name)?.answering(own.get(name).map_or("", String::as_str));
        let kept: Vec<Option<Kept>> = fleet.names().map(known).collect();
        let text = part::write(part, kept.iter().flatten()).map_err(unwritable)?;
        let is_lines = |outlet: &&Outlet<'_>| outlet.format == Format::Jsonl;
        let of_lines = outlets.iter().filter(is_lines).filter_map(|outlet| outlet.file);
        let mut files: Vec<&Path> = arguments.resume.as_deref().into_iter().collect();
        files.extend(of_lines.filter(|file| arguments.resume.as_deref() != Some(*file)));
        let ledgers = files
            .into_iter()
            .map(|file| Ledger::begin(ui, file, &text))
            .collect::<Result<_, _>>()?;
        let is_printed = outlets.iter().filter(is_lines).any(|outlet| outlet.file.is_none());
        if is_printed {
            ui.answer(&text)?;
        }
        let (kept, is_told) = (RefCell::new(kept), Cell::new(false));
        Ok(Self { ui, fleet, kept, ledgers, is_printed, is_told })
    }

    /// The orgs that have no answer.
    fn left(&self) -> Vec<usize> {
        let kept = self.kept.borrow();
        (0..kept.len()).filter(|index| kept[*index].is_none()).collect()
    }

    /// Keeps what an org has come to, and returns why it failed.
    fn keep(&self, index: usize, outcome: Result<Done, CommandError>) -> Option<CommandError> {
        let name = &self.fleet.orgs[index].name;
        let Done { kept, failed } = outcome.unwrap_or_else(|error| Done {
            kept: Kept::failed(name, failure(self.ui, &error), Some(clock::second())),
            failed: Some(error),
        });
        let written = kept.lines().map_err(unwritable).and_then(|lines| {
            self.ledgers.iter().try_for_each(|ledger| ledger.add(&lines))?;
            if self.is_printed { self.ui.answer(&lines) } else { Ok(()) }
        });
        // Each would say the same; what is written in the end is all of it.
        if let Err(error) = written
            && !self.is_told.replace(true)
        {
            self.ui.error(&error);
        }
        self.kept.borrow_mut()[index] = Some(kept);
        failed
    }

    /// All answers in the order of the orgs; of those that were not reached that they were not.
    fn end(self) -> Vec<Kept> {
        let kept = self.kept.into_inner().into_iter().zip(self.fleet.names());
        let not_reached = |name| Kept::failed(name, failure(self.ui, &fleet::not_reached()), None);
        kept.map(|(kept, name)| kept.unwrap_or_else(|| not_reached(name))).collect()
    }
}

/// Gives all answers, each in its form.
fn give(
    ui: &Ui,
    arguments: &DiffArguments,
    outlets: &[Outlet<'_>],
    part: &Part,
    orgs: &[Kept],
) -> Result<(), CommandError> {
    let resumed = arguments.resume.as_deref();
    let resumed = resumed.map(|file| Outlet { file: Some(file), format: Format::Jsonl });
    // Lines went out as they came.
    let is_owed = |outlet: &&Outlet<'_>| outlet.format != Format::Jsonl || outlet.file.is_some();
    outlet::give_each(ui, outlets.iter().chain(&resumed).filter(is_owed), |format| {
        outlet::of_many(format, part, orgs, arguments.manner())
    })
}
