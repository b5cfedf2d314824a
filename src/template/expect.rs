//! What a template's author expects of it in one case (`expect.toml`): values for its parameters,
//! what an org would answer, how each step turns out, and what no package can fix.
//!
//! Trying it is left to `plan::trial`.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Collector, TemplateErrors};
use super::{Template, is_now};
use crate::metadata::ComponentId;
use crate::metadata::fact::{Fact, FactName};
use crate::metadata::names::Pattern;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::nearest::nearest;
use crate::metadata::value::Value;

/// How a step may be expected to turn out, as reports write it.
pub(crate) const STATES: &[&str] = &["in-sync", "differs", "missing", "not-observed", "manual"];

/// The tables of the file.
const TABLES: &[&str] = &["parameters", "facts", "stars", "states", "fix"];

/// What `[fix]` was called before; it is read as that.
const OLDER_FIX: &str = "mend";

/// What is expected in one case.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, Value>,
    /// What an org would answer.
    pub facts: Vec<ExpectedFact>,
    /// For which names of an org a star would stand.
    pub stars: Vec<(Pattern, Vec<String>)>,
    /// The worst finding of each step that is named, out of those that cases know; the others must
    /// be in sync.
    pub states: BTreeMap<String, &'static str>,
    /// The steps that no package can fix.
    pub left: Vec<String>,
}

/// A fact that an org would answer in a case.
#[derive(Clone, Debug)]
pub struct ExpectedFact {
    /// The fact.
    pub fact: Fact,
    /// Of which user, where that is not the one named by the parameter `user`: a user name, or a
    /// parameter in braces.
    pub of: Option<String>,
    /// What the org would say.
    pub value: Value,
}

/// Reads a case's expectation of a template.
///
/// # Errors
/// Every mistake: of form, and every parameter, fact, step and state that there is not.
pub(crate) fn parse(
    file: &str,
    text: &str,
    template: &Template,
) -> Result<Expected, TemplateErrors> {
    let mut mistakes = Collector::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        mistakes.add(&error.span().unwrap_or(0..0), error.message().to_owned());
    }
    if !errors.is_empty() {
        return Err(mistakes.finish(file));
    }
    let expected = Walk { mistakes: &mut mistakes, template }.expected(table.get_ref());
    if mistakes.is_empty() { Ok(expected) } else { Err(mistakes.finish(file)) }
}

type Node<'i> = Spanned<DeValue<'i>>;

struct Walk<'w, 't> {
    mistakes: &'w mut Collector<'t>,
    template: &'w Template,
}

impl Walk<'_, '_> {
    fn expected(&mut self, top: &DeTable<'_>) -> Expected {
        let mut expected = Expected::default();
        for (key, node) in top.iter() {
            let name: &str = key.get_ref();
            if !TABLES.contains(&name) && name != OLDER_FIX {
                self.unknown(
                    &key.span(),
                    format!("a case has no table `{name}`"),
                    name,
                    TABLES.iter().copied(),
                );
                continue;
            }
            let Some(table) = node.get_ref().as_table() else {
                self.mistakes.add(&node.span(), format!("`{name}` must be a table: [{name}]"));
                continue;
            };
            for (key, node) in table.iter() {
                match name {
                    "parameters" => self.parameter(key.get_ref(), &key.span(), node, &mut expected),
                    "facts" => self.fact(key.get_ref(), &key.span(), node, &mut expected),
                    "stars" => self.star(key.get_ref(), &key.span(), node, &mut expected),
                    "states" => self.state(key.get_ref(), &key.span(), node, &mut expected),
                    _ => self.fix(name, key.get_ref(), &key.span(), node, &mut expected),
                }
            }
        }
        expected
    }

    fn parameter(
        &mut self,
        name: &str,
        at: &Range<usize>,
        node: &Node<'_>,
        expected: &mut Expected,
    ) {
        let template = self.template;
        if let Some(parameter) = template.in_place_of(name) {
            self.mistakes.add(at, is_now(name, parameter));
        } else if !template.parameters.iter().any(|parameter| parameter.name == name) {
            let known = template.parameters.iter().map(|parameter| parameter.name.as_str());
            self.unknown(
                at,
                format!("template `{}` has no parameter `{name}`", template.name),
                name,
                known,
            );
        } else if let Some(value) = self.value(node) {
            expected.parameters.insert(name.to_owned(), value);
        }
    }

    fn fact(&mut self, name: &str, at: &Range<usize>, node: &Node<'_>, expected: &mut Expected) {
        // `user.license of {installer}`: of another user.
        let (name, of) = match name.rsplit_once(" of ") {
            Some((fact, of)) if of.starts_with('{') || of.contains('@') => (fact, Some(of)),
            _ => (name, None),
        };
        let fact = match Fact::parse(name) {
            Ok(fact) => fact,
            Err(message) => {
                let stem = name.split('[').next().unwrap_or_default();
                let near = nearest(stem, FactName::ALL.iter().map(|name| name.as_str()))
                    .filter(|near| *near != stem);
                // `org.api_access = true` without quotes is a table `org` to TOML.
                let quotes = node.get_ref().as_table().map(|_| {
                    "a fact is written in quotes, such as \"org.api_access\" = true".to_owned()
                });
                self.mistakes.add_with(
                    at,
                    message,
                    quotes.or_else(|| near.map(|near| format!("did you mean `{near}`?"))),
                );
                return;
            }
        };
        let Some(value) = self.value(node) else { return };
        if fact.kind().admits(&value) {
            expected.facts.push(ExpectedFact { fact, of: of.map(str::to_owned), value });
        } else {
            let kind = fact.kind().words();
            self.mistakes.add(&node.span(), format!("`{name}` is {kind}, never `{value}`"));
        }
    }

    fn star(&mut self, path: &str, at: &Range<usize>, node: &Node<'_>, expected: &mut Expected) {
        // Of a profile, as of a permission set.
        let holder = ComponentId::new("Profile", "X");
        let pattern = match path.parse::<FieldPath>() {
            Ok(path) => Pattern::of_setting(&holder, &path).map_err(str::to_owned),
            Err(error) => Err(error.to_string()),
        };
        let pattern = match pattern {
            Ok(Some(pattern)) => pattern,
            Ok(None) => {
                let help = "such as \"userPermissions[View*].enabled\" = [\"ViewSetup\"]";
                let message = format!("`{path}` is no setting with a star");
                return self.mistakes.add_with(at, message, Some(help.to_owned()));
            }
            Err(why) => return self.mistakes.add(at, why),
        };
        let Some(value) = self.value(node) else { return };
        let names = value.elements();
        for name in names.iter().filter(|name| !pattern.stands_for(name)) {
            let message = format!("`{path}` does not stand for `{name}`");
            self.mistakes.add(&node.span(), message);
        }
        expected.stars.push((pattern, names));
    }

    fn state(&mut self, step: &str, at: &Range<usize>, node: &Node<'_>, expected: &mut Expected) {
        self.step(step, at);
        let Some(text) = node.get_ref().as_str() else {
            self.mistakes.add(&node.span(), format!("a state is one of {}", STATES.join(", ")));
            return;
        };
        match STATES.iter().find(|state| **state == text) {
            Some(state) => {
                expected.states.insert(step.to_owned(), state);
            }
            None => self.unknown(
                &node.span(),
                format!("there is no state `{text}`"),
                text,
                STATES.iter().copied(),
            ),
        }
    }

    fn fix(
        &mut self,
        table: &str,
        name: &str,
        at: &Range<usize>,
        node: &Node<'_>,
        expected: &mut Expected,
    ) {
        if name != "left" {
            self.unknown(at, format!("[{table}] has no key `{name}`"), name, ["left"].into_iter());
            return;
        }
        let Some(steps) = node.get_ref().as_array() else {
            self.mistakes.add(&node.span(), "`left` is a list of steps");
            return;
        };
        for step in steps {
            match step.get_ref().as_str() {
                Some(id) => {
                    self.step(id, &step.span());
                    expected.left.push(id.to_owned());
                }
                None => {
                    self.mistakes.add(&step.span(), "a step is named by its id, a text in quotes")
                }
            }
        }
    }

    fn step(&mut self, id: &str, at: &Range<usize>) {
        let template = self.template;
        if !template.steps.iter().any(|step| step.id == id) {
            let known = template.steps.iter().map(|step| step.id.as_str());
            self.unknown(at, format!("template `{}` has no step `{id}`", template.name), id, known);
        }
    }

    fn unknown<'k>(
        &mut self,
        at: &Range<usize>,
        message: String,
        name: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        let help = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
        };
        self.mistakes.add_with(at, message, Some(help));
    }

    fn value(&mut self, node: &Node<'_>) -> Option<Value> {
        let value = match node.get_ref() {
            DeValue::String(text) => Some(Value::Text(text.to_string())),
            DeValue::Boolean(flag) => Some(Value::Bool(*flag)),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Number)
            }
            DeValue::Array(elements) => {
                let texts = elements
                    .iter()
                    .map(|element| element.get_ref().as_str().map(str::to_owned))
                    .collect::<Option<Vec<_>>>();
                texts.map(Value::List)
            }
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
        };
        if value.is_none() {
            self.mistakes.add(
                &node.span(),
                "a value is a text, a whole number, `true` or `false`, or a list of texts",
            );
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::super::builtin;
    use super::*;

    fn read(text: &str) -> Result<Expected, String> {
        let template =
            super::super::parse("ampersand", builtin::find("ampersand").unwrap().text).unwrap();
        parse("expect.toml", text, &template).map_err(|errors| errors.to_string())
    }

    #[test]
    fn what_is_expected_is_read() {
        let expected = read(
            "[parameters]\nread = [\"Account\"]\nsubscribe = true\n[facts]\n\"org.api_access\" = \
             true\n\"user.license\" = \"Salesforce\"\n\"license.seats[Salesforce]\" = 3\n[states]\n\
             refresh-token = \"differs\"\n[fix]\nleft = [\"profile\"]\n",
        )
        .unwrap();
        assert_eq!(expected.parameters["read"], Value::List(vec!["Account".to_owned()]));
        assert_eq!(expected.facts.len(), 3);
        assert_eq!(expected.states["refresh-token"], "differs");
        assert_eq!(expected.left, ["profile"]);
        assert!(read("").unwrap().states.is_empty());
    }

    #[test]
    fn what_a_star_stands_for_and_of_whom_a_fact_speaks_is_read() {
        let expected = read(
            "[facts]\n\"user.is_active of sam@acme.example.com\" = true\n\"user.is_active\" = \
             false\n[stars]\n\"userPermissions[View*].enabled\" = [\"ViewSetup\"]\n",
        )
        .unwrap();
        let of: Vec<Option<&str>> = expected.facts.iter().map(|fact| fact.of.as_deref()).collect();
        assert!(of.contains(&Some("sam@acme.example.com")) && of.contains(&None), "{of:?}");
        let (pattern, names) = &expected.stars[0];
        assert_eq!(pattern, &Pattern::Permissions("View*".to_owned()));
        assert_eq!(names, &["ViewSetup"]);
    }

    #[test]
    fn the_older_word_for_a_fix_is_read_as_that() {
        let older = read("[mend]\nleft = [\"profile\"]\n").unwrap();
        assert_eq!(older.left, ["profile"]);
        let error = read("[mend]\nright = []\n").unwrap_err();
        assert!(error.contains("[mend] has no key `right`"), "{error}");
    }

    #[test]
    fn what_there_is_not_is_a_mistake_with_the_nearest_name() {
        for (text, words) in [
            ("[state]\n", "did you mean `states`?"),
            ("states = 1\n", "must be a table"),
            ("[parameters]\nraed = 1\n", "did you mean `read`?"),
            ("[parameters]\nread = 1.5\n", "a value is"),
            ("[facts]\n\"org.api_acces\" = true\n", "did you mean `org.api_access`?"),
            ("[facts]\norg.api_access = true\n", "written in quotes"),
            ("[facts]\n\"org.api_access\" = \"yes\"\n", "`true` or `false`"),
            ("[stars]\n\"userPermissions[ViewSetup].enabled\" = []\n", "no setting with a star"),
            (
                "[stars]\n\"userPermissions[View*].enabled\" = [\"ApiEnabled\"]\n",
                "does not stand for",
            ),
            ("[stars]\n\"fieldPermissions[*.Phone].readable\" = []\n", "fields of one object"),
            ("[states]\nrefresh-tokn = \"differs\"\n", "did you mean `refresh-token`?"),
            ("[states]\nrefresh-token = \"difers\"\n", "did you mean `differs`?"),
            ("[states]\nrefresh-token = 1\n", "a state is one of"),
            ("[fix]\nright = []\n", "no key `right`"),
            ("[fix]\nleft = [\"profil\"]\n", "did you mean `profile`?"),
            ("[fix]\nleft = [1]\n", "named by its id"),
            ("[fix]\nleft = 1\n", "a list of steps"),
            ("[states\n", "expect.toml:1"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert_eq!(
            read("[states]\na = \"differs\"\nb = \"differs\"\n")
                .unwrap_err()
                .matches("has no step")
                .count(),
            2
        );
    }
}
