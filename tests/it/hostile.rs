//! A stranger's files: a plan, a folder or a template that would write or show what it must not.

use crate::org::server::{Fault, Server, State, TOKEN, UNKNOWN_EXCEPTION};
use crate::support::{Env, Run, ended, fixture};

#[test]
fn a_plan_writes_nothing_outside_the_folder() {
    let env = Env::new();
    let plan = r#"{ "format": "sfsetup.plan/1", "org": { "id": "00D", "name": "a", "instance_url": "" },
        "template": { "name": "x", "version": "1", "given": "x", "sha256": "", "parameters": {} },
        "api_version": "67.0", "reads": [], "changes": [], "assignments": [], "left": [],
        "package": { "package.xml": "<Package/>", "../../escaped": "x" }, "way_back": [] }"#;
    env.write("plan.json", plan);
    let run = env.run(&["package", "--plan", "plan.json", "--out", "in/deep/out"]);
    assert!(run.code == 1 && run.stderr.contains("escaped"), "{run:?}");
    assert!(!env.folder().join("in/escaped").exists());
    assert!(!env.folder().join("in/deep/out").exists(), "whole or not at all");
    let left: Vec<_> = std::fs::read_dir(env.folder().join("in/deep")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_name_that_leads_outside_is_written_nowhere() {
    let app = "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
               <contactEmail>a@example.com</contactEmail>\n    <label>LABEL</label>\n\
               </ConnectedApp>\n";
    let env = Env::new();
    let name = "connectedApps/%2E%2E%2F%2E%2E%2F%2E%2E%2Fescaped.connectedApp";
    env.write(&format!("then/{name}"), app.replace("LABEL", "a"));
    env.write(&format!("now/{name}"), app.replace("LABEL", "b"));
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--out", "a/b/c/out"]);
    assert_ne!(run.code, 0, "{run:?}");
    for place in ["a/b/escaped.connectedApp", "a/escaped.connectedApp", "escaped.connectedApp"] {
        assert!(!env.folder().join(place).exists(), "{place}");
    }
}

#[test]
fn a_template_is_built_on_templates_beside_it_alone() {
    let env = Env::new();
    let text = |parent: &str| {
        format!(
            "format = 1\n[template]\nextends = \"{parent}\"\nname = \"x\"\ntitle = \"X\"\nversion = \
             \"1\"\nsource = \"https://docs.example.com\"\nreviewed = 2026-11-23\n"
        )
    };
    env.write("secret.toml", "token = \"00Dxx!secret\"\n");
    env.write("secret", "token = \"00Dxx!secret\"\n");
    for parent in ["../secret.toml", "/proc/self/environ", "../secret"] {
        env.write("in/x.toml", text(parent));
        let run = env.run(&["template", "check", "in/x.toml"]);
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code == 1 && shown.contains("is not beside"), "{parent}: {run:?}");
        assert!(!shown.contains("00Dxx") && !shown.contains("XDG_STATE_HOME"), "{parent}: {run:?}");
    }
    let run = env.run(&["diff", "--template", "in/x.toml", "--from", &fixture("good-order")]);
    assert!(run.code == 1 && !run.stderr.contains("00Dxx"), "{run:?}");
}

/// What steers a terminal by one byte, or turns the text after it.
const STEERING: &[char] = &['\u{9b}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{7}'];

#[test]
fn no_output_shows_what_steers_a_terminal_or_turns_text() {
    let env = Env::new();
    let app = |label: &str| {
        format!(
            "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <label>{label}\
             </label>\n    <description>x\u{9b}2J\u{202e}y</description>\n</ConnectedApp>\n"
        )
    };
    let name = "connectedApps/A\u{202e}ppA.connectedApp";
    env.write(&format!("then/{name}"), app("a"));
    env.write(&format!("now/{name}"), app("b\u{9b}31m\u{2066}\u{200f}c"));
    env.write("now/profiles/B\u{202e}.profile", "<Profile");
    let title = "t\u{202e}itle\u{9b}";
    env.write("a\u{202e}.toml", format!("format = 1\n[template]\nname = \"{title}\"\n"));
    for arguments in [
        &["diff", "--baseline", "then", "--from", "now", "-v"][..],
        &["diff", "--baseline", "then", "--from", "now", "--format", "json"],
        &["diff", "--baseline", "then", "--from", "now", "--out", "answer.txt"],
        &["package", "--baseline", "then", "--from", "now", "--show", "--out", "o"],
        &["template", "check", "a\u{202e}.toml"],
        &["diff", "--template", "n\u{202e}one", "--from", "now\u{9b}"],
        &["diff", "--template", "ampersand", "--set", "app=\u{202e}\u{9b}", "--from", "now"],
    ] {
        let run = env.run(arguments);
        let mut shown = format!("{}{}", run.stdout, run.stderr);
        shown += &std::fs::read_to_string(env.folder().join("answer.txt")).unwrap_or_default();
        assert!(!shown.is_empty(), "{arguments:?}");
        let raw = STEERING.iter().find(|one| shown.contains(**one));
        assert_eq!(raw, None, "{arguments:?}: {shown:?}");
    }
}

#[test]
fn a_document_type_in_one_file_is_an_error_of_that_file() {
    let env = Env::new();
    let xml = |inner: &str| {
        format!(
            "{inner}<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>a\
             </label></ConnectedApp>"
        )
    };
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]>\n";
    env.write("in/connectedApps/Bad.connectedApp", xml(bomb));
    env.write("in/connectedApps/Good.connectedApp", xml(""));
    env.write(
        "a.toml",
        "format = 1\n[template]\nname = \"a\"\ntitle = \"A\"\nversion = \"1\"\nsource = \
         \"https://a.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"label\"\ntitle = \
         \"Label\"\nwant = [{ component = \"ConnectedApp:Good\", path = \"label\", equals = \
         \"b\" }, { component = \"ConnectedApp:Bad\", path = \"label\", equals = \"b\" }]\n",
    );
    let run = env.run(&["diff", "--template", "a.toml", "--from", "in"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("Bad.connectedApp:1:1"), "{}", run.stderr);
    assert!(run.stdout.contains("ConnectedApp:Good"), "{}", run.stdout);
}

/// A reviewer sees each thing that a stranger's template wants, also at a terminal.
#[test]
fn no_text_of_a_template_hides_another() {
    let env = Env::new();
    let hides = "l\\n\\u001b[10;10m\\u001b[8mx\\u001b[10m\\u202e";
    env.write(
        "a.toml",
        format!(
            "format = 1\n[template]\nname = \"a\"\ntitle = \"A{hides}\"\nversion = \"1\"\nsource = \
             \"https://a.example.com\"\nreviewed = 2026-11-23\n[parameters.p]\ntitle = \"P{hides}\"\n\
             default = \"P\"\n[[step]]\nid = \"s\"\ntitle = \"S{hides}\"\nwhy = \"W{hides}\"\nnote = \
             \"N{hides}\"\nwant = [{{ component = \"PermissionSet:{{p}}\", path = \"description\", equals \
             = \"{hides}\" }}, {{ component = \"PermissionSet:P\", path = \
             \"userPermissions[ModifyAllData].enabled\", equals = true }}, {{ manual = \"M{hides}\" }}]\n"
        ),
    );
    for arguments in [
        &["template", "show", "a.toml"][..],
        &["template", "show", "a.toml", "--asks"],
        &["template", "diff", "gong", "a.toml"],
        &["template", "check", "a.toml"],
    ] {
        let run = env.run(&[arguments, &["--color", "always"]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let shown = format!("{}{}", run.stdout, run.stderr);
        for steers in ["\u{1b}[8m", "\u{1b}[10", "\u{202e}"] {
            assert!(!shown.contains(steers), "{arguments:?}: {shown:?}");
        }
    }
    let shown = env.run(&["template", "show", "a.toml"]).stdout;
    assert!(shown.contains("userPermissions[ModifyAllData].enabled = true"), "{shown}");
}

/// An org of a few lines with an app, and a baseline that has it and one more.
async fn with_apps(state: State) -> (Server, Env) {
    let env = Env::new();
    for name in ["Good", "Other"] {
        env.write(&format!("then/connectedApps/{name}.connectedApp"), APP);
    }
    (Server::start(state).await, env)
}

const APP: &str = "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <label>a\
                   </label>\n</ConnectedApp>\n";

fn app(name: &str, xml: &str) -> (String, String, String, String) {
    let path = format!("connectedApps/{name}.connectedApp");
    ("ConnectedApp".to_owned(), name.to_owned(), path, xml.to_owned())
}

async fn asked(server: &Server, env: &Env, arguments: &[&str]) -> Run {
    let mut command = env.command();
    command
        .args(arguments)
        .env("SF_ACCESS_TOKEN", TOKEN)
        .env("SF_ORG_INSTANCE_URL", &server.address);
    ended(command).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_that_the_org_cannot_list_is_an_error_and_the_rest_is_compared() {
    let state = || State {
        files: vec![app("Good", &APP.replace(">a<", ">b<"))],
        listed: [("ConnectedApp", vec!["Good"])].into(),
        ..State::default()
    };
    let arguments = ["diff", "--baseline", "then"];
    let alone = "Other  is in the baseline alone";
    let (server, env) = with_apps(state()).await;
    let run = asked(&server, &env, &arguments).await;
    assert!(run.code == 2 && run.stdout.contains(alone), "{run:?}");

    // For a reason that passes.
    let stumble = Fault::Reply(500, "", UNKNOWN_EXCEPTION);
    let faults = vec![("<met:listMetadata>", usize::MAX, stumble)];
    let (server, env) = with_apps(State { faults, ..state() }).await;
    let run = asked(&server, &env, &arguments).await;
    let words = "could not list the components of ConnectedApp";
    assert!(run.code == 1 && run.stderr.contains(words), "{run:?}");
    assert!(run.stdout.contains("label") && !run.stdout.contains(alone), "{run:?}");

    // For one that lasts.
    let (server, env) = with_apps(State { listed: [].into(), ..state() }).await;
    let run = asked(&server, &env, &arguments).await;
    assert!(run.code == 2 && run.stdout.contains("INVALID_TYPE"), "{run:?}");
    assert!(!run.stdout.contains(alone), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_type_in_a_file_of_an_org_is_an_error_of_that_file() {
    let state = || State {
        files: vec![
            app("Good", &APP.replace(">a<", ">b<")),
            app("Other", &format!("<!DOCTYPE x>{APP}")),
        ],
        listed: [("ConnectedApp", vec!["Good", "Other"])].into(),
        ..State::default()
    };
    let want = |name: &str| {
        format!("{{ component = \"ConnectedApp:{name}\", path = \"label\", equals = \"a\" }}")
    };
    let template = format!(
        "format = 1\n[template]\nname = \"a\"\ntitle = \"A\"\nversion = \"1\"\nsource = \
         \"https://a.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"label\"\ntitle = \
         \"Label\"\nwant = [{}, {}]\n",
        want("Good"),
        want("Other")
    );
    for arguments in [["diff", "--baseline", "then"], ["diff", "--template", "a.toml"]] {
        let (server, env) = with_apps(state()).await;
        env.write("a.toml", &template);
        let run = asked(&server, &env, &arguments).await;
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("connectedApps/Other.connectedApp:1:1"), "{run:?}");
        assert!(run.stderr.contains("DOCTYPE"), "{run:?}");
        assert!(run.stdout.contains("label"), "{run:?}");
    }
}

/// A full disk has its way out, wherever the answer goes.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_says_so() {
    let env = Env::new();
    for line in ["template list > /dev/full", "template show gong > /dev/full"] {
        let line = format!("exec {} {line}", env!("CARGO_BIN_EXE_sfsetup"));
        let output = env.shell(&line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {stderr}");
        assert!(stderr.contains("hint: the disk, or your share of it, is full"), "{stderr}");
    }
}

/// Without a file that it may open, the program ends with an error and a way out.
#[cfg(unix)]
#[test]
fn no_files_left_is_an_error_and_no_panic() {
    use std::process::Stdio;

    let env = Env::new();
    let fixture = fixture("good-order");
    let run = |files: u32, from: &str| {
        let line = format!(
            "ulimit -n {files} && exec {} diff --template ampersand --set app=x{from}",
            env!("CARGO_BIN_EXE_sfsetup")
        );
        let mut command = env.shell(&line);
        command
            .env("SF_ACCESS_TOKEN", "00D5g00000AbCdE!x")
            .env("SF_ORG_INSTANCE_URL", "http://127.0.0.1:9")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let from = [format!(" --from '{fixture}'"), String::new()];
    // Each of them tries to reach the org for a while: they do so side by side.
    let all: Vec<_> = (4..32)
        .flat_map(|files| from.iter().map(move |from| (files, from)))
        .map(|(files, from)| (files, run(files, from)))
        .collect();
    let mut told = 0;
    for (files, child) in all {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{files}: {stderr}");
        if stderr.contains("Too many open files") {
            told += usize::from(stderr.contains("ulimit -n"));
            assert_eq!(output.status.code(), Some(1), "{files}: {stderr}");
        }
    }
    assert!(told > 0, "nothing was ever short of files");
}

/// The org inside the program needs files too: with too few a connection would wait for ever.
#[cfg(all(unix, feature = "demo"))]
#[test]
fn too_few_files_for_the_built_in_org_are_told_at_once() {
    let env = Env::new();
    for files in [14, 20] {
        let line = format!(
            "ulimit -n {files} && exec {} diff --template ampersand --org demo",
            env!("CARGO_BIN_EXE_sfsetup")
        );
        let began = std::time::Instant::now();
        let output = env.shell(&line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{files}: {stderr}");
        assert!(stderr.contains("ulimit -n 1024"), "{files}: {stderr}");
        assert!(began.elapsed().as_secs() < 30, "{files}: {stderr}");
    }
}
