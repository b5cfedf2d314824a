//! The apps that may sign people in, as the token endpoint knows them, and who may use them.

use super::super::objects::find;
use super::super::state::{Org, Row, component_id, profile_set_id, string, timestamp};
use super::super::tree::Node;

/// The consumer key of the app that the `sf` CLI signs in with.
pub(super) const CLI: &str = "PlatformCLI";

/// An app of an invented vendor that nobody has installed in this org (S 2.8).
pub(super) const NOT_INSTALLED: &str = "3MVG9demoVendorAppNotInstalled0004";

/// An external client app of another org.
pub(super) const ELSEWHERE: &str = "3MVG9demoVendorEcaOfAnotherOrg0005";

/// Where the vendor's two apps lead back to.
const VENDORS_CALLBACK: &str = "https://vendor.example.com/callback";

/// How much of a time says it to the second.
const SECONDS: usize = "2026-03-02T09:00:00".len();

/// An app as the token endpoint knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) callbacks: Vec<String>,
    /// Any loopback address will do: the Salesforce CLI's app.
    pub(super) loopback: bool,
    pub(super) rotates: bool,
    pub(super) pkce: bool,
    pub(super) jwt_tokens: bool,
    pub(super) infinite: bool,
    pub(super) runs_as: Option<String>,
    /// The app's id where only those may use it whom an admin has pre-authorised.
    pub(super) approved_only: Option<String>,
    /// The certificate that a JWT must be signed for.
    pub(super) certificate: Option<String>,
    pub(super) secret: Option<String>,
    /// Whether a refresh needs the secret.
    pub(super) refresh_needs_secret: bool,
}

impl Org {
    /// Finds an app by its consumer key, among connected apps and external client apps.
    pub(super) fn client(&self, key: &str) -> Option<Client> {
        match key {
            "" => None,
            CLI => Some(Client { loopback: true, infinite: true, ..Client::default() }),
            NOT_INSTALLED | ELSEWHERE => Some(Client {
                callbacks: vec![VENDORS_CALLBACK.to_owned()],
                infinite: true,
                ..Client::default()
            }),
            _ => self.connected_app(key).or_else(|| self.external_app(key)),
        }
    }

    fn connected_app(&self, key: &str) -> Option<Client> {
        let (name, app) = self.of_type("ConnectedApp").find(|(_, app)| {
            app.child("oauthConfig").and_then(|config| config.get("consumerKey")) == Some(key)
        })?;
        let config = app.child("oauthConfig")?;
        let policy = app.child("oauthPolicy").and_then(|policy| policy.get("refreshTokenPolicy"));
        Some(Client {
            infinite: policy != Some("zero"),
            runs_as: config
                .get("oauthClientCredentialUser")
                .filter(|_| config.flag("isClientCredentialEnabled"))
                .map(str::to_owned),
            approved_only: config
                .flag("isAdminApproved")
                .then(|| component_id("ConnectedApp", name)),
            ..self.client_of(config, key)
        })
    }

    /// The OAuth settings of an external client app, by its consumer key.
    pub(in crate::demo) fn external_settings(&self, key: &str) -> Option<Node> {
        self.of_type("ExtlClntAppGlobalOauthSettings")
            .map(|(_, settings)| settings)
            .find(|settings| settings.get("consumerKey") == Some(key))
    }

    /// The user as whom an app signs in that has nobody to ask.
    pub(in crate::demo) fn runs_as(&self, key: &str) -> Option<String> {
        self.client(key)?.runs_as
    }

    fn external_app(&self, key: &str) -> Option<Client> {
        let settings = self.external_settings(key)?;
        let app = settings.get("externalClientApplication").unwrap_or_default();
        let policies = self
            .of_type("ExtlClntAppOauthConfigurablePolicies")
            .map(|(_, node)| node)
            .find(|node| node.get("externalClientApplication") == Some(app));
        let policy = |name: &str| policies.as_ref().and_then(|node| node.get(name));
        let runs = "isClientCredentialsFlowEnabled";
        let both_run = settings.flag(runs) && policies.as_ref().is_some_and(|node| node.flag(runs));
        Some(Client {
            infinite: policy("refreshTokenPolicyType") != Some("Zero"),
            runs_as: policy("clientCredentialsFlowUser").filter(|_| both_run).map(str::to_owned),
            approved_only: (policy("permittedUsersPolicyType")
                == Some("AdminApprovedPreAuthorized"))
            .then(|| component_id("ExternalClientApplication", app)),
            ..self.client_of(&settings, key)
        })
    }

    /// What connected apps and external client apps call the same.
    fn client_of(&self, config: &Node, key: &str) -> Client {
        let callbacks = config.get("callbackUrl").unwrap_or_default().lines().map(str::trim);
        Client {
            callbacks: callbacks.filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            rotates: config.flag("isRefreshTokenRotationEnabled"),
            pkce: config.flag("isPkceRequired"),
            jwt_tokens: config.flag("isNamedUserJwtEnabled"),
            certificate: config.get("certificate").map(str::to_owned),
            secret: self.catalog.secrets.get(key).cloned(),
            refresh_needs_secret: config.flag("isSecretRequiredForRefreshToken"),
            ..Client::default()
        }
    }

    /// Whether a user may use an app: all may, or an admin has pre-authorised one of the user's
    /// profile and permission sets (S 1.7). An assignment that has expired lets nobody in (S 10.1).
    pub(super) fn may_use(&self, client: &Client, user: &str, now: u64) -> bool {
        let (Some(app), Some(rows)) = (&client.approved_only, find("SetupEntityAccess", false))
        else {
            return true;
        };
        let now = timestamp(now, "");
        let lasts = |row: &Row| {
            let expires = string(row, "ExpirationDate");
            expires.is_empty() || expires.get(..SECONDS) >= now.get(..SECONDS)
        };
        let parents: Vec<String> = self
            .sources_by(user, lasts)
            .iter()
            .map(|(type_name, name)| match type_name.as_str() {
                "Profile" => profile_set_id(name),
                _ => component_id(type_name, name),
            })
            .collect();
        self.rows(rows).iter().any(|row| {
            string(row, "SetupEntityId") == app
                && parents.iter().any(|parent| parent == string(row, "ParentId"))
        })
    }

    /// Whether a user has let an app in before.
    pub(super) fn has_approved(&self, client_id: &str, user: &str) -> bool {
        self.grants.values().any(|grant| grant.client == client_id && grant.user == user)
    }
}
