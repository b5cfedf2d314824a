//! `sfsetup template list`: what templates there are, by vendor, purpose and way of signing in.

use std::cell::RefCell;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use serde_json::Value as Json;

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::load;
use crate::cli::shared::ui::Ui;
use crate::metadata::registry::nearest::nearest;
use crate::report::Failure;
use crate::report::code;
use crate::report::gallery::{self, Sought};
use crate::template::SignIn;

/// List the templates that are shipped, and those in folders of `template-paths`
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only those that speak of these words: in name, title, group, way of signing in or steps
    words: Vec<String>,

    /// Only those of this group, or of a part of its name (can be repeated)
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,

    /// Only those that sign in this way (can be repeated)
    #[arg(long, value_name = "WAY", value_parser = ways())]
    sign_in: Vec<SignIn>,

    /// What the headings are
    #[arg(long, value_enum, default_value_t)]
    by: By,

    #[command(flatten)]
    answer: AnswerArguments,
}

/// What the headings of the list are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// What the integrations are for
    #[default]
    Purpose,
    /// None: in order of the vendors' names
    Vendor,
    /// How the integrations sign in
    SignIn,
}

/// Reads a way of signing in by its name.
fn ways() -> impl TypedValueParser<Value = SignIn> {
    let values = SignIn::ALL.map(|one| PossibleValue::new(one.name()).help(one.words()));
    PossibleValuesParser::new(values).try_map(|name| SignIn::find(&name).ok_or("not known"))
}

pub(crate) fn run(ui: &Ui, arguments: &ListArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.template-list/1")?;
    answer.of(|body| list(&answer, arguments, body))
}

fn list(
    answer: &Answer<'_>,
    arguments: &ListArguments,
    body: &RefCell<Option<Json>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let load::All { mut templates, failed } = load::all(ui)?;
    for group in &arguments.group {
        if let Some(known) = gallery::unknown_group(&templates, group) {
            failed.iter().for_each(|error| ui.error(error));
            let near = nearest(group, known.iter().copied());
            let hint = near.map_or_else(
                || format!("there are {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(CommandError::new(format!("no template stands under `{group}`"))
                .hint(hint)
                .usage());
        }
    }
    let sought =
        Sought { words: &arguments.words, groups: &arguments.group, sign_in: &arguments.sign_in };
    let names: Vec<String> = templates.iter().map(|template| template.name.clone()).collect();
    templates.retain(|template| sought.takes(template));
    if templates.is_empty() {
        let word = arguments.words.join("-");
        let near = nearest(&word, names.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        ui.hint(&format!(
            "no template here speaks of that; {near}`sfsetup template list` lists them all, \
             `sfsetup template new --help` says how to begin one of your own"
        ));
    }
    let by = match arguments.by {
        By::Purpose => gallery::By::Purpose,
        By::Vendor => gallery::By::Vendor,
        By::SignIn => gallery::By::SignIn,
    };
    let words: Vec<String> = failed.iter().map(|error| Failure::from(error).message).collect();
    body.replace(Some(gallery::list_json(&templates, &words)));
    answer.give(&gallery::list_text(&templates, by))?;
    failed.iter().for_each(|error| ui.error(error));
    answer.failed(!failed.is_empty(), code::TEMPLATE, || {
        format!("{} of the templates cannot be read", failed.len())
    })
}
