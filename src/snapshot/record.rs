//! The record of a snapshot, `snapshot.json`: what was asked for, what came and in which files,
//! what could not be read and which files are of an earlier run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::metadata::ComponentId;
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::ApiVersion;
use crate::metadata::unseen::Unseen;

use super::selection::Selection;
use super::write::{content_of, path_of};

/// The file's name.
pub const FILE: &str = "snapshot.json";

/// The format's name and version.
pub const SNAPSHOT: &str = "sfsetup.snapshot/1";

/// A `snapshot.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// [`SNAPSHOT`].
    #[serde(default)]
    pub format: String,
    /// The org that it was taken of.
    #[serde(default)]
    pub org_id: Option<String>,
    /// What the user asked for; none in records that older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// What was asked of the org.
    pub manifest: RecordedManifest,
    /// The file that lets other tools deploy the folder, where the snapshot brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<String>,
    /// What could not be read; `*` as the name stands for all of a type.
    #[serde(default)]
    pub not_observed: Vec<RecordedGap>,
    /// Each component that is in the folder: its files, and who changed it last.
    #[serde(default)]
    pub components: Vec<RecordedComponent>,
}

/// What was asked of the org, as a record holds it.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedManifest {
    /// Members by type.
    pub types: BTreeMap<String, Vec<String>>,
    /// The API version.
    pub version: Option<String>,
}

/// What could not be read, as a record holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedGap {
    /// The metadata type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The full name as the API writes it.
    pub full_name: String,
    /// Why.
    pub reason: String,
}

/// A component, as a record holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedComponent {
    /// The metadata type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The full name as the API writes it.
    pub full_name: String,
    /// The file of its XML, relative to the record.
    pub file: String,
    /// The file of its content, for a type whose content is no XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Who changed it last.
    #[serde(default)]
    pub last_modified_by: Option<String>,
    /// When, as the org writes it.
    #[serde(default)]
    pub last_modified_date: Option<String>,
    /// Why the files are of an earlier snapshot; none where this one read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<String>,
}

impl RecordedComponent {
    /// Which component it is.
    pub fn id(&self) -> ComponentId {
        id_of(&self.type_name, &self.full_name)
    }

    /// Its files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        [Some(&self.file), self.content.as_ref()].into_iter().flatten().map(String::as_str)
    }

    /// Whether its files are where files of such a component are. A record may have been edited:
    /// what else it names is not touched.
    pub fn is_in_place(&self) -> bool {
        let id = self.id();
        let places = [path_of(&id, false), path_of(&id, true)];
        let mut places = places.iter().flatten().map(String::as_str);
        match &self.content {
            Some(content) => {
                places.any(|place| place == self.file)
                    && content_of(&self.file) == Some(content.as_str())
            }
            // Older versions wrote the XML of a class where its source belongs.
            None => places
                .any(|place| place == self.file || content_of(place) == Some(self.file.as_str())),
        }
    }
}

impl RecordedGap {
    /// What could not be read.
    pub fn id(&self) -> ComponentId {
        id_of(&self.type_name, &self.full_name)
    }
}

fn id_of(type_name: &str, full_name: &str) -> ComponentId {
    ComponentId::new(type_name, canonical_full_name(type_name, full_name))
}

impl Record {
    /// What was asked of the org, as a manifest.
    pub fn manifest(&self) -> Manifest {
        let mut manifest = Manifest {
            version: self.manifest.version.as_deref().and_then(ApiVersion::parse),
            ..Manifest::default()
        };
        for (type_name, members) in &self.manifest.types {
            for member in members {
                manifest.add(type_name, member);
            }
        }
        manifest
    }

    /// What a reader must not take for absent, nor for what the org had when the record was
    /// written: what was not read, and what is of an earlier run, with the reasons.
    pub fn not_observed(&self) -> BTreeMap<ComponentId, Unseen> {
        let gaps = self.not_observed.iter().map(|gap| (gap.id(), gap.reason.clone()));
        let why = |(id, words)| (id, Unseen::not_readable(words));
        gaps.chain(self.stale()).map(why).collect()
    }

    /// The components whose files are of an earlier run, with the reasons.
    pub fn stale(&self) -> BTreeMap<ComponentId, String> {
        let reason = |one: &RecordedComponent| {
            let why = one.stale.as_ref()?;
            Some((
                one.id(),
                format!(
                    "its file is of an earlier snapshot, as the last one could not read it: {why}"
                ),
            ))
        };
        self.components.iter().filter_map(reason).collect()
    }

    /// Writes it as its file has it.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads what such a file holds.
    ///
    /// # Errors
    /// It is no record, or one of a version that this program does not know.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let json: serde_json::Value = serde_json::from_slice(text).map_err(|error| {
            format!("it is no JSON ({error}); put it back as `sfsetup snapshot` wrote it")
        })?;
        if let Some(why) = other_format(&json) {
            return Err(why);
        }
        serde_json::from_value(json).map_err(|error| {
            format!("it is damaged ({error}); put it back as `sfsetup snapshot` wrote it")
        })
    }
}

/// Why a file is no record of a snapshot that this program reads; none where it may be one. What
/// older versions wrote names no format.
fn other_format(json: &serde_json::Value) -> Option<String> {
    let format = json.get("format").and_then(serde_json::Value::as_str).unwrap_or_default();
    if format == SNAPSHOT {
        return None;
    }
    if format.strip_prefix("sfsetup.snapshot/").is_some() {
        return Some(format!(
            "it has the format `{format}`, and this sfsetup reads `{SNAPSHOT}`: a newer sfsetup \
             wrote it, and reads it"
        ));
    }
    // What another program calls so has nothing of a record.
    if json.get("manifest").is_some() && format.is_empty() {
        return None;
    }
    let what = if format.is_empty() {
        "it is not the record of a snapshot".to_owned()
    } else {
        format!("it has the format `{format}`, and is not the record of a snapshot")
    };
    Some(format!(
        "{what} (`{SNAPSHOT}`): move it away if another program wrote it, or name the folder that \
         `sfsetup snapshot` wrote"
    ))
}

/// Reads the record of a folder; none where it has none.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_record(folder: &Path) -> io::Result<Option<Record>> {
    match fs::read(folder.join(FILE)) {
        Ok(text) => Record::parse(&text).map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_a_newer_format_is_not_guessed_at() {
        let text = "{\"format\": \"sfsetup.snapshot/2\", \"manifest\": {\"types\": {}}}";
        assert!(Record::parse(text.as_bytes()).unwrap_err().contains("a newer sfsetup"));
        assert!(Record::parse(text.replace("/2", "/1").as_bytes()).is_ok());
        // What a newer version writes may lack what this one asks for.
        let newer = "{\"format\": \"sfsetup.snapshot/9\", \"parts\": []}";
        assert!(Record::parse(newer.as_bytes()).unwrap_err().contains("sfsetup.snapshot/9"));
    }

    #[test]
    fn what_is_no_record_is_told_with_what_to_do() {
        for (text, what) in [
            ("{\"format\": \"sfsetup.plan/1\", \"org\": {}}", "`sfsetup.plan/1`, and is not"),
            ("{\"numTotalTests\": 1}", "it is not the record of a snapshot"),
            ("[]", "it is not the record of a snapshot"),
            ("{\"manifest\"", "it is no JSON"),
            ("{\"format\": \"sfsetup.snapshot/1\"}", "it is damaged (missing field `manifest`)"),
        ] {
            let why = Record::parse(text.as_bytes()).unwrap_err();
            let is_advised = why.contains("put it back") || why.contains("move it away");
            assert!(why.contains(what) && is_advised, "{why}");
        }
    }

    #[test]
    fn only_files_of_the_component_are_its_files() {
        let one = |file: &str, content: Option<&str>| RecordedComponent {
            type_name: "ApexClass".to_owned(),
            full_name: "A".to_owned(),
            file: file.to_owned(),
            content: content.map(str::to_owned),
            last_modified_by: None,
            last_modified_date: None,
            stale: None,
        };
        assert!(one("classes/A.cls-meta.xml", Some("classes/A.cls")).is_in_place());
        assert!(one("classes/A.cls", None).is_in_place());
        for (file, content) in [
            ("mine.txt", None),
            ("../classes/A.cls", None),
            ("classes/A.cls-meta.xml", Some("classes/B.cls")),
        ] {
            assert!(!one(file, content).is_in_place(), "{file}");
        }
    }
}
