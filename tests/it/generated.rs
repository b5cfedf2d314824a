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

/// A table's cell, in which a line would end the row.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A command's help without the options that all commands have, wherever among its own they stand.
fn without(help: &str, common: &[&str]) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut heading = String::new();
    for block in help.split("\n\n") {
        let is_heading = |line: &str| line.ends_with(':') && !line.starts_with(' ');
        let (head, rest) = match block.split_once('\n') {
            Some((head, rest)) if is_heading(head) => (format!("{head}\n"), rest),
            _ => (std::mem::take(&mut heading), block),
        };
        let option = rest.lines().next().unwrap_or_default().trim();
        if common.contains(&option) {
            heading = head;
        } else {
            if head == "Examples:\n" {
                kept.push("  .. and those that all have".to_owned());
            }
            kept.push(format!("{head}{rest}"));
        }
    }
    kept.join("\n\n")
}

#[test]
fn the_reference_lists_the_exit_codes_and_commands() {
    let env = Env::new();
    let page = env.run(&["man", "pages"]);
    assert_eq!(page.code, 0, "{page:?}");
    let root = std::fs::read_to_string(env.folder().join("pages/sfsetup.1")).unwrap();
    let (_, status) = root.split_once(".SH \"EXIT STATUS\"\n").unwrap();
    let status = status.split(".SH ").next().unwrap();
    let mut table = "| exit code | means |\n|---|---|\n".to_owned();
    for one in status.split(".TP\n").filter(|one| !one.trim().is_empty()) {
        let mut lines = one.trim().lines();
        let code = lines.next().unwrap().replace("\\fB", "").replace("\\fR", "");
        let _ = writeln!(table, "| {code} | {} |", lines.next().unwrap());
    }
    hold("docs/reference.md", "exits", &table);
    let root = env.run(&["--help"]).stdout;
    let options = root.lines().map(str::trim).filter(|line| line.starts_with('-'));
    let common: Vec<&str> = options.filter_map(|line| line.split("  ").next()).collect();
    let mut text = String::new();
    for command in crate::habits::commands(&env, &[]) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = env.run(&[&words[..], &["--help"]].concat()).stdout;
        // What every command takes stands once, with the first.
        let help = if text.is_empty() { help } else { without(&help, &common) };
        let _ =
            write!(text, "### `sfsetup {}`\n\n```text\n{}\n```\n\n", words.join(" "), help.trim());
    }
    hold("docs/reference.md", "commands", &format!("{}\n", text.trim_end()));
}

#[test]
fn the_reference_lists_the_types() {
    use sfsetup::metadata::registry::{self, Absent, Field, Kind};

    fn rows(table: &mut String, above: &str, fields: &[Field]) {
        for field in fields {
            let path = format!("{above}{}", field.name);
            let (kind, below): (String, Option<(String, &[Field])>) = match &field.kind {
                Kind::Flag => ("`true` or `false`".to_owned(), None),
                Kind::Number => ("a number".to_owned(), None),
                Kind::Text => ("text".to_owned(), None),
                Kind::Choice { choices, pattern, .. } => {
                    let known = choices.iter().map(|choice| format!("`{}`", choice.value));
                    let more = pattern.map(|_| "or by a pattern".to_owned());
                    (known.chain(more).collect::<Vec<_>>().join(", "), None)
                }
                Kind::Set { .. } => ("a list of texts".to_owned(), None),
                Kind::Group(fields) => ("a group".to_owned(), Some((format!("{path}."), *fields))),
                Kind::Section { key, fields, .. } => {
                    let name = format!("{path}[KEY].");
                    (format!("a list by {}", key.join(" and ")), Some((name, *fields)))
                }
            };
            let absent = match field.absent {
                Absent::Flag(flag) => format!("`{flag}`"),
                Absent::Text(text) => format!("`{text}`"),
                Absent::Empty => "an empty list".to_owned(),
                Absent::Unset => String::new(),
            };
            let row = [format!("`{path}`"), kind, field.label.to_owned(), absent];
            let _ = writeln!(table, "| {} |", row.map(|text| cell(&text)).join(" | "));
            if let Some((above, fields)) = below {
                rows(table, &above, fields);
            }
        }
    }

    let mut text = String::new();
    for row in registry::rows().iter().filter(|row| !row.fields.is_empty()) {
        let since =
            row.since.map(|since| format!(", since API version {since}")).unwrap_or_default();
        let _ = write!(
            text,
            "### {}\n\n`{}/NAME.{}`{since}.\n\n| path | holds | Setup says | where it is not there \
             |\n|---|---|---|---|\n",
            row.name, row.folder, row.suffix
        );
        rows(&mut text, "", row.fields);
        text.push('\n');
    }
    hold("docs/reference.md", "types", &format!("{}\n", text.trim_end()));
}
