//! Two files walked side by side: what is equal is passed over, the rest is read child by child.
//!
//! The answer is that of the full index, for it has the same parts: elements that make one setting
//! together (a list's entries of one identity, elements of one name) say what they say by
//! themselves, in their order. So they may be left out where both files have them alike and in one
//! order. Those that differ or stand elsewhere are exact too where each file has one of them; if it
//! has more, the full index is asked. All of this is counted, never taken from the files' order,
//! which only says where to look first.

use std::cmp::Ordering;
use std::io::{self, Read};

use super::children::{Child, Children, Next};
use super::file::File;
use super::parted::{Parted, Side};
use super::{Buffers, Difference, Source};
use crate::metadata::registry::MetadataType;

/// Compares two files, whose root elements should be `root`; `None` where that takes the full
/// index, which also says what is broken.
pub(super) fn compare<A: Source, B: Source>(
    row: &'static MetadataType,
    root: Option<&str>,
    actual: &A,
    baseline: &B,
    buffers: &mut Buffers,
) -> io::Result<Option<Vec<Difference>>> {
    let Buffers { window, actual: here, baseline: there, children } = buffers;
    children.begin(row);
    let one = File::open(actual, here, *window)?;
    let other = File::open(baseline, there, *window)?;
    let (Some(one), Some(other)) = (one, other) else { return Ok(None) };
    if root.is_some_and(|root| !one.is_rooted(root) || !other.is_rooted(root)) {
        return Ok(None);
    }
    Merge { one, other, passed: Child::default(), children, parted: Parted::new(row) }.run()
}

/// Two files, and what was found in them.
struct Merge<'m, 'b, A, B> {
    one: File<'b, A>,
    other: File<'b, B>,
    /// The child that both had alike last.
    passed: Child,
    children: &'m mut Children,
    parted: Parted,
}

impl<A: Read, B: Read> Merge<'_, '_, A, B> {
    fn run(mut self) -> io::Result<Option<Vec<Difference>>> {
        loop {
            if !self.pass()? {
                return Ok(None);
            }
            let next = (self.one.read(self.children)?, self.other.read(self.children)?);
            let order = match next {
                (Next::End, Next::End) => break,
                (Next::Child, Next::Child) => self.order(),
                (Next::Child, Next::End) => Ordering::Less,
                (Next::End, Next::Child) => Ordering::Greater,
                _ => return Ok(None),
            };
            if self.step(order).is_none() {
                return Ok(None);
            }
        }
        if !self.one.is_done()? || !self.other.is_done()? {
            return Ok(None);
        }
        Ok(self.parted.finish())
    }

    /// Passes over what is equal up to where a child begins that is not; `false` where something
    /// is for the full index.
    fn pass(&mut self) -> io::Result<bool> {
        loop {
            let (here, there) = (self.one.window.bytes(), self.other.window.bytes());
            let equal = common(here, there);
            let is_cut = (equal == here.len() && !self.one.window.is_at_end())
                || (equal == there.len() && !self.other.window.is_at_end());
            // Equal bytes are well-formed on both sides, or on neither.
            let units = &mut self.parted.passed;
            let passed = self.children.pass(&here[..equal], &mut self.passed, units);
            let Some(by) = passed else { return Ok(false) };
            self.one.advance(by);
            self.other.advance(by);
            if !is_cut || !(self.one.window.fill()? | self.other.window.fill()?) {
                return Ok(true);
            }
        }
    }

    /// Says which file goes on: the one whose child the other does not have here.
    fn order(&self) -> Ordering {
        let (one, other) = (self.one.child(), self.other.child());
        if one.1.unit == other.1.unit {
            return Ordering::Equal;
        }
        if self.parted.is_awaited(one.1, Side::Actual) {
            return Ordering::Less;
        }
        if self.parted.is_awaited(other.1, Side::Baseline) {
            return Ordering::Greater;
        }
        self.children.order(one, other)
    }

    /// Takes the child of one file, or one of each; `None` where something is for the full index.
    fn step(&mut self, order: Ordering) -> Option<()> {
        let (one, other) = (self.one.child(), self.other.child());
        let is_taken = match order {
            Ordering::Less => self.parted.meet(self.children, one, Side::Actual),
            Ordering::Greater => self.parted.meet(self.children, other, Side::Baseline),
            Ordering::Equal if self.children.are_alike(one, other) => {
                self.parted.passed.push(one.1.unit);
                Some(())
            }
            Ordering::Equal => self.parted.differ(self.children, one, other),
        };
        if order != Ordering::Greater {
            self.one.skip();
        }
        if order != Ordering::Less {
            self.other.skip();
        }
        is_taken
    }
}

/// How many bytes two slices have in common at their beginning.
fn common(one: &[u8], other: &[u8]) -> usize {
    let length = one.len().min(other.len());
    let mut at = 0;
    for block in [4096, 64] {
        while at + block <= length && one[at..at + block] == other[at..at + block] {
            at += block;
        }
    }
    at + one[at..length].iter().zip(&other[at..length]).take_while(|(a, b)| a == b).count()
}
