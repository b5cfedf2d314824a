//! A template as a page that a vendor can publish: what there is to know, the steps with their
//! reasons, where each is done and by whom. What is in it is told here; `html` and `markdown` write
//! it down.

pub mod html;
pub mod markdown;

use std::collections::{BTreeMap, BTreeSet};

use crate::metadata::fact::{Access, Fact};
use crate::metadata::value::Value;
use crate::template::setup::{self, SetupPage};
use crate::template::{Arguments, Create, Level, Step, Template, Test, Want, fill};

use super::wants::{kind_in_words, label, setting_in_words, test_in_words, when_in_words};
use super::words::each_label;

/// A page, in the order in which it is read.
#[derive(Debug)]
pub struct Page<'t> {
    template: &'t Template,
    /// What a reader must know of how old it is, or of how the source was read.
    warnings: Vec<String>,
    /// The parameters that have a value on this page.
    values: Vec<(&'t str, String)>,
    /// The parameters that the reader has to know, each with what it takes.
    parameters: Vec<(&'t str, &'t str, String)>,
    steps: Vec<PageStep<'t>>,
    /// The components that a fix may change, each with its parts.
    owned: Vec<(&'t str, String)>,
    /// What checks it, and what sets it right, as a reader types it.
    commands: Vec<String>,
}

#[derive(Debug)]
struct PageStep<'t> {
    step: &'t Step,
    is_recommended: bool,
    when: Option<String>,
    asks: Vec<Ask>,
    /// Where in Setup it is done.
    setup: Vec<&'static SetupPage>,
    /// Who can do it.
    doers: Vec<&'static str>,
}

/// One thing that is asked for.
#[derive(Debug)]
enum Ask {
    /// A setting: in Setup's words where they are known, and in the Metadata API's.
    Setting { words: Option<String>, setting: String, wanted: String, label: Option<String> },
    /// A fact about the org or a user.
    Fact { words: String, wanted: String },
    /// Something by hand, and what shows that it is done.
    Hand { text: String, done: Vec<Self> },
    /// One of these.
    Any(Vec<Self>),
}

/// Who does what a package can do as well.
const DEPLOY: &str = "an administrator in Setup, or sfsetup deploy";
const BY_HAND: &str = "an administrator, by hand";
const BUYER: &str = "whoever buys Salesforce's licences";

impl<'t> Page<'t> {
    /// Puts a page together of a template, as it was narrowed; `values` are those that have taken
    /// their parameters' place, `age` what there is to say of how old it is, `commands` what checks
    /// an org against it and sets it right.
    pub fn of(
        template: &'t Template,
        values: &'t Arguments,
        age: Option<String>,
        commands: Vec<String>,
    ) -> Self {
        let reading = template.reading();
        let warnings = reading.map(capital).into_iter().chain(age.map(capital)).collect();
        let shown = |value: &Value| match value.elements().as_slice() {
            [] => "(none)".to_owned(),
            elements => elements.join(", "),
        };
        Self {
            template,
            warnings,
            values: values.iter().map(|(name, value)| (name, shown(value))).collect(),
            parameters: template
                .parameters
                .iter()
                .map(|one| (one.name.as_str(), one.title.as_str(), kind_in_words(one)))
                .collect(),
            steps: template.steps.iter().map(|step| page_step(template, step)).collect(),
            owned: owned(template),
            commands,
        }
    }

    /// How the integration signs in; nothing where the template does not say.
    fn signs_in(&self) -> Option<String> {
        let ways: Vec<&str> = self.template.sign_in.iter().map(|one| one.words()).collect();
        (!ways.is_empty()).then(|| format!("It signs in by {}.", ways.join(", or ")))
    }

    /// The numbers and titles of the steps that no deploy can do, in whole or in part.
    fn by_hand(&self) -> Vec<(usize, &str)> {
        let numbered = self.steps.iter().enumerate();
        let by_hand = numbered.filter(|(_, step)| step.doers.iter().any(|doer| *doer != DEPLOY));
        by_hand.map(|(index, step)| (index + 1, step.step.title.as_str())).collect()
    }
}

/// What checks an org against the page, and sets it right.
const COMMANDS: &str = "With sfsetup the first of these says what is otherwise in an org, and \
                        changes nothing; the second shows what it would change, and asks.";

/// What a fix leaves alone.
const OWNED: &str = "The second changes the settings named above in these components, and nothing \
                     beside them:";

fn page_step<'t>(template: &Template, step: &'t Step) -> PageStep<'t> {
    let mut doers = Vec::new();
    step.wants.iter().for_each(|want| add_doer(want, &mut doers));
    PageStep {
        step,
        is_recommended: step.level == Level::Recommended,
        when: when_in_words(step),
        asks: step.wants.iter().map(ask).collect(),
        setup: setup::of_step(template, step),
        doers,
    }
}

fn ask(want: &Want) -> Ask {
    match want {
        Want::Metadata { component, path, test, except, .. } => Ask::Setting {
            words: setting_in_words(component, path),
            setting: match except.as_slice() {
                [] => format!("{component} {path}"),
                except => format!("{component} {path}, but not {}", except.join(", ")),
            },
            wanted: test_in_words(test),
            label: match test {
                Test::OneOf(values) => each_label(values, &|value| label(component, path, value)),
                other => other.desired().first().and_then(|value| label(component, path, value)),
            },
        },
        Want::Fact { fact, test, of } => {
            let of = of.as_ref().map_or_else(String::new, |of| format!(", of {of}"));
            Ask::Fact { words: format!("{}{of}", fact_in_words(fact)), wanted: wanted(test) }
        }
        Want::Manual { text, confirm } => Ask::Hand {
            text: text.clone(),
            done: confirm.iter().map(|confirm| ask(confirm)).collect(),
        },
        Want::Any(wants) => Ask::Any(wants.iter().map(ask).collect()),
    }
}

/// What is set in what is made, and what of a copy is left out: whoever makes it by hand must know.
pub(super) fn made_with(create: &Create) -> Vec<String> {
    let set = create.set.iter().map(|(path, value)| format!("{path} = {value}"));
    let out = create.except.iter().map(|pattern| format!("without {pattern}"));
    set.chain(out).collect()
}

/// What a fix may change, and nothing beside it: components with their parts.
pub(super) fn owned(template: &Template) -> Vec<(&str, String)> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut pending: Vec<&Want> = template.steps.iter().flat_map(|step| &step.wants).collect();
    while let Some(want) = pending.pop() {
        match want {
            Want::Metadata { component, path, .. } => {
                all.entry(component)
                    .or_default()
                    .insert(path.split(['[', '.']).next().unwrap_or(path));
            }
            Want::Any(wants) => pending.extend(wants),
            Want::Fact { .. } | Want::Manual { .. } => {}
        }
    }
    let joined = |parts: BTreeSet<&str>| parts.into_iter().collect::<Vec<_>>().join(", ");
    all.into_iter().map(|(component, parts)| (component, joined(parts))).collect()
}

/// A fact in a person's words, with what it is about.
fn fact_in_words(pattern: &str) -> String {
    let key = pattern.split_once('[').and_then(|(_, rest)| Some(rest.rsplit_once(']')?.0));
    match (Fact::parse(&fill(pattern, "X")), key) {
        (Ok(Fact::Access(Access::PermissionSet(_))), Some(key)) => {
            format!("The permission set {key} is assigned to the user, without an end")
        }
        (Ok(fact), Some(key)) => format!("{} {key}", fact.title()),
        (Ok(fact), None) => fact.title().to_owned(),
        (Err(_), _) => pattern.to_owned(),
    }
}

fn wanted(test: &Test) -> String {
    match test {
        Test::Equals(Value::Bool(true)) => "yes".to_owned(),
        Test::Equals(Value::Bool(false)) => "no".to_owned(),
        other => test_in_words(other),
    }
}

fn add_doer(want: &Want, doers: &mut Vec<&'static str>) {
    let doer = match want {
        Want::Metadata { component, .. } if component.starts_with("ConnectedApplication:") => {
            BY_HAND
        }
        Want::Metadata { .. } => DEPLOY,
        Want::Fact { fact, .. } => match Fact::parse(&fill(fact, "X")) {
            Ok(fact) if fact.is_bought() => BUYER,
            Ok(Fact::Access(Access::PermissionSet(_))) => DEPLOY,
            Ok(_) | Err(_) => BY_HAND,
        },
        Want::Manual { .. } => BY_HAND,
        Want::Any(wants) => return wants.iter().for_each(|want| add_doer(want, doers)),
    };
    if !doers.contains(&doer) {
        doers.push(doer);
    }
}

fn capital(text: String) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).chain(['.']).collect(),
        None => text,
    }
}
