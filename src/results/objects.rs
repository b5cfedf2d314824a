//! Answers in an object storage: `RUN/K-of-N.QUESTION.CONTENT.jsonl.gz`, an object when a shard
//! begins, with its head alone, and one each time that it puts answers. Unpacked it is what
//! `--out FILE.jsonl` writes. Its name is that of its content, so nothing is ever written over.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload};
use object_store::{ObjectStoreScheme, parse_url_opts};

use crate::metadata::sha256::sha256;
use crate::report::fleet::looks::{APART, Batch};
use crate::report::fleet::merge::Named;
use crate::report::fleet::part::{self, Part};
use crate::report::fleet::{Ended, Kept};

use super::{Added, Found, ResultsError, Unread};

/// What all objects of answers end with.
const SUFFIX: &str = ".jsonl.gz";

/// So many are read at a time.
const AT_A_TIME: usize = 8;

/// So many orgs stand in one object.
const IN_ONE: usize = 2000;

/// An object has so many bytes at most, and unpacks to so many: some thousand orgs are a tenth of it.
const LARGEST_PACKED: u64 = 64 << 20;
const LARGEST: u64 = 512 << 20;

/// The variables that say how to get in are those of the storages' own tools, and no others that a
/// system happens to have.
const PREFIXES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// An object storage, and where in it the answers stand.
pub struct Objects {
    store: Box<dyn ObjectStore>,
    below: Path,
}

/// An object that was listed.
struct Listed {
    meta: ObjectMeta,
    run: String,
    /// `K-of-N`, or `all`.
    shard: String,
    /// The beginning of what tells the question.
    asked: String,
}

impl Objects {
    /// Opens one; credentials come from the variables that its own tools read.
    pub(super) fn open(address: &str) -> Result<Self, ResultsError> {
        let url = reqwest::Url::parse(address).map_err(|_| ResultsError::Address)?;
        let (scheme, _) = ObjectStoreScheme::parse(&url).map_err(|_| ResultsError::Address)?;
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let is_theirs = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            Some((name, value.into_string().ok()?)).filter(|_| is_theirs)
        });
        let (store, below) = parse_url_opts(&url, variables).map_err(|error| told(&error))?;
        if scheme == ObjectStoreScheme::Local {
            let folder = url.to_file_path().map_err(|()| ResultsError::Address)?;
            // A volume that is not there must not be made on the disk of whoever ends next.
            if !folder.is_dir() {
                return Err(ResultsError::NoFolder { folder: folder.display().to_string() });
            }
        }
        Ok(Self { store, below })
    }

    /// The objects of a run, or of all, in the order in which they were put.
    async fn list(&self, run: Option<&str>) -> Result<Vec<Listed>, ResultsError> {
        let prefix = run.map_or_else(|| self.below.clone(), |run| self.below.clone().join(run));
        let all: Vec<ObjectMeta> = match self.store.list(Some(&prefix)).try_collect().await {
            Ok(all) => all,
            // A folder that nobody has made yet.
            Err(Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(told(&error)),
        };
        let mut all: Vec<Listed> = all.into_iter().filter_map(|meta| self.listed(meta)).collect();
        all.sort_by(|one, other| {
            (one.meta.last_modified, one.meta.location.as_ref())
                .cmp(&(other.meta.last_modified, other.meta.location.as_ref()))
        });
        Ok(all)
    }

    /// What an object is by its name; none where it is somebody else's.
    fn listed(&self, meta: ObjectMeta) -> Option<Listed> {
        let location = meta.location.clone();
        let mut parts = location.prefix_match(&self.below)?;
        let (run, name) = (parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let name = name.as_ref().strip_suffix(SUFFIX)?;
        let mut words = name.split('.');
        let (shard, asked, _content) = (words.next()?, words.next()?, words.next()?);
        let (run, shard) = (run.as_ref().to_owned(), shard.to_owned());
        let asked = asked.to_owned();
        words.next().is_none().then_some(Listed { meta, run, shard, asked })
    }

    async fn read(&self, one: &Listed) -> Result<Result<Named, Unread>, ResultsError> {
        let location = &one.meta.location;
        let unread = |why: String| {
            Ok(Err(Unread { place: location.to_string(), run: one.run.clone(), why }))
        };
        if one.meta.size > LARGEST_PACKED {
            return unread(format!("it has more than {} MiB", LARGEST_PACKED >> 20));
        }
        let got = self.store.get(location).await.map_err(|error| told(&error))?;
        let bytes = got.bytes().await.map_err(|error| told(&error))?;
        let mut text = String::new();
        let mut unpacked = MultiGzDecoder::new(bytes.as_ref()).take(LARGEST);
        if let Err(error) = unpacked.read_to_string(&mut text) {
            return unread(error.to_string());
        }
        if unpacked.limit() == 0 {
            return unread(format!("it unpacks to more than {} MiB", LARGEST >> 20));
        }
        match part::read(&text) {
            Ok((part, kept)) => Ok(Ok(Named { name: location.to_string(), part, kept })),
            Err(error) => unread(error.to_string()),
        }
    }

    /// Reads objects, so many at a time; each is made into what is wanted of it, and let go.
    async fn each<T>(
        &self,
        all: impl Iterator<Item = &Listed>,
        make: impl Fn(Named) -> T,
    ) -> Result<Found<T>, ResultsError> {
        let make = &make;
        let reads = all.map(|one| async move { Ok(self.read(one).await?.map(make)) });
        let read: Vec<Result<T, Unread>> =
            stream::iter(reads).buffered(AT_A_TIME).try_collect().await?;
        let mut found = Found { parts: Vec::new(), unread: Vec::new() };
        for one in read {
            match one {
                Ok(part) => found.parts.push(part),
                Err(unread) => found.unread.push(unread),
            }
        }
        Ok(found)
    }

    /// As [`super::Results::begin`] says.
    pub(super) async fn begin(&self, part: &Part) -> Result<(), ResultsError> {
        let run = part.run.as_deref().unwrap_or_default();
        self.check(part, run, &self.list(Some(run)).await?)?;
        self.put_one(part, run, &[]).await?;
        // Another may have begun in the same moment.
        self.check(part, run, &self.list(Some(run)).await?)
    }

    fn check(&self, part: &Part, run: &str, there: &[Listed]) -> Result<(), ResultsError> {
        if there.iter().any(|one| one.asked != short(&part.asked)) {
            return Err(ResultsError::AnotherQuestion { run: run.to_owned() });
        }
        let first = there.first().map(|one| one.meta.last_modified.timestamp());
        let first = first.and_then(|second| Timestamp::from_second(second).ok());
        super::check_age(part, run, first)
    }

    async fn put_one(&self, part: &Part, run: &str, orgs: &[&Kept]) -> Result<(), ResultsError> {
        let unwritable =
            |error: String| ResultsError::Refused(format!("the answers cannot be packed: {error}"));
        let text = part::write(part, orgs.iter().copied());
        let text = text.map_err(|error| unwritable(error.to_string()))?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        let packed = packed.write_all(text.as_bytes()).and_then(|()| packed.finish());
        let packed = PutPayload::from(packed.map_err(|error| unwritable(error.to_string()))?);
        let shard = part.shard.map_or_else(|| "all".to_owned(), |one| one.as_name());
        let content = sha256(text.as_bytes());
        let name = format!("{shard}.{}.{}{SUFFIX}", short(&part.asked), &content[..16]);
        let location = self.below.clone().join(run).join(name);
        match self.store.put_opts(&location, packed, PutMode::Create.into()).await {
            // What is there has the same content.
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(told(&error)),
        }
    }

    /// As [`super::Results::put`] says.
    pub(super) async fn put(&self, part: &Part, orgs: &[&Kept]) -> Result<Added, ResultsError> {
        let run = part.run.as_deref().unwrap_or_default();
        let listed = self.list(Some(run)).await?;
        if listed.iter().any(|one| one.asked != short(&part.asked)) {
            return Err(ResultsError::AnotherQuestion { run: run.to_owned() });
        }
        // What the same shard has put before; another has other orgs.
        let shard = part.shard.map_or_else(|| "all".to_owned(), |one| one.as_name());
        let own = listed.iter().filter(|one| one.shard == shard);
        let outcomes = |named: Named| {
            let outcome = |(org, kept): (String, Kept)| (org, kept.ended() != Ended::Failed);
            named.kept.into_iter().map(outcome).collect::<Vec<_>>()
        };
        let mut known: BTreeMap<String, bool> = BTreeMap::new();
        for (org, is_answered) in self.each(own, outcomes).await?.parts.into_iter().flatten() {
            *known.entry(org).or_default() |= is_answered;
        }
        let adds = |kept: &&&Kept| match known.get(kept.name()) {
            None => true,
            Some(is_answered) => !is_answered && kept.ended() != Ended::Failed,
        };
        let new: Vec<&Kept> = orgs.iter().filter(adds).copied().collect();
        let is_answered = |kept: &&&Kept| known.get(kept.name()) == Some(&true);
        let there = orgs.iter().filter(is_answered).map(|kept| kept.name().to_owned()).collect();
        for some in new.chunks(IN_ONE) {
            self.put_one(part, run, some).await?;
        }
        Ok(Added { new: new.len(), there })
    }

    /// As [`super::Results::runs`] says.
    pub(super) async fn runs(&self) -> Result<Vec<String>, ResultsError> {
        // Each by its first object: a shard that is repeated makes no run a later one.
        let (mut runs, _) =
            crate::fleet::once(self.list(None).await?.into_iter().map(|one| one.run));
        runs.reverse();
        Ok(runs)
    }

    /// As [`super::Results::parts`] says.
    pub(super) async fn parts(&self, run: &str) -> Result<Found<Named>, ResultsError> {
        self.each(self.list(Some(run)).await?.iter(), |named| named).await
    }

    /// As [`super::Results::batches`] says.
    pub(super) async fn batches(&self, since: Timestamp) -> Result<Found<Batch>, ResultsError> {
        let all = self.list(None).await?;
        // What was put before was looked at before. A run is read whole: what one shard did not put
        // another may have.
        let is_new =
            |one: &&Listed| one.meta.last_modified.timestamp() >= (since - APART).as_second();
        let runs: BTreeSet<&str> = all.iter().filter(is_new).map(|one| one.run.as_str()).collect();
        let of_runs = all.iter().filter(|one| runs.contains(one.run.as_str()));
        self.each(of_runs, |Named { part, kept, .. }| Batch::of(part, kept.values())).await
    }
}

/// What tells a question, as it stands in names.
fn short(asked: &str) -> &str {
    asked.get(..8).unwrap_or(asked)
}

/// What a storage says, by what is to be done.
fn told(error: &Error) -> ResultsError {
    let words = error.to_string();
    match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            ResultsError::NoAccess(words)
        }
        Error::NotFound { .. } => ResultsError::NoAccess(words),
        _ => ResultsError::Refused(words),
    }
}
