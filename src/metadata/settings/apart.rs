//! What of two documents can differ: all but the children of the root that both have in common.
//!
//! A package changes a few entries of a file of many, and is proved by the settings before and
//! after it. What is the same in both, and is not told together with anything that is not, says the
//! same in both; it is left out, and the settings of the rest are the whole difference. A property
//! below holds this against the settings of all.

use std::collections::HashSet;

use crate::metadata::document::{Document, Element};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{Kind, MetadataType, identity_of};

/// So far ahead the same child is looked for where two differ: as many as may have been added, or
/// taken away, in one place.
const AHEAD: usize = 64;
/// Below so many children a file is read whole as quickly.
const FEWEST: usize = 64;

/// What is told together: entries of one key, or all elements of a name.
type Unit = (String, Option<String>);

/// Returns two documents without what they have in common; none where that would save little.
///
/// [`between`](super::between) and [`doubles`](super::doubles) find the same in them as in the
/// whole ones, but for lines.
pub fn apart(row: &MetadataType, documents: [&Document; 2]) -> Option<[Document; 2]> {
    let children = documents.map(|document| document.root().children().count());
    if children.into_iter().any(|count| count < FEWEST) {
        return None;
    }
    let [first, second] = parted(row, documents)?;
    let count = |document: &Document| document.root().children().count();
    (2 * (count(&first) + count(&second)) < children[0] + children[1]).then_some([first, second])
}

/// Returns what of a document the paths speak of: those of its settings are the same in it.
pub fn part<'p>(
    row: &MetadataType,
    document: &Document,
    paths: impl Iterator<Item = &'p FieldPath>,
) -> Option<Document> {
    let units: HashSet<Unit> = paths
        .filter_map(|path| path.segments().first())
        .map(|first| {
            let key = first.key.clone().filter(|_| is_told_apart(row, &first.name));
            (first.name.to_ascii_lowercase(), key)
        })
        .collect();
    let names = names_of(&units);
    document.with_children(|child| is_of(row, child, &units, &names))
}

pub(super) fn parted(row: &MetadataType, documents: [&Document; 2]) -> Option<[Document; 2]> {
    // A prefix, or the namespace itself, may mean another thing below another root.
    let [opening, other] = documents.map(Document::opening);
    if opening != other {
        return None;
    }
    let [first, second] = documents.map(|document| document.root().children().collect::<Vec<_>>());
    let shared = shared(documents, [&first, &second]);
    let mut units = HashSet::new();
    for (children, shared) in [&first, &second].into_iter().zip(&shared) {
        let lone = children.iter().zip(shared).filter(|(_, is_shared)| !**is_shared);
        units.extend(lone.map(|(child, _)| unit(row, *child)));
    }
    let names = names_of(&units);
    let [first, second] =
        documents.map(|document| document.with_children(|child| is_of(row, child, &units, &names)));
    Some([first?, second?])
}

/// Which children of either document stand, byte for byte and in the same order, in the other.
fn shared(documents: [&Document; 2], [first, second]: [&[Element<'_>]; 2]) -> [Vec<bool>; 2] {
    let raw = |side: usize, child: &Element<'_>| &documents[side].bytes()[child.span()];
    let mut shared = [vec![false; first.len()], vec![false; second.len()]];
    let (mut one, mut other) = (0, 0);
    while let (Some(here), Some(there)) = (first.get(one), second.get(other)) {
        let (here, there) = (raw(0, here), raw(1, there));
        if here == there {
            (shared[0][one], shared[1][other]) = (true, true);
            (one, other) = (one + 1, other + 1);
            continue;
        }
        let next = (1..=AHEAD).find_map(|ahead| {
            if second.get(other + ahead).is_some_and(|later| raw(1, later) == here) {
                return Some((0, ahead));
            }
            let is_later = first.get(one + ahead).is_some_and(|later| raw(0, later) == there);
            is_later.then_some((ahead, 0))
        });
        let (skipped, also) = next.unwrap_or((1, 1));
        (one, other) = (one + skipped, other + also);
    }
    shared
}

fn unit(row: &MetadataType, child: Element<'_>) -> Unit {
    let name = child.name();
    let field = row
        .fields
        .iter()
        .find(|field| field.name == name || field.name.eq_ignore_ascii_case(name))
        .filter(|field| matches!(field.kind, Kind::Section { sure: true, .. }));
    (name.to_ascii_lowercase(), field.map(|field| identity_of(field, child)))
}

/// Says whether a list's entries are surely told apart by their key.
fn is_told_apart(row: &MetadataType, name: &str) -> bool {
    let field = row.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    field.is_some_and(|field| matches!(field.kind, Kind::Section { sure: true, .. }))
}

fn names_of(units: &HashSet<Unit>) -> HashSet<&str> {
    units.iter().map(|(name, _)| name.as_str()).collect()
}

fn is_of(
    row: &MetadataType,
    child: Element<'_>,
    units: &HashSet<Unit>,
    names: &HashSet<&str>,
) -> bool {
    let name = child.name();
    // To know an entry's key takes more than to know its name.
    let is_named = names.contains(name) || names.contains(name.to_ascii_lowercase().as_str());
    is_named && units.contains(&unit(row, child))
}
