//! Types that are taken as they are sent: sites and origins that an org trusts, channel members,
//! queues, and the policies of profiles.

use super::super::name::Key;
use super::super::state::Org;
use super::super::tree::Node;
use super::{Problem, Ruled};

/// The types of this file.
pub(super) const TYPES: &[&str] = &[
    "CorsWhitelistOrigin",
    "CspTrustedSite",
    "PlatformEventChannelMember",
    "ProfilePasswordPolicy",
    "ProfileSessionSetting",
    "Queue",
    "RemoteSiteSetting",
];

/// Finds whether what a component speaks of is there. The words are the demo org's own.
pub(super) fn rule(
    org: &Org,
    (type_name, full_name): &Key,
    new: Node,
) -> Result<Ruled, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut absent = |field: &str, type_name: &str, name: &str| {
        let words = format!("In field: {field} - no {type_name} named {name} found");
        problems.push(Problem::from(words));
    };
    // A profile's policy names it in small letters.
    let is_profile = |name: &str| {
        let mut names = org.of_type("Profile").map(|(full_name, _)| full_name);
        names.any(|full_name| {
            full_name.eq_ignore_ascii_case(name)
                || org.profile_label(full_name).eq_ignore_ascii_case(name)
        })
    };
    if let Some(profile) = new.get("profile").filter(|name| !is_profile(name)) {
        absent("profile", "Profile", profile);
    }
    for entry in new.all("queueSobject") {
        let object = entry.get("sobjectType").unwrap_or_default();
        if !org.catalog.objects.contains_key(object) {
            absent("sobjectType", "CustomObject", object);
        }
    }
    // There are no channels but the standard one, and of objects there are their change events.
    if let Some(channel) = new.get("eventChannel").filter(|name| *name != "ChangeEvents") {
        absent("eventChannel", "PlatformEventChannel", channel);
    }
    if let Some(entity) = new.get("selectedEntity") {
        let object = entity.strip_suffix("ChangeEvent").map(|name| match name.strip_suffix("__") {
            Some(custom) => format!("{custom}__c"),
            None => name.to_owned(),
        });
        if !object.is_some_and(|object| org.catalog.objects.contains_key(&object)) {
            absent("selectedEntity", "CustomObject", entity);
        }
    }
    let members = new.child("queueMembers").and_then(|members| members.child("users"));
    for user in members.into_iter().flat_map(|users| users.texts("user")) {
        if org.user(user).is_none() {
            absent("user", "User", user);
        }
    }
    let place = |node: &Node| {
        ["eventChannel", "selectedEntity"].map(|name| node.get(name).map(str::to_owned))
    };
    let mut members = org.of_type("PlatformEventChannelMember");
    if type_name == "PlatformEventChannelMember"
        && let Some((other, _)) =
            members.find(|(other, node)| *other != full_name && place(node) == place(&new))
    {
        let words = format!("duplicate value found: SelectedEntity duplicates value of {other}");
        problems.push(Problem::from(words));
    }
    if problems.is_empty() { Ok(new.into()) } else { Err(problems) }
}
