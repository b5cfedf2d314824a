//! Answers that were kept, as looks at orgs over time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::diff::State;
use crate::metadata::sha256::sha256;
use crate::report::code;
use crate::report::json::FindingRow;
use crate::trend::{Look, Outcome, Run, Step};

use super::matrix::Matrix;
use super::part::Part;
use super::{Ended, Kept, state};

/// What is known of a part of a run: of which orgs it was, and what the looks at them came to.
pub struct Batch {
    /// Its head.
    pub part: Part,
    /// The looks, of no org that was not looked at.
    pub looks: Vec<Look>,
}

impl Batch {
    /// A part with its answers.
    pub fn of<'k>(part: Part, kept: impl IntoIterator<Item = &'k Kept>) -> Self {
        let looks = kept.into_iter().filter_map(|one| one.look(&part.question)).collect();
        Self { part, looks }
    }
}

impl Kept {
    /// Each step with what it wants that was not seen to be so.
    fn steps(&self) -> Vec<Step> {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut steps: Vec<(Step, Vec<String>)> = Vec::new();
        for block in self.blocks() {
            let (id, title) = block[0].rule();
            let at = *places.entry(id).or_insert_with_key(|id| {
                let (id, wants) = (id.clone(), BTreeMap::new());
                steps.push((Step { id, title, is_seen_well: false, wants }, Vec::new()));
                steps.len() - 1
            });
            let (step, well) = &mut steps[at];
            for finding in block {
                match state(&finding.state) {
                    State::InSync => {
                        step.is_seen_well = true;
                        well.push(want(finding));
                    }
                    other => {
                        step.wants.insert(want(finding), other);
                    }
                }
            }
        }
        let with_well = |(mut step, well): (Step, Vec<String>)| {
            if step.wants.values().any(|state| *state == State::NotObserved) {
                step.wants.extend(well.into_iter().map(|want| (want, State::InSync)));
            }
            step
        };
        steps.into_iter().map(with_well).collect()
    }

    /// Each step with the state that asks most of the reader, by its name.
    pub fn worst(&self) -> BTreeMap<String, State> {
        let Matrix { columns, mut rows } = Matrix::of(std::slice::from_ref(self));
        let row = rows.pop().unwrap_or_default();
        columns
            .into_iter()
            .zip(row)
            .filter_map(|(column, state)| Some((column.id, state?)))
            .collect()
    }

    /// The look that it comes from; none where the org was not looked at. `question` tells what was
    /// asked of all orgs from anything else.
    pub fn look(&self, question: &str) -> Option<Look> {
        let outcome = match &self.org.error {
            Some(error) => {
                Outcome::Failed { code: error.code.clone(), message: error.message.clone() }
            }
            None if self.ended() == Ended::Failed => {
                Outcome::Failed { code: code::ERROR.to_owned(), message: String::new() }
            }
            None => Outcome::Answer { is_baseline: self.templates.is_empty(), steps: self.steps() },
        };
        let (org, id) = (self.name().to_owned(), self.id().map(str::to_owned));
        let question = question.to_owned();
        Some(Look { org, id, at: self.looked_at?, question, outcome })
    }
}

/// A name of what is wanted that stays the same whatever the org has there.
fn want(finding: &FindingRow<'_>) -> String {
    let component = finding.component.as_ref();
    let component = component.map(|id| (&id.type_name, &id.full_name));
    let FindingRow { path, fact, of, comparison, desired, manual, .. } = finding;
    // Of a baseline what is there is no part of it: it may change and still not be as it was.
    let desired = finding.step.as_ref().map(|_| desired);
    let text =
        format!("{component:?} {path:?} {fact:?} {of:?} {comparison:?} {desired:?} {manual:?}");
    sha256(text.as_bytes())[..12].to_owned()
}

/// All looks of parts, and of each run those that were to be and are not; and the runs.
pub fn history(batches: Vec<Batch>) -> (Vec<Look>, Vec<Run>) {
    let runs = runs(batches);
    let (mut all, mut told) = (Vec::new(), Vec::new());
    for batches in runs {
        let begun = batches.iter().map(|one| one.part.begun).max();
        let is_named = batches.iter().any(|one| one.part.run.is_some());
        let mut expected: BTreeMap<&str, bool> = BTreeMap::new();
        for Batch { part, .. } in &batches {
            // A named run has all its shards, be they told or not.
            let names: Vec<&str> = match is_named {
                true => part.names.iter().map(String::as_str).collect(),
                false => part.members().collect(),
            };
            names.into_iter().for_each(|name| {
                expected.entry(name).or_default();
            });
        }
        for look in batches.iter().flat_map(|one| &one.looks) {
            expected.entry(&look.org).insert_entry(true);
        }
        let orgs: BTreeSet<String> = expected.keys().map(|org| (*org).to_owned()).collect();
        let question = batches.first().map(|one| one.part.question.clone()).unwrap_or_default();
        told.extend(begun.map(|begun| Run { begun, question: question.clone(), orgs }));
        let missing =
            expected.into_iter().filter(|(_, is_told)| !is_told).filter_map(|(org, _)| {
                let (org, question) = (org.to_owned(), question.clone());
                Some(Look { org, id: None, at: begun?, question, outcome: Outcome::Missing })
            });
        let missing: Vec<Look> = missing.collect();
        all.extend(batches.into_iter().flat_map(|one| one.looks));
        all.extend(missing);
    }
    (all, told)
}

/// Parts so far apart are of different runs, though they have one name: a name that somebody uses
/// every night.
pub const APART: SignedDuration = SignedDuration::from_hours(12);

/// The parts of each run together.
fn runs(mut batches: Vec<Batch>) -> Vec<Vec<Batch>> {
    batches.sort_by_key(|batch| batch.part.begun);
    let mut runs: Vec<Vec<Batch>> = Vec::new();
    // The last one of each name that asks the same.
    let mut latest: BTreeMap<(String, String), usize> = BTreeMap::new();
    for batch in batches {
        let part = &batch.part;
        // Parts without a name of a run are each for themselves.
        let named = part.run.clone().map(|run| (run, part.asked.clone()));
        let is_near = |at: &usize| {
            let first = runs[*at].first();
            first.is_some_and(|first| part.begun.duration_since(first.part.begun) <= APART)
        };
        let at = named.as_ref().and_then(|named| latest.get(named)).copied().filter(is_near);
        if let Some(at) = at {
            runs[at].push(batch);
        } else {
            runs.push(vec![batch]);
            latest.extend(named.map(|named| (named, runs.len() - 1)));
        }
    }
    runs
}
