//! Parts of pages that are made of what the program knows. Each stands between two marks; with
//! `UPDATE_PAGES=1` the tests write it anew, else they say that it is not so any more.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;
use sfsetup::metadata::fact::Fact;
use sfsetup::template::{self, SignIn, builtin, setup};

use crate::support::Env;

/// Holds the part of a page that is called `name` against what it should say, or writes it.
pub(crate) fn hold(page: &str, name: &str, text: &str) {
    // Tests run side by side, and a page has several parts.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let whole = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- made: {name} -->\n\n"), format!("\n<!-- end: {name} -->\n"));
    let (before, rest) =
        whole.split_once(&begin).unwrap_or_else(|| panic!("{page} has no mark `made: {name}`"));
    let (there, after) =
        rest.split_once(&end).unwrap_or_else(|| panic!("{page} has no mark `end: {name}`"));
    if there == text {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_PAGES").is_some(),
        "{page} is out of date at `{name}`: `UPDATE_PAGES=1 cargo test --test it -- generated` \
         writes it anew; it should say\n{text}"
    );
    std::fs::write(path, format!("{before}{begin}{text}{end}{after}")).unwrap();
}

#[test]
fn the_readme_lists_the_shipped_templates() {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for shipped in builtin::all() {
        let template = template::parse(shipped.name, shipped.text).unwrap();
        let entry = format!("`{}` ({})", template.name, template.title);
        groups.entry(template.group.unwrap_or_default()).or_default().push(entry);
    }
    let mut table = "| for | templates |\n|---|---|\n".to_owned();
    for (group, entries) in groups {
        let _ = writeln!(table, "| {group} | {} |", entries.join(", "));
    }
    hold("README.md", "templates", &table);
}

/// The format's schema, as the program prints it.
fn schema() -> Json {
    let run = Env::new().run(&["template", "schema"]);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn the_page_on_templates_lists_the_keys() {
    let schema = schema();
    let (top, defs) = (&schema["properties"], &schema["$defs"]);
    let mut table = "| in | key | what it is |\n|---|---|---|\n".to_owned();
    for (place, of) in [
        ("`[template]`", &top["template"]),
        ("`[parameters.NAME]`", &defs["parameter"]),
        ("`[[step]]`", &defs["step"]),
        ("a want", &defs["want"]),
        ("`create`", &defs["create"]),
        ("`[[drop]]`", &top["drop"]["items"]),
    ] {
        let compared = defs["compared"].to_string();
        for (key, told) in of["properties"].as_object().unwrap() {
            // Comparisons have a table of their own.
            if of == &defs["want"] && compared.contains(&format!("[\"{key}\"]")) {
                continue;
            }
            let name = told["$ref"].as_str().and_then(|to| to.strip_prefix("#/$defs/"));
            let named = name.map_or(told, |name| &defs[name]);
            let words = [told, named].iter().find_map(|one| one["description"].as_str());
            let words = words.unwrap_or_else(|| panic!("{place} {key} is not described"));
            let _ = writeln!(table, "| {place} | `{key}` | {words} |");
        }
    }
    hold("docs/templates.md", "keys", &table);
}

#[test]
fn the_page_on_templates_lists_the_pages_of_setup() {
    let schema = schema();
    let names = schema["$defs"]["step"]["properties"]["setup"]["enum"].as_array().unwrap();
    let mut table =
        "| `setup` | Setup calls it | address below the org's |\n|---|---|---|\n".to_owned();
    for name in names {
        let page = setup::find(name.as_str().unwrap()).unwrap();
        let path = page.path.map_or_else(|| "not known".to_owned(), |path| format!("`{path}`"));
        let _ = writeln!(table, "| `{}` | {} | {path} |", page.id, page.title);
    }
    hold("docs/templates.md", "setup", &table);
}

#[test]
fn the_page_on_templates_lists_the_ways_of_signing_in() {
    let mut table =
        "| `sign-in` | Salesforce calls it | what happens |\n|---|---|---|\n".to_owned();
    for one in SignIn::ALL {
        let _ = writeln!(table, "| `{}` | {} | {} |", one.name(), one.words(), one.meaning());
    }
    hold("docs/templates.md", "sign-in", &table);
}

#[test]
fn the_page_on_templates_lists_the_facts() {
    let mut table = "| fact | what it says | value | X is |\n|---|---|---|---|\n".to_owned();
    for name in Fact::names() {
        let forms = [name.to_owned(), format!("{name}[X]"), format!("{name}[X].read")];
        let (form, fact) = forms
            .iter()
            .find_map(|form| Some((form, Fact::parse(form).ok()?)))
            .unwrap_or_else(|| panic!("no form of `{name}` is read"));
        assert_eq!(fact.about().is_some(), form.contains("[X]"), "{form}");
        let (title, about) = (fact.title(), fact.about().unwrap_or_default());
        let _ = writeln!(table, "| `{form}` | {title} | {} | {about} |", fact.kind().words());
    }
    let objects = leaves("user.object[X].");
    let fields = leaves("user.field[X].");
    let _ =
        writeln!(table, "\nInstead of `read`, of an object:\n{objects};\nof a field: {fields}.");
    let features = Fact::features().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let features = features.join(",\n");
    let _ = writeln!(table, "\n`org.feature[X]` takes {features}.");
    hold("docs/templates.md", "facts", &table);
}

/// The leaves that a fact may end in, beside `read`.
fn leaves(stem: &str) -> String {
    let known = ["create", "edit", "delete", "viewAllRecords", "modifyAllRecords", "viewAllFields"];
    let is_read = |leaf: &&str| Fact::parse(&format!("{stem}{leaf}")).is_ok();
    let leaves: Vec<String> =
        known.iter().copied().filter(is_read).map(|leaf| format!("`{leaf}`")).collect();
    leaves.join(", ")
}

#[test]
fn the_page_on_templates_lists_the_comparisons() {
    let schema = schema();
    let properties = schema["$defs"]["want"]["properties"].as_object().unwrap();
    // What is no comparison says what a want is about.
    let about =
        ["component", "path", "fact", "manual", "confirm", "any", "carrier", "except", "of"];
    let mut table = "| comparison | holds for |\n|---|---|\n".to_owned();
    for (name, property) in properties.iter().filter(|(name, _)| !about.contains(&name.as_str())) {
        let _ = writeln!(table, "| `{name}` | {} |", property["description"].as_str().unwrap());
    }
    hold("docs/templates.md", "comparisons", &table);
}

/// The tables of a page by the headings above them: each row's cells.
fn tables(page: &str) -> BTreeMap<&str, Vec<Vec<&str>>> {
    let mut tables: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    let mut heading = "";
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            heading = name;
            tables.entry(heading).or_default();
        } else if line.starts_with("| ") && !line.starts_with("| the page asks") {
            let cells = line.trim_matches('|').split('|').map(str::trim).collect();
            tables.entry(heading).or_default().push(cells);
        }
    }
    tables
}

#[test]
fn every_requirement_of_a_page_has_its_step_and_every_step_its_requirement() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/templates-sources.md");
    let page = std::fs::read_to_string(page).unwrap();
    let tables = tables(&page);
    let names: Vec<&str> = builtin::all().iter().map(|shipped| shipped.name).collect();
    assert_eq!(tables.keys().copied().collect::<Vec<_>>(), names);
    for shipped in builtin::all() {
        let template = template::parse(shipped.name, shipped.text).unwrap();
        let known = |id: &str| template.steps.iter().find(|step| step.id == id);
        let rows = &tables[shipped.name];
        let mut asked: Vec<&str> = Vec::new();
        let mut requirements: Vec<&str> = Vec::new();
        for row in rows {
            let [requirement, paragraph, steps] = row.as_slice() else {
                panic!("{}: {row:?}", shipped.name)
            };
            assert!(
                !requirements.contains(requirement),
                "{}: `{requirement}` stands twice",
                shipped.name
            );
            requirements.push(*requirement);
            // Where no step asks it, the row says why.
            if !steps.starts_with('`') {
                assert!(steps.len() > 10, "{}: `{requirement}` has no step", shipped.name);
                continue;
            }
            for id in steps.split(", ").map(|id| id.trim_matches('`')) {
                let step =
                    known(id).unwrap_or_else(|| panic!("{} has no step `{id}`", shipped.name));
                let own = step.paragraph.as_deref().unwrap_or_default();
                assert!(
                    paragraph.split("; ").any(|one| one == own),
                    "{}: `{id}` is from `{own}`, not `{paragraph}`",
                    shipped.name
                );
                asked.push(id);
            }
        }
        for step in &template.steps {
            assert!(
                asked.contains(&step.id.as_str()),
                "{}: no requirement stands behind `{}`",
                shipped.name,
                step.id
            );
        }
    }
}
