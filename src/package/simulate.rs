//! What an org would hold after a deploy, under each type's rule: the proof before anything is
//! sent.
//!
//! It reads the package's files and knows nothing of the changes that made them, so that a mistake
//! in these shows as a finding that is not fixed.

use crate::metadata::document::{Document, DocumentError, Edit, EditError, NewElement};
use crate::metadata::path::Segment;
use crate::metadata::registry::{self, DeployRule, Entries, Kind, MetadataType};
use crate::metadata::{Component, ComponentId, ComponentSet};

use super::{Package, own};

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
}

/// Lays a package over what an org holds.
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
    for id in &package.deletes {
        let key = set
            .components
            .iter()
            .find(|(_, component)| component.id == *id)
            .map(|(key, _)| key.clone());
        if let Some(key) = key {
            set.components.remove(&key);
        }
    }
    for (id, file) in &package.components {
        let bytes = package.files.get(file).cloned().unwrap_or_default();
        let new = Document::parse(bytes)
            .map_err(|error| SimulateError::File { file: file.clone(), error })?;
        let row = registry::find_component(&id.type_name, &id.full_name);
        let overlays = row.is_some_and(|row| row.deploy == DeployRule::Overlay);
        let document = match (own(components, id), row) {
            (Some(old), Some(row)) if overlays => lay(row, &old.document, &new)
                .map_err(|error| SimulateError::Edit { id: id.clone(), error })?,
            _ => new,
        };
        let key = components
            .components
            .iter()
            .find(|(_, old)| old.id == *id)
            .map_or_else(|| id.clone(), |(key, _)| key.clone());
        set.components.insert(key, Component { id: id.clone(), document, file: file.clone() });
    }
    Ok(set)
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
