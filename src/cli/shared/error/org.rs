//! An org that cannot be asked or does not answer: why, and how its person gets in again.

use super::CommandError;
use crate::cli::shared::arguments::{is_address, shell_word};
use crate::cli::shared::way_in;
use crate::org::host::is_strange;
use crate::org::refusal::Refusal;
use crate::org::{OrgError, OrgErrorKind};
use crate::report::code;

/// How to sign in again, at another address where one is given.
type Again<'a> = &'a dyn Fn(Option<&str>) -> String;

/// What tells that it is the keyring that does not give a login's secret.
pub(crate) const RING: &str = "in the system's keyring";

/// So many settings are named in which a refusal lies.
const SETTINGS: usize = 3;

impl CommandError {
    /// An org that cannot be asked, or does not answer.
    pub(crate) fn org(name: &str, error: &OrgError) -> Self {
        Self::org_at(name, error, None)
    }

    /// As [`org`](Self::org); `known` is its address, where whoever signs in to it has named that.
    pub(crate) fn org_at(name: &str, error: &OrgError, known: Option<&str>) -> Self {
        Self::refused_by(name, error, &|moved| way_in::again(name, moved, known))
    }

    /// As [`org`](Self::org), for one that the `sf` command line signs in to.
    pub(crate) fn of_sf(name: &str, error: &OrgError, known: Option<&str>) -> Self {
        let again = |moved: Option<&str>| way_in::again_by_sf(name, moved.or(known));
        let mut all = Self::refused_by(name, error, &again);
        // No login of ours is looked up by the name that `sf` has.
        if error.kind == OrgErrorKind::NoSuchOrg {
            all.hints = vec![format!(
                "{}, or `sf config set target-org ALIAS` makes another its default; `--org NAME` \
                 names an org without it",
                again(None)
            )];
        }
        all
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

    /// A sign-in that did not succeed; `again` says how it may.
    pub(crate) fn login(name: &str, error: &OrgError, again: &str) -> Self {
        let mut told = Self::refused_by(name, error, &|_| again.to_owned());
        // Whoever waited may have waited for a person.
        if error.kind == OrgErrorKind::TimedOut {
            told.hints = vec![again.to_owned()];
        }
        told
    }

    fn refused_by(name: &str, error: &OrgError, again: Again<'_>) -> Self {
        let own = error.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
        let mut all = Self::new(format!("cannot read the org `{name}`"))
            .because(format!("{}{own}", error.message));
        let also = error.also.iter().map(|also| format!("also asked: {also}"));
        all.code = Some(error.code.clone().unwrap_or_else(|| code_of(error.kind).to_owned()));
        let Some(refusal) = error.refusal() else {
            all.causes.extend(also);
            return match org_hint(name, error, again) {
                Some(hint) => all.hint(hint),
                None => all,
            };
        };
        all.refusal = Some(refusal);
        let mut all = all.because(refusal.means);
        all.causes.extend(also);
        if refusal.is_over_with_a_sign_in {
            all.hint(format!("{}: {}", refusal.way_out, again(None)))
        } else {
            all.hint(refusal.way_out)
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
        OrgErrorKind::Storage | OrgErrorKind::InUse | OrgErrorKind::BadLogin => code::STORAGE,
    }
}

/// The settings that a refusal lies in, as a hint; none where it lies in none, or another sign-in
/// is all that it takes.
pub(super) fn settings(refusal: &Refusal) -> Option<String> {
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
        OrgErrorKind::Moved if error.moved_to().is_some_and(is_strange) => Some(
            "that host is none of Salesforce's: do not sign in there unless you know it for your \
             own, and then name it with `--allow-host`",
        ),
        OrgErrorKind::Moved => return Some(format!("sign in there: {}", again(error.moved_to()))),
        OrgErrorKind::NoSuchOrg if is_address(name) => {
            return Some(format!(
                "an org is named by its login: `sfsetup org login NAME --instance-url {name}` adds \
                 it"
            ));
        }
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
        OrgErrorKind::Storage if error.message.contains(RING) => {
            let off = if way_in::uses_keyring() {
                ", with SFSETUP_KEYRING set to `off` to keep secrets in files"
            } else {
                ""
            };
            return Some(format!("unlock the keyring; or sign in anew{off}: {}", again(None)));
        }
        OrgErrorKind::InUse => {
            Some("wait until that command has ended, or end it, then run the same command again")
        }
        OrgErrorKind::BadLogin => {
            return Some(format!(
                "sign in anew: {}; or `sfsetup org logout {}` removes it",
                again(None),
                shell_word(name)
            ));
        }
        OrgErrorKind::Storage => Some(
            "see to the folder of the logins: it must be yours, and have room; XDG_CONFIG_HOME \
             names another, for all logins",
        ),
    };
    hint.map(str::to_owned)
}
