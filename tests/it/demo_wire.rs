//! The demo org over HTTP: what its protocol says to a plain client, and to the program by way of
//! the environment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};
use sfsetup::demo::{Fault, FaultRule, Faults, Running, Store, serve};
use sfsetup::metadata::archive::{Limits, read_zip, write_zip};

use crate::support::{Env, finish as finished};

const NS: &str = "http://soap.sforce.com/2006/04/metadata";

async fn start(faults: Faults) -> Running {
    serve(Store::in_memory().with_delay(Duration::from_millis(20)), None, faults).await.unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn soap(running: &Running, token: &str, body: &str) -> RequestBuilder {
    client()
        .post(format!("{}/services/Soap/m/67.0", running.url()))
        .header("content-type", "text/xml")
        .header("SOAPAction", "\"\"")
        .body(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Header>\
             <SessionHeader xmlns=\"{NS}\"><sessionId>{token}</sessionId></SessionHeader>\
             </soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
        ))
}

pub(crate) async fn call(running: &Running, body: &str) -> String {
    soap(running, &running.token, body).send().await.unwrap().text().await.unwrap()
}

pub(crate) fn element(xml: &str, name: &str) -> String {
    let open = format!("<{name}>");
    let start = xml.find(&open).unwrap_or_else(|| panic!("no {name} in {xml}")) + open.len();
    xml[start..start + xml[start..].find(&format!("</{name}>")).unwrap()].to_owned()
}

async fn get(running: &Running, path: &str) -> Response {
    client()
        .get(format!("{}{path}", running.url()))
        .bearer_auth(&running.token)
        .send()
        .await
        .unwrap()
}

async fn query(running: &Running, soql: &str) -> Json {
    let address = format!("{}/services/data/v67.0/query", running.url());
    let reply = client()
        .get(address)
        .query(&[("q", soql)])
        .bearer_auth(&running.token)
        .send()
        .await
        .unwrap();
    reply.json().await.unwrap()
}

/// Asks until the job is done.
pub(crate) async fn finish(running: &Running, check: &str, id: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let reply = call(
            running,
            &format!(
                "<{check} xmlns=\"{NS}\"><asyncProcessId>{id}</asyncProcessId>\
                      <includeDetails>true</includeDetails></{check}>"
            ),
        )
        .await;
        if reply.contains("<done>true</done>") {
            return reply;
        }
        assert!(Instant::now() < deadline, "{reply}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn retrieve_body(name: &str) -> String {
    format!(
        "<retrieve xmlns=\"{NS}\"><{name}><apiVersion>67.0</apiVersion><unpackaged><types>\
         <members>Ampersand</members><name>ConnectedApp</name></types><types><members>Nobody\
         </members><name>Profile</name></types><version>67.0</version></unpackaged></{name}>\
         </retrieve>"
    )
}

#[tokio::test]
async fn a_retrieve_is_started_watched_and_fetched_once() {
    let running = start(Faults::none()).await;
    // jsforce, the WSDL and cirrus each have a name of their own for the argument.
    for name in ["request", "retrieveRequest", "RetrieveRequest"] {
        let started = call(&running, &retrieve_body(name)).await;
        assert_eq!(element(&started, "state"), "Queued");
        let id = element(&started, "id");
        assert!(id.starts_with("09S") && id.len() == 18);
        let look = format!(
            "<checkRetrieveStatus xmlns=\"{NS}\"><asyncProcessId>{id}</asyncProcessId>\
             <includeZip>false</includeZip></checkRetrieveStatus>"
        );
        // The first 15 characters will do.
        let short = call(&running, &look.replace(&id, &id[..15])).await;
        assert!(short.contains(&id) && !short.contains("INVALID"), "{short}");
        let done = finish(&running, "checkRetrieveStatus", &id).await;
        assert!(done.contains(
            "Entity of type &apos;Profile&apos; named &apos;Nobody&apos; cannot be found"
        ));
        let zip = BASE64_STANDARD.decode(element(&done, "zipFile")).unwrap();
        let names: Vec<String> =
            read_zip(&zip, &Limits::default()).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["unpackaged/connectedApps/Ampersand.connectedApp", "unpackaged/package.xml"]
        );
        assert!(call(&running, &look).await.contains("INVALID_CROSS_REFERENCE_KEY"));
    }
    running.stop().await;
}

#[tokio::test]
async fn who_has_no_session_or_no_right_is_refused() {
    let running = start(Faults::none()).await;
    let describe = format!(
        "<describeMetadata xmlns=\"{NS}\"><asOfVersion>67.0</asOfVersion></describeMetadata>"
    );
    let reply = soap(&running, "00D!nonsense", &describe).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(element(&reply.text().await.unwrap(), "faultcode"), "sf:INVALID_SESSION_ID");
    let lesser =
        running.store().token_of("ampersand.integration@harbourlight.example.com").unwrap();
    let reply = soap(&running, &lesser, &describe).send().await.unwrap().text().await.unwrap();
    assert_eq!(
        element(&reply, "faultstring"),
        "INSUFFICIENT_ACCESS: use of the Metadata API requires a user with the ModifyAllData or \
         ModifyMetadata permissions"
    );
    let disabled = running.store().token_of("sam.pereira@harbourlight.example.com").unwrap();
    let reply = client()
        .get(format!("{}/services/data/v67.0/limits", running.url()))
        .bearer_auth(disabled)
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), StatusCode::FORBIDDEN);
    assert!(reply.text().await.unwrap().contains("API_DISABLED_FOR_ORG"));
    let reply =
        client().get(format!("{}/services/data/v67.0/limits", running.url())).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    assert!(
        call(&running, &describe)
            .await
            .contains("<xmlName>ExtlClntAppOauthConfigurablePolicies</xmlName>")
    );
}

fn package() -> Vec<u8> {
    let files = BTreeMap::from([
        (
            "package.xml".to_owned(),
            format!(
                "<Package xmlns=\"{NS}\"><types><members>Vendor</members><name>PermissionSet\
                     </name></types><version>67.0</version></Package>"
            )
            .into_bytes(),
        ),
        (
            "permissionsets/Vendor.permissionset".to_owned(),
            format!(
                "<PermissionSet xmlns=\"{NS}\"><label>Vendor</label><userPermissions><enabled>true\
                 </enabled><name>ViewAllUsers</name></userPermissions></PermissionSet>"
            )
            .into_bytes(),
        ),
    ]);
    write_zip(&files).unwrap()
}

#[tokio::test]
async fn a_deploy_by_soap_shows_in_queries() {
    let running = start(Faults::none()).await;
    let deploy = format!(
        "<deploy xmlns=\"{NS}\"><ZipFile>{}</ZipFile><DeployOptions><checkOnly>true</checkOnly>\
         <rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage></DeployOptions>\
         </deploy>",
        BASE64_STANDARD.encode(package())
    );
    let soql = "SELECT Id, PermissionsViewAllUsers FROM PermissionSet WHERE Name = 'Vendor'";
    let id = element(&call(&running, &deploy).await, "id");
    let done = finish(&running, "checkDeployStatus", &id).await;
    assert_eq!(element(&done, "status"), "Succeeded");
    assert_eq!(query(&running, soql).await["totalSize"], 0);
    let quick = format!(
        "<deployRecentValidation xmlns=\"{NS}\"><validationId>{id}</validationId>\
         </deployRecentValidation>"
    );
    let id = element(&call(&running, &quick).await, "result");
    assert_eq!(
        element(&finish(&running, "checkDeployStatus", &id).await, "numberComponentsDeployed"),
        "1"
    );
    let rows = query(&running, soql).await;
    assert_eq!(rows["records"][0]["PermissionsViewAllUsers"], true);
    let requests = get(&running, "/services/data/v67.0/tooling/query?q=SELECT+Id,Status+FROM+DeployRequest+WHERE+CheckOnly+=+false").await;
    assert_eq!(requests.json::<Json>().await.unwrap()["records"][0]["Id"], id.as_str());
}

async fn start_by_rest(running: &Running, zip: Vec<u8>, options: Json) -> Response {
    let part =
        |bytes: Vec<u8>, kind: &str| reqwest::multipart::Part::bytes(bytes).mime_str(kind).unwrap();
    let form = reqwest::multipart::Form::new()
        .part(
            "entity_content",
            part(json!({ "deployOptions": options }).to_string().into_bytes(), "application/json"),
        )
        .part("file", part(zip, "application/zip").file_name("deploy.zip"));
    let address = format!("{}/services/data/v67.0/metadata/deployRequest", running.url());
    client().post(&address).bearer_auth(&running.token).multipart(form).send().await.unwrap()
}

async fn deploy_by_rest(running: &Running, zip: Vec<u8>, options: Json) -> Json {
    let reply = start_by_rest(running, zip, options).await;
    assert_eq!(reply.status(), StatusCode::CREATED);
    let started: Json = reply.json().await.unwrap();
    let path = format!(
        "/services/data/v67.0/metadata/deployRequest/{}?includeDetails=true",
        started["id"].as_str().unwrap()
    );
    for _ in 0..500 {
        let status: Json = get(running, &path).await.json().await.unwrap();
        if status["deployResult"]["done"] == true {
            return status["deployResult"].clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the deploy does not end");
}

#[tokio::test]
async fn a_deploy_by_rest_takes_bytes_and_refuses_base64() {
    let running = start(Faults::none()).await;
    let options = json!({ "rollbackOnError": true, "singlePackage": true });
    let text = BASE64_STANDARD.encode(package()).into_bytes();
    let refused = deploy_by_rest(&running, text, options.clone()).await;
    assert_eq!(refused["details"]["componentFailures"][0]["problem"], "No package.xml found");
    let done = deploy_by_rest(&running, package(), options).await;
    assert_eq!(done["status"], "Succeeded");
    assert_eq!(done["details"]["componentSuccesses"][0]["created"], true);
}

#[tokio::test]
async fn options_that_there_are_not_are_refused() {
    let running = start(Faults::none()).await;
    let zip = BASE64_STANDARD.encode(package());
    let by_soap = async |options: &str| {
        let body = format!(
            "<deploy xmlns=\"{NS}\"><ZipFile>{zip}</ZipFile><DeployOptions>{options}\
             <singlePackage>true</singlePackage></DeployOptions></deploy>"
        );
        call(&running, &body).await
    };
    for (options, said) in [
        ("<rollBack>true</rollBack>", "rollBack invalid at this location in type DeployOptions"),
        ("<checkOnly/>", "'' is not a valid value for the type xsd:boolean"),
        ("<testLevel>Some</testLevel>", "'Some' is not a valid value for the enum 'TestLevel'"),
    ] {
        let answer = by_soap(options).await.replace("&apos;", "'");
        assert!(answer.contains("XML_PARSER_ERROR") && answer.contains(said), "{answer}");
    }
    // Seen of clients that work with orgs.
    let id = element(
        &by_soap("<checkOnly>True</checkOnly><runAllTests>false</runAllTests>").await,
        "id",
    );
    assert_eq!(element(&finish(&running, "checkDeployStatus", &id).await, "checkOnly"), "true");
    for (options, said) in [
        (json!({ "rollBack": true }), "Unrecognized field \"rollBack\""),
        (json!({ "testLevel": "Some" }), "'Some' is not a valid value for the enum 'TestLevel'"),
    ] {
        let reply = start_by_rest(&running, package(), options).await;
        assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
        let body: Json = reply.json().await.unwrap();
        assert_eq!(
            (&body[0]["errorCode"], &body[0]["message"]),
            (&json!("JSON_PARSER_ERROR"), &json!(said))
        );
    }
}

#[tokio::test]
async fn a_set_with_a_licence_needs_the_licence_first() {
    let running = start(Faults::none()).await;
    let id = |rows: Json| rows["records"][0]["Id"].as_str().unwrap().to_owned();
    let user =
        id(query(&running, "SELECT Id FROM User WHERE Name = 'Ampersand Integration'").await);
    let set =
        id(query(&running, "SELECT Id FROM PermissionSet WHERE Name = 'Warehouse_Sync'").await);
    let licence = id(query(&running, "SELECT Id FROM PermissionSetLicense").await);
    let post = async |object: &str, body: Json| {
        let address = format!("{}/services/data/v67.0/sobjects/{object}", running.url());
        client().post(address).bearer_auth(&running.token).json(&body).send().await.unwrap()
    };
    let assign = json!({ "AssigneeId": user, "PermissionSetId": set });
    let refused = post("PermissionSetAssignment", assign.clone()).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json::<Json>().await.unwrap()[0]["message"],
        "Can't assign permission set \"Warehouse Sync\" to user \"Ampersand Integration\". The \
         user license doesn't allow the permission: Read Accounts"
    );
    let given = post(
        "PermissionSetLicenseAssign",
        json!({ "AssigneeId": user, "PermissionSetLicenseId": licence }),
    )
    .await;
    assert_eq!(given.status(), StatusCode::CREATED);
    let row: Json = post("PermissionSetAssignment", assign).await.json().await.unwrap();
    assert_eq!(row["success"], true);
    let address = format!(
        "{}/services/data/v67.0/sobjects/PermissionSetAssignment/{}",
        running.url(),
        row["id"].as_str().unwrap()
    );
    assert_eq!(
        client().delete(&address).bearer_auth(&running.token).send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        client().delete(&address).bearer_auth(&running.token).send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        query(&running, "SELECT UsedLicenses FROM PermissionSetLicense").await["records"][0]["UsedLicenses"],
        2
    );
}

#[tokio::test]
async fn long_answers_come_in_batches() {
    let running = start(Faults::none()).await;
    let address =
        format!("{}/services/data/v67.0/query?q=SELECT+Id+FROM+FieldPermissions", running.url());
    let first = client()
        .get(address)
        .header("Sforce-Query-Options", "batchSize=100")
        .bearer_auth(&running.token);
    let mut page: Json = first.send().await.unwrap().json().await.unwrap();
    let mut rows = page["records"].as_array().unwrap().len();
    while page["done"] == false {
        page = get(&running, page["nextRecordsUrl"].as_str().unwrap()).await.json().await.unwrap();
        rows += page["records"].as_array().unwrap().len();
    }
    assert_eq!(page["totalSize"], rows);
}

#[tokio::test]
async fn a_code_is_good_for_one_token_with_its_verifier() {
    use sha2::Digest as _;
    let running = start(Faults::none()).await;
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(b"a verifier"));
    let redirect = "http://localhost:1717/OauthRedirect";
    let authorize = async || {
        let address = format!("{}/services/oauth2/authorize", running.url());
        let parameters = [
            ("response_type", "code"),
            ("client_id", "PlatformCLI"),
            ("redirect_uri", redirect),
            ("state", "s1"),
            ("code_challenge", challenge.as_str()),
        ];
        let reply = client().get(address).query(&parameters).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::FOUND);
        let url = reqwest::Url::parse(reply.headers()["location"].to_str().unwrap()).unwrap();
        let pairs: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs["state"], "s1");
        pairs["code"].clone()
    };
    let token = async |form: &[(&str, &str)]| -> Json {
        let address = format!("{}/services/oauth2/token", running.url());
        client().post(address).form(form).send().await.unwrap().json().await.unwrap()
    };
    let code = authorize().await;
    let form = |code: &str, verifier: &str| {
        [
            ("grant_type", "authorization_code"),
            ("client_id", "PlatformCLI"),
            ("redirect_uri", redirect),
            ("code", code),
            ("code_verifier", verifier),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send = async |form: [(String, String); 5]| -> Json {
        let pairs: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        token(&pairs).await
    };
    assert_eq!(send(form(&code, "another")).await["error"], "invalid_grant");
    let code = authorize().await;
    let granted = send(form(&code, "a verifier")).await;
    assert_eq!(granted["instance_url"], running.url());
    assert_eq!(send(form(&code, "a verifier")).await["error"], "invalid_grant");
    let refreshed = token(&[
        ("grant_type", "refresh_token"),
        ("client_id", "PlatformCLI"),
        ("refresh_token", granted["refresh_token"].as_str().unwrap()),
    ])
    .await;
    let access = refreshed["access_token"].as_str().unwrap();
    let info = client()
        .get(format!("{}/services/oauth2/userinfo", running.url()))
        .bearer_auth(access)
        .send()
        .await
        .unwrap();
    assert_eq!(
        info.json::<Json>().await.unwrap()["preferred_username"],
        "robin.alder@harbourlight.example.com"
    );
    let machine = token(&[
        ("grant_type", "client_credentials"),
        ("client_id", "3MVG9demoHarbourLightWarehouse0002"),
        ("client_secret", "demo-warehouse-secret"),
    ])
    .await;
    assert!(machine["id"].as_str().unwrap().contains("/id/00D"));
    assert!(machine.get("refresh_token").is_none());
    let wrong = token(&[
        ("grant_type", "client_credentials"),
        ("client_id", "3MVG9demoHarbourLightWarehouse0002"),
        ("client_secret", "x"),
    ])
    .await;
    assert_eq!(wrong["error"], "invalid_client");
}

/// What the org's sign-in page leads back with, as `name=value` pairs, or the page itself.
async fn led_back(running: &Running, client_id: &str, user: &str) -> String {
    let address = format!("{}/services/oauth2/authorize", running.url());
    let redirect = match client_id {
        WAREHOUSE => "https://warehouse.harbourlight.example.com/oauth",
        _ => "https://vendor.example.com/callback",
    };
    let parameters = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect),
        ("login_hint", user),
        ("code_challenge", "x"),
    ];
    let reply = client().get(address).query(&parameters).send().await.unwrap();
    match reply.headers().get("location") {
        Some(url) => {
            let url = reqwest::Url::parse(url.to_str().unwrap()).unwrap();
            let pairs = url.query_pairs().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join(" ")
        }
        None => reply.text().await.unwrap().trim().to_owned(),
    }
}

const WAREHOUSE: &str = "3MVG9demoHarbourLightWarehouse0002";

#[tokio::test]
async fn apps_that_are_not_let_in_are_told_why() {
    let running = start(Faults::none()).await;
    let (admin, sync, ampersand) = (
        "robin.alder@harbourlight.example.com",
        "warehouse.sync@harbourlight.example.com",
        "ampersand.integration@harbourlight.example.com",
    );
    let not_installed = "3MVG9demoVendorAppNotInstalled0004";
    for (app, user, said) in [
        (
            "3MVG9demoUnknown",
            admin,
            "error=invalid_client_id&error_description=client%20identifier%20invalid",
        ),
        (
            "3MVG9demoVendorEcaOfAnotherOrg0005",
            admin,
            "error=OAUTH_EC_APP_NOT_FOUND error_description=External client app is not installed \
             in this org",
        ),
        (
            not_installed,
            ampersand,
            "error=invalid_client error_description=app must be installed into org",
        ),
        (
            not_installed,
            "nobody@harbourlight.example.com",
            "error=access_denied error_description=end-user denied authorization",
        ),
        (
            WAREHOUSE,
            ampersand,
            "error=OAUTH_APP_ACCESS_DENIED error_description=user is not admin approved to access \
             this app",
        ),
    ] {
        assert_eq!(led_back(&running, app, user).await, said);
    }
    for (app, user) in [(not_installed, admin), (WAREHOUSE, sync)] {
        let said = led_back(&running, app, user).await;
        assert!(said.starts_with("code="), "{said}");
    }
}

#[tokio::test]
async fn faults_are_shown_at_their_calls() {
    let running = start(
        Faults::none()
            .once("versions", Fault::TooManyRequests(Some(7)))
            .once("versions", Fault::Unavailable(None))
            .once("versions", Fault::Html)
            .once("versions", Fault::ResetBefore)
            .once("versions", Fault::ResetAfter)
            .once("versions", Fault::HalfBody)
            .once("versions", Fault::SlowBody(20))
            .once("limits", Fault::RequestLimit),
    )
    .await;
    let versions = async || client().get(format!("{}/services/data", running.url())).send().await;
    let reply = versions().await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), reply.headers()["retry-after"].to_str().unwrap()),
        (429, "7")
    );
    assert_eq!(versions().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(versions().await.unwrap().text().await.unwrap().starts_with("<!DOCTYPE html>"));
    versions().await.unwrap_err();
    versions().await.unwrap_err();
    versions().await.unwrap().text().await.unwrap_err();
    let began = Instant::now();
    assert!(versions().await.unwrap().json::<Json>().await.unwrap().is_array());
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_eq!(get(&running, "/services/data/v67.0/limits").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(get(&running, "/services/data/v67.0/limits").await.status(), StatusCode::OK);
    running.fault(FaultRule {
        call: "*".to_owned(),
        fault: Fault::InvalidSession,
        after: 0,
        times: None,
    });
    assert_eq!(
        get(&running, "/services/data/v67.0/limits").await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(running.calls().len(), 10);
    // Only where the caller of `serve` allowed it.
    assert_eq!(
        client()
            .post(format!("{}/__faults", running.url()))
            .body("[]")
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_retrieves_zip_is_spoilt_as_told() {
    let running = start(
        Faults::none()
            .once("checkRetrieveStatus", Fault::BrokenBase64)
            .once("checkRetrieveStatus", Fault::BrokenZip)
            .once("checkRetrieveStatus", Fault::ZipSlip)
            .once("checkRetrieveStatus", Fault::ZipBomb)
            .once("checkRetrieveStatus", Fault::RetrieveFails),
    )
    .await;
    let fetch = async || {
        let id = element(&call(&running, &retrieve_body("request")).await, "id");
        // Each fault counts one look, so there is one look only.
        tokio::time::sleep(Duration::from_millis(40)).await;
        call(
            &running,
            &format!(
                "<checkRetrieveStatus xmlns=\"{NS}\"><asyncProcessId>{id}\
                                 </asyncProcessId></checkRetrieveStatus>"
            ),
        )
        .await
    };
    BASE64_STANDARD.decode(element(&fetch().await, "zipFile")).unwrap_err();
    for hostile in [false, true, true] {
        let zip = BASE64_STANDARD.decode(element(&fetch().await, "zipFile")).unwrap();
        assert_eq!(read_zip(&zip, &Limits::default()).unwrap_err().is_hostile(), hostile);
    }
    assert_eq!(element(&fetch().await, "status"), "Failed");
    assert_eq!(element(&fetch().await, "status"), "Succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_finds_the_demo_orgs_drift() {
    let running = start(Faults::none()).await;
    let (url, token) = (running.url(), running.token.clone());
    let out = tokio::task::spawn_blocking(move || {
        let mut arguments = vec![
            "diff".to_owned(),
            "--template".to_owned(),
            "ampersand".to_owned(),
            "--format".to_owned(),
            "json".to_owned(),
        ];
        for (name, value) in sfsetup::template::builtin::find("ampersand").unwrap().proposed() {
            arguments.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
        let env = Env::new();
        finished(
            env.command()
                .args(arguments)
                .env("SF_ACCESS_TOKEN", &token)
                .env("SF_ORG_INSTANCE_URL", &url)
                .output()
                .unwrap(),
        )
    })
    .await
    .unwrap();
    assert_eq!(out.code, 2, "{}", out.stderr);
    let report: Json = serde_json::from_str(&out.stdout).unwrap();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    let state = |path: &str| {
        findings
            .iter()
            .find(|finding| finding["path"] == path)
            .map(|finding| finding["state"].as_str().unwrap())
    };
    assert_eq!(state("oauthPolicy.refreshTokenPolicy"), Some("differs"));
    assert_eq!(state("oauthPolicy.ipRelaxation"), Some("differs"));
    assert_eq!(state("objectPermissions[Account].allowRead"), Some("in-sync"));
    assert_eq!(state("objectPermissions[Account].viewAllRecords"), Some("differs"));
    assert_eq!(state("userPermissions[ApiEnabled].enabled"), Some("in-sync"));
    running.stop().await;
}

#[tokio::test]
async fn objects_are_listed_with_what_their_ids_begin_with() {
    let running = start(Faults::none()).await;
    let list: Json = get(&running, "/services/data/v67.0/sobjects").await.json().await.unwrap();
    let rows = list["sobjects"].as_array().unwrap();
    for (name, prefix) in [("Account", "001"), ("PermissionSet", "0PS"), ("Invoice__c", "a01")] {
        let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(row["keyPrefix"], prefix, "{name}");
        let path = format!("/services/data/v67.0/sobjects/{name}/describe");
        let described: Json = get(&running, &path).await.json().await.unwrap();
        assert_eq!(described["keyPrefix"], prefix, "{name}");
        assert!(described["fields"].is_array() && row["fields"].is_null(), "{name}");
    }
    let user = "warehouse.sync@harbourlight.example.com";
    let token = running.store().token_of(user).unwrap();
    let list =
        client().get(format!("{}/services/data/v67.0/sobjects", running.url())).bearer_auth(token);
    let list: Json = list.send().await.unwrap().json().await.unwrap();
    let rows = list["sobjects"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["name"] != "Campaign"), "what is not read is not listed");
}

#[tokio::test]
async fn all_or_none_stands_in_the_header_of_a_call() {
    let running = start(Faults::none()).await;
    let body = format!(
        "<createMetadata xmlns=\"{NS}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <metadata xsi:type=\"PermissionSet\"><fullName>Good</fullName><label>A</label></metadata>\
         <metadata xsi:type=\"PermissionSet\"><fullName>Bad</fullName></metadata>\
         </createMetadata>"
    );
    let envelope = format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <soapenv:Header><SessionHeader xmlns=\"{NS}\"><sessionId>{}</sessionId></SessionHeader>\
         <AllOrNoneHeader xmlns=\"{NS}\"><allOrNone>true</allOrNone></AllOrNoneHeader>\
         </soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>",
        running.token
    );
    let sent = client().post(format!("{}/services/Soap/m/67.0", running.url())).body(envelope);
    let reply = sent.send().await.unwrap().text().await.unwrap();
    assert!(reply.contains("ALL_OR_NONE_OPERATION_ROLLED_BACK"), "{reply}");
    assert!(reply.contains("<createMetadataResponse><result>"), "{reply}");
    let reply = call(&running, &body).await;
    assert!(reply.contains("<fullName>Good</fullName><success>true</success>"), "{reply}");
}

#[tokio::test]
async fn sign_ins_are_remembered_and_who_is_frozen_has_none() {
    let running = start(Faults::none()).await;
    let refresh = crate::lab::refresh_token(&running).await;
    let renew = async || {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "PlatformCLI"),
            ("refresh_token", refresh.as_str()),
        ];
        let address = format!("{}/services/oauth2/token", running.url());
        client().post(address).form(&form).send().await.unwrap()
    };
    let renewed: Json = renew().await.json().await.unwrap();
    let token = renewed["access_token"].as_str().unwrap();
    let logins = query(
        &running,
        "SELECT Status, LoginSubType, Application, UserId FROM LoginHistory WHERE LoginType = \
         'Remote Access 2.0' ORDER BY LoginTime, Id",
    )
    .await;
    let seen: Vec<&str> = logins["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["LoginSubType"].as_str().unwrap())
        .collect();
    assert_eq!(seen, ["OauthWebServer", "OauthRefreshToken"]);
    assert_eq!(logins["records"][0]["Application"], "Salesforce CLI");
    let grouped = query(
        &running,
        "SELECT Application, Status, COUNT(Id) n FROM LoginHistory GROUP BY Application, Status",
    )
    .await;
    assert_eq!(grouped["records"][0]["n"], 2, "{grouped}");
    let refused = query(&running, "SELECT Id FROM LoginHistory WHERE Status = 'Success'").await;
    assert_eq!(refused[0]["errorCode"], "INVALID_FIELD", "{refused}");
    let approved = query(
        &running,
        "SELECT Id, UseCount, AppMenuItemId, DeleteToken FROM OauthToken WHERE AppName = \
         'Salesforce CLI'",
    )
    .await;
    assert_eq!(approved["records"][0]["UseCount"], 2);
    assert_eq!(approved["records"][0]["DeleteToken"], Json::Null);
    assert!(approved["records"][0]["AppMenuItemId"].is_string(), "it is installed");

    // A session is ended by its row.
    let sessions = query(
        &running,
        "SELECT Id, LoginHistoryId FROM AuthSession WHERE LoginSubType = 'OauthRefreshToken'",
    )
    .await;
    assert!(sessions["records"][0]["LoginHistoryId"].as_str().unwrap().starts_with("0Ya"));
    let limits = |token: &str| {
        client().get(format!("{}/services/data/v67.0/limits", running.url())).bearer_auth(token)
    };
    assert_eq!(limits(token).send().await.unwrap().status(), 200);
    let sobjects = format!("{}/services/data/v67.0/sobjects", running.url());
    let session = sessions["records"][0]["Id"].as_str().unwrap();
    let ended =
        client().delete(format!("{sobjects}/AuthSession/{session}")).bearer_auth(&running.token);
    assert_eq!(ended.send().await.unwrap().status(), 204);
    assert_eq!(limits(token).send().await.unwrap().status(), 401);

    // Who is frozen signs in no more, and it is told who did that.
    let user = logins["records"][0]["UserId"].as_str().unwrap();
    let rows =
        query(&running, &format!("SELECT Id, IsFrozen FROM UserLogin WHERE UserId = '{user}'"))
            .await;
    assert_eq!(rows["records"][0]["IsFrozen"], false);
    let row = rows["records"][0]["Id"].as_str().unwrap();
    let freeze = |body: &'static str| {
        client().patch(format!("{sobjects}/UserLogin/{row}")).bearer_auth(&running.token).body(body)
    };
    assert_eq!(freeze("{\"IsPasswordLocked\": true}").send().await.unwrap().status(), 400);
    assert_eq!(freeze("{\"IsFrozen\": true}").send().await.unwrap().status(), 204);
    let denied = renew().await;
    assert_eq!(denied.status(), 400);
    let last =
        query(&running, "SELECT Status FROM LoginHistory ORDER BY LoginTime DESC, Id DESC LIMIT 1")
            .await;
    assert_eq!(last["records"][0]["Status"], "User is frozen");
    assert_eq!(freeze("{\"IsFrozen\": false}").send().await.unwrap().status(), 204);
    assert_eq!(renew().await.status(), 200);
    let trail = query(
        &running,
        "SELECT Action, CreatedBy.Username FROM SetupAuditTrail WHERE Action LIKE '%frozeuser' \
         ORDER BY CreatedDate, Id",
    )
    .await;
    assert_eq!(trail["records"][0]["Action"], "frozeuser", "{trail}");
    assert_eq!(trail["records"][1]["Action"], "unfrozeuser", "{trail}");
    for wrong in [
        "SELECT Id FROM SetupAuditTrail WHERE Section = 'Manage Users'",
        "SELECT COUNT(Id) FROM SetupAuditTrail",
    ] {
        let refused = query(&running, wrong).await;
        assert!(refused[0]["errorCode"].is_string(), "{wrong}: {refused}");
    }
    assert_eq!(query(&running, "SELECT COUNT() FROM SetupAuditTrail").await["totalSize"], 2);
}

#[tokio::test]
async fn who_may_not_read_what_the_org_remembers_sees_nothing_of_it() {
    let running = start(Faults::none()).await;
    crate::lab::refresh_token(&running).await;
    let token = running.store().token_of("warehouse.sync@harbourlight.example.com").unwrap();
    let ask = async |soql: &str| {
        let address = format!("{}/services/data/v67.0/query", running.url());
        let sent = client().get(address).query(&[("q", soql)]).bearer_auth(&token);
        sent.send().await.unwrap().json::<Json>().await.unwrap()
    };
    // Only their own rows, without a word.
    assert_eq!(ask("SELECT COUNT() FROM LoginHistory").await["totalSize"], 0);
    for object in ["SetupAuditTrail", "UserLogin", "AuthSession"] {
        let refused = ask(&format!("SELECT Id FROM {object}")).await;
        assert_eq!(refused[0]["errorCode"], "INVALID_TYPE", "{object}");
    }
    // Nor by any other way.
    let get = async |path: &str| {
        let address = format!("{}/services/data/v67.0/sobjects/{path}", running.url());
        client().get(address).bearer_auth(&token).send().await.unwrap().status()
    };
    let known = async |object: &str| {
        let rows = query(&running, &format!("SELECT Id FROM {object} LIMIT 1")).await;
        rows["records"][0]["Id"].as_str().unwrap_or_else(|| panic!("{rows}")).to_owned()
    };
    for object in ["LoginHistory", "UserLogin", "AuthSession"] {
        let id = known(object).await;
        assert_eq!(get(&format!("{object}/{id}")).await, StatusCode::NOT_FOUND, "{object}");
    }
    assert_eq!(get("AuthSession/describe").await, StatusCode::NOT_FOUND);
    assert_eq!(get("LoginHistory/describe").await, StatusCode::OK);
    let assigned = query(&running, "SELECT Id FROM SetupAuditTrail WHERE Action = 'x'").await;
    assert_eq!(assigned["totalSize"], 0);
}

#[tokio::test]
async fn what_is_deployed_and_assigned_is_on_the_audit_trail() {
    let running = start(Faults::none()).await;
    let ids = query(&running, "SELECT Id FROM User WHERE Username LIKE 'sam%'").await;
    let sets = query(&running, "SELECT Id FROM PermissionSet WHERE Name = 'Report_Builder'").await;
    let body = serde_json::json!({
        "AssigneeId": ids["records"][0]["Id"], "PermissionSetId": sets["records"][0]["Id"],
    });
    let address = format!("{}/services/data/v67.0/sobjects/PermissionSetAssignment", running.url());
    let made = client().post(&address).bearer_auth(&running.token).json(&body);
    let made: Json = made.send().await.unwrap().json().await.unwrap();
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{made}"));
    let gone = client().delete(format!("{address}/{id}")).bearer_auth(&running.token);
    assert_eq!(gone.send().await.unwrap().status(), 204);
    let body = format!(
        "<deleteMetadata xmlns=\"{NS}\"><type>PermissionSet</type><fullNames>Ampersand_Access\
         </fullNames></deleteMetadata>"
    );
    call(&running, &body).await;
    let trail = query(&running, "SELECT Action, Display FROM SetupAuditTrail ORDER BY Id").await;
    let actions: Vec<&str> = trail["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["Action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["PermSetAssign", "PermSetUnassign", "PermSetDelete"], "{trail}");
    let shown = trail["records"][0]["Display"].as_str().unwrap();
    assert_eq!(shown, "Report Builder: Sam Pereira", "{trail}");
}

#[tokio::test]
async fn several_rows_are_made_at_once_all_or_none() {
    let running = start(Faults::none()).await;
    let users = query(&running, "SELECT Id FROM User WHERE Username LIKE 'sam%'").await;
    let sets = query(&running, "SELECT Id FROM PermissionSet WHERE Name = 'Report_Builder'").await;
    let record = |set: &Json| {
        json!({ "attributes": { "type": "PermissionSetAssignment" },
            "AssigneeId": users["records"][0]["Id"], "PermissionSetId": set })
    };
    let post = async |all: bool, records: Vec<Json>| {
        let address = format!("{}/services/data/v67.0/composite/sobjects", running.url());
        let body = json!({ "allOrNone": all, "records": records });
        let reply = client().post(&address).bearer_auth(&running.token).json(&body).send().await;
        let results: Json = reply.unwrap().json().await.unwrap();
        let codes = results.as_array().unwrap().iter();
        codes
            .map(|one| one["errors"][0]["statusCode"].as_str().unwrap_or("made").to_owned())
            .collect::<Vec<_>>()
    };
    let (good, bad) = (sets["records"][0]["Id"].clone(), json!("0PS000000000000"));
    let codes = post(true, vec![record(&good), record(&bad)]).await;
    assert_eq!(codes[0], "ALL_OR_NONE_OPERATION_ROLLED_BACK", "{codes:?}");
    let codes = post(false, vec![record(&bad), record(&good)]).await;
    assert!(codes[0] != "made" && codes[1] == "made", "{codes:?}");
}

#[tokio::test]
async fn a_permission_set_is_made_and_deleted_by_rest() {
    let running = start(Faults::none()).await;
    let address = format!("{}/services/data/v67.0/sobjects/PermissionSet", running.url());
    let post = async |body: Json| {
        let reply =
            client().post(&address).bearer_auth(&running.token).json(&body).send().await.unwrap();
        (reply.status().as_u16(), reply.json::<Json>().await.unwrap())
    };
    let set = json!({ "Name": "Acme", "Label": "Acme", "PermissionsApiEnabled": true });
    let (status, made) = post(set.clone()).await;
    assert_eq!(status, 201, "{made}");
    let found =
        query(&running, "SELECT Id, PermissionsApiEnabled FROM PermissionSet WHERE Name = 'Acme'");
    assert_eq!(found.await["records"][0]["Id"], made["id"]);
    let (_, again) = post(set).await;
    assert_eq!(again[0]["errorCode"], "DUPLICATE_DEVELOPER_NAME");
    let lacking = json!({ "Name": "B", "Label": "B", "PermissionsExportReport": true });
    let (status, refused) = post(lacking).await;
    let words = refused[0]["message"].as_str().unwrap();
    assert!(status == 400 && words.contains("depends on permission(s): RunReports"), "{refused}");
    let (_, refused) = post(json!({ "Name": "B", "Label": "B", "Fly": true })).await;
    assert_eq!(refused[0]["errorCode"], "INVALID_FIELD");
    let delete = async |id: &str| {
        let request = client().delete(format!("{address}/{id}")).bearer_auth(&running.token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(delete("Acme").await, 404);
    assert_eq!(delete(made["id"].as_str().unwrap()).await, 204);
    assert_eq!(delete(made["id"].as_str().unwrap()).await, 404);
}
