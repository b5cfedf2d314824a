//! The app: is it there, on, not blocked, and does it let this user in.

use super::change::TAKEN_FROM_USER;
use crate::diagnose::evidence::Evidence;
use crate::diagnose::rule::{Began, Fit, Found, Look, Proof};
use crate::org::recorded::{AppKind, Blocked, Change, Observed};

const NO_MENU_ITEM: &str = "AppMenuItemId is empty: the app is not installed";

pub(in crate::diagnose) fn not_installed(e: &Evidence<'_>) -> Look {
    const ACTIONS: &[&str] = &["deleteConnectedApplication", "uninstalledpackagingapp"];
    let grants = e.recorded.grants.seen().into_iter().flatten();
    let by_grants = grants.filter_map(|grant| grant.is_installed).max();
    match (&e.recorded.is_installed, by_grants) {
        (Observed::Seen(true), _) => {
            let undone = e.change_since(&["insertConnectedApplication"], &e.app_names());
            let change = e.change_between(ACTIONS, &e.app_names());
            Look::out_since("the app is installed", change, undone)
        }
        (Observed::Seen(false), by_grants) => {
            let mut found = Found::state("ConnectedApplication", "the org has no such app");
            if by_grants == Some(false) {
                found.proofs.push(Proof::state("OauthToken", NO_MENU_ITEM));
            }
            // Since then it worked no more, whether or not that is why it stopped.
            let is_since =
                |change: &&Change| e.stop.last_good.is_none_or(|last| change.time > last);
            let change = e.change(ACTIONS, &e.app_names()).filter(is_since);
            Look::Hit(found.since(change).fit(Fit::VeryLikely))
        }
        (_, Some(true)) => Look::out("grants of the app have a menu item: it is installed"),
        (_, Some(false)) => Look::Hit(
            Found::state("OauthToken", NO_MENU_ITEM)
                .since(e.change_between(ACTIONS, &e.app_names())),
        ),
        (Observed::NotObserved(hidden), None) => {
            let installed = &["insertConnectedApplication"];
            Look::unseen_but(hidden, e.change_standing(ACTIONS, installed, &e.app_names()))
        }
    }
}

fn of_block(blocked: &Blocked) -> Found {
    let Blocked { name, app, changed, changed_by, .. } = blocked;
    let of = format!("BlacklistedConsumer:{name}");
    let (does, done) = match blocked.by_access_control {
        Some(true) => ("API Access Control blocks by it the app", "kept out by API Access Control"),
        _ => ("it blocks the app", "blocked"),
    };
    let mut found = Found::state(of, format!("{does} {app}"));
    if let Some(time) = *changed {
        found.proofs[0].time = Some(time);
        found.began = Some(Began {
            time,
            by: changed_by.clone(),
            what: format!("{app} was {done}"),
            action: None,
        });
    }
    found
}

pub(in crate::diagnose) fn blocked(e: &Evidence<'_>) -> Look {
    const ACTIONS: &[&str] = &["blockConnectedApplication"];
    let change = e.change(ACTIONS, &e.app_names());
    let between = e.change_between(ACTIONS, &e.app_names());
    let undone = e.change_since(&["unblockConnectedApplication"], &e.app_names());
    if let Some(app) = e.recorded.app.seen().filter(|app| app.blocks_sessions) {
        let words = format!("the session policy of {} blocks all of its sessions", app.name);
        return Look::Hit(Found::state(e.app_called(), words).since(change));
    }
    match &e.recorded.blocked {
        // What its flag says of who blocks is UNVERIFIED: where API Access Control is off, or nobody
        // saw whether it is on, the row blocks the app all the same.
        Observed::Seen(Some(blocked))
            if blocked.by_access_control != Some(true)
                || !e.recorded.api_access_control.is_so() =>
        {
            Look::Hit(of_block(blocked).since(change))
        }
        Observed::Seen(Some(_)) => {
            Look::out_since("the row that blocks the app is of API Access Control", between, undone)
        }
        Observed::Seen(None) => Look::out_since("no row blocks the app", between, undone),
        Observed::NotObserved(hidden) => {
            let unblocked = &["unblockConnectedApplication"];
            Look::unseen_but(hidden, e.change_standing(ACTIONS, unblocked, &e.app_names()))
        }
    }
}

pub(in crate::diagnose) fn access_control(e: &Evidence<'_>) -> Look {
    let is_on = match &e.recorded.api_access_control {
        Observed::Seen(false) => return Look::out("API Access Control is off"),
        Observed::Seen(true) => Found::state("Settings:ConnectedApp", "API Access Control is on"),
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    if e.recorded.uses_any_app.is_so() {
        return Look::out("API Access Control is on, and the user has Use Any API Client");
    }
    let app = e.recorded.app.seen();
    if app.is_some_and(|app| app.kind == AppKind::External) {
        return Look::out("API Access Control is on, and external client apps do not need it");
    }
    let mut found = is_on;
    if let Observed::Seen(Some(blocked)) = &e.recorded.blocked {
        let by_block = of_block(blocked);
        found.proofs.extend(by_block.proofs);
        found.began = by_block.began;
        return Look::Hit(found.fit(Fit::VeryLikely));
    }
    match app.and_then(|app| app.is_admin_approved) {
        Some(true) if e.recorded.is_installed.is_so() => {
            Look::out("API Access Control is on, and the app is one that an admin approves")
        }
        Some(false) => {
            found.proofs.push(Proof::state(e.app_called(), "no admin approves who may use it"));
            Look::Hit(found)
        }
        _ => Look::Hit(found.fit(Fit::Possible)),
    }
}

pub(in crate::diagnose) fn off(e: &Evidence<'_>) -> Look {
    match &e.recorded.app {
        Observed::Seen(app) => match app.is_on {
            Some(false) => Look::Hit(Found::state(
                "ExtlClntAppConfigurablePolicies",
                "the app, or its OAuth, is switched off",
            )),
            _ => Look::out("the app is not switched off"),
        },
        Observed::NotObserved(hidden) => Look::Unseen(hidden.clone()),
    }
}

pub(in crate::diagnose) fn deleted(e: &Evidence<'_>) -> Look {
    match e.change(&["deleteApplication"], &e.app_names()) {
        Some(change) if !e.recorded.is_installed.is_so() => Look::Hit(Found::change(change)),
        _ => Look::Nothing,
    }
}

/// Only users get in whom an admin has approved, and this one is not.
pub(in crate::diagnose) fn not_let_in(e: &Evidence<'_>) -> Look {
    const ACTIONS: &[&str] = &[
        "SetupEntityAccessAudit_PermissionSet_ConnectedApplication_Disabled",
        "SetupEntityAccessAudit_Profile_ConnectedApplication_DisabledCustom",
        "SetupEntityAccessAudit_Profile_ConnectedApplication_DisabledStandard",
        "changeUserRuntimeAccessPolicy",
        "PermSetDelete",
        "PermissionSetGroupComponentRemoved",
    ];
    let approved = match &e.recorded.app {
        Observed::Seen(app) => app.is_admin_approved,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    match approved {
        Some(true) => {}
        Some(false) => return Look::out("every user may approve the app"),
        None => return Look::Nothing,
    }
    let names = [e.app_names(), e.holder_names()].concat();
    let of_user = e.change_between(TAKEN_FROM_USER, &e.user_names());
    if let Some(hidden) = e.recorded.is_let_in.why_not() {
        return Look::unseen_but(hidden, of_user.or(e.change_between(ACTIONS, &names)));
    }
    Look::of(&e.recorded.is_let_in, false, "the user has what the app lets in", || {
        Found::state(
            "SetupEntityAccess",
            "the app lets in pre-authorised users alone, and the user has none of its profiles \
             and permission sets",
        )
        .since(of_user.or(e.change_between(ACTIONS, &names)))
    })
}

/// A sign-in with a key cannot approve for a user; that users approve is no fault by itself.
pub(in crate::diagnose) fn not_approved(e: &Evidence<'_>) -> Look {
    match e.recorded.app.seen().and_then(|app| app.is_admin_approved) {
        Some(true) => Look::out("an admin approves who may use the app"),
        Some(false) | None => Look::Nothing,
    }
}
