//! Connected apps: edited whole, never created, their keys never touched (S 1.6, 2.8).

use std::collections::BTreeSet;

use super::super::form::Form;
use super::super::state::Org;
use super::super::tree::Node;
use super::{Problem, Ruled};

/// Replaces a connected app that is there.
pub(super) fn rule(
    org: &Org,
    mut new: Node,
    old: Option<&Node>,
    version: u16,
) -> Result<Ruled, Vec<Problem>> {
    let mut problems = Vec::new();
    let key = new.child("oauthConfig").and_then(|config| config.get("consumerKey"));
    let Some(old) = old else {
        // Keys are unique across all orgs; the demo org sees its own.
        let taken = key.is_some_and(|key| {
            org.of_type("ConnectedApp").any(|(_, app)| {
                app.child("oauthConfig").and_then(|config| config.get("consumerKey")) == Some(key)
            })
        });
        return Err(vec![Problem::from(if taken {
            "The consumer key is already taken"
        } else {
            // Blocked in the user interface and in every API since Spring '26; the API's text is
            // not known.
            "You can't create a connected app. To have connected app creation enabled, contact \
             Salesforce Customer Support."
        })]);
    };
    if key.is_some() {
        problems.push(Problem::from("You cannot provide a Consumer Key"));
    }
    if new.child("oauthConfig").is_some_and(|config| config.get("consumerSecret").is_some()) {
        problems.push(Problem::from("You cannot provide a Consumer Secret"));
    }
    problems.extend(check_policy(&new));
    problems.extend(check_session(&new));
    problems.extend(check_scopes(&new, version));
    problems.extend(check_names(org, &new));
    if !problems.is_empty() {
        return Err(problems);
    }
    if org.takes(Form::OmittedPoliciesStay) {
        for part in ["ipRanges", "oauthPolicy", "sessionPolicy"] {
            if new.child(part).is_none() {
                new.children.extend(old.all(part).cloned());
            }
        }
    }
    keep_what_an_org_keeps(org, &mut new, old);
    Ok(new.into())
}

fn check_policy(new: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(policy) = new.child("oauthPolicy") else {
        return problems;
    };
    let relaxation = policy.get("ipRelaxation").unwrap_or_default();
    if !["ENFORCE", "BYPASS_2FACTOR", "BYPASS", "ENFORCE_RELAXREFRESH"].contains(&relaxation) {
        problems.push(Problem::from(format!("Invalid value for field ipRelaxation: {relaxation}")));
    }
    let refresh = policy.get("refreshTokenPolicy").unwrap_or_default();
    let parts: Vec<&str> = refresh.split(':').collect();
    let valid = match parts.as_slice() {
        ["infinite" | "zero"] => true,
        ["specific_lifetime" | "specific_inactivity", period, unit] => {
            period.parse::<u32>().is_ok_and(|period| period > 0)
                && ["HOURS", "DAYS", "MONTHS"].contains(unit)
        }
        _ => false,
    };
    if !valid {
        problems
            .push(Problem::from(format!("Invalid value for field refreshTokenPolicy: {refresh}")));
    }
    problems
}

/// Scopes that are younger than the oldest API, with the version that brought them (S 1.2).
const YOUNG_SCOPES: &[(&str, u16)] = &[
    ("CDPIngest", 52),
    ("Chatbot", 54),
    ("Content", 51),
    ("Eclair", 35),
    ("ForgotPassword", 57),
    ("Lightning", 51),
    ("Pardot", 49),
    ("PwdlessLogin", 59),
    ("UserRegistration", 58),
    ("Wave", 35),
];

fn check_scopes(new: &Node, version: u16) -> Vec<Problem> {
    let scopes = new.child("oauthConfig").into_iter().flat_map(|config| config.texts("scopes"));
    let is_young =
        |scope: &&str| YOUNG_SCOPES.iter().any(|(name, since)| name == scope && *since > version);
    let problem = |scope: &str| {
        Problem::from(format!(
            "Error parsing file: '{scope}' is not a valid value for the enum \
             'ConnectedAppOauthAccessScope'"
        ))
    };
    scopes.filter(is_young).map(problem).collect()
}

/// The words of a session policy (S 1.1; the levels as the WSDL's `SessionSecurityLevel` has them).
fn check_session(new: &Node) -> Vec<Problem> {
    let words: [(&str, &[&str]); 2] = [
        ("policyAction", &["Block", "RaiseSessionLevel"]),
        ("sessionLevel", &["LOW", "STANDARD", "HIGH_ASSURANCE"]),
    ];
    let policy = new.child("sessionPolicy");
    words
        .iter()
        .filter_map(|(field, words)| {
            let value = policy?.get(field)?;
            (!words.contains(&value))
                .then(|| Problem::from(format!("Invalid value for field {field}: {value}")))
        })
        .collect()
}

fn check_names(org: &Org, new: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, type_name) in [("profileName", "Profile"), ("permissionSetName", "PermissionSet")] {
        let known = org.carrier_names(type_name);
        let mut seen = BTreeSet::new();
        for name in new.texts(field) {
            if !known.contains(name) {
                problems.push(Problem::from(format!(
                    "In field: {field} - no {type_name} named {name} found"
                )));
            } else if !seen.insert(name) {
                // None is named twice (S 1.1); the text is the general one for a clash.
                problems.push(Problem::from(
                    "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
                ));
            }
        }
    }
    if let Some(config) = new.child("oauthConfig") {
        match config.get("oauthClientCredentialUser") {
            Some(name) if org.user(name).is_none() => problems.push(Problem::from(format!(
                "In field: oauthClientCredentialUser - no User named {name} found"
            ))),
            // S 1.2, in the words for an external client app.
            Some(name) if !org.is_permitted(name, "ApiUserOnly") => {
                problems.push(Problem::from(format!(
                    "The client credentials flow user needs the API Only User permission: {name}"
                )));
            }
            Some(_) if !config.flag("isClientCredentialEnabled") => problems.push(Problem::from(
                "oauthClientCredentialUser is only allowed with isClientCredentialEnabled",
            )),
            None if config.flag("isClientCredentialEnabled") => {
                problems.push(Problem::from("Required field is missing: oauthClientCredentialUser"))
            }
            _ => {}
        }
    }
    problems
}

/// Scopes that come back under another name (S 1.2).
fn folded(scope: &str) -> &str {
    match scope {
        "Address" | "Email" | "Phone" | "Profile" => "Basic",
        "OfflineAccess" => "RefreshToken",
        other => other,
    }
}

/// What a flag of `oauthConfig` is that no file sets (S 1.2).
pub(in crate::demo) fn flag_default(flag: &str) -> bool {
    flag == "isSecretRequiredForRefreshToken"
}

fn keep_what_an_org_keeps(org: &Org, new: &mut Node, old: &Node) {
    let approved = new.child("oauthConfig").is_some_and(|config| config.flag("isAdminApproved"));
    // They take effect only while admins approve (S 1.1); an empty element clears them.
    new.children.retain(|entry| {
        !["permissionSetName", "profileName"].contains(&entry.name.as_str())
            || (approved && !entry.value().is_empty())
    });
    let executor = new.get("pluginExecutionUser").map(str::to_owned);
    if executor.is_some_and(|name| org.user(&name).is_none()) {
        new.remove("pluginExecutionUser");
    }
    let key =
        old.child("oauthConfig").and_then(|config| config.get("consumerKey")).map(str::to_owned);
    if let Some(config) = new.children.iter_mut().find(|child| child.name == "oauthConfig") {
        if let Some(key) = key {
            config.set("consumerKey", &key);
        }
        let mut scopes: Vec<String> = Vec::new();
        for scope in config.texts("scopes") {
            let scope = folded(scope).to_owned();
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        config.remove("scopes");
        config.children.extend(scopes.into_iter().map(|scope| Node::text("scopes", scope)));
        // What is left out has its default (S 1.2), and stands where it stood.
        let stood = old.child("oauthConfig").into_iter().flat_map(|config| &config.children);
        let flags = stood.map(|flag| flag.name.as_str()).filter(|name| name.starts_with("is"));
        for flag in flags.chain(["isAdminApproved", "isSecretRequiredForRefreshToken"]) {
            if config.child(flag).is_none() {
                config.set(flag, &flag_default(flag).to_string());
            }
        }
        config.children.sort_by(|one, other| one.name.cmp(&other.name));
        // What is left out is reset: the file is the whole app.
        if new.child("oauthPolicy").is_none() {
            new.children.push(Node::group(
                "oauthPolicy",
                vec![
                    Node::text("ipRelaxation", "ENFORCE"),
                    Node::text("refreshTokenPolicy", "infinite"),
                ],
            ));
        }
    }
    new.children.sort_by(|one, other| one.name.cmp(&other.name));
}
