//! What can be looked at without an org: configuration, environment, logins, keyring, state, `sf`.

use std::env;
use std::path::{Path, PathBuf};

use super::{Found, of_error};
use crate::cli::shared::config::{Config, FILE};
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::variables::VARIABLES;
use crate::cli::shared::wanted;
use crate::journal;
use crate::org::OrgError;
use crate::org::auth::SfCli;
use crate::org::logins::LoginStore;
use crate::report::doctor::{Check, Outcome};

/// Variables that are set everywhere, which tells nothing.
const EVERYWHERE: &[&str] = &["HOME", "TERM", "APPDATA", "LOCALAPPDATA"];

/// Which `sfsetup.toml` counts, and what it says.
pub(super) fn configuration(ui: &Ui) -> Found {
    let name = "configuration";
    let config = match Config::find(ui.vouched(), None) {
        Ok(config) => config,
        Err(error) => return (of_error(name, &error), None),
    };
    let Some(file) = &config.file else {
        let found = format!("no {FILE} from here upwards; what is wanted is named by options");
        return (Check::ok(name, found), Some(config));
    };
    let how = if config.is_named() { "named by --config" } else { "found" };
    let mut says = vec![format!("{} ({how})", file.display())];
    if let Some(org) = &config.org {
        says.push(format!("org {org} ({})", config.place_of_org()));
    }
    if let Some((names, place)) = config.templates(config.org.as_deref()) {
        says.push(format!("templates {} ({place})", names.join(", ")));
    }
    if let Some((format, place)) = config.format() {
        says.push(format!("format {} ({place})", format.name()));
    }
    if let Some((fail_on, place)) = config.fail_on(config.org.as_deref()) {
        says.push(format!("fail-on {} ({place})", fail_on.name()));
    }
    (Check::ok(name, says.join("; ")), Some(config))
}

/// All but the configuration.
pub(super) fn all(ui: &Ui) -> Vec<Check> {
    let mut checks = vec![environment(), certificates()];
    let logins = connect::logins();
    match &logins {
        Ok(store) => {
            checks.push(listed(store));
            checks.push(keyring(store));
        }
        Err(error) => {
            checks.push(of_error("logins", error));
            checks.push(Check::not_checked("keyring", "there is no folder for logins"));
        }
    }
    checks.extend(state());
    checks.push(sf(ui));
    checks
}

/// What is set, without values that may be secrets.
fn environment() -> Check {
    let names = VARIABLES.iter().flat_map(|(names, _)| *names).flat_map(|name| {
        let small = name.ends_with("_PROXY").then(|| name.to_lowercase());
        std::iter::once((*name).to_owned()).chain(small)
    });
    let set: Vec<String> = names
        .filter(|name| !EVERYWHERE.contains(&name.as_str()) && env::var_os(name).is_some())
        .collect();
    match set.as_slice() {
        [] => Check::ok("environment", "none of the variables that count is set"),
        names => Check::ok("environment", format!("set: {}", names.join(", "))),
    }
}

/// The certificates to trust: on Linux those of a file, and of a folder, take the place of the
/// system's; elsewhere a file's stand beside them.
fn certificates() -> Check {
    let name = "certificates";
    let is_beside = cfg!(any(target_os = "macos", windows));
    let folder = env::var_os("SSL_CERT_DIR").map(PathBuf::from).filter(|_| !is_beside);
    let Some(file) = env::var_os("SSL_CERT_FILE").map(PathBuf::from) else {
        return Check::ok(
            name,
            match folder {
                Some(folder) => format!("those in `{}` alone (SSL_CERT_DIR)", folder.display()),
                None => "those of the system; SSL_CERT_FILE is not set".to_owned(),
            },
        );
    };
    let unusable = |why: &str| {
        Check::bad(
            name,
            Outcome::Stops,
            format!("SSL_CERT_FILE names `{}`: {why}", file.display()),
            "name a file of certificates in PEM form, or unset the variable",
        )
    };
    match std::fs::read(&file) {
        Err(error) => unusable(&error.to_string()),
        Ok(bytes) if memchr::memmem::find(&bytes, b"-----BEGIN CERTIFICATE-----").is_none() => {
            unusable("there is no certificate in PEM form in it")
        }
        Ok(_) if is_beside => {
            Check::ok(name, format!("those of the system and of `{}`", file.display()))
        }
        Ok(_) => {
            let also = folder.map(|folder| format!(" and in `{}`", folder.display()));
            let also = also.unwrap_or_default();
            Check::ok(name, format!("those of `{}`{also} alone", file.display()))
        }
    }
}

/// sfsetup's own logins.
fn listed(store: &LoginStore) -> Check {
    let name = "logins";
    let failed = |error: &OrgError| of_error(name, &CommandError::new(error.message.clone()));
    let listed = match store.list() {
        Ok(listed) => listed,
        Err(error) => return failed(&error),
    };
    let folder = store.folder().display();
    if let Some(open) = readable_by_others(store.folder()) {
        return Check::bad(
            name,
            Outcome::Warning,
            format!("others on this machine may look into `{}`", open.display()),
            format!("`chmod -R go= {folder}`"),
        );
    }
    if !listed.unreadable.is_empty() {
        let words: Vec<&str> =
            listed.unreadable.iter().map(|error| error.message.as_str()).collect();
        return Check::bad(
            name,
            Outcome::Warning,
            words.join("; "),
            "`sfsetup org logout NAME` forgets such a login",
        );
    }
    let names: Vec<&str> = listed.logins.iter().map(|login| login.name.as_str()).collect();
    match names.as_slice() {
        [] => Check::ok(name, format!("none of sfsetup's own; they would be kept in `{folder}`")),
        names => Check::ok(name, format!("{} (in `{folder}`)", names.join(", "))),
    }
}

/// Where secrets of logins are kept.
fn keyring(store: &LoginStore) -> Check {
    match store.check_keyring() {
        None => Check::ok(
            "keyring",
            "SFSETUP_KEYRING is off: secrets of logins stand in their files, which you alone may \
             read",
        ),
        Some(Ok(())) => Check::ok("keyring", "takes, gives back and forgets an entry"),
        Some(Err(why)) => Check::bad(
            "keyring",
            Outcome::Warning,
            format!("{why}; secrets of new logins stand in their files, which you alone may read"),
            "unlock or start the system's keyring, or set SFSETUP_KEYRING=off to say that it is \
             meant so",
        ),
    }
}

/// The folder of what is kept between commands, and what an earlier run left open.
fn state() -> Vec<Check> {
    let folder = match connect::state_folder() {
        Ok(folder) => folder,
        Err(error) => return vec![of_error("state", &error)],
    };
    let journals = match wanted::journals() {
        Ok(journals) => journals,
        Err(error) => return vec![of_error("state", &error)],
    };
    vec![writable(&folder), unfinished(&journals)]
}

/// Says whether the folder can be written, or made.
fn writable(folder: &Path) -> Check {
    let there = folder.ancestors().find(|one| one.exists()).unwrap_or(folder);
    if let Err(error) = tempfile::Builder::new().prefix(".sfsetup-").tempfile_in(there) {
        return Check::bad(
            "state",
            Outcome::Stops,
            format!("cannot write in `{}`: {error}", there.display()),
            "set XDG_STATE_HOME to a folder that you may write; without one nothing is deployed",
        );
    }
    if let Some(open) = readable_by_others(&folder.join("journal")) {
        return Check::bad(
            "state",
            Outcome::Warning,
            format!("others on this machine may look into `{}`", open.display()),
            format!("`chmod -R go= {}`", folder.display()),
        );
    }
    let found = match there == folder {
        true => format!("`{}` can be written", folder.display()),
        false => format!("`{}` is made when it is needed", folder.display()),
    };
    Check::ok("state", found)
}

/// Deploys that were cut off, files that cannot be read, and runs that are under way.
fn unfinished(journals: &Path) -> Check {
    let name = "journal";
    let orgs = match journal::orgs(journals) {
        Ok(orgs) => orgs,
        Err(error) => {
            let what = format!("cannot read `{}`: {error}", journals.display());
            return of_error(name, &CommandError::new(what));
        }
    };
    let (mut open, mut damaged, mut held, mut all) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (org, is_held) in &orgs {
        if *is_held {
            held.push(org.clone());
        }
        match journal::contents(journals, org) {
            Ok(contents) => {
                all += contents.entries.len();
                let cut_off = contents.entries.iter().filter(|entry| {
                    entry.stage.is_open() && entry.rolled_back_by.is_none() && !is_held
                });
                open.extend(cut_off.map(|entry| format!("{} in {}", entry.id, entry.org.name)));
                damaged.extend(contents.damaged.iter().map(ToString::to_string));
            }
            Err(error) => damaged.push(error.to_string()),
        }
    }
    if !damaged.is_empty() {
        return Check::bad(
            name,
            Outcome::Warning,
            damaged.join("; "),
            "put the file back as it was, or move it elsewhere: then that deploy cannot be taken \
             back",
        );
    }
    if !open.is_empty() {
        return Check::bad(
            name,
            Outcome::Warning,
            format!("cut off and not finished: {}", open.join(", ")),
            "run `sfsetup deploy` or `sfsetup rollback` on that org: it finds out first what became \
             of it",
        );
    }
    let running = match held.as_slice() {
        [] => String::new(),
        held => format!("; a run is under way in {}", held.join(", ")),
    };
    Check::ok(name, format!("{all} deploys, none unfinished{running}"))
}

/// The `sf` command line, whose orgs go by their aliases here.
fn sf(ui: &Ui) -> Check {
    let cli = SfCli::of(&connect::options(ui));
    let version = connect::block_on(ui, async { Ok(cli.version().await) });
    match version {
        Ok(Ok(Some(version))) => match connect::block_on(ui, async { Ok(cli.aliases().await) }) {
            Ok(Ok(aliases)) => {
                Check::ok("sf", format!("{version}; aliases: {}", or_none(&aliases)))
            }
            Ok(Err(error)) => Check::bad(
                "sf",
                Outcome::Warning,
                format!("{version}; {}", error.message),
                "see what `sf alias list` says by itself",
            ),
            Err(error) => of_error("sf", &error),
        },
        Ok(Ok(None)) => Check::ok("sf", "the sf command line is not installed; it is not needed"),
        Ok(Err(error)) => Check::bad(
            "sf",
            Outcome::Warning,
            error.message,
            "see what `sf --version` says by itself; sfsetup's own logins work without it",
        ),
        Err(error) => of_error("sf", &error),
    }
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The first of a folder and what is in it that others than its owner may read.
#[cfg(unix)]
fn readable_by_others(folder: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let is_open = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
    };
    // What nobody else may enter, nobody else may look into.
    is_open(folder).then(|| folder.to_path_buf())
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> Option<PathBuf> {
    None
}
