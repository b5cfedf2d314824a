//! What stands beside the cause, and which of several things comes first.

use super::*;
use crate::diagnose::{MomentKind, Verdict};
use crate::org::recorded::Assignment;

fn also(diagnosis: &Diagnosis) -> Vec<(&'static str, bool)> {
    diagnosis.also.iter().map(|hit| (hit.rule.id, hit.is_in_the_way)).collect()
}

#[test]
fn what_ended_the_token_first_is_told_beside_the_policy() {
    let mut org = well();
    *seen(&mut org.grants) =
        ["01:35", "01:40", "01:45", "01:50", "01:55"].map(at).map(grant).into();
    let app = seen(&mut org.app);
    app.refresh = Some(RefreshPolicy::Zero);
    (app.changed, app.changed_by) = (Some(at("02:00")), Some("Jo Doe".to_owned()));
    for error in [Some(OVER), None] {
        let found = diagnose(&org, error, &[], now());
        assert_eq!(cause(&found), Some("refresh-policy-zero"));
        assert_eq!(also(&found), [("evicted-by-approval", true)]);
        assert_eq!(found.also[0].found.began.as_ref().unwrap().time, at("01:55"));
    }
    // A token that lay idle is over, whoever the user is.
    let mut org = failing("User is inactive");
    let long_ago = at("00:00") - SignedDuration::from_hours(24 * 40);
    let rows = &mut seen(&mut org.sign_ins).rows;
    rows.truncate(3);
    rows.push(sign_in(long_ago, "Success"));
    seen(&mut org.user).is_active = Some(false);
    seen(&mut org.app).has_idle_limit = Some(true);
    let found = asked(&org);
    assert_eq!(cause(&found), Some("user-inactive"));
    assert_eq!(also(&found), [("idle-limit", true)]);
}

#[test]
fn of_two_that_bite_that_is_first_of_which_somebody_was_told() {
    let mut org = failing("Failed: IP Address Not Allowed");
    let app = seen(&mut org.app);
    (app.ip, app.refresh) = (Some(IpRelaxation::Enforce), Some(RefreshPolicy::Zero));
    app.changed = Some(at("02:00"));
    *seen(&mut org.ranges) = vec!["198.51.100.0-198.51.100.255".to_owned()];
    let found = told(&org, OVER);
    assert_eq!(cause(&found), Some("refresh-policy-zero"));
    assert_eq!(also(&found), [("ip-enforced", true)]);

    let mut org = with_calls(well(), 403);
    org.requests = Observed::Seen(Requests { of_org: (0, 1000), of_app: None });
    let steps = [drift("read", "Profile", "fieldPermissions[Lead.Score__c].readable")];
    let found = diagnose(&org, Some("INVALID_FIELD"), &steps, now());
    assert_eq!(cause(&found), Some("field-access"));
    assert_eq!(also(&found), [("api-limit", true)]);
    // Those calls are the limit's.
    let proofs = &found.cause.as_ref().unwrap().found.proofs;
    assert!(proofs.iter().all(|proof| !proof.words.contains("403")), "{proofs:?}");
}

#[test]
fn words_of_a_sign_in_are_no_evidence_for_what_fits_them_less() {
    let mut org = failing("Failed: IP Address Not Allowed");
    seen(&mut org.app).ip = Some(IpRelaxation::Enforce);
    *seen(&mut org.ranges) = vec!["198.51.100.0-198.51.100.255".to_owned()];
    *seen(&mut org.hours) = vec!["mondayStart 480".to_owned(), "mondayEnd 1020".to_owned()];
    let found = asked(&org);
    assert_eq!(cause(&found), Some("ip-enforced"));
    assert_eq!(also(&found), [("login-hours", true)]);
    let is_row = |hit: &crate::diagnose::Hit| {
        hit.found.proofs.iter().any(|proof| proof.words.contains("Not Allowed"))
    };
    assert!(is_row(found.cause.as_ref().unwrap()) && !is_row(&found.also[0]), "{found:?}");
}

#[test]
fn a_sandbox_that_was_signed_in_to_was_not_refreshed_since() {
    let mut org = well();
    org.is_sandbox = Observed::Seen(true);
    *seen(&mut org.grants) = vec![grant(at("02:00"))];
    let found = told(&org, OVER);
    assert!(!fits(&found).contains(&"sandbox-refreshed"), "{found:?}");
    assert!(found.ruled_out.iter().any(|one| one.rule.id == "sandbox-refreshed"), "{found:?}");
}

#[test]
fn a_sign_in_that_worked_says_nothing_of_calls() {
    let broke = "profileFlsChangedCustom";
    let org = with_change(well(), "01:00", broke, "Changed profile Lamp Integration");
    let mut org = with_change(org, "04:00", broke, "Changed profile Lamp Integration");
    seen(&mut org.trail).rows[0].by = Some("Who Mends".to_owned());
    let found = told(&org, "INVALID_FIELD");
    assert_eq!(cause(&found), Some("field-access"));
    assert_eq!(found.stop.last_good, None);
    let hit = found.cause.as_ref().unwrap();
    // Which of the changes broke it nobody knows: both are shown, and nobody is accused.
    assert_eq!(hit.found.began, None);
    let times: Vec<_> = hit.found.proofs.iter().filter_map(|proof| proof.time).collect();
    assert_eq!(times, [at("04:00"), at("01:00")]);
}

#[test]
fn an_app_that_was_changed_since_may_have_had_another_policy() {
    let mut org = well();
    seen(&mut org.grants).clear();
    seen(&mut org.app).changed = Some(at("05:00"));
    let found = told(&org, OVER);
    let hit = found.consistent.iter().find(|hit| hit.rule.id == "refresh-policy-zero").unwrap();
    assert!(hit.found.over.as_deref().unwrap().contains("not recorded"), "{hit:?}");
    assert_eq!(hit.found.proofs[0].time, Some(at("05:00")));
    // It was changed before it worked last: then it is not that.
    seen(&mut org.app).changed = Some(at("01:00"));
    assert!(!fits(&told(&org, OVER)).contains(&"refresh-policy-zero"));
}

#[test]
fn what_api_access_control_blocks_is_not_called_free() {
    let mut org = well();
    org.api_access_control = Observed::Seen(true);
    org.blocked = Observed::Seen(Some(Blocked {
        name: "Lamp_Sync".to_owned(),
        app: APP.to_owned(),
        by_access_control: Some(true),
        changed: Some(at("02:00")),
        changed_by: None,
    }));
    let found = told(&org, "OAUTH_APP_BLOCKED");
    assert_eq!(cause(&found), Some("api-access-control"));
    let out = found.ruled_out.iter().find(|one| one.rule.id == "app-blocked").unwrap();
    assert!(out.why.contains("API Access Control"), "{out:?}");
}

#[test]
fn what_an_error_alone_says_leaves_standing_what_keeps_the_app_out() {
    let mut org = with_change(well(), "02:00", "blockConnectedApplication", "Blocked Lamp Sync");
    org.blocked = blocked(false);
    let found = told(&org, "invalid_client: invalid client credentials");
    assert_eq!(cause(&found), Some("secret-rotated"));
    assert!(found.cause.as_ref().unwrap().is_by_word);
    assert_eq!(also(&found), [("app-blocked", true)]);
    // Beside what the org shows the text alone is nothing.
    let mut org = failing("User is frozen");
    seen(&mut org.locks).is_frozen = true;
    let found = told(&org, "invalid_client: invalid client credentials");
    assert_eq!((cause(&found), also(&found)), (Some("user-frozen"), Vec::new()));
}

/// What ran out by itself, and what a list alone dates, stand among what happened; and at the end
/// what is not as the template wants it.
#[test]
fn what_happened_has_what_no_row_of_a_change_says() {
    let mut org = well();
    org.is_let_in = Observed::Seen(false);
    *seen(&mut org.assignments) = vec![Assignment {
        label: "Lamp Access".to_owned(),
        name: "Lamp_Access".to_owned(),
        ends: Some(at("02:00")),
    }];
    let steps = ["a", "b", "c", "d"].map(|step| drift(step, "ConnectedApp", "label"));
    let found = diagnose(&org, None, &steps, now());
    let told: Vec<(Timestamp, MomentKind, &str)> =
        found.timeline.iter().map(|one| (one.from, one.kind, one.what.as_str())).collect();
    let ran_out = (at("02:00"), MomentKind::Began, "the assignment of Lamp Access ran out");
    assert!(told.contains(&ran_out), "{told:?}");
    assert_eq!(told.last(), Some(&(now(), MomentKind::Drift, "a; b; c; and 1 more")));
    // What a row of a change says is told once.
    let org = with_change(failing("User is frozen"), "01:50", "frozeuser", "Froze Lamp Robot");
    let at_once = asked(&org).timeline.iter().filter(|one| one.from == at("01:50")).count();
    assert_eq!(at_once, 1);
}

/// Words that nobody knows are no reason to look for a token that is over.
#[test]
fn words_of_anything_find_nothing_where_it_works() {
    let mut org = well();
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    for error in ["synced 1800 records before failure", "UNABLE_TO_LOCK_ROW", "ECONNRESET"] {
        let found = told(&org, error);
        assert_eq!((found.verdict(), fits(&found)), (Verdict::Nothing, Vec::new()), "{error}");
    }
    // Where sign-ins have stopped it fits whatever is said.
    assert_eq!(fits(&told(&well(), "ECONNRESET")), ["token-revoked"]);
}

/// One that would have come before was not kept out by it.
#[test]
fn what_was_done_after_one_was_missed_did_not_stop_it() {
    let blocked_at = |time: &str| {
        let mut org = with_change(well(), time, "blockConnectedApplication", "Blocked Lamp Sync");
        org.blocked = blocked(false);
        org
    };
    // It came every half hour, until half past one.
    assert_eq!(cause(&asked(&blocked_at("01:50"))), Some("app-blocked"));
    // What was taken away later stands in its way, and no more.
    let mut org =
        with_change(well(), "05:30", "deleteConnectedApplication", "Uninstalled Lamp Sync");
    org.is_installed = Observed::Seen(false);
    let found = asked(&org);
    assert_eq!((cause(&found), fits(&found)), (None, vec!["token-revoked"]));
    assert_eq!(also(&found), [("not-installed", true)]);
    let found = asked(&blocked_at("05:30"));
    assert_eq!(cause(&found), None);
    assert!(found.stop.missed.is_some_and(|missed| missed < at("05:30")), "{:?}", found.stop);
}

/// With no grant left a token is over, whatever else keeps it out.
#[test]
fn a_token_that_is_gone_is_told_beside_what_keeps_it_out() {
    let mut org = with_change(well(), "01:50", "blockConnectedApplication", "Blocked Lamp Sync");
    org.blocked = blocked(false);
    seen(&mut org.app).rotates = Some(true);
    seen(&mut org.grants).clear();
    let found = asked(&org);
    assert_eq!((cause(&found), also(&found)), (Some("app-blocked"), vec![("token-reused", true)]));
}

/// What is so now and nobody knows since when stands in the way too.
#[test]
fn an_undated_state_stands_in_the_way_beside_a_dated_one() {
    let mut org = with_change(failing("User is frozen"), "01:50", "frozeuser", "Froze Lamp Robot");
    seen(&mut org.locks).is_frozen = true;
    org.requests = Observed::Seen(Requests { of_org: (0, 1000), of_app: None });
    let found = asked(&org);
    assert_eq!((cause(&found), also(&found)), (Some("user-frozen"), vec![("api-limit", true)]));
}

/// An address from which it comes only since it fails elsewhere is where it has moved to.
#[test]
fn one_that_has_moved_is_no_second_system() {
    let mut org = failing("Failed: IP Address Not Allowed");
    let mut moved = sign_in(at("05:50"), "Success");
    moved.address = Some("198.51.100.9".to_owned());
    seen(&mut org.sign_ins).rows.insert(0, moved);
    let found = asked(&org);
    assert_eq!((found.verdict(), found.of_address), (Verdict::Nothing, None));
}
