//! One deploy in the org: started once, watched, canceled; found again when its answer was lost.
//!
//! REST `deployRequest` (S 6.5), with SOAP where an org does not have it. Nothing here is repeated
//! that starts something. cirrus' typed REST calls take no numbers that come as strings and post a
//! quick deploy to another address than S 6.5 has, so the answers are read here, and a quick deploy
//! goes by SOAP.

mod status;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cirrus::RawBody;
use cirrus_metadata::DeployOptions;
use serde_json::{Value as Json, json};

use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::http::{self, soql_text};
use crate::org::patience::Pages;
use crate::org::{Event, Org, is_id};

pub use status::{About, DeployMessage, DeployStatus};

use status::{flag, read_status};

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
    /// Who started it, by id.
    pub created_by: String,
    /// When it was sent, as the org writes it.
    pub created: String,
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

/// Whether an error says nothing of whether the org took the request. A gateway can pass a request
/// on and still answer with a page of its own.
fn is_lost(error: &OrgError) -> bool {
    match (error.kind, error.code.as_deref()) {
        // The connection broke, or what came cannot be read.
        (
            OrgErrorKind::Unreachable
            | OrgErrorKind::TimedOut
            | OrgErrorKind::Unexpected
            | OrgErrorKind::Hostile
            | OrgErrorKind::Damaged,
            _,
        )
        | (OrgErrorKind::Unavailable, None) => true,
        (_, code) => code == Some("UNKNOWN_EXCEPTION"),
    }
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
        match self
            .wire
            .soap_with_zip("deploy", self.wire.metadata().deploy(zip.into(), options))
            .await
        {
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
            Ok(answer) => read_status(id, &answer["deployResult"]),
            Err(error) if is_no_such_resource(&error) => {
                let call = self.wire.metadata().check_deploy_status(id, true);
                let result = self.wire.soap("checkDeployStatus", call).await?;
                let json = serde_json::to_value(&result).unwrap_or_default();
                read_status(id, &json)
            }
            Err(error) => Err(error),
        }
    }

    /// Watches a deploy until it is over, telling of each look.
    ///
    /// # Errors
    /// The org can't be asked for longer than a job may take; the deploy may go on all the same.
    pub async fn watch_deploy(&self, id: &str, what: &str) -> Result<DeployStatus, OrgError> {
        self.watch_deploy_for(id, what, None).await
    }

    /// As [`Self::watch_deploy`], for so long at most where a limit is given.
    ///
    /// # Errors
    /// It is not over by then, or the org cannot be asked.
    pub(crate) async fn watch_deploy_for(
        &self,
        id: &str,
        what: &str,
        limit: Option<Duration>,
    ) -> Result<DeployStatus, OrgError> {
        let limit = limit.unwrap_or(self.job_timeout);
        let began = Instant::now();
        let mut told = 0;
        let mut unknown_since: Option<Instant> = None;
        let mut pages = Pages::new(self.pages_timeout);
        loop {
            tokio::time::sleep(http::next_look(began.elapsed())).await;
            let is_late = began.elapsed() > limit;
            let asked = Instant::now();
            match self.deploy_status(id).await {
                Ok(status) if status.done => return Ok(status),
                Ok(status) => {
                    unknown_since = None;
                    pages.none();
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
                Err(error) if pages.stay(asked, &error) => return Err(error),
                // A look costs nothing.
                Err(error) if error.is_passing() && (!is_late || error.is_about_its_id()) => {
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
    /// them to this user.
    ///
    /// # Errors
    /// The org cannot be asked, or what came is no answer: that says nothing of what it would show.
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
            Err(error) if error.is_lasting() || error.is_about_rights() => return Ok(None),
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
                    created: text(row, "CreatedDate"),
                })
                .collect(),
        ))
    }

    /// Counts the users who have signed in through an app: those whom "admin approved users" may
    /// lock out (S 8, trap 10).
    ///
    /// # Errors
    /// The org cannot be asked at all.
    pub(crate) async fn users_of_app(&self, app: &str) -> Result<AppUsers, OrgError> {
        let soql = format!("SELECT UserId FROM OauthToken WHERE AppName = {}", soql_text(app));
        match self.wire.query(&soql).await {
            Ok(rows) => {
                let users: BTreeSet<&str> =
                    rows.iter().filter_map(|row| row["UserId"].as_str()).collect();
                Ok(AppUsers::Seen(users.len()))
            }
            Err(error) if error.is_about_rights() => Ok(AppUsers::Hidden),
            // A page in place of an answer, or an answer that is cut off, hides nothing.
            Err(error) if error.is_about_one_question() => Ok(AppUsers::Unread(error.to_string())),
            Err(error) => Err(error),
        }
    }
}

/// How many users have signed in through an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AppUsers {
    /// So many.
    Seen(usize),
    /// The caller may not see it.
    Hidden,
    /// It could not be read, and why.
    Unread(String),
}

/// Says whether a text has the form of a deploy's id: `0Af`, and 15 or 18 letters and digits in
/// all.
pub fn is_deploy_id(text: &str) -> bool {
    is_id(text, "0Af")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_not_in_the_zip() {
        let body = multipart("{}", b"xx sfsetup-0-boundary xx");
        assert!(body.content_type().ends_with("sfsetup-1-boundary"));
    }
}
