//! Answers that were kept, as looks at orgs over time.

use std::collections::BTreeMap;

use crate::diff::State;
use crate::report::code;
use crate::report::guide::WORST_FIRST;
use crate::trend::{Look, Outcome, Step};

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
        let looks = kept.into_iter().filter_map(|one| one.look(&part.asked)).collect();
        Self { part, looks }
    }
}

impl Kept {
    /// Each step with its worst state, in the order in which they are told.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut steps: Vec<Step> = Vec::new();
        let rank = |state: &State| WORST_FIRST.iter().position(|one| one == state);
        for block in self.blocks() {
            let (id, title) = block[0].rule();
            let at = *places.entry(id).or_insert_with_key(|id| {
                let state = state(&block[0].state);
                steps.push(Step { id: id.clone(), title, state });
                steps.len() - 1
            });
            let states = block.iter().map(|finding| state(&finding.state));
            let worst = states.chain([steps[at].state]).min_by_key(rank);
            steps[at].state = worst.unwrap_or(State::NotObserved);
        }
        steps
    }

    /// The look that it comes from; none where the org was not looked at. `asked` tells what was
    /// asked of all orgs from anything else.
    pub fn look(&self, asked: &str) -> Option<Look> {
        let outcome = match &self.org.error {
            Some(error) => {
                Outcome::Failed { code: error.code.clone(), message: error.message.clone() }
            }
            None if self.ended() == Ended::Failed => {
                Outcome::Failed { code: code::ERROR.to_owned(), message: String::new() }
            }
            None => {
                let baseline = self.templates.is_empty().then(|| asked.to_owned());
                Outcome::Answer { baseline, steps: self.steps() }
            }
        };
        let (org, id) = (self.name().to_owned(), self.id().map(str::to_owned));
        Some(Look { org, id, at: self.looked_at?, outcome })
    }
}

/// All looks of parts, and of each run those that were to be and are not.
pub fn history(batches: Vec<Batch>) -> Vec<Look> {
    let mut runs: BTreeMap<String, Vec<Batch>> = BTreeMap::new();
    for (number, batch) in batches.into_iter().enumerate() {
        // Parts without a name of a run are each for themselves.
        let run = batch.part.run.clone().unwrap_or_else(|| format!(" {number}"));
        runs.entry(run).or_default().push(batch);
    }
    let mut all = Vec::new();
    for batches in runs.into_values() {
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
        let missing =
            expected.into_iter().filter(|(_, is_told)| !is_told).filter_map(|(org, _)| {
                let (org, id) = (org.to_owned(), None);
                Some(Look { org, id, at: begun?, outcome: Outcome::Missing })
            });
        let missing: Vec<Look> = missing.collect();
        all.extend(batches.into_iter().flat_map(|one| one.looks));
        all.extend(missing);
    }
    all
}
