//! A plan in documents for programs, `sfsetup.plan-show/1` and `sfsetup.package/1`.

use serde::Serialize;

use super::parts::{Component, Error, Identity, Wanted};
use crate::metadata::registry;
use crate::metadata::value::Value;
use crate::package::{Cause, Change};
use crate::plan::assignment::Assignment;
use crate::plan::left::{Left, LeftKind};
use crate::plan::saved::json as value_json;
use crate::plan::{Plan, assignment::Assigned};
use crate::report::Failure;
use crate::report::plan::FileChange;

/// What is to change, and what is left.
#[derive(Clone, Debug, Serialize)]
pub struct PlanRow {
    api_version: String,
    changes: Vec<ChangeRow>,
    assignments: Vec<AssignmentRow>,
    withdrawals: Vec<AssignmentRow>,
    left: Vec<LeftRow>,
    notes: Vec<String>,
    one_way: Vec<String>,
    moved: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct ChangeRow {
    component: Component,
    path: Option<String>,
    action: &'static str,
    from: Option<serde_json::Value>,
    to: Option<serde_json::Value>,
    label: Labels,
    cause: &'static str,
    cause_of: Option<String>,
    copy_of: Option<Component>,
    admin_right: bool,
    blind: bool,
}

/// Setup's words for the values.
#[derive(Clone, Debug, Serialize)]
struct Labels {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct AssignmentRow {
    user: String,
    what: &'static str,
    name: String,
}

/// Something that is left: why, and where a person sees or does it.
#[derive(Clone, Debug, Serialize)]
pub struct LeftRow {
    kind: LeftKind,
    step: Option<String>,
    title: Option<String>,
    subject: String,
    reason: String,
    setup: Option<&'static str>,
    quick_find: Option<&'static str>,
    setup_url: Option<String>,
    docs: Option<String>,
}

impl LeftRow {
    /// Says whether it differs or is missing, and nothing mends it.
    pub fn is_open(&self) -> bool {
        self.kind == LeftKind::Open
    }
}

/// A file of a plan: what changes in it, or all that is sent of it.
#[derive(Clone, Debug, Serialize)]
pub struct FileRow {
    path: String,
    text: String,
}

/// `sfsetup.plan-show/1`.
#[derive(Debug, Serialize)]
pub struct PlanShown {
    /// The file that was read.
    pub file: String,
    /// Its digest, where it has one.
    pub digest: Option<String>,
    /// The org that it was made for.
    pub org: Identity,
    /// What it was made from.
    pub wanted: Wanted,
    /// The plan.
    pub plan: PlanRow,
    /// Its files as they are sent.
    pub files: Vec<FileRow>,
}

/// `sfsetup.package/1`.
#[derive(Debug, Serialize)]
pub struct Packaged {
    /// The org or the files that it is for.
    pub org: Identity,
    /// What it was made from.
    pub wanted: Option<Wanted>,
    /// The plan.
    pub plan: PlanRow,
    /// What changes in each file.
    pub files: Vec<FileRow>,
    /// What was written; none where there was nothing to write, or it was not written.
    pub written: Option<Written>,
}

/// Where a package was written.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// The folder, the zip, or the folder in which files were edited.
    pub out: String,
    /// How the files lie there: `metadata`, `source`, `zip`, `in-place`.
    pub layout: &'static str,
    /// What became of each file.
    pub files: Vec<WrittenFile>,
}

/// A file that was written.
#[derive(Clone, Debug, Serialize)]
pub struct WrittenFile {
    /// Its path; relative to `out`, or where a file was edited as the user's system has it.
    pub path: String,
    /// `written`, `edited` or `removed`.
    pub action: &'static str,
}

impl PlanRow {
    /// A plan for an org at an address, whose package is of an API version.
    pub fn of(plan: &Plan<'_>, api_version: &str, instance_url: Option<&str>) -> Self {
        let rights = plan.admin_rights();
        let change = |change: &Change| {
            let admin_right = rights.iter().any(|right| std::ptr::eq(*right, change));
            ChangeRow { admin_right, ..ChangeRow::of(plan, change) }
        };
        Self {
            api_version: api_version.to_owned(),
            changes: plan.changes.iter().map(change).collect(),
            assignments: plan.assignments.iter().map(AssignmentRow::of).collect(),
            withdrawals: plan
                .withdrawals
                .iter()
                .map(|Assigned { of, .. }| AssignmentRow::of(of))
                .collect(),
            left: left(&plan.left, instance_url),
            notes: plan.notes.clone(),
            one_way: plan.doors.clone(),
            moved: plan.moved.clone(),
        }
    }
}

impl ChangeRow {
    fn of(plan: &Plan<'_>, change: &Change) -> Self {
        let (cause, cause_of) = match &change.cause {
            Cause::Step(step) => ("step", Some(step.clone())),
            Cause::Needed(by) => ("needed", Some(by.clone())),
            Cause::Resting(on) => ("resting", Some(on.clone())),
            Cause::Creation => ("creation", None),
            Cause::Copied(from) => ("copied", Some(from.to_string())),
            Cause::State => ("state", None),
        };
        let action = match (&change.path, &change.to) {
            (None, Some(_)) => "create",
            (None, None) => "delete",
            (Some(_), Some(_)) => "set",
            (Some(_), None) => "remove",
        };
        let copy_of = plan.copies.get(&change.id).filter(|_| change.path.is_none());
        let row = registry::find_component(&change.id.type_name, &change.id.full_name);
        let resolved =
            row.zip(change.path.as_ref()).and_then(|(row, path)| row.resolve(path).ok().flatten());
        let label = |value: &Option<Value>| {
            resolved.as_ref().zip(value.as_ref()).and_then(|(at, value)| at.field.label_of(value))
        };
        // That a component comes or goes as a whole is no value.
        let value = |value: &Option<Value>| {
            value.as_ref().filter(|_| change.path.is_some()).map(value_json)
        };
        Self {
            component: Component::from(&change.id),
            path: change.path.as_ref().map(ToString::to_string),
            action,
            from: value(&change.from),
            to: value(&change.to),
            label: Labels { from: label(&change.from), to: label(&change.to) },
            cause,
            cause_of,
            copy_of: copy_of.map(Component::from),
            admin_right: false,
            blind: plan.is_blind(change),
        }
    }
}

impl AssignmentRow {
    fn of(Assignment { user, what }: &Assignment) -> Self {
        use crate::metadata::assignable::Assignable;
        Self {
            user: user.clone(),
            what: match what {
                Assignable::PermissionSetLicense(_) => "permission-set-license",
                Assignable::PermissionSet(_) => "permission-set",
            },
            name: what.name().to_owned(),
        }
    }
}

/// What is left, for an org at an address.
pub fn left(left: &[Left], instance_url: Option<&str>) -> Vec<LeftRow> {
    let row = |left: &Left| {
        let (step, title) = left.step.clone().unzip();
        LeftRow {
            kind: left.kind,
            step,
            title,
            subject: left.subject.clone(),
            reason: left.reason.clone(),
            setup: left.page.map(|page| page.id),
            quick_find: left.page.map(|page| page.quick_find),
            setup_url: left.page.and_then(|page| page.url(instance_url)),
            docs: left.docs.clone(),
        }
    };
    left.iter().map(row).collect()
}

/// The files of a plan.
pub fn files(files: &[FileChange]) -> Vec<FileRow> {
    let row =
        |FileChange { path, text }: &FileChange| FileRow { path: path.clone(), text: text.clone() };
    files.iter().map(row).collect()
}

/// The same of the plans in a folder.
#[derive(Debug, Serialize)]
pub struct PlansShown {
    /// Each, in the order in which the orgs were named.
    pub orgs: Vec<OneShown>,
}

/// One of many.
#[derive(Debug, Serialize)]
pub struct OneShown {
    error: Option<Error>,
    #[serde(flatten)]
    shown: PlanOrNone,
}

/// A plan, or the org of which there is none.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum PlanOrNone {
    Shown(Box<PlanShown>),
    Nothing { file: Option<String>, org: Identity },
}

impl OneShown {
    /// The plan of an org that goes by a name, or why there is none.
    pub fn new(name: &str, failure: Option<Failure>, shown: Option<PlanShown>) -> Self {
        let shown = match shown {
            Some(shown) => PlanOrNone::Shown(Box::new(shown)),
            None => PlanOrNone::Nothing { file: None, org: Identity::of_files(name.to_owned()) },
        };
        Self { error: failure.map(Error::from), shown }
    }
}
