//! What looking for each thing comes to: whether it is there, by its own rows, by the words of sign-ins
//! and by the error that somebody was told.

use super::evidence::Evidence;
use super::rule::{Fit, Found, Look, Proof, Rule, TRAIL};
use super::stop::ShownBy;
use super::table::rules;
use super::{Hit, RuledOut, symptom};
use crate::org::recorded::Hidden;

/// What looking for each thing has come to.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) hits: Vec<Hit>,
    pub(super) ruled_out: Vec<RuledOut>,
    /// What would explain the error, and could not be looked at.
    pub(super) blind_spots: Vec<(&'static Rule, Hidden)>,
    /// What rows of sign-ins say, and the state of the org does not show, with why.
    pub(super) contradicted: Vec<(&'static Rule, Vec<Proof>, String)>,
}

impl Looked {
    /// Looks for one thing.
    pub(super) fn look(&mut self, rule: &'static Rule, rules: &[&'static Rule], e: &Evidence<'_>) {
        let look = match e.flow_without_token().filter(|_| rule.of_token) {
            Some(flow) => Look::out(format!("it signs in without a refresh token ({flow})")),
            None => (rule.look)(e),
        };
        let ByError { rows, shared, told } = by_error(rule, rules, e);
        let is_by_word = rows.is_empty() && !matches!(look, Look::Hit(_) | Look::Past(_));
        let explains = explains(rule, e);
        let found = match look {
            Look::Hit(mut found) => {
                // A change alone that may be of a namesake's; words that mean it alone leave nothing
                // open.
                let is_by_name =
                    |proof: &Proof| proof.of == TRAIL && e.may_be_of_a_namesake(&proof.words);
                found.is_open |= !found.proofs.is_empty() && found.proofs.iter().all(is_by_name);
                found.is_open &= rows.is_empty();
                found.proofs.extend(rows.into_iter().chain(shared).chain(told));
                found
            }
            Look::Past(found) if found.is_unsure && rows.is_empty() && shared.is_empty() => {
                if explains {
                    let why = found.over.unwrap_or_default();
                    self.ruled_out.push(RuledOut { rule, why });
                }
                return;
            }
            // Of what is over only what stopped it is told.
            Look::Past(mut found) => {
                if !explains && (is_error_known(e) || e.stop.shown_by == ShownBy::Nothing) {
                    return;
                }
                found.proofs.extend(rows.into_iter().chain(shared).chain(told));
                found
            }
            // What the org shows not to be so is not believed of an error's words alone; rows of
            // its own stand, for it may have been put right since.
            Look::Out(why) if rows.is_empty() => {
                if explains {
                    self.contradicted
                        .extend((!shared.is_empty()).then(|| (rule, shared, why.clone())));
                    self.ruled_out.push(RuledOut { rule, why });
                }
                return;
            }
            Look::Unseen(hidden) if rows.is_empty() && told.is_none() => {
                if explains {
                    self.blind_spots.push((rule, hidden));
                }
                // The words of a sign-in are this or another thing's: it fits, and no more.
                if shared.is_empty() {
                    return;
                }
                Found { is_open: true, ..Found::of(shared) }
            }
            Look::Nothing if rows.is_empty() && told.is_none() => return,
            Look::Out(_) | Look::Unseen(_) | Look::Nothing => {
                let found = Found::of(rows.into_iter().chain(told).collect());
                let over = match look {
                    Look::Out(why) => Some(why),
                    _ => None,
                };
                Found { over, ..found.fit(Fit::VeryLikely) }
            }
        };
        let is_dated = found.began.as_ref().is_some_and(|began| e.is_between(began.time));
        let is_between = is_dated || found.is_proven && e.stop.first_bad.is_none();
        let step = e.drift_at(rule.breaks).cloned();
        let is_by_word = is_by_word && !found.is_open;
        let is_in_the_way = false;
        self.hits.push(Hit { rule, found, explains, is_between, is_in_the_way, is_by_word, step });
    }
}

/// What of the error shows a thing by itself: words that mean one thing alone.
#[derive(Default)]
struct ByError {
    /// Rows of sign-ins, each with its id and time, with words that mean it alone.
    rows: Vec<Proof>,
    /// The same with words that may mean another thing too: they show nothing by themselves.
    shared: Vec<Proof>,
    /// What somebody was told.
    told: Option<Proof>,
}

fn by_error(rule: &Rule, rules: &[&'static Rule], e: &Evidence<'_>) -> ByError {
    let mut by_error = ByError::default();
    if !rule.is_recorded {
        return by_error;
    }
    let told = || e.symptom.text.as_ref().map(|text| Proof::state("error", text.clone()));
    let failed = e.failed();
    for status in &e.symptom.statuses {
        let owners = rules.iter().filter(|one| one.has_status(status)).count();
        if !rule.has_status(status) {
            continue;
        }
        let rows: Vec<_> =
            failed.iter().filter(|row| symptom::plain_status(&row.status) == *status).collect();
        match rows.first() {
            Some(row) if owners == 1 => by_error.rows.push(Proof::sign_in(row, rows.len())),
            Some(row) => by_error.shared.push(Proof::sign_in(row, rows.len())),
            None if owners == 1 => by_error.told = told(),
            None => {}
        }
    }
    if let Some(refusal) = e.symptom.refusal {
        let owners = rules.iter().filter(|one| one.has_refusal(refusal.id)).count();
        if rule.has_refusal(refusal.id) && owners == 1 {
            by_error.told = told();
        }
    }
    by_error
}

/// Takes words of sign-ins that may mean two things from the one that fits less, where the org shows
/// both: they are evidence for the other.
pub(super) fn take_from_weaker(hits: &mut [Hit], e: &Evidence<'_>) {
    let fits = |hit: &Hit| (hit.is_between, hit.found.fit);
    let failed = e.failed();
    for status in &e.symptom.statuses {
        let is_of = |hit: &&Hit| hit.rule.has_status(status) && !hit.found.is_open;
        let Some(best) = hits.iter().filter(is_of).map(fits).max() else { continue };
        let rows = failed.iter().filter(|row| symptom::plain_status(&row.status) == *status);
        let ids: Vec<Option<&str>> = rows.map(|row| Some(row.id.as_str())).collect();
        let weaker = hits.iter_mut().filter(|hit| hit.rule.has_status(status) && fits(hit) < best);
        for hit in weaker.filter(|hit| hit.found.proofs.len() > 1) {
            hit.found
                .proofs
                .retain(|proof| !ids.contains(&proof.id.as_deref()) || proof.id.is_none());
        }
    }
}

/// Says whether a rule explains the error that was seen.
fn explains(rule: &Rule, e: &Evidence<'_>) -> bool {
    let by_refusal = e.symptom.refusal.is_some_and(|one| rule.has_refusal(one.id));
    let by_status = e.symptom.statuses.iter().any(|one| rule.has_status(one));
    let by_http = e.symptom.http.iter().any(|one| rule.http.contains(one));
    by_refusal || by_status || by_http
}

/// Says whether an error was seen of which the table knows what explains it.
pub(super) fn is_error_known(e: &Evidence<'_>) -> bool {
    // A session ends, and where no sign-in comes any more what keeps that out is why.
    let is_of_session = e.was_told("session-over") && e.has_gone_silent;
    e.symptom.refusal.is_some() && !is_of_session
        || e.symptom.statuses.iter().any(|one| rules().any(|rule| rule.has_status(one)))
}
