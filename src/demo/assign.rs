//! Rows that REST creates and deletes: assignments of permission sets and licences, and
//! pre-authorised apps (S 4.4, 1.7).

use serde_json::Value;

use super::objects::{ObjectDef, find};
use super::preauth::{Named, row_id};
use super::refusal::{Refusal, refuse};
use super::state::{Org, Row, component_id, same_id, string};

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
        let set = self.component_by_id("PermissionSet", string(values, "PermissionSetId"));
        let group =
            self.component_by_id("PermissionSetGroup", string(values, "PermissionSetGroupId"));
        let (field, name) = match (set, group) {
            (Some(set), None) => ("PermissionSet", set),
            (None, Some(group)) => ("PermissionSetGroup", group),
            _ => return Err(missing("PermissionSetId")),
        };
        if field == "PermissionSet" {
            self.check_licence(&user, &name)?;
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
        row.insert(
            "ExpirationDate".to_owned(),
            values.get("ExpirationDate").cloned().unwrap_or(Value::Null),
        );
        row.insert("IsActive".to_owned(), true.into());
        Ok(self.store_row("PermissionSetAssignment", "0Pa", row))
    }

    /// A set with a permission set licence can be assigned only to a user who has that licence (S
    /// 4.3).
    fn check_licence(&self, user: &str, set: &str) -> Result<(), Refusal> {
        let Some(node) = self.component("PermissionSet", set) else {
            return Ok(());
        };
        let Some(licence) = node.get("license").map(|name| self.licence_id(name)) else {
            return Ok(());
        };
        let held =
            self.records.get("PermissionSetLicenseAssign").into_iter().flatten().any(|row| {
                string(row, "AssigneeId") == user
                    && row.get("PermissionSetLicenseId") == Some(&licence)
            });
        let is_user_licence = licence.as_str().is_some_and(|id| id.starts_with("100"));
        if held || is_user_licence {
            return Ok(());
        }
        let wanted = node
            .all("objectPermissions")
            .next()
            .and_then(|entry| entry.get("object"))
            .and_then(|object| self.catalog.objects.get(object))
            .map_or_else(|| "API Enabled".to_owned(), |object| format!("Read {}", object.plural));
        let user = self.user(user).map(|row| string(row, "Name")).unwrap_or_default();
        Err(refuse(
            "FIELD_INTEGRITY_EXCEPTION",
            format!(
                "Can't assign permission set \"{}\" to user \"{user}\". The user license doesn't \
                 allow the permission: {wanted}",
                node.get("label").unwrap_or(set)
            ),
        ))
    }

    fn assign_licence(&mut self, values: &Row) -> Result<String, Refusal> {
        let user = self.required_user(values)?;
        let id = string(values, "PermissionSetLicenseId");
        let licences = self.permission_set_licences(
            self.records.get("PermissionSetLicense").cloned().unwrap_or_default(),
        );
        let licence = licences
            .iter()
            .find(|row| row["Id"].as_str().is_some_and(|known| same_id(known, id)))
            .ok_or_else(|| missing("PermissionSetLicenseId"))?;
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
        let parent = string(values, "ParentId");
        let ids = self.carriers().into_iter().map(|(id, _)| id);
        let parent = ids.into_iter().find(|id| same_id(id, parent));
        // Groups carry what their sets do, and no app names one.
        let (parent, carrier) = parent
            .and_then(|id| self.carrier(&id).map(|carrier| (id, carrier)))
            .ok_or_else(|| missing("ParentId"))?;
        let entity = string(values, "SetupEntityId");
        let mut kind = None;
        for (object, name) in [
            ("ConnectedApplication", "ConnectedApplication"),
            ("ExternalClientApplication", "ExternalClientApplication"),
        ] {
            let definition = find(object, false).expect("the table has the apps");
            if let Some(row) =
                self.rows(definition).iter().find(|row| same_id(string(row, "Id"), entity))
            {
                kind = Some((name, string(row, "Id").to_owned()));
            }
        }
        let (kind, entity) = kind.ok_or_else(|| missing("SetupEntityId"))?;
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

    fn store_row(&mut self, object: &str, prefix: &str, mut row: Row) -> String {
        let id = self.new_row_id(prefix);
        row.insert("Id".to_owned(), id.clone().into());
        self.records.entry(object.to_owned()).or_default().push(row);
        id
    }

    fn required_user(&self, values: &Row) -> Result<String, Refusal> {
        self.user(string(values, "AssigneeId"))
            .map(|row| string(row, "Id").to_owned())
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
}
