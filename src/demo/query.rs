//! Answers SOQL over the demo org's rows, with Salesforce's words for what it does not understand.

mod group;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::objects::{ObjectDef, find};
use super::refusal::{Refusal, refuse};
use super::soql::{Condition, Item, Literal, Operator, Order, Path, Query, parse};
use super::state::{Org, Row, same_id, string};

/// What a query gives.
#[derive(Debug)]
pub(crate) struct Answer {
    /// How many rows match; for `COUNT()` the count.
    pub(crate) total: usize,
    pub(crate) records: Vec<Value>,
}

/// Runs a query of a user.
pub(crate) fn run(
    org: &Org,
    user: &str,
    text: &str,
    tooling: bool,
    version: &str,
) -> Result<Answer, Refusal> {
    let query = parse(text)?;
    Runner { org, user, text, tooling, version, parents: RefCell::default() }.run(&query)
}

struct Runner<'a> {
    org: &'a Org,
    user: &'a str,
    text: &'a str,
    tooling: bool,
    version: &'a str,
    /// The rows of objects that relationships led to.
    parents: RefCell<BTreeMap<(&'static str, bool), Vec<Row>>>,
}

impl Runner<'_> {
    fn object(&self, query: &Query) -> Result<&'static ObjectDef, Refusal> {
        let object = find(&query.object, self.tooling);
        if let Some(object) = object
            && !self.org.may_see(self.user, object)
        {
            return Err(refuse(
                "INVALID_TYPE",
                format!("sObject type '{}' is not supported.", object.name),
            ));
        }
        object.ok_or_else(|| {
            refuse(
                "INVALID_TYPE",
                format!(
                    "{}sObject type '{}' is not supported. If you are attempting to use a custom \
                     object, be sure to append the '__c' after the entity name. Please reference \
                     your WSDL or the describe call for the appropriate names.",
                    self.pointer(query.object_at),
                    query.object
                ),
            )
        })
    }

    fn matching(&self, query: &Query, object: &'static ObjectDef) -> Result<Vec<Row>, Refusal> {
        let mut rows = self.org.visible_rows(self.user, object);
        if let Some(condition) = &query.condition {
            // Fields are checked once, so that an empty table refuses a wrong field too.
            let condition = self.resolve_condition(object, condition)?;
            rows.retain(|row| self.holds(object, row, &condition));
        }
        Ok(rows)
    }

    fn run(&self, query: &Query) -> Result<Answer, Refusal> {
        let object = self.object(query)?;
        let is_grouped = !query.group.is_empty()
            || query.select.iter().any(|item| matches!(item, Item::Aggregate(..)));
        let ordered = query.order.iter().map(|order| &order.item);
        for item in query.select.iter().chain(ordered) {
            match item {
                Item::Field(path, _) | Item::Aggregate(_, path, _) => {
                    self.resolve(object, path)?;
                }
                Item::Count => {}
            }
        }
        if is_grouped {
            return self.grouped(query, object);
        }
        let is_wrong = |item: &Item| matches!(item, Item::Field(_, Some(_)));
        if query.select.iter().any(is_wrong) {
            return Err(refuse("MALFORMED_QUERY", "only aggregate expressions use field aliasing"));
        }
        let mut rows = self.matching(query, object)?;
        let many = rows.len() > 1;
        if self.tooling
            && many
            && query.limit.is_none_or(|limit| limit > 1)
            && query.select.iter().any(|item| {
                matches!(item, Item::Field(path, _) if path.names.iter().any(|name| ["Metadata", "FullName"].iter().any(|one| name.eq_ignore_ascii_case(one))))
            })
        {
            return Err(refuse(
                "MALFORMED_QUERY",
                "When retrieving results with Metadata or FullName fields, the query \
                 qualifications must specify no more than one row for retrieval. Result size: "
                    .to_owned()
                    + &rows.len().to_string(),
            ));
        }
        if query.select == [Item::Count] {
            return Ok(Answer { total: rows.len(), records: Vec::new() });
        }
        for order in query.order.iter().rev() {
            let Item::Field(path, _) = &order.item else {
                return Err(refuse(
                    "MALFORMED_QUERY",
                    "Ordered field must be grouped or aggregated: COUNT",
                ));
            };
            rows.sort_by(|one, other| {
                sorted(order, &self.value(object, one, path), &self.value(object, other, path))
            });
        }
        let records: Vec<Value> = rows
            .iter()
            .skip(query.offset)
            .take(query.limit.unwrap_or(usize::MAX))
            .map(|row| self.record(object, row, &query.select))
            .collect();
        Ok(Answer { total: records.len(), records })
    }

    fn record(&self, object: &'static ObjectDef, row: &Row, select: &[Item]) -> Value {
        let mut out = json!({ "attributes": self.attributes(object.name, row) });
        for item in select {
            if let Item::Field(path, _) = item {
                self.put(&mut out, object, row, &path.names);
            }
        }
        out
    }

    fn attributes(&self, object: &str, row: &Row) -> Value {
        let folder = if self.tooling { "tooling/sobjects" } else { "sobjects" };
        json!({
            "type": object,
            "url": format!("/services/data/v{}/{folder}/{object}/{}", self.version, string(row, "Id")),
        })
    }

    fn put(&self, out: &mut Value, object: &'static ObjectDef, row: &Row, names: &[String]) {
        let [first, rest @ ..] = names else { return };
        if rest.is_empty() {
            let name = canonical(self.org, object, first);
            out[&name] = row.get(&name).cloned().unwrap_or(Value::Null);
            return;
        }
        let Some((name, target, parent)) = self.parent(object, row, first) else {
            if let Some((name, _, _)) = relationship(object, first) {
                out[name] = Value::Null;
            }
            return;
        };
        if !out[name].is_object() {
            out[name] = json!({ "attributes": self.attributes(target.name, &parent) });
        }
        self.put(&mut out[name], target, &parent, rest);
    }

    /// Follows a relationship: its name as described, the object, the row.
    fn parent(
        &self,
        object: &'static ObjectDef,
        row: &Row,
        name: &str,
    ) -> Option<(&'static str, &'static ObjectDef, Row)> {
        let (name, field, target) = relationship(object, name)?;
        let id = row.get(field).and_then(Value::as_str)?;
        // A set's licence is a user licence or a permission set licence.
        let targets: &[&str] = if target == "PermissionSetLicense" {
            &["PermissionSetLicense", "UserLicense"]
        } else {
            &[target]
        };
        targets.iter().find_map(|target| {
            let target = find(target, self.tooling).or_else(|| find(target, false))?;
            let mut parents = self.parents.borrow_mut();
            // Rows are made from metadata, which takes time: once a query.
            let rows = parents
                .entry((target.name, target.tooling))
                .or_insert_with(|| self.org.visible_rows(self.user, target));
            let row = rows.iter().find(|row| same_id(string(row, "Id"), id))?.clone();
            Some((name, target, row))
        })
    }

    fn value(&self, object: &'static ObjectDef, row: &Row, path: &Path) -> Value {
        self.value_of(object, row, &path.names)
    }

    fn value_of(&self, object: &'static ObjectDef, row: &Row, names: &[String]) -> Value {
        match names {
            [] => Value::Null,
            [name] => row.get(&canonical(self.org, object, name)).cloned().unwrap_or(Value::Null),
            [name, rest @ ..] => self
                .parent(object, row, name)
                .map_or(Value::Null, |(_, target, row)| self.value_of(target, &row, rest)),
        }
    }

    /// Checks that a path leads somewhere; returns the object that its field belongs to.
    fn resolve(
        &self,
        object: &'static ObjectDef,
        path: &Path,
    ) -> Result<&'static ObjectDef, Refusal> {
        let mut object = object;
        let (last, parents) = path.names.split_last().expect("a path has a name");
        for name in parents {
            object = relationship(object, name)
                .and_then(|(_, _, target)| {
                    find(target, self.tooling).or_else(|| find(target, false))
                })
                .ok_or_else(|| {
                    refuse(
                        "INVALID_FIELD",
                        format!(
                            "{}Didn't understand relationship '{name}' in field path. If you are \
                             attempting to use a custom relationship, be sure to append the '__r' \
                             after the custom relationship name. Please reference your WSDL or the \
                             describe call for the appropriate names.",
                            self.pointer(path.at)
                        ),
                    )
                })?;
        }
        if object.fields(self.org).iter().any(|(name, _)| name.eq_ignore_ascii_case(last)) {
            return Ok(object);
        }
        Err(refuse(
            "INVALID_FIELD",
            format!(
                "{}No such column '{last}' on entity '{}'. If you are attempting to use a custom \
                 field, be sure to append the '__c' after the custom field name. Please reference \
                 your WSDL or the describe call for the appropriate names.",
                self.pointer(path.at),
                object.name
            ),
        ))
    }

    /// Checks that rows may be chosen by what a path leads to.
    fn resolve_filter(&self, object: &'static ObjectDef, path: &Path) -> Result<(), Refusal> {
        let owner = self.resolve(object, path)?;
        match path.names.last() {
            Some(field) if !owner.is_filterable(field) => Err(refuse(
                "INVALID_FIELD",
                format!(
                    "{}field '{field}' can not be filtered in a query call",
                    self.pointer(path.at)
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The place in the query as Salesforce points at it.
    fn pointer(&self, at: usize) -> String {
        let line: String = self.text.replace(['\n', '\r'], " ");
        format!("\n{line}\n{}^\nERROR at Row:1:Column:{}\n", " ".repeat(at), at + 1)
    }

    /// Checks a condition's fields, and puts the values of a sub-select in its place.
    fn resolve_condition(
        &self,
        object: &'static ObjectDef,
        condition: &Condition,
    ) -> Result<Condition, Refusal> {
        let all = |parts: &[Condition]| {
            parts
                .iter()
                .map(|part| self.resolve_condition(object, part))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::And(parts) => Condition::And(all(parts)?),
            Condition::Or(parts) => Condition::Or(all(parts)?),
            Condition::Not(part) => Condition::Not(Box::new(self.resolve_condition(object, part)?)),
            Condition::Compare(path, ..) | Condition::In { path, .. } => {
                self.resolve_filter(object, path)?;
                condition.clone()
            }
            Condition::InQuery { path, negated, query } => {
                self.resolve_filter(object, path)?;
                let inner = self.object(query)?;
                let [Item::Field(field, None)] = query.select.as_slice() else {
                    return Err(refuse(
                        "MALFORMED_QUERY",
                        "a semi-join sub-select selects one field",
                    ));
                };
                self.resolve(inner, field)?;
                let rows = self.matching(query, inner)?;
                let values = rows.iter().filter_map(|row| {
                    self.value(inner, row, field).as_str().map(|id| Literal::Text(id.to_owned()))
                });
                Condition::In { path: path.clone(), negated: *negated, values: values.collect() }
            }
        })
    }

    fn holds(&self, object: &'static ObjectDef, row: &Row, condition: &Condition) -> bool {
        match condition {
            Condition::And(parts) => parts.iter().all(|part| self.holds(object, row, part)),
            Condition::Or(parts) => parts.iter().any(|part| self.holds(object, row, part)),
            Condition::Not(part) => !self.holds(object, row, part),
            Condition::Compare(path, operator, literal) => {
                satisfies(&self.value(object, row, path), *operator, literal)
            }
            Condition::In { path, negated, values } => {
                let value = self.value(object, row, path);
                values.iter().any(|literal| satisfies(&value, Operator::Equal, literal)) != *negated
            }
            // Settled before rows are looked at.
            Condition::InQuery { .. } => false,
        }
    }
}

/// Which of two values comes first.
fn sorted(order: &Order, one: &Value, other: &Value) -> Ordering {
    match (one.is_null(), other.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if order.nulls_last => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) if order.nulls_last => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => {
            let ordering = compare(one, other);
            if order.descending { ordering.reverse() } else { ordering }
        }
    }
}

/// The field's name as described, for a name in any case.
fn canonical(org: &Org, object: &ObjectDef, name: &str) -> String {
    object
        .fields(org)
        .into_iter()
        .map(|(field, _)| field)
        .find(|field| field.eq_ignore_ascii_case(name))
        .unwrap_or_else(|| name.to_owned())
}

fn relationship(
    object: &ObjectDef,
    name: &str,
) -> Option<(&'static str, &'static str, &'static str)> {
    object
        .relationships
        .iter()
        .find(|(relationship, _, _)| relationship.eq_ignore_ascii_case(name))
        .copied()
}

fn satisfies(value: &Value, operator: Operator, literal: &Literal) -> bool {
    let other = match literal {
        Literal::Null => Value::Null,
        Literal::Flag(flag) => (*flag).into(),
        Literal::Number(number) => json!(number),
        Literal::Text(text) | Literal::Time(text) => text.clone().into(),
    };
    match operator {
        Operator::Equal => equal(value, &other),
        Operator::NotEqual => !equal(value, &other),
        Operator::Like => match (value, literal) {
            (Value::String(text), Literal::Text(pattern)) => like(text, pattern),
            _ => false,
        },
        // Nothing is less or greater than null.
        _ if value.is_null() || other.is_null() => false,
        Operator::Less => compare(value, &other).is_lt(),
        Operator::LessOrEqual => compare(value, &other).is_le(),
        Operator::Greater => compare(value, &other).is_gt(),
        Operator::GreaterOrEqual => compare(value, &other).is_ge(),
    }
}

/// Text is compared without case, ids of 15 and 18 characters as one.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => {
            one.eq_ignore_ascii_case(other) || (one.len() == 18 && same_id(one, other))
        }
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => text_of(one).cmp(&text_of(other)),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `%` is any text, `_` one character, a backslash takes their meaning away; case does not count.
fn like(text: &str, pattern: &str) -> bool {
    let mut items = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        items.push(match character {
            '%' => Glob::Any,
            '_' => Glob::One,
            '\\' => Glob::Exactly(characters.next().unwrap_or('\\')),
            other => Glob::Exactly(other),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // Row by row: which beginnings of the text does the pattern so far match?
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    for item in items {
        let mut next = vec![false; text.len() + 1];
        match item {
            Glob::Any => {
                let mut open = false;
                for (at, slot) in next.iter_mut().enumerate() {
                    open |= reach[at];
                    *slot = open;
                }
            }
            Glob::One | Glob::Exactly(_) => {
                for at in 0..text.len() {
                    let fits = match item {
                        Glob::Exactly(wanted) => text[at].to_lowercase().eq(wanted.to_lowercase()),
                        Glob::One | Glob::Any => true,
                    };
                    next[at + 1] = reach[at] && fits;
                }
            }
        }
        reach = next;
    }
    reach[text.len()]
}

enum Glob {
    Any,
    One,
    Exactly(char),
}

#[cfg(test)]
mod tests;
