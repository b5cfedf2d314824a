//! Orgs by steps: the state of each step in each org.

use std::collections::BTreeMap;

use crate::diff::State;
use crate::report::guide::WORST_FIRST;

use super::{Kept, state, templates};

/// A step of a template, or of a baseline a type of metadata.
pub(super) struct Column {
    /// Its name, which stays: `acme/ip`, `baseline/ConnectedApp`.
    pub(super) id: String,
    pub(super) title: String,
}

/// Orgs by steps.
pub(super) struct Matrix {
    pub(super) columns: Vec<Column>,
    /// For each org the state of each step that asks most of the reader; none where it does not
    /// apply, or where the org has no answer.
    pub(super) rows: Vec<Vec<Option<State>>>,
}

impl Matrix {
    pub(super) fn of(orgs: &[Kept]) -> Self {
        let is_baseline = templates(orgs).is_empty();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut columns: Vec<Column> = Vec::new();
        // Where each stands in the org that has most before it.
        let mut latest: Vec<usize> = Vec::new();
        let mut rows: Vec<Vec<Option<State>>> = Vec::with_capacity(orgs.len());
        for org in orgs {
            let mut row = vec![None; columns.len()];
            for (number, block) in org.blocks().enumerate() {
                let (id, title) = block[0].rule();
                let at = *places.entry(id).or_insert_with_key(|id| {
                    columns.push(Column { id: id.clone(), title });
                    columns.len() - 1
                });
                latest.resize(columns.len(), 0);
                row.resize(columns.len(), None);
                latest[at] = latest[at].max(number);
                let states = block.iter().map(|finding| state(&finding.state));
                let rank = |state: &State| WORST_FIRST.iter().position(|one| one == state);
                row[at] = states.chain(row[at]).min_by_key(rank);
            }
            rows.push(row);
        }
        // A step that not every org has stands where its template has it.
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by_key(|at| latest[*at]);
        let rows = orgs.iter().zip(rows).map(|(org, row)| {
            // Of a baseline what is the same has no findings.
            let same = (is_baseline && org.org.error.is_none()).then_some(State::InSync);
            order.iter().map(|at| row.get(*at).copied().flatten().or(same)).collect()
        });
        let rows = rows.collect();
        let mut taken: Vec<Option<Column>> = columns.into_iter().map(Some).collect();
        let columns = order.iter().filter_map(|at| taken[*at].take()).collect();
        Self { columns, rows }
    }

    /// How many orgs have a step in a state.
    pub(super) fn count(&self, column: usize, state: State) -> usize {
        self.rows.iter().filter(|row| row[column] == Some(state)).count()
    }
}
