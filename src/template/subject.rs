//! What of an org a parameter names, told by where the patterns of a template have it: so that
//! whoever asks for its value can offer what is there.

use std::collections::BTreeSet;

use super::needs::wanted_names;
use super::{Create, Parameter, ParameterKind, Step, Template, Test, Want, fill};
use crate::metadata::ComponentId;
use crate::metadata::fact::Fact;
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP, app_type};
use crate::metadata::names::Name;
use crate::metadata::value::Value;

/// Stands for a value, so that it is found again in what a pattern comes to; the name of an object
/// as well as of anything else.
const MARK: &str = "Sfsetup_Mark__c";

/// What a parameter's values name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ParameterSubject {
    /// The types of component that they may be.
    pub(crate) types: BTreeSet<String>,
    /// They are users, by user name.
    pub(crate) is_user: bool,
    /// A step makes what is not there.
    pub(crate) is_made: bool,
}

impl ParameterSubject {
    /// Finds out what a parameter's values name; nothing where that cannot be told.
    pub(crate) fn of(template: &Template, parameter: &Parameter) -> Self {
        let mut subject = Self::default();
        match &parameter.kind {
            ParameterKind::Choice(_) | ParameterKind::Flag => return subject,
            ParameterKind::Component(types) => subject.types.extend(types.iter().cloned()),
            ParameterKind::Text | ParameterKind::List => {}
        }
        for step in &template.steps {
            subject.step(step, template, parameter);
        }
        subject
    }

    fn step(&mut self, step: &Step, template: &Template, parameter: &Parameter) {
        let name = parameter.name.as_str();
        let is_whole = matches!(parameter.kind, ParameterKind::Component(_));
        if let Some(Create { component, from, set, .. }) = &step.create {
            let own = format!("{{{name}}}");
            let is_it = component.split_once(':').is_some_and(|(_, called)| called.trim() == own);
            self.is_made |= is_it || component.trim() == own;
            if !is_whole {
                [Some(component), from.as_ref()]
                    .into_iter()
                    .flatten()
                    .for_each(|pattern| self.component(pattern, name));
                let id = ComponentId::new(type_of(component, template), "X");
                for (path, value) in set {
                    self.setting(&id, path, name);
                    self.wanted(&id, path, &Test::Equals(value.clone()), name);
                }
            }
        }
        for (want, _) in step.lines().filter(|_| !is_whole) {
            match want {
                Want::Metadata { component, path, test, .. } => {
                    self.component(component, name);
                    let id = ComponentId::new(type_of(component, template), "X");
                    self.setting(&id, path, name);
                    self.wanted(&id, path, test, name);
                }
                Want::Fact { fact, of, .. } => self.fact(fact, of.as_deref(), name),
                Want::Manual { .. } | Want::Any(_) => {}
            }
        }
    }

    /// A component that bears it.
    fn component(&mut self, pattern: &str, name: &str) {
        let Some((type_name, called)) = pattern.split_once(':') else { return };
        if called.trim() == format!("{{{name}}}") {
            let type_name = type_name.trim();
            self.types.insert(app_type(type_name).unwrap_or(type_name).to_owned());
        }
    }

    /// An entry of a profile or a permission set that is about it.
    fn setting(&mut self, id: &ComponentId, path: &str, name: &str) {
        let path = marked(path, name).and_then(|path| path.parse().ok());
        path.iter().for_each(|path| self.names(Name::of_setting(id, path)));
    }

    /// A setting that is to hold it.
    fn wanted(&mut self, id: &ComponentId, path: &str, test: &Test, name: &str) {
        let own = format!("{{{name}}}");
        let texts = match test {
            Test::Equals(Value::Text(text)) => vec![text],
            Test::Equals(Value::List(texts)) | Test::Includes(texts) => texts.iter().collect(),
            _ => Vec::new(),
        };
        let Ok(path) = fill(path, "X").parse() else { return };
        if texts.iter().any(|text| text.trim() == own) {
            self.names(wanted_names(id, &path, &Test::Equals(Value::Text(MARK.to_owned()))));
        }
    }

    fn fact(&mut self, pattern: &str, of: Option<&str>, name: &str) {
        if let Some(Ok(fact)) = marked(pattern, name).map(|pattern| Fact::parse(&pattern)) {
            self.names(Name::of_fact(&fact));
        }
        let Ok(fact) = Fact::parse(&fill(pattern, "X")) else { return };
        let is_of = of.map_or(fact.parameter() == Some(name), |of| of == format!("{{{name}}}"));
        match fact.parameter() {
            Some("user") => self.is_user |= is_of,
            Some("app") if is_of => {
                self.types.extend([CONNECTED_APP, EXTERNAL_APP].map(str::to_owned))
            }
            _ => {}
        }
    }

    fn names(&mut self, names: Vec<Name>) {
        for name in names {
            if let Name::Component(id) = name
                && id.full_name == MARK
            {
                self.types.insert(id.type_name);
            }
        }
    }
}

/// A pattern with a parameter's value marked; none where it does not stand in it.
fn marked(pattern: &str, name: &str) -> Option<String> {
    let own = format!("{{{name}}}");
    pattern.contains(&own).then(|| fill(&pattern.replace(&own, MARK), "X"))
}

/// The type of a component, of those that a parameter may stand for the first.
fn type_of<'t>(pattern: &'t str, template: &'t Template) -> &'t str {
    match (pattern.split_once(':'), template.component_types(pattern)) {
        (Some((type_name, _)), _) => type_name.trim(),
        (None, Some([first, ..])) => first,
        (None, _) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{builtin, parse};
    use super::*;

    fn told(template: &str, name: &str) -> String {
        let shipped = builtin::find(template).unwrap();
        let template = parse(shipped.name, shipped.text).unwrap();
        let parameter = template.parameters.iter().find(|one| one.name == name).unwrap();
        let ParameterSubject { types, is_user, is_made } =
            ParameterSubject::of(&template, parameter);
        let user = is_user.then(|| "User".to_owned());
        let made = is_made.then(|| "made".to_owned());
        types.into_iter().chain(user).chain(made).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_parameter_names_is_told_by_where_it_stands() {
        for (template, name, names) in [
            ("ampersand", "app", "ConnectedApp ExternalClientApplication"),
            ("ampersand", "user", "User"),
            ("ampersand", "profile", "Profile made"),
            ("ampersand", "permission_set", "PermissionSet made"),
            ("ampersand", "read", "CustomObject"),
            ("ampersand", "write", "CustomObject"),
            ("ampersand", "subscribe", ""),
            ("ampersand", "package_id", ""),
            ("azure-data-factory", "holder", "PermissionSet Profile made"),
            ("azure-data-factory", "contact_email", ""),
            ("c1", "profile", "Profile"),
        ] {
            assert_eq!(told(template, name), names, "{template} {name}");
        }
    }
}
