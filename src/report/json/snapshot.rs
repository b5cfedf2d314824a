//! `sfsetup.snapshot/1`: what a snapshot has changed, and what it could not read.

use serde::Serialize;

use super::parts::{Component, Error, Identity};
use crate::report::Failure;

/// `sfsetup.snapshot/1`.
#[derive(Debug, Serialize)]
pub struct Taken {
    /// The org.
    pub org: Identity,
    /// The folder.
    pub out: String,
    /// How files lie in it: `metadata` or `source`.
    pub layout: &'static str,
    /// How many components are in it.
    pub components: usize,
    /// Those that are new in it.
    pub added: Vec<Component>,
    /// Those of which a file has changed.
    pub changed: Vec<Component>,
    /// Those that are no longer in it.
    pub gone: Vec<Component>,
    /// Those that could not be read and stay as they were.
    pub stale: Vec<Component>,
    /// What could not be read.
    pub not_observed: Vec<Gap>,
    /// What a manifest names and the org does not have.
    pub absent: Vec<Component>,
    /// Whether a `package.xml` that is not the snapshot's lies there, and was left.
    pub foreign_package_xml: bool,
    /// Whether the folder was committed to git, where that was asked for.
    pub committed: Option<bool>,
    /// What a template is tried on here, where the snapshot is such a case.
    pub case: Option<String>,
}

/// The same of many orgs.
#[derive(Debug, Serialize)]
pub struct TakenOfMany {
    /// Each, in the order in which they are named.
    pub orgs: Vec<OneTaken>,
}

/// One of many.
#[derive(Debug, Serialize)]
pub struct OneTaken {
    error: Option<Error>,
    #[serde(flatten)]
    taken: Result,
}

/// What was taken, or the org of which nothing was.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Result {
    Taken(Box<Taken>),
    Nothing { org: Identity },
}

impl OneTaken {
    /// What was taken of an org that goes by a name, and what went wrong.
    pub fn new(name: &str, taken: Option<Taken>, failure: Option<Failure>) -> Self {
        let taken = match taken {
            Some(taken) => Result::Taken(Box::new(taken)),
            None => Result::Nothing { org: Identity::of_files(name.to_owned()) },
        };
        Self { error: failure.map(Error::from), taken }
    }
}

/// What could not be read.
#[derive(Debug, Serialize)]
pub struct Gap {
    /// The metadata type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The full name; `*` for all of the type.
    pub full_name: String,
    /// Why.
    pub reason: String,
}
