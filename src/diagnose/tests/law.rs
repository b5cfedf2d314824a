//! The law as a property.

use proptest::prelude::{Just, Strategy, any, prop_assert_eq, proptest};
use proptest::sample::select;

use super::*;
use crate::diagnose::{Evidence, Verdict, decide};

/// What may have gone wrong, two at a time.
const WRONG: &[fn(Recorded) -> Recorded] = &[
    |org| org,
    |mut org| {
        seen(&mut org.locks).is_frozen = true;
        with_change(org, "01:50", "frozeuser", "Froze Lamp Robot")
    },
    |mut org| {
        seen(&mut org.user).is_active = Some(false);
        with_change(org, "01:55", "deactivateduser", "Deactivated Lamp Robot")
    },
    |mut org| {
        seen(&mut org.app).refresh = Some(RefreshPolicy::Zero);
        org
    },
    |mut org| {
        seen(&mut org.app).ip = Some(IpRelaxation::Enforce);
        *seen(&mut org.ranges) = vec!["198.51.100.1-198.51.100.1".to_owned()];
        with_change(org, "02:00", "changeIpRelaxationPolicy", "For Lamp Sync, changed")
    },
    |mut org| {
        org.is_password_expired = Observed::Seen(true);
        org
    },
    |mut org| {
        org.has_api_enabled = Observed::Seen(false);
        with_change(org, "02:05", "PermSetUnassign", "Lamp Access: Lamp Robot")
    },
    // Of these nobody knows since when they are so.
    |mut org| {
        org.has_api_enabled = Observed::Seen(false);
        org
    },
    |mut org| {
        org.is_installed = Observed::Seen(false);
        org.is_let_in = Observed::Seen(false);
        org
    },
];

const ERRORS: &[Option<&str>] = &[
    None,
    Some("invalid_grant: expired access/refresh token"),
    Some("invalid_grant: inactive user"),
    Some("ip restricted"),
    Some("API_CURRENTLY_DISABLED"),
    Some("app must be installed into org"),
];

const STATUSES: &[Option<&str>] =
    &[None, Some("User is frozen"), Some("Failed: IP Address Not Allowed"), Some("Odd words")];

fn org() -> impl Strategy<Value = Recorded> {
    let wrong = || select(WRONG);
    (wrong(), wrong(), select(STATUSES))
        .prop_map(|(one, other, status)| other(one(status.map_or_else(well, failing))))
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
        error in select(ERRORS),
        shuffled in Just(rules().collect::<Vec<&'static Rule>>()).prop_shuffle(),
    ) {
        let all: Vec<&'static Rule> = rules().collect();
        prop_assert_eq!(ids(&shuffled, &org, error), ids(&all, &org, error));
    }

    #[test]
    fn an_older_change_of_something_else_changes_nothing(
        org in org(),
        error in select(ERRORS),
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

    #[test]
    fn a_cause_explains_the_error_or_began_in_between(org in org(), error in select(ERRORS)) {
        let found = diagnose(&org, error, &[], now());
        let is_lawful = found.cause.as_ref().is_none_or(|hit| hit.explains || hit.is_between);
        prop_assert_eq!(is_lawful, true);
        let all = found.cause.iter().chain(&found.consistent).chain(&found.also);
        let has_evidence = all.into_iter().all(|hit| !hit.found.proofs.is_empty());
        prop_assert_eq!(has_evidence, true);
        prop_assert_eq!(found.verdict() == Verdict::Cause, found.cause.is_some());
    }
}
