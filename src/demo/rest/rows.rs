//! Single rows by REST: read, made, changed, deleted; and what the audit trail says of it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::audit;
use super::super::eventlog::is_kept;
use super::super::id::{is_id, same_id};
use super::super::objects::{ObjectDef, find};
use super::super::refusal::{Refusal, not_found, refuse};
use super::super::state::{Row, string};
use super::super::wire::Reply;
use super::{Call, sets};

pub(super) fn row(call: &Call<'_>, name: &str, id: &str) -> Result<Reply, Refusal> {
    let org = &call.state.org;
    let object = find(name, false).filter(|object| org.may_see(&call.user, object));
    let object = object.ok_or_else(not_found)?;
    let rows = org.visible_rows(&call.user, object);
    of_row(id)?;
    let row = rows.iter().find(|row| same_id(string(row, "Id"), id)).ok_or_else(not_found)?;
    let mut shown = json!({
        "attributes": { "type": object.name, "url": format!("/services/data/v{}/sobjects/{}/{id}", call.version, object.name) },
    });
    for (field, _) in object.fields(&call.state.org) {
        shown[&field] = row.get(&field).cloned().unwrap_or(Value::Null);
    }
    Ok(Reply::json(200, &shown))
}

/// Looks at the id of an address: what is none is taken for an external id, which no object here
/// has (S 6.8).
fn of_row(id: &str) -> Result<(), Refusal> {
    let words = "Provided external ID field does not exist or is not accessible: ";
    if is_id(id) { Ok(()) } else { Err(refuse("NOT_FOUND", format!("{words}{id}"))) }
}

/// An object whose rows can be made and deleted; `wrong` is the code for another, `verb` its word.
fn writable(name: &str, wrong: &'static str, verb: &str) -> Result<&'static ObjectDef, Refusal> {
    let object = find(name, false).ok_or_else(not_found)?;
    if object.writable {
        Ok(object)
    } else {
        Err(refuse(wrong, format!("entity type cannot be {verb}: {}", object.name)))
    }
}

/// Assigning needs a right of its own (S 4.4), to pre-authorise an app three (S 1.4).
fn manage(call: &Call<'_>, object: &ObjectDef) -> Result<(), Refusal> {
    if call.state.org.may_make(&call.user, object) {
        Ok(())
    } else {
        Err(refuse("INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id"))
    }
}

pub(super) fn delete(call: &mut Call<'_>, name: &str, id: &str) -> Result<Reply, Refusal> {
    let object = writable(name, "INVALID_TYPE_FOR_OPERATION", "deleted")?;
    of_row(id)?;
    if object.name == "PermissionSet" {
        return sets::delete(call, id);
    }
    manage(call, object)?;
    let row = call.state.org.stored_row(object.name, id);
    call.state.org.delete_row(object, id)?;
    note(call, object.name, row, false);
    Ok(Reply::empty(204))
}

pub(super) fn create(call: &mut Call<'_>, name: &str) -> Result<Reply, Refusal> {
    let values: Row = body(call)?;
    let id = insert(call, name, &values)?;
    Ok(Reply::json(201, &made(&id)))
}

/// What `composite/sobjects` takes.
#[derive(Deserialize)]
struct Collection {
    #[serde(default, rename = "allOrNone")]
    all_or_none: bool,
    records: Vec<Row>,
}

/// So many rows may come at once.
const MOST_RECORDS: usize = 200;

/// Makes several rows, each with an answer of its own, as CumulusCI does it: all, where that is
/// asked for, or none.
pub(super) fn create_all(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let Collection { all_or_none, records } = body(call)?;
    if records.len() > MOST_RECORDS {
        let words = format!("record limit reached. cannot submit more than {MOST_RECORDS} records");
        return Err(refuse("EXCEEDED_ID_LIMIT", words));
    }
    let before = call.state.org.clone();
    let mut results: Vec<Result<String, Refusal>> = Vec::new();
    for mut record in records {
        let attributes = record.remove("attributes").unwrap_or_default();
        let name = attributes["type"].as_str().unwrap_or_default();
        results.push(insert(call, name, &record));
    }
    if all_or_none && results.iter().any(Result::is_err) {
        call.state.org = before;
        for result in results.iter_mut().filter(|one| one.is_ok()) {
            *result = Err(refuse(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "Record rolled back because not all records were valid and the request was using \
                 AllOrNone header",
            ));
        }
    }
    let answer = |result: &Result<String, Refusal>| match result {
        Ok(id) => made(id),
        Err(Refusal { code, message }) => json!({
            "success": false,
            "errors": [{ "statusCode": code, "message": message, "fields": [] }],
        }),
    };
    Ok(Reply::json(200, &results.iter().map(answer).collect()))
}

/// Makes a row of an object; returns its id.
fn insert(call: &mut Call<'_>, name: &str, values: &Row) -> Result<String, Refusal> {
    let object = writable(name, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "inserted")?;
    if object.name == "PermissionSet" {
        return sets::create(call, object, values);
    }
    manage(call, object)?;
    let id = call.state.org.create_row(object, values)?;
    call.state.org.stamp_row(object.name, &id, &call.user, call.now);
    let row = call.state.org.stored_row(object.name, &id);
    note(call, object.name, row, true);
    Ok(id)
}

fn made(id: &str) -> Value {
    json!({ "id": id, "success": true, "errors": [] })
}

fn body<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(&call.request.body)
        .map_err(|error| refuse("JSON_PARSER_ERROR", error.to_string()))
}

/// Puts a row that came or went on the audit trail.
fn note(call: &mut Call<'_>, object: &str, row: Option<Row>, is_new: bool) {
    let change = row.and_then(|row| audit::of_row(&call.state.org, object, &row, is_new));
    call.state.org.note_changes(change.into_iter().collect(), &call.user, call.now);
    call.state.dirty = true;
}

fn manage_users(call: &Call<'_>) -> Result<(), Refusal> {
    if call.state.org.is_permitted(&call.user, "ManageUsers") { Ok(()) } else { Err(not_found()) }
}

/// Whether a user's password has expired (S 12.1).
pub(super) fn password(call: &Call<'_>, id: &str) -> Result<Reply, Refusal> {
    let org = &call.state.org;
    if !org.is_permitted(&call.user, "ManageUsers") {
        return Err(refuse("INSUFFICIENT_ACCESS", "insufficient access rights on object id"));
    }
    of_row(id)?;
    let row = org.stored_row("User", id).ok_or_else(not_found)?;
    let is_expired = org.history.expired.contains(string(&row, "Id"));
    Ok(Reply::json(200, &json!({ "isExpired": is_expired })))
}

/// The file of a day's events (S 12.6).
pub(super) fn log_file(call: &Call<'_>, id: &str) -> Result<Reply, Refusal> {
    let org = &call.state.org;
    let object = find("EventLogFile", false).filter(|object| org.may_see(&call.user, object));
    let rows = org.visible_rows(&call.user, object.ok_or_else(not_found)?);
    of_row(id)?;
    let is_it = |row: &&Row| same_id(string(row, "Id"), id) && is_kept(row, call.now);
    rows.iter().find(is_it).ok_or_else(not_found)?;
    Ok(Reply {
        status: 200,
        content_type: "text/csv",
        headers: Vec::new(),
        body: org.event_log().into_bytes(),
    })
}

pub(super) fn end_session(call: &mut Call<'_>, id: &str) -> Result<Reply, Refusal> {
    manage_users(call)?;
    of_row(id)?;
    if !call.state.org.end_session(id) {
        return Err(refuse("ENTITY_IS_DELETED", "entity is deleted"));
    }
    call.state.dirty = true;
    Ok(Reply::empty(204))
}

/// `IsFrozen` can be set, and `IsPasswordLocked` to false alone (S 12.1); here nobody is locked out.
pub(super) fn freeze(call: &mut Call<'_>, id: &str) -> Result<Reply, Refusal> {
    manage_users(call)?;
    of_row(id)?;
    let values: Row = body(call)?;
    let is_settable = |(name, value): (&String, &Value)| match name.as_str() {
        "IsFrozen" => value.is_boolean(),
        "IsPasswordLocked" => *value == Value::Bool(false),
        _ => false,
    };
    if !values.iter().all(is_settable) {
        return Err(refuse(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: only IsFrozen can be set, and IsPasswordLocked to false",
        ));
    }
    if let Some(frozen) = values.get("IsFrozen").and_then(Value::as_bool) {
        let name = call.state.org.freeze(id, frozen).ok_or_else(not_found)?;
        let (action, word) =
            if frozen { ("frozeuser", "Froze") } else { ("unfrozeuser", "Unfroze") };
        let change = audit::change(action, "Manage Users", format!("{word} user {name}"));
        call.state.org.note_changes(vec![change], &call.user, call.now);
        call.state.dirty = true;
    }
    Ok(Reply::empty(204))
}
