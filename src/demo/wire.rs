//! A request and a reply, and how a refusal is written. No sockets: those are `server`'s.

use serde_json::json;

use super::refusal::Refusal;
use super::tree::escape;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded query parameters.
    pub(crate) query: Vec<(String, String)>,
    /// Headers, names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A reply as it goes.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// The media type of JSON as Salesforce writes it.
pub(crate) const JSON: &str = "application/json;charset=UTF-8";
/// The media type of SOAP.
pub(crate) const XML: &str = "text/xml; charset=utf-8";

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The access token that it brings: in its header, or in that of a SOAP envelope.
    pub(crate) fn token(&self) -> Option<&str> {
        if let Some(header) = self.header("authorization") {
            return header.split_once(' ').map(|(_, token)| token.trim());
        }
        let open = b"sessionId>";
        let start = self.body.windows(open.len()).position(|at| at == open)? + open.len();
        let end = start + self.body[start..].iter().position(|byte| *byte == b'<')?;
        std::str::from_utf8(&self.body[start..end]).ok()
    }

    /// The address under which the client sees this org.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("localhost"))
    }
}

impl Reply {
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self {
            status,
            content_type: JSON,
            headers: Vec::new(),
            body: value.to_string().into_bytes(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: JSON, headers: Vec::new(), body: Vec::new() }
    }
    /// A refusal as REST writes it.
    pub(crate) fn refusal(status: u16, refusal: &Refusal) -> Self {
        let mut body = json!({ "errorCode": refusal.code, "message": refusal.message });
        if refusal.code == "REQUIRED_FIELD_MISSING" {
            body["fields"] = json!([]);
        }
        Self::json(status, &json!([body]))
    }

    /// A refusal as SOAP writes it.
    pub(crate) fn soap_fault(refusal: &Refusal) -> Self {
        let code = refusal.code;
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body><soapenv:Fault>\
             <faultcode>sf:{code}</faultcode><faultstring>{code}: {}</faultstring>\
             </soapenv:Fault></soapenv:Body></soapenv:Envelope>",
            escape(&refusal.message)
        );
        Self { status: 500, content_type: XML, headers: Vec::new(), body: body.into_bytes() }
    }
}
