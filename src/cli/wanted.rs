//! What is wanted: the template with its values, which part of it, and which org is meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wildmatch::WildMatch;

use crate::diff::Finding;
use crate::metadata::ComponentId;
use crate::metadata::layout::{api_full_name, canonical_full_name};
use crate::metadata::path::FieldPath;
use crate::metadata::registry::canonical_type;
use crate::org::{Org, OrgIdentity};
use crate::plan::saved::{SavedOrg, SavedPlan, SavedTemplate, json, value};
use crate::template::conflict::{Conflict, conflicts};
use crate::template::{self, Arguments, ExpandedStep, Template};

use super::config::Config;
use super::connect::{self, Choice};
use super::error::CommandError;
use super::template::load::{Loaded, fill_in, load_for};
use super::ui::Ui;
use super::{SourceArguments, WantedArguments};

/// Templates, filled in.
pub(super) struct Wanted(Vec<OneWanted>);

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
    /// # Errors None is named, there is none of the name, one has mistakes, or parameters are
    /// missing or wrong.
    pub(super) fn load(
        ui: &Ui,
        arguments: &WantedArguments,
        config: &Config,
        choice: Option<&Choice>,
    ) -> Result<Self, CommandError> {
        if arguments.template.is_empty() {
            return Err(CommandError::new("nothing is said of what is wanted")
                .hint(
                    "name a template with `--template NAME`; `sfsetup template list` lists the \
                       shipped ones",
                )
                .usage());
        }
        let mut loaded = Vec::new();
        for given in &arguments.template {
            let one = load_for(ui, given, config, choice.map(Choice::name))?;
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
        let values = fill_in(ui, &templates, &arguments.set, config, choice)?;
        let filled = loaded.into_iter().zip(values);
        Ok(Self(
            filled
                .map(|((given, Loaded { template, sha256 }), values)| OneWanted {
                    given: given.clone(),
                    template,
                    sha256,
                    values,
                })
                .collect(),
        ))
    }

    /// Gets the templates of a saved plan, with the values that it was saved with.
    ///
    /// # Errors
    /// A template is gone, or has changed since.
    pub(super) fn of_plan(
        ui: &Ui,
        saved: &SavedPlan,
        config: &Config,
        choice: &Choice,
    ) -> Result<Self, CommandError> {
        let load =
            |saved: &SavedTemplate| {
                let Loaded { template, sha256 } =
                    load_for(ui, &saved.given, config, Some(choice.name()))?;
                if sha256 != saved.sha256 {
                    return Err(CommandError::new(format!(
                    "the plan is stale: the template `{}` has changed since it was made (version \
                     {} then, {} now)",
                    saved.given, saved.version, template.version
                ))
                .hint("make the plan anew with `sfsetup diff .. --save-plan FILE`, and have it \
                       looked at again")
                .refused());
                }
                let configured = saved
                    .parameters
                    .iter()
                    .filter_map(|(name, json)| Some((name.clone(), value(json)?)))
                    .collect();
                let values = Arguments::resolve(&template, &BTreeMap::new(), &configured)
                    .map_err(|errors| CommandError::arguments(&template, &errors))?;
                Ok(OneWanted { given: saved.given.clone(), template, sha256, values })
            };
        saved.templates().map(load).collect::<Result<_, _>>().map(Self)
    }

    /// Fills the templates in, to make a plan of them.
    ///
    /// # Errors A want that cannot be made out of these values; two steps that want different
    /// things of one setting, which no plan can bring about.
    pub(super) fn steps(&self) -> Result<Vec<ExpandedStep<'_>>, CommandError> {
        self.expanded(|_| true)
    }

    /// Fills the templates in, to look at what is there: a template's steps that contradict one
    /// another are findings like others.
    ///
    /// # Errors A want that cannot be made out of these values; two templates that want different
    /// things of one setting.
    pub(super) fn steps_to_look_at(&self) -> Result<Vec<ExpandedStep<'_>>, CommandError> {
        self.expanded(|conflict| conflict.first.template != conflict.second.template)
    }

    fn expanded(
        &self,
        is_refused: impl Fn(&Conflict) -> bool,
    ) -> Result<Vec<ExpandedStep<'_>>, CommandError> {
        let mut steps = Vec::new();
        for one in &self.0 {
            steps.extend(
                template::expand(&one.template, &one.values)
                    .map_err(|error| CommandError::expansion(&error))?,
            );
        }
        let refused: Vec<Conflict> = conflicts(&steps).into_iter().filter(is_refused).collect();
        if refused.is_empty() { Ok(steps) } else { Err(CommandError::conflicts(&refused)) }
    }

    /// Returns the templates, in the order in which they were named.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().map(|one| &one.template)
    }

    /// Puts them into the form that plans are saved with.
    pub(super) fn saved(&self) -> Vec<SavedTemplate> {
        self.0
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

    /// Says what they are, for the journal.
    pub(super) fn words(&self) -> String {
        let names: Vec<String> = self
            .templates()
            .map(|template| format!("{} {}", template.name, template.version))
            .collect();
        format!("{} {}", if names.len() == 1 { "template" } else { "templates" }, names.join(", "))
    }

    /// Says how they and their parameters are given on the command line.
    pub(super) fn named(&self, set: &[String]) -> String {
        let names = self.0.iter().map(|one| format!("--template {}", shell_word(&one.given)));
        names
            .chain(set.iter().map(|set| format!("--set {}", shell_word(set))))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// A word as a shell reads it.
fn shell_word(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=,@%+".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The org or folder that the arguments and the configuration mean.
pub(super) fn source(
    arguments: &SourceArguments,
) -> Result<(Config, Option<Choice>), CommandError> {
    let config = Config::find(arguments.from.as_deref())?;
    let choice = match &arguments.from {
        Some(_) => None,
        None => connect::choose(arguments.org.as_deref(), &config),
    };
    Ok((config, choice))
}

/// An error for when neither is named.
pub(super) fn nothing_named() -> CommandError {
    CommandError::new("neither an org nor a folder is named")
        .hint(
            "name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in \
               sfsetup.toml)",
        )
        .hint("or a folder, project or zip with `--from PATH`")
        .usage()
}

/// An error for when no org is named and only an org will do.
pub(super) fn no_org() -> CommandError {
    CommandError::new("no org is named")
        .hint(
            "name an org with `--org NAME` (or SFSETUP_ORG, SF_TARGET_ORG, or `org` in \
               sfsetup.toml); `--org demo` is the built-in one",
        )
        .usage()
}

/// An org in the form that plans and journals are saved with.
pub(super) fn saved_org(org: &Org) -> SavedOrg {
    let OrgIdentity { id, name, instance_url, .. } = org.identity();
    SavedOrg { id: id.clone(), name: name.clone(), instance_url: instance_url.clone() }
}

/// Where the journals of all orgs are.
///
/// # Errors
/// The system names no home.
pub(super) fn journals() -> Result<PathBuf, CommandError> {
    connect::state_folder().map(|folder| folder.join("journal"))
}

/// A choice of components and settings: `TYPE:NAME[:PATH]` with `*` and `?`.
pub(super) struct Only(Vec<Pattern>);

struct Pattern {
    text: String,
    type_name: WildMatch,
    full_name: WildMatch,
    path: Option<WildMatch>,
}

impl Only {
    /// Reads the patterns of the command line.
    ///
    /// # Errors
    /// One that names no type and name.
    pub(super) fn parse(patterns: &[String]) -> Result<Self, CommandError> {
        let parse = |text: &String| {
            let wrong = || {
                CommandError::new(format!(
                    "`--only {text}` is not of the form TYPE:NAME or \
                    TYPE:NAME:PATH"
                ))
                .hint(
                    "for instance `--only 'Profile:*'` or `--only \
                           'ConnectedApp:Acme:oauthPolicy.*'`",
                )
                .usage()
            };
            let (type_name, rest) = text.split_once(':').ok_or_else(wrong)?;
            // A profile's name may hold a colon (`Custom: Sales Profile`); a path never does,
            // except within its brackets.
            let (name, path) = match rest.rsplit_once(':') {
                Some((name, path)) if !path.starts_with(' ') && is_path(path) => (name, Some(path)),
                _ => (rest, None),
            };
            if type_name.trim().is_empty() || name.trim().is_empty() {
                return Err(wrong());
            }
            Ok(Pattern {
                text: text.clone(),
                type_name: WildMatch::new(canonical_type(type_name.trim())),
                full_name: WildMatch::new(&canonical_full_name(type_name, name)),
                path: path.map(WildMatch::new),
            })
        };
        patterns.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Warns of patterns that name nothing of what was found.
    pub(super) fn warn_of_idle(&self, ui: &Ui, findings: &[Finding<'_>]) {
        for idle in self.idle(findings.iter().filter_map(|finding| finding.component.as_ref())) {
            ui.warn(&idle);
        }
    }

    fn accepts(&self, id: Option<&ComponentId>, path: Option<&FieldPath>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Some(id) = id else { return false };
        let is_path = |pattern: &Pattern| {
            pattern
                .path
                .as_ref()
                .is_none_or(|wanted| path.is_none_or(|path| wanted.matches(&path.to_string())))
        };
        self.0.iter().any(|pattern| pattern.names(id) && is_path(pattern))
    }

    /// Says which patterns name none of the components, for a slip of the pen must not pass for a
    /// clean answer.
    pub(super) fn idle<'i>(
        &self,
        ids: impl Iterator<Item = &'i ComponentId> + Clone,
    ) -> Vec<String> {
        let idle = self.0.iter().filter(|pattern| !ids.clone().any(|id| pattern.names(id)));
        idle.map(|pattern| {
            format!("`--only {}` matches nothing that is compared here", pattern.text)
        })
        .collect()
    }

    /// Says whether anything of a component is chosen.
    pub(super) fn component(&self, id: &ComponentId) -> bool {
        self.accepts(Some(id), None)
    }

    /// Says whether a setting is chosen.
    pub(super) fn setting(&self, id: &ComponentId, path: Option<&FieldPath>) -> bool {
        self.accepts(Some(id), path)
    }

    /// Says whether a finding is chosen.
    pub(super) fn finding(&self, finding: &Finding<'_>) -> bool {
        self.accepts(finding.component.as_ref(), finding.path.as_ref())
    }
}

impl Pattern {
    fn names(&self, id: &ComponentId) -> bool {
        let is_named =
            self.full_name.matches(&id.full_name) || self.full_name.matches(&api_full_name(id));
        self.type_name.matches(&id.type_name) && is_named
    }
}

/// Whether a text can be a path, or a pattern of one.
fn is_path(text: &str) -> bool {
    let plain = text.trim_matches(['*', '.', '?']);
    plain.is_empty() || plain.parse::<FieldPath>().is_ok()
}

/// Reads a file whole.
///
/// # Errors
/// The system refuses.
pub(super) fn read(path: &Path, what: &str) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|error| {
        CommandError::new(format!("cannot read the {what} `{}`", path.display()))
            .because(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(pattern: &str, type_name: &str, name: &str, path: &str) -> bool {
        let only = Only::parse(&[pattern.to_owned()]).unwrap();
        only.accepts(Some(&ComponentId::new(type_name, name)), Some(&path.parse().unwrap()))
    }

    #[test]
    fn a_choice_names_components_and_settings() {
        assert!(accepts("Profile:*", "Profile", "Custom: Sales", "custom"));
        assert!(accepts("Profile:Custom: Sales", "Profile", "Custom: Sales", "custom"));
        assert!(accepts("Profile:System Administrator", "Profile", "Admin", "custom"));
        assert!(accepts(
            "ConnectedApp:Acme:oauthPolicy.*",
            "ConnectedApp",
            "Acme",
            "oauthPolicy.ipRelaxation"
        ));
        assert!(!accepts("ConnectedApp:Acme:oauthPolicy.*", "ConnectedApp", "Acme", "label"));
        assert!(!accepts("ConnectedApp:Acme", "ConnectedApp", "Other", "label"));
        assert!(Only::parse(&["Profile".to_owned()]).is_err());
    }
}
