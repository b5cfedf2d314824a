//! A change that is carried to many orgs: asked about once, to a few first, stopped where too many
//! fail, and told org by org. In each org it takes the road that it would take there alone.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::metadata::sha256::sha256;
use crate::report::code;
use crate::report::fleet::rollout as text;
use crate::report::json::deploy::{OneRun, Outcome, Run as Told, RunOfMany};
use crate::report::json::parts::Identity;

use super::answer::{Answer, failure};
use super::arguments::Exit;
use super::error::CommandError;
use super::fleet::{self, Fleet, Given};
use super::road::confirmed;
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

/// An id for a run that begins now.
fn new_id() -> String {
    let now = jiff::Timestamp::now();
    // Others may share the journals, where a process' id is no other's only here.
    let chance = sha256(format!("{now} {}", std::process::id()).as_bytes());
    format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), chance.get(..4).unwrap_or_default())
}

impl<'r> Rollout<'r> {
    /// Prepares a run; nothing is begun. One that goes on with another has its id.
    pub(crate) fn new(
        answer: &'r Answer<'r>,
        fleet: &'r Fleet,
        id: Option<String>,
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
            id: id.unwrap_or_else(new_id),
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

    /// Notes that there is nothing to do in an org, and how that has come.
    pub(crate) fn leave_alone(&self, index: usize, outcome: Outcome) {
        self.told[index].borrow_mut().outcome = outcome;
        self.ended.borrow_mut()[index] = Some(Ok(Exit::Done));
    }

    /// Does the work in each org. The first of `changing` to which something is sent, so many as
    /// `canary` says, come before all others; where one of them fails, no other is begun.
    pub(crate) async fn go(
        &self,
        changing: Vec<usize>,
        others: Vec<usize>,
        canary: usize,
        job_timeout: u64,
        work: impl AsyncFn(Part<'_>) -> Result<Exit, CommandError>,
    ) {
        let ui = self.answer.ui;
        if !changing.is_empty() {
            ui.note(&format!("the run {} begins", self.id));
        }
        let (mut left, mut sent) = (VecDeque::from(changing), 0);
        // What was carried out before, or has come to be so by itself, tries nothing.
        while sent < canary && !left.is_empty() && !self.is_over() {
            let first: Vec<usize> = left.drain(..left.len().min(canary - sent)).collect();
            let names: Vec<&str> =
                first.iter().map(|at| self.fleet.orgs[*at].name.as_str()).collect();
            ui.note(&format!("first: {}", names.join(", ")));
            self.wave(first.clone(), 0, job_timeout, &work).await;
            sent += first.into_iter().filter(|at| self.told[*at].borrow().is_sent()).count();
        }
        let mut rest: Vec<usize> = left.into_iter().chain(others).collect();
        rest.sort_unstable();
        self.wave(rest, self.max_failures, job_timeout, &work).await;
    }

    /// Says whether nothing more is to be begun.
    fn is_over(&self) -> bool {
        self.halt.get() || self.answer.ui.interrupt().is_pressed()
    }

    async fn wave(
        &self,
        orgs: Vec<usize>,
        max_failures: usize,
        job_timeout: u64,
        work: &impl AsyncFn(Part<'_>) -> Result<Exit, CommandError>,
    ) {
        let ui = self.answer.ui;
        if self.is_over() || orgs.is_empty() {
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
                // Who is told to stop need not hear that orgs were cut off.
                let is_told = ui.interrupt().is_pressed();
                if failures.get() > max_failures && !self.halt.replace(true) && !is_told {
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
        let goes_on = || !self.is_over();
        self.fleet.run(ui, orgs, job_timeout, goes_on, one, keep).await;
    }

    /// Tells how it went.
    ///
    /// # Errors
    /// It was interrupted; or the answer cannot be written.
    pub(crate) fn end(
        self,
        takes_back: Option<String>,
        is_interrupted: bool,
        goes_on: &str,
        body: &RefCell<Option<RunOfMany>>,
    ) -> Result<Exit, CommandError> {
        let Self { answer, fleet, id, told, ended, halt, .. } = self;
        let ui = answer.ui;
        let mut exits: Vec<Exit> = Vec::with_capacity(told.len());
        let mut orgs = Vec::with_capacity(told.len());
        let mut open: Vec<&str> = Vec::new();
        for ((told, ended), name) in told.into_iter().zip(ended.into_inner()).zip(fleet.names()) {
            let told = told.into_inner();
            if told.is_open() {
                open.push(name);
            }
            let cut_off = || match (told.is_sent(), halt.get()) {
                (true, _) => CommandError::interrupted()
                    .because("what was sent is over, and the org was not looked at to the end"),
                (false, true) => CommandError::halted(),
                (false, false) => fleet::not_reached(),
            };
            let ended = ended.unwrap_or_else(|| Err(cut_off()));
            exits.push(*ended.as_ref().unwrap_or(&Exit::Error));
            let failed = ended.err().map(|error| failure(ui, &error));
            orgs.push(OneRun::new(failed, told));
        }
        for why in &fleet.unread {
            ui.error(&CommandError::new("not all orgs are known").because(why.clone()));
            exits.push(Exit::Error);
        }
        // Where nothing was written down nothing can be taken back by it.
        let id = Some(id).filter(|_| orgs.iter().any(OneRun::is_in_journal));
        let run = RunOfMany { run: id, takes_back, orgs };
        answer.say(&text::render(&run))?;
        if let Some(id) = run.run.as_ref().filter(|_| run.has_changed()) {
            ui.hint(&format!(
                "`sfsetup rollback --deploy-run {id}{}` takes back what it has changed",
                fleet.as_named()
            ));
        }
        body.replace(Some(run));
        let exit = fleet::exit(exits);
        let is_stopped = ui.interrupt().is_pressed() && exit == Exit::Partial;
        if !is_interrupted && !is_stopped {
            return Ok(exit);
        }
        let error = CommandError::interrupted().hint(goes_on);
        Err(match open.is_empty() {
            true => error,
            false => error.because(format!("not looked at to the end: {}", open.join(", "))),
        })
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
    unasked: &str,
) -> Result<(), CommandError> {
    let answer = match live {
        0 => ui.confirm(&format!("{question} None of them is in production. [y/N]"), None),
        _ => {
            let asked = format!("{question} Type how many of them are in production:");
            ui.confirm(&asked, Some(&live.to_string()))
        }
    };
    confirmed(answer, unasked)
}
