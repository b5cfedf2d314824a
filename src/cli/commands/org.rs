//! `sfsetup org`: signing in, and what sfsetup knows of orgs.

mod login;

use std::cell::RefCell;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::metadata::registry::nearest::nearest;
use crate::org::OrgError;
use crate::org::login::{SessionEnd, revoke};
use crate::org::logins::{HeldLock, Known, LoginStore, Wait};
use crate::report::code;
use crate::report::json::org::{Displayed, LoginRow, Orgs, SignedOut};

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::config::Config;
use crate::cli::shared::connect;
use crate::cli::shared::error::{CommandError, RING};
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;

/// Sign in to orgs, and list those that are known
#[derive(Debug, Args)]
pub(crate) struct OrgArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Login(login::LoginArguments),
    /// List sfsetup's own logins
    List {
        #[command(flatten)]
        answer: AnswerArguments,
    },
    /// Show which org is meant, where that was said, and whether it lets us in
    Display {
        /// The org; without it the one that other commands would take
        #[arg(short, long, value_name = "ORG", alias = "target-org")]
        org: Option<String>,

        #[command(flatten)]
        answer: AnswerArguments,
    },
    /// Forget a login, and revoke its token, unless that came from elsewhere
    Logout {
        /// The login's name
        name: String,

        #[command(flatten)]
        answer: AnswerArguments,
    },
}

pub(crate) fn run(ui: &Ui, arguments: &OrgArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::Login(arguments) => login::run(ui, arguments),
        Action::List { answer } => {
            let answer = answer.of(ui, "sfsetup.org-list/1")?;
            answer.of(|body| list(&answer, body))
        }
        Action::Display { org, answer } => {
            let answer = answer.of(ui, "sfsetup.org-display/1")?;
            answer.of(|body| display(&answer, org.as_deref(), body))
        }
        Action::Logout { name, answer } => {
            let answer = answer.of(ui, "sfsetup.org-logout/1")?;
            answer.of(|body| log_out(&answer, name, body))
        }
    }
}

/// Locks a login that is to be replaced or removed: another process may be about to store a token
/// in it.
fn hold(ui: &Ui, store: &LoginStore, name: &str) -> Result<Option<HeldLock>, CommandError> {
    let wait = Wait {
        most: Duration::from_secs(60),
        tell: &|what| ui.note(what),
        is_given_up: &|| ui.interrupt().is_pressed(),
    };
    store.lock(name, &wait).map_err(|error| CommandError::org(name, &error))
}

fn list(answer: &Answer<'_>, body: &RefCell<Option<Orgs>>) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let listed = connect::logins()?.list().map_err(|error| CommandError::org("logins", &error))?;
    let logins = listed.logins;
    for error in &listed.unreadable {
        ui.warn(&format!("{}: `sfsetup org logout NAME` forgets such a login", error.message));
    }
    let row = |login: &Known| LoginRow {
        name: login.name.clone(),
        id: login.org_id.clone(),
        instance_url: login.instance_url.clone(),
        username: login.username.clone(),
        credential: login.credential.clone(),
    };
    body.replace(Some(Orgs {
        orgs: logins.iter().map(row).collect(),
        unreadable: listed.unreadable.iter().map(|error| error.message.clone()).collect(),
    }));
    let width = logins.iter().map(|login| login.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for login in &logins {
        let username = login.username.as_deref().unwrap_or("-");
        let row = format!(
            "{:width$}  {}  {username}  ({})\n",
            login.name, login.instance_url, login.credential
        );
        text.push_str(&row);
    }
    answer.say(&text)?;
    if logins.is_empty() && listed.unreadable.is_empty() && !answer.is_json() {
        ui.hint(
            "sfsetup has no logins of its own; `sfsetup org login --help` says how to make one, and \
             orgs of the sf command line work by their alias; `--org demo` is the org in this \
             program",
        );
    }
    Ok(Exit::Done)
}

fn display(
    answer: &Answer<'_>,
    argument: Option<&str>,
    body: &RefCell<Option<Displayed>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let config = Config::find(ui.vouched(), None)?;
    let choice = connect::choose(ui, argument, &config)?.ok_or_else(wanted::no_org)?;
    connect::block_on(ui, async {
        let connected = connect::connect(&choice, connect::options(ui)).await?;
        let org = &connected.org;
        let username = match &org.identity().username {
            Some(username) => Some(username.clone()),
            None => org.user().await.ok().map(|user| user.username),
        };
        let left = org.requests_left().await.ok();
        let identity = org.identity();
        let version = org.api_version().to_string();
        body.replace(Some(Displayed {
            name: identity.name.clone(),
            id: identity.id.clone(),
            instance_url: identity.instance_url.clone(),
            source: identity.source.clone(),
            username: username.clone(),
            api_version: version.clone(),
            requests_left: left.map(|(left, _)| left),
            requests_a_day: left.map(|(_, of)| of),
        }));
        let left = left.map_or_else(
            || "not shown to this user".to_owned(),
            |(left, of)| format!("{left} of {of}"),
        );
        let rows = [
            ("org", identity.name.clone()),
            ("id", identity.id.clone()),
            ("address", identity.instance_url.clone()),
            ("user", username.unwrap_or_else(|| "not shown".to_owned())),
            ("from", identity.source.clone()),
            ("API version", version),
            ("requests left today", left),
        ];
        let text: String =
            rows.iter().map(|(label, value)| format!("{label:20} {value}\n")).collect();
        answer.say(&text)?;
        Ok(Exit::Done)
    })
}

fn log_out(
    answer: &Answer<'_>,
    name: &str,
    body: &RefCell<Option<SignedOut>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let store = connect::logins()?;
    let failed = |error: OrgError| {
        let mut all = CommandError {
            what: format!("cannot forget the login `{name}`"),
            ..CommandError::org(name, &error)
        };
        // To sign in anew does not take the secret away.
        if error.message.contains(RING) {
            all.hints = vec!["unlock the keyring, then run the same command again".to_owned()];
        }
        all
    };
    if matches!(store.file(name).try_exists(), Ok(false)) {
        let error = CommandError::new(format!("there is no login `{name}`"))
            .code(code::NO_SUCH_ORG)
            .hint("`sfsetup org list` lists them");
        let logins = store.list().unwrap_or_default().logins;
        return Err(match nearest(name, logins.iter().map(|login| login.name.as_str())) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
    // Its token is the one to revoke that is there when nobody else can replace it.
    let held = hold(ui, &store, name)?;
    let forgotten = |session: &'static str, reason: Option<String>| {
        let text = format!("forgot {name}\n");
        body.replace(Some(SignedOut { name: name.to_owned(), session, reason }));
        answer.say(&text)
    };
    let login = match store.load(name) {
        Ok(Some(login)) => login,
        Ok(None) => {
            return Err(CommandError::new(format!("the login `{name}` is gone already"))
                .code(code::NO_SUCH_ORG));
        }
        Err(error) => {
            store.remove(name, held).map_err(failed)?;
            let why = format!(
                "the login could not be read, so nothing was revoked, and its session at the org \
                 may stay: {}",
                error.message
            );
            ui.warn(&why);
            forgotten("unknown", Some(why))?;
            return Ok(Exit::Done);
        }
    };
    let revoked = connect::block_on(ui, async { Ok(revoke(&login, &connect::options(ui)).await) })?;
    store.remove(name, held).map_err(failed)?;
    let (session, reason) = match revoked {
        Err(error) => {
            let why =
                format!("the login is forgotten, but the org did not take its token back: {error}");
            ui.warn(&why);
            ("unknown", Some(why))
        }
        Ok(SessionEnd::Stays) => {
            let why = "its session at the org stays: it was not made by sfsetup for this login \
                       alone, and to end it might end the login of another program too, such as \
                       `sf`, whose `sf org logout` ends it";
            ui.note(why);
            ("stays", Some(why.to_owned()))
        }
        Ok(SessionEnd::Revoked) => ("revoked", None),
        Ok(SessionEnd::None) => ("none", None),
    };
    forgotten(session, reason)?;
    Ok(Exit::Done)
}
