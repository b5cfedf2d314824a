//! Objects and their fields: which of them an org has, by its lists, its definitions and the files of
//! its objects.

use std::collections::{BTreeMap, BTreeSet};

use super::{Search, ends_with_any, is_in, is_packaged, lacks, no_right};
use crate::metadata::fact::{Access, FactAnswer};
use crate::metadata::names::known::OBJECTS;
use crate::metadata::names::{Lacked, Name, NameStatus, Shown};
use crate::metadata::unseen::Unseen;
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet};
use crate::org::describe::{described_names, described_values};
use crate::org::http::soql_list;
use crate::org::retrieve::RetrieveRequest;
use crate::org::users::{Question, answer};
use crate::org::{Org, OrgError};

/// How many objects' definitions are asked for at once, so that the question stays short.
const DEFINITIONS_AT_ONCE: usize = 100;
/// What the names of objects end in that are somebody's own: the list of objects has them all.
const CUSTOM: &[&str] = &["__c", "__mdt", "__e", "__b", "__x", "__kav"];
/// Parts of compound fields, which an object's file has as the whole alone (`BillingAddress`).
const COMPOUND: &[&str] = &[
    "Street",
    "City",
    "State",
    "StateCode",
    "PostalCode",
    "Country",
    "CountryCode",
    "Latitude",
    "Longitude",
    "GeocodeAccuracy",
];
/// The rights with which a caller sees every object's definition.
const ALL_OBJECTS: &str =
    "View Setup and Configuration, and Customize Application or View All Data";

impl Search<'_> {
    /// Which of the fields are there is told in one query, of those that the caller sees; what is
    /// not among them may be there all the same (S 3.1).
    pub(super) async fn defined_fields(&self, names: &BTreeSet<Name>) -> Result<Shown, OrgError> {
        let fields: Vec<(&str, &str)> = names
            .iter()
            .filter_map(|name| name.component_of(&["CustomField"])?.full_name.split_once('.'))
            .collect();
        let mut rows = Vec::new();
        for some in fields.chunks(DEFINITIONS_AT_ONCE) {
            let soql = format!(
                "SELECT QualifiedApiName, EntityDefinition.QualifiedApiName FROM FieldDefinition \
                 WHERE EntityDefinition.QualifiedApiName IN {} AND QualifiedApiName IN {}",
                soql_list(some.iter().map(|(object, _)| *object).collect::<BTreeSet<_>>()),
                soql_list(some.iter().map(|(_, field)| *field).collect::<BTreeSet<_>>())
            );
            match self.org.wire.query(&soql).await {
                Ok(found) => rows.extend(found),
                Err(error) if error.is_about_one_question() => return Ok(Shown::default()),
                Err(error) => return Err(error),
            }
        }
        let defined = rows.iter().filter_map(|row| {
            let object = row["EntityDefinition"]["QualifiedApiName"].as_str()?;
            Some((object, row["QualifiedApiName"].as_str()?))
        });
        Ok(Shown::of_fields(defined))
    }

    /// Custom objects are all listed. A standard one need not be: its definition is asked for, and
    /// that it has none is believed only of a caller who would see it.
    pub(super) async fn objects(&mut self, objects: &[&str]) -> Result<(), OrgError> {
        let listed = self.listed.get("CustomObject").cloned().unwrap_or(Ok(Vec::new()));
        let names = listed.as_ref().map(Vec::as_slice).unwrap_or_default();
        let named = |object: &str| Name::component("CustomObject", object);
        let mut left: Vec<&str> = objects.to_vec();
        left.retain(|object| !is_in(&mut self.found, &named(object), names));
        if left.is_empty() {
            return Ok(());
        }
        if listed.is_ok() {
            for object in left.extract_if(.., |object| ends_with_any(object, CUSTOM)) {
                lacks(&mut self.found, named(object), names);
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        let (mut defined, mut refused): (Vec<String>, _) = (Vec::new(), None);
        for some in left.chunks(DEFINITIONS_AT_ONCE) {
            let soql = format!(
                "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName IN {}",
                soql_list(some.iter().copied())
            );
            match self.org.wire.query(&soql).await {
                Ok(rows) => {
                    let names = rows.iter().filter_map(|row| row["QualifiedApiName"].as_str());
                    defined.extend(names.map(str::to_owned));
                }
                Err(error) if error.is_about_one_question() => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        left.retain(|object| !is_in(&mut self.found, &named(object), &defined));
        if left.is_empty() {
            return Ok(());
        }
        if let Some(error) = refused {
            for object in left {
                let words = format!("the org does not say whether it has `{object}`: {error}");
                self.found.insert(named(object), NameStatus::Unseen(Unseen::not_readable(words)));
            }
            return Ok(());
        }
        // Whoever sees every definition needs no list.
        let is_proved = sees_all_objects(self.org).await?;
        let everywhere = OBJECTS.iter().map(|one| (*one).to_owned());
        let among: Vec<String> = names.iter().cloned().chain(everywhere).collect();
        for object in left {
            let name = named(object);
            if is_proved {
                lacks(&mut self.found, name, &among);
            } else {
                let words = format!(
                    "the org shows no object `{object}` to this user; whether there is one needs \
                     {ALL_OBJECTS}"
                );
                self.found.insert(name, no_right(words));
            }
        }
        Ok(())
    }

    /// For which objects there are permissions is told by the rows that would hold them: the values
    /// that name an object there are all those objects (S 3.6). Where that is not told, or the
    /// object itself is in doubt, nothing is said.
    pub(super) async fn accesses(&mut self, names: &BTreeSet<Name>) -> Result<(), OrgError> {
        let of_fields = |name: &&Name| matches!(name, Name::FieldAccess(_));
        let (fields, objects): (Vec<&Name>, Vec<&Name>) =
            names.iter().filter(|name| name.is_access()).partition(of_fields);
        for (rows, asked) in [("ObjectPermissions", objects), ("FieldPermissions", fields)] {
            if asked.is_empty() {
                continue;
            }
            let known = described_values(self.org, rows, "SobjectType").await?;
            let is_lacking = |name: &&Name| {
                let object = Name::component("CustomObject", name.text());
                let is_there = known.iter().any(|one| one.eq_ignore_ascii_case(name.text()));
                !known.is_empty() && !is_there && self.found.get(&object).is_none()
            };
            let lacking: Vec<&Name> = asked.into_iter().filter(is_lacking).collect();
            // Another caller may be told of more.
            if lacking.is_empty() || !sees_all_objects(self.org).await? {
                continue;
            }
            for name in lacking {
                let lacked = Lacked::of(name.clone());
                self.found.insert(name.clone(), NameStatus::Lacked(lacked));
            }
        }
        Ok(())
    }

    /// The file of an object has its fields whoever asks. A describe is asked first: it also knows
    /// those that no file lists.
    pub(super) async fn fields(
        &mut self,
        fields: &[&str],
        seen: &ComponentSet,
    ) -> Result<(), OrgError> {
        let mut left: Vec<&str> = Vec::new();
        let mut described: BTreeMap<&str, Shown> = BTreeMap::new();
        for field in fields {
            let Some((object, _)) = field.split_once('.') else {
                // No org has it.
                lacks(&mut self.found, Name::component("CustomField", *field), &[]);
                continue;
            };
            let named = Name::component("CustomObject", object);
            // What is known of the object is known of its field.
            if self.found.get(&named).is_some() || !is_word(object) {
                continue;
            }
            if !described.contains_key(object) {
                described.insert(object, described_names(self.org, object).await?);
            }
            if !self.is_shown(&Name::component("CustomField", *field), &described[object]) {
                left.push(field);
            }
        }
        let object_of = |field: &&str| {
            let object = field.split_once('.').map_or("", |(object, _)| object);
            ComponentId::new("CustomObject", object)
        };
        let unread: BTreeSet<ComponentId> =
            left.iter().map(object_of).filter(|id| seen.get(id).is_none()).collect();
        let mut files = ComponentSet::default();
        if !unread.is_empty() {
            let request = RetrieveRequest { components: unread, ..RetrieveRequest::default() };
            match self.org.retrieve_all(&request).await {
                Ok(retrieved) => files = retrieved.components,
                Err(error) if error.is_about_one_question() => {}
                Err(error) => return Err(error),
            }
        }
        let shown = Shown::by(&files);
        for field in left {
            let object = object_of(&field);
            let name = Name::component("CustomField", field);
            if self.is_shown(&name, &shown) {
                continue;
            }
            let file = seen.get(&object).or_else(|| files.get(&object));
            let listed: Option<Vec<String>> = file.map(|component| {
                let of_file = component.document.root().children_named("fields");
                let names = of_file.filter_map(|one| one.child_text("fullName"));
                names.map(|one| format!("{}.{one}", object.full_name)).collect()
            });
            self.field(name, listed);
        }
        Ok(())
    }

    /// Says whether a name is shown; one that is shown in other capitals is noted.
    fn is_shown(&mut self, name: &Name, shown: &Shown) -> bool {
        if let Some(spelt) = shown.spelt(name) {
            is_in(&mut self.found, name, &[spelt.to_owned()]);
        }
        shown.has(name)
    }

    /// Judges a field that neither the object's file nor the caller's describe has.
    fn field(&mut self, name: Name, of_file: Option<Vec<String>>) {
        let (object, field) = name.text().split_once('.').unwrap_or_default();
        let is_custom = ends_with_any(field, &["__c"]);
        let needs = |why: &str| {
            no_right(format!(
                "the org shows no field `{}` to this user{why}; Read of the field, or View All \
                 Fields of {object}, would show it",
                name.text()
            ))
        };
        let standing = match of_file {
            None => needs(", and no file of the object"),
            // Their own fields are Activity's, and those of person accounts are Contact's.
            Some(_) if matches!(object, "Task" | "Event") => needs(""),
            Some(_) if ends_with_any(field, &["__pc"]) => needs(""),
            Some(_) if !is_custom && ends_with_any(field, COMPOUND) => needs(""),
            // A list of all has those of packages, which a file need not have.
            Some(of_file) if is_packaged(name.text()) => match self.listed.get("CustomField") {
                Some(Ok(all)) => {
                    if !is_in(&mut self.found, &name, all) {
                        lacks(&mut self.found, name, &of_file);
                    }
                    return;
                }
                Some(Err(_)) | None => needs(""),
            },
            Some(of_file) => {
                // A file that lists no standard field says nothing of them.
                let lists_standard = of_file.iter().any(|one| !one.contains("__"));
                if is_custom || lists_standard {
                    return lacks(&mut self.found, name, &of_file);
                }
                needs("")
            }
        };
        self.found.insert(name, standing);
    }
}

fn is_word(name: &str) -> bool {
    name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// Whether the caller has the rights with which all objects' definitions are seen.
async fn sees_all_objects(org: &Org) -> Result<bool, OrgError> {
    // An org that does not say whom we are proves nothing.
    let Ok(user) = org.user().await else { return Ok(false) };
    let rights = ["ViewSetup", "CustomizeApplication", "ViewAllData", "ModifyAllData"]
        .map(|name| Access::Permission(name.to_owned()));
    let asked: Vec<_> =
        rights.iter().map(|right| (Question::Access(right), user.username.as_str())).collect();
    let told = match answer(org, &asked, None).await {
        Ok(told) => told,
        Err(error) if error.is_about_one_question() => return Ok(false),
        Err(error) => return Err(error),
    };
    let has: Vec<bool> =
        told.iter().map(|one| one.answer == FactAnswer::Known(Value::Bool(true))).collect();
    Ok(has.first() == Some(&true) && has.iter().skip(1).any(|has| *has))
}
