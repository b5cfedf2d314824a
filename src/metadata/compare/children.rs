//! The children of the root one after the other, each with what it is told from its like by.
//!
//! The first child of a shape is read by the full index, which proves that it is well-formed;
//! whatever has the same bytes around other texts is so too, and is only held against them. So
//! nothing is guessed: what fits no shape is indexed, and what is odd even then is for the index
//! of the whole file.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;

use super::Difference;
use super::entry;
use super::shape::{Fit, Place, Shape};
use super::text::is_space;
use crate::metadata::document::{Document, MAX_DEPTH, NAMESPACE};
use crate::metadata::path::Segment;
use crate::metadata::registry::{Field, Kind, MetadataType, identity_of};
use crate::metadata::settings::doubles;

/// So many children of a file are indexed one by one; with more the whole file is cheaper.
const MOST_INDEXED: usize = 256;
/// So many shapes, and names, are kept from one file to the next.
const MOST_SHAPES: usize = 512;
/// More white space before a child is no part of its shape.
const LONGEST_GAP: usize = 256;

/// What stands at a place between two children of the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A child.
    Child,
    /// A closing tag, which should be the root's.
    End,
    /// The bytes do not say.
    More,
    /// For the full index.
    Strange,
}

/// A child of the root.
#[derive(Clone, Debug, Default)]
pub(super) struct Child {
    /// Where it stands.
    pub(super) place: Place,
    /// Equal for children that make one setting together: a list's entries of one identity, and
    /// any other elements of one name. For two that do not most likely not.
    pub(super) unit: u64,
    /// Which name it goes by.
    name: usize,
    /// Which shape it has, if any; the next is looked for there first.
    pub(super) shape: Option<usize>,
    /// Its identity, where it has no shape.
    identity: String,
}

/// A child with the bytes that it lies in.
pub(super) type Seen<'c> = (&'c [u8], &'c Child);

/// What is known of the children of files of one type.
#[derive(Debug, Default)]
pub(super) struct Children {
    row: Option<&'static MetadataType>,
    shapes: Vec<Known>,
    names: Vec<String>,
    /// How many children of these files were indexed.
    indexed: usize,
}

#[derive(Debug)]
struct Known {
    shape: Shape,
    name: usize,
    /// The first shape with the same tags, which differs in layout alone.
    like: usize,
}

impl Children {
    /// Begins with other files.
    pub(super) fn begin(&mut self, row: &'static MetadataType) {
        let is_same = self.row.is_some_and(|known| std::ptr::eq(known, row));
        if !is_same || self.shapes.len().max(self.names.len()) > MOST_SHAPES {
            self.shapes.clear();
            self.names.clear();
        }
        self.row = Some(row);
        self.indexed = 0;
    }

    /// Reads the child that stands at the head of some bytes, white space before it.
    pub(super) fn next(&mut self, bytes: &[u8], child: &mut Child) -> Next {
        // Most children have the shape of the one before, and its white space.
        if let Some(next) = child.shape.and_then(|last| self.fit(last, bytes, None, child)) {
            return next;
        }
        let Some(begin) = bytes.iter().position(|byte| !is_space(*byte)) else {
            return Next::More;
        };
        match &bytes[begin..] {
            [b'<', b'/', ..] => return Next::End,
            [b'<'] => return Next::More,
            [b'<', ..] => {}
            _ => return Next::Strange,
        }
        for index in 0..self.shapes.len() {
            if let Some(next) = self.fit(index, bytes, Some(begin), child) {
                return next;
            }
        }
        self.index(bytes, begin, true, child)
    }

    /// Passes over all children that stand whole in some bytes, and keeps their units. Returns
    /// where the last one ends; `None` where something is for the full index.
    pub(super) fn pass(
        &mut self,
        bytes: &[u8],
        child: &mut Child,
        units: &mut Vec<u64>,
    ) -> Option<usize> {
        let mut at = 0;
        loop {
            match self.next(&bytes[at..], child) {
                Next::Child => {
                    units.push(child.unit);
                    at += child.place.span.end;
                }
                Next::End | Next::More => return Some(at),
                Next::Strange => return None,
            }
        }
    }

    /// Says which of two children stands first in a file that is in order.
    pub(super) fn order(&self, one: Seen<'_>, other: Seen<'_>) -> Ordering {
        let name = |child: &Child| self.names[child.name].as_str();
        let by_name = name(one.1).cmp(name(other.1));
        by_name.then_with(|| self.identity(one).cmp(&self.identity(other)))
    }

    fn identity<'b>(&self, (bytes, child): Seen<'b>) -> Cow<'b, [u8]> {
        match child.shape {
            Some(index) => self.shapes[index].shape.identity(bytes, &child.place),
            None => Some(Cow::Borrowed(child.identity.as_bytes())),
        }
        .unwrap_or_default()
    }

    /// Says whether two children are known to say the same: they are equal, or differ in the
    /// white space between tags alone.
    pub(super) fn are_alike(&self, one: Seen<'_>, other: Seen<'_>) -> bool {
        let ((here, one), (there, other)) = (one, other);
        if one.shape == other.shape || !self.have_tags_in_common(one, other) {
            return here[one.place.span.clone()] == there[other.place.span.clone()];
        }
        let mut texts = one.place.texts.iter().zip(&other.place.texts);
        texts.all(|(text, like)| here[text.clone()] == there[like.clone()])
    }

    fn have_tags_in_common(&self, one: &Child, other: &Child) -> bool {
        match (one.shape, other.shape) {
            (Some(one), Some(other)) => self.shapes[one].like == self.shapes[other].like,
            _ => false,
        }
    }

    /// Finds what differs between two entries of one identity, where their texts alone differ and
    /// the index need not be asked.
    pub(super) fn differences(
        &self,
        actual: Seen<'_>,
        baseline: Seen<'_>,
    ) -> Option<Vec<Difference>> {
        let entry = self.shapes[actual.1.shape?].shape.entry.as_ref()?;
        let is_plain = actual.1.place.is_plain && baseline.1.place.is_plain;
        if !is_plain || !self.have_tags_in_common(actual.1, baseline.1) {
            return None;
        }
        let identity = self.identity(actual);
        if identity != self.identity(baseline) {
            return None;
        }
        let key = String::from_utf8(identity.into_owned()).ok()?;
        let segment = Segment { name: entry.section.name.to_owned(), key: Some(key) };
        let actual = (actual.0, &actual.1.place.texts[..]);
        let baseline = (baseline.0, &baseline.1.place.texts[..]);
        entry::differences(self.row?, &segment, &entry.says, actual, baseline)
    }

    /// Reads a child that was kept by itself again.
    pub(super) fn kept(&self, bytes: &[u8], shape: Option<usize>) -> Child {
        let mut child = Child { shape, ..Child::default() };
        match shape {
            Some(index) => {
                self.shapes[index].shape.fit(bytes, Some(0), &mut child.place);
            }
            None => child.place.span = 0..bytes.len(),
        }
        child
    }

    fn fit(
        &mut self,
        index: usize,
        bytes: &[u8],
        begin: Option<usize>,
        child: &mut Child,
    ) -> Option<Next> {
        let Known { shape, name, .. } = self.shapes.get(index)?;
        match shape.fit(bytes, begin, &mut child.place) {
            Fit::Whole => {}
            // No child ends where another, with the same bytes so far, goes on.
            Fit::Cut => return Some(Next::More),
            Fit::Other => return None,
        }
        let Some(identity) = shape.identity(bytes, &child.place) else {
            return Some(self.index(bytes, child.place.span.start, false, child));
        };
        child.unit = unit(*name, &identity, shape.entry.is_some());
        child.name = *name;
        child.shape = Some(index);
        Some(Next::Child)
    }

    /// Has a child read by the full index, and takes its shape for those that follow.
    fn index(&mut self, bytes: &[u8], begin: usize, is_new: bool, child: &mut Child) -> Next {
        let end = match extent(&bytes[begin..]) {
            Ok(Some(length)) => begin + length,
            Ok(None) => return Next::More,
            Err(TooDeep) => return Next::Strange,
        };
        self.indexed += 1;
        let (Some(row), true) = (self.row, self.indexed <= MOST_INDEXED) else {
            return Next::Strange;
        };
        // Where the child was taken to end is proved here: the index finds it, and it alone.
        let Some(document) = fragment(&bytes[begin..end]) else { return Next::Strange };
        let mut elements = document.root().children();
        let (Some(element), None) = (elements.next(), elements.next()) else {
            return Next::Strange;
        };
        if element.span().len() != end - begin {
            return Next::Strange;
        }
        let field = row.fields.iter().find(|field| field.name.eq_ignore_ascii_case(element.name()));
        // Whether a key tells the entries of a list apart that is not sure is seen in all of them.
        let section = field.filter(|field| matches!(field.kind, Kind::Section { sure: true, .. }));
        child.name = self.name(field.map_or(element.name(), |field| field.name));
        child.identity = section.map(|section| identity_of(section, element)).unwrap_or_default();
        child.unit = unit(child.name, child.identity.as_bytes(), section.is_some());
        child.shape = None;
        // Lists in it may hold an entry twice, which its shape would not tell.
        let holds_lists = field.is_some_and(holds_lists);
        if holds_lists && !doubles(row, &document).is_empty() {
            return Next::Strange;
        }
        let gap = &bytes[begin.saturating_sub(LONGEST_GAP)..begin];
        if is_new
            && !holds_lists
            && let Some(shape) = Shape::of(gap, &bytes[begin..end], section)
        {
            let is_right = shape.fit(bytes, Some(begin), &mut child.place) == Fit::Whole
                && shape
                    .identity(bytes, &child.place)
                    .is_some_and(|identity| *identity == *child.identity.as_bytes());
            if is_right {
                let count = self.shapes.len();
                let like = self.shapes.iter().position(|known| known.shape.tags == shape.tags);
                child.shape = Some(count);
                let (name, like) = (child.name, like.unwrap_or(count));
                self.shapes.push(Known { shape, name, like });
            }
        }
        child.place.span = begin..end;
        Next::Child
    }

    fn name(&mut self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }
}

/// What makes one setting together has one number; of entries of a list it is odd.
fn unit(name: usize, identity: &[u8], is_entry: bool) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_usize(name);
    hasher.write(identity);
    (hasher.finish() & !1) | u64::from(is_entry)
}

/// Says whether a unit is an entry of a list whose key tells its entries apart.
pub(super) fn is_entry(unit: u64) -> bool {
    unit & 1 == 1
}

/// Says whether a list whose key tells its entries apart stands within a field.
fn holds_lists(field: &Field) -> bool {
    let is_list = |one: &Field| matches!(one.kind, Kind::Section { sure: true, .. });
    field.fields().iter().any(|one| is_list(one) || holds_lists(one))
}

/// Indexes children of a root by themselves.
pub(super) fn fragment(children: &[u8]) -> Option<Document> {
    let mut text = Vec::with_capacity(children.len() + 128);
    text.extend_from_slice(b"<Fragment xmlns=\"");
    text.extend_from_slice(NAMESPACE.as_bytes());
    text.extend_from_slice(b"\">");
    text.extend_from_slice(children);
    text.extend_from_slice(b"</Fragment>");
    Document::parse(text).ok()
}

/// Elements stand deeper in one another than any metadata's.
struct TooDeep;

/// Returns where the element at the head of some bytes ends, taken that it is well-formed;
/// `None` where it goes on beyond them.
fn extent(bytes: &[u8]) -> Result<Option<usize>, TooDeep> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(open) = memchr::memchr(b'<', &bytes[at..]) {
        let start = at + open;
        let Some(end) = markup_end(&bytes[start..]) else { return Ok(None) };
        at = start + end;
        match &bytes[start..at] {
            [b'<', b'/', ..] => depth = depth.saturating_sub(1),
            [b'<', b'!' | b'?', ..] | [.., b'/', b'>'] => {}
            _ => depth += 1,
        }
        if depth == 0 {
            return Ok(Some(at));
        }
        if depth > MAX_DEPTH {
            return Err(TooDeep);
        }
    }
    Ok(None)
}

/// Returns where a tag, comment or the like ends, if all of it is held.
pub(super) fn markup_end(bytes: &[u8]) -> Option<usize> {
    let behind = |end: &[u8]| memchr::memmem::find(bytes, end).map(|at| at + end.len());
    match bytes {
        [b'<', b'!', b'-', ..] => behind(b"-->"),
        [b'<', b'!', b'[', ..] => behind(b"]]>"),
        [b'<', b'?', ..] => behind(b"?>"),
        _ => {
            let mut quote = None;
            let end = bytes.iter().position(|byte| {
                match quote {
                    None if *byte == b'>' => return true,
                    None if matches!(byte, b'"' | b'\'') => quote = Some(*byte),
                    Some(open) if open == *byte => quote = None,
                    _ => {}
                }
                false
            })?;
            Some(end + 1)
        }
    }
}
