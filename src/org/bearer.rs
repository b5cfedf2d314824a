//! JWT bearer where the audience is not the host that issues tokens: cirrus takes the two for one.
//!
//! Which audience an org takes does not show in its address (S 6.9). A host of its own may want
//! that of all orgs, `https://login.salesforce.com` or `https://test.salesforce.com`.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cirrus_auth::{AuthError, AuthResult, AuthSession, async_trait};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::http;

/// How long what is signed can be used: as long as cirrus has it, which is within what Salesforce
/// allows, and bears a clock that is two minutes ahead.
const VALID: Duration = Duration::from_secs(170);

/// The largest answer that is read; a token endpoint's has a few kilobytes.
const LARGEST: usize = 1 << 20;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A session by JWT bearer.
pub(super) struct Bearer {
    pub(super) client_id: String,
    pub(super) username: String,
    pub(super) key: EncodingKey,
    /// The host that issues tokens.
    pub(super) login_url: String,
    /// Whom the assertion is made out to.
    pub(super) audience: String,
    pub(super) instance_url: String,
    pub(super) http: reqwest::Client,
    pub(super) token: Mutex<Option<SecretString>>,
}

/// What is signed (RFC 7523, 3).
#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    exp: u64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    instance_url: String,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

impl Bearer {
    fn assertion(&self) -> AuthResult<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = Claims {
            iss: &self.client_id,
            sub: &self.username,
            aud: &self.audience,
            exp: (now + VALID).as_secs(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key)
            .map_err(|error| AuthError::Signing(error.to_string()))
    }

    async fn mint(&self) -> AuthResult<SecretString> {
        let assertion = self.assertion()?;
        let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
        let address = format!("{}/services/oauth2/token", self.login_url);
        let mut answer = self.http.post(address).form(&form).send().await?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(AuthError::ResponseTooLarge { status, limit: LARGEST });
            }
            body.extend_from_slice(&chunk);
        }
        if !(200..300).contains(&status) {
            // What is no refusal of a token endpoint may repeat what it was sent, and is not shown.
            return Err(match serde_json::from_slice(&body) {
                Ok(Refused { error, error_description }) => {
                    AuthError::OAuth { error, error_description }
                }
                Err(_) => AuthError::UnexpectedResponse { status },
            });
        }
        let granted: Granted = serde_json::from_slice(&body)?;
        let token = SecretString::from(granted.access_token);
        let returned = http::check_address(&granted.instance_url).unwrap_or(granted.instance_url);
        if returned != self.instance_url {
            let configured = self.instance_url.clone();
            return Err(AuthError::InstanceUrlMismatch { configured, returned });
        }
        Ok(token)
    }
}

#[async_trait]
impl AuthSession for Bearer {
    async fn access_token(&self) -> AuthResult<Cow<'_, str>> {
        // Whoever comes meanwhile waits for the same one.
        let mut held = self.token.lock().await;
        let token = match held.take() {
            Some(token) => token,
            None => self.mint().await?,
        };
        let shown = token.expose_secret().to_owned();
        *held = Some(token);
        Ok(Cow::Owned(shown))
    }

    fn instance_url(&self) -> &str {
        &self.instance_url
    }

    async fn invalidate(&self, stale_token: &str) {
        let mut held = self.token.lock().await;
        held.take_if(|token| token.expose_secret() == stale_token);
    }
}
