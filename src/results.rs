//! Answers of many orgs, kept where several machines can put them and read them again: in a
//! PostgreSQL or in an object storage.
//!
//! What is kept is only ever added to. A run keeps one answer of an org: who puts it again, because
//! a shard was repeated, adds nothing. An org that failed may be answered later; then the failure
//! stays, and the answer counts.
//!
//! It is made with the feature `store`; without it there is nothing to open.

#[cfg(feature = "store")]
mod database;
#[cfg(feature = "store")]
mod objects;

use jiff::Timestamp;

use crate::report::fleet::Kept;
#[cfg(feature = "store")]
use crate::report::fleet::looks::APART;
use crate::report::fleet::looks::Batch;
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::Part;

/// Why results cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The program was built without them.
    #[error("this build of sfsetup keeps no results: it was made without the feature `store`")]
    NotBuilt,
    /// The address is none of results. What stands in it may be secret, so it is not told.
    #[error("it is no address of results")]
    Address,
    /// The address says something that nobody would look at.
    #[error("the address says `{name}`, which is nothing that a PostgreSQL's can say")]
    Parameter {
        /// What it says.
        name: String,
    },
    /// The folder is not there.
    #[error("there is no folder `{folder}`")]
    NoFolder {
        /// The folder.
        folder: String,
    },
    /// Nobody has kept anything there.
    #[error("nothing was ever kept there")]
    Nothing,
    /// A later release has made its tables.
    #[error("a later release of sfsetup has made its tables")]
    Newer,
    /// The run asks something else than what is kept under its name.
    #[error("the results hold a run `{run}` that answers another question")]
    AnotherQuestion {
        /// The run's name.
        run: String,
    },
    /// The run was begun so long ago that this is another.
    #[error("run `{run}` was begun at {begun}")]
    Old {
        /// The run's name.
        run: String,
        /// When it was begun.
        begun: Timestamp,
    },
    /// Whoever keeps them does not let us in, in its words.
    #[error("{0}")]
    NoAccess(String),
    /// What keeps them has refused, or cannot be reached; in its words.
    #[error("{0}")]
    Refused(String),
}

/// Something that stands among the results and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it stands.
    pub place: String,
    /// The run that it is of.
    pub run: String,
    /// Why it cannot be read.
    pub why: String,
}

/// What was read, and what could not be.
pub struct Found<T> {
    /// What was read.
    pub parts: Vec<T>,
    /// What could not be: its orgs are told as missing, where others tell their names.
    pub unread: Vec<Unread>,
}

/// Refuses to add to a run that was begun long ago: it has the name of every night.
#[cfg(feature = "store")]
fn check_age(part: &Part, run: &str, begun: Option<Timestamp>) -> Result<(), ResultsError> {
    match begun.filter(|begun| part.begun.duration_since(*begun) > APART) {
        Some(begun) => Err(ResultsError::Old { run: run.to_owned(), begun }),
        None => Ok(()),
    }
}

/// What putting answers has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// How many orgs have an answer, or a failure, that was not there.
    pub new: usize,
    /// The orgs of which the run has an answer already, which counts.
    pub there: Vec<String>,
}

/// Where answers are kept.
pub enum Results {
    /// In an object storage.
    #[cfg(feature = "store")]
    Objects(objects::Objects),
    /// In a PostgreSQL.
    #[cfg(feature = "store")]
    Database(Box<database::Database>),
}

#[cfg(feature = "store")]
impl Results {
    /// Opens results by their address. Where answers are to be put, a database is made ready for them
    /// where it is not.
    ///
    /// # Errors
    /// It is no address of any, or what stands there cannot be reached.
    pub async fn open(address: &str, is_to_write: bool) -> Result<Self, ResultsError> {
        let (scheme, _) = address.split_once("://").ok_or(ResultsError::Address)?;
        match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" => {
                let database = database::Database::open(address, is_to_write).await?;
                Ok(Self::Database(Box::new(database)))
            }
            _ => Ok(Self::Objects(objects::Objects::open(address)?)),
        }
    }

    /// Puts the head of a part of a run: that it was begun, and which orgs there are.
    ///
    /// # Errors
    /// Another question goes by the run's name, or an old run; or it cannot be put.
    pub async fn begin(&mut self, part: &Part) -> Result<(), ResultsError> {
        match self {
            Self::Objects(objects) => objects.begin(part).await,
            Self::Database(database) => database.begin(part).await,
        }
    }

    /// Puts the answers of a part of a run.
    ///
    /// # Errors
    /// They cannot be put; then none is, or all that was put is whole.
    pub async fn put(&mut self, part: &Part, orgs: &[&Kept]) -> Result<Added, ResultsError> {
        match self {
            Self::Objects(objects) => objects.put(part, orgs).await,
            Self::Database(database) => database.put(part, orgs).await,
        }
    }

    /// The names of the runs that are kept, the one that was begun last first.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn runs(&mut self) -> Result<Vec<String>, ResultsError> {
        match self {
            Self::Objects(objects) => objects.runs().await,
            Self::Database(database) => database.runs().await,
        }
    }

    /// The parts of a run; none where there is no such run.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn parts(&mut self, run: &str) -> Result<Found<Named>, ResultsError> {
        match self {
            Self::Objects(objects) => objects.parts(run).await,
            Self::Database(database) => database.parts(run).await,
        }
    }

    /// The looks at orgs in runs that have any since a time; each run is whole.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn batches(&mut self, since: Timestamp) -> Result<Found<Batch>, ResultsError> {
        match self {
            Self::Objects(objects) => objects.batches(since).await,
            Self::Database(database) => database.batches(since).await,
        }
    }
}

/// A build that keeps none: there is no value of this type, so nothing of it is ever called.
#[cfg(not(feature = "store"))]
impl Results {
    /// Opens none.
    ///
    /// # Errors
    /// Always.
    #[expect(clippy::unused_async, reason = "as where there are results")]
    pub async fn open(_: &str, _: bool) -> Result<Self, ResultsError> {
        Err(ResultsError::NotBuilt)
    }

    /// Is never called.
    pub async fn begin(&mut self, _: &Part) -> Result<(), ResultsError> {
        match *self {}
    }

    /// Is never called.
    pub async fn put(&mut self, _: &Part, _: &[&Kept]) -> Result<Added, ResultsError> {
        match *self {}
    }

    /// Is never called.
    pub async fn runs(&mut self) -> Result<Vec<String>, ResultsError> {
        match *self {}
    }

    /// Is never called.
    pub async fn parts(&mut self, _: &str) -> Result<Found<Named>, ResultsError> {
        match *self {}
    }

    /// Is never called.
    pub async fn batches(&mut self, _: Timestamp) -> Result<Found<Batch>, ResultsError> {
        match *self {}
    }
}
