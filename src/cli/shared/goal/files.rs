//! What the steps of templates speak of, read from a folder of files.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use super::Seen;
use crate::cli::shared::clock;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use crate::diff::diff;
use crate::diff::elsewhere::{sought, why_open};
use crate::metadata::ComponentId;
use crate::metadata::assignable::OrgLimits;
use crate::metadata::fact::{FactAnswer, FactValues};
use crate::metadata::labels::CONNECTED_APP;
use crate::metadata::names::{Name, Names};
use crate::metadata::permission::masters;
use crate::metadata::registry::ApiVersion;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::snapshot;
use crate::template::ExpandedStep;
use crate::template::needs::{Needs, needs};

/// A standard profile that older orgs call otherwise (S 3.3).
fn is_one_name(one: &ComponentId, other: &ComponentId) -> bool {
    let is_read_only = |id: &ComponentId| {
        id.type_name == "Profile" && matches!(id.full_name.as_str(), "Read Only" | "ReadOnly")
    };
    one == other || (is_read_only(one) && is_read_only(other))
}

/// Types whose components stand in values by their names.
const IN_VALUES: [&str; 3] = ["MutingPermissionSet", "PermissionSet", "Profile"];

/// Reads the components that steps speak of from a folder.
pub(crate) fn of_files(
    ui: &Ui,
    steps: &[ExpandedStep<'_>],
    from: &Path,
    given_by: &dyn Fn(&Name) -> Vec<String>,
) -> Result<Seen, CommandError> {
    let Needs { components: needed, names, .. } = needs(steps);
    // A name that nothing bears is held against those that are there.
    let there: RefCell<BTreeSet<ComponentId>> = RefCell::default();
    let in_values = names.iter().filter_map(|name| match name {
        Name::Component(id) if IN_VALUES.contains(&id.type_name.as_str()) => Some(id),
        Name::Component(_)
        | Name::Permission(_)
        | Name::ObjectAccess(_)
        | Name::FieldAccess(_)
        | Name::Licence(_)
        | Name::Edition(_) => None,
    });
    let held_against: BTreeSet<&str> =
        needed.iter().chain(in_values).map(|id| id.type_name.as_str()).collect();
    let is_held_against = |id: &ComponentId| held_against.contains(id.type_name.as_str());
    let is_wanted = |id: &ComponentId| match id.type_name.as_str() {
        // There may be hundreds of these, of megabytes each.
        CONNECTED_APP | "PermissionSet" | "Profile" => {
            needed.iter().any(|wanted| is_one_name(wanted, id))
        }
        name => name == "CustomObject" || needed.iter().any(|wanted| wanted.type_name == name),
    };
    let read = |is_wanted: &dyn Fn(&ComponentId) -> bool| {
        let note = |id: &ComponentId| {
            if is_held_against(id) {
                there.borrow_mut().insert(id.clone());
            }
            is_wanted(id)
        };
        snapshot::read(from, &note).map_err(|error| CommandError::read(from, &error))
    };
    let mut reading = read(&is_wanted)?;
    let unnamed: BTreeSet<&str> =
        needed.iter().filter_map(|id| reading.components.unnamed_app(id)).collect();
    if !unnamed.is_empty() {
        reading = read(&|id| is_wanted(id) || unnamed.contains(id.type_name.as_str()))?;
        reading.components.name_by_label(needed.iter());
    }
    reading.components.names = Names::of_files(&names, &there.borrow(), &reading.components);
    reading.components.names.given_by(given_by);
    for file in &reading.passed_over {
        ui.detail(&format!("passed over: {file}"));
    }
    let count = reading.components.components.len();
    ui.detail(&format!("read {count} components from {}", from.display()));
    let graph = masters(&reading.components);
    reading.remarks.extend(reading.components.labels_in_words());
    let mut facts = FactValues::new(Unseen::new(
        UnseenKind::Offline,
        "offline: only an org can answer this, a folder of files cannot",
    ));
    facts.set_now(Some(clock::now()));
    // The other permission sets are read only where one of them may give what is not found.
    let open = sought(&diff(steps, &reading.components, &facts).findings);
    if !open.is_empty() {
        let sets = read(&|id| id.type_name == "PermissionSet")?;
        for ((fact, user), path) in &open {
            if let Some(unseen) = why_open(&sets.components, path, user) {
                facts.insert(fact, Some(user), FactAnswer::NotObserved(unseen));
            }
        }
        for file in sets.broken {
            if !reading.broken.contains(&file) {
                reading.broken.push(file);
            }
        }
    }
    Ok(Seen {
        components: reading.components.into(),
        against: None,
        facts,
        graph,
        limits: OrgLimits::default(),
        version: reading.version.unwrap_or(ApiVersion::NEWEST),
        is_online: false,
        same_org: true,
        broken: reading.broken.iter().map(ToString::to_string).collect(),
        model: reading.model,
        notes: reading.remarks,
        since: Vec::new(),
        parts: reading.parts,
    })
}
