//! Names that components of some types cannot have in any org.

use super::ComponentId;

/// Types whose components go by a developer name: the API's object reference gives one rule for
/// all of them. What goes by its label (profiles, layouts, apps as people call them), or has a
/// suffix of its own (objects, channels), is not among them.
const BY_DEVELOPER_NAME: &[&str] = &[
    "ApexClass",
    "ApexComponent",
    "ApexPage",
    "ApexTrigger",
    "AuthProvider",
    "CorsWhitelistOrigin",
    "CspTrustedSite",
    "CustomPermission",
    "ExternalCredential",
    "Group",
    "NamedCredential",
    "PermissionSet",
    "PermissionSetGroup",
    "Queue",
    "RemoteSiteSetting",
    "Role",
    "SamlSsoConfig",
    "StaticResource",
];

/// Types whose components people name as they like.
const BY_LABEL: &[&str] = &["Layout", "Profile"];

/// Says why no org can have a component of this name, as the end of a sentence; nothing where one
/// may.
pub(crate) fn why_misnamed(id: &ComponentId) -> Option<&'static str> {
    let (type_name, name) = (id.type_name.as_str(), id.full_name.as_str());
    if BY_DEVELOPER_NAME.contains(&type_name) && !is_developer_name(name) {
        return Some(
            "it goes by its API name: letters, digits and single `_`, a letter first and no `_` \
             last",
        );
    }
    let is_away = |part: &str| matches!(part, "" | "." | "..");
    let is_path = name.contains('\\') || name.split('/').any(is_away);
    (is_path && !BY_LABEL.contains(&type_name)).then_some("a full name is no path")
}

/// Letters, digits and single underscores; before two of them a namespace.
fn is_developer_name(name: &str) -> bool {
    let (namespace, own) = match name.split_once("__") {
        Some((namespace, own)) => (Some(namespace), own),
        None => (None, name),
    };
    let is_plain = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !text.ends_with('_')
            && !text.contains("__")
    };
    namespace.is_none_or(is_plain) && is_plain(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_org_takes_is_told_from_what_one_may() {
        for (type_name, name) in [
            ("PermissionSet", "Ac me"),
            ("PermissionSet", "9x"),
            ("PermissionSet", "Acme_"),
            ("PermissionSet", "Ac__me__x"),
            ("CustomPermission", "a b"),
            ("CustomPermission", "../../../evil"),
            ("RemoteSiteSetting", "/etc/x"),
            ("Role", ""),
            ("Report", "Folder/../x"),
            ("Dashboard", "a\\b"),
        ] {
            assert!(why_misnamed(&ComponentId::new(type_name, name)).is_some(), "{name}");
        }
        for (type_name, name) in [
            ("PermissionSet", "Acme_Sync"),
            ("PermissionSet", "acme__Sync_2"),
            ("Profile", "Sales / Night (2)"),
            ("Layout", "Account-A/B Layout"),
            ("Report", "Folder/Name"),
            ("ConnectedApp", "Warehouse Loader"),
            ("PlatformEventChannelMember", "Acme__chn_ChangeEvents"),
            ("CustomObject", "Invoice__c"),
        ] {
            assert_eq!(why_misnamed(&ComponentId::new(type_name, name)), None, "{name}");
        }
    }
}
