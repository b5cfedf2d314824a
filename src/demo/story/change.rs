//! How something is changed in a story: by an admin, at a time.

use super::super::name::Key;
use super::super::state::Org;
use super::super::tree::Node;

/// The key of a component.
pub(super) fn key(type_name: &str, full_name: &str) -> Key {
    (type_name.to_owned(), full_name.to_owned())
}

impl Org {
    /// Changes a component's content, if it is there.
    pub(super) fn edit(
        &mut self,
        type_name: &str,
        full_name: &str,
        change: impl FnOnce(&mut Node),
    ) {
        let Some(mut node) = self.component(type_name, full_name) else { return };
        let before = node.clone();
        change(&mut node);
        if node == before {
            return;
        }
        if let Some(stored) = self.components.get_mut(&key(type_name, full_name)) {
            stored.content = node.to_file();
        }
    }

    /// Lets an admin change something at a time: the components say who changed them when, and the
    /// audit trail what it says of such a change.
    pub(super) fn at(&mut self, time: u64, change: impl FnOnce(&mut Self)) {
        let before = self.clone();
        change(self);
        let admin = self.catalog.admin.clone();
        for (name, stored) in &mut self.components {
            if before.components.get(name).is_none_or(|old| old.content != stored.content) {
                // One of several stories may tell of longer ago.
                stored.modified = stored.modified.max(time);
                stored.modified_by.clone_from(&admin);
            }
        }
        let changes = before.changes_to(self);
        self.note_changes(changes, &admin, time);
    }
}
