//! The one road from a plan to an org: show it, refuse what must not be, ask, look again, carry it
//! out, look at what the org holds then, and say so. Every command that changes an org takes it.

mod afterwards;
mod told;

use std::cell::{Cell, RefCell};

use crate::apply::look::read_again;
use crate::apply::preflight::preflight;
use crate::apply::queue::{self, Known};
use crate::apply::validation::{is_validated, moved_since, unfit};
use crate::apply::{Applier, Outcome, Purpose};
use crate::journal::{Entry, Journal, Stage};
use crate::metadata::ComponentId;
use crate::org::deploy::{TestLevel, Trial, is_deploy_id, same_id};
use crate::org::{Org, OrgError, OrgErrorKind};
use crate::plan::left::Left;
use crate::plan::saved::{SavedOrg, SavedPlan, Since};
use crate::plan::{Plan, PlanError};
use crate::report::code;
use crate::report::json::deploy::{DeployRow, Outcome as Ended, Run};
use crate::report::json::parts::Wanted;
use crate::report::plan as render;

use super::answer::Answer;
use super::arguments::{Exit, org_option};
use super::error::{CommandError, MAKE_ANEW};
use super::fail_on::FailOn;
use super::goal::{Goal, Means, Seen};
use super::journal::read_journal;
use super::refusal::{canceled, refused};
use super::ui::Ui;
use super::wanted;

/// What somebody may do who has said no.
const ASK_AGAIN: &str = "the same command asks again";

/// How a plan is to be carried out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner<'m> {
    /// Nobody is asked.
    pub(crate) yes: bool,
    /// The org only tries it.
    pub(crate) validate: bool,
    /// Which tests the org runs with it; by what the package holds where none is named.
    pub(crate) test_level: Option<TestLevel>,
    /// It was tried, under this id.
    pub(crate) validated: Option<&'m str>,
    /// Much may be taken away.
    pub(crate) allow_removals: bool,
    /// Administrator's rights may come along.
    pub(crate) allow_admin_rights: bool,
    /// What somebody has changed since may be lost.
    pub(crate) force: bool,
    /// What is not there is made although something of nearly its name is.
    pub(crate) create: bool,
    /// Long lists are shown whole.
    pub(crate) full: bool,
    /// What of what is left counts.
    pub(crate) fail_on: FailOn,
    /// The run over many orgs of which it is a part, by its id.
    pub(crate) run: Option<&'m str>,
    /// Set once the run is to send nothing more.
    pub(crate) halt: Option<&'m Cell<bool>>,
}

/// A saved plan, which somebody has looked at.
pub(crate) struct Reviewed<'p> {
    pub(crate) plan: &'p SavedPlan,
    /// Set where its file is not as it was written.
    pub(crate) altered: Option<CommandError>,
}

const WITHOUT_VALIDATION: &str =
    "validate again with `--validate`, or deploy the plan without `--validated`";

/// A road to one org.
pub(crate) struct Road<'r> {
    /// The answer, as far as it is text.
    pub(crate) answer: &'r Answer<'r>,
    pub(crate) org: &'r Org,
    /// What the user calls the org.
    pub(crate) name: &'r str,
    pub(crate) journal: &'r Journal,
    pub(crate) goal: &'r Goal<'r>,
    pub(crate) manner: Manner<'r>,
    /// The answer for programs, as far as it has come.
    pub(crate) told: &'r RefCell<Run>,
}

/// So often what is to be changed is read again because others deploy meanwhile.
const LOOKS: usize = 5;

/// A deploy that takes away more than this many settings, and more than this share of those that
/// are there, must be allowed.
const REMOVALS: (usize, f64) = (5, 0.2);

impl<'r> Road<'r> {
    /// Goes it to its end.
    ///
    /// # Errors
    /// Something is in the way, nobody said yes, the org refused, or is not as it should be
    /// afterwards; the error says which, and what the org holds.
    pub(crate) async fn go(&self, reviewed: Option<&Reviewed<'_>>) -> Result<Exit, CommandError> {
        self.told.borrow_mut().wanted = self.goal.saved().as_ref().map(Wanted::from);
        let seen = self.goal.look(self.answer.ui, self.org, self.name, true).await?;
        let exit = self.go_on(&seen, reviewed).await?;
        seen.all_read()?;
        Ok(exit)
    }

    async fn go_on(
        &self,
        seen: &Seen,
        reviewed: Option<&Reviewed<'_>>,
    ) -> Result<Exit, CommandError> {
        let Self { answer, org, name, goal, manner, told, .. } = self;
        let ui = answer.ui;
        if let Some(id) = manner.validated.filter(|id| !is_deploy_id(id)) {
            return Err(
                CommandError::new(format!("`{id}` is no id of a validation (0Af..)")).usage()
            );
        }
        let mut plan = goal.plan(seen, Means::Deploy)?;
        self.tell_plan(&plan);
        if let Some(reviewed) = reviewed {
            if let Some(entry) = self.carried_out(reviewed)? {
                goal.refuse_empty(seen, &plan)?;
                return self.still_holds(reviewed.plan, &entry, seen, &plan);
            }
            reviewed.refuse_if_stale(&plan)?;
        }
        goal.refuse_empty(seen, &plan)?;
        let saved = SavedOrg { name: (*name).to_owned(), ..wanted::saved_org(org) };
        let title = goal.title(&saved.place());
        let shown = render::render(&plan, &title, Some(&saved.instance_url), manner.full);
        if manner.yes || manner.validate {
            answer.say(&shown)?;
        } else {
            answer.say_before_asking(&shown)?;
        }
        self.refuse_moved(&plan)?;
        if plan.is_empty() {
            told.borrow_mut().outcome = Ended::NothingToDo;
            answer.say(self.nothing())?;
            return Ok(exit(&plan.left, manner.fail_on));
        }
        self.refuse_removals(&plan)?;
        self.refuse_admin_rights(&plan)?;
        refuse_slips(ui, Goal::slips(seen, &plan), manner.create, manner.yes)?;
        self.check(&plan).await?;
        if manner.validate && plan.package.is_empty() {
            told.borrow_mut().outcome = Ended::NothingToDo;
            answer.say(
                "Nothing to validate: an org tries no more than packages, and what the plan gives to \
                 users or takes back is in none. Without `--validate` it is done.\n",
            )?;
            return Ok(exit(&plan.left, manner.fail_on));
        }
        // A validation changes nothing, so nobody is asked.
        if manner.validate {
            if manner.test_level.is_none_or(|level| level == TestLevel::NoTestRun) {
                self.note(
                    "no tests run with this validation, and an org may not take one without for a \
                     quick deploy (`--validated`); `--test-level RunLocalTests` runs them",
                );
            }
        } else {
            self.confirm(self.question())?;
        }
        let known = self.look_again(&mut plan, seen).await?;
        let is_anothers = match manner.validated {
            Some(id) => self.check_validation(id, &plan).await?,
            None => false,
        };
        let purpose = Purpose {
            what: goal.words(),
            org: saved,
            rolls_back: goal.taken_back().map(|entry| entry.id.clone()),
            is_partial: plan.is_open(),
            plan: reviewed.and_then(|reviewed| reviewed.plan.digest.clone()),
            run: manner.run.map(str::to_owned),
        };
        org.lift_reserve();
        let (journal, interrupt, halt) = (self.journal, ui.interrupt(), manner.halt);
        let applier = Applier { org, journal, interrupt, halt };
        let before = read_journal(org)?.entries;
        let trial = Trial { check_only: manner.validate, test_level: manner.test_level };
        let (entry, outcome) = match manner.validated {
            Some(id) => applier.carry_out_validated(&plan, &purpose, id).await,
            None => applier.carry_out(&plan, &purpose, trial).await,
        }
        .map_err(|error| {
            self.tell_cut_off(&error, &before);
            match (CommandError::apply(name, &error), manner.validated) {
                (error, Some(_)) if error.exit == Exit::Refused => error.hint(WITHOUT_VALIDATION),
                (error, _) => error,
            }
        })?;
        self.tell_ended(&entry, &outcome);
        match outcome {
            Outcome::TooLate(refusal) => Err(self.too_late(&entry, refusal.as_ref())),
            Outcome::Applied(_) if ui.interrupt().is_pressed() => Err(self.too_late(&entry, None)),
            Outcome::Refused(status) => Err(refused(name, &plan, &status)),
            Outcome::Canceled(status) => Err(canceled(name, &status)),
            Outcome::Applied(_) if manner.validate => {
                let id = entry.deploy_id.as_deref().unwrap_or_default();
                answer.say(&format!("Valid: the org would accept all of it ({id}).\n"))?;
                ui.hint(&format!(
                    "deploy it within ten days: the same command with `--validated {id}` in place of \
                     `--validate`"
                ));
                Ok(exit(&plan.left, manner.fail_on))
            }
            Outcome::Applied(_) => self.verify(entry, &plan, &known, is_anothers).await,
        }
    }

    /// The run was told to stop, and the deploy had gone through all the same.
    fn too_late(&self, entry: &Entry, refusal: Option<&OrgError>) -> CommandError {
        let id = entry.deploy_id.as_deref().unwrap_or_default();
        let mut error = CommandError::interrupted();
        if let Some(refusal) = refusal {
            error = error.because(format!("the org did not cancel it: {refusal}"));
        }
        if entry.check_only {
            return error.because(format!(
                "the validation {id} was over already; a validation changes nothing"
            ));
        }
        error
            .because(format!(
                "the deploy {id} had gone through already: the org holds what the plan says, and was \
                 not looked at afterwards"
            ))
            .hint(format!(
                "`sfsetup rollback{} {}` takes it back",
                org_option(self.name),
                entry.id
            ))
    }

    /// The deploy that has carried out a saved plan, and was not taken back since.
    fn carried_out(&self, reviewed: &Reviewed<'_>) -> Result<Option<Entry>, CommandError> {
        let Some(digest) = reviewed.plan.digest.as_ref().filter(|_| reviewed.altered.is_none())
        else {
            return Ok(None);
        };
        let is_it = |entry: &&Entry| {
            entry.plan.as_ref() == Some(digest) && entry.stage == Stage::Done && !entry.check_only
        };
        let entries = read_journal(self.org)?.entries;
        let found = entries.iter().rev().find(is_it);
        // Whoever has taken it back would not want it done again without a word.
        if let Some((entry, by)) = found.and_then(|one| Some((one, one.rolled_back_by.as_ref()?))) {
            return Err(CommandError::new(format!(
                "the plan was carried out on {} ({}) and taken back since ({by}), so nothing was sent",
                entry.started, entry.id
            ))
            .refused()
            .hint(MAKE_ANEW));
        }
        Ok(found.cloned())
    }

    /// Says whether what a plan has brought about is still so.
    fn still_holds(
        &self,
        saved: &SavedPlan,
        entry: &Entry,
        seen: &Seen,
        plan: &Plan<'_>,
    ) -> Result<Exit, CommandError> {
        let Since { moved, unseen } = saved.since(plan, seen.findings(plan));
        if moved.is_empty() && !unseen.is_empty() {
            let mut error = CommandError::new(format!(
                "the plan was carried out on {} ({}), and whether what it changed is still so could \
                 not be seen; nothing was sent",
                entry.started, entry.id
            ));
            error.causes = unseen;
            return Err(error);
        }
        if moved.is_empty() {
            let mut told = self.told.borrow_mut();
            told.outcome = Ended::DoneBefore;
            told.journal = Some(entry.id.clone());
            told.deploy = entry.deploy_id.as_deref().map(|id| DeployRow::of_id(id, false));
            self.answer.say(&format!(
                "This plan was carried out on {} ({}), and what it changed is still so. Nothing to \
                 deploy.\n",
                entry.started, entry.id
            ))?;
            return Ok(exit(&plan.left, self.manner.fail_on));
        }
        let mut error = CommandError::new(format!(
            "the plan was carried out on {} ({}), and the org has moved since, so nothing was sent",
            entry.started, entry.id
        ))
        .refused();
        error.causes = moved;
        Err(error.hint(MAKE_ANEW))
    }

    /// After the answer and before the request: what is sent whole is as new as can be, and a
    /// planned field that somebody has changed while the question stood stops it. No other deploy
    /// is under way then: what it changes would be overwritten.
    async fn look_again(&self, plan: &mut Plan<'r>, seen: &Seen) -> Result<Known, CommandError> {
        let failed = |error: OrgError| self.unsent(&error);
        if plan.package.is_empty() {
            return Ok(Known::default());
        }
        // Others may deploy again and again; what comes in between in the end is told afterwards.
        for _ in 0..LOOKS {
            let known = match queue::free(self.org).await.map_err(failed)? {
                Ok(known) => known,
                Err(row) => return Err(CommandError::in_the_way(self.name, &row)),
            };
            let now = read_again(self.org, plan).await.map_err(failed)?;
            self.goal.renew(plan, seen, &now)?;
            let since = self.goal.done_meanwhile(self.org, seen).await.map_err(failed)?;
            if !since.is_empty() {
                return Err(CommandError::plan(&PlanError::Moved(since)));
            }
            if known.is_up_to_date(self.org).await.map_err(failed)? {
                return Ok(known);
            }
        }
        Err(CommandError::new(format!(
            "others deploy to `{}` again and again, so nothing was sent",
            self.name
        ))
        .hint("run the same command again when it is quieter there"))
    }

    /// An org that cannot be asked before anything is sent to it.
    fn unsent(&self, error: &OrgError) -> CommandError {
        CommandError::org(self.name, error).hint("nothing was sent")
    }

    fn nothing(&self) -> &'static str {
        match self.goal {
            Goal::Steps { .. } | Goal::Baseline { .. } => "Nothing to deploy.\n",
            Goal::BeforeImage { .. } => "Nothing to take back.\n",
        }
    }

    fn question(&self) -> &'static str {
        match self.goal {
            Goal::Steps { .. } | Goal::Baseline { .. } => "Deploy this?",
            Goal::BeforeImage { .. } => "Take this back?",
        }
    }

    /// What somebody has changed since the deploy that is taken back would be lost.
    fn refuse_moved(&self, plan: &Plan<'_>) -> Result<(), CommandError> {
        if !plan.moved.is_empty() && !self.manner.force {
            let mut error =
                CommandError::new("somebody has changed the same since, so nothing was sent")
                    .refused();
            error.causes.clone_from(&plan.moved);
            return Err(error.hint("`--force` takes it back all the same, and that change with it"));
        }
        for moved in &plan.moved {
            self.warn(&format!("{moved}; that is lost"));
        }
        Ok(())
    }

    /// Much that is taken away must be allowed.
    fn refuse_removals(&self, plan: &Plan<'_>) -> Result<(), CommandError> {
        let (taken, held) = plan.removals();
        #[expect(clippy::cast_precision_loss, reason = "a share of some thousands")]
        let share = taken as f64 / held.max(1) as f64;
        if self.manner.allow_removals || taken <= REMOVALS.0 || share <= REMOVALS.1 {
            return Ok(());
        }
        Err(CommandError::new(format!(
            "the plan takes away {taken} of {held} settings in the components that it touches, so \
             nothing was sent"
        ))
        .hint(
            "look at the plan above; if that is what you mean, run it again with `--allow-removals`",
        ))
    }

    /// An administrator's right that nobody asked for is for a person to see.
    fn refuse_admin_rights(&self, plan: &Plan<'_>) -> Result<(), CommandError> {
        let Manner { yes, validate, allow_admin_rights, .. } = self.manner;
        let rights = plan.admin_rights();
        if rights.is_empty() || !yes || validate || allow_admin_rights {
            return Ok(());
        }
        let mut error = CommandError::new(
            "the plan gives administrator's rights that nobody asked for, because others need \
             them, so nothing was sent",
        );
        error.causes = rights
            .iter()
            .filter_map(|change| Some(format!("{} {}", change.id, change.path.as_ref()?)))
            .collect();
        Err(error.hint(
            "look at the plan above; if that is what you mean, run it again with \
             `--allow-admin-rights`, or without `--yes`",
        ))
    }

    /// Says all that is in the way at once.
    async fn check(&self, plan: &Plan<'_>) -> Result<(), CommandError> {
        let found = preflight(self.org, plan)
            .await
            .map_err(|error| CommandError::org(self.name, &error))?;
        for note in &found.notes {
            self.note(note);
        }
        if found.failures.is_empty() {
            return Ok(());
        }
        let mut error = CommandError::new(format!(
            "the deploy to `{}` cannot be carried out, so nothing was sent",
            self.name
        ));
        error.causes = found.failures;
        if let Some(row) = &found.running {
            error = error.hint(CommandError::way_out(self.name, &row.id));
        }
        Err(error)
    }

    fn confirm(&self, question: &str) -> Result<(), CommandError> {
        confirm(self.answer.ui, self.org, self.manner.yes, question)
    }

    /// What was validated must be what the plan shows, on an org that has not moved since. One that
    /// the journal does not know is held against what the org says of it; returns whether it is
    /// such.
    async fn check_validation(&self, id: &str, plan: &Plan<'_>) -> Result<bool, CommandError> {
        let refuse = |what: String| Err(CommandError::new(what).hint(WITHOUT_VALIDATION).refused());
        let all = read_journal(self.org)?.entries;
        let is_it = |entry: &&Entry| entry.deploy_id.as_deref().is_some_and(|one| same_id(one, id));
        if let Some(entry) = all.iter().find(is_it) {
            if is_validated(entry, plan) {
                return Ok(false);
            }
            if !entry.check_only {
                return refuse(format!("{id} is no validation: it was a deploy; nothing was sent"));
            }
            return refuse(format!(
                "what was validated as {id} is not what the plan shows: it was another package, or \
                 the org has moved since, so nothing was sent"
            ));
        }
        let status = match self.org.deploy_status(id).await {
            Ok(status) => status,
            Err(error) if error.is_about_its_id() || error.kind == OrgErrorKind::Refused => {
                return refuse(format!(
                    "`{}` knows no validation {id}, so nothing was sent ({error})",
                    self.name
                ));
            }
            Err(error) => return Err(self.unsent(&error)),
        };
        if let Some(why) = unfit(&status, plan, jiff::Timestamp::now()) {
            return refuse(format!("{id} {why}, so nothing was sent"));
        }
        let failed = |error: OrgError| self.unsent(&error);
        match moved_since(self.org, &status, plan).await.map_err(failed)? {
            Some(why) => refuse(format!("since the validation {id} {why}, so nothing was sent")),
            None => {
                let names: Vec<String> =
                    plan.targets.iter().map(|target| target.id.to_string()).collect();
                self.warn(&format!(
                    "the validation {id} was not made from here, and what it holds of {} cannot be \
                     read back: it may set more there than the plan above shows, and a rollback \
                     takes back only what the plan shows",
                    names.join(", ")
                ));
                Ok(true)
            }
        }
    }
}

/// What is left and counts makes a run end with 2.
pub(crate) fn exit(left: &[Left], fail_on: FailOn) -> Exit {
    if left.iter().any(|left| fail_on.is_left(left)) { Exit::Drift } else { Exit::Done }
}

impl Reviewed<'_> {
    /// Refuses a plan that is not what would be done.
    fn refuse_if_stale(&self, plan: &Plan<'_>) -> Result<(), CommandError> {
        let moved = self.plan.moved(plan);
        let mut error = match &self.altered {
            Some(altered) => altered.clone(),
            None if moved.is_empty() => return Ok(()),
            None => CommandError::new(
                "the plan is stale: the org has moved since it was made, or the plan says \
                 something else than what would be done, so nothing was sent",
            )
            .refused()
            .hint(MAKE_ANEW),
        };
        error.causes.extend(moved);
        Err(error)
    }
}

/// Asks whether what is not there is to be made although something of nearly its name is.
///
/// # Errors
/// It is not, or nobody is there to ask.
pub(crate) fn refuse_slips(
    ui: &Ui,
    slips: Vec<(ComponentId, String)>,
    create: bool,
    yes: bool,
) -> Result<(), CommandError> {
    for (id, near) in slips {
        // An org has one of such names at most: it would be changed, not made.
        if near.to_lowercase() == id.full_name.to_lowercase() {
            let words = format!("{id} is there as `{near}`, so nothing was made");
            return Err(CommandError::new(words).hint(format!("write it so: `{near}`")));
        }
        if create {
            continue;
        }
        let words = format!("{id} is not there, but `{near}` is");
        let question = format!("{words}. Make {id} all the same? [y/N]");
        match if yes { None } else { ui.confirm(&question, None) } {
            Some(true) => {}
            Some(false) => {
                return Err(CommandError::new("not confirmed, so nothing was made")
                    .code(code::NOT_CONFIRMED)
                    .hint(ASK_AGAIN));
            }
            None => {
                return Err(CommandError::new(format!("{words}, so nothing was made"))
                    .code(code::NOT_CONFIRMED)
                    .hint(format!("did you mean `{near}`?"))
                    .hint("`--create` makes what is not there"));
            }
        }
    }
    Ok(())
}

/// Asks for a yes; in production for the org's name.
pub(crate) fn confirm(ui: &Ui, org: &Org, yes: bool, question: &str) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    let name = org.organization_name();
    let answer = if org.is_production() && !name.is_empty() {
        ui.confirm(
            &format!("This is a production org. {question} Type its name, {name}:"),
            Some(name),
        )
    } else {
        ui.confirm(&format!("{question} [y/N]"), None)
    };
    confirmed(answer, "`--yes` goes on without asking")
}

/// Goes on where the answer is yes; `unasked` is what to do where nobody is there to be asked.
pub(crate) fn confirmed(answer: Option<bool>, unasked: &str) -> Result<(), CommandError> {
    let error = match answer {
        Some(true) => return Ok(()),
        Some(false) => CommandError::new("not confirmed, so nothing was sent").hint(ASK_AGAIN),
        None => {
            CommandError::new("there is no terminal to ask at, so nothing was sent").hint(unasked)
        }
    };
    Err(error.code(code::NOT_CONFIRMED))
}
