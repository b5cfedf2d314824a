//! A make-believe org of a few lines, which can be told to fail; the demo org is the one that
//! behaves.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const TOKEN: &str = "00D5g00000AbCdE!PLANTEDsecret.TOKEN_1";
pub(crate) const ORG_ID: &str = "00D5g00000AbCdEEAV";
/// A fault that says nothing.
pub(crate) const UNKNOWN_EXCEPTION: &str = "<?xml version=\"1.0\"?><soapenv:Envelope \
     xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
     xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body><soapenv:Fault>\
     <faultcode>sf:UNKNOWN_EXCEPTION</faultcode><faultstring>UNKNOWN_EXCEPTION: An unexpected \
     error occurred.</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>";

/// What to answer in place of the right answer.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Status, further header lines, body.
    Reply(u16, &'static str, &'static str),
    /// These bytes as the body.
    Body(Vec<u8>),
    /// Close the connection without a word.
    Reset,
    /// Half of the right answer, then close.
    Half,
    /// Never answer.
    Silence,
    /// The right answer, a byte at a time.
    Drip,
}

#[derive(Default)]
pub(crate) struct State {
    /// Components: type, name, path in the zip, XML.
    pub(crate) files: Vec<(String, String, String, String)>,
    /// Members that are listed and asked for, and of which the org neither sends anything nor says
    /// a word.
    pub(crate) silent: Vec<&'static str>,
    /// Members that make a retrieve fail.
    pub(crate) bad: Vec<String>,
    /// More members than this are too many.
    pub(crate) most: Option<usize>,
    /// Answers to queries, by a part of the SOQL.
    pub(crate) rows: Vec<(&'static str, Json)>,
    /// Errors of queries, by a part of the SOQL.
    pub(crate) refused: Vec<(&'static str, &'static str)>,
    /// Listed names by type.
    pub(crate) listed: BTreeMap<&'static str, Vec<&'static str>>,
    /// Faults: a part of the request, how often still, what.
    pub(crate) faults: Vec<(&'static str, usize, Fault)>,
    /// The zip to send instead.
    pub(crate) zip: Option<Vec<u8>>,
    /// The text to send as a zip.
    pub(crate) zip_text: Option<&'static str>,
    /// Looks until a retrieve is done.
    pub(crate) looks: usize,
    pub(crate) requests: Vec<String>,
    pub(crate) jobs: Vec<(String, usize, bool)>,
}

pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) async fn start(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let own = address.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, shared.clone(), own.clone()));
            }
        });
        Self { address, state }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    pub(crate) fn count(&self, part: &str) -> usize {
        self.requests().iter().filter(|text| text.contains(part)).count()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, address: String) {
    while let Some((head, body)) = request(&mut stream).await {
        let text = format!("{head}\n{body}");
        let fault = {
            let mut state = state.lock().unwrap();
            let plain = decode(&text);
            let fault = state
                .faults
                .iter_mut()
                .find(|(part, left, _)| *left > 0 && plain.contains(part))
                .map(|fault| {
                    fault.1 -= 1;
                    fault.2.clone()
                });
            state.requests.push(plain);
            fault
        };
        let right = || {
            let (status, body) = answer(&mut state.lock().unwrap(), &text, &address);
            reply(status, "", &body)
        };
        match fault {
            None => stream.write_all(right().as_bytes()).await.unwrap_or_default(),
            Some(Fault::Reply(status, headers, body)) => {
                let reply = reply(status, headers, body);
                stream.write_all(reply.as_bytes()).await.unwrap_or_default();
            }
            Some(Fault::Body(body)) => {
                let head = reply(200, "", "").replace(": 0\r", &format!(": {}\r", body.len()));
                let whole = [head.into_bytes(), body].concat();
                stream.write_all(&whole).await.unwrap_or_default();
            }
            Some(Fault::Reset) => return,
            Some(Fault::Half) => {
                let right = right();
                stream
                    .write_all(&right.as_bytes()[..right.len() * 2 / 3])
                    .await
                    .unwrap_or_default();
                return;
            }
            Some(Fault::Silence) => tokio::time::sleep(Duration::from_secs(60)).await,
            Some(Fault::Drip) => {
                for byte in right().bytes() {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    while bytes.len() < end + length {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
    Some((head, String::from_utf8_lossy(&bytes[end..]).into_owned()))
}

fn reply(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\
         \n{body}",
        body.len()
    )
}

fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let hex: Vec<u8> = bytes.by_ref().take(2).collect();
                let hex = String::from_utf8_lossy(&hex).into_owned();
                out.push(u8::from_str_radix(&hex, 16).unwrap_or(b'%'));
            }
            b'+' => out.push(b' '),
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn answer(state: &mut State, text: &str, address: &str) -> (u16, String) {
    let plain = decode(text);
    let first = plain.lines().next().unwrap_or_default().to_owned();
    if first.contains("/services/oauth2/token") {
        return (
            200,
            json!({"access_token": TOKEN, "instance_url": address, "token_type": "Bearer", "refresh_token": "ROTATED"}).to_string(),
        );
    }
    if first.contains("/services/data HTTP") {
        return (
            200,
            json!([{"label": "x", "url": "/services/data/v59.0", "version": "59.0"},
                   {"label": "y", "url": "/services/data/v66.0", "version": "66.0"}])
            .to_string(),
        );
    }
    if !text.contains(TOKEN) {
        if first.starts_with("POST") {
            return fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader");
        }
        return (
            401,
            json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
                .to_string(),
        );
    }
    if first.contains("query?q=") {
        if let Some((_, code)) = state.refused.iter().find(|(part, _)| first.contains(part)) {
            return (
                400,
                json!([{"message": "sObject type is not supported.", "errorCode": code}])
                    .to_string(),
            );
        }
        let rows = match state.rows.iter().find(|(part, _)| first.contains(part)) {
            Some((_, rows)) => rows.clone(),
            None if first.contains("FROM Organization") => json!([{
                "Id": ORG_ID, "Name": "Acme", "OrganizationType": "Enterprise Edition",
                "IsSandbox": false, "TrialExpirationDate": null
            }]),
            None => json!([]),
        };
        return (200, json!({"done": true, "records": rows}).to_string());
    }
    if first.contains("/describe") {
        return (
            200,
            json!({"fields": [{"name": "Id"}, {"name": "PermissionsApiEnabled"}]}).to_string(),
        );
    }
    if first.starts_with("POST") {
        return soap(state, &plain);
    }
    (404, json!([{"message": "no", "errorCode": "NOT_FOUND"}]).to_string())
}

fn fault(code: &str, text: &str) -> (u16, String) {
    (
        500,
        format!(
            "<?xml version=\"1.0\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body><soapenv:Fault>\
             <faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring>\
             </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        ),
    )
}

pub(crate) fn envelope(name: &str, inner: &str) -> (u16, String) {
    (
        200,
        format!(
            "<?xml version=\"1.0\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body>\
             <{name}Response>{inner}</{name}Response></soapenv:Body></soapenv:Envelope>"
        ),
    )
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

fn soap(state: &mut State, text: &str) -> (u16, String) {
    if text.contains("<met:listMetadata>") {
        let mut inner = String::new();
        for type_name in between(text, "<met:type>", "<") {
            let Some(names) = state.listed.get(type_name) else {
                return fault("INVALID_TYPE", &format!("Unknown type:{type_name}"));
            };
            for name in names {
                inner += format!(
                    "<result><fileName>x/{name}</fileName><fullName>{name}</fullName>\
                             <type>{type_name}</type></result>"
                )
                .as_str();
            }
        }
        return envelope("listMetadata", &inner);
    }
    if text.contains("<met:retrieve>") {
        state.jobs.push((text.to_owned(), state.looks, false));
        let id = format!("09S{:012}", state.jobs.len());
        return envelope(
            "retrieve",
            &format!("<result><done>false</done><id>{id}</id><state>Queued</state></result>"),
        );
    }
    if text.contains("<met:checkRetrieveStatus>") {
        let id: usize = between(text, "<met:asyncProcessId>09S", "<")[0].parse().unwrap();
        let with_zip = text.contains("<met:includeZip>true");
        return envelope("checkRetrieveStatus", &look(state, id - 1, with_zip));
    }
    if text.contains("<met:readMetadata>") {
        return envelope(
            "readMetadata",
            "<result><records xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:nil=\"true\"/></result>",
        );
    }
    fault("UNKNOWN_EXCEPTION", "no such call")
}

fn look(state: &mut State, job: usize, with_zip: bool) -> String {
    let (text, looks, fetched) = state.jobs[job].clone();
    if looks > 0 {
        state.jobs[job].1 -= 1;
        return "<result><done>false</done><id>x</id><status>SomethingNew</status><success>false\
                </success></result>"
            .to_owned();
    }
    let mut asked = Vec::new();
    for types in between(&text, "<met:types>", "</met:types>") {
        let type_name = between(types, "<met:name>", "<")[0];
        for member in between(types, "<met:members>", "<") {
            asked.push((type_name, member));
        }
    }
    let failed = |code: &str, text: &str| {
        format!(
            "<result><done>true</done><errorMessage>{text}</errorMessage><errorStatusCode>{code}\
             </errorStatusCode><id>x</id><status>Failed</status><success>false</success></result>"
        )
    };
    if state.most.is_some_and(|most| asked.len() > most) {
        return failed("LIMIT_EXCEEDED", "LIMIT_EXCEEDED: maximum of 10000 files");
    }
    if let Some((_, member)) =
        asked.iter().find(|(_, member)| state.bad.iter().any(|bad| bad == member))
    {
        return failed("UNKNOWN_EXCEPTION", &format!("UNKNOWN_EXCEPTION: cannot read {member}"));
    }
    let mut messages = String::new();
    let mut found = Vec::new();
    for (type_name, member) in &asked {
        let of_member = state.files.iter().filter(|file| file.0 == *type_name && file.1 == *member);
        let files: Vec<_> = of_member.map(|file| (file.2.clone(), file.3.clone())).collect();
        match files.is_empty() {
            false => found.extend(files),
            true if state.silent.contains(member) => {}
            true => {
                messages += format!(
                    "<messages><fileName>package.xml</fileName><problem>Entity of type \
                     '{type_name}' named '{member}' cannot be found</problem></messages>"
                )
                .as_str()
            }
        }
    }
    let mut zip_file = String::new();
    if with_zip && !fetched {
        // The zip is deleted from the server once fetched.
        state.jobs[job].2 = true;
        let bytes = state.zip.clone().unwrap_or_else(|| zip(&found));
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        zip_file = format!("<zipFile>{}</zipFile>", state.zip_text.map_or(text, str::to_owned));
    }
    format!(
        "<result><done>true</done><id>x</id>{messages}<status>Succeeded</status><success>true\
         </success>{zip_file}</result>"
    )
}

pub(crate) fn zip(files: &[(String, String)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        writer.start_file(path.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
