//! What a retrieve, a list and a read give: S 3.2 for profiles, S 6.2 for the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::deploy::{NEWEST, cut};
use super::id::{of_job, same_id, unknown};
use super::job::{FileProperties, MAX_FILES, RetrieveJob, RetrieveRequest, Retrieved};
use super::name::{Key, decode, encode, path_of_key};
use super::refusal::{Refusal, refuse};
use super::schema;
use super::state::{Org, SEED_TIME, State, Stored, component_id};
use super::tree::Node;

impl State {
    /// Starts a retrieve and returns its id.
    pub(crate) fn start_retrieve(&mut self, request: RetrieveRequest, now: u64) -> String {
        let id = self.passing_id("09S");
        let job = RetrieveJob {
            request,
            started: now,
            ready: now + self.delay,
            outcome: None,
            fetched: false,
            fails_on: None,
            max_files: MAX_FILES,
        };
        self.retrieves.insert(id.clone(), job);
        id
    }

    /// Finds a retrieve by its id of 15 or 18 characters; returns its own with it.
    pub(crate) fn retrieve(&self, id: &str) -> Result<(&str, &RetrieveJob), Refusal> {
        of_job(id)?;
        let found = self.retrieves.iter().find(|(one, _)| same_id(one, id));
        found.map(|(id, job)| (id.as_str(), job)).ok_or_else(unknown)
    }

    pub(crate) fn finish_retrieves(&mut self, now: u64) {
        for job in self.retrieves.values_mut() {
            if job.outcome.is_none() && job.ready <= now {
                job.outcome = Some(self.org.gather(job));
            }
        }
    }
}

/// Standard objects that no one customises: the Metadata API lists them not, and has no file of
/// them.
const WITHOUT_FILE: &[&str] = &["PushTopic", "StreamingChannel"];

/// Parts of profiles that only a caller with View Setup and Configuration sees (S 3.2).
pub(crate) const NEEDS_VIEW_SETUP: &[&str] = &[
    "fieldPermissions",
    "layoutAssignments",
    "objectPermissions",
    "recordTypeVisibilities",
    "tabVisibilities",
];

/// Whether who has View Setup and Configuration, or has not, gets at components of a type (S 4.6).
pub(crate) fn is_shown(type_name: &str, sees_setup: bool) -> bool {
    sees_setup || type_name != "NamedCredential"
}

/// Whether a manifest names a component; `*` where the type takes it.
fn names(request: &RetrieveRequest, type_name: &str, full_name: &str) -> bool {
    request.types.iter().filter(|(name, _)| name == type_name).flat_map(|(_, members)| members).any(
        |member| {
            member == &member_name(type_name, full_name)
                || (member == "*" && takes_wildcard(type_name, full_name))
        },
    )
}

/// `*` does not match standard objects (S 3.2), nor single fields and record types.
fn takes_wildcard(type_name: &str, full_name: &str) -> bool {
    match type_name {
        "CustomField" | "CustomObject" => full_name.ends_with("__c"),
        _ => true,
    }
}

impl Org {
    fn gather(&self, job: &RetrieveJob) -> Retrieved {
        let request = &job.request;
        let mut out = Retrieved::default();
        let mut members: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (type_name, wanted) in &request.types {
            let mut known = self.names_of(type_name);
            if type_name == "Settings" {
                known.retain(|name| {
                    schema::settings_at(&format!("{name}Settings"), request.version).is_some()
                });
            }
            if !is_shown(type_name, request.sees_parts) {
                known.clear();
            }
            if !is_type(type_name, request.version) {
                out.messages.push((
                    "unpackaged/package.xml".to_owned(),
                    format!("Entity type '{type_name}' is unknown"),
                ));
                continue;
            }
            for member in wanted {
                if member == "*" {
                    members.entry(type_name).or_default().extend(
                        known.iter().filter(|name| takes_wildcard(type_name, name)).cloned(),
                    );
                    continue;
                }
                let name = decode(member);
                // A manifest bears names as the API encodes them (S 3.3).
                if known.contains(&name) && member_name(type_name, &name) == *member {
                    members.entry(type_name).or_default().insert(name);
                } else {
                    out.messages.push((
                        "unpackaged/package.xml".to_owned(),
                        format!("Entity of type '{type_name}' named '{member}' cannot be found"),
                    ));
                }
            }
        }
        if let Some((type_name, full_name)) = &job.fails_on
            && members.get(type_name.as_str()).is_some_and(|names| names.contains(full_name))
        {
            out.error = Some(refuse(
                "UNKNOWN_EXCEPTION",
                format!(
                    "Load of metadata from db failed for metadata of type:{type_name} and file \
                     name: {}.",
                    encode(full_name)
                ),
            ));
            return out;
        }
        for (type_name, names) in &members {
            for name in names {
                self.add_file(&mut out, request, type_name, name);
            }
        }
        if out.files.len() > job.max_files {
            return Retrieved {
                error: Some(refuse(
                    "LIMIT_EXCEEDED",
                    format!("Too many files in retrieve call, limit is: {}", job.max_files),
                )),
                ..Retrieved::default()
            };
        }
        out.files
            .insert("package.xml".to_owned(), manifest(&members, request.version).into_bytes());
        out.properties.push(FileProperties {
            file_name: "package.xml".to_owned(),
            full_name: "package.xml".to_owned(),
            type_name: "Package".to_owned(),
            id: String::new(),
            created: job.started,
            modified: job.started,
            modified_by: self.catalog.admin.clone(),
        });
        if !request.single_package {
            out.files = std::mem::take(&mut out.files)
                .into_iter()
                .map(|(path, content)| (format!("unpackaged/{path}"), content))
                .collect();
            for property in &mut out.properties {
                property.file_name = format!("unpackaged/{}", property.file_name);
            }
        }
        out
    }

    fn add_file(
        &self,
        out: &mut Retrieved,
        request: &RetrieveRequest,
        type_name: &str,
        name: &str,
    ) {
        if matches!(type_name, "CustomField" | "CustomObject" | "RecordType") {
            let object = name.split('.').next().unwrap_or(name);
            let path = format!("objects/{object}.object");
            let content = self.object_file(object, request);
            out.files.insert(path.clone(), content.into_bytes());
            out.properties.push(self.properties(type_name, name, path, None));
            return;
        }
        let key = (type_name.to_owned(), name.to_owned());
        let (Some(stored), Some(path)) = (self.components.get(&key), path_of_key(&key)) else {
            return;
        };
        let content = self.content_for(&key, stored, request);
        out.files.insert(path.clone(), content.into_bytes());
        if type_name == "ApexClass" {
            out.files.insert(
                format!("{path}-meta.xml"),
                Node::group(
                    "ApexClass",
                    vec![Node::text("apiVersion", "66.0"), Node::text("status", "Active")],
                )
                .to_file()
                .into_bytes(),
            );
        }
        out.properties.push(self.properties(type_name, name, path, Some(stored)));
    }

    /// A component's file as this request gives it.
    fn content_for(&self, key: &Key, stored: &Stored, request: &RetrieveRequest) -> String {
        let fields = schema::fields_at(&key.0, &key.1, NEWEST);
        if fields.is_empty() {
            return stored.content.clone();
        }
        let Ok(mut node) = Node::parse(&stored.content) else {
            return stored.content.clone();
        };
        // A set comes whole since 40.0 (S 4.1).
        if key.0 == "Profile" || (key.0 == "PermissionSet" && request.version < 40) {
            node.children.retain(|entry| self.is_given(entry, request));
        }
        cut(&mut node, fields, request.version);
        node.to_file()
    }

    /// Whether a profile's or a set's entry is in the file: only for what the same manifest names
    /// (S 3.2).
    fn is_given(&self, entry: &Node, request: &RetrieveRequest) -> bool {
        let key = |name: &str| entry.get(name).unwrap_or_default().to_owned();
        let named = |type_name: &str, full_name: &str| names(request, type_name, full_name);
        let of_object = |full_name: &str| {
            let object = full_name.split('.').next().unwrap_or_default();
            named("CustomObject", object)
        };
        if NEEDS_VIEW_SETUP.contains(&entry.name.as_str()) && !request.sees_parts {
            return false;
        }
        match entry.name.as_str() {
            "agentAccesses" => named("Bot", &key("agentName")),
            "applicationVisibilities" => named("CustomApplication", &key("application")),
            "classAccesses" => named("ApexClass", &key("apexClass")),
            "customMetadataTypeAccesses" | "customSettingAccesses" => {
                named("CustomObject", &key("name"))
            }
            "customPermissions" => named("CustomPermission", &key("name")),
            "externalDataSourceAccesses" => named("ExternalDataSource", &key("externalDataSource")),
            "fieldPermissions" => {
                let field = key("field");
                of_object(&field) || named("CustomField", &field)
            }
            "flowAccesses" => named("Flow", &key("flow")) || named("FlowDefinition", &key("flow")),
            "layoutAssignments" => named("Layout", &key("layout")),
            "objectPermissions" => named("CustomObject", &key("object")),
            "pageAccesses" => named("ApexPage", &key("apexPage")),
            "recordTypeVisibilities" => {
                let record_type = key("recordType");
                of_object(&record_type) || named("RecordType", &record_type)
            }
            "tabSettings" | "tabVisibilities" => {
                let tab = key("tab");
                match tab.strip_prefix("standard-") {
                    Some(object) => named("CustomObject", object),
                    None => named("CustomTab", &tab) || named("CustomObject", &tab),
                }
            }
            // Always there: userPermissions, loginIpRanges, loginHours, and what is no list.
            _ => true,
        }
    }

    /// An object's file, made from the catalogue: the whole object, or the parts that are named.
    fn object_file(&self, name: &str, request: &RetrieveRequest) -> String {
        let mut children = Vec::new();
        if let Some(object) = self.catalog.objects.get(name) {
            let whole = names(request, "CustomObject", name);
            let mut masters = object.master.iter();
            for (field, kind) in &object.fields {
                if whole || names(request, "CustomField", &format!("{name}.{field}")) {
                    let mut parts = vec![Node::text("fullName", field)];
                    if field.ends_with("__c") {
                        parts.push(Node::text("label", &kind.label));
                        if kind.kind == "MasterDetail"
                            && let Some(master) = masters.next()
                        {
                            parts.push(Node::text("referenceTo", master));
                        }
                        parts.push(Node::text("required", kind.required.to_string()));
                        parts.push(Node::text("type", &kind.kind));
                    }
                    children.push(Node::group("fields", parts));
                }
            }
            for record_type in &object.record_types {
                if whole || names(request, "RecordType", &format!("{name}.{record_type}")) {
                    children.push(Node::group(
                        "recordTypes",
                        vec![
                            Node::text("fullName", record_type),
                            Node::text("active", "true"),
                            Node::text("label", record_type),
                        ],
                    ));
                }
            }
            if whole && object.custom {
                children.push(Node::text("deploymentStatus", "Deployed"));
                children.push(Node::text("label", &object.label));
                children.push(Node::text("pluralLabel", &object.plural));
                children.push(Node::text("sharingModel", "ReadWrite"));
            }
        }
        Node::group("CustomObject", children).to_file()
    }

    /// The full names of a type's components.
    fn names_of(&self, type_name: &str) -> BTreeSet<String> {
        match type_name {
            "CustomObject" => {
                let all = self.catalog.objects.keys();
                all.filter(|name| !WITHOUT_FILE.contains(&name.as_str())).cloned().collect()
            }
            "CustomField" => self
                .catalog
                .objects
                .iter()
                .flat_map(|(object, row)| {
                    row.fields.keys().map(move |field| format!("{object}.{field}"))
                })
                .collect(),
            "RecordType" => self
                .catalog
                .objects
                .iter()
                .flat_map(|(object, row)| {
                    row.record_types
                        .iter()
                        .map(move |record_type| format!("{object}.{record_type}"))
                })
                .collect(),
            _ => self
                .components
                .keys()
                .filter(|(name, _)| name == type_name)
                .map(|(_, full_name)| full_name.clone())
                .collect(),
        }
    }

    fn properties(
        &self,
        type_name: &str,
        full_name: &str,
        file_name: String,
        stored: Option<&Stored>,
    ) -> FileProperties {
        let admin = &self.catalog.admin;
        FileProperties {
            file_name,
            full_name: member_name(type_name, full_name),
            type_name: type_name.to_owned(),
            id: component_id(type_name, full_name),
            created: stored.map_or(SEED_TIME, |stored| stored.created),
            modified: stored.map_or(SEED_TIME, |stored| stored.modified),
            modified_by: stored.map_or_else(|| admin.clone(), |stored| stored.modified_by.clone()),
        }
    }

    /// Lists a type's components. An installed app of another org is not among them (S 1.5).
    pub(crate) fn list(
        &self,
        type_name: &str,
        version: u16,
    ) -> Result<Vec<FileProperties>, Refusal> {
        if !is_type(type_name, version) {
            return Err(refuse("INVALID_TYPE", format!("Unknown type: {type_name}")));
        }
        Ok(self
            .names_of(type_name)
            .iter()
            .map(|name| {
                let key = (type_name.to_owned(), name.clone());
                let path = path_of_key(&key).unwrap_or_else(|| {
                    format!("objects/{}.object", name.split('.').next().unwrap_or(name))
                });
                self.properties(type_name, name, path, self.components.get(&key))
            })
            .collect())
    }

    /// Reads components whole; `None` for one that is not there (S 6.2: an empty record, not an
    /// error).
    ///
    /// Settings are read by the name of their own type: `ConnectedAppSettings`, `ConnectedApp`.
    pub(crate) fn read(
        &self,
        type_name: &str,
        full_names: &[String],
        version: u16,
    ) -> Result<Vec<Option<(String, Node)>>, Refusal> {
        let is_settings = schema::settings_at(type_name, version).is_some();
        let type_name = if is_settings { "Settings" } else { type_name };
        if !is_type(type_name, version) {
            return Err(refuse("INVALID_TYPE", format!("Unknown type: {type_name}")));
        }
        if full_names.len() > 10 {
            return Err(refuse(
                "EXCEEDED_ID_LIMIT",
                "record limit reached. cannot submit more than 10 records in this operation",
            ));
        }
        Ok(full_names
            .iter()
            .map(|name| {
                let full_name = decode(name);
                if type_name == "CustomObject" && self.names_of(type_name).contains(&full_name) {
                    let types = vec![(type_name.to_owned(), vec![name.clone()])];
                    let whole = RetrieveRequest { types, version, ..RetrieveRequest::default() };
                    let file = Node::parse(&self.object_file(&full_name, &whole)).ok()?;
                    return Some((name.clone(), file));
                }
                let mut node = self.component(type_name, &full_name)?;
                cut(&mut node, schema::fields_at(type_name, &full_name, NEWEST), version);
                Some((name.clone(), node))
            })
            .collect())
    }
}

/// Whether the type exists at a version, with those that are parts of an object and those that an
/// org without such features still knows.
fn is_type(name: &str, version: u16) -> bool {
    const OTHERS: &[&str] = &[
        "ApexPage",
        "Bot",
        "CustomField",
        "Document",
        "ExternalDataSource",
        "ExtlClntAppOauthSecuritySettings",
        "Flow",
        "FlowDefinition",
        "MutingPermissionSet",
        "RecordType",
    ];
    schema::find_at(name, version).is_some() || OTHERS.contains(&name)
}

/// A full name as manifests and lists write it: encoded (S 3.3), but with the dot between an object
/// and its part.
pub(crate) fn member_name(type_name: &str, full_name: &str) -> String {
    match (type_name, full_name.split_once('.')) {
        ("CustomField" | "RecordType", Some((object, part))) => {
            format!("{}.{}", encode(object), encode(part))
        }
        _ => encode(full_name),
    }
}

fn manifest(members: &BTreeMap<&str, BTreeSet<String>>, version: u16) -> String {
    let mut types = Vec::new();
    for (type_name, names) in members {
        let mut children: Vec<Node> =
            names.iter().map(|name| Node::text("members", member_name(type_name, name))).collect();
        children.push(Node::text("name", *type_name));
        types.push(Node::group("types", children));
    }
    types.push(Node::text("version", format!("{version}.0")));
    Node::group("Package", types).to_file()
}

#[cfg(test)]
mod tests;
