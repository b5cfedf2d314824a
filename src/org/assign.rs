//! What REST changes: permission sets and their licences given to users, and taken back (S 4.3,
//! 4.4). What an org will not take is found out beforehand, in `limits`.

mod limits;
mod maker;

use std::collections::BTreeSet;

use cirrus::RawBody;
use serde_json::{Value as Json, json};

use super::facts::LICENCES;
use crate::metadata::assignable::Assignable;
use crate::org::Org;
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::http::{Unanswered, soql_list, soql_text};
use crate::org::set_name::is_set_of;

/// A row that was created, so that it can be deleted again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedRow {
    /// `PermissionSetAssignment` or `PermissionSetLicenseAssign`.
    pub object: String,
    /// The row's id.
    pub id: String,
}

/// The object whose rows give permission set licences.
pub(crate) const LICENCE_ROW: &str = "PermissionSetLicenseAssign";

/// A row that gives something to a user, be it there or not.
#[derive(Clone, Debug)]
pub(crate) struct GivingRow {
    /// Its object.
    pub(crate) object: &'static str,
    user: String,
    /// The field that names what is given, and its id.
    field: &'static str,
    value: String,
}

/// Why a row was not created.
#[derive(Debug)]
pub(crate) struct NotCreated {
    /// The org's words.
    pub(crate) error: OrgError,
    /// Whether it may be created all the same: the answer was lost.
    pub(crate) may_come: bool,
}

impl Org {
    /// Finds the rows that give something to a user: of a permission set that of its licence first
    /// (S 4.3).
    ///
    /// # Errors
    /// No such user, set or licence, or several of one name.
    pub(crate) async fn giving_rows(
        &self,
        user: &str,
        what: &Assignable,
    ) -> Result<Vec<GivingRow>, OrgError> {
        let users = format!("SELECT Id FROM User WHERE Username = {}", soql_text(user));
        let user = self.only_id(&users, &format!("user `{user}`")).await?;
        let row = |object, field, value: &str| GivingRow {
            object,
            user: user.clone(),
            field,
            value: value.to_owned(),
        };
        let of_licence = |id: &str| row(LICENCE_ROW, "PermissionSetLicenseId", id);
        match what {
            Assignable::PermissionSetLicense(name) => {
                let found = self.licences(&BTreeSet::from([name.as_str()])).await?;
                match found.as_slice() {
                    [one] => Ok(vec![of_licence(one["Id"].as_str().unwrap_or_default())]),
                    [] => Err(refused(format!("there is no {what} in this org"))),
                    several => {
                        let count = several.len();
                        Err(refused(format!("{count} licences of this org go by `{name}`")))
                    }
                }
            }
            Assignable::PermissionSet(name) => {
                let set = self.permission_set(name).await?;
                let licence = set["LicenseId"].as_str().filter(|id| id.starts_with("0PL"));
                let own = set["Id"].as_str().unwrap_or_default();
                let own = row("PermissionSetAssignment", "PermissionSetId", own);
                Ok(licence.map(of_licence).into_iter().chain([own]).collect())
            }
        }
    }

    /// The row of a permission set: the id of its licence is in it.
    async fn permission_set(&self, name: &str) -> Result<Json, OrgError> {
        let rows = self.permission_sets(&BTreeSet::from([name])).await?;
        let is_it = |row: &Json| is_set_of(row, name, self.own_namespace());
        let (mut found, others): (Vec<Json>, Vec<Json>) = rows.into_iter().partition(is_it);
        match (found.len(), others.first()) {
            (1, _) => Ok(found.swap_remove(0)),
            (0, None) => Err(refused(format!("there is no permission set `{name}` in this org"))),
            (0, Some(other)) => {
                let namespace = other["NamespacePrefix"].as_str().unwrap_or_default();
                Err(refused(format!(
                    "`{name}` is here only as a package's: write `{namespace}__{name}`"
                )))
            }
            (count, _) => Err(refused(format!(
                "{count} permission sets of this org go by `{name}`: write its namespace in front, \
                 `namespace__{name}`"
            ))),
        }
    }

    /// The rows of permission sets that go by one of some names, or by its part behind a namespace.
    async fn permission_sets(&self, names: &BTreeSet<&str>) -> Result<Vec<Json>, OrgError> {
        let is_one: Vec<String> = names.iter().map(|name| is_set(name)).collect();
        let soql = format!(
            "SELECT Id, Name, LicenseId, NamespacePrefix FROM PermissionSet WHERE ({}) AND \
             IsOwnedByProfile = false",
            is_one.join(" OR ")
        );
        self.wire.query(&soql).await
    }

    /// The namespace of the org itself, where it has one and shows it.
    pub(crate) fn own_namespace(&self) -> Option<&str> {
        self.organization["NamespacePrefix"].as_str().filter(|namespace| !namespace.is_empty())
    }

    /// The rows of permission set licences that go by one of some names.
    async fn licences(&self, names: &BTreeSet<&str>) -> Result<Vec<Json>, OrgError> {
        let (object, columns) = LICENCES[1];
        let all = soql_list(names.iter().copied());
        let is_one: Vec<String> =
            columns.iter().map(|column| format!("{column} IN {all}")).collect();
        let soql = format!("SELECT Id FROM {object} WHERE {}", is_one.join(" OR "));
        self.wire.query(&soql).await
    }

    async fn only_id(&self, soql: &str, what: &str) -> Result<String, OrgError> {
        let rows = self.wire.query(soql).await?;
        first_id(&rows).ok_or_else(|| refused(format!("there is no {what} in this org")))
    }

    /// Finds the id of a row that gives something to a user, where it is there.
    ///
    /// # Errors
    /// The org cannot be asked.
    pub(crate) async fn given_row(&self, row: &GivingRow) -> Result<Option<String>, OrgError> {
        Ok(first_id(&self.wire.query(&row.soql()).await?))
    }

    /// Creates a row that is not there.
    ///
    /// # Errors
    /// No seat of the licence, or no right to assign.
    pub(crate) async fn create_row(&self, row: &GivingRow) -> Result<String, NotCreated> {
        let body = json!({ "AssigneeId": row.user, row.field: row.value }).to_string();
        let body = RawBody::new(body, "application/json");
        let path = format!("sobjects/{}", row.object);
        match self.wire.send_once(reqwest::Method::POST, &path, Some(body)).await {
            Ok(answer) => answer["id"].as_str().map(str::to_owned).ok_or_else(|| {
                let words = format!("the org created a {} and does not say which", row.object);
                let error = OrgError::new(OrgErrorKind::Unexpected, words);
                NotCreated { error, may_come: true }
            }),
            Err(Unanswered { error, may_have_arrived }) => {
                Err(NotCreated { error, may_come: may_have_arrived })
            }
        }
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

fn refused(words: String) -> OrgError {
    OrgError::new(OrgErrorKind::Refused, words)
}

impl GivingRow {
    fn soql(&self) -> String {
        let Self { object, user, field, value } = self;
        format!(
            "SELECT Id FROM {object} WHERE AssigneeId = {} AND {field} = {}",
            soql_text(user),
            soql_text(value)
        )
    }
}

fn first_id(rows: &[Json]) -> Option<String> {
    rows.first().and_then(|row| row["Id"].as_str()).map(str::to_owned)
}
