//! For which names of an org those with a star stand: told by what shows all names to whoever may
//! ask at all.
//!
//! System permissions are those of the schema of `PermissionSet`. Custom fields are listed whoever
//! asks, and the object's file says which of them carry no permission. Standard fields are shown
//! by a describe alone, which leaves out what the caller may not see: only with View All Fields of
//! the object is it whole (S 3.1).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::Org;
use super::describe::{fields as described, permission_fields};
use super::error::OrgError;
use super::retrieve::RetrieveRequest;
use super::users::{Question, answer};
use crate::metadata::ComponentId;
use crate::metadata::document::Element;
use crate::metadata::fact::{Access, FactAnswer, ObjectFlag};
use crate::metadata::names::{Match, Names, Pattern};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;

/// Objects that have their custom fields of `Activity` (S 3.1 names them by the object).
const ACTIVITIES: &[&str] = &["Task", "Event"];

impl Org {
    /// Finds out for which names some with a star stand.
    ///
    /// # Errors
    /// The org cannot be asked; what it does not show is told by the names.
    pub(crate) async fn matches(&self, asked: &BTreeSet<Pattern>) -> Result<Names, OrgError> {
        let mut names = Names::default();
        for pattern in asked {
            let matches = match pattern {
                Pattern::Permissions(_) => self.permissions_like(pattern).await?,
                Pattern::Fields { object, fields, editable } => {
                    let object = self.spelt(object).await?;
                    self.fields_like(pattern, &object, fields, *editable).await?
                }
            };
            names.insert_matches(pattern.clone(), matches);
        }
        Ok(names)
    }

    /// An object's name as the org spells it: entries are told apart by their spelling (S 3.1).
    async fn spelt(&self, object: &str) -> Result<String, OrgError> {
        let listed = match self.list("CustomObject").await {
            Ok(listed) => listed,
            Err(error) if error.is_about_one_question() => return Ok(object.to_owned()),
            Err(error) => return Err(error),
        };
        let mut names = listed.into_iter().map(|one| one.id.full_name);
        let found = names.find(|name| name.eq_ignore_ascii_case(object));
        Ok(found.unwrap_or_else(|| object.to_owned()))
    }

    async fn permissions_like(
        &self,
        pattern: &Pattern,
    ) -> Result<Result<Vec<Match>, Unseen>, OrgError> {
        let all = permission_fields(self).await?.unwrap_or_default();
        let names: Vec<&str> =
            all.iter().filter_map(|one| one.strip_prefix("Permissions")).collect();
        // A schema without one permission shows none.
        if names.is_empty() {
            let why = "the org does not show this user which system permissions it has";
            return Ok(Err(Unseen::new(UnseenKind::NoRight, why)));
        }
        let meant = names.into_iter().filter(|name| pattern.matches(name));
        Ok(Ok(meant.map(|name| Match { name: name.to_owned(), unseen: None }).collect()))
    }

    async fn fields_like(
        &self,
        pattern: &Pattern,
        object: &str,
        fields: &str,
        editable: bool,
    ) -> Result<Result<Vec<Match>, Unseen>, OrgError> {
        let shown = match described(self, object).await {
            Ok(shown) => shown.unwrap_or_default(),
            Err(error) if error.is_about_one_question() => Vec::new(),
            Err(error) => return Err(error),
        };
        let found = |field: &str, unseen: Option<Unseen>| Match {
            name: format!("{object}.{field}"),
            unseen,
        };
        if self.sees_all_fields(object).await? && !shown.is_empty() {
            let meant = shown.iter().filter(|one| may_be_granted(one, editable));
            let names = meant.filter_map(|one| one["name"].as_str());
            return Ok(Ok(names
                .filter(|one| pattern.matches(one))
                .map(|one| found(one, None))
                .collect()));
        }
        if !fields.ends_with("__c") {
            let why = format!(
                "which fields of {object} there are is shown whole only with View All Fields of \
                 {object}, which the user whose login this is does not have; `{object}.*__c` stands \
                 for the custom ones, and those are listed for anybody"
            );
            return Ok(Err(Unseen::new(UnseenKind::NoRight, why)));
        }
        let custom = match self.custom_fields(object).await? {
            Ok(custom) => custom,
            Err(unseen) => return Ok(Err(unseen)),
        };
        let mut matches = Vec::new();
        for (field, standing) in custom.iter().filter(|(field, _)| pattern.matches(field)) {
            let by_describe = shown.iter().find(|one| one["name"].as_str() == Some(field));
            let standing = match (by_describe, standing) {
                (Some(one), _) => Some(may_be_granted(one, editable)),
                (None, Some(standing)) => Some(standing.may_be_granted(editable)),
                (None, None) => None,
            };
            match standing {
                Some(true) => matches.push(found(field, None)),
                Some(false) => {}
                None => {
                    let why = format!(
                        "neither the file of {object} nor a describe shows whether access to this \
                         field can be granted"
                    );
                    matches.push(found(field, Some(Unseen::not_readable(why))));
                }
            }
        }
        Ok(Ok(matches))
    }

    /// The custom fields of an object, with what its file says of each.
    async fn custom_fields(
        &self,
        object: &str,
    ) -> Result<Result<BTreeMap<String, Option<Standing>>, Unseen>, OrgError> {
        let shared = ACTIVITIES.contains(&object).then_some("Activity");
        let bearers: Vec<&str> = [object].into_iter().chain(shared).collect();
        let listed = match self.list("CustomField").await {
            Ok(listed) => listed,
            Err(error) if error.is_about_one_question() => {
                let why = format!("the org does not list its fields: {error}");
                return Ok(Err(Unseen::not_readable(why)));
            }
            Err(error) => return Err(error),
        };
        let of_it = listed.iter().filter_map(|one| one.id.full_name.split_once('.'));
        let bears = |of: &str| bearers.iter().any(|one| one.eq_ignore_ascii_case(of));
        let of_it = of_it.filter(|(of, field)| bears(of) && field.ends_with("__c"));
        let mut fields: BTreeMap<String, Option<Standing>> =
            of_it.map(|(_, field)| (field.to_owned(), None)).collect();
        let ids = bearers.iter().map(|one| ComponentId::new("CustomObject", *one));
        let request = RetrieveRequest { components: ids.collect(), ..Default::default() };
        let files = match self.retrieve_all(&request).await {
            Ok(retrieved) => retrieved.components,
            Err(error) if error.is_about_one_question() => return Ok(Ok(fields)),
            Err(error) => return Err(error),
        };
        let of_files = files.components.values();
        for field in of_files.flat_map(|one| one.document.root().children_named("fields")) {
            let name = field.child_text("fullName").unwrap_or_default();
            if name.ends_with("__c") {
                fields.insert(name.into_owned(), Some(Standing::of(field)));
            }
        }
        Ok(Ok(fields))
    }

    /// Says whether a describe shows every field of an object to the user whose login this is.
    async fn sees_all_fields(&self, object: &str) -> Result<bool, OrgError> {
        let Ok(user) = self.user().await else { return Ok(false) };
        let all = Access::Object(object.to_owned(), ObjectFlag::ViewAllFields);
        match answer(self, &[(Question::Access(&all), user.username.as_str())], None).await {
            Ok(told) => Ok(told
                .first()
                .is_some_and(|one| one.answer == FactAnswer::Known(Value::Bool(true)))),
            Err(error) if error.is_about_one_question() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// What a custom field's own element says of access to it.
struct Standing {
    /// Everybody has it: no permission is for it (S 3.5).
    is_everybodys: bool,
    /// Nobody writes it.
    is_computed: bool,
}

impl Standing {
    fn of(field: Element<'_>) -> Self {
        let kind = field.child_text("type").unwrap_or_default();
        let is_required = field.child_text("required").is_some_and(|text| text == "true");
        Self {
            is_everybodys: is_required || kind == "MasterDetail",
            is_computed: field.child("formula").is_some()
                || matches!(&*kind, "AutoNumber" | "Summary"),
        }
    }

    fn may_be_granted(&self, editable: bool) -> bool {
        !(self.is_everybodys || editable && self.is_computed)
    }
}

/// The same of a field as a describe shows it.
fn may_be_granted(field: &Json, editable: bool) -> bool {
    let is_on = |name: &str| field[name].as_bool() == Some(true);
    let is_computed = is_on("calculated") || is_on("autoNumber");
    field["permissionable"].as_bool() != Some(false) && !(editable && is_computed)
}
