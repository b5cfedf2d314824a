//! Whether a row that gives something to a user was made by one user: only such a row is taken back
//! that was begun and whose answer was lost.

use jiff::{SignedDuration, Timestamp};

use crate::org::Org;
use crate::org::deploy::same_id;
use crate::org::error::OrgError;
use crate::org::http::soql_text;

use super::{CreatedRow, LICENCE_ROW};

/// How far apart the time of a row and that on the audit trail may be.
const APART: SignedDuration = SignedDuration::from_secs(60);

impl Org {
    /// Proves that a row was made by a user; inside is why it is not proved. A licence's row says
    /// whose it is. A permission set's does not (S 4.4): there it is proved by the audit trail, where
    /// all the sets that were given to anybody within the minute are theirs (why 2).
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn proved_by(
        &self,
        row: &CreatedRow,
        user: Option<&str>,
    ) -> Result<Result<(), String>, OrgError> {
        let Some(user) = user else {
            return Ok(Err("as whom it was asked for was not written down".to_owned()));
        };
        let is_licence = row.object == LICENCE_ROW;
        let field = if is_licence { "CreatedById" } else { "SystemModstamp" };
        let soql = format!("SELECT {field} FROM {} WHERE Id = {}", row.object, soql_text(&row.id));
        let rows = match self.wire.query(&soql).await {
            Ok(rows) => rows,
            Err(error) if error.is_about_one_question() => {
                return Ok(Err(format!("who made it is not shown ({error})")));
            }
            Err(error) => return Err(error),
        };
        let told = rows.first().and_then(|row| row[field].as_str()).unwrap_or_default();
        if is_licence {
            return Ok(match told {
                "" => Err("the org does not say who made it".to_owned()),
                maker if same_id(maker, user) => Ok(()),
                maker => Err(format!("the user {maker} made it, and it was asked for as {user}")),
            });
        }
        match org_time(told) {
            Some(at) => self.gave_alone(user, at).await,
            None => Ok(Err("the org does not say when it was made".to_owned())),
        }
    }

    /// Proves that at a time nobody but a user gave permission sets to anybody, and they did.
    async fn gave_alone(&self, user: &str, at: Timestamp) -> Result<Result<(), String>, OrgError> {
        let bound = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let (Ok(from), Ok(to)) = (at.checked_sub(APART), at.checked_add(APART)) else {
            return Ok(Err("the org does not say when it was made".to_owned()));
        };
        let soql = format!(
            "SELECT CreatedById FROM SetupAuditTrail WHERE Action IN ('PermSetAssign', \
             'PermSetAssign_HasExpiration') AND CreatedDate >= {} AND CreatedDate <= {}",
            bound(from),
            bound(to)
        );
        let rows = match self.wire.query(&soql).await {
            Ok(rows) => rows,
            Err(error) if error.is_about_one_question() => {
                return Ok(Err(format!(
                    "the audit trail, which tells who made it, is seen only with View Setup and \
                     Configuration ({error})"
                )));
            }
            Err(error) => return Err(error),
        };
        let is_theirs = |row: &serde_json::Value| {
            row["CreatedById"].as_str().is_some_and(|by| same_id(by, user))
        };
        Ok(match (rows.is_empty(), rows.iter().all(is_theirs)) {
            (true, _) => Err("the audit trail says nothing of it".to_owned()),
            (false, true) => Ok(()),
            (false, false) => {
                Err("others gave permission sets within the same minute too".to_owned())
            }
        })
    }
}

/// A time as the org writes it.
fn org_time(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok()
}
