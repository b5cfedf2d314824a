//! Each rule with rows that show it, and the law: what is older than the last time it worked, or in
//! which order the rules stand, never changes the cause.

mod accused;
mod law;
mod stories;
mod together;

use jiff::{SignedDuration, Timestamp};

use super::{Diagnosis, Drift, DriftOf, Rule, diagnose, rules};
use crate::org::Requests;
use crate::org::recorded::{
    AppKind, AppState, Blocked, CallKind, Calls, Change, Grant, IpRelaxation, Locks, Observed,
    Recorded, RefreshPolicy, SignIn, SignIns, Trail, UserState,
};

const APP: &str = "Lamp Sync";
const USER: &str = "sync@lamp.example.com";
/// What is said of a refresh token that is over.
const OVER: &str = "invalid_grant: expired access/refresh token";

/// A time on the day.
fn at(clock: &str) -> Timestamp {
    format!("2026-11-25T{clock}:00Z").parse().unwrap()
}

fn now() -> Timestamp {
    at("06:00")
}

fn sign_in(time: Timestamp, status: &str) -> SignIn {
    SignIn {
        id: format!("0Ya{}", time.as_second()),
        time,
        kind: "Remote Access 2.0".to_owned(),
        flow: Some("OauthRefreshToken".to_owned()),
        application: APP.to_owned(),
        status: status.to_owned(),
        address: Some("203.0.113.7".to_owned()),
    }
}

fn change(time: Timestamp, action: &str, display: &str) -> Change {
    Change {
        id: format!("0Ym{}", time.as_second()),
        time,
        action: action.to_owned(),
        section: "Connected Apps".to_owned(),
        display: display.to_owned(),
        by: Some("Jo Doe".to_owned()),
        delegate: None,
    }
}

fn grant(created: Timestamp) -> Grant {
    Grant {
        app: APP.to_owned(),
        created: Some(created),
        used: Some(at("01:30")),
        is_installed: Some(true),
    }
}

/// An org in which all is well, and of which all is seen: the app signed in every half hour until
/// half past one.
fn well() -> Recorded {
    let old = at("00:00") - SignedDuration::from_hours(24 * 90);
    let times = (0..20).map(|half| at("01:30") - SignedDuration::from_mins(30 * half));
    let mut grant = grant(old);
    grant.used = Some(at("01:30"));
    Recorded {
        app_names: vec![APP.to_owned(), "Lamp_Sync".to_owned()],
        is_sandbox: Observed::Seen(false),
        has_api: Observed::Seen(true),
        requests: Observed::Seen(Requests { of_org: (900, 1000), of_app: None }),
        user: Observed::Seen(UserState {
            id: "005000000000001AAA".to_owned(),
            username: USER.to_owned(),
            name: "Lamp Robot".to_owned(),
            has_namesake: Observed::Seen(false),
            is_active: Some(true),
            profile: Some("Lamp Integration".to_owned()),
        }),
        is_no_user: false,
        locks: Observed::Seen(Locks { is_frozen: false, is_locked: false }),
        is_password_expired: Observed::Seen(false),
        has_api_enabled: Observed::Seen(true),
        may_read: None,
        assignments: Observed::Seen(Vec::new()),
        is_installed: Observed::Seen(true),
        is_let_in: Observed::Seen(true),
        app: Observed::Seen(AppState {
            kind: AppKind::Connected,
            name: "Lamp_Sync".to_owned(),
            label: Some(APP.to_owned()),
            refresh: Some(RefreshPolicy::Infinite),
            ip: Some(IpRelaxation::Relax),
            token_ranges: Vec::new(),
            is_admin_approved: Some(true),
            rotates: Some(false),
            has_idle_limit: Some(false),
            blocks_sessions: false,
            is_on: None,
            is_elsewhere: false,
            changed: None,
            changed_by: None,
        }),
        blocked: Observed::Seen(None),
        api_access_control: Observed::Seen(false),
        uses_any_app: Observed::Seen(false),
        is_password_flow_blocked: Observed::Seen(true),
        ranges: Observed::Seen(Vec::new()),
        hours: Observed::Seen(Vec::new()),
        zone: Observed::unread("nothing depends on it"),
        sign_ins: Observed::Seen(SignIns {
            rows: times.map(|time| sign_in(time, "Success")).collect(),
            is_cut: false,
        }),
        grants: Observed::Seen(vec![grant]),
        trail: Observed::Seen(Trail::default()),
        calls: Observed::unread("the org has no file yet"),
        known: None,
        refused: None,
    }
}

/// The row that blocks the app, by API Access Control or by a person.
fn blocked(by_access_control: bool) -> Observed<Option<Blocked>> {
    Observed::Seen(Some(Blocked {
        name: "Lamp_Sync".to_owned(),
        app: APP.to_owned(),
        by_access_control: Some(by_access_control),
        changed: None,
        changed_by: None,
    }))
}

/// What is seen of something, to be changed.
fn seen<T>(observed: &mut Observed<T>) -> &mut T {
    match observed {
        Observed::Seen(seen) => seen,
        Observed::NotObserved(hidden) => panic!("not observed: {}", hidden.reason),
    }
}

/// The same org, where sign-ins fail since fourteen past two.
fn failing(status: &str) -> Recorded {
    let mut org = well();
    let rows = &mut seen(&mut org.sign_ins).rows;
    for clock in ["02:14", "02:29", "02:44"] {
        rows.insert(0, sign_in(at(clock), status));
    }
    org
}

fn with_change(mut org: Recorded, time: &str, action: &str, display: &str) -> Recorded {
    seen(&mut org.trail).rows.insert(0, change(at(time), action, display));
    org
}

fn asked(org: &Recorded) -> Diagnosis {
    diagnose(org, None, &[], now())
}

fn told(org: &Recorded, error: &str) -> Diagnosis {
    diagnose(org, Some(error), &[], now())
}

fn cause(diagnosis: &Diagnosis) -> Option<&'static str> {
    diagnosis.cause.as_ref().map(|hit| hit.rule.id)
}

fn fits(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.consistent.iter().map(|hit| hit.rule.id).collect()
}

fn drift(step: &str, type_name: &str, path: &str) -> Drift {
    Drift {
        template: "lamp".to_owned(),
        step: step.to_owned(),
        title: step.to_owned(),
        of: DriftOf::Setting(type_name.to_owned(), "Lamp_Sync".to_owned(), path.to_owned()),
        is_packaged: true,
    }
}

fn rule(id: &str) -> &'static Rule {
    rules().find(|rule| rule.id == id).unwrap()
}

/// The same org, where calls end so.
fn with_calls(mut org: Recorded, status: u16) -> Recorded {
    org.calls = Observed::Seen(Calls {
        kinds: vec![calls("Lead", status, ("02:14", "02:50"), 3)],
        ..Calls::default()
    });
    org
}

/// So many calls that ended so, the first and the last of them at these times; where they went wrong
/// none went well since.
fn calls(of: &str, status: u16, (first, last): (&str, &str), count: usize) -> CallKind {
    CallKind {
        status,
        of: of.to_owned(),
        method: None,
        first: at(first),
        last: at(last),
        count,
        unmended: (status >= 400).then_some((at(first), count)),
        address: None,
    }
}
