//! The refresh token, of whose end an org records no reason (S 10.3): what is seen only fits, or
//! does not.

use jiff::{SignedDuration, Timestamp};

use crate::diagnose::evidence::Evidence;
use crate::diagnose::rule::{APP_CHANGED, Began, Fit, Found, Look, Proof};
use crate::diagnose::stop::ShownBy;
use crate::org::recorded::{AppState, Hidden, Observed, RefreshPolicy};

/// So many grants an app keeps for a user; another takes the oldest away (S 10.3).
const GRANTS: usize = 5;
/// So long a token may lie idle where that is limited (S 10.3).
const IDLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// When it was used last, and whether that is sure: a try that failed counts as use in a grant's
/// row (S 13.3), and moves its date; only that it was not used since is sure then.
fn last_use(e: &Evidence<'_>) -> Option<(Timestamp, bool)> {
    let by_grants = || e.recorded.grants.seen()?.iter().filter_map(|one| one.used).max();
    let by_sign_ins = e.stop.last_good.map(|last| (last, true));
    by_sign_ins.or_else(|| by_grants().map(|used| (used, false)))
}

/// Until when it was seen to fail, or now.
fn failed_at(e: &Evidence<'_>) -> Timestamp {
    e.stop.first_bad.unwrap_or(e.now)
}

/// By whom the app was changed last, where the org says it.
fn by_whom(app: &AppState) -> String {
    app.changed_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default()
}

pub(in crate::diagnose) fn policy_zero(e: &Evidence<'_>) -> Look {
    let app = match &e.recorded.app {
        Observed::Seen(app) => app,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    match app.refresh {
        Some(RefreshPolicy::Zero) => {
            let by = app.changed_by.as_deref();
            let by = by.map(|by| format!("; {by} changed its file last")).unwrap_or_default();
            let words = format!("a refresh token of it is not valid at all{by}");
            let mut proof = Proof::state(e.app_called(), words);
            proof.time = app.changed;
            let mut found = Found::of(vec![proof]).fit(Fit::VeryLikely);
            // It came by a refresh token: then the policy was another.
            if let Some(row) = e.worked().next().filter(|_| e.has_refreshed()) {
                let words = format!("{}: a refresh token worked", row.application);
                found.proofs.push(Proof { words, ..Proof::sign_in(row, 1) });
                found.is_proven = true;
                let between = app.changed.filter(|changed| e.is_between(*changed));
                // Who wrote the file last need not have changed this of it.
                found.began = between.map(|time| Began::by_itself(time, APP_CHANGED));
            }
            Look::Hit(found)
        }
        Some(_) => {
            let since = e.stop.first_bad.or(e.stop.last_good);
            let again = app.changed.zip(since).filter(|(changed, since)| changed > since);
            match again.filter(|_| e.has_refreshed()) {
                // No row of the audit trail says what a policy was (S 13.4).
                Some((changed, _)) => {
                    let by = by_whom(app);
                    let words = match e.stop.first_bad {
                        Some(_) => format!("its file was changed{by} after it failed first"),
                        None => format!("its file was changed{by} after it worked last"),
                    };
                    let mut proof = Proof::state(e.app_called(), words);
                    proof.time = Some(changed);
                    let over = "the app was changed, and what its policy was before is not \
                                recorded; now it does not end refresh tokens at once";
                    Look::Hit(Found::of(vec![proof]).fit(Fit::Possible).over(over))
                }
                None => Look::out("the policy does not end refresh tokens at once"),
            }
        }
        // Of an app that another org owns it is not told which policy was changed (S 1.7).
        None => match app.changed.filter(|changed| e.is_between(*changed)) {
            Some(changed) => {
                let by = by_whom(app);
                let words =
                    format!("it was changed{by}; which of its policies the org does not tell");
                let mut proof = Proof::state(e.app_called(), words);
                proof.time = Some(changed);
                let found = Found::of(vec![proof]).fit(Fit::Possible);
                Look::Hit(Found { is_open: true, ..found })
            }
            None if app.is_elsewhere => Look::Unseen(Hidden::unread(
                "the org does not show the refresh token policy of an app that another org owns",
            )),
            None => Look::Nothing,
        },
    }
}

pub(in crate::diagnose) fn lifetime(e: &Evidence<'_>) -> Look {
    let app = match &e.recorded.app {
        Observed::Seen(app) => app,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    let (hours, from, words) = match app.refresh {
        Some(RefreshPolicy::Lifetime(hours)) => {
            let created = e.recorded.grants.seen().into_iter().flatten();
            let (first, last) = (
                created.clone().filter_map(|one| one.created).min(),
                created.filter_map(|one| one.created).max(),
            );
            // Which of several is the vendor's nobody knows.
            let is_one = first == last;
            (hours, first.map(|created| (created, is_one)), "after its grant")
        }
        Some(RefreshPolicy::Inactivity(hours)) => (hours, last_use(e), "without use"),
        Some(_) => return Look::out("the policy sets refresh tokens no time"),
        None => return Look::Nothing,
    };
    let limit = SignedDuration::from_hours(hours);
    let state = format!("a refresh token ends {hours} hours {words}");
    match from {
        Some((from, _)) if failed_at(e).duration_since(from) >= limit => {
            let words = format!("{state}, and that time was over");
            let mut found = Found::state(e.app_called(), words).fit(Fit::VeryLikely);
            let over = from.checked_add(limit).ok();
            found.began = over.map(|over| Began::by_itself(over, "its time was over"));
            Look::Hit(found)
        }
        Some((_, true)) => Look::out(format!("{state}, and that time was not over")),
        Some((_, false)) | None => {
            Look::Hit(Found::state(e.app_called(), state).fit(Fit::Possible))
        }
    }
}

pub(in crate::diagnose) fn idle(e: &Evidence<'_>) -> Look {
    let has_limit = e.recorded.app.seen().and_then(|app| app.has_idle_limit);
    let used = last_use(e);
    let gap = used.map(|(used, _)| failed_at(e).duration_since(used)).unwrap_or_default();
    if gap < IDLE {
        return match (used, has_limit) {
            (Some((_, true)), _) => Look::out("it was used within the 30 days before"),
            // A try that failed may be that use.
            (_, Some(true)) => Look::Hit(
                Found::state(e.app_called(), "idle tokens end after 30 days").fit(Fit::Possible),
            ),
            _ => Look::Nothing,
        };
    }
    let days = gap.as_hours() / 24;
    let words = format!("it was not used for {days} days");
    match has_limit {
        Some(true) => {
            let words = format!("idle tokens end after 30 days, and {words}");
            let mut found = Found::state(e.app_called(), words).fit(Fit::VeryLikely);
            let over = used.and_then(|(used, _)| used.checked_add(IDLE).ok());
            found.began = over.map(|over| Began::by_itself(over, "the 30 days were over"));
            Look::Hit(found)
        }
        // Metadata goes on showing the old policy, and the flag is younger than many orgs.
        Some(false) | None => Look::Hit(Found::state("LoginHistory", words).fit(Fit::Possible)),
    }
}

pub(in crate::diagnose) fn evicted(e: &Evidence<'_>) -> Look {
    let grants = match &e.recorded.grants {
        Observed::Seen(grants) => grants,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    match grants.len() {
        0 => return Look::out("the user has no grant of the app: none took its place"),
        // Sources do not agree on whether a session counts, and one may be gone again (S 10.3).
        count if count + 1 == GRANTS => {
            let words = format!("the user has {count} grants of the app, and it keeps {GRANTS}");
            return Look::Hit(Found::state("OauthToken", words).fit(Fit::Possible));
        }
        count if count < GRANTS => {
            let words = format!("of the {GRANTS} grants that an app keeps the user has {count}");
            return Look::out(words);
        }
        _ => {}
    }
    let oldest = grants.iter().filter_map(|one| one.created).min();
    let newest = grants.iter().filter_map(|one| one.created).max();
    // What pushed one out is the newest of them.
    if newest.zip(e.stop.last_good).is_some_and(|(newest, last)| newest < last) {
        return Look::out("no grant of the app is younger than the last time that it worked");
    }
    let mut found = Found::state(
        "OauthToken",
        format!("the user has {} grants of the app, as many as it keeps", grants.len()),
    );
    if let (Some(oldest), Some(newest)) = (oldest, newest) {
        for (time, words) in [(oldest, "the oldest of them"), (newest, "the newest of them")] {
            let proof = Proof::state("OauthToken", words);
            found.proofs.push(Proof { time: Some(time), ..proof });
        }
        // A further one came in between, or none of the five is as old as what worked.
        let is_recent = e.stop.last_good.is_some_and(|last| oldest > last) || e.is_between(newest);
        found.fit = if is_recent { Fit::VeryLikely } else { Fit::Possible };
        found.began =
            Some(Began::by_itself(newest, "the newest of these approvals")).filter(|_| is_recent);
    }
    Look::Hit(found)
}

pub(in crate::diagnose) fn reused(e: &Evidence<'_>) -> Look {
    let app = match &e.recorded.app {
        Observed::Seen(app) => app,
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    match app.rotates {
        Some(true) => Look::Hit(Found::state(
            e.app_called(),
            "refresh tokens rotate: one that is used again ends all that came of it",
        )),
        Some(false) => Look::out("refresh tokens of the app do not rotate"),
        None => Look::Nothing,
    }
}

pub(in crate::diagnose) fn revoked(e: &Evidence<'_>) -> Look {
    let grants = match &e.recorded.grants {
        Observed::Seen(grants) => grants,
        // That none comes any more is seen.
        Observed::NotObserved(_) if e.stop.shown_by == ShownBy::Silence => {
            let words = "no sign-in comes any more; whether a grant is left was not seen";
            return Look::Hit(Found::state("LoginHistory", words).fit(Fit::Possible));
        }
        Observed::NotObserved(hidden) => return Look::Unseen(hidden.clone()),
    };
    match grants.len() {
        0 => Look::Hit(Found::state("OauthToken", "the user has no grant of the app left")),
        count => {
            let words = match count {
                1 => "a grant is left, but it may be another system's".to_owned(),
                _ => format!("{count} grants are left, but they may be other systems'"),
            };
            Look::Hit(Found::state("OauthToken", words).fit(Fit::Possible))
        }
    }
}

pub(in crate::diagnose) fn refreshed_sandbox(e: &Evidence<'_>) -> Look {
    // With a sandbox that is refreshed all grants go.
    if e.recorded.grants.seen().is_some_and(|grants| !grants.is_empty()) {
        return Look::out("a grant of the app is there");
    }
    // Nothing of this user is recorded here, for it was never this user.
    let others = e.recorded.other_users();
    if !others.is_empty() {
        return Look::out(format!("others use the app here: {}", others.join(", ")));
    }
    // A refreshed sandbox has no past: what signed in here before was not lost with one.
    if e.stop.last_good.is_some() && !e.recorded.is_sandbox.is_not_so() {
        return Look::out("its sign-ins until it stopped are recorded in this very org");
    }
    let is_without_grants = e.recorded.grants.seen().is_some();
    let is_read = e.recorded.sign_ins.seen().is_some_and(|all| !all.is_cut);
    Look::of(&e.recorded.is_sandbox, true, "the org is no sandbox", || {
        let fit = if is_without_grants && is_read { Fit::VeryLikely } else { Fit::Possible };
        let mut found = Found::state("Organization", "it is a sandbox").fit(fit);
        if fit == Fit::VeryLikely {
            let words = "no sign-in of the app that worked, and no grant of it, is recorded here";
            found.proofs.push(Proof::state("LoginHistory", words));
        }
        found
    })
}
