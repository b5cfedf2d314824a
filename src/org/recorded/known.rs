//! Which apps and users an org has seen, for who does not know what to ask for.

use std::collections::BTreeSet;

use crate::org::{Org, OrgError};

/// So many names are told.
const FEW: usize = 12;

/// Names that an org's records have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Apps, by their labels.
    pub apps: Vec<String>,
    /// The user names of who granted an app something.
    pub users: Vec<String>,
}

impl Org {
    /// Asks which apps and users have signed in, as far as the caller is shown it.
    ///
    /// # Errors
    /// The org cannot be asked at all.
    pub async fn known_apps(&self) -> Result<Known, OrgError> {
        let (mut apps, mut users) = (BTreeSet::new(), BTreeSet::new());
        for soql in [
            "SELECT AppName, User.Username FROM OauthToken LIMIT 500",
            "SELECT Application FROM LoginHistory WHERE LoginTime = LAST_N_DAYS:7 GROUP BY \
             Application",
        ] {
            let rows = match self.wire.query(soql).await {
                Ok(rows) => rows,
                Err(error) if error.is_about_one_question() => continue,
                Err(error) => return Err(error),
            };
            for row in rows {
                let app = row["AppName"].as_str().or_else(|| row["Application"].as_str());
                let is_one = |name: &&str| !matches!(*name, "" | "N/A" | "Browser");
                apps.extend(app.filter(is_one).map(str::to_owned));
                users.extend(row["User"]["Username"].as_str().map(str::to_owned));
            }
        }
        let few = |names: BTreeSet<String>| names.into_iter().take(FEW).collect();
        Ok(Known { apps: few(apps), users: few(users) })
    }
}
