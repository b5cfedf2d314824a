//! A template's parameters as a person at a terminal is asked for them: one way for every command.
//! What an org has is offered, the likely first. What an org lacks is refused once, with the
//! nearest of what it has, and taken when it is said again: a list need not be whole.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::metadata::ComponentId;
use crate::metadata::full_name::{canonical_full_name, profile_label};
use crate::metadata::names::Name;
use crate::metadata::registry::nearest::{is_slip, nearest, perhaps};
use crate::metadata::value::Value;
use crate::org::error::hide_secrets;
use crate::org::{KnownUser, ListedNames};
use crate::report::line::{clean, harmless};
use crate::template::{Arguments, Parameter, ParameterKind, ParameterSubject, Template};

use super::connect::{self, TargetOrg};
use super::error::CommandError;
use super::ui::{TextQuestion, Ui};

/// What stands for a list without an element, where an empty answer stands for something else.
const NONE: &str = "-";

/// What an org has of what parameters name.
#[derive(Default)]
pub(crate) struct Candidates {
    org: String,
    /// Full names by type; where they could not be read, why.
    listed: ListedNames,
    users: Option<Result<Vec<KnownUser>, String>>,
}

impl Candidates {
    /// Reads what some parameters of a template may name, and nothing where no org is known or none
    /// of it is needed.
    ///
    /// # Errors
    /// The org does not let us in. What it does not list is told at the question.
    pub(crate) fn of<'p>(
        ui: &Ui,
        choice: Option<&TargetOrg>,
        template: &Template,
        parameters: impl Iterator<Item = &'p Parameter>,
    ) -> Result<Self, CommandError> {
        let subjects: Vec<ParameterSubject> =
            parameters.map(|parameter| ParameterSubject::of(template, parameter)).collect();
        let types: BTreeSet<&str> =
            subjects.iter().flat_map(|subject| &subject.types).map(String::as_str).collect();
        // A field has no list that is not very long.
        let types: BTreeSet<&str> = types.into_iter().filter(|one| *one != "CustomField").collect();
        let with_users = subjects.iter().any(|subject| subject.is_user);
        match choice.filter(|_| with_users || !types.is_empty()) {
            Some(choice) => Self::read(ui, choice, &types, with_users),
            None => Ok(Self::default()),
        }
    }

    /// Reads what an org has: of types in lists of three, of users in one query.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn read(
        ui: &Ui,
        choice: &TargetOrg,
        types: &BTreeSet<&str>,
        with_users: bool,
    ) -> Result<Self, CommandError> {
        connect::block_on(ui, async {
            let connected = connect::connect(choice, connect::options(ui)).await?;
            let org = &connected.org;
            let listed = match org.names_of_types(types).await {
                Ok(listed) => listed,
                Err(error) => {
                    let unread = |one: &&str| ((*one).to_owned(), Err(error.to_string()));
                    types.iter().map(unread).collect()
                }
            };
            let users = match with_users {
                true => Some(org.active_users().await.map_err(|error| error.to_string())),
                false => None,
            };
            Ok(Self { org: choice.name().to_owned(), listed, users })
        })
    }

    /// What is offered for a parameter, the likely first, and how many of it are that.
    fn offered(&self, template: &Template, parameter: &Parameter) -> Offered {
        let subject = ParameterSubject::of(template, parameter);
        let is_whole = matches!(parameter.kind, ParameterKind::Component(_));
        self.rows(subject, is_whole, &words(&template.name, &template.title))
    }

    /// What is offered for a subject, each with its type before it where `is_whole`; what has one of
    /// the words in it is likely.
    fn rows(&self, subject: ParameterSubject, is_whole: bool, words: &[String]) -> Offered {
        let mut offered = Offered { org: self.org.clone(), ..Offered::default() };
        for type_name in &subject.types {
            match self.listed.get(type_name) {
                Some(Ok(names)) => {
                    let shown = names.iter().map(|name| match (type_name.as_str(), is_whole) {
                        ("Profile", false) => profile_label(name).to_owned(),
                        (_, false) => name.clone(),
                        ("Profile", true) => format!("{type_name}:{}", profile_label(name)),
                        (_, true) => format!("{type_name}:{name}"),
                    });
                    offered.rows.extend(shown);
                }
                Some(Err(why)) => offered.unread.push(format!("{type_name} ({why})")),
                None => offered.is_unasked = true,
            }
        }
        if subject.is_user {
            match &self.users {
                Some(Ok(users)) => {
                    offered.rows.extend(users.iter().map(|user| {
                        format!("{}  ({})", user.username, clean(&user.about.join(", ")))
                    }))
                }
                Some(Err(why)) => offered.unread.push(format!("users ({why})")),
                None => offered.is_unasked = true,
            }
        }
        // A name that steers the terminal is none that anybody means.
        offered.rows.retain(|row| *harmless(row) == **row);
        let is_likely = |row: &String| {
            let row = row.to_lowercase();
            words.iter().any(|word| row.contains(word))
                || subject.is_user && row.contains("integration")
        };
        let (mut likely, others): (Vec<String>, Vec<String>) =
            offered.rows.drain(..).partition(is_likely);
        offered.likely = likely.len();
        likely.extend(others);
        offered.rows = likely;
        offered.subject = subject;
        offered
    }
}

/// What is offered for a parameter.
#[derive(Clone, Default)]
struct Offered {
    org: String,
    rows: Vec<String>,
    /// How many of the first are likely.
    likely: usize,
    /// What could not be listed, and why.
    unread: Vec<String>,
    /// Nobody was asked for some of it.
    is_unasked: bool,
    subject: ParameterSubject,
}

impl Offered {
    /// Says what could not be listed.
    fn tell_unread(&self, ui: &Ui) {
        if !self.unread.is_empty() {
            let what = self.unread.join(", ");
            ui.show(&format!("`{}` could not list {what}: type the name\n", self.org));
        }
    }

    /// The name of a row, without what is only shown.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(|row| row.split("  (").next())
    }

    /// Says what is against a name; nothing where the org has it, may have it, or where it will be
    /// made.
    fn against(&self, name: &str) -> Option<String> {
        let is_told = self.unread.is_empty() && !self.is_unasked;
        if !is_told || self.rows.is_empty() || self.names().any(|known| self.is_same(known, name)) {
            return None;
        }
        // Of what is made only a slip is one.
        if self.subject.is_made && !self.names().any(|known| is_slip(name, known)) {
            return None;
        }
        let what = match self.subject.types.first() {
            _ if self.subject.is_user => "active user".to_owned(),
            Some(type_name) if self.subject.types.len() == 1 => {
                Name::Component(ComponentId::new(type_name.as_str(), name)).sort().to_owned()
            }
            _ => "component".to_owned(),
        };
        let near = nearest(name, self.names());
        let end = if near.is_some() { " " } else { "; " };
        let near = perhaps(near);
        Some(format!("`{}` lists no {what} `{name}`{near}{end}Enter again keeps it", self.org))
    }

    fn is_same(&self, known: &str, name: &str) -> bool {
        let types = &self.subject.types;
        let full = |text: &str| match text.split_once(':') {
            Some((type_name, name)) if types.contains(type_name) => {
                (Some(type_name.to_owned()), canonical_full_name(type_name, name))
            }
            _ if types.contains("Profile") => (None, canonical_full_name("Profile", text)),
            _ => (None, text.to_owned()),
        };
        full(known) == full(name) || self.subject.is_user && known.eq_ignore_ascii_case(name)
    }
}

/// The words by which what belongs to a template of a name and title is known in an org.
fn words(name: &str, title: &str) -> Vec<String> {
    let words = name.split('-').chain(title.split_whitespace());
    let mut words: Vec<String> = words
        .map(|word| word.to_lowercase())
        .filter(|word| word.len() >= 4 && word.chars().all(char::is_alphanumeric))
        .filter(|word| !COMMON.contains(&word.as_str()))
        .collect();
    words.dedup();
    words
}

/// Words of templates' names that tell nothing.
const COMMON: &[&str] = &[
    "bearer",
    "change",
    "client",
    "cloud",
    "connected",
    "connector",
    "data",
    "device",
    "event",
    "external",
    "flow",
    "for",
    "integration",
    "only",
    "permission",
    "provisioning",
    "read",
    "reader",
    "salesforce",
    "server",
    "user",
    "with",
];

/// Asks for a parameter's value, which it gives as `--set` takes it. `usual` is what an empty
/// answer stands for.
///
/// # Errors
/// The person has left the question, or cannot be heard.
pub(crate) fn ask(
    ui: &Ui,
    template: &Template,
    parameter: &Parameter,
    candidates: &Candidates,
    usual: Option<&Value>,
) -> Result<String, CommandError> {
    let name = parameter.name.as_str();
    ui.show(&format!("\n{}\n", parameter.title));
    match &parameter.kind {
        ParameterKind::Flag => {
            let usual = usual.and_then(|usual| Value::parse_bool(&usual.to_string()));
            ui.ask_whether(name, usual).map(|flag| flag.to_string())
        }
        ParameterKind::Choice(choices) => {
            let rows: Vec<(String, String)> =
                choices.iter().map(|choice| (choice.clone(), String::new())).collect();
            let usual = usual.map(ToString::to_string);
            let start = choices.iter().position(|choice| Some(choice) == usual.as_ref());
            let help = "arrows move, Enter takes it";
            let chosen = ui.choose(name, help, &rows, start.unwrap_or_default())?;
            Ok(choices[chosen].clone())
        }
        ParameterKind::Text | ParameterKind::List | ParameterKind::Component(_) => {
            ask_text(ui, template, parameter, candidates, usual)
        }
    }
}

fn ask_text(
    ui: &Ui,
    template: &Template,
    parameter: &Parameter,
    candidates: &Candidates,
    usual: Option<&Value>,
) -> Result<String, CommandError> {
    let is_list = parameter.kind == ParameterKind::List;
    let offered = candidates.offered(template, parameter);
    offered.tell_unread(ui);
    // The one that is likely is taken where nothing else would be.
    let likely = offered.names().next().filter(|_| offered.likely == 1 && !is_list);
    let usual = match usual.map(ToString::to_string).filter(|text| !text.is_empty()) {
        Some(usual) => Some(usual),
        None if parameter.default.is_none() => likely.map(str::to_owned),
        None => None,
    };
    let how = match (is_list, offered.rows.is_empty()) {
        (true, true) => "commas between",
        (true, false) => "commas between; arrows choose, Tab completes",
        (false, true) => "",
        (false, false) => "type to search, or any name",
    };
    let empty = match (&usual, is_list) {
        (Some(_), true) => "Enter: as in brackets, `-`: none",
        (Some(_), false) => "Enter: as in brackets",
        (None, _) if parameter.default.is_some() => "Enter: none",
        (None, _) => "",
    };
    let help: Vec<&str> = [how, empty].into_iter().filter(|text| !text.is_empty()).collect();
    let help = help.join("; ");
    let question = TextQuestion {
        question: &parameter.name,
        help: &help,
        usual: usual.as_deref(),
        offered: &offered.rows.clone(),
        is_list,
    };
    let check = check(parameter, offered);
    let answer = ui.ask_text(&question, check)?;
    Ok(if is_list && answer == NONE { String::new() } else { answer })
}

/// Asks for the name of something that an org may have, for a template of a name and title; an empty
/// answer is none.
///
/// # Errors
/// As [`ask`].
pub(crate) fn ask_name(
    ui: &Ui,
    question: &str,
    candidates: &Candidates,
    subject: ParameterSubject,
    (name, title): (&str, &str),
) -> Result<Option<String>, CommandError> {
    let offered = candidates.rows(subject, false, &words(name, title));
    offered.tell_unread(ui);
    let rows = offered.rows.clone();
    let help = match rows.is_empty() {
        true => "a name; Enter: none",
        false => "type to search, or any name; Enter: none",
    };
    let asked = TextQuestion { question, help, usual: None, offered: &rows, is_list: false };
    let against = once(move |text: &str| offered.against(text));
    let check = move |text: &str| match text {
        "" => None,
        text => is_secret(text).or_else(|| against(text)),
    };
    Ok(Some(ui.ask_text(&asked, check)?).filter(|text| !text.is_empty()))
}

/// What is against a text when it is said for the first time.
fn once(
    against: impl Fn(&str) -> Option<String> + Clone + 'static,
) -> impl Fn(&str) -> Option<String> + Clone + 'static {
    let refused = Arc::new(Mutex::new(None::<String>));
    move |text: &str| {
        let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.as_deref() == Some(text) {
            return None;
        }
        let against = against(text);
        if against.is_some() {
            *refused = Some(text.to_owned());
        }
        against
    }
}

/// What is wrong with an answer.
fn check(
    parameter: &Parameter,
    offered: Offered,
) -> impl Fn(&str) -> Option<String> + Clone + 'static {
    let parameter = parameter.clone();
    let of = parameter.clone();
    let against = once(move |text: &str| {
        let value = Arguments::read(&of, text).ok()?;
        value.elements().iter().find_map(|name| offered.against(name))
    });
    move |text: &str| {
        let is_list = parameter.kind == ParameterKind::List;
        if is_list && text == NONE && parameter.default.is_some() {
            return None;
        }
        if text.is_empty() {
            return parameter
                .default
                .is_none()
                .then(|| "it has no default: a value is needed".to_owned());
        }
        if let Some(wrong) = is_secret(text) {
            return Some(wrong);
        }
        let value = match Arguments::read(&parameter, text) {
            Ok(value) => value,
            Err(wrong) => return Some(wrong),
        };
        if value.elements().is_empty() && parameter.default.is_none() {
            return Some("it has no default: a value is needed".to_owned());
        }
        against(text)
    }
}

/// Says that a text holds a secret, which belongs in no parameter.
pub(crate) fn is_secret(text: &str) -> Option<String> {
    (hide_secrets(text) != text)
        .then(|| "that holds a token or a secret, which no template asks for".to_owned())
}
