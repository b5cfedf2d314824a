//! The wire: one HTTP client per host, and the calls over it, counted and told.
//!
//! Retries, `Retry-After`, caps on answers and the refresh of a token are cirrus'; what a call
//! means is left to `retrieve` and `facts`.

mod query;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cirrus::{Cirrus, RawBody, Replay};
use cirrus_auth::SharedAuth;
use cirrus_metadata::{MetadataClient, MetadataError, MetadataResult};
use serde_json::Value as Json;

pub(super) use query::{soql_list, soql_text};

use super::allowance::Allowance;
use super::clock::Clock;
use super::error::{OrgError, OrgErrorKind, chain, excerpt, hide_secrets};
use super::gate::Lane;
use super::patience::{Patient, SIGN_IN, UnderWay, watched};
use super::{ConnectOptions, Event, EventSink, host};
use crate::metadata::registry::ApiVersion;

/// The largest answer that is read, decoded: a zip has at most 39 MB (S 6.7), in base64 52 MB.
const LARGEST_ANSWER: usize = 128 << 20;
/// Makes the HTTP client for one host.
///
/// cirrus' own clients heed no proxy variables and no certificate file, so they are handed this
/// one. A loopback host is never reached through a proxy: the rule that lets `http://` through
/// there rests on it.
///
/// # Errors
/// The host may have no token, or the certificates cannot be used.
pub(super) fn client(address: &str, options: &ConnectOptions) -> Result<reqwest::Client, OrgError> {
    // Whatever signs in or asks goes through here, whoever has named the address.
    host::check(address, &options.allowed_hosts)?;
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("sfsetup/", env!("CARGO_PKG_VERSION")))
        // A followed redirect would carry the token to whatever host it names.
        .redirect(reqwest::redirect::Policy::none())
        .gzip(true)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        // An answer that drips a byte at a time never meets the read timeout.
        .timeout(options.request_timeout);
    if is_loopback(address) {
        builder = builder.no_proxy();
    }
    if let Some(file) = &options.ca_file {
        let unusable = |why: String| {
            OrgError::new(
                OrgErrorKind::Usage,
                format!("cannot use the certificates in `{}`: {why}", file.display()),
            )
        };
        let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|error| unusable(error.to_string()))?;
        if certificates.is_empty() {
            return Err(unusable("there is none in PEM format".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    if address.starts_with("http://") {
        // No certificate is ever asked for: the built-in org needs none, not even a system that has
        // some, which an empty container has not.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        OrgError::new(
            OrgErrorKind::Usage,
            format!(
                "cannot set up HTTP: {}; where a system has no certificates to trust, as an empty \
                 container, SSL_CERT_FILE names a file of them in PEM form",
                hide_secrets(&chain(&error))
            ),
        )
    })
}

/// Checks an org's or login host's address and returns it as scheme, host and port.
///
/// # Errors
/// Anything but `https://`, other than `http://` to this machine: a token must not travel in the
/// clear.
pub(super) fn check_address(text: &str) -> Result<String, OrgError> {
    let refused = |why: &str| {
        OrgError::new(
            OrgErrorKind::Usage,
            format!("`{}` cannot be used as an address: {why}", text.trim()),
        )
    };
    let mut full = text.trim().to_owned();
    if !full.contains("://") {
        full.insert_str(0, "https://");
    }
    let url = reqwest::Url::parse(&full).map_err(|error| refused(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(OrgError::new(
            OrgErrorKind::Usage,
            "an org's address holds no user name or password",
        ));
    }
    let host = url.host_str().ok_or_else(|| refused("it names no host"))?;
    match url.scheme() {
        "https" => {}
        "http" if cirrus_auth::transport::is_loopback_host(&url) => {}
        "http" => {
            return Err(refused(
                "`http://` would send the token in the clear; only this machine may be reached so",
            ));
        }
        _ => return Err(refused("it is not `https://`")),
    }
    // The address of the pages in a browser, which serves no API.
    let host = match host.strip_suffix(".lightning.force.com") {
        Some(domain) => format!("{domain}.my.salesforce.com"),
        None => host.to_owned(),
    };
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    Ok(format!("{}://{host}{port}", url.scheme()))
}

pub(super) fn is_loopback(address: &str) -> bool {
    reqwest::Url::parse(address).is_ok_and(|url| cirrus_auth::transport::is_loopback_host(&url))
}

/// A request that changes something and has no answer that tells how it went.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) error: OrgError,
    /// Whether the org may have received it.
    pub(super) may_have_arrived: bool,
}

/// Says whether an answer is the org's no. An org that gives its reason has refused; a failure that
/// it cannot name itself is none. What is not the API's (a page of whatever status, a gateway's
/// time-out) says nothing of whether the org took the request (S 6.6), but for a way elsewhere.
fn is_refusal(status: u16, error: &OrgError) -> bool {
    let is_elsewhere = (300..400).contains(&status);
    let is_named = error.code.as_deref().is_some_and(|code| code != "UNKNOWN_EXCEPTION");
    is_elsewhere || status != 0 && is_named
}

/// The calls of one connection.
pub(super) struct Wire {
    rest: Cirrus,
    soap: MetadataClient,
    version: ApiVersion,
    events: EventSink,
    requests: Arc<AtomicU64>,
    /// How long a call may take that carries a package, and any other.
    limits: (Duration, Duration),
    told_after: Duration,
    /// Whether it is the sign-in that a call waits for.
    signing_in: UnderWay,
    clock: Clock,
    allowance: Allowance,
    lane: Lane,
}

/// The host of an org's address.
fn host_of(address: &str) -> String {
    let url = reqwest::Url::parse(address).ok();
    url.as_ref().and_then(|url| url.host_str()).unwrap_or(address).to_owned()
}

impl Wire {
    pub(super) fn new(auth: SharedAuth, options: &ConnectOptions) -> Result<Self, OrgError> {
        let http = client(auth.instance_url(), options)?;
        let lane = options.gate.to_org(&host_of(auth.instance_url()));
        let patient = Patient::new(auth, options);
        let signing_in = patient.under_way();
        let auth: SharedAuth = Arc::new(patient);
        let rest = Cirrus::builder()
            .auth(auth.clone())
            .http_client(http.clone())
            .max_response_size(LARGEST_ANSWER)
            .retry_policy(cirrus::RetryPolicy {
                max_retries: options.retries,
                base_delay: options.retry_delay,
                ..cirrus::RetryPolicy::default()
            })
            .build()
            .map_err(OrgError::from_rest)?;
        let version = options.api_version.unwrap_or(ApiVersion::NEWEST);
        Ok(Self {
            rest,
            soap: soap(auth, http, version, options)?,
            version,
            events: options.events.clone(),
            requests: Arc::default(),
            limits: (options.request_timeout, options.answer_timeout),
            told_after: options.told_after,
            signing_in,
            clock: Clock::default(),
            allowance: Allowance::new(options.api_reserve),
            lane,
        })
    }

    /// Changes to another API version; only `connect` does.
    pub(super) fn set_version(
        &mut self,
        version: ApiVersion,
        options: &ConnectOptions,
    ) -> Result<(), OrgError> {
        let auth = self.rest.auth().clone();
        self.soap = soap(auth, self.rest.http_client().clone(), version, options)?;
        self.version = version;
        Ok(())
    }

    pub(super) fn version(&self) -> ApiVersion {
        self.version
    }

    pub(super) fn metadata(&self) -> &MetadataClient {
        &self.soap
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The org's time, by its last answer to a question.
    pub(super) fn org_now(&self) -> Option<jiff::Timestamp> {
        self.clock.now()
    }

    pub(super) fn tell(&self, event: Event) {
        (self.events)(event);
    }

    /// Gets a REST resource: `path` from the host's root, or without leading `/` below the API
    /// version.
    ///
    /// cirrus' typed calls hide the status and take a page of HTML for a mistake of the caller, so
    /// the raw answer is read here.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Json, OrgError> {
        self.fetch(path, query, "application/json", read_json).await
    }

    /// Gets a resource that is no JSON, such as the CSV of a log file, as it is.
    pub(super) async fn get_file(&self, path: &str) -> Result<Vec<u8>, OrgError> {
        self.fetch(path, &[], "*/*", |status, body| match status {
            200..=299 => Ok(body.to_vec()),
            // What is refused is refused in JSON.
            _ => read_json(status, body).and_then(|_| Err(OrgError::from_page(status, body))),
        })
        .await
    }

    async fn fetch<T>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        accept: &str,
        read: impl FnOnce(u16, &[u8]) -> Result<T, OrgError>,
    ) -> Result<T, OrgError> {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/services/data/v{}/{path}", self.version)
        };
        let started = Instant::now();
        let accept = [("Accept", accept)];
        let call = self.rest.send_raw(
            reqwest::Method::GET,
            &path,
            (!query.is_empty()).then_some(query),
            &accept,
            None,
            Replay::ByMethod,
        );
        match self.watch("GET", &path, started, self.limits.1, call).await? {
            Err(error) => {
                let status = match &error {
                    cirrus::CirrusError::Api { status, .. } => *status,
                    _ => 0,
                };
                self.told("GET", path, status, started);
                Err(OrgError::from_rest(error))
            }
            Ok(answer) => {
                self.told("GET", path, answer.status, started);
                self.clock.set(&answer.headers);
                self.allowance.note(&answer.headers);
                if (300..400).contains(&answer.status) {
                    let location = answer.headers.get("location").and_then(|at| at.to_str().ok());
                    return Err(OrgError::elsewhere(answer.status, location));
                }
                read(answer.status, &answer.body)
            }
        }
    }

    /// Sends something that changes the org; never twice. A path without leading `/` is taken below
    /// the API version.
    pub(super) async fn send_once(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<RawBody>,
    ) -> Result<Json, Unanswered> {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/services/data/v{}/{path}", self.version)
        };
        let name = match method {
            reqwest::Method::PATCH => "PATCH",
            reqwest::Method::DELETE => "DELETE",
            _ => "POST",
        };
        let started = Instant::now();
        let accept = [("Accept", "application/json")];
        let call = self.rest.send_raw(method, &path, None, &accept, body, Replay::Never);
        let answer = self.watch(name, &path, started, self.limits.0, call).await;
        match answer.map_err(|error| Unanswered { error, may_have_arrived: true })? {
            Err(error) => {
                let status = match &error {
                    cirrus::CirrusError::Api { status, .. } => *status,
                    _ => 0,
                };
                let may_have_arrived = match &error {
                    cirrus::CirrusError::Api { .. } => true,
                    cirrus::CirrusError::Http(error) => !error.is_connect() && !error.is_builder(),
                    cirrus::CirrusError::ResponseTooLarge { .. }
                    | cirrus::CirrusError::InvalidResponse(_) => true,
                    _ => false,
                };
                self.told(name, path, status, started);
                let error = OrgError::from_rest(error);
                let may_have_arrived = may_have_arrived && !is_refusal(status, &error);
                Err(Unanswered { error, may_have_arrived })
            }
            Ok(answer) => {
                self.told(name, path, answer.status, started);
                if answer.body.is_empty() && (200..300).contains(&answer.status) {
                    return Ok(Json::Null);
                }
                read_json(answer.status, &answer.body).map_err(|error| Unanswered {
                    may_have_arrived: !is_refusal(answer.status, &error),
                    error,
                })
            }
        }
    }

    /// Awaits one SOAP call, counts it and tells of it.
    pub(super) async fn soap<T>(
        &self,
        name: &str,
        call: impl Future<Output = MetadataResult<T>>,
    ) -> Result<T, OrgError> {
        self.soap_within(self.limits.1, name, call).await
    }

    /// As [`soap`](Self::soap), for a call that carries a package.
    pub(super) async fn soap_with_zip<T>(
        &self,
        name: &str,
        call: impl Future<Output = MetadataResult<T>>,
    ) -> Result<T, OrgError> {
        self.soap_within(self.limits.0, name, call).await
    }

    /// As [`soap_with_zip`](Self::soap_with_zip), for the last call of a job of which so much time
    /// is left. However little that is, there is enough to tell that it takes long.
    pub(super) async fn soap_with_zip_within<T>(
        &self,
        left: Duration,
        name: &str,
        call: impl Future<Output = MetadataResult<T>>,
    ) -> Result<T, OrgError> {
        let limit = left.max(self.told_after.saturating_mul(2)).min(self.limits.0);
        self.soap_within(limit, name, call).await
    }

    async fn soap_within<T>(
        &self,
        limit: Duration,
        name: &str,
        call: impl Future<Output = MetadataResult<T>>,
    ) -> Result<T, OrgError> {
        let started = Instant::now();
        let path = format!("/services/Soap/m/{} {name}", self.version);
        let answer = self.watch("POST", &path, started, limit, call).await?;
        let status = match &answer {
            Ok(_) => 200,
            Err(MetadataError::Soap { status, .. } | MetadataError::Http4xx5xx { status, .. }) => {
                *status
            }
            Err(_) => 0,
        };
        self.told("POST", path, status, started);
        answer.map_err(OrgError::from_soap)
    }

    /// Leaves nothing of the day's API requests to others from now on.
    pub(super) fn lift_reserve(&self) {
        self.allowance.lift();
    }

    /// Awaits a call. One that is not answered in time is told of as ended; of any other the caller
    /// tells.
    async fn watch<T>(
        &self,
        method: &'static str,
        path: &str,
        started: Instant,
        limit: Duration,
        call: impl Future<Output = T>,
    ) -> Result<T, OrgError> {
        let _passage = self.lane.pass().await;
        self.allowance.check()?;
        let what = || match self.signing_in.is_any() {
            true => SIGN_IN.to_owned(),
            false => format!("{method} {path}"),
        };
        if let Some(answer) = watched(&self.events, what, self.told_after, Some(limit), call).await
        {
            return Ok(answer);
        }
        self.told(method, path.to_owned(), 0, started);
        let host = host_of(self.rest.auth().instance_url());
        Err(OrgError::new(OrgErrorKind::TimedOut, format!("{host} did not answer in time")))
    }

    fn told(&self, method: &'static str, url_path: String, status: u16, started: Instant) {
        // Repeats within a call are cirrus' and seen only in its trace (`cirrus::retry`): it has no
        // hook for them.
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.tell(Event::Request {
            method,
            url_path,
            status,
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
}

fn soap(
    auth: SharedAuth,
    http: reqwest::Client,
    version: ApiVersion,
    options: &ConnectOptions,
) -> Result<MetadataClient, OrgError> {
    MetadataClient::builder()
        .auth(auth)
        .http_client(http)
        .api_version(version.to_string())
        .call_options_client("sfsetup")
        .max_response_size(LARGEST_ANSWER)
        .retry_policy(cirrus_metadata::RetryPolicy {
            max_retries: options.retries,
            base_delay: options.retry_delay,
            ..cirrus_metadata::RetryPolicy::default()
        })
        .build()
        .map_err(OrgError::from_soap)
}

fn read_json(status: u16, body: &[u8]) -> Result<Json, OrgError> {
    let parsed: Result<Json, _> = serde_json::from_slice(body);
    match parsed {
        Ok(json) if (200..300).contains(&status) => Ok(json),
        Ok(json) => {
            // `[{errorCode, message}]` of the data API, `{error, error_description}` of OAuth.
            let first = json.get(0).unwrap_or(&json);
            let text = |keys: [&str; 2]| {
                keys.iter().find_map(|key| first.get(*key)?.as_str()).unwrap_or_default()
            };
            let code = text(["errorCode", "error"]);
            let message = text(["message", "error_description"]);
            if code.is_empty() && message.is_empty() {
                return Err(OrgError::from_page(status, body));
            }
            let message = if message.is_empty() { code } else { message };
            Err(OrgError::from_org(status, code, message))
        }
        Err(_) if (200..300).contains(&status) => Err(OrgError::new(
            OrgErrorKind::Unexpected,
            format!("the answer is not JSON; it begins: {}", excerpt(body)),
        )),
        Err(_) => Err(OrgError::from_page(status, body)),
    }
}

/// How long to wait before looking at a job again: a quarter of what was waited so far, between 0.2
/// and 5 s (S 6.6), so that the wait costs at most a quarter beyond the org's own time. cirrus'
/// `wait_for_retrieve` looks first after 2 s.
pub(super) fn next_look(waited: Duration) -> Duration {
    (waited / 4).clamp(Duration::from_millis(200), Duration::from_secs(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_cut_to_their_origin() {
        for (text, expected) in [
            ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
            ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
            ("http://localhost:8080/x", "http://localhost:8080"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9"),
            ("http://[::1]:9", "http://[::1]:9"),
            (
                "https://acme--dev.sandbox.lightning.force.com/lightning/setup",
                "https://acme--dev.sandbox.my.salesforce.com",
            ),
        ] {
            assert_eq!(check_address(text).unwrap(), expected, "{text}");
        }
        for text in [
            "http://acme.my.salesforce.com",
            "http://localhost.example.com",
            "ftp://acme.example.com",
            "https://user:word@acme.example.com",
            "",
        ] {
            assert_eq!(check_address(text).unwrap_err().kind, OrgErrorKind::Usage, "{text}");
        }
    }

    #[test]
    fn a_refused_address_does_not_show_its_password() {
        let error = check_address("https://user:planted@acme.example.com").unwrap_err();
        assert!(!format!("{error:?}").contains("planted"));
    }

    #[test]
    fn errors_of_both_shapes_are_read() {
        let error =
            read_json(400, br#"[{"message":"No such column","errorCode":"INVALID_FIELD"}]"#)
                .unwrap_err();
        assert_eq!(error.to_string(), "No such column (INVALID_FIELD)");
        let error = read_json(403, br#"{"error":"x","error_description":"y"}"#).unwrap_err();
        assert_eq!(error.code.as_deref(), Some("x"));
    }

    #[test]
    fn a_page_with_200_is_no_answer() {
        let error = read_json(200, b"<html><title>Maintenance</title>").unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::Unexpected);
        assert!(error.message.contains("<html>"), "{error}");
    }

    #[test]
    fn looks_back_off_from_a_fifth_of_a_second_to_five_seconds() {
        assert_eq!(next_look(Duration::ZERO), Duration::from_millis(200));
        assert_eq!(next_look(Duration::from_secs(4)), Duration::from_secs(1));
        assert_eq!(next_look(Duration::from_secs(600)), Duration::from_secs(5));
    }
}
