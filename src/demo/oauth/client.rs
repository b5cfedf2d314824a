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
    /// What the org's records call it.
    pub(super) label: String,
    pub(super) is_external: bool,
    pub(super) callbacks: Vec<String>,
    /// Any loopback address will do: the Salesforce CLI's app.
    pub(super) loopback: bool,
    pub(super) rotates: bool,
    pub(super) pkce: bool,
    pub(super) jwt_tokens: bool,
    pub(super) infinite: bool,
    /// Whether a refresh token ends that nobody has used for 30 days (S 10.3).
    pub(super) ends_idle: bool,
    pub(super) runs_as: Option<String>,
    /// The app's id where only those may use it whom an admin has pre-authorised.
    pub(super) approved_only: Option<String>,
    /// The certificate that a JWT must be signed for.
    pub(super) certificate: Option<String>,
    pub(super) secret: Option<String>,
    /// Whether the web server flow goes without a secret (S 1.2).
    pub(super) secret_is_optional: bool,
    /// Whether a refresh needs the secret.
    pub(super) refresh_needs_secret: bool,
    /// Whether an admin lets nobody in by it.
    pub(super) is_blocked: bool,
    /// Whether an admin has uninstalled it.
    pub(super) is_taken_away: bool,
    /// What it may ask for, by the names that tokens have for it.
    pub(super) scopes: Vec<String>,
}

/// What tokens call scopes, by the names that metadata has for them (S 1.2). Where a name is not
/// here it is the same in small letters; that is the demo org's own.
const SCOPES: &[(&str, &str)] = &[
    ("Basic", "id"),
    ("Chatter", "chatter_api"),
    ("CustomApplications", "visualforce"),
    ("CustomPermissions", "custom_permissions"),
    ("Eclair", "eclair_api"),
    ("OfflineAccess", REFRESH),
    ("Pardot", "pardot_api"),
    ("RefreshToken", REFRESH),
    ("Wave", "wave_api"),
];

/// The scope without which there is no refresh token.
pub(super) const REFRESH: &str = "refresh_token";

fn scope_names<'n>(scopes: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let named = scopes.into_iter().filter(|scope| !scope.is_empty()).map(|scope| {
        let known = SCOPES.iter().find(|(name, _)| *name == scope);
        known.map_or_else(|| scope.to_lowercase(), |(_, name)| (*name).to_owned())
    });
    named.collect()
}

impl Client {
    /// What a sign-in gets of what it asks for; nothing asked for is all. `None` where it asks for
    /// what the app may not have.
    pub(super) fn granted(&self, asked: Option<&str>) -> Option<Vec<String>> {
        let asked = asked.unwrap_or_default().split_whitespace();
        let asked: Vec<&str> =
            asked.map(|word| if word == "offline_access" { REFRESH } else { word }).collect();
        if asked.is_empty() {
            return Some(self.scopes.clone());
        }
        let has = |word: &str| self.scopes.iter().any(|scope| scope == word);
        let may = |word: &&str| has(word) || (has("full") && *word != REFRESH);
        asked.iter().all(may).then(|| asked.iter().map(|word| (*word).to_owned()).collect())
    }
}

impl Org {
    /// Finds an app by its consumer key, among connected apps and external client apps.
    pub(super) fn client(&self, key: &str) -> Option<Client> {
        match key {
            "" => None,
            CLI => Some(Client {
                label: "Salesforce CLI".to_owned(),
                loopback: true,
                infinite: true,
                is_blocked: self.api_access_is_controlled(),
                scopes: scope_names(["RefreshToken", "Api", "Web"]),
                ..Client::default()
            }),
            NOT_INSTALLED | ELSEWHERE => Some(Client {
                label: "Vendor Loader".to_owned(),
                is_external: key == ELSEWHERE,
                callbacks: vec![VENDORS_CALLBACK.to_owned()],
                infinite: true,
                is_blocked: key == NOT_INSTALLED && self.api_access_is_controlled(),
                scopes: scope_names(["RefreshToken", "Api", "Web"]),
                ..Client::default()
            }),
            _ => self
                .connected_app(key)
                .or_else(|| self.external_app(key))
                .or_else(|| self.uninstalled(key)),
        }
    }

    /// An app that was here and that an admin has uninstalled.
    fn uninstalled(&self, key: &str) -> Option<Client> {
        let label = self.taken_away.get(key)?.clone();
        Some(Client { label, is_taken_away: true, ..Client::default() })
    }

    /// Forgets what API Access Control has blocked, where it is off or the app approved by now.
    pub(crate) fn forget_blocked(&mut self) {
        let is_on = self.api_access_is_controlled();
        let is_approved = |key: &str| {
            self.of_type("ConnectedApp").any(|(_, app)| {
                app.child("oauthConfig").is_some_and(|config| {
                    config.get("consumerKey") == Some(key) && config.flag("isAdminApproved")
                })
            })
        };
        let ended = self.of_type("BlacklistedConsumer").filter(|(_, node)| {
            let key = node.get("consumerKey").unwrap_or_default();
            node.flag("blockedByApiWhitelisting") && (!is_on || is_approved(key))
        });
        let ended: Vec<String> = ended.map(|(name, _)| name.to_owned()).collect();
        for name in ended {
            self.components.remove(&("BlacklistedConsumer".to_owned(), name));
        }
    }

    /// Whether an admin has blocked an app (S 12.7).
    fn is_blacklisted(&self, key: &str) -> bool {
        let mut all = self.of_type("BlacklistedConsumer");
        // What API Access Control blocks is blocked while it is on.
        let is_it = |node: &Node| {
            node.get("consumerKey") == Some(key) && !node.flag("blockedByApiWhitelisting")
        };
        all.any(|(_, node)| is_it(&node))
    }

    fn connected_app(&self, key: &str) -> Option<Client> {
        let (name, app) = self.of_type("ConnectedApp").find(|(_, app)| {
            app.child("oauthConfig").and_then(|config| config.get("consumerKey")) == Some(key)
        })?;
        let config = app.child("oauthConfig")?;
        let policy = app.child("oauthPolicy").and_then(|policy| policy.get("refreshTokenPolicy"));
        Some(Client {
            label: app.get("label").unwrap_or(name).to_owned(),
            infinite: policy != Some("zero"),
            runs_as: config
                .get("oauthClientCredentialUser")
                .filter(|_| config.flag("isClientCredentialEnabled"))
                .map(str::to_owned),
            approved_only: config
                .flag("isAdminApproved")
                .then(|| component_id("ConnectedApp", name)),
            is_blocked: self.is_blacklisted(key)
                || (self.api_access_is_controlled() && !config.flag("isAdminApproved")),
            scopes: scope_names(config.texts("scopes")),
            ..self.client_of(config, key)
        })
    }

    /// The OAuth settings of an external client app, by its consumer key.
    fn external_settings(&self, key: &str) -> Option<Node> {
        self.of_type("ExtlClntAppGlobalOauthSettings")
            .map(|(_, settings)| settings)
            .find(|settings| settings.get("consumerKey") == Some(key))
    }

    fn external_app(&self, key: &str) -> Option<Client> {
        let settings = self.external_settings(key)?;
        let app = settings.get("externalClientApplication").unwrap_or_default();
        let of_app = |type_name: &'static str| {
            self.of_type(type_name)
                .map(|(_, node)| node)
                .find(|node| node.get("externalClientApplication") == Some(app))
        };
        let policies = of_app("ExtlClntAppOauthConfigurablePolicies");
        let policy = |name: &str| policies.as_ref().and_then(|node| node.get(name));
        // Off is what is said to be (S 2.6: on where nothing is said).
        let is_off = of_app("ExtlClntAppConfigurablePolicies").is_some_and(|node| {
            ["isEnabled", "isOauthPluginEnabled"]
                .iter()
                .any(|flag| node.child(flag).is_some() && !node.flag(flag))
        });
        let oauth = of_app("ExtlClntAppOauthSettings");
        let scopes = oauth.as_ref().and_then(|node| node.get("commaSeparatedOauthScopes"));
        let label = self
            .component("ExternalClientApplication", app)
            .and_then(|node| node.get("label").map(str::to_owned));
        let runs = "isClientCredentialsFlowEnabled";
        let both_run = settings.flag(runs) && policies.as_ref().is_some_and(|node| node.flag(runs));
        Some(Client {
            label: label.unwrap_or_else(|| app.to_owned()),
            is_external: true,
            infinite: policy("refreshTokenPolicyType") != Some("Zero"),
            runs_as: policy("clientCredentialsFlowUser").filter(|_| both_run).map(str::to_owned),
            approved_only: (policy("permittedUsersPolicyType")
                == Some("AdminApprovedPreAuthorized"))
            .then(|| component_id("ExternalClientApplication", app)),
            is_blocked: is_off,
            scopes: scope_names(scopes.unwrap_or_default().split(',').map(str::trim)),
            ..self.client_of(&settings, key)
        })
    }

    /// What connected apps and external client apps call the same.
    fn client_of(&self, config: &Node, key: &str) -> Client {
        let callbacks = config.get("callbackUrl").unwrap_or_default().lines().map(str::trim);
        Client {
            callbacks: callbacks.filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            rotates: config.flag("isRefreshTokenRotationEnabled"),
            ends_idle: config.flag("isEnforceRefreshTokenTTL"),
            pkce: config.flag("isPkceRequired") || self.has_setting("OauthOidc", "isPkceRequired"),
            jwt_tokens: config.flag("isNamedUserJwtEnabled"),
            certificate: config.get("certificate").map(str::to_owned),
            secret: Some(self.consumer_secret(key)),
            secret_is_optional: config.flag("isConsumerSecretOptional"),
            refresh_needs_secret: config.flag("isSecretRequiredForRefreshToken"),
            ..Client::default()
        }
    }

    /// Whether a switch of a settings file is on.
    pub(super) fn has_setting(&self, file: &str, flag: &str) -> bool {
        self.component("Settings", file).is_some_and(|settings| settings.flag(flag))
    }

    /// Whether API Access Control is on: it lets in the connected apps alone that admins approve, by
    /// the words of its setting, and external client apps do without it (S 2.8, 12.7).
    fn api_access_is_controlled(&self) -> bool {
        self.has_setting("ConnectedApp", "enableAdminApprovedAppsOnly")
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
