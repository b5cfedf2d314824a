//! Texts, dates, numbers, lists and tables out of TOML's nodes; each that is something else is a
//! mistake.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::{Node, Table, Walk};
use crate::metadata::registry::nearest::nearest;
use crate::metadata::value::Value;

impl Walk<'_, '_> {
    pub(super) fn known_keys(&mut self, table: &Table<'_>, known: &[&str], place: &str) {
        for (key, _) in in_order(table) {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let help = nearest(name, known.iter().copied()).map_or_else(
                    || format!("known are {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.mistakes.add_with(
                    &key.span(),
                    format!("{place} has no key `{name}`"),
                    Some(help),
                );
            }
        }
    }

    pub(super) fn table<'n, 'i>(
        &mut self,
        node: &'n Node<'i>,
        name: &str,
    ) -> Option<&'n Table<'i>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.mistakes.add(&node.span(), format!("`{name}` must be a table"));
        }
        table
    }

    pub(super) fn array<'n, 'i>(&mut self, node: &'n Node<'i>, name: &str) -> Vec<&'n Node<'i>> {
        match node.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => {
                let help = match (node.get_ref().as_str(), node.get_ref().as_table()) {
                    (Some(text), _) => Some(format!("in brackets: `{name} = [\"{text}\"]`")),
                    (None, Some(_)) if matches!(name, "step" | "drop") => {
                        Some(format!("each is one of several: write [[{name}]]"))
                    }
                    (None, _) => None,
                };
                self.mistakes.add_with(&node.span(), format!("`{name}` must be a list"), help);
                Vec::new()
            }
        }
    }

    pub(super) fn texts(&mut self, node: &Node<'_>, name: &str) -> Vec<String> {
        let nodes = self.array(node, name);
        nodes.into_iter().filter_map(|node| self.text(node, name)).collect()
    }

    pub(super) fn text(&mut self, node: &Node<'_>, name: &str) -> Option<String> {
        match node.get_ref().as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.mistakes.add(&node.span(), format!("`{name}` must be a text in quotes"));
                None
            }
        }
    }

    pub(super) fn optional_text(&mut self, table: &Table<'_>, name: &str) -> Option<String> {
        table.get(name).and_then(|node| self.text(node, name))
    }

    pub(super) fn required_text(
        &mut self,
        table: &Table<'_>,
        name: &str,
        at: &Range<usize>,
        place: &str,
    ) -> String {
        match table.get(name) {
            Some(node) => {
                let text = self.text(node, name);
                if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                    self.mistakes.add(&node.span(), format!("`{name}` is empty"));
                }
                text.unwrap_or_default()
            }
            None => {
                self.mistakes.add(at, format!("`{name}` is missing in {place}"));
                String::new()
            }
        }
    }

    pub(super) fn date(&mut self, table: &Table<'_>, at: &Range<usize>) -> String {
        match table.get("reviewed") {
            Some(node) => {
                // A date that TOML has read is a real one; with a clock it is more than a date.
                let date = node.get_ref().as_datetime().filter(|date| date.time.is_none());
                match date.and_then(|datetime| datetime.date) {
                    Some(date) => date.to_string(),
                    None => {
                        self.mistakes.add(
                            &node.span(),
                            "`reviewed` must be a date without quotes, such as 2026-11-23",
                        );
                        String::new()
                    }
                }
            }
            None => {
                self.mistakes.add(at, "`reviewed` is missing in [template]");
                String::new()
            }
        }
    }

    pub(super) fn value(&mut self, node: &Node<'_>) -> Option<Value> {
        match node.get_ref() {
            DeValue::String(text) => Some(Value::Text(text.to_string())),
            DeValue::Boolean(flag) => Some(Value::Bool(*flag)),
            DeValue::Integer(_) => {
                let number = integer(node);
                if number.is_none() {
                    self.mistakes.add(&node.span(), "the number is too large");
                }
                number.map(Value::Number)
            }
            DeValue::Array(array) => {
                let mut elements = Vec::new();
                for node in array.iter() {
                    elements.push(self.value(node)?.to_string());
                }
                Some(Value::List(elements))
            }
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
                self.mistakes.add(
                    &node.span(),
                    "a value is a text, a whole number, `true` or `false`, or a list of texts",
                );
                None
            }
        }
    }
}

pub(super) fn integer(node: &Node<'_>) -> Option<i64> {
    let integer = node.get_ref().as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A table's entries in the order in which the file has them.
pub(super) fn in_order<'t, 'i>(
    table: &'t Table<'i>,
) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Node<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

pub(super) fn first_line(span: &Range<usize>, text: &str) -> Range<usize> {
    let end = text
        .get(span.clone())
        .and_then(|text| text.find('\n'))
        .map_or(span.end, |length| span.start + length);
    span.start..end
}
