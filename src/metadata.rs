//! What an org is made of: components, each with a type, a full name and an XML document.
//!
//! Reading them from disk is left to `snapshot`, asking an org for them to `org`.

pub mod archive;
pub mod assignable;
mod certificate;
pub mod change_event;
pub mod compare;
pub mod cost;
pub mod decomposed;
pub mod document;
pub mod fact;
pub mod full_name;
pub mod hours;
pub mod labels;
pub mod lasting;
pub mod layout;
pub mod manifest;
pub mod names;
pub mod path;
pub mod percent;
pub mod permission;
pub mod range;
pub mod registry;
pub mod right;
pub mod settings;
pub mod sha256;
pub mod unseen;
pub mod value;
pub mod version;

use std::collections::BTreeMap;
use std::fmt;

use document::Document;
use manifest::Manifest;
use names::Names;
use unseen::Unseen;
use value::Value;

/// A component's identity: the metadata type's API name and the full name as the API writes it.
///
/// The full name is decoded (`Force.com - Free User`, not `Force%2Ecom - Free User`); [`percent`]
/// encodes it for file names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId {
    /// The Metadata API's name of the type, such as `ConnectedApp`.
    pub type_name: String,
    /// The full name, decoded.
    pub full_name: String,
}

impl ComponentId {
    /// Makes an identity from a type's API name and a full name.
    pub fn new(type_name: impl Into<String>, full_name: impl Into<String>) -> Self {
        Self { type_name: type_name.into(), full_name: full_name.into() }
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.type_name, self.full_name)
    }
}

/// One component as it was retrieved or read.
#[derive(Clone, Debug)]
pub struct Component {
    /// What it is.
    pub id: ComponentId,
    /// Its XML.
    pub document: Document,
    /// Where it was read from, relative to the folder or zip, with `/`; for messages and for edits
    /// in place.
    pub file: String,
}

/// What is known of what was asked for; it decides how absence is read (S 3.2).
#[derive(Clone, Debug)]
pub enum Requested {
    /// A folder or zip without a record of what was asked for: what is absent was *not observed*.
    Unknown,
    /// These components were asked for: what is absent among them is absent in the org.
    Manifest(Manifest),
}

/// Components at one time, with what is known of the request that brought them.
#[derive(Clone, Debug)]
pub struct ComponentSet {
    /// The components, by the identity that they were asked for by: a part of an external client
    /// app by its app (S 2.1). Each knows its own.
    pub components: BTreeMap<ComponentId, Component>,
    /// What was asked for.
    pub requested: Requested,
    /// Components that were asked for and could not be read, each with the reason; `*` stands for
    /// all of a type ([`why_unread`]). Of one that is there all the same a part was not read: what
    /// is absent in it may stand there.
    pub not_observed: BTreeMap<ComponentId, Unseen>,
    /// Settings that SOQL shows of components that the Metadata API does not, by path (an app that
    /// another org owns, S 1.5, 1.7).
    pub shown: BTreeMap<ComponentId, Vec<(String, Value)>>,
    /// What is known of names that were asked for and not seen; of files nothing is.
    pub names: Names,
    /// The apps that were asked for by their label, each as it was asked for, with the app by its
    /// API name.
    pub labels: BTreeMap<ComponentId, ComponentId>,
}

/// Says why a component was not read, it alone or with all of its type (`*`).
pub fn why_unread<'m>(
    not_observed: &'m BTreeMap<ComponentId, Unseen>,
    id: &ComponentId,
) -> Option<&'m Unseen> {
    let all = || not_observed.get(&ComponentId::new(id.type_name.as_str(), "*"));
    not_observed.get(id).or_else(all)
}

impl Default for ComponentSet {
    fn default() -> Self {
        Self::new(Requested::Unknown)
    }
}

impl ComponentSet {
    /// Makes an empty set.
    pub fn new(requested: Requested) -> Self {
        Self {
            components: BTreeMap::new(),
            requested,
            not_observed: BTreeMap::new(),
            shown: BTreeMap::new(),
            names: Names::default(),
            labels: BTreeMap::new(),
        }
    }

    /// Looks a component up; an app, and what is part of one, by the app's label too where it was
    /// asked for by that.
    pub fn get(&self, id: &ComponentId) -> Option<&Component> {
        self.components.get(id).or_else(|| self.components.get(&self.called(id)?))
    }

    /// Adds a component, replacing one of the same identity.
    pub fn insert(&mut self, component: Component) -> Option<Component> {
        self.components.insert(component.id.clone(), component)
    }

    /// Returns the components of one type, in order of full name.
    pub fn of_type<'a, 'n>(
        &'a self,
        type_name: &'n str,
    ) -> impl Iterator<Item = &'a Component> + use<'a, 'n> {
        self.components.values().filter(move |component| component.id.type_name == type_name)
    }
}
