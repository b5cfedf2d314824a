//! Named credentials and external credentials.

use super::*;
use crate::demo::job::RetrieveRequest;

const EXTERNAL: &str = "<authenticationProtocol>Custom</authenticationProtocol>\
                        <externalCredentialParameters><parameterGroup>Beacon</parameterGroup>\
                        <parameterName>Beacon</parameterName><parameterType>NamedPrincipal\
                        </parameterType></externalCredentialParameters><label>Acme</label>";

fn external(content: &str) -> (&'static str, String) {
    let content = format!("<ExternalCredential {NS}>{content}</ExternalCredential>");
    ("externalCredentials/Acme.externalCredential", content)
}

fn named(content: &str) -> (&'static str, String) {
    let content = format!("<NamedCredential {NS}><label>Acme</label>{content}</NamedCredential>");
    ("namedCredentials/Acme_API.namedCredential", content)
}

fn parameter(of_type: &str, element: &str, value: &str) -> String {
    let own = Node::text(element, value).to_line();
    format!(
        "<namedCredentialParameters>{own}<parameterName>{of_type}</parameterName><parameterType>\
         {of_type}</parameterType></namedCredentialParameters>"
    )
}

fn secured(external: &str) -> String {
    parameter("Authentication", "externalCredential", external)
        + &parameter("Url", "parameterValue", "https://api.acme.example.com")
        + "<namedCredentialType>SecuredEndpoint</namedCredentialType>"
}

fn deploy_files(state: &mut State, version: &str, files: &[(&str, String)]) -> Outcome {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &text[..])).collect();
    let star: &[&str] = &["*"];
    let types: Vec<(&str, &[&str])> = ["ExternalCredential", "NamedCredential", "PermissionSet"]
        .into_iter()
        .filter(|name| {
            files.iter().any(|(path, _)| path.to_lowercase().contains(&name.to_lowercase()))
        })
        .map(|name| (name, star))
        .collect();
    deploy(state, &zip_at(version, &types, &files))
}

fn refused_named(content: &str) -> Vec<String> {
    let (path, content) = named(content);
    refused("NamedCredential", "Acme_API", path, &content)
}

#[test]
fn a_credential_goes_in_with_what_it_refers_to_and_opens_to_a_set() {
    let mut state = state();
    let set = |principal: &str| {
        let access = format!(
            "<externalCredentialPrincipalAccesses><enabled>true</enabled>\
             <externalCredentialPrincipal>{principal}</externalCredentialPrincipal>\
             </externalCredentialPrincipalAccesses>"
        );
        let content = format!("<PermissionSet {NS}>{access}<label>Acme</label></PermissionSet>");
        ("permissionsets/Acme.permissionset", content)
    };
    // The named one stands first in the zip; what it refers to is taken first all the same.
    let files = [external(EXTERNAL), named(&secured("Acme")), set("Acme-Beacon")];
    let outcome = deploy_files(&mut state, "67.0", &files);
    assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
    let listed = state.org.list("NamedCredential", 67).unwrap();
    assert_eq!(listed[0].full_name, "Acme_API");
    let again = deploy_files(&mut state, "67.0", &files);
    let changed: Vec<_> =
        again.successes.iter().filter(|line| line.changed).map(|line| &line.full_name).collect();
    assert_eq!(changed, ["package.xml"]);
    assert_eq!(
        problems(&deploy_files(&mut state, "67.0", &[set("Acme-Other")])),
        ["In field: externalCredentialPrincipal - no ExternalCredentialParameter named \
             Acme-Other found"]
    );
}

#[test]
fn what_is_referred_to_must_be_there() {
    assert_eq!(
        refused_named(&secured("Nobody")),
        ["In field: externalCredential - no ExternalCredential named Nobody found"]
    );
    assert_eq!(
        refused_named("<authProvider>Nobody</authProvider>"),
        ["In field: authProvider - no AuthProvider named Nobody found"]
    );
    assert_eq!(
        refused_named("<namedCredentialType>PrivateEndpoint</namedCredentialType>"),
        ["Required field is missing: outboundNetworkConnection"]
    );
    assert_eq!(
        refused_named("<endpoint>api.acme.example.com</endpoint>"),
        ["Invalid value for field endpoint: api.acme.example.com"]
    );
    assert_eq!(
        refused_named("<protocol>Kerberos</protocol>"),
        ["Error parsing file: 'Kerberos' is not a valid value for the enum \
          'AuthenticationProtocol'"]
    );
}

#[test]
fn secrets_are_taken_and_not_given_back() {
    let mut state = state();
    let legacy = "<endpoint>https://api.acme.example.com</endpoint><password>hush</password>\
                  <principalType>NamedUser</principalType><protocol>Password</protocol>\
                  <username>acme</username>";
    let outcome = deploy_files(&mut state, "55.0", &[named(legacy)]);
    assert_eq!(problems(&outcome), Vec::<&str>::new());
    let stored = state.org.component("NamedCredential", "Acme_API").unwrap();
    assert_eq!((stored.get("username"), stored.get("password")), (Some("acme"), None));
}

#[test]
fn types_and_elements_have_their_versions() {
    let mut state = state();
    let outcome = deploy_files(&mut state, "55.0", &[named(&secured("Acme"))]);
    assert!(problems(&outcome)[0].contains("namedCredentialParameters invalid at this location"));
    assert_eq!(state.org.list("ExternalCredential", 55).unwrap_err().code, "INVALID_TYPE");
    assert!(state.org.list("NamedCredential", 33).is_ok());
    assert_eq!(state.org.list("NamedCredential", 32).unwrap_err().code, "INVALID_TYPE");
}

#[test]
fn an_external_credential_in_use_stays() {
    let mut state = state();
    deploy_files(&mut state, "67.0", &[external(EXTERNAL), named(&secured("Acme"))]);
    let mut files = BTreeMap::new();
    let package = format!("<Package {NS}><version>67.0</version></Package>");
    files.insert("package.xml".to_owned(), package.into_bytes());
    let gone = format!(
        "<Package {NS}><types><members>Acme</members><name>ExternalCredential</name></types>\
         </Package>"
    );
    files.insert("destructiveChanges.xml".to_owned(), gone.into_bytes());
    let outcome = deploy(&mut state, &write_zip(&files).unwrap());
    assert_eq!(
        problems(&outcome),
        ["This external credential is referenced elsewhere: Named Credential - Acme_API"]
    );
}

#[test]
fn only_who_views_the_set_up_gets_at_a_named_credential() {
    let mut state = state();
    deploy_files(&mut state, "67.0", &[external(EXTERNAL), named(&secured("Acme"))]);
    for sees_parts in [true, false] {
        let types = vec![("NamedCredential".to_owned(), vec!["Acme_API".to_owned()])];
        let request = RetrieveRequest { types, version: 67, single_package: true, sees_parts };
        let id = state.start_retrieve(request, 0);
        state.finish_retrieves(1000);
        let out = state.retrieves[&id].outcome.clone().unwrap();
        assert_eq!(out.files.contains_key("namedCredentials/Acme_API.namedCredential"), sees_parts);
        assert_eq!(out.messages.is_empty(), sees_parts);
    }
}
