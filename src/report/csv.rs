//! A report as a table for spreadsheets: a row for each finding, and one for an org that failed.
//!
//! A spreadsheet takes a cell that begins with one of a few signs for a formula, and runs it. Such
//! a cell gets an apostrophe before it, and each cell is quoted, as OWASP advises on CSV injection.

use csv::{QuoteStyle, Writer, WriterBuilder};

use crate::diff::Finding;
use crate::metadata::full_name::api_full_name;
use crate::metadata::value::Value;

use super::line::visible;
use super::words::{Labels, reason};
use super::{Failure, OrgReport, Report};

/// The names of the columns; more are only ever added behind them.
pub const COLUMNS: [&str; 21] = [
    "org",
    "template",
    "step",
    "title",
    "level",
    "state",
    "type",
    "component",
    "path",
    "fact",
    "comparison",
    "actual",
    "actual_label",
    "desired",
    "desired_label",
    "reason",
    "manual",
    "setup_url",
    "docs",
    "file",
    "line",
];

/// What a formula may begin with, also in full width.
const BEGINNINGS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Writes a report as a table.
///
/// # Errors
/// What `csv` says; none is known to be possible for rows of one length.
pub fn render(report: &Report<'_>) -> Result<String, csv::Error> {
    let mut table = Table::new();
    table.row(COLUMNS.map(str::to_owned))?;
    for org in &report.orgs {
        for finding in org.outcome.iter().flat_map(|diff| &diff.findings) {
            table.row(row(org, finding))?;
        }
        if let Some(Failure { code, message, hint }) = org.error() {
            table.row(failed(&org.name, &message, &code, hint.as_deref()))?;
        }
    }
    table.end()
}

/// A table of which each cell is quoted, and none is taken for a formula.
pub(super) struct Table(Writer<Vec<u8>>);

impl Table {
    pub(super) fn new() -> Self {
        Self(WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(Vec::new()))
    }

    pub(super) fn row(
        &mut self,
        cells: impl IntoIterator<Item = String>,
    ) -> Result<(), csv::Error> {
        self.0.write_record(cells.into_iter().map(|cell| safe(&cell)))
    }

    pub(super) fn end(self) -> Result<String, csv::Error> {
        let bytes = self.0.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The cells of an org that failed, in the order of [`COLUMNS`].
pub(super) fn failed(org: &str, message: &str, code: &str, hint: Option<&str>) -> [String; 21] {
    let mut row = COLUMNS.map(|_| String::new());
    org.clone_into(&mut row[0]);
    "error".clone_into(&mut row[5]);
    row[15] = format!("{message} ({code})");
    hint.unwrap_or_default().clone_into(&mut row[16]);
    row
}

/// The cells of a finding, in the order of [`COLUMNS`].
fn row(org: &OrgReport<'_>, finding: &Finding<'_>) -> [String; 21] {
    let Labels { actual, desired } = Labels::of(finding);
    let wanted = finding.wanted();
    let step = finding.step();
    let of_step = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let component = finding.subject.component();
    let place = finding.place.as_ref();
    let values = finding.desired();
    // What nobody could see has no value; what was seen and is not there says so by its state.
    let seen = finding.actual.as_ref().map(Value::to_string).unwrap_or_default();
    let comparison = match finding.test() {
        Some(test) => test.name(),
        None if wanted.is_none() => "equals",
        None => "",
    };
    let fact = finding.subject.fact().map(|_| finding.subject.to_string());
    [
        org.name.clone(),
        of_step(wanted.map(|wanted| wanted.template.name.as_str())),
        of_step(step.map(|step| step.id.as_str())),
        of_step(step.map(|step| step.title.as_str())),
        finding.level().name().to_owned(),
        finding.state().name().to_owned(),
        component.map(|id| id.type_name.clone()).unwrap_or_default(),
        component.map(api_full_name).unwrap_or_default(),
        finding.subject.path().map(ToString::to_string).unwrap_or_default(),
        fact.unwrap_or_default(),
        comparison.to_owned(),
        seen,
        actual.unwrap_or_default(),
        values.iter().map(Value::to_string).collect::<Vec<_>>().join(", "),
        desired.unwrap_or_default(),
        reason(finding).unwrap_or_default().into_owned(),
        of_step(finding.manual()),
        finding.pages().find_map(|page| page.url(org.instance_url.as_deref())).unwrap_or_default(),
        of_step(step.and_then(|step| step.docs.as_deref())),
        place.map(|place| place.file.to_string()).unwrap_or_default(),
        place.map(|place| place.line.to_string()).unwrap_or_default(),
    ]
}

/// A cell that no spreadsheet takes for a formula.
fn safe(cell: &str) -> String {
    let mark = if cell.starts_with(BEGINNINGS) { "'" } else { "" };
    format!("{mark}{}", visible(cell))
}
