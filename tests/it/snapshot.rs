//! Snapshots: what was not read is neither removed nor called in sync, a folder is changed whole or
//! not at all whatever ends the run, and what is written deploys as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use sfsetup::metadata::document::NAMESPACE;

use crate::org::server::{Fault, Server, State, TOKEN, UNKNOWN_EXCEPTION};
use crate::support::{Env, Run, finish};

/// An org of a few lines, a folder in a git repository, and the program between them.
struct Scene {
    env: Env,
    server: Server,
}

const TYPES: &str = "ConnectedApp,PermissionSet";

fn component(
    type_name: &str,
    name: &str,
    path: &str,
    inner: &str,
) -> (String, String, String, String) {
    let xml = format!("<{type_name} xmlns=\"{NAMESPACE}\">{inner}</{type_name}>");
    (type_name.to_owned(), name.to_owned(), path.to_owned(), xml)
}

fn app(name: &str, label: &str) -> (String, String, String, String) {
    let path = format!("connectedApps/{name}.connectedApp");
    component("ConnectedApp", name, &path, &format!("<label>{label}</label>"))
}

/// Two apps and a permission set.
fn org() -> State {
    State {
        files: vec![
            app("Acme", "Acme"),
            app("Beacon", "Beacon"),
            component(
                "PermissionSet",
                "Sync",
                "permissionsets/Sync.permissionset",
                "<label>Sync</label>",
            ),
        ],
        listed: BTreeMap::from([
            ("ConnectedApp", vec!["Acme", "Beacon"]),
            ("PermissionSet", vec!["Sync"]),
        ]),
        ..State::default()
    }
}

impl Scene {
    async fn new(state: State) -> Self {
        let scene = Self { env: Env::new(), server: Server::start(state).await };
        scene.git(&["init", "--quiet"]);
        scene.git(&["config", "user.name", "A"]);
        scene.git(&["config", "user.email", "a@example.com"]);
        scene
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.env.command();
        command
            .args(arguments)
            .env("SF_ACCESS_TOKEN", TOKEN)
            .env("SF_ORG_INSTANCE_URL", &self.server.address);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        tokio::task::block_in_place(|| finish(self.command(arguments).output().unwrap()))
    }

    /// Takes a snapshot of the two types into `org`.
    fn take(&self, more: &[&str]) -> Run {
        self.run(&[&["snapshot", "--out", "org", "--types", TYPES], more].concat())
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.env.folder())
            .env("HOME", self.env.folder())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.server.state.lock().unwrap());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.env.folder().join(name)
    }

    fn record(&self) -> Json {
        serde_json::from_slice(&std::fs::read(self.path("org/snapshot.json")).unwrap()).unwrap()
    }

    /// The findings against the folder, as component and state.
    fn drift(&self) -> (i32, Vec<(String, String)>) {
        let run = self.run(&["diff", "--baseline", "org", "--format", "json"]);
        let report: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
        let of = |finding: &Json| {
            let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
            let component = &finding["component"];
            let id = format!("{}:{}", text(&component["type"]), text(&component["full_name"]));
            (id, text(&finding["state"]))
        };
        let findings =
            report["orgs"][0]["findings"].as_array().unwrap_or_else(|| panic!("{run:?}"));
        (run.code, findings.iter().map(of).collect())
    }

    /// Every file below a folder, with its bytes; git's own are left out.
    fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.path(folder))
    }
}

/// Every file below a folder, but for those of git.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().unwrap() != ".git" {
                    pending.push(path);
                }
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
    found
}

fn stale(record: &Json) -> Vec<String> {
    let components = record["components"].as_array().unwrap();
    components
        .iter()
        .filter(|one| one["stale"].is_string())
        .map(|one| one["full_name"].as_str().unwrap().to_owned())
        .collect()
}

/// A type that one list of the org's did not come for keeps its files, in the folder and in the
/// commit; the exit code tells, and a diff does not call them in sync.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_that_could_not_be_listed_is_not_gone() {
    let page = "<!DOCTYPE html><html><body>Scheduled maintenance</body></html>";
    let cut = "<?xml version=\"1.0\"?><soapenv:Envelope \
               xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>\
               <listMetadataResponse><result><fullName>Acme</fullName>";
    let moved = "Location: https://elsewhere.example.com/\r\n";
    for fault in [
        Fault::Reply(200, "", page),
        Fault::Reply(200, "", cut),
        Fault::Reply(302, moved, ""),
        Fault::Reply(500, "", UNKNOWN_EXCEPTION),
    ] {
        let scene = Scene::new(org()).await;
        let first = scene.take(&["--commit"]);
        assert_eq!(first.code, 0, "{first:?}");
        let before = scene.files("org");
        scene.change(|org| {
            org.faults.push(("<met:type>ConnectedApp", usize::MAX, fault));
            org.files[2].3 = org.files[2].3.replace(">Sync<", ">Changed<");
        });
        let run = scene.take(&["--commit"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.stderr.contains("is not whole") && run.stderr.contains("ConnectedApp: "),
            "{run:?}"
        );
        assert!(run.stdout.contains("1 changed: PermissionSet:Sync"), "{run:?}");
        assert!(
            run.stdout.contains("2 of them could not be read and stay as they were"),
            "{run:?}"
        );
        let log = scene.git(&["show", "--stat", "--format=%B"]);
        assert!(log.contains("snapshot of") && log.contains("1 changed, 1 not read"), "{log}");
        assert!(!log.contains(".connectedApp"), "{log}");
        assert_eq!(scene.git(&["status", "--porcelain", "org"]), "");
        let after = scene.files("org");
        for name in ["connectedApps/Acme.connectedApp", "connectedApps/Beacon.connectedApp"] {
            assert_eq!(after[name], before[name]);
        }
        let record = scene.record();
        assert_eq!(stale(&record), ["Acme", "Beacon"]);
        assert_eq!(record["not_observed"][0]["type"], "ConnectedApp");
        assert_eq!(record["not_observed"][0]["full_name"], "*");

        scene.change(|org| org.faults.clear());
        let not_observed = |name: &str| (format!("ConnectedApp:{name}"), "not-observed".to_owned());
        assert_eq!(scene.drift(), (0, vec![not_observed("Acme"), not_observed("Beacon")]));
        // Taken again it is what it would have been.
        let again = scene.take(&["--commit"]);
        assert_eq!(again.code, 0, "{again:?}");
        assert_eq!(stale(&scene.record()), Vec::<String>::new());
        assert_eq!(scene.drift(), (0, Vec::new()));
    }
}

/// A reply that breaks off on the wire is repeated, and then ends the run with nothing written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_leaves_the_folder_as_it_was() {
    let scene = Scene::new(org()).await;
    assert_eq!(scene.take(&["--commit"]).code, 0);
    let before = scene.files(".");
    scene.change(|org| org.faults.push(("<met:type>PermissionSet", usize::MAX, Fault::Half)));
    let run = scene.take(&["--commit"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("`org` is as it was"), "{run:?}");
    assert_eq!(scene.files("."), before);
}

/// One file that is no metadata, and one that the org lists and does not send, are not read; and
/// not gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_could_not_be_read_is_not_gone() {
    type Spoil = fn(&mut State);
    let ways: [(Spoil, &str); 4] = [
        (|org| org.files[0].3.truncate(60), "its file cannot be read"),
        (|org| org.bad.push("Acme".to_owned()), "cannot read Acme"),
        (
            |org| {
                org.files.remove(0);
            },
            "the org lists it and did not send it",
        ),
        (
            |org| {
                org.files.remove(0);
                org.silent.push("Acme");
            },
            "sent neither the component nor a word",
        ),
    ];
    for (spoil, why) in ways {
        let scene = Scene::new(org()).await;
        assert_eq!(scene.take(&["--commit"]).code, 0);
        let before = scene.files("org");
        scene.change(spoil);
        let run = scene.take(&["--commit"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("ConnectedApp:Acme: ") && run.stderr.contains(why), "{run:?}");
        assert!(run.stdout.contains("Nothing that could be read has changed"), "{run:?}");
        let file = "connectedApps/Acme.connectedApp";
        assert_eq!(scene.files("org")[file], before[file]);
        assert_eq!(stale(&scene.record()), ["Acme"]);
        assert_eq!(scene.git(&["status", "--porcelain", "org"]), "");
        // Whatever the org has now, nobody knows what it had.
        scene.change(|state| {
            state.files =
                vec![app("Acme", "Another"), app("Beacon", "Beacon"), org().files.remove(2)];
            state.bad.clear();
        });
        let expected = vec![("ConnectedApp:Acme".to_owned(), "not-observed".to_owned())];
        assert_eq!(scene.drift(), (0, expected));
    }
}

/// What the org has answered about goes: it is not in a list that came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_org_no_longer_lists_is_gone() {
    let scene = Scene::new(org()).await;
    assert_eq!(scene.take(&[]).code, 0);
    scene.change(|org| {
        org.listed.insert("ConnectedApp", vec!["Beacon"]);
    });
    let run = scene.take(&[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("1 gone: ConnectedApp:Acme"), "{run:?}");
    assert!(!scene.path("org/connectedApps/Acme.connectedApp").exists());
    // The last of its type: the type is known to have none, and a new one is seen.
    scene.change(|org| {
        org.listed.insert("ConnectedApp", Vec::new());
    });
    assert_eq!(scene.take(&[]).code, 0);
    assert!(!scene.path("org/connectedApps").exists());
    assert!(scene.record()["manifest"]["types"]["ConnectedApp"][0] == "*");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_is_read_nothing_is_written() {
    let scene = Scene::new(org()).await;
    for types in ["ConnectdApp", "ConnectdApp,Nonsense"] {
        let run = scene.run(&["snapshot", "--out", "new", "--types", types]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("INVALID_TYPE"), "{run:?}");
        assert!(run.stderr.contains("did you mean `ConnectedApp`?"), "{run:?}");
        assert!(!scene.path("new").exists() && run.stderr.contains("`new` was not made"));
    }
    assert_eq!(scene.take(&[]).code, 0);
    let before = scene.files(".");
    for spoil in ["<met:listMetadata>", "<met:retrieve>"] {
        scene.change(|org| org.faults = vec![(spoil, usize::MAX, Fault::Reply(200, "", "<html>"))]);
        let run = scene.take(&[]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("`org` is as it was"), "{run:?}");
        assert_eq!(scene.files("."), before);
    }
    // A type that does not exist beside one that does is told, and the other is written.
    scene.change(|org| org.faults.clear());
    let run = scene.run(&["snapshot", "--out", "part", "--types", "ConnectedApp,Nonsense"]);
    assert!(run.code == 1 && run.stderr.contains("Nonsense: the org says"), "{run:?}");
    assert!(scene.path("part/connectedApps/Acme.connectedApp").exists());
}

/// What could not be listed when the snapshot was taken is nothing new when it is seen later; what
/// was listed, and was not there, is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_seen_later_is_new_only_where_it_was_looked_for() {
    let eca = "ExternalClientApplication";
    let template = format!(
        "format = 1\n[template]\nname = \"o\"\ntitle = \"O\"\nversion = \"1\"\nsource = \
         \"https://e.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"a\"\ntitle = \"A\"\n\
         want = [{{ component = \"{eca}:Acme\", path = \"label\", equals = \"Acme\" }}]\n"
    );
    for is_listed in [false, true] {
        let mut state = org();
        if is_listed {
            state.listed.insert(eca, Vec::new());
        }
        let scene = Scene::new(state).await;
        let types = format!("{TYPES},{eca}");
        let run = scene.run(&["snapshot", "--out", "org", "--types", &types]);
        assert_eq!(run.code, i32::from(!is_listed), "{run:?}");
        // Against a template: missing, or nobody knows.
        scene.env.write("o.toml", &template);
        let run = scene.run(&["diff", "--template", "o.toml", "--from", "org"]);
        let words = if is_listed { "1 missing" } else { "1 not observed" };
        assert!(run.stdout.contains(words), "{run:?}");
        scene.change(|org| {
            org.listed.insert(eca, vec!["Acme"]);
            let path = "externalClientApps/Acme.eca";
            org.files.push(component(eca, "Acme", path, "<label>Acme</label>"));
        });
        let (code, drift) = scene.drift();
        let state = if is_listed { "differs" } else { "not-observed" };
        assert_eq!(drift, [(format!("{eca}:Acme"), state.to_owned())]);
        assert_eq!(code, if is_listed { 2 } else { 0 });
    }
}

/// A profile whose companion was not read shows less of what it grants: its file is not overwritten
/// by one that says less.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_does_not_lose_what_could_not_be_read() {
    let entry = |object: &str| {
        format!(
            "<objectPermissions><allowRead>true</allowRead><object>{object}</object>\
             </objectPermissions>"
        )
    };
    let profile = |inner: String| component("Profile", "Sales", "profiles/Sales.profile", &inner);
    let object =
        |name: &str| component("CustomObject", name, &format!("objects/{name}.object"), "");
    let scene = Scene::new(State {
        files: vec![profile(entry("Account") + &entry("Lead")), object("Account"), object("Lead")],
        listed: BTreeMap::from([
            ("Profile", vec!["Sales"]),
            ("CustomObject", vec!["Account", "Lead"]),
        ]),
        ..State::default()
    })
    .await;
    let take = ["snapshot", "--out", "org", "--types", "Profile"];
    assert_eq!(scene.run(&take).code, 0);
    let before = scene.files("org");
    scene.change(|org| {
        org.bad.push("Lead".to_owned());
        org.files[0] = profile(entry("Account"));
    });
    let run = scene.run(&take);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("Profile:Sales: CustomObject:Lead could not be read"), "{run:?}");
    assert_eq!(scene.files("org")["profiles/Sales.profile"], before["profiles/Sales.profile"]);
    // A list of objects that is empty is no answer: there is no such org.
    scene.change(|org| {
        org.bad.clear();
        org.files[0] = profile(String::new());
        org.listed.insert("CustomObject", Vec::new());
    });
    let run = scene.run(&take);
    assert!(run.code == 1 && run.stderr.contains("lists no CustomObject at all"), "{run:?}");
    assert_eq!(scene.files("org")["profiles/Sales.profile"], before["profiles/Sales.profile"]);
    scene.change(|org| org.files[0] = profile(entry("Account")));
    // Where the org answers that the object is gone, so are the entries.
    scene.change(|org| {
        org.bad.clear();
        org.listed.insert("CustomObject", vec!["Account"]);
    });
    assert_eq!(scene.run(&take).code, 0);
    let text = std::fs::read_to_string(scene.path("org/profiles/Sales.profile")).unwrap();
    assert!(text.contains("Account") && !text.contains("Lead"), "{text}");
}

/// The files that stay go along into another layout, and the other layout's own file goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stays_lies_in_the_layout_of_the_rest() {
    let scene = Scene::new(org()).await;
    assert_eq!(scene.take(&[]).code, 0);
    scene.change(|org| org.files[0].3.truncate(60));
    assert_eq!(scene.take(&["--layout", "source"]).code, 1);
    let names: Vec<String> = scene.files("org").into_keys().collect();
    assert_eq!(
        names,
        [
            "connectedApps/Acme.connectedApp-meta.xml",
            "connectedApps/Beacon.connectedApp-meta.xml",
            "permissionsets/Sync.permissionset-meta.xml",
            "sfdx-project.json",
            "snapshot.json",
        ]
    );
    assert_eq!(stale(&scene.record()), ["Acme"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_selection_is_refused_without_prune() {
    let scene = Scene::new(org()).await;
    assert_eq!(scene.take(&[]).code, 0);
    let before = scene.files("org");
    scene.env.write(
        "package.xml",
        format!(
            "<Package xmlns=\"{NAMESPACE}\"><types><members>Acme</members><name>ConnectedApp</name>\
             </types><version>66.0</version></Package>"
        ),
    );
    let asked = scene.server.requests().len();
    for less in [&["--types", "ConnectedApp"][..], &["--manifest", "package.xml"]] {
        let run = scene.run(&[&["snapshot", "--out", "org"], less].concat());
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("--prune"), "{run:?}");
        assert_eq!(scene.files("org"), before);
    }
    assert_eq!(scene.server.requests().len(), asked, "nothing is asked of the org for it");
    let run = scene.run(&["snapshot", "--out", "org", "--types", "ConnectedApp", "--prune"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("1 gone: PermissionSet:Sync"), "{run:?}");
    assert!(!scene.path("org/permissionsets").exists());
    // More than before takes nothing away.
    assert_eq!(scene.take(&[]).code, 0);
    // What could not be read does not go with what is pruned.
    scene.change(|org| org.files[0].3.truncate(60));
    let run = scene.run(&["snapshot", "--out", "org", "--types", "ConnectedApp", "--prune"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(scene.path("org/connectedApps/Acme.connectedApp").exists());
    assert!(!scene.path("org/permissionsets").exists());
}

/// A pipeline must not take a name that is misspelled for a snapshot of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_none_of_whose_named_members_is_there_is_no_success() {
    let scene = Scene::new(org()).await;
    let manifest = |members: &[&str]| {
        let members: String =
            members.iter().map(|name| format!("<members>{name}</members>")).collect();
        let types = format!("<types>{members}<name>ConnectedApp</name></types>");
        let text = format!("<Package xmlns=\"{NAMESPACE}\">{types}</Package>");
        scene.env.write("package.xml", text);
    };
    let snapshot = ["snapshot", "--out", "org", "--manifest", "package.xml"];
    manifest(&["Acne"]);
    let run = scene.run(&snapshot);
    assert!(run.code == 1 && run.stderr.contains("ConnectedApp:Acne"), "{run:?}");
    assert!(!run.stdout.contains("Nothing has changed"), "{run:?}");
    manifest(&["Acme", "Acne"]);
    let run = scene.run(&snapshot);
    let note = "does not have what the manifest names: ConnectedApp:Acne";
    assert!(run.code == 0 && run.stderr.contains(note), "{run:?}");
    assert!(!run.stderr.contains("ConnectedApp:Acme"), "{run:?}");
}

/// A record of an older version does not say what was asked for: what it names is not dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_record_is_taken_over() {
    let scene = Scene::new(org()).await;
    assert_eq!(scene.take(&[]).code, 0);
    let mut record = scene.record();
    record.as_object_mut().unwrap().remove("selection");
    record.as_object_mut().unwrap().remove("descriptor");
    scene.env.write("org/snapshot.json", record.to_string());
    std::fs::remove_file(scene.path("org/package.xml")).unwrap();
    let run = scene.run(&["snapshot", "--out", "org", "--types", "ConnectedApp"]);
    assert!(run.code == 1 && run.stderr.contains("PermissionSet:Sync"), "{run:?}");
    assert_eq!(scene.drift(), (0, Vec::new()));
    assert_eq!(scene.take(&[]).code, 0);
    assert_eq!(scene.record()["selection"]["by"], "types");
    assert!(scene.path("org/package.xml").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_cannot_be_made_is_refused_before_anything_is_written() {
    let scene = Scene::new(org()).await;
    let refused = |why: &str| {
        let before = scene.files(".");
        let run = scene.take(&["--commit"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains(why) && run.stderr.contains("hint: "), "{run:?}");
        assert_eq!(scene.files("."), before);
        assert_eq!(scene.git(&["diff", "--cached", "--name-only"]), "");
        assert_eq!(scene.server.requests().len(), 0, "the org is not asked");
    };
    scene.git(&["config", "--unset", "user.name"]);
    scene.git(&["config", "--unset", "user.email"]);
    scene.git(&["config", "user.useConfigOnly", "true"]);
    refused("does not know who commits");
    scene.git(&["config", "user.name", "A"]);
    scene.git(&["config", "user.email", "a@example.com"]);
    scene.env.write(".gitignore", "/org\n");
    refused("git ignores the folder");
    std::fs::remove_file(scene.path(".gitignore")).unwrap();
    scene.env.write("org/mine.txt", "x");
    refused("not committed");
    std::fs::remove_dir_all(scene.path("org")).unwrap();
    std::fs::remove_dir_all(scene.path(".git")).unwrap();
    let run = scene.take(&["--commit"]);
    assert!(run.code == 1 && run.stderr.contains("git init"), "{run:?}");
    assert!(!scene.path("org").exists());
}

/// A hook that refuses leaves nothing staged, and the next run commits what this one wrote.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_git_refuses_is_made_by_the_next_run() {
    let scene = Scene::new(org()).await;
    let hook = scene.env.script(".git/hooks/pre-commit", "#!/bin/sh\necho no >&2; exit 1\n");
    let run = scene.take(&["--commit"]);
    assert!(run.code == 1 && run.stderr.contains("git commit failed"), "{run:?}");
    assert_eq!(scene.git(&["ls-files"]), "");
    assert_eq!(scene.drift(), (0, Vec::new()), "it is written all the same");
    std::fs::remove_file(hook).unwrap();
    scene.change(|org| org.files[0] = app("Acme", "Changed"));
    let run = scene.take(&["--commit"]);
    assert_eq!(run.code, 0, "{run:?}");
    let log = scene.git(&["log", "--format=%s"]);
    let subjects: Vec<&str> = log.lines().collect();
    assert!(subjects[0].ends_with(": 1 changed") && subjects[1].ends_with(": 3 new"), "{log}");
    assert_eq!(scene.git(&["status", "--porcelain", "org"]), "");
    assert!(!scene.path("org/.sfsetup-snapshot").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_lacks_files_of_its_record_is_no_baseline() {
    let scene = Scene::new(org()).await;
    assert_eq!(scene.take(&[]).code, 0);
    std::fs::remove_file(scene.path("org/connectedApps/Acme.connectedApp")).unwrap();
    for arguments in [
        &["diff", "--baseline", "org"][..],
        &["deploy", "--baseline", "org", "--yes"],
        &[
            "diff",
            "--template",
            "ampersand",
            "--from",
            "org",
            "--set",
            "app=Acme",
            "--set",
            "read=Account",
        ],
    ] {
        let run = scene.run(arguments);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("`connectedApps/Acme.connectedApp`"), "{run:?}");
        assert!(
            run.stderr.contains("take the snapshot again"),
            "a hint says how to set it right: {run:?}"
        );
    }
    assert_eq!(scene.take(&[]).code, 0);
    assert_eq!(scene.drift(), (0, Vec::new()));
}

/// The source of a class, its XML beside it, in both layouts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_class_is_written_as_its_source_and_its_xml() {
    let class = |source: &str| {
        let status = "<status>Active</status>";
        let path = "classes/A.cls";
        vec![
            component("ApexClass", "A", &format!("{path}-meta.xml"), status),
            ("ApexClass".to_owned(), "A".to_owned(), path.to_owned(), source.to_owned()),
        ]
    };
    let scene = Scene::new(State {
        files: class("class A { }"),
        listed: BTreeMap::from([("ApexClass", vec!["A"])]),
        ..State::default()
    })
    .await;
    for layout in ["metadata", "source"] {
        let take = ["snapshot", "--out", "org", "--types", "ApexClass", "--layout", layout];
        let run = scene.run(&take);
        assert_eq!(run.code, 0, "{run:?}");
        let files = scene.files("org");
        assert_eq!(files["classes/A.cls"], b"class A { }");
        assert!(String::from_utf8_lossy(&files["classes/A.cls-meta.xml"]).contains("<status>"));
        let one = &scene.record()["components"][0];
        assert_eq!(one["file"], "classes/A.cls-meta.xml");
        assert_eq!(one["content"], "classes/A.cls");
        assert_eq!(scene.drift(), (0, Vec::new()));
    }
    scene.change(|org| org.files = class("class A { Integer x; }"));
    let (_, drift) = scene.drift();
    assert_ne!(drift, Vec::new(), "another source is not in sync");
    // The source alone makes no component.
    scene.change(|org| {
        org.files.remove(0);
    });
    let before = scene.files("org");
    let run = scene.run(&["snapshot", "--out", "org", "--types", "ApexClass"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(scene.files("org"), before);
}

/// More than one piece of members: a profile comes with every object of the manifest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_of_a_long_manifest_comes_with_all_its_objects() {
    let objects: Vec<String> = (0..250).map(|at| format!("Object_{at}__c")).collect();
    let file =
        |name: &String| component("CustomObject", name, &format!("objects/{name}.object"), "");
    let mut state = State { files: objects.iter().map(file).collect(), ..State::default() };
    state.files.push(component("Profile", "Sales", "profiles/Sales.profile", ""));
    let scene = Scene::new(state).await;
    let members: String = objects.iter().map(|name| format!("<members>{name}</members>")).collect();
    scene.env.write(
        "manifest.xml",
        format!(
            "<Package xmlns=\"{NAMESPACE}\"><types>{members}<name>CustomObject</name></types><types>\
             <members>Sales</members><name>Profile</name></types></Package>"
        ),
    );
    let run = scene.run(&["snapshot", "--out", "org", "--manifest", "manifest.xml"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("251 components"), "{run:?}");
    let with_profile: Vec<String> = scene
        .server
        .requests()
        .into_iter()
        .filter(|text| text.contains("<met:retrieve>") && text.contains("<met:name>Profile"))
        .collect();
    assert!(!with_profile.is_empty());
    for text in with_profile {
        assert_eq!(text.matches("<met:members>Object_").count(), 250);
    }
}

/// Somebody's own package.xml and project are not overwritten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_in_the_folder_before_is_left_alone() {
    let scene = Scene::new(org()).await;
    scene.env.write("org/package.xml", "<mine/>");
    scene.env.write("org/connectedApps/notes.txt", "mine");
    let run = scene.take(&[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("was left as it is"), "{run:?}");
    scene.change(|org| {
        org.listed.insert("ConnectedApp", Vec::new());
    });
    assert_eq!(scene.take(&[]).code, 0);
    let files = scene.files("org");
    assert_eq!(files["package.xml"], b"<mine/>");
    assert_eq!(files["connectedApps/notes.txt"], b"mine");
    scene.env.write("project/sfdx-project.json", "{\"packageDirectories\": [{\"path\": \"app\"}]}");
    let run = scene.run(&["snapshot", "--out", "project", "--types", TYPES]);
    assert!(run.code == 1 && run.stderr.contains("root of a project"), "{run:?}");
    assert_eq!(scene.files("project").len(), 1);
}

/// Starts a snapshot, and waits until it asks for its zip, which never comes.
fn hanging(scene: &Scene) -> std::process::Child {
    scene.change(|org| org.faults.push(("<met:includeZip>true", 1, Fault::Silence)));
    let asked = scene.server.count("<met:includeZip>true");
    let child = scene
        .command(&["snapshot", "--out", "org", "--types", TYPES])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while scene.server.count("<met:includeZip>true") == asked {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

/// A run that is killed while it reads leaves the folder as it was, and the next one takes away
/// what it left; two at once do not get into each other's way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_leaves_nothing_that_the_next_trips_over() {
    let scene = Scene::new(org()).await;
    for time in ["first", "later"] {
        let before = scene.files("org");
        let mut child = tokio::task::block_in_place(|| hanging(&scene));
        let busy = scene.take(&[]);
        assert!(busy.code == 1 && busy.stderr.contains("another `sfsetup snapshot`"), "{busy:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        let visible = |(name, _): &(String, Vec<u8>)| !name.starts_with(".sfsetup-snapshot/");
        let now: BTreeMap<_, _> = scene.files("org").into_iter().filter(visible).collect();
        assert_eq!(now, before, "{time}");
        if time == "later" {
            assert_eq!(scene.drift(), (0, Vec::new()), "it is a baseline as before");
        }
        assert_eq!(scene.git(&["status", "--porcelain", "--untracked-files=all"]), "");
        let run = scene.take(&["--commit"]);
        assert_eq!(run.code, 0, "{run:?}");
        let hidden: Vec<String> =
            scene.files(".").into_keys().filter(|name| name.contains(".sfsetup")).collect();
        assert_eq!(hidden, Vec::<String>::new());
    }
}

/// A disk that is full in the middle: an error, and the folder is as it was.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_leaves_the_folder_as_it_was() {
    let scene = Scene::new(org()).await;
    assert_eq!(scene.take(&[]).code, 0);
    let before = scene.files(".");
    scene.change(|org| {
        org.files[0] = app("Acme", "Changed");
        org.files[1] = app("Beacon", &"x".repeat(100_000));
    });
    // No file may grow beyond some kilobytes; the signal of that is not heeded, so that writing
    // fails as on a full disk.
    let program = env!("CARGO_BIN_EXE_sfsetup");
    let line = format!("ulimit -f 20; exec {program} snapshot --out org --types {TYPES}");
    for out in ["org", "new"] {
        let mut command = Command::new("sh");
        command.args(["-c", &line.replace("--out org", &format!("--out {out}"))]);
        command.current_dir(scene.env.folder()).env("SFSETUP_KEYRING", "off");
        command.env("HOME", scene.env.folder());
        command.env("SF_ACCESS_TOKEN", TOKEN).env("SF_ORG_INSTANCE_URL", &scene.server.address);
        let run = tokio::task::block_in_place(|| finish(command.output().unwrap()));
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("cannot write the snapshot"), "{run:?}");
        assert_eq!(scene.files("."), before);
    }
    assert_eq!(scene.take(&[]).code, 0);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A run that was killed while it put its files in place: the folder is no baseline until the next
/// run, which finishes it, and commits it where it commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_run_had_begun_to_put_in_place_is_finished() {
    for is_committing in [false, true] {
        let scene = Scene::new(org()).await;
        assert_eq!(scene.take(&["--commit"]).code, 0);
        let old_app = org().files.remove(0).3;
        // What the killed run had read: another label, and a new record that says so.
        let app = "connectedApps/Acme.connectedApp";
        let mut record = scene.record();
        record["components"][0]["last_modified_by"] = "Robin".into();
        let app_now = old_app.replace(">Acme<", ">Changed<").into_bytes();
        let record = record.to_string().into_bytes();
        let work = "org/.sfsetup-snapshot";
        scene.env.write(&format!("{work}/.gitignore"), "*\n");
        scene.env.write(&format!("{work}/files/snapshot.json"), &record);
        scene.env.write(&format!("org/{app}"), &app_now);
        let plan = serde_json::json!({
            "message": "snapshot of x: 1 changed, 1 gone\n",
            "write": { app: sha256(&app_now), "snapshot.json": sha256(&record) },
            "remove": ["permissionsets/Sync.permissionset"],
        });
        scene.env.write(&format!("{work}/plan.json"), plan.to_string());
        let run = scene.run(&["diff", "--baseline", "org"]);
        assert!(run.code == 1 && run.stderr.contains("was cut off"), "{run:?}");
        assert!(run.stderr.contains("run the same snapshot again"), "{run:?}");
        let run = scene.take(if is_committing { &["--commit"] } else { &[] });
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(scene.drift(), (0, Vec::new()));
        let log = scene.git(&["log", "--format=%s"]);
        if is_committing {
            assert!(log.contains("snapshot of x: 1 changed, 1 gone"), "{log}");
            assert_eq!(scene.git(&["status", "--porcelain", "org"]), "");
        }
        assert!(!scene.path("org/.sfsetup-snapshot").exists());
    }
}

#[cfg(feature = "demo")]
mod with_demo {
    use super::*;
    use base64::Engine as _;
    use sfsetup::demo::{Faults, Store, serve};
    use sfsetup::metadata::archive::write_zip;

    use crate::demo_wire::{call, element, finish as finish_job};

    fn files_but_record(mut files: BTreeMap<String, Vec<u8>>) -> Option<BTreeMap<String, Vec<u8>>> {
        files.remove("snapshot.json").map(|_| files)
    }

    /// The folder, zipped as it is, is taken by the org, changes nothing, and is still what the org
    /// has.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_snapshot_deploys_as_it_is_and_changes_nothing() {
        let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
        let env = Env::new();
        let run = |arguments: &[&str]| {
            let mut command = env.command();
            command
                .args(arguments)
                .env("SF_ACCESS_TOKEN", &running.token)
                .env("SF_ORG_INSTANCE_URL", running.url());
            tokio::task::block_in_place(|| finish(command.output().unwrap()))
        };
        let taken = run(&["snapshot", "--out", "org"]);
        assert_eq!(taken.code, 0, "{taken:?}");
        let files = files(&env.folder().join("org"));
        let text = String::from_utf8_lossy(&files.values().flatten().copied().collect::<Vec<_>>())
            .into_owned();
        assert!(!text.contains("redacted") && !text.contains("consumerKey"));
        let zip = base64::prelude::BASE64_STANDARD.encode(write_zip(&files).unwrap());
        let reply = call(
            &running,
            &format!(
                "<deploy xmlns=\"{NAMESPACE}\"><ZipFile>{zip}</ZipFile><DeployOptions>\
                 <rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage>\
                 </DeployOptions></deploy>"
            ),
        )
        .await;
        let status = finish_job(&running, "checkDeployStatus", &element(&reply, "id")).await;
        assert!(status.contains("<status>Succeeded</status>"), "{status}");
        let diff = run(&["diff", "--baseline", "org"]);
        assert_eq!(diff.code, 0, "{diff:?}");
        assert!(diff.stdout.contains("Nothing differs") && diff.stdout.contains(" 0 not observed"));
        let again = run(&["snapshot", "--out", "org"]);
        assert!(again.code == 0 && again.stdout.contains("Nothing has changed"), "{again:?}");
        // The record says who has written the components last; that is the deploy now.
        let mut now = super::files(&env.folder().join("org"));
        assert_eq!(now.remove("snapshot.json").map(|_| now), files_but_record(files));
        running.stop().await;
    }
}
