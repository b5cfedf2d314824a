//! Index and edit on arbitrary bytes: nothing panics, what is edited reads again, an insertion that
//! is taken out leaves no trace.
//!
//! `cd tests && cargo +nightly fuzz run --fuzz-dir fuzz document ../fixtures`; with a stable
//! toolchain set `RUSTC_BOOTSTRAP=1`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sfsetup::metadata::document::{Document, Edit, Element, NewElement};

fuzz_target!(|input: &[u8]| {
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
            let back = added.edit(&[Edit::Remove { element: entry.id() }]).expect(
                "what was added \
                can be removed",
            );
            if document.root().children().next().is_some() {
                assert_eq!(back.bytes(), bytes);
            }
        }
    }
});

fn walk<'d>(element: Element<'d>, into: &mut Vec<Element<'d>>) {
    into.push(element);
    for child in element.children() {
        walk(child, into);
    }
}
