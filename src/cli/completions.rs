//! Completions of a shell, as somebody types: commands and options, and what only the program
//! knows: templates, their steps and parameters, orgs, components of a folder.
//!
//! The script that a shell loads calls this program with `SFSETUP_COMPLETE` set. Nothing is asked
//! of an org or of another program, and what cannot be read is not offered.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::ValueHint;
use clap_complete::CompleteEnv;
use clap_complete::Shell;
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::report::json::schema::SCHEMAS;
use crate::report::line::harmless;
use crate::snapshot;
use crate::template::{ParameterKind, Template, builtin};

use super::shared::arguments::Exit;
use super::shared::config::Config;
use super::shared::connect;
use super::shared::error::CommandError;
use super::shared::known_orgs::orgs_inside;
use super::shared::load;
use super::shared::vouched::Vouched;

/// The variable by which a shell asks.
const ASKED: &str = "SFSETUP_COMPLETE";

/// Whether bash asks, which puts an answer into the line as it is.
static IS_BASH: OnceLock<bool> = OnceLock::new();

/// Answers a shell that asks; `None` where none does.
pub(super) fn answer() -> Option<Exit> {
    let shell = env::var_os(ASKED)?;
    // The others quote what they put into the line themselves.
    let _ = IS_BASH.set(shell == "bash");
    let here = env::current_dir().ok();
    let asked = CompleteEnv::with_factory(command).var(ASKED);
    match asked.try_complete(env::args_os(), here.as_deref()) {
        Ok(true) => Some(Exit::Done),
        // It is set and empty.
        Ok(false) => None,
        Err(_) => Some(Exit::Error),
    }
}

/// The script that a shell loads.
///
/// # Errors
/// It cannot be written.
pub(super) fn script(shell: Shell) -> Result<String, CommandError> {
    let shell: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        _ => &Zsh,
    };
    let mut text = Vec::new();
    // Else bash would take `TYPE:NAME` and `NAME=VALUE` apart.
    if shell.is("bash") {
        text.extend(b"COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}\n");
    }
    shell.write_registration(ASKED, "sfsetup", "sfsetup", "sfsetup", &mut text).map_err(
        |error| CommandError::internal("the script cannot be written", error.to_string()),
    )?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The command line, each argument with what it may be.
fn command() -> clap::Command {
    of_command(super::grammar())
}

fn of_command(command: clap::Command) -> clap::Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|argument| {
        let completer = match (argument.get_id().as_str(), name.as_str()) {
            ("org" | "baseline_org" | "from_org", _) => ArgValueCompleter::new(orgs),
            ("name", "logout") => ArgValueCompleter::new(of_logins),
            ("template", _) | ("templates", "check") | ("old" | "new", "diff") => {
                ArgValueCompleter::new(templates)
            }
            ("templates", "verify") => ArgValueCompleter::new(signed),
            ("set", _) => ArgValueCompleter::new(parameters),
            ("only" | "except", _) => ArgValueCompleter::new(components),
            ("what", "waive") => ArgValueCompleter::new(steps),
            ("what", "explain") => ArgValueCompleter::new(explained),
            ("form", "schema") => ArgValueCompleter::new(forms),
            _ => match argument.get_value_hint() {
                ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath => {
                    ArgValueCompleter::new(paths)
                }
                _ => return argument,
            },
        };
        argument.add(completer)
    });
    command.mut_subcommands(of_command)
}

/// A word as it is meant: bash gives it as it stands in the line.
fn meant_by(word: &OsStr) -> Option<String> {
    let word = word.to_str()?;
    Some(if is_bash() { word.replace('\\', "") } else { word.to_owned() })
}

fn is_bash() -> bool {
    IS_BASH.get() == Some(&true)
}

/// Keeps what begins as the word does.
fn among<T: Into<String>>(
    word: &OsStr,
    all: impl IntoIterator<Item = (T, Option<String>)>,
) -> Vec<CompletionCandidate> {
    let Some(word) = meant_by(word) else { return Vec::new() };
    let named = all.into_iter().map(|(name, help)| (name.into(), help));
    let fitting = named.filter(|(name, _): &(String, _)| name.starts_with(&word));
    fitting.filter_map(|(name, help)| Some(offer(&name)?.help(help.map(Into::into)))).collect()
}

/// A name as the shell may put it into the line; none that steers the terminal, which nobody means.
fn offer(name: &str) -> Option<CompletionCandidate> {
    if *harmless(name) != *name || name.contains('\n') {
        return None;
    }
    Some(CompletionCandidate::new(if is_bash() { escaped(name) } else { name.to_owned() }))
}

/// The files and folders that begin as the word does, as the shell may put them into the line: a
/// file of a stranger's may be called as a command is.
fn paths(word: &OsStr) -> Vec<CompletionCandidate> {
    let Some(word) = meant_by(word) else { return Vec::new() };
    let found = PathCompleter::any().complete(word.as_ref());
    let one = |one: &CompletionCandidate| {
        let name = one.get_value().to_str()?;
        let offered = match name.strip_prefix("~/").filter(|_| is_bash()) {
            // Else it would be no home any more.
            Some(rest) => offer(rest)?.add_prefix("~/"),
            None => offer(name)?,
        };
        Some(offered.hide(one.is_hide_set()))
    };
    found.iter().filter_map(one).collect()
}

/// A name of which a shell takes no sign for its own.
fn escaped(name: &str) -> String {
    let is_plain = |one: char| one.is_alphanumeric() || "-_./:=,@%+".contains(one);
    let one = |one: char| if is_plain(one) { vec![one] } else { vec!['\\', one] };
    name.chars().flat_map(one).collect()
}

/// What stands on the line behind one of these options.
fn behind(options: &[&str]) -> Vec<String> {
    let words: Vec<String> = env::args_os()
        .skip_while(|word| word != "--")
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        for option in options {
            match word.strip_prefix(option) {
                Some("") => found.extend(words.get(at + 1).cloned()),
                Some(rest) => found.extend(rest.strip_prefix('=').map(str::to_owned)),
                None => {}
            }
        }
    }
    found
}

fn vouched() -> Vouched {
    Vouched { config: behind(&["--config"]).pop().map(PathBuf::from), hosts: Vec::new() }
}

fn config() -> Config {
    Config::find(&vouched(), None).unwrap_or_default()
}

/// The names of the templates that are not shipped.
fn own() -> Vec<String> {
    config().library().map(|library| library.names()).unwrap_or_default()
}

/// A template, by its name or its file.
fn template(name: &str) -> Option<Template> {
    load::quietly(&vouched(), name).ok()
}

/// The names of sfsetup's own logins.
fn logins() -> Vec<String> {
    let listed = connect::logins().map(|store| store.list().unwrap_or_default());
    let logins = listed.map(|listed| listed.logins).unwrap_or_default();
    logins.into_iter().map(|login| login.name).collect()
}

fn of_logins(word: &OsStr) -> Vec<CompletionCandidate> {
    among(word, logins().into_iter().map(|name| (name, None)))
}

fn orgs(word: &OsStr) -> Vec<CompletionCandidate> {
    let mut names: BTreeSet<String> = logins().into_iter().collect();
    names.extend(orgs_inside());
    names.extend(config().org_names().map(str::to_owned));
    names.extend(aliases_of_sf());
    among(word, names.into_iter().map(|name| (name, None)))
}

/// The aliases of the `sf` command line, out of its own file: to start it takes a second and more.
fn aliases_of_sf() -> Vec<String> {
    let read = || -> Option<serde_json::Value> {
        let file = env::home_dir()?.join(".sfdx").join("alias.json");
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    };
    let aliases = read().and_then(|file| Some(file.get("orgs")?.as_object()?.clone()));
    aliases.into_iter().flatten().map(|(name, _)| name).collect()
}

fn templates(word: &OsStr) -> Vec<CompletionCandidate> {
    let shipped = builtin::all().iter().map(|one| one.name.to_owned());
    let names = shipped.chain(own());
    let titled = names.map(|name| {
        let title = template(&name).map(|template| template.title);
        (name, title)
    });
    let mut found = among(word, titled);
    // The folder that we are in is no template.
    found.extend(paths(word).into_iter().filter(|path| path.get_value() != "."));
    found
}

/// Templates that may have a signature: no shipped one has.
fn signed(word: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = among(word, own().into_iter().map(|name| (name, None)));
    found.extend(paths(word));
    found
}

/// The documents whose schema can be printed.
fn forms(word: &OsStr) -> Vec<CompletionCandidate> {
    among(word, SCHEMAS.iter().map(|(name, _)| (*name, None)))
}

/// The templates that the line names, else those of `sfsetup.toml`.
fn meant() -> Vec<Template> {
    let mut names = behind(&["--template", "-t"]);
    // `template show NAME`.
    names.extend(behind(&["show"]));
    if names.is_empty() {
        names = config().templates(None).map(|(names, _)| names).unwrap_or_default();
    }
    names.iter().filter_map(|name| template(name)).collect()
}

fn parameters(word: &OsStr) -> Vec<CompletionCandidate> {
    let mut all: Vec<(String, Option<String>)> = Vec::new();
    for parameter in meant().into_iter().flat_map(|template| template.parameters) {
        let name = parameter.name;
        match parameter.kind {
            ParameterKind::Choice(choices) => {
                all.extend(choices.into_iter().map(|choice| (format!("{name}={choice}"), None)));
            }
            ParameterKind::Flag => {
                all.extend(["true", "false"].map(|flag| (format!("{name}={flag}"), None)));
            }
            _ => all.push((format!("{name}="), Some(parameter.title))),
        }
    }
    among(word, all)
}

fn steps(word: &OsStr) -> Vec<CompletionCandidate> {
    let named = word.to_str().and_then(|word| word.split_once('/'));
    let meant = match named.and_then(|(name, _)| template(name)) {
        Some(named) => vec![named],
        None => meant(),
    };
    if meant.is_empty() {
        let shipped = builtin::all().iter().map(|one| one.name.to_owned());
        return among(word, shipped.chain(own()).map(|name| (format!("{name}/"), None)));
    }
    let of = |template: &Template| {
        let name = template.name.clone();
        let steps = template.steps.clone().into_iter();
        steps.map(move |step| (format!("{name}/{}", step.id), Some(step.title)))
    };
    let found = among(word, meant.iter().flat_map(of));
    if found.is_empty() { by_id(word, meant) } else { found }
}

/// Steps of templates that are meant, by their ids alone.
fn by_id(word: &OsStr, meant: Vec<Template>) -> Vec<CompletionCandidate> {
    let steps = meant.into_iter().flat_map(|template| template.steps);
    among(word, steps.map(|step| (step.id, Some(step.title))))
}

/// Steps, by their name alone too where the line names their template.
fn explained(word: &OsStr) -> Vec<CompletionCandidate> {
    let mut found = steps(word);
    let is_id = |one: &CompletionCandidate| !one.get_value().to_string_lossy().contains('/');
    if !behind(&["--template", "-t"]).is_empty() && !found.iter().any(is_id) {
        found.extend(by_id(word, meant()));
    }
    found
}

/// The components of the folder that the line names, by names of files alone.
fn components(word: &OsStr) -> Vec<CompletionCandidate> {
    let mut named = behind(&["--from", "--baseline"]);
    named.truncate(1);
    let mut all = BTreeSet::new();
    for folder in named {
        let ids = snapshot::names(Path::new(&folder)).unwrap_or_default();
        all.extend(ids.iter().map(ToString::to_string));
    }
    among(word, all.into_iter().map(|name| (name, None)))
}
