//! Who may import whom: the drawing in `src/lib.rs`, kept true. Also that no template is forgotten
//! and no file has a name that says nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Left to right: a module uses what is to its left. Two in one row do not know each other.
const ORDER: &[&[&str]] = &[
    &["metadata"],
    &["template"],
    &["diff"],
    &["package"],
    &["plan"],
    &["org"],
    &["snapshot", "journal"],
    &["apply"],
    &["diagnose"],
    &["fleet", "trend"],
    &["report"],
    &["results"],
    &["demo"],
    &["cli"],
];

/// What the pure modules must not touch.
const IMPURE: &[&str] =
    &["std::fs", "std::env", "std::time::SystemTime", "tokio::", "std::net", "std::process"];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Every file below `src`, with its module and its text without comments.
fn modules() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let module = name.split(['/', '.']).next().unwrap().to_owned();
            let text = std::fs::read_to_string(file).unwrap();
            let code: String = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(|line| format!("{line}\n"))
                .collect();
            (module, name, code)
        })
        .collect()
}

fn place(module: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&module))
}

#[test]
fn imports_run_from_left_to_right() {
    let mut wrong = Vec::new();
    for (module, name, code) in modules() {
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let here = place(&module)
            .unwrap_or_else(|| panic!("src/{name}: the module `{module}` has no place in ORDER"));
        for (at, _) in code.match_indices("crate::") {
            let target: String = code[at + "crate::".len()..]
                .chars()
                .take_while(|character| character.is_alphanumeric() || *character == '_')
                .collect();
            let Some(there) = place(&target) else { continue };
            if target != module && there >= here {
                wrong.push(format!("src/{name} uses crate::{target}"));
            }
        }
        let alone = if module == "demo" { &["metadata", "package"][..] } else { &["metadata"] };
        if ["package", "org", "demo"].contains(&module.as_str()) {
            for other in ORDER.iter().flat_map(|row| *row) {
                let is_own = *other == module || alone.contains(other);
                if !is_own && code.contains(&format!("crate::{other}")) {
                    wrong
                        .push(format!("src/{name} uses crate::{other}, and knows {alone:?} alone"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The module of a file below `src`: `org/retrieve/job.rs` is `org::retrieve::job`.
fn path_of(name: &str) -> Vec<String> {
    name.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
}

/// Every module that a file's code names by `crate::`, `super::` or `self::`, and through braces.
fn named(own: &[String], code: &str, known: &BTreeSet<Vec<String>>) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    for (word, start) in [("crate::", 0), ("super::", 1), ("self::", 2)] {
        for (at, _) in code.match_indices(word) {
            if code[..at].ends_with("::") {
                continue;
            }
            let mut base = match start {
                0 => Vec::new(),
                1 => own[..own.len() - 1].to_vec(),
                _ => own.to_vec(),
            };
            let mut rest = &code[at + word.len()..];
            while let Some(up) = rest.strip_prefix("super::") {
                base.pop();
                rest = up;
            }
            follow(&base, rest, known, &mut found);
        }
    }
    found
}

/// Follows a path, and each branch of its braces, as far as modules go.
fn follow(
    base: &[String],
    rest: &str,
    known: &BTreeSet<Vec<String>>,
    found: &mut BTreeSet<Vec<String>>,
) {
    if let Some(inner) = rest.strip_prefix('{') {
        let (mut depth, mut start) = (0_usize, 0);
        for (at, character) in inner.char_indices() {
            match character {
                '{' => depth += 1,
                ',' if depth == 0 => {
                    follow(base, inner[start..at].trim_start(), known, found);
                    start = at + 1;
                }
                '}' if depth == 0 => {
                    return follow(base, inner[start..at].trim_start(), known, found);
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return;
    }
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut path = base.to_vec();
    path.push(word.clone());
    if word.is_empty() || !known.contains(&path) {
        return;
    }
    if let Some(rest) = rest[word.len()..].strip_prefix("::") {
        follow(&path, rest, known, found);
    }
    found.insert(path);
}

/// Two files of one folder, be they with rooms below them, do not use one another in a circle.
#[test]
fn no_circle_runs_between_the_files_of_a_folder() {
    let files = modules();
    let known: BTreeSet<Vec<String>> = files.iter().map(|(_, name, _)| path_of(name)).collect();
    let mut edges: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (_, name, code) in &files {
        let own = path_of(name);
        for other in named(&own, code, &known) {
            let shared = own.iter().zip(&other).take_while(|(one, other)| one == other).count();
            if shared < own.len() && shared < other.len() {
                edges.entry(own[..=shared].to_vec()).or_default().insert(other[..=shared].to_vec());
            }
        }
    }
    let mut circles = BTreeSet::new();
    for start in edges.keys() {
        let mut reached = BTreeSet::new();
        let mut pending: Vec<&Vec<String>> = edges[start].iter().collect();
        while let Some(next) = pending.pop() {
            if reached.insert(next) {
                pending.extend(edges.get(next).into_iter().flatten());
            }
        }
        if reached.contains(start) {
            circles.insert(start.join("::"));
        }
    }
    assert!(circles.is_empty(), "these use one another in a circle: {circles:#?}");
}

#[test]
fn what_decides_is_pure() {
    for (module, name, code) in modules() {
        if ["metadata", "template", "diff", "package", "plan", "diagnose"]
            .contains(&module.as_str())
        {
            let code = code.split("#[cfg(test)]").next().unwrap();
            for impure in IMPURE {
                assert!(!code.contains(impure), "src/{name} uses {impure}");
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests/it", "benches"] {
        let mut files = Vec::new();
        if root.join(folder).is_dir() {
            sources(&root.join(folder), &mut files);
        }
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                text.starts_with("//! "),
                "{} does not open with //! and its purpose",
                file.display()
            );
            let stem = file.file_stem().unwrap().to_str().unwrap();
            assert!(
                !["mod", "utils", "util", "common", "helpers", "types", "misc"].contains(&stem),
                "{}: a room without a name",
                file.display()
            );
        }
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut files = Vec::new();
    sources(&folder, &mut files);
    for file in files.iter().filter(|file| file.parent() == Some(&folder)) {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        assert!(
            stem == "main" || main.contains(&format!("mod {stem};")),
            "tests/it/{stem}.rs is not in main.rs"
        );
    }
}
