//! `sfsetup org`: signing in, and what sfsetup knows of orgs.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::org::auth::Session;
use crate::org::login::{self, JwtLogin, WebLogin};
use crate::org::logins::{HeldLock, Kept, Login, LoginStore, Wait};
use crate::org::pasted::{self, Pasted};
use crate::org::{self, ConnectOptions, Org, OrgError};

use crate::cli::shared::arguments::{Exit, Format, demo_name};
use crate::cli::shared::config::Config;
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
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
    Login(LoginArguments),
    /// List sfsetup's own logins
    List {
        /// The form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show which org is meant, where that was said, and whether it lets us in
    Display {
        /// The org; without it the one that other commands would take
        #[arg(long, value_name = "ORG")]
        org: Option<String>,
        /// The form of the answer
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Forget a login, and revoke its token
    Logout {
        /// The login's name
        name: String,
    },
}

/// Sign in to an org, in the browser unless another way is named
///
/// The browser is sent back to http://localhost:1717/OauthRedirect on this machine, for the app
/// `PlatformCLI`, which is the one of the sf command line; another app is named with --client-id,
/// another port with --port. An app of your own must list exactly that address, with its port,
/// among its callback URLs. Sign in where the org is: a sandbox at https://test.salesforce.com or
/// at its own address.
///
/// The login is kept under NAME once the org has taken it: its tokens in the system's keyring, or
/// where there is none, or SFSETUP_KEYRING is `off`, in a file that you alone can read. Secrets are
/// read from files or standard input, never from arguments.
#[derive(Debug, Args)]
struct LoginArguments {
    /// What you want to call the org
    name: String,

    /// Where to sign in: https://login.salesforce.com (which is taken where nothing is named),
    /// https://test.salesforce.com for a sandbox, or the org's own address
    #[arg(long, value_name = "URL")]
    instance_url: Option<String>,

    /// The consumer key of the app to sign in with; without it `PlatformCLI`, the one of the sf
    /// command line
    #[arg(long, value_name = "KEY")]
    client_id: Option<String>,

    /// Read the app's consumer secret from this file
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,

    /// The port on this machine that the browser is sent back to; without it 1717
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Sign in by JWT bearer with this private key (PEM); needs --client-id and --username
    #[arg(long, value_name = "FILE", requires = "client_id", requires = "username", conflicts_with_all = ["client_credentials", "auth_url_file"])]
    jwt_key_file: Option<PathBuf>,

    /// Whom to sign in by JWT bearer
    #[arg(long, value_name = "USERNAME")]
    username: Option<String>,

    /// Sign in as the app's own user; needs --client-id, --client-secret-file and --instance-url
    #[arg(
        long,
        requires = "client_id",
        requires = "client_secret_file",
        requires = "instance_url",
        conflicts_with = "auth_url_file"
    )]
    client_credentials: bool,

    /// Read an SFDX auth URL, or the JSON of `sf org auth show-sfdx-auth-url` or `sf org display`,
    /// from this file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    auth_url_file: Option<PathBuf>,
}

pub(crate) fn run(ui: &Ui, arguments: &OrgArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::Login(arguments) => log_in(ui, arguments),
        Action::List { format } => list(ui, *format),
        Action::Display { org, format } => display(ui, org.as_deref(), *format),
        Action::Logout { name } => log_out(ui, name),
    }
}

fn log_in(ui: &Ui, arguments: &LoginArguments) -> Result<Exit, CommandError> {
    let store = connect::logins()?;
    let name = arguments.name.as_str();
    check_name(name)?;
    let failed = |error: OrgError| not_signed_in(name, &error);
    let options = connect::options(ui);
    connect::block_on(ui, async {
        let login = sign_in(ui, arguments, &options).await?;
        let session = Session::from_new_login(&login, &store, &options).map_err(failed)?;
        let org = Org::connect(session, options).await.map_err(failed)?;
        let username = org.user().await.ok().map(|user| user.username);
        let known = Login {
            org_id: Some(org.identity().id.clone()),
            username: username.or_else(|| login.username.clone()),
            ..login
        };
        let (kept, before) = {
            let _held = hold(ui, &store, name)?;
            // What cannot be read is replaced by what can.
            let before = store.load(name).ok().flatten();
            (store.save(&known).map_err(failed)?, before)
        };
        ui.answer(&format!(
            "signed in to {name}: org {} at {}{}\n",
            org.identity().id,
            known.instance_url,
            known.username.map_or_else(String::new, |username| format!(" as {username}"))
        ))?;
        if let Some(other) = before.and_then(|login| login.org_id)
            && known.org_id.as_ref() != Some(&other)
        {
            ui.note(&format!("until now `{name}` was the org {other}"));
        }
        let file = store.file(name);
        ui.hint(&match kept {
            Kept::Keyring => {
                format!("its secret is in the system's keyring, the rest in {}", file.display())
            }
            Kept::File(None) => format!("kept in {}, readable by you alone", file.display()),
            Kept::File(Some(reason)) => format!(
                "kept in {}, readable by you alone (mode 0600), since {reason}",
                file.display()
            ),
        });
        Ok(Exit::Done)
    })
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

/// Refuses names that would lead elsewhere than to the login.
fn check_name(name: &str) -> Result<(), CommandError> {
    let why = if demo_name(name).is_some() {
        "it is the name of an org inside the program"
    } else if name.trim().is_empty() || name.starts_with('-') {
        "nobody could name it"
    } else {
        return Ok(());
    };
    Err(CommandError::new(format!("a login cannot be called `{name}`"))
        .because(why)
        .hint("call it otherwise; the name is yours alone")
        .usage())
}

/// A sign-in that came to nothing: nothing is stored, and a login of that name is as it was.
fn not_signed_in(name: &str, error: &OrgError) -> CommandError {
    CommandError { what: format!("cannot sign in to `{name}`"), ..CommandError::login(name, error) }
}

/// Signs in, in the way that is named; nothing is stored.
async fn sign_in(
    ui: &Ui,
    arguments: &LoginArguments,
    options: &ConnectOptions,
) -> Result<Login, CommandError> {
    let name = arguments.name.as_str();
    let failed = |error: OrgError| not_signed_in(name, &error);
    let address = arguments.instance_url.as_deref();
    if let Some(file) = &arguments.auth_url_file {
        return pasted_login(name, file, address, options).await;
    }
    let secret = arguments.client_secret_file.as_ref().map(|file| read_secret(file)).transpose()?;
    if let (Some(key_file), Some(client_id), Some(username)) =
        (&arguments.jwt_key_file, &arguments.client_id, &arguments.username)
    {
        let jwt = JwtLogin { login_url: address, client_id, username, key_file };
        return org::sign_in(options, login::jwt(name, &jwt, options)).await.map_err(failed);
    }
    if let (true, Some(client_id), Some(secret), Some(address)) =
        (arguments.client_credentials, &arguments.client_id, &secret, address)
    {
        let login = login::client_credentials(name, address, client_id, secret, options);
        return org::sign_in(options, login).await.map_err(failed);
    }
    let mut web = WebLogin { client_secret: secret, ..WebLogin::default() };
    if let Some(address) = address {
        address.clone_into(&mut web.login_url);
    }
    if let Some(client_id) = &arguments.client_id {
        web.client_id.clone_from(client_id);
    }
    if let Some(port) = arguments.port {
        web.port = port;
    }
    login::web(name, &web, options, &|address| ui.ask_to_open(address)).await.map_err(failed)
}

/// Signs in with what a file holds of the `sf` command line.
async fn pasted_login(
    name: &str,
    file: &Path,
    address: Option<&str>,
    options: &ConnectOptions,
) -> Result<Login, CommandError> {
    let failed = |error: OrgError| not_signed_in(name, &error);
    let text = read_text(file)?;
    let found = pasted::read(text.expose_secret()).map_err(|error| {
        CommandError::new(format!("cannot sign in with `{}`", file.display()))
            .because(error.message)
            .hint(
                "`sf org auth show-sfdx-auth-url --target-org ORG --json` writes what is wanted here",
            )
            .usage()
    })?;
    match found {
        Pasted::AuthUrl(url) => {
            org::sign_in(options, login::auth_url(name, &url, options)).await.map_err(failed)
        }
        Pasted::AccessToken { token, instance_url, org_id, .. } => {
            let Some(address) = address.or(instance_url.as_deref()) else {
                return Err(CommandError::new(format!(
                    "`{}` holds an access token and does not say of which org",
                    file.display()
                ))
                .hint("name the org's address with `--instance-url`")
                .usage());
            };
            login::access_token(name, token, address, org_id).map_err(failed)
        }
    }
}

/// Reads a secret from a file, or from standard input where the file is `-`.
fn read_secret(file: &Path) -> Result<SecretString, CommandError> {
    read_text(file).map(|text| SecretString::from(text.expose_secret().trim()))
}

fn read_text(file: &Path) -> Result<SecretString, CommandError> {
    let failed =
        |why: String| CommandError::new(format!("cannot read `{}`", file.display())).because(why);
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(1 << 20).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(1 << 20).read_to_end(&mut bytes))
    };
    read.map_err(|error| failed(error.to_string()))?;
    pasted::text(&bytes).map(SecretString::from).map_err(|error| failed(error.message))
}

fn list(ui: &Ui, format: Format) -> Result<Exit, CommandError> {
    let logins = connect::logins()?.list().map_err(|error| CommandError::org("logins", &error))?;
    if format == Format::Json {
        let rows: Vec<_> = logins
            .iter()
            .map(|login| {
                json!({
                    "name": login.name, "id": login.org_id, "instance_url": login.instance_url,
                    "username": login.username, "credential": login.credential.title(),
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
            login.name,
            login.instance_url,
            login.credential.title()
        );
        text.push_str(&row);
    }
    ui.answer(&text)?;
    if logins.is_empty() {
        ui.hint(
            "sfsetup has no logins of its own; `sfsetup org login --help` says how to make one, and \
             orgs of the sf command line work by their alias",
        );
    }
    Ok(Exit::Done)
}

fn display(ui: &Ui, argument: Option<&str>, format: Format) -> Result<Exit, CommandError> {
    let config = Config::find(ui.vouched(), None)?;
    let choice = connect::choose(argument, &config)?.ok_or_else(wanted::no_org)?;
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
        ui.answer(&text)?;
        Ok(Exit::Done)
    })
}

fn log_out(ui: &Ui, name: &str) -> Result<Exit, CommandError> {
    let store = connect::logins()?;
    let failed = |error: OrgError| CommandError::org(name, &error);
    if store.load(name).map_err(failed)?.is_none() {
        return Err(CommandError::new(format!("there is no login `{name}`"))
            .hint("`sfsetup org list` lists them"));
    }
    // Its token is the one to revoke that is there when nobody else can replace it.
    let held = hold(ui, &store, name)?;
    let Some(login) = store.load(name).map_err(failed)? else {
        return Err(CommandError::new(format!("the login `{name}` is gone already")));
    };
    let revoked =
        connect::block_on(ui, async { Ok(login::revoke(&login, &connect::options(ui)).await) })?;
    store.remove(name, held).map_err(failed)?;
    if let Err(error) = revoked {
        ui.warn(&format!(
            "the login is forgotten, but the org did not take its token back: {error}"
        ));
    }
    ui.answer(&format!("forgot {name}\n"))?;
    Ok(Exit::Done)
}
