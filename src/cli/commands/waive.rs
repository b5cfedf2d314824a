//! `sfsetup waive`: a waiver written into `sfsetup.toml`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::clock::today;
use crate::cli::shared::config::{Config, text_of};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::load::load_for;
use crate::cli::shared::one_at_a_time::alone;
use crate::cli::shared::selection::Pattern;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::waivers::day;
use crate::metadata::lasting::Period;
use crate::metadata::registry::nearest::{nearest, perhaps};
use crate::plan::saved::SavedWaiver;
use crate::report::explain::steps;
use crate::report::json::waive::Waived;
use crate::template::{Step, Template};

/// Say that something may be otherwise until a day, and why
///
/// Writes a waiver at the end of `sfsetup.toml`: the one of `--config`, else the one that is found,
/// else a new one here. What it names is `waived` from then on, in every answer, and no package or
/// deploy touches it; after its last day it counts again. At a terminal the reason and the day are
/// asked for.
#[derive(Debug, Args)]
pub(crate) struct WaiveArguments {
    /// A step of a template by its id or title, or components or settings in them; in these `*`
    /// and `?` stand for any text
    #[arg(value_name = "STEP|TEMPLATE/STEP|TYPE:NAME[:PATH]")]
    what: String,

    /// The template of the step: a shipped one's name, or a file
    #[arg(short, long, value_name = "NAME|FILE")]
    template: Option<String>,

    /// Waive it in this org alone, by the name that commands call it
    #[arg(short, long, value_name = "ORG", alias = "target-org")]
    org: Option<String>,

    /// Why it may be otherwise
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Who answers for that
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,

    /// The last day on which it may, such as 2027-01-31, or in what time that is, such as 30d or 4w
    #[arg(long, value_name = "DATE|TIME")]
    expires: Option<String>,

    #[command(flatten)]
    answer: AnswerArguments,
}

/// A waiver as the file has it.
#[derive(Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    expires: toml::value::Datetime,
}

pub(crate) fn run(ui: &Ui, arguments: &WaiveArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.waive/1")?;
    answer.of(|body| waive(&answer, arguments, body))
}

fn waive(
    answer: &Answer<'_>,
    arguments: &WaiveArguments,
    body: &RefCell<Option<Waived>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let config = Config::find(ui.vouched(), None)?;
    let (step, component, path) = if arguments.what.contains(':') {
        let pattern = Pattern::parse("sfsetup waive", &arguments.what)?;
        pattern.check_names()?;
        let (component, path) = pattern.parts();
        (None, Some(component), path)
    } else {
        (Some(step(ui, arguments, &config)?), None, None)
    };
    if let Some(expires) = &arguments.expires {
        last_day(expires).map_err(|wrong| {
            CommandError::new(wrong)
                .hint("write `--expires 30d` for thirty days, or a day to come such as 2027-01-31")
                .usage()
        })?;
    }
    let reason = match &arguments.reason {
        Some(reason) => reason.trim().to_owned(),
        None => ui
            .ask_for("Why may it be otherwise?", "it stands in every report", |text| {
                text.is_empty().then(|| "a waiver needs a reason".to_owned())
            })?
            .ok_or_else(|| missing("no reason is given", "--reason"))?,
    };
    if reason.is_empty() {
        return Err(missing("the reason is empty", "--reason").usage());
    }
    let expires = match &arguments.expires {
        Some(expires) => expires.clone(),
        None => ui
            .ask_for("Until when?", "a day such as 2027-01-31, or 30d for thirty days", |text| {
                last_day(text).err()
            })?
            .ok_or_else(|| missing("no last day is given", "--expires"))?,
    };
    let expires = last_day(&expires).map_err(CommandError::new)?;
    let owner = arguments.owner.clone();
    let says = SavedWaiver { step, component, path, reason, owner, expires };
    let known = config.waivers(arguments.org.as_deref())?;
    if let (Some(place), Some(file)) = (known.place_of(&says), &config.file) {
        let (org, file) = (arguments.org.clone(), file.display().to_string());
        body.replace(Some(Waived { org, file, ..Waived::from(&says) }));
        answer.say(&format!(
            "{} is waived until {} already, at {place}: nothing was written.\n",
            arguments.what, says.expires
        ))?;
        return Ok(Exit::Done);
    }
    for place in known.of_the_same(&says) {
        ui.note(&format!("{place} is a waiver of the same; the first that has not ended counts"));
    }
    write(answer, arguments, config, says, body)
}

fn missing(what: &str, option: &str) -> CommandError {
    CommandError::new(format!("{what}, so nothing was written"))
        .hint(format!("at a terminal it is asked for; elsewhere name it with `{option}`"))
        .usage()
}

/// The last day that a person means, written as a day: today at the earliest.
fn last_day(text: &str) -> Result<String, String> {
    let today = today();
    let meant: Option<Date> = match text.to_lowercase().parse::<Period>() {
        Ok(period) => Span::new()
            .try_days(period.days())
            .and_then(|days| today.parse::<Date>()?.checked_add(days))
            .ok(),
        Err(_) => day(text).and_then(|day| day.parse().ok()),
    };
    match meant.map(|day| day.to_string()) {
        Some(day) if day < today => Err(format!("{day} is over; today is {today} (UTC)")),
        Some(day) => Ok(day),
        None => Err(format!(
            "`{text}` is neither a day such as 2027-01-31 nor a time such as 30d or 4w"
        )),
    }
}

/// The step that is meant, with its template's name: there must be such a step.
fn step(ui: &Ui, arguments: &WaiveArguments, config: &Config) -> Result<String, CommandError> {
    let (of, step) = match arguments.what.split_once('/') {
        Some((of, step)) => (Some(of), step),
        None => (None, arguments.what.as_str()),
    };
    let org = arguments.org.as_deref();
    let known = config.templates(org).map(|(names, _)| names).unwrap_or_default();
    let load = |name: &str| load_for(ui, name, config, org).map(|loaded| loaded.template);
    let mut templates: Vec<Template> = match &arguments.template {
        Some(name) => vec![load(name)?],
        None => known.iter().map(|name| load(name)).collect::<Result<_, _>>()?,
    };
    if let Some(of) = of {
        templates.retain(|template| template.name == of);
        if templates.is_empty() {
            templates.push(load(of)?);
        }
    }
    if templates.is_empty() {
        return Err(CommandError::new(format!("whose step `{step}` is, is not said"))
            .hint(format!("name its template: `sfsetup waive TEMPLATE/{step}`"))
            .hint("components are named with their type: `sfsetup waive TYPE:NAME:PATH`")
            .usage());
    }
    let found = steps(step, None, &templates);
    match found.as_slice() {
        [(template, one)] => Ok(format!("{}/{}", template.name, one.id)),
        [] => {
            let names: Vec<String> =
                templates.iter().map(|one| format!("`{}`", one.name)).collect();
            let steps = templates.iter().flat_map(|one| &one.steps).map(|one| one.id.as_str());
            Err(CommandError::new(format!(
                "there is no step `{step}` in {}{}",
                names.join(", "),
                perhaps(nearest(step, steps))
            ))
            .hint(format!("`sfsetup template show {}` lists its steps", templates[0].name))
            .usage())
        }
        [(first, one), ..] => {
            let name =
                |(template, one): &(&Template, &Step)| format!("{}/{}", template.name, one.id);
            let names: Vec<String> = found.iter().map(name).collect();
            Err(CommandError::new(format!("several steps are called `{step}`"))
                .because(names.join(", "))
                .hint(format!("name one: `sfsetup waive {}/{}`", first.name, one.id))
                .usage())
        }
    }
}

/// Puts it behind what the file says, every byte of which stays.
fn write(
    answer: &Answer<'_>,
    arguments: &WaiveArguments,
    config: Config,
    says: SavedWaiver,
    body: &RefCell<Option<Waived>>,
) -> Result<Exit, CommandError> {
    let about = arguments.what.as_str();
    let mut told = Waived::from(&says);
    told.org.clone_from(&arguments.org);
    let SavedWaiver { step, component, path, reason, owner, expires } = says;
    let no_toml = |why: String| CommandError::internal("the waiver cannot be written", why);
    let last_day = expires
        .parse()
        .map_err(|error: toml::value::DatetimeParseError| no_toml(error.to_string()))?;
    let written = Written { step, component, path, reason, owner, expires: last_day };
    let waivers = BTreeMap::from([("waiver", [written])]);
    let added = match &arguments.org {
        Some(org) => toml::to_string(&BTreeMap::from([("orgs", BTreeMap::from([(org, waivers)]))])),
        None => toml::to_string(&waivers),
    };
    let added = added.map_err(|error| no_toml(error.to_string()))?;
    let file = config.file.unwrap_or_else(|| PathBuf::from("sfsetup.toml"));
    alone(|| append(answer.ui, &file, added))?;
    told.file = file.display().to_string();
    body.replace(Some(told));
    answer.say(&format!("{about} is waived until {expires}, in {}.\n", file.display()))?;
    Ok(Exit::Done)
}

/// Puts it behind what the file says by now: somebody may have waived something else since this run
/// began.
fn append(ui: &Ui, file: &Path, mut added: String) -> Result<(), CommandError> {
    let text = if file.exists() { text_of(file)? } else { String::new() };
    let between = match text.as_str() {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    added.insert_str(0, between);
    if text.contains("\r\n") {
        added = added.replace('\n', "\r\n");
    }
    let text = format!("{text}{added}");
    if let Err(error) = Config::parse(file, text.clone()) {
        let mut all = CommandError::new(format!(
            "`{}` is written so that no [[waiver]] can stand at its end, so nothing was written",
            file.display()
        ));
        all.causes = error.causes;
        return Err(all.hint(format!("put it in by hand:\n{}", added.trim())));
    }
    ui.write_file(file, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::last_day;

    #[test]
    fn a_last_day_is_a_day_to_come() {
        assert_eq!(last_day("2999-02-28").unwrap(), "2999-02-28");
        assert!(last_day("0d").is_ok() && last_day("30d").unwrap() > last_day("1d").unwrap());
        assert_eq!(last_day("2w"), last_day("14d"));
        assert_eq!(last_day("25H"), last_day("2d"));
        for wrong in ["", "d", "-1d", "2026-02-30", "2020-01-01", "31.01.2999", "99999999d"] {
            assert!(last_day(wrong).is_err(), "{wrong}");
        }
    }
}
