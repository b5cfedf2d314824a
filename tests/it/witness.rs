//! Witnesses for the demo org: the `sf` command line and jsforce, which know nothing of us, list,
//! retrieve, deploy and query there.
//!
//! They run where the clients are installed (`tests/witness/install.sh FOLDER` does so, and prints
//! `SFSETUP_WITNESS`, the folder that is looked in); elsewhere each test says on stderr that it was
//! skipped. `SFSETUP_WITNESS_NODE` names another `node` than the one on the path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;
use sfsetup::demo::{Faults, Running, Store, serve};
use sfsetup::metadata::archive::write_zip;
use sfsetup::template::builtin;

use crate::support::Env;

const MANIFEST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <types><members>Witness</members><name>PermissionSet</name></types>
    <version>64.0</version>
</Package>
";
const PERMISSION_SET: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <hasActivationRequired>false</hasActivationRequired>
    <label>Witness</label>
</PermissionSet>
";

/// The folder with the clients and `node`, if what is asked for is installed there.
fn installed(module: &str) -> Option<(PathBuf, String)> {
    let node = std::env::var("SFSETUP_WITNESS_NODE").unwrap_or_else(|_| "node".to_owned());
    let folder = std::env::var_os("SFSETUP_WITNESS").map(PathBuf::from)?;
    let is_there = folder.join("node_modules").join(module).is_dir();
    let runs =
        Command::new(&node).arg("--version").output().is_ok_and(|output| output.status.success());
    (is_there && runs).then_some((folder, node))
}

fn skipped(client: &str) {
    // A test has no third ending; this line is the report.
    std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("skipped: {client} is not installed (tests/witness/install.sh)\n").as_bytes(),
    )
    .unwrap();
}

async fn org() -> Running {
    serve(Store::in_memory(), None, Faults::none()).await.unwrap()
}

/// The `sf` command line in a home of its own.
struct Sf {
    node: String,
    script: PathBuf,
    env: Env,
}

impl Sf {
    fn run(&self, token: Option<&str>, arguments: &[&str]) -> Json {
        self.run_in(".", token, arguments)
    }

    /// Runs it in a folder of its home.
    fn run_in(&self, folder: &str, token: Option<&str>, arguments: &[&str]) -> Json {
        let mut command = Command::new(&self.node);
        command
            .arg(&self.script)
            .args(arguments)
            .arg("--json")
            .env_clear()
            .current_dir(self.env.folder().join(folder));
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.env.folder());
        for name in [
            "SF_DISABLE_TELEMETRY",
            "SF_AUTOUPDATE_DISABLE",
            "SF_SKIP_NEW_VERSION_CHECK",
            "SF_USE_GENERIC_UNIX_KEYCHAIN",
        ] {
            command.env(name, "true");
        }
        if let Some(token) = token {
            command.env("SF_ACCESS_TOKEN", token);
        }
        let output = command.output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let answer: Json = serde_json::from_str(&stdout).unwrap_or_else(|error| {
            panic!("sf {arguments:?}: {error}: {stdout}{}", String::from_utf8_lossy(&output.stderr))
        });
        assert_eq!(answer["status"], 0, "sf {arguments:?}: {stdout}");
        answer["result"].clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sf_command_line_retrieves_validates_deploys_and_queries() {
    let Some((folder, node)) = installed("@salesforce/cli") else {
        return skipped("the sf command line");
    };
    let running = org().await;
    let (address, token) = (running.url(), running.token.clone());
    let work = move || {
        let sf = Sf {
            node,
            script: folder.join("node_modules/@salesforce/cli/bin/run.js"),
            env: Env::new(),
        };
        sf.env
            .write("sfdx-project.json", r#"{"packageDirectories": [{"path": "force-app", "default": true}], "sourceApiVersion": "64.0"}"#);
        std::fs::create_dir(sf.env.folder().join("force-app")).unwrap();
        sf.env.write("package/package.xml", MANIFEST);
        sf.env.write("package/permissionsets/Witness.permissionset", PERMISSION_SET);
        let login = [
            "org",
            "login",
            "access-token",
            "--instance-url",
            &address,
            "--no-prompt",
            "--alias",
            "demo",
        ];
        assert_eq!(
            sf.run(Some(&token), &login)["username"],
            "robin.alder@harbourlight.example.com"
        );

        let profiles = sf.run(None, &["org", "list", "metadata", "-o", "demo", "-m", "Profile"]);
        assert!(
            profiles.as_array().unwrap().iter().any(|profile| profile["fullName"] == "Admin"),
            "{profiles}"
        );

        sf.run(
            None,
            &[
                "project",
                "retrieve",
                "start",
                "-o",
                "demo",
                "-m",
                "Profile:Admin",
                "-m",
                "ConnectedApp:Ampersand",
            ],
        );
        let file = sf
            .env
            .folder()
            .join("force-app/main/default/connectedApps/Ampersand.connectedApp-meta.xml");
        assert!(std::fs::read_to_string(file).unwrap().contains("<refreshTokenPolicy>"));

        let validate = [
            "project",
            "deploy",
            "validate",
            "-o",
            "demo",
            "--metadata-dir",
            "package",
            "--test-level",
            "RunLocalTests",
        ];
        let validated = sf.run(None, &validate);
        let id = validated["id"].as_str().unwrap();
        let query = "SELECT Id, Name FROM PermissionSet WHERE Name = 'Witness'";
        assert_eq!(sf.run(None, &["data", "query", "-o", "demo", "-q", query])["totalSize"], 0);
        let quick = sf.run(None, &["project", "deploy", "quick", "-o", "demo", "--job-id", id]);
        assert!(quick["success"] == true && quick["id"] != *id, "{quick}");
        assert_eq!(sf.run(None, &["data", "query", "-o", "demo", "-q", query])["totalSize"], 1);
        let again = sf
            .run(None, &["project", "deploy", "start", "-o", "demo", "--metadata-dir", "package"]);
        assert_eq!(again["numberComponentsDeployed"], 1, "{again}");

        looked_at_and_assigned(&sf);
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    running.stop().await;
}

/// What else `sf` asks of an org: who is in it and what is installed, and it gives permission sets.
fn looked_at_and_assigned(sf: &Sf) {
    let run = |arguments: &[&str]| sf.run(None, &[arguments, &["-o", "demo"]].concat());
    assert_eq!(run(&["org", "display"])["connectedStatus"], "Connected");
    let users = run(&["org", "list", "users"]);
    assert_eq!(users[0]["profileName"], "System Administrator", "{users}");
    assert!(run(&["org", "open", "--url-only"])["url"].as_str().unwrap().contains("frontdoor"));
    let installed = run(&["package", "installed", "list"]);
    assert_eq!(installed[0]["SubscriberPackageNamespace"], "beacon", "{installed}");
    let assigned = run(&["org", "assign", "permset", "-n", "Witness"]);
    assert_eq!(assigned["failures"].as_array().unwrap().len(), 0, "{assigned}");
    let licence = ["org", "assign", "permsetlicense", "-n", "SalesforceAPIIntegrationPsl"];
    assert_eq!(run(&licence)["failures"].as_array().unwrap().len(), 0);
    let below = "SELECT (SELECT Id FROM PermissionSetAssignments) FROM User ORDER BY Username";
    assert_eq!(run(&["data", "query", "-q", below])["totalSize"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_package_is_deployed_and_converted_by_the_sf_command_line() {
    let Some((folder, node)) = installed("@salesforce/cli") else {
        return skipped("the sf command line");
    };
    let running = org().await;
    let (address, token) = (running.url(), running.token.clone());
    let work = move || {
        let sf = Sf {
            node,
            script: folder.join("node_modules/@salesforce/cli/bin/run.js"),
            env: Env::new(),
        };
        sf.env
            .write("sfdx-project.json", r#"{"packageDirectories": [{"path": "force-app", "default": true}], "sourceApiVersion": "64.0"}"#);
        std::fs::create_dir(sf.env.folder().join("force-app")).unwrap();
        let ours = |command: &str, more: &[&str]| {
            let wanted = [
                "--template",
                "ampersand",
                "--set",
                "app=Ampersand",
                "--set",
                "read=Account,Contact",
                "--set",
                "write=Campaign,Lead",
            ];
            let mut program = sf.env.command();
            program
                .arg(command)
                .args(wanted)
                .args(more)
                .env("SF_ACCESS_TOKEN", &token)
                .env("SF_ORG_INSTANCE_URL", &address);
            crate::support::finish(program.output().unwrap())
        };
        let run = ours("package", &["--out", "ours"]);
        assert_eq!(run.code, 0, "{run:?}");
        let login = [
            "org",
            "login",
            "access-token",
            "--instance-url",
            &address,
            "--no-prompt",
            "--alias",
            "demo",
        ];
        sf.run(Some(&token), &login);
        let deployed =
            sf.run(None, &["project", "deploy", "start", "-o", "demo", "--metadata-dir", "ours"]);
        assert!(
            deployed["success"] == true && deployed["numberComponentsDeployed"] == 2,
            "{deployed}"
        );
        assert_eq!(ours("diff", &[]).code, 0);
        sf.run(
            None,
            &["project", "convert", "mdapi", "--root-dir", "ours", "--output-dir", "converted"],
        );
        let converted = sf
            .env
            .folder()
            .join("converted/main/default/profiles/Ampersand Integration.profile-meta.xml");
        assert!(std::fs::read_to_string(converted).unwrap().contains("<object>Account</object>"));
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    running.stop().await;
}

/// What a template's package holds is taken by another client as it is, one after the other on one
/// org; what is by hand, and what an org has already, makes no package.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_package_of_each_template_is_deployed_by_the_sf_command_line() {
    let Some((folder, node)) = installed("@salesforce/cli") else {
        return skipped("the sf command line");
    };
    let running = org().await;
    let (address, token) = (running.url(), running.token.clone());
    let work = move || {
        let sf = Sf {
            node,
            script: folder.join("node_modules/@salesforce/cli/bin/run.js"),
            env: Env::new(),
        };
        let login = [
            "org",
            "login",
            "access-token",
            "--instance-url",
            &address,
            "--no-prompt",
            "--alias",
            "demo",
        ];
        sf.run(Some(&token), &login);
        let mut deployed = 0;
        for shipped in builtin::all() {
            let mut package = sf.env.command();
            package.args(["package", "--template", shipped.name, "--out", shipped.name]);
            for (name, value) in shipped.proposed() {
                package.arg("--set").arg(format!("{name}={value}"));
            }
            package.env("SF_ACCESS_TOKEN", &token).env("SF_ORG_INSTANCE_URL", &address);
            let run = crate::support::finish(package.output().unwrap());
            assert!([0, 2].contains(&run.code), "{}: {run:?}", shipped.name);
            if !sf.env.folder().join(shipped.name).join("package.xml").is_file() {
                continue;
            }
            let start =
                ["project", "deploy", "start", "-o", "demo", "--metadata-dir", shipped.name];
            assert_eq!(sf.run(None, &start)["success"], true, "{}", shipped.name);
            deployed += 1;
        }
        assert!(deployed > builtin::all().len() / 2, "{deployed} packages");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    running.stop().await;
}

/// A snapshot is deployed as it is, in either layout, and nothing differs afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_snapshot_is_deployed_by_the_sf_command_line() {
    let Some((folder, node)) = installed("@salesforce/cli") else {
        return skipped("the sf command line");
    };
    let running = org().await;
    let (address, token) = (running.url(), running.token.clone());
    let work = move || {
        let sf = Sf {
            node,
            script: folder.join("node_modules/@salesforce/cli/bin/run.js"),
            env: Env::new(),
        };
        let ours = |arguments: &[&str]| {
            let mut program = sf.env.command();
            program
                .args(arguments)
                .env("SF_ACCESS_TOKEN", &token)
                .env("SF_ORG_INSTANCE_URL", &address);
            crate::support::finish(program.output().unwrap())
        };
        let login = [
            "org",
            "login",
            "access-token",
            "--instance-url",
            &address,
            "--no-prompt",
            "--alias",
            "demo",
        ];
        sf.run(Some(&token), &login);
        for (layout, folder) in [("metadata", "org"), ("source", ".")] {
            // A project is deployed from within.
            let run = ours(&["snapshot", "--out", "org", "--layout", layout]);
            assert_eq!(run.code, 0, "{run:?}");
            let option = if layout == "source" { "--source-dir" } else { "--metadata-dir" };
            let deploy = ["project", "deploy", "start", "-o", "demo", option, folder];
            let within = if layout == "source" { "org" } else { "." };
            let deployed = sf.run_in(within, None, &deploy);
            assert!(
                deployed["success"] == true && deployed["numberComponentsDeployed"] == 35,
                "{deployed}"
            );
            let diff = ours(&["diff", "--baseline", "org"]);
            assert!(diff.code == 0 && diff.stdout.contains("Nothing differs"), "{diff:?}");
            let again = ours(&["snapshot", "--out", "org", "--layout", layout]);
            assert!(again.stdout.contains("Nothing has changed"), "{again:?}");
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jsforce_lists_reads_retrieves_deploys_and_queries() {
    let Some((folder, node)) = installed("jsforce") else {
        return skipped("jsforce");
    };
    let running = org().await;
    let files = BTreeMap::from([
        ("package.xml".to_owned(), MANIFEST.as_bytes().to_vec()),
        ("permissionsets/Witness.permissionset".to_owned(), PERMISSION_SET.as_bytes().to_vec()),
    ]);
    let mut command = Command::new(node);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness/jsforce.mjs"))
        .env("WITNESS_FOLDER", folder)
        .env("WITNESS_URL", running.url())
        .env("WITNESS_TOKEN", &running.token)
        .env("WITNESS_ZIP", BASE64_STANDARD.encode(write_zip(&files).unwrap()));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert!(told["profiles"].as_array().unwrap().contains(&"Admin".into()), "{told}");
    assert_eq!(told["label"], "Ampersand", "{told}");
    assert!(told["zip"].as_u64().unwrap() > 100, "{told}");
    assert!(told["files"].as_array().unwrap().contains(&"Ampersand".into()), "{told}");
    assert!(told["deployed"] == true && told["components"] == 1, "{told}");
    assert_eq!(told["found"], serde_json::json!(["Witness"]), "{told}");
    running.stop().await;
}
