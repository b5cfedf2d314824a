//! One deploy in the org: started once, watched, canceled; found again when its answer was lost.
//!
//! REST `deployRequest` (S 6.5), with SOAP where an org does not have it. Nothing here is repeated
//! that starts something. cirrus' typed REST calls take no numbers that come as strings and post a
//! quick deploy to another address than S 6.5 has, so the answers are read here, and a quick deploy
//! goes by SOAP.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cirrus::RawBody;
use cirrus_metadata::DeployOptions;
use serde_json::{Value as Json, json};

use crate::metadata::ComponentId;
use crate::metadata::full_name::canonical_full_name;
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::http::{self, soql_text};
use crate::org::{Event, Org};

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
    /// What the org says of the whole.
    pub message: Option<String>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployMessage {
    /// The component; none for the package itself.
    pub component: Option<ComponentId>,
    /// The file.
    pub file: String,
    /// The org's words.
    pub problem: String,
    /// Where in the file.
    pub line: Option<u64>,
}

/// Which tests the org runs with a deploy (S 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestLevel {
    /// None; not in production.
    NoTestRun,
    /// All but those of managed packages.
    RunLocalTests,
    /// All.
    RunAllTestsInOrg,
}

impl TestLevel {
    /// The API's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoTestRun => "NoTestRun",
            Self::RunLocalTests => "RunLocalTests",
            Self::RunAllTestsInOrg => "RunAllTestsInOrg",
        }
    }
}

/// The same for SOAP.
fn by_soap(level: TestLevel) -> cirrus_metadata::TestLevel {
    match level {
        TestLevel::NoTestRun => cirrus_metadata::TestLevel::NoTestRun,
        TestLevel::RunLocalTests => cirrus_metadata::TestLevel::RunLocalTests,
        TestLevel::RunAllTestsInOrg => cirrus_metadata::TestLevel::RunAllTestsInOrg,
    }
}

/// What the org is to do with a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Whether it only tries it.
    pub check_only: bool,
    /// Which tests it runs; left out, it runs those that the package asks for by what it holds.
    pub test_level: Option<TestLevel>,
}

/// How the start of a deploy ended when it has no id.
#[derive(Debug)]
pub enum NotStarted {
    /// The org has not accepted it.
    Refused(OrgError),
    /// The answer was lost: it may run.
    Lost(OrgError),
}

/// A row of the org's list of deploys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployRow {
    /// Its id.
    pub id: String,
    /// The org's word for its state.
    pub status: String,
    /// Whether it is a validation.
    pub check_only: bool,
    /// Who started it.
    pub created_by: String,
}

impl DeployRow {
    /// Says whether it is not over yet.
    pub(crate) fn is_running(&self) -> bool {
        matches!(
            self.status.as_str(),
            "Pending" | "InProgress" | "Canceling" | "Finalizing" | "FinalizingDeploy"
        )
    }
}

/// Whether an error says nothing of whether the org took the request.
fn is_lost(error: &OrgError) -> bool {
    let is_silent = matches!(
        error.kind,
        OrgErrorKind::Unreachable | OrgErrorKind::TimedOut | OrgErrorKind::Unexpected
    );
    is_silent || error.code.as_deref() == Some("UNKNOWN_EXCEPTION")
}

/// How long an org may say that it does not know a deploy: for a moment it says so of one that it
/// has (S 6.6), for good of one that it has forgotten.
const UNKNOWN: Duration = Duration::from_secs(15);

impl Org {
    /// Starts a deploy of a zip and returns its id.
    ///
    /// `rollbackOnError` is always on; where no test level is named, the org runs tests only where
    /// the package asks for them (S 6.3).
    ///
    /// # Errors
    /// Refused, or lost: then it may have been accepted, and must be looked for before anything
    /// else.
    pub async fn start_deploy(&self, zip: Vec<u8>, trial: Trial) -> Result<String, NotStarted> {
        let mut options = json!({ "deployOptions": {
            "allowMissingFiles": false, "autoUpdatePackage": false, "checkOnly": trial.check_only,
            "ignoreWarnings": false, "performRetrieve": false, "purgeOnDelete": false,
            "rollbackOnError": true, "singlePackage": true,
        }});
        if let Some(level) = trial.test_level {
            options["deployOptions"]["testLevel"] = level.name().into();
        }
        let body = multipart(&options.to_string(), &zip);
        match self.wire.send_once(reqwest::Method::POST, "metadata/deployRequest", Some(body)).await
        {
            Ok(answer) => {
                match answer["id"].as_str().or_else(|| answer["deployResult"]["id"].as_str()) {
                    Some(id) if !id.is_empty() => Ok(id.to_owned()),
                    _ => Err(NotStarted::Lost(OrgError::new(
                        OrgErrorKind::Unexpected,
                        "the org accepted the deploy without giving it an id",
                    ))),
                }
            }
            // An org, or a gateway before it, that does not have the resource.
            Err(unanswered) if is_no_such_resource(&unanswered.error) => {
                self.start_by_soap(zip, trial).await
            }
            Err(unanswered) if unanswered.may_have_arrived => {
                Err(NotStarted::Lost(unanswered.error))
            }
            Err(unanswered) => Err(NotStarted::Refused(unanswered.error)),
        }
    }

    async fn start_by_soap(&self, zip: Vec<u8>, trial: Trial) -> Result<String, NotStarted> {
        let options = DeployOptions {
            allow_missing_files: Some(false),
            auto_update_package: Some(false),
            check_only: Some(trial.check_only),
            ignore_warnings: Some(false),
            perform_retrieve: Some(false),
            purge_on_delete: Some(false),
            rollback_on_error: Some(true),
            single_package: Some(true),
            test_level: trial.test_level.map(by_soap),
            ..DeployOptions::default()
        };
        match self.wire.soap("deploy", self.wire.metadata().deploy(zip.into(), options)).await {
            Ok(started) => Ok(started.id),
            Err(error) if is_lost(&error) => Err(NotStarted::Lost(error)),
            Err(error) => Err(NotStarted::Refused(error)),
        }
    }

    /// Deploys what was validated before, and returns the new deploy's id
    /// (`deployRecentValidation`, S 6.4).
    ///
    /// # Errors
    /// As [`Self::start_deploy`]; a validation that the org does not take for a quick
    /// deploy is refused.
    pub(crate) async fn quick_deploy(&self, validation: &str) -> Result<String, NotStarted> {
        match self
            .wire
            .soap(
                "deployRecentValidation",
                self.wire.metadata().deploy_recent_validation(validation),
            )
            .await
        {
            Ok(id) if !id.is_empty() && !same_id(&id, validation) => Ok(id),
            Ok(_) => Err(NotStarted::Lost(OrgError::new(
                OrgErrorKind::Unexpected,
                "the org gave the quick deploy no id of its own",
            ))),
            Err(error) if is_lost(&error) => Err(NotStarted::Lost(error)),
            Err(error) => Err(NotStarted::Refused(error)),
        }
    }

    /// Asks how a deploy stands, with its messages; may be repeated.
    ///
    /// # Errors
    /// The org cannot be asked, or knows no such deploy.
    pub(crate) async fn deploy_status(&self, id: &str) -> Result<DeployStatus, OrgError> {
        match self
            .wire
            .get(&format!("metadata/deployRequest/{id}"), &[("includeDetails", "true")])
            .await
        {
            Ok(answer) => Ok(read_status(id, &answer["deployResult"])),
            Err(error) if is_no_such_resource(&error) => {
                let call = self.wire.metadata().check_deploy_status(id, true);
                let result = self.wire.soap("checkDeployStatus", call).await?;
                let json = serde_json::to_value(&result).unwrap_or_default();
                Ok(read_status(id, &json))
            }
            Err(error) => Err(error),
        }
    }

    /// Watches a deploy until it is over, telling of each look.
    ///
    /// # Errors
    /// The org can't be asked for longer than a job may take; the deploy may go on all the same.
    pub async fn watch_deploy(&self, id: &str, what: &str) -> Result<DeployStatus, OrgError> {
        let began = Instant::now();
        let mut told = 0;
        let mut unknown_since: Option<Instant> = None;
        loop {
            tokio::time::sleep(http::next_look(began.elapsed())).await;
            let is_late = began.elapsed() > self.job_timeout;
            match self.deploy_status(id).await {
                Ok(status) if status.done => return Ok(status),
                Ok(status) => {
                    unknown_since = None;
                    for failure in status.failures.iter().skip(told) {
                        self.wire.tell(Event::Progress {
                            done: status.deployed,
                            total: Some(status.total),
                            what: failure.problem.clone(),
                        });
                    }
                    told = status.failures.len();
                    self.wire.tell(Event::Progress {
                        done: status.deployed,
                        total: (status.total > 0).then_some(status.total),
                        what: format!("{what} ({})", status.status),
                    });
                    if is_late {
                        return Err(OrgError::new(
                            OrgErrorKind::TimedOut,
                            format!(
                                "the deploy {id} is not over yet; the org says {}",
                                status.status
                            ),
                        ));
                    }
                }
                Err(error)
                    if error.is_about_its_id()
                        && unknown_since.get_or_insert_with(Instant::now).elapsed() > UNKNOWN =>
                {
                    return Err(error);
                }
                // A look costs nothing.
                Err(error) if error.is_passing() && !is_late => {
                    self.wire
                        .tell(Event::Retrying { what: what.to_owned(), why: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks the org to cancel a deploy; whether it does is seen by watching on (S 6.4).
    ///
    /// # Errors
    /// The org refuses, because it is over, or cannot be asked.
    pub(crate) async fn cancel_deploy(&self, id: &str) -> Result<(), OrgError> {
        let body = RawBody::new(
            json!({ "deployResult": { "status": "Canceling" } }).to_string(),
            "application/json",
        );
        match self
            .wire
            .send_once(reqwest::Method::PATCH, &format!("metadata/deployRequest/{id}"), Some(body))
            .await
        {
            Ok(_) => Ok(()),
            Err(unanswered) if is_no_such_resource(&unanswered.error) => self
                .wire
                .soap("cancelDeploy", self.wire.metadata().cancel_deploy(id))
                .await
                .map(|_| ()),
            Err(unanswered) => Err(unanswered.error),
        }
    }

    /// Lists the org's newest deploys (Tooling `DeployRequest`); none where the org does not show
    /// them.
    ///
    /// # Errors
    /// The org cannot be asked at all.
    pub async fn recent_deploys(&self) -> Result<Option<Vec<DeployRow>>, OrgError> {
        let rows = match self
            .wire
            .tooling_query(
                "SELECT Id, Status, CheckOnly, CreatedById, CreatedDate FROM \
                            DeployRequest ORDER BY CreatedDate DESC LIMIT 50",
            )
            .await
        {
            Ok(rows) => rows,
            Err(error) if error.is_about_one_question() => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = |row: &Json, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        Ok(Some(
            rows.iter()
                .map(|row| DeployRow {
                    id: text(row, "Id"),
                    status: text(row, "Status"),
                    check_only: flag(&row["CheckOnly"]),
                    created_by: text(row, "CreatedById"),
                })
                .collect(),
        ))
    }

    /// Counts the active users who use an app now and hold none of its profiles and permission
    /// sets: those whom "admin approved users" locks out (S 8, trap 10). `None` where the org does
    /// not show who uses it.
    ///
    /// # Errors
    /// The org cannot be asked at all.
    pub(crate) async fn users_of_app(&self, app: &str) -> Result<Option<Vec<String>>, OrgError> {
        let soql = format!("SELECT UserId FROM OauthToken WHERE AppName = {}", soql_text(app));
        match self.wire.query(&soql).await {
            Ok(rows) => {
                let mut users: Vec<String> = rows
                    .iter()
                    .filter_map(|row| row["UserId"].as_str().map(str::to_owned))
                    .collect();
                users.sort_unstable();
                users.dedup();
                Ok(Some(users))
            }
            Err(error) if error.is_about_one_question() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Says whether two ids are the same record: with 15 or 18 characters.
pub(crate) fn same_id(one: &str, other: &str) -> bool {
    one.len() >= 15 && other.len() >= 15 && one.get(..15) == other.get(..15)
}

fn is_no_such_resource(error: &OrgError) -> bool {
    matches!(error.code.as_deref(), Some("NOT_FOUND" | "METHOD_NOT_ALLOWED"))
}

/// Puts a deploy's two parts together: the options as JSON and the zip as it is; base64 is refused
/// there (S 6.5).
fn multipart(options: &str, zip: &[u8]) -> RawBody {
    let mut number = 0_u32;
    let boundary = loop {
        let boundary = format!("sfsetup-{number}-boundary");
        if memchr::memmem::find(zip, boundary.as_bytes()).is_none() {
            break boundary;
        }
        number += 1;
    };
    let mut body = Vec::with_capacity(zip.len() + 1024);
    body.extend_from_slice(
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"entity_content\"\r\n\
             Content-Type: application/json\r\n\r\n{options}\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"deploy.zip\"\r\n\
             Content-Type: application/zip\r\n\r\n"
        )
        .as_bytes(),
    );
    body.extend_from_slice(zip);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    RawBody::new(body, format!("multipart/form-data; boundary={boundary}"))
}

/// Flags and numbers may come as strings (S 6.5).
fn flag(json: &Json) -> bool {
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

fn read_status(id: &str, result: &Json) -> DeployStatus {
    // The CLI's names, and those of cirrus' own form of the SOAP answer.
    let field = |name: &str| {
        let snake: String = name
            .chars()
            .flat_map(|c| {
                if c.is_ascii_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }
            })
            .collect();
        result.get(name).or_else(|| result.get(snake.as_str())).unwrap_or(&Json::Null)
    };
    let text = |json: &Json| json.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let status = text(field("status")).unwrap_or_default();
    let is_end = matches!(
        status.as_str(),
        "Succeeded"
            | "SucceededPartial"
            | "Failed"
            | "Canceled"
            | "FinalizingDeployFailed"
            | "FinalizingFailed"
    );
    let details = field("details");
    let list = |camel: &str, snake: &str| match details.get(camel).or_else(|| details.get(snake)) {
        Some(Json::Array(messages)) => messages.clone(),
        Some(one @ Json::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let mut failures: Vec<DeployMessage> =
        list("componentFailures", "component_failures").iter().map(message).collect();
    let successes = list("componentSuccesses", "component_successes");
    // A partial success is none: `rollbackOnError` was asked for.
    let success = (flag(field("success")) || status == "Succeeded")
        && status != "SucceededPartial"
        && failures.is_empty();
    if !success {
        failures.extend(failed_tests(details));
    }
    let message_of_all = match (text(field("errorStatusCode")), text(field("errorMessage"))) {
        (Some(code), Some(message)) if !message.starts_with(&code) => {
            Some(format!("{code}: {message}"))
        }
        (code, message) => message.or(code),
    };
    DeployStatus {
        id: id.to_owned(),
        done: flag(field("done")) || is_end,
        success,
        deployed: number(field("numberComponentsDeployed")).unwrap_or(0),
        total: number(field("numberComponentsTotal")).unwrap_or(0),
        check_only: flag(field("checkOnly")),
        started: text(field("startDate")).or_else(|| text(field("createdDate"))),
        completed: text(field("completedDate")),
        message: message_of_all,
        canceled_by: text(field("canceledByName")).or_else(|| text(field("canceledBy"))),
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
    }
}

/// What failed of the tests, and of what they must cover: it belongs to no component of the package.
fn failed_tests(details: &Json) -> Vec<DeployMessage> {
    let get = |json: &Json, camel: &str, snake: &str| {
        json.get(camel).or_else(|| json.get(snake)).cloned().unwrap_or(Json::Null)
    };
    let result = match get(details, "runTestResult", "run_test_result") {
        // Where the documentation's sample has it (S 6.5).
        Json::Null => get(details, "runTestResults", "run_test_results"),
        result => result,
    };
    let list = |camel: &str, snake: &str| match get(&result, camel, snake) {
        Json::Array(all) => all,
        one @ Json::Object(_) => vec![one],
        _ => Vec::new(),
    };
    let text = |json: &Json, camel: &str, snake: &str| {
        get(json, camel, snake).as_str().unwrap_or_default().to_owned()
    };
    let of = |name: String, problem: String| DeployMessage {
        component: None,
        file: name,
        problem,
        line: None,
    };
    let failed = list("failures", "failures").into_iter().map(|one| {
        let (class, method) = (text(&one, "name", "name"), text(&one, "methodName", "method_name"));
        let name = if method.is_empty() { class } else { format!("{class}.{method}") };
        of(format!("test {name}"), text(&one, "message", "message"))
    });
    let uncovered = list("codeCoverageWarnings", "code_coverage_warnings");
    let uncovered = uncovered.into_iter().map(|one| {
        let name = text(&one, "name", "name");
        let name = if name.is_empty() { "the org's code".to_owned() } else { name };
        of(format!("coverage of {name}"), text(&one, "message", "message"))
    });
    failed.chain(uncovered).filter(|one| !one.problem.is_empty()).collect()
}

fn message(json: &Json) -> DeployMessage {
    let text = |camel: &str, snake: &str| {
        json.get(camel)
            .or_else(|| json.get(snake))
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    let (type_name, full_name) =
        (text("componentType", "component_type"), text("fullName", "full_name"));
    DeployMessage {
        component: (!type_name.is_empty()).then(|| {
            let name = canonical_full_name(&type_name, &full_name);
            ComponentId::new(type_name, name)
        }),
        file: text("fileName", "file_name"),
        problem: text("problem", "problem"),
        line: json.get("lineNumber").or_else(|| json.get("line_number")).and_then(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_read_as_flags_and_numbers() {
        let status = read_status(
            "0Af",
            &json!({ "status": "Reticulating", "done": "false", "success": "false", "numberComponentsDeployed": "2", "numberComponentsTotal": "5" }),
        );
        assert_eq!((status.done, status.deployed, status.total), (false, 2, 5));
        let status = read_status("0Af", &json!({ "status": "SucceededPartial" }));
        assert!(status.done && !status.success);
    }

    #[test]
    fn failures_name_their_component() {
        let status = read_status(
            "0Af",
            &json!({ "status": "Failed", "done": true, "success": false, "details": { "componentFailures": { "componentType": "Profile",
                "fullName": "Custom%3A Sales", "fileName": "profiles/x", "problem": "Unknown user \
                    permission: X", "lineNumber": "3" } } }),
        );
        assert_eq!(
            status.failures[0].component,
            Some(ComponentId::new("Profile", "Custom: Sales"))
        );
        assert_eq!(status.failures[0].line, Some(3));
    }

    #[test]
    fn the_boundary_is_not_in_the_zip() {
        let body = multipart("{}", b"xx sfsetup-0-boundary xx");
        assert!(body.content_type().ends_with("sfsetup-1-boundary"));
    }
}
