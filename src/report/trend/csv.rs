//! Drift over time for spreadsheets: a row a drift, and a row for an org without an answer.

use crate::report::csv::Table;
use crate::trend::{End, Trend};

use super::why_silent;

const COLUMNS: [&str; 10] = [
    "org",
    "org_id",
    "step",
    "title",
    "state",
    "well_before",
    "found",
    "last_seen",
    "ended",
    "hours",
];

/// Writes the rows.
///
/// # Errors
/// What `csv` says; none is known to be possible for rows of one length.
pub fn render(trend: &Trend) -> Result<String, csv::Error> {
    let mut table = Table::new();
    table.row(COLUMNS.map(str::to_owned))?;
    for org in &trend.orgs {
        let id = org.id.clone().unwrap_or_default();
        for drift in trend.of_org(&org.name) {
            let (state, ended) = match drift.end {
                End::Open => ("open", None),
                End::Fixed(at) => ("fixed", Some(at)),
                End::Waived(at) => ("waived", Some(at)),
                End::Replaced(at) => ("replaced", Some(at)),
            };
            let until = ended.unwrap_or(drift.last);
            table.row([
                org.name.clone(),
                id.clone(),
                drift.step.clone(),
                trend.title(&drift.step).to_owned(),
                state.to_owned(),
                drift.before.map(|at| at.to_string()).unwrap_or_default(),
                drift.found.to_string(),
                drift.last.to_string(),
                ended.map(|at| at.to_string()).unwrap_or_default(),
                until.duration_since(drift.found).as_hours().to_string(),
            ])?;
        }
        if let Some(why) = &org.silent {
            let mut row = [const { String::new() }; COLUMNS.len()];
            row[0] = org.name.clone();
            row[1] = id;
            row[3] = why_silent(why);
            row[4] = "no-answer".to_owned();
            row[5] = org.answered.map(|at| at.to_string()).unwrap_or_default();
            row[6] = org.last.to_string();
            row[7] = org.last.to_string();
            table.row(row)?;
        }
    }
    table.end()
}
