//! Signing in with what people have, and what is said where it is something else: the real program,
//! the demo org, and in the place of the `sf` command line a script that answers as it does.

use std::path::PathBuf;

use sfsetup::demo::{Fault, FaultRule, Faults, Running, Store, serve};

use crate::lab::refresh_token;
use crate::support::{Env, Run, ended};

/// The demo org's id (fixtures/demo).
const ORG_ID: &str = "00DWs0000008DemMAE";
/// The demo org's app with a secret (fixtures/demo).
const KEY: &str = "3MVG9demoHarbourLightWarehouse0002";
const SECRET: &str = "demo-warehouse-secret";

struct Desk {
    running: Running,
    env: Env,
}

impl Desk {
    async fn new() -> Self {
        let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
        Self { running, env: Env::new() }
    }

    /// Puts a script in the place of `sf`; `$*` is what it is asked.
    fn sf(&self, body: &str) {
        self.env.script("bin/sf", format!("#!/bin/sh\n{body}\n"));
    }

    /// An `sf` that knows this org by the alias `dev`, which is its default.
    fn sf_with_the_org(&self) {
        self.sf_with_a_token(&self.running.token);
    }

    fn sf_with_a_token(&self, token: &str) {
        self.sf(&format!(
            r#"echo ' › Warning: update available'
case "$*" in
"config get target-org --json") echo '{{"status":0,"result":[{{"name":"target-org","key":"target-org","value":"dev","success":true,"location":"Global"}}],"warnings":[]}}';;
"alias list --json") echo '{{"status":0,"result":[{{"alias":"dev","value":"a@b.example.com"}}]}}';;
"org display --target-org dev --json"|"org display --target-org a@b.example.com --json") echo '{{"status":0,"result":{{"id":"{ORG_ID}","instanceUrl":"{url}","username":"a@b.example.com","accessToken":"[REDACTED] Use x"}}}}';;
"org auth show-access-token --target-org "*) echo '{{"status":0,"result":{{"accessToken":"{token}"}}}}';;
*) echo '{{"status":1,"name":"NamedOrgNotFoundError","message":"No authorization information found for it."}}'; exit 1;;
esac"#,
            url = self.running.url(),
        ));
    }

    async fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = self.env.command();
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .args(arguments)
            .env("PATH", format!("{}/bin:{path}", self.env.folder().display()))
            .envs(variables.iter().copied());
        let run = ended(command).await;
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(!shown.contains(&self.running.token), "the token is shown: {shown}");
        assert!(!shown.contains("panicked"), "{shown}");
        run
    }

    async fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(&[], arguments).await
    }

    fn login(&self, name: &str) -> PathBuf {
        self.env.folder().join(format!("config/sfsetup/logins/{name}.json"))
    }
}

#[track_caller]
fn says(run: &Run, code: i32, texts: &[&str]) {
    assert_eq!(run.code, code, "{run:#?}");
    for text in texts {
        assert!(run.stderr.contains(text), "`{text}` is not said: {}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auth_url_is_taken_as_people_have_it() {
    let desk = Desk::new().await;
    let host = desk.running.url().trim_start_matches("http://").to_owned();
    let url = format!("force://PlatformCLI::{}@{host}", refresh_token(&desk.running).await);
    let json = format!("{{\"status\":0,\"result\":{{\"sfdxAuthUrl\":\"{url}\"}}}}\n");
    let wide: Vec<u8> =
        format!("\u{feff}{json}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("quoted", format!("\"{url}\"\r\n").into_bytes()),
        ("marked", format!("\u{feff}{url}").into_bytes()),
        ("json", json.into_bytes()),
        ("wide", wide),
    ] {
        desk.env.write("file", bytes);
        let run = desk.run(&["org", "login", name, "--auth-url-file", "file"]).await;
        assert_eq!(run.code, 0, "{name}: {run:?}");
        let run = desk.run(&["org", "display", "--org", name]).await;
        assert_eq!(run.code, 0, "{name}: {run:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_json_of_sf_org_display_is_a_login_where_it_holds_a_token() {
    let desk = Desk::new().await;
    let shown = format!(
        "{{\"status\":0,\"result\":{{\"id\":\"{ORG_ID}\",\"instanceUrl\":\"{}\",\
         \"accessToken\":\"{}\"}}}}",
        desk.running.url(),
        desk.running.token
    );
    desk.env.write("shown", &shown);
    let run = desk.run(&["org", "login", "acme", "--auth-url-file", "shown"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(desk.run(&["org", "display", "--org", "acme"]).await.code, 0);
    // The same text where a token is read.
    let run = desk.run_with(&[("SF_ACCESS_TOKEN", &shown)], &["org", "display"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let quoted = format!("\"{}\"", desk.running.token);
    let url = desk.running.url();
    let both = [("SF_ACCESS_TOKEN", quoted.as_str()), ("SF_ORG_INSTANCE_URL", url.as_str())];
    assert_eq!(desk.run_with(&both, &["org", "display"]).await.code, 0);
    desk.env.write("hidden", "{\"result\": {\"accessToken\": \"[REDACTED] Use sf\"}}");
    let run = desk.run(&["org", "login", "x", "--auth-url-file", "hidden"]).await;
    says(&run, 64, &["[REDACTED]", "sf org auth show-sfdx-auth-url --target-org ORG --json"]);
    desk.env.write("none", "hello");
    let run = desk.run(&["org", "login", "x", "--auth-url-file", "none"]).await;
    says(&run, 64, &["force://<client>:<secret>:<token>@<host>"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_login_in_the_environment_is_named_by_its_variable() {
    let desk = Desk::new().await;
    desk.sf("exit 1");
    let url = desk.running.url();
    let token = desk.running.token.clone();
    let display = ["org", "display"];
    let run = desk.run_with(&[("SF_ACCESS_TOKEN", &token)], &display).await;
    says(&run, 64, &["SF_ACCESS_TOKEN is set, and SF_ORG_INSTANCE_URL is not"]);
    let run = desk.run_with(&[("SF_ORG_INSTANCE_URL", &url)], &display).await;
    says(&run, 64, &["no org is named", "SF_ORG_INSTANCE_URL is set, and SF_ACCESS_TOKEN is not"]);
    for (token, address, named) in [
        (
            token.as_str(),
            "http://acme.example.com",
            "hint: the address was read from SF_ORG_INSTANCE_URL, where the org's own belongs",
        ),
        (
            token.as_str(),
            "https://acme.example.com",
            "hint: the address was read from SF_ORG_INSTANCE_URL, where the org's own belongs",
        ),
        ("00D5g00000AbCdE!A B", url.as_str(), "SF_ACCESS_TOKEN"),
        ("[REDACTED] Use sf", url.as_str(), "SF_ACCESS_TOKEN"),
        (
            "force://a:b:c@d.example.com",
            url.as_str(),
            "`printenv SF_ACCESS_TOKEN | sfsetup org login NAME --auth-url-file -`",
        ),
        ("force://a", url.as_str(), "hint: put an access token into SF_ACCESS_TOKEN"),
        // Nobody answers there, or somebody else.
        (
            token.as_str(),
            "http://127.0.0.1:1",
            "hint: the address was read from SF_ORG_INSTANCE_URL",
        ),
    ] {
        let both = [("SF_ACCESS_TOKEN", token), ("SF_ORG_INSTANCE_URL", address)];
        let run = desk.run_with(&both, &display).await;
        says(&run, 1, &[named]);
    }
    let html = FaultRule { call: "*".into(), fault: Fault::Html, after: 0, times: None };
    desk.running.fault(html);
    let both = [("SF_ACCESS_TOKEN", token.as_str()), ("SF_ORG_INSTANCE_URL", url.as_str())];
    let run = desk.run_with(&both, &display).await;
    says(&run, 1, &["hint: the address was read from SF_ORG_INSTANCE_URL"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_of_the_environment_is_no_text_is_not_taken_for_unset_and_quotes_are_no_address() {
    use std::os::unix::ffi::OsStrExt as _;
    let desk = Desk::new().await;
    let url = desk.running.url();
    for name in ["SF_ACCESS_TOKEN", "SF_ORG_INSTANCE_URL", "SFSETUP_ORG"] {
        let mut command = desk.env.command();
        let broken = std::ffi::OsStr::from_bytes(b"00D\xff!PLANTED");
        command.args(["org", "display"]).env("SF_ORG_INSTANCE_URL", &url).env(name, broken);
        let run = ended(command).await;
        says(&run, 1, &[&format!("error: {name} holds what is no text in UTF-8")]);
        assert!(!run.stderr.contains("PLANTED"), "{run:?}");
    }
    let quoted = format!(" \"{url}\"\n");
    let both = [("SF_ACCESS_TOKEN", desk.running.token.as_str()), ("SF_ORG_INSTANCE_URL", &quoted)];
    assert_eq!(desk.run_with(&both, &["org", "display"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_login_is_refused_before_anybody_is_asked() {
    let desk = Desk::new().await;
    desk.env.write("empty", " \n");
    let run = desk.run(&["org", "login", "a\nb"]).await;
    says(&run, 64, &["a login cannot be called", "control character"]);
    let run = desk.run(&["org", "login", "a", "--port", "0"]).await;
    says(&run, 64, &["invalid value '0'"]);
    let url = desk.running.url();
    let secret = ["--client-credentials", "--client-id", KEY, "--client-secret-file", "empty"];
    let address = ["--instance-url", url.as_str()];
    let run = desk.run(&[&["org", "login", "a"], &secret[..], &address].concat()).await;
    says(&run, 64, &["there is no secret in `empty`"]);
    for url in ["force://a:b:@c.example.com", "force://a@b.example.com"] {
        desk.env.write("url", url);
        let run = desk.run(&["org", "login", "a", "--auth-url-file", "url"]).await;
        says(&run, 64, &["SFDX auth URL"]);
    }
    // What turns text stands in no message, whoever writes it.
    let run = desk.run(&["A\u{202e}b\u{9b}"]).await;
    says(&run, 64, &["A\\u202eb\\u009b"]);
    assert!(desk.running.calls().is_empty(), "{:?}", desk.running.calls());
    assert!(!desk.login("a").exists());
}

/// A keyring that does not answer keeps the login: to sign in anew would not take its secret away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_whose_keyring_is_locked_is_not_forgotten() {
    let desk = Desk::new().await;
    let url = desk.running.url();
    let login = serde_json::json!({
        "warning": "", "format": "sfsetup.login/1", "name": "acme", "instance_url": url,
        "login_url": url, "username": null, "org_id": null,
        "credential": { "kind": "keyring", "sort": "refresh token", "id": "0" },
    });
    desk.env.write("config/sfsetup/logins/acme.json", login.to_string());
    let nowhere = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")];
    let run = desk.run_with(&nowhere, &["org", "logout", "acme"]).await;
    let hint = "hint: unlock the keyring, then run the same command again";
    says(&run, 1, &["error: cannot forget the login `acme`", hint]);
    assert!(!run.stderr.contains("sign in anew") && desk.login("acme").exists(), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_without_the_api_is_told_for_one() {
    let desk = Desk::new().await;
    let url = desk.running.url();
    let both = [("SF_ACCESS_TOKEN", desk.running.token.as_str()), ("SF_ORG_INSTANCE_URL", &url)];
    let rule = FaultRule { call: "*".into(), fault: Fault::NotFound, after: 0, times: None };
    desk.running.fault(rule);
    let run = desk.run_with(&both, &["org", "display"]).await;
    let hints = ["is that the address of a Salesforce org", "was read from SF_ORG_INSTANCE_URL"];
    says(&run, 1, &["there is no API at this address", hints[0], hints[1]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_in_place_of_a_name_is_that_of_the_environments_token_or_none() {
    let desk = Desk::new().await;
    let (url, token) = (desk.running.url(), desk.running.token.clone());
    let display = ["org", "display", "--org", url.as_str()];
    let both = [("SF_ACCESS_TOKEN", token.as_str()), ("SF_ORG_INSTANCE_URL", url.as_str())];
    assert_eq!(desk.run_with(&both, &display).await.code, 0);
    for variables in [&[][..], &[both[0], ("SF_ORG_INSTANCE_URL", "https://b.my.salesforce.com")]] {
        let run = desk.run_with(variables, &display).await;
        let login = format!("`sfsetup org login NAME --instance-url {url}`");
        says(&run, 64, &["is an address, and no org goes by it", "from --org", &login]);
    }
    assert!(!desk.running.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_pasted_in_place_of_an_address_is_not_shown() {
    let desk = Desk::new().await;
    let json = r#"{"accessToken":"00D5g00000AbCdE!x","instanceUrl":"a:PLANTED@b.example.com"}"#;
    for (token, address, named) in [
        ("00D5g00000AbCdE!x", "user:PLANTED@acme.my.salesforce.com", "SF_ORG_INSTANCE_URL"),
        ("00D5g00000AbCdE!x", "https://user:PLANTED@acme.my.salesforce.com", "SF_ORG_INSTANCE_URL"),
        ("00D5g00000AbCdE!x", "00D5g00000AbCdE!PLANTED", "SF_ORG_INSTANCE_URL"),
        ("00D5g00000AbCdE!x", " https://00D5g00000AbCdE!PLANTED\n", "SF_ORG_INSTANCE_URL"),
        (json, "", "SF_ACCESS_TOKEN"),
    ] {
        let both = [("SF_ACCESS_TOKEN", token), ("SF_ORG_INSTANCE_URL", address)];
        for command in [&["org", "display"][..], &["rollback", "--list"]] {
            let run = desk.run_with(&both, command).await;
            let what = format!("error: {named} holds no address of an org");
            says(&run, 1, &[&what, "holds no user name, password or token", "hint: set SF_ORG"]);
            let shown = format!("{}{}", run.stdout, run.stderr).to_lowercase();
            assert!(!shown.contains("planted"), "{address}: {shown}");
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_default_org_of_sf_is_taken_where_nobody_names_one_and_the_answer_says_so() {
    let desk = Desk::new().await;
    desk.sf_with_the_org();
    let run = desk.run(&["org", "display"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let from = "sf CLI alias, by `sf config get target-org` (Global)";
    assert!(run.stdout.contains(from), "{}", run.stdout);
    // Where it has to be signed in to again, that is in `sf`, whatever else goes by the name.
    desk.env.write("config/sfsetup/logins/dev.json", "{}");
    desk.sf_with_a_token("00D5g00000AbCdE!PLANTED");
    let run = desk.run(&["org", "display"]).await;
    let at = format!("`sf org login web --instance-url {}`\n", desk.running.url());
    says(&run, 1, &["cannot read the org `a@b.example.com`", "hint: sign in again: ", &at]);
    // An alias that means another org here is not what a hint names.
    desk.sf_with_the_org();
    let run = desk.run(&["deploy", "--template", "ampersand", "--set", "app=A", "--yes"]).await;
    assert!(run.stderr.contains("--org a@b.example.com"), "{run:#?}");
    assert!(!run.stderr.contains("--org dev"), "{run:#?}");
    std::fs::remove_file(desk.login("dev")).unwrap();
    desk.sf_with_a_token("00D5g00000AbCdE!PLANTED");
    let run = desk.run(&["org", "display"]).await;
    let at = format!("`sf org login web --alias dev --instance-url {}`\n", desk.running.url());
    says(&run, 1, &["hint: sign in again: ", &at]);
    // An `sf` that fails is told of, and no login of ours helps where it does not know its own.
    desk.sf("echo 'no home' >&2; exit 3");
    let run = desk.run(&["org", "display"]).await;
    let ends =
        "the sf command line gave no answer: `sf config get` (sf) ends with 3; it says: no home";
    says(&run, 64, &["`sf` does not say which is its default", ends, "`--org NAME`"]);
    let default = r#"{"status":0,"result":[{"value":"old"}]}"#;
    let unknown = r#"{"status":1,"name":"NamedOrgNotFoundError","message":"No authorization."}"#;
    desk.sf(&format!(
        "case \"$*\" in config*) echo '{default}';; *) echo '{unknown}'; exit 1;; esac"
    ));
    let run = desk.run(&["org", "display"]).await;
    says(&run, 1, &["hint: `sf org login web --alias old`, or `sf config set target-org ALIAS`"]);
    assert!(!run.stderr.contains("sfsetup org login"), "{run:?}");
    desk.sf_with_the_org();
    // What is named goes first.
    let run = desk.run_with(&[("SFSETUP_ORG", "nobody")], &["org", "display"]).await;
    says(&run, 1, &["cannot read the org `nobody`", "the name was read from SFSETUP_ORG"]);
    let run = desk.run(&["org", "display", "--org", "dve"]).await;
    says(&run, 1, &["`sf org display` says: No authorization", "did you mean `dev`?"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_helper_that_fails_or_is_another_program_is_told_in_its_own_words() {
    let desk = Desk::new().await;
    // A warning, braces and all, or another encoding is no reason not to read the answer.
    let answer = format!(
        r#"{{"status":0,"result":{{"id":"{ORG_ID}","instanceUrl":"{}","accessToken":"{}"}}}}"#,
        desk.running.url(),
        desk.running.token
    );
    let wide: Vec<u8> = answer.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = desk.env.write("wide", wide).display().to_string();
    for told in [format!("echo 'Warning: {{really}}'; echo '{answer}'"), format!("cat '{wide}'")] {
        desk.sf(&told);
        let run = desk.run(&["org", "display", "--org", "dev"]).await;
        assert_eq!(run.code, 0, "{told}: {run:?}");
    }
    desk.sf("echo \"env: 'node': No such file or directory\" >&2; exit 127");
    let run = desk.run(&["org", "display", "--org", "dev"]).await;
    let ends = "ends with 127; it says: env: 'node': No such file or directory";
    says(&run, 1, &["gave no answer: `sf org display` (sf)", ends]);
    desk.sf("echo 'SuperFiler 2.1: no such volume'");
    let run = desk.run(&["org", "display", "--org", "dem"]).await;
    says(&run, 1, &["answers no JSON; it says: SuperFiler 2.1", "did you mean `demo`?"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_fails_stores_nothing_and_spares_the_one_before() {
    let desk = Desk::new().await;
    let secret = desk.env.write("secret", format!("{SECRET}\r\n"));
    let url = desk.running.url();
    let login = |name: &'static str| {
        [
            "org",
            "login",
            name,
            "--client-credentials",
            "--client-id",
            KEY,
            "--client-secret-file",
            "secret",
            "--instance-url",
        ]
    };
    let good = [&login("acme")[..], &[url.as_str()]].concat();
    let run = desk.run(&[&good[..], &["-v"]].concat()).await;
    says(&run, 0, &["POST /services/oauth2/token -> 200, "]);
    // One to sign in, one for the session of the login.
    assert_eq!(run.stderr.matches("POST /services/oauth2/token").count(), 2, "{run:?}");
    let before = std::fs::read(desk.login("acme")).unwrap();
    std::fs::write(secret, "wrong").unwrap();
    for name in ["acme", "new"] {
        let run = desk.run(&[&login(name)[..], &[url.as_str()]].concat()).await;
        says(&run, 1, &["invalid_client"]);
    }
    let run = desk.run(&[&login("acme")[..], &[url.as_str(), "-v"]].concat()).await;
    says(&run, 1, &["POST /services/oauth2/token -> refused (invalid_client), "]);
    assert!(!run.stderr.contains("wrong"), "{run:?}");
    assert_eq!(std::fs::read(desk.login("acme")).unwrap(), before);
    assert!(!desk.login("new").exists());
    let long = "x".repeat(251);
    for name in ["demo", "-x", " ", "http://127.0.0.1:1", "https://acme.my.salesforce.com", &long] {
        let run = desk.run(&["org", "login", "--auth-url-file", "secret", "--", name]).await;
        says(&run, 64, &["a login cannot be called"]);
    }
    // Somebody else answers at the address now.
    let text = String::from_utf8(before).unwrap();
    assert!(text.contains(ORG_ID));
    std::fs::write(desk.login("acme"), text.replace(ORG_ID, "00D5g00000AbCdEEAV")).unwrap();
    let run = desk.run(&["org", "display", "--org", "acme"]).await;
    says(&run, 1, &["`acme` is the org 00D5g00000AbCdEEAV", &format!("is the org {ORG_ID}")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_login_hides_no_other_and_can_be_forgotten() {
    let desk = Desk::new().await;
    let shown = format!(
        "{{\"result\":{{\"instanceUrl\":\"{}\",\"accessToken\":\"{}\"}}}}",
        desk.running.url(),
        desk.running.token
    );
    desk.env.write("shown", &shown);
    assert_eq!(desk.run(&["org", "login", "acme", "--auth-url-file", "shown"]).await.code, 0);
    std::fs::write(desk.login("bad"), "{").unwrap();
    let run = desk.run(&["org", "list"]).await;
    says(&run, 0, &["warning: cannot read", "bad.json", "org logout NAME"]);
    assert!(run.stdout.contains("acme") && run.stdout.contains("(access token)"), "{run:?}");
    let run = desk.run(&["org", "logout", "bad"]).await;
    says(&run, 0, &["warning: the login could not be read, so nothing was revoked"]);
    assert_eq!(run.stdout, "forgot bad\n");
    let run = desk.run(&["org", "list"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    // What came from elsewhere is not ended.
    assert_eq!(desk.run(&["org", "logout", "acme"]).await.code, 0);
    assert_eq!(desk.run(&["org", "login", "acme", "--auth-url-file", "shown"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_whose_secret_cannot_be_had_is_made_anew_where_it_was() {
    let desk = Desk::new().await;
    let url = desk.running.url();
    let login = serde_json::json!({
        "warning": "", "format": "sfsetup.login/1", "name": "ring", "instance_url": url,
        "login_url": url, "username": null, "org_id": null, "credential": { "kind": "keyring" },
    });
    desk.env.write("config/sfsetup/logins/ring.json", login.to_string());
    let run = desk.run(&["org", "display", "--org", "ring"]).await;
    let again = format!("`sfsetup org login ring --instance-url {url}`");
    says(&run, 1, &["in the system's keyring", &again]);
    // It is off already.
    assert!(!run.stderr.contains("SFSETUP_KEYRING"), "{run:?}");
    let run =
        desk.run_with(&[("SFSETUP_KEYRING", "on")], &["org", "display", "--org", "ring"]).await;
    says(&run, 1, &["SFSETUP_KEYRING", &again]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_org_leaves_the_refresh_token_in_place_nothing_needs_to_be_stored() {
    let desk = Desk::new().await;
    let host = desk.running.url().trim_start_matches("http://").to_owned();
    let url = format!("force://PlatformCLI::{}@{host}", refresh_token(&desk.running).await);
    desk.env.write("url", url);
    assert_eq!(desk.run(&["org", "login", "acme", "--auth-url-file", "url"]).await.code, 0);
    desk.running.store().end_sessions().unwrap();
    // No file may grow, as on a full disk.
    let line = "ulimit -f 0; exec \"$0\" org display --org acme";
    let mut command = desk.env.shell(line);
    command.arg(env!("CARGO_BIN_EXE_sfsetup"));
    let run = ended(command).await;
    assert_eq!(run.code, 0, "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_and_a_wrong_key_file_say_what_they_are() {
    let desk = Desk::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let url = desk.running.url();
    let web = ["org", "login", "acme", "--instance-url", &url, "--port", &port];
    let run = desk.run(&web).await;
    says(&run, 1, &[&format!("port {port} of this machine is in use"), "callback URLs"]);
    // `localhost` is either address, and the browser takes which it likes.
    if let Ok(taken) = std::net::TcpListener::bind("[::1]:0") {
        let port = taken.local_addr().unwrap().port().to_string();
        let web = ["org", "login", "acme", "--instance-url", &url, "--port", &port];
        let run = desk.run(&web).await;
        says(&run, 1, &[&format!("port {port} of this machine is in use")]);
    }
    desk.env.write("app.crt", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n");
    let jwt = ["org", "login", "acme", "--client-id", "x", "--username", "a@b.example.com"];
    let run = desk.run(&[&jwt[..], &["--jwt-key-file", "app.crt"]].concat()).await;
    says(&run, 1, &["cannot use the key `app.crt`: it is the certificate"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn which_org_comes_before_its_parameters() {
    let desk = Desk::new().await;
    desk.sf(
        "echo '{\"status\":1,\"name\":\"NamedOrgNotFoundError\",\"message\":\"none\"}'; exit 1",
    );
    for command in ["diff", "deploy", "package"] {
        let more: &[&str] = if command == "package" { &["--out", "out"] } else { &[] };
        let wanted = [&[command, "--template", "ampersand"][..], more].concat();
        let run = desk.run(&wanted).await;
        says(&run, 64, &["named"]);
        assert!(!run.stderr.contains("parameters"), "{run:?}");
        let run = desk.run(&[&wanted[..], &["--org", "nobody"]].concat()).await;
        says(&run, 1, &["cannot read the org `nobody`"]);
        assert!(!run.stderr.contains("parameters"), "{run:?}");
    }
}

/// Nobody opens a browser in a pipeline: it would wait until somebody ends it.
#[test]
fn a_pipeline_is_told_how_to_sign_in_without_a_browser() {
    let env = Env::new();
    let began = std::time::Instant::now();
    let run = |name: &str, arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = env.command();
        command.args(arguments).arg(name).envs(variables.iter().copied());
        crate::support::finish(command.stdin(std::process::Stdio::null()).output().unwrap())
    };
    let login = run("acme", &["org", "login"], &[("CI", "true")]);
    assert_eq!(login.code, 64, "{login:?}");
    for way in ["--auth-url-file", "--jwt-key-file", "--client-credentials"] {
        assert!(login.stderr.contains(way), "{way}: {login:?}");
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(30));
    // A token that is there and does not count is named beside an org that is not known.
    let token = [("SF_ACCESS_TOKEN", "x"), ("SF_ORG_INSTANCE_URL", "https://x.example.com")];
    let diff = ["diff", "--template", "ampersand", "--org"];
    let told = "SF_ACCESS_TOKEN is set and not used";
    let with = run("production", &diff, &token);
    assert!(with.code == 1 && with.stderr.contains(told), "{with:?}");
    assert!(!run("production", &diff, &[]).stderr.contains(told));
    // A document has all hints.
    let json = run("--format=json", &["diff", "--template", "ampersand", "--org", "p"], &token);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let hint = json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("sfsetup org list") && hint.contains(told), "{hint}");
}
