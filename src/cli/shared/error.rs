//! Any error to what, why and what to do, with the exit code: nothing advises but this file and its
//! rooms.

mod apply;
mod org;

use std::path::Path;

use crate::diff::Silence;
use crate::org::refusal::Refusal;
use crate::report::{Failure, code};
use crate::snapshot::ReadError;
use crate::template::conflict::{Claim, Conflict};
use crate::template::{ArgumentErrors, ExpandError, Template, TemplateErrors, builtin};

use super::arguments::Exit;
use super::system;
#[cfg(feature = "demo")]
use super::way_in;
pub(crate) use apply::deploy_hint;
pub(crate) use org::RING;

/// What a command ends with when it cannot give an answer.
#[derive(Clone, Debug)]
pub(crate) struct CommandError {
    /// What happened.
    pub(crate) what: String,
    /// Why, outermost first.
    pub(crate) causes: Vec<String>,
    /// What to do.
    pub(crate) hints: Vec<String>,
    /// Whether `what` is shown as it is, without a heading: errors that point into a file with a
    /// caret.
    pub(crate) is_rendered: bool,
    /// The org's own code, or this program's, for reports.
    pub(crate) code: Option<String>,
    /// What the org's refusal lies in, until a template's step is named for it.
    pub(crate) refusal: Option<&'static Refusal>,
    /// The exit code.
    pub(crate) exit: Exit,
}

/// So many reasons are told where nothing could be seen.
const REASONS: usize = 3;

/// What helps where an entry of the journal cannot be read.
pub(crate) const PUT_BACK: &str = "put its file back as it was, or move it elsewhere: then that \
                                   deploy cannot be taken back";

/// What helps where a plan does not hold any more.
pub(crate) const MAKE_ANEW: &str =
    "make the plan anew, with `--save-plan`, and have it looked at again";

/// What helps where the org has moved on.
pub(crate) const PLAN_ANEW: &str = "run the same command again: it plans on what the org holds now";

impl CommandError {
    /// Makes an error out of what happened.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            is_rendered: false,
            code: None,
            refusal: None,
            exit: Exit::Error,
        }
    }

    /// Makes an error out of a mistake of this program, and why.
    pub(crate) fn internal(what: &str, why: impl Into<String>) -> Self {
        Self::new(format!("internal error: {what}")).because(why)
    }

    /// Says which of this program's codes it has, unless it has one.
    pub(crate) fn code(mut self, code: &str) -> Self {
        self.code.get_or_insert_with(|| code.to_owned());
        self
    }

    /// What was kept of an error, to be told again.
    pub(crate) fn again(Failure { code, message, hint }: Failure) -> Self {
        hint.into_iter().fold(Self::new(message).code(&code), Self::hint)
    }

    /// Adds why.
    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says that the arguments are wrong.
    pub(crate) fn usage(mut self) -> Self {
        self.exit = Exit::Usage;
        self.code(code::USAGE)
    }

    /// Says that the org refused, or that the plan is stale.
    pub(crate) fn refused(mut self) -> Self {
        self.exit = Exit::Refused;
        self
    }

    /// A template with mistakes.
    pub(crate) fn template(errors: &TemplateErrors) -> Self {
        let all = Self { is_rendered: true, ..Self::new(errors.render(true)) };
        all.code(code::TEMPLATE)
    }

    /// Parameters that are missing or wrong; `place` says where the value of one stands that was
    /// configured.
    pub(crate) fn arguments(
        template: &Template,
        errors: &ArgumentErrors,
        place: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let wrong = if errors.is_incomplete { "are not complete" } else { "are not right" };
        let mut error =
            Self::new(format!("the parameters of template `{}` {wrong}", template.name));
        let mut is_placed = true;
        for line in errors.to_string().lines() {
            let of_it = |name: &&String| line.starts_with(&format!("parameter `{name}` "));
            let place = errors.configured.iter().find(of_it).and_then(|name| place(name));
            is_placed &= place.is_some();
            error.causes.push(match place {
                Some(place) => format!("{place}: {line}"),
                None => line.to_owned(),
            });
        }
        let listed = match builtin::find(&template.name) {
            Some(_) => format!("`sfsetup template show {}` lists them", template.name),
            None => format!("they stand in the template `{}`, under [parameters]", template.name),
        };
        let error = if is_placed {
            error.hint(format!("put it right there, or give it with `--set name=value`; {listed}"))
        } else {
            error.hint(format!("{listed}; give one with `--set name=value`")).hint(
                "or write them under [parameters] in a file `sfsetup.toml` beside the metadata",
            )
        };
        if errors.is_given { error.usage() } else { error.code(code::TEMPLATE) }
    }

    /// Steps that want different things of one setting.
    pub(crate) fn conflicts(conflicts: &[Conflict]) -> Self {
        let who = match conflicts {
            [first, ..]
                if conflicts.iter().all(|one| {
                    [&one.first, &one.second]
                        .iter()
                        .all(|side| side.template == first.first.template)
                }) =>
            {
                "the template wants"
            }
            _ => "the templates want",
        };
        let mut error = Self::new(match conflicts.len() {
            1 => format!("{who} different things of one setting"),
            count => format!("{who} different things of {count} settings"),
        })
        .code(code::TEMPLATE);
        for Conflict { subject, first, second, .. } in conflicts {
            let side = |asked: &Claim| {
                let docs =
                    asked.docs.as_ref().map_or_else(String::new, |docs| format!(", after {docs}"));
                format!("`{}` wants {} (step `{}`{docs})", asked.template, asked.words, asked.step)
            };
            error.causes.push(format!("{subject}: {}; {}", side(first), side(second)));
        }
        for (step, name) in conflicts.iter().filter_map(|one| one.way_out.as_ref()) {
            error = error.hint(format!(
                "what the star of step `{step}` is not to mean it leaves out: `except = \
                 [\"{name}\"]`"
            ));
        }
        error.hint(
            "decide which is right, and leave the other out: [[overlay.TEMPLATE.drop]] in \
                    sfsetup.toml with `step` and `reason`",
        )
    }

    /// A want that cannot be made out of these parameters.
    pub(crate) fn expansion(error: &ExpandError) -> Self {
        Self::new("the template cannot be filled in with these parameters")
            .code(code::TEMPLATE)
            .because(error.to_string())
            .hint(
                "change what `--set`, or [parameters] in sfsetup.toml, gives; lists that are too \
                 long can be looked at a part at a time",
            )
    }

    /// Says what to do, all of it.
    pub(crate) fn all_hints(&self) -> Vec<String> {
        let settings = self.refusal.and_then(org::settings);
        let hints: Vec<String> = self.hints.iter().cloned().chain(settings).collect();
        // Mistakes that are shown in their file say there how they are put right.
        if self.is_rendered {
            return hints;
        }
        let texts: Vec<&str> =
            std::iter::once(&self.what).chain(&self.causes).map(String::as_str).collect();
        system::complete(&texts, self.exit, hints)
    }

    /// A demo org, by what stands behind `demo:`, which cannot be had.
    #[cfg(feature = "demo")]
    pub(crate) fn demo(name: Option<&str>, error: &crate::demo::DemoError) -> Self {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        let all = Self::new(error.to_string());
        let all = match cause {
            Some(cause) => all.because(cause),
            None => all,
        };
        match error {
            crate::demo::DemoError::Damaged { .. } => all.hint(way_in::demo_again(name)),
            _ => all,
        }
    }

    /// The run was told to stop.
    pub(crate) fn interrupted() -> Self {
        let mut error = Self::new("interrupted");
        error.exit = Exit::Interrupted;
        error
    }

    /// Others of many orgs failed before it was this one's turn.
    pub(crate) fn halted() -> Self {
        Self::new("nothing was sent, since others failed before").code(code::HALTED)
    }

    /// There is no answer.
    pub(crate) fn silence(silence: &Silence) -> Self {
        let mut error = Self::new(format!("there is no answer: {}", silence.words()));
        error.code = Some(code::NOTHING_OBSERVED.to_owned());
        match silence {
            Silence::Unseen(reasons) => {
                error.causes = reasons.iter().take(REASONS).cloned().collect();
                let more = reasons.len().saturating_sub(REASONS);
                if more == 0 {
                    return error.hint("nothing can be said of what was not seen");
                }
                error.causes.push(format!("and {more} more"));
                error.hint("nothing can be said of what was not seen; `--full` lists all of it")
            }
            Silence::NothingInCommon => error
                .because("no record (package.xml, snapshot.json) says that they were asked for")
                .hint("is it the right folder? A baseline is compared component by component"),
        }
    }

    /// A snapshot was written, and the org did not show all of it.
    pub(crate) fn incomplete(out: &str, name: &str) -> Self {
        let mut error =
            Self::new(format!("the snapshot in `{out}` is not whole: `{name}` did not show all"));
        error.code = Some(code::INCOMPLETE.to_owned());
        error
    }

    /// Files that are no metadata, beside others that were looked at; none where all could be read.
    pub(crate) fn broken(files: &[String]) -> Option<Self> {
        if files.is_empty() {
            return None;
        }
        let mut all = Self::new("not all of the metadata can be read");
        all.causes = files.to_vec();
        Some(all.hint("put right what is named here and run this again; the rest was looked at"))
    }

    /// A folder or zip that cannot be read.
    pub(crate) fn read(path: &Path, error: &ReadError) -> Self {
        let mut all = Self::new(format!("cannot read the metadata in `{}`", path.display()));
        all.causes = error.to_string().lines().map(str::to_owned).collect();
        match error {
            ReadError::NotFound { .. } => all.hint(
                "name a folder in metadata or source format, or a zip; of a branch or commit of \
                 git, a folder that it is checked out in (`git worktree add FOLDER BRANCH`)",
            ),
            ReadError::Empty { why, .. } if why.is_empty() => all.hint(
                "it should hold folders such as `connectedApps` and `profiles`, or be a \
                          project with an `sfdx-project.json`",
            ),
            ReadError::Empty { .. } => {
                all.hint("name the folder that holds it, or take it out of `.forceignore`")
            }
            ReadError::Files(_) | ReadError::Project(_) => {
                all.hint("put right what is named here, or leave the file out, then run this again")
            }
            ReadError::Archive(error) if error.is_hostile() => all
                .hint("nothing was read of it: find out where it comes from before you try again"),
            ReadError::Archive(_) => all.hint("take the zip from where it came once more"),
            ReadError::Twice { .. } => {
                all.hint("take one of the two away, or name a folder that has one of them")
            }
            ReadError::HalfDone => {
                all.hint("run the same snapshot again: it finishes what was begun")
            }
            ReadError::Incomplete(_) => all.hint(
                "put the files back (`git checkout` where they are committed), or take the \
                 snapshot again",
            ),
            // The system's words lead on.
            ReadError::NotReadable { .. } => all,
        }
    }
}

impl From<&CommandError> for Failure {
    fn from(error: &CommandError) -> Self {
        let message = std::iter::once(&error.what)
            .chain(&error.causes)
            .cloned()
            .collect::<Vec<_>>()
            .join(": ");
        // What ends so without a code of its own is said by how it ends.
        let by_exit = match error.exit {
            Exit::Done | Exit::Error | Exit::Partial => code::ERROR,
            Exit::Drift => code::NOT_IN_SYNC,
            Exit::Refused => code::STALE,
            Exit::Usage => code::USAGE,
            Exit::Interrupted => code::INTERRUPTED,
        };
        Self {
            code: error.code.clone().unwrap_or_else(|| by_exit.to_owned()),
            // Errors that point into a file are coloured.
            message: anstream::adapter::strip_str(&message).to_string(),
            hint: Some(error.all_hints().join("; ")).filter(|hint| !hint.is_empty()),
        }
    }
}
