//! `sfsetup.plan/1`: a plan on disk, for somebody to review and for `deploy --plan` to hold against
//! the org again.
//!
//! It holds no document of the org and no secret: what was read of it, what is to change, and the
//! files as they would be sent. A deploy makes the plan anew from the org's present state and
//! refuses if a field that the saved one read has moved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diff::{Diff, Finding};
use crate::metadata::layout::api_full_name;
use crate::metadata::value::Value;
use crate::package::{Cause, Change};

use super::Plan;

/// The format's name and version.
pub const FORMAT: &str = "sfsetup.plan/1";

/// A plan as it stands in a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedPlan {
    /// [`FORMAT`].
    pub format: String,
    /// The org that it was made for.
    pub org: SavedOrg,
    /// The template that it was made from; of several the first.
    pub template: SavedTemplate,
    /// The others, where there were several.
    #[serde(default)]
    pub more_templates: Vec<SavedTemplate>,
    /// The API version of the package.
    pub api_version: String,
    /// What was chosen of it (`--only`); empty for all.
    #[serde(default)]
    pub only: Vec<String>,
    /// Every field and fact that was read.
    pub reads: Vec<Read>,
    /// What is to change.
    pub changes: Vec<SavedChange>,
    /// What REST is to change after the package.
    pub assignments: Vec<SavedAssignment>,
    /// What is left for a person, with the reason.
    pub left: Vec<SavedLeft>,
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
}

/// A permission set to be given to a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedAssignment {
    /// The user's name.
    pub user: String,
    /// The permission set's API name.
    pub permission_set: String,
}

/// What the plan leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLeft {
    /// The step.
    pub step: String,
    /// What it asks for.
    pub title: String,
    /// Why it is left.
    pub reason: String,
}

impl SavedPlan {
    /// Returns the templates that it was made from.
    pub fn templates(&self) -> impl Iterator<Item = &SavedTemplate> {
        std::iter::once(&self.template).chain(&self.more_templates)
    }

    /// Puts a plan into the form that is saved. `template` is followed by `more_templates` where
    /// there are several.
    pub fn new(
        plan: &Plan<'_>,
        org: SavedOrg,
        template: SavedTemplate,
        more_templates: Vec<SavedTemplate>,
        only: Vec<String>,
    ) -> Self {
        let mend = &plan.mend;
        let is_within_new =
            |change: &&Change| change.path.is_some() && mend.made.contains_key(&change.id);
        let back = mend.changes.iter().rev().filter(|change| !is_within_new(change));
        let files = plan.package.files.iter().filter(|_| !plan.package.is_empty());
        Self {
            format: FORMAT.to_owned(),
            org,
            template,
            more_templates,
            api_version: plan.package.version.to_string(),
            only,
            reads: reads(&plan.diff),
            changes: mend.changes.iter().map(SavedChange::from).collect(),
            assignments: mend
                .assignments
                .iter()
                .map(|one| SavedAssignment {
                    user: one.user.clone(),
                    permission_set: one.permission_set.clone(),
                })
                .collect(),
            left: mend
                .left
                .iter()
                .map(|(index, reason)| {
                    let step = plan.diff.findings[*index].step;
                    SavedLeft {
                        step: step.id.clone(),
                        title: step.title.clone(),
                        reason: reason.clone(),
                    }
                })
                .collect(),
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

    /// Holds the saved plan's readings against those of now; one line for each that has moved,
    /// naming old and new.
    pub fn moved(&self, now: &Diff<'_>) -> Vec<String> {
        let now = reads(now);
        let mut moved = Vec::new();
        for old in &self.reads {
            let found =
                now.iter().find(|new| new.component == old.component && new.field == old.field);
            let name = match &old.component {
                Some(component) => format!("{component} {}", old.field),
                None => old.field.clone(),
            };
            match found {
                None => moved.push(format!("{name} was {} and is not read any more", shown(old))),
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
        moved
    }
}

fn shown(read: &Read) -> String {
    match &read.value {
        Some(serde_json::Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
        None => read.state.clone(),
    }
}

/// What a diff read, once each.
fn reads(diff: &Diff<'_>) -> Vec<Read> {
    let mut reads: Vec<Read> = Vec::new();
    for read in diff.findings.iter().filter_map(read) {
        if !reads.contains(&read) {
            reads.push(read);
        }
    }
    reads
}

fn read(finding: &Finding<'_>) -> Option<Read> {
    let (component, field) = match (&finding.component, &finding.path, &finding.fact) {
        (Some(id), Some(path), _) => {
            (Some(format!("{}:{}", id.type_name, api_full_name(id))), path.to_string())
        }
        (_, _, Some(fact)) => (None, fact.to_string()),
        _ => return None,
    };
    Some(Read {
        component,
        field,
        state: finding.state.name().to_owned(),
        value: finding.actual.as_ref().map(json),
    })
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
                Cause::Needed(by) => format!("needed by {by}"),
                Cause::Creation => "belongs to the new component".to_owned(),
                Cause::State => "the state that is wanted".to_owned(),
            },
        }
    }
}

/// A value as JSON: a flag, a number, a text, a list of texts.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(list) => list.clone().into(),
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
