//! What a component may be called. The words are those of Setup, as far as they are known.

use super::super::name::{Key, path_of_key};
use super::super::state::Org;
use super::Problem;

/// Types whose full name is an API name of their own making.
const API_NAMES: &[&str] = &[
    "CspTrustedSite",
    "ExternalClientApplication",
    "ExtlClntAppConfigurablePolicies",
    "ExtlClntAppGlobalOauthSettings",
    "ExtlClntAppOauthConfigurablePolicies",
    "ExtlClntAppOauthSettings",
    "PermissionSet",
    "PermissionSetGroup",
    "Queue",
    "RemoteSiteSetting",
];

/// The longest API name.
const LONGEST: usize = 80;

/// The longest name of a file on the systems on which the org is kept, in bytes.
const LONGEST_FILE: usize = 255;

/// What is wrong with the name of a component that is not there yet.
pub(super) fn wrong(org: &Org, key: &Key) -> Option<Problem> {
    let (type_name, full_name) = key;
    if API_NAMES.contains(&type_name.as_str()) && !is_api_name(full_name) {
        return Some(Problem::from(format!(
            "The {type_name} Name can only contain underscores and alphanumeric characters. It \
             must be unique, begin with a letter, not include spaces, not end with an underscore, \
             and not contain two consecutive underscores, and have at most {LONGEST} characters: \
             {full_name}"
        )));
    }
    if type_name == "PlatformEventChannelMember"
        && let Some((namespace, _)) = full_name.rsplit_once("__")
    {
        return Some(Problem::from(format!(
            "Cannot create a new component with the namespace: {namespace}.  Only components in \
             the same namespace as the organization can be created through the API"
        )));
    }
    let path = path_of_key(key).unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    if file.len() > LONGEST_FILE {
        return Some(Problem::from(format!("{type_name} Name: data value too large")));
    }
    // Names differ by more than their case.
    let lower = full_name.to_lowercase();
    let is_taken = org.components.keys().any(|(other_type, other)| {
        other_type == type_name && other != full_name && other.to_lowercase() == lower
    });
    is_taken.then(|| {
        Problem::from(
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
        )
    })
}

/// Whether a text is an API name, with or without the namespace of a package before it.
fn is_api_name(text: &str) -> bool {
    let is_plain = |text: &str| {
        let parts = text.split('_');
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && parts.clone().all(|part| !part.is_empty())
            && parts.clone().all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    text.len() <= LONGEST
        && (is_plain(text)
            || text
                .split_once("__")
                .is_some_and(|(namespace, name)| is_plain(namespace) && is_plain(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_names_are_told_from_others() {
        for name in ["A", "Warehouse_Sync", "a1_2b", "lamps__Warehouse_Sync"] {
            assert!(is_api_name(name), "{name}");
        }
        let long = "A".repeat(81);
        for name in
            ["", "_A", "1A", "A_", "A b", "A-b", "A/b", "Größe", "A___b", "__A", "a__b__c", &long]
        {
            assert!(!is_api_name(name), "{name}");
        }
    }
}
