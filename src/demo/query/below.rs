//! Queries in the list of what is selected: the rows that hang on each row.

use serde_json::{Value, json};

use super::super::objects::ObjectDef;
use super::super::refusal::{Refusal, refuse};
use super::super::soql::{Condition, Item, Literal, Operator, Path, Query};
use super::super::state::{Row, string};
use super::Runner;

/// Relationships downwards: the object, the name, the object below, its field with the id.
const CHILDREN: &[(&str, &str, &str, &str)] = &[
    ("PermissionSet", "Assignments", "PermissionSetAssignment", "PermissionSetId"),
    ("PermissionSet", "FieldPerms", "FieldPermissions", "ParentId"),
    ("PermissionSet", "ObjectPerms", "ObjectPermissions", "ParentId"),
    ("PermissionSet", "SetupEntityAccessItems", "SetupEntityAccess", "ParentId"),
    ("PermissionSetGroup", "Assignments", "PermissionSetAssignment", "PermissionSetGroupId"),
    (
        "PermissionSetGroup",
        "PermissionSetGroupComponents",
        "PermissionSetGroupComponent",
        "PermissionSetGroupId",
    ),
    ("Profile", "Users", "User", "ProfileId"),
    ("User", "PermissionSetAssignments", "PermissionSetAssignment", "AssigneeId"),
    ("User", "PermissionSetLicenseAssignments", "PermissionSetLicenseAssign", "AssigneeId"),
];

fn relationship(
    object: &ObjectDef,
    name: &str,
) -> Option<(&'static str, &'static str, &'static str)> {
    CHILDREN
        .iter()
        .find(|(one, relation, ..)| *one == object.name && relation.eq_ignore_ascii_case(name))
        .map(|(_, relation, below, field)| (*relation, *below, *field))
}

impl Runner<'_> {
    /// Checks that a query below leads somewhere.
    pub(super) fn resolve_below(
        &self,
        object: &'static ObjectDef,
        query: &Query,
    ) -> Result<(), Refusal> {
        let Some((_, name, _)) = relationship(object, &query.object) else {
            return Err(refuse(
                "INVALID_TYPE",
                format!(
                    "{}Didn't understand relationship '{}' in FROM part of query call. If you are \
                     attempting to use a custom relationship, be sure to append the '__r' after \
                     the custom relationship name. Please reference your WSDL or the describe \
                     call for the appropriate names.",
                    self.pointer(query.object_at),
                    query.object
                ),
            ));
        };
        // Once for the query, whether there are rows or not.
        let query = Query { object: name.to_owned(), ..query.clone() };
        let below = self.object(&query)?;
        query.select.iter().try_for_each(|item| match item {
            Item::Field(path, _) | Item::Aggregate(_, path, _) => {
                self.resolve(below, path).map(|_| ())
            }
            Item::Count | Item::Below(_) => Ok(()),
        })
    }

    /// The rows below a row, by the name of the relationship as described; null where there are
    /// none.
    pub(super) fn below(
        &self,
        object: &'static ObjectDef,
        row: &Row,
        query: &Query,
    ) -> Result<(&'static str, Value), Refusal> {
        let Some((relation, name, field)) = relationship(object, &query.object) else {
            return Ok(("", Value::Null));
        };
        let path = Path { names: vec![field.to_owned()], at: query.object_at };
        let id = Literal::Text(string(row, "Id").to_owned());
        let own = Condition::Compare(path, Operator::Equal, id);
        let condition = match &query.condition {
            Some(condition) => Condition::And(vec![own, condition.clone()]),
            None => own,
        };
        let query = Query { object: name.to_owned(), condition: Some(condition), ..query.clone() };
        let answer = self.run(&query)?;
        let rows = match answer.records.len() {
            0 => Value::Null,
            total => json!({ "totalSize": total, "done": true, "records": answer.records }),
        };
        Ok((relation, rows))
    }
}
