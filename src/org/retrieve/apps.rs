//! Connected apps that another org owns: the Metadata API does not show them (S 1.5), SOQL shows a
//! little (S 1.7).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Retrieved, bisect};
use crate::metadata::document::Document;
use crate::metadata::layout;
use crate::metadata::manifest::Manifest;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId};
use crate::org::Org;
use crate::org::error::OrgError;
use crate::org::http::{soql_list, soql_text};

/// Looks among the connected apps that retrieve did not find for those that another org owns.
///
/// Returns them with the reason why they are not observed; what SOQL shows of them goes into
/// `shown`, and apps of the org's own that were named by their label go into `labels`.
pub(super) async fn owned_elsewhere(
    org: &Org,
    missing: &[ComponentId],
    shown: &mut BTreeMap<ComponentId, Vec<(String, Value)>>,
    labels: &mut Vec<(ComponentId, ComponentId)>,
) -> Result<BTreeMap<ComponentId, Unseen>, OrgError> {
    let apps: Vec<&ComponentId> =
        missing.iter().filter(|id| id.type_name == "ConnectedApp").collect();
    if apps.is_empty() {
        return Ok(BTreeMap::new());
    }
    let soql = format!(
        "SELECT Id, Name, OptionsAllowAdminApprovedUsersOnly FROM ConnectedApplication WHERE Name \
         IN {}",
        soql_list(apps.iter().map(|id| id.full_name.as_str()))
    );
    let rows = match org.wire.query(&soql).await {
        Ok(rows) => rows,
        // Without the right, the object is not even there for the caller.
        Err(error) if error.is_about_rights() => {
            let reason = format!(
                "the Metadata API does not show it; whether another org owns it cannot be seen \
                 without Customize Application and Manage Connected Apps ({error}); {}",
                by_hand(org)
            );
            let why = Unseen::new(UnseenKind::NoRight, reason);
            return Ok(apps.into_iter().map(|id| (id.clone(), why.clone())).collect());
        }
        Err(error) => return Err(error),
    };
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    // The table knows labels alone, and the org's own apps stand in it too; those are listed (S
    // 1.5).
    let own = org.list("ConnectedApp").await?;
    let mut reasons = BTreeMap::new();
    for id in apps {
        let is_label = |row: &&Json| {
            row["Name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&id.full_name))
        };
        let Some(row) = rows.iter().find(is_label) else {
            continue;
        };
        // Setup proposes a label's letters and digits, joined by `_`, as the API name.
        let proposed =
            id.full_name.replace(|character: char| !character.is_ascii_alphanumeric(), "_");
        if let Some(app) = own.iter().find(|app| app.id.full_name.eq_ignore_ascii_case(&proposed)) {
            labels.push((id.clone(), app.id.clone()));
            continue;
        }
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

/// Reads apps that were named by their label, and puts each under the name that it was asked for
/// by.
pub(super) async fn by_label(
    org: &Org,
    labels: Vec<(ComponentId, ComponentId)>,
    retrieved: &mut Retrieved,
) -> Result<BTreeMap<ComponentId, Unseen>, OrgError> {
    let mut unread = BTreeMap::new();
    for (asked, own) in labels {
        let haul = bisect::retrieve(org, [own.clone()].into(), &Manifest::default()).await?;
        let mut files = haul.files.into_iter();
        let found = files.find_map(|(file, bytes)| {
            let is_it = layout::component_of(&file).is_some_and(|id| id == own);
            let document = Document::parse(bytes).ok().filter(|_| is_it)?;
            Some(Component { id: own.clone(), document, file })
        });
        let label = found.as_ref().and_then(|app| app.document.root().child_text("label"));
        match label.is_some_and(|label| label.eq_ignore_ascii_case(&asked.full_name)) {
            true => _ = found.and_then(|app| retrieved.components.components.insert(asked, app)),
            false => {
                let words = format!(
                    "an app of this label is in the org, and it could not be read; `{}` may be it",
                    own.full_name
                );
                unread.insert(asked, Unseen::not_readable(words));
            }
        }
    }
    Ok(unread)
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
