//! `sfsetup template`: what templates there are, what one wants, whether one is right. Also how every command gets its template.

mod new;
mod test;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sha2::{Digest as _, Sha256};

use crate::metadata::value::Value;
use crate::report::template as render;
use crate::template::{self, Template, builtin, schema};

use super::config::Config;
use super::connect::Choice;
use super::error::CommandError;
use super::ui::Ui;
use super::{Exit, Format};

/// List, show, check, write and test templates
#[derive(Debug, Args)]
pub(super) struct TemplateArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the templates that are shipped
    List {
        /// The form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show a template as a page: its parameters and its steps
    Show {
        /// A shipped template's name, or a file
        #[arg(value_name = "NAME|FILE")]
        template: String,
        /// The form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Check a template's file; every mistake is reported at once
    Check {
        /// The file, or a shipped template's name
        #[arg(value_name = "FILE")]
        template: String,
        /// The form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    New(new::NewArguments),
    Test(test::TestArguments),
    /// Print the JSON Schema of the template format, for editors
    Schema,
}

pub(super) fn run(ui: &Ui, arguments: &TemplateArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::List { format } => {
            let templates = builtin::all().iter().map(|shipped| parse(shipped.name, shipped.text)).collect::<Result<Vec<_>, _>>()?;
            ui.answer(&match format {
                Format::Text => render::list_text(&templates),
                Format::Json => render::list_json(&templates),
            })?;
            Ok(Exit::Done)
        }
        Action::Show { template, format } => {
            let template = load(template)?;
            ui.answer(&match format {
                Format::Text => render::show_text(&template),
                Format::Json => render::show_json(&template),
            })?;
            Ok(Exit::Done)
        }
        Action::Check { template, format } => {
            let (file, text) = source(template)?;
            let checked = template::parse(&file, &text);
            if *format == Format::Json {
                ui.answer(&render::check_json(&file, &checked))?;
                return Ok(if checked.is_ok() { Exit::Done } else { Exit::Error });
            }
            let template = checked.map_err(|errors| CommandError::template(&errors))?;
            ui.answer(&render::check_text(&template))?;
            Ok(Exit::Done)
        }
        Action::New(arguments) => new::run(ui, arguments),
        Action::Test(arguments) => test::run(ui, arguments),
        Action::Schema => {
            ui.answer(schema::schema_json())?;
            Ok(Exit::Done)
        }
    }
}

/// Gets a template: a shipped one by its name, else a file.
///
/// # Errors
/// There is none of the name, the file cannot be read, or it has mistakes.
pub(super) fn load(name: &str) -> Result<Template, CommandError> {
    let (file, text) = source(name)?;
    parse(&file, &text)
}

/// Gets a template, with the SHA-256 of its text in hexadecimal.
///
/// # Errors
/// As [`load`].
pub(super) fn load_with_hash(name: &str) -> Result<(Template, String), CommandError> {
    let (file, text) = source(name)?;
    let digest = Sha256::digest(text.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((parse(&file, &text)?, hash))
}

fn parse(file: &str, text: &str) -> Result<Template, CommandError> {
    template::parse(file, text).map_err(|errors| CommandError::template(&errors))
}

fn source(name: &str) -> Result<(String, String), CommandError> {
    if let Some(shipped) = builtin::find(name) {
        return Ok((format!("{name}.toml"), shipped.text.to_owned()));
    }
    let path = PathBuf::from(name);
    if !path.exists() {
        return Err(CommandError::unknown_template(name));
    }
    let failed = || CommandError::new(format!("cannot read the template `{name}`"));
    if path.is_dir() {
        return Err(failed().because("it is a folder").hint("name one `.toml` file in it"));
    }
    let bytes = std::fs::read(&path).map_err(|error| failed().because(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| failed().because(format!("it is not UTF-8 text: {}", error.utf8_error())))?;
    Ok((name.to_owned(), text))
}

/// Gives the template's parameters their values: `--set`, then `sfsetup.toml`, then what the demo org proposes, then the defaults.
///
/// # Errors
/// A `--set` that is not `name=value`, a file that cannot be read, parameters that are missing or wrong: all of them named.
pub(super) fn fill_in(
    ui: &Ui,
    template: &Template,
    set: &[String],
    config: &Config,
    choice: Option<&Choice>,
) -> Result<template::Arguments, CommandError> {
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in set {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(CommandError::new(format!("`--set {pair}` is not of the form name=value")).usage());
        };
        given.entry(name.trim().to_owned()).or_default().push(value.to_owned());
    }
    if let Some(file) = &config.file {
        ui.detail(&format!("parameters from {}", file.display()));
    }
    let mut configured = BTreeMap::new();
    for (name, value) in &config.parameters {
        configured.insert(name.clone(), plain(name, value, config)?);
    }
    propose(ui, template, choice, &given, &mut configured);
    template::Arguments::resolve(template, &given, &configured).map_err(|errors| CommandError::arguments(template, &errors))
}

/// Adds what the demo org proposes for parameters that nobody has given, and says so.
#[cfg(feature = "demo")]
fn propose(
    ui: &Ui,
    template: &Template,
    choice: Option<&Choice>,
    given: &BTreeMap<String, Vec<String>>,
    configured: &mut BTreeMap<String, Value>,
) {
    if !choice.is_some_and(Choice::is_demo) {
        return;
    }
    let mut proposed = Vec::new();
    for (name, value) in crate::demo::proposed_parameters(&template.name).unwrap_or_default() {
        let is_free = !given.contains_key(&name) && !configured.contains_key(&name);
        if is_free && template.parameters.iter().any(|parameter| parameter.name == name) {
            proposed.push(format!("{name}={value}"));
            configured.insert(name, Value::Text(value));
        }
    }
    if !proposed.is_empty() {
        ui.note(&format!("the demo org proposed these parameters: {}", proposed.join("  ")));
    }
}

#[cfg(not(feature = "demo"))]
fn propose(_: &Ui, _: &Template, _: Option<&Choice>, _: &BTreeMap<String, Vec<String>>, _: &mut BTreeMap<String, Value>) {}

/// A value of `sfsetup.toml` as a template's parameters hold them.
fn plain(name: &str, value: &toml::Value, config: &Config) -> Result<Value, CommandError> {
    let text_of = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    };
    let plain = match value {
        toml::Value::Boolean(flag) => Some(Value::Bool(*flag)),
        toml::Value::Array(elements) => elements.iter().map(text_of).collect::<Option<Vec<_>>>().map(Value::List),
        other => text_of(other).map(Value::Text),
    };
    plain.ok_or_else(|| {
        let file = config.file.as_deref().unwrap_or(Path::new("sfsetup.toml"));
        CommandError::new(format!("parameter `{name}` in `{}` is no text, flag or list of texts", file.display()))
    })
}
