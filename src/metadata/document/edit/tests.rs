//! What edits make of documents, byte for byte.

use super::super::NAMESPACE;
use super::*;

const FILE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
                    xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <custom>true\
                    </custom>\n    <userPermissions>\n        <enabled>true</enabled>\n        \
                    <name>ApiEnabled</name>\n    </userPermissions>\n    <userPermissions>\
                    \n        <enabled>true</enabled>\n        <name>ViewSetup</name>\n    \
                    </userPermissions>\n</Profile>\n";

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes().to_vec()).unwrap()
}

fn text(document: &Document) -> &str {
    std::str::from_utf8(document.bytes()).unwrap()
}

fn permission(name: &str) -> NewElement {
    NewElement::group(
        "userPermissions",
        vec![NewElement::text("enabled", "true"), NewElement::text("name", name)],
    )
}

fn insert(document: &Document, new: NewElement) -> Edit {
    Edit::Insert { parent: document.root().id(), new, key: vec!["name".to_owned()] }
}

#[test]
fn an_entry_goes_to_its_place_by_key() {
    let document = parse(FILE);
    let edited = document.edit(&[insert(&document, permission("ManageUsers"))]).unwrap();
    let entry = "    <userPermissions>\n        <enabled>true</enabled>\n        \
                 <name>ManageUsers</name>\n    </userPermissions>\n";
    let second = FILE.match_indices("    <userPermissions>").nth(1).unwrap().0;
    assert_eq!(text(&edited), format!("{}{entry}{}", &FILE[..second], &FILE[second..]));
}

#[test]
fn two_entries_at_one_place_stand_in_order() {
    let document = parse(FILE);
    let edited = document
        .edit(&[
            insert(&document, permission("ZZ")),
            insert(&document, permission("Xa")),
            insert(&document, NewElement::text("description", "A & 'B'")),
        ])
        .unwrap();
    let names: Vec<String> = edited
        .root()
        .children_named("userPermissions")
        .map(|entry| entry.child_text("name").unwrap().into_owned())
        .collect();
    assert_eq!(names, ["ApiEnabled", "ViewSetup", "Xa", "ZZ"]);
    assert!(
        text(&edited).contains(
            "    <description>A &amp; &apos;B&apos;</description>\n    <userPermissions>"
        )
    );
}

#[test]
fn removing_what_was_inserted_gives_the_file_back() {
    for file in [
        FILE.to_owned(),
        FILE.replace('\n', "\r\n"),
        FILE.replace("    ", "\t"),
        FILE.replace("\n    ", "").replace("    ", ""),
    ] {
        let document = parse(&file);
        let edited = document.edit(&[insert(&document, permission("ManageUsers"))]).unwrap();
        assert_ne!(text(&edited), file);
        let added = edited
            .root()
            .children_named("userPermissions")
            .find(|entry| entry.child_text("name").as_deref() == Some("ManageUsers"))
            .unwrap()
            .id();
        let back = edited.edit(&[Edit::Remove { element: added }]).unwrap();
        assert_eq!(text(&back), file);
    }
}

#[test]
fn what_a_copied_element_rests_on_is_declared() {
    let root = |more: &str, inner: &str| {
        let open = format!("<CustomMetadata xmlns=\"{}\"{more}>", super::super::NAMESPACE);
        parse(&format!("{open}{inner}</CustomMetadata>"))
    };
    let typed = r#"<values xsi:type="xsd:string"/>"#;
    let from = root(r#" xmlns:xsi="urn:i" xmlns:xsd="urn:d" xmlns:other="urn:o""#, typed);
    let copied = |to: &Document| {
        let new = NewElement::copy(Markup::of(from.root().children().next().unwrap()));
        to.edit(&[insert(to, new)])
    };
    let bare = copied(&root("", "<label>A</label>")).unwrap();
    let tag = text(&bare).split_once('>').unwrap().0;
    assert!(tag.contains(r#" xmlns:xsi="urn:i" xmlns:xsd="urn:d""#), "{tag}");
    assert!(!tag.contains("urn:o") && text(&bare).contains(typed), "{}", text(&bare));
    let same = copied(&root(r#" xmlns:xsi="urn:i" xmlns:xsd="urn:d""#, "")).unwrap();
    assert_eq!(text(&same).matches("urn:i").count(), 1);
    let other = copied(&root(r#" xmlns:xsi="urn:x""#, ""));
    assert_eq!(other.unwrap_err(), EditError::Prefix("xsi".to_owned()));
}

#[test]
fn the_files_own_line_ends_and_tabs_are_copied() {
    let file = FILE.replace("    ", "\t").replace('\n', "\r\n");
    let document = parse(&file);
    let edited = document.edit(&[insert(&document, permission("ManageUsers"))]).unwrap();
    assert!(text(&edited).contains(
        "\r\n\t<userPermissions>\r\n\t\t<enabled>true</enabled>\r\n\t\t<name>ManageUsers\
         </name>\r\n\t</userPermissions>\r\n"
    ));
}

#[test]
fn what_is_copied_has_the_files_own_line_ends() {
    let of = |inner: &str| format!("<P xmlns=\"{NAMESPACE}\">\n{inner}</P>\n");
    let new = "  <g>\n    <t>two\nlines</t>\n  </g>\n";
    for line_ends in [["\n", "\r\n"], ["\r\n", "\n"], ["\r", "\n"], ["\n", "\n"]] {
        let [theirs, own] = line_ends;
        let there = parse(&of(new).replace('\n', theirs));
        let copied = NewElement::copy(Markup::of(there.root().child("g").unwrap()));
        let document = parse(&of("  <a>x</a>\n").replace('\n', own));
        let text_edit = Edit::SetText {
            element: document.root().child("a").unwrap().id(),
            text: "three\nmore\nlines".to_owned(),
        };
        let edited = document.edit(&[insert(&document, copied), text_edit]).unwrap();
        let expected = of(&format!("  <a>three\nmore\nlines</a>\n{new}")).replace('\n', own);
        assert_eq!(text(&edited), expected);
    }
}

#[test]
fn a_comment_beside_a_value_stays() {
    for (there, expected) in [
        ("A<!-- why -->", "B<!-- why -->"),
        ("<!-- why --> A <?pi a?>", "<!-- why -->B<?pi a?>"),
        ("<!-- a --><![CDATA[A]]><!---->A", "<!-- a -->B<!---->"),
        ("<!-- a -->", "<!-- a -->B"),
    ] {
        let of = |inner: &str| format!("<P xmlns=\"{NAMESPACE}\"><l>{inner}</l></P>");
        let document = parse(&of(there));
        let element = document.root().child("l").unwrap().id();
        let edited = document.edit(&[Edit::SetText { element, text: "B".to_owned() }]).unwrap();
        assert_eq!(text(&edited), of(expected));
        assert_eq!(edited.element(element).text(), "B");
    }
}

#[test]
fn text_is_set_and_the_same_text_changes_nothing() {
    let document = parse(FILE);
    let custom = document.root().child("custom").unwrap().id();
    let set = |text: &str| Edit::SetText { element: custom, text: text.to_owned() };
    assert_eq!(text(&document.edit(&[set("true")]).unwrap()), FILE);
    assert_eq!(
        text(&document.edit(&[set("a<b")]).unwrap()),
        FILE.replace(">true</custom>", ">a&lt;b</custom>")
    );
    assert_eq!(document.edit(&[set("\u{1}")]).unwrap_err(), EditError::ControlCharacter);
    assert!(matches!(document.edit(&[set("a"), set("b")]).unwrap_err(), EditError::Overlap(_)));
    let root = Edit::SetText { element: document.root().id(), text: "x".to_owned() };
    assert!(matches!(document.edit(&[root]).unwrap_err(), EditError::HoldsElements(_)));
}

#[test]
fn an_empty_parent_is_opened() {
    for (inner, expected) in [
        (
            "    <loginHours/>\n",
            "    <loginHours>\n        <mondayEnd>60</mondayEnd>\n        <mondayStart>0\
             </mondayStart>\n    </loginHours>\n",
        ),
        (
            "    <loginHours></loginHours>\n",
            "    <loginHours>\n        <mondayEnd>60</mondayEnd>\n        <mondayStart>0\
             </mondayStart>\n    </loginHours>\n",
        ),
        (
            "    <loginHours>\n    </loginHours>\n",
            "    <loginHours>\n        <mondayEnd>60</mondayEnd>\n        <mondayStart>0\
             </mondayStart>\n    </loginHours>\n",
        ),
    ] {
        let whole = |inner: &str| {
            format!(
                "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{inner}</Profile>"
            )
        };
        let document = parse(&whole(inner));
        let parent = document.root().child("loginHours").unwrap().id();
        let add = |name: &str, text: &str| Edit::Insert {
            parent,
            new: NewElement::text(name, text),
            key: Vec::new(),
        };
        let edited = document.edit(&[add("mondayStart", "0"), add("mondayEnd", "60")]).unwrap();
        assert_eq!(text(&edited), whole(expected));
    }
}

#[test]
fn replacing_and_bad_names() {
    let document = parse(FILE);
    let custom = document.root().child("custom").unwrap().id();
    let edited = document
        .edit(&[Edit::Replace { element: custom, new: NewElement::text("custom", "false") }])
        .unwrap();
    assert_eq!(text(&edited), FILE.replace("<custom>true", "<custom>false"));
    let bad = Edit::Replace { element: custom, new: NewElement::text("a b", "") };
    assert!(matches!(document.edit(&[bad]).unwrap_err(), EditError::BadName(_)));
    assert_eq!(
        document.edit(&[Edit::Remove { element: document.root().id() }]).unwrap_err(),
        EditError::Root
    );
}
