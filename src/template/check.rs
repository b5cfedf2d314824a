//! What a template names, held against the registry, the facts and its own parameters.

mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::mistake::Collector;
use super::placed::{CreateSpans, Placed, PlacedWant};
use super::{
    Bound, Condition, Create, Parameter, ParameterKind, Subject, Test, Want, component_types, fill,
    is_now, parameter_of, part_of, placeholders,
};
use crate::metadata::fact::{Fact, FactKind, FactName, OrgFeature};
use crate::metadata::hours::Week;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::nearest::nearest;
use crate::metadata::registry::{self, Field, Kind, MetadataType};
use crate::metadata::value::Value;

/// Adds every mistake of what the template names.
pub(super) fn template(placed: &Placed, mistakes: &mut Collector<'_>) {
    let mut check = Check {
        parameters: placed.parameters.iter().map(|(parameter, _)| parameter).collect(),
        mistakes,
    };
    for (parameter, at) in &placed.parameters {
        let Some(at) = at else { continue };
        let is_name = parameter
            .name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'));
        if !is_name {
            check.mistakes.add(at, "a parameter's name is made of letters, digits, `_` and `-`");
        }
    }
    let mut ids: BTreeMap<&str, ()> = BTreeMap::new();
    for placed in &placed.steps {
        let id = placed.step.id.as_str();
        if let (false, Some(_), Some(at)) = (id.is_empty(), ids.insert(id, ()), &placed.id) {
            check.mistakes.add(at, format!("the id `{id}` stands twice"));
        }
        for (condition, key, value) in placed.when.iter().flat_map(|when| &when.conditions) {
            check.condition(condition, key, value);
        }
        for want in placed.wants.iter().flatten() {
            check.want(want);
        }
        if let Some((create, spans)) = &placed.create {
            check.create(create, spans);
        }
    }
}

struct Check<'p, 'c, 't> {
    parameters: Vec<&'p Parameter>,
    mistakes: &'c mut Collector<'t>,
}

impl Check<'_, '_, '_> {
    fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().copied().find(|parameter| parameter.name == name)
    }

    fn condition(&mut self, condition: &Condition, key: &Range<usize>, at: &Range<usize>) {
        match &condition.subject {
            Subject::Parameter(name) => {
                let Some(parameter) = self.parameter(name) else {
                    let help = nearest(
                        name,
                        self.parameters.iter().map(|parameter| parameter.name.as_str()),
                    )
                    .map(|near| format!("did you mean `{near}`?"))
                    .or_else(|| {
                        Some("a fact is written in quotes, such as \"org.is_sandbox\"".to_owned())
                    });
                    self.mistakes.add_with(key, format!("there is no parameter `{name}`"), help);
                    return;
                };
                let never = match &parameter.kind {
                    ParameterKind::Choice(choices) => condition
                        .values
                        .iter()
                        .map(Value::to_string)
                        .find(|value| !choices.contains(value))
                        .map(|value| {
                            let near = nearest(&value, choices.iter().map(String::as_str));
                            let help = near.map(|near| format!("did you mean `{near}`?"));
                            (
                                format!(
                                    "`{name}` is never `{value}`; it is one of {}",
                                    choices.join(", ")
                                ),
                                help,
                            )
                        }),
                    ParameterKind::Flag => {
                        condition.values.iter().find(|value| !matches!(value, Value::Bool(_))).map(
                            |value| {
                                (format!("`{name}` is `true` or `false`, never `{value}`"), None)
                            },
                        )
                    }
                    ParameterKind::Component(types) => condition
                        .values
                        .iter()
                        .map(Value::to_string)
                        .find(|value| {
                            let type_name = value.split(':').next().unwrap_or_default();
                            !types.iter().any(|known| known == type_name)
                        })
                        .map(|value| {
                            let types = types.join(" or ");
                            (format!("`{name}` is a {types}, never `{value}`"), None)
                        }),
                    ParameterKind::Text | ParameterKind::List => None,
                };
                if let Some((message, help)) = never {
                    self.mistakes.add_with(at, message, help);
                }
            }
            Subject::Fact(text) => {
                let test = Test::OneOf(condition.values.clone());
                self.fact(text, &test, key, at, false);
            }
        }
    }

    /// What is left out; of several lists nobody writes every combination.
    fn exception(&mut self, pattern: &str, at: &Range<usize>) {
        self.placeholders(pattern, at);
        let named = placeholders(pattern).into_iter().map(|(_, name)| parameter_of(name));
        let is_list = |name: &&str| {
            self.parameter(name).is_some_and(|one| matches!(one.kind, ParameterKind::List))
        };
        let lists: BTreeSet<&str> = named.filter(is_list).collect();
        if lists.len() > 1 {
            self.mistakes.add(at, format!("`{pattern}` names more than one list"));
        }
    }

    fn want(&mut self, placed: &PlacedWant) {
        match &placed.want {
            Want::Metadata { component, path, test, except, .. } => {
                self.test_placeholders(test, &placed.value);
                except.iter().for_each(|one| self.exception(one, &placed.path));
                self.metadata(component, path, test, placed);
                self.star(component, path, &placed.path);
            }
            Want::Fact { fact, test, of } => {
                self.test_placeholders(test, &placed.value);
                if let Some(of) = of {
                    self.placeholders(of, &placed.subject);
                    self.other_user(fact, of, &placed.subject);
                }
                let is_of_another = of.is_some();
                self.fact(fact, test, &placed.subject, &placed.value, is_of_another);
            }
            Want::Manual { text, .. } => {
                self.placeholders(text, &placed.subject);
                placed.inner.iter().for_each(|confirm| self.confirm(confirm));
            }
            Want::Any(wants) => {
                if wants.is_empty() {
                    self.mistakes.add(&placed.subject, "`any` needs one want at least");
                }
                self.no_star(&placed.inner);
                for want in &placed.inner {
                    if matches!(want.want, Want::Any(_)) {
                        self.mistakes.add(
                            &want.subject,
                            "`any` within `any` says no more than one `any` with all of them",
                        );
                    } else {
                        self.want(want);
                    }
                }
            }
        }
    }

    /// What proves that something is done: what can be seen, or any of several such.
    fn confirm(&mut self, confirm: &PlacedWant) {
        let is_seen = |want: &Want| matches!(want, Want::Metadata { .. } | Want::Fact { .. });
        self.no_star(std::slice::from_ref(confirm));
        let members = match &confirm.want {
            Want::Any(_) => confirm.inner.as_slice(),
            _ => std::slice::from_ref(confirm),
        };
        match members.iter().find(|member| !is_seen(&member.want)) {
            Some(member) => self.mistakes.add(
                &member.subject,
                "`confirm` takes a want on a component or a fact, or `any` of several, which \
                 proves that it is done",
            ),
            None => self.want(confirm),
        }
    }

    /// The rows of the types that a component pattern may be of; none where it is no such pattern.
    fn component(
        &mut self,
        pattern: &str,
        at: &Range<usize>,
    ) -> Vec<&'static registry::MetadataType> {
        self.placeholders(pattern, at);
        if let Some(types) = component_types(self.parameters.iter().copied(), pattern) {
            return types.iter().filter_map(|one| registry::find(one)).collect();
        }
        self.one_component(pattern, at).into_iter().collect()
    }

    fn one_component(
        &mut self,
        pattern: &str,
        at: &Range<usize>,
    ) -> Option<&'static registry::MetadataType> {
        let Some((type_name, full_name)) = pattern.split_once(':') else {
            if !pattern.is_empty() {
                self.mistakes.add(
                    at,
                    format!(
                        "`{pattern}` is not of the form `Type:full name`, \
                    such as `Profile:{{profile}}`"
                    ),
                );
            }
            return None;
        };
        if full_name.trim().is_empty() {
            self.mistakes.add(at, "the full name after the colon is missing");
        }
        let row = if registry::canonical_type(type_name) == registry::SETTINGS
            && full_name.contains('{')
        {
            registry::find(type_name)
        } else {
            registry::find_component(type_name, full_name.trim())
        };
        if row.is_none() {
            let help = registry::nearest_type(type_name)
                .filter(|near| *near != type_name)
                .map(|near| format!("did you mean `{near}`?"));
            self.mistakes.add_with(
                at,
                format!("`{type_name}` is no metadata type of that name that this program knows"),
                help,
            );
        }
        row
    }

    fn metadata(&mut self, component: &str, path: &str, test: &Test, placed: &PlacedWant) {
        let rows = self.component(component, &placed.subject);
        self.placeholders(path, &placed.path);
        if path.is_empty() {
            return;
        }
        // A placeholder in a key is as good as any key; one in a name can't be judged before it is
        // filled in.
        let filled = fill(path, "X");
        let parsed = match filled.parse::<FieldPath>() {
            Ok(parsed) => parsed,
            Err(error) => {
                self.mistakes.add(&placed.path, error.to_string());
                return;
            }
        };
        let names_are_plain = parsed.segments().iter().all(|segment| path.contains(&segment.name))
            && !path_names(path).contains('{');
        if let (Test::Equals(value), Some(_)) = (test, rows.iter().find(|row| row.is_week(&parsed)))
        {
            let lines = value.elements();
            let is_open = lines.iter().any(|line| line.contains('{'));
            if let Err(why) = Week::parse(&lines)
                && !is_open
            {
                self.mistakes.add(&placed.value, why);
            }
            return;
        }
        if test.is_of_whole() && names_are_plain {
            self.whole(&rows, &parsed, test, placed);
            return;
        }
        // What one of the types has is asked of that one.
        let Some(row) = rows
            .iter()
            .find(|row| row.resolve(&parsed).is_ok())
            .or_else(|| rows.first())
            .filter(|_| names_are_plain)
        else {
            return;
        };
        match row.resolve(&parsed) {
            Ok(Some(resolved)) => {
                if path.trim_end().ends_with(']') {
                    if !matches!(test, Test::Absent) {
                        self.mistakes.add(
                            &placed.path,
                            "this names a whole entry, which can only \
                            be `absent`; name a setting in it",
                        );
                    }
                } else {
                    self.test(resolved.field, test, &placed.value);
                }
            }
            Ok(None) => {}
            Err(error) => {
                let help =
                    error.nearest.map(|near| format!("did you mean `{}`?", restore(&near, path)));
                self.mistakes.add_with(&placed.path, error.message, help);
            }
        }
    }

    /// Whether the field can ever satisfy the test.
    fn test(&mut self, field: &Field, test: &Test, at: &Range<usize>) {
        let name = field.name;
        let values: Vec<Value> = match test {
            Test::Equals(value) => vec![value.clone()],
            Test::OneOf(values) => {
                if values.is_empty() {
                    self.mistakes.add(at, "an empty `one-of` can never match");
                }
                values.clone()
            }
            Test::Includes(elements) | Test::Excludes(elements) => {
                if !field.is_set() {
                    self.mistakes.add(
                        at,
                        format!(
                            "`{name}` is no list, so that `{}` can never match; use `equals`",
                            test.name()
                        ),
                    );
                    return;
                }
                if elements.is_empty() {
                    self.mistakes.add(at, format!("an empty `{}` says nothing", test.name()));
                }
                vec![Value::List(elements.clone())]
            }
            Test::AtLeast(Bound::Version(_)) | Test::AtMost(Bound::Version(_)) => {
                let what =
                    format!("`{name}` is no version; `{}` takes a whole number", test.name());
                self.mistakes.add(at, what);
                return;
            }
            Test::AtLeast(Bound::Number(_)) | Test::AtMost(Bound::Number(_)) => {
                if !matches!(field.kind, Kind::Number | Kind::Text) {
                    self.mistakes.add(
                        at,
                        format!("`{name}` is no number, so that `{}` can never match", test.name()),
                    );
                }
                return;
            }
            Test::ValidFor(_) => {
                if !matches!(field.kind, Kind::Text) {
                    self.mistakes.add(
                        at,
                        format!("`{name}` never ends, so that `valid-for` says nothing of it"),
                    );
                }
                return;
            }
            // Judged by `whole`.
            Test::Absent | Test::Inside(_) | Test::Count(_) | Test::Empty(_) => return,
        };
        for value in values {
            let elements = value.elements();
            if elements.iter().any(|element| element.contains('{')) {
                continue;
            }
            if let Err(error) = field.check(&value) {
                let help = error.nearest.map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(at, error.message, help);
            }
        }
    }

    /// Only a fact about a user may speak of another.
    fn other_user(&mut self, fact: &str, of: &str, at: &Range<usize>) {
        let parsed = Fact::parse(&fill(fact, "X"));
        if parsed.is_ok_and(|fact| fact.parameter() != Some("user")) {
            let what = format!("`{fact}` is no fact about a user, so that it has no `of`");
            self.mistakes.add(at, what);
        }
        if !of.is_empty() && placeholders(of).is_empty() && !of.contains('@') {
            let what = "`of` is a user name, which looks like an e-mail address, or a parameter";
            self.mistakes.add(at, what);
        }
    }

    fn fact(
        &mut self,
        pattern: &str,
        test: &Test,
        subject: &Range<usize>,
        at: &Range<usize>,
        is_of_another: bool,
    ) {
        self.placeholders(pattern, subject);
        if pattern.is_empty() {
            return;
        }
        let fact = match Fact::parse(&fill(pattern, "X")) {
            Ok(fact) => fact,
            Err(message) => {
                let name = pattern.split('[').next().unwrap_or_default();
                let help = nearest(name, FactName::ALL.iter().map(|name| name.as_str()))
                    .filter(|near| *near != name)
                    .map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(subject, message, help);
                return;
            }
        };
        if let Fact::Feature(name) = &fact
            && !pattern.contains('{')
            && let Some(unknown) = OrgFeature::unknown(name)
        {
            self.mistakes.add(subject, unknown);
        }
        if let Some(parameter) = fact.parameter()
            && !is_of_another
            && self.parameter(parameter).is_none()
        {
            self.mistakes.add(
                subject,
                format!(
                    "`{pattern}` speaks of the {parameter} named by the parameter \
                         `{parameter}`, which this template lacks"
                ),
            );
        }
        let values: Vec<&Value> = match test {
            Test::Equals(value) => vec![value],
            Test::OneOf(values) => {
                if values.is_empty() {
                    self.mistakes.add(at, "an empty `one-of` can never match");
                }
                values.iter().collect()
            }
            Test::Includes(_)
            | Test::Excludes(_)
            | Test::Inside(_)
            | Test::Count(_)
            | Test::Empty(_) => {
                self.mistakes.add(
                    at,
                    format!("a fact is no list, so that `{}` can never match", test.name()),
                );
                return;
            }
            Test::AtLeast(bound) | Test::AtMost(bound) => {
                let why = match (fact.kind(), bound) {
                    (FactKind::Number, Bound::Number(_))
                    | (FactKind::Version, Bound::Version(_)) => {
                        return;
                    }
                    (FactKind::Version, Bound::Number(_)) => {
                        "is a version; write it in quotes, such as \"1.10\"".to_owned()
                    }
                    _ => format!("is no number, so that `{}` can never match", test.name()),
                };
                self.mistakes.add(at, format!("`{pattern}` {why}"));
                return;
            }
            Test::ValidFor(_) => {
                if fact.kind() != FactKind::End {
                    let what = format!(
                        "`{pattern}` does not say when something ends, so that `valid-for` can \
                         never match"
                    );
                    self.mistakes.add(at, what);
                }
                return;
            }
            Test::Absent => return,
        };
        for value in values {
            let is_pattern = matches!(value, Value::Text(text) if text.contains('{'));
            if !is_pattern && !fact.kind().admits(value) {
                let kind = fact.kind().words();
                self.mistakes.add(at, format!("`{pattern}` is {kind}, never `{value}`"));
            }
        }
    }

    fn create(&mut self, create: &Create, spans: &CreateSpans) {
        let rows = self.component(&create.component, &spans.component);
        let mut row = rows.first().copied();
        if let Some(from) = &create.from {
            let sources = self.component(from, &spans.from);
            let copied = rows.iter().find(|row| sources.iter().any(|one| one.name == row.name));
            row = copied.copied().or(row);
            if let (Some(row), None, Some(source)) = (row, copied, sources.first()) {
                self.mistakes.add(
                    &spans.from,
                    format!("a {} cannot be copied from a {}", row.name, source.name),
                );
            }
        }
        if create.from.is_none() && !create.except.is_empty() {
            let what = "`except` leaves out of a copy, and nothing is copied here without `from`";
            self.mistakes.add(&spans.except, what);
        }
        for pattern in &create.except {
            self.exception(pattern, &spans.except);
            if let Some(row) = row {
                self.left_out(row, pattern, &spans.except);
            }
        }
        for ((path, value), (path_at, value_at)) in create.set.iter().zip(&spans.set) {
            let placed = PlacedWant {
                want: Want::Any(Vec::new()),
                subject: spans.component.clone(),
                path: path_at.clone(),
                value: value_at.clone(),
                inner: Vec::new(),
            };
            let test = Test::Equals(value.clone());
            self.test_placeholders(&test, value_at);
            if !rows.is_empty() {
                self.metadata(&create.component, path, &test, &placed);
            }
        }
    }

    /// A pattern of what is not copied must be able to match an entry, or a flag of one.
    fn left_out(&mut self, row: &'static MetadataType, pattern: &str, at: &Range<usize>) {
        let section = pattern.split(['[', '.']).next().unwrap_or_default();
        if section.contains(['*', '?']) {
            return;
        }
        if !pattern.contains('[') {
            let what = format!("`{pattern}` names no entry of a list: write `{section}[*]`");
            self.mistakes.add(at, what);
            return;
        }
        // The flag may be a pattern too; then the entry alone is looked up.
        let whole = pattern.parse::<FieldPath>();
        let path = whole.or_else(|_| format!("{section}[*]").parse::<FieldPath>());
        match path.map(|path| (row.resolve(&path), path)) {
            Ok((Ok(found), path)) => {
                let is_flag = found.is_none_or(|found| matches!(found.field.kind, Kind::Flag));
                if path.segments().len() > 1 && !is_flag {
                    let what = format!(
                        "`{pattern}` is no flag, so it goes with its entry alone: write \
                         `{section}[..]`"
                    );
                    self.mistakes.add(at, what);
                }
            }
            Ok((Err(unknown), _)) => self.mistakes.add(at, unknown.to_string()),
            Err(error) => self.mistakes.add(at, error.to_string()),
        }
    }

    fn test_placeholders(&mut self, test: &Test, at: &Range<usize>) {
        for value in test.desired() {
            for element in value.elements() {
                self.placeholders(&element, at);
            }
        }
    }

    fn placeholders(&mut self, pattern: &str, at: &Range<usize>) {
        for (_, name) in placeholders(pattern) {
            if let Some((name, part)) = part_of(name)
                && let Some(whole) = self.parameter(name)
            {
                let has_part = match &whole.kind {
                    ParameterKind::Component(_) => part.is_of_component(),
                    ParameterKind::Text | ParameterKind::List | ParameterKind::Choice(_) => {
                        !part.is_of_component()
                    }
                    ParameterKind::Flag => false,
                };
                if !has_part {
                    let what = if part.is_of_component() {
                        "`.name` and `.type` are parts of a parameter of type `component`"
                    } else {
                        "`.event` and `.member` are of a parameter that holds an object's name"
                    };
                    self.mistakes.add(at, format!("{what}, and `{name}` is none"));
                }
                continue;
            }
            if self.parameter(name).is_none() {
                let mut known = self.parameters.iter();
                if let Some(now) = known.find(|one| one.formerly.iter().any(|older| older == name))
                {
                    self.mistakes.add(at, is_now(name, now));
                    continue;
                }
                let help =
                    nearest(name, self.parameters.iter().map(|parameter| parameter.name.as_str()))
                        .map(|near| format!("did you mean `{near}`?"));
                self.mistakes.add_with(at, format!("there is no parameter `{name}`"), help);
            }
        }
    }
}

/// The path's text without its keys.
fn path_names(path: &str) -> String {
    let mut depth = 0_usize;
    path.chars()
        .filter(|character| {
            match character {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// Gives a suggested path its placeholders back.
fn restore(suggested: &str, written: &str) -> String {
    let mut text = suggested.to_owned();
    for (open, name) in placeholders(written) {
        let is_whole_key =
            written[..open].ends_with('[') && written[open + name.len() + 2..].starts_with(']');
        if is_whole_key {
            text = text.replacen("[X]", &format!("[{{{name}}}]"), 1);
        }
    }
    text
}
