//! Two states of one component, field by field: what differs between now and a baseline.
//!
//! Salesforce writes lists in order, so nearly all bytes of two states are equal. What is equal is
//! passed over, with no more reading than proves that it is well-formed; only entries that are not
//! equal are held against each other, wherever they stand. What cannot be proved so is read whole
//! by the full index, which also says what is broken and where.

mod children;
mod entry;
mod file;
mod merge;
mod parted;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod window;

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

use crate::metadata::ComponentId;
use crate::metadata::document::{Document, DocumentError};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, MetadataType};
use crate::metadata::settings::{
    Settings, alike, between, doubles, entries, entry_path, entry_value, lone_entry,
};
use crate::metadata::value::Value;

/// One difference between a component now and in the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where; a whole entry of a keyed list is `section[key]`, and within a layout's assignment the
    /// key is its identity (`layoutAssignments[Account]`).
    pub path: FieldPath,
    /// What is there now; none for nothing.
    pub actual: Option<Value>,
    /// What the baseline has; none for nothing.
    pub baseline: Option<Value>,
    /// Set where nobody can tell, as the entry stands more than once on a side; the values are
    /// none then.
    pub doubled: Option<Doubled>,
}

/// Where entries of one key stand that disagree, by their lines; a side without such has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubled {
    /// In the present state.
    pub actual: Vec<usize>,
    /// In the baseline.
    pub baseline: Vec<usize>,
}

/// Why two states cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// One side cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The present side is no metadata.
    #[error("{0}")]
    Actual(DocumentError),
    /// The baseline is no metadata.
    #[error("the baseline's: {0}")]
    Baseline(DocumentError),
}

/// A side that can be read from its beginning as often as need be.
pub trait Source {
    /// What it is read by.
    type Reader: Read;
    /// Begins to read.
    ///
    /// # Errors
    /// The system refuses.
    fn open(&self) -> io::Result<Self::Reader>;
}

impl<'b> Source for &'b [u8] {
    type Reader = &'b [u8];
    fn open(&self) -> io::Result<&'b [u8]> {
        Ok(self)
    }
}

/// What is used again from one comparison to the next.
#[derive(Debug)]
pub struct Buffers {
    /// How much of a file is held at once, in bytes.
    window: usize,
    actual: Vec<u8>,
    baseline: Vec<u8>,
    children: children::Children,
}

impl Buffers {
    /// Buffers with which `window` bytes of a file are held at once, and more only where one
    /// element takes more.
    pub fn with_window(window: usize) -> Self {
        let (actual, baseline) = (Vec::new(), Vec::new());
        Self { window: window.max(1), actual, baseline, children: children::Children::default() }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::with_window(window::WINDOW)
    }
}

/// Compares two states of one component of a type, in order of path; the answer is that of
/// [`by_index`]. `None` stands for a type that is not known: then elements' own names count.
///
/// # Errors
/// A side that cannot be read, or is no metadata, be it that both are so alike.
pub fn compare<A: Source, B: Source>(
    row: Option<&'static MetadataType>,
    actual: &A,
    baseline: &B,
    buffers: &mut Buffers,
) -> Result<Vec<Difference>, CompareError> {
    compare_rooted(row, None, actual, baseline, buffers)
}

/// Compares two states of a component as [`compare`] does; of a type with a row of its own the
/// root elements must be that type's too.
///
/// # Errors
/// See [`compare`].
pub fn compare_component<A: Source, B: Source>(
    id: &ComponentId,
    actual: &A,
    baseline: &B,
    buffers: &mut Buffers,
) -> Result<Vec<Difference>, CompareError> {
    let row = registry::find_component(&id.type_name, &id.full_name);
    compare_rooted(row, root_of(id).as_deref(), actual, baseline, buffers)
}

/// Reads a component's file that stands on one side alone, to know that it is one.
///
/// # Errors
/// What [`compare_component`] says of the present side.
pub fn check_component(id: &ComponentId, source: &impl Source) -> Result<(), CompareError> {
    rooted(whole(source)?, root_of(id).as_deref()).map_err(CompareError::Actual).map(|_| ())
}

/// The root of a component's file, where it is known for sure.
fn root_of(id: &ComponentId) -> Option<String> {
    let is_own = registry::own_row(&id.type_name, &id.full_name).is_some();
    is_own.then(|| registry::root_name(&id.type_name, &id.full_name))
}

fn compare_rooted<A: Source, B: Source>(
    row: Option<&'static MetadataType>,
    root: Option<&str>,
    actual: &A,
    baseline: &B,
    buffers: &mut Buffers,
) -> Result<Vec<Difference>, CompareError> {
    let known = row.unwrap_or(&registry::UNKNOWN);
    if let Some(found) = merge::compare(known, root, actual, baseline, buffers)? {
        return Ok(found);
    }
    let (actual, baseline) = (whole(actual)?, whole(baseline)?);
    let is_equal = actual == baseline;
    let actual = rooted(actual, root).map_err(CompareError::Actual)?;
    if is_equal {
        return Ok(by_index(row, &actual, &actual));
    }
    let baseline = rooted(baseline, root).map_err(CompareError::Baseline)?;
    Ok(by_index(row, &actual, &baseline))
}

fn rooted(bytes: Vec<u8>, root: Option<&str>) -> Result<Document, DocumentError> {
    let document = Document::parse(bytes)?;
    root.map_or(Ok(()), |root| document.expect_root(root))?;
    Ok(document)
}

fn whole(source: &impl Source) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.open()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Compares two documents by their full index; what [`compare`] does with less reading.
pub fn by_index(
    row: Option<&'static MetadataType>,
    actual: &Document,
    baseline: &Document,
) -> Vec<Difference> {
    let row = row.unwrap_or(&registry::UNKNOWN);
    let [now, then] = alike(row, [actual, baseline]);
    let mut doubled: BTreeMap<FieldPath, Doubled> = BTreeMap::new();
    for one in doubles(row, actual) {
        doubled.entry(one.entry).or_default().actual = one.lines;
    }
    for one in doubles(row, baseline) {
        doubled.entry(one.entry).or_default().baseline = one.lines;
    }
    fold(row, &Contents::of(row, actual, now), &Contents::of(row, baseline, then), doubled)
}

/// One side's settings, and which entries of its lists are there, be it that they say nothing.
struct Contents {
    settings: Settings,
    entries: HashSet<FieldPath>,
}

impl Contents {
    fn of(row: &'static MetadataType, document: &Document, settings: Settings) -> Self {
        Self { settings, entries: entries(row, document) }
    }
}

/// Puts settings that differ together where the whole entry is on one side only, and says flags
/// that are left out.
fn fold(
    row: &'static MetadataType,
    actual: &Contents,
    baseline: &Contents,
    doubled: BTreeMap<FieldPath, Doubled>,
) -> Vec<Difference> {
    let mut folded: Vec<Difference> = Vec::new();
    let mut whole: HashSet<FieldPath> = HashSet::new();
    for (path, now, then) in between(&actual.settings, &baseline.settings) {
        let is_in = |entry: &FieldPath| path.segments().starts_with(entry.segments());
        if doubled.keys().any(is_in) {
            continue;
        }
        if let Some(entry) = lone_entry(&path, &actual.entries, &baseline.entries) {
            if whole.insert(entry.clone()) {
                let whole = match entry.segments().len() {
                    1 => entry_path(&path, now.as_ref().or(then.as_ref())),
                    _ => entry.clone(),
                };
                // The path of a layout's assignment says all of it.
                let value = |settings| {
                    entry_value(settings, &entry)
                        .map(|value| if whole == entry { value } else { Value::Present })
                };
                let (here, there) = (value(&actual.settings), value(&baseline.settings));
                folded.push(Difference {
                    path: whole,
                    actual: here,
                    baseline: there,
                    doubled: None,
                });
            }
            continue;
        }
        // A flag that is left out is its default.
        let said = |value: Option<Value>| value.or_else(|| row.flag_default(&path));
        folded.push(Difference { actual: said(now), baseline: said(then), path, doubled: None });
    }
    folded.extend(doubled.into_iter().map(|(path, doubled)| Difference {
        path,
        actual: None,
        baseline: None,
        doubled: Some(doubled),
    }));
    folded.sort_by(|one, other| one.path.cmp(&other.path));
    folded
}
