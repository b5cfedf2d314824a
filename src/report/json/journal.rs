//! What was deployed to an org: `sfsetup.rollback-list/1`, `-prune/1` and `-cancel/1`.

use serde::Serialize;

use super::deploy::DeployRow;
use super::parts::Identity;
use crate::journal::{Contents, Damaged, Entry, Stage};

/// `sfsetup.rollback-list/1`, newest first.
#[derive(Debug, Serialize)]
pub struct Listed {
    org: Identity,
    deploys: Vec<EntryRow>,
    damaged: Vec<DamagedRow>,
}

#[derive(Debug, Serialize)]
struct EntryRow {
    journal: String,
    deploy: Option<String>,
    started: String,
    what: String,
    stage: Stage,
    state: String,
    check_only: bool,
    changes: usize,
    assignments: usize,
    withdrawals: usize,
    partial: bool,
    takes_back: Option<String>,
    taken_back_by: Option<String>,
    run: Option<String>,
}

#[derive(Debug, Serialize)]
struct DamagedRow {
    journal: String,
    file: String,
    reason: String,
}

/// `sfsetup.rollback-prune/1`.
#[derive(Debug, Serialize)]
pub struct Pruned {
    /// The org.
    pub org: Identity,
    /// The entries that are forgotten.
    pub forgotten: Vec<String>,
    /// Those that stay although they are no way back, each with the reason.
    pub kept: Vec<Kept>,
}

/// An entry that stays.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// Its id.
    pub journal: String,
    /// Why.
    pub reason: String,
}

/// `sfsetup.rollback-cancel/1`.
#[derive(Debug, Serialize)]
pub struct Canceling {
    /// The org.
    pub org: Identity,
    /// Whether the org has canceled it; none where it has not said how it ended.
    pub canceled: Option<bool>,
    /// What the org says of the deploy.
    pub deploy: DeployRow,
}

impl Listed {
    /// What the journal of an org holds.
    pub fn of(org: Identity, contents: &Contents) -> Self {
        Self {
            org,
            deploys: contents.entries.iter().rev().map(EntryRow::from).collect(),
            damaged: contents.damaged.iter().map(DamagedRow::from).collect(),
        }
    }
}

impl From<&Entry> for EntryRow {
    fn from(entry: &Entry) -> Self {
        Self {
            journal: entry.id.clone(),
            deploy: entry.deploy_id.clone(),
            started: entry.started.clone(),
            what: entry.what.clone(),
            stage: entry.stage,
            state: entry.words(),
            check_only: entry.check_only,
            changes: entry.changes.len(),
            assignments: entry.assign.len(),
            withdrawals: entry.unassign.len(),
            partial: entry.is_partial,
            takes_back: entry.rolls_back.clone(),
            taken_back_by: entry.rolled_back_by.clone(),
            run: entry.run.clone(),
        }
    }
}

impl From<&Damaged> for DamagedRow {
    fn from(Damaged { id, path, why }: &Damaged) -> Self {
        Self { journal: id.clone(), file: path.display().to_string(), reason: why.clone() }
    }
}
