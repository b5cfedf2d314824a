//! `sfsetup template`: what templates there are, what one wants, whether one is right.

mod new;
mod test;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::diff::advice::{advice, unknown_here};
use crate::report::template as render;
use crate::template::{self, TemplateErrors, builtin, schema};

use crate::cli::shared::arguments::{Exit, Format};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::load;
use crate::cli::shared::ui::Ui;

/// List, show, check, write and test templates
#[derive(Debug, Args)]
pub(crate) struct TemplateArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the templates that are shipped
    List {
        /// Only those that speak of these words
        words: Vec<String>,
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

/// Adds to the mistakes of a file what is wrong with the template as far as it could be read; what
/// is merely to be known of it waits until all of it can be.
fn add_advice(errors: &mut TemplateErrors) {
    let found = errors.read.as_deref().map(advice).unwrap_or_default();
    for one in found.into_iter().filter(|one| one.is_mistake) {
        errors.add_line(one.line, one.message);
    }
}

pub(crate) fn run(ui: &Ui, arguments: &TemplateArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::List { words, format } => {
            let mut templates = builtin::all()
                .iter()
                .map(|shipped| load::load(shipped.name))
                .collect::<Result<Vec<_>, _>>()?;
            templates.retain(|template| render::matches(template, words));
            if templates.is_empty() {
                ui.hint(
                    "no shipped template speaks of that; `sfsetup template list` lists them all, \
                     `sfsetup template new --help` says how to begin one of your own",
                );
            }
            ui.answer(&match format {
                Format::Text => render::list_text(&templates),
                Format::Json => render::list_json(&templates),
            })?;
            Ok(Exit::Done)
        }
        Action::Show { template, format } => {
            let template = load::load(template)?;
            ui.answer(&match format {
                Format::Text => render::show_text(&template),
                Format::Json => render::show_json(&template),
            })?;
            Ok(Exit::Done)
        }
        Action::Check { template, format } => {
            let (file, text) = load::source(template)?;
            let mut checked = template::parse_with(&file, &text, &mut |parent| {
                load::parent(Path::new(template), parent)
            });
            if let Err(errors) = &mut checked {
                add_advice(errors);
            }
            let advice = checked.as_ref().map(advice).unwrap_or_default();
            let unknown = checked.as_ref().ok().and_then(unknown_here);
            let is_right = checked.is_ok() && !advice.iter().any(|one| one.is_mistake);
            let exit = if is_right { Exit::Done } else { Exit::Error };
            if *format == Format::Json {
                ui.answer(&render::check_json(&file, &checked, &advice, unknown.as_deref()))?;
                return Ok(exit);
            }
            let template = checked.map_err(|errors| CommandError::template(&errors))?;
            ui.answer(&render::check_text(&file, &template, &advice))?;
            if let Some(unknown) = unknown {
                ui.note(&unknown);
            }
            Ok(exit)
        }
        Action::New(arguments) => new::run(ui, arguments),
        Action::Test(arguments) => test::run(ui, arguments),
        Action::Schema => {
            ui.answer(schema::schema_json())?;
            Ok(Exit::Done)
        }
    }
}
