//! What cannot be given to users, found out before anything is sent: objects of which this login
//! makes no rows, licences that permission sets stand on, who has them, and their seats (S 4.3, 4.4).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::LICENCE_ROW;
use crate::metadata::assignable::{Assignable, Licence, OrgLimits, Seats, StandsOn};
use crate::org::Org;
use crate::org::error::OrgError;
use crate::org::facts::{LICENCES, why_unsure};
use crate::org::http::soql_list;
use crate::org::set_name::is_set_of;

const SETUP: &str = "View Setup and Configuration";

impl Org {
    /// Finds out what cannot be given, of what is wanted for users: of which objects this login
    /// makes no rows, by their describes, and how the licences behind it stand.
    ///
    /// # Errors
    /// The org cannot be asked; what it does not show is in the answer, with the reason.
    pub(crate) async fn limits(
        &self,
        wanted: &BTreeSet<(String, Assignable)>,
    ) -> Result<OrgLimits, OrgError> {
        let mut limits = OrgLimits::default();
        let set_of = |what: &'_ Assignable| match what {
            Assignable::PermissionSet(name) => Some(name.to_lowercase()),
            Assignable::PermissionSetLicense(_) => None,
        };
        let sets: BTreeSet<String> = wanted.iter().filter_map(|(_, what)| set_of(what)).collect();
        if !sets.is_empty() {
            limits.sets = self.bases_of(&sets).await?;
        }
        let stands_free = |what: &Assignable| {
            set_of(what).is_some_and(|set| limits.sets.get(&set) == Some(&Ok(None)))
        };
        let on_licences: Vec<&(String, Assignable)> =
            wanted.iter().filter(|(_, what)| !stands_free(what)).collect();
        let mut objects: BTreeSet<&str> = wanted.iter().map(|(_, what)| what.object()).collect();
        if !on_licences.is_empty() {
            objects.insert(LICENCE_ROW);
            let users = on_licences.iter().map(|(user, _)| user.as_str()).collect();
            self.read_licences(&mut limits).await?;
            self.read_holders(&mut limits, &users).await?;
            let is_seen = |(user, what): &&&(String, Assignable)| {
                let held = limits.held.get(&user.to_lowercase());
                let base = set_of(what).and_then(|set| limits.sets.get(&set)?.as_ref().ok());
                let base = base.and_then(Option::as_ref);
                held.zip(base).is_some_and(|(held, base)| held.contains(base))
            };
            if limits.unseen.is_none() && !on_licences.iter().all(|one| is_seen(&one)) {
                limits.unseen = why_unsure(self).await?;
            }
        }
        for object in objects {
            if let Some(why) = self.why_no_row(object).await? {
                limits.rows.insert(object, why);
            }
        }
        Ok(limits)
    }

    /// Why this login can make no row of an object; none where it can.
    async fn why_no_row(&self, object: &str) -> Result<Option<String>, OrgError> {
        let path = format!("sobjects/{object}/describe");
        Ok(match self.wire.get(&path, &[]).await {
            Ok(described) => match described["createable"].as_bool() {
                Some(true) => None,
                Some(false) => Some(format!("this login may make no {object}")),
                None => {
                    Some(format!("the org does not say whether this login may make a {object}"))
                }
            },
            Err(error) if error.is_about_one_question() => {
                Some(format!("the org shows no {object} to this login ({error})"))
            }
            Err(error) => return Err(error),
        })
    }

    /// What permission sets stand on, by their names as they are asked for.
    async fn bases_of(
        &self,
        names: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, StandsOn>, OrgError> {
        let rows = match self.permission_sets(&names.iter().map(String::as_str).collect()).await {
            Ok(rows) => Ok(rows),
            Err(error) if error.is_about_one_question() => {
                Err(format!("permission sets are seen only with {SETUP} ({error})"))
            }
            Err(error) => return Err(error),
        };
        let base = |name: &String| {
            let rows = rows.as_ref().map_err(Clone::clone)?;
            let is_it = |row: &&Json| is_set_of(row, name, self.own_namespace());
            let found: Vec<&Json> = rows.iter().filter(is_it).collect();
            match found.as_slice() {
                [row] => Ok(row["LicenseId"].as_str().map(str::to_owned)),
                [] => Err("the org shows no such permission set".to_owned()),
                several => Err(format!("{} permission sets go by that name", several.len())),
            }
        };
        Ok(names.iter().map(|name| (name.clone(), base(name))).collect())
    }

    /// All licences of the org, with their seats.
    async fn read_licences(&self, limits: &mut OrgLimits) -> Result<(), OrgError> {
        for (at, (object, columns)) in LICENCES.into_iter().enumerate() {
            let soql = format!(
                "SELECT Id, {}, TotalLicenses, UsedLicenses, Status FROM {object}",
                columns.join(", ")
            );
            let hidden = match self.wire.query(&soql).await {
                Ok(rows) => {
                    limits.licences.extend(rows.iter().filter_map(|row| licence(row, at)));
                    // Nothing tells an org without one from a caller who is shown none.
                    rows.is_empty().then(|| format!("the org shows no row of {object}"))
                }
                Err(error) if error.is_about_one_question() => Some(error.to_string()),
                Err(error) => return Err(error),
            };
            if let Some(why) = hidden {
                limits.hidden = Some(format!("licences are seen only with {SETUP} ({why})"));
            }
        }
        Ok(())
    }

    /// Which licences users have: that of their profile, and permission set licences.
    async fn read_holders(
        &self,
        limits: &mut OrgLimits,
        users: &BTreeSet<&str>,
    ) -> Result<(), OrgError> {
        let users = soql_list(users.iter().copied());
        let soql =
            format!("SELECT Username, Profile.UserLicenseId FROM User WHERE Username IN {users}");
        let mut note = |user: &Json, licence: &Json| {
            if let (Some(user), Some(licence)) = (user.as_str(), licence.as_str()) {
                limits.held.entry(user.to_lowercase()).or_default().insert(licence.to_owned());
            }
        };
        match self.wire.query(&soql).await {
            Ok(rows) => {
                rows.iter().for_each(|row| note(&row["Username"], &row["Profile"]["UserLicenseId"]))
            }
            // Then it is not known of anybody.
            Err(error) if error.is_about_one_question() => {}
            Err(error) => return Err(error),
        }
        let soql = format!(
            "SELECT Assignee.Username, PermissionSetLicenseId FROM PermissionSetLicenseAssign WHERE \
             Assignee.Username IN {users}"
        );
        match self.wire.query(&soql).await {
            Ok(rows) => rows.iter().for_each(|row| {
                note(&row["Assignee"]["Username"], &row["PermissionSetLicenseId"]);
            }),
            Err(error) if error.is_about_one_question() => {
                limits.unseen =
                    Some(format!("assigned licences are seen only with {SETUP} ({error})"));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// A licence by its row; the first kind of [`LICENCES`] are those that come with a profile.
fn licence(row: &Json, at: usize) -> Option<Licence> {
    let (_, columns) = LICENCES[at];
    let label = row["MasterLabel"].as_str();
    let names = columns.iter().filter_map(|column| row[*column].as_str());
    let seats = match (row["TotalLicenses"].as_u64(), row["UsedLicenses"].as_u64()) {
        _ if row["Status"].as_str().is_some_and(|status| status != "Active") => {
            Seats::Barred(format!("its status is {}", row["Status"].as_str().unwrap_or_default()))
        }
        (Some(total), Some(used)) => Seats::Free(total.saturating_sub(used)),
        _ => Seats::Unknown(format!(
            "the org does not say how many seats there are; that needs {SETUP}"
        )),
    };
    Some(Licence {
        id: row["Id"].as_str()?.to_owned(),
        names: label.into_iter().chain(names).map(str::to_owned).collect(),
        is_of_profile: at == 0,
        seats,
    })
}
