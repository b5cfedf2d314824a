//! `sfsetup explain`: what a setting does, why a vendor wants it, what it costs, where it is set,
//! and who wants it otherwise. No org is asked.

use std::cell::RefCell;

use clap::Args;
use serde_json::Value as Json;

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::{Exit, shell_word};
use crate::cli::shared::config::Config;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::load;
use crate::cli::shared::ui::Ui;
use crate::metadata::ComponentId;
use crate::metadata::path::FieldPath;
use crate::metadata::permission::known::KNOWN;
use crate::metadata::registry;
use crate::metadata::registry::nearest::nearest;
use crate::report::explain::{self, Explanation, Subject};
use crate::template::{Step, Template};

/// Explain a step or a setting: why it is wanted, what it costs, where it is set
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A step, by its id or title, as `STEP` or `TEMPLATE/STEP`; or a setting, as `PATH`,
    /// `TYPE:PATH` or `TYPE:NAME PATH`, as findings name it
    #[arg(required = true, value_name = "STEP|SETTING")]
    what: Vec<String>,

    /// The template whose step it is: a shipped one's name, or a file
    #[arg(short, long, value_name = "NAME|FILE")]
    template: Option<String>,

    #[command(flatten)]
    answer: AnswerArguments,
}

/// How a setting is named.
const AS_SHOWN: &str = "write `TYPE:PATH`, or `TYPE:NAME PATH`, as `sfsetup diff` shows it";

pub(crate) fn run(ui: &Ui, arguments: &ExplainArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.explain/1")?;
    answer.of(|body| explain(&answer, arguments, body))
}

fn explain(
    answer: &Answer<'_>,
    arguments: &ExplainArguments,
    body: &RefCell<Option<Json>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let what = arguments.what.join(" ");
    let what = what.trim();
    let load::All { mut templates, failed } = load::all(ui)?;
    for error in &failed {
        ui.warn(&format!("{}: it is not looked at", error.what));
    }
    let within = match &arguments.template {
        Some(name) => {
            let template = load::load(ui, name)?;
            let name = template.name.clone();
            // A file counts before what goes by its name.
            templates.retain(|known| known.name != name);
            templates.insert(0, template);
            Some(name)
        }
        None => None,
    };
    // Where several have it, those that `sfsetup.toml` names are meant.
    let config = Config::find(ui.vouched(), None)?;
    let usual = config.templates(None).map(|(names, _)| names).unwrap_or_default();
    let found = of_step(what, within.as_deref(), &templates, &usual)?;
    let explanation = match found {
        Some(explanation) => explanation,
        None => of_setting(ui, what, within.as_deref(), &templates)?,
    };
    body.replace(Some(explain::json(&explanation)));
    answer.give(&explain::text(&explanation))?;
    Ok(Exit::Done)
}

/// Explains the step of a name; `None` where there is none.
fn of_step<'t>(
    what: &str,
    within: Option<&str>,
    templates: &'t [Template],
    usual: &[String],
) -> Result<Option<Explanation<'t>>, CommandError> {
    let (within, id) = match what.split_once('/') {
        // As waivers write it.
        Some((template, id)) if templates.iter().any(|known| known.name == template) => {
            (Some(template), id)
        }
        _ => (within, what),
    };
    let mut found = explain::steps(id, within, templates);
    if found.len() > 1 && found.iter().any(|(template, _)| usual.contains(&template.name)) {
        found.retain(|(template, _)| usual.contains(&template.name));
    }
    match found.as_slice() {
        [] => Ok(None),
        [(template, step)] => Ok(Some(Explanation::of_step(template, step, templates))),
        several => {
            let name =
                |(template, step): &(&Template, &Step)| format!("{}/{}", template.name, step.id);
            let names: Vec<String> = several.iter().map(name).collect();
            Err(CommandError::new(format!("{} steps are called `{id}`", names.len()))
                .because(names.join(", "))
                .hint(format!("name one: `sfsetup explain {}`", shell_word(&names[0])))
                .usage())
        }
    }
}

/// Explains a setting.
fn of_setting<'t>(
    ui: &Ui,
    what: &str,
    within: Option<&str>,
    templates: &'t [Template],
) -> Result<Explanation<'t>, CommandError> {
    // A system permission goes by its name too.
    let permission = KNOWN.iter().find(|name| name.eq_ignore_ascii_case(what));
    let path = permission.map(|name| format!("userPermissions[{name}].enabled"));
    let what = path.as_deref().unwrap_or(what);
    let mut subjects = match what.split_once(':') {
        Some((type_name, rest)) if is_name(type_name) => {
            vec![of_type(type_name, rest.trim())?]
        }
        _ => of_path(what, within, templates)?,
    };
    let subject = subjects.remove(0);
    if let Some((name, near)) = rare(&subject) {
        ui.note(&format!(
            "`{name}` is no system permission that is widely known; did you mean `{near}`?"
        ));
    }
    let also_in = subjects.into_iter().map(|subject| subject.id.type_name).collect();
    Explanation::of_setting(subject, also_in, templates).map_err(|why| not_there(what, &why))
}

/// A system permission that is not known and nearly is, with that one: an org may have more.
fn rare(subject: &Subject) -> Option<(String, &'static str)> {
    let path: FieldPath = subject.path.parse().ok()?;
    let first = path.segments().first().filter(|first| first.name == "userPermissions")?;
    let name = first.key.as_deref().filter(|name| !KNOWN.contains(name))?;
    Some((name.to_owned(), nearest(name, KNOWN.iter().copied())?))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn not_there(what: &str, why: &str) -> CommandError {
    CommandError::new(format!("there is no setting `{what}`")).because(why).usage()
}

/// Reads what stands behind a type: a path, or a component's name and a path behind a space or a
/// colon. A name, and a key, may hold either.
fn of_type(type_name: &str, rest: &str) -> Result<Subject, CommandError> {
    let whole = format!("{type_name}:{rest}");
    if registry::find(type_name).is_none() {
        let error = not_there(&whole, &format!("there is no metadata type `{type_name}`"));
        return Err(match registry::nearest_type(type_name) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
    let splits = rest.match_indices([' ', ':']).map(|(at, _)| (&rest[..at], &rest[at + 1..]));
    let mut why = None;
    for (name, path) in std::iter::once(("", rest)).chain(splits) {
        let (name, path) = (name.trim(), path.trim());
        let subject = Subject { id: ComponentId::new(type_name, name), path: path.to_owned() };
        match subject.check() {
            Ok(()) => return Ok(subject),
            // What is no path says nothing of what was meant.
            Err(words) if path.parse::<FieldPath>().is_ok() => why = Some(words),
            Err(_) => {}
        }
    }
    let why = why.unwrap_or_else(|| "behind the type belongs a path".to_owned());
    Err(not_there(&whole, &why).hint(AS_SHOWN))
}

/// Finds the types that have a path which stands alone; what is asked for most comes first.
fn of_path(
    what: &str,
    within: Option<&str>,
    templates: &[Template],
) -> Result<Vec<Subject>, CommandError> {
    let subject = |id: ComponentId| Subject { id, path: what.to_owned() };
    let is_known = |subject: &Subject| subject.check().is_ok();
    let mut found: Vec<Subject> =
        explain::types(templates).into_iter().map(subject).filter(is_known).collect();
    // What takes away is never what is meant first.
    let is_muting = |subject: &Subject| subject.id.type_name == "MutingPermissionSet";
    found.sort_by_key(|subject| {
        (std::cmp::Reverse(explain::count(subject, templates)), is_muting(subject))
    });
    if !found.is_empty() {
        return Ok(found);
    }
    if registry::find(what).is_some() {
        let error = not_there(what, "it is a metadata type, and behind it belongs a path");
        return Err(error.hint(AS_SHOWN));
    }
    if let Some((template, step)) = explain::step_of_fact(what, templates) {
        let error = not_there(what, "it is a fact, which no deploy changes");
        let step = format!("{}/{}", template.name, step.id);
        return Err(
            error.hint(format!("`sfsetup explain {step}` explains a step that asks for it"))
        );
    }
    let meant = templates.iter().filter(|one| within.is_none_or(|name| one.name == name));
    let steps: Vec<&str> = meant.flat_map(|one| &one.steps).map(|step| step.id.as_str()).collect();
    let paths = explain::paths(templates);
    let all =
        steps.iter().copied().chain(paths.iter().map(String::as_str)).chain(KNOWN.iter().copied());
    let error = CommandError::new(match within {
        Some(name) => format!("`{what}` is no step of `{name}`, and no setting that is known"),
        None => format!("`{what}` is no step of a template, and no setting that is known"),
    })
    .usage();
    // Who writes the last part of a path means that path.
    let is_end = |path: &&String| path.rsplit('.').next() == Some(what);
    let near = paths.iter().find(is_end).map(String::as_str).or_else(|| nearest(what, all));
    let near = near.map(str::to_owned).or_else(|| near_step(what, templates));
    let error = match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    };
    // A template of one's own goes by its file.
    let own = what.split_once('/').filter(|(name, step)| {
        within.is_none() && is_name(&name.replace('-', "_")) && !step.is_empty()
    });
    if let Some((name, step)) = own {
        let file = shell_word(&format!("{name}.toml"));
        let step = shell_word(step);
        return Err(error.hint(format!(
            "a step of a template of your own: `sfsetup explain {step} --template {file}`"
        )));
    }
    Err(error.hint(
        "`sfsetup template show NAME` lists the steps of a template; a setting is named as \
         `sfsetup diff` shows it",
    ))
}

/// The step that is most like a misspelt `TEMPLATE/STEP`.
fn near_step(what: &str, templates: &[Template]) -> Option<String> {
    let (of, id) = what.split_once('/')?;
    let of = nearest(of, templates.iter().map(|template| template.name.as_str()))?;
    let template = templates.iter().find(|template| template.name == of)?;
    let id = nearest(id, template.steps.iter().map(|step| step.id.as_str()))?;
    Some(format!("{of}/{id}"))
}
