//! `sfsetup.diff/1`: a report for programs. Keys are only ever added within a major version; the
//! schema is `diff.schema.json` in the folder `schema`. The forms of the other commands are in the
//! folder `json`; what all say alike is in `parts`, and where each schema is found in `schema`.
//!
//! The types here are the published form and stand apart from the program's own, so that the latter
//! may change.

pub mod deploy;
pub mod journal;
pub mod org;
pub mod parts;
pub mod plan;
pub mod schema;
pub mod snapshot;
pub mod template;
pub mod waive;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::diff::{Diff, Finding, Origin, Outcome, Place, State, StepWant, Subject};
use crate::plan::saved::json as value_json;
use crate::template::Level;

use super::words::{Labels, Rule, in_words, reason};
use super::{Failure, OrgReport, Report};
use parts::{Component, Error, Identity};

/// The name of this format.
pub const FORMAT: &str = "sfsetup.diff/1";

/// The JSON Schema of this format.
pub const SCHEMA: &str = include_str!("schema/diff.schema.json");

#[derive(Serialize)]
pub(super) struct Document<'r> {
    pub(super) format: &'static str,
    /// Why there is nothing of any org.
    pub(super) error: Option<Error>,
    /// The run over many orgs, where it was given a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<String>,
    pub(super) template: Option<Template>,
    pub(super) templates: Vec<OneTemplate<'r>>,
    pub(super) orgs: Vec<Org<'r>>,
}

/// The template; of several the names and versions, separated by commas.
#[derive(Serialize)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OneTemplate<'r> {
    pub(super) name: Cow<'r, str>,
    pub(super) version: Cow<'r, str>,
    pub(super) source: Cow<'r, str>,
    pub(super) reviewed: Cow<'r, str>,
    pub(super) source_read: Option<Cow<'r, str>>,
    /// Whether nobody has held it against its page for more than a year.
    pub(super) review_overdue: bool,
    pub(super) extends: Option<Cow<'r, str>>,
    pub(super) dropped: Vec<Dropped<'r>>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Dropped<'r> {
    step: Cow<'r, str>,
    title: Cow<'r, str>,
    reason: Cow<'r, str>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Org<'r> {
    pub(super) org: Identity,
    pub(super) error: Option<Error>,
    pub(super) summary: Summary,
    /// What has become of an earlier answer, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Changes>,
    /// What the reader should know of what was compared.
    pub(super) notes: Vec<Cow<'r, str>>,
    pub(super) findings: Vec<FindingRow<'r>>,
}

/// What has become of what differed or was missing.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Changes {
    pub(super) new: usize,
    pub(super) fixed: usize,
    pub(super) persisting: usize,
    pub(super) not_observed: usize,
    pub(super) not_asked: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Changes {
    /// How many there are of each, in words; those of several orgs are summed.
    pub(super) fn words<'c>(all: impl IntoIterator<Item = &'c Self>) -> String {
        let all: Vec<&Self> = all.into_iter().collect();
        let sum = |of: fn(&Self) -> usize| all.iter().map(|one| of(one)).sum::<usize>();
        let mut counts = vec![
            format!("{} new", sum(|one| one.new)),
            format!("{} fixed", sum(|one| one.fixed)),
            format!("{} persisting", sum(|one| one.persisting)),
        ];
        for (count, words) in [
            (sum(|one| one.not_observed), "not observed now"),
            (sum(|one| one.not_asked.len()), "not asked now"),
        ] {
            if count > 0 {
                counts.push(format!("{count} {words}"));
            }
        }
        counts.join(", ")
    }
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) in_sync: usize,
    pub(super) differs: usize,
    pub(super) missing: usize,
    pub(super) not_observed: usize,
    pub(super) manual: usize,
    pub(super) waived: usize,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) actual: Option<String>,
    pub(super) desired: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Location<'r> {
    pub(super) file: Cow<'r, str>,
    pub(super) line: usize,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Waiver<'r> {
    pub(super) reason: Cow<'r, str>,
    pub(super) owner: Option<Cow<'r, str>>,
    pub(super) expires: Cow<'r, str>,
    /// The state that the finding would have.
    pub(super) instead: Cow<'r, str>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct FindingRow<'r> {
    pub(super) template: Option<Cow<'r, str>>,
    pub(super) step: Option<Cow<'r, str>>,
    pub(super) title: Cow<'r, str>,
    pub(super) level: Cow<'r, str>,
    pub(super) state: Cow<'r, str>,
    /// What has become of it since an earlier answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Cow<'r, str>>,
    pub(super) component: Option<Component>,
    pub(super) path: Option<String>,
    pub(super) fact: Option<String>,
    /// Of which user, where that is not the one named by the parameter `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<Cow<'r, str>>,
    pub(super) comparison: Option<Cow<'r, str>>,
    pub(super) actual: Option<serde_json::Value>,
    pub(super) desired: Vec<serde_json::Value>,
    pub(super) label: Label,
    pub(super) why: Option<Cow<'r, str>>,
    pub(super) docs: Option<Cow<'r, str>>,
    pub(super) paragraph: Option<Cow<'r, str>>,
    pub(super) setup_url: Option<String>,
    pub(super) manual: Option<Cow<'r, str>>,
    pub(super) reason: Option<Cow<'r, str>>,
    /// What says that it may be otherwise, where it is waived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiver: Option<Waiver<'r>>,
    pub(super) note: Option<Cow<'r, str>>,
    pub(super) access_from: Option<Cow<'r, str>>,
    pub(super) alternatives: Vec<String>,
    /// Who changed the component last; in a comparison with a baseline.
    pub(super) changed: Option<Cow<'r, str>>,
    pub(super) location: Option<Location<'r>>,
    /// What was found, in a sentence without its end; where an answer of many orgs is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) told: Option<String>,
}

/// Writes a report as JSON, with a line break at the end; the same report gives the same bytes.
///
/// # Errors
/// What `serde_json` says; none is known to be possible for these types.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    write(&document(report))
}

/// Writes why there is nothing of any org.
///
/// # Errors
/// As [`render`].
pub fn failed(failure: Failure) -> Result<String, serde_json::Error> {
    let empty = Report { templates: Vec::new(), orgs: Vec::new(), today: String::new() };
    write(&Document { error: Some(failure.into()), ..document(&empty) })
}

/// Writes a report in the form in which it is published.
pub(super) fn write(document: &Document<'_>) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// A report in the form in which it is published.
pub(super) fn document<'r>(report: &'r Report<'_>) -> Document<'r> {
    let templates = report.templates.iter();
    let templates = templates
        .map(|template| OneTemplate {
            name: (&template.name).into(),
            version: (&template.version).into(),
            source: (&template.source).into(),
            reviewed: (&template.reviewed).into(),
            source_read: template.source_read().map(|read| read.name().into()),
            review_overdue: template.age(&report.today).is_some(),
            extends: template.extends.as_deref().map(Cow::from),
            dropped: template
                .dropped
                .iter()
                .map(|dropped| Dropped {
                    step: (&dropped.step).into(),
                    title: (&dropped.title).into(),
                    reason: (&dropped.reason).into(),
                })
                .collect(),
        })
        .collect();
    of_orgs(templates, report.orgs.iter().map(org).collect())
}

/// The document of orgs.
pub(super) fn of_orgs<'r>(templates: Vec<OneTemplate<'r>>, orgs: Vec<Org<'r>>) -> Document<'r> {
    let joined = |of: for<'o> fn(&'o OneTemplate<'r>) -> &'o str| {
        templates.iter().map(of).collect::<Vec<_>>().join(", ")
    };
    let template = (!templates.is_empty())
        .then(|| Template { name: joined(|one| &one.name), version: joined(|one| &one.version) });
    Document { format: FORMAT, error: None, run: None, template, templates, orgs }
}

impl Summary {
    /// The counts in one line, as every format that a person reads ends.
    pub(super) fn words(&self) -> String {
        super::counted(|state| match state {
            State::InSync => self.in_sync,
            State::Differs => self.differs,
            State::Missing => self.missing,
            State::NotObserved => self.not_observed,
            State::Manual => self.manual,
            State::Waived => self.waived,
        })
    }
}

impl FindingRow<'_> {
    /// By what rule it is wanted, as [`Rule`](super::words::Rule) has it: its name, and its title.
    pub(super) fn rule(&self) -> (String, String) {
        match (&self.template, &self.step) {
            (Some(template), Some(step)) => (format!("{template}/{step}"), self.title.to_string()),
            _ => {
                let component = self.component.as_ref();
                Rule::of_baseline(component.map(|id| id.type_name.as_str())).named()
            }
        }
    }
}

fn org<'r>(report: &'r OrgReport<'_>) -> Org<'r> {
    let instance_url = report.instance_url.as_deref();
    let (summary, notes, findings) = match &report.outcome {
        Ok(diff) => {
            let rows = diff.findings.iter().map(|finding| row(finding, instance_url)).collect();
            (summary(diff), diff.notes().map(Cow::from).collect(), rows)
        }
        Err(_) => (Summary::default(), Vec::new(), Vec::new()),
    };
    Org {
        org: Identity {
            name: report.name.clone(),
            id: report.id.clone(),
            instance_url: report.instance_url.clone(),
            source: report.source.clone(),
        },
        error: report.error().map(Error::from),
        summary,
        since: None,
        notes,
        findings,
    }
}

fn summary(found: &Diff<'_>) -> Summary {
    Summary {
        in_sync: found.count(State::InSync),
        differs: found.count(State::Differs),
        missing: found.count(State::Missing),
        not_observed: found.count(State::NotObserved),
        manual: found.count(State::Manual),
        waived: found.count(State::Waived),
    }
}

fn row<'r>(finding: &'r Finding<'_>, instance_url: Option<&str>) -> FindingRow<'r> {
    let Labels { actual, desired } = Labels::of(finding);
    let row = FindingRow {
        template: None,
        step: None,
        title: "".into(),
        level: Level::Required.name().into(),
        state: finding.state().name().into(),
        since: None,
        component: finding.subject.component().map(Component::from),
        path: finding.subject.path().map(ToString::to_string),
        fact: finding.subject.fact().map(ToString::to_string),
        of: match &finding.subject {
            Subject::Fact { of, .. } => of.as_deref().map(Cow::from),
            _ => None,
        },
        comparison: finding.test().map(|test| test.name().into()),
        actual: finding.actual.as_ref().map(value_json),
        desired: finding.desired().iter().map(value_json).collect(),
        label: Label { actual, desired },
        why: None,
        docs: None,
        paragraph: None,
        setup_url: finding.pages().find_map(|page| page.url(instance_url)),
        manual: finding.manual().map(Cow::from),
        reason: reason(finding),
        waiver: match &finding.outcome {
            Outcome::Waived(waiver) => Some(Waiver {
                reason: (&waiver.reason).into(),
                owner: waiver.owner.as_deref().map(Cow::from),
                expires: (&waiver.expires).into(),
                instead: finding.outcome.unwaived().state().name().into(),
            }),
            _ => None,
        },
        note: None,
        access_from: None,
        alternatives: Vec::new(),
        changed: None,
        location: finding
            .place
            .as_ref()
            .map(|Place { file, line }| Location { file: (&**file).into(), line: *line }),
        told: None,
    };
    match &finding.origin {
        Origin::Step(wanted) => of_step(row, wanted),
        // A baseline wants all to be as it has it.
        Origin::Baseline { changed, .. } => FindingRow {
            comparison: Some("equals".into()),
            changed: changed.as_deref().map(Cow::from),
            ..row
        },
    }
}

fn of_step<'r>(row: FindingRow<'r>, wanted: &'r StepWant<'_>) -> FindingRow<'r> {
    let StepWant { template, step, access_from, alternatives, .. } = wanted;
    FindingRow {
        template: Some((&template.name).into()),
        step: Some((&step.id).into()),
        title: (&step.title).into(),
        level: step.level.name().into(),
        why: step.why.as_deref().map(Cow::from),
        docs: step.docs.as_deref().map(Cow::from),
        paragraph: step.paragraph.as_deref().map(Cow::from),
        note: step.note.as_deref().map(Cow::from),
        access_from: access_from.as_deref().map(Cow::from),
        alternatives: alternatives.iter().map(in_words).collect(),
        ..row
    }
}
