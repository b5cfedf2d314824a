//! How a saved plan stands: held against the plan that would be made now, or where it was carried
//! out against what the org holds since.

use crate::diff::{Finding, Outcome};
use crate::plan::Plan;
use crate::plan::assignment::Assignment;

use super::{Read, SavedChange, SavedPlan, reads};

/// How what a plan has changed stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// What is not as it was set: one line each.
    pub moved: Vec<String>,
    /// What cannot be seen: one line each, with the reason.
    pub unseen: Vec<String>,
}

impl SavedPlan {
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
        since.moved.extend(
            plan.assignments
                .iter()
                .map(|one| format!("{} does not have the {}", one.user, one.what)),
        );
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
        let given = &plan.assignments;
        let mut lines = Vec::new();
        // Older plans do not name what a copy brings; the file tells whether it is the same.
        let is_told = |change: &&SavedChange| {
            !change.is_copied()
                || self
                    .changes
                    .iter()
                    .any(|one| one.is_copied() && one.component == change.component)
        };
        let more = now.iter().filter(|change| !holds(&self.changes, change));
        for change in more.filter(is_told) {
            lines.push(format!("{} would be done, and the plan does not show it", words(change)));
        }
        for change in self.changes.iter().filter(|change| !holds(&now, change)) {
            lines.push(format!("{} is in the plan, and would not be done", words(change)));
        }
        // What a new component is made of, beyond its rights, is no change of its own.
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
            let Assignment { user, what } = one;
            lines.push(format!(
                "the {what} would be given to {user}, and the plan does not show it"
            ));
        }
        for one in self.assignments.iter().filter(|one| !given.contains(one)) {
            let Assignment { user, what } = one;
            lines.push(format!("the {what} for {user} is in the plan, and would not be given"));
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

fn shown(read: &Read) -> String {
    read.value.as_ref().map_or_else(|| read.state.clone(), |value| format!("`{}`", text(value)))
}
