//! The text of a new `sfsetup.toml`: what was chosen, and behind `#` what else there is to choose.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Span;
use jiff::civil::Date;

use crate::cli::shared::clock::today;
use crate::metadata::value::Value;
use crate::report::line::clean;
use crate::template::{Parameter, ParameterKind, Template};

/// How wide a comment is, in characters.
const WIDTH: usize = 80;

/// Writes the file for one template and one org, and the values that were chosen; what has none
/// stands there with its default, as a comment.
pub(crate) fn text(
    name: &str,
    template: &Template,
    org: Option<&str>,
    values: &BTreeMap<String, Value>,
) -> String {
    let mut text = comment(
        "What `sfsetup` takes here, and in folders below, where the command line says nothing \
         else. `sfsetup config schema` prints all that may stand here, for an editor.",
    );
    text.push('\n');
    text.push_str(&comment(
        "The org, by the name that this machine knows it by: a login of sfsetup's, or an alias of \
         the sf command line. Addresses and tokens do not belong here.",
    ));
    match org {
        Some(org) => _ = writeln!(text, "org = {}", string(org)),
        None => text.push_str("# org = \"NAME\"\n"),
    }
    text.push('\n');
    text.push_str(&comment(
        "What the org is held against; `sfsetup template list` lists what else there is.",
    ));
    _ = writeln!(text, "templates = [{}]", string(name));
    text.push('\n');
    text.push_str(&comment(
        "What makes a run end with 2: \"required\" (what the vendor requires), \"any\" (what is \
         recommended, too), or \"observed\" (what is by hand or could not be seen, too).",
    ));
    text.push_str("# fail-on = \"any\"\n\n");
    text.push_str(&comment(&format!("{}: {}", template.title, template.source)));
    text.push_str(&comment("What has a `#` before it is left as it is by default."));
    _ = writeln!(text, "[parameters.{}]", template.name);
    for parameter in &template.parameters {
        text.push('\n');
        text.push_str(&comment(&meaning(parameter)));
        let name = &parameter.name;
        // That there is to be nothing is said too, where something else would be taken.
        match (values.get(name), &parameter.default) {
            (Some(value), Some(default)) if is_empty(value) && is_empty(default) => {
                _ = writeln!(text, "# {name} = {}", toml_of(default));
            }
            (Some(value), _) => _ = writeln!(text, "{name} = {}", toml_of(value)),
            (None, Some(default)) => _ = writeln!(text, "# {name} = {}", toml_of(default)),
            (None, None) => _ = writeln!(text, "# {name} = \"..\""),
        }
    }
    text.push('\n');
    text.push_str(&comment(
        "What may be otherwise until a day, and why; `sfsetup waive STEP` writes one.",
    ));
    let step = template.steps.first().map_or("STEP", |step| &step.id);
    let step = format!("{}/{step}", template.name);
    _ = write!(
        text,
        "# [[waiver]]\n# step    = {}\n# reason  = \"why it may be so\"\n# expires = {}\n",
        string(&step),
        in_three_months()
    );
    text
}

fn meaning(parameter: &Parameter) -> String {
    match &parameter.kind {
        ParameterKind::Choice(choices) => {
            format!("{} ({})", parameter.title, choices.join(", "))
        }
        ParameterKind::Component(types) => {
            let forms: Vec<String> = types.iter().map(|one| format!("{one}:NAME")).collect();
            format!("{} ({})", parameter.title, forms.join(" or "))
        }
        ParameterKind::Text | ParameterKind::Flag | ParameterKind::List => parameter.title.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.elements().iter().all(|text| text.trim().is_empty())
}

fn toml_of(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::List(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| string(text)).collect();
            format!("[{}]", texts.join(", "))
        }
        other => string(&other.to_string()),
    }
}

fn string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A text as lines of comment.
fn comment(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in clean(text).split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 1 && last + 1 + word.chars().count() > WIDTH {
            lines.push("#".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            _ = write!(line, " {word}");
        }
    }
    lines.join("\n") + "\n"
}

fn in_three_months() -> String {
    let day = today().parse::<Date>();
    let day = day.and_then(|day| day.checked_add(Span::new().months(3)));
    day.map_or_else(|_| "2099-12-31".to_owned(), |day| day.to_string())
}
