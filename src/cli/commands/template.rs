//! `sfsetup template`: what templates there are, what one wants, whether one is right.

mod list;
mod new;
mod test;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::diff::advice::{Advice, advice, on_day, unknown_here};
use crate::report::asks::{self, Asks};
use crate::report::code;
use crate::report::json::parts::Error;
use crate::report::json::template::{Signature, Verified};
use crate::report::page::{self, Page};
use crate::report::revision::{self, Revision};
use crate::report::template as render;
use crate::template::{self, Mistake, Template, TemplateErrors, builtin, schema};

use crate::cli::shared::answer::{Answer, AnswerArguments, failure};
use crate::cli::shared::arguments::{Exit, shell_word};
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

/// The forms in which a template is shown.
const PAGES: &[Format] = &[Format::Text, Format::Json, Format::Markdown, Format::Html];

/// The forms in which a new revision is told.
const REVISIONS: &[Format] = &[Format::Text, Format::Json, Format::Markdown];

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
        /// The form of the answer: markdown and html are pages that a vendor can publish; without
        /// it the suffix of `--out` says it, else it is text
        #[arg(long, value_parser = Format::among(PAGES))]
        format: Option<Format>,
        /// Write the answer to a file; nothing is printed then
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show what a new revision of a template asks that an old one did not
    Diff {
        /// The older: a file, or a shipped template's name
        #[arg(value_name = "OLD")]
        old: String,
        /// The newer: a file, or a shipped template's name
        #[arg(value_name = "NEW")]
        new: String,
        /// The form of the answer: markdown is a page that a vendor can publish; without it the
        /// suffix of `--out` says it, else it is text
        #[arg(long, value_parser = Format::among(REVISIONS))]
        format: Option<Format>,
        /// Write the answer to a file; nothing is printed then
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check templates' files; every mistake is reported at once
    Check {
        /// The file, or a shipped template's name (can be repeated)
        #[arg(value_name = "FILE", required = true)]
        templates: Vec<String>,
        #[command(flatten)]
        answer: AnswerArguments,
    },
    New(new::NewArguments),
    Test(test::TestArguments),
    /// Hold templates against the signatures beside them, by the keys of a named configuration
    Verify {
        /// A file, or the name of one in a folder of `template-paths`
        #[arg(value_name = "NAME|FILE", required = true)]
        templates: Vec<String>,
        #[command(flatten)]
        answer: AnswerArguments,
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

/// Says that a file bears the name of a shipped template and is another one: by its name nobody gets
/// it, and its reports would pass for the other's.
fn shipped_name(template: &Template, text: &str) -> Option<Advice> {
    let shipped = builtin::find(&template.name).filter(|shipped| shipped.text != text)?;
    let message = format!(
        "`{}` is the name of a shipped template, which this file is not: give it another",
        shipped.name
    );
    Some(Advice { line: template.name_line.max(1), message, is_mistake: true })
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
    answer: &Answer<'_>,
    name: &str,
    set: &[String],
    asks: bool,
    body: &RefCell<Option<Json>>,
) -> Result<Exit, CommandError> {
    let whole = load::load(answer.ui, name)?;
    let given = load::given(set)?;
    let (template, values) = template::narrow(&whole, &given)
        .map_err(|errors| CommandError::arguments(&whole, &errors, &|_| None))?;
    let today = clock::today();
    let page = || {
        let commands = commands(name, set, &template);
        Page::of(&template, &values, template.age(&today), commands)
    };
    let text = match (asks, answer.format) {
        (true, Format::Markdown | Format::Html) => {
            return Err(CommandError::new("what a template asks is no page to publish")
                .hint("leave out `--format`, or take `--format json`")
                .usage());
        }
        (_, Format::Json) => {
            body.replace(Some(match asks {
                true => asks::json(&template, &Asks::of(&template), &today),
                false => render::show_json(&template, &today),
            }));
            String::new()
        }
        (true, _) => asks::text(&template, &Asks::of(&template), &today),
        (false, Format::Markdown) => page::markdown::render(&page()),
        (false, Format::Html) => page::html::render(&page()),
        (false, _) => render::show_text(&template, &today),
    };
    answer.give(&text)?;
    Ok(Exit::Done)
}

/// What the reader of a page types to check an org, and to set it right.
fn commands(name: &str, set: &[String], template: &Template) -> Vec<String> {
    let given = set.iter().map(|one| format!(" --set {}", shell_word(one)));
    let needed = template.parameters.iter().filter(|one| one.default.is_none());
    let needed = needed.map(|one| format!(" --set {}=..", one.name));
    let set: String = given.chain(needed).collect();
    // The reader has the file in a folder of their own.
    let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
    let name = if builtin::find(name).is_some() { name } else { &file };
    let command =
        |verb: &str| format!("sfsetup {verb} --template {} --org ORG{set}", shell_word(name));
    ["diff", "deploy"].map(command).to_vec()
}

/// Says of each template who signed it; one that is not signed hides no other.
fn verify(
    answer: &Answer<'_>,
    names: &[String],
    body: &RefCell<Option<Verified>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let library = Config::find(ui.vouched(), None)?.library()?;
    let mut told = Verified::default();
    for name in names {
        let name = name.as_str();
        let one = Signature { name: name.to_owned(), ..Signature::default() };
        told.templates.push(match load::verify(&library, name) {
            Ok((file, signed)) => {
                answer.say(&render::verified(&file, signed.key, &signed.comment))?;
                let (key, comment) = (Some(signed.key.to_owned()), Some(signed.comment));
                Signature { file: Some(file), key, comment, ..one }
            }
            Err(error) => {
                ui.error(&error);
                Signature { error: Some(failure(ui, &error).into()), ..one }
            }
        });
    }
    let failed = told.templates.iter().filter(|one| one.error.is_some()).count();
    body.replace(Some(told));
    answer
        .failed(failed > 0, code::ERROR, || format!("{failed} of {} are not verified", names.len()))
}

pub(crate) fn run(ui: &Ui, arguments: &TemplateArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::List(arguments) => list::run(ui, arguments),
        Action::Show { template, set, asks, format, out } => {
            let form = if *asks { "sfsetup.template-asks/1" } else { "sfsetup.template-show/1" };
            let answer = Answer::choose(ui, form, *format, out.as_deref(), PAGES)?;
            answer.spare(Path::new(template))?;
            answer.of(|body| show(&answer, template, set, *asks, body))
        }
        Action::Diff { old, new, format, out } => {
            let form = "sfsetup.template-diff/1";
            let answer = Answer::choose(ui, form, *format, out.as_deref(), REVISIONS)?;
            [old, new].into_iter().try_for_each(|read| answer.spare(Path::new(read)))?;
            answer.of(|body| compare(&answer, old, new, body))
        }
        Action::Check { templates, answer } => {
            let answer = answer.of(ui, "sfsetup.template-check/1")?;
            templates.iter().try_for_each(|read| answer.spare(Path::new(read)))?;
            answer.of(|body| match templates.as_slice() {
                [one] => check(&answer, one, body),
                several => check_each(&answer, several, body),
            })
        }
        Action::New(arguments) => new::run(ui, arguments),
        Action::Test(arguments) => test::run(ui, arguments),
        Action::Verify { templates, answer } => {
            let answer = answer.of(ui, "sfsetup.template-verify/1")?;
            answer.of(|body| verify(&answer, templates, body))
        }
        Action::Schema => {
            ui.answer(schema::schema_json())?;
            Ok(Exit::Done)
        }
    }
}

/// Shows what a newer revision asks that an older one did not.
fn compare(
    answer: &Answer<'_>,
    old: &str,
    new: &str,
    body: &RefCell<Option<Json>>,
) -> Result<Exit, CommandError> {
    let (old, new) = (load::load(answer.ui, old)?, load::load(answer.ui, new)?);
    let (revision, today) = (Revision::of(&old, &new), clock::today());
    body.replace(Some(revision::json(&revision, &today)));
    answer.give(&match answer.format {
        Format::Markdown => revision::markdown(&revision),
        _ => revision::text(&revision, &today),
    })?;
    Ok(Exit::Done)
}

/// Says all that is wrong with each of several templates; one that cannot be read hides no other.
fn check_each(
    answer: &Answer<'_>,
    names: &[String],
    body: &RefCell<Option<Json>>,
) -> Result<Exit, CommandError> {
    let mut failed = 0;
    let mut files = Vec::new();
    for name in names {
        let one = RefCell::new(None);
        let checked = check(answer, name, &one);
        let mut row = one.into_inner().unwrap_or_else(|| json!({ "file": name, "ok": false }));
        row["error"] = Json::Null;
        match checked {
            Ok(Exit::Done) => {}
            Ok(_) => failed += 1,
            Err(error) => {
                failed += 1;
                answer.ui.error(&error);
                row["error"] = json!(Error::from(failure(answer.ui, &error)));
            }
        }
        files.push(row);
    }
    body.replace(Some(json!({ "files": files })));
    answer.failed(failed > 0, code::TEMPLATE, || {
        format!("{failed} of {} templates have mistakes, or cannot be read", names.len())
    })
}

/// Says all that is wrong with a template.
fn check(
    answer: &Answer<'_>,
    name: &str,
    body: &RefCell<Option<Json>>,
) -> Result<Exit, CommandError> {
    let source = load::source(answer.ui, name)?;
    let file = source.name.as_str();
    let mut checked = template::parse_with(file, &source.text, &mut |parent| source.parent(parent));
    if let Err(errors) = &mut checked {
        add_advice(errors);
    }
    let mut advice = checked.as_ref().map(all_advice).unwrap_or_default();
    advice.splice(0..0, checked.as_ref().ok().and_then(|one| shipped_name(one, &source.text)));
    let unknown = checked.as_ref().ok().and_then(unknown_here);
    body.replace(Some(render::check_json(file, &checked, &advice, unknown.as_deref())));
    let template = checked.map_err(|errors| CommandError::template(&errors))?;
    answer.say(&render::check_text(file, &template, &advice))?;
    if let Some(unknown) = unknown.filter(|_| !answer.is_json()) {
        answer.ui.note(&unknown);
    }
    let is_wrong = advice.iter().any(|one| one.is_mistake);
    answer.failed(is_wrong, code::TEMPLATE, || {
        format!("the template `{}` has mistakes", template.name)
    })
}
