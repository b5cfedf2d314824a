//! The journal of an org for commands that change it: opened, read, and what an earlier run left
//! open finished.

use std::cell::RefCell;

use crate::apply::recover::Recovered;
use crate::apply::{Applier, close};
use crate::journal::{Contents, Damaged, Entry, Journal, JournalError, Stage, contents};
use crate::org::Org;
use crate::report::json::deploy::{Earlier, Run};

use super::arguments::org_option;
use super::error::{CommandError, PUT_BACK};
use super::ui::Ui;
use super::wanted;

/// Opens the journal of the org with an id, so that no other run deploys to it.
pub(crate) fn open_journal(org_id: &str, name: &str) -> Result<Journal, CommandError> {
    Journal::open(&wanted::journals()?, org_id)
        .map_err(|error| CommandError::apply(name, &error.into()))
}

/// Reads the org's journal.
pub(crate) fn read_journal(org: &Org) -> Result<Contents, CommandError> {
    contents(&wanted::journals()?, &org.identity().id).map_err(|error: JournalError| {
        CommandError::new("the journal cannot be read").because(error.to_string())
    })
}

/// Names the files of a journal that cannot be read.
pub(crate) fn tell_damaged(ui: &Ui, damaged: &[Damaged]) {
    for one in damaged {
        ui.warn(&format!("{one}; {PUT_BACK}"));
    }
}

/// Finishes runs that were cut off, before anything new begins; returns those that the org has
/// carried out. What became of each is told.
pub(crate) async fn finish_open(
    ui: &Ui,
    org: &Org,
    name: &str,
    journal: &Journal,
    told: &RefCell<Run>,
) -> Result<Vec<Entry>, CommandError> {
    let Contents { entries: all, damaged } = read_journal(org)?;
    tell_damaged(ui, &damaged);
    let mut done = Vec::new();
    let tell = |entry: &Entry, found: &str| {
        told.borrow_mut().earlier.push(Earlier {
            journal: entry.id.clone(),
            deploy: entry.deploy_id.clone(),
            what: entry.what.clone(),
            found: found.to_owned(),
        });
    };
    let applier = Applier { org, journal, interrupt: ui.interrupt(), halt: None };
    let is_open = |entry: &&Entry| entry.stage.is_open() && entry.rolled_back_by.is_none();
    if all.iter().any(|entry| is_open(&entry)) {
        // What is on its way is seen to its end.
        org.lift_reserve();
    }
    for entry in all.iter().filter(is_open) {
        ui.note(&format!(
            "an earlier run was cut off ({}, {}: {}); finding out what became of it",
            entry.id,
            entry.what,
            entry.words()
        ));
        let (mut entry, found) = match applier.recover(entry.clone()).await {
            Ok(found) => found,
            // The org's word will be the same tomorrow, and stands in the way of nothing else; the
            // deploy can be taken back.
            Err(error) if error.is_refused_after() => {
                ui.warn(&format!(
                    "{}: {error}; `sfsetup rollback{} {}` takes it back",
                    entry.id,
                    org_option(name),
                    entry.id
                ));
                tell(entry, &error.to_string());
                continue;
            }
            Err(error) => {
                tell(entry, &error.to_string());
                return Err(CommandError::apply(name, &error));
            }
        };
        let forgotten;
        let words = match &found {
            Recovered::Forgotten(how) => {
                forgotten = format!("the org does not know it any more; {how}");
                &forgotten
            }
            Recovered::NotSent => "it never reached the org",
            Recovered::NotSeen => {
                "it has not reached the org so far; if nothing else is sent, the next deploy or \
                 rollback looks for it again"
            }
            Recovered::Over => "it was over already",
            Recovered::Undone => {
                "the org has carried out a deploy of the same components, and nothing of it is there \
                 any more: somebody took it back since, or that deploy was another's"
            }
            Recovered::Applied if entry.check_only => {
                "it was a validation, and the org would accept it"
            }
            Recovered::Applied => "the org has carried it out",
            Recovered::Refused => "the org refused it and changed nothing",
            Recovered::Canceled => "it was canceled and changed nothing",
        };
        if entry.stage == Stage::Applied {
            let taken_back = all.iter().find(|one| entry.rolls_back.as_ref() == Some(&one.id));
            close(journal, taken_back, &mut entry)
                .map_err(|error| CommandError::apply(name, &error))?;
        }
        ui.note(&format!("{}: {words}", entry.id));
        tell(&entry, words);
        let is_done = found == Recovered::Applied && entry.stage == Stage::Done;
        if is_done && !entry.check_only {
            done.push(entry);
        }
        if ui.interrupt().is_pressed() {
            return Err(CommandError::interrupted().because(
                "only what an earlier run had begun was looked after; nothing new was sent",
            ));
        }
    }
    Ok(done)
}
