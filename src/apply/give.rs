//! What REST does after a package: rows that give licences and permission sets to users, made and
//! taken back.
//!
//! That a row is about to be made stands in the journal before the request goes out, so that a run
//! that was cut off takes the row for its own when it is found, and a rollback takes it back.

use crate::journal::Entry;
use crate::org::{CreatedRow, OrgError};
use crate::plan::assignment::{Assigned, Assignment};

use super::{Applier, ApplyError, Stopped, unless};

impl Applier<'_> {
    /// Takes back and gives; each row is written down before it is asked for, and once it is there.
    pub(super) async fn finish_by_rest(&self, entry: &mut Entry) -> Result<(), ApplyError> {
        for one in entry.unassign.clone() {
            for (object, id) in one.rows.iter().rev() {
                let row = CreatedRow { object: object.clone(), id: id.clone() };
                let deleted = self.assigning(self.org.delete_row(&row)).await?;
                deleted.map_err(|error| {
                    let of = Box::new(one.of.clone());
                    ApplyError::Withdraw { of, error }
                })?;
            }
        }
        for one in entry.assign.clone() {
            self.give(entry, &one).await?;
        }
        Ok(())
    }

    /// Gives one thing to a user. Rows that are there already are left, and are not ours.
    async fn give(&self, entry: &mut Entry, one: &Assignment) -> Result<(), ApplyError> {
        let at = entry.assigned.iter().position(|done| done.of == *one);
        if at.is_some_and(|at| !entry.assigned[at].is_partial) {
            return Ok(());
        }
        let failed = |error: OrgError| ApplyError::Assign { of: Box::new(one.clone()), error };
        let rows = self.assigning(self.org.giving_rows(&one.user, &one.what)).await?;
        let rows = rows.map_err(failed)?;
        let at = at.unwrap_or_else(|| {
            let of = one.clone();
            let new = Assigned { of, rows: Vec::new(), begun: None, is_partial: true };
            entry.assigned.push(new);
            entry.assigned.len() - 1
        });
        for row in rows {
            let object = row.object.to_owned();
            let there = self.assigning(self.org.given_row(&row)).await?.map_err(failed)?;
            if let Some(id) = there {
                let given = &mut entry.assigned[at];
                if given.begun.take_if(|begun| *begun == object).is_some() {
                    given.rows.push((object, id));
                    self.keep(entry)?;
                }
                continue;
            }
            entry.assigned[at].begun = Some(object.clone());
            self.keep(entry)?;
            // What is not asked for any more is not begun: somebody else's row is never ours.
            if self.interrupt.is_pressed() {
                entry.assigned[at].begun = None;
                self.keep(entry)?;
                return Err(ApplyError::Interrupted(Stopped::Assigning));
            }
            match self.assigning(self.org.create_row(&row)).await? {
                Ok(id) => {
                    let given = &mut entry.assigned[at];
                    given.begun = None;
                    given.rows.push((object, id));
                    self.keep(entry)?;
                }
                Err(not_created) => {
                    if !not_created.may_come {
                        entry.assigned[at].begun = None;
                        self.keep(entry)?;
                    }
                    return Err(failed(not_created.error));
                }
            }
        }
        entry.assigned[at].is_partial = false;
        self.keep(entry)
    }

    /// One request that gives or takes back; none is begun once the run was told to stop.
    async fn assigning<T>(&self, request: impl Future<Output = T>) -> Result<T, ApplyError> {
        if self.interrupt.is_pressed() {
            return Err(ApplyError::Interrupted(Stopped::Assigning));
        }
        unless(self.interrupt.out_of_patience(), request, Stopped::Assigning).await
    }
}
