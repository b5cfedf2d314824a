//! `sfsetup.diff/1`: a report for programs. Keys are only ever added within a major version; the
//! schema is `diff.schema.json` beside this file.
//!
//! The types here are the published form and stand apart from the program's own, so that the latter
//! may change.

use std::borrow::Cow;

use serde::Serialize;

use crate::diff::drift::Drift;
use crate::diff::{Finding, State};
use crate::metadata::layout::api_full_name;
use crate::metadata::registry;
use crate::metadata::value::Value;
use crate::template::Level;

use super::template::value_json;
use super::{Findings, OrgReport, Report};

/// The JSON Schema of this format.
pub const SCHEMA: &str = include_str!("diff.schema.json");

#[derive(Serialize)]
struct Document<'r> {
    format: &'static str,
    template: Option<Template>,
    templates: Vec<OneTemplate<'r>>,
    orgs: Vec<Org<'r>>,
}

/// The template; of several the names and versions, separated by commas.
#[derive(Serialize)]
struct Template {
    name: String,
    version: String,
}

#[derive(Serialize)]
struct OneTemplate<'r> {
    name: &'r str,
    version: &'r str,
    source: &'r str,
    reviewed: &'r str,
    extends: Option<&'r str>,
    dropped: Vec<Dropped<'r>>,
}

#[derive(Serialize)]
struct Dropped<'r> {
    step: &'r str,
    title: &'r str,
    reason: &'r str,
}

#[derive(Serialize)]
struct Org<'r> {
    org: Identity<'r>,
    error: Option<Failure<'r>>,
    summary: Summary,
    findings: Vec<FindingRow<'r>>,
}

#[derive(Serialize)]
struct Identity<'r> {
    name: &'r str,
    id: Option<&'r str>,
    instance_url: Option<&'r str>,
    source: Option<&'r str>,
}

#[derive(Serialize)]
struct Failure<'r> {
    code: &'r str,
    message: &'r str,
    hint: Option<&'r str>,
}

#[derive(Default, Serialize)]
struct Summary {
    in_sync: usize,
    differs: usize,
    missing: usize,
    not_observed: usize,
    manual: usize,
    waived: usize,
}

#[derive(Serialize)]
struct Component<'r> {
    #[serde(rename = "type")]
    type_name: &'r str,
    full_name: String,
}

#[derive(Serialize)]
struct Label<'r> {
    actual: Option<Cow<'r, str>>,
    desired: Option<Cow<'r, str>>,
}

#[derive(Serialize)]
struct FindingRow<'r> {
    template: Option<&'r str>,
    step: Option<&'r str>,
    title: &'r str,
    level: &'static str,
    state: &'static str,
    component: Option<Component<'r>>,
    path: Option<String>,
    fact: Option<String>,
    comparison: Option<&'static str>,
    actual: Option<serde_json::Value>,
    desired: Vec<serde_json::Value>,
    label: Label<'r>,
    why: Option<&'r str>,
    docs: Option<&'r str>,
    setup_url: Option<String>,
    manual: Option<&'r str>,
    reason: Option<&'r str>,
    note: Option<&'r str>,
    access_from: Option<&'r str>,
    alternatives: &'r [String],
    /// Who changed the component last; in a comparison with a baseline.
    changed: Option<&'r str>,
}

/// Writes a report as JSON, with a line break at the end; the same report gives the same bytes.
///
/// # Errors
/// What `serde_json` says; none is known to be possible for these types.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let document = Document {
        format: "sfsetup.diff/1",
        template: (!report.templates.is_empty()).then(|| {
            let joined = |of: fn(&crate::template::Template) -> &str| {
                report.templates.iter().map(|one| of(one)).collect::<Vec<_>>().join(", ")
            };
            Template {
                name: joined(|template| &template.name),
                version: joined(|template| &template.version),
            }
        }),
        templates: report
            .templates
            .iter()
            .map(|template| OneTemplate {
                name: &template.name,
                version: &template.version,
                source: &template.source,
                reviewed: &template.reviewed,
                extends: template.extends.as_deref(),
                dropped: template
                    .dropped
                    .iter()
                    .map(|dropped| Dropped {
                        step: &dropped.step,
                        title: &dropped.title,
                        reason: &dropped.reason,
                    })
                    .collect(),
            })
            .collect(),
        orgs: report.orgs.iter().map(org).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn org<'r>(report: &'r OrgReport<'_>) -> Org<'r> {
    let instance_url = report.instance_url.as_deref();
    let (error, summary, findings) = match &report.outcome {
        Ok(found) => {
            let rows = match found {
                Findings::Template(diff) => {
                    diff.findings.iter().map(|finding| row(finding, instance_url)).collect()
                }
                Findings::Baseline(drifts) => drifts.drifts.iter().map(drift_row).collect(),
            };
            (None, summary(found), rows)
        }
        Err(failure) => (
            Some(Failure {
                code: &failure.code,
                message: &failure.message,
                hint: failure.hint.as_deref(),
            }),
            Summary::default(),
            Vec::new(),
        ),
    };
    Org {
        org: Identity {
            name: &report.name,
            id: report.id.as_deref(),
            instance_url,
            source: report.source.as_deref(),
        },
        error,
        summary,
        findings,
    }
}

fn summary(found: &Findings<'_>) -> Summary {
    Summary {
        in_sync: found.count(State::InSync),
        differs: found.count(State::Differs),
        missing: found.count(State::Missing),
        not_observed: found.count(State::NotObserved),
        manual: found.count(State::Manual),
        waived: found.count(State::Waived),
    }
}

/// A difference from a baseline: no step, and the component's own name where the whole of it is on
/// one side only.
fn drift_row(drift: &Drift) -> FindingRow<'_> {
    let labels = label_of(drift);
    FindingRow {
        template: None,
        step: None,
        title: "",
        level: Level::Required.name(),
        state: drift.state.name(),
        component: Some(Component {
            type_name: &drift.id.type_name,
            full_name: api_full_name(&drift.id),
        }),
        path: drift.path.as_ref().map(ToString::to_string),
        fact: None,
        comparison: Some("equals"),
        actual: drift.actual.as_ref().map(value_json),
        desired: drift.baseline.iter().map(value_json).collect(),
        label: Label { actual: labels.0.map(Cow::Owned), desired: labels.1.map(Cow::Owned) },
        why: None,
        docs: None,
        setup_url: None,
        manual: None,
        reason: drift.reason.as_deref(),
        note: None,
        access_from: None,
        alternatives: &[],
        changed: drift.changed.as_deref(),
    }
}

fn label_of(drift: &Drift) -> (Option<String>, Option<String>) {
    let row = registry::find_component(&drift.id.type_name, &drift.id.full_name);
    let resolved =
        row.zip(drift.path.as_ref()).and_then(|(row, path)| row.resolve(path).ok().flatten());
    let label = |value: &Option<Value>| resolved.as_ref()?.field.label_of(value.as_ref()?);
    (label(&drift.actual), label(&drift.baseline))
}

fn row<'r>(finding: &'r Finding<'_>, instance_url: Option<&str>) -> FindingRow<'r> {
    FindingRow {
        template: Some(&finding.template.name),
        step: Some(&finding.step.id),
        title: &finding.step.title,
        level: finding.step.level.name(),
        state: finding.state.name(),
        component: finding
            .component
            .as_ref()
            .map(|id| Component { type_name: &id.type_name, full_name: api_full_name(id) }),
        path: finding.path.as_ref().map(ToString::to_string),
        fact: finding.fact.as_ref().map(ToString::to_string),
        comparison: finding.comparison,
        actual: finding.actual.as_ref().map(value_json),
        desired: finding.desired.iter().map(value_json).collect(),
        label: Label {
            actual: finding.actual_label.as_deref().map(Cow::Borrowed),
            desired: finding.desired_label.as_deref().map(Cow::Borrowed),
        },
        why: finding.step.why.as_deref(),
        docs: finding.step.docs.as_deref(),
        setup_url: finding.step.setup.and_then(|page| page.url(instance_url)),
        manual: finding.manual.as_deref(),
        reason: finding.reason.as_deref(),
        note: finding.step.note.as_deref(),
        access_from: finding.access_from.as_deref(),
        alternatives: &finding.alternatives,
        changed: None,
    }
}
