//! Every shipped template: it is right, shows a page, finds all missing in a bare org and nothing
//! in one in good order, and its fix brings the demo org from the one to the other.
//!
//! The two orgs of a template lie in `fixtures/templates/NAME`, `bare` and `good`: what a snapshot
//! of an invented org holds of what the template asks about.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value as Json;
use sfsetup::template::builtin;

use crate::support::{Env, Run, fixture};

fn report(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

fn count(report: &Json, state: &str) -> u64 {
    report["orgs"][0]["summary"][state].as_u64().unwrap()
}

/// The findings in files that are not so: facts cannot be seen there.
fn wrong(report: &Json) -> Vec<String> {
    let findings = report["orgs"][0]["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| ["differs", "missing"].contains(&finding["state"].as_str().unwrap()))
        .map(|finding| format!("{} {} {}", finding["step"], finding["component"], finding["path"]))
        .collect()
}

fn names() -> Vec<&'static str> {
    builtin::all().iter().map(|template| template.name).collect()
}

#[test]
fn every_template_is_right_and_has_a_page_and_a_source() {
    let env = Env::new();
    for template in builtin::all() {
        env.write("one.toml", template.text);
        let check = env.run(&["template", "check", "one.toml"]);
        assert_eq!(check.code, 0, "{}: {check:?}", template.name);
        let parsed = sfsetup::template::parse(template.name, template.text).unwrap();
        assert!(
            parsed.grade.is_some() && parsed.group.is_some() && parsed.revision.is_some(),
            "{} does not grade its source, names no revision, or stands under no heading",
            template.name
        );
        let contradictions: Vec<_> = sfsetup::diff::advice::advice(&parsed)
            .into_iter()
            .filter(|one| !one.message.contains("which needs"))
            .collect();
        assert_eq!(contradictions, [], "{}", template.name);
        for step in &parsed.steps {
            assert!(
                step.docs.is_some() && step.paragraph.is_some() && step.why.is_some(),
                "{}: step {} says not why, or cites nothing",
                template.name,
                step.id
            );
        }
    }
}

/// What an org in a folder is found to be, in one line, and what is wrong with it, one line each;
/// the numbers by themselves too.
fn answer(env: &Env, name: &str, state: &str) -> (Json, String) {
    let from = Path::new(&fixture("templates")).join(name).join(state);
    let from = from.to_str().unwrap();
    let run = env.run(&["diff", "--template", name, "--from", from, "--format", "json"]);
    let report = report(&run);
    assert_eq!(report["orgs"][0]["error"], Json::Null, "{name} {state}: {run:?}");
    let wrong = wrong(&report);
    if state == "good" {
        assert_eq!(wrong, Vec::<String>::new(), "{name} {state}");
    }
    let summary = report["orgs"][0]["summary"].clone();
    let mut answer = format!("{state}: {summary}\n");
    for line in wrong {
        let _ = writeln!(answer, "    {line}");
    }
    (summary, answer)
}

/// The page of each, and how it tells a bare org from one in good order: a file each, so that a new
/// template adds one.
#[test]
fn each_template_tells_a_bare_org_from_one_in_good_order() {
    let env = Env::new();
    for name in names() {
        let page = env.run(&["template", "show", name]);
        assert_eq!(page.code, 0, "{name}: {page:?}");
        let (of_good, good) = answer(&env, name, "good");
        let (of_bare, bare) = answer(&env, name, "bare");
        // Something differs or is missing; or what a person does is proved in the one alone.
        assert_ne!(of_good, of_bare, "{name}: {bare}");
        let text = format!("{}\n----\n{good}{bare}", page.stdout);
        insta::with_settings!({
            omit_expression => true,
            prepend_module_to_snapshot => false,
            snapshot_path => "snapshots/templates",
        }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn the_fix_of_each_template_brings_the_demo_org_from_bare_to_good() {
    // Each has a demo org of its own, and this is the longest of all tests.
    let names = names();
    std::thread::scope(|scope| {
        for half in names.chunks(names.len().div_ceil(2)) {
            scope.spawn(move || half.iter().for_each(|name| fixed_and_taken_back(name)));
        }
    });
}

fn fixed_and_taken_back(name: &str) {
    let env = Env::new();
    let look =
        || report(&env.run(&["diff", "--template", name, "--org", "demo", "--format", "json"]));
    let before = look();
    let components: BTreeSet<String> =
        wrong(&before).into_iter().filter(|line| !line.contains(" null ")).collect();
    let deploy =
        env.run(&["deploy", "--template", name, "--org", "demo", "--yes", "--allow-removals"]);
    assert!([0, 2].contains(&deploy.code), "{name}: {deploy:?}");
    let after = look();
    let left: Vec<String> = wrong(&after)
        .into_iter()
        .filter(|line| !line.contains(" null ") && !line.contains("ConnectedApp"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "{name}: {deploy:?}");
    assert!(count(&after, "in_sync") >= count(&before, "in_sync"), "{name}");
    if components.iter().any(|line| !line.contains("ConnectedApp")) {
        let back = env.run(&["rollback", "--org", "demo", "--yes"]);
        assert_eq!(back.code, 0, "{name}: {back:?}");
        assert_eq!(wrong(&look()), wrong(&before), "{name}: after the rollback");
    }
}
