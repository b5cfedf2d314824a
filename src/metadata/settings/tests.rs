//! What a document comes to as its settings, and what two of them do not have in common.

use super::*;
use crate::metadata::registry;

fn profile(inner: &str) -> Document {
    Document::parse(
        format!("<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inner}</Profile>")
            .into_bytes(),
    )
    .unwrap()
}

fn shown(inner: &str) -> Vec<String> {
    let found = settings(registry::find("Profile").unwrap(), &profile(inner));
    found.iter().map(|(path, value)| format!("{path} = {value}")).collect()
}

#[test]
fn what_means_nothing_is_left_out() {
    assert_eq!(
        shown(
            "<custom>true</custom><description></description><objectPermissions><allowRead>true\
             </allowRead><allowEdit>false</allowEdit><object>Account</object>\
             </objectPermissions><userPermissions><enabled>false</enabled><name>X</name>\
             </userPermissions>"
        ),
        ["custom = true", "objectPermissions[Account].allowRead = true"]
    );
    assert_eq!(
        shown(
            "<layoutAssignments><layout>Account-A</layout></layoutAssignments><later><deep>1\
             </deep></later><many>b</many><many>a</many>"
        ),
        ["later = deep=1", "layoutAssignments[Account].layout = Account-A", "many = a, b"]
    );
    assert_eq!(
        shown(
            "<loginIpRanges><description>x</description><endAddress>2</endAddress>\
             <startAddress>1</startAddress></loginIpRanges>"
        ),
        ["loginIpRanges[1|2] = (an entry)", "loginIpRanges[1|2].description = x"]
    );
}

#[test]
fn order_and_spelling_are_no_difference() {
    let row = registry::find("Profile").unwrap();
    let one = profile(
        "<userPermissions><enabled>true</enabled><name>A</name></userPermissions><custom>true\
         </custom>",
    );
    let other = profile(
        "<custom> TRUE </custom><userPermissions><name>A</name><enabled>1</enabled>\
         </userPermissions>",
    );
    assert_eq!(differences(row, Some(&one), Some(&other)), []);
    assert_eq!(differences(row, Some(&one), None).len(), 2);
}

/// Children of one list, and others, of which some are twice there in other words.
const CHILDREN: [&str; 16] = [
    "<userPermissions><enabled>true</enabled><name>A</name></userPermissions>",
    "<userPermissions><enabled>false</enabled><name>A</name></userPermissions>",
    "<userPermissions><name>A</name><enabled>true</enabled></userPermissions>",
    "<userPermissions><enabled>true</enabled><name>B</name></userPermissions>",
    "<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>",
    "<userPermissions><enabled>true</enabled><name>apiEnabled</name></userPermissions>",
    "<layoutAssignments><layout>Account-A</layout></layoutAssignments>",
    "<layoutAssignments><layout>Account-B</layout></layoutAssignments>",
    "<custom>true</custom>",
    "<custom>false</custom>",
    "<Custom>true</Custom>",
    "<later><deep>1</deep></later>",
    "<later><deep>2</deep></later>",
    "<many>a</many>",
    "<many>b</many>",
    "<loginHours><mondayStart>480</mondayStart></loginHours>",
];

/// Children of lists whose entries their key may not tell apart, and of groups.
const UNSURE: [&str; 8] = [
    "<actionOverrides><actionName>View</actionName><type>Default</type></actionOverrides>",
    "<actionOverrides><actionName>View</actionName><type>Flexipage</type></actionOverrides>",
    "<actionOverrides><type>Default</type></actionOverrides>",
    "<fields><fullName>A__c</fullName><label>A</label></fields>",
    "<fields><fullName>A__c</fullName><label>B</label></fields>",
    "<nameField><label>Name</label></nameField>",
    "<nameField><type>Text</type></nameField>",
    "<label>One</label>",
];

fn document(type_name: &str, pool: &[&str], chosen: &[usize], opening: &str) -> Document {
    let inner: String = chosen.iter().map(|index| pool[index % pool.len()]).collect();
    let name = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";
    Document::parse(format!("{opening}<{type_name} {name}>{inner}</{type_name}>").into_bytes())
        .unwrap()
}

fn whole_and_apart(type_name: &str, documents: [&Document; 2]) {
    let row = registry::find(type_name).unwrap_or(&registry::UNKNOWN);
    let says = |documents: [&Document; 2]| {
        let [first, second] = alike(row, documents);
        let twice = documents.map(|document| {
            doubles(row, document).into_iter().map(|one| one.entry).collect::<BTreeSet<_>>()
        });
        let lost: Vec<_> = twice[0].symmetric_difference(&twice[1]).cloned().collect();
        (between(&first, &second), lost)
    };
    let whole = says(documents);
    let parted = apart::parted(row, documents).unwrap();
    assert_eq!(says([&parted[0], &parted[1]]), whole);
    let all = settings(row, documents[0]);
    for path in all.keys() {
        let part = part(row, documents[0], [path].into_iter()).unwrap();
        assert_eq!(settings(row, &part).get(path), all.get(path), "{path}");
    }
}

proptest::proptest! {
    #[test]
    fn what_is_left_apart_differs_as_the_whole_does(
        first in proptest::collection::vec(0_usize..16, 0..12),
        second in proptest::collection::vec(0_usize..16, 0..12),
        also in proptest::collection::vec((0_usize..12, 0_usize..16), 0..3),
    ) {
        // Two at random, and one with a few edits of the other.
        let mut edited = first.clone();
        for (at, child) in also {
            if let Some(one) = edited.get_mut(at) { *one = child } else { edited.push(child) }
        }
        for (name, pool) in [("Profile", &CHILDREN[..]), ("CustomObject", &UNSURE[..])] {
            let one = document(name, pool, &first, "");
            for other in [&second, &edited] {
                whole_and_apart(name, [&one, &document(name, pool, other, "")]);
            }
        }
    }
}

#[test]
fn a_few_changes_among_many_entries_are_all_that_is_read() {
    let entry = |number: usize, flag: bool| {
        format!(
            "<userPermissions><enabled>{flag}</enabled><name>P{number}</name></userPermissions>"
        )
    };
    let inner = |changed: usize| (0..200).map(|one| entry(one, one == changed)).collect::<String>();
    let row = registry::find("Profile").unwrap();
    let [one, other] = [profile(&inner(3)), profile(&inner(150))];
    let [first, second] = apart(row, [&one, &other]).unwrap();
    let count = |document: &Document| document.root().children().count();
    assert_eq!((count(&first), count(&second)), (2, 2));
    assert_eq!(differences(row, Some(&one), Some(&other)).len(), 2);
    // Another root may mean other things by the same bytes.
    let opened = document("Profile", &CHILDREN, &[0; 100], "");
    let other = document("Profile", &CHILDREN, &[0; 100], "<?xml version=\"1.0\"?>");
    assert!(apart(row, [&opened, &other]).is_none());
}
