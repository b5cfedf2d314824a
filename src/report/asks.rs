//! What a template will ask an org, before it is asked: which components are retrieved, which rows
//! are read, and that nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use owo_colors::OwoColorize as _;
use serde_json::{Value as Json, json};

use crate::metadata::fact::Fact;
use crate::metadata::registry::{self, Kind};
use crate::org::facts::Reads;
use crate::template::{GrantScope, Template, Want, fill};

use super::line::{clean, line, paragraph};

/// What is asked; patterns stand as they are where a parameter has no value.
#[derive(Debug, Default)]
pub struct Asks {
    /// Components by type.
    components: BTreeMap<String, BTreeSet<String>>,
    /// What is retrieved beside a profile, by type, so that what is absent can be read.
    companions: BTreeMap<String, BTreeSet<String>>,
    /// The types whose components are listed.
    lists: BTreeSet<&'static str>,
    /// What is read by SOQL and REST: the objects, and for what.
    rows: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Asks {
    /// Collects what a template asks, as it was narrowed.
    pub fn of(template: &Template) -> Self {
        let mut asks = Self::default();
        for step in &template.steps {
            step.deciding_facts().for_each(|fact| asks.fact(fact, None));
            step.wants.iter().for_each(|want| asks.want(template, want));
            let made = step.create.iter().map(|create| &create.component);
            let copied = step.create.iter().filter_map(|create| create.from.as_ref());
            for pattern in made.chain(copied).flat_map(|pattern| components(template, pattern)) {
                asks.component(&pattern);
            }
        }
        asks
    }

    /// The types of which components are retrieved or listed.
    pub fn types(&self) -> BTreeSet<&str> {
        let retrieved = self.components.keys().chain(self.companions.keys());
        retrieved.map(String::as_str).chain(self.lists.iter().copied()).collect()
    }

    /// The objects of which rows are read.
    pub fn objects(&self) -> impl Iterator<Item = &'static str> {
        self.rows.keys().flat_map(|names| names.split(", "))
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
                    self.star(path);
                }
                if *carrier == GrantScope::Effective
                    && let Some(fact) = permission(path)
                {
                    self.fact(&fact, None);
                }
            }
            Want::Fact { fact, of, .. } => self.fact(fact, of.as_deref()),
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

    /// What answering a fact reads; `of` is the user of whom it speaks, where the want names one.
    fn fact(&mut self, pattern: &str, of: Option<&str>) {
        let key = pattern.split_once('[').and_then(|(_, rest)| Some(rest.rsplit_once(']')?.0));
        let Ok(fact) = Fact::parse(&fill(pattern, "X")) else { return };
        let reads = Reads::of(&fact, key.unwrap_or_default());
        for (objects, what) in reads.rows {
            let what = of.map(|of| what.replace("the named user", of)).unwrap_or(what);
            self.row(objects, what);
        }
        self.lists.extend(reads.lists);
        for (type_name, full_name) in reads.components {
            self.components.entry(type_name.to_owned()).or_default().insert(full_name);
        }
    }

    fn row(&mut self, object: &'static str, what: String) {
        self.rows.entry(object).or_default().insert(what);
    }

    /// What tells for which names of the org one with a star stands.
    fn star(&mut self, path: &str) {
        let Some((section, rest)) = path.split_once('[') else { return };
        let key = rest.split(']').next().unwrap_or_default();
        if section != "fieldPermissions" || !key.contains('*') {
            return;
        }
        let object = key.split('.').next().unwrap_or_default();
        self.lists.extend(["CustomObject", "CustomField"]);
        self.components.entry("CustomObject".to_owned()).or_default().insert(object.to_owned());
        for row in ["User", "PermissionSetAssignment", "PermissionSetGroupComponent"] {
            self.row(row, "the rights of the user whose login it is".to_owned());
        }
        self.row("ObjectPermissions", format!("object {object}"));
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
    let lists = asks.lists.iter().map(|one| ((*one).to_owned(), "which there are".to_owned()));
    part("Lists, by the Metadata API", lists.collect());
    let rows = asks.rows.iter().map(|(objects, all)| ((*objects).to_owned(), names(all)));
    part("Rows, by SOQL", rows.collect());
    line(&mut out, "");
    line(
        &mut out,
        "Also: which of the names above the org has (lists of the Metadata API, EntityDefinition, \
         FieldDefinition, the schemas of PermissionSet and of objects), and who signs in. Nothing \
         is written; `sfsetup diff -v` shows every request.",
    );
    out
}

/// Shows what is asked for programs: what `sfsetup.template-asks/1` holds.
pub fn json(template: &Template, asks: &Asks, today: &str) -> Json {
    let rows = asks.rows.iter();
    let rows: Vec<Json> =
        rows.map(|(objects, what)| json!({"objects": objects, "what": what})).collect();
    json!({
        "name": template.name,
        "review_overdue": template.age(today).is_some(),
        "components": asks.components,
        "companions": asks.companions,
        "lists": asks.lists,
        "rows": rows,
        "writes": [],
    })
}
