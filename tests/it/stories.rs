//! `sfsetup demo break`: what the org holds of each story, by its own HTTP API and by the program.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sfsetup::demo::{Faults, Mend, Running, Store, Story, serve};

use crate::support::{Env, Run};

const USER: &str = "ampersand.integration@harbourlight.example.com";
const USER_ID: &str = "005Ws0000000003IAA";

/// A home with a demo org in which stories were played, and that org served.
struct Broken {
    env: Env,
    running: Running,
}

impl Broken {
    async fn by(stories: &[&str]) -> Self {
        let env = Env::new();
        let run = env.run(&[&["demo", "break"], stories].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let store = Store::open(&env.folder().join("state/sfsetup/demo")).unwrap();
        Self { env, running: serve(store, None, Faults::none()).await.unwrap() }
    }

    async fn get_as(&self, token: &str, path: &str) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{path}", self.running.url());
        client.get(url).bearer_auth(token).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Json {
        self.get_as(&self.running.token, path).await.json().await.unwrap()
    }

    async fn asked_as(&self, token: &str, soql: &str) -> Json {
        let query = reqwest::Url::parse_with_params("http://x/", [("q", soql)]).unwrap();
        let path = format!("/services/data/v67.0/query?{}", query.query().unwrap());
        self.get_as(token, &path).await.json().await.unwrap()
    }

    async fn asked(&self, soql: &str) -> Vec<Json> {
        let answer = self.asked_as(&self.running.token, soql).await;
        answer["records"].as_array().unwrap_or_else(|| panic!("{soql}: {answer}")).clone()
    }

    /// The integration's sign-ins, oldest first.
    async fn logins(&self) -> Vec<Json> {
        let fields = "LoginTime, LoginType, LoginSubType, Application, Status, SourceIp";
        self.asked(&format!(
            "SELECT {fields} FROM LoginHistory WHERE UserId = '{USER_ID}' ORDER BY LoginTime"
        ))
        .await
    }

    async fn grants(&self) -> Vec<Json> {
        let all = self
            .asked(
                "SELECT AppName, AppMenuItemId, UserId, CreatedDate, LastUsedDate, UseCount, \
                 AccessToken, DeleteToken, RequestToken FROM OauthToken",
            )
            .await;
        all.into_iter().filter(|row| row["AppName"] == "Ampersand").collect()
    }

    async fn audit(&self) -> Vec<(String, String)> {
        let rows = self
            .asked("SELECT Action, CreatedBy.Name FROM SetupAuditTrail ORDER BY CreatedDate")
            .await;
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(&row["Action"]), text(&row["CreatedBy"]["Name"]))).collect()
    }

    async fn listed(&self, type_name: &str) -> String {
        let body = format!(
            "<listMetadata xmlns=\"http://soap.sforce.com/2006/04/metadata\"><queries><type>\
             {type_name}</type></queries><asOfVersion>67.0</asOfVersion></listMetadata>"
        );
        crate::demo_wire::call(&self.running, &body).await
    }
}

fn diff(env: &Env, more: &[&str]) -> Run {
    env.run(&[&["diff", "--template", "ampersand", "--format", "json"], more].concat())
}

/// The steps that are not in sync.
fn steps(run: &Run) -> BTreeSet<String> {
    let json: Json = serde_json::from_str(&run.stdout).unwrap();
    let findings = json["orgs"][0]["findings"].as_array().unwrap();
    let off = findings.iter().filter(|finding| finding["state"] != "in-sync");
    off.map(|finding| finding["step"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn stories_are_listed_and_played() {
    let env = Env::new();
    let list = env.run(&["demo", "break"]);
    assert_eq!(list.code, 0, "{list:?}");
    for story in Story::ALL {
        let line = list.stdout.lines().find(|line| line.trim_start().starts_with(story.name()));
        assert!(line.is_some_and(|line| line.ends_with(story.happens())), "{}", list.stdout);
    }
    for mend in [Mend::Package, Mend::ByHand, Mend::Vendor] {
        assert!(list.stdout.contains(&format!("What is {}:", mend.meaning())), "{}", list.stdout);
    }
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/demo.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    for story in Story::ALL {
        let name = format!("`{}`", story.name());
        let row = rows.clone().find(|row| row.split('|').nth(1).unwrap().contains(&name));
        let words = story.mend().meaning().replace("fixed ", "");
        assert!(row.is_some_and(|row| row.contains(&words)), "{name} in docs/demo.md");
    }
    assert!(!env.folder().join("state/sfsetup/demo").exists(), "a list makes no org");
    let json = |arguments: &[&str], code: i32| {
        let run = env.run(&[&["demo", "break", "--format", "json"], arguments].concat());
        assert_eq!(run.code, code, "{run:?}");
        serde_json::from_str::<Json>(&run.stdout).unwrap()
    };
    let all = json(&[], 0);
    assert_eq!(all["stories"].as_array().unwrap().len(), Story::ALL.len());
    assert_eq!((&all["org"], &all["stopped"]), (&Json::Null, &Json::Null));
    let played = json(&["user-frozen", "ip-enforced", "user-frozen", "--org", "demo:north"], 0);
    assert_eq!(played["org"], "demo:north");
    let names: Vec<&Json> =
        played["stories"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["ip-enforced", "user-frozen"]);
    // Only the org that was named.
    assert_eq!(
        steps(&diff(&env, &["--org", "demo:north"])),
        BTreeSet::from(["ip-relaxation".into()])
    );
    assert!(steps(&diff(&env, &["--org", "demo"])).len() > 2);
    for wrong in [&["no-such-story"][..], &["ip-enforced", "--org", "acme:x"]] {
        let run = env.run(&[&["demo", "break"], wrong].concat());
        assert_eq!(run.code, 64, "{run:?}");
    }
}

#[test]
fn nothing_is_broken_while_a_run_is_at_work() {
    let env = Env::new();
    assert_eq!(env.run(&["org", "display", "--org", "demo"]).code, 0);
    let journals = env.folder().join("state/sfsetup/journal");
    let held = sfsetup::journal::Journal::open(&journals, "00DWs0000008DemMAE").unwrap();
    let run = env.run(&["demo", "break", "user-inactive"]);
    assert!(run.code == 1 && run.stderr.contains("another run"), "{run:?}");
    drop(held);
    assert!(!steps(&diff(&env, &["--org", "demo"])).contains("human-user"));
}

#[test]
fn what_a_package_fixes_differs_and_is_fixed() {
    let env = Env::new();
    for (story, step) in [
        ("refresh-policy-zero", "refresh-token"),
        ("ip-enforced", "ip-relaxation"),
        ("assignment-expired", "permitted-users"),
        ("field-access", "read-objects"),
    ] {
        let run = env.run(&["demo", "break", story]);
        assert!(run.code == 0 && run.stdout.contains("fixed by package"), "{run:?}");
        let run = diff(&env, &["--org", "demo"]);
        assert_eq!((run.code, steps(&run)), (2, BTreeSet::from([step.into()])), "{story}");
        let run = env.run(&["deploy", "--template", "ampersand", "--org", "demo", "--yes"]);
        assert_eq!(run.code, 0, "{story}: {run:?}");
        assert_eq!(diff(&env, &["--org", "demo"]).code, 0, "{story}");
    }
    assert_eq!(env.run(&["demo", "reset"]).code, 0);
    assert!(steps(&diff(&env, &["--org", "demo"])).len() > 2, "as new, with its own drift");
}

#[test]
fn nothing_else_is_off_than_what_the_story_says() {
    let env = Env::new();
    let others = [
        ("user-inactive", &["human-user"][..]),
        ("not-installed", &["install-app", "ip-relaxation", "refresh-token", "uninstalled-apps"]),
    ];
    for story in Story::ALL.iter().filter(|story| story.mend() != Mend::Package) {
        let run = env.run(&["demo", "break", story.name()]);
        assert_eq!(run.code, 0, "{run:?}");
        let known = others.iter().find(|(name, _)| *name == story.name());
        let expected: BTreeSet<String> =
            known.into_iter().flat_map(|(_, steps)| *steps).map(|&step| step.to_owned()).collect();
        assert_eq!(steps(&diff(&env, &["--org", "demo"])), expected, "{}", story.name());
    }
    // The sandbox was refreshed, and made as new again.
    let id = |env: &Env| {
        let run = env.run(&["org", "display", "--org", "demo", "--format", "json"]);
        serde_json::from_str::<Json>(&run.stdout).unwrap()["id"].clone()
    };
    assert_eq!(env.run(&["demo", "break", "sandbox-refreshed"]).code, 0);
    assert_ne!(id(&env), "00DWs0000008DemMAE");
    assert_eq!(env.run(&["demo", "reset"]).code, 0);
    assert_eq!(id(&env), "00DWs0000008DemMAE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_nights_and_the_change_that_ended_them_stand_in_the_records() {
    let org = Broken::by(&["ip-enforced"]).await;
    let rows = org.logins().await;
    let good: Vec<&Json> = rows.iter().filter(|row| row["Status"] == "Success").collect();
    assert_eq!(good.len(), 90);
    let last = good.last().unwrap();
    assert_eq!(
        (&last["LoginType"], &last["LoginSubType"], &last["Application"], &last["SourceIp"]),
        (
            &"Remote Access 2.0".into(),
            &"OauthRefreshToken".into(),
            &"Ampersand".into(),
            &"192.0.2.44".into()
        )
    );
    let bad: Vec<&Json> =
        rows.iter().filter(|row| row["Status"] == "Failed: IP Address Not Allowed").collect();
    assert_eq!(bad.len(), 3);
    let rows = org.asked("SELECT Action, CreatedDate, CreatedBy.Name FROM SetupAuditTrail").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["Action"], "changeIpRelaxationPolicy");
    assert_eq!(rows[0]["CreatedBy"]["Name"], "Robin Alder");
    let changed = rows[0]["CreatedDate"].as_str().unwrap();
    let time = |row: &Json| row["LoginTime"].as_str().unwrap().to_owned();
    assert!(time(last).as_str() < changed && changed < time(bad[0]).as_str());
    let app = org
        .asked("SELECT LastModifiedDate FROM ConnectedApplication WHERE Name = 'Ampersand'")
        .await;
    assert_eq!(app[0]["LastModifiedDate"], changed);
    // The trap: a try that fails moves them on too, and nothing of it opens anything.
    let grants = org.grants().await;
    assert_eq!(grants.len(), 1);
    assert!(grants[0]["LastUsedDate"].as_str().unwrap() > time(last).as_str(), "{grants:?}");
    assert_eq!(grants[0]["UseCount"], 93);
    assert!(!grants[0]["AppMenuItemId"].is_null());
    for secret in ["AccessToken", "DeleteToken", "RequestToken"] {
        assert!(grants[0][secret].is_null(), "{secret}");
    }
    let user = org.asked(&format!("SELECT LastLoginDate FROM User WHERE Id = '{USER_ID}'")).await;
    assert_eq!(user[0]["LastLoginDate"], last["LoginTime"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_org_does_not_let_be_asked_is_refused() {
    let org = Broken::by(&["user-frozen"]).await;
    for soql in [
        "SELECT Id FROM LoginHistory WHERE Status = 'User is frozen'",
        "SELECT Id FROM LoginHistory WHERE Application = 'Ampersand'",
        "SELECT Id FROM SetupAuditTrail WHERE Section = 'Manage Users'",
        "SELECT Id FROM SetupAuditTrail WHERE Display LIKE '%Ampersand%'",
    ] {
        let answer = org.asked_as(&org.running.token, soql).await;
        assert_eq!(answer[0]["errorCode"], "INVALID_FIELD", "{soql}: {answer}");
    }
    assert_eq!(org.audit().await, [("frozeuser".to_owned(), "Robin Alder".to_owned())]);
    let login =
        org.asked(&format!("SELECT IsFrozen FROM UserLogin WHERE UserId = '{USER_ID}'")).await;
    assert_eq!(login[0]["IsFrozen"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lacks_the_rights_sees_their_own_rows_and_is_not_told() {
    let store = Store::in_memory();
    store.play(&[Story::ApiLimit]).unwrap();
    let token = store.token_of("warehouse.sync@harbourlight.example.com").unwrap();
    let own = store.token_of(USER).unwrap();
    let running = serve(store, None, Faults::none()).await.unwrap();
    let org = Broken { env: Env::new(), running };
    let count = async |token: &str, object: &str| {
        let answer = org.asked_as(token, &format!("SELECT COUNT() FROM {object}")).await;
        answer["totalSize"].as_u64().ok_or_else(|| answer[0]["errorCode"].clone())
    };
    let all = org.logins().await.len() as u64;
    assert_eq!(count(&token, "LoginHistory").await, Ok(0));
    assert_eq!(count(&own, "LoginHistory").await, Ok(all));
    assert_eq!(count(&token, "OauthToken").await, Ok(0));
    assert_eq!(count(&own, "OauthToken").await, Ok(1));
    for object in ["SetupAuditTrail", "UserLogin", "AuthSession", "EventLogFile"] {
        assert_eq!(count(&token, object).await, Err("INVALID_TYPE".into()), "{object}");
    }
    let usage = org.get_as(&token, "/services/data/v67.0/apps/oauth/usage").await;
    assert_eq!(usage.status(), 403);
    drop(org.env);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_no_row_leaves_none() {
    for (stories, grants) in [
        (&["evicted-by-approval"][..], 5),
        (&["refresh-policy-zero"], 1),
        (&["token-reused"], 0),
        (&["password-expired"], 0),
    ] {
        let org = Broken::by(stories).await;
        assert!(org.logins().await.iter().all(|row| row["Status"] == "Success"), "{stories:?}");
        assert_eq!(org.audit().await, [], "{stories:?}");
        assert_eq!(org.grants().await.len(), grants, "{stories:?}");
        let path = format!("/services/data/v67.0/sobjects/User/{USER_ID}/password");
        let is_expired = stories[0] == "password-expired";
        assert_eq!(org.get(&path).await, json!({ "isExpired": is_expired }));
    }
    let org = Broken::by(&["sandbox-refreshed"]).await;
    assert!(org.logins().await.is_empty() && org.audit().await.is_empty());
    assert!(org.grants().await.is_empty());
    let organization = org.asked("SELECT Id FROM Organization").await;
    assert_ne!(organization[0]["Id"], "00DWs0000008DemMAE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_so_stands_where_an_org_shows_it() {
    let org = Broken::by(&["not-installed"]).await;
    let grants = org.grants().await;
    assert!(grants.len() == 1 && grants[0]["AppMenuItemId"].is_null(), "{grants:?}");
    assert_eq!(org.audit().await[0].0, "deleteConnectedApplication");
    let apps = org.asked("SELECT Id FROM ConnectedApplication WHERE Name = 'Ampersand'").await;
    assert!(apps.is_empty());

    let org = Broken::by(&["assignment-expired"]).await;
    let soql = format!(
        "SELECT ExpirationDate FROM PermissionSetAssignment WHERE AssigneeId = '{USER_ID}' AND \
         ExpirationDate < TODAY"
    );
    assert_eq!(org.asked(&soql).await.len(), 1);
    let actions: Vec<String> = org.audit().await.into_iter().map(|(action, _)| action).collect();
    assert!(actions.contains(&"PermSetAssign_HasExpiration".to_owned()), "{actions:?}");

    for (story, is_by_control) in [("app-blocked", "false"), ("api-access-control", "true")] {
        let org = Broken::by(&[story]).await;
        assert!(org.listed("BlacklistedConsumer").await.contains("<fullName>Ampersand<"));
        let snapshot =
            ["snapshot", "--org", "demo", "--types", "BlacklistedConsumer", "--out", "s", "--raw"];
        let run = org.env.run(&snapshot);
        assert_eq!(run.code, 0, "{run:?}");
        let file = "s/blacklistedConsumers/Ampersand.blacklistedConsumer";
        let text = std::fs::read_to_string(org.env.folder().join(file)).unwrap();
        let flag = format!("<blockedByApiWhitelisting>{is_by_control}<");
        assert!(text.contains(&flag), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_fail_after_a_good_sign_in_stand_in_the_days_log() {
    for (story, status) in [("api-limit", "403"), ("field-access", "400")] {
        let org = Broken::by(&[story]).await;
        assert!(org.logins().await.iter().all(|row| row["Status"] == "Success"));
        let files = org
            .asked(
                "SELECT Id, LogFile, LogFileLength, LogDate FROM EventLogFile WHERE EventType = \
                 'ApiTotalUsage' AND LogDate = YESTERDAY",
            )
            .await;
        assert_eq!(files.len(), 1);
        let path = files[0]["LogFile"].as_str().unwrap();
        let answer = org.get_as(&org.running.token, path).await;
        assert_eq!(answer.headers()["content-type"], "text/csv");
        let csv = answer.text().await.unwrap();
        assert_eq!(files[0]["LogFileLength"], csv.len());
        let mut lines = csv.lines().map(|line| line.trim_matches('"').split("\",\""));
        let names: Vec<&str> = lines.next().unwrap().collect();
        let at = |name: &str| names.iter().position(|one| *one == name).unwrap();
        let (app, code, user) = (at("CONNECTED_APP_NAME"), at("STATUS_CODE"), at("USER_NAME"));
        let mut told = BTreeSet::new();
        for line in lines {
            let cells: Vec<&str> = line.collect();
            if cells[app] == "Ampersand" {
                assert_eq!(cells[user], USER);
                told.insert(cells[code].to_owned());
            } else {
                assert_eq!(cells[code], "200");
            }
        }
        assert!(told.contains(status), "{told:?}");
        let limits = org.get("/services/data/v67.0/limits").await;
        let daily = &limits["DailyApiRequests"];
        assert_eq!(daily["Remaining"] == 0, story == "api-limit", "{daily}");
        assert_eq!(daily["Ampersand"], json!({ "Max": 0, "Remaining": 0 }));
    }
}

/// A code verifier and its challenge, from RFC 7636.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Lets the external client app in, as its user.
pub(crate) async fn let_in(running: &Running) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let back = "https://api.withampersand.com/callbacks/v1/oauth";
    let key = "3MVG9demoHarbourLightAmpersandEca03";
    let oauth = format!("{}/services/oauth2", running.url());
    let query = [
        ("client_id", key),
        ("response_type", "code"),
        ("redirect_uri", back),
        ("login_hint", USER),
        ("code_challenge", CHALLENGE),
    ];
    let sent = client.get(format!("{oauth}/authorize")).query(&query).send().await.unwrap();
    let to = reqwest::Url::parse(sent.headers()["location"].to_str().unwrap()).unwrap();
    let code = to.query_pairs().find(|(name, _)| name == "code");
    let code = code.unwrap_or_else(|| panic!("{to}")).1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", key),
        ("client_secret", "demo-ampersand-eca-secret"),
        ("redirect_uri", back),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    let answer = client.post(format!("{oauth}/token")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_of_external_client_apps_stand_elsewhere() {
    let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
    let org = Broken { env: Env::new(), running };
    let usage = "/services/data/v67.0/apps/oauth/usage";
    assert_eq!(org.get(usage).await["apps"], json!([]));
    let_in(&org.running).await;
    assert_eq!(org.grants().await.len(), 1, "that of the connected app");
    let first = org.get(usage).await;
    let app = first["apps"][0]["identifier"].as_str().unwrap();
    assert!(app.starts_with("0xI") && first["apps"][0]["developerName"] == "Ampersand_ECA");
    // There is a next page after the last one.
    let next = org.get(first["nextPageUrl"].as_str().unwrap()).await;
    assert_eq!(next["apps"], json!([]));
    let users = org.get(&format!("{usage}/{app}/users")).await;
    assert_eq!(users["users"][0]["userIdentifier"], USER_ID);
    let tokens = format!("{usage}/{app}/{USER_ID}/tokens");
    let token = org.get(&tokens).await["tokens"][0].clone();
    assert_eq!((&token["username"], &token["useCount"]), (&USER.into(), &1.into()));
    assert_eq!(token["accessTokenFormat"], "Opaque");
    let old = org.get_as(&org.running.token, "/services/data/v58.0/apps/oauth/usage").await;
    assert_eq!(old.status(), 404);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{tokens}", org.running.url());
    let ended = client.delete(url).bearer_auth(&org.running.token).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert_eq!(org.get(usage).await["apps"], json!([]));
    drop(org.env);
}
