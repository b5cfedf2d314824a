//! `sfsetup diff`: what a template wants, against what is there.

mod many;
mod outlet;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, FromArgMatches as _};

use crate::cli::shared::answer::{check_writable, failure, note_replaced};
use crate::cli::shared::arguments::{
    Exit, SourceArguments, WantedArguments, org_option, shell_word,
};
use crate::cli::shared::baseline;
use crate::cli::shared::clock;
use crate::cli::shared::config::Config;
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fail_on::FailOn;
use crate::cli::shared::fleet::{FleetArguments, MANY};
use crate::cli::shared::format::{Format, refuse_toml};
use crate::cli::shared::goal::{Goal, Means, Seen};
use crate::cli::shared::outlet::{FORMATS, Manner, Outlet, ended, give};
use crate::cli::shared::part::PartArguments;
use crate::cli::shared::plans::Making;
use crate::cli::shared::saved::{plan_text, plan_to_save};
use crate::cli::shared::selection::Selection;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::{self, Wanted};
use crate::diff::{Diff, Finding, State};
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::labels::CONNECTED_APP;
use crate::metadata::lasting::Period;
use crate::org::{ConnectOptions, Org};
use crate::report::plan::{FileChange, changes};
use crate::report::since::{self, Become, Incomparable, Since};
use crate::report::{OrgReport, Report, text};
use crate::template::Template;

use outlet::{owe, written};

/// Show what differs between a template and an org, or metadata in files
///
/// Every setting that the template wants ends in one state: in sync (=), differs (~), missing (+),
/// to do by hand (!) or not observed (?). Nothing is changed, in an org or on disk.
#[derive(Debug, Args)]
#[command(override_usage = "sfsetup diff [OPTIONS]")]
pub(crate) struct DiffArguments {
    #[command(flatten)]
    wanted: WantedArguments,

    #[command(flatten)]
    fleet: FleetArguments,

    /// A folder in metadata or source format, a zip, or a snapshot
    #[arg(long, value_name = "PATH", conflicts_with_all = ["org", "orgs", "all_orgs"])]
    from: Option<PathBuf>,

    /// How long the org may take to put a retrieve together, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, conflicts_with = "from")]
    timeout: u64,

    /// The form of the answer; without it the suffix of `--out` says it, else it is text
    #[arg(long, value_parser = Format::among(FORMATS))]
    format: Option<Format>,

    /// Write the answer to a file; nothing is printed then. May be repeated: each file has the form
    /// that its suffix says
    #[arg(long, value_name = "FILE")]
    out: Vec<PathBuf>,

    /// Say what is new, fixed or still so since an earlier answer, a file of `--format json`; only
    /// what is new fails then
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "baseline_org"])]
    since: Option<PathBuf>,

    /// Write the plan that fixes what differs, for `sfsetup deploy --plan`; of many orgs a folder,
    /// with a page to review them
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    save_plan: Option<PathBuf>,

    /// Say also what ends within this time, or has ended: certificates of the apps, assignments of
    /// the users, passwords; 12h, 30d, 4w
    #[arg(long, value_name = "TIME", conflicts_with_all = ["baseline", "baseline_org", "save_plan"])]
    expires_within: Option<Period>,

    /// Fail with 2 also when something is only to do by hand or was not observed
    #[arg(long)]
    strict: bool,

    /// End with 0 where something differs too, for whoever takes 2 for a breakdown; what goes wrong
    /// is an error all the same
    #[arg(long)]
    exit_zero: bool,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    full: bool,

    /// Keep each org's answer here as it comes; where the file is there already, only the orgs that
    /// have no answer in it are asked
    #[arg(long, value_name = "FILE", help_heading = MANY)]
    resume: Option<PathBuf>,

    #[command(flatten)]
    part: PartArguments,

    /// In CSV a row an org and a column a step, in place of a row a finding
    #[arg(long, help_heading = MANY)]
    matrix: bool,
}

impl DiffArguments {
    /// Says whether many orgs are asked.
    fn is_many(&self) -> bool {
        self.fleet.is_many() || self.resume.is_some() || self.matrix || self.part.is_given()
    }

    /// How the answers of many orgs are shown.
    fn manner(&self) -> Manner {
        Manner { full: self.full, matrix: self.matrix }
    }

    /// Where the one actual state comes from.
    fn source(&self) -> SourceArguments {
        SourceArguments { org: self.fleet.one(), from: self.from.clone(), timeout: self.timeout }
    }

    /// Gets the templates with their values for an org, and what ends of it.
    fn load(
        &self,
        ui: &Ui,
        config: &Config,
        choice: Option<&TargetOrg>,
    ) -> Result<Wanted, CommandError> {
        let mut wanted = Wanted::load(ui, &self.wanted, config, choice)?;
        if let Some(period) = self.expires_within {
            wanted.add_ends(ui, period)?;
        }
        Ok(wanted)
    }

    /// Reads the earlier answer that was named.
    fn earlier(&self) -> Result<Option<Earlier>, CommandError> {
        let Some(path) = &self.since else { return Ok(None) };
        let text = String::from_utf8_lossy(&wanted::read(path, "answer")?).into_owned();
        Ok(Some(Earlier { name: path.display().to_string(), text }))
    }
}

/// An answer that was given before.
struct Earlier {
    name: String,
    text: String,
}

impl Earlier {
    /// Reads it, of one org or of many.
    fn answer(&self) -> Result<serde_json::Value, CommandError> {
        since::answer(&self.text).map_err(|error| self.incomparable(&error))
    }

    fn incomparable(&self, error: &Incomparable) -> CommandError {
        CommandError::new(format!("`{}` cannot be compared with this", self.name))
            .because(error.to_string())
            .hint("name the JSON of an earlier diff of the same templates and the same org")
            .usage()
    }

    /// What has become of it; none where the org gave no answer now.
    fn compare(&self, report: &Report<'_>) -> Result<Option<Since>, CommandError> {
        if report.diffs().next().is_none() {
            return Ok(None);
        }
        Since::of(&self.text, report).map(Some).map_err(|error| self.incomparable(&error))
    }
}

pub(crate) fn run(ui: &Ui, arguments: &DiffArguments) -> Result<Exit, CommandError> {
    // An answer is owed from the first on, in the forms that are asked for before any file is read.
    match arguments.outlets(Format::Text) {
        Ok(outlets) => owe(ui, arguments, &outlets),
        // Which file is meant cannot be told.
        Err(_) if arguments.format == Some(Format::Json) => {
            owe(ui, arguments, &[Outlet { file: None, format: Format::Json }]);
        }
        Err(_) => {}
    }
    let come = if arguments.is_many() { many::run(ui, arguments) } else { compared(ui, arguments) };
    // What is owed still was not given: it did not come to an answer.
    match ended(ui, come) {
        Ok(Exit::Drift) if arguments.exit_zero => Ok(Exit::Done),
        come => come,
    }
}

/// Shows what differs as a plain `sfsetup diff` does; `org` is named where another would be taken.
pub(crate) fn plain(ui: &Ui, org: Option<&str>) -> Result<Exit, CommandError> {
    let words = ["diff".to_owned()].into_iter().chain(org.map(|org| format!("--org={org}")));
    let command = DiffArguments::augment_args(clap::Command::new("diff"));
    let arguments = command
        .try_get_matches_from(words)
        .and_then(|matches| DiffArguments::from_arg_matches(&matches))
        .map_err(|error| CommandError::internal("a diff cannot begin", error.to_string()))?;
    run(ui, &arguments)
}

fn compared(ui: &Ui, arguments: &DiffArguments) -> Result<Exit, CommandError> {
    let earlier = arguments.earlier()?;
    let source = arguments.source();
    let (config, choice) = wanted::source(ui, &source)?;
    let (usual, place) = config.format().unzip();
    let outlets = &arguments.outlets(usual.unwrap_or_default())?[..];
    for Outlet { file, format } in outlets {
        let from = match (arguments.format, file, &place) {
            (Some(_), ..) => "--format",
            (None, Some(_), _) => "--out",
            (None, None, Some(place)) => place.as_str(),
            (None, None, None) => "by default",
        };
        ui.detail(&format!("format {}: {from}", format.name()));
    }
    // What the project's file says counts too.
    owe(ui, arguments, outlets);
    outlets.iter().filter_map(|outlet| outlet.file).try_for_each(check_writable)?;
    arguments.save_plan.as_deref().map_or(Ok(()), refuse_toml)?;
    if let Some(folder) = arguments.save_plan.as_ref().filter(|path| path.is_dir()) {
        return Err(CommandError::new(format!("`{}` is a folder", folder.display()))
            .because("the plan of one org is a file")
            .hint("name a file with `--save-plan`, or several orgs")
            .usage());
    }
    let is_for_a_terminal = outlets.iter().all(|outlet| outlet.format.is_for_a_terminal());
    let only = Selection::parse(&arguments.wanted.only, &arguments.wanted.except)?;
    let waivers = wanted::waivers(ui, &config, choice.as_ref())?;
    let (fail_on, place) = wanted::fail_on(ui, arguments.strict, &config, choice.as_ref());
    let ends = Ends { fail_on, place };
    if let Some(saved) = baseline::named(&arguments.wanted) {
        let timeout = Duration::from_secs(arguments.timeout);
        return connect::block_on(ui, async {
            let side = baseline::baseline(ui, &saved, timeout).await?;
            let goal = Goal::Baseline { side: &side, saved, only: &only, waivers: &waivers };
            let asked = DiffRequest::alone(ui, arguments, outlets, &goal, choice.as_ref());
            let (org, failed) = asked.look().await?;
            let drift = org.outcome.as_ref().ok().filter(|diff| diff.has_drift());
            let drift = drift.and_then(|diff| diff.baseline.as_ref());
            let is_brought_back = drift.map(|against| against.can_be_brought_back);
            let report = Report::of(Vec::new(), org, clock::today());
            let exit = answer(ui, arguments, outlets, &report, None, failed, &ends)?;
            if let Some(choice) = &choice
                && let Some(is_brought_back) = is_brought_back
                && is_for_a_terminal
            {
                let deploy = format!(
                    "`sfsetup deploy {}{}`",
                    baseline::as_named(&arguments.wanted),
                    org_option(choice.name())
                );
                ui.hint(&match is_brought_back {
                    true => {
                        format!("{deploy} brings the org back to it; with `--only` a part of it")
                    }
                    false => format!(
                        "{deploy} changes none of this: it removes nothing that is new, and says \
                         where in Setup a person does; a new snapshot takes it into the baseline"
                    ),
                });
            }
            Ok(exit)
        });
    }
    wanted::check_named(&arguments.wanted, &source, &config, choice.as_ref())?;
    let wanted = arguments.load(ui, &config, choice.as_ref())?;
    let steps =
        if arguments.save_plan.is_some() { wanted.steps()? } else { wanted.steps_to_look_at()? };
    let (wanted, steps, only, waivers) = (&wanted, &steps, &only, &waivers);
    let goal = Goal::Steps { wanted, steps, only, waivers, is_blind: false };
    let asked = DiffRequest::alone(ui, arguments, outlets, &goal, choice.as_ref());
    let (org, failed) = connect::block_on(ui, asked.look())?;
    let report = Report::of(wanted.templates().collect(), org, clock::today());
    let exit = answer(ui, arguments, outlets, &report, earlier.as_ref(), failed, &ends)?;
    if is_for_a_terminal && arguments.out.is_empty() {
        next(ui, arguments, wanted, choice.as_ref(), &report, fail_on);
        let spent = report.diffs().filter(|_| only.is_all());
        spent.flat_map(|diff| waivers.not_needed(&diff.findings)).for_each(|one| ui.hint(&one));
    }
    Ok(exit)
}

/// What makes the run end with 2, and where the configuration says it.
struct Ends {
    fail_on: FailOn,
    place: Option<String>,
}

/// Gives the answer, and where the org failed the error too.
fn answer(
    ui: &Ui,
    arguments: &DiffArguments,
    outlets: &[Outlet<'_>],
    report: &Report<'_>,
    earlier: Option<&Earlier>,
    failed: Option<CommandError>,
    ends: &Ends,
) -> Result<Exit, CommandError> {
    let since = match earlier {
        Some(earlier) => earlier.compare(report)?.map(|since| (earlier.name.as_str(), since)),
        None => None,
    };
    // All is made before any is written: what cannot be made is told in what is owed.
    let mut texts = Vec::with_capacity(outlets.len());
    for outlet in outlets {
        // As text a failure is read on stderr; any other answer is given whatever happened.
        if let (Format::Text, Some(error), None) = (outlet.format, &failed, report.diffs().next()) {
            if outlet.file.is_some() {
                texts.push((outlet, text::failed(&failure(ui, error))));
            }
            continue;
        }
        texts.push((outlet, written(arguments, outlet.format, report, since.as_ref())?));
    }
    if failed.is_some() && report.diffs().next().is_none() {
        outlets.iter().filter_map(|outlet| outlet.file).for_each(|file| note_replaced(ui, file));
    }
    give(ui, &texts)?;
    // A person has read it in the answer.
    if !outlets.iter().any(|one| one.format.is_for_a_terminal() && one.file.is_none()) {
        report.diffs().flat_map(|diff| &diff.warnings).for_each(|one| ui.warn(one));
    }
    if let Some(error) = failed.or_else(|| no_answer(report)) {
        return Err(error);
    }
    let exit = exit(report, since.as_ref().map(|(_, since)| since), ends.fail_on);
    let is_drift = |finding: &Finding<'_>| FailOn::Any.is_drift(finding);
    if exit == Exit::Drift
        && ends.fail_on == FailOn::Observed
        && !report.diffs().flat_map(|diff| &diff.findings).any(is_drift)
    {
        ui.note(&strictly(report, ends));
    }
    if let (Exit::Done, Some(place)) = (exit, &ends.place)
        && since.is_none()
        && report.diffs().any(Diff::has_drift)
    {
        ui.note(&format!(
            "nothing of what differs or is missing is required, and nothing else fails here: \
             `fail-on = \"{}\"` at {place}",
            ends.fail_on.name()
        ));
    }
    Ok(exit)
}

/// Says that a run fails only because what is open counts.
fn strictly(report: &Report<'_>, ends: &Ends) -> String {
    let findings = || report.diffs().flat_map(|diff| &diff.findings);
    let parts: Vec<String> = [
        (report.count(State::NotObserved), "not observed"),
        (report.count(State::Manual), "by hand"),
        (findings().filter(|finding| finding.is_of_nothing()).count(), "so for nothing"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{count} {words}"))
    .collect();
    let why = match &ends.place {
        Some(place) => format!("`fail-on = \"{}\"` at {place}", ends.fail_on.name()),
        None => "`--strict`".to_owned(),
    };
    format!("nothing differs; it fails because of {why}: {}", parts.join(", "))
}

/// Why what was found is no answer, or no whole one. What was read is answered all the same where a
/// file beside it is no metadata.
fn no_answer(report: &Report<'_>) -> Option<CommandError> {
    let broken = report.diffs().find_map(|diff| CommandError::broken(&diff.broken));
    let silence = || report.diffs().find_map(Diff::silence);
    broken.or_else(|| silence().map(|silence| CommandError::silence(&silence)))
}

/// What is asked, and of whom.
struct DiffRequest<'a> {
    ui: &'a Ui,
    arguments: &'a DiffArguments,
    outlets: &'a [Outlet<'a>],
    goal: &'a Goal<'a>,
    choice: Option<&'a TargetOrg>,
    options: ConnectOptions,
    /// Where the plan that fixes what differs goes.
    save: Option<Save<'a>>,
    /// Whether one org is told alone, with what a fix would change in it.
    is_alone: bool,
}

/// Where a plan goes.
enum Save<'a> {
    File(&'a Path),
    Folder(&'a Making),
}

impl<'a> DiffRequest<'a> {
    /// Asks one org, or one folder.
    fn alone(
        ui: &'a Ui,
        arguments: &'a DiffArguments,
        outlets: &'a [Outlet<'a>],
        goal: &'a Goal<'a>,
        choice: Option<&'a TargetOrg>,
    ) -> Self {
        let options = ConnectOptions {
            job_timeout: Duration::from_secs(arguments.timeout),
            api_reserve: arguments.fleet.api_reserve.unwrap_or_default(),
            ..connect::options(ui)
        };
        let save = arguments.save_plan.as_deref().map(Save::File);
        Self { ui, arguments, outlets, goal, choice, options, save, is_alone: true }
    }

    /// One org's, or one folder's, part of the report, and where the org failed the same as an
    /// error for people.
    async fn look(&self) -> Result<(OrgReport<'a>, Option<CommandError>), CommandError> {
        if let Some(from) = &self.arguments.from {
            let seen = self.goal.look_at_files(self.ui, from)?;
            let name = from.display().to_string();
            let files = self.fix(&seen, Means::Package);
            let report = OrgReport { files, ..OrgReport::of_files(name, self.found(seen)?) };
            return Ok((report, None));
        }
        let choice = self.choice.ok_or_else(wanted::nothing_named)?;
        let connected = match connect::connect(choice, self.options.clone()).await {
            Ok(connected) => connected,
            Err(error) => {
                let error = self.goal.advise(error);
                return Ok((OrgReport::failed(choice.name(), &error), Some(error)));
            }
        };
        let org = &connected.org;
        let identity = org.identity().clone();
        let to_change = self.save.is_some() || self.shows_fix();
        let mut files = Vec::new();
        let outcome = match self.goal.look(self.ui, org, choice.name(), to_change).await {
            Ok(seen) => {
                let (requests, version) = (org.requests(), org.api_version());
                self.ui.detail(&format!("{requests} requests, API version {version}"));
                if let Some(save) = &self.save {
                    self.save_plan(org, &seen, save)?;
                }
                files = self.fix(&seen, Means::Deploy);
                self.found(seen)
            }
            Err(error) => Err(self.goal.advise(error)),
        };
        let (outcome, failed) = match outcome {
            Ok(found) => (Ok(found), None),
            Err(error) => (Err(failure(self.ui, &error)), Some(error)),
        };
        let report = OrgReport {
            name: choice.name().to_owned(),
            id: Some(identity.id),
            instance_url: Some(identity.instance_url),
            source: Some(identity.source),
            outcome,
            files,
        };
        Ok((report, failed))
    }

    /// What was found; where it stands is looked up only where it will be shown.
    fn found(&self, seen: Seen) -> Result<Diff<'a>, CommandError> {
        let is_told = |outlet: &Outlet<'_>| !outlet.format.is_for_a_terminal();
        let with_places = self.outlets.iter().any(is_told) || self.ui.is_verbose();
        self.goal.found(seen, with_places)
    }

    /// Says whether the answer shows what a fix would change in each file.
    fn shows_fix(&self) -> bool {
        self.is_alone && self.outlets.iter().any(|outlet| outlet.format == Format::Html)
    }

    /// What a fix would change in each file, where the answer shows it. What was found stands
    /// without it too.
    fn fix(&self, seen: &Seen, means: Means) -> Vec<FileChange> {
        if !self.shows_fix() {
            return Vec::new();
        }
        match self.goal.plan(seen, means) {
            Ok(plan) => changes(&plan.targets, &plan.package),
            Err(error) => {
                self.ui.warn(&format!("what a fix would change is not shown: {}", error.what));
                Vec::new()
            }
        }
    }

    fn save_plan(&self, org: &Org, seen: &Seen, save: &Save<'_>) -> Result<(), CommandError> {
        let plan = plan_to_save(self.goal, org, seen, &self.arguments.wanted)?;
        let Some(plan) = plan else { return Ok(()) };
        let file = match save {
            Save::Folder(making) => {
                let name = self.choice.map_or("", TargetOrg::name);
                return making.add(self.ui, name, &plan, org.is_production());
            }
            Save::File(file) => file,
        };
        self.ui.write_file(file, plan_text(&plan)?.as_bytes())?;
        let words = match plan.changes.len() {
            0 if plan.assignments.is_empty() => "it has no changes".to_owned(),
            count => format!("{count} changes"),
        };
        self.ui.hint(&format!(
            "the plan is in {} ({words}); `sfsetup deploy --plan {}{}` carries it out",
            file.display(),
            shell_word(&file.display().to_string()),
            org_option(&org.identity().name)
        ));
        Ok(())
    }
}

/// What an admin would do now.
fn next(
    ui: &Ui,
    arguments: &DiffArguments,
    wanted: &Wanted,
    choice: Option<&TargetOrg>,
    report: &Report<'_>,
    fail_on: FailOn,
) {
    let WantedArguments { only, except, .. } = &arguments.wanted;
    let chosen = only.iter().map(|text| ("--only", text));
    let chosen = chosen.chain(except.iter().map(|text| ("--except", text)));
    let chosen = chosen.map(|(option, text)| format!(" {option} {}", shell_word(text)));
    let named = wanted.named(&by_api_name(&arguments.wanted.set, wanted, report));
    let named = format!("{named}{}", chosen.collect::<String>());
    if report.diffs().any(Diff::has_drift) {
        match (choice, &arguments.from) {
            (Some(choice), _) => ui.hint(&format!(
                "`sfsetup deploy {named}{}` shows the plan that fixes this, asks, and carries it \
                 out",
                org_option(choice.name())
            )),
            (None, Some(from)) => ui.hint(&format!(
                "`sfsetup package {named} --from {} --out fix` writes the files that fix this; \
                 `--in-place` edits these",
                shell_word(&from.display().to_string())
            )),
            (None, None) => {}
        }
    }
    #[cfg(feature = "demo")]
    if report.diffs().any(Diff::has_drift)
        && let Some(about) = choice.and_then(TargetOrg::about_links)
    {
        ui.hint(&about);
    }
    if report.count(State::NotObserved) > 0 && fail_on != FailOn::Observed {
        ui.hint("what is not observed counts neither way; --strict makes it fail");
    }
    let is_of_nothing = |diff: &Diff<'_>| diff.findings.iter().any(Finding::is_of_nothing);
    if fail_on == FailOn::Observed && report.diffs().any(is_of_nothing) {
        ui.hint(
            "--strict: what is so only because there is nothing of that name, or because nobody \
             could see whether there is, counts too",
        );
    }
}

/// The values as they were given, with the API name in place of an app's label.
fn by_api_name(set: &[String], wanted: &Wanted, report: &Report<'_>) -> Vec<String> {
    let parameters: Vec<&str> = wanted.templates().flat_map(Template::app_parameters).collect();
    let own = |given: &String| {
        let (name, value) = given.split_once('=')?;
        let parameter = name.trim().rsplit('.').next()?;
        let label = canonical_full_name(CONNECTED_APP, value);
        let mut labels = report.diffs().flat_map(|diff| &diff.labels);
        let (_, app) = labels.find(|(asked, _)| asked.full_name == label)?;
        parameters.contains(&parameter).then(|| format!("{name}={}", app.full_name))
    };
    set.iter().map(|given| own(given).unwrap_or_else(|| given.clone())).collect()
}

/// How the run ended. Beside an earlier answer only what is new counts.
fn exit(report: &Report<'_>, since: Option<&Since>, fail_on: FailOn) -> Exit {
    let mut findings = report.diffs().flat_map(|diff| &diff.findings);
    let has_drift = match since {
        Some(since) => {
            let mut new = since.findings.iter().zip(findings);
            new.any(|(one, finding)| *one == Some(Become::New) && fail_on.is_drift(finding))
        }
        None => findings.any(|finding| fail_on.is_drift(finding)),
    };
    let is_open = fail_on == FailOn::Observed && report.diffs().any(Diff::has_open_ends);
    if has_drift || is_open { Exit::Drift } else { Exit::Done }
}
