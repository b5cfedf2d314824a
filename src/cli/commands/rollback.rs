//! `sfsetup rollback`: a deploy taken back, as far as nobody has changed the same since.

mod many;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use futures::future::{Either, select};

use crate::apply::{Applier, ApplyError, PATIENCE, Stopped};

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::{Exit, SourceArguments, org_option};
use crate::cli::shared::connect;
use crate::cli::shared::error::{CommandError, PUT_BACK};
use crate::cli::shared::fail_on::FailOn;
use crate::cli::shared::fleet::{FleetArguments, MANY};
use crate::cli::shared::goal::Goal;
use crate::cli::shared::journal::{finish_open, open_journal, read_journal, tell_damaged};
use crate::cli::shared::road::{Manner, Road, confirm};
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;
use crate::journal::{Contents, Damaged, Entry, Stage};
use crate::org::deploy::{DeployStatus, is_deploy_id};
use crate::org::{ConnectOptions, Org, OrgError};
use crate::report::json::deploy::{DeployRow, Outcome, Run};
use crate::report::json::journal::{Canceling, Kept, Listed, Pruned};
use crate::report::json::parts::Identity;
use crate::report::plan as render;

/// Take a deploy back
///
/// Only what the deploy changed is changed back. Without an id it is the newest deploy that was
/// applied and not rolled back; to take a rollback back carries its deploy out again.
#[derive(Debug, Args)]
pub(crate) struct RollbackArguments {
    /// Which deploy, by its id in the journal
    #[arg(value_name = "ID")]
    id: Option<String>,

    #[command(flatten)]
    fleet: FleetArguments,

    /// Take back all that a deploy to many orgs has changed, by the run's id
    #[arg(long, value_name = "ID", help_heading = MANY)]
    #[arg(conflicts_with_all = ["id", "list", "prune", "cancel", "validated"])]
    deploy_run: Option<String>,

    /// List what was deployed to the org
    #[arg(long, conflicts_with_all = ["id", "yes", "force", "prune"])]
    list: bool,

    /// Forget what was deployed, except for the newest, and what may have been; it can then not be
    /// taken back
    #[arg(long, conflicts_with_all = ["id", "force"])]
    prune: bool,

    /// Ask the org to cancel a deploy that is under way, by its id in the journal or the org
    /// (0Af..)
    #[arg(long, value_name = "ID", conflicts_with_all = ["id", "list", "prune", "validate", "validated", "force"])]
    cancel: Option<String>,

    /// Let the org try it without changing anything
    #[arg(long, conflicts_with_all = ["list", "prune", "validated"])]
    validate: bool,

    /// Take back what `--validate` has tried, by its id (0Af..)
    #[arg(long, value_name = "ID", conflicts_with_all = ["list", "prune"])]
    validated: Option<String>,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,

    /// Go on although somebody has changed the same since, or has given it; that is lost then
    #[arg(long)]
    force: bool,

    /// How long the org may take for one job, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u64,

    #[command(flatten)]
    answer: AnswerArguments,
}

pub(crate) fn run(ui: &Ui, arguments: &RollbackArguments) -> Result<Exit, CommandError> {
    if arguments.list {
        let answer = arguments.answer.of(ui, "sfsetup.rollback-list/1")?;
        return answer
            .of(|body| on_org(ui, arguments, async |org, name| list(&answer, org, name, body)));
    }
    if arguments.prune {
        let answer = arguments.answer.of(ui, "sfsetup.rollback-prune/1")?;
        return answer.of(|body| {
            on_org(ui, arguments, async |org, name| {
                prune(&answer, arguments, org, name, body).await
            })
        });
    }
    if let Some(id) = &arguments.cancel {
        let answer = arguments.answer.of(ui, "sfsetup.rollback-cancel/1")?;
        return answer.of(|body| {
            on_org(ui, arguments, async |org, name| {
                cancel(&answer, org, name, id, arguments.yes, body).await
            })
        });
    }
    let answer = arguments.answer.of(ui, "sfsetup.rollback/1")?;
    if arguments.is_many() {
        return answer.of(|body| many::run(&answer, arguments, body));
    }
    let told = RefCell::new(Run { validate: arguments.validate, ..Run::default() });
    let ended = on_org(ui, arguments, async |org, name| {
        told.borrow_mut().org = Some(Identity::of(name, org.identity()));
        take_back(&answer, arguments, &Part::of(arguments), org, name, &told).await
    });
    answer.end(Some(told.into_inner()), ended)
}

impl RollbackArguments {
    /// Says whether many orgs are meant.
    fn is_many(&self) -> bool {
        self.fleet.is_many() || self.deploy_run.is_some()
    }
}

/// What is taken back, and of which run it is a part.
#[derive(Default)]
struct Part<'p> {
    /// Which deploy, by its id in the journal; the newest where none is named.
    id: Option<&'p str>,
    /// The run over many orgs.
    run: Option<&'p str>,
    /// Set once that is to send nothing more.
    halt: Option<&'p Cell<bool>>,
}

impl<'p> Part<'p> {
    /// Of a run over one org.
    fn of(arguments: &'p RollbackArguments) -> Self {
        Self { id: arguments.id.as_deref(), ..Self::default() }
    }
}

/// Does something on the org that is meant.
fn on_org(
    ui: &Ui,
    arguments: &RollbackArguments,
    work: impl AsyncFnOnce(&Org, &str) -> Result<Exit, CommandError>,
) -> Result<Exit, CommandError> {
    if arguments.is_many() {
        return Err(CommandError::new("that is of one org alone").hint("name one org").usage());
    }
    let source =
        SourceArguments { org: arguments.fleet.one(), from: None, timeout: arguments.timeout };
    let (_, choice) = wanted::source(ui, &source)?;
    let choice = choice.ok_or_else(wanted::no_org)?;
    let options = ConnectOptions {
        job_timeout: Duration::from_secs(arguments.timeout),
        api_reserve: arguments.fleet.api_reserve.unwrap_or_default(),
        ..connect::options(ui)
    };
    connect::block_on(ui, async {
        let connected = connect::connect(&choice, options).await?;
        work(&connected.org, choice.name()).await
    })
}

fn list(
    answer: &Answer<'_>,
    org: &Org,
    name: &str,
    body: &RefCell<Option<Listed>>,
) -> Result<Exit, CommandError> {
    let contents = read_journal(org)?;
    body.replace(Some(Listed::of(Identity::of(name, org.identity()), &contents)));
    let Contents { entries, damaged } = contents;
    tell_damaged(answer.ui, &damaged);
    if entries.is_empty() && damaged.is_empty() {
        answer.say(&format!("Nothing was deployed to {name} from here.\n"))?;
        return Ok(Exit::Done);
    }
    let mut text = format!("Deployed to {name} ({}), newest first:\n\n", org.identity().id);
    for entry in entries.iter().rev() {
        let mut state = entry.words();
        if let Some(by) = &entry.rolled_back_by {
            state = format!("{state}, taken back by {by}");
        }
        let deploy =
            entry.deploy_id.as_ref().map(|id| format!(", deploy {id}")).unwrap_or_default();
        let given = entry.assign.len() + entry.unassign.len();
        let counts = [(entry.changes.len(), "change"), (given, "assignment")];
        let some =
            counts.iter().filter(|(count, noun)| *count > 0 || given == 0 && *noun == "change");
        let some: Vec<String> = some.map(|(count, noun)| render::count(*count, noun)).collect();
        let changes = some.join(", ");
        let run = entry.run.as_ref().map(|run| format!(", run {run}")).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {}\n    {changes}{deploy}{run}; {}; {state}",
            entry.id, entry.started, entry.what
        );
    }
    answer.say(&text)?;
    Ok(Exit::Done)
}

fn is_applied(entry: &Entry) -> bool {
    matches!(entry.stage, Stage::Done | Stage::Applied) && !entry.check_only
}

/// Says whether an org may hold something of it; what it holds of one that it has forgotten the plan
/// tells.
fn can_be_taken_back(entry: &Entry) -> bool {
    is_applied(entry) || entry.stage == Stage::Forgotten && !entry.check_only
}

/// Asks the org to cancel a deploy, anybody's, and says how it ends. What the journal has of it the
/// next deploy or rollback brings to its end.
async fn cancel(
    answer: &Answer<'_>,
    org: &Org,
    name: &str,
    id: &str,
    yes: bool,
    body: &RefCell<Option<Canceling>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let entries = read_journal(org)?.entries;
    let of_entry = entries.iter().find(|entry| entry.id == id);
    let id = of_entry.and_then(|entry| entry.deploy_id.as_deref()).unwrap_or(id);
    if !is_deploy_id(id) {
        return Err(CommandError::new(format!("`{id}` is no deploy that the org has")).hint(
            format!(
                "`sfsetup rollback{} --list` lists what was deployed from here, with the ids \
                 (0Af..)",
                org_option(name)
            ),
        ));
    }
    let of = Identity::of(name, org.identity());
    let tell = |canceled, deploy| {
        body.replace(Some(Canceling { org: of.clone(), canceled, deploy }));
    };
    tell(Some(false), DeployRow::of_id(id, false));
    confirm(ui, org, yes, &format!("Cancel the deploy {id}, whoever has sent it?"))?;
    let _hold = ui.interrupt().hold();
    ui.interrupt().note_sent();
    tell(None, DeployRow::of_id(id, false));
    let work = std::pin::pin!(canceled_or_over(org, id));
    let ended = match select(work, std::pin::pin!(ui.interrupt().pressed())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            return Err(CommandError::apply(
                name,
                &ApplyError::Interrupted(Stopped::Canceling { id: id.to_owned(), refusal: None }),
            ));
        }
    };
    let (status, refusal) = ended.map_err(|error| {
        let what = format!("`{name}` has not said that it has canceled the deploy {id}");
        let mut all = CommandError::org(name, &error);
        all.what = what;
        all.hint("Setup > Deployment Status shows how it stands, and cancels too")
    })?;
    tell(Some(status.status == "Canceled"), DeployRow::from(&status));
    if status.status == "Canceled" {
        answer.say(&format!("The org has canceled the deploy {id}.\n"))?;
        ui.hint(
            "a diff shows how the org stands: below API version 65 some of it may be there all the \
             same",
        );
        return Ok(Exit::Done);
    }
    let ended = match (status.success, status.check_only) {
        (true, false) => "the org has carried it out",
        (true, true) => "it was a validation, and a validation changes nothing",
        (false, _) if status.status == "SucceededPartial" => "the org has carried out a part of it",
        (false, _) => "the org refused it",
    };
    let mut error =
        CommandError::new(format!("the deploy {id} was not canceled: {ended} ({})", status.status));
    error.causes.extend(refusal.map(|refusal| refusal.to_string()));
    Err(error)
}

/// Asks for it and watches on for a while; what the org said to it is returned too.
async fn canceled_or_over(
    org: &Org,
    id: &str,
) -> Result<(DeployStatus, Option<OrgError>), OrgError> {
    let what = "waiting for the org to cancel the deploy";
    org.begin(what);
    let refusal = org.cancel_deploy(id).await.err();
    // It has no such deploy, or had it so long ago that it has forgotten it.
    if let Some(unknown) = refusal.as_ref().filter(|refusal| refusal.is_about_its_id())
        && org.deploy_status(id).await.is_err_and(|error| error.is_about_its_id())
    {
        org.end();
        return Err(unknown.clone());
    }
    // A refused cancel says less of the deploy than a look at it.
    let watched = org.watch_deploy_for(id, what, Some(PATIENCE)).await;
    org.end();
    match (watched, refusal) {
        (Ok(status), refusal) => Ok((status, refusal)),
        (Err(_), Some(refusal)) => Err(refusal),
        (Err(error), None) => Err(error),
    }
}

async fn prune(
    answer: &Answer<'_>,
    arguments: &RollbackArguments,
    org: &Org,
    name: &str,
    body: &RefCell<Option<Pruned>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let of = Identity::of(name, org.identity());
    body.replace(Some(Pruned { org: of, forgotten: Vec::new(), kept: Vec::new() }));
    let tell = |tell: &dyn Fn(&mut Pruned)| body.borrow_mut().iter_mut().for_each(tell);
    let stays = |id: &str, reason: String| {
        tell(&|told| told.kept.push(Kept { journal: id.to_owned(), reason: reason.clone() }));
    };
    let journal = open_journal(&org.identity().id, name)?;
    let Contents { entries, damaged } = read_journal(org)?;
    for one in &damaged {
        ui.warn(&format!("{one}; it is kept"));
        stays(&one.id, one.to_string());
    }
    let keep = entries.iter().rev().find(|entry| is_applied(entry)).map(|entry| entry.id.clone());
    // One whose answer was lost, or that the org does not know any more, may stay unclear for ever,
    // and nothing else is deployed until it is settled or forgotten; the other open ones the next
    // run finishes by itself.
    let mut unknown = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.stage == Stage::Accepted) {
        // One that has just left the queue is unknown for a moment (S 6.6).
        let id = entry.deploy_id.as_deref().unwrap_or_default();
        match org.watch_deploy_for(id, "looking for the deploy", Some(Duration::ZERO)).await {
            Err(error) if error.is_about_its_id() => _ = unknown.insert(entry.id.as_str()),
            Err(error) => {
                ui.warn(&format!("{} is kept: {error}", entry.id));
                stays(&entry.id, error.to_string());
            }
            Ok(_) => {
                let why = "it is over, and the next deploy or rollback brings it to its end";
                ui.note(&format!("{} is kept: {why}", entry.id));
                stays(&entry.id, why.to_owned());
            }
        }
    }
    let is_over = |entry: &Entry| {
        !entry.stage.is_open() || entry.stage == Stage::Sent || unknown.contains(entry.id.as_str())
    };
    let old: Vec<&Entry> =
        entries.iter().filter(|entry| Some(&entry.id) != keep.as_ref() && is_over(entry)).collect();
    if old.is_empty() {
        answer.say("There is nothing to forget.\n")?;
        return Ok(Exit::Done);
    }
    confirm(
        ui,
        org,
        arguments.yes,
        &format!("Forget {} of the journal?", entries_in_words(old.len())),
    )?;
    for entry in &old {
        journal.remove(&entry.id).map_err(|error| {
            CommandError::new(format!("the entry {} cannot be forgotten", entry.id))
                .because(error.to_string())
        })?;
        tell(&|told| told.forgotten.push(entry.id.clone()));
    }
    answer.say(&format!("Forgotten: {}.\n", entries_in_words(old.len())))?;
    Ok(Exit::Done)
}

fn entries_in_words(number: usize) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

async fn take_back(
    answer: &Answer<'_>,
    arguments: &RollbackArguments,
    part: &Part<'_>,
    org: &Org,
    name: &str,
    told: &RefCell<Run>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let journal = open_journal(&org.identity().id, name)?;
    let finished = finish_open(ui, org, name, &journal, told).await?;
    // The run that was cut off was this one's like: another one would take back one deploy more.
    if let Some(of) = finished.iter().rev().find_map(|entry| entry.rolls_back.as_ref())
        && part.id.is_none_or(|id| id == of)
    {
        let mut told = told.borrow_mut();
        told.outcome = Outcome::Finished;
        told.takes_back = Some(of.clone());
        answer.say(&format!(
            "The rollback of {of}, which was cut off, is carried out. Nothing more was taken back.\n"
        ))?;
        ui.hint(&format!(
            "`sfsetup rollback{} --list` lists what else was deployed from here",
            org_option(name)
        ));
        return Ok(Exit::Done);
    }
    let contents = read_journal(org)?;
    let named = contents.entries.iter().find(|entry| part.id == Some(&entry.id));
    // Of many orgs one may have nothing to take back.
    if let (Some(_), Some(entry)) = (part.run, named)
        && (!can_be_taken_back(entry) || entry.rolled_back_by.is_some())
    {
        let mut told = told.borrow_mut();
        told.outcome = Outcome::NothingToDo;
        told.takes_back = Some(entry.id.clone());
        return Ok(Exit::Done);
    }
    let mut entry = choose(&contents, part.id, name)?.clone();
    let (interrupt, halt) = (ui.interrupt(), part.halt);
    let applier = Applier { org, journal: &journal, interrupt, halt };
    applier.settle(&mut entry).await.map_err(|error| CommandError::apply(name, &error))?;
    told.borrow_mut().takes_back = Some(entry.id.clone());
    let images = entry.images().map_err(|error| CommandError::apply(name, &error.into()))?;
    let manner = Manner {
        create: true,
        yes: arguments.yes || part.run.is_some(),
        run: part.run,
        halt: part.halt,
        validate: arguments.validate,
        test_level: None,
        validated: arguments.validated.as_deref(),
        // Taking back what was given is what is asked for.
        allow_removals: true,
        allow_admin_rights: true,
        force: arguments.force,
        full: true,
        fail_on: FailOn::Any,
    };
    let goal = Goal::BeforeImage { entry: &entry, images };
    Road { answer, org, name, journal: &journal, goal: &goal, manner, told }.go(None).await
}

/// Says whether an entry stands in force as a deploy does: one that takes a rollback back has
/// carried its deploy out again.
///
/// # Errors
/// An entry that it rests on cannot be read.
fn is_deploy<'e>(entry: &Entry, contents: &'e Contents) -> Result<bool, &'e Damaged> {
    let Some(of) = &entry.rolls_back else { return Ok(true) };
    if let Some(one) = contents.damaged.iter().find(|one| one.id == *of) {
        return Err(one);
    }
    // What was forgotten is taken for a deploy; only what came before can be taken back.
    let of = contents.entries.iter().find(|one| one.id == *of && one.id < entry.id);
    of.map_or(Ok(false), |of| is_deploy(of, contents).map(|is_it| !is_it))
}

fn choose<'e>(
    contents: &'e Contents,
    id: Option<&str>,
    name: &str,
) -> Result<&'e Entry, CommandError> {
    let Contents { entries, damaged } = contents;
    let nothing = |what: String| {
        Err(CommandError::new(what).hint(format!(
            "`sfsetup rollback{} --list` lists what was deployed from here",
            org_option(name)
        )))
    };
    let unreadable = |what: String, one: &Damaged| {
        Err(CommandError::new(what).because(one.to_string()).hint(PUT_BACK))
    };
    match id {
        Some(id) => match entries
            .iter()
            .find(|entry| entry.id == id || entry.deploy_id.as_deref() == Some(id))
        {
            None => match damaged.iter().find(|one| one.id == id) {
                Some(one) => unreadable(format!("`{id}` cannot be taken back"), one),
                None => nothing(format!("no deploy `{id}` to `{name}` is in the journal")),
            },
            Some(entry) if entry.rolled_back_by.is_some() => {
                nothing(format!("`{id}` was taken back already"))
            }
            // What of it the org holds all the same is told by the plan.
            Some(entry) if entry.stage == Stage::Forgotten && !entry.check_only => Ok(entry),
            Some(entry) if !is_applied(entry) => {
                nothing(format!("`{id}` changed nothing: {}", entry.words()))
            }
            Some(entry) => Ok(entry),
        },
        None => {
            let mut newest = None;
            let mut unknown = None;
            let stand = |entry: &&Entry| is_applied(entry) && entry.rolled_back_by.is_none();
            for entry in entries.iter().rev().filter(stand) {
                match is_deploy(entry, contents) {
                    Ok(true) => newest = Some(entry),
                    Ok(false) => continue,
                    Err(one) => unknown = Some(one),
                }
                break;
            }
            // Whoever says no id means the newest, which this may not be.
            let is_newer = |one: &&Damaged| newest.is_none_or(|entry| one.id > entry.id);
            let newer = unknown.or_else(|| damaged.iter().rev().find(is_newer));
            match (newest, newer) {
                (_, Some(newer)) => unreadable(
                    "which deploy is the newest is not known, so nothing was sent".to_owned(),
                    newer,
                ),
                (Some(newest), None) => Ok(newest),
                (None, None) => nothing(format!("there is nothing to take back on `{name}`")),
            }
        }
    }
}
