//! The pages that an org's links lead to: the demo org has no Setup, and says where it would be.

use super::state::Org;
use super::tree::escape;
use super::wire::Reply;

/// Pages of Setup by the name that stands in their path, with what Setup calls them (S 7).
const PAGES: &[(&str, &str)] = &[
    ("CompanyProfileInfo", "Company Information"),
    ("ConnectedAppsUsage", "Connected Apps OAuth Usage"),
    ("ConnectedApplication", "Manage Connected Apps"),
    ("DeployStatus", "Deployment Status"),
    ("EnhancedProfiles", "Profiles"),
    ("ExternalClientApplicationSettings", "External Client App Settings"),
    ("ImportedPackage", "Installed Packages"),
    ("ManageExternalClientApplication", "External Client App Manager"),
    ("ManageUsers", "Users"),
    ("NavigationMenus", "App Manager"),
    ("PermSetGroups", "Permission Set Groups"),
    ("PermSets", "Permission Sets"),
];

/// The pages on which Setup shows consumer keys and secrets.
const KEYS_ON: &[&str] = &["ManageExternalClientApplication", "NavigationMenus"];

/// The keys and secrets of the org's own apps.
fn keys(org: &Org) -> String {
    let connected = org.of_type("ConnectedApp").filter_map(|(name, app)| {
        Some((name.to_owned(), app.child("oauthConfig")?.get("consumerKey")?.to_owned()))
    });
    let external = org.of_type("ExtlClntAppGlobalOauthSettings").filter_map(|(_, settings)| {
        let app = settings.get("externalClientApplication")?.to_owned();
        Some((app, settings.get("consumerKey")?.to_owned()))
    });
    let line = |(app, key): (String, String)| {
        let secret = org.consumer_secret(&key);
        let [app, key, secret] = [app, key, secret].map(|text| escape(&text));
        format!("<p>{app}: consumer key <code>{key}</code>, secret <code>{secret}</code></p>\n")
    };
    connected.chain(external).map(line).collect()
}

/// Answers a browser: `path` is that below the org's address.
pub(crate) fn answer(org: &Org, path: &[&str]) -> Reply {
    let is_setup = matches!(path, ["lightning", "setup", ..]);
    let known = match path {
        ["lightning", "setup", page, ..] => PAGES.iter().find(|(name, _)| name == page),
        _ => None,
    };
    let where_to = match (known, path) {
        (Some((_, title)), _) => format!(
            "In a real org this is <b>Setup &gt; {title}</b>: in Setup, type <b>{title}</b> into \
             Quick Find."
        ),
        // A link that leads nowhere in an org leads nowhere here.
        (None, ["lightning", "setup", page, ..]) => {
            format!("Setup has no page <b>{}</b> that the demo org knows.", escape(page))
        }
        _ => "In a real org this is where a person signs in.".to_owned(),
    };
    // Where Setup shows a person the keys of apps it shows them their secrets too.
    let shows_keys = known.is_some_and(|(page, _)| KEYS_ON.contains(page));
    let keys = if shows_keys { keys(org) } else { String::new() };
    let (name, id) = (org.name(), &org.catalog.org_id);
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title>\
         <style>body{{font:1em/1.5 sans-serif;max-width:40em;margin:4em auto;padding:0 1em}}\
         </style></head>\n<body><h1>{name}</h1>\n<p>{where_to}</p>\n{keys}<p>This is the demo org {id} of \
         sfsetup. It has no pages: it is looked at and changed by <code>sfsetup</code>, and by any \
         other client of Salesforce's API.</p></body></html>\n",
        name = escape(&name),
    );
    Reply {
        status: if is_setup && known.is_none() { 404 } else { 200 },
        content_type: "text/html; charset=utf-8",
        headers: vec![(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'".to_owned(),
        )],
        body: body.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_where_setup_would_be() {
        let org = Org::seeded("x");
        let shown = |path: &[&str]| String::from_utf8(answer(&org, path).body).unwrap();
        let known = shown(&["lightning", "setup", "EnhancedProfiles", "home"]);
        assert!(known.contains("Setup &gt; Profiles"), "{known}");
        let wrong = answer(&org, &["lightning", "setup", "ExternalClientAppManager", "home"]);
        assert_eq!(wrong.status, 404);
        let other = shown(&["lightning", "setup", "<script>", "home"]);
        assert!(other.contains("&lt;script") && !other.contains("<script"), "{other}");
        let secret = "demo-warehouse-secret";
        assert!(shown(&["lightning", "setup", "NavigationMenus", "home"]).contains(secret));
        assert!(!known.contains(secret));
        assert!(shown(&[""]).contains(&org.catalog.org_id));
    }
}
