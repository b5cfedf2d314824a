//! A change that is carried to many orgs: asked about once, to a few first, stopped where too many
//! fail, and told org by org. In each org it takes the road that it would take there alone.

use std::cell::{Cell, RefCell};

use crate::report::code;
use crate::report::fleet::rollout as text;
use crate::report::json::deploy::{OneRun, Outcome, Run as Told, RunOfMany};
use crate::report::json::parts::Identity;

use super::answer::{Answer, failure};
use super::arguments::Exit;
use super::error::CommandError;
use super::fleet::{self, Fleet, Given};
use super::ui::Ui;

/// A run that changes many orgs.
pub(crate) struct Rollout<'r> {
    answer: &'r Answer<'r>,
    fleet: &'r Fleet,
    /// Its id, which the journal of each org keeps.
    pub(crate) id: String,
    /// More failures than these stop it.
    max_failures: usize,
    told: Vec<RefCell<Told>>,
    ended: RefCell<Vec<Option<Result<Exit, CommandError>>>>,
    /// Set once nothing more is to be sent.
    halt: Cell<bool>,
}

/// One org's part of it.
pub(crate) struct Part<'p> {
    pub(crate) given: Given<'p>,
    /// What is said of it; it is not printed.
    pub(crate) answer: &'p Answer<'p>,
    pub(crate) told: &'p RefCell<Told>,
    pub(crate) halt: &'p Cell<bool>,
}

/// An id for a run that begins now, as no other on this machine has one.
fn new_id() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S");
    format!("{now}-{}", std::process::id())
}

impl<'r> Rollout<'r> {
    /// Prepares a run; nothing is begun.
    pub(crate) fn new(
        answer: &'r Answer<'r>,
        fleet: &'r Fleet,
        validate: bool,
        max_failures: usize,
    ) -> Self {
        let told = fleet.names().map(|name| {
            let org = Some(Identity::of_files(name.to_owned()));
            RefCell::new(Told { validate, org, ..Told::default() })
        });
        Self {
            answer,
            fleet,
            id: new_id(),
            max_failures,
            told: told.collect(),
            ended: RefCell::new(fleet.names().map(|_| None).collect()),
            halt: Cell::new(false),
        }
    }

    /// Notes that an org is no part of it, and why; that stops no other.
    pub(crate) fn leave_out(&self, index: usize, error: CommandError) {
        self.ended.borrow_mut()[index] = Some(Err(error));
    }

    /// Notes that there is nothing to do in an org.
    pub(crate) fn leave_alone(&self, index: usize) {
        self.told[index].borrow_mut().outcome = Outcome::NothingToDo;
        self.ended.borrow_mut()[index] = Some(Ok(Exit::Done));
    }

    /// Does the work in each org of `first`, and where all is well then in those of `rest`.
    pub(crate) async fn go(
        &self,
        first: Vec<usize>,
        rest: Vec<usize>,
        job_timeout: u64,
        work: impl AsyncFn(Part<'_>) -> Result<Exit, CommandError>,
    ) {
        let ui = self.answer.ui;
        if !first.is_empty() {
            let names: Vec<&str> =
                first.iter().map(|at| self.fleet.orgs[*at].name.as_str()).collect();
            ui.note(&format!("first: {}", names.join(", ")));
            self.wave(first, 0, job_timeout, &work).await;
        }
        self.wave(rest, self.max_failures, job_timeout, &work).await;
    }

    async fn wave(
        &self,
        orgs: Vec<usize>,
        max_failures: usize,
        job_timeout: u64,
        work: &impl AsyncFn(Part<'_>) -> Result<Exit, CommandError>,
    ) {
        let ui = self.answer.ui;
        if self.halt.get() || orgs.is_empty() {
            return;
        }
        let failures = Cell::new(0);
        let one = async |given: Given<'_>| {
            let answer = self.answer.silent(given.ui);
            let told = &self.told[given.index];
            work(Part { given, answer: &answer, told, halt: &self.halt }).await
        };
        let keep = |index: usize, outcome: Result<Exit, CommandError>| {
            let is_halted = |error: &&CommandError| error.code.as_deref() == Some(code::HALTED);
            let failed = outcome.as_ref().err().filter(|error| !is_halted(error)).cloned();
            if failed.is_some() {
                failures.set(failures.get() + 1);
                if failures.get() > max_failures && !self.halt.replace(true) {
                    ui.warn(match max_failures {
                        0 => "an org failed: no further org is begun",
                        _ => "too many orgs failed: no further org is begun",
                    });
                }
            }
            self.ended.borrow_mut()[index] = Some(outcome);
            failed
        };
        // Nothing is begun that would only be told to stop.
        let goes_on = || !self.halt.get() && !ui.interrupt().is_pressed();
        self.fleet.run(ui, orgs, job_timeout, goes_on, one, keep).await;
    }

    /// Tells how it went.
    ///
    /// # Errors
    /// It was interrupted; or the answer cannot be written.
    pub(crate) fn end(
        self,
        takes_back: Option<String>,
        interrupted: Option<CommandError>,
        body: &RefCell<Option<RunOfMany>>,
    ) -> Result<Exit, CommandError> {
        let Self { answer, fleet, id, told, ended, halt, .. } = self;
        let ui = answer.ui;
        let mut exits: Vec<Exit> = Vec::with_capacity(told.len());
        let mut orgs = Vec::with_capacity(told.len());
        for (told, ended) in told.into_iter().zip(ended.into_inner()) {
            let not_begun = || match halt.get() {
                true => CommandError::halted(),
                false => fleet::not_reached(),
            };
            let ended = ended.unwrap_or_else(|| Err(not_begun()));
            exits.push(*ended.as_ref().unwrap_or(&Exit::Error));
            let failed = ended.err().map(|error| failure(ui, &error));
            orgs.push(OneRun::new(failed, told.into_inner()));
        }
        for why in &fleet.unread {
            ui.error(&CommandError::new("not all orgs are known").because(why.clone()));
            exits.push(Exit::Error);
        }
        let run = RunOfMany { run: Some(id), takes_back, orgs };
        answer.say(&text::render(&run))?;
        if run.has_changed() {
            ui.hint(&format!(
                "`sfsetup rollback --deploy-run {}` takes back what it has changed",
                run.run.as_deref().unwrap_or_default()
            ));
        }
        body.replace(Some(run));
        let exit = fleet::exit(exits);
        let is_stopped = ui.interrupt().is_pressed() && exit == Exit::Partial;
        match interrupted.or_else(|| is_stopped.then(CommandError::interrupted)) {
            Some(error) => {
                Err(error.hint("run the same command again: it goes on with what is left"))
            }
            None => Ok(exit),
        }
    }
}

/// Asks for a yes to a change of many orgs; where some are in production, for how many.
///
/// # Errors
/// Nobody said so, or nobody is there to ask.
pub(crate) fn confirm(
    ui: &Ui,
    question: &str,
    live: usize,
    else_: &str,
) -> Result<(), CommandError> {
    let answer = match live {
        0 => ui.confirm(&format!("{question} None of them is in production. [y/N]"), None),
        _ => {
            let asked = format!("{question} Type how many of them are in production:");
            ui.confirm(&asked, Some(&live.to_string()))
        }
    };
    let error = match answer {
        Some(true) => return Ok(()),
        Some(false) => CommandError::new("not confirmed, so nothing was sent")
            .hint("the same command asks again"),
        None => {
            CommandError::new("there is no terminal to ask at, so nothing was sent").hint(else_)
        }
    };
    Err(error.code(code::NOT_CONFIRMED))
}
