//! Two entries of one list and one identity, held against each other text by text.
//!
//! It says what the full index would, without one: where everything differs, that is most of the
//! work. What is not a plain text of a known field is left to the index.

use std::ops::Range;

use super::Difference;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{Field, Kind, MetadataType, Portability, SetForm};
use crate::metadata::settings::value_of;
use crate::metadata::value::same_setting;

/// What a text of an entry says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Says {
    /// Nothing beside the key, or nothing that may be told.
    Nothing,
    /// The value of a field.
    Value(&'static Field),
    /// Only the index knows.
    Index,
}

/// Says what the texts of a list's entry say, `count` of them, by the entry's own children: each
/// with its name, and with its text where it holds nothing else.
pub(super) fn says(
    section: &'static Field,
    inner: &[(&[u8], Option<usize>)],
    count: usize,
) -> Vec<Says> {
    let mut says = vec![Says::Index; count];
    for (name, text) in inner {
        let alike = inner.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).count();
        if let (Some(text), 1) = (text, alike) {
            says[*text] = of_child(section, name);
        }
    }
    says
}

fn of_child(section: &'static Field, name: &[u8]) -> Says {
    let Kind::Section { key, .. } = &section.kind else { return Says::Index };
    let is_told = |part: &&str| part.as_bytes() == name;
    let is_key =
        if section.is_layouts() { is_told(&"recordType") } else { key.iter().any(is_told) };
    if is_key {
        return Says::Nothing;
    }
    let Some(field) = section.fields().iter().find(|field| field.name.as_bytes() == name) else {
        return Says::Index;
    };
    match (field.portability, &field.kind) {
        (Portability::Never | Portability::Secret, _) => Says::Nothing,
        (_, Kind::Group(_) | Kind::Section { .. } | Kind::Set { form: SetForm::Repeated, .. }) => {
            Says::Index
        }
        _ => Says::Value(field),
    }
}

/// An entry: its bytes, and its texts in them, which are plain.
pub(super) type Texts<'e> = (&'e [u8], &'e [Range<usize>]);

/// Finds what differs between two entries whose texts say the same kinds of things; `None` where
/// only the index can tell.
pub(super) fn differences(
    row: &'static MetadataType,
    entry: &Segment,
    says: &[Says],
    actual: Texts<'_>,
    baseline: Texts<'_>,
) -> Option<Vec<Difference>> {
    let mut found = Vec::new();
    for ((says, now), then) in says.iter().zip(actual.1).zip(baseline.1) {
        let (now, then) = (&actual.0[now.clone()], &baseline.0[then.clone()]);
        if now == then {
            continue;
        }
        let field = match says {
            Says::Nothing => continue,
            Says::Value(field) => *field,
            Says::Index => return None,
        };
        let value = |text| Some(value_of(field, std::str::from_utf8(text).ok()?));
        let (now, then) = (value(now)?, value(then)?);
        let is_same = match (&now, &then) {
            (Some(now), Some(then)) => same_setting(&entry.name, field.name, now, then),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            let leaf = Segment { name: field.name.to_owned(), key: None };
            let path = FieldPath::new(vec![entry.clone(), leaf]);
            let or_default = |value: Option<_>| value.or_else(|| row.flag_default(&path));
            let (actual, baseline) = (or_default(now), or_default(then));
            found.push(Difference { path, actual, baseline, doubled: None });
        }
    }
    Some(found)
}
