//! A report as JUnit's XML, for the test reports of a CI system: a suite an org, a case a step.
//!
//! A step that is not so has failed. One that nobody could see, or that a person must do, was
//! skipped, with the reason: it has not passed. Of a baseline a component is a case.

use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::diff::{Diff, Finding, State};
use crate::metadata::full_name::api_full_name;

use super::line::clean;
use super::words::{Rule, blocks, told};
use super::{Failure, OrgReport, Report};

/// Writes a report as XML.
///
/// # Errors
/// What `quick_junit` says; none is known to be possible.
pub fn render(report: &Report<'_>) -> Result<String, SerializeError> {
    let mut out = quick_junit::Report::new("sfsetup");
    for org in &report.orgs {
        out.add_test_suite(suite(org));
    }
    out.to_string()
}

fn suite(org: &OrgReport<'_>) -> TestSuite {
    let name = clean(&org.name);
    let mut suite = TestSuite::new(name.as_str());
    if let Ok(diff) = &org.outcome {
        for block in blocks(diff) {
            suite.add_test_case(case(block, org));
        }
        suite.add_test_cases(same(diff));
        let notes: Vec<String> = diff.notes().map(clean).collect();
        if !notes.is_empty() {
            suite.set_system_out(notes.join("\n"));
        }
    }
    if let Some(failure) = org.error() {
        suite.add_test_case(error(&name, &failure));
    }
    suite
}

/// What is the same in a baseline has no findings; without it a suite could be empty, which some
/// readers take for a mistake.
fn same(diff: &Diff<'_>) -> Option<TestCase> {
    let count = diff.baseline.as_ref()?.in_sync;
    let mut case = TestCase::new("Components as they are in the baseline", success());
    case.set_classname("baseline").set_system_out(format!("{count} are the same"));
    (count > 0).then_some(case)
}

fn success() -> TestCaseStatus {
    TestCaseStatus::success()
}

/// An org that gave no answer, or no whole one.
fn error(org: &str, failure: &Failure) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(clean(&failure.message)).set_type(clean(&failure.code));
    if let Some(hint) = &failure.hint {
        status.set_description(clean(hint));
    }
    let mut case = TestCase::new(format!("{org} was looked at"), status);
    case.set_classname("sfsetup");
    case
}

/// A step, or a component, with its findings.
fn case(block: &[Finding<'_>], org: &OrgReport<'_>) -> TestCase {
    let rule = Rule::of(&block[0]);
    let component = block[0].subject.component().filter(|_| block[0].wanted().is_none());
    let name = component.map_or(rule.title, api_full_name);
    let is_of = |states: &'static [State]| {
        block.iter().filter(|finding| states.contains(&finding.state())).collect::<Vec<_>>()
    };
    let bad = is_of(&[State::Missing, State::Differs]);
    let open = is_of(&[State::NotObserved, State::Manual, State::Waived]);
    let status = match (bad.as_slice(), open.as_slice()) {
        ([], []) => success(),
        ([], [first, ..]) => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(first.state().name()).set_message(headline(&open, block));
            if open.len() > 1 {
                status.set_description(body(&open, &[]));
            }
            status
        }
        ([first, ..], _) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(first.state().name()).set_message(headline(&bad, block));
            let all: Vec<&Finding<'_>> = bad.iter().chain(&open).copied().collect();
            status.set_description(body(&all, &help(first, org)));
            status
        }
    };
    let mut case = TestCase::new(clean(&name), status);
    case.set_classname(clean(&rule.id.replace('/', ".")));
    let so: Vec<&Finding<'_>> = block.iter().filter(|one| one.is_of_nothing()).collect();
    if !so.is_empty() {
        case.set_system_out(body(&so, &[]));
    }
    case
}

/// The first of what is to be said, and of how much there is.
fn headline(said: &[&Finding<'_>], block: &[Finding<'_>]) -> String {
    let first = clean(&told(said[0]));
    match said.len() {
        1 if block.len() == 1 => first,
        count => format!("{count} of {}: {first}", block.len()),
    }
}

/// Each finding in a line with its place, then what helps.
fn body(findings: &[&Finding<'_>], help: &[String]) -> String {
    let line = |finding: &&Finding<'_>| {
        let place = finding.place.as_ref().map(|place| format!(" ({})", clean(&place.to_string())));
        format!(
            "{}: {}{}",
            finding.state().name(),
            clean(&told(finding)),
            place.unwrap_or_default()
        )
    };
    let lines: Vec<String> = findings.iter().map(line).chain(help.iter().cloned()).collect();
    lines.join("\n")
}

/// Why it is wanted, and where it is set right.
fn help(finding: &Finding<'_>, org: &OrgReport<'_>) -> Vec<String> {
    let step = finding.step();
    let page = finding.pages().next().map(|page| {
        let url = page.url(org.instance_url.as_deref());
        let url = url.map_or_else(String::new, |url| format!(", {url}"));
        format!("in: Setup, Quick Find \"{}\"{url}", page.quick_find)
    });
    let said = |label: &str, text: Option<&String>| text.map(|text| format!("{label}: {text}"));
    [
        said("why", step.and_then(|step| step.why.as_ref())),
        said("note", step.and_then(|step| step.note.as_ref())),
        page,
        said("docs", step.and_then(|step| step.docs.as_ref())),
    ]
    .into_iter()
    .flatten()
    .map(|line| clean(&line))
    .collect()
}
