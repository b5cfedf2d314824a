//! What a plan leaves, each with the reason and the page of Setup where a person finds it: what no
//! package can do, what is by hand, what nobody could see.

use serde::{Deserialize, Serialize};

use crate::diff::{Finding, Outcome};
use crate::metadata::ComponentId;
use crate::metadata::path::FieldPath;
use crate::template::Level;
use crate::template::setup::{self, SetupPage};

/// Something that a plan leaves.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its place in the diff, where it is a template's finding.
    pub finding: Option<usize>,
    /// What sort it is of.
    pub kind: LeftKind,
    /// How much it matters.
    pub level: Level,
    /// The step that wants it: id and title; none on the other roads.
    pub step: Option<(String, String)>,
    /// What it is.
    pub subject: String,
    /// Why it is left; of what is by hand, what to do.
    pub reason: String,
    /// Where a person sees or sets it.
    pub page: Option<&'static SetupPage>,
    /// Where it is described, where no page of Setup shows it.
    pub docs: Option<String>,
}

/// Why something is left, and so whether it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftKind {
    /// It differs or is missing, and no package can fix it.
    #[default]
    Open,
    /// A person does it; whether it is done nobody can see.
    Manual,
    /// It could not be seen.
    NotObserved,
    /// It is as it should be, but only because there is nothing of the name that it speaks of, or
    /// nobody could see whether there is: the name may be a slip.
    InSync,
}

impl Left {
    /// A template's finding, by its place in the diff.
    pub(super) fn of_finding(index: usize, finding: &Finding<'_>, reason: String) -> Self {
        let kind = match finding.outcome {
            Outcome::Manual(_) => LeftKind::Manual,
            Outcome::NotObserved(_) => LeftKind::NotObserved,
            Outcome::InSync | Outcome::Differs | Outcome::Missing | Outcome::Waived(_) => {
                LeftKind::Open
            }
        };
        let page = finding.pages().next();
        Self {
            finding: Some(index),
            kind,
            level: finding.level(),
            step: finding.step().map(|step| (step.id.clone(), step.title.clone())),
            subject: finding.name(),
            reason,
            page,
            docs: finding.step().filter(|_| page.is_none()).and_then(|step| step.docs.clone()),
        }
    }

    /// What differs in a component and no package can mend.
    pub(super) fn of(id: &ComponentId, path: Option<&FieldPath>, reason: String) -> Self {
        let subject = match path {
            Some(path) => format!("{id} {path}"),
            None => id.to_string(),
        };
        Self::about(LeftKind::Open, Some(id), subject, reason)
    }

    pub(super) fn about(
        kind: LeftKind,
        id: Option<&ComponentId>,
        subject: String,
        reason: String,
    ) -> Self {
        let page = id.and_then(setup::of_component);
        let level = Level::Required;
        Self { finding: None, kind, level, step: None, subject, reason, page, docs: None }
    }
}

/// What a plan leaves, as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLeft {
    /// The step; none where it is no template's.
    #[serde(default)]
    pub step: Option<String>,
    /// What it asks for.
    pub title: String,
    /// What sort it is of; plans of older versions name only what is open.
    #[serde(default)]
    pub kind: LeftKind,
    /// Whether its step is only recommended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recommended: bool,
    /// What it is; none where the title says it, and in plans of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why it is left; of what is by hand, what to do.
    pub reason: String,
    /// The page of Setup where a person sees or sets it, by its name in templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// That page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup_url: Option<String>,
    /// Where it is described, where no page of Setup shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
}

impl SavedLeft {
    pub(super) fn new(left: &Left, instance_url: &str) -> Self {
        let (step, title) = left.step.clone().unzip();
        Self {
            step,
            subject: title
                .as_ref()
                .filter(|title| **title != left.subject)
                .map(|_| &left.subject)
                .cloned(),
            title: title.unwrap_or_else(|| left.subject.clone()),
            kind: left.kind,
            recommended: left.level == Level::Recommended,
            reason: left.reason.clone(),
            setup: left.page.map(|page| page.id.to_owned()),
            setup_url: left.page.and_then(|page| page.url(Some(instance_url))),
            docs: left.docs.clone(),
        }
    }

    /// What a person is shown of it.
    pub(super) fn shown(&self) -> Left {
        let subject = self.subject.as_ref().unwrap_or(&self.title);
        Left {
            finding: None,
            kind: self.kind,
            level: if self.recommended { Level::Recommended } else { Level::Required },
            step: self.step.clone().map(|step| (step, self.title.clone())),
            subject: subject.clone(),
            reason: self.reason.clone(),
            page: self.setup.as_deref().and_then(setup::find),
            docs: self.docs.clone(),
        }
    }
}
