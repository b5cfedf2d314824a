//! What the caller may see, and what of the user, the app and the org is asked as a fact, in one
//! go.

use super::{Asked, Observed, Refused};
use crate::metadata::fact::{
    Access, Fact, FactAnswer, FactValues, FieldFlag, ObjectFlag, OrganizationFact,
};
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::org::{Org, OrgError};

/// The rights that show what is asked, in Setup's words (S 13.1).
pub(super) const VIEW_SETUP: &str = "View Setup and Configuration";
pub(super) const HISTORY: &str = "Monitor Login History (or Manage Users)";
pub(super) const MANAGE_USERS: &str = "Manage Users";
pub(super) const CUSTOMIZE: &str = "Customize Application";
pub(super) const METADATA: &str = "Modify Metadata Through Metadata API Functions";
pub(super) const LOG_FILES: &str = "View Event Log Files (or View All Data)";

/// What was asked as facts.
pub(super) struct Rights {
    pub(super) caller: Observed<String>,
    pub(super) caller_id: Option<String>,
    values: FactValues,
    pub(super) is_sandbox: Observed<bool>,
    pub(super) has_api: Observed<bool>,
    pub(super) has_api_enabled: Observed<bool>,
    pub(super) may_read: Option<(String, Observed<bool>)>,
    pub(super) is_installed: Observed<bool>,
    pub(super) is_let_in: Observed<bool>,
    pub(super) api_access_control: Observed<bool>,
    pub(super) uses_any_app: Observed<bool>,
}

fn permission(name: &str) -> Fact {
    Fact::Access(Access::Permission(name.to_owned()))
}

/// Whether a user is given to read an object, or a field `Object.Field`.
fn reading(name: &str) -> Fact {
    Fact::Access(match name.contains('.') {
        true => Access::Field(name.to_owned(), FieldFlag::Read),
        false => Access::Object(name.to_owned(), ObjectFlag::Read),
    })
}

/// The system permissions of the caller that decide what they are shown.
const OF_CALLER: [&str; 6] = [
    "CustomizeApplication",
    "ManageUsers",
    "MonitorLoginHistory",
    "ViewAllData",
    "ViewEventLogFiles",
    "ViewSetup",
];

impl Rights {
    pub(super) async fn read(org: &Org, asked: &Asked) -> Result<Self, OrgError> {
        let caller = match org.user().await {
            Ok(caller) => Some(caller),
            Err(error) if Refused::half_way(&error).is_some() => return Err(error),
            // Some sessions may not be asked whose they are.
            Err(_) => None,
        };
        let (user, app) = (Some(asked.user.clone()), Some(asked.app.clone()));
        let let_in = Fact::AppAccess(asked.app.clone());
        let is_sandbox = Fact::Organization(OrganizationFact::IsSandbox);
        let has_api = Fact::Organization(OrganizationFact::ApiAccess);
        let mut wanted = vec![
            (permission("ApiEnabled"), user.clone()),
            (permission("UseAnyApiClient"), user.clone()),
            (let_in.clone(), user.clone()),
            (Fact::AppInstalled, app.clone()),
            (Fact::ApiAccessControl, None),
            (is_sandbox.clone(), None),
            (has_api.clone(), None),
        ];
        let read = asked.read.as_ref().map(|name| (name, reading(name)));
        wanted.extend(read.iter().map(|(_, fact)| (fact.clone(), user.clone())));
        if let Some(caller) = &caller {
            let of_caller = |name: &&str| (permission(name), Some(caller.username.clone()));
            wanted.extend(OF_CALLER.iter().map(of_caller));
        }
        let values = org.facts(&wanted).await?;
        let flag = |fact: &Fact, of: &Option<String>, right| {
            Observed::of(values.get(fact, of.as_deref()), right)
        };
        Ok(Self {
            is_sandbox: flag(&is_sandbox, &None, VIEW_SETUP),
            has_api: flag(&has_api, &None, VIEW_SETUP),
            has_api_enabled: flag(&permission("ApiEnabled"), &user, VIEW_SETUP),
            may_read: read.map(|(name, fact)| (name.clone(), flag(&fact, &user, VIEW_SETUP))),
            is_installed: flag(&Fact::AppInstalled, &app, CUSTOMIZE),
            is_let_in: flag(&let_in, &user, VIEW_SETUP),
            api_access_control: flag(&Fact::ApiAccessControl, &None, METADATA),
            uses_any_app: flag(&permission("UseAnyApiClient"), &user, VIEW_SETUP),
            caller: match &caller {
                Some(caller) => Observed::Seen(caller.username.clone()),
                None => Observed::unread("the org does not say whose login this is"),
            },
            caller_id: caller.map(|caller| caller.id),
            values,
        })
    }

    /// Where none of it was read.
    pub(super) fn unread(why: &str) -> Self {
        Self {
            caller: Observed::unread(why),
            caller_id: None,
            values: FactValues::new(Unseen::new(UnseenKind::NotAsked, why)),
            is_sandbox: Observed::unread(why),
            has_api: Observed::unread(why),
            has_api_enabled: Observed::unread(why),
            may_read: None,
            is_installed: Observed::unread(why),
            is_let_in: Observed::unread(why),
            api_access_control: Observed::unread(why),
            uses_any_app: Observed::unread(why),
        }
    }

    /// Says whether the caller is known to have one of these system permissions: what is not known
    /// is not had.
    pub(super) fn has(&self, any_of: &[&str]) -> bool {
        let Some(caller) = self.caller.seen() else { return false };
        any_of.iter().any(|name| {
            let answer = self.values.get(&permission(name), Some(caller));
            answer == FactAnswer::Known(Value::Bool(true))
        })
    }
}
