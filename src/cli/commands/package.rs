//! `sfsetup package`: the files that fix what differs, for review or for any deploying
//! tool.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::shared::answer::Answer;
use crate::cli::shared::arguments::{Exit, SourceArguments, WantedArguments, shell_word};
use crate::cli::shared::baseline;
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::edits::{FileEdit, carry_out};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::fail_on::FailOn;
use crate::cli::shared::format::Format;
use crate::cli::shared::goal::{Goal, Means, Seen};
use crate::cli::shared::road::{exit, refuse_slips};
use crate::cli::shared::saved::read_shown;
use crate::cli::shared::selection::Selection;
use crate::cli::shared::shown::{FORMATS, ShownPlan};
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::{self, Wanted};
use crate::metadata::archive::{Limits, check_name, read_zip, write_zip};
use crate::metadata::decomposed::{NewState, Part, compose, distribute};
use crate::metadata::document::Document;
use crate::metadata::layout::{base_of, metadata_path, source_path};
use crate::metadata::registry::{self, ApiVersion};
use crate::org::ConnectOptions;
use crate::package::{Target, own};
use crate::plan::Plan;
use crate::report::json::parts::{Identity, Wanted as Wants};
use crate::report::json::plan::{self as json, Packaged, PlanRow, Written, WrittenFile};
use crate::report::{left, plan as render};
use crate::snapshot::is_read_with;

/// Write the smallest package that fixes what differs
///
/// The files are in metadata format with a package.xml, and deploy with any tool. Profiles hold the
/// changed entries alone; what an org replaces as a whole (permission sets, connected apps,
/// policies) is whole. Nothing is changed in an org.
#[derive(Debug, Args)]
#[command(override_usage = "sfsetup package [OPTIONS] --out <DIR|FILE.zip>
       sfsetup package [OPTIONS] --from <PATH> --in-place
       sfsetup package [OPTIONS] --show")]
pub(crate) struct PackageArguments {
    #[command(flatten)]
    wanted: WantedArguments,

    #[command(flatten)]
    source: SourceArguments,

    /// Take the files of a saved plan
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "baseline", "baseline_org", "org", "from", "in_place", "set", "only", "except"])]
    plan: Option<PathBuf>,

    /// Where to write: a new folder, or a file that ends in .zip; not needed with `--show`
    #[arg(long, value_name = "DIR|FILE.zip", required_unless_present_any = ["in_place", "show"])]
    out: Option<PathBuf>,

    /// The layout of a folder
    #[arg(long, value_enum, default_value_t, conflicts_with = "in_place")]
    layout: Layout,

    /// Edit the files under --from themselves; only the lines of what differs change
    #[arg(long, conflicts_with = "out")]
    in_place: bool,

    /// Show each file before and after, with three lines of context; the other forms always do.
    /// Without `--out` nothing is written
    #[arg(long)]
    show: bool,

    /// The form in which the plan is shown
    #[arg(long, value_parser = Format::among(FORMATS), default_value = "text")]
    format: Format,

    /// Make what is not there although something of nearly its name is
    #[arg(long)]
    create: bool,

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
}

/// How files lie in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Metadata format: package.xml beside folders by type
    #[default]
    Metadata,
    /// Source format: a project with `-meta.xml` files
    Source,
}

pub(crate) fn run(ui: &Ui, arguments: &PackageArguments) -> Result<Exit, CommandError> {
    let answer = Answer::new(ui, "sfsetup.package/1", arguments.format, None);
    answer.of(|body| match &arguments.plan {
        Some(file) => of_saved(&answer, arguments, file, body),
        None => of_wanted(&answer, arguments, body),
    })
}

/// What a package's document holds, as far as it is known.
type Body = RefCell<Option<Packaged>>;

fn of_wanted(
    answer: &Answer<'_>,
    arguments: &PackageArguments,
    body: &Body,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    if arguments.in_place && arguments.source.from.is_none() {
        return Err(CommandError::new(
            "`--in-place` edits the files under `--from`, and none is named",
        )
        .hint("name the folder: `--from .`; what an org lacks is written with `--out`")
        .usage());
    }
    let (config, choice) = wanted::source(ui, &arguments.source)?;
    let only = Selection::parse(&arguments.wanted.only, &arguments.wanted.except)?;
    let waivers = wanted::waivers(ui, &config, choice.as_ref())?;
    let (fail_on, _) = wanted::fail_on(ui, arguments.strict, &config, choice.as_ref());
    if let Some(saved) = baseline::named(&arguments.wanted) {
        let timeout = Duration::from_secs(arguments.source.timeout);
        return connect::block_on(ui, async {
            let side = baseline::baseline(ui, &saved, timeout).await?;
            let goal = Goal::Baseline { side: &side, saved, only: &only, waivers: &waivers };
            make(answer, arguments, choice.as_ref(), &goal, fail_on, body).await
        });
    }
    wanted::check_named(&arguments.wanted, &arguments.source, &config, choice.as_ref())?;
    let wanted = Wanted::load(ui, &arguments.wanted, &config, choice.as_ref())?;
    let steps = wanted.steps()?;
    let is_blind = arguments.include_not_observed;
    let (wanted, steps, only, waivers) = (&wanted, &steps, &only, &waivers);
    let goal = Goal::Steps { wanted, steps, only, waivers, is_blind };
    connect::block_on(ui, make(answer, arguments, choice.as_ref(), &goal, fail_on, body))
        .map_err(|error| goal.advise(error))
}

/// Looks at the org or the files, plans, and writes the package.
async fn make(
    answer: &Answer<'_>,
    arguments: &PackageArguments,
    choice: Option<&TargetOrg>,
    goal: &Goal<'_>,
    fail_on: FailOn,
    body: &Body,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let (seen, of) = match &arguments.source.from {
        Some(from) => {
            (goal.look_at_files(ui, from)?, Identity::of_files(from.display().to_string()))
        }
        None => {
            let choice = choice.ok_or_else(wanted::nothing_named)?;
            let options = ConnectOptions {
                job_timeout: Duration::from_secs(arguments.source.timeout),
                ..connect::options(ui)
            };
            let connected = connect::connect(choice, options).await?;
            let org = &connected.org;
            let seen = goal.look(ui, org, choice.name(), true).await?;
            (seen, Identity::of(choice.name(), org.identity()))
        }
    };
    let means = if arguments.in_place { Means::Files } else { Means::Package };
    let plan = goal.plan(&seen, means)?;
    let (title, format, address) = (goal.title(&of.name), answer.format, of.instance_url.clone());
    let changes = match format {
        Format::Text if !arguments.show => Vec::new(),
        _ => render::changes(&plan.targets, &plan.package),
    };
    if answer.is_json() {
        body.replace(Some(Packaged {
            wanted: goal.saved().as_ref().map(Wants::from),
            plan: PlanRow::of(&plan, &plan.package.version.to_string(), address.as_deref()),
            files: json::files(&changes),
            written: None,
            org: of,
        }));
    }
    goal.refuse_empty(&seen, &plan)?;
    refuse_slips(ui, Goal::slips(&seen, &plan), arguments.create, false)?;
    let shown = ShownPlan {
        plan: &plan,
        title: &title,
        instance_url: address.as_deref(),
        files: &changes,
        full: arguments.full,
    };
    let mut text = shown.write(format);
    if format == Format::Text && arguments.show {
        text.push('\n');
        text.push_str(&render::files(&changes));
    }
    // Files that somebody works on are edited as a whole, or not at all.
    if arguments.in_place
        && let Err(error) = seen.all_read()
    {
        answer.give(&text)?;
        return Err(error.hint("no file was edited: put these right first"));
    }
    put(answer, arguments, &plan, &seen, &text, body)?;
    seen.all_read()?;
    Ok(exit(&plan.left, fail_on))
}

/// Writes a package where the arguments say, and the text of its plan.
fn put(
    answer: &Answer<'_>,
    arguments: &PackageArguments,
    plan: &Plan<'_>,
    seen: &Seen,
    text: &str,
    body: &Body,
) -> Result<(), CommandError> {
    let (ui, package) = (answer.ui, &plan.package);
    let tell = |written: Written| {
        body.borrow_mut().iter_mut().for_each(|body| body.written = Some(written.clone()));
    };
    if package.is_empty() {
        answer.give(text)?;
        ui.hint(match arguments.in_place || arguments.out.is_some() {
            true => "there is nothing to deploy, so nothing was written",
            false => "there is nothing to deploy",
        });
        return Ok(());
    }
    if arguments.in_place {
        tell(in_place(ui, arguments, &plan.targets, seen)?);
    } else if let Some(out) = &arguments.out {
        refuse_within(arguments.source.from.as_deref(), out)?;
        tell(written(ui, arguments.layout, out, &package.files, package.version)?);
    }
    answer.give(text)?;
    if let Some(out) = arguments.out.as_ref().filter(|_| !arguments.in_place) {
        let shown = shell_word(&out.display().to_string());
        let command = match arguments.layout {
            // The sf command line takes a zip for one with folders of packages, unless it is told.
            Layout::Metadata if is_zip(out) => {
                format!("`sf project deploy start --single-package --metadata-dir {shown}`")
            }
            Layout::Metadata => format!("`sf project deploy start --metadata-dir {shown}`"),
            Layout::Source => {
                "`sf project deploy start --source-dir force-app` in that folder".to_owned()
            }
        };
        ui.hint(&format!("written to {}; {command} deploys it", out.display()));
    } else if !arguments.in_place {
        ui.hint("nothing was written; `--out DIR` or `--out FILE.zip` writes it");
    }
    Ok(())
}

/// A package among the files that it was made of would be read as some of them next time.
fn refuse_within(from: Option<&Path>, out: &Path) -> Result<(), CommandError> {
    let Some(from) = from.filter(|from| !is_zip(out) && is_read_with(from, out)) else {
        return Ok(());
    };
    Err(CommandError::new(format!(
        "`{}` lies where `{}` is read, so what is written there would be read with it next time",
        out.display(),
        from.display()
    ))
    .hint("name a folder beside it, or a zip")
    .usage())
}

/// A package of before is written over; what is none is somebody's.
fn refuse_other(out: &Path) -> Result<(), CommandError> {
    let there = std::fs::read(out).unwrap_or_default();
    let entries = read_zip(&there, &Limits::default()).unwrap_or_default();
    if entries.iter().any(|(name, _)| name == "package.xml") {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "`{}` is there and is no package, so nothing was written",
        out.display()
    ))
    .because("it is no zip with a package.xml at its root")
    .hint("name another file with `--out`, or take that one away"))
}

fn is_zip(out: &Path) -> bool {
    out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

fn written(
    ui: &Ui,
    layout: Layout,
    out: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    version: ApiVersion,
) -> Result<Written, CommandError> {
    let told = |layout: &'static str, names: &mut dyn Iterator<Item = String>| {
        let file = |path: String| WrittenFile { path, action: "written" };
        Written { out: out.display().to_string(), layout, files: names.map(file).collect() }
    };
    let mut names = files.keys().cloned();
    match (is_zip(out), layout) {
        (true, Layout::Source) => Err(CommandError::new("a zip is always in metadata format")
            .hint("name a folder, or leave `--layout source` out")
            .usage()),
        (true, Layout::Metadata) => {
            // A plan's file, or a component's name, may be a stranger's.
            let bytes = write_zip(files).map_err(|error| {
                CommandError::new(format!("cannot write to `{}`", out.display()))
                    .because(error.to_string())
            })?;
            if std::fs::read(out).is_ok_and(|there| there != bytes) {
                refuse_other(out)?;
                ui.note(&format!("`{}` is there already, and is written over", out.display()));
            }
            ui.write_file(out, &bytes)?;
            Ok(told("zip", &mut names))
        }
        (false, Layout::Metadata) => {
            let all = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
            ui.write_files(out, all)?;
            Ok(told("metadata", &mut names))
        }
        (false, Layout::Source) => {
            let project =
                b"{\n  \"packageDirectories\": [{ \"path\": \"force-app\", \"default\": true }],\
                  \n  \"sourceApiVersion\": \""
                    .to_vec();
            let project = [project, version.to_string().into_bytes(), b"\"\n}\n".to_vec()].concat();
            let moved: Vec<(String, &[u8])> = files
                .iter()
                .map(|(name, bytes)| {
                    let place = if name == "package.xml" || name.starts_with("destructiveChanges") {
                        format!("manifest/{name}")
                    } else {
                        format!("force-app/main/default/{name}-meta.xml")
                    };
                    (place, bytes.as_slice())
                })
                .chain([("sfdx-project.json".to_owned(), project.as_slice())])
                .collect();
            ui.write_files(out, moved.iter().map(|(name, bytes)| (name.as_str(), *bytes)))?;
            Ok(told("source", &mut moved.into_iter().map(|(name, _)| name)))
        }
    }
}

/// Edits the files that the components were read from; a new component gets a file beside the
/// others.
fn in_place(
    ui: &Ui,
    arguments: &PackageArguments,
    targets: &[Target],
    seen: &Seen,
) -> Result<Written, CommandError> {
    let from = arguments.source.from.as_deref().unwrap_or(Path::new("."));
    if !from.is_dir() {
        return Err(CommandError::new(format!(
            "`{}` is no folder, so nothing in it can be edited in place",
            from.display()
        ))
        .hint("write a package instead: `--out DIR` or `--out FILE.zip`")
        .usage());
    }
    let mut edits: Vec<FileEdit> = Vec::new();
    for target in targets {
        let Some(after) = &target.after else { continue };
        let parts = seen.parts(&target.id).map_err(|error| CommandError::read(from, &error))?;
        if !parts.is_empty() {
            edits.extend(edits_of_parts(from, target, &parts, after)?);
            continue;
        }
        let (path, read) = match own(seen.components(), &target.id) {
            Some(component) => {
                (from.join(&component.file), Some(component.document.bytes().to_vec()))
            }
            None => (new_file(from, seen, target)?, None),
        };
        edits.push(FileEdit { path, read, after: NewState::Written(after.bytes().to_vec()) });
    }
    let file = |edit: &FileEdit| WrittenFile {
        path: edit.path.display().to_string(),
        action: if edit.after == NewState::Gone { "removed" } else { "edited" },
    };
    let files: Vec<WrittenFile> = edits.iter().map(file).collect();
    for (link, file) in carry_out(from, edits)? {
        ui.note(&format!(
            "`{}` is a link; what was edited is `{}`",
            link.display(),
            file.display()
        ));
    }
    files.iter().for_each(|one| ui.detail(&format!("{} {}", one.action, one.path)));
    Ok(Written { out: from.display().to_string(), layout: "in-place", files })
}

/// What becomes of the files of a component that stands in several.
fn edits_of_parts(
    from: &Path,
    target: &Target,
    parts: &[Part],
    after: &Document,
) -> Result<Vec<FileEdit>, CommandError> {
    let cannot = |why: String| {
        CommandError::new(format!("{} cannot be edited in its parts", target.id)).because(why)
    };
    // They may have been read after the plan was made.
    let whole = compose(parts).map_err(|error| cannot(error.to_string()))?;
    if target.before.as_ref().is_some_and(|before| before.bytes() != whole.bytes) {
        let own = parts.first().map(|part| part.file.as_str()).unwrap_or_default();
        let why = format!("`{own}`, or a part of it, has changed since it was read");
        return Err(cannot(why).hint("nothing was written; run the same command again"));
    }
    let states = distribute(parts, after).map_err(|error| cannot(error.to_string()))?;
    let edit = |(file, after): (String, NewState)| {
        let read = parts.iter().find(|part| part.file == file).map(|part| part.bytes.clone());
        let path = match &read {
            Some(_) => from.join(&file),
            None => new_path(from, &file, target)?,
        };
        Ok(FileEdit { path, read, after })
    };
    states.into_iter().map(edit).collect()
}

/// Where a new file stands. Its name is made of a component's, or of an entry's key, which may be a
/// stranger's: it leads nowhere else, and over no file that was not read.
fn new_path(from: &Path, file: &str, target: &Target) -> Result<PathBuf, CommandError> {
    check_name(file).map_err(|error| {
        CommandError::new(format!("no file can be made for {}", target.id))
            .because(error.to_string())
    })?;
    over_no_file(from.join(file), target)
}

/// The file for a component of which none was read.
fn new_file(from: &Path, seen: &Seen, target: &Target) -> Result<PathBuf, CommandError> {
    let file = beside(seen.model.as_deref(), target).ok_or_else(|| {
        CommandError::new(format!("where a new file for {} belongs is not known", target.id))
    })?;
    new_path(from, &file, target)
}

fn over_no_file(path: PathBuf, target: &Target) -> Result<PathBuf, CommandError> {
    if path.exists() {
        return Err(CommandError::new(format!(
            "`{}` is there, and was not read as {}",
            path.display(),
            target.id
        ))
        .hint("a file that `.forceignore` leaves out is not edited; nothing was written"));
    }
    Ok(path)
}

/// Where a new component's file belongs: in the layout and folder of those that are there.
fn beside(model: Option<&str>, target: &Target) -> Option<String> {
    registry::find_component(&target.id.type_name, &target.id.full_name)?;
    let path = metadata_path(&target.id)?;
    let Some(model) = model else { return Some(path) };
    let path = if model.ends_with("-meta.xml") { source_path(&target.id)? } else { path };
    Some(match base_of(model) {
        Some(base) => format!("{base}{path}"),
        // Nothing stands in the folder of its type there: the new file stands beside what does.
        None => match (model.rsplit_once('/'), path.rsplit_once('/')) {
            (Some((folder, _)), Some((_, name))) => format!("{folder}/{name}"),
            _ => path,
        },
    })
}

fn of_saved(
    answer: &Answer<'_>,
    arguments: &PackageArguments,
    file: &Path,
    body: &Body,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let (saved, mut plan) = read_shown(ui, file)?;
    plan.leave_assignments();
    let (org, sent) = (&saved.org, render::sent(&saved.package));
    let address = org.instance_url.as_str();
    let mut document = Packaged {
        org: org.into(),
        wanted: Some((&saved.wanted).into()),
        plan: PlanRow::of(&plan, &saved.api_version, Some(address)),
        files: json::files(&sent),
        written: None,
    };
    // Whether it is written or not, what the plan holds is told.
    let slips = refuse_slips(ui, saved.slips(), arguments.create, false);
    let written = slips.and_then(|()| match &arguments.out {
        Some(out) if !saved.package.is_empty() => {
            let version = ApiVersion::parse(&saved.api_version).unwrap_or(ApiVersion::NEWEST);
            let bytes =
                |(name, text): (&String, &String)| (name.clone(), text.clone().into_bytes());
            let files = saved.package.iter().map(bytes).collect();
            written(ui, arguments.layout, out, &files, version).map(Some)
        }
        _ => Ok(None),
    });
    document.written = written.as_ref().ok().cloned().flatten();
    body.replace(Some(document));
    let is_written = written?.is_some();
    let left = left::below(&plan.left, address, arguments.full);
    let said = match (answer.format, &arguments.out) {
        (Format::Text, Some(out)) if is_written => format!(
            "{} files of the plan for {} are in {}.\n{left}",
            saved.package.len(),
            org.name,
            out.display()
        ),
        (Format::Text, None) if !saved.package.is_empty() => {
            let title = saved.wanted.title(&org.place());
            let (title, instance_url) = (title.as_str(), Some(address));
            let (plan, files, full) = (&plan, &[][..], arguments.full);
            let shown = ShownPlan { plan, title, instance_url, files, full };
            format!("{}\n{}", shown.write(Format::Text), render::files(&sent))
        }
        (Format::Text, _) => format!("The plan has no changes that a package can hold.\n{left}"),
        (format, _) => {
            let title = saved.wanted.title(&org.place());
            let (title, instance_url) = (title.as_str(), Some(address));
            let (plan, files, full) = (&plan, &sent[..], arguments.full);
            ShownPlan { plan, title, instance_url, files, full }.write(format)
        }
    };
    answer.say(&said)?;
    let fail_on = if arguments.strict { FailOn::Observed } else { FailOn::Any };
    Ok(exit(&plan.left, fail_on))
}
