//! `sfsetup snapshot`: an org's configuration as files for git.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::metadata::ComponentId;
use crate::metadata::layout::api_full_name;
use crate::metadata::manifest::Manifest;
use crate::org::retrieve::RetrieveRequest;
use crate::org::{ConnectOptions, Org, OrgError};
use crate::plan;
use crate::snapshot::take::{self, PIECE};
use crate::snapshot::write::{WriteOptions, read_record, write_component, write_record};
use crate::snapshot::{Record, RecordedComponent, RecordedGap, RecordedManifest, SNAPSHOT};
use crate::template::needs::needs;

use crate::cli::shared::arguments::{Exit, SourceArguments, WantedArguments};
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::{self, Wanted};

/// Write an org's configuration to a folder, for git and as a baseline
///
/// Without more it is what guards access: connected apps, external client apps and their policies,
/// profiles with all the org's objects, permission sets and groups, settings. Two snapshots of an
/// unchanged org are equal to the byte. Keys and secrets are left out.
#[derive(Debug, Args)]
pub(crate) struct SnapshotArguments {
    /// The org: a login of sfsetup's, an alias or username of the sf command line, or `demo`
    #[arg(long, value_name = "ORG")]
    org: Option<String>,

    /// The folder; only files that its snapshot.json lists are ever removed
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// What a template asks for (can be repeated)
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["manifest", "types"])]
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

    /// Make a git commit of the folder that says what changed
    #[arg(long)]
    commit: bool,

    /// How long the org may take for one job, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    timeout: u64,
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

/// What changed on disk.
#[derive(Default)]
struct Changed {
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
}

pub(crate) fn run(ui: &Ui, arguments: &SnapshotArguments) -> Result<Exit, CommandError> {
    let source =
        SourceArguments { org: arguments.org.clone(), from: None, timeout: arguments.timeout };
    let (config, choice) = wanted::source(&source)?;
    let choice = choice.ok_or_else(wanted::no_org)?;
    if arguments.commit {
        refuse_dirty(&arguments.out)?;
    }
    let template = if arguments.template.is_empty() {
        None
    } else {
        let arguments = WantedArguments {
            template: arguments.template.clone(),
            set: arguments.set.clone(),
            ..WantedArguments::default()
        };
        Some(Wanted::load(ui, &arguments, &config, Some(&choice))?)
    };
    let options = ConnectOptions {
        job_timeout: Duration::from_secs(arguments.timeout),
        ..connect::options(ui)
    };
    connect::block_on(async {
        let connected = connect::connect(&choice, options).await?;
        let org = &connected.org;
        let failed = |error: OrgError| CommandError::org(choice.name(), &error);
        let wanted = match (&template, &arguments.manifest) {
            (Some(template), _) => of_template(template)?,
            (None, Some(file)) => of_manifest(file)?,
            (None, None) if arguments.types.is_empty() => {
                let types: Vec<String> =
                    take::DEFAULT_TYPES.iter().map(|name| (*name).to_owned()).collect();
                take::of_types(org, &types).await.map_err(failed)?
            }
            (None, None) => take::of_types(org, &arguments.types).await.map_err(failed)?,
        };
        let (record, changed) = take_it(ui, arguments, org, choice.name(), &wanted).await?;
        tell(ui, arguments, choice.name(), &record, &changed)
    })
}

fn of_template(wanted: &Wanted) -> Result<take::Wanted, CommandError> {
    let steps = wanted.steps_to_look_at()?;
    let needs = needs(&steps);
    let mut request =
        RetrieveRequest { components: needs.components, companions: needs.companions };
    for id in plan::companions(&plan::permissions_wanted(&steps), &[]) {
        request.companions.add(&id.type_name, &id.full_name);
    }
    Ok(take::Wanted { request, ..take::Wanted::default() })
}

fn of_manifest(file: &Path) -> Result<take::Wanted, CommandError> {
    let bytes = wanted::read(file, "manifest")?;
    let manifest = Manifest::parse(bytes).map_err(|error| {
        CommandError::new(format!("`{}` is no package.xml", file.display()))
            .because(error.to_string())
    })?;
    let mut request = RetrieveRequest::default();
    for (type_name, members) in &manifest.types {
        for member in members {
            request.components.insert(ComponentId::new(type_name.as_str(), member.as_str()));
        }
    }
    Ok(take::Wanted { request, ..take::Wanted::default() })
}

/// Retrieves piece by piece and writes each as it comes, so that no more than a piece is held; a
/// run that is cut off goes on at the piece where it was.
async fn take_it(
    ui: &Ui,
    arguments: &SnapshotArguments,
    org: &Org,
    name: &str,
    wanted: &take::Wanted,
) -> Result<(Record, Changed), CommandError> {
    let out = &arguments.out;
    let failed = |error: std::io::Error| {
        CommandError::new(format!("cannot write the snapshot in `{}`", out.display()))
            .because(error.to_string())
    };
    let options = WriteOptions {
        is_source: arguments.layout == Layout::Source,
        is_raw: arguments.raw,
        with_keys: arguments.with_consumer_keys,
    };
    let before = read_record(out).map_err(|error| {
        CommandError::new(format!("the record in `{}` cannot be read", out.display()))
            .because(error.to_string())
    })?;
    if let Some(before) = &before
        && before.org_id.as_ref().is_some_and(|id| *id != org.identity().id)
    {
        return Err(CommandError::new(format!(
            "`{}` is a snapshot of another org ({})",
            out.display(),
            before.org_id.as_deref().unwrap_or_default()
        ))
        .hint("name another folder with `--out`"));
    }
    let mut record = Record {
        format: SNAPSHOT.to_owned(),
        org_id: Some(org.identity().id.clone()),
        manifest: manifest_of(org, wanted),
        ..Record::default()
    };
    let known: BTreeSet<String> =
        before.iter().flat_map(|before| &before.components).map(|one| one.file.clone()).collect();
    let mut changed = Changed::default();
    // A run that was cut off has left a record of what it had; within the hour it is gone on from.
    let partial = out.join(PARTIAL);
    let done = go_on(&partial, &record);
    let is_done = |id: &ComponentId| {
        done.iter().any(|one| one.type_name == id.type_name && one.full_name == api_full_name(id))
    };
    let ids: Vec<ComponentId> =
        wanted.request.components.iter().filter(|id| !is_done(id)).cloned().collect();
    if !done.is_empty() {
        ui.note(&format!(
            "going on where the last run was cut off: {} components are there",
            done.len()
        ));
    }
    record.components = done;
    for ids in ids.chunks(PIECE) {
        let retrieved =
            take::piece(org, wanted, ids).await.map_err(|error| CommandError::org(name, &error))?;
        for message in &retrieved.messages {
            ui.detail(&format!("the org says: {message}"));
        }
        let is_wanted = |id: &ComponentId| {
            ids.contains(id) || ids.contains(&ComponentId::new(id.type_name.as_str(), "*"))
        };
        for (key, component) in &retrieved.components.components {
            if !(is_wanted(key) || is_wanted(&component.id)) {
                continue;
            }
            let Some((file, is_new)) = write_component(out, component, &options).map_err(failed)?
            else {
                continue;
            };
            if is_new && known.contains(&file) {
                changed.changed.push(component.id.to_string());
            } else if is_new || !known.contains(&file) {
                changed.added.push(component.id.to_string());
            }
            let (by, at) = wanted.changed.get(key).cloned().unwrap_or_default();
            record.components.push(RecordedComponent {
                type_name: component.id.type_name.clone(),
                full_name: api_full_name(&component.id),
                file,
                last_modified_by: by,
                last_modified_date: at,
            });
        }
        for (id, reason) in &retrieved.components.not_observed {
            record.not_observed.push(RecordedGap {
                type_name: id.type_name.clone(),
                full_name: api_full_name(id),
                reason: reason.clone(),
            });
        }
        if ids.len() == PIECE
            && let Ok(text) = serde_json::to_vec(&record)
        {
            ui.write_file(&partial, &text)?;
        }
    }
    for (id, reason) in &wanted.not_observed {
        record.not_observed.push(RecordedGap {
            type_name: id.type_name.clone(),
            full_name: id.full_name.clone(),
            reason: reason.clone(),
        });
    }
    record.components.sort_by(|one, other| one.file.cmp(&other.file));
    record.not_observed.sort_by(|one, other| {
        (&one.type_name, &one.full_name).cmp(&(&other.type_name, &other.full_name))
    });
    record.not_observed.dedup_by(|one, other| {
        (&one.type_name, &one.full_name) == (&other.type_name, &other.full_name)
    });
    changed.removed = write_record(out, before.as_ref(), &record).map_err(failed)?;
    // Where there was but one piece there is none.
    let _ = std::fs::remove_file(&partial);
    Ok((record, changed))
}

/// The record of a run under way.
const PARTIAL: &str = ".snapshot-partial.json";

/// What a run that was cut off had written of the same within the last hour.
fn go_on(partial: &Path, wanted: &Record) -> Vec<RecordedComponent> {
    let is_fresh = std::fs::metadata(partial)
        .and_then(|about| about.modified())
        .is_ok_and(|at| at.elapsed().is_ok_and(|age| age < Duration::from_secs(3600)));
    let read = || -> Option<Record> { serde_json::from_slice(&std::fs::read(partial).ok()?).ok() };
    match read().filter(|_| is_fresh) {
        Some(old) if old.org_id == wanted.org_id && old.manifest.types == wanted.manifest.types => {
            old.components
        }
        _ => Vec::new(),
    }
}

fn manifest_of(org: &Org, wanted: &take::Wanted) -> RecordedManifest {
    let mut manifest = wanted.request.companions.clone();
    for id in &wanted.request.components {
        manifest.add(&id.type_name, &id.full_name);
    }
    // What was listed by name is all that the org has of its type.
    for id in wanted.changed.keys().filter(|id| id.type_name != "Settings") {
        manifest.add(&id.type_name, "*");
    }
    RecordedManifest {
        types: manifest
            .types
            .into_iter()
            .map(|(name, members)| (name, members.into_iter().collect()))
            .collect(),
        version: Some(org.api_version().to_string()),
    }
}

fn tell(
    ui: &Ui,
    arguments: &SnapshotArguments,
    name: &str,
    record: &Record,
    changed: &Changed,
) -> Result<Exit, CommandError> {
    let out = arguments.out.display();
    let mut text = format!("{} components of {name} are in {out}.\n", record.components.len());
    for (words, list) in
        [("new", &changed.added), ("changed", &changed.changed), ("gone", &changed.removed)]
    {
        if !list.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{} {words}: {}", list.len(), shortened(list));
        }
    }
    if !record.not_observed.is_empty() {
        let _ = writeln!(
            text,
            "{} could not be read; snapshot.json says why.",
            record.not_observed.len()
        );
    }
    if changed.added.is_empty() && changed.changed.is_empty() && changed.removed.is_empty() {
        text.push_str("Nothing has changed since the last snapshot.\n");
    }
    ui.answer(&text)?;
    if arguments.commit {
        commit(ui, &arguments.out, name, changed)?;
    }
    Ok(Exit::Done)
}

fn shortened(list: &[String]) -> String {
    let shown: Vec<&str> = list.iter().take(6).map(String::as_str).collect();
    let more =
        if list.len() > 6 { format!(", and {} more", list.len() - 6) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, CommandError> {
    let output =
        Command::new("git").arg("-C").arg(folder).args(arguments).output().map_err(|error| {
            CommandError::new("cannot run git")
                .because(error.to_string())
                .hint("`--commit` needs git; leave it out and commit yourself")
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(CommandError::new(format!("git {} failed", arguments.first().copied().unwrap_or_default()))
        .because(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Somebody's own changes must not go into the commit of a snapshot.
fn refuse_dirty(out: &Path) -> Result<(), CommandError> {
    if !out.exists() {
        std::fs::create_dir_all(out).map_err(|error| {
            CommandError::new(format!("cannot make `{}`", out.display())).because(error.to_string())
        })?;
    }
    let dirty = git(out, &["status", "--porcelain", "--", "."])?;
    if dirty.trim().is_empty() {
        return Ok(());
    }
    Err(CommandError::new(format!(
        "`{}` has changes that are not committed, so nothing was written",
        out.display()
    ))
    .because(dirty.lines().take(5).collect::<Vec<_>>().join("; "))
    .hint("commit or stash them first"))
}

fn commit(ui: &Ui, out: &Path, name: &str, changed: &Changed) -> Result<(), CommandError> {
    git(out, &["add", "--all", "--", "."])?;
    if git(out, &["status", "--porcelain", "--", "."])?.trim().is_empty() {
        ui.hint("there is nothing to commit");
        return Ok(());
    }
    let counts = [
        (changed.added.len(), "new"),
        (changed.changed.len(), "changed"),
        (changed.removed.len(), "gone"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let mut message = format!(
        "snapshot of {name}: {}\n",
        if counts.is_empty() { "the record".to_owned() } else { counts.join(", ") }
    );
    for (mark, list) in [("+", &changed.added), ("~", &changed.changed), ("-", &changed.removed)] {
        for one in list {
            let _ = write!(message, "\n{mark} {one}");
        }
    }
    git(out, &["commit", "--quiet", "--message", &message, "--", "."])?;
    ui.hint(&format!("committed: {}", message.lines().next().unwrap_or_default()));
    Ok(())
}
