//! The law as a property.

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

use super::*;
use crate::diagnose::{Evidence, Verdict, decide};

/// Something that may have gone wrong: what is found of it, and since when, as it was made here and
/// not as the program sees it.
#[derive(Debug)]
struct Wrong {
    rule: &'static str,
    since: Option<&'static str>,
    make: fn(Recorded) -> Recorded,
}

/// Two at a time go wrong.
const WRONG: &[Wrong] = &[
    Wrong { rule: "", since: None, make: |org| org },
    Wrong {
        rule: "user-frozen",
        since: Some("01:50"),
        make: |mut org| {
            seen(&mut org.locks).is_frozen = true;
            with_change(org, "01:50", "frozeuser", "Froze Lamp Robot")
        },
    },
    Wrong {
        rule: "user-inactive",
        since: Some("01:55"),
        make: |mut org| {
            seen(&mut org.user).is_active = Some(false);
            with_change(org, "01:55", "deactivateduser", "Deactivated Lamp Robot")
        },
    },
    // After it failed first: that cannot be why.
    Wrong {
        rule: "app-blocked",
        since: Some("02:20"),
        make: |mut org| {
            org.blocked = blocked(false);
            with_change(org, "02:20", "blockConnectedApplication", "Blocked Lamp Sync")
        },
    },
    // Before it worked last: that cannot be why either.
    Wrong {
        rule: "not-pre-authorised",
        since: Some("01:10"),
        make: |mut org| {
            org.is_let_in = Observed::Seen(false);
            with_change(org, "01:10", "PermSetUnassign", "Lamp Access: Lamp Robot")
        },
    },
    // A refresh token worked at half past one, so that it is younger than that; where sign-ins
    // failed since, nobody knows which came first.
    Wrong {
        rule: "refresh-policy-zero",
        since: Some("02:13"),
        make: |mut org| {
            seen(&mut org.app).refresh = Some(RefreshPolicy::Zero);
            org
        },
    },
    Wrong {
        rule: "ip-enforced",
        since: Some("02:00"),
        make: |mut org| {
            seen(&mut org.app).ip = Some(IpRelaxation::Enforce);
            *seen(&mut org.ranges) = vec!["198.51.100.1-198.51.100.1".to_owned()];
            with_change(org, "02:00", "changeIpRelaxationPolicy", "For Lamp Sync, changed")
        },
    },
    Wrong {
        rule: "no-api-enabled",
        since: Some("02:05"),
        make: |mut org| {
            org.has_api_enabled = Observed::Seen(false);
            with_change(org, "02:05", "PermSetUnassign", "Lamp Access: Lamp Robot")
        },
    },
    // Of these nobody knows since when they are so.
    Wrong {
        rule: "password-expired",
        since: None,
        make: |mut org| {
            org.is_password_expired = Observed::Seen(true);
            org
        },
    },
    Wrong {
        rule: "no-api-enabled",
        since: None,
        make: |mut org| {
            org.has_api_enabled = Observed::Seen(false);
            org
        },
    },
    Wrong {
        rule: "not-installed",
        since: None,
        make: |mut org| {
            org.is_installed = Observed::Seen(false);
            org.is_let_in = Observed::Seen(false);
            org
        },
    },
];

/// What somebody is told, and of what it comes (S 10).
const ERRORS: &[(Option<&str>, &[&str])] = &[
    (None, &[]),
    // Of it nothing that an org records is the reason by itself.
    (Some("invalid_grant: expired access/refresh token"), &["refresh-policy-zero"]),
    (Some("invalid_grant: inactive user"), &["user-frozen", "user-inactive"]),
    (Some("ip restricted"), &["ip-enforced"]),
    (Some("API_CURRENTLY_DISABLED"), &["no-api-enabled"]),
    (Some("app must be installed into org"), &["not-installed"]),
];

/// The words of sign-ins that fail from fourteen past two on, and of what they come (S 13.2).
const STATUSES: &[(Option<&str>, &[&str])] = &[
    (None, &[]),
    (Some("User is frozen"), &["user-frozen"]),
    (Some("Failed: IP Address Not Allowed"), &["ip-enforced"]),
    (Some("Odd words"), &[]),
];

/// An org in which two things went wrong, and of what the words of its sign-ins come.
type Case = (Recorded, [&'static Wrong; 2], &'static [&'static str]);

fn case() -> impl Strategy<Value = Case> {
    let wrong = || (0..WRONG.len()).prop_map(|at| &WRONG[at]);
    (wrong(), wrong(), select(STATUSES)).prop_map(|(one, other, (status, of))| {
        let org = status.map_or_else(well, failing);
        ((other.make)((one.make)(org)), [one, other], of)
    })
}

fn org() -> impl Strategy<Value = Recorded> {
    case().prop_map(|(org, ..)| org)
}

fn ids(rules: &[&'static Rule], org: &Recorded, error: Option<&str>) -> Vec<&'static str> {
    let found = decide(rules, &Evidence::new(org, error, &[], now()));
    let also = found.also.iter().map(|hit| hit.rule.id);
    found.cause.iter().chain(&found.consistent).map(|hit| hit.rule.id).chain(also).collect()
}

proptest! {
    #[test]
    fn the_order_of_the_rules_changes_nothing(
        org in org(),
        (error, _) in select(ERRORS),
        shuffled in Just(rules().collect::<Vec<&'static Rule>>()).prop_shuffle(),
    ) {
        let all: Vec<&'static Rule> = rules().collect();
        prop_assert_eq!(ids(&shuffled, &org, error), ids(&all, &org, error));
    }

    #[test]
    fn an_older_change_of_something_else_changes_nothing(
        org in org(),
        (error, _) in select(ERRORS),
        action in select(vec![
            "changeIpRelaxationPolicy", "PermSetUnassign", "changedpassword",
            "insertConnectedApplication", "deleteConnectedApplication", "somethingOfTomorrow",
            "changeUserRuntimeAccessPolicy", "profilePermChangedCustom",
        ]),
        minutes in 1_i64..2000,
        is_ours in any::<bool>(),
    ) {
        let before = ids(&rules().collect::<Vec<_>>(), &org, error);
        let mut more = org.clone();
        let time = at("01:30") - SignedDuration::from_mins(minutes);
        // Older than the last time it worked, or of another app and user.
        let display = if is_ours { "Lamp Sync, Lamp Robot: changed" } else { "Other" };
        seen(&mut more.trail).rows.push(change(time, action, display));
        let after = ids(&rules().collect::<Vec<_>>(), &more, error);
        prop_assert_eq!(before.first(), after.first());
    }

    /// Held against what was made here: the program's own flags are not asked.
    #[test]
    fn a_cause_explains_the_error_or_began_in_between(
        (org, wrong, of_status) in case(),
        (error, of_error) in select(ERRORS),
    ) {
        let found = diagnose(&org, error, &[], now());
        let has_failed = !of_status.is_empty()
            || org.sign_ins.seen().is_some_and(|all| all.rows.iter().any(|row| !row.is_good()));
        let until = if has_failed { at("02:14") } else { now() };
        if let Some(hit) = &found.cause {
            let id = hit.rule.id;
            let explains = of_status.contains(&id) || of_error.contains(&id);
            let is_in_between = |wrong: &&Wrong| {
                let since = wrong.since.map(at);
                wrong.rule == id && since.is_some_and(|since| since > at("01:30") && since <= until)
            };
            prop_assert!(explains || wrong.iter().any(is_in_between), "{id}");
        }
        let all = found.cause.iter().chain(&found.consistent).chain(&found.also);
        prop_assert!(all.clone().all(|hit| !hit.found.proofs.is_empty()));
        // Nothing is found but what was made, the words say, or what nobody can rule out.
        for hit in found.cause.iter().chain(&found.also) {
            let id = hit.rule.id;
            let is_made = wrong.iter().any(|wrong| wrong.rule == id)
                || of_status.contains(&id)
                || of_error.contains(&id);
            // Who is in no permission set any more is not let in, and the other way round.
            let follows = id == "not-pre-authorised" && wrong.iter().any(|one| one.rule == "not-installed");
            prop_assert!(is_made || follows, "{id}");
        }
        prop_assert_eq!(found.verdict() == Verdict::Cause, found.cause.is_some());
    }
}
