//! `sfsetup template`: what templates there are, what one wants, whether one is right.

mod list;
mod new;
mod test;

use clap::{Args, Subcommand};

use crate::diff::advice::{Advice, advice, on_day, unknown_here};
use crate::report::asks::{self, Asks};
use crate::report::page::{self, Page};
use crate::report::revision::{self, Revision};
use crate::report::template as render;
use crate::template::{self, Mistake, Template, TemplateErrors, schema};

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::clock;
use crate::cli::shared::config::Config;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::format::Format;
use crate::cli::shared::load;
use crate::cli::shared::ui::Ui;

/// List, show, check, write and test templates
#[derive(Debug, Args)]
pub(crate) struct TemplateArguments {
    #[command(subcommand)]
    action: Action,
}

/// The forms in which something is said of a template.
const FORMATS: &[Format] = &[Format::Text, Format::Json];

/// The forms in which a template is shown.
const PAGES: &[Format] = &[Format::Text, Format::Json, Format::Markdown, Format::Html];

#[derive(Debug, Subcommand)]
enum Action {
    List(list::ListArguments),
    /// Show a template as a page: its parameters and its steps
    Show {
        /// A shipped template's name, or a file
        #[arg(value_name = "NAME|FILE")]
        template: String,
        /// Give a parameter a value: what does not apply then is left out (can be repeated)
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// List what the template will ask an org instead
        #[arg(long)]
        asks: bool,
        /// The form of the answer: markdown and html are pages that a vendor can publish
        #[arg(long, value_parser = Format::among(PAGES), default_value = "text")]
        format: Format,
    },
    /// Show what a new revision of a template asks that an old one did not
    Diff {
        /// The older: a file, or a shipped template's name
        #[arg(value_name = "OLD")]
        old: String,
        /// The newer: a file, or a shipped template's name
        #[arg(value_name = "NEW")]
        new: String,
        /// The form of the answer
        #[arg(long, value_parser = Format::among(FORMATS), default_value = "text")]
        format: Format,
    },
    /// Check a template's file; every mistake is reported at once
    Check {
        /// The file, or a shipped template's name
        #[arg(value_name = "FILE")]
        template: String,
        /// The form of the answer
        #[arg(long, value_parser = Format::among(FORMATS), default_value = "text")]
        format: Format,
    },
    New(new::NewArguments),
    Test(test::TestArguments),
    /// Hold templates against the signatures beside them, by the keys of a named configuration
    Verify {
        /// A file, or the name of one in a folder of `template-paths`
        #[arg(value_name = "NAME|FILE", required = true)]
        templates: Vec<String>,
    },
    /// Print the JSON Schema of the template format, for editors
    Schema,
}

/// What there is to know of a template, by itself and on this day.
fn all_advice(template: &Template) -> Vec<Advice> {
    let mut found = advice(template);
    found.extend(on_day(template, &clock::today(), &clock::latest_day()));
    found.sort_by_key(|one| one.line);
    found
}

/// Adds to the mistakes of a file what is wrong with the template as far as it could be read; what
/// is merely to be known of it waits until all of it can be.
fn add_advice(errors: &mut TemplateErrors) {
    let found = errors.read.as_deref().map(all_advice).unwrap_or_default();
    for one in found.into_iter().filter(|one| one.is_mistake) {
        // Said with its place already.
        let is_it = |known: &Mistake| {
            known.line == one.line && one.message.contains(known.message.as_str())
        };
        if !errors.mistakes.iter().any(is_it) {
            errors.add_line(one.line, one.message);
        }
    }
}

/// Shows a template, narrowed to what applies with the values that are given.
fn show(
    ui: &Ui,
    name: &str,
    set: &[String],
    asks: bool,
    format: Format,
) -> Result<Exit, CommandError> {
    let whole = load::load(ui, name)?;
    let given = load::given(set)?;
    let (template, values) = template::narrow(&whole, &given)
        .map_err(|errors| CommandError::arguments(&whole, &errors, &|_| None))?;
    let today = clock::today();
    let page = || Page::of(&template, &values, template.age(&today));
    let answer = match (asks, format) {
        (true, Format::Markdown | Format::Html) => {
            return Err(CommandError::new("what a template asks is no page to publish")
                .hint("leave out `--format`, or take `--format json`")
                .usage());
        }
        (true, Format::Json) => asks::json(&template, &Asks::of(&template), &today),
        (true, _) => asks::text(&template, &Asks::of(&template), &today),
        (false, Format::Json) => render::show_json(&template, &today),
        (false, Format::Markdown) => page::markdown::render(&page()),
        (false, Format::Html) => page::html::render(&page()),
        (false, _) => render::show_text(&template, &today),
    };
    ui.answer(&answer)?;
    Ok(Exit::Done)
}

/// Says of each template who signed it; one that is not signed hides no other.
fn verify(ui: &Ui, names: &[String]) -> Result<Exit, CommandError> {
    let library = Config::find(ui.vouched(), None)?.library()?;
    let mut exit = Exit::Done;
    for name in names {
        match load::verify(&library, name) {
            Ok((file, signed)) => {
                ui.answer(&render::verified(&file, signed.key, &signed.comment))?
            }
            Err(error) => {
                ui.error(&error);
                exit = Exit::Error;
            }
        }
    }
    Ok(exit)
}

pub(crate) fn run(ui: &Ui, arguments: &TemplateArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::List(arguments) => list::run(ui, arguments),
        Action::Show { template, set, asks, format } => show(ui, template, set, *asks, *format),
        Action::Diff { old, new, format } => {
            let (old, new) = (load::load(ui, old)?, load::load(ui, new)?);
            let (revision, today) = (Revision::of(&old, &new), clock::today());
            ui.answer(&match format {
                Format::Json => revision::json(&revision, &today),
                _ => revision::text(&revision, &today),
            })?;
            Ok(Exit::Done)
        }
        Action::Check { template, format } => {
            let source = load::source(ui, template)?;
            let file = source.name.as_str();
            let mut checked =
                template::parse_with(file, &source.text, &mut |parent| source.parent(parent));
            if let Err(errors) = &mut checked {
                add_advice(errors);
            }
            let advice = checked.as_ref().map(all_advice).unwrap_or_default();
            let unknown = checked.as_ref().ok().and_then(unknown_here);
            let is_right = checked.is_ok() && !advice.iter().any(|one| one.is_mistake);
            let exit = if is_right { Exit::Done } else { Exit::Error };
            if *format == Format::Json {
                ui.answer(&render::check_json(file, &checked, &advice, unknown.as_deref()))?;
                return Ok(exit);
            }
            let template = checked.map_err(|errors| CommandError::template(&errors))?;
            ui.answer(&render::check_text(file, &template, &advice))?;
            if let Some(unknown) = unknown {
                ui.note(&unknown);
            }
            Ok(exit)
        }
        Action::New(arguments) => new::run(ui, arguments),
        Action::Test(arguments) => test::run(ui, arguments),
        Action::Verify { templates } => verify(ui, templates),
        Action::Schema => {
            ui.answer(schema::schema_json())?;
            Ok(Exit::Done)
        }
    }
}
