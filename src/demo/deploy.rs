//! Deploys: queued, validated or carried out, rolled back, canceled (S 6.3, 6.4).
//!
//! What a package holds is read by `package`; whether a file is well formed is judged by `check`;
//! what a type does with it stands in a file of its own.

mod age;
mod check;
mod connected_app;
mod connection;
mod credential;
mod dependency;
pub(crate) mod direct;
mod external_app;
mod gone;
mod naming;
mod package;
mod permission_set;
mod profile;
mod rights;
mod settings;
mod value;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::id::{of_job, same_id, unknown};
use super::job::{DeployJob, DeployOptions, Message, Outcome};
use super::name::{Key, encode, path_of_key};
use super::refusal::{Refusal, refuse};
use super::schema;
use super::state::{Org, State, Stored, component_id, string};
use super::tree::Node;
pub(super) use age::cut;
pub(super) use connected_app::flag_default;
use package::{Deletion, Unit};
pub(crate) use package::{NEWEST, OLDEST};
pub(crate) use rights::PRE_AUTHORISING;

/// Something wrong with a file, with its place where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    message: String,
    place: Option<(usize, usize)>,
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self { message, place: None }
    }
}

impl From<&str> for Problem {
    fn from(message: &str) -> Self {
        Self::from(message.to_owned())
    }
}

/// What a type makes of a deployed file.
struct Ruled {
    /// What the org holds afterwards.
    node: Node,
    warnings: Vec<String>,
    /// Components that the org makes by itself.
    also: Vec<(Key, Node)>,
    /// The consumer key whose secret is made anew.
    rotates: Option<String>,
}

impl From<Node> for Ruled {
    fn from(node: Node) -> Self {
        Self { node, warnings: Vec::new(), also: Vec::new(), rotates: None }
    }
}

/// Ten days, for which a validation counts (S 6.4).
const VALIDATION_LASTS: u64 = 10 * 86_400_000;
/// How many deploys are remembered, beside those that wait.
const HISTORY: usize = 50;
/// How many failures of a deploy are listed.
const FAILURES: usize = 500;

impl State {
    /// Queues a deploy and returns its id. Only one runs at a time (S 6.4).
    pub(crate) fn start_deploy(
        &mut self,
        zip: &[u8],
        options: DeployOptions,
        user: &str,
        now: u64,
    ) -> String {
        let components = package::read(zip, &options).map_or(0, |package| package.size());
        self.queue(BASE64_STANDARD.encode(zip), components, options, user, now)
    }

    fn queue(
        &mut self,
        zip: String,
        components: u64,
        options: DeployOptions,
        user: &str,
        now: u64,
    ) -> String {
        let id = self.org.new_id("0Af");
        let free = self
            .org
            .deploys
            .iter()
            .filter(|job| job.outcome.is_none() && job.end != u64::MAX)
            .map(|job| job.end)
            .max();
        let start = free.unwrap_or(now).max(now);
        self.org.deploys.push(DeployJob {
            id: id.clone(),
            options,
            zip: Some(zip),
            components,
            created_by: user.to_owned(),
            created: now,
            start,
            end: start + self.delay,
            canceled: None,
            outcome: None,
        });
        // What waits is never forgotten.
        let mut over = self.org.deploys.len().saturating_sub(HISTORY);
        self.org.deploys.retain(|job| {
            let goes = over > 0 && job.outcome.is_some();
            over -= usize::from(goes);
            !goes
        });
        self.dirty = true;
        id
    }

    /// Keeps a deploy from ever ending; for the fault of that name.
    pub(crate) fn hold_deploy(&mut self, id: &str) {
        if let Some(job) = self.org.deploys.iter_mut().find(|job| job.id == id) {
            job.end = u64::MAX;
        }
    }

    /// Starts a deploy of what was validated before, and returns its new id.
    pub(crate) fn quick_deploy(
        &mut self,
        id: &str,
        user: &str,
        now: u64,
    ) -> Result<String, Refusal> {
        let job = self.deploy(id)?;
        let passed = job.outcome.as_ref().is_some_and(|outcome| {
            outcome.status == "Succeeded" && now < outcome.completed + VALIDATION_LASTS
        });
        let (true, true, Some(zip)) = (job.options.check_only, passed, job.zip.clone()) else {
            return Err(refuse(
                "INVALID_ID_FIELD",
                format!("{id} is not the ID of a validation of the last 10 days that succeeded"),
            ));
        };
        let options = DeployOptions { check_only: false, ..job.options.clone() };
        let components = job.components;
        Ok(self.queue(zip, components, options, user, now))
    }

    /// Asks a deploy to stop; returns whether it already has.
    pub(crate) fn cancel_deploy(&mut self, id: &str, now: u64) -> Result<bool, Refusal> {
        self.deploy(id)?;
        let Some(job) = self.org.deploys.iter_mut().find(|job| same_id(&job.id, id)) else {
            return Ok(false);
        };
        if job.outcome.is_some() {
            return Err(refuse("INVALID_ID_FIELD", "Deployment already completed"));
        }
        job.canceled.get_or_insert(now);
        self.dirty = true;
        Ok(self.delay == 0)
    }

    pub(crate) fn deploy(&self, id: &str) -> Result<&DeployJob, Refusal> {
        of_job(id)?;
        self.org.deploys.iter().find(|job| same_id(&job.id, id)).ok_or_else(unknown)
    }

    pub(crate) fn finish_deploys(&mut self, now: u64) {
        for index in 0..self.org.deploys.len() {
            let job = &self.org.deploys[index];
            if job.outcome.is_some() {
                continue;
            }
            let outcome = match job.canceled {
                Some(asked) if asked + self.delay / 4 <= now => Outcome {
                    status: "Canceled".to_owned(),
                    completed: asked + self.delay / 4,
                    ..Outcome::default()
                },
                None if job.end <= now => {
                    let job = job.clone();
                    self.org.carry_out(&job)
                }
                _ => continue,
            };
            let job = &mut self.org.deploys[index];
            if !(job.options.check_only && outcome.status == "Succeeded") {
                job.zip = None;
            }
            job.outcome = Some(outcome);
            self.dirty = true;
        }
    }
}

/// In which order types are taken, so that what is referred to is there first; others come last.
const ORDER: &[&str] = &[
    "Settings",
    "ExternalCredential",
    "NamedCredential",
    "PermissionSet",
    "PermissionSetGroup",
    "Profile",
    "ExternalClientApplication",
    "ExtlClntAppOauthSettings",
    "ExtlClntAppGlobalOauthSettings",
    "ExtlClntAppConfigurablePolicies",
    "ExtlClntAppOauthConfigurablePolicies",
    "ConnectedApp",
];

impl Org {
    /// Does what a deploy says, or for a validation finds out what it would do.
    fn carry_out(&mut self, job: &DeployJob) -> Outcome {
        let zip =
            job.zip.as_deref().and_then(|zip| BASE64_STANDARD.decode(zip).ok()).unwrap_or_default();
        let mut outcome = Outcome { completed: job.end, ..Outcome::default() };
        let mut package = match package::read(&zip, &job.options) {
            Ok(package) => package,
            Err(problem) => {
                outcome.failures.push(Message {
                    full_name: "package.xml".to_owned(),
                    file_name: "package.xml".to_owned(),
                    ..failure(&Problem::from(problem), job.end)
                });
                outcome.status = "Failed".to_owned();
                return outcome;
            }
        };
        // Tried on a copy, which becomes the org if all is well.
        let mut after = self.clone();
        for deletion in &package.delete_before {
            after.delete(deletion, job, &mut outcome);
        }
        let place = |name: &str| ORDER.iter().position(|one| *one == name).unwrap_or(ORDER.len());
        package.units.sort_by_key(|unit| place(&unit.key.0));
        for unit in &package.units {
            after.deploy_unit(unit, job, &mut outcome);
        }
        for deletion in &package.delete_after {
            after.delete(deletion, job, &mut outcome);
        }
        outcome.failures.append(&mut package.mismatches(job.end));
        limit(&mut outcome.failures, job.end);
        let warned = outcome
            .successes
            .iter()
            .any(|message| message.problem_type.as_deref() == Some("Warning"));
        let spoiled = !outcome.failures.is_empty() || (warned && !job.options.ignore_warnings);
        let package_failed = outcome.failures.is_empty() && spoiled;
        let any_done = outcome.successes.iter().any(|message| message.problem_type.is_none());
        outcome.successes.push(Message {
            full_name: "package.xml".to_owned(),
            file_name: "package.xml".to_owned(),
            success: true,
            changed: true,
            date: job.end,
            ..Message::default()
        });
        outcome.status = match (spoiled, job.options.rollback_on_error) {
            (false, _) => "Succeeded",
            (true, true) => "Failed",
            (true, false) if package_failed || !any_done => "Failed",
            (true, false) => "SucceededPartial",
        }
        .to_owned();
        if !job.options.check_only && outcome.status != "Failed" {
            let changes = self.changes_to(&after);
            self.components = after.components;
            self.records = after.records;
            self.rotated = after.rotated;
            self.forget_blocked();
            self.note_changes(changes, &job.created_by, job.end);
        }
        outcome
    }

    fn deploy_unit(&mut self, unit: &Unit, job: &DeployJob, outcome: &mut Outcome) {
        let (type_name, full_name) = &unit.key;
        let line = Message {
            component_type: type_name.clone(),
            full_name: encode(full_name),
            file_name: unit.path.clone(),
            date: job.end,
            ..Message::default()
        };
        let old = self.component(type_name, full_name);
        // In which order elements stand in the file is no change.
        let changes = |ruled: &Ruled| {
            ruled.rotates.is_some() || old != Node::parse(&ruled.node.to_file()).ok()
        };
        let ruled = self.classify(unit, old.as_ref()).and_then(|ruled| {
            let (before, after) = (old.as_ref(), Some(&ruled.node));
            let owned = self.owned_by_package(type_name, full_name).filter(|_| changes(&ruled));
            let lacking = rights::lacking(self, &job.created_by, &unit.key, before, after);
            match lacking.or(owned.map(Problem::from)) {
                Some(problem) => Err(vec![problem]),
                None => Ok(ruled),
            }
        });
        match ruled {
            Ok(ruled) => {
                let changed = changes(&ruled);
                if let Some(key) = ruled.rotates {
                    *self.rotated.entry(key).or_default() += 1;
                }
                for (key, node) in ruled.also {
                    self.store(key, &node, job);
                }
                if changed {
                    self.store(unit.key.clone(), &ruled.node, job);
                }
                let line = Message {
                    id: Some(component_id(type_name, full_name)),
                    success: true,
                    changed,
                    created: old.is_none(),
                    ..line
                };
                for warning in &ruled.warnings {
                    outcome.successes.push(Message {
                        problem: Some(warning.clone()),
                        problem_type: Some("Warning".to_owned()),
                        ..line.clone()
                    });
                }
                if ruled.warnings.is_empty() {
                    outcome.successes.push(line);
                }
            }
            Err(problems) => {
                for problem in problems {
                    outcome.failures.push(Message {
                        component_type: line.component_type.clone(),
                        full_name: line.full_name.clone(),
                        file_name: line.file_name.clone(),
                        ..failure(&problem, job.end)
                    });
                }
            }
        }
    }

    fn classify(&self, unit: &Unit, old: Option<&Node>) -> Result<Ruled, Vec<Problem>> {
        let (type_name, full_name) = &unit.key;
        if old.is_none()
            && let Some(problem) = naming::wrong(self, &unit.key)
        {
            return Err(vec![problem]);
        }
        let mut new = check::parse(&unit.content, &unit.key, unit.version)
            .map_err(|problem| vec![problem])?;
        let wrong = value::wrong(&new);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if let Some(old) = old {
            let fields = schema::fields_at(type_name, full_name, NEWEST);
            age::keep(&mut new, old, fields, unit.version);
        }
        match type_name.as_str() {
            "ConnectedApp" => connected_app::rule(self, new, old, unit.version),
            "PermissionSet" => permission_set::rule_set(self, new, old, unit.version),
            "PermissionSetGroup" => permission_set::rule_group(self, new),
            "Profile" => profile::rule(self, full_name, new, old, unit.version),
            "Settings" => settings::rule(new, old),
            name if connection::TYPES.contains(&name) => connection::rule(self, &unit.key, new),
            name if credential::TYPES.contains(&name) => credential::rule(self, new),
            _ => external_app::rule(self, &unit.key, new, old, unit.version),
        }
    }

    fn store(&mut self, key: Key, node: &Node, job: &DeployJob) {
        let created = self.components.get(&key).map_or(job.end, |stored| stored.created);
        self.components.insert(
            key,
            Stored {
                content: node.to_file(),
                created,
                modified: job.end,
                modified_by: job.created_by.clone(),
            },
        );
    }

    fn delete(&mut self, deletion: &Deletion, job: &DeployJob, outcome: &mut Outcome) {
        let Deletion { key, file } = deletion;
        let (type_name, full_name) = key;
        let line = Message {
            component_type: type_name.clone(),
            full_name: encode(full_name),
            file_name: path_of_key(key).unwrap_or_default(),
            date: job.end,
            ..Message::default()
        };
        if !self.components.contains_key(key) {
            // Reported, but nothing that stops the rest (S 6.10).
            outcome.successes.push(Message {
                success: true,
                file_name: (*file).to_owned(),
                problem: Some(format!("No {type_name} named: {} found", encode(full_name))),
                problem_type: Some("Warning".to_owned()),
                ..line
            });
            return;
        }
        let old = self.component(type_name, full_name);
        let lacking = rights::lacking(self, &job.created_by, key, old.as_ref(), None);
        if let Some(reason) = lacking.map(|problem| problem.message).or_else(|| self.in_use(key)) {
            outcome.failures.push(Message {
                component_type: line.component_type,
                full_name: line.full_name,
                file_name: line.file_name,
                ..failure(&Problem::from(reason), job.end)
            });
            return;
        }
        self.take_away(key);
        outcome.successes.push(Message {
            id: Some(component_id(type_name, full_name)),
            success: true,
            changed: true,
            deleted: true,
            ..line
        });
    }

    /// Why a component cannot be deleted. The texts are the demo org's own: no source gives
    /// Salesforce's.
    fn in_use(&self, (type_name, full_name): &Key) -> Option<String> {
        if let Some(reason) = self.owned_by_package(type_name, full_name) {
            return Some(reason);
        }
        match type_name.as_str() {
            "Profile" if self.catalog.standard_profiles.contains_key(full_name) => {
                Some("You can't delete a standard profile".to_owned())
            }
            "Profile" => self
                .records
                .get("User")?
                .iter()
                .find(|row| string(row, "Profile") == full_name)
                .map(|row| {
                    format!(
                        "This profile cannot be deleted because users are assigned to it: {}",
                        string(row, "Username")
                    )
                }),
            "PermissionSet" => {
                let groups = self
                    .of_type("PermissionSetGroup")
                    .find(|(_, node)| node.texts("permissionSets").any(|set| set == full_name));
                groups.map(|(group, _)| {
                    format!(
                        "This permission set is referenced elsewhere: \
                    Permission Set Group - {group}"
                    )
                })
            }
            "ExternalCredential" => credential::in_use(self, full_name),
            "Settings" => Some("Settings cannot be deleted".to_owned()),
            _ => None,
        }
    }
}

/// Keeps the first of very many failures, and says how many more there are.
fn limit(failures: &mut Vec<Message>, date: u64) {
    let more = failures.len().saturating_sub(FAILURES);
    if more > 0 {
        failures.truncate(FAILURES);
        failures.push(Message {
            full_name: "package.xml".to_owned(),
            file_name: "package.xml".to_owned(),
            ..failure(&Problem::from(format!("{more} further problems are not listed")), date)
        });
    }
}

fn failure(problem: &Problem, date: u64) -> Message {
    Message {
        problem: Some(problem.message.clone()),
        problem_type: Some("Error".to_owned()),
        line: problem.place.map(|(line, _)| line),
        column: problem.place.map(|(_, column)| column),
        date,
        ..Message::default()
    }
}

#[cfg(test)]
mod tests;
