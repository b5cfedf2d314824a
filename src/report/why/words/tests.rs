//! What is said of diagnoses that are made up.

use super::*;
use crate::diagnose::{Found as Seen, Proof, Stop, Unseen, rules};
use crate::org::recorded::Hidden;
use crate::report::why::{Found, Why};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn diagnosis(rule: &str, began: Option<Began>) -> Diagnosis {
    let hit = Hit {
        rule: rules().find(|one| one.id == rule).unwrap(),
        found: Seen { began, ..Seen::of(vec![Proof::state("X", "y")]) },
        explains: true,
        is_between: true,
        is_in_the_way: false,
        is_by_word: false,
        step: None,
    };
    Diagnosis {
        symptom: Symptom::default(),
        stop: Stop {
            last_good: Some(time("2026-11-25T01:00:00Z")),
            first_bad: Some(time("2026-11-25T01:14:00Z")),
            shown_by: ShownBy::SignIns,
            or_before: false,
            missed: None,
        },
        cause: Some(hit),
        consistent: Vec::new(),
        ruled_out: Vec::new(),
        also: Vec::new(),
        other_steps: Vec::new(),
        unseen: Vec::new(),
        timeline: Vec::new(),
        is_blind: false,
        other_users: Vec::new(),
        of_address: None,
        is_external: false,
        refused: None,
    }
}

/// What was found, told at a time and in a zone.
fn why<'w>(found: &'w Diagnosis, zone: TimeZone, now: &str) -> Why<'w> {
    Why {
        org: None,
        app: None,
        user: None,
        templates: Vec::new(),
        since: None,
        now: time(now),
        zone,
        found: Found::InOrg(found),
        fix: None,
    }
}

fn first_line(diagnosis: &Diagnosis, zone: &str, now: &str) -> String {
    headline(&why(diagnosis, TimeZone::posix(zone).unwrap(), now), diagnosis)
}

#[test]
fn the_first_line_says_when_and_by_whom_in_both_times() {
    let began = Began {
        time: time("2026-11-25T00:50:00Z"),
        by: Some("J. Doe".to_owned()),
        what: "For connected app Lamp, changed".to_owned(),
        action: Some("changeIpRelaxationPolicy".to_owned()),
    };
    let found = diagnosis("ip-enforced", Some(began.clone()));
    assert_eq!(
        first_line(&found, "CET-1", "2026-11-25T06:00:00Z"),
        "It stopped at 2026-11-25 02:14 (01:14 UTC), after J. Doe changed the app's IP relaxation \
         at 2026-11-25 01:50 (00:50 UTC): the address from which it comes is not let in"
    );
    // The day in UTC is said too, where that is another.
    assert_eq!(
        first_line(&found, "EST5", "2026-11-26T06:00:00Z"),
        "It stopped at 2026-11-24 20:14 (2026-11-25 01:14 UTC), after J. Doe changed the app's \
         IP relaxation at 2026-11-24 19:50 (2026-11-25 00:50 UTC): the address from which it \
         comes is not let in"
    );
    let frozen = Began { action: Some("frozeuser".to_owned()), ..began.clone() };
    assert_eq!(
        first_line(&diagnosis("user-frozen", Some(frozen)), "UTC0", "2026-11-25T06:00:00Z"),
        "It stopped at 2026-11-25 01:14 UTC, after J. Doe froze the user at 2026-11-25 00:50 UTC"
    );
    let what = "the assignment of X ran out".to_owned();
    let over = Began { by: None, what, action: None, ..began };
    assert_eq!(
        first_line(&diagnosis("assignment-expired", Some(over)), "UTC0", "2026-11-25T06:00:00Z"),
        "It stopped at 2026-11-25 01:14 UTC, after the assignment of X ran out at 2026-11-25 00:50 UTC"
    );
    assert_eq!(
        first_line(&diagnosis("secret-rotated", None), "UTC0", "2026-11-25T06:00:00Z"),
        "It stopped at 2026-11-25 01:14 UTC: the client secret, or the client id, is not the app's any more"
    );
}

#[test]
fn what_was_not_seen_is_said_first() {
    let mut found = diagnosis("app-blocked", None);
    found.consistent = found.cause.take().into_iter().collect();
    found.consistent[0].found.fit = Fit::Possible;
    let hidden = Hidden { reason: "no row".to_owned(), right: Some("Manage Users") };
    found.unseen = vec![
        Unseen { what: "the app's policies", hidden: hidden.clone() },
        Unseen { what: "whether the app is blocked", hidden },
    ];
    assert_eq!(
        first_line(&found, "UTC0", "2026-11-25T06:00:00Z"),
        "Not all could be seen (policies, blocks). It stopped at 2026-11-25 01:14 UTC; why, what could be \
         seen does not tell"
    );
}

#[test]
fn what_happened_says_nothing_twice() {
    let moment = |kind, what: &str, count| Moment {
        from: time("2026-11-25T01:00:00Z"),
        to: time("2026-11-25T01:00:00Z"),
        count,
        kind,
        what: what.to_owned(),
        by: None,
    };
    for (moment, words) in [
        (moment(MomentKind::Changed, "Changed profile X", 1), "Changed profile X"),
        (moment(MomentKind::Changed, "Froze user X", 2), "2 times Froze user X"),
        (
            moment(MomentKind::Failed, "Failed: IP Address Not Allowed", 1),
            "failed: IP Address Not Allowed",
        ),
    ] {
        assert_eq!(of_moment(&moment), words);
    }
}

fn asked(found: &Diagnosis) -> Vec<String> {
    next(&why(found, TimeZone::UTC, "2026-11-25T06:00:00Z"), found)
}

#[test]
fn what_to_do_now_names_the_second_obstacle_and_what_mends_the_likeliest() {
    let mut found = diagnosis("user-frozen", None);
    let mut second = diagnosis("app-blocked", None).cause.unwrap();
    second.is_in_the_way = true;
    found.also.push(second);
    let lines = asked(&found);
    assert!(lines[0].starts_with("unfreeze") && lines[1].starts_with("unblock"), "{lines:?}");
    let line = first_line(&found, "UTC0", "2026-11-25T06:00:00Z");
    assert!(line.ends_with("; in its way too: the app was blocked"), "{line}");

    let mut found = diagnosis("evicted-by-approval", None);
    found.consistent.extend(found.cause.take());
    let lines = asked(&found);
    assert!(lines[0].starts_with("at the vendor: sign in again"), "{lines:?}");
}

#[test]
fn an_error_that_does_not_fit_is_said_not_to() {
    let mut found = diagnosis("ip-enforced", None);
    for (error, fits) in [("ip restricted", true), ("OAUTH_APP_BLOCKED", false)] {
        found.symptom = Symptom::of_text(error);
        found.symptom.in_rows = vec!["Failed: IP Address Not Allowed".to_owned()];
        assert_eq!(misfit(&found).is_none(), fits, "{error}");
    }
    found.symptom = Symptom::of_text("success");
    assert!(misfit(&found).is_some_and(|words| words.contains("no sign-in that failed")));
    // A cause that the error alone names is not said flatly.
    let mut found = diagnosis("secret-rotated", None);
    found.symptom = Symptom::of_text("invalid_client: invalid client credentials");
    found.cause.as_mut().unwrap().is_by_word = true;
    assert!(misfit(&found).is_some());
    let line = first_line(&found, "UTC0", "2026-11-25T06:00:00Z");
    assert!(line.contains("the error alone says that the client secret"), "{line}");
}
