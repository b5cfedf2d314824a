//! What is wanted: the template with its values, which part of it, and which org is meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::metadata::full_name::canonical_full_name;
use crate::metadata::lasting::Period;
use crate::metadata::names::Name;
use crate::org::{Org, OrgIdentity};
use crate::plan::saved::{SavedOrg, SavedTemplate, json, value};
use crate::template::conflict::{Conflict, conflicts};
use crate::template::{self, Arguments, ExpandedStep, Template, Want};

use super::arguments::{Exit, SourceArguments, WantedArguments, shell_word};
use super::config::Config;
use super::connect::{self, TargetOrg};
use super::error::{CommandError, MAKE_ANEW};
use super::fail_on::FailOn;
use super::load::{Filled, Loaded, fill_in, load_for};
use super::ui::Ui;
use super::waivers::Waivers;

/// Templates, filled in.
pub(crate) struct Wanted {
    all: Vec<OneWanted>,
    /// What a person was asked for, as `--set` takes it.
    asked: Vec<String>,
}

struct OneWanted {
    /// How it was named.
    given: String,
    template: Template,
    sha256: String,
    values: Arguments,
}

impl Wanted {
    /// Gets the templates that the arguments name, with their parameters' values.
    ///
    /// # Errors
    /// None is named, there is none of the name, one has mistakes, or parameters are missing or
    /// wrong.
    pub(crate) fn load(
        ui: &Ui,
        arguments: &WantedArguments,
        config: &Config,
        choice: Option<&TargetOrg>,
    ) -> Result<Self, CommandError> {
        let (names, place) = templates(arguments, config, choice);
        if names.is_empty() {
            return Err(CommandError::new("nothing is said of what is wanted")
                .hint(
                    "name a template with `--template NAME`, or `templates` in sfsetup.toml; \
                     `sfsetup template list` lists the shipped ones",
                )
                .hint("or what is to be as it was with `--baseline PATH`")
                .usage());
        }
        let mut loaded = Vec::new();
        for given in &names {
            ui.detail(&format!("template {given}: {place}"));
            let one = load_for(ui, given, config, choice.map(TargetOrg::name))?;
            if loaded
                .iter()
                .any(|(_, known): &(&String, Loaded)| known.template.name == one.template.name)
            {
                return Err(CommandError::new(format!(
                    "the template `{}` is named twice",
                    one.template.name
                ))
                .usage());
            }
            loaded.push((given, one));
        }
        let templates: Vec<&Template> = loaded.iter().map(|(_, one)| &one.template).collect();
        let Filled { values, asked } = match fill_in(ui, &templates, &arguments.set, config, choice)
        {
            Ok(filled) => filled,
            Err(error) if error.exit == Exit::Interrupted => return Err(error),
            Err(error) => {
                choice.map_or(Ok(()), |choice| connect::check_known(ui, choice))?;
                return Err(error);
            }
        };
        let filled = loaded.into_iter().zip(values);
        let all = filled
            .map(|((given, Loaded { template, sha256 }), values)| OneWanted {
                given: given.clone(),
                template,
                sha256,
                values,
            })
            .collect();
        Ok(Self { all, asked })
    }

    /// Adds what ends within a time of the apps and users that these templates speak of.
    ///
    /// # Errors
    /// A want that cannot be made out of the values.
    pub(crate) fn add_ends(&mut self, ui: &Ui, period: Period) -> Result<(), CommandError> {
        if self.templates().any(|one| one.name == template::expires::NAME) {
            return Err(CommandError::new(format!(
                "a template is called `{}`, as is what `--expires-within` adds",
                template::expires::NAME
            ))
            .hint("call the template otherwise, or leave `--expires-within` out")
            .usage());
        }
        let added = template::expires::expires(period, &self.steps_to_look_at()?);
        let added =
            added.map_err(|why| CommandError::internal("what ends cannot be looked for", why))?;
        match added {
            Some((template, values)) => self.all.push(OneWanted {
                given: template.name.clone(),
                template,
                // It is part of the program, and no file.
                sha256: String::new(),
                values,
            }),
            None => ui.note("no app and no user is named here, of which something could end"),
        }
        Ok(())
    }

    /// Gets the templates of a saved plan, with the values that it was saved with.
    ///
    /// # Errors
    /// A template is gone, or has changed since.
    pub(crate) fn of_plan(
        ui: &Ui,
        templates: &[SavedTemplate],
        config: &Config,
        choice: &TargetOrg,
    ) -> Result<Self, CommandError> {
        let load = |saved: &SavedTemplate| {
            let Loaded { template, sha256 } =
                load_for(ui, &saved.given, config, Some(choice.name()))?;
            if sha256 != saved.sha256 {
                let versions = if saved.version == template.version {
                    String::new()
                } else {
                    format!(" (version {} then, {} now)", saved.version, template.version)
                };
                return Err(CommandError::new(format!(
                    "the plan is stale: the template `{}` has changed since it was made{versions}",
                    saved.given
                ))
                .hint(MAKE_ANEW)
                .refused());
            }
            let configured = saved
                .parameters
                .iter()
                .filter_map(|(name, json)| Some((name.clone(), value(json)?)))
                .collect();
            let values = Arguments::resolve(&template, &BTreeMap::new(), &configured)
                .map_err(|errors| CommandError::arguments(&template, &errors, &|_| None))?;
            Ok(OneWanted { given: saved.given.clone(), template, sha256, values })
        };
        let all = templates.iter().map(load).collect::<Result<_, _>>()?;
        Ok(Self { all, asked: Vec::new() })
    }

    /// Fills the templates in, to make a plan of them.
    ///
    /// # Errors
    /// A want that cannot be made out of these values; two steps that want different things of one
    /// setting, which no plan can bring about.
    pub(crate) fn steps(&self) -> Result<Vec<ExpandedStep<'_>>, CommandError> {
        self.expanded(|_| true)
    }

    /// Fills the templates in, to look at what is there: a template's steps that contradict one
    /// another are findings like others.
    ///
    /// # Errors
    /// A want that cannot be made out of these values; two templates that want different things of
    /// one setting.
    pub(crate) fn steps_to_look_at(&self) -> Result<Vec<ExpandedStep<'_>>, CommandError> {
        self.expanded(|conflict| conflict.first.template != conflict.second.template)
    }

    fn expanded(
        &self,
        is_refused: impl Fn(&Conflict) -> bool,
    ) -> Result<Vec<ExpandedStep<'_>>, CommandError> {
        let mut steps = Vec::new();
        for one in &self.all {
            steps.extend(
                template::expand(&one.template, &one.values)
                    .map_err(|error| CommandError::expansion(&error).usage())?,
            );
        }
        let refused: Vec<Conflict> = conflicts(&steps).into_iter().filter(is_refused).collect();
        if refused.is_empty() { Ok(steps) } else { Err(CommandError::conflicts(&refused)) }
    }

    /// Returns the templates, in the order in which they were named.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.all.iter().map(|one| &one.template)
    }

    /// Returns the parameters whose values name something of the org's, or that in which it is: an
    /// object by its field.
    pub(crate) fn parameters_of(&self, name: &Name) -> Vec<String> {
        let is_object = name.sort() == "object";
        let names_it = |value: &String| {
            let object = value.split_once('.').map(|(object, _)| object).filter(|_| is_object);
            let is_component = || match (name, value.split_once(':')) {
                (Name::Component(id), Some((type_name, full_name))) => {
                    id.type_name == type_name
                        && id.full_name == canonical_full_name(type_name, full_name)
                }
                _ => false,
            };
            value == name.text() || object == Some(name.text()) || is_component()
        };
        let all = self.all.iter().flat_map(|one| one.values.iter());
        let mut named: Vec<String> = all
            .filter(|(_, value)| value.elements().iter().any(names_it))
            .map(|(parameter, _)| parameter.to_owned())
            .collect();
        // Two may have one value, and one of them alone may say what the component is called.
        if let Name::Component(id) = name {
            let steps = self.all.iter().flat_map(|one| &one.template.steps);
            let patterns: Vec<&str> = steps.flat_map(|step| components(&step.wants)).collect();
            let calls = |parameter: &&String| {
                patterns.contains(&&*format!("{}:{{{parameter}}}", id.type_name))
                    || patterns.contains(&&*format!("{{{parameter}}}"))
            };
            let callers: Vec<String> = named.iter().filter(calls).cloned().collect();
            named = if callers.is_empty() { named } else { callers };
        }
        named.sort();
        named.dedup();
        named
    }

    /// Returns the value of a parameter, of the first template that has one.
    pub(crate) fn value(&self, parameter: &str) -> Option<String> {
        self.all.iter().find_map(|one| one.values.text(parameter))
    }

    /// Returns how the one template was named that is wanted, itself and its parameters' values;
    /// none where there are several.
    pub(crate) fn only(&self) -> Option<(&str, &Template, &Arguments)> {
        match self.all.as_slice() {
            [one] => Some((&one.given, &one.template, &one.values)),
            _ => None,
        }
    }

    /// Returns how a template was named on the command line.
    pub(crate) fn given<'w>(&'w self, template: &'w str) -> &'w str {
        let own = self.all.iter().find(|one| one.template.name == template);
        own.map_or(template, |one| &one.given)
    }

    /// Puts them into the form that plans are saved with.
    pub(crate) fn saved(&self) -> Vec<SavedTemplate> {
        self.all
            .iter()
            .map(|one| SavedTemplate {
                name: one.template.name.clone(),
                version: one.template.version.clone(),
                given: one.given.clone(),
                sha256: one.sha256.clone(),
                parameters: one
                    .values
                    .iter()
                    .map(|(name, value)| (name.to_owned(), json(value)))
                    .collect(),
            })
            .collect()
    }

    /// Says how they and their parameters are given on the command line.
    pub(crate) fn named(&self, set: &[String]) -> String {
        // What the program adds is named by its own option.
        let named = self.all.iter().filter(|one| !one.sha256.is_empty());
        let names = named.map(|one| format!("--template {}", shell_word(&one.given)));
        names
            .chain(set.iter().chain(&self.asked).map(|set| format!("--set {}", shell_word(set))))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The org or folder that the arguments and the configuration mean.
///
/// # Errors
/// The configuration cannot be read, or names an org in a way that does not count.
pub(crate) fn source(
    ui: &Ui,
    arguments: &SourceArguments,
) -> Result<(Config, Option<TargetOrg>), CommandError> {
    let config = Config::find(ui.vouched(), arguments.from.as_deref())?;
    let choice = match &arguments.from {
        Some(_) => None,
        None => connect::choose(ui, arguments.org.as_deref(), &config)?,
    };
    if let Some(file) = &config.file {
        let how = if config.is_named() { "--config" } else { "found" };
        ui.detail(&format!("configuration {}: {how}", file.display()));
    }
    if let Some(choice) = &choice {
        ui.detail(&format!("org {}: {}", choice.name(), choice.place()));
    }
    Ok((config, choice))
}

/// Says, once it is known what is wanted, that nobody has said of what: that comes before the
/// values of parameters.
///
/// # Errors
/// Neither an org nor files are named.
pub(crate) fn check_named(
    wanted: &WantedArguments,
    source: &SourceArguments,
    config: &Config,
    choice: Option<&TargetOrg>,
) -> Result<(), CommandError> {
    let is_named = source.from.is_some() || choice.is_some();
    let is_wanted = || !templates(wanted, config, choice).0.is_empty();
    if !is_named && is_wanted() { Err(nothing_named()) } else { Ok(()) }
}

/// The templates that are meant, and who says so: the command line, else the configuration.
fn templates(
    arguments: &WantedArguments,
    config: &Config,
    choice: Option<&TargetOrg>,
) -> (Vec<String>, String) {
    let named = (arguments.template.clone(), "--template".to_owned());
    if named.0.is_empty() {
        return config.templates(choice.map(TargetOrg::name)).unwrap_or(named);
    }
    named
}

/// Gets the templates that are meant where each org has no others of its own, and returns what tells
/// their texts from any other.
///
/// # Errors
/// There is none of the name, or one has mistakes; a list of orgs has a column of none of them.
pub(crate) fn texts(
    ui: &Ui,
    arguments: &WantedArguments,
    config: &Config,
) -> Result<Vec<String>, CommandError> {
    let (names, _) = templates(arguments, config, None);
    check_columns(ui, arguments, config)?;
    let text = |name: &String| {
        load_for(ui, name, config, None).map(|loaded| format!("{name} {}", loaded.sha256))
    };
    names.iter().map(text).collect()
}

/// Holds the columns of a list of orgs against the templates of all of them, once and before any
/// org is asked: a slip would leave each of them to the default.
///
/// # Errors
/// There is a slip; a template cannot be read.
pub(crate) fn check_columns(
    ui: &Ui,
    arguments: &WantedArguments,
    config: &Config,
) -> Result<(), CommandError> {
    // What changes a template is told of with the org that it is changed for.
    let quiet = ui.of_one("");
    let mut loaded = Vec::new();
    for org in std::iter::once(None).chain(config.orgs_apart().map(Some)) {
        let configured = || config.templates(org).unwrap_or_default().0;
        let named = &arguments.template;
        for name in if named.is_empty() { configured() } else { named.clone() } {
            loaded.push(load_for(&quiet, &name, config, org)?.template);
        }
    }
    if loaded.is_empty() {
        return Ok(());
    }
    let templates: Vec<&Template> = loaded.iter().collect();
    let hint = "put the column's name right, in the first line of the file";
    let idle = config.check_columns(&templates).map_err(|error| error.hint(hint).usage())?;
    idle.iter().for_each(|idle| ui.warn(idle));
    Ok(())
}

/// Gets the waivers that count for an org, or for files.
///
/// # Errors
/// One is wrong.
pub(crate) fn waivers(
    ui: &Ui,
    config: &Config,
    choice: Option<&TargetOrg>,
) -> Result<Waivers, CommandError> {
    let waivers = config.waivers(choice.map(TargetOrg::name))?;
    waivers.places().for_each(|place| ui.detail(&place));
    Ok(waivers)
}

/// Says what makes the run end with 2: `--strict`, else the configuration, else whatever differs or
/// is missing; and where the configuration says it.
pub(crate) fn fail_on(
    ui: &Ui,
    strict: bool,
    config: &Config,
    choice: Option<&TargetOrg>,
) -> (FailOn, Option<String>) {
    let configured = config.fail_on(choice.map(TargetOrg::name));
    let (fail_on, place) = match configured.filter(|_| !strict) {
        Some((fail_on, place)) => (fail_on, Some(place)),
        None if strict => (FailOn::Observed, None),
        None => (FailOn::Any, None),
    };
    let from = place.as_deref().unwrap_or(if strict { "--strict" } else { "by default" });
    ui.detail(&format!("fail-on {}: {from}", fail_on.name()));
    (fail_on, place)
}

/// An error for when neither is named.
pub(crate) fn nothing_named() -> CommandError {
    let error = CommandError::new("neither an org nor a folder is named")
        .hint(
            "name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in \
               sfsetup.toml)",
        )
        .hint("or a folder, project or zip with `--from PATH`")
        .usage();
    told_of_half(error)
}

fn told_of_half(error: CommandError) -> CommandError {
    match connect::half_of_environment() {
        Some(half) => error.hint(half),
        None => error,
    }
}

/// An error for when no org is named and only an org will do.
pub(crate) fn no_org() -> CommandError {
    let error = CommandError::new("no org is named")
        .hint(
            "name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in \
               sfsetup.toml); `--org demo` is the built-in one",
        )
        .usage();
    told_of_half(error)
}

/// An org in the form that plans and journals are saved with.
pub(crate) fn saved_org(org: &Org) -> SavedOrg {
    let OrgIdentity { id, name, instance_url, .. } = org.identity();
    SavedOrg { id: id.clone(), name: name.clone(), instance_url: instance_url.clone() }
}

/// Where the journals of all orgs are.
///
/// # Errors
/// The system names no home.
pub(crate) fn journals() -> Result<PathBuf, CommandError> {
    connect::state_folder().map(|folder| folder.join("journal"))
}

/// Reads a file whole.
///
/// # Errors
/// The system refuses.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|error| {
        CommandError::new(format!("cannot read the {what} `{}`", path.display()))
            .because(error.to_string())
    })
}

/// The components that wants speak of, as templates write them.
fn components(wants: &[Want]) -> Vec<&str> {
    let mut found = Vec::new();
    for want in wants {
        match want {
            Want::Metadata { component, .. } => found.push(component.as_str()),
            Want::Any(wants) => found.extend(components(wants)),
            Want::Manual { confirm: Some(confirm), .. } => {
                found.extend(components(std::slice::from_ref(confirm)));
            }
            Want::Manual { confirm: None, .. } | Want::Fact { .. } => {}
        }
    }
    found
}
