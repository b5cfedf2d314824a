//! A template as it is where some of its parameters have a value: steps that do not apply are gone,
//! and values stand where the parameters stood. What has no value yet stays as it is written.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Alternative, ArgumentErrors, Arguments, Condition, Create, GrantScope, Step, Subject, Template,
    Test, Want, When, fill, part_of_component, placeholders,
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
    let filler = Filler { template, values: &values, element: Vec::new() };
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
    template: &'v Template,
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

    /// What is open of a step's conditions; none where the values say that it does not apply.
    fn when(&self, when: &When) -> Option<When> {
        let mut open = Vec::new();
        for Alternative { all, not } in &when.0 {
            let Some(all) = self.left_open(all) else { continue };
            let not = match self.left_open(not) {
                // They hold together, and are not to.
                Some(left) if left.is_empty() && !not.is_empty() => continue,
                Some(left) => left,
                None => Vec::new(),
            };
            if all.is_empty() && not.is_empty() {
                return Some(When::default());
            }
            open.push(Alternative { all, not });
        }
        (when.0.is_empty() || !open.is_empty()).then_some(When(open))
    }

    /// The conditions that no value settles; none where one says that they do not hold together.
    fn left_open(&self, conditions: &[Condition]) -> Option<Vec<Condition>> {
        let mut open = Vec::new();
        for condition in conditions {
            let given = match &condition.subject {
                Subject::Parameter(name) => self.values.get(name).map(|value| (name, value)),
                Subject::Fact(_) => None,
            };
            let Some((name, value)) = given else {
                open.push(condition.clone());
                continue;
            };
            let mut actual = value.elements();
            // A component is asked for as a whole, or for its type.
            if self.template.component_types(&format!("{{{name}}}")).is_some() {
                actual.extend(self.value_of(&format!("{name}.type")).map(|one| one.to_string()));
            }
            if !condition.values.iter().any(|value| actual.contains(&value.to_string())) {
                return None;
            }
        }
        Some(open)
    }

    fn want(&self, want: &Want) -> Vec<Want> {
        match want {
            Want::Metadata { component: pattern, path, test, carrier, except } => {
                self.each(&[pattern, path], |filler| {
                    let (component, path) = (filler.text(pattern), filler.text(path));
                    let type_name = component.split_once(':').map(|(type_name, _)| type_name);
                    if let (Some(type_name), Ok(path)) = (type_name, fill(&path, "X").parse())
                        && filler.template.is_of_another(pattern, type_name, &path)
                    {
                        return None;
                    }
                    let test = filler.test(test);
                    let except = except.iter().map(|one| filler.text(one)).collect();
                    Some(Want::Metadata { component, path, test, carrier: *carrier, except })
                })
            }
            Want::Fact { fact, test, of } => self.each(&patterns(want), |filler| {
                let of = of.as_ref().map(|of| filler.text(of));
                Some(Want::Fact { fact: filler.text(fact), test: filler.test(test), of })
            }),
            // One for each element that is to be confirmed.
            Want::Manual { text, confirm } => {
                let lists = confirm.as_deref().map(patterns).unwrap_or_default();
                self.each(&lists, |filler| {
                    let confirm = confirm.as_ref().and_then(|one| filler.want(one).pop());
                    let confirm = confirm.map(Box::new);
                    Some(Want::Manual { text: filler.text(text), confirm })
                })
            }
            Want::Any(wants) => {
                let lists: Vec<&String> = wants.iter().flat_map(patterns).collect();
                self.each(&lists, |filler| {
                    let group: Vec<Want> =
                        wants.iter().flat_map(|want| filler.want(want)).collect();
                    (wants.is_empty() || !group.is_empty()).then_some(Want::Any(group))
                })
            }
        }
    }

    /// One want for each combination of the elements of the lists that the patterns name.
    fn each(&self, patterns: &[&String], make: impl Fn(&Filler<'_>) -> Option<Want>) -> Vec<Want> {
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
        elements.into_iter().filter_map(|element| make(&Filler { element, ..*self })).collect()
    }

    fn value_of(&self, name: &str) -> Option<Value> {
        match self.element.iter().find(|(known, _)| known == name) {
            Some((_, element)) => Some(Value::from(element.as_str())),
            None => self.values.get(name).cloned().or_else(|| {
                let (name, part) = part_of_component(name)?;
                part.of(&self.values.text(name)?)
            }),
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
            Test::Inside(ranges) => Test::Inside(self.elements(ranges)),
            Test::Absent | Test::AtLeast(_) | Test::AtMost(_) | Test::Count(_) | Test::Empty(_) => {
                test.clone()
            }
        }
    }

    /// What is of another type than the component that a parameter stands for is not set or copied.
    fn create(&self, create: &Create) -> Create {
        let component = self.text(&create.component);
        let type_name = component.split_once(':').map(|(type_name, _)| type_name);
        let is_of_it = |path: &str| match (type_name, fill(path, "X").parse()) {
            (Some(type_name), Ok(path)) => {
                !self.template.is_of_another(&create.component, type_name, &path)
            }
            _ => true,
        };
        let is_alike = |from: &&String| {
            let of_from = from.split_once(':').map(|(type_name, _)| type_name);
            type_name.is_none() || of_from.is_none() || of_from == type_name
        };
        let set = create.set.iter().filter(|(path, _)| is_of_it(path));
        let from = create.from.as_ref().filter(is_alike).map(|from| self.text(from));
        Create {
            component: component.clone(),
            from,
            set: set.map(|(path, value)| (self.text(path), self.value(value))).collect(),
            except: create.except.iter().map(|pattern| self.text(pattern)).collect(),
        }
    }
}

/// What a want's lists may stand in.
fn patterns(want: &Want) -> Vec<&String> {
    match want {
        Want::Metadata { component, path, .. } => vec![component, path],
        Want::Fact { fact, of, .. } => std::iter::once(fact).chain(of).collect(),
        Want::Manual { confirm, .. } => confirm.as_deref().map(patterns).unwrap_or_default(),
        Want::Any(wants) => wants.iter().flat_map(patterns).collect(),
    }
}

/// The parameters that a text speaks of.
fn named_in(text: &str) -> Vec<String> {
    let names = placeholders(text).into_iter().map(|(_, placeholder)| {
        part_of_component(placeholder).map_or(placeholder, |(name, _)| name).to_owned()
    });
    names.collect()
}

/// The parameters that a step still speaks of, by name or by meaning (`user`, `app`).
fn used_in(step: &Step, used: &mut BTreeSet<String>) {
    let mut named = |text: &str| {
        used.extend(named_in(text));
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
                used.extend(named_in(&text));
            }
        }
    };
    match want {
        Want::Metadata { component, path, test, carrier, except } => {
            of_test(test);
            for text in [component, path].into_iter().chain(except) {
                used.extend(named_in(text));
            }
            if *carrier == GrantScope::Effective {
                used.insert("user".to_owned());
            }
        }
        Want::Fact { fact, test, of } => {
            of_test(test);
            of_fact(fact, used);
            used.extend(of.iter().flat_map(|of| named_in(of)));
        }
        Want::Manual { text, confirm } => {
            used.extend(named_in(text));
            confirm.iter().for_each(|confirm| of_want(confirm, used));
        }
        Want::Any(wants) => wants.iter().for_each(|want| of_want(want, used)),
    }
}

fn of_fact(fact: &str, used: &mut BTreeSet<String>) {
    used.extend(named_in(fact));
    if let Ok(fact) = Fact::parse(&fill(fact, "X")) {
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
        assert_eq!(read.when.0.len(), 1);
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
