//! External client apps and their parts: what a file leaves out is reset (S 2.7).

use super::super::name::Key;
use super::super::state::{Org, derived_id};
use super::super::tree::Node;
use super::{Problem, Ruled};

/// Replaces an external client app or one of its parts.
pub(super) fn rule(
    org: &Org,
    key: &Key,
    mut new: Node,
    old: Option<&Node>,
    version: u16,
) -> Result<Ruled, Vec<Problem>> {
    let (type_name, full_name) = key;
    if type_name == "ExternalClientApplication" {
        return application(org, full_name, new);
    }
    let mut problems = Vec::new();
    let app = new.get("externalClientApplication").unwrap_or_default().to_owned();
    if !org.has("ExternalClientApplication", &app) {
        problems.push(Problem::from(format!(
            "In field: externalClientApplication - no ExternalClientApplication named {app} found"
        )));
    }
    let double = org.of_type(type_name).find(|(name, node)| {
        name != full_name && node.get("externalClientApplication") == Some(&app)
    });
    if let Some((name, _)) = double {
        // The message names the record that is there (S 2.7).
        problems.push(Problem::from(format!(
            "DUPLICATE_VALUE: ExtlClntAppOauthSettingsId duplicates value on {name}"
        )));
    }
    let mut ruled = match type_name.as_str() {
        "ExtlClntAppGlobalOauthSettings" => global(org, full_name, &mut new, old, &mut problems),
        "ExtlClntAppOauthConfigurablePolicies" => policies(org, &mut new, version, &mut problems),
        "ExtlClntAppOauthSettings" => oauth(org, &app, &mut new, old, &mut problems),
        _ => new.clone().into(),
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    sort(&mut ruled.node);
    Ok(ruled)
}

fn sort(node: &mut Node) {
    node.children.sort_by(|one, other| one.name.cmp(&other.name));
}

fn set_default(node: &mut Node, name: &str, value: &str) {
    if node.child(name).is_none() {
        node.set(name, value);
    }
}

fn application(org: &Org, full_name: &str, mut new: Node) -> Result<Ruled, Vec<Problem>> {
    let scoped = format!("{}:{full_name}", org.catalog.org_id);
    if new.get("orgScopedExternalApp").is_some_and(|given| given != scoped) {
        return Err(vec![Problem::from(
            "FIELD_INTEGRITY_EXCEPTION: orgScopedExternalApp belongs to another org",
        )]);
    }
    new.set("orgScopedExternalApp", &scoped);
    set_default(&mut new, "distributionState", "Local");
    set_default(&mut new, "isProtected", "false");
    set_default(&mut new, "label", full_name);
    sort(&mut new);
    Ok(new.into())
}

/// Whether an app of the org has a consumer key.
fn is_taken(org: &Org, key: &str) -> bool {
    org.of_type("ConnectedApp")
        .filter_map(|(_, app)| app.child("oauthConfig").cloned())
        .chain(org.of_type("ExtlClntAppGlobalOauthSettings").map(|(_, settings)| settings))
        .any(|config| config.get("consumerKey") == Some(key))
}

/// Whether a text can be a consumer key: 8 to 256 letters and digits (S 1.2).
fn is_key(text: &str) -> bool {
    (8..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn global(
    org: &Org,
    full_name: &str,
    new: &mut Node,
    old: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Ruled {
    match (new.get("consumerKey"), old) {
        (Some(_), Some(_)) => problems.push(Problem::from("You cannot provide a Consumer Key")),
        // It can be chosen once (S 1.2), and is nobody else's: the demo org sees its own.
        (Some(key), None) if is_taken(org, key) => {
            problems.push(Problem::from("The consumer key is already taken"));
        }
        (Some(key), None) if !is_key(key) => {
            problems.push(Problem::from(format!("Invalid value for field consumerKey: {key}")));
        }
        _ => {}
    }
    // One that was sent gave none that works (why 8).
    if new.get("consumerSecret").is_some() {
        problems.push(Problem::from("You cannot provide a Consumer Secret"));
    }
    let rotates =
        ["shouldRotateConsumerKey", "shouldRotateConsumerSecret"].iter().any(|flag| new.flag(flag));
    let key = match old.and_then(|old| old.get("consumerKey")) {
        Some(key) if !new.flag("shouldRotateConsumerKey") => key.to_owned(),
        Some(key) => format!("3MVG9{}", derived_id("demo", key)),
        None => new
            .get("consumerKey")
            .map_or_else(|| format!("3MVG9{}", derived_id("demo", full_name)), str::to_owned),
    };
    new.set("consumerKey", &key);
    for (flag, default) in [
        ("isConsumerSecretOptional", "false"),
        ("isIntrospectAllTokens", "false"),
        ("isPkceRequired", "true"),
        ("isSecretRequiredForRefreshToken", "true"),
        ("shouldRotateConsumerKey", "false"),
        ("shouldRotateConsumerSecret", "false"),
    ] {
        set_default(new, flag, default);
    }
    new.set("shouldRotateConsumerKey", "false");
    new.set("shouldRotateConsumerSecret", "false");
    let mut ruled = Ruled::from(new.clone());
    if rotates {
        ruled.rotates = Some(key);
        ruled.warnings.push("The consumer credentials are rotated by this deployment".to_owned());
    }
    ruled
}

fn oauth(
    org: &Org,
    app: &str,
    new: &mut Node,
    old: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Ruled {
    let link = old.and_then(|old| old.get("oauthLink")).map_or_else(
        || format!("{}:{}", org.catalog.org_id, derived_id("888", app)),
        str::to_owned,
    );
    if new.get("oauthLink").is_some_and(|given| given != link) {
        problems.push(Problem::from(
            "FIELD_INTEGRITY_EXCEPTION: oauthLink does not belong to a consumer of this org",
        ));
    }
    new.set("oauthLink", &link);
    set_default(new, "isFirstPartyAppEnabled", "false");
    let mut ruled = Ruled::from(new.clone());
    // With OAuth the org makes the record of the admin's policies, under a name of its own (S 2.1).
    let has_policies = org
        .of_type("ExtlClntAppOauthConfigurablePolicies")
        .any(|(_, node)| node.get("externalClientApplication") == Some(app));
    if !has_policies {
        let name = format!("{app}_oauthPlcy");
        let mut policies = Node::group(
            "ExtlClntAppOauthConfigurablePolicies",
            vec![Node::text("externalClientApplication", app), Node::text("label", name.clone())],
        );
        policy_defaults(&mut policies);
        sort(&mut policies);
        ruled.also.push((("ExtlClntAppOauthConfigurablePolicies".to_owned(), name), policies));
    }
    ruled
}

/// What an element that is left out is reset to.
fn policy_defaults(node: &mut Node) {
    for (name, default) in [
        ("ipRelaxationPolicyType", "Enforce"),
        ("isClientCredentialsFlowEnabled", "false"),
        ("permittedUsersPolicyType", "AllSelfAuthorized"),
        ("refreshTokenPolicyType", "Infinite"),
        ("requiredSessionLevel", "STANDARD"),
    ] {
        set_default(node, name, default);
    }
}

/// How long JWT-based tokens may last, in minutes, and the version that brought it (S 2.5).
const JWT_MINUTES: &[(u16, &[&str])] =
    &[(61, &["1", "5", "10", "15", "30"]), (65, &["60", "90", "120", "240", "480", "720"])];

/// What is wrong with how long JWT-based tokens last.
fn wrong_jwt_timeouts(new: &Node, version: u16) -> Vec<Problem> {
    let mut problems = Vec::new();
    for who in ["namedUser", "guest"] {
        let field = format!("{who}JwtTimeout");
        let Some(minutes) = new.get(&field) else { continue };
        let known = JWT_MINUTES.iter().filter(|(since, _)| *since <= version);
        if !known.flat_map(|(_, values)| *values).any(|value| *value == minutes) {
            problems.push(Problem::from(format!("Invalid value for field {field}: {minutes}")));
        }
        if new.get(&format!("{who}JwtSessionTimeoutType")) == Some("UserSession") {
            problems.push(Problem::from(format!("{field} is only allowed with the type Custom")));
        }
    }
    problems
}

fn policies(org: &Org, new: &mut Node, version: u16, problems: &mut Vec<Problem>) -> Ruled {
    problems.extend(wrong_jwt_timeouts(new, version));
    for (field, type_name, what) in [
        ("commaSeparatedPermissionSet", "PermissionSet", "permission sets"),
        ("commaSeparatedProfile", "Profile", "profiles"),
    ] {
        let known = org.carrier_names(type_name);
        let names = new.get(field).unwrap_or_default().split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty() && !known.contains(*name)) {
            problems.push(Problem::from(format!(
                "INVALID_FIELD: We couldn't find {what} called {name}"
            )));
        }
    }
    if let Some(given) = new.get("ipRelaxationPolicyType") {
        // The docs say `Enforce_RelaxRefresh`, a live org said `Enforce_relaxrefresh` (S 2.5).
        let known = ["Enforce", "Bypass", "Bypass_2factor", "Enforce_relaxrefresh"];
        match known.iter().find(|known| known.eq_ignore_ascii_case(given)) {
            Some(known) => new.set("ipRelaxationPolicyType", known),
            None => problems.push(Problem::from(format!(
                "Invalid IpRelaxationPolicyType '{given}'. Valid values: {}",
                known.join(", ")
            ))),
        }
    }
    let specific =
        new.get("refreshTokenPolicyType").is_some_and(|policy| policy.starts_with("Specific"));
    for field in ["refreshTokenValidityPeriod", "refreshTokenValidityUnit"] {
        match (specific, new.get(field).is_some()) {
            (true, false) => {
                problems.push(Problem::from(format!("Required field is missing: {field}")))
            }
            (false, true) => problems.push(Problem::from(format!(
                "{field} is only allowed with a specific refresh token policy"
            ))),
            _ => {}
        }
    }
    if let Some(period) = new.get("refreshTokenValidityPeriod")
        && !period.parse::<u32>().is_ok_and(|period| period > 0)
    {
        problems.push(Problem::from(format!("Invalid RefreshTokenValidityPeriod '{period}'")));
    }
    if let Some(unit) = new.get("refreshTokenValidityUnit")
        && !["Days", "Hours", "Months"].contains(&unit)
    {
        problems.push(Problem::from(format!("Invalid RefreshTokenValidityUnit '{unit}'")));
    }
    if let Some(name) = new.get("clientCredentialsFlowUser") {
        match org.user(name) {
            None => problems.push(Problem::from(format!(
                "In field: clientCredentialsFlowUser - no User named {name} found"
            ))),
            Some(_) if !org.is_permitted(name, "ApiUserOnly") => {
                problems.push(Problem::from(format!(
                    "The client credentials flow user needs the API Only User permission: {name}"
                )))
            }
            Some(_) => {}
        }
    }
    policy_defaults(new);
    new.clone().into()
}
