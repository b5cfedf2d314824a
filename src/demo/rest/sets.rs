//! Permission sets as rows: made and deleted by REST, by the rules of a deploy.

use serde_json::Value;

use super::super::deploy::direct::{Fault, Write, Writer};
use super::super::id::{reference, same_id, unknown};
use super::super::objects::ObjectDef;
use super::super::refusal::{Refusal, refuse};
use super::super::state::{Org, Row, component_id, string};
use super::super::tree::Node;
use super::super::wire::Reply;
use super::Call;

const SET: &str = "PermissionSet";

/// Fields that a new set's row may have beside its permissions.
const FIELDS: &[&str] = &["Description", "HasActivationRequired", "Label", "LicenseId", "Name"];

/// Makes a permission set; returns its id.
pub(super) fn create(
    call: &mut Call<'_>,
    object: &ObjectDef,
    values: &Row,
) -> Result<String, Refusal> {
    let node = component(&call.state.org, object, values)?;
    write(call, |org, writer| org.write_component(Write::Create, SET, &node, writer).map(|_| ()))?;
    Ok(component_id(SET, string(values, "Name")))
}

/// Deletes a permission set by the id of its row.
pub(super) fn delete(call: &mut Call<'_>, id: &str) -> Result<Reply, Refusal> {
    let is_it = |name: &str| same_id(&component_id(SET, name), id);
    let mut keys = call.state.org.components.keys();
    let found = keys.find(|(type_name, name)| type_name == SET && is_it(name)).cloned();
    let (_, name) = found.ok_or_else(|| refuse("ENTITY_IS_DELETED", "entity is deleted"))?;
    write(call, |org, writer| org.delete_component(SET, &name, writer))?;
    Ok(Reply::empty(204))
}

/// Does something with the org's components, and puts it on the audit trail.
fn write(
    call: &mut Call<'_>,
    action: impl FnOnce(&mut Org, Writer<'_>) -> Result<(), Vec<Fault>>,
) -> Result<(), Refusal> {
    let right = "ManageProfilesPermissionsets";
    if !call.state.org.is_permitted(&call.user, right) {
        let words = "insufficient access rights on cross-reference id";
        return Err(refuse("INSUFFICIENT_ACCESS", words));
    }
    let before = call.state.org.clone();
    let writer = Writer { user: &call.user, now: call.now, version: call.number() };
    action(&mut call.state.org, writer).map_err(|faults| {
        let fault = faults.into_iter().next();
        fault.map_or_else(unknown, |(code, words)| refuse(code, words))
    })?;
    let changes = before.changes_to(&call.state.org);
    call.state.org.note_changes(changes, &call.user, call.now);
    call.state.dirty = true;
    Ok(())
}

/// The set that a row describes.
fn component(org: &Org, object: &ObjectDef, values: &Row) -> Result<Node, Refusal> {
    let known = object.fields(org);
    let mut children = Vec::new();
    for (field, value) in values {
        let is_known = known.iter().any(|(name, _)| name == field);
        let permission = field.strip_prefix("Permissions").filter(|_| is_known);
        if permission.is_none() && !FIELDS.contains(&field.as_str()) {
            let words = format!("No such column '{field}' on sobject of type {SET}");
            return Err(refuse("INVALID_FIELD", words));
        }
        if let Some(name) = permission.filter(|_| *value == Value::Bool(true)) {
            let parts = vec![Node::text("enabled", "true"), Node::text("name", name)];
            children.push(Node::group("userPermissions", parts));
        }
    }
    for (field, element) in
        [("Name", "fullName"), ("Label", "label"), ("Description", "description")]
    {
        match string(values, field) {
            "" if field != "Description" => {
                let words = format!("Required fields are missing: [{field}]");
                return Err(refuse("REQUIRED_FIELD_MISSING", words));
            }
            "" => {}
            text => children.push(Node::text(element, text)),
        }
    }
    if values.get("HasActivationRequired") == Some(&Value::Bool(true)) {
        children.push(Node::text("hasActivationRequired", "true"));
    }
    let licence = string(values, "LicenseId");
    if !licence.is_empty() {
        reference("License ID", licence, &["0PL", "100"])?;
        let kinds = ["PermissionSetLicense", "UserLicense"];
        let mut rows = kinds.iter().filter_map(|kind| org.records.get(*kind)).flatten();
        let row = rows.find(|row| same_id(string(row, "Id"), licence)).ok_or_else(unknown)?;
        children.push(Node::text("license", string(row, "MasterLabel")));
    }
    Ok(Node::group(SET, children))
}
