//! What counts as a difference, and what is refused; examples that can be read.

use super::*;
use crate::metadata::registry;

fn profile(entries: &[String]) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n\
         {}</Profile>\n",
        entries.concat()
    )
    .into_bytes()
}

fn field(name: &str, editable: bool) -> String {
    format!(
        "    <fieldPermissions>\n        \
         <editable>{editable}</editable>\n        \
         <field>{name}</field>\n        \
         <readable>true</readable>\n    \
         </fieldPermissions>\n"
    )
}

fn permission(name: &str) -> String {
    format!(
        "    <userPermissions>\n        <enabled>true</enabled>\n        \
         <name>{name}</name>\n    </userPermissions>\n"
    )
}

fn shown(actual: &[u8], baseline: &[u8]) -> Vec<String> {
    let row = registry::find("Profile").unwrap();
    let fast = compare(Some(row), &actual, &baseline, &mut Buffers::default()).unwrap();
    let slow = by_index(
        Some(row),
        &Document::parse(actual.to_vec()).unwrap(),
        &Document::parse(baseline.to_vec()).unwrap(),
    );
    assert_eq!(fast, slow);
    let value =
        |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
    fast.iter()
        .map(|one| format!("{}: {} / {}", one.path, value(&one.actual), value(&one.baseline)))
        .collect()
}

#[test]
fn changes_additions_and_removals_are_found_anywhere() {
    let names: Vec<String> = (0..40).map(|number| format!("Account.F{number:03}__c")).collect();
    let base: Vec<String> =
        names.iter().map(|name| field(name, false)).chain([permission("ApiEnabled")]).collect();
    let mut now = base.clone();
    now[7] = field(&names[7], true);
    now.remove(20);
    now.insert(0, field("Account.A__c", true));
    now.push(permission("ViewSetup"));
    assert_eq!(
        shown(&profile(&now), &profile(&base)),
        [
            "fieldPermissions[Account.A__c]: editable=true, readable=true / -",
            "fieldPermissions[Account.F007__c].editable: true / false",
            "fieldPermissions[Account.F020__c]: - / readable=true",
            "userPermissions[ViewSetup]: enabled=true / -",
        ]
    );
}

#[test]
fn order_layout_and_spelling_are_no_difference() {
    let base: Vec<String> = (0..20)
        .map(|number| field(&format!("Account.F{number:03}__c"), number % 2 == 0))
        .chain([permission("A")])
        .collect();
    let mut turned = base.clone();
    turned.reverse();
    let plain = profile(&base);
    assert_eq!(shown(&profile(&turned), &plain), [""; 0]);
    let text = String::from_utf8(plain.clone()).unwrap();
    for other in [
        text.replace('\n', "\r\n"),
        text.replace("    ", "  "),
        text.replace('\n', ""),
        text.replace(">true<", "> True <"),
    ] {
        assert_eq!(shown(other.as_bytes(), &plain), [""; 0]);
        assert_eq!(shown(&plain, other.as_bytes()), [""; 0]);
    }
}

/// Says what is refused, which must be the same on both roads.
fn refused(actual: &[u8], baseline: &[u8]) -> String {
    let row = registry::find("Profile");
    compare(row, &actual, &baseline, &mut Buffers::default()).unwrap_err().to_string()
}

#[test]
fn what_is_broken_is_said_with_its_place_in_the_file() {
    let all: Vec<String> =
        (0..2000).map(|number| field(&format!("Account.F{number:04}__c"), true)).collect();
    let whole = profile(&all);
    let text = String::from_utf8(whole.clone()).unwrap();
    let last = "<field>Account.F1999__c";
    let marker = text.replace(last, &format!("\n<<<<<<< HEAD\n{last}"));
    for (broken, words) in [
        (text[..text.len() / 2].to_owned(), "line 5001, column 9: the file ends in"),
        (text[..text.len() - 4].to_owned(), "line 10003, column 1: the file ends in"),
        (format!("{text}<Profile/>"), "line 10004, column 1: something stands after"),
        (format!("{text}\nx"), "line 10005, column 1: something stands after"),
        (marker, "line 10001, column 1: there is a git merge conflict marker"),
        (text.replace("F1999__c</field>", "F1999__c</fie>"), "line 10000, column 32: `</fie>`"),
        (String::new(), "the file is empty"),
    ] {
        let broken = broken.as_bytes();
        let said = refused(broken, &whole);
        assert!(said.contains(words), "{said} does not say {words}");
        assert_eq!(refused(&whole, broken), format!("the baseline's: {said}"));
        // Two files that are equal, and broken, are no two states that are equal.
        assert_eq!(refused(broken, broken), said);
    }
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.bytes().flat_map(|byte| [byte, 0])).collect();
    assert!(refused(&utf16, &whole).contains("UTF-16"));
}

#[test]
fn depth_is_refused_before_it_costs() {
    let deep = format!("{}{}", "<a>\n".repeat(300_000), "</a>\n".repeat(300_000));
    let (deep, flat) = (profile(&[deep]), profile(&[field("A.B", true)]));
    let began = std::time::Instant::now();
    for (actual, baseline) in [(&deep, &flat), (&flat, &deep), (&deep, &deep)] {
        assert!(refused(actual, baseline).contains("deep"));
    }
    // Laid out anew they would be gigabytes.
    assert!(began.elapsed() < std::time::Duration::from_secs(10));
}

/// An app whose text ends in a line break, and whose nested leaf bears a root field's name.
fn app(is_approved: bool, scope: &str, relaxation: &str) -> String {
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
         <contactEmail>it@example.com</contactEmail>\n    \
         <label>Acme</label>\n    <oauthConfig>\n        \
         <callbackUrl>https://acme.example.com/a\n\
         https://acme.example.com/b\n</callbackUrl>\n        \
         <certificate>{certificate}</certificate>\n        \
         <label>Acme</label>\n        \
         <isAdminApproved>{is_approved}</isAdminApproved>\n        \
         <scopes>Api</scopes>\n        \
         <scopes>{scope}</scopes>\n    </oauthConfig>\n    \
         <oauthPolicy>\n        \
         <ipRelaxation>{relaxation}</ipRelaxation>\n    \
         </oauthPolicy>\n</ConnectedApp>\n"
    )
}

#[test]
fn what_stands_behind_a_text_that_looks_like_the_end_is_compared() {
    let (now, then) = (app(true, "Web", "BYPASS"), app(false, "RefreshToken", "ENFORCE"));
    let row = registry::find("ConnectedApp");
    let relaid = [
        |text: &str| text.to_owned(),
        |text: &str| text.replace("    ", ""),
        |text: &str| text.replace("    ", "  "),
        |text: &str| text.replace("    ", "\t").replace('\n', "\r\n"),
        |text: &str| text.replace(">\n", ">").replace("    ", ""),
    ];
    for (one, other) in relaid.iter().flat_map(|one| relaid.iter().map(move |two| (one, two))) {
        let (now, then) = (one(&now), other(&then));
        let found =
            compare(row, &now.as_bytes(), &then.as_bytes(), &mut Buffers::default()).unwrap();
        let paths: Vec<String> = found.iter().map(|one| one.path.to_string()).collect();
        assert_eq!(
            paths,
            ["oauthConfig.isAdminApproved", "oauthConfig.scopes", "oauthPolicy.ipRelaxation"],
            "{now}\n{then}"
        );
    }
}

#[test]
fn every_usual_layout_is_compared_without_the_index_of_the_file() {
    let row = registry::find("Profile").unwrap();
    let base: Vec<String> =
        (0..200).map(|number| field(&format!("Account.F{number:03}__c"), true)).collect();
    let mut now = base.clone();
    now[7] = field("Account.F007__c", false);
    now.swap(100, 150);
    now.remove(180);
    let texts = [&now, &base].map(|entries| String::from_utf8(profile(entries)).unwrap());
    for (from, to) in [("\n", "\n"), ("    ", "  "), ("    ", ""), ("\n", "\r\n"), ("\n", "")] {
        let relaid = texts[0].replace(from, to);
        let mut buffers = Buffers::with_window(1000);
        let found =
            merge::compare(row, None, &relaid.as_bytes(), &texts[1].as_bytes(), &mut buffers);
        assert_eq!(found.unwrap().map(|found| found.len()), Some(2), "{from:?} -> {to:?}");
    }
}

#[test]
fn what_is_said_counts_even_where_it_is_the_default() {
    let denied = "    <userPermissions>\n        <enabled>false</enabled>\n        \
         <name>A</name>\n    </userPermissions>\n";
    assert_eq!(
        shown(&profile(&[denied.to_owned()]), &profile(&[permission("A")])),
        ["userPermissions[A].enabled: false / true"]
    );
    assert_eq!(shown(&profile(&[denied.to_owned()]), &profile(&[])), [""; 0]);
    let range = |inner: &str| {
        format!(
            "    <loginIpRanges>\n\
         {inner}        <endAddress>10.0.0.9</endAddress>\n        \
         <startAddress>10.0.0.1</startAddress>\n    \
         </loginIpRanges>\n"
        )
    };
    let described = profile(&[range("        <description>Office</description>\n")]);
    assert_eq!(
        shown(&described, &profile(&[range("")])),
        ["loginIpRanges[10.0.0.1|10.0.0.9].description: Office / -"]
    );
    assert_eq!(
        shown(&described, &profile(&[])),
        ["loginIpRanges[10.0.0.1|10.0.0.9]: description=Office / -"]
    );
}

#[test]
fn an_object_has_one_layout_for_each_record_type() {
    let layout = |layout: &str, more: &str| {
        format!(
            "    <layoutAssignments>\n        \
         <layout>{layout}</layout>\n\
         {more}    </layoutAssignments>\n"
        )
    };
    let customer = "        <recordType>Account.Customer</recordType>\n";
    let base =
        profile(&[layout("Account-A", ""), layout("Account-A", customer), layout("Lead-A", "")]);
    let now = profile(&[
        layout("Account-B", ""),
        layout("Account-A", customer),
        layout("Case-A", ""),
        layout("Lead-A", ""),
    ]);
    assert_eq!(
        shown(&now, &base),
        [
            "layoutAssignments[Account].layout: Account-B / Account-A",
            "layoutAssignments[Case-A]: (an entry) / -"
        ]
    );
}

#[test]
fn an_entry_that_stands_twice_is_one_entry_or_not_observed() {
    let once: Vec<String> = ["A", "B", "C"].map(permission).to_vec();
    for place in 0..3 {
        let mut twice = once.clone();
        twice.insert(place, once[place].clone());
        assert_eq!(shown(&profile(&twice), &profile(&once)), [""; 0]);
        assert_eq!(shown(&profile(&once), &profile(&twice)), [""; 0]);
    }
    // Both answers are one, wherever the copies stand.
    let denied = permission("A").replace("true", "false");
    let [b, c] = ["B", "C"].map(permission);
    let granted = permission("A");
    let then = [granted.clone(), b.clone(), c.clone(), denied.clone()];
    let now = [denied.clone(), b.clone(), c.clone(), denied.clone()];
    shown(&profile(&now), &profile(&then));
    shown(&profile(&then[1..]), &profile(&then));
    let moved = [b, c, denied, granted];
    shown(&profile(&moved), &profile(&then));
    let granted = field("A.B", true);
    let denied = ["editable", "readable"]
        .map(|flag| granted.replace(&format!("<{flag}>true"), &format!("<{flag}>false")));
    // Two that disagree are said, with the lines of both; which of them counts nobody knows.
    let (doubled, once) = (profile(&denied), profile(&[granted.clone(), granted]));
    for (one, other) in [(&doubled, &once), (&once, &doubled), (&doubled, &doubled)] {
        assert_eq!(shown(one, other), ["fieldPermissions[A.B]: - / -"]);
    }
    let row = registry::find("Profile");
    let found = compare(row, &once.as_slice(), &doubled.as_slice(), &mut Buffers::default());
    let found = found.unwrap().remove(0).doubled.unwrap();
    assert_eq!((found.actual, found.baseline), (vec![], vec![3, 8]));
}

#[test]
fn of_two_children_of_one_name_the_first_counts() {
    let entry = |first: &str, second: &str| {
        let enabled = |flag: &str| format!("<enabled>{flag}</enabled>");
        profile(&[permission("A").replace(&enabled("true"), &(enabled(first) + &enabled(second)))])
    };
    assert_eq!(shown(&entry("true", "false"), &entry("true", "true")), [""; 0]);
    assert_eq!(
        shown(&entry("true", "false"), &entry("false", "false")),
        ["userPermissions[A].enabled: true / false"]
    );
}

#[test]
fn a_key_in_older_spelling_is_the_key() {
    let flow = |name: &str, kind: &str, label: &str| {
        profile(&[format!(
            "    <loginFlows>\n        <flow>Acme</flow>\n        <{kind}>UI</{kind}>\n        \
             <{name}>{label}</{name}>\n        <uiLoginFlowType>VisualWorkflow\
             </uiLoginFlowType>\n    </loginFlows>\n"
        )])
    };
    let (new, old) = (flow("friendlyName", "flowType", "A"), flow("friendlyname", "flowtype", "A"));
    assert_eq!(shown(&new, &old), [""; 0], "S 3.1");
    assert_eq!(shown(&old, &new), [""; 0]);
    assert_eq!(
        shown(&old, &flow("friendlyName", "flowType", "B")),
        [
            "loginFlows[A|VisualWorkflow]: flow=Acme, flowType=UI / -",
            "loginFlows[B|VisualWorkflow]: - / flow=Acme, flowType=UI"
        ]
    );
}

#[test]
fn two_spellings_of_one_permission_are_one_entry() {
    let (one, other) = (permission("APIEnabled"), permission("ApiEnabled"));
    assert_eq!(shown(&profile(&[one]), &profile(&[other])), [""; 0]);
}

#[test]
fn groups_sets_and_secrets_are_compared_by_meaning() {
    let app = |inner: &str| {
        format!(
            "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n\
         {inner}</ConnectedApp>\n"
        )
        .into_bytes()
    };
    let row = registry::find("ConnectedApp").unwrap();
    let one = app("    <oauthConfig>\n        \
         <callbackUrl>https://a.example.com\n\
         https://b.example.com</callbackUrl>\n        \
         <consumerKey>1</consumerKey>\n        \
         <scopes>Api</scopes>\n        \
         <scopes>Web</scopes>\n    </oauthConfig>\n    \
         <profileName>Admin</profileName>\n");
    let other = app("    <oauthConfig>\n        \
         <callbackUrl>https://b.example.com\n\
         https://a.example.com</callbackUrl>\n        \
         <consumerKey>2</consumerKey>\n        \
         <scopes>Web</scopes>\n        \
         <scopes>Api</scopes>\n    </oauthConfig>\n    \
         <profileName>System Administrator</profileName>\n");
    let compared = |one: &[u8], other: &[u8]| {
        compare(Some(row), &one, &other, &mut Buffers::default()).unwrap()
    };
    assert_eq!(compared(&one, &other), []);
    let less = app("    <oauthConfig>\n        \
         <callbackUrl>https://b.example.com</callbackUrl>\n        \
         <scopes>Web</scopes>\n    </oauthConfig>\n");
    let paths: Vec<String> = compared(&one, &less).iter().map(|one| one.path.to_string()).collect();
    assert_eq!(paths, ["oauthConfig.callbackUrl", "oauthConfig.scopes", "profileName"]);
}
