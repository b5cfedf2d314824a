//! `sfsetup org login`: signing in, and keeping what it brings.

use std::cell::{Cell, RefCell};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::hold;
use crate::org::auth::Session;
use crate::org::login::{self, JwtLogin, WebLogin};
use crate::org::logins::{HeldLock, Kept, Login, LoginStore, Room};
use crate::org::pasted::{self, Pasted};
use crate::org::{self, ConnectOptions, Org, OrgError, OrgErrorKind};
use crate::report::json::org::SignedIn;

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::{Exit, demo_name, shell_word};
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;

/// Sign in to an org, in the browser unless another way is named
///
/// The browser is sent back to http://localhost:1717/OauthRedirect on this machine, for the app
/// `PlatformCLI`, which is the one of the sf command line; another app is named with --client-id,
/// another port with --port. An app of your own must list exactly that address, with its port,
/// among its callback URLs. Sign in where the org is: a sandbox with --sandbox or at its own
/// address.
///
/// The login is kept under NAME once the org has taken it: its tokens in the system's keyring, or
/// where there is none, or SFSETUP_KEYRING is `off`, in a file that you alone can read. Secrets are
/// read from files or standard input, never from arguments.
#[derive(Debug, Args)]
pub(super) struct LoginArguments {
    /// What you want to call the org
    name: String,

    /// Where to sign in: https://login.salesforce.com (which is taken where nothing is named) or the
    /// org's own address
    #[arg(long, value_name = "URL")]
    instance_url: Option<String>,

    /// Sign in at https://test.salesforce.com, where every sandbox lets in
    #[arg(long, conflicts_with_all = ["instance_url", "client_credentials", "auth_url_file"])]
    sandbox: bool,

    /// The consumer key of the app to sign in with; without it `PlatformCLI`, the one of the sf
    /// command line
    #[arg(long, value_name = "KEY")]
    client_id: Option<String>,

    /// Read the app's consumer secret from this file
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,

    /// The port on this machine that the browser is sent back to; without it 1717
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
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

    #[command(flatten)]
    answer: AnswerArguments,
}

pub(super) fn run(ui: &Ui, arguments: &LoginArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.org-login/1")?;
    answer.of(|body| log_in(&answer, arguments, body))
}

fn log_in(
    answer: &Answer<'_>,
    arguments: &LoginArguments,
    body: &RefCell<Option<SignedIn>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let store = connect::logins()?;
    let name = arguments.name.as_str();
    check_name(name, &store)?;
    let options = connect::options(ui);
    connect::block_on(ui, async {
        let before = store.look(name);
        let place = Place::new(ui, &store, name)?;
        let login = sign_in(ui, arguments, &place, &options).await?;
        let failed = |error: OrgError| place.failed(&error, None);
        let session = Session::from_new_login(&login, &store, &options).map_err(failed)?;
        let org = Org::connect(session, options).await.map_err(failed)?;
        let username = org.user().await.ok().map(|user| user.username);
        let known = Login {
            org_id: Some(org.identity().id.clone()),
            username: username.or_else(|| login.username.clone()),
            ..login
        };
        place.lock()?;
        let kept = place.keep(&known).map_err(failed)?;
        let other = before.and_then(|login| login.org_id);
        let other = other.filter(|other| known.org_id.as_ref() != Some(other));
        let file = store.file(name);
        body.replace(Some(SignedIn {
            name: name.to_owned(),
            id: org.identity().id.clone(),
            instance_url: known.instance_url.clone(),
            username: known.username.clone(),
            kept: match kept {
                Kept::Keyring => "keyring",
                Kept::File(_) => "file",
            },
            file: file.display().to_string(),
            replaces: other.clone(),
        }));
        answer.say(&format!(
            "signed in to {name}: org {} at {}{}\n",
            org.identity().id,
            known.instance_url,
            known.username.map_or_else(String::new, |username| format!(" as {username}"))
        ))?;
        if let Some(other) = other {
            ui.note(&format!("until now `{name}` was the org {other}"));
        }
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

/// A file's name may have so many bytes nearly everywhere.
const LONGEST: usize = 255;

/// Refuses names that would lead elsewhere than to the login, or nowhere.
fn check_name(name: &str, store: &LoginStore) -> Result<(), CommandError> {
    let file = store.file(name);
    let length = file.file_name().map_or(0, |file| file.len());
    let why = if demo_name(name).is_some() {
        "it is the name of an org inside the program"
    } else if name.trim().is_empty() || name.starts_with('-') {
        "nobody could name it"
    } else if name.chars().any(char::is_control) {
        "it holds a line break, or another control character"
    } else if name.contains("://") {
        "what goes by an address is signed in to with a token of the environment; the address is \
         named with `--instance-url`"
    } else if length > LONGEST {
        "it is too long for the name of its file"
    } else {
        return Ok(());
    };
    Err(CommandError::new(format!("a login cannot be called `{name}`"))
        .because(why)
        .hint("call it otherwise; the name is yours alone")
        .usage())
}

/// Where the login will be kept. Its file is made before the org is asked for anything that it
/// gives once.
struct Place<'p> {
    ui: &'p Ui,
    store: &'p LoginStore,
    name: &'p str,
    room: RefCell<Option<Room>>,
    held: RefCell<Option<HeldLock>>,
    is_kept: Cell<bool>,
}

impl<'p> Place<'p> {
    fn new(ui: &'p Ui, store: &'p LoginStore, name: &'p str) -> Result<Self, CommandError> {
        let room = RefCell::new(None);
        let held = RefCell::new(None);
        let place = Self { ui, store, name, room, held, is_kept: Cell::new(false) };
        *place.room.borrow_mut() =
            Some(store.prepare(name).map_err(|error| place.failed(&error, None))?);
        Ok(place)
    }

    /// Locks the login, which is to be replaced; once.
    fn lock(&self) -> Result<(), CommandError> {
        if self.held.borrow().is_none() {
            *self.held.borrow_mut() = hold(self.ui, self.store, self.name)?;
        }
        Ok(())
    }

    /// Keeps the login, which is locked.
    fn keep(&self, login: &Login) -> Result<Kept, OrgError> {
        let room = self.room.take();
        let room = room.map_or_else(|| self.store.prepare(self.name), Ok)?;
        let kept = self.store.save(login, room)?;
        self.is_kept.set(true);
        // Whatever became of the login before, this one is whole.
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.is_whole();
        }
        // There may be more to come.
        *self.room.borrow_mut() = self.store.prepare(self.name).ok();
        Ok(kept)
    }

    /// A sign-in that came to nothing: nothing is stored, and a login of that name is as it was,
    /// unless the org has given what it gives once. `again` says how it is tried again.
    fn failed(&self, error: &OrgError, again: Option<&str>) -> CommandError {
        let again = again.unwrap_or("run the same command again");
        let mut told = CommandError {
            what: format!("cannot sign in to `{}`", self.name),
            ..CommandError::login(self.name, error, again)
        };
        if error.kind == OrgErrorKind::Usage && error.message.starts_with(login::NO_AUTH_URL) {
            told = told.usage();
        }
        if self.is_kept.get() {
            let name = shell_word(self.name);
            told.hints.retain(|hint| !hint.contains(again));
            told.hints.push(format!(
                "the login is kept as `{}` all the same: the auth URL is spent, since the org has \
                 put another refresh token in its place; `sfsetup org display --org {name}` tries \
                 it again",
                self.name
            ));
        }
        told
    }
}

/// How a person signs in whose auth URL is spent.
fn with_another(name: &str, host: &str) -> String {
    format!(
        "with the auth URL of now, which `sf org auth show-sfdx-auth-url --target-org ORG --json` \
         shows, or in the browser: `sfsetup org login {} --instance-url {host}`",
        shell_word(name)
    )
}

/// Where one signs in to a sandbox without knowing its address.
const SANDBOX: &str = "https://test.salesforce.com";

/// Signs in, in the way that is named; nothing is stored.
async fn sign_in(
    ui: &Ui,
    arguments: &LoginArguments,
    place: &Place<'_>,
    options: &ConnectOptions,
) -> Result<Login, CommandError> {
    let name = arguments.name.as_str();
    let failed = |error: OrgError| place.failed(&error, None);
    let sandbox = arguments.sandbox.then_some(SANDBOX);
    let address = arguments.instance_url.as_deref().or(sandbox);
    if let Some(file) = &arguments.auth_url_file {
        return pasted_login(place, file, address, options).await;
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
    if !ui.can_open_browser() {
        return Err(CommandError::new(format!("cannot sign in to `{name}` in a browser"))
            .because("nobody is there to do it: this is a pipeline (`CI` is set)")
            .hint(
                "sign in without one: `--auth-url-file FILE`, `--jwt-key-file FILE` or \
                 `--client-credentials`; `sfsetup org login --help` says what each takes",
            )
            .usage());
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
    let show = |address: &str| ui.ask_to_open(address, web.timeout);
    login::web(name, &web, options, &show).await.map_err(failed)
}

/// Signs in with what a file holds of the `sf` command line.
async fn pasted_login(
    place: &Place<'_>,
    file: &Path,
    address: Option<&str>,
    options: &ConnectOptions,
) -> Result<Login, CommandError> {
    let name = place.name;
    let text = read_text(file)?;
    let found = pasted::read(text.expose_secret()).map_err(|error| {
        CommandError::new(format!("cannot sign in with {}", named(file)))
            .because(error.message)
            .hint(
                "`sf org auth show-sfdx-auth-url --target-org ORG --json` writes what is wanted here",
            )
            .usage()
    })?;
    match found {
        Pasted::AuthUrl(url) => {
            place.lock()?;
            // The URL may be spent with the first question.
            let _end = (options.hold_end)();
            let keep = |login: &Login| {
                place.keep(login).map(drop).map_err(|error| {
                    let why = "the org has put another refresh token in the place of the auth \
                               URL's, and it could not be stored";
                    OrgError::new(OrgErrorKind::Auth, format!("{why}: {}", error.message))
                })
            };
            let login = org::sign_in(options, login::auth_url(name, &url, options, &keep)).await;
            login.map_err(|error| spent(place, &error, url.expose_secret()))
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
            login::access_token(name, token, address, org_id)
                .map_err(|error| place.failed(&error, None))
        }
    }
}

/// A sign-in with an auth URL that came to nothing.
fn spent(place: &Place<'_>, error: &OrgError, url: &str) -> CommandError {
    let host = login::address_in(url).unwrap_or_default();
    let again = with_another(place.name, &host);
    let told = place.failed(error, Some(&again));
    let is_lost = matches!(
        error.kind,
        OrgErrorKind::TimedOut | OrgErrorKind::Unexpected | OrgErrorKind::Unreachable
    );
    if is_lost && !place.is_kept.get() {
        told.hint(format!(
            "where the org has answered and the answer was lost, the auth URL may be spent: if it \
             is refused from now on, sign in {again}"
        ))
    } else {
        told
    }
}

/// A file that secrets are read from, for a person.
fn named(file: &Path) -> String {
    match file.as_os_str() == "-" {
        true => "what came on standard input".to_owned(),
        false => format!("`{}`", file.display()),
    }
}

/// Reads a secret from a file, or from standard input where the file is `-`.
fn read_secret(file: &Path) -> Result<SecretString, CommandError> {
    let text = read_text(file)?;
    match text.expose_secret().trim() {
        "" => Err(CommandError::new(format!("there is no secret in {}", named(file)))
            .hint("the app's consumer secret belongs there")
            .usage()),
        secret => Ok(SecretString::from(secret)),
    }
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
