//! How long an org is waited for: it is told when it takes long, every wait ends, and a sign-in is
//! tried again where that is safe.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cirrus_auth::{AuthError, AuthResult, AuthSession, SharedAuth, async_trait};

use super::error::{OrgError, OrgErrorKind};
use super::{ConnectOptions, Event, EventSink};

/// Awaits an answer; tells when it takes long, and then whenever it takes twice as long. `None`
/// where it did not come within `limit`.
pub(super) async fn watched<T>(
    events: &EventSink,
    what: impl Fn() -> String,
    told_after: Duration,
    limit: Option<Duration>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    let began = Instant::now();
    let mut next = told_after;
    loop {
        let waited = began.elapsed();
        let left = limit.map_or(Duration::MAX, |limit| limit.saturating_sub(waited));
        let wait = next.saturating_sub(waited).min(left);
        if let Ok(done) = tokio::time::timeout(wait, &mut work).await {
            return Some(done);
        }
        let waited = began.elapsed();
        if limit.is_some_and(|limit| waited >= limit) {
            return None;
        }
        events(Event::Slow { what: what(), seconds: waited.as_secs() });
        next = next.saturating_mul(2);
    }
}

/// Awaits a sign-in without a browser; tells when it takes long.
///
/// # Errors
/// Its own; or it did not end in time.
pub(crate) async fn sign_in<T>(
    options: &ConnectOptions,
    work: impl Future<Output = Result<T, OrgError>>,
) -> Result<T, OrgError> {
    within(options, SIGN_IN, options.answer_timeout, work).await
}

/// Awaits what a person waits for, such as a sign-in; tells when it takes long. The limit is in any
/// case no longer than that of any other answer.
///
/// # Errors
/// Its own; or it did not end in time.
pub(super) async fn within<T>(
    options: &ConnectOptions,
    what: &str,
    limit: Duration,
    work: impl Future<Output = Result<T, OrgError>>,
) -> Result<T, OrgError> {
    let ConnectOptions { events, told_after, answer_timeout, .. } = options;
    let limit = Some(limit.min(*answer_timeout));
    let done = watched(events, || what.to_owned(), *told_after, limit, work).await;
    done.unwrap_or_else(|| {
        Err(OrgError::new(OrgErrorKind::TimedOut, format!("{what} was not answered in time")))
    })
}

/// What a sign-in is called where it is waited for.
pub(super) const SIGN_IN: &str = "the sign-in";

/// What comes in place of the API's answers while a job is watched. A page of maintenance may be
/// gone with the next look; one that stays is nobody's org, or a gateway that reaches none.
pub(super) struct Pages {
    since: Option<Instant>,
    limit: Duration,
}

impl Pages {
    pub(super) fn new(limit: Duration) -> Self {
        Self { since: None, limit }
    }

    /// Notes that the API has answered.
    pub(super) fn none(&mut self) {
        self.since = None;
    }

    /// Notes what a look that began then failed with, and says whether it came in place of answers
    /// for too long. A look can be long: an org that is busy says when to ask again.
    pub(super) fn stay(&mut self, began: Instant, error: &OrgError) -> bool {
        // An org that says by its own code that it is in maintenance comes back.
        let is_page = error.kind == OrgErrorKind::Unexpected
            || error.kind == OrgErrorKind::Unavailable && error.code.is_none();
        if !is_page {
            return false;
        }
        self.since.get_or_insert(began).elapsed() >= self.limit
    }
}

/// A session whose sign-in is tried again after a fault that passes.
pub(super) struct Patient {
    inner: SharedAuth,
    retries: u32,
    delay: Duration,
    events: EventSink,
    under_way: UnderWay,
}

/// How many calls wait for a sign-in. Clones speak of the same session.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    /// Says whether a sign-in is waited for.
    pub(super) fn is_any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    fn begin(&self) -> Waiting<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Waiting(self)
    }
}

/// One call that waits for a sign-in.
struct Waiting<'w>(&'w UnderWay);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Patient {
    pub(super) fn new(inner: SharedAuth, options: &ConnectOptions) -> Self {
        let ConnectOptions { retries, retry_delay, events, .. } = options;
        let (retries, delay, events) = (*retries, *retry_delay, events.clone());
        Self { inner, retries, delay, events, under_way: UnderWay::default() }
    }

    /// Returns what says whether it signs in just now.
    pub(super) fn under_way(&self) -> UnderWay {
        self.under_way.clone()
    }
}

/// Says whether the token endpoint has not taken the request. One whose answer was lost must not be
/// repeated: it may have used up a refresh token, and to use one twice ends the login (S 6.9).
pub(super) fn was_not_taken(error: &AuthError) -> bool {
    match error {
        AuthError::Http(error) => error.is_connect(),
        AuthError::UnexpectedResponse { status } => matches!(status, 429 | 503),
        _ => false,
    }
}

#[async_trait]
impl AuthSession for Patient {
    async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
        let _waiting = self.under_way.begin();
        let mut delay = self.delay;
        for _ in 0..self.retries {
            match self.inner.access_token().await {
                Err(error) if was_not_taken(&error) => {
                    let why = OrgError::from_auth(error).to_string();
                    (self.events)(Event::Retrying { what: "signing in".to_owned(), why });
                }
                outcome => return outcome,
            }
            tokio::time::sleep(delay).await;
            delay = delay.saturating_mul(2);
        }
        self.inner.access_token().await
    }

    fn instance_url(&self) -> &str {
        self.inner.instance_url()
    }

    async fn invalidate(&self, stale_token: &str) {
        self.inner.invalidate(stale_token).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU32;

    use super::*;

    fn sink() -> (EventSink, Arc<Mutex<Vec<Event>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = told.clone();
        (Arc::new(move |event| into.lock().unwrap().push(event)), told)
    }

    #[tokio::test]
    async fn an_answer_that_takes_long_is_told_of_and_ends() {
        let (events, told) = sink();
        let (short, limit) = (Duration::from_millis(10), Duration::from_millis(60));
        let never = std::future::pending::<()>();
        assert!(
            watched(&events, || "GET /x".to_owned(), short, Some(limit), never).await.is_none()
        );
        // After 10, 20 and 40 ms.
        assert_eq!(told.lock().unwrap().len(), 3, "{told:?}");
        let at_once =
            watched(&events, || "GET /x".to_owned(), short, Some(limit), async { 1 }).await;
        assert_eq!(at_once, Some(1));
        assert_eq!(told.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_sign_in_that_takes_long_is_told_of_and_ends() {
        let (events, told) = sink();
        let options = ConnectOptions {
            told_after: Duration::from_millis(5),
            answer_timeout: Duration::from_millis(30),
            events,
            ..ConnectOptions::default()
        };
        let never = std::future::pending::<Result<(), OrgError>>();
        assert_eq!(sign_in(&options, never).await.unwrap_err().kind, OrgErrorKind::TimedOut);
        assert!(!told.lock().unwrap().is_empty());
    }

    #[test]
    fn pages_in_place_of_answers_are_borne_for_a_while_in_a_row() {
        let page = OrgError::new(OrgErrorKind::Unexpected, "<html>");
        let broken = OrgError::new(OrgErrorKind::Unreachable, "reset");
        let busy = OrgError::new(OrgErrorKind::Unavailable, "HTTP 503");
        let maintained = busy.clone().with_code("ORG_IN_MAINTENANCE");
        let mut pages = Pages::new(Duration::from_millis(20));
        let now = Instant::now;
        assert!(!pages.stay(now(), &page));
        std::thread::sleep(Duration::from_millis(25));
        assert!(!pages.stay(now(), &broken) && !pages.stay(now(), &maintained));
        assert!(pages.stay(now(), &page) && pages.stay(now(), &busy));
        pages.none();
        assert!(!pages.stay(now(), &page));
    }

    /// Fails so often before it signs in.
    struct Failing {
        times: AtomicU32,
        status: u16,
    }

    #[async_trait]
    impl AuthSession for Failing {
        async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
            if self.times.load(Ordering::Relaxed) == 0 {
                return Ok("token".into());
            }
            self.times.fetch_sub(1, Ordering::Relaxed);
            Err(AuthError::UnexpectedResponse { status: self.status })
        }

        fn instance_url(&self) -> &str {
            "https://acme.example.com"
        }
    }

    /// Never signs in.
    struct Hanging;

    #[async_trait]
    impl AuthSession for Hanging {
        async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
            std::future::pending().await
        }

        fn instance_url(&self) -> &str {
            "https://acme.example.com"
        }
    }

    #[tokio::test]
    async fn a_call_that_waits_for_the_sign_in_is_known() {
        let session = Patient::new(Arc::new(Hanging), &ConnectOptions::default());
        let under_way = session.under_way();
        assert!(!under_way.is_any());
        let waits = tokio::time::timeout(Duration::from_millis(20), session.access_token());
        let looks = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            under_way.is_any()
        };
        let (waited, is_any) = tokio::join!(waits, looks);
        assert!(waited.is_err() && is_any && !under_way.is_any());
    }

    #[tokio::test]
    async fn a_sign_in_is_tried_again_where_it_was_not_taken() {
        let (events, told) = sink();
        let options = ConnectOptions {
            retries: 2,
            retry_delay: Duration::from_millis(1),
            events,
            ..ConnectOptions::default()
        };
        let session = |times: u32, status| {
            let inner = Arc::new(Failing { times: AtomicU32::new(times), status });
            Patient::new(inner, &options)
        };
        assert_eq!(session(2, 503).access_token().await.unwrap(), "token");
        assert_eq!(told.lock().unwrap().len(), 2);
        assert!(session(3, 503).access_token().await.is_err());
        // A gateway's failure does not say whether the refresh token is used up.
        assert!(session(1, 502).access_token().await.is_err());
    }
}
