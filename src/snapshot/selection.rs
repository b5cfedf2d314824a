//! What the user asks a snapshot for: all of some types, what a manifest names, or what templates
//! ask about; and whether another run asks for less.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::metadata::ComponentId;
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::{self, Kind};
use crate::org::retrieve::RetrieveRequest;

/// How a selection came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelectedBy {
    /// All components of some types; profiles with all the org's objects.
    #[default]
    Types,
    /// What a `package.xml` names.
    Manifest,
    /// What templates ask about.
    Template,
}

impl fmt::Display for SelectedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Types => "all of some types",
            Self::Manifest => "what a manifest names",
            Self::Template => "what templates ask about",
        })
    }
}

/// What the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// How it was said.
    pub by: SelectedBy,
    /// Components by type, `*` for all of it.
    pub components: BTreeMap<String, BTreeSet<String>>,
    /// What was named for the sake of profiles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub companions: BTreeMap<String, BTreeSet<String>>,
}

/// What a manifest names and is not there.
#[derive(Debug, Default)]
pub struct Absent {
    /// Members of types of which there are others that it names.
    pub some: Vec<ComponentId>,
    /// All members that it names of their types.
    pub whole: Vec<ComponentId>,
}

impl Selection {
    /// All components of some types.
    pub fn of_types(types: &[String]) -> Self {
        let all = || BTreeSet::from(["*".to_owned()]);
        Self {
            by: SelectedBy::Types,
            components: types.iter().map(|name| (name.clone(), all())).collect(),
            companions: BTreeMap::new(),
        }
    }

    /// What a manifest names. What profiles show of its other members goes along with them,
    /// wherever a retrieve is cut in pieces.
    pub fn of_manifest(manifest: &Manifest) -> Self {
        let mut companions = BTreeMap::new();
        if manifest.types.contains_key("Profile") {
            let of_profiles = types_of_profiles();
            companions = manifest.types.clone();
            companions.retain(|name, _| of_profiles.contains(name.as_str()));
        }
        Self { by: SelectedBy::Manifest, components: manifest.types.clone(), companions }
    }

    /// What templates ask about.
    pub fn of_request(request: &RetrieveRequest) -> Self {
        let mut components: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for id in &request.components {
            components.entry(id.type_name.clone()).or_default().insert(id.full_name.clone());
        }
        Self { by: SelectedBy::Template, components, companions: request.companions.types.clone() }
    }

    /// What another selection, made in the same way, has and this one has not.
    pub fn lacks(&self, other: &Self) -> Vec<String> {
        let mut lacking = BTreeSet::new();
        for (there, here) in
            [(&other.components, &self.components), (&other.companions, &self.companions)]
        {
            for (type_name, members) in there {
                let gone = members.iter().filter(|name| !self.has(here, type_name, name));
                lacking.extend(gone.map(|member| match member.as_str() {
                    "*" => type_name.clone(),
                    name => format!("{type_name}:{name}"),
                }));
            }
        }
        lacking.into_iter().collect()
    }

    /// What a manifest names one by one and is not there, as far as it would have a file.
    /// `is_there` says so of a component, and of all of a type by `*`.
    pub fn absent(&self, is_there: impl Fn(&ComponentId) -> bool) -> Absent {
        let mut absent = Absent::default();
        let by_name = self.components.iter().filter(|(type_name, members)| {
            self.by == SelectedBy::Manifest && !members.contains("*") && has_files(type_name)
        });
        for (type_name, members) in by_name {
            let id = |name: &str| {
                ComponentId::new(type_name.as_str(), canonical_full_name(type_name, name))
            };
            if !is_there(&id("*")) {
                absent.whole.extend(members.iter().map(|name| id(name)));
            } else if registry::find(type_name).is_none_or(|row| row.odd.named_by.is_none()) {
                // Parts of apps may be named by their app (S 2.1).
                absent.some.extend(members.iter().map(|name| id(name)).filter(|id| !is_there(id)));
            }
        }
        absent
    }

    /// Says whether a component is asked for, by its name or with all of its type.
    pub fn names(&self, id: &ComponentId) -> bool {
        self.has(&self.components, &id.type_name, &id.full_name)
    }

    fn has(
        &self,
        members: &BTreeMap<String, BTreeSet<String>>,
        type_name: &str,
        full_name: &str,
    ) -> bool {
        let Some(members) = members.get(type_name) else { return false };
        // In a manifest `*` stands for no standard object (S 3.2).
        let is_standard =
            type_name == "CustomObject" && full_name != "*" && !full_name.contains("__");
        members.contains(full_name)
            || members.contains("*") && (self.by == SelectedBy::Types || !is_standard)
    }
}

/// The types of whose components a profile shows more where they are asked for with it (S 3.2).
pub(super) fn types_of_profiles() -> BTreeSet<&'static str> {
    let fields = registry::find("Profile").into_iter().flat_map(|row| row.fields);
    let companions = fields.filter_map(|field| match &field.kind {
        Kind::Section { companion: Some(companion), .. } => Some(companion.candidates("x")),
        _ => None,
    });
    companions.flatten().map(|(type_name, _)| type_name).collect()
}

/// Whether it is known where the files of a type stand, one component in each.
pub(super) fn has_files(type_name: &str) -> bool {
    registry::find(type_name).is_some_and(|row| {
        registry::files_in(row.folder).iter().any(|sort| sort.row.name == row.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(by: SelectedBy, members: &[(&str, &str)]) -> Selection {
        let mut manifest = Manifest::default();
        for (type_name, member) in members {
            manifest.add(type_name, member);
        }
        Selection { by, ..Selection::of_manifest(&manifest) }
    }

    #[test]
    fn a_selection_says_what_it_leaves_out_of_another() {
        let types = |names: &[&str]| {
            Selection::of_types(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        let (both, one) = (types(&["Profile", "ConnectedApp"]), types(&["Profile"]));
        assert_eq!(one.lacks(&both), ["ConnectedApp"]);
        assert!(both.lacks(&one).is_empty() && both.lacks(&both).is_empty());
        let manifest = |members| selection(SelectedBy::Manifest, members);
        let named = manifest(&[("Profile", "A"), ("Profile", "B")]);
        assert_eq!(manifest(&[("Profile", "A")]).lacks(&named), ["Profile:B"]);
        assert!(manifest(&[("Profile", "*")]).lacks(&named).is_empty());
    }

    #[test]
    fn what_a_profile_shows_for_the_sake_of_others_belongs_to_the_selection() {
        let manifest = |members| selection(SelectedBy::Manifest, members);
        let read = manifest(&[("Profile", "A"), ("CustomObject", "Lead"), ("ConnectedApp", "A")]);
        assert_eq!(read.companions.keys().collect::<Vec<_>>(), ["CustomObject"]);
        let less = manifest(&[("Profile", "A"), ("ConnectedApp", "A"), ("CustomObject", "*")]);
        assert_eq!(less.lacks(&read), ["CustomObject:Lead"]);
    }
}
