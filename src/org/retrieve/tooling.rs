//! Profiles by the Tooling API, for sessions whose token SOAP refuses (JWT format, S 6.1).
//!
//! It has the metadata of a profile as JSON, one row a query (S 3.2). Nothing else that a template
//! asks for is read this way.

use std::collections::BTreeMap;

use cirrus_metadata::xml_escape;
use serde_json::Value as Json;

use super::{RetrieveRequest, Retrieved};
use crate::metadata::document::Document;
use crate::metadata::full_name::profile_label;
use crate::metadata::layout;
use crate::metadata::unseen::Unseen;
use crate::metadata::{Component, ComponentId, ComponentSet, Requested};
use crate::org::Org;
use crate::org::error::{OrgError, OrgErrorKind};
use crate::org::http::soql_text;

/// Reads the profiles; everything else is not observed, with the refusal that led here.
///
/// # Errors
/// There is no profile among what is wanted (the refusal itself), or the org cannot be asked.
pub(super) async fn retrieve(
    org: &Org,
    request: &RetrieveRequest,
    refusal: &OrgError,
) -> Result<Retrieved, OrgError> {
    let mut set = ComponentSet::new(Requested::Unknown);
    for id in &request.components {
        let read = match id.type_name.as_str() {
            "Profile" => profile(org, id).await,
            _ => Ok(Err(format!("the Metadata API is closed to this session: {refusal}"))),
        };
        match read? {
            Ok(Some(component)) => {
                set.insert(component);
            }
            // Asked for and not there.
            Ok(None) => {}
            Err(reason) => {
                set.not_observed.insert(id.clone(), Unseen::not_readable(reason));
            }
        }
    }
    if set.components.is_empty() {
        return Err(refusal.clone());
    }
    // Whether this API leaves entries out is not documented: an entry that is absent may not be
    // read as denied.
    for (type_name, members) in &request.companions.types {
        for member in members {
            set.not_observed.insert(
                ComponentId::new(type_name, member),
                Unseen::not_readable(
                    "the profile was read by the Tooling API, which may leave entries out",
                ),
            );
        }
    }
    set.requested = Requested::Manifest(org.asked_for(request, &set));
    Ok(Retrieved {
        components: set,
        contents: BTreeMap::new(),
        messages: vec![format!("profiles were read by the Tooling API, because {refusal}")],
    })
}

type Read = Result<Option<Component>, String>;

async fn profile(org: &Org, id: &ComponentId) -> Result<Read, OrgError> {
    // The table knows the names of Setup.
    let soql = format!(
        "SELECT FullName, Metadata FROM Profile WHERE Name = {} LIMIT 1",
        soql_text(profile_label(&id.full_name))
    );
    let answer = match org.wire.get("tooling/query", &[("q", &soql)]).await {
        Ok(answer) => answer,
        Err(error) if matches!(error.kind, OrgErrorKind::Refused | OrgErrorKind::Permission) => {
            return Ok(Err(format!("the org says: {error}")));
        }
        Err(error) => return Err(error),
    };
    let Some(row) = answer["records"].get(0) else {
        return Ok(Ok(None));
    };
    let Json::Object(settings) = &row["Metadata"] else {
        return Ok(Err("the org does not show its metadata to this user".to_owned()));
    };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n",
    );
    for (name, value) in settings {
        write(&mut xml, name, value, 1);
    }
    xml.push_str("</Profile>\n");
    Ok(match Document::parse(xml.into_bytes()) {
        Ok(document) => {
            let file = layout::metadata_path(id).unwrap_or_default();
            Ok(Some(Component { id: id.clone(), document, file }))
        }
        Err(error) => Err(format!("its metadata cannot be read: {error}")),
    })
}

/// Writes a setting as the Metadata API would: a list as the element repeated, `null` not at all.
fn write(xml: &mut String, name: &str, value: &Json, depth: usize) {
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // The archive's own rule for depth (S 3.1 has three levels at most).
    if !is_name || depth > 16 {
        return;
    }
    let indent = "    ".repeat(depth);
    let text = match value {
        Json::Null => return,
        Json::Array(items) => {
            for item in items {
                write(xml, name, item, depth);
            }
            return;
        }
        Json::Object(members) => {
            xml.push_str(&[&indent, "<", name, ">\n"].concat());
            for (name, value) in members {
                write(xml, name, value, depth + 1);
            }
            xml.push_str(&[&indent, "</", name, ">\n"].concat());
            return;
        }
        Json::String(text) => xml_escape(text).into_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
    };
    xml.push_str(&[&indent, "<", name, ">", &text, "</", name, ">\n"].concat());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_the_xml_of_a_retrieve() {
        let mut xml = String::new();
        let value =
            serde_json::json!([{ "allowRead": true, "object": "A & B", "viewAllFields": null }]);
        write(&mut xml, "objectPermissions", &value, 1);
        assert_eq!(
            xml,
            "    <objectPermissions>\n        <allowRead>true</allowRead>\n        <object>A &amp; \
             B</object>\n    </objectPermissions>\n"
        );
    }
}
