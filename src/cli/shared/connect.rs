//! Which org is meant, how to get into it, and what is shown while it works.
//!
//! The order: `--org`, `SFSETUP_ORG`, `SF_TARGET_ORG`, `sfsetup.toml`, then `SF_ACCESS_TOKEN` with
//! `SF_ORG_INSTANCE_URL`, then the default org of the `sf` command line. A name is looked up among
//! sfsetup's own logins, then among the orgs of `sf`. `demo` and `demo:NAME` are the orgs inside
//! the program.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::{Either, select};
use secrecy::SecretString;

#[cfg(feature = "demo")]
use crate::demo;
use crate::metadata::registry::nearest::nearest;
use crate::org::auth::{DefaultOrg, NO_HELP, Session, SfCli};
use crate::org::error::hide_secrets;
use crate::org::logins::LoginStore;
use crate::org::pasted::{self, Pasted};
use crate::org::{ConnectOptions, Event, Org, OrgError, OrgErrorKind};

use super::arguments::{DEMO, demo_name, is_address, shell_word};
use super::config::{Config, WayInto};
#[cfg(feature = "demo")]
use super::demo_org::DemoOrg;
use super::error::CommandError;
use super::ui::{self, Progress, Ui};
use super::way_in;

/// Which org is meant.
#[derive(Debug)]
pub(crate) enum TargetOrg {
    /// A name, and where it was read.
    Named(String, String),
    /// The default org of the `sf` command line, and where that has it from.
    Default(String, String),
    /// An access token in the environment, and the org's address.
    Token(SecretString, String),
    /// A name that a file which was named on the command line gives an address, and the variable
    /// that holds its token.
    Configured { name: String, token: SecretString, address: String, variable: String },
}

/// A variable of the environment that says something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Refuses a variable that is set and cannot be read, which would pass for one that is not set.
fn check_text(name: &str) -> Result<(), CommandError> {
    match env::var(name) {
        Err(env::VarError::NotUnicode(_)) => {
            Err(CommandError::new(format!("{name} holds what is no text in UTF-8"))
                .because("it is not shown, and no request was made with it")
                .hint("set it anew, or unset it"))
        }
        _ => Ok(()),
    }
}

/// Where an access token is read from, and the address of its org.
const TOKEN: &str = "SF_ACCESS_TOKEN";
const ADDRESS: &str = "SF_ORG_INSTANCE_URL";

/// Says which org is meant, or `None` where nobody has said.
///
/// # Errors
/// What the environment holds is half a login, or none.
pub(crate) fn choose(
    ui: &Ui,
    argument: Option<&str>,
    config: &Config,
) -> Result<Option<TargetOrg>, CommandError> {
    if argument.is_none() {
        ["SFSETUP_ORG", "SF_TARGET_ORG", TOKEN, ADDRESS].into_iter().try_for_each(check_text)?;
    }
    let named = argument
        .map(|name| (name.to_owned(), "--org".to_owned()))
        .or_else(|| variable("SFSETUP_ORG").map(|name| (name, "SFSETUP_ORG".to_owned())))
        .or_else(|| variable("SF_TARGET_ORG").map(|name| (name, "SF_TARGET_ORG".to_owned())))
        .or_else(|| config.org.clone().map(|name| (name, config.place_of_org())));
    if let Some((name, place)) = named {
        if hide_secrets(&name) != name {
            return Err(CommandError::new(format!(
                "{place} holds a credential, and no org's name"
            ))
            .because("it is not shown, and no request was made with it")
            .hint("`sfsetup org login NAME --auth-url-file FILE` signs in with an auth URL")
            .hint(format!("an access token belongs into {TOKEN}"))
            .usage());
        }
        if is_address(&name) {
            return of_address(&name, &place).map(Some);
        }
        #[cfg(feature = "demo")]
        if let Some(demo) = DemoOrg::of(&name) {
            demo.check()?;
        }
        if place == config.place_of_org() && config.org.is_some() && variable(TOKEN).is_some() {
            ui.note(&format!(
                "{TOKEN} is set and not used: {place} names the org `{name}`; `--org \
                 \"${ADDRESS}\"` takes that of the token"
            ));
        }
        return Ok(Some(match config.way_into(&name)? {
            Some(way) => of_file(name, way)?,
            None => TargetOrg::Named(name, place),
        }));
    }
    match of_environment()? {
        Some(choice) => Ok(Some(choice)),
        None => default_of_sf(ui),
    }
}

/// Takes an address that was given for an org's name: it is that of the environment's token, or
/// names nothing.
fn of_address(name: &str, place: &str) -> Result<TargetOrg, CommandError> {
    let same =
        |one: &str| one.trim_end_matches('/').eq_ignore_ascii_case(name.trim_end_matches('/'));
    match of_environment()? {
        Some(TargetOrg::Token(token, address)) if same(&address) => {
            Ok(TargetOrg::Token(token, address))
        }
        _ => Err(CommandError::new(format!("`{name}` is an address, and no org goes by it"))
            .because(format!("it was read from {place}"))
            .hint(format!(
                "`sfsetup org login NAME --instance-url {}` signs in there",
                shell_word(name)
            ))
            .hint(format!("or put it into {ADDRESS}, and an access token of it into {TOKEN}"))
            .usage()),
    }
}

/// The login that the environment holds.
fn of_environment() -> Result<Option<TargetOrg>, CommandError> {
    let Some(text) = variable(TOKEN) else { return Ok(None) };
    // As people paste it, quotes and all.
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).trim().to_owned();
    let bare = unquoted(&text);
    let bare = bare.as_str();
    let (token, told) = if bare.contains('{') || bare.contains("://") {
        let found = pasted::read_token(&text).map_err(|error| {
            CommandError::new(format!("{TOKEN} holds nothing to sign in with"))
                .because(error.message)
                .hint(format!(
                    "put an access token into {TOKEN} and its org's address into {ADDRESS}; `sf \
                     org auth show-access-token --target-org ORG --json` shows a token"
                ))
        });
        match found? {
            Pasted::AccessToken { token, instance_url, .. } => (token, instance_url),
            Pasted::AuthUrl(_) => {
                return Err(CommandError::new(format!("{TOKEN} holds an SFDX auth URL"))
                    .because("an auth URL is for signing in once; here belongs an access token")
                    .hint(format!(
                        "`printenv {TOKEN} | sfsetup org login NAME --auth-url-file -` signs in \
                         with it; then unset {TOKEN} and name the org with `--org NAME`"
                    )));
            }
        }
    } else {
        (SecretString::from(bare), None)
    };
    let (from, address) = match (variable(ADDRESS), told) {
        (Some(address), _) => (ADDRESS, Some(address)),
        (None, told) => (TOKEN, told),
    };
    let Some(address) = address else {
        return Err(CommandError::new(format!("{TOKEN} is set, and {ADDRESS} is not"))
            .hint(format!(
                "set {ADDRESS} to the org's address (https://..my.salesforce.com); an org can also \
                 be named with `--org NAME`"
            ))
            .usage());
    };
    // Shown as the org's name, it would show the secret.
    if address.contains(['@', '!']) {
        return Err(CommandError::new(format!("{from} holds no address of an org"))
            .because("an org's address holds no user name, password or token")
            .hint(format!("set {ADDRESS} to the org's address (https://..my.salesforce.com)")));
    }
    // What it goes by is its address, by which hints tell that the environment names it.
    let address = match unquoted(&address).as_str() {
        full if full.contains("://") || full.contains(char::is_whitespace) => full.to_owned(),
        bare => format!("https://{bare}"),
    };
    Ok(Some(TargetOrg::Token(token, address)))
}

/// The org that a file gives an address, with the token of the variable that it names.
fn of_file(name: String, way: WayInto<'_>) -> Result<TargetOrg, CommandError> {
    let WayInto { instance_url, access_token_env, place } = way;
    let Some(token) = variable(access_token_env) else {
        return Err(CommandError::new(format!("cannot sign in to the org `{name}`"))
            .because(format!("{access_token_env} is not set, and {place} reads its token there")));
    };
    Ok(TargetOrg::Configured {
        name,
        token: SecretString::from(token.trim()),
        address: instance_url.to_owned(),
        variable: access_token_env.to_owned(),
    })
}

/// The variable that gives the address of the environment's org; with the JSON of `sf` it is that of
/// the token.
fn place_of_address() -> &'static str {
    if variable(ADDRESS).is_some() { ADDRESS } else { TOKEN }
}

/// Says what half of a login the environment holds, where no org is named.
pub(crate) fn half_of_environment() -> Option<String> {
    let is_half = variable(ADDRESS).is_some() && variable(TOKEN).is_none();
    is_half.then(|| format!("{ADDRESS} is set, and {TOKEN} is not"))
}

/// The org that `sf` takes where none is named; its own command line says which.
fn default_of_sf(ui: &Ui) -> Result<Option<TargetOrg>, CommandError> {
    // Where no runtime is to be had the org is not asked for either, and that is told there.
    let Ok(runtime) = runtime() else { return Ok(None) };
    let cli = SfCli::of(&options(ui));
    let default = runtime.block_on(cli.default_org()).map_err(|error| {
        let all = CommandError::new("no org is named, and `sf` does not say which is its default")
            .because(error.message)
            .hint("name an org with `--org NAME`, or see to `sf config get target-org`")
            .usage();
        match half_of_environment() {
            Some(half) => all.hint(half),
            None => all,
        }
    })?;
    let Some(DefaultOrg { mut name, location }) = default else { return Ok(None) };
    // An alias that means another org here would lead there from each hint.
    if is_taken(&name)
        && let Some(username) = runtime.block_on(cli.username(&name))
    {
        name = username;
    }
    let place = match location.as_str() {
        "" => "`sf config get target-org`".to_owned(),
        location => format!("`sf config get target-org` ({location})"),
    };
    Ok(Some(TargetOrg::Default(name, place)))
}

/// Says whether a name means an org that is not one of `sf`.
fn is_taken(name: &str) -> bool {
    demo_name(name).is_some() || logins().is_ok_and(|store| store.file(name).exists())
}

impl TargetOrg {
    /// Returns what reports call the org.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Named(name, _) | Self::Default(name, _) | Self::Configured { name, .. } => name,
            Self::Token(_, address) => address,
        }
    }

    /// Returns where it is said that this one is meant.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Named(_, place) | Self::Default(_, place) => place,
            Self::Configured { .. } => "its address is in the file that is named",
            Self::Token(..) => TOKEN,
        }
    }
}

#[cfg(feature = "demo")]
impl TargetOrg {
    /// Returns which org inside the program is meant, if one is.
    pub(crate) fn demo(&self) -> Option<DemoOrg> {
        match self {
            Self::Named(name, _) => DemoOrg::of(name),
            _ => None,
        }
    }

    /// Says when the links of an answer lead anywhere: the server of an org inside the program ends
    /// with the command that wanted it. `None` where they do.
    pub(crate) fn about_links(&self) -> Option<String> {
        let demo = self.demo()?;
        if demo.served(&state_folder().ok()?).is_some() {
            return None;
        }
        let name = demo.name().map(|name| format!(" {name}")).unwrap_or_default();
        Some(format!("the links lead to this org while `sfsetup demo serve{name}` runs"))
    }

    /// Says whether an org inside the program is meant.
    pub(crate) fn is_demo(&self) -> bool {
        self.demo().is_some()
    }
}

/// Returns where sfsetup keeps its own logins: a folder, and the system's keyring unless
/// `SFSETUP_KEYRING` is `off`.
///
/// # Errors
/// The system names no home.
pub(crate) fn logins() -> Result<LoginStore, CommandError> {
    match way_in::login_folder() {
        Some(folder) => {
            let store = LoginStore::new(folder);
            Ok(if way_in::uses_keyring() { store.with_keyring() } else { store })
        }
        None => Err(CommandError::new("there is no home folder to keep logins in")
            .hint("set HOME, or XDG_CONFIG_HOME")),
    }
}

/// Returns the folder for what is kept between commands: journals, and the demo org.
///
/// # Errors
/// The system names no home.
pub(crate) fn state_folder() -> Result<PathBuf, CommandError> {
    let base = env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::var_os("LOCALAPPDATA").map(PathBuf::from))
        .or_else(|| env::home_dir().map(|home| home.join(".local").join("state")));
    match base {
        Some(base) => Ok(base.join("sfsetup")),
        None => Err(CommandError::new("there is no home folder to keep journals in")
            .hint("set HOME, or XDG_STATE_HOME")),
    }
}

/// Opens a demo org, making it where there is none.
///
/// # Errors
/// Its folder cannot be used, or is damaged.
#[cfg(feature = "demo")]
pub(crate) fn open_demo(org: &DemoOrg) -> Result<demo::Store, CommandError> {
    demo::Store::open_named(&org.folder(&state_folder()?), org.name())
        .map_err(|error| CommandError::demo(org.name(), &error))
}

/// An org, and where it is the demo org its server, which lives as long.
pub(crate) struct Connected {
    pub(crate) org: Org,
    #[cfg(feature = "demo")]
    _demo: Option<demo::Running>,
}

/// Returns how to connect: what the environment says of certificates and versions, and where
/// progress is shown.
pub(crate) fn options(ui: &Ui) -> ConnectOptions {
    let (progress, interrupt) = (Progress::new(ui), ui.interrupt().clone());
    ConnectOptions {
        ca_file: env::var_os("SSL_CERT_FILE").map(PathBuf::from),
        allowed_hosts: ui.vouched().hosts.clone(),
        events: Arc::new(move |event: Event| progress.show(&event)),
        hold_end: Arc::new(move || Box::new(interrupt.hold_login())),
        ..ConnectOptions::default()
    }
}

/// An org that does not let us in, with how its person signs in again: as they did this time, and
/// at `address` where whoever signs in has named that.
fn failed(choice: &TargetOrg, error: &OrgError, address: Option<&str>) -> CommandError {
    match choice {
        TargetOrg::Named(name, _) => CommandError::org_at(name, error, address),
        TargetOrg::Token(_, name) => {
            let mut all = CommandError::org(name, error);
            let place = place_of_address();
            match error.kind {
                // Of a login's options there is nothing to say here.
                OrgErrorKind::Usage => {
                    all.hints = vec![format!(
                        "the address was read from {place}, where the org's own belongs \
                         (https://..my.salesforce.com)"
                    )];
                    all
                }
                OrgErrorKind::Unreachable | OrgErrorKind::Unexpected => {
                    all.hint(format!("the address was read from {place}"))
                }
                _ => all,
            }
        }
        TargetOrg::Default(name, _) => CommandError::of_sf(name, error, address),
        TargetOrg::Configured { name, variable, .. } => {
            CommandError::configured(name, variable, error)
        }
    }
}

/// Signs in to the chosen org.
///
/// # Errors
/// Nobody of that name is known, or the org does not let us in.
pub(crate) async fn connect(
    choice: &TargetOrg,
    options: ConnectOptions,
) -> Result<Connected, CommandError> {
    #[cfg(feature = "demo")]
    if let Some(demo_org) = choice.demo() {
        return connect_demo(choice, &demo_org, options).await;
    }
    let session = session(choice, &options).await?;
    let address = session.instance_url().to_owned();
    let failed = |error: OrgError| failed(choice, &error, Some(&address));
    Ok(Connected {
        org: Org::connect(session, options).await.map_err(failed)?,
        #[cfg(feature = "demo")]
        _demo: None,
    })
}

/// Connects to a demo org: to the `sfsetup demo serve` that serves it, so that what is seen there
/// is seen here, and what an answer links to is there afterwards; else to a server that lives as
/// long as this command.
#[cfg(feature = "demo")]
async fn connect_demo(
    choice: &TargetOrg,
    demo_org: &DemoOrg,
    options: ConnectOptions,
) -> Result<Connected, CommandError> {
    let failed = |error: OrgError| failed(choice, &error, None);
    let token = SecretString::from(open_demo(demo_org)?.token());
    if let Some((_, org)) = knock(demo_org, &token, options.clone()).await? {
        return Ok(Connected { org, _demo: None });
    }
    let running = serve_demo(demo_org, None, &demo::Faults::none(), &demo::Orgs::from).await?;
    let (name, source) = (demo_org.as_option(), "the demo org in this program");
    let session =
        Session::from_access_token(&name, &token, &running.url(), source).map_err(failed)?;
    let org = Org::connect(session, options).await.map_err(failed)?;
    Ok(Connected { org, _demo: Some(running) })
}

/// Asks at the address at which a demo org is said to be served. A server that was killed has left
/// its address, at which nobody may be, or somebody else: then it is `None`.
#[cfg(feature = "demo")]
async fn knock(
    demo_org: &DemoOrg,
    token: &SecretString,
    options: ConnectOptions,
) -> Result<Option<(String, Org)>, CommandError> {
    let Some(url) = demo_org.served(&state_folder()?) else { return Ok(None) };
    let (name, source) = (demo_org.as_option(), "the demo org that `sfsetup demo serve` serves");
    let Ok(session) = Session::from_access_token(&name, token, &url, source) else {
        return Ok(None);
    };
    let connecting = tokio::time::timeout(LONGEST_KNOCK, Org::connect(session, options)).await;
    // A sandbox that was refreshed has another id.
    let is_it = |org: &Org| demo::org_ids(demo_org.name()).contains(&org.identity().id);
    Ok(connecting.ok().and_then(Result::ok).filter(is_it).map(|org| (url, org)))
}

/// Returns the address at which a demo org is served by `sfsetup demo serve`, if it is.
///
/// # Errors
/// Its folder cannot be had.
#[cfg(feature = "demo")]
pub(crate) async fn served_at(demo_org: &DemoOrg) -> Result<Option<String>, CommandError> {
    let token = SecretString::from(open_demo(demo_org)?.token());
    Ok(knock(demo_org, &token, ConnectOptions::default()).await?.map(|(url, _)| url))
}

/// How long a server that is said to serve a demo org may take to answer.
#[cfg(feature = "demo")]
const LONGEST_KNOCK: std::time::Duration = std::time::Duration::from_secs(5);

/// Serves a demo org: at a port, or where it was before if that is free, so that its links still
/// lead to it. `faults` and `set_up` say how it is to behave.
///
/// # Errors
/// Its folder or the port cannot be had.
#[cfg(feature = "demo")]
pub(crate) async fn serve_demo(
    org: &DemoOrg,
    port: Option<u16>,
    faults: &demo::Faults,
    set_up: &dyn Fn(demo::Store) -> demo::Orgs,
) -> Result<demo::Running, CommandError> {
    let base = state_folder()?;
    let serve = async |port| {
        let orgs = set_up(open_demo(org)?);
        demo::serve(orgs, port, faults.clone())
            .await
            .map_err(|error| CommandError::demo(org.name(), &error))
    };
    let before = org.port(&base);
    let running = match (port, before) {
        (None, Some(before)) => match serve(Some(before)).await {
            Ok(running) => running,
            Err(_) => serve(None).await?,
        },
        (port, _) => serve(port).await?,
    };
    if port.is_some() || before.is_none() {
        org.remember_port(&base, running.address.port());
    }
    Ok(running)
}

async fn session(choice: &TargetOrg, options: &ConnectOptions) -> Result<Session, CommandError> {
    let failed = |error: OrgError| failed(choice, &error, None);
    let mut address = None;
    match choice {
        TargetOrg::Token(token, address) => {
            Session::from_access_token(address, token, address, "environment").map_err(|error| {
                let is_of_address = error.kind == OrgErrorKind::Usage;
                let all = failed(error);
                if is_of_address {
                    all
                } else {
                    all.hint(format!("the token was read from {TOKEN}"))
                }
            })
        }
        TargetOrg::Configured { name, token, address, .. } => {
            Session::from_access_token(name, token, address, "--config").map_err(failed)
        }
        // What `sf` calls by a name is its own org, not a login of ours that goes by it too.
        TargetOrg::Default(name, place) => {
            let session = Session::from_sf_cli(name, SfCli::of(options), &mut address).await;
            let session = session.map_err(|error| {
                self::failed(choice, &error, address.as_deref())
                    .hint(format!("the name was read from {place}"))
            })?;
            Ok(session.told_by(place))
        }
        TargetOrg::Named(name, place) => {
            let store = logins()?;
            if let Some(login) = store.load(name).map_err(failed)? {
                return Session::from_login(&login, &store, options).map_err(failed);
            }
            let cli = SfCli::of(options);
            let mut error = match Session::from_sf_cli(name, cli, &mut address).await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            if let Some(why) = error.message.strip_prefix(NO_HELP) {
                error.message =
                    format!("no login has that name, and {NO_HELP}, which might know it,{why}");
            }
            let is_unknown = error.kind == OrgErrorKind::NoSuchOrg;
            let near = if is_unknown { nearest_org(name, &store).await } else { None };
            let mut error = self::failed(choice, &error, address.as_deref());
            if let Some(near) = near {
                error = error.hint(format!("did you mean `{near}`?"));
            }
            // Where a file names it, that is said before.
            if is_unknown && place == "--org" && variable(TOKEN).is_some() {
                error = error.hint(format!(
                    "{TOKEN} is set and not used, since an org is named; `--org \"${ADDRESS}\"` \
                     takes that of the token"
                ));
            }
            if place == "--org" {
                Err(error)
            } else {
                Err(error.hint(format!("the name was read from {place}")))
            }
        }
    }
}

/// Says whether an org is known by that name, before anything else is said of it: which org comes
/// before its parameters.
///
/// # Errors
/// Nobody of that name is known.
pub(crate) fn check_known(ui: &Ui, choice: &TargetOrg) -> Result<(), CommandError> {
    // Of many orgs each is looked up by whoever asks it.
    if tokio::runtime::Handle::try_current().is_ok() {
        return Ok(());
    }
    // Where no runtime is to be had the org is not asked for either, and that is told there.
    let Ok(runtime) = runtime() else { return Ok(()) };
    runtime.block_on(known(ui, choice))
}

/// The same for whoever waits already.
async fn known(ui: &Ui, choice: &TargetOrg) -> Result<(), CommandError> {
    #[cfg(feature = "demo")]
    if choice.is_demo() {
        return Ok(());
    }
    session(choice, &options(ui)).await.map(drop)
}

/// Gives what is asked of an org; where that is wrong, and the org is not known, the org's error
/// comes first.
///
/// # Errors
/// As [`check_known`], or what is wrong with what is asked.
pub(crate) async fn of_known<T>(
    ui: &Ui,
    choice: &TargetOrg,
    asked: Result<T, CommandError>,
) -> Result<T, CommandError> {
    if asked.is_err() {
        known(ui, choice).await?;
    }
    asked
}

/// The login or alias that was probably meant, or the demo org.
async fn nearest_org(name: &str, store: &LoginStore) -> Option<String> {
    let logins = store.list().unwrap_or_default().logins;
    let aliases = SfCli::default().aliases().await.unwrap_or_default();
    let built_in = if cfg!(feature = "demo") { &[DEMO][..] } else { &[] };
    let known = logins.iter().map(|login| login.name.as_str());
    let known = known.chain(aliases.iter().map(String::as_str)).chain(built_in.iter().copied());
    nearest(name, known).map(str::to_owned)
}

/// What runs what waits, on this thread.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Runs what waits, on this thread.
///
/// # Errors
/// The system gives no event loop.
pub(crate) fn block_on<T>(
    ui: &Ui,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let no_loop = |error: std::io::Error| {
        CommandError::new("cannot begin: the system gives no event loop").because(error.to_string())
    };
    let (interrupt, last_words) = (ui.interrupt().clone(), ui.last_words().clone());
    let end = move || ui::end_interrupted(interrupt.waits_for_a_login(), &last_words);
    ui.interrupt().listen(end).map_err(no_loop)?;
    runtime().map_err(no_loop)?.block_on(async {
        let may_end = async {
            ui.interrupt().pressed().await;
            if ui.interrupt().waits_for_a_login() {
                ui.note(
                    "ends once the new token of the login has come and is stored, within a minute; \
                     to end it before that may end the login (press Ctrl-C again)",
                );
            }
            ui.interrupt().may_end().await;
        };
        match select(std::pin::pin!(work), std::pin::pin!(may_end)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) if ui.interrupt().has_sent() => Err(CommandError::interrupted()
                .because(format!(
                    "{}, and what the org holds now was not looked at to the end",
                    ui.interrupt().ended().as_deref().unwrap_or("what was sent is over")
                ))
                .hint(
                    "run the same command again: it looks at the org, and finishes what is open",
                )),
            Either::Right(_) => Err(CommandError::interrupted().because("nothing was sent")),
        }
    })
}
