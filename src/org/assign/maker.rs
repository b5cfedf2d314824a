//! Whether a row that gives something to a user is what one user asked for at one time: only such a
//! row is taken back that was begun and whose answer was lost.

use jiff::{SignedDuration, Timestamp};

use crate::metadata::assignable::AskedFor;
use crate::metadata::lasting::org_time;
use crate::org::Org;
use crate::org::deploy::same_id;
use crate::org::error::OrgError;
use crate::org::http::soql_text;

use super::{CreatedRow, LICENCE_ROW};

/// How far apart the time of a row and that on the audit trail may be.
const APART: SignedDuration = SignedDuration::from_secs(60);
/// How long after it was asked for a row may come: no request is on its way for longer.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);

impl Org {
    /// The org's clock, by its last answer to a question; none where it told no time.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.wire.org_now()
    }

    /// Proves that a row is what was asked for: made then, and by that user; inside is why it is not
    /// proved. Whoever asked may have given the same by hand another time. A licence's row says
    /// whose it is. A permission set's does not (S 4.4): there it is proved by the audit trail, where
    /// all the sets that were given to anybody within the minute are theirs (why 2).
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn proved(
        &self,
        row: &CreatedRow,
        asked: &AskedFor,
    ) -> Result<Result<(), String>, OrgError> {
        let Some(user) = asked.by.as_deref() else {
            return Ok(Err("as whom it was asked for was not written down".to_owned()));
        };
        let Some(asked_at) = asked.at else {
            return Ok(Err("when it was asked for was not written down".to_owned()));
        };
        let is_licence = row.object == LICENCE_ROW;
        let time = if is_licence { "CreatedDate" } else { "SystemModstamp" };
        let maker = if is_licence { ", CreatedById" } else { "" };
        let soql =
            format!("SELECT {time}{maker} FROM {} WHERE Id = {}", row.object, soql_text(&row.id));
        let rows = match self.wire.query(&soql).await {
            Ok(rows) => rows,
            Err(error) if error.is_about_one_question() => {
                return Ok(Err(format!("who made it is not shown ({error})")));
            }
            Err(error) => return Err(error),
        };
        let told = |field| rows.first().and_then(|row| row[field].as_str()).unwrap_or_default();
        let Some(at) = org_time(told(time)) else {
            return Ok(Err("the org does not say when it was made".to_owned()));
        };
        let after = at.duration_since(asked_at);
        if after < -APART || after > ON_ITS_WAY {
            return Ok(Err(format!(
                "it was asked for at {}, and made at {}",
                to_second(asked_at),
                to_second(at)
            )));
        }
        if is_licence {
            return Ok(match told("CreatedById") {
                "" => Err("the org does not say who made it".to_owned()),
                maker if same_id(maker, user) => Ok(()),
                maker => Err(format!("the user {maker} made it, and it was asked for as {user}")),
            });
        }
        self.gave_alone(user, at).await
    }

    /// Proves that at a time nobody but a user gave permission sets to anybody, and they did.
    async fn gave_alone(&self, user: &str, at: Timestamp) -> Result<Result<(), String>, OrgError> {
        let (Ok(from), Ok(to)) = (at.checked_sub(APART), at.checked_add(APART)) else {
            return Ok(Err("the org does not say when it was made".to_owned()));
        };
        let soql = format!(
            "SELECT CreatedById FROM SetupAuditTrail WHERE Action IN ('PermSetAssign', \
             'PermSetAssign_HasExpiration') AND CreatedDate >= {} AND CreatedDate <= {}",
            to_second(from),
            to_second(to)
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

fn to_second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
