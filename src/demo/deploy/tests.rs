//! What the demo org takes, what it refuses, and in which words.

mod again;
mod apps;
mod credentials;
mod forms;
mod jobs;
mod permissions;
mod values;

use std::collections::BTreeMap;

use super::*;
use crate::metadata::archive::write_zip;

const NS: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

fn state() -> State {
    State::new(Org::seeded("x"), 100)
}

/// A package of files; `types` is the manifest, at version 67.0.
fn zip(types: &[(&str, &[&str])], files: &[(&str, &str)]) -> Vec<u8> {
    zip_at("67.0", types, files)
}

fn zip_at(version: &str, types: &[(&str, &[&str])], files: &[(&str, &str)]) -> Vec<u8> {
    let mut all = BTreeMap::new();
    let mut manifest = format!("<Package {NS}>");
    for (name, members) in types {
        manifest.push_str("<types>");
        for member in *members {
            manifest.push_str(&Node::text("members", *member).to_line());
        }
        manifest.push_str(&Node::text("name", *name).to_line());
        manifest.push_str("</types>");
    }
    manifest.push_str(&Node::text("version", version).to_line());
    manifest.push_str("</Package>");
    all.insert("package.xml".to_owned(), manifest.into_bytes());
    for (path, content) in files {
        all.insert((*path).to_owned(), content.as_bytes().to_vec());
    }
    write_zip(&all).unwrap()
}

fn options() -> DeployOptions {
    DeployOptions { rollback_on_error: true, single_package: true, ..DeployOptions::default() }
}

fn deploy_with(state: &mut State, zip: &[u8], options: DeployOptions) -> Outcome {
    let user = state.org.catalog.admin.clone();
    let id = state.start_deploy(zip, options, &user, 1000);
    state.finish_deploys(10_000);
    state.deploy(&id).unwrap().outcome.clone().unwrap()
}

fn deploy(state: &mut State, zip: &[u8]) -> Outcome {
    deploy_with(state, zip, options())
}

fn problems(outcome: &Outcome) -> Vec<&str> {
    outcome.failures.iter().filter_map(|message| message.problem.as_deref()).collect()
}

/// Deploys one file to a fresh org and returns what is wrong with it.
fn refused(type_name: &str, member: &str, path: &str, content: &str) -> Vec<String> {
    let mut state = state();
    let before = state.org.components.clone();
    let outcome = deploy(&mut state, &zip(&[(type_name, &[member])], &[(path, content)]));
    if !outcome.failures.is_empty() {
        assert_eq!(outcome.status, "Failed");
        assert_eq!(state.org.components, before, "a failed deploy changes nothing");
    }
    problems(&outcome).into_iter().map(str::to_owned).collect()
}

fn profile(content: &str) -> Vec<String> {
    refused(
        "Profile",
        "Ampersand Integration",
        "profiles/Ampersand Integration.profile",
        &format!("<Profile {NS}>{content}</Profile>"),
    )
}

fn object(name: &str, flags: &str) -> String {
    let mut out = String::from("<objectPermissions>");
    for (letter, element) in [
        ('C', "allowCreate"),
        ('D', "allowDelete"),
        ('E', "allowEdit"),
        ('R', "allowRead"),
        ('M', "modifyAllRecords"),
    ] {
        out.push_str(&Node::text(element, flags.contains(letter).to_string()).to_line());
    }
    out.push_str(&Node::text("object", name).to_line());
    out.push_str(&Node::text("viewAllFields", flags.contains('F').to_string()).to_line());
    out.push_str(&Node::text("viewAllRecords", flags.contains('V').to_string()).to_line());
    out.push_str("</objectPermissions>");
    out
}

fn permission(name: &str, enabled: bool) -> String {
    format!("<userPermissions><enabled>{enabled}</enabled><name>{name}</name></userPermissions>")
}
