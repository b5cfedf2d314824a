//! What no deploy can bring about, with the reason; and what has no way back.

use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{DeployRule, Field, MetadataType, layout_identity};
use crate::metadata::value::Value;
use crate::package::SENT_ALONG;

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

/// What cannot be made by any API (S 2.8).
pub(super) fn refuse_creation(id: &ComponentId) -> Result<(), String> {
    if id.type_name != "ConnectedApp" {
        return Ok(());
    }
    Err("the org has no such app, and a connected app cannot be created since Spring '26, by any \
         API: if it is the vendor's, install it (Setup > Connected Apps OAuth Usage, \
         /lightning/setup/ConnectedAppsUsage/home, or the vendor's package), otherwise use an \
         external client app"
        .to_owned())
}

/// What a deploy has no word for: an entry of a profile that says nothing by flags (a tab, a
/// layout) can be changed, and not taken away (S 3.4).
pub(super) fn refuse_removal(row: &MetadataType, path: &FieldPath) -> Result<(), String> {
    let first = &path.segments()[0];
    let is_list = row.deploy == DeployRule::Overlay
        && first.key.is_some()
        && !SENT_ALONG.contains(&first.name.as_str());
    let field = row.fields.iter().find(|field| field.name == first.name);
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
    match id.type_name.as_str() {
        "Profile" => Some(format!(
            "{id}: a profile that a user is on by then cannot be deleted; move the user first"
        )),
        "ExternalClientApplication" => Some(format!(
            "{id}: deleting the app ends every session that was opened through it, and its key is \
             gone"
        )),
        name if name.starts_with("ExtlClnt") => {
            Some(format!("{id}: goes with its external client app"))
        }
        _ => None,
    }
}
