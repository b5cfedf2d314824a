//! A template as it is where some of its parameters have a value: steps that do not apply are gone,
//! and values stand where the parameters stood. What has no value yet stays as it is written.

use std::collections::{BTreeMap, BTreeSet};

use super::filling::{Filling, named};
use super::{
    Alternative, ArgumentErrors, Arguments, Condition, Create, GrantScope, Step, Subject, Template,
    Test, Want, When, fill, parameter_of, placeholders,
};
use crate::metadata::fact::Fact;

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
    let filling = Filling::new(template, &values);
    narrowed.steps = template.steps.iter().filter_map(|step| filling.step(step)).collect();
    let mut used = BTreeSet::new();
    for step in &narrowed.steps {
        used_in(step, &mut used);
    }
    narrowed
        .parameters
        .retain(|parameter| used.contains(&parameter.name) && !given.contains_key(&parameter.name));
    Ok((narrowed, values))
}

/// Says whether only steps speak of a parameter that values leave out.
pub(super) fn is_unasked(template: &Template, values: &Arguments, parameter: &str) -> bool {
    let filling = Filling::new(template, values);
    let speaks = |step: &Step| {
        let mut used = BTreeSet::new();
        used_in(step, &mut used);
        used.contains(parameter)
    };
    let mut speaking = template.steps.iter().filter(|step| speaks(step)).peekable();
    speaking.peek().is_some() && !speaking.any(|step| filling.when(&step.when).is_some())
}

impl Filling<'_> {
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
            create: step.create.as_ref().and_then(|create| self.creates(create)),
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
            match &condition.subject {
                Subject::Parameter(name) if self.arguments().get(name).is_some() => {
                    if !self.is_any(name, &condition.values) {
                        return None;
                    }
                }
                Subject::Parameter(_) | Subject::Fact(_) => open.push(condition.clone()),
            }
        }
        Some(open)
    }

    fn want(&self, want: &Want) -> Vec<Want> {
        let Some(want) = &self.lively(want) else { return Vec::new() };
        match want {
            Want::Metadata { component: pattern, path, test, carrier, except } => {
                self.each_want(want, |filler| {
                    let (component, path) = (filler.text(pattern), filler.text(path));
                    let type_name = component.split_once(':').map(|(type_name, _)| type_name);
                    if let (Some(type_name), Ok(path)) = (type_name, fill(&path, "X").parse())
                        && filler.is_of_another(pattern, type_name, &path)
                    {
                        return None;
                    }
                    let test = filler.test(test);
                    let except = filler.texts(except);
                    Some(Want::Metadata { component, path, test, carrier: *carrier, except })
                })
            }
            Want::Fact { fact, test, of } => self.each_want(want, |filler| {
                let of = of.as_ref().map(|of| filler.text(of));
                Some(Want::Fact { fact: filler.text(fact), test: filler.test(test), of })
            }),
            // One for each element that is to be confirmed.
            Want::Manual { text, confirm } => self.each_want(want, |filler| {
                let confirm = confirm.as_ref().and_then(|one| filler.want(one).pop());
                let confirm = confirm.map(Box::new);
                Some(Want::Manual { text: filler.text(text), confirm })
            }),
            Want::Any(wants) => self.each_want(want, |filler| {
                let group: Vec<Want> = wants.iter().flat_map(|want| filler.want(want)).collect();
                (wants.is_empty() || !group.is_empty()).then_some(Want::Any(group))
            }),
        }
    }

    /// One want for each combination of the elements of the lists that a want names.
    fn each_want(&self, want: &Want, make: impl Fn(&Filling<'_>) -> Option<Want>) -> Vec<Want> {
        let (lists, count) = self.lists(&named(want));
        self.each(&lists, count).filter_map(|filling| make(&filling)).collect()
    }

    /// How to make what does not exist; none where a list in its name is empty. Where lists have
    /// several elements it is said once for all of them, with the lists as they are written.
    fn creates(&self, create: &Create) -> Option<Create> {
        let patterns: Vec<&str> =
            std::iter::once(create.component.as_str()).chain(create.from.as_deref()).collect();
        let (lists, count) = self.lists(&patterns);
        match count {
            0 => None,
            1 => self.each(&lists, 1).next().map(|filler| filler.create(create)),
            _ => {
                let names: Vec<&str> = lists.iter().map(|(name, _)| *name).collect();
                Some(
                    Filling::new(self.template(), &self.arguments().without(&names)).create(create),
                )
            }
        }
    }

    /// What is of another type than the component that a parameter stands for is not set or copied.
    fn create(&self, create: &Create) -> Create {
        let component = self.text(&create.component);
        let type_name = component.split_once(':').map(|(type_name, _)| type_name);
        let is_of_it = |path: &str| match (type_name, fill(path, "X").parse()) {
            (Some(type_name), Ok(path)) => !self.is_of_another(&create.component, type_name, &path),
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
            except: self.texts(&create.except),
        }
    }
}

/// The parameters that a text speaks of.
fn named_in(text: &str) -> Vec<String> {
    let names = placeholders(text).into_iter();
    names.map(|(_, placeholder)| parameter_of(placeholder).to_owned()).collect()
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
