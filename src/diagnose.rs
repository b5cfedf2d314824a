//! Why an integration stopped: what an org has recorded, held against a table of rules.
//!
//! The law: what a rule finds is the cause only if it explains the error that was seen, or began
//! after the last time it worked and before the first time it failed. All else that is found is
//! merely wrong too, and the order of the rules only breaks ties. Of what an org does not record
//! (who took a token back, what pushed one out) nothing is more than consistent with what is seen.
//!
//! Pure: no org, no clock, no files.

mod evidence;
mod look;
mod looked;
mod rule;
mod secrets;
mod stop;
mod symptom;
mod table;
mod timeline;
mod unseen;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::org::recorded::{AppKind, Recorded};

pub use evidence::{Drift, DriftOf, Evidence};
use looked::{Looked, is_error_known, take_from_weaker};
pub use rule::{APP_CHANGED, Began, Fit, Found, Look, Proof, Rule, WayOut};
pub use stop::{ShownBy, Stop};
pub use symptom::{Symptom, refused_object};
pub use table::rules;
pub use timeline::{Moment, MomentKind};
pub use unseen::Unseen;
use unseen::{is_blind, unseen};

/// What came of it.
#[derive(Debug)]
pub struct Diagnosis {
    /// What is known of the error.
    pub symptom: Symptom,
    /// When it stopped.
    pub stop: Stop,
    /// The one thing that stopped it.
    pub cause: Option<Hit>,
    /// Where there is none: what is consistent with what is seen, the likeliest first.
    pub consistent: Vec<Hit>,
    /// What is ruled out of what would explain it, and why.
    pub ruled_out: Vec<RuledOut>,
    /// What else was found.
    pub also: Vec<Hit>,
    /// The steps of templates that are not so, besides the cause's.
    pub other_steps: Vec<Drift>,
    /// What could not be seen, and the right that would show it.
    pub unseen: Vec<Unseen>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// Whether anything at all could be seen.
    pub is_blind: bool,
    /// Who was seen with the app, where the user that was asked for never was.
    pub other_users: Vec<String>,
    /// The address of which alone it is told, where others get in.
    pub of_address: Option<String>,
    /// Whether the app is an external client app, which has pages of its own in Setup.
    pub is_external: bool,
    /// What the org says where it answers nobody, or stopped to answer.
    pub refused: Option<String>,
}

/// What a rule has found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule.
    pub rule: &'static Rule,
    /// What shows it, since when, and how well it fits.
    pub found: Found,
    /// Whether it explains the error that was seen.
    pub explains: bool,
    /// Whether it began after the last time it worked and before the first time it failed.
    pub is_between: bool,
    /// Whether it stands in the way as well as the cause does, and may have stopped it too.
    pub is_in_the_way: bool,
    /// Whether nothing shows it but the words of an error that somebody was told.
    pub is_by_word: bool,
    /// The step of a template that it breaks.
    pub step: Option<Drift>,
}

/// What is ruled out.
#[derive(Clone, Debug)]
pub struct RuledOut {
    /// The rule.
    pub rule: &'static Rule,
    /// Why.
    pub why: String,
}

/// How a diagnosis ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is a cause.
    Cause,
    /// What stopped it is not recorded, and some things fit.
    Consistent,
    /// It stopped, as rows show, and nothing that is recorded explains it.
    Unexplained,
    /// Nothing that is recorded explains it, nor shows that it stopped.
    Nothing,
    /// Nothing could be seen.
    Blind,
}

/// Where what is so now stands among what shows a thing.
const NOW: &str = "now";

impl Hit {
    /// Says whether the state of the org does not show what rows of sign-ins say.
    fn is_contradicted(&self) -> bool {
        self.found.proofs.last().is_some_and(|proof| proof.of == NOW)
    }
}

impl Diagnosis {
    /// Returns how it ends.
    pub fn verdict(&self) -> Verdict {
        match () {
            () if self.cause.is_some() => Verdict::Cause,
            () if !self.consistent.is_empty() => Verdict::Consistent,
            () if self.is_blind => Verdict::Blind,
            () if matches!(
                self.stop.shown_by,
                ShownBy::SignIns | ShownBy::Calls | ShownBy::NoGrant | ShownBy::Silence
            ) =>
            {
                Verdict::Unexplained
            }
            () => Verdict::Nothing,
        }
    }
}

/// Says why an integration stopped.
pub fn diagnose(
    recorded: &Recorded,
    told: Option<&str>,
    drift: &[Drift],
    now: Timestamp,
) -> Diagnosis {
    let all: Vec<&'static Rule> = rules().collect();
    let of_all = Evidence::new(recorded, told, drift, now);
    // Two systems may share an app and a user: where one of them comes, another need not.
    match of_all.failing_address().filter(|_| of_all.stop.shown_by == ShownBy::Nothing) {
        Some(address) => {
            let recorded = recorded.of_address(&address);
            let mut found = decide(&all, &Evidence::new(&recorded, told, drift, now));
            found.of_address = Some(address);
            found
        }
        None => decide(&all, &of_all),
    }
}

fn decide(rules: &[&'static Rule], e: &Evidence<'_>) -> Diagnosis {
    let mut looked = Looked::default();
    rules.iter().for_each(|rule| looked.look(rule, rules, e));
    let Looked { mut hits, mut ruled_out, blind_spots, contradicted } = looked;
    add_contradicted(contradicted, &mut hits, &mut ruled_out, e);
    take_from_weaker(&mut hits, e);
    let mut causes: Vec<Hit> = Vec::new();
    let mut left: Vec<Hit> = Vec::new();
    for hit in hits {
        if is_cause(&hit, e) { causes.push(hit) } else { left.push(hit) }
    }
    causes.sort_by_key(|hit| rank(hit, e));
    let mut causes = causes.into_iter();
    let mut cause = causes.next();
    let (mut consistent, rest): (Vec<Hit>, Vec<Hit>) =
        left.into_iter().partition(|hit| cause.is_none() && is_consistent(hit, e));
    consistent.sort_by_key(|hit| (Reverse(hit.found.fit), hit.rule.order, hit.rule.id));
    // Where nothing of the app was seen, what might as well be of any app is no finding.
    let is_blind = is_blind(e.recorded);
    consistent.retain(|hit| !is_blind || hit.rule.is_recorded || hit.found.fit > Fit::Possible);
    let also = beside(cause.as_ref(), causes.collect(), rest, e);
    let mut also = join_followers(&mut cause, also);
    if cause.is_some() {
        ruled_out.retain(|one| one.rule.is_recorded);
    }
    for hit in cause.iter_mut().chain(&mut consistent).chain(&mut also) {
        tell_once(&mut hit.found.proofs);
    }
    ruled_out.sort_by_key(|one| (one.rule.order, one.rule.id));
    let steps_of = cause.iter().chain(&consistent).chain(&also).flat_map(|hit| &hit.step);
    let named: Vec<Drift> = steps_of.cloned().collect();
    let mut unseen = unseen(e);
    for (rule, hidden) in blind_spots {
        let is_told = unseen.iter().any(|one| one.hidden == hidden);
        if !is_told && e.recorded.refused.is_none() {
            unseen.push(Unseen { what: rule.looks_at, hidden });
        }
    }
    let found = cause.iter().chain(&consistent).chain(&also);
    let timeline = timeline::timeline(e, found);
    Diagnosis {
        symptom: e.symptom.clone(),
        stop: e.stop.clone(),
        other_steps: e.drift.iter().filter(|one| !named.contains(one)).cloned().collect(),
        cause,
        consistent,
        ruled_out,
        also,
        unseen,
        timeline,
        is_blind,
        other_users: e.recorded.other_users(),
        of_address: None,
        is_external: e.recorded.app.seen().is_some_and(|app| app.kind == AppKind::External),
        refused: e.recorded.refused.as_ref().map(|refused| refused.said.clone()),
    }
}

/// Adds what rows of sign-ins say and the state does not show, where nothing else that they may mean is
/// shown either: they are not refuted by what is so now, for it was one of them then.
fn add_contradicted(
    contradicted: Vec<(&'static Rule, Vec<Proof>, String)>,
    hits: &mut Vec<Hit>,
    ruled_out: &mut Vec<RuledOut>,
    e: &Evidence<'_>,
) {
    for (rule, mut proofs, why) in contradicted {
        let is_of = |hit: &Hit| rule.statuses.iter().any(|one| hit.rule.statuses.contains(one));
        if hits.iter().any(|hit| is_of(hit) && !hit.is_contradicted()) {
            continue;
        }
        ruled_out.retain(|one| one.rule.id != rule.id);
        proofs.push(Proof::state(NOW, why));
        hits.push(Hit {
            rule,
            found: Found { is_open: true, ..Found::of(proofs) },
            explains: true,
            is_between: false,
            is_in_the_way: false,
            is_by_word: false,
            step: e.drift_at(rule.breaks).cloned(),
        });
    }
}

/// What stands beside the cause, or beside what fits: the other causes, and of the rest what is wrong
/// too, each with whether it stands in the way. What leaves no trace is no finding of its own there.
fn beside(cause: Option<&Hit>, causes: Vec<Hit>, rest: Vec<Hit>, e: &Evidence<'_>) -> Vec<Hit> {
    let mut also: Vec<Hit> = causes;
    also.iter_mut().for_each(|hit| hit.is_in_the_way = true);
    // Whatever else is so, with no grant left a token is over.
    let is_gone = e.has_refreshed() && e.recorded.grants.seen().is_some_and(Vec::is_empty);
    let mut ended: Vec<Hit> = Vec::new();
    for hit in rest {
        // What ends tokens unrecorded, and by its date did so in between, may have come first; and
        // what would keep it out at the hour at which it comes stands in its way.
        let fits_too = hit.is_between && is_sure_to_fit(&hit);
        let is_state = hit.found.is_open || hit.rule.is_choice;
        let would_too = is_state && hit.rule.is_recorded && is_very_likely(&hit);
        if fits_too || would_too || is_wrong(&hit) {
            let is_in_the_way = fits_too || would_too || is_in_the_way(&hit, e);
            also.push(Hit { is_in_the_way, ..hit });
        } else if is_gone && hit.rule.of_token && hit.found.fit >= Fit::Likely {
            ended.push(hit);
        }
    }
    let is_told_of_token = cause.into_iter().chain(&also).any(|hit| hit.rule.of_token);
    if cause.is_some() && !is_told_of_token {
        let best = ended
            .into_iter()
            .min_by_key(|hit| (Reverse(hit.found.fit), hit.rule.order, hit.rule.id));
        also.extend(best.map(|hit| Hit { is_in_the_way: true, ..hit }));
    }
    // What the org shows is not joined by what a text alone says.
    let is_shown = cause.is_some_and(|hit| !hit.is_by_word);
    also.retain(|hit| hit.found.over.is_none() && !(is_shown && hit.is_by_word));
    also.sort_by_key(|hit| (!hit.is_in_the_way, hit.rule.order, hit.rule.id));
    also
}

/// Says whether a thing is wrong: what somebody may want so is that only where it explains something
/// or began in between.
fn is_wrong(hit: &Hit) -> bool {
    let is_shown = hit.rule.is_recorded || hit.found.is_proven;
    is_shown && !hit.found.is_open && (!hit.rule.is_choice || hit.explains || hit.is_between)
}

/// Says whether what is wrong keeps it out too.
fn is_in_the_way(hit: &Hit, e: &Evidence<'_>) -> bool {
    let is_of_sign_ins = hit.rule.blocks || !hit.rule.statuses.is_empty();
    let began = hit.found.began.as_ref().map(|began| began.time);
    // Of what is so nobody knows since when, it may be since then.
    let is_undated =
        began.is_none() && (hit.rule.blocks || hit.rule.of_calls || is_very_likely(hit));
    // What came only after it had stopped keeps it out from then on.
    let is_later = began.zip(e.stop.last_good).is_some_and(|(began, last)| began > last);
    is_undated || hit.rule.blocks && is_later || is_of_sign_ins && hit.is_between
}

/// Joins what only follows from another thing with it: it is not wrong besides, and shows that too.
fn join_followers(cause: &mut Option<Hit>, also: Vec<Hit>) -> Vec<Hit> {
    let found: Vec<&str> = cause.iter().chain(&also).map(|hit| hit.rule.id).collect();
    let (followers, mut also): (Vec<Hit>, Vec<Hit>) =
        also.into_iter().partition(|hit| hit.rule.follows.iter().any(|of| found.contains(of)));
    for follower in followers {
        let of_it = |hit: &&mut Hit| follower.rule.follows.contains(&hit.rule.id);
        if let Some(first) = cause.iter_mut().chain(&mut also).find(of_it) {
            first.found.proofs.extend(follower.found.proofs);
        }
    }
    also
}

/// Leaves out what is told already.
fn tell_once(proofs: &mut Vec<Proof>) {
    let mut known = Vec::new();
    proofs.retain(|proof| {
        let is_new = !known.contains(proof);
        known.push(proof.clone());
        is_new
    });
}

/// Says whether it may have been refused as it was, where it began in between.
fn fits_error(rule: &Rule, e: &Evidence<'_>) -> bool {
    let knows_nothing = rule.refusals.is_empty() && rule.may_refuse.is_empty();
    let by_refusal = e.symptom.refusal.is_some_and(|one| rule.may_refuse.contains(&one.id));
    !is_error_known(e) || by_refusal || knows_nothing && rule.statuses.is_empty()
}

/// The law.
fn is_cause(hit: &Hit, e: &Evidence<'_>) -> bool {
    let is_shown = hit.rule.is_recorded || hit.found.is_proven;
    if !is_shown || hit.found.is_open || is_outlived(hit, e) || is_of_other_calls(hit, e) {
        return false;
    }
    let has_stopped = e.stop.shown_by != ShownBy::Nothing || hit.rule.blocks;
    hit.explains || hit.is_between && has_stopped && fits_error(hit.rule, e)
}

/// Says whether it is about what the user sees where sign-ins are what stopped: who sees less is
/// signed in all the same.
fn is_of_other_calls(hit: &Hit, e: &Evidence<'_>) -> bool {
    let is_of_access = hit.rule.breaks == rule::ACCESS;
    let is_of_sign_ins =
        matches!(e.stop.shown_by, ShownBy::SignIns | ShownBy::NoGrant | ShownBy::Silence);
    is_of_access && is_of_sign_ins && !hit.explains
}

/// Says whether all that would be seen of it is, where nothing records it.
fn is_sure_to_fit(hit: &Hit) -> bool {
    !hit.rule.is_recorded && is_very_likely(hit) && hit.found.began.is_some()
}

fn is_very_likely(hit: &Hit) -> bool {
    hit.found.fit == Fit::VeryLikely
}

/// Says whether it worked although what keeps everybody out was so already.
fn is_outlived(hit: &Hit, e: &Evidence<'_>) -> bool {
    let began = hit.found.began.as_ref().map(|began| began.time);
    let is_older = began.zip(e.stop.last_good).is_some_and(|(began, last)| began <= last);
    hit.rule.blocks && is_older && !hit.rule.of_calls
}

/// Says whether it fits what is seen, where nothing is recorded that would settle it.
fn is_consistent(hit: &Hit, e: &Evidence<'_>) -> bool {
    if is_outlived(hit, e) || is_of_other_calls(hit, e) {
        return false;
    }
    let is_sure = hit.found.fit == Fit::VeryLikely;
    if hit.found.is_open {
        // What works is kept out by nothing.
        return e.stop.shown_by != ShownBy::Nothing || e.stop.last_good.is_none();
    }
    if hit.rule.is_recorded {
        // It keeps the app out, and since when nobody knows.
        let may_refuse = |id: &str| hit.rule.may_refuse.contains(&id);
        let is_told = e.symptom.refusal.is_some_and(|one| may_refuse(one.id));
        // Where it works nothing keeps it out; that it signs in says nothing of its calls.
        let works = e.stop.shown_by == ShownBy::Nothing
            && e.stop.last_good.is_some()
            && !hit.rule.of_calls
            && !is_told;
        // Where nobody knows when it worked last, nobody knows what began after that.
        let is_undated =
            hit.found.began.is_none() || e.stop.last_good.is_none() || hit.rule.of_calls;
        let is_undated = is_undated && (hit.rule.blocks || is_told || is_sure);
        return !works && is_undated && (!is_error_known(e) || fits_error(hit.rule, e));
    }
    // A token that is over fails without a row, or with words that no source has: the end of the
    // rows that worked is the evidence.
    let has_ended = match e.stop.shown_by {
        ShownBy::Nothing | ShownBy::Calls => false,
        // Words that nobody knows may be of anything.
        ShownBy::Told => e.has_gone_silent,
        ShownBy::SignIns | ShownBy::NoGrant | ShownBy::Silence => true,
    };
    let never_worked = e.stop.last_good.is_none() && is_sure;
    // No token that is over is refused with such a status of HTTP.
    let is_refusable = e.symptom.http.iter().all(|status| matches!(status, 400 | 401));
    hit.explains || !is_error_known(e) && is_refusable && (has_ended || never_worked)
}

/// What comes first among causes. Where rules stand in the table is no part of it.
fn rank(hit: &Hit, e: &Evidence<'_>) -> impl Ord + use<> {
    let began = hit.found.began.as_ref().map(|began| began.time);
    let is_both = hit.explains && hit.is_between;
    // Of what the org shows, that first of which somebody was told.
    let is_told = e.symptom.refusal.is_some_and(|one| hit.rule.has_refusal(one.id));
    let is_told = is_told && !hit.is_by_word && hit.found.over.is_none();
    let by_fit = (hit.found.over.is_some(), Reverse(hit.found.fit));
    let by_law = (!is_told, !is_both, !hit.explains, hit.is_by_word);
    (by_law, by_fit, hit.rule.order, Reverse(began), hit.rule.id)
}

/// What an error may come of, where no org is asked.
pub fn causes(symptom: &Symptom) -> Vec<&'static Rule> {
    let of_it = |rule: &&Rule| {
        let of_refusal = |of: &[&str]| symptom.refusal.is_some_and(|one| of.contains(&one.id));
        let is_only_vague = symptom.refusal.is_some_and(|one| one.id == symptom::VAGUE);
        of_refusal(rule.refusals)
            || (of_refusal(rule.may_refuse) && !is_only_vague)
            || symptom.statuses.iter().any(|one| rule.has_status(one))
            || is_by_http(rule, symptom)
    };
    let mut all: Vec<&'static Rule> = rules().filter(of_it).collect();
    all.sort_by_key(|rule| (!is_usual(rule, symptom), rule.order, rule.id));
    all
}

/// Says whether an error is the one with which a cause is usually told.
pub fn is_usual(rule: &Rule, symptom: &Symptom) -> bool {
    symptom.refusal.is_some_and(|one| rule.has_refusal(one.id))
        || symptom.statuses.iter().any(|one| rule.has_status(one))
        || is_by_http(rule, symptom)
}

/// Says whether a status of HTTP, of which no words tell more, is one that a rule explains.
fn is_by_http(rule: &Rule, symptom: &Symptom) -> bool {
    symptom.refusal.is_none() && symptom.http.iter().any(|one| rule.http.contains(one))
}
