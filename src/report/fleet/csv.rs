//! Many orgs for spreadsheets: a row a finding, as of one org; or a row an org and a column a step.

use csv::{QuoteStyle, Writer, WriterBuilder};
use serde_json::Value;

use crate::report::csv::{COLUMNS, safe};
use crate::report::json::FindingRow;

use super::{Kept, Matrix};

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(Vec::new())
}

fn text(writer: Writer<Vec<u8>>) -> Result<String, csv::Error> {
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes a row for each finding, and one for an org that failed.
///
/// # Errors
/// What `csv` says; none is known to be possible for rows of one length.
pub fn render(orgs: &[Kept]) -> Result<String, csv::Error> {
    let mut writer = writer();
    writer.write_record(COLUMNS)?;
    for org in orgs {
        for finding in org.findings() {
            writer.write_record(row(org.name(), finding).map(|cell| safe(&cell)))?;
        }
        if let Some(error) = &org.org.error {
            let mut row = COLUMNS.map(|_| String::new());
            org.name().clone_into(&mut row[0]);
            "error".clone_into(&mut row[5]);
            row[15] = format!("{} ({})", error.message, error.code);
            row[16] = error.hint.clone().unwrap_or_default();
            writer.write_record(row.map(|cell| safe(&cell)))?;
        }
    }
    text(writer)
}

/// Writes a row for each org, with the state of each step.
///
/// # Errors
/// As [`render`].
pub fn table(orgs: &[Kept]) -> Result<String, csv::Error> {
    let matrix = Matrix::of(orgs);
    let mut writer = writer();
    let ids = matrix.columns.iter().map(|column| safe(&column.id));
    writer.write_record(["org", "id", "result"].map(str::to_owned).into_iter().chain(ids))?;
    for (org, row) in orgs.iter().zip(&matrix.rows) {
        let head = [org.name().to_owned(), org.id().unwrap_or_default().to_owned(), org.verdict()];
        let cells = row.iter().map(|state| state.map_or("", |state| state.name()).to_owned());
        writer.write_record(head.into_iter().chain(cells).map(|cell| safe(&cell)))?;
    }
    text(writer)
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
