//! `why`: from a vendor's text to the cause, by the error alone and on the demo org, in every form.

use std::collections::BTreeSet;

use sfsetup::demo::{Fault, FaultRule, Faults, Store, Story};

use crate::json::document;
use crate::lab::{Lab, refresh_token};
use crate::support::{Env, Run};

const OVER: &str = "invalid_grant: expired access/refresh token";

fn told(run: &Run, code: i32) -> serde_json::Value {
    assert_eq!(run.code, code, "{run:?}");
    document(&run.stdout, "why", run)
}

/// What a command prints, without what another run has otherwise.
fn shown(env: &Env, line: &[&str]) -> String {
    let mut command = env.command();
    command.env("TZ", "CET-1").args(line);
    let run = crate::support::finish(command.output().unwrap());
    assert!(run.code == 2, "{run:?}");
    let mut out = String::new();
    for line in run.stdout.lines() {
        // When it was asked, and the port of the demo org.
        let line = line.split(", since ").next().unwrap_or_default();
        let at = line.find("http://127.0.0.1:").map(|at| at + "http://127.0.0.1:".len());
        let line = match at {
            Some(at) => {
                let port = line[at..].bytes().take_while(u8::is_ascii_digit).count();
                format!("{}PORT{}", &line[..at], &line[at + port..])
            }
            None => line.to_owned(),
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn an_error_alone_needs_no_org() {
    let env = Env::new();
    let mut command = env.command();
    command.env("PATH", env.folder()).env("HTTPS_PROXY", "http://127.0.0.1:9");
    let run = crate::support::finish(
        command.args(["why", "--error", OVER, "--format", "json"]).output().unwrap(),
    );
    let found = told(&run, 2);
    assert_eq!((&found["verdict"], &found["org"]), (&"by-error".into(), &serde_json::Value::Null));
    assert_eq!(found["symptom"]["refusal"], "token-over");
    let possible = found["possible"].as_array().unwrap();
    let usual = possible.iter().filter(|one| one["is_usual"] == true).count();
    assert!(usual == 7 && possible[0]["is_usual"] == true, "{possible:#?}");
    let page = "https://acme.my.salesforce.com/setup/secur/RemoteAccessErrorPage.apexp?error=\
                OAUTH_APP_BLOCKED&error_description=this+app+is+blocked+by+admin";
    let run = env.run(&["why", "--error", page]);
    assert!(run.code == 2 && run.stdout.contains("Connected Apps OAuth Usage"), "{run:?}");
    let run = env.run(&["why", "--error", "the dog ate it"]);
    assert!(run.code == 0 && run.stdout.starts_with("Nothing is known"), "{run:?}");
    let run = env.run(&["why"]);
    assert!(run.code == 64 && run.stderr.contains("--error"), "{run:?}");
}

#[test]
fn a_token_in_an_error_is_neither_shown_nor_written() {
    let env = Env::new();
    let error = "invalid_grant Bearer 00D5g00000AbCdE!AQEAQPLANTED.Session_Key 5Aep861PLANTEDTOKEN";
    for format in ["text", "json", "markdown", "html"] {
        let run = env.run(&["why", "--error", error, "--format", format]);
        assert!(!format!("{run:?}").contains("PLANTED"), "{run:?}");
    }
}

#[test]
fn the_demo_org_tells_what_fits_and_which_step_it_breaks() {
    let env = Env::new();
    let line = ["why", "-q", "--template", "ampersand", "--org", "demo", "--error", OVER];
    insta::assert_snapshot!("why", shown(&env, &line));
    let run = env.run(&[&line[..], &["--format", "json"]].concat());
    let found = told(&run, 2);
    assert_eq!(found["verdict"], "consistent");
    let first = &found["consistent"][0];
    assert_eq!(first["rule"], "refresh-policy-zero");
    assert_eq!(first["step"]["step"], "refresh-token");
    assert_eq!(first["way_out"]["package"], "sfsetup deploy --template ampersand --org demo");
    for (file, words) in [("why.html", "class=\"item missing\""), ("why.md", "#### What happened")]
    {
        let run = env.run(&[&line[..], &["--out", file]].concat());
        assert!(run.code == 2 && run.stdout.is_empty(), "{run:?}");
        let text = std::fs::read_to_string(env.folder().join(file)).unwrap();
        assert!(text.contains(words) && text.contains("refresh-token"), "{text}");
        assert!(!text.contains("<script"), "{text}");
    }
    // By package, and looked at again.
    let run = env.run(&["deploy", "--template", "ampersand", "--org", "demo", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = env.run(&[&line[..], &["--format", "json"]].concat());
    let found = told(&run, 2);
    assert_ne!(found["consistent"][0]["rule"], "refresh-policy-zero", "{found:#}");
    assert_eq!(found["other_steps"], serde_json::json!([]));
    let out = found["ruled_out"].as_array().unwrap();
    assert!(out.iter().any(|one| one["rule"] == "refresh-policy-zero"), "{found:#}");
}

#[test]
fn who_knows_neither_app_nor_user_is_told_which_there_are() {
    let env = Env::new();
    let run = env.run(&["why", "--org", "demo"]);
    assert_eq!(run.code, 64, "{run:?}");
    for words in ["--app", "--user", "Ampersand", "sam.pereira@harbourlight.example.com"] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    let run = env.run(&["why", "--org", "demo", "--set", "app=X"]);
    assert!(run.code == 64 && run.stderr.contains("no template is named"), "{run:?}");
    // Of an app that one user was seen with they are taken.
    let run = env.run(&["why", "--org", "demo", "--app", "Ampersand", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(found["user"], "ampersand.integration@harbourlight.example.com", "{found:#}");
    assert!(run.stderr.contains("the one seen with Ampersand"), "{run:?}");
}

/// Names that the org does not have are no reason to say that all is well, or that an app went.
#[test]
fn who_is_not_there_is_told_by_name() {
    let env = Env::new();
    let user = "ampersand.integration@harbourlight.example.com";
    let nobody = "nobody@harbourlight.example.com";
    let run = env.run(&["why", "--org", "demo", "--app", "Ampersand", "--user", nobody]);
    assert!(run.code == 64 && run.stdout.is_empty(), "{run:?}");
    assert!(run.stderr.contains(&format!("this org has no user {nobody}")), "{run:?}");
    assert!(
        run.stderr.contains(&format!("users of Ampersand seen in this org: {user}")),
        "{run:?}"
    );
    let run = env.run(&["why", "--org", "demo", "--app", "Nope", "--user", user]);
    assert!(run.code == 64 && run.stdout.is_empty(), "{run:?}");
    for words in ["this org knows no app Nope", "apps seen in this org: Ampersand"] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    // Another's grants and sign-ins are not this user's, and no sandbox was refreshed.
    let other = "robin.alder@harbourlight.example.com";
    let line = ["why", "--org", "demo", "--app", "Ampersand", "--user", other, "--error", OVER];
    let run = env.run(&line);
    let first = format!("{other} is not seen to have used Ampersand here: {user} has");
    assert_eq!(run.stdout.lines().next(), Some(first.as_str()), "{run:?}");
    assert!(run.stdout.contains(&format!("ask again with `--user {user}`")), "{run:?}");
    assert!(!run.stdout.contains("went all tokens\n"), "{run:?}");
}

#[tokio::test]
async fn a_user_who_was_frozen_is_the_cause_with_its_row() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let refresh = refresh_token(&lab.running).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = lab.running.url();
    let get = async |soql: &str| -> serde_json::Value {
        let call = client.get(format!("{url}/services/data/v67.0/query")).query(&[("q", soql)]);
        call.bearer_auth(&lab.running.token).send().await.unwrap().json().await.unwrap()
    };
    // An org tells times in whole seconds.
    let second = || tokio::time::sleep(std::time::Duration::from_millis(1100));
    let rows = get("SELECT UserId FROM LoginHistory ORDER BY LoginTime DESC LIMIT 1").await;
    let id = rows["records"][0]["UserId"].as_str().unwrap().to_owned();
    let user = get(&format!("SELECT Username FROM User WHERE Id = '{id}'")).await;
    let user = user["records"][0]["Username"].as_str().unwrap().to_owned();
    let asked = ["why", "--app", "Salesforce CLI", "--user", &user, "--format", "json"];
    let found = told(&lab.run(&asked).await, 0);
    assert_eq!(found["verdict"], "nothing");
    assert!(found["stop"]["last_good"].is_string(), "{found:#}");

    second().await;
    let login = get(&format!("SELECT Id FROM UserLogin WHERE UserId = '{id}'")).await;
    let login = login["records"][0]["Id"].as_str().unwrap().to_owned();
    let frozen = client
        .patch(format!("{url}/services/data/v67.0/sobjects/UserLogin/{login}"))
        .bearer_auth(&lab.running.token)
        .body("{\"IsFrozen\": true}");
    assert_eq!(frozen.send().await.unwrap().status(), 204);
    second().await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "PlatformCLI"),
        ("refresh_token", refresh.as_str()),
    ];
    let denied = client.post(format!("{url}/services/oauth2/token")).form(&form).send().await;
    assert_eq!(denied.unwrap().status(), 400);
    let found = told(&lab.run(&asked).await, 2);
    let cause = &found["cause"];
    assert_eq!(cause["rule"], "user-frozen", "{found:#}");
    assert!(cause["explains"] == true && cause["is_between"] == true, "{cause:#}");
    assert!(cause["began"]["by"].is_string(), "{cause:#}");
    let evidence = cause["evidence"].as_array().unwrap();
    let is_row = |one: &serde_json::Value| {
        one["of"] == "LoginHistory" && one["id"].as_str().is_some_and(|id| id.starts_with("0Ya"))
    };
    assert!(evidence.iter().any(is_row), "{cause:#}");
    let page = lab.run(&[&asked[..5], &["--format", "html"]].concat()).await;
    assert!(page.stdout.contains("<svg") && page.stdout.contains("role=\"img\""), "{page:?}");
    let text = lab.run(&asked[..5]).await;
    assert!(text.stdout.starts_with("It stopped at "), "{text:?}");
    assert!(text.stdout.lines().next().unwrap().contains(" froze the user at "), "{text:?}");
}

/// Who may not see sign-ins and grants of others is shown none, without a word: that is not that
/// there are none.
#[tokio::test]
async fn who_lacks_rights_is_told_which_would_show_it() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let token = lab.running.store().token_of("warehouse.sync@harbourlight.example.com").unwrap();
    let user = "ampersand.integration@harbourlight.example.com";
    let asked = ["why", "--app", "Ampersand", "--user", user, "--error", OVER];
    let mut command = lab.command(&[&asked[..], &["--format", "json"]].concat());
    command.env("SF_ACCESS_TOKEN", &token);
    let run = lab.finished(command).await;
    let found = document(&run.stdout, "why", &run);
    assert_eq!(found["cause"], serde_json::Value::Null, "{found:#}");
    let unseen = found["unseen"].as_array().unwrap();
    let right_of = |what: &str| {
        let one = unseen.iter().find(|one| one["what"].as_str().unwrap().contains(what));
        one.unwrap_or_else(|| panic!("{what} was seen: {found:#}"))["right"].as_str()
    };
    for (what, right) in [
        ("LoginHistory", "Monitor Login History (or Manage Users)"),
        ("OauthToken", "Customize Application"),
        ("SetupAuditTrail", "View Setup and Configuration"),
        ("UserLogin", "Manage Users"),
    ] {
        assert_eq!(right_of(what), Some(right), "{found:#}");
    }
    let out = found["ruled_out"].as_array().unwrap();
    let is_guessed = |one: &serde_json::Value| one["rule"] == "evicted-by-approval";
    assert!(!out.iter().any(is_guessed), "{found:#}");
}

/// An org whose requests are used up answers none of ours either: that is the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_org_that_answers_nobody_is_told_from_one_that_cannot_be_reached() {
    for call in ["*", "query"] {
        let faults = Faults::none().always(call, Fault::RequestLimit);
        let lab = Lab::new(Store::in_memory(), faults).await;
        let line = ["why", "-q", "--app", "Ampersand", "--user", "u@harbourlight.example.com"];
        let run = lab.run(&[&line[..], &["--format", "json"]].concat()).await;
        let found = told(&run, 2);
        assert_eq!(found["cause"]["rule"], "api-limit", "{call}: {found:#}");
        let shown = found["cause"]["evidence"][0]["words"].as_str().unwrap();
        assert!(shown.contains("REQUEST_LIMIT_EXCEEDED"), "{found:#}");
        assert_eq!(found["unseen"].as_array().unwrap().len(), 1, "{found:#}");
        let text = lab.run(&line).await;
        let first = text.stdout.lines().next().unwrap();
        assert_eq!(first, "It does not work: the org's API requests of the day are used up");
    }
    // Another error does not come of it, and of that nothing could be seen.
    let faults = Faults::none().always("*", Fault::RequestLimit);
    let lab = Lab::new(Store::in_memory(), faults).await;
    let line = ["why", "-q", "--app", "A", "--user", "u@x.example", "--error", OVER];
    let run = lab.run(&line).await;
    assert!(run.code == 1 && run.stdout.starts_with("The org answers no question"), "{run:?}");
    // A session that is not valid is ours.
    let faults = Faults::none().always("*", Fault::InvalidSession);
    let lab = Lab::new(Store::in_memory(), faults).await;
    let run = lab.run(&["why", "-q", "--app", "A", "--user", "u@harbourlight.example.com"]).await;
    assert!(run.code == 1 && run.stderr.contains("INVALID_SESSION_ID"), "{run:?}");
}

/// What was answered stands, and that an org stops to answer half way proves nothing of before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_org_that_stops_to_answer_half_way_accuses_nobody() {
    const USER: &str = "ampersand.integration@harbourlight.example.com";
    let line = ["why", "-q", "--app", "Ampersand", "--user", USER, "--format", "json"];
    let mut causes = BTreeSet::new();
    for after in (0..36).step_by(3) {
        let rules = vec![FaultRule {
            call: "*".to_owned(),
            fault: Fault::RequestLimit,
            after,
            times: None,
        }];
        let store = Store::in_memory();
        store.play(&[Story::UserFrozen]).unwrap();
        let lab = Lab::new(store, Faults { rules, ..Faults::none() }).await;
        let run = lab.run(&line).await;
        assert_eq!(run.code, 2, "{after}: {run:?}");
        let found = document(&run.stdout, "why", &run);
        let cause = found["cause"]["rule"].as_str().unwrap_or_default().to_owned();
        // Nothing was answered yet that tells of the org.
        let may_be: &[&str] = if after == 0 { &["api-limit"] } else { &["", "user-frozen"] };
        assert!(may_be.contains(&cause.as_str()), "{after}: {found:#}");
        if cause.is_empty() {
            assert_eq!(found["consistent"][0]["rule"], "api-limit", "{after}: {found:#}");
        }
        causes.insert(cause);
    }
    assert_eq!(causes.len(), 3, "{causes:?}");
    // Who names no user is told of it too, and not that none is named.
    for after in [2, 3, 5] {
        let rules = vec![FaultRule {
            call: "*".to_owned(),
            fault: Fault::RequestLimit,
            after,
            times: None,
        }];
        let lab = Lab::new(Store::in_memory(), Faults { rules, ..Faults::none() }).await;
        let run = lab.run(&["why", "-q", "--app", "Ampersand"]).await;
        assert!(run.code == 2 && run.stdout.contains("REQUEST_LIMIT_EXCEEDED"), "{run:?}");
    }
}

/// One answer that cannot be read hides no others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odd_answer_hides_no_others() {
    const USER: &str = "ampersand.integration@harbourlight.example.com";
    for fault in [Fault::Html, Fault::ServerError, Fault::NotFound] {
        let store = Store::in_memory();
        store.play(&[Story::UserFrozen]).unwrap();
        let lab = Lab::new(store, Faults::none().always("limits", fault.clone())).await;
        let line = ["why", "-q", "--app", "Ampersand", "--user", USER, "--format", "json"];
        let found = told(&lab.run(&line).await, 2);
        assert_eq!(found["cause"]["rule"], "user-frozen", "{fault:?}: {found:#}");
        let unseen = found["unseen"].as_array().unwrap();
        let is_limits = |one: &serde_json::Value| one["what"].as_str().unwrap().contains("limits");
        assert!(unseen.iter().any(is_limits), "{fault:?}: {found:#}");
    }
}
