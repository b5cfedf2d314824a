//! What no deploy can bring about, with the reason; and what has no way back.

use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, DeployRule, Field, MetadataType, Odd, layout_identity};
use crate::metadata::value::Value;

/// What cannot be changed in what is there, whoever wants it (S 3.4).
pub(super) fn refuse(
    document: &Document,
    id: &ComponentId,
    path: &FieldPath,
) -> Result<(), String> {
    if id.type_name != "Profile" {
        return Ok(());
    }
    let first = &path.segments()[0];
    let custom = document.root().child_text("custom");
    let is_custom = custom.is_some_and(|text| Value::parse_bool(&text) == Some(true));
    match (first.name.as_str(), &first.key) {
        ("userLicense", _) => {
            Err("a profile's licence can never be changed: clone a profile of the right licence \
                 and move the user to it"
                .to_owned())
        }
        ("custom", _) => Err("a standard profile stays one: clone it, and give the clone's name \
                              to the template"
            .to_owned()),
        // From 50.0 on (S 3.4); the objects of the org itself may be set.
        ("objectPermissions", Some(object)) if !is_custom && !object.contains("__") => {
            Err("a standard profile's permissions on standard objects cannot be edited: clone it, \
                 or grant them in a permission set"
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// What cannot be made by any API.
pub(super) fn refuse_creation(id: &ComponentId) -> Result<(), String> {
    match odd(id).not_made {
        "" => Ok(()),
        why => Err(format!("it does not exist, and {why}")),
    }
}

fn odd(id: &ComponentId) -> Odd {
    let row = registry::find_component(&id.type_name, &id.full_name);
    row.map_or(Odd::NOTHING, |row| row.odd)
}

/// What a deploy has no word for: an entry of a profile that says nothing by flags (a tab, a
/// layout) can be changed, and not taken away (S 3.4).
pub(super) fn refuse_removal(row: &MetadataType, path: &FieldPath) -> Result<(), String> {
    let first = &path.segments()[0];
    let field = row.fields.iter().find(|field| field.name == first.name);
    let is_list = row.deploy == DeployRule::Overlay
        && first.key.is_some()
        && !field.is_some_and(|field| field.sent_whole);
    if !is_list || field.is_none_or(Field::says_by_flags) {
        return Ok(());
    }
    Err("a deploy has no way to take this away: do it in Setup".to_owned())
}

/// How an org lays a list over its own is known by the list's row; without one it might merge, or
/// not.
pub(super) fn refuse_unknown(
    row: &MetadataType,
    values: [&Option<Value>; 2],
) -> Result<(), String> {
    let is_unknown = values.iter().any(|value| matches!(value, Some(Value::Xml(_))));
    if row.deploy != DeployRule::Overlay || !is_unknown {
        return Ok(());
    }
    Err("this program does not know such a list, and a deploy lays it over what is there: do it in \
         Setup, or edit the file (`sfsetup package --in-place`)"
        .to_owned())
}

/// A path that names a layout, with another one wanted there: the entry is found by the layout, and
/// would not be there any more.
pub(super) fn refuse_other_layout(path: &FieldPath, wanted: Option<&Value>) -> Result<(), String> {
    let [Segment { name, key: Some(key) }, last] = path.segments() else { return Ok(()) };
    let named = key.split('|').next().unwrap_or_default();
    let wants_other = wanted.is_some_and(|wanted| wanted.to_string() != named);
    if name != "layoutAssignments" || last.name != "layout" || !named.contains('-') || !wants_other
    {
        return Ok(());
    }
    Err(format!(
        "the path names the layout `{named}`, and another is wanted there: name the object \
         instead, `layoutAssignments[{}].layout`",
        layout_identity(key)
    ))
}

/// Says why making or deleting a component may be for good; none where it is no matter.
pub(super) fn one_way_door(id: &ComponentId) -> Option<String> {
    let why = odd(id).one_way;
    (!why.is_empty()).then(|| format!("{id}: {why}"))
}
