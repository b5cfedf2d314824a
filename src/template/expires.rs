//! What ends by itself at an integration, as a template: certificates, assignments, passwords of
//! the apps and users that other templates speak of.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arguments, ExpandedStep, ExpandedWant, SignIn, Template, parse};
use crate::metadata::ComponentId;
use crate::metadata::labels::CONNECTED_APP;
use crate::metadata::lasting::Period;
use crate::metadata::value::Value;

/// The template's name.
pub(crate) const NAME: &str = "expires";

/// The template, of what ends within 30 days.
pub(crate) const TEXT: &str = include_str!("expires.toml");

/// Apps and users of which something may end.
#[derive(Default)]
struct Subjects {
    apps: BTreeSet<String>,
    external_apps: BTreeSet<String>,
    users: BTreeSet<String>,
    users_with_password: BTreeSet<String>,
}

impl Subjects {
    fn add_component(&mut self, id: &ComponentId) {
        if id.type_name == CONNECTED_APP {
            self.apps.insert(id.full_name.clone());
        } else if id.type_name == "ExternalClientApplication" || id.type_name.starts_with("Extl") {
            self.external_apps.insert(id.full_name.clone());
        }
    }

    fn add_user(&mut self, user: &str, template: &Template) {
        self.users.insert(user.to_owned());
        if template.sign_in.contains(&SignIn::UsernamePassword) {
            self.users_with_password.insert(user.to_owned());
        }
    }

    fn add(&mut self, want: &ExpandedWant, template: &Template) {
        match want {
            ExpandedWant::Metadata { id, effective, .. } => {
                self.add_component(id);
                effective.iter().for_each(|(_, user)| self.add_user(user, template));
            }
            ExpandedWant::Each(each) => self.add_component(&each.id),
            ExpandedWant::Fact { fact, of, .. } => {
                let user = of.as_ref().filter(|_| fact.parameter() == Some("user"));
                user.into_iter().for_each(|user| self.add_user(user, template));
            }
            ExpandedWant::Manual { confirm, .. } => {
                confirm.iter().for_each(|confirm| self.add(confirm, template));
            }
            ExpandedWant::Any(wants) => wants.iter().for_each(|want| self.add(want, template)),
        }
    }
}

/// Makes the template of what ends within a time, of the apps and users of other templates' steps;
/// none where these name neither.
///
/// # Errors
/// A mistake of this program.
pub(crate) fn expires(
    period: Period,
    steps: &[ExpandedStep<'_>],
) -> Result<Option<(Template, Arguments)>, String> {
    let mut subjects = Subjects::default();
    for step in steps {
        step.wants.iter().for_each(|want| subjects.add(want, step.template));
    }
    let Subjects { apps, external_apps, users, users_with_password } = subjects;
    let lists = [
        ("apps", "certificates", apps),
        ("external_apps", "external-certificates", external_apps),
        ("users", "assignments", users),
        ("users_with_password", "passwords", users_with_password),
    ];
    let text = TEXT.replace("30d", &period.to_string());
    let mut template = parse(NAME, &text).map_err(|errors| errors.to_string())?;
    let mut values = BTreeMap::new();
    for (parameter, step, list) in lists {
        if list.is_empty() {
            template.steps.retain(|one| one.id != step);
            template.parameters.retain(|one| one.name != parameter);
        } else {
            values.insert(parameter.to_owned(), Value::List(list.into_iter().collect()));
        }
    }
    if template.steps.is_empty() {
        return Ok(None);
    }
    let values = Arguments::resolve(&template, &BTreeMap::new(), &values)
        .map_err(|errors| errors.to_string())?;
    Ok(Some((template, values)))
}
