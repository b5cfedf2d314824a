//! The REST API: versions, limits, queries, records, and deploys (S 4.4, 5, 6.5).

mod rows;
mod sets;
mod usage;

use serde_json::{Value, json};

use super::catalog::ObjectType;
use super::deploy::{NEWEST, OLDEST};
use super::faults::Fault;
use super::job::{DeployJob, DeployOptions, Message};
use super::oauth::user_of;
use super::objects::{OBJECTS, ObjectDef, find, key_prefix};
use super::query::{self, Asker};
use super::refusal::{Refusal, not_found, refuse};
use super::soql::{self, Item};
use super::state::{Org, State, string, timestamp};
use super::wire::{Reply, Request};

/// How many rows an answer holds at most.
const BATCH: usize = 2000;

/// The same of `OauthToken`.
const GRANTS_AT_ONCE: usize = 500;

fn status_of(refusal: &Refusal) -> u16 {
    match refusal.code {
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => 401,
        "API_DISABLED_FOR_ORG" | "INSUFFICIENT_ACCESS" => 403,
        "NOT_FOUND" | "INVALID_CROSS_REFERENCE_KEY" | "ENTITY_IS_DELETED" => 404,
        "METHOD_NOT_ALLOWED" => 405,
        "GONE" => 410,
        _ => 400,
    }
}

/// Answers a request below `/services/data`.
pub(crate) fn answer(
    state: &mut State,
    request: &Request,
    path: &[&str],
    now: u64,
    fault: Option<&Fault>,
) -> Reply {
    let (version, rest) = match path {
        [] => return versions(),
        [version, rest @ ..] => (version.strip_prefix('v').unwrap_or_default(), rest),
    };
    let number = version.strip_suffix(".0").and_then(|version| version.parse::<u16>().ok());
    let outcome = match number {
        Some(number) if (OLDEST..=NEWEST).contains(&number) => {
            user_of(state, request).and_then(|user| {
                dispatch(&mut Call { state, request, version, user, now, fault }, rest)
            })
        }
        Some(7..OLDEST) => Err(refuse("GONE", "The requested resource is no longer available")),
        _ => Err(not_found()),
    };
    let reply = outcome.unwrap_or_else(|refusal| Reply::refusal(status_of(&refusal), &refusal));
    let (of, left) = state.org.requests();
    with_usage(reply, of, left)
}

/// Says how many of the day's requests are used, as each answer of the API does.
fn with_usage(mut reply: Reply, of: i64, left: i64) -> Reply {
    let usage = format!("api-usage={}/{of}", of - left);
    reply.headers.push(("Sforce-Limit-Info", usage));
    reply
}

struct Call<'a> {
    state: &'a mut State,
    request: &'a Request,
    version: &'a str,
    user: String,
    now: u64,
    fault: Option<&'a Fault>,
}

impl Call<'_> {
    /// The version's number.
    fn number(&self) -> u16 {
        self.asker().number()
    }

    fn asker(&self) -> Asker<'_> {
        let header = self.request.header("authorization").unwrap_or_default();
        let token = header.split_once(' ').map_or("", |(_, token)| token.trim());
        Asker { user: &self.user, token, version: self.version, now: self.now }
    }
}

fn versions() -> Reply {
    let rows: Vec<Value> = (OLDEST..=NEWEST)
        .map(|version| {
            // 60.0 was Spring '24; three releases a year, Winter bears the next year's number.
            let since = i32::from(version) - 60;
            let year = 24 + since.div_euclid(3);
            let label = match since.rem_euclid(3) {
                0 => format!("Spring '{year}"),
                1 => format!("Summer '{year}"),
                _ => format!("Winter '{}", year + 1),
            };
            json!({ "label": label, "url": format!("/services/data/v{version}.0"), "version": format!("{version}.0") })
        })
        .collect();
    Reply::json(200, &Value::Array(rows))
}

fn dispatch(call: &mut Call<'_>, path: &[&str]) -> Result<Reply, Refusal> {
    match (call.request.method.as_str(), path) {
        ("GET", []) => Ok(Reply::json(
            200,
            &json!({
                "identity": format!("{}/id/{}/{}", call.request.origin(), call.state.org.catalog.org_id, call.user),
                "limits": format!("/services/data/v{}/limits", call.version), "query": format!("/services/data/v{}/query", call.version),
                "sobjects": format!("/services/data/v{}/sobjects", call.version),
                "tooling": format!("/services/data/v{}/tooling", call.version),
            }),
        )),
        ("GET", ["limits"]) => {
            if !call.state.org.is_permitted(&call.user, "ViewSetup") {
                return Err(refuse(
                    "INSUFFICIENT_ACCESS",
                    "insufficient access rights on resource: limits",
                ));
            }
            Ok(Reply::json(200, &call.state.org.limits()))
        }
        (_, ["apps", "oauth", "usage", rest @ ..]) if call.number() >= usage::SINCE => {
            usage::answer(call, rest)
        }
        ("GET", ["sobjects", "EventLogFile", id, "LogFile"]) => rows::log_file(call, id),
        ("GET", ["query" | "queryAll"]) => first_batch(call, false),
        ("GET", ["tooling", "query"]) => first_batch(call, true),
        ("GET", ["query" | "queryAll", locator]) => next_batch(call, locator),
        ("GET", ["tooling", "query", locator]) => next_batch(call, locator),
        ("GET", ["sobjects"]) => Ok(list_objects(call, false)),
        ("GET", ["tooling", "sobjects"]) => Ok(list_objects(call, true)),
        ("GET", ["sobjects", name, "describe"]) => describe(call, name, false),
        ("GET", ["tooling", "sobjects", name, "describe"]) => describe(call, name, true),
        ("POST", ["sobjects", name]) => rows::create(call, name),
        ("POST", ["composite", "sobjects"]) => rows::create_all(call),
        ("GET", ["sobjects", name, id]) => rows::row(call, name, id),
        ("GET", ["sobjects", "User", id, "password"]) => rows::password(call, id),
        ("DELETE", ["sobjects", "AuthSession", id]) => rows::end_session(call, id),
        ("DELETE", ["sobjects", name, id]) => rows::delete(call, name, id),
        ("PATCH", ["sobjects", "UserLogin", id]) => rows::freeze(call, id),
        ("POST", ["metadata", "deployRequest"]) => start_deploy(call),
        ("GET", ["metadata", "deployRequest", id]) => deploy_status(call, id),
        ("PATCH", ["metadata", "deployRequest", id]) => cancel(call, id),
        (_, ["limits" | "query" | "queryAll" | "sobjects", ..]) => Err(refuse(
            "METHOD_NOT_ALLOWED",
            format!("HTTP Method '{}' not allowed.", call.request.method),
        )),
        _ => Err(not_found()),
    }
}

fn first_batch(call: &mut Call<'_>, tooling: bool) -> Result<Reply, Refusal> {
    let text = call.request.parameter("q").unwrap_or_default().to_owned();
    if text.trim().is_empty() {
        return Err(refuse("MALFORMED_QUERY", "SOQL statements cannot be empty or null"));
    }
    if call.request.parameter("columns") == Some("true") {
        return columns(call, &text, tooling);
    }
    batch(call, &text, tooling, 0)
}

fn next_batch(call: &mut Call<'_>, locator: &str) -> Result<Reply, Refusal> {
    let invalid = || refuse("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, start) = locator.rsplit_once('-').ok_or_else(invalid)?;
    let start = start.parse().map_err(|_| invalid())?;
    let (text, tooling) = call.state.cursors.get(id).cloned().ok_or_else(invalid)?;
    batch(call, &text, tooling, start)
}

fn batch(call: &mut Call<'_>, text: &str, tooling: bool, start: usize) -> Result<Reply, Refusal> {
    let answer = query::run(&call.state.org, call.asker(), text, tooling)?;
    let size = call
        .request
        .header("sforce-query-options")
        .and_then(|options| {
            options.split(',').find_map(|option| option.trim().strip_prefix("batchSize="))
        })
        .and_then(|size| size.trim().parse().ok())
        .map_or(BATCH, |size: usize| size.clamp(1, BATCH));
    // Of grants fewer come at once (S 12.3).
    let is_grants = soql::parse(text)?.object.eq_ignore_ascii_case("OauthToken");
    let size = if is_grants { size.min(GRANTS_AT_ONCE) } else { size };
    let total = answer.total;
    let records: Vec<Value> = answer.records.into_iter().skip(start).take(size).collect();
    let end = start + records.len();
    let done = end >= total || records.is_empty();
    let mut body = json!({ "totalSize": total, "done": done, "records": records });
    if !done {
        let id = call.state.passing_id("01g");
        call.state.cursors.insert(id.clone(), (text.to_owned(), tooling));
        let folder = if tooling { "tooling/query" } else { "query" };
        body["nextRecordsUrl"] =
            format!("/services/data/v{}/{folder}/{id}-{end}", call.version).into();
    }
    if tooling {
        body["size"] = total.into();
    }
    Ok(Reply::json(200, &body))
}

/// The columns of a query, which the `sf` CLI asks for before it shows a table.
fn columns(call: &Call<'_>, text: &str, tooling: bool) -> Result<Reply, Refusal> {
    let parsed = soql::parse(text)?;
    query::run(&call.state.org, call.asker(), text, tooling)?;
    let columns: Vec<Value> = parsed
        .select
        .iter()
        .filter_map(|item| match item {
            Item::Field(path, _) => Some(path.names.join(".")),
            Item::Count | Item::Aggregate(..) | Item::Below(_) => None,
        })
        .map(|name| {
            json!({
                "aggregate": false, "apexType": "System.String", "booleanType": false, "columnName": name, "custom": false,
                "displayName": name, "foreignKeyName": null, "insertable": false, "joinColumns": [], "numberType": false,
                "textType": true, "updatable": false,
            })
        })
        .collect();
    Ok(Reply::json(
        200,
        &json!({ "columnMetadata": columns, "entityName": parsed.object, "groupBy": false, "idSelected": true, "keyPrefix": null }),
    ))
}

fn list_objects(call: &Call<'_>, tooling: bool) -> Reply {
    let org = &call.state.org;
    let mut rows: Vec<Value> = OBJECTS
        .iter()
        .filter(|object| object.tooling == tooling && object.since <= call.number())
        .filter(|object| org.may_see(&call.user, object))
        .map(|object| summary(org, &call.user, object, call.version))
        .collect();
    if !tooling {
        let seen =
            org.catalog.objects.iter().filter(|(name, _)| {
                find(name, false).is_none() && org.sees_object(&call.user, name)
            });
        rows.extend(seen.map(|(name, object)| {
            let mut row = business_object(name, object, call.version);
            row["keyPrefix"] = key_prefix(org, name).into();
            if let Some(row) = row.as_object_mut() {
                row.remove("fields");
            }
            row
        }));
    }
    Reply::json(200, &json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": rows }))
}

fn summary(org: &Org, user: &str, object: &ObjectDef, version: &str) -> Value {
    let may_make = org.may_make(user, object);
    let folder = if object.tooling { "tooling/sobjects" } else { "sobjects" };
    let url = format!("/services/data/v{version}/{folder}/{}", object.name);
    json!({
        "name": object.name, "label": object.name, "keyPrefix": key_prefix(org, object.name),
        "custom": false, "queryable": true, "retrieveable": true,
        "createable": may_make, "deletable": may_make || object.name == "AuthSession",
        "updateable": object.name == "UserLogin",
        "urls": { "sobject": url, "describe": format!("{url}/describe"), "rowTemplate": format!("{url}/{{ID}}") },
    })
}

fn describe(call: &Call<'_>, name: &str, tooling: bool) -> Result<Reply, Refusal> {
    if let (false, Some((name, object))) =
        (tooling, call.state.org.catalog.objects.get_key_value(name))
    {
        let org = &call.state.org;
        // An object that the caller does not read is not there for them.
        if !org.sees_object(&call.user, name) {
            return Err(not_found());
        }
        let seen = org.seen_fields(&call.user, name, object);
        let mut body = business_object(name, &seen, call.version);
        body["keyPrefix"] = key_prefix(org, name).into();
        return Ok(Reply::json(200, &body));
    }
    let org = &call.state.org;
    let object = find(name, tooling).filter(|object| object.since <= call.number());
    let object = object.filter(|object| org.may_see(&call.user, object)).ok_or_else(not_found)?;
    let fields: Vec<Value> = object
        .fields_at(org, call.number())
        .into_iter()
        .map(|(name, kind)| {
            let relationship = object.relationships.iter().find(|(_, field, _)| *field == name);
            // Which objects there are permissions for (S 3.6).
            let values: Vec<Value> = match (object.name, name.as_str()) {
                ("FieldPermissions" | "ObjectPermissions", "SobjectType") => {
                    let value = |one| json!({ "active": true, "label": one, "value": one });
                    org.permissioned().map(value).collect()
                }
                _ => Vec::new(),
            };
            let kind = if values.is_empty() { kind } else { "picklist" };
            json!({
                "name": name, "label": name, "type": kind, "picklistValues": values, "nillable": !["boolean", "id"].contains(&kind), "filterable": object.is_filterable(&name), "sortable": true,
                "custom": false, "createable": object.writable && kind != "id", "updateable": false,
                "relationshipName": relationship.map(|(relationship, _, _)| relationship),
                "referenceTo": relationship.map_or_else(Vec::new, |(_, _, target)| vec![*target]),
            })
        })
        .collect();
    let mut body = summary(org, &call.user, object, call.version);
    body["fields"] = Value::Array(fields);
    Ok(Reply::json(200, &body))
}

/// The name that a describe has for a field's type in metadata.
fn described(kind: &str) -> String {
    match kind {
        "Text" | "AutoNumber" => "string".to_owned(),
        "Number" => "double".to_owned(),
        "Checkbox" => "boolean".to_owned(),
        "Lookup" | "MasterDetail" => "reference".to_owned(),
        "LongTextArea" | "TextArea" => "textarea".to_owned(),
        "MultiselectPicklist" => "multipicklist".to_owned(),
        other => other.to_lowercase(),
    }
}

/// An object whose records the demo org does not hold, with the fields that profiles speak of.
/// Required fields carry no field-level security.
fn business_object(name: &str, object: &ObjectType, version: &str) -> Value {
    let url = format!("/services/data/v{version}/sobjects/{name}");
    let fields: Vec<Value> = object
        .fields
        .iter()
        .map(|(name, field)| {
            json!({
                "name": name, "label": field.label, "type": described(&field.kind), "nillable": !field.required,
                "custom": name.ends_with("__c"), "permissionable": !field.required, "createable": true, "updateable": true,
            })
        })
        .collect();
    json!({
        "name": name, "label": object.label, "labelPlural": object.plural, "custom": object.custom, "queryable": true, "createable": true,
        "updateable": true, "deletable": true, "retrieveable": true, "fields": fields,
        "urls": { "sobject": url, "describe": format!("{url}/describe"), "rowTemplate": format!("{url}/{{ID}}") },
    })
}

fn start_deploy(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    may_deploy(call)?;
    let content_type = call.request.header("content-type").unwrap_or_default().to_owned();
    if !content_type.starts_with("multipart/form-data") {
        let body: Value = serde_json::from_slice(&call.request.body)
            .map_err(|error| refuse("JSON_PARSER_ERROR", error.to_string()))?;
        let validated = body["validatedDeployRequestId"]
            .as_str()
            .ok_or_else(|| refuse("INVALID_MULTIPART_REQUEST", "the request has no file part"))?;
        let id = call.state.quick_deploy(validated, &call.user, call.now)?;
        return deploy_body(call, &id, 201, false);
    }
    let mut options = DeployOptions::default();
    let mut zip = None;
    for part in parts(&content_type, &call.request.body)? {
        if part.head.contains("application/json") || part.head.contains("name=\"json\"") {
            let body: Value = serde_json::from_slice(part.body)
                .map_err(|error| refuse("JSON_PARSER_ERROR", error.to_string()))?;
            options = deploy_options(&body["deployOptions"])?;
        } else if part.head.contains("name=\"file\"") {
            zip = Some(part.body.to_vec());
        }
    }
    let zip =
        zip.ok_or_else(|| refuse("INVALID_MULTIPART_REQUEST", "the request has no file part"))?;
    let id = call.state.start_deploy(&zip, options, &call.user, call.now);
    if call.fault == Some(&Fault::Stuck) {
        call.state.hold_deploy(&id);
    }
    deploy_body(call, &id, 201, false)
}

/// The options of a deploy; what is no option is refused by its name.
fn deploy_options(body: &Value) -> Result<DeployOptions, Refusal> {
    let broken = |message: String| refuse("JSON_PARSER_ERROR", message);
    let names = body.as_object().into_iter().flat_map(|options| options.keys());
    if let Some(name) = DeployOptions::unknown(names.map(String::as_str)) {
        return Err(broken(format!("Unrecognized field \"{name}\"")));
    }
    let options: DeployOptions =
        serde_json::from_value(body.clone()).map_err(|error| broken(error.to_string()))?;
    match options.wrong_level() {
        Some(wrong) => Err(broken(wrong)),
        None => Ok(options),
    }
}

fn may_deploy(call: &Call<'_>) -> Result<(), Refusal> {
    if ["ModifyMetadata", "ModifyAllData"]
        .iter()
        .any(|permission| call.state.org.is_permitted(&call.user, permission))
    {
        Ok(())
    } else {
        Err(refuse(
            "INSUFFICIENT_ACCESS",
            "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata \
             permissions",
        ))
    }
}

fn deploy_status(call: &Call<'_>, id: &str) -> Result<Reply, Refusal> {
    may_deploy(call)?;
    deploy_body(call, id, 200, call.request.parameter("includeDetails") == Some("true"))
}

fn cancel(call: &mut Call<'_>, id: &str) -> Result<Reply, Refusal> {
    may_deploy(call)?;
    let body: Value = serde_json::from_slice(&call.request.body)
        .map_err(|error| refuse("JSON_PARSER_ERROR", error.to_string()))?;
    if body["deployResult"]["status"] != "Canceling" {
        return Err(refuse("INVALID_FIELD", "the only status that can be set is Canceling"));
    }
    call.state.cancel_deploy(id, call.now)?;
    deploy_body(call, id, 202, false)
}

fn deploy_body(call: &Call<'_>, id: &str, status: u16, details: bool) -> Result<Reply, Refusal> {
    let job = call.state.deploy(id)?;
    let mut result = deploy_result(&call.state.org, job, details, call.now);
    match call.fault {
        Some(Fault::UnknownStatus) => result["status"] = "Reticulating".into(),
        Some(Fault::StringNumbers) => {
            for (_, value) in result.as_object_mut().into_iter().flatten() {
                if value.is_number() || value.is_boolean() {
                    *value = value.to_string().into();
                }
            }
        }
        _ => {}
    }
    Ok(Reply::json(
        status,
        &json!({
            "id": job.id, "url": format!("/services/data/v{}/metadata/deployRequest/{}", call.version, job.id),
            "deployResult": result, "deployOptions": job.options,
        }),
    ))
}

/// A deploy's result, for REST and SOAP alike; keys come in order of name, as the WSDL has them.
pub(crate) fn deploy_result(org: &Org, job: &DeployJob, details: bool, now: u64) -> Value {
    let outcome = job.outcome.as_ref();
    let count = |messages: Option<&Vec<Message>>| {
        messages.map_or(0, |messages| u64::try_from(messages.len()).unwrap_or_default())
    };
    let errors = count(outcome.map(|outcome| &outcome.failures));
    let warned = outcome.map_or(0, |outcome| {
        outcome.successes.iter().filter(|message| message.problem_type.is_some()).count()
    });
    // The manifest is among the messages, but no component.
    let (deployed, total) = match outcome {
        Some(outcome) => {
            let deployed = count(Some(&outcome.successes)).saturating_sub(1);
            (deployed, deployed + errors)
        }
        None if job.canceled.is_some() => (0, job.components),
        None => (job.components_done(now), job.components),
    };
    let done = outcome.is_some();
    let status = job.status(now);
    let time = |millis: u64| timestamp(millis, "Z");
    let mut result = json!({
        "checkOnly": job.options.check_only,
        "createdBy": job.created_by,
        "createdByName": org.user(&job.created_by).map(|row| string(row, "Name")),
        "createdDate": time(job.created),
        "details": Value::Null,
        "done": done,
        "id": job.id,
        "ignoreWarnings": job.options.ignore_warnings,
        "lastModifiedDate": time(outcome.map_or(now, |outcome| outcome.completed)),
        "numberComponentErrors": errors,
        "numberComponentsDeployed": if status == "Failed" { 0 } else { deployed },
        "numberComponentsTotal": total,
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "rollbackOnError": job.options.rollback_on_error,
        "runTestsEnabled": job.options.test_level.as_deref().is_some_and(|level| level != "NoTestRun"),
        "status": status,
        "success": matches!(status, "Succeeded" | "SucceededPartial"),
    });
    if let Some(outcome) = outcome {
        result["completedDate"] = time(outcome.completed).into();
        if outcome.status == "Canceled" {
            result["canceledBy"] = job.created_by.clone().into();
            result["canceledByName"] = result["createdByName"].clone();
        }
        if outcome.status == "Failed" && errors == 0 && warned > 0 {
            result["errorMessage"] = "Warnings were reported and ignoreWarnings is false".into();
        }
    }
    if now >= job.start {
        result["startDate"] = time(job.start).into();
    }
    if details {
        let list = |messages: Option<&Vec<Message>>| -> Vec<Value> {
            messages.into_iter().flatten().map(message_json).collect()
        };
        result["details"] = json!({
            "componentFailures": list(outcome.map(|outcome| &outcome.failures)),
            "componentSuccesses": list(outcome.map(|outcome| &outcome.successes)),
            "runTestResult": { "numFailures": 0, "numTestsRun": 0, "totalTime": 0.0, "codeCoverage": [], "codeCoverageWarnings": [],
                "failures": [], "flowCoverage": [], "flowCoverageWarnings": [], "successes": [] },
        });
    }
    result
}

fn message_json(message: &Message) -> Value {
    json!({
        "changed": message.changed, "columnNumber": message.column, "componentType": message.component_type,
        "created": message.created, "createdDate": timestamp(message.date, "Z"), "deleted": message.deleted,
        "fileName": message.file_name, "fullName": message.full_name, "id": message.id, "lineNumber": message.line,
        "problem": message.problem, "problemType": message.problem_type, "success": message.success, "warning":
        message.problem_type.as_deref() == Some("Warning"),
    })
}

struct Part<'a> {
    head: String,
    body: &'a [u8],
}

/// Splits a multipart body.
fn parts<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, Refusal> {
    let invalid = || refuse("INVALID_MULTIPART_REQUEST", "the multipart body could not be read");
    let boundary = content_type
        .split(';')
        .find_map(|parameter| parameter.trim().strip_prefix("boundary="))
        .map(|boundary| boundary.trim_matches('"'))
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(invalid)?;
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let start = memchr::memmem::find(body, first.as_bytes()).ok_or_else(invalid)?;
    let mut rest = &body[start + first.len()..];
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let rest_of_part = rest.strip_prefix(b"\r\n").ok_or_else(invalid)?;
        let blank = memchr::memmem::find(rest_of_part, b"\r\n\r\n").ok_or_else(invalid)?;
        let content = &rest_of_part[blank + 4..];
        let end = memchr::memmem::find(content, next.as_bytes()).ok_or_else(invalid)?;
        parts.push(Part {
            head: String::from_utf8_lossy(&rest_of_part[..blank]).into_owned(),
            body: &content[..end],
        });
        rest = &content[end + next.len()..];
    }
    Ok(parts)
}

#[cfg(test)]
mod tests;
