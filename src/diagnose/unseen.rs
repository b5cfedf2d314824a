//! What could not be seen, and which right would show it.

use super::evidence::Evidence;
use crate::org::recorded::{Hidden, Recorded};

/// What could not be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What.
    pub what: &'static str,
    /// Why, and with which right it would be.
    pub hidden: Hidden,
}

/// Says whether nothing was seen that tells of the app. The user's row, which all are shown, does not.
pub(super) fn is_blind(recorded: &Recorded) -> bool {
    // That the user has a grant tells of no stop.
    let has_no_rows = recorded.sign_ins.seen().is_none()
        && recorded.grants.seen().is_none_or(|grants| !grants.is_empty());
    let has_no_app = recorded.trail.seen().is_none() && recorded.app.seen().is_none();
    // Of a user who was not read no change is known to be theirs.
    has_no_rows && (has_no_app || recorded.user.seen().is_none())
}

/// All that was looked for and not observed.
pub(super) fn unseen(e: &Evidence<'_>) -> Vec<Unseen> {
    let recorded = e.recorded;
    if let Some(refused) = recorded.refused.as_ref().filter(|one| one.is_from_the_first) {
        let reason = format!("the org answers every question with {}", refused.said);
        return vec![Unseen { what: "all else", hidden: Hidden::unread(reason) }];
    }
    // Of an app that is not there nothing is hidden.
    let is_there = !recorded.is_installed.is_not_so();
    let all = [
        ("sign-ins of the user (LoginHistory)", recorded.sign_ins.why_not()),
        ("grants of the app (OauthToken)", recorded.grants.why_not()),
        ("changes of the set-up (SetupAuditTrail)", recorded.trail.why_not()),
        ("the user", recorded.user.why_not()),
        ("whether the user is frozen or locked out (UserLogin)", recorded.locks.why_not()),
        ("whether the password has expired", recorded.is_password_expired.why_not()),
        ("whether the user has API Enabled", recorded.has_api_enabled.why_not()),
        ("the user's assignments", recorded.assignments.why_not()),
        ("whether the app is installed", recorded.is_installed.why_not()),
        ("whether the user is pre-authorised", recorded.is_let_in.why_not().filter(|_| is_there)),
        ("the app's policies", recorded.app.why_not().filter(|_| is_there)),
        ("whether the app is blocked", recorded.blocked.why_not()),
        ("whether API Access Control is on", recorded.api_access_control.why_not()),
        ("whether the flow by password is refused", recorded.is_password_flow_blocked.why_not()),
        ("the profile's addresses", recorded.ranges.why_not()),
        ("the profile's login hours", recorded.hours.why_not()),
        ("the day's API requests (limits)", recorded.requests.why_not()),
        ("the edition", recorded.has_api.why_not()),
        ("how calls of the API ended (EventLogFile ApiTotalUsage)", recorded.calls.why_not()),
    ];
    let cut = |what, is_cut: bool| {
        let reason = "only the newest of the time that was asked for were read".to_owned();
        is_cut.then_some(Unseen { what, hidden: Hidden::unread(reason) })
    };
    let of_cut = [
        cut("older sign-ins", recorded.sign_ins.seen().is_some_and(|all| all.is_cut)),
        cut("older changes", recorded.trail.seen().is_some_and(|trail| trail.is_cut)),
    ];
    let sign_ins = recorded.sign_ins.seen();
    let another = sign_ins.and_then(|all| all.mistakable_for(&recorded.app_names));
    let whose = another.map(|another| Unseen {
        what: "whose the sign-ins are that bear no app's name",
        hidden: Hidden::unread(format!(
            "the user signs in by {another} too, and nothing tells them apart"
        )),
    });
    let theirs = e.why_not_theirs().map(|hidden| Unseen {
        what: "whose the changes are that say no more than the user's name",
        hidden,
    });
    let policies = recorded.app.seen().filter(|app| app.is_elsewhere).map(|_| Unseen {
        what: "the app's policies on refresh tokens and addresses",
        hidden: Hidden::unread("of an app that another org owns they are shown in Setup alone"),
    });
    let day = recorded.calls.seen().and_then(|calls| calls.day);
    let later = day.map(|day| Unseen {
        what: "calls of the API since (EventLogFile ApiTotalUsage)",
        hidden: Hidden::unread(format!(
            "the newest file is of {}: that of a day comes the day after",
            day.strftime("%Y-%m-%d")
        )),
    });
    let seen = |(what, hidden): (&'static str, Option<&Hidden>)| {
        Some(Unseen { what, hidden: hidden?.clone() })
    };
    let all = all.into_iter().filter_map(seen).chain(of_cut.into_iter().flatten());
    let mut all: Vec<Unseen> =
        all.chain(policies).chain(later).chain(whose).chain(theirs).collect();
    // What it stopped to answer is told once.
    if let Some(refused) = &recorded.refused {
        all.retain(|one| !refused.is_why(&one.hidden));
        let reason = format!("the org stopped to answer: {}", refused.said);
        all.push(Unseen { what: "all else", hidden: Hidden::unread(reason) });
    }
    all
}
