//! Many orgs behind one server: apart from one another, all at once, and each as often wrong as it
//! is told to be.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use sfsetup::demo::{Fault, Faults, Orgs, serve};
use sfsetup::org::auth::Session;
use sfsetup::org::{ConnectOptions, Org, OrgError};

use crate::support::{Env, end};

async fn connect(name: &str, token: &str, url: &str) -> Result<Org, OrgError> {
    let session = Session::from_access_token(name, &SecretString::from(token), url, "test")?;
    Org::connect(session, ConnectOptions::default()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_come_at_once_wait_at_once() {
    let latency = Duration::from_millis(500);
    let orgs = Orgs::many(32, |store| store).with_latency(latency);
    let faults = Faults::none().always("o0007/*", Fault::ApiDisabled);
    let running = serve(orgs, None, faults).await.unwrap();
    let url = running.url();
    let began = Instant::now();
    let all = running.orgs().ways_in().map(|(name, token)| {
        let url = &url;
        async move { (name, connect(name, &token, url).await) }
    });
    let all = futures::future::join_all(all).await;
    // Two calls each: in a row they would take 32 seconds.
    assert!(began.elapsed() >= latency * 2, "{:?}", began.elapsed());
    assert!(began.elapsed() < latency * 20, "{:?}", began.elapsed());
    let mut ids = std::collections::BTreeSet::new();
    for (name, org) in &all {
        match org {
            Ok(org) => assert!(ids.insert(org.identity().id.clone()), "{name}"),
            Err(error) => {
                assert_eq!((*name, error.code.as_deref()), ("o0007", Some("API_DISABLED_FOR_ORG")))
            }
        }
    }
    assert_eq!(ids.len(), 31);
    assert!(running.calls().iter().any(|call| call == "o0003/query"), "{:?}", running.calls());
    running.stop().await;
}

/// Serves as a user does, and gives the shell's line.
fn served(env: &Env, arguments: &[&str]) -> (Child, String) {
    let mut command = env.command();
    command.args(["demo", "serve"]).args(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
    (child, line.trim_end().to_owned())
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_of_a_served_fleet_lead_into_each_org() {
    let env = Env::new();
    env.write("faults.json", r#"[{"call": "o0002/*", "fault": "invalid-session"}]"#);
    let serve = ["--orgs", "9", "--into", "fleet", "--faults", "faults.json", "--latency", "10"];
    let (mut child, line) = served(&env, &serve);
    assert_eq!(line, ". ./fleet/tokens.sh");
    let program = env!("CARGO_BIN_EXE_sfsetup");
    let said = |arguments: &str| {
        let config = "--config fleet/orgs.toml --set app=Ampersand --set read=Account --set \
                      user=ampersand.integration@harbourlight.example.com";
        let mut shell = env.shell(&format!("{line}; {program} {arguments} {config}"));
        crate::support::finish(shell.output().unwrap())
    };
    let diff = "diff --template ampersand --format json";
    // Bit 3 of its number sets the app's relaxation of IP addresses right.
    let state = |org: &str| {
        let run = said(&format!("{diff} --org {org}"));
        assert_eq!(run.code, 2, "{run:?}");
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let findings = answer["orgs"][0]["findings"].as_array().unwrap().clone();
        let of_app = |one: &&serde_json::Value| one["path"] == "oauthPolicy.ipRelaxation";
        findings.iter().find(of_app).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!([state("o0001"), state("o0008")], ["differs", "in-sync"].map(str::to_owned));
    let run = said(&format!("{diff} --org o0002"));
    assert!(run.code == 1 && run.stdout.contains("INVALID_SESSION_ID"), "{run:?}");
    // What is done to one is done to no other.
    let run = said("deploy --template ampersand --yes --org o0003");
    assert_eq!(run.code, 0, "{run:?}");
    let run = said("diff --template ampersand --org o0003");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(state("o0004"), "differs");
    let table = std::fs::read_to_string(env.folder().join("fleet/orgs.csv")).unwrap();
    assert!(table.starts_with("org,instance_url,access_token_env\no0001,http://127.0.0.1:"));
    assert_eq!(table.lines().count(), 10);
    let stop = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(stop.success());
    child.wait().unwrap();

    // It writes its own files anew, and nobody else's.
    let (mut child, _) = served(&env, &["--orgs", "2", "--into", "fleet"]);
    child.kill().unwrap();
    child.wait().unwrap();
    env.write("fleet/tokens.sh", "mine");
    let (child, line) = served(&env, &["--orgs", "2", "--into", "fleet"]);
    let run = end(child).await;
    assert!(line.is_empty() && run.code == 1 && run.stderr.contains("has not written"), "{run:?}");
    assert_eq!(std::fs::read(env.folder().join("fleet/tokens.sh")).unwrap(), b"mine");
    for (text, words) in [("[{\"call\": \"x\", \"fault\": \"y\"}]", "unknown variant"), ("", "EOF")]
    {
        env.write("faults.json", text);
        let run = env.run(&["demo", "serve", "--faults", "faults.json"]);
        assert!(run.code == 64 && run.stderr.contains(words), "{run:?}");
    }
}
