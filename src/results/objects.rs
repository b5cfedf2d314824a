//! Answers in an object storage: `RUN/K-of-N.PUT.jsonl.gz`, an object each time that a shard puts
//! something, which is never written over. Unpacked it is what `--out FILE.jsonl` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload};

use crate::report::fleet::looks::Batch;
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::{self, Part};
use crate::report::fleet::{Ended, Kept};

use super::{Added, ResultsError};

/// What all objects of answers end with.
const SUFFIX: &str = ".jsonl.gz";

/// So many are read at a time.
const AT_A_TIME: usize = 16;

/// An object unpacks to so many bytes at most: the answers of some ten thousand orgs.
const LARGEST: u64 = 2 << 30;

/// How often a name is taken by another shard before it is told.
const TRIES: usize = 20;

/// An object storage, and where in it the answers stand.
pub struct Objects {
    store: Box<dyn ObjectStore>,
    below: Path,
}

impl Objects {
    /// Opens one; credentials come from the variables that its own tools read.
    pub(super) fn open(address: &str) -> Result<Self, ResultsError> {
        let wrong = |why: String| ResultsError::Address(why);
        let url = reqwest::Url::parse(address).map_err(|error| wrong(error.to_string()))?;
        let (store, below) = object_store::parse_url_opts(&url, std::env::vars())
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self { store, below })
    }

    /// The objects of a run, or of all, in the order in which they were put.
    async fn list(&self, run: Option<&str>) -> Result<Vec<ObjectMeta>, ResultsError> {
        let prefix = run.map_or_else(|| self.below.clone(), |run| self.below.clone().join(run));
        let all: Vec<ObjectMeta> =
            self.store.list(Some(&prefix)).try_collect().await.map_err(refused)?;
        let mut all: Vec<ObjectMeta> =
            all.into_iter().filter(|one| one.location.as_ref().ends_with(SUFFIX)).collect();
        all.sort_by(|one, other| {
            (one.last_modified, one.location.as_ref())
                .cmp(&(other.last_modified, other.location.as_ref()))
        });
        Ok(all)
    }

    /// The run that an object is of.
    fn run(&self, one: &ObjectMeta) -> Option<String> {
        let mut parts = one.location.prefix_match(&self.below)?;
        parts.next().map(|part| part.as_ref().to_owned())
    }

    async fn read(&self, location: &Path) -> Result<Named, ResultsError> {
        let foreign = |why: String| ResultsError::Foreign { place: location.to_string(), why };
        let got = self.store.get(location).await.map_err(refused)?;
        let bytes = got.bytes().await.map_err(refused)?;
        let mut text = String::new();
        let mut unpacked = GzDecoder::new(bytes.as_ref()).take(LARGEST);
        unpacked.read_to_string(&mut text).map_err(|error| foreign(error.to_string()))?;
        if unpacked.limit() == 0 {
            return Err(foreign(format!("it unpacks to more than {} GiB", LARGEST >> 30)));
        }
        let (part, kept) = part::read(&text).map_err(|error| foreign(error.to_string()))?;
        Ok(Named { name: location.to_string(), part, kept })
    }

    async fn read_all(&self, run: Option<&str>) -> Result<Vec<Named>, ResultsError> {
        let all = self.list(run).await?;
        let reads = all.iter().map(|one| self.read(&one.location));
        stream::iter(reads).buffered(AT_A_TIME).try_collect().await
    }

    /// As [`super::Results::check`] says.
    pub(super) async fn check(&self, part: &Part) -> Result<(), ResultsError> {
        let run = part.run.as_deref().unwrap_or_default();
        let there = self.list(Some(run)).await?;
        let Some(first) = there.first() else { return Ok(()) };
        match self.read(&first.location).await?.part.asked == part.asked {
            true => Ok(()),
            false => Err(ResultsError::AnotherQuestion { run: run.to_owned() }),
        }
    }

    /// As [`super::Results::put`] says.
    pub(super) async fn put(&self, part: &Part, orgs: &[&Kept]) -> Result<Added, ResultsError> {
        let run = part.run.as_deref().unwrap_or_default();
        let mut known: BTreeMap<String, bool> = BTreeMap::new();
        for (org, kept) in self.read_all(Some(run)).await?.into_iter().flat_map(|one| one.kept) {
            *known.entry(org).or_default() |= kept.ended() != Ended::Failed;
        }
        let adds = |kept: &&&Kept| match known.get(kept.name()) {
            None => true,
            Some(is_answered) => !is_answered && kept.ended() != Ended::Failed,
        };
        let new: Vec<&Kept> = orgs.iter().filter(adds).copied().collect();
        let is_answered = |kept: &&&Kept| known.get(kept.name()) == Some(&true);
        let there = orgs.iter().filter(is_answered).map(|kept| kept.name().to_owned()).collect();
        let added = Added { new: new.len(), there };
        // Where a shard has no orgs its head is kept too: the run has been asked to its end.
        if new.is_empty() && (!orgs.is_empty() || !known.is_empty()) {
            return Ok(added);
        }
        let text = part::write(part, new).map_err(|error| refused_to_write(&error))?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        let packed = packed.write_all(text.as_bytes()).and_then(|()| packed.finish());
        let packed = PutPayload::from(packed.map_err(|error| refused_to_write(&error))?);
        let shard = part.shard.map_or_else(|| "all".to_owned(), |one| one.as_name());
        for put in 1..=TRIES {
            let location = self.below.clone().join(run).join(format!("{shard}.{put}{SUFFIX}"));
            let put = self.store.put_opts(&location, packed.clone(), PutMode::Create.into()).await;
            match put {
                Ok(_) => return Ok(added),
                Err(object_store::Error::AlreadyExists { .. }) => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Err(ResultsError::Refused(format!(
            "{shard} of run `{run}` was put {TRIES} times, so it is not put again"
        )))
    }

    /// As [`super::Results::runs`] says.
    pub(super) async fn runs(&self) -> Result<Vec<String>, ResultsError> {
        let all = self.list(None).await?;
        let (runs, _) = crate::fleet::once(all.iter().rev().filter_map(|one| self.run(one)));
        Ok(runs)
    }

    /// As [`super::Results::parts`] says.
    pub(super) async fn parts(&self, run: &str) -> Result<Vec<Named>, ResultsError> {
        self.read_all(Some(run)).await
    }

    /// As [`super::Results::batches`] says.
    pub(super) async fn batches(&self, since: Timestamp) -> Result<Vec<Batch>, ResultsError> {
        let all = self.list(None).await?;
        // What was put before was looked at before. A run is read whole: what one shard did not put
        // another may have.
        let is_new = |one: &&ObjectMeta| one.last_modified.timestamp() >= since.as_second();
        let runs: BTreeSet<String> =
            all.iter().filter(is_new).filter_map(|one| self.run(one)).collect();
        let is_of = |one: &&ObjectMeta| self.run(one).is_some_and(|run| runs.contains(&run));
        let reads = all.iter().filter(is_of).map(|one| async {
            let Named { part, kept, .. } = self.read(&one.location).await?;
            Ok(Batch::of(part, kept.values()))
        });
        stream::iter(reads).buffered(AT_A_TIME).try_collect().await
    }
}

fn refused(error: object_store::Error) -> ResultsError {
    ResultsError::Refused(error.to_string())
}

fn refused_to_write(error: &impl std::fmt::Display) -> ResultsError {
    ResultsError::Refused(format!("the answers cannot be packed: {error}"))
}
