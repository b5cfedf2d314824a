//! Answers that are cut and do not show it: the length that goes with them is that of what came.

use std::time::Duration;

use futures::StreamExt as _;
use secrecy::SecretString;
use sfsetup::demo::{Fault, FaultRule, Faults, Orgs, serve};
use sfsetup::metadata::ComponentId;
use sfsetup::metadata::fact::Fact;
use sfsetup::org::auth::Session;
use sfsetup::org::deploy::{NotStarted, Trial};
use sfsetup::org::retrieve::RetrieveRequest;
use sfsetup::org::{ConnectOptions, Org};

use super::some;

/// Every byte of an answer of so many, and this many places of a larger one.
const SMALL: usize = 700;
const PLACES: usize = 32;

/// A way of asking, by the call of which the answer is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Versions,
    Identity,
    List,
    Deploys,
    Facts(&'static str),
    Retrieve(&'static str),
    Start,
    Watch,
}

use Ask::{Deploys, Facts, Identity, List, Retrieve, Start, Versions, Watch};

const ASKS: &[(Ask, &str)] = &[
    (Versions, "versions"),
    (Identity, "query"),
    (List, "listMetadata"),
    (Deploys, "tooling.query"),
    (Facts("user.is_active"), "query"),
    (Facts("user.permission[ApiEnabled]"), "query"),
    (Facts("user.permission[RunReports]"), "sobjects"),
    (Facts("user.license"), "query"),
    (Retrieve("ConnectedApp:Ampersand"), "retrieve"),
    (Retrieve("ConnectedApp:Ampersand"), "checkRetrieveStatus"),
    (Retrieve("ConnectedApp:Nobody"), "checkRetrieveStatus"),
    (Retrieve("ExternalClientApplication:Ampersand_ECA"), "checkRetrieveStatus"),
    (Retrieve("ExtlClntAppOauthSettings:Ampersand_ECA"), "listMetadata"),
    (Start, "deployRequest.start"),
    (Watch, "deployRequest.status"),
];

async fn connect(token: &str, url: &str) -> Result<Org, String> {
    let session = Session::from_access_token("x", &SecretString::from(token), url, "test").unwrap();
    let options = ConnectOptions {
        request_timeout: Duration::from_secs(20),
        job_timeout: Duration::from_secs(3),
        pages_timeout: Duration::from_millis(600),
        retries: 1,
        retry_delay: Duration::from_millis(1),
        ..ConnectOptions::default()
    };
    Org::connect(session, options).await.map_err(|error| error.to_string())
}

fn package() -> Vec<u8> {
    let label = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><PermissionSet \
                 xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>Cut</label></PermissionSet>";
    let manifest = "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types>\
                    <members>Cut</members><name>PermissionSet</name></types>\
                    <version>62.0</version></Package>";
    let files = [("package.xml", manifest), ("permissionsets/Cut.permissionset", label)]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    sfsetup::metadata::archive::write_zip(&files.into()).unwrap()
}

/// What comes of asking, in a text; what was not observed stands in it as that.
async fn asked(ask: Ask, token: &str, url: &str) -> Result<String, String> {
    let org = connect(token, url).await?;
    let said = |error: sfsetup::org::OrgError| error.to_string();
    Ok(match ask {
        Versions | Identity => format!("{} {:?}", org.api_version(), org.identity().id),
        List => format!("{:?}", org.list("Profile").await.map_err(said)?),
        Deploys => {
            format!("{:?}", org.recent_deploys().await.map_err(said)?.map(|rows| rows.len()))
        }
        Facts(text) => {
            let user = "ampersand.integration@harbourlight.example.com".to_owned();
            let fact = Fact::parse(text).unwrap();
            let of = fact.parameter().map(|_| user);
            let facts = org.facts(&[(fact.clone(), of.clone())]).await.map_err(said)?;
            match facts.get(&fact, of.as_deref()) {
                sfsetup::metadata::fact::FactAnswer::Known(value) => format!("{value}"),
                sfsetup::metadata::fact::FactAnswer::NotObserved(why) => {
                    return Err(why.to_string());
                }
            }
        }
        Retrieve(component) => {
            let (type_name, name) = component.split_once(':').unwrap();
            let id = ComponentId::new(type_name, name);
            let mut request = RetrieveRequest::default();
            request.components.insert(id.clone());
            let set = org.retrieve(&request).await.map_err(said)?.components;
            if let Some(why) = set.not_observed.get(&id) {
                return Err(why.to_string());
            }
            let text = |one: &sfsetup::metadata::Component| {
                String::from_utf8_lossy(one.document.bytes()).into_owned()
            };
            format!("{:?}", set.get(&id).map(text))
        }
        Start => match org.start_deploy(package(), Trial::default()).await {
            Ok(_) => "started".to_owned(),
            Err(NotStarted::Lost(error)) => return Err(error.to_string()),
            Err(NotStarted::Refused(error)) => panic!("the org has taken it: {error}"),
        },
        Watch => match org.start_deploy(package(), Trial::default()).await {
            Ok(id) => {
                let status = org.watch_deploy(&id, "a deploy").await.map_err(said)?;
                format!("{} {} {}", status.success, status.failures.len(), status.deployed)
            }
            Err(error) => panic!("{error:?}"),
        },
    })
}

/// Where an answer of so many bytes is cut.
fn places(size: usize) -> Vec<usize> {
    if size <= SMALL {
        return (0..size).collect();
    }
    (0..PLACES).map(|place| place * (size - 1) / (PLACES - 1)).collect()
}

/// The sizes of the answers of a call in a way of asking, when all goes well.
async fn sizes(ask: Ask, call: &str) -> Vec<usize> {
    let running = serve(Orgs::many(1, |store| store), None, Faults::none()).await.unwrap();
    let whole = asked(ask, &running.token, &running.url()).await;
    whole.unwrap_or_else(|error| panic!("{ask:?}: {error}"));
    let of_call = format!("/{call}");
    let sizes = running.sizes().into_iter().filter(|(name, _)| name.ends_with(&of_call));
    let sizes: Vec<usize> = sizes.map(|(_, size)| size).collect();
    assert!(!sizes.is_empty(), "{ask:?} makes no call {call}: {:?}", running.calls());
    running.stop().await;
    sizes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_cut_anywhere_is_the_whole_one_or_none() {
    for (ask, call) in ASKS {
        // Each answer of the call is cut, and all of them.
        let mut cases: Vec<(usize, Option<u32>, u32)> = Vec::new();
        let sizes = sizes(*ask, call).await;
        for (size, after) in sizes.iter().zip(0..) {
            cases.extend(places(*size).into_iter().map(|at| (at, Some(1), after)));
        }
        cases.extend(places(sizes.into_iter().max().unwrap()).into_iter().map(|at| (at, None, 0)));
        let cases = some(cases, 4);
        // An org each, so that no fault meets another question.
        let orgs = Orgs::many(cases.len(), |store| store);
        let running = &serve(orgs, None, Faults::none()).await.unwrap();
        let url = &running.url();
        let ways = running.orgs().ways_in().map(|(name, token)| (name.to_owned(), token));
        let ways: Vec<(String, String)> = ways.collect();
        let one = |((name, token), (at, times, after)): ((String, String), _)| async move {
            let whole = asked(*ask, &token, url).await.unwrap();
            let call = format!("{name}/{call}");
            let said = format!("{ask:?}: {call} cut at {at}, {times:?} times after {after}");
            running.fault(FaultRule { call, fault: Fault::CutAt(at), after, times });
            if let Ok(answer) = asked(*ask, &token, url).await {
                assert_eq!(answer, whole, "{said}");
            }
        };
        let stream = futures::stream::iter(ways.into_iter().zip(cases)).map(one);
        stream.buffer_unordered(16).collect::<Vec<()>>().await;
    }
}
