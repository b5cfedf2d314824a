//! Drift over time: when each org was looked at, which step was not as wanted, since when, and how
//! long it took until it was.
//!
//! A time is always that of a look. What was not observed, and an org that gave no answer, neither
//! begins nor ends a drift: what was not read is not well.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::diff::State;

/// What a look at an org has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Answer {
        /// Whether only what is not as wanted is listed, so that what is not listed is well.
        is_baseline: bool,
        /// Each step that is listed.
        steps: Vec<Step>,
    },
    /// It gave no answer: why, in words and by its code.
    Failed {
        /// The code.
        code: String,
        /// Why.
        message: String,
    },
    /// It was to be asked, and there is no answer of it.
    Missing,
}

/// A step, as an answer lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, which stays: `acme/ip`, `baseline/ConnectedApp`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Whether something of what it wants was seen to be so.
    pub is_seen_well: bool,
    /// What else it wants, each by a name that stays, and how that turned out. What was seen to be
    /// so is among it where something was not observed, since it is not told apart else from what
    /// is not wanted any more.
    pub wants: BTreeMap<String, State>,
}

/// A look at an org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// What the org is called; its history goes by it.
    pub org: String,
    /// Its id, where it was reached.
    pub id: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Tells what was asked from anything else that is asked of orgs: an answer to another question
    /// says nothing of this one.
    pub question: String,
    /// What it has come to.
    pub outcome: Outcome,
}

/// A run: which orgs were to be asked in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it was begun.
    pub begun: Timestamp,
    /// What was asked, as in a [`Look`].
    pub question: String,
    /// The orgs.
    pub orgs: BTreeSet<String>,
}

/// How a drift ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was seen to be as wanted.
    Fixed(Timestamp),
    /// It was seen that a waiver lets it be.
    Waived(Timestamp),
    /// Another org goes by the name.
    Replaced(Timestamp),
    /// It was there at the last look that shows this step.
    Open,
}

impl End {
    /// When it ended.
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Fixed(at) | Self::Waived(at) | Self::Replaced(at) => Some(at),
            Self::Open => None,
        }
    }
}

/// A time in which a step of an org was not as wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The org.
    pub org: String,
    /// The step.
    pub step: String,
    /// The last look before at which it was as it may be; none where the first look found it so.
    pub before: Option<Timestamp>,
    /// The look that found it.
    pub found: Timestamp,
    /// The last look at which it was there.
    pub last: Timestamp,
    /// How it ended.
    pub end: End,
}

impl Drift {
    /// How long it took from the look that found it to the one that saw it fixed. Of what the first
    /// look found nobody knows.
    pub fn took(&self) -> Option<SignedDuration> {
        match (self.end, self.before) {
            (End::Fixed(at), Some(_)) => Some(at.duration_since(self.found)),
            _ => None,
        }
    }

    /// Says whether it is there at a time, as far as is known: until it is seen to have ended it is.
    pub fn is_there(&self, at: Timestamp) -> bool {
        at >= self.found && self.end.at().is_none_or(|end| at < end)
    }
}

/// An org over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// What it is called.
    pub name: String,
    /// Its id, where it was ever reached; of several the last.
    pub id: Option<String>,
    /// When it was looked at last, or was to be.
    pub last: Timestamp,
    /// Why the last look that asked something of it has no answer; none where each has one.
    pub silent: Option<Outcome>,
    /// When it was answered last.
    pub answered: Option<Timestamp>,
    /// How many of its steps are in drift.
    pub open: usize,
    /// Whether a later run over the orgs with which it was asked last leaves it out.
    pub is_left: bool,
}

/// A step over all orgs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Its name.
    pub id: String,
    /// What it was called last.
    pub title: String,
    /// How often it went from what it may be, or was first found not to be so.
    pub drifts: usize,
    /// In how many orgs.
    pub orgs: usize,
    /// In how many it is not as wanted.
    pub open: usize,
    /// How often it was fixed.
    pub fixed: usize,
    /// The median of how long that took, as [`Drift::took`] has it; none where it knows of none.
    pub median: Option<SignedDuration>,
    /// The longest, of the same.
    pub longest: Option<SignedDuration>,
}

/// A day on which orgs were looked at (in UTC), each as its last look of the day has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The day: `2026-11-27`.
    pub day: String,
    /// How many orgs were looked at, or were to be.
    pub orgs: usize,
    /// How many had a step in drift, as far as is known: one without an answer has what it had.
    pub drifted: usize,
    /// How many gave no answer.
    pub silent: usize,
}

/// All orgs over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trend {
    /// The orgs, by name.
    pub orgs: Vec<Org>,
    /// The drifts, by org, then by when they were found.
    pub drifts: Vec<Drift>,
    /// The steps that ever drifted, those that did so most often first.
    pub steps: Vec<Total>,
    /// The days, in their order.
    pub days: Vec<Day>,
    /// The first look and the last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// How many looks there are; none of an org that nobody tells of.
    pub looks: usize,
}

/// What is known of a step of an org on the way through its looks.
#[derive(Default)]
struct Track {
    /// What of it is not as wanted, as the last look that saw it says.
    bad: BTreeSet<String>,
    /// The last look at which it was as it may be.
    well: Option<Timestamp>,
    /// The drift that has not ended.
    open: Option<Drift>,
}

/// Whether a state is drift: not as wanted, and seen to be so.
fn is_drift(state: State) -> bool {
    matches!(state, State::Differs | State::Missing)
}

impl Trend {
    /// What looks come to, and the runs in which orgs were to be asked. Their order does not matter;
    /// of two looks at one time of one org the better known counts last.
    pub fn of(looks: Vec<Look>, runs: &[Run]) -> Self {
        let mut by_org: BTreeMap<String, Vec<Look>> = BTreeMap::new();
        let mut days: BTreeMap<String, BTreeMap<String, (bool, bool)>> = BTreeMap::new();
        let mut titles: BTreeMap<String, (Timestamp, String)> = BTreeMap::new();
        let times = || looks.iter().map(|look| look.at);
        let span = times().min().zip(times().max());
        for look in looks {
            by_org.entry(look.org.clone()).or_default().push(look);
        }
        let mut all = Self { span, ..Self::default() };
        for (name, mut looks) in by_org {
            looks.sort_by(order);
            // One that was read from two files is one.
            looks.dedup();
            all.looks += looks.iter().filter(|look| look.outcome != Outcome::Missing).count();
            let drifts = drifts(&looks);
            for look in &looks {
                let drifted = drifts.iter().any(|drift| drift.is_there(look.at));
                let seen = (drifted, !is_answer(&look.outcome));
                let day = look.at.strftime("%Y-%m-%d").to_string();
                days.entry(day).or_default().insert(name.clone(), seen);
                if let Outcome::Answer { steps, .. } = &look.outcome {
                    for step in steps {
                        let latest = titles.get(&step.id).is_none_or(|(at, _)| *at <= look.at);
                        if latest {
                            titles.insert(step.id.clone(), (look.at, step.title.clone()));
                        }
                    }
                }
            }
            let is_left = is_left(&name, runs);
            all.orgs.extend(org(name, &looks, &drifts).map(|org| Org { is_left, ..org }));
            all.drifts.extend(drifts);
        }
        all.steps = totals(&all.drifts, &titles);
        let day = |(day, orgs): (String, BTreeMap<String, (bool, bool)>)| Day {
            orgs: orgs.len(),
            drifted: orgs.values().filter(|(drifted, _)| *drifted).count(),
            silent: orgs.values().filter(|(_, silent)| *silent).count(),
            day,
        };
        all.days = days.into_iter().map(day).collect();
        all
    }

    /// The drifts that have not ended, of orgs that are asked; those that were found last first.
    pub fn open(&self) -> Vec<&Drift> {
        let is_asked = |drift: &&Drift| self.org(&drift.org).is_some_and(|org| !org.is_left);
        let is_open = |drift: &&Drift| drift.end == End::Open;
        let mut open: Vec<&Drift> = self.drifts.iter().filter(is_open).filter(is_asked).collect();
        open.sort_by(|one, other| {
            (other.found, &one.org, &one.step).cmp(&(one.found, &other.org, &other.step))
        });
        open
    }

    /// An org by its name.
    pub fn org(&self, name: &str) -> Option<&Org> {
        let at = self.orgs.binary_search_by(|org| org.name.as_str().cmp(name)).ok()?;
        self.orgs.get(at)
    }

    /// The drifts of an org.
    pub fn of_org(&self, org: &str) -> &[Drift] {
        let begin = self.drifts.partition_point(|drift| drift.org.as_str() < org);
        let many = self.drifts[begin..].partition_point(|drift| drift.org == org);
        &self.drifts[begin..begin + many]
    }

    /// Whether the same step of the same org drifts again.
    pub fn again(&self, drift: &Drift) -> Option<&Drift> {
        let is_later = |one: &&Drift| one.step == drift.step && one.found > drift.found;
        self.of_org(&drift.org).iter().find(is_later)
    }

    /// The drifts that have ended, those that ended last first.
    pub fn ended(&self) -> Vec<(&Drift, Timestamp)> {
        let mut ended: Vec<_> =
            self.drifts.iter().filter_map(|drift| Some((drift, drift.end.at()?))).collect();
        ended.sort_by(|(one, at), (other, then)| then.cmp(at).then(one.org.cmp(&other.org)));
        ended
    }

    /// What a step is called.
    pub fn title(&self, step: &str) -> &str {
        self.steps.iter().find(|one| one.id == step).map_or("", |one| &one.title)
    }

    /// The orgs that are asked, and whose last look gave no answer.
    pub fn silent(&self) -> impl Iterator<Item = &Org> {
        self.orgs.iter().filter(|org| org.silent.is_some() && !org.is_left)
    }

    /// The orgs that are not asked any more.
    pub fn left(&self) -> impl Iterator<Item = &Org> {
        self.orgs.iter().filter(|org| org.is_left)
    }
}

fn is_answer(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answer { .. })
}

/// The order of time. Of two looks in one second the one that says more of the org, and worse, comes
/// last.
fn order(one: &Look, other: &Look) -> Ordering {
    let weight = |look: &Look| match &look.outcome {
        Outcome::Missing => 0,
        Outcome::Failed { .. } => 1,
        Outcome::Answer { steps, .. } => {
            let states = steps.iter().flat_map(|step| step.wants.values());
            2 + usize::from(states.copied().any(is_drift))
        }
    };
    let rest = |look: &Look| format!("{look:?}");
    one.at
        .cmp(&other.at)
        .then_with(|| weight(one).cmp(&weight(other)))
        .then_with(|| rest(one).cmp(&rest(other)))
}

/// An org over its looks, in the order of time.
fn org(name: String, looks: &[Look], drifts: &[Drift]) -> Option<Org> {
    let last = looks.last()?;
    let answered = looks.iter().rev().find(|look| is_answer(&look.outcome));
    // An answer to one question is none to another.
    let mut latest: BTreeMap<&str, &Look> = BTreeMap::new();
    latest.extend(looks.iter().map(|look| (look.question.as_str(), look)));
    let silent = latest.into_values().filter(|look| !is_answer(&look.outcome));
    Some(Org {
        name,
        id: looks.iter().rev().find_map(|look| look.id.clone()),
        last: last.at,
        silent: silent.max_by_key(|look| look.at).map(|look| look.outcome.clone()),
        answered: answered.map(|look| look.at),
        open: drifts.iter().filter(|drift| drift.end == End::Open).count(),
        is_left: false,
    })
}

/// Whether an org was taken off the list: a later run asks the same of most of those with which it
/// was asked last, and not of it. A run over a few, which somebody begins by hand, takes none off.
fn is_left(org: &str, runs: &[Run]) -> bool {
    let with = runs.iter().filter(|run| run.orgs.contains(org));
    let Some(last) = with.max_by_key(|run| run.begun) else { return false };
    let is_later = |run: &&Run| run.begun > last.begun && run.question == last.question;
    runs.iter().filter(is_later).any(|run| {
        let both = run.orgs.intersection(&last.orgs).count();
        !run.orgs.contains(org) && both * 2 > last.orgs.len()
    })
}

/// The drifts of an org, from its looks in the order of time.
fn drifts(looks: &[Look]) -> Vec<Drift> {
    // By what was asked, and by step.
    let mut tracks: BTreeMap<(&str, &str), Track> = BTreeMap::new();
    let mut ended = Vec::new();
    // When each baseline was answered, since what it does not list is well.
    let mut answered: BTreeMap<&str, Timestamp> = BTreeMap::new();
    let mut known: Option<&str> = None;
    for look in looks {
        let (at, question) = (look.at, look.question.as_str());
        if let Some(id) = look.id.as_deref() {
            // What was so in another org is not fixed in this one.
            if known.replace(id).is_some_and(|before| before != id) {
                let open = std::mem::take(&mut tracks).into_values().filter_map(|one| one.open);
                ended.extend(open.map(|drift| Drift { end: End::Replaced(at), ..drift }));
                answered.clear();
            }
        }
        let Outcome::Answer { is_baseline, steps } = &look.outcome else { continue };
        for step in steps {
            let well = answered.get(question).copied().filter(|_| *is_baseline);
            let new = || Track { well, ..Track::default() };
            let track = tracks.entry((question, &step.id)).or_insert_with(new);
            ended.extend(track.see(look, step, *is_baseline));
        }
        if !is_baseline {
            continue;
        }
        let listed: BTreeSet<&str> = steps.iter().map(|step| step.id.as_str()).collect();
        for ((asked, id), track) in &mut tracks {
            if *asked == question && !listed.contains(id) {
                track.bad.clear();
                track.well = Some(at);
                ended.extend(track.open.take().map(|drift| Drift { end: End::Fixed(at), ..drift }));
            }
        }
        answered.insert(question, at);
    }
    ended.extend(tracks.into_values().filter_map(|track| track.open));
    ended.sort_by(|one, other| (one.found, &one.step).cmp(&(other.found, &other.step)));
    ended
}

impl Track {
    /// Takes in what a look says of the step; returns the drift that ends with it.
    fn see(&mut self, look: &Look, step: &Step, is_baseline: bool) -> Option<Drift> {
        let at = look.at;
        let is_unseen = step.wants.values().any(|state| *state == State::NotObserved);
        let mut is_waived = false;
        for (want, state) in &step.wants {
            match state {
                State::Differs | State::Missing => {
                    self.bad.insert(want.clone());
                }
                State::InSync => {
                    self.bad.remove(want);
                }
                State::Waived => is_waived |= self.bad.remove(want),
                // Nothing was seen of it.
                State::NotObserved | State::Manual => {}
            }
        }
        // What is not told of is so, or not wanted any more; but where something was not observed
        // nobody knows whether it belongs to that.
        if !is_unseen {
            self.bad.retain(|want| step.wants.contains_key(want));
        }
        if self.bad.is_empty() {
            let is_waived_now = || step.wants.values().any(|state| *state == State::Waived);
            if !is_unseen && (step.is_seen_well || is_baseline || is_waived_now()) {
                self.well = Some(at);
            }
            let end = if is_waived { End::Waived(at) } else { End::Fixed(at) };
            return self.open.take().map(|drift| Drift { end, ..drift });
        }
        let is_seen = step.wants.values().copied().any(is_drift);
        let drift = self.open.get_or_insert_with(|| Drift {
            org: look.org.clone(),
            step: step.id.clone(),
            before: self.well,
            found: at,
            last: at,
            end: End::Open,
        });
        if is_seen {
            drift.last = at;
        }
        None
    }
}

/// Each step over all orgs, the one that drifts most first.
fn totals(drifts: &[Drift], titles: &BTreeMap<String, (Timestamp, String)>) -> Vec<Total> {
    let mut by_step: BTreeMap<&str, Vec<&Drift>> = BTreeMap::new();
    for drift in drifts {
        by_step.entry(&drift.step).or_default().push(drift);
    }
    let total = |(id, drifts): (&str, Vec<&Drift>)| {
        let mut took: Vec<SignedDuration> =
            drifts.iter().filter_map(|drift| drift.took()).collect();
        took.sort();
        Total {
            id: id.to_owned(),
            title: titles.get(id).map(|(_, title)| title.clone()).unwrap_or_default(),
            drifts: drifts.len(),
            orgs: drifts.iter().map(|drift| &drift.org).collect::<BTreeSet<_>>().len(),
            open: drifts.iter().filter(|drift| drift.end == End::Open).count(),
            fixed: drifts.iter().filter(|drift| matches!(drift.end, End::Fixed(_))).count(),
            median: median(&took),
            longest: took.last().copied(),
        }
    };
    let mut totals: Vec<Total> = by_step.into_iter().map(total).collect();
    totals.sort_by(|one, other| {
        (other.drifts, other.orgs, &one.id).cmp(&(one.drifts, one.orgs, &other.id))
    });
    totals
}

/// The median of what is sorted; of two in the middle the mean.
fn median(sorted: &[SignedDuration]) -> Option<SignedDuration> {
    let (low, high) =
        (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(SignedDuration::from_secs((low.as_secs() + high.as_secs()) / 2))
}

#[cfg(test)]
mod tests;
