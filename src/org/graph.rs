//! The org's own graph of permissions: which needs which (`PermissionDependency`, Tooling API, 46.0
//! and up; S 3.6).

use std::collections::BTreeSet;

use crate::metadata::permission::{Dependency, Permission};
use crate::org::Org;
use crate::org::error::OrgError;
use crate::org::http::{soql_list, soql_text};

/// A needed permission may need another; deeper than this no chain has been seen.
const ROUNDS: usize = 4;

impl Org {
    /// Asks what some permissions need, and what that needs in turn. Empty where the org does not
    /// show its graph.
    ///
    /// The table has some 9,000 rows, is served again and again by plain paging and heeds no
    /// `LIMIT` (S 3.6): so only the rows of these permissions are asked for, walked by id.
    ///
    /// # Errors
    /// The org cannot be asked at all; that it does not have or show the graph is no error.
    pub(crate) async fn permission_graph(
        &self,
        wanted: &[Permission],
    ) -> Result<Vec<Dependency>, OrgError> {
        let mut graph: Vec<Dependency> = Vec::new();
        let mut asked: BTreeSet<Permission> = BTreeSet::new();
        let mut pending: Vec<Permission> = wanted.to_vec();
        for _ in 0..ROUNDS {
            pending.retain(|permission| {
                !matches!(permission, Permission::Field(..)) && asked.insert(permission.clone())
            });
            if pending.is_empty() {
                break;
            }
            let rows = match self.rows_of(&pending).await {
                Ok(rows) => rows,
                // Not there, not shown, or another spelling of the object: the static table has to
                // do.
                Err(error) if error.is_about_one_question() => return Ok(graph),
                Err(error) => return Err(error),
            };
            let mut next = Vec::new();
            for row in rows.into_iter().filter(|row| asked.contains(&row.permission)) {
                next.push(row.requires.clone());
                if !graph.contains(&row) {
                    graph.push(row);
                }
            }
            pending = next;
        }
        Ok(graph)
    }

    async fn rows_of(&self, permissions: &[Permission]) -> Result<Vec<Dependency>, OrgError> {
        let mut users = BTreeSet::new();
        let mut objects = BTreeSet::new();
        for permission in permissions {
            match permission {
                Permission::User(name) => users.insert(name.as_str()),
                Permission::Object(object, _) => objects.insert(object.as_str()),
                Permission::Field(..) => false,
            };
        }
        // How an object and its verb are joined is not documented, so that only the beginning can
        // be asked for.
        let mut any: Vec<String> = objects
            .iter()
            .map(|object| format!("Permission LIKE {}", soql_text(&format!("{object}%"))))
            .collect();
        if !users.is_empty() {
            any.push(format!("Permission IN {}", soql_list(users.iter().copied())));
        }
        let mut found = Vec::new();
        let mut last = String::new();
        loop {
            let after = if last.is_empty() {
                String::new()
            } else {
                format!(" AND Id > {}", soql_text(&last))
            };
            let rows = self
                .wire
                .tooling_query(&format!(
                    "SELECT Id, Permission, PermissionType, RequiredPermission, \
                     RequiredPermissionType FROM PermissionDependency WHERE ({}){after} ORDER BY \
                     Id ASC",
                    any.join(" OR ")
                ))
                .await?;
            let newest = rows
                .iter()
                .filter_map(|row| row["Id"].as_str())
                .max()
                .unwrap_or_default()
                .to_owned();
            for row in &rows {
                let side = |name: &str, kind: &str| {
                    Permission::of_graph(
                        row[name].as_str()?,
                        row[kind].as_str().unwrap_or_default(),
                    )
                };
                let (Some(permission), Some(requires)) = (
                    side("Permission", "PermissionType"),
                    side("RequiredPermission", "RequiredPermissionType"),
                ) else {
                    continue;
                };
                found.push(Dependency { permission, requires });
            }
            if newest <= last || rows.len() < 2000 {
                return Ok(found);
            }
            last = newest;
        }
    }
}
