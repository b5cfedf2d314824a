//! Who has a permission set, a group of them, or a profile.

use super::Org;
use super::error::OrgError;
use super::http::soql_text;
use super::set_name::is_set_of;
use crate::metadata::ComponentId;

impl Org {
    /// Finds the names of the users to whom a component is given; none have what is never given.
    ///
    /// # Errors
    /// The org cannot be asked, or does not show it.
    pub(crate) async fn holders(&self, id: &ComponentId) -> Result<Vec<String>, OrgError> {
        let name = id.full_name.as_str();
        // A packaged one has its namespace apart in a row (S 4.4).
        let own = name.split_once("__").map_or(name, |(_, own)| own);
        let assignments = "SELECT Id, Assignee.Username, PermissionSet.Name, \
                           PermissionSet.NamespacePrefix FROM PermissionSetAssignment WHERE";
        let soql = match id.type_name.as_str() {
            "PermissionSet" => format!("{assignments} PermissionSet.Name = {}", soql_text(own)),
            "PermissionSetGroup" => {
                format!("{assignments} PermissionSetGroup.DeveloperName = {}", soql_text(own))
            }
            "Profile" => {
                format!("SELECT Id, Username FROM User WHERE Profile.Name = {}", soql_text(name))
            }
            _ => return Ok(Vec::new()),
        };
        let mut rows = self.wire.query(&soql).await?;
        if id.type_name == "PermissionSet" {
            rows.retain(|row| is_set_of(&row["PermissionSet"], name, self.own_namespace()));
        }
        let name_of = |row: &serde_json::Value| {
            let user = if row["Username"].is_null() { &row["Assignee"] } else { row };
            user["Username"].as_str().unwrap_or_default().to_owned()
        };
        Ok(rows.iter().map(name_of).collect())
    }
}
