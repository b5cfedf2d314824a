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

use clap_complete::CompleteEnv;
use clap_complete::Shell;
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::report::json::schema::SCHEMAS;
use crate::report::line::harmless;

use crate::snapshot;
use crate::template::{ParameterKind, Template, builtin, parse};

use super::shared::arguments::Exit;
use super::shared::config::Config;
use super::shared::connect;
use super::shared::error::CommandError;
use super::shared::known_orgs::orgs_inside;
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
            ("org" | "baseline_org" | "from_org", _) | ("name", "logout") => {
                ArgValueCompleter::new(orgs)
            }
            ("template", _) | ("templates", "check") | ("old" | "new", "diff") => {
                ArgValueCompleter::new(templates)
            }
            ("set", _) => ArgValueCompleter::new(parameters),
            ("only" | "except", _) => ArgValueCompleter::new(components),
            ("what", "waive" | "explain") => ArgValueCompleter::new(steps),
            ("form", "schema") => ArgValueCompleter::new(forms),
            _ => return argument,
        };
        argument.add(completer)
    });
    command.mut_subcommands(of_command)
}

/// Keeps what begins as the word does.
fn among<T: Into<String>>(
    word: &OsStr,
    all: impl IntoIterator<Item = (T, Option<String>)>,
) -> Vec<CompletionCandidate> {
    let Some(word) = word.to_str() else { return Vec::new() };
    let is_bash = IS_BASH.get() == Some(&true);
    let word = if is_bash { word.replace('\\', "") } else { word.to_owned() };
    let named = all.into_iter().map(|(name, help)| (name.into(), help));
    // A name that steers the terminal is none that anybody means.
    let fitting = named.filter(|(name, _): &(String, _)| {
        name.starts_with(&word) && *harmless(name) == **name && !name.contains('\n')
    });
    let quoted = |name: String| if is_bash { escaped(&name) } else { name };
    fitting
        .map(|(name, help)| CompletionCandidate::new(quoted(name)).help(help.map(Into::into)))
        .collect()
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

fn config() -> Config {
    let named = behind(&["--config"]).pop().map(PathBuf::from);
    Config::find(&Vouched { config: named, hosts: Vec::new() }, None).unwrap_or_default()
}

fn orgs(word: &OsStr) -> Vec<CompletionCandidate> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    if let Ok(listed) = connect::logins().map(|store| store.list().unwrap_or_default()) {
        names.extend(listed.logins.into_iter().map(|login| login.name));
    }
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
    let shipped = builtin::all().iter().map(|one| {
        let title = parse(one.name, one.text).ok().map(|template| template.title);
        (one.name.to_owned(), title)
    });
    let own = config().library().map(|library| library.shelves().files).unwrap_or_default();
    let own = own.iter().filter_map(|file| Some((file.file_stem()?.to_str()?.to_owned(), None)));
    let mut found = among(word, shipped.chain(own.collect::<Vec<_>>()));
    // The folder that we are in is no template.
    let paths = PathCompleter::any().complete(word).into_iter();
    found.extend(paths.filter(|path| path.get_value() != "."));
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
    let read = |name: &String| {
        if let Some(shipped) = builtin::find(name) {
            return parse(shipped.name, shipped.text).ok();
        }
        parse(name, &std::fs::read_to_string(name).ok()?).ok()
    };
    names.iter().filter_map(read).collect()
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
    let mut meant = meant();
    if let Some(shipped) = word
        .to_str()
        .and_then(|word| word.split_once('/'))
        .and_then(|(name, _)| builtin::find(name))
    {
        meant = parse(shipped.name, shipped.text).into_iter().collect();
    }
    if meant.is_empty() {
        return among(word, builtin::all().iter().map(|one| (format!("{}/", one.name), None)));
    }
    let of = |template: Template| {
        let name = template.name;
        let steps = template.steps.into_iter();
        steps.map(move |step| (format!("{name}/{}", step.id), Some(step.title)))
    };
    among(word, meant.into_iter().flat_map(of))
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
