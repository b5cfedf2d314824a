//! Parts of pages that are made of what the program knows. Each stands between two marks; with
//! `UPDATE_PAGES=1` the tests write it anew, else they say that it is not so any more.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sfsetup::template::{self, builtin};

/// Holds the part of a page that is called `name` against what it should say, or writes it.
pub(crate) fn hold(page: &str, name: &str, text: &str) {
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
