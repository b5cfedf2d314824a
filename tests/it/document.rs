//! The properties of documents, on random ones, on every file of `fixtures/`, and on real metadata
//! where it lies beside the checkout.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sfsetup::metadata::document::{Document, Edit, Element, NewElement};
use sfsetup::metadata::{layout, registry};

/// Real metadata for testing, which is no part of the project; where it is not there the fixtures
/// must do.
fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    std::env::var_os("SFSETUP_CORPUS")
        .map(PathBuf::from)
        .or(Some(beside))
        .filter(|path| path.is_dir())
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { pending.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Every file of fixtures and corpus that is read, with its document.
fn documents() -> Vec<(PathBuf, Document)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    [Some(fixtures), corpus()]
        .into_iter()
        .flatten()
        .flat_map(|root| files(&root))
        .filter_map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            Document::parse(bytes).ok().map(|document| (path, document))
        })
        .collect()
}

#[test]
fn index_then_write_gives_the_same_bytes() {
    let documents = documents();
    assert!(documents.len() > 60, "only {} files were read", documents.len());
    if corpus().is_some() {
        assert!(documents.len() > 700, "only {} files of the corpus were read", documents.len());
    }
    for (path, document) in documents {
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(document.edit(&[]).unwrap().into_bytes(), bytes, "{}", path.display());
    }
}

#[test]
fn what_of_the_corpus_is_refused_is_refused_for_a_reason() {
    let Some(corpus) = corpus() else { return };
    let mut refused = Vec::new();
    for path in files(&corpus) {
        let is_xml = path.parent() != Some(&corpus) && !path.starts_with(corpus.join("recorded"));
        if is_xml && let Err(error) = Document::parse(std::fs::read(&path).unwrap()) {
            refused.push(format!("{}: {error}", path.file_name().unwrap().to_string_lossy()));
        }
    }
    // Hand-made on purpose by those who published them.
    assert!(refused.len() <= 12, "{refused:#?}");
}

fn elements<'d>(element: Element<'d>, into: &mut Vec<Element<'d>>) {
    for child in element.children() {
        into.push(child);
        elements(child, into);
    }
}

/// Says that the two texts agree outside the span, and returns how many bytes the middle of the
/// second has.
fn same_around(before: &[u8], after: &[u8], span: &std::ops::Range<usize>) -> bool {
    let tail = before.len() - span.end;
    after.len() >= span.start + tail
        && before[..span.start] == after[..span.start]
        && before[span.end..] == after[after.len() - tail..]
}

/// The index that an edit leaves must be the one that reading the file again makes.
fn assert_indexed(document: &Document, path: &Path) {
    let shape = |document: &Document| {
        let mut all = vec![document.root()];
        elements(document.root(), &mut all);
        let of = |element: &Element<'_>| {
            (
                element.span(),
                element.name().to_owned(),
                element.text().into_owned(),
                element.parent().map(Element::span),
            )
        };
        all.iter().map(of).collect::<Vec<_>>()
    };
    assert!(
        shape(document) == shape(&Document::parse(document.bytes().to_vec()).unwrap()),
        "{}",
        path.display()
    );
}

#[test]
fn an_edit_of_a_real_file_changes_its_own_span_only() {
    for (number, (path, document)) in documents().into_iter().enumerate() {
        let mut all = Vec::new();
        elements(document.root(), &mut all);
        let leaves: Vec<Element<'_>> =
            all.iter().copied().filter(|element| element.children().next().is_none()).collect();
        if leaves.is_empty() {
            continue;
        }
        let leaf = leaves[number * 7 % leaves.len()];
        let text = format!("new <{number}> & 'text'");
        let edited =
            document.edit(&[Edit::SetText { element: leaf.id(), text: text.clone() }]).unwrap();
        assert!(same_around(document.bytes(), edited.bytes(), &leaf.span()), "{}", path.display());
        assert_eq!(edited.element(leaf.id()).text(), text, "{}", path.display());
        assert_indexed(&edited, &path);

        let gone = all[number * 13 % all.len()];
        let removed = document.edit(&[Edit::Remove { element: gone.id() }]).unwrap();
        let lost = document.bytes().len() - removed.bytes().len();
        assert!(lost >= gone.span().len(), "{}", path.display());
        assert_indexed(&removed, &path);
        let kept_start = gone.span().end - lost;
        assert!(
            same_around(document.bytes(), removed.bytes(), &(kept_start..gone.span().end)),
            "{}",
            path.display()
        );
        assert!(
            document.bytes()[kept_start..gone.span().start].iter().all(u8::is_ascii_whitespace),
            "{}",
            path.display()
        );
    }
}

#[test]
fn an_entry_that_is_added_and_removed_leaves_no_trace() {
    for (path, document) in documents() {
        let root = document.root();
        if root.children().next().is_none() {
            continue;
        }
        let new = NewElement::group(
            "userPermissions",
            vec![NewElement::text("enabled", "true"), NewElement::text("name", "SfsetupProbe")],
        );
        let added = document
            .edit(&[Edit::Insert { parent: root.id(), new, key: vec!["name".to_owned()] }])
            .unwrap();
        let entry = added
            .root()
            .children_named("userPermissions")
            .find(|entry| entry.child_text("name").as_deref() == Some("SfsetupProbe"))
            .unwrap();
        assert_indexed(&added, &path);
        let back = added.edit(&[Edit::Remove { element: entry.id() }]).unwrap();
        assert!(back.bytes() == document.bytes(), "{}", path.display());
        // Entries of one name stand together where they did before (S 3.4).
        let runs = |document: &Document| {
            let names: Vec<&str> = document.root().children().map(Element::name).collect();
            names.chunk_by(|left, right| left == right).count()
        };
        let is_new_name = root.child("userPermissions").is_none();
        assert_eq!(runs(&added), runs(&document) + usize::from(is_new_name), "{}", path.display());
    }
}

#[test]
fn the_registry_knows_what_real_files_hold() {
    // Hand-written, older or newer than the WSDL: see the corpus' own list of oddities.
    const ODD: &[&str] = &[
        "oauthPolicy.refreshTokenValidityPeriod",
        "permissionSetLicense",
        "categoryGroupVisibilities.visible",
        "fieldPermissions.enabled",
        "fieldPermissions.visible",
        "userLicense",
    ];
    let mut unknown = std::collections::BTreeSet::new();
    for (path, document) in documents() {
        let root = document.root().name();
        if path.to_string_lossy().contains("hostile")
            || !["ConnectedApp", "Profile", "PermissionSet", "PermissionSetGroup"].contains(&root)
        {
            continue;
        }
        let row = registry::find(root).unwrap();
        for child in document.root().children() {
            let Some(field) = row.fields.iter().find(|field| field.name == child.name()) else {
                if !ODD.contains(&child.name()) {
                    unknown.insert(format!("{root}.{} in {}", child.name(), path.display()));
                }
                continue;
            };
            let (registry::Kind::Group(fields) | registry::Kind::Section { fields, .. }) =
                &field.kind
            else {
                continue;
            };
            for inner in child.children() {
                let name = format!("{}.{}", child.name(), inner.name());
                let is_known =
                    fields.iter().any(|field| field.name.eq_ignore_ascii_case(inner.name()));
                if !is_known && !ODD.contains(&name.as_str()) {
                    unknown.insert(format!("{root}.{name} in {}", path.display()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn a_component_found_by_its_path_is_written_to_the_same_path() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/good-order");
    for path in files(&fixtures) {
        let name = path.strip_prefix(&fixtures).unwrap().to_str().unwrap().replace('\\', "/");
        if let Some(id) = layout::component_of(&name) {
            assert_eq!(layout::metadata_path(&id).as_deref(), Some(name.as_str()));
        }
    }
}

/// A random metadata file: how it is indented, how its lines end, its entries, and what stands
/// between them.
fn random() -> impl Strategy<Value = String> {
    let line_end = prop_oneof![Just("\n"), Just("\r\n"), Just("")];
    let unit = prop_oneof![Just("    "), Just("\t"), Just("  "), Just("")];
    let head = prop_oneof![Just("\u{feff}"), Just("")];
    let text = prop_oneof![
        "[ -%'-;=?-~é]{0,12}",
        Just("a &amp; b".to_owned()),
        Just("<![CDATA[x<y]]>".to_owned()),
        Just("a & b".to_owned())
    ];
    let entry = (
        prop_oneof![
            Just("classAccesses"),
            Just("fieldPermissions"),
            Just("userPermissions"),
            Just("label")
        ],
        text,
        any::<u8>(),
    );
    (line_end, unit, head, prop::collection::vec(entry, 0..12), any::<bool>()).prop_map(
        |(line_end, unit, head, mut entries, is_sorted)| {
            if is_sorted {
                entries.sort();
            }
            let mut file = format!(
                "{head}<?xml version=\"1.0\" encoding=\"UTF-8\"?>{line_end}<Profile \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">"
            );
            for (name, text, shape) in entries {
                file.push_str(line_end);
                file.push_str(unit);
                let element = match shape % 5 {
                    0 => format!("<{name}/>"),
                    1 => format!("<{name}>{text}</{name}>"),
                    2 => format!(
                        "<{name} a=\"x>y\"><!-- {} -->{text}</{name}>",
                        text.replace("--", "").trim_end_matches('-')
                    ),
                    _ => format!(
                        "<{name}>{line_end}{unit}{unit}<name>{text}</name>{line_end}{unit}\
                              </{name}>"
                    ),
                };
                file.push_str(&element);
            }
            file.push_str(line_end);
            file.push_str("</Profile>");
            file
        },
    )
}

proptest! {
    #[test]
    fn edits_of_random_documents_keep_to_their_spans(file in random(), pick in any::<prop::sample::Index>(), text in "[ -~é\n]{0,10}") {
        let Ok(document) = Document::parse(file.clone().into_bytes()) else { return Ok(()) };
        prop_assert_eq!(document.edit(&[]).unwrap().into_bytes(), file.as_bytes());
        let mut all = Vec::new();
        elements(document.root(), &mut all);
        if all.is_empty() {
            return Ok(());
        }
        let element = all[pick.index(all.len())];
        if element.children().next().is_none() {
            let edited = document.edit(&[Edit::SetText { element: element.id(), text: text.clone() }]).unwrap();
            prop_assert!(same_around(document.bytes(), edited.bytes(), &element.span()));
            prop_assert_eq!(edited.element(element.id()).text(), text.as_str());
        }
        let replaced = document.edit(&[Edit::Replace { element: element.id(), new: NewElement::text("other", text.clone()) }]).unwrap();
        prop_assert!(same_around(document.bytes(), replaced.bytes(), &element.span()));
        let new = NewElement::group("middle", vec![NewElement::text("name", text.clone())]);
        let added = document.edit(&[Edit::Insert { parent: document.root().id(), new, key: vec!["name".to_owned()] }]).unwrap();
        let entry = added.root().child("middle").unwrap();
        for edited in [&replaced, &added] {
            assert_indexed(edited, Path::new("random"));
        }
        let back = added.edit(&[Edit::Remove { element: entry.id() }]).unwrap();
        prop_assert_eq!(back.bytes(), document.bytes());
    }

    #[test]
    fn no_bytes_make_the_index_panic(file in random(), cut in any::<prop::sample::Index>(), junk in prop::collection::vec(any::<u8>(), 0..4)) {
        let mut bytes = file.into_bytes();
        let at = cut.index(bytes.len() + 1);
        bytes.splice(at..at, junk);
        if let Err(error) = Document::parse(bytes) {
            prop_assert!(error.position.line >= 1 && !error.to_string().is_empty());
        }
    }
}
