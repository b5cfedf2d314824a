//! The command line: its arguments, one variant a command, and the road from them to an exit code.

mod baseline;
mod config;
mod connect;
#[cfg(feature = "demo")]
mod demo;
mod deploy;
mod diff;
mod error;
mod git_diff;
mod org;
mod package;
mod restore;
mod rollback;
mod snapshot;
mod template;
mod ui;
mod wanted;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use error::CommandError;
use ui::Ui;

/// How a run ended; stable, and the same in every output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// In sync, or done.
    Done = 0,
    /// Something went wrong.
    Error = 1,
    /// Something differs or is missing, or is left.
    Drift = 2,
    /// The org refused, or the plan is stale.
    Refused = 3,
    /// The arguments are wrong.
    Usage = 64,
    /// Ctrl-C, and nothing is changed: 128 and the signal's number, as shells have it.
    Interrupted = 130,
}

/// Check a Salesforce org against an integration vendor's documented set-up
#[derive(Debug, Parser)]
#[command(name = "sfsetup", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 in sync or done, 1 error, 2 something differs, is missing or is \
                  left, 3 the org refused or the plan is stale, 64 wrong usage, 130 interrupted."
)]
struct Arguments {
    /// Say nothing but the answer
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Say more of what is being done (can be repeated)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::DiffArguments),
    Package(package::PackageArguments),
    Deploy(deploy::DeployArguments),
    Rollback(rollback::RollbackArguments),
    Snapshot(snapshot::SnapshotArguments),
    GitDiff(git_diff::GitDiffArguments),
    Template(template::TemplateArguments),
    Org(org::OrgArguments),
    #[cfg(feature = "demo")]
    Demo(demo::DemoArguments),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages to a folder
    Man {
        /// The folder; it is made where it does not exist
        dir: PathBuf,
    },
}

/// Where the wanted state comes from.
#[derive(Clone, Debug, Default, Args)]
struct WantedArguments {
    /// The template: a shipped one's name, or a file (can be repeated)
    #[arg(long, value_name = "NAME|FILE")]
    template: Vec<String>,

    /// Give a parameter of the template a value; a list is comma-separated (can be repeated)
    ///
    /// With several templates NAME is the parameter of each that has one, and TEMPLATE.NAME that
    /// template's.
    #[arg(long = "set", value_name = "NAME=VALUE", requires = "template")]
    set: Vec<String>,

    /// What was so once: a snapshot, a folder or a zip, in place of a template
    #[arg(long, value_name = "PATH", conflicts_with = "template")]
    baseline: Option<PathBuf>,

    /// Another org as the baseline
    #[arg(long, value_name = "ORG", conflicts_with_all = ["template", "baseline"])]
    baseline_org: Option<String>,

    /// Take a folder without a record of what was asked for as a part, not as all that there is
    #[arg(long, conflicts_with = "template")]
    sparse: bool,

    /// Look only at these components or settings; `*` and `?` stand for any text (can be repeated)
    #[arg(long, value_name = "TYPE:NAME[:PATH]")]
    only: Vec<String>,
}

/// Where the actual state comes from.
#[derive(Debug, Args)]
struct SourceArguments {
    /// The org: a login of sfsetup's, an alias or username of the sf command line, or `demo`
    #[arg(long, value_name = "ORG", conflicts_with = "from")]
    org: Option<String>,

    /// A folder in metadata or source format, a zip, or a snapshot
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,

    /// How long the org may take to put a retrieve together, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, conflicts_with = "from")]
    timeout: u64,
}

/// In what form an answer is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person at a terminal
    #[default]
    Text,
    /// For programs
    Json,
}

/// Runs the program and says how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // A closed pipe is the reader's choice, not a failure.
            let _ = error.print();
            return ExitCode::from(exit as u8);
        }
    };
    let ui = Ui::new(arguments.quiet, arguments.verbose);
    let exit = run(&ui, arguments.command).unwrap_or_else(|error| {
        ui.error(&error);
        error.exit
    });
    ExitCode::from(exit as u8)
}

fn run(ui: &Ui, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Diff(arguments) => diff::run(ui, &arguments),
        Command::Package(arguments) => package::run(ui, &arguments),
        Command::Deploy(arguments) => deploy::run(ui, &arguments),
        Command::Rollback(arguments) => rollback::run(ui, &arguments),
        Command::Snapshot(arguments) => snapshot::run(ui, &arguments),
        Command::GitDiff(arguments) => git_diff::run(ui, &arguments),
        Command::Template(arguments) => template::run(ui, &arguments),
        Command::Org(arguments) => org::run(ui, &arguments),
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => demo::run(ui, &arguments),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "sfsetup", &mut text);
            ui.answer(&String::from_utf8_lossy(&text))?;
            Ok(Exit::Done)
        }
        Command::Man { dir } => {
            let failed = |error| {
                CommandError::new(format!("cannot write the manual pages to `{}`", dir.display()))
                    .because(error)
            };
            std::fs::create_dir_all(&dir)
                .map_err(|error: std::io::Error| failed(error.to_string()))?;
            clap_mangen::generate_to(Arguments::command(), &dir)
                .map_err(|error| failed(error.to_string()))?;
            Ok(Exit::Done)
        }
    }
}
