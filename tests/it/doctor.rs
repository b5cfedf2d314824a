//! `doctor`: what works here and with an org, what stops the work, and that a bundle holds nothing
//! that must not be seen.

use sfsetup::demo::{Fault, FaultRule, Faults, Store, serve};

use crate::json::document;
use crate::support::{Env, Run, ended, finish};

/// The outcome and the words of each check, by its name.
fn checks(run: &Run) -> Vec<(String, String, String)> {
    let all = document(&run.stdout, "doctor", run);
    assert_eq!(all["works"] == true, run.code == 0, "{run:?}");
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or("").to_owned();
    let checks = all["checks"].as_array().unwrap().iter();
    checks
        .map(|one| {
            let words = format!("{} {}", text(one, "found"), text(one, "advice"));
            (text(one, "name"), text(one, "outcome"), words)
        })
        .collect()
}

#[track_caller]
fn is(run: &Run, name: &str, outcome: &str, words: &str) {
    let all = checks(run);
    let found =
        all.iter().any(|(one, how, found)| one == name && how == outcome && found.contains(words));
    assert!(found, "{name} is not {outcome} with `{words}`: {all:#?}");
}

const JSON: [&str; 3] = ["doctor", "--format", "json"];

#[test]
fn without_an_org_no_network_is_needed() {
    let env = Env::new();
    let mut command = env.command();
    // No `sf`, and a proxy at which nobody is.
    command.env("PATH", env.folder()).env("HTTPS_PROXY", "http://127.0.0.1:9");
    let run = finish(command.args(JSON).output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    is(&run, "configuration", "ok", "no sfsetup.toml");
    is(&run, "environment", "ok", "HTTPS_PROXY");
    is(&run, "keyring", "ok", "SFSETUP_KEYRING is off");
    is(&run, "state", "ok", "is made when it is needed");
    is(&run, "journal", "ok", "0 deploys");
    is(&run, "sf", "ok", "not installed");
    is(&run, "org", "not-checked", "--org");
    assert!(checks(&run).iter().all(|(name, ..)| name != "network"), "{run:?}");
    // Nothing was made.
    assert!(!env.folder().join("state").exists());
}

#[test]
fn an_org_is_looked_at_with_what_a_template_asks() {
    let env = Env::new();
    env.write("sfsetup.toml", "org = \"demo\"\ntemplates = [\"ampersand\"]\n");
    let run = env.run(&JSON);
    assert_eq!(run.code, 0, "{run:?}");
    is(&run, "configuration", "ok", "org demo (sfsetup.toml, line 1)");
    is(&run, "org", "ok", "demo");
    is(&run, "sign-in", "ok", "00D");
    is(&run, "requests", "ok", "left for today");
    is(&run, "rights", "ok", "ampersand: this user may read what it asks for");
    let text = env.run(&["doctor"]);
    assert!(text.stdout.ends_with("Nothing stands in the way.\n"), "{text:?}");
    let mut command = env.command();
    command.env("CI", "1").env("SOURCE_DATE_EPOCH", "1").env("NO_COLOR", "1").env("LESS", "R");
    command.env("SFSETUP_PAGER", "cat").env("https_proxy", "http://127.0.0.1:9");
    let text = finish(command.arg("doctor").output().unwrap());
    assert!(text.stdout.contains("https_proxy"), "{text:?}");
    assert!(text.stdout.lines().all(|line| line.chars().count() <= 100), "{text:?}");
}

#[test]
fn what_stops_the_work_ends_with_1_and_says_what_to_do() {
    let env = Env::new();
    env.write("sfsetup.toml", "orgg = \"demo\"\n");
    let run = env.run(&JSON);
    assert_eq!(run.code, 1);
    is(&run, "configuration", "stops", "did you mean `org`?");
    env.write("sfsetup.toml", "");

    let run = env.run(&[&JSON[..], &["--org", "nobody"]].concat());
    assert_eq!(run.code, 1);
    is(&run, "sign-in", "stops", "nobody");

    env.write("state", "a file in the place of the folder");
    let run = env.run(&JSON);
    is(&run, "state", "stops", "XDG_STATE_HOME");
    std::fs::remove_file(env.folder().join("state")).unwrap();

    let mut command = env.command();
    command.env("SSL_CERT_FILE", env.write("none.pem", "no certificate"));
    let run = finish(command.args(JSON).output().unwrap());
    is(&run, "certificates", "stops", "no certificate in PEM form");
    let text = env.run(&["doctor", "--org", "nobody"]);
    assert!(text.code == 1 && text.stdout.contains("do: "), "{text:?}");
}

#[test]
fn a_dead_proxy_and_a_closed_port_are_told_apart() {
    let env = Env::new();
    let at = |address: &str, proxy: Option<&str>| {
        let mut command = env.command();
        command
            .env("SF_ACCESS_TOKEN", "00D000000000001!PLANTED")
            .env("SF_ORG_INSTANCE_URL", address);
        if let Some(proxy) = proxy {
            command.env("HTTPS_PROXY", proxy);
        }
        finish(command.args(JSON).output().unwrap())
    };
    let proxied = at("https://acme.my.salesforce.com", Some("http://me:PLANTEDTOO@127.0.0.1:9"));
    is(&proxied, "network", "stops", "through http://127.0.0.1:9 (HTTPS_PROXY)");
    is(&proxied, "sign-in", "not-checked", "not reached");
    let closed = at("http://127.0.0.1:9", None);
    is(&closed, "network", "stops", "does not take the connection");
    let strange = at("https://evil.example.com", Some("http://127.0.0.1:9"));
    is(&strange, "network", "stops", "--allow-host evil.example.com");
    for run in [proxied, closed, strange] {
        assert!(!run.stdout.contains("PLANTED") && !run.stderr.contains("PLANTED"), "{run:?}");
    }
}

/// Who may not read metadata is told so before a diff fails, as is a clock that is off, and a session
/// that has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_user_lacks_stops_the_work() {
    let store = Store::in_memory();
    let lesser = store.token_of("ampersand.integration@harbourlight.example.com").unwrap();
    let whole = store.token();
    let running = serve(store, None, Faults::none()).await.unwrap();
    let env = Env::new();
    let signed_in = |token: &str| {
        let mut command = env.command();
        command.env("SF_ACCESS_TOKEN", token).env("SF_ORG_INSTANCE_URL", running.url());
        command.args(JSON).args(["--template", "ampersand"]);
        ended(command)
    };
    let run = signed_in(&lesser).await;
    is(&run, "rights", "stops", "lacks Modify Metadata Through Metadata API Functions");
    is(&run, "clock", "ok", "agrees");
    let run = signed_in(&whole).await;
    is(&run, "rights", "ok", "this user may read what it asks for");
    let fault = Fault::InvalidSession;
    running.fault(FaultRule { call: "*".to_owned(), fault, after: 0, times: None });
    let run = signed_in(&whole).await;
    is(&run, "network", "ok", "answers");
    is(&run, "sign-in", "stops", "INVALID_SESSION_ID");

    let store = Store::in_memory().with_clock(3600);
    let token = store.token();
    let running = serve(store, None, Faults::none()).await.unwrap();
    let mut command = env.command();
    command.env("SF_ACCESS_TOKEN", token).env("SF_ORG_INSTANCE_URL", running.url()).args(JSON);
    is(&ended(command).await, "clock", "warning", "s behind the org's");
}

#[cfg(unix)]
#[test]
fn what_others_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = Env::new();
    let folder = env.folder().join("config").join("sfsetup").join("logins");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    is(&env.run(&JSON), "logins", "warning", "chmod -R go=");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    is(&env.run(&JSON), "logins", "ok", "none of sfsetup's own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_holds_no_secret_wherever_one_is_planted() {
    let store = Store::in_memory();
    let token = store.token();
    let running = serve(store, None, Faults::none()).await.unwrap();
    let env = Env::new();
    let planted = ["PLANTEDPASSWORD", "PLANTEDHUSH", "PLANTEDUSER", token.as_str()];
    env.write(
        "sfsetup.toml",
        "# PLANTEDHUSH\ntemplates = [\"ampersand\"]\n[parameters]\nuser = \
         \"PLANTEDUSER@acme.example.com\"\napp = \"Ampersand\"\nclient_secret = \"PLANTEDHUSH\"\n\
         link = \"https://me:PLANTEDHUSH@acme.example.com\"\n",
    );
    let logins = env.folder().join("config").join("sfsetup").join("logins");
    std::fs::create_dir_all(&logins).unwrap();
    std::fs::write(logins.join("broken.json"), "{\"refresh_token\": \"PLANTEDHUSH\"").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&logins, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    for name in ["support.zip", "support.json"] {
        let mut command = env.command();
        command
            .args(["doctor", "--bundle", name, "-vvv"])
            .env("SF_ACCESS_TOKEN", &token)
            .env("SF_ORG_INSTANCE_URL", running.url())
            .env("HTTPS_PROXY", "http://joe:PLANTEDPASSWORD@127.0.0.1:9");
        let run = ended(command).await;
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stdout.contains("rights"), "{run:?}");
        assert!(run.stderr.contains("read it before you send it"), "{run:?}");
        let bytes = std::fs::read(env.folder().join(name)).unwrap();
        let files = match name.ends_with("zip") {
            true => {
                let files =
                    sfsetup::metadata::archive::read_zip(&bytes, &Default::default()).unwrap();
                let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(names, ["doctor.json", "doctor.txt", "sfsetup.toml"]);
                files
            }
            false => vec![(name.to_owned(), bytes)],
        };
        for (file, bytes) in files {
            let text = String::from_utf8(bytes).unwrap();
            let home = env.folder().to_str().unwrap();
            for secret in planted.iter().chain([&home]) {
                assert!(!text.contains(secret), "{file} holds `{secret}`: {text}");
            }
            // What helps is there.
            assert!(text.contains("ampersand"), "{file}: {text}");
        }
        for secret in &planted[..2] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run:?}");
        }
        assert!(!run.stdout.contains(&token), "{run:?}");
    }
    // A value in the wrong place is quoted by what is said of it.
    env.write("sfsetup.toml", "templates = \"PLANTEDHUSH\"\n");
    for name in ["support.zip", "support.json"] {
        let run = env.run(&["doctor", "--bundle", name]);
        assert!(run.code == 1 && run.stdout.contains("PLANTEDHUSH"), "{run:?}");
        let bytes = std::fs::read(env.folder().join(name)).unwrap();
        let files = match name.ends_with("zip") {
            true => sfsetup::metadata::archive::read_zip(&bytes, &Default::default()).unwrap(),
            false => [(name.to_owned(), bytes)].into_iter().collect(),
        };
        for (file, bytes) in files {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("PLANTEDHUSH") && text.contains("(hidden)"), "{file}: {text}");
        }
    }
    env.write("again.zip", "a bundle");
    let run = env.run(&["doctor", "--bundle", "again.zip"]);
    assert!(run.stderr.contains("`again.zip` is there already, and is written over"), "{run:?}");
    let run = env.run(&["doctor", "--bundle", "support.txt"]);
    assert!(run.code == 64 && run.stderr.contains("`.zip` or `.json`"), "{run:?}");
}
