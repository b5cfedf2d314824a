//! Many orgs: which are meant, how many are asked at a time, and what is told meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use crate::fleet::{self, Cut, Limits};
use crate::org::ConnectOptions;
use crate::org::gate::Gate;
use crate::report::code;

use super::arguments::{Exit, demo_name, shell_word};
use super::config::Config;
use super::connect::{self, TargetOrg};
use super::error::CommandError;
use super::known_orgs::known_orgs;
use super::ui::Ui;
use super::ui::many::Tally;

/// Which orgs, and how they are asked.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FleetArguments {
    /// The org: a login of sfsetup's, an alias or username of the sf command line, `demo`,
    /// or `demo:NAME` (can be repeated)
    #[arg(short, long, value_name = "ORG", alias = "target-org")]
    pub(crate) org: Vec<String>,

    /// The orgs of a file: each `[orgs.NAME]` of TOML as in `sfsetup.toml`, or each row of CSV with
    /// a column `org`; the other columns are parameters
    #[arg(long, value_name = "FILE")]
    pub(crate) orgs: Option<PathBuf>,

    /// Every login of sfsetup's, and every alias of the sf command line
    #[arg(long)]
    pub(crate) all_orgs: bool,

    /// How many orgs are asked at a time; 16 where there are so many
    #[arg(long, value_name = "N", help_heading = MANY)]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// How many requests are on their way to one host at a time; 100 where nothing is said, and 5 to
    /// one org
    #[arg(long, value_name = "N", help_heading = MANY)]
    pub(crate) host_requests: Option<NonZeroUsize>,

    /// How long one org may take in all, in seconds
    #[arg(long, value_name = "SECONDS", help_heading = MANY)]
    pub(crate) org_timeout: Option<u64>,

    /// How long all orgs together may take, in seconds; those that are not done by then have failed
    #[arg(long, value_name = "SECONDS", help_heading = MANY)]
    pub(crate) deadline: Option<u64>,

    /// How much of its daily API requests is left to an org, in percent: 5 where there are many
    #[arg(long, value_name = "PERCENT", help_heading = MANY)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) api_reserve: Option<u8>,
}

/// The heading of what is of many orgs alone.
pub(crate) const MANY: &str = "Many orgs";

/// So much of its daily API requests is left to an org where there are many.
const RESERVE: u8 = 5;

/// One of many orgs.
#[derive(Debug)]
pub(crate) struct OneOrg {
    /// What it is called.
    pub(crate) name: String,
    /// Which org that is; or why nobody can say, which is this org's failure.
    pub(crate) choice: Result<TargetOrg, CommandError>,
}

/// Many orgs.
pub(crate) struct Fleet {
    pub(crate) orgs: Vec<OneOrg>,
    /// What holds for them.
    pub(crate) config: Config,
    /// Names that could not be read, so that not all orgs are known.
    pub(crate) unread: Vec<String>,
    pub(crate) limits: Limits,
    reserve: u8,
    gate: Gate,
    /// The file of orgs that was named.
    file: Option<PathBuf>,
    /// How long orgs were waited for so far; not in it is the time in which a person is asked.
    spent: Cell<Duration>,
}

impl FleetArguments {
    /// Says whether many orgs are meant, though it may be one that is found.
    pub(crate) fn is_many(&self) -> bool {
        let is_listed = self.org.len() > 1 || self.orgs.is_some() || self.all_orgs;
        // What is of many alone must not be passed over.
        let is_told = self.host_requests.is_some();
        is_listed
            || is_told
            || self.jobs.is_some()
            || self.org_timeout.is_some()
            || self.deadline.is_some()
    }

    /// Says whether any org is named.
    pub(crate) fn is_named(&self) -> bool {
        !self.org.is_empty() || self.orgs.is_some() || self.all_orgs
    }

    /// The one org that is named; none where none is.
    pub(crate) fn one(&self) -> Option<String> {
        self.org.first().cloned()
    }

    /// Finds out which orgs are meant, each once, in the order in which they are named.
    ///
    /// # Errors
    /// A file cannot be read, or names none; a credential stands in the place of a name.
    pub(crate) fn fleet(&self, ui: &Ui) -> Result<Fleet, CommandError> {
        self.fleet_or(ui, Vec::new())
    }

    /// The same; where no org is named these are meant.
    pub(crate) fn fleet_or(&self, ui: &Ui, else_: Vec<String>) -> Result<Fleet, CommandError> {
        let (config, of_file) = match &self.orgs {
            Some(file) => orgs_of(ui, file)?,
            None => (Config::find(ui.vouched(), None)?, Vec::new()),
        };
        let mut names: Vec<String> = self.org.clone();
        names.extend(of_file);
        let mut unread = Vec::new();
        if self.all_orgs {
            let known = known_orgs(ui)?;
            let known_names = known.names.into_iter().map(|(name, _)| name);
            names.extend(known_names.filter(|name| demo_name(name).is_none()));
            unread = known.unread;
        }
        if !self.is_named() {
            names = else_;
        }
        if names.is_empty() {
            let error = CommandError::new(match self.all_orgs {
                true => "no org is known here",
                false => "no org is named",
            });
            let error = unread.into_iter().fold(error.usage(), CommandError::because);
            return Err(error.hint(
                "name orgs with `--org NAME`, once for each, or with `--orgs FILE`; `sfsetup org \
                 login NAME` signs in to one",
            ));
        }
        let (names, again) = fleet::once(names);
        for name in again {
            ui.note(&format!("`{name}` is named more than once, and asked once"));
        }
        let mut orgs = Vec::with_capacity(names.len());
        for name in names {
            let choice = match connect::choose(ui, Some(&name), &config) {
                Ok(Some(choice)) => Ok(choice),
                Ok(None) => continue,
                Err(error) if error.exit == Exit::Usage => return Err(error),
                Err(error) => Err(error),
            };
            orgs.push(OneOrg { name, choice });
        }
        let limits = Limits {
            jobs: fleet::jobs(self.jobs, orgs.len()),
            each: self.org_timeout.map(Duration::from_secs),
            all: self.deadline.map(Duration::from_secs),
        };
        let reserve = self.api_reserve.unwrap_or(RESERVE);
        let gate = self.host_requests.map_or_else(Gate::default, |many| Gate::new(many.get()));
        let (file, spent) = (self.orgs.clone(), Cell::default());
        Ok(Fleet { orgs, config, unread, limits, reserve, gate, file, spent })
    }
}

/// The orgs of a file, and the configuration that holds for them.
fn orgs_of(ui: &Ui, file: &Path) -> Result<(Config, Vec<String>), CommandError> {
    let is_csv = file.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("csv"));
    let (config, names) = if is_csv {
        let mut config = Config::find(ui.vouched(), None)?;
        let names = config.add_orgs(file)?;
        (config, names)
    } else {
        if ui.vouched().config.as_deref().is_some_and(|config| config != file) {
            return Err(CommandError::new("two files say what holds for the orgs")
                .because("a TOML file of `--orgs` is the configuration of its orgs")
                .hint("leave `--config` out")
                .usage());
        }
        let config = Config::named(file)?;
        let names = config.tables_of_orgs();
        (config, names)
    };
    if names.is_empty() {
        return Err(CommandError::new(format!("`{}` names no org", file.display()))
            .hint(
                "an org is a table `[orgs.NAME]` in TOML, or a row of a CSV file whose first line \
                 has a column `org`",
            )
            .usage());
    }
    Ok((config, names))
}

/// What one org's work is given.
pub(crate) struct Given<'f> {
    /// Which of the orgs.
    pub(crate) index: usize,
    pub(crate) org: &'f OneOrg,
    /// Says what is to be said of this org.
    pub(crate) ui: &'f Ui,
    pub(crate) options: ConnectOptions,
}

impl Fleet {
    /// The orgs' names, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.orgs.iter().map(|org| org.name.as_str())
    }

    /// How the file of orgs is named in a command, where one was.
    pub(crate) fn as_named(&self) -> String {
        let name = self.file.as_ref().map(|file| shell_word(&file.display().to_string()));
        name.map(|name| format!(" --orgs {name}")).unwrap_or_default()
    }

    fn cut_off(&self, cut: Cut) -> CommandError {
        let (what, after, option) = match cut {
            Cut::Each(after) => ("it was", after, "`--org-timeout` gives an org more time"),
            Cut::All(after) => {
                let all = self.limits.all.unwrap_or(after);
                ("all orgs were", all, "`--deadline` gives more time")
            }
        };
        CommandError::new(format!("{what} not done within {} s", after.as_secs()))
            .hint(option)
            .code(code::TIMED_OUT)
    }

    /// Does the work for each org of `items` as long as `goes_on` says so; `ended` is given what
    /// each has come to, as it ends, and says whether it failed, and why.
    pub(crate) async fn run<R>(
        &self,
        ui: &Ui,
        items: Vec<usize>,
        job_timeout: u64,
        goes_on: impl Fn() -> bool,
        work: impl AsyncFn(Given<'_>) -> Result<R, CommandError>,
        ended: impl Fn(usize, Result<R, CommandError>) -> Option<CommandError>,
    ) {
        let tally = Tally::new(ui, items.len());
        let uis: Vec<Ui> = self.orgs.iter().map(|org| ui.of_one(&org.name)).collect();
        let one = |index: usize| {
            let (org, ui) = (&self.orgs[index], &uis[index]);
            let options = ConnectOptions {
                job_timeout: Duration::from_secs(job_timeout),
                api_reserve: self.reserve,
                gate: self.gate.clone(),
                ..connect::options(ui)
            };
            work(Given { index, org, ui, options })
        };
        let is_held = |index: usize| uis[index].interrupt().is_held();
        let tell = |index: usize, outcome: Result<Result<R, CommandError>, Cut>| {
            let name = &self.orgs[index].name;
            let outcome = outcome.unwrap_or_else(|cut| Err(self.cut_off(cut)));
            let failed = ended(index, outcome);
            tally.ended(name, failed.as_ref());
        };
        let items = items.into_iter().take_while(|_| goes_on());
        let left = |all: Duration| all.saturating_sub(self.spent.get());
        let limits = Limits { all: self.limits.all.map(left), ..self.limits };
        let began = Instant::now();
        fleet::run(items, &limits, one, is_held, tell).await;
        self.spent.set(self.spent.get() + began.elapsed());
        tally.over();
    }
}

/// An org that was not looked at since the run was told to stop.
pub(crate) fn not_reached() -> CommandError {
    CommandError::interrupted().because("the run was told to stop before this org was done")
}

/// Each org's name as that of a file or folder, on every system.
///
/// # Errors
/// Two would have the same.
pub(crate) fn file_names<'n>(
    names: impl Iterator<Item = &'n str>,
) -> Result<BTreeMap<&'n str, String>, CommandError> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut all = BTreeMap::new();
    for name in names {
        let file = file_name(name);
        // Some systems take capitals for small letters.
        if let Some(other) = taken.insert(file.to_lowercase(), name) {
            return Err(CommandError::new(format!(
                "`{other}` and `{name}` would have one name on the disk, `{file}`"
            ))
            .hint("give one of them another alias, or name it alone")
            .usage());
        }
        all.insert(name, file);
    }
    Ok(all)
}

fn file_name(name: &str) -> String {
    let is_fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let fine: String = name.chars().map(|c| if is_fine(c) { c } else { '-' }).collect();
    match fine.trim_matches('.') {
        "" => "-".to_owned(),
        fine => fine.to_owned(),
    }
}

/// How a run over many ends: with 4 where orgs failed, else as its worst.
pub(crate) fn exit(exits: impl IntoIterator<Item = Exit>) -> Exit {
    exits.into_iter().fold(Exit::Done, |worst, one| match (worst, one) {
        (Exit::Partial, _) | (_, Exit::Error | Exit::Partial | Exit::Usage | Exit::Refused) => {
            Exit::Partial
        }
        (Exit::Drift, _) | (_, Exit::Drift) => Exit::Drift,
        _ => Exit::Done,
    })
}

/// Refuses two names that lead to one org, where each would change it.
///
/// # Errors
/// There are such.
pub(crate) fn refuse_same<'n>(
    orgs: impl Iterator<Item = (&'n str, Option<&'n str>)>,
) -> Result<(), CommandError> {
    let mut by_id: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, id) in orgs {
        let Some(id) = id else { continue };
        if let Some(other) = by_id.insert(id, name) {
            return Err(CommandError::new(format!(
                "`{other}` and `{name}` are one org ({id}), so nothing was sent"
            ))
            .hint("name it once")
            .usage());
        }
    }
    Ok(())
}

/// What to do where a run over many orgs did not come to its end.
pub(crate) const GOES_ON: &str = "run the same command again: it goes on with what is left";

/// Says which names lead to one org.
pub(crate) fn note_same<'n>(ui: &Ui, orgs: impl Iterator<Item = (&'n str, Option<&'n str>)>) {
    let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, id) in orgs {
        by_id.entry(id.unwrap_or_default()).or_default().push(name);
    }
    by_id.remove("");
    for (id, names) in by_id.into_iter().filter(|(_, names)| names.len() > 1) {
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        ui.note(&format!("{} are one org ({id})", names.join(" and ")));
    }
}

/// A file to which answers are added as they come, so that what came before a crash is in it.
pub(crate) struct Ledger {
    path: PathBuf,
    file: RefCell<File>,
}

impl Ledger {
    /// Begins a file with what is known already; what was there is replaced whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn begin(ui: &Ui, path: &Path, text: &str) -> Result<Self, CommandError> {
        ui.answer_to(path, text)?;
        let opened = std::fs::OpenOptions::new().append(true).open(path);
        let file = opened.map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_path_buf(), file: RefCell::new(file) })
    }

    /// Adds lines, on the disk when this returns.
    ///
    /// # Errors
    /// They cannot be written.
    pub(crate) fn add(&self, text: &str) -> Result<(), CommandError> {
        let text = crate::report::line::harmless(text);
        let mut file = self.file.borrow_mut();
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|error| cannot_write(&self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(format!("cannot write `{}`", path.display())).because(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn any_name_can_stand_on_the_disk() {
        for (name, expected) in [
            ("acme", "acme"),
            ("demo:a", "demo-a"),
            ("ops@acme.example", "ops@acme.example"),
            ("../up", "-up"),
            ("..", "-"),
            ("a/b\\c", "a-b-c"),
        ] {
            assert_eq!(file_name(name), expected, "{name}");
        }
    }
}
