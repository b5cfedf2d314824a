//! What a component is called: in Setup, in the API, in a manifest, and in this program.

use super::ComponentId;
use super::percent::{encode, plain};

/// The names under which Setup shows standard profiles, and what the API calls them (S 3.3).
///
/// `Read Only` is left out: newer orgs call it so in the API too, and only the org can tell.
const PROFILE_NAMES: &[(&str, &str)] = &[
    ("System Administrator", "Admin"),
    ("Standard User", "Standard"),
    ("Standard Platform User", "StandardAul"),
    ("Marketing User", "MarketingProfile"),
    ("Contract Manager", "ContractManager"),
    ("Solution Manager", "SolutionManager"),
    ("High Volume Customer Portal", "HighVolumePortal"),
    ("Authenticated Website", "PlatformPortal"),
];

/// Returns the API's name of a profile that is written as Setup shows it; any other name as it is.
pub fn resolve_profile_name(name: &str) -> &str {
    PROFILE_NAMES.iter().find(|(shown, _)| *shown == name).map_or(name, |(_, full_name)| full_name)
}

/// Returns the name that Setup shows for a profile of this full name.
pub fn profile_label(full_name: &str) -> &str {
    PROFILE_NAMES
        .iter()
        .find(|(_, known)| *known == full_name)
        .map_or(full_name, |(shown, _)| shown)
}

/// Returns a full name as the program holds it: decoded, in one Unicode form, and a profile's by
/// the API's name.
pub fn canonical_full_name(type_name: &str, written: &str) -> String {
    let decoded = plain(written.trim());
    if type_name == "Profile" {
        resolve_profile_name(&decoded).to_owned()
    } else {
        decoded.into_owned()
    }
}

/// Returns a full name as the API writes it: `Custom%3A Sales Profile` for the profile `Custom:
/// Sales Profile` (S 3.3).
///
/// What other types may be called needs no encoding, and a period in one (`Account.Reason`) is
/// kept.
pub fn api_full_name(id: &ComponentId) -> String {
    if is_named_freely(&id.type_name) { encode(&id.full_name) } else { id.full_name.clone() }
}

/// Returns a full name as a manifest and a request have it: encoded, but where a period or slash
/// parts the name (`Account.Reason`, a report in its folder) it stays what it is.
pub fn member_name(type_name: &str, full_name: &str) -> String {
    if is_named_freely(type_name) {
        return encode(full_name);
    }
    full_name.split_inclusive(['.', '/', '$']).fold(String::new(), |mut name, part| {
        let (part, end) = part.split_at(part.trim_end_matches(['.', '/', '$']).len());
        name.push_str(&encode(part));
        name.push_str(end);
        name
    })
}

/// Types whose components people name as they like, so that a period in a name parts nothing.
fn is_named_freely(type_name: &str) -> bool {
    matches!(type_name, "Layout" | "PermissionSet" | "PermissionSetGroup" | "Profile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_setup_are_resolved() {
        assert_eq!(canonical_full_name("Profile", "System Administrator"), "Admin");
        assert_eq!(canonical_full_name("Profile", "Work%2Ecom Only User"), "Work.com Only User");
        assert_eq!(canonical_full_name("PermissionSet", "Standard User"), "Standard User");
        assert_eq!(
            api_full_name(&ComponentId::new("Profile", "Custom: Sales Profile")),
            "Custom%3A Sales Profile"
        );
        assert_eq!(profile_label("Admin"), "System Administrator");
    }
}
