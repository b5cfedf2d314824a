//! Whether a file is a component of its type: known elements, equal ones together, values of their
//! kinds, nothing required left out.

use std::collections::BTreeMap;

use super::super::name::Key;
use super::super::schema::{self, Field, Kind};
use super::super::tree::{NAMESPACE, Node};
use super::Problem;

/// Parses a deployed file and checks it against its type.
pub(super) fn parse(
    content: &[u8],
    (type_name, full_name): &Key,
    version: u16,
) -> Result<Node, Problem> {
    let text = std::str::from_utf8(content)
        .map_err(|_| Problem::from("Error parsing file: Invalid byte in UTF-8 sequence"))?;
    let node = Node::parse(text).map_err(|error| Problem {
        message: format!("Error parsing file: {}", error.message),
        place: Some((error.line, error.column)),
    })?;
    let (root, fields) = if type_name == "Settings" {
        let root = format!("{full_name}Settings");
        let fields = schema::settings_at(&root, version)
            .ok_or_else(|| Problem::from("Not available for deploy for this organization"))?;
        (root, fields)
    } else {
        (type_name.clone(), schema::fields_at(type_name, full_name, version))
    };
    if node.name != root || node.namespace.as_deref() != Some(NAMESPACE) {
        return Err(at(
            &node,
            format!(
                "Error parsing file: Element {{{}}}{} invalid at this location",
                node.namespace.as_deref().unwrap_or_default(),
                node.name
            ),
        ));
    }
    check(&node, &root, fields, version)?;
    Ok(node)
}

fn at(node: &Node, message: String) -> Problem {
    Problem { message, place: Some((node.line, node.column)) }
}

fn check(node: &Node, type_name: &str, fields: &[Field], version: u16) -> Result<(), Problem> {
    // Where each name stood last.
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, child) in node.children.iter().enumerate() {
        let known = fields.iter().find(|field| field.name == child.name && field.is_at(version));
        let Some(field) = known else {
            return Err(at(
                child,
                format!(
                    "Error parsing file: Element {{{NAMESPACE}}}{} invalid at this location in \
                     type {type_name}",
                    child.name
                ),
            ));
        };
        // A list's elements must stand together; anything else may stand there once (S 3.4).
        let before = last.insert(&child.name, index);
        if before.is_some_and(|before| !field.many || before + 1 != index) {
            return Err(at(
                child,
                format!(
                    "Error parsing file: Element {} is duplicated at this location in type \
                     {type_name} ({}:{})",
                    child.name, child.line, child.column
                ),
            ));
        }
        check_value(child, field, version)?;
    }
    for field in fields.iter().filter(|field| field.required) {
        let filled = node
            .child(field.name)
            .is_some_and(|child| !child.value().is_empty() || !child.children.is_empty());
        if !filled {
            return Err(at(node, format!("Required field is missing: {}", field.name)));
        }
    }
    Ok(())
}

fn check_value(child: &Node, field: &Field, version: u16) -> Result<(), Problem> {
    let value = child.value();
    if !matches!(field.kind, Kind::Group(..)) && !child.children.is_empty() {
        return Err(at(
            child,
            format!("Error parsing file: Element {} holds text, not elements", child.name),
        ));
    }
    let wrong = |type_name: &str| {
        Err(at(
            child,
            format!("Error parsing file: '{value}' is not a valid value for the type {type_name}"),
        ))
    };
    match &field.kind {
        Kind::Text => Ok(()),
        Kind::Flag if ["true", "false", "1", "0"].contains(&value) => Ok(()),
        Kind::Flag => wrong("xsd:boolean"),
        Kind::Number if value.parse::<i32>().is_ok() => Ok(()),
        Kind::Number => wrong("xsd:int"),
        Kind::Choice(_, values) if values.contains(&value) => Ok(()),
        Kind::Choice(type_name, _) => Err(at(
            child,
            format!(
                "Error parsing file: '{value}' is not a valid value for the enum '{type_name}'"
            ),
        )),
        Kind::Group(type_name, fields) => {
            if !value.is_empty() {
                return Err(at(
                    child,
                    format!(
                        "Error parsing file: text in element {} of type {type_name}",
                        child.name
                    ),
                ));
            }
            check(child, type_name, fields, version)
        }
    }
}
