//! Facts that are no metadata, answered by SOQL and REST in as few calls as will do.
//!
//! What the caller may not see is not observed, with the right that would show it; what the org's
//! schema lacks is found out beforehand.

mod ends;
mod of_org;
mod of_user;
mod reads;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;

use super::error::{OrgError, OrgErrorKind};
use super::http::soql_list;
use super::retrieve::RetrieveRequest;
use super::retrieve::labels::bearers_among;
use super::users::{self, Question};
use super::{Event, Org, Values};
use crate::metadata::ComponentId;
use crate::metadata::change_event::change_event;
use crate::metadata::fact::{Fact, FactAnswer, FactValues, OrganizationFact};
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP};
use crate::metadata::registry::nearest::nearest;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;

pub(super) use of_user::why_unsure;
pub(crate) use reads::Reads;

/// The editions with API access, by the words in their names (S 5).
const EDITIONS_WITH_API: &[&str] = &["Enterprise", "Unlimited", "Performance", "Developer"];
/// The editions that cannot have it.
const EDITIONS_WITHOUT_API: &[&str] = &["Essentials", "Group", "Team", "Contact Manager"];

/// Whether an app is there; of one that is not what is there of nearly its name.
pub(super) type App = (FactAnswer, Option<String>);

fn not_observed(kind: UnseenKind, reason: impl Into<String>) -> FactAnswer {
    FactAnswer::NotObserved(Unseen::new(kind, reason))
}

fn no_right(reason: impl Into<String>) -> FactAnswer {
    not_observed(UnseenKind::NoRight, reason)
}

fn not_readable(reason: impl Into<String>) -> FactAnswer {
    not_observed(UnseenKind::NotReadable, reason)
}

/// What an org said, for a reason that tells what it comes to: its code, where it has one. Its words
/// repeat the query.
fn in_short(error: &OrgError) -> String {
    error.code.clone().unwrap_or_else(|| error.to_string())
}

/// The objects that hold licences, and the columns by which people name one (S 4.3).
pub(super) const LICENCES: [(&str, [&str; 3]); 2] = [
    ("UserLicense", ["Name", "MasterLabel", "LicenseDefinitionKey"]),
    ("PermissionSetLicense", ["DeveloperName", "MasterLabel", "PermissionSetLicenseKey"]),
];

impl Org {
    /// Answers facts. The second of each pair says of whom or what the fact speaks, where it does.
    ///
    /// # Errors
    /// The org cannot be asked at all. What it merely refuses to show is an answer, not an error.
    pub async fn facts(&self, wanted: &[(Fact, Option<String>)]) -> Result<FactValues, OrgError> {
        self.facts_beside(wanted, &Values::default()).await
    }

    /// As [`facts`](Self::facts), with what is known of values already.
    ///
    /// # Errors
    /// As [`facts`](Self::facts).
    pub(crate) async fn facts_beside(
        &self,
        wanted: &[(Fact, Option<String>)],
        values: &Values,
    ) -> Result<FactValues, OrgError> {
        self.wire.tell(Event::Started { what: format!("asking {} for facts", self.identity.name) });
        let answers = self.all_facts(wanted, values).await;
        self.wire.tell(Event::Finished);
        answers
    }

    async fn all_facts(
        &self,
        wanted: &[(Fact, Option<String>)],
        known: &Values,
    ) -> Result<FactValues, OrgError> {
        let mut values =
            FactValues::new(Unseen::new(UnseenKind::NotAsked, "the org was not asked"));
        let mut of_users = Vec::new();
        let mut apps = BTreeSet::new();
        let mut licences = BTreeSet::new();
        let mut wants_control = false;
        let (mut columns, mut licensed, mut let_in) = (Vec::new(), Vec::new(), Vec::new());
        let (mut of_org, mut ends) = (Vec::new(), Vec::new());
        for (fact, of) in wanted {
            match (fact, of.as_deref()) {
                (Fact::Organization(row), of) => {
                    values.insert(fact, of, self.organization_fact(*row));
                }
                (Fact::ApiAccessControl, _) => wants_control = true,
                (Fact::User(row), Some(user)) => of_users.push((fact, Question::Row(*row), user)),
                (Fact::Access(access), Some(user)) => {
                    of_users.push((fact, Question::Access(access), user));
                }
                (Fact::Column(column), Some(user)) => columns.push((fact, column, user)),
                (Fact::Licensed(name), Some(user)) => licensed.push((fact, name.as_str(), user)),
                (Fact::AppAccess(app), Some(user)) => let_in.push((fact, app.as_str(), user)),
                (Fact::End(end), Some(user)) => ends.push((fact, *end, user)),
                (
                    Fact::MyDomain
                    | Fact::Currency
                    | Fact::Package(_)
                    | Fact::PackageVersion(_)
                    | Fact::ChangeEvents(_)
                    | Fact::Feature(_),
                    _,
                ) => of_org.push(fact),
                (
                    Fact::User(_)
                    | Fact::Access(_)
                    | Fact::Column(_)
                    | Fact::Licensed(_)
                    | Fact::AppAccess(_)
                    | Fact::End(_),
                    None,
                ) => {
                    values.insert(
                        fact,
                        None,
                        not_observed(UnseenKind::NobodyNamed, "no user is named"),
                    );
                }
                (Fact::AppInstalled, Some(app)) => {
                    if !known.apps.contains_key(app) {
                        apps.insert(app);
                    }
                }
                (Fact::AppInstalled, None) => {
                    values.insert(
                        fact,
                        None,
                        not_observed(UnseenKind::NobodyNamed, "no app is named"),
                    );
                }
                (Fact::Seats(licence), _) => {
                    licences.insert(licence.as_str());
                }
            }
        }
        let questions: Vec<_> =
            of_users.iter().map(|(_, question, user)| (*question, *user)).collect();
        // Each asks its own objects; none waits for another.
        let (users, apps, seats, control) = futures::try_join!(
            users::answer(self, &questions, known.users.as_ref()),
            self.apps(&apps),
            self.seats(&licences),
            async {
                if wants_control { self.api_access_control().await.map(Some) } else { Ok(None) }
            },
        )?;
        let mut put = |fact: &Fact, user: &str, answer: FactAnswer, source: Option<String>| {
            values.insert(fact, Some(user), answer);
            if let Some(source) = source {
                values.insert_source(fact, Some(user), source);
            }
        };
        for ((fact, _, user), told) in of_users.iter().zip(users) {
            put(fact, user, told.answer, told.source);
        }
        let asked: Vec<_> = columns.iter().map(|(_, column, user)| (*column, *user)).collect();
        for ((fact, _, user), answer) in columns.iter().zip(of_user::columns(self, &asked).await?) {
            put(fact, user, answer, None);
        }
        let asked: Vec<_> = licensed.iter().map(|(_, name, user)| (*name, *user)).collect();
        for ((fact, _, user), answer) in licensed.iter().zip(of_user::licences(self, &asked).await?)
        {
            put(fact, user, answer, None);
        }
        let asked: Vec<_> = let_in.iter().map(|(_, app, user)| (*app, *user)).collect();
        for ((fact, _, user), (answer, source)) in
            let_in.iter().zip(of_user::app_access(self, &asked).await?)
        {
            put(fact, user, answer, source);
        }
        let asked: Vec<_> = ends.iter().map(|(_, end, user)| (*end, *user)).collect();
        for ((fact, _, user), (answer, source)) in ends.iter().zip(ends::ends(self, &asked).await?)
        {
            put(fact, user, answer, source);
        }
        self.facts_of_org(&of_org, &mut values).await?;
        for (fact, of) in wanted {
            let answer = match (fact, of) {
                (Fact::ApiAccessControl, _) => control.clone(),
                (Fact::Seats(licence), _) => seats.get(licence).cloned(),
                (Fact::AppInstalled, Some(app)) => {
                    let told = known.apps.get(app).or_else(|| apps.get(app.as_str()));
                    let (answer, nearest) = told.cloned().unzip();
                    if let Some(nearest) = nearest.flatten() {
                        values.insert_nearest(fact, Some(app), nearest);
                    }
                    answer
                }
                // Answered above.
                _ => None,
            };
            if let Some(answer) = answer {
                values.insert(fact, of.as_deref(), answer);
            }
        }
        users::settle(self, &mut values).await?;
        values.set_now(self.now());
        Ok(values)
    }

    /// Facts of the org that are in no row of its own; each list is asked for once.
    async fn facts_of_org(
        &self,
        wanted: &[&Fact],
        values: &mut FactValues,
    ) -> Result<(), OrgError> {
        let (mut packages, mut events) = (None, None);
        for fact in wanted {
            let answer = match fact {
                Fact::MyDomain => of_org::my_domain(&self.identity.instance_url),
                Fact::Currency => of_org::currency(self).await?,
                Fact::Package(namespace) => match &packages {
                    Some(known) => of_org::Packages::has(known, namespace),
                    None => packages.insert(of_org::packages(self).await?).has(namespace),
                },
                Fact::PackageVersion(namespace) => of_org::package_version(self, namespace).await?,
                Fact::ChangeEvents(object) => {
                    if events.is_none() {
                        events = Some(of_org::change_events(self).await?);
                    }
                    is_among(events.as_ref(), &change_event(object))
                }
                Fact::Feature(name) => of_org::feature(self, name).await?,
                _ => continue,
            };
            values.insert(fact, None, answer);
        }
        Ok(())
    }

    /// Facts of the `Organization` row, which `connect` has read.
    fn organization_fact(&self, fact: OrganizationFact) -> FactAnswer {
        let row = &self.organization;
        let sandbox = row["IsSandbox"].as_bool();
        let edition = row["OrganizationType"].as_str();
        let unread = |column: &str| {
            self.unread
                .get(column)
                .map(|why| not_readable(format!("the org does not show it to this user: {why}")))
        };
        let unseen = |column: &str| {
            unread(column).unwrap_or_else(|| {
                not_observed(UnseenKind::NoRight, "the org does not show it to this user")
            })
        };
        match fact {
            OrganizationFact::Edition => edition
                .map_or_else(|| unseen("OrganizationType"), |text| FactAnswer::Known(text.into())),
            OrganizationFact::ApiAccess => {
                edition.map_or_else(|| unseen("OrganizationType"), api_access)
            }
            OrganizationFact::IsSandbox => {
                sandbox.map_or_else(|| unseen("IsSandbox"), |flag| FactAnswer::Known(flag.into()))
            }
            // A sandbox with an end is a scratch org (S 5), no trial.
            OrganizationFact::IsTrial => {
                let ends = !row["TrialExpirationDate"].is_null();
                let unread =
                    unread("TrialExpirationDate").or_else(|| unread("IsSandbox").filter(|_| ends));
                unread.unwrap_or_else(|| FactAnswer::Known((ends && sandbox != Some(true)).into()))
            }
        }
    }

    /// API Access Control is a setting (`ConnectedAppSettings`, S 2.8) and is read as one: in one
    /// call where the org answers it, else by a retrieve.
    async fn api_access_control(&self) -> Result<FactAnswer, OrgError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Settings {
            full_name: Option<String>,
            enable_admin_approved_apps_only: Option<bool>,
        }
        let call = self
            .wire
            .metadata()
            .read_metadata::<Settings, _, _>("ConnectedAppSettings", &["ConnectedApp"]);
        match self.wire.soap("readMetadata", call).await {
            Ok(records) => {
                // A component that is not there comes as an empty record (S 6.2).
                if let Some(settings) = records.into_iter().find(|one| one.full_name.is_some()) {
                    let flag = settings.enable_admin_approved_apps_only.unwrap_or(false);
                    return Ok(FactAnswer::Known(flag.into()));
                }
            }
            Err(error) if is_fatal(&error) => return Err(error),
            Err(_) => {}
        }
        let id = ComponentId::new("Settings", "ConnectedApp");
        let request =
            RetrieveRequest { components: [id.clone()].into(), ..RetrieveRequest::default() };
        let retrieved = match self.retrieve_all(&request).await {
            Ok(retrieved) => retrieved,
            Err(error) if is_fatal(&error) => return Err(error),
            Err(error) => return Ok(not_readable(format!("the org says: {error}"))),
        };
        Ok(match retrieved.components.get(&id) {
            Some(settings) => {
                let flag = settings
                    .document
                    .root()
                    .child_text("enableAdminApprovedAppsOnly")
                    .and_then(|text| Value::parse_bool(text.as_ref()));
                FactAnswer::Known(flag.unwrap_or(false).into())
            }
            None => no_right(
                "the org does not show its connected app settings; that needs Modify Metadata \
                 Through Metadata API Functions",
            ),
        })
    }

    /// An app is installed when the org has a row of it: its own, or another org's that was
    /// installed (S 1.5, 1.7).
    pub(super) async fn apps(
        &self,
        apps: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, App>, OrgError> {
        if apps.is_empty() {
            return Ok(BTreeMap::new());
        }
        // The table knows labels; an API name has `_` for a label's space.
        let spaced: Vec<String> = apps.iter().map(|app| app.replace('_', " ")).collect();
        let labels: BTreeSet<&str> =
            apps.iter().copied().chain(spaced.iter().map(String::as_str)).collect();
        let soql = format!(
            "SELECT Id, Name FROM ConnectedApplication WHERE Name IN {}",
            soql_list(labels.iter().copied())
        );
        let (rows, hidden) = match self.wire.query(&soql).await {
            Ok(rows) => (rows, None),
            Err(error) if error.is_about_rights() => (Vec::new(), Some(error)),
            Err(error) => return Err(error),
        };
        let has_row = |app: &str| {
            let spaced = app.replace('_', " ");
            rows.iter()
                .filter_map(|row| row["Name"].as_str())
                .any(|name| name.eq_ignore_ascii_case(app) || name.eq_ignore_ascii_case(&spaced))
        };
        let mut answers = BTreeMap::new();
        let mut left = Vec::new();
        for app in apps {
            if has_row(app) {
                answers.insert((*app).to_owned(), (FactAnswer::Known(true.into()), None));
            } else {
                left.push(*app);
            }
        }
        if left.is_empty() {
            return Ok(answers);
        }
        // An app of the org's own goes by its API name, and an external client app is in no such
        // table.
        let listed = match self.list_types(&[CONNECTED_APP, EXTERNAL_APP]).await {
            // Before 59.0 there is no such type (S 2.1).
            Err(error) if error.code.as_deref() == Some("INVALID_TYPE") => {
                self.list(CONNECTED_APP).await
            }
            listed => listed,
        };
        let (listed, hidden) = match listed {
            Ok(listed) => (listed, hidden),
            Err(error) if error.is_lasting() => (Vec::new(), Some(error)),
            // In a moment it may be listed.
            Err(error) => return Err(error),
        };
        let is_listed = |app: &&str| {
            listed.iter().any(|entry| {
                let name = entry.id.full_name.as_str();
                let bare = entry
                    .namespace
                    .as_deref()
                    .and_then(|namespace| name.strip_prefix(namespace)?.strip_prefix("__"));
                name.eq_ignore_ascii_case(app)
                    || bare.is_some_and(|bare| bare.eq_ignore_ascii_case(app))
            })
        };
        let labels: BTreeSet<&str> = left.iter().copied().filter(|app| !is_listed(app)).collect();
        let external = listed.iter().map(|entry| &entry.id);
        let external = external.filter(|id| id.type_name == EXTERNAL_APP).cloned().collect();
        let by_label = bearers_among(self, external, &labels).await?;
        let lacked: BTreeSet<&str> =
            labels.iter().copied().filter(|app| !by_label.contains_key(*app)).collect();
        let by_row = self.external_apps(&lacked).await?;
        for app in left {
            let answer = match (&hidden, by_label.get(app)) {
                _ if is_listed(&app) || by_row.contains(app) => FactAnswer::Known(true.into()),
                (_, Some(Ok(_))) => FactAnswer::Known(true.into()),
                (None, Some(Err(unseen))) => FactAnswer::NotObserved(unseen.clone()),
                (None, None) => FactAnswer::Known(false.into()),
                (Some(error), _) => no_right(format!(
                    "whether the org has the app `{app}` is not shown to this user: all apps are \
                     seen only with Customize Application and Manage Connected Apps ({error})"
                )),
            };
            let is_lacking = answer == FactAnswer::Known(false.into());
            let names = listed.iter().map(|entry| entry.id.full_name.as_str());
            let near = nearest(app, names).filter(|_| is_lacking);
            answers.insert(app.to_owned(), (answer, near.map(str::to_owned)));
        }
        Ok(answers)
    }

    /// The external client apps among names, by their rows: one that another org owns, or whose types
    /// of metadata are not served, is in no list (S 2.7).
    async fn external_apps(&self, apps: &BTreeSet<&str>) -> Result<BTreeSet<String>, OrgError> {
        if apps.is_empty() {
            return Ok(BTreeSet::new());
        }
        let names = soql_list(apps.iter().copied());
        let soql = format!(
            "SELECT DeveloperName, MasterLabel FROM ExternalClientApplication WHERE DeveloperName \
             IN {names} OR MasterLabel IN {names}"
        );
        let rows = match self.wire.query(&soql).await {
            Ok(rows) => rows,
            // An older org has no such object.
            Err(error) if error.is_about_one_question() => Vec::new(),
            Err(error) => return Err(error),
        };
        let is_row = |app: &&&str| {
            let has = |row: &Json, name: &str| {
                row[name].as_str().is_some_and(|name| name.eq_ignore_ascii_case(app))
            };
            rows.iter().any(|row| has(row, "DeveloperName") || has(row, "MasterLabel"))
        };
        Ok(apps.iter().filter(is_row).map(|app| (*app).to_owned()).collect())
    }

    /// Free seats of user licences and, where the name is none of those, of permission set
    /// licences.
    async fn seats(
        &self,
        licences: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, FactAnswer>, OrgError> {
        let mut answers = BTreeMap::new();
        let mut left: Vec<&str> = licences.iter().copied().collect();
        let mut hidden = None;
        for (object, names) in LICENCES {
            if left.is_empty() {
                break;
            }
            let soql =
                format!("SELECT {}, TotalLicenses, UsedLicenses FROM {object}", names.join(", "));
            let rows = match self.wire.query(&soql).await {
                Ok(rows) => rows,
                Err(error) if error.is_about_rights() => {
                    hidden = Some(error.to_string());
                    continue;
                }
                Err(error) => return Err(error),
            };
            // Nothing tells an org without one from a caller who is shown none.
            if rows.is_empty() {
                hidden.get_or_insert_with(|| format!("the org shows no row of {object}"));
            }
            left.retain(|licence| {
                let is_it = |row: &&Json| {
                    names
                        .iter()
                        .filter_map(|name| row[*name].as_str())
                        .any(|text| text.eq_ignore_ascii_case(licence))
                };
                let Some(row) = rows.iter().find(is_it) else {
                    return true;
                };
                let answer = match (row["TotalLicenses"].as_i64(), row["UsedLicenses"].as_i64()) {
                    (Some(total), Some(used)) => FactAnswer::Known((total - used).max(0).into()),
                    _ => no_right(
                        "the org does not say how many seats there are; that needs \
                                       View Setup and Configuration",
                    ),
                };
                answers.insert((*licence).to_owned(), answer);
                false
            });
        }
        for licence in left {
            let answer = match &hidden {
                // An org without the licence has no seats of it.
                None => FactAnswer::Known(0.into()),
                Some(error) => no_right(format!(
                    "licences are seen only with View Setup and Configuration ({error})"
                )),
            };
            answers.insert(licence.to_owned(), answer);
        }
        Ok(answers)
    }
}

/// Whether a name is among all there are, in whatever capitals.
fn is_among(all: Option<&Result<BTreeSet<String>, FactAnswer>>, name: &str) -> FactAnswer {
    match all {
        Some(Ok(all)) => {
            FactAnswer::Known(all.iter().any(|one| one.eq_ignore_ascii_case(name)).into())
        }
        Some(Err(unseen)) => unseen.clone(),
        None => not_readable("the org was not asked"),
    }
}

/// Whether nothing else can be asked either.
fn is_fatal(error: &OrgError) -> bool {
    !matches!(
        error.kind,
        OrgErrorKind::Refused | OrgErrorKind::Permission | OrgErrorKind::Unsupported
    ) && !error.is_about_rights()
}

/// That this program was answered over the API does not say that another app would be: some are let
/// into editions without it (S 5).
fn api_access(edition: &str) -> FactAnswer {
    let has = |words: &[&str]| words.iter().any(|word| edition.contains(word));
    if has(EDITIONS_WITH_API) {
        FactAnswer::Known(true.into())
    } else if has(EDITIONS_WITHOUT_API) {
        FactAnswer::Known(false.into())
    } else {
        not_readable(format!(
            "the API does not show whether {edition} has API access here; it may be an add-on"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_with_and_without_api_are_told_apart() {
        for (edition, expected) in [
            ("Enterprise Edition", Some(true)),
            ("Developer Edition", Some(true)),
            ("Team Edition", Some(false)),
            ("Professional Edition", None),
            ("Edition of Tomorrow", None),
        ] {
            let known = match api_access(edition) {
                FactAnswer::Known(Value::Bool(flag)) => Some(flag),
                FactAnswer::Known(_) | FactAnswer::NotObserved(_) => None,
            };
            assert_eq!(known, expected, "{edition}");
        }
    }
}
