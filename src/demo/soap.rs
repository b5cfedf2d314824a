//! The SOAP Metadata API: envelopes in and out (S 6.1, 6.2).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::metadata::archive::write_zip;

use super::crud;
use super::deploy::direct::Writer;
use super::deploy::{NEWEST, OLDEST};
use super::faults::Fault;
use super::id::unknown;
use super::job::{DeployJob, DeployOptions, FileProperties, Message, RetrieveJob, RetrieveRequest};
use super::refusal::{Refusal, refuse};
use super::rest;
use super::retrieve::{NEEDS_VIEW_SETUP, is_shown};
use super::schema;
use super::state::{State, string, timestamp};
use super::tree::{NAMESPACE, Node};
use super::wire::{Reply, Request, XML};

const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
                    xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                    xmlns=\"http://soap.sforce.com/2006/04/metadata\" \
                    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>";
const CLOSE: &str = "</soapenv:Body></soapenv:Envelope>";

/// The name of the call in an envelope.
pub(crate) fn call_name(body: &[u8]) -> String {
    envelope(body)
        .ok()
        .and_then(|envelope| Some(envelope.child("Body")?.children.first()?.name.clone()))
        .unwrap_or_else(|| "soap".to_owned())
}

fn envelope(body: &[u8]) -> Result<Node, Refusal> {
    let text = std::str::from_utf8(body)
        .map_err(|_| refuse("XML_PARSER_ERROR", "the request is not UTF-8"))?;
    let node = Node::parse(text).map_err(|error| {
        refuse(
            "XML_PARSER_ERROR",
            format!("{} at line {}, column {}", error.message, error.line, error.column),
        )
    })?;
    if node.name == "Envelope" {
        Ok(node)
    } else {
        Err(refuse("XML_PARSER_ERROR", "the request is no SOAP envelope"))
    }
}

/// Answers a SOAP call.
pub(crate) fn answer(
    state: &mut State,
    request: &Request,
    version: &str,
    now: u64,
    fault_wanted: Option<&Fault>,
) -> Reply {
    match dispatch(state, request, version, now, fault_wanted) {
        Ok(body) => {
            Reply { status: 200, content_type: XML, headers: Vec::new(), body: body.into_bytes() }
        }
        Err(refusal) => Reply::soap_fault(&refusal),
    }
}

fn dispatch(
    state: &mut State,
    request: &Request,
    version: &str,
    now: u64,
    fault: Option<&Fault>,
) -> Result<String, Refusal> {
    let number = version.strip_suffix(".0").and_then(|version| version.parse().ok());
    let Some(number) = number.filter(|version| (OLDEST..=NEWEST).contains(version)) else {
        return Err(refuse(
            "UNSUPPORTED_API_VERSION",
            format!("Invalid Api version specified on URL: {version}"),
        ));
    };
    if request.method != "POST" {
        return Err(refuse("XML_PARSER_ERROR", "Only POST allowed for SOAP"));
    }
    let envelope = envelope(&request.body)?;
    let token = envelope
        .child("Header")
        .and_then(|header| header.child("SessionHeader"))
        .and_then(|header| header.get("sessionId"))
        .unwrap_or_default();
    let user = authorize(state, token)?;
    let call = envelope
        .child("Body")
        .and_then(|body| body.children.first())
        .ok_or_else(|| refuse("XML_PARSER_ERROR", "the SOAP body is empty"))?;
    let all_or_none = envelope
        .child("Header")
        .and_then(|header| header.child("AllOrNoneHeader"))
        .is_some_and(|header| header.flag("allOrNone"));
    let writer = Writer { user: &user, now, version: number };
    let result = match crud::answer(state, call, writer, all_or_none) {
        Some(result) => result?,
        None => run(state, call, number, &user, now, fault)?,
    };
    Ok(format!("{OPEN}<{0}Response>{result}</{0}Response>{CLOSE}", call.name))
}

/// Who calls, if he may use the Metadata API (S 1.4, 6.1).
fn authorize(state: &State, token: &str) -> Result<String, Refusal> {
    if token.starts_with("eyJ") {
        return Err(refuse(
            "INVALID_SESSION_ID",
            "SOAP API does not support JWT-based access tokens. You must disable the \"Issue JSON \
             Web Token (JWT)-based access tokens\" setting in your Connected App or External \
             Client App",
        ));
    }
    let Some(user) = state.org.sessions.get(token) else {
        return Err(refuse(
            "INVALID_SESSION_ID",
            "Invalid Session ID found in SessionHeader: Illegal Session",
        ));
    };
    if !state.org.is_permitted(user, "ApiEnabled") {
        return Err(refuse("API_CURRENTLY_DISABLED", "API is disabled for this user"));
    }
    if !["ModifyMetadata", "ModifyAllData"]
        .iter()
        .any(|permission| state.org.is_permitted(user, permission))
    {
        return Err(refuse(
            "INSUFFICIENT_ACCESS",
            "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata \
             permissions",
        ));
    }
    Ok(user.clone())
}

fn run(
    state: &mut State,
    call: &Node,
    version: u16,
    user: &str,
    now: u64,
    fault: Option<&Fault>,
) -> Result<String, Refusal> {
    // `id` as jsforce sends it, `String` as the WSDL has it, `asyncProcessId` as others do.
    let id = || {
        ["asyncProcessId", "id", "String", "validationId", "argument"]
            .iter()
            .find_map(|name| call.get(name))
            .ok_or_else(unknown)
    };
    let sees_setup = state.org.is_permitted(user, "ViewSetup");
    match call.name.as_str() {
        "describeMetadata" => Ok(describe(as_of(call, version))),
        "listMetadata" => {
            let queries: Vec<&Node> = call.all("queries").collect();
            if queries.is_empty() || queries.len() > 3 {
                return Err(refuse("LIMIT_EXCEEDED", "listMetadata takes one to three queries"));
            }
            let mut out = String::new();
            for query in queries {
                let type_name = query.get("type").unwrap_or_default();
                let rows = state.org.list(type_name, as_of(call, version))?;
                for row in rows.into_iter().filter(|_| is_shown(type_name, sees_setup)) {
                    out.push_str(&properties("result", &row, state));
                }
            }
            Ok(out)
        }
        "readMetadata" => read(state, call, version, sees_setup),
        "retrieve" => {
            let request = ["request", "retrieveRequest", "RetrieveRequest"]
                .iter()
                .find_map(|name| call.child(name));
            let request = request
                .ok_or_else(|| refuse("XML_PARSER_ERROR", "the retrieve request is missing"))?;
            let request =
                RetrieveRequest { sees_parts: sees_setup, ..retrieve_request(request, version)? };
            let id = state.start_retrieve(request, now);
            if let (Some(fault), Some(job)) = (fault, state.retrieves.get_mut(&id)) {
                fault.spoil_start(job);
            }
            Ok(started(&id))
        }
        "checkRetrieveStatus" => {
            let wants_zip = call.child("includeZip").is_none_or(|wants| wants.value() != "false");
            retrieve_status(state, id()?, wants_zip, now, fault)
        }
        "deploy" => {
            let zip = call.get("ZipFile").unwrap_or_default();
            let zip: String = zip.split_whitespace().collect();
            let zip = BASE64_STANDARD
                .decode(zip)
                .map_err(|_| refuse("INVALID_TYPE", "ZipFile is not base64"))?;
            let options = match call.child("DeployOptions") {
                Some(node) => deploy_options(node)?,
                None => DeployOptions::default(),
            };
            let id = state.start_deploy(&zip, options, user, now);
            if fault == Some(&Fault::Stuck) {
                state.hold_deploy(&id);
            }
            Ok(started(&id))
        }
        // Gone from the WSDL, and still what jsforce and cumulusci ask while a retrieve runs.
        "checkStatus" => {
            let mut out = String::new();
            for id in call.texts("asyncProcessId") {
                let done = match (state.retrieve(id), state.deploy(id)) {
                    (Ok((_, job)), _) => job.outcome.is_some(),
                    (Err(_), job) => job?.outcome.is_some(),
                };
                let word = if done { "Completed" } else { "InProgress" };
                out.push_str(&format_status(id, done, word));
            }
            Ok(out)
        }
        "checkDeployStatus" => {
            let job = state.deploy(id()?)?;
            let details = call.flag("includeDetails");
            Ok(deploy_result(state, job, details, now, fault))
        }
        "cancelDeploy" => {
            let id = id()?.to_owned();
            let done = state.cancel_deploy(&id, now)?;
            Ok(format!("<result><done>{done}</done><id>{id}</id></result>"))
        }
        "deployRecentValidation" => {
            let id = state.quick_deploy(id()?, user, now)?;
            Ok(format!("<result>{id}</result>"))
        }
        other => {
            Err(refuse("INVALID_OPERATION", format!("the demo org does not know the call {other}")))
        }
    }
}

fn started(id: &str) -> String {
    format_status(id, false, "Queued")
}

fn format_status(id: &str, done: bool, word: &str) -> String {
    format!("<result><done>{done}</done><id>{id}</id><state>{word}</state></result>")
}

/// The version that a call asks after, or its own.
fn as_of(call: &Node, version: u16) -> u16 {
    call.get("asOfVersion")
        .and_then(|text| text.strip_suffix(".0").unwrap_or(text).parse().ok())
        .unwrap_or(version)
}

fn describe(version: u16) -> String {
    let mut out = String::from("<result>");
    for row in schema::TYPES.iter().filter(|row| row.since <= version) {
        out.push_str("<metadataObjects>");
        if row.name == "CustomObject" {
            for child in ["CustomField", "RecordType"] {
                out.push_str(&Node::text("childXmlNames", child).to_line());
            }
        }
        for (name, value) in [
            ("directoryName", row.folder),
            ("inFolder", "false"),
            ("metaFile", if row.name == "ApexClass" { "true" } else { "false" }),
            ("suffix", row.suffix),
            ("xmlName", row.name),
        ] {
            out.push_str(&Node::text(name, value).to_line());
        }
        out.push_str("</metadataObjects>");
    }
    out.push_str(
        "<organizationNamespace></organizationNamespace><partialSaveAllowed>true\
                  </partialSaveAllowed><testRequired>false</testRequired></result>",
    );
    out
}

fn properties(tag: &str, row: &FileProperties, state: &State) -> String {
    let name =
        |id: &str| state.org.user(id).map_or(String::new(), |user| string(user, "Name").to_owned());
    let admin = &state.org.catalog.admin;
    let namespace = state.org.namespace(&row.type_name, &row.full_name);
    let manageable = if namespace.is_some() { "installed" } else { "unmanaged" };
    Node::group(
        tag,
        [
            Node::text("createdById", admin),
            Node::text("createdByName", name(admin)),
            Node::text("createdDate", timestamp(row.created, "Z")),
            Node::text("fileName", &row.file_name),
            Node::text("fullName", &row.full_name),
            Node::text("id", &row.id),
            Node::text("lastModifiedById", &row.modified_by),
            Node::text("lastModifiedByName", name(&row.modified_by)),
            Node::text("lastModifiedDate", timestamp(row.modified, "Z")),
            Node::text("manageableState", manageable),
        ]
        .into_iter()
        .chain(namespace.map(|namespace| Node::text("namespacePrefix", namespace)))
        .chain([Node::text("type", &row.type_name)])
        .collect(),
    )
    .to_line()
}

fn read(state: &State, call: &Node, version: u16, sees_setup: bool) -> Result<String, Refusal> {
    let type_name = call.get("type").or(call.get("metadataType")).unwrap_or_default();
    let names: Vec<String> = call.texts("fullNames").map(str::to_owned).collect();
    let mut out = String::from("<result>");
    for record in state.org.read(type_name, &names, version)? {
        match record.filter(|_| is_shown(type_name, sees_setup)) {
            Some((name, mut node)) => {
                if type_name == "Profile" && !sees_setup {
                    node.children.retain(|part| !NEEDS_VIEW_SETUP.contains(&part.name.as_str()));
                }
                out.push_str(&format_record(type_name, &name, &node));
            }
            None => out.push_str("<records xsi:nil=\"true\"/>"),
        }
    }
    out.push_str("</result>");
    Ok(out)
}

fn format_record(type_name: &str, name: &str, node: &Node) -> String {
    let children: String = node.children.iter().map(Node::to_line).collect();
    format!(
        "<records xsi:type=\"{type_name}\">{}{children}</records>",
        Node::text("fullName", name).to_line()
    )
}

fn retrieve_request(node: &Node, call_version: u16) -> Result<RetrieveRequest, Refusal> {
    let unpackaged = node.child("unpackaged");
    let number = |text: Option<&str>| {
        text.and_then(|text| text.strip_suffix(".0").unwrap_or(text).parse().ok())
    };
    // The manifest's version overrides the call's (S 6.2).
    let version = number(unpackaged.and_then(|package| package.get("version")))
        .or_else(|| number(node.get("apiVersion")))
        .unwrap_or(call_version);
    if !(OLDEST..=NEWEST).contains(&version) {
        return Err(refuse("UNSUPPORTED_API_VERSION", format!("Invalid Api version: {version}.0")));
    }
    if node.texts("packageNames").next().is_some() {
        return Err(refuse("INVALID_CROSS_REFERENCE_KEY", "No package named as requested found"));
    }
    let types = unpackaged
        .map(|package| {
            package
                .all("types")
                .map(|types| {
                    (
                        types.get("name").unwrap_or_default().to_owned(),
                        types.texts("members").map(str::to_owned).collect(),
                    )
                })
                .collect()
        })
        .unwrap_or_default();
    let single_package = node.flag("singlePackage");
    Ok(RetrieveRequest { types, version, single_package, sees_parts: true })
}

fn retrieve_status(
    state: &mut State,
    id: &str,
    wants_zip: bool,
    now: u64,
    fault: Option<&Fault>,
) -> Result<String, Refusal> {
    let (id, job) = state.retrieve(id)?;
    let id = id.to_owned();
    if job.fetched {
        // The zip is deleted once it was fetched (S 6.2); the text is the demo org's own.
        return Err(refuse(
            "INVALID_CROSS_REFERENCE_KEY",
            "the results of this retrieve were fetched and deleted",
        ));
    }
    let result = retrieve_result(state, &id, job, wants_zip, now, fault);
    let done = job.outcome.is_some();
    if let Some(job) = state.retrieves.get_mut(&id) {
        job.fetched = done && wants_zip;
        if job.fetched {
            job.outcome = None;
            job.ready = u64::MAX;
        }
    }
    Ok(result)
}

fn retrieve_result(
    state: &State,
    id: &str,
    job: &RetrieveJob,
    wants_zip: bool,
    now: u64,
    fault: Option<&Fault>,
) -> String {
    let Some(outcome) = &job.outcome else {
        let status = match fault {
            Some(Fault::UnknownStatus) => "Reticulating",
            _ if job.ready == u64::MAX || now < job.started + (job.ready - job.started) / 4 => {
                "Pending"
            }
            _ => "InProgress",
        };
        return format!(
            "<result><done>false</done><id>{id}</id><status>{status}</status><success>false\
             </success><zipFile xsi:nil=\"true\"/></result>"
        );
    };
    let failed =
        refuse("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1234567890-123 (42)");
    let error = match fault {
        Some(Fault::RetrieveFails) => Some(&failed),
        _ => outcome.error.as_ref(),
    };
    let mut out = String::from("<result><done>true</done>");
    if let Some(error) = error {
        out.push_str(
            &Node::text("errorMessage", format!("{}: {}", error.code, error.message)).to_line(),
        );
        out.push_str(&Node::text("errorStatusCode", error.code).to_line());
    } else {
        for row in &outcome.properties {
            out.push_str(&properties("fileProperties", row, state));
        }
    }
    out.push_str(&Node::text("id", id).to_line());
    for (file, problem) in &outcome.messages {
        out.push_str(
            &Node::group(
                "messages",
                vec![Node::text("fileName", file), Node::text("problem", problem)],
            )
            .to_line(),
        );
    }
    let status = match (error, fault) {
        (_, Some(Fault::UnknownStatus)) => "Reticulated",
        (Some(_), _) => "Failed",
        (None, _) => "Succeeded",
    };
    out.push_str(&Node::text("status", status).to_line());
    out.push_str(&Node::text("success", error.is_none().to_string()).to_line());
    if error.is_some() || !wants_zip {
        out.push_str("<zipFile xsi:nil=\"true\"/>");
    } else {
        // The names are the demo org's own, so that packing cannot fail.
        let zip = write_zip(&outcome.files).unwrap_or_default();
        let zip = fault.and_then(|fault| fault.spoil_zip(&zip)).unwrap_or(zip);
        let mut text = BASE64_STANDARD.encode(zip);
        if fault == Some(&Fault::BrokenBase64) {
            text.insert_str(text.len() / 2, "#broken#");
        }
        out.push_str("<zipFile>");
        out.push_str(&text);
        out.push_str("</zipFile>");
    }
    out.push_str("</result>");
    out
}

/// The options of a deploy; what is no option is refused by its name.
fn deploy_options(node: &Node) -> Result<DeployOptions, Refusal> {
    let broken = |message: String| refuse("XML_PARSER_ERROR", message);
    let names = node.children.iter().map(|child| child.name.as_str());
    if let Some(name) = DeployOptions::unknown(names) {
        return Err(broken(format!(
            "Element {{{NAMESPACE}}}{name} invalid at this location in type DeployOptions"
        )));
    }
    let flag = |name: &str| {
        let Some(child) = node.child(name) else { return Ok(false) };
        // A client that works writes `True`.
        match child.value().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(broken(format!(
                "'{}' is not a valid value for the type xsd:boolean",
                child.value()
            ))),
        }
    };
    let options = DeployOptions {
        allow_missing_files: flag("allowMissingFiles")?,
        auto_update_package: flag("autoUpdatePackage")?,
        check_only: flag("checkOnly")?,
        ignore_warnings: flag("ignoreWarnings")?,
        purge_on_delete: flag("purgeOnDelete")?,
        rollback_on_error: flag("rollbackOnError")?,
        run_tests: node.texts("runTests").map(str::to_owned).collect(),
        single_package: flag("singlePackage")?,
        test_level: node.child("testLevel").map(|level| level.value().to_owned()),
    };
    match options.wrong_level() {
        Some(wrong) => Err(broken(wrong)),
        None => Ok(options),
    }
}

fn deploy_result(
    state: &State,
    job: &DeployJob,
    details: bool,
    now: u64,
    fault: Option<&Fault>,
) -> String {
    let mut result = rest::deploy_result(&state.org, job, details, now);
    if fault == Some(&Fault::UnknownStatus) {
        result["status"] = "Reticulating".into();
    }
    let mut out = String::from("<result>");
    if let Some(fields) = result.as_object() {
        for (name, value) in fields {
            if name == "details" {
                out.push_str(&deploy_details(job, details));
            } else if !value.is_null() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                out.push_str(&Node::text(name, text).to_line());
            }
        }
    }
    out.push_str("</result>");
    out
}

fn deploy_details(job: &DeployJob, details: bool) -> String {
    let Some(outcome) = job.outcome.as_ref().filter(|_| details) else {
        return "<details/>".to_owned();
    };
    let mut out = String::from("<details>");
    for (tag, messages) in
        [("componentFailures", &outcome.failures), ("componentSuccesses", &outcome.successes)]
    {
        for message in messages {
            out.push_str(&deploy_message(tag, message));
        }
    }
    out.push_str(
        "<runTestResult><numFailures>0</numFailures><numTestsRun>0</numTestsRun><totalTime>0.0\
         </totalTime></runTestResult></details>",
    );
    out
}

fn deploy_message(tag: &str, message: &Message) -> String {
    let mut children = vec![Node::text("changed", message.changed.to_string())];
    let mut optional = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            children.push(Node::text(name, value));
        }
    };
    optional("columnNumber", message.column.map(|column| column.to_string()));
    optional("componentType", Some(message.component_type.clone()));
    optional("created", Some(message.created.to_string()));
    optional("createdDate", Some(timestamp(message.date, "Z")));
    optional("deleted", Some(message.deleted.to_string()));
    optional("fileName", Some(message.file_name.clone()));
    optional("fullName", Some(message.full_name.clone()));
    optional("id", message.id.clone());
    optional("lineNumber", message.line.map(|line| line.to_string()));
    optional("problem", message.problem.clone());
    optional("problemType", message.problem_type.clone());
    optional("success", Some(message.success.to_string()));
    Node::group(tag, children).to_line()
}
