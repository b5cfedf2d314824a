//! A plan carried out: written down, sent once, watched, and what was cut off found again.
//!
//! What must hold beforehand is asked in `preflight`; what became of a request whose answer was
//! lost is found out in `recover`.

mod give;
pub mod interrupt;
pub mod look;
pub mod preflight;
pub mod queue;
pub mod recover;
pub mod since;
pub mod validation;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::{Either, select};
use interrupt::Interrupt;
use queue::in_the_way;
use recover::FoundDeploy;

use crate::journal::{Entry, FORMAT, Journal, JournalError, Stage, Stored};
use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::org::deploy::{DeployRow, DeployStatus, NotStarted, Trial};
use crate::org::{Org, OrgError, OrgErrorKind};
use crate::package::{Target, showable};
use crate::plan::Plan;
use crate::plan::assignment::Assignment;
use crate::plan::saved::{SavedChange, SavedOrg};

/// What a plan is carried out for.
#[derive(Clone, Debug)]
pub struct Purpose {
    /// In words.
    pub what: String,
    /// The org.
    pub org: SavedOrg,
    /// The entry that it takes back.
    pub rolls_back: Option<String>,
    /// Whether something is left that should be done too.
    pub is_partial: bool,
    /// The digest of the saved plan.
    pub plan: Option<String>,
    /// The run over many orgs of which it is a part, by its id.
    pub run: Option<String>,
}

/// How a deploy ended.
#[derive(Debug)]
pub enum Outcome {
    /// The org has done it; what it says of it, where it was watched.
    Applied(Option<Box<DeployStatus>>),
    /// The org has done it, although it was asked to cancel; what it said to that.
    TooLate(Option<OrgError>),
    /// The org has refused it, and nothing is changed.
    Refused(DeployStatus),
    /// It was canceled, and nothing is changed.
    Canceled(DeployStatus),
}

/// Where a run stood when it was told to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing was sent.
    Before,
    /// The request was on its way, and the org has not answered it.
    Sending,
    /// The org was asked to cancel a deploy, and has not said how it ended.
    Canceling {
        /// Its id.
        id: String,
        /// Why the org does not cancel it, where it has said so.
        refusal: Option<String>,
    },
    /// The deploy went through; what is given to users after it is not all.
    Assigning,
}

/// Why something was not carried out, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The org cannot be asked, or does not accept the request; nothing is changed.
    #[error(transparent)]
    Org(#[from] OrgError),
    /// The journal cannot be read or written; nothing was sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The org has the deploy, and how far it has come cannot be written down.
    #[error("how far the deploy has come cannot be written down: {error}")]
    Unwritten {
        /// Its id; none where nothing is in a package.
        id: Option<String>,
        /// How far it has come.
        stage: Stage,
        /// Why.
        error: JournalError,
    },
    /// Nobody can say whether the org did it.
    #[error("{0}")]
    Unclear(String),
    /// The same, as long as a deploy is under way that may be it, or undo it.
    #[error("{}", in_the_way(.0))]
    Blocked(Box<DeployRow>),
    /// The run was told to stop.
    #[error("interrupted")]
    Interrupted(Stopped),
    /// Others of many orgs failed; nothing was sent.
    #[error("others failed before")]
    Halted,
    /// It never arrived, and what it was made for may be no more.
    #[error(
        "the deploy did not arrive ({lost}), and it was not sent again, since the org has carried \
         out others meanwhile: {}",
        ids.join(", ")
    )]
    Overtaken {
        /// The others.
        ids: Vec<String>,
        /// How the connection failed.
        lost: OrgError,
    },
    /// The answer was lost, and the org has carried out a deploy of the same components, of which
    /// nothing is there any more.
    #[error(
        "the answer to the deploy was lost ({lost}); the org has carried out the deploy {id} of the \
         same components, and nothing of it is there any more: somebody took it back at once, or \
         that deploy was another's"
    )]
    Undone {
        /// The deploy.
        id: String,
        /// How the connection failed.
        lost: OrgError,
    },
    /// The org has it, and how it ends could not be watched.
    #[error(
        "the org has accepted the deploy {id} and goes on with it; how it ends could not be \
         watched: {error}"
    )]
    Unwatched {
        /// Its id.
        id: String,
        /// When its run began.
        since: String,
        /// Why.
        error: OrgError,
    },
    /// What was to be taken back is not, or is not known to be; a package before it is in.
    #[error(
        "the {} could not be taken from `{}`: {error}",
        of.what,
        of.user
    )]
    Withdraw {
        /// What, and from whom.
        of: Box<Assignment>,
        /// The org's words.
        error: OrgError,
    },
    /// What was to be given is not, or is not known to be; a package before it is in.
    #[error(
        "the {} could not be given to `{}`: {error}",
        of.what,
        of.user
    )]
    Assign {
        /// What, and to whom.
        of: Box<Assignment>,
        /// The org's words.
        error: OrgError,
    },
}

impl ApplyError {
    /// Says whether the org refused to give, or to take back.
    pub fn is_refused_after(&self) -> bool {
        let (Self::Assign { error, .. } | Self::Withdraw { error, .. }) = self else {
            return false;
        };
        matches!(error.kind, OrgErrorKind::Refused | OrgErrorKind::Permission)
    }
}

/// The hand that carries out: which org, where it is written down, and whether it was told to stop.
#[derive(Clone, Copy, Debug)]
pub struct Applier<'a> {
    /// The org.
    pub org: &'a Org,
    /// Its journal, held open so that no other run deploys to it.
    pub journal: &'a Journal,
    /// Whether the run was told to stop.
    pub interrupt: &'a Interrupt,
    /// Set once a run over many orgs is to send nothing more.
    pub halt: Option<&'a Cell<bool>>,
}

/// How long a deploy of an earlier run, or one that is to be canceled, is waited for.
pub const PATIENCE: Duration = Duration::from_secs(10);

impl Applier<'_> {
    /// Writes a plan down, sends it once and watches it to its end. Told to stop, it sends nothing
    /// more but the wish to cancel, and waits for what the org says to that.
    ///
    /// # Errors
    /// See [`ApplyError`]; the entry on disk says how far it came.
    pub async fn carry_out(
        &self,
        plan: &Plan<'_>,
        purpose: &Purpose,
        trial: Trial,
    ) -> Result<(Entry, Outcome), ApplyError> {
        let mut entry = self.prepare(plan, purpose, trial.check_only).await?;
        self.unless_halted(&mut entry)?;
        let _hold = self.interrupt.hold();
        if plan.package.is_empty() {
            self.unless_pressed(&mut entry)?;
            self.interrupt.note_sent();
            return self.applied(entry).await;
        }
        let zip = plan.package.zip().map_err(|error| {
            ApplyError::Unclear(format!("internal error: the package cannot be zipped: {error}"))
        })?;
        let start = |zip| self.org.start_deploy(zip, trial);
        let lost = match self.send(&mut entry, start(zip.clone())).await? {
            Ok(id) => return self.accepted(entry, id).await,
            Err(lost) => lost,
        };
        match self.find(&entry, None).await? {
            FoundDeploy::Running(id) => self.accepted(entry, id).await,
            FoundDeploy::Applied => self.applied(entry).await,
            // The org has no trace of it and nothing is running: this is the first time that it
            // arrives.
            FoundDeploy::Nothing => match self.send(&mut entry, start(zip)).await? {
                Ok(id) => self.accepted(entry, id).await,
                Err(lost) => Err(ApplyError::Unclear(format!(
                    "the answer to the deploy request was lost twice ({lost}); run the same \
                     command again, it finds out what became of it"
                ))),
            },
            FoundDeploy::Overtaken(ids) => {
                self.write(&mut entry, Stage::NotSent)?;
                Err(ApplyError::Overtaken { ids, lost })
            }
            FoundDeploy::Undone(id) => {
                entry.deploy_id = Some(id.clone());
                self.write(&mut entry, Stage::Undone)?;
                Err(ApplyError::Undone { id, lost })
            }
            FoundDeploy::Unclear(why) => {
                Err(ApplyError::Unclear(format!("{why} (the connection failed: {lost})")))
            }
        }
    }

    /// Deploys what was validated before (quick deploy, S 6.4).
    ///
    /// # Errors
    /// As [`Self::carry_out`].
    pub async fn carry_out_validated(
        &self,
        plan: &Plan<'_>,
        purpose: &Purpose,
        validation: &str,
    ) -> Result<(Entry, Outcome), ApplyError> {
        let mut entry = self.prepare(plan, purpose, false).await?;
        self.unless_halted(&mut entry)?;
        let _hold = self.interrupt.hold();
        // Refused, the package anew would be another deploy than the one that was asked for.
        match self.send(&mut entry, self.org.quick_deploy(validation)).await? {
            Ok(id) => self.accepted(entry, id).await,
            Err(lost) => match self.find(&entry, None).await? {
                FoundDeploy::Running(id) => self.accepted(entry, id).await,
                _ => Err(ApplyError::Unclear(format!(
                    "the answer to the quick deploy was lost ({lost}); run the same command again"
                ))),
            },
        }
    }

    /// Writes an entry that is about to be carried out. One that an earlier run has sent and that
    /// nobody has seen since is over then: what comes of both could not be told apart.
    async fn prepare(
        &self,
        plan: &Plan<'_>,
        purpose: &Purpose,
        check_only: bool,
    ) -> Result<Entry, ApplyError> {
        let known = self.org.recent_deploys().await?.unwrap_or_default();
        let entry = Entry {
            format: FORMAT.to_owned(),
            id: self.journal.new_id(),
            org: purpose.org.clone(),
            started: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            what: purpose.what.clone(),
            stage: Stage::Prepared,
            deploy_id: None,
            check_only,
            known_deploys: known.into_iter().map(|row| row.id).collect(),
            api_version: plan.package.version.to_string(),
            changes: plan.changes.iter().map(SavedChange::from).collect(),
            before: stored(&plan.targets, |target| &target.before),
            after: stored(&plan.targets, |target| &target.after),
            assign: if check_only { Vec::new() } else { plan.assignments.clone() },
            unassign: if check_only { Vec::new() } else { plan.withdrawals.clone() },
            assigned: Vec::new(),
            rolls_back: purpose.rolls_back.clone(),
            is_partial: purpose.is_partial,
            settled: Vec::new(),
            rolled_back_by: None,
            plan: purpose.plan.clone(),
            run: purpose.run.clone(),
        };
        for mut unseen in self.journal.contents()?.entries {
            if unseen.stage == Stage::Sent {
                self.write(&mut unseen, Stage::NotSent)?;
            }
        }
        self.journal.write(&entry)?;
        Ok(entry)
    }

    /// Sends the request that starts a deploy, unless the run was told to stop; the deploy's id, or
    /// how its answer was lost. Told to stop, the answer is waited for, but not for ever.
    async fn send(
        &self,
        entry: &mut Entry,
        request: impl Future<Output = Result<String, NotStarted>>,
    ) -> Result<Result<String, OrgError>, ApplyError> {
        self.unless_pressed(entry)?;
        self.write(entry, Stage::Sent)?;
        self.interrupt.note_sent();
        match unless(self.interrupt.out_of_patience(), request, Stopped::Sending).await? {
            Ok(id) => Ok(Ok(id)),
            Err(NotStarted::Refused(error)) => {
                // What the org says is told whether it can be written down or not.
                let _ = self.write(entry, Stage::NotSent);
                Err(ApplyError::Org(error))
            }
            // Who is told to stop does not look for it: the next run does.
            Err(NotStarted::Lost(_)) if self.interrupt.is_pressed() => {
                Err(ApplyError::Interrupted(Stopped::Sending))
            }
            Err(NotStarted::Lost(lost)) => Ok(Err(lost)),
        }
    }

    /// Begins nothing where the run over many orgs is to send nothing more. Nothing is awaited
    /// between this and the request; what was lost on its way is sent again all the same.
    fn unless_halted(&self, entry: &mut Entry) -> Result<(), ApplyError> {
        if self.halt.is_some_and(Cell::get) {
            self.write(entry, Stage::NotSent)?;
            return Err(ApplyError::Halted);
        }
        Ok(())
    }

    /// Sends nothing where the run was told to stop.
    fn unless_pressed(&self, entry: &mut Entry) -> Result<(), ApplyError> {
        if self.interrupt.is_pressed() {
            self.write(entry, Stage::NotSent)?;
            return Err(ApplyError::Interrupted(Stopped::Before));
        }
        Ok(())
    }

    /// Looks for a deploy whose answer was lost, until told to stop.
    async fn find(
        &self,
        entry: &Entry,
        limit: Option<Duration>,
    ) -> Result<FoundDeploy, ApplyError> {
        let finding = recover::find(self.org, entry, limit);
        unless(self.interrupt.pressed(), finding, Stopped::Sending).await?
    }

    fn write(&self, entry: &mut Entry, stage: Stage) -> Result<(), ApplyError> {
        entry.stage = stage;
        self.keep(entry)
    }

    /// Writes an entry as it is.
    fn keep(&self, entry: &Entry) -> Result<(), ApplyError> {
        self.journal.write(entry).map_err(|error| match entry.stage {
            Stage::Prepared | Stage::Sent | Stage::NotSent => ApplyError::Journal(error),
            stage => ApplyError::Unwritten { id: entry.deploy_id.clone(), stage, error },
        })
    }

    async fn accepted(&self, mut entry: Entry, id: String) -> Result<(Entry, Outcome), ApplyError> {
        entry.deploy_id = Some(id.clone());
        self.write(&mut entry, Stage::Accepted)?;
        self.watch(entry, &id, None).await
    }

    /// What the package changes is in the org: does what REST does after it.
    async fn applied(&self, mut entry: Entry) -> Result<(Entry, Outcome), ApplyError> {
        self.write(&mut entry, Stage::Applied)?;
        self.finish_by_rest(&mut entry).await?;
        Ok((entry, Outcome::Applied(None)))
    }

    /// Watches an accepted deploy to its end and does what REST does after it.
    /// Where a limit is given, it is waited for no longer.
    async fn watch(
        &self,
        mut entry: Entry,
        id: &str,
        limit: Option<Duration>,
    ) -> Result<(Entry, Outcome), ApplyError> {
        let what = if entry.check_only { "the org is validating" } else { "the org is deploying" };
        self.org.begin(what);
        let watching = self.org.watch_deploy_for(id, what, limit);
        let watched = self.watch_or_cancel(id, &entry.started, watching).await;
        self.org.end();
        let (status, not_canceled) = watched?;
        let ended = match (status.success, status.status.as_str()) {
            (true, _) if status.canceled_here => Outcome::TooLate(not_canceled),
            (true, _) => Outcome::Applied(Some(Box::new(status))),
            (false, "Canceled") => Outcome::Canceled(status),
            (false, _) => Outcome::Refused(status),
        };
        let stage = match &ended {
            Outcome::Applied(_) | Outcome::TooLate(_) if entry.check_only => Stage::Done,
            Outcome::Applied(_) | Outcome::TooLate(_) => Stage::Applied,
            Outcome::Canceled(_) => Stage::Canceled,
            Outcome::Refused(_) => Stage::Failed,
        };
        self.write(&mut entry, stage)?;
        if stage == Stage::Applied {
            self.finish_by_rest(&mut entry).await?;
        }
        Ok((entry, ended))
    }

    /// Watches a deploy to its end. Told to stop, it asks the org to cancel and watches on; what
    /// the org says to that is returned too, where it does not.
    async fn watch_or_cancel(
        &self,
        id: &str,
        since: &str,
        watching: impl Future<Output = Result<DeployStatus, OrgError>>,
    ) -> Result<(DeployStatus, Option<OrgError>), ApplyError> {
        let Self { org, interrupt, .. } = self;
        let unwatched =
            |error| ApplyError::Unwatched { id: id.to_owned(), since: since.to_owned(), error };
        let watching = std::pin::pin!(watching);
        let watching = match select(watching, std::pin::pin!(interrupt.pressed())).await {
            Either::Left((status, _)) => {
                return status.map(|status| (status, None)).map_err(unwatched);
            }
            Either::Right((_, watching)) => watching,
        };
        org.say("asking the org to cancel; it says whether it still could");
        // What the org says to it comes while the deploy is watched on.
        let refusal = RefCell::new(None);
        let canceling = async {
            refusal.replace(org.cancel_deploy(id).await.err());
            std::future::pending::<()>().await;
        };
        let canceling = std::pin::pin!(canceling);
        match select(select(watching, canceling), std::pin::pin!(interrupt.out_of_patience())).await
        {
            Either::Left((Either::Left((Ok(status), _)), _)) => {
                Ok((DeployStatus { canceled_here: true, ..status }, refusal.take()))
            }
            // Who is told to stop need not know why it is not watched any longer.
            Either::Left((Either::Left((Err(_), _)) | Either::Right(_), _)) | Either::Right(_) => {
                let refusal = refusal.take().map(|refusal| refusal.to_string());
                let id = id.to_owned();
                Err(ApplyError::Interrupted(Stopped::Canceling { id, refusal }))
            }
        }
    }
}

/// Does something, unless it is stopped before it is over.
async fn unless<T>(
    stop: impl Future<Output = ()>,
    work: impl Future<Output = T>,
    stopped: Stopped,
) -> Result<T, ApplyError> {
    match select(std::pin::pin!(work), std::pin::pin!(stop)).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => Err(ApplyError::Interrupted(stopped)),
    }
}

fn stored(targets: &[Target], of: fn(&Target) -> &Option<Document>) -> Vec<Stored> {
    targets.iter().map(|target| stored_one(&target.id, of(target).as_ref())).collect()
}

fn stored_one(id: &ComponentId, document: Option<&Document>) -> Stored {
    Stored {
        type_name: id.type_name.clone(),
        full_name: id.full_name.clone(),
        // Neither a key nor a secret is sent back, and neither is kept.
        xml: document.map(|document| {
            let document = showable(id, document);
            String::from_utf8_lossy(document.bytes()).into_owned()
        }),
    }
}

/// Marks an entry as done, and the one that it takes back, where it takes one back, as taken back.
///
/// # Errors
/// The journal cannot be written.
pub fn close(
    journal: &Journal,
    taken_back: Option<&Entry>,
    entry: &mut Entry,
) -> Result<(), ApplyError> {
    entry.stage = Stage::Done;
    let unwritten =
        |error| ApplyError::Unwritten { id: entry.deploy_id.clone(), stage: Stage::Applied, error };
    journal.write(entry).map_err(unwritten)?;
    // Of what was taken back in part the rest can still be.
    if let Some(one) = taken_back.filter(|_| !entry.is_partial) {
        let taken_back = Entry { rolled_back_by: Some(entry.id.clone()), ..one.clone() };
        journal.write(&taken_back).map_err(unwritten)?;
    }
    Ok(())
}

/// The org's words grouped: the same problem of several components once.
pub fn grouped(status: &DeployStatus) -> Vec<(String, Vec<String>)> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for failure in &status.failures {
        let place = match (&failure.component, failure.line) {
            (Some(id), Some(line)) => format!("{id}, line {line}"),
            (Some(id), None) => id.to_string(),
            (None, _) => failure.file.clone(),
        };
        let places = groups.entry(&failure.problem).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }
    groups.into_iter().map(|(problem, places)| (problem.to_owned(), places)).collect()
}
