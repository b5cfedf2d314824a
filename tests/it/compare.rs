//! The fast comparison gives what the full index gives: on made-up documents in every layout, on
//! real files, on broken ones.

mod model;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sfsetup::metadata::compare::{Buffers, CompareError, Difference, Doubled, by_index, compare};
use sfsetup::metadata::document::{Document, DocumentError};
use sfsetup::metadata::registry::{self, Field, MetadataType, rows};

use model::{LAYOUTS, PLAIN, Tape};

/// Types of every kind, and none.
fn row(tape: &mut Tape<'_>) -> Option<&'static MetadataType> {
    let known = rows().len();
    match tape.below(known + 6) {
        0 => registry::find("Profile"),
        1 => registry::find("PermissionSet"),
        2 => registry::find("ConnectedApp"),
        3 => registry::find_component("Settings", "Security"),
        4 => registry::find("CustomTab"),
        5 => None,
        other => Some(rows()[other - 6]),
    }
}

fn fields(row: Option<&'static MetadataType>) -> &'static [Field] {
    row.map_or(&[], |row| row.fields)
}

/// What the full index says, or which side it refuses and why.
fn expected(
    row: Option<&'static MetadataType>,
    actual: &[u8],
    baseline: &[u8],
) -> Result<Vec<Difference>, String> {
    let read = |bytes: &[u8], side: fn(DocumentError) -> CompareError| {
        Document::parse(bytes.to_vec()).map_err(|error| side(error).to_string())
    };
    let actual = read(actual, CompareError::Actual)?;
    let baseline = read(baseline, CompareError::Baseline)?;
    Ok(by_index(row, &actual, &baseline))
}

fn fast(
    row: Option<&'static MetadataType>,
    actual: &[u8],
    baseline: &[u8],
    buffers: &mut Buffers,
) -> Result<Vec<Difference>, String> {
    compare(row, &actual, &baseline, buffers).map_err(|error| error.to_string())
}

/// Says whether nothing differs but what stands in a file twice and is not observed.
fn is_equal(found: &Result<Vec<Difference>, String>) -> bool {
    found.as_ref().is_ok_and(|found| found.iter().all(|one| one.doubled.is_some()))
}

/// The same without the lines of what stands twice, which a layout moves.
fn without_lines(found: Result<Vec<Difference>, String>) -> Result<Vec<Difference>, String> {
    let without =
        |one: Difference| Difference { doubled: one.doubled.map(|_| Doubled::default()), ..one };
    found.map(|found| found.into_iter().map(without).collect())
}

/// Holds the two roads against each other, both ways.
fn agree(
    row: Option<&'static MetadataType>,
    one: &[u8],
    other: &[u8],
    buffers: &mut Buffers,
) -> Result<(), TestCaseError> {
    for (actual, baseline) in [(one, other), (other, one)] {
        prop_assert_eq!(
            fast(row, actual, baseline, buffers),
            expected(row, actual, baseline),
            "{:?}: {}\n---\n{}",
            row.map(|row| row.name),
            String::from_utf8_lossy(actual),
            String::from_utf8_lossy(baseline)
        );
    }
    Ok(())
}

fn buffers(tape: &mut Tape<'_>) -> Buffers {
    Buffers::with_window([7, 64, 200, 1000, 256 << 10][tape.below(5)])
}

/// What may befall a file in transit or by hand.
fn damage(tape: &mut Tape<'_>, bytes: &mut Vec<u8>) {
    let at = tape.below(256) * bytes.len() / 256;
    let pieces: [&[u8]; 30] = [
        b"<",
        b">",
        b"</a>",
        b"<a>",
        b"]]>",
        b"&",
        b"\0",
        b"\xFF",
        b"\x01",
        b"<!--",
        b"\"",
        b"\n<<<<<<< HEAD\n",
        b"<a b='1' b='2'/>",
        b"/",
        b"&foo;",
        b"&#0;",
        b"&#xD800;",
        b"&#65;",
        b"&amp",
        b"\x0B",
        b"\xEF\xBF\xBF",
        b"\n",
        b"<?xml version='1.0'?>",
        b"<?xml version='2.0' encoding='UTF-8'?>",
        b"<!-- -- -->",
        b"<![CDATA[ & ]]>",
        b"<?pi & ?>",
        b"\n=======\n",
        b"\n||||||| base\n",
        b"<x:a b:c='1'/>",
    ];
    match tape.below(7) {
        0 => bytes.truncate(at),
        1 => {
            bytes.splice(at..at, pieces[tape.below(pieces.len())].iter().copied());
        }
        2 => {
            let end = (at + 1 + tape.below(12)).min(bytes.len());
            bytes.drain(at..end);
        }
        3 => bytes.extend_from_slice(pieces[tape.below(pieces.len())]),
        // What may not stand before the declaration, or not say what it says.
        4 => {
            bytes.splice(0..0, pieces[tape.below(pieces.len())].iter().copied());
        }
        5 => {
            let encodings: [&[u8]; 4] = [b"UTF-16", b"utf-8", b"ISO-8859-1", b"x"];
            if let Some(at) = bytes.windows(5).position(|five| five == b"UTF-8") {
                bytes.splice(at..at + 5, encodings[tape.below(4)].iter().copied());
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = pieces[tape.below(pieces.len())][0];
            }
        }
    }
}

fn tapes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000, failure_persistence: None, max_shrink_iters: 20000, ..ProptestConfig::default()
    })]

    #[test]
    fn any_two_documents_in_any_two_layouts(tape in tapes()) {
        let tape = &mut Tape::new(&tape);
        let row = row(tape);
        let mut buffers = buffers(tape);
        let (one_layout, other_layout) = (model::any_layout(tape), model::any_layout(tape));
        let changes = tape.below(4);
        let then = model::root(tape, fields(row));
        let mut now = then.clone();
        for _ in 0..changes {
            model::change(tape, &mut now, fields(row));
        }
        let baseline = model::write(tape, other_layout, "Root", &then);
        let actual = model::write(tape, one_layout, "Root", &now);
        agree(row, &actual, &baseline, &mut buffers)?;
        // Each is the same in the other's layout.
        let is_same = !one_layout.has_attributes && !other_layout.has_attributes;
        let sides = [(&now, other_layout, &actual), (&then, one_layout, &baseline)];
        for (nodes, layout, file) in sides {
            let relaid = model::write(tape, layout, "Root", nodes);
            agree(row, file, &relaid, &mut buffers)?;
            let found = fast(row, file, &relaid, &mut buffers);
            prop_assert!(!is_same || is_equal(&found), "{found:?}");
        }
    }

    #[test]
    fn what_is_broken_on_either_side_or_both(tape in tapes()) {
        let tape = &mut Tape::new(&tape);
        let row = row(tape);
        let mut buffers = buffers(tape);
        let layout = model::any_layout(tape);
        let (is_both, changes, damages) = (tape.below(3), tape.below(3), 1 + tape.below(2));
        let then = model::root(tape, fields(row));
        let mut now = then.clone();
        for _ in 0..changes {
            model::change(tape, &mut now, fields(row));
        }
        let whole = model::write(tape, layout, "Root", &then);
        let mut broken = model::write(tape, layout, "Root", &now);
        for _ in 0..damages {
            damage(tape, &mut broken);
        }
        agree(row, &broken, &whole, &mut buffers)?;
        if is_both == 1 {
            let mut worse = broken.clone();
            damage(tape, &mut worse);
            agree(row, &broken, &worse, &mut buffers)?;
        }
        agree(row, &broken, &broken, &mut buffers)?;
    }
}

/// The fixtures, and the corpus where it lies beside the checkout.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending = vec![checkout.join("fixtures"), checkout.join("../shared/corpus")];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { pending.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// How many layouts a file is tried in, and one that is larger than so many bytes; each time the
/// next ones. With nine and nine each is tried in all, which takes minutes.
const TRIED: usize = 3;
const TRIED_LARGE: usize = 1;
const LARGE: usize = 20_000;

#[test]
fn every_real_file_in_every_layout_and_changed_in_a_place() {
    let mut buffers = Buffers::default();
    let mut small = Buffers::with_window(64);
    for (number, path) in files().iter().enumerate() {
        let original = std::fs::read(path).unwrap();
        let Ok(document) = Document::parse(original.clone()) else {
            assert!(fast(None, &original, &original, &mut buffers).is_err(), "{path:?}");
            continue;
        };
        let (root, nodes) = model::read(&document);
        let row = registry::find(&root);
        let bytes: Vec<u8> = (0..64).map(|at| (number * 31 + at * 7) as u8).collect();
        let tape = &mut Tape::new(&bytes);
        let mut changed = nodes.clone();
        model::change(tape, &mut changed, fields(row));
        let plain = model::write(tape, PLAIN, &root, &changed);
        let expected = without_lines(expected(row, &plain, &original));
        let count = if original.len() > LARGE { TRIED_LARGE } else { TRIED };
        for at in number..number + count {
            let layout = LAYOUTS[at % LAYOUTS.len()];
            let relaid = model::write(tape, layout, &root, &nodes);
            let found = fast(row, &original, &relaid, &mut buffers);
            assert!(is_equal(&found), "{path:?} {layout:?}: {found:?}");
            let changed = model::write(tape, layout, &root, &changed);
            for (then, buffers) in [(&original, &mut small), (&relaid, &mut buffers)] {
                let found = fast(row, &changed, then, buffers);
                assert_eq!(without_lines(found), expected, "{path:?} {layout:?}");
            }
        }
    }
}
