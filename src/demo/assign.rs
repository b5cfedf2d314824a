//! Rows that REST creates and deletes: assignments of permission sets and licences, and
//! pre-authorised apps (S 4.4, 1.7).

use serde_json::Value;

use super::id::{reference, same_id, unknown};
use super::objects::{ObjectDef, find};
use super::preauth::{Named, row_id};
use super::refusal::{Refusal, refuse};
use super::state::{Org, Row, component_id, string, timestamp};
use super::time::parse;

impl Org {
    /// Creates a row by REST (S 4.4, 1.7) and returns its id.
    pub(crate) fn create_row(
        &mut self,
        object: &ObjectDef,
        values: &Row,
    ) -> Result<String, Refusal> {
        let known = object.fields(self);
        for field in values.keys() {
            if !known.iter().any(|(name, _)| name == field) {
                return Err(refuse(
                    "INVALID_FIELD",
                    format!("No such column '{field}' on sobject of type {}", object.name),
                ));
            }
        }
        match object.name {
            "PermissionSetAssignment" => self.assign_set(values),
            "PermissionSetLicenseAssign" => self.assign_licence(values),
            _ => self.grant_app(values),
        }
    }

    fn assign_set(&mut self, values: &Row) -> Result<String, Refusal> {
        let user = self.required_user(values)?;
        let set =
            self.reference(values, "PermissionSetId", "Permission Set ID", &["0PS"], |id| {
                self.component_by_id("PermissionSet", id)
            })?;
        let label = "Permission Set Group ID";
        let group = self.reference(values, "PermissionSetGroupId", label, &["0PG"], |id| {
            self.component_by_id("PermissionSetGroup", id)
        })?;
        let (field, name) = match (set, group) {
            (Some(set), None) => ("PermissionSet", set),
            (None, Some(group)) => ("PermissionSetGroup", group),
            _ => return Err(missing("PermissionSetId")),
        };
        let group = self.component(field, &name).filter(|_| field == "PermissionSetGroup");
        match group {
            Some(group) => {
                group.texts("permissionSets").try_for_each(|set| self.check_licence(&user, set))?;
            }
            None => self.check_licence(&user, &name)?,
        }
        let taken = self
            .records
            .get("PermissionSetAssignment")
            .into_iter()
            .flatten()
            .any(|row| string(row, "AssigneeId") == user && string(row, field) == name);
        if taken {
            return Err(duplicate("PermissionSetId"));
        }
        let mut row = Row::new();
        row.insert("AssigneeId".to_owned(), user.into());
        row.insert("PermissionSet".to_owned(), Value::Null);
        row.insert("PermissionSetGroup".to_owned(), Value::Null);
        row.insert(field.to_owned(), name.into());
        row.insert("ExpirationDate".to_owned(), expiration(values)?);
        row.insert("IsActive".to_owned(), true.into());
        Ok(self.store_row("PermissionSetAssignment", "0Pa", row))
    }

    fn assign_licence(&mut self, values: &Row) -> Result<String, Refusal> {
        let user = self.required_user(values)?;
        let licences = self.permission_set_licences();
        let field = "PermissionSetLicenseId";
        let by_id = |id: &str| {
            let is_it = |row: &&Value| row["Id"].as_str().is_some_and(|known| same_id(known, id));
            licences.iter().find(is_it)
        };
        let licence = self
            .reference(values, field, "Permission Set License ID", &["0PL"], by_id)?
            .ok_or_else(|| missing(field))?;
        let taken =
            self.records.get("PermissionSetLicenseAssign").into_iter().flatten().any(|row| {
                string(row, "AssigneeId") == user
                    && row.get("PermissionSetLicenseId") == Some(&licence["Id"])
            });
        if taken {
            return Err(duplicate("PermissionSetLicenseId"));
        }
        if licence["UsedLicenses"].as_u64() >= licence["TotalLicenses"].as_u64() {
            return Err(refuse(
                "LICENSE_LIMIT_EXCEEDED",
                "You cannot assign this permission set license because all of its seats are in use",
            ));
        }
        let mut row = Row::new();
        row.insert("AssigneeId".to_owned(), user.into());
        row.insert("PermissionSetLicenseId".to_owned(), licence["Id"].clone());
        Ok(self.store_row("PermissionSetLicenseAssign", "2LA", row))
    }

    fn grant_app(&mut self, values: &Row) -> Result<String, Refusal> {
        let carriers = self.carriers();
        // Groups carry what their sets do, and no app names one.
        let (parent, carrier) = self
            .reference(values, "ParentId", "Permission Set ID", &["0PS"], |parent| {
                let ids = carriers.into_iter().map(|(id, _)| id);
                let id = ids.into_iter().find(|id| same_id(id, parent))?;
                self.carrier(&id).map(|carrier| (id, carrier))
            })?
            .ok_or_else(|| missing("ParentId"))?;
        let prefixes = ["0H4", "0xI"];
        let app_by_id = |entity: &str| {
            ["ConnectedApplication", "ExternalClientApplication"].iter().find_map(|object| {
                let definition = find(object, false).expect("the table has the apps");
                let rows = self.rows(definition);
                let row = rows.iter().find(|row| same_id(string(row, "Id"), entity))?;
                Some((*object, string(row, "Id").to_owned()))
            })
        };
        let (kind, entity) = self
            .reference(values, "SetupEntityId", "Setup Entity ID", &prefixes, app_by_id)?
            .ok_or_else(|| missing("SetupEntityId"))?;
        let definition = find("SetupEntityAccess", false).expect("the table has the access rows");
        let taken = self
            .rows(definition)
            .iter()
            .any(|row| string(row, "ParentId") == parent && string(row, "SetupEntityId") == entity);
        if taken {
            return Err(duplicate("SetupEntityId"));
        }
        match self.pre_authorise(&carrier, &entity) {
            Named::Yes => return Ok(row_id(&parent, &entity)),
            Named::NeedsNone => {
                return Err(refuse(
                    "FIELD_INTEGRITY_EXCEPTION",
                    "all users may authorize this app themselves: set isAdminApproved first",
                ));
            }
            // Of an app of another org there is the row alone.
            Named::NotOwn => {}
        }
        let mut row = Row::new();
        row.insert("ParentId".to_owned(), parent.into());
        row.insert("SetupEntityId".to_owned(), entity.into());
        row.insert("SetupEntityType".to_owned(), kind.into());
        Ok(self.store_row("SetupEntityAccess", "0J0", row))
    }

    /// Returns a row that can be made and deleted.
    pub(crate) fn stored_row(&self, object: &str, id: &str) -> Option<Row> {
        let is_it = |row: &Row| same_id(string(row, "Id"), id);
        let stored = self.records.get(object).into_iter().flatten().find(|row| is_it(row));
        stored.cloned().or_else(|| self.rows(find(object, false)?).into_iter().find(is_it))
    }

    /// Deletes a stored row by REST.
    pub(crate) fn delete_row(&mut self, object: &ObjectDef, id: &str) -> Result<(), Refusal> {
        if object.name == "SetupEntityAccess"
            && let Some(row) = self.stored_row(object.name, id)
            && self.take_back(string(&row, "ParentId"), string(&row, "SetupEntityId"))
        {
            return Ok(());
        }
        let rows = self.records.entry(object.name.to_owned()).or_default();
        let before = rows.len();
        rows.retain(|row| !same_id(string(row, "Id"), id));
        if rows.len() < before {
            Ok(())
        } else {
            Err(refuse("ENTITY_IS_DELETED", "entity is deleted"))
        }
    }

    /// Writes on a stored row who made it, and when, as far as rows of its object say so (S 4.4).
    pub(crate) fn stamp_row(&mut self, object: &str, id: &str, user: &str, now: u64) {
        let rows = self.records.get_mut(object).into_iter().flatten();
        let Some(row) = rows.into_iter().find(|row| same_id(string(row, "Id"), id)) else { return };
        let time = Value::from(timestamp(now, "+0000"));
        if matches!(object, "PermissionSetAssignment" | "PermissionSetLicenseAssign") {
            row.insert("SystemModstamp".to_owned(), time.clone());
        }
        if object == "PermissionSetLicenseAssign" {
            for (by, at) in
                [("CreatedById", "CreatedDate"), ("LastModifiedById", "LastModifiedDate")]
            {
                row.insert(by.to_owned(), user.into());
                row.insert(at.to_owned(), time.clone());
            }
        }
    }

    fn store_row(&mut self, object: &str, prefix: &str, mut row: Row) -> String {
        let id = self.new_row_id(prefix);
        row.insert("Id".to_owned(), id.clone().into());
        self.records.entry(object.to_owned()).or_default().push(row);
        id
    }

    /// What a field refers to, as `found` finds it; `None` where the field is empty.
    fn reference<T>(
        &self,
        values: &Row,
        field: &str,
        label: &str,
        prefixes: &[&str],
        found: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let id = string(values, field);
        if id.is_empty() {
            return Ok(None);
        }
        reference(label, id, prefixes)?;
        found(id).map(Some).ok_or_else(unknown)
    }

    fn required_user(&self, values: &Row) -> Result<String, Refusal> {
        let by_id = |id: &str| self.user(id).map(|row| string(row, "Id").to_owned());
        self.reference(values, "AssigneeId", "Assignee ID", &["005"], by_id)?
            .ok_or_else(|| missing("AssigneeId"))
    }

    fn component_by_id(&self, type_name: &str, id: &str) -> Option<String> {
        self.components
            .keys()
            .find(|(name, full_name)| {
                name == type_name && same_id(&component_id(name, full_name), id)
            })
            .map(|(_, full_name)| full_name.clone())
    }
}

/// When an assignment ends, as rows write it.
fn expiration(values: &Row) -> Result<Value, Refusal> {
    let text = string(values, "ExpirationDate");
    if text.is_empty() {
        return Ok(Value::Null);
    }
    parse(text).map(|time| timestamp(time, "+0000").into()).ok_or_else(|| {
        refuse("JSON_PARSER_ERROR", format!("Cannot deserialize instance of datetime from {text}"))
    })
}

fn missing(field: &str) -> Refusal {
    refuse("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{field}]"))
}

fn duplicate(field: &str) -> Refusal {
    refuse(
        "DUPLICATE_VALUE",
        format!("duplicate value found: {field} duplicates value on record with id: <unknown>"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_made_has_an_id_of_its_own() {
        let mut org = Org::seeded("x");
        let before = org.records["PermissionSetAssignment"].clone();
        let mut values = Row::new();
        let sam = string(org.user("sam.pereira@harbourlight.example.com").unwrap(), "Id");
        values.insert("AssigneeId".to_owned(), sam.into());
        let set = component_id("PermissionSet", "Report_Builder");
        values.insert("PermissionSetId".to_owned(), set.into());
        let object = find("PermissionSetAssignment", false).unwrap();
        let id = org.create_row(object, &values).unwrap();
        org.delete_row(object, &id).unwrap();
        assert_eq!(org.records["PermissionSetAssignment"], before, "others' rows stay");
    }

    #[test]
    fn who_is_pre_authorised_stands_in_the_apps_file() {
        let object = find("SetupEntityAccess", false).unwrap();
        for (app_type, app, file) in [
            ("ConnectedApp", "Warehouse_Loader", ("ConnectedApp", "Warehouse_Loader")),
            (
                "ExternalClientApplication",
                "Ampersand_ECA",
                ("ExtlClntAppOauthConfigurablePolicies", "Ampersand_ECA_oauthPlcy"),
            ),
        ] {
            let mut org = Org::seeded("x");
            let app = component_id(app_type, app);
            let rows = |org: &Org| {
                let all = org.rows(object).into_iter();
                all.filter(|row| string(row, "SetupEntityId") == app).collect::<Vec<_>>()
            };
            let content = |org: &Org| org.component(file.0, file.1).unwrap();
            let (first, before) = (rows(&org), content(&org));
            let mut values = Row::new();
            let set = component_id("PermissionSet", "Report_Builder");
            values.insert("ParentId".to_owned(), set.into());
            values.insert("SetupEntityId".to_owned(), app.clone().into());
            let id = org.create_row(object, &values).unwrap();
            assert_eq!(rows(&org).len(), first.len() + 1);
            assert!(content(&org).to_file().contains("Report"), "{}", content(&org).to_file());
            assert_eq!(org.create_row(object, &values).unwrap_err().code, "DUPLICATE_VALUE");
            assert!(org.stored_row("SetupEntityAccess", &id).is_some());
            org.delete_row(object, &id).unwrap();
            assert_eq!((rows(&org).len(), content(&org)), (first.len(), before));
            for row in first {
                org.delete_row(object, string(&row, "Id")).unwrap();
            }
            assert_eq!(rows(&org), []);
            assert_eq!(org.delete_row(object, &id).unwrap_err().code, "ENTITY_IS_DELETED");
        }
    }

    #[test]
    fn an_app_that_all_may_use_names_nobody_and_another_orgs_has_rows() {
        let object = find("SetupEntityAccess", false).unwrap();
        let mut org = Org::seeded("x");
        let set = component_id("PermissionSet", "Report_Builder");
        let mut pre_authorise = |app: &str| {
            let mut values = Row::new();
            values.insert("ParentId".to_owned(), set.clone().into());
            values.insert("SetupEntityId".to_owned(), app.into());
            org.create_row(object, &values).map_err(|refusal| refusal.code)
        };
        let own = component_id("ConnectedApp", "Ampersand");
        assert_eq!(pre_authorise(&own), Err("FIELD_INTEGRITY_EXCEPTION"));
        let id = pre_authorise("0H4Ws0000000001KAA").unwrap();
        org.delete_row(object, &id).unwrap();
        assert_eq!(org.delete_row(object, &id).unwrap_err().code, "ENTITY_IS_DELETED");
    }

    #[test]
    fn what_a_row_names_must_be_an_id_of_something_there() {
        let mut org = Org::seeded("x");
        let sam =
            string(org.user("sam.pereira@harbourlight.example.com").unwrap(), "Id").to_owned();
        let set = component_id("PermissionSet", "Report_Builder");
        let object = find("PermissionSetAssignment", false).unwrap();
        let mut assigned = |user: &str, set: &str| {
            let values = [("AssigneeId", user), ("PermissionSetId", set)];
            let values = values.into_iter().map(|(name, id)| (name.to_owned(), id.into()));
            org.create_row(object, &values.collect()).map_err(|refusal| refusal.code)
        };
        assert_eq!(assigned(&sam, "0PS000000000000"), Err("INVALID_CROSS_REFERENCE_KEY"));
        assert_eq!(assigned(&sam, "0PS000000000000AAA"), Err("MALFORMED_ID"));
        assert_eq!(assigned(&sam, &sam), Err("FIELD_INTEGRITY_EXCEPTION"));
        assert_eq!(assigned(&sam, "Report_Builder"), Err("MALFORMED_ID"));
        assert_eq!(assigned("sam.pereira@harbourlight.example.com", &set), Err("MALFORMED_ID"));
        assert_eq!(assigned("", &set), Err("REQUIRED_FIELD_MISSING"));
        assert!(assigned(&sam[..15], &set[..15]).is_ok());
    }

    #[test]
    fn an_assignments_end_is_written_as_rows_write_times() {
        let values = |text: &str| Row::from_iter([("ExpirationDate".to_owned(), text.into())]);
        assert_eq!(
            expiration(&values("2026-11-27T00:00:00Z")),
            Ok("2026-11-27T00:00:00.000+0000".into())
        );
        assert_eq!(expiration(&values("soon")).unwrap_err().code, "JSON_PARSER_ERROR");
    }
}
