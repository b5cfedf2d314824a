//! What a snapshot has changed and what it could not read, for a person, for git and for a
//! pipeline.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::metadata::full_name::api_full_name;
use crate::metadata::{ComponentId, registry};
use crate::report::json::parts::{Component, Identity};
use crate::report::json::snapshot::{Gap, Taken};
use crate::snapshot::record::{Record, RecordedComponent, RecordedGap};
use crate::snapshot::selection::{Absent, Selection};
use crate::snapshot::update::Update;

use super::{Layout, SnapshotArguments};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;

/// What could not be read, by the reason.
pub(super) fn gaps(record: &Record) -> BTreeMap<String, Vec<String>> {
    let mut gaps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let of_types = |type_name: &str| {
        record.not_observed.iter().any(|gap| gap.full_name == "*" && gap.type_name == type_name)
    };
    for gap in &record.not_observed {
        let name = match gap.full_name.as_str() {
            "*" => gap.type_name.clone(),
            _ => gap.id().to_string(),
        };
        gaps.entry(gap.reason.clone()).or_default().push(name);
    }
    for one in record.components.iter().filter(|one| !of_types(&one.type_name)) {
        let is_told = record.not_observed.iter().any(|gap| gap.id() == one.id());
        if let Some(reason) = one.stale.as_ref().filter(|_| !is_told) {
            gaps.entry(reason.clone()).or_default().push(one.id().to_string());
        }
    }
    for id in absent(record).whole {
        gaps.entry(NONE_NAMED.to_owned()).or_default().push(id.to_string());
    }
    gaps
}

/// Why a type of which nothing came is no answer: a name may be misspelled, or of something that no
/// org shows.
const NONE_NAMED: &str = "the org shows none of its type by the names in the manifest";

/// What a manifest named and the org does not have; what could not be read is told by itself.
fn absent(record: &Record) -> Absent {
    let Some(selection) = &record.selection else { return Absent::default() };
    let told = record.not_observed.iter().map(RecordedGap::id);
    let known: BTreeSet<ComponentId> =
        record.components.iter().map(RecordedComponent::id).chain(told).collect();
    let types: BTreeSet<&str> = known.iter().map(|id| id.type_name.as_str()).collect();
    selection.absent(|id| match id.full_name.as_str() {
        "*" => types.contains(id.type_name.as_str()),
        _ => known.contains(id),
    })
}

/// So many reasons are shown; the record has them all.
const REASONS: usize = 8;

/// The end of a run that wrote what it could: a pipeline must not take it for the whole.
pub(super) fn not_whole(
    out: &Path,
    name: &str,
    selection: &Selection,
    gaps: &BTreeMap<String, Vec<String>>,
) -> CommandError {
    let out = out.display().to_string();
    let mut error = CommandError::incomplete(&out, name);
    for (reason, names) in gaps.iter().take(REASONS) {
        error.causes.push(format!("{}: {reason}", shortened(names)));
    }
    if gaps.len() > REASONS {
        error.causes.push(format!("and more, which {out}/snapshot.json names"));
    }
    let error = with_nearest_types(error, selection);
    error.hint(
        "run the same command again: what was read is written, and what was not stays as it was; \
         what this user can never read is left out with `--types` or `--manifest`",
    )
}

/// Adds what a type that is not known may have been meant for.
pub(super) fn with_nearest_types(mut error: CommandError, selection: &Selection) -> CommandError {
    for name in selection.components.keys().filter(|name| registry::find(name).is_none()) {
        if let Some(nearest) = registry::nearest_type(name) {
            error = error.hint(format!("`{name}`: did you mean `{nearest}`?"));
        }
    }
    error
}

/// The same for programs.
pub(super) fn document(of: Identity, arguments: &SnapshotArguments, update: &Update) -> Taken {
    let record = &update.record;
    let rows = |ids: &[ComponentId]| ids.iter().map(Component::from).collect::<Vec<_>>();
    let stale = record.components.iter().filter(|one| one.stale.is_some());
    let gap = |gap: &RecordedGap| Gap {
        type_name: gap.type_name.clone(),
        full_name: gap.full_name.clone(),
        reason: gap.reason.clone(),
    };
    let Absent { some, whole } = absent(record);
    let unnamed = whole.iter().map(|id| Gap {
        type_name: id.type_name.clone(),
        full_name: api_full_name(id),
        reason: NONE_NAMED.to_owned(),
    });
    Taken {
        org: of,
        out: arguments.out.display().to_string(),
        layout: match arguments.layout {
            Layout::Metadata => "metadata",
            Layout::Source => "source",
        },
        components: record.components.len(),
        added: rows(&update.added),
        changed: rows(&update.changed),
        gone: rows(&update.gone),
        stale: stale.map(|one| Component::from(&one.id())).collect(),
        not_observed: record.not_observed.iter().map(gap).chain(unnamed).collect(),
        absent: some.iter().map(Component::from).collect(),
        foreign_package_xml: update.has_foreign_descriptor,
        committed: None,
        case: None,
    }
}

/// Says what changed in the folder.
pub(super) fn tell(ui: &Ui, out: &Path, name: &str, update: &Update) -> String {
    // A lone dot would end the sentence twice.
    let out = match out.to_str() {
        Some("." | "./") => "this folder".to_owned(),
        _ => out.display().to_string(),
    };
    let record = &update.record;
    let mut text = match record.components.len() {
        1 => format!("1 component of {name} is in {out}.\n"),
        count => format!("{count} components of {name} are in {out}.\n"),
    };
    for (words, list) in counts(update) {
        if !list.is_empty() {
            let names: Vec<String> = list.iter().map(ToString::to_string).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{} {words}: {}", list.len(), shortened(&names));
        }
    }
    match record.components.iter().filter(|one| one.stale.is_some()).count() {
        0 => {}
        1 => text.push_str("1 of them could not be read and stays as it was.\n"),
        count => {
            let _ = writeln!(text, "{count} of them could not be read and stay as they were.");
        }
    }
    // Of an empty folder that says nothing.
    if update.is_empty() && !record.components.is_empty() {
        text.push_str(if gaps(record).is_empty() {
            "Nothing has changed since the last snapshot.\n"
        } else {
            "Nothing that could be read has changed since the last snapshot.\n"
        });
    }
    let absent: Vec<String> = absent(record).some.iter().map(ToString::to_string).collect();
    if !absent.is_empty() {
        ui.note(&format!("{name} does not have what the manifest names: {}", shortened(&absent)));
    }
    if update.has_foreign_descriptor {
        ui.note(&format!(
            "the package.xml in {out} is not the snapshot's and was left as it is; `sf project \
             deploy` goes by it"
        ));
    }
    text
}

fn counts(update: &Update) -> [(&'static str, &Vec<ComponentId>); 3] {
    [("new", &update.added), ("changed", &update.changed), ("gone", &update.gone)]
}

pub(super) fn shortened(list: &[String]) -> String {
    let shown: Vec<&str> = list.iter().take(6).map(String::as_str).collect();
    let more =
        if list.len() > 6 { format!(", and {} more", list.len() - 6) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// What a commit of the snapshot says.
pub(super) fn message(name: &str, update: &Update) -> String {
    let gaps: Vec<String> = gaps(&update.record).into_values().flatten().collect();
    let mut words: Vec<String> = counts(update)
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(words, list)| format!("{} {words}", list.len()))
        .collect();
    if words.is_empty() {
        words.push("the record".to_owned());
    }
    if !gaps.is_empty() {
        words.push(format!("{} not read", gaps.len()));
    }
    let mut message = format!("snapshot of {name}: {}\n", words.join(", "));
    for (mark, list) in ["+", "~", "-"].iter().zip(counts(update)) {
        for one in list.1 {
            let _ = write!(message, "\n{mark} {one}");
        }
    }
    for one in gaps {
        let _ = write!(message, "\n? {one}");
    }
    message
}
