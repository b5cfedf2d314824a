//! What an org would hold after a deploy, under each type's rule: the proof before anything is
//! sent.
//!
//! It reads the package's files and knows nothing of the changes that made them, so that a mistake
//! in these shows as a finding that is not fixed.

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::document::{Document, DocumentError, Edit, EditError, NewElement};
use crate::metadata::manifest::Manifest;
use crate::metadata::path::Segment;
use crate::metadata::registry::{self, DeployRule, Entries, Kind, MetadataType};
use crate::metadata::{Component, ComponentId, ComponentSet, layout};

use super::{GONE_FIRST, GONE_LAST, Package, holds_what_stays, own};

/// Why a package cannot be tried; a mistake of this program.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A file that is no metadata.
    #[error("{file}: {error}")]
    File {
        /// Which file.
        file: String,
        /// What is wrong.
        error: DocumentError,
    },
    /// A file that does not fit onto what is there.
    #[error("{id}: {error}")]
    Edit {
        /// Which component.
        id: ComponentId,
        /// What is wrong.
        error: EditError,
    },
    /// A component that package.xml names, and of which there is no file.
    #[error("{0}: package.xml names it, and there is no file of it")]
    NoFile(ComponentId),
    /// A file that package.xml does not name.
    #[error("{0}: package.xml does not name it")]
    NotNamed(String),
    /// A key, a secret or a comment in a file.
    #[error("{0}: its file holds what is never sent")]
    Stays(ComponentId),
}

impl SimulateError {
    /// Which component of the package it is about, if it is one.
    pub fn id(&self, package: &Package) -> Option<ComponentId> {
        match self {
            Self::Edit { id, .. } | Self::NoFile(id) | Self::Stays(id) => Some(id.clone()),
            Self::File { file, .. } | Self::NotNamed(file) => {
                let of_file = package.components.iter().find(|(_, path)| *path == file);
                of_file.map(|(id, _)| id.clone())
            }
        }
    }
}

/// Lays a package over what an org holds, by its files alone.
///
/// A new profile is taken to hold what its file says; what the org adds from the licence's own (S
/// 3.4) is not known here.
///
/// # Errors
/// See [`SimulateError`].
pub fn simulate(
    package: &Package,
    components: &ComponentSet,
) -> Result<ComponentSet, SimulateError> {
    let mut set = components.clone();
    // What is deleted is never deployed too, so that it is one when.
    for file in [GONE_FIRST, GONE_LAST] {
        for id in members(package, file)? {
            delete(&id, &mut set);
        }
    }
    let mut named = BTreeSet::from(["package.xml", GONE_FIRST, GONE_LAST].map(str::to_owned));
    // A name may be spelled in several ways, in the manifest and in the file's name alike.
    let files: BTreeMap<ComponentId, &String> =
        package.files.keys().filter_map(|file| Some((layout::component_of(file)?, file))).collect();
    for id in members(package, "package.xml")? {
        let found =
            files.get(&id).and_then(|file| Some((package.files.get(*file)?.clone(), *file)));
        let (bytes, file) = found.ok_or_else(|| SimulateError::NoFile(id.clone()))?;
        let wrong = |error| SimulateError::File { file: file.clone(), error };
        let new = Document::parse(bytes).map_err(wrong)?;
        new.expect_root(&registry::root_name(&id.type_name, &id.full_name)).map_err(wrong)?;
        if holds_what_stays(&id, &new) {
            return Err(SimulateError::Stays(id));
        }
        let row = registry::find_component(&id.type_name, &id.full_name);
        let overlays = row.is_some_and(|row| row.deploy == DeployRule::Overlay);
        let document = match (own(components, &id), row) {
            (Some(old), Some(row)) if overlays => lay(row, &old.document, &new)
                .map_err(|error| SimulateError::Edit { id: id.clone(), error })?,
            _ => new,
        };
        named.insert(file.clone());
        let key = components
            .components
            .iter()
            .find(|(_, old)| old.id == id)
            .map_or_else(|| id.clone(), |(key, _)| key.clone());
        set.components.insert(key, Component { id, document, file: file.clone() });
    }
    match package.files.keys().find(|file| !named.contains(*file)) {
        Some(file) => Err(SimulateError::NotNamed(file.clone())),
        None => Ok(set),
    }
}

/// The components that a manifest of the package names; none where it is not there.
fn members(package: &Package, file: &str) -> Result<Vec<ComponentId>, SimulateError> {
    let Some(bytes) = package.files.get(file) else { return Ok(Vec::new()) };
    let wrong = |error| SimulateError::File { file: file.to_owned(), error };
    let manifest = Manifest::parse(bytes.clone()).map_err(wrong)?;
    let of_type = |(type_name, names): (&String, &BTreeSet<String>)| {
        names.iter().map(|name| ComponentId::new(type_name, name)).collect::<Vec<_>>()
    };
    Ok(manifest.types.iter().flat_map(of_type).collect())
}

/// Deletes a component, and with an external client app its parts (S 2.7).
fn delete(id: &ComponentId, set: &mut ComponentSet) {
    let is_app = id.type_name == "ExternalClientApplication";
    let goes = |one: &Component| {
        let owner = one.document.root().child_text("externalClientApplication");
        one.id == *id || (is_app && owner.is_some_and(|owner| *owner == id.full_name))
    };
    set.components.retain(|_, one| !goes(one));
}

/// Lays a profile over the one that is there: an entry takes the place of its like, what is not
/// mentioned stays (S 3.4).
fn lay(row: &MetadataType, old: &Document, new: &Document) -> Result<Document, EditError> {
    let root = old.root();
    let mut entries = Entries::new(old);
    let mut edits = Vec::new();
    // A deployed list takes the place of the one that is there, an absent one too; whether every
    // org does so is not verified (S 3.4), which is why it is sent whole and read again afterwards.
    let is_whole = |name: &str| row.field(name).is_some_and(|field| field.sent_whole);
    let goes = root.children().filter(|element| is_whole(element.name()));
    edits.extend(goes.map(|element| Edit::Remove { element: element.id() }));
    for element in new.root().children() {
        if is_whole(element.name()) {
            edits.push(Edit::Insert {
                parent: root.id(),
                new: NewElement::of(element),
                key: Vec::new(),
            });
            continue;
        }
        let field = row.field(element.name());
        let (there, key) = match (row.entry_of(element), field.map(|field| &field.kind)) {
            (
                Some(segment @ Segment { key: Some(_), .. }),
                Some(Kind::Section { key: names, .. }),
            ) => {
                let names = names.iter().map(|name| (*name).to_owned()).collect();
                let like = entries.of(root, &segment, field);
                let again = like.iter().skip(1);
                edits.extend(again.map(|again| Edit::Remove { element: again.id() }));
                (like.first().copied(), names)
            }
            _ => (root.child(element.name()), Vec::new()),
        };
        let is_empty = element.children().next().is_none() && element.text().trim().is_empty();
        match there {
            Some(there) if is_empty => edits.push(Edit::Remove { element: there.id() }),
            Some(there) => {
                edits.push(Edit::Replace { element: there.id(), new: NewElement::of(element) })
            }
            None if is_empty => {}
            None => {
                edits.push(Edit::Insert { parent: root.id(), new: NewElement::of(element), key })
            }
        }
    }
    old.edit(&edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Requested;
    use crate::metadata::registry::ApiVersion;
    use crate::metadata::settings::differences;
    use crate::package::{Target, build};

    fn profile(inner: &str) -> Document {
        Document::parse(
            format!(
                "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{inner}</Profile>\n"
            )
            .into_bytes(),
        )
        .unwrap()
    }

    #[test]
    fn an_overlay_leads_from_before_to_after() {
        let id = ComponentId::new("Profile", "Acme");
        let before = profile(
            "<description>x</description><objectPermissions><allowRead>true</allowRead><object>Lead\
             </object></objectPermissions><userPermissions><enabled>true</enabled><name>A</name>\
             </userPermissions>",
        );
        let after = profile(
            "<loginIpRanges><endAddress>10.0.0.9</endAddress><startAddress>10.0.0.1</startAddress>\
             </loginIpRanges><objectPermissions><allowEdit>true</allowEdit><allowRead>true\
             </allowRead><object>Lead</object></objectPermissions><userPermissions><enabled>true\
             </enabled><name>B</name></userPermissions>",
        );
        let mut set = ComponentSet::new(Requested::Unknown);
        set.insert(Component { id: id.clone(), document: before.clone(), file: String::new() });
        let target = Target {
            id: id.clone(),
            before: Some(before),
            after: Some(after.clone()),
            spelled: None,
            said: Vec::new(),
        };
        let package = build(&[target], ApiVersion(67), true).unwrap();
        let simulated = simulate(&package, &set).unwrap();
        assert_eq!(
            differences(
                registry::find("Profile").unwrap(),
                Some(&simulated.get(&id).unwrap().document),
                Some(&after)
            ),
            []
        );
    }
}
