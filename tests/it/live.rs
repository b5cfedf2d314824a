//! `sfsetup diff` and `sfsetup org` against an org over HTTP, as a process: the answer, where the
//! org came from, and how failures end.

use serde_json::{Value, json};

use crate::org::server::{Fault, ORG_ID, Server, State, TOKEN};
use crate::support::{Env, Run, finish};

fn component(
    type_name: &str,
    name: &str,
    path: &str,
    inner: &str,
) -> (String, String, String, String) {
    let xml = format!(
        "<{type_name} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inner}</{type_name}>"
    );
    (type_name.to_owned(), name.to_owned(), path.to_owned(), xml)
}

fn state() -> State {
    State {
        files: vec![
            component(
                "ConnectedApp",
                "Ampersand",
                "connectedApps/Ampersand.connectedApp",
                "<label>A</label><oauthConfig><callbackUrl>x</callbackUrl><isAdminApproved>false\
                 </isAdminApproved></oauthConfig><oauthPolicy><ipRelaxation>BYPASS</ipRelaxation>\
                 <refreshTokenPolicy>zero</refreshTokenPolicy></oauthPolicy>",
            ),
            component(
                "Profile",
                "Ampersand Integration",
                "profiles/Ampersand Integration.profile",
                "<custom>true</custom><userLicense>Salesforce</userLicense><userPermissions>\
                 <enabled>true</enabled><name>ApiEnabled</name></userPermissions>",
            ),
            component("CustomObject", "Account", "objects/Account.object", ""),
            component("CustomObject", "Contact", "objects/Contact.object", ""),
        ],
        ..State::default()
    }
}

/// Runs the program in a thread of its own, so that the server goes on.
async fn run(server: &Server, arguments: &'static [&'static str]) -> Run {
    let address = server.address.clone();
    let output = tokio::task::spawn_blocking(move || {
        let env = Env::new();
        let mut command = env.command();
        command.args(arguments).env("SF_ACCESS_TOKEN", TOKEN).env("SF_ORG_INSTANCE_URL", address);
        command.output().unwrap()
    });
    let run = finish(output.await.unwrap());
    for secret in [TOKEN, "PLANTEDsecret"] {
        assert!(
            !run.stdout.contains(secret) && !run.stderr.contains(secret),
            "a secret is shown: {run:?}"
        );
    }
    run
}

const DIFF: &[&str] =
    &["diff", "--template", "ampersand", "--set", "app=Ampersand", "--format", "json"];

#[tokio::test]
async fn an_org_is_read_over_the_wire() {
    let server = Server::start(state()).await;
    let run = run(&server, DIFF).await;
    assert_eq!(run.code, 2, "{run:?}");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let org = &report["orgs"][0];
    assert_eq!(
        org["org"],
        json!({"name": server.address, "id": ORG_ID, "instance_url": server.address, "source": "environment"})
    );
    let at = |path: &str| {
        org["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["path"] == path)
            .unwrap()
            .clone()
    };
    assert_eq!(at("oauthPolicy.refreshTokenPolicy")["state"], "differs");
    assert_eq!(
        at("oauthPolicy.refreshTokenPolicy")["setup_url"],
        format!("{}/lightning/setup/ConnectedApplication/home", server.address)
    );
    assert_eq!(at("oauthPolicy.ipRelaxation")["state"], "in-sync");
    assert_eq!(at("userPermissions[ApiEnabled].enabled")["state"], "in-sync");
    assert_eq!(
        at("objectPermissions[Contact].allowRead")["actual"],
        false,
        "the object was asked for with the profile"
    );
    // This org lists no standard object, so that four more tell whether it has those that are named,
    // and what values name is listed; nor the app, which may be an external client app in no list.
    assert!(server.requests().len() <= 22, "{} requests", server.requests().len());
}

#[tokio::test]
async fn an_org_that_fails_is_an_error_in_the_answer_and_on_stderr() {
    for (part, fault, code, words) in [
        (
            "/services/data ",
            Fault::Reply(
                401,
                "",
                "[{\"errorCode\":\"INVALID_SESSION_ID\",\"message\":\"Session expired or invalid\"}]",
            ),
            "INVALID_SESSION_ID",
            "sign in again",
        ),
        (
            "Organization",
            Fault::Reply(
                403,
                "",
                "[{\"errorCode\":\"API_DISABLED_FOR_ORG\",\"message\":\"The REST API is not enabled for this Organization.\"}]",
            ),
            "API_DISABLED_FOR_ORG",
            "API Enabled",
        ),
        (
            "<met:retrieve",
            Fault::Reply(200, "", "<html><body>Down for maintenance</body></html>"),
            "UNEXPECTED",
            "proxy",
        ),
    ] {
        let server = Server::start(State { faults: vec![(part, 100, fault)], ..state() }).await;
        let run = run(&server, DIFF).await;
        assert_eq!(run.code, 1, "{code}: {run:?}");
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let org = &report["orgs"][0];
        assert_eq!(org["error"]["code"], code, "{run:?}");
        assert_eq!(org["findings"], json!([]));
        assert!(
            run.stderr.contains("error: ") && run.stderr.contains(words),
            "{code}: {}",
            run.stderr
        );
    }
}

/// A refusal says what it means, and where it is put right: in a step of the template in use.
#[tokio::test]
async fn a_refusal_names_the_step_of_the_template_that_it_lies_in() {
    let not_for_the_api = "[{\"errorCode\":\"INVALID_SESSION_ID\",\"message\":\"This session is \
                           not valid for use with the REST API\"}]";
    let faults = vec![("/services/data ", 100, Fault::Reply(401, "", not_for_the_api))];
    let server = Server::start(State { faults, ..state() }).await;
    let shown = run(&server, DIFF).await;
    assert_eq!(shown.code, 1);
    let report: Value = serde_json::from_str(&shown.stdout).unwrap();
    let error = &report["orgs"][0]["error"];
    assert_eq!(error["code"], "INVALID_SESSION_ID");
    assert!(error["message"].as_str().unwrap().contains("not valid for use"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("relax IP restrictions"), "{error}");
    let step = "the template `ampersand` asks for this in its step `ip-relaxation`";
    assert!(shown.stderr.contains(step), "{}", shown.stderr);
    assert!(!shown.stderr.contains("sign in again"), "{}", shown.stderr);
    // Without a template the settings are named.
    let shown = run(&server, &["org", "display"]).await;
    assert!(shown.stderr.contains("ConnectedApp `oauthPolicy.ipRelaxation`"), "{}", shown.stderr);
}

#[tokio::test]
async fn an_org_that_was_moved_tells_where_it_is() {
    let moved = "Location: https://acme--new.my.salesforce.com/services/data\r\n";
    let faults = vec![("/services/data ", 100, Fault::Reply(301, moved, ""))];
    let server = Server::start(State { faults, ..state() }).await;
    let shown = run(&server, DIFF).await;
    let report: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(report["orgs"][0]["error"]["code"], "MOVED", "{shown:?}");
    let told = "the org has another address now: https://acme--new.my.salesforce.com";
    assert!(shown.stderr.contains(told), "{}", shown.stderr);
    assert!(shown.stderr.contains("SF_ORG_INSTANCE_URL"), "{}", shown.stderr);
}

#[tokio::test]
async fn a_refused_sign_in_says_what_it_means() {
    for (error, text, means, way_out) in [
        ("invalid_grant", "user hasn't approved this consumer", "never has", "Permitted Users"),
        ("invalid_app_access", "user is not admin approved", "pre-authorised", "permission set"),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "blocks the app", "unblock it"),
        ("invalid_client", "app must be installed into org", "is not installed", "install it"),
        ("invalid_grant", "ip restricted", "from this address", "allowed address"),
        ("invalid_grant", "inactive user", "deactivated", "activate"),
        ("invalid_grant", "audience is invalid", "another login host", "--instance-url"),
        ("invalid_client_id", "client identifier invalid", "client id", "consumer key"),
    ] {
        let body = format!("{{\"error\":\"{error}\",\"error_description\":\"{text}\"}}");
        let fault = Fault::Reply(400, "", Box::leak(body.into_boxed_str()));
        let faults = vec![("/services/oauth2/token", 100, fault)];
        let server = Server::start(State { faults, ..state() }).await;
        let host = server.address.trim_start_matches("http://").to_owned();
        let shown = tokio::task::spawn_blocking(move || {
            let env = Env::new();
            env.write("url.txt", format!("force://PlatformCLI::PLANTEDsecret@{host}"));
            env.run(&["org", "login", "acme", "--auth-url-file", "url.txt"])
        })
        .await
        .unwrap();
        assert_eq!(shown.code, 1);
        for words in [format!("{text} ({error})").as_str(), means, way_out] {
            assert!(shown.stderr.contains(words), "{words}: {}", shown.stderr);
        }
        assert!(!shown.stderr.contains("sign in again"), "{}", shown.stderr);
    }
}

#[tokio::test]
async fn an_org_is_displayed() {
    let server = Server::start(state()).await;
    let run = run(&server, &["org", "display", "--format", "json"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&shown["id"], &shown["source"]), (&json!(ORG_ID), &json!("environment")));
}

#[tokio::test]
async fn a_login_by_auth_url_is_kept_and_used_and_forgotten() {
    let server = Server::start(state()).await;
    let host = server.address.trim_start_matches("http://").to_owned();
    let runs = tokio::task::spawn_blocking(move || {
        let env = Env::new();
        env.write("url.txt", format!("force://PlatformCLI::PLANTEDsecret@{host}"));
        let login = env.run(&["org", "login", "acme", "--auth-url-file", "url.txt"]);
        let list = env.run(&["org", "list", "--format", "json"]);
        let display = env.run(&["org", "display", "--org", "acme"]);
        let logout = env.run(&["org", "logout", "acme"]);
        let again = env.run(&["org", "logout", "acme"]);
        [login, list, display, logout, again]
    })
    .await
    .unwrap();
    for run in &runs {
        assert!(!format!("{run:?}").contains("PLANTED"), "{run:?}");
    }
    let codes: Vec<i32> = runs.iter().map(|run| run.code).collect();
    assert_eq!(codes, [0, 0, 0, 0, 1], "{runs:#?}");
    assert!(
        runs[1].stdout.contains("\"acme\"") && runs[2].stdout.contains("refresh token"),
        "{runs:#?}"
    );
}

#[test]
fn an_org_that_nobody_knows_or_names_is_said() {
    let env = Env::new();
    let run = env.run(&["diff", "--template", "ampersand", "--set", "app=x"]);
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("--org") && run.stderr.contains("--from"), "{}", run.stderr);
    let mut command = env.command();
    command
        .args(["diff", "--template", "ampersand", "--set", "app=x", "--org", "nowhere"])
        .env("PATH", env.folder());
    let run = finish(command.output().unwrap());
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("nowhere") && run.stderr.contains("hint:"), "{}", run.stderr);
    let mut command = env.command();
    command
        .args(["org", "display"])
        .env("SF_ACCESS_TOKEN", TOKEN)
        .env("SF_ORG_INSTANCE_URL", "http://acme.example.com");
    let run = finish(command.output().unwrap());
    assert_eq!(run.code, 1, "http is for loopback alone");
    assert!(run.stderr.contains("in the clear") && !run.stderr.contains(TOKEN), "{}", run.stderr);
}
