//! The org's seam against a server on loopback: what it asks, what it makes of the answers, and how
//! each failure is told.

pub(crate) mod server;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lc_rs::encoding::AsDer as _;
use base64::Engine as _;
use secrecy::ExposeSecret as _;
use serde_json::json;
use sfsetup::metadata::fact::{Fact, FactAnswer};
use sfsetup::metadata::manifest::Manifest;
use sfsetup::metadata::unseen::UnseenKind;
use sfsetup::metadata::value::Value;
use sfsetup::metadata::{ComponentId, Requested};
use sfsetup::org::auth::{Session, SfCli};
use sfsetup::org::login;
use sfsetup::org::logins::{Credential, Login, LoginStore};
use sfsetup::org::retrieve::RetrieveRequest;
use sfsetup::org::{ConnectOptions, Event, Org, OrgError, OrgErrorKind};

use server::{Fault, ORG_ID, Server, State, TOKEN};

fn options() -> ConnectOptions {
    ConnectOptions {
        read_timeout: Duration::from_millis(500),
        request_timeout: Duration::from_secs(2),
        job_timeout: Duration::from_secs(1),
        retries: 2,
        retry_delay: Duration::from_millis(5),
        ..ConnectOptions::default()
    }
}

pub(crate) async fn connect(server: &Server) -> Result<Org, OrgError> {
    let session =
        Session::from_access_token("acme", &TOKEN.into(), &server.address, "environment")?;
    Org::connect(session, options()).await
}

fn component(
    type_name: &str,
    name: &str,
    path: &str,
    inner: &str,
) -> (String, String, String, String) {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{type_name} \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    {inner}\n</{type_name}>\n"
    );
    (type_name.to_owned(), name.to_owned(), path.to_owned(), xml)
}

fn profile(name: &str) -> (String, String, String, String) {
    component("Profile", name, &format!("profiles/{name}.profile"), "<custom>true</custom>")
}

fn request(ids: &[(&str, &str)]) -> RetrieveRequest {
    RetrieveRequest {
        components: ids.iter().map(|(t, n)| ComponentId::new(*t, *n)).collect(),
        ..RetrieveRequest::default()
    }
}

fn manifest(requested: &Requested) -> &Manifest {
    match requested {
        Requested::Manifest(manifest) => manifest,
        Requested::Unknown => panic!("the request is not known"),
    }
}

#[tokio::test]
async fn connecting_agrees_on_the_version_and_names_the_org() {
    let server = Server::start(State::default()).await;
    let org = connect(&server).await.unwrap();
    assert_eq!(org.identity().id, ORG_ID);
    assert_eq!(org.identity().source, "environment");
    assert_eq!(org.api_version().to_string(), "66.0");
    assert_eq!(org.requests(), 2);
}

#[tokio::test]
async fn a_small_retrieve_takes_one_start_one_look_and_one_fetch() {
    let server = Server::start(State { files: vec![profile("Sales")], ..State::default() }).await;
    let org = connect(&server).await.unwrap();
    let began = Instant::now();
    let retrieved =
        org.retrieve(&request(&[("Profile", "Sales"), ("Profile", "Gone")])).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    assert_eq!(org.requests(), 5);
    let set = &retrieved.components;
    assert!(set.get(&ComponentId::new("Profile", "Sales")).is_some());
    // Gone is missing: asked for, not there, and not among what could not be read.
    assert!(set.not_observed.is_empty(), "{:?}", set.not_observed);
    assert!(manifest(&set.requested).types["Profile"].contains("Gone"));
    assert!(retrieved.messages[0].contains("cannot be found"));
}

#[tokio::test]
async fn one_bad_member_does_not_hide_the_rest() {
    let names = ["A", "B", "C", "D", "E"];
    let mut files: Vec<_> = names.iter().map(|name| profile(name)).collect();
    files.push(component("CustomObject", "Account", "objects/Account.object", ""));
    let server =
        Server::start(State { files, bad: vec!["C".to_owned()], ..State::default() }).await;
    let org = connect(&server).await.unwrap();
    let mut wanted = request(&names.map(|name| ("Profile", name)));
    wanted.companions.types =
        BTreeMap::from([("CustomObject".to_owned(), ["Account".to_owned()].into())]);
    let set = org.retrieve(&wanted).await.unwrap().components;
    assert_eq!(set.of_type("Profile").count(), 4);
    let reason = &set.not_observed[&ComponentId::new("Profile", "C")].words;
    assert!(reason.contains("cannot read C"), "{reason}");
    // Every part that had a profile had its companion too.
    for text in server.requests().iter().filter(|text| text.contains("<met:name>Profile")) {
        assert!(text.contains("<met:members>Account"), "{text}");
    }
}

#[tokio::test]
async fn a_bad_companion_is_not_observed_and_hides_nothing() {
    let server = Server::start(State {
        files: vec![
            profile("Sales"),
            component("CustomObject", "Account", "objects/Account.object", ""),
        ],
        bad: vec!["Odd".to_owned()],
        faults: vec![USER_INFO],
        rows: rights(true),
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let mut wanted = request(&[("Profile", "Sales")]);
    wanted.companions.types = BTreeMap::from([(
        "CustomObject".to_owned(),
        ["Account", "Contact", "Odd"].map(str::to_owned).into(),
    )]);
    let set = org.retrieve(&wanted).await.unwrap().components;
    assert!(set.get(&ComponentId::new("Profile", "Sales")).is_some());
    let reason = &set.not_observed[&ComponentId::new("CustomObject", "Odd")].words;
    assert!(reason.contains("cannot read Odd"), "{reason}");
    assert_eq!(set.not_observed.len(), 1);
}

#[tokio::test]
async fn what_is_too_large_is_halved_and_put_together() {
    let names = ["A", "B", "C", "D", "E", "F", "G"];
    let server = Server::start(State {
        files: names.iter().map(|name| profile(name)).collect(),
        most: Some(2),
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let set =
        org.retrieve(&request(&names.map(|name| ("Profile", name)))).await.unwrap().components;
    assert_eq!(set.components.len(), 7);
    assert!(set.not_observed.is_empty());
}

#[tokio::test]
async fn a_part_of_an_external_client_app_is_found_by_its_app() {
    let kind = "ExtlClntAppOauthConfigurablePolicies";
    let part = |name: &str, app: &str| {
        component(
            kind,
            name,
            &format!("extlClntAppOauthPolicies/{name}.ecaOauthPlcy"),
            &format!("<externalClientApplication>{app}</externalClientApplication>"),
        )
    };
    let server = Server::start(State {
        files: vec![part("Acme_oauthPlcy", "Acme"), part("Other_plcy", "Other")],
        listed: BTreeMap::from([(kind, vec!["Acme_oauthPlcy", "Other_plcy"])]),
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let retrieved = org.retrieve(&request(&[(kind, "Acme"), (kind, "None")])).await.unwrap();
    let set = &retrieved.components;
    // Asked for by its app; it knows its own name, which a deploy needs.
    let id = ComponentId::new(kind, "Acme");
    assert_eq!(set.components.keys().collect::<Vec<_>>(), [&id]);
    assert_eq!(set.get(&id).unwrap().id.full_name, "Acme_oauthPlcy");
    assert!(set.not_observed.is_empty());
    assert!(manifest(&set.requested).types[kind].contains("None"));
}

#[tokio::test]
async fn a_part_that_did_not_come_may_be_any_apps() {
    let kind = "ExtlClntAppOauthConfigurablePolicies";
    let broken = (
        kind.to_owned(),
        "Acme_oauthPlcy".to_owned(),
        "extlClntAppOauthPolicies/Acme_oauthPlcy.ecaOauthPlcy".to_owned(),
        "<ExtlClntAppOauthConf".to_owned(),
    );
    for (files, why) in [(vec![broken], "cannot be read"), (Vec::new(), "did not send it")] {
        let server = Server::start(State {
            files: [files, vec![profile("Sales")]].concat(),
            listed: BTreeMap::from([(kind, vec!["Acme_oauthPlcy"])]),
            ..State::default()
        })
        .await;
        let org = connect(&server).await.unwrap();
        let wanted = request(&[(kind, "Acme"), ("Profile", "Sales")]);
        let set = org.retrieve(&wanted).await.unwrap().components;
        let reason = &set.not_observed[&ComponentId::new(kind, "Acme")].words;
        assert!(reason.contains("Acme_oauthPlcy could not be read, and may belong"), "{reason}");
        assert!(reason.contains(why), "{reason}");
    }
}

#[tokio::test]
async fn a_list_is_whole_or_an_error() {
    let page = Fault::Reply(200, "", "<html>maintenance</html>");
    let fault = Fault::Reply(500, "", server::UNKNOWN_EXCEPTION);
    let moved = Fault::Reply(302, "Location: https://elsewhere.example.com\r\n", "");
    for passing in [page, fault, moved] {
        let server = Server::start(State {
            listed: BTreeMap::from([("Profile", vec!["A", "B"])]),
            faults: vec![("<met:listMetadata>", 1, passing.clone())],
            ..State::default()
        })
        .await;
        let org = connect(&server).await.unwrap();
        assert_eq!(org.list("Profile").await.unwrap().len(), 2, "it is asked once more");
        server.state.lock().unwrap().faults.push(("<met:listMetadata>", usize::MAX, passing));
        let error = org.list("Profile").await.unwrap_err();
        assert!(error.is_about_one_question() && !error.is_lasting(), "{error:?}");
    }
    let server = Server::start(State::default()).await;
    let org = connect(&server).await.unwrap();
    assert!(org.list("Nonsense").await.unwrap_err().is_lasting());
    assert_eq!(server.count("<met:listMetadata>"), 1, "what lasts is not asked for again");
}

#[tokio::test]
async fn a_list_that_is_cut_anywhere_is_no_shorter_list() {
    let server = Server::start(State::default()).await;
    let org = connect(&server).await.unwrap();
    let (_, whole) = server::envelope(
        "listMetadata",
        "<result><fileName>x</fileName><fullName>A</fullName><type>Profile</type></result>\n\
         <result><fileName>y</fileName><fullName>B</fullName><type>Profile</type></result>",
    );
    for end in 0..whole.len() {
        let cut: &'static str = whole[..end].to_owned().leak();
        server.state.lock().unwrap().faults =
            vec![("<met:listMetadata>", 2, Fault::Reply(200, "", cut))];
        if let Ok(listed) = org.list("Profile").await {
            assert_eq!(listed.len(), 2, "{cut}");
        }
    }
}

#[tokio::test]
async fn the_parts_of_a_type_that_could_not_be_listed_are_not_guessed() {
    let kind = "ExtlClntAppOauthConfigurablePolicies";
    let server = Server::start(State {
        files: vec![profile("Sales")],
        listed: BTreeMap::from([(kind, vec![])]),
        faults: vec![(
            "<met:listMetadata>",
            usize::MAX,
            Fault::Reply(500, "", server::UNKNOWN_EXCEPTION),
        )],
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let error = org.retrieve(&request(&[(kind, "Acme"), ("Profile", "Sales")])).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("UNKNOWN_EXCEPTION"));
}

#[tokio::test]
async fn the_content_of_a_class_comes_beside_its_xml() {
    let class = |name: &str, source: &str| {
        let xml = format!("classes/{name}.cls-meta.xml");
        let mut files = vec![component("ApexClass", name, &xml, "<status>Active</status>")];
        if !source.is_empty() {
            let path = format!("classes/{name}.cls");
            files.push(("ApexClass".to_owned(), name.to_owned(), path, source.to_owned()));
        }
        files
    };
    let server = Server::start(State {
        files: [class("A", "class A { /* <b> */ }"), class("Half", "")].concat(),
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let retrieved =
        org.retrieve(&request(&[("ApexClass", "A"), ("ApexClass", "Half")])).await.unwrap();
    let (whole, half) = (ComponentId::new("ApexClass", "A"), ComponentId::new("ApexClass", "Half"));
    let set = &retrieved.components;
    assert!(set.get(&whole).unwrap().document.root().child_text("status").is_some());
    assert_eq!(retrieved.contents[&whole], b"class A { /* <b> */ }");
    assert!(
        set.get(&half).is_none() && set.not_observed[&half].words.contains("without its content")
    );
    assert!(!set.not_observed.contains_key(&whole));
}

#[tokio::test]
async fn a_type_that_the_org_does_not_list_is_not_observed() {
    let kind = "ExtlClntAppOauthConfigurablePolicies";
    let server = Server::start(State { files: vec![profile("Sales")], ..State::default() }).await;
    let org = connect(&server).await.unwrap();
    let set =
        org.retrieve(&request(&[(kind, "Acme"), ("Profile", "Sales")])).await.unwrap().components;
    let reason = &set.not_observed[&ComponentId::new(kind, "Acme")].words;
    assert!(reason.contains("INVALID_TYPE"), "{reason}");
}

#[tokio::test]
async fn an_app_of_another_org_is_not_missing() {
    let label = "<label>Own App</label>";
    let own = component("ConnectedApp", "Own_App", "connectedApps/Own_App.connectedApp", label);
    let state = |files| State {
        files,
        rows: vec![
            (
                "FROM ConnectedApplication",
                json!([{"Id": "0H4000000000001", "Name": "Acme Sync", "OptionsAllowAdminApprovedUsersOnly": true}, {"Id": "0H4000000000002", "Name": "Own App"}]),
            ),
            (
                "FROM SetupEntityAccess",
                json!([{"Id": "0J0", "Parent": {"Name": "Sync_Users", "IsOwnedByProfile": false, "Profile": null}},
                       {"Id": "0J1", "Parent": {"Name": "X0", "IsOwnedByProfile": true, "Profile": {"Name": "Standard User"}}}]),
            ),
        ],
        listed: BTreeMap::from([("ConnectedApp", vec!["Own_App"])]),
        ..State::default()
    };
    let server = Server::start(state(vec![own])).await;
    let org = connect(&server).await.unwrap();
    let apps = ["Acme Sync", "Nobody", "Own App"].map(|name| ("ConnectedApp", name));
    let by_label = RetrieveRequest { by_label: true, ..request(&apps) };
    let retrieved = org.retrieve(&by_label).await.unwrap();
    let id = ComponentId::new("ConnectedApp", "Acme Sync");
    let not_observed = &retrieved.components.not_observed;
    let label = ComponentId::new("ConnectedApp", "Own App");
    assert_eq!(not_observed.keys().collect::<Vec<_>>(), [&id]);
    assert_eq!(retrieved.components.get(&label).unwrap().id.full_name, "Own_App");
    // Once by what was said, once to see whose label that is.
    assert_eq!(server.count("<met:retrieve>"), 2);
    assert!(not_observed[&id].words.contains("owned by another org"), "{}", not_observed[&id]);
    assert!(not_observed[&id].words.contains("the profile Standard User"));
    assert!(
        not_observed[&id].words.contains("/lightning/setup/ConnectedAppsUsage/home"),
        "{}",
        not_observed[&id]
    );
    assert!(
        retrieved.components.shown[&id]
            .contains(&("oauthConfig.isAdminApproved".to_owned(), Value::Bool(true)))
    );
    // What does not come from a person is a name, and no label.
    let retrieved = org.retrieve(&request(&apps)).await.unwrap();
    assert!(retrieved.components.get(&label).is_none());
    assert!(!retrieved.components.not_observed.contains_key(&label));
    // Whose label it is nobody knows where an app cannot be read.
    let server = Server::start(state(Vec::new())).await;
    let org = connect(&server).await.unwrap();
    let unseen = org.retrieve(&request(&apps[..2])).await.unwrap().components.not_observed;
    assert!(unseen[&id].words.contains("Own_App could not be read"), "{}", unseen[&id]);
}

#[tokio::test]
async fn faults_that_may_be_repeated_are() {
    for fault in [
        Fault::Reply(503, "", "busy"),
        Fault::Reply(503, "Retry-After: 0\r\n", "busy"),
        Fault::Reply(429, "", "slow down"),
        Fault::Reset,
        Fault::Half,
    ] {
        for part in ["<met:retrieve>", "<met:includeZip>false", "FROM Organization"] {
            let server = Server::start(State {
                files: vec![profile("Sales")],
                faults: vec![(part, 2, fault.clone())],
                ..State::default()
            })
            .await;
            let org = connect(&server).await.unwrap();
            let retrieved = org.retrieve(&request(&[("Profile", "Sales")])).await.unwrap();
            assert_eq!(retrieved.components.components.len(), 1, "{part}");
        }
    }
}

#[tokio::test]
async fn a_lost_zip_is_retrieved_once_more() {
    for fault in [Fault::Reset, Fault::Half, Fault::Reply(200, "", "<html>maintenance</html>")] {
        let server = Server::start(State {
            files: vec![profile("Sales")],
            faults: vec![("<met:includeZip>true", 1, fault)],
            ..State::default()
        })
        .await;
        let org = connect(&server).await.unwrap();
        let retrieved = org.retrieve(&request(&[("Profile", "Sales")])).await.unwrap();
        assert_eq!(retrieved.components.components.len(), 1);
        assert_eq!(server.count("<met:retrieve>"), 2);
    }
}

#[tokio::test]
async fn a_zip_that_the_org_is_too_busy_to_send_is_asked_for_again() {
    let server = Server::start(State {
        files: vec![profile("Sales")],
        faults: vec![("<met:includeZip>true", 2, Fault::Reply(503, "", "busy"))],
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    org.retrieve(&request(&[("Profile", "Sales")])).await.unwrap();
    assert_eq!(server.count("<met:retrieve>"), 1);
}

#[tokio::test]
async fn pages_in_place_of_answers_end_the_watch_with_what_came() {
    use OrgErrorKind::{Unavailable, Unexpected};
    let portal = "<html>Sign in to the wireless network</html>";
    let looked = "<met:checkRetrieveStatus>";
    for (call, status, body, kind, words) in [
        (looked, 200, portal, Unexpected, "wireless network"),
        (looked, 503, "busy", Unavailable, "503"),
        ("deployRequest/0Af", 200, portal, Unexpected, "wireless network"),
        ("deployRequest/0Af", 200, "{}", Unexpected, "does not say how"),
        ("deployRequest/0Af", 200, r#"{"deployResult":{"id":"0Af"}}"#, Unexpected, "does not say"),
        ("deployRequest/0Af", 503, "busy", Unavailable, "503"),
    ] {
        let server = Server::start(State {
            files: vec![profile("Sales")],
            faults: vec![(call, usize::MAX, Fault::Reply(status, "", body))],
            ..State::default()
        })
        .await;
        let session =
            Session::from_access_token("acme", &TOKEN.into(), &server.address, "environment")
                .unwrap();
        let options = ConnectOptions {
            job_timeout: Duration::from_secs(15),
            pages_timeout: Duration::from_millis(700),
            ..options()
        };
        let org = Org::connect(session, options).await.unwrap();
        let began = Instant::now();
        let error = if call == looked {
            org.retrieve(&request(&[("Profile", "Sales")])).await.unwrap_err()
        } else {
            org.watch_deploy("0Af000000000001", "a deploy").await.unwrap_err()
        };
        let name = format!("{call}: {status} {body}");
        assert!(began.elapsed() < Duration::from_secs(5), "{name}: {:?}", began.elapsed());
        assert_eq!(error.kind, kind, "{name}");
        assert!(error.message.contains(words), "{name}: {error}");
    }
}

/// The default bounds, as a person meets them.
#[test]
fn the_bounds_are_those_that_are_promised() {
    let ConnectOptions { told_after, pages_timeout, answer_timeout, request_timeout, .. } =
        ConnectOptions::default();
    assert_eq!(told_after, Duration::from_secs(10));
    // With the wait before a look, and the look itself, within the minute.
    assert!(pages_timeout <= Duration::from_secs(50));
    assert!(answer_timeout <= Duration::from_secs(180));
    assert!(request_timeout <= Duration::from_secs(600));
}

/// Options under which what takes longer than a moment is told of, and what was told.
fn told_soon() -> (ConnectOptions, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let options = ConnectOptions {
        told_after: Duration::from_millis(50),
        answer_timeout: Duration::from_millis(600),
        job_timeout: Duration::from_millis(900),
        // That of the head of an answer as a whole, too.
        read_timeout: Duration::from_secs(60),
        request_timeout: Duration::from_secs(60),
        events: Arc::new(move |event: Event| {
            if let Event::Slow { what, .. } = event {
                sink.lock().unwrap().push(what);
            }
        }),
        ..options()
    };
    (options, told)
}

#[tokio::test]
async fn a_reply_that_drips_is_told_of_and_ends() {
    let server = Server::start(State {
        faults: vec![("FROM Organization", usize::MAX, Fault::Drip)],
        ..State::default()
    })
    .await;
    let session =
        Session::from_access_token("acme", &TOKEN.into(), &server.address, "environment").unwrap();
    let (options, told) = told_soon();
    let began = Instant::now();
    let error = Org::connect(session, options).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
    assert_eq!(error.kind, OrgErrorKind::TimedOut);
    let told = told.lock().unwrap();
    assert!(told.first().is_some_and(|what| what.starts_with("GET /services/data")), "{told:?}");
}

#[tokio::test]
async fn a_zip_that_drips_is_told_of_and_ends_with_the_time_of_its_job() {
    let server = Server::start(State {
        files: vec![profile("Sales")],
        faults: vec![("<met:includeZip>true", usize::MAX, Fault::Drip)],
        ..State::default()
    })
    .await;
    let session =
        Session::from_access_token("acme", &TOKEN.into(), &server.address, "environment").unwrap();
    let (options, told) = told_soon();
    let org = Org::connect(session, options).await.unwrap();
    let began = Instant::now();
    let error = org.retrieve(&request(&[("Profile", "Sales")])).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(error.kind, OrgErrorKind::TimedOut, "{error}");
    assert!(error.message.contains("has not come whole"), "{error}");
    let told = told.lock().unwrap();
    assert!(told.iter().any(|what| what.contains("(zip)")), "{told:?}");
    assert_eq!(server.count("<met:retrieve>"), 1);
}

#[tokio::test]
async fn where_the_sign_in_drips_it_is_the_sign_in_that_is_told_of() {
    let server = Server::start(State {
        faults: vec![("/services/oauth2/token", usize::MAX, Fault::Drip)],
        ..State::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let store = LoginStore::new(folder.path());
    let login = stored_refresh_token(&store, &server.address);
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let options = ConnectOptions {
        told_after: Duration::from_millis(50),
        answer_timeout: Duration::from_millis(300),
        // It goes on after nobody waits for it any more.
        request_timeout: Duration::from_millis(600),
        events: Arc::new(move |event: Event| {
            if let Event::Slow { what, .. } = event {
                sink.lock().unwrap().push(what);
            }
        }),
        ..options()
    };
    let session = Session::from_login(&login, &store, &options).unwrap();
    assert_eq!(Org::connect(session, options).await.unwrap_err().kind, OrgErrorKind::TimedOut);
    let told = told.lock().unwrap();
    assert!(!told.is_empty() && told.iter().all(|what| what == "the sign-in"), "{told:?}");
}

#[tokio::test]
async fn a_query_that_brings_nothing_new_ends() {
    for page in [
        r#"{"done":false,"records":[],"nextRecordsUrl":"/services/data/v66.0/query/01g-1"}"#,
        r#"{"done":false,"records":[{"Id":"1"}],"nextRecordsUrl":"/services/data/v66.0/query/1"}"#,
    ] {
        let server = Server::start(State {
            faults: vec![("/query", usize::MAX, Fault::Reply(200, "", page))],
            ..State::default()
        })
        .await;
        let error = connect(&server).await.unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::Unexpected);
        assert!(error.message.contains("does not end"), "{error}");
        assert!(server.count("/query") <= 3, "{:?}", server.requests());
    }
}

#[tokio::test]
async fn a_query_that_ends_before_its_last_row_is_no_answer() {
    for page in [
        r#"{"done":false,"totalSize":2,"records":[{"Id":"00D000000000001"}]}"#,
        r#"{"done":false,"records":[{"Id":"00D000000000001"}]}"#,
        r#"{"done":true,"totalSize":2,"records":[{"Id":"00D000000000001"}]}"#,
    ] {
        let server = Server::start(State {
            faults: vec![("/query", usize::MAX, Fault::Reply(200, "", page))],
            ..State::default()
        })
        .await;
        let error = connect(&server).await.unwrap_err();
        assert_eq!(error.kind, OrgErrorKind::Unexpected);
        assert!(error.message.contains("before its last row"), "{error}");
    }
}

#[tokio::test]
async fn one_file_with_a_document_type_does_not_hide_the_rest() {
    let mut bad = profile("Bad");
    bad.3 = format!("<!DOCTYPE x>{}", bad.3);
    let files = vec![profile("Sales"), bad];
    let server = Server::start(State { files, ..State::default() }).await;
    let org = connect(&server).await.unwrap();
    let asked = request(&[("Profile", "Sales"), ("Profile", "Bad")]);
    let set = org.retrieve(&asked).await.unwrap().components;
    assert!(set.get(&ComponentId::new("Profile", "Sales")).is_some());
    let reason = &set.not_observed[&ComponentId::new("Profile", "Bad")].words;
    assert!(reason.contains("DOCTYPE"), "{reason}");
}

#[tokio::test]
async fn a_damaged_token_answer_is_no_mistake_of_the_user() {
    let server = Server::start(State {
        faults: vec![("/services/oauth2/token", 9, Fault::Reply(200, "", "{\"access_tok"))],
        ..State::default()
    })
    .await;
    let host = server.address.trim_start_matches("http://");
    let text = format!("force://PlatformCLI::FIRST@{host}");
    let error = login::auth_url("acme", &text.into(), &options(), &|_| Ok(())).await.unwrap_err();
    assert_eq!(error.kind, OrgErrorKind::Unexpected, "{error}");
    assert!(error.message.contains("the answer to the sign-in"), "{error}");
}

#[tokio::test]
async fn a_sign_in_is_tried_again_while_the_endpoint_is_busy() {
    let server = Server::start(State::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let store = LoginStore::new(folder.path());
    let login = Login {
        name: "acme".to_owned(),
        instance_url: server.address.clone(),
        login_url: server.address.clone(),
        username: None,
        org_id: None,
        credential: Credential::ClientCredentials {
            client_id: "client".to_owned(),
            client_secret: "secret".into(),
        },
        rotates: None,
        is_own: true,
    };
    let session = Session::from_login(&login, &store, &options()).unwrap();
    server.state.lock().unwrap().faults =
        vec![("/services/oauth2/token", 2, Fault::Reply(503, "", "busy"))];
    Org::connect(session, options()).await.unwrap();
}

/// A stored login of a refresh token without an access token, as it lies on disk.
fn stored_refresh_token(store: &LoginStore, address: &str) -> Login {
    let login = json!({
        "warning": "", "format": "sfsetup.login/1", "name": "acme",
        "instance_url": address, "login_url": address, "username": null, "org_id": null,
        "credential": {
            "kind": "refresh-token", "client_id": "PlatformCLI", "client_secret": null,
            "refresh_token": "FIRST",
        },
    });
    std::fs::write(store.file("acme"), login.to_string()).unwrap();
    store.load("acme").unwrap().unwrap()
}

#[tokio::test]
async fn a_busy_endpoint_is_asked_for_a_stored_login_as_often_as_is_said_and_no_more() {
    let token = "/services/oauth2/token";
    let server = Server::start(State {
        faults: vec![(token, 99, Fault::Reply(503, "", "busy"))],
        ..State::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let store = LoginStore::new(folder.path());
    let login = stored_refresh_token(&store, &server.address);
    let session = Session::from_login(&login, &store, &options()).unwrap();
    let error = Org::connect(session, options()).await.unwrap_err();
    assert_eq!(error.kind, OrgErrorKind::Unavailable, "{error}");
    // Once, and two repeats.
    assert_eq!(server.count(token), 3, "{:?}", server.requests());
    // The login is as it was, and one that is taken at the third attempt is stored.
    server.state.lock().unwrap().faults = vec![(token, 2, Fault::Reply(503, "", "busy"))];
    let session = Session::from_login(&login, &store, &options()).unwrap();
    Org::connect(session, options()).await.unwrap();
    assert_eq!(server.count(token), 6, "{:?}", server.requests());
    let Credential::RefreshToken { refresh_token, access_token, .. } =
        store.load("acme").unwrap().unwrap().credential
    else {
        panic!("another credential");
    };
    assert_eq!(refresh_token.expose_secret(), "ROTATED");
    assert_eq!(access_token.unwrap().expose_secret(), TOKEN);
}

#[tokio::test]
async fn what_stays_broken_ends_in_a_clear_error() {
    let bomb = || State {
        zip: Some(server::zip(&[("../../evil.profile".to_owned(), "<x/>".to_owned())])),
        ..State::default()
    };
    let with = |part, fault| State {
        files: vec![profile("Sales")],
        faults: vec![(part, usize::MAX, fault)],
        ..State::default()
    };
    let cases: Vec<(&str, State, OrgErrorKind, &str)> = vec![
        ("zip-slip", bomb(), OrgErrorKind::Hostile, "evil"),
        (
            "broken zip",
            State { zip: Some(b"PK?".to_vec()), ..State::default() },
            OrgErrorKind::Damaged,
            "zip",
        ),
        (
            "broken base64",
            State { zip_text: Some("!!!"), ..State::default() },
            OrgErrorKind::Damaged,
            "base64",
        ),
        (
            "stuck",
            State { looks: usize::MAX, ..State::default() },
            OrgErrorKind::TimedOut,
            "not done",
        ),
        (
            "fails",
            State { bad: vec!["Sales".to_owned()], ..State::default() },
            OrgErrorKind::Refused,
            "cannot read Sales",
        ),
        (
            "503 for ever",
            with("<met:retrieve>", Fault::Reply(503, "", "busy")),
            OrgErrorKind::Unavailable,
            "503",
        ),
        (
            "html",
            with("<met:retrieve>", Fault::Reply(200, "", "<html>down</html>")),
            OrgErrorKind::Unexpected,
            "html",
        ),
        (
            "silence",
            with("<met:retrieve>", Fault::Silence),
            OrgErrorKind::TimedOut,
            "did not answer",
        ),
        ("drip", with("<met:retrieve>", Fault::Drip), OrgErrorKind::TimedOut, "did not answer"),
        ("reset", with("<met:retrieve>", Fault::Reset), OrgErrorKind::Unreachable, "broke"),
        (
            "jwt",
            with(
                "<met:retrieve>",
                Fault::Reply(
                    500,
                    "",
                    "<E xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><Fault>\
                     <faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: \
                     SOAP API does not support JWT-based access tokens.</faultstring></Fault>\
                     </Body></E>",
                ),
            ),
            OrgErrorKind::Unsupported,
            "JWT",
        ),
    ];
    for (name, state, kind, words) in cases {
        let server = Server::start(state).await;
        let org = connect(&server).await.unwrap();
        let error = org.retrieve(&request(&[("Profile", "Sales")])).await.unwrap_err();
        assert_eq!(error.kind, kind, "{name}: {error:?}");
        assert!(error.message.contains(words), "{name}: {error}");
    }
}

#[tokio::test]
async fn connecting_tells_what_is_wrong_and_no_secret() {
    let cases = [
        (
            401,
            r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#,
            OrgErrorKind::Auth,
        ),
        (
            403,
            r#"[{"message":"The REST API is not enabled for this Organization.","errorCode":"API_DISABLED_FOR_ORG"}]"#,
            OrgErrorKind::Disabled,
        ),
        (
            403,
            r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
            OrgErrorKind::Limit,
        ),
        (
            503,
            r#"[{"message":"org is in maintenance","errorCode":"ORG_IN_MAINTENANCE"}]"#,
            OrgErrorKind::Unavailable,
        ),
        (
            200,
            "<html><title>Maintenance of 00D5g00000AbCdE!PLANTEDsecret.TOKEN_1</title>",
            OrgErrorKind::Unexpected,
        ),
        (302, "", OrgErrorKind::Unexpected),
    ];
    for (status, body, kind) in cases {
        let server = Server::start(State {
            faults: vec![("FROM Organization", usize::MAX, Fault::Reply(status, "", body))],
            ..State::default()
        })
        .await;
        let error = connect(&server).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(!format!("{error} {error:?}").contains("PLANTED"), "{error}");
    }
    let session =
        Session::from_access_token("acme", &TOKEN.into(), "http://127.0.0.1:1", "environment")
            .unwrap();
    let error = Org::connect(session, options()).await.unwrap_err();
    assert_eq!(error.kind, OrgErrorKind::Unreachable);
    assert!(error.message.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn facts_take_one_query_per_object() {
    let server = Server::start(State {
        rows: vec![
            (
                "FROM UserLicense",
                json!([{"Name": "Salesforce", "MasterLabel": "Salesforce", "TotalLicenses": 10, "UsedLicenses": 7}]),
            ),
            (
                "FROM User ",
                json!([{"Id": "0051", "Username": "Sync@acme.example.com", "IsActive": true,
                        "Profile": {"Name": "Acme Sync", "UserLicense": {"Name": "Salesforce"}}}]),
            ),
            (
                "FROM PermissionSetAssignment",
                json!([{"AssigneeId": "0051", "PermissionSetId": "0PS1", "PermissionSet": {"PermissionsApiEnabled": false, "PermissionsViewAllData": false, "PermissionsModifyAllData": false}},
                       {"AssigneeId": "0051", "PermissionSetId": "0PS2", "PermissionSet": {"PermissionsApiEnabled": true, "PermissionsViewAllData": false, "PermissionsModifyAllData": false}}]),
            ),
            (
                "FROM ObjectPermissions",
                json!([{"ParentId": "0PS1", "SobjectType": "Account", "PermissionsRead": true, "PermissionsEdit": false},
                       {"ParentId": "0PS9", "SobjectType": "Account", "PermissionsRead": true, "PermissionsEdit": true}]),
            ),
        ],
        listed: BTreeMap::from([("ConnectedApp", vec!["Acme_Sync"]), ("ExternalClientApplication", vec![])]),
        files: vec![component(
            "Settings",
            "ConnectedApp",
            "settings/ConnectedApp.settings",
            "<enableAdminApprovedAppsOnly>true</enableAdminApprovedAppsOnly>",
        )],
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let user = Some("sync@acme.example.com".to_owned());
    let wanted: Vec<(Fact, Option<String>)> = [
        ("org.edition", None),
        ("org.api_access", None),
        ("org.is_trial", None),
        ("org.api_access_control", None),
        ("user.license", user.clone()),
        ("user.is_active", user.clone()),
        ("user.permission[ApiEnabled]", user.clone()),
        ("user.permission[CanApproveUninstalledApps]", user.clone()),
        ("user.object[Account].read", user.clone()),
        ("user.object[Account].edit", user.clone()),
        ("user.profile", Some("gone@acme.example.com".to_owned())),
        ("app.installed", Some("Acme_Sync".to_owned())),
        ("app.installed", Some("Nobody".to_owned())),
        ("license.seats[Salesforce]", None),
    ]
    .map(|(text, of)| (Fact::parse(text).unwrap(), of))
    .to_vec();
    let values = org.facts(&wanted).await.unwrap();
    let answer =
        |text: &str, of: &Option<String>| values.get(&Fact::parse(text).unwrap(), of.as_deref());
    let known = |value: Value| FactAnswer::Known(value);
    assert_eq!(answer("org.edition", &None), known("Enterprise Edition".into()));
    assert_eq!(answer("org.api_access", &None), known(true.into()));
    assert_eq!(answer("org.is_trial", &None), known(false.into()));
    assert_eq!(answer("org.api_access_control", &None), known(true.into()));
    assert_eq!(answer("user.license", &user), known("Salesforce".into()));
    assert_eq!(answer("user.is_active", &user), known(true.into()));
    assert_eq!(answer("user.permission[ApiEnabled]", &user), known(true.into()));
    assert_eq!(answer("user.object[Account].read", &user), known(true.into()));
    assert_eq!(answer("user.object[Account].edit", &user), known(false.into()));
    assert_eq!(answer("app.installed", &Some("Acme_Sync".to_owned())), known(true.into()));
    assert_eq!(answer("app.installed", &Some("Nobody".to_owned())), known(false.into()));
    assert_eq!(answer("license.seats[Salesforce]", &None), known(3.into()));
    // A permission that this org's schema lacks is found out by describe; the field is in no query.
    assert!(matches!(
        answer("user.permission[CanApproveUninstalledApps]", &user),
        FactAnswer::NotObserved(reason) if reason.words.contains("does not show the system permission")
    ));
    assert_eq!(server.count("PermissionsCanApprove"), 0);
    assert!(matches!(
        answer("user.profile", &Some("gone@acme.example.com".to_owned())),
        FactAnswer::NotObserved(_)
    ));
    // One of them is for the sake of the user who was meant by the one who is not there, and one for
    // an external client app that is in no list.
    assert_eq!(server.count("/query?q="), 8);
}

#[tokio::test]
async fn an_app_that_is_named_by_its_label_is_listed_once_for_its_fact() {
    let kind = "ExternalClientApplication";
    let path = "externalClientApps/Acme_ECA.eca";
    let server = Server::start(State {
        files: vec![component(kind, "Acme_ECA", path, "<label>Acme (ECA)</label>")],
        listed: BTreeMap::from([("ConnectedApp", vec![]), (kind, vec!["Acme_ECA"])]),
        rows: vec![("FROM ConnectedApplication", json!([]))],
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let fact = Fact::parse("app.installed").unwrap();
    let wanted = ["Acme (ECA)", "Nobody"].map(|app| (fact.clone(), Some(app.to_owned())));
    let values = org.facts(&wanted).await.unwrap();
    assert_eq!(values.get(&fact, Some("Acme (ECA)")), FactAnswer::Known(true.into()));
    assert_eq!(values.get(&fact, Some("Nobody")), FactAnswer::Known(false.into()));
    assert_eq!(server.count("<met:listMetadata>"), 1);
}

#[tokio::test]
async fn what_the_caller_may_not_see_names_the_right() {
    let server = Server::start(State {
        refused: vec![
            ("FROM ConnectedApplication", "INVALID_TYPE"),
            ("FROM PermissionSetAssignment", "INVALID_TYPE"),
        ],
        rows: vec![("FROM User ", json!([{"Id": "0051", "Username": "a@b.example.com"}]))],
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let user = Some("a@b.example.com".to_owned());
    let wanted = [
        (Fact::parse("app.installed").unwrap(), Some("X".to_owned())),
        (Fact::parse("user.permission[ApiEnabled]").unwrap(), user.clone()),
        (Fact::parse("user.license").unwrap(), user.clone()),
    ];
    let values = org.facts(&wanted).await.unwrap();
    for (fact, of) in &wanted {
        match values.get(fact, of.as_deref()) {
            FactAnswer::NotObserved(reason) => {
                assert!(
                    reason.words.contains("Customize Application")
                        || reason.words.contains("View Setup"),
                    "{reason}"
                )
            }
            FactAnswer::Known(value) => panic!("{fact} is known: {value}"),
        }
    }
}

#[tokio::test]
async fn no_event_and_no_debug_shows_the_token() {
    let server = Server::start(State { files: vec![profile("Sales")], ..State::default() }).await;
    let told = Arc::new(Mutex::new(String::new()));
    let sink = told.clone();
    let session =
        Session::from_access_token("acme", &TOKEN.into(), &server.address, "environment").unwrap();
    let options = ConnectOptions {
        events: Arc::new(move |event: Event| {
            sink.lock().unwrap().extend(format!("{event:?}\n").chars())
        }),
        ..options()
    };
    let org = Org::connect(session, options).await.unwrap();
    org.retrieve(&request(&[("Profile", "Sales")])).await.unwrap();
    let told = told.lock().unwrap().clone();
    assert!(told.contains("checkRetrieveStatus") && told.contains("/services/data"), "{told}");
    assert!(!told.contains("PLANTED") && !format!("{org:?}").contains("PLANTED"));
}

#[tokio::test]
async fn an_auth_url_gives_the_rotated_token_and_its_access_token() {
    let server = Server::start(State::default()).await;
    let host = server.address.trim_start_matches("http://");
    let text = format!("force://PlatformCLI::FIRST@{host}");
    let login = login::auth_url("acme", &text.into(), &options(), &|_| Ok(())).await.unwrap();
    assert!(server.count("refresh_token=FIRST") == 1, "{:?}", server.requests());
    let Credential::RefreshToken { refresh_token, access_token, .. } = &login.credential else {
        panic!("another credential: {login:?}");
    };
    assert_eq!(refresh_token.expose_secret(), "ROTATED");
    assert_eq!(access_token.as_ref().unwrap().expose_secret(), TOKEN);
    let folder = tempfile::tempdir().unwrap();
    let store = LoginStore::new(folder.path());
    let session = Session::from_login(&login, &store, &options()).unwrap();
    let org = Org::connect(session, options()).await.unwrap();
    assert_eq!(org.identity().source, "sfsetup login (refresh token)");
}

/// The audiences of the assertions that a server was sent.
fn audiences(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let bodies = requests.iter().filter_map(|request| request.split_once("assertion="));
    bodies
        .map(|(_, body)| {
            let claims = body.split('.').nth(1).unwrap();
            let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
            let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
            claims["aud"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn an_audience_is_tried_apart_from_the_host_and_stored() {
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let key: aws_lc_rs::encoding::Pkcs8V1Der<'static> = key.as_der().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.key");
    let body = base64::prelude::BASE64_STANDARD.encode(key.as_ref());
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let body = lines.join("\n");
    let text = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    std::fs::write(&file, text).unwrap();
    let refusal = r#"{"error":"invalid_grant","error_description":"audience is invalid"}"#;
    let server = Server::start(State {
        faults: vec![("/services/oauth2/token", 1, Fault::Reply(400, "", refusal))],
        ..State::default()
    })
    .await;
    let jwt = login::JwtLogin {
        login_url: Some(&server.address),
        client_id: "client",
        username: "a@b.example.com",
        key_file: &file,
    };
    let login = login::jwt("acme", &jwt, &options()).await.unwrap();
    assert!(matches!(&login.credential, Credential::Jwt { audience: Some(audience), .. }
        if audience == "https://test.salesforce.com"));
    let store = LoginStore::new(folder.path());
    let session = Session::from_login(&login, &store, &options()).unwrap();
    Org::connect(session, options()).await.unwrap();
    let sandbox = "https://test.salesforce.com";
    assert_eq!(audiences(&server), [server.address.as_str(), sandbox, sandbox]);
}

#[tokio::test]
async fn an_expired_session_is_refreshed_once() {
    let server = Server::start(State {
        faults: vec![(
            "FROM Organization",
            1,
            Fault::Reply(
                401,
                "",
                r#"[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]"#,
            ),
        )],
        ..State::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("sf");
    // The command behaves as one since 2.136.8: a banner before the JSON, and the token redacted in
    // `org display` (S 6.9).
    std::fs::write(
        &script,
        format!(
            "#!/bin/sh\necho ' \u{203a} Warning: an update is available'\ncase \"$2\" in\ndisplay) \
             echo \
             '{{\"status\":0,\"result\":{{\"id\":\"{ORG_ID}\",\"instanceUrl\":\"{}\",\"username\":\"a@b.example.com\",\"accessToken\":\"[REDACTED] Use sf org auth show-access-token to view\"}}}}';;\nauth) N=$(cat {dir}/n 2>/dev/null || echo 0); echo $((N+1)) > {dir}/n; if [ $N = 0 ]; then T='00D5g00000AbCdE!OLD'; else T='{TOKEN}'; fi; echo \"{{\\\"status\\\":0,\\\"result\\\":{{\\\"accessToken\\\":\\\"$T\\\"}}}}\";;\nesac\n",
            server.address,
            dir = folder.path().display(),
        ),
    )
    .unwrap();
    make_executable(&script);
    let cli = SfCli { program: script, timeout: Duration::from_secs(20), ..SfCli::default() };
    let session = Session::from_sf_cli("dev", cli, &mut None).await.unwrap();
    let org = Org::connect(session, options()).await.unwrap();
    assert_eq!(org.identity().source, "sf CLI alias");
    assert_eq!(org.identity().username.as_deref(), Some("a@b.example.com"));
}

#[tokio::test]
async fn a_profile_is_read_by_the_tooling_api_where_soap_refuses_the_token() {
    let refusal = "<E xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\"><Body><Fault>\
                   <faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>SOAP API does not \
                   support JWT-based access tokens.</faultstring></Fault></Body></E>";
    let server = Server::start(State {
        faults: vec![("POST /services/Soap", usize::MAX, Fault::Reply(500, "", refusal))],
        rows: vec![(
            "WHERE Name = 'System Administrator'",
            json!([{"FullName": "Admin", "Metadata": {"custom": false, "userPermissions": [{"enabled": true, "name": "ApiEnabled"}]}}]),
        )],
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    let mut wanted = request(&[("Profile", "Admin"), ("ConnectedApp", "Acme")]);
    wanted.companions.add("CustomObject", "Account");
    let retrieved = org.retrieve(&wanted).await.unwrap();
    let set = retrieved.components;
    let profile = set.get(&ComponentId::new("Profile", "Admin")).unwrap();
    assert!(profile.document.root().child("userPermissions").is_some());
    assert!(set.not_observed[&ComponentId::new("ConnectedApp", "Acme")].words.contains("JWT"));
    assert!(set.not_observed.contains_key(&ComponentId::new("CustomObject", "Account")));
    assert!(retrieved.messages[0].contains("Tooling API"));
}

#[tokio::test]
async fn a_browser_signs_in_and_only_with_our_own_state() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Server::start(State::default()).await;
    for is_refused in [false, true] {
        if is_refused {
            let refusal = r#"{"error":"invalid_grant","error_description":"expired code"}"#;
            server.state.lock().unwrap().faults =
                vec![("oauth2/token", 1, Fault::Reply(400, "", refusal))];
        }
        let shown = Mutex::new(None);
        let (told, mut address) = tokio::sync::mpsc::unbounded_channel();
        *shown.lock().unwrap() = Some(told);
        let web = login::WebLogin {
            login_url: server.address.clone(),
            port,
            ..login::WebLogin::default()
        };
        let show = move |address: &str| {
            shown.lock().unwrap().as_ref().unwrap().send(address.to_owned()).unwrap()
        };
        let browser = async {
            let url = reqwest::Url::parse(&address.recv().await.unwrap()).unwrap();
            let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
            assert_eq!(query["code_challenge_method"], "S256");
            let state = query["state"].as_str();
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let home = format!("http://127.0.0.1:{port}");
            let stray = client.get(format!("{home}/favicon.ico")).send().await.unwrap();
            assert_eq!(stray.status(), 404);
            // A stranger's page sends the browser here, with what it likes.
            for forged in
                ["code=abc&state=wrong", "code=abc", "error=x&error_description=Call+us&state=x"]
            {
                let foreign = client.get(format!("{home}/OauthRedirect?{forged}")).send().await;
                let foreign = foreign.unwrap();
                assert_eq!(foreign.status(), 400, "{forged}");
                assert!(!foreign.text().await.unwrap().contains("Signed in"));
            }
            let code = format!("{home}/OauthRedirect?code=CODE%3D%3D&state={state}");
            let back = client.get(code).send().await.unwrap();
            let status = back.status();
            let page = back.text().await.unwrap();
            assert_eq!((status == 200, page.contains("Signed in")), (!is_refused, !is_refused));
        };
        let options = options();
        let (login, ()) = tokio::join!(login::web("acme", &web, &options, &show), browser);
        if is_refused {
            assert_eq!(login.unwrap_err().kind, OrgErrorKind::Auth);
        } else {
            assert_eq!(login.unwrap().instance_url, server.address);
            assert!(server.count("code=CODE") == 1 && server.count("code_verifier=") == 1);
        }
    }
}

#[tokio::test]
async fn a_way_back_that_the_app_does_not_list_is_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refusal = r#"{"error":"redirect_uri_mismatch","error_description":"must match"}"#;
    let server = Server::start(State {
        faults: vec![("oauth2/token", 1, Fault::Reply(400, "", refusal))],
        ..State::default()
    })
    .await;
    let way_back = format!("http://localhost:{port}/OauthRedirect");
    // By the token endpoint, and by the browser that comes back with it.
    for is_late in [true, false] {
        let (told, mut address) = tokio::sync::mpsc::unbounded_channel();
        let web = login::WebLogin {
            login_url: server.address.clone(),
            port,
            ..login::WebLogin::default()
        };
        let show = move |address: &str| told.send(address.to_owned()).unwrap();
        let browser = async {
            let url = reqwest::Url::parse(&address.recv().await.unwrap()).unwrap();
            let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
            assert_eq!(query["redirect_uri"], way_back);
            let with = match is_late {
                true => format!("code=C&state={}", query["state"]),
                false => {
                    format!(
                        "error=redirect_uri_mismatch&error_description=x&state={}",
                        query["state"]
                    )
                }
            };
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let home = format!("http://127.0.0.1:{port}/OauthRedirect?{with}");
            client.get(home).send().await.unwrap();
        };
        let options = options();
        let (login, ()) = tokio::join!(login::web("acme", &web, &options, &show), browser);
        let error = login.unwrap_err();
        assert!(error.message.contains(&format!("exactly `{way_back}`")), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_commands_of_sf_run_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("sf");
    // Each may refresh, and a token that rotates must not be presented twice.
    let text = format!(
        "#!/bin/sh\nmkdir {0}/busy || exit 1\nsleep 0.3\nrmdir {0}/busy\necho \
         '{{\"status\":0,\"result\":{{\"instanceUrl\":\"https://acme.my.salesforce.com\",\
         \"accessToken\":\"{TOKEN}\"}}}}'\n",
        folder.path().display(),
    );
    std::fs::write(&script, text).unwrap();
    make_executable(&script);
    let cli = SfCli { program: script, timeout: Duration::from_secs(20), ..SfCli::default() };
    let session = Session::from_sf_cli("dev", cli, &mut None).await.unwrap();
    assert_eq!(session.instance_url(), "https://acme.my.salesforce.com");
}

#[tokio::test]
async fn without_the_sf_command_there_is_no_such_org() {
    let cli = SfCli {
        program: "/nowhere/sf".into(),
        timeout: Duration::from_secs(5),
        ..SfCli::default()
    };
    let error = Session::from_sf_cli("dev", cli, &mut None).await.unwrap_err();
    assert_eq!(error.kind, OrgErrorKind::NoSuchOrg);
}

fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whom we are signed in as: the answer of OAuth's `userinfo`.
const USER_INFO: (&str, usize, Fault) = (
    "userinfo",
    usize::MAX,
    Fault::Reply(
        200,
        "",
        r#"{"user_id":"005000000000001","preferred_username":"a@b.example.com"}"#,
    ),
);

#[tokio::test]
async fn a_column_that_the_org_refuses_is_left_out_of_its_row() {
    let server = Server::start(State {
        refused: vec![("OrganizationType", "INVALID_FIELD")],
        ..State::default()
    })
    .await;
    let org = connect(&server).await.unwrap();
    assert_eq!((org.identity().id.as_str(), org.organization_name()), (ORG_ID, "Acme"));
    let wanted: Vec<_> = ["org.edition", "org.api_access", "org.is_sandbox", "org.is_trial"]
        .map(|fact| (Fact::parse(fact).unwrap(), None))
        .into();
    let values = org.facts(&wanted).await.unwrap();
    for (fact, _) in &wanted[..2] {
        let FactAnswer::NotObserved(why) = values.get(fact, None) else {
            panic!("{fact} is known")
        };
        assert!(why.words.contains("INVALID_FIELD"), "{why}");
    }
    for (fact, _) in &wanted[2..] {
        assert_eq!(values.get(fact, None), FactAnswer::Known(false.into()), "{fact}");
    }
    let server = Server::start(State {
        refused: vec![("TrialExpirationDate", "INVALID_FIELD")],
        ..State::default()
    })
    .await;
    let values = connect(&server).await.unwrap().facts(&wanted).await.unwrap();
    assert!(
        matches!(values.get(&wanted[3].0, None), FactAnswer::NotObserved(why) if why.words.contains("INVALID_FIELD"))
    );
}

#[tokio::test]
async fn parts_of_profiles_are_hidden_from_who_may_not_see_permissions_and_the_user_is_asked_once()
{
    for (refused, has, is_hidden) in [
        (vec![("FROM User ", "INVALID_TYPE")], true, true),
        (Vec::new(), false, true),
        (Vec::new(), true, false),
    ] {
        let server = Server::start(State {
            files: vec![profile("Sales")],
            refused,
            rows: rights(has),
            faults: vec![USER_INFO],
            ..State::default()
        })
        .await;
        let org = connect(&server).await.unwrap();
        let reason = hidden_account(&org).await.unwrap();
        assert_eq!(reason.contains("View Setup and Configuration"), is_hidden, "{reason}");
        hidden_account(&org).await.unwrap();
        assert_eq!(org.user().await.unwrap().username, "a@b.example.com");
        assert_eq!(server.count("userinfo"), 1);
    }
}

/// What the org says of the caller's right to see all of a profile.
fn rights(has: bool) -> Vec<(&'static str, serde_json::Value)> {
    let user = json!([{ "Id": "005000000000001", "Username": "a@b.example.com" }]);
    let set = json!({ "PermissionsViewSetup": has });
    let row = json!([{ "AssigneeId": "005000000000001", "PermissionSetId": "0PS000000000001",
        "PermissionSet": set }]);
    vec![("FROM User ", user), ("FROM PermissionSetAssignment", row)]
}

/// Why nothing is known of what a profile that shows no object says of one; nothing where it says
/// that it grants nothing.
async fn hidden_account(org: &Org) -> Result<String, OrgError> {
    let mut wanted = request(&[("Profile", "Sales")]);
    wanted.companions.add("CustomObject", "Account");
    let set = org.retrieve(&wanted).await?.components;
    let why = set.not_observed.get(&ComponentId::new("CustomObject", "Account"));
    Ok(why.map(|why| why.words.clone()).unwrap_or_default())
}

#[tokio::test]
async fn a_named_credential_is_absent_only_for_who_would_see_it() {
    for has in [true, false] {
        let server = Server::start(State {
            files: vec![profile("Sales")],
            rows: rights(has),
            faults: vec![USER_INFO],
            ..State::default()
        })
        .await;
        let wanted = request(&[("Profile", "Sales"), ("NamedCredential", "Acme")]);
        let set = connect(&server).await.unwrap().retrieve(&wanted).await.unwrap().components;
        let why = set.not_observed.get(&ComponentId::new("NamedCredential", "Acme"));
        assert_eq!(why.is_none(), has, "{why:?}");
        assert!(why.is_none_or(|why| why.kind == UnseenKind::NoRight));
    }
}

#[tokio::test]
async fn a_profile_that_shows_nothing_grants_nothing_only_to_who_is_known_to_see_all() {
    let server = |faults, rows| {
        let files = vec![profile("Sales")];
        Server::start(State { files, faults, rows, ..State::default() })
    };
    let user_info = |status, text| {
        vec![("/services/oauth2/userinfo", usize::MAX, Fault::Reply(status, "", text))]
    };
    // A session without the scope; an org that names nobody; a user who is not shown.
    for (faults, rows, words) in [
        (user_info(403, "Bad_OAuth_Token"), rights(true), "whom we are signed in as"),
        (user_info(200, "{}"), rights(true), "whom we are signed in as"),
        (vec![USER_INFO], Vec::new(), "there is no user"),
    ] {
        let server = server(faults, rows).await;
        let reason = hidden_account(&connect(&server).await.unwrap()).await.unwrap();
        assert!(reason.contains(words), "{words}: {reason}");
    }
    // What passes is an error.
    for (status, text) in [(503, "busy"), (200, "<html>down</html>")] {
        let server = server(user_info(status, text), rights(true)).await;
        hidden_account(&connect(&server).await.unwrap()).await.unwrap_err();
    }
}
