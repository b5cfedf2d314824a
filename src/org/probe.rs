//! Is an address reachable, and if not, what is in the way: its name, the connection, the proxy, the
//! certificate. Nothing is sent that anybody may not see: no token.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::error::hide_secrets;
use super::words::Words;
use super::{ConnectOptions, http};

/// How long one step may take.
const LIMIT: Duration = Duration::from_secs(8);

/// An address that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The HTTP status.
    pub status: u16,
    /// How long it took.
    pub millis: u64,
    /// How many seconds this machine's clock is ahead of the other's, where that tells the time.
    pub ahead: Option<i64>,
}

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// What is set here cannot be used, or forbids it.
    Setting,
    /// Nobody knows where the name leads.
    Name,
    /// Nobody answers there.
    Connection,
    /// The proxy is not there, or does not let through.
    Proxy,
    /// The certificate is not trusted.
    Certificate,
    /// There is no answer in time.
    Answer,
}

/// An address that does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// What is in the way.
    pub barrier: Barrier,
    /// Why, in the words of who says so.
    pub why: String,
}

/// Asks an address for the API versions that every org lists; `proxied` says whether it is reached
/// through a proxy.
///
/// # Errors
/// It does not answer.
pub async fn probe(
    address: &str,
    proxied: bool,
    options: &ConnectOptions,
) -> Result<Reached, Unreached> {
    let options = ConnectOptions {
        connect_timeout: LIMIT,
        read_timeout: LIMIT,
        request_timeout: LIMIT,
        ..options.clone()
    };
    let unreached = |barrier, why: &str| Unreached { barrier, why: hide_secrets(why) };
    let client = http::client(address, &options)
        .map_err(|error| unreached(Barrier::Setting, &error.message))?;
    let started = Instant::now();
    let answer =
        client.get(format!("{}/services/data", address.trim_end_matches('/'))).send().await;
    let error = match answer {
        Ok(answer) => {
            let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
            let parser = jiff::fmt::rfc2822::DateTimeParser::new();
            let org = date.and_then(|date| parser.parse_timestamp(date).ok());
            return Ok(Reached {
                status: answer.status().as_u16(),
                millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
                ahead: org.map(|org| Timestamp::now().as_second() - org.as_second()),
            });
        }
        Err(error) => error.without_url(),
    };
    let why = chain(&error);
    let barrier = if Words::Certificate.are_in(&why) {
        Barrier::Certificate
    } else if proxied {
        Barrier::Proxy
    } else if !is_known(address).await {
        Barrier::Name
    } else if error.is_timeout() && !error.is_connect() {
        Barrier::Answer
    } else {
        Barrier::Connection
    };
    Err(unreached(barrier, &why))
}

/// Says whether the name of an address leads anywhere.
async fn is_known(address: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(address) else { return false };
    let Some(host) = url.host_str() else { return false };
    let port = url.port_or_known_default().unwrap_or(443);
    let host = host.trim_matches(['[', ']']).to_owned();
    let looked = tokio::time::timeout(LIMIT, tokio::net::lookup_host((host, port))).await;
    looked.is_ok_and(|found| found.is_ok_and(|mut found| found.next().is_some()))
}

/// An error with what it comes from, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
        next = cause.source();
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_in_the_way_is_told_apart() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let options = ConnectOptions::default();
        let barrier = async |address: &str| {
            probe(address, false, &options).await.map_err(|error| error.barrier)
        };
        let closed = format!("http://127.0.0.1:{port}");
        assert_eq!(barrier(&closed).await, Err(Barrier::Connection));
        assert_eq!(barrier("https://evil.example.com").await, Err(Barrier::Setting));
        assert!(is_known(&closed).await);
        let options = ConnectOptions { ca_file: Some("no/such/file".into()), ..options };
        let unusable = probe(&closed, false, &options).await.unwrap_err();
        assert!(unusable.barrier == Barrier::Setting && unusable.why.contains("no/such/file"));
    }
}
