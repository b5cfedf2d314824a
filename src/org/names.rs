//! Which names an org has: asked as seldom as will do, and only of what shows all names to whoever
//! may ask at all.
//!
//! Lists and files of the Metadata API do not depend on what the caller may see of the data, nor
//! does the schema of `PermissionSet`. A describe of an object does: it tells what is there, never
//! what is not.

mod objects;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::describe::{METADATA_ALONE, everywhere, permission_fields};
use super::error::{OrgError, OrgErrorKind};
use super::facts::LICENCES;
use super::http::soql_list;
use super::set_name::listed_name;
use super::{Org, Values};
use crate::metadata::fact::{FactAnswer, edition_meant};
use crate::metadata::full_name::profile_label;
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP};
use crate::metadata::names::known::STANDARD_APPS;
use crate::metadata::names::{Lacked, Name, NameStatus, Names, STANDARD_TAB, Shown};
use crate::metadata::registry::nearest::{nearest, perhaps};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet, registry};

/// Types that profiles speak of and that this program knows no more of. That a list has what came
/// with a package under the package's prefix is not told of each.
const WITHOUT_ROW: &[&str] = &[
    "Bot",
    "CustomPermission",
    "DataCategoryGroup",
    "ExternalDataSource",
    "Flow",
    "Layout",
    "ServicePresenceStatus",
];
const GROUP: &str = "PermissionSetGroup";
/// The types of apps, which may go by their label.
const APPS: &[&str] = &[CONNECTED_APP, EXTERNAL_APP];
/// The full names by type, as the org lists them; where it does not, why.
pub(crate) type Listed = BTreeMap<String, Result<Vec<String>, String>>;

/// What is being found out.
struct Search<'o> {
    org: &'o Org,
    listed: Listed,
    found: Names,
}

impl Org {
    /// Finds out which of some names the org lacks, as far as components do not show them; a
    /// component that was asked for and is not there is among them for the sake of the nearest.
    ///
    /// Makes no request where all are shown; what is known of values already is not asked again.
    ///
    /// # Errors
    /// The org cannot be asked; what it does not show is told by a name's standing.
    pub(crate) async fn names(
        &self,
        asked: &BTreeSet<Name>,
        seen: &ComponentSet,
        values: &Values,
    ) -> Result<Names, OrgError> {
        let shown = Shown::by(seen);
        let is_there = |name: &Name| match name {
            Name::Permission(permission) => {
                everywhere(permission) == Some(permission)
                    || METADATA_ALONE.contains(&permission.as_str())
            }
            Name::Component(id) => seen.get(id).is_some() || seen.called(id).is_some(),
            Name::Licence(_) | Name::ObjectAccess(_) | Name::FieldAccess(_) => false,
            Name::Edition(edition) => edition_meant(edition).is_none(),
        };
        let mut search =
            Search { org: self, listed: values.listed.clone(), found: Names::default() };
        let mut doubtful = BTreeSet::new();
        for name in asked.iter().filter(|name| !is_there(name) && !shown.has_so(name)) {
            match values.names.get(name) {
                Some(status) => search.found.insert(name.clone(), status.clone()),
                None if values.asked.contains(name) => {}
                None => _ = doubtful.insert(name.clone()),
            }
        }
        if !doubtful.is_empty() {
            search.all(&doubtful, seen).await?;
        }
        Ok(search.found)
    }

    /// Lists types of components: the full names of each, or why the org does not say them.
    ///
    /// # Errors
    /// The org cannot be asked any more.
    pub(crate) async fn names_of_types(&self, types: &BTreeSet<&str>) -> Result<Listed, OrgError> {
        let mut search = Search { org: self, listed: Listed::new(), found: Names::default() };
        search.list(types).await?;
        Ok(search.listed)
    }

    /// Looks up names that values give, as far as that can be told before components are read.
    pub(super) async fn given_names(
        &self,
        names: &BTreeSet<Name>,
        values: &mut Values,
    ) -> Result<(), OrgError> {
        let mut search = Search { org: self, listed: Listed::new(), found: Names::default() };
        let looked = search.given(names, values).await;
        (values.listed, values.names) = (search.listed, search.found);
        looked
    }
}

fn no_right(words: String) -> NameStatus {
    NameStatus::Unseen(Unseen::new(UnseenKind::NoRight, words))
}

/// Why a type is not listed, with the right that would show it where it is that which lacks.
fn why_unlisted(error: &OrgError) -> String {
    match error.kind {
        OrgErrorKind::Permission => {
            "that needs Modify Metadata Through Metadata API Functions".to_owned()
        }
        _ => format!("the org says: {error}"),
    }
}

fn ends_with_any(name: &str, ends: &[&str]) -> bool {
    let name = name.to_lowercase();
    ends.iter().any(|end| name.ends_with(&end.to_lowercase()))
}

/// Says whether a name is in a list of all; one that is there in other capitals is noted.
fn is_in(found: &mut Names, name: &Name, all: &[String]) -> bool {
    if all.iter().any(|one| one == name.text()) {
        return true;
    }
    let lower = name.text().to_lowercase();
    let Some(spelt) = all.iter().find(|one| one.to_lowercase() == lower) else { return false };
    let lacked = Lacked { nearest: Some(spelt.clone()), ..Lacked::of(name.clone()) };
    found.insert(name.clone(), NameStatus::Lacked(lacked));
    true
}

/// Notes that the org lacks a name, with the nearest of those that it has.
fn lacks(found: &mut Names, name: Name, among: &[String]) {
    // A part of an object is held against the object's other parts: the object is right.
    let object = match name.text().split_once('.') {
        Some((object, _)) if matches!(name.sort(), "field" | "record type") => {
            format!("{object}.").to_lowercase()
        }
        Some(_) | None => String::new(),
    };
    // Nor are two standard tabs alike for what both begin with.
    let object = if name.text().starts_with(STANDARD_TAB) { STANDARD_TAB.into() } else { object };
    let parts: Vec<&String> =
        among.iter().filter(|one| one.to_lowercase().starts_with(&object)).collect();
    let part = |text: &'_ str| text.get(object.len()..).unwrap_or_default().to_owned();
    let wanted = part(name.text());
    let parts: Vec<(&String, String)> = parts.into_iter().map(|one| (one, part(one))).collect();
    let near = nearest(&wanted, parts.iter().map(|(_, part)| part.as_str()));
    let near = near.and_then(|near| parts.iter().find(|(_, part)| part == near));
    let near = near.map(|(one, _)| (*one).clone());
    let lacked = Lacked { nearest: near, ..Lacked::of(name.clone()) };
    found.insert(name, NameStatus::Lacked(lacked));
}

impl Search<'_> {
    async fn given(&mut self, names: &BTreeSet<Name>, values: &mut Values) -> Result<(), OrgError> {
        let (apps, others): (Vec<&Name>, Vec<&Name>) =
            names.iter().partition(|name| name.component_of(APPS).is_some());
        let mut others: BTreeSet<Name> = others.into_iter().cloned().collect();
        let shown = self.defined_fields(&others).await?;
        // What has a field is there.
        others.retain(|name| !shown.has_so(name));
        let of_apps: BTreeSet<&str> =
            apps.iter().filter_map(|app| app.component_of(APPS)).map(|id| &*id.type_name).collect();
        let of_others = others.iter().filter_map(listed_type);
        let mut types: BTreeSet<&str> = of_apps.into_iter().chain(of_others).collect();
        with_groups(&mut types);
        let types: Vec<&str> = types.into_iter().collect();
        match self.org.list_types(&types).await {
            Ok(listed) => self.note_lists(&types, &listed),
            // Each by itself is asked where one of them is why; a fault that passes is no reason to
            // ask so much for what is told later anyway.
            Err(error) if error.is_lasting() => self.list(&types.into_iter().collect()).await?,
            Err(error) => return Err(error),
        }
        self.all(&others, &ComponentSet::default()).await?;
        values.asked.extend(names.iter().filter(|name| !apps.contains(name)).cloned());
        for app in apps {
            self.app(app, values).await?;
            values.asked.insert(app.clone());
        }
        Ok(())
    }

    /// An app of the org's own is listed. Another may be installed, or be called by its label,
    /// which no list has.
    async fn app(&mut self, app: &Name, values: &mut Values) -> Result<(), OrgError> {
        let Some(id) = app.component_of(APPS) else { return Ok(()) };
        let Some(Ok(names)) = self.listed.get(&id.type_name).cloned() else { return Ok(()) };
        if names.contains(&id.full_name) {
            return Ok(());
        }
        let asked = BTreeSet::from([app.text()]);
        values.apps.extend(self.org.apps(&asked).await?);
        match values.apps.get(app.text()) {
            Some((FactAnswer::Known(Value::Bool(false)), _)) => {
                lacks(&mut self.found, app.clone(), &names)
            }
            _ => _ = is_in(&mut self.found, app, &names),
        }
        Ok(())
    }

    async fn all(
        &mut self,
        doubtful: &BTreeSet<Name>,
        seen: &ComponentSet,
    ) -> Result<(), OrgError> {
        let of_type = |wanted: &'static str| -> Vec<&str> {
            let ids = doubtful.iter().filter_map(|name| match name {
                Name::Component(id) if id.type_name == wanted => Some(id.full_name.as_str()),
                _ => None,
            });
            ids.collect()
        };
        let (objects, fields) = (of_type("CustomObject"), of_type("CustomField"));
        let mut types: BTreeSet<&str> = doubtful.iter().filter_map(listed_type).collect();
        if fields.iter().any(|field| is_packaged(field)) {
            types.insert("CustomField");
        }
        with_groups(&mut types);
        self.list(&types).await?;
        self.objects(&objects).await?;
        self.fields(&fields, seen).await?;
        let others = doubtful.iter().filter_map(|name| match name {
            Name::Component(id) => Some(id),
            Name::Permission(_)
            | Name::ObjectAccess(_)
            | Name::FieldAccess(_)
            | Name::Licence(_)
            | Name::Edition(_) => None,
        });
        let mut tabs = Vec::new();
        for id in others.filter(|id| is_listed(&id.type_name) && id.type_name != "CustomObject") {
            if is_standard_tab(id) {
                tabs.push(id);
            } else {
                self.component(id);
            }
        }
        self.standard_tabs(&tabs).await?;
        self.labels_of_sets().await?;
        self.groups();
        for name in doubtful.iter().filter(|name| matches!(name, Name::Edition(_))) {
            let nearest = edition_meant(name.text()).map(str::to_owned);
            let lacked = Lacked { nearest, ..Lacked::of(name.clone()) };
            self.found.insert(name.clone(), NameStatus::Lacked(lacked));
        }
        let permissions: Vec<&str> = doubtful
            .iter()
            .filter(|name| matches!(name, Name::Permission(_)))
            .map(Name::text)
            .collect();
        self.permissions(&permissions).await?;
        self.accesses(doubtful).await?;
        let licences: Vec<&str> = doubtful
            .iter()
            .filter(|name| matches!(name, Name::Licence(_)))
            .map(Name::text)
            .collect();
        self.licences(&licences).await
    }

    /// Lists types: all at once where that will do, else each alone.
    async fn list(&mut self, types: &BTreeSet<&str>) -> Result<(), OrgError> {
        let is_new = |name: &&str| !self.listed.contains_key(*name);
        let all: Vec<&str> = types.iter().copied().filter(is_new).collect();
        if all.is_empty() {
            return Ok(());
        }
        match self.org.list_types(&all).await {
            Ok(listed) => {
                self.note_lists(&all, &listed);
                return Ok(());
            }
            Err(error) if !error.is_about_one_question() => return Err(error),
            Err(_) => {}
        }
        for type_name in all {
            let names = match self.org.list(type_name).await {
                Ok(listed) => Ok(listed.into_iter().map(|one| one.id.full_name).collect()),
                Err(error) if error.is_lasting() => Err(why_unlisted(&error)),
                Err(error) => return Err(error),
            };
            self.listed.insert(type_name.to_owned(), names);
        }
        Ok(())
    }

    fn note_lists(&mut self, types: &[&str], listed: &[crate::org::Listed]) {
        for type_name in types {
            let of_type = listed.iter().filter(|one| one.id.type_name == *type_name);
            let names = of_type.map(|one| one.id.full_name.clone()).collect();
            self.listed.insert((*type_name).to_owned(), Ok(names));
        }
    }

    /// A component of a type whose list has all there are.
    fn component(&mut self, id: &ComponentId) {
        let name = Name::Component(id.clone());
        match self.listed.get(&id.type_name) {
            Some(Ok(names)) if is_in(&mut self.found, &name, names) => {}
            Some(Ok(_)) if may_be_unlisted(id) => {
                let words = format!(
                    "the org lists no {} `{}`, and need not list what came with a package",
                    name.sort(),
                    name.text()
                );
                self.found.insert(name, NameStatus::Unseen(Unseen::not_readable(words)));
            }
            // People write the names that Setup shows (S 3.3).
            Some(Ok(names)) if id.type_name == "Profile" => {
                let shown = names.iter().map(|name| profile_label(name).to_owned());
                let among: Vec<String> = names.iter().cloned().chain(shown).collect();
                lacks(&mut self.found, name, &among);
            }
            Some(Ok(names)) if !id.full_name.starts_with("standard__") => {
                lacks(&mut self.found, name, names)
            }
            // Standard apps need not be listed.
            Some(Ok(names)) => {
                let known: Vec<String> =
                    STANDARD_APPS.iter().map(|one| (*one).to_owned()).collect();
                if is_in(&mut self.found, &name, &known) {
                    return;
                }
                let all = names.iter().chain(&known).map(String::as_str);
                let words = format!(
                    "the org lists no app `{}`, and need not list standard ones{}",
                    id.full_name,
                    perhaps(nearest(&id.full_name, all))
                );
                self.found.insert(name, NameStatus::Unseen(Unseen::not_readable(words)));
            }
            Some(Err(error)) => {
                let words = format!(
                    "whether the org has the {} `{}` is not shown to this user: {error}",
                    name.sort(),
                    name.shown()
                );
                self.found.insert(name, no_right(words));
            }
            None => {}
        }
    }

    /// The list of `CustomTab` has none of these. The Tooling API has all tabs of the org, for
    /// whoever may see them (S 3.1).
    async fn standard_tabs(&mut self, tabs: &[&ComponentId]) -> Result<(), OrgError> {
        if tabs.is_empty() {
            return Ok(());
        }
        let rows = match self.org.wire.tooling_query("SELECT Name FROM TabDefinition").await {
            Ok(rows) => rows,
            Err(error) if error.is_about_one_question() => {
                let words = format!(
                    "the org does not show which standard tabs it has; that needs View Setup and \
                     Configuration ({error})"
                );
                for tab in tabs {
                    self.found.insert(Name::Component((*tab).clone()), no_right(words.clone()));
                }
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let names: Vec<String> =
            rows.iter().filter_map(|row| row["Name"].as_str().map(str::to_owned)).collect();
        // A list without one of them is not the list of all.
        let has_standard = names.iter().any(|name| name.starts_with(STANDARD_TAB));
        for tab in tabs {
            let name = Name::Component((*tab).clone());
            if is_in(&mut self.found, &name, &names) {
                continue;
            }
            if has_standard {
                lacks(&mut self.found, name, &names);
            } else {
                let words = "the org shows no standard tab to this user";
                self.found.insert(name, NameStatus::Unseen(Unseen::not_readable(words)));
            }
        }
        Ok(())
    }

    /// People call a permission set by its label, which no list has.
    async fn labels_of_sets(&mut self) -> Result<(), OrgError> {
        let sets = self.found.lacked("PermissionSet");
        if sets.is_empty() {
            return Ok(());
        }
        let soql = format!(
            "SELECT Name, NamespacePrefix, Label FROM PermissionSet WHERE IsOwnedByProfile = false \
             AND Label IN {}",
            soql_list(sets.iter().map(String::as_str))
        );
        let rows = match self.org.wire.query(&soql).await {
            Ok(rows) => rows,
            // Without it the nearest name is told, as before.
            Err(error) if error.is_about_one_question() => return Ok(()),
            Err(error) => return Err(error),
        };
        let own_namespace = self.org.own_namespace();
        for set in sets {
            let is_it = |row: &&Json| row["Label"].as_str().is_some_and(|label| label == set);
            let listed = rows.iter().find(is_it).and_then(|row| listed_name(row, own_namespace));
            if let Some(listed) = listed {
                let name = Name::component("PermissionSet", set);
                let nearest = Some(listed);
                let lacked = Lacked { nearest, is_label: true, ..Lacked::of(name.clone()) };
                self.found.insert(name, NameStatus::Lacked(lacked));
            }
        }
        Ok(())
    }

    /// A user is given a group as they are given a set, and a group is none.
    fn groups(&mut self) {
        let Some(Ok(groups)) = self.listed.get(GROUP) else { return };
        for set in self.found.lacked("PermissionSet") {
            if groups.iter().any(|group| group.eq_ignore_ascii_case(&set)) {
                let name = Name::component("PermissionSet", set);
                let lacked = Lacked { is_group: true, ..Lacked::of(name.clone()) };
                self.found.insert(name, NameStatus::Lacked(lacked));
            }
        }
    }

    async fn permissions(&mut self, permissions: &[&str]) -> Result<(), OrgError> {
        if permissions.is_empty() {
            return Ok(());
        }
        let fields = permission_fields(self.org).await?;
        let known: Option<Vec<String>> = fields.map(|fields| {
            let names = fields.iter().filter_map(|field| field.strip_prefix("Permissions"));
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        });
        let alone: Vec<String> = METADATA_ALONE.iter().map(|name| (*name).to_owned()).collect();
        for permission in permissions {
            let name = Name::Permission((*permission).to_owned());
            let known_anyway = everywhere(permission).map(str::to_owned);
            if is_in(&mut self.found, &name, known_anyway.as_slice())
                || is_in(&mut self.found, &name, &alone)
            {
                continue;
            }
            match &known {
                // A schema without one permission shows none.
                Some(known) if !known.is_empty() => {
                    if !is_in(&mut self.found, &name, known) {
                        lacks(&mut self.found, name, known);
                    }
                }
                _ => {
                    let words = "the org does not show which system permissions it has; that \
                                 needs View Setup and Configuration";
                    self.found.insert(name, no_right(words.to_owned()));
                }
            }
        }
        Ok(())
    }

    async fn licences(&mut self, licences: &[&str]) -> Result<(), OrgError> {
        if licences.is_empty() {
            return Ok(());
        }
        let mut known: Vec<String> = Vec::new();
        let mut hidden = false;
        for (object, columns) in LICENCES {
            let soql = format!("SELECT {} FROM {object}", columns.join(", "));
            match self.org.wire.query(&soql).await {
                Ok(rows) => {
                    // Nothing tells an org without one from a caller who is shown none.
                    hidden |= rows.is_empty();
                    for column in columns {
                        let texts = rows.iter().filter_map(|row| row[column].as_str());
                        known.extend(texts.map(str::to_owned));
                    }
                }
                Err(error) if error.is_about_one_question() => hidden = true,
                Err(error) => return Err(error),
            }
        }
        for licence in licences {
            let name = Name::Licence((*licence).to_owned());
            if is_in(&mut self.found, &name, &known) {
                continue;
            }
            if hidden {
                let words = "the org does not show which licences it has; that needs View Setup \
                             and Configuration";
                self.found.insert(name, no_right(words.to_owned()));
            } else {
                lacks(&mut self.found, name, &known);
            }
        }
        Ok(())
    }
}

/// Whether the list of a type has all its components by the name that a want uses. A part of an
/// external client app goes by its app (S 2.1), and a connected app that another org owns is in no
/// list (S 1.5).
fn is_listed(type_name: &str) -> bool {
    let is_by_own_name = registry::find(type_name).is_some_and(|row| row.odd.named_by.is_none());
    is_by_own_name && !matches!(type_name, "CustomField" | "Settings")
        || matches!(type_name, "ApexPage" | "CustomTab" | "InstalledPackage" | "RecordType")
        || WITHOUT_ROW.contains(&type_name)
}

/// The groups beside the permission sets: what is no set may be one.
fn with_groups(types: &mut BTreeSet<&str>) {
    if types.contains("PermissionSet") {
        types.insert(GROUP);
    }
}

/// The type whose list has the name, where there is one.
fn listed_type(name: &Name) -> Option<&str> {
    match name {
        Name::Component(id) if is_listed(&id.type_name) && !is_standard_tab(id) => {
            Some(&id.type_name)
        }
        _ => None,
    }
}

/// Whether it is a tab of Salesforce's own: `standard-Account`.
fn is_standard_tab(id: &ComponentId) -> bool {
    id.type_name == "CustomTab" && id.full_name.starts_with(STANDARD_TAB)
}

/// Whether a list that lacks a component may lack it though it is there: it bears the prefix of a
/// package, of a layout in the part behind its object.
fn may_be_unlisted(id: &ComponentId) -> bool {
    let own = match id.full_name.split_once('-') {
        Some((_, layout)) if id.type_name == "Layout" => layout,
        Some(_) | None => id.full_name.as_str(),
    };
    WITHOUT_ROW.contains(&id.type_name.as_str()) && own.contains("__")
}

/// Whether a custom field bears the prefix of a package: `Account.ns__Score__c`.
fn is_packaged(field: &str) -> bool {
    let field = field.split_once('.').map_or(field, |(_, field)| field);
    field.matches("__").count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_packages_are_told_by_their_prefix() {
        assert!(is_packaged("Account.acme__Score__c"));
        assert!(!is_packaged("Account.Score__c"));
        assert!(!is_packaged("acme__Thing__c.Name"));
    }
}
