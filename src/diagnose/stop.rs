//! When an integration stopped, and what shows it: sign-ins that fail, calls that are refused, a grant
//! that is gone, or a silence longer than any before.

use std::cmp::Reverse;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::org::recorded::{CallKind, Recorded, SignIn};

/// When it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stop {
    /// When it worked last.
    pub last_good: Option<Timestamp>,
    /// When it failed first after that.
    pub first_bad: Option<Timestamp>,
    /// What shows it.
    pub shown_by: ShownBy,
    /// Whether it may have failed before that, in rows that were not read.
    pub or_before: bool,
    /// Where none came any more: by when one would have.
    pub missed: Option<Timestamp>,
}

/// What shows that it stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShownBy {
    /// Nothing does.
    #[default]
    Nothing,
    /// Sign-ins that failed since.
    SignIns,
    /// Calls of the API that failed since.
    Calls,
    /// That the user has no grant of the app left, by which it came until then.
    NoGrant,
    /// That none came any more, longer than ever before.
    Silence,
    /// What somebody was told.
    Told,
}

/// With fewer sign-ins than this nobody can say how often they come.
const RHYTHM: usize = 5;
/// With as many as this that come like a clock, one that does not is missed at once.
const CLOCKWORK: usize = 5;
/// A silence of this length is one, however often it came: idle tokens end then (S 10.3).
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What a call is answered whose session is over.
const UNAUTHORISED: u16 = 401;
/// So many calls that are refused as any call may be, for what was asked, show that something is
/// wrong with who asks.
pub(super) const ROUTINE: usize = 3;
/// A silence shorter than this is none.
const SHORTEST: SignedDuration = SignedDuration::from_hours(1);

/// The app's tries, the newest first.
pub(super) fn of_app(recorded: &Recorded) -> Vec<&SignIn> {
    recorded.sign_ins.seen().map(|all| all.of(&recorded.app_names)).unwrap_or_default()
}

pub(super) fn worked(recorded: &Recorded) -> Vec<&SignIn> {
    recorded.sign_ins.seen().map(|all| all.worked(&recorded.app_names)).unwrap_or_default()
}

/// Says whether it came by a refresh token (S 13.2).
pub(super) fn is_refresh(row: &SignIn) -> bool {
    matches!(row.flow.as_deref(), Some("OauthRefreshToken" | "OauthHybridRefreshToken"))
}

/// The sign-in that worked before the one after which calls began to fail.
pub(super) fn run_before(recorded: &Recorded, first_bad: Option<Timestamp>) -> Option<Timestamp> {
    let first = first_bad?;
    let (last, _) = of_calls(recorded)?;
    let before: Vec<&SignIn> =
        worked(recorded).into_iter().filter(|row| row.time <= first).collect();
    match last {
        Some(_) => None,
        None => before.get(1).map(|row| row.time),
    }
}

pub(super) fn failed_since(recorded: &Recorded, last: Option<Timestamp>) -> Vec<&SignIn> {
    let is_since = |row: &&SignIn| !row.is_good() && last.is_none_or(|last| row.time > last);
    let mut failed: Vec<&SignIn> = of_app(recorded).into_iter().filter(is_since).collect();
    failed.reverse();
    failed
}

/// When it stopped, and whether no sign-in comes any more.
pub(super) fn stop(recorded: &Recorded, is_told: bool, now: Timestamp) -> (Stop, bool) {
    let last = worked(recorded).first().copied();
    let last_good = last.map(|row| row.time);
    let failed = failed_since(recorded, last_good);
    if let Some(first) = failed.first() {
        let is_cut = recorded.sign_ins.seen().is_some_and(|all| all.is_cut);
        let or_before = is_cut && last_good.is_none();
        let (first_bad, shown_by) = (Some(first.time), ShownBy::SignIns);
        return (Stop { last_good, first_bad, shown_by, or_before, missed: None }, true);
    }
    if let Some((last, first)) = of_calls(recorded) {
        // That somebody signed in says nothing of calls: where none is known to have gone well they
        // may have failed before the file begins.
        let (first_bad, shown_by) = (Some(first), ShownBy::Calls);
        let or_before = last.is_none();
        return (Stop { last_good: last, first_bad, shown_by, or_before, missed: None }, false);
    }
    let has_no_grant = last.is_some_and(is_refresh) && has_no_grant(recorded);
    let missed = last_good.and_then(|last| missed(recorded, last, now));
    let is_silent = has_no_grant || missed.is_some();
    let shown_by = match (is_told, is_silent) {
        (true, _) => ShownBy::Told,
        (false, true) if has_no_grant => ShownBy::NoGrant,
        (false, true) => ShownBy::Silence,
        (false, false) => ShownBy::Nothing,
    };
    (Stop { last_good, first_bad: None, shown_by, or_before: false, missed }, is_silent)
}

/// Calls that go wrong where none that asks the same goes well later, so that something is wrong with
/// who asks and not with what is asked for.
pub(super) fn refused(recorded: &Recorded) -> Vec<&CallKind> {
    let kinds = || recorded.calls.seen().into_iter().flat_map(|calls| &calls.kinds);
    let signed_in = worked(recorded).first().map(|row| row.time);
    let is_refused = |kind: &&CallKind| match kind.status {
        _ if kind.unmended.is_none() => false,
        // A session ends, and who signs in again has another.
        UNAUTHORISED => signed_in.is_none_or(|time| time <= kind.last),
        // A record that is not there or is somebody else's, a value that a rule of the org's does not
        // take, a server that stumbles: so many are no stop, but one after the other.
        _ => unmended_like(recorded, kind) >= ROUTINE,
    };
    kinds().filter(is_refused).collect()
}

/// How many calls like these went wrong in the same way, and none that asks the same went well since.
fn unmended_like(recorded: &Recorded, kind: &CallKind) -> usize {
    let kinds = recorded.calls.seen().into_iter().flat_map(|calls| &calls.kinds);
    let same = kinds.filter(|one| one.is_like(kind) && one.status == kind.status);
    same.filter_map(|one| one.unmended).map(|(_, count)| count).sum()
}

/// Of calls that are refused: when such went well last, and when the first was refused. Those that are
/// known to have gone well tell more than those that may never have.
fn of_calls(recorded: &Recorded) -> Option<(Option<Timestamp>, Timestamp)> {
    let kinds = &recorded.calls.seen()?.kinds;
    let since = refused(recorded).into_iter().filter_map(|kind| {
        let of_it = || kinds.iter().filter(|one| one.is_like(kind));
        let good = of_it().filter(|one| one.is_good()).map(|one| one.last).max();
        let first = of_it().filter_map(|one| one.unmended).map(|(first, _)| first).min()?;
        Some((good, first, unmended_like(recorded, kind)))
    });
    let told = since.min_by_key(|(good, first, count)| (good.is_none(), *first, Reverse(*count)));
    told.map(|(good, first, _)| (good, first))
}

/// Says whether the user was seen to have no grant of the app.
fn has_no_grant(recorded: &Recorded) -> bool {
    recorded.grants.seen().is_some_and(Vec::is_empty)
}

/// By when one would have come, where it has been silent for longer than between any two sign-ins
/// before: by a little where they come like a clock, else twice over.
fn missed(recorded: &Recorded, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let times: Vec<Timestamp> = worked(recorded).into_iter().map(|row| row.time).collect();
    if times.len() < RHYTHM {
        return (now.duration_since(last) > LONGEST).then(|| last + LONGEST);
    }
    // Who never comes at a weekend is not missed there, nor was before.
    let is_weekend = |time: Timestamp| {
        matches!(TimeZone::UTC.to_datetime(time).weekday(), Weekday::Saturday | Weekday::Sunday)
    };
    let counts_weekends = times.iter().copied().any(is_weekend);
    let gap_of = |from: Timestamp, to: Timestamp| {
        let whole = to.duration_since(from);
        if counts_weekends {
            return whole;
        }
        let hours = whole.as_hours().min(24 * 90);
        let free = (0..hours).filter(|hour| is_weekend(from + SignedDuration::from_hours(*hour)));
        whole - SignedDuration::from_hours(free.count().try_into().unwrap_or_default())
    };
    let gap = gap_of(last, now);
    let mut gaps: Vec<SignedDuration> =
        times.windows(2).map(|two| gap_of(two[1], two[0])).collect();
    gaps.sort_unstable();
    let (usual, longest) = (gaps[gaps.len() / 2], gaps[gaps.len() - 1]);
    let is_clockwork = times.len() >= CLOCKWORK && longest <= usual + usual / 4;
    let most = if is_clockwork { longest + longest / 40 } else { longest.saturating_mul(2) };
    let most = most.max(SHORTEST);
    // What does not count of the silence may lie in between.
    (gap > most).then(|| now - (gap - most))
}
