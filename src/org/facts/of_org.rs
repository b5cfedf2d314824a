//! What an org says of itself beside its own row: its currency, its My Domain, packages, the
//! objects whose changes it publishes, features.

use std::collections::{BTreeMap, BTreeSet};

use super::of_user::why_unsure;
use super::{in_short, no_right, not_readable};
use crate::metadata::fact::{FactAnswer, OrgFeature};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, why_unread};
use crate::org::Org;
use crate::org::describe::fields;
use crate::org::error::OrgError;
use crate::org::retrieve::RetrieveRequest;

/// The currency of the company, where there are several (S 5). An org with one does not have the
/// object, and to whom it is not shown it is not there either: the schema of users tells the two
/// apart, and where it does not, the caller's rights.
pub(super) async fn currency(org: &Org) -> Result<FactAnswer, OrgError> {
    const WHERE: &str = "it stands in Setup, Company Information";
    let soql = "SELECT IsoCode FROM CurrencyType WHERE IsCorporate = true";
    let refused = match org.wire.query(soql).await {
        Ok(rows) => match rows.first().and_then(|row| row["IsoCode"].as_str()) {
            Some(code) => return Ok(FactAnswer::Known(code.into())),
            None => "no row".to_owned(),
        },
        Err(error) if error.is_about_rights() => in_short(&error),
        Err(error) if error.is_about_one_question() => {
            return Ok(not_readable(format!("the org says: {error}; {WHERE}")));
        }
        Err(error) => return Err(error),
    };
    let users = match fields(org, "User").await {
        Ok(users) => users.unwrap_or_default(),
        Err(error) if error.is_about_one_question() => Vec::new(),
        Err(error) => return Err(error),
    };
    let has_several = refused == "no row"
        || users.iter().any(|field| field["name"].as_str() == Some("DefaultCurrencyIsoCode"));
    if has_several {
        return Ok(no_right(format!(
            "this org has several currencies and does not show them to this user ({refused}); {WHERE}, \
             for who has View Setup and Configuration"
        )));
    }
    Ok(match why_unsure(org).await? {
        None => not_readable(format!(
            "an org with one currency shows it to no program ({refused}); {WHERE}"
        )),
        Some(why) => no_right(format!(
            "either this org has one currency, which no program is shown, or it has several and \
             this user is not shown them ({refused}): {why}; {WHERE}"
        )),
    })
}

/// The name of the org's My Domain: what its address begins with (S 7).
pub(super) fn my_domain(instance_url: &str) -> FactAnswer {
    let host = instance_url.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split(['/', ':']).next().unwrap_or_default();
    match host.split_once('.') {
        Some((name, rest)) if format!(".{rest}").contains(".my.salesforce") => {
            FactAnswer::Known(name.into())
        }
        _ => not_readable(format!("the org's address, {instance_url}, is none of a My Domain")),
    }
}

/// The packages that an org shows, and whether these are all.
pub(super) struct Packages {
    /// By namespace, each with its version where that is shown.
    found: BTreeMap<String, Option<String>>,
    all: Result<(), FactAnswer>,
}

impl Packages {
    /// Whether a package is installed.
    pub(super) fn has(&self, namespace: &str) -> FactAnswer {
        let is_there = self.found.keys().any(|one| one.eq_ignore_ascii_case(namespace));
        match &self.all {
            Err(unseen) if !is_there => unseen.clone(),
            _ => FactAnswer::Known(is_there.into()),
        }
    }
}

/// The installed packages by namespace, each with its version where that is shown (S 5): by the
/// Tooling API, and by the list of the Metadata API, which has those that the other does not show.
pub(super) async fn packages(org: &Org) -> Result<Packages, OrgError> {
    let soql = "SELECT SubscriberPackage.NamespacePrefix, SubscriberPackageVersion.MajorVersion, \
                SubscriberPackageVersion.MinorVersion, SubscriberPackageVersion.PatchVersion FROM \
                InstalledSubscriberPackage";
    let mut found = BTreeMap::new();
    match org.wire.tooling_query(soql).await {
        Ok(rows) => {
            for row in rows {
                let Some(namespace) = row["SubscriberPackage"]["NamespacePrefix"].as_str() else {
                    continue;
                };
                let numbers = ["MajorVersion", "MinorVersion", "PatchVersion"]
                    .map(|name| row["SubscriberPackageVersion"][name].as_i64());
                let version = numbers.into_iter().collect::<Option<Vec<i64>>>();
                let text =
                    |all: Vec<i64>| all.iter().map(i64::to_string).collect::<Vec<_>>().join(".");
                found.insert(namespace.to_owned(), version.map(text));
            }
        }
        Err(error) if error.is_about_one_question() => {}
        Err(error) => return Err(error),
    }
    match org.list("InstalledPackage").await {
        Ok(listed) => {
            for one in listed {
                found.entry(one.id.full_name).or_insert(None);
            }
            Ok(Packages { found, all: Ok(()) })
        }
        // What is there was seen; that there is no more was not.
        Err(error) if error.is_lasting() => {
            let why = format!(
                "the org does not list its packages to this user; that needs Modify Metadata \
                 Through Metadata API Functions ({error})"
            );
            Ok(Packages { found, all: Err(no_right(why)) })
        }
        Err(error) => Err(error),
    }
}

/// The version of an installed package.
pub(super) async fn package_version(org: &Org, namespace: &str) -> Result<FactAnswer, OrgError> {
    let installed = packages(org).await?;
    let found = installed.found.iter().find(|(one, _)| one.eq_ignore_ascii_case(namespace));
    let name = match (found, &installed.all) {
        (Some((_, Some(version))), _) => return Ok(FactAnswer::Known(version.as_str().into())),
        (Some((name, None)), _) => name,
        (None, Err(unseen)) => return Ok(unseen.clone()),
        (None, Ok(())) => {
            return Ok(not_readable(format!("the org has no package `{namespace}`")));
        }
    };
    let id = ComponentId::new("InstalledPackage", name.as_str());
    Ok(match text_of(org, &id, "versionNumber").await? {
        Ok(Some(version)) => FactAnswer::Known(version.into()),
        Ok(None) => not_readable("the package's file does not say its version"),
        Err(unseen) => unseen,
    })
}

/// The change events that are published, by whichever channel; each as its file names it.
pub(super) async fn change_events(
    org: &Org,
) -> Result<Result<BTreeSet<String>, FactAnswer>, OrgError> {
    const MEMBER: &str = "PlatformEventChannelMember";
    let listed = match org.list(MEMBER).await {
        Ok(listed) => listed,
        Err(error) if error.is_lasting() => {
            return Ok(Err(no_right(format!(
                "the org does not list which changes it publishes; that needs Modify Metadata \
                 Through Metadata API Functions ({error})"
            ))));
        }
        Err(error) => return Err(error),
    };
    let ids: BTreeSet<ComponentId> = listed.into_iter().map(|one| one.id).collect();
    if ids.is_empty() {
        return Ok(Ok(BTreeSet::new()));
    }
    let request = RetrieveRequest { components: ids.clone(), ..RetrieveRequest::default() };
    let files = match org.retrieve_all(&request).await {
        Ok(retrieved) => retrieved.components,
        Err(error) if error.is_about_one_question() => {
            return Ok(Err(not_readable(format!("the org says: {error}"))));
        }
        Err(error) => return Err(error),
    };
    // One that could not be read may be the one.
    if let Some(unread) = ids.iter().find(|id| files.get(id).is_none()) {
        return Ok(Err(not_readable(format!("{unread} could not be read"))));
    }
    let entity = |id: &ComponentId| {
        let text = files.get(id)?.document.root().child_text("selectedEntity")?;
        Some(text.trim().to_owned())
    };
    Ok(Ok(ids.iter().filter_map(entity).collect()))
}

/// A feature that is on or off in a file of settings.
pub(super) async fn feature(org: &Org, name: &str) -> Result<FactAnswer, OrgError> {
    let Some(row) = OrgFeature::find(name) else {
        return Ok(not_readable(format!(
            "no API tells this program whether an org has the feature `{name}`; look in Setup"
        )));
    };
    let id = ComponentId::new("Settings", row.settings);
    Ok(match text_of(org, &id, row.element).await? {
        Ok(Some(text)) => match Value::parse_bool(&text) {
            Some(flag) => FactAnswer::Known(flag.into()),
            None => not_readable(format!("{id} says `{text}` of it")),
        },
        // What a file of settings leaves out is not said (S 2.8).
        Ok(None) => not_readable(format!("{id} does not say it")),
        Err(unseen) => unseen,
    })
}

/// The text of an element of a component's root.
async fn text_of(
    org: &Org,
    id: &ComponentId,
    element: &str,
) -> Result<Result<Option<String>, FactAnswer>, OrgError> {
    let request = RetrieveRequest { components: [id.clone()].into(), ..RetrieveRequest::default() };
    let files = match org.retrieve_all(&request).await {
        Ok(retrieved) => retrieved.components,
        Err(error) if error.is_about_one_question() => {
            return Ok(Err(not_readable(format!("the org says: {error}"))));
        }
        Err(error) => return Err(error),
    };
    Ok(match files.get(id) {
        Some(file) => {
            Ok(file.document.root().child_text(element).map(|text| text.trim().to_owned()))
        }
        // Whoever may retrieve is shown all settings there are.
        None => Err(why_unread(&files.not_observed, id).map_or_else(
            || {
                not_readable(format!(
                    "the org has no {id}, and nothing else says it; look in Setup"
                ))
            },
            |unseen| FactAnswer::NotObserved(unseen.clone()),
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_with_the_name_of_its_domain() {
        for (url, name) in [
            ("https://acme.my.salesforce.com", Some("acme")),
            ("https://acme--uat.sandbox.my.salesforce.com/", Some("acme--uat")),
            ("https://acme-dev-ed.develop.my.salesforce.com:443", Some("acme-dev-ed")),
            ("https://eu12.salesforce.com", None),
            ("http://127.0.0.1:4000", None),
        ] {
            let known = match my_domain(url) {
                FactAnswer::Known(value) => Some(value.to_string()),
                FactAnswer::NotObserved(_) => None,
            };
            assert_eq!(known.as_deref(), name, "{url}");
        }
    }
}
