//! What REST changes: permission sets and their licences given to users, and taken back (S 4.3,
//! 4.4).

use cirrus::RawBody;
use serde_json::{Value as Json, json};

use crate::org::Org;
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::http::{Unanswered, soql_text};

/// A row that was created, so that it can be deleted again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedRow {
    /// `PermissionSetAssignment` or `PermissionSetLicenseAssign`.
    pub object: String,
    /// The row's id.
    pub id: String,
}

impl Org {
    /// Gives a permission set to a user, its licence first (S 4.3). Rows that are there already are
    /// left; what was created is returned.
    ///
    /// # Errors
    /// No such user or set, no seat of the licence, or no right to assign. Rows that were created
    /// before the failure come with it.
    pub(crate) async fn assign(
        &self,
        user: &str,
        permission_set: &str,
    ) -> Result<Vec<CreatedRow>, (Vec<CreatedRow>, OrgError)> {
        let mut created = Vec::new();
        match self.assign_into(user, permission_set, &mut created).await {
            Ok(()) => Ok(created),
            Err(error) => Err((created, error)),
        }
    }

    async fn assign_into(
        &self,
        user: &str,
        permission_set: &str,
        created: &mut Vec<CreatedRow>,
    ) -> Result<(), OrgError> {
        let missing = |what: String| OrgError::new(OrgErrorKind::Refused, what);
        let users = self
            .wire
            .query(&format!("SELECT Id FROM User WHERE Username = {}", soql_text(user)))
            .await?;
        let user_id = first_id(&users)
            .ok_or_else(|| missing(format!("there is no user `{user}` in this org")))?;
        let sets = self
            .wire
            .query(&format!(
                "SELECT Id, LicenseId FROM PermissionSet WHERE {} AND IsOwnedByProfile = false",
                is_set(permission_set)
            ))
            .await?;
        let set_id = first_id(&sets).ok_or_else(|| {
            missing(format!("there is no permission set `{permission_set}` in this org"))
        })?;
        let licence =
            sets[0]["LicenseId"].as_str().filter(|id| id.starts_with("0PL")).map(str::to_owned);
        if let Some(licence) = licence {
            self.ensure(
                "PermissionSetLicenseAssign",
                &user_id,
                "PermissionSetLicenseId",
                &licence,
                created,
            )
            .await?;
        }
        self.ensure("PermissionSetAssignment", &user_id, "PermissionSetId", &set_id, created).await
    }

    /// Creates a row unless it is there. A lost answer is settled by looking.
    async fn ensure(
        &self,
        object: &str,
        user: &str,
        field: &str,
        value: &str,
        created: &mut Vec<CreatedRow>,
    ) -> Result<(), OrgError> {
        let find = format!(
            "SELECT Id FROM {object} WHERE AssigneeId = {} AND {field} = {}",
            soql_text(user),
            soql_text(value)
        );
        if first_id(&self.wire.query(&find).await?).is_some() {
            return Ok(());
        }
        let body = RawBody::new(
            json!({ "AssigneeId": user, field: value }).to_string(),
            "application/json",
        );
        let id = match self
            .wire
            .send_once(reqwest::Method::POST, &format!("sobjects/{object}"), Some(body))
            .await
        {
            Ok(answer) => answer["id"].as_str().map(str::to_owned),
            Err(Unanswered { error, may_have_arrived: false }) => return Err(error),
            Err(Unanswered { error, .. }) => match first_id(&self.wire.query(&find).await?) {
                Some(id) => Some(id),
                None => return Err(error),
            },
        };
        let id = id.ok_or_else(|| {
            OrgError::new(
                OrgErrorKind::Unexpected,
                format!("the org created a {object} and does not say which"),
            )
        })?;
        created.push(CreatedRow { object: object.to_owned(), id });
        Ok(())
    }

    /// Deletes a row; one that is gone already is as good.
    ///
    /// # Errors
    /// The org refuses.
    pub(crate) async fn delete_row(&self, row: &CreatedRow) -> Result<(), OrgError> {
        match self
            .wire
            .send_once(
                reqwest::Method::DELETE,
                &format!("sobjects/{}/{}", row.object, row.id),
                None,
            )
            .await
        {
            Ok(_) => Ok(()),
            Err(unanswered)
                if matches!(
                    unanswered.error.code.as_deref(),
                    Some("ENTITY_IS_DELETED" | "NOT_FOUND")
                ) =>
            {
                Ok(())
            }
            Err(Unanswered { error, may_have_arrived: false }) => Err(error),
            Err(Unanswered { error, .. }) => {
                let rows = self
                    .wire
                    .query(&format!(
                        "SELECT Id FROM {} WHERE Id = {}",
                        row.object,
                        soql_text(&row.id)
                    ))
                    .await?;
                if rows.is_empty() { Ok(()) } else { Err(error) }
            }
        }
    }
}

/// The condition that chooses a permission set by its name in metadata: a package's has its
/// namespace in front there, and in a field of its own in a row (S 4.4).
fn is_set(name: &str) -> String {
    let whole = format!("Name = {}", soql_text(name));
    match name.split_once("__").filter(|(namespace, own)| !namespace.is_empty() && !own.is_empty())
    {
        Some((namespace, own)) => format!(
            "({whole} OR (Name = {} AND NamespacePrefix = {}))",
            soql_text(own),
            soql_text(namespace)
        ),
        None => whole,
    }
}

fn first_id(rows: &[Json]) -> Option<String> {
    rows.first().and_then(|row| row["Id"].as_str()).map(str::to_owned)
}
