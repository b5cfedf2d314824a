//! Any error to what, why and what to do, with the exit code: the only file that advises.

use std::path::Path;

use crate::apply::queue::in_the_way;
use crate::apply::{ApplyError, Stopped};
use crate::diff::Silence;
use crate::journal::{JournalError, Stage};
use crate::org::deploy::DeployRow;
use crate::org::refusal::Refusal;
use crate::org::{OrgError, OrgErrorKind};
use crate::plan::PlanError;
use crate::report::{Failure, code};
use crate::snapshot::ReadError;
use crate::template::conflict::{Asked, Conflict};
use crate::template::{ArgumentErrors, ExpandError, Template, TemplateErrors, builtin};

use super::arguments::{Exit, org_option, shell_word};
use super::{system, way_in};

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

/// How to sign in again, at another address where one is given.
type Again<'a> = &'a dyn Fn(Option<&str>) -> String;

/// So many reasons are told where nothing could be seen.
const REASONS: usize = 3;

/// So many settings are named in which a refusal lies.
const SETTINGS: usize = 3;

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
        self
    }

    /// Says that the org refused, or that the plan is stale.
    pub(crate) fn refused(mut self) -> Self {
        self.exit = Exit::Refused;
        self
    }

    /// A template that is neither shipped nor a file.
    pub(crate) fn unknown_template(name: &str) -> Self {
        let error = Self::new(format!("there is no template `{name}`, and no file of that name"));
        match builtin::nearest(name) {
            Some(nearest) => error.hint(format!(
                "did you mean `{nearest}`? `sfsetup template list` lists the shipped ones"
            )),
            None => error.hint(
                "`sfsetup template list` lists the shipped ones; a file is named by its path",
            ),
        }
    }

    /// A template with mistakes.
    pub(crate) fn template(errors: &TemplateErrors) -> Self {
        Self { is_rendered: true, ..Self::new(errors.render(true)) }
    }

    /// Parameters that are missing or wrong.
    pub(crate) fn arguments(template: &Template, errors: &ArgumentErrors) -> Self {
        let mut error =
            Self::new(format!("the parameters of template `{}` are not complete", template.name));
        error.causes = errors.to_string().lines().map(str::to_owned).collect();
        let listed = match builtin::find(&template.name) {
            Some(_) => format!("`sfsetup template show {}` lists them", template.name),
            None => "they stand in its file, under [parameters]".to_owned(),
        };
        error
            .hint(format!("{listed}; give one with `--set name=value`"))
            .hint("or write them under [parameters] in a file `sfsetup.toml` beside the metadata")
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
        });
        for Conflict { subject, first, second } in conflicts {
            let side = |asked: &Asked| {
                let docs =
                    asked.docs.as_ref().map_or_else(String::new, |docs| format!(", after {docs}"));
                format!("`{}` wants {} (step `{}`{docs})", asked.template, asked.words, asked.step)
            };
            error.causes.push(format!("{subject}: {}; {}", side(first), side(second)));
        }
        error.hint(
            "decide which is right, and leave the other out: [[overlay.TEMPLATE.drop]] in \
                    sfsetup.toml with `step` and `reason`",
        )
    }

    /// A want that cannot be made out of these parameters.
    pub(crate) fn expansion(error: &ExpandError) -> Self {
        Self::new("the template cannot be filled in with these parameters")
            .because(error.to_string())
            .hint(
                "change what `--set`, or [parameters] in sfsetup.toml, gives; lists that are too \
                 long can be looked at a part at a time",
            )
    }

    /// An org that cannot be asked, or does not answer.
    pub(crate) fn org(name: &str, error: &OrgError) -> Self {
        Self::refused_by(name, error, &|address| way_in::again(name, address))
    }

    /// As [`org`](Self::org), for one that the `sf` command line signs in to.
    pub(crate) fn of_sf(name: &str, error: &OrgError) -> Self {
        Self::refused_by(name, error, &|address| way_in::again_by_sf(name, address))
    }

    /// As [`org`](Self::org), for one whose address a file gives, and whose token a variable.
    pub(crate) fn configured(name: &str, variable: &str, error: &OrgError) -> Self {
        Self::refused_by(name, error, &|address| match address {
            Some(address) => {
                format!("make {address} the `instance_url` of {name} in the file of `--config`")
            }
            None => format!("put a new token of {name} into {variable}"),
        })
    }

    /// A sign-in that did not succeed.
    pub(crate) fn login(name: &str, error: &OrgError) -> Self {
        Self::refused_by(name, error, &|_| "run the same command again".to_owned())
    }

    fn refused_by(name: &str, error: &OrgError, again: Again<'_>) -> Self {
        let own = error.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
        let mut all = Self::new(format!("cannot read the org `{name}`"))
            .because(format!("{}{own}", error.message));
        all.code = Some(error.code.clone().unwrap_or_else(|| code_of(error.kind).to_owned()));
        let Some(refusal) = error.refusal() else {
            return match org_hint(name, error, again) {
                Some(hint) => all.hint(hint),
                None => all,
            };
        };
        all.refusal = Some(refusal);
        let all = all.because(refusal.means);
        if refusal.is_over_with_a_sign_in {
            all.hint(format!("{}: {}", refusal.way_out, again(None)))
        } else {
            all.hint(refusal.way_out)
        }
    }

    /// Says what to do, all of it.
    pub(crate) fn all_hints(&self) -> Vec<String> {
        let settings = self.refusal.and_then(settings);
        let hints: Vec<String> = self.hints.iter().cloned().chain(settings).collect();
        // Mistakes that are shown in their file say there how they are put right.
        if self.is_rendered {
            return hints;
        }
        let texts: Vec<&str> =
            std::iter::once(&self.what).chain(&self.causes).map(String::as_str).collect();
        system::complete(&texts, self.exit, hints)
    }

    /// The demo org, which cannot be had.
    #[cfg(feature = "demo")]
    pub(crate) fn demo(error: &crate::demo::DemoError) -> Self {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        let all = Self::new(error.to_string());
        let all = match cause {
            Some(cause) => all.because(cause),
            None => all,
        };
        match error {
            crate::demo::DemoError::Damaged { .. } => {
                all.hint("`sfsetup demo reset` makes it as new")
            }
            _ => all,
        }
    }

    /// A plan that cannot be made or is not proved: a mistake of this program.
    pub(crate) fn plan(error: &PlanError) -> Self {
        if let PlanError::Moved(moved) = error {
            let mut all = Self::new(
                "what the plan rests on has changed while it was looked at, so nothing was sent",
            )
            .refused();
            all.causes.clone_from(moved);
            return all.hint(PLAN_ANEW);
        }
        Self::internal(
            "there is no safe package for this plan, so nothing was written or sent",
            error.to_string(),
        )
        .hint(
            "please report it with the output of a diff of the same org or folder; \
                  `--only` leaves the setting out meanwhile",
        )
    }

    /// A deploy or rollback that did not come to its end.
    pub(crate) fn apply(name: &str, error: &ApplyError) -> Self {
        match error {
            ApplyError::Org(error) => {
                let mut all = Self::org(name, error);
                all.what = format!("the org `{name}` cannot be changed");
                // What the org refuses outright is its word, not a failure on the way.
                if error.kind == OrgErrorKind::Refused { all.refused() } else { all }
            }
            ApplyError::Journal(JournalError::Locked) => Self::new(format!(
                "nothing was sent to \
                `{name}`"
            ))
            .because(error.to_string())
            .hint("wait until it is over, then run this again"),
            ApplyError::Journal(error) => {
                let all =
                    Self::new(format!("nothing was sent to `{name}`")).because(error.to_string());
                match error {
                    JournalError::Unreadable { .. } => all.hint(PUT_BACK),
                    _ => all,
                }
            }
            ApplyError::Unwritten { id, stage, error } => {
                let id = id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
                let is = match stage {
                    Stage::Accepted => "is under way",
                    Stage::Failed => "was refused by the org, and changed nothing",
                    Stage::Canceled => "was canceled, and changed nothing",
                    Stage::Undone => "is over, and nothing of it is there",
                    Stage::Forgotten => "is over, and not all of it is there",
                    Stage::Prepared | Stage::Sent | Stage::NotSent => "has not been carried out",
                    Stage::Applied | Stage::Done => "has been carried out",
                };
                Self::new(format!(
                    "the deploy{id} to `{name}` {is}; that could not be written down"
                ))
                .because(error.to_string())
                .hint(
                    "put the journal's folder right (a full disk, a folder that is not yours), then \
                     run the same command again: it finds out what became of the deploy before it \
                     does anything else",
                )
            }
            ApplyError::Unclear(why) => Self::new(format!(
                "what became of the deploy to `{name}` \
                is not known, so nothing more was sent"
            ))
            .because(why.as_str())
            .hint(
                "look in Setup > Deployment Status what has arrived, then run the same \
                       command again: it looks first",
            )
            .hint(format!(
                "if it stays unclear, `sfsetup rollback{} --prune` forgets it, and the next deploy \
                 plans on what the org holds",
                org_option(name)
            )),
            ApplyError::Blocked(row) => Self::new(format!(
                "what became of the deploy to `{name}` cannot be told as long as another is under \
                 way, so nothing more was sent"
            ))
            .waits_for(name, row),
            ApplyError::Interrupted(stopped) => Self::stopped(name, stopped),
            ApplyError::Overtaken { .. } => Self::new(format!("nothing was changed in `{name}`"))
                .because(error.to_string())
                .hint(PLAN_ANEW),
            ApplyError::Undone { .. } => {
                Self::new(format!("`{name}` does not hold what was to be deployed"))
                    .because(error.to_string())
                    .hint(PLAN_ANEW)
            }
            ApplyError::Unwatched { id, since, error } => {
                let mut all = Self::org(name, error);
                all.what = format!(
                    "the org `{name}` goes on with the deploy {id} (begun {since}), but how it ends \
                     could not be seen"
                );
                if error.kind == OrgErrorKind::TimedOut {
                    all.hints.clear();
                    all = all.hint(Self::way_out(name, id));
                }
                all.hint(format!(
                    "the journal knows it (`sfsetup rollback{} --list`), and the next deploy \
                     or rollback to this org finds out how it ended before it does anything else",
                    org_option(name)
                ))
            }
            ApplyError::Assign { error: cause, .. } | ApplyError::Withdraw { error: cause, .. } => {
                let all = Self::new(error.to_string());
                match deploy_hint(&cause.message) {
                    Some(hint) => all.hint(hint),
                    None => all,
                }
                .hint("run the same command again: it does what is left")
                .refused()
            }
        }
    }

    /// A deploy is under way that must be over first.
    pub(crate) fn in_the_way(name: &str, row: &DeployRow) -> Self {
        Self::new(format!("another deploy to `{name}` is under way, so nothing was sent"))
            .waits_for(name, row)
    }

    /// Says which deploy is to be waited for, and how it is ended.
    fn waits_for(self, name: &str, row: &DeployRow) -> Self {
        self.because(in_the_way(row))
            .hint("wait until it is over (Setup > Deployment Status), then run this again")
            .hint(Self::way_out(name, &row.id))
    }

    /// How a deploy is canceled that the org does not end.
    pub(crate) fn way_out(name: &str, id: &str) -> String {
        format!(
            "if it is stuck, `sfsetup rollback{} --cancel {id}` asks the org to cancel it, as does \
             Cancel in Setup > Deployment Status",
            org_option(name)
        )
    }

    /// The run was told to stop.
    pub(crate) fn interrupted() -> Self {
        let mut error = Self::new("interrupted");
        error.exit = Exit::Interrupted;
        error
    }

    /// There is no answer.
    pub(crate) fn silence(silence: &Silence) -> Self {
        let mut error = Self::new(format!("there is no answer: {}", silence.words()));
        error.code = Some(code::NOTHING_OBSERVED.to_owned());
        match silence {
            Silence::Unseen(reasons) => {
                error.causes = reasons.iter().take(REASONS).cloned().collect();
                if reasons.len() > REASONS {
                    error.causes.push(format!("and {} more", reasons.len() - REASONS));
                }
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

    fn stopped(name: &str, stopped: &Stopped) -> Self {
        let finds_out = "run the same command again: it finds out what became of it before it does \
                         anything else";
        match stopped {
            Stopped::Before => Self::interrupted().because("nothing was sent"),
            Stopped::Sending => Self::interrupted()
                .because(format!(
                    "the deploy was on its way to `{name}`, and whether it has arrived is not known"
                ))
                .hint(finds_out),
            Stopped::Canceling { id, refusal: None } => Self::interrupted()
                .because(format!(
                    "`{name}` was asked to cancel the deploy {id}, and has not said how it ended"
                ))
                .hint(finds_out),
            Stopped::Canceling { id, refusal: Some(refusal) } => Self::interrupted()
                .because(format!("`{name}` did not cancel the deploy {id}, and goes on with it"))
                .because(refusal.as_str())
                .hint(finds_out)
                .hint(Self::way_out(name, id)),
            Stopped::Assigning => Self::interrupted()
                .because(format!(
                    "what `{name}` was to be changed by a package is done; permission sets that \
                     are given or taken back after it are not all"
                ))
                .hint(finds_out),
        }
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
                "name a folder in metadata or source format, or \
                a zip, as `--from`",
            ),
            ReadError::Empty { why, .. } if why.is_empty() => all.hint(
                "it should hold folders such as `connectedApps` and `profiles`, or be a \
                          project with an `sfdx-project.json`",
            ),
            ReadError::Empty { .. } => all.hint(
                "name the folder that holds it as `--from`, or take it out of `.forceignore`",
            ),
            ReadError::Files(_) | ReadError::Project(_) => {
                all.hint("put right what is named here, or leave the file out, then run this again")
            }
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
        Self {
            code: error.code.clone().unwrap_or_else(|| code::ERROR.to_owned()),
            message,
            hint: error.all_hints().first().cloned(),
        }
    }
}

/// The code of a failure for which the org gave none.
fn code_of(kind: OrgErrorKind) -> &'static str {
    match kind {
        OrgErrorKind::Auth => code::AUTH,
        OrgErrorKind::NoSuchOrg => code::NO_SUCH_ORG,
        OrgErrorKind::Unreachable => code::UNREACHABLE,
        OrgErrorKind::TimedOut => code::TIMED_OUT,
        OrgErrorKind::Unavailable => code::UNAVAILABLE,
        OrgErrorKind::Moved => code::MOVED,
        OrgErrorKind::Limit => code::LIMIT,
        OrgErrorKind::Disabled => code::DISABLED,
        OrgErrorKind::Permission => code::PERMISSION,
        OrgErrorKind::Unsupported => code::UNSUPPORTED,
        OrgErrorKind::Refused => code::REFUSED,
        OrgErrorKind::Damaged => code::DAMAGED,
        OrgErrorKind::Hostile => code::HOSTILE,
        OrgErrorKind::Unexpected => code::UNEXPECTED,
        OrgErrorKind::Usage => code::USAGE,
        OrgErrorKind::Storage => code::STORAGE,
    }
}

/// What to do about the org's words in a refused deploy (S 3.5, 1.6).
pub(crate) fn deploy_hint(problem: &str) -> Option<&'static str> {
    const HINTS: &[(&str, &str)] = &[
        (
            "depends on permission(s)",
            "the org wants another permission with it: add it to the template (or in Setup), then \
             run this again",
        ),
        (
            "Unknown user permission",
            "the org's edition or licences do not have it: leave it out with `--only`, or ask the \
             vendor whether it is needed",
        ),
        (
            "The user license doesn't allow",
            "the profile or permission set stands on a licence that does not carry it: use another \
             licence",
        ),
        (
            "The user licence doesn't allow",
            "the profile or permission set stands on a licence that does not carry it: use another \
             licence",
        ),
        (
            "You cannot deploy to a required field",
            "a required field is visible to everyone: leave it out of the template",
        ),
        (
            "You can't remove the only default app",
            "make another app the default of the profile first",
        ),
        (
            "consumer key",
            "a consumer key was sent, which this program never does: please report it",
        ),
        (
            "Consumer Key",
            "a consumer key was sent, which this program never does: please report it",
        ),
        (
            "can't create a connected app",
            "connected apps cannot be created since Spring '26: install the vendor's package, or \
             use an external client app",
        ),
        (
            "Not available for deploy for this organization",
            "the feature is off in this org, or this user may not change it",
        ),
        (
            "named in package.xml, but was not found",
            "the package does not fit its manifest, which is a mistake of this program: please \
             report it",
        ),
        (
            "Load of metadata from db failed",
            "the org stumbled: run this again; if it stays so, Salesforce Support can see why",
        ),
        (
            "duplicates value on record",
            "something of that name exists already, perhaps under another API name",
        ),
        (
            "You can't edit",
            "a standard profile cannot be changed so: clone it, or grant it in a permission set",
        ),
        (
            "couldn't find permission sets",
            "permission sets go by their API names there: check the names",
        ),
        (
            "invalid at this location",
            "the org's API version does not know the element: is the org on an older release?",
        ),
        (
            "no CustomObject named",
            "the object is not in this org: install what brings it, or leave it out",
        ),
        (
            "no CustomField named",
            "the field is not in this org: install what brings it, or leave it out",
        ),
        ("named", "what the setting refers to is not in this org"),
    ];
    HINTS.iter().find(|(part, _)| problem.contains(part)).map(|(_, hint)| *hint)
}

/// The settings that a refusal lies in, as a hint; none where it lies in none, or another sign-in
/// is all that it takes.
fn settings(refusal: &Refusal) -> Option<String> {
    let named: Vec<String> =
        refusal.places.iter().take(SETTINGS).map(ToString::to_string).collect();
    (!named.is_empty() && !refusal.is_over_with_a_sign_in).then(|| {
        format!(
            "it lies in {}; a template checks such settings: `sfsetup template list` lists them",
            named.join(", ")
        )
    })
}

/// What to do about an org's failure; the code says more than the kind.
fn org_hint(name: &str, error: &OrgError, again: Again<'_>) -> Option<String> {
    let hint = match error.kind {
        OrgErrorKind::Auth => return Some(format!("sign in again: {}", again(None))),
        OrgErrorKind::Moved => return Some(format!("sign in there: {}", again(error.moved_to()))),
        OrgErrorKind::NoSuchOrg => {
            return Some(format!(
                "`sfsetup org list` lists the orgs that are known; `sfsetup org login {}` adds it",
                shell_word(name)
            ));
        }
        OrgErrorKind::Unreachable if error.is_about_certificate() => Some(
            "if your company's proxy signs with a certificate of its own, name its PEM file in \
             SSL_CERT_FILE",
        ),
        OrgErrorKind::Unreachable => {
            Some("check the address and the network; HTTPS_PROXY and NO_PROXY are honoured")
        }
        OrgErrorKind::TimedOut => Some("the org may be busy: try again later"),
        OrgErrorKind::Unavailable => {
            Some("try again later; https://status.salesforce.com tells of maintenance")
        }
        OrgErrorKind::Limit => Some(
            "the org's requests for today are used up, or too many run at once: try again later",
        ),
        OrgErrorKind::Disabled => Some("the org's edition or this user has no API access"),
        OrgErrorKind::Permission => Some(
            "the user needs Modify Metadata Through Metadata API Functions (or Modify All Data), \
             and View Setup and Configuration",
        ),
        OrgErrorKind::Unsupported => Some(
            "SOAP refuses JWT-based access tokens: switch off `Issue JSON Web Token (JWT)-based \
             access tokens` on the app that signs in",
        ),
        OrgErrorKind::Damaged => Some(
            "try again; if it stays so, something between here and the org changes what is sent",
        ),
        OrgErrorKind::Hostile => {
            Some("nothing was written; find out what answers at that address before you try again")
        }
        OrgErrorKind::Unexpected => Some(
            "is that the address of a Salesforce org, and does no proxy or login page answer in \
             its place?",
        ),
        // Its words say more than we could.
        OrgErrorKind::Refused => None,
        OrgErrorKind::Usage => {
            Some("put right what is named here; `sfsetup org login --help` says what a login takes")
        }
        OrgErrorKind::Storage => Some(
            "see to the folder of the logins, or set XDG_CONFIG_HOME to another; SFSETUP_KEYRING=off \
             keeps secrets in files",
        ),
    };
    hint.map(str::to_owned)
}
