//! What became of a plan that was to be carried out: `sfsetup.deploy/1` and `sfsetup.rollback/1`.

use serde::Serialize;

use super::parts::{Component, Error, Identity, Wanted};
use super::plan::{FileRow, LeftRow, PlanRow};
use crate::journal::Stage;
use crate::org::deploy::{About, DeployMessage, DeployStatus};
use crate::report::Failure;

/// How a run ended, as far as the org goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing was sent; the error says why.
    #[default]
    NotSent,
    /// There is nothing to do.
    NothingToDo,
    /// The saved plan was carried out before, and what it changed is still so.
    DoneBefore,
    /// A run that was cut off before is finished; nothing more was done.
    Finished,
    /// The org would accept it; nothing is changed.
    Validated,
    /// The org has refused it, and changed nothing.
    Refused,
    /// It was canceled, and nothing is changed.
    Canceled,
    /// The org has carried it out, and what was to change was seen to be so.
    Done,
    /// The org has carried it out, and is not as it should be.
    NotInSync,
    /// The org has carried it out, and was not looked at afterwards.
    Unverified,
    /// What the package changes is in, and not all that comes after it.
    InPart,
    /// Whether the org has carried it out, or still will, is not known.
    Unknown,
}

impl From<Stage> for Outcome {
    /// What is known of a deploy that did not come to its end, by how far it has come.
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Prepared | Stage::NotSent => Self::NotSent,
            Stage::Sent | Stage::Accepted | Stage::Undone | Stage::Forgotten => Self::Unknown,
            Stage::Applied | Stage::Done => Self::Unverified,
            Stage::Failed => Self::Refused,
            Stage::Canceled => Self::Canceled,
        }
    }
}

/// A run, told as far as it has come.
#[derive(Debug, Default, Serialize)]
pub struct Run {
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the org was only to try it.
    pub validate: bool,
    /// The org; none where it could not be asked.
    pub org: Option<Identity>,
    /// What the plan was made from; none for a rollback.
    pub wanted: Option<Wanted>,
    /// The entry of the journal that was to be taken back.
    pub takes_back: Option<String>,
    /// Runs that were cut off before, and what this one found out of them.
    pub earlier: Vec<Earlier>,
    /// What was to change.
    pub plan: Option<PlanRow>,
    /// What changes in each file that is sent.
    pub files: Vec<FileRow>,
    /// The entry of the journal under which `rollback` finds it.
    pub journal: Option<String>,
    /// What the org says of it.
    pub deploy: Option<DeployRow>,
    /// The look at the org afterwards.
    pub verified: Option<Verified>,
    /// What is left in the end.
    pub left: Vec<LeftRow>,
    /// What the reader should know, as it was said on the way.
    pub notes: Vec<String>,
}

impl Run {
    /// Says whether something was sent in it that changes the org.
    pub fn is_sent(&self) -> bool {
        use Outcome::{DoneBefore, Finished, NotSent, NothingToDo};
        let is_nothing = matches!(self.outcome, NotSent | NothingToDo | DoneBefore | Finished);
        !is_nothing && !self.validate
    }

    /// Says whether what was sent was not seen to its end.
    pub fn is_open(&self) -> bool {
        self.is_sent()
            && matches!(self.outcome, Outcome::Unverified | Outcome::Unknown | Outcome::InPart)
    }
}

/// The same of many orgs.
#[derive(Debug, Serialize)]
pub struct RunOfMany {
    /// The run's id, by which all of it is taken back; none where nothing was sent.
    pub run: Option<String>,
    /// The run that is taken back.
    #[serde(rename = "takes_back_run")]
    pub takes_back: Option<String>,
    /// Each org, in the order in which they are named.
    pub orgs: Vec<OneRun>,
}

/// One of many.
#[derive(Debug, Serialize)]
pub struct OneRun {
    pub(in crate::report) error: Option<Error>,
    #[serde(flatten)]
    pub(in crate::report) run: Run,
}

impl RunOfMany {
    /// Says whether an org holds something of it.
    pub fn has_changed(&self) -> bool {
        let is_not = |org: &OneRun| matches!(org.run.outcome, Outcome::Refused | Outcome::Canceled);
        self.orgs.iter().any(|org| org.run.is_sent() && !is_not(org))
    }
}

impl OneRun {
    /// A run over one of many, and what went wrong.
    pub fn new(failure: Option<Failure>, run: Run) -> Self {
        Self { error: failure.map(Error::from), run }
    }

    /// Says whether it was written down.
    pub fn is_in_journal(&self) -> bool {
        self.run.journal.is_some() && !self.run.validate
    }

    /// What the user calls the org.
    pub(in crate::report) fn name(&self) -> &str {
        self.run.org.as_ref().map_or("", |org| &org.name)
    }
}

/// A run that was cut off before.
#[derive(Clone, Debug, Serialize)]
pub struct Earlier {
    /// Its entry in the journal.
    pub journal: String,
    /// The org's id of it.
    pub deploy: Option<String>,
    /// What it was for.
    pub what: String,
    /// What became of it.
    pub found: String,
}

/// What the org says of a deploy.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeployRow {
    /// Its id.
    pub id: String,
    status: Option<String>,
    success: Option<bool>,
    check_only: bool,
    started: Option<String>,
    completed: Option<String>,
    created_by: Option<String>,
    canceled_by: Option<String>,
    error_code: Option<String>,
    message: Option<String>,
    components: u64,
    components_deployed: u64,
    tests: u64,
    tests_failed: u64,
    failures: Vec<Message>,
    test_failures: Vec<TestFailure>,
    coverage: Vec<Coverage>,
    warnings: Vec<Message>,
}

/// What the org says of a component, in its own words.
#[derive(Clone, Debug, Serialize)]
struct Message {
    component: Option<Component>,
    file: String,
    line: Option<u64>,
    column: Option<u64>,
    problem: String,
    problem_type: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct TestFailure {
    class: String,
    method: Option<String>,
    message: String,
    stack_trace: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Coverage {
    name: String,
    message: String,
}

/// The look at the org afterwards.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verified {
    /// Whether all that could be seen of the plan is so.
    pub in_sync: bool,
    /// How many settings were seen to be as the plan has them; none where not all are.
    pub settings: Option<usize>,
    /// What is not as the plan says.
    pub undone: Vec<String>,
    /// What else has moved meanwhile.
    pub moved: Vec<String>,
    /// What another's deploy and this one may have undone of one another.
    pub others: Vec<String>,
}

impl DeployRow {
    /// A deploy of which nothing but the id is known.
    pub fn of_id(id: &str, check_only: bool) -> Self {
        Self { id: id.to_owned(), check_only, ..Self::default() }
    }
}

impl From<&DeployStatus> for DeployRow {
    fn from(status: &DeployStatus) -> Self {
        let (mut failures, mut test_failures, mut coverage) = (Vec::new(), Vec::new(), Vec::new());
        for failure in &status.failures {
            let message = failure.problem.clone();
            match &failure.about {
                About::Component => failures.push(Message::from(failure)),
                About::Test { class, method, stack_trace } => test_failures.push(TestFailure {
                    class: class.clone(),
                    method: method.clone(),
                    message,
                    stack_trace: stack_trace.clone(),
                }),
                About::Coverage(name) => coverage.push(Coverage { name: name.clone(), message }),
            }
        }
        let (tests, tests_failed) = status.tests;
        Self {
            id: status.id.clone(),
            status: Some(status.status.clone()),
            success: status.done.then_some(status.success),
            check_only: status.check_only,
            started: status.started.clone(),
            completed: status.completed.clone(),
            created_by: status.created_by.clone(),
            canceled_by: status.canceled_by.clone(),
            error_code: status.error_code.clone(),
            message: status.message.clone(),
            components: status.total,
            components_deployed: status.deployed,
            tests,
            tests_failed,
            failures,
            test_failures,
            coverage,
            warnings: status.warnings.iter().map(Message::from).collect(),
        }
    }
}

impl From<&DeployMessage> for Message {
    fn from(message: &DeployMessage) -> Self {
        Self {
            component: message.component.as_ref().map(Component::from),
            file: message.file.clone(),
            line: message.line,
            column: message.column,
            problem: message.problem.clone(),
            problem_type: message.problem_type.clone(),
        }
    }
}
