//! The demo org as a value: metadata, records, sessions and jobs. No clock, no files, no network;
//! time comes in as milliseconds.
//!
//! What a job and a grant are stands in `job` and `grant`; the calls on the org stand in
//! `retrieve`, `deploy`, `query`, `records` and `oauth`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::catalog::Catalog;
use super::form::Form;
use super::grant::{Code, Grant};
use super::history::History;
use super::id::{id18, same_id};
use super::job::{DeployJob, RetrieveJob};
use super::name::{Key, key_of_path};
use super::seed;
use super::tree::Node;

/// A row of an object.
pub(crate) type Row = Map<String, Value>;

/// A component as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The file's content, as a retrieve with every companion would give it.
    pub(crate) content: String,
    pub(crate) created: u64,
    pub(crate) modified: u64,
    pub(crate) modified_by: String,
}

/// The part of the org that lasts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Org {
    pub(crate) catalog: Catalog,
    pub(crate) records: BTreeMap<String, Vec<Row>>,
    /// Kept apart from the rest on disk, as files.
    #[serde(skip)]
    pub(crate) components: BTreeMap<Key, Stored>,
    /// Access tokens, each with the id of its user.
    pub(crate) sessions: BTreeMap<String, String>,
    /// Refresh tokens.
    pub(crate) grants: BTreeMap<String, Grant>,
    /// The sign-ins that access tokens come from, where they came from one that can be refreshed.
    #[serde(default)]
    pub(crate) families: BTreeMap<String, u64>,
    /// Sign-ins and changes.
    #[serde(default)]
    pub(crate) history: History,
    /// Deploys, oldest first.
    pub(crate) deploys: Vec<DeployJob>,
    /// What tokens are made from.
    pub(crate) secret: String,
    /// How often the consumer secret of a key was made anew.
    #[serde(default)]
    pub(crate) rotated: BTreeMap<String, u64>,
    /// Apps of others that an admin has uninstalled: consumer key and label.
    #[serde(default)]
    pub(crate) taken_away: BTreeMap<String, String>,
    /// The id that it had before it was refreshed, where it was.
    #[serde(default)]
    pub(crate) refreshed_from: Option<String>,
    /// Counts ids of jobs and records.
    pub(crate) serial: u64,
    /// The other forms that it takes while its server runs.
    #[serde(skip)]
    pub(crate) forms: BTreeSet<Form>,
}

/// The org with what lasts only as long as its server.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) org: Org,
    pub(crate) retrieves: BTreeMap<String, RetrieveJob>,
    pub(crate) codes: BTreeMap<String, Code>,
    /// Queries that were not read to their end: locator, query, tooling.
    pub(crate) cursors: BTreeMap<String, (String, bool)>,
    /// How long a job takes, in milliseconds.
    pub(crate) delay: u64,
    /// Whether the app of the `sf` command line rotates refresh tokens too.
    pub(crate) rotates: bool,
    /// Whether `org` has changed since it was last stored.
    pub(crate) dirty: bool,
    /// What ids and codes that last only as long as the server are made from: chance, so that two
    /// servers of one org give none twice, and a count.
    pub(crate) chance: String,
    pub(crate) given: u64,
}

/// The parts of `fixtures/demo/org.json`.
#[derive(Deserialize)]
struct SeedFile {
    #[serde(flatten)]
    catalog: Catalog,
    records: BTreeMap<String, Vec<Row>>,
}

impl Org {
    /// Makes the org as it is before anything was done to it. `secret` becomes the first session's
    /// token.
    pub(crate) fn seeded(secret: &str) -> Self {
        static SEED: OnceLock<Org> = OnceLock::new();
        let mut org = Self { secret: secret.to_owned(), ..SEED.get_or_init(Self::seed).clone() };
        org.renew_own_session();
        org
    }

    /// What the fixtures hold, without a secret and a session.
    fn seed() -> Self {
        let file: SeedFile =
            serde_json::from_str(seed::ORG).expect("the built-in records are read by a unit test");
        let mut components = BTreeMap::new();
        for (path, content) in seed::METADATA {
            let key = key_of_path(path).expect("the built-in paths are read by a unit test");
            components.insert(
                key,
                Stored {
                    content: (*content).to_owned(),
                    created: SEED_TIME,
                    modified: SEED_TIME,
                    modified_by: file.catalog.admin.clone(),
                },
            );
        }
        Self {
            sessions: BTreeMap::new(),
            catalog: file.catalog,
            records: file.records,
            components,
            grants: BTreeMap::new(),
            families: BTreeMap::new(),
            history: History::default(),
            deploys: Vec::new(),
            secret: String::new(),
            rotated: BTreeMap::new(),
            taken_away: BTreeMap::new(),
            refreshed_from: None,
            serial: 0,
            forms: BTreeSet::new(),
        }
    }

    /// Makes the org of a name as it is at first: the same invented company, with an id of its own.
    pub(crate) fn named(secret: &str, name: Option<&str>) -> Self {
        let mut org = Self::seeded(secret);
        let Some(name) = name else { return org };
        let id = org_id(Some(name));
        for row in org.records.get_mut("Organization").into_iter().flatten() {
            row.insert("Id".to_owned(), id.clone().into());
            let title = format!("{} {name}", string(row, "Name"));
            row.insert("Name".to_owned(), title.into());
        }
        org.sessions.clear();
        // An external client app bears the id of its org (S 2.2, 2.4).
        for stored in org.components.values_mut() {
            stored.content = stored.content.replace(&org.catalog.org_id, &id);
        }
        org.catalog.org_id = id;
        org.renew_own_session();
        org
    }

    /// The access token of the administrator with which the program itself meets the org.
    pub(crate) fn own_token(&self) -> String {
        format!("{}!{}", &self.catalog.org_id[..15], self.secret)
    }

    /// Opens the program's own session anew where it was ended; returns whether it was.
    pub(crate) fn renew_own_session(&mut self) -> bool {
        let token = self.own_token();
        let was_ended = !self.sessions.contains_key(&token);
        self.sessions.entry(token).or_insert_with(|| self.catalog.admin.clone());
        was_ended
    }

    /// The consumer secret that belongs to a consumer key: every app has one.
    pub(crate) fn consumer_secret(&self, key: &str) -> String {
        let rotated = self.rotated.get(key).copied().unwrap_or_default();
        let first = self.catalog.secrets.get(key).filter(|_| rotated == 0);
        first.cloned().unwrap_or_else(|| {
            secret_text(&[&self.secret, "consumer secret", key, &rotated.to_string()])
        })
    }

    /// What the org is called.
    pub(crate) fn name(&self) -> String {
        let row = self.records.get("Organization").and_then(|rows| rows.first());
        row.map_or_else(String::new, |row| string(row, "Name").to_owned())
    }

    /// The parsed content of a component.
    pub(crate) fn component(&self, type_name: &str, full_name: &str) -> Option<Node> {
        let stored = self.components.get(&(type_name.to_owned(), full_name.to_owned()))?;
        Node::parse(&stored.content).ok()
    }

    /// The components of one type, parsed, in order of full name.
    pub(crate) fn of_type<'a>(
        &'a self,
        type_name: &'a str,
    ) -> impl Iterator<Item = (&'a str, Node)> + 'a {
        self.components.iter().filter(move |((name, _), _)| name == type_name).filter_map(
            |((_, full_name), stored)| {
                Some((full_name.as_str(), Node::parse(&stored.content).ok()?))
            },
        )
    }

    /// Whether the org has the component.
    pub(crate) fn has(&self, type_name: &str, full_name: &str) -> bool {
        self.components.contains_key(&(type_name.to_owned(), full_name.to_owned()))
    }

    /// A profile's name as Setup and SOQL show it (S 3.3).
    pub(crate) fn profile_label<'a>(&'a self, full_name: &'a str) -> &'a str {
        self.catalog.standard_profiles.get(full_name).map_or(full_name, String::as_str)
    }

    /// The full name of a profile that is named by its full name or by the name in Setup.
    pub(crate) fn profile_named(&self, name: &str) -> Option<String> {
        self.components
            .keys()
            .filter(|(type_name, _)| type_name == "Profile")
            .map(|(_, full_name)| full_name)
            .find(|full_name| *full_name == name || self.profile_label(full_name) == name)
            .cloned()
    }

    /// The full name of a permission set that is named by its full name or its label.
    pub(crate) fn permission_set_named(&self, name: &str) -> Option<String> {
        self.of_type("PermissionSet")
            .find(|(full_name, node)| *full_name == name || node.get("label") == Some(name))
            .map(|(full_name, _)| full_name.to_owned())
    }

    /// What permission sets, or profiles, can be named by in an app: full names, and what Setup
    /// calls them.
    pub(crate) fn carrier_names(&self, type_name: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (full_name, node) in self.of_type(type_name) {
            names.insert(match type_name {
                "Profile" => self.profile_label(full_name).to_owned(),
                _ => node.get("label").unwrap_or(full_name).to_owned(),
            });
            names.insert(full_name.to_owned());
        }
        names
    }

    /// A user's row by id or by username.
    pub(crate) fn user(&self, id_or_name: &str) -> Option<&Row> {
        self.records.get("User")?.iter().find(|row| {
            same_id(string(row, "Id"), id_or_name)
                || string(row, "Username").eq_ignore_ascii_case(id_or_name)
        })
    }

    /// The profile and permission sets that give a user his permissions: type and full name.
    pub(crate) fn sources(&self, user: &str) -> BTreeSet<Key> {
        self.sources_by(user, |_| true)
    }

    /// The same, of those assignments that count.
    pub(crate) fn sources_by(&self, user: &str, counts: impl Fn(&Row) -> bool) -> BTreeSet<Key> {
        let mut sources = BTreeSet::new();
        let Some(row) = self.user(user) else {
            return sources;
        };
        sources.insert(("Profile".to_owned(), string(row, "Profile").to_owned()));
        let user = string(row, "Id");
        for row in self.records.get("PermissionSetAssignment").into_iter().flatten() {
            if !same_id(string(row, "AssigneeId"), user) || !counts(row) {
                continue;
            }
            match (string(row, "PermissionSet"), string(row, "PermissionSetGroup")) {
                ("", group) => {
                    if let Some(group) = self.component("PermissionSetGroup", group) {
                        for set in group.texts("permissionSets") {
                            sources.insert(("PermissionSet".to_owned(), set.to_owned()));
                        }
                    }
                }
                (set, _) => {
                    sources.insert(("PermissionSet".to_owned(), set.to_owned()));
                }
            }
        }
        sources
    }

    /// Whether a user has a user permission, by profile or permission sets.
    pub(crate) fn is_permitted(&self, user: &str, permission: &str) -> bool {
        self.sources(user).iter().any(|(type_name, full_name)| {
            self.component(type_name, full_name).is_some_and(|node| {
                node.all("userPermissions").any(|entry| {
                    entry.flag("enabled")
                        && entry
                            .get("name")
                            .is_some_and(|name| name.eq_ignore_ascii_case(permission))
                })
            })
        })
    }

    /// Whether the org takes a form.
    pub(crate) fn takes(&self, form: Form) -> bool {
        self.forms.contains(&form)
    }

    /// Ends a sign-in: its refresh tokens and its access tokens.
    pub(crate) fn end_family(&mut self, family: u64) {
        self.grants.retain(|_, grant| grant.family != family);
        let families = &self.families;
        self.sessions.retain(|token, _| families.get(token) != Some(&family));
        self.families.retain(|_, of| *of != family);
    }

    /// Ends the access tokens of all sign-ins, as time does; refresh tokens stay.
    pub(crate) fn end_sessions(&mut self) {
        let families = std::mem::take(&mut self.families);
        self.sessions.retain(|token, _| !families.contains_key(token));
    }

    /// Makes an id that was not given before.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        self.serial += 1;
        id18(&format!("{prefix}Ws{:0>10}", base36(self.serial)))
    }

    /// Makes an id for a row of an object of which there were rows at first: those count from one
    /// too.
    pub(crate) fn new_row_id(&mut self, prefix: &str) -> String {
        self.serial += 1;
        id18(&format!("{prefix}Wt{:0>10}", base36(self.serial)))
    }

    /// Makes an id for what the org writes down by itself; others are not moved by it.
    pub(crate) fn new_history_id(&mut self, prefix: &str) -> String {
        self.history.count += 1;
        id18(&format!("{prefix}Ws{:0>10}", base36(self.history.count)))
    }
}

impl State {
    /// Wraps an org; a job takes `delay` milliseconds.
    pub(crate) fn new(org: Org, delay: u64) -> Self {
        Self {
            org,
            retrieves: BTreeMap::new(),
            codes: BTreeMap::new(),
            cursors: BTreeMap::new(),
            delay,
            rotates: false,
            dirty: false,
            chance: String::new(),
            given: 0,
        }
    }

    /// Makes an id for what lasts only as long as the server. The org's own count goes on too: jobs
    /// of all kinds are numbered in a row.
    pub(crate) fn passing_id(&mut self, prefix: &str) -> String {
        self.given += 1;
        self.org.serial += 1;
        derived_id(prefix, &format!("{}:{}", self.chance, self.given))
    }

    /// Makes a code that cannot be guessed without the org's secret, for what lasts only as long as
    /// the server.
    pub(crate) fn passing_code(&mut self) -> String {
        self.given += 1;
        secret_text(&[&self.org.secret, &self.chance, &self.given.to_string()])
    }
}

/// Makes a text that cannot be guessed by who does not know the parts.
pub(crate) fn secret_text(parts: &[&str]) -> String {
    let hash = Sha256::digest(parts.join("\n").as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hash).replace(['-', '_'], ".")
}

/// A string field of a row; empty where it is null or absent.
pub(crate) fn string<'a>(row: &'a Row, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// An id that follows from what it names, so that it is the same in every command.
pub(crate) fn derived_id(prefix: &str, what: &str) -> String {
    let hash = Sha256::digest(what.as_bytes());
    let mut body = String::from(prefix);
    for byte in hash.iter().take(12) {
        body.push(char::from(DIGITS[usize::from(*byte) % DIGITS.len()]));
    }
    id18(&body)
}

/// Returns the id of the demo org of a name; without one that of `fixtures/demo/org.json`.
pub fn org_id(name: Option<&str>) -> String {
    name.map_or_else(|| PLAIN.to_owned(), |name| derived_id("00D", &format!("demo:{name}")))
}

/// Returns every id that the demo org of a name may have: its own, and the one after a refresh.
pub fn org_ids(name: Option<&str>) -> [String; 2] {
    let id = org_id(name);
    let after = org_after_refresh(&id);
    [id, after]
}

/// The id of what becomes of a sandbox when it is refreshed.
pub(crate) fn org_after_refresh(id: &str) -> String {
    derived_id("00D", &format!("refreshed:{id}"))
}

/// The id of the demo org that has no name.
const PLAIN: &str = "00DWs0000008DemMAE";

/// The id of a component's record.
pub(crate) fn component_id(type_name: &str, full_name: &str) -> String {
    let prefix = match type_name {
        "ApexClass" => "01p",
        "ConnectedApp" => "0H4",
        "CspTrustedSite" => "08y",
        "CustomApplication" => "02u",
        "CustomField" => "00N",
        "CustomObject" => "01I",
        "CustomPermission" => "0CP",
        "CustomTab" => "01r",
        "ExternalClientApplication" => "0xI",
        "ExtlClntAppOauthConfigurablePolicies" => "0xP",
        "Layout" => "00h",
        "NamedCredential" => "0XA",
        "PermissionSet" => "0PS",
        "PermissionSetGroup" => "0PG",
        "Profile" => "00e",
        "Queue" => "00G",
        "RecordType" => "012",
        "RemoteSiteSetting" => "0rp",
        _ => "000",
    };
    derived_id(prefix, &format!("{type_name}:{full_name}"))
}

/// The id of the permission set that holds a profile's permissions.
pub(crate) fn profile_set_id(profile: &str) -> String {
    derived_id("0PS", &format!("Profile:{profile}"))
}

const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn base36(mut number: u64) -> String {
    let mut out = Vec::new();
    while number > 0 {
        let digit = usize::try_from(number % 36).unwrap_or_default();
        out.push(char::from(DIGITS[digit]));
        number /= 36;
    }
    out.iter().rev().collect()
}

/// 2 March 2026, 09:00 UTC: when the invented org was made.
pub(crate) const SEED_TIME: u64 = 1_772_442_000_000;

/// A time as SOAP and REST write it; `zone` is `Z` or `+0000`.
pub(crate) fn timestamp(millis: u64, zone: &str) -> String {
    let days = millis / 86_400_000;
    let rest = millis % 86_400_000;
    // Days since 1970 to a date, counted in eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}{zone}",
        rest / 3_600_000,
        rest / 60_000 % 60,
        rest / 1000 % 60,
        rest % 1000
    )
}

#[cfg(test)]
mod tests {
    use super::super::name::path_of_key;
    use super::*;

    #[test]
    fn the_seed_is_sound() {
        let org = Org::seeded("secret");
        assert!(org.has("Profile", "Custom: Lamp Sales"));
        for (key, stored) in &org.components {
            if key.0 != "ApexClass" {
                let node = Node::parse(&stored.content).unwrap();
                assert_eq!(
                    node.to_file(),
                    stored.content,
                    "{key:?} is written as an org writes it"
                );
            }
            assert_eq!(key_of_path(&path_of_key(key).unwrap()).unwrap(), *key);
        }
        assert_eq!(org.catalog.org_id, org_id(None));
        assert!(org.is_permitted(&org.catalog.admin, "ModifyMetadata"));
        assert!(
            org.is_permitted("sam.pereira@harbourlight.example.com", "CanApproveUninstalledApps")
        );
        assert!(!org.is_permitted("warehouse.sync@harbourlight.example.com", "ModifyMetadata"));
    }

    #[test]
    fn a_named_orgs_apps_bear_its_id() {
        let org = Org::named("x", Some("acme"));
        let app = org.component("ExternalClientApplication", "Ampersand_ECA").unwrap();
        let scoped = app.get("orgScopedExternalApp").unwrap().to_owned();
        assert_eq!(scoped, format!("{}:Ampersand_ECA", org_id(Some("acme"))));
    }

    #[test]
    fn times_are_dates() {
        assert_eq!(timestamp(SEED_TIME, "Z"), "2026-03-02T09:00:00.000Z");
        assert_eq!(timestamp(951_782_400_000, "+0000"), "2000-02-29T00:00:00.000+0000");
    }
}
