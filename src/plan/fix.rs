//! From findings to changes: what a package can set right, and why it must leave the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{Diff, Finding, State};
use crate::metadata::document::{Document, NAMESPACE};
use crate::metadata::fact::{Access, Fact, OrganizationFact};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::permission::{Dependency, Permission, close};
use crate::metadata::registry::{
    self, DeployRule, Field, Found, MetadataType, Travel, layout_identity,
};
use crate::metadata::value::Value;
use crate::metadata::{ComponentId, ComponentSet, Requested};
use crate::template::{Applies, ExpandedCreate, ExpandedStep, ExpandedWant, Test};

use crate::metadata::settings::settings;
use crate::package::{Cause, Change, SENT_ALONG, own};

/// What is to be done about a diff.
#[derive(Clone, Debug, Default)]
pub struct Mend {
    /// What a package changes, in the order of the findings; what they need follows them.
    pub changes: Vec<Change>,
    /// What components that are made anew begin with.
    pub made: BTreeMap<ComponentId, Document>,
    /// What REST does after the package, once each.
    pub assignments: Vec<Assignment>,
    /// The findings that will be mended, by their place in the diff.
    pub mended: BTreeSet<usize>,
    /// The findings that stay, by their place in the diff, each with the reason.
    pub left: BTreeMap<usize, String>,
    /// What an admin should know beforehand.
    pub notes: Vec<String>,
}

/// A permission set given to a user, with the licence that it stands on (S 4.3, 4.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignment {
    /// The user's name.
    pub user: String,
    /// The permission set's API name.
    pub permission_set: String,
}

/// What is looked at in making the changes.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'c> {
    /// What is there.
    pub components: &'c ComponentSet,
    /// The org's own graph of permissions; empty where it is not known.
    pub graph: &'c [Dependency],
    /// Whether an org is at hand that REST can be asked to change.
    pub is_online: bool,
}

/// Finds the changes that mend the findings which `chosen` accepts.
pub fn mend(
    diff: &Diff<'_>,
    steps: &[ExpandedStep<'_>],
    around: &Circumstances<'_>,
    chosen: &dyn Fn(&Finding<'_>) -> bool,
) -> Mend {
    let mut mend = Mend::default();
    // Settings first: what is assigned afterwards may be made by them.
    let (settings, others): (Vec<usize>, Vec<usize>) =
        (0..diff.findings.len()).partition(|index| {
            diff.findings[*index].component.is_some() && diff.findings[*index].path.is_some()
        });
    for index in settings.into_iter().chain(others) {
        let finding = &diff.findings[index];
        let is_wrong = matches!(finding.state, State::Differs | State::Missing);
        let is_manual = finding.state == State::Manual;
        if !(is_wrong || is_manual) || !chosen(finding) {
            continue;
        }
        let outcome = match (&finding.component, &finding.path) {
            (Some(id), Some(path)) => mend.setting(finding, id, path, steps, around),
            _ => mend.assignment(diff, index, steps, around),
        };
        match outcome {
            Ok(()) => {
                mend.mended.insert(index);
            }
            Err(_) if is_manual => {}
            Err(reason) => {
                mend.left.insert(index, reason);
            }
        }
    }
    mend.drop_periods(around);
    mend.complete_policies(around);
    mend.close(around);
    mend
}

impl Mend {
    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.assignments.is_empty()
    }

    fn setting(
        &mut self,
        finding: &Finding<'_>,
        id: &ComponentId,
        path: &FieldPath,
        steps: &[ExpandedStep<'_>],
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let there = own(around.components, id);
        let id = match there {
            Some(component) => component.id.clone(),
            None => self.make(id, steps, around)?,
        };
        let row = registry::find_component(&id.type_name, &id.full_name);
        let field =
            row.and_then(|row| row.resolve(path).ok().flatten()).map(|resolved| resolved.field);
        if field.is_some_and(|field| matches!(field.travel, Travel::Never | Travel::Secret)) {
            return Err("a key or secret is never sent; set it in Setup".to_owned());
        }
        if let Some(component) = there {
            refuse(&component.document, &id, path)?;
        }
        let pending = self
            .changes
            .iter()
            .position(|change| change.id == id && change.path.as_ref() == Some(path));
        let now = match pending {
            Some(at) => self.changes[at].to.clone(),
            None => finding.actual.clone(),
        };
        let wanted = wanted(finding, now.as_ref(), field)?;
        if let (None, Some(row)) = (&wanted, row) {
            refuse_removal(row, path)?;
        }
        refuse_other_layout(path, wanted.as_ref())?;
        match pending {
            Some(at) => {
                let merges = matches!(finding.comparison, Some("includes" | "excludes"));
                if !merges && self.changes[at].to != wanted {
                    return Err(format!("another step wants another value of {path}"));
                }
                self.changes[at].to = wanted;
            }
            None => self.changes.push(Change {
                from: if there.is_some() { finding.actual.clone() } else { None },
                id,
                path: Some(path.clone()),
                to: wanted,
                cause: Cause::Step(finding.step.id.clone()),
            }),
        }
        Ok(())
    }

    /// Begins a component that does not exist; returns its own name.
    fn make(
        &mut self,
        id: &ComponentId,
        steps: &[ExpandedStep<'_>],
        around: &Circumstances<'_>,
    ) -> Result<ComponentId, String> {
        if id.type_name == "ConnectedApp" {
            return Err("the org has no such app, and a connected app cannot be created since \
                        Spring '26, by any API: if it is the vendor's, install it (Setup > \
                        Connected Apps OAuth Usage, /lightning/setup/ConnectedAppsUsage/home, or \
                        the vendor's package), otherwise use an external client app"
                .to_owned());
        }
        let create =
            steps.iter().filter(|step| !matches!(step.applies, Applies::No)).find_map(|step| {
                let create = step.create.as_ref()?;
                (create.id == *id).then_some((step, create))
            });
        let part = part_of_app(id, steps, around);
        let name = match (part, &create) {
            (Some(suffix), _) => {
                ComponentId::new(&id.type_name, format!("{}{suffix}", id.full_name))
            }
            (None, Some((_, create))) => create.id.clone(),
            (None, None) => {
                return Err(
                    "it does not exist, and the template does not say how to make it".to_owned()
                );
            }
        };
        if self.made.contains_key(&name) {
            return Ok(name);
        }
        let (document, mut settings) = match create {
            Some((step, create)) => (self.begin(create, around)?, set_by(step, create)),
            None => (empty(&id.type_name), Vec::new()),
        };
        let mut add = |path: &str, value: &str| {
            if let Ok(path) = path.parse::<FieldPath>()
                && !settings.iter().any(|(known, ..)| *known == path)
            {
                settings.push((path, Value::from(value), Cause::Creation));
            }
        };
        match id.type_name.as_str() {
            // A new profile that does not say so is refused (S 3.4).
            "Profile" => add("custom", "true"),
            "PermissionSet" | "ExternalClientApplication" => add("label", &id.full_name),
            _ if part.is_some() => {
                add("externalClientApplication", &id.full_name);
                add("label", &name.full_name);
            }
            _ => {}
        }
        self.changes.push(Change {
            id: name.clone(),
            path: None,
            from: None,
            to: Some(Value::from(
                create.and_then(|(_, create)| create.from.as_ref()).map_or_else(
                    || "a new component".to_owned(),
                    |from| format!("a copy of {from}"),
                ),
            )),
            cause: create.map_or(Cause::Creation, |(step, _)| Cause::Step(step.step.id.clone())),
        });
        self.changes.extend(settings.into_iter().map(|(path, value, cause)| Change {
            id: name.clone(),
            path: Some(path),
            from: None,
            to: Some(value),
            cause,
        }));
        self.made.insert(name.clone(), document);
        Ok(name)
    }

    /// What a new component begins with: its source as far as it was retrieved, or nothing.
    fn begin(
        &mut self,
        create: &ExpandedCreate,
        around: &Circumstances<'_>,
    ) -> Result<Document, String> {
        let Some(from) = &create.from else {
            return Ok(empty(&create.id.type_name));
        };
        let source = around
            .components
            .get(from)
            .or_else(|| own(around.components, from))
            .ok_or_else(|| format!("it is to be made from {from}, which is not there"))?;
        if create.id.type_name == "Profile" {
            self.notes.push(format!(
                "{}: a clone made in Setup copies all of {from}; this one has its user permissions \
                 and the objects asked for, and for the rest (tabs, layouts, record types, apps) \
                 what the org gives a new profile: Minimum Access - Salesforce from API 60.0 on",
                create.id
            ));
        }
        Ok(source.document.clone())
    }

    /// A fact that a permission set of the same template brings about, once the user has it.
    fn assignment(
        &mut self,
        diff: &Diff<'_>,
        index: usize,
        steps: &[ExpandedStep<'_>],
        around: &Circumstances<'_>,
    ) -> Result<(), String> {
        let finding = &diff.findings[index];
        let no_package = "no package can do this; do it in Setup";
        let want = want_of(diff, index, steps).ok_or(no_package)?;
        let want = match want {
            ExpandedWant::Manual { confirm: Some(confirm), .. } => confirm,
            other => other,
        };
        let ExpandedWant::Fact { fact, of: Some(user), .. } = want else {
            return Err(no_package.to_owned());
        };
        if let Fact::Access(Access::PermissionSet(set)) = fact {
            if let Some(source) = &finding.access_from {
                return Err(format!("the {source} must be changed in Setup"));
            }
            return self.assign(user, set, around);
        }
        let path = match fact {
            Fact::Access(Access::Permission(key)) => format!("userPermissions[{key}].enabled"),
            Fact::Access(Access::Object(key, flag)) => {
                format!("objectPermissions[{key}].{}", flag.element())
            }
            Fact::Seats(_)
            | Fact::Organization(OrganizationFact::Edition | OrganizationFact::ApiAccess) => {
                return Err("this is bought, not deployed: ask the account executive".to_owned());
            }
            Fact::Organization(OrganizationFact::IsSandbox | OrganizationFact::IsTrial)
            | Fact::ApiAccessControl
            | Fact::User(_)
            | Fact::Access(Access::PermissionSet(_) | Access::Field(..))
            | Fact::AppInstalled => return Err(no_package.to_owned()),
        };
        let grants = |want: &ExpandedWant| match want {
            ExpandedWant::Metadata {
                id,
                path: there,
                test: Test::Equals(Value::Bool(true)),
                ..
            } if id.type_name == "PermissionSet"
                && there.to_string().eq_ignore_ascii_case(&path) =>
            {
                Some(id.full_name.clone())
            }
            _ => None,
        };
        let set = steps
            .iter()
            .filter(|step| !matches!(step.applies, Applies::No))
            .flat_map(|step| &step.wants)
            .find_map(grants)
            .ok_or_else(|| format!("{no_package} (no permission set of the template grants it)"))?;
        if matches!(finding.actual, Some(Value::Bool(true))) {
            return Ok(());
        }
        self.assign(user, &set, around)
    }

    fn assign(&mut self, user: &str, set: &str, around: &Circumstances<'_>) -> Result<(), String> {
        if !around.is_online {
            return Err(format!(
                "the permission set `{set}` must be assigned to `{user}`, which a folder of files \
                 cannot hold"
            ));
        }
        let id = ComponentId::new("PermissionSet", set);
        let is_asked_for = matches!(&around.components.requested, Requested::Manifest(manifest) if manifest.covers("PermissionSet", set));
        if is_asked_for && around.components.get(&id).is_none() && !self.made.contains_key(&id) {
            return Err(format!(
                "the permission set `{set}` does not exist, and nothing here makes it"
            ));
        }
        let assignment = Assignment { user: user.to_owned(), permission_set: set.to_owned() };
        if !self.assignments.contains(&assignment) {
            self.assignments.push(assignment);
        }
        Ok(())
    }

    /// A period without a policy that has one is refused (S 2.5): it goes with the policy that it
    /// belonged to.
    fn drop_periods(&mut self, around: &Circumstances<'_>) {
        let mut dropped = Vec::new();
        for change in &self.changes {
            let is_policy = change
                .path
                .as_ref()
                .is_some_and(|path| path.to_string() == "refreshTokenPolicyType");
            let is_specific =
                change.to.as_ref().is_some_and(|to| to.to_string().starts_with("Specific"));
            if !is_policy
                || is_specific
                || change.id.type_name != "ExtlClntAppOauthConfigurablePolicies"
            {
                continue;
            }
            let Some(there) = own(around.components, &change.id) else { continue };
            for name in ["refreshTokenValidityPeriod", "refreshTokenValidityUnit"] {
                if let (Some(value), Ok(path)) =
                    (there.document.root().child_text(name), name.parse::<FieldPath>())
                {
                    dropped.push(Change {
                        id: change.id.clone(),
                        path: Some(path),
                        from: Some(Value::from(value.as_ref())),
                        to: None,
                        cause: Cause::Needed(
                            change.to.as_ref().map(ToString::to_string).unwrap_or_default(),
                        ),
                    });
                }
            }
        }
        self.changes.extend(dropped);
    }

    /// A connected app's policy without one of the two settings that it must have is refused (S
    /// 1.3): the documented default joins.
    fn complete_policies(&mut self, around: &Circumstances<'_>) {
        let of_policy = |change: &Change| {
            change.id.type_name == "ConnectedApp"
                && change.path.as_ref().is_some_and(|path| path.segments()[0].name == "oauthPolicy")
        };
        let apps: BTreeSet<ComponentId> = self
            .changes
            .iter()
            .filter(|change| of_policy(change))
            .map(|change| change.id.clone())
            .collect();
        for id in apps {
            let policy = own(around.components, &id)
                .and_then(|there| there.document.root().child("oauthPolicy"));
            for (name, default) in [("ipRelaxation", "ENFORCE"), ("refreshTokenPolicy", "infinite")]
            {
                let path = FieldPath::new(
                    ["oauthPolicy", name]
                        .map(|name| Segment { name: name.to_owned(), key: None })
                        .to_vec(),
                );
                let is_there = policy.is_some_and(|policy| policy.child(name).is_some())
                    || self
                        .changes
                        .iter()
                        .any(|change| change.id == id && change.path.as_ref() == Some(&path));
                if !is_there {
                    let cause = Cause::Needed("oauthPolicy".to_owned());
                    self.changes.push(Change {
                        id: id.clone(),
                        path: Some(path),
                        from: None,
                        to: Some(Value::from(default)),
                        cause,
                    });
                }
            }
        }
    }

    /// Adds what the changes need so that the org accepts them (S 3.6).
    fn close(&mut self, around: &Circumstances<'_>) {
        let ids: BTreeSet<ComponentId> = self
            .changes
            .iter()
            .map(|change| &change.id)
            .filter(|id| matches!(id.type_name.as_str(), "Profile" | "PermissionSet"))
            .cloned()
            .collect();
        for id in ids {
            let Some(row) = registry::find(&id.type_name) else { continue };
            let there = own(around.components, &id)
                .map(|component| &component.document)
                .or_else(|| self.made.get(&id));
            let mut wanted = Vec::new();
            let mut taken = BTreeSet::new();
            for change in self.changes.iter().filter(|change| change.id == id) {
                let Some(permission) = change.path.as_ref().and_then(Permission::of_path) else {
                    continue;
                };
                if change.to == Some(Value::Bool(true)) {
                    wanted.push(permission);
                } else {
                    taken.insert(permission);
                }
            }
            // What a new profile is copied from may rest on objects that were not asked for, so all
            // that it grants is looked at.
            if let Some(document) = self.made.get(&id) {
                let all = settings(row, document);
                let granted = all.iter().filter(|(_, value)| **value == Value::Bool(true));
                wanted.extend(
                    granted
                        .filter_map(|(path, _)| Permission::of_path(path))
                        .filter(|permission| !taken.contains(permission)),
                );
            }
            let is_granted = |permission: &Permission| {
                let found =
                    there.map(|document| registry::look_up(row, document, &permission.path()));
                !taken.contains(permission)
                    && matches!(found, Some(Found::Value { value: Value::Bool(true), .. }))
            };
            for (permission, by) in close(&wanted, &is_granted, around.graph) {
                if !is_seen(&permission, &id, around, self.made.contains_key(&id)) {
                    self.notes.push(format!(
                        "{id}: {by} also needs {permission}, and whether it is \
                        granted was not observed"
                    ));
                    continue;
                }
                let path = permission.path();
                if self
                    .changes
                    .iter()
                    .any(|change| change.id == id && change.path.as_ref() == Some(&path))
                {
                    continue;
                }
                self.changes.push(Change {
                    id: id.clone(),
                    path: Some(path),
                    from: Some(Value::Bool(false)),
                    to: Some(Value::Bool(true)),
                    cause: Cause::Needed(by.to_string()),
                });
            }
        }
    }
}

/// Says whether what a profile holds of a permission is known: only then can the rest of its entry
/// be sent as it was.
fn is_seen(
    permission: &Permission,
    id: &ComponentId,
    around: &Circumstances<'_>,
    is_made: bool,
) -> bool {
    if id.type_name != "Profile" || is_made {
        return true;
    }
    let (type_name, name) = match permission {
        Permission::User(_) => return true,
        Permission::Object(object, _) => ("CustomObject", object.clone()),
        Permission::Field(field, _) => {
            ("CustomObject", field.split('.').next().unwrap_or_default().to_owned())
        }
    };
    match &around.components.requested {
        Requested::Manifest(manifest) => {
            manifest.covers(type_name, &name)
                && !around.components.not_observed.contains_key(&ComponentId::new(type_name, name))
        }
        Requested::Unknown => false,
    }
}

/// What can't be changed in what is there, whatever a template wants.
pub(crate) fn refuse(
    document: &Document,
    id: &ComponentId,
    path: &FieldPath,
) -> Result<(), String> {
    if id.type_name != "Profile" {
        return Ok(());
    }
    let first = &path.segments()[0];
    let is_custom = document
        .root()
        .child_text("custom")
        .is_some_and(|text| Value::parse_bool(&text) == Some(true));
    match (first.name.as_str(), &first.key) {
        ("userLicense", _) => {
            Err("a profile's licence can never be changed: clone a profile of the right licence \
                 and move the user to it"
                .to_owned())
        }
        ("custom", _) => {
            Err("a standard profile stays one: clone it, and give the clone's name to \
                              the template"
                .to_owned())
        }
        // From 50.0 on (S 3.4); the objects of the org itself may be set.
        ("objectPermissions", Some(object)) if !is_custom && !object.contains("__") => {
            Err("a standard profile's permissions on standard objects cannot be edited: clone it, \
                 or grant them in a permission set"
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// A path that names a layout, with another one wanted there: the entry is found by the layout, and
/// would not be there any more.
fn refuse_other_layout(path: &FieldPath, wanted: Option<&Value>) -> Result<(), String> {
    let [Segment { name, key: Some(key) }, last] = path.segments() else { return Ok(()) };
    let named = key.split('|').next().unwrap_or_default();
    let wants_other = wanted.is_some_and(|wanted| wanted.to_string() != named);
    if name != "layoutAssignments" || last.name != "layout" || !named.contains('-') || !wants_other
    {
        return Ok(());
    }
    Err(format!(
        "the path names the layout `{named}`, and another is wanted there: name the object \
         instead, `layoutAssignments[{}].layout`",
        layout_identity(key)
    ))
}

/// What a deploy has no word for: an entry of a profile that says nothing by flags (a tab, a
/// layout) can be changed, and not taken away (S 3.4).
pub(crate) fn refuse_removal(row: &MetadataType, path: &FieldPath) -> Result<(), String> {
    let first = &path.segments()[0];
    let is_list = row.deploy == DeployRule::Overlay
        && first.key.is_some()
        && !SENT_ALONG.contains(&first.name.as_str());
    let field = row.fields.iter().find(|field| field.name == first.name);
    if !is_list || field.is_none_or(Field::says_by_flags) {
        return Ok(());
    }
    Err("a deploy has no way to take this away: do it in Setup".to_owned())
}

/// What is to stand there. Elements of a set are the same by the comparison's own rule: `Admin` is
/// `System Administrator`.
fn wanted(
    finding: &Finding<'_>,
    now: Option<&Value>,
    field: Option<&Field>,
) -> Result<Option<Value>, String> {
    let elements = || now.map(Value::elements).unwrap_or_default();
    let desired: Vec<String> = finding.desired.iter().map(Value::to_string).collect();
    let normal = |elements: &[String]| {
        let value = Value::List(elements.to_vec());
        field.map_or_else(|| value.clone(), |field| field.normalise(&value)).elements()
    };
    let is_among = |element: &String, all: &[String]| {
        normal(std::slice::from_ref(element)).iter().all(|one| all.contains(one))
    };
    match finding.comparison {
        Some("equals" | "one-of" | "at-least" | "at-most") => finding
            .desired
            .first()
            .cloned()
            .map(Some)
            .ok_or_else(|| "the template names no value".to_owned()),
        Some("includes") => {
            let mut all = elements();
            let there = normal(&all);
            all.extend(desired.into_iter().filter(|element| !is_among(element, &there)));
            Ok(Some(Value::List(all)))
        }
        Some("excludes") => {
            let unwanted = normal(&desired);
            Ok(Some(Value::List(
                elements().into_iter().filter(|element| !is_among(element, &unwanted)).collect(),
            )))
        }
        Some("absent") => Ok(None),
        other => Err(format!("`{}` cannot be brought about", other.unwrap_or_default())),
    }
}

/// How the file of a part of an external client app is named where it is made here (S 2.1), if the
/// app is there or is made too.
fn part_of_app(
    id: &ComponentId,
    steps: &[ExpandedStep<'_>],
    around: &Circumstances<'_>,
) -> Option<&'static str> {
    let suffix = match id.type_name.as_str() {
        "ExtlClntAppOauthSettings" => "_oauth",
        "ExtlClntAppGlobalOauthSettings" => "_glbloauth",
        "ExtlClntAppOauthConfigurablePolicies" => "_oauthPlcy",
        "ExtlClntAppConfigurablePolicies" => "_plcy",
        "ExtlClntAppOauthSecuritySettings" => "_oauthSecurity",
        _ => return None,
    };
    let app = ComponentId::new("ExternalClientApplication", id.full_name.as_str());
    let is_made =
        steps.iter().any(|step| step.create.as_ref().is_some_and(|create| create.id == app));
    (around.components.get(&app).is_some() || is_made).then_some(suffix)
}

fn set_by(step: &ExpandedStep<'_>, create: &ExpandedCreate) -> Vec<(FieldPath, Value, Cause)> {
    create
        .set
        .iter()
        .map(|(path, value)| (path.clone(), value.clone(), Cause::Step(step.step.id.clone())))
        .collect()
}

fn empty(type_name: &str) -> Document {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{type_name} xmlns=\"{NAMESPACE}\">\n\
         </{type_name}>\n"
    );
    Document::parse(text.into_bytes()).expect("a type's name is an element's name")
}

/// Finds the want that a finding came from: a step's findings stand in the order of its wants.
fn want_of<'s>(
    diff: &Diff<'_>,
    index: usize,
    steps: &'s [ExpandedStep<'_>],
) -> Option<&'s ExpandedWant> {
    let step = diff.findings[index].step;
    let first = diff.findings.iter().position(|finding| std::ptr::eq(finding.step, step))?;
    steps.iter().find(|one| std::ptr::eq(one.step, step))?.wants.get(index - first)
}
