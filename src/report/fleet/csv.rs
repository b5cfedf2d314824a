//! Many orgs for spreadsheets: a row a finding, as of one org; or a row an org and a column a step.

use serde_json::Value;

use crate::report::csv::{COLUMNS, Table, failed};
use crate::report::json::FindingRow;

use super::{Kept, Matrix};

/// Writes a row for each finding, and one for an org that failed.
///
/// # Errors
/// What `csv` says; none is known to be possible for rows of one length.
pub fn render(orgs: &[Kept]) -> Result<String, csv::Error> {
    let mut table = Table::new();
    table.row(COLUMNS.map(str::to_owned))?;
    for org in orgs {
        for finding in org.findings() {
            table.row(row(org.name(), finding))?;
        }
        if let Some(error) = &org.org.error {
            table.row(failed(org.name(), &error.message, &error.code, error.hint.as_deref()))?;
        }
    }
    table.end()
}

/// Writes a row for each org, with the state of each step.
///
/// # Errors
/// As [`render`].
pub fn table(orgs: &[Kept]) -> Result<String, csv::Error> {
    let matrix = Matrix::of(orgs);
    let mut table = Table::new();
    let ids = matrix.columns.iter().map(|column| column.id.clone());
    table.row(["org", "id", "result"].map(str::to_owned).into_iter().chain(ids))?;
    for (org, row) in orgs.iter().zip(&matrix.rows) {
        let head = [org.name().to_owned(), org.id().unwrap_or_default().to_owned(), org.verdict()];
        let cells = row.iter().map(|state| state.map_or("", |state| state.name()).to_owned());
        table.row(head.into_iter().chain(cells))?;
    }
    table.end()
}

/// A value as text: a list with commas.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn row(org: &str, finding: &FindingRow<'_>) -> [String; 21] {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let component = finding.component.as_ref();
    let fact = finding.fact.as_ref().map(|fact| match &finding.of {
        Some(of) => format!("{fact} of {of}"),
        None => fact.clone(),
    });
    let place = finding.location.as_ref();
    let desired: Vec<String> = finding.desired.iter().map(shown).collect();
    [
        org.to_owned(),
        text(finding.template.as_deref()),
        text(finding.step.as_deref()),
        if finding.step.is_some() { finding.title.to_string() } else { String::new() },
        finding.level.to_string(),
        finding.state.to_string(),
        text(component.map(|id| id.type_name.as_str())),
        text(component.map(|id| id.full_name.as_str())),
        text(finding.path.as_deref()),
        fact.unwrap_or_default(),
        text(finding.comparison.as_deref()),
        finding.actual.as_ref().map(shown).unwrap_or_default(),
        text(finding.label.actual.as_deref()),
        desired.join(", "),
        text(finding.label.desired.as_deref()),
        text(finding.reason.as_deref()),
        text(finding.manual.as_deref()),
        text(finding.setup_url.as_deref()),
        text(finding.docs.as_deref()),
        text(place.map(|place| &*place.file)),
        place.map(|place| place.line.to_string()).unwrap_or_default(),
    ]
}
