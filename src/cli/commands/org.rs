//! `sfsetup org`: signing in, and what sfsetup knows of orgs.

mod login;

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::org::OrgError;
use crate::org::login::{SessionEnd, revoke};
use crate::org::logins::{HeldLock, LoginStore, Wait};

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::config::Config;
use crate::cli::shared::connect;
use crate::cli::shared::error::{CommandError, RING};
use crate::cli::shared::format::Format;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;

/// Sign in to orgs, and list those that are known
#[derive(Debug, Args)]
pub(crate) struct OrgArguments {
    #[command(subcommand)]
    action: Action,
}

/// The forms in which what is known of orgs is shown.
const FORMATS: &[Format] = &[Format::Text, Format::Json];

#[derive(Debug, Subcommand)]
enum Action {
    Login(login::LoginArguments),
    /// List sfsetup's own logins
    List {
        /// The form of the answer
        #[arg(long, value_parser = Format::among(FORMATS), default_value = "text")]
        format: Format,
    },
    /// Show which org is meant, where that was said, and whether it lets us in
    Display {
        /// The org; without it the one that other commands would take
        #[arg(long, value_name = "ORG")]
        org: Option<String>,
        /// The form of the answer
        #[arg(long, value_parser = Format::among(FORMATS), default_value = "text")]
        format: Format,
    },
    /// Forget a login, and revoke its token, unless that came from elsewhere
    Logout {
        /// The login's name
        name: String,
    },
}

pub(crate) fn run(ui: &Ui, arguments: &OrgArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::Login(arguments) => login::run(ui, arguments),
        Action::List { format } => list(ui, *format),
        Action::Display { org, format } => display(ui, org.as_deref(), *format),
        Action::Logout { name } => log_out(ui, name),
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

fn list(ui: &Ui, format: Format) -> Result<Exit, CommandError> {
    let listed = connect::logins()?.list().map_err(|error| CommandError::org("logins", &error))?;
    let logins = listed.logins;
    for error in &listed.unreadable {
        ui.warn(&format!("{}: `sfsetup org logout NAME` forgets such a login", error.message));
    }
    if format == Format::Json {
        let rows: Vec<_> = logins
            .iter()
            .map(|login| {
                json!({
                    "name": login.name, "id": login.org_id, "instance_url": login.instance_url,
                    "username": login.username, "credential": login.credential,
                })
            })
            .collect();
        ui.answer(&format!("{:#}\n", json!({ "orgs": rows })))?;
        return Ok(Exit::Done);
    }
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
    ui.tell(&text)?;
    if logins.is_empty() && listed.unreadable.is_empty() {
        ui.hint(
            "sfsetup has no logins of its own; `sfsetup org login --help` says how to make one, and \
             orgs of the sf command line work by their alias",
        );
    }
    Ok(Exit::Done)
}

fn display(ui: &Ui, argument: Option<&str>, format: Format) -> Result<Exit, CommandError> {
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
        if format == Format::Json {
            let row = json!({
                "name": identity.name, "id": identity.id, "instance_url": identity.instance_url, "source": identity.source,
                "username": username, "api_version": version,
                "requests_left": left.map(|(left, _)| left), "requests_a_day": left.map(|(_, of)| of),
            });
            ui.answer(&format!("{row:#}\n"))?;
            return Ok(Exit::Done);
        }
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
        ui.tell(&text)?;
        Ok(Exit::Done)
    })
}

fn log_out(ui: &Ui, name: &str) -> Result<Exit, CommandError> {
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
        return Err(CommandError::new(format!("there is no login `{name}`"))
            .hint("`sfsetup org list` lists them"));
    }
    // Its token is the one to revoke that is there when nobody else can replace it.
    let held = hold(ui, &store, name)?;
    let login = match store.load(name) {
        Ok(Some(login)) => login,
        Ok(None) => {
            return Err(CommandError::new(format!("the login `{name}` is gone already")));
        }
        Err(error) => {
            store.remove(name, held).map_err(failed)?;
            ui.warn(&format!(
                "the login could not be read, so nothing was revoked, and its session at the org \
                 may stay: {}",
                error.message
            ));
            ui.tell(&format!("forgot {name}\n"))?;
            return Ok(Exit::Done);
        }
    };
    let revoked = connect::block_on(ui, async { Ok(revoke(&login, &connect::options(ui)).await) })?;
    store.remove(name, held).map_err(failed)?;
    match revoked {
        Err(error) => ui.warn(&format!(
            "the login is forgotten, but the org did not take its token back: {error}"
        )),
        Ok(SessionEnd::Stays) => ui.note(
            "its session at the org stays: it was not made by sfsetup for this login alone, and to \
             end it might end the login of another program too, such as `sf`, whose `sf org logout` \
             ends it",
        ),
        Ok(SessionEnd::Revoked | SessionEnd::None) => {}
    }
    ui.tell(&format!("forgot {name}\n"))?;
    Ok(Exit::Done)
}
