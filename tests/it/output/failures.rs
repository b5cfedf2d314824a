//! What an org or the way to it may do wrong: each error's code and words.

use sfsetup::demo::{Fault, FaultRule, Faults, Store, serve};

use super::{arguments, block};
use crate::support::{Env, finish};

const TEMPLATE: &str = "format = 1\n[template]\nname = \"a\"\ntitle = \"A\"\nversion = \
                        \"1\"\nsource = \"https://a.example.com\"\nreviewed = \
                        2026-11-23\n[[step]]\nid = \"label\"\ntitle = \"Label\"\nwant = \
                        [{ component = \"ConnectedApp:Ampersand\", path = \"label\", equals = \
                        \"Ampersand\" }]\n";

/// The code in the JSON answer, and what a person sees on stderr.
async fn failing(env: &Env, call: &str, fault: Fault) -> String {
    let rules =
        vec![FaultRule { call: call.to_owned(), fault: fault.clone(), after: 0, times: None }];
    let running =
        serve(Store::in_memory(), None, Faults { rules, by_request: false }).await.unwrap();
    let line = "diff --template a.toml --format json --timeout 1";
    let mut command = env.command();
    command
        .args(arguments(line))
        .env("SF_ACCESS_TOKEN", &running.token)
        .env("SF_ORG_INSTANCE_URL", running.url());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    running.stop().await;
    let mut run = finish(output);
    assert_eq!(run.code, 1, "{fault:?}: {run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    run.stdout = format!("code: {}\n", report["orgs"][0]["error"]["code"].as_str().unwrap());
    // A retrieve has another id each time.
    if let Some(at) = run.stderr.find("09S") {
        run.stderr.replace_range(at..at + 18, "RETRIEVE");
    }
    block(env.folder(), &format!("diff ..   # {fault:?} at {call}"), &run)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_has_its_code_and_says_what_to_do() {
    let env = Env::new();
    env.write("a.toml", TEMPLATE);
    let cases = [
        ("*", Fault::InvalidSession),
        ("*", Fault::TooManyRequests(None)),
        ("*", Fault::Unavailable(None)),
        ("*", Fault::ResetBefore),
        ("*", Fault::HalfBody),
        ("*", Fault::Html),
        ("*", Fault::RequestLimit),
        ("*", Fault::ApiDisabled),
        ("*", Fault::Maintenance),
        ("*", Fault::ServerError),
        ("checkRetrieveStatus", Fault::BrokenBase64),
        ("checkRetrieveStatus", Fault::BrokenZip),
        ("checkRetrieveStatus", Fault::ZipSlip),
        ("checkRetrieveStatus", Fault::ZipBomb),
        ("checkRetrieveStatus", Fault::RetrieveFails),
        ("retrieve", Fault::Stuck),
    ];
    let env = &env;
    let runs = cases.into_iter().map(|(call, fault)| failing(env, call, fault));
    let runs = futures::stream::StreamExt::buffered(futures::stream::iter(runs), 4);
    let all: Vec<String> = futures::stream::StreamExt::collect(runs).await;
    insta::assert_snapshot!(all.concat(), @"
    $ sfsetup diff ..   # InvalidSession at *
    code: INVALID_SESSION_ID
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: Session expired or invalid (INVALID_SESSION_ID)
      caused by: the session has ended or was revoked, its user is frozen or inactive, or the org locks sessions to the address or domain where they began
    hint: sign in again: put a new token of http://127.0.0.1:PORT into SF_ACCESS_TOKEN (`sf org auth show-access-token --target-org ALIAS` shows the one of `sf`); a login of sfsetup's needs none: `sfsetup org login --help`
    --- exit 1
    $ sfsetup diff ..   # TooManyRequests(None) at *
    code: LIMIT
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: HTTP 429 with an answer that is not the API's, which begins: busy
    hint: the org's requests for today are used up, or too many run at once: try again later
    --- exit 1
    $ sfsetup diff ..   # Unavailable(None) at *
    code: UNAVAILABLE
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: HTTP 503 with an answer that is not the API's, which begins: busy
    hint: try again later; https://status.salesforce.com tells of maintenance
    --- exit 1
    $ sfsetup diff ..   # ResetBefore at *
    code: UNREACHABLE
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the connection to 127.0.0.1 broke: Connection reset by peer (os error 104)
    hint: check the address and the network; HTTPS_PROXY and NO_PROXY are honoured
    hint: the address was read from SF_ORG_INSTANCE_URL
    --- exit 1
    $ sfsetup diff ..   # HalfBody at *
    code: UNREACHABLE
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the connection to the org broke: end of file before message length reached
    hint: check the address and the network; HTTPS_PROXY and NO_PROXY are honoured
    hint: the address was read from SF_ORG_INSTANCE_URL
    --- exit 1
    $ sfsetup diff ..   # Html at *
    code: UNEXPECTED
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the answer is not JSON; it begins: <!DOCTYPE html> <html><head><title>Scheduled maintenance</title></head><body><h1…
    hint: is that the address of a Salesforce org, and does no proxy or login page answer in its place?
    hint: the address was read from SF_ORG_INSTANCE_URL
    --- exit 1
    $ sfsetup diff ..   # RequestLimit at *
    code: REQUEST_LIMIT_EXCEEDED
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: TotalRequests Limit exceeded. (REQUEST_LIMIT_EXCEEDED)
      caused by: the org's requests for today are used up, or too many run at once
    hint: try again later; Setup, Company Information, shows the day's requests, and the event log ApiTotalUsage who makes them
    --- exit 1
    $ sfsetup diff ..   # ApiDisabled at *
    code: API_DISABLED_FOR_ORG
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: API is not enabled for this Organization or Partner (API_DISABLED_FOR_ORG)
      caused by: either the org's edition has no API access, or this user lacks the permission API Enabled
    hint: give the user API Enabled; Group and Professional Edition need an add-on
    hint: it lies in Profile `userPermissions[ApiEnabled].enabled`, PermissionSet `userPermissions[ApiEnabled].enabled`, `org.api_access`; a template checks such settings: `sfsetup template list` lists them
    --- exit 1
    $ sfsetup diff ..   # Maintenance at *
    code: ORG_IN_MAINTENANCE
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: Your organization is currently undergoing maintenance, please try again later (ORG_IN_MAINTENANCE)
      caused by: the org is locked or in maintenance
    hint: try again later; https://status.salesforce.com tells of maintenance
    --- exit 1
    $ sfsetup diff ..   # ServerError at *
    code: UNKNOWN_EXCEPTION
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: An unexpected error occurred. ErrorId: 1234567890-123 (42) (UNKNOWN_EXCEPTION)
      caused by: the org stumbled
    hint: run this again; if it stays so, Salesforce Support can look its ErrorId up
    --- exit 1
    $ sfsetup diff ..   # BrokenBase64 at checkRetrieveStatus
    code: DAMAGED
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    the retrieve: the zip that the org sent is not valid base64; trying again
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the zip that the org sent is not valid base64
    hint: try again; if it stays so, something between here and the org changes what is sent
    --- exit 1
    $ sfsetup diff ..   # BrokenZip at checkRetrieveStatus
    code: DAMAGED
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    the retrieve: the zip that the org sent: the zip is damaged: invalid Zip archive: Could not find EOCD; trying again
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the zip that the org sent: the zip is damaged: invalid Zip archive: Could not find EOCD
    hint: try again; if it stays so, something between here and the org changes what is sent
    --- exit 1
    $ sfsetup diff ..   # ZipSlip at checkRetrieveStatus
    code: HOSTILE
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the zip that the org sent: the zip is hostile: the entry `../../outside.txt` points outside it
    hint: nothing was written; find out what answers at that address before you try again
    --- exit 1
    $ sfsetup diff ..   # ZipBomb at checkRetrieveStatus
    code: HOSTILE
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the zip that the org sent: the zip is hostile: it unpacks to more than 400 times its size
    hint: nothing was written; find out what answers at that address before you try again
    --- exit 1
    $ sfsetup diff ..   # RetrieveFails at checkRetrieveStatus
    code: REFUSED
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    the retrieve, in parts: An unexpected error occurred. ErrorId: 1234567890-123 (42) (UNKNOWN_EXCEPTION); trying again
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: nothing of what was asked for could be read; ConnectedApp:Ampersand: the org says: An unexpected error occurred. ErrorId: 1234567890-123 (42) (UNKNOWN_EXCEPTION)
    hint: put right what is named here, then run the same command again
    --- exit 1
    $ sfsetup diff ..   # Stuck at retrieve
    code: TIMED_OUT
    --- stderr
    connecting to http://127.0.0.1:PORT
    retrieving from http://127.0.0.1:PORT
    asking http://127.0.0.1:PORT for facts
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: the retrieve RETRIEVE is not done after 1 s
    hint: the org may be busy: try again later
    --- exit 1
    ");
}

#[test]
fn an_address_that_is_none_is_said() {
    let env = Env::new();
    env.write("a.toml", TEMPLATE);
    let show = |token: &str, address: &str| {
        let line = "diff --template a.toml";
        let mut command = env.command();
        command.args(arguments(line)).env("SF_ACCESS_TOKEN", token);
        command.env("SF_ORG_INSTANCE_URL", address);
        block(env.folder(), line, &finish(command.output().unwrap()))
    };
    let token = "00D000000000001!PLANTED";
    insta::assert_snapshot!(show(token, "http://acme.my.salesforce.com"), @"
    $ sfsetup diff --template a.toml
    --- stderr
    error: cannot read the org `http://acme.my.salesforce.com`
      caused by: `http://acme.my.salesforce.com` cannot be used as an address: `http://` would send the token in the clear; only this machine may be reached so
    hint: the address was read from SF_ORG_INSTANCE_URL, where the org's own belongs (https://..my.salesforce.com)
    --- exit 1
    ");
    insta::assert_snapshot!(show(token, "not an address"), @"
    $ sfsetup diff --template a.toml
    --- stderr
    error: cannot read the org `not an address`
      caused by: `not an address` cannot be used as an address: invalid international domain name
    hint: the address was read from SF_ORG_INSTANCE_URL, where the org's own belongs (https://..my.salesforce.com)
    --- exit 1
    ");
    insta::assert_snapshot!(show(token, "http://127.0.0.1:9"), @"
    $ sfsetup diff --template a.toml
    --- stderr
    connecting to http://127.0.0.1:PORT
    error: cannot read the org `http://127.0.0.1:PORT`
      caused by: cannot connect to 127.0.0.1: Connection refused (os error 111)
    hint: check the address and the network; HTTPS_PROXY and NO_PROXY are honoured
    hint: the address was read from SF_ORG_INSTANCE_URL
    --- exit 1
    ");
}
