//! Many orgs for the test reports of a CI system: a suite an org, a case a step.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::diff::State;
use crate::report::json::FindingRow;
use crate::report::line::clean;

use super::{Kept, state};

/// Writes the answers as XML.
///
/// # Errors
/// What `quick_junit` says; none is known to be possible.
pub fn render(orgs: &[Kept]) -> Result<String, SerializeError> {
    let mut out = Report::new("sfsetup");
    for org in orgs {
        let name = clean(org.name());
        let mut suite = TestSuite::new(name.as_str());
        suite.add_test_cases(org.blocks().map(case));
        if let Some(error) = &org.org.error {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(clean(&error.message)).set_type(clean(&error.code));
            if let Some(hint) = &error.hint {
                status.set_description(clean(hint));
            }
            let mut case = TestCase::new(format!("{name} was looked at"), status);
            case.set_classname("sfsetup");
            suite.add_test_case(case);
        }
        out.add_test_suite(suite);
    }
    out.to_string()
}

/// A step with its findings.
fn case(block: &[FindingRow<'_>]) -> TestCase {
    let is_bad = |state: State| matches!(state, State::Missing | State::Differs);
    let open: Vec<_> = block.iter().filter(|row| state(&row.state) != State::InSync).collect();
    let bad: Vec<_> = open.iter().filter(|row| is_bad(state(&row.state))).copied().collect();
    let said = |row: &FindingRow<'_>| clean(row.told.as_deref().unwrap_or(&row.title));
    let all = || {
        let lines = open.iter().map(|row| format!("{}: {}", row.state, said(row)));
        lines.collect::<Vec<_>>().join("\n")
    };
    let status = match (bad.first(), open.first()) {
        (Some(first), _) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(&*first.state).set_message(said(first)).set_description(all());
            status
        }
        (None, Some(first)) => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(&*first.state).set_message(said(first)).set_description(all());
            status
        }
        (None, None) => TestCaseStatus::success(),
    };
    let (id, title) = block[0].rule();
    let mut case = TestCase::new(clean(&title), status);
    case.set_classname(clean(&id.replace('/', ".")));
    case
}
