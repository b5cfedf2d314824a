//! Rows out of the WSDL's types: of types without a row of their own, and of elements that a row
//! does not have.
//!
//! What only a guide or an org tells stays open in them: what absence means, what may travel, what
//! a deploy does with an entry that is not mentioned. A list whose key is not known, or whose order
//! says something, is left out, so that it is taken as a whole; so are elements that can stand in
//! themselves.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::row::derived;
use super::wsdl::{self, Holds, WsdlField, WsdlType};
use super::{Field, Kind, MetadataType, SetForm};

/// Rows that were made; they stay, as the tables of the program do.
static ROWS: LazyLock<Mutex<HashMap<String, &'static MetadataType>>> =
    LazyLock::new(Mutex::default);

/// Returns a row with the elements that its file may hold besides. `root` is the name of the file's
/// root element, which for settings is not the type's.
pub(super) fn row(base: &'static MetadataType, root: &str) -> &'static MetadataType {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(row) = rows.get(root) {
        return row;
    }
    let row = match wsdl::find(root).filter(|told| told.told) {
        Some(told) => {
            Box::leak(Box::new(MetadataType { fields: fields(base.fields, told), ..base.clone() }))
        }
        None => base,
    };
    rows.insert(root.to_owned(), row);
    row
}

/// The fields of a row, and behind them those that it does not have.
fn fields(of_row: &'static [Field], told: &'static WsdlType) -> &'static [Field] {
    let is_known = |name: &str| of_row.iter().any(|field| field.name.eq_ignore_ascii_case(name));
    let mut all: Vec<Field> = of_row.iter().map(|field| extended(field, told)).collect();
    all.extend(told.fields().iter().filter(|field| !is_known(field.name)).filter_map(made));
    Box::leak(all.into_boxed_slice())
}

/// A field of a row, with what the elements below it may hold besides.
fn extended(field: &Field, told: &'static WsdlType) -> Field {
    let below = told.field(field.name).and_then(WsdlField::elements);
    let kind = match (field.kind.clone(), below) {
        (Kind::Group(known), Some(below)) => Kind::Group(fields(known, below)),
        (Kind::Section { key, fold_key, fields: known, companion, sure }, Some(below)) => {
            Kind::Section { key, fold_key, fields: fields(known, below), companion, sure }
        }
        (kind, _) => kind,
    };
    Field { kind, ..field.clone() }
}

fn made(told: &'static WsdlField) -> Option<Field> {
    let kind = match (told.repeated, told.elements()) {
        (_, Some(elements)) if stands_in_itself(elements) => return None,
        (true, Some(_)) if told.key.is_empty() || told.ordered => return None,
        (true, Some(elements)) => Kind::Section {
            key: &told.key,
            fold_key: false,
            fields: fields(&[], elements),
            companion: None,
            sure: false,
        },
        (false, Some(elements)) => Kind::Group(fields(&[], elements)),
        (true, None) => Kind::Set { form: SetForm::Repeated, choices: &[], aliases: &[] },
        (false, None) => match told.holds {
            Holds::Flag => Kind::Flag,
            Holds::Whole => Kind::Number,
            Holds::Number | Holds::Text | Holds::Date | Holds::Choice => Kind::Text,
            Holds::Anything | Holds::Elements(_) => return None,
        },
    };
    Some(derived(told.name, kind))
}

/// Says whether elements of a type may hold, at some depth, elements of the same type.
fn stands_in_itself(told: &'static WsdlType) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut pending: Vec<&'static WsdlType> = vec![told];
    while let Some(one) = pending.pop() {
        for below in one.fields().iter().filter_map(WsdlField::elements) {
            if below.name == told.name {
                return true;
            }
            if !seen.contains(&below.name) {
                seen.push(below.name);
                pending.push(below);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::registry::find_component;

    #[test]
    fn lists_of_types_without_a_row_have_keys() {
        let row = find_component("Settings", "Address").unwrap();
        let path = "countriesAndStates.countries[AT].active".parse().unwrap();
        let field = row.resolve(&path).unwrap().unwrap().field;
        assert!(matches!(field.kind, Kind::Flag));
        let credential = find_component("NamedCredential", "Acme").unwrap();
        assert!(credential.field("namedCredentialParameters").is_some());
        assert!(credential.field("nonsense").is_none());
    }

    #[test]
    fn every_type_of_the_wsdl_makes_a_row() {
        for told in wsdl::all().iter().filter(|told| told.named) {
            let row = find_component(told.name, "Acme");
            assert!(row.is_some(), "{}", told.name);
        }
    }
}
