//! The command line: its arguments, one variant a command, and the road from them to an exit code.

mod commands;
mod completions;
mod help;
mod shared;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

#[cfg(feature = "demo")]
use commands::demo;
use commands::{
    config, deploy, diff, doctor, explain, git_diff, init, merge, org, package, plan, rollback,
    snapshot, template, trend, waive, why,
};
use shared::arguments::Exit;
use shared::error::CommandError;
use shared::ui::terminal::{Colour, Look};
use shared::ui::{self, Ui};
use shared::vouched::Vouched;

use crate::metadata::registry::nearest::nearest;
use crate::report::json::schema::{self, SCHEMAS};

/// Check a Salesforce org against an integration vendor's documented set-up
#[derive(Debug, Parser)]
#[command(name = "sfsetup", version)]
struct Arguments {
    /// Say nothing but the answer
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Say more of what is being done
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    /// Read this file in place of a `sfsetup.toml` that is found; it alone may hold addresses of
    /// orgs
    #[arg(long, global = true, value_name = "FILE", display_order = 900)]
    config: Option<PathBuf>,

    /// Let this host have a token although it is none of Salesforce's (can be repeated)
    #[arg(long, global = true, value_name = "HOST", display_order = 901)]
    allow_host: Vec<String>,

    /// When to use colour; else `NO_COLOR`, `FORCE_COLOR` and the terminal say it
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    #[arg(hide_default_value = true, display_order = 902)]
    color: Colour,

    /// Print a long answer whole, not in `SFSETUP_PAGER`, `PAGER` or `less`
    #[arg(long, global = true, display_order = 903)]
    no_pager: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArguments),
    Diff(diff::DiffArguments),
    Package(package::PackageArguments),
    Plan(plan::PlanArguments),
    Deploy(deploy::DeployArguments),
    Rollback(rollback::RollbackArguments),
    Snapshot(snapshot::SnapshotArguments),
    GitDiff(git_diff::GitDiffArguments),
    Merge(merge::MergeArguments),
    Trend(trend::TrendArguments),
    Waive(waive::WaiveArguments),
    Why(why::WhyArguments),
    Explain(explain::ExplainArguments),
    Doctor(doctor::DoctorArguments),
    Config(config::ConfigArguments),
    Template(template::TemplateArguments),
    Org(org::OrgArguments),
    #[cfg(feature = "demo")]
    Demo(demo::DemoArguments),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the JSON Schema of a document that `--format json` gives
    Schema {
        /// Which, by the `format` at its head or a part of that, such as `deploy`; without it all
        /// are listed
        form: Option<String>,
    },
    /// Print the version
    Version,
    /// Write the manual pages to a folder
    Man {
        /// The folder; it is made where it does not exist
        dir: PathBuf,
    },
}

/// Runs the program and says how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    if let Some(exit) = completions::answer() {
        return ExitCode::from(exit as u8);
    }
    let typed: Vec<OsString> = arguments.into_iter().collect();
    let given: Vec<OsString> = as_sf_says(typed.iter().cloned());
    let parser = grammar().term_width(ui::width_of_help());
    let matches = parser.try_get_matches_from(&given);
    let arguments = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_unknown = error.kind() == ErrorKind::UnknownArgument;
            let better = match error.kind() {
                // A command that has no `--format` is told of what was typed.
                ErrorKind::UnknownArgument if given != typed => Some(typed),
                // `help` has no word for what was probably meant; the command line has.
                ErrorKind::InvalidSubcommand if typed.get(1).is_some_and(|one| one == "help") => {
                    Some([&typed[..1], &typed[2..]].concat())
                }
                _ => None,
            };
            let again = |words: Vec<OsString>| {
                grammar().term_width(ui::width_of_help()).try_get_matches_from(words).err()
            };
            let mut error = better.and_then(again).unwrap_or(error);
            if let Some(tip) = meant(&given, &error).filter(|_| is_unknown) {
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
            }
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            ui::usage(&error, Look::among(&given));
            if exit == Exit::Usage && asks_for_json(&given) {
                ui::usage_document(&error);
            }
            return ExitCode::from(exit as u8);
        }
    };
    let vouched = Vouched { config: arguments.config, hosts: arguments.allow_host };
    let look = Look { colour: arguments.color, no_pager: arguments.no_pager };
    let ui = Ui::new(arguments.quiet, arguments.verbose, look, vouched);
    let exit = run(&ui, arguments.command).unwrap_or_else(|error| {
        ui.last_error(&error);
        error.exit
    });
    ExitCode::from(exit as u8)
}

/// What was probably meant by an argument that a command does not have.
fn meant(given: &[OsString], error: &clap::Error) -> Option<&'static str> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let mut words = given.iter().skip(1).map(|word| word.to_string_lossy());
    match (unknown.as_str(), words.next().as_deref(), words.next().as_deref()) {
        ("--save-plan", ..) => Some(
            "`sfsetup diff --save-plan FILE` saves a plan, which `deploy --plan FILE` carries out",
        ),
        (name, Some("org"), Some("display")) if !name.starts_with('-') => {
            Some("an org is named with `--org NAME`")
        }
        _ => None,
    }
}

/// The command line with all that its help says.
fn grammar() -> clap::Command {
    help::with_examples(Arguments::command())
}

/// The arguments, with `--json` for `--format json`, as people know it of `sf`.
fn as_sf_says(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut is_over = false;
    let named = |argument: OsString| {
        is_over |= argument == "--";
        if argument == "--json" && !is_over { "--format=json".into() } else { argument }
    };
    arguments.map(named).collect()
}

/// Says whether a document is asked for, as far as arguments tell that are wrong.
fn asks_for_json(given: &[OsString]) -> bool {
    let is_pair = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "json";
    given.windows(2).any(is_pair) || given.iter().any(|one| one == "--format=json")
}

fn run(ui: &Ui, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Init(arguments) => init::run(ui, &arguments),
        Command::Diff(arguments) => diff::run(ui, &arguments),
        Command::Package(arguments) => package::run(ui, &arguments),
        Command::Plan(arguments) => plan::run(ui, &arguments),
        Command::Deploy(arguments) => deploy::run(ui, &arguments),
        Command::Rollback(arguments) => rollback::run(ui, &arguments),
        Command::Snapshot(arguments) => snapshot::run(ui, &arguments),
        Command::GitDiff(arguments) => git_diff::run(ui, &arguments),
        Command::Merge(arguments) => merge::run(ui, &arguments),
        Command::Trend(arguments) => trend::run(ui, &arguments),
        Command::Waive(arguments) => waive::run(ui, &arguments),
        Command::Why(arguments) => why::run(ui, &arguments),
        Command::Explain(arguments) => explain::run(ui, &arguments),
        Command::Doctor(arguments) => doctor::run(ui, &arguments),
        Command::Config(arguments) => config::run(ui, &arguments),
        Command::Template(arguments) => template::run(ui, &arguments),
        Command::Org(arguments) => org::run(ui, &arguments),
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => demo::run(ui, &arguments),
        Command::Completions { shell } => {
            ui.answer(&completions::script(shell)?)?;
            Ok(Exit::Done)
        }
        Command::Schema { form } => {
            let Some(form) = form else {
                let rows = SCHEMAS.iter().map(|(name, _)| format!("{name:17} sfsetup.{name}/1\n"));
                ui.answer(&rows.collect::<String>())?;
                return Ok(Exit::Done);
            };
            let schema = schema::find(&form).ok_or_else(|| {
                let near = nearest(&form, SCHEMAS.iter().map(|(name, _)| *name));
                let error = CommandError::new(format!("there is no document `{form}`")).usage();
                let error = error.hint("`sfsetup schema` lists them");
                near.into_iter()
                    .fold(error, |error, near| error.hint(format!("did you mean `{near}`?")))
            })?;
            ui.answer(schema)?;
            Ok(Exit::Done)
        }
        Command::Version => {
            ui.answer(&grammar().render_version())?;
            Ok(Exit::Done)
        }
        Command::Man { dir } => {
            let failed = |error| {
                CommandError::new(format!("cannot write the manual pages to `{}`", dir.display()))
                    .because(error)
            };
            std::fs::create_dir_all(&dir)
                .map_err(|error: std::io::Error| failed(error.to_string()))?;
            help::manual(grammar(), &dir).map_err(|error| failed(error.to_string()))?;
            Ok(Exit::Done)
        }
    }
}
