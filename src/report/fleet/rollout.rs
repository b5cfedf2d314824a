//! What became of a change that was carried to many orgs, for a terminal.

use owo_colors::OwoColorize as _;

use crate::report::code;
use crate::report::json::deploy::{OneRun, Outcome, RunOfMany};
use crate::report::line::{line, paragraph};
use crate::report::plan::count;

use super::name_column;

/// Writes a line an org, and what all come to.
pub fn render(run: &RunOfMany) -> String {
    let mut out = String::new();
    if let Some(id) = &run.run {
        line(&mut out, &format!("Run {id}").bold().to_string());
        out.push('\n');
    }
    let (width, names) = name_column(run.orgs.iter().map(OneRun::name));
    for (org, name) in run.orgs.iter().zip(names) {
        paragraph(&mut out, 0, &format!("{name}  "), &words(org));
        if let Some(hint) = org.error.as_ref().and_then(|error| error.hint.as_ref())
            && fate(org) != Fate::NotBegun
        {
            paragraph(&mut out, width + 2, "hint: ", hint);
        }
    }
    out.push('\n');
    let of = |fate: Fate| run.orgs.iter().filter(|org| self::fate(org) == fate).count();
    let text = format!(
        "{}: {} done, {} with nothing to do, {} failed, {} not begun.",
        count(run.orgs.len(), "org"),
        of(Fate::Done),
        of(Fate::Nothing),
        of(Fate::Failed),
        of(Fate::NotBegun),
    );
    let is_well = of(Fate::Failed) + of(Fate::NotBegun) == 0;
    let text =
        if is_well { text.green().bold().to_string() } else { text.red().bold().to_string() };
    line(&mut out, &text);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    Nothing,
    Failed,
    NotBegun,
}

fn fate(org: &OneRun) -> Fate {
    match (&org.error, org.run.outcome) {
        (Some(error), _) if error.code == code::HALTED => Fate::NotBegun,
        (Some(error), Outcome::NotSent) if error.code == code::INTERRUPTED => Fate::NotBegun,
        (Some(_), _) => Fate::Failed,
        (None, Outcome::NothingToDo | Outcome::DoneBefore | Outcome::NotSent) => Fate::Nothing,
        (None, _) => Fate::Done,
    }
}

fn words(org: &OneRun) -> String {
    let run = &org.run;
    let words = match (&org.error, run.outcome) {
        (Some(_), _) if fate(org) == Fate::NotBegun => "not begun".to_owned(),
        (Some(error), outcome) => {
            let what = match outcome {
                Outcome::NotSent | Outcome::NothingToDo => "failed",
                Outcome::Refused => "refused",
                Outcome::Canceled => "canceled",
                Outcome::NotInSync => "carried out, and not as it should be",
                Outcome::Unverified | Outcome::Done => "carried out, and not looked at to the end",
                Outcome::InPart => "carried out in part",
                Outcome::Unknown => "what became of it is not known",
                Outcome::DoneBefore | Outcome::Finished | Outcome::Validated => "failed",
            };
            format!("{what}: {} ({})", error.message, error.code)
        }
        (None, Outcome::Done) => {
            let what = if run.takes_back.is_some() { "taken back" } else { "deployed" };
            let settings = run.verified.as_ref().and_then(|verified| verified.settings);
            let settings = settings.filter(|many| *many > 0 && run.takes_back.is_none());
            let settings = settings.map(|number| format!(": {}", count(number, "setting")));
            format!("{what} and verified{}", settings.unwrap_or_default())
        }
        (None, Outcome::Validated) => "valid: the org would accept it".to_owned(),
        (None, Outcome::DoneBefore) => "carried out before, and still so".to_owned(),
        (None, Outcome::Finished) => "a run that was cut off is finished".to_owned(),
        (None, _) => "nothing to do".to_owned(),
    };
    let id = run.deploy.as_ref().filter(|_| org.error.is_none());
    let id = id.map(|deploy| format!(" ({})", deploy.id)).unwrap_or_default();
    let left = match run.left.iter().filter(|left| left.is_open()).count() {
        0 => String::new(),
        number => format!("; {} left", count(number, "setting")),
    };
    format!("{words}{id}{left}")
}
