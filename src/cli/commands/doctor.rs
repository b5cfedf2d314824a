//! `sfsetup doctor`: does what is set up here work, and does the org; and a file about it for
//! whoever helps, without secrets.
//!
//! No network is touched but for an org: the one that is named, or that other commands would take.

mod bundle;
mod here;
mod there;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::metadata::registry::ApiVersion;
use crate::report::code;
use crate::report::doctor::{self, Check, Doctor, Outcome, Program};
use crate::template::builtin;

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::config::Config;
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use bundle::Redactor;

/// Look whether what is set up here works: configuration, logins, network, clock, rights
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The org to look at; without it the one that other commands would take, if there is one
    #[arg(short, long, value_name = "ORG", alias = "target-org")]
    org: Option<String>,

    /// Look for the rights that this template asks for (can be repeated); without it the
    /// `templates` of `sfsetup.toml`
    #[arg(short, long, value_name = "NAME|FILE")]
    template: Vec<String>,

    /// Write a file for whoever helps you: these checks and the configuration, without secrets,
    /// names of users and your home folder; a zip, or `.json`
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,

    #[command(flatten)]
    answer: AnswerArguments,
}

pub(crate) fn run(ui: &Ui, arguments: &DoctorArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.doctor/1")?;
    if let Some(file) = &arguments.bundle {
        bundle::check_name(file)?;
    }
    answer.of(|body| look(&answer, arguments, body))
}

fn look(
    answer: &Answer<'_>,
    arguments: &DoctorArguments,
    body: &RefCell<Option<Doctor>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let (found, config) = here::configuration(ui);
    let config = config.unwrap_or_default();
    let mut checks = vec![found];
    checks.extend(here::all(ui));
    let org = match connect::choose(ui, arguments.org.as_deref(), &config) {
        Ok(Some(choice)) => {
            let name = choice.name().to_owned();
            let templates = match arguments.template.as_slice() {
                [] => config.templates(Some(&name)).map(|(names, _)| names).unwrap_or_default(),
                named => named.to_vec(),
            };
            checks.extend(there::all(ui, &choice, &templates)?);
            Some(name)
        }
        Ok(None) => {
            let why = "no org is named, and none is the default; name one with `--org`";
            checks.push(Check::not_checked("org", why));
            None
        }
        Err(error) => {
            checks.push(of_error("org", &error));
            None
        }
    };
    let redactor = Redactor::new(&config);
    for check in &mut checks {
        check.found = redactor.secrets(&check.found);
        check.advice = check.advice.take().map(|advice| redactor.secrets(&advice));
    }
    let stops = checks.iter().filter(|check| check.outcome == Outcome::Stops).count();
    let mut doctor = Doctor {
        program: program(),
        org: org.map(|org| redactor.secrets(&org)),
        checks,
        works: stops == 0,
        bundle: None,
    };
    let text = doctor::text(&doctor);
    if let Some(file) = &arguments.bundle {
        bundle::write(ui, file, &doctor, &config, &redactor)?;
        doctor.bundle = Some(file.display().to_string());
    }
    answer.give(&text)?;
    if let Some(file) = &arguments.bundle {
        tell_bundle(ui, file);
    }
    body.replace(Some(doctor));
    answer.failed(stops > 0, code::ERROR, || format!("{stops} of the checks stop the work"))
}

fn tell_bundle(ui: &Ui, file: &Path) {
    ui.note(&format!(
        "wrote `{}`: these checks, the platform, and the configuration with its values as far as \
         they are no secrets and no users' names; read it before you send it",
        file.display()
    ));
}

fn program() -> Program {
    Program {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        api_version: ApiVersion::NEWEST.to_string(),
        templates: builtin::all().len(),
        os: std::env::consts::OS.to_owned(),
        architecture: std::env::consts::ARCH.to_owned(),
    }
}

/// A check that ended with an error, which says what to do.
fn of_error(name: &'static str, error: &CommandError) -> Check {
    let mut words = vec![error.what.clone()];
    words.extend(error.causes.iter().cloned());
    let advice = match error.hints.as_slice() {
        [] => "put right what is named here".to_owned(),
        hints => hints.join("; "),
    };
    Check::bad(name, Outcome::Stops, words.join(": "), advice)
}

/// A configuration, or none.
type Found = (Check, Option<Config>);
