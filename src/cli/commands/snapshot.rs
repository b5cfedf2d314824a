//! `sfsetup snapshot`: an org's configuration as files for git.

mod case;
mod git;
mod many;
mod told;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use case::Case;
use clap::{Args, ValueEnum};

use crate::metadata::ComponentId;
use crate::metadata::manifest::Manifest;
use crate::metadata::names::Names;
use crate::metadata::registry;
use crate::org::retrieve::RetrieveRequest;
use crate::org::{ConnectOptions, Org, OrgError};
use crate::plan;
use crate::report::json::parts::Identity;
use crate::report::json::snapshot::Taken;
use crate::snapshot::record::{Record, RecordedComponent, read_record};
use crate::snapshot::selection::{SelectedBy, Selection};
use crate::snapshot::stage::{Stage, StageError};
use crate::snapshot::take;
use crate::snapshot::update::{Options, Update, UpdateError, update};
use crate::snapshot::write::{self, WriteOptions};
use crate::template::needs::needs;

use crate::cli::shared::answer::{Answer, TEXT_OR_JSON};
use crate::cli::shared::arguments::{Exit, SourceArguments, WantedArguments};
use crate::cli::shared::config::Config;
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fleet::FleetArguments;
use crate::cli::shared::format::Format;
use crate::cli::shared::part::ShardArguments;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::{self, Wanted};

/// Write an org's configuration to a folder, for git and as a baseline
///
/// Without more it is what guards access: connected apps, external client apps and their policies,
/// profiles with all the org's objects, permission sets and groups, settings. Two snapshots of an
/// unchanged org are equal to the byte. Keys and secrets are left out. The sf command line deploys
/// the folder as it is.
///
/// What the org could not show stays in the folder as it was, snapshot.json says so, and the exit
/// code is 1; a later diff calls it not observed.
#[derive(Clone, Debug, Args)]
pub(crate) struct SnapshotArguments {
    #[command(flatten)]
    fleet: FleetArguments,

    #[command(flatten)]
    shard: ShardArguments,

    /// The folder, or of many orgs the one in which each has its own; only files that a
    /// snapshot.json lists are ever removed
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// What a template asks for (can be repeated)
    #[arg(short, long, value_name = "NAME|FILE", conflicts_with_all = ["manifest", "types"])]
    template: Vec<String>,

    /// Give a parameter of the template a value (can be repeated)
    #[arg(long = "set", value_name = "NAME=VALUE", requires = "template")]
    set: Vec<String>,

    /// What a package.xml names
    #[arg(long, value_name = "FILE", conflicts_with = "types")]
    manifest: Option<PathBuf>,

    /// All of these types of metadata
    #[arg(long, value_name = "TYPE,..", value_delimiter = ',')]
    types: Vec<String>,

    /// The layout of the folder
    #[arg(long, value_enum, default_value_t)]
    layout: Layout,

    /// Keep the org's own bytes; the order may then change from one snapshot to the next
    #[arg(long)]
    raw: bool,

    /// Write consumer keys too; whoever reads the folder can then use them. Secrets are never
    /// written
    #[arg(long)]
    with_consumer_keys: bool,

    /// Remove the files of what is no longer asked for; without it, a run that asks for less than
    /// the one before is refused
    #[arg(long)]
    prune: bool,

    /// Make a git commit of the folder that says what changed
    #[arg(long)]
    commit: bool,

    /// How long the org may take for one job, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u64,

    /// The form of the answer
    #[arg(long, value_parser = Format::among(TEXT_OR_JSON), default_value = "text")]
    format: Format,
}

/// How files lie in the folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Folders by type
    #[default]
    Metadata,
    /// The same with `-meta.xml`, as in a project
    Source,
}

pub(crate) fn run(ui: &Ui, arguments: &SnapshotArguments) -> Result<Exit, CommandError> {
    let answer = Answer::new(ui, "sfsetup.snapshot/1", arguments.format, None);
    if arguments.fleet.is_many() || arguments.shard.shard.is_some() {
        return answer.of(|body| many::run(&answer, arguments, body));
    }
    answer.of(|body| take_one(&answer, arguments, body))
}

fn take_one(
    answer: &Answer<'_>,
    arguments: &SnapshotArguments,
    body: &RefCell<Option<Taken>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let source =
        SourceArguments { org: arguments.fleet.one(), from: None, timeout: arguments.timeout };
    let (config, choice) = wanted::source(ui, &source)?;
    let choice = choice.ok_or_else(wanted::no_org)?;
    let (selection, case) = select(ui, arguments, &config, &choice)?;
    if selection.by == SelectedBy::Template && selection.components.is_empty() {
        return facts_alone(answer, arguments, &choice, case.as_ref(), body);
    }
    let out = &arguments.out;
    let options = ConnectOptions {
        job_timeout: Duration::from_secs(arguments.timeout),
        api_reserve: arguments.fleet.api_reserve.unwrap_or_default(),
        ..connect::options(ui)
    };
    let say = |text: &str| answer.say(text);
    let taken = take(ui, arguments, &choice, (selection, case), options, &say, body);
    connect::block_on(ui, taken).map_err(|error| match error.exit {
        // While the org was being read: what is in place is put there in one go.
        Exit::Interrupted => CommandError::interrupted()
            .because(format!("nothing was written; `{}` is as it was", out.display())),
        _ => error,
    })
}

/// Takes the snapshot of an org.
async fn take(
    ui: &Ui,
    arguments: &SnapshotArguments,
    choice: &TargetOrg,
    (selection, case): (Selection, Option<Case>),
    options: ConnectOptions,
    say: &dyn Fn(&str) -> Result<(), CommandError>,
    body: &RefCell<Option<Taken>>,
) -> Result<Exit, CommandError> {
    let out = &arguments.out;
    let mut stage = Stage::open(out).map_err(|error| not_written(out, &error))?;
    finish_left(ui, arguments, &mut stage)?;
    let before = record_of(out)?;
    refuse_another(arguments, before.as_ref(), &selection)?;
    refuse_project(out, before.as_ref())?;
    let name = choice.name();
    let connected = connect::connect(choice, options).await?;
    let org = &connected.org;
    refuse_another_org(out, before.as_ref(), org)?;
    let failed = |error: OrgError| CommandError::org(name, &error);
    let nothing = |error| nothing_read(out, before.as_ref(), failed(error));
    let wanted = take::of_selection(org, selection).await.map_err(nothing)?;
    let options = Options {
        write: WriteOptions {
            is_source: arguments.layout == Layout::Source,
            is_raw: arguments.raw,
            with_keys: arguments.with_consumer_keys,
        },
        prune: arguments.prune,
    };
    let updated = update(org, &wanted, out, before.as_ref(), &options, &mut stage).await;
    let (update, remove) = updated.map_err(|error| match error {
        UpdateError::Org(error) => {
            let error = told::with_nearest_types(failed(error), &wanted.selection);
            nothing_read(out, before.as_ref(), error)
        }
        UpdateError::Stage(error) => not_written(out, &error),
    })?;
    let message = told::message(name, &update);
    stage.place(remove, message.clone()).map_err(|error| not_written(out, &error))?;
    let of = Identity::of(name, org.identity());
    body.replace(Some(told::document(of, arguments, &update)));
    say(&told::tell(ui, out, name, &update))?;
    let add = |tell: &dyn Fn(&mut Taken)| body.borrow_mut().iter_mut().for_each(tell);
    if let Some(case) = &case {
        let file = case.write(ui, org, name).await?;
        add(&|taken| taken.case = Some(file.clone()));
    }
    if arguments.commit {
        let is_committed = git::commit(ui, out, &message)?;
        add(&|taken| taken.committed = Some(is_committed));
    }
    stage.end().map_err(|error| not_written(out, &error))?;
    match told::gaps(&update.record) {
        gaps if gaps.is_empty() => Ok(Exit::Done),
        gaps => Err(told::not_whole(out, name, &wanted.selection, &gaps)),
    }
}

/// Makes the case of a template that asks for nothing that a file could hold.
fn facts_alone(
    answer: &Answer<'_>,
    arguments: &SnapshotArguments,
    choice: &TargetOrg,
    case: Option<&Case>,
    body: &RefCell<Option<Taken>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let out = &arguments.out;
    let Some(case) = case else {
        return Err(nothing_to_take());
    };
    let failed = |error: std::io::Error| {
        CommandError::new(format!("cannot write the snapshot in `{}`", out.display()))
            .because(error.to_string())
    };
    let options = ConnectOptions {
        job_timeout: Duration::from_secs(arguments.timeout),
        ..connect::options(ui)
    };
    connect::block_on(ui, async {
        let connected = connect::connect(choice, options).await?;
        std::fs::create_dir_all(out).map_err(failed)?;
        let file = case.write(ui, &connected.org, choice.name()).await?;
        let of = Identity::of(choice.name(), connected.org.identity());
        let taken = told::document(of, arguments, &Update::default());
        body.replace(Some(Taken { case: Some(file), ..taken }));
        Ok(Exit::Done)
    })
}

/// A template that asks for nothing that a file could hold.
fn nothing_to_take() -> CommandError {
    let why = "it asks for facts, and for what is done by hand; no file holds any of that";
    CommandError::new("there is nothing to take a snapshot of").because(why).hint(
        "a case of it, with what the org answers, is made beside the template: `--out \
         NAME.test/good` for NAME.toml, where there is none yet",
    )
}

/// What the arguments ask for, and the case of a template that it is, if it is one.
fn select(
    ui: &Ui,
    arguments: &SnapshotArguments,
    config: &Config,
    choice: &TargetOrg,
) -> Result<(Selection, Option<Case>), CommandError> {
    if !arguments.template.is_empty() {
        let named = WantedArguments {
            template: arguments.template.clone(),
            set: arguments.set.clone(),
            ..WantedArguments::default()
        };
        let wanted = Wanted::load(ui, &named, config, Some(choice))?;
        return Ok((of_template(&wanted)?, Case::of(ui, &wanted, &arguments.out)?));
    }
    if let Some(file) = &arguments.manifest {
        let bytes = wanted::read(file, "manifest")?;
        let manifest = Manifest::parse(bytes).map_err(|error| {
            CommandError::new(format!("`{}` is no package.xml", file.display()))
                .because(error.to_string())
        })?;
        return Ok((Selection::of_manifest(&manifest), None));
    }
    let default = || take::DEFAULT_TYPES.iter().map(|name| (*name).to_owned()).collect();
    let types: Vec<String> =
        if arguments.types.is_empty() { default() } else { arguments.types.clone() };
    Ok((Selection::of_types(&types), None))
}

fn of_template(wanted: &Wanted) -> Result<Selection, CommandError> {
    let steps = wanted.steps_to_look_at()?;
    let needs = needs(&steps);
    let mut request = RetrieveRequest {
        components: needs.components,
        companions: needs.companions,
        ..Default::default()
    };
    for id in plan::companions(&plan::permissions_wanted(&steps, &Names::default()), &[]) {
        request.companions.add(&id.type_name, &id.full_name);
    }
    Ok(Selection::of_request(&request))
}

/// Finishes what a run that was killed had begun to put in place, and commits it, so that this run
/// begins where that one would have ended. Also says where a commit cannot be made, while nothing
/// is written.
fn finish_left(
    ui: &Ui,
    arguments: &SnapshotArguments,
    stage: &mut Stage,
) -> Result<(), CommandError> {
    let out = &arguments.out;
    let failed = |error: StageError| not_written(out, &error);
    let left = stage.left().map_err(failed)?;
    if arguments.commit {
        git::prepare(out, left.as_ref())?;
    }
    let Some(left) = left else { return Ok(()) };
    ui.note("the last run was cut off while it put its files in place; they are now");
    let message = left.message.clone();
    stage.finish_left(left).map_err(failed)?;
    if arguments.commit {
        git::commit(ui, out, &message)?;
    }
    stage.forget_left().map_err(failed)
}

fn record_of(out: &Path) -> Result<Option<Record>, CommandError> {
    read_record(out).map_err(|error| {
        CommandError::new(format!("the record in `{}` cannot be read", out.display()))
            .because(error.to_string())
            .hint("put its snapshot.json back as it was, or name another folder with `--out`")
    })
}

/// Refuses a run that asks for less than the folder holds, and so would remove files of which the
/// org says nothing.
fn refuse_another(
    arguments: &SnapshotArguments,
    before: Option<&Record>,
    selection: &Selection,
) -> Result<(), CommandError> {
    let Some(before) = before.filter(|_| !arguments.prune) else { return Ok(()) };
    let why = match &before.selection {
        Some(earlier) if earlier.by != selection.by => {
            format!("it holds {}, and this run asks for {}", earlier.by, selection.by)
        }
        Some(earlier) => leaves_out(&selection.lacks(earlier)),
        // Older versions did not write down what was asked for.
        None => {
            let ids = before.components.iter().map(RecordedComponent::id);
            let lacking = ids.filter(|id| !may_be_named(selection, id));
            leaves_out(&lacking.map(|id| id.to_string()).collect::<Vec<_>>())
        }
    };
    if why.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "`{}` is a snapshot of something else than this run asks for, so nothing was written",
        arguments.out.display()
    ))
    .because(why)
    .hint(
        "name another folder with `--out`; or add `--prune`, once, which removes the files of what \
         is not asked for any more",
    ))
}

fn leaves_out(lacking: &[String]) -> String {
    if lacking.is_empty() {
        return String::new();
    }
    format!("this run leaves out: {}", told::shortened(lacking))
}

/// Whether a selection asks for a component, perhaps by the name of whose it is (S 2.1).
fn may_be_named(selection: &Selection, id: &ComponentId) -> bool {
    let is_named_by_owner =
        || registry::find(&id.type_name).is_some_and(|row| row.odd.named_by.is_some());
    selection.names(id) || selection.components.contains_key(&id.type_name) && is_named_by_owner()
}

/// Refuses the root of somebody's project: what is read there is what lies in its package
/// directories.
fn refuse_project(out: &Path, before: Option<&Record>) -> Result<(), CommandError> {
    let is_own = before.is_some_and(|before| before.descriptor.as_deref() == Some(write::PROJECT));
    if is_own || !out.join(write::PROJECT).is_file() {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "`{}` is the root of a project, so nothing was written",
        out.display()
    ))
    .because("its metadata is what lies in its package directories")
    .hint("name a folder of its own with `--out`"))
}

fn refuse_another_org(out: &Path, before: Option<&Record>, org: &Org) -> Result<(), CommandError> {
    let id = &org.identity().id;
    match before.and_then(|before| before.org_id.as_ref()) {
        Some(other) if other != id => Err(CommandError::new(format!(
            "`{}` is a snapshot of another org ({other})",
            out.display()
        ))
        .hint("name another folder with `--out`")),
        _ => Ok(()),
    }
}

fn not_written(out: &Path, error: &StageError) -> CommandError {
    let all = CommandError::new(format!("cannot write the snapshot in `{}`", out.display()))
        .because(error.to_string());
    all.hint(match error {
        StageError::Busy => "wait until it is over, then run this again",
        StageError::InTheWay { .. } => "move it away, or name another folder with `--out`",
        StageError::System { .. } => {
            "run the same command again once that is set right: what was begun is finished first"
        }
    })
}

/// The org's failure, with what it means for the folder.
fn nothing_read(out: &Path, before: Option<&Record>, error: CommandError) -> CommandError {
    let words = if before.is_some() { "is as it was" } else { "was not made" };
    error.hint(format!("`{}` {words}", out.display()))
}
