//! The bodies of the fuzz targets on some hundred broken inputs each; `tests/fuzz` runs them for
//! longer. `PROPTEST_CASES` says how many.

#[path = "../fuzz/bodies.rs"]
mod bodies;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::org::connect;
use crate::org::server::{Fault, Server, State};
use crate::support::fixture;

/// How one input is broken: where, by how many bytes, and with what in their place.
type Break = (Index, usize, Vec<u8>);

fn breaks() -> impl Strategy<Value = (Index, Vec<Break>)> {
    let place = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        prop::sample::select(vec!["<", ">", "&", "\"", "]", "[", "{", "}", ".", "|", "null", "\n"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let one = (any::<Index>(), 0_usize..24, place);
    (any::<Index>(), prop::collection::vec(one, 0..6))
}

fn broken(seeds: &[Vec<u8>], (seed, breaks): &(Index, Vec<Break>)) -> Vec<u8> {
    let mut bytes = seed.get(seeds).clone();
    for (at, length, new) in breaks {
        let at = at.index(bytes.len() + 1);
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, new.iter().copied());
    }
    bytes
}

/// Runs a body on broken seeds.
fn run(seeds: &[Vec<u8>], body: impl Fn(&[u8])) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = ProptestConfig {
        cases: cases.unwrap_or(300),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(how in breaks())| body(&broken(seeds, &how)));
}

fn text(body: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| body(&String::from_utf8_lossy(bytes))
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

#[test]
fn a_document_of_any_bytes_is_refused_or_edited() {
    let seeds = [
        read("drifted/connectedApps/Ampersand.connectedApp"),
        read("drifted/profiles/Ampersand Integration.profile"),
        read("policies/mutingpermissionsets/Harbour_Mute.mutingpermissionset"),
    ];
    run(&seeds, bodies::document);
}

#[test]
fn a_zip_of_any_bytes_is_refused_or_read() {
    let files =
        [("package.xml".to_owned(), b"<Package/>".to_vec()), ("a/b".to_owned(), vec![7; 90])];
    let zip = sfsetup::metadata::archive::write_zip(&files.into()).unwrap();
    run(&[zip, read("hostile/duplicate.zip"), read("hostile/zip-slip.zip")], bodies::archive);
}

#[test]
fn a_template_of_any_text_is_refused_or_filled_in() {
    let seeds: Vec<Vec<u8>> =
        sfsetup::template::builtin::all().iter().map(|one| one.text.as_bytes().to_vec()).collect();
    run(&seeds, text(bodies::template));
}

#[test]
fn a_plan_of_any_bytes_is_refused_or_the_same_again() {
    run(&[read("previous/plan.json")], bodies::plan);
}

#[test]
fn a_journal_of_any_bytes_is_refused_or_told() {
    run(&[read("previous/open.json"), read("previous/done.json")], bodies::journal);
}

/// What the org answers to a list, whatever became of it on the way.
fn listed(runtime: &tokio::runtime::Runtime, reply: &[u8]) -> Result<Vec<String>, String> {
    runtime.block_on(async {
        let server = Server::start(State::default()).await;
        let org = connect(&server).await.unwrap();
        let fault = ("<met:listMetadata>", usize::MAX, Fault::Body(reply.to_vec()));
        server.state.lock().unwrap().faults.push(fault);
        let listed = org.list("ConnectedApp").await.map_err(|error| error.to_string())?;
        Ok(listed.into_iter().map(|one| one.id.full_name).collect())
    })
}

const LIST: &str = "<?xml version=\"1.0\"?><soapenv:Envelope \
                    xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                    xmlns=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body>\
                    <listMetadataResponse><result><fileName>a</fileName><fullName>Acme</fullName><type>ConnectedApp</type>\
                    </result><result><fileName>b</fileName><fullName>Beacon</fullName><type>ConnectedApp</type></result>\
                    </listMetadataResponse></soapenv:Body></soapenv:Envelope>";

#[test]
fn a_soap_reply_of_any_bytes_is_refused_or_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(listed(&runtime, LIST.as_bytes()).unwrap(), ["Acme", "Beacon"]);
    run(&[LIST.as_bytes().to_vec()], |reply| {
        // Nothing is listed that does not stand there.
        if let Ok(names) = listed(&runtime, reply) {
            let count = String::from_utf8_lossy(reply).matches("<result").count();
            assert!(names.len() <= count, "{names:?}");
        }
    });
}

/// What breaks off is no shorter list: a snapshot would take the rest for gone.
#[test]
fn a_soap_reply_that_breaks_off_is_never_a_shorter_list() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for end in 0..LIST.len() {
        // Without what follows the answer, the list in it is whole.
        let is_whole = end >= LIST.find("</soapenv:Body>").unwrap();
        let found = listed(&runtime, &LIST.as_bytes()[..end]);
        assert!(found.is_err() || is_whole, "{found:?} of {}", &LIST[..end]);
    }
}

#[test]
fn a_path_of_any_text_is_refused_or_the_same_again() {
    let seeds = [
        "oauthPolicy.refreshTokenPolicy",
        "objectPermissions[Account].viewAllFields",
        "loginIpRanges[203.0.113.0|203.0.113.255].description",
        "layoutAssignments[Account-Account Layout|Account.Customer]",
    ];
    run(&seeds.map(|seed| seed.as_bytes().to_vec()), text(bodies::path));
}
