//! A demo org behind HTTP with a home from which the program works on it, and somebody else who
//! changes the same org meanwhile.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Running, Store, serve};
use sfsetup::metadata::ComponentId;
use sfsetup::org::auth::Session;
use sfsetup::org::deploy::Trial;
use sfsetup::org::retrieve::RetrieveRequest;
use sfsetup::org::{ConnectOptions, Org};

use crate::support::{Env, Run, ended};

pub(crate) const VALUES: &[&str] = &[
    "--set",
    "app=Ampersand",
    "--set",
    "read=Account,Contact,Opportunity",
    "--set",
    "write=Campaign,Lead",
    "--set",
    "user=ampersand.integration@harbourlight.example.com",
];

/// A demo org, and a home from which the program works on it.
pub(crate) struct Lab {
    pub(crate) running: Running,
    pub(crate) env: Arc<Env>,
}

impl Lab {
    pub(crate) async fn new(store: Store, faults: Faults) -> Self {
        Self { running: serve(store, None, faults).await.unwrap(), env: Arc::new(Env::new()) }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.env.command();
        command
            .args(arguments)
            .env("SF_ACCESS_TOKEN", &self.running.token)
            .env("SF_ORG_INSTANCE_URL", self.running.url());
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        self.finished(self.command(arguments)).await
    }

    /// Runs the program to its end, and sees that it shows no token and does not panic.
    pub(crate) async fn finished(&self, command: std::process::Command) -> Run {
        let run = ended(command).await;
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(!shown.contains(&self.running.token), "the token is shown: {shown}");
        assert!(!shown.contains("panicked"), "{shown}");
        run
    }

    pub(crate) async fn ampersand(&self, command: &str, more: &[&str]) -> Run {
        self.run(&[&[command, "--template", "ampersand"], VALUES, more].concat()).await
    }

    /// Starts the program and leaves it running.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Waits until the org has seen a call so often.
    pub(crate) async fn until(&self, call: &str, times: usize) {
        let began = Instant::now();
        while self.count(call) < times {
            assert!(
                began.elapsed() < Duration::from_secs(120),
                "the org has not seen {call}: {:?}",
                self.running.calls()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn count(&self, call: &str) -> usize {
        self.running.calls().iter().filter(|one| *one == call).count()
    }

    /// The org, as another program of the same user sees it.
    pub(crate) async fn org(&self) -> Org {
        let token = SecretString::from(self.running.token.clone());
        let session =
            Session::from_access_token("lab", &token, &self.running.url(), "test").unwrap();
        Org::connect(session, ConnectOptions::default()).await.unwrap()
    }

    /// Starts a deploy of another program's by the same user, which changes a permission set's
    /// label.
    pub(crate) async fn start_another(&self) -> String {
        self.start_edit("PermissionSet", "Report_Builder", "</label>", " 2</label>").await
    }

    /// Starts a deploy of somebody else's, which puts one text for another in a component's file.
    pub(crate) async fn start_edit(
        &self,
        type_name: &str,
        name: &str,
        from: &str,
        to: &str,
    ) -> String {
        let id = ComponentId::new(type_name, name);
        let mut request = RetrieveRequest::default();
        request.components.insert(id.clone());
        let org = self.org().await;
        let retrieved = org.retrieve(&request).await.unwrap();
        let bytes = retrieved.components.get(&id).unwrap().document.bytes().to_vec();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(from), "{id} does not hold `{from}`: {text}");
        let text = text.replacen(from, to, 1);
        // A key is never sent (S 1.6).
        let text = match (text.find("<consumerKey>"), text.find("</consumerKey>")) {
            (Some(start), Some(end)) => {
                format!("{}{}", &text[..start], &text[end + "</consumerKey>".len()..])
            }
            _ => text,
        };
        let manifest = format!(
            "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types>\
             <members>{name}</members><name>{type_name}</name></types><version>62.0</version>\
             </Package>"
        );
        let path = sfsetup::metadata::layout::metadata_path(&id).unwrap();
        let files = [("package.xml".to_owned(), manifest), (path, text)]
            .map(|(path, text)| (path, text.into_bytes()));
        let zip = sfsetup::metadata::archive::write_zip(&files.into()).unwrap();
        org.start_deploy(zip, Trial::default()).await.unwrap()
    }

    /// As [`Self::start_edit`], to its end.
    pub(crate) async fn edit(&self, type_name: &str, name: &str, from: &str, to: &str) {
        let id = self.start_edit(type_name, name, from, to).await;
        let status = self.org().await.watch_deploy(&id, "an edit").await.unwrap();
        assert!(status.success, "{status:?}");
    }

    /// The files that the org gives for what the template touches.
    pub(crate) async fn files(&self) -> BTreeMap<String, String> {
        let org = self.org().await;
        let mut request = RetrieveRequest::default();
        for (type_name, name) in [("ConnectedApp", "*"), ("Profile", "*"), ("PermissionSet", "*")] {
            request.components.insert(ComponentId::new(type_name, name));
        }
        for object in ["Account", "Contact", "Opportunity", "Campaign", "Lead"] {
            request.companions.add("CustomObject", object);
        }
        let retrieved = org.retrieve(&request).await.unwrap();
        let files = retrieved.components.components.values();
        files
            .map(|one| {
                (one.id.to_string(), String::from_utf8(one.document.bytes().to_vec()).unwrap())
            })
            .collect()
    }

    pub(crate) fn journal(&self) -> Vec<Json> {
        let mut files: Vec<_> = walk(&self.env.folder().join("state/sfsetup/journal"));
        files.sort();
        files
            .iter()
            .map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
            .collect()
    }
}

/// An entry of a journal as this program would have written it.
pub(crate) fn sealed(entry: &Json) -> String {
    let mut entry = entry.clone();
    entry["digest"] = sfsetup::plan::saved::digest(&entry).into();
    entry.to_string()
}

pub(crate) fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found
}

pub(crate) fn once(call: &str, fault: Fault) -> FaultRule {
    FaultRule { call: call.to_owned(), fault, after: 0, times: Some(1) }
}

/// A refresh token of the org, as a browser gets it.
pub(crate) async fn refresh_token(running: &Running) -> String {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let back = "http://localhost:1717/OauthRedirect";
    let oauth = format!("{}/services/oauth2", running.url());
    let query = [("client_id", "PlatformCLI"), ("response_type", "code"), ("redirect_uri", back)];
    let sent = client.get(format!("{oauth}/authorize")).query(&query).send().await.unwrap();
    let to = reqwest::Url::parse(sent.headers()["location"].to_str().unwrap()).unwrap();
    let code = to.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "PlatformCLI"),
        ("redirect_uri", back),
        ("code", &code),
    ];
    let answer = client.post(format!("{oauth}/token")).form(&form).send().await.unwrap();
    let json: Json = answer.json().await.unwrap();
    json["refresh_token"].as_str().unwrap().to_owned()
}
