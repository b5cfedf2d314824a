//! Logins that rotate, as several programs of one user use them: the real program, an org that
//! replaces each refresh token and takes the use of an old one for a theft.

use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sfsetup::demo::{Fault, FaultRule, Faults, Running, Store, serve};

use crate::lab::refresh_token;
use crate::support::{Env, Run, end, ended};

/// An org that rotates, and a home with a login `acme` that came from an auth URL.
struct Rotating {
    running: Running,
    env: Arc<Env>,
}

impl Rotating {
    async fn new() -> Self {
        let store = Store::in_memory().with_rotation();
        let running = serve(store, None, Faults::none()).await.unwrap();
        let this = Self { running, env: Arc::new(Env::new()) };
        let url = format!(
            "force://PlatformCLI::{}@{}",
            refresh_token(&this.running).await,
            this.running.url().trim_start_matches("http://")
        );
        this.env.write("url", url);
        let run = this.run(&["org", "login", "acme", "--auth-url-file", "url"]).await;
        assert_eq!(run.code, 0, "{run:?}");
        this
    }

    fn file(&self) -> PathBuf {
        self.env.folder().join("config/sfsetup/logins/acme.json")
    }

    fn stored(&self) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.file()).unwrap()).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.env.command();
        command.args(arguments).stdin(Stdio::null());
        command
    }

    async fn run(&self, arguments: &[&str]) -> Run {
        ended(self.command(arguments)).await
    }

    /// Signs in as a person does, with a browser that says yes.
    async fn log_in_by_browser(&self, name: &str) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let url = self.running.url();
        let mut command =
            self.command(&["org", "login", name, "--instance-url", &url, "--port", &port]);
        // Nobody's browser is opened.
        command.env("SSH_CONNECTION", "x").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
        let (told, address) = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            while !line.trim_start().starts_with("http://") {
                line.clear();
                assert!(told.read_line(&mut line).unwrap() > 0, "no address is shown");
            }
            (told, line.trim().to_owned())
        })
        .await
        .unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let page = client.get(address).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("Signed in"), "{page}");
        let run = end(child).await;
        drop(told);
        assert_eq!(run.code, 0, "{run:?}");
    }

    fn start(&self) -> Child {
        let mut command = self.command(&["org", "display", "--org", "acme"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Four programs at once.
    async fn four(&self) -> Vec<Run> {
        let started: Vec<Child> = (0..4).map(|_| self.start()).collect();
        let mut runs = Vec::new();
        for child in started {
            runs.push(end(child).await);
        }
        runs
    }

    /// How often a refresh token was presented so far.
    fn tokens_asked(&self) -> usize {
        self.running.calls().iter().filter(|call| *call == "token").count()
    }

    /// Makes the token endpoint take its time, so that whoever comes meets whoever is there.
    fn slow_down(&self, millis: u64, times: u32) {
        let fault = Fault::SlowBody(millis);
        self.running.fault(FaultRule { call: "token".into(), fault, after: 0, times: Some(times) });
    }

    async fn until_asked(&self, times: usize) {
        for _ in 0..1000 {
            if self.tokens_asked() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nobody asked for a token: {:?}", self.running.calls());
    }
}

#[track_caller]
fn all_in(runs: &[Run]) {
    for run in runs {
        assert_eq!(run.code, 0, "{runs:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_programs_at_once_share_one_refresh_and_the_login_lives() {
    let org = Rotating::new().await;
    // A login of before access tokens were kept: all four need one, and the org is slow enough for
    // them to meet.
    let mut old = org.stored();
    let credential = old["credential"].as_object_mut().unwrap();
    assert!(credential.remove("access_token").is_some_and(|token| token.is_string()));
    std::fs::write(org.file(), old.to_string()).unwrap();
    org.slow_down(60, 4);
    let asked = org.tokens_asked();
    all_in(&org.four().await);
    assert_eq!(org.tokens_asked() - asked, 1, "one refreshes for all");
    // The access token ends, as it does after hours.
    org.running.store().end_sessions().unwrap();
    org.slow_down(60, 4);
    all_in(&org.four().await);
    assert_eq!(org.tokens_asked() - asked, 2);
    // The login is as good as new, with the token at hand and without.
    all_in(&[org.run(&["org", "display", "--org", "acme"]).await]);
    assert_eq!(org.tokens_asked() - asked, 2);
    org.running.store().end_sessions().unwrap();
    all_in(&[org.run(&["org", "display", "--org", "acme"]).await]);
    assert_eq!(org.tokens_asked() - asked, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_at_the_token_endpoint_is_told_without_what_is_secret() {
    let org = Rotating::new().await;
    org.running.store().end_sessions().unwrap();
    let before = org.stored()["credential"]["refresh_token"].as_str().unwrap().to_owned();
    let run = org.run(&["org", "display", "--org", "acme", "-v"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    let at = |text: &str| run.stderr.find(text).unwrap_or_else(|| panic!("{text}: {run:?}"));
    assert!(
        at("POST /services/oauth2/token -> 200, ") < at("GET /services/data/v67.0/query -> 200"),
        "{run:?}"
    );
    let after = org.stored()["credential"]["refresh_token"].as_str().unwrap().to_owned();
    for secret in [&before, &after] {
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(secret.as_str()), "{run:?}");
    }
    org.log_in_by_browser("mine").await;
    let run = org.run(&["org", "logout", "mine", "-v"]).await;
    assert!(run.stderr.contains("POST /services/oauth2/revoke -> 200, "), "{run:?}");
}

/// The org is as strict as it is said to be: without this the first test proves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_refresh_token_ends_the_sign_in_and_the_error_says_what_helps() {
    let org = Rotating::new().await;
    let before = std::fs::read(org.file()).unwrap();
    org.running.store().end_sessions().unwrap();
    all_in(&[org.run(&["org", "display", "--org", "acme"]).await]);
    let good = std::fs::read(org.file()).unwrap();
    // Somebody has put back a copy of yesterday.
    std::fs::write(org.file(), before).unwrap();
    let run = org.run(&["org", "display", "--org", "acme"]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("invalid_grant") && run.stderr.contains("org login"), "{run:?}");
    std::fs::write(org.file(), good).unwrap();
    let run = org.run(&["org", "display", "--org", "acme"]).await;
    assert_eq!(run.code, 1, "the newest one has ended too: {run:?}");
    // Nobody else's sign-in has.
    assert!(!org.running.store().token().is_empty());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_told_to_stop_stores_the_new_token_first() {
    let org = Rotating::new().await;
    org.running.store().end_sessions().unwrap();
    let asked = org.tokens_asked();
    // Eight pieces: the answer takes most of a second.
    org.slow_down(100, 1);
    let child = org.start();
    org.until_asked(asked + 1).await;
    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(end(child).await.code, 130);
    all_in(&[org.run(&["org", "display", "--org", "acme"]).await]);
    assert_eq!(org.tokens_asked(), asked + 1, "its token serves the next one");
}

/// The answer takes longer than any run is given to end.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_to_a_refresh_is_waited_for_unless_one_is_told_twice() {
    let org = Rotating::new().await;
    let signal = |child: &Child, name: &str| {
        let id = child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    };
    for name in ["-INT", "-TERM"] {
        org.running.store().end_sessions().unwrap();
        let asked = org.tokens_asked();
        org.slow_down(650, 1);
        let child = org.start();
        org.until_asked(asked + 1).await;
        signal(&child, name);
        let run = end(child).await;
        assert!(run.code == 130 && run.stderr.contains("ends once the new token"), "{run:?}");
        all_in(&[org.run(&["org", "display", "--org", "acme"]).await]);
        assert_eq!(org.tokens_asked(), asked + 1, "its token serves the next one");
    }
    org.running.store().end_sessions().unwrap();
    let asked = org.tokens_asked();
    org.slow_down(4_000, 1);
    let child = org.start();
    org.until_asked(asked + 1).await;
    signal(&child, "-INT");
    tokio::time::sleep(Duration::from_millis(300)).await;
    signal(&child, "-INT");
    let run = end(child).await;
    assert!(run.code == 130 && run.stderr.contains("was not waited for"), "{run:?}");
    assert!(!run.stderr.contains("nothing was sent"), "{run:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_killed_in_a_refresh_is_named_by_the_next_one() {
    let org = Rotating::new().await;
    org.running.store().end_sessions().unwrap();
    let asked = org.tokens_asked();
    org.slow_down(100, 1);
    let mut child = org.start();
    org.until_asked(asked + 1).await;
    let id = child.id();
    child.kill().unwrap();
    child.wait().unwrap();
    let run = org.run(&["org", "display", "--org", "acme"]).await;
    // The org has replaced the token, and nobody was there to hear by what.
    assert_eq!(run.code, 1, "{run:?}");
    let killed = format!("a refresh by process {id} since ");
    assert!(run.stderr.contains(&killed), "{run:?}");
    // A new sign-in is whole; what is refused later has another reason.
    let host = org.running.url().trim_start_matches("http://").to_owned();
    let url = format!("force://PlatformCLI::{}@{host}", refresh_token(&org.running).await);
    org.env.write("url", url);
    let spent = std::fs::read(org.file()).unwrap();
    all_in(&[org.run(&["org", "login", "acme", "--auth-url-file", "url"]).await]);
    org.running.store().end_sessions().unwrap();
    std::fs::write(org.file(), spent).unwrap();
    let run = org.run(&["org", "display", "--org", "acme"]).await;
    assert!(run.code == 1 && run.stderr.contains("invalid_grant"), "{run:?}");
    assert!(!run.stderr.contains("a refresh by"), "{run:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_stored_no_token_is_spent() {
    let org = Rotating::new().await;
    org.running.store().end_sessions().unwrap();
    let before = std::fs::read(org.file()).unwrap();
    // No file may grow, as on a full disk.
    let line = "ulimit -f 0; exec \"$0\" org display --org acme";
    let mut command = org.env.shell(line);
    command.arg(env!("CARGO_BIN_EXE_sfsetup"));
    let run = ended(command).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("no new access token was asked for"), "{run:?}");
    assert_eq!(std::fs::read(org.file()).unwrap(), before);
    all_in(&[org.run(&["org", "display", "--org", "acme"]).await]);
    // An auth URL is as dear.
    let url = format!(
        "force://PlatformCLI::{}@{}",
        refresh_token(&org.running).await,
        org.running.url().trim_start_matches("http://")
    );
    org.env.write("url", url);
    let login = ["org", "login", "new", "--auth-url-file", "url"];
    let mut command = org.command(&login);
    command.env("XDG_CONFIG_HOME", "/proc/nope");
    let run = ended(command).await;
    assert!(run.code == 1 && run.stderr.contains("folder of the logins"), "{run:?}");
    assert!(!run.stderr.contains("--out"), "{run:?}");
    all_in(&[org.run(&login).await]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_whose_token_was_replaced_is_kept_though_the_org_stumbles() {
    let org = Rotating::new().await;
    let url = format!(
        "force://PlatformCLI::{}@{}",
        refresh_token(&org.running).await,
        org.running.url().trim_start_matches("http://")
    );
    org.env.write("url", url);
    let login = ["org", "login", "new", "--auth-url-file", "url"];
    let rule = |times| FaultRule {
        call: "versions".into(),
        fault: Fault::ApiDisabled,
        after: 0,
        times: Some(times),
    };
    org.running.fault(rule(1));
    let run = org.run(&login).await;
    let way_out = "`sfsetup org display --org new` tries it again";
    assert!(run.code == 1 && run.stderr.contains(way_out), "{run:?}");
    assert!(!run.stderr.contains("same command again"), "{run:?}");
    all_in(&[org.run(&["org", "display", "--org", "new"]).await]);
    // The URL is spent.
    let run = org.run(&["org", "login", "other", "--auth-url-file", "url"]).await;
    let anew = format!("`sfsetup org login other --instance-url {}`", org.running.url());
    for words in ["invalid_grant", "sf org auth show-sfdx-auth-url", &anew] {
        assert!(run.code == 1 && run.stderr.contains(words), "{words}: {run:?}");
    }
    assert!(!run.stderr.contains("same command again"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_revokes_the_newest_token_and_leaves_nothing() {
    let org = Rotating::new().await;
    let run = org.run(&["org", "logout", "amce"]).await;
    assert!(run.code == 1 && run.stderr.contains("did you mean `acme`?"), "{run:?}");
    let run = org.run(&["org", "logout", "acme"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    // The auth URL was another program's.
    assert!(run.stderr.contains("its session at the org stays"), "{run:?}");
    assert!(!org.running.calls().contains(&"revoke".to_owned()));
    // What the browser has brought is nobody else's.
    org.log_in_by_browser("acme").await;
    org.running.store().end_sessions().unwrap();
    all_in(&[org.run(&["org", "display", "--org", "acme"]).await]);
    let newest = org.stored()["credential"]["refresh_token"].as_str().unwrap().to_owned();
    let run = org.run(&["org", "logout", "acme"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(org.running.calls().iter().filter(|call| *call == "revoke").count(), 1);
    let host = org.running.url().trim_start_matches("http://").to_owned();
    org.env.write("url", format!("force://PlatformCLI::{newest}@{host}"));
    let run = org.run(&["org", "login", "acme", "--auth-url-file", "url"]).await;
    assert!(run.code == 1 && run.stderr.contains("invalid_grant"), "{run:?}");
    std::fs::remove_file(org.file().with_extension("lock")).unwrap();
    let left = std::fs::read_dir(org.file().parent().unwrap()).unwrap().count();
    assert_eq!(left, 0, "neither tokens nor a lock");
}

/// A sandbox needs no address.
#[test]
fn a_sandbox_is_signed_in_to_where_sandboxes_are() {
    let env = Env::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let mut command = env.command();
    command.args(["org", "login", "box", "--sandbox", "--port", &port]);
    // Nobody's browser is opened.
    command.env("SSH_CONNECTION", "x").stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let told = std::io::BufReader::new(child.stderr.take().unwrap());
    let address = told.lines().map(Result::unwrap).find(|line| line.trim().starts_with("http"));
    child.kill().unwrap();
    child.wait().unwrap();
    let address = address.unwrap();
    assert!(
        address.trim().starts_with("https://test.salesforce.com/services/oauth2/"),
        "{address}"
    );
    let both =
        ["org", "login", "box", "--sandbox", "--instance-url", "https://acme.my.salesforce.com"];
    assert_eq!(env.run(&both).code, 64);
}
