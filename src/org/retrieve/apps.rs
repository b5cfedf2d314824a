//! Connected apps that another org owns: the Metadata API does not show them (S 1.5), SOQL shows a
//! little (S 1.7).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::labels::{self, Named};
use crate::metadata::ComponentId;
use crate::metadata::labels::CONNECTED_APP;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::org::Org;
use crate::org::error::OrgError;
use crate::org::http::{soql_list, soql_text};

/// Looks among the connected apps that retrieve did not find for those that another org owns.
///
/// Returns them with the reason why they are not observed; what SOQL shows of them goes into
/// `shown`, and apps of the org's own that were named by their label go into `named`.
pub(super) async fn owned_elsewhere(
    org: &Org,
    missing: &[ComponentId],
    shown: &mut BTreeMap<ComponentId, Vec<(String, Value)>>,
    named: &mut Vec<Named>,
) -> Result<BTreeMap<ComponentId, Unseen>, OrgError> {
    let apps: Vec<&ComponentId> =
        missing.iter().filter(|id| id.type_name == CONNECTED_APP).collect();
    if apps.is_empty() {
        return Ok(BTreeMap::new());
    }
    let soql = format!(
        "SELECT Id, Name, OptionsAllowAdminApprovedUsersOnly FROM ConnectedApplication WHERE Name \
         IN {}",
        soql_list(apps.iter().map(|id| id.full_name.as_str()))
    );
    let rows = match org.wire.query(&soql).await {
        Ok(rows) => Ok(rows),
        // Without the right, the object is not even there for the caller.
        Err(error) if error.is_about_rights() => Err(Unseen::new(
            UnseenKind::NoRight,
            format!(
                "the Metadata API does not show it; whether another org owns it cannot be seen \
                 without Customize Application and Manage Connected Apps ({error}); {}",
                by_hand(org)
            ),
        )),
        Err(error) => return Err(error),
    };
    // The table knows labels alone, and the org's own apps stand in it too (S 1.5).
    let row_of = |id: &ComponentId| {
        let is_label = |row: &&Json| {
            row["Name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&id.full_name))
        };
        rows.as_ref().map(|rows| rows.iter().find(is_label))
    };
    let labels: BTreeSet<&str> = apps
        .iter()
        .filter(|id| !matches!(row_of(id), Ok(None)))
        .map(|id| id.full_name.as_str())
        .collect();
    let mut own = labels::bearers(org, CONNECTED_APP, &labels).await?;
    let mut reasons = BTreeMap::new();
    for id in apps {
        match own.remove(&id.full_name) {
            Some(Ok(app)) => {
                named.push(Named { asked: id.clone(), app });
                continue;
            }
            Some(Err(unseen)) => {
                reasons.insert(id.clone(), unseen);
                continue;
            }
            None => {}
        }
        let row = match row_of(id) {
            Ok(Some(row)) => row,
            Ok(None) => continue,
            Err(unseen) => {
                reasons.insert(id.clone(), unseen.clone());
                continue;
            }
        };
        let mut settings = Vec::new();
        let mut reason =
            "the app is owned by another org, whose settings for it the Metadata API does not show"
                .to_owned();
        if let Some(flag) = row["OptionsAllowAdminApprovedUsersOnly"].as_bool() {
            settings.push(("oauthConfig.isAdminApproved".to_owned(), Value::Bool(flag)));
            reason.push_str(if flag {
                "; SOQL shows that only users approved by an admin may use it"
            } else {
                "; SOQL shows that all users may authorise it themselves"
            });
        }
        match row["Id"].as_str() {
            Some(app_id) => match allowed(org, app_id).await {
                Ok((sets, profiles)) => {
                    reason.push_str(", and that it is pre-authorised for ");
                    reason.push_str(&in_words(&sets, &profiles));
                    settings.push(("permissionSetName".to_owned(), Value::List(sets)));
                    settings.push(("profileName".to_owned(), Value::List(profiles)));
                }
                Err(error) if error.is_about_rights() => reason
                    .push_str("; for whom it is pre-authorised needs View Setup and Configuration"),
                Err(error) => return Err(error),
            },
            None => continue,
        }
        reason.push_str("; the rest is seen and set by hand: ");
        reason.push_str(&by_hand(org));
        shown.insert(id.clone(), settings);
        reasons.insert(id.clone(), Unseen::not_readable(reason));
    }
    Ok(reasons)
}

/// Where a person sees an app of another org's, installs it and sets its policies (S 7).
fn by_hand(org: &Org) -> String {
    format!(
        "Setup > Connected Apps OAuth Usage, {}/lightning/setup/ConnectedAppsUsage/home",
        org.identity.instance_url
    )
}

/// The permission sets and profiles that an app is pre-authorised for; a profile stands in the
/// table as the permission set that it owns.
async fn allowed(org: &Org, app_id: &str) -> Result<(Vec<String>, Vec<String>), OrgError> {
    let soql = format!(
        "SELECT Id, Parent.Name, Parent.IsOwnedByProfile, Parent.Profile.Name FROM \
         SetupEntityAccess WHERE SetupEntityType = 'ConnectedApplication' AND SetupEntityId = {}",
        soql_text(app_id)
    );
    let (mut sets, mut profiles) = (Vec::new(), Vec::new());
    for row in org.wire.query(&soql).await? {
        let parent = &row["Parent"];
        if parent["IsOwnedByProfile"].as_bool() == Some(true) {
            profiles.extend(parent["Profile"]["Name"].as_str().map(str::to_owned));
        } else {
            sets.extend(parent["Name"].as_str().map(str::to_owned));
        }
    }
    sets.sort();
    profiles.sort();
    Ok((sets, profiles))
}

fn in_words(sets: &[String], profiles: &[String]) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(sets.iter().map(|name| format!("the permission set {name}")));
    words.extend(profiles.iter().map(|name| format!("the profile {name}")));
    if words.is_empty() { "nobody".to_owned() } else { words.join(", ") }
}
