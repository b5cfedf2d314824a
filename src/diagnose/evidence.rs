//! What a diagnosis is made from: what the org has recorded, what it was told, what of the template
//! is not so; and how rules ask for it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::stop::{
    ROUTINE, ShownBy, Stop, failed_since, is_refresh, of_app, refused, run_before, stop, worked,
};
use super::symptom::{Symptom, plain_status};
use crate::diff::{Finding, State, Subject};
use crate::org::recorded::{AppKind, CallKind, Change, Hidden, Observed, Recorded, SignIn};
use crate::org::refusal::{Place, REQUESTS_USED_UP};
use crate::template::ExpandedWant;

/// All that is known.
#[derive(Debug)]
pub struct Evidence<'e> {
    /// What the org has recorded.
    pub recorded: &'e Recorded,
    /// What somebody was told.
    pub symptom: Symptom,
    /// What of the template is not so.
    pub drift: &'e [Drift],
    /// What time it is.
    pub now: Timestamp,
    /// When it stopped.
    pub stop: Stop,
    /// Where calls fail of which none is known to have gone well: the sign-in before the one after
    /// which they began to.
    run_before: Option<Timestamp>,
    /// Whether no sign-in comes any more, or none can, whatever else somebody was told.
    pub has_gone_silent: bool,
    /// Where what somebody was told is of calls, and no sign-in comes any more besides: the last.
    pub silent_since: Option<Timestamp>,
}

/// A want of a template that is not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The template.
    pub template: String,
    /// The step's id.
    pub step: String,
    /// The step's title.
    pub title: String,
    /// What it speaks of.
    pub of: DriftOf,
    /// Whether a deploy of the template mends it, by its package or by what it gives to users.
    pub is_packaged: bool,
}

/// What a want speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriftOf {
    /// A setting: type, full name, path.
    Setting(String, String, String),
    /// A fact, as templates write it.
    Fact(String),
}

/// What a want speaks of, where it speaks of one thing.
fn of_want(want: &ExpandedWant) -> Option<DriftOf> {
    match want {
        ExpandedWant::Metadata { id, path, .. } => {
            Some(DriftOf::Setting(id.type_name.clone(), id.full_name.clone(), path.to_string()))
        }
        ExpandedWant::Fact { fact, .. } => Some(DriftOf::Fact(fact.to_string())),
        ExpandedWant::Each(_) | ExpandedWant::Manual { .. } | ExpandedWant::Any(_) => None,
    }
}

impl Drift {
    /// Returns what of a finding matters here; none where it is so, or nobody could see it.
    /// `is_packaged` says whether the plan mends it.
    pub fn of(finding: &Finding<'_>, is_packaged: bool) -> Option<Self> {
        if !matches!(finding.state(), State::Differs | State::Missing | State::Manual) {
            return None;
        }
        let wanted = finding.wanted()?;
        let of = match &finding.subject {
            // What a person must do is not done where what would confirm it was seen not to be so.
            Subject::ByHand if finding.unseen().is_some() => return None,
            Subject::ByHand => match &*wanted.want {
                ExpandedWant::Manual { confirm: Some(confirm), .. } => of_want(confirm)?,
                _ => return None,
            },
            Subject::Setting { component, path } => DriftOf::Setting(
                component.type_name.clone(),
                component.full_name.clone(),
                path.to_string(),
            ),
            Subject::Component(id) => {
                DriftOf::Setting(id.type_name.clone(), id.full_name.clone(), String::new())
            }
            Subject::Fact { fact, .. } => DriftOf::Fact(fact.to_string()),
        };
        Some(Self {
            template: wanted.template.name.clone(),
            step: wanted.step.id.clone(),
            title: wanted.step.title.clone(),
            is_packaged,
            of,
        })
    }

    /// Says whether it is at a place.
    pub fn is_at(&self, place: Place) -> bool {
        match &self.of {
            DriftOf::Setting(type_name, name, path) => place.is_setting(type_name, name, path),
            DriftOf::Fact(written) => place.is_fact(written),
        }
    }

    /// Returns what it speaks of, as findings name it.
    pub fn subject(&self) -> String {
        match &self.of {
            DriftOf::Setting(type_name, name, path) => {
                format!("{type_name}:{name} {path}").trim_end().to_owned()
            }
            DriftOf::Fact(written) => written.clone(),
        }
    }
}

/// So many changes are shown of which nobody knows which it was.
const FEW: usize = 4;
/// Refusals of calls by who has signed in.
const OF_CALLS: &[&str] = &["field-hidden", "object-hidden", "no-right", REQUESTS_USED_UP];

impl<'e> Evidence<'e> {
    /// Puts together what is known.
    pub fn new(
        recorded: &'e Recorded,
        told: Option<&str>,
        drift: &'e [Drift],
        now: Timestamp,
    ) -> Self {
        let mut symptom = told.map(Symptom::of_text).unwrap_or_default();
        // What the org says to us it says to the integration.
        if told.is_none() {
            let refused = recorded.refused.as_ref().filter(|refused| refused.is_from_the_first);
            symptom.refusal = refused.map(|refused| refused.refusal);
        }
        let (mut stop, has_gone_silent) = stop(recorded, told.is_some(), now);
        // What comes after a sign-in that worked is not dated by it; that none comes any more is.
        let mut silent_since = None;
        if is_of_calls(&symptom) && stop.shown_by == ShownBy::Told {
            silent_since = stop.last_good.take().filter(|_| has_gone_silent);
        }
        match stop.shown_by {
            ShownBy::SignIns => {
                for row in failed_since(recorded, stop.last_good) {
                    let status = plain_status(&row.status);
                    if !symptom.statuses.contains(&status) {
                        symptom.statuses.push(status);
                        symptom.in_rows.push(row.status.trim().to_owned());
                    }
                }
            }
            ShownBy::Calls => {
                symptom.http.extend(refused(recorded).into_iter().map(|kind| kind.status));
                symptom.http.sort_unstable();
                symptom.http.dedup();
            }
            ShownBy::Nothing | ShownBy::NoGrant | ShownBy::Silence | ShownBy::Told => {}
        }
        let run_before = match stop.shown_by {
            ShownBy::Calls => run_before(recorded, stop.first_bad),
            _ => None,
        };
        Self { recorded, symptom, drift, now, stop, run_before, has_gone_silent, silent_since }
    }

    /// Says whether something began after it worked last, and before it failed first.
    pub fn is_between(&self, time: Timestamp) -> bool {
        // What was done after one would have come has not kept that one out.
        let until = self.stop.first_bad.or(self.stop.missed).unwrap_or(self.now);
        let last = self.stop.last_good.or(self.silent_since);
        last.is_some_and(|last| time > last) && time <= until
    }

    /// Says whether a change dates what an error shows: made in between, or where nobody knows that
    /// the calls which fail ever went well, after the sign-in before.
    fn may_date(&self, time: Timestamp) -> bool {
        let is_before = self.stop.first_bad.is_some_and(|first| time <= first);
        self.is_between(time) || is_before && self.run_before.is_some_and(|run| time > run)
    }

    /// Says whether somebody was told this refusal.
    pub fn was_told(&self, id: &str) -> bool {
        self.symptom.refusal.is_some_and(|refusal| refusal.id == id)
    }

    /// The flow by which it signed in last, where that worked and the org says it.
    pub fn flow(&self) -> Option<&'e str> {
        self.worked().find_map(|row| row.flow.as_deref())
    }

    /// The flow by which it signed in last, where that is one without a refresh token.
    pub fn flow_without_token(&self) -> Option<&'e str> {
        self.flow()
            .filter(|flow| matches!(*flow, "OauthClientCredentials" | "OauthUsernamePassword"))
    }

    /// Says whether it came by a refresh token until it stopped.
    pub fn has_refreshed(&self) -> bool {
        self.worked().next().is_some_and(is_refresh)
    }

    /// The calls that are refused, and since then never went well.
    pub fn refused_calls(&self) -> Vec<&'e CallKind> {
        refused(self.recorded)
    }

    /// The address from which the app's sign-ins fail, so many one after the other, while others from
    /// elsewhere work.
    pub fn failing_address(&self) -> Option<String> {
        let all = self.sign_ins();
        let addresses: BTreeSet<&str> =
            all.iter().filter_map(|row| row.address.as_deref()).collect();
        let fails = |address: &&str| {
            let is_from = |row: &&&SignIn| row.address.as_deref() == Some(*address);
            let failed: Vec<&&SignIn> =
                all.iter().filter(is_from).take_while(|row| !row.is_good()).collect();
            // One that came only after it began to fail is the same system, from elsewhere.
            let first = failed.last().map(|row| row.time);
            let is_before = |row: &&SignIn| {
                row.is_good() && row.address.as_deref() != Some(*address) && Some(row.time) < first
            };
            failed.len() >= ROUTINE && all.iter().any(is_before)
        };
        addresses.into_iter().find(fails).map(str::to_owned)
    }

    /// The sign-ins that failed since it worked last, the first of them first.
    pub fn failed(&self) -> Vec<&'e SignIn> {
        failed_since(self.recorded, self.stop.last_good)
    }

    /// The app's sign-ins that worked, the newest first.
    pub fn worked(&self) -> impl Iterator<Item = &'e SignIn> + use<'e> {
        worked(self.recorded).into_iter()
    }

    /// The app's sign-ins, the newest first.
    pub fn sign_ins(&self) -> Vec<&'e SignIn> {
        of_app(self.recorded)
    }

    /// The changes by one of these actions that speak of one of these names, the newest first.
    fn changes(&self, actions: &[&str], names: &[&str]) -> impl Iterator<Item = &'e Change> {
        let rows = self.recorded.trail.seen().map(|trail| trail.rows.as_slice());
        rows.unwrap_or_default().iter().filter(|row| {
            actions.contains(&row.action.as_str()) && names.iter().any(|name| speaks_of(row, name))
        })
    }

    /// The newest change by one of these actions that speaks of one of these names.
    pub fn change(&self, actions: &[&str], names: &[&str]) -> Option<&'e Change> {
        self.changes(actions, names).next()
    }

    /// The same of what was made in between: of actions that may have been about something else, an
    /// older one dates nothing.
    pub fn change_between(&self, actions: &[&str], names: &[&str]) -> Option<&'e Change> {
        self.changes(actions, names).find(|row| self.may_date(row.time))
    }

    /// The change in between that did a thing; where nobody knows when it worked last, the newest that
    /// none has undone since.
    pub fn change_standing(
        &self,
        actions: &[&str],
        undone_by: &[&str],
        names: &[&str],
    ) -> Option<&'e Change> {
        if self.stop.last_good.is_some() {
            return self.change_between(actions, names);
        }
        let undone = self.change(undone_by, names).map(|change| change.time);
        let change = self.change(actions, names)?;
        undone.is_none_or(|undone| undone < change.time).then_some(change)
    }

    /// The newest such change since it failed first, or was found to have stopped: by it somebody
    /// may have put right what another has broken.
    pub fn change_since(&self, actions: &[&str], names: &[&str]) -> Option<&'e Change> {
        let change = self.change(actions, names)?;
        let since = self.stop.first_bad.or(self.stop.last_good)?;
        Some(change).filter(|change| change.time > since)
    }

    /// The newest such changes, where nobody knows when it worked last: one of them may have broken
    /// what another has put right.
    pub fn changes_undated(&self, actions: &[&str], names: &[&str]) -> Vec<&'e Change> {
        // Of what nobody says that it fails no change has broken anything.
        let is_told = self.stop.first_bad.is_none() && is_of_calls(&self.symptom);
        let fails = self.stop.shown_by == ShownBy::Calls;
        let is_undated = self.stop.last_good.is_none() && (is_told || fails);
        let few = if is_undated { FEW } else { 0 };
        let until = self.stop.first_bad.unwrap_or(self.now);
        self.changes(actions, names).filter(|row| row.time <= until).take(few).collect()
    }

    /// Says whether the app lets in only whom an admin has approved.
    pub fn app_lets_in_by_approval(&self) -> bool {
        self.recorded.app.seen().is_some_and(|app| app.is_admin_approved == Some(true))
    }

    /// What the app is called where a proof names it.
    pub fn app_called(&self) -> String {
        match self.recorded.app.seen() {
            Some(app) if app.kind == AppKind::External => {
                format!("ExternalClientApplication:{}", app.name)
            }
            Some(app) => format!("ConnectedApp:{}", app.name),
            None => "app".to_owned(),
        }
    }

    /// What the user's profile is called where a proof names it.
    pub fn profile_called(&self) -> String {
        let user = self.recorded.user.seen();
        match user.and_then(|user| user.profile.as_deref()) {
            Some(profile) => format!("Profile:{profile}"),
            None => "Profile".to_owned(),
        }
    }

    /// The names by which changes may speak of the app.
    pub fn app_names(&self) -> Vec<&'e str> {
        self.recorded.app_names.iter().map(String::as_str).collect()
    }

    /// The names by which changes may speak of the user and of nobody else: where another is called
    /// alike the name that people read is none of them.
    pub fn user_names(&self) -> Vec<&'e str> {
        let Some(user) = self.recorded.user.seen() else { return Vec::new() };
        let id = user.id.as_str();
        let name = Some(user.name.as_str()).filter(|_| !user.has_namesake.is_so());
        let names = [name, Some(user.username.as_str()), Some(id), id.get(..15)];
        names.into_iter().flatten().collect()
    }

    /// Says whether a change, by its words, names the user by no more than a name of which nobody
    /// knows whether another has it too.
    pub fn may_be_of_a_namesake(&self, words: &str) -> bool {
        let Some(user) = self.recorded.user.seen() else { return false };
        let sure = [self.app_names(), self.holder_names(), vec![user.username.as_str()]].concat();
        user.has_namesake.seen().is_none()
            && is_named_in(words, &user.name)
            && !sure.iter().any(|name| is_named_in(words, name))
    }

    /// Why nobody can say whether changes that name the user are theirs, where there are such.
    pub fn why_not_theirs(&self) -> Option<Hidden> {
        let user = self.recorded.user.seen()?;
        let name = &user.name;
        let (reason, right) = match &user.has_namesake {
            Observed::Seen(false) => return None,
            Observed::Seen(true) => {
                (format!("another user is called {name} too, and nothing tells them apart"), None)
            }
            Observed::NotObserved(hidden) => {
                let reason = &hidden.reason;
                (
                    format!("whether another is called {name} too is not known: {reason}"),
                    hidden.right,
                )
            }
        };
        let own = [user.username.as_str(), user.id.as_str(), user.id.get(..15).unwrap_or_default()];
        let is_open = |row: &Change| {
            speaks_of(row, &user.name) && !own.iter().any(|name| speaks_of(row, name))
        };
        let rows = self.recorded.trail.seen().map(|trail| trail.rows.as_slice());
        rows.unwrap_or_default().iter().any(is_open).then_some(Hidden { reason, right })
    }

    /// The names of what gives the user rights: the profile, and permission sets.
    pub fn holder_names(&self) -> Vec<&'e str> {
        let user = self.recorded.user.seen();
        let profile = user.and_then(|user| user.profile.as_deref());
        let sets = self.recorded.assignments.seen().into_iter().flatten();
        let sets = sets.flat_map(|one| [one.label.as_str(), one.name.as_str()]);
        profile.into_iter().chain(sets).collect()
    }

    /// The first differing step at one of these places; one of an object of which calls fail before
    /// others.
    pub fn drift_at(&self, places: &[Place]) -> Option<&'e Drift> {
        let refused: Vec<String> =
            self.refused_calls().iter().map(|kind| format!("[{}", kind.of)).collect();
        let at = || self.drift.iter().filter(|one| places.iter().any(|place| one.is_at(*place)));
        let is_refused =
            |one: &&Drift| refused.iter().any(|of| one.subject().contains(of.as_str()));
        // What calls of one object fail of is no other's.
        let is_of_object = |one: &&Drift| {
            let subject = one.subject();
            subject.contains("objectPermissions[") || subject.contains("fieldPermissions[")
        };
        let is_other = |one: &&Drift| !refused.is_empty() && is_of_object(one);
        at().find(is_refused).or_else(|| at().find(|one| !is_other(one)))
    }
}

/// Says whether what somebody was told is how calls are refused.
fn is_of_calls(symptom: &Symptom) -> bool {
    symptom.refusal.is_some_and(|one| OF_CALLS.contains(&one.id))
}

/// Says whether a change speaks of a name: as a word of its own, so that `Sync` is not in
/// `Synchrony`.
pub(super) fn speaks_of(change: &Change, name: &str) -> bool {
    is_named_in(&change.display, name)
}

fn is_named_in(display: &str, name: &str) -> bool {
    let (text, name) = (display.to_lowercase(), name.trim().to_lowercase());
    if name.is_empty() {
        return false;
    }
    let is_inner = |c: char| c.is_alphanumeric() || c == '_';
    // Letters may be longer in small than in capitals; then nobody looks at what stands around.
    let as_written = Some(display).filter(|display| display.len() == text.len());
    text.match_indices(&name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        // A user name, or a name with a hyphen or a dot, goes on behind these signs.
        let goes_on = |c: Option<char>, next: Option<char>| {
            c.is_some_and(|c| matches!(c, '.' | '-' | '@' | '+')) && next.is_some_and(is_inner)
        };
        let (mut back, mut on) = (before.chars().rev(), after.chars());
        let (left, right) = (back.next(), on.next());
        let is_part = left.is_some_and(is_inner)
            || right.is_some_and(is_inner)
            || goes_on(left, back.next())
            || goes_on(right, on.next());
        let is_longer = as_written
            .is_some_and(|written| is_of_longer(&written[..at], &written[at + name.len()..]));
        !is_part && !is_longer
    })
}

/// Whether a name goes on before or behind: names of apps, sets and people begin with capitals, and
/// the words around them do not, but for those that say what it is.
fn is_of_longer(before: &str, after: &str) -> bool {
    const SAY_WHAT: &[&str] =
        &["App", "Application", "Set", "Group", "User", "Profile", "Connected"];
    let begins_capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let last = before.strip_suffix(' ').and_then(|text| text.rsplit(' ').next());
    // The first word of a sentence has a capital too.
    let is_first = last.is_some_and(|word| before.trim() == word);
    let goes_before =
        last.is_some_and(|word| begins_capital(word) && !SAY_WHAT.contains(&word) && !is_first);
    let next = after.strip_prefix(' ').and_then(|text| text.split(' ').next());
    goes_before || next.is_some_and(|word| begins_capital(word) && !SAY_WHAT.contains(&word))
}
