//! How a person signs in to an org again, in the way in which they did before: as a command that
//! runs as it stands.

use std::env;
use std::path::PathBuf;

use crate::org::logins::{Credential, Login, LoginStore};

use super::arguments::{demo_name, is_address, shell_word};

/// The client id of the `sf` command line, which needs not be named.
const DEFAULT_CLIENT: &str = "PlatformCLI";

/// Returns the folder of sfsetup's own logins; none where the system names no home.
pub(crate) fn login_folder() -> Option<PathBuf> {
    let base = env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::var_os("APPDATA").map(PathBuf::from))
        .or_else(|| env::home_dir().map(|home| home.join(".config")))?;
    Some(base.join("sfsetup").join("logins"))
}

/// Says whether new secrets go into the system's keyring, where there is one.
pub(crate) fn uses_keyring() -> bool {
    env::var("SFSETUP_KEYRING").map_or(true, |value| value != "off")
}

/// Says how to sign in again to the org of a name, at the address where it has `moved` to, or at
/// the one that is `known` to whoever signs in to it.
pub(crate) fn again(name: &str, moved: Option<&str>, known: Option<&str>) -> String {
    if is_address(name) {
        return match moved {
            Some(address) => format!("put {address} into SF_ORG_INSTANCE_URL"),
            None => format!(
                "put a new token of {name} into SF_ACCESS_TOKEN (`sf org auth show-access-token \
                 --target-org ALIAS` shows the one of `sf`); a login of sfsetup's needs none: \
                 `sfsetup org login --help`"
            ),
        };
    }
    if let Some(demo) = demo_name(name).filter(|_| cfg!(feature = "demo")) {
        return demo_again(demo);
    }
    let store = login_folder().map(LoginStore::new);
    if let Some(store) = store.filter(|store| store.file(name).exists()) {
        let login = store.load(name).ok().flatten();
        // Where the secret cannot be had, the address of the login can.
        let stored = store.look(name).map(|known| known.login_url);
        return format!("`{}`", command(name, login.as_ref(), moved.or(stored.as_deref())));
    }
    again_by_sf(name, moved.or(known))
}

/// Says how a demo org, by what stands behind `demo:`, is made such that it lets anyone in.
pub(crate) fn demo_again(name: Option<&str>) -> String {
    let name = name.map(|name| format!(" {}", shell_word(name))).unwrap_or_default();
    format!("`sfsetup demo reset{name}` makes it as new")
}

/// Says how to sign in again to an org that the `sf` command line knows, at `address` where it has
/// moved there.
pub(crate) fn again_by_sf(name: &str, address: Option<&str>) -> String {
    // Without an address `sf` signs in at production's.
    let at = address.map(|address| format!(" --instance-url {address}")).unwrap_or_default();
    // A username is no alias.
    let alias = match name.contains('@') {
        true => String::new(),
        false => format!(" --alias {}", shell_word(name)),
    };
    format!("`sf org login web{alias}{at}`")
}

/// The command that made a login, without its secrets: those are asked for on standard input.
fn command(name: &str, login: Option<&Login>, address: Option<&str>) -> String {
    let key;
    let mut words = vec!["sfsetup", "org", "login", name];
    if let Some(address) = address.or(login.map(|login| login.login_url.as_str())) {
        words.extend(["--instance-url", address]);
    }
    if let Some(login) = login {
        match &login.credential {
            Credential::AccessToken { .. } => {}
            Credential::RefreshToken { client_id, client_secret, .. } => {
                if client_id != DEFAULT_CLIENT {
                    words.extend(["--client-id", client_id]);
                }
                if client_secret.is_some() {
                    words.extend(["--client-secret-file", "-"]);
                }
            }
            Credential::Jwt { client_id, username, key_file, .. } => {
                key = key_file.display().to_string();
                words.extend(["--client-id", client_id, "--username", username]);
                words.extend(["--jwt-key-file", &key]);
            }
            Credential::ClientCredentials { client_id, .. } => {
                words.extend(["--client-credentials", "--client-id", client_id]);
                words.extend(["--client-secret-file", "-"]);
            }
        }
    }
    words.into_iter().map(shell_word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(credential: Credential) -> Login {
        Login {
            name: "my org".to_owned(),
            instance_url: "https://acme.my.salesforce.com".to_owned(),
            login_url: "https://test.salesforce.com".to_owned(),
            username: None,
            org_id: None,
            credential,
            rotates: None,
            is_own: true,
        }
    }

    fn shown(credential: Credential) -> String {
        command("my org", Some(&login(credential)), None)
    }

    #[test]
    fn each_sort_of_login_is_made_again_as_it_was() {
        let refresh = |client: &str, secret: Option<&str>| Credential::RefreshToken {
            client_id: client.to_owned(),
            client_secret: secret.map(Into::into),
            refresh_token: "PLANTED".into(),
            access_token: None,
        };
        let base = "sfsetup org login 'my org' --instance-url https://test.salesforce.com";
        assert_eq!(shown(refresh(DEFAULT_CLIENT, None)), base);
        assert_eq!(
            shown(refresh("3MVG9", Some("PLANTED"))),
            format!("{base} --client-id 3MVG9 --client-secret-file -")
        );
        assert_eq!(
            shown(Credential::Jwt {
                client_id: "3MVG9".to_owned(),
                username: "a@example.com".to_owned(),
                key_file: "/keys/my key.pem".into(),
                audience: None,
            }),
            format!(
                "{base} --client-id 3MVG9 --username a@example.com --jwt-key-file '/keys/my key.pem'"
            )
        );
        assert_eq!(
            shown(Credential::ClientCredentials {
                client_id: "3MVG9".to_owned(),
                client_secret: "PLANTED".into(),
            }),
            format!("{base} --client-credentials --client-id 3MVG9 --client-secret-file -")
        );
        let moved = "https://acme--new.my.salesforce.com";
        let login = login(refresh(DEFAULT_CLIENT, None));
        assert!(command("my org", Some(&login), Some(moved)).ends_with(moved));
        // A login whose keyring is locked.
        assert!(command("my org", None, Some(moved)).ends_with(moved));
    }

    #[test]
    fn a_token_of_the_environment_is_put_there_again() {
        let name = "https://acme.my.salesforce.com";
        let token = again(name, None, None);
        assert!(token.starts_with(&format!("put a new token of {name} into SF_ACCESS_TOKEN (")));
        assert!(token.contains("`sfsetup org login --help`"), "{token}");
        assert_eq!(
            again(name, Some("https://b.my.salesforce.com"), None),
            "put https://b.my.salesforce.com into SF_ORG_INSTANCE_URL"
        );
    }
}
