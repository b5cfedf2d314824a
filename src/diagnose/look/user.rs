//! The user: may they sign in at all, from where and when, and what may they do.

use core::net::IpAddr;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::change::TAKEN_FROM_USER;
use super::{app, org};
use crate::diagnose::evidence::Evidence;
use crate::diagnose::rule::{ACCESS, Began, Fit, Found, Look, Proof};
use crate::diagnose::stop::ShownBy;
use crate::diagnose::symptom::refused_object;
use crate::metadata::hours::Week;
use crate::metadata::range::IpRange;
use crate::org::recorded::{Change, Hidden, IpRelaxation, Observed, SignIn};

/// The flow by user name and password, as `LoginHistory` calls it (S 13.2).
const BY_PASSWORD: &str = "OauthUsernamePassword";

/// Of what the audit trail is known to have no row of its own (S 13.4).
const NOT_RECORDED: &str = "who set it so, and when, is not told by any row that is known";

pub(in crate::diagnose) fn inactive(e: &Evidence<'_>) -> Look {
    let user = match &e.recorded.user {
        Observed::Seen(user) => user,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    match user.is_active {
        Some(false) => Look::Hit(
            Found::state("User", format!("{} is not active", user.username))
                .since(e.change(&["deactivateduser"], &e.user_names())),
        ),
        Some(true) => Look::out_since(
            "the user is active",
            e.change_between(&["deactivateduser"], &e.user_names()),
            e.change_since(&["activateduser"], &e.user_names()),
        ),
        None => Look::Nothing,
    }
}

pub(in crate::diagnose) fn frozen(e: &Evidence<'_>) -> Look {
    match &e.recorded.locks {
        Observed::Seen(locks) if locks.is_frozen => Look::Hit(
            Found::state("UserLogin", "IsFrozen is true")
                .since(e.change(&["frozeuser"], &e.user_names())),
        ),
        Observed::Seen(_) => Look::out_since(
            "the user is not frozen",
            e.change_between(&["frozeuser"], &e.user_names()),
            e.change_since(&["unfrozeuser"], &e.user_names()),
        ),
        Observed::NotObserved(hidden) => {
            let change = e.change_standing(&["frozeuser"], &["unfrozeuser"], &e.user_names());
            Look::unseen_but(hidden, change)
        }
    }
}

pub(in crate::diagnose) fn locked_out(e: &Evidence<'_>) -> Look {
    match &e.recorded.locks {
        Observed::Seen(locks) if locks.is_locked => {
            Look::Hit(Found::state("UserLogin", "IsPasswordLocked is true"))
        }
        Observed::Seen(_) => Look::out("the user is not locked out"),
        Observed::NotObserved(hidden) => Look::Unseen(hidden.clone()),
    }
}

pub(in crate::diagnose) fn password_expired(e: &Evidence<'_>) -> Look {
    Look::of(&e.recorded.is_password_expired, true, "the password has not expired", || {
        let found = Found::state("User, password", "isExpired is true");
        match by_password(e) {
            Some(row) => {
                let mut found = found.fit(Fit::VeryLikely);
                found.proofs.push(used_password(row));
                found
            }
            None => found.fit(Fit::Possible),
        }
    })
}

/// A sign-in of the app's by user name and password; one that worked before others.
fn by_password<'e>(e: &Evidence<'e>) -> Option<&'e SignIn> {
    let is_it = |row: &&'e SignIn| {
        row.flow.as_deref().is_some_and(|flow| flow.eq_ignore_ascii_case(BY_PASSWORD))
    };
    e.worked().find(is_it).or_else(|| e.sign_ins().into_iter().find(is_it))
}

/// That the app comes by user name and password.
fn used_password(row: &SignIn) -> Proof {
    let words = format!("{}: {}, by user name and password", row.application, row.status);
    Proof { words, ..Proof::sign_in(row, 1) }
}

pub(in crate::diagnose) fn password_changed(e: &Evidence<'_>) -> Look {
    match e.change_between(&["resetpassword", "changedpassword"], &e.user_names()) {
        // Whether a new password ends refresh tokens sources do not agree on (S 10.3).
        Some(change) if by_password(e).is_none() => {
            Look::Hit(Found { is_open: true, ..Found::change(change) }.fit(Fit::Possible))
        }
        Some(change) => Look::Hit(Found::change(change)),
        None => Look::Nothing,
    }
}

pub(in crate::diagnose) fn password_flow(e: &Evidence<'_>) -> Look {
    let Some(row) = by_password(e) else {
        return Look::out("the app was not seen to sign in with a password");
    };
    Look::of(
        &e.recorded.is_password_flow_blocked,
        true,
        "the org does not refuse the flow by user name and password",
        || {
            let words = format!("blockOAuthUnPwFlow is true; {NOT_RECORDED}");
            let settings = Proof::state("Settings:OauthOidc", words);
            Found::of(vec![settings, used_password(row)]).fit(Fit::VeryLikely)
        },
    )
}

pub(in crate::diagnose) fn no_api(e: &Evidence<'_>) -> Look {
    const OF_HOLDER: &[&str] = &[
        "PermSetDisableUserPerm",
        "PermissionSetGroupComponentRemoved",
        "profilePermChangedCustom",
        "profilePermChangedStandard",
    ];
    Look::of(&e.recorded.has_api_enabled, false, "the user has API Enabled", || {
        let of_user = e.change_between(TAKEN_FROM_USER, &e.user_names());
        Found::state("PermissionSetAssignment", "no set of the user's has API Enabled")
            .since(of_user.or(e.change_between(OF_HOLDER, &e.holder_names())))
    })
}

/// Addresses count where the app enforces them, and the profile has some.
pub(in crate::diagnose) fn addresses(e: &Evidence<'_>) -> Look {
    let names = [e.app_names(), e.holder_names()].concat();
    let change = e.change_between(&["changeIpRelaxationPolicy", "loginIpRange"], &names);
    // What lets more addresses in has kept none out.
    let change = change.filter(|change| !change.display.to_lowercase().contains(" to relax"));
    let relaxation = match &e.recorded.app {
        Observed::Seen(app) => app.ip,
        Observed::NotObserved(_) => None,
    };
    let failed = e.failed();
    let address = failed.first().and_then(|row| row.address.as_deref());
    let last_good = e.worked().next().and_then(|row| row.address.as_deref());
    let is_among = |address: &str, ranges: &[String]| {
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        let one = IpRange { first: address, last: address };
        ranges.iter().any(|range| IpRange::parse(range).is_ok_and(|range| range.contains(&one)))
    };
    // This list counts whatever else lets in.
    let of_tokens =
        e.recorded.app.seen().map(|app| app.token_ranges.as_slice()).unwrap_or_default();
    if let Some(from) = address.filter(|from| !of_tokens.is_empty() && !is_among(from, of_tokens)) {
        let list = of_tokens.join(", ");
        let words = format!("it takes refresh tokens from {list} alone, and it came from {from}");
        return Look::Hit(Found::state(e.app_called(), words).since(change).fit(Fit::VeryLikely));
    }
    if relaxation == Some(IpRelaxation::Relax) {
        let undone = e.change_since(&["changeIpRelaxationPolicy"], &names);
        return Look::out_since("the app relaxes the profile's addresses now", change, undone);
    }
    let ranges = match &e.recorded.ranges {
        Observed::Seen(ranges) => ranges,
        // The change is told where neither policies nor profile are.
        Observed::NotObserved(hidden) => {
            return match change {
                Some(change) => Look::Hit(Found::change(change)),
                None => Look::Unseen(hidden.clone()),
            };
        }
    };
    if ranges.is_empty() && relaxation.is_some() {
        return match change {
            // Trusted addresses of the whole org, and what an admin has put right since.
            Some(change) => Look::Hit(Found::change(change)),
            None => Look::out("the user's profile lets in from every address"),
        };
    }
    let is_inside = |address: &str| is_among(address, ranges);
    if address.or(last_good).is_some_and(is_inside) && !ranges.is_empty() {
        return Look::out("the address from which it came is among those of the profile");
    }
    let Some(relaxation) = relaxation else {
        // Of an app that another org owns nothing shows it (S 1.7).
        let hidden = e.recorded.app.why_not().cloned();
        let hidden = hidden.unwrap_or_else(|| {
            Hidden::unread("the org does not show what the app makes of addresses")
        });
        return Look::unseen_but(&hidden, change);
    };
    let words = match relaxation {
        IpRelaxation::EnforceButRefresh => "the app enforces addresses but where it refreshes",
        _ => "the app enforces the profile's addresses",
    };
    let mut found =
        Found::state(e.app_called(), format!("{words}: {}", ranges.join(", "))).since(change);
    match (address, last_good) {
        (Some(now), Some(before)) if now != before => {
            let words = format!("it came from {now}, and from {before} when it worked last");
            found.proofs.push(Proof::state("LoginHistory", words));
        }
        (Some(now), _) if !ranges.is_empty() => {
            let words = format!("it came from {now}, which is none of these");
            found.proofs.insert(1, Proof::state("LoginHistory", words));
        }
        _ => {}
    }
    Look::Hit(found)
}

pub(in crate::diagnose) fn hours(e: &Evidence<'_>) -> Look {
    let hours = match &e.recorded.hours {
        Observed::Seen(hours) => hours,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    let week = Week::of_file(hours);
    if hours.is_empty() || week.is_some() && week == Week::of_file(&[]) {
        return Look::out("the user's profile lets in at every hour");
    }
    let zone = e.recorded.zone.seen();
    let zone_called = zone.and_then(TimeZone::iana_name);
    let words = match week {
        Some(week) => {
            let hours = week.lines().join(", ");
            let zone = match zone_called {
                Some(zone) => format!("by the org's time zone, {zone}"),
                None => "by the org's time zone, which Company Information shows".to_owned(),
            };
            format!("it lets in {hours}, {zone}; {NOT_RECORDED}")
        }
        None => format!("its login hours have limits; {NOT_RECORDED}"),
    };
    let mut found = Found::state(e.profile_called(), words).fit(Fit::Possible);
    let failed = e.failed();
    if let (Some(week), Some(zone)) = (week, zone) {
        let there = |row: &SignIn| row.time.to_zoned_datetime(zone.clone());
        let is_outside = |row: &SignIn| {
            let there = there(row);
            let day = usize::try_from(there.weekday().to_monday_zero_offset()).unwrap_or_default();
            let minutes = u32::try_from(i32::from(there.hour()) * 60 + i32::from(there.minute()));
            !week.lets_in(day, minutes.unwrap_or_default())
        };
        // The first that failed tells; where none did, that it came by now at an hour at which it may
        // not come any more.
        let (came, row) = match failed.first() {
            Some(row) => ("it came", Some(*row)),
            None => ("it worked last", e.worked().next()),
        };
        match row {
            Some(row) if is_outside(row) => {
                let at = there(row).strftime("%a %H:%M").to_string();
                let words = format!("{came} on {at} there, which is outside of these");
                found.proofs.push(Proof { words, ..Proof::sign_in(row, 1) });
                found.fit = Fit::VeryLikely;
            }
            Some(_) if failed.is_empty() => {
                return Look::out("it came in the hours of the profile when it worked last");
            }
            Some(_) => return Look::out("the first that failed came in the hours of the profile"),
            None => {}
        }
    }
    // What works is kept out by no hours.
    if e.stop.shown_by == ShownBy::Nothing {
        return Look::Nothing;
    }
    // Words of two meanings, or none at all, leave open whether it is that.
    let is_told = |row: &&SignIn| {
        let status = row.status.to_lowercase();
        status.contains("restricted time") || status.contains("ip address not allowed")
    };
    found.is_open = !failed.iter().any(is_told);
    Look::Hit(found)
}

/// Whether what somebody was told speaks of objects or fields.
fn explains_calls(e: &Evidence<'_>) -> bool {
    let told = e.symptom.text.as_deref().unwrap_or_default();
    ["INVALID_FIELD", "INVALID_TYPE", "INSUFFICIENT_ACCESS"].iter().any(|code| told.contains(code))
}

/// Says whether a change may be about what an error names: it names that, or no field at all. Where
/// the error names nothing any change may.
fn speaks_of_told(e: &Evidence<'_>, display: &str) -> bool {
    let Some((object, field)) = e.symptom.text.as_deref().and_then(refused_object) else {
        return true;
    };
    let text = display.to_lowercase();
    // `Contact.Phone`.
    let names_a_field = display.split_whitespace().any(|word| {
        word.split_once('.').is_some_and(|(object, field)| {
            !object.is_empty() && field.starts_with(|c: char| c.is_ascii_uppercase())
        })
    });
    let names = |name: &String| text.contains(&name.to_lowercase());
    match &field {
        Some(field) if names_a_field => names(field) && names(&object),
        _ => !names_a_field || names(&object),
    }
}

/// What the user may see and do with objects and fields.
pub(in crate::diagnose) fn field_access(e: &Evidence<'_>) -> Look {
    const OF_HOLDER: &[&str] = &[
        "PermSetDisableUserPerm",
        "PermSetEntityPermChanged",
        "PermSetFlsChanged",
        "PermSetDelete",
        "PermissionSetGroupComponentRemoved",
        "profileOlpChangedCustom",
        "profileFlsChangedCustom",
        "profileFlsChangedStandard",
        "profileEntityPermRemoved",
    ];
    // What is given now is not lacking; what is not may be given in a way that nobody looked at.
    if let Some((name, may_read)) = &e.recorded.may_read
        && may_read.is_so()
    {
        return Look::out(format!("the user may read {name} now"));
    }
    let of_user = e.change_between(TAKEN_FROM_USER, &e.user_names());
    let of_holder = e.change_between(OF_HOLDER, &e.holder_names());
    // What was given was not taken.
    let is_taken = |change: &&Change| !change.display.to_lowercase().contains("granted");
    // That sign-ins stopped dates no call.
    let change = of_user.or(of_holder.filter(is_taken)).filter(|_| e.silent_since.is_none());
    let undated = [
        e.changes_undated(TAKEN_FROM_USER, &e.user_names()),
        e.changes_undated(OF_HOLDER, &e.holder_names()),
    ]
    .concat();
    let of_told = |change: &&Change| speaks_of_told(e, &change.display);
    // Of an error that speaks of neither objects nor rights nobody looks for what took them.
    let is_of_calls = ["field-hidden", "object-hidden", "no-right"].iter().any(|id| e.was_told(id))
        || e.stop.shown_by == ShownBy::Calls;
    let undated: Vec<&Change> =
        undated.into_iter().filter(|change| is_of_calls && of_told(change)).collect();
    let change = change.filter(of_told);
    let drift = e.drift_at(ACCESS);
    let mut found = match (drift, change) {
        (Some(drift), change) => {
            let words = format!("{} is not as `{}` wants it", drift.subject(), drift.template);
            Found::state("template", words).since(change)
        }
        // Where it has been changed again, and is as the template wants it.
        (None, Some(change)) => match e
            .change_since(TAKEN_FROM_USER, &e.user_names())
            .or(e.change_since(OF_HOLDER, &e.holder_names()))
        {
            Some(again) if again.time > change.time => {
                let words = "it was changed again; whether that is enough the next call shows";
                let mut found = Found::change(change).over(words);
                found.proofs.push(Proof::change(again));
                found
            }
            _ => Found::change(change),
        },
        (None, None) if undated.is_empty() => return Look::Nothing,
        (None, None) => Found::of(Vec::new()),
    };
    found.proofs.extend(undated.into_iter().map(Proof::change));
    // A call that anything else refuses in the same way is no evidence of this.
    let is_anothers = |status: u16| {
        let others = [org::requests, no_api, app::blocked, app::access_control];
        status == 403 && others.iter().any(|look| matches!(look(e), Look::Hit(_)))
    };
    let is_it = |status| matches!(status, 400 | 403 | 404) && !is_anothers(status);
    let mut refused: BTreeMap<(&str, u16), (Timestamp, usize)> = BTreeMap::new();
    for kind in e.refused_calls().into_iter().filter(|kind| is_it(kind.status)) {
        let Some((first, count)) = kind.unmended else { continue };
        let known = refused.entry((&kind.of, kind.status)).or_insert((first, 0));
        *known = (known.0.min(first), known.1 + count);
    }
    for ((of, status), (first, count)) in refused {
        found.proofs.push(Proof {
            of: "EventLogFile ApiTotalUsage".to_owned(),
            id: None,
            time: Some(first),
            words: format!("{count} calls of {of} ended with {status}"),
        });
    }
    // A change that took access is one where calls fail of it, or the template says that it lacks.
    let has_calls = found.proofs.iter().any(|proof| proof.of.starts_with("EventLogFile"));
    found.is_open = drift.is_none() && !has_calls && !explains_calls(e);
    if found.over.is_some() { Look::Past(found) } else { Look::Hit(found) }
}

/// An assignment that has run out leaves no change on the app (S 13.1).
pub(in crate::diagnose) fn assignment_expired(e: &Evidence<'_>) -> Look {
    const GIVEN: &[&str] = &[
        "SetupEntityAccessAudit_PermissionSet_ConnectedApplication_Enabled",
        "SetupEntityAccessAudit_Profile_ConnectedApplication_EnabledCustom",
        "SetupEntityAccessAudit_Profile_ConnectedApplication_EnabledStandard",
        "changeUserRuntimeAccessPolicy",
    ];
    let all = match &e.recorded.assignments {
        Observed::Seen(all) => all,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    let over = all.iter().filter_map(|one| Some((one.ends.filter(|end| *end <= e.now)?, one)));
    let Some((ended, one)) = over.max_by_key(|(ended, _)| *ended) else {
        return Look::out("no assignment of the user's has run out");
    };
    let out = || {
        let label = &one.label;
        format!("the assignment of {label} has run out, and the user is let in all the same")
    };
    // Where every user may approve the app nobody needs a set to be let in.
    let is_open_to_all =
        e.recorded.app.seen().is_some_and(|app| app.is_admin_approved == Some(false));
    let is_let_in =
        (e.recorded.is_let_in.is_so() || is_open_to_all) && e.recorded.has_api_enabled.is_so();
    let given = e.change_since(GIVEN, &e.app_names());
    if is_let_in && !(given.is_some() && e.is_between(ended)) {
        return Look::out(out());
    }
    let mut found =
        Found::state("PermissionSetAssignment", format!("that of {} has run out", one.label));
    found.proofs[0].time = Some(ended);
    let what = format!("the assignment of {} ran out", one.label);
    found.began = Some(Began::by_itself(ended, what));
    match given.filter(|_| is_let_in) {
        Some(given) => {
            found.proofs.push(Proof::change(given));
            Look::Past(found.over("the user is let in again"))
        }
        None => Look::Hit(found),
    }
}
