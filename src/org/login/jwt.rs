//! By JWT bearer: a key on this machine, and the host that takes what it signs.

use std::path::Path;

use cirrus_auth::AuthError;

use super::learn_instance;
use crate::org::ConnectOptions;
use crate::org::auth::jwt_session;
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::http;
use crate::org::logins::{Credential, Login};

const PRODUCTION: &str = "https://login.salesforce.com";
const SANDBOX: &str = "https://test.salesforce.com";

/// A login by JWT bearer.
#[derive(Clone, Copy, Debug)]
pub struct JwtLogin<'l> {
    /// The host that issues tokens, or the org's own address; `None` for the two common ones.
    pub login_url: Option<&'l str>,
    /// The connected app's consumer key.
    pub client_id: &'l str,
    /// Whom to sign in.
    pub username: &'l str,
    /// The private key, PEM.
    pub key_file: &'l Path,
}

/// Signs in with a key; the user must be pre-authorised for the app.
///
/// # Errors
/// The key cannot be read, or no host takes it: each with what it said.
pub async fn jwt(
    name: &str,
    login: &JwtLogin<'_>,
    options: &ConnectOptions,
) -> Result<Login, OrgError> {
    let own = login.login_url.map(http::check_address).transpose()?;
    let mut first: Option<OrgError> = None;
    for Pair { host, audience } in pairs(own.as_deref()) {
        let answer = try_host(login, host, audience, options).await;
        let refusal = match answer {
            Ok(instance_url) if is_of(&instance_url, host, own.as_deref()) => {
                return Ok(Login {
                    name: name.to_owned(),
                    instance_url,
                    login_url: host.to_owned(),
                    username: Some(login.username.to_owned()),
                    org_id: None,
                    credential: Credential::Jwt {
                        client_id: login.client_id.to_owned(),
                        username: login.username.to_owned(),
                        key_file: std::path::absolute(login.key_file)
                            .unwrap_or_else(|_| login.key_file.to_owned()),
                        audience: (audience != host).then(|| audience.to_owned()),
                    },
                    rotates: None,
                    is_own: true,
                });
            }
            Ok(instance_url) => OrgError::new(
                OrgErrorKind::Auth,
                format!("signs in to another org, at {instance_url}"),
            ),
            // Without a word from the first one there is nothing that another might mend.
            Err(Refusal { error, is_word }) if !is_word && first.is_none() => return Err(error),
            Err(Refusal { error, .. }) => error,
        };
        first = Some(judged(first, Pair { host, audience }, &refusal));
    }
    let nobody = || OrgError::new(OrgErrorKind::Auth, "no host takes what the key signs");
    Err(first.unwrap_or_else(nobody))
}

/// Adds a host's refusal. One host's words are no reason to judge another's: the verdict is that of
/// the first.
fn judged(
    first: Option<OrgError>,
    Pair { host, audience }: Pair<'_>,
    refusal: &OrgError,
) -> OrgError {
    let Some(first) = first else { return refusal.clone() };
    let bare = |address: &str| address.trim_start_matches("https://").to_owned();
    let whom = match audience == host {
        true => bare(host),
        false => format!("{} (for the audience {})", bare(host), bare(audience)),
    };
    first.and_also(format!("{whom}: {refusal}"))
}

/// A host that issues tokens, and whom the assertion is made out to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair<'p> {
    host: &'p str,
    audience: &'p str,
}

/// What to try, in the order in which `sf` does: the host that was named, then those of sandboxes
/// and of production, then the named one with the audience of those two, for which of them an org
/// takes does not show in its address (S 6.9). Where the kind of org was named by its login host,
/// no other is tried, and none beside a server on this machine.
fn pairs(own: Option<&str>) -> Vec<Pair<'_>> {
    let same = |host| Pair { host, audience: host };
    let mixed = |host| [SANDBOX, PRODUCTION].map(|audience| Pair { host, audience });
    match own {
        None => vec![same(PRODUCTION), same(SANDBOX)],
        Some(host) if [PRODUCTION, SANDBOX].contains(&host) => vec![same(host)],
        Some(host) => {
            let shared: &[&str] =
                if http::is_loopback(host) { &[] } else { &[SANDBOX, PRODUCTION] };
            let hosts = std::iter::once(host).chain(shared.iter().copied());
            hosts.map(same).chain(mixed(host)).collect()
        }
    }
}

/// Says whether what a host signed in to is the org that was named: `sf` would take another.
fn is_of(instance_url: &str, host: &str, own: Option<&str>) -> bool {
    match own {
        Some(own) if own != host => instance_url == own,
        _ => true,
    }
}

struct Refusal {
    error: OrgError,
    /// Whether it is the host's word, and no failure on the way.
    is_word: bool,
}

async fn try_host(
    login: &JwtLogin<'_>,
    host: &str,
    audience: &str,
    options: &ConnectOptions,
) -> Result<String, Refusal> {
    let who = (login.client_id, login.username, login.key_file);
    let session = jwt_session(who, (host, audience), host, options)
        .map_err(|error| Refusal { error, is_word: false })?;
    let token = session.access_token().await.map(drop);
    let is_word = matches!(token, Err(AuthError::OAuth { .. }));
    learn_instance(host, token).map_err(|error| Refusal { error, is_word })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_are_those_that_sf_tries_and_never_another_kind_than_was_named() {
        let shown = |own| {
            let shown = |Pair { host, audience }| format!("{host} {audience}");
            pairs(own).into_iter().map(shown).collect::<Vec<_>>()
        };
        let pair = |host: &str, audience: &str| format!("{host} {audience}");
        let same = |host: &str| pair(host, host);
        assert_eq!(shown(None), [same(PRODUCTION), same(SANDBOX)]);
        assert_eq!(shown(Some(SANDBOX)), [same(SANDBOX)]);
        assert_eq!(shown(Some(PRODUCTION)), [same(PRODUCTION)]);
        let here = "http://127.0.0.1:1";
        assert_eq!(shown(Some(here)), [same(here), pair(here, SANDBOX), pair(here, PRODUCTION)]);
        let own = "https://acme.my.salesforce.com";
        let all = [same(own), same(SANDBOX), same(PRODUCTION)];
        assert_eq!(
            shown(Some(own)),
            [&all[..], &[pair(own, SANDBOX), pair(own, PRODUCTION)]].concat()
        );
    }

    #[test]
    fn the_first_hosts_words_are_the_verdict_and_the_others_stand_beside_it() {
        let said = |text: &str| OrgError::from_oauth("invalid_grant", text);
        let same = |host| Pair { host, audience: host };
        let first = judged(None, same(SANDBOX), &said("user hasn't approved this consumer"));
        let all =
            judged(Some(first.clone()), same(PRODUCTION), &said("expired access/refresh token"));
        assert_eq!(all.refusal().unwrap().id, first.refusal().unwrap().id);
        assert_eq!(all.message, "user hasn't approved this consumer");
        let also = ["login.salesforce.com: expired access/refresh token (invalid_grant)"];
        assert_eq!(*all.also, also);
    }

    #[test]
    fn an_org_that_was_named_is_not_taken_for_another() {
        let own = "https://acme.my.salesforce.com";
        assert!(is_of(own, SANDBOX, Some(own)));
        assert!(!is_of("https://other.my.salesforce.com", PRODUCTION, Some(own)));
        assert!(is_of("https://acme--x.my.salesforce.com", own, Some(own)));
        assert!(is_of(own, PRODUCTION, None));
    }
}
