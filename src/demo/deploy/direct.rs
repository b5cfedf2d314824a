//! Components written one by one, as `createMetadata` and its kin do: the same rules as in a
//! deploy, and no job to wait for.

use super::super::job::{DeployJob, DeployOptions, Outcome};
use super::super::name::{Key, decode, path_of_key};
use super::super::schema;
use super::super::state::Org;
use super::super::tree::Node;
use super::package::{Deletion, Unit};

/// What is to become of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// It is not there, and comes.
    Create,
    /// It is there, and changes.
    Update,
    /// It comes or changes.
    Upsert,
}

/// Who writes, when, and by which version of the API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) user: &'a str,
    pub(crate) now: u64,
    pub(crate) version: u16,
}

/// Why a component was not written: the code and the words.
pub(crate) type Fault = (&'static str, String);

/// The type and name of a component as these calls have them: settings go by the type of their
/// own.
pub(crate) fn key_of(type_name: &str, full_name: &str) -> Key {
    let is_settings = schema::settings_at(type_name, u16::MAX).is_some();
    let type_name = if is_settings { "Settings" } else { type_name };
    (type_name.to_owned(), decode(full_name))
}

impl Org {
    /// Writes a component whose fields `node` holds; returns whether it is new.
    ///
    /// The codes of the faults are those of the API; which one a fault has where no source says it,
    /// and the words, are the demo org's own.
    pub(crate) fn write_component(
        &mut self,
        write: Write,
        type_name: &str,
        node: &Node,
        writer: Writer<'_>,
    ) -> Result<bool, Vec<Fault>> {
        let full_name = node.get("fullName").ok_or_else(|| {
            vec![("REQUIRED_FIELD_MISSING", "Required field is missing: fullName".to_owned())]
        })?;
        let key = key_of(type_name, full_name);
        check_type(&key)?;
        let is_there = self.components.contains_key(&key);
        match write {
            Write::Create if is_there => {
                return Err(vec![(
                    "DUPLICATE_DEVELOPER_NAME",
                    format!(
                        "This {type_name} already exists or has been previously used: {full_name}"
                    ),
                )]);
            }
            Write::Update if !is_there => return Err(vec![absent(type_name, full_name)]),
            _ => {}
        }
        let mut file = node.clone();
        file.name = type_name.to_owned();
        file.remove("fullName");
        let path = path_of_key(&key).unwrap_or_default();
        let content = file.to_file().into_bytes();
        let unit = Unit { key, path, content, version: writer.version };
        let mut outcome = Outcome::default();
        self.deploy_unit(&unit, &job(writer), &mut outcome);
        match faults(outcome) {
            faults if faults.is_empty() => Ok(!is_there),
            faults => Err(faults),
        }
    }

    /// Deletes a component.
    pub(crate) fn delete_component(
        &mut self,
        type_name: &str,
        full_name: &str,
        writer: Writer<'_>,
    ) -> Result<(), Vec<Fault>> {
        let key = key_of(type_name, full_name);
        check_type(&key)?;
        if !self.components.contains_key(&key) {
            return Err(vec![absent(type_name, full_name)]);
        }
        let mut outcome = Outcome::default();
        self.delete(&Deletion { key, file: "" }, &job(writer), &mut outcome);
        match faults(outcome) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(faults),
        }
    }
}

/// What cannot be deployed cannot be written in this way either.
fn check_type((type_name, _): &Key) -> Result<(), Vec<Fault>> {
    if schema::find(type_name).is_some_and(|row| row.deployable) {
        return Ok(());
    }
    let words = "Not available for deploy for this organization";
    Err(vec![("INVALID_TYPE", words.to_owned())])
}

fn absent(type_name: &str, full_name: &str) -> Fault {
    ("INVALID_CROSS_REFERENCE_KEY", format!("no {type_name} named {full_name} found"))
}

fn faults(outcome: Outcome) -> Vec<Fault> {
    let words = outcome.failures.into_iter().filter_map(|message| message.problem);
    words.map(|words| ("FIELD_INTEGRITY_EXCEPTION", words)).collect()
}

/// A deploy that ends at once, of which nobody is told.
fn job(writer: Writer<'_>) -> DeployJob {
    DeployJob {
        id: String::new(),
        options: DeployOptions::default(),
        zip: None,
        components: 1,
        created_by: writer.user.to_owned(),
        created: writer.now,
        start: writer.now,
        end: writer.now,
        canceled: None,
        outcome: None,
    }
}
