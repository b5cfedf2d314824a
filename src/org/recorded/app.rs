//! What of the set-up lets an app's sign-ins in or keeps them out: the app's policies, what blocks
//! it, the profile's addresses and hours, the flows of the org (S 1.3, 2.5, 13.5).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::rights::METADATA;
use super::{Asked, Hidden, Observed, in_short};
use crate::metadata::document::Element;
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP};
use crate::metadata::lasting::org_time;
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet, why_unread};
use crate::org::http::soql_text;
use crate::org::retrieve::RetrieveRequest;
use crate::org::{Listed, Org, OrgError};

const POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";
const GLOBAL: &str = "ExtlClntAppGlobalOauthSettings";
const SWITCHES: &str = "ExtlClntAppConfigurablePolicies";
const SECURITY: &str = "ExtlClntAppOauthSecuritySettings";
const BLOCKS: &str = "BlacklistedConsumer";

/// Which of the two kinds an app is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// A connected app.
    Connected,
    /// An external client app.
    External,
}

/// For how long a refresh token is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshPolicy {
    /// Until it is revoked.
    Infinite,
    /// Not at all.
    Zero,
    /// So many hours from the grant on.
    Lifetime(i64),
    /// So many hours without use.
    Inactivity(i64),
}

/// What an app makes of the addresses that a profile allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpRelaxation {
    /// They count.
    Enforce,
    /// They count, but not where a token is refreshed.
    EnforceButRefresh,
    /// They do not count, some of them only for who has shown a second factor.
    Relax,
}

/// An app's policies, as far as they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppState {
    /// Which kind it is.
    pub kind: AppKind,
    /// The API name.
    pub name: String,
    /// The label.
    pub label: Option<String>,
    /// For how long a refresh token is valid.
    pub refresh: Option<RefreshPolicy>,
    /// What the profile's addresses mean.
    pub ip: Option<IpRelaxation>,
    /// The addresses from which alone a refresh token is taken, whatever else lets in; none are all
    /// (S 10.3). Of a connected app there is no such list.
    pub token_ranges: Vec<String>,
    /// Whether only users get in whom an admin has approved.
    pub is_admin_approved: Option<bool>,
    /// Whether each refresh brings another refresh token.
    pub rotates: Option<bool>,
    /// Whether tokens that nobody uses end after 30 days.
    pub has_idle_limit: Option<bool>,
    /// Whether the app's session policy blocks all of its sessions.
    pub blocks_sessions: bool,
    /// Whether it is switched on; a connected app has no such switch.
    pub is_on: Option<bool>,
    /// Whether another org owns it: of its policies little is shown then (S 1.7).
    pub is_elsewhere: bool,
    /// When its file, or its row, was changed last, where the org says so.
    pub changed: Option<Timestamp>,
    /// By whom.
    pub changed_by: Option<String>,
}

/// The row by which an app is blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The row's name.
    pub name: String,
    /// What it calls the app.
    pub app: String,
    /// What its flag says of API Access Control; what that means is UNVERIFIED (S 13.5).
    pub by_access_control: Option<bool>,
    /// When it was changed last, where the list says so.
    pub changed: Option<Timestamp>,
    /// By whom.
    pub changed_by: Option<String>,
}

/// What was looked at.
pub(super) struct Looked {
    pub(super) state: Observed<AppState>,
    pub(super) blocked: Observed<Option<Blocked>>,
    pub(super) password_flow: Observed<bool>,
    pub(super) ranges: Observed<Vec<String>>,
    pub(super) hours: Observed<Vec<String>>,
}

impl Looked {
    pub(super) fn kind(&self) -> Option<AppKind> {
        self.state.seen().map(|app| app.kind)
    }

    /// The names by which rows may know the app.
    pub(super) fn names(&self, asked: &str) -> Vec<String> {
        names_of(self.state.seen(), asked)
    }
}

/// What was said, the API name and the label; and where a label's space may stand an API name's `_`.
fn names_of(app: Option<&AppState>, asked: &str) -> Vec<String> {
    let own = app.into_iter().flat_map(|app| [Some(app.name.clone()), app.label.clone()]);
    let mut names = vec![asked.to_owned()];
    names.extend(own.flatten());
    names.extend(names.clone().iter().map(|name| name.replace('_', " ")));
    let mut seen = BTreeSet::new();
    names.retain(|name| !name.is_empty() && seen.insert(name.to_lowercase()));
    names
}

/// Reads it: a list, a list of what is blocked, and one retrieve.
pub(super) async fn read(
    org: &Org,
    asked: &Asked,
    profile: Option<&str>,
) -> Result<Looked, OrgError> {
    let app = asked.app.as_str();
    let own = own_apps(org).await?;
    let kind = own.as_ref().ok().and_then(|own| kind_of(own, app));
    let blocks = match org.list(BLOCKS).await {
        Ok(listed) => Ok(listed),
        Err(error) if error.is_about_one_question() => Err(in_short(&error)),
        Err(error) => return Err(error),
    };
    let mut components: BTreeSet<ComponentId> = [ComponentId::new("Settings", "OauthOidc")].into();
    if kind != Some(AppKind::External) {
        components.insert(ComponentId::new(CONNECTED_APP, app));
    }
    if kind != Some(AppKind::Connected) {
        let types = [EXTERNAL_APP, POLICIES, GLOBAL, SWITCHES, SECURITY];
        components.extend(types.map(|type_name| ComponentId::new(type_name, app)));
    }
    let profile =
        profile.map(|name| ComponentId::new("Profile", canonical_full_name("Profile", name)));
    components.extend(profile.clone());
    components.extend(blocks.iter().flatten().map(|one| one.id.clone()));
    let request = RetrieveRequest {
        components,
        by_label: true,
        may_be_empty: true,
        ..RetrieveRequest::default()
    };
    let set = match Observed::answer(org.retrieve_all(&request).await, METADATA)? {
        Observed::Seen(retrieved) => retrieved.components,
        Observed::NotObserved(hidden) => return Ok(unread(&hidden)),
    };
    let mut state = state(&set, app, own.as_deref().unwrap_or_default());
    if let Observed::Seen(app) = &mut state
        && app.is_elsewhere
    {
        (app.changed, app.changed_by) = changed_elsewhere(org, &app.name).await?;
    }
    let names = names_of(state.seen(), app);
    Ok(Looked {
        state,
        blocked: match &blocks {
            Ok(listed) => blocked(&set, listed, &names),
            Err(why) => Observed::hidden(why.clone(), METADATA),
        },
        password_flow: password_flow(&set),
        ranges: of_profile(&set, profile.as_ref(), &|root| {
            let range = |entry| range(entry, "startAddress", "endAddress");
            root.children_named("loginIpRanges").map(range).collect()
        }),
        hours: of_profile(&set, profile.as_ref(), &|root| {
            let hours = root.child("loginHours").into_iter().flat_map(Element::children);
            hours.map(|one| format!("{} {}", one.name(), one.text().trim())).collect()
        }),
    })
}

/// Where none of it was read.
pub(super) fn unread(why: &Hidden) -> Looked {
    fn hidden<T>(why: &Hidden) -> Observed<T> {
        Observed::NotObserved(why.clone())
    }
    Looked {
        state: hidden(why),
        blocked: hidden(why),
        password_flow: hidden(why),
        ranges: hidden(why),
        hours: hidden(why),
    }
}

/// Lists the org's own apps, with who changed each last.
async fn own_apps(org: &Org) -> Result<Result<Vec<Listed>, String>, OrgError> {
    let listed = match org.list_types(&[CONNECTED_APP, EXTERNAL_APP, POLICIES]).await {
        // Before 59.0 there is no such type (S 2.1).
        Err(error) if error.code.as_deref() == Some("INVALID_TYPE") => {
            org.list(CONNECTED_APP).await
        }
        listed => listed,
    };
    match listed {
        Ok(listed) => Ok(Ok(listed)),
        Err(error) if error.is_about_one_question() => Ok(Err(in_short(&error))),
        Err(error) => Err(error),
    }
}

/// Which kind the app of a name is of; none where no app of the org's own has it, be it a label, or
/// one of each kind does.
fn kind_of(own: &[Listed], app: &str) -> Option<AppKind> {
    let has = |type_name: &str| {
        own.iter().any(|one| one.id.type_name == type_name && one.id.full_name == app)
    };
    match (has(CONNECTED_APP), has(EXTERNAL_APP)) {
        (true, false) => Some(AppKind::Connected),
        (false, true) => Some(AppKind::External),
        _ => None,
    }
}

fn state(set: &ComponentSet, app: &str, own: &[Listed]) -> Observed<AppState> {
    let root =
        |type_name: &str| set.get(&ComponentId::new(type_name, app)).map(|one| one.document.root());
    let mut state = AppState {
        kind: AppKind::Connected,
        name: app.to_owned(),
        label: None,
        refresh: None,
        ip: None,
        token_ranges: Vec::new(),
        is_admin_approved: None,
        rotates: None,
        has_idle_limit: None,
        blocks_sessions: false,
        is_on: None,
        is_elsewhere: false,
        changed: None,
        changed_by: None,
    };
    if let Some(app) = root(CONNECTED_APP) {
        let (oauth, policy) = (app.child("oauthConfig"), app.child("oauthPolicy"));
        state.label = text(Some(app), "label");
        state.refresh = text(policy, "refreshTokenPolicy").as_deref().and_then(refresh);
        state.ip = text(policy, "ipRelaxation").as_deref().and_then(relaxation);
        // Setup's default (S 1.3).
        state.is_admin_approved =
            oauth.map(|oauth| flag(oauth, "isAdminApproved").unwrap_or(false));
        state.rotates = oauth.and_then(|oauth| flag(oauth, "isRefreshTokenRotationEnabled"));
        state.has_idle_limit = oauth.and_then(|oauth| flag(oauth, "isEnforceRefreshTokenTTL"));
        let action = text(app.child("sessionPolicy"), "policyAction");
        state.blocks_sessions = action.as_deref() == Some("Block");
    } else if let Some(policies) = root(POLICIES).or_else(|| root(EXTERNAL_APP)) {
        let policies = root(POLICIES).unwrap_or(policies);
        let global = root(GLOBAL);
        state.kind = AppKind::External;
        state.label = text(root(EXTERNAL_APP), "label");
        state.refresh = of_external(policies);
        state.ip = text(Some(policies), "ipRelaxationPolicyType").as_deref().and_then(relaxation);
        let permitted = text(Some(policies), "permittedUsersPolicyType");
        state.is_admin_approved = permitted.map(|one| one == "AdminApprovedPreAuthorized");
        state.rotates = global.and_then(|global| flag(global, "isRefreshTokenRotationEnabled"));
        state.has_idle_limit = global.and_then(|global| flag(global, "isEnforceRefreshTokenTTL"));
        state.blocks_sessions = text(Some(policies), "policyAction").as_deref() == Some("Block");
        let ranges = root(SECURITY).into_iter().flat_map(|one| one.children_named("tokenIpRanges"));
        let range = |entry| range(entry, "startIpAddress", "endIpAddress");
        state.token_ranges = ranges.map(range).collect();
        let switches = root(SWITCHES);
        let is_off = |name| switches.is_some_and(|one| flag(one, name) == Some(false));
        state.is_on = switches.map(|_| !is_off("isEnabled") && !is_off("isOauthPluginEnabled"));
    } else {
        return elsewhere(set, app, state);
    }
    // Its own name, where it was called by its label.
    let kind = if state.kind == AppKind::Connected { CONNECTED_APP } else { EXTERNAL_APP };
    let by_label = set.labels.get(&ComponentId::new(kind, app));
    if let Some(id) = by_label {
        state.name.clone_from(&id.full_name);
    }
    let is_it = |one: &&Listed| one.id.type_name == kind && one.id.full_name == state.name;
    // An external client app's policies are a file of their own, whose name begins with the app's.
    let is_policies = |one: &&Listed| {
        one.id.type_name == POLICIES && one.id.full_name.starts_with(state.name.as_str())
    };
    let files = own.iter().filter(|one| is_it(one) || is_policies(one));
    let changes = files.filter_map(|one| {
        let time = one.last_modified_date.as_deref().and_then(org_time)?;
        Some((time, one.last_modified_by.clone()))
    });
    if let Some((time, by)) = changes.max_by_key(|(time, _)| *time) {
        (state.changed, state.changed_by) = (Some(time), by);
    }
    Observed::Seen(state)
}

/// When the row of an app was changed last that another org owns, and by whom: its policies stand in
/// it, though what they are is not shown.
async fn changed_elsewhere(
    org: &Org,
    app: &str,
) -> Result<(Option<Timestamp>, Option<String>), OrgError> {
    let soql = format!(
        "SELECT LastModifiedDate, LastModifiedBy.Name FROM ConnectedApplication WHERE Name = {}",
        soql_text(app)
    );
    let rows = match org.wire.query(&soql).await {
        Ok(rows) => rows,
        Err(error) if error.is_about_one_question() => Vec::new(),
        Err(error) => return Err(error),
    };
    // Labels are not unique.
    let [row] = rows.as_slice() else { return Ok((None, None)) };
    let time = row["LastModifiedDate"].as_str().and_then(org_time);
    Ok((time, row["LastModifiedBy"]["Name"].as_str().map(str::to_owned)))
}

/// An app that another org owns, as far as SOQL shows it (S 1.5, 1.7), or why there is nothing.
fn elsewhere(set: &ComponentSet, app: &str, mut state: AppState) -> Observed<AppState> {
    let id = ComponentId::new(CONNECTED_APP, app);
    if let Some(shown) = set.shown.get(&id) {
        let approved = shown.iter().find(|(path, _)| path == "oauthConfig.isAdminApproved");
        state.is_admin_approved = approved.and_then(|(_, value)| match value {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        });
        (state.label, state.is_elsewhere) = (Some(app.to_owned()), true);
        return Observed::Seen(state);
    }
    match why_unread(&set.not_observed, &id) {
        Some(why) => Observed::hidden(why.words.clone(), METADATA),
        None => Observed::unread(format!("the org has no app of its own called `{app}`")),
    }
}

fn blocked(set: &ComponentSet, listed: &[Listed], names: &[String]) -> Observed<Option<Blocked>> {
    let is_it = |text: &str| names.iter().any(|name| name.eq_ignore_ascii_case(text.trim()));
    let mut unread = None;
    for one in listed {
        let root = set.get(&one.id).map(|component| component.document.root());
        let app = text(root, "consumerName").or_else(|| text(root, "masterLabel"));
        if root.is_none() {
            unread = Some(&one.id);
        }
        let app = app.unwrap_or_else(|| one.id.full_name.clone());
        if is_it(&app) || is_it(&one.id.full_name) {
            return Observed::Seen(Some(Blocked {
                name: one.id.full_name.clone(),
                app,
                by_access_control: root.and_then(|root| flag(root, "blockedByApiWhitelisting")),
                changed: one.last_modified_date.as_deref().and_then(org_time),
                changed_by: one.last_modified_by.clone(),
            }));
        }
    }
    match unread {
        Some(id) => Observed::hidden(format!("{id} was not read, and may be it"), METADATA),
        None => Observed::Seen(None),
    }
}

fn password_flow(set: &ComponentSet) -> Observed<bool> {
    let id = ComponentId::new("Settings", "OauthOidc");
    match set.get(&id) {
        Some(settings) => match flag(settings.document.root(), "blockOAuthUnPwFlow") {
            Some(flag) => Observed::Seen(flag),
            None => Observed::unread("the settings do not say"),
        },
        None => Observed::hidden(
            why_unread(&set.not_observed, &id)
                .map_or_else(|| "the org did not send it".to_owned(), |why| why.words.clone()),
            METADATA,
        ),
    }
}

fn of_profile(
    set: &ComponentSet,
    profile: Option<&ComponentId>,
    read: &dyn Fn(Element<'_>) -> Vec<String>,
) -> Observed<Vec<String>> {
    let Some(id) = profile else {
        return Observed::unread("the user's profile is not known");
    };
    match set.get(id) {
        Some(profile) => Observed::Seen(read(profile.document.root())),
        None => Observed::hidden(
            why_unread(&set.not_observed, id)
                .map_or_else(|| format!("the org did not send {id}"), |why| why.words.clone()),
            METADATA,
        ),
    }
}

/// A range of addresses, as people write it, by the elements of its ends.
fn range(entry: Element<'_>, first: &str, last: &str) -> String {
    let text = |name| entry.child_text(name).unwrap_or_default().trim().to_owned();
    format!("{}-{}", text(first), text(last))
}

fn text(element: Option<Element<'_>>, name: &str) -> Option<String> {
    Some(element?.child_text(name)?.trim().to_owned()).filter(|text| !text.is_empty())
}

fn flag(element: Element<'_>, name: &str) -> Option<bool> {
    Value::parse_bool(element.child_text(name)?.trim())
}

/// What a connected app's file says: `infinite`, `zero`, `specific_lifetime:24:HOURS` (S 1.3).
fn refresh(text: &str) -> Option<RefreshPolicy> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["infinite"] => Some(RefreshPolicy::Infinite),
        ["zero"] => Some(RefreshPolicy::Zero),
        ["specific_lifetime", number, unit] => hours(number, unit).map(RefreshPolicy::Lifetime),
        ["specific_inactivity", number, unit] => hours(number, unit).map(RefreshPolicy::Inactivity),
        _ => None,
    }
}

/// The same in three elements (S 2.5).
fn of_external(policies: Element<'_>) -> Option<RefreshPolicy> {
    let of = |name| text(Some(policies), name);
    let hours = || hours(&of("refreshTokenValidityPeriod")?, &of("refreshTokenValidityUnit")?);
    match of("refreshTokenPolicyType")?.as_str() {
        "Infinite" => Some(RefreshPolicy::Infinite),
        "Zero" => Some(RefreshPolicy::Zero),
        "SpecificLifetime" => hours().map(RefreshPolicy::Lifetime),
        "SpecificInactivity" => hours().map(RefreshPolicy::Inactivity),
        _ => None,
    }
}

/// A month is taken for its longest, so that nothing is called over before it is.
fn hours(number: &str, unit: &str) -> Option<i64> {
    let number: i64 = number.trim().parse().ok()?;
    let each = match unit.trim().to_ascii_uppercase().as_str() {
        "HOURS" => 1,
        "DAYS" => 24,
        "MONTHS" => 31 * 24,
        _ => return None,
    };
    number.checked_mul(each)
}

/// Both spellings, without regard to case (S 1.3, 2.5).
fn relaxation(text: &str) -> Option<IpRelaxation> {
    match text.to_ascii_uppercase().as_str() {
        "ENFORCE" => Some(IpRelaxation::Enforce),
        "ENFORCE_RELAXREFRESH" => Some(IpRelaxation::EnforceButRefresh),
        "BYPASS" | "BYPASS_2FACTOR" => Some(IpRelaxation::Relax),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_in_either_spelling() {
        assert_eq!(refresh("zero"), Some(RefreshPolicy::Zero));
        assert_eq!(refresh("specific_lifetime:2:DAYS"), Some(RefreshPolicy::Lifetime(48)));
        assert_eq!(refresh("specific_inactivity:1:MONTHS"), Some(RefreshPolicy::Inactivity(744)));
        assert_eq!(refresh("specific_inactivity:1:YEARS"), None);
        assert_eq!(relaxation("Enforce_relaxrefresh"), Some(IpRelaxation::EnforceButRefresh));
        assert_eq!(relaxation("BYPASS_2FACTOR"), Some(IpRelaxation::Relax));
    }
}
