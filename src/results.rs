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
use crate::report::fleet::looks::Batch;
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::Part;

/// Why results cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The program was built without them.
    #[error("this build of sfsetup keeps no results: it was made without the feature `store`")]
    NotBuilt,
    /// The address is none.
    #[error("{0}")]
    Address(String),
    /// The run asks something else than what is kept under its name.
    #[error("the results hold a run `{run}` that answers another question")]
    AnotherQuestion {
        /// The run's name.
        run: String,
    },
    /// What is there is nothing that this program wrote.
    #[error("`{place}` holds no answers that can be read: {why}")]
    Foreign {
        /// Where it stands.
        place: String,
        /// Why it cannot be read.
        why: String,
    },
    /// What keeps them has refused, or cannot be reached; in its words.
    #[error("{0}")]
    Refused(String),
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
    /// Opens results by their address. A database is made ready for them where it is not.
    ///
    /// # Errors
    /// It is no address of any, or what stands there cannot be reached.
    pub async fn open(address: &str) -> Result<Self, ResultsError> {
        let scheme = address.split(':').next().unwrap_or_default();
        match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" => {
                Ok(Self::Database(Box::new(database::Database::open(address).await?)))
            }
            _ => Ok(Self::Objects(objects::Objects::open(address)?)),
        }
    }

    /// Says whether a part of a run may be put.
    ///
    /// # Errors
    /// Another question goes by the run's name; or it cannot be read.
    pub async fn check(&mut self, part: &Part) -> Result<(), ResultsError> {
        match self {
            Self::Objects(objects) => objects.check(part).await,
            Self::Database(database) => database.check(part).await,
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
    pub async fn parts(&mut self, run: &str) -> Result<Vec<Named>, ResultsError> {
        match self {
            Self::Objects(objects) => objects.parts(run).await,
            Self::Database(database) => database.parts(run).await,
        }
    }

    /// The looks at orgs since a time.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn batches(&mut self, since: Timestamp) -> Result<Vec<Batch>, ResultsError> {
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
    pub async fn open(_: &str) -> Result<Self, ResultsError> {
        Err(ResultsError::NotBuilt)
    }

    /// Is never called.
    pub async fn check(&mut self, _: &Part) -> Result<(), ResultsError> {
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
    pub async fn parts(&mut self, _: &str) -> Result<Vec<Named>, ResultsError> {
        match *self {}
    }

    /// Is never called.
    pub async fn batches(&mut self, _: Timestamp) -> Result<Vec<Batch>, ResultsError> {
        match *self {}
    }
}
