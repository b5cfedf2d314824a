//! Two files read side by side in windows of some hundred kilobytes: equal stretches are passed over, the rest is read entry by entry.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;

use foldhash::fast::RandomState;
use memchr::memmem::Finder;

use crate::metadata::registry::MetadataType;

use super::entry::{Entry, Next, is_boundary, next};
use super::{Buffers, CompareError, Difference, Source, of_fragments};

/// How much of a file is held at once.
const WINDOW: usize = 256 << 10;
/// How much of what was passed is kept, so that the entry before can be looked at.
const HISTORY: usize = 4 << 10;
/// An element larger than this is no entry of a list.
const LARGEST: usize = 8 << 20;

/// A file of which a part is held: the part begins where the comparison stands.
struct Window<'b, R> {
    reader: R,
    buffer: &'b mut Vec<u8>,
    /// Where the comparison stands.
    start: usize,
    /// Where what was read ends.
    end: usize,
    is_at_end: bool,
    /// The entry that begins where the comparison stands, once it was read: its key, its bytes, its end.
    entry: Option<Known>,
}

/// An entry as places in the window, counted from where the comparison stands.
struct Known {
    key: Box<[u8]>,
    bytes: Range<usize>,
    end: usize,
}

impl<'b, R: Read> Window<'b, R> {
    fn new(reader: R, buffer: &'b mut Vec<u8>) -> Self {
        if buffer.len() < WINDOW {
            buffer.resize(WINDOW, 0);
        }
        Self { reader, buffer, start: 0, end: 0, is_at_end: false, entry: None }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Goes on behind an entry.
    fn advance(&mut self, by: usize) {
        self.start += by;
        if by > 0 {
            self.entry = None;
        }
    }

    /// Says whether an entry that begins here stands between smaller and larger keys, as far as its neighbours are held.
    fn is_in_order(&self, row: &'static MetadataType, known: &Known) -> bool {
        let held = &self.buffer[..self.end];
        let key_at = |at: usize| match next(row, held.get(at..)?, 0, self.is_at_end) {
            Next::Entry(entry) => Some(entry.key),
            Next::End | Next::More | Next::Strange => None,
        };
        let before = memchr::memrchr_iter(b'\n', &held[..self.start])
            .find(|at| is_boundary(held, *at))
            .and_then(key_at);
        before.is_none_or(|before| *before < *known.key)
            && key_at(self.start + known.end).is_none_or(|after| *after > *known.key)
    }

    /// Reads the entry that begins here; `None` where the list ends.
    fn read_entry(&mut self, row: &'static MetadataType) -> io::Result<Standing> {
        if self.entry.is_some() {
            return Ok(Standing::Entry);
        }
        loop {
            match next(row, self.bytes(), 0, self.is_at_end) {
                Next::Entry(Entry { key, bytes, end }) => {
                    self.entry = Some(Known { key: key.into_boxed_slice(), bytes, end });
                    return Ok(Standing::Entry);
                }
                Next::End => return Ok(Standing::End),
                Next::Strange => return Ok(Standing::Strange),
                Next::More if self.buffer.len() > LARGEST => return Ok(Standing::Strange),
                Next::More => self.fill()?,
            }
        }
    }

    fn known(&self) -> Option<(&Known, &[u8])> {
        let known = self.entry.as_ref()?;
        Some((known, &self.bytes()[known.bytes.clone()]))
    }

    /// Reads on until the window is full or the file ends; what was passed is dropped first. A window full of one thing grows.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            let kept = if self.start > HISTORY { HISTORY } else { 0 };
            self.buffer.copy_within(self.start - kept..self.end, 0);
            self.end -= self.start - kept;
            self.start = kept;
        }
        if self.end == self.buffer.len() {
            let larger = (self.buffer.len() * 2).min(LARGEST + WINDOW);
            self.buffer.resize(larger, 0);
        }
        while self.end < self.buffer.len() && !self.is_at_end {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.is_at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What stands where the comparison stands.
enum Standing {
    Entry,
    End,
    Strange,
}

/// Entries that one side has shown and the other has not yet: by key, where their bytes lie.
#[derive(Default)]
struct Waiting {
    places: HashMap<Box<[u8]>, Range<usize>, RandomState>,
    bytes: Vec<u8>,
}

impl Waiting {
    /// Keeps an entry; `false` where its key is there already.
    fn keep(&mut self, key: Box<[u8]>, bytes: &[u8]) -> bool {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.places.insert(key, start..start + bytes.len()).is_none()
    }

    fn take(&mut self, key: &[u8]) -> Option<&[u8]> {
        let place = self.places.remove(key)?;
        Some(&self.bytes[place])
    }

    /// The entries that are left.
    fn rest(&self) -> impl Iterator<Item = &[u8]> {
        self.places.values().map(|place| &self.bytes[place.clone()])
    }
}

/// Compares two files; `None` where they do not look as Salesforce writes them.
pub(super) fn compare<A: Source, B: Source>(
    row: &'static MetadataType,
    actual: &A,
    baseline: &B,
    buffers: &mut Buffers,
) -> Result<Option<Vec<Difference>>, CompareError> {
    let mut one = Window::new(actual.open()?, &mut buffers.actual);
    let mut other = Window::new(baseline.open()?, &mut buffers.baseline);
    let (mut held, mut wanted) = (Waiting::default(), Waiting::default());
    let mut found = Vec::new();
    let mut is_in_order = true;
    loop {
        match pass(&mut one, &mut other)? {
            Passed::Equal => break,
            Passed::Strange => return Ok(None),
            Passed::Boundary => {}
        }
        // Both stand at a boundary, and what follows is not equal.
        let order = match (one.read_entry(row)?, other.read_entry(row)?) {
            (Standing::Strange, _) | (_, Standing::Strange) => return Ok(None),
            (Standing::End, Standing::End) => break,
            (Standing::Entry, Standing::End) => Ordering::Less,
            (Standing::End, Standing::Entry) => Ordering::Greater,
            // Lists are in order, so the smaller key is the one that the other side does not have, or has elsewhere.
            (Standing::Entry, Standing::Entry) => one
                .entry
                .as_ref()
                .map(|known| &known.key)
                .cmp(&other.entry.as_ref().map(|known| &known.key)),
        };
        let is_once = match order {
            Ordering::Equal => {
                let (Some((known, here)), Some((also, there))) = (one.known(), other.known())
                else {
                    return Ok(None);
                };
                found.extend(fragments(row, Some(here), Some(there))?);
                let is_once = !held.places.contains_key(&known.key)
                    && !wanted.places.contains_key(&known.key);
                let (end, other_end) = (known.end, also.end);
                one.advance(end);
                other.advance(other_end);
                is_once
            }
            Ordering::Less => {
                let Some(known) = one.entry.take() else { return Ok(None) };
                let here = &one.bytes()[known.bytes.clone()];
                let is_once = match wanted.take(&known.key) {
                    Some(there) => {
                        if there != here {
                            found.extend(fragments(row, Some(here), Some(there))?);
                        }
                        true
                    }
                    None => {
                        is_in_order = is_in_order && one.is_in_order(row, &known);
                        held.keep(known.key, here)
                    }
                };
                one.advance(known.end);
                is_once
            }
            Ordering::Greater => {
                let Some(known) = other.entry.take() else { return Ok(None) };
                let there = &other.bytes()[known.bytes.clone()];
                let is_once = match held.take(&known.key) {
                    Some(here) => {
                        if there != here {
                            found.extend(fragments(row, Some(here), Some(there))?);
                        }
                        true
                    }
                    None => {
                        is_in_order = is_in_order && other.is_in_order(row, &known);
                        wanted.keep(known.key, there)
                    }
                };
                other.advance(known.end);
                is_once
            }
        };
        // A key that stands twice on one side is for the full index.
        if !is_once {
            return Ok(None);
        }
    }
    // What one side alone has shown may stand on the other all the same, twice in this file and once passed over as equal: a file merged badly.
    // Where lists are in order, as the org writes them, that cannot be.
    if !is_in_order
        && (has_any(row, baseline, &held, &mut buffers.baseline)?
            || has_any(row, actual, &wanted, &mut buffers.actual)?)
    {
        return Ok(None);
    }
    for here in held.rest() {
        found.extend(fragments(row, Some(here), None)?);
    }
    for there in wanted.rest() {
        found.extend(fragments(row, None, Some(there))?);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    // One key in two spellings (`APIEnabled`) is one entry; only the full index knows.
    if found.windows(2).any(|pair| pair[0].path == pair[1].path || is_one_key(&pair[0], &pair[1]))
        || has_two_spellings(&found)
    {
        return Ok(None);
    }
    Ok(Some(found))
}

/// Says whether a file has an entry of one of these keys.
fn has_any<S: Source>(
    row: &'static MetadataType,
    source: &S,
    keys: &Waiting,
    buffer: &mut Vec<u8>,
) -> io::Result<bool> {
    if keys.places.is_empty() || (keys.places.len() <= FEW && !may_have(source, keys, buffer)?) {
        return Ok(false);
    }
    let mut window = Window::new(source.open()?, buffer);
    window.fill()?;
    let Some(first) =
        memchr::memchr_iter(b'\n', window.bytes()).find(|at| is_boundary(window.bytes(), *at))
    else {
        return Ok(true);
    };
    window.advance(first);
    loop {
        match window.read_entry(row)? {
            Standing::Entry => {}
            Standing::End => return Ok(false),
            Standing::Strange => return Ok(true),
        }
        let Some(known) = window.entry.take() else { return Ok(true) };
        if keys.places.contains_key(&known.key) {
            return Ok(true);
        }
        window.advance(known.end);
    }
}

/// So few keys are looked for by their texts first, at the speed of memory.
const FEW: usize = 8;

/// Says whether the text of one of these keys stands anywhere in a file.
fn may_have<S: Source>(source: &S, keys: &Waiting, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let part = |key: &[u8]| {
        let mut parts = key.split(|byte| *byte == 0);
        let name = parts.next().unwrap_or_default();
        // What stands once has a name alone.
        parts.max_by_key(|part| part.len()).map_or_else(|| [b"<", name].concat(), <[u8]>::to_vec)
    };
    let parts: Vec<Vec<u8>> = keys.places.keys().map(|key| part(key)).collect();
    let finders: Vec<Finder<'_>> = parts.iter().map(Finder::new).collect();
    let overlap = parts.iter().map(Vec::len).max().unwrap_or_default();
    let mut window = Window::new(source.open()?, buffer);
    loop {
        window.fill()?;
        if finders.iter().any(|finder| finder.find(window.bytes()).is_some()) {
            return Ok(true);
        }
        if window.is_at_end {
            return Ok(false);
        }
        window.advance(window.bytes().len().saturating_sub(overlap));
    }
}

fn is_one_key(one: &Difference, other: &Difference) -> bool {
    one.path.to_string().eq_ignore_ascii_case(&other.path.to_string())
}

fn has_two_spellings(found: &[Difference]) -> bool {
    let mut seen: Vec<String> = found
        .iter()
        .filter(|one| one.actual.is_none() || one.baseline.is_none())
        .map(|one| one.path.to_string().to_ascii_lowercase())
        .collect();
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    seen.len() != count
}

fn fragments(
    row: &'static MetadataType,
    actual: Option<&[u8]>,
    baseline: Option<&[u8]>,
) -> Result<Vec<Difference>, CompareError> {
    of_fragments(row, actual, baseline).map_err(|error| {
        if actual.is_some() { CompareError::Actual(error) } else { CompareError::Baseline(error) }
    })
}

enum Passed {
    /// Both end, and nothing more differs.
    Equal,
    /// Both stand at the beginning of the entry in which they begin to differ.
    Boundary,
    /// There is no such beginning.
    Strange,
}

/// Passes over what is equal, and goes back to where the entry begins in which it ends.
fn pass<A: Read, B: Read>(
    one: &mut Window<'_, A>,
    other: &mut Window<'_, B>,
) -> io::Result<Passed> {
    loop {
        if (one.bytes().len() < MARGIN && !one.is_at_end)
            || (other.bytes().len() < MARGIN && !other.is_at_end)
        {
            one.fill()?;
            other.fill()?;
        }
        let (here, there) = (one.bytes(), other.bytes());
        let equal = common(here, there);
        if equal == here.len() && equal == there.len() && one.is_at_end && other.is_at_end {
            return Ok(Passed::Equal);
        }
        // So near the end of what is held, what follows cannot be judged yet.
        let is_near_end = (equal + MARGIN > here.len() && !one.is_at_end)
            || (equal + MARGIN > there.len() && !other.is_at_end);
        let from = equal.min(here.len().saturating_sub(1)).min(there.len().saturating_sub(1));
        let boundary = memchr::memrchr_iter(b'\n', &here[..(from + 1).min(here.len())])
            .find(|at| is_boundary(here, *at) && is_boundary(there, *at));
        match boundary {
            Some(at) if is_near_end => {
                if at == 0 && one.buffer.len() > LARGEST {
                    return Ok(Passed::Strange);
                }
                one.advance(at);
                other.advance(at);
                one.fill()?;
                other.fill()?;
            }
            Some(at) => {
                one.advance(at);
                other.advance(at);
                return Ok(Passed::Boundary);
            }
            None if is_near_end && one.buffer.len() <= LARGEST => {
                one.fill()?;
                other.fill()?;
            }
            // Files that differ before their first entry: in the declaration, the root, the indentation.
            None => return Ok(Passed::Strange),
        }
    }
}

/// How many bytes a boundary takes, and some more.
const MARGIN: usize = 64;

/// How many bytes two slices have in common at their beginning.
fn common(one: &[u8], other: &[u8]) -> usize {
    const BLOCK: usize = 4096;
    let length = one.len().min(other.len());
    let mut at = 0;
    while at + BLOCK <= length && one[at..at + BLOCK] == other[at..at + BLOCK] {
        at += BLOCK;
    }
    at + one[at..length].iter().zip(&other[at..length]).take_while(|(a, b)| a == b).count()
}
