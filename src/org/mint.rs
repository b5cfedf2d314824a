//! Requests at the token endpoint, told of: cirrus makes them within a session, where no call of
//! ours passes. Neither what is sent nor what comes is told.

use std::borrow::Cow;
use std::time::Instant;

use cirrus_auth::{AuthError, AuthResult, AuthSession, SharedAuth, async_trait};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::{Event, EventSink};

/// Where tokens are issued.
pub(super) const TOKEN: &str = "/services/oauth2/token";
/// Where they are ended.
pub(super) const REVOKE: &str = "/services/oauth2/revoke";

/// Awaits a request at an address of the token endpoint's, and tells how it went.
pub(super) async fn told<T>(
    events: &EventSink,
    url_path: &'static str,
    request: impl Future<Output = AuthResult<T>>,
) -> AuthResult<T> {
    let started = Instant::now();
    let answer = request.await;
    tell(events, url_path, answer.as_ref().err(), started);
    answer
}

fn tell(events: &EventSink, url_path: &'static str, error: Option<&AuthError>, started: Instant) {
    let Some(outcome) = outcome(error) else { return };
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    events(Event::SignIn { url_path, outcome, millis });
}

/// How a request went, in a few words; none where it was not made. cirrus keeps the status of a
/// refusal to itself.
fn outcome(error: Option<&AuthError>) -> Option<String> {
    Some(match error {
        // The check of the address comes after the answer.
        None | Some(AuthError::InstanceUrlMismatch { .. }) => "200".to_owned(),
        Some(AuthError::OAuth { error, .. }) => format!("refused ({error})"),
        Some(
            AuthError::UnexpectedResponse { status } | AuthError::ResponseTooLarge { status, .. },
        ) => status.to_string(),
        Some(AuthError::Http(_)) => "no answer".to_owned(),
        Some(AuthError::Serialization(_)) => "no answer that can be read".to_owned(),
        Some(_) => return None,
    })
}

/// A session that gets its tokens by itself, and keeps them until they end.
pub(super) struct Told {
    inner: SharedAuth,
    events: EventSink,
    /// The token that came last: another one has been asked for.
    last: Mutex<Option<SecretString>>,
}

impl Told {
    pub(super) fn new(inner: SharedAuth, events: &EventSink) -> Self {
        Self { inner, events: events.clone(), last: Mutex::default() }
    }
}

#[async_trait]
impl AuthSession for Told {
    async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
        let started = Instant::now();
        let answer = self.inner.access_token().await;
        let mut last = self.last.lock().await;
        match &answer {
            Ok(token) if last.as_ref().is_some_and(|last| last.expose_secret() == &**token) => {}
            Ok(token) => {
                *last = Some(SecretString::from(&**token));
                tell(&self.events, TOKEN, None, started);
            }
            Err(error) => tell(&self.events, TOKEN, Some(error), started),
        }
        answer
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Signs in anew each time that a token is stale, and not where it is told to fail.
    struct Minting(AtomicU32);

    #[async_trait]
    impl AuthSession for Minting {
        async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
            match self.0.load(Ordering::Relaxed) {
                2 => Err(AuthError::OAuth {
                    error: "invalid_grant".to_owned(),
                    error_description: Some("PLANTED".to_owned()),
                }),
                count => Ok(format!("PLANTED{count}").into()),
            }
        }

        fn instance_url(&self) -> &str {
            "https://acme.example.com"
        }

        async fn invalidate(&self, _: &str) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn each_token_is_told_of_once_and_none_is_shown() {
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let sink = told.clone();
        let events: EventSink =
            Arc::new(move |event| sink.lock().unwrap().push(format!("{event:?}")));
        let session = Told::new(Arc::new(Minting(AtomicU32::new(0))), &events);
        for _ in 0..2 {
            session.access_token().await.unwrap();
        }
        assert_eq!(told.lock().unwrap().len(), 1, "{told:?}");
        session.invalidate("PLANTED0").await;
        session.access_token().await.unwrap();
        session.invalidate("PLANTED1").await;
        session.access_token().await.unwrap_err();
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[2].contains("refused (invalid_grant)"), "{told:?}");
        assert!(!told.iter().any(|one| one.contains("PLANTED")), "{told:?}");
    }
}
