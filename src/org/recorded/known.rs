//! Which apps and users an org has seen, for who does not know what to ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::org::http::soql_text;
use crate::org::{Org, OrgError};

/// So many names are told.
const FEW: usize = 12;
/// So many users are looked up by their ids.
const MOST: usize = 200;

/// Names that an org's records have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The user names of who granted an app something or signed in by it, by the app's label.
    users_of: BTreeMap<String, BTreeSet<String>>,
}

impl Known {
    /// Returns the apps, by their labels: so many as are told.
    pub fn apps(&self) -> Vec<String> {
        self.users_of.keys().take(FEW).cloned().collect()
    }

    /// Returns the users: so many as are told.
    pub fn users(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.users_of.values().flatten().collect();
        all.into_iter().take(FEW).cloned().collect()
    }

    /// Returns the users of an app that has one of these names.
    pub fn users_of(&self, names: &[String]) -> Vec<String> {
        let is_it = |app: &str| names.iter().any(|name| name.eq_ignore_ascii_case(app));
        let of_it = self.users_of.iter().filter(|(app, _)| is_it(app));
        let users: BTreeSet<&String> = of_it.flat_map(|(_, users)| users).collect();
        users.into_iter().take(FEW).cloned().collect()
    }

    /// Says whether an app that has one of these names was seen.
    pub fn has_app(&self, names: &[String]) -> bool {
        self.users_of.keys().any(|app| names.iter().any(|name| name.eq_ignore_ascii_case(app)))
    }
}

impl Org {
    /// Asks which apps and users have signed in, as far as the caller is shown it.
    ///
    /// # Errors
    /// The org cannot be asked at all.
    pub async fn known_apps(&self) -> Result<Known, OrgError> {
        let mut by_id: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for soql in [
            "SELECT AppName, UserId FROM OauthToken LIMIT 500",
            "SELECT Application, UserId FROM LoginHistory WHERE LoginTime = LAST_N_DAYS:7 GROUP BY \
             Application, UserId",
        ] {
            for row in self.rows_or_none(soql).await? {
                let app = row["AppName"].as_str().or_else(|| row["Application"].as_str());
                let is_one = |name: &&str| !matches!(*name, "" | "N/A" | "Browser");
                let Some(app) = app.filter(is_one) else { continue };
                let ids = by_id.entry(app.to_owned()).or_default();
                ids.extend(row["UserId"].as_str().map(str::to_owned));
            }
        }
        let ids: BTreeSet<&String> = by_id.values().flatten().collect();
        let mut names = BTreeMap::new();
        if !ids.is_empty() {
            let ids: Vec<String> = ids.into_iter().take(MOST).map(|id| soql_text(id)).collect();
            let soql = format!("SELECT Id, Username FROM User WHERE Id IN ({})", ids.join(", "));
            for row in self.rows_or_none(&soql).await? {
                if let (Some(id), Some(name)) = (row["Id"].as_str(), row["Username"].as_str()) {
                    names.insert(id.to_owned(), name.to_owned());
                }
            }
        }
        let named = |ids: BTreeSet<String>| {
            ids.iter().filter_map(|id| names.get(id).cloned()).collect::<BTreeSet<String>>()
        };
        Ok(Known { users_of: by_id.into_iter().map(|(app, ids)| (app, named(ids))).collect() })
    }

    /// The rows of a query; none where the org does not answer just this one.
    async fn rows_or_none(&self, soql: &str) -> Result<Vec<serde_json::Value>, OrgError> {
        match self.wire.query(soql).await {
            Ok(rows) => Ok(rows),
            Err(error) if error.is_about_one_question() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
