//! What the documents for programs say alike: how each begins, an org, a component, a plan's parts.

use serde::{Deserialize, Serialize};

use crate::metadata::ComponentId;
use crate::metadata::full_name::api_full_name;
use crate::org::OrgIdentity;
use crate::plan::saved::{SavedBaseline, SavedOrg, SavedWanted};
use crate::report::Failure;

/// A document: its form, what went wrong where something did, and then all that it holds. Where a
/// run has failed before there was anything to tell, it holds nothing.
#[derive(Serialize)]
struct Document<'d, T> {
    format: &'d str,
    error: Option<Error>,
    #[serde(flatten)]
    body: Option<T>,
}

/// Writes a document with a line break at the end; the same one gives the same bytes.
///
/// # Errors
/// What `serde_json` says; none is known to be possible for the types in this folder.
pub fn write<T: Serialize>(
    format: &str,
    error: Option<Failure>,
    body: Option<T>,
) -> Result<String, serde_json::Error> {
    let mut text =
        serde_json::to_string_pretty(&Document { format, error: error.map(Error::from), body })?;
    text.push('\n');
    Ok(text)
}

/// What went wrong, and what to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Error {
    pub(in crate::report) code: String,
    pub(in crate::report) message: String,
    pub(in crate::report) hint: Option<String>,
}

impl From<Failure> for Error {
    fn from(Failure { code, message, hint }: Failure) -> Self {
        Self { code, message, hint }
    }
}

impl From<Error> for Failure {
    fn from(Error { code, message, hint }: Error) -> Self {
        Self { code, message, hint }
    }
}

/// An org, or for files the path under `name` alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// What the user called it.
    pub name: String,
    /// Its id.
    pub id: Option<String>,
    /// Its address.
    pub instance_url: Option<String>,
    /// How we came to it.
    pub source: Option<String>,
}

impl Identity {
    /// An org under the name that the user has for it.
    pub fn of(name: &str, identity: &OrgIdentity) -> Self {
        Self {
            name: name.to_owned(),
            id: Some(identity.id.clone()),
            instance_url: Some(identity.instance_url.clone()),
            source: Some(identity.source.clone()),
        }
    }

    /// Files, by the path that the user gave.
    pub fn of_files(path: String) -> Self {
        Self { name: path, id: None, instance_url: None, source: None }
    }
}

impl From<&SavedOrg> for Identity {
    fn from(SavedOrg { id, name, instance_url }: &SavedOrg) -> Self {
        let (id, instance_url) = (Some(id.clone()), Some(instance_url.clone()));
        Self { name: name.clone(), id, instance_url, source: None }
    }
}

/// A component, as the Metadata API writes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Component {
    /// The metadata type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The full name.
    pub full_name: String,
}

impl From<&ComponentId> for Component {
    fn from(id: &ComponentId) -> Self {
        Self { type_name: id.type_name.clone(), full_name: api_full_name(id) }
    }
}

/// What a plan is made from.
#[derive(Clone, Debug, Serialize)]
pub struct Wanted {
    templates: Vec<TemplateVersion>,
    baseline: Option<Baseline>,
}

#[derive(Clone, Debug, Serialize)]
struct TemplateVersion {
    name: String,
    version: String,
}

#[derive(Clone, Debug, Serialize)]
struct Baseline {
    path: Option<String>,
    org: Option<String>,
}

impl From<&SavedWanted> for Wanted {
    fn from(saved: &SavedWanted) -> Self {
        match saved {
            SavedWanted::Templates(templates) => {
                let one = |(name, version): (&String, &String)| TemplateVersion {
                    name: name.clone(),
                    version: version.clone(),
                };
                let templates = templates.iter().map(|of| one((&of.name, &of.version)));
                Self { templates: templates.collect(), baseline: None }
            }
            SavedWanted::Baseline(SavedBaseline { path, org, .. }) => Self {
                templates: Vec::new(),
                baseline: Some(Baseline { path: path.clone(), org: org.clone() }),
            },
        }
    }
}
