//! Which hosts may get a token: Salesforce's own, this machine, and those that somebody has
//! allowed.

use super::error::{OrgError, OrgErrorKind};

/// The domains that are Salesforce's: the list of `sf` itself (`@salesforce/core` 9.4.0,
/// `lib/util/sfdcUrl.js`, `isSalesforceDomain`), without hosts that have no API.
const DOMAINS: &[&str] = &[
    "cloudforce.com",
    "crmforce.mil",
    "force.com",
    "salesforce.com",
    "salesforce.mil",
    "sfcrmproducts.cn",
];

/// Refuses to send a token to a host that is neither.
///
/// # Errors
/// It is not; with the option that allows it.
pub(super) fn check(address: &str, allowed: &[String]) -> Result<(), OrgError> {
    let url = reqwest::Url::parse(address).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    if url.as_ref().is_some_and(cirrus_auth::transport::is_loopback_host)
        || is_salesforce(host)
        || allowed.iter().any(|one| one.eq_ignore_ascii_case(host))
    {
        return Ok(());
    }
    Err(OrgError::new(
        OrgErrorKind::Usage,
        format!(
            "`{host}` is no host of Salesforce's, so it gets no token; if it is yours, say so with \
             `--allow-host {host}`"
        ),
    ))
}

/// Says whether an address leads to a host that is none of Salesforce's, and not to this machine.
pub(crate) fn is_strange(address: &str) -> bool {
    check(address, &[]).is_err()
}

fn is_salesforce(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforces_hosts_and_this_machine_are_let_through() {
        for host in [
            "login.salesforce.com",
            "acme--dev.sandbox.my.salesforce.com",
            "ACME.my.salesforce.com",
            "acme.lightning.force.com",
            "acme.my.salesforce.mil",
            "acme.my.sfcrmproducts.cn",
        ] {
            assert_eq!(check(&format!("https://{host}"), &[]), Ok(()), "{host}");
        }
        for address in ["http://127.0.0.1:8080", "http://localhost:1", "https://[::1]"] {
            assert_eq!(check(address, &[]), Ok(()), "{address}");
        }
    }

    #[test]
    fn an_address_that_an_org_moves_to_may_be_a_strangers() {
        for (address, expected) in [
            ("https://acme--new.my.salesforce.com", false),
            ("http://127.0.0.1:1", false),
            ("https://evil.example.com", true),
        ] {
            assert_eq!(is_strange(address), expected, "{address}");
        }
    }

    #[test]
    fn who_only_looks_like_it_is_not() {
        for host in [
            "acme.example.com",
            "evilsalesforce.com",
            "salesforce.com.example.com",
            "my-salesforce.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
        ] {
            let error = check(&format!("https://{host}"), &[]).unwrap_err();
            assert!(error.message.contains(&format!("--allow-host {host}")), "{error}");
            assert_eq!(check(&format!("https://{host}"), &[host.to_uppercase()]), Ok(()));
            assert!(check(&format!("https://x.{host}"), &[host.to_owned()]).is_err());
        }
    }
}
