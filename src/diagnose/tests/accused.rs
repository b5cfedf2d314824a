//! Who is not accused: changes of another app, of another user, in the other direction, or of what
//! cannot have stopped it.

use super::*;
use crate::diagnose::evidence::speaks_of;
use crate::diagnose::{ShownBy, Verdict};
use crate::org::recorded::{Blocked, CallKind, Calls};

#[test]
fn what_cannot_stop_a_sign_in_is_not_what_stopped_it() {
    let mut org = with_change(well(), "01:50", "PermSetFlsChanged", "Lamp Integration changed");
    seen(&mut org.grants).clear();
    let found = asked(&org);
    assert_eq!(found.stop.shown_by, ShownBy::NoGrant);
    assert_eq!(cause(&found), None, "{found:?}");
    assert!(!fits(&found).contains(&"field-access"), "{:?}", fits(&found));
}

#[test]
fn a_change_that_the_flow_never_meets_is_no_cause() {
    for (action, display) in [
        ("resetpassword", "Reset password for user Lamp Robot"),
        ("changeApplicationCertificate", "Changed certificate of application Lamp Sync"),
        ("changeApplicationCallbackUrl", "Changed callback URL of application Lamp Sync"),
        ("changeApplicationPkceRequired", "Changed PKCE of application Lamp Sync"),
    ] {
        let found = told(&with_change(well(), "01:50", action, display), OVER);
        assert_eq!(cause(&found), None, "{action}");
    }
    // Of whom comes with a password a new one is the cause.
    let mut org = failing("Invalid Password");
    for row in &mut seen(&mut org.sign_ins).rows {
        row.flow = Some("OauthUsernamePassword".to_owned());
    }
    let org = with_change(org, "01:50", "resetpassword", "Reset password for user Lamp Robot");
    assert_eq!(cause(&asked(&org)), Some("password-wrong"));
}

#[test]
fn what_lets_more_in_has_kept_nobody_out() {
    let relaxed = "For connected app Lamp Sync, changed from Enforce IP restrictions to Relax IP \
                   restrictions";
    let mut org = with_change(well(), "01:50", "changeIpRelaxationPolicy", relaxed);
    assert_eq!(cause(&asked(&org)), None);
    org = with_change(well(), "01:50", "PermSetFlsChanged", "Lamp Integration: Read granted");
    let found = told(&org, "INVALID_FIELD: No such column").cause.unwrap();
    assert_eq!((found.rule.id, found.found.began), ("field-access", None), "nobody took it");
}

#[test]
fn what_was_done_to_another_user_or_app_is_no_cause() {
    let mut org = well();
    org.has_api_enabled = Observed::Seen(false);
    let display = "Unassigned permission set Lamp Integration from user Someone Else";
    let found = asked(&with_change(org, "01:50", "PermSetUnassign", display));
    let hits = found.cause.iter().chain(&found.consistent).chain(&found.also);
    for hit in hits {
        assert_eq!(hit.found.began, None, "{hit:?}");
    }
    for name in ["Lamp Sync Staging", "Old Lamp Sync"] {
        let display = format!("Installed Connected App {name} to Salesforce");
        let org = with_change(well(), "01:50", "insertConnectedApplication", &display);
        assert_eq!(cause(&asked(&org)), None, "{name}");
    }
    let display = "Installed Connected App Lamp Sync to Salesforce";
    let org = with_change(well(), "01:50", "insertConnectedApplication", display);
    assert_eq!(cause(&asked(&org)), Some("approval-reset"));
}

#[test]
fn who_was_signed_in_as_somebody_else_is_named() {
    let mut org = failing("User is frozen");
    seen(&mut org.locks).is_frozen = true;
    org = with_change(org, "01:50", "frozeuser", "Froze user Lamp Robot");
    seen(&mut org.trail).rows[0].delegate = Some("culprit@lamp.example.com".to_owned());
    let found = asked(&org);
    let by = found.cause.unwrap().found.began.unwrap().by.unwrap();
    assert_eq!(by, "culprit@lamp.example.com, signed in as Jo Doe");
}

#[test]
fn who_comes_seldom_or_on_weekdays_has_not_stopped() {
    let mut org = well();
    seen(&mut org.sign_ins).rows.truncate(1);
    assert_eq!(asked(&org).stop.shown_by, ShownBy::Nothing);
    // Monday to Friday, and it is Sunday: the 25th is a Wednesday.
    let friday = at("01:30") - SignedDuration::from_hours(24 * 5);
    let nights = |more: i64| {
        (0..5).map(move |night| friday - SignedDuration::from_hours(24 * (night + more)))
    };
    seen(&mut org.sign_ins).rows = nights(0).map(|time| sign_in(time, "Success")).collect();
    let sunday = friday + SignedDuration::from_hours(49);
    let tuesday = friday + SignedDuration::from_hours(24 * 4 + 2);
    assert_eq!(diagnose(&org, None, &[], sunday).stop.shown_by, ShownBy::Nothing);
    assert_eq!(diagnose(&org, None, &[], tuesday).stop.shown_by, ShownBy::Silence);
}

#[test]
fn drift_of_one_object_explains_no_calls_of_another() {
    let mut org = well();
    org.calls = Observed::Seen(Calls {
        kinds: vec![
            calls("Case", 200, ("01:00", "01:00"), 3),
            calls("Case", 404, ("02:00", "02:00"), 3),
        ],
        ..Calls::default()
    });
    let steps = [drift("read", "Profile", "objectPermissions[Account].viewAllFields")];
    let found = diagnose(&org, None, &steps, now());
    assert_ne!(cause(&found), Some("field-access"), "{found:?}");
}

#[test]
fn what_was_cut_off_is_no_beginning() {
    let mut org = failing("Odd words");
    let rows = &mut seen(&mut org.sign_ins).rows;
    rows.retain(|row| row.status != "Success");
    seen(&mut org.sign_ins).is_cut = true;
    let found = asked(&org);
    assert!(found.stop.or_before, "{:?}", found.stop);
    assert!(!asked(&failing("Odd words")).stop.or_before);
}

#[test]
fn a_row_that_blocks_the_app_counts_whatever_its_flag_is_taken_to_say() {
    let mut org = well();
    org.blocked = Observed::Seen(Some(Blocked {
        name: "Lamp_Sync_1".to_owned(),
        app: APP.to_owned(),
        by_access_control: Some(true),
        changed: Some(at("01:50")),
        changed_by: Some("Jo Doe".to_owned()),
    }));
    assert_eq!(cause(&asked(&org)), Some("app-blocked"), "API Access Control is off");
    org.api_access_control = Observed::Seen(true);
    assert_eq!(cause(&asked(&org)), Some("api-access-control"));
}

#[test]
fn what_works_is_kept_out_by_nothing() {
    let mut org = well();
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:55"), "Success"));
    org.api_access_control = Observed::Seen(true);
    seen(&mut org.app).is_admin_approved = Some(false);
    let found = asked(&org);
    assert_eq!((found.verdict(), fits(&found)), (Verdict::Nothing, Vec::new()));
}

/// A record that is not there, a session that ended: any day has such calls.
#[test]
fn calls_as_they_fail_any_day_show_no_stop() {
    let of = |kinds: Vec<CallKind>| {
        let mut org = well();
        seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
        org.calls = Observed::Seen(Calls { kinds, ..Calls::default() });
        let org = with_change(org, "01:50", "profileFlsChangedCustom", "Lamp Integration");
        asked(&org)
    };
    let one = ("05:40", "05:40");
    for (status, count) in [(404, 1), (400, 2), (401, 9), (403, 1), (503, 2)] {
        let found = of(vec![calls("Lead", status, one, count)]);
        assert_eq!((found.stop.shown_by, cause(&found)), (ShownBy::Nothing, None), "{status}");
    }
    // Nor do they stand as evidence beside those that show one.
    let refused = calls("Lead", 400, ("05:40", "05:45"), 3);
    let found = of(vec![refused, calls("Case", 404, one, 1)]);
    assert_eq!(found.stop.shown_by, ShownBy::Calls);
    assert_eq!(found.symptom.http, [400]);
    for (status, count) in [(404, 3), (403, 3), (503, 3)] {
        let found = of(vec![calls("Lead", status, one, count)]);
        assert_eq!(found.stop.shown_by, ShownBy::Calls, "{status}");
    }
}

/// Two may bear one name, and what was done to one was not done to the other.
#[test]
fn what_was_done_to_a_namesake_accuses_nobody() {
    let by_name = "Froze user Lamp Robot";
    let mut org = with_change(failing("User is frozen"), "01:50", "frozeuser", by_name);
    seen(&mut org.user).has_namesake = Observed::Seen(true);
    seen(&mut org.trail).rows[0].section = "Manage Users".to_owned();
    let found = asked(&org);
    let hit = found.cause.as_ref().unwrap();
    assert_eq!((hit.rule.id, &hit.found.began), ("user-frozen", &None));
    assert!(!found.timeline.iter().any(|one| one.what == by_name), "{found:?}");
    let unseen = found.unseen.iter().find(|one| one.hidden.reason.contains("Lamp Robot"));
    assert!(unseen.is_some(), "{:?}", found.unseen);
    for display in [
        "Froze user Lamp Robot (sync@lamp.example.com)",
        "Froze user Lamp Robot (UserID: [005000000000001])",
    ] {
        let mut org = with_change(failing("User is frozen"), "01:50", "frozeuser", display);
        seen(&mut org.user).has_namesake = Observed::Seen(true);
        let found = asked(&org);
        assert!(found.cause.as_ref().unwrap().found.began.is_some(), "{display}");
    }
}

/// One call that is refused every day hides no others, and dates nothing.
#[test]
fn calls_that_went_well_before_tell_more_than_those_that_never_did() {
    let mut org = well();
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    let kinds = vec![
        calls("Report", 403, ("00:10", "00:20"), 3),
        calls("Lead", 200, ("01:00", "01:55"), 3),
        calls("Lead", 400, ("02:14", "02:50"), 3),
    ];
    org.calls = Observed::Seen(Calls { kinds, ..Calls::default() });
    let org = with_change(org, "02:00", "profileFlsChangedCustom", "Lamp Integration");
    let found = asked(&org);
    assert_eq!(
        (found.stop.last_good, found.stop.first_bad),
        (Some(at("01:55")), Some(at("02:14")))
    );
    let hit = found.cause.as_ref().unwrap();
    assert_eq!(hit.rule.id, "field-access");
    assert_eq!(hit.found.began.as_ref().map(|began| began.time), Some(at("02:00")));
    // Where none is known to have gone well it may have been before the file, for whatever change.
    let mut org = with_change(well(), "00:30", "profileFlsChangedCustom", "Lamp Integration");
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    let kinds = vec![calls("Lead", 400, ("02:14", "02:50"), 3)];
    org.calls = Observed::Seen(Calls { kinds, ..Calls::default() });
    let found = asked(&org);
    assert!(found.stop.or_before && found.stop.last_good.is_none(), "{:?}", found.stop);
    let hit = found.cause.as_ref().unwrap();
    assert_eq!((hit.rule.id, &hit.found.began), ("field-access", &None));
    assert!(hit.found.proofs.iter().any(|proof| proof.time == Some(at("00:30"))), "{hit:?}");
}

/// The session is over, and no new one can be had.
#[test]
fn a_session_that_is_over_leads_to_what_keeps_sign_ins_out() {
    let mut org = well();
    seen(&mut org.app).refresh = Some(RefreshPolicy::Zero);
    let over = "INVALID_SESSION_ID: Session expired or invalid";
    assert_eq!(cause(&told(&org, over)), Some("refresh-policy-zero"));
    // Where sign-ins come it is of the session alone.
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    assert_ne!(cause(&told(&org, over)), Some("refresh-policy-zero"));
}

#[test]
fn hours_that_may_be_so_keep_nobody_out_who_comes_in() {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let mut org = well();
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:55"), "Success"));
    *seen(&mut org.hours) =
        days.iter().flat_map(|day| [format!("{day}Start 0"), format!("{day}End 1439")]).collect();
    for zone in [Observed::Seen(jiff::tz::TimeZone::UTC), Observed::unread("no")] {
        org.zone = zone;
        let found = asked(&org);
        assert_eq!((found.verdict(), fits(&found)), (Verdict::Nothing, Vec::new()), "{found:?}");
    }
    // The first that failed tells, and no try of later.
    let mut org = failing("Failed: IP Address Not Allowed");
    *seen(&mut org.hours) =
        days.iter().flat_map(|day| [format!("{day}Start 0"), format!("{day}End 150")]).collect();
    org.zone = Observed::Seen(jiff::tz::TimeZone::UTC);
    assert_ne!(cause(&asked(&org)), Some("login-hours"));
    // Beside another thing they stand in its way.
    let mut org = with_change(failing("User is frozen"), "01:50", "frozeuser", "Froze Lamp Robot");
    seen(&mut org.locks).is_frozen = true;
    *seen(&mut org.hours) =
        days.iter().flat_map(|day| [format!("{day}Start 480"), format!("{day}End 1080")]).collect();
    org.zone = Observed::Seen(jiff::tz::TimeZone::UTC);
    let found = asked(&org);
    let also: Vec<(&str, bool)> =
        found.also.iter().map(|hit| (hit.rule.id, hit.is_in_the_way)).collect();
    assert_eq!((cause(&found), also), (Some("user-frozen"), vec![("login-hours", true)]));
}

/// What a row of a change says counts where the state itself is not shown.
#[test]
fn a_change_is_told_where_what_it_changed_is_hidden() {
    let mut org = with_change(well(), "01:50", "blockConnectedApplication", "Blocked Lamp Sync");
    org.blocked = Observed::hidden("no", "Modify Metadata");
    assert_eq!(cause(&told(&org, "OAUTH_APP_BLOCKED")), Some("app-blocked"));
    assert_eq!(cause(&asked(&org)), Some("app-blocked"));
    let mut org = with_change(well(), "01:50", "frozeuser", "Froze Lamp Robot");
    org.locks = Observed::hidden("no", "Manage Users");
    assert_eq!(cause(&asked(&org)), Some("user-frozen"));
}

/// What the user was given since is not lacking now.
#[test]
fn what_may_be_read_now_was_not_taken() {
    let error = "INVALID_TYPE: sObject type 'Lead' is not supported.";
    let changed = "profileOlpChangedCustom";
    let mut org = with_change(well(), "05:30", changed, "Changed profile Lamp Integration");
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    org.may_read = Some(("Lead".to_owned(), Observed::Seen(true)));
    let found = told(&org, error);
    assert_eq!((found.verdict(), cause(&found)), (Verdict::Nothing, None), "{found:?}");
    let out = found.ruled_out.iter().find(|one| one.rule.id == "field-access").unwrap();
    assert_eq!(out.why, "the user may read Lead now");
    for may_read in [Observed::Seen(false), Observed::hidden("no", "X")] {
        org.may_read = Some(("Lead".to_owned(), may_read));
        assert_eq!(cause(&told(&org, error)), Some("field-access"));
    }
}

/// Names go on behind dots and hyphens; what stands there is another's.
#[test]
fn a_longer_name_is_anothers() {
    for (action, display) in [
        ("deactivateduser", "Deactivated user sync@lamp.example.com.old"),
        ("deactivateduser", "Deactivated user my.sync@lamp.example.com"),
        ("frozeuser", "Froze user Lamp Robot-2"),
        ("blockConnectedApplication", "Blocked Connected App Lamp Sync-EU"),
        ("blockConnectedApplication", "Blocked Connected App Lamp Sync.io"),
    ] {
        let org = with_change(well(), "01:50", action, display);
        let change = &org.trail.seen().unwrap().rows[0];
        let names = ["Lamp Sync", "Lamp Robot", USER];
        assert!(!names.iter().any(|name| speaks_of(change, name)), "{display}");
        assert_eq!(cause(&asked(&org)), None, "{display}");
    }
    for display in ["Froze user Lamp Robot.", "Froze (Lamp Robot)", "user Lamp Robot - frozen"] {
        let org = with_change(well(), "01:50", "frozeuser", display);
        assert!(speaks_of(&org.trail.seen().unwrap().rows[0], "Lamp Robot"), "{display}");
    }
}

/// Where the state does not show it, a row that undid it does, or sign-ins that failed of it.
#[test]
fn what_is_not_so_now_was_so_only_where_something_says_that_it_ended() {
    let froze = || with_change(well(), "01:50", "frozeuser", "Froze Lamp Robot");
    assert_eq!(cause(&asked(&froze())), None);
    let undone = with_change(froze(), "04:00", "unfrozeuser", "Unfroze Lamp Robot");
    let found = asked(&undone);
    let hit = found.cause.as_ref().unwrap();
    assert_eq!((hit.rule.id, hit.found.proofs.len()), ("user-frozen", 2));
    let failed = with_change(failing("User is frozen"), "01:50", "frozeuser", "Froze Lamp Robot");
    assert!(asked(&failed).cause.unwrap().found.began.is_some());
}

/// Who signs in all the same may be refused in every call.
#[test]
fn that_it_signs_in_says_nothing_of_its_calls() {
    let taken = "PermSetUnassign";
    let mut org = with_change(well(), "04:00", taken, "Lamp Access: Lamp Robot");
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    org.has_api_enabled = Observed::Seen(false);
    let found = asked(&org);
    assert_eq!((cause(&found), fits(&found)), (None, vec!["no-api-enabled"]));
    let mut org = well();
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    org.requests = Observed::Seen(Requests { of_org: (0, 1000), of_app: None });
    assert_eq!(fits(&asked(&org)), ["api-limit"]);
    // Or the app has some for itself, and these are used up.
    org.requests = Observed::Seen(Requests { of_org: (900, 1000), of_app: Some((0, 100)) });
    let found = asked(&org);
    assert_eq!(fits(&found), ["api-limit"]);
    assert!(found.consistent[0].found.proofs[0].words.contains("for itself"), "{found:?}");
}

/// A stop that rows show is never nothing.
#[test]
fn a_stop_that_nothing_explains_is_a_stop() {
    let mut org = failing("Password Expired");
    for row in &mut seen(&mut org.sign_ins).rows {
        row.flow = Some("OauthUsernamePassword".to_owned());
    }
    org.is_password_expired = Observed::hidden("no", "Manage Users");
    org.is_password_flow_blocked = Observed::Seen(false);
    assert_eq!(asked(&org).verdict(), Verdict::Unexplained);
    // That none comes any more is seen, whatever is not.
    let mut org = well();
    org.grants = Observed::unread("no");
    assert_eq!(fits(&asked(&org)), ["token-revoked"]);
}

/// Two systems share an app and a user: one gets in, and the other does not any more.
#[test]
fn an_address_that_fails_is_told_where_another_gets_in() {
    let elsewhere = |clock: &str, status: &str| {
        let mut row = sign_in(at(clock), status);
        row.address = Some("198.51.100.9".to_owned());
        row
    };
    let mut org = with_change(
        well(),
        "02:00",
        "changeIpRelaxationPolicy",
        "For Lamp Sync, changed from Relax to Enforce",
    );
    seen(&mut org.app).ip = Some(IpRelaxation::Enforce);
    *seen(&mut org.ranges) = vec!["203.0.113.0-203.0.113.255".to_owned()];
    let rows = &mut seen(&mut org.sign_ins).rows;
    for clock in ["02:10", "03:10", "04:10"] {
        rows.insert(0, elsewhere(clock, "Failed: IP Address Not Allowed"));
    }
    rows.push(elsewhere("01:10", "Success"));
    rows.insert(0, sign_in(at("05:50"), "Success"));
    let found = asked(&org);
    assert_eq!(
        (cause(&found), found.of_address.as_deref()),
        (Some("ip-enforced"), Some("198.51.100.9"))
    );
    assert_eq!(found.stop.last_good, Some(at("01:10")));
    assert!(found.cause.unwrap().found.began.is_some());
    // Fewer are no stop.
    seen(&mut org.sign_ins).rows.remove(1);
    assert_eq!(asked(&org).verdict(), Verdict::Nothing);
}

/// A secret that is staged is in nobody's way yet; a set that ran out is not needed where every user
/// may approve the app; a change of another field took none of this one.
#[test]
fn what_changes_nothing_has_stopped_nothing() {
    let staged = "generateOauthStagedCredential";
    let org = with_change(well(), "02:00", staged, "Generated staged credentials for Lamp Sync");
    assert_eq!((cause(&asked(&org)), fits(&asked(&org))[0]), (None, "secret-rotated"));
    let mut org = well();
    seen(&mut org.app).is_admin_approved = Some(false);
    org.is_let_in = Observed::Seen(false);
    *seen(&mut org.assignments) = vec![crate::org::recorded::Assignment {
        label: "Lamp Access".to_owned(),
        name: "Lamp_Access".to_owned(),
        ends: Some(at("02:00")),
    }];
    assert_eq!(cause(&asked(&org)), None);
    let display = "Changed field-level security for Lamp Integration: Contact.Phone to No Access";
    let mut org = with_change(well(), "02:00", "profileFlsChangedCustom", display);
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    let found = told(&org, "INVALID_FIELD: No such column 'Industry' on entity 'Account'");
    let proofs = &found.cause.as_ref().unwrap().found.proofs;
    assert!(!proofs.iter().any(|proof| proof.words.contains("Contact")), "{proofs:?}");
    let found = told(&org, "INVALID_FIELD: No such column 'Phone' on entity 'Contact'");
    let proofs = &found.cause.as_ref().unwrap().found.proofs;
    assert!(proofs.iter().any(|proof| proof.words.contains("Contact.Phone")), "{proofs:?}");
}

/// Who is shown no sign-ins and no state is shown changes, of which the newest stands.
#[test]
fn a_change_that_stands_tells_where_nobody_knows_when_it_worked() {
    let hidden = |org: &mut Recorded| {
        org.sign_ins = Observed::hidden("no", "Monitor Login History");
        org.locks = Observed::hidden("no", "Manage Users");
        org.grants = Observed::hidden("no", "Customize Application");
    };
    let mut org = with_change(well(), "01:50", "frozeuser", "Froze user Lamp Robot");
    hidden(&mut org);
    let found = asked(&org);
    assert_eq!((cause(&found), fits(&found)), (None, vec!["user-frozen"]));
    assert!(found.consistent[0].found.began.is_some());
    let mut org = with_change(org, "02:50", "unfrozeuser", "Unfroze user Lamp Robot");
    hidden(&mut org);
    assert!(!fits(&asked(&org)).contains(&"user-frozen"));
}
