//! Secrets: planted wherever a run reads one, and searched for in all that it prints and writes,
//! however much it is asked to say.

use std::path::{Path, PathBuf};

use sfsetup::demo::{Fault, FaultRule, Faults, Running, Store, serve};

use crate::support::{Env, Run, ended};

/// The consumer key and secret of the demo org's app that signs in by client credentials
/// (fixtures/demo).
const KEY: &str = "3MVG9demoHarbourLightWarehouse0002";
const SECRET: &str = "demo-warehouse-secret";

async fn org(fault: Option<Fault>) -> Running {
    let rules = fault
        .into_iter()
        .map(|fault| FaultRule { call: "*".to_owned(), fault, after: 0, times: None })
        .collect();
    serve(Store::in_memory(), None, Faults { rules, by_request: false }).await.unwrap()
}

/// Runs the program as loudly as it goes, apart from this runtime's threads.
async fn loud(env: &Env, token: Option<(&Running, &str)>, arguments: &[&str]) -> Run {
    let mut command = env.command();
    command.args(arguments).arg("-vvv").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    if let Some((running, token)) = token {
        command.env("SF_ACCESS_TOKEN", token).env("SF_ORG_INSTANCE_URL", running.url());
    }
    ended(command).await
}

/// Every file below a folder.
fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// The files that hold one of these texts, besides those that may.
fn holding(env: &Env, secrets: &[&str], may: &[&Path]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(env.folder(), &mut found);
    found.retain(|path| {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        !may.contains(&path.as_path()) && secrets.iter().any(|secret| text.contains(secret))
    });
    found
}

#[track_caller]
fn silent(run: &Run, secrets: &[&str]) {
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    for secret in secrets {
        assert!(
            !run.stdout.contains(secret) && !run.stderr.contains(secret),
            "`{secret}` is shown: {run:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_never_shown_whatever_happens() {
    let faults = [
        None,
        Some(Fault::InvalidSession),
        Some(Fault::Html),
        Some(Fault::HalfBody),
        Some(Fault::ResetAfter),
        Some(Fault::ApiDisabled),
        Some(Fault::RetrieveFails),
    ];
    for fault in faults {
        let running = org(fault.clone()).await;
        let env = Env::new();
        let half = running.token.split_once('!').unwrap().1.to_owned();
        let arguments = [
            "diff",
            "--template",
            "ampersand",
            "--set",
            "app=Ampersand",
            "--set",
            "read=Account",
            "--format",
            "json",
        ];
        let run = loud(
            &env,
            Some((&running, &running.token)),
            &[&arguments[..], &["--timeout", "2", "--out", "report.json"]].concat(),
        )
        .await;
        assert_eq!(run.code, if fault.is_none() { 2 } else { 1 }, "{run:?}");
        silent(&run, &[&half]);
        assert!(holding(&env, &[&half], &[]).is_empty(), "{fault:?}");
        let run = loud(
            &env,
            Some((&running, "00D000000000001!PLANTED.wrong.token")),
            &["org", "display"],
        )
        .await;
        assert_eq!(run.code, 1, "{run:?}");
        silent(&run, &["PLANTED"]);
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_shows_its_secret_to_its_own_file_alone() {
    let running = org(None).await;
    let env = Env::new();
    let secret = env.write("secret", SECRET);
    let login = [
        "org",
        "login",
        "acme",
        "--client-credentials",
        "--client-id",
        KEY,
        "--client-secret-file",
        "secret",
        "--instance-url",
        &running.url(),
    ];
    let run = loud(&env, None, &login).await;
    assert_eq!(run.code, 0, "{run:?}");
    silent(&run, &[SECRET, &running.token]);
    let file = env.folder().join("config/sfsetup/logins/acme.json");
    assert!(
        run.stderr.contains(&format!("kept in {}, readable by you alone", file.display())),
        "{run:?}"
    );
    assert!(std::fs::read_to_string(&file).unwrap().contains("This file is a credential."));
    for arguments in [
        &[
            "diff",
            "--org",
            "acme",
            "--template",
            "ampersand",
            "--set",
            "app=Ampersand",
            "--set",
            "read=Account",
        ][..],
        &["org", "display", "--org", "acme", "--format", "json"],
        &["org", "list", "--format", "json"],
    ] {
        let run = loud(&env, None, arguments).await;
        // The app's user may not read metadata, so that the first is refused; what matters is that
        // it got in.
        assert!(run.code == 0 || run.stderr.contains("INSUFFICIENT_ACCESS"), "{run:?}");
        silent(&run, &[SECRET]);
    }
    assert_eq!(holding(&env, &[SECRET], &[&secret, &file]), Vec::<PathBuf>::new());
    let run = loud(&env, None, &["org", "logout", "acme"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!file.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_org_does_not_take_is_not_shown_either() {
    let running = org(None).await;
    let env = Env::new();
    let secret = env.write("secret", "PLANTED-secret");
    let url = env.write(
        "url",
        format!(
            "force://{KEY}:PLANTED-secret:PLANTED-refresh@{}",
            running.url().trim_start_matches("http://")
        ),
    );
    env.write("no-url", "PLANTED-refresh@example.com");
    let credentials = [
        "--client-credentials",
        "--client-id",
        KEY,
        "--client-secret-file",
        "secret",
        "--instance-url",
        &running.url(),
    ];
    for arguments in [&credentials[..], &["--auth-url-file", "url"], &["--auth-url-file", "no-url"]]
    {
        let run = loud(&env, None, &[&["org", "login", "acme"][..], arguments].concat()).await;
        assert!(run.code == 1 || run.code == 64, "{run:?}");
        assert!(run.stderr.contains("error: "), "{run:?}");
        silent(&run, &["PLANTED"]);
    }
    assert_eq!(
        holding(&env, &["PLANTED"], &[&secret, &url, &env.folder().join("no-url")]),
        Vec::<PathBuf>::new()
    );
}
