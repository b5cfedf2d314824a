//! Is this path one of the type's, and may this value stand there? For templates, before any org is
//! asked.

use super::nearest::{is_slip, nearest};
use super::{Choice, Field, Kind, MetadataType, Resolved, SetForm, UnknownPath};
use crate::metadata::path::FieldPath;
use crate::metadata::percent::decode;
use crate::metadata::value::Value;

impl MetadataType {
    /// Finds the field that a path names; `None` where the type has no table of fields, so that
    /// nothing can be checked.
    ///
    /// # Errors
    /// A name that the type does not have, a key where none belongs, or none where one belongs.
    pub fn resolve(&self, path: &FieldPath) -> Result<Option<Resolved>, UnknownPath> {
        let mut fields = self.fields;
        let mut entry = None;
        let mut found: Option<&'static Field> = None;
        for (index, segment) in path.segments().iter().enumerate() {
            let is_last = index + 1 == path.segments().len();
            if fields.is_empty() {
                return match found {
                    None => Ok(None),
                    Some(parent) => Err(wrong(format!(
                        "`{}` holds a value; nothing can follow it",
                        parent.name
                    ))),
                };
            }
            let Some(field) = fields.iter().find(|field| field.name == segment.name) else {
                // A WSDL lacks what its org may not use: only a row of our own is the whole list.
                if !self.complete {
                    return Ok(None);
                }
                let place = found.map_or(self.name, |parent| parent.name);
                return Err(UnknownPath {
                    message: format!("`{place}` has no element `{}`", segment.name),
                    nearest: nearest(&segment.name, fields.iter().map(|field| field.name))
                        .map(|name| with_segment(path, index, name)),
                });
            };
            fields = match (&field.kind, &segment.key) {
                (Kind::Section { fields, key, .. }, Some(written)) => {
                    if key.len() < written.split('|').count() {
                        return Err(wrong(format!(
                            "the key of `{}` is {}",
                            field.name,
                            key_in_words(key)
                        )));
                    }
                    entry = Some((field, written.clone()));
                    fields
                }
                (Kind::Section { key, .. }, None) => {
                    return Err(wrong(format!(
                        "`{}` is a list; name one entry as `{}[{}]`",
                        field.name,
                        field.name,
                        key.join("|")
                    )));
                }
                (_, Some(_)) => {
                    return Err(wrong(format!(
                        "`{}` is no keyed list; it takes no `[..]`",
                        field.name
                    )));
                }
                (Kind::Group(fields), None) if is_last => {
                    let names: Vec<&str> = fields.iter().map(|field| field.name).take(3).collect();
                    return Err(wrong(format!(
                        "`{}` is a group; name a setting in it, such as `{}.{}`",
                        field.name,
                        path,
                        names.first().copied().unwrap_or_default()
                    )));
                }
                (Kind::Group(fields), None) => fields,
                (
                    Kind::Flag | Kind::Number | Kind::Text | Kind::Choice { .. } | Kind::Set { .. },
                    None,
                ) => &[],
            };
            found = Some(field);
        }
        Ok(found.map(|field| Resolved { field, entry }))
    }
}

impl Field {
    /// Returns the values that are known, for a suggestion; none for free text.
    pub fn choices(&self) -> &'static [Choice] {
        match &self.kind {
            Kind::Choice { choices, .. } | Kind::Set { choices, .. } => choices,
            Kind::Flag | Kind::Number | Kind::Text | Kind::Group(_) | Kind::Section { .. } => &[],
        }
    }

    /// Says a value in Setup's words, where a source pairs them: `zero` is "Immediately expire
    /// refresh token".
    pub fn label_of(&self, value: &Value) -> Option<String> {
        let text = value.to_string();
        let text = text.trim();
        let known = |choices: &[Choice], fold_case: bool| {
            choices
                .iter()
                .find(|choice| {
                    choice.value == text || (fold_case && choice.value.eq_ignore_ascii_case(text))
                })
                .filter(|choice| !choice.label.is_empty())
                .map(|choice| choice.label.to_owned())
        };
        match &self.kind {
            Kind::Flag => known(self.words, true),
            Kind::Choice { choices, fold_case, pattern } => {
                known(choices, *fold_case).or_else(|| pattern.and_then(|pattern| pattern(text)))
            }
            Kind::Number
            | Kind::Text
            | Kind::Set { .. }
            | Kind::Group(_)
            | Kind::Section { .. } => None,
        }
    }

    /// Returns values that follow the field's pattern, with Setup's words; none where it has none.
    pub fn examples(&self) -> Vec<(&'static str, String)> {
        let Kind::Choice { pattern: Some(pattern), .. } = &self.kind else { return Vec::new() };
        let all = ["specific_inactivity:30:DAYS", "specific_lifetime:12:HOURS"];
        all.into_iter().filter_map(|text| Some((text, pattern(text)?))).collect()
    }

    /// Says whether the field may hold a value; for a set, the value's elements.
    ///
    /// # Errors
    /// Why not, with the nearest value that it may hold.
    pub fn check(&self, value: &Value) -> Result<(), UnknownPath> {
        let name = self.name;
        match (&self.kind, value) {
            (Kind::Flag, Value::Bool(_)) | (Kind::Number, Value::Number(_)) => Ok(()),
            (Kind::Flag, _) => Err(UnknownPath {
                message: format!("`{name}` is `true` or `false`"),
                nearest: Value::parse_bool(&value.to_string()).map(|flag| flag.to_string()),
            }),
            (Kind::Number, _) => Err(wrong(format!("`{name}` is a whole number"))),
            (Kind::Text, Value::Text(_) | Value::Number(_) | Value::Bool(_)) => Ok(()),
            (Kind::Choice { .. } | Kind::Text, Value::List(_))
            | (Kind::Text, Value::Present | Value::Hidden | Value::Xml(_)) => {
                Err(wrong(format!("`{name}` holds one value, not a list")))
            }
            (Kind::Choice { choices, fold_case, pattern }, _) => {
                let text = value.to_string();
                let is_known = choices.iter().any(|choice| {
                    choice.value == text || (*fold_case && choice.value.eq_ignore_ascii_case(&text))
                });
                if is_known || pattern.is_some_and(|pattern| pattern(&text).is_some()) {
                    return Ok(());
                }
                Err(outside(name, &text, choices, pattern.is_some()))
            }
            (Kind::Set { choices, .. }, _) => value.elements().iter().try_for_each(|element| {
                if choices.is_empty() || choices.iter().any(|choice| choice.value == element) {
                    Ok(())
                } else {
                    Err(outside(name, element, choices, false))
                }
            }),
            (Kind::Group(_) | Kind::Section { .. }, _) => {
                Err(wrong(format!("`{name}` holds elements, not a value")))
            }
        }
    }

    /// Says whether the field holds several values.
    pub fn is_set(&self) -> bool {
        matches!(self.kind, Kind::Set { .. })
    }

    /// Brings a value to the form in which values are compared: trimmed, aliases resolved, spelling
    /// without case where the org is not certain of it, a set's text split.
    pub fn normalise(&self, value: &Value) -> Value {
        match &self.kind {
            Kind::Flag => {
                Value::parse_bool(&value.to_string()).map_or_else(|| value.clone(), Value::Bool)
            }
            Kind::Number => {
                value.to_string().trim().parse().map_or_else(|_| value.clone(), Value::Number)
            }
            Kind::Choice { choices, fold_case, .. } => {
                let text = value.to_string();
                let text = text.trim();
                let known = choices
                    .iter()
                    .find(|choice| *fold_case && choice.value.eq_ignore_ascii_case(text));
                Value::from(known.map_or(text, |choice| choice.value))
            }
            Kind::Set { form, aliases, .. } => {
                let split = |element: String| -> Vec<String> {
                    match form {
                        // All of these are names, which are also written as the API encodes them in
                        // paths (`Custom%3A Sales`).
                        SetForm::Repeated => vec![decode(&element).into_owned()],
                        SetForm::Commas => element.split(',').map(str::to_owned).collect(),
                        SetForm::Lines => element.lines().map(str::to_owned).collect(),
                    }
                };
                let mut elements: Vec<String> = value
                    .elements()
                    .into_iter()
                    .flat_map(split)
                    .map(|element| {
                        let element = element.trim();
                        let alias = aliases.iter().find(|(written, _)| *written == element);
                        alias.map_or(element, |(_, comes_back)| comes_back).to_owned()
                    })
                    .filter(|element| !element.is_empty())
                    .collect();
                elements.sort_unstable();
                elements.dedup();
                Value::List(elements)
            }
            Kind::Text | Kind::Group(_) | Kind::Section { .. } => match value {
                Value::Text(text) => Value::from(text.trim()),
                Value::Bool(_)
                | Value::Number(_)
                | Value::List(_)
                | Value::Present
                | Value::Hidden
                | Value::Xml(_) => value.clone(),
            },
        }
    }
}

fn wrong(message: String) -> UnknownPath {
    UnknownPath { message, nearest: None }
}

fn outside(name: &str, text: &str, choices: &'static [Choice], has_pattern: bool) -> UnknownPath {
    let mut known: Vec<&str> = choices.iter().map(|choice| choice.value).take(12).collect();
    if has_pattern {
        known.push("specific_lifetime:N:UNIT");
        known.push("specific_inactivity:N:UNIT");
    }
    let near = nearest(text, choices.iter().map(|choice| choice.value));
    // Who writes what Setup shows means the value that it shows so.
    let labels = choices.iter().map(|choice| choice.label).filter(|label| !label.is_empty());
    let label = nearest(text, labels).filter(|label| is_slip(text, label));
    let by_label = choices.iter().find(|choice| Some(choice.label) == label);
    let by_label = by_label.map(|choice| choice.value);
    UnknownPath {
        message: format!("`{text}` is no value of `{name}`, which takes {}", known.join(", ")),
        nearest: by_label.or(near).map(str::to_owned),
    }
}

fn key_in_words(key: &[&str]) -> String {
    match key {
        [one] => format!("its `{one}`"),
        parts => format!("`{}`", parts.join("|")),
    }
}

fn with_segment(path: &FieldPath, index: usize, name: &str) -> String {
    let mut segments = path.segments().to_vec();
    name.clone_into(&mut segments[index].name);
    FieldPath::new(segments).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::find;

    fn message(type_name: &str, path: &str) -> String {
        find(type_name).unwrap().resolve(&path.parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn paths_are_found_or_refused_with_a_suggestion() {
        let app = find("ConnectedApp").unwrap();
        let found = app.resolve(&"oauthPolicy.ipRelaxation".parse().unwrap()).unwrap().unwrap();
        assert_eq!(found.field.name, "ipRelaxation");
        assert!(found.entry.is_none());
        assert!(
            message("ConnectedApp", "oauthPolicy.ipRelaxatoin")
                .contains("did you mean `oauthPolicy.ipRelaxation`")
        );
        assert!(message("ConnectedApp", "oauthPolicy").contains("oauthPolicy.ipRelaxation"));
        assert!(message("ConnectedApp", "label[x]").contains("no keyed list"));
        assert!(message("ConnectedApp", "label.x").contains("holds a value"));
        assert!(
            message("Profile", "objectPermissions.allowRead").contains("objectPermissions[object]")
        );
        assert!(message("Profile", "objectPermissions[A|B].allowRead").contains("key"));
        assert!(
            find("ApexClass")
                .unwrap()
                .resolve(&"anything.at.all".parse().unwrap())
                .unwrap()
                .is_none()
        );
        let entry = find("Profile")
            .unwrap()
            .resolve(&"userPermissions[ApiEnabled]".parse().unwrap())
            .unwrap()
            .unwrap();
        assert_eq!(entry.entry.unwrap().1, "ApiEnabled");
    }

    #[test]
    fn values_are_checked_and_shown_in_setups_words() {
        let app = find("ConnectedApp").unwrap();
        let field = |path: &str| app.resolve(&path.parse().unwrap()).unwrap().unwrap().field;
        let refresh = field("oauthPolicy.refreshTokenPolicy");
        refresh.check(&"specific_inactivity:7:DAYS".into()).unwrap();
        assert_eq!(
            refresh.label_of(&"specific_inactivity:7:DAYS".into()).unwrap(),
            "Expire refresh token if not used for 7 days"
        );
        assert_eq!(refresh.label_of(&"zero".into()).unwrap(), "Immediately expire refresh token");
        assert_eq!(
            refresh
                .check(&"refresh token is valid until revoked".into())
                .unwrap_err()
                .nearest
                .as_deref(),
            Some("infinite")
        );
        assert_eq!(
            refresh.check(&"infinit".into()).unwrap_err().nearest.as_deref(),
            Some("infinite")
        );
        assert_eq!(
            field("oauthConfig.isAdminApproved").label_of(&true.into()).unwrap(),
            "Admin approved users are pre-authorized"
        );
        field("oauthConfig.isAdminApproved").check(&"yes".into()).unwrap_err();
        let scopes = field("oauthConfig.scopes");
        let list = |elements: &[&str]| {
            crate::metadata::value::Value::List(
                elements.iter().map(|element| (*element).to_owned()).collect(),
            )
        };
        assert_eq!(
            scopes.normalise(&list(&["OfflineAccess", "Api"])),
            list(&["Api", "RefreshToken"])
        );
        scopes.check(&list(&["Api", "Apo"])).unwrap_err();
        assert_eq!(
            field("oauthConfig.callbackUrl").normalise(&"b\n a \n".into()),
            list(&["a", "b"])
        );
    }
}
