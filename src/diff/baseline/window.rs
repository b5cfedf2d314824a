//! Two files read side by side in windows of some hundred kilobytes: equal stretches are passed over, the rest is read entry by entry.

use std::collections::HashMap;
use std::io::{self, Read};

use crate::metadata::registry::MetadataType;

use super::entry::{Entry, Next, is_boundary, next};
use super::{Buffers, CompareError, Difference, Source, of_fragments};

/// How much of a file is held at once.
const WINDOW: usize = 256 << 10;
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
}

impl<'b, R: Read> Window<'b, R> {
    fn new(reader: R, buffer: &'b mut Vec<u8>) -> Self {
        if buffer.len() < WINDOW {
            buffer.resize(WINDOW, 0);
        }
        Self { reader, buffer, start: 0, end: 0, is_at_end: false }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads on until the window is full or the file ends; what was passed is dropped first. A window full of one thing grows.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
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

/// Entries that one side has shown and the other has not yet.
type Waiting = HashMap<Vec<u8>, Vec<u8>>;

/// Compares two files; `None` where they do not look as Salesforce writes them.
pub(super) fn compare<A: Source, B: Source>(
    row: &'static MetadataType,
    actual: &A,
    baseline: &B,
    buffers: &mut Buffers,
) -> Result<Option<Vec<Difference>>, CompareError> {
    let mut one = Window::new(actual.open()?, &mut buffers.actual);
    let mut other = Window::new(baseline.open()?, &mut buffers.baseline);
    let (mut held, mut wanted) = (Waiting::new(), Waiting::new());
    let mut found = Vec::new();
    loop {
        match pass(&mut one, &mut other)? {
            Passed::Equal => break,
            Passed::Strange => return Ok(None),
            Passed::Boundary => {}
        }
        // Both stand at a boundary, and what follows is not equal.
        let (here, there) = loop {
            let here = next(row, one.bytes(), 0, one.is_at_end);
            let there = next(row, other.bytes(), 0, other.is_at_end);
            match (&here, &there) {
                (Next::Strange, _) | (_, Next::Strange) => return Ok(None),
                (Next::More, _) if one.buffer.len() > LARGEST => return Ok(None),
                (_, Next::More) if other.buffer.len() > LARGEST => return Ok(None),
                (Next::More, _) => one.fill()?,
                (_, Next::More) => other.fill()?,
                _ => break (ends(here), ends(there)),
            }
        };
        match (here, there) {
            (None, None) => break,
            (Some(one_entry), None) => {
                let end = one_entry.end;
                if !take(row, one_entry, &mut held, &mut wanted, Side::Actual, &mut found)? {
                    return Ok(None);
                }
                one.start += end;
            }
            (None, Some(other_entry)) => {
                let end = other_entry.end;
                if !take(row, other_entry, &mut held, &mut wanted, Side::Baseline, &mut found)? {
                    return Ok(None);
                }
                other.start += end;
            }
            (Some(one_entry), Some(other_entry)) => {
                let (end, other_end) = (one_entry.end, other_entry.end);
                match one_entry.key.cmp(&other_entry.key) {
                    std::cmp::Ordering::Equal => {
                        found.extend(fragments(row, Some(one_entry.bytes), Some(other_entry.bytes))?);
                        if held.contains_key(&one_entry.key) || wanted.contains_key(&one_entry.key) {
                            return Ok(None);
                        }
                        one.start += end;
                        other.start += other_end;
                    }
                    // Lists are in order, so the smaller key is the one that the other side does not have, or has elsewhere.
                    std::cmp::Ordering::Less => {
                        if !take(row, one_entry, &mut held, &mut wanted, Side::Actual, &mut found)? {
                            return Ok(None);
                        }
                        one.start += end;
                    }
                    std::cmp::Ordering::Greater => {
                        if !take(row, other_entry, &mut held, &mut wanted, Side::Baseline, &mut found)? {
                            return Ok(None);
                        }
                        other.start += other_end;
                    }
                }
            }
        }
    }
    for bytes in held.values() {
        found.extend(fragments(row, Some(bytes), None)?);
    }
    for bytes in wanted.values() {
        found.extend(fragments(row, None, Some(bytes))?);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    // One key in two spellings (`APIEnabled`) is one entry; only the full index knows.
    if found.windows(2).any(|pair| pair[0].path == pair[1].path || is_one_key(&pair[0], &pair[1])) || has_two_spellings(&found) {
        return Ok(None);
    }
    Ok(Some(found))
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

fn ends(next: Next<'_>) -> Option<Entry<'_>> {
    match next {
        Next::Entry(entry) => Some(entry),
        Next::End | Next::More | Next::Strange => None,
    }
}

#[derive(Clone, Copy)]
enum Side {
    Actual,
    Baseline,
}

/// Takes an entry that the other side does not show here: it is compared where the other side has shown it before, else it waits. `false` where
/// a key stands twice on one side.
fn take(
    row: &'static MetadataType,
    entry: Entry<'_>,
    held: &mut Waiting,
    wanted: &mut Waiting,
    side: Side,
    found: &mut Vec<Difference>,
) -> Result<bool, CompareError> {
    let (mine, theirs) = match side {
        Side::Actual => (held, wanted),
        Side::Baseline => (wanted, held),
    };
    if let Some(bytes) = theirs.remove(&entry.key) {
        if bytes != entry.bytes {
            found.extend(match side {
                Side::Actual => fragments(row, Some(entry.bytes), Some(&bytes))?,
                Side::Baseline => fragments(row, Some(&bytes), Some(entry.bytes))?,
            });
        }
        return Ok(true);
    }
    Ok(mine.insert(entry.key, entry.bytes.to_vec()).is_none())
}

fn fragments(row: &'static MetadataType, actual: Option<&[u8]>, baseline: Option<&[u8]>) -> Result<Vec<Difference>, CompareError> {
    of_fragments(row, actual, baseline)
        .map_err(|error| if actual.is_some() { CompareError::Actual(error) } else { CompareError::Baseline(error) })
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
fn pass<A: Read, B: Read>(one: &mut Window<'_, A>, other: &mut Window<'_, B>) -> io::Result<Passed> {
    loop {
        if (one.bytes().len() < MARGIN && !one.is_at_end) || (other.bytes().len() < MARGIN && !other.is_at_end) {
            one.fill()?;
            other.fill()?;
        }
        let (here, there) = (one.bytes(), other.bytes());
        let equal = common(here, there);
        if equal == here.len() && equal == there.len() && one.is_at_end && other.is_at_end {
            return Ok(Passed::Equal);
        }
        // So near the end of what is held, what follows cannot be judged yet.
        let is_near_end = (equal + MARGIN > here.len() && !one.is_at_end) || (equal + MARGIN > there.len() && !other.is_at_end);
        let from = equal.min(here.len().saturating_sub(1)).min(there.len().saturating_sub(1));
        let boundary =
            memchr::memrchr_iter(b'\n', &here[..(from + 1).min(here.len())]).find(|at| is_boundary(here, *at) && is_boundary(there, *at));
        match boundary {
            Some(at) if is_near_end => {
                if at == 0 && one.buffer.len() > LARGEST {
                    return Ok(Passed::Strange);
                }
                one.start += at;
                other.start += at;
                one.fill()?;
                other.fill()?;
            }
            Some(at) => {
                one.start += at;
                other.start += at;
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
