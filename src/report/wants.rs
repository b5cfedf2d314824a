//! What a template wants, in the words of a page: conditions, comparisons, kinds of parameters.

use crate::metadata::registry;
use crate::metadata::value::Value;
use crate::template::{
    Alternative, Condition, Parameter, ParameterKind, Step, Subject, Test, fill,
};

/// What a parameter takes, and what it is where it is not given.
pub(super) fn kind_in_words(parameter: &Parameter) -> String {
    let kind = match &parameter.kind {
        ParameterKind::Text => "text".to_owned(),
        ParameterKind::Choice(choices) => choices.join(" | "),
        ParameterKind::Flag => "true | false".to_owned(),
        ParameterKind::List => "list".to_owned(),
        ParameterKind::Component(types) => {
            types.iter().map(|one| format!("{one}:..")).collect::<Vec<_>>().join(" | ")
        }
    };
    match &parameter.default {
        None => format!("{kind}; required"),
        Some(default) if default.to_string().is_empty() => format!("{kind}; empty where not given"),
        Some(default) => format!("{kind}; default {default}"),
    }
}

/// When a step applies; none where it always does.
pub(super) fn when_in_words(step: &Step) -> Option<String> {
    let together = |conditions: &[Condition]| {
        conditions.iter().map(condition_in_words).collect::<Vec<_>>().join(" and ")
    };
    let words = |Alternative { all, not }: &Alternative<Condition>| {
        let negated = (!not.is_empty()).then(|| format!("not ({})", together(not)));
        let all = Some(together(all)).filter(|words| !words.is_empty());
        all.into_iter().chain(negated).collect::<Vec<_>>().join(" and ")
    };
    let alternatives: Vec<String> = step.when.0.iter().map(words).collect();
    (!alternatives.is_empty()).then(|| alternatives.join(", or when "))
}

fn condition_in_words(condition: &Condition) -> String {
    let (Subject::Parameter(name) | Subject::Fact(name)) = &condition.subject;
    let values: Vec<String> = condition.values.iter().map(Value::to_string).collect();
    format!("{name} is {}", values.join(" or "))
}

/// What is wanted of a setting or fact.
pub(super) fn test_in_words(test: &Test) -> String {
    let values: Vec<String> = test.desired().iter().map(Value::to_string).collect();
    match test {
        Test::Equals(_) => format!("= {}", values.join("")),
        Test::OneOf(_) => format!("is one of {}", values.join(", ")),
        Test::Includes(_) => format!("includes {}", values.join(", ")),
        Test::Excludes(_) => format!("excludes {}", values.join(", ")),
        Test::Absent => "is absent".to_owned(),
        Test::AtLeast(bound) => format!("is at least {}", bound.value()),
        Test::AtMost(bound) => format!("is at most {}", bound.value()),
        Test::Inside(_) => format!("has {} in its ranges", values.join(", ")),
        Test::Count(number) => format!("has {number} entries"),
        Test::ValidFor(period) => format!("does not end within {period}"),
        Test::Empty(true) => "is empty".to_owned(),
        Test::Empty(false) => "is not empty".to_owned(),
    }
}

/// Setup's words for a wanted value, where pattern and registry allow to tell.
pub(super) fn label(component: &str, path: &str, value: &Value) -> Option<String> {
    let (type_name, full_name) = component.split_once(':')?;
    let row = registry::find_component(type_name, full_name)?;
    let path = fill(path, "X").parse().ok()?;
    row.resolve(&path).ok()??.field.label_of(value)
}

/// Setup's words for a setting, with the entry that it belongs to: `Account: View All Records`.
pub(super) fn setting_in_words(component: &str, path: &str) -> Option<String> {
    let (type_name, full_name) = component.split_once(':')?;
    let row = registry::find_component(type_name, full_name)?;
    let resolved = fill(path, "X").parse().ok()?;
    let label = row.resolve(&resolved).ok()??.field.label;
    let key = path.split_once('[').and_then(|(_, rest)| Some(rest.rsplit_once(']')?.0));
    if label.is_empty() {
        // No source pairs all permissions with Setup's words; the name says more than the path.
        let is_permission = path.starts_with("userPermissions[") && path.ends_with("].enabled");
        return key.filter(|_| is_permission).map(|name| format!("System permission {name}"));
    }
    Some(key.map_or_else(|| label.to_owned(), |key| format!("{key}: {label}")))
}
