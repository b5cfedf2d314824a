//! `createMetadata`, `updateMetadata`, `upsertMetadata` and `deleteMetadata` (S 6.2): SOAP in, and
//! a result for each component out.

use super::deploy::direct::{Fault, Write, Writer};
use super::refusal::{Refusal, refuse};
use super::state::State;
use super::tree::{Node, escape};

/// The most components of a call (S 6.2).
const MOST: usize = 10;

/// What became of one component.
struct Written {
    full_name: String,
    /// For an upsert, whether it is new.
    outcome: Result<Option<bool>, Vec<Fault>>,
}

/// Answers one of these calls; `None` where it is another. With `all_or_none` nothing is done
/// unless everything can be.
pub(crate) fn answer(
    state: &mut State,
    call: &Node,
    writer: Writer<'_>,
    all_or_none: bool,
) -> Option<Result<String, Refusal>> {
    let write = match call.name.as_str() {
        "createMetadata" => Some(Write::Create),
        "updateMetadata" => Some(Write::Update),
        "upsertMetadata" => Some(Write::Upsert),
        "deleteMetadata" => None,
        _ => return None,
    };
    let count = call.all("metadata").count() + call.all("fullNames").count();
    if count > MOST {
        return Some(Err(refuse(
            "EXCEEDED_ID_LIMIT",
            format!(
                "record limit reached. cannot submit more than {MOST} records in this operation"
            ),
        )));
    }
    let before = state.org.clone();
    let mut results = match write {
        Some(write) => written(state, call, write, writer),
        None => deleted(state, call, writer),
    };
    if all_or_none && results.iter().any(|result| result.outcome.is_err()) {
        state.org = before;
        for result in results.iter_mut().filter(|result| result.outcome.is_ok()) {
            result.outcome = Err(vec![(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "Record rolled back because not all records were valid and the request was using \
                 AllOrNone header"
                    .to_owned(),
            )]);
        }
    } else {
        let changes = before.changes_to(&state.org);
        state.org.note_changes(changes, writer.user, writer.now);
        state.dirty = true;
    }
    Some(Ok(results.iter().map(Written::to_xml).collect()))
}

fn written(state: &mut State, call: &Node, write: Write, writer: Writer<'_>) -> Vec<Written> {
    call.all("metadata")
        .map(|node| {
            let type_name = node.kind.as_deref().unwrap_or_default();
            let outcome = state.org.write_component(write, type_name, node, writer);
            Written {
                full_name: node.get("fullName").unwrap_or_default().to_owned(),
                outcome: outcome.map(|is_new| (write == Write::Upsert).then_some(is_new)),
            }
        })
        .collect()
}

fn deleted(state: &mut State, call: &Node, writer: Writer<'_>) -> Vec<Written> {
    let type_name = call.get("type").or(call.get("metadataType")).unwrap_or_default();
    call.texts("fullNames")
        .map(|full_name| Written {
            full_name: full_name.to_owned(),
            outcome: state.org.delete_component(type_name, full_name, writer).map(|()| None),
        })
        .collect()
}

impl Written {
    /// The elements stand in the WSDL's order.
    fn to_xml(&self) -> String {
        use std::fmt::Write as _;
        let mut out = String::from("<result>");
        if let Ok(Some(is_new)) = self.outcome {
            let _ = write!(out, "<created>{is_new}</created>");
        }
        for (code, message) in self.outcome.as_ref().err().into_iter().flatten() {
            let message = escape(message);
            let _ = write!(
                out,
                "<errors><message>{message}</message><statusCode>{code}</statusCode></errors>"
            );
        }
        let (full_name, success) = (escape(&self.full_name), self.outcome.is_ok());
        let _ =
            write!(out, "<fullName>{full_name}</fullName><success>{success}</success></result>");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::Org;
    use super::*;

    fn call(state: &mut State, name: &str, body: &str, all_or_none: bool) -> String {
        let xml = format!(
            "<{name} xmlns=\"{}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{body}\
             </{name}>",
            super::super::tree::NAMESPACE
        );
        let node = Node::parse(&xml).unwrap();
        let user = state.org.catalog.admin.clone();
        let writer = Writer { user: &user, now: 1000, version: 67 };
        answer(state, &node, writer, all_or_none).unwrap().unwrap()
    }

    fn set(name: &str, label: &str) -> String {
        format!(
            "<metadata xsi:type=\"PermissionSet\"><fullName>{name}</fullName>{label}</metadata>"
        )
    }

    #[test]
    fn components_come_change_and_go_one_by_one() {
        let mut state = State::new(Org::seeded("x"), 0);
        let (new, newer) = (set("New", "<label>A</label>"), set("New", "<label>B</label>"));
        let done = "<result><fullName>New</fullName><success>true</success></result>";
        assert!(
            call(&mut state, "updateMetadata", &new, false).contains("INVALID_CROSS_REFERENCE_KEY")
        );
        assert!(!state.org.has("PermissionSet", "New"));
        assert_eq!(call(&mut state, "createMetadata", &new, false), done);
        assert!(
            call(&mut state, "createMetadata", &newer, false).contains("DUPLICATE_DEVELOPER_NAME")
        );
        assert_eq!(state.org.component("PermissionSet", "New").unwrap().get("label"), Some("A"));
        assert_eq!(call(&mut state, "updateMetadata", &newer, false), done);
        assert_eq!(state.org.component("PermissionSet", "New").unwrap().get("label"), Some("B"));
        assert!(
            call(&mut state, "upsertMetadata", &new, false).contains("<created>false</created>")
        );
        let names =
            "<type>PermissionSet</type><fullNames>New</fullNames><fullNames>Gone</fullNames>";
        let reply = call(&mut state, "deleteMetadata", names, false);
        assert!(reply.starts_with(done), "{reply}");
        assert!(reply.contains("no PermissionSet named Gone found"), "{reply}");
        assert!(!state.org.has("PermissionSet", "New"));
        assert!(state.dirty);
        // Each call is on the audit trail by itself.
        let told =
            state.org.history.audit.iter().filter(|row| row.change.action == "PermSetDelete");
        assert_eq!(told.count(), 1);
    }

    #[test]
    fn what_a_deploy_refuses_is_refused_and_with_all_or_none_the_rest_too() {
        let mut state = State::new(Org::seeded("x"), 0);
        let both = [set("Good", "<label>A</label>"), set("Bad", "")].concat();
        let reply = call(&mut state, "createMetadata", &both, true);
        assert!(reply.contains("ALL_OR_NONE_OPERATION_ROLLED_BACK"), "{reply}");
        assert!(!state.org.has("PermissionSet", "Good"));
        let reply = call(&mut state, "createMetadata", &both, false);
        assert!(reply.contains("<success>true</success>"), "{reply}");
        assert!(reply.contains("<success>false</success>"), "{reply}");
        assert!(state.org.has("PermissionSet", "Good") && !state.org.has("PermissionSet", "Bad"));
        for (name, type_name) in
            [("Ampersand Integration", "Profile"), ("ConnectedApp", "ConnectedAppSettings")]
        {
            let names = format!("<type>{type_name}</type><fullNames>{name}</fullNames>");
            let reply = call(&mut state, "deleteMetadata", &names, false);
            assert!(reply.contains("<success>false</success>"), "{reply}");
        }
        let class = "<type>ApexClass</type><fullNames>LampPricing</fullNames>";
        assert!(call(&mut state, "deleteMetadata", class, false).contains("INVALID_TYPE"));
    }

    #[test]
    fn settings_are_written_by_their_own_type() {
        let mut state = State::new(Org::seeded("x"), 0);
        let body = "<metadata xsi:type=\"ConnectedAppSettings\"><fullName>ConnectedApp</fullName>\
                    <enableAdminApprovedAppsOnly>true</enableAdminApprovedAppsOnly></metadata>";
        let reply = call(&mut state, "updateMetadata", body, false);
        assert!(reply.contains("<success>true</success>"), "{reply}");
        let settings = state.org.component("Settings", "ConnectedApp").unwrap();
        assert!(settings.flag("enableAdminApprovedAppsOnly"));
    }
}
