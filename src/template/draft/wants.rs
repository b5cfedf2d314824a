//! Settings as they are to the wants that they be so.

use super::{list, quoted, value};
use crate::metadata::Component;
use crate::metadata::fact::Fact;
use crate::metadata::path::FieldPath;
use crate::metadata::registry::{self, Field, Found};
use crate::metadata::value::Value;

/// What a component says at a path that its type knows.
pub(super) fn read(component: &Component, path: &FieldPath) -> Option<(Value, &'static Field)> {
    let row = registry::find(&component.id.type_name)?;
    let field = row.resolve(path).ok()??.field;
    match registry::look_up(row, &component.document, path) {
        Found::Value { value, .. } => Some((value, field)),
        Found::Entry(_) | Found::AbsentEntry | Found::Absent => None,
    }
}

pub(super) fn get(component: &Component, path: &str) -> Option<(Value, &'static Field)> {
    read(component, &path.parse().ok()?)
}

/// A want that a setting is as it is; none for a value that no template may name: one that this
/// program does not know, or that would be taken for a parameter.
pub(super) fn equals(
    component: &str,
    path: &str,
    found: &Value,
    field: Option<&'static Field>,
) -> Option<String> {
    let is_known = field.is_none_or(|field| field.check(found).is_ok()) && is_plain(found);
    is_known.then(|| {
        format!(
            "{{ component = {}, path = {}, equals = {} }}",
            quoted(component),
            quoted(path),
            value(found)
        )
    })
}

pub(super) fn includes(component: &str, path: &str, mut elements: Vec<String>) -> Option<String> {
    let is_parameter = |element: &str| matches!(element, "{profile}" | "{permission_set}");
    elements.retain(|element| is_parameter(element) || is_plain(&Value::from(element.as_str())));
    (!elements.is_empty()).then(|| {
        format!(
            "{{ component = {}, path = {}, includes = {} }}",
            quoted(component),
            quoted(path),
            list(&elements)
        )
    })
}

fn is_plain(value: &Value) -> bool {
    let text = value.to_string();
    !text.is_empty() && !text.contains(['{', '}'])
}

pub(super) fn fact_want(fact: &Fact, wanted: &Value) -> String {
    format!("{{ fact = {}, equals = {} }}", quoted(&fact.to_string()), value(wanted))
}
