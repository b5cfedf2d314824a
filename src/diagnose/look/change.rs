//! Changes of the app, or of what decides over its sign-ins, that no other rule looks at: each
//! counts only where it was made after the last sign-in that worked.

use crate::diagnose::evidence::Evidence;
use crate::diagnose::rule::{Found, Look};
use crate::org::recorded::Change;

/// What is done to a user: such a row names the set or the profile too, of whomever it is taken.
pub(super) const TAKEN_FROM_USER: &[&str] = &[
    "PermSetUnassign",
    "PermSetUnassign_HasExpiration",
    "PermSetGroupUnassign",
    "changedprofileforuser",
    "changedprofileforusercusttostd",
    "changedprofileforuserstdtocust",
    "changedprofileforuserstdtostd",
];

fn hit(change: Option<&Change>) -> Look {
    match change {
        Some(change) => Look::Hit(Found::change(change)),
        None => Look::Nothing,
    }
}

/// The flow of a server that signs in as its app (S 13.2).
const CLIENT_CREDENTIALS: &str = "OauthClientCredentials";

/// Whether it comes by a refresh token: then it shows no certificate, and is sent to no callback.
fn refreshes(e: &Evidence<'_>) -> bool {
    e.has_refreshed()
}

/// Installed anew, or switched to admin approval: users approve again (S 2.8).
pub(in crate::diagnose) fn approval_reset(e: &Evidence<'_>) -> Look {
    // Nobody approves for an app that signs in as itself.
    if e.flow() == Some(CLIENT_CREDENTIALS) {
        return Look::Nothing;
    }
    // Who is not let in gets no further by approving.
    if e.recorded.is_let_in.is_not_so() && e.app_lets_in_by_approval() {
        return Look::Nothing;
    }
    let installed = e.change_between(&["insertConnectedApplication"], &e.app_names());
    let switched = e.change_between(&["changeUserRuntimeAccessPolicy"], &e.app_names());
    let is_to_approval = |change: &&Change| {
        change.display.trim_end_matches('.').to_lowercase().ends_with("pre-authorized")
    };
    hit(installed.or(switched.filter(is_to_approval)))
}

/// A secret that is staged changes nothing until it is put in the place of the old one, of which no
/// row is known (S 13.4).
pub(in crate::diagnose) fn secret(e: &Evidence<'_>) -> Look {
    match e.change_between(&["generateOauthStagedCredential"], &e.app_names()) {
        Some(change) => Look::Hit(Found { is_open: true, ..Found::change(change) }),
        None => Look::Nothing,
    }
}

pub(in crate::diagnose) fn certificate(e: &Evidence<'_>) -> Look {
    if refreshes(e) {
        return Look::Nothing;
    }
    let actions = ["changeApplicationCertificate", "insertApplicationCertificate"];
    hit(e.change_between(&actions, &e.app_names()))
}

pub(in crate::diagnose) fn callback(e: &Evidence<'_>) -> Look {
    if refreshes(e) {
        return Look::Nothing;
    }
    hit(e.change_between(&["changeApplicationCallbackUrl"], &e.app_names()))
}

pub(in crate::diagnose) fn pkce(e: &Evidence<'_>) -> Look {
    if refreshes(e) {
        return Look::Nothing;
    }
    hit(e.change_between(&["changeApplicationPkceRequired"], &e.app_names()))
}

pub(in crate::diagnose) fn scopes(e: &Evidence<'_>) -> Look {
    hit(e.change_between(&["changeOauthDefaultScope"], &e.app_names()))
}

pub(in crate::diagnose) fn client_credentials(e: &Evidence<'_>) -> Look {
    if e.flow().is_some_and(|flow| flow != CLIENT_CREDENTIALS) {
        return Look::Nothing;
    }
    let actions = ["changeApplicationClientCredentialEnabled", "addOauthClientCredentialUser"];
    hit(e.change_between(&actions, &e.app_names()))
}

pub(in crate::diagnose) fn secret_required(e: &Evidence<'_>) -> Look {
    if e.flow() == Some(CLIENT_CREDENTIALS) {
        return Look::Nothing;
    }
    let actions = [
        "changeApplicationOptionalConsumerSecret",
        "changeApplicationSecretRequiredForRefreshToken",
    ];
    hit(e.change_between(&actions, &e.app_names()))
}

pub(in crate::diagnose) fn session_level(e: &Evidence<'_>) -> Look {
    let of_app = e.change_between(&["insertConnectedAppSessionPolicy"], &e.app_names());
    hit(of_app.or(e.change_between(&["requiredSessionLevelForProfile"], &e.holder_names())))
}

/// Of the org as a whole: such a row names neither app nor user.
pub(in crate::diagnose) fn domain(e: &Evidence<'_>) -> Look {
    const ACTIONS: &[&str] = &[
        "enableAPILoginRequiresOrgDomain",
        "enableRequireLoginFromOrgDomain",
        "domainChosen",
        "enhancedDomainChosen",
    ];
    let rows = e.recorded.trail.seen().map(|trail| trail.rows.as_slice()).unwrap_or_default();
    let is_it = |row: &&Change| ACTIONS.contains(&row.action.as_str()) && e.is_between(row.time);
    hit(rows.iter().find(is_it))
}

pub(in crate::diagnose) fn username(e: &Evidence<'_>) -> Look {
    hit(e.change_between(&["changedusername"], &e.user_names()))
}
