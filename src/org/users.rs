//! Users: licence, profile, and what profile, permission sets and groups allow together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Org;
use super::describe::{everywhere, permission_fields};
use super::error::OrgError;
use super::http::soql_list;
use super::set_name::is_set_of;
use crate::metadata::fact::{Access, FactAnswer, FactValues, FieldFlag, ObjectFlag, UserFact};
use crate::metadata::lasting::org_time;
use crate::metadata::registry::ApiVersion;
use crate::metadata::registry::nearest::{nearest, perhaps};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;

/// The right without which an org hides what others may do.
const SETUP: &str = "View Setup and Configuration";
/// `PermissionSetAssignment.ExpirationDate` came with this version (S 4.4).
pub(super) const EXPIRATION: ApiVersion = ApiVersion(52);
/// `viewAllFields` came with this version (S 3.1).
const VIEW_ALL_FIELDS: ApiVersion = ApiVersion(63);
/// A list of ids this long keeps the query's address below 8 KB.
const IDS_AT_ONCE: usize = 200;

/// What is asked of a user.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'f> {
    /// A column of the user's row.
    Row(UserFact),
    /// What the user's assignments give.
    Access(&'f Access),
}

impl<'f> Question<'f> {
    fn access(self) -> Option<&'f Access> {
        match self {
            Self::Row(_) => None,
            Self::Access(access) => Some(access),
        }
    }
}

/// What one user is allowed: the rows of assignments, and the object and field permissions of their
/// sets.
#[derive(Default)]
struct Allowed {
    assignments: Vec<Json>,
    /// Assignments that have ended, and give nothing.
    ended: Vec<Json>,
    /// The sets of the groups; they only tell which of a group's sets grants what the group does.
    members: Vec<Json>,
    /// Why the sets of the groups are not known, where there are groups.
    unread: Option<String>,
    objects: Vec<Json>,
    fields: Vec<Json>,
}

/// An answer, and where the access comes from that it speaks of.
type Sourced = (FactAnswer, Option<String>);

/// What is told of one fact.
pub(super) struct Told {
    pub(super) answer: FactAnswer,
    /// Where the access comes from that it speaks of.
    pub(super) source: Option<String>,
}

impl From<Sourced> for Told {
    fn from((answer, source): Sourced) -> Self {
        Self { answer, source }
    }
}

/// Asks whether a user has View Setup and Configuration; where that is not known for sure, says why
/// `what` may be hidden from them, of which nothing is shown, as `sight` says. Whoever may not see
/// permissions lacks that right too.
pub(super) async fn view_setup(
    org: &Org,
    username: &str,
    what: &str,
    sight: &str,
) -> Result<Option<String>, OrgError> {
    let access = Access::Permission("ViewSetup".to_owned());
    let told = answer(org, &[(Question::Access(&access), username)], None).await?.pop();
    let why = match told.map(|told| told.answer) {
        Some(FactAnswer::Known(Value::Bool(true))) => return Ok(None),
        Some(FactAnswer::Known(_)) => {
            return Ok(Some(format!(
                "{username} lacks {SETUP}, without which the org hides {what}"
            )));
        }
        Some(FactAnswer::NotObserved(why)) => why.to_string(),
        None => format!("whether {username} has {SETUP} is not known"),
    };
    Ok(Some(format!("{sight}, and {why}")))
}

/// What is said of a user who may be there and not be shown.
pub(super) const OR_HIDDEN: &str = ", or it is not shown to this user";

/// Says whether the caller is known to be shown all users.
async fn sees_all(org: &Org) -> Result<bool, OrgError> {
    let Ok(caller) = org.user().await else { return Ok(false) };
    let access = Access::Permission("ViewAllUsers".to_owned());
    let told = answer(org, &[(Question::Access(&access), &caller.username)], None).await?.pop();
    Ok(told.is_some_and(|told| told.answer == FactAnswer::Known(Value::Bool(true))))
}

/// Settles whether users who were not shown are there: with View All Users the caller is shown all,
/// whatever is shared (S 1.7).
pub(super) async fn settle(org: &Org, facts: &mut FactValues) -> Result<(), OrgError> {
    let is_open = |unseen: &&mut Unseen| unseen.kind == UnseenKind::NobodyThere;
    if !facts.unseen_mut().any(|unseen| is_open(&unseen)) {
        return Ok(());
    }
    if sees_all(org).await? {
        for unseen in facts.unseen_mut().filter(is_open) {
            let words = unseen.words.replace(OR_HIDDEN, "");
            *unseen = Unseen::new(UnseenKind::NoSuchUser, words);
        }
    }
    Ok(())
}

/// Says whether an assignment has ended: whether the org keeps its row is UNVERIFIED, and it gives
/// nothing any more (why 1).
pub(super) fn is_over(row: &Json, now: Option<Timestamp>) -> bool {
    let end = row["ExpirationDate"].as_str().and_then(org_time);
    end.zip(now).is_some_and(|(end, now)| end <= now)
}

/// Some of the users that are shown, for the sake of the one that was meant; none where they cannot
/// be asked for. In a sandbox every user name has a suffix more.
async fn some_users(org: &Org) -> Result<Vec<String>, OrgError> {
    let soql = "SELECT Username FROM User WHERE IsActive = true LIMIT 2000";
    match org.wire.query(soql).await {
        Ok(rows) => {
            Ok(rows.iter().filter_map(|row| row["Username"].as_str().map(str::to_owned)).collect())
        }
        Err(error) if error.is_about_one_question() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// A user, as people know them.
#[derive(Clone, Debug)]
pub(crate) struct KnownUser {
    pub(crate) username: String,
    /// Name, profile and licence, as far as they are shown.
    pub(crate) about: Vec<String>,
}

impl Org {
    /// Lists the users who are active and are shown to the caller: the first of them, where there
    /// are very many. One query.
    ///
    /// # Errors
    /// The org does not answer it.
    pub(crate) async fn active_users(&self) -> Result<Vec<KnownUser>, OrgError> {
        let soql = "SELECT Username, Name, Profile.Name, Profile.UserLicense.Name FROM User WHERE \
                    IsActive = true ORDER BY Username LIMIT 2000";
        let rows = self.wire.query(soql).await?;
        let known = |row: &Json| {
            let profile = &row["Profile"];
            let about = [&row["Name"], &profile["Name"], &profile["UserLicense"]["Name"]];
            let about = about.into_iter().filter_map(Json::as_str).map(str::to_owned).collect();
            Some(KnownUser { username: row["Username"].as_str()?.to_owned(), about })
        };
        Ok(rows.iter().filter_map(known).collect())
    }
}

/// Users as they were asked for by name.
#[derive(Debug)]
pub(super) struct Users {
    names: BTreeSet<String>,
    rows: Vec<Json>,
    /// Why the org shows none, where it shows none to this caller.
    hidden: Option<String>,
    /// Others, where one of those is not there.
    near: Vec<String>,
}

/// Reads the rows of users: one query, and where one of them is not there another.
pub(super) async fn read(org: &Org, names: &BTreeSet<&str>) -> Result<Users, OrgError> {
    let soql = format!(
        "SELECT Id, Username, IsActive, Profile.Name, Profile.UserLicense.Name FROM User WHERE \
         Username IN {}",
        soql_list(names.iter().copied())
    );
    let mut users = Users {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        rows: Vec::new(),
        hidden: None,
        near: Vec::new(),
    };
    match org.wire.query(&soql).await {
        Ok(rows) => users.rows = rows,
        Err(error) if error.is_about_rights() => {
            users.hidden = Some(format!("users are seen only with {SETUP} ({error})"));
            return Ok(users);
        }
        Err(error) => return Err(error),
    }
    if names.iter().any(|name| users.row(name).is_none()) {
        users.near = some_users(org).await?;
    }
    Ok(users)
}

impl Users {
    fn row(&self, name: &str) -> Option<&Json> {
        let is_it = |row: &&Json| {
            row["Username"].as_str().is_some_and(|username| username.eq_ignore_ascii_case(name))
        };
        self.rows.iter().find(is_it)
    }

    /// What is said of a user who is not there.
    fn not_there(&self, name: &str) -> String {
        let meant = perhaps(nearest(name, self.near.iter().map(String::as_str)));
        format!("there is no user `{name}` in this org{OR_HIDDEN}{meant}")
    }

    /// What is said of each who is not there.
    pub(super) async fn unknown(&self, org: &Org) -> Result<Vec<(String, String)>, OrgError> {
        let is_unknown = |name: &&String| self.hidden.is_none() && self.row(name).is_none();
        let unknown: Vec<&String> = self.names.iter().filter(is_unknown).collect();
        let are_gone = !unknown.is_empty() && sees_all(org).await?;
        let told = |name: &String| match self.not_there(name) {
            words if are_gone => words.replace(OR_HIDDEN, ""),
            words => words,
        };
        Ok(unknown.into_iter().map(|name| (name.clone(), told(name))).collect())
    }
}

/// Answers questions of users, each by user name, in the order asked; with what is known of all of
/// them already.
pub(super) async fn answer(
    org: &Org,
    asked: &[(Question<'_>, &str)],
    known: Option<&Users>,
) -> Result<Vec<Told>, OrgError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let hidden = |reason: &str| Told::from(not_observed(UnseenKind::NoRight, reason));
    let names: BTreeSet<&str> = asked.iter().map(|(_, user)| *user).collect();
    let read_now;
    let users = match known.filter(|known| names.iter().all(|name| known.names.contains(*name))) {
        Some(known) => known,
        None => {
            read_now = read(org, &names).await?;
            &read_now
        }
    };
    if let Some(reason) = &users.hidden {
        return Ok(asked.iter().map(|_| hidden(reason)).collect());
    }
    let permissions = Permissions::of(org, asked).await?;
    let allowed = match permissions.read(org, asked, &users.rows).await {
        Ok(allowed) => Ok(allowed),
        Err(error) if error.is_about_rights() => {
            Err(format!("permissions of other users are seen only with {SETUP} ({error})"))
        }
        Err(error) => return Err(error),
    };
    Ok(asked
        .iter()
        .map(|(question, name)| {
            let Some(user) = users.row(name) else {
                let words = users.not_there(name);
                return Told::from(not_observed(UnseenKind::NobodyThere, &words));
            };
            let shown = |value: &Json| match value {
                Json::String(text) => Told::from((FactAnswer::Known(text.as_str().into()), None)),
                Json::Bool(flag) => Told::from((FactAnswer::Known((*flag).into()), None)),
                _ => hidden(&format!("the org does not show it without {SETUP}")),
            };
            let access = match question {
                Question::Row(UserFact::License) => {
                    return shown(&user["Profile"]["UserLicense"]["Name"]);
                }
                Question::Row(UserFact::Profile) => return shown(&user["Profile"]["Name"]),
                Question::Row(UserFact::IsActive) => return shown(&user["IsActive"]),
                Question::Access(access) => access,
            };
            let allowed = match &allowed {
                Err(reason) => return hidden(reason),
                Ok(allowed) => allowed.get(user["Id"].as_str().unwrap_or_default()),
            };
            match allowed {
                // Everyone has the set that their profile owns: no row at all means that rows are
                // hidden.
                None => hidden(&format!(
                    "the permissions of `{name}` are not shown to this user; that needs {SETUP}"
                )),
                Some(allowed) => permissions.evaluate(org, access, allowed).into(),
            }
        })
        .collect())
}

/// The fields of `PermissionSet` that stand for the permissions asked for.
struct Permissions {
    /// The field by the name asked for; `None` where this org has no such permission, no entry
    /// where its schema is not shown.
    fields: BTreeMap<String, Option<String>>,
}

impl Permissions {
    async fn of(org: &Org, asked: &[(Question<'_>, &str)]) -> Result<Self, OrgError> {
        let names: BTreeSet<&str> = asked
            .iter()
            .filter_map(|(question, _)| match question.access()? {
                Access::Permission(name) => Some(name.as_str()),
                Access::Object(..) | Access::PermissionSet(_) | Access::Field(..) => None,
            })
            .collect();
        let mut described: Option<Option<Vec<String>>> = None;
        let mut fields = BTreeMap::new();
        for name in names {
            if let Some(known) = everywhere(name) {
                fields.insert(name.to_owned(), Some(format!("Permissions{known}")));
                continue;
            }
            let described = match &described {
                Some(described) => described,
                None => described.insert(permission_fields(org).await?),
            };
            let wanted = format!("Permissions{name}");
            if let Some(all) = described {
                let field = all.iter().find(|field| field.eq_ignore_ascii_case(&wanted));
                fields.insert(name.to_owned(), field.cloned());
            }
        }
        Ok(Self { fields })
    }

    /// Reads the assignments (one query) and, where objects or fields are asked for, their
    /// permissions (one more each), by user id.
    ///
    /// An assignment of a group points to the set that the group's sets and mutings add up to, so
    /// its row counts like any other.
    async fn read(
        &self,
        org: &Org,
        asked: &[(Question<'_>, &str)],
        users: &[Json],
    ) -> Result<BTreeMap<String, Allowed>, OrgError> {
        let (mut objects, mut of_fields) = (BTreeSet::new(), BTreeSet::new());
        let mut asks_for_sets = false;
        for access in asked.iter().filter_map(|(question, _)| question.access()) {
            match access {
                // In `self.fields`.
                Access::Permission(_) => {}
                Access::Object(object, _) => {
                    objects.insert(object.as_str());
                }
                Access::PermissionSet(_) => asks_for_sets = true,
                Access::Field(field, _) => {
                    of_fields.insert(field.as_str());
                    // View All Fields is a permission of the field's object.
                    objects.extend(field.split('.').next());
                }
            }
        }
        let mut allowed: BTreeMap<String, Allowed> = BTreeMap::new();
        if (self.fields.is_empty() && objects.is_empty() && !asks_for_sets) || users.is_empty() {
            return Ok(allowed);
        }
        let mut fields: BTreeSet<&str> =
            self.fields.values().flatten().map(String::as_str).collect();
        if !objects.is_empty() {
            fields.extend(["PermissionsViewAllData", "PermissionsModifyAllData"]);
        }
        let mut selected: String =
            fields.iter().map(|field| format!(", PermissionSet.{field}")).collect();
        if asks_for_sets {
            selected.push_str(", PermissionSet.Name, PermissionSet.NamespacePrefix");
        }
        let end = if org.api_version() >= EXPIRATION { ", ExpirationDate" } else { "" };
        let of = |names: &str, end: &str| {
            format!(
                "SELECT AssigneeId, PermissionSetId{end}{names}{selected} FROM \
                 PermissionSetAssignment WHERE AssigneeId IN {}",
                soql_list(users.iter().filter_map(|user| user["Id"].as_str()))
            )
        };
        // The names only say where access comes from: an org that lacks one of these fields is
        // asked without.
        let is_unknown = |error: &OrgError| error.code.as_deref() == Some("INVALID_FIELD");
        let mut rows = org.wire.query(&of(NAMES, end)).await;
        if rows.as_ref().is_err_and(is_unknown) {
            rows = org.wire.query(&of("", end)).await;
        }
        if rows.as_ref().is_err_and(is_unknown) && !asks_for_sets {
            rows = org.wire.query(&of("", "")).await;
        }
        let rows = rows?;
        let mut sets = BTreeSet::new();
        for row in rows {
            let Some(user) = row["AssigneeId"].as_str() else { continue };
            let user = allowed.entry(user.to_owned()).or_default();
            if is_over(&row, org.now()) {
                user.ended.push(row);
                continue;
            }
            sets.extend(row["PermissionSetId"].as_str().map(str::to_owned));
            user.assignments.push(row);
        }
        let groups: BTreeSet<&str> = allowed
            .values()
            .flat_map(|user| &user.assignments)
            .filter_map(|row| row["PermissionSetGroupId"].as_str())
            .collect();
        let (members, unread) = match groups.is_empty() {
            true => (Vec::new(), None),
            false => members(org, &groups, &selected).await?,
        };
        sets.extend(
            members.iter().filter_map(|row| row["PermissionSetId"].as_str().map(str::to_owned)),
        );
        for user in allowed.values_mut() {
            let is_theirs = |row: &&Json| {
                user.assignments
                    .iter()
                    .any(|one| one["PermissionSetGroupId"] == row["PermissionSetGroupId"])
            };
            user.members = members.iter().filter(is_theirs).cloned().collect();
            let has_group =
                user.assignments.iter().any(|one| !one["PermissionSetGroupId"].is_null());
            user.unread = unread.clone().filter(|_| has_group);
        }
        if objects.is_empty() || sets.is_empty() {
            return Ok(allowed);
        }
        let mut rows = Vec::new();
        let mut field_rows = Vec::new();
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        for some in sets.chunks(IDS_AT_ONCE) {
            let last = if org.api_version() >= VIEW_ALL_FIELDS {
                ", PermissionsViewAllFields"
            } else {
                ""
            };
            let soql = format!(
                "SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, \
                 PermissionsEdit, PermissionsDelete, PermissionsViewAllRecords, \
                 PermissionsModifyAllRecords{last} FROM ObjectPermissions WHERE ParentId IN {} AND \
                 SobjectType IN {}",
                soql_list(some.iter().copied()),
                soql_list(objects.iter().copied())
            );
            rows.extend(org.wire.query(&soql).await?);
            if !of_fields.is_empty() {
                let soql = format!(
                    "SELECT ParentId, Field, PermissionsRead, PermissionsEdit FROM \
                     FieldPermissions WHERE ParentId IN {} AND Field IN {}",
                    soql_list(some.iter().copied()),
                    soql_list(of_fields.iter().copied())
                );
                field_rows.extend(org.wire.query(&soql).await?);
            }
        }
        for user in allowed.values_mut() {
            let all = || user.assignments.iter().chain(&user.members);
            let has = |row: &&Json| all().any(|one| one["PermissionSetId"] == row["ParentId"]);
            user.objects = rows.iter().filter(has).cloned().collect();
            user.fields = field_rows.iter().filter(has).cloned().collect();
        }
        Ok(allowed)
    }

    fn evaluate(&self, org: &Org, access: &Access, allowed: &Allowed) -> Sourced {
        match access {
            Access::Permission(name) => match self.fields.get(name) {
                Some(Some(field)) => known(allowed.system(field)),
                Some(None) => not_readable(&format!(
                    "the org's schema does not show the system permission `{name}`"
                )),
                None => not_readable("the org does not show which system permissions it has"),
            },
            Access::PermissionSet(name) => allowed.assigned(name, org.own_namespace()),
            Access::Object(object, flag) => {
                if *flag == ObjectFlag::ViewAllFields && org.api_version() < VIEW_ALL_FIELDS {
                    let why = format!(
                        "it came with API {VIEW_ALL_FIELDS}, and this org speaks {}",
                        org.api_version()
                    );
                    return not_observed(UnseenKind::Version, &why);
                }
                known(allowed.object(object, *flag))
            }
            Access::Field(field, flag) => known(allowed.field(field, *flag)),
        }
    }
}

fn known(source: Option<String>) -> Sourced {
    (FactAnswer::Known(source.is_some().into()), source)
}

fn not_readable(reason: &str) -> Sourced {
    not_observed(UnseenKind::NotReadable, reason)
}

fn not_observed(kind: UnseenKind, reason: &str) -> Sourced {
    (FactAnswer::NotObserved(Unseen::new(kind, reason)), None)
}

/// The column that stands for a flag: `PermissionsViewAllRecords` for `viewAllRecords`.
fn column(flag: &str) -> String {
    let mut letters = flag.chars();
    let first = letters.next().map(|one| one.to_ascii_uppercase());
    format!("Permissions{}{}", String::from_iter(first), letters.as_str())
}

/// What names an assignment's set and group (S 1.7, 4.4).
const NAMES: &str = ", PermissionSetGroupId, PermissionSetGroup.MasterLabel, PermissionSet.Label, \
                     PermissionSet.IsOwnedByProfile, PermissionSet.Profile.Name";

/// Reads the sets of groups; where the org does not show them, a group is named alone, and why is
/// said.
async fn members(
    org: &Org,
    groups: &BTreeSet<&str>,
    selected: &str,
) -> Result<(Vec<Json>, Option<String>), OrgError> {
    let soql = format!(
        "SELECT PermissionSetGroupId, PermissionSetId, PermissionSet.Label{selected} FROM \
         PermissionSetGroupComponent WHERE PermissionSetGroupId IN {}",
        soql_list(groups.iter().copied())
    );
    match org.wire.query(&soql).await {
        Err(error) if error.is_about_one_question() => Ok((
            Vec::new(),
            Some(format!("the sets of permission set groups are seen only with {SETUP} ({error})")),
        )),
        rows => Ok((rows?, None)),
    }
}

impl Allowed {
    /// Says from which set a system permission comes, by its field.
    fn system(&self, field: &str) -> Option<String> {
        self.source(&|row| row["PermissionSet"][field].as_bool() == Some(true))
    }

    /// Says from which set an object's flag comes, or from which permission above all objects.
    fn object(&self, object: &str, flag: ObjectFlag) -> Option<String> {
        let by_object = self.granted(&self.objects, "SobjectType", object, &column(flag.as_str()));
        // View All Data and Modify All Data stand above the objects (S 3.4); neither reaches the
        // fields.
        let by_seeing = || {
            self.system("PermissionsViewAllData")
                .map(|source| format!("View All Data of the {source}"))
        };
        let by_all = || {
            self.system("PermissionsModifyAllData")
                .map(|source| format!("Modify All Data of the {source}"))
        };
        by_object.or_else(|| match flag {
            ObjectFlag::Read | ObjectFlag::ViewAllRecords => by_seeing().or_else(by_all),
            ObjectFlag::Create
            | ObjectFlag::Edit
            | ObjectFlag::Delete
            | ObjectFlag::ModifyAllRecords => by_all(),
            ObjectFlag::ViewAllFields => None,
        })
    }

    /// Says from which set a field's flag comes; seeing it may come with all fields of the object.
    fn field(&self, field: &str, flag: FieldFlag) -> Option<String> {
        let by_field = self.granted(&self.fields, "Field", field, &column(flag.as_str()));
        by_field.or_else(|| match flag {
            FieldFlag::Read => {
                let object = field.split('.').next().unwrap_or_default();
                let all = column(ObjectFlag::ViewAllFields.as_str());
                self.granted(&self.objects, "SobjectType", object, &all)
                    .map(|source| format!("View All Fields of the {source}"))
            }
            FieldFlag::Edit => None,
        })
    }

    /// Says from which set it comes that one of these rows, of the one called `key`, has a column
    /// on.
    fn granted(&self, rows: &[Json], name: &str, key: &str, column: &str) -> Option<String> {
        self.source(&|set| {
            rows.iter().any(|row| {
                row["ParentId"] == set["PermissionSetId"]
                    && row[column].as_bool() == Some(true)
                    && row[name].as_str().is_some_and(|name| name.eq_ignore_ascii_case(key))
            })
        })
    }

    /// Says whether a set is assigned for good, by itself or in a group; where it ends one day,
    /// when.
    fn assigned(&self, name: &str, own_namespace: Option<&str>) -> Sourced {
        let is_it = |row: &Json| is_set_of(&row["PermissionSet"], name, own_namespace);
        let mut end = None;
        for row in &self.assignments {
            let of_group = |one: &&Json| {
                !row["PermissionSetGroupId"].is_null()
                    && one["PermissionSetGroupId"] == row["PermissionSetGroupId"]
            };
            let in_group = self.members.iter().filter(of_group).any(is_it);
            // The set to which a group adds up bears the group's name, and is no set of its own.
            let is_own = row["PermissionSetGroupId"].is_null() && is_it(row);
            if !is_own && !in_group {
                continue;
            }
            match row["ExpirationDate"].as_str() {
                None => {
                    return (
                        FactAnswer::Known(true.into()),
                        in_group.then(|| "permission set group that holds it".to_owned()),
                    );
                }
                Some(date) => end = Some(format!("assignment that ends on {date}")),
            }
        }
        let is_own = |row: &&Json| row["PermissionSetGroupId"].is_null() && is_it(row);
        let over = self.ended.iter().find(is_own).filter(|_| end.is_none());
        let end = end.or_else(|| {
            Some(format!("assignment that ended on {}", over?["ExpirationDate"].as_str()?))
        });
        // It may be in one of the groups.
        if let Some(why) = &self.unread {
            return not_observed(UnseenKind::NoRight, why);
        }
        (FactAnswer::Known(false.into()), end)
    }

    /// Says from which of the user's sets a permission comes, or none: `profile Sales`, `permission
    /// set Sync, through group Integrations`.
    fn source(&self, grants: &dyn Fn(&Json) -> bool) -> Option<String> {
        let text = |value: &Json| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        self.assignments.iter().find_map(|row| {
            let member = || {
                self.members.iter().find(|one| {
                    one["PermissionSetGroupId"] == row["PermissionSetGroupId"] && grants(one)
                })
            };
            // A group's own set counts, muting and all; its members do only where the row names no
            // such set.
            if !(grants(row) || row["PermissionSetId"].is_null() && member().is_some()) {
                return None;
            }
            let set = &row["PermissionSet"];
            if set["IsOwnedByProfile"].as_bool() == Some(true) {
                return Some(
                    text(&set["Profile"]["Name"])
                        .map_or_else(|| "profile".to_owned(), |name| format!("profile {name}")),
                );
            }
            let group = text(&row["PermissionSetGroup"]["MasterLabel"]);
            Some(match (group, member().and_then(|one| text(&one["PermissionSet"]["Label"]))) {
                (Some(group), Some(name)) => {
                    format!("permission set {name}, through group {group}")
                }
                (Some(group), None) => format!("permission set group {group}"),
                (None, _) => text(&set["Label"]).map_or_else(
                    || "user's permission sets".to_owned(),
                    |name| format!("permission set {name}"),
                ),
            })
        })
    }
}
