//! Many orgs for code scanning: one run, in which a result names its org. Of runs GitHub takes
//! twenty in a file, of results in a run many more.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::diff::State;
use crate::metadata::sha256::sha256;
use crate::report::json::FindingRow;
use crate::report::line::clean;
use crate::report::sarif::{
    Limits, document, error_notification, kind, notification, suppressions, tool, within_bytes,
};

use super::{Kept, counts, state};

/// Writes the answers as SARIF 2.1.0.
///
/// # Errors
/// What `serde_json` says; none is known to be possible.
pub fn render(orgs: &[Kept]) -> Result<String, serde_json::Error> {
    within_bytes(Limits::default(), |limits| within(orgs, limits))
}

/// Writes the answers within a limit of results.
fn within(orgs: &[Kept], limits: &Limits) -> Result<String, serde_json::Error> {
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let mut rules: Vec<Value> = Vec::new();
    let mut open: Vec<(&Kept, &FindingRow<'static>)> = orgs
        .iter()
        .flat_map(|org| org.findings().map(move |row| (org, row)))
        .filter(|(_, row)| state(&row.state) != State::InSync)
        .collect();
    let mut said: Vec<Value> = Vec::new();
    if open.len() > limits.results {
        let is_drift =
            |row: &FindingRow<'_>| matches!(state(&row.state), State::Differs | State::Missing);
        open.sort_by_key(|(_, row)| !is_drift(row));
        let left = open.len() - limits.results;
        let words = format!("{left} of {} findings are left out here", open.len());
        said.push(notification("warning", "TRUNCATED", &words));
        open.truncate(limits.results);
    }
    let mut occurrences: BTreeMap<String, usize> = BTreeMap::new();
    let mut results = Vec::with_capacity(open.len());
    for (org, row) in open {
        let (id, title) = row.rule();
        let at = *index.entry(id.clone()).or_insert_with(|| {
            rules.push(rule(&id, &title, row));
            rules.len() - 1
        });
        results.push(result(org, row, &id, at, &mut occurrences));
    }
    for org in orgs {
        if let Some(error) = &org.org.error {
            let words = format!("{}: {}", org.name(), error.message);
            said.push(error_notification(&error.code, &words, error.hint.as_deref()));
        }
        let note = |note| notification("note", "NOTE", &format!("{}: {note}", org.name()));
        said.extend(org.org.notes.iter().map(note));
    }
    let is_whole = orgs.iter().all(|org| org.org.error.is_none());
    document(vec![json!({
        "tool": tool(rules),
        "automationDetails": { "id": "sfsetup/fleet/" },
        "invocations": [{
            "executionSuccessful": is_whole,
            "toolExecutionNotifications": said,
        }],
        "results": results,
        "properties": { "summary": counts(orgs) },
    })])
}

fn severity(level: &str) -> &'static str {
    if level == "recommended" { "warning" } else { "error" }
}

fn rule(id: &str, title: &str, row: &FindingRow<'_>) -> Value {
    let severity = severity(&row.level);
    let title = clean(title);
    let why = row.why.as_deref().map_or_else(|| title.clone(), clean);
    json!({
        "id": clean(id),
        "shortDescription": { "text": title },
        "fullDescription": { "text": why },
        "help": { "text": why },
        "defaultConfiguration": { "level": severity },
        "properties": { "tags": ["salesforce"], "problem.severity": severity },
    })
}

fn result(
    org: &Kept,
    row: &FindingRow<'_>,
    id: &str,
    rule: usize,
    occurrences: &mut BTreeMap<String, usize>,
) -> Value {
    let told = row.told.as_deref().unwrap_or(&row.title);
    // What is waived keeps what it would be.
    let unwaived = row.waiver.as_ref().map_or(&*row.state, |waiver| &*waiver.instead);
    let (kind, level) = kind(state(unwaived), severity(&row.level));
    let component = row.component.as_ref().map(|id| format!("{}:{}", id.type_name, id.full_name));
    let subject = [component.as_deref(), row.path.as_deref(), row.fact.as_deref()];
    let subject = subject.into_iter().flatten().collect::<Vec<_>>().join(" ");
    // Neither the place nor the values, so that it is the same finding the next time.
    let key = org.id().unwrap_or(org.name());
    let print = sha256(
        format!("{key}\0{id}\0{subject}\0{}", row.manual.as_deref().unwrap_or_default()).as_bytes(),
    );
    let print = print.get(..16).unwrap_or_default().to_owned();
    let occurrence = occurrences.entry(print.clone()).or_default();
    *occurrence += 1;
    let mut out = json!({
        "ruleId": clean(id),
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": { "text": clean(&format!("{}: {told}", org.name())) },
        "locations": [{ "logicalLocations": [{
            "fullyQualifiedName": clean(&format!("{} {subject}", org.name())),
        }] }],
        "partialFingerprints": { "primaryLocationLineHash": format!("{print}:{occurrence}") },
        "properties": { "state": row.state, "org": clean(org.name()) },
    });
    if state(&row.state) == State::Waived {
        out["suppressions"] = suppressions(row.reason.as_deref().unwrap_or_default());
    }
    out
}
