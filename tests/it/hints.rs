//! Every command that the program prints runs as it stands, in whatever way one is signed in.

use std::collections::BTreeSet;
use std::process::Command;

use sfsetup::demo::{Fault, FaultRule, Faults, Running, Store, serve};

use crate::lab::VALUES;
use crate::support::{Env, Run, ended};

/// How one is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Environment,
    Login,
    SfAlias,
    ConfiguredLogin,
    NamedFile,
    Demo,
}

/// A home that is signed in to an org in one way.
struct Home {
    way: Way,
    env: Env,
    running: Running,
}

const TEMPLATE: &str = r#"format = 1
[template]
name     = "mine"
title    = "Mine"
version  = "1"
source   = "https://docs.example.com"
reviewed = 2026-11-23
[parameters.description]
title = "What is said of the app"
[[step]]
id    = "ip-relaxation"
title = "Addresses"
want  = [
  { component = "ConnectedApp:Ampersand", path = "oauthPolicy.ipRelaxation", equals = "BYPASS" },
  { component = "ConnectedApp:Ampersand", path = "description", equals = "{description}" },
]
"#;

/// What a login is called: it must be quoted in a command.
const NAME: &str = "my org";

impl Home {
    async fn new(way: Way) -> Self {
        let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
        let env = Env::new();
        let (url, token) = (running.url(), running.token.clone());
        match way {
            Way::Environment | Way::Demo => {}
            Way::NamedFile => {
                let way = format!(
                    "[orgs.\"{NAME}\"]\ninstance_url = \"{url}\"\naccess_token_env = \"ACME_TOKEN\"\n"
                );
                env.write("my ways.toml", way);
            }
            Way::Login | Way::ConfiguredLogin => {
                let login = serde_json::json!({
                    "warning": "", "format": "sfsetup.login/1", "name": NAME, "instance_url": url,
                    "login_url": url, "username": null, "org_id": null,
                    "credential": { "kind": "access-token", "token": token },
                });
                env.write("config/sfsetup/logins/my%20org.json", login.to_string());
            }
            Way::SfAlias => {
                let shown = serde_json::json!({
                    "status": 0, "result": { "instanceUrl": url, "username": "a@example.com" },
                });
                let told = serde_json::json!({ "status": 0, "result": { "accessToken": token } });
                let script = format!(
                    "#!/bin/sh\ncase \"$2 $3\" in\n'auth show-access-token') echo '{told}' ;;\n\
                     *) echo '{shown}' ;;\nesac\n"
                );
                env.script("bin/sf", script);
            }
        }
        if way == Way::ConfiguredLogin {
            env.write("sfsetup.toml", format!("org = \"{NAME}\"\n"));
        }
        let program = env!("CARGO_BIN_EXE_sfsetup");
        env.script("bin/sfsetup", format!("#!/bin/sh\nexec '{program}' \"$@\"\n"));
        Self { way, env, running }
    }

    /// How an org is named on the command line.
    fn org(&self) -> &'static [&'static str] {
        match self.way {
            Way::Environment | Way::ConfiguredLogin => &[],
            Way::Login | Way::SfAlias => &["--org", NAME],
            Way::NamedFile => &["--org", NAME, "--config", "my ways.toml"],
            Way::Demo => &["--org", "demo"],
        }
    }

    async fn finished(&self, command: Command) -> Run {
        let mut command = self.env.clean(command);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.env.folder().join("bin").display()));
        if self.way == Way::NamedFile {
            command.env("ACME_TOKEN", &self.running.token);
        }
        if self.way == Way::Environment {
            command
                .env("SF_ACCESS_TOKEN", &self.running.token)
                .env("SF_ORG_INSTANCE_URL", self.running.url());
        }
        ended(command).await
    }

    async fn run(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sfsetup"));
        command.args(arguments);
        self.finished(command).await
    }

    /// Runs a line as a shell reads it.
    async fn run_line(&self, line: &str) -> Run {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        self.finished(command).await
    }

    /// Runs every command that a run has printed.
    async fn heed(&self, run: &Run, told: &mut BTreeSet<String>) {
        for line in commands(&run.stderr) {
            // A sign-in waits for a browser, and a server for its end.
            let is_long = line.starts_with("sfsetup org login") || line.contains("demo serve");
            // The org must not be made as new before the rest is tried.
            let is_last = line.contains("demo reset");
            let tried = if is_long || is_last { format!("{line} --help") } else { line.clone() };
            let heeded = self.run_line(&tried).await;
            let shown = format!("{:?}: `{line}` of {}: {}", self.way, run.stderr, heeded.stderr);
            assert_ne!(heeded.code, 64, "{shown}");
            for lost in LOST {
                assert!(!heeded.stderr.contains(lost), "{lost}: {shown}");
            }
            let words: Vec<&str> = line.split(' ').take(3).collect();
            told.insert(words.join(" "));
        }
    }
}

/// What a command says that does not find its way to the org, or to what it names.
const LOST: &[&str] = &[
    "cannot read the",
    "neither an org",
    "no org is named",
    "nothing was deployed",
    "there is no login",
    "there is no template",
];

/// The commands of this program in a text, each once.
fn commands(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let ours: BTreeSet<String> =
        quoted.filter(|one| one.starts_with("sfsetup ")).map(str::to_owned).collect();
    ours.into_iter().collect()
}

async fn each_hint_runs(way: Way) {
    let home = Home::new(way).await;
    let mut told = BTreeSet::new();
    home.env.write("my template.toml", TEMPLATE);
    let wanted = ["--template", "my template.toml", "--set", "description=two words"];
    let diff = [&["diff"], &wanted[..]].concat();
    let deploy = [&["deploy"], &wanted[..]].concat();
    let snapshot = ["snapshot", "--types", "ConnectedApp,PermissionSet", "--out", "a b"];
    let runs: &[(&[&str], i32)] = &[
        (&["org", "display"], 0),
        (&snapshot, 0),
        (&diff, 2),
        (&[&diff[..], &["--save-plan", "a plan.json"]].concat(), 2),
        (&deploy, 1),
        (&["deploy", "--plan", "a plan.json", "--yes"], 0),
        (&["diff", "--baseline", "a b"], 2),
        (&["deploy", "--baseline", "a b"], 1),
        (&["rollback", "--list"], 0),
        (&["rollback", "--cancel", "none"], 1),
        (&["rollback", "none"], 1),
        (&["rollback"], 1),
        (&["rollback", "--yes"], 0),
    ];
    for (arguments, code) in runs {
        let run = home.run(&[arguments, home.org()].concat()).await;
        assert_eq!(run.code, *code, "{way:?}: {arguments:?}: {run:#?}");
        home.heed(&run, &mut told).await;
    }
    let file: &[&str] = if way == Way::NamedFile { &["--config", "my ways.toml"] } else { &[] };
    let shown = home.run(&[&["plan", "show", "a plan.json"], file].concat()).await;
    home.heed(&shown, &mut told).await;
    // Where nothing need be named, the org of other commands is taken.
    let from = match home.org() {
        [_, name, ..] => vec!["--from-org", name],
        _ => vec!["--from-org"],
    };
    let new = ["template", "new", "acme", "--app", "Ampersand"];
    let run = home.run(&[&new[..], file, &from].concat()).await;
    assert_eq!(run.code, 0, "{run:#?}");
    home.heed(&run, &mut told).await;
    for part in ["sfsetup deploy --template", "sfsetup deploy --plan", "sfsetup deploy --baseline"]
    {
        assert!(told.contains(part), "{way:?}: `{part}` is not among {told:?}");
    }
    assert!(told.iter().any(|one| one.starts_with("sfsetup rollback")), "{told:?}");
    // A session that has ended: how one signs in again is told in one's own way.
    if way == Way::Demo {
        return;
    }
    let ended = Fault::InvalidSession;
    home.running.fault(FaultRule { call: "*".to_owned(), fault: ended, after: 0, times: None });
    let run = home.run(&[&["org", "display"], home.org()].concat()).await;
    assert_eq!(run.code, 1, "{run:#?}");
    let url = home.running.url();
    let way_in = match way {
        Way::Environment => format!("put a new token of {url} into SF_ACCESS_TOKEN"),
        Way::Login | Way::ConfiguredLogin => {
            format!("`sfsetup org login '{NAME}' --instance-url {url}`")
        }
        Way::NamedFile => format!("put a new token of {NAME} into ACME_TOKEN"),
        Way::SfAlias => format!("`sf org login web --alias '{NAME}' --instance-url {url}`"),
        Way::Demo => String::new(),
    };
    assert!(run.stderr.contains(&way_in), "{way_in}: {}", run.stderr);
    home.heed(&run, &mut told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_token_of_the_environment() {
    each_hint_runs(Way::Environment).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_login_of_its_own() {
    each_hint_runs(Way::Login).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_an_alias_of_the_sf_command_line() {
    each_hint_runs(Way::SfAlias).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_login_that_a_file_names() {
    each_hint_runs(Way::ConfiguredLogin).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_file_that_is_named_on_the_command_line() {
    each_hint_runs(Way::NamedFile).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_built_in_org() {
    each_hint_runs(Way::Demo).await;
}

/// Commands that ask no org.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_org() {
    let home = Home::new(Way::Environment).await;
    let mut told = BTreeSet::new();
    home.env.write(
        "m d/connectedApps/Ampersand.connectedApp",
        "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>a</label>\
         </ConnectedApp>",
    );
    let diff = [&["diff", "--template", "ampersand", "--from", "m d"], VALUES].concat();
    for arguments in [
        &diff[..],
        &["template", "list", "nothingofthekind"],
        &["template", "new", "acme", "--out", "a c.toml"],
        &["template", "new", "gong"],
        &["template", "test", "a c.toml"],
        &["org", "list"],
        &["diff", "--template", "ampersnd"],
        &["diff", "--template", "ampersand", "--from", "m d"],
        &["diff"],
    ] {
        let run = home.run(arguments).await;
        for line in commands(&run.stderr) {
            let is_new = !line.contains("--from 'm d'");
            let tried =
                if line.contains("login") { format!("{line} --help") } else { line.clone() };
            let heeded = home.run_line(&tried).await;
            assert_ne!(heeded.code, 64, "`{line}` of {run:#?}: {heeded:#?}");
            assert!(is_new || heeded.code != 1, "`{line}` of {run:#?}: {heeded:#?}");
            told.insert(line);
        }
    }
    assert!(told.len() > 5, "{told:?}");
}
