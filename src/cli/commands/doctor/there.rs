//! What an org says: whether it is reached, whether it lets us in, what this user may, and what time
//! it is there.

use std::env;
use std::time::Duration;

use super::of_error;
use crate::apply::preflight::lacking;
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::load;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::variables::PROXIES;
use crate::metadata::right::{self, Right};
use crate::org::probe::{Barrier, Reached, Unreached, probe};
use crate::org::{ConnectOptions, Event, Org};
use crate::report::asks::Asks;
use crate::report::doctor::{Check, Outcome};

/// By so many seconds two clocks may differ before anybody need care.
const SKEW: i64 = 60;
/// Of so many requests fewer than one in this many is few.
const FEW: i64 = 20;

/// Every check of an org.
///
/// # Errors
/// The run was ended.
pub(super) fn all(
    ui: &Ui,
    choice: &TargetOrg,
    templates: &[String],
) -> Result<Vec<Check>, CommandError> {
    let mut checks = vec![Check::ok("org", format!("{} ({})", choice.name(), choice.place()))];
    let options = ConnectOptions {
        connect_timeout: Duration::from_secs(8),
        answer_timeout: Duration::from_secs(30),
        retries: 1,
        ..connect::options(ui)
    };
    connect::block_on(ui, async {
        let hosts = hosts(choice);
        let mut is_reached = true;
        for address in &hosts {
            let check = network(address, &options, &mut checks).await;
            is_reached &= check.outcome != Outcome::Stops;
            checks.push(check);
        }
        if !is_reached {
            checks.push(Check::not_checked("sign-in", "the org is not reached"));
            return Ok(());
        }
        let connected = match connect::connect(choice, options.clone()).await {
            Ok(connected) => connected,
            Err(error) => {
                checks.push(of_error("sign-in", &error));
                return Ok(());
            }
        };
        let org = &connected.org;
        let identity = org.identity();
        checks.push(Check::ok(
            "sign-in",
            format!(
                "works, by {}: {} at {}, API {}",
                identity.source,
                identity.id,
                identity.instance_url,
                org.api_version()
            ),
        ));
        // Of a login of `sf` the address is known only now.
        if hosts.is_empty() && !is_demo(choice) {
            let check = network(&identity.instance_url, &options, &mut checks).await;
            checks.push(check);
        }
        requests(org, &mut checks).await;
        rights(ui, org, templates, &mut checks).await;
        Ok(())
    })?;
    Ok(checks)
}

/// Says whether the org is one inside the program, which no network leads to.
#[cfg(feature = "demo")]
fn is_demo(choice: &TargetOrg) -> bool {
    choice.is_demo()
}

#[cfg(not(feature = "demo"))]
fn is_demo(_: &TargetOrg) -> bool {
    false
}

/// The addresses that are needed for an org, as far as they are known before anybody is asked.
fn hosts(choice: &TargetOrg) -> Vec<String> {
    let mut all = match choice {
        TargetOrg::Token(_, address) | TargetOrg::Configured { address, .. } => {
            vec![address.clone()]
        }
        TargetOrg::Named(name, _) => {
            let known = connect::logins().ok().and_then(|store| store.look(name));
            known.map(|login| vec![login.instance_url, login.login_url]).unwrap_or_default()
        }
        TargetOrg::Default(..) => Vec::new(),
    };
    all.dedup();
    all
}

/// The proxy by which an address is reached, and the variable that says so: without a name or
/// password in it.
fn proxy_to(address: &str) -> Option<(&'static str, String)> {
    let host = address.split("://").nth(1)?.split(['/', ':']).next()?.to_ascii_lowercase();
    let text = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
    let spared = text("NO_PROXY").or_else(|| text("no_proxy")).unwrap_or_default();
    let is_spared = spared.split(',').map(|one| one.trim().trim_start_matches('.')).any(|one| {
        one == "*"
            || (!one.is_empty()
                && (host == one || host.ends_with(&format!(".{}", one.to_ascii_lowercase()))))
    });
    if is_spared || host == "localhost" || host.starts_with("127.") {
        return None;
    }
    PROXIES.iter().find_map(|name| Some((*name, place_of(&text(name)?))))
}

/// A proxy's address without who may enter, which may hold any sign, and without a path, which means
/// nothing there.
fn place_of(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    let place = rest.rsplit('@').next().unwrap_or_default();
    format!("{scheme}{}", place.split(['/', '?', '#']).next().unwrap_or_default())
}

/// Whether an address answers, through which proxy, and what its clock says.
async fn network(address: &str, options: &ConnectOptions, checks: &mut Vec<Check>) -> Check {
    (options.events)(Event::Started { what: format!("reaching {address}") });
    let proxy = proxy_to(address);
    let found = probe(address, proxy.is_some(), options).await;
    (options.events)(Event::Finished);
    let through = match &proxy {
        Some((variable, proxy)) => format!(" through {proxy} ({variable})"),
        None => String::new(),
    };
    match found {
        Ok(Reached { status, millis, ahead }) => {
            if let Some(check) = ahead.and_then(clock)
                && !checks.iter().any(|known| known.name == "clock")
            {
                checks.push(check);
            }
            let found = format!("{address}{through}: answers {status} after {millis} ms");
            Check::ok("network", found)
        }
        Err(Unreached { barrier, why }) => {
            let (what, advice) = match barrier {
                Barrier::Setting => ("is not asked", "put right what is named here".to_owned()),
                Barrier::Name => (
                    "has a name that leads nowhere",
                    "is it spelled right, and is there a network? behind a company's proxy set \
                     HTTPS_PROXY"
                        .to_owned(),
                ),
                Barrier::Connection => (
                    "does not take the connection",
                    "is there a network, and does a firewall let it through? behind a company's \
                     proxy set HTTPS_PROXY"
                        .to_owned(),
                ),
                Barrier::Proxy => (
                    "is not reached",
                    format!(
                        "the proxy of {} is not there or does not let through: put it right, unset \
                         it, or spare the host with NO_PROXY",
                        proxy.as_ref().map_or("HTTPS_PROXY", |(variable, _)| variable)
                    ),
                ),
                Barrier::Certificate => (
                    "shows a certificate that is not trusted",
                    "where your company looks into traffic, put its certificate, as PEM, into a \
                     file and name that in SSL_CERT_FILE"
                        .to_owned(),
                ),
                Barrier::Answer => (
                    "does not answer in time",
                    "try again; if it stays so, ask whoever runs the network, and see \
                     https://status.salesforce.com"
                        .to_owned(),
                ),
            };
            let found = format!("{address}{through} {what}: {why}");
            Check::bad("network", Outcome::Stops, found, advice)
        }
    }
}

/// How far the clock is off; `ahead` by so many seconds.
fn clock(ahead: i64) -> Option<Check> {
    if ahead.abs() <= SKEW {
        return Some(Check::ok("clock", "agrees with the org's"));
    }
    let words = if ahead > 0 { "ahead of" } else { "behind" };
    Some(Check::bad(
        "clock",
        Outcome::Warning,
        format!("this machine's is {} s {words} the org's", ahead.abs()),
        "set the clock (NTP): a sign-in by JWT says from when to when it holds",
    ))
}

/// How many requests are left.
async fn requests(org: &Org, checks: &mut Vec<Check>) {
    checks.push(match org.requests_left().await {
        Ok((left, of)) if left < of / FEW => Check::bad(
            "requests",
            Outcome::Warning,
            format!("{left} of {of} API requests are left for today"),
            "see what uses them in Setup > Company Information; they come back within 24 hours",
        ),
        Ok((left, of)) => {
            Check::ok("requests", format!("{left} of {of} API requests are left for today"))
        }
        Err(error) => Check::not_checked("requests", format!("not shown to this user: {error}")),
    });
}

/// What this user may of what templates ask.
async fn rights(ui: &Ui, org: &Org, templates: &[String], checks: &mut Vec<Check>) {
    if templates.is_empty() {
        let why = "no template is named; with `--template` what it asks for is looked at";
        checks.push(Check::not_checked("rights", why));
        return;
    }
    let user = match org.user().await {
        Ok(user) => user,
        Err(error) => {
            let why = format!("whom we are signed in as is not shown: {error}");
            checks.push(Check::not_checked("rights", why));
            return;
        }
    };
    for name in templates {
        let template = match load::load(ui, name) {
            Ok(template) => template,
            Err(error) => {
                checks.push(of_error("template", &error));
                continue;
            }
        };
        org.begin(&format!("looking for the rights that {} asks for", template.name));
        let asks = Asks::of(&template);
        let types = asks.types();
        let mut missing: Vec<(Outcome, String)> = Vec::new();
        let mut needed: Vec<Right> = Vec::new();
        if !types.is_empty() {
            needed.push(right::METADATA);
        }
        if types.iter().any(|name| right::is_of_app(name)) {
            needed.push(right::CUSTOMIZE);
        }
        match lacking(org, &user.username, &needed).await {
            Ok(all) => {
                for (right, unseen) in all {
                    let outcome = match (right == right::METADATA, &unseen) {
                        (true, None) => Outcome::Stops,
                        _ => Outcome::Warning,
                    };
                    missing.push((
                        outcome,
                        match unseen {
                            Some(why) => format!("{} was not observed: {why}", right.words),
                            None => format!("lacks {}", right.words),
                        },
                    ));
                }
            }
            Err(error) => {
                missing.push((Outcome::Warning, format!("rights are not shown: {error}")))
            }
        }
        let mut shown = 0;
        for object in asks.objects() {
            match org.check_shown(object).await {
                Ok(()) => shown += 1,
                Err(error) => {
                    let words = format!("rows of {object} are not shown ({error})");
                    missing.push((Outcome::Warning, words));
                }
            }
        }
        org.end();
        checks.push(match missing.as_slice() {
            [] => Check::ok(
                "rights",
                format!(
                    "{}: this user may read what it asks for ({} types of metadata, {shown} \
                     objects)",
                    template.name,
                    types.len()
                ),
            ),
            all => {
                let stops = all.iter().any(|(outcome, _)| *outcome == Outcome::Stops);
                let outcome = if stops { Outcome::Stops } else { Outcome::Warning };
                let words: Vec<&str> = all.iter().map(|(_, words)| words.as_str()).collect();
                Check::bad(
                    "rights",
                    outcome,
                    format!("{}: this user {}", template.name, words.join("; ")),
                    "sign in as an administrator, or give this user what is named; what is not \
                     shown is told as not observed",
                )
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_who_may_enter() {
        for (address, expected) in [
            ("http://me:PLANTED@proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("me:PLA@NTED@proxy:1/x?y=PLANTED", "proxy:1"),
            ("http://me:PLA/NTED@proxy:1", "http://proxy:1"),
            ("http://proxy.example.com", "http://proxy.example.com"),
        ] {
            assert_eq!(place_of(address), expected);
        }
    }

    #[test]
    fn clocks_that_differ_by_a_little_agree() {
        assert_eq!(clock(-60).unwrap().outcome, Outcome::Ok);
        let off = clock(-61).unwrap();
        assert!(off.outcome == Outcome::Warning && off.found.contains("61 s behind"), "{off:?}");
        assert!(clock(3600).unwrap().found.contains("ahead of"));
    }
}
