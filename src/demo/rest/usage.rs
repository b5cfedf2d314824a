//! What is left of the day's requests; and who uses external client apps, which `OauthToken` does
//! not tell (S 12.3, 12.4).

use serde_json::{Value, json};

use super::super::history::Approval;
use super::super::id::same_id;
use super::super::objects::find;
use super::super::refusal::{Refusal, not_found, refuse};
use super::super::state::{Org, component_id, string, timestamp};
use super::super::wire::Reply;
use super::Call;

/// The API version that brought it.
pub(super) const SINCE: u16 = 59;

/// How many apps come at once where nothing else is asked for.
const PAGE: usize = 100;

/// An external client app that somebody has let in.
struct Used<'o> {
    family: u64,
    app: String,
    approval: &'o Approval,
}

impl Org {
    /// How many requests a day has, and how many of them are left.
    pub(super) fn requests(&self) -> (i64, i64) {
        let daily = &self.catalog.limits["DailyApiRequests"];
        let number = |name: &str| daily[name].as_i64().unwrap_or_default();
        (number("Max"), if self.history.is_used_up { 0 } else { number("Remaining") })
    }

    /// What the limits resource answers: of each app how many of the requests are its own, none.
    pub(super) fn limits(&self) -> Value {
        let mut limits = self.catalog.limits.clone();
        limits["DailyApiRequests"]["Remaining"] = self.requests().1.into();
        let apps = find("ConnectedApplication", false).map(|apps| self.rows(apps));
        for app in apps.into_iter().flatten() {
            limits["DailyApiRequests"][string(&app, "Name")] = json!({ "Max": 0, "Remaining": 0 });
        }
        limits
    }

    /// Who has let external client apps in, and can still be refreshed for.
    fn used(&self) -> Vec<Used<'_>> {
        let live = self.live_families();
        let named = |label: &str| {
            let mut apps = self.of_type("ExternalClientApplication");
            apps.find(|(name, node)| node.get("label").unwrap_or(name) == label)
        };
        let grants = self.history.external.iter().filter(|(family, _)| live.contains(family));
        grants
            .filter_map(|(family, approval)| {
                let (app, _) = named(&approval.app)?;
                Some(Used { family: *family, app: app.to_owned(), approval })
            })
            .collect()
    }
}

fn id_of(app: &str) -> String {
    component_id("ExternalClientApplication", app)
}

/// Answers a request below `apps/oauth/usage`. That it takes Customize Application, and what the
/// pages are counted from, is the demo org's own.
pub(super) fn answer(call: &mut Call<'_>, path: &[&str]) -> Result<Reply, Refusal> {
    if !call.state.org.is_permitted(&call.user, "CustomizeApplication") {
        let words = "insufficient access rights on resource: apps";
        return Err(refuse("INSUFFICIENT_ACCESS", words));
    }
    match (call.request.method.as_str(), path) {
        ("GET", []) => Ok(apps(call)),
        ("GET", [app, "users"]) => users(call, app),
        ("GET", [app, user, "tokens"]) => tokens(call, app, user),
        ("DELETE", [app, user, "tokens"]) => {
            let ended: Vec<u64> = of(&call.state.org, app, user).map(|one| one.family).collect();
            if ended.is_empty() {
                return Err(not_found());
            }
            ended.into_iter().for_each(|family| call.state.org.end_family(family));
            call.state.dirty = true;
            Ok(Reply::empty(204))
        }
        _ => Err(not_found()),
    }
}

fn apps(call: &Call<'_>) -> Reply {
    let number = |name: &str| call.request.parameter(name).and_then(|text| text.parse().ok());
    let (page, size) = (number("page").unwrap_or(0), number("pageSize").unwrap_or(PAGE).max(1));
    let mut names: Vec<String> = call.state.org.used().into_iter().map(|one| one.app).collect();
    names.sort();
    names.dedup();
    let start = page.saturating_mul(size);
    let row = |name: &String| json!({ "identifier": id_of(name), "developerName": name });
    let apps: Vec<Value> = names.iter().skip(start).take(size).map(row).collect();
    // There is a next page after the last one too: an empty list is the end.
    let next = format!(
        "/services/data/v{}/apps/oauth/usage?page={}&pageSize={size}",
        call.version,
        page.saturating_add(1)
    );
    Reply::json(200, &json!({ "apps": apps, "nextPageUrl": next }))
}

fn users(call: &Call<'_>, app: &str) -> Result<Reply, Refusal> {
    let org = &call.state.org;
    let mut ids: Vec<String> = of(org, app, "").map(|one| one.approval.user.clone()).collect();
    if ids.is_empty() {
        return Err(not_found());
    }
    ids.sort();
    ids.dedup();
    let row = |id: &String| json!({ "userIdentifier": id, "username": username(org, id) });
    Ok(Reply::json(200, &json!({ "users": ids.iter().map(row).collect::<Vec<_>>() })))
}

fn tokens(call: &Call<'_>, app: &str, user: &str) -> Result<Reply, Refusal> {
    let org = &call.state.org;
    let is_jwt = |app: &str| {
        let mut all = org.of_type("ExtlClntAppGlobalOauthSettings");
        all.any(|(_, node)| {
            node.get("externalClientApplication") == Some(app) && node.flag("isNamedUserJwtEnabled")
        })
    };
    let rows: Vec<Value> = of(org, app, user)
        .map(|Used { app, approval, .. }| {
            json!({
                "accessTokenFormat": if is_jwt(&app) { "JWT" } else { "Opaque" },
                "appDeveloperName": app, "initialConnectionAt": timestamp(approval.created, "Z"),
                "lastUsedAt": timestamp(approval.used, "Z"), "useCount": approval.uses,
                "userIdentifier": approval.user, "username": username(org, &approval.user),
                // In an org a secret: who has it ends the grant. This one opens and ends nothing.
                "revocationUrl": "/services/oauth2/revoke?token=a-secret-that-nobody-shows",
            })
        })
        .collect();
    if rows.is_empty() {
        return Err(not_found());
    }
    Ok(Reply::json(200, &json!({ "tokens": rows })))
}

/// The grants of an app, by its id; of one user, where one is named.
fn of<'o>(org: &'o Org, app: &str, user: &str) -> impl Iterator<Item = Used<'o>> {
    let (app, user) = (app.to_owned(), user.to_owned());
    org.used().into_iter().filter(move |one| {
        same_id(&id_of(&one.app), &app) && (user.is_empty() || same_id(&one.approval.user, &user))
    })
}

fn username(org: &Org, id: &str) -> String {
    org.user(id).map(|row| string(row, "Username").to_owned()).unwrap_or_default()
}
