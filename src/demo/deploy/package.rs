//! Reads a deploy's zip: its manifest, its files, and what does not match between them (S 3.5,
//! 6.10).

use std::collections::BTreeSet;

use crate::metadata::archive::{ArchiveError, Limits, read_zip};

use super::super::job::{DeployOptions, Files, MAX_FILES, Message};
use super::super::name::{Key, decode, encode, key_of_path, path_of_key};
use super::super::schema;
use super::super::tree::Node;
use super::{Problem, failure};

/// A file that is to be deployed.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) key: Key,
    pub(super) path: String,
    pub(super) content: Vec<u8>,
    /// The version of its package: a zip may hold several.
    pub(super) version: u16,
}

/// A component that is to be deleted, and the manifest that says so.
#[derive(Debug)]
pub(super) struct Deletion {
    pub(super) key: Key,
    pub(super) file: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) units: Vec<Unit>,
    pub(super) delete_before: Vec<Deletion>,
    pub(super) delete_after: Vec<Deletion>,
    /// Named in the manifest, but not in the zip.
    absent: Vec<Key>,
    /// In the zip, but not named in the manifest.
    unnamed: Vec<String>,
    /// Types that do not exist or cannot be deployed, with what is wrong.
    refused: Vec<(String, String)>,
}

impl Package {
    /// How many components are to be deployed or deleted.
    pub(super) fn size(&self) -> u64 {
        let size = self.units.len() + self.delete_before.len() + self.delete_after.len();
        u64::try_from(size).unwrap_or_default()
    }
}

/// The newest API version of the demo org.
pub(crate) const NEWEST: u16 = 67;
/// Older versions are retired (S 0).
pub(crate) const OLDEST: u16 = 31;

/// Unpacks and reads a package.
pub(super) fn read(zip: &[u8], options: &DeployOptions) -> Result<Package, String> {
    // What is no zip has no manifest: seen where base64 text was sent in place of bytes (S 6.5).
    let files = match read_zip(zip, &Limits::default()) {
        Ok(files) => files,
        Err(ArchiveError::Damaged(_)) => return Err(NO_MANIFEST.to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    if files.len() > MAX_FILES {
        return Err(format!("Too many files in deploy call, limit is: {MAX_FILES}"));
    }
    read_files(&files.into_iter().collect(), options)
}

fn read_files(files: &Files, options: &DeployOptions) -> Result<Package, String> {
    let mut package = Package::default();
    if options.single_package {
        add(&mut package, "", files, options)?;
        return Ok(package);
    }
    // Every folder at the top is a package of its own (S 6.10).
    let roots: BTreeSet<&str> =
        files.keys().filter_map(|path| path.split_once('/')).map(|(root, _)| root).collect();
    let mut found = false;
    for root in roots {
        let prefix = format!("{root}/");
        let inner: Files = files
            .iter()
            .filter_map(|(path, content)| {
                Some((path.strip_prefix(&prefix)?.to_owned(), content.clone()))
            })
            .collect();
        if inner.contains_key("package.xml") {
            add(&mut package, &prefix, &inner, options)?;
            found = true;
        }
    }
    if found { Ok(package) } else { Err(NO_MANIFEST.to_owned()) }
}

const NO_MANIFEST: &str = "No package.xml found";

fn add(
    package: &mut Package,
    prefix: &str,
    files: &Files,
    options: &DeployOptions,
) -> Result<(), String> {
    let manifest = files.get("package.xml").ok_or(NO_MANIFEST)?;
    let manifest = parse_manifest(manifest, "package.xml")?;
    let version = manifest
        .get("version")
        .and_then(|version| version.strip_suffix(".0"))
        .and_then(|version| version.parse().ok())
        .filter(|version| (OLDEST..=NEWEST).contains(version))
        .ok_or_else(|| {
            format!(
                "Invalid version specified in package.xml: {}",
                manifest.get("version").unwrap_or_default()
            )
        })?;
    let mut named = BTreeSet::new();
    let mut whole = BTreeSet::new();
    for types in manifest.all("types") {
        let type_name = types.get("name").ok_or("No name specified for types in package.xml")?;
        let Some(row) = schema::find_at(type_name, version) else {
            package.refused.push((
                type_name.to_owned(),
                format!("Unknown type name '{type_name}' specified in package.xml"),
            ));
            continue;
        };
        for member in types.texts("members") {
            if member == "*" {
                whole.insert(type_name.to_owned());
            } else if row.deployable {
                named.insert((type_name.to_owned(), decode(member)));
            } else {
                package.refused.push((
                    type_name.to_owned(),
                    "Not available for deploy for this organization".to_owned(),
                ));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (path, content) in files {
        // What lies in no folder of a type is passed over (S 6.10).
        if !path.contains('/') || path.starts_with('.') {
            continue;
        }
        let key =
            key_of_path(path).filter(|key| schema::find(&key.0).is_some_and(|row| row.deployable));
        match key {
            Some(key)
                if named.contains(&key)
                    || whole.contains(&key.0)
                    || options.auto_update_package =>
            {
                seen.insert(key.clone());
                package.units.push(Unit {
                    key,
                    path: format!("{prefix}{path}"),
                    content: content.clone(),
                    version,
                });
            }
            // Whose type was refused was named all the same.
            _ if key_of_path(path).is_some_and(|(type_name, _)| {
                package.refused.iter().any(|(refused, _)| *refused == type_name)
            }) => {}
            _ => package.unnamed.push(format!("{prefix}{path}")),
        }
    }
    if !options.allow_missing_files {
        package.absent.extend(named.difference(&seen).cloned());
    }
    for (file, after) in [
        ("destructiveChangesPre.xml", false),
        ("destructiveChanges.xml", false),
        ("destructiveChangesPost.xml", true),
    ] {
        let Some(content) = files.get(file) else { continue };
        let manifest = parse_manifest(content, file)?;
        for types in manifest.all("types") {
            let type_name = types.get("name").unwrap_or_default();
            let row = schema::find_at(type_name, version);
            if row.is_none_or(|row| !row.deployable) {
                package.refused.push((
                    type_name.to_owned(),
                    format!("Unknown type name '{type_name}' specified in {file}"),
                ));
                continue;
            }
            for member in types.texts("members") {
                if member == "*" {
                    return Err(format!("{file} does not support the wildcard character"));
                }
                let key = (type_name.to_owned(), decode(member));
                if after {
                    package.delete_after.push(Deletion { key, file });
                } else {
                    package.delete_before.push(Deletion { key, file });
                }
            }
        }
    }
    Ok(())
}

fn parse_manifest(content: &[u8], file: &str) -> Result<Node, String> {
    let text =
        std::str::from_utf8(content).map_err(|_| format!("Error parsing {file}: not UTF-8"))?;
    let node = Node::parse(text).map_err(|error| {
        format!("Error parsing {file}: {} ({}:{})", error.message, error.line, error.column)
    })?;
    if node.name == "Package" {
        Ok(node)
    } else {
        Err(format!("Error parsing {file}: the root element is {}, not Package", node.name))
    }
}

impl Package {
    /// What does not match between manifest and files, each as a failure.
    pub(super) fn mismatches(&self, date: u64) -> Vec<Message> {
        let absent = self.absent.iter().map(|key| Message {
            component_type: key.0.clone(),
            full_name: encode(&key.1),
            file_name: path_of_key(key).unwrap_or_default(),
            ..failure(
                &Problem::from(format!(
                    "An object '{}' of type {} was named in package.xml, but was not found in \
                     zipped directory",
                    encode(&key.1),
                    key.0
                )),
                date,
            )
        });
        let unnamed = self.unnamed.iter().map(|path| Message {
            full_name: path.clone(),
            file_name: path.clone(),
            ..failure(&Problem::from("Not in package.xml"), date)
        });
        let refused = self.refused.iter().map(|(type_name, problem)| Message {
            component_type: type_name.clone(),
            full_name: "package.xml".to_owned(),
            file_name: "package.xml".to_owned(),
            ..failure(&Problem::from(problem.clone()), date)
        });
        absent.chain(unnamed).chain(refused).collect()
    }
}
