//! `sfsetup.plan/1`: a plan on disk, for somebody to review and for `deploy --plan` to hold against
//! the org again.
//!
//! It holds no document of the org and no secret: what was read of it, what is to change, and the
//! files as they would be sent. A deploy makes the plan anew from the org's present state and
//! refuses if a field that the saved one read has moved.

mod standing;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diff::{Finding, State, Subject};
use crate::metadata::ComponentId;
use crate::metadata::full_name::{api_full_name, canonical_full_name};
use crate::metadata::sha256::sha256;
use crate::metadata::value::Value;
use crate::package::{Cause, Change};

use super::Plan;
use super::assignment::{Assigned, Assignment};
use super::left::SavedLeft;

pub use standing::Since;

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
    /// When it was made, UTC: one that was taken back and one that was made anew after it are two,
    /// though they say the same. Plans of older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
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
    /// What may be otherwise, and so was left out, by the waivers that counted then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<SavedWaiver>,
    /// Every field and fact that was read.
    pub reads: Vec<Read>,
    /// What is to change.
    pub changes: Vec<SavedChange>,
    /// What REST is to change after the package.
    pub assignments: Vec<Assignment>,
    /// What is left: what no package can do, what is by hand, what was not observed.
    pub left: Vec<SavedLeft>,
    /// What an admin should know beforehand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What has no way back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_way: Vec<String>,
    /// What would be made although something of nearly its name is there, with that name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub near: BTreeMap<String, String>,
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

impl SavedOrg {
    /// Says which org it is, and where: `acme (00D.. at https://..)`.
    pub fn place(&self) -> String {
        let Self { id, name, instance_url } = self;
        if name == instance_url {
            format!("{name} ({id})")
        } else {
            format!("{name} ({id} at {instance_url})")
        }
    }
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

/// A waiver, as a plan keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedWaiver {
    /// The step, as `step` or `template/step`; none where components are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The components, as `Type:full name` with `*` and `?`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// The settings in them, with `*` and `?`; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its last day, such as `2027-01-31`.
    pub expires: String,
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

impl SavedChange {
    /// Says whether a copy has it from its source.
    fn is_copied(&self) -> bool {
        self.cause.starts_with(COPIED)
    }

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
            made: None,
            wanted,
            api_version: plan.package.version.to_string(),
            only,
            except: Vec::new(),
            waivers: Vec::new(),
            reads: reads(plan),
            changes: plan.changes.iter().map(|change| saved_change(plan, change)).collect(),
            assignments: plan.assignments.clone(),
            left: plan.left.iter().map(|left| SavedLeft::new(left, &org.instance_url)).collect(),
            notes: plan.notes.clone(),
            one_way: plan.doors.clone(),
            near: BTreeMap::new(),
            package: files
                .map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned()))
                .collect(),
            way_back: back
                .map(|change| {
                    let forth = SavedChange::from(change);
                    SavedChange { from: forth.to, to: forth.from, ..forth }
                })
                .collect(),
            org,
        }
    }

    /// What would be made although something of nearly its name is there, with that name.
    pub fn slips(&self) -> Vec<(ComponentId, String)> {
        let slips = self.near.iter().filter_map(|(id, near)| Some((component(id)?, near.clone())));
        slips.collect()
    }

    /// The plan as text, with its digest.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec_pretty(&sealed(self)?)?;
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
        plan.assignments.clone_from(&self.assignments);
        plan.left = self.left.iter().map(SavedLeft::shown).collect();
        Ok(plan)
    }
}

/// What leads back from changes, takes back what was given, and gives what was taken, for people:
/// nothing can be built of it, or carried out.
///
/// # Errors
/// A change that names no component, or a path that is none.
pub fn way_back(
    changes: &[SavedChange],
    given: &[Assigned],
    taken: &[Assigned],
) -> Result<Plan<'static>, String> {
    let is_made = |saved: &&SavedChange| saved.path.is_none() && saved.from.is_none();
    let made: BTreeSet<&str> = changes.iter().filter(is_made).map(|one| &*one.component).collect();
    // What was made goes as a whole.
    let is_within = |saved: &&SavedChange| saved.path.is_some() && made.contains(&*saved.component);
    let mut plan = Plan {
        withdrawals: given.to_vec(),
        assignments: taken.iter().map(|one| one.of.clone()).collect(),
        ..Plan::default()
    };
    for saved in changes.iter().rev().filter(|saved| !is_within(saved)) {
        let forth = change(saved)
            .ok_or_else(|| format!("its change of `{}` cannot be read", saved.component))?;
        plan.changes.push(Change { from: forth.to, to: forth.from, cause: Cause::State, ..forth });
    }
    Ok(plan)
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
        Subject::Setting { component: id, path } => (Some(named(id)), path.to_string()),
        subject @ Subject::Fact { .. } => (None, subject.to_string()),
        Subject::Component(_) | Subject::ByHand => return None,
    };
    Some(Read {
        component,
        field,
        state: finding.state().name().to_owned(),
        value: finding.actual.as_ref().map(json),
    })
}

impl From<&Change> for SavedChange {
    fn from(change: &Change) -> Self {
        Self {
            component: named(&change.id),
            path: change.path.as_ref().map(ToString::to_string),
            from: change.from.as_ref().map(json),
            to: change.to.as_ref().map(json),
            cause: match &change.cause {
                Cause::Step(step) => step.clone(),
                Cause::Needed(by) => format!("{NEEDED_BY}{by}"),
                Cause::Resting(on) => format!("{NEEDS}{on}"),
                Cause::Creation => CREATION.to_owned(),
                Cause::Copied(from) => {
                    format!("{COPIED}{}:{}", from.type_name, api_full_name(from))
                }
                Cause::State => STATE.to_owned(),
            },
            copy_of: None,
        }
    }
}

const NEEDED_BY: &str = "needed by ";
const NEEDS: &str = "needs ";
const COPIED: &str = "copied from ";
const CREATION: &str = "belongs to the new component";
const STATE: &str = "the state that is wanted";

/// A change with what only its plan knows of it.
fn saved_change(plan: &Plan<'_>, change: &Change) -> SavedChange {
    let copy_of = plan.copies.get(&change.id).filter(|_| change.path.is_none());
    SavedChange { copy_of: copy_of.map(named), ..SavedChange::from(change) }
}

/// A change out of a file; none where it names no component or a path that is none.
fn change(saved: &SavedChange) -> Option<Change> {
    let cause = match saved.cause.as_str() {
        CREATION => Cause::Creation,
        STATE => Cause::State,
        cause if cause.starts_with(NEEDS) => Cause::Resting(cause[NEEDS.len()..].to_owned()),
        cause => match (cause.strip_prefix(NEEDED_BY), cause.strip_prefix(COPIED)) {
            (Some(by), _) => Cause::Needed(by.to_owned()),
            (None, Some(from)) => Cause::Copied(component(from)?),
            (None, None) => Cause::Step(cause.to_owned()),
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

/// A component as `Type:full name`.
fn named(id: &ComponentId) -> String {
    format!("{}:{}", id.type_name, api_full_name(id))
}

/// The same read again.
fn component(name: &str) -> Option<ComponentId> {
    let (type_name, full_name) = name.split_once(':')?;
    Some(ComponentId::new(type_name, canonical_full_name(type_name, full_name)))
}

/// The SHA-256 of what a file of ours says but for its `digest`, in hexadecimal; white space and
/// the order of keys are no part of it.
pub fn digest(file: &serde_json::Value) -> String {
    let mut rest = file.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("digest");
    }
    sha256(rest.to_string().as_bytes())
}

/// A file of ours as it is written: with the digest of the rest ([`digest`]).
///
/// # Errors
/// It cannot be written as JSON.
pub fn sealed<T: Serialize>(file: &T) -> serde_json::Result<serde_json::Value> {
    let mut json = serde_json::to_value(file)?;
    json["digest"] = digest(&json).into();
    Ok(json)
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
