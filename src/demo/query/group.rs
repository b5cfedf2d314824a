//! Queries whose rows are put together: `GROUP BY`, `COUNT(field)`, `MIN` and `MAX`.

use serde_json::{Value, json};

use super::super::objects::ObjectDef;
use super::super::refusal::{Refusal, refuse};
use super::super::soql::{Function, Item, Path, Query};
use super::super::state::Row;
use super::compare::{compare, equal, sorted};
use super::{Answer, Runner};

/// The most rows that a grouped query gives.
const MOST: usize = 2000;

impl Runner<'_> {
    /// Answers a query that groups; without `GROUP BY` all rows are one group, also where there are
    /// none.
    pub(super) fn grouped(
        &self,
        query: &Query,
        object: &'static ObjectDef,
    ) -> Result<Answer, Refusal> {
        for path in &query.group {
            self.resolve(object, path)?;
        }
        let is_counted = |item: &Item| matches!(item, Item::Aggregate(Function::Count, ..));
        if object.name == "SetupAuditTrail" && query.select.iter().any(is_counted) {
            // `count()` works there, and this does not (S 12.5).
            return Err(refuse(
                "MALFORMED_QUERY",
                "field Id does not support aggregate operator COUNT",
            ));
        }
        let ordered = query.order.iter().map(|order| &order.item);
        for item in query.select.iter().chain(ordered) {
            check(item, &query.group)?;
        }
        let mut groups: Vec<(Vec<Value>, Vec<Row>)> = Vec::new();
        if query.group.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        for row in self.matching(query, object)? {
            let key: Vec<Value> =
                query.group.iter().map(|path| self.value(object, &row, path)).collect();
            let is_same =
                |known: &[Value]| known.iter().zip(&key).all(|(one, two)| equal(one, two));
            match groups.iter_mut().find(|(known, _)| is_same(known)) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        // Without an order of its own a query's groups come in that of their keys.
        groups.sort_by(|(one, _), (other, _)| {
            let parts = one.iter().zip(other).map(|(one, other)| compare(one, other));
            parts.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        for order in query.order.iter().rev() {
            groups.sort_by(|(_, one), (_, other)| {
                let of = |rows: &[Row]| self.of_group(object, rows, &order.item);
                sorted(order, &of(one), &of(other))
            });
        }
        let records: Vec<Value> = groups
            .iter()
            .skip(query.offset)
            .take(query.limit.unwrap_or(MOST).min(MOST))
            .map(|(_, rows)| self.aggregate(object, rows, &query.select))
            .collect();
        Ok(Answer { total: records.len(), records })
    }

    fn aggregate(&self, object: &'static ObjectDef, rows: &[Row], select: &[Item]) -> Value {
        let mut out = json!({ "attributes": { "type": "AggregateResult" } });
        let mut nameless = 0;
        for item in select {
            let name = match item {
                Item::Field(_, Some(alias)) | Item::Aggregate(_, _, Some(alias)) => alias.clone(),
                Item::Field(path, None) => path.names.last().cloned().unwrap_or_default(),
                Item::Aggregate(..) | Item::Below(_) | Item::Count => {
                    nameless += 1;
                    format!("expr{}", nameless - 1)
                }
            };
            out[name] = self.of_group(object, rows, item);
        }
        out
    }

    /// What an item is for the rows of a group.
    fn of_group(&self, object: &'static ObjectDef, rows: &[Row], item: &Item) -> Value {
        let values = |path: &Path| {
            let values = rows.iter().map(|row| self.value(object, row, path));
            values.filter(|value| !value.is_null()).collect::<Vec<_>>()
        };
        match item {
            Item::Count | Item::Below(_) => rows.len().into(),
            Item::Field(path, _) => {
                rows.first().map_or(Value::Null, |row| self.value(object, row, path))
            }
            Item::Aggregate(Function::Count, path, _) => values(path).len().into(),
            Item::Aggregate(Function::CountDistinct, path, _) => {
                let mut known: Vec<Value> = Vec::new();
                for value in values(path) {
                    if !known.iter().any(|one| equal(one, &value)) {
                        known.push(value);
                    }
                }
                known.len().into()
            }
            Item::Aggregate(Function::Least, path, _) => {
                values(path).into_iter().min_by(compare).unwrap_or(Value::Null)
            }
            Item::Aggregate(Function::Greatest, path, _) => {
                values(path).into_iter().max_by(compare).unwrap_or(Value::Null)
            }
        }
    }
}

/// A field must be one of those that are grouped by.
fn check(item: &Item, group: &[Path]) -> Result<(), Refusal> {
    match item {
        Item::Aggregate(..) => Ok(()),
        Item::Count => Err(refuse("MALFORMED_QUERY", "unexpected token: 'COUNT'")),
        // The words are the demo org's own.
        Item::Below(_) => Err(refuse("MALFORMED_QUERY", "a grouped query has no rows below it")),
        Item::Field(path, _) => {
            let is_it = |one: &Path| {
                one.names.len() == path.names.len()
                    && one
                        .names
                        .iter()
                        .zip(&path.names)
                        .all(|(one, two)| one.eq_ignore_ascii_case(two))
            };
            if group.iter().any(is_it) {
                return Ok(());
            }
            Err(refuse(
                "MALFORMED_QUERY",
                format!("Field must be grouped or aggregated: {}", path.names.join(".")),
            ))
        }
    }
}
