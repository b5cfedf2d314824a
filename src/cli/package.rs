//! `sfsetup package`: the files that mend what a template finds, for review or for any deploying
//! tool.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::apply::examine;
use crate::metadata::fact::FactValues;
use crate::metadata::layout::{metadata_path, source_path};
use crate::metadata::permission::Dependency;
use crate::metadata::registry;
use crate::metadata::registry::ApiVersion;
use crate::metadata::{ComponentId, ComponentSet};
use crate::org::ConnectOptions;
use crate::package::{Package, Target, own};
use crate::plan::saved::{FORMAT, SavedPlan};
use crate::plan::{Basis, Plan, plan};
use crate::report::plan as render;
use crate::snapshot;
use crate::template::ExpandedStep;
use crate::template::needs::needs;

use super::connect;
use super::error::CommandError;
use super::restore;
use super::ui::Ui;
use super::wanted::{self, Only, Wanted};
use super::{Exit, SourceArguments, WantedArguments};

/// Write the smallest package that mends what differs
///
/// The files are in metadata format with a package.xml, and deploy with any tool. Profiles hold the
/// changed entries alone; what an org replaces as a whole (permission sets, connected apps,
/// policies) is whole. Nothing is changed in an org.
#[derive(Debug, Args)]
pub(super) struct PackageArguments {
    #[command(flatten)]
    pub(super) wanted: WantedArguments,

    #[command(flatten)]
    pub(super) source: SourceArguments,

    /// Take the files of a saved plan
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "baseline", "baseline_org", "org", "from", "in_place", "set", "only"])]
    plan: Option<PathBuf>,

    /// Where to write: a new folder, or a file that ends in .zip
    #[arg(long, value_name = "DIR|FILE.zip", required_unless_present = "in_place")]
    out: Option<PathBuf>,

    /// The layout of a folder
    #[arg(long, value_enum, default_value_t, conflicts_with = "in_place")]
    layout: Layout,

    /// Edit the files under --from themselves; only the lines of what differs change
    #[arg(long, requires = "from", conflicts_with = "out")]
    pub(super) in_place: bool,

    /// Show each file before and after, with three lines of context
    #[arg(long)]
    pub(super) show: bool,

    /// List everything; long lists are cut short otherwise
    #[arg(long)]
    pub(super) full: bool,
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

pub(super) fn run(ui: &Ui, arguments: &PackageArguments) -> Result<Exit, CommandError> {
    if let Some(file) = &arguments.plan {
        return of_saved(ui, arguments, file);
    }
    let (config, choice) = wanted::source(&arguments.source)?;
    if super::baseline::is_named(&arguments.wanted) {
        return restore::package(ui, arguments, choice.as_ref());
    }
    let wanted = Wanted::load(ui, &arguments.wanted, &config, choice.as_ref())?;
    let only = Only::parse(&arguments.wanted.only)?;
    let steps = wanted.steps()?;
    if let Some(from) = &arguments.source.from {
        let OfFiles { components, facts, version, model } = of_files(ui, &steps, from)?;
        let version = version.unwrap_or(ApiVersion::NEWEST);
        let place = Place { components: &components, model: model.as_deref() };
        return write(
            ui,
            arguments,
            &wanted,
            &steps,
            &place,
            &facts,
            &[],
            version,
            &only,
            &from.display().to_string(),
        );
    }
    let choice = choice.ok_or_else(wanted::nothing_named)?;
    let options = ConnectOptions {
        job_timeout: Duration::from_secs(arguments.source.timeout),
        ..connect::options(ui)
    };
    connect::block_on(async {
        let connected = connect::connect(&choice, options).await?;
        let org = &connected.org;
        let examined = examine(org, &steps, true)
            .await
            .map_err(|error| CommandError::org(choice.name(), &error))?;
        let version = org.api_version();
        let place = Place { components: &examined.components, model: None };
        write(
            ui,
            arguments,
            &wanted,
            &steps,
            &place,
            &examined.facts,
            &examined.graph,
            version,
            &only,
            choice.name(),
        )
    })
}

/// Where files that are edited in place lie.
pub(super) struct Place<'p> {
    pub(super) components: &'p ComponentSet,
    /// Some component's file, which shows how the folder is laid out.
    pub(super) model: Option<&'p str>,
}

/// What a folder has to say on steps.
pub(super) struct OfFiles {
    pub(super) components: ComponentSet,
    pub(super) facts: FactValues,
    /// The API version that the files are written in.
    pub(super) version: Option<ApiVersion>,
    /// Some component's file, which shows how the folder is laid out.
    pub(super) model: Option<String>,
}

/// A standard profile that older orgs call otherwise (S 3.3).
fn is_one_name(one: &ComponentId, other: &ComponentId) -> bool {
    let is_read_only = |id: &ComponentId| {
        id.type_name == "Profile" && matches!(id.full_name.as_str(), "Read Only" | "ReadOnly")
    };
    one == other || (is_read_only(one) && is_read_only(other))
}

/// Reads the components that steps speak of from a folder; facts are not to be had there.
pub(super) fn of_files(
    ui: &Ui,
    steps: &[ExpandedStep<'_>],
    from: &Path,
) -> Result<OfFiles, CommandError> {
    let needed = needs(steps).components;
    let is_wanted = |id: &ComponentId| match id.type_name.as_str() {
        // There may be hundreds of these, of megabytes each.
        "ConnectedApp" | "PermissionSet" | "Profile" => {
            needed.iter().any(|wanted| is_one_name(wanted, id))
        }
        name => name == "CustomObject" || needed.iter().any(|wanted| wanted.type_name == name),
    };
    let reading =
        snapshot::read(from, &is_wanted).map_err(|error| CommandError::read(from, &error))?;
    for note in &reading.notes {
        ui.warn(note);
    }
    ui.detail(&format!(
        "read {} components from {}",
        reading.components.components.len(),
        from.display()
    ));
    let facts = FactValues::new("offline: only an org can answer this, a folder of files cannot");
    Ok(OfFiles {
        components: reading.components,
        facts,
        version: reading.version,
        model: reading.model,
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing of the plan's basis or of the command line, used once"
)]
fn write(
    ui: &Ui,
    arguments: &PackageArguments,
    wanted: &Wanted,
    steps: &[ExpandedStep<'_>],
    place: &Place<'_>,
    facts: &FactValues,
    graph: &[Dependency],
    version: ApiVersion,
    only: &Only,
    name: &str,
) -> Result<Exit, CommandError> {
    let basis = Basis {
        components: place.components,
        facts,
        graph,
        version,
        is_online: arguments.source.from.is_none(),
        same_org: true,
    };
    let plan = plan(steps, &basis, &|finding| only.finding(finding))
        .map_err(|error| CommandError::plan(&error))?;
    only.warn_of_idle(ui, &plan.diff.findings);
    let instance_url = None;
    let mut text = show(
        &plan,
        &format!("Package for {name} after {}", wanted.words()),
        instance_url,
        arguments.full,
    );
    if arguments.show {
        text.push('\n');
        text.push_str(&render::files(&plan.targets, &plan.package));
    }
    put(ui, arguments, &plan.package, &plan.targets, place, &text)?;
    if !plan.mend.assignments.is_empty() {
        ui.hint(
            "the assignments above are no metadata: `sfsetup deploy` makes them, a package cannot",
        );
    }
    Ok(exit(&plan, only))
}

/// Writes a package where the arguments say, and the text of its plan.
pub(super) fn put(
    ui: &Ui,
    arguments: &PackageArguments,
    package: &Package,
    targets: &[Target],
    place: &Place<'_>,
    text: &str,
) -> Result<(), CommandError> {
    if package.is_empty() {
        ui.answer(text)?;
        ui.hint("there is nothing to deploy, so nothing was written");
        return Ok(());
    }
    if arguments.in_place {
        in_place(ui, arguments, targets, place)?;
    } else if let Some(out) = &arguments.out {
        let zip = || package.zip().map_err(|error| error.to_string());
        written(ui, arguments.layout, out, &package.files, package.version, zip)?;
    }
    ui.answer(text)?;
    if let Some(out) = arguments.out.as_ref().filter(|_| !arguments.in_place) {
        let command = match arguments.layout {
            // The sf command line takes a zip for one with folders of packages, unless it is told.
            Layout::Metadata if is_zip(out) => format!(
                "`sf project deploy start --single-package --metadata-dir {}`",
                out.display()
            ),
            Layout::Metadata => {
                format!("`sf project deploy start --metadata-dir {}`", out.display())
            }
            Layout::Source => {
                "`sf project deploy start --source-dir force-app` in that folder".to_owned()
            }
        };
        ui.hint(&format!(
            "written to {}; {command} deploys it, and so does `sfsetup deploy`",
            out.display()
        ));
    }
    Ok(())
}

/// Shows a plan with what it leaves.
pub(super) fn show(plan: &Plan<'_>, title: &str, instance_url: Option<&str>, full: bool) -> String {
    let left = plan
        .mend
        .left
        .iter()
        .map(|(index, reason)| {
            let finding = &plan.diff.findings[*index];
            let subject = match (&finding.component, &finding.path, &finding.fact) {
                (Some(id), Some(path), _) => format!("{}: {id} {path}", finding.step.title),
                (_, _, Some(fact)) => format!("{}: {fact}", finding.step.title),
                _ => finding.step.title.clone(),
            };
            (subject, reason.clone(), finding.step.setup.and_then(|page| page.url(instance_url)))
        })
        .collect();
    let view = render::PlanView {
        title: title.to_owned(),
        changes: &plan.mend.changes,
        assign: &plan.mend.assignments,
        unassign: Vec::new(),
        left,
        notes: &plan.mend.notes,
    };
    render::render(&view, full)
}

/// What is left although it was chosen makes a run end with 2.
pub(super) fn exit(plan: &Plan<'_>, only: &Only) -> Exit {
    let is_left = plan.mend.left.keys().any(|index| only.finding(&plan.diff.findings[*index]));
    if is_left { Exit::Drift } else { Exit::Done }
}

fn is_zip(out: &Path) -> bool {
    out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

fn written(
    ui: &Ui,
    layout: Layout,
    out: &Path,
    files: &std::collections::BTreeMap<String, Vec<u8>>,
    version: ApiVersion,
    zip: impl FnOnce() -> Result<Vec<u8>, String>,
) -> Result<(), CommandError> {
    match (is_zip(out), layout) {
        (true, Layout::Source) => Err(CommandError::new("a zip is always in metadata format")
            .hint("name a folder, or leave `--layout source` out")
            .usage()),
        (true, Layout::Metadata) => {
            let bytes = zip().map_err(|why| {
                CommandError::new("internal error: the package cannot be zipped").because(why)
            })?;
            ui.write_file(out, &bytes)
        }
        (false, Layout::Metadata) => {
            ui.write_files(out, files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
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
            ui.write_files(out, moved.iter().map(|(name, bytes)| (name.as_str(), *bytes)))
        }
    }
}

/// Edits the files that the components were read from; a new component gets a file beside the
/// others.
fn in_place(
    ui: &Ui,
    arguments: &PackageArguments,
    targets: &[Target],
    place: &Place<'_>,
) -> Result<(), CommandError> {
    let from = arguments.source.from.as_deref().unwrap_or(Path::new("."));
    if !from.is_dir() {
        return Err(CommandError::new(format!(
            "`{}` is no folder, so nothing in it can be edited in place",
            from.display()
        ))
        .hint("write a package instead: `--out DIR` or `--out FILE.zip`")
        .usage());
    }
    let mut edits: Vec<(PathBuf, &[u8])> = Vec::new();
    for target in targets {
        let Some(after) = &target.after else { continue };
        let file = match own(place.components, &target.id) {
            Some(component) => component.file.clone(),
            None => beside(place.model, target).ok_or_else(|| {
                CommandError::new(format!(
                    "where a new file for {} belongs is not known",
                    target.id
                ))
            })?,
        };
        edits.push((from.join(file), after.bytes()));
    }
    for (path, bytes) in edits {
        ui.write_file(&path, bytes)?;
        ui.detail(&format!("edited {}", path.display()));
    }
    Ok(())
}

/// Where a new component's file belongs: in the layout and folder of those that are there.
fn beside(model: Option<&str>, target: &Target) -> Option<String> {
    registry::find_component(&target.id.type_name, &target.id.full_name)?;
    let path = metadata_path(&target.id)?;
    let Some(model) = model else { return Some(path) };
    let is_source = model.ends_with("-meta.xml");
    let base = model.rsplitn(3, '/').nth(2).map(|base| format!("{base}/")).unwrap_or_default();
    let path = if is_source { source_path(&target.id)? } else { path };
    Some(format!("{base}{path}"))
}

/// Reads a saved plan and checks its format.
///
/// # Errors
/// It cannot be read, is no plan, or is one of another version.
pub(super) fn read_plan(file: &Path) -> Result<SavedPlan, CommandError> {
    let bytes = wanted::read(file, "plan")?;
    let no_plan = |why: String| {
        CommandError::new(format!("`{}` is no plan of this program", file.display()))
            .because(why)
            .hint("`sfsetup diff --template NAME --org ORG --save-plan FILE` writes one")
    };
    let json: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| no_plan(error.to_string()))?;
    match json["format"].as_str() {
        Some(FORMAT) => {}
        Some(other) if other.starts_with("sfsetup.plan/") => {
            return Err(no_plan(format!(
                "it is of the format `{other}`, and this program knows `{FORMAT}`"
            )));
        }
        _ => return Err(no_plan(format!("its `format` is not `{FORMAT}`"))),
    }
    serde_json::from_value(json).map_err(|error| no_plan(error.to_string()))
}

fn of_saved(ui: &Ui, arguments: &PackageArguments, file: &Path) -> Result<Exit, CommandError> {
    let saved = read_plan(file)?;
    if saved.package.is_empty() {
        ui.answer("The plan has no changes that a package can hold.\n")?;
        return Ok(if saved.left.is_empty() { Exit::Done } else { Exit::Drift });
    }
    let files = saved.package.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    if let Some(out) = &arguments.out {
        let version = ApiVersion::parse(&saved.api_version).unwrap_or(ApiVersion::NEWEST);
        let zip = || crate::metadata::archive::write_zip(&files).map_err(|error| error.to_string());
        written(ui, arguments.layout, out, &files, version, zip)?;
        ui.answer(&format!(
            "{} files of the plan for {} are in {}.\n",
            files.len(),
            saved.org.name,
            out.display()
        ))?;
    }
    Ok(if saved.left.is_empty() { Exit::Done } else { Exit::Drift })
}
