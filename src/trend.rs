//! Drift over time: when each org was looked at, which step was not as wanted, since when, and how
//! long it took until it was.
//!
//! A time is always that of a look. What was not observed, and an org that gave no answer, neither
//! begins nor ends a drift: what was not read is not well.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::diff::State;

/// What a look at an org has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Answer {
        /// What was asked, where the answer lists only what is not as wanted: what the same question
        /// does not list is well. None where all is listed.
        baseline: Option<String>,
        /// Each step that is listed, with the state that asks most of the reader.
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
    /// How it turned out.
    pub state: State,
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
    /// What it has come to.
    pub outcome: Outcome,
}

/// How a drift ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was seen to be as wanted.
    Fixed(Timestamp),
    /// It was seen that a waiver lets it be.
    Waived(Timestamp),
    /// It was there at the last look that shows this step.
    Open,
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
    /// How long it took from the look that found it to the one that saw it fixed.
    pub fn took(&self) -> Option<SignedDuration> {
        match self.end {
            End::Fixed(at) => Some(at.duration_since(self.found)),
            End::Waived(_) | End::Open => None,
        }
    }
}

/// An org over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// What it is called.
    pub name: String,
    /// Its id, where it was ever reached; of several the last.
    pub id: Option<String>,
    /// When it was looked at last, and what that has come to.
    pub last: Timestamp,
    /// Why there is no answer of the last look; none where there is one.
    pub silent: Option<Outcome>,
    /// When it was answered last.
    pub answered: Option<Timestamp>,
    /// How many of its steps are in drift.
    pub open: usize,
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
    /// The median of how long that took, as [`Drift::took`] has it.
    pub median: Option<SignedDuration>,
    /// The longest.
    pub longest: Option<SignedDuration>,
}

/// A day on which orgs were looked at (in UTC), each as its last look of the day has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The day: `2026-11-27`.
    pub day: String,
    /// How many orgs were looked at, or were to be.
    pub orgs: usize,
    /// How many had a step in drift.
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
    /// How many looks there are.
    pub looks: usize,
}

/// What is known of a step of an org on the way through its looks.
#[derive(Default)]
struct Track {
    /// The last look at which it was as it may be.
    well: Option<Timestamp>,
    /// The drift that has not ended.
    open: Option<Drift>,
    /// What was asked when the baseline listed it.
    asked: Option<String>,
}

/// Whether a state is drift: not as wanted, and seen to be so.
fn is_drift(state: State) -> bool {
    matches!(state, State::Differs | State::Missing)
}

impl Trend {
    /// What looks come to. Their order does not matter; of two at one time of one org the better
    /// known counts last.
    pub fn of(looks: Vec<Look>) -> Self {
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
            looks.sort_by_key(|look| (look.at, is_answer(&look.outcome)));
            // One that was read from two files is one.
            looks.dedup();
            all.looks += looks.len();
            let drifts = drifts(&looks);
            for look in &looks {
                let is_in_drift = |drift: &Drift| look.at >= drift.found && look.at <= drift.last;
                let drifted = is_answer(&look.outcome) && drifts.iter().any(is_in_drift);
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
            all.orgs.extend(org(name, &looks, &drifts));
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

    /// The drifts that have not ended, those that were found first first.
    pub fn open(&self) -> Vec<&Drift> {
        let mut open: Vec<&Drift> =
            self.drifts.iter().filter(|drift| drift.end == End::Open).collect();
        open.sort_by_key(|drift| (drift.found, &drift.org, &drift.step));
        open
    }

    /// The drifts that have ended, those that ended last first.
    pub fn ended(&self) -> Vec<(&Drift, Timestamp)> {
        let at = |drift: &Drift| match drift.end {
            End::Fixed(at) | End::Waived(at) => Some(at),
            End::Open => None,
        };
        let mut ended: Vec<_> =
            self.drifts.iter().filter_map(|drift| Some((drift, at(drift)?))).collect();
        ended.sort_by(|(one, at), (other, then)| then.cmp(at).then(one.org.cmp(&other.org)));
        ended
    }

    /// What a step is called.
    pub fn title(&self, step: &str) -> &str {
        self.steps.iter().find(|one| one.id == step).map_or("", |one| &one.title)
    }

    /// The orgs whose last look gave no answer.
    pub fn silent(&self) -> impl Iterator<Item = &Org> {
        self.orgs.iter().filter(|org| org.silent.is_some())
    }
}

fn is_answer(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answer { .. })
}

/// An org over its looks, in the order of time.
fn org(name: String, looks: &[Look], drifts: &[Drift]) -> Option<Org> {
    let last = looks.last()?;
    let answered = looks.iter().rev().find(|look| is_answer(&look.outcome));
    let silent = (!is_answer(&last.outcome)).then(|| last.outcome.clone());
    Some(Org {
        name,
        id: looks.iter().rev().find_map(|look| look.id.clone()),
        last: last.at,
        silent,
        answered: answered.map(|look| look.at),
        open: drifts.iter().filter(|drift| drift.end == End::Open).count(),
    })
}

/// The drifts of an org, from its looks in the order of time.
fn drifts(looks: &[Look]) -> Vec<Drift> {
    let mut tracks: BTreeMap<&str, Track> = BTreeMap::new();
    let mut ended = Vec::new();
    // When each baseline was answered, since what it does not list is well.
    let mut answered: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for look in looks {
        let Outcome::Answer { baseline, steps } = &look.outcome else { continue };
        let at = look.at;
        for Step { id, state, .. } in steps {
            let track = tracks.entry(id).or_default();
            if is_drift(*state) {
                let of_baseline = baseline.as_deref();
                let before =
                    track.well.or_else(|| of_baseline.and_then(|of| answered.get(of).copied()));
                track.asked = baseline.clone();
                let drift = track.open.get_or_insert_with(|| Drift {
                    org: look.org.clone(),
                    step: id.clone(),
                    before,
                    found: at,
                    last: at,
                    end: End::Open,
                });
                drift.last = at;
            } else if let Some(end) = match state {
                State::InSync => Some(End::Fixed(at)),
                State::Waived => Some(End::Waived(at)),
                _ => None,
            } {
                track.well = Some(at);
                ended.extend(track.open.take().map(|drift| Drift { end, ..drift }));
            }
        }
        let Some(asked) = baseline else { continue };
        let listed: BTreeSet<&str> = steps.iter().map(|step| step.id.as_str()).collect();
        for (id, track) in &mut tracks {
            if !listed.contains(id) && track.asked.as_ref() == Some(asked) {
                track.well = Some(at);
                let end = End::Fixed(at);
                ended.extend(track.open.take().map(|drift| Drift { end, ..drift }));
            }
        }
        answered.insert(asked, at);
    }
    ended.extend(tracks.into_values().filter_map(|track| track.open));
    ended.sort_by(|one, other| (one.found, &one.step).cmp(&(other.found, &other.step)));
    ended
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
            fixed: took.len(),
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
