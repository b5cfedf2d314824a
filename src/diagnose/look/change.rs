//! Changes of the app, or of what decides over its sign-ins, that no other rule looks at: each
//! counts only where it was made after the last sign-in that worked.

use crate::diagnose::evidence::Evidence;
use crate::diagnose::rule::{Found, Look};
use crate::org::recorded::Change;

fn hit(e: &Evidence<'_>, change: Option<&Change>) -> Look {
    match change.filter(|change| e.is_between(change.time)) {
        Some(change) => Look::Hit(Found::change(change)),
        None => Look::Nothing,
    }
}

/// Installed anew, or switched to admin approval: users approve again (S 2.8).
pub(in crate::diagnose) fn approval_reset(e: &Evidence<'_>) -> Look {
    let actions = ["insertConnectedApplication", "changeUserRuntimeAccessPolicy"];
    let change = e.change(&actions, &e.app_names());
    hit(
        e,
        change.filter(|change| {
            change.action != "changeUserRuntimeAccessPolicy"
                || change.display.to_lowercase().ends_with("pre-authorized")
        }),
    )
}

pub(in crate::diagnose) fn secret(e: &Evidence<'_>) -> Look {
    hit(e, e.change(&["generateOauthStagedCredential"], &e.app_names()))
}

pub(in crate::diagnose) fn certificate(e: &Evidence<'_>) -> Look {
    let actions = ["changeApplicationCertificate", "insertApplicationCertificate"];
    hit(e, e.change(&actions, &e.app_names()))
}

pub(in crate::diagnose) fn callback(e: &Evidence<'_>) -> Look {
    hit(e, e.change(&["changeApplicationCallbackUrl"], &e.app_names()))
}

pub(in crate::diagnose) fn pkce(e: &Evidence<'_>) -> Look {
    hit(e, e.change(&["changeApplicationPkceRequired"], &e.app_names()))
}

pub(in crate::diagnose) fn scopes(e: &Evidence<'_>) -> Look {
    hit(e, e.change(&["changeOauthDefaultScope"], &e.app_names()))
}

pub(in crate::diagnose) fn client_credentials(e: &Evidence<'_>) -> Look {
    let actions = ["changeApplicationClientCredentialEnabled", "addOauthClientCredentialUser"];
    hit(e, e.change(&actions, &e.app_names()))
}

pub(in crate::diagnose) fn secret_required(e: &Evidence<'_>) -> Look {
    let actions = [
        "changeApplicationOptionalConsumerSecret",
        "changeApplicationSecretRequiredForRefreshToken",
    ];
    hit(e, e.change(&actions, &e.app_names()))
}

pub(in crate::diagnose) fn session_level(e: &Evidence<'_>) -> Look {
    let names = [e.app_names(), e.holder_names()].concat();
    let actions = ["insertConnectedAppSessionPolicy", "requiredSessionLevelForProfile"];
    hit(e, e.change(&actions, &names))
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
    hit(e, rows.iter().find(|row| ACTIONS.contains(&row.action.as_str())))
}

pub(in crate::diagnose) fn username(e: &Evidence<'_>) -> Look {
    hit(e, e.change(&["changedusername"], &e.user_names()))
}
