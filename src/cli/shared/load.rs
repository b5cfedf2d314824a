//! How every command gets its templates: by name or file, with what they extend, what
//! `sfsetup.toml` changes in them, and their parameters' values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::cli::shared::arguments::shell_word;
use crate::cli::shared::config::Config;
use crate::cli::shared::connect::TargetOrg;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::library::{Library, Signed, text_of};
use crate::cli::shared::questions::{self, Candidates};
use crate::cli::shared::ui::Ui;
use crate::cli::shared::vouched::Vouched;
use crate::metadata::registry::nearest::{nearest, perhaps};
use crate::metadata::sha256::hexadecimal;
use crate::metadata::value::Value;
use crate::template::{self, Template, builtin, expires};

/// So many templates may stand on one another.
const DEEPEST: usize = 16;

/// A template that was found.
pub(crate) struct Loaded {
    pub(crate) template: Template,
    /// The SHA-256 of all texts that it comes from, in hexadecimal.
    pub(crate) sha256: String,
}

/// Gets a template: a shipped one by its name, else a file, else one in the folders of
/// `template-paths`.
///
/// # Errors
/// There is none of the name, the file cannot be read or is not signed, or it has mistakes.
pub(crate) fn load(ui: &Ui, name: &str) -> Result<Template, CommandError> {
    quietly(ui.vouched(), name)
}

/// The same where nobody is told anything.
///
/// # Errors
/// As [`load`].
pub(crate) fn quietly(vouched: &Vouched, name: &str) -> Result<Template, CommandError> {
    read(name, &library_for(vouched, name)?, &mut Sha256::new())
}

/// The folders in which a template is looked for; none where its name is a shipped one's, or a
/// file's and no configuration is named: keys count in a named one alone.
fn library_for(vouched: &Vouched, name: &str) -> Result<Library, CommandError> {
    let is_file = || vouched.config.is_none() && Path::new(name).exists();
    if builtin::find(name).is_some() || is_file() {
        return Ok(Library::default());
    }
    Config::find(vouched, None)?.library()
}

/// Gets a template as `sfsetup.toml` has it for an org.
///
/// # Errors
/// As [`load`]; also mistakes in what `sfsetup.toml` changes.
pub(crate) fn load_for(
    ui: &Ui,
    name: &str,
    config: &Config,
    org: Option<&str>,
) -> Result<Loaded, CommandError> {
    let mut hash = Sha256::new();
    let mut template = read(name, &config.library()?, &mut hash)?;
    for (at, text) in config.overlays(&template.name, org) {
        let file =
            config.file.as_deref().unwrap_or(Path::new("sfsetup.toml")).display().to_string();
        hash.update(text.as_bytes());
        let at: Vec<&str> = at.iter().map(String::as_str).collect();
        template = template::overlay(&file, &config.text, &at, &template)
            .map_err(|errors| CommandError::template(&errors))?;
        ui.note(&format!(
            "the template `{}` is changed by [{}] in {file}",
            template.name,
            at.join(".")
        ));
    }
    let sha256 = hexadecimal(&hash.finalize());
    Ok(Loaded { template, sha256 })
}

/// A template's text without its parent, which `template check` shows mistakes in.
pub(crate) struct SourceText {
    /// What it is called in messages.
    pub(crate) name: String,
    pub(crate) text: String,
    path: PathBuf,
    library: Library,
}

impl SourceText {
    /// Gets what it extends, by the name that stands there.
    ///
    /// # Errors
    /// A sentence for the mistake at that name.
    pub(crate) fn parent(&self, name: &str) -> Result<Template, String> {
        let mut seen = vec![self.path.clone()];
        ancestor(&self.path, name, &self.library, &mut Sha256::new(), &mut seen)
    }
}

/// Reads a template's file without its parent.
///
/// # Errors
/// There is none of the name, or the file cannot be read or is not signed.
pub(crate) fn source(ui: &Ui, name: &str) -> Result<SourceText, CommandError> {
    let library = library_for(ui.vouched(), name)?;
    let Found { name, text, path, .. } = find(name, &library)?;
    Ok(SourceText { name, text, path, library })
}

/// Every template that goes by a name, and what of the folders cannot be read as one.
pub(crate) struct All {
    pub(crate) templates: Vec<Template>,
    pub(crate) failed: Vec<CommandError>,
}

/// Gets every template that goes by a name: the shipped ones, then those of `template-paths`. One
/// that cannot be read hides no other.
///
/// # Errors
/// The configuration cannot be read.
pub(crate) fn all(ui: &Ui) -> Result<All, CommandError> {
    let library = Config::find(ui.vouched(), None)?.library()?;
    let shipped = builtin::all().iter().map(|shipped| shipped.name.to_owned());
    let mut names: Vec<String> = shipped.collect();
    let shelves = library.shelves();
    for file in shelves.files {
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name.filter(|name| library.find(name).is_some()) else { continue };
        if names.contains(&name) {
            ui.warn(&format!(
                "`{}` is passed over: another template goes by that name",
                file.display()
            ));
        } else {
            names.push(name);
        }
    }
    let mut all = All { templates: Vec::new(), failed: shelves.failed };
    for name in names {
        match read(&name, &library, &mut Sha256::new()) {
            Ok(template) => all.templates.push(template),
            Err(error) => all.failed.push(error),
        }
    }
    Ok(all)
}

/// Holds a template's file, by its path or its name in `template-paths`, against its signature.
///
/// # Errors
/// There is no such file, or it is not signed by a key that is pinned.
pub(crate) fn verify<'l>(
    library: &'l Library,
    name: &str,
) -> Result<(String, Signed<'l>), CommandError> {
    if builtin::find(name).is_some() {
        return Err(CommandError::new(format!("`{name}` is part of this program"))
            .because("a shipped template has no signature of its own")
            .usage());
    }
    let path = PathBuf::from(name);
    let path = if path.is_file() { Some(path) } else { library.find(name) };
    let path = path.ok_or_else(|| library.unknown(name))?;
    let text = text_of(&path)?;
    let signed = library.verify(&path, text.as_bytes())?;
    Ok((path.display().to_string(), signed))
}

/// A template's text.
struct Found {
    /// What it is called in messages.
    name: String,
    text: String,
    /// Where it lies; what it extends lies beside it.
    path: PathBuf,
    /// Whether it was found by its name in a folder of `template-paths`.
    is_by_name: bool,
}

fn find(name: &str, library: &Library) -> Result<Found, CommandError> {
    if let Some(shipped) = builtin::find(name) {
        let path = PathBuf::from(name);
        let text = shipped.text.to_owned();
        return Ok(Found { name: format!("{name}.toml"), text, path, is_by_name: false });
    }
    let path = PathBuf::from(name);
    if path.exists() {
        let text = library.read(&path)?;
        return Ok(Found { name: name.to_owned(), text, path, is_by_name: false });
    }
    let Some(path) = library.find(name) else {
        // What `--expires-within` adds can be shown, and waived.
        if name == expires::NAME {
            let text = expires::TEXT.to_owned();
            return Ok(Found { name: format!("{name}.toml"), text, path, is_by_name: false });
        }
        return Err(library.unknown(name));
    };
    let text = library.read_own(&path)?;
    Ok(Found { name: path.display().to_string(), text, path, is_by_name: true })
}

fn read(name: &str, library: &Library, hash: &mut Sha256) -> Result<Template, CommandError> {
    let found = find(name, library)?;
    hash.update(found.text.as_bytes());
    let mut seen = vec![found.path.clone()];
    let template = template::parse_with(&found.name, &found.text, &mut |parent| {
        ancestor(&found.path, parent, library, hash, &mut seen)
    })
    .map_err(|errors| CommandError::template(&errors))?;
    // Otherwise a report would bear another template's name.
    if found.is_by_name && template.name != name {
        return Err(CommandError::new(format!(
            "`{}` calls itself `{}`, and is looked for as `{name}`",
            found.name, template.name
        ))
        .hint("a template in a folder of `template-paths` bears its file's name"));
    }
    Ok(template)
}

/// A shipped template, or a file beside the one that names it.
fn ancestor(
    of: &Path,
    name: &str,
    library: &Library,
    hash: &mut Sha256,
    seen: &mut Vec<PathBuf>,
) -> Result<Template, String> {
    if let Some(shipped) = builtin::find(name) {
        hash.update(shipped.text.as_bytes());
        return template::parse(shipped.name, shipped.text).map_err(|errors| errors.to_string());
    }
    let path = of.parent().unwrap_or(Path::new("")).join(name);
    if !path.is_file() {
        return Err(format!(
            "there is no shipped template `{name}`, and no file `{}`",
            path.display()
        ));
    }
    if !is_below(of, &path) {
        return Err(format!(
            "`{name}` is not beside `{}`: a template is built on shipped ones, and on files of its \
             own folder",
            of.display()
        ));
    }
    let is_same =
        |known: &PathBuf| std::path::absolute(known).ok() == std::path::absolute(&path).ok();
    if seen.iter().any(is_same) || seen.len() >= DEEPEST {
        return Err(format!("`{name}` stands on itself: {} extend one another", seen.len()));
    }
    seen.push(path.clone());
    let text = library.read(&path).map_err(|error| {
        error.causes.first().map_or(error.what.clone(), |cause| format!("{}: {cause}", error.what))
    })?;
    hash.update(text.as_bytes());
    template::parse_with(&path.display().to_string(), &text, &mut |parent| {
        ancestor(&path, parent, library, hash, seen)
    })
    .map_err(|errors| format!("it has mistakes of its own:\n{errors}"))
}

/// Says whether a file lies in the folder of another, or below it, wherever links lead: what a
/// stranger's template names is shown where it has mistakes, and must not be anything on this
/// machine.
fn is_below(of: &Path, path: &Path) -> bool {
    let folder = match of.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    match (folder.canonicalize(), path.canonicalize()) {
        (Ok(folder), Ok(path)) => is_toml && path.starts_with(folder),
        _ => false,
    }
}

/// Reads `--set` for one template: its parameters with what each is given.
///
/// # Errors
/// One that is not `name=value`.
pub(crate) fn given(set: &[String]) -> Result<BTreeMap<String, Vec<String>>, CommandError> {
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in set {
        let (name, value) = pair.split_once('=').ok_or_else(|| no_pair(pair))?;
        given.entry(name.trim().to_owned()).or_default().push(value.to_owned());
    }
    Ok(given)
}

fn no_pair(pair: &str) -> CommandError {
    CommandError::new(format!("`--set {pair}` is not of the form name=value")).usage()
}

/// What the templates' parameters come to.
pub(crate) struct Filled {
    pub(crate) values: Vec<template::Arguments>,
    /// What a person was asked for, as `--set` takes it.
    pub(crate) asked: Vec<String>,
}

/// Gives the templates' parameters their values: `--set`, then `sfsetup.toml`, then what the demo
/// org proposes, then the defaults; at a terminal a person is asked for what has none. A name alone
/// means the parameter of each template that has one; `TEMPLATE.NAME` means that template's.
///
/// # Errors
/// A `--set` that is not `name=value`, a file that cannot be read, parameters that are missing or
/// wrong: all of them named.
pub(crate) fn fill_in(
    ui: &Ui,
    templates: &[&Template],
    set: &[String],
    config: &Config,
    choice: Option<&TargetOrg>,
) -> Result<Filled, CommandError> {
    let mut pairs = Vec::new();
    for pair in set {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(no_pair(pair));
        };
        pairs.push((name.trim(), value));
    }
    for idle in config.check(templates, choice.map(TargetOrg::name))? {
        ui.warn(&idle);
    }
    let has = |template: &Template, name: &str| {
        template.parameters.iter().any(|parameter| parameter.name == name)
    };
    for (name, _) in &pairs {
        let Some((of, _)) = name.split_once('.') else { continue };
        if templates.iter().any(|template| template.name == of || has(template, name)) {
            continue;
        }
        let near = nearest(of, templates.iter().map(|template| template.name.as_str()));
        return Err(CommandError::new(format!(
            "`--set {name}=..`: no template `{of}` is used here{}",
            perhaps(near)
        ))
        .usage());
    }
    let mut filled = Filled { values: Vec::new(), asked: Vec::new() };
    for template in templates {
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &pairs {
            let own =
                name.split_once('.').filter(|(of, _)| *of == template.name).map(|(_, name)| name);
            // By an older name it is meant for this one too, unless the new one is there.
            let by_older_name = template.in_place_of(name).is_some_and(|now| {
                let own = format!("{}.{}", template.name, now.name);
                !pairs.iter().any(|(name, _)| *name == now.name || *name == own)
            });
            let is_other = own.is_none()
                && !has(template, name)
                && !by_older_name
                && templates.iter().any(|other| {
                    other.name != template.name
                        && (has(other, name) || name.starts_with(&format!("{}.", other.name)))
                });
            if !is_other {
                given.entry(own.unwrap_or(name).to_owned()).or_default().push((*value).to_owned());
            }
        }
        let org = choice.map(TargetOrg::name);
        let mut configured = configured(config, template, org)?;
        let place = |name: &str| config.place_of_parameter(&template.name, org, name);
        propose(ui, template, choice, &given, &mut configured);
        let mut asked = Vec::new();
        let values = loop {
            let errors = match template::Arguments::resolve(template, &given, &configured) {
                Ok(values) => break values,
                Err(errors) => errors,
            };
            // What is wrong is said first; nobody answers questions for an error.
            if errors.missing.is_empty() || errors.errors.len() > 1 || !ui.can_ask() {
                let mut error = CommandError::arguments(template, &errors, &place);
                if let (Some(row), [name, ..]) = (config.row_of(org), errors.missing.as_slice()) {
                    error.hints.insert(0, format!("give it in a column `{name}`: {row}"));
                }
                return Err(error);
            }
            for (name, text) in ask_for(ui, template, &errors.missing, choice)? {
                let of =
                    if templates.len() > 1 { format!("{}.", template.name) } else { String::new() };
                filled.asked.push(format!("{of}{name}={text}"));
                asked.push(name.clone());
                given.insert(name, vec![text]);
            }
        };
        for (name, value) in values.iter() {
            let is_asked = asked.iter().any(|one| one == name);
            let from = match (given.contains_key(name), configured.contains_key(name)) {
                (true, _) if is_asked => "asked for".to_owned(),
                (true, _) => "--set".to_owned(),
                (false, true) => place(name).unwrap_or_else(|| "the demo org".to_owned()),
                (false, false) => "by default".to_owned(),
            };
            ui.detail(&format!("parameter {}.{name} = {value}: {from}", template.name));
        }
        filled.values.push(values);
    }
    if !filled.asked.is_empty() {
        let set = filled.asked.iter().map(|one| format!("--set {}", shell_word(one)));
        ui.hint(&format!(
            "`{}` gives that without a question; so does [parameters] of a `sfsetup.toml`, which \
             `sfsetup init` writes",
            set.collect::<Vec<_>>().join(" ")
        ));
    }
    Ok(filled)
}

/// Asks a person for parameters that have no value.
fn ask_for(
    ui: &Ui,
    template: &Template,
    missing: &[String],
    choice: Option<&TargetOrg>,
) -> Result<Vec<(String, String)>, CommandError> {
    let parameters =
        || template.parameters.iter().filter(|parameter| missing.contains(&parameter.name));
    let candidates = Candidates::of(ui, choice, template, parameters())?;
    let ask = |parameter: &template::Parameter| {
        let text = questions::ask(ui, template, parameter, &candidates, None)?;
        Ok((parameter.name.clone(), text))
    };
    parameters().map(ask).collect()
}

/// Reads the values that `sfsetup.toml` has for a template's parameters.
///
/// # Errors
/// A value that is none for a parameter.
pub(crate) fn configured(
    config: &Config,
    template: &Template,
    org: Option<&str>,
) -> Result<BTreeMap<String, Value>, CommandError> {
    let values = config.parameters(&template.name, org);
    values
        .into_iter()
        .map(|(name, value)| Ok((name.clone(), plain(name, value, config)?)))
        .collect()
}

/// Adds what the demo org proposes for parameters that nobody has given, and says so.
fn propose(
    ui: &Ui,
    template: &Template,
    choice: Option<&TargetOrg>,
    given: &BTreeMap<String, Vec<String>>,
    configured: &mut BTreeMap<String, Value>,
) {
    let mut told = Vec::new();
    for (name, value) in proposed(template, choice) {
        if !given.contains_key(&name) && !configured.contains_key(&name) {
            told.push(format!("{name}={value}"));
            configured.insert(name, Value::Text(value));
        }
    }
    if !told.is_empty() {
        ui.note(&format!("the demo org proposed these parameters: {}", told.join("  ")));
    }
}

/// What the demo org proposes for a template's parameters, in their order.
#[cfg(feature = "demo")]
pub(crate) fn proposed(template: &Template, choice: Option<&TargetOrg>) -> Vec<(String, String)> {
    if !choice.is_some_and(TargetOrg::is_demo) {
        return Vec::new();
    }
    // What builds on a shipped template is asked the same.
    let of_parent = || builtin::find(template.extends.as_deref()?.split(' ').next()?);
    let Some(shipped) = builtin::find(&template.name).or_else(of_parent) else {
        return Vec::new();
    };
    let Ok(its) = template::parse(shipped.name, shipped.text) else { return Vec::new() };
    let mut values = shipped.proposed();
    // Where a template that builds on a shipped one, or bears its name, has a default of its own,
    // that is what its author wants.
    let is_the_same = |one: &&template::Parameter| {
        its.parameters.iter().any(|its| its.name == one.name && its.default == one.default)
    };
    let parameters = template.parameters.iter().filter(is_the_same);
    parameters.filter_map(|one| Some((one.name.clone(), values.remove(&one.name)?))).collect()
}

#[cfg(not(feature = "demo"))]
pub(crate) fn proposed(_: &Template, _: Option<&TargetOrg>) -> Vec<(String, String)> {
    Vec::new()
}

/// A value of `sfsetup.toml` as a template's parameters hold them.
fn plain(name: &str, value: &toml::Value, config: &Config) -> Result<Value, CommandError> {
    let text_of = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Float(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => None,
    };
    let plain = match value {
        toml::Value::Boolean(flag) => Some(Value::Bool(*flag)),
        toml::Value::Array(elements) => {
            elements.iter().map(text_of).collect::<Option<Vec<_>>>().map(Value::List)
        }
        other => text_of(other).map(Value::Text),
    };
    plain.ok_or_else(|| {
        let file = config.file.as_deref().unwrap_or(Path::new("sfsetup.toml"));
        CommandError::new(format!(
            "parameter `{name}` in `{}` is no text, flag or list of texts",
            file.display()
        ))
    })
}
