//! What holds of any input, however broken: the bodies of the fuzz targets, which the tests run
//! too.

use std::collections::BTreeMap;

use sfsetup::journal::Entry;
use sfsetup::metadata::archive::{Limits, check_name, read_zip, write_zip};
use sfsetup::metadata::document::{Document, Edit, Element, NewElement};
use sfsetup::metadata::path::FieldPath;
use sfsetup::plan::saved::SavedPlan;
use sfsetup::template::{self, Arguments};

/// A zip of arbitrary bytes: refused or read, never a panic, and never a name that leads outside.
pub(crate) fn archive(input: &[u8]) {
    let Ok(files) = read_zip(input, &Limits::default()) else { return };
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
    for name in files.keys() {
        assert!(check_name(name).is_ok(), "{name}");
    }
    let again = write_zip(&files).expect("what was read can be written");
    let again = read_zip(&again, &Limits::default()).expect("and read");
    assert_eq!(again.into_iter().collect::<BTreeMap<_, _>>(), files);
}

/// Index and edit on arbitrary bytes: nothing panics, what is edited reads again, an insertion that
/// is taken out leaves no trace.
pub(crate) fn document(input: &[u8]) {
    let (choice, bytes) = match input {
        [choice, bytes @ ..] => (*choice as usize, bytes),
        [] => (0, input),
    };
    // Most inputs would end at the namespace; a root of ours lets the rest be reached.
    let wrapped =
        [&b"<P xmlns=\"http://soap.sforce.com/2006/04/metadata\">"[..], bytes, b"</P>"].concat();
    for bytes in [bytes.to_vec(), wrapped] {
        let Ok(document) = Document::parse(bytes.clone()) else { continue };
        assert_eq!(document.edit(&[]).expect("no edit fails").bytes(), bytes);
        let mut elements = Vec::new();
        walk(document.root(), &mut elements);
        let element = elements[choice % elements.len()];
        let _ = (element.text(), element.position(), element.is_nil());
        let text = format!("{choice} & <text>");
        if let Ok(edited) =
            document.edit(&[Edit::SetText { element: element.id(), text: text.clone() }])
        {
            assert_eq!(edited.element(element.id()).text(), text);
        }
        let _ = document.edit(&[Edit::Remove { element: element.id() }]);
        let new = NewElement::group("zzz", vec![NewElement::text("name", "probe")]);
        if let Ok(added) = document.edit(&[Edit::Insert {
            parent: document.root().id(),
            new,
            key: vec!["name".to_owned()],
        }]) {
            let entry = added.root().children().find(|child| {
                child.name() == "zzz" && child.child_text("name").as_deref() == Some("probe")
            });
            let entry = entry.expect("what was added is there");
            let back = added
                .edit(&[Edit::Remove { element: entry.id() }])
                .expect("what was added can be removed");
            if document.root().children().next().is_some() {
                assert_eq!(back.bytes(), bytes);
            }
        }
    }
}

fn walk<'d>(element: Element<'d>, into: &mut Vec<Element<'d>>) {
    into.push(element);
    for child in element.children() {
        walk(child, into);
    }
}

/// A journal's entry of arbitrary bytes: refused, or its before-images are documents or an error.
pub(crate) fn journal(input: &[u8]) {
    let Ok(entry) = serde_json::from_slice::<Entry>(input) else { return };
    let _ = entry.words();
    if let Ok(images) = entry.images() {
        assert_eq!(images.len(), entry.before.len());
        for (image, before) in images.iter().zip(&entry.before) {
            assert_eq!(image.before.is_some(), before.xml.is_some(), "gone is not unreadable");
        }
    }
}

/// A path of arbitrary text: refused, or the same when it is written and read again.
pub(crate) fn path(text: &str) {
    if let Ok(path) = text.parse::<FieldPath>() {
        assert_eq!(path.to_string().parse::<FieldPath>().expect("it is a path"), path);
    }
}

/// A plan's file of arbitrary bytes: refused, or the same when it is written and read again.
pub(crate) fn plan(input: &[u8]) {
    let Ok(plan) = serde_json::from_slice::<SavedPlan>(input) else { return };
    let text = serde_json::to_string(&plan).expect("a plan is JSON");
    let again: SavedPlan = serde_json::from_str(&text).expect("and can be read again");
    assert_eq!(serde_json::to_string(&again).expect("a plan is JSON"), text);
}

/// A template of arbitrary text: mistakes or a template, never a panic; what is shown of mistakes
/// can be shown.
pub(crate) fn template(text: &str) {
    match template::parse("fuzz.toml", text) {
        Err(errors) => drop(errors.to_string()),
        Ok(template) => drop(template::expand(&template, &Arguments::default())),
    }
}
