//! The session of a stored refresh token: its access token is kept with it and used until it ends;
//! then one process refreshes for all.
//!
//! With refresh token rotation an old token that is used again ends the whole login (S 1.2, 6.9).
//! So whoever needs a new access token takes the login's lock, reads the login anew, and refreshes
//! only if nobody has done so meanwhile. What the org answers is on disk before it is used. The
//! work runs on a thread of its own that nothing cuts short but the end of the process, and it
//! holds that back: a caller that gives up must not lose the new token.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use cirrus_auth::{AuthError, AuthResult, AuthSession, RefreshTokenAuth, async_trait};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::error::{OrgError, OrgErrorKind};
use super::http;
use super::logins::{Credential, HeldLock, Kept, Login, LoginStore, Room, Wait};
use super::mint::{TOKEN, told};
use super::patience::was_not_taken;
use super::refusal::{Refusal, TOKEN_OVER};
use super::{ConnectOptions, Event};

/// How long another process that uses the login is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// How long a refresh may take: less than what others wait for it.
const REFRESH_TIME: Duration = Duration::from_secs(45);

/// A session over a stored refresh token.
pub(super) struct Refreshed {
    job: Refresh,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<SecretString>,
    /// The last one that the org did not take any more.
    stale: Option<SecretString>,
}

/// What a refresh needs to know.
#[derive(Clone)]
struct Refresh {
    name: String,
    login_url: String,
    instance_url: String,
    store: LoginStore,
    options: ConnectOptions,
}

/// Says, when it is dropped, that nobody waits any more.
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Refreshed {
    /// Makes the session of a login as it was just read; `instance_url` is its checked address.
    pub(super) fn new(
        login: &Login,
        instance_url: String,
        store: &LoginStore,
        options: &ConnectOptions,
    ) -> Self {
        let token = match &login.credential {
            Credential::RefreshToken { access_token, .. } => access_token.clone(),
            _ => None,
        };
        Self {
            job: Refresh {
                name: login.name.clone(),
                login_url: login.login_url.clone(),
                instance_url,
                store: store.clone(),
                options: options.clone(),
            },
            state: Mutex::new(State { token, stale: None }),
        }
    }
}

#[async_trait]
impl AuthSession for Refreshed {
    async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token {
            return Ok(Cow::Owned(token.expose_secret().to_owned()));
        }
        let is_given_up = Arc::new(AtomicBool::new(false));
        let _waiting = GivenUp(Arc::clone(&is_given_up));
        let (job, stale) = (self.job.clone(), state.stale.clone());
        let fetched = tokio::task::spawn_blocking(move || job.run(stale.as_ref(), &is_given_up));
        let token = fetched.await.map_err(|error| AuthError::Other(error.to_string()))??;
        let shown = token.expose_secret().to_owned();
        state.token = Some(token);
        Ok(Cow::Owned(shown))
    }

    fn instance_url(&self) -> &str {
        &self.job.instance_url
    }

    async fn invalidate(&self, stale_token: &str) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|token| token.expose_secret() == stale_token) {
            state.stale = state.token.take();
        }
    }
}

/// A failure of the login's store, in the form in which it travels through cirrus.
fn stuck(reason: impl ToString) -> AuthError {
    OrgError::in_auth(OrgErrorKind::Storage, reason.to_string())
}

/// A failure of its own kind, in that form.
fn passed_on(error: OrgError) -> AuthError {
    OrgError::in_auth(error.kind, error.message)
}

impl Refresh {
    /// Returns an access token that is not the stale one: another process's, or a new one.
    fn run(
        &self,
        stale: Option<&SecretString>,
        is_given_up: &AtomicBool,
    ) -> AuthResult<SecretString> {
        let mut held = self.lock(is_given_up).map_err(passed_on)?;
        let login = self.reload()?;
        let Credential::RefreshToken { client_id, client_secret, refresh_token, access_token } =
            &login.credential
        else {
            return Err(self.replaced());
        };
        if let Some(token) = access_token
            && stale.is_none_or(|stale| stale.expose_secret() != token.expose_secret())
        {
            return Ok(token.clone());
        }
        let room = self.room(&login)?;
        let _end = (self.options.hold_end)();
        if is_given_up.load(Ordering::Relaxed) {
            return Err(stuck("the refresh was not begun: nobody waits for it any more"));
        }
        if let Some(held) = &mut held {
            held.refresh_begins();
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| stuck(format!("there is no event loop: {error}")))?;
        // Once: others wait for the lock meanwhile, and whoever tries again reads the login anew.
        let answer = runtime.block_on(exchange(
            &Presented {
                client_id,
                client_secret: client_secret.as_ref(),
                refresh_token,
                login_url: &login.login_url,
                instance_url: &self.instance_url,
            },
            &self.options,
        ));
        note(&answer.access_token, held.as_mut());
        let is_rotated = answer.rotated.is_some();
        let renewed = Login {
            credential: Credential::RefreshToken {
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
                refresh_token: answer.rotated.unwrap_or_else(|| refresh_token.clone()),
                access_token: answer.access_token.as_ref().ok().cloned(),
            },
            rotates: Some(is_rotated),
            ..login.clone()
        };
        if is_rotated || answer.access_token.is_ok() {
            match self.keep(&renewed, room) {
                Ok(Some(kept)) => self.tell_of(&login, &kept),
                Err(error) if is_rotated => {
                    if let Some(held) = &mut held {
                        held.answer_is_lost();
                    }
                    return Err(OrgError::in_auth(
                        OrgErrorKind::Auth,
                        format!(
                            "the org put a new refresh token in the place of the one of the login \
                             `{}`, and it could not be stored, so it is not used: {}; put that \
                             right (a full disk, a folder that is not yours) first",
                            self.name, error.message
                        ),
                    ));
                }
                // The old refresh token goes on; others have to ask for a token of their own.
                Ok(None) | Err(_) => {}
            }
        }
        answer
            .access_token
            .map_err(|error| explained(error, held.as_ref().and_then(HeldLock::unfinished)))
    }

    /// Makes room for what the org may answer; without it nothing is asked, for the answer may take
    /// the place of the token that is stored. A login whose org leaves its token in place does
    /// without.
    fn room(&self, login: &Login) -> AuthResult<Option<Room>> {
        match self.store.prepare(&self.name) {
            Ok(room) => Ok(Some(room)),
            Err(_) if login.rotates == Some(false) => Ok(None),
            Err(error) => Err(stuck(format!(
                "no new access token was asked for, since the org may put a new refresh token in \
                 the place of the stored one, and nothing can be stored: {}",
                error.message
            ))),
        }
    }

    /// Keeps what came, in the room that there is for it.
    fn keep(&self, login: &Login, room: Option<Room>) -> Result<Option<Kept>, OrgError> {
        match room {
            Some(room) => self.store.update(login, room).map(Some),
            // It was not to be expected that it would be needed.
            None if login.rotates == Some(true) => {
                self.store.update(login, self.store.prepare(&self.name)?).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Takes the login's lock, and shows that it waits as long as it does.
    fn lock(&self, is_given_up: &AtomicBool) -> Result<Option<HeldLock>, OrgError> {
        let events = &self.options.events;
        let is_told = AtomicBool::new(false);
        let wait = Wait {
            most: LOCK_WAIT,
            tell: &|what| {
                is_told.store(true, Ordering::Relaxed);
                events(Event::Started { what: what.to_owned() });
            },
            is_given_up: &|| is_given_up.load(Ordering::Relaxed),
        };
        let held = self.store.lock(&self.name, &wait);
        if is_told.load(Ordering::Relaxed) {
            events(Event::Finished);
        }
        held
    }

    /// Reads the login as it is now, which must still be the one that this session began with.
    fn reload(&self) -> AuthResult<Login> {
        let login = self.store.load(&self.name).map_err(passed_on)?;
        let login = login.ok_or_else(|| {
            stuck(format!(
                "the login `{}` was removed while it was in use; whoever signs in anew at {} has it \
                 again",
                self.name, self.login_url
            ))
        })?;
        match http::check_address(&login.instance_url) {
            Ok(address) if address == self.instance_url => Ok(login),
            _ => Err(self.replaced()),
        }
    }

    fn replaced(&self) -> AuthError {
        stuck(format!(
            "the login `{}` was replaced by another while it was in use; run this again",
            self.name
        ))
    }

    /// A secret that had to leave the keyring is not moved without a word.
    fn tell_of(&self, login: &Login, kept: &Kept) {
        if let Kept::File(Some(reason)) = kept {
            (self.options.events)(Event::Noted {
                what: format!(
                    "the secret of `{}` is kept in {} (mode 0600) from now on, since {reason}",
                    login.name,
                    self.store.file(&login.name).display()
                ),
            });
        }
    }
}

/// Notes beside the login how the refresh went.
fn note(answer: &AuthResult<SecretString>, held: Option<&mut HeldLock>) {
    let Some(held) = held else { return };
    match answer {
        Ok(_) | Err(AuthError::InstanceUrlMismatch { .. }) => held.is_whole(),
        // A refusal, and what was not taken, changed nothing.
        Err(AuthError::OAuth { .. }) => {}
        Err(error) if was_not_taken(error) => {}
        Err(_) => held.answer_is_lost(),
    }
}

/// Adds to the refusal of a token that has ended what is known of how that came to be: `unfinished`
/// is who was stopped in the middle of a refresh.
fn explained(error: AuthError, unfinished: Option<&str>) -> AuthError {
    match (error, unfinished) {
        (AuthError::OAuth { error, error_description }, Some(who))
            if has_ended(&error, error_description.as_deref()) =>
        {
            let said = error_description.unwrap_or_else(|| error.clone());
            AuthError::OAuth {
                error,
                error_description: Some(format!(
                    "{said}; a refresh by {who} had no answer that was kept, and with it the \
                     refresh token may be lost"
                )),
            }
        }
        (error, _) => error,
    }
}

/// Says whether a refusal means that the refresh token is not valid any more, and not the user, the
/// address or the app.
fn has_ended(code: &str, text: Option<&str>) -> bool {
    Refusal::find(code, text.unwrap_or_default()).is_some_and(|known| known.id == TOKEN_OVER)
}

/// What is presented to the token endpoint.
pub(super) struct Presented<'p> {
    pub(super) client_id: &'p str,
    pub(super) client_secret: Option<&'p SecretString>,
    pub(super) refresh_token: &'p SecretString,
    pub(super) login_url: &'p str,
    pub(super) instance_url: &'p str,
}

/// What came back: the refresh token may have been replaced though there is no access token to use.
pub(super) struct Exchanged {
    pub(super) access_token: AuthResult<SecretString>,
    pub(super) rotated: Option<SecretString>,
}

/// Presents a refresh token to the token endpoint; one that says that it did not look is asked
/// again. For a token that is not stored yet: the repeats of a stored login are its session's, each
/// with the login's lock taken anew.
pub(super) async fn exchange_while_busy(
    presented: &Presented<'_>,
    options: &ConnectOptions,
) -> Exchanged {
    let mut left = options.retries;
    let mut delay = options.retry_delay;
    loop {
        let answer = exchange(presented, options).await;
        match &answer.access_token {
            Err(AuthError::UnexpectedResponse { status: status @ (429 | 503) }) if left > 0 => {
                (options.events)(Event::Retrying {
                    what: "asking for an access token".to_owned(),
                    why: format!("HTTP {status}"),
                });
                tokio::time::sleep(delay).await;
                (left, delay) = (left - 1, delay * 2);
            }
            _ => return answer,
        }
    }
}

/// Presents a refresh token to the token endpoint, once.
async fn exchange(presented: &Presented<'_>, options: &ConnectOptions) -> Exchanged {
    let rotated = Arc::new(Rotated::default());
    let access_token = match session(presented, options, Arc::clone(&rotated)) {
        Ok(session) => {
            let asked = told(&options.events, TOKEN, session.access_token());
            asked.await.map(|token| SecretString::from(&*token))
        }
        Err(error) => Err(error),
    };
    let rotated = rotated.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    Exchanged { access_token, rotated }
}

fn session(
    presented: &Presented<'_>,
    options: &ConnectOptions,
    rotated: Arc<Rotated>,
) -> AuthResult<RefreshTokenAuth> {
    let login_url = http::check_address(presented.login_url).map_err(passed_on)?;
    let options = ConnectOptions {
        request_timeout: options.request_timeout.min(REFRESH_TIME),
        ..options.clone()
    };
    let mut builder = RefreshTokenAuth::builder()
        .consumer_key(presented.client_id)
        .refresh_token(presented.refresh_token.expose_secret())
        .http_client(http::client(&login_url, &options).map_err(passed_on)?)
        .login_url(login_url)
        .instance_url(presented.instance_url)
        .on_rotation(rotated);
    if let Some(secret) = presented.client_secret {
        builder = builder.consumer_secret(secret.expose_secret());
    }
    builder.build()
}

/// Holds the refresh token that the org put in the place of the one that was used.
#[derive(Default)]
struct Rotated(std::sync::Mutex<Option<SecretString>>);

#[async_trait]
impl cirrus_auth::refresh::RotationHandler for Rotated {
    async fn on_rotation(&self, new_refresh_token: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(new_refresh_token.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_that_has_ended_may_be_lost_with_an_answer() {
        let told = |text: &str| {
            let error = AuthError::OAuth {
                error: "invalid_grant".to_owned(),
                error_description: Some(text.to_owned()),
            };
            explained(error, Some("process 7 since then")).to_string()
        };
        assert!(told("expired access/refresh token").contains("process 7 since then"));
        for other in ["inactive user", "ip restricted", "user hasn't approved this consumer"] {
            assert!(!told(other).contains("process 7"), "{other}");
        }
    }
}
