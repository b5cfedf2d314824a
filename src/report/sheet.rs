//! A plan as a page: what it changes, what it leaves to a person, and where. What stands in it is
//! told here; `html` and `markdown` write it down.
//!
//! Every text in it is clean: one line without what could steer or turn it.

use crate::metadata::ComponentId;
use crate::metadata::cost;
use crate::metadata::sha256::sha256;
use crate::package::{Cause, Change};
use crate::plan::Plan;
use crate::plan::assignment::Assignment;
use crate::plan::left::LeftKind;

use super::guide::Page;
use super::left::{KINDS, groups, subject};
use super::line::clean;
use super::plan::{
    FileChange, by_component, cause_in_words, counted, fate, given, label, shown_name,
};

/// A plan, in the order in which it is read.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) title: String,
    /// What it comes to.
    pub(super) verdict: String,
    /// What to do now, a sentence each.
    pub(super) next: Vec<&'static str>,
    pub(super) components: Vec<Planned>,
    /// Permission sets and licences that users are given, and those that are taken from them.
    pub(super) assignments: Vec<String>,
    /// Administrator's rights that come along.
    pub(super) rights: Vec<String>,
    /// What has no way back.
    pub(super) doors: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) left: Vec<LeftGroup>,
    /// What changes in each file.
    pub(super) files: Vec<FileChange>,
}

/// What becomes of a component.
#[derive(Debug)]
pub(super) struct Planned {
    /// `+` is made, `-` is deleted, `~` is changed.
    pub(super) sign: char,
    pub(super) title: String,
    /// How, where it is not merely changed.
    pub(super) fate: String,
    pub(super) settings: Vec<PlannedSetting>,
    /// What it has from the one that it is a copy of.
    pub(super) copied: Vec<String>,
}

/// What becomes of a setting.
#[derive(Debug)]
pub(super) struct PlannedSetting {
    pub(super) setting: String,
    /// What is there; none for nothing.
    pub(super) from: Option<String>,
    /// What is to be there; none for nothing.
    pub(super) to: Option<String>,
    /// Who asks for it.
    pub(super) cause: Option<String>,
    /// Whether what is there was not seen.
    pub(super) is_blind: bool,
    /// What it costs in security.
    pub(super) cost: Option<&'static str>,
}

/// What is left for one reason.
#[derive(Debug)]
pub(super) struct LeftGroup {
    pub(super) kind: LeftKind,
    /// Of what is by hand what to do.
    pub(super) reason: String,
    pub(super) subjects: Vec<String>,
    pub(super) pages: Vec<Page>,
    pub(super) docs: Vec<String>,
    /// Tells this from any other thing to do.
    pub(super) key: String,
}

impl LeftGroup {
    /// The heading under which it stands.
    pub(super) fn heading(&self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self.kind).map_or("", |(_, title)| title)
    }

    /// Whether it is something to do, that can be ticked.
    pub(super) fn is_to_do(&self) -> bool {
        matches!(self.kind, LeftKind::Open | LeftKind::Manual)
    }
}

impl Sheet {
    /// Puts a plan's sheet together. `instance_url` is where the org lives, `files` what changes in
    /// each file.
    pub(super) fn of(
        plan: &Plan<'_>,
        title: &str,
        instance_url: Option<&str>,
        files: &[FileChange],
    ) -> Self {
        let sorted = by_component(plan);
        let components = sorted.chunk_by(|one, other| one.id == other.id);
        let in_words = |one: &Assignment, done: &str| {
            let (what, user) = given(one);
            format!("{what} is {done} {user}")
        };
        let given = plan.assignments.iter().map(|one| in_words(one, "given to"));
        let taken = plan.withdrawals.iter().map(|one| in_words(&one.of, "taken from"));
        let rights = plan.admin_rights();
        let right = |change: &&Change| match &change.path {
            Some(path) => format!("{} {path}", change.id),
            None => change.id.to_string(),
        };
        let all = |texts: &mut dyn Iterator<Item = String>| -> Vec<String> {
            texts.map(|text| clean(&text)).collect()
        };
        Self {
            title: clean(title),
            verdict: counted(plan).unwrap_or_else(|| "There is nothing to change.".to_owned()),
            next: next(plan, instance_url.is_some()),
            components: components.map(|changes| planned(plan, &changes[0].id, changes)).collect(),
            assignments: all(&mut given.chain(taken)),
            rights: all(&mut rights.iter().map(right)),
            doors: all(&mut plan.doors.iter().cloned()),
            notes: all(&mut plan.notes.iter().cloned()),
            left: left(plan, title, instance_url),
            files: files.iter().map(FileChange::clean).collect(),
        }
    }
}

/// What to do now, a sentence each.
fn next(plan: &Plan<'_>, is_of_org: bool) -> Vec<&'static str> {
    let is_left = |kind| plan.left.iter().any(|left| left.kind == kind);
    let mut next = Vec::new();
    if !plan.is_empty() {
        next.push(match is_of_org {
            true => {
                "Look at what changes; sfsetup deploy carries it out, and rollback takes it back."
            }
            false => {
                "Look at what changes; sfsetup package writes it, in place or as files to deploy."
            }
        });
    }
    if is_left(LeftKind::Open) || is_left(LeftKind::Manual) {
        next.push("Do what is left in Setup, and tick what is done.");
    }
    if is_left(LeftKind::NotObserved) {
        next.push("Look yourself at what could not be seen: each says why.");
    }
    if is_left(LeftKind::InSync) {
        next.push("Look whether the names are right of which the org has nothing.");
    }
    next
}

fn planned(plan: &Plan<'_>, id: &ComponentId, changes: &[&Change]) -> Planned {
    let (sign, fate) = fate(plan, id, changes);
    let settings = changes.iter().filter_map(|change| Some((*change, change.path.as_ref()?)));
    let (copied, settings): (Vec<_>, Vec<_>) =
        settings.partition(|(change, _)| matches!(change.cause, Cause::Copied(_)));
    let setting = |(change, path): (&Change, &crate::metadata::path::FieldPath)| PlannedSetting {
        setting: clean(&path.to_string()),
        from: change.from.as_ref().map(|value| clean(&label(change, value))),
        to: change.to.as_ref().map(|value| clean(&label(change, value))),
        cause: match &change.cause {
            Cause::Step(step) => Some(clean(&format!("step {step}"))),
            cause => cause_in_words(cause).map(|words| clean(&words)),
        },
        is_blind: plan.is_blind(change),
        cost: cost::of(&id.type_name, &id.full_name, path).map(|cost| cost.words),
    };
    Planned {
        sign,
        title: clean(&format!("{} {}", id.type_name, shown_name(id))),
        fate: clean(&fate),
        settings: settings.into_iter().map(setting).collect(),
        copied: copied.into_iter().map(|(_, path)| clean(&path.to_string())).collect(),
    }
}

fn left(plan: &Plan<'_>, title: &str, instance_url: Option<&str>) -> Vec<LeftGroup> {
    let mut all = Vec::new();
    for (kind, _) in KINDS {
        for (reason, group) in groups(&plan.left, kind) {
            let mut subjects: Vec<String> = group.iter().map(|left| subject(left)).collect();
            subjects.dedup();
            let (mut pages, mut docs) = (Vec::new(), Vec::new());
            for left in group {
                let page = left.page.map(|page| Page::of(page, instance_url));
                pages.extend(page.filter(|page| !pages.contains(page)));
                docs.extend(left.docs.iter().map(|docs| clean(docs)));
            }
            docs.dedup();
            let text = format!("{title}\n{reason}\n{}", subjects.join("\n"));
            let key = sha256(text.as_bytes()).chars().take(24).collect();
            all.push(LeftGroup { kind, reason: clean(reason), subjects, pages, docs, key });
        }
    }
    all
}
