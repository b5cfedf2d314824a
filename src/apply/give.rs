//! What REST does after a package: rows that give licences and permission sets to users, made and
//! taken back.
//!
//! That a row is about to be made stands in the journal before the request goes out. Where its answer
//! is lost it is looked for, by a run that goes on or by a rollback, and is ours where that is proved:
//! somebody may have given the same meanwhile, as the same user too.

use std::collections::BTreeMap;

use crate::journal::Entry;
use crate::metadata::assignable::AskedFor;
use crate::org::assign::{GivingRow, LICENCE_ROW, NotCreated};
use crate::org::{CreatedRow, OrgError};
use crate::plan::assignment::{Assigned, Assignment, Doubt};

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
            entry.assigned.push(Assigned {
                of: one.clone(),
                rows: Vec::new(),
                begun: None,
                asked: AskedFor::default(),
                doubts: Vec::new(),
                is_partial: true,
            });
            entry.assigned.len() - 1
        });
        for row in rows {
            let was_begun = entry.assigned[at].begun.as_deref() == Some(row.object);
            let there = self.assigning(self.org.given_row(&row)).await?.map_err(failed)?;
            match there {
                Some(id) if was_begun => self.claim(entry, at, row.object, id).await?,
                Some(_) => {}
                None => self.make(entry, at, &row, was_begun).await?,
            }
        }
        entry.assigned[at].is_partial = false;
        self.keep(entry)
    }

    /// Makes a row that is not there; `was_begun` where it was asked for before, and may still come.
    async fn make(
        &self,
        entry: &mut Entry,
        at: usize,
        row: &GivingRow,
        was_begun: bool,
    ) -> Result<(), ApplyError> {
        let of = Box::new(entry.assigned[at].of.clone());
        let failed = |error: OrgError| ApplyError::Assign { of, error };
        let by = self.assigning(self.org.user()).await?.ok().map(|user| user.id);
        let asked = AskedFor { by, at: self.org.now() };
        let given = &mut entry.assigned[at];
        let earlier = std::mem::replace(&mut given.asked, asked);
        given.begun = Some(row.object.to_owned());
        self.keep(entry)?;
        // What is not asked for any more is not begun: somebody else's row is never ours. What an
        // earlier run asked for may still come.
        let unbegin = |entry: &mut Entry| {
            let given = &mut entry.assigned[at];
            given.asked = earlier.clone();
            if !was_begun {
                given.begun = None;
            }
            self.keep(entry)
        };
        if self.interrupt.is_pressed() {
            unbegin(entry)?;
            return Err(ApplyError::Interrupted(Stopped::Assigning));
        }
        let NotCreated { error, may_come } = match self.assigning(self.org.create_row(row)).await? {
            Ok(id) => {
                let given = &mut entry.assigned[at];
                given.begun = None;
                given.rows.push((row.object.to_owned(), id));
                return self.keep(entry);
            }
            Err(not_created) => not_created,
        };
        // One that has come meanwhile is ours only where we have asked for it.
        let is_there = error.code.as_deref() == Some("DUPLICATE_VALUE");
        if may_come || is_there {
            let there = self.assigning(self.org.given_row(row)).await?;
            if let Some(id) = there.ok().flatten() {
                if !may_come {
                    unbegin(entry)?;
                }
                return match may_come || was_begun {
                    true => self.claim(entry, at, row.object, id).await,
                    false => Ok(()),
                };
            }
        }
        if !may_come {
            unbegin(entry)?;
        }
        Err(failed(error))
    }

    /// A row that was begun and is there is ours where that is proved; else a rollback leaves it, and
    /// says so.
    async fn claim(
        &self,
        entry: &mut Entry,
        at: usize,
        object: &str,
        id: String,
    ) -> Result<(), ApplyError> {
        let row = CreatedRow { object: object.to_owned(), id };
        let asked = entry.assigned[at].asked.clone();
        let proved = self.assigning(self.org.proved(&row, &asked)).await?;
        let given = &mut entry.assigned[at];
        given.begun = None;
        match proved.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(()) => given.rows.push((row.object, row.id)),
            Err(why) => {
                given.doubts.push(Doubt { object: row.object, id: Some(row.id), why, asked });
            }
        }
        self.keep(entry)
    }

    /// Looks again, by user and what they were to be given, for rows of an entry that were begun and
    /// whose answer was lost: those that are proved to be ours can be taken back, and what is left
    /// of the others is said.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub async fn settle(&self, entry: &mut Entry) -> Result<(), ApplyError> {
        for one in &mut entry.assigned {
            let doubted = one.doubts.iter();
            let doubted = doubted.map(|doubt| (doubt.object.clone(), doubt.asked.clone()));
            let begun = one.begun.clone().map(|object| (object, one.asked.clone()));
            let objects: BTreeMap<String, AskedFor> = doubted.chain(begun).collect();
            if objects.is_empty() {
                continue;
            }
            let mut doubts = Vec::new();
            let rows = self.org.giving_rows(&one.of.user, &one.of.what).await;
            for (object, asked) in objects {
                match self.look_for(one, &object, &asked, rows.as_deref()).await {
                    Ok(None) => {}
                    Ok(Some((id, Ok(())))) => one.rows.push((object, id)),
                    Ok(Some((id, Err(why)))) => {
                        doubts.push(Doubt { object, id: Some(id), why, asked });
                    }
                    Err(error) if error.is_about_one_question() => {
                        let why = format!("it could not be looked for ({error})");
                        doubts.push(Doubt { object, id: None, why, asked });
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            (one.begun, one.doubts) = (None, doubts);
            // The last is taken back first: a set before the licence that it stands on.
            one.rows.sort_by_key(|(object, _)| object != LICENCE_ROW);
        }
        Ok(())
    }

    /// A row that was begun, where it is there and not known yet, and whether it is ours.
    async fn look_for(
        &self,
        one: &Assigned,
        object: &str,
        asked: &AskedFor,
        rows: Result<&[GivingRow], &OrgError>,
    ) -> Result<Option<(String, Result<(), String>)>, OrgError> {
        let rows = rows.map_err(Clone::clone)?;
        let Some(row) = rows.iter().find(|row| row.object == object) else { return Ok(None) };
        let Some(id) = self.org.given_row(row).await? else { return Ok(None) };
        if one.rows.iter().any(|(_, known)| *known == id) {
            return Ok(None);
        }
        let row = CreatedRow { object: object.to_owned(), id };
        let proved = self.org.proved(&row, asked).await?;
        Ok(Some((row.id, proved)))
    }

    /// One request that gives or takes back; none is begun once the run was told to stop.
    async fn assigning<T>(&self, request: impl Future<Output = T>) -> Result<T, ApplyError> {
        if self.interrupt.is_pressed() {
            return Err(ApplyError::Interrupted(Stopped::Assigning));
        }
        unless(self.interrupt.out_of_patience(), request, Stopped::Assigning).await
    }
}
