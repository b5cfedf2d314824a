//! `sfsetup.plan/1`: a plan on disk, for somebody to review and for `deploy --plan` to hold against
//! the org again.
//!
//! It holds no document of the org and no secret: what was read of it, what is to change, and the
//! files as they would be sent. A deploy makes the plan anew from the org's present state and
//! refuses if a field that the saved one read has moved.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::diff::{Finding, Outcome, State, Subject};
use crate::metadata::ComponentId;
use crate::metadata::full_name::{api_full_name, canonical_full_name};
use crate::metadata::value::Value;
use crate::package::{Cause, Change};

use super::steps::Assignment;
use super::{Left, Plan};

/// The format's name and version.
pub const FORMAT: &str = "sfsetup.plan/1";

/// A plan as it stands in a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedPlan {
    /// [`FORMAT`].
    pub format: String,
    /// The SHA-256 of the rest ([`digest`]), by which a plan that was changed by hand is told from
    /// one that was looked at, and a deploy in the journal knows its plan. Plans of older versions
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The org that it was made for.
    pub org: SavedOrg,
    /// What it was made from.
    #[serde(flatten)]
    pub wanted: SavedWanted,
    /// The API version of the package.
    pub api_version: String,
    /// What was chosen of it (`--only`); empty for all.
    #[serde(default)]
    pub only: Vec<String>,
    /// What was left out of it (`--except`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// Every field and fact that was read.
    pub reads: Vec<Read>,
    /// What is to change.
    pub changes: Vec<SavedChange>,
    /// What REST is to change after the package.
    pub assignments: Vec<SavedAssignment>,
    /// What is left for a person, with the reason.
    pub left: Vec<SavedLeft>,
    /// What an admin should know beforehand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What has no way back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_way: Vec<String>,
    /// The files as they would be sent now.
    pub package: BTreeMap<String, String>,
    /// The changes that lead back.
    pub way_back: Vec<SavedChange>,
}

/// The org of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedOrg {
    /// Its id.
    pub id: String,
    /// What the user called it.
    pub name: String,
    /// Its address.
    pub instance_url: String,
}

/// What a plan was made from. In the file the first template stands under `template`, the others
/// under `more_templates`, a baseline under `baseline`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WantedInFile", into = "WantedInFile")]
pub enum SavedWanted {
    /// Templates; one at least.
    Templates(Vec<SavedTemplate>),
    /// A baseline.
    Baseline(SavedBaseline),
}

impl SavedWanted {
    /// Says what it is: `template ampersand 3`, `baseline snapshots/prod`.
    pub fn words(&self) -> String {
        match self {
            Self::Templates(templates) => {
                let name = |one: &SavedTemplate| format!("{} {}", one.name, one.version);
                let names: Vec<String> = templates.iter().map(name).collect();
                let noun = if names.len() == 1 { "template" } else { "templates" };
                format!("{noun} {}", names.join(", "))
            }
            Self::Baseline(SavedBaseline { path, org, .. }) => {
                format!("baseline {}", path.as_deref().or(org.as_deref()).unwrap_or_default())
            }
        }
    }

    /// The heading of the plan for an org, or a folder, of this name.
    pub fn title(&self, place: &str) -> String {
        match self {
            Self::Templates(_) => format!("Plan for {place} after {}", self.words()),
            Self::Baseline(_) => format!("Back to the {}, on {place}", self.words()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct WantedInFile {
    #[serde(default)]
    template: Option<SavedTemplate>,
    #[serde(default)]
    more_templates: Vec<SavedTemplate>,
    #[serde(default)]
    baseline: Option<SavedBaseline>,
}

impl TryFrom<WantedInFile> for SavedWanted {
    type Error = &'static str;

    fn try_from(file: WantedInFile) -> Result<Self, Self::Error> {
        match (file.template, file.baseline) {
            (Some(first), None) => Ok(Self::Templates([vec![first], file.more_templates].concat())),
            (None, Some(baseline)) => Ok(Self::Baseline(baseline)),
            _ => Err("it names neither a template nor a baseline, or both"),
        }
    }
}

impl From<SavedWanted> for WantedInFile {
    fn from(wanted: SavedWanted) -> Self {
        match wanted {
            SavedWanted::Templates(templates) => {
                let mut templates = templates.into_iter();
                let template = templates.next();
                Self { template, more_templates: templates.collect(), baseline: None }
            }
            SavedWanted::Baseline(baseline) => {
                Self { template: None, more_templates: Vec::new(), baseline: Some(baseline) }
            }
        }
    }
}

/// The baseline of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedBaseline {
    /// Its path as it was given; none where it is an org.
    pub path: Option<String>,
    /// The org that it is.
    pub org: Option<String>,
    /// Whether a folder without a record is taken for a part.
    pub sparse: bool,
}

/// The template of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedTemplate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How it was named on the command line: a shipped one's name, or a file.
    pub given: String,
    /// The SHA-256 of its text, in hexadecimal.
    pub sha256: String,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, serde_json::Value>,
}

/// A field or fact as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The component, as `Type:full name`; none for a fact.
    pub component: Option<String>,
    /// The path in it, or the fact.
    pub field: String,
    /// How it turned out.
    pub state: String,
    /// What was there.
    pub value: Option<serde_json::Value>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedChange {
    /// The component, as `Type:full name`.
    pub component: String,
    /// The path in it; none for the whole component.
    pub path: Option<String>,
    /// What is there.
    pub from: Option<serde_json::Value>,
    /// What is to be there.
    pub to: Option<serde_json::Value>,
    /// Who asks for it.
    pub cause: String,
    /// The component, as `Type:full name`, of which a new one is a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<String>,
}

/// A permission set to be given to a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAssignment {
    /// The user's name.
    pub user: String,
    /// The permission set's API name.
    pub permission_set: String,
}

/// A permission set given to a user, with the rows that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The user's name.
    pub user: String,
    /// The permission set's API name.
    pub permission_set: String,
    /// The rows: object and id.
    pub rows: Vec<(String, String)>,
    /// Whether rows are lacking: the org refused one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_partial: bool,
}

impl From<&Assigned> for Assignment {
    fn from(one: &Assigned) -> Self {
        Self { user: one.user.clone(), permission_set: one.permission_set.clone() }
    }
}

/// What the plan leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLeft {
    /// The step; none where it is no template's.
    #[serde(default)]
    pub step: Option<String>,
    /// What it asks for.
    pub title: String,
    /// Why it is left.
    pub reason: String,
}

/// How what a plan has changed stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// What is not as it was set: one line each.
    pub moved: Vec<String>,
    /// What cannot be seen: one line each, with the reason.
    pub unseen: Vec<String>,
}

impl SavedChange {
    /// Says whether it is of a component.
    pub fn is_of(&self, id: &ComponentId) -> bool {
        component(&self.component).is_some_and(|one| one == *id)
    }
}

impl SavedPlan {
    /// Puts a plan into the form that is saved.
    pub fn new(plan: &Plan<'_>, org: SavedOrg, wanted: SavedWanted, only: Vec<String>) -> Self {
        let is_within_new =
            |change: &&Change| change.path.is_some() && plan.made.contains_key(&change.id);
        let back = plan.changes.iter().rev().filter(|change| !is_within_new(change));
        let files = plan.package.files.iter().filter(|_| !plan.package.is_empty());
        Self {
            format: FORMAT.to_owned(),
            digest: None,
            org,
            wanted,
            api_version: plan.package.version.to_string(),
            only,
            except: Vec::new(),
            reads: reads(plan),
            changes: plan.changes.iter().map(|change| saved_change(plan, change)).collect(),
            assignments: plan.assignments.iter().map(SavedAssignment::from).collect(),
            left: plan.left.iter().map(|left| saved_left(plan, left)).collect(),
            notes: plan.notes.clone(),
            one_way: plan.doors.clone(),
            package: files
                .map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned()))
                .collect(),
            way_back: back
                .map(|change| {
                    let forth = SavedChange::from(change);
                    SavedChange { from: forth.to, to: forth.from, ..forth }
                })
                .collect(),
        }
    }

    /// The plan as text, with its digest.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_value(self)?;
        json["digest"] = digest(&json).into();
        let mut text = serde_json::to_vec_pretty(&json)?;
        text.push(b'\n');
        Ok(text)
    }

    /// What the plan shows, for people: nothing can be built of it, or carried out.
    ///
    /// # Errors
    /// A change that names no component, or a path that is none.
    pub fn shown(&self) -> Result<Plan<'static>, String> {
        let mut plan = Plan { notes: self.notes.clone(), ..Plan::default() };
        plan.doors.clone_from(&self.one_way);
        for saved in &self.changes {
            let change = change(saved)
                .ok_or_else(|| format!("its change of `{}` cannot be read", saved.component))?;
            if let Some(copy_of) = saved.copy_of.as_deref().and_then(component) {
                plan.copies.insert(change.id.clone(), copy_of);
            }
            plan.changes.push(change);
        }
        let given = self.assignments.iter().map(|SavedAssignment { user, permission_set }| {
            Assignment { user: user.clone(), permission_set: permission_set.clone() }
        });
        plan.assignments = given.collect();
        plan.left = self
            .left
            .iter()
            .map(|left| Left::of(left.title.clone(), left.reason.clone()))
            .collect();
        Ok(plan)
    }

    /// Holds a plan that was carried out against what the org holds now: what would have to be done
    /// again, and what of it cannot be seen any more, one line each.
    pub fn since(&self, plan: &Plan<'_>, findings: &[Finding<'_>]) -> Since {
        let mut since = Since::default();
        for change in plan.changes.iter().map(SavedChange::from) {
            let is_it = |one: &&SavedChange| {
                (&one.component, &one.path) == (&change.component, &change.path)
            };
            let name = [&*change.component, change.path.as_deref().unwrap_or_default()].join(" ");
            since.moved.push(match self.changes.iter().find(is_it) {
                Some(was) => format!(
                    "{} was set to {} by it and is {} now",
                    name.trim_end(),
                    in_words(&was.to),
                    in_words(&change.from)
                ),
                None => format!("{} would be done now, and is not in it", words(&change)),
            });
        }
        since.moved.extend(plan.assignments.iter().map(|one| {
            format!("{} does not have the permission set {}", one.user, one.permission_set)
        }));
        for finding in findings {
            let Some(id) = finding.subject.component() else { continue };
            let path = finding.subject.path().map(ToString::to_string);
            let is_of = |change: &SavedChange| {
                let is_part = change.path.is_none() || path.is_none() || change.path == path;
                change.is_of(id) && is_part
            };
            if !self.changes.iter().any(is_of) {
                continue;
            }
            match &finding.outcome {
                Outcome::NotObserved(why) => {
                    since.unseen.push(format!("{}: {why}", finding.name()))
                }
                // What would be done again is named above.
                Outcome::Differs | Outcome::Missing
                    if !plan.changes.iter().any(|change| change.id == *id) =>
                {
                    since.moved.push(format!("{} is not as it was set by it", finding.name()));
                }
                _ => {}
            }
        }
        since
    }

    /// Holds the saved plan against the one that would be carried out now: one line for each field
    /// that it read and that has moved, naming old and new, and for each change that is another.
    pub fn moved(&self, plan: &Plan<'_>) -> Vec<String> {
        let now = reads(plan);
        let mut moved = Vec::new();
        for old in &self.reads {
            let found =
                now.iter().find(|new| new.component == old.component && new.field == old.field);
            let name = match &old.component {
                Some(component) => format!("{component} {}", old.field),
                None => old.field.clone(),
            };
            match found {
                None => {
                    moved.push(format!("{name} was {} and is not read any more", shown(old)));
                }
                Some(new) if new.value != old.value || new.state != old.state => {
                    moved.push(format!(
                        "{name} was {} when the plan was made and is {} now",
                        shown(old),
                        shown(new)
                    ));
                }
                Some(_) => {}
            }
        }
        // What has moved changes the plan as well, and is said once.
        if moved.is_empty() { self.other_changes(plan) } else { moved }
    }

    /// What would be done now and does not stand in the file, or the other way round.
    fn other_changes(&self, plan: &Plan<'_>) -> Vec<String> {
        let now: Vec<SavedChange> = plan.changes.iter().map(SavedChange::from).collect();
        let given: Vec<SavedAssignment> =
            plan.assignments.iter().map(SavedAssignment::from).collect();
        let mut lines = Vec::new();
        for change in now.iter().filter(|change| !holds(&self.changes, change)) {
            lines.push(format!("{} would be done, and the plan does not show it", words(change)));
        }
        for change in self.changes.iter().filter(|change| !holds(&now, change)) {
            lines.push(format!("{} is in the plan, and would not be done", words(change)));
        }
        // What a new component is made of is no change of its own.
        for id in plan.made.keys() {
            let file = plan.package.components.get(id);
            let Some((file, now)) = file.and_then(|file| plan.package.files.get_key_value(file))
            else {
                continue;
            };
            let then = self.package.get(file);
            if then.is_some_and(|then| *now != then.as_bytes()) {
                lines.push(format!("{id} would be made of another file than the plan holds"));
            }
        }
        for one in given.iter().filter(|one| !self.assignments.contains(one)) {
            let SavedAssignment { user, permission_set } = one;
            lines.push(format!(
                "{permission_set} would be given to {user}, and the plan does not show it"
            ));
        }
        for one in self.assignments.iter().filter(|one| !given.contains(one)) {
            let SavedAssignment { user, permission_set } = one;
            lines.push(format!(
                "{permission_set} for {user} is in the plan, and would not be given"
            ));
        }
        lines
    }
}

/// Says whether a change is among others. That a whole component comes or goes was written in other
/// words before.
fn holds(changes: &[SavedChange], change: &SavedChange) -> bool {
    let is_it = |one: &SavedChange| {
        let is_whole = one.path.is_none() && change.path.is_none();
        let is_alike = |one: &Option<serde_json::Value>, other: &Option<serde_json::Value>| {
            if is_whole { one.is_some() == other.is_some() } else { one == other }
        };
        one.component == change.component
            && one.path == change.path
            && one.cause == change.cause
            && is_alike(&one.from, &change.from)
            && is_alike(&one.to, &change.to)
    };
    changes.iter().any(is_it)
}

/// A value as sentences show it.
fn in_words(value: &Option<serde_json::Value>) -> String {
    value.as_ref().map_or_else(|| "absent".to_owned(), |value| format!("`{}`", text(value)))
}

/// A value as text.
fn text(json: &serde_json::Value) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn words(change: &SavedChange) -> String {
    match (&change.path, &change.from, &change.to) {
        (None, None, Some(_)) => return format!("making {}", change.component),
        (None, Some(_), None) => return format!("deleting {}", change.component),
        _ => {}
    }
    let path = change.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
    let value = |value: &Option<serde_json::Value>| {
        value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
    };
    format!("{}{path}: {} -> {}", change.component, value(&change.from), value(&change.to))
}

fn saved_left(plan: &Plan<'_>, left: &Left) -> SavedLeft {
    let step = left.finding.and_then(|index| plan.diff.findings.get(index)?.step());
    SavedLeft {
        step: step.map(|step| step.id.clone()),
        title: step.map_or_else(|| left.subject.clone(), |step| step.title.clone()),
        reason: left.reason.clone(),
    }
}

fn shown(read: &Read) -> String {
    read.value.as_ref().map_or_else(|| read.state.clone(), |value| format!("`{}`", text(value)))
}

/// What a plan read, once each: what a template's steps looked at, else what is to change.
fn reads(plan: &Plan<'_>) -> Vec<Read> {
    let mut seen = BTreeSet::new();
    let of_findings = plan.diff.findings.iter().filter_map(read);
    let is_of_template = !plan.diff.findings.is_empty();
    let of_changes = plan.changes.iter().filter(|_| !is_of_template).map(|change| {
        let SavedChange { component, path, from, .. } = SavedChange::from(change);
        Read {
            component: Some(component),
            field: path.unwrap_or_default(),
            state: State::Differs.name().to_owned(),
            value: from,
        }
    });
    of_findings
        .chain(of_changes)
        .filter(|read| seen.insert((read.component.clone(), read.field.clone())))
        .collect()
}

fn read(finding: &Finding<'_>) -> Option<Read> {
    let (component, field) = match &finding.subject {
        Subject::Setting { component: id, path } => {
            (Some(format!("{}:{}", id.type_name, api_full_name(id))), path.to_string())
        }
        Subject::Fact(fact) => (None, fact.to_string()),
        Subject::Component(_) | Subject::ByHand => return None,
    };
    Some(Read {
        component,
        field,
        state: finding.state().name().to_owned(),
        value: finding.actual.as_ref().map(json),
    })
}

impl From<&Assignment> for SavedAssignment {
    fn from(one: &Assignment) -> Self {
        Self { user: one.user.clone(), permission_set: one.permission_set.clone() }
    }
}

impl From<&Change> for SavedChange {
    fn from(change: &Change) -> Self {
        Self {
            component: format!("{}:{}", change.id.type_name, api_full_name(&change.id)),
            path: change.path.as_ref().map(ToString::to_string),
            from: change.from.as_ref().map(json),
            to: change.to.as_ref().map(json),
            cause: match &change.cause {
                Cause::Step(step) => step.clone(),
                Cause::Needed(by) => format!("{NEEDED_BY}{by}"),
                Cause::Creation => CREATION.to_owned(),
                Cause::State => STATE.to_owned(),
            },
            copy_of: None,
        }
    }
}

const NEEDED_BY: &str = "needed by ";
const CREATION: &str = "belongs to the new component";
const STATE: &str = "the state that is wanted";

/// A change with what only its plan knows of it.
fn saved_change(plan: &Plan<'_>, change: &Change) -> SavedChange {
    let copy_of = plan.copies.get(&change.id).filter(|_| change.path.is_none());
    let name = |id: &ComponentId| format!("{}:{}", id.type_name, api_full_name(id));
    SavedChange { copy_of: copy_of.map(name), ..SavedChange::from(change) }
}

/// A change out of a file; none where it names no component or a path that is none.
fn change(saved: &SavedChange) -> Option<Change> {
    let cause = match saved.cause.as_str() {
        CREATION => Cause::Creation,
        STATE => Cause::State,
        cause => match cause.strip_prefix(NEEDED_BY) {
            Some(by) => Cause::Needed(by.to_owned()),
            None => Cause::Step(cause.to_owned()),
        },
    };
    let path = saved.path.as_ref().map(|path| path.parse()).transpose().ok()?;
    // That a whole component comes or goes was written in other words before.
    let shown = |json: &Option<serde_json::Value>| match &path {
        None => json.as_ref().map(|_| Value::Present),
        Some(_) => json.as_ref().and_then(value),
    };
    let (from, to) = (shown(&saved.from), shown(&saved.to));
    Some(Change { id: component(&saved.component)?, path, from, to, cause })
}

fn component(name: &str) -> Option<ComponentId> {
    let (type_name, full_name) = name.split_once(':')?;
    Some(ComponentId::new(type_name, canonical_full_name(type_name, full_name)))
}

/// The SHA-256 of what a file of ours says but for its `digest`, in hexadecimal; white space and the
/// order of keys are no part of it.
pub fn digest(file: &serde_json::Value) -> String {
    let mut rest = file.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("digest");
    }
    let bytes = Sha256::digest(rest.to_string().as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value as JSON: a flag, a number, a text, a list of texts.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(list) => list.clone().into(),
        Value::Present | Value::Hidden => value.to_string().into(),
        Value::Xml(_) => value.elements().into(),
    }
}

/// A value out of JSON; none for null and for what no value is.
pub fn value(json: &serde_json::Value) -> Option<Value> {
    match json {
        serde_json::Value::Bool(flag) => Some(Value::Bool(*flag)),
        serde_json::Value::Number(number) => number.as_i64().map(Value::Number),
        serde_json::Value::String(text) => Some(Value::Text(text.clone())),
        serde_json::Value::Array(elements) => elements
            .iter()
            .map(|element| element.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(Value::List),
        serde_json::Value::Null | serde_json::Value::Object(_) => None,
    }
}
