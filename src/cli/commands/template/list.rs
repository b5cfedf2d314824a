//! `sfsetup template list`: what templates there are, by vendor, purpose and way of signing in.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::format::Format;
use crate::cli::shared::load;
use crate::cli::shared::ui::Ui;
use crate::metadata::registry::nearest::nearest;
use crate::report::Failure;
use crate::report::gallery::{self, Sought};
use crate::template::SignIn;

/// The forms of the list.
const FORMATS: &[Format] = &[Format::Text, Format::Json];

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

    /// The form of the answer
    #[arg(long, value_parser = Format::among(FORMATS), default_value = "text")]
    format: Format,
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
    templates.retain(|template| sought.takes(template));
    if templates.is_empty() {
        ui.hint(
            "no template here speaks of that; `sfsetup template list` lists them all, `sfsetup \
             template new --help` says how to begin one of your own",
        );
    }
    let by = match arguments.by {
        By::Purpose => gallery::By::Purpose,
        By::Vendor => gallery::By::Vendor,
        By::SignIn => gallery::By::SignIn,
    };
    let answer = match arguments.format {
        Format::Json => {
            let failed: Vec<String> = failed.iter().map(plain_words).collect();
            gallery::list_json(&templates, &failed)
        }
        _ => gallery::list_text(&templates, by),
    };
    ui.give(arguments.format, &answer)?;
    failed.iter().for_each(|error| ui.error(error));
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Error })
}

/// What went wrong and why, in plain text.
fn plain_words(error: &CommandError) -> String {
    anstream::adapter::strip_str(&Failure::from(error).message).to_string()
}
