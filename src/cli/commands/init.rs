//! `sfsetup init`: a `sfsetup.toml` for one template and one org, out of questions or options, and
//! the first diff with it.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;

use crate::cli::commands::diff;
use crate::cli::shared::answer::check_writable;
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::config::{Config, FILE, written};
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::known_orgs::{KnownOrgs, known_orgs};
use crate::cli::shared::load::{self, load_for};
use crate::cli::shared::questions::{self, Candidates, is_secret};
use crate::cli::shared::ui::{Ui, cut};
use crate::metadata::value::Value;
use crate::template::{self, Arguments, Parameter, Template, builtin};

/// Write a `sfsetup.toml` to start from, and show the first diff
///
/// At a terminal it asks: which vendor, which org, and what the template must know of it, with what
/// the org has to choose from. Elsewhere the options say the same. From then on `sfsetup diff` is
/// enough. A file that is there is never written over.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The template: a shipped one's name, or a file in this folder or below
    #[arg(short, long, value_name = "NAME|FILE")]
    template: Option<String>,

    /// The org: a login of sfsetup's, an alias or username of the sf command line, `demo`, or
    /// `demo:NAME`
    #[arg(short, long, value_name = "ORG", alias = "target-org")]
    org: Option<String>,

    /// Give a parameter of the template a value; a list is comma-separated (can be repeated)
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

/// How wide the titles are in the list of templates, in characters.
const TITLE: usize = 46;

pub(crate) fn run(ui: &Ui, arguments: &InitArguments) -> Result<Exit, CommandError> {
    let file = Path::new(FILE);
    check(ui, file)?;
    let mut missing = Vec::new();
    let template = match &arguments.template {
        Some(name) => Some(name.clone()),
        None if ui.can_ask() => Some(which_template(ui)?),
        None => {
            missing.push("which template is not said: `--template NAME`".to_owned());
            None
        }
    };
    let template = template.map(|name| found(ui, file, name)).transpose()?;
    let given = load::given(&arguments.set)?;
    if let Some((_, template)) = &template {
        template::narrow(template, &given)
            .map_err(|errors| CommandError::arguments(template, &errors, &|_| None))?;
    }
    let choice = match (&arguments.org, ui.can_ask()) {
        (None, true) => Some(which_org(ui)?),
        (org, _) => connect::choose(ui, org.as_deref(), &Config::default())?,
    };
    match &choice {
        Some(choice) => connect::check_known(ui, choice)?,
        None => missing.push("which org is not said: `--org NAME`".to_owned()),
    }
    let Some((name, template)) = template else { return Err(incomplete(missing)) };
    let values = values(ui, &template, &given, choice.as_ref(), &mut missing)?;
    let Some(choice) = choice.filter(|_| missing.is_empty()) else {
        return Err(incomplete(missing));
    };
    write(ui, file, &name, &template, &values, &choice)
}

/// All that can be wrong before anybody is asked anything.
fn check(ui: &Ui, file: &Path) -> Result<(), CommandError> {
    if ui.vouched().config.is_some() {
        return Err(CommandError::new(format!("`sfsetup init` writes `{FILE}` in this folder"))
            .because("`--config` names a file that is read in its place")
            .hint("leave `--config` out, and move the file afterwards if it is to lie elsewhere")
            .usage());
    }
    // A link that leads nowhere is there too.
    if file.symlink_metadata().is_ok() {
        return Err(CommandError::new(format!(
            "`{FILE}` is there already, so nothing was written"
        ))
        .hint(
            "add the template's name to its `templates`, and what it must know under \
             [parameters.TEMPLATE]; `sfsetup template show TEMPLATE` lists that",
        )
        .hint("or move the file away, and run `sfsetup init` again"));
    }
    check_writable(file)?;
    if let Ok(Config { file: Some(other), .. }) = Config::find(ui.vouched(), None) {
        ui.note(&format!(
            "`{}` will not count in this folder any more: the nearest file does",
            other.display()
        ));
    }
    Ok(())
}

/// The template of a name, where such a file may name it.
fn found(ui: &Ui, file: &Path, name: String) -> Result<(String, Template), CommandError> {
    let loaded = load_for(ui, &name, &Config::default(), None)?;
    let names = toml::Value::Array(vec![toml::Value::String(name.clone())]);
    Config::parse_found(file, format!("templates = {names}\n")).map_err(|_| {
        CommandError::new(format!("`{name}` lies in another folder, so nothing was written"))
            .because(format!("a `{FILE}` that is found may name templates below its own folder"))
            .hint("copy the template into this folder, or run `sfsetup init` above it")
            .usage()
    })?;
    Ok((name, loaded.template))
}

fn incomplete(missing: Vec<String>) -> CommandError {
    let mut error =
        CommandError::new("not all is said that a new file needs, so nothing was written");
    error.causes = missing;
    error.hint("at a terminal each is asked for; elsewhere give them as options").usage()
}

/// Which of the shipped templates.
fn which_template(ui: &Ui) -> Result<String, CommandError> {
    // The new file has no folders of templates yet.
    let mut templates: Vec<Template> = builtin::all()
        .iter()
        .filter_map(|shipped| template::parse(shipped.name, shipped.text).ok())
        .collect();
    templates.sort_by_key(|template| template.title.to_lowercase());
    let row = |template: &Template| {
        let group = template.group.clone().unwrap_or_default();
        (format!("{:TITLE$}  {group}", cut(&template.title, TITLE)), template.name.clone())
    };
    let rows: Vec<(String, String)> = templates.iter().map(row).collect();
    let help = "type to search, arrows move, Enter takes it";
    let chosen = ui.choose("Which vendor's set-up?", help, &rows, 0)?;
    Ok(templates.swap_remove(chosen).name)
}

/// Which of the orgs that are known; that which other commands would take stands first.
fn which_org(ui: &Ui) -> Result<TargetOrg, CommandError> {
    let usual = connect::choose(ui, None, &Config::default())?;
    if let Some(TargetOrg::Token(..)) = usual {
        return usual.ok_or_else(|| incomplete(Vec::new()));
    }
    let KnownOrgs { mut names, unread } = known_orgs(ui)?;
    if let Some(usual) = &usual {
        let by = names.iter().find(|(name, _)| name == usual.name());
        let by = by.map_or("named by the environment, or the default of sf", |(_, by)| by);
        names.retain(|(name, _)| name != usual.name());
        names.insert(0, (usual.name().to_owned(), by));
    }
    for unread in unread {
        ui.warn(&format!("not all orgs are listed: {unread}"));
    }
    let wide = names.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let row = |(name, by): &(String, &str)| (format!("{name:wide$}  {by}"), String::new());
    let rows: Vec<(String, String)> = names.iter().map(row).collect();
    let help = "type to search; an org that is not here: `sfsetup org login NAME`";
    let chosen = ui.choose("Which org?", help, &rows, 0)?;
    let name = names.swap_remove(chosen).0;
    match connect::choose(ui, Some(&name), &Config::default())? {
        Some(choice) => Ok(choice),
        None => Err(incomplete(Vec::new())),
    }
}

/// The values of a template's parameters: those that are given, then what the demo org proposes;
/// at a terminal the rest is asked for, elsewhere what has no default is missing.
fn values(
    ui: &Ui,
    template: &Template,
    given: &BTreeMap<String, Vec<String>>,
    choice: Option<&TargetOrg>,
    missing: &mut Vec<String>,
) -> Result<BTreeMap<String, Value>, CommandError> {
    let read = |parameter: &Parameter, text: &str| {
        let value = match is_secret(text) {
            Some(wrong) => Err(format!("parameter `{}`: {wrong}", parameter.name)),
            None => Arguments::read(parameter, text),
        };
        value.map_err(|wrong| CommandError::new(wrong).because("nothing was written").usage())
    };
    let proposed: BTreeMap<String, String> = load::proposed(template, choice).into_iter().collect();
    let mut values = BTreeMap::new();
    for parameter in &template.parameters {
        let texts = given.get(&parameter.name).map(|texts| texts.join(","));
        if let Some(text) = texts.as_ref().or_else(|| proposed.get(&parameter.name)) {
            values.insert(parameter.name.clone(), read(parameter, text)?);
        }
    }
    let open = || template.parameters.iter().filter(|one| !given.contains_key(&one.name));
    if !ui.can_ask() {
        let is_missing = |one: &&Parameter| {
            one.default.is_none()
                && !values.contains_key(&one.name)
                && Arguments::is_asked(template, &values, &one.name)
        };
        missing.extend(open().filter(is_missing).map(|one| {
            format!("no value is given for {} ({}): `--set {}=..`", one.name, one.title, one.name)
        }));
        return Ok(values);
    }
    let candidates = match Candidates::of(ui, choice, template, open()) {
        Ok(candidates) => candidates,
        Err(error) if error.exit == Exit::Interrupted => return Err(error),
        Err(error) => {
            let why = error.causes.first().map(|why| format!(" ({why})")).unwrap_or_default();
            ui.warn(&format!("{}{why}: type the names, none can be offered", error.what));
            Candidates::default()
        }
    };
    for parameter in open() {
        if !Arguments::is_asked(template, &values, &parameter.name) {
            values.remove(&parameter.name);
            continue;
        }
        let usual = values.get(&parameter.name).or(parameter.default.as_ref());
        let text = questions::ask(ui, template, parameter, &candidates, usual)?;
        values.insert(parameter.name.clone(), read(parameter, &text)?);
    }
    Ok(values)
}

/// Writes the file, and shows the first diff with it.
fn write(
    ui: &Ui,
    file: &Path,
    name: &str,
    template: &Template,
    values: &BTreeMap<String, Value>,
    choice: &TargetOrg,
) -> Result<Exit, CommandError> {
    // Where the environment has the token, it has the address; neither stands in a file.
    let org = Some(choice.name()).filter(|_| !matches!(choice, TargetOrg::Token(..)));
    let text = written::text(name, template, org, values);
    let config = Config::parse_found(file, text.clone()).map_err(|error| {
        let why = error.causes.join("; ");
        CommandError::internal("the file that was made cannot be read, so nothing was written", why)
    })?;
    ui.write_new_file(file, text.as_bytes())?;
    ui.answer(&format!("Wrote {FILE}. This is what `sfsetup diff` says with it:\n\n"))?;
    // The environment goes before the file, and is not what was asked for.
    let meant = connect::choose(ui, None, &config)?;
    let is_meant = meant.as_ref().is_some_and(|meant| meant.name() == choice.name());
    if !is_meant && let Some(meant) = &meant {
        ui.warn(&format!(
            "without `--org` commands here take `{}`, not that of {FILE}: {} says so",
            meant.name(),
            meant.place()
        ));
    }
    let ended = diff::plain(ui, org.filter(|_| !is_meant));
    match ended {
        Ok(_) => {
            ui.hint(&format!("from here on `sfsetup diff` is enough; {FILE} says what it means"));
            Ok(Exit::Done)
        }
        Err(error) => {
            ui.note(&format!("{FILE} is written; `sfsetup diff` tries again"));
            Err(error)
        }
    }
}
