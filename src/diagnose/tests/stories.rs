//! Each thing that stops an integration, by the rows that it leaves.

use std::collections::BTreeSet;

use super::*;
use crate::diagnose::{Fit, ShownBy, Symptom, Verdict, causes};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::find_component;
use crate::org::recorded::{Assignment, Blocked, Refused};
use crate::org::refusal::{API, OAUTH, Place};
use crate::template::setup;

#[test]
fn a_well_org_has_no_cause() {
    let mut org = well();
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:50"), "Success"));
    let found = asked(&org);
    assert_eq!(found.verdict(), Verdict::Nothing);
    assert_eq!(found.stop.shown_by, ShownBy::Nothing);
    assert!(found.also.is_empty() && found.unseen.len() == 1, "{found:?}");
}

#[test]
fn a_status_that_means_one_thing_is_the_cause_and_is_dated_by_the_trail() {
    let org = with_change(failing("User is frozen"), "01:50", "frozeuser", "Froze user Lamp Robot");
    let found = asked(&org);
    assert_eq!(cause(&found), Some("user-frozen"));
    let hit = found.cause.as_ref().unwrap();
    assert!(hit.explains, "{hit:?}");
    // The user has been let in again since: the rows of the change and of the sign-in show it.
    assert_eq!(hit.found.over.as_deref(), Some("the user is not frozen"));
    let of: Vec<&str> = hit.found.proofs.iter().map(|proof| proof.of.as_str()).collect();
    assert_eq!(of, ["SetupAuditTrail", "LoginHistory"]);
    assert!(hit.found.proofs[1].id.is_some());

    let mut org = org;
    seen(&mut org.locks).is_frozen = true;
    let found = asked(&org);
    let hit = found.cause.as_ref().unwrap();
    assert!(hit.is_between && hit.found.began.as_ref().unwrap().by.as_deref() == Some("Jo Doe"));
    assert_eq!(found.stop.first_bad, Some(at("02:14")));
    assert_eq!(found.stop.last_good, Some(at("01:30")));
}

#[test]
fn statuses_are_read_with_and_without_failed() {
    for (status, id) in [
        ("Failed: Missing Consumer Key Parameter", "secret-rotated"),
        ("USER IS INACTIVE", "user-inactive"),
        ("Password lockout", "password-lockout"),
        ("Invalid Password", "password-wrong"),
        ("Restricted IP", "ip-enforced"),
        ("Restricted time", "login-hours"),
        ("Failed: Consumer Deleted", "app-deleted"),
        ("Failed: Signature Invalid", "certificate"),
        ("Invalid Callback URL", "callback"),
        ("Failed: Invalid Code Challenge", "pkce"),
        ("Failed: Invalid Nonce", "code-reused"),
        ("Login rate exceeded", "sign-ins-exceeded"),
        ("Failed: API Version Removed: 30.0", "version-retired"),
        ("Multi-factor required", "session-level"),
        ("Restricted domain", "host"),
        ("Failed: API-only user", "api-only-user"),
        ("Organization is in maintenance", "org-closed"),
        ("Username-Password Flow Disabled", "password-flow-blocked"),
    ] {
        assert_eq!(cause(&asked(&failing(status))), Some(id), "{status}");
    }
    // What nobody knows is shown, and explains nothing.
    let found = asked(&failing("Failed: Something of Tomorrow"));
    assert_eq!(cause(&found), None);
    assert_eq!(found.symptom.statuses, ["something of tomorrow"]);
}

#[test]
fn ip_enforced_after_a_change_is_the_cause_with_the_step_that_it_breaks() {
    let display = "For connected app Lamp Sync, changed from Relax to Enforce IP restrictions";
    let mut org = with_change(
        failing("Failed: IP Address Not Allowed"),
        "01:50",
        "changeIpRelaxationPolicy",
        display,
    );
    seen(&mut org.app).ip = Some(IpRelaxation::Enforce);
    *seen(&mut org.ranges) = vec!["198.51.100.0-198.51.100.255".to_owned()];
    *seen(&mut org.hours) = vec!["mondayStart 480".to_owned(), "mondayEnd 1020".to_owned()];
    let steps = [
        drift("ip", "ConnectedApp", "oauthPolicy.ipRelaxation"),
        drift("scopes", "ConnectedApp", "oauthConfig.scopes"),
    ];
    let found = diagnose(&org, None, &steps, now());
    assert_eq!(cause(&found), Some("ip-enforced"));
    let hit = found.cause.as_ref().unwrap();
    assert!(hit.explains && hit.is_between);
    assert_eq!(hit.step.as_ref().unwrap().step, "ip");
    assert_eq!(found.other_steps.len(), 1);
    // From an address that the profile lets in it is not that; then only the hours are left.
    *seen(&mut org.ranges) = vec!["203.0.113.0-203.0.113.255".to_owned()];
    let found = asked(&org);
    assert_eq!(cause(&found), Some("login-hours"));
    assert!(found.ruled_out.iter().any(|one| one.rule.id == "ip-enforced"));
}

#[test]
fn a_token_that_is_over_has_no_cause_and_things_that_fit() {
    // Evicted: five grants, of which even the oldest is younger than what worked.
    let mut org = well();
    *seen(&mut org.grants) =
        ["01:40", "01:45", "01:50", "01:55", "02:00"].map(at).map(grant).into();
    let found = told(&org, OVER);
    assert_eq!(found.verdict(), Verdict::Consistent);
    assert_eq!(fits(&found)[0], "evicted-by-approval");
    assert_eq!(found.consistent[0].found.fit, Fit::VeryLikely);
    let out: Vec<&str> = found.ruled_out.iter().map(|one| one.rule.id).collect();
    assert!(out.contains(&"token-reused") && out.contains(&"sandbox-refreshed"), "{out:?}");

    // The policy.
    let mut org = well();
    seen(&mut org.app).refresh = Some(RefreshPolicy::Zero);
    let steps = [drift("refresh", "ConnectedApp", "oauthPolicy.refreshTokenPolicy")];
    // A refresh token worked: the policy was another then, and was changed since.
    for error in [Some(OVER), None] {
        let found = diagnose(&org, error, &steps, now());
        assert_eq!(cause(&found), Some("refresh-policy-zero"));
        assert_eq!(found.cause.unwrap().step.unwrap().step, "refresh");
    }
    // Nobody knows that one ever did, or whether the policy is older than the first failure.
    let mut unknown = org.clone();
    seen(&mut unknown.sign_ins).rows.clear();
    let found = told(&unknown, OVER);
    assert_eq!((cause(&found), fits(&found)[0]), (None, "refresh-policy-zero"));
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("02:14"), "Odd words"));
    assert_eq!((cause(&asked(&org)), fits(&asked(&org))[0]), (None, "refresh-policy-zero"));
    // Who signs in without one loses none.
    for row in &mut seen(&mut org.sign_ins).rows {
        row.flow = Some("OauthClientCredentials".to_owned());
    }
    assert!(!fits(&asked(&org)).contains(&"refresh-policy-zero"));

    // Rotation.
    let mut org = well();
    seen(&mut org.app).rotates = Some(true);
    seen(&mut org.grants).clear();
    assert_eq!(fits(&told(&org, OVER)), ["token-reused", "token-revoked"]);

    // A time that was over, and one that was not.
    for (hours, is_over) in [(1, true), (24 * 365, false)] {
        let mut org = well();
        seen(&mut org.app).refresh = Some(RefreshPolicy::Inactivity(hours));
        let found = told(&org, OVER);
        assert_eq!(fits(&found).contains(&"token-lifetime"), is_over, "{found:?}");
    }

    // Idle.
    let mut org = well();
    let long_ago = at("00:00") - SignedDuration::from_hours(24 * 40);
    seen(&mut org.sign_ins).rows = vec![sign_in(long_ago, "Success")];
    seen(&mut org.app).has_idle_limit = Some(true);
    assert_eq!(fits(&asked(&org))[0], "idle-limit");

    // A sandbox without a past.
    let mut org = well();
    org.is_sandbox = Observed::Seen(true);
    seen(&mut org.sign_ins).rows.clear();
    seen(&mut org.grants).clear();
    assert_eq!(fits(&told(&org, OVER))[0], "sandbox-refreshed");
    assert_eq!(fits(&asked(&org)), ["sandbox-refreshed"]);
}

#[test]
fn where_the_rows_merely_end_tokens_come_into_question() {
    let found = asked(&well());
    assert_eq!(found.stop.shown_by, ShownBy::Silence);
    assert_eq!(found.verdict(), Verdict::Consistent);
    assert_eq!(fits(&found), ["token-revoked"]);
}

#[test]
fn what_comes_like_a_clock_is_missed_at_once() {
    let nightly = |hours: i64| {
        let mut org = well();
        let night = |days: i64| now() - SignedDuration::from_hours(hours + 24 * days);
        seen(&mut org.sign_ins).rows = (0..7).map(|days| sign_in(night(days), "Success")).collect();
        org
    };
    assert_eq!(asked(&nightly(24)).stop.shown_by, ShownBy::Nothing);
    assert_eq!(asked(&nightly(25)).stop.shown_by, ShownBy::Silence);
    // What skips days is not missed for one.
    let mut org = nightly(40);
    seen(&mut org.sign_ins).rows.remove(2);
    assert_eq!(asked(&org).stop.shown_by, ShownBy::Nothing);
    // Who approves the app at a browser is not the integration.
    let mut org = nightly(25);
    let mut approval = sign_in(at("05:00"), "Success");
    approval.flow = Some("OauthWebServer".to_owned());
    seen(&mut org.sign_ins).rows.insert(0, approval);
    assert_eq!(asked(&org).stop.last_good, Some(now() - SignedDuration::from_hours(25)));
    // No grant is left, by which it came.
    let mut org = nightly(5);
    seen(&mut org.grants).clear();
    assert_eq!(asked(&org).stop.shown_by, ShownBy::NoGrant);
    org.grants = Observed::hidden("no row", "Customize Application");
    assert_eq!(asked(&org).stop.shown_by, ShownBy::Nothing);
}

#[test]
fn words_that_mean_one_of_two_things_fit_where_neither_is_seen() {
    let mut org = failing("Failed: IP Address Not Allowed");
    org.app = Observed::hidden("no", "X");
    (org.ranges, org.hours) = (Observed::hidden("no", "X"), Observed::hidden("no", "X"));
    let found = asked(&org);
    assert_eq!((cause(&found), fits(&found)), (None, vec!["ip-enforced", "login-hours"]));
    // A change in between tells which.
    let org = with_change(org, "01:50", "changeIpRelaxationPolicy", "For Lamp Sync, changed");
    assert_eq!(cause(&asked(&org)), Some("ip-enforced"));
}

#[test]
fn the_user_and_what_they_may() {
    let mut org = with_change(well(), "01:50", "deactivateduser", "Deactivated user Lamp Robot");
    seen(&mut org.user).is_active = Some(false);
    assert_eq!(cause(&told(&org, OVER)), Some("user-inactive"));
    assert_eq!(cause(&told(&org, "invalid_grant: inactive user")), Some("user-inactive"));

    let mut org = well();
    org.is_password_expired = Observed::Seen(true);
    let error = "INVALID_OPERATION_WITH_EXPIRED_PASSWORD";
    assert_eq!(cause(&told(&org, error)), Some("password-expired"));
    // A password that nobody uses stops nobody.
    assert_eq!((cause(&asked(&org)), fits(&asked(&org))), (None, vec!["token-revoked"]));
    // With the flow by password it does, and what the row of that says no source tells.
    let mut org = failing("Failed: Something of Tomorrow");
    org.is_password_expired = Observed::Seen(true);
    seen(&mut org.sign_ins).rows[0].flow = Some("OauthUsernamePassword".to_owned());
    assert_eq!(fits(&asked(&org))[0], "password-expired");

    let mut org = failing("Username-Password Flow Disabled");
    for row in &mut seen(&mut org.sign_ins).rows {
        row.flow = Some("OauthUsernamePassword".to_owned());
    }
    assert_eq!(cause(&asked(&org)), Some("password-flow-blocked"));

    let mut org = well();
    org.has_api_enabled = Observed::Seen(false);
    let found = told(&org, "API_DISABLED_FOR_ORG: The REST API is not enabled");
    assert_eq!(cause(&found), Some("no-api-enabled"));
}

#[test]
fn an_assignment_that_ran_out_is_dated_by_itself() {
    let mut org = well();
    org.is_let_in = Observed::Seen(false);
    *seen(&mut org.assignments) = vec![Assignment {
        label: "Lamp Access".to_owned(),
        name: "Lamp_Access".to_owned(),
        ends: Some(at("02:00")),
    }];
    let found = told(&org, "invalid_app_access: user is not admin approved to access this app");
    assert_eq!(cause(&found), Some("assignment-expired"));
    assert!(found.cause.as_ref().unwrap().is_between);
    assert_eq!(cause(&asked(&org)), Some("assignment-expired"));
    // One that ran out and is not needed is none.
    org.is_let_in = Observed::Seen(true);
    assert_eq!(cause(&asked(&org)), None);
}

#[test]
fn the_app() {
    let mut org = with_change(well(), "02:00", "blockConnectedApplication", "Blocked Lamp Sync");
    org.blocked = blocked(false);
    assert_eq!(cause(&told(&org, "OAUTH_APP_BLOCKED")), Some("app-blocked"));
    assert_eq!(cause(&asked(&org)), Some("app-blocked"));
    let mut org = well();
    org.api_access_control = Observed::Seen(true);
    seen(&mut org.app).is_admin_approved = Some(false);
    assert_eq!(cause(&told(&org, "this app is blocked by admin")), Some("api-access-control"));
    // Since when it is on nobody knows: it fits, and no more.
    assert_eq!(fits(&asked(&org))[0], "api-access-control");

    let mut org = well();
    org.is_installed = Observed::Seen(false);
    let error = "invalid_client: app must be installed into org";
    assert_eq!(cause(&told(&org, error)), Some("not-installed"));
    // Where the org shows that it is installed, the words alone are not believed.
    let found = told(&well(), error);
    assert_eq!(cause(&found), None);
    assert!(found.ruled_out.iter().any(|one| one.rule.id == "not-installed"), "{found:?}");
    seen(&mut org.app).is_admin_approved = Some(true);
    org.is_let_in = Observed::Seen(false);
    let found = told(&org, "OAUTH_APP_ACCESS_DENIED");
    assert_eq!(cause(&found), Some("not-pre-authorised"));
    let mut org = well();
    seen(&mut org.app).kind = AppKind::External;
    seen(&mut org.app).is_on = Some(false);
    assert_eq!(fits(&asked(&org))[0], "app-off");
    let installed = with_change(
        well(),
        "02:00",
        "insertConnectedApplication",
        "Installed Connected App Lamp Sync to Salesforce",
    );
    assert_eq!(cause(&told(&installed, OVER)), Some("approval-reset"));
}

#[test]
fn the_org_and_calls_that_fail() {
    let mut org = well();
    org.requests = Observed::Seen(Requests { of_org: (0, 1000), of_app: None });
    assert_eq!(cause(&told(&org, "REQUEST_LIMIT_EXCEEDED")), Some("api-limit"));
    assert_eq!(fits(&asked(&org))[0], "api-limit");
    // Some have come back since, or it was another org: it fits, and how many are left shows it.
    let found = told(&well(), "REQUEST_LIMIT_EXCEEDED");
    assert_eq!((cause(&found), fits(&found)[0]), (None, "api-limit"));
    assert!(found.consistent[0].found.proofs[0].words.starts_with("900 of 1000"), "{found:?}");
    let mut org = well();
    org.has_api = Observed::Seen(false);
    assert_eq!(cause(&told(&org, "API_DISABLED_FOR_ORG")), Some("no-api-edition"));

    // It signs in, and calls fail after a change of the profile.
    let mut org =
        with_change(well(), "02:00", "profileFlsChangedCustom", "Changed profile Lamp Integration");
    seen(&mut org.sign_ins).rows.insert(0, sign_in(at("05:45"), "Success"));
    org.calls = Observed::Seen(Calls {
        kinds: vec![
            calls("Lead", 200, ("00:10", "01:55"), 3),
            calls("Lead", 400, ("02:14", "02:50"), 3),
        ],
        ..Calls::default()
    });
    let found = asked(&org);
    assert_eq!(found.stop.shown_by, ShownBy::Calls);
    assert_eq!(
        (found.stop.last_good, found.stop.first_bad),
        (Some(at("01:55")), Some(at("02:14")))
    );
    assert_eq!(cause(&found), Some("field-access"));
    let steps = [drift("read", "Profile", "fieldPermissions[Lead.Score__c].readable")];
    let found = diagnose(&org, None, &steps, now());
    assert_eq!(found.cause.as_ref().unwrap().step.as_ref().unwrap().step, "read");
}

/// What the org answers to us it answers to the integration.
#[test]
fn an_org_that_answers_nobody_says_why() {
    let refused = |code: &str, words: &str| Refused::of(code, &format!("{words} ({code})"), true);
    for (code, words, id) in [
        ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "api-limit"),
        ("ORG_LOCKED", "org is locked", "org-closed"),
    ] {
        let org = Recorded::of_refusal(Some(APP), refused(code, words).unwrap());
        for error in [None, Some(code)] {
            let found = diagnose(&org, error, &[], now());
            assert_eq!(cause(&found), Some(id));
            let hit = found.cause.as_ref().unwrap();
            assert!(hit.found.proofs[0].words.contains(words) && !hit.is_by_word, "{hit:?}");
            assert_eq!(found.unseen.len(), 1, "{:?}", found.unseen);
        }
        // It is no reason for another error, and then nothing was seen.
        let found = told(&org, OVER);
        assert_eq!((cause(&found), found.verdict()), (None, Verdict::Blind), "{found:?}");
        assert_eq!(found.also.iter().map(|hit| hit.rule.id).collect::<Vec<_>>(), [id]);
    }
    // One that is busy answers again.
    assert!(refused("SERVER_UNAVAILABLE", "busy").is_none());
    let busy = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
    assert!(refused("REQUEST_LIMIT_EXCEEDED", busy).is_none());
    assert!(refused("INVALID_SESSION_ID", "Session expired or invalid").is_none());
}

#[test]
fn login_hours_are_held_against_the_org_s_time_zone() {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours = |start: u32, end: u32| -> Vec<String> {
        days.iter()
            .flat_map(|day| [format!("{day}Start {start}"), format!("{day}End {end}")])
            .collect()
    };
    // A quarter past two in UTC is a quarter past nine in the evening before in New York.
    let org = |zone: &str, (start, end)| {
        let mut org = failing("Failed: IP Address Not Allowed");
        *seen(&mut org.hours) = hours(start, end);
        org.zone = Observed::Seen(jiff::tz::TimeZone::get(zone).unwrap());
        org
    };
    let outside = asked(&org("America/New_York", (0, 21 * 60)));
    assert_eq!(cause(&outside), Some("login-hours"));
    let proofs = &outside.cause.as_ref().unwrap().found.proofs;
    let words: Vec<&str> = proofs.iter().map(|proof| proof.words.as_str()).collect();
    assert!(words.iter().any(|words| words.contains("on Tue 21:14 there")), "{words:?}");
    assert!(
        words[0].contains("00:00-21:00, by the org's time zone, America/New_York"),
        "{words:?}"
    );
    // The same hours in another zone let it in: it is not these.
    for inside in [org("UTC", (0, 21 * 60)), org("America/New_York", (21 * 60, 24 * 60))] {
        let found = asked(&inside);
        assert_eq!(cause(&found), None);
        // The words say one of two, and neither is so now: of each it is told.
        let hit = found.consistent.iter().find(|hit| hit.rule.id == "login-hours").unwrap();
        let now = hit.found.proofs.last().unwrap();
        assert_eq!((now.of.as_str(), fits(&found).len()), ("now", 2), "{found:?}");
        assert!(now.words.contains("came in the hours of the profile"), "{now:?}");
    }
    // Where none failed the hour at which it worked last tells, and does not prove.
    let mut silent = well();
    *seen(&mut silent.hours) = hours(8 * 60, 18 * 60);
    silent.zone = Observed::Seen(jiff::tz::TimeZone::UTC);
    let found = asked(&silent);
    assert_eq!((cause(&found), fits(&found)[0]), (None, "login-hours"));
    assert_eq!(found.consistent[0].found.fit, Fit::VeryLikely);
}

#[test]
fn two_at_once_and_what_is_older_is_also_wrong() {
    let mut org = with_change(failing("User is frozen"), "01:50", "frozeuser", "Froze Lamp Robot");
    seen(&mut org.locks).is_frozen = true;
    org.blocked = Observed::Seen(Some(Blocked {
        name: "Lamp_Sync".to_owned(),
        app: APP.to_owned(),
        by_access_control: Some(false),
        changed: Some(at("02:10")),
        changed_by: None,
    }));
    let found = asked(&org);
    assert_eq!(cause(&found), Some("user-frozen"));
    let also: Vec<&str> = found.also.iter().map(|hit| hit.rule.id).collect();
    assert_eq!(also, ["app-blocked"]);

    // It worked although the user was not active: that is not what stopped it.
    let mut org = with_change(well(), "00:30", "deactivateduser", "Deactivated Lamp Robot");
    seen(&mut org.user).is_active = Some(false);
    let found = told(&org, OVER);
    assert_eq!(cause(&found), None);
    assert!(found.also.iter().any(|hit| hit.rule.id == "user-inactive"));
}

#[test]
fn what_is_not_seen_is_never_well() {
    let mut org = well();
    let hidden = || Observed::hidden("the org shows no row", "Manage Users");
    (org.locks, org.user) = (hidden(), Observed::hidden("no", "Manage Users"));
    (org.sign_ins, org.grants) = (Observed::hidden("no", "X"), Observed::hidden("no", "X"));
    (org.trail, org.app) = (Observed::hidden("no", "X"), Observed::hidden("no", "X"));
    let found = asked(&org);
    assert_eq!(found.verdict(), Verdict::Blind);
    assert!(found.unseen.iter().any(|one| one.hidden.right == Some("Manage Users")));
    let mut cut = well();
    seen(&mut cut.sign_ins).is_cut = true;
    assert!(asked(&cut).unseen.iter().any(|one| one.what == "older sign-ins"));
    // Of what may explain the error none is ruled out unseen.
    let found = told(&org, "invalid_grant: inactive user");
    assert!(found.ruled_out.iter().all(|one| one.rule.id != "user-frozen"), "{found:?}");
}

#[test]
fn a_change_of_another_is_none_of_ours() {
    let org = with_change(well(), "01:50", "frozeuser", "Froze user Lamp Robotics");
    assert_eq!(cause(&asked(&org)), None);
}

#[test]
fn each_row_has_what_it_needs_and_leads_somewhere() {
    let ids: BTreeSet<&str> = rules().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules().count(), "an id twice");
    let refusals: BTreeSet<&str> = OAUTH.iter().chain(API).map(|row| row.id).collect();
    let names_one = |ids: &[&str]| ids.iter().all(|id| refusals.contains(id));
    for rule in rules() {
        assert!(names_one(rule.refusals) && names_one(rule.may_refuse), "{}", rule.id);
        assert!(rule.source.starts_with("S ") && !rule.cause.is_empty(), "{}", rule.id);
        let way = rule.way_out;
        assert!(way.by_hand.is_some() || way.at_the_vendor.is_some(), "{}", rule.id);
        assert!(way.page.is_none_or(|page| setup::find(page).is_some()), "{}", rule.id);
        for status in rule.statuses {
            let plain = status.trim_end_matches('*');
            assert_eq!(plain, plain.to_lowercase(), "{}: as `plain_status` has it", rule.id);
        }
        for place in rule.breaks {
            let Place::Setting(component, path) = place else { continue };
            let (type_name, name) = component.split_once(':').unwrap_or((component, ""));
            let row = find_component(type_name, name).unwrap();
            let path: FieldPath = path.replace("[*]", "[X]").parse().unwrap();
            let first = path.segments().first().map(|one: &Segment| one.name.clone());
            assert!(first.is_some_and(|first| row.field(&first).is_some()), "{} {path}", rule.id);
        }
    }
    assert!(rule("token-revoked").source == "S 10.1");
}

#[test]
fn an_error_alone_leads_to_its_causes_the_usual_ones_first() {
    let of = |text: &str| -> Vec<&str> {
        causes(&Symptom::of_text(text)).iter().map(|rule| rule.id).collect()
    };
    assert_eq!(of("OAUTH_APP_BLOCKED")[..2], ["api-access-control", "app-blocked"]);
    assert_eq!(of("invalid_client: invalid client credentials")[0], "secret-rotated");
    assert_eq!(of("Failed: Signature Invalid"), ["certificate"]);
    assert!(of(OVER)[..7].contains(&"evicted-by-approval"));
    assert!(of("the dog ate it").is_empty());
}

/// What is the same of every sandbox is no finding where nothing of the app was seen.
#[test]
fn who_sees_nothing_of_the_app_finds_nothing() {
    let mut org = well();
    org.is_sandbox = Observed::Seen(true);
    org.sign_ins = Observed::hidden("the org shows no row", "Monitor Login History");
    org.grants = Observed::hidden("the org shows no row", "Customize Application");
    org.trail = Observed::hidden("the org shows no row", "View Setup and Configuration");
    org.app = Observed::hidden("the org answers INSUFFICIENT_ACCESS", "Modify Metadata");
    let found = told(&org, "invalid_grant: expired access/refresh token");
    assert_eq!((found.verdict(), fits(&found)), (crate::diagnose::Verdict::Blind, vec![]));
}

#[test]
fn one_change_that_stands_twice_is_told_once() {
    let org = with_change(well(), "02:00", "frozeuser", "Froze Lamp Robot");
    let org = with_change(org, "02:00", "frozeuser", "Froze Lamp Robot");
    let org = with_change(org, "02:10", "frozeuser", "Froze Lamp Robot");
    let is_change = |one: &&crate::diagnose::Moment| one.what == "Froze Lamp Robot";
    let counts: Vec<usize> =
        asked(&org).timeline.iter().filter(is_change).map(|one| one.count).collect();
    assert_eq!(counts, [2, 1]);
}

/// What a row's words leave open is said as what it is.
#[test]
fn what_shows_it_says_what_it_leaves_open() {
    let words = |org: &Recorded, error: &str, id: &str| -> String {
        let found = told(org, error);
        let all = found.cause.iter().chain(&found.consistent).chain(&found.also);
        let hit = all.into_iter().find(|hit| hit.rule.id == id);
        let proofs = hit.map(|hit| hit.found.proofs.iter().map(|proof| proof.words.as_str()));
        proofs.unwrap().collect::<Vec<_>>().join("; ")
    };
    let over = "invalid_grant: expired access/refresh token";
    let left = words(&well(), over, "token-revoked");
    assert!(left.contains("a grant is left, but it may be another system's"), "{left}");
    let mut org = well();
    *seen(&mut org.hours) = vec!["monday 480-1080".to_owned()];
    let hours = words(&org, "invalid_grant: ip restricted", "login-hours");
    assert!(hours.contains("who set it so, and when, is not told"), "{hours}");
    assert_eq!(rule("no-api-enabled").cause, "the user does not have API Enabled");
}
