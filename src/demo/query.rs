//! Answers SOQL over the demo org's rows, with Salesforce's words for what it does not understand.

mod below;
mod compare;
mod group;
mod literal;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::deploy::NEWEST;
use super::eventlog::is_kept;
use super::id::same_id;
use super::objects::{ObjectDef, find};
use super::refusal::{Refusal, refuse};
use super::signins::session_id;
use super::soql::{Condition, Item, Literal, Operator, Path, Query, parse};
use super::state::{Org, Row, string, timestamp};
use compare::{satisfies, sorted};
use literal::{Wanted, wanted};

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
    asker: Asker<'_>,
    text: &str,
    tooling: bool,
) -> Result<Answer, Refusal> {
    let query = parse(text)?;
    let runner = Runner { org, asker, text, tooling, parents: RefCell::default() };
    match runner.without_records(&query) {
        Some(answer) => answer,
        None => runner.run(&query),
    }
}

/// Who asks, how and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) user: &'a str,
    /// The access token.
    pub(crate) token: &'a str,
    /// The version of the API, as the address has it.
    pub(crate) version: &'a str,
    pub(crate) now: u64,
}

impl Asker<'_> {
    /// The version's number.
    pub(crate) fn number(&self) -> u16 {
        self.version.trim_end_matches(".0").parse().unwrap_or(NEWEST)
    }
}

/// A condition whose fields were found and whose values were read.
enum Test {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Compare(Path, Operator, Wanted),
    In { path: Path, negated: bool, values: Vec<Wanted> },
}

/// How many rows of an object come in all: of `OauthToken` so many, and then it simply ends
/// (S 12.3).
fn most(object: &ObjectDef) -> usize {
    if object.name == "OauthToken" { 2500 } else { usize::MAX }
}

/// What every record has beside the fields that carry field-level security.
const OF_EVERY_RECORD: [&str; 6] =
    ["Id", "CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp"];

/// Marks the caller's own session, which is in use now.
fn mark_current(row: &mut Row, asker: Asker<'_>) {
    if string(row, "Id") != session_id(asker.token) {
        return;
    }
    let now = Value::from(timestamp(asker.now, "+0000"));
    row.insert("IsCurrent".to_owned(), true.into());
    row.insert("LastModifiedDate".to_owned(), now.clone());
    if row.get("CreatedDate").is_none_or(Value::is_null) {
        row.insert("CreatedDate".to_owned(), now);
    }
}

struct Runner<'a> {
    org: &'a Org,
    asker: Asker<'a>,
    text: &'a str,
    tooling: bool,
    /// The rows of objects that relationships led to.
    parents: RefCell<BTreeMap<(&'static str, bool), Vec<Row>>>,
}

impl Runner<'_> {
    fn object(&self, query: &Query) -> Result<&'static ObjectDef, Refusal> {
        let object =
            find(&query.object, self.tooling).filter(|object| object.since <= self.asker.number());
        if let Some(object) = object
            && !self.org.may_see(self.asker.user, object)
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
        let mut rows = self.org.visible_rows(self.asker.user, object);
        if object.name == "AuthSession" {
            rows.iter_mut().for_each(|row| mark_current(row, self.asker));
        }
        if object.name == "EventLogFile" {
            rows.retain(|row| is_kept(row, self.asker.now));
        }
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
                Item::Below(query) => self.resolve_below(object, query)?,
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
            .take(query.limit.unwrap_or(usize::MAX).min(most(object)))
            .map(|row| self.record(object, row, &query.select))
            .collect::<Result<_, _>>()?;
        Ok(Answer { total: records.len(), records })
    }

    fn record(
        &self,
        object: &'static ObjectDef,
        row: &Row,
        select: &[Item],
    ) -> Result<Value, Refusal> {
        let mut out = json!({ "attributes": self.attributes(object.name, row) });
        for item in select {
            match item {
                Item::Field(path, _) => self.put(&mut out, object, row, &path.names),
                Item::Below(query) => {
                    let (name, rows) = self.below(object, row, query)?;
                    out[name] = rows;
                }
                Item::Count | Item::Aggregate(..) => {}
            }
        }
        Ok(out)
    }

    fn attributes(&self, object: &str, row: &Row) -> Value {
        let folder = if self.tooling { "tooling/sobjects" } else { "sobjects" };
        json!({
            "type": object,
            "url": format!("/services/data/v{}/{folder}/{object}/{}", self.asker.version, string(row, "Id")),
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
                .or_insert_with(|| self.org.visible_rows(self.asker.user, target));
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
        if object
            .fields_at(self.org, self.asker.number())
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(last))
        {
            return Ok(object);
        }
        Err(self.no_column(last, object.name, path.at))
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

    /// The type of what a path leads to.
    fn kind(&self, object: &'static ObjectDef, names: &[String]) -> &'static str {
        match names {
            [name] => {
                let mut fields = object.fields(self.org).into_iter();
                fields.find(|(one, _)| one.eq_ignore_ascii_case(name)).map_or("", |(_, kind)| kind)
            }
            [name, rest @ ..] => relationship(object, name)
                .and_then(|(_, _, target)| {
                    find(target, self.tooling).or_else(|| find(target, false))
                })
                .map_or("", |target| self.kind(target, rest)),
            [] => "",
        }
    }

    /// Reads a value for a field.
    fn wanted(
        &self,
        object: &'static ObjectDef,
        path: &Path,
        operator: Operator,
        literal: &Literal,
    ) -> Result<Wanted, Refusal> {
        let field = (path.names.last().map_or("", String::as_str), self.kind(object, &path.names));
        wanted(literal, field, operator, self.asker.now, &self.pointer(path.at))
    }

    /// Checks a condition's fields, and puts the values of a sub-select in its place.
    fn resolve_condition(
        &self,
        object: &'static ObjectDef,
        condition: &Condition,
    ) -> Result<Test, Refusal> {
        let all = |parts: &[Condition]| {
            parts
                .iter()
                .map(|part| self.resolve_condition(object, part))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::And(parts) => Test::And(all(parts)?),
            Condition::Or(parts) => Test::Or(all(parts)?),
            Condition::Not(part) => Test::Not(Box::new(self.resolve_condition(object, part)?)),
            Condition::Compare(path, operator, literal) => {
                self.resolve_filter(object, path)?;
                let wanted = self.wanted(object, path, *operator, literal)?;
                Test::Compare(path.clone(), *operator, wanted)
            }
            Condition::In { path, negated, values } => {
                self.resolve_filter(object, path)?;
                let values =
                    values.iter().map(|one| self.wanted(object, path, Operator::Equal, one));
                let values = values.collect::<Result<_, _>>()?;
                Test::In { path: path.clone(), negated: *negated, values }
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
                    let id = self.value(inner, row, field).as_str()?.to_owned();
                    Some(Wanted::Value(Literal::Text(id)))
                });
                Test::In { path: path.clone(), negated: *negated, values: values.collect() }
            }
        })
    }

    fn holds(&self, object: &'static ObjectDef, row: &Row, test: &Test) -> bool {
        match test {
            Test::And(parts) => parts.iter().all(|part| self.holds(object, row, part)),
            Test::Or(parts) => parts.iter().any(|part| self.holds(object, row, part)),
            Test::Not(part) => !self.holds(object, row, part),
            Test::Compare(path, operator, wanted) => {
                satisfies(&self.value(object, row, path), *operator, wanted)
            }
            Test::In { path, negated, values } => {
                let value = self.value(object, row, path);
                values.iter().any(|wanted| satisfies(&value, Operator::Equal, wanted)) != *negated
            }
        }
    }

    /// The answer to a query of an object of the org's business that the caller reads: the demo org
    /// holds no records of them. `None` where it is another object.
    fn without_records(&self, query: &Query) -> Option<Result<Answer, Refusal>> {
        if self.tooling || find(&query.object, false).is_some() {
            return None;
        }
        let mut objects = self.org.catalog.objects.iter();
        let (name, kind) = objects.find(|(name, _)| name.eq_ignore_ascii_case(&query.object))?;
        if !self.org.sees_object(self.asker.user, name) {
            return None;
        }
        let seen = self.org.seen_fields(self.asker.user, name, kind);
        let unknown = query.select.iter().find_map(|item| match item {
            Item::Field(path, _) | Item::Aggregate(_, path, _) => {
                let [field] = path.names.as_slice() else { return None };
                let mut known = seen.fields.keys().map(String::as_str).chain(OF_EVERY_RECORD);
                (!known.any(|one| one.eq_ignore_ascii_case(field))).then_some((field, path.at))
            }
            Item::Count | Item::Below(_) => None,
        });
        Some(match unknown {
            Some((field, at)) => Err(self.no_column(field, name, at)),
            None => Ok(Answer { total: 0, records: Vec::new() }),
        })
    }

    fn no_column(&self, field: &str, object: &str, at: usize) -> Refusal {
        refuse(
            "INVALID_FIELD",
            format!(
                "{}No such column '{field}' on entity '{object}'. If you are attempting to use a \
                 custom field, be sure to append the '__c' after the custom field name. Please \
                 reference your WSDL or the describe call for the appropriate names.",
                self.pointer(at)
            ),
        )
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

#[cfg(test)]
mod tests;
