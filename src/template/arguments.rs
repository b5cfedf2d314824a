//! The parameters' values: given on the command line, else configured, else the defaults.

use std::collections::BTreeMap;
use std::fmt;

use super::narrow::is_unasked;
use super::{Parameter, ParameterKind, Template};
use crate::metadata::registry;
use crate::metadata::registry::nearest::{nearest, perhaps};
use crate::metadata::value::Value;

/// A value for every parameter of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments(BTreeMap<String, Value>);

/// What is wrong with the parameters' values; all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentErrors {
    /// A sentence each.
    pub errors: Vec<String>,
    /// Some of it is wrong as it was given, not as it was configured or left out.
    pub is_given: bool,
    /// A parameter has no value.
    pub is_incomplete: bool,
    /// The parameters that have none.
    pub missing: Vec<String>,
    /// The parameters that are wrong as they were configured; each is named in its sentence.
    pub configured: Vec<String>,
}

impl fmt::Display for ArgumentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.errors.join("\n"))
    }
}

impl std::error::Error for ArgumentErrors {}

impl Arguments {
    /// Returns every parameter with its value, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Gives each parameter that may be asked for its value: what was `given` by name (a list's
    /// elements apart, or joined by commas), else what is `configured`, else its default. A configured name that the template
    /// lacks is another template's.
    ///
    /// # Errors
    /// Parameters without a value, given names that the template lacks, values of the wrong kind:
    /// all in one.
    pub fn resolve(
        template: &Template,
        given: &BTreeMap<String, Vec<String>>,
        configured: &BTreeMap<String, Value>,
    ) -> Result<Self, ArgumentErrors> {
        let mut values = BTreeMap::new();
        let mut errors = Vec::new();
        let mut missing = Vec::new();
        errors.extend(given.keys().filter_map(|name| no_such(template, name)));
        let mut is_given = !errors.is_empty();
        let mut wrong_configured = Vec::new();
        for parameter in &template.parameters {
            // What was said by its older name must not be lost without a word.
            if let Some(older) = said_by_older_name(parameter, given, configured) {
                wrong_configured.push(older.clone());
                errors.push(is_now(older, parameter));
                continue;
            }
            let value = match (
                given.get(&parameter.name),
                configured.get(&parameter.name),
                &parameter.default,
            ) {
                (Some(texts), _, _) => from_texts(parameter, texts),
                (None, Some(value), _) => from_value(parameter, value),
                (None, None, Some(default)) => Ok(default.clone()),
                (None, None, None) => {
                    missing.push(parameter);
                    continue;
                }
            };
            match value {
                Ok(value) => {
                    values.insert(parameter.name.clone(), value);
                }
                Err(error) => {
                    if given.contains_key(&parameter.name) {
                        is_given = true;
                    } else {
                        wrong_configured.push(parameter.name.clone());
                    }
                    errors.push(error);
                }
            }
        }
        let values = Self(values);
        // Of a step that the other values leave out nothing need be given.
        missing.retain(|parameter| !is_unasked(template, &values, &parameter.name));
        let unnamed = missing.iter().map(|parameter| parameter.name.clone()).collect();
        if !missing.is_empty() {
            let missing: Vec<String> =
                missing.iter().map(|one| format!("`{}` ({})", one.name, one.title)).collect();
            errors.insert(0, format!("no value is given for {}", missing.join(", ")));
        }
        if errors.is_empty() {
            return Ok(values);
        }
        let (is_incomplete, configured) = (!missing.is_empty(), wrong_configured);
        Err(ArgumentErrors { errors, is_given, is_incomplete, missing: unnamed, configured })
    }

    /// Says whether a parameter matters with these values of others, the rest being as they are by
    /// default.
    pub(crate) fn is_asked(
        template: &Template,
        given: &BTreeMap<String, Value>,
        parameter: &str,
    ) -> bool {
        let mut values = Self::by_default(template);
        values.0.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        // What a parameter itself decides is open.
        values.0.remove(parameter);
        !is_unasked(template, &values, parameter)
    }

    /// Reads a value as `--set` gives it.
    ///
    /// # Errors
    /// It is none for this parameter.
    pub(crate) fn read(parameter: &Parameter, text: &str) -> Result<Value, String> {
        from_texts(parameter, &[text.to_owned()])
    }

    /// What a template's parameters have by default; a list that must be given has one element.
    pub(super) fn by_default(template: &Template) -> Self {
        let value = |parameter: &Parameter| match (&parameter.default, &parameter.kind) {
            (Some(default), _) => default.clone(),
            (None, ParameterKind::List) => Value::List(vec![String::new()]),
            (None, _) => Value::Text(String::new()),
        };
        let parameters = template.parameters.iter();
        Self(parameters.map(|parameter| (parameter.name.clone(), value(parameter))).collect())
    }

    /// Takes what was given by name, and nothing for the parameters that were not.
    ///
    /// # Errors
    /// Names that the template lacks, values of the wrong kind: all in one.
    pub(super) fn given(
        template: &Template,
        given: &BTreeMap<String, Vec<String>>,
    ) -> Result<Self, ArgumentErrors> {
        let parameters = template.parameters.iter();
        let of_given = Template {
            parameters: parameters.filter(|one| given.contains_key(&one.name)).cloned().collect(),
            ..Template::default()
        };
        // The names of all are looked at, so that a slip is told from a parameter left out.
        let mut errors: Vec<String> =
            given.keys().filter_map(|name| no_such(template, name)).collect();
        let known: BTreeMap<String, Vec<String>> = given
            .iter()
            .filter(|(name, _)| no_such(template, name).is_none())
            .map(|(name, texts)| (name.clone(), texts.clone()))
            .collect();
        match Self::resolve(&of_given, &known, &BTreeMap::new()) {
            Ok(values) if errors.is_empty() => return Ok(values),
            Ok(_) => {}
            Err(more) => errors.extend(more.errors),
        }
        Err(ArgumentErrors {
            errors,
            is_given: true,
            is_incomplete: false,
            missing: Vec::new(),
            configured: Vec::new(),
        })
    }

    /// Returns the same without some parameters.
    pub(super) fn without(&self, names: &[&str]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Returns a parameter's value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns a text parameter's value; none where it is empty, which means that it was not given.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name)
            .map(|value| value.to_string().trim().to_owned())
            .filter(|text| !text.is_empty())
    }
}

/// Says that a template has no parameter of a name; none where it has.
fn no_such(template: &Template, name: &str) -> Option<String> {
    let mut names = template.parameters.iter().map(|parameter| parameter.name.as_str());
    if names.any(|known| known == name) {
        return None;
    }
    if let Some(parameter) = template.in_place_of(name) {
        return Some(is_now(name, parameter));
    }
    let names = template.parameters.iter().map(|parameter| parameter.name.as_str());
    Some(format!("there is no parameter `{name}`{}", perhaps(nearest(name, names))))
}

/// The older name by which a parameter is configured that has no value by its own.
fn said_by_older_name<'p>(
    parameter: &'p Parameter,
    given: &BTreeMap<String, Vec<String>>,
    configured: &BTreeMap<String, Value>,
) -> Option<&'p String> {
    let name = &parameter.name;
    let is_said = given.contains_key(name) || configured.contains_key(name);
    let mut older = parameter.formerly.iter().filter(|_| !is_said);
    older.find(|older| configured.contains_key(*older))
}

/// What is said to whoever gives a parameter by the name of an older version.
pub(crate) fn is_now(older: &str, parameter: &Parameter) -> String {
    let name = &parameter.name;
    let form = match &parameter.kind {
        ParameterKind::Component(types) => {
            // `permission_set` was the name of one; what says which it is has no type's name.
            let plain = |text: &str| text.replace('_', "").to_lowercase();
            let alike = types.iter().find(|one| plain(one) == plain(older));
            let forms = alike.map_or_else(|| types.iter().collect(), |one| vec![one]);
            let forms: Vec<String> =
                forms.into_iter().map(|one| format!("`{name}={one}:..`")).collect();
            format!(", as {}", forms.join(" or "))
        }
        ParameterKind::Text
        | ParameterKind::Choice(_)
        | ParameterKind::Flag
        | ParameterKind::List => String::new(),
    };
    format!("parameter `{older}` is no more: `{name}` stands in its place{form}")
}

fn from_texts(parameter: &Parameter, texts: &[String]) -> Result<Value, String> {
    if parameter.kind == ParameterKind::List {
        let elements = texts.iter().flat_map(|text| text.split(','));
        return Ok(Value::List(
            elements.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect(),
        ));
    }
    match texts {
        [text] => from_value(parameter, &Value::from(text.trim())),
        _ => Err(format!(
            "parameter `{}` is given {} times and holds one value",
            parameter.name,
            texts.len()
        )),
    }
}

fn from_value(parameter: &Parameter, value: &Value) -> Result<Value, String> {
    let name = &parameter.name;
    match (&parameter.kind, value) {
        (ParameterKind::List, Value::Text(text)) => {
            from_texts(parameter, std::slice::from_ref(text))
        }
        (ParameterKind::List, value) => Ok(Value::List(value.elements())),
        (_, Value::List(_)) => Err(format!("parameter `{name}` holds one value, not a list")),
        (ParameterKind::Component(types), value) => component(name, types, &value.to_string()),
        (ParameterKind::Text, value) => Ok(Value::Text(value.to_string())),
        (ParameterKind::Flag, value) => Value::parse_bool(&value.to_string())
            .map(Value::Bool)
            .ok_or_else(|| format!("parameter `{name}` is `true` or `false`, not `{value}`")),
        (ParameterKind::Choice(choices), value) => {
            let text = value.to_string();
            if choices.contains(&text) {
                return Ok(Value::Text(text));
            }
            let suggestion = perhaps(nearest(&text, choices.iter().map(String::as_str)));
            Err(format!(
                "parameter `{name}` is one of {}, not `{text}`{suggestion}",
                choices.join(", ")
            ))
        }
    }
}

/// A component as it is given, with its type as the Metadata API writes it.
fn component(name: &str, types: &[String], given: &str) -> Result<Value, String> {
    let wanted = || format!("parameter `{name}` is `Type:full name`, such as `{}:..`", types[0]);
    let (type_name, full_name) = given
        .split_once(':')
        .filter(|(_, full_name)| !full_name.trim().is_empty())
        .ok_or_else(|| format!("{}, not `{given}`", wanted()))?;
    let type_name = registry::canonical_type(type_name.trim());
    let known = types.iter().find(|known| known.eq_ignore_ascii_case(type_name));
    if let Some(type_name) = known {
        return Ok(Value::Text(format!("{type_name}:{}", full_name.trim())));
    }
    let suggestion = perhaps(nearest(type_name, types.iter().map(String::as_str)));
    let known = types.join(" or ");
    Err(format!("parameter `{name}` is a {known}, not a `{type_name}`{suggestion}"))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn template() -> Template {
        let text = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"s\"\nreviewed = 2026-11-23\n[parameters.app]\ntitle = \"App\"\n\
                    [parameters.on]\ntitle = \"On\"\ntype = \"flag\"\ndefault = false\n\
                    [parameters.read]\ntitle = \"Read\"\ntype = \"list\"\ndefault = [\"A\"]\n\
                    [[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{ manual = \"{app} {on} {read}\" \
                    }]\n";
        parse("t.toml", text).unwrap()
    }

    fn resolve(
        given: &[(&str, &str)],
        configured: &[(&str, Value)],
    ) -> Result<Arguments, ArgumentErrors> {
        let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in given {
            map.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        let configured =
            configured.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Arguments::resolve(&template(), &map, &configured)
    }

    #[test]
    fn what_is_given_goes_before_what_is_configured_and_that_before_the_default() {
        let values = resolve(
            &[("app", "given")],
            &[("app", "configured".into()), ("on", "TRUE".into()), ("other", "x".into())],
        )
        .unwrap();
        assert_eq!(values.get("app"), Some(&"given".into()));
        assert_eq!(values.get("on"), Some(&true.into()));
        assert_eq!(values.get("read"), Some(&Value::List(vec!["A".to_owned()])));
    }

    #[test]
    fn a_list_is_given_by_commas_or_again_and_again() {
        let list = Value::List(["A", "B", "C"].map(str::to_owned).to_vec());
        assert_eq!(
            resolve(&[("app", "x"), ("read", "A, B"), ("read", "C")], &[]).unwrap().get("read"),
            Some(&list)
        );
        assert_eq!(
            resolve(&[("app", "x")], &[("read", "A,B,C".into())]).unwrap().get("read"),
            Some(&list)
        );
        assert_eq!(
            resolve(&[("app", "x"), ("read", "")], &[]).unwrap().get("read"),
            Some(&Value::List(Vec::new()))
        );
    }

    #[test]
    fn an_older_name_is_told_with_the_new_one_and_never_passed_over() {
        let text = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"s\"\nreviewed = 2026-11-23\n[parameters.holder]\ntitle = \"H\"\ntype = \
                    \"component\"\ndefault = \"PermissionSet:A\"\nformerly = [\"carrier\", \
                    \"permission_set\"]\n[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{ manual = \
                    \"{holder}\" }]\n";
        let template = parse("t.toml", text).unwrap();
        let given = |name: &str| BTreeMap::from([(name.to_owned(), vec!["X".to_owned()])]);
        let configured = |name: &str| BTreeMap::from([(name.to_owned(), Value::from("X"))]);
        let error =
            Arguments::resolve(&template, &given("permission_set"), &BTreeMap::new()).unwrap_err();
        assert!(error.is_given && !error.is_incomplete, "{error}");
        assert!(
            error
                .to_string()
                .contains("`holder` stands in its place, as `holder=PermissionSet:..`"),
            "{error}"
        );
        // What tells one from the other has the form of both.
        let error =
            Arguments::resolve(&template, &BTreeMap::new(), &configured("carrier")).unwrap_err();
        assert!(error.to_string().ends_with("`holder=Profile:..` or `holder=PermissionSet:..`"));
        assert_eq!(error.configured, ["carrier"]);
        // Another template's, beside this one's own.
        let mut both = configured("permission_set");
        both.insert("holder".to_owned(), "Profile:P".into());
        let values = Arguments::resolve(&template, &BTreeMap::new(), &both).unwrap();
        assert_eq!(values.get("holder"), Some(&"Profile:P".into()));
        let error = Arguments::given(&template, &given("carrier")).unwrap_err();
        assert!(error.to_string().contains("`holder` stands in its place"), "{error}");
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let errors = resolve(&[("ap", "x"), ("on", "maybe")], &[]).unwrap_err();
        assert_eq!(errors.errors.len(), 3, "{errors}");
        assert!(
            errors.errors[0].contains("`app` (App)")
                && errors.errors[1].contains("did you mean `app`"),
            "{errors}"
        );
        assert!(
            resolve(&[("app", "x"), ("app", "y")], &[]).unwrap_err().errors[0].contains("2 times")
        );
    }
}
