//! Lists the shipped templates for the program: whatever lies in `templates`, each with the values
//! of its case. So a new template is its file and its case, and no line of code.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the cases are, a folder each.
const CASES: &str = "fixtures/templates";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo:rerun-if-changed=templates");
    println!("cargo:rerun-if-changed={CASES}");
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("templates"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "toml")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    let mut code = String::from("&[\n");
    for name in names {
        let values = root.join(CASES).join(&name).join("sfsetup.toml");
        if !values.is_file() {
            return Err(format!("the template `{name}` has no case: {}", values.display()).into());
        }
        writeln!(
            code,
            "    Builtin {{ name: {name:?}, text: {}, case: {} }},",
            included(&root.join("templates").join(format!("{name}.toml"))),
            included(&values)
        )?;
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("templates.rs"), code)?;
    Ok(())
}

fn included(file: &Path) -> String {
    format!("include_str!({:?})", file.display().to_string())
}
