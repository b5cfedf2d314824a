//! One side of a comparison: which components there are and where their bytes lie, without reading
//! them; and two sides held against each other on every core.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::metadata::compare::{Buffers, Difference, Source, check_component, compare_component};
use crate::metadata::document::Document;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::ApiVersion;
use crate::metadata::sha256::sha256;
use crate::metadata::unseen::{UNSENT, Unseen};
use crate::metadata::{Component, ComponentId, ComponentSet, Requested, registry, why_unread};
use crate::org::OrgError;

use super::contents::{self, Held};
use super::files::Content;
use super::record::Record;
use super::selection::Selection;
use super::sorted::Sorted;
use super::{FileError, ReadError};

/// One side.
#[derive(Debug)]
pub struct Side {
    /// Where each component's bytes are.
    pub components: BTreeMap<ComponentId, Content>,
    /// What stands beside a component's XML and is not read: its source, or parts of it.
    pub contents: BTreeMap<ComponentId, Content>,
    /// Each component's file, relative to what was opened.
    pub files: BTreeMap<ComponentId, String>,
    /// What was asked for.
    pub requested: Requested,
    /// What was asked for and could not be read.
    pub not_observed: BTreeMap<ComponentId, Unseen>,
    /// What is there of an earlier snapshot because the last one could not read it, with the
    /// reasons; also among `not_observed`.
    pub stale: BTreeMap<ComponentId, String>,
    /// Who changed each component last, and when, where that is known.
    pub changed: BTreeMap<ComponentId, String>,
    /// The API version and members that a record names, for asking an org for the same.
    pub manifest: Option<Manifest>,
    /// What the user asked for when a snapshot was taken, where its record says it.
    pub selection: Option<Selection>,
    /// The org that it is of, where that is known.
    pub org_id: Option<String>,
    /// Some component's file, which shows how a folder is laid out.
    pub model: Option<String>,
    /// What the reader should know of the files: what was left out and passed over, which of two
    /// counts, which record is none.
    pub notes: Vec<String>,
    /// Files of metadata that this program does not read.
    pub passed_over: Vec<String>,
    /// The API version of files without a manifest.
    version: Option<ApiVersion>,
}

impl Side {
    /// A digest of all that stands in it, by which it is told from one that was changed.
    ///
    /// # Errors
    /// Something of it cannot be read.
    pub fn digest(&self) -> Result<String, ReadError> {
        let mut text = String::new();
        for (id, content) in self.components.iter().chain(&self.contents) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{id} {}", sha256(&content.read()?));
        }
        let _ = write!(text, "{:?} {:?}", self.requested, self.not_observed.keys());
        Ok(sha256(text.as_bytes()))
    }

    /// Finds the components under a path; nothing is read but a record of what was asked for.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let mut sorted = Sorted::open(path)?;
        if !sorted.errors.is_empty() {
            return Err(ReadError::Files(sorted.errors));
        }
        if let Some((id, one, other)) = sorted.twice.pop() {
            return Err(ReadError::Twice { one, other, id });
        }
        let mut side = Self {
            components: BTreeMap::new(),
            contents: sorted.contents,
            files: BTreeMap::new(),
            requested: Requested::Unknown,
            not_observed: sorted.unread,
            stale: BTreeMap::new(),
            changed: BTreeMap::new(),
            manifest: sorted.manifest,
            selection: None,
            org_id: None,
            model: sorted.model,
            notes: sorted.notes,
            passed_over: sorted.passed_over,
            version: sorted.version,
        };
        for (id, file) in sorted.components {
            side.files.insert(id.clone(), file.name);
            side.components.insert(id, file.content);
        }
        if let Some(record) = sorted.record {
            side.read_record(record);
        }
        if let Some(manifest) = &side.manifest {
            side.requested = Requested::Manifest(manifest.clone());
        }
        Ok(side)
    }

    fn read_record(&mut self, record: Record) {
        // What a snapshot's package.xml names is what its folder holds, not what was asked for.
        self.manifest = Some(record.manifest());
        self.not_observed.extend(record.not_observed());
        self.stale = record.stale();
        for one in &record.components {
            if let Some(words) =
                changed_by(one.last_modified_by.as_deref(), one.last_modified_date.as_deref())
            {
                self.changed.insert(one.id(), words);
            }
        }
        self.org_id = record.org_id;
        self.selection = record.selection;
    }

    /// Takes over what was retrieved of an org; each component goes by its own name.
    pub fn of_components(set: ComponentSet) -> Self {
        let manifest = match &set.requested {
            Requested::Manifest(manifest) => Some(manifest.clone()),
            Requested::Unknown => None,
        };
        Self {
            components: set
                .components
                .into_values()
                .map(|component| {
                    (component.id, Content::Bytes(component.document.into_bytes().into()))
                })
                .collect(),
            contents: BTreeMap::new(),
            files: BTreeMap::new(),
            requested: set.requested,
            not_observed: set.not_observed,
            stale: BTreeMap::new(),
            changed: BTreeMap::new(),
            manifest,
            selection: None,
            org_id: None,
            model: None,
            notes: Vec::new(),
            passed_over: Vec::new(),
            version: None,
        }
    }

    /// The API version that the files are written in, where they say it.
    pub fn api_version(&self) -> Option<ApiVersion> {
        self.manifest.as_ref().and_then(|manifest| manifest.version).or(self.version)
    }

    /// Says whether the two are known to be of one org.
    pub fn is_of_same_org(&self, other: &Self) -> bool {
        // An id has 15 characters, and three more that follow from them.
        let short =
            |side: &Self| side.org_id.as_ref().map(|id| id.chars().take(15).collect::<String>());
        short(self).is_some_and(|id| short(other) == Some(id))
    }
}

impl Side {
    /// Says what is wrong with a component's file, if anything is; `whose` stands before its name.
    fn broken(&self, id: &ComponentId, whose: &str) -> Option<FileError> {
        let error = check_component(id, &self.components.get(id)?).err()?;
        let file = self.files.get(id).cloned().unwrap_or_else(|| id.to_string());
        Some(FileError::of_comparison(&format!("{whose}{file}"), &error))
    }

    /// What stands beside or below a component's XML; with `sparse` a side without a record is
    /// taken for a part.
    fn content(&self, id: &ComponentId, sparse: bool) -> contents::Of<'_> {
        contents::Of {
            content: self.contents.get(id),
            unread: why_unread(&self.not_observed, id),
            is_part: sparse && matches!(self.requested, Requested::Unknown),
        }
    }

    /// The components that another side does not have by their names, of types whose components
    /// belong to others: by type and owner.
    fn alone(&self, other: &Self) -> BTreeMap<(&'static str, String), Vec<ComponentId>> {
        let mut alone: BTreeMap<_, Vec<ComponentId>> = BTreeMap::new();
        for id in self.components.keys().filter(|id| !other.components.contains_key(id)) {
            let row = registry::find(&id.type_name).filter(|row| row.odd.named_by.is_some());
            let owner = row.and_then(|row| Some((row, row.owner(&self.document(id)?)?)));
            if let Some((row, owner)) = owner {
                let owner = row.canonical_owner(&owner);
                alone.entry((row.name, owner)).or_default().push(id.clone());
            }
        }
        alone
    }

    /// Notes which of the components that an org lists it was asked for, by themselves and not only
    /// for what profiles say of them, and did not send.
    pub fn mark_unsent<'l>(
        &mut self,
        asked: &BTreeSet<ComponentId>,
        listed: impl Iterator<Item = &'l ComponentId>,
    ) {
        let is_asked = |id: &&ComponentId| asked.contains(*id);
        for id in listed.filter(is_asked).filter(|id| !self.components.contains_key(*id)) {
            self.not_observed.entry(id.clone()).or_insert_with(unsent);
        }
    }

    /// Notes of what was asked for and did not come that it may be there all the same: the org did
    /// not list its type.
    pub fn mark_unlisted(
        &mut self,
        asked: &BTreeSet<ComponentId>,
        unlisted: &BTreeMap<String, OrgError>,
    ) {
        for id in asked.iter().filter(|id| !self.components.contains_key(*id)) {
            if let Some(error) = unlisted.get(&id.type_name) {
                let why = || Unseen::not_readable(format!("the org says: {error}"));
                self.not_observed.entry(id.clone()).or_insert_with(why);
            }
        }
    }

    /// Reads one component's document; none where it is not there or no metadata.
    pub fn document(&self, id: &ComponentId) -> Option<Document> {
        Document::parse(self.components.get(id)?.read().ok()?).ok()
    }

    /// Reads some components into a set; what is no metadata is left out. Of those that are there
    /// the set knows which lack a part.
    pub fn read(&self, chosen: &dyn Fn(&ComponentId) -> bool) -> ComponentSet {
        let mut set = ComponentSet::new(self.requested.clone());
        let unread = self.not_observed.iter().filter(|(id, _)| self.components.contains_key(*id));
        set.not_observed = unread.map(|(id, why)| (id.clone(), why.clone())).collect();
        for id in self.components.keys().filter(|id| chosen(id)) {
            if let Some(document) = self.document(id) {
                set.insert(Component {
                    id: id.clone(),
                    document,
                    file: self.files.get(id).cloned().unwrap_or_default(),
                });
            }
        }
        set
    }
}

/// What is said of a component that the org lists and does not send: its not coming is no word on
/// its being gone.
pub fn unsent() -> Unseen {
    Unseen::not_readable(UNSENT)
}

/// Says who changed something, and when.
pub fn changed_by(by: Option<&str>, at: Option<&str>) -> Option<String> {
    match (by, at) {
        (Some(by), Some(at)) => Some(format!("{by}, {at}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// How two sides stand to one another in one component.
#[derive(Debug)]
pub struct Compared {
    /// The component.
    pub id: ComponentId,
    /// The same in the baseline, where that knows it by another name.
    pub then: ComponentId,
    /// How it stands.
    pub outcome: Outcome,
}

/// How one component stands.
#[derive(Debug)]
pub enum Outcome {
    /// On both sides; and why not all of it could be compared.
    Both(Vec<Difference>, Option<Unseen>),
    /// Only now.
    OnlyActual,
    /// Only in the baseline.
    OnlyBaseline,
    /// Not to be compared: a side is of another time, or has another source; with the words.
    Failed(String),
    /// Files that are no metadata, or cannot be read.
    Broken(Vec<FileError>),
}

impl Source for &Content {
    type Reader = ContentReader;
    fn open(&self) -> io::Result<ContentReader> {
        Ok(match self {
            Content::File(path) => ContentReader::File(File::open(path)?),
            Content::Bytes(bytes) => {
                ContentReader::Bytes(io::Cursor::new(std::sync::Arc::clone(bytes)))
            }
            Content::Parts(_) | Content::Several(_) => {
                let whole = self.read().map_err(|error| io::Error::other(error.to_string()))?;
                ContentReader::Bytes(io::Cursor::new(whole.into()))
            }
        })
    }
}

/// Reads a file, or bytes that are held.
#[derive(Debug)]
pub enum ContentReader {
    /// On disk.
    File(File),
    /// In memory.
    Bytes(io::Cursor<std::sync::Arc<[u8]>>),
}

impl Read for ContentReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Bytes(bytes) => bytes.read(buffer),
        }
    }
}

/// Compares all components that `chosen` accepts, on every core; the answer is in order of
/// component. With `sparse` a side without a record is taken for a part.
pub fn compare_sides(
    actual: &Side,
    baseline: &Side,
    chosen: &(dyn Fn(&ComponentId) -> bool + Sync),
    sparse: bool,
) -> Vec<Compared> {
    let renamed = renamed(actual, baseline);
    let paired: BTreeSet<&ComponentId> = renamed.values().collect();
    let ids: BTreeSet<&ComponentId> = actual
        .components
        .keys()
        .chain(baseline.components.keys().filter(|id| !paired.contains(id)))
        .filter(|id| chosen(id) || renamed.get(id).is_some_and(chosen))
        .collect();
    let ids: Vec<&ComponentId> = ids.into_iter().collect();
    let then_of = |id| renamed.get(id).unwrap_or(id);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::with_capacity(ids.len()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(ids.len().max(1));
    let work = || {
        let mut buffers = Buffers::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(id) = ids.get(index) else { return };
            let then = then_of(*id);
            let broken = || {
                let broken = [actual.broken(id, ""), baseline.broken(then, "the baseline's ")];
                broken.into_iter().flatten().collect::<Vec<FileError>>()
            };
            let stale = actual.stale.get(*id).or_else(|| baseline.stale.get(then));
            let outcome = match (actual.components.get(*id), baseline.components.get(then)) {
                // Neither in sync nor drift: the file says what the org had at another time.
                _ if stale.is_some() => Outcome::Failed(stale.cloned().unwrap_or_default()),
                (Some(now), Some(before)) => {
                    let found = compare_component(id, &now, &before, &mut buffers);
                    let [of_now, of_then] = [actual, baseline].map(|side| side.content(id, sparse));
                    match (contents::hold(id, &of_now, &of_then), found) {
                        (_, Err(_)) => Outcome::Broken(broken()),
                        (Held::Same, Ok(found)) => Outcome::Both(found, None),
                        (Held::Other(one), Ok(found)) => {
                            Outcome::Both(found.into_iter().chain([one]).collect(), None)
                        }
                        (Held::Unknown(why), Ok(found)) => Outcome::Both(found, Some(why)),
                        (Held::Apart(why), Ok(_)) => Outcome::Failed(why.words),
                    }
                }
                (now, _) => match broken() {
                    errors if !errors.is_empty() => Outcome::Broken(errors),
                    _ if now.is_some() => Outcome::OnlyActual,
                    _ => Outcome::OnlyBaseline,
                },
            };
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, outcome));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let of_index = |(index, outcome): (usize, Outcome)| Compared {
        id: ids[index].clone(),
        then: then_of(ids[index]).clone(),
        outcome,
    };
    done.into_iter().map(of_index).collect()
}

/// Components that go by another name on each side, and are the same by whose they are: parts of
/// an external client app, policies of a profile (S 2.1, 3.5). An owner with several of a type on a
/// side is left out: which is which nobody knows.
fn renamed(actual: &Side, baseline: &Side) -> BTreeMap<ComponentId, ComponentId> {
    let now = actual.alone(baseline);
    let mut then = baseline.alone(actual);
    now.into_iter()
        .filter_map(|(owner, ids)| match (ids.as_slice(), then.remove(&owner)?.as_slice()) {
            ([now], [then]) => Some((now.clone(), then.clone())),
            _ => None,
        })
        .collect()
}
