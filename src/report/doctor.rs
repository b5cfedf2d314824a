//! What a look at the set-up found: one check after the other, each well or not, with what to do.

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::line::{clean, line, paragraph};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is well.
    Ok,
    /// It works, and may not for long, or not for all.
    Warning,
    /// Nothing works with that.
    Stops,
    /// It was not looked at.
    NotChecked,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What it is about; stable.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to do.
    pub advice: Option<String>,
}

impl Check {
    /// A check that is well.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Ok, found: found.into(), advice: None }
    }

    /// One that is not, with what to do.
    pub fn bad(
        name: &'static str,
        outcome: Outcome,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { name, outcome, found: found.into(), advice: Some(advice.into()) }
    }

    /// One that was not made, and why.
    pub fn not_checked(name: &'static str, why: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::NotChecked, found: why.into(), advice: None }
    }
}

/// What looks, and where.
#[derive(Clone, Debug, Serialize)]
pub struct Program {
    /// The version of this program.
    pub version: String,
    /// The newest API version that it speaks.
    pub api_version: String,
    /// How many templates are shipped.
    pub templates: usize,
    /// The operating system.
    pub os: String,
    /// The processor.
    pub architecture: String,
}

/// `sfsetup.doctor/1`.
#[derive(Clone, Debug, Serialize)]
pub struct Doctor {
    /// What looked.
    pub program: Program,
    /// What the org is called that was looked at; none where none is named.
    pub org: Option<String>,
    /// The checks.
    pub checks: Vec<Check>,
    /// Whether nothing stops the work.
    pub works: bool,
    /// The file for whoever helps, where one was written.
    pub bundle: Option<String>,
}

/// How far what to do is indented: behind the mark.
const MARK: usize = 9;

/// Shows what was found.
pub fn text(doctor: &Doctor) -> String {
    let mut out = String::new();
    let Program { version, api_version, templates, os, architecture } = &doctor.program;
    let head = format!("sfsetup {version} on {os} ({architecture})");
    line(&mut out, &clean(&head).bold().to_string());
    line(&mut out, &format!("{templates} templates; speaks API {api_version} and older\n"));
    for check in &doctor.checks {
        let mark = match check.outcome {
            Outcome::Ok => format!("{}     ", "ok".green()),
            Outcome::Warning => format!("{}", "warning".yellow().bold()),
            Outcome::Stops => format!("{}  ", "stops".red().bold()),
            Outcome::NotChecked => format!("{}  ", "-    ".dimmed()),
        };
        let mut rows = String::new();
        // As `fit` knows a label, so that a narrow terminal hangs what follows below it.
        let label = format!("{}: ", check.name.replace('-', " "));
        paragraph(&mut rows, MARK, &label, &check.found);
        // The mark stands in the margin of the first line.
        out.extend([&mark, "  ", &rows[MARK..]]);
        if let Some(advice) = &check.advice {
            paragraph(&mut out, MARK, "do: ", advice);
        }
    }
    let count = |outcome| doctor.checks.iter().filter(|check| check.outcome == outcome).count();
    let ends = match (count(Outcome::Stops), count(Outcome::Warning)) {
        (0, 0) => "\nNothing stands in the way.".to_owned(),
        (0, warnings) => format!("\nNothing stops the work; warnings: {warnings}."),
        (stops, _) => format!("\nWhat stops the work: {stops}."),
    };
    line(&mut out, &ends);
    out
}
