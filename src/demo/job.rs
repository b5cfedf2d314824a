//! Jobs of the Metadata API as values: what a retrieve or a deploy was asked for, when it is due,
//! and how it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name::Key;
use super::refusal::Refusal;

/// Files by path, with `/`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The most files that a deploy or retrieve may hold (S 6.7).
pub(crate) const MAX_FILES: usize = 10_000;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct RetrieveRequest {
    /// Types with their members, as written.
    pub(crate) types: Vec<(String, Vec<String>)>,
    pub(crate) version: u16,
    pub(crate) single_package: bool,
    /// Whether the caller sees the object, field, layout, record type and tab parts of profiles.
    pub(crate) sees_parts: bool,
}

/// A retrieve that was started.
#[derive(Clone, Debug)]
pub(crate) struct RetrieveJob {
    pub(crate) request: RetrieveRequest,
    pub(crate) started: u64,
    pub(crate) ready: u64,
    pub(crate) outcome: Option<Retrieved>,
    /// The zip can be fetched once (S 6.2).
    pub(crate) fetched: bool,
    /// A component that makes the whole retrieve fail; set by a fault.
    pub(crate) fails_on: Option<Key>,
    /// How many files are too many; a fault lowers it.
    pub(crate) max_files: usize,
}

/// What a retrieve brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retrieved {
    pub(crate) files: Files,
    pub(crate) properties: Vec<FileProperties>,
    /// File and problem.
    pub(crate) messages: Vec<(String, String)>,
    pub(crate) error: Option<Refusal>,
}

/// A line of `fileProperties`, or of a list.
#[derive(Clone, Debug)]
pub(crate) struct FileProperties {
    pub(crate) file_name: String,
    pub(crate) full_name: String,
    pub(crate) type_name: String,
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) modified: u64,
    pub(crate) modified_by: String,
}

/// The options of a deploy (S 6.3).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeployOptions {
    pub(crate) allow_missing_files: bool,
    pub(crate) auto_update_package: bool,
    pub(crate) check_only: bool,
    pub(crate) ignore_warnings: bool,
    pub(crate) purge_on_delete: bool,
    pub(crate) rollback_on_error: bool,
    pub(crate) run_tests: Vec<String>,
    pub(crate) single_package: bool,
    pub(crate) test_level: Option<String>,
}

/// The names of the options. `runAllTests` is long gone from the WSDL and still sent by a client
/// that works; `performRetrieve` is reserved (S 6.3).
const OPTIONS: &[&str] = &[
    "allowMissingFiles",
    "autoUpdatePackage",
    "checkOnly",
    "ignoreWarnings",
    "performRetrieve",
    "purgeOnDelete",
    "rollbackOnError",
    "runAllTests",
    "runTests",
    "singlePackage",
    "testLevel",
];

/// How much is tested, by the option's words (S 6.3).
const TEST_LEVELS: &[&str] =
    &["NoTestRun", "RunSpecifiedTests", "RunLocalTests", "RunAllTestsInOrg", "RunRelevantTests"];

impl DeployOptions {
    /// The name among these that is no option's.
    pub(crate) fn unknown<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        names.find(|name| !OPTIONS.contains(name))
    }

    /// What is wrong with the level of tests.
    pub(crate) fn wrong_level(&self) -> Option<String> {
        let level = self.test_level.as_deref().filter(|level| !TEST_LEVELS.contains(level))?;
        Some(format!("'{level}' is not a valid value for the enum 'TestLevel'"))
    }
}

/// A deploy that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DeployJob {
    pub(crate) id: String,
    pub(crate) options: DeployOptions,
    /// The zip in base64; kept until it is done, and after a validation, for a quick deploy.
    pub(crate) zip: Option<String>,
    /// How many components it holds, for what is shown while it runs.
    #[serde(default)]
    pub(crate) components: u64,
    pub(crate) created_by: String,
    pub(crate) created: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) canceled: Option<u64>,
    pub(crate) outcome: Option<Outcome>,
}

/// How a deploy ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) status: String,
    pub(crate) completed: u64,
    pub(crate) successes: Vec<Message>,
    pub(crate) failures: Vec<Message>,
}

/// A line of `componentSuccesses` or `componentFailures`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) component_type: String,
    pub(crate) full_name: String,
    pub(crate) file_name: String,
    pub(crate) id: Option<String>,
    pub(crate) changed: bool,
    pub(crate) created: bool,
    pub(crate) deleted: bool,
    pub(crate) success: bool,
    pub(crate) problem: Option<String>,
    pub(crate) problem_type: Option<String>,
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
    pub(crate) date: u64,
}

impl DeployJob {
    /// The status at a time.
    pub(crate) fn status(&self, now: u64) -> &str {
        match &self.outcome {
            Some(outcome) => &outcome.status,
            None if self.canceled.is_some() => "Canceling",
            None if now < self.begins() => "Pending",
            None => "InProgress",
        }
    }

    /// When it is taken up: a quarter of its time is spent in the queue.
    fn begins(&self) -> u64 {
        self.start + (self.end - self.start) / 4
    }

    /// How many components are done at a time at which it has not ended: evenly, as time passes.
    pub(crate) fn components_done(&self, now: u64) -> u64 {
        let begins = self.begins();
        let whole = u128::from(self.end.saturating_sub(begins)).max(1);
        let passed = u128::from(now.saturating_sub(begins)).min(whole);
        u64::try_from(u128::from(self.components) * passed / whole).unwrap_or_default()
    }
}
