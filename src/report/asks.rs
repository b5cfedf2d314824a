//! What a template will ask an org, before it is asked: which components are retrieved, which rows
//! are read, and that nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use owo_colors::OwoColorize as _;
use serde_json::{Value as Json, json};

use crate::metadata::fact::{Access, Fact, OrgFeature, OrganizationFact};
use crate::metadata::registry::{self, Kind};
use crate::template::{GrantScope, Template, Want, fill};

use super::line::{clean, line, paragraph};
use super::template::pretty;

/// What is asked; patterns stand as they are where a parameter has no value.
#[derive(Debug, Default)]
pub struct Asks {
    /// Components by type.
    components: BTreeMap<String, BTreeSet<String>>,
    /// What is retrieved beside a profile, by type, so that what is absent can be read.
    companions: BTreeMap<String, BTreeSet<String>>,
    /// What is read by SOQL and REST: the objects, and for what.
    rows: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Asks {
    /// Collects what a template asks, as it was narrowed.
    pub fn of(template: &Template) -> Self {
        let mut asks = Self::default();
        for step in &template.steps {
            step.deciding_facts().for_each(|fact| asks.fact(fact));
            step.wants.iter().for_each(|want| asks.want(template, want));
            let made = step
                .create
                .iter()
                .flat_map(|create| std::iter::once(&create.component).chain(&create.from));
            for pattern in made.flat_map(|pattern| components(template, pattern)) {
                asks.component(&pattern);
            }
        }
        asks
    }

    fn component(&mut self, pattern: &str) {
        if let Some((type_name, name)) = pattern.split_once(':') {
            self.components
                .entry(type_name.trim().to_owned())
                .or_default()
                .insert(name.trim().to_owned());
        }
    }

    fn want(&mut self, template: &Template, want: &Want) {
        match want {
            Want::Metadata { component, path, carrier, .. } => {
                for component in components(template, component) {
                    self.component(&component);
                    self.companion(&component, path);
                }
                if *carrier == GrantScope::Effective
                    && let Some(fact) = permission(path)
                {
                    self.fact(&fact);
                }
            }
            Want::Fact { fact, .. } => self.fact(fact),
            Want::Manual { confirm, .. } => confirm.iter().for_each(|one| self.want(template, one)),
            Want::Any(wants) => wants.iter().for_each(|want| self.want(template, want)),
        }
    }

    /// What must be asked for with a profile, so that the absence of an entry can be read (S 3.2).
    fn companion(&mut self, component: &str, path: &str) {
        let Some((type_name, name)) = component.split_once(':') else { return };
        let row = registry::find_component(type_name, name);
        let Some(section) = row.and_then(|row| row.field(path.split('[').next()?)) else { return };
        let Kind::Section { companion: Some(companion), .. } = &section.kind else { return };
        let key = path.split_once('[').and_then(|(_, rest)| Some(rest.rsplit_once(']')?.0));
        if let Some((type_name, name)) =
            key.and_then(|key| companion.candidates(key).into_iter().next_back())
        {
            self.companions.entry(type_name.to_owned()).or_default().insert(name);
        }
    }

    fn fact(&mut self, pattern: &str) {
        let key = pattern.split_once('[').and_then(|(_, rest)| Some(rest.rsplit_once(']')?.0));
        let Ok(fact) = Fact::parse(&fill(pattern, "X")) else { return };
        let mut row = |objects, what: &str| {
            self.rows.entry(objects).or_default().insert(what.to_owned());
        };
        let named = |what: &str| format!("{what} {}", key.unwrap_or_default());
        match &fact {
            Fact::Organization(of) => row(
                "Organization",
                match of {
                    OrganizationFact::Edition => "edition",
                    OrganizationFact::ApiAccess => "edition, for API access",
                    OrganizationFact::IsSandbox => "whether it is a sandbox",
                    OrganizationFact::IsTrial => "whether it is a trial",
                },
            ),
            Fact::ApiAccessControl => {
                self.component("Settings:ConnectedApp");
            }
            Fact::User(_) => row("User", "the named user: active, profile, licence"),
            Fact::Access(access) => {
                row("PermissionSetAssignment", "what the named user has");
                match access {
                    Access::Permission(_) => row("PermissionSet", &named("system permission")),
                    Access::Object(..) => row("ObjectPermissions", &named("object")),
                    Access::Field(..) => row("FieldPermissions", &named("field")),
                    Access::PermissionSet(_) => row("PermissionSet", &named("permission set")),
                }
            }
            Fact::AppInstalled => row("ConnectedApplication", "whether the app is there"),
            Fact::Seats(_) => row("UserLicense, PermissionSetLicense", &named("free seats of")),
            Fact::Column(column) => row("User", &format!("the named user: {}", column.column())),
            Fact::Licensed(_) => row("PermissionSetLicenseAssign", &named("whether they have")),
            Fact::AppAccess(_) => {
                row("SetupEntityAccess, PermissionSetAssignment", &named("who is let into"));
            }
            // The address of the org says it.
            Fact::MyDomain => {}
            Fact::Currency => row("CurrencyType", "the company's currency"),
            Fact::Package(_) | Fact::PackageVersion(_) => {
                row("InstalledSubscriberPackage", &named("whether it is there, by its namespace:"));
                self.component("InstalledPackage:*");
            }
            Fact::ChangeEvents(_) => self.component("PlatformEventChannelMember:*"),
            Fact::Feature(name) => {
                let known = key.and_then(OrgFeature::find);
                let settings = known.map_or(name.as_str(), |feature| feature.settings);
                self.component(&format!("Settings:{settings}"));
            }
        }
    }
}

/// The components that a pattern may name: one of each type where a parameter stands for it all.
fn components(template: &Template, pattern: &str) -> Vec<String> {
    match template.component_types(pattern) {
        Some(types) => types.iter().map(|type_name| format!("{type_name}:{pattern}")).collect(),
        None => vec![pattern.to_owned()],
    }
}

/// The fact that a permission is, wherever the user has it from.
fn permission(path: &str) -> Option<String> {
    let (section, rest) = path.split_once('[')?;
    let (key, leaf) = rest.rsplit_once(']')?;
    let path = format!("{section}[X]{leaf}").parse().ok()?;
    Some(Fact::of_permission(&path)?.to_string().replace("[X]", &format!("[{key}]")))
}

/// Shows what is asked; `today` is the day on which it is read.
pub fn text(template: &Template, asks: &Asks, today: &str) -> String {
    let mut out = String::new();
    let head = format!("What {} ({}) asks an org", clean(&template.title), clean(&template.name));
    line(&mut out, &head.bold().to_string());
    if let Some(age) = template.age(today) {
        paragraph(&mut out, 0, "note: ", &age);
    }
    let names = |names: &BTreeSet<String>| {
        clean(&names.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    let mut part = |title: &str, rows: Vec<(String, String)>| {
        if rows.is_empty() {
            return;
        }
        line(&mut out, &format!("\n{}", title.bold()));
        for (name, what) in rows {
            line(&mut out, &format!("  {}: {what}", clean(&name)));
        }
    };
    let of = |map: &BTreeMap<String, BTreeSet<String>>| {
        map.iter().map(|(name, all)| (name.clone(), names(all))).collect::<Vec<_>>()
    };
    part("Components, by a retrieve of the Metadata API", of(&asks.components));
    part("Beside profiles, so that what is absent can be read", of(&asks.companions));
    let rows = asks.rows.iter().map(|(objects, all)| ((*objects).to_owned(), names(all)));
    part("Rows, by SOQL", rows.collect());
    line(&mut out, "");
    line(
        &mut out,
        "Also: which of the names above the org has (lists of the Metadata API, the schema of \
         PermissionSet), and who signs in. Nothing is written; `sfsetup diff -v` shows every \
         request.",
    );
    out
}

/// Shows what is asked for programs.
pub fn json(template: &Template, asks: &Asks, today: &str) -> String {
    let rows = asks.rows.iter();
    let rows: Vec<Json> =
        rows.map(|(objects, what)| json!({"objects": objects, "what": what})).collect();
    pretty(&json!({
        "format": "sfsetup.template-asks/1",
        "name": template.name,
        "review_overdue": template.age(today).is_some(),
        "components": asks.components,
        "companions": asks.companions,
        "rows": rows,
        "writes": [],
    }))
}
