//! Every error's code and words, as a person reads them.

use std::path::Path;

use super::super::error::CommandError;
use super::told;
use crate::apply::{ApplyError, Stopped};
use crate::diff::Silence;
use crate::journal::{JournalError, Stage};
use crate::metadata::assignable::Assignable;
use crate::org::{OrgError, OrgErrorKind};
use crate::plan::PlanError;
use crate::plan::assignment::Assignment;
use crate::report::{Failure, code};
use crate::snapshot::ReadError;

const KINDS: [OrgErrorKind; 18] = [
    OrgErrorKind::Auth,
    OrgErrorKind::NoSuchOrg,
    OrgErrorKind::Unreachable,
    OrgErrorKind::TimedOut,
    OrgErrorKind::Unavailable,
    OrgErrorKind::Moved,
    OrgErrorKind::Limit,
    OrgErrorKind::Disabled,
    OrgErrorKind::Permission,
    OrgErrorKind::Unsupported,
    OrgErrorKind::Refused,
    OrgErrorKind::Damaged,
    OrgErrorKind::Hostile,
    OrgErrorKind::Unexpected,
    OrgErrorKind::Usage,
    OrgErrorKind::Storage,
    OrgErrorKind::InUse,
    OrgErrorKind::BadLogin,
];

/// A failure as a person reads it, without colour, after its code and the exit code.
fn shown(error: &CommandError) -> String {
    let text = anstream::adapter::strip_str(&told(error)).to_string();
    let failure = Failure::from(error);
    format!("[{}, exit {}]\n{text}\n", failure.code, error.exit as u8)
}

#[test]
fn each_code_has_its_words() {
    let all: Vec<String> = KINDS
        .iter()
        .map(|kind| CommandError::org("acme", &OrgError::new(*kind, "what happened")))
        .chain([
            CommandError::silence(&Silence::Unseen(vec!["what happened".to_owned()])),
            CommandError::silence(&Silence::NothingInCommon),
            CommandError::incomplete("snap", "acme"),
        ])
        .map(|error| shown(&error))
        .collect();
    // How else a run ends is tried in tests/it/json.rs.
    let others = code::CODES.iter().skip_while(|(code, _)| *code != code::STALE);
    let others: Vec<&str> = others.map(|(code, _)| *code).collect();
    for (code, _) in code::CODES.iter().filter(|(code, _)| !others.contains(code)) {
        assert!(all.iter().any(|text| text.starts_with(&format!("[{code},"))), "{code}");
    }
    insta::assert_snapshot!(all.concat(), @"
    [AUTH, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: sign in again: `sf org login web --alias acme`

    [NO_SUCH_ORG, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: `sfsetup org list` lists the orgs that are known; `sfsetup org login acme` adds it

    [UNREACHABLE, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: check the address and the network; HTTPS_PROXY and NO_PROXY are honoured

    [TIMED_OUT, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: the org may be busy: try again later

    [UNAVAILABLE, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: try again later; https://status.salesforce.com tells of maintenance

    [MOVED, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: sign in there: `sf org login web --alias acme`

    [LIMIT, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: the org's requests for today are used up, or too many run at once: try again later

    [DISABLED, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: the org's edition or this user has no API access

    [PERMISSION, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: the user needs Modify Metadata Through Metadata API Functions (or Modify All Data), and View Setup and Configuration

    [UNSUPPORTED, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: SOAP refuses JWT-based access tokens: switch off `Issue JSON Web Token (JWT)-based access tokens` on the app that signs in

    [REFUSED, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: put right what is named here, then run the same command again

    [DAMAGED, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: try again; if it stays so, something between here and the org changes what is sent

    [HOSTILE, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: nothing was written; find out what answers at that address before you try again

    [UNEXPECTED, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: is that the address of a Salesforce org, and does no proxy or login page answer in its place?

    [USAGE, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: put right what is named here; `sfsetup org login --help` says what a login takes

    [STORAGE, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: see to the folder of the logins: it must be yours, and have room; XDG_CONFIG_HOME names another, for all logins

    [STORAGE, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: wait until that command has ended, or end it, then run the same command again

    [STORAGE, exit 1]
    error: cannot read the org `acme`
      caused by: what happened
    hint: sign in anew: `sf org login web --alias acme`; or `sfsetup org logout acme` removes it

    [NOTHING_OBSERVED, exit 1]
    error: there is no answer: nothing of what is asked could be seen
      caused by: what happened
    hint: nothing can be said of what was not seen

    [NOTHING_OBSERVED, exit 1]
    error: there is no answer: the two have no component in common
      caused by: no record (package.xml, snapshot.json) says that they were asked for
    hint: is it the right folder? A baseline is compared component by component

    [INCOMPLETE, exit 1]
    error: the snapshot in `snap` is not whole: `acme` did not show all
    hint: put right what is named here, then run the same command again
    ");
}

#[test]
fn a_deploy_that_did_not_come_to_its_end_says_how_it_stands() {
    let lost = || OrgError::new(OrgErrorKind::Unreachable, "the connection to acme broke");
    let all: Vec<String> = [
        ApplyError::Org(OrgError::new(OrgErrorKind::Refused, "not like that")),
        ApplyError::Org(lost()),
        ApplyError::Journal(JournalError::Locked),
        ApplyError::Journal(JournalError::Unreadable {
            entry: "1".to_owned(),
            component: "Profile:A".to_owned(),
            why: "it is empty".to_owned(),
        }),
        ApplyError::Unclear("the org holds neither what was before nor what was sent".to_owned()),
        ApplyError::Interrupted(Stopped::Before),
        ApplyError::Interrupted(Stopped::Sending),
        ApplyError::Interrupted(Stopped::Canceling { id: "0Af1".to_owned(), refusal: None }),
        ApplyError::Interrupted(Stopped::Canceling {
            id: "0Af1".to_owned(),
            refusal: Some("too late".to_owned()),
        }),
        ApplyError::Interrupted(Stopped::Assigning),
        ApplyError::Overtaken { ids: vec!["0Af1".to_owned(), "0Af2".to_owned()], lost: lost() },
        ApplyError::Undone { id: "0Af1".to_owned(), lost: lost() },
        ApplyError::Unwatched {
            id: "0Af1".to_owned(),
            since: "2026-11-25 08:00:00 UTC".to_owned(),
            error: lost(),
        },
        ApplyError::Unwatched {
            id: "0Af1".to_owned(),
            since: "2026-11-25 08:00:00 UTC".to_owned(),
            error: OrgError::new(OrgErrorKind::TimedOut, "the deploy 0Af1 is not over yet"),
        },
        ApplyError::Unwritten {
            id: Some("0Af1".to_owned()),
            stage: Stage::Accepted,
            error: JournalError::Io {
                path: "journal/1.json".into(),
                error: std::io::Error::other("no space left on device"),
            },
        },
        ApplyError::Assign {
            of: Box::new(Assignment {
                what: Assignable::PermissionSet("Acme".to_owned()),
                user: "a@example.com".to_owned(),
            }),
            error: OrgError::new(
                OrgErrorKind::Refused,
                "The user license doesn't allow the permission: Modify All Data",
            ),
        },
        ApplyError::Assign {
            of: Box::new(Assignment {
                what: Assignable::PermissionSet("Acme".to_owned()),
                user: "a@example.com".to_owned(),
            }),
            error: lost(),
        },
    ]
    .iter()
    .map(|error| shown(&CommandError::apply("acme", error)))
    .collect();
    insta::assert_snapshot!(all.concat(), @"
    [REFUSED, exit 3]
    error: the org `acme` cannot be changed
      caused by: not like that
    hint: Setup > Deployment Status shows what the org says of it

    [UNREACHABLE, exit 1]
    error: the org `acme` cannot be changed
      caused by: the connection to acme broke
    hint: check the address and the network; HTTPS_PROXY and NO_PROXY are honoured

    [BUSY, exit 1]
    error: nothing was sent to `acme`
      caused by: another run of sfsetup is deploying to this org now
    hint: wait until it is over, then run this again

    [ERROR, exit 1]
    error: nothing was sent to `acme`
      caused by: the journal's entry 1 cannot be read as far as Profile:A goes: it is empty
    hint: put its file back as it was, or move it elsewhere: then that deploy cannot be taken back

    [UNKNOWN_OUTCOME, exit 1]
    error: what became of the deploy to `acme` is not known, so nothing more was sent
      caused by: the org holds neither what was before nor what was sent
    hint: look in Setup > Deployment Status what has arrived, then run the same command again: it looks first
    hint: if it stays unclear, `sfsetup rollback --org acme --prune` forgets it, and the next deploy plans on what the org holds

    [INTERRUPTED, exit 130]
    error: interrupted
      caused by: nothing was sent

    [INTERRUPTED, exit 130]
    error: interrupted
      caused by: the deploy was on its way to `acme`, and whether it has arrived is not known
    hint: run the same command again: it finds out what became of it before it does anything else

    [INTERRUPTED, exit 130]
    error: interrupted
      caused by: `acme` was asked to cancel the deploy 0Af1, and has not said how it ended
    hint: run the same command again: it finds out what became of it before it does anything else

    [INTERRUPTED, exit 130]
    error: interrupted
      caused by: `acme` did not cancel the deploy 0Af1, and goes on with it
      caused by: too late
    hint: run the same command again: it finds out what became of it before it does anything else
    hint: if it is stuck, `sfsetup rollback --org acme --cancel 0Af1` asks the org to cancel it, as does Cancel in Setup > Deployment Status

    [INTERRUPTED, exit 130]
    error: interrupted
      caused by: what `acme` was to be changed by a package is done; what is given to users or taken back after it is not all
    hint: run the same command again: it finds out what became of it before it does anything else

    [ERROR, exit 1]
    error: nothing was changed in `acme`
      caused by: the deploy did not arrive (the connection to acme broke), and it was not sent again, since the org has carried out others meanwhile: 0Af1, 0Af2
    hint: run the same command again: it plans on what the org holds now

    [ERROR, exit 1]
    error: `acme` does not hold what was to be deployed
      caused by: the answer to the deploy was lost (the connection to acme broke); the org has carried out the deploy 0Af1 of the same components, and nothing of it is there any more: somebody took it back at once, or that deploy was another's
    hint: run the same command again: it plans on what the org holds now

    [UNREACHABLE, exit 1]
    error: the org `acme` goes on with the deploy 0Af1 (begun 2026-11-25 08:00:00 UTC), but how it ends could not be seen
      caused by: the connection to acme broke
    hint: check the address and the network; HTTPS_PROXY and NO_PROXY are honoured
    hint: the journal knows it (`sfsetup rollback --org acme --list`), and the next deploy or rollback to this org finds out how it ended before it does anything else

    [TIMED_OUT, exit 1]
    error: the org `acme` goes on with the deploy 0Af1 (begun 2026-11-25 08:00:00 UTC), but how it ends could not be seen
      caused by: the deploy 0Af1 is not over yet
    hint: if it is stuck, `sfsetup rollback --org acme --cancel 0Af1` asks the org to cancel it, as does Cancel in Setup > Deployment Status
    hint: the journal knows it (`sfsetup rollback --org acme --list`), and the next deploy or rollback to this org finds out how it ended before it does anything else

    [ERROR, exit 1]
    error: the deploy 0Af1 to `acme` is under way; that could not be written down
      caused by: cannot use the journal `journal/1.json`: no space left on device
    hint: put the journal's folder right (a full disk, a folder that is not yours), then run the same command again: it finds out what became of the deploy before it does anything else

    [REFUSED, exit 3]
    error: the permission set `Acme` could not be given to `a@example.com`: The user license doesn't allow the permission: Modify All Data
    hint: the profile or permission set stands on a licence that does not carry it: use another licence
    hint: run the same command again: it does what is left

    [UNREACHABLE, exit 1]
    error: `acme` has not confirmed that the permission set `Acme` was given to `a@example.com`
      caused by: the connection to acme broke
    hint: check the address and the network; HTTPS_PROXY and NO_PROXY are honoured
    hint: run the same command again: it looks first, and does what is left
    ");
}

#[test]
fn what_cannot_be_read_or_planned_says_what_to_do() {
    let mut all: Vec<String> = [
        ReadError::HalfDone,
        ReadError::Incomplete(vec!["profiles/A.profile".to_owned()]),
        ReadError::Project("it names no package directory".to_owned()),
    ]
    .iter()
    .map(|error| shown(&CommandError::read(Path::new("org"), error)))
    .collect();
    let line = || vec!["ConnectedApp:Acme label was `a` and is `b` now".to_owned()];
    for error in [PlanError::Moved(line()), PlanError::NotProved(line())] {
        all.push(shown(&CommandError::plan(&error)));
    }
    insta::assert_snapshot!(all.concat(), @"
    [ERROR, exit 1]
    error: cannot read the metadata in `org`
      caused by: a `sfsetup snapshot` that wrote it was cut off, or is still at it
    hint: run the same snapshot again: it finishes what was begun

    [ERROR, exit 1]
    error: cannot read the metadata in `org`
      caused by: its snapshot.json names files that are not there: `profiles/A.profile`
    hint: put the files back (`git checkout` where they are committed), or take the snapshot again

    [ERROR, exit 1]
    error: cannot read the metadata in `org`
      caused by: `sfdx-project.json`: it names no package directory
    hint: put right what is named here, or leave the file out, then run this again

    [STALE, exit 3]
    error: what the plan rests on has changed while it was looked at, so nothing was sent
      caused by: ConnectedApp:Acme label was `a` and is `b` now
    hint: run the same command again: it plans on what the org holds now

    [ERROR, exit 1]
    error: internal error: there is no safe package for this plan, so nothing was written or sent
      caused by: the package would not do what the plan says: ConnectedApp:Acme label was `a` and is `b` now
    hint: please report it with the output of a diff of the same org or folder; `--only` leaves the setting out meanwhile
    ");
}
