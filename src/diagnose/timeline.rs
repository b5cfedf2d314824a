//! What happened, in order: sign-ins that went alike one after the other are one entry.

use jiff::{SignedDuration, Timestamp};

use super::Hit;
use super::evidence::{Drift, Evidence, speaks_of};
use super::rule::Began;
use crate::org::recorded::{Change, SignIn};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it began.
    pub from: Timestamp,
    /// When the last of it was.
    pub to: Timestamp,
    /// How many there are.
    pub count: usize,
    /// What sort of thing it is.
    pub kind: MomentKind,
    /// What it was, in the org's words.
    pub what: String,
    /// By whom, or from which address; of a step by its template.
    pub by: Option<String>,
}

/// What sort of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentKind {
    /// A sign-in that worked.
    SignedIn,
    /// One that did not.
    Failed,
    /// A change of the set-up.
    Changed,
    /// A call that went well.
    Called,
    /// One that did not.
    Refused,
    /// A grant of the app.
    Granted,
    /// What was found began then, and no row of a change says so: an assignment ran out, a list says
    /// when its entry came.
    Began,
    /// Something is not as a template wants it, now.
    Drift,
}

/// So many steps that are not so are named.
const STEPS: usize = 3;
/// So many entries are told; of more those that are nearest to when it stopped.
const MOST: usize = 60;

/// Tells what happened; `found` is what was found.
pub(super) fn timeline<'h>(e: &Evidence<'_>, found: impl Iterator<Item = &'h Hit>) -> Vec<Moment> {
    let recorded = e.recorded;
    let mut all: Vec<Moment> = e.sign_ins().into_iter().map(of_sign_in).collect();
    let names = [e.app_names(), e.user_names(), e.holder_names()].concat();
    let changes = recorded.trail.seen().into_iter().flat_map(|trail| &trail.rows);
    let of_users = [e.user_names(), e.holder_names()].concat();
    let is_ours = |change: &&Change| {
        // A user may bear the app's name and be another one.
        let names = if change.section == OF_USERS { &of_users } else { &names };
        names.iter().any(|name| speaks_of(change, name))
            || of_org(change) && e.is_between(change.time)
    };
    all.extend(changes.filter(is_ours).map(of_change));
    all.extend(of_file(e));
    for kind in recorded.calls.seen().into_iter().flat_map(|calls| &calls.kinds) {
        all.push(Moment {
            from: kind.first,
            to: kind.last,
            count: kind.count,
            kind: if kind.is_good() { MomentKind::Called } else { MomentKind::Refused },
            what: format!("{} {}", kind.of, kind.status).trim().to_owned(),
            by: kind.address.clone(),
        });
    }
    for grant in recorded.grants.seen().into_iter().flatten() {
        let Some(created) = grant.created else { continue };
        all.push(Moment {
            from: created,
            to: created,
            count: 1,
            kind: MomentKind::Granted,
            what: grant.app.clone(),
            by: None,
        });
    }
    for began in found.filter_map(|hit| hit.found.began.as_ref()) {
        // What another entry says too is told by that.
        let is_told =
            all.iter().any(|one| one.from == began.time && one.kind != MomentKind::Failed);
        if began.action.is_none() && !is_told {
            all.push(of_beginning(began));
        }
    }
    all.sort_by(|one, other| {
        (one.from, &one.what, one.to).cmp(&(other.from, &other.what, other.to))
    });
    let mut folded: Vec<Moment> = Vec::new();
    for one in all {
        match folded.last_mut() {
            Some(last) if is_alike(last, &one) => {
                last.to = last.to.max(one.to);
                last.count += one.count;
                last.by = last.by.take().filter(|by| Some(by) == one.by.as_ref());
            }
            _ => folded.push(one),
        }
    }
    if folded.len() > MOST {
        let stopped = e.stop.first_bad.or(e.stop.last_good).unwrap_or(e.now);
        // The stop lies within an entry, or so far from one.
        let away = |one: &Moment| match (one.from <= stopped, one.to >= stopped) {
            (true, true) => SignedDuration::ZERO,
            (true, false) => stopped.duration_since(one.to),
            (false, _) => one.from.duration_since(stopped),
        };
        // What worked last and what failed first are told whatever else there is.
        let is_kept = |one: &Moment| {
            let ends = [e.stop.last_good, e.stop.first_bad];
            one.kind == MomentKind::Began
                || ends.into_iter().flatten().any(|at| one.from <= at && at <= one.to)
        };
        let rank = |one: &Moment| (!is_kept(one), away(one));
        let mut ranks: Vec<_> = folded.iter().map(rank).collect();
        ranks.sort_unstable();
        let last = ranks[MOST - 1];
        folded.retain(|one| rank(one) <= last);
    }
    folded.extend(of_steps(e.drift, e.now));
    folded
}

fn of_beginning(began: &Began) -> Moment {
    Moment {
        from: began.time,
        to: began.time,
        count: 1,
        kind: MomentKind::Began,
        what: began.what.clone(),
        by: began.by.clone(),
    }
}

/// What is not as a template wants it now, a step once; since when, nobody recorded.
fn of_steps(drift: &[Drift], now: Timestamp) -> Vec<Moment> {
    let mut steps: Vec<(&str, Vec<&str>)> = Vec::new();
    for Drift { template, title, .. } in drift {
        let known = steps.iter().position(|(known, _)| known == template);
        let at = known.unwrap_or_else(|| {
            steps.push((template, Vec::new()));
            steps.len() - 1
        });
        if !steps[at].1.contains(&title.as_str()) {
            steps[at].1.push(title);
        }
    }
    let of_template = |(template, titles): (&str, Vec<&str>)| {
        let named = titles.iter().take(STEPS).copied().collect::<Vec<_>>().join("; ");
        let more = match titles.len().saturating_sub(STEPS) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Moment {
            from: now,
            to: now,
            count: titles.len(),
            kind: MomentKind::Drift,
            what: format!("{named}{more}"),
            by: Some(template.to_owned()),
        }
    };
    steps.into_iter().map(of_template).collect()
}

/// The part of Setup in which users are changed.
const OF_USERS: &str = "Manage Users";

fn is_alike(one: &Moment, other: &Moment) -> bool {
    // Of changes only what a person reads as one row twice.
    let is_one = one.kind != MomentKind::Changed
        || one.by == other.by && other.from.duration_since(one.to).as_secs() < 60;
    one.kind == other.kind && one.what == other.what && is_one
}

/// Says whether a change is one of the whole org's sign-in, which names nobody.
fn of_org(change: &Change) -> bool {
    change.section == "My Domain"
        || change.section == "Connected Apps"
        || change.section == "Security Controls"
}

fn of_sign_in(row: &SignIn) -> Moment {
    Moment {
        from: row.time,
        to: row.time,
        count: 1,
        kind: if row.is_good() { MomentKind::SignedIn } else { MomentKind::Failed },
        what: row.status.clone(),
        by: row.address.clone(),
    }
}

/// When the app's file was changed last, where no row of the audit trail says so: of a policy of
/// refresh tokens none does (S 13.4).
fn of_file(e: &Evidence<'_>) -> Option<Moment> {
    let app = e.recorded.app.seen()?;
    let time = app.changed.filter(|time| e.stop.last_good.is_some_and(|last| *time > last))?;
    let rows = e.recorded.trail.seen().map(|trail| trail.rows.as_slice()).unwrap_or_default();
    let is_told = rows.iter().any(|row| row.time == time);
    (!is_told).then(|| Moment {
        from: time,
        to: time,
        count: 1,
        kind: MomentKind::Changed,
        what: e.app_called(),
        by: app.changed_by.clone(),
    })
}

fn of_change(change: &Change) -> Moment {
    Moment {
        from: change.time,
        to: change.time,
        count: 1,
        kind: MomentKind::Changed,
        what: change.display.clone(),
        by: change.who(),
    }
}
