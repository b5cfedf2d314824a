//! What holds of every form of a report: nothing that stands in a name harms it.

use std::borrow::Cow;

use proptest::prelude::*;

use crate::diff::{Diff, Finding, Origin, Outcome, Place, State, StepWant, Subject, Waiver};
use crate::metadata::ComponentId;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::template::{ExpandedWant, Template, parse};

use super::line::harmless;
use super::{Failure, OrgReport, Report, csv, json, jsonl, junit, sarif};

/// A template whose one step says `text` wherever it says something.
fn template(text: &str) -> Template {
    let mut template = parse(
        "acme.toml",
        "format = 1\n[template]\nname = \"acme\"\ntitle = \"Acme\"\nversion = \"1\"\n\
         source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"a\"\n\
         title = \"A\"\nwant = [{ manual = \"Do it.\" }]\n",
    )
    .unwrap();
    let step = &mut template.steps[0];
    text.clone_into(&mut step.title);
    step.why = Some(text.to_owned());
    step.docs = Some(format!("https://docs.example.com/{text}"));
    template
}

/// A finding of each state, in all of whose words `text` stands.
fn findings<'t>(template: &'t Template, text: &str) -> Vec<Finding<'t>> {
    let unseen = || Unseen::new(UnseenKind::Offline, text);
    let component = ComponentId::new("ConnectedApp", text);
    let value = || Value::Text(text.to_owned());
    let outcomes = [
        Outcome::InSync,
        Outcome::Differs,
        Outcome::Missing,
        Outcome::NotObserved(unseen()),
        Outcome::Manual(Some(unseen())),
        Outcome::Waived(Waiver {
            reason: text.to_owned(),
            owner: Some(text.to_owned()),
            expires: text.to_owned(),
            instead: Box::new(Outcome::Differs),
        }),
    ];
    let manual = |template: &'t Template| StepWant {
        template,
        step: &template.steps[0],
        want: Cow::Owned(ExpandedWant::Manual { text: text.to_owned(), confirm: None }),
        access_from: Some(text.to_owned()),
        alternatives: Vec::new(),
    };
    let of_step = outcomes.iter().map(|outcome| {
        let subject = Subject::Component(component.clone());
        Finding::new(Origin::Step(manual(template)), subject, outcome.clone())
    });
    let of_baseline = outcomes.iter().filter(|one| one.state() != State::Manual).map(|outcome| {
        let path = "oauthPolicy.ipRelaxation".parse().unwrap();
        let subject = Subject::Setting { component: component.clone(), path };
        let origin = Origin::Baseline { baseline: Some(value()), changed: Some(text.into()) };
        Finding {
            actual: Some(value()),
            place: Some(Place { file: text.into(), line: 3 }),
            ..Finding::new(origin, subject, outcome.clone())
        }
    });
    of_step.chain(of_baseline).collect()
}

/// A report in which `text` stands wherever a stranger's words can: an org that answered in part,
/// and one that did not.
fn report<'t>(template: &'t Template, text: &str) -> Report<'t> {
    let diff = Diff {
        findings: findings(template, text),
        notes: vec![text.to_owned()],
        broken: vec![text.to_owned()],
        ..Diff::default()
    };
    let failure =
        Failure { code: text.to_owned(), message: text.to_owned(), hint: Some(text.to_owned()) };
    Report {
        templates: vec![template],
        orgs: vec![OrgReport::of_files(text.to_owned(), diff), OrgReport::failed(text, failure)],
        today: "2026-11-26".to_owned(),
    }
}

/// Names as somebody who means harm would write them.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\u{1b}[31m\u{1b}]0;title\u{7}".to_owned()),
        Just("\u{202e}gpj.exe\u{2066}".to_owned()),
        Just("a\r\nb\nc\rd\te".to_owned()),
        Just("]]>&amp;<!--\"'".to_owned()),
        Just("=cmd|' /C calc'!A0".to_owned()),
        Just("\u{0}\u{8}\u{9b}\u{fffe}\u{7f}".to_owned()),
        Just("x".repeat(1000)),
        "[-+@=,;\"\n]{1,4}",
        any::<String>(),
    ];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

/// Whether a control character other than the end of a line, or a sign that turns text, stands in
/// an answer as it is given out.
fn is_tame(text: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || turns(c))
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let own = |row: ::csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|row| own(row.unwrap())).collect()
}

/// The names of the elements of an XML document, which must be whole.
fn elements(text: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut names = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) => {
                for attribute in start.attributes() {
                    attribute.unwrap();
                }
                names.push(start.name().as_ref().to_owned());
            }
            Event::Eof => return names,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_name_harms_an_answer(text in hostile()) {
        let template = template(&text);
        let report = report(&template, &text);

        let table = csv::render(&report).unwrap();
        prop_assert!(is_tame(&table), "{table}");
        let rows = rows(&table);
        prop_assert_eq!(rows.len(), 13);
        for cell in rows.iter().flatten() {
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{}", cell);
        }
        prop_assert!(rows.iter().all(|row| row.len() == csv::COLUMNS.len()));

        let xml = junit::render(&report).unwrap();
        prop_assert!(is_tame(&xml), "{xml}");
        let names = elements(&xml);
        let known =
            ["testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"];
        prop_assert!(names.iter().all(|name| known.contains(&name.as_str())), "{names:?}");

        for whole in [json::render(&report).unwrap(), sarif::render(&report, Some(&text)).unwrap()] {
            let shown = harmless(&whole);
            prop_assert!(is_tame(&shown), "{shown}");
            let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
            prop_assert_eq!(read, serde_json::from_str::<serde_json::Value>(&whole).unwrap());
        }
        let lines = jsonl::render(&report).unwrap();
        let lines = harmless(&lines);
        prop_assert!(is_tame(&lines), "{lines}");
        prop_assert_eq!(lines.lines().count(), 13);
        for line in lines.lines() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{}", line);
        }
    }
}

#[test]
fn a_cell_is_no_formula() {
    for (name, cell) in [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\\u000d=1"),
        ("\u{ff1d}1", "'\u{ff1d}1"),
        ("a=1", "a=1"),
        ("a\"b,c\nd", "a\"b,c\nd"),
    ] {
        let diff = Diff { broken: vec!["x".to_owned()], ..Diff::default() };
        let org = OrgReport::of_files(name.to_owned(), diff);
        let text = csv::render(&Report::of(Vec::new(), org, "2026-11-26".to_owned())).unwrap();
        assert_eq!(rows(&text)[0][0], cell, "{text}");
        assert_eq!(rows(&text)[0][5], "error");
    }
}

/// What a reader of SARIF is told of each state.
#[test]
fn sarif_has_what_is_not_so() {
    let template = template("A");
    let text = sarif::render(&report(&template, "A"), None).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let results = read["runs"][0]["results"].as_array().unwrap();
    let told: Vec<String> = results
        .iter()
        .map(|one| {
            let waived = one["suppressions"][0]["justification"].as_str().unwrap_or("-");
            let words = [&one["ruleId"], &one["properties"]["state"], &one["kind"], &one["level"]];
            let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
            format!("{} {waived}", words.join(" "))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    acme/a differs fail error -
    acme/a missing fail error -
    acme/a not-observed open note -
    acme/a manual review note -
    acme/a waived fail error A (A, until A)
    baseline/ConnectedApp differs fail error -
    baseline/ConnectedApp missing fail error -
    baseline/ConnectedApp not-observed open note -
    baseline/ConnectedApp waived fail error A (A, until A)
    ");
    let first = results[0]["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
    let hash = first.strip_suffix(":1").unwrap();
    let second = results[1]["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
    assert_eq!(second, format!("{hash}:2"), "what is told twice is told apart");
}

/// What GitHub does not take is left out, the least first, and said.
#[test]
fn sarif_stays_within_limits() {
    let template = template("A");
    let mut report = report(&template, "A");
    report.orgs.push(OrgReport::failed(
        "third",
        Failure { code: "AUTH".to_owned(), message: "no".to_owned(), hint: None },
    ));
    let limits = sarif::Limits { runs: 2, results: 3, ..sarif::Limits::default() };
    let text = sarif::within(&report, None, &limits).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let runs = read["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    let results = runs[0]["results"].as_array().unwrap();
    let states: Vec<&str> =
        results.iter().map(|one| one["properties"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["differs", "missing", "differs"]);
    let said = |run: &serde_json::Value| {
        let said = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        said.iter()
            .map(|one| one["message"]["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(said(&runs[0])[0], "6 of 9 findings are left out here");
    assert_eq!(said(&runs[1])[0], "1 of 3 orgs are left out here");
}

/// Nothing that somebody has waived passes for being so.
#[test]
fn what_is_waived_is_told_in_each_form() {
    let template = template("A");
    let mut all = report(&template, "A");
    let Ok(diff) = &mut all.orgs[0].outcome else { panic!() };
    diff.findings.retain(|one| one.state() == State::Waived && one.wanted().is_none());
    diff.broken.clear();
    all.orgs.truncate(1);
    insta::assert_snapshot!(junit::render(&all).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="sfsetup" tests="1" skipped="1" failures="0" errors="0">
        <testsuite name="A" tests="1" skipped="1" errors="0" failures="0">
            <testcase name="A" classname="baseline.ConnectedApp">
                <skipped message="ConnectedApp:A oauthPolicy.ipRelaxation is A; in the baseline it is A; waived: A (A, until A)" type="waived"/>
            </testcase>
            <system-out>A</system-out>
        </testsuite>
    </testsuites>
    "#);
    insta::assert_snapshot!(csv::render(&all).unwrap(), @r#"
    "org","template","step","title","level","state","type","component","path","fact","comparison","actual","actual_label","desired","desired_label","reason","manual","setup_url","docs","file","line"
    "A","","","","required","waived","ConnectedApp","A","oauthPolicy.ipRelaxation","","equals","A","","A","","A (A, until A)","","/lightning/setup/ConnectedApplication/home","","A","3"
    "#);
    let lines = jsonl::render(&all).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["state"].as_str(), first["reason"].as_str()),
        (Some("waived"), Some("A (A, until A)"))
    );
}
