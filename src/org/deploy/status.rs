//! How a deploy stands, read from what REST or SOAP says of it (S 6.4, 6.5).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::metadata::ComponentId;
use crate::metadata::full_name::canonical_full_name;
use crate::org::error::{OrgError, OrgErrorKind, hide_secrets};

/// How a deploy stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployStatus {
    /// Its id (`0Af..`).
    pub id: String,
    /// The org's word for its state; which words there are differs between releases (S 6.4).
    pub status: String,
    /// Whether it is over.
    pub done: bool,
    /// Whether it did what it should; of meaning when it is over.
    pub success: bool,
    /// Whether the org only tried it.
    pub check_only: bool,
    /// When the org began, as it writes it; none where it waits or does not say.
    pub started: Option<String>,
    /// When it was over, as the org writes it; none while it runs.
    pub completed: Option<String>,
    /// Components done.
    pub deployed: u64,
    /// Components in all.
    pub total: u64,
    /// The org's code for what went wrong with the whole.
    pub error_code: Option<String>,
    /// What the org says of the whole.
    pub message: Option<String>,
    /// How many tests have run, and how many of them failed.
    pub tests: (u64, u64),
    /// Who sent it.
    pub created_by: Option<String>,
    /// Who canceled it.
    pub canceled_by: Option<String>,
    /// Whether it was this run that asked for it to be canceled.
    pub canceled_here: bool,
    /// What failed.
    pub failures: Vec<DeployMessage>,
    /// What the org warns of.
    pub warnings: Vec<DeployMessage>,
    /// Every component that the org names, failed or not; while it runs only those that failed (S
    /// 6.4).
    pub named: BTreeSet<ComponentId>,
}

/// What the org says of one component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployMessage {
    /// The component; none for the package itself.
    pub component: Option<ComponentId>,
    /// The file.
    pub file: String,
    /// The org's words.
    pub problem: String,
    /// The line in the file.
    pub line: Option<u64>,
    /// The column.
    pub column: Option<u64>,
    /// The org's word for how bad it is (`Error`, `Warning`).
    pub problem_type: Option<String>,
    /// What it is about.
    pub about: About,
}

/// What a message of a deploy is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// A component, or the package.
    #[default]
    Component,
    /// A test that failed.
    Test {
        /// Its class.
        class: String,
        /// Its method.
        method: Option<String>,
        /// Where in the org's code, as the org writes it.
        stack_trace: Option<String>,
    },
    /// How much of the code under a name the tests cover.
    Coverage(String),
}

/// Flags and numbers may come as strings (S 6.5).
pub(super) fn flag(json: &Json) -> bool {
    match json {
        Json::Bool(flag) => *flag,
        Json::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

fn number(json: &Json) -> Option<u64> {
    match json {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A field by the API's name, or by that of cirrus' own form of the SOAP answer.
fn field<'j>(json: &'j Json, name: &str) -> &'j Json {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    json.get(name).or_else(|| json.get(snake.as_str())).unwrap_or(&Json::Null)
}

/// A text; none where it is empty.
fn text(json: &Json, name: &str) -> Option<String> {
    field(json, name).as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Words of the org's, which may hold what it was sent.
fn words(json: &Json, name: &str) -> Option<String> {
    text(json, name).map(|said| hide_secrets(&said))
}

/// A list, which stands without its brackets where it has one element.
fn list<'j>(json: &'j Json, name: &str) -> &'j [Json] {
    match field(json, name) {
        Json::Array(all) => all,
        one @ Json::Object(_) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// Reads how the deploy of an id stands.
///
/// # Errors
/// What came does not say: it has neither a state nor whether the deploy is over.
pub(super) fn read_status(id: &str, result: &Json) -> Result<DeployStatus, OrgError> {
    let status = words(result, "status");
    if status.is_none() && field(result, "done").is_null() {
        return Err(OrgError::new(
            OrgErrorKind::Unexpected,
            format!("the answer does not say how the deploy {id} stands"),
        ));
    }
    let status = status.unwrap_or_default();
    let is_end = matches!(
        status.as_str(),
        "Succeeded"
            | "SucceededPartial"
            | "Failed"
            | "Canceled"
            | "FinalizingDeployFailed"
            | "FinalizingFailed"
    );
    let details = field(result, "details");
    let mut failures: Vec<DeployMessage> =
        list(details, "componentFailures").iter().map(message).collect();
    let successes = list(details, "componentSuccesses");
    // A partial success is none: `rollbackOnError` was asked for.
    let success = (flag(field(result, "success")) || status == "Succeeded")
        && status != "SucceededPartial"
        && failures.is_empty();
    if !success {
        failures.extend(failed_tests(details));
    }
    let said = match (words(result, "errorStatusCode"), words(result, "errorMessage")) {
        (Some(code), Some(message)) if !message.starts_with(&code) => {
            Some(format!("{code}: {message}"))
        }
        (code, message) => message.or(code),
    };
    Ok(DeployStatus {
        id: id.to_owned(),
        done: flag(field(result, "done")) || is_end,
        success,
        deployed: number(field(result, "numberComponentsDeployed")).unwrap_or(0),
        total: number(field(result, "numberComponentsTotal")).unwrap_or(0),
        check_only: flag(field(result, "checkOnly")),
        started: text(result, "startDate").or_else(|| text(result, "createdDate")),
        completed: text(result, "completedDate"),
        error_code: words(result, "errorStatusCode"),
        message: said,
        tests: (
            number(field(result, "numberTestsCompleted")).unwrap_or(0),
            number(field(result, "numberTestErrors")).unwrap_or(0),
        ),
        created_by: text(result, "createdByName"),
        canceled_by: text(result, "canceledByName").or_else(|| text(result, "canceledBy")),
        named: successes
            .iter()
            .map(message)
            .chain(failures.iter().cloned())
            .filter_map(|message| message.component)
            .collect(),
        canceled_here: false,
        warnings: successes
            .iter()
            .filter(|one| one.get("problem").is_some_and(|problem| !problem.is_null()))
            .map(message)
            .collect(),
        failures,
        status,
    })
}

/// What failed of the tests, and of what they must cover: it belongs to no component of the
/// package.
fn failed_tests(details: &Json) -> Vec<DeployMessage> {
    let result = match field(details, "runTestResult") {
        // Where the documentation's sample has it (S 6.5).
        Json::Null => field(details, "runTestResults"),
        result => result,
    };
    let of = |file: String, one: &Json, about: About| {
        let problem = words(one, "message")?;
        Some(DeployMessage { file, problem, about, ..DeployMessage::default() })
    };
    let failed = list(result, "failures").iter().filter_map(|one| {
        let class = words(one, "name").unwrap_or_default();
        let method = words(one, "methodName");
        let stack_trace = words(one, "stackTrace");
        let named = method.as_ref().map(|method| format!(".{method}")).unwrap_or_default();
        of(format!("test {class}{named}"), one, About::Test { class, method, stack_trace })
    });
    let uncovered = list(result, "codeCoverageWarnings").iter().filter_map(|one| {
        let name = words(one, "name").unwrap_or_else(|| "the org's code".to_owned());
        of(format!("coverage of {name}"), one, About::Coverage(name))
    });
    failed.chain(uncovered).collect()
}

fn message(json: &Json) -> DeployMessage {
    let full_name = text(json, "fullName").unwrap_or_default();
    DeployMessage {
        component: text(json, "componentType").map(|type_name| {
            let name = canonical_full_name(&type_name, &full_name);
            ComponentId::new(type_name, name)
        }),
        file: words(json, "fileName").unwrap_or_default(),
        problem: words(json, "problem").unwrap_or_default(),
        line: number(field(json, "lineNumber")),
        column: number(field(json, "columnNumber")),
        problem_type: words(json, "problemType"),
        about: About::Component,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_are_read_as_flags_and_numbers() {
        let status = read_status(
            "0Af",
            &json!({ "status": "Reticulating", "done": "false", "success": "false", "numberComponentsDeployed": "2", "numberComponentsTotal": "5" }),
        )
        .unwrap();
        assert_eq!((status.done, status.deployed, status.total), (false, 2, 5));
        let status = read_status("0Af", &json!({ "status": "SucceededPartial" })).unwrap();
        assert!(status.done && !status.success);
    }

    #[test]
    fn an_answer_without_a_state_is_none() {
        for answer in [json!(null), json!({}), json!({ "id": "0Af", "status": "" })] {
            let error = read_status("0Af", &answer).unwrap_err();
            assert_eq!(error.kind, OrgErrorKind::Unexpected, "{answer}");
        }
    }

    #[test]
    fn what_the_org_says_holds_no_token_that_it_was_sent() {
        const TOKEN: &str = "00D5g00000AbCdE!PLANTED.x";
        let failure = json!({ "componentType": "Profile", "fullName": "Sales", "fileName": TOKEN,
            "problem": format!("of {TOKEN} and force://PlatformCLI::PLANTED@x.my.salesforce.com") });
        let tests = json!({ "failures": { "name": TOKEN, "methodName": TOKEN, "message": TOKEN },
            "codeCoverageWarnings": [{ "name": TOKEN, "message": TOKEN }] });
        let status = read_status(
            "0Af",
            &json!({ "status": "Failed", "errorStatusCode": "UNKNOWN", "errorMessage": TOKEN,
                "details": { "componentFailures": failure, "componentSuccesses": [failure],
                    "runTestResult": tests } }),
        )
        .unwrap();
        assert_eq!((status.failures.len(), status.warnings.len()), (3, 1));
        let shown = format!("{status:?}");
        assert!(shown.contains("(hidden)") && !shown.contains("PLANTED"), "{shown}");
    }

    #[test]
    fn failures_name_their_component() {
        let status = read_status(
            "0Af",
            &json!({ "status": "Failed", "done": true, "success": false, "details": { "componentFailures": { "componentType": "Profile",
                "fullName": "Custom%3A Sales", "fileName": "profiles/x", "problem": "Unknown user \
                    permission: X", "lineNumber": "3" } } }),
        )
        .unwrap();
        assert_eq!(
            status.failures[0].component,
            Some(ComponentId::new("Profile", "Custom: Sales"))
        );
        assert_eq!(status.failures[0].line, Some(3));
    }
}
