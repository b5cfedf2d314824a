//! What two files do not have alike and in one order, and what differs in it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use foldhash::fast::RandomState;

use super::children::{Child, Children, Seen, fragment, is_entry};
use super::{Difference, by_index};
use crate::metadata::registry::MetadataType;

/// How much of what differs is held before the index reads it, in bytes.
const BATCH: usize = 64 << 10;

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Actual,
    Baseline,
}

/// What does not stand in both files alike and in one order.
pub(super) struct Parted {
    /// The units of what does, one for each child.
    pub(super) passed: Vec<u64>,
    /// The units of what does not.
    apart: HashMap<u64, Apart, RandomState>,
    /// What was kept of children that one file alone has shown so far, and how many they are.
    kept: Vec<u8>,
    waiting: usize,
    differing: Differing,
}

/// How a unit stands.
enum Apart {
    /// One file has shown it.
    Waiting { side: Side, bytes: Range<usize>, shape: Option<usize> },
    /// Both have.
    Met,
}

impl Parted {
    /// Begins with nothing.
    pub(super) fn new(row: &'static MetadataType) -> Self {
        Self {
            passed: Vec::new(),
            apart: HashMap::default(),
            kept: Vec::new(),
            waiting: 0,
            differing: Differing {
                row,
                actual: Vec::new(),
                baseline: Vec::new(),
                found: Vec::new(),
            },
        }
    }

    /// Says whether the other file has shown the unit of a child, and this one not yet.
    pub(super) fn is_awaited(&self, child: &Child, by: Side) -> bool {
        matches!(self.apart.get(&child.unit), Some(Apart::Waiting { side, .. }) if *side != by)
    }

    /// Takes two children of one unit that differ; `None` where they are not the only ones.
    pub(super) fn differ(
        &mut self,
        children: &Children,
        one: Seen<'_>,
        other: Seen<'_>,
    ) -> Option<()> {
        self.differing.take(children, one, other)?;
        self.apart.insert(one.1.unit, Apart::Met).is_none().then_some(())
    }

    /// Takes a child that the other file does not have here; `None` where it is not the only one
    /// of its unit.
    pub(super) fn meet(&mut self, children: &Children, of: Seen<'_>, side: Side) -> Option<()> {
        let text = &of.0[of.1.place.span.clone()];
        let mut occupied = match self.apart.entry(of.1.unit) {
            Entry::Occupied(occupied) => occupied,
            Entry::Vacant(vacant) => {
                let start = self.kept.len();
                self.kept.extend_from_slice(text);
                self.waiting += 1;
                let bytes = start..self.kept.len();
                vacant.insert(Apart::Waiting { side, bytes, shape: of.1.shape });
                return Some(());
            }
        };
        let met = std::mem::replace(occupied.get_mut(), Apart::Met);
        let Apart::Waiting { side: by, bytes, shape } = met else { return None };
        if by == side {
            return None;
        }
        let kept = &self.kept[bytes];
        if kept != text {
            let child = children.kept(kept, shape);
            let kept = (kept, &child);
            if !children.are_alike(of, kept) {
                let (actual, baseline) = match side {
                    Side::Actual => (of, kept),
                    Side::Baseline => (kept, of),
                };
                self.differing.take(children, actual, baseline)?;
            }
        }
        self.waiting -= 1;
        if self.waiting == 0 {
            self.kept.clear();
        }
        Some(())
    }

    /// Returns all differences in order, if every unit that differs or moved was seen whole.
    pub(super) fn finish(mut self) -> Option<Vec<Difference>> {
        // Nearly all units are told from those that are apart by six of their bits.
        let mark = |unit: u64| 1_u64 << (unit >> 58);
        let marks = self.apart.keys().fold(0, |marks, unit| marks | mark(*unit));
        let is_apart = |unit: &u64| marks & mark(*unit) != 0 && self.apart.contains_key(unit);
        if self.passed.iter().any(is_apart) || has_twins(&mut self.passed) {
            return None;
        }
        for apart in self.apart.values() {
            if let Apart::Waiting { side, bytes, .. } = apart {
                self.differing.of(*side).extend_from_slice(&self.kept[bytes.clone()]);
            }
        }
        self.differing.index()?;
        let mut found = self.differing.found;
        found.sort_by(|one, other| one.path.cmp(&other.path));
        // Two of one path have an order that the index alone knows.
        let is_clear = found.windows(2).all(|pair| pair[0].path != pair[1].path);
        is_clear.then_some(found)
    }
}

/// Says whether an entry of a list stands more than once. Whether its copies agree, the index says.
fn has_twins(units: &mut Vec<u64>) -> bool {
    units.retain(|unit| is_entry(*unit));
    units.sort_unstable();
    units.windows(2).any(|pair| pair[0] == pair[1])
}

/// What differs, told as far as that can be told at once, and children that the index must read.
struct Differing {
    row: &'static MetadataType,
    actual: Vec<u8>,
    baseline: Vec<u8>,
    found: Vec<Difference>,
}

impl Differing {
    fn of(&mut self, side: Side) -> &mut Vec<u8> {
        match side {
            Side::Actual => &mut self.actual,
            Side::Baseline => &mut self.baseline,
        }
    }

    /// Takes two children of one unit.
    fn take(&mut self, children: &Children, actual: Seen<'_>, baseline: Seen<'_>) -> Option<()> {
        if let Some(found) = children.differences(actual, baseline) {
            self.found.extend(found);
            return Some(());
        }
        self.actual.extend_from_slice(&actual.0[actual.1.place.span.clone()]);
        self.baseline.extend_from_slice(&baseline.0[baseline.1.place.span.clone()]);
        if self.actual.len() + self.baseline.len() > BATCH {
            self.index()?;
        }
        Some(())
    }

    /// Has the index read what was left to it.
    fn index(&mut self) -> Option<()> {
        let (actual, baseline) = (fragment(&self.actual)?, fragment(&self.baseline)?);
        self.found.extend(by_index(Some(self.row), &actual, &baseline));
        self.actual.clear();
        self.baseline.clear();
        Some(())
    }
}
