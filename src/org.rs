//! One connection to an org: signed in, its API version agreed, every call counted.
//!
//! An org moves things and judges nothing: it is handed a list of needs and knows neither templates
//! nor plans. No type of the crates that speak the wire (cirrus) leaves this module. What the
//! crates lack is done here, each time with a comment that names the gap.

mod allowance;
pub(crate) mod assign;
pub mod auth;
mod bearer;
pub(crate) mod clock;
pub mod deploy;
mod describe;
mod encoding;
pub mod error;
pub mod facts;
pub mod gate;
mod graph;
mod holders;
pub(crate) mod host;
mod http;
mod key;
mod keyring;
pub mod login;
pub mod logins;
mod mint;
mod names;
pub mod pasted;
mod patience;
mod patterns;
pub mod probe;
pub mod recorded;
mod refresh;
pub mod refusal;
pub mod retrieve;
mod set_name;
mod sf_cli;
mod users;
mod values;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cirrus_metadata::{FileProperties, ListMetadataQuery};
use serde_json::Value as Json;
use tokio::sync::OnceCell;

use crate::metadata::ComponentId;
use crate::metadata::percent::decode;
use crate::metadata::registry::ApiVersion;
pub use allowance::Requests;
pub use assign::CreatedRow;
use auth::Session;
pub use error::{OrgError, OrgErrorKind};
use gate::Gate;
use http::Wire;
pub(crate) use names::Listed as ListedNames;
pub(crate) use patience::sign_in;
pub(crate) use users::KnownUser;
pub(crate) use values::Values;

/// What happens, as it happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// A piece of work began.
    Started {
        /// What, for a person.
        what: String,
    },
    /// It goes on.
    Progress {
        /// How much is done.
        done: u64,
        /// Of how much, where that is known.
        total: Option<u64>,
        /// What, for a person.
        what: String,
    },
    /// A request was answered, or not (`status` 0).
    Request {
        /// `GET` or `POST`.
        method: &'static str,
        /// The path, without the query.
        url_path: String,
        /// The HTTP status.
        status: u16,
        /// How long it took, repeats included.
        millis: u64,
    },
    /// A request at the token endpoint, which also ends sessions, was answered, or not.
    SignIn {
        /// The path, without what was sent.
        url_path: &'static str,
        /// How it went: `200`, `refused (invalid_grant)`.
        outcome: String,
        /// How long it took, repeats included.
        millis: u64,
    },
    /// Something is done once more.
    Retrying {
        /// What, for a person.
        what: String,
        /// Why.
        why: String,
    },
    /// An answer takes long.
    Slow {
        /// To what, for a person.
        what: String,
        /// How long by now.
        seconds: u64,
    },
    /// Something that a person should know happened on the way.
    Noted {
        /// What, for a person.
        what: String,
    },
    /// The piece of work ended, well or not.
    Finished,
}

/// Where events go.
pub type EventSink = Arc<dyn Fn(Event) + Send + Sync>;

/// Holds the end of the run back until what it returns is dropped: while a token that can be used
/// once is on its way, and what the org puts in its place is not stored.
pub type HoldEnd = Arc<dyn Fn() -> Box<dyn Send> + Send + Sync>;

/// How to connect. The default has the timeouts that suit a person at a terminal.
#[derive(Clone)]
pub struct ConnectOptions {
    /// How long the connection may take to come about.
    pub connect_timeout: Duration,
    /// How long the org may be silent within an answer.
    pub read_timeout: Duration,
    /// How long one request may take in all, and one that carries a package with its repeats.
    pub request_timeout: Duration,
    /// How long any other call may take in all, its repeats among it.
    pub answer_timeout: Duration,
    /// After how long it is told that an answer takes long.
    pub told_after: Duration,
    /// How long what is no answer of the API may come in place of one while a job is watched.
    pub pages_timeout: Duration,
    /// How long a job in the org (a retrieve) may take in all, its zip among it.
    pub job_timeout: Duration,
    /// How often what is safe to repeat is repeated.
    pub retries: u32,
    /// The wait before the first repeat; it doubles.
    pub retry_delay: Duration,
    /// Certificates to trust, in PEM format. On Linux `SSL_CERT_FILE` also takes the place of the
    /// system's, by rustls-native-certs.
    pub ca_file: Option<PathBuf>,
    /// Hosts that are not Salesforce's and may get a token all the same, as `acme.example.com`.
    pub allowed_hosts: Vec<String>,
    /// How much of its daily API requests is left to the org, in percent; below that no more is
    /// asked.
    pub api_reserve: u8,
    /// What lets its requests through.
    pub gate: Gate,
    /// The newest API version to use.
    pub api_version: Option<ApiVersion>,
    /// Where events go.
    pub events: EventSink,
    /// What keeps the run from ending; the default keeps nothing.
    pub hold_end: HoldEnd,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(15),
            read_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(600),
            answer_timeout: Duration::from_secs(180),
            told_after: Duration::from_secs(10),
            pages_timeout: Duration::from_secs(45),
            job_timeout: Duration::from_secs(1800),
            retries: 4,
            retry_delay: Duration::from_millis(250),
            ca_file: None,
            allowed_hosts: Vec::new(),
            api_reserve: 0,
            gate: Gate::default(),
            api_version: None,
            events: Arc::new(|_| {}),
            hold_end: Arc::new(|| Box::new(())),
        }
    }
}

/// Which org it is, and how we came to it.
#[derive(Clone, Debug)]
pub struct OrgIdentity {
    /// The user's word for it.
    pub name: String,
    /// The org's id, 18 characters.
    pub id: String,
    /// Its address.
    pub instance_url: String,
    /// Whom we are signed in as, where that is known without asking.
    pub username: Option<String>,
    /// Where the session came from: `environment`, `sf CLI alias`, ..
    pub source: String,
}

/// The user that we are signed in as.
#[derive(Clone, Debug)]
pub struct OrgUser {
    /// The user's id.
    pub id: String,
    /// The user name.
    pub username: String,
}

/// A component as the org lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What it is.
    pub id: ComponentId,
    /// The package that it belongs to.
    pub namespace: Option<String>,
    /// Who changed it last.
    pub last_modified_by: Option<String>,
    /// When, as the org writes it.
    pub last_modified_date: Option<String>,
}

/// One connection to an org.
pub struct Org {
    wire: Wire,
    identity: OrgIdentity,
    organization: Json,
    /// The columns of that row which the org refused, with its words.
    unread: BTreeMap<&'static str, String>,
    /// Whom we are signed in as, once it was asked.
    user: OnceCell<OrgUser>,
    /// The fields of `PermissionSet`, once they were asked for.
    permission_fields: OnceCell<Option<Vec<String>>>,
    job_timeout: Duration,
    pages_timeout: Duration,
    retries: u32,
    retry_delay: Duration,
}

/// What is read of the `Organization` row beside its id.
const ORGANIZATION: [&str; 6] = [
    "Name",
    "OrganizationType",
    "IsSandbox",
    "TrialExpirationDate",
    "InstanceName",
    "NamespacePrefix",
];

impl std::fmt::Debug for Org {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Org")
            .field("identity", &self.identity)
            .field("api_version", &self.api_version())
            .finish_non_exhaustive()
    }
}

impl Org {
    /// Signs in, agrees on the API version (the lower of ours and the org's newest) and learns
    /// which org it is; two requests.
    ///
    /// # Errors
    /// The org cannot be reached, the session is not valid, the org or user has no API access, or
    /// it is another org than the one that was signed in to.
    pub async fn connect(session: Session, options: ConnectOptions) -> Result<Self, OrgError> {
        let mut wire = Wire::new(session.auth.clone(), &options)?;
        wire.tell(Event::Started { what: format!("connecting to {}", session.name) });
        let connected = Self::introduce(&mut wire, &options).await;
        wire.tell(Event::Finished);
        let (organization, unread) = connected?;
        let id = long_id(organization["Id"].as_str().unwrap_or_default());
        if let Some(expected) = session.org_id.filter(|expected| long_id(expected) != id) {
            return Err(OrgError::new(
                OrgErrorKind::Auth,
                format!(
                    "`{}` is the org {}, and what answers at {} is the org {id}: a sandbox that \
                     was refreshed is another org, and an address may have gone to another",
                    session.name,
                    long_id(&expected),
                    session.auth.instance_url()
                ),
            ));
        }
        Ok(Self {
            identity: OrgIdentity {
                name: session.name,
                id,
                instance_url: session.auth.instance_url().to_owned(),
                username: session.username,
                source: session.source,
            },
            wire,
            organization,
            unread,
            user: OnceCell::new(),
            permission_fields: OnceCell::new(),
            job_timeout: options.job_timeout,
            pages_timeout: options.pages_timeout,
            retries: options.retries,
            retry_delay: options.retry_delay,
        })
    }

    async fn introduce(
        wire: &mut Wire,
        options: &ConnectOptions,
    ) -> Result<(Json, BTreeMap<&'static str, String>), OrgError> {
        let offered = wire.get("/services/data", &[]).await.map_err(|error| {
            // Every org has it (S 6.9): what lacks it is none.
            match error.code.as_deref() {
                Some("NOT_FOUND" | "METHOD_NOT_ALLOWED") => OrgError::new(
                    OrgErrorKind::Unexpected,
                    format!("there is no API at this address: {}", error.message),
                ),
                _ => error,
            }
        })?;
        let newest = offered
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| ApiVersion::parse(entry.get("version")?.as_str()?))
            .max()
            .ok_or_else(|| {
                OrgError::new(
                    OrgErrorKind::Unexpected,
                    "the org lists no API version under /services/data",
                )
            })?;
        wire.set_version(newest.min(wire.version()), options)?;
        // Every user may read this row; it is kept for the facts.
        let ask = async |columns: &str| {
            let rows = wire.query(&format!("SELECT Id{columns} FROM Organization")).await?;
            match rows.into_iter().next() {
                Some(row) if row["Id"].as_str().is_some_and(|id| id.starts_with("00D")) => Ok(row),
                _ => Err(OrgError::new(
                    OrgErrorKind::Unexpected,
                    "the org does not say which org it is",
                )),
            }
        };
        let all: String = ORGANIZATION.map(|column| format!(", {column}")).concat();
        let mut unread = BTreeMap::new();
        let row = match ask(&all).await {
            // One column that this user or release does not have takes the others with it: each is
            // asked for by itself.
            Err(error)
                if matches!(
                    error.code.as_deref(),
                    Some("INVALID_FIELD" | "INSUFFICIENT_ACCESS")
                ) =>
            {
                let mut row = ask("").await?;
                for column in ORGANIZATION {
                    match ask(&format!(", {column}")).await {
                        Ok(mut one) => row[column] = one[column].take(),
                        Err(error) if error.is_about_one_question() => {
                            row[column] = Json::Null;
                            unread.insert(column, error.to_string());
                        }
                        Err(error) => return Err(error),
                    }
                }
                row
            }
            answer => answer?,
        };
        Ok((row, unread))
    }

    /// Returns which org it is.
    pub fn identity(&self) -> &OrgIdentity {
        &self.identity
    }

    /// Returns the API version agreed on.
    pub fn api_version(&self) -> ApiVersion {
        self.wire.version()
    }

    /// Returns how many requests were made so far, polling included.
    pub fn requests(&self) -> u64 {
        self.wire.requests()
    }

    /// Tells that a piece of work begins.
    pub(crate) fn begin(&self, what: &str) {
        self.wire.tell(Event::Started { what: what.to_owned() });
    }

    /// Tells what happens in it.
    pub(crate) fn say(&self, what: &str) {
        self.wire.tell(Event::Progress { done: 0, total: None, what: what.to_owned() });
    }

    /// Tells that it is over.
    pub(crate) fn end(&self) {
        self.wire.tell(Event::Finished);
    }

    /// Leaves nothing of the day's API requests to others from now on: what is on its way must be
    /// seen to its end.
    pub(crate) fn lift_reserve(&self) {
        self.wire.lift_reserve();
    }

    /// Returns the name that the org has in Setup.
    pub fn organization_name(&self) -> &str {
        self.organization["Name"].as_str().unwrap_or_default()
    }

    /// Says whether people work in it: no sandbox, no scratch or trial org, no Developer Edition.
    /// In doubt it is production.
    pub(crate) fn is_production(&self) -> bool {
        let row = &self.organization;
        let is_developers = row["OrganizationType"]
            .as_str()
            .is_some_and(|edition| edition.starts_with("Developer"));
        row["IsSandbox"].as_bool() != Some(true)
            && row["TrialExpirationDate"].is_null()
            && !is_developers
    }

    /// Returns whom we are signed in as; one request, the first time.
    ///
    /// # Errors
    /// The org cannot be asked, or the session's scopes do not allow it.
    pub async fn user(&self) -> Result<OrgUser, OrgError> {
        self.user.get_or_try_init(|| self.ask_user()).await.cloned()
    }

    async fn ask_user(&self) -> Result<OrgUser, OrgError> {
        let info = self.wire.get("/services/oauth2/userinfo", &[]).await?;
        let text = |key: &str| info.get(key).and_then(Json::as_str).map(str::to_owned);
        match (text("user_id"), text("preferred_username")) {
            (Some(id), Some(username)) => Ok(OrgUser { id, username }),
            _ => Err(OrgError::new(
                OrgErrorKind::Refused,
                "the org does not say whom we are signed in as",
            )),
        }
    }

    /// Asks whether the caller may read rows of an object; one request.
    ///
    /// # Errors
    /// They may not, or the org cannot be asked.
    pub(crate) async fn check_shown(&self, object: &str) -> Result<(), OrgError> {
        self.wire.query(&format!("SELECT Id FROM {object} LIMIT 1")).await.map(drop)
    }

    /// Lists the components of a type, in order of name; one request (`listMetadata`).
    ///
    /// # Errors
    /// The org does not know the type or does not show it ([`OrgError::is_lasting`]), or could not
    /// answer, twice.
    pub async fn list(&self, type_name: &str) -> Result<Vec<Listed>, OrgError> {
        self.list_types(&[type_name]).await
    }

    /// Lists several types in one request each three, the most that the API takes.
    async fn list_types(&self, type_names: &[&str]) -> Result<Vec<Listed>, OrgError> {
        let mut listed = Vec::new();
        for three in type_names
            .chunks(cirrus_metadata::handlers::utility::MAX_LIST_METADATA_QUERIES_PER_CALL)
        {
            let entries = match self.list_once(three).await {
                // A maintenance page, or a fault that the org has no name for, may be over in a
                // moment; to ask again changes nothing. A broken connection was tried again below.
                Err(error) if error.is_about_one_question() && !error.is_lasting() => {
                    self.wire.tell(Event::Retrying {
                        what: format!("listing {}", three.join(", ")),
                        why: error.to_string(),
                    });
                    tokio::time::sleep(self.retry_delay).await;
                    self.list_once(three).await?
                }
                answer => answer?,
            };
            for entry in entries {
                let type_name = match (entry.type_name, three) {
                    (Some(type_name), _) => type_name,
                    (None, [only]) => (*only).to_owned(),
                    (None, _) => continue,
                };
                listed.push(Listed {
                    id: ComponentId::new(type_name, decode(&entry.full_name)),
                    namespace: entry.namespace_prefix,
                    last_modified_by: entry.last_modified_by_name,
                    last_modified_date: entry.last_modified_date,
                });
            }
        }
        // An answer that went astray must not pass for an org without any: profiles would lose
        // what they show for the sake of objects.
        let is_there = |name: &str| listed.iter().any(|one| one.id.type_name == name);
        let is_lost = |name: &&&str| IN_EVERY_ORG.contains(name) && !is_there(name);
        if let Some(lost) = type_names.iter().find(is_lost) {
            return Err(OrgError::new(
                OrgErrorKind::Unexpected,
                format!("the org lists no {lost} at all, and every org has some"),
            ));
        }
        listed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }

    async fn list_once(&self, three: &[&str]) -> Result<Vec<FileProperties>, OrgError> {
        let version = self.api_version().to_string();
        let queries = three
            .iter()
            .map(|type_name| ListMetadataQuery { type_name: (*type_name).to_owned(), folder: None })
            .collect();
        let call = self.wire.metadata().list_metadata(queries, &version);
        self.wire.soap("listMetadata", call).await
    }
}

/// Types of which there is no org without components.
const IN_EVERY_ORG: [&str; 2] = ["CustomObject", "Profile"];

/// Gives an id of 15 characters its suffix of 3: each stands for the capitals among five
/// characters.
fn long_id(id: &str) -> String {
    if id.len() != 15 || !id.is_ascii() {
        return id.to_owned();
    }
    let mut long = id.to_owned();
    for five in id.as_bytes().chunks(5) {
        let bits = five
            .iter()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_uppercase())
            .fold(0_usize, |bits, (at, _)| bits | 1 << at);
        long.push(char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]));
    }
    long
}

/// Says whether a text has the form of an id of a kind: its prefix, and 15 or 18 letters and digits
/// in all.
fn is_id(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
        && matches!(text.len(), 15 | 18)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_get_their_suffix() {
        assert_eq!(long_id("00D000000000062"), "00D000000000062EAA");
        assert_eq!(long_id("001D000000IqhSL"), "001D000000IqhSLIAZ");
        assert_eq!(long_id("00D000000000062EAA"), "00D000000000062EAA");
    }
}
