//! Who is pre-authorised for the org's own apps: their files say it, and nothing else does, whether
//! it is deployed or written row by row (S 1.1, 1.7, 2.5).

use super::name::Key;
use super::state::{Org, component_id, derived_id, profile_set_id};
use super::tree::Node;

/// The type of app files that name sets and profiles one an element.
const CONNECTED: &str = "ConnectedApp";
/// The type of those that name them in one text.
const EXTERNAL: &str = "ExtlClntAppOauthConfigurablePolicies";

/// Where the two types name components of a type.
fn field(type_name: &str, app_type: &str) -> &'static str {
    match (type_name, app_type) {
        ("Profile", CONNECTED) => "profileName",
        ("Profile", _) => "commaSeparatedProfile",
        (_, CONNECTED) => "permissionSetName",
        _ => "commaSeparatedPermissionSet",
    }
}

/// The id of the row that says that an app lets in by a set or profile.
pub(crate) fn row_id(parent: &str, app: &str) -> String {
    derived_id("0J0", &format!("{parent}:{app}"))
}

/// What came of a wish to pre-authorise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The app's file says so now.
    Yes,
    /// Its users need no approval, so that its file can name nobody.
    NeedsNone,
    /// It is another org's.
    NotOwn,
}

impl Org {
    /// The set or profile that an id of a permission set stands for; none for a group.
    pub(crate) fn carrier(&self, id: &str) -> Option<Key> {
        let stands_for = |key: &&Key| match key.0.as_str() {
            "PermissionSet" => component_id(&key.0, &key.1) == id,
            "Profile" => profile_set_id(&key.1) == id,
            _ => false,
        };
        self.components.keys().find(stands_for).cloned()
    }

    /// What an app may name a set or profile by; the first is what it is written by.
    fn names_in(&self, app_type: &str, (type_name, full_name): &Key) -> Vec<String> {
        let label = match type_name.as_str() {
            "Profile" => Some(self.profile_label(full_name).to_owned()),
            _ => self
                .component(type_name, full_name)
                .and_then(|node| node.get("label").map(str::to_owned)),
        };
        let mut names: Vec<String> =
            label.into_iter().chain(std::iter::once(full_name.clone())).collect();
        if app_type == EXTERNAL && type_name == "PermissionSet" {
            names.reverse();
        }
        names
    }

    /// The file that says who may use an app, by the app's id.
    fn file_of_app(&self, id: &str) -> Option<Key> {
        let own = self.components.keys().find(|(type_name, name)| {
            type_name == CONNECTED && component_id(CONNECTED, name) == id
        });
        own.cloned().or_else(|| {
            let is_its = |node: &Node| {
                let app = node.get("externalClientApplication").unwrap_or_default();
                component_id("ExternalClientApplication", app) == id
            };
            let (name, _) = self.of_type(EXTERNAL).find(|(_, node)| is_its(node))?;
            Some((EXTERNAL.to_owned(), name.to_owned()))
        })
    }

    fn rewrite(&mut self, key: &Key, node: &mut Node) {
        node.children.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some(stored) = self.components.get_mut(key) {
            stored.content = node.to_file();
        }
    }

    /// Writes a set or profile into the file of an app, by the app's id.
    pub(crate) fn pre_authorise(&mut self, carrier: &Key, app: &str) -> Named {
        let found = self.file_of_app(app);
        let parsed = found.and_then(|key| Some((self.component(&key.0, &key.1)?, key)));
        let Some((mut node, key)) = parsed else { return Named::NotOwn };
        let field = field(&carrier.0, &key.0);
        let name = self.names_in(&key.0, carrier).swap_remove(0);
        if key.0 == CONNECTED {
            if !node.child("oauthConfig").is_some_and(|config| config.flag("isAdminApproved")) {
                return Named::NeedsNone;
            }
            node.children.push(Node::text(field, name));
        } else {
            let listed = node.get(field).filter(|list| !list.is_empty());
            let list = listed.map_or_else(|| name.clone(), |list| format!("{list}, {name}"));
            node.set(field, &list);
        }
        self.rewrite(&key, &mut node);
        Named::Yes
    }

    /// Takes a set or profile out of the file of an app; returns whether it stood there.
    fn strike_out(&mut self, carrier: &Key, key: &Key) -> bool {
        let Some(mut node) = self.component(&key.0, &key.1) else { return false };
        let names = self.names_in(&key.0, carrier);
        let field = field(&carrier.0, &key.0);
        let is_it = |name: &str| names.iter().any(|one| one == name.trim());
        let before = node.clone();
        if key.0 == CONNECTED {
            node.children.retain(|child| child.name != field || !is_it(child.value()));
        } else if let Some(list) = node.get(field) {
            let left: Vec<&str> =
                list.split(',').map(str::trim).filter(|name| !is_it(name)).collect();
            let left = left.join(", ");
            if left.is_empty() {
                node.remove(field);
            } else {
                node.set(field, &left);
            }
        }
        if node == before {
            return false;
        }
        self.rewrite(key, &mut node);
        true
    }

    /// The files that say who may use apps.
    fn app_files(&self) -> Vec<Key> {
        let is_one = |key: &&Key| [CONNECTED, EXTERNAL].contains(&key.0.as_str());
        self.components.keys().filter(is_one).cloned().collect()
    }

    /// Takes a set or profile out of every app's file.
    pub(crate) fn strike_out_everywhere(&mut self, carrier: &Key) {
        for key in self.app_files() {
            self.strike_out(carrier, &key);
        }
    }

    /// Takes back what a row says that comes of an app's file; returns whether there is one.
    pub(crate) fn take_back(&mut self, parent: &str, app: &str) -> bool {
        let carrier = self.carrier(parent);
        let file = self.file_of_app(app);
        carrier.zip(file).is_some_and(|(carrier, file)| self.strike_out(&carrier, &file))
    }
}
