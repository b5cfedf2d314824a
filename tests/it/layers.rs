//! Who may import whom: the drawing in `src/lib.rs`, kept true. Also that no template is forgotten
//! and no file has a name that says nothing.

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
    &["fleet"],
    &["report"],
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
        if module == "demo" {
            for other in [
                "template", "diff", "plan", "org", "snapshot", "journal", "apply", "fleet",
                "report",
            ] {
                if code.contains(&format!("crate::{other}")) {
                    wrong.push(format!(
                        "src/{name} uses crate::{other}; the demo org knows \
                                        metadata and package alone"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_decides_is_pure() {
    for (module, name, code) in modules() {
        if ["metadata", "template", "diff", "package", "plan"].contains(&module.as_str()) {
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
