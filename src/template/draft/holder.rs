//! What a profile or a permission set grants, as steps: system permissions, objects, fields.

use super::wants::read;
use super::{Draft, quoted};
use crate::metadata::Component;
use crate::metadata::document::Element;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, Field, Kind, key_of};
use crate::metadata::value::Value;

/// How many fields are listed; with more nobody would cut them down.
const FEW_FIELDS: usize = 40;

/// What carries permissions: the profile, or the permission set.
pub(super) struct PermissionHolder<'s> {
    pub(super) component: &'s Component,
    /// As a want names it.
    pub(super) pattern: &'static str,
    /// Before the ids of its steps.
    pub(super) prefix: &'static str,
    pub(super) whose: &'static str,
    pub(super) setup: &'static str,
}

impl PermissionHolder<'_> {
    fn granted(&self, section: &str, key: &str, flags: &[&'static Field]) -> Vec<String> {
        let want = |flag: &&'static Field| {
            format!(
                "{{ component = {}, path = {}, equals = true }}",
                quoted(self.pattern),
                quoted(&entry_path(section, key, flag.name).to_string())
            )
        };
        flags.iter().map(want).collect()
    }

    pub(super) fn system_permissions(&self) -> Option<Draft> {
        let id = format!("{}system-permissions", self.prefix);
        let mut step = Draft::new(id, format!("System permissions of {}", self.whose), self.setup);
        for (key, flags) in entries(self.component, "userPermissions") {
            step.wants.extend(self.granted("userPermissions", &key, &flags));
        }
        (!step.wants.is_empty()).then_some(step)
    }

    /// One step an object, so that its author can take it out whole.
    pub(super) fn objects(&self) -> Vec<Draft> {
        let step = |(key, flags): (String, Vec<&'static Field>)| {
            let id = format!("{}object-{}", self.prefix, key.to_ascii_lowercase());
            let words: Vec<&str> = flags
                .iter()
                .map(|flag| if flag.label.is_empty() { flag.name } else { flag.label })
                .collect();
            let by =
                if self.prefix.is_empty() { String::new() } else { format!(", by {}", self.whose) };
            let mut step = Draft::new(id, format!("{key}: {}{by}", words.join(", ")), self.setup);
            step.wants = self.granted("objectPermissions", &key, &flags);
            step
        };
        entries(self.component, "objectPermissions").into_iter().map(step).collect()
    }

    /// The fields that it shows, or how many there are where they are too many. Those of an object
    /// with View All Fields need no entry.
    pub(super) fn fields(&self) -> Result<Option<Draft>, usize> {
        let mut fields = entries(self.component, "fieldPermissions");
        fields.retain(|(key, _)| {
            let object = key.split('.').next().unwrap_or_default();
            let path = entry_path("objectPermissions", object, "viewAllFields");
            !matches!(read(self.component, &path), Some((Value::Bool(true), _)))
        });
        if fields.len() > FEW_FIELDS {
            return Err(fields.len());
        }
        let id = format!("{}fields", self.prefix);
        let mut step = Draft::new(id, format!("Fields that {} shows", self.whose), self.setup);
        for (key, flags) in fields {
            step.wants.extend(self.granted("fieldPermissions", &key, &flags));
        }
        Ok((!step.wants.is_empty()).then_some(step))
    }
}

/// The entries of a section that grant something: each key, with the flags that are on in the order
/// in which Setup has them.
pub(super) fn entries(component: &Component, section: &str) -> Vec<(String, Vec<&'static Field>)> {
    const ORDER: &[&str] = &[
        "allowRead",
        "allowCreate",
        "allowEdit",
        "allowDelete",
        "viewAllRecords",
        "modifyAllRecords",
        "viewAllFields",
        "readable",
        "editable",
    ];
    let row = registry::find(&component.id.type_name);
    let field = row.and_then(|row| row.fields.iter().find(|field| field.name == section));
    let Some(field @ Field { kind: Kind::Section { fields, .. }, .. }) = field else {
        return Vec::new();
    };
    let place =
        |flag: &&Field| ORDER.iter().position(|name| *name == flag.name).unwrap_or(ORDER.len());
    let on = |entry: Element<'_>| {
        let mut on: Vec<&'static Field> = fields
            .iter()
            .filter(|flag| {
                matches!(flag.kind, Kind::Flag) && flag.read(entry) == Some(Value::Bool(true))
            })
            .collect();
        on.sort_by_key(place);
        on
    };
    let mut found: Vec<(String, Vec<&'static Field>)> = component
        .document
        .root()
        .children_named(section)
        .map(|entry| (key_of(field, entry), on(entry)))
        .filter(|(key, on)| !on.is_empty() && is_api_name(key))
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.dedup_by(|(one, _), (other, _)| one == other);
    found
}

/// Whether a key is made as the org makes them; any other would not be a path.
fn is_api_name(key: &str) -> bool {
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

pub(super) fn entry_path(section: &str, key: &str, leaf: &str) -> FieldPath {
    let entry = Segment { name: section.to_owned(), key: Some(key.to_owned()) };
    FieldPath::new(vec![entry, Segment { name: leaf.to_owned(), key: None }])
}
