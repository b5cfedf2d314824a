//! What parameters' values name, looked up before anything else is asked: a value that the org does
//! not have is told at once, not after a long retrieve. What was learnt for it is not asked again.
//!
//! Only what shows all names to whoever may ask tells that one is lacking, here as later; what
//! cannot be told so is left to the questions that follow.

use std::collections::{BTreeMap, BTreeSet};

use super::Org;
use super::error::OrgError;
use super::names::Listed;
use super::users::{self, Users};
use crate::metadata::fact::FactAnswer;
use crate::metadata::names::{Name, Names};

/// What is known of values.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// The names that were looked up; one of which nothing is known is there.
    pub(super) asked: BTreeSet<Name>,
    /// What is known of them.
    pub(super) names: Names,
    /// The lists of the org that were read for it.
    pub(super) listed: Listed,
    pub(super) users: Option<Users>,
    /// Those of them that the org does not show, each with what is said of it.
    unknown_users: Vec<(String, String)>,
    /// Whether apps are installed, by what they are called, and the nearest name of one that is not.
    pub(super) apps: BTreeMap<String, (FactAnswer, Option<String>)>,
}

impl Values {
    /// Returns what is known of the names.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the users that the org does not show, each with what is said of it.
    pub(crate) fn unknown_users(&self) -> &[(String, String)] {
        &self.unknown_users
    }
}

impl Org {
    /// Looks up what values name: one list for three types of components, one query for fields, one
    /// for users where all of it is there. What the org will not say now is left open.
    ///
    /// # Errors
    /// The org cannot be asked any more.
    pub(crate) async fn values(
        &self,
        names: &BTreeSet<Name>,
        users: &BTreeSet<&str>,
    ) -> Result<Values, OrgError> {
        let mut values = Values::default();
        if names.is_empty() && users.is_empty() {
            return Ok(values);
        }
        self.begin(&format!("looking up what the parameters name in {}", self.identity.name));
        let looked = async {
            self.given_names(names, &mut values).await?;
            if !users.is_empty() {
                let users = values.users.insert(users::read(self, users).await?);
                values.unknown_users = users.unknown(self).await?;
            }
            Ok(())
        };
        let looked = looked.await;
        self.end();
        match looked {
            // Whatever is asked next meets it too, or does without.
            Err(error) if !OrgError::is_about_one_question(&error) => Err(error),
            _ => Ok(values),
        }
    }
}
