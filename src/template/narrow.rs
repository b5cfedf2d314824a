//! A template as it is where some of its parameters have a value: steps that do not apply are gone,
//! and values stand where the parameters stood. What has no value yet stays as it is written.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ArgumentErrors, Arguments, Condition, Create, GrantScope, Step, Subject, Template, Test, Want,
    placeholders,
};
use crate::metadata::fact::Fact;
use crate::metadata::value::Value;

/// Narrows a template by values that are `given` as on the command line: a list's elements apart,
/// or joined by commas. Parameters that nothing left speaks of are left out.
///
/// # Errors
/// Names that the template lacks, values of the wrong kind: all in one.
pub fn narrow(
    template: &Template,
    given: &BTreeMap<String, Vec<String>>,
) -> Result<(Template, Arguments), ArgumentErrors> {
    let values = Arguments::given(template, given)?;
    let mut narrowed = template.clone();
    if given.is_empty() {
        return Ok((narrowed, values));
    }
    let filler = Filler { values: &values, element: Vec::new() };
    narrowed.steps = template.steps.iter().filter_map(|step| filler.step(step)).collect();
    let mut used = BTreeSet::new();
    for step in &narrowed.steps {
        used_in(step, &mut used);
    }
    narrowed
        .parameters
        .retain(|parameter| used.contains(&parameter.name) && !given.contains_key(&parameter.name));
    Ok((narrowed, values))
}

struct Filler<'v> {
    values: &'v Arguments,
    /// The one element that a list stands for.
    element: Vec<(String, String)>,
}

impl Filler<'_> {
    /// The step as far as it applies; none where a value says that it does not.
    fn step(&self, step: &Step) -> Option<Step> {
        let when = self.when(&step.when)?;
        let text = |text: &String| self.text(text);
        Some(Step {
            title: self.text(&step.title),
            why: step.why.as_ref().map(text),
            note: step.note.as_ref().map(text),
            when,
            wants: step.wants.iter().flat_map(|want| self.want(want)).collect(),
            create: step.create.as_ref().map(|create| self.create(create)),
            ..step.clone()
        })
    }

    /// The conditions that are still open; none where one of them is known to fail.
    fn when(&self, when: &[Condition]) -> Option<Vec<Condition>> {
        let mut open = Vec::new();
        for condition in when {
            match &condition.subject {
                Subject::Parameter(name) if self.values.get(name).is_some() => {
                    let actual = self.values.get(name).map(Value::elements).unwrap_or_default();
                    let wanted = |value: &Value| actual.contains(&value.to_string());
                    if !condition.values.iter().any(wanted) {
                        return None;
                    }
                }
                Subject::Parameter(_) | Subject::Fact(_) => open.push(condition.clone()),
            }
        }
        Some(open)
    }

    fn want(&self, want: &Want) -> Vec<Want> {
        match want {
            Want::Metadata { component, path, test, carrier } => {
                self.each(&[component, path], |filler| Want::Metadata {
                    component: filler.text(component),
                    path: filler.text(path),
                    test: filler.test(test),
                    carrier: *carrier,
                })
            }
            Want::Fact { fact, test } => self.each(&[fact], |filler| Want::Fact {
                fact: filler.text(fact),
                test: filler.test(test),
            }),
            Want::Manual { text, confirm } => vec![Want::Manual {
                text: self.text(text),
                confirm: confirm
                    .as_ref()
                    .and_then(|confirm| self.want(confirm).into_iter().next())
                    .map(Box::new),
            }],
            Want::Any(wants) => {
                let lists: Vec<&String> = wants.iter().flat_map(patterns).collect();
                self.each(&lists, |filler| {
                    Want::Any(wants.iter().flat_map(|want| filler.want(want)).collect())
                })
            }
        }
    }

    /// One want for each combination of the elements of the lists that the patterns name.
    fn each(&self, patterns: &[&String], make: impl Fn(&Filler<'_>) -> Want) -> Vec<Want> {
        let mut elements: Vec<Vec<(String, String)>> = vec![self.element.clone()];
        for (_, name) in patterns.iter().flat_map(|pattern| placeholders(pattern)) {
            let is_bound = elements.first().is_some_and(|one| one.iter().any(|(of, _)| of == name));
            if let (false, Some(Value::List(list))) = (is_bound, self.values.get(name)) {
                elements = elements
                    .iter()
                    .flat_map(|before| {
                        list.iter().map(|element| {
                            let mut all = before.clone();
                            all.push((name.to_owned(), element.clone()));
                            all
                        })
                    })
                    .collect();
            }
        }
        elements.into_iter().map(|element| make(&Filler { values: self.values, element })).collect()
    }

    fn value_of(&self, name: &str) -> Option<Value> {
        match self.element.iter().find(|(known, _)| known == name) {
            Some((_, element)) => Some(Value::from(element.as_str())),
            None => self.values.get(name).cloned(),
        }
    }

    fn text(&self, pattern: &str) -> String {
        let mut text = String::with_capacity(pattern.len());
        let mut at = 0;
        for (open, name) in placeholders(pattern) {
            let end = open + name.len() + 2;
            text.push_str(&pattern[at..open]);
            match self.value_of(name) {
                Some(value) => text.push_str(&value.to_string()),
                None => text.push_str(&pattern[open..end]),
            }
            at = end;
        }
        text.push_str(&pattern[at..]);
        text
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Text(pattern) => {
                let whole = pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                let whole = whole.filter(|name| !name.contains(['{', '}']));
                whole
                    .and_then(|name| self.value_of(name))
                    .unwrap_or_else(|| Value::Text(self.text(pattern)))
            }
            Value::List(elements) => Value::List(self.elements(elements)),
            other => other.clone(),
        }
    }

    fn elements(&self, elements: &[String]) -> Vec<String> {
        elements
            .iter()
            .flat_map(|element| self.value(&Value::from(element.as_str())).elements())
            .collect()
    }

    fn test(&self, test: &Test) -> Test {
        match test {
            Test::Equals(value) => Test::Equals(self.value(value)),
            Test::OneOf(values) => {
                Test::OneOf(values.iter().map(|value| self.value(value)).collect())
            }
            Test::Includes(elements) => Test::Includes(self.elements(elements)),
            Test::Excludes(elements) => Test::Excludes(self.elements(elements)),
            other => other.clone(),
        }
    }

    fn create(&self, create: &Create) -> Create {
        let set = create.set.iter();
        Create {
            component: self.text(&create.component),
            from: create.from.as_ref().map(|from| self.text(from)),
            set: set.map(|(path, value)| (self.text(path), self.value(value))).collect(),
            except: create.except.iter().map(|pattern| self.text(pattern)).collect(),
        }
    }
}

/// What a want's lists may stand in.
fn patterns(want: &Want) -> Vec<&String> {
    match want {
        Want::Metadata { component, path, .. } => vec![component, path],
        Want::Fact { fact, .. } => vec![fact],
        Want::Manual { .. } | Want::Any(_) => Vec::new(),
    }
}

/// The parameters that a step still speaks of, by name or by meaning (`user`, `app`).
fn used_in(step: &Step, used: &mut BTreeSet<String>) {
    let mut named = |text: &str| {
        used.extend(placeholders(text).into_iter().map(|(_, name)| name.to_owned()));
    };
    [Some(&step.title), step.why.as_ref(), step.note.as_ref()]
        .into_iter()
        .flatten()
        .for_each(|text| named(text));
    if let Some(create) = &step.create {
        named(&create.component);
        create.from.iter().chain(&create.except).for_each(|text| named(text));
        for (path, value) in &create.set {
            named(path);
            value.elements().iter().for_each(|text| named(text));
        }
    }
    used.extend(step.deciding_parameters().cloned());
    step.deciding_facts().for_each(|fact| of_fact(fact, used));
    step.wants.iter().for_each(|want| of_want(want, used));
}

fn of_want(want: &Want, used: &mut BTreeSet<String>) {
    let mut of_test = |test: &Test| {
        for value in test.desired() {
            for text in value.elements() {
                used.extend(placeholders(&text).into_iter().map(|(_, name)| name.to_owned()));
            }
        }
    };
    match want {
        Want::Metadata { component, path, test, carrier } => {
            of_test(test);
            for text in [component, path] {
                used.extend(placeholders(text).into_iter().map(|(_, name)| name.to_owned()));
            }
            if *carrier == GrantScope::Effective {
                used.insert("user".to_owned());
            }
        }
        Want::Fact { fact, test } => {
            of_test(test);
            of_fact(fact, used);
        }
        Want::Manual { text, confirm } => {
            used.extend(placeholders(text).into_iter().map(|(_, name)| name.to_owned()));
            confirm.iter().for_each(|confirm| of_want(confirm, used));
        }
        Want::Any(wants) => wants.iter().for_each(|want| of_want(want, used)),
    }
}

fn of_fact(fact: &str, used: &mut BTreeSet<String>) {
    used.extend(placeholders(fact).into_iter().map(|(_, name)| name.to_owned()));
    if let Ok(fact) = Fact::parse(&super::fill(fact, "X")) {
        used.extend(fact.parameter().map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{builtin, parse};
    use super::*;

    fn narrowed(name: &str, given: &[(&str, &str)]) -> (Template, Arguments) {
        let template = parse(name, builtin::find(name).unwrap().text).unwrap();
        let given =
            given.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
        narrow(&template, &given.collect()).unwrap()
    }

    #[test]
    fn what_does_not_apply_is_gone_and_values_stand_in_their_place() {
        let (all, _) = narrowed("ampersand", &[]);
        let given =
            [("app_kind", "connected-app"), ("user_kind", "human"), ("read", "Account,Lead")];
        let (some, values) = narrowed("ampersand", &given);
        assert!(some.steps.len() < all.steps.len());
        let ids: Vec<&str> = some.steps.iter().map(|step| step.id.as_str()).collect();
        assert!(ids.contains(&"refresh-token") && !ids.contains(&"eca-refresh-token"), "{ids:?}");
        let read = some.steps.iter().find(|step| step.id == "read-objects").unwrap();
        // Three flags of two objects; what was not given stays a placeholder and a condition.
        assert_eq!(read.wants.len(), 6);
        assert!(format!("{:?}", read.wants).contains("Profile:{profile}"));
        assert_eq!(read.when.len(), 1);
        assert_eq!(values.get("app"), None);
        let left: Vec<&str> = some.parameters.iter().map(|one| one.name.as_str()).collect();
        for gone in ["app_kind", "user_kind", "read", "package_id", "permission_set"] {
            assert!(!left.contains(&gone), "{gone} in {left:?}");
        }
        assert!(left.contains(&"app") && left.contains(&"user"), "{left:?}");
    }

    #[test]
    fn an_unknown_name_and_a_wrong_value_are_said() {
        let template = parse("gong", builtin::find("gong").unwrap().text).unwrap();
        let given = [("engag", "true"), ("deals", "maybe")]
            .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]));
        let errors = narrow(&template, &given.into_iter().collect()).unwrap_err().errors;
        assert_eq!(errors.len(), 2, "{errors:?}");
    }
}
