//! Who may change an app: to deploy takes one right, and to change an app others beside it (S 1.4,
//! 2.5).

use super::super::name::Key;
use super::super::state::Org;
use super::super::tree::Node;
use super::Problem;

/// What it takes to pre-authorise profiles and permission sets for an app, all of them (S 1.4).
pub(crate) const PRE_AUTHORISING: &[&str] =
    &["CustomizeApplication", "ModifyAllData", "ManageProfilesPermissionsets"];

/// The lists of an app that pre-authorise.
const LISTS: &[&str] = &["permissionSetName", "profileName"];

/// What is wrong with a user's changing, making or deleting a component; `before` and `after` are
/// what it is. The text is that for a right that the deploying user lacks (S 3.5).
pub(super) fn lacking(
    org: &Org,
    user: &str,
    (type_name, _): &Key,
    before: Option<&Node>,
    after: Option<&Node>,
) -> Option<Problem> {
    let has = |right: &&str| org.is_permitted(user, right);
    let may = match type_name.as_str() {
        "ConnectedApp" => {
            let names = |node: Option<&Node>| -> Vec<Node> {
                let all = node.into_iter().flat_map(|node| &node.children);
                all.filter(|child| LISTS.contains(&child.name.as_str())).cloned().collect()
            };
            has(&"CustomizeApplication")
                && ["ModifyAllData", "ManageRemoteAccess"].iter().any(has)
                && (names(before) == names(after) || PRE_AUTHORISING.iter().all(has))
        }
        "ExtlClntAppConfigurablePolicies" | "ExtlClntAppOauthConfigurablePolicies" => {
            has(&"ExternalClientAppAdmin")
        }
        _ => true,
    };
    (!may).then(|| Problem::from("Not available for deploy for this organization"))
}
