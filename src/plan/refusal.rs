//! What no deploy can bring about, or no package can hold, with the reason; and what has no way
//! back.

use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{
    self, DeployRule, Field, MetadataType, Odd, layout_identity, wsdl,
};
use crate::metadata::settings::doubles;
use crate::metadata::value::Value;
use crate::package::{Change, PackageError, Target};

use super::Basis;
use super::left::Left;

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
    let row = registry::find_component(&id.type_name, &id.full_name);
    match row.and_then(MetadataType::why_not_made) {
        None => Ok(()),
        Some(why) => Err(format!("it does not exist, and {why}")),
    }
}

/// Refuses to make what would be a package's: an org makes nothing with another's namespace.
pub(super) fn refuse_packaged(id: &ComponentId, basis: &Basis<'_>) -> Result<(), String> {
    // Of these the name alone tells: two underscores stand behind a namespace, and nowhere else.
    let is_told = matches!(
        id.type_name.as_str(),
        "MutingPermissionSet" | "PermissionSet" | "PermissionSetGroup"
    );
    let namespace = id.full_name.split_once("__").map(|(namespace, _)| namespace);
    let Some(namespace) = namespace.filter(|_| is_told && basis.is_online) else { return Ok(()) };
    let own = basis.limits.namespace.as_deref();
    if own.is_some_and(|own| own.eq_ignore_ascii_case(namespace)) {
        return Ok(());
    }
    Err(format!(
        "it does not exist, and only the package `{namespace}` brings what has this namespace: \
         install it, or a newer version of it"
    ))
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

/// An entry that a deploy lays over the org's can have each flag taken back, and stays an entry.
pub(super) fn refuse_whole_entry(row: &MetadataType, path: &FieldPath) -> Result<(), String> {
    let [only] = path.segments() else { return Ok(()) };
    let field = row.fields.iter().find(|field| field.name == only.name);
    let is_laid_over = row.deploy == DeployRule::Overlay
        && only.key.is_some()
        && field.is_some_and(|field| field.says_by_flags() && !field.sent_whole);
    if !is_laid_over {
        return Ok(());
    }
    Err("a deploy can set every flag of an entry of a profile to false, and not take the entry \
         away: ask for each flag to be false, or do it in Setup"
        .to_owned())
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
         Setup, or edit the file in a checkout (`--in-place`)"
        .to_owned())
}

/// Says that a file is none without the source beside it, which this program neither sends nor
/// makes; none where it needs none, or a file that is there is edited.
pub(super) fn sent_alone(target: &Target, basis: &Basis<'_>) -> Option<String> {
    let told = wsdl::find(&target.id.type_name)?;
    let is_edited = basis.is_in_place && target.before.is_some();
    (target.after.is_some() && !is_edited && told.place.beside_content).then(|| {
        "it is whole only together with its source, which sfsetup does not carry: deploy it with \
         the sf command line, or copy its files"
            .to_owned()
    })
}

/// Says that a document which is sent as a whole was not read as a whole: a deploy would take the
/// rest of it away; none where it was, or only the files are edited.
pub(super) fn sent_in_part(target: &Target, basis: &Basis<'_>) -> Option<String> {
    let row = registry::find_component(&target.id.type_name, &target.id.full_name)?;
    if basis.is_in_place || row.deploy == DeployRule::Overlay {
        return None;
    }
    let why = basis.components.not_observed.get(&target.id)?;
    target
        .before
        .as_ref()
        .map(|_| format!("it would be sent as a whole, and a part of it was not read: {why}"))
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

/// A change, or all that is meant with a component, that cannot be packaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) id: ComponentId,
    pub(super) path: Option<FieldPath>,
    pub(super) reason: String,
}

impl Refused {
    pub(super) fn all_of(id: ComponentId, reason: String) -> Self {
        Self { id, path: None, reason }
    }

    /// Says whether it is about a component, a part of an external client app also by its app.
    pub(super) fn is_about(&self, id: &ComponentId) -> bool {
        let made_as = registry::find(&id.type_name).and_then(|row| row.odd.made_as);
        let is_part = |suffix| self.id.full_name == format!("{}{suffix}", id.full_name);
        self.id == *id || (self.id.type_name == id.type_name && made_as.is_some_and(is_part))
    }

    pub(super) fn subject(&self) -> String {
        match &self.path {
            Some(path) => format!("{} {path}", self.id),
            None => self.id.to_string(),
        }
    }

    pub(super) fn left(self) -> Left {
        Left::of(&self.id, self.path.as_ref(), self.reason)
    }
}

/// Says that a document which is sent as a whole has an entry twice, and which of them an org takes
/// nobody knows; none where it has not.
pub(super) fn sent_twice(target: &Target, basis: &Basis<'_>) -> Option<String> {
    let row = registry::find_component(&target.id.type_name, &target.id.full_name)?;
    if basis.is_in_place || row.deploy == DeployRule::Overlay {
        return None;
    }
    let twice = doubles(row, target.after.as_ref()?);
    let one = twice.first()?;
    Some(format!(
        "it would be sent as a whole, and `{}` stands in it more than once and says different \
         things: make it one entry first",
        one.entry
    ))
}

/// Makes a target of some changes of one component.
type Aim<'a> = dyn Fn(&[&Change]) -> Result<Option<Target>, PackageError> + 'a;

/// Finds the changes that contradict a file each by itself.
pub(super) fn contradicting<'c>(changes: &[&'c Change], aim: &Aim<'_>) -> Vec<&'c Change> {
    match changes {
        [] => Vec::new(),
        _ if aim(changes).is_ok() => Vec::new(),
        [one] => vec![*one],
        more => {
            let (first, second) = more.split_at(more.len() / 2);
            [contradicting(first, aim), contradicting(second, aim)].concat()
        }
    }
}
